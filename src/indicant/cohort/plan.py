"""What answers a guideline gives, as tables of numbers: the same for one patient and for millions.

A literal is a column that is true where a patient's records establish it. From the columns follow,
in this order, which criteria are met and refuted, between which numbers each score lies, which
literals about scores that establishes, and with these the answers. The rules from stratum 50 on say
the same of one case after the other; the tests hold the two together.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from indicant.files.rdf import text_of
from indicant.terms import IND, TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from indicant.assess.records import Fulfilment

_FULFILMENTS: Final[dict[str, tuple[Fulfilment, Fulfilment, Fulfilment]]] = {
    IND + "Indication": ("fulfilled", "not-fulfilled", "not-recorded"),
    IND + "Contraindication": ("fulfilled", "violated", "not-recorded"),
    IND + "NonIndication": ("fulfilled", "violated", "not-recorded"),
}
"""What it comes to that what fulfils a recommendation is met, refuted and open."""
_LIMITS: Final = ("minInclusive", "minExclusive", "maxInclusive", "maxExclusive")
_SMALLEST: Final = -(2**62)
_LARGEST: Final = 2**62


@dataclass(frozen=True)
class Decision:
    """A criterion, or a step of a score, and the least sets of literals that decide it."""

    iri: str
    met: tuple[tuple[int, ...], ...]
    refuted: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Demand:
    """What a literal asks of a score: whole numbers from the least to the most, if it is a range.

    ``present`` and ``absent`` are the two literals, of which one may be missing.
    """

    present: int | None
    absent: int | None
    least: int
    most: int
    is_range: bool


@dataclass(frozen=True)
class Score:
    """A score: what it begins with, what it can be at most, its steps and who asks for it."""

    iri: str
    base: int
    total: int
    steps: tuple[tuple[int, int], ...]
    demands: tuple[Demand, ...]


@dataclass(frozen=True)
class Intervention:
    """What counts for an intervention and what counts against it, by number of decision."""

    iri: str
    favouring: tuple[int, ...]
    opposing: tuple[int, ...]


@dataclass(frozen=True)
class Advice:
    """A recommendation: its decision, what overrides it, and what fulfils it.

    ``own`` is the criterion that it states itself and ``stronger`` those of what overrides it;
    ``fulfilled`` is the decision of what fulfils it, with the words for its three answers.
    """

    iri: str
    decision: int
    own: int | None
    stronger: tuple[int, ...]
    fulfilled: int | None
    words: tuple[tuple[Fulfilment, Fulfilment, Fulfilment], ...]


@dataclass(frozen=True)
class Plan:
    """All that follows from literals, by number.

    ``told`` are the numbers of the decisions that are criteria or recommendations; the others are
    steps of scores.
    """

    literals: tuple[str, ...]
    decisions: tuple[Decision, ...]
    told: tuple[int, ...]
    scores: tuple[Score, ...]
    interventions: tuple[Intervention, ...]
    advice: tuple[Advice, ...]
    number: Mapping[str, int] = field(repr=False, default_factory=dict)

    def decision(self, iri: str) -> int | None:
        """Return the number of the decision of a criterion or recommendation."""
        return next((at for at, one in enumerate(self.decisions) if one.iri == iri), None)


def disputed_in(evidence: Mapping[str, Sequence[Mapping[str, Any]]]) -> frozenset[str]:
    """Return the recommendations with evidence against a passage that they rest on."""
    return frozenset(
        iri for iri, said in evidence.items() if any(one["relation"] == "disputes" for one in said)
    )


class Statements:
    """The statements of a compiled guideline, by property and subject."""

    def __init__(self, ntriples: str) -> None:
        self._by: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for quad in ox.parse(ntriples, format=ox.RdfFormat.N_TRIPLES):
            found = self._by[quad.predicate.value][text_of(quad.subject)]
            found.append(text_of(quad.object))

    def all(self, name: str) -> Mapping[str, list[str]]:
        """Return the values of a property of the language, by subject."""
        return self._by.get(IND + name, {})

    def values(self, subject: str, name: str) -> list[str]:
        """Return the values that a subject has, sorted."""
        return sorted(self.all(name).get(subject, ()))

    def one(self, subject: str, name: str) -> str | None:
        """Return the value that a subject has, if any."""
        return next(iter(self.all(name).get(subject, ())), None)

    def of_type(self, name: str) -> list[str]:
        """Return what is of a class of the language, sorted."""
        kinds = self._by.get(TYPE, {})
        return sorted(one for one, found in kinds.items() if IND + name in found)

    def types(self, subject: str) -> list[str]:
        """Return the classes of a subject, sorted."""
        return sorted(self._by.get(TYPE, {}).get(subject, ()))


def plan_of(ntriples: str) -> Plan:
    """Return the plan of a compiled guideline, given in N-Triples."""
    graph = Statements(ntriples)
    literals = tuple(graph.of_type("Literal"))
    number = {iri: at for at, iri in enumerate(literals)}
    decisions = tuple(_decisions(graph, number))
    place = {one.iri: at for at, one in enumerate(decisions)}
    compiled = set(graph.of_type("CompiledCriterion"))
    return Plan(
        literals,
        decisions,
        tuple(at for at, one in enumerate(decisions) if one.iri in compiled),
        tuple(_scores(graph, number, place)),
        tuple(_interventions(graph, place)),
        tuple(_advice(graph, place)),
        number,
    )


def _decisions(graph: Statements, number: Mapping[str, int]) -> Iterable[Decision]:
    found: dict[str, tuple[set[tuple[int, ...]], set[tuple[int, ...]]]] = {
        iri: (set(), set()) for iri in graph.of_type("CompiledCriterion")
    }
    for side, name in enumerate(("meets", "refutes")):
        for implicant, subjects in graph.all(name).items():
            literals = tuple(sorted(number[one] for one in graph.values(implicant, "literal")))
            for subject in subjects:
                found.setdefault(subject, (set(), set()))[side].add(literals)
    for iri in sorted(found):
        met, refuted = found[iri]
        yield Decision(iri, _shortest(met), _shortest(refuted))


def _shortest(sets: Iterable[tuple[int, ...]]) -> tuple[tuple[int, ...], ...]:
    return tuple(sorted(sets, key=lambda one: (len(one), one)))


def _scores(
    graph: Statements, number: Mapping[str, int], place: Mapping[str, int]
) -> Iterable[Score]:
    demanding: dict[str, list[str]] = defaultdict(list)
    for facet, properties in graph.all("onProperty").items():
        for one in properties:
            demanding[one].append(facet)
    asked: dict[str, list[str]] = defaultdict(list)
    for existential, facets in graph.all("facet").items():
        if IND + "itself" in graph.values(existential, "role"):
            for facet in facets:
                asked[facet].append(existential)
    for iri in sorted(graph.all("step")):
        steps = []
        for step in graph.values(iri, "step"):
            for subject in graph.values(step, "reachedBy"):
                points = [int(one) for one in graph.values(step, "points")]
                steps += [(place[subject], one) for one in points if subject in place]
        demands = [
            _demand(graph, number, facet, existential)
            for facet in sorted(demanding[iri])
            for existential in sorted(asked[facet])
        ]
        base, total = int(graph.one(iri, "base") or 0), int(graph.one(iri, "total") or 0)
        yield Score(iri, base, total, tuple(steps), tuple(demands))


def _demand(graph: Statements, number: Mapping[str, int], facet: str, existential: str) -> Demand:
    least, most = _SMALLEST, _LARGEST
    for name in _LIMITS:
        for text in graph.values(facet, name):
            limit = Fraction(text)
            if name == "minInclusive":
                least = max(least, math.ceil(limit))
            elif name == "minExclusive":
                least = max(least, math.floor(limit) + 1)
            elif name == "maxInclusive":
                most = min(most, math.floor(limit))
            else:
                most = min(most, math.ceil(limit) - 1)
    return Demand(
        number.get(f"{existential}/present"),
        number.get(f"{existential}/absent"),
        least,
        most,
        graph.one(facet, "integral") is not None,
    )


def _interventions(graph: Statements, place: Mapping[str, int]) -> Iterable[Intervention]:
    sides: dict[str, tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))
    for side, name in enumerate(("favours", "opposes")):
        for recommendation, actions in graph.all(name).items():
            if recommendation in place:
                for action in actions:
                    sides[action][side].add(place[recommendation])
    for iri in sorted(sides):
        favouring, opposing = sides[iri]
        yield Intervention(iri, tuple(sorted(favouring)), tuple(sorted(opposing)))


def _advice(graph: Statements, place: Mapping[str, int]) -> Iterable[Advice]:
    overriding: dict[str, set[str]] = defaultdict(set)
    for stronger, weaker in graph.all("overrides").items():
        for one in weaker:
            overriding[one].add(stronger)
    told = [one for one in sorted(place) if graph.all("action").get(one)]
    for iri in told:
        own = [place[one] for one in graph.values(iri, "criterion") if one in place]
        above = {
            place[one]
            for other in overriding[iri]
            for one in graph.values(other, "criterion")
            if one in place
        }
        fulfilling = [place[one] for one in graph.values(iri, "fulfilledBy") if one in place]
        words = [_FULFILMENTS[kind] for kind in graph.types(iri) if kind in _FULFILMENTS]
        yield Advice(
            iri,
            place[iri],
            own[0] if own else None,
            tuple(sorted(above)) if graph.values(iri, "criterion") else (),
            fulfilling[0] if fulfilling and words else None,
            tuple(words[:1]),
        )
