"""The days as of which cases are told apart that no other day tells apart.

So many months before a day are not always as many days. What criteria demand in days and what they
demand in months, or years, of one record can therefore be had together on some days only.
"""

from __future__ import annotations

import datetime
import itertools
import math
from typing import TYPE_CHECKING, Final

from indicant.compile.model import (
    AGES,
    DAYS,
    ENDS,
    ITSELF,
    ROLES,
    STARTS,
    WEEKS,
    Existential,
    RangeFacet,
    implied,
    within,
)
from indicant.possible.facts import AS_OF
from indicant.possible.options import Values
from indicant.possible.times import days_back

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from indicant.compile.model import Facet, Quantity
    from indicant.possible.kinds import Kinds

    Atoms = list[list[Existential]]
    """Existentials, by version."""

_COUNTED: Final = frozenset((STARTS[0], ENDS[0], AGES[0], DAYS, WEEKS))
_MONTHS: Final = {
    **{names[1]: 1 for names in (STARTS, ENDS, AGES)},
    **{names[2]: 12 for names in (STARTS, ENDS, AGES)},
}
_CYCLE: Final = 400
"""After how many years the calendar comes again."""
_PARTING: Final = (1, 29, 30, 31)
"""Days of a month: from any other one so many months back are as many days as from the first."""


def days_that_differ(kinds: Kinds, foreign: Collection[str]) -> tuple[datetime.date, ...]:
    """Return days as of which, together, all cases are that are as of any day.

    Most often that is one, on which all is that can be on any other.

    Args:
        kinds: the classes that cases use, and the existentials that tell cases apart.
        foreign: properties that not all of the versions know.
    """
    mixed = [
        (atoms, months)
        for atoms in _groups(kinds)
        if (months := _months(atoms)) and _COUNTED & {one.property for one in _facets(atoms)}
    ]
    if not mixed:
        return (AS_OF,)
    told: dict[tuple[object, ...], frozenset[object]] = {}
    best: dict[datetime.date, list[frozenset[object]]] = {}
    seen = set()
    for day in _calendar():
        lengths = [tuple(days_back(one, day) for one in months) for _, months in mixed]
        if tuple(lengths) in seen:
            continue
        seen.add(tuple(lengths))
        found = []
        for index, (length, (atoms, _)) in enumerate(zip(lengths, mixed, strict=True)):
            if (index, *length) not in told:
                told[(index, *length)] = _told(kinds, atoms, foreign, day)
            found.append(told[(index, *length)])
        if any(_covers(other, found) for other in best.values()):
            continue
        best = {one: other for one, other in best.items() if not _covers(found, other)}
        best[day] = found
    return tuple(sorted(best, key=lambda one: (one != AS_OF, one)))


def _covers(one: Sequence[frozenset[object]], other: Sequence[frozenset[object]]) -> bool:
    return all(mine >= theirs for mine, theirs in zip(one, other, strict=True))


def _told(
    kinds: Kinds, atoms: Atoms, foreign: Collection[str], day: datetime.date
) -> frozenset[object]:
    """Return all that records can tell of some existentials as of a day."""
    values = Values(kinds.models, atoms, foreign, day)
    facets = {facet for some in atoms for one in some for facet in one.facets}
    found: set[object] = set()
    for role in (*ROLES, ITSELF):
        found.update((role, *one) for one in values.told(role))
        if any(one.role in implied(role) for some in atoms for one in some):
            found.update((role, beyond) for _, beyond in values.settled(role, facets))
    return frozenset(found)


def _groups(kinds: Kinds) -> Iterator[Atoms]:
    """Yield existentials that speak of times, those together that one record can satisfy."""
    left = [
        (version, atom)
        for version, (model, atoms) in enumerate(zip(kinds.models, kinds.atoms, strict=True))
        for atom in (*atoms, *map(_window, model.quantities.values()))
        if any(one.property in _COUNTED or one.property in _MONTHS for one in within(atom.facets))
    ]
    while left:
        group, left = left[:1], left[1:]
        for one in group:
            near = [other for other in left if _meet(kinds, one, other)]
            left = [other for other in left if other not in near]
            # What is added is looked at in its turn.
            group += near
        yield [
            [atom for other, atom in group if other == version]
            for version in range(len(kinds.atoms))
        ]


def _window(quantity: Quantity) -> Existential:
    """Return what records satisfy that a quantity is computed from."""
    return Existential(quantity.role, quantity.over, quantity.conditions)


def _meet(kinds: Kinds, one: tuple[int, Existential], other: tuple[int, Existential]) -> bool:
    """Tell whether one record may be what two existentials speak of."""
    (_, mine), (_, theirs) = one, other
    if ITSELF in (mine.role, theirs.role):
        return mine.role == theirs.role
    return any(
        kinds.overlaps(version, mine.filler, theirs.filler) for version in range(len(kinds.models))
    )


def _facets(atoms: Atoms) -> Iterable[Facet]:
    return {facet for some in atoms for one in some for facet in within(one.facets)}


def _months(atoms: Atoms) -> list[int]:
    """Return after how many months some existentials part what began, or ended."""
    return sorted(
        {
            each * number
            for facet in _facets(atoms)
            if facet.property in _MONTHS and isinstance(facet, RangeFacet)
            for bound in facet.range.bounds().values()
            for each in (_MONTHS[facet.property],)
            for number in (math.ceil(bound), math.floor(bound) + 1)
            if number > 0
        }
    )


def _calendar() -> Iterator[datetime.date]:
    """Yield days that stand for all others, from the one as of which cases are shown."""
    yield AS_OF
    for year, month, day in itertools.product(
        range(AS_OF.year, AS_OF.year + _CYCLE), range(1, 13), _PARTING
    ):
        try:
            yield datetime.date(year, month, day)
        except ValueError:
            continue
