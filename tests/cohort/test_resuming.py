"""A run that was ended goes on where it was, with the same answers and with nobody else's."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import pytest
from test_clusters import COMPLETE

import exporting
import shipped
from cohorts import mixed
from each import each
from indicant import Guideline
from indicant.cohort import portions, resuming
from indicant.errors import IndicantError
from places import ASSESSED
from running import environment
from spread import answered, export

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS = 5
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="files cannot be locked there"),
]


class EndedError(Exception):
    """Somebody ends the run."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("data") / "export"
    return export(folder)


@pytest.fixture(scope="module")
def omop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("omop") / "both"
    exporting.write_both(folder, 23, shipped.guideline().assessor, relevant=0.5)
    return folder / "csv"


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("cases")
    for document in mixed(ASSESSED, 20, 3):
        text = ox.serialize(document.quads, format=ox.RdfFormat.N_TRIPLES)
        assert text is not None
        (folder / f"{document.path}.nt").write_bytes(text)
    return folder


@pytest.fixture
def writing(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the numbers of the portions that are written, in their order."""
    numbers: list[int] = []
    keep = portions._keep

    def noted(folder: Path, number: int, *rest: Any) -> None:
        numbers.append(number)
        keep(folder, number, *rest)

    monkeypatch.setattr(portions, "_keep", noted)
    return numbers


def end_after(many: int, run: Callable[[], object]) -> None:
    """Begin a run, and end it when it has written so many portions."""
    keep, written = portions._keep, 0

    def ended(*given: Any) -> None:
        nonlocal written
        if written == many:
            raise EndedError
        written += 1
        keep(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(portions, "_keep", ended)
        with pytest.raises(EndedError):
            run()


def options_of(kind: str, tmp_path: Path) -> dict[str, Any]:
    """Return how a source is read."""
    if kind == "cases":
        return {}
    options: dict[str, Any] = {"as_of": exporting.AS_OF}
    if kind == "complete":
        options["completeness"] = tmp_path / "complete.ttl"
        options["completeness"].write_text(COMPLETE, encoding="utf-8")
    return options | ({} if kind == "omop" else {"parts": PARTS})


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("kind", "processes"),
    [("records", 1), ("records", 2), ("complete", 2), ("omop", 1), ("cases", 1)],
)
def test_a_run_that_was_ended_goes_on_where_it_was(
    kind: str,
    processes: int,
    data: Path,
    omop: Path,
    cases: Path,
    tmp_path: Path,
    writing: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was found is not found again, and the answers are those of a run in one go."""
    monkeypatch.setattr(portions, "MOST_PATIENTS", 7)
    source = {"omop": omop, "cases": cases}.get(kind, data)
    options = options_of(kind, tmp_path) | {"processes": processes}
    one = answered(source, tmp_path / "one", **options)
    kept = tmp_path / "kept"
    end_after(2, lambda: answered(source, tmp_path / "other", resume=kept, **options))
    assert not (tmp_path / "other").exists()
    first = list(writing)
    assert len(first) == 2
    assert len(list(kept.rglob("found-*"))) == 2
    other = answered(source, tmp_path / "other", resume=kept, **options)
    assert one == other
    again = writing[2:]
    assert again
    assert not set(again) & set(first)
    assert sorted(first + again) == list(range(len(writing)))
    assert not kept.exists()


KILLED = """\
import os, signal, sys
from pathlib import Path
sys.path[:0] = {paths!r}
from indicant.cohort import portions
from spread import answered
import exporting
replace, many = Path.replace, 0
def killed(self, target):
    global many
    if str(target).rpartition("/")[2].startswith("found-"):
        many += 1
        if many == 3:
            if {after}: replace(self, target)
            os.kill(os.getpid(), signal.SIGKILL)
    return replace(self, target)
Path.replace = killed
answered(Path({data!r}), Path({out!r}), as_of=exporting.AS_OF, parts=5, resume=Path({kept!r}))
"""


@pytest.mark.timeout(240)
@pytest.mark.parametrize("after", [True, False])
def test_what_was_killed_left_nothing_that_is_half_true(
    after: bool, data: Path, tmp_path: Path, writing: list[int]
) -> None:
    """In the middle of writing a portion, or right behind."""
    kept, paths = tmp_path / "kept", [str(Path(__file__).parents[1] / "support")]
    told = {"paths": paths, "data": str(data), "out": str(tmp_path / "other"), "kept": str(kept)}
    script = KILLED.format(after=after, **told)
    (tmp_path / "work").mkdir()
    env = {**environment(), "TMPDIR": str(tmp_path / "work")}
    done = subprocess.run([sys.executable, "-c", script], env=env, check=False, timeout=200)
    assert done.returncode == -signal.SIGKILL
    there = {int(one.stem[6:]) for one in kept.rglob("found-*.parquet")}
    assert len(there) == 2 + after
    other = answered(data, tmp_path / "other", as_of=exporting.AS_OF, parts=PARTS, resume=kept)
    assert set(writing) == set(range(PARTS)) - there
    assert other == answered(data, tmp_path / "one", as_of=exporting.AS_OF)
    assert not kept.exists()


def test_what_does_not_read_as_a_portion_is_found_anew(
    data: Path, tmp_path: Path, writing: list[int]
) -> None:
    """A file that the system lost the end of, or that holds something else."""
    kept = tmp_path / "kept"
    options = {"as_of": exporting.AS_OF, "parts": PARTS, "resume": kept, "processes": 1}
    end_after(4, lambda: answered(data, tmp_path / "other", **options))
    spoilt = sorted(kept.rglob("found-*"))[:3]
    spoilt[0].write_bytes(spoilt[0].read_bytes()[:-40])
    spoilt[1].write_bytes(b"")
    shutil.copy(next(kept.rglob("names-*.parquet")), spoilt[2])
    writing.clear()
    other = answered(data, tmp_path / "other", **options)
    assert sorted(writing) == [0, 1, 2, 4]
    assert other == answered(data, tmp_path / "one", as_of=exporting.AS_OF)


@pytest.fixture
def left(data: Path, tmp_path: Path) -> dict[str, Any]:
    """Return how a run was asked that was ended, with a copy of the data of its own."""
    own = tmp_path / "own"
    shutil.copytree(data, own)
    stated = tmp_path / "complete.ttl"
    stated.write_text(COMPLETE, encoding="utf-8")
    asked = {"as_of": "2026-11-22", "completeness": stated, "resume": tmp_path / "kept"}
    options = {"parts": PARTS, "processes": 1, **asked}
    end_after(1, lambda: answered(own, tmp_path / "other", **options))
    return {"data": own, **asked}


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("day", "how records are read changed"),
        ("completeness", "how records are read changed"),
        ("file", "the source changed"),
        ("more", "the source changed"),
        ("program", "Indicant changed"),
        ("guideline", "the guideline, how records are read changed"),
        ("spoilt", "Indicant, the guideline, how records are read, the source changed"),
        ("listed", "Indicant, the guideline, how records are read, the source changed"),
    ],
)
def test_a_run_for_something_else_is_refused(
    what: str, why: str, left: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what was found stays for the run that it is of."""
    asked = dict(left)
    own, kept = asked.pop("data"), asked["resume"]
    before = {one: one.read_bytes() for one in kept.rglob("found-*")}
    guideline: Guideline = shipped.guideline()
    if what == "day":
        asked["as_of"] = "2026-11-21"
    elif what == "completeness":
        asked["completeness"].write_text(f"{COMPLETE}\n", encoding="utf-8")
    elif what == "file":
        status = (own / "Condition.000.ndjson").stat()
        os.utime(own / "Condition.000.ndjson", ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    elif what == "more":
        (own / "Basic.ndjson").write_text("", encoding="utf-8")
    elif what == "program":
        monkeypatch.setattr(resuming, "_program", lambda: "another one")
    elif what == "guideline":
        guideline = Guideline.load("opioids-for-pain")
    else:
        text = "{" if what == "spoilt" else "[]"
        next(kept.rglob("run.json")).write_text(text, encoding="utf-8")
    with pytest.raises(IndicantError, match=f"of another run: {why} since"):
        guideline.cohort(own, output=tmp_path / "other", **asked)
    assert {one: one.read_bytes() for one in kept.rglob("found-*")} == before
    assert not (tmp_path / "other").exists()


def test_nothing_is_written_or_removed_where_something_else_is(data: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    for name in each(("letter.txt", "new")):
        (kept / name).mkdir(parents=True)
        (kept / name / "mine").write_text("x", encoding="utf-8")
        with pytest.raises(IndicantError, match=f"holds '{name}', which no run left there"):
            shipped.guideline().cohort(data, as_of=exporting.AS_OF, resume=kept)
        assert [one.name for one in kept.rglob("*")] == [name, "mine"]
        shutil.rmtree(kept)


def test_two_runs_do_not_work_in_one_folder(data: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    with (kept / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(IndicantError, match="another run is at work there"):
            shipped.guideline().cohort(data, as_of=exporting.AS_OF, resume=kept)
    assert shipped.guideline().cohort(data, as_of=exporting.AS_OF, resume=kept).record["patients"]
    assert not kept.exists()


def test_what_is_read_once_alone_cannot_go_on(tmp_path: Path) -> None:
    with pytest.raises(IndicantError, match="standard input can be read once alone"):
        shipped.guideline().cohort("-", as_of=exporting.AS_OF, resume=tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_both_of_two_versions_go_on(data: Path, tmp_path: Path, writing: list[int]) -> None:
    """Each has what was found for it, where the second was ended."""
    kept, old = tmp_path / "kept", Guideline.load("opioids-for-pain")
    options = {"as_of": exporting.AS_OF, "parts": 2, "against": old, "processes": 1}
    one = answered(data, tmp_path / "one", **options)
    end_after(3, lambda: answered(data, tmp_path / "other", resume=kept, **options))
    writing.clear()
    assert answered(data, tmp_path / "other", resume=kept, **options) == one
    assert writing == [1]
    assert one[0]["against"]["interventions"]
