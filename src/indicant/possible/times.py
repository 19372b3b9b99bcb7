"""When something may have begun, ended or been done: one way for each that makes a difference.

What dates and lengths tell of a record is what the rules of ``queries/rules`` derive from them. How
many days a number of months has depends on the day as of which they are counted back.
"""

from __future__ import annotations

import calendar
import datetime
import itertools
import math
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from indicant.compile.model import (
    AGES,
    DAYS,
    ENDS,
    HAD_FINDING,
    HAS_FINDING,
    ITSELF,
    ONGOING,
    PROPOSES,
    RECEIVED,
    STARTS,
    WEEKS,
    Facet,
    Range,
    RangeFacet,
)
from indicant.compile.values import representatives
from indicant.possible.facts import Entry, Value, When

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_FARTHEST: Final = 300_000

_PLACES: Final = 9


def recorded(role: str, entry: Entry, as_of: datetime.date) -> dict[str, Value]:
    """Return what the rules make of a value of a record that a role leads to."""
    when = entry.value
    if isinstance(when, Decimal) and entry.property in AGES:
        return _aged(entry.property, when)
    if not isinstance(when, When):
        return {entry.property: when}
    if role == ITSELF:
        assert when.start is not None  # noqa: S101
        return dict(zip(AGES, map(Decimal, _counts(when.start, as_of)), strict=True))
    found: dict[str, Value] = {}
    if when.ongoing is not None:
        found[ONGOING] = when.ongoing
    length = None
    if when.weeks is not None:
        found[WEEKS] = when.weeks
        length = (when.weeks * 7).to_integral_value(ROUND_FLOOR)
        found[DAYS] = length
    if role == PROPOSES:
        return found
    start = when.on if when.start is None else when.start
    end = when.on if when.end is None else when.end
    if when.ongoing or (role == HAS_FINDING and (start is not None or length is not None)):
        end = 0
    if when.end is not None and role == RECEIVED:
        found[ONGOING] = False
    for days, names in ((start, STARTS), (end, ENDS)):
        if days is not None:
            found |= dict(zip(names, map(Decimal, _counts(days, as_of)), strict=True))
    if start is None and length is not None:
        if end is not None:
            found[STARTS[0]] = length + end
        else:
            found[STARTS[0]] = Range(min_inclusive=length)
    if when.start is not None and end is not None:
        found |= _lasting(Decimal(when.start - end))
    if role in (RECEIVED, HAD_FINDING):
        found |= _bounded(when, start, end, as_of) if length is None else {}
    return found


def _aged(name: str, age: Decimal) -> dict[str, Value]:
    """Return what is known of a patient whose age is recorded, and not the date of birth."""
    _, months, years = AGES
    if name == years:
        return {years: age, months: Range(False, 12 * age, None, 12 * age + 11)}
    if name == months:
        least = Decimal(int(age) // 12)
        return {months: age, years: Range(False, least, None, least)}
    return {name: age}


def _up_to(most: Decimal) -> Range:
    return Range(min_inclusive=Decimal(0), max_inclusive=most)


def _lasting(days: Decimal) -> dict[str, Value]:
    return {DAYS: days, WEEKS: days / 7}


def _bounded(
    when: When, start: int | None, end: int | None, as_of: datetime.date
) -> dict[str, Value]:
    """Return within what bounds the rest lies where one end of what lasted is not known."""
    found: dict[str, Value] = {}
    if when.start is not None and end is None:
        most = [Decimal(one) for one in _counts(when.start, as_of)]
        found |= {name: _up_to(one) for name, one in zip(ENDS, most, strict=True)}
        found |= {name: _up_to(one) for name, one in ((DAYS, most[0]), (WEEKS, most[0] / 7))}
    if when.end is not None and start is None:
        least = map(Decimal, _counts(when.end, as_of))
        found |= {name: Range(min_inclusive=one) for name, one in zip(STARTS, least, strict=True)}
    return found


def _counts(days: int, as_of: datetime.date) -> tuple[int, int, int]:
    """Return how many days, months and years lie between a day and the as-of date."""
    day = as_of - datetime.timedelta(days=days)
    months = 12 * (as_of.year - day.year) + as_of.month - day.month - (as_of.day < day.day)
    return days, months, months // 12


def days_back(months: int, as_of: datetime.date) -> int | None:
    """Return how many days ago so many months were over, if there are dates so far back."""
    year, month = divmod(as_of.year * 12 + as_of.month - 1 - months, 12)
    if year < 1:
        return None
    last = calendar.monthrange(year, month + 1)[1]
    return (as_of - datetime.date(year, month + 1, min(as_of.day, last))).days


def earlier(role: str, since: int, as_of: datetime.date) -> dict[str, Value]:
    """Return what is known of what happened before a day, so many days before the as-of date."""
    names = (STARTS,) if role in (HAS_FINDING, HAD_FINDING) else (STARTS, ENDS)
    least = [Decimal(one) for one in _counts(since + 1, as_of)]
    found: dict[str, Value] = {
        name: Range(min_inclusive=one)
        for some in names
        for name, one in zip(some, least, strict=True)
    }
    return found | {ONGOING: False} if role == RECEIVED else found


def days_since(facets: Iterable[Facet], as_of: datetime.date) -> list[int]:
    """Return the days before the as-of date at which some facets part, the latest first."""
    some = list(facets)
    return _near({*_points(some, STARTS, as_of), *_points(some, ENDS, as_of), 0})


def times(role: str, facets: Iterable[Facet], as_of: datetime.date) -> Iterator[When]:
    """Yield when something may have been, so that all is told apart that some facets tell apart."""
    some = list(facets)
    starts, ends = _points(some, STARTS, as_of), _points(some, ENDS, as_of)
    lengths = _lengths(some)
    named = {facet.property for facet in some}
    dated = bool(named.intersection((*STARTS, *ENDS)))
    weeks = list(_weeks(some)) if role == PROPOSES or WEEKS in named or dated else []
    yield from (When(weeks=one) for one in weeks)
    if role == PROPOSES:
        if ONGOING in named:
            yield from (When(ongoing=one) for one in (True, False))
            yield from (When(weeks=one, ongoing=way) for one in weeks for way in (True, False))
        return
    if role == HAS_FINDING:
        yield from (When(start=one) for one in _near({*starts, *lengths, 0}))
        return
    course = role == RECEIVED
    if course and (ONGOING in named or dated):
        yield from (When(ongoing=one) for one in (True, False))
        yield from (When(weeks=one, ongoing=way) for one in weeks for way in (True, False))
    begun = _near({*starts, *lengths, *(ends if dated else ()), 0})
    for start in begun:
        yield When(start=start, ongoing=True) if course else When(start=start, end=0)
        yield When(start=start)
        if course and ONGOING in named:
            yield When(start=start, ongoing=False)
    if dated:
        yield from (When(on=one) for one in _near({*starts, *ends, 0}))
    if dated or (course and ONGOING in named):
        over = _near({*starts, *ends, 0})
        for end in over:
            yield When(end=end)
            yield from (When(end=end, weeks=one) for one in weeks)
        for start, one in itertools.product(begun, weeks):
            if (end := start - math.floor(one * 7)) >= 0 and end not in over:
                yield When(end=end, weeks=one)
        pairs = {(start, end) for start in begun for end in over}
        pairs |= {(end + length, end) for end in over for length in lengths}
        pairs |= {(start, start - length) for start in begun for length in lengths}
        for start, end in sorted(pairs):
            if 0 <= end <= start <= _FARTHEST:
                yield When(start=start, end=end)


def births(facets: Iterable[Facet], as_of: datetime.date) -> Iterator[When]:
    """Yield how many days ago somebody may have been born, so that some facets are told apart."""
    yield from (When(start=one) for one in _near({*_points(list(facets), AGES, as_of), 0}))


def ages(facets: Iterable[Facet]) -> Iterator[tuple[str, Decimal]]:
    """Yield ages that may be recorded in place of a date of birth, so that facets part."""
    some = list(facets)
    for name, each in zip(AGES, (1, 1, 12), strict=True):
        points = {*_bounds(some, name)}
        if each == 12:
            points |= {one / 12 for one in _bounds(some, AGES[1])}
        elif name == AGES[1]:
            points |= {one * 12 for one in _bounds(some, AGES[2])}
        found = {
            number
            for point in points
            for base in (math.floor(point), math.ceil(point))
            for number in range(base - 1, base + 2)
        }
        yield from ((name, Decimal(one)) for one in sorted(found) if 0 <= one <= _FARTHEST)


def _near(days: set[int]) -> list[int]:
    return sorted(one for one in days if 0 <= one <= _FARTHEST)


def _bounds(facets: Iterable[Facet], name: str) -> set[Fraction]:
    return {
        Fraction(bound)
        for facet in facets
        if facet.property == name and isinstance(facet, RangeFacet)
        for bound in facet.range.bounds().values()
    }


def _points(facets: Iterable[Facet], names: tuple[str, ...], as_of: datetime.date) -> set[int]:
    """Return the days before the as-of date at which facets about a distance part."""
    some = list(facets)
    found = {
        day
        for point in _bounds(some, names[0])
        for base in (math.floor(point), math.ceil(point))
        for day in range(base - 1, base + 2)
    }
    for each, name in ((1, names[1]), (12, names[2])):
        for point in _bounds(some, name):
            for count in range(math.floor(point) - 1, math.ceil(point) + 2):
                day = days_back(count * each, as_of) if count >= 0 else None
                if day is not None:
                    found |= {day - 1, day}
    return found


def _lengths(facets: Iterable[Facet]) -> set[int]:
    """Return how many days something may have lasted, in whole days and in whole weeks."""
    some = list(facets)
    # Whole days tell bounds of weeks apart at seven times as many, whole weeks at their sevens.
    points = {*_bounds(some, DAYS), *(7 * one for one in _bounds(some, WEEKS))}
    if not points and not {DAYS, WEEKS}.intersection(one.property for one in some):
        return set()
    return {
        number
        for point in {*points, Fraction(0)}
        for base in (math.floor(point), math.ceil(point))
        for number in (*range(base - 2, base + 3), 7 * (base // 7), 7 * (base // 7 + 1))
    }


def _weeks(facets: Iterable[Facet]) -> Iterator[Decimal]:
    some = list(facets)
    days = _bounds(some, DAYS) | _bounds(some, STARTS[0])
    first = {one for day in days for one in (math.ceil(day), math.floor(day) + 1)}
    breaks = {*_bounds(some, WEEKS), *(Fraction(day, 7) for day in first)}
    yield from (one for one in representatives(breaks, _PLACES) if one >= 0)
