"""Scores as steps that are decided one by one, so that their sums need not be written out.

The items of a score fall into groups that have nothing to do with one another by the vocabulary:
an age counts once, whichever of two items it meets. What a group gives is one of a few sums, and
for each but the least there is a step: that the group gives as much. A case has as many points as
the steps that it is known to meet, and can have no more than are not known to be refuted; with any
number of groups these bounds are exact.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.model import (
    ITSELF,
    And,
    Expression,
    Or,
    Range,
    RangeFacet,
    Score,
    existentials,
    number_of,
)
from indicant.errors import IndicantError
from indicant.terms import IND, OWL, TYPE, is_blank, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from indicant.compile.axioms import Axioms
    from indicant.compile.model import Existential, Model
    from indicant.compile.theory import Theory

MOST_POINTS: Final = 1000
"""How many points a criterion can give."""
MOST_WAYS: Final = 512
"""In how many ways the items of one group can hold together."""
MOST_LINKED: Final = 14
"""Of how many existentials an expression can speak for a score to be searched with its items."""
RUNG: Final = "https://w3id.org/indicant/compiled/rung/"


@dataclass(frozen=True)
class Step:
    """An expression that gives points: the criterion of an item, or that a group gives as much.

    ``subject`` names it; ``expression`` is in normal form.
    """

    subject: str
    points: int
    expression: Expression


@dataclass(frozen=True)
class Ladder:
    """How a score grows: from ``base`` by the points of each step that is met.

    ``sums`` are all that it can be.
    """

    base: int
    steps: tuple[Step, ...]
    sums: frozenset[int]

    @property
    def total(self) -> int:
        """Return the most that the score can be."""
        return self.base + sum(step.points for step in self.steps)


class Scores:
    """Reads scores, before the criteria that demand one and that they count."""

    def __init__(self, axioms: Axioms, model: Model) -> None:
        self._axioms = axioms
        self._model = model

    def read(self) -> None:
        """Read every score."""
        for node in self._axioms.subjects(IND + "Score"):
            self._axioms.attempt(self._score, node)

    def _score(self, node: ox.NamedNode | ox.BlankNode) -> None:
        axioms = self._axioms
        name = local_name(node.value)
        kinds = axioms.values(node, TYPE)
        for kind in ("DatatypeProperty", "FunctionalProperty"):
            if is_blank(node) or ox.NamedNode(OWL + kind) not in kinds:
                raise axioms.refuse(
                    node,
                    name,
                    f"a score is an owl:{kind}",
                    "declare it  a owl:DatatypeProperty , owl:FunctionalProperty , ind:Score",
                )
        items: dict[str, int] = {}
        for item in axioms.values(node, IND + "item"):
            criteria = axioms.values(item, IND + "criterion")
            if len(criteria) != 1 or not isinstance(criteria[0], ox.NamedNode):
                raise axioms.refuse(
                    node, name, f"an item has exactly one ind:criterion, not {len(criteria)}"
                )
            criterion = criteria[0].value
            if criterion in items:
                raise axioms.refuse(
                    node,
                    name,
                    f"{local_name(criterion)} is counted twice",
                    "one item for each criterion",
                )
            items[criterion] = self._points(node, item, local_name(criterion))
        if not items:
            hint = "write  ind:item [ ind:criterion C ; ind:points 1 ]"
            raise axioms.refuse(node, name, "it has no ind:item", hint)
        score = Score(node.value, tuple(sorted(items.items())))
        self._model.scores[node.value] = score
        self._model.ranges[node.value] = Range(
            integral=True, min_inclusive=Decimal(0), max_inclusive=Decimal(score.total)
        )

    def _points(self, node: ox.NamedNode | ox.BlankNode, item: object, called: str) -> int:
        stated = self._axioms.values(item, IND + "points")  # type: ignore[arg-type]
        number = number_of(stated[0]) if len(stated) == 1 else None
        if number is None or number != int(number) or not 0 < number <= MOST_POINTS:
            words = ", ".join(getattr(one, "value", "") for one in stated) or "nothing"
            raise self._axioms.refuse(
                node,
                local_name(node.value),
                f"the points of {called} are {words}",
                f"a whole number from 1 to {MOST_POINTS:,}; what takes points off is the criterion "
                "that is met without it",
            )
        return int(number)

    def settle(self) -> None:
        """See that what is counted was read, and counts no score itself."""
        for score in list(self._model.scores.values()):
            self._axioms.attempt(self._settle, ox.NamedNode(score.iri), score)

    def _settle(self, node: ox.NamedNode, score: Score) -> None:
        model = self._model
        for criterion, _ in score.items:
            text = f"{local_name(score.iri)} counts {local_name(criterion)}"
            if criterion not in model.criteria:
                if self._axioms.told(criterion):
                    continue
                raise self._axioms.refuse(node, text, "no such ind:Criterion is defined")
            inner = sorted(scores_of(existentials(model.criteria[criterion]), model))
            if inner:
                raise self._axioms.refuse(
                    node,
                    text,
                    f"which demands the score {local_name(inner[0])}",
                    "a score counts criteria that rest on no score",
                )


def scores_of(atoms: Iterable[Existential], model: Model) -> set[str]:
    """Return the scores that existentials demand."""
    if not model.scores:
        return set()
    return {
        facet.property
        for atom in atoms
        if atom.role == ITSELF
        for facet in atom.facets
        if facet.property in model.scores
    }


def used(expressions: Iterable[Expression], model: Model) -> list[str]:
    """Return the scores that expressions rest on, sorted."""
    return sorted({name for one in expressions for name in scores_of(existentials(one), model)})


def ladder(theory: Theory, model: Model, score: Score) -> Ladder:
    """Return the steps in which a score grows.

    Raises:
        IndicantError: its criteria depend on one another in too many ways.
    """
    from indicant.compile.theory import simplify

    items = [
        (iri, points, simplify(theory.normal(simplify(model.criteria[iri]))))
        for iri, points in score.items
    ]
    base, steps, sums = 0, [], frozenset({0})
    for group in _groups(theory, items):
        ways = _ways(theory, group, score)
        points = {iri: number for iri, number, _ in group}
        gives = sorted({sum(points[iri] for iri in way) for way in ways})
        base += gives[0]
        for before, now in itertools.pairwise(gives):
            subject, expression = _rung(score, group, ways, now)
            steps.append(Step(subject, now - before, expression))
        sums = frozenset(one + more for one in sums for more in gives)
    return Ladder(base, tuple(steps), sums)


_Item = tuple[str, int, Expression]


def _groups(theory: Theory, items: Sequence[_Item]) -> list[list[_Item]]:
    """Return the items in groups that share nothing."""
    related = Relations(theory, (one for _, _, body in items for one in existentials(body)))
    groups: dict[object, list[_Item]] = defaultdict(list)
    for item in items:
        atoms = list(existentials(item[2]))
        if atoms:
            related.join(atoms)
    for item in items:
        first = next(existentials(item[2]), None)
        groups[item[0] if first is None else related.of(first)].append(item)
    return list(groups.values())


class Relations:
    """Which existentials have something to do with one another, by what the vocabulary entails."""

    def __init__(self, theory: Theory, atoms: Iterable[Existential]) -> None:
        self._leaders: dict[object, object] = {}
        clauses = theory.clauses(theory.closure(atoms))
        named = {number: atom for atom, number in clauses.variables.items()}
        true = {clause[0] for clause in clauses.clauses if len(clause) == 1}
        for clause in clauses.clauses:
            if not true.intersection(clause):
                self.join(named.get(abs(one), abs(one)) for one in clause if -one not in true)

    def of(self, thing: object) -> object:
        """Return what stands for all that has to do with something."""
        while self._leaders.setdefault(thing, thing) != thing:
            thing = self._leaders[thing]
        return thing

    def join(self, things: Iterable[object]) -> None:
        """Let some things have to do with one another."""
        leaders = [self.of(one) for one in things]
        for one in leaders[1:]:
            self._leaders[one] = leaders[0]


def _ways(theory: Theory, group: Sequence[_Item], score: Score) -> list[frozenset[str]]:
    """Return every set of items of a group that a case can meet together, and no others of it."""
    from indicant.compile.implicants import Encoding

    encoding = Encoding(theory.clauses(theory.closure(_atoms(group))))
    try:
        names: dict[int, list[str]] = defaultdict(list)  # of which several may say the same
        for iri, _, body in group:
            names[encoding.literal(body)].append(iri)
        found: list[frozenset[str]] = []
        for true in encoding.projected(list(names)):
            found.append(frozenset(iri for one in true for iri in names[one]))
            if len(found) > MOST_WAYS:
                raise IndicantError(
                    f"the criteria that {local_name(score.iri)} counts depend on one another in "
                    f"more than {MOST_WAYS} ways",
                    help="count criteria that have less to do with one another",
                )
        return found
    finally:
        encoding.close()


def _atoms(group: Iterable[_Item]) -> Iterator[Existential]:
    for _, _, body in group:
        yield from existentials(body)


def _rung(
    score: Score, group: Sequence[_Item], ways: Iterable[frozenset[str]], least: int
) -> tuple[str, Expression]:
    """Return that a group gives at least so many points, with a name."""
    if len(group) == 1:
        return group[0][0], group[0][2]
    points = {iri: number for iri, number, _ in group}
    bodies = {iri: body for iri, _, body in group}
    enough: set[frozenset[str]] = set()
    for way in ways:
        if sum(points[iri] for iri in way) >= least:
            enough.update(_least_parts(way, points, least))
    minimal = [one for one in enough if not any(other < one for other in enough)]
    parts = [
        bodies[next(iter(one))] if len(one) == 1 else And(tuple(bodies[iri] for iri in sorted(one)))
        for one in sorted(minimal, key=sorted)
    ]
    named = "\n".join([score.iri, str(least), *sorted(points)])
    subject = RUNG + hashlib.sha256(named.encode()).hexdigest()[:16]
    return subject, parts[0] if len(parts) == 1 else Or(tuple(parts))


def _least_parts(
    way: frozenset[str], points: Mapping[str, int], least: int
) -> Iterator[frozenset[str]]:
    """Yield the parts of a set of items that give enough and from which none can go."""
    for size in range(1, len(way) + 1):
        for some in itertools.combinations(sorted(way), size):
            total = sum(points[iri] for iri in some)
            if total >= least and total - min(points[iri] for iri in some) < least:
                yield frozenset(some)


# ---------------------------------------------------------------------- within an expression


def entangled(theory: Theory, own: Iterable[Existential]) -> set[str]:
    """Return the scores of an expression that are to be searched together with their items.

    Elsewhere a score is a number between two bounds, whatever gives it. That is not all there is to
    know where the expression speaks of the items besides, where two scores count the same, or where
    it demands one number among several that a single item steps over.
    """
    own, model = set(own), theory.model
    names = sorted(scores_of(own, model))
    if not names:
        return set()
    items = {
        name: {atom for step in theory.ladder(name).steps for atom in existentials(step.expression)}
        for name in names
    }
    others = {atom for atom in own if not scores_of([atom], model)}
    related = Relations(theory, itertools.chain(others, *items.values()))
    where = {name: {related.of(atom) for atom in items[name]} for name in names}
    beside = {related.of(atom) for atom in others}
    found = {
        name
        for name in names
        if not where[name].isdisjoint(beside) or _narrow(own, name, theory.ladder(name))
    }
    for one, other in itertools.combinations(names, 2):
        if not where[one].isdisjoint(where[other]):
            found |= {one, other}
    linked = others.union(*(items[name] for name in found))
    return found if len(theory.closure(linked)) <= MOST_LINKED else set()


def demands(own: Iterable[Existential], name: str) -> Iterator[tuple[Existential, int]]:
    """Yield which existentials demand that a score is at least a number."""
    for atom in sorted(own, key=repr):
        if any(facet.property == name for facet in atom.facets):
            yield atom, bound_of(atom)[1]


def bound_of(atom: Existential) -> tuple[str, int]:
    """Return the property of the case and the number that it is demanded to be at least.

    Of what is no such demand the number is none that a score can be.
    """
    for facet in atom.facets:
        if isinstance(facet, RangeFacet) and facet.range.min_inclusive is not None:
            return facet.property, int(facet.range.min_inclusive)
    return "", -1


def _narrow(own: Iterable[Existential], name: str, ladder: Ladder) -> bool:
    """Tell whether a single step can lead past two of the numbers that are demanded."""
    numbers = sorted({number for _, number in demands(own, name)})
    widest = max((step.points for step in ladder.steps), default=0)
    return any(high - low < widest for low, high in itertools.pairwise(numbers))
