"""Choose numbers such that no range can tell them all apart from those left out."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def between(low: Fraction | None, high: Fraction | None, *, whole: bool) -> Decimal | None:
    """Return a number strictly between two others, whole or not, written as short as can be.

    Args:
        low: what it is more than, if anything.
        high: what it is less than, if anything.
        whole: whether it is to be a whole number; else it is to be none.

    Returns:
        The number, or nothing where no whole number lies between.

    >>> between(Fraction(9, 10), Fraction(11, 10), whole=False)
    Decimal('0.91')
    >>> between(Fraction(6), Fraction(43, 7), whole=False), between(None, None, whole=True)
    (Decimal('6.1'), Decimal('0'))
    """
    if low is None:
        low = Fraction(-1) if high is None else high - 2
    if high is None:
        high = low + 2
    if whole:
        first = math.floor(low) + 1
        return Decimal(first) if first < high else None
    places = 1
    while True:
        scale = 10**places
        step = math.floor(low * scale) + 1
        step += step % scale == 0
        if step < high * scale:
            return Decimal(f"{step}E-{places}")
        places += 1


def exactly(point: Fraction, places: int) -> Decimal | None:
    """Return a number as a decimal of at most so many places, or nothing where it is none.

    >>> exactly(Fraction(13, 2), 9), exactly(Fraction(43, 7), 9)
    (Decimal('6.5'), None)
    """
    scaled = point * 10**places
    if scaled.denominator != 1:
        return None
    exponent = places
    while exponent and scaled % 10 == 0:
        scaled, exponent = scaled / 10, exponent - 1
    return Decimal(f"{scaled.numerator}E-{exponent}") if exponent else Decimal(scaled.numerator)


def around(number: Fraction, places: int) -> tuple[Decimal, Decimal]:
    """Return the decimals of at most so many places next to a number, which may be one.

    >>> around(Fraction(1, 3), 2), around(Fraction(-5, 2), 2)
    ((Decimal('0.33'), Decimal('0.34')), (Decimal('-2.5'), Decimal('-2.5')))
    """
    scaled = number * 10**places
    low = scaled.numerator // scaled.denominator
    high = low if scaled.denominator == 1 else low + 1
    least, most = (Decimal(one).scaleb(-places).normalize() for one in (low, high))
    return least, most


def representatives(points: Iterable[Fraction], places: int) -> Iterator[Decimal]:
    """Yield numbers such that whatever lies at or between some points is like one of them.

    Two numbers are alike when they lie on the same side of every point and both are whole, or
    neither is. A point itself is left out where it has more decimal places than allowed.
    """
    ordered = sorted(set(points))
    for point in ordered:
        number = exactly(point, places)
        if number is not None:
            yield number
    for low, high in itertools.pairwise([None, *ordered, None]):
        for whole in (True, False):
            number = between(low, high, whole=whole)
            if number is not None:
                yield number
