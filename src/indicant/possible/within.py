"""What a number known within bounds says of a range: that it is in it, that it is not, or neither.

The same is derived by ``queries/rules/30-within-bounds.rq``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indicant.compile.intervals import ends, within

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
    return within(ends(known, whole=whole), ends(wanted, whole=whole))


def outside(known: Range, wanted: Range, *, whole: bool) -> bool:
    """Tell whether no number within bounds is in a range; see ``inside``."""
    starts, stops = zip(
        *(ends(one, whole=whole or wanted.integral) for one in (known, wanted)), strict=True
    )
    latest = max((one for one in starts if one is not None), default=None)
    earliest = min((one for one in stops if one is not None), default=None)
    return latest is not None and earliest is not None and latest >= earliest
