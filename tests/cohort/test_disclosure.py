"""Nothing that is withheld follows from all that a record tells, by all tables there may be."""

from __future__ import annotations

import functools
import itertools
import random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import polars as pl
import pytest

from indicant.cohort import changes, summary
from indicant.cohort.disclosure import ALL, Compared
from indicant.cohort.kernel import STATUS_WORDS
from indicant.cohort.results import STATES
from indicant.cohort.summary import Lacking, Summary

if TYPE_CHECKING:
    from indicant.cohort.results import Answered

LEAST: Final = 3
MOST: Final = 8
"""How many patients a table may have."""
FEWER: Final = 7
"""How many have those tables that are looked at, so that others have room."""
WORDS: Final = {"no": "not-applicable", "open": "undetermined", "yes": "recommended"}
ANSWERS: Final = {"no": "refuted", "open": "open", "yes": "met"}
LACKS: Final = (("no", ""), ("open", "A"), ("open", "B"), ("open", "AB"), ("yes", ""))
KINDS: Final = tuple((old, new, lacks) for old in WORDS for new, lacks in LACKS)
"""What a patient is answered before and after, and which facts the answer waits for."""
Number = tuple[str, ...]
Table = tuple[int, ...]


def numbers() -> dict[Number, list[bool]]:
    """Return what a record may tell, by which kinds of patients count for it."""
    found: dict[Number, list[bool]] = {
        ("total",): [True for _ in KINDS],
        ("compared",): [True for _ in KINDS],
        ("changed",): [old != new for old, new, _ in KINDS],
    }
    for word in WORDS:
        found["status", word] = [new == word for _, new, _ in KINDS]
    for one, other in itertools.permutations(WORDS, 2):
        found["change", one, other] = [(old, new) == (one, other) for old, new, _ in KINDS]
    for fact in "AB":
        found["answers", fact] = [fact in lacks for *_, lacks in KINDS]
        found["alone", fact] = [lacks == fact for *_, lacks in KINDS]
    return found


COUNTED: Final = numbers()


@functools.cache
def tables() -> np.ndarray[Any, Any]:
    """Return the numbers of all tables, those of one after the other."""
    found = []
    for many in range(1, MOST + 1):
        for bars in itertools.combinations(range(many + len(KINDS) - 1), len(KINDS) - 1):
            ends = (-1, *bars, many + len(KINDS) - 1)
            found.append([b - a - 1 for a, b in itertools.pairwise(ends)])
    matrix = np.array(list(COUNTED.values()), dtype=np.int16).T
    return np.array(found, dtype=np.int16) @ matrix


def told(table: Table) -> dict[Number, int | None]:
    """Return what a record tells of a table: what is withheld is None, what is not told nought."""
    value = {
        name: sum(many for many, counts in zip(table, counted, strict=True) if counts)
        for name, counted in COUNTED.items()
    }
    cells: dict[tuple[str, ...], int] = {("total", ALL): sum(table)}
    cells |= {("patients", one, ALL): sum(table) if one == STATES[0] else 0 for one in STATES}
    back = {word: one for one, word in WORDS.items()}
    for status in STATUS_WORDS:
        cells["status", "i", status, ALL] = value["status", back[status]] if status in back else 0
    cells["done", "r", "met", ALL] = value["status", "yes"]
    lacking = [
        Lacking(
            fact,
            fact,
            None,
            value["answers", fact],
            value["answers", fact],
            value["alone", fact],
            waiting={"i"},
        )
        for fact in "AB"
        if value["answers", fact]
    ]
    made = Summary([], cells, lacking, {})
    plan = SimpleNamespace(
        interventions=[SimpleNamespace(iri="i", favouring=[0], opposing=[])],
        decisions=[SimpleNamespace(iri="r")],
        advice=[SimpleNamespace(iri="r", fulfilled=None)],
    )
    catalogue = SimpleNamespace(
        recommendations={"r": SimpleNamespace(action="i", label="r")}, versions=list
    )
    answered = cast(
        "Answered",
        SimpleNamespace(
            plan=plan,
            assessor=SimpleNamespace(catalogue=catalogue),
            labels={"i"},
            label=str,
            weights=lambda: None,
        ),
    )
    compared = changes.Changes(
        value["compared",],
        value["changed",],
        rows_of(value, "intervention", "i", WORDS),
        rows_of(value, "recommendation", "r", ANSWERS),
        pl.LazyFrame(),
        pl.DataFrame(
            schema={"state": pl.String, "told": pl.String, "patients": pl.Int64},
        ),
    )
    catalogue.labels, catalogue.label = {"i"}, str
    made.withhold(LEAST, answered, [Compared(compared, answered, answered)])
    record = changes.as_record(compared, answered, answered, made)
    shown: dict[Number, int | None] = dict.fromkeys(COUNTED, 0)
    patients = made.patients()
    # Where it is not told how many are assessed, it is not told of others either.
    assert patients["assessed"] is not None or list(patients.values()).count(None) > 1
    shown["total",] = patients["assessed"]
    shown["compared",], shown["changed",] = record["compared"], record["changed"]
    for one, word in WORDS.items():
        shown["status", one] = made.number("status", "i", word, ALL)
    for kind, words in (("interventions", WORDS), ("recommendations", ANSWERS)):
        names = {word: one for one, word in words.items()}
        for row in record[kind]:
            name = ("change", names[row["before"]], names[row["after"]])
            shown[name] = either(shown[name], row["patients"])
    for lack in made.lacking:
        row = summary._missing(made, lack)
        assert row["patients"] == row["answers"]
        for word in ("answers", "alone"):
            shown[word, lack.term] = row[word]
    met = made.number("done", "r", "met", ALL)
    shown["status", "yes"] = either(shown["status", "yes"], met)
    return shown


def either(one: int | None, other: int | None) -> int | None:
    """Return what is told, if it is told in one of two places."""
    return one or other if None in (one, other) else max(one or 0, other or 0)


def rows_of(value: dict[Number, int], kind: str, iri: str, words: dict[str, str]) -> pl.DataFrame:
    """Return who is answered otherwise as it is counted, those who are most first."""
    rows = [
        (iri, words[name[1]], words[name[2]], many)
        for name, many in value.items()
        if name[0] == "change" and many
    ]
    table = pl.DataFrame(rows, schema=[kind, "before", "after", "patients"], orient="row")
    return table.sort("patients", descending=True)


@pytest.fixture(autouse=True)
def _nothing_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would close asks a guideline."""
    monkeypatch.setattr(summary, "_add_closing", lambda *_: None)


@pytest.mark.many(49)
@pytest.mark.parametrize("seed", range(400))
def test_each_number_that_is_withheld_may_be_another_one(seed: int) -> None:
    """Among all tables of a few patients that tell the same, and have the same rows."""
    dice = random.Random(seed)  # noqa: S311
    some = dice.sample(range(len(KINDS)), dice.choice((2, 3, 4, 8)))
    drawn = dice.choices(some, k=dice.randrange(3, FEWER + 1))
    table = tuple(drawn.count(one) for one in range(len(KINDS)))
    shown = told(table)
    names = list(COUNTED)
    for name, number in shown.items():
        assert not 0 < (number or 0) < LEAST, name
    every = tables()
    fits = np.ones(len(every), dtype=bool)
    for at, name in enumerate(names):
        number = shown[name]
        if number is not None:
            fits &= every[:, at] == number
        elif name[0] in ("change", "answers"):
            fits &= every[:, at] > 0
    left = every[fits]
    alike = [name for at, name in enumerate(names) if np.ptp(left[:, at]) == 0]
    # Here all are compared, and a fact that is the only one is that of all who are open: numbers
    # of these that are large enough may be known.
    large = {name for at, name in enumerate(names) if left[0, at] >= LEAST}
    harmless = {name for name in large if name[0] in ("answers", "alone", "compared")}
    worked_out = {name for name in alike if shown[name] is None and name not in harmless}
    assert worked_out - {("compared",)} == set()
