"""Compare what many processes answer with what one does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import polars as pl

import exporting
from indicant import Guideline
from indicant.api import cohort
from places import CODE, TESTS

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PATIENTS = 60
PARTS = 6


def reach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers find the code that is tested, and what tests have them do."""
    paths = [str(CODE), str(TESTS / "support"), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))


def export(folder: Path) -> Path:
    """Write an export, with a line that is no record."""
    exporting.write(folder, PATIENTS, Guideline.load().assessor)
    with (folder / "Patient.ndjson").open("a", encoding="utf-8") as file:
        file.write("{broken\n")
    return folder


def answered(data: Path, out: Path, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the summary of a cohort, and the rows of each patient, in one order."""
    found = cohort.answer(Guideline.load(), data, output=out, **options)
    rows = {}
    for name in ("patients", "interventions", "recommendations"):
        table = pl.read_parquet(out / f"{name}.parquet").drop("pattern", strict=False)
        rows[name] = sorted(table.rows(), key=repr)
    return found.record, rows
