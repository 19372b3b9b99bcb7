"""Patients as other systems record them, as cases."""

from __future__ import annotations

import datetime
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from indicant.api.case import Case, day

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indicant.files.rdf import Document
    from indicant.intake.patients import Intake
    from indicant.intake.report import Report

Path_ = str | os.PathLike[str]


@dataclass(frozen=True)
class Taken:
    """The cases of a source, one for each patient, and what became of its records.

    ``report`` is what ``indicant intake --format json`` prints of the source.
    """

    cases: tuple[Case, ...]
    documents: tuple[Document, ...] = field(repr=False)
    told: Report = field(repr=False)

    @property
    def report(self) -> dict[str, Any]:
        """What was used, what was not and why, and the codes that no table knows."""
        from indicant.intake.report import as_record

        return as_record(self.told)

    def __str__(self) -> str:
        """Return the report as people read it."""
        from indicant.intake.report import as_text

        return as_text(self.told)


def take(
    intake: Intake,
    source: Path_,
    as_of: str | datetime.date,
    timezone: str | None = None,
    completeness: Path_ | None = None,
    persons: Iterable[str | int] = (),
    *,
    stdin: BinaryIO | None = None,
    data: bytes | None = None,
    strict: bool = False,
) -> Taken:
    """Return the patients of a source; see ``Guideline.intake``.

    Raises:
        IndicantError: it cannot be read, or holds no patient.
    """
    from indicant.intake.patients import Options, zone_of

    options = Options(
        datetime.date.fromisoformat(day(as_of)),
        None if timezone is None else zone_of(timezone),
        None if completeness is None else os.fspath(completeness),
        (persons,) if isinstance(persons, str) else tuple(map(str, persons)),
    )
    found = intake.take(os.fspath(source), options, stdin=stdin, data=data, strict=strict)
    cases = tuple(Case._of(one) for one in found.documents)
    return Taken(cases, tuple(found.documents), found.report)


def paths(given: Iterable[Path_]) -> tuple[str, ...]:
    """Return paths as texts; one alone, which would be taken letter by letter, is one."""
    return (
        (os.fspath(given),)
        if isinstance(given, (str, os.PathLike))
        else tuple(os.fspath(one) for one in given)
    )
