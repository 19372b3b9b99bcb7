"""What lies about: hidden folders, journals that somebody else wrote, files that are none."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from indicant.cli import main
from indicant.diff.differences import case_files
from indicant.errors import IndicantError
from indicant.files import staging, turtle
from indicant.files.atomic import PREFIX, rewrite, write
from indicant.files.staging import recover, staged
from indicant.site.cases import cases_of
from places import ONTOLOGY, RAIN
from running import command, environment

if TYPE_CHECKING:
    from collections.abc import Callable

BEFORE = "@prefix : <https://example.org/#> .\n:a :b 1 .\n"
AFTER = "@prefix : <https://example.org/#> .\n\n:a\n    :b 1 ;\n.\n"
CASE = (
    "@prefix : <https://example.org/rain/> .\n"
    "@prefix ind: <https://w3id.org/indicant/core/> .\n"
    "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n\n"
    '[] a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ; ind:hasFinding [ a :Rain ] .\n'
)
HIDDEN = (".new-a1b2c3d4", f"{PREFIX}a1b2c3d4", ".old-x/site")
posix = pytest.mark.skipif(os.name != "posix", reason="owners and pipes are those of POSIX")


# ---------------------------------------------------------------------- hidden folders


@pytest.mark.slow
@pytest.mark.many(3)
@pytest.mark.parametrize("name", HIDDEN)
def test_what_was_left_behind_is_no_case(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in ("tests/rain", f"tests/{name}", f"tests/rain/{name}/deep"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "case.ttl").write_text(CASE)
        (tmp_path / place / "expected.json").write_text('{"actions": {"Umbrella": "open"}}')
    main(["test", str(tmp_path / "tests"), "--guideline", str(RAIN), "--format", "json"])
    assert json.loads(capsys.readouterr().out)["data"]["cases"]["total"] == 1
    assert case_files(str(tmp_path)) == [str(tmp_path / "tests" / "rain" / "case.ttl")]
    assert list(cases_of(tmp_path / "tests")) == ["rain"]


@pytest.mark.slow
@pytest.mark.parametrize("name", HIDDEN)
def test_what_was_left_behind_is_no_guideline(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(RAIN, tmp_path / "room" / "rain")
    shutil.copytree(RAIN, tmp_path / "room" / name)
    main(["check", str(tmp_path / "room"), "--format", "json"])
    assert name not in capsys.readouterr().out
    shutil.copytree(ONTOLOGY / "core", tmp_path / "data" / "ontology" / "core")
    for one in ("rain", name):
        shutil.copytree(RAIN, tmp_path / "data" / "ontology" / "guidelines" / one)
    monkeypatch.setattr("indicant.files.resources.root", lambda: tmp_path / "data")
    from indicant.files.sources import installed

    assert list(installed()) == ["rain"]


def test_a_hidden_folder_that_is_named_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only what is found in a folder is passed over, not where the user says to look."""
    folder = tmp_path / ".cache" / "tests" / "rain"
    folder.mkdir(parents=True)
    (folder / "case.ttl").write_text(CASE)
    (folder / "expected.json").write_text("{}")
    main(["test", str(tmp_path / ".cache"), "--guideline", str(RAIN), "--format", "json"])
    assert json.loads(capsys.readouterr().out)["data"]["cases"]["total"] == 1


# ---------------------------------------------------------------------- journals


def planted(room: Path, change: Callable[[dict[str, object]], object]) -> Path:
    """Leave a journal that would replace ``mine`` by something else, changed in some way."""
    (room / "mine").write_text("mine")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(staging, "_apply", _interrupted)
        patch.setattr(staging, "_undo", _interrupted)
        with pytest.raises(KeyboardInterrupt), staged(room) as stage:
            stage.file(room / "mine", b"theirs", before=b"mine")
    (work,) = room.glob(f"{PREFIX}*")
    record = json.loads((work / "journal.json").read_text())
    change(record)
    (work / "journal.json").write_text(json.dumps(record))
    return work


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_journal_that_was_written_here_is_followed(tmp_path: Path) -> None:
    """What the tests below vary."""
    planted(tmp_path, lambda _: None)
    (line,) = recover(tmp_path)
    assert re.fullmatch(r"finished what a run that was interrupted had begun: .*mine", line)
    assert (tmp_path / "mine").read_text() == "theirs"
    assert os.listdir(tmp_path) == ["mine"]


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record.update(folder=record["folder"] + 1),
        lambda record: record.update(format=2),
        lambda record: record.update(steps={}),
        lambda record: record["steps"][0].update(target="../outside"),
        lambda record: record["steps"][0].update(target="/etc/passwd"),
        lambda record: record["steps"][0].update(target=""),
        lambda record: record["steps"][0].update(target=1),
        lambda record: record["steps"][0].update(number="../../mine"),
        lambda record: record["steps"][0].update(kind="pipe"),
        lambda record: record["steps"][0].update(target=".git/hooks/post-commit"),
        lambda record: record["steps"][0].update(target="sub/.git/config"),
        lambda record: record["steps"][0].update(surprise=1),
    ],
)
def test_a_journal_of_somebody_else_is_not_followed(
    change: Callable[[dict[str, object]], object], tmp_path: Path
) -> None:
    """A repository that was cloned or unpacked can bring one."""
    room = tmp_path / "room"
    room.mkdir()
    for name in ("outside", "room/.git/hooks/post-commit", "room/sub/.git/config"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("mine")
    planted(room, change)
    assert recover(room) == ()
    for name in ("outside", "room/mine", "room/.git/hooks/post-commit", "room/sub/.git/config"):
        assert (tmp_path / name).read_text() == "mine", name


@posix
def test_a_journal_that_others_can_write_is_not_followed(tmp_path: Path) -> None:
    work = planted(tmp_path, lambda _: None)
    work.chmod(0o770)
    assert recover(tmp_path) == ()
    assert (tmp_path / "mine").read_text() == "mine"
    (tmp_path / "copy").mkdir()
    shutil.copytree(work, tmp_path / "copy" / work.name)
    (tmp_path / "copy" / work.name).chmod(0o700)
    (tmp_path / "copy" / "mine").write_text("mine")
    assert recover(tmp_path / "copy") == ()
    assert (tmp_path / "copy" / "mine").read_text() == "mine"


def test_what_was_changed_since_is_not_overwritten(tmp_path: Path) -> None:
    work = planted(tmp_path, lambda _: None)
    (tmp_path / "mine").write_text("changed since")
    with pytest.raises(IndicantError, match="was changed while it was being replaced") as caught:
        recover(tmp_path)
    assert str(work) in (caught.value.help or "")
    assert (tmp_path / "mine").read_text() == "changed since"


@posix
def test_a_run_that_is_still_at_work_is_left_alone(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        stage.file(tmp_path / "born", b"new", before=None)
        assert recover(tmp_path) == ()
        write(b"other", tmp_path / "other")
    assert (tmp_path / "born").read_text() == "new"
    work = planted(tmp_path, lambda _: None)
    lock = staging._claim(work)
    assert lock is not None
    with pytest.raises(IndicantError, match="another run is writing it"):
        recover(tmp_path)
    os.close(lock)
    assert (tmp_path / "mine").read_text() == "mine"


def test_names_like_ours_that_are_not_ours_stay(tmp_path: Path) -> None:
    for name in (f"{PREFIX}notes", f"{PREFIX}0123456", f"{PREFIX}A1B2C3D4", ".new-a1b2c3d4"):
        (tmp_path / name).write_text("mine")
    before = set(os.listdir(tmp_path))
    write(b"new", tmp_path / "out")
    assert set(os.listdir(tmp_path)) == before | {"out"}


# ---------------------------------------------------------------------- files that are rewritten


def changed_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a file change after it was read to be formatted."""
    tidy = turtle.tidy

    def slowly(text: str, *, file: str, former: str | None = None) -> str:
        Path(file).write_text(f"{text}:a :c 2 .\n")
        return tidy(text, file=file, former=former)

    monkeypatch.setattr(turtle, "tidy", slowly)


def test_what_changed_while_it_was_formatted_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.ttl"
    file.write_text(BEFORE)
    changed_meanwhile(monkeypatch)
    assert main(["fmt", str(file)]) == 2
    assert "was changed while it was worked on" in capsys.readouterr().err
    assert file.read_text() == f"{BEFORE}:a :c 2 .\n"
    assert os.listdir(tmp_path) == ["a.ttl"]


def test_what_changed_while_something_was_added_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(RAIN, tmp_path / "rain")
    file = tmp_path / "rain" / "guideline.ttl"
    text = file.read_text(encoding="utf-8")
    from indicant.author import scaffold

    compose = scaffold.compose

    def slowly(*given: object, **more: object) -> object:
        added = compose(*given, **more)  # type: ignore[arg-type]
        file.write_text(f"{text}\n", encoding="utf-8")
        return added

    monkeypatch.setattr(scaffold, "compose", slowly)
    assert main(["new", "finding", "WetHair", "--in", str(tmp_path / "rain")]) == 2
    assert "was changed while it was worked on" in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == f"{text}\n"


def test_a_byte_order_mark_is_no_change(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_bytes(b"\xef\xbb\xbf" + BEFORE.encode())
    assert main(["fmt", str(tmp_path)]) == 0
    assert (tmp_path / "a.ttl").read_text() == AFTER


@posix
def test_owner_rights_and_attributes_stay(tmp_path: Path) -> None:
    file = tmp_path / "a.ttl"
    file.write_text(BEFORE)
    root = os.geteuid() == 0
    if root:
        os.chown(file, 65534, 65533)
    file.chmod(0o2664)
    attributes = hasattr(os, "setxattr")
    if attributes:
        try:
            os.setxattr(file, "user.note", b"kept")
        except OSError:
            attributes = False
    before = file.stat()
    assert main(["fmt", str(file)]) == 0
    after = file.stat()
    assert file.read_text() == AFTER
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
    assert stat.S_IMODE(after.st_mode) == stat.S_IMODE(before.st_mode)
    assert not attributes or os.getxattr(file, "user.note") == b"kept"
    if root:
        write(b"new", file)
        assert (file.stat().st_uid, file.stat().st_gid) == (65534, 65533)


@posix
def test_a_file_whose_owner_would_change_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.ttl"
    file.write_text(BEFORE)
    there = os.stat(file)

    def stranger(path: object, **more: object) -> os.stat_result:
        found = plain(path, **more)  # type: ignore[arg-type]
        if os.fspath(path) == str(file):  # type: ignore[call-overload]
            rows = list(found)
            rows[4] = there.st_uid + 1
            return os.stat_result(rows)
        return found

    def denied(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    plain = os.stat
    monkeypatch.setattr(os, "stat", stranger)
    monkeypatch.setattr(os, "chown", denied)
    with pytest.raises(IndicantError, match="belongs to somebody else"):
        rewrite(AFTER.encode(), file, before=BEFORE.encode())
    assert file.read_text() == BEFORE


@pytest.mark.many(9)
@posix
@pytest.mark.parametrize("more", [[], ["--check"], ["--diff"]])
@pytest.mark.parametrize("how", ["named", "linked", "found"])
def test_a_pipe_is_not_waited_for(how: str, more: list[str], tmp_path: Path) -> None:
    """Nobody ever writes into it: whoever opens it to read hangs."""
    room = tmp_path / "room"
    room.mkdir()
    pipe = (room if how == "found" else tmp_path) / "pipe.ttl"
    os.mkfifo(pipe)
    (room / "link.ttl").symlink_to(pipe)
    path = {"named": pipe, "linked": room / "link.ttl", "found": room}[how]
    done = subprocess.run(
        command("fmt", *more, str(path)),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "is no regular file" in done.stderr
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@posix
def test_a_link_that_leads_elsewhere_by_now_is_not_followed_there(tmp_path: Path) -> None:
    """To a pipe least of all: it is asked for what it holds without waiting."""
    file, link = tmp_path / "a.ttl", tmp_path / "b.ttl"
    file.write_text(BEFORE)
    os.mkfifo(tmp_path / "pipe")
    link.symlink_to(tmp_path / "pipe")
    with pytest.raises(IndicantError, match="is no regular file"):
        rewrite(AFTER.encode(), link, before=BEFORE.encode())
    link.unlink()
    link.symlink_to(file)
    rewrite(AFTER.encode(), link, before=BEFORE.encode())
    assert file.read_text() == AFTER


@pytest.mark.many(3)
@posix
@pytest.mark.parametrize(
    "words",
    [
        ["fmt", "loop.ttl"],
        ["site", "loop.ttl"],
        ["site", "loop.ttl/below"],
        ["update", "loop.ttl"],
        ["init", "loop.ttl/below", "--namespace", "https://hospital.example/policy/"],
        ["new", "guideline", "rain", "--in", "loop.ttl"],
        ["test", "--suggest", "loop.ttl/below"],
        ["verify", "--witnesses", "loop.ttl/below", str(RAIN)],
    ],
)
def test_a_link_to_itself_is_a_mistake(
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop.ttl").symlink_to("loop.ttl")
    assert main(words) == 2
    assert capsys.readouterr().err.startswith("indicant: ")
    assert (tmp_path / "loop.ttl").is_symlink()
