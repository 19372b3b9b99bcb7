"""Guidelines and cases that meet every bound, every step of a hierarchy and every role exactly.

What random guidelines reach by luck stands here for certain: a value at, beside and between all
bounds, by each role; a record of a kind that occurs once and of what is beside it; one step, two
steps and none up the hierarchy; one literal of an implicant, all of them and all but one.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import itertools
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import brute
from brute import (
    AGES,
    CASE,
    DAYS,
    ENDS,
    FINDING,
    HAD_FINDING,
    HAS_FINDING,
    ITSELF,
    ONGOING,
    PROPOSES,
    RECEIVED,
    ROOTS,
    STARTS,
    WEEKS,
    Advice,
    And,
    Case,
    Guideline,
    Iri,
    Is,
    IsA,
    Node,
    Not,
    Or,
    Points,
    Some,
    Span,
    Within,
    within,
)
from making import Maker, conforms
from traps import TODAY, VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from brute import Expression, Facet, Value

HIGH: Within = within("ex:level", "decimal", minInclusive=2)
LEVELS: Mapping[str, Facet] = {
    "at-least": HIGH,
    "more": within("ex:level", "decimal", minExclusive=2),
    "at-most": within("ex:level", "decimal", maxInclusive=2),
    "less": within("ex:level", "decimal", maxExclusive=2),
    "between": within("ex:level", "decimal", minExclusive=1, maxExclusive=3),
    "from-to": within("ex:level", "decimal", minInclusive=1, maxInclusive=3),
    "whole": Within("ex:level", Span("integer")),
    "whole-above": within("ex:level", "integer", minExclusive="1.5"),
    "exactly": Is("ex:level", Decimal(2)),
}
OTHERS: Mapping[str, Facet] = {
    "free-whole": Within("ex:free", Span("integer")),
    "free-number": within("ex:free", "decimal", maxExclusive=2),
    "free-word": Is("ex:free", "a"),
    "free-truth": Is("ex:free", True),
    "firm": Is("ex:firm", True),
    "grave": IsA("ex:severity", "ex:Grave"),
    "worst": Is("ex:severity", Iri("ex:worst")),
    "rare": IsA("ex:rarity", "ex:Rare"),
    "noted": Is("ex:note", Iri("ex:bad")),
    "note-grave": IsA("ex:note", "ex:Grave"),
}
DEGREES = tuple(Iri(one) for one in ("ex:worst", "ex:bad", "ex:mild", "ind:Failed"))
VALUES: Mapping[str, tuple[Value, ...]] = {
    "ex:level": tuple(map(Decimal, ("0.5", "1", "1.5", "1.75", "2", "2.5", "3", "3.5", "-2"))),
    "ex:free": (Decimal(1), Decimal("1.5"), Decimal(2), "a", "b", True, False),
    "ex:firm": (True, False),
    "ex:severity": DEGREES,
    "ex:rarity": DEGREES,
    "ex:note": DEGREES,
}
SINGLE = dataclasses.replace(
    VOCABULARY,
    classes={
        **VOCABULARY.classes,
        "ex:Sign": (FINDING,),
        "ex:Deficit": ("ex:Sign",),
        "ex:Weakness": ("ex:Deficit",),
        "ex:Numbness": ("ex:Deficit",),
        "ex:Pain": (FINDING,),
        "ex:Drill": ("ex:Course",),
        "ex:Both": ("ex:Course", "ex:Act"),
    },
    disjoint=(
        *VOCABULARY.disjoint,
        ("ex:Deficit", "ex:Pain"),
        ("ex:Weakness", "ex:Numbness"),
        ("ex:Exercise", "ex:Act"),
        ("ex:Exercise", "ex:Drill"),
    ),
    once=(*VOCABULARY.once, (RECEIVED, "ex:Diet"), (HAS_FINDING, "ex:Deficit")),
)
"""The vocabulary of the traps, with more that a case has once and what is disjoint with it."""


class Grid(NamedTuple):
    """A guideline, and cases of it that go well together in one document."""

    name: str
    guideline: Guideline
    cases: tuple[Case, ...]


def guideline(criteria: Mapping[str, Expression], *advice: Advice) -> Guideline:
    """Return a guideline of these criteria, each with an indication where nothing else is given."""
    given = advice or tuple(
        Advice(f"ex:for-{name}", "Indication", "ex:Act", f"ex:is-{name}") for name in criteria
    )
    return dataclasses.replace(
        SINGLE,
        criteria={f"ex:is-{name}": one for name, one in criteria.items()},
        advice={one.name: one for one in given},
    )


def numbered(
    cases: Iterable[tuple[Iterable[Node], Iterable[str], Iterable[str]]],
) -> tuple[Case, ...]:
    """Return cases of nodes, exclusions and proposals, with names that no two of them share."""
    found = []
    for number, (nodes, excluded, proposed) in enumerate(cases):
        named = {one.name: f"c{number}-{one.name}" for one in nodes}
        found.append(
            Case(
                f"c{number}",
                TODAY,
                tuple(
                    dataclasses.replace(
                        one, name=named[one.name], place=named.get(one.place, one.place)
                    )
                    for one in nodes
                ),
                tuple(("", cls) for cls in excluded),
                tuple(proposed),
            )
        )
    return tuple(found)


def nodes_of(role: str, classes: Iterable[str], names: Iterable[str]) -> list[Node]:
    """Return a node of each class with each value of some properties, and one with none."""
    values: list[tuple[tuple[str, Value], ...]] = [()]
    for name in names:
        values += [((name, value),) for value in VALUES[name]]
    if "ex:note" in names:
        values.append((("ex:note", Iri("ex:worst")), ("ex:note", Iri("ex:bad"))))
    return [Node("n", role, (cls,), value) for cls in classes for value in values]


def valued(role: str, cls: str, near: tuple[str, ...], facets: Mapping[str, Facet]) -> Grid:
    """Return a grid about the values of one class, and of nodes that are and are not within it."""
    criteria: dict[str, Expression] = {
        name: Some(role, cls, (facet,)) for name, facet in facets.items()
    }
    criteria["two"] = Some(role, cls, tuple(facets.values())[:2])
    names = dict.fromkeys(facet.property for facet in facets.values())
    return Grid(
        f"{role.partition(':')[2]}-{cls.partition(':')[2]}-{next(iter(facets))}",
        guideline(criteria),
        numbered(([one], (), ()) for one in nodes_of(role, near, names)),
    )


def crossed(role: str, cls: str, other: str) -> Grid:
    """Return a grid in which the same record stands in another role than the criteria speak of."""
    level = HIGH
    criteria: dict[str, Expression] = {
        "plain": Some(role, cls),
        "valued": Some(role, cls, (level,)),
        "beside": Some(role, "ex:Act"),
        "below": Some(role, "ex:Exercise"),
        "other": Some(other, cls),
    }
    types = (
        ("ex:Exercise",),
        ("ex:Drill",),
        ("ex:Course",),
        ("ex:Course", "ex:Act"),
        ("ex:Diet",),
        ("ex:Act",),
    )
    values: tuple[tuple[tuple[str, Value], ...], ...] = (
        (),
        (("ex:level", Decimal(1)),),
        (("ex:level", Decimal(2)),),
    )
    return Grid(
        f"{role.partition(':')[2]}-told-by-{other.partition(':')[2]}",
        guideline(criteria),
        numbered(
            ([Node("n", place, one, value)], excluded, ())
            for place in (other, role)
            for one in types
            for value in values
            for excluded in ((), (cls,))
            if place == PROPOSES or not excluded
        ),
    )


def of_kinds() -> Grid:
    """Return a grid about records of a kind that occurs once, and of what is beside the kind."""
    criteria: dict[str, Expression] = {
        "course": Some(RECEIVED, "ex:Course"),
        "exercise": Some(RECEIVED, "ex:Exercise"),
        "care": Some(RECEIVED, "ex:Care"),
        "diet": Some(RECEIVED, "ex:Diet"),
        "also-act": And((Some(RECEIVED, "ex:Course"), Not(Some(RECEIVED, "ex:Act")))),
        "failed-act": And(
            (
                Some(RECEIVED, "ex:Course", (HIGH,)),
                Not(Some(RECEIVED, "ex:Act", (HIGH,))),
            )
        ),
        "failed-care": And(
            (
                Some(RECEIVED, "ex:Course", (HIGH,)),
                Not(Some(RECEIVED, "ex:Care", (HIGH, OTHERS["firm"]))),
            )
        ),
        # A course of that kind would be an act, and what is known of the course is known of it.
        "kind-beside": Or((Not(Some(RECEIVED, "ex:Both")), Some(RECEIVED, "ex:Act", (HIGH,)))),
        "one-kind": Or((Not(Some(RECEIVED, "ex:Exercise")), Not(Some(RECEIVED, "ex:Drill")))),
        "kind-above": Or((Not(Some(RECEIVED, "ex:Drill")), Some(RECEIVED, "ex:Course"))),
        "no-kind": Or((Some(RECEIVED, "ex:Exercise"), Not(Some(RECEIVED, "ex:Course")))),
    }
    types = (
        ("ex:Course",),
        ("ex:Exercise",),
        ("ex:Care",),
        ("ex:Diet",),
        ("ex:Act",),
        ("ex:Course", "ex:Act"),
        ("ex:Both",),
        ("ex:Course", "ex:Below"),
        ("ex:Course", "ex:Above"),
    )
    values: tuple[tuple[tuple[str, Value], ...], ...] = (
        (),
        (("ex:level", Decimal(1)),),
        (("ex:level", Decimal(2)), ("ex:firm", True)),
        (("ex:level", Decimal(2)), ("ex:firm", False)),
    )
    alone = [([Node("n", RECEIVED, one, value)], (), ()) for one in types for value in values]
    two = [
        ([Node("n", RECEIVED, one, values[2]), Node("m", RECEIVED, ("ex:Diet",))], (), ())
        for one in types
        if one != ("ex:Diet",)
    ]
    barred = [
        ([Node("n", RECEIVED, ("ex:Course",), value)], (cls,), ())
        for cls in ("ex:Act", "ex:Exercise", "ex:Diet")
        for value in values
    ]
    return Grid("kinds", guideline(criteria), numbered([*alone, *two, *barred]))


def of_found_kinds() -> Grid:
    """Return the same about findings, of which one kind occurs once."""
    criteria: dict[str, Expression] = {
        "sign": Some(HAS_FINDING, "ex:Sign"),
        "deficit": Some(HAS_FINDING, "ex:Deficit"),
        "weakness": Some(HAS_FINDING, "ex:Weakness"),
        "numbness": Some(HAS_FINDING, "ex:Numbness"),
        "pain": Some(HAS_FINDING, "ex:Pain"),
        "one-kind": Or(
            (Not(Some(HAS_FINDING, "ex:Weakness")), Not(Some(HAS_FINDING, "ex:Numbness")))
        ),
        "a": Some(HAS_FINDING, "ex:A"),
        "not-a": And((Some(HAS_FINDING, "ex:Deficit"), Not(Some(HAS_FINDING, "ex:A")))),
        "not-pain": And((Some(HAS_FINDING, "ex:Deficit"), Not(Some(HAS_FINDING, "ex:Pain")))),
    }
    types = (
        ("ex:Sign",),
        ("ex:Deficit",),
        ("ex:Weakness",),
        ("ex:Numbness",),
        ("ex:Pain",),
        ("ex:Deficit", "ex:A"),
        ("ex:Weakness", "ex:A"),
        ("ex:Pain", "ex:A"),
        ("ex:Pain", "ex:Sign"),
    )
    shown = [
        ([Node("scan", RECEIVED, ("ex:Scan",)), Node("n", "scan", one)], (), ()) for one in types
    ]
    barred = [
        ([Node("n", HAS_FINDING, ("ex:Deficit",))], (cls,), ())
        for cls in ("ex:A", "ex:Pain", "ex:Weakness")
    ]
    excluded = [((), (cls,), ()) for cls in ("ex:Sign", "ex:Deficit", "ex:Weakness", FINDING)]
    alone = [([Node("n", HAS_FINDING, one)], (), ()) for one in types]
    return Grid(
        "found-kinds",
        guideline(criteria),
        numbered([*alone, *shown, *barred, *excluded, ((), (), ())]),
    )


def of_past() -> Grid:
    """Return a grid about what is there and what was: the one of which there is one, and beside."""
    deficit, weak = "ex:Deficit", "ex:Weakness"
    criteria: dict[str, Expression] = {
        "has": Some(HAS_FINDING, deficit),
        "has-weakness": Some(HAS_FINDING, weak),
        "had": Some(HAD_FINDING, deficit),
        "had-sign": Some(HAD_FINDING, "ex:Sign"),
        "had-weakness": Some(HAD_FINDING, weak),
        "had-numbness": Some(HAD_FINDING, "ex:Numbness"),
        "over": And((Some(HAD_FINDING, deficit), Not(Some(HAS_FINDING, deficit)))),
        "never-over": Or((Not(Some(HAD_FINDING, deficit)), Some(HAS_FINDING, deficit))),
        "has-high": Some(HAS_FINDING, deficit, (HIGH,)),
        "had-high": Some(HAD_FINDING, deficit, (HIGH,)),
        "had-weak-high": Some(HAD_FINDING, weak, (HIGH,)),
        "had-low": Some(HAD_FINDING, deficit, (LEVELS["less"],)),
        "high-or-low": Or(
            (Some(HAS_FINDING, deficit, (HIGH,)), Some(HAD_FINDING, deficit, (LEVELS["less"],)))
        ),
        # What is known of the one deficit that there is now is known of one that there was.
        "kind-below": Or((Not(Some(HAS_FINDING, weak)), Some(HAD_FINDING, weak, (HIGH,)))),
        "always": Or((Not(Some(HAS_FINDING, weak, (HIGH,))), Some(HAD_FINDING, "ex:Sign"))),
        "has-pain": Some(HAS_FINDING, "ex:Pain"),
        "had-pain": Some(HAD_FINDING, "ex:Pain"),
        "high-pain-once": Or(
            (
                Some(HAS_FINDING, "ex:Pain", (HIGH,)),
                Some(HAD_FINDING, "ex:Pain", (LEVELS["less"],)),
            )
        ),
    }
    types = (("ex:Sign",), (deficit,), (weak,), (weak, "ex:A"), ("ex:Pain",))
    values: tuple[tuple[tuple[str, Value], ...], ...] = (
        (),
        (("ex:level", Decimal(1)),),
        (("ex:level", Decimal(2)),),
    )
    around = Span("decimal", (("minInclusive", Decimal(1)), ("maxInclusive", Decimal(3))))
    alone = [
        [Node("n", place, one, value)]
        for place in (HAS_FINDING, HAD_FINDING)
        for one in types
        for value in values
    ]
    alone += [
        [Node("n", place, (cls,), within=(("ex:level", around),))]
        for place in (HAS_FINDING, HAD_FINDING)
        for cls in (deficit, weak, "ex:Pain")
    ]
    scan = Node("scan", RECEIVED, ("ex:Scan",))
    alone += [[scan, Node("n", "scan", one)] for one in types]
    alone += [[Node("n", HAS_FINDING, (weak,)), Node("m", HAD_FINDING, (deficit,), values[2])]]
    classes = ("ex:Sign", deficit, weak, "ex:Pain", FINDING)
    cases = [*numbered((nodes, (), ()) for nodes in alone)]
    for number, nodes in enumerate(([], [Node("n", HAD_FINDING, (deficit,), values[1])])):
        for cls in classes:
            short = cls.partition(":")[2]
            named = [dataclasses.replace(one, name=f"x{number}-{short}-n") for one in nodes]
            empty = Case(f"x{number}-{short}", TODAY, tuple(named))
            cases.append(dataclasses.replace(empty, excludes=(("", cls),)))
            if not nodes:
                cases.append(dataclasses.replace(empty, name=f"v-{short}", never=(cls,)))
    known = [
        nodes for nodes in alone if all(one.values and "ex:Sign" not in one.types for one in nodes)
    ]
    for number, nodes in enumerate(known):
        named = [dataclasses.replace(one, name=f"a{number}-{one.name}") for one in nodes]
        cases.append(Case(f"a{number}", TODAY, tuple(named), complete=((deficit, None),)))
    # What is there now may be the one deficit, although there was another one.
    now = Node("now", HAS_FINDING, ("ex:Sign",))
    over = Node("over", HAD_FINDING, (deficit,))
    cases.append(Case("again", TODAY, (now, over), complete=((deficit, None),)))
    return Grid("past", guideline(criteria), tuple(cases))


SINCE: Mapping[str, Facet] = {
    "begun-ever": within(STARTS[0], minInclusive=0),
    "begun-within": within(STARTS[0], maxInclusive=90),
    "begun-before": within(STARTS[0], minInclusive=90),
    "over-within": within(ENDS[0], maxInclusive=90),
    "over-less": within(ENDS[0], maxExclusive=90),
    "over-before": within(ENDS[0], minExclusive=90),
    "over-months": within(ENDS[1], maxExclusive=3),
    "begun-months": within(STARTS[1], minInclusive=2),
    "begun-years": within(STARTS[2], minInclusive=1),
    "over-years": within(ENDS[2], maxExclusive=1),
    "long": within(DAYS, minInclusive=42),
    "going-on": Is(ONGOING, True),
    "stopped": Is(ONGOING, False),
}


def of_windows(role: str, cls: str) -> Grid:
    """Return a grid about when something was: the day before each window, the day and the next."""
    criteria: dict[str, Expression] = {
        name: Some(role, cls, (facet,)) for name, facet in SINCE.items()
    }
    criteria["over-long"] = Some(role, cls, (SINCE["over-within"], SINCE["long"]))

    def day(before: int) -> datetime.date:
        return TODAY - datetime.timedelta(days=before)

    days = (0, 89, 90, 91, 100, 364, 365, 366)
    made = [Node("n", role, (cls,), (), day(one)) for one in days]
    if role != HAS_FINDING:
        made += [Node("n", role, (cls,), on=day(one)) for one in days]
        made += [Node("n", role, (cls,), (), None, day(one)) for one in days]
        made += [
            Node("n", role, (cls,), (), day(one + length), day(one))
            for one in days[1:4]
            for length in (0, 41, 42)
        ]
        made += [
            Node("n", role, (cls,), ((WEEKS, Decimal(weeks)),), None, day(one))
            for one in days[1:4]
            for weeks in ("5.9", "6")
        ]
    made += [Node("n", role, (cls,), ((WEEKS, Decimal(weeks)),)) for weeks in ("6", "12.9", "13")]
    if role in (RECEIVED, PROPOSES):
        made += [
            Node("n", role, (cls,), (), start, ongoing=ongoing)
            for start in (None, day(90))
            for ongoing in (True, False)
        ]
    alone = numbered(([one], (), ()) for one in made)
    every = tuple(
        dataclasses.replace(
            one,
            name=f"a{one.name}",
            nodes=tuple(dataclasses.replace(node, name=f"a{node.name}") for node in one.nodes),
            complete=((cls, None),),
        )
        for one in alone
    )
    since = tuple(
        Case(f"s{number}", TODAY, complete=((cls, day(number)),)) for number in (89, 90, 91, 400)
    )
    more = (*every, *since) if role != PROPOSES else ()
    return Grid(f"windows-{role[4:]}", timed(criteria), (*alone, *more))


def timed(criteria: Mapping[str, Expression]) -> Guideline:
    """Return a guideline whose criteria speak of when something was and whether it goes on."""
    base = guideline(criteria)
    data = {**base.data, ONGOING: Span("boolean")}
    data |= dict.fromkeys((*STARTS, *ENDS), Span("integer"))
    return dataclasses.replace(base, data=data)


def of_days() -> Grid:
    """Return a grid of cases on the days about which years, leap years and centuries turn."""
    role, cls = RECEIVED, "ex:Course"
    criteria: dict[str, Expression] = {
        name: Some(role, cls, (facet,)) for name, facet in SINCE.items() if "year" not in name
    }
    cases = []
    for year in (1900, 2000, 2001, 2004):
        for month, number in ((1, 1), (2, 28), (3, 1), (12, 31)):
            as_of = datetime.date(year, month, number)
            before = as_of - datetime.timedelta(days=90)
            for name, node in (
                ("begun", Node("", role, (cls,), (), before)),
                ("ended", Node("", role, (cls,), (), None, before)),
            ):
                named = f"{name}-{as_of}"
                own = dataclasses.replace(node, name=f"{named}-n")
                cases.append(Case(named, as_of, (own,)))
    return Grid("days", timed(criteria), tuple(cases))


def of_missing(role: str, cls: str) -> Grid:
    """Return a grid of cases that record all since the first or another day of a month.

    What they may not record was the day before at the latest, which is the last of a month.
    """
    criteria: dict[str, Expression] = {
        f"{name[4:]}-{number}": Some(role, cls, (within(name, maxExclusive=number),))
        for name, numbers in zip((*STARTS, *ENDS), ((31,), (1, 2), (1,)) * 2, strict=True)
        for number in numbers
    }
    criteria["going-on"] = Some(role, cls, (SINCE["going-on"],))
    firsts = [datetime.date(2023, month, 1) for month in range(1, 13)]
    firsts += [datetime.date(year, 3, 1) for year in (1900, 2000, 2001, 2004)]
    firsts += [datetime.date(2023, 5, 2), datetime.date(2023, 5, 30)]
    pairs = [(one, later) for one in firsts for later in _ends(one.year, one.month + 1)]
    pairs += [(firsts[0], later) for later in (*_ends(2023, 12), *_ends(2024, 12))]
    if role != RECEIVED:
        pairs = pairs[::9]
    cases = [
        Case(f"m{number}", as_of, complete=((cls, since),))
        for number, (since, as_of) in enumerate(dict.fromkeys(pairs))
    ]
    return Grid(f"missing-{role[4:]}", timed(criteria), tuple(cases))


def _ends(year: int, month: int) -> Iterable[datetime.date]:
    """Yield the days about the end of a month, counted on from January of a year."""
    years, month = divmod(month - 1, 12)
    first = datetime.date(year + years, month + 1, 1)
    for days in (26, 27, 28, 29, 30):
        yield first + datetime.timedelta(days=days)


def of_itself() -> Grid:
    """Return a grid about the patient: every age at and beside its bounds, and the sex."""
    days, months, years = AGES
    facets: dict[str, Facet] = {
        "months-from": within(months, minInclusive=216),
        "months-below": within(months, maxExclusive=216),
        "months-above": within(months, minExclusive=227),
        "months-to": within(months, maxInclusive=227),
        "years-from": within(years, minInclusive=18),
        "years-below": within(years, maxExclusive=18),
        "years-above": within(years, minExclusive=18),
        "years-to": within(years, maxInclusive=18),
        "days-from": within(days, minInclusive=28),
        "days-below": within(days, maxExclusive=28),
        "woman": Is("ind:sex", Iri("ind:Female")),
    }
    base = timed({name: Some(ITSELF, CASE, (facet,)) for name, facet in facets.items()})
    sexes = ("ind:Female", "ind:Male", "ind:OtherSex")
    base = dataclasses.replace(
        base,
        data={**base.data, **dict.fromkeys(AGES, Span("integer", (("minInclusive", Decimal(0)),)))},
        objects={**base.objects, "ind:sex": True},
        reach={**base.reach, "ind:sex": "ind:Sex"},
        kinds={**base.kinds, "ind:Sex": ()},
        individuals={**base.individuals, **dict.fromkeys(sexes, ("ind:Sex",))},
    )
    known: list[tuple[str, Value]] = [
        *((years, Decimal(number)) for number in (17, 18, 19)),
        *((months, Decimal(number)) for number in (204, 215, 216, 227, 228, 239, 240)),
        *((days, Decimal(number)) for number in (27, 28, 6600)),
        *(("ind:sex", Iri(one)) for one in sexes),
    ]
    cases = [Case(f"v{n}", TODAY, values=(one,)) for n, one in enumerate(known)]
    births = (
        TODAY,
        TODAY - datetime.timedelta(days=27),
        TODAY - datetime.timedelta(days=28),
        *(TODAY.replace(year=2008, day=day) for day in (21, 22, 23)),
        *(TODAY.replace(year=2007, day=day) for day in (22, 23)),
    )
    cases += [Case(f"b{n}", TODAY, born=one) for n, one in enumerate(births)]
    return Grid("itself", base, (*cases, Case("nothing", TODAY)))


def of_cells(role: str, cls: str) -> Grid:
    """Return a grid about facets that one value can satisfy together, or that none can."""
    grave, slight, fatal = (IsA("ex:severity", f"ex:{one}") for one in ("Grave", "Slight", "Fatal"))
    noted = [IsA("ex:note", one.cls) for one in (grave, slight)]
    whole, above, below = LEVELS["whole"], LEVELS["more"], LEVELS["at-most"]
    days = [within(DAYS, minExclusive=41), within(DAYS, maxExclusive=42)]
    near = [
        within("ex:level", "decimal", minExclusive=2),
        within("ex:level", "decimal", maxExclusive=3),
    ]

    def one(*facets: Facet) -> Some:
        return Some(role, cls, facets)

    criteria: dict[str, Expression] = {
        "grave-or-slight": Or((one(grave), one(slight), one(fatal))),
        "grave-and-slight": And((one(grave), one(slight))),
        "not-both": Or((Not(one(grave)), Not(one(slight)))),
        "at-once": one(grave, slight),
        "worst-and-slight": one(Is("ex:severity", Iri("ex:worst")), slight),
        "noted-at-once": one(*noted),
        "noted-apart": And((one(noted[0]), one(noted[1]))),
        "above-and-below": one(above, below),
        "above-or-below": Or((one(above), one(below))),
        "between": one(*near),
        "whole-between": one(whole, *near),
        "between-days": one(*days),
        "days-or": Or((one(days[0]), one(days[1]))),
        "true-and-false": And((one(Is("ex:firm", True)), one(Is("ex:firm", False)))),
        "true-or-false": Or((one(Is("ex:firm", True)), one(Is("ex:firm", False)))),
        "word-and-number": And((one(OTHERS["free-word"]), one(OTHERS["free-number"]))),
        "low-grade": Or(
            (one(within("ex:grade", maxExclusive=3)), one(within("ex:grade", minExclusive=2)))
        ),
        "off-the-scale": one(within("ex:grade", maxExclusive=0)),
        "on-the-scale": one(within("ex:grade", maxInclusive=100)),
    }
    names = ("ex:severity", "ex:note", "ex:firm", "ex:level", "ex:free")
    grades = [Node("n", role, (cls,), (("ex:grade", Decimal(n)),)) for n in (0, 2, 3, 5)]
    notes = (("ex:note", Iri("ex:mild")), ("ex:note", Iri("ex:bad")))
    grades.append(Node("n", role, (cls,), notes))
    return Grid(
        f"cells-{cls[3:]}",
        guideline(criteria),
        numbered(([node], (), ()) for node in [*nodes_of(role, (cls,), names)[::3], *grades]),
    )


LOWER: tuple[tuple[tuple[str, str], ...], ...] = (
    (),
    *((("minInclusive", number),) for number in ("1", "1.5", "2")),
    *((("minExclusive", number),) for number in ("1", "1.5", "2")),
    (("minInclusive", "2"), ("minExclusive", "1")),
    (("minInclusive", "1"), ("minExclusive", "2")),
    (("minInclusive", "2"), ("minExclusive", "2")),
)
UPPER = tuple(
    tuple((kind.replace("min", "max"), str(4 - Decimal(number))) for kind, number in one)
    for one in LOWER
)
WHOLE: Mapping[str, Facet] = {
    "grade-at-least": within("ex:grade", minInclusive=2),
    "grade-more": within("ex:grade", minExclusive=2),
    "grade-at-most": within("ex:grade", maxInclusive=2),
    "grade-less": within("ex:grade", maxExclusive=2),
    "grade-exactly": Is("ex:grade", Decimal(2)),
}
BETWEEN: Mapping[str, Facet] = {
    **LEVELS,
    "whole-from": within("ex:level", "integer", minInclusive="1.5"),
    "whole-below": within("ex:level", "integer", maxExclusive="2.5"),
    "whole-to": within("ex:level", "integer", maxInclusive="2.5"),
    "whole-at-least": within("ex:level", "integer", minInclusive=2),
    "whole-more": within("ex:level", "integer", minExclusive=2),
    "whole-at-most": within("ex:level", "integer", maxInclusive=2),
    "whole-less": within("ex:level", "integer", maxExclusive=2),
}


def of_bounds(role: str, cls: str, facets: Mapping[str, Facet]) -> Grid:
    """Return a grid of values known within bounds: at, beside, about and between those of facets.

    Of a bound of each kind on each side, some value lies within.
    """
    name = next(iter(facets.values())).property
    criteria: dict[str, Expression] = {
        label: Some(role, cls, (facet,)) for label, facet in facets.items()
    }
    spans = [
        Span("decimal", tuple((kind, Decimal(number)) for kind, number in (*low, *high)))
        for low in LOWER
        for high in UPPER
        if low or high
    ]
    base = guideline(criteria)
    own = base.data[name]
    spans = [
        one
        for one in spans
        if any(
            value in one and (own is None or value in own)
            for value in brute.samples([Within(name, one)], own)
        )
    ]
    spans = spans if role == RECEIVED else spans[::12]
    return Grid(
        f"bounds-{name[3:]}-{role[4:]}",
        base,
        numbered(([Node("n", role, (cls,), within=((name, one),))], (), ()) for one in spans),
    )


def of_several() -> Grid:
    """Return a grid about two and three of something: all of them, one too few, one in doubt."""
    act, above, below, diet = "ex:Act", "ex:Above", "ex:Below", "ex:Diet"
    criteria: dict[str, Expression] = {
        "one": Some(RECEIVED, act),
        "two": Some(RECEIVED, act, least=2),
        "three": Some(RECEIVED, act, least=3),
        "two-high": Some(RECEIVED, act, (HIGH,), least=2),
        "two-late": Some(RECEIVED, act, (SINCE["over-within"],), least=2),
        "two-above": Some(RECEIVED, above, least=2),
    }

    def day(before: int) -> datetime.date:
        return TODAY - datetime.timedelta(days=before)

    def nodes(*classes: str, role: str = RECEIVED, level: int = 2, ago: int = 10) -> list[Node]:
        values = (("ex:level", Decimal(level)),)
        on = None if role == PROPOSES else day(ago)
        return [
            Node(f"{role[4:]}{number}", role, (cls,), values, on=on)
            for number, cls in enumerate(classes)
        ]

    known = (
        nodes(),
        nodes(act),
        nodes(act, act),
        nodes(act, below),
        nodes(act, above),
        nodes(act, diet),
        nodes(above, above),
        nodes(act, below, act),
        nodes(act, act, level=1),
        nodes(act, act, ago=120),
        [*nodes(act), *nodes(act, act, role=PROPOSES)],
        [*nodes(act), *nodes(act, role=PROPOSES)],
    )
    complete: tuple[tuple[tuple[str, datetime.date | None], ...], ...] = (
        (),
        ((act, None),),
        ((above, None),),
        ((diet, None),),
        ((act, day(100)),),
        ((above, day(100)),),
        ((act, day(50)),),
        ((diet, day(100)),),
    )
    cases = []
    for number, some in enumerate(known):
        for at, closed in enumerate(complete):
            name = f"c{number}{'abcdefgh'[at]}"
            own = tuple(dataclasses.replace(one, name=f"{name}-{one.name}") for one in some)
            cases.append(Case(name, TODAY, own, complete=closed))
    return Grid("several", timed(criteria), tuple(cases))


def of_plans() -> Grid:
    """Return a grid of proposals that are all that there are, or may not be."""
    act, diet, below = "ex:Act", "ex:Diet", "ex:Below"
    criteria: dict[str, Expression] = {
        "act": Some(PROPOSES, act),
        "high": Some(PROPOSES, act, (HIGH,)),
        "diet": Some(PROPOSES, diet),
        "below": Some(PROPOSES, below),
        "done": Some(RECEIVED, act),
    }
    found: list[tuple[list[Node], tuple[str, ...]]] = [([], ())]
    found += [([], (cls,)) for cls in (act, diet, "ex:Above")]
    found += [
        ([Node("n", PROPOSES, (cls,), values)], ())
        for cls in (act, diet, "ex:Above", below)
        for values in ((), (("ex:level", Decimal(1)),), (("ex:level", Decimal(2)),))
    ]
    cases = []
    for number, (nodes, classes) in enumerate(found):
        for told in (None, True, False):
            name = f"p{number}{told}"
            named = tuple(dataclasses.replace(one, name=f"{name}-n") for one in nodes)
            closed = ((act, None),) if told is None else ()
            case = Case(name, TODAY, named, proposes=classes, all_planned=told, complete=closed)
            cases.append(case)
    cases += [
        Case(f"u{number}", TODAY, unplanned=(cls,))
        for number, cls in enumerate((act, diet, "ex:Above", below))
    ]
    return Grid("plans", guideline(criteria), tuple(cases))


def of_once() -> Grid:
    """Return a grid of records that may be the one course, had it not been another one before."""
    late = Some(RECEIVED, "ex:Course", (SINCE["over-within"],))

    def day(before: int) -> datetime.date:
        return TODAY - datetime.timedelta(days=before)

    found: list[Case] = []
    for cls in ("ex:Course", "ex:Exercise", "ex:Act", "ex:Diet"):
        for ago in (10, 120):
            for since in (None, day(100), day(50)):
                name = f"o{len(found)}"
                nodes = (
                    Node(f"{name}-n", RECEIVED, ("ex:Care",)),
                    Node(f"{name}-m", RECEIVED, (cls,), on=day(ago)),
                )
                found.append(Case(name, TODAY, nodes, complete=(("ex:Course", since),)))
    return Grid("once", timed({"late": late, "any": Some(RECEIVED, "ex:Course")}), tuple(found))


def of_scores() -> Grid:
    """Return a grid of two scores that count some of the same: none, some and all of it."""
    classes = ("ex:A", "ex:B", "ex:High")
    criteria: dict[str, Expression] = {cls[3:].lower(): Some(HAS_FINDING, cls) for cls in classes}
    for score, most in (("ex:s0", 4), ("ex:s1", 5)):
        for number in range(1, most + 1):
            least = Span("integer", (("minInclusive", Decimal(number)),))
            criteria[f"{score[3:]}-{number}"] = Points(score, least)
    base = dataclasses.replace(
        guideline(criteria),
        scores={
            "ex:s0": (("ex:is-a", 1), ("ex:is-b", 3)),
            "ex:s1": (("ex:is-b", 1), ("ex:is-high", 4)),
        },
    )
    cases = []
    for told in itertools.product(("has", "excludes", ""), repeat=3):
        pairs = list(zip(classes, told, strict=True))
        nodes = [Node(cls[3:], HAS_FINDING, (cls,)) for cls, how in pairs if how == "has"]
        cases.append((nodes, [cls for cls, how in pairs if how == "excludes"], ()))
    return Grid("scores", base, numbered(cases))


def of_literals() -> Grid:
    """Return a grid of conjunctions of one to three literals, with all, some and none of them."""
    a, b, high = (Some(HAS_FINDING, cls) for cls in ("ex:A", "ex:B", "ex:High"))
    criteria: dict[str, Expression] = {
        "one": a,
        "two": And((a, b)),
        "three": And((a, b, high)),
        "mixed": And((a, Not(b))),
        "either": Or((And((a, b)), And((high, Not(a))))),
        "always": Or((a, Not(a))),
        "never": And((a, Not(a))),
    }
    advice = (
        Advice("ex:for-one", "Indication", "ex:Act", "ex:is-one", ("ex:for-mixed", "ex:not-three")),
        Advice("ex:for-mixed", "Indication", "ex:Below", "ex:is-mixed"),
        Advice("ex:for-always", "Indication", "ex:Diet", "ex:is-always", ("ex:for-never",)),
        Advice("ex:for-never", "Indication", "ex:Diet", "ex:is-never"),
        Advice("ex:not-two", "Contraindication", "ex:Above", "ex:is-two"),
        Advice("ex:not-three", "Contraindication", "ex:Diet", "ex:is-three"),
        Advice("ex:no-reason", "NonIndication", "ex:Act", "ex:is-either"),
    )
    cases = []
    for first in ("has", "excludes", "says nothing of"):
        for second in ("has", "excludes", "says nothing of"):
            for third in ("has", "excludes", "says nothing of"):
                told = {"ex:A": first, "ex:B": second, "ex:High": third}
                nodes = [
                    Node(cls[3:], HAS_FINDING, (cls,)) for cls, how in told.items() if how == "has"
                ]
                cases.append((nodes, [cls for cls, how in told.items() if how == "excludes"], ()))
    return Grid("literals", guideline(criteria, *advice), numbered(cases))


def of_steps() -> Grid:
    """Return a grid of three classes above one another, present, absent, shown and proposed."""
    criteria: dict[str, Expression] = {}
    for role, classes in (
        (HAS_FINDING, ("ex:High", "ex:Middle", "ex:Low")),
        (HAD_FINDING, ("ex:High", "ex:Middle", "ex:Low")),
        (RECEIVED, ("ex:Above", "ex:Act", "ex:Below")),
        (PROPOSES, ("ex:Above", "ex:Act", "ex:Below")),
    ):
        for cls in classes:
            criteria[f"{role[4:]}-{cls[3:]}".lower()] = Some(role, cls)
    cases: list[tuple[Iterable[Node], Iterable[str], Iterable[str]]] = []
    for cls in ("ex:High", "ex:Middle", "ex:Low", FINDING):
        cases += [([Node("n", HAS_FINDING, (cls,))], (), ()), ((), (cls,), ())]
        cases.append(([Node("n", HAD_FINDING, (cls,))], (cls,), ()))
        scan = Node("scan", RECEIVED, ("ex:Scan",))
        cases.append(([scan, Node("n", "scan", (cls,))], (), ()))
    for cls in ("ex:Above", "ex:Act", "ex:Below", "ind:Intervention"):
        cases += [
            ([Node("n", RECEIVED, (cls,))], (), ()),
            ([Node("n", PROPOSES, (cls,))], (), ()),
            ((), (cls,), ()),
            ((), (), (cls,)),
            ((), (cls,), (cls,)),
        ]
    made = numbered(cases)
    scanned = tuple(
        Case(f"s{n}", TODAY, (Node(f"s{n}-scan", RECEIVED, ("ex:Scan",)),), ((f"s{n}-scan", cls),))
        for n, cls in enumerate(("ex:High", "ex:Middle", "ex:Low", "ex:Above", FINDING))
    )
    never = tuple(
        Case(f"v{n}", TODAY, never=(cls,))
        for n, cls in enumerate(("ex:High", "ex:Middle", "ex:Low", FINDING))
    )
    return Grid("steps", guideline(criteria), (*made, *scanned, *never))


BOUNDS: Mapping[str, Facet] = {
    "days-from": within(DAYS, minInclusive=42),
    "days-above": within(DAYS, minExclusive=42),
    "days-to": within(DAYS, maxInclusive=42),
    "days-below": within(DAYS, maxExclusive=42),
    "weeks-from": within(WEEKS, "decimal", minInclusive=6),
    "weeks-above": within(WEEKS, "decimal", minExclusive=6),
    "weeks-to": within(WEEKS, "decimal", maxInclusive=6),
    "weeks-below": within(WEEKS, "decimal", maxExclusive=6),
    "weeks-whole": Within(WEEKS, Span("integer")),
}
LENGTHS = ("0", "0.1", "5.9", "5.999", "6", "6.1", "6.142857", "6.143", "7")


def of_lengths(role: str, cls: str) -> Grid:
    """Return a grid about how long something has lasted, by dates and by weeks."""
    criteria: dict[str, Expression] = {
        name: Some(role, cls, (facet,)) for name, facet in BOUNDS.items()
    }

    def day(before: int) -> datetime.date:
        return TODAY - datetime.timedelta(days=before)

    made = [Node("n", role, (cls,), ((WEEKS, Decimal(number)),)) for number in LENGTHS]
    if role != PROPOSES:
        made += [Node("n", role, (cls,), (), day(days)) for days in (0, 41, 42, 43, 400)]
    if role != HAS_FINDING:
        # It began long before, and ended so many days later.
        made += [Node("n", role, (cls,), (), day(100), day(100 - days)) for days in (0, 41, 42, 43)]
    if role == PROPOSES:
        made.append(Node("n", role, (cls,), (), day(100)))
    return Grid(
        f"lengths-{role[4:]}", guideline(criteria), numbered(([one], (), ()) for one in made)
    )


def of_dates(role: str) -> Grid:
    """Return a grid of courses over the ends of months, of leap years and of centuries."""
    starts = [
        datetime.date(year, month, 28)
        for year in (1899, 1900, 2000, 2019)
        for month in range(1, 13)
    ]
    length = (1, 3, 32, 42, 366, 1461)
    made = [
        Node("n", role, ("ex:Course",), (), one, one + datetime.timedelta(days=days))
        for number, one in enumerate(starts)
        for days in (length[number % len(length)],)
    ]
    made += [
        Node("n", role, ("ex:Course",), (), datetime.date(1000, 1, 1)),
        Node("n", role, ("ex:Course",), (), datetime.date(1582, 10, 4), TODAY),
        Node("n", role, ("ex:Course",), (), TODAY, TODAY),
    ]
    long = Some(role, "ex:Course", (within(DAYS, minInclusive=42),))
    return Grid(
        f"dates-{role[4:]}", guideline({"long": long}), numbered(([one], (), ()) for one in made)
    )


@functools.cache
def grids() -> tuple[Grid, ...]:
    """Return all of them."""
    courses = ("ex:Course", "ex:Exercise", "ex:Care", "ex:Diet")
    deficits = ("ex:Deficit", "ex:Sign", "ex:Pain")
    found = [
        valued(role, cls, near, facets)
        for role, cls, near in (
            (RECEIVED, "ex:Course", courses),
            (RECEIVED, "ex:Act", ("ex:Below",)),
            (HAS_FINDING, "ex:Deficit", deficits),
            (HAD_FINDING, "ex:Deficit", deficits),
            (PROPOSES, "ex:Act", ("ex:Act", "ex:Above")),
        )
        for facets in (LEVELS, OTHERS)
    ]
    found += [crossed(RECEIVED, "ex:Course", PROPOSES), crossed(PROPOSES, "ex:Course", RECEIVED)]
    found += [of_kinds(), of_found_kinds(), of_past(), of_literals(), of_steps()]
    found += [
        of_lengths(role, cls)
        for role, cls in (
            (RECEIVED, "ex:Course"),
            (HAS_FINDING, "ex:A"),
            (HAD_FINDING, "ex:A"),
            (PROPOSES, "ex:Act"),
        )
    ]
    found += [
        of_windows(role, cls)
        for role, cls in (
            (RECEIVED, "ex:Act"),
            (HAS_FINDING, "ex:A"),
            (HAD_FINDING, "ex:A"),
            (PROPOSES, "ex:Act"),
        )
    ]
    found += [of_cells(*one) for one in ((RECEIVED, "ex:Course"), (RECEIVED, "ex:Act"))]
    found += [of_cells(HAS_FINDING, "ex:Pain"), of_dates(RECEIVED), of_dates(PROPOSES), of_days()]
    found += [of_missing(RECEIVED, "ex:Act"), of_missing(HAD_FINDING, "ex:A"), of_itself()]
    found += [of_bounds(RECEIVED, "ex:Course", one) for one in (BETWEEN, WHOLE)]
    found += [of_bounds(PROPOSES, "ex:Act", BETWEEN), of_several()]
    found += [of_plans(), of_once(), of_scores()]
    return tuple(found)


# ---------------------------------------------------------------------- random, at the bounds


class EdgeMaker(Maker):
    """Makes random guidelines of what the grids are made of, with values at and beside bounds.

    Findings, interventions that were received and proposals are tried alike, each several steps
    above and below what a criterion speaks of, and with what is disjoint or beside a kind.
    """

    def guideline(self) -> Guideline:
        """Return a guideline within the profile."""
        every = [*LEVELS.values(), *OTHERS.values(), *BOUNDS.values()]
        few = self.random.sample(every, 8)
        found: dict[Some, None] = {}
        for _ in range(self.random.randint(8, 11)):
            role = self.one((HAS_FINDING, HAD_FINDING, RECEIVED, RECEIVED, PROPOSES))
            chosen = self.random.sample(few, self.one((0, 0, 1, 1, 1, 2)))
            found[Some(role, self.one(self._classes(role)), tuple(chosen))] = None
        pool = list(found)
        criteria: dict[str, Expression] = {}
        for number in range(self.random.randint(6, 8)):
            some = self.random.sample(pool, self.random.randint(1, 4))
            size = self.one((1, 2, 3, 4, 6))
            criteria[f"ex:C{number}"] = self._expression(self.one((0, 1, 2)), size, some, criteria)
        return self._advice(dataclasses.replace(SINGLE, criteria=criteria))

    def case(self, guideline: Guideline, name: str) -> Case:
        """Return a case of a few nodes with values that lie at bounds or beside them."""
        case = Case(name, TODAY)
        for number in range(self.one((0, 1, 2, 3, 4, 5))):
            role = self.one((HAS_FINDING, HAD_FINDING, RECEIVED, RECEIVED, PROPOSES))
            types = tuple(self.random.sample(self._classes(role), self.one((1, 1, 1, 2))))
            node = Node(f"{name}-n{number}", role, types)
            for path in self.random.sample(list(VALUES), self.one((0, 1, 2, 3))):
                node = dataclasses.replace(
                    node, values=(*node.values, (path, self.one(VALUES[path])))
                )
            node = self._long(node)
            trial = dataclasses.replace(case, nodes=(*case.nodes, node))
            case = trial if conforms(guideline, trial) else case
        for _ in range(self.one((0, 1, 2, 3))):
            role = self.one((HAS_FINDING, RECEIVED))
            excluded = (*case.excludes, ("", self.one(self._classes(role))))
            trial = dataclasses.replace(case, excludes=tuple(dict.fromkeys(excluded)))
            if role == HAS_FINDING and self.chance(0.4):
                trial = dataclasses.replace(case, never=(*case.never, excluded[-1][1]))
            case = trial if conforms(guideline, trial) else case
        if self.chance(0.4):
            case = dataclasses.replace(case, proposes=(self.one(self._classes(PROPOSES)),))
        asked = [
            one for body in guideline.criteria.values() for one in brute.atoms_of(guideline, body)
        ]
        return self._completed(guideline, case, asked) if asked else case

    def _classes(self, role: str) -> list[str]:
        return [cls for cls, up in SINGLE.above.items() if ROOTS[role] in up]

    def _long(self, node: Node) -> Node:
        """Let something have lasted about as long as a bound says, by dates or by weeks."""
        if self.chance(0.5):
            return node
        if node.role == PROPOSES or self.chance(0.4):
            weeks = (WEEKS, Decimal(self.one(LENGTHS)))
            return dataclasses.replace(node, values=(*node.values, weeks))
        days = datetime.timedelta(days=self.one((0, 41, 42, 43)))
        end = TODAY
        if node.role in (RECEIVED, HAD_FINDING):
            if self.chance(0.5):
                end -= datetime.timedelta(days=self.one((1, 300)))
                node = dataclasses.replace(node, end=end)
            elif node.role == RECEIVED:
                node = dataclasses.replace(node, ongoing=self.one((None, True, True, False)))
        return dataclasses.replace(node, start=end - days)
