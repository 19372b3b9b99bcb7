"""Answer for all patients of a source, and write who gets which answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from indicant.cohort import kernel
from indicant.cohort.establishing import Establisher
from indicant.cohort.kernel import ANSWERS, FULFILMENTS, STATUS_WORDS, Kernel
from indicant.cohort.patterns import Consistency, Patterns
from indicant.cohort.plan import disputed_in, plan_of
from indicant.errors import IndicantError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from indicant.assess.assessor import Assessor
    from indicant.cohort.establishing import Found, Given
    from indicant.cohort.plan import Plan

FORMS: Final = ("parquet", "csv", "ndjson")
ASSESSED: Final = "assessed"
INCONSISTENT: Final = "inconsistent"
INVALID: Final = "invalid"
TWICE: Final = "twice"
STATES: Final = (ASSESSED, INCONSISTENT, INVALID, TWICE)
"""What may have become of a patient: answered, or told why not."""
_APART: Final = "give each an IRI or id of its own"
_MOST_NAMED: Final = 1_000
_MOST_PLACES: Final = 3
_CHUNK: Final = 100_000
_SCHEMA: Final = {
    "patient": pl.String,
    "state": pl.String,
    "pattern": pl.UInt32,
    "told": pl.String,
    "place": pl.String,
}


@dataclass
class Answered:
    """All patients of a source with their answers, as frames that are read when they are asked for.

    ``patients`` has a row for each: the name, what became of it, the number of the pattern of its
    facts, what is told of it where it was not assessed, where it stands, and the stratum.
    ``interventions`` and ``recommendations`` have a row for each pattern and each of them, with
    words; ``decisions`` one for each pattern and criterion.
    """

    assessor: Assessor
    plan: Plan
    patterns: Patterns
    patients: pl.LazyFrame
    interventions: pl.DataFrame
    recommendations: pl.DataFrame
    decisions: pl.DataFrame
    literals: pl.DataFrame

    @property
    def names(self) -> tuple[str, ...]:
        """The literals, in the order of their numbers."""
        return self.plan.literals

    def weights(self) -> pl.DataFrame:
        """Return how many patients of each stratum have each pattern and were assessed."""
        of_those = self.patients.filter(pl.col("state") == ASSESSED)
        counted = of_those.group_by("stratum", "pattern").agg(pl.len().alias("patients"))
        return counted.sort("stratum", "pattern").collect(engine="streaming")


@dataclass
class Cohort:
    """Answers for all patients of a source by one guideline.

    Args:
        assessor: the guideline.
        as_of: a day for all cases, in place of their own.
        progress: told after each so many patients how many there were.
    """

    assessor: Assessor
    as_of: str | None = None
    progress: Callable[[int], None] | None = None

    def __post_init__(self) -> None:
        self.plan = plan_of(self.assessor.compiled.graph)
        self._kernel = Kernel(self.plan, disputed_in(self.assessor.catalogue.evidence))

    def answer(
        self,
        patients: Iterable[Given | Found],
        folder: Path,
        strata: Mapping[str, str] | None = None,
    ) -> Answered:
        """Answer for patients, and keep who they are in a folder.

        Args:
            patients: each with the statements of the case.
            folder: where rows are put that are not held.
            strata: to what each patient belongs, by name.

        Raises:
            IndicantError: something cannot be read.
        """
        establisher = Establisher(self.assessor, self.plan, self.as_of)
        return self.gather(establisher.found(patients), folder, strata)

    def gather(
        self, found: Iterable[Found], folder: Path, strata: Mapping[str, str] | None = None
    ) -> Answered:
        """Answer for patients of whom it was found elsewhere what is established; see ``answer``.

        Raises:
            IndicantError: something cannot be read.
        """
        patterns = Patterns(Consistency(self.assessor, self.plan))
        rows: list[tuple[str, str, int | None, str | None, str]] = []
        chunks = total = 0
        for one in found:
            given, total = one.given, total + 1
            if one.problem:
                rows.append((given.patient, INVALID, None, one.problem, given.place))
            else:
                number = patterns.number(one.literals)
                clash = patterns.clashes.get(number)
                state = INCONSISTENT if clash else ASSESSED
                told = patterns.consistency.words(clash) if clash else None
                rows.append((given.patient, state, number, told, given.place))
            if len(rows) >= _CHUNK:
                _write_chunk(rows, folder, chunks)
                rows, chunks = [], chunks + 1
            if self.progress is not None and total % 1_000 == 0:
                self.progress(total)
        if rows or not chunks:
            _write_chunk(rows, folder, chunks)
        everybody = pl.scan_parquet(folder / "chunk-*.parquet")
        return self._answered(patterns, _with_strata(_once(everybody), strata))

    def _answered(self, patterns: Patterns, patients: pl.LazyFrame) -> Answered:
        literals = patterns.frame(self.plan)
        answers = self._kernel.answered(literals.lazy()).collect()
        plan = self.plan
        interventions = [
            answers.select(
                "pattern",
                intervention=pl.lit(one.iri),
                status=_words(kernel.status(number), STATUS_WORDS),
                disputed=pl.col(kernel.disputed(number)),
                fulfilment=_words(kernel.done(number), FULFILMENTS),
            )
            for number, one in enumerate(plan.interventions)
        ]
        recommendations = [
            answers.select(
                "pattern",
                recommendation=pl.lit(one.iri),
                answer=_words(kernel.answer(one.decision), ANSWERS),
                superseded=pl.col(kernel.superseded(number)),
                fulfilment=_words(kernel.fulfilment(number), FULFILMENTS),
            )
            for number, one in enumerate(plan.advice)
        ]
        advised = {one.iri for one in plan.advice}
        decisions = [
            answers.select(
                "pattern",
                criterion=pl.lit(plan.decisions[number].iri),
                answer=_words(kernel.answer(number), ANSWERS),
            )
            for number in plan.told
            if plan.decisions[number].iri not in advised
        ]
        return Answered(
            self.assessor,
            plan,
            patterns,
            patients,
            _all(interventions),
            _all(recommendations),
            _all(decisions),
            literals,
        )


def _write_chunk(
    rows: list[tuple[str, str, int | None, str | None, str]], folder: Path, number: int
) -> None:
    frame = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    frame.write_parquet(folder / f"chunk-{number:06}.parquet")


def _once(patients: pl.LazyFrame) -> pl.LazyFrame:
    """Return the rows of patients, and of those who stand several times that they do."""
    names = patients.group_by("patient").agg(pl.len().alias("times"))
    several = names.filter(pl.col("times") > 1).sort("patient").collect(engine="streaming")
    if several.is_empty():
        return patients
    named = patients.join(several.head(_MOST_NAMED).lazy(), on="patient").group_by("patient")
    places = named.agg(pl.col("place").unique().sort()).collect(engine="streaming")
    some = pl.col("place").list
    places = places.with_columns(
        at=some.head(_MOST_PLACES).list.join(", "), more=some.len().cast(pl.Int64) - _MOST_PLACES
    )
    times = pl.format("stands {} times", pl.col("times"))
    more = pl.when(pl.col("more") > 0).then(pl.format(" and {} more", "more")).otherwise(pl.lit(""))
    several = several.join(places.drop("place"), on="patient", how="left").with_columns(
        why=pl.when(pl.col("at").is_null())
        .then(pl.format("{}: {}", times, pl.lit(_APART)))
        .otherwise(pl.format("{} {}: {}: {}{}", "patient", times, pl.lit(_APART), "at", more))
    )
    several = several.select("patient", "times", "why")
    found = patients.join(several.lazy(), on="patient", how="left", maintain_order="left")
    again = pl.col("times").is_not_null()
    return found.with_columns(
        state=pl.when(again).then(pl.lit(TWICE)).otherwise("state"),
        pattern=pl.when(again).then(None).otherwise("pattern"),
        told=pl.when(again).then("why").otherwise("told"),
    ).drop("times", "why")


def _with_strata(patients: pl.LazyFrame, strata: Mapping[str, str] | None) -> pl.LazyFrame:
    if strata is None:
        return patients.with_columns(stratum=pl.lit(""))
    known = pl.LazyFrame(
        {"patient": list(strata), "stratum": list(strata.values())},
        schema={"patient": pl.String, "stratum": pl.String},
    )
    found = patients.join(known, on="patient", how="left", maintain_order="left")
    return found.with_columns(pl.col("stratum").fill_null("not given"))


def _words(column: str, words: tuple[str, ...]) -> pl.Expr:
    """Return the words for the numbers of a column, and nothing where the word is empty."""
    told = [one or None for one in words]
    return pl.col(column).replace_strict(list(range(len(words))), told, return_dtype=pl.String)


def _all(frames: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(frames) if frames else pl.DataFrame({"pattern": []})


def write(
    answered: Answered, folder: Path, form: str, *, everything: bool = False
) -> tuple[str, ...]:
    """Write who gets which answer, in rows by patient, and return the names of the files.

    Args:
        answered: the answers.
        folder: an empty folder.
        form: ``parquet``, ``csv`` or ``ndjson``.
        everything: whether to write what does not apply as well.

    Raises:
        IndicantError: a file cannot be written.
    """
    labels = answered.assessor.catalogue.label
    named = answered.interventions.with_columns(
        label=pl.col("intervention").map_elements(labels, return_dtype=pl.String)
    )
    if not everything:
        named = named.filter(pl.col("status") != "not-applicable")
    scopes = {scope: iri for iri, _, _, scope in answered.assessor.catalogue.guidelines if scope}
    within = answered.decisions.filter(pl.col("criterion").is_in(list(scopes)))
    patients = answered.patients
    who = patients.filter(pl.col("state") == ASSESSED).select("patient", "pattern")
    order = ["patient", "intervention", "label", "status", "disputed", "fulfilment"]
    tables = {
        "patients": patients.join(
            within.group_by("pattern").agg(scope=_scope()).lazy(),
            on="pattern",
            how="left",
            maintain_order="left",
        ).select("patient", "stratum", "state", "scope", "told", "place", "pattern"),
        "interventions": _by(who, named).select(order),
        "recommendations": _by(who, answered.recommendations).drop("pattern"),
    }
    for name, table in tables.items():
        sink(table, folder / f"{name}.{form}", form)
    facts = answered.literals.rename(
        {kernel.literal(number): iri for number, iri in enumerate(answered.names)}
    )
    sink(facts.lazy(), folder / "patterns.parquet", "parquet")
    return (*(f"{name}.{form}" for name in tables), "patterns.parquet")


def _scope() -> pl.Expr:
    """Return whether a patient is within the scope of any of the guidelines that state one."""
    answers = pl.col("answer")
    return (
        pl.when((answers == "met").any())
        .then(pl.lit("met"))
        .when((answers == "open").any())
        .then(pl.lit("open"))
        .otherwise(pl.lit("refuted"))
    )


def _by(who: pl.LazyFrame, rows: pl.DataFrame) -> pl.LazyFrame:
    return who.join(rows.lazy(), on="pattern", how="inner", maintain_order="left_right")


def sink(table: pl.LazyFrame, path: Path, form: str) -> None:
    """Write a table to a file, as ``parquet``, ``csv`` or ``ndjson``.

    Raises:
        IndicantError: it cannot be written.
    """
    try:
        if form == "parquet":
            table.sink_parquet(path, compression="zstd")
        elif form == "csv":
            table.sink_csv(path)
        else:
            table.sink_ndjson(path)
    except (OSError, pl.exceptions.ComputeError) as error:
        raise IndicantError(
            f"cannot be written: {error}".splitlines()[0],
            file=path.name,
            help="make room there, and run it again: nothing was written",
        ) from error
