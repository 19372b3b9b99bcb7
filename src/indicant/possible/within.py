"""What a number known within bounds says of a range: that it is in it, that it is not, or neither.

The same is derived by ``queries/rules/30-within-bounds.rq``.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indicant.compile.model import Range


def inside(known: Range, wanted: Range, *, whole: bool) -> bool:
    """Tell whether every number within bounds is in a range.

    Args:
        known: the bounds.
        wanted: the range.
        whole: whether the numbers are whole ones only.
    """
    if wanted.integral and not whole:
        point = known.min_inclusive
        return point is not None and point == known.max_inclusive and point in wanted
    if whole:
        first, last = _first(known), _last(known)
        return (_first(wanted) is None or _at_least(first, _first(wanted))) and (
            _last(wanted) is None or _at_most(last, _last(wanted))
        )
    lows, highs = known.min_inclusive, known.max_inclusive
    above, below = known.min_exclusive, known.max_exclusive
    return (
        (wanted.min_inclusive is None or _reaches((lows, above), wanted.min_inclusive))
        and (
            wanted.min_exclusive is None
            or (lows is not None and lows > wanted.min_exclusive)
            or (above is not None and above >= wanted.min_exclusive)
        )
        and (wanted.max_inclusive is None or _stays((highs, below), wanted.max_inclusive))
        and (
            wanted.max_exclusive is None
            or (highs is not None and highs < wanted.max_exclusive)
            or (below is not None and below <= wanted.max_exclusive)
        )
    )


def outside(known: Range, wanted: Range, *, whole: bool) -> bool:
    """Tell whether no number within bounds is in a range; see ``inside``."""
    if whole or wanted.integral:
        firsts = [one for one in (_first(known), _first(wanted)) if one is not None]
        lasts = [one for one in (_last(known), _last(wanted)) if one is not None]
        return bool(firsts and lasts) and max(firsts) > min(lasts)
    lows = [one for one in (known.min_inclusive, wanted.min_inclusive) if one is not None]
    above = [one for one in (known.min_exclusive, wanted.min_exclusive) if one is not None]
    highs = [one for one in (known.max_inclusive, wanted.max_inclusive) if one is not None]
    below = [one for one in (known.max_exclusive, wanted.max_exclusive) if one is not None]
    return any(low > high for low in lows for high in highs) or any(
        low >= high
        for some, others in ((lows, below), (above, highs), (above, below))
        for low in some
        for high in others
    )


def _first(numbers: Range) -> Decimal | None:
    """Return the least whole number of a range, if it has one."""
    found = []
    if numbers.min_inclusive is not None:
        found.append(numbers.min_inclusive.to_integral_value(ROUND_CEILING))
    if numbers.min_exclusive is not None:
        found.append(numbers.min_exclusive.to_integral_value(ROUND_FLOOR) + 1)
    return max(found, default=None)


def _last(numbers: Range) -> Decimal | None:
    """Return the greatest whole number of a range, if it has one."""
    found = []
    if numbers.max_inclusive is not None:
        found.append(numbers.max_inclusive.to_integral_value(ROUND_FLOOR))
    if numbers.max_exclusive is not None:
        found.append(numbers.max_exclusive.to_integral_value(ROUND_CEILING) - 1)
    return min(found, default=None)


def _at_least(one: Decimal | None, other: Decimal | None) -> bool:
    return one is not None and other is not None and one >= other


def _at_most(one: Decimal | None, other: Decimal | None) -> bool:
    return one is not None and other is not None and one <= other


def _reaches(lows: tuple[Decimal | None, ...], limit: Decimal) -> bool:
    return any(one is not None and one >= limit for one in lows)


def _stays(highs: tuple[Decimal | None, ...], limit: Decimal) -> bool:
    return any(one is not None and one <= limit for one in highs)
