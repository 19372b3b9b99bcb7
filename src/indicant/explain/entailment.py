"""Decide what facts entail about one another, by the clauses of a compiled guideline.

No solver is needed at run time: most clauses have two literals, for which following implications
is enough, and the others hang together in small groups that are searched.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Mask = int


def bits(mask: Mask) -> Iterator[int]:
    """Yield the numbers of the bits that are set, lowest first.

    >>> list(bits(0b1010))
    [1, 3]
    """
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


@dataclass
class _Group:
    """Literals that share clauses, directly or by way of others."""

    mask: Mask = 0
    clauses: list[frozenset[int]] = field(default_factory=list)
    known: dict[Mask, Mask | None] = field(default_factory=dict)

    @property
    def plain(self) -> bool:
        """Tell whether what follows from facts is what follows from each of them."""
        return all(len(clause) < 3 for clause in self.clauses)


class Entailment:
    """The clauses over the literals of a guideline.

    Literals are bits of a mask: each pair of opposites has two neighbouring bits, the even one for
    present. Facts are a mask; what they entail is a mask; impossible facts entail nothing.

    Args:
        opposites: each literal that is present, by IRI, with its opposite, in the order wanted.
        clauses: sets of literals of which at least one holds; they may mention further pairs.
        further: the opposites of literals that only clauses mention.
    """

    def __init__(
        self,
        opposites: Mapping[str, str],
        clauses: Iterable[Iterable[str]] = (),
        further: Mapping[str, str] | None = None,
    ) -> None:
        self.names: list[str] = []
        self.number: dict[str, int] = {}
        for one, other in [*opposites.items(), *(further or {}).items()]:
            for name in (one, other):
                if name not in self.number:
                    self.number[name] = len(self.names)
                    self.names.append(name)
        self.count = 2 * len(opposites)
        self._own = (1 << self.count) - 1
        self._even = sum(1 << number for number in range(0, len(self.names), 2))
        self._groups: list[_Group] = []
        self._gather([frozenset(self.number[name] for name in clause) for clause in clauses])

    @functools.cached_property
    def plain(self) -> bool:
        """Tell whether what facts entail is what each of them entails."""
        return all(group.plain for group in self._groups)

    def mask(self, names: Iterable[str]) -> Mask:
        """Return the mask of literals given by IRI."""
        return sum(1 << self.number[name] for name in set(names))

    def opposite(self, mask: Mask) -> Mask:
        """Return the opposites of facts."""
        return (mask & self._even) << 1 | (mask >> 1) & self._even

    def closure(self, facts: Mask) -> Mask | None:
        """Return all that facts entail, themselves included, or nothing if they cannot all hold."""
        result = facts
        for group in self._groups:
            part = facts & group.mask
            found = self._closure(group, part)
            if found is None:
                return None
            result |= found
        return None if result & self.opposite(result) else result & self._own

    def _closure(self, group: _Group, facts: Mask) -> Mask | None:
        if facts in group.known:
            return group.known[facts]
        found: Mask | None = 0
        if group.plain and facts & (facts - 1):
            for number in bits(facts):
                one = self._closure(group, 1 << number)
                found = None if one is None or found is None else found | one
            if found is not None and found & self.opposite(found):
                found = None
        elif not self._possible(group, facts):
            found = None
        else:
            found = facts
            for number in bits(group.mask & ~facts & ~self.opposite(facts)):
                if not self._possible(group, facts | 1 << (number ^ 1)):
                    found |= 1 << number
        group.known[facts] = found
        return found

    def _possible(self, group: _Group, facts: Mask) -> bool:
        """Tell whether all clauses of a group can be satisfied together with facts."""
        stack = [facts]
        while stack:
            state = self._propagate(group, stack.pop())
            if state is None:
                continue
            decided = state | self.opposite(state)
            choice = next(
                (
                    number
                    for clause in group.clauses
                    if not any(state >> one & 1 for one in clause)
                    for number in sorted(clause)
                    if not decided >> number & 1
                ),
                None,
            )
            if choice is None:
                return True
            stack += [state | 1 << (choice ^ 1), state | 1 << choice]
        return False

    def _propagate(self, group: _Group, state: Mask) -> Mask | None:
        """Return facts with what single clauses force, or nothing where one is broken."""
        if state & self.opposite(state):
            return None
        changed = True
        while changed:
            changed = False
            false = self.opposite(state)
            for clause in group.clauses:
                if any(state >> one & 1 for one in clause):
                    continue
                free = [one for one in clause if not false >> one & 1]
                if not free:
                    return None
                if len(free) == 1:
                    state |= 1 << free[0]
                    false = self.opposite(state)
                    changed = True
        return state

    def _gather(self, clauses: list[frozenset[int]]) -> None:
        leaders: dict[int, int] = {}

        def leader(atom: int) -> int:
            while leaders.setdefault(atom, atom) != atom:
                atom = leaders[atom]
            return atom

        for clause in clauses:
            first, *rest = sorted(number // 2 for number in clause)
            for atom in rest:
                leaders[leader(atom)] = leader(first)
        groups: dict[int, _Group] = defaultdict(_Group)
        for clause in clauses:
            group = groups[leader(min(clause) // 2)]
            group.clauses.append(clause)
            for number in clause:
                group.mask |= 3 << (number & ~1)
        self._groups = list(groups.values())
