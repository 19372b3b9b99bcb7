"""What a number known within bounds establishes, as existentials over intervals.

Who knows of a record that a value lies in [3, 7] knows neither that it is at most 5 nor that it is
more, and yet that it is one of the two. Such a fact has to be an existential of its own for
implicants to name it: that the value lies in a run of neighbouring cells, a *cell* being a stretch
of numbers between two bounds that criteria name. The runs of one property are made for each
expression that demands several ranges of it; what they entail is up to the theory.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections import defaultdict
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from indicant.compile.model import (
    ClassFacet,
    Existential,
    Facet,
    Range,
    RangeFacet,
    RecordFacet,
    implied,
    is_kind,
)
from indicant.terms import TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from indicant.compile.implicants import Literal
    from indicant.compile.model import Model
    from indicant.compile.theory import Theory

MOST_CUTS: Final = 8
"""At how many places criteria may part the values of one property for each run to be made.

With more of them, what is known within bounds is known of one range at a time: an answer that rests
on several of them together may be open.
"""


class Cut(NamedTuple):
    """A place between numbers: just before one, or just after it."""

    number: Decimal
    after: bool


class _Level(NamedTuple):
    """A record on the way from a case to a value: what leads to it, its classes, what else it has.

    A role leads to the first, a property of the one before to each other.
    """

    by: str
    classes: frozenset[str]
    others: frozenset[Facet]


class _Demand(NamedTuple):
    way: tuple[_Level, ...]
    range: Range


def intervals(theory: Theory, model: Model, own: Iterable[Existential]) -> dict[Existential, str]:
    """Return existentials over the runs of cells that ranges in one expression make.

    Args:
        theory: what tells which classes are recorded once.
        model: the vocabulary.
        own: the existentials of an expression in normal form.

    Returns:
        Each with the properties that lead to the value of which it has a run, and none of those
        given.
    """
    own = set(own)  # of what is counted nothing is known within bounds together
    demands: dict[str, list[_Demand]] = defaultdict(list)
    for atom in sorted((one for one in own if one.least == 1), key=repr):
        first = _Level(atom.role, frozenset({atom.filler}), atom.facets)
        for names, demand in _demands(model, (first,), ()):
            demands[names].append(demand)
    found: dict[Existential, str] = {}
    for names, some in demands.items():
        for way in sorted(_places(theory, model, some), key=repr):
            once = _is_single(theory, model, way)
            ranges = {one.range for one in some if _covers(theory, model, way, one.way)}
            name = names.rpartition(" ")[2]
            for run in _runs(model, name, sorted(ranges, key=repr), once=once):
                atom = _atom(way, RangeFacet(name, run))
                if atom not in own:
                    found[atom] = names
    return found


def _demands(
    model: Model, way: tuple[_Level, ...], names: tuple[str, ...]
) -> Iterator[tuple[str, _Demand]]:
    """Yield the ranges that the last record on a way is to have values in, and those beyond it."""
    *before, last = way
    every = last.others
    for name in {facet.property for facet in every} - model.scores.keys():
        # Of a score each bound is a fact of its own.
        here = [facet for facet in every if facet.property == name]
        if len(here) == 1 and isinstance(here[0], RangeFacet):
            if here[0].range.integral and not is_whole(model, name):
                continue  # whole numbers among others are no stretch
            level = last._replace(others=every - {here[0]})
            yield " ".join((*names, name)), _Demand((*before, level), here[0].range)
    for facet in every:
        if isinstance(facet, RecordFacet):
            kinds = {one for one in facet.facets if is_kind(one)}
            inner = _Level(
                facet.property, frozenset(one.cls for one in kinds), facet.facets - kinds
            )
            level = last._replace(others=every - {facet})
            yield from _demands(model, (*before, level, inner), (*names, facet.property))


def _atom(way: Sequence[_Level], facet: Facet) -> Existential:
    """Return that the last record on a way satisfies a facet."""
    first, *rest = way
    for level in reversed(rest):
        kinds = {ClassFacet(TYPE, cls) for cls in level.classes}
        facet = RecordFacet(level.by, frozenset({facet, *level.others, *kinds}))
    (filler,) = first.classes
    return Existential(first.by, filler, first.others | {facet})


def _singles(theory: Theory, model: Model, way: Sequence[_Level]) -> Iterator[bool]:
    """Yield of each record on a way whether it is the only one."""
    (filler,) = way[0].classes
    single = theory.once(Existential(way[0].by, filler)) is not None
    yield single
    for level in way[1:]:
        single = single and level.by in model.functional
        yield single


def _is_single(theory: Theory, model: Model, way: Sequence[_Level]) -> bool:
    return all(_singles(theory, model, way))


def _covers(theory: Theory, model: Model, way: Sequence[_Level], other: Sequence[_Level]) -> bool:
    """Tell whether a range that is demanded on another way is one of the value of a place."""
    (filler,), (theirs,) = way[0].classes, other[0].classes
    if other[0].by not in implied(way[0].by):
        return False
    for number, single in enumerate(_singles(theory, model, way)):
        here, there = way[number], other[number]
        if number == 0 and single:
            if model.disjoint(theirs, filler):
                return False
        elif not single:
            above = _above(model, here, number)
            if not (there.classes <= above and there.others <= here.others):
                return False
    return True


def _above(model: Model, level: _Level, number: int) -> frozenset[str]:
    """Return every class that a record on a way is of."""
    always = model.kinds.get(level.by, frozenset()) if number else frozenset()
    return always.union(*(model.above[cls] for cls in level.classes))


def stretches(ranges: Sequence[Range], allowed: Sequence[Range | str | None]) -> Iterator[Range]:
    """Yield every stretch of numbers from where one of some ranges begins or ends to another.

    The last one has all of these places in it.

    Args:
        ranges: what tells numbers apart.
        allowed: the ranges of the property, by each version of a vocabulary.
    """
    numeric = [one for one in allowed if isinstance(one, Range)]
    whole = bool(numeric) and len(numeric) == len(allowed) and all(one.integral for one in numeric)
    places = [ends(one, whole=whole) for one in (*ranges, *numeric)]
    cuts = sorted({cut for pair in places for cut in pair if cut is not None})
    for start, end in itertools.combinations([None, *cuts, None], 2):
        if start is not None or end is not None:
            yield dataclasses.replace(_range(start, end, whole=whole), integral=False)
    if cuts:
        yield Range(min_inclusive=cuts[0].number.to_integral_value(ROUND_FLOOR) - 1)


def reduced(numbers: Range, allowed: Range | str | None) -> Range:
    """Return a range without the bounds that whatever a property can have keeps anyway.

    What is known of a value within bounds is known together with the range of its property.
    """
    if not isinstance(allowed, Range):
        return numbers
    start, end = ends(numbers, whole=allowed.integral)
    first, last = ends(allowed, whole=allowed.integral)
    if start is not None and first is not None and first >= start:
        numbers = dataclasses.replace(numbers, min_inclusive=None, min_exclusive=None)
    if end is not None and last is not None and last <= end:
        numbers = dataclasses.replace(numbers, max_inclusive=None, max_exclusive=None)
    return numbers


def redundant(
    theory: Theory, model: Model, literals: Iterable[Literal], made: Mapping[Existential, str]
) -> bool:
    """Tell whether an implicant says in several literals what one run says of the same value.

    A value lies within one interval, and the run of the cells that this meets entails whatever it
    establishes; the implicant with that run in their place is there as well.

    Args:
        theory: what tells which classes are recorded once.
        model: the vocabulary.
        literals: the implicant.
        made: the existentials over runs, each with the properties that lead to the value.
    """
    some = list(literals)

    def of_the_same(one: Existential, other: Literal) -> bool:
        atom = other.existential
        if atom.role not in implied(one.role):
            return False
        *through, _ = made[one].split(" ")
        if made[one] not in _names(atom.facets):
            return False
        root = theory.once(one)
        if root is not None and theory.once(atom) == root:
            return model.functional.issuperset(through)
        return not through and not other.present and atom.filler in model.above[one.filler]

    return any(
        of_the_same(one.existential, other)
        for one in some
        if one.existential in made
        for other in some
        if other != one
    )


def _names(facets: Iterable[Facet]) -> Iterator[str]:
    """Yield the properties of which facets demand values, each with those that lead to it."""
    for facet in facets:
        yield facet.property
        if isinstance(facet, RecordFacet):
            yield from (f"{facet.property} {name}" for name in _names(facet.facets))


def _places(theory: Theory, model: Model, demands: Sequence[_Demand]) -> set[tuple[_Level, ...]]:
    """Return of which records, and with which other facets, two ranges are demanded.

    A record of which a case has one is known by each of its values alone, and whatever is not
    disjoint with it may be demanded of it. Of two roles the one that implies the other counts.
    """
    found = set()
    nothing: frozenset[Facet] = frozenset()
    for one, other in itertools.combinations(demands, 2):
        roles = {one.way[0].by, other.way[0].by}
        role = next((role for role in roles if roles <= implied(role)), None)
        if role is None or one.range == other.range:
            continue
        for low, high in ((one.way, other.way), (other.way, one.way)):
            (mine,), (theirs,) = low[0].classes, high[0].classes
            root = theory.once(Existential(role, mine))
            both = low[0].others | high[0].others
            if root is not None:
                if model.disjoint(root, theirs):
                    continue
                first = _Level(role, frozenset({root}), nothing)
            elif theirs in model.above[mine]:
                first = _Level(role, frozenset({mine}), both)
            else:
                continue
            way, single = [first], root is not None
            for here, there in zip(low[1:], high[1:], strict=True):
                single = single and here.by in model.functional
                classes = frozenset() if single else _lowest(model, here.classes | there.classes)
                others = nothing if single else here.others | there.others
                way.append(_Level(here.by, classes, others))
            if not any(
                model.disjoint(*pair)
                for number, level in enumerate(way[1:], 1)
                for pair in itertools.combinations(_above(model, level, number), 2)
            ):
                found.add(tuple(way))
    return found


def _lowest(model: Model, classes: frozenset[str]) -> frozenset[str]:
    """Return classes without those that others of them are below."""
    return frozenset(
        cls for cls in classes if not any(cls != one and cls in model.above[one] for one in classes)
    )


def is_whole(model: Model, name: str) -> bool:
    """Tell whether a property has whole numbers only."""
    allowed = model.ranges.get(name)
    return isinstance(allowed, Range) and allowed.integral


def _runs(model: Model, name: str, ranges: Sequence[Range], *, once: bool) -> Iterable[Range]:
    """Yield every run of cells that tells something which no range among them tells alone."""
    whole = is_whole(model, name)
    allowed = model.ranges.get(name)
    low, high = ends(allowed, whole=whole) if isinstance(allowed, Range) else (None, None)
    places = [ends(one, whole=whole) for one in ranges]
    cuts = sorted({cut for pair in places for cut in pair if cut is not None})
    cuts = [cut for cut in cuts if (low is None or cut > low) and (high is None or cut < high)]
    if len(cuts) > MOST_CUTS:
        return
    edges = [low, *cuts, high]
    cells = [
        frozenset(at for at, place in enumerate(places) if within((left, right), place))
        for left, right in itertools.pairwise(edges)
    ]
    for first, last in itertools.combinations_with_replacement(range(len(cells)), 2):
        run = cells[first : last + 1]
        least = {cell for cell in run if not any(other < cell for other in run)}
        if not once and len(least) == 1:
            continue  # what all of its values satisfy is what the ranges say
        interval = _range(edges[first], edges[last + 1], whole=whole)
        if interval not in ranges:
            yield interval


def within(inner: tuple[Cut | None, Cut | None], outer: tuple[Cut | None, Cut | None]) -> bool:
    """Tell whether all numbers between two places lie between two others; no place is no end."""
    (left, right), (start, end) = inner, outer
    return (start is None or (left is not None and left >= start)) and (
        end is None or (right is not None and right <= end)
    )


def ends(numbers: Range, *, whole: bool) -> tuple[Cut | None, Cut | None]:
    """Return where a range begins and ends, among whole numbers or among all."""
    starts = [
        Cut(number, after)
        for number, after in ((numbers.min_inclusive, False), (numbers.min_exclusive, True))
        if number is not None
    ]
    ends = [
        Cut(number, after)
        for number, after in ((numbers.max_inclusive, True), (numbers.max_exclusive, False))
        if number is not None
    ]
    if whole:
        starts, ends = list(map(_before, starts)), list(map(_before, ends))
    return max(starts, default=None), min(ends, default=None)


def _before(cut: Cut) -> Cut:
    """Return the same place among whole numbers, as one just before a number."""
    number = cut.number.to_integral_value(ROUND_CEILING)
    return Cut(number + 1 if cut.after and number == cut.number else number, False)


def _range(start: Cut | None, end: Cut | None, *, whole: bool) -> Range:
    if whole:
        return Range(
            integral=True,
            min_inclusive=None if start is None else start.number,
            max_inclusive=None if end is None else end.number - 1,
        )
    return Range(
        min_inclusive=None if start is None or start.after else start.number,
        min_exclusive=start.number if start is not None and start.after else None,
        max_inclusive=end.number if end is not None and end.after else None,
        max_exclusive=None if end is None or end.after else end.number,
    )
