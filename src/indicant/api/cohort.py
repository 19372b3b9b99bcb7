"""Many patients at once, and how many of them get which answer."""

from __future__ import annotations

import datetime
import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from indicant.api.case import day
from indicant.errors import IndicantError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from indicant.api.guideline import Guideline
    from indicant.cohort.disclosure import Compared
    from indicant.cohort.establishing import Found
    from indicant.cohort.helping import Recipe
    from indicant.cohort.results import Answered
    from indicant.cohort.sources import Source
    from indicant.cohort.summary import Summary
    from indicant.cohort.tally import Tally
    from indicant.intake.patients import Options

Path_ = str | os.PathLike[str]
SUMMARY: Final = "summary.json"
INSTALL: Final = "pip install 'indicant[cohort]'"


@dataclass(frozen=True)
class CohortAnswers:
    """How many patients of a source get which answer.

    ``record`` is what ``indicant cohort --format json`` prints; ``files`` are what was written;
    ``everybody`` tells whether all patients were answered, also where numbers are withheld.
    """

    record: dict[str, Any]
    files: tuple[str, ...] = ()
    everybody: bool = True

    @property
    def is_whole(self) -> bool:
        """Whether all patients were answered, and every line of the source was a record."""
        return self.everybody and self.record.get("intake", {}).get("brokenLines", 0) == 0

    @property
    def is_changed(self) -> bool:
        """Whether another version answers otherwise for anybody, where one was given."""
        return bool(self.record.get("against", {}).get("interventions"))

    def to_measure_reports(self) -> dict[str, Any]:
        """Return the summary as FHIR: a bundle with a MeasureReport for each recommendation.

        Raises:
            IndicantError: the patients were assessed for days of their own.
        """
        from indicant.exchange.measure import measure_reports

        return measure_reports(self.record)

    def to_html(self) -> str:
        """Return the summary as a page with plots, which needs nothing beside itself.

        Raises:
            IndicantError: what makes pages is not installed.
        """
        from indicant.site.cohortpage import as_page

        return as_page(self.record)

    def __str__(self) -> str:
        """Return the summary as people read it."""
        from indicant.cohort.told import as_text

        return as_text(self.record)


# One piece: what may be asked for stands here alone, and what is done with each follows.
def answer(
    guideline: Guideline,
    data: Path_,
    *,
    as_of: str | datetime.date | None = None,
    timezone: str | None = None,
    codes: tuple[str, ...] = (),
    completeness: Path_ | None = None,
    persons: Iterable[str | int] = (),
    output: Path | None = None,
    rows: str = "parquet",
    everything: bool = False,
    strata: Path_ | None = None,
    suppress: int | None = None,
    against: Guideline | None = None,
    parts: int | None = None,
    processes: int | None = None,
    engine: str = "local",
    cluster: str | None = None,
    resume: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> CohortAnswers:
    """Answer for all patients of a source; see ``Guideline.cohort``.

    ``parts`` says into how many parts FHIR is put, by default as many as its size asks for.
    ``engine`` is what reads them, ``local``, ``spark`` or ``dask``, and ``cluster`` where that is,
    by default on this machine. ``resume`` is a folder where it is kept what is found, portion by
    portion, until all is well; a run for the same goes on there.

    Raises:
        IndicantError: something cannot be read or written, or holds no patient.
    """
    demand_polars()
    _demand_engine(engine, cluster)
    from indicant.cohort.results import write
    from indicant.cohort.strata import read_strata
    from indicant.files.rdf import STDIN
    from indicant.foreign import as_json

    if against is not None and os.fspath(data) == STDIN:
        raise IndicantError(
            "standard input can be read once alone", help="with  --against  give a file or a folder"
        )
    run, date = run_of(data, as_of, timezone, codes, completeness, persons, processes)
    run = replace(run, parts=parts, progress=progress, engine=engine, cluster=cluster)
    known = None if strata is None else read_strata(os.fspath(strata))
    with (
        tempfile.TemporaryDirectory(prefix="indicant-") as folder,
        _resumed(resume, run.path) as kept,
        _place(output) as place,
    ):
        run = replace(run, kept=kept)
        answered, tally = run.answered(guideline, Path(folder) / "new", known)
        compared = []
        if against is not None:
            before, _ = run.answered(against, Path(folder) / "old", None)
            compared.append(_compared(before, answered))
        summary = _added_up(answered, known is not None, suppress, compared)
        record = _record(summary, answered, run, date, tally)
        files: tuple[str, ...] = ()
        if place is not None:
            files = write(answered, place, rows, everything=everything)
        for one in compared:
            files += _add_compared(record, one, summary, (place, rows))
        if place is not None:
            (place / SUMMARY).write_text(as_json(record) + "\n", encoding="utf-8", newline="\n")
    files = (*files, SUMMARY) if place is not None else ()
    return CohortAnswers(record, files, summary.is_of_everybody())


def _added_up(
    answered: Answered, by_stratum: bool, suppress: int | None, compared: Sequence[Compared]
) -> Summary:
    from indicant.cohort.summary import summarised

    summary = summarised(answered, by_stratum=by_stratum)
    if suppress is not None:
        summary.withhold(suppress, answered, compared)
    return summary


def _record(
    summary: Summary, answered: Answered, run: Run, as_of: str | None, tally: Tally
) -> dict[str, Any]:
    from indicant.cohort.summary import as_record

    intake = None if run.options is None else tally.record()
    return as_record(summary, answered, source=run.path, as_of=as_of, intake=intake)


def run_of(
    data: Path_,
    as_of: str | datetime.date | None,
    timezone: str | None,
    codes: tuple[str, ...],
    completeness: Path_ | None,
    persons: Iterable[str | int],
    processes: int | None,
) -> tuple[Run, str | None]:
    """Return how patients are read, and the day for which, where it is one for all.

    Raises:
        IndicantError: no day is given for records, or an argument is no good.
    """
    from indicant.cohort.sources import is_of_others

    path = os.fspath(data)
    date = None if as_of is None else day(as_of)
    if is_of_others(path):
        options = _options(date, timezone, completeness, persons)
        return Run(path, options, codes, None, processes), date
    return Run(path, None, codes, date, processes), date


@dataclass(frozen=True)
class Run:
    """How patients are read, for any guideline."""

    path: str
    options: Options | None
    codes: tuple[str, ...]
    as_of: str | None
    processes: int | None
    parts: int | None = None
    progress: Callable[[int], None] | None = None
    engine: str = "local"
    cluster: str | None = None
    kept: Path | None = None

    def answered(
        self, guideline: Guideline, folder: Path, strata: dict[str, str] | None
    ) -> tuple[Answered, Tally]:
        """Answer for all patients by a guideline, and return what was read as well."""
        from indicant.cohort.results import Cohort
        from indicant.cohort.sources import Source

        folder.mkdir()
        assessor = guideline.assessor
        source = Source(
            self.path,
            assessor.vocabulary,
            lambda: guideline.reader(self.codes),
            self.options,
            self.parts,
            recipe_of(guideline, self.codes),
            self.processes,
        )
        cohort = Cohort(assessor, self.as_of, self.progress)
        if self.engine == "local" and self.kept is None:
            return cohort.answer(source.patients(), folder, strata), source.tally
        found = self._by_portion(guideline, source, folder)
        return cohort.gather(found, folder, strata), source.tally

    def _by_portion(self, guideline: Guideline, source: Source, folder: Path) -> Iterator[Found]:
        """Yield what is found of the patients of a source, portion by portion.

        Others find it, who are given portions, or this process, or it was found before.
        """
        from indicant.cohort import clusters, portions, resuming
        from indicant.cohort.plan import plan_of

        assessor = guideline.assessor
        setup = portions.Setup.of(
            recipe_of(guideline, self.codes), self.options, self.as_of, self.path
        )
        counted = None
        if self.kept is None:
            place = folder / "portions"
            place.mkdir()
        else:
            place = self.kept / folder.name
            counted = resuming.begun(place, resuming.same(assessor, setup))
        if counted is None:
            portions.prepare(source, setup, place, self.parts or portions.many(source))
            if self.kept is not None:
                resuming.ready(place, source.tally.whole())
        else:
            setup = portions.kept_setup(place)
            source.tally.take_whole(counted)
        left = portions.left(place, setup.count)
        if self.engine == "local":
            literals, total = len(plan_of(assessor.compiled.graph).literals), 0
            for many in portions.read_here(source, setup, place, left, literals):
                total += many
                if self.progress is not None:
                    self.progress(total)
        elif left:
            clusters.run(self.engine, portions.work, str(place), left, self.cluster)
        yield from portions.gathered(place, setup.count, source.tally)


def recipe_of(guideline: Guideline, codes: tuple[str, ...] = ()) -> Recipe:
    """Return how another process loads a guideline, to read patients for it."""
    from indicant.cohort.helping import Recipe

    fence = guideline._fence
    return Recipe(
        os.path.abspath(guideline.path),
        guideline._engine,
        guideline._validator,
        guideline._language,
        guideline._use_cache,
        None if fence is None else tuple(map(str, fence.folders)),
        codes,
    )


def _compared(before: Answered, after: Answered) -> Compared:
    from indicant.cohort.changes import changes
    from indicant.cohort.disclosure import Compared

    return Compared(changes(before, after), before, after)


def _add_compared(
    record: dict[str, Any], one: Compared, summary: Summary, output: tuple[Path | None, str]
) -> tuple[str, ...]:
    """Put into a record whom another version answers otherwise, and write who they are."""
    from indicant.cohort.changes import as_record
    from indicant.cohort.results import sink

    record["against"] = as_record(one.made, one.before, one.after, summary)
    place, form = output
    if place is None:
        return ()
    sink(one.made.rows, place / f"changes.{form}", form)
    return (f"changes.{form}",)


def demand_polars() -> None:
    """See that what computes with columns is there, before anything is read."""
    try:
        import polars  # noqa: F401 - whether it is there
    except ImportError as error:
        raise IndicantError(
            "answering for many patients needs Polars, which is not installed", help=INSTALL
        ) from error


def _demand_engine(engine: str, cluster: str | None) -> None:
    """See that what is to read portions is there, before anything is read."""
    from indicant.cohort import clusters

    if engine not in clusters.ENGINES:
        raise IndicantError(
            f"unknown engine '{engine}'", help=f"one of: {', '.join(clusters.ENGINES)}"
        )
    if engine == "local" and cluster is not None:
        raise IndicantError(
            "a cluster is of Spark or of Dask", help="--engine spark  or  --engine dask"
        )
    clusters.demand(engine)


@contextmanager
def _resumed(resume: Path | None, path: str) -> Iterator[Path | None]:
    """Yield a folder that is kept until all is well, or nothing."""
    from indicant.cohort.resuming import kept

    if resume is None:
        yield None
    else:
        with kept(Path(os.path.abspath(resume)), path) as folder:
            yield folder


@contextmanager
def _place(output: Path | None) -> Iterator[Path | None]:
    """Yield a folder to fill, which then takes its place, or nothing."""
    from indicant.files.staging import new_folder

    if output is None:
        yield None
    else:
        with new_folder(output) as work:
            yield work


def _options(
    as_of: str | None,
    timezone: str | None,
    completeness: Path_ | None,
    persons: Iterable[str | int],
) -> Options:
    from indicant.intake.patients import AS_OF_HELP, Options, zone_of

    if as_of is None:
        raise IndicantError("the records say for no day what they hold", help=AS_OF_HELP)
    return Options(
        datetime.date.fromisoformat(as_of),
        None if timezone is None else zone_of(timezone),
        None if completeness is None else os.fspath(completeness),
        (persons,) if isinstance(persons, str) else tuple(map(str, persons)),
    )
