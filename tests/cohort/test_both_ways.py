"""The same patients, written as FHIR and as OMOP, get the same answers all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

import exporting
from each import each
from indicant import Guideline
from indicant.api.cohort import answer

if TYPE_CHECKING:
    from pathlib import Path

MANY = 80
SOURCES = ("fhir", "parquet", "cdm.duckdb")
GUIDELINES = ("neck-pain-after-lumbar-fusion", "opioids-for-pain")


def answers(guideline: Guideline, source: Path, out: Path) -> dict[str, pl.DataFrame]:
    """Return the rows of a run, with persons called as the patients of FHIR are."""
    answer(guideline, source, as_of=exporting.AS_OF, output=out, everything=True, processes=1)
    rows = {}
    for name in ("patients", "interventions", "recommendations"):
        frame = pl.read_parquet(out / f"{name}.parquet")
        frame = frame.drop("place", "pattern", "told", strict=False)
        frame = frame.with_columns(pl.col("patient").str.strip_prefix("p-"))
        rows[name] = frame.sort(frame.columns)
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("name", GUIDELINES)
def test_fhir_and_omop_of_the_same_patients_give_the_same_answers(
    name: str, tmp_path: Path
) -> None:
    guideline = Guideline.load(name)
    exporting.write_both(tmp_path / "x", MANY, guideline.assessor, relevant=0.5)
    found = {one: answers(guideline, tmp_path / "x" / one, tmp_path / one) for one in SOURCES}
    first = found.pop("fhir")
    assert first["patients"].height == MANY
    assert first["recommendations"]["answer"].n_unique() > 1
    for other in each(found.values()):
        assert {kind: rows.equals(other[kind]) for kind, rows in first.items()} == dict.fromkeys(
            first, True
        )


@pytest.mark.slow
def test_the_same_seed_gives_the_same_patients_however_many_are_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assessor = Guideline.load().assessor

    def written(name: str, seed: int = 1) -> dict[str, bytes]:
        exporting.write_both(tmp_path / name, 30, assessor, seed)
        files = [*(tmp_path / name / "fhir").iterdir(), *(tmp_path / name / "csv").iterdir()]
        return {one.name: one.read_bytes() for one in files}

    one = written("one")
    assert one["PERSON.csv"].count(b"\n") == 31
    monkeypatch.setattr(exporting, "HELD", 7)
    assert written("other") == one
    assert written("third", 2) != one
