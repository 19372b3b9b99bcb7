"""The repository of an institution that follows a published guideline."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from indicant.errors import IndicantError

if TYPE_CHECKING:
    from indicant.institution.repository import Founded
    from indicant.report.findings import Report

SECONDS: Final = 60.0
"""The limit of time of one question about all possible patients."""


class Repository:
    """A folder with a published guideline, pinned by its digest, and an overlay on it.

    Args:
        folder: the repository, or the overlay in it.
        allow_outside: whether to read what catalogs and links lead to outside of it.
    """

    def __init__(self, folder: str | os.PathLike[str], *, allow_outside: bool = False) -> None:
        from indicant.files.fence import OPEN

        self.folder = Path(folder)
        self.founded: Founded | None = None
        self._fence = OPEN if allow_outside else None

    @classmethod
    def found(
        cls,
        folder: str | os.PathLike[str],
        namespace: str,
        *,
        guideline: str | os.PathLike[str] | None = None,
        label: str = "Local policy",
        date: str | datetime.date | None = None,
        requirement: str | None = None,
    ) -> Self:
        """Write a new repository, whole or not at all; ``founded`` says what was written.

        Args:
            folder: a folder that is empty or not there yet.
            namespace: where the terms of the institution live, with / or #.
            guideline: what it follows; by default the one that ships with the package.
            label: what to call the institution.
            date: when its first rule was decided; by default today.
            requirement: where its pipeline installs Indicant from, pinned.

        Raises:
            IndicantError: the folder holds something, or an argument is no good.
        """
        from indicant.files.sources import resolve
        from indicant.institution.repository import found

        day = datetime.date.fromisoformat(date) if isinstance(date, str) else date
        made = cls(folder)
        made.founded = found(
            made.folder,
            namespace,
            guideline=resolve(None if guideline is None else os.fspath(guideline)),
            label=label,
            date=day or datetime.datetime.now().astimezone().date(),
            requirement=requirement,
        )
        return made

    def __repr__(self) -> str:
        """Return where it is."""
        return f"<Repository {self.folder}>"

    def check(self) -> Report:
        """Say whether the copy of the guideline is the one that is pinned.

        Raises:
            IndicantError: nothing is pinned there, or more than one guideline is.
        """
        from indicant.institution.updates import checked, followed

        return checked(followed(self.folder, fence=self._fence))

    def update(
        self,
        source: str | os.PathLike[str] | None = None,
        *,
        take: bool = False,
        as_of: str | None = None,
        seconds: float = SECONDS,
    ) -> Report:
        """Say what a newer version of the guideline changes for the institution, or take it.

        Args:
            source: the newer version; by default the one that is installed.
            take: whether to replace the copy and to pin it, both or neither.
            as_of: the day on which resolutions shall hold.
            seconds: the limit of time for each question about all possible cases.

        Raises:
            IndicantError: there is no newer version, or it cannot be laid under the overlay.
        """
        from indicant.institution import updates
        from indicant.report.findings import Report

        one = updates.followed(self.folder, fence=self._fence)
        report = updates.checked(one)
        given = None if source is None else os.fspath(source)
        other = updates.newer(one, given, fence=self._fence, taken=take)
        backwards = source is None and updates.is_older(other, one.copy)
        if take and backwards:
            raise IndicantError(
                f"{other.version} is installed, and is older than {one.copy.version}, which is "
                "pinned",
                help="name it by --from to go back to it",
            )
        if take:
            written = updates.take(one, other)
            summary = f"<{other.iri}> {other.version} is pinned" + (
                f"; written: {', '.join(written)}" if written else " already"
            )
            return Report("update", str(one.folder), updates.RULES, (), summary=summary)
        if report.results:
            return report
        if other.digest != one.copy.digest and not backwards:
            change = updates.compared(one, other, as_of=as_of, seconds=seconds)
            return updates.told(one, other, change)
        summary = f"<{other.iri}> {other.version} is pinned, and nothing is newer"
        return Report("update", str(one.folder), updates.RULES, (), summary=summary)
