"""Whom among one's own patients another version or a merged guideline answers otherwise."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indicant.api.cohort import demand_polars, run_of
from indicant.api.guideline import SECONDS, Guideline
from indicant.errors import IndicantError

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence

    from indicant.diff.revisions import Version
    from indicant.files.fence import Fence
    from indicant.merge.combination import Combined

Path_ = str | os.PathLike[str]


@dataclass(frozen=True)
class Patients:
    """Patients of one's own, and how they are read; each field as ``Guideline.cohort`` has it."""

    data: Path_
    as_of: str | datetime.date | None = None
    timezone: str | None = None
    codes: tuple[str, ...] = ()
    completeness: Path_ | None = None
    persons: tuple[str, ...] = ()
    suppress: int | None = None
    processes: int | None = None


@dataclass(frozen=True)
class Among:
    """Who of a cohort is answered otherwise; ``record`` is what ``--format json`` prints.

    ``everybody`` tells whether all patients were answered by all, also where numbers are withheld.
    """

    record: dict[str, Any] = field(repr=False)
    everybody: bool = True

    @property
    def is_changed(self) -> bool:
        """Whether anybody is answered otherwise, or two guidelines are at odds for anybody."""
        told = self.record["against"]
        return any(one["interventions"] for one in told) or bool(self.record.get("conflicting"))

    @property
    def is_whole(self) -> bool:
        """Whether all patients were answered by all, and every line of the source was a record."""
        return self.everybody and self.record["brokenLines"] == 0

    def __str__(self) -> str:
        """Return it as people read it."""
        from indicant.cohort.told import among_text

        return among_text(self.record)


def diff_among(old: str, new: str, patients: Patients, *, fence: Fence | None = None) -> Among:
    """Say whom among patients one version of a guideline answers otherwise than another.

    Args:
        old: a folder, a file, a name, a wheel or a revision of git.
        new: the same, of the version to compare with it.
        patients: whom to ask about.
        fence: where files of both may lie; without, in the repository of each.

    Raises:
        IndicantError: a version or the patients cannot be read.
    """
    from indicant.diff.behaviour import SIDES
    from indicant.diff.revisions import open_version

    demand_polars()
    with ExitStack() as stack:
        before = open_version(stack, old, new, side=SIDES[0], fence=fence)
        after = open_version(stack, new, old, side=SIDES[1], fence=fence)
        return among(_guideline(after), [_guideline(before)], patients)


def merge_among(
    names: Sequence[str],
    patients: Patients,
    *,
    seconds: float = SECONDS,
    fence: Fence | None = None,
) -> tuple[Among | None, Combined]:
    """Say for whom among patients guidelines together answer otherwise than one of them alone.

    Returns:
        Who that is, each guideline compared as to its own interventions, and what the merge comes
        to; where it is refused, there is nobody to be asked about.

    Raises:
        IndicantError: a guideline or the patients cannot be read.
    """
    from indicant.api.several import merge

    demand_polars()
    day = None if patients.as_of is None else str(patients.as_of)
    with tempfile.TemporaryDirectory(prefix="indicant-") as work:
        file = os.path.join(work, "merged.trig")
        combined = merge(names, as_of=day, seconds=seconds, output=file, fence=fence)
        if combined.data is None:
            return None, combined
        Path(file).write_bytes(combined.data)
        parts = [Guideline.load(one, allow_outside=fence is not None) for one in names]
        return among(Guideline.load(file), parts, patients, together=True), combined


def update_among(
    folder: Path_,
    patients: Patients,
    *,
    source: str | None = None,
    seconds: float = SECONDS,
    fence: Fence | None = None,
) -> Among:
    """Say whom among patients an institution would answer otherwise with a newer guideline.

    Both versions are laid under its overlay.

    Raises:
        IndicantError: there is no newer version, or something cannot be read or merged.
    """
    from indicant.institution import updates

    demand_polars()
    one = updates.followed(Path(folder), fence=fence)
    other = updates.newer(one, source, fence=fence, taken=False)
    day = None if patients.as_of is None else str(patients.as_of)
    with updates.both_merged(one, other, as_of=day, seconds=seconds) as (before, after):
        return among(Guideline.load(after.file), [Guideline.load(before.file)], patients)


# One piece: each version is asked about the same patients, and one record is made of all.
def among(
    after: Guideline,
    before: Sequence[Guideline],
    patients: Patients,
    *,
    together: bool = False,
) -> Among:
    """Compare what a guideline answers for patients with what others do.

    Args:
        after: the one that is asked about.
        before: those that it is compared with, one after the other.
        patients: whom to ask about.
        together: whether it consists of the others, which are then compared as to what they speak
            of, and patients counted about whom they are at odds.

    Raises:
        IndicantError: something cannot be read, or there is no patient.
    """
    from indicant.cohort.changes import as_record, changes
    from indicant.cohort.disclosure import ALL, Compared
    from indicant.cohort.summary import conflicting, summarised

    if str(patients.data) == "-":
        raise IndicantError(
            "standard input can be read once alone", help="give a file or a folder of patients"
        )
    run, date = run_of(
        patients.data,
        patients.as_of,
        patients.timezone,
        patients.codes,
        patients.completeness,
        patients.persons,
        patients.processes,
    )
    with tempfile.TemporaryDirectory(prefix="indicant-") as folder:
        new, tally = run.answered(after, Path(folder) / "new", None)
        compared = []
        for number, one in enumerate(before):
            old, _ = run.answered(one, Path(folder) / f"old-{number}", None)
            compared.append(Compared(changes(old, new, within=together), old, new))
        summary = summarised(new, by_stratum=False)
        if patients.suppress is not None:
            summary.withhold(patients.suppress, new, compared)
        record: dict[str, Any] = {
            "source": os.fspath(patients.data),
            "asOf": date,
            "guidelines": new.assessor.catalogue.versions(),
            "patients": summary.patients(),
            "brokenLines": tally.broken_in_all,
        }
        if patients.suppress is not None:
            record["withheldBelow"] = patients.suppress
        if together:
            record["conflicting"] = conflicting(summary, new)
        record["against"] = [
            as_record(one.made, one.before, new, summary, mark) for mark, one in enumerate(compared)
        ]
        total = summary.numbers["total", ALL]
        everybody = summary.is_of_everybody() and {one.made.compared for one in compared} <= {total}
    return Among(record, everybody)


def _guideline(version: Version) -> Guideline:
    """Return a version as a guideline, whose files stay where they are while it is open."""
    return Guideline(
        str(version.path),
        language="en",
        engine="auto",
        validator="shacl",
        use_cache=True,
        fence=version.fence,
    )
