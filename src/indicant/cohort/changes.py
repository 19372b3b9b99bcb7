"""Tell whom another version of a guideline answers otherwise, and in what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from indicant.cohort.disclosure import change
from indicant.cohort.results import ASSESSED
from indicant.cohort.summary import MOST_TOLD

if TYPE_CHECKING:
    from indicant.cohort.results import Answered
    from indicant.cohort.summary import Summary

_NOTHING: Final = "not-applicable"
"""The status of an intervention of which a version does not speak."""


@dataclass(frozen=True)
class Changes:
    """Who is answered otherwise.

    ``interventions`` and ``recommendations`` have what was told before and after, with how many
    patients; ``rows`` who they are. ``compared`` are the patients whom both versions answer, and
    ``changed`` those of them for whom the status of an intervention is another. ``left`` are those
    whom the first version does not answer, by why.
    """

    compared: int
    changed: int
    interventions: pl.DataFrame
    recommendations: pl.DataFrame
    rows: pl.LazyFrame
    left: pl.DataFrame


def changes(before: Answered, after: Answered, *, within: bool = False) -> Changes:
    """Compare what two versions answer for the same patients.

    Args:
        before: what one answers.
        after: what the other answers.
        within: whether to leave out of which the first does not speak.
    """
    old = before.patients.filter(pl.col("state") == ASSESSED).select("patient", old="pattern")
    new = after.patients.filter(pl.col("state") == ASSESSED).select("patient", new="pattern")
    both = new.join(old, on="patient", how="inner", maintain_order="left")
    pairs = both.group_by("old", "new").agg(pl.len().alias("patients")).collect(engine="streaming")
    statuses, answers = after.interventions, after.recommendations
    if within:
        statuses = statuses.filter(
            pl.col("intervention").is_in([one.iri for one in before.plan.interventions])
        )
        answers = answers.filter(
            pl.col("recommendation").is_in([one.iri for one in before.plan.advice])
        )
    interventions = _compared(
        pairs, before.interventions, statuses, "intervention", "status", _NOTHING
    )
    recommendations = _compared(
        pairs, before.recommendations, answers, "recommendation", "answer", None
    )
    touched = interventions.select("old", "new").unique()
    changed = pairs.join(touched, on=["old", "new"], how="semi")["patients"].sum()
    rows = both.join(
        interventions.drop("patients").lazy(),
        on=["old", "new"],
        how="inner",
        maintain_order="left_right",
    )
    return Changes(
        int(pairs["patients"].sum()),
        int(changed),
        _added(interventions, "intervention"),
        _added(recommendations, "recommendation"),
        rows.select("patient", "intervention", "before", "after"),
        _left(before),
    )


def _left(before: Answered) -> pl.DataFrame:
    some = before.patients.filter(pl.col("state") != ASSESSED)
    found = some.group_by("state", "told").agg(pl.len().alias("patients"))
    order = found.sort("patients", "state", "told", descending=[True, False, False])
    return order.collect(engine="streaming")


def _compared(
    pairs: pl.DataFrame,
    before: pl.DataFrame,
    after: pl.DataFrame,
    name: str,
    told: str,
    missing: str | None,
) -> pl.DataFrame:
    """Return what differs, for each pair of patterns."""
    old = pairs.join(before.select(name, old="pattern", before=told), on="old")
    new = pairs.join(after.select(name, new="pattern", after=told), on="new")
    keys = ["old", "new", "patients", name]
    found = new.join(old, on=keys, how="full", coalesce=True)
    if missing is not None:
        found = found.with_columns(pl.col("before", "after").fill_null(missing))
    return found.filter(pl.col("before").ne_missing(pl.col("after"))).sort("old", "new", name)


def _added(found: pl.DataFrame, name: str) -> pl.DataFrame:
    added = found.group_by(name, "before", "after").agg(pl.col("patients").sum())
    return added.sort("patients", name, "before", "after", descending=[True, False, False, False])


def as_record(
    made: Changes, before: Answered, after: Answered, summary: Summary, mark: int = 0
) -> dict[str, Any]:
    """Return it as a program reads it; a number that the summary withholds is null.

    Rows of which the number is withheld stand last, since their place would tell how many they are,
    and what is told of few who are not answered is left out.

    Args:
        made: what is answered otherwise.
        before: the answers of the other version.
        after: those that are asked about.
        summary: what is withheld.
        mark: the place of the other version among several.
    """
    told = _Told((after, before), summary, str(mark))
    left = made.left.head(MOST_TOLD).iter_rows(named=True)
    reasons = [
        {
            **row,
            "patients": told.number(row["patients"], "left", str(mark), row["state"], row["told"]),
        }
        for row in left
        if row["patients"] >= summary.least
    ]
    return {
        "guidelines": before.assessor.catalogue.versions(),
        "compared": told.number(made.compared, "compared", str(mark)),
        "changed": told.number(made.changed, "changed", str(mark)),
        "notAnswered": [row for row in reasons if row["patients"] is not None],
        "interventions": told.listed(made.interventions, "intervention"),
        "recommendations": told.listed(made.recommendations, "recommendation"),
    }


@dataclass(frozen=True)
class _Told:
    """What may be told of changes: labels by the first version that has them, and numbers."""

    versions: tuple[Answered, ...]
    summary: Summary
    mark: str

    def number(self, number: int, *cell: str) -> int | None:
        """Return a number, or nothing where it is withheld."""
        return self.summary.number(*cell) if self.summary.least else number

    def label(self, iri: str, kind: str) -> str:
        """Return what something is called."""
        for one in (version.assessor.catalogue for version in self.versions):
            if kind == "recommendation" and iri in one.recommendations:
                return one.recommendations[iri].label
            if kind == "intervention" and iri in one.labels:
                return one.label(iri)
        return iri

    def listed(self, table: pl.DataFrame, kind: str) -> list[dict[str, Any]]:
        """Return rows, those of which the number is withheld last, in an order of names."""
        rows = [
            {
                kind: row[kind],
                "label": self.label(row[kind], kind),
                "before": row["before"],
                "after": row["after"],
                "patients": self.number(row["patients"], *change(self.mark, kind, row)),
            }
            for row in table.iter_rows(named=True)
        ]
        others = [row for row in rows if row["patients"] is None]
        others.sort(key=lambda row: [row[kind], str(row["before"]), str(row["after"])])
        return [row for row in rows if row["patients"] is not None] + others
