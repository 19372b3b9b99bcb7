"""Several guidelines, or versions of one: compared, merged, and told apart again."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from indicant.api.guideline import LIMIT, SECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indicant.diff.differences import Difference
    from indicant.files.fence import Fence
    from indicant.merge.combination import Combined
    from indicant.query.tables import Table


def compare(
    old: str,
    new: str,
    *,
    cases: str | os.PathLike[str] | None = None,
    seconds: float = LIMIT,
    fence: Fence | None = None,
    fence_of_new: Fence | None = None,
) -> Difference:
    """Compare two versions of a guideline, each a folder, a file, a name, a wheel or a revision.

    Args:
        old: one version.
        new: the other.
        cases: a file or a folder of cases to assess with both as well.
        seconds: the limit of time for all that is asked about possible cases.
        fence: where files of the old version and of the cases may lie.
        fence_of_new: where files of the new one may lie.

    Raises:
        IndicantError: a version cannot be read or lies outside the profile.
    """
    from contextlib import ExitStack

    from indicant.diff import differences
    from indicant.diff.behaviour import SIDES
    from indicant.diff.revisions import open_version

    files = None if cases is None else differences.case_files(os.fspath(cases), fence=fence)
    with ExitStack() as stack:
        one = open_version(stack, old, new, side=SIDES[0], fence=fence)
        two = open_version(stack, new, old, side=SIDES[1], fence=fence_of_new)
        return differences.compare(one, two, seconds=seconds, cases=files)


def merge(
    names: Sequence[str],
    *,
    as_of: str | None = None,
    within: bool = False,
    seconds: float = SECONDS,
    output: str | None = None,
    fence: Fence | None = None,
) -> Combined:
    """Put guidelines together that are given by name, folder or file; nothing is written.

    Raises:
        IndicantError: something cannot be read, or a resolution needs a day.
    """
    from indicant.merge.combination import combine

    return combine(
        names,
        as_of=as_of,
        within=within or len(names) == 1,
        seconds=seconds,
        output=output,
        fence=fence,
    )


def whence(merged: str, term: str | None = None) -> Table:
    """Say where the statements of a merged graph about a term come from.

    Raises:
        IndicantError: the file is no merged graph, or nothing in it is called so.
    """
    from indicant.merge import whence as origins

    table, prefixes = origins.whence(merged, term)
    return replace(table, prefixes=prefixes)
