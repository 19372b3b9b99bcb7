"""What several processes answer is what one does, whichever of them dies."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pyoxigraph as ox
import pytest
from test_parts_of_sources import written

import exporting
import killed
import shipped
from cohorts import mixed
from each import each
from exporting import complete
from indicant.api import cohort
from indicant.api.cohort import recipe_of
from indicant.cohort import clusters, portions
from indicant.cohort.sources import Source
from indicant.errors import IndicantError
from indicant.intake.patients import Options
from places import ASSESSED, EXAMPLES
from running import hold_to_one_line, run
from spread import PARTS, answered, export, reach

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indicant import Guideline

COMPLETE = complete(
    "ind:recordsAll spine:CervicalFusion , spine:NeckPain", "ind:recordsAllProposals true"
)
DASK = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None,
    reason="there is no Dask: pip install distributed",
)


def alone(work: Any, folder: str, numbers: Sequence[int]) -> list[int]:
    """Have portions read in this process, the last first."""
    return [work(folder, number) for number in reversed(numbers)]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what is called dask read portions in this process."""

    def of(engine: str, work: Any, folder: str, numbers: Any, cluster: str | None) -> list[int]:
        assert (engine, cluster) == ("dask", None)
        return alone(work, folder, numbers)

    monkeypatch.setattr(clusters, "run", of)


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_portions_of_an_export_are_answered_as_the_whole(tmp_path: Path) -> None:
    data = export(tmp_path / "export")
    options = {"as_of": exporting.AS_OF, "timezone": "Europe/Berlin"}
    one = answered(data, tmp_path / "one", **options)
    other = answered(data, tmp_path / "other", engine="dask", parts=PARTS, **options)
    assert one == other
    assert one[0]["intake"]["brokenLines"] == 1
    assert one[0]["patients"]["assessed"] > 40


@pytest.mark.slow
@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("seed", range(6))
def test_portions_of_odd_exports_are_answered_as_the_whole(seed: int, tmp_path: Path) -> None:
    """With records of nobody, of somebody else, deleted, twice; and with what is complete."""
    data = written(tmp_path / "bulk", seed)
    complete = tmp_path / "complete.ttl"
    complete.write_text(COMPLETE, encoding="utf-8")
    for number, file in enumerate((None, complete)):
        options = {"as_of": "2026-11-30", "completeness": file}
        one = answered(data, tmp_path / f"one-{number}", **options)
        other = answered(data, tmp_path / f"other-{number}", engine="dask", parts=4, **options)
        assert one == other
        assert one[0]["intake"]["records"] > 20


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_portions_of_cases_are_answered_as_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some of which are not valid, or stand twice."""
    monkeypatch.setattr(portions, "MOST_PATIENTS", 7)
    data = tmp_path / "cases"
    data.mkdir()
    for document in mixed(ASSESSED, 40, 3):
        text = ox.serialize(document.quads, format=ox.RdfFormat.N_TRIPLES)
        assert text is not None
        (data / f"{document.path}.nt").write_bytes(text)
    (data / "again.nt").write_bytes((data / "mixed-0.nt").read_bytes())
    one = answered(data, tmp_path / "one")
    other = answered(data, tmp_path / "other", engine="dask")
    assert one == other
    assert len(one[1]["patients"]) == 41
    told = one[0]["patients"]
    assert told["twice"] == 2
    assert min(told["assessed"], told["invalid"]) > 1


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_portions_with_half_a_character_are_answered_as_the_whole(tmp_path: Path) -> None:
    """It stands where no text of UTF-8 can hold it: in the name of a code that no table knows."""
    data = tmp_path / "bulk"
    data.mkdir()
    half = chr(0xD800)
    coding = {"system": f"http://x{half}", "code": f"u{half}", "display": f"d{half}"}
    of = {"subject": {"reference": "Patient/p"}}
    for record in (
        {"resourceType": "Patient", "id": "p"},
        {"resourceType": "Condition", "id": "c", "code": {"coding": [coding]}, **of},
        {"resourceType": f"Condition{half}", "id": "d", **of},
        {"resourceType": "Condition", "id": "e", "subject": {"reference": f"Patient/{half}"}},
    ):
        with (data / "a.ndjson").open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(record)}\n")
    one = answered(data, tmp_path / "one", as_of="2026-11-30")
    other = answered(data, tmp_path / "other", engine="dask", parts=2, as_of="2026-11-30")
    assert one == other
    assert len(one[0]["intake"]["unknownCodes"]) == 1


@pytest.mark.slow
def test_who_does_a_portion_twice_writes_the_same_twice(tmp_path: Path) -> None:
    data = export(tmp_path / "export")
    folder = tmp_path / "portions"
    folder.mkdir()
    guideline = shipped.guideline()
    setup, source = prepared(guideline, data)
    tally = portions.prepare(source, setup, folder, 3)
    counts = alone(portions.work, str(folder), range(3))
    first = {one.name: one.read_bytes() for one in folder.glob("found-*")}
    assert alone(portions.work, str(folder), range(3)) == counts
    assert {one.name: one.read_bytes() for one in folder.glob("found-*")} == first
    assert len(first) == 3
    found = list(portions.gathered(folder, 3, tally))
    assert len({one.given.patient for one in found}) == len(found) == sum(counts) == 60
    (folder / "found-000001.parquet").unlink()
    with pytest.raises(IndicantError, match="portion 1 of 3 was read, and what was found is not"):
        list(portions.gathered(folder, 3, tally))


def prepared(guideline: Guideline, data: Path) -> tuple[portions.Setup, Any]:
    made = guideline.assessor
    options = Options(exporting.AS_OF)
    source = Source(str(data), made.vocabulary, lambda: guideline.reader(()), options)
    return portions.Setup.of(recipe_of(guideline), options, None, str(data)), source


@pytest.mark.slow
def test_what_has_to_be_known_is_text_alone(tmp_path: Path) -> None:
    """So that a worker makes nothing of it but what is said."""
    folder = tmp_path / "portions"
    folder.mkdir()
    setup, source = prepared(shipped.guideline(), export(tmp_path / "export"))
    portions.prepare(source, setup, folder, 2)
    told = json.loads((folder / portions.SETUP).read_text(encoding="utf-8"))
    assert portions.Setup(**told) == setup
    assert setup.count == 2
    assert len(setup.everybody) == 60


# ------------------------------------------------------------------ Dask


@pytest.mark.slow
@pytest.mark.timeout(240)
@DASK
def test_dask_answers_as_this_process_though_workers_die(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is lost, and nobody stands twice."""
    reach(monkeypatch)
    data = export(tmp_path / "export")
    one = answered(data, tmp_path / "one", as_of=exporting.AS_OF)
    monkeypatch.setattr(portions, "work", killed.work)
    kept: list[str] = []
    monkeypatch.setattr(clusters, "run", _keeping(clusters.run, kept))
    other = answered(data, tmp_path / "other", as_of=exporting.AS_OF, engine="dask", parts=PARTS)
    assert kept == [f"died-{number}" for number in killed.DYING]
    assert one == other


def _keeping(inner: Any, kept: list[str]) -> Any:
    """Return what runs a cluster, and takes note of which workers died."""

    def run_(engine: str, work: Any, folder: str, *rest: Any) -> list[int]:
        counts: list[int] = inner(engine, work, folder, *rest)
        kept.extend(sorted(one.name for one in Path(folder).glob("died-*")))
        return counts

    return run_


@pytest.mark.slow
@pytest.mark.timeout(240)
@DASK
def test_what_fails_for_good_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach(monkeypatch)
    monkeypatch.setattr(portions, "work", killed.fail)
    monkeypatch.setattr(clusters, "TRIES", 1)
    out = tmp_path / "out"
    with pytest.raises(IndicantError, match="the disk of this worker is full") as caught:
        cohort.answer(
            shipped.guideline(),
            export(tmp_path / "export"),
            as_of=exporting.AS_OF,
            engine="dask",
            parts=3,
            output=out,
        )
    assert "\n" not in caught.value.message
    assert not out.exists()


# ------------------------------------------------------------------ what is not there


@pytest.mark.parametrize(
    ("engine", "missing"), [("spark", "pyspark"), ("spark", "pyarrow"), ("dask", "distributed")]
)
def test_without_the_extra_it_is_said_how_to_install_it(
    engine: str, missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("pyspark", "pyarrow", "distributed"):
        monkeypatch.setitem(sys.modules, name, None if name == missing else pl)
    words = ["cohort", str(EXAMPLES / "tables"), "--as-of", "2026-11-22", "--engine", engine]
    told = run(*words, "-o", str(tmp_path / "out"))[2]
    assert f"--engine {engine} needs {missing}, which is not installed" in told
    assert f"pip install 'indicant[cohort,{engine}]'" in told
    assert not (tmp_path / "out").exists()
    hold_to_one_line(*words)


def test_a_cluster_is_of_an_engine() -> None:
    words = ["cohort", str(EXAMPLES / "tables"), "--as-of", "2026-11-22", "--cluster", "tcp://x"]
    assert "a cluster is of Spark or of Dask" in run(*words)[2]
    hold_to_one_line(*words)
    with pytest.raises(IndicantError, match="unknown engine 'ray'"):
        cohort.answer(shipped.guideline(), "nowhere", engine="ray")


def test_engines_are_those_of_the_command() -> None:
    words = ["cohort", str(EXAMPLES / "tables"), "--engine", "ray"]
    told = run(*words)[2]
    for one in each(clusters.ENGINES):
        assert one in told
    hold_to_one_line(*words)
