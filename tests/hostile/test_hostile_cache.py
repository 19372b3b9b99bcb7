"""A compiled guideline that somebody else could have written is not believed."""

from __future__ import annotations

import functools
import os
import signal
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from indicant.assess.assessor import Assessor
from indicant.compile.compiled import CompiledGuideline, key_of, obtain
from indicant.files import cache, resources
from indicant.files.sources import load
from places import TESTS

if TYPE_CHECKING:
    from indicant.files.sources import Source

GUIDELINE = TESTS / "diff" / "guideline.ttl"
POSIX = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files belong to nobody there")
NAMES = ("graph.nt", "vocabulary.nt", "derivations.json")
KEPT = {"graph.nt": "kept", "vocabulary.nt": "words", "derivations.json": "[]"}


@functools.cache
def source() -> Source:
    return load(GUIDELINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a cache with what may be the compiled form of a guideline, and a quick compiler.

    Its digest is right: anybody can compute it.
    """
    monkeypatch.setenv("INDICANT_CACHE", str(tmp_path / "cache"))
    key = key_of(source())
    anew = CompiledGuideline(key, "anew", "words")
    monkeypatch.setattr("indicant.compile.compiled.compile_source", lambda _: anew)
    cache.keep(tmp_path / "cache", key, KEPT)
    return tmp_path / "cache" / key


def is_believed() -> bool:
    """Tell whether what is in the cache is taken, which is not waited for."""

    def late(*_arguments: object) -> None:
        raise TimeoutError

    if hasattr(signal, "SIGALRM"):
        before = signal.signal(signal.SIGALRM, late)
        signal.alarm(60)
    try:
        return obtain(source()).graph == "kept"
    finally:
        if hasattr(signal, "SIGALRM"):
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)


def test_what_is_kept_is_of_the_user_alone(folder: Path) -> None:
    """Whatever the user lets others do to new files elsewhere."""
    assert is_believed()
    for path in (folder, folder.parent, *folder.iterdir()):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o022
        assert path.stat().st_uid == os.geteuid()


@POSIX
def test_no_mask_makes_the_cache_one_that_is_not_believed(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        cache.keep(tmp_path / "deep" / "cache", "key", KEPT)
    finally:
        os.umask(before)
    assert cache.kept(tmp_path / "deep" / "cache", "key", NAMES) == ("kept", "words", "[]")


@POSIX
@pytest.mark.parametrize("mode", [0o020, 0o002])
@pytest.mark.parametrize("name", ["..", ".", *NAMES, "sha256"])
def test_what_others_can_write_is_not_believed(
    folder: Path, name: str, mode: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the folders nor the files; it is compiled anew, and said so."""
    path = Path(os.path.normpath(folder / name))
    path.chmod(path.stat().st_mode | mode)
    assert not is_believed()
    (told,) = caplog.messages
    assert told.startswith(f"indicant: {path}: can be written by others: not read, and compiled")
    assert f"chmod go-w {path}" in told
    if name != "..":
        caplog.clear()
        assert not is_believed()
        assert not caplog.messages, "what was compiled anew has taken its place"


@POSIX
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
@pytest.mark.parametrize("name", ["..", ".", *NAMES, "sha256"])
def test_what_belongs_to_somebody_else_is_not_believed(
    folder: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    os.chown(folder / name, 65534, -1)
    assert not is_believed()
    assert "belongs to somebody else" in caplog.text


@POSIX
def test_who_a_file_belongs_to_is_asked_of_the_open_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who is not the owner believes nothing, root's files excepted."""
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    if folder.stat().st_uid == 0:
        assert is_believed()
    else:
        assert not is_believed()


@pytest.mark.skipif(os.name == "nt", reason="links and pipes are made as in POSIX")
@pytest.mark.parametrize("name", [".", *NAMES, "sha256"])
@pytest.mark.parametrize("kind", ["link", "pipe", "device", "folder", "loop", "file", "dangling"])
def test_only_regular_files_are_read(folder: Path, name: str, kind: str, tmp_path: Path) -> None:
    """And none is waited for; what is there gives way to what was compiled anew."""
    path = Path(os.path.normpath(folder / name))
    aside = tmp_path / "aside"
    path.rename(aside)
    if kind == "link":
        path.symlink_to(aside)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "file":
        path.write_bytes(b"\xff\0")
    else:
        target = {"device": "/dev/zero", "loop": str(path), "dangling": "nowhere"}[kind]
        path.symlink_to(target)
    assert not is_believed()
    assert folder.is_dir()
    assert not folder.is_symlink()
    assert not [one for one in folder.parent.iterdir() if one != folder], "nothing is left beside"
    assert cache.kept(folder.parent, folder.name, NAMES) == ("anew", "words", "[]")


def test_a_text_cut_off_is_not_believed(folder: Path) -> None:
    """In which a contraindication could be missing."""
    graph = folder / "graph.nt"
    graph.write_bytes(graph.read_bytes()[:-1])
    assert not is_believed()


def test_the_folder_of_the_cache_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    """As of somebody who keeps it on another disk: it is their own folder all the same."""
    folder.parent.rename(tmp_path / "disk")
    folder.parent.symlink_to(tmp_path / "disk")
    assert is_believed()


def test_where_nobody_tells_whose_files_are_the_folder_is_at_home(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where only the user can write to the folder that is theirs."""
    monkeypatch.setattr(os, "supports_dir_fd", set())
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert is_believed()
    monkeypatch.setenv("HOME", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "elsewhere"))
    with pytest.raises(cache.NotOursError, match="lies outside the folder of the user"):
        cache.kept(folder.parent, folder.name, NAMES)
    assert not is_believed()


@POSIX
def test_what_ships_is_believed_as_the_package_is(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever installed it; but a pipe is waited for nowhere."""
    monkeypatch.setattr(resources, "compiled", lambda: folder.parent)
    monkeypatch.setenv("INDICANT_CACHE", str(tmp_path / "none"))
    folder.parent.chmod(0o777)
    assert is_believed()
    (folder / "graph.nt").unlink()
    os.mkfifo(folder / "graph.nt")
    assert not is_believed()


@pytest.mark.slow
def test_a_cache_that_is_no_folder_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("INDICANT_CACHE", str(tmp_path / "file"))
    assert Assessor(GUIDELINE).compiled.graph
