"""Keep what was computed, and believe nothing of it that somebody else could have written."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError
from indicant.files import bounded, resources

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_BYTES: Final = 500_000_000
DIGEST_FILE: Final = "sha256"
_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


class NotOursError(IndicantError):
    """What was kept could have been written by somebody else."""


def shipped(folder: Path, key: str, names: Sequence[str]) -> tuple[str, ...] | None:
    """Return texts that came with the package, which are believed as the package is."""
    try:
        texts = [_decoded(bounded.data(folder / key / name, MAX_BYTES)) for name in names]
        digest = _decoded(bounded.data(folder / key / DIGEST_FILE))
    except (IndicantError, UnicodeDecodeError):
        return None
    return tuple(texts) if digest == _digest(key, texts) else None


def known(key: str, name: str) -> str | None:
    """Return a text that came with the package or that an earlier run kept, or nothing.

    What somebody else could have written is passed over in silence: it is made anew at once.
    """
    try:
        found = shipped(resources.compiled(), key, (name,)) or kept(
            resources.cache_dir(), key, (name,)
        )
    except NotOursError:
        return None
    return None if found is None else found[0]


def kept(folder: Path, key: str, names: Sequence[str]) -> tuple[str, ...] | None:
    """Return texts that an earlier run of the same user kept, whole, or nothing.

    The digest tells a whole text from one cut off; anybody can compute it. What it does not tell is
    who wrote the text, so folders and files have to belong to the user, or to root, who could
    change the program as well, and nobody else may be able to write them. Links are not followed.

    Raises:
        NotOursError: something is there that somebody else could have written.
    """
    if not os.path.lexists(folder / key):
        return None
    try:
        with ExitStack() as stack:
            place: int | None = None
            if os.open in os.supports_dir_fd and hasattr(os, "geteuid"):
                top = _folder(folder, stack, None)
                place = _folder(folder / key, stack, top)
            elif not _is_at_home(folder):
                raise NotOursError("lies outside the folder of the user", file=str(folder))
            texts = [_text(place, folder / key / name) for name in (*names, DIGEST_FILE)]
    except NotOursError:
        raise
    except (IndicantError, OSError, UnicodeDecodeError):
        return None
    digest = texts.pop()
    return tuple(texts) if digest == _digest(key, texts) else None


def keep(folder: Path, key: str, texts: Mapping[str, str]) -> None:
    """Write texts whole or not at all, for this user alone; where it cannot be, there is none."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
        try:
            whole = {**texts, DIGEST_FILE: _digest(key, list(texts.values()))}
            for name, text in whole.items():
                with open(work / name, "xb") as file:
                    file.write(text.encode())
                os.chmod(work / name, 0o600)
            with suppress(NotOursError):
                if kept(folder, key, list(texts)) is not None:
                    return
            _remove(folder / key)
            os.rename(work, folder / key)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError:
        return


def _remove(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        with suppress(FileNotFoundError):
            path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)


def _folder(path: Path, stack: ExitStack, within: int | None) -> int:
    """Open a folder of the user's own, and return its descriptor."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    if within is None:
        handle = os.open(path, flags)
    else:
        handle = os.open(path.name, flags | os.O_NOFOLLOW, dir_fd=within)
    stack.callback(os.close, handle)
    _check_owner(os.fstat(handle), path)
    return handle


def _text(within: int | None, path: Path) -> str:
    """Return the text of a file of the user's own."""
    name = path if within is None else path.name
    with bounded.opened(name, follow=False, folder=within) as file:
        if within is not None:
            _check_owner(os.fstat(file.fileno()), path)
        return _decoded(bounded.content(file, str(path), MAX_BYTES))


def _check_owner(status: os.stat_result, path: Path) -> None:
    if status.st_uid not in {os.geteuid(), 0}:
        raise NotOursError("belongs to somebody else", file=str(path))
    if status.st_mode & _OTHERS:
        raise NotOursError("can be written by others", file=str(path), help=f"chmod go-w {path}")


def _is_at_home(folder: Path) -> bool:
    """Tell whether a folder is the user's where nobody tells whose files are."""
    home = os.path.realpath(os.path.expanduser("~"))
    return Path(os.path.realpath(folder)).is_relative_to(home)


def _digest(key: str, texts: Sequence[str]) -> str:
    """Return what tells a whole text from one cut off, in which contraindications are missing."""
    return hashlib.sha256("\0".join((key, *texts)).encode()).hexdigest()


def _decoded(data: bytes) -> str:
    return data.decode("utf-8")
