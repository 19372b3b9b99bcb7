"""Findings and interventions that may occur any number of times: nodes for all they can tell."""

from __future__ import annotations

import itertools
import operator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from indicant.compile.model import MOST_COUNTED, ROLES, Existential, implied
from indicant.possible.facts import Node
from indicant.possible.options import Option, Told, Values, is_type, topic

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from indicant.compile.model import Facet, Model
    from indicant.possible.kinds import Kinds

    Atom = tuple[int, Existential]
    """An existential, by a version."""
    _Place = tuple[int, str]

_COMBINATIONS: Final = 128
_MOST_COMBINATIONS: Final = 4096
"""How many ways to be known otherwise are tried for what one existential needs.

More are there only where criteria part the values of a dozen properties of one class in ways that
no value is outside of all at once.
"""
_PAIR: Final = 2
_CLASSES: Final = 3
_MOST_GROUPS: Final = 200
"""How many classes a node is tried to be of at once, and how many such groups are tried of a role.

A second class tells of a record what it is not: nothing that shares no class with it.
"""


@dataclass(frozen=True)
class Candidate:
    """A node that a case may have, what it tells, and how many statements it takes."""

    node: Node
    satisfied: Told
    outside: Told
    count: int
    fails: frozenset[Atom]

    def again(self, copy: int) -> Candidate:
        """Return another node that says the same."""
        return replace(self, node=replace(self.node, copy=copy))


class Candidates:
    """Finds the nodes, for some classes and the values that tell something of them.

    Args:
        kinds: how the classes lie to one another.
        values: the values that a case can record.
        complete: whether it matters what a node is not.
    """

    def __init__(self, kinds: Kinds, values: Values, *, complete: bool = True) -> None:
        self._kinds = kinds
        self._values = values
        self._complete = complete
        self._wider: dict[tuple[str, ...], frozenset[str]] = {}
        self._elsewhere: dict[tuple[str, tuple[str, ...]], frozenset[Atom]] = {}

    def several(self) -> Iterator[Candidate]:
        """Yield the nodes that ``found`` yields, as often as an existential can demand them."""
        counted = [
            (version, atom)
            for version, atoms in enumerate(self._kinds.atoms)
            for atom in atoms
            if atom.least > 1
        ]
        every = list(self.found())
        plain = self._plainest(every) if self._complete else {}
        for one in every:
            classes = one.node.classes
            most = max(
                (
                    atom.least
                    for version, atom in counted
                    if atom.role in implied(one.node.role)
                    and self._may_be(classes, (version, atom))
                    and not self._kinds.cannot_be(version, classes, one.outside, atom)
                ),
                default=1,
            )
            yield from (one.again(copy) for copy in range(max(most, plain.get(one.node, 1))))

    def _plainest(self, candidates: Iterable[Candidate]) -> dict[Node, int]:
        """Return of which nodes a quantity may take several, and how many.

        Where all is recorded there are so many records as are counted, and of all of them may be
        demanded what they are not. Of the nodes of some classes those will do that satisfy least
        and are known to fail most.
        """
        found: dict[Node, int] = {}
        alike: dict[tuple[str, tuple[str, ...]], list[Candidate]] = {}
        for one in candidates:
            alike.setdefault((one.node.role, one.node.classes), []).append(one)
        for (role, classes), some in alike.items():
            most = max(
                (
                    min(MOST_COUNTED, self._kinds.demanded(version, name))
                    for version, model in enumerate(self._kinds.models)
                    for name, quantity in model.quantities.items()
                    if quantity.role in implied(role)
                    and all(
                        self._kinds.may_be(version, classes, over)
                        for over in (quantity.over, *quantity.also)
                    )
                ),
                default=1,
            )
            if most > 1:
                found.update((one.node, most) for one in _least_telling(some))
        return found

    def found(self) -> Iterator[Candidate]:
        """Yield nodes of kinds of which a case has any number, one for each that tells something.

        What a node tells is which existentials it satisfies, and which it is known not to. One that
        satisfies none may still be what is demanded, and leave open what would be absent.
        """
        best: dict[tuple[object, ...], list[Candidate]] = {}
        for role in ROLES:
            atoms = [
                (version, atom)
                for version, atoms in enumerate(self._kinds.atoms)
                for atom in atoms
                if atom.role in implied(role) and atom.least == 1
            ]
            vague = {cls for _, atom in atoms for cls in self._kinds.above(atom.filler)}
            for classes in self._groups(role, atoms):
                at = [one for one in atoms if self._kinds.within(one[0], classes, one[1].filler)]
                if not at and vague.isdisjoint(classes):
                    continue
                near = [one for one in atoms if self._may_be(classes, one)]
                for options in self._combinations(role, at, near):
                    satisfied = self._kinds.together(one.satisfies for one in options)
                    outside = self._kinds.together(one.violates for one in options)
                    node = Node(role, classes, tuple(one.entry for one in options))
                    tells = tuple(
                        frozenset(
                            atom
                            for other, atom in at
                            if other == version and atom.facets <= satisfied[version]
                        )
                        for version in range(len(self._kinds.models))
                    )
                    fails = frozenset(
                        one
                        for one in near
                        if self._kinds.cannot_be(one[0], classes, outside, one[1])
                    )
                    if any(tells) or (not vague.isdisjoint(classes) and len(fails) < len(near)):
                        count = len(classes) + sum(one.entry.statements() for one in options)
                        one = Candidate(node, satisfied, outside, count, fails)
                        best.setdefault((role, *tells), []).append(one)
        for some in best.values():
            failing = [self._fails(candidate) for candidate in some]
            alike: dict[frozenset[Atom], list[Candidate]] = {}
            for candidate, failed in zip(some, failing, strict=True):
                alike.setdefault(failed, []).append(candidate)
            yield from (
                candidate
                for candidate, failed in zip(some, failing, strict=True)
                if not any(self._is_better(other, candidate) for other in alike[failed])
            )

    def _may_be(self, classes: Collection[str], one: Atom) -> bool:
        """Tell whether a node of some classes may satisfy an existential, but for its values."""
        return self._kinds.may_be(one[0], classes, one[1].filler)

    def _groups(self, role: str, atoms: Sequence[Atom]) -> Iterator[tuple[str, ...]]:
        """Yield each class of which a case has any number, and classes that rule out more together.

        Of those that tell the same, as few as will do.
        """
        alone = [
            cls
            for cls in self._kinds.classes
            if ROLES[role] in self._kinds.above(cls) and not any(self._kinds.slot(role, cls))
        ]
        yield from ((cls,) for cls in self._widest(role, alone))
        if not self._complete:
            return
        fillers = sorted({(version, atom.filler) for version, atom in atoms})
        told = {
            cls: (
                frozenset(one for one in fillers if self._kinds.within(one[0], (cls,), one[1])),
                frozenset(one for one in fillers if self._kinds.overlaps(one[0], cls, one[1])),
            )
            for cls in sorted(alone, key=lambda one: (len(self._kinds.above(one)), one))
        }
        seen = set(told.values())
        groups: list[tuple[tuple[str, ...], frozenset[_Place], frozenset[_Place]]]
        groups = [((cls,), *told[cls]) for cls in told]
        made = 0
        for _ in range(_CLASSES - 1):
            wider: list[tuple[tuple[str, ...], frozenset[_Place], frozenset[_Place]]] = []
            for (classes, within, near), cls in itertools.product(groups, told):
                mine, close = told[cls]
                both = within | mine
                may = (near & close) | both
                if made == _MOST_GROUPS or (both, may) in seen or near | close <= may:
                    continue
                if any(self._kinds.apart(cls, one) for one in classes):
                    continue
                seen.add((both, may))
                made += 1
                wider.append(((*classes, cls), both, may))
                yield tuple(sorted((*classes, cls)))
            groups = wider

    def _widest(self, role: str, classes: Sequence[str]) -> Iterator[str]:
        """Yield classes without those that tell the same as one above them.

        The nodes of such a class are those of the one above, for as many statements. What values
        are computed from tells as well, be it demanded by no criterion.
        """
        fillers = sorted(
            {
                (version, atom.filler)
                for version, atoms in enumerate(self._kinds.atoms)
                for atom in atoms
                if atom.role in implied(role)
            }.union(*map(_computed_from, itertools.count(), self._kinds.models))
        )
        told = {
            cls: (
                frozenset(one for one in fillers if self._kinds.within(one[0], (cls,), one[1])),
                frozenset(one for one in fillers if self._kinds.overlaps(one[0], cls, one[1])),
            )
            for cls in classes
        }
        for cls in classes:
            above = self._kinds.above(cls)
            if not any(
                told[other] == told[cls] and self._kinds.above(other) < above
                for other in above
                if other in told
            ):
                yield cls

    def _is_better(self, other: Candidate, one: Candidate) -> bool:
        """Tell whether of two nodes that tell and fail the same, one does all the other does."""
        if other.count > one.count or other is one:
            return False
        theirs, mine = self._above(other.node.classes), self._above(one.node.classes)
        return theirs < mine or (other.count < one.count and theirs == mine)

    def _above(self, classes: tuple[str, ...]) -> frozenset[str]:
        """Return every class that a node of some classes is within."""
        if classes not in self._wider:
            self._wider[classes] = frozenset().union(*map(self._kinds.above, classes))
        return self._wider[classes]

    def _fails(self, one: Candidate) -> frozenset[Atom]:
        """Return all existentials of its roles that a node is known not to satisfy."""
        key = (one.node.role, one.node.classes)
        if key not in self._elsewhere:
            self._elsewhere[key] = frozenset(
                (version, atom)
                for version, atoms in enumerate(self._kinds.atoms)
                for atom in atoms
                if atom.role in implied(one.node.role)
                and not self._may_be(one.node.classes, (version, atom))
            )
        return one.fails | self._elsewhere[key]

    def _combinations(
        self,
        role: str,
        at: Sequence[tuple[int, Existential]],
        near: Sequence[tuple[int, Existential]],
    ) -> Iterator[tuple[Option, ...]]:
        """Yield values for a node: every combination, or where there are many what atoms need.

        ``at`` are the existentials that a node can satisfy, ``near`` those that it may satisfy
        unless a value says otherwise.
        """
        names = sorted(
            {topic(facet) for _, atom in near for facet in atom.facets if not is_type(facet)}
        )
        wanted, feared = (
            tuple(
                frozenset(
                    facet for other, atom in some if other == version for facet in atom.facets
                )
                for version in range(len(self._kinds.models))
            )
            for some in (at, near)
        )
        choices = [self._ways(role, name, at, wanted, feared) for name in names]
        total = 1
        for one in choices:
            total *= len(one)
        if total <= _COMBINATIONS:
            for values in itertools.product(*choices):
                yield tuple(itertools.chain.from_iterable(values))
            return
        yield ()
        for version, atom in sorted(set(at), key=repr):
            needed = sorted({topic(facet) for facet in atom.facets if not is_type(facet)})
            per_name = []
            for name in needed:
                here = frozenset(facet for facet in atom.facets if topic(facet) == name)
                per_name.append(self._enough(role, name, version, here))
            # What is not needed is better known to be otherwise than not known.
            per_name += [
                [*((one,) for one in self._farthest(role, name, feared)), ()]
                for name in names
                if name not in needed
            ]
            every = itertools.product(*per_name)
            for chosen in itertools.islice(every, _MOST_COMBINATIONS):
                yield tuple(itertools.chain.from_iterable(chosen))

    def _ways(
        self, role: str, name: str, at: Sequence[Atom], wanted: Told, feared: Told
    ) -> list[tuple[Option, ...]]:
        """Return the ways to record values of a property, one for each that tells something."""
        nothing = self._kinds.together(())
        seen: dict[tuple[Told, Told], tuple[Option, ...]] = {(nothing, nothing): ()}
        for option in self._values.options(role, name):
            told = _common(option.satisfies, wanted), _common(option.violates, feared)
            seen.setdefault(told, (option,))
        if self._values.functional(name):
            return list(seen.values())
        for first, second in itertools.combinations(list(seen), 2):
            both = self._kinds.together((first[0], second[0])), nothing
            seen.setdefault(both, seen[first] + seen[second])
        for version, atom in at:
            here = frozenset(one for one in atom.facets if topic(one) == name)
            if len(here) > _PAIR:
                for some in self._enough(role, name, version, here)[:1]:
                    every = self._kinds.together(one.satisfies for one in some)
                    seen.setdefault((_common(every, wanted), nothing), some)
        return list(seen.values())

    def _farthest(self, role: str, name: str, feared: Told) -> list[Option]:
        """Return the values that lie outside of most facets, none of which another one beats."""
        outside = {
            _common(one.violates, feared): one for one in reversed(self._values.options(role, name))
        }
        return [
            one
            for told, one in outside.items()
            if not any(
                other != told and all(a <= b for a, b in zip(told, other, strict=True))
                for other in outside
            )
        ]

    def _enough(
        self, role: str, name: str, version: int, wanted: frozenset[Facet]
    ) -> list[tuple[Option, ...]]:
        options = self._values.options(role, name)
        single: list[tuple[Option, ...]] = [
            (one,) for one in options if wanted <= one.satisfies[version]
        ]
        if single or self._values.functional(name):
            return single
        return [
            tuple(dict.fromkeys(chosen))
            for chosen in itertools.product(
                *(
                    [one for one in options if facet in one.satisfies[version]][:1]
                    for facet in sorted(wanted, key=repr)
                )
            )
        ]


def _computed_from(version: int, model: Model) -> set[_Place]:
    """Return the classes whose records a version of a vocabulary computes values from."""
    return {
        (version, cls)
        for classes in (
            *((one.over, *one.also) for one in model.quantities.values()),
            (one.to for one in model.distances.values()),
            (cls for _, cls in model.given),
        )
        for cls in classes
    }


def _least_telling(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return those of some nodes than which no other satisfies less and fails as much."""

    def beats(other: Candidate, one: Candidate) -> bool:
        told = all(map(operator.le, other.satisfied, one.satisfied)) and one.fails <= other.fails
        return told and (other.satisfied, other.fails) != (one.satisfied, one.fails)

    return [one for one in candidates if not any(beats(other, one) for other in candidates)]


def _common(one: Told, other: Told) -> Told:
    """Return the facets that are in both, as each version has them."""
    return tuple(left & right for left, right in zip(one, other, strict=True))
