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
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.circuit import FALSE, Circuit, Formula
from indicant.model import (
    FINDING,
    HAS_FINDING,
    INTERVENTION,
    PROPOSES,
    RECEIVED,
    ClassFacet,
    Existential,
    Facet,
    IndividualFacet,
    Model,
)
from indicant.recording import DAYS, Entry, Node, Recorded, Value
from indicant.terms import IND, TYPE
from indicant.theory import Theory

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from indicant.implicants import Implicant, Literal

WEEKS: Final = IND + "weeks"
_FARTHEST: Final = 300_000
_DIGITS: Final = 9
_COMBINATIONS: Final = 128
_ROOTS: Final = frozenset((FINDING, INTERVENTION, IND + "Investigation"))


@dataclass(frozen=True)
class _Option:
    """A way to record a value, with the facets that it satisfies and those it lies outside of."""

    entry: Entry
    satisfies: frozenset[Facet]
    violates: frozenset[Facet]


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
    root: str
    cls: str


@dataclass(frozen=True)
class _Valued:
    """The one record of a kind has a value."""

    role: str
    root: str
    option: _Option


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
        self._facets = self._all_facets()
        self._options = {
            (role, name): [] if name in foreign else self._values(role, name, facets)
            for (role, name), facets in self._grouped().items()
        }
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
        kinds: dict[tuple[str, str], list[str]] = defaultdict(list)
        values: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        for number in sorted(chosen):
            part = self._things[number]
            if isinstance(part, Node):
                nodes.append(part)
            elif isinstance(part, _Excluded):
                excluded.append(part.cls)
            elif isinstance(part, _Proposed):
                proposed.append(part.cls)
            elif isinstance(part, _Typed):
                kinds[(part.role, part.root)].append(part.cls)
            else:
                values[(part.role, part.root)].append(part.option.entry)
        for (role, root), classes in kinds.items():
            entries = tuple(sorted(values[(role, root)], key=repr))
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

    def _once(self, role: str, cls: str) -> str | None:
        """Return the topmost kind recorded once that a class is within, by any of the models."""
        found = [
            root
            for theory, model in zip(self._theories, self._models, strict=True)
            if cls in model.above and (root := theory.once(Existential(role, cls))) is not None
        ]
        if not found:
            return None
        return next(
            (one for one in found if all(one in self._above(two) for two in found)), found[0]
        )

    def _free_nodes(self) -> list[tuple[Node, frozenset[Facet], Formula]]:
        """Make nodes of kinds of which a case has any number, one for each that tells something."""
        best: dict[tuple[object, ...], list[tuple[Node, frozenset[Facet], int]]] = {}
        for role in (HAS_FINDING, RECEIVED, PROPOSES):
            for cls in self._classes:
                above = self._above(cls)
                if not above & {FINDING, INTERVENTION} or self._once(role, cls) is not None:
                    continue
                at = [
                    atom
                    for atoms in self._atoms
                    for atom in atoms
                    if atom.role == role and atom.filler in above
                ]
                if not at:
                    continue
                for options in self._combinations(role, at):
                    satisfied = frozenset().union(*(one.satisfies for one in options))
                    node = Node(role, (cls,), tuple(one.entry for one in options))
                    tells = tuple(
                        frozenset(
                            atom
                            for atom in atoms
                            if atom.role == role
                            and atom.filler in model.above.get(cls, ())
                            and atom.facets <= satisfied
                        )
                        for model, atoms in zip(self._models, self._atoms, strict=True)
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

    def _combinations(self, role: str, at: Sequence[Existential]) -> Iterator[tuple[_Option, ...]]:
        """Yield values for a node: every combination, or where there are many what atoms need."""
        names = sorted(
            {_slot(facet) for atom in at for facet in atom.facets if not _is_type(facet)}
        )
        wanted = frozenset(facet for atom in at for facet in atom.facets)
        choices: list[list[tuple[_Option, ...]]] = []
        for name in names:
            seen: dict[frozenset[Facet], tuple[_Option, ...]] = {frozenset(): ()}
            for option in self._options[(role, name)]:
                seen.setdefault(option.satisfies & wanted, (option,))
            if not self._functional(name):
                for first, second in itertools.combinations(list(seen), 2):
                    seen.setdefault(first | second, seen[first] + seen[second])
            choices.append(list(seen.values()))
        total = 1
        for one in choices:
            total *= len(one)
        if total <= _COMBINATIONS:
            for values in itertools.product(*choices):
                yield tuple(itertools.chain.from_iterable(values))
            return
        yield ()
        for atom in sorted(set(at), key=repr):
            needed = sorted({_slot(facet) for facet in atom.facets if not _is_type(facet)})
            per_name = []
            for name in needed:
                here = frozenset(facet for facet in atom.facets if _slot(facet) == name)
                per_name.append(self._enough(role, name, here))
            for chosen in itertools.product(*per_name):
                yield tuple(itertools.chain.from_iterable(chosen))

    def _enough(self, role: str, name: str, wanted: frozenset[Facet]) -> list[tuple[_Option, ...]]:
        options = self._options[(role, name)]
        single: list[tuple[_Option, ...]] = [(one,) for one in options if wanted <= one.satisfies]
        if single or self._functional(name):
            return single
        return [
            tuple(dict.fromkeys(chosen))
            for chosen in itertools.product(
                *(
                    [one for one in options if facet in one.satisfies][:1]
                    for facet in sorted(wanted, key=repr)
                )
            )
        ]

    def _functional(self, name: str) -> bool:
        return name == DAYS or any(name in model.functional for model in self._models)

    def _record_parts(self) -> dict[tuple[str, str], tuple[list[str], list[_Option]]]:
        """Make the parts of the one record of each kind that a case has at most one of."""
        atoms = {atom for one in self._atoms for atom in one}
        roles = {atom.role for atom in atoms}
        records: dict[tuple[str, str], tuple[list[str], list[_Option]]] = {}
        for role in sorted(roles):
            fillers = {atom.filler for atom in atoms if atom.role == role}
            fillers |= {facet.cls for atom in atoms if atom.role == role for facet in _also(atom)}
            within: dict[str, list[str]] = defaultdict(list)
            for cls in self._classes:
                root = self._once(role, cls)
                if root is not None and root in self._shared:
                    within[root].append(cls)
            for root, classes in sorted(within.items()):
                telling = self._telling(classes, fillers)
                if not telling:
                    continue
                names = sorted(
                    {
                        _slot(facet)
                        for atom in atoms
                        if atom.role == role and self._meets(atom.filler, classes)
                        for facet in atom.facets
                        if not _is_type(facet)
                    }
                )
                options = [one for name in names for one in self._options[(role, name)]]
                beside = [
                    cls
                    for cls in sorted(fillers & self._shared)
                    if cls not in self._above(root)
                    and root not in self._above(cls)
                    and not any(model.disjoint(root, cls) for model in self._models)
                ]
                self._record(role, root, [*telling, *beside], set(telling), options)
                records[(role, root)] = ([*telling, *beside], options)
        return records

    def _meets(self, filler: str, classes: Iterable[str]) -> bool:
        """Tell whether a record of one of some classes can be in another class."""
        return any(
            not any(model.disjoint(filler, cls) for model in self._models) for cls in classes
        )

    def _telling(self, classes: Iterable[str], fillers: set[str]) -> list[str]:
        """Return one of the topmost classes for each set of fillers that a class is within."""
        found: dict[tuple[frozenset[str], frozenset[str]], str] = {}
        for cls in sorted(classes, key=lambda one: (len(self._above(one)), one)):
            above = self._above(cls) & fillers
            apart = frozenset(
                filler
                for filler in fillers
                for model in self._models
                if model.disjoint(cls, filler)
            )
            if above or apart:
                found.setdefault((frozenset(above), apart), cls)
        return sorted(found.values())

    def _record(
        self, role: str, root: str, classes: list[str], kinds: set[str], options: list[_Option]
    ) -> None:
        typed = {cls: self._part(_Typed(role, root, cls), 1) for cls in classes}
        for one, other in itertools.combinations(classes, 2):
            if any(model.disjoint(one, other) for model in self._models):
                self.circuit.forbid(typed[one], typed[other])
        for cls in classes:
            self._forbid_excluded(typed[cls], [cls], role)
        for cls in sorted(set(classes) - kinds):
            # Of what is beside the kind a record is only where it is of the kind as well.
            if self._once(role, cls) not in {None, root}:
                for kind in sorted(kinds):
                    self.circuit.forbid(typed[cls], typed[kind])
        valued = [self._part(_Valued(role, root, option), 1) for option in options]
        slots = [_slot_of(option.entry.property) for option in options]
        for first, second in itertools.combinations(range(len(options)), 2):
            if slots[first] == slots[second] and self._functional(slots[first]):
                self.circuit.forbid(valued[first], valued[second])

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
        model, theory = self._models[version], self._theories[version]
        circuit = self.circuit
        known: dict[tuple[Existential, bool], Formula] = {}
        for atom in self._atoms[version]:
            present = [
                number
                for node, satisfied, number in self._nodes
                if node.role == atom.role
                and atom.filler in model.above.get(node.classes[0], ())
                and atom.facets <= satisfied
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
            for (role, root), (classes, options) in self._records.items():
                if role == atom.role:
                    self._of_record(model, theory, atom, root, classes, options, present, absent)
            known[(atom, True)] = circuit.any_of(present)
            known[(atom, False)] = circuit.any_of(absent)
        return known

    def _of_record(
        self,
        model: Model,
        theory: Theory,
        atom: Existential,
        root: str,
        classes: list[str],
        options: list[_Option],
        present: list[Formula],
        absent: list[Formula],
    ) -> None:
        circuit = self.circuit
        typed = {cls: self._parts[_Typed(atom.role, root, cls)] for cls in classes}
        valued = {one: self._parts[_Valued(atom.role, root, one)] for one in options}
        kinds = [cls for cls in classes if root in self._above(cls)]
        there = circuit.any_of(typed[cls] for cls in kinds)

        def of(wanted: str) -> Formula:
            return circuit.any_of(
                circuit.all_of((there, typed[cls]))
                for cls in classes
                if wanted in model.above.get(cls, ())
            )

        conditions = [of(atom.filler)]
        for facet in sorted(atom.facets, key=repr):
            if isinstance(facet, ClassFacet) and _is_type(facet):
                conditions.append(of(facet.cls))
            else:
                conditions.append(
                    circuit.any_of(valued[one] for one in options if facet in one.satisfies)
                )
        present.append(circuit.all_of(conditions))
        once = theory.once(atom)
        if once is None:
            return
        apart = [atom.filler] if not atom.facets and atom.filler != once else []
        apart += [facet.cls for facet in _also(atom)]
        within = [cls for cls in kinds if once in model.above.get(cls, ())]
        one_of_them = circuit.any_of(typed[cls] for cls in within)
        for other in apart:
            absent += [
                circuit.all_of((one_of_them, typed[cls]))
                for cls in classes
                if model.disjoint(cls, other)
            ]
        for facet in sorted(atom.facets, key=repr):
            outside = circuit.any_of(valued[one] for one in options if facet in one.violates)
            absent.append(circuit.all_of((one_of_them, outside)))

    # ------------------------------------------------------------------ values

    def _all_facets(self) -> frozenset[Facet]:
        return frozenset(
            facet
            for atoms in self._atoms
            for atom in atoms
            for facet in atom.facets
            if not _is_type(facet)
        )

    def _grouped(self) -> dict[tuple[str, str], list[Facet]]:
        found: dict[tuple[str, str], list[Facet]] = defaultdict(list)
        for role in (HAS_FINDING, RECEIVED, PROPOSES):
            for facet in sorted(self._facets, key=repr):
                found[(role, _slot(facet))].append(facet)
        return found

    def _values(self, role: str, name: str, facets: list[Facet]) -> list[_Option]:
        """Return one way to record a value for each cell of some facets, the plainest."""
        objects = all(isinstance(facet, (IndividualFacet, ClassFacet)) for facet in facets)
        entries = self._individuals(name) if objects else self._constants(role, name, facets)
        found: dict[tuple[frozenset[Facet], ...], _Option] = {}
        for entry in entries:
            values = _recorded(role, entry)
            satisfied = frozenset(facet for facet in facets if self._satisfies(values, facet))
            outside = frozenset(
                facet
                for facet in facets
                if facet not in satisfied
                and any(facet.property in model.functional for model in self._models)
                and facet.property in values
                and (
                    not isinstance(entry.value, ox.NamedNode)
                    or any(
                        entry.value.value in model.values_outside(facet) for model in self._models
                    )
                )
            )
            found.setdefault((satisfied, outside), _Option(entry, satisfied, outside))
        return list(found.values())

    def _individuals(self, name: str) -> Iterator[Entry]:
        shared = set.intersection(*(set(model.types) for model in self._models))
        for individual in sorted(shared):
            if all(
                model.kinds.get(name, frozenset()) <= model.value_classes(individual)
                for model in self._models
            ):
                yield Entry(name, ox.NamedNode(individual))

    def _constants(self, role: str, name: str, facets: list[Facet]) -> Iterator[Entry]:
        numbers: set[Decimal] = set()
        others: dict[str | bool, None] = {}
        lasting = name == DAYS
        for property_ in sorted({facet.property for facet in facets}):
            here = {facet for facet in facets if facet.property == property_}
            for model in self._models:
                allowed = model.ranges.get(property_)
                for value in Theory.samples(here, allowed):
                    if isinstance(value, Decimal):
                        days = property_ == DAYS or not lasting
                        numbers.add(value if days else (value * 7).quantize(Decimal("1e-9")))
                    else:
                        others[value] = None
        weeks = any(facet.property == WEEKS for facet in facets)
        for number in sorted(numbers, key=_plainness):
            if lasting:
                whole = 0 <= number == number.to_integral_value() <= _FARTHEST
                if whole and role != PROPOSES:
                    yield Entry(DAYS, number)
                if weeks or number > _FARTHEST or role == PROPOSES:
                    entry = Entry(WEEKS, number / 7)
                    if self._writable(entry):
                        yield entry
            elif self._writable(Entry(name, number)):
                yield Entry(name, number)
        for value in others:
            if not lasting and self._writable(Entry(name, value)):
                yield Entry(name, value)

    def _writable(self, entry: Entry) -> bool:
        """Tell whether the case shapes accept a value of a property."""
        value = entry.value
        if isinstance(value, Decimal):
            _, digits, exponent = value.normalize().as_tuple()
            if not isinstance(exponent, int) or -exponent > _DIGITS:
                return False
            if len(digits) + exponent > _DIGITS or (entry.property == WEEKS and value < 0):
                return False
        return isinstance(value, ox.NamedNode) or all(
            Theory.allows(model.ranges.get(entry.property), value) for model in self._models
        )

    def _satisfies(self, values: Mapping[str, Value], facet: Facet) -> bool:
        if facet.property not in values:
            return False
        value = values[facet.property]
        if isinstance(value, ox.NamedNode):
            if isinstance(facet, IndividualFacet):
                return facet.individual == value.value
            return isinstance(facet, ClassFacet) and any(
                value.value in model.values_in(facet.property, facet.cls) for model in self._models
            )
        return Theory.accepts(facet, value)


def _recorded(role: str, entry: Entry) -> dict[str, Value]:
    """Return what the rules make of a value: the days that something lasted are weeks as well."""
    if role == PROPOSES:
        return {entry.property: entry.value}
    if entry.property == DAYS:
        assert isinstance(entry.value, Decimal)  # noqa: S101
        return {DAYS: entry.value, WEEKS: entry.value / 7}
    if entry.property == WEEKS:
        assert isinstance(entry.value, Decimal)  # noqa: S101
        whole = (entry.value * 7).to_integral_value(ROUND_FLOOR)
        return {DAYS: whole, WEEKS: entry.value}
    return {entry.property: entry.value}


def _slot(facet: Facet) -> str:
    return _slot_of(facet.property)


def _slot_of(name: str) -> str:
    """Return a property; how many weeks something lasted is how many days it did."""
    return DAYS if name == WEEKS else name


def _is_type(facet: Facet) -> bool:
    return facet.property == TYPE


def _also(atom: Existential) -> list[ClassFacet]:
    """Return what an existential demands a record to be beside its kind."""
    found = [one for one in atom.facets if isinstance(one, ClassFacet) and _is_type(one)]
    return sorted(found, key=repr)


def _plainness(number: Decimal) -> tuple[int, Decimal, Decimal]:
    exponent = number.normalize().as_tuple().exponent
    places = max(0, -exponent) if isinstance(exponent, int) else 0
    return places, abs(number), number
