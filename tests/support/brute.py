"""A second oracle: guidelines and cases as plain values, and a search for models of them.

It shares no line with the engine: a criterion is refuted when a SAT solver finds no model of the
case in which it holds, and met when it finds none in which it does not.
"""

from __future__ import annotations

import datetime
import functools
import itertools
import math
import operator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from pysat.solvers import Solver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

FINDING = "ind:Finding"
INTERVENTION = "ind:Intervention"
INVESTIGATION = "ind:Investigation"
HAS_FINDING = "ind:hasFinding"
HAD_FINDING = "ind:hadFinding"
RECEIVED = "ind:received"
PROPOSES = "ind:proposes"
RELATED = "related"
"""The role of a record that a case has through another one alone."""
ITSELF = "itself"
CASE = "ind:PatientCase"
AGES = ("ind:ageInDays", "ind:ageInMonths", "ind:ageInYears")
ROOTS = {
    HAS_FINDING: FINDING,
    HAD_FINDING: FINDING,
    RECEIVED: INTERVENTION,
    PROPOSES: INTERVENTION,
}
COUNTS = {one: (one,) for one in (*ROOTS, ITSELF)} | {HAD_FINDING: (HAD_FINDING, HAS_FINDING)}
"""In which roles a case has what it has in each: what is there now has been there."""
DAYS = "ind:days"
WEEKS = "ind:weeks"
ONGOING = "ind:ongoing"
STARTS = ("ind:daysSinceStart", "ind:monthsSinceStart", "ind:yearsSinceStart")
ENDS = ("ind:daysSinceEnd", "ind:monthsSinceEnd", "ind:yearsSinceEnd")


@dataclass(frozen=True, order=True)
class Iri:
    """An individual, as a prefixed name."""

    name: str


Value = Decimal | Fraction | bool | str | float | Iri


@dataclass(frozen=True)
class Span:
    """A datatype with bounds."""

    datatype: str
    bounds: tuple[tuple[str, Decimal | Fraction], ...] = ()

    def __contains__(self, value: object) -> bool:
        if self.datatype == "boolean":
            return isinstance(value, bool)
        if self.datatype == "string":
            return isinstance(value, str)
        if isinstance(value, bool) or not isinstance(value, (Decimal, Fraction)):
            return False
        number = Fraction(value)
        if self.datatype != "decimal" and number.denominator != 1:
            return False
        if self.datatype == "nonNegativeInteger" and number < 0:
            return False
        return all(test(number, limit) for test, limit in self._tests)

    @functools.cached_property
    def _tests(self) -> list[tuple[Callable[[Fraction, Fraction], bool], Fraction]]:
        return [(_TESTS[kind], Fraction(limit)) for kind, limit in self.bounds]


_TESTS: Mapping[str, Callable[[Fraction, Fraction], bool]] = {
    "minInclusive": operator.ge,
    "minExclusive": operator.gt,
    "maxInclusive": operator.le,
    "maxExclusive": operator.lt,
}


@dataclass(frozen=True)
class Within:
    """The value of a data property is in a span."""

    property: str
    span: Span


def within(name: str, datatype: str = "integer", **bounds: float | str) -> Within:
    """Return that the value of a property is in the span of bounds, named as facets are."""
    limits = tuple((kind, Decimal(str(limit))) for kind, limit in bounds.items())
    return Within(name, Span(datatype, limits))


@dataclass(frozen=True)
class Is:
    """The value of a property is one literal or one individual."""

    property: str
    value: Decimal | bool | str | Iri = field(compare=False)
    key: tuple[str, Fraction | str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Keep true and 1 apart, which Python does not, and 2 and 2.0 together."""
        object.__setattr__(self, "key", key(self.value))


@dataclass(frozen=True)
class IsA:
    """The value of an object property is of a class."""

    property: str
    cls: str


@dataclass(frozen=True)
class Related:
    """A value of an object property is a record of a class with facets."""

    property: str
    cls: str
    facets: tuple[Facet, ...] = ()


Facet = Within | Is | IsA | Related
Options = dict[frozenset[tuple[str, Fraction | str]], set[Facet]]
"""Values that a property can have, each with the facets that accept it."""


def plain(facets: Iterable[Facet]) -> Iterator[Within | Is | IsA]:
    """Yield facets on values, and those of related records."""
    for facet in facets:
        if isinstance(facet, Related):
            yield from plain(facet.facets)
        else:
            yield facet


def relating(facets: Iterable[Facet]) -> Iterator[Related]:
    """Yield facets on related records, and those within them."""
    for facet in facets:
        if isinstance(facet, Related):
            yield facet
            yield from relating(facet.facets)


def height(facet: Related) -> int:
    """Return through how many records a facet leads."""
    return 1 + max((height(one) for one in facet.facets if isinstance(one, Related)), default=0)


@dataclass(frozen=True)
class Some:
    """``role some (cls and facets)``, or that there are at least so many."""

    role: str
    cls: str
    facets: tuple[Facet, ...] = ()
    least: int = 1


@dataclass(frozen=True)
class Points:
    """The points of a score are in a span."""

    score: str
    span: Span


@dataclass(frozen=True)
class Not:
    """Complement."""

    part: Expression


@dataclass(frozen=True)
class And:
    """Intersection."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Or:
    """Union."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Ref:
    """Another criterion, or ``ind:PatientCase``, ``owl:Thing`` or ``owl:Nothing``."""

    name: str


Expression = Some | Points | Not | And | Or | Ref


@dataclass(frozen=True)
class Advice:
    """A recommendation: its kind is the local name of its class."""

    name: str
    kind: str
    action: str
    criterion: str
    overrides: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measure:
    """A quantity: what it is computed over, in which role, how, and what records satisfy.

    ``facets`` are all conditions, ``where`` those of them that are no window, which is written as
    ``window``; ``also`` are classes besides, ``last`` of how many records, the latest, it is.
    """

    over: str
    role: str
    aggregate: str
    value: str
    facets: tuple[Facet, ...] = ()
    where: tuple[Facet, ...] = ()
    also: tuple[str, ...] = ()
    window: str | None = None
    last: int | None = None


@dataclass(frozen=True)
class Guideline:
    """A guideline with its vocabulary; every class comes after its parents.

    ``objects`` tells which object properties are functional, ``reach`` which have a range,
    ``links`` to which class of records others lead, and whether to one only, ``alias`` which
    further names there are for classes; ``gap`` is the class to which there is an interval,
    ``far`` how many days this counts at most.
    """

    classes: Mapping[str, tuple[str, ...]]
    disjoint: tuple[tuple[str, ...], ...] = ()
    once: tuple[tuple[str, str], ...] = ()
    data: Mapping[str, Span | None] = field(default_factory=dict)
    objects: Mapping[str, bool] = field(default_factory=dict)
    reach: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, tuple[bool, str]] = field(default_factory=dict)
    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    individuals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    alias: Mapping[str, str] = field(default_factory=dict)
    scores: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    criteria: Mapping[str, Expression] = field(default_factory=dict)
    advice: Mapping[str, Advice] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    gap: str | None = None
    far: int | None = None

    @functools.cached_property
    def above(self) -> dict[str, frozenset[str]]:
        """The reflexive, transitive closure of the hierarchies."""
        found: dict[str, frozenset[str]] = {
            FINDING: frozenset({FINDING}),
            INTERVENTION: frozenset({INTERVENTION}),
            INVESTIGATION: frozenset({INVESTIGATION, INTERVENTION}),
            "ind:Outcome": frozenset({"ind:Outcome"}),
            CASE: frozenset({CASE}),
        }
        for cls, parents in (*self.classes.items(), *self.kinds.items()):
            found[cls] = frozenset({cls}).union(*(found[parent] for parent in parents))
        for name, cls in self.alias.items():
            found[name] = found[cls]
        names = {cls: {one for one, of in self.alias.items() if of == cls} for cls in found}
        return {
            cls: up.union(*(names[one] for one in up if one in names)) for cls, up in found.items()
        }

    def same(self, cls: str) -> set[str]:
        """Return all names of a class."""
        named = self.alias.get(cls, cls)
        return {named, *(one for one, of in self.alias.items() if of == named)}

    @functools.cached_property
    def options(self) -> dict[tuple[object, ...], Options]:
        """What properties can have as values, as far as it was asked for."""
        return {}

    @functools.cached_property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """The pairs of classes that are stated to be disjoint, in both directions."""
        groups = (*self.disjoint, (FINDING, INTERVENTION))
        return frozenset(pair for group in groups for pair in itertools.permutations(group, 2))

    def apart(self, one: str, other: str) -> bool:
        """Tell whether two classes share no member."""
        return any(
            (up, across) in self.pairs for up in self.above[one] for across in self.above[other]
        )

    def possible(self, classes: Iterable[str]) -> bool:
        """Tell whether one thing can be of all these classes."""
        return not any(
            self.apart(one, other) for one, other in itertools.combinations(set(classes), 2)
        ) and not any(self.apart(cls, cls) for cls in classes)

    def overriders(self) -> dict[str, set[str]]:
        """Return the recommendations that override each, implied ones included."""
        found: dict[str, set[str]] = {name: set() for name in self.advice}
        for one in self.advice.values():
            for other in one.overrides:
                found[other].add(one.name)
            if one.kind == "NonIndication":
                found[one.name] |= {
                    other.name
                    for other in self.advice.values()
                    if other.kind == "Indication" and one.action in self.above[other.action]
                }
        return found

    def effective(self, name: str) -> Expression:
        """Return what a recommendation's criterion is once others override it."""
        others = sorted({self.advice[one].criterion for one in self.overriders()[name]})
        return And((Ref(self.advice[name].criterion), *(Not(Ref(one)) for one in others)))


@dataclass(frozen=True)
class Node:
    """A finding or an intervention of a case.

    ``place`` is a role, or the name of the investigation that shows the finding; ``planned`` tells
    whether the case proposes the node beside; ``lacks`` which numbers it has no value below, or no
    value at all; ``links`` are the names of related records.
    """

    name: str
    place: str
    types: tuple[str, ...]
    values: tuple[tuple[str, Value], ...] = ()
    start: datetime.date | None = None
    end: datetime.date | None = None
    planned: bool = False
    ongoing: bool | None = None
    on: datetime.date | None = None
    within: tuple[tuple[str, Span], ...] = ()
    lacks: tuple[tuple[str, Fraction | None], ...] = ()
    links: tuple[tuple[str, str], ...] = ()

    @property
    def role(self) -> str:
        """The role in which the case has it."""
        return self.place if self.place in {*ROOTS, RELATED} else HAS_FINDING


@dataclass(frozen=True)
class Case:
    """What is known about one patient; the one who excludes nothing by name is the case.

    ``complete`` names the classes of which all is recorded, or all from a day on; ``unplanned``
    those of which nothing is proposed, ``never`` those of which there never was a finding.
    """

    name: str
    as_of: datetime.date
    nodes: tuple[Node, ...] = ()
    excludes: tuple[tuple[str, str], ...] = ()
    proposes: tuple[str, ...] = ()
    unplanned: tuple[str, ...] = ()
    all_planned: bool | None = None
    complete: tuple[tuple[str, datetime.date | None], ...] = ()
    born: datetime.date | None = None
    values: tuple[tuple[str, Value], ...] = ()
    never: tuple[str, ...] = ()


def _months(one: datetime.date, other: datetime.date) -> int:
    """Count the months that are over: step by step, and a day that is missing is the next."""
    count = 0
    while True:
        year, month = divmod(one.year * 12 + one.month + count, 12)
        try:
            due = datetime.date(year, month + 1, one.day)
        except ValueError:
            later, following = divmod(one.year * 12 + one.month + count + 1, 12)
            due = datetime.date(later, following + 1, 1)
        if due > other:
            return count
        count += 1


def _since(day: datetime.date, as_of: datetime.date, names: tuple[str, ...]) -> dict[str, int]:
    months = _months(day, as_of)
    return dict(zip(names, ((as_of - day).days, months, months // 12), strict=True))


def values_of(case: Case, node: Node) -> dict[str, list[Value]]:
    """Return the values of a node, derived ones included."""
    found: dict[str, list[Value]] = {}
    for name, value in node.values:
        found.setdefault(name, []).append(value)
    if node.ongoing is not None:
        found[ONGOING] = [node.ongoing]
    weeks = found.get(WEEKS)
    length = None
    if node.role == PROPOSES:
        if node.start is not None and node.end is not None:
            length = (node.end - node.start).days
    else:
        counts: dict[str, int] = {}
        for day in (node.start, node.on):
            counts |= _since(day, case.as_of, STARTS) if day else {}
        for day in (node.end, node.on):
            counts |= _since(day, case.as_of, ENDS) if day else {}
        if node.ongoing or (
            node.role == HAS_FINDING and (node.start is not None or weeks is not None)
        ):
            counts |= dict.fromkeys(ENDS, 0)
        if node.end is not None and node.role == RECEIVED:
            found[ONGOING] = [False]
        if node.start is not None and ENDS[0] in counts:
            length = counts[STARTS[0]] - counts[ENDS[0]]
        if weeks is not None and isinstance(weeks[0], Decimal) and ENDS[0] in counts:
            whole = math.floor(Fraction(weeks[0]) * 7)
            counts.setdefault(STARTS[0], counts[ENDS[0]] + whole)
        found |= {name: [Fraction(number)] for name, number in counts.items()}
    if length is not None:
        found[DAYS] = [Fraction(length)]
        found.setdefault(WEEKS, [Fraction(length, 7)])
    elif weeks is not None and isinstance(weeks[0], Decimal):
        found[DAYS] = [Fraction(math.floor(Fraction(weeks[0]) * 7))]
    return found


def values_of_case(case: Case) -> dict[str, list[Value]]:
    """Return the values of the case itself, derived ones included."""
    found: dict[str, list[Value]] = {}
    for name, value in case.values:
        found.setdefault(name, []).append(value)
    if case.born is not None:
        found |= {name: [Fraction(n)] for name, n in _since(case.born, case.as_of, AGES).items()}
    return found


def limits_of_case(case: Case) -> dict[str, Span]:
    """Return within what limits an age lies where another one is recorded."""
    _, months, years = AGES
    known = values_of_case(case)
    if years in known and months not in known:
        least = 12 * number_of(known[years][0])
        return {months: Span("decimal", (("minInclusive", least), ("maxInclusive", least + 11)))}
    if months in known and years not in known:
        whole = Fraction(number_of(known[months][0]) // 12)
        return {years: Span("decimal", (("minInclusive", whole), ("maxInclusive", whole)))}
    return {}


def limits_of(case: Case, node: Node) -> dict[str, Span]:
    """Return within what limits values of a node lie that are not known exactly."""
    found = dict(node.within)
    if node.role not in {RECEIVED, HAD_FINDING}:
        return found
    known = values_of(case, node)

    def span(least: Fraction | int, most: Fraction | None = None) -> Span:
        top = () if most is None else (("maxInclusive", most),)
        return Span("decimal", (("minInclusive", Fraction(least)), *top))

    if node.start is not None and ENDS[0] not in known:
        for start, end in zip(STARTS, ENDS, strict=True):
            found[end] = span(0, number_of(known[start][0]))
        elapsed = number_of(known[STARTS[0]][0])
        found[DAYS] = span(0, elapsed)
        found[WEEKS] = span(0, elapsed / 7)
    if node.end is not None and STARTS[0] not in known:
        for start, end in zip(STARTS, ENDS, strict=True):
            found[start] = span(number_of(known[end][0]))
    if WEEKS in known and DAYS in known and STARTS[0] not in known and STARTS[0] not in found:
        found[STARTS[0]] = span(number_of(known[DAYS][0]))
    return found


def number_of(value: Value) -> Fraction:
    """Return a value that is a number."""
    assert isinstance(value, (Decimal, Fraction))
    return Fraction(value)


def key(value: Value) -> tuple[str, Fraction | str]:
    """Return a key under which two values are equal when OWL has them equal."""
    if isinstance(value, bool):
        return "boolean", str(value)
    if isinstance(value, (Decimal, Fraction)):
        return "number", Fraction(value)
    if isinstance(value, float):
        return "double", str(value)
    return ("individual", value.name) if isinstance(value, Iri) else ("string", value)


def atoms_of(guideline: Guideline, expression: Expression) -> Iterator[Some]:
    """Yield the existentials of an expression, through the criteria that it names."""
    if isinstance(expression, Some):
        yield expression
    elif isinstance(expression, Points):
        for name, _ in guideline.scores[expression.score]:
            yield from atoms_of(guideline, guideline.criteria[name])
    elif isinstance(expression, Not):
        yield from atoms_of(guideline, expression.part)
    elif isinstance(expression, (And, Or)):
        for part in expression.parts:
            yield from atoms_of(guideline, part)
    elif expression.name in guideline.criteria:
        yield from atoms_of(guideline, guideline.criteria[expression.name])


def before(case: Case, role: str, since: datetime.date) -> dict[str, Fraction | None]:
    """Return what is known of what happened before a day: the least numbers, or that it is over."""
    last = since - datetime.timedelta(days=1)
    found: dict[str, Fraction | None] = {}
    for names in (STARTS, ENDS) if role == RECEIVED else (STARTS,):
        found |= {name: Fraction(n) for name, n in _since(last, case.as_of, names).items()}
    return found | ({ONGOING: None} if role == RECEIVED else {})


@dataclass(frozen=True)
class _Individual:
    """One thing in a model, by variables: whether it is there, its classes, facets and values."""

    role: str
    exists: int
    classes: dict[str, int]
    facets: dict[Facet, int]
    types: tuple[str, ...] | None
    chances: dict[str, dict[int, frozenset[tuple[str, Fraction | str]]]]


class Models:
    """The models of one case, as far as some criteria can tell them apart.

    Beside the nodes of the case there is one individual for each existential, which may or may
    not exist, of any classes and with any values that the vocabulary lets it have.
    """

    def __init__(self, guideline: Guideline, case: Case, expressions: Iterable[Expression]) -> None:
        self._guideline = guideline
        self._case = case
        self._solver = Solver(name="cadical153")
        self._top = 0
        self._atoms = sorted(
            {atom for one in expressions for atom in atoms_of(guideline, one)}, key=repr
        )
        every = [facet for atom in self._atoms for facet in atom.facets]
        self._facets: list[Facet] = sorted({*plain(every)}, key=repr)
        self._relating = sorted({*relating(every)}, key=lambda one: (height(one), repr(one)))
        self._individuals: list[_Individual] = []
        self._before: dict[str, list[Fraction | None]] = {}
        for _, since in case.complete:
            for name, least in before(case, RECEIVED, since).items() if since else ():
                self._before.setdefault(name, []).append(least)
        self._lacked: dict[str, list[Fraction]] = {}
        for node in case.nodes:
            for name, limit in node.lacks:
                self._lacked.setdefault(name, []).extend([] if limit is None else [limit])
        for node in case.nodes:
            values, limits = values_of(case, node), limits_of(case, node)
            self._individual(node.role, node.types, values, limits)
            self._lacking(node)
        named = {node.name: one for node, one in zip(case.nodes, self._individuals, strict=True)}
        given = dict(zip((one.exists for one in self._individuals), case.nodes, strict=True))
        asked: dict[int, Some] = {}
        for atom in self._atoms:
            for _ in range(atom.least if atom.role != ITSELF else 0):
                self._individual(atom.role, None, {})
                asked[self._individuals[-1].exists] = atom
        self._individual(ITSELF, (CASE,), values_of_case(case), limits_of_case(case))
        self._proposals()
        self._relate(named, given, asked)
        self._exclusions()
        self._complete()
        self._once()
        self._truth = {atom: self._atom(atom) for atom in self._atoms}

    def close(self) -> None:
        """Give the memory back."""
        self._solver.delete()

    def consistent(self) -> bool:
        """Tell whether there is any model."""
        return bool(self._solver.solve())

    def known(self) -> dict[Some, str]:
        """Return the answers of the existentials."""
        return {atom: self.answer(atom) for atom in self._atoms}

    def answer(self, expression: Expression) -> str:
        """Return whether an expression is met, refuted or open."""
        goal = self._encode(expression)
        if not self._solver.solve(assumptions=[-goal]):
            return "met"
        return "open" if self._solver.solve(assumptions=[goal]) else "refuted"

    def _fresh(self) -> int:
        self._top += 1
        return self._top

    def _add(self, *literals: int) -> None:
        self._solver.add_clause(list(literals))

    def _either(self, literals: list[int]) -> int:
        name = self._fresh()
        for literal in literals:
            self._add(-literal, name)
        self._add(-name, *literals)
        return name

    def _all(self, literals: list[int]) -> int:
        return -self._either([-literal for literal in literals])

    def _individual(
        self,
        role: str,
        types: tuple[str, ...] | None,
        known: Mapping[str, list[Value]],
        limits: Mapping[str, Span] | None = None,
    ) -> None:
        guideline = self._guideline
        exists = self._fresh()
        root = ROOTS.get(role, CASE)
        roots = {FINDING, INTERVENTION} if role == RELATED else {root}
        classes = {cls: self._fresh() for cls, up in guideline.above.items() if roots & up}
        for cls, variable in classes.items():
            self._add(-variable, exists)
            for other in guideline.above[cls]:
                self._add(-variable, classes[other])
        for one, other in itertools.combinations(classes, 2):
            if (one, other) in guideline.pairs:
                self._add(-classes[one], -classes[other])
        if role != RELATED:
            self._add(-exists, classes[root])
        for cls in types or ():
            self._add(classes[cls])
        facets: dict[Facet, int] = {}
        chances: dict[str, dict[int, frozenset[tuple[str, Fraction | str]]]] = {}
        for name in sorted({facet.property for facet in self._facets}):
            here = [facet for facet in self._facets if facet.property == name]
            given = known.get(name, [])
            functional = guideline.objects.get(name, True)
            limit = (limits or {}).get(name)
            points = [Fraction(one) for _, one in limit.bounds] if limit else []
            points += [number for number in self._before.get(name, ()) if number is not None]
            points += self._lacked.get(name, ())
            options = self._known_options(name, here, given, points)
            chosen = {one: self._fresh() for one in options}
            chances[name] = {variable: one for one, variable in chosen.items()}
            if limit is not None:
                self._add(
                    *(
                        chosen[one]
                        for one in options
                        for kind, number in one
                        if kind == "number" and isinstance(number, Fraction) and number in limit
                    )
                )
            for value in given:
                self._add(*(chosen[one] for one in options if key(value) in one))
            for low, high in itertools.combinations(options, 2):
                if functional or any(kind == "individual" for kind, _ in low & high):
                    self._add(-chosen[low], -chosen[high])
            for facet in here:
                facets[facet] = self._either(
                    [chosen[one] for one, accepted in options.items() if facet in accepted]
                )
        self._individuals.append(_Individual(role, exists, classes, facets, types, chances))

    def _lacking(self, node: Node) -> None:
        """Let a node have no value of some properties, or none below a number."""
        for name, limit in node.lacks:
            for variable, option in self._individuals[-1].chances.get(name, {}).items():
                for kind, value in option:
                    number = value if kind == "number" and isinstance(value, Fraction) else None
                    if number is not None and (limit is None or number < limit):
                        self._add(-variable)

    def _relate(
        self,
        named: Mapping[str, _Individual],
        given: Mapping[int, Node],
        asked: Mapping[int, Some],
    ) -> None:
        """Let the individuals be related to those that are stated, and to others that may exist.

        One that is there for an existential is related to what this demands, and what others do
        where it has to be the same; a node may be to anything. What is demanded of a record is
        looked at after what is demanded of those beyond.
        """
        targets = {}
        for one in list(self._individuals):
            wanted: list[Facet] = list(self._relating)
            links: tuple[tuple[str, str], ...] = ()
            if one.exists in given:
                links = given[one.exists].links
            else:
                wanted = self._together(asked[one.exists]) if one.exists in asked else []
            targets[one.exists] = self._targets(one, wanted, {*links}, named)
        for facet in self._relating:
            for one in self._individuals:
                if one.exists in targets:
                    self._related(one, facet, targets[one.exists])

    def _together(self, atom: Some) -> list[Facet]:
        """Return what may be demanded of the individual that satisfies an existential."""
        if not any(limited in COUNTS[atom.role] for limited, _ in self._guideline.once):
            return list(atom.facets)
        every = (facet for one in self._atoms if one.role != ITSELF for facet in one.facets)
        return list(dict.fromkeys(every))

    def _targets(
        self,
        one: _Individual,
        wanted: Iterable[Facet],
        links: set[tuple[str, str]],
        named: Mapping[str, _Individual],
    ) -> dict[str, list[tuple[int, _Individual]]]:
        """Return to what an individual may be related, and where it is."""
        found: dict[str, list[tuple[int, _Individual]]] = {}
        for name, (functional, cls) in self._guideline.links.items():
            here = [one for one in wanted if isinstance(one, Related) and one.property == name]
            known = [named[other] for path, other in sorted(links) if path == name]
            found[name] = []
            for other in known:
                self._add(other.classes[cls])
                found[name].append((self._all([]), other))
            if known and functional:
                continue
            beyond = [facet.facets for facet in here]
            if functional and beyond:
                beyond = [tuple(part for facets in beyond for part in facets)]
            for facets in beyond:
                self._individual(RELATED, None, {})
                other = self._individuals.pop()
                link = self._fresh()
                self._add(-link, one.exists)
                self._add(-link, other.exists)
                self._add(-link, other.classes[cls])
                found[name].append((link, other))
                further = self._targets(other, facets, set(), {})
                for facet in self._relating:
                    self._related(other, facet, further)
        return found

    def _related(
        self,
        one: _Individual,
        facet: Related,
        targets: Mapping[str, list[tuple[int, _Individual]]],
    ) -> None:
        ways = [
            self._all(
                [link, other.classes[facet.cls], *(other.facets[one] for one in facet.facets)]
            )
            for link, other in targets[facet.property]
        ]
        one.facets[facet] = self._either(ways)

    def _known_options(
        self, name: str, facets: list[Facet], given: list[Value], points: list[Fraction]
    ) -> Options:
        """Return the options, which most individuals of most cases have in common."""
        known = self._guideline.options
        place = (name, *facets, None, *map(key, given), None, *points)
        found = known.get(place)
        if found is None:
            found = known[place] = self._options(name, facets, given, points)
        return found

    def _options(
        self, name: str, facets: list[Facet], given: list[Value], points: list[Fraction]
    ) -> Options:
        """Return values that a property can have, each with the facets that accept it."""
        guideline = self._guideline
        found: Options = {}
        if name in guideline.objects:
            always = guideline.above[guideline.reach[name]] if name in guideline.reach else set()
            used = sorted({facet.cls for facet in facets if isinstance(facet, IsA)})
            known = {
                Iri(one): frozenset().union(*(guideline.above[cls] for cls in types))
                for one, types in guideline.individuals.items()
            }
            known = {one: up for one, up in known.items() if up.issuperset(always)}
            for one, own in (*known.items(), (None, frozenset(always))):
                free = [cls for cls in used if cls not in own]
                for size in range(len(free) + 1):
                    for more in itertools.combinations(free, size):
                        if not guideline.possible({*own, *more}):
                            continue
                        up = own.union(*(guideline.above[cls] for cls in more))
                        names = {("class", cls) for cls in more}
                        found[frozenset({*names, *([key(one)] if one else [])})] = {
                            facet
                            for facet in facets
                            if (isinstance(facet, Is) and facet.value == one)
                            or (isinstance(facet, IsA) and facet.cls in up)
                        }
            return found
        span = guideline.data[name]
        for value in (*given, *samples(facets, span, points)):
            if span is None or value in span:
                found[frozenset({key(value)})] = {
                    facet
                    for facet in facets
                    if (isinstance(facet, Within) and value in facet.span)
                    or (isinstance(facet, Is) and facet.key == key(value))
                }
        return found

    def _proposals(self) -> None:
        for cls in self._case.proposes:
            self._individual(PROPOSES, (cls,), {})

    def _exclusions(self) -> None:
        for _, excluded in self._case.excludes:
            for one in self._individuals:
                if one.role in {HAS_FINDING, RECEIVED} and excluded in one.classes:
                    self._add(-one.classes[excluded])
        for cls in self._case.never:
            for one in self._individuals:
                if one.role in {HAS_FINDING, HAD_FINDING}:
                    self._add(-one.classes[cls])
        for excluded in self._case.unplanned:
            for one in self._individuals:
                if one.role == PROPOSES:
                    self._add(-one.classes[excluded])

    def _complete(self) -> None:
        """Let there be nothing of a class but what is recorded, or what was before."""
        closed = list(self._case.complete)
        for one in self._individuals:
            complete = closed if one.role != PROPOSES else []
            if one.role == PROPOSES and self._case.all_planned:
                complete = [(INTERVENTION, None)]
            for cls, since in complete:
                for low, up in self._guideline.above.items():
                    if cls in up and low in one.classes and not self._can_be(one.types, low):
                        self._none_of(one, low, since)

    def _can_be(self, types: tuple[str, ...] | None, cls: str) -> bool:
        """Tell whether a record of some classes is one of what can be of a class."""
        above = self._guideline.above
        if types is None:
            return False
        return any(cls in above[own] for own in types) or all(
            any(cls in up and own in up for up in above.values()) for own in types
        )

    def _none_of(self, one: _Individual, cls: str, since: datetime.date | None) -> None:
        if since is None:
            self._add(-one.classes[cls])
            return
        for name, least in before(self._case, one.role, since).items():
            if name in one.chances:
                self._add(
                    -one.classes[cls],
                    *(
                        variable
                        for variable, option in one.chances[name].items()
                        for kind, value in option
                        if (kind == "boolean" and least is None and value == "False")
                        or (
                            kind == "number"
                            and least is not None
                            and isinstance(value, Fraction)
                            and value >= least
                        )
                    ),
                )

    def _once(self) -> None:
        for limited, cls in self._guideline.once:
            members = [one.classes[cls] for one in self._individuals if one.role == limited]
            for one, other in itertools.combinations(members, 2):
                self._add(-one, -other)

    def _atom(self, atom: Some) -> int:
        each = [
            self._all([one.classes[atom.cls], *(one.facets[facet] for facet in atom.facets)])
            for one in self._individuals
            if one.role in COUNTS[atom.role]
        ]
        if atom.least == 1:
            return self._either(each)
        return self._either([self._all(list(s)) for s in itertools.combinations(each, atom.least)])

    def _points(self, expression: Points) -> int:
        """Return where the points of the criteria that are met add up to what is demanded."""
        items = [
            (self._encode(self._guideline.criteria[name]), points)
            for name, points in self._guideline.scores[expression.score]
        ]
        ways = []
        for met in itertools.product((False, True), repeat=len(items)):
            pairs = list(zip(items, met, strict=True))
            if Decimal(sum(points for (_, points), yes in pairs if yes)) in expression.span:
                ways.append(self._all([one if yes else -one for (one, _), yes in pairs]))
        return self._either(ways)

    def _encode(self, expression: Expression) -> int:
        if isinstance(expression, Some):
            return self._truth[expression]
        if isinstance(expression, Points):
            return self._points(expression)
        if isinstance(expression, Not):
            return -self._encode(expression.part)
        if isinstance(expression, And):
            return self._all([self._encode(part) for part in expression.parts])
        if isinstance(expression, Or):
            return self._either([self._encode(part) for part in expression.parts])
        if expression.name in self._guideline.criteria:
            return self._encode(self._guideline.criteria[expression.name])
        return self._either([]) if expression.name == "owl:Nothing" else self._all([])


def kleene(guideline: Guideline, expression: Expression, known: Mapping[Some, str]) -> str:
    """Return what the truth tables of three values make of the answers of the existentials."""
    if isinstance(expression, Some):
        return known[expression]
    if isinstance(expression, Points):
        items = [
            (kleene(guideline, guideline.criteria[name], known), points)
            for name, points in guideline.scores[expression.score]
        ]
        least = sum(points for answer, points in items if answer == "met")
        most = sum(points for answer, points in items if answer != "refuted")
        inside = {Decimal(one) in expression.span for one in range(least, most + 1)}
        return "open" if len(inside) == 2 else "met" if inside == {True} else "refuted"
    if isinstance(expression, Not):
        opposite = {"met": "refuted", "refuted": "met", "open": "open"}
        return opposite[kleene(guideline, expression.part, known)]
    if isinstance(expression, (And, Or)):
        parts = {kleene(guideline, part, known) for part in expression.parts}
        order = (
            ("refuted", "open", "met")
            if isinstance(expression, And)
            else ("met", "open", "refuted")
        )
        return next(one for one in order if one in parts)
    if expression.name in guideline.criteria:
        return kleene(guideline, guideline.criteria[expression.name], known)
    return "refuted" if expression.name == "owl:Nothing" else "met"


def samples(
    facets: Iterable[Facet], span: Span | None, more: Iterable[Fraction] = ()
) -> list[Value]:
    """Return values of every sort that the facets, and more points, can tell apart."""
    spans = [facet.span for facet in facets if isinstance(facet, Within)]
    points = {
        Fraction(limit) for one in (*spans, *([span] if span else [])) for _, limit in one.bounds
    }
    found: list[Value] = [True, False, "a string like no other"]
    for facet in facets:
        if isinstance(facet, Is) and isinstance(facet.value, Decimal):
            points.add(Fraction(facet.value))
        elif isinstance(facet, Is):
            found.append(facet.value)
    ordered = sorted(points | {Fraction(0), *more})
    edges = [ordered[0] - 2, *ordered, ordered[-1] + 2]
    for low, high in itertools.pairwise(edges):
        whole = Fraction(math.floor(low) + 1)
        found += [low, high, *([whole] if whole < high else [])]
        found.append(
            next(
                low + (high - low) / n
                for n in (2, 3, 5, 7, 11, 13)
                if (low + (high - low) / n).denominator > 1
            )
        )
    return found


def statuses(guideline: Guideline, answers: Mapping[str, str]) -> dict[str, str]:
    """Return the status of each action, from the answers of the effective criteria."""
    score = {"met": 2, "open": 1, "refuted": 0}
    sides: dict[str, tuple[list[int], list[int]]] = {}
    for one in guideline.advice.values():
        if one.kind == "Indication":
            for action in guideline.same(one.action):
                sides.setdefault(action, ([], []))[0].append(score[answers[one.name]])
        else:
            for action, up in guideline.above.items():
                if one.action in up:
                    sides.setdefault(action, ([], []))[1].append(score[answers[one.name]])
    table = {
        (2, 0): "Recommended",
        (2, 1): "Conditional",
        (2, 2): "Conflicting",
        (1, 2): "Contraindicated",
        (0, 2): "Contraindicated",
        (1, 0): "Undetermined",
        (1, 1): "Undetermined",
        (0, 1): "Undetermined",
        (0, 0): "NotApplicable",
    }
    return {
        action: table[(max(pro, default=0), max(contra, default=0))]
        for action, (pro, contra) in sides.items()
    }


def superseded(guideline: Guideline, own: Mapping[str, str]) -> set[str]:
    """Return the recommendations that give way, from the answers of the criteria."""
    return {
        name
        for name, others in guideline.overriders().items()
        if own[guideline.advice[name].criterion] != "refuted"
        and any(own[guideline.advice[other].criterion] == "met" for other in others)
    }
