"""What a guideline asks about a patient, as a form, and what it answers for many at once."""

from __future__ import annotations

import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from indicant.api.case import Case, day

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable

    from indicant.api.cohort import CohortAnswers
    from indicant.api.guideline import Guideline
    from indicant.assess.assessor import Assessor
    from indicant.exchange.questionnaire import Form


class Forms:
    """What a guideline asks about a patient, and what it answers for many."""

    if TYPE_CHECKING:

        @cached_property
        def assessor(self) -> Assessor:
            """What assesses cases with it."""

    @cached_property
    def _form(self) -> Form:
        from indicant.exchange.questionnaire import Form

        return Form(self.assessor)

    def questionnaire(self) -> dict[str, Any]:
        """Return what it asks about a patient, as a Questionnaire of FHIR R4.

        Raises:
            IndicantError: a table of codes cannot be read.
        """
        from indicant.api.values import anew

        return anew(self._form.resource())

    def answered(
        self, response: dict[str, Any], *, as_of: str | datetime.date, path: str = "response"
    ) -> Case:
        """Return what was answered to the questionnaire as a case.

        Args:
            response: a QuestionnaireResponse; numbers are best given as texts or ``Decimal``.
            as_of: the day for which the answers hold.
            path: what to call it in messages.

        Raises:
            IndicantError: it answers another questionnaire, or something is not understood.
        """
        known = datetime.date.fromisoformat(day(as_of))
        return Case._of(self._form.case(_exact(response), known, path))

    # One piece: what may be asked for stands here alone, each with its words.
    def cohort(
        self,
        data: str | os.PathLike[str],
        *,
        as_of: str | datetime.date | None = None,
        timezone: str | None = None,
        codes: Iterable[str | os.PathLike[str]] = (),
        completeness: str | os.PathLike[str] | None = None,
        persons: Iterable[str | int] = (),
        output: str | os.PathLike[str] | None = None,
        rows: str = "parquet",
        everything: bool = False,
        strata: str | os.PathLike[str] | None = None,
        suppress: int | None = None,
        against: Guideline | None = None,
        processes: int | None = None,
        engine: str = "local",
        cluster: str | None = None,
        resume: str | os.PathLike[str] | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> CohortAnswers:
        """Answer for all patients of a source at once, as ``assess`` answers for each.

        Args:
            data: records of FHIR or OMOP, as ``intake`` takes them, or cases: a folder or a file.
            as_of: the day for which patients are assessed; only cases have one of their own.
            timezone: where the days of instants count, as in ``Europe/Berlin``.
            codes: SSSOM tables of one's own, beside those of the guideline.
            completeness: a file that says what is recorded without a gap, and who says so.
            persons: of OMOP, the ids of those who are to be read; without any, all are.
            output: a folder that is not there yet, for rows by patient.
            rows: how these are written: ``parquet``, ``csv`` or ``ndjson``.
            everything: whether to write rows for what does not apply as well.
            strata: a table (CSV) with the columns ``patient`` and ``stratum``.
            suppress: below which number numbers of patients are withheld.
            against: another version, whose answers for the same patients are compared.
            processes: how many processes read a large source (one for each processor).
            engine: what reads them: ``local``, which is this process, ``spark`` or ``dask``.
            cluster: the master of Spark or the scheduler of Dask; by default this machine.
            resume: a folder in which it is kept what is found, portion by portion, until all is
                well; a run for the same that was ended goes on there.
            progress: called now and then with how many patients there were.

        Raises:
            IndicantError: Polars is not installed, something cannot be read or written, or there
                is no patient.
        """
        from pathlib import Path

        from indicant.api.cohort import answer
        from indicant.api.intake import paths

        return answer(
            cast("Guideline", self),
            data,
            as_of=as_of,
            timezone=timezone,
            codes=paths(codes),
            completeness=completeness,
            persons=persons,
            output=None if output is None else Path(output),
            rows=rows,
            everything=everything,
            strata=strata,
            suppress=suppress,
            against=against,
            processes=processes,
            engine=engine,
            cluster=cluster,
            resume=None if resume is None else Path(resume),
            progress=progress,
        )


def _exact(value: Any) -> Any:
    """Return JSON with its numbers as they are written."""
    if isinstance(value, dict):
        return {name: _exact(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_exact(one) for one in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    from indicant.api.case import written

    return written(value)
