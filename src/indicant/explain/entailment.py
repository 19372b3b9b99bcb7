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
    clauses: list[Mask] = field(default_factory=list)
    known: dict[Mask, Mask | None] = field(default_factory=dict)

    @property
    def plain(self) -> bool:
        """Tell whether what follows from facts is what follows from each of them."""
        return all(clause.bit_count() < 3 for clause in self.clauses)


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
        else:
            found = self._backbone(group, facts)
        group.known[facts] = found
        return found

    def _backbone(self, group: _Group, facts: Mask) -> Mask | None:
        """Return what holds in every model of facts: of one, all that can be false in no other."""
        model = self._model(group, facts)
        if model is None:
            return None
        found, rest = facts, model & ~facts
        while rest:
            low = rest & -rest
            other = self._model(group, facts | self.opposite(low))
            if other is None:
                found |= low
                rest ^= low
            else:
                rest &= other
        return found

    def _model(self, group: _Group, facts: Mask) -> Mask | None:
        """Return facts with others that satisfy all clauses of a group, if there are such.

        What is not decided in it may be either way.
        """
        stack = [facts]
        while stack:
            state = self._propagate(group, stack.pop())
            if state is None:
                continue
            decided = state | self.opposite(state)
            free = next((clause & ~decided for clause in group.clauses if not clause & state), None)
            if free is None:
                return state
            choice = free & -free
            stack += [state | self.opposite(choice), state | choice]
        return None

    def _propagate(self, group: _Group, state: Mask) -> Mask | None:
        """Return facts with what single clauses force, or nothing where one is broken."""
        if state & self.opposite(state):
            return None
        changed = True
        while changed:
            changed = False
            false = self.opposite(state)
            for clause in group.clauses:
                if clause & state:
                    continue
                free = clause & ~false
                if not free:
                    return None
                if not free & (free - 1):
                    state |= free
                    false |= self.opposite(free)
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
            group.clauses.append(sum(1 << number for number in clause))
            for number in clause:
                group.mask |= 3 << (number & ~1)
        self._groups = list(groups.values())
