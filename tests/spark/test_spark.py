"""What a cluster of Spark answers is what this process does, though a worker is killed."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

import exporting
import killed
from indicant import Guideline
from indicant.api import cohort
from indicant.cohort import clusters, portions
from indicant.errors import IndicantError
from spread import PARTS, answered, export, reach

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        importlib.util.find_spec("pyspark") is None, reason="there is no PySpark: make test-spark"
    ),
]
CLUSTER = "local-cluster[2,1,1024]"


@pytest.fixture
def died(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give what tells, once a cluster has run, which of its workers were killed."""
    reach(monkeypatch)
    kept: list[str] = []
    inner = clusters.run

    def run(engine: str, work: Any, folder: str, *rest: Any) -> list[int]:
        counts = inner(engine, work, folder, *rest)
        kept.extend(sorted(one.name for one in Path(folder).glob("died-*")))
        return counts

    monkeypatch.setattr(clusters, "run", run)
    return kept


def test_a_cluster_answers_as_this_process_though_workers_are_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, died: list[str]
) -> None:
    """Nobody is lost, and nobody stands twice."""
    data = export(tmp_path / "export")
    one = answered(data, tmp_path / "one", as_of=exporting.AS_OF)
    monkeypatch.setattr(portions, "work", killed.work)
    other = answered(
        data,
        tmp_path / "other",
        as_of=exporting.AS_OF,
        engine="spark",
        cluster=CLUSTER,
        parts=PARTS,
    )
    assert died == [f"died-{number}" for number in killed.DYING]
    assert one == other
    assert one[0]["patients"]["assessed"] > 40


@pytest.mark.usefixtures("died")
def test_what_fails_for_good_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "work", killed.fail)
    with pytest.raises(IndicantError, match="the disk of this worker is full") as caught:
        cohort.answer(
            Guideline.load(),
            export(tmp_path / "export"),
            as_of=exporting.AS_OF,
            engine="spark",
            parts=3,
            output=tmp_path / "out",
        )
    assert "\n" not in caught.value.message
    assert not (tmp_path / "out").exists()
