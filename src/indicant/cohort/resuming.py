"""Keep what was found of each portion in a folder, so that a run goes on where one was ended.

The folder says what it is of: the program, the guideline, the source and how that is read. Only a
run for which all of it is the same goes on there. What a portion establishes is written whole or
not at all, so that a run that was killed left nothing that is half true.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from indicant import __version__
from indicant.compile.compiled import key_of
from indicant.errors import IndicantError
from indicant.files import bounded
from indicant.files.atomic import claim
from indicant.files.rdf import STDIN
from indicant.foreign import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from indicant.assess.assessor import Assessor
    from indicant.cohort.portions import Setup

_RUN: Final = "run.json"
_LOCK: Final = "lock"
_READY: Final = "ready.json"
_MOST: Final = 100_000_000
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_SUFFIXES: Final = frozenset({".py", ".rq", ".ttl", ".tsv", ".json"})
_IN_WORDS: Final = {
    "program": "Indicant",
    "guideline": "the guideline",
    "reading": "how records are read",
    "source": "the source",
}
_ANEW: Final = "give another folder, or remove this one to begin anew"


def same(assessor: Assessor, setup: Setup) -> dict[str, Any]:
    """Return what has to be the same for a run to go on, as JSON can hold it.

    Files of a source are told apart by name, length and time; those that say how it is read by
    what they hold.

    Raises:
        IndicantError: one of these cannot be read.
    """
    told = {name: value for name, value in setup.recipe.items() if name != "folder"}
    stated = [*told["codes"], *filter(None, [told["completeness"]])]
    return {
        "program": f"{__version__} {_program()}",
        "guideline": key_of(assessor.source),
        "reading": [told, setup.day, [_digest(one) for one in stated]],
        "source": [os.path.abspath(setup.path), _files(setup.path)],
    }


@functools.cache
def _program() -> str:
    """Return a digest of all that decides what is found."""
    room = Path(__file__).parents[1]
    files = sorted(one for one in room.rglob("*") if one.suffix in _SUFFIXES)
    return hashlib.sha256(b"".join(bounded.data(one) for one in files)).hexdigest()


def _digest(path: str) -> str:
    return hashlib.sha256(bounded.data(path)).hexdigest()


def _files(path: str) -> list[list[str | int]]:
    """Return the names, lengths and times of the files of a source, nothing of a server."""
    root = Path(path)
    files = [root] if root.is_file() else sorted(root.rglob("*")) if root.is_dir() else []
    told = [(str(one.relative_to(root)), one.stat()) for one in files if one.is_file()]
    return [[name, status.st_size, status.st_mtime_ns] for name, status in told]


@contextlib.contextmanager
def kept(folder: Path, path: str) -> Iterator[Path]:
    """Yield a folder for a run, its own for as long as it runs; it is removed once all is well.

    Args:
        folder: where it is, or is to be.
        path: the source.

    Raises:
        IndicantError: it holds something else, or another run is at work there.
    """
    if path == STDIN:
        raise IndicantError(
            "standard input can be read once alone", help="with  --resume  give a file or a folder"
        )
    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if _others(folder):
            raise IndicantError(
                f"holds '{excerpt(_others(folder)[0])}', which no run left there",
                file=str(folder),
                help="give a new folder for  --resume",
            )
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | _NO_FOLLOW, 0o600)
        try:
            if not claim(lock, folder / _LOCK):
                raise IndicantError(
                    "another run is at work there", file=str(folder), help="wait until it ends"
                )
            yield folder
            for one in folder.iterdir():
                if one.is_dir():
                    shutil.rmtree(one)
        finally:
            os.close(lock)
        (folder / _LOCK).unlink(missing_ok=True)
        folder.rmdir()


def _others(folder: Path) -> list[str]:
    """Return what is in a folder and is not ours."""
    found = []
    for one in sorted(folder.iterdir()):
        ours = one.name == _LOCK or (one / _RUN).is_file()
        if not ours:
            found.append(one.name)
    return found


def begun(place: Path, told: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what an earlier run counted when it had put a source into portions, if one had.

    Otherwise the folder is empty afterwards, but for what the run is of.

    Raises:
        IndicantError: the earlier run was of something else.
    """
    with _told(place):
        if (place / _RUN).is_file():
            _demand_same(place, told)
        if (place / _READY).is_file():
            found: dict[str, Any] = json.loads(bounded.text(place / _READY, _MOST))
            return found
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(mode=0o700)
        _write(place / _RUN, json.dumps(told))
    return None


def _demand_same(place: Path, told: Mapping[str, Any]) -> None:
    try:
        before = json.loads(bounded.text(place / _RUN, _MOST))
    except ValueError:
        before = None
    if not isinstance(before, dict):
        before = {}
    other = [words for name, words in _IN_WORDS.items() if before.get(name) != told[name]]
    if other:
        raise IndicantError(
            f"what was found there is of another run: {', '.join(other)} changed since",
            file=str(place.parent),
            help=_ANEW,
        )


def ready(place: Path, counted: Mapping[str, Any]) -> None:
    """Say that a source is in portions, with what was counted of it.

    All of them are on the disk by then: without power, records that are not would be missed by no
    run that goes on there.
    """
    with _told(place):
        for one in place.iterdir():
            handle = os.open(one, os.O_RDWR | _NO_FOLLOW)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        _write(place / _READY, json.dumps(counted))


def _write(path: Path, text: str) -> None:
    aside = path.with_name(f".{path.name}")
    aside.write_text(text, encoding="utf-8", newline="\n")
    aside.replace(path)


@contextlib.contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise IndicantError(
            f"cannot be written: {excerpt(error.strerror or str(error))}",
            file=str(folder),
            help="make room there, or name another folder",
        ) from error
