"""Withhold small numbers, and those from which somebody could work them out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence, Set

Cell = TypeVar("Cell", bound="Hashable")
MOST: Final = 400
"""How many numbers that hang together are looked at; of more, all that do are withheld."""
PASSES: Final = 50
"""How often bounds are drawn closer."""
_PRIME: Final = 2**61 - 1


def withheld(
    numbers: Mapping[Cell, int],
    sums: Iterable[Sequence[Cell]],
    least: int,
    also: Iterable[Cell] = (),
    listed: Set[Cell] = frozenset(),
) -> set[Cell]:
    """Return which numbers are not to be told.

    Those are all from one to less than the least that may be told. Of numbers that hang together by
    a sum, others are withheld until those of it that are come to as much as may be told: the
    smallest first, and the sum itself last. Then as many more as it takes that none follows from
    all that is told, by whatever sums and differences.

    Args:
        numbers: what there is to tell.
        sums: the parts of each sum, and the sum itself behind them.
        least: the least number that may be told.
        also: what is withheld anyhow.
        listed: numbers that are seen to be one at least, since only such are listed.

    >>> sorted(withheld({"a": 2, "b": 9, "c": 30, "all": 41}, [("a", "b", "c", "all")], 5))
    ['a', 'b']
    """
    hidden = {one for one, number in numbers.items() if 0 < number < least} | set(also)
    rows = [row for row in ([one for one in each if one in numbers] for each in sums) if row]
    while True:
        while any(_hide(numbers, row, hidden, least, listed) for row in rows):
            pass
        given = _given_away(rows, hidden) | _pinned(numbers, rows, hidden, listed)
        if not given:
            return hidden
        before = len(hidden)
        for row in rows:
            left = [one for one in row if one not in hidden]
            if left and not given.isdisjoint(row):
                hidden.add(min(left, key=lambda one: (numbers[one] == 0, numbers[one])))
        if len(hidden) == before:
            return hidden


def _hide(
    numbers: Mapping[Cell, int],
    row: Sequence[Cell],
    hidden: set[Cell],
    least: int,
    listed: Set[Cell],
) -> bool:
    """Withhold more of a sum until it gives nothing away, and tell whether that took any."""
    *parts, total = row
    changed = False
    while _tells(numbers, row, hidden, least, listed):
        left = [one for one in parts if one not in hidden]
        # One that is nought helps nobody, unless there is no other.
        hidden.add(min(left, key=lambda one: (numbers[one] == 0, numbers[one])) if left else total)
        changed = True
    return changed


def _tells(
    numbers: Mapping[Cell, int],
    row: Sequence[Cell],
    hidden: set[Cell],
    least: int,
    listed: Set[Cell],
) -> bool:
    """Tell whether a sum gives away what is withheld of it, and more can be withheld."""
    away = [one for one in row if one in hidden]
    if not away or len(away) == len(row):
        return False
    return len(away) < 2 or sum(numbers[one] - (one in listed) for one in away) < least


def _given_away(rows: Sequence[Sequence[Cell]], hidden: set[Cell]) -> set[Cell]:
    """Return which withheld numbers follow from all sums together, or may do so."""
    equations: list[dict[Cell, int]] = []
    for *parts, total in rows:
        found = dict.fromkeys((one for one in parts if one in hidden), 1)
        if total in hidden:
            found[total] = _PRIME - 1
        if found:
            equations.append(found)
    given: set[Cell] = set()
    for together in _components(equations):
        cells = {one for each in together for one in each}
        given |= cells if len(cells) > MOST else _alone(together)
    return given


def _pinned(
    numbers: Mapping[Cell, int],
    rows: Sequence[Sequence[Cell]],
    hidden: set[Cell],
    listed: Set[Cell],
) -> set[Cell]:
    """Return which withheld numbers can be one alone, since none is negative.

    Bounds of each are drawn closer by those of the others that it makes a sum with.
    """
    low: dict[Cell, float] = {}
    high: dict[Cell, float] = {}
    some = [row for row in rows if not hidden.isdisjoint(row)]
    for row in some:
        for one in row:
            known = one not in hidden
            low[one] = numbers[one] if known else min(numbers[one], one in listed)
            high[one] = numbers[one] if known else math.inf
    for _ in range(PASSES):
        changed = False
        for *parts, total in some:
            least, most = sum(low[one] for one in parts), sum(high[one] for one in parts)
            bounds = [(total, least, most)]
            for one in parts:
                others = most - high[one] if most < math.inf else _sum(high, parts, one)
                bounds.append((one, low[total] - others, high[total] - (least - low[one])))
            for one, down, up in bounds:
                if down > low[one] or up < high[one]:
                    low[one], high[one] = max(low[one], down), min(high[one], up)
                    changed = True
        if not changed:
            break
    return {one for one in hidden if one in low and low[one] == high[one]}


def _sum(bounds: Mapping[Cell, float], parts: Iterable[Cell], left: Cell) -> float:
    return sum(bounds[one] for one in parts if one != left)


def _components(equations: Sequence[dict[Cell, int]]) -> list[list[dict[Cell, int]]]:
    """Return equations that have unknowns in common, directly or by way of others."""
    where: dict[Cell, list[int]] = {}
    for at, each in enumerate(equations):
        for one in each:
            where.setdefault(one, []).append(at)
    seen: set[int] = set()
    found = []
    for start in range(len(equations)):
        if start in seen:
            continue
        seen.add(start)
        queue, together = [start], []
        while queue:
            at = queue.pop()
            together.append(equations[at])
            near = {other for one in equations[at] for other in where[one]} - seen
            seen |= near
            queue += sorted(near)
        found.append(together)
    return found


def _alone(equations: Sequence[dict[Cell, int]]) -> set[Cell]:
    """Return the unknowns that equations determine, by elimination modulo a large prime."""
    reduced: dict[Cell, dict[Cell, int]] = {}
    for each in equations:
        row = dict(each)
        for pivot, other in reduced.items():
            if pivot in row:
                _subtract(row, other, row[pivot])
        if not row:
            continue
        pivot = next(iter(row))
        inverse = pow(row[pivot], _PRIME - 2, _PRIME)
        row = {one: value * inverse % _PRIME for one, value in row.items()}
        for other in reduced.values():
            if pivot in other:
                _subtract(other, row, other[pivot])
        reduced[pivot] = row
    return {pivot for pivot, row in reduced.items() if len(row) == 1}


def _subtract(row: dict[Cell, int], other: Mapping[Cell, int], times: int) -> None:
    for one, value in other.items():
        left = (row.get(one, 0) - times * value) % _PRIME
        if left:
            row[one] = left
        else:
            row.pop(one, None)
