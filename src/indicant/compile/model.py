"""What the compiler knows of a guideline: classes, values, criteria and recommendations."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeGuard

import pyoxigraph as ox

from indicant.guideline.units import PLACES
from indicant.terms import IND, TYPE, UCUM, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from indicant.compile.distances import Distance
    from indicant.compile.formulas import Formula

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

CASE: Final = IND + "PatientCase"
COMPLETENESS: Final = IND + "Completeness"
FINDING: Final = IND + "Finding"
INTERVENTION: Final = IND + "Intervention"
HAS_FINDING: Final = IND + "hasFinding"
HAD_FINDING: Final = IND + "hadFinding"
RECEIVED: Final = IND + "received"
PROPOSES: Final = IND + "proposes"
ITSELF: Final = IND + "itself"
"""The role of what is demanded of the case itself."""
DAYS: Final = IND + "days"
WEEKS: Final = IND + "weeks"
ONGOING: Final = IND + "ongoing"
STARTS: Final = tuple(IND + f"{unit}SinceStart" for unit in ("days", "months", "years"))
ENDS: Final = tuple(IND + f"{unit}SinceEnd" for unit in ("days", "months", "years"))
TIMES: Final = frozenset((DAYS, WEEKS, ONGOING, *STARTS, *ENDS))
"""What dates and lengths are the source of."""
AGES: Final = tuple(IND + f"ageIn{unit}" for unit in ("Days", "Months", "Years"))
"""What a date of birth is the source of."""
ROLES: Final[Mapping[str, str]] = {
    HAS_FINDING: FINDING,
    HAD_FINDING: FINDING,
    RECEIVED: INTERVENTION,
    PROPOSES: INTERVENTION,
}

INTEGERS: Final[Mapping[str, tuple[int | None, int | None]]] = {
    "integer": (None, None),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
    "long": (-(2**63), 2**63 - 1),
    "int": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-128, 127),
    "unsignedLong": (0, 2**64 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedByte": (0, 255),
}
BOUNDS: Final = ("minInclusive", "minExclusive", "maxInclusive", "maxExclusive")

# What every engine reads and compares exactly: Oxigraph keeps whole numbers in 64 bits and decimals
# in 128 with eighteen places, and a seventh, as weeks are, may not round to a bound.
WHOLE_DIGITS: Final = 18
EXACTLY: Final = (
    f"numbers have at most {WHOLE_DIGITS} digits before the point and {PLACES} after it, which is "
    "what every engine compares exactly"
)
UNITLESS: Final = "write the number alone: it is in the unit that the property declares by ind:unit"
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_EXACT: Final = re.compile(rf"[+-]?[0-9]{{0,{WHOLE_DIGITS}}}(?:\.[0-9]{{0,{PLACES}}})?")


@dataclass(frozen=True, order=True)
class Range:
    """A set of numbers: bounds, and whether only whole numbers belong to it."""

    integral: bool = False
    min_inclusive: Decimal | None = None
    min_exclusive: Decimal | None = None
    max_inclusive: Decimal | None = None
    max_exclusive: Decimal | None = None

    def __contains__(self, value: object) -> bool:
        return (
            isinstance(value, Decimal)
            and (not self.integral or value == value.to_integral_value())
            and (self.min_inclusive is None or value >= self.min_inclusive)
            and (self.min_exclusive is None or value > self.min_exclusive)
            and (self.max_inclusive is None or value <= self.max_inclusive)
            and (self.max_exclusive is None or value < self.max_exclusive)
        )

    def bounds(self) -> dict[str, Decimal]:
        """Return the bounds that are set, by the local name of their XSD facet."""
        values = (self.min_inclusive, self.min_exclusive, self.max_inclusive, self.max_exclusive)
        return {
            name: value for name, value in zip(BOUNDS, values, strict=True) if value is not None
        }

    def text(self) -> str:
        """Return the range in the words of the Manchester syntax."""
        signs = dict(zip(BOUNDS, (">=", ">", "<=", "<"), strict=True))
        bounds = ", ".join(f"{signs[name]} {value}" for name, value in self.bounds().items())
        kind = "xsd:integer" if self.integral else "xsd:decimal"
        return f"{kind}[{bounds}]" if bounds else kind


@dataclass(frozen=True)
class RangeFacet:
    """The value of a functional data property is a number in a range."""

    property: str
    range: Range


@dataclass(frozen=True)
class LiteralFacet:
    """The value of a functional data property is one string or truth value."""

    property: str
    value: str | bool


@dataclass(frozen=True)
class IndividualFacet:
    """The value of an object property is one individual."""

    property: str
    individual: str


@dataclass(frozen=True)
class ClassFacet:
    """The value of an object property is of a class."""

    property: str
    cls: str


@dataclass(frozen=True)
class RecordFacet:
    """A value of an object property is a record that satisfies facets of its own.

    Of what class the record is to be is one of them, on ``rdf:type``.
    """

    property: str
    facets: frozenset[Facet]

    def __repr__(self) -> str:
        inner = ", ".join(sorted(map(repr, self.facets)))
        return f"RecordFacet(property={self.property!r}, facets=[{inner}])"


Facet = RangeFacet | LiteralFacet | IndividualFacet | ClassFacet | RecordFacet


@dataclass(frozen=True)
class Existential:
    """``role some (filler and facets)``, or facets of the case itself.

    ``least`` is how many there are at least: ``role min 2 (filler and facets)``.
    """

    role: str
    filler: str
    facets: frozenset[Facet] = frozenset()
    least: int = 1


@dataclass(frozen=True)
class Const:
    """A criterion that every case meets, or none."""

    value: bool


@dataclass(frozen=True)
class Not:
    """Complement."""

    operand: Expression

    @cached_property
    def extent(self) -> tuple[int, int]:
        """Return how deep it is nested, and how many parts it has."""
        return _extent((self.operand,))


@dataclass(frozen=True)
class And:
    """Intersection."""

    operands: tuple[Expression, ...]

    @cached_property
    def extent(self) -> tuple[int, int]:
        """Return how deep it is nested, and how many parts it has."""
        return _extent(self.operands)


@dataclass(frozen=True)
class Or:
    """Union."""

    operands: tuple[Expression, ...]

    @cached_property
    def extent(self) -> tuple[int, int]:
        """Return how deep it is nested, and how many parts it has."""
        return _extent(self.operands)


Expression = Existential | Const | Not | And | Or

MAX_DEPTH: Final = 100
MOST_COUNTED: Final = 12
"""How many things of a kind a criterion can demand."""
MOST_NESTED: Final = 4
"""How many records a facet can lead through, one from another; the rules go as far."""
MAX_PARTS: Final = 100_000
"""How large a criterion may be with all that it names, which counts each time that it is named."""


def oversize(expression: Expression) -> str | None:
    """Return why an expression is more than can be compiled, or nothing if it is not.

    The parts of each expression have been asked before it: this does not go deep.
    """
    depth, parts = _extent((expression,))
    if depth > MAX_DEPTH + 1:
        return f"it is nested more than {MAX_DEPTH} levels deep"
    if parts > MAX_PARTS + 1:
        return f"it has more than {MAX_PARTS:,} parts, counting criteria wherever they are named"
    return None


def _extent(operands: tuple[Expression, ...]) -> tuple[int, int]:
    extents = [one.extent for one in operands if isinstance(one, (Not, And, Or))]
    depth = max((one[0] for one in extents), default=0)
    return depth + 1, 1 + len(operands) - len(extents) + sum(one[1] for one in extents)


@dataclass(frozen=True)
class Score:
    """A number of a case that adds up points for the criteria that it meets.

    ``items`` are the criteria with their points, sorted.
    """

    iri: str
    items: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        """Return the sum of all points."""
        return sum(points for _, points in self.items)


@dataclass(frozen=True)
class Quantity:
    """A class of findings that are one value computed from many records.

    ``over`` is the class of the records, which a case has by ``role``; ``value`` the property under
    which the value stands; ``conditions`` and ``also`` are what records satisfy besides, the window
    included; of ``last`` records, the latest, it is computed where that is stated.
    """

    iri: str
    over: str
    role: str
    aggregate: str
    value: str
    conditions: frozenset[Facet] = frozenset()
    also: tuple[str, ...] = ()
    last: int | None = None


@dataclass(frozen=True)
class Recommendation:
    """A recommendation as the compiler sees it."""

    iri: str
    action: str
    criterion: str
    against: bool
    non_indication: bool
    guideline: str | None
    overrides: frozenset[str]
    fulfilled_by: str | None = None


@dataclass
class Model:
    """All that the compiler needs of a guideline and its vocabulary.

    ``parents`` holds the asserted superclasses of each named class under ``ind:Finding`` and
    ``ind:Intervention`` and of each class used by a facet; ``above`` its reflexive, transitive
    closure. ``same`` holds, for each class that is said to be equivalent to others, the one that
    stands for all of them. ``apart`` holds, per class, the classes that are disjoint with it.
    ``ranges`` holds the range of data properties, ``units`` the unit in which their numbers are,
    ``conversions`` what converts to it beside UCUM, and ``kinds`` the classes that a value of an
    object property is in. ``given`` holds, by property and class, what a class gives expressions.
    """

    parents: dict[str, set[str]] = field(default_factory=dict)
    above: dict[str, frozenset[str]] = field(default_factory=dict)
    apart: dict[str, frozenset[str]] = field(default_factory=dict)
    functional: set[str] = field(default_factory=set)
    ranges: dict[str, Range | str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    conversions: dict[str, frozenset[tuple[str, ...]]] = field(default_factory=dict)
    kinds: dict[str, frozenset[str]] = field(default_factory=dict)
    once: dict[str, set[str]] = field(default_factory=dict)
    same: dict[str, str] = field(default_factory=dict)
    types: dict[str, set[str]] = field(default_factory=dict)
    different: dict[str, set[str]] = field(default_factory=dict)
    scores: dict[str, Score] = field(default_factory=dict)
    quantities: dict[str, Quantity] = field(default_factory=dict)
    formulas: dict[str, Formula] = field(default_factory=dict)
    distances: dict[str, Distance] = field(default_factory=dict)
    given: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    criteria: dict[str, Expression] = field(default_factory=dict)
    recommendations: dict[str, Recommendation] = field(default_factory=dict)
    guidelines: list[str] = field(default_factory=list)
    scopes: dict[str, str] = field(default_factory=dict)
    version: dict[str, str] = field(default_factory=dict)

    @property
    def computes(self) -> bool:
        """Tell whether anything of a case is computed from several of its records or values."""
        return bool(self.quantities or self.formulas or self.distances)

    def below(self) -> dict[str, set[str]]:
        """Return every class that is within each, itself included."""
        found: dict[str, set[str]] = {}
        for cls, above in self.above.items():
            for other in above:
                found.setdefault(other, set()).add(cls)
        return found

    def value_classes(self, individual: str) -> frozenset[str]:
        """Return every class that an individual is known to be in."""
        return frozenset(
            above for cls in self.types.get(individual, ()) for above in self.above.get(cls, {cls})
        )

    def values_in(self, name: str, *classes: str) -> list[str]:
        """Return the individuals of some classes that are in the range of a property, sorted."""
        wanted = self.kinds.get(name, frozenset()).union(classes)
        return sorted(one for one in self.types if wanted <= self.value_classes(one))

    def values_outside(self, facet: Facet) -> list[str]:
        """Return the individuals in the range of a property known not to satisfy a facet, sorted.

        There are none where the property can have another value beside them.
        """
        if facet.property not in self.functional:
            return []
        return [one for one in self.values_in(facet.property) if self._outside(facet, one)]

    def _outside(self, facet: Facet, individual: str) -> bool:
        known = self.value_classes(individual)
        if isinstance(facet, ClassFacet):
            others = frozenset({facet.cls})
        elif isinstance(facet, IndividualFacet):
            if facet.individual in self.different.get(individual, ()):
                return True
            others = self.value_classes(facet.individual)
        else:
            return False
        return any(self.disjoint(one, other) for one in known for other in others)

    def disjoint(self, one: str, other: str) -> bool:
        """Tell whether two classes share no member."""
        return other in self.apart.get(one, ())


def implied(role: str) -> frozenset[str]:
    """Return by which roles a case has what it has by one: whoever has a finding has had it."""
    return frozenset((role, HAD_FINDING)) if role == HAS_FINDING else frozenset((role,))


def number_of(term: Term) -> Decimal | None:
    """Return the value of an integer or decimal literal, or nothing for any other term.

    A literal that is not in the lexical space of its datatype has no value. Numbers that are equal
    are one, however they are written: what is equal has to have one name in the compiled form.
    """
    if not isinstance(term, ox.Literal) or not term.datatype.value.startswith(XSD):
        return None
    name = term.datatype.value.removeprefix(XSD)
    if name == "decimal":
        return _plain(Decimal(term.value)) if _DECIMAL.fullmatch(term.value) else None
    if name not in INTEGERS or not _INTEGER.fullmatch(term.value):
        return None
    number = _plain(Decimal(term.value))
    low, high = INTEGERS[name]
    return number if (low is None or number >= low) and (high is None or number <= high) else None


def _plain(number: Decimal) -> Decimal:
    """Return a number without noughts behind its point, and without a sign where it is nought.

    >>> _plain(Decimal("2.50")), _plain(Decimal("-0.0")), _plain(Decimal("100"))
    (Decimal('2.5'), Decimal('0'), Decimal('100'))
    """
    whole = number.to_integral_value()
    return Decimal(int(whole)) if whole == number else number.normalize()


def is_exact(term: Term) -> bool:
    """Tell whether every engine reads a number as it is written and compares it exactly."""
    return isinstance(term, ox.Literal) and _EXACT.fullmatch(term.value) is not None


def is_quantity(term: Term) -> bool:
    """Tell whether a term is a number with a unit of UCUM."""
    return isinstance(term, ox.Literal) and term.datatype.value == UCUM


def is_kind(facet: Facet) -> TypeGuard[ClassFacet]:
    """Tell whether a facet says of what class a record is."""
    return isinstance(facet, ClassFacet) and facet.property == TYPE


def within(facets: Iterable[Facet]) -> Iterator[Facet]:
    """Yield facets, and those within them that are about related records."""
    for facet in facets:
        yield facet
        if isinstance(facet, RecordFacet):
            yield from within(facet.facets)


def existentials(expression: Expression) -> Iterator[Existential]:
    """Yield every existential of an expression, in order of appearance."""
    stack: list[Expression] = [expression]
    while stack:
        part = stack.pop()
        if isinstance(part, Existential):
            yield part
        elif isinstance(part, Not):
            stack.append(part.operand)
        elif isinstance(part, (And, Or)):
            stack.extend(reversed(part.operands))
