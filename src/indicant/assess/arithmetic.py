"""Compute within which bounds expressions lie, in exact numbers.

Whatever the operands are within their bounds, the result is within its own: of a property that
stands in an expression more than once, each occurrence counts for itself.
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.owl import constant
from indicant.compile.values import around
from indicant.guideline.units import PLACES, WHOLE
from indicant.terms import IND, SPARQL_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from indicant.query.rows import Row

BEYOND: Final = Decimal(10**WHOLE)
"""A number that stands for a bound that is not known; that for one from below is its opposite."""
_COMPUTES, _OF = ox.NamedNode(IND + "computes"), ox.NamedNode(IND + "of")
_LEAST, _MOST = ox.NamedNode(IND + "minInclusive"), ox.NamedNode(IND + "maxInclusive")
_MOST_KEPT: Final = 4096
_FEW_KEPT: Final = 16
Triple = tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]
Number = int | Fraction
"""A whole number is an ``int`` where it can be, with which Python computes much sooner."""


@dataclass(frozen=True)
class Within:
    """Bounds of a number, which belong to it; nothing where there is none."""

    least: Number | None
    most: Number | None

    @property
    def is_known(self) -> bool:
        """Tell whether there is one number that it can be."""
        return self.least is not None and self.least == self.most


@dataclass(frozen=True)
class _Term:
    operator: str
    left: str
    right: str


class Expressions:
    """What is computed from values of records, as the terms of a guideline say it."""

    def __init__(self, terms: Sequence[Row]) -> None:
        """Take the terms; see ``computed``."""
        self._made = {
            row[0] or "": _Term(row[1], row[2] or "", row[3] or "") for row in terms if row[1]
        }
        numbers = {row[0] or "": number_of(row[4]) for row in terms if row[4]}
        self._wanted = sorted({row[5] for row in terms if row[5]})
        self._constants = {term: Within(number, number) for term, number in numbers.items()}
        self._parts = {part for one in self._made.values() for part in (one.left, one.right)}

    def within(
        self, operands: Iterable[tuple[str, str, Number, Number]]
    ) -> Iterator[tuple[str, str, Within]]:
        """Yield records, terms, and within which bounds the terms lie for them.

        Args:
            operands: record, term, and bounds, as ``computed`` takes them.
        """
        known: dict[str, dict[str, Within | None]] = {}
        for record, term, low, high in operands:
            if term in self._parts:
                known.setdefault(record, {})[term] = _between(low, high)
        for record, given in known.items():
            values = {**self._constants, **given}
            for term in self._wanted:
                found = _evaluate(term, self._made, values)
                if found is not None and (found.least is not None or found.most is not None):
                    yield record, term, found


@functools.lru_cache(_FEW_KEPT)
def expressions(terms: tuple[Row, ...]) -> Expressions:
    """Return what is computed by the terms of a guideline."""
    return Expressions(terms)


def computed(terms: Sequence[Row], operands: Sequence[Row]) -> Iterator[Triple]:
    """Yield, for each record, within which bounds each expression lies of which it has the parts.

    Args:
        terms: term, operator, left, right, number, and the term once more if a property is computed
            by it; see ``queries/arithmetic/terms.rq``.
        operands: record, term, and bounds, in the place of which ``BEYOND`` may stand; see
            ``queries/arithmetic/operands.rq``.
    """
    given = (
        (record or "", term or "", number_of(least or "0"), number_of(most or "0"))
        for record, term, least, most in operands
    )
    for record, term, found in expressions(tuple(terms)).within(given):
        node = ox.NamedNode(name_of(record, term))
        yield ox.NamedNode(record), _COMPUTES, node
        yield node, _OF, ox.NamedNode(term)
        yield node, _LEAST, limit(found.least, 0)
        yield node, _MOST, limit(found.most, 1)


def name_of(record: str, term: str) -> str:
    """Return the name of the node that says within which bounds a term lies for a record."""
    return f"{record}/computes/{term.rpartition('/')[2]}"


@functools.lru_cache(_MOST_KEPT)
def _between(low: Number, high: Number) -> Within:
    return Within(low if low > -(10**WHOLE) else None, high if high < 10**WHOLE else None)


@functools.lru_cache(_MOST_KEPT)
def number_of(text: str) -> Number:
    """Return a number as it is written, exactly."""
    found = Fraction(text)
    return found.numerator if found.denominator == 1 else found


def _evaluate(
    term: str, made: Mapping[str, _Term], values: dict[str, Within | None]
) -> Within | None:
    """Return within which bounds a term lies, nothing where a part of it has no value."""
    if term not in values:
        values[term] = None
        if (one := made.get(term)) is not None:
            left = _evaluate(one.left, made, values)
            right = _evaluate(one.right, made, values)
            if left is not None and right is not None:
                values[term] = _OPERATORS[one.operator](left, right)
    return values[term]


@functools.lru_cache(_MOST_KEPT)
def limit(number: Number | None, side: int) -> ox.Literal:
    """Return a bound as it is written: rounded away from what it bounds, and not too far out."""
    far = (-BEYOND, BEYOND)[side]
    if number is None:
        return constant(far)
    near = around(Fraction(number), PLACES)[side]
    return constant(min(near, far) if side else max(near, far))


def _plus(one: Within, other: Within) -> Within:
    return Within(_both(one.least, other.least, _add), _both(one.most, other.most, _add))


def _minus(one: Within, other: Within) -> Within:
    return _plus(one, _times(other, Within(-1, -1)))


def _add(one: Number, other: Number) -> Number:
    return one + other


def _both(
    one: Number | None, other: Number | None, how: Callable[[Number, Number], Number]
) -> Number | None:
    return None if one is None or other is None else how(one, other)


def _either(
    one: Number | None, other: Number | None, how: Callable[[Number, Number], Number]
) -> Number | None:
    return other if one is None else one if other is None else how(one, other)


def _times(one: Within, other: Within) -> Within:
    """Return the bounds of a product: those of its corners, of which some may lie anywhere far."""
    if one.is_known and other.is_known:
        assert one.least is not None  # noqa: S101
        assert other.least is not None  # noqa: S101
        return Within(one.least * other.least, one.least * other.least)
    corners = [
        _corner(mine, my_side, theirs, their_side)
        for (mine, my_side), (theirs, their_side) in itertools.product(_ends(one), _ends(other))
    ]
    least, most = min(corners), max(corners)
    return Within(least[1] if least[0] == 0 else None, most[1] if most[0] == 0 else None)


def _ends(one: Within) -> tuple[tuple[Number | None, int], tuple[Number | None, int]]:
    return (one.least, -1), (one.most, 1)


def _corner(
    one: Number | None, my_side: int, other: Number | None, their_side: int
) -> tuple[int, Number]:
    """Return a product, before which stands -1 or 1 where it is without bound."""
    if one is not None and other is not None:
        return 0, one * other
    signs = [
        side if number is None else (number > 0) - (number < 0)
        for number, side in ((one, my_side), (other, their_side))
    ]
    return signs[0] * signs[1], 0


def _divided(one: Within, other: Within) -> Within | None:
    """Return the bounds of a quotient, nothing where what is divided by may be nought."""
    least, most = other.least, other.most
    if least is not None and least > 0:
        return _times(one, Within(0 if most is None else Fraction(1, most), Fraction(1, least)))
    if most is not None and most < 0:
        return _times(one, Within(Fraction(1, most), 0 if least is None else Fraction(1, least)))
    return None


_OPERATORS: Final[Mapping[str, Callable[[Within, Within], Within | None]]] = {
    SPARQL_FUNCTIONS + "plus": _plus,
    SPARQL_FUNCTIONS + "subtract": _minus,
    SPARQL_FUNCTIONS + "multiply": _times,
    SPARQL_FUNCTIONS + "divide": _divided,
    IND + "min": lambda one, other: Within(
        _both(one.least, other.least, min), _either(one.most, other.most, min)
    ),
    IND + "max": lambda one, other: Within(
        _either(one.least, other.least, max), _both(one.most, other.most, max)
    ),
}
