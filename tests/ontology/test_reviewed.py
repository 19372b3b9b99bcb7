"""What ships says what was reviewed: each thing written down twice, and the two agree."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from reviewed import GUIDELINES, TABLES, VOCABULARIES, tables

if TYPE_CHECKING:
    from pathlib import Path

RENEW = "read what differs, then run: python tests/support/reviewed.py"
GIVEN = [
    *((folder, which) for folder in GUIDELINES for which in (*TABLES, "takes")),
    *((folder, "terms") for folder in VOCABULARIES),
]

now = cache(tables)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder", "which"), GIVEN, ids=lambda one: one if isinstance(one, str) else one.name
)
def test_the_data_say_what_was_reviewed(folder: Path, which: str) -> None:
    """A strength, a passage, a threshold, a direction changed by a slip is a row that differs."""
    reviewed = (folder / "reviewed" / f"{which}.tsv").read_text(encoding="utf-8").splitlines()
    found = now(folder)[which].splitlines()
    lost = [row for row in reviewed if row not in set(found)]
    new = [row for row in found if row not in set(reviewed)]
    assert (lost, new) == ([], []), RENEW
    assert found == reviewed, RENEW


@pytest.mark.slow
def test_every_guideline_and_vocabulary_was_reviewed() -> None:
    assert len(GUIDELINES) >= 1
    assert len(VOCABULARIES) >= 1
    for one, _ in GIVEN:
        for which, rows in now(one).items():
            assert which == "evidence" or len(rows.splitlines()) > 20, (one, which)
    assert any(len(now(one)["evidence"].splitlines()) > 20 for one in GUIDELINES)
