"""Ask a solver for cases that two versions of a guideline answer differently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import pyoxigraph as ox

from indicant.compile.model import (
    FINDING,
    INTERVENTION,
    ITSELF,
    ClassFacet,
    IndividualFacet,
    existentials,
    within,
)
from indicant.compile.overriding import fulfilling, overriders, without
from indicant.diff.statements import Shortener
from indicant.possible.advice import STATUSES, Advice, Statuses, advise
from indicant.possible.circuit import FALSE, TRUE, OutOfTimeError
from indicant.possible.facts import Entry, Node, Recorded, Related, turtle, words
from indicant.possible.space import Space
from indicant.terms import LABEL, TYPE, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from indicant.assess.records import Answer, Fulfilment, Status
    from indicant.compile.derivations import Rule
    from indicant.compile.model import Existential, Expression, Model
    from indicant.files.sources import Source
    from indicant.possible.circuit import Formula

SIDES: Final = ("OLD", "NEW")
ANSWERS: Final[tuple[Answer, ...]] = ("met", "refuted", "open")
UNSTATED: Final = "not stated"
About = Literal["intervention", "scope", "fulfilment"]
_FULFILMENT: Final[Mapping[bool, Mapping[Answer, Fulfilment]]] = {
    against: {
        "met": "fulfilled",
        "refuted": "violated" if against else "not-fulfilled",
        "open": "not-recorded",
    }
    for against in (False, True)
}
"""What the answer of the criterion that fulfils a recommendation says, for and against.

``queries/rules/80-fulfilment.rq`` says the same."""


@dataclass(frozen=True)
class Witness:
    """A smallest case that two versions answer differently.

    ``facts`` says in words what it records and ``turtle`` is the graph; ``before`` is the graph in
    the old names, where the new version has other names for what it speaks of.
    """

    recorded: Recorded
    facts: tuple[str, ...]
    turtle: str
    before: str | None = None


@dataclass(frozen=True)
class Because:
    """What two versions answer differently beneath a status; nothing where one has no answer."""

    iri: str
    label: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class BehaviourChange:
    """What some case has answered differently.

    It is an intervention, the scope of a guideline, or whether a recommendation is fulfilled.
    ``known`` says what each version calls it, and nothing where it does not know it. ``free`` are
    the derivations of either version that may write what it rests on.
    """

    subject: str
    label: str
    old: str
    new: str
    witness: Witness
    known: tuple[str | None, str | None]
    because: tuple[Because, ...] = ()
    about: About = "intervention"
    free: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Unshared:
    """A term that only one version knows, with the recommendations that rest on it there.

    Of a property that both know it may be the unit.
    """

    term: str
    label: str
    side: str
    recommendations: tuple[str, ...]


class Names:
    """What terms are called: by label, or short."""

    def __init__(self, sources: Iterable[Source], prefixes: Mapping[str, str]) -> None:
        """Take the labels of all sources, those of the last one first."""
        self.short = Shortener(prefixes)
        self.prefixes = prefixes
        self._labels: dict[str, str] = {}
        self._ranks: dict[str, int] = {}
        for source in sources:
            own: dict[str, tuple[bool, str]] = {}
            for _, subject, predicate, value in source.triples():
                if getattr(predicate, "value", "") == LABEL and isinstance(value, ox.Literal):
                    iri = str(getattr(subject, "value", ""))
                    rank = (value.language not in {None, "en"}, value.value)
                    own[iri] = min(own.get(iri, rank), rank)
            self._labels.update({iri: label for iri, (_, label) in own.items()})

    def label(self, iri: str) -> str:
        """Return the label of a term, or the end of its IRI."""
        return self._labels.get(iri, local_name(iri))


def with_terms(recorded: Recorded, names: Mapping[str, str]) -> Recorded:
    """Return a case in which terms have other names."""

    def all_of(terms: Iterable[str]) -> tuple[str, ...]:
        return tuple(names.get(term, term) for term in terms)

    def entry(one: Entry) -> Entry:
        value = one.value
        if isinstance(value, ox.NamedNode):
            value = ox.NamedNode(names.get(value.value, value.value))
        elif isinstance(value, Related):
            value = Related(all_of(value.classes), tuple(map(entry, value.entries)))
        return Entry(names.get(one.property, one.property), value)

    return Recorded(
        tuple(
            Node(one.role, all_of(one.classes), tuple(map(entry, one.entries)))
            for one in recorded.nodes
        ),
        all_of(recorded.excluded),
        all_of(recorded.proposed),
        all_of(recorded.unplanned),
        tuple((names.get(cls, cls), since) for cls, since in recorded.complete),
        recorded.all_planned,
        tuple(map(entry, recorded.entries)),
        all_of(recorded.never),
    )


class Behaviour:
    """Asks a solver for cases that two versions answer differently."""

    def __init__(
        self,
        models: tuple[Model, Model],
        properties: tuple[frozenset[str], frozenset[str]],
        names: Names,
        former: Mapping[str, str],
        deadline: float,
        seconds: float,
    ) -> None:
        self._models = models
        self._former = former
        self._names = names
        self._deadline = deadline
        self._properties = properties
        self._bare = [Advice(model, overriders(model)) for model in models]
        self._asked = self._differing()
        self._advice: list[Advice] = [
            advise(
                model,
                only={iri for one in self._asked for iri in self._counting(one)[version]},
                extra=(*model.scopes.values(), *fulfilling(model).values()),
                seconds=seconds,
                deadline=deadline,
            )
            for version, model in enumerate(models)
        ]
        self._remeasured = frozenset(
            name
            for name in properties[0] & properties[1]
            if len({model.units[name] for model in models if name in model.units}) > 1
        )
        foreign = properties[0] ^ properties[1] | self._remeasured
        self._space = Space(models, [one.existentials() for one in self._advice], foreign)
        self._statuses = [
            Statuses(one, self._space, version) for version, one in enumerate(self._advice)
        ]
        self.found: list[BehaviourChange] = []
        self.undecided: list[str] = []

    def _differing(self) -> list[str]:
        """Return the interventions to compare: all, or where the words mean the same, fewer.

        The same criteria with the same words have the same answers, however hard these are to find.
        """
        actions = sorted({one for advice in self._bare for one in advice.actions()})
        self.compared = len(actions)
        if not _same_words(self._models):
            return actions
        return [one for one in actions if self._criteria(0, one) != self._criteria(1, one)]

    def _criteria(self, version: int, action: str) -> set[tuple[bool, Expression]]:
        """Return the effective criteria that count for an intervention, and for which side."""
        model, above = self._models[version], self._bare[version].above
        return {
            (model.recommendations[iri].against, without(model, iri, above[iri]))
            for iri in self._counting(action)[version]
        }

    def ask(self) -> None:
        """Compare what either version speaks of: interventions, scopes, and what is fulfilled.

        Cases are compared whose numbers are in the unit of their property.
        """
        for name in _used(self._models):
            before, after = (
                (model.units.get(name), model.conversions.get(name)) for model in self._models
            )
            if before != after and name not in self._remeasured:
                label = self._names.label(name)
                self.undecided.append(f"{label} given in other units, which convert otherwise")
        for name in computed_otherwise(self._models):
            label = self._names.label(name)
            self.undecided.append(f"{label} computed from records, which is done otherwise")
        for action in self._asked:
            self._compare(action, self._names.label(action))
        for guideline in sorted({one for model in self._models for one in model.scopes}):
            self._compare_scopes(guideline)
        stating = {one for model in self._models for one in fulfilling(model)}
        for iri in sorted(stating):
            if all(iri in model.recommendations for model in self._models):
                self._compare_fulfilment(iri)

    # ------------------------------------------------------------------ one subject

    def _compare(self, action: str, label: str) -> None:
        missing = {
            self._names.label(iri): advice.undecided[iri]
            for advice in self._advice
            for side in advice.counting(action)
            for iri in side
            if iri in advice.undecided
        }
        if missing:
            reasons = "; ".join(f"{name}: {why}" for name, why in sorted(missing.items()))
            self.undecided.append(f"{label} ({reasons})")
            return
        sides = [
            {str(status): self._status(version, action, status) for status in STATUSES}
            for version in range(2)
        ]
        self._pairs(action, label, sides, self._counting(action), about="intervention")

    def _status(self, version: int, action: str, status: Status) -> Formula:
        """Return where an intervention has a status; of one that is unknown nothing is said."""
        if action not in self._models[version].above:
            return TRUE if status == "not-applicable" else FALSE
        return self._statuses[version].status(action, status)

    def _compare_scopes(self, guideline: str) -> None:
        label = f"scope of {self._names.label(guideline)}"
        told = {one: str(one) for one in ANSWERS}
        found = [(model.scopes.get(guideline), told) for model in self._models]
        self._compare_criteria(guideline, label, found, about="scope")

    def _compare_fulfilment(self, iri: str) -> None:
        label = f"fulfilment of {self._names.label(iri)}"
        stated = [model.recommendations[iri] for model in self._models]
        found = [(one.fulfilled_by, _FULFILMENT[one.against]) for one in stated]
        self._compare_criteria(iri, label, found, about="fulfilment")

    def _compare_criteria(
        self,
        subject: str,
        label: str,
        found: Iterable[tuple[str | None, Mapping[Answer, str]]],
        *,
        about: About,
    ) -> None:
        """Compare what the answers of a criterion of each version say, in words."""
        sides = []
        asked: list[list[str]] = []
        for version, (iri, told) in enumerate(found):
            if iri is None:
                sides.append({UNSTATED: TRUE})
                asked.append([])
            elif iri in self._advice[version].undecided:
                self.undecided.append(f"{label} ({self._advice[version].undecided[iri]})")
                return
            else:
                answers = self._statuses[version].answer
                sides.append({told[one]: answers(iri, one) for one in ANSWERS})
                asked.append([iri])
        self._pairs(subject, label, sides, asked, about=about)

    def _pairs(
        self,
        subject: str,
        label: str,
        sides: list[dict[str, Formula]],
        asked: list[list[str]],
        *,
        about: About,
    ) -> None:
        """Look for the smallest case of each pair of different answers."""
        if sides[0] == sides[1]:
            return
        circuit = self._space.circuit
        pairs = [
            (old, new, circuit.all_of((here, there)))
            for old, here in sides[0].items()
            for new, there in sides[1].items()
            if old != new
        ]
        late = []
        possible = circuit.which([goal for _, _, goal in pairs], self._deadline)
        for (old, new, goal), there_is in zip(pairs, possible, strict=True):
            try:
                chosen = self._space.least(goal, self._deadline) if there_is else None
            except OutOfTimeError:
                there_is, chosen = None, None
            if there_is is None:
                late.append(f"{old} → {new}")
            elif chosen is not None:
                witness = self._witness(chosen, label, old, new)
                because = tuple(self._because(chosen, asked))
                known = self._known(subject, about)
                self.found.append(
                    BehaviourChange(subject, label, old, new, witness, known, because, about)
                )
        if late:
            self.undecided.append(f"{label}: {', '.join(late)} (out of time)")

    def _known(self, subject: str, about: About) -> tuple[str | None, str | None]:
        former = self._former.get(subject, subject)
        before, after = (
            about != "intervention" or subject in model.above for model in self._models
        )
        return former if before else None, subject if after else None

    def _counting(self, action: str) -> list[list[str]]:
        return [[*one.counting(action)[0], *one.counting(action)[1]] for one in self._bare]

    def _witness(self, chosen: frozenset[Formula], label: str, old: str, new: str) -> Witness:
        recorded = self._space.recorded(chosen)
        facts = tuple(words(recorded, self._names.label, self._models[1].units))
        about = f"{label}: {old} before, {new} now"
        text = turtle(recorded, self._names.prefixes, about=about)
        before = turtle(with_terms(recorded, self._former), self._names.prefixes, about=about)
        return Witness(recorded, facts, text, before if before != text else None)

    def _because(self, chosen: frozenset[Formula], asked: list[list[str]]) -> Iterator[Because]:
        for iri in sorted({*asked[0], *asked[1]}):
            told = [
                next(
                    one
                    for one in ANSWERS
                    if self._space.circuit.holds(statuses.answer(iri, one), chosen)
                )
                if iri in own
                else None
                for statuses, own in zip(self._statuses, asked, strict=True)
            ]
            sides = [
                model.recommendations[iri].against if iri in model.recommendations else None
                for model in self._models
            ]
            if None not in told and sides[0] is not sides[1]:
                words = [
                    f"{'against' if against else 'for'}, {answer}"
                    for against, answer in zip(sides, told, strict=True)
                ]
                yield Because(iri, self._names.label(iri), *words)
            elif told[0] != told[1]:
                yield Because(iri, self._names.label(iri), *told)

    # ------------------------------------------------------------------ terms of one version

    def unshared(self) -> Iterator[Unshared]:
        """Yield the terms that criteria rest on and that the other version does not know.

        Nor does it know a number in another unit than its own.
        """
        for version, side in enumerate(SIDES):
            model, other = self._models[version], self._models[1 - version]
            resting: dict[str, set[str]] = {}
            for iri, one in model.recommendations.items():
                for atom in existentials(model.criteria[one.criterion]):
                    for term in _terms(atom):
                        resting.setdefault(term, set()).add(iri)
            for subject, criterion in (*model.scopes.items(), *fulfilling(model).items()):
                for atom in existentials(model.criteria[criterion]):
                    for term in _terms(atom):
                        resting.setdefault(term, set()).add(subject)
            for term in sorted(resting):
                if not self._knows(model, other, 1 - version, term):
                    label = self._names.label(term)
                    if term in self._remeasured:
                        label += f" in {model.units[term]}"
                    yield Unshared(term, label, side, tuple(sorted(resting[term])))

    def _knows(self, model: Model, other: Model, version: int, term: str) -> bool:
        roots = {FINDING, INTERVENTION}
        if term in model.above:
            return term in other.above and model.above[term] & roots == other.above[term] & roots
        if term in self._properties[1 - version]:
            return term in self._properties[version] and term not in self._remeasured
        return term not in model.types or term in other.types


def _terms(atom: Existential) -> Iterator[str]:
    """Yield the terms that an existential speaks of."""
    if atom.role != ITSELF:
        yield atom.filler
    for facet in within(atom.facets):
        if facet.property != TYPE:
            yield facet.property
        if isinstance(facet, IndividualFacet):
            yield facet.individual
        elif isinstance(facet, ClassFacet):
            yield facet.cls


def _same_words(models: tuple[Model, Model]) -> bool:
    """Tell whether two models read every case alike, so that criteria alone make a difference."""
    before, after = models
    return (
        before.above == after.above
        and before.apart == after.apart
        and before.once == after.once
        and before.same == after.same
        and _scored(before) == _scored(after)
        and all(
            before.ranges.get(name) == after.ranges.get(name)
            and before.kinds.get(name) == after.kinds.get(name)
            and (name in before.functional) == (name in after.functional)
            and (name in before.ranges or _values(before, name) == _values(after, name))
            for name in _used(models)
        )
    )


def _scored(model: Model) -> dict[str, list[tuple[Expression, int]]]:
    """Return what each score counts, and how much that gives."""
    return {
        name: [(model.criteria[criterion], points) for criterion, points in score.items]
        for name, score in model.scores.items()
    }


def computed_otherwise(models: tuple[Model, Model]) -> list[str]:
    """Return what criteria speak of and versions compute from records, but not in one way.

    How something is computed is what is said of it, and which classes are within those it names.
    """
    before, after = (_computed(model) for model in models)
    spoken_of = {
        term
        for model in models
        for criterion in model.criteria.values()
        for atom in existentials(criterion)
        for term in (atom.filler, *(facet.property for facet in atom.facets))
    }
    return sorted(
        name for name in spoken_of & (before.keys() & after.keys()) if before[name] != after[name]
    )


def _computed(model: Model) -> dict[str, object]:
    """Return how each computed class and property of a model is computed."""
    below = model.below()

    def apart(*classes: str) -> object:
        return [
            (cls, sorted(below.get(cls, ())), sorted(model.apart.get(cls, ()))) for cls in classes
        ]

    found: dict[str, object] = {}
    for name, formula in model.formulas.items():
        used = dict.fromkeys(formula.properties())
        given = sorted((key, number) for key, number in model.given.items() if key[0] in used)
        within = [(one, model.ranges.get(one)) for one in (name, *used)]
        found[name] = formula, given, within, apart(*(cls for (_, cls), _ in given))
    for name, distance in model.distances.items():
        found[name] = distance, apart(distance.to)
    for name, one in model.quantities.items():
        facets = sorted({facet.property for facet in one.conditions} | {one.value})
        rest = [(facet, model.ranges.get(facet), found.get(facet)) for facet in facets]
        found[name] = one, apart(one.over, *one.also), rest
    return found


def _used(models: tuple[Model, Model]) -> list[str]:
    """Return the properties of which a criterion of either model demands a value."""
    return sorted(
        {
            facet.property
            for model in models
            for criterion in model.criteria.values()
            for atom in existentials(criterion)
            for facet in within(atom.facets)
            if facet.property != TYPE
        }
    )


def _values(model: Model, name: str) -> list[tuple[str, frozenset[str], list[str]]]:
    """Return what a model knows of the values of a property."""
    return [
        (one, model.value_classes(one), sorted(model.different.get(one, ())))
        for one in model.values_in(name)
    ]
