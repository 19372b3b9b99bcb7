"""Random guidelines with quantities, expressions and intervals, and what these are for a case.

What is known of them is computed here once more, by looking at each record and each day.
"""

from __future__ import annotations

import datetime
import itertools
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import brute
from brute import (
    ENDS,
    FINDING,
    HAD_FINDING,
    HAS_FINDING,
    INTERVENTION,
    ONGOING,
    PROPOSES,
    RECEIVED,
    STARTS,
    And,
    Expression,
    Is,
    Measure,
    Node,
    Not,
    Or,
    Some,
    Span,
    Within,
    number_of,
)
from making import CountingMaker, conforms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from brute import Case, Facet, Guideline, Value

VALUE, OTHER, PRODUCT, GAP, COUNT = "ex:q0", "ex:q1", "ex:e0", "ex:i0", "ind:count"
ORDERED = {"Latest", "Earliest"}
KINDS = ("Latest", "Earliest", "Lowest", "Highest", "Mean", "Sum", "Count", "DaysCovered")
Numbers = tuple[Fraction | None, Fraction | None]
"""The least and the greatest that a number can be, where it is known."""
UNKNOWN: Numbers = (None, None)


# ---------------------------------------------------------------------- what records say


def limits(given: Mapping[str, list[Value]], spans: Mapping[str, Span], name: str) -> Numbers:
    """Return between which numbers a value lies."""
    if name in given:
        value = given[name][0]
        return (number_of(value),) * 2 if isinstance(value, (Decimal, Fraction)) else UNKNOWN
    least = most = None
    for kind, limit in spans[name].bounds if name in spans else ():
        if kind.startswith("min"):
            least = Fraction(limit)
        else:
            most = Fraction(limit)
    return least, most


@dataclass(frozen=True)
class Reader:
    """A guideline and a case of it."""

    guideline: Guideline
    case: Case

    def numbers(self, node: Node, name: str) -> Numbers:
        """Return between which numbers a value of a node lies."""
        values, spans = brute.values_of(self.case, node), brute.limits_of(self.case, node)
        return limits(values, spans, name)

    def surely(self, node: Node, cls: str) -> bool:
        """Tell whether a node is of a class."""
        return any(cls in self.guideline.above[one] for one in node.types)

    def perhaps(self, node: Node, cls: str) -> bool:
        """Tell whether a node may be of a class, as far as there are names for what it is then."""
        above = self.guideline.above.values()
        return self.surely(node, cls) or all(
            any({cls, one} <= up for up in above) for one in node.types
        )

    def satisfies(self, node: Node, facet: Facet) -> bool | None:
        """Tell whether a node satisfies a facet, nothing where that is not known."""
        values, spans = brute.values_of(self.case, node), brute.limits_of(self.case, node)
        if facet.property in values:
            value = values[facet.property][0]
            if isinstance(facet, Is):
                return brute.key(value) == facet.key
            assert isinstance(facet, Within)
            return value in facet.span
        if facet.property not in spans:
            return None
        here = spans[facet.property]
        allowed = self.guideline.data[facet.property]
        assert isinstance(facet, (Is, Within))
        sides = {
            brute.key(value) == facet.key if isinstance(facet, Is) else value in facet.span
            for value in brute.samples([facet, Within(facet.property, here)], allowed)
            if value in here and (allowed is None or value in allowed)
        }
        return sides.pop() if len(sides) == 1 else None

    def complete(self, cls: str, role: str) -> tuple[bool, datetime.date | None]:
        """Tell whether all of a class is recorded, and from which day on it is at least."""
        above = self.guideline.above[cls]
        whole = any(since is None and one in above for one, since in self.case.complete)
        whole |= any(one in above for one in self.case.never)
        whole |= role == RECEIVED and any(not by and one in above for by, one in self.case.excludes)
        days = [since for one, since in self.case.complete if since and one in above]
        return whole, min(days, default=None)

    def members(self, cls: str, role: str) -> list[Node]:
        """Return the nodes that a case has in a role, or had."""
        roles = (HAS_FINDING, HAD_FINDING) if role == HAD_FINDING else (role,)
        return [one for one in self.case.nodes if one.role in roles and self.perhaps(one, cls)]


# ---------------------------------------------------------------------- quantities


def measured(guideline: Guideline, case: Case) -> tuple[Case, bool]:
    """Return a case with all that is computed of it, and whether it records anything otherwise."""
    wrong = False
    nodes = []
    for node in case.nodes:
        here, bad = _computed(Reader(guideline, case), node)
        nodes.append(here)
        wrong |= bad
    case = replace(case, nodes=tuple(nodes))
    reader = Reader(guideline, case)
    found: list[Node] = []
    gone: list[str] = []
    for name, measure in guideline.measures.items():
        numbers = _quantity(reader, measure)
        present = [one for one in case.nodes if one.role == HAS_FINDING]
        own = next((one for one in present if reader.surely(one, name)), None)
        if numbers is None:
            continue
        if numbers == "none":
            wrong |= own is not None
            gone += [] if own else [name]
            continue
        assert not isinstance(numbers, str)
        least, most = numbers
        if not least and most is None:
            continue
        if own is not None:
            wrong |= _apart(reader.numbers(own, measure.value), (least, most))
            continue
        denied = {*case.never, *(one for _, one in case.excludes)}
        if denied & guideline.above[name]:
            counting = measure.aggregate in {"Sum", "Count", "DaysCovered"}
            wrong |= name in denied and (not counting or (least or 0) > 0)
            continue
        node = Node(f"{case.name}-{name}", HAS_FINDING, (name,))
        found.append(_with_numbers(node, measure.value, least, most))
    excludes = (*case.excludes, *(("", name) for name in gone))
    return replace(case, nodes=(*case.nodes, *found), excludes=excludes), wrong


def _apart(one: Numbers, other: Numbers) -> bool:
    """Tell whether no number lies within both bounds."""
    (low, high), (down, up) = one, other
    return (low is not None and up is not None and low > up) or (
        high is not None and down is not None and high < down
    )


def _with_numbers(node: Node, name: str, least: Fraction | None, most: Fraction | None) -> Node:
    if least is not None and least == most:
        return replace(node, values=(*node.values, (name, least)))
    bounds = [("minInclusive", least), ("maxInclusive", most)]
    known = tuple((kind, limit) for kind, limit in bounds if limit is not None)
    return replace(node, within=(*node.within, (name, Span("decimal", known)))) if known else node


def _quantity(reader: Reader, one: Measure) -> Numbers | str | None:
    """Return what is known of a quantity: bounds, that there is "none", or nothing."""
    records = reader.members(one.over, one.role)
    standing = {node.name: _belongs(reader, node, one) for node in records}
    records = [node for node in records if standing[node.name] is not False]
    sure = [node for node in records if standing[node.name]]
    complete = _is_complete(reader, one, sure)
    least_number = one.last or (0 if one.aggregate in {"Sum", "Count", "DaysCovered"} else 1)
    if complete and len(records) < least_number:
        return "none"
    if one.last is not None:
        ordered = _last(reader, one, records, sure) if complete else None
        if ordered is None:
            return None
        records = sure = ordered
    if one.aggregate == "Count":
        return Fraction(len(sure)), Fraction(len(records)) if complete else None
    if one.aggregate == "DaysCovered":
        return _days(reader, one, records, sure, complete=complete)
    numbers = {node.name: reader.numbers(node, one.value) for node in records}
    if one.aggregate in ORDERED:
        return _single(reader, one, records, sure, numbers) if complete and sure else None
    lows = [numbers[node.name][0] for node in records]
    highs = [numbers[node.name][1] for node in records]
    known_low = [low for node in sure if (low := numbers[node.name][0]) is not None]
    known_high = [high for node in sure if (high := numbers[node.name][1]) is not None]
    if one.aggregate in {"Highest", "Lowest"}:
        if not sure:
            return None
        if one.aggregate == "Highest":
            least, most = max(known_low, default=None), _all(highs, max) if complete else None
        else:
            least, most = _all(lows, min) if complete else None, min(known_high, default=None)
        return None if least is None and most is None else (least, most)
    positive = _positive(reader.guideline, one.value)
    closed = complete and len(sure) == len(records) and None not in highs
    closed &= positive or None not in lows
    if one.aggregate == "Mean":
        if not closed or not sure:
            return None
        total = sum(known_low, Fraction(0)), sum(known_high, Fraction(0))
        return _nearest(total[0] / len(sure), total[1] / len(sure))
    if not closed and not positive:
        return None
    most = sum((one for one in highs if one is not None), Fraction(0))
    return sum(known_low, Fraction(0)), most if complete and None not in highs else None


def _all(numbers: Sequence[Fraction | None], how: type | object) -> Fraction | None:
    known = [one for one in numbers if one is not None]
    return how(known) if known and len(known) == len(numbers) else None  # type: ignore[operator]


def _nearest(least: Fraction, most: Fraction) -> Numbers:
    scale = 10**9
    return Fraction(least * scale // 1, scale), Fraction(-(-most * scale // 1), scale)


def _positive(guideline: Guideline, name: str) -> bool:
    span = guideline.data[name]
    return span is not None and any(
        kind.startswith("min") and limit >= 0 for kind, limit in span.bounds
    )


def _belongs(reader: Reader, node: Node, one: Measure) -> bool | None:
    """Tell whether a record is one of a quantity, nothing where that is not known."""
    said = [reader.satisfies(node, facet) for facet in one.facets]
    if False in said:
        return False
    if not all(reader.surely(node, cls) for cls in (one.over, *one.also)):
        possible = all(reader.perhaps(node, cls) for cls in (one.over, *one.also))
        return None if possible else False
    return None if None in said else True


def _is_complete(reader: Reader, one: Measure, sure: Sequence[Node]) -> bool:
    whole, since = reader.complete(one.over, one.role)
    if whole:
        return True
    above = reader.guideline.above[one.over]
    for cls, day in reader.case.complete:
        if day is None or cls not in above:
            continue
        role = RECEIVED if INTERVENTION in reader.guideline.above[cls] else HAD_FINDING
        if cls in (FINDING, INTERVENTION):
            role = RECEIVED if cls == INTERVENTION else HAD_FINDING
        before = brute.before(reader.case, role, day)
        for facet in one.facets:
            if facet.property not in before:
                continue
            least = before[facet.property]
            if least is None:
                if isinstance(facet, Is) and facet.value is True:
                    return True
            elif isinstance(facet, Within) and not any(
                number in facet.span for number in _from(least, facet.span)
            ):
                return True
    if since is not None and (one.last is not None or one.aggregate == "Latest"):
        elapsed = (reader.case.as_of - since).days
        starts = [reader.numbers(node, STARTS[0]) for node in sure]
        recent = [low for low, high in starts if low == high and low is not None and low <= elapsed]
        return len(recent) >= (one.last or 1)
    return False


def _from(least: Fraction, span: Span) -> list[Fraction]:
    points = [Fraction(limit) for _, limit in span.bounds]
    return [
        number
        for point in (*points, least)
        for number in (point - 1, point, point + 1)
        if number >= least
    ]


def _last(
    reader: Reader, one: Measure, records: Sequence[Node], sure: Sequence[Node]
) -> list[Node] | None:
    """Return the latest so many records, nothing where it is not known which these are."""
    days = [reader.numbers(node, STARTS[0]) for node in records]
    if len(sure) < len(records) or any(low is None or low != high for low, high in days):
        return None
    pairs = sorted(zip([low for low, _ in days if low is not None], records, strict=True), key=_day)
    assert one.last is not None
    kept = [node for day, node in pairs if sum(other <= day for other, _ in pairs) <= one.last]
    return kept if len(kept) == one.last else None


def _day(pair: tuple[Fraction, Node]) -> Fraction:
    return pair[0]


def _single(
    reader: Reader,
    one: Measure,
    records: Sequence[Node],
    sure: Sequence[Node],
    numbers: Mapping[str, Numbers],
) -> Numbers | None:
    """Return the bounds of the values of all records that may be the latest, or the earliest."""
    days = {node.name: reader.numbers(node, STARTS[0]) for node in records}
    exact = {name: low for name, (low, high) in days.items() if low == high and low is not None}
    dated = [exact[node.name] for node in sure if node.name in exact]
    kept = list(records)
    if dated:
        latest, earliest = min(dated), max(dated)
        kept = [
            node
            for node in records
            if node.name not in exact
            or not (
                exact[node.name] > latest
                if one.aggregate == "Latest"
                else exact[node.name] < earliest
            )
        ]
    least = _all([numbers[node.name][0] for node in kept], min)
    most = _all([numbers[node.name][1] for node in kept], max)
    return None if least is None and most is None else (least, most)


def _days(
    reader: Reader,
    one: Measure,
    records: Sequence[Node],
    sure: Sequence[Node],
    *,
    complete: bool,
) -> Numbers | None:
    """Count days one by one, those that are covered for certain and those that may be."""
    window = next(
        (
            int(limit)
            for facet in one.facets
            if isinstance(facet, Within) and facet.property == ENDS[0]
            for _, limit in facet.span.bounds
        ),
        None,
    )
    certain: set[int] = set()
    for node in sure:
        start, end = reader.numbers(node, STARTS[0])[0], reader.numbers(node, ENDS[0])[1]
        if start is not None and end is not None:
            certain |= set(range(int(max(end, Fraction(0))), int(start) + 1))
    certain = {day for day in certain if window is None or day < window}
    possible: set[int] | None = set()
    for node in records:
        start, end = reader.numbers(node, STARTS[0])[1], reader.numbers(node, ENDS[0])[0]
        if window is None and start is None:
            possible = None
            break
        assert possible is not None
        last = window - 1 if start is None and window is not None else int(start or 0)
        possible |= set(range(int(max(end or Fraction(0), Fraction(0))), last + 1))
    if not complete:
        if window is None:
            possible = None
        else:
            first = 0
            for cls, day in reader.case.complete:
                if (
                    day is not None
                    and cls in reader.guideline.above[one.over]
                    and INTERVENTION in reader.guideline.above[cls]
                ):
                    first = max(first, (reader.case.as_of - day).days + 1)
            assert possible is not None
            possible |= set(range(first, window))
    if possible is not None and window is not None:
        possible = {day for day in possible if day < window}
    return Fraction(len(certain)), None if possible is None else Fraction(len(possible))


# ---------------------------------------------------------------------- values of a record


def _computed(reader: Reader, node: Node) -> tuple[Node, bool]:
    """Return a record with what is computed of it, and whether it has anything otherwise."""
    wrong = False
    given = {name for name, _ in (*node.values, *node.within)}
    guideline = reader.guideline
    if PRODUCT in guideline.data:
        one, other = reader.numbers(node, VALUE), reader.numbers(node, OTHER)
        if any(limit is not None for limit in one) and any(limit is not None for limit in other):
            least, most = _product(one, other)
            if PRODUCT in given:
                wrong |= _apart(reader.numbers(node, PRODUCT), (least, most))
            else:
                node = _with_numbers(node, PRODUCT, least, most)
    if guideline.gap is not None and node.role != PROPOSES:
        least, most, lacks = _gap(reader, node, guideline.gap)
        if guideline.far is not None:
            least, most, lacks = _counted(least, most, lacks, Fraction(guideline.far))
        if GAP in given:
            own = reader.numbers(node, GAP)
            wrong |= lacks == -1 or (lacks is not None and _apart(own, (Fraction(lacks), None)))
            wrong |= most is not None and _apart(own, (least, most))
        elif lacks is not None:
            node = replace(node, lacks=((GAP, None if lacks == -1 else Fraction(lacks)),))
        elif most is not None:
            node = _with_numbers(node, GAP, least, most)
    return node, wrong


def _counted(
    least: Fraction | None, most: Fraction | None, lacks: Fraction | int | None, far: Fraction
) -> tuple[Fraction | None, Fraction | None, None]:
    """Return the days of an interval that counts so many at most, and always has a number."""
    if lacks is not None:
        least = far if lacks == -1 else Fraction(lacks)
    least = min(least or Fraction(1), far)
    most = far if most is None else min(most, far)
    return (None, None, None) if least == 1 and most == far > 1 else (least, most, None)


def _product(one: Numbers, other: Numbers) -> Numbers:
    """Multiply what is never below nought."""
    low, high = one
    down, up = other
    least = None if low is None or down is None else low * down
    return least or Fraction(0), None if high is None or up is None else high * up


def _gap(
    reader: Reader, node: Node, cls: str
) -> tuple[Fraction | None, Fraction | None, Fraction | int | None]:
    """Return how many days lie between a record and the latest of a class before it.

    The last is below what there is no such number, or -1 where there is none at all.
    """
    role = RECEIVED if INTERVENTION in reader.guideline.above[cls] else HAD_FINDING
    recent, early = reader.numbers(node, STARTS[0])
    nearest: list[Fraction] = []
    sure: list[tuple[Fraction, Fraction]] = []
    for other in reader.members(cls, role):
        if other.name == node.name:
            continue
        after, before = reader.numbers(other, STARTS[0])
        if before is not None and recent is not None and before <= recent:
            continue
        certain = after is not None and early is not None and after > early
        nearest.append(after - early if certain else Fraction(1))  # type: ignore[operator]
        if certain and before is not None and reader.surely(other, cls):
            sure.append((before - (recent or 0), before))
    whole, since = reader.complete(cls, role)
    closed = whole
    missing = Fraction(1)
    if since is not None:
        elapsed = Fraction((reader.case.as_of - since).days)
        closed |= any(before <= elapsed for _, before in sure)
        if early is not None and elapsed >= early:
            missing = elapsed + 1 - early
    least = min([*nearest, *([] if closed else [missing])], default=None)
    if sure:
        return least, min(gap for gap, _ in sure), None
    if whole and not nearest:
        return None, None, -1
    return None, None, least if least is not None and least > 1 else None


# ---------------------------------------------------------------------- random guidelines


class MeasuringMaker(CountingMaker):
    """Makes guidelines that compute values out of many records, and cases with such records."""

    def guideline(self) -> Guideline:
        """Return a guideline within the profile."""
        guideline = super().guideline()
        classes = [cls for cls in guideline.classes if not guideline.apart(cls, cls)]
        spans: list[Span | None] = [
            Span("decimal", (("minInclusive", Decimal(0)),)),
            Span("decimal"),
        ]
        expression = self.chance(0.5)
        span = spans[0] if expression else self.one(spans)
        data = {**guideline.data, VALUE: span, COUNT: Span("integer", spans[0].bounds)}  # type: ignore[union-attr]
        if expression:
            data |= {OTHER: spans[0], PRODUCT: spans[0]}
        gap = self.one(classes) if self.chance(0.5) else None
        far = None
        if gap is not None:
            far = self.one((None, 3, 10, 30))
            data[GAP] = Span("integer", (("maxInclusive", Decimal(far)),) if far else ())
        guideline = replace(guideline, data=data, gap=gap, far=far)
        measures: dict[str, Measure] = {}
        for number in range(self.one((1, 2, 3, 4))):
            name = f"ex:N{number}"
            measures[name] = self._measure(guideline, self.one(classes))
        names = tuple(measures)
        classes_ = {**guideline.classes, **dict.fromkeys(names, (FINDING,))}
        disjoint = (*guideline.disjoint, *((names,) if len(names) > 1 else ()))
        once_here = [cls for role, cls in guideline.once if role == HAS_FINDING]
        disjoint = (*disjoint, *itertools.product(names, once_here))
        once = (*guideline.once, *((HAS_FINDING, name) for name in names))
        guideline = replace(
            guideline, measures=measures, classes=classes_, disjoint=disjoint, once=once
        )
        criteria = {
            name: self._measuring(guideline, body) for name, body in guideline.criteria.items()
        }
        return replace(guideline, criteria=criteria)

    def _measure(self, guideline: Guideline, over: str) -> Measure:
        role = HAD_FINDING if FINDING in guideline.above[over] else RECEIVED
        kind = self.one(KINDS)
        value = COUNT if kind in {"Count", "DaysCovered"} else VALUE
        if value == VALUE and PRODUCT in guideline.data and self.chance(0.5):
            value = PRODUCT
        facets: list[Facet] = []
        window = None
        if self.chance(0.5):
            days = Decimal(self.one((30, 42, 84)))
            end = kind == "DaysCovered" or role == RECEIVED
            facets.append(brute.within(ENDS[0] if end else STARTS[0], maxExclusive=str(days)))
            window = f"P{days}D"
        where: list[Facet] = []
        if role == RECEIVED and self.chance(0.3):
            where.append(Is(ONGOING, self.chance(0.7)))
        elif self.chance(0.25):
            where.append(Within(VALUE, Span("decimal", (("minInclusive", Decimal(1)),))))
        also: tuple[str, ...] = ()
        if where and self.chance(0.3):
            root = FINDING if role == HAD_FINDING else INTERVENTION
            also = (self.one(cls for cls in guideline.classes if root in guideline.above[cls]),)
        last = (
            self.one((1, 2)) if kind in {"Lowest", "Highest", "Mean"} and self.chance(0.3) else None
        )
        return Measure(over, role, kind, value, (*facets, *where), tuple(where), also, window, last)

    def _measuring(self, guideline: Guideline, one: Expression) -> Expression:
        """Let some existentials demand a quantity, or a value that is computed."""
        if isinstance(one, Not):
            return Not(self._measuring(guideline, one.part))
        if isinstance(one, (And, Or)):
            return type(one)(tuple(self._measuring(guideline, part) for part in one.parts))
        if not isinstance(one, Some) or one.role == brute.ITSELF:
            return one
        if self.chance(0.35):
            name = self.one(guideline.measures)
            value = guideline.measures[name].value
            facet = self._number_facet(value, whole=value == COUNT)
            return Some(HAS_FINDING, name, (facet,) if self.chance(0.9) else ())
        if one.role != PROPOSES and self.chance(0.2):
            names = [name for name in (PRODUCT, GAP) if name in guideline.data]
            if names:
                name = self.one(names)
                facet = self._number_facet(name, whole=name == GAP)
                return replace(one, facets=(*one.facets, facet))
        return one

    def _number_facet(self, name: str, *, whole: bool) -> Facet:
        limits: tuple[int | str, ...] = (1, 2, 3, 10, 30) if whole else ("0.5", "2", "3", "6", "9")
        low, high = sorted(Decimal(one) for one in self.random.choices(limits, k=2))
        lower = (self.one(("minInclusive", "minExclusive")), low)
        upper = (self.one(("maxInclusive", "maxExclusive")), high)
        bounds = self.one(((lower,), (upper,), (lower,), (upper,), (lower, upper)))
        return Within(name, Span("integer" if whole else "decimal", bounds))

    def case(self, guideline: Guideline, name: str) -> Case:
        """Return a case with records that quantities are computed from."""
        case = super().case(guideline, name)
        for measure in guideline.measures.values():
            for _ in range(self.one((0, 1, 1, 2, 3))):
                trial = replace(case, nodes=(*case.nodes, self._recorded(guideline, case, measure)))
                if conforms(guideline, trial):
                    case = trial
            if self.chance(0.6):
                up = sorted(guideline.above[measure.over])
                cls = self.one((measure.over, self.one(up)))
                since = None
                if self.chance(0.4):
                    since = case.as_of - datetime.timedelta(days=self.one((29, 30, 41, 42, 100)))
                trial = replace(case, complete=tuple({*case.complete, (cls, since)}))
                if conforms(guideline, trial):
                    case = trial
        return case

    def _recorded(self, guideline: Guideline, case: Case, measure: Measure) -> Node:
        below = [cls for cls, up in guideline.above.items() if measure.over in up]
        above = [one for one in guideline.above[measure.over] if one in guideline.classes]
        cls = self.one((measure.over, measure.over, self.one(below), self.one(above)))
        role = measure.role
        if role == HAD_FINDING:
            role = self.one((HAS_FINDING, HAS_FINDING, HAD_FINDING))
        node = Node(f"{case.name}-m{len(case.nodes)}", role, (cls,))
        start, end = (
            case.as_of - datetime.timedelta(days=days)
            for days in sorted(self.random.choices((0, 5, 29, 30, 41, 42, 83, 90), k=2))[::-1]
        )
        if role == HAS_FINDING:
            node = replace(node, start=start) if self.chance(0.8) else node
        elif role == RECEIVED and self.chance(0.3):
            node = replace(node, on=start)
        else:
            going = role == RECEIVED and self.chance(0.4)
            node = replace(
                node,
                start=start if self.chance(0.85) else None,
                end=end if not going and self.chance(0.8) else None,
                ongoing=True if going else None,
            )
        for name in (VALUE, OTHER):
            if name in guideline.data and self.chance(0.85):
                low, high = sorted(
                    Decimal(one) for one in self.random.choices(("0", "0.5", "1", "2", "3"), k=2)
                )
                if self.chance(0.75):
                    node = replace(node, values=(*node.values, (name, low)))
                elif low < high:
                    span = Span("decimal", (("minInclusive", low), ("maxInclusive", high)))
                    node = replace(node, within=(*node.within, (name, span)))
        return node
