"""All cases that can be recorded as of a day, as formulas over what a case can say.

A case says that it excludes a class, that it has a node of a class with values, that it proposes
an intervention. Which literals these establish is what the rules of ``queries/rules`` derive from
them; here it is a formula for each literal. A criterion is met where one of its implicants is
established, so that statuses are formulas too, and a solver finds the smallest case for each.

Nothing is lost by the kinds of parts that are tried: one node can do no more for an existential
than the node that is made for it, and a value no more than the one that stands for its cell. Where
a case says that it records all there is, a node also bars by what it is not, and keeps open by what
it may be; nodes are made for each of that. A
case that excludes all findings or all interventions at once is left out, where no criterion speaks
of them all: it says no more than one that excludes what criteria speak of.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from indicant.compile.implicants import at_least
from indicant.compile.model import (
    FINDING,
    HAD_FINDING,
    HAS_FINDING,
    INTERVENTION,
    ITSELF,
    PROPOSES,
    RECEIVED,
    ROLES,
    ClassFacet,
    Existential,
    implied,
)
from indicant.compile.scores import bound_of, scores_of
from indicant.possible.circuit import FALSE, Circuit, Formula
from indicant.possible.counting import Records, require_records
from indicant.possible.kinds import NONE, Kinds, Slot
from indicant.possible.nodes import Candidate, Candidates
from indicant.possible.options import Option, Told, Values, is_type, topic, topic_of
from indicant.possible.parts import (
    AllPlanned,
    Complete,
    Excluded,
    Never,
    Part,
    Proposed,
    Typed,
    Unplanned,
    Valued,
)
from indicant.possible.realising import Realiser
from indicant.terms import IND

if TYPE_CHECKING:
    import datetime
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from indicant.compile.implicants import Implicant

_ROOTS: Final = frozenset((FINDING, INTERVENTION, IND + "Investigation"))


class Day:
    """The cases that can be recorded as of one day, and valid, with every one of some models.

    Args:
        circuit: what their formulas are part of.
        kinds: the classes that cases use, in each version.
        values: the values that they record.
        complete: whether a case may say that it records all that there is.
        where: where it is this day.
        as_of: the day.
    """

    def __init__(
        self,
        circuit: Circuit,
        kinds: Kinds,
        values: Values,
        *,
        complete: bool,
        where: Formula,
        as_of: datetime.date,
    ) -> None:
        self.circuit = circuit
        self.as_of = as_of
        self._kinds = kinds
        self._models = kinds.models
        self._atoms = kinds.atoms
        self._parts: dict[Part, Formula] = {}
        self.things: dict[Formula, Part] = {}
        self._classes = kinds.classes
        self._shared = frozenset(self._classes)
        self._values = values
        self._exclusions()
        self._unplanned: dict[str, Formula] = {}
        self._all_planned = FALSE
        self._complete: list[tuple[str, Told | None, Formula]] = []
        if complete:
            self._closings()
        self._nodes: list[tuple[Candidate, Formula]] = []
        for one in Candidates(kinds, values, complete=complete).several():
            number = self._part(one.node, one.count)
            self._forbid_excluded(number, one.node.classes, one.node.role)
            self._nodes.append((one, number))
        self._records = self._record_parts()
        self._own = self._own_values()
        self._proposals()
        versions = range(len(self._models))
        self.known = [self._establish(index) for index in versions]
        classes = {place: found[1] for place, found in self._records.items()}
        self.realiser = Realiser(circuit, kinds, self.things, classes, self.known, where, as_of)
        for index in versions:
            require_records(index, circuit, kinds, self._parts, self._nodes, self._records)

    # ------------------------------------------------------------------ parts of a case

    def _part(self, thing: Part, weight: int) -> Formula:
        if thing not in self._parts:
            number = self.circuit.variable(weight)
            self._parts[thing] = number
            self.things[number] = thing
        return self._parts[thing]

    def _exclusions(self) -> None:
        """Make what a case can say to be absent, or never to have been there."""
        self._excludable = {
            cls: self._part(Excluded(cls), 1) for cls in self._deniable(HAS_FINDING, RECEIVED)
        }
        # Where no criterion speaks of the past, it says no more than an exclusion does.
        self._never = {cls: self._part(Never(cls), 1) for cls in self._deniable(HAD_FINDING)}

    def _deniable(self, *roles: str) -> list[str]:
        """Return what existentials of some roles speak of, and what is above it."""
        spoken_of: set[str] = set()
        wanted: set[str] = set()
        for model, atoms in zip(self._models, self._atoms, strict=True):
            for atom in atoms:
                if atom.role not in roles:
                    continue
                named = {atom.filler, *(facet.cls for facet in _also(atom))}
                spoken_of |= named
                wanted.update(*(model.above[cls] for cls in named))
        return [
            cls
            for cls in sorted(wanted & self._shared)
            if (cls in spoken_of or cls not in _ROOTS)
            and self._kinds.above(cls) & {FINDING, INTERVENTION}
        ]

    def _closings(self) -> None:
        """Make what a case can say of completeness.

        A statement about a class does no more than those about the classes below it that criteria
        speak of, so that it is made about these.
        """
        fillers: dict[str, set[str]] = defaultdict(set)
        for atoms in self._atoms:
            for atom in atoms:
                if atom.filler in self._shared:
                    role = HAS_FINDING if atom.role == HAD_FINDING else atom.role
                    fillers[role].add(atom.filler)
        self._unplanned = {
            cls: self._part(Unplanned(cls), 1) for cls in sorted(fillers.get(PROPOSES, ()))
        }
        self._all_planned = self._part(AllPlanned(), 2) if self._unplanned else FALSE
        for role in (HAS_FINDING, RECEIVED):
            for cls in sorted(fillers.get(role, ())):
                self._complete.append((cls, None, self._part(Complete(cls, None), 2)))
                facets = {
                    facet
                    for atoms in self._atoms
                    for atom in atoms
                    if atom.role in implied(role) and cls in self._kinds.above(atom.filler)
                    for facet in atom.facets
                }
                for since, beyond in self._values.settled(role, facets):
                    self._complete.append((cls, beyond, self._part(Complete(cls, since), 3)))

    def _forbid_excluded(self, part: Formula, classes: Iterable[str], role: str) -> None:
        """Let a node not be of a class that is excluded."""
        if role == PROPOSES:
            for cls, unplanned in self._unplanned.items():
                if any(cls in self._kinds.above(one) for one in classes):
                    self.circuit.forbid(part, unplanned)
            return
        denied = [self._never, self._excludable] if role != HAD_FINDING else [self._never]
        for cls in sorted({above for one in classes for above in self._kinds.above(one)}):
            for said in denied:
                if cls in said:
                    self.circuit.forbid(part, said[cls])

    def _record_parts(self) -> Records:
        """Make the parts of the one record of each kind that a case has at most one of.

        Versions may differ about which classes are within such a kind, so that there is a record
        for each way they see it, and two of them never share a kind in one version.
        """
        records: Records = {}
        for role, root in ROLES.items():
            slots: dict[str, Slot] = {
                cls: self._kinds.slot(role, cls)
                for cls in self._classes
                if root in self._kinds.above(cls)
            }
            if not any(atom.role in implied(role) for atoms in self._atoms for atom in atoms):
                continue
            made: dict[Slot, dict[str, Formula]] = {}
            for slot in sorted({one for one in slots.values() if any(one)}, key=repr):
                within = [cls for cls in slots if _share(slots[cls], slot)]
                beside = [
                    cls
                    for cls in slots
                    if cls not in within
                    and any(not self._kinds.apart(cls, kind) for kind in within)
                    and not all(cls in self._kinds.above(kind) for kind in within)
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
                        if atom.role in implied(role)
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
            {atom.filler for atom in atoms if atom.role in implied(role)}
            | {facet.cls for atom in atoms if atom.role == role for facet in _also(atom)}
            for atoms in self._atoms
        ]
        for cls in sorted(classes, key=lambda one: (len(self._kinds.above(one)), one)):
            above, apart = [], []
            for model, named in zip(self._models, fillers, strict=True):
                above.append(frozenset(named & model.above[cls]))
                apart.append(frozenset(one for one in named if model.disjoint(cls, one)))
            if any(above) or any(apart):
                bars = frozenset(
                    one
                    for one in self._kinds.above(cls)
                    if one in self._excludable or one in self._never
                ) | frozenset(f"not {one}" for one in peers if self._kinds.apart(cls, one))
                same = told[(slots[cls], tuple(above), tuple(apart))]
                if not any(other <= bars for other, _ in same):
                    same.append((bars, cls))
        return sorted(cls for same in told.values() for _, cls in same)

    def _record(
        self, role: str, slot: Slot, classes: list[str], options: list[Option]
    ) -> dict[str, Formula]:
        typed = {cls: self._part(Typed(role, slot, cls), 1) for cls in classes}
        for one, other in itertools.combinations(classes, 2):
            if self._kinds.apart(one, other):
                self.circuit.forbid(typed[one], typed[other])
        for cls in classes:
            self._forbid_excluded(typed[cls], [cls], role)
        valued = [
            self._part(Valued(role, slot, option), option.entry.statements()) for option in options
        ]
        names = [topic_of(option.entry.property) for option in options]
        for first, second in itertools.combinations(range(len(options)), 2):
            if names[first] == names[second] and self._values.functional(names[first]):
                self.circuit.forbid(valued[first], valued[second])
        return typed

    def _own_values(self) -> list[Option]:
        """Make the values of the case itself."""
        names = sorted(
            {
                topic(facet)
                for atoms in self._atoms
                for atom in atoms
                if atom.role == ITSELF
                for facet in atom.facets
            }
            - {name for model in self._models for name in model.scores}
        )
        options = [one for name in names for one in self._values.options(ITSELF, name)]
        self._record(ITSELF, (), [], options)
        return options

    def _proposals(self) -> None:
        """Make proposals that name a class."""
        self._proposed: dict[str, Formula] = {}
        for cls in self._classes:
            if any(
                atom.role == PROPOSES and not atom.facets and atom.filler in self._kinds.above(cls)
                for atoms in self._atoms
                for atom in atoms
            ):
                self._proposed[cls] = self._part(Proposed(cls), 1)
                self._forbid_excluded(self._proposed[cls], [cls], PROPOSES)

    # ------------------------------------------------------------------ what parts establish

    def _establish(self, version: int) -> dict[tuple[Existential, bool], Formula]:
        model = self._models[version]
        circuit = self.circuit
        known: dict[tuple[Existential, bool], Formula] = {}
        scored = [one for one in self._atoms[version] if scores_of([one], model)]
        for atom in (*(one for one in self._atoms[version] if one not in scored), *scored):
            if atom in scored:
                self._of_score(version, atom, known)
                continue
            if atom.role == ITSELF:
                ways = [
                    (self._parts[Valued(ITSELF, (), one)], one.satisfies, one.violates)
                    for one in self._own
                ]
                known[(atom, True)] = circuit.all_of(
                    circuit.any_of(number for number, met, _ in ways if facet in met[version])
                    for facet in sorted(atom.facets, key=repr)
                )
                known[(atom, False)] = circuit.any_of(
                    number for number, _, out in ways if not atom.facets.isdisjoint(out[version])
                )
                continue
            single = replace(atom, least=1)
            present = [
                number
                for one, number in self._nodes
                if atom.role in implied(one.node.role)
                and self._kinds.within(version, one.node.classes, atom.filler)
                and single.facets <= one.satisfied[version]
            ]
            if atom.role == PROPOSES and not atom.facets:
                present += [
                    number
                    for cls, number in self._proposed.items()
                    if atom.filler in model.above[cls]
                ]
            absent: list[Formula] = []
            for cls in (atom.filler, *(facet.cls for facet in _also(atom))):
                for above in sorted(model.above[cls]):
                    if atom.role in (HAS_FINDING, RECEIVED) and above in self._excludable:
                        absent.append(self._excludable[above])
                    if atom.role in (HAS_FINDING, HAD_FINDING) and above in self._never:
                        absent.append(self._never[above])
            for place in self._records:
                if atom.role in implied(place[0]):
                    self._of_record(version, single, place, present, absent)
            absent += self._by_completeness(version, atom)
            known[(atom, True)] = self._at_least([(one, 1) for one in present], atom.least)
            known[(atom, False)] = circuit.any_of(absent)
        return known

    def _at_least(self, weighted: Sequence[tuple[Formula, int]], least: int) -> Formula:
        """Return where the true ones of some formulas weigh enough together."""
        return at_least(weighted, least, self.circuit.all_of, self.circuit.any_of)

    def _of_score(
        self, version: int, atom: Existential, known: dict[tuple[Existential, bool], Formula]
    ) -> None:
        """Add where a score is known to be at least a number, and where it is known not to be."""
        circuit, theory = self.circuit, self._kinds.theories[version]
        name, number = bound_of(atom)
        ladder = theory.ladder(name)

        def decided(implicants: Iterable[Implicant]) -> Formula:
            return circuit.any_of(
                circuit.all_of(known[(literal.existential, literal.present)] for literal in one)
                for one in implicants
            )

        steps = list(zip(theory.decided(name), ladder.steps, strict=True))
        won = [(decided(one.met), step.points) for one, step in steps]
        lost = [(decided(one.refuted), step.points) for one, step in steps]
        known[(atom, True)] = self._at_least(won, number - ladder.base)
        known[(atom, False)] = self._at_least(lost, ladder.total - number + 1)

    def _by_completeness(self, version: int, atom: Existential) -> Iterator[Formula]:
        """Yield where nothing satisfies an existential because nothing that is recorded does.

        Of what is counted, where too little that is recorded may.
        """
        model, circuit = self._models[version], self.circuit
        above = model.above[atom.filler]
        if atom.role == PROPOSES:
            yield from (number for cls, number in self._unplanned.items() if cls in above)
            closed = [self._all_planned]
        else:
            closed = [
                number
                for cls, beyond, number in self._complete
                if cls in above and (beyond is None or not atom.facets.isdisjoint(beyond[version]))
            ]
        if not closed or closed == [FALSE]:
            return
        once = self._kinds.theories[version].once(atom)
        the_one = circuit.any_of(
            self._parts[Typed(role, slot, cls)]
            for role, slot in self._records
            if role == atom.role
            for cls in self._records[(role, slot)][1]
            if once is not None and once in model.above.get(cls, NONE)
        )
        may_be = []
        for one, number in self._nodes:
            classes = one.node.classes
            if atom.role in implied(one.node.role) and not self._kinds.cannot_be(
                version, classes, one.outside, atom
            ):
                another = once is not None and not self._kinds.within(version, classes, once)
                may_be.append(circuit.all_of((number, -the_one)) if another else number)
        if atom.role == PROPOSES:
            may_be += [
                number
                for cls, number in self._proposed.items()
                if self._kinds.overlaps(version, cls, atom.filler)
            ]
        may_be += [
            -self._record_fails(version, atom, place, the_one)
            for place in self._records
            if atom.role in implied(place[0])
        ]
        enough = self._at_least([(one, 1) for one in may_be], atom.least)
        yield circuit.all_of((circuit.any_of(closed), -enough))

    def _record_fails(
        self, version: int, atom: Existential, place: tuple[str, Slot], the_one: Formula
    ) -> Formula:
        """Return where the record of a kind is not there, or does not satisfy an existential."""
        model, circuit = self._models[version], self.circuit
        kinds, classes, options = self._records[place]
        typed = {cls: self._parts[Typed(*place, cls)] for cls in classes}
        within = [typed[cls] for cls in classes if atom.filler in model.above.get(cls, NONE)]
        apart = [
            typed[cls] for cls in classes if not self._kinds.overlaps(version, cls, atom.filler)
        ]
        ways = [
            -circuit.any_of(typed[cls] for cls in kinds),
            circuit.all_of((circuit.any_of(apart), -circuit.any_of(within))),
            circuit.any_of(
                self._parts[Valued(*place, one)]
                for one in options
                if not atom.facets.isdisjoint(one.violates[version])
            ),
        ]
        once = self._kinds.theories[version].once(atom)
        if once is not None:
            mine = circuit.any_of(
                typed[cls] for cls in classes if once in model.above.get(cls, NONE)
            )
            ways.append(circuit.all_of((the_one, -mine)))
        return circuit.any_of(ways)

    def _of_record(
        self,
        version: int,
        atom: Existential,
        place: tuple[str, Slot],
        present: list[Formula],
        absent: list[Formula],
    ) -> None:
        """Add what the one record of a kind establishes about an existential."""
        circuit = self.circuit
        model = self._models[version]
        kinds, classes, options = self._records[place]
        typed = {cls: self._parts[Typed(*place, cls)] for cls in classes}
        valued = {one: self._parts[Valued(*place, one)] for one in options}
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
        once = self._kinds.theories[version].once(atom)
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
