"""What a run leaves that is killed at any moment, and what the next one makes of it."""

from __future__ import annotations

import contextlib
import datetime
import io
import os
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from indicant.cli import main
from indicant.errors import IndicantError
from indicant.files import staging
from indicant.files.atomic import PREFIX, write
from indicant.files.sources import load
from indicant.files.staging import recover, staged
from indicant.institution import repository, updates
from indicant.possible.facts import CaseFiles, write_cases
from indicant.site import publishing
from killing import Scenario, killed, killed_at_every_call
from places import BENCHMARK

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAY = datetime.date(2026, 11, 22)


def content(folder: Path) -> dict[str, str]:
    """Return what a folder holds, hidden working folders left out."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file() and PREFIX not in str(path)
    }


def left(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(f"{PREFIX}*")]


def said(*words: str) -> tuple[int, str]:
    """Run the command, and return its exit code and what it said."""
    with (
        contextlib.redirect_stdout(io.StringIO()) as out,
        contextlib.redirect_stderr(io.StringIO()) as err,
    ):
        code = main(words)
    return code, out.getvalue() + err.getvalue()


# ---------------------------------------------------------------------- every verb that writes


@pytest.mark.parametrize(
    ("words", "place"),
    [
        (["site", "out"], "out"),
        (["verify", "--witnesses", "out"], "out"),
        (["diff", "a", "b", "--witnesses", "out"], "out"),
        (["test", "cases", "--suggest", "out"], "out"),
        (["init", "out", "--namespace", "https://example.org/p/"], "out"),
        (["update", "out"], "out"),
        (["new", "case", "x", "--tests", "out"], "out/x"),
    ],
)
def test_a_verb_first_finishes_what_was_begun_where_it_writes(
    words: list[str], place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A place is looked at before anything else is done, so that nothing is put over a half."""
    looked: list[str] = []

    def recover(at: Path) -> tuple[str, ...]:
        looked.append(str(at))
        raise IndicantError("recovered")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(staging, "recover", recover)
    assert said(*words) == (2, "indicant: recovered\n")
    assert looked == [place]


# ---------------------------------------------------------------------- several places at once

OLD = {"folder/a/b": "old", "folder/c": "old", "file": "old"}
NEW = {"folder/a/d": "new", "file": "new", "made/e": "new", "born": "new"}


def fill(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def put(room: Path) -> None:
    """Replace a folder and a file, and make one of each."""
    with staged(room) as stage:
        fill(stage.folder(room / "folder", replace=True), {"a/d": "new"})
        stage.file(room / "file", b"new", before=b"old")
        fill(stage.folder(room / "made"), {"e": "new"})
        stage.file(room / "born", b"new", before=None)


def judge_places(room: Path, whole: bool) -> None:
    """All of it is old or new after the next run, which says so if it had to finish something."""
    before = content(room)
    lines = recover(room)
    after = content(room)
    assert after in (OLD, NEW)
    assert not left(room)
    assert not whole or after == NEW
    assert bool(lines) == (before != after)
    if lines:
        assert lines[0].startswith("finished what a run that was interrupted had begun: ")


def places() -> Scenario:
    return Scenario(lambda room: fill(room, OLD), put, judge_places)


def places_without_exchange() -> Scenario:
    staging.exchange = lambda *_: False
    return places()


def finished_by_a_run_that_is_killed(half: dict[str, str]) -> Scenario:
    """Kill a run when it left a certain half, and then the run that finishes it."""
    staging.exchange = lambda *_: False
    number = 0

    def make(room: Path) -> None:
        nonlocal number
        while True:
            shutil.rmtree(room)
            fill(room, OLD)
            assert killed(lambda: put(room), max(number, 1))
            if content(room) == half:
                return
            number += 1

    return Scenario(make, recover, judge_places)


def a_folder_was_moved_away() -> Scenario:
    return finished_by_a_run_that_is_killed({"file": "old"})


def a_folder_was_replaced() -> Scenario:
    return finished_by_a_run_that_is_killed({"file": "old", "folder/a/d": "new"})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scenario", "least"),
    [
        (places, 30),
        (places_without_exchange, 30),
        (a_folder_was_moved_away, 5),
        (a_folder_was_replaced, 5),
    ],
)
def test_several_places_change_together(
    scenario: Callable[[], Scenario], least: int, tmp_path: Path
) -> None:
    killed_at_every_call(scenario, tmp_path, least=least)


# ---------------------------------------------------------------------- what commands write


def site() -> Scenario:
    """There is a whole site at every moment, the old one or the new one."""
    old, new = {"index.html": b"old", "a/b.html": b"old"}, {"index.html": b"new", "c.html": b"new"}

    def judge(room: Path, whole: bool) -> None:
        texts = {name: text for name, text in content(room / "site").items() if "." in name[1:]}
        assert (
            set(texts.values()) == {"new"} if whole else set(texts.values()) in ({"old"}, {"new"})
        )
        assert len(texts) == 2
        publishing.publish({"index.html": b"newest"}, room / "site")
        assert (room / "site" / "index.html").read_text() == "newest"
        assert os.listdir(room) == ["site"]

    return Scenario(
        lambda room: publishing.publish(old, room / "site"),
        lambda room: publishing.publish(new, room / "site"),
        judge,
    )


def site_without_exchange() -> Scenario:
    """Between two renames there is none, and the next run puts it back before anything else."""
    staging.exchange = lambda *_: False
    one = site()

    def judge(room: Path, whole: bool) -> None:
        missing = not (room / "site").exists()
        lines = recover(room / "site")
        assert bool(lines) or not missing
        one.judge(room, whole)

    return Scenario(one.make, one.run, judge)


def a_file_in_the_form_of_the_house() -> Scenario:
    text = "@prefix : <https://example.org/#> .\n:a :b 1 .\n"
    tidy = "@prefix : <https://example.org/#> .\n\n:a\n    :b 1 ;\n.\n"

    def make(room: Path) -> None:
        (room / "a.ttl").write_text(text)
        said("fmt", "--check", str(room))

    def judge(room: Path, whole: bool) -> None:
        assert (room / "a.ttl").read_text() in ((tidy,) if whole else (text, tidy))
        (room / "b.ttl").write_text(text)
        assert said("fmt", str(room))[0] == 0
        assert content(room) == {"a.ttl": tidy, "b.ttl": tidy}
        assert not left(room)

    return Scenario(make, lambda room: said("fmt", str(room)), judge)


def an_output() -> Scenario:
    def judge(room: Path, whole: bool) -> None:
        found = content(room)
        assert found in ([{"out": "new"}] if whole else [{"out": "old"}, {"out": "new"}])
        write(b"newest", room / "out")
        assert content(room) == {"out": "newest"}
        assert not left(room)

    return Scenario(
        lambda room: (room / "out").write_text("old"),
        lambda room: write(b"new", room / "out"),
        judge,
    )


def a_new_guideline() -> Scenario:
    def make(room: Path) -> None:
        said("new", "guideline", "warm", "--in", str(room / "warm"))
        shutil.rmtree(room / "warm")

    def run(room: Path) -> None:
        assert said("new", "guideline", "rain", "--in", str(room))[0] == 0

    def judge(room: Path, whole: bool) -> None:
        there = (room / "rain").exists()
        assert there or not whole
        assert not there or load(room / "rain").documents
        assert said("new", "guideline", "rain", "--in", str(room))[0] == (2 if there else 0)
        assert sorted(content(room)) == ["rain/catalog-v001.xml", "rain/guideline.ttl"]
        assert not left(room)

    return Scenario(make, run, judge)


CASES = (CaseFiles("a", "A", {}), CaseFiles("b", "B", {}))


def cases_that_are_suggested() -> Scenario:
    """Into a folder that holds something, and into one that is not there yet."""

    def run(room: Path) -> None:
        write_cases(room / "tests", CASES)
        write_cases(room / "deep" / "missing", CASES)

    def judge(room: Path, whole: bool) -> None:
        lines = [*recover(room / "tests"), *recover(room / "deep" / "missing")]
        found = content(room)
        for folder in ("tests", "deep/missing"):
            cases = sorted(name for name in found if name.startswith(folder) and "mine" not in name)
            files = [
                f"{folder}/{one}/{name}" for one in "ab" for name in ("case.ttl", "expected.json")
            ]
            assert cases in ([], files)
            assert cases or not (whole or (folder == "tests" and lines))
        assert found["tests/mine/case.ttl"] == "mine"
        assert not left(room)

    return Scenario(lambda room: fill(room, {"tests/mine/case.ttl": "mine"}), run, judge)


def the_repository_of_an_institution() -> Scenario:
    """What is founded is whole or not there, and can be founded again where it is not."""
    published = repository.published_of(BENCHMARK / "hypertension")
    setattr(repository, "published_of", lambda *_, **__: published)  # noqa: B010
    setattr(repository, "load", lambda *_, **__: published.source)  # noqa: B010

    def run(room: Path) -> None:
        repository.found(
            room / "policy",
            "https://hospital.example/policy/",
            guideline=BENCHMARK / "hypertension",
            label="Hospital",
            date=DAY,
        )

    def judge(room: Path, whole: bool) -> None:
        there = any((room / "policy").iterdir()) if (room / "policy").exists() else False
        assert there or not whole
        assert recover(room / "policy") == ()
        if not there:
            run(room)
        assert len(content(room / "policy")) > 15
        assert not left(room)

    return Scenario(lambda room: (room / "policy").mkdir(), run, judge, step=3)


def a_newer_version_that_is_taken() -> Scenario:
    """Copy and pin are both old or both new once any form of the command was run."""
    versions: list[tuple[updates.Followed, repository.Published]] = []
    contents: list[dict[str, str]] = []

    def make(room: Path) -> None:
        base = room.parent / "base"
        newer = base / "newer" / "hypertension"
        if not base.exists():
            shutil.copytree(BENCHMARK / "drugs", base / "newer" / "drugs")
            (base / "newer" / ".git").mkdir()
            shutil.copytree(BENCHMARK / "hypertension", newer)
            file = newer / "guideline.ttl"
            file.write_text(file.read_text(encoding="utf-8").replace("0.1.0", "0.2.0"))
            namespace = ["--namespace", "https://hospital.example/policy/", "--date", str(DAY)]
            guideline = ["--guideline", str(BENCHMARK / "hypertension")]
            assert said("init", str(base / "policy"), *namespace, *guideline)[0] == 0
            shutil.copytree(base / "policy", base / "taken")
            assert said("update", str(base / "taken"), "--take", "--from", str(newer))[0] == 0
            contents.extend(content(base / name) for name in ("policy", "taken"))
        shutil.copytree(base / "policy", room / "policy")
        if not versions:
            versions.append((updates.followed(room / "policy"), repository.published_of(newer)))

    def judge(room: Path, whole: bool) -> None:
        half = content(room / "policy") not in contents
        code, text = said("update", str(room / "policy"), "--check")
        assert code == 0, text
        assert not half or "finished what a run that was interrupted had begun: " in text
        assert content(room / "policy") in (contents[1:] if whole or half else contents)
        assert re.search(r"0\.[12]\.0 is as it is pinned", text)
        assert not left(room)

    return Scenario(make, lambda _: updates.take(*versions[0]), judge, step=2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scenario", "least"),
    [
        (site, 5),
        (site_without_exchange, 5),
        (a_file_in_the_form_of_the_house, 3),
        (an_output, 3),
        (a_new_guideline, 3),
        (cases_that_are_suggested, 5),
        (the_repository_of_an_institution, 10),
        (a_newer_version_that_is_taken, 5),
    ],
)
def test_what_a_command_writes_is_whole(
    scenario: Callable[[], Scenario], least: int, tmp_path: Path
) -> None:
    killed_at_every_call(scenario, tmp_path, least=least)
