"""That verification knows the cases of every day, where criteria count both days and months."""

from __future__ import annotations

import dataclasses
import datetime
import random
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import pytest

from brute import (
    DAYS,
    ENDS,
    HAD_FINDING,
    HAS_FINDING,
    RECEIVED,
    STARTS,
    Case,
    Node,
    Some,
    Span,
    Within,
    within,
)
from each import each
from grids import timed
from indicant.possible import space
from indicant.possible.asof import days_that_differ
from indicant.possible.facts import AS_OF
from oracle import Bench, Proofs

if TYPE_CHECKING:
    from brute import Expression, Facet, Guideline

CYCLE: Final = 146_097
"""After how many days the calendar comes again."""
CLASSES: Final = {
    RECEIVED: ("ex:Course", "ex:Diet"),
    HAS_FINDING: ("ex:Deficit",),
    HAD_FINDING: ("ex:Deficit",),
}
MONTHS: Final = (1, 2, 3, 11, 12)
LENGTHS: Final = (28, 30, 31, 59, 61, 89, 90, 92, 334, 365)
"""Days that are so many months on some days, and on others are not."""


class DayMaker:
    """Makes random guidelines that count days and months, and cases about any day."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self.role = self.random.choice(list(CLASSES))

    def guideline(self) -> Guideline:
        """Return one that demands of each class some numbers of days, and some of months."""
        facets: list[Facet] = []
        for names in (STARTS, ENDS) if self.role != HAS_FINDING else (STARTS,):
            for name, numbers in zip(names[:2], (LENGTHS, MONTHS), strict=True):
                for _ in range(2):
                    kind = self.random.choice(("minInclusive", "maxInclusive", "maxExclusive"))
                    limit = Decimal(self.random.choice(numbers))
                    facets.append(Within(name, Span("integer", ((kind, limit),))))
        return timed(
            {
                f"{cls.removeprefix('ex:')}-{number}": Some(self.role, cls, (facet,))
                for cls in CLASSES[self.role]
                for number, facet in enumerate(facets)
            }
        )

    def case(self, name: str) -> Case:
        """Return one record of dates at such numbers of days or a day beside, as of any day."""
        as_of = datetime.date(2000, 1, 1) + datetime.timedelta(self.random.randrange(CYCLE))
        if self.random.random() < 0.7:
            as_of = as_of.replace(day=self.random.choice((1, 27, 28)))
            as_of += datetime.timedelta(self.random.choice((0, 1, 2, 3)))
        start, end = sorted(
            as_of - datetime.timedelta(self.random.choice(LENGTHS) + self.random.choice((-1, 0, 1)))
            for _ in range(2)
        )
        node = Node(f"{name}-n", self.role, (self.random.choice(CLASSES[self.role]),))
        known = self.random.choice(("start", "end", "both"))
        if known != "end" or self.role == HAS_FINDING:
            node = dataclasses.replace(node, start=start)
        if known != "start" and self.role != HAS_FINDING:
            node = dataclasses.replace(node, end=end)
        return Case(name, as_of, (node,))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 9))
def test_cases_of_every_day_are_cases_that_verification_knows(seed: int) -> None:
    """And its witnesses, on whatever day, are borne out."""
    maker = DayMaker(seed)
    made = Bench(maker.guideline(), ("oxigraph",))
    proofs = Proofs([made])
    cases = [maker.case(f"c{number}") for number in range(60)]
    assert made.compare(cases[:10]) == []
    for case in each(cases):
        assert proofs.impossible(case) == [], case
    assert proofs.strays(24) == []


class LastingMaker(DayMaker):
    """Demands of one record how long it lasted as well, and says that all is recorded."""

    def guideline(self) -> Guideline:
        """Return one that demands days, months and a length of one record at once."""
        names = STARTS if self.role == HAS_FINDING else self.random.choice((STARTS, ENDS))
        criteria: dict[str, Expression] = {}
        for number, cls in enumerate(CLASSES[self.role] * 2):
            facets = []
            for name, numbers in ((names[1], MONTHS), (names[0], LENGTHS), (DAYS, LENGTHS)):
                kind = self.random.choice(("minInclusive", "maxInclusive"))
                limit = Decimal(self.random.choice(numbers))
                facets.append(Within(name, Span("integer", ((kind, limit),))))
            criteria[f"C{number}"] = Some(self.role, cls, tuple(facets[number % 2 :]))
            criteria[f"D{number}"] = Some(self.role, cls, tuple(facets[:2]))
        return timed(criteria)

    def case(self, name: str) -> Case:
        """Return one of which all may be recorded, or all from a day on, and perhaps nothing is."""
        one = super().case(name)
        cls = self.random.choice(CLASSES[self.role])
        days = self.random.choice(LENGTHS) + self.random.choice((-1, 0, 1))
        since = self.random.choice((None, one.as_of - datetime.timedelta(days)))
        if self.random.random() < 0.5:
            one = dataclasses.replace(one, complete=((cls, since),))
        return dataclasses.replace(one, nodes=()) if self.random.random() < 0.2 else one


@pytest.mark.slow
@pytest.mark.parametrize("seed", [21, 22, 23])
def test_what_lasted_and_what_is_complete_is_known_of_every_day(seed: int) -> None:
    maker = LastingMaker(seed)
    made = Bench(maker.guideline(), ("oxigraph",))
    proofs = Proofs([made])
    cases = [maker.case(f"c{number}") for number in range(40)]
    assert made.compare(cases[:6]) == []
    for case in each(cases):
        assert proofs.impossible(case) == [], case
    assert proofs.strays(12) == []


@pytest.mark.slow
def test_one_day_alone_would_call_impossible_what_is_possible(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that the test above sees what it is there for."""
    missed = 0
    monkeypatch.setattr(space, "days_that_differ", lambda *_: (AS_OF,))
    for seed in range(1, 5):
        maker = DayMaker(seed)
        made = Bench(maker.guideline(), ("oxigraph",))
        proofs = Proofs([made])
        cases = [maker.case(f"c{number}") for number in range(60)]
        missed += sum(bool(proofs.impossible(case)) for case in cases)
    assert missed > 0


def of_days(days: int, months: int) -> tuple[datetime.date, ...]:
    """Return the days that are told apart by "so many days at most, and so many months"."""
    both = (within(STARTS[0], maxInclusive=days), within(STARTS[1], minInclusive=months))
    made = Bench(timed({"both": Some(RECEIVED, "ex:Course", both)}), ("oxigraph",))
    proofs = Proofs([made])
    return days_that_differ(proofs.space._kinds, ())


def test_three_months_are_ninety_days_on_some_day() -> None:
    """On 1 January they are 92 days, so that 91 are no three months."""
    assert of_days(90, 3) == (AS_OF, datetime.date(2026, 3, 1))


@pytest.mark.slow
def test_days_that_tell_nothing_apart_are_left_out() -> None:
    """Three months have from 89 to 92 days, never 88, and always 93 to spare."""
    assert of_days(88, 3) == (AS_OF,)
    assert of_days(93, 3) == (AS_OF,)
