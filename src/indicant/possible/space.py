"""All cases that can be recorded with a vocabulary, as formulas over what a case can say.

A case says that it excludes a class, that it has a node of a class with values, that it proposes
an intervention. Which literals these establish is what the rules of ``queries/rules`` derive from
them; here it is a formula for each literal. A criterion is met where one of its implicants is
established, so that statuses are formulas too, and a solver finds the smallest case for each.

Nothing is lost by the kinds of parts that are tried: one node can do no more for an existential
than the node that is made for it, and a value no more than the one that stands for its cell. A
case that excludes all findings or all interventions at once is left out, where no criterion speaks
of them all: it says no more than one that excludes what criteria speak of.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from indicant.compile.model import (
    FINDING,
    INTERVENTION,
    PROPOSES,
    ROLES,
    ClassFacet,
    Existential,
    Facet,
    Model,
)
from indicant.compile.theory import Theory
from indicant.possible.circuit import FALSE, Circuit, Formula
from indicant.possible.facts import Entry, Node, Recorded
from indicant.possible.options import Option, Told, Values, is_type, topic, topic_of
from indicant.terms import IND

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from indicant.compile.implicants import Implicant, Literal

_COMBINATIONS: Final = 128
_ROOTS: Final = frozenset((FINDING, INTERVENTION, IND + "Investigation"))


Slot = tuple[str | None, ...]
"""The kind recorded once that a node is within, by each version."""


@dataclass(frozen=True)
class _Excluded:
    cls: str


@dataclass(frozen=True)
class _Proposed:
    cls: str


@dataclass(frozen=True)
class _Typed:
    """The one record of a kind is of a class."""

    role: str
    slot: Slot
    cls: str


@dataclass(frozen=True)
class _Valued:
    """The one record of a kind has a value."""

    role: str
    slot: Slot
    option: Option


_Part = _Excluded | _Proposed | _Typed | _Valued | Node


class Space:
    """The cases that can be recorded, and valid, with every one of some models.

    Args:
        models: one model, or several versions of one whose answers are to be compared; a case uses
            the terms that all of them know.
        existentials: for each model those that its implicants speak of.
        foreign: properties that not all of the models know.
    """

    def __init__(
        self,
        models: Sequence[Model],
        existentials: Sequence[Iterable[Existential]],
        foreign: Collection[str] = (),
    ) -> None:
        self.circuit = Circuit()
        self._models = models
        self._theories = [Theory(model) for model in models]
        self._atoms = [sorted(set(atoms), key=repr) for atoms in existentials]
        self._parts: dict[_Part, Formula] = {}
        self._things: dict[Formula, _Part] = {}
        self._classes = [
            cls
            for cls in sorted(set.intersection(*(set(model.above) for model in models)))
            if len({model.above[cls] & {FINDING, INTERVENTION} for model in models}) == 1
        ]
        self._shared = frozenset(self._classes)
        self._values = Values(models, self._atoms, foreign)
        self._known: list[dict[tuple[Existential, bool], Formula]] = []
        self._exclusions()
        self._nodes = self._free_nodes()
        self._records = self._record_parts()
        self._proposals()
        for index in range(len(models)):
            self._known.append(self._establish(index))

    # ------------------------------------------------------------------ what is asked

    def known(self, literal: Literal, version: int = 0) -> Formula:
        """Return where a literal is established, as a model reads the case."""
        return self._known[version].get((literal.existential, literal.present), FALSE)

    def fulfilled(self, implicants: Iterable[Implicant], version: int = 0) -> Formula:
        """Return where one of some implicants has all its literals established."""
        return self.circuit.any_of(
            self.circuit.all_of(self.known(literal, version) for literal in implicant)
            for implicant in implicants
        )

    def recorded(self, chosen: Iterable[Formula]) -> Recorded:
        """Return the case that some variables being true stand for."""
        nodes: list[Node] = []
        excluded: list[str] = []
        proposed: list[str] = []
        kinds: dict[tuple[str, Slot], list[str]] = defaultdict(list)
        values: dict[tuple[str, Slot], list[Entry]] = defaultdict(list)
        for number in sorted(chosen):
            part = self._things[number]
            if isinstance(part, Node):
                nodes.append(part)
            elif isinstance(part, _Excluded):
                excluded.append(part.cls)
            elif isinstance(part, _Proposed):
                proposed.append(part.cls)
            elif isinstance(part, _Typed):
                kinds[(part.role, part.slot)].append(part.cls)
            else:
                values[(part.role, part.slot)].append(part.option.entry)
        for (role, slot), classes in kinds.items():
            entries = tuple(sorted(values[(role, slot)], key=repr))
            nodes.append(Node(role, tuple(sorted(classes)), entries))
        return Recorded(
            tuple(sorted(nodes, key=repr)), tuple(sorted(excluded)), tuple(sorted(proposed))
        )

    # ------------------------------------------------------------------ parts of a case

    def _part(self, thing: _Part, weight: int) -> Formula:
        if thing not in self._parts:
            number = self.circuit.variable(weight)
            self._parts[thing] = number
            self._things[number] = thing
        return self._parts[thing]

    def _above(self, cls: str) -> frozenset[str]:
        """Return every class that any of the models holds a class to be within."""
        return frozenset().union(*(model.above.get(cls, frozenset()) for model in self._models))

    def _exclusions(self) -> None:
        spoken_of: set[str] = set()
        wanted: set[str] = set()
        for model, atoms in zip(self._models, self._atoms, strict=True):
            for atom in atoms:
                named = {facet.cls for facet in _also(atom)}
                if atom.role != PROPOSES:
                    named.add(atom.filler)
                spoken_of |= named
                wanted.update(*(model.above[cls] for cls in named))
        self._excludable = {
            cls: self._part(_Excluded(cls), 1)
            for cls in sorted(wanted & self._shared)
            if (cls in spoken_of or cls not in _ROOTS)
            and self._above(cls) & {FINDING, INTERVENTION}
        }

    def _forbid_excluded(self, part: Formula, classes: Iterable[str], role: str) -> None:
        """Let a node not be of a class that is excluded."""
        if role == PROPOSES:
            return
        for cls in sorted({above for one in classes for above in self._above(one)}):
            if cls in self._excludable:
                self.circuit.forbid(part, self._excludable[cls])

    def _slot(self, role: str, cls: str) -> Slot:
        """Return the topmost kind recorded once that a class is within, by each of the models."""
        return tuple(
            theory.once(Existential(role, cls)) if cls in model.above else None
            for theory, model in zip(self._theories, self._models, strict=True)
        )

    def _free_nodes(self) -> list[tuple[Node, Told, Formula]]:
        """Make nodes of kinds of which a case has any number, one for each that tells something."""
        best: dict[tuple[object, ...], list[tuple[Node, Told, int]]] = {}
        for role in ROLES:
            for cls in self._classes:
                above = self._above(cls)
                if ROLES[role] not in above or any(self._slot(role, cls)):
                    continue
                at = [
                    (version, atom)
                    for version, atoms in enumerate(self._atoms)
                    for atom in atoms
                    if atom.role == role and atom.filler in self._models[version].above[cls]
                ]
                if not at:
                    continue
                for options in self._combinations(role, at):
                    satisfied = self._together(one.satisfies for one in options)
                    node = Node(role, (cls,), tuple(one.entry for one in options))
                    tells = tuple(
                        frozenset(
                            atom
                            for other, atom in at
                            if other == version and atom.facets <= satisfied[version]
                        )
                        for version in range(len(self._models))
                    )
                    if any(tells):
                        best.setdefault((role, *tells), []).append((node, satisfied, len(options)))
        kept = []
        for nodes in best.values():
            for node, satisfied, count in nodes:
                (cls,) = node.classes
                barred = self._above(cls)
                if not any(
                    other is not node
                    and (
                        (fewer < count and self._above(other.classes[0]) <= barred)
                        or (fewer <= count and self._above(other.classes[0]) < barred)
                    )
                    for other, _, fewer in nodes
                ):
                    number = self._part(node, 1 + count)
                    self._forbid_excluded(number, node.classes, node.role)
                    kept.append((node, satisfied, number))
        return kept

    def _together(self, parts: Iterable[Told]) -> Told:
        """Return the facets of several values, as each version has them."""
        nothing: Told = (frozenset(),) * len(self._models)
        return tuple(frozenset().union(*one) for one in zip(nothing, *parts, strict=True))

    def _combinations(
        self, role: str, at: Sequence[tuple[int, Existential]]
    ) -> Iterator[tuple[Option, ...]]:
        """Yield values for a node: every combination, or where there are many what atoms need."""
        names = sorted(
            {topic(facet) for _, atom in at for facet in atom.facets if not is_type(facet)}
        )
        wanted = tuple(
            frozenset(facet for other, atom in at if other == version for facet in atom.facets)
            for version in range(len(self._models))
        )
        choices: list[list[tuple[Option, ...]]] = []
        for name in names:
            seen: dict[Told, tuple[Option, ...]] = {self._together(()): ()}
            for option in self._values.options(role, name):
                told = tuple(one & two for one, two in zip(option.satisfies, wanted, strict=True))
                seen.setdefault(told, (option,))
            if not self._values.functional(name):
                for first, second in itertools.combinations(list(seen), 2):
                    seen.setdefault(self._together((first, second)), seen[first] + seen[second])
            choices.append(list(seen.values()))
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
            for chosen in itertools.product(*per_name):
                yield tuple(itertools.chain.from_iterable(chosen))

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

    def _record_parts(self) -> dict[tuple[str, Slot], tuple[list[str], list[str], list[Option]]]:
        """Make the parts of the one record of each kind that a case has at most one of.

        Versions may differ about which classes are within such a kind, so that there is a record
        for each way they see it, and two of them never share a kind in one version.
        """
        records: dict[tuple[str, Slot], tuple[list[str], list[str], list[Option]]] = {}
        for role, root in ROLES.items():
            slots: dict[str, Slot] = {
                cls: self._slot(role, cls) for cls in self._classes if root in self._above(cls)
            }
            if not any(atom.role == role for atoms in self._atoms for atom in atoms):
                continue
            made: dict[Slot, dict[str, Formula]] = {}
            for slot in sorted({one for one in slots.values() if any(one)}, key=repr):
                within = [cls for cls in slots if _share(slots[cls], slot)]
                beside = [
                    cls
                    for cls in slots
                    if cls not in within
                    and any(not self._apart(cls, kind) for kind in within)
                    and not all(cls in self._above(kind) for kind in within)
                ]
                telling = self._telling(role, within, slots, [*within, *beside])
                if not telling:
                    continue
                more = self._telling(role, beside, slots, [*within, *beside])
                names = sorted(
                    {
                        topic(facet)
                        for model, atoms in zip(self._models, self._atoms, strict=True)
                        for atom in atoms
                        if atom.role == role
                        and any(not model.disjoint(atom.filler, cls) for cls in within)
                        for facet in atom.facets
                        if not is_type(facet)
                    }
                )
                options = [one for name in names for one in self._values.options(role, name)]
                made[slot] = self._record(role, slot, [*telling, *more], options)
                records[(role, slot)] = (telling, [*telling, *more], options)
            for first, second in itertools.combinations(made, 2):
                for one, other in itertools.product(made[first], made[second]):
                    if _share(slots[one], slots[other]):
                        self.circuit.forbid(made[first][one], made[second][other])
        return records

    def _apart(self, one: str, other: str) -> bool:
        """Tell whether nothing is of two classes, by any of the models."""
        return any(model.disjoint(one, other) for model in self._models)

    def _telling(
        self,
        role: str,
        classes: Iterable[str],
        slots: Mapping[str, Slot],
        peers: Collection[str],
    ) -> list[str]:
        """Return classes for a record: of those that tell the same, the ones that bar the least.

        What a class tells is the fillers that it is within and apart from, and the kinds recorded
        once that it is within. It bars what is excluded above it, and what it is disjoint with.
        """
        told: dict[tuple[object, ...], list[tuple[frozenset[str], str]]] = defaultdict(list)
        fillers = [
            {atom.filler for atom in atoms if atom.role == role}
            | {facet.cls for atom in atoms if atom.role == role for facet in _also(atom)}
            for atoms in self._atoms
        ]
        for cls in sorted(classes, key=lambda one: (len(self._above(one)), one)):
            above, apart = [], []
            for model, named in zip(self._models, fillers, strict=True):
                above.append(frozenset(named & model.above[cls]))
                apart.append(frozenset(one for one in named if model.disjoint(cls, one)))
            if any(above) or any(apart):
                bars = frozenset(
                    one for one in self._above(cls) if one in self._excludable
                ) | frozenset(f"not {one}" for one in peers if self._apart(cls, one))
                same = told[(slots[cls], tuple(above), tuple(apart))]
                if not any(other <= bars for other, _ in same):
                    same.append((bars, cls))
        return sorted(cls for same in told.values() for _, cls in same)

    def _record(
        self, role: str, slot: Slot, classes: list[str], options: list[Option]
    ) -> dict[str, Formula]:
        typed = {cls: self._part(_Typed(role, slot, cls), 1) for cls in classes}
        for one, other in itertools.combinations(classes, 2):
            if self._apart(one, other):
                self.circuit.forbid(typed[one], typed[other])
        for cls in classes:
            self._forbid_excluded(typed[cls], [cls], role)
        valued = [self._part(_Valued(role, slot, option), 1) for option in options]
        names = [topic_of(option.entry.property) for option in options]
        for first, second in itertools.combinations(range(len(options)), 2):
            if names[first] == names[second] and self._values.functional(names[first]):
                self.circuit.forbid(valued[first], valued[second])
        return typed

    def _proposals(self) -> None:
        """Make proposals that name a class."""
        self._proposed: dict[str, Formula] = {}
        for cls in self._classes:
            if any(
                atom.role == PROPOSES and not atom.facets and atom.filler in self._above(cls)
                for atoms in self._atoms
                for atom in atoms
            ):
                self._proposed[cls] = self._part(_Proposed(cls), 1)

    # ------------------------------------------------------------------ what parts establish

    def _establish(self, version: int) -> dict[tuple[Existential, bool], Formula]:
        model = self._models[version]
        circuit = self.circuit
        known: dict[tuple[Existential, bool], Formula] = {}
        for atom in self._atoms[version]:
            present = [
                number
                for node, satisfied, number in self._nodes
                if node.role == atom.role
                and atom.filler in model.above.get(node.classes[0], ())
                and atom.facets <= satisfied[version]
            ]
            if atom.role == PROPOSES and not atom.facets:
                present += [
                    number
                    for cls, number in self._proposed.items()
                    if atom.filler in model.above[cls]
                ]
            absent: list[Formula] = []
            if atom.role != PROPOSES:
                for cls in (atom.filler, *(facet.cls for facet in _also(atom))):
                    absent += [
                        self._excludable[above]
                        for above in sorted(model.above[cls])
                        if above in self._excludable
                    ]
            for role, slot in self._records:
                if role == atom.role:
                    self._of_record(version, atom, slot, present, absent)
            known[(atom, True)] = circuit.any_of(present)
            known[(atom, False)] = circuit.any_of(absent)
        return known

    def _of_record(
        self,
        version: int,
        atom: Existential,
        slot: Slot,
        present: list[Formula],
        absent: list[Formula],
    ) -> None:
        """Add what the one record of a kind establishes about an existential."""
        circuit = self.circuit
        model = self._models[version]
        kinds, classes, options = self._records[(atom.role, slot)]
        typed = {cls: self._parts[_Typed(atom.role, slot, cls)] for cls in classes}
        valued = {one: self._parts[_Valued(atom.role, slot, one)] for one in options}
        there = circuit.any_of(typed[cls] for cls in kinds)

        def of(wanted: str) -> Formula:
            return circuit.any_of(
                circuit.all_of((there, typed[cls]))
                for cls in classes
                if wanted in model.above.get(cls, ())
            )

        conditions = [of(atom.filler)]
        for facet in sorted(atom.facets, key=repr):
            if isinstance(facet, ClassFacet) and is_type(facet):
                conditions.append(of(facet.cls))
            else:
                conditions.append(
                    circuit.any_of(
                        valued[one] for one in options if facet in one.satisfies[version]
                    )
                )
        present.append(circuit.all_of(conditions))
        once = self._theories[version].once(atom)
        if once is None:
            return
        apart = [atom.filler] if not atom.facets and atom.filler != once else []
        apart += [facet.cls for facet in _also(atom)]
        one_of_them = of(once)
        for other in apart:
            absent += [
                circuit.all_of((one_of_them, typed[cls]))
                for cls in classes
                if model.disjoint(cls, other)
            ]
        for facet in sorted(atom.facets, key=repr):
            outside = circuit.any_of(
                valued[one] for one in options if facet in one.violates[version]
            )
            absent.append(circuit.all_of((one_of_them, outside)))


def _share(one: Slot, other: Slot) -> bool:
    """Tell whether two classes are within one kind recorded once, by any version."""
    return any(kind is not None and kind == two for kind, two in zip(one, other, strict=True))


def _also(atom: Existential) -> list[ClassFacet]:
    """Return what an existential demands a record to be beside its kind."""
    found = [one for one in atom.facets if isinstance(one, ClassFacet) and is_type(one)]
    return sorted(found, key=repr)
