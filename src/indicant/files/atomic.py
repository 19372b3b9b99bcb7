"""Write a file whole or not at all, whatever ends the run."""

from __future__ import annotations

import codecs
import contextlib
import errno
import os
import re
import secrets
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError

if TYPE_CHECKING:
    from collections.abc import Iterator

if sys.platform != "win32":
    import fcntl

PREFIX: Final = ".indicant-new-"
_MOST: Final = 100_000_000
"""How much is read of a file before it is replaced: more than any that is rewritten may hold."""
_OURS: Final = re.compile(rf"{re.escape(PREFIX)}[0-9a-f]{{8}}")
_NO_FOLLOW: Final = (
    getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
)


def write(data: bytes, path: str | os.PathLike[str]) -> None:
    """Write a file whole or not at all.

    What is there already is replaced, and its rights stay. Links are followed; a device or a pipe
    is written to.

    Raises:
        IndicantError: the file cannot be written.
    """
    target = Path(path)
    with told(target):
        if target.is_dir():
            raise IndicantError("is a directory, not a file", file=str(target))
        if target.exists() and not target.is_file():
            target.write_bytes(data)
            return
        real = Path(os.path.realpath(target))
        if real.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        with _beside(real, data) as work:
            if real.exists():
                take_over(work, real)
            os.replace(work, real)


def rewrite(data: bytes, path: str | os.PathLike[str], *, before: bytes) -> None:
    """Replace a file that was read and is now to say something else, whole or not at all.

    Owner, rights and extended attributes stay. What was written to it in the meantime is kept.

    Args:
        data: what it shall hold.
        path: the file; a link is followed to it.
        before: what it held when it was read, with or without a byte order mark.

    Raises:
        IndicantError: it is no regular file, holds something else by now, is somebody else's and
            would not be afterwards, or cannot be written.
    """
    target = Path(path)
    with told(target):
        real = Path(os.path.realpath(target, strict=True))
        if not stat.S_ISREG(os.lstat(real).st_mode):
            raise special(target)
        with _beside(real, data) as work:
            if not take_over(work, real):
                raise IndicantError(
                    "belongs to somebody else, and would not after it was replaced",
                    file=str(target),
                    help="let its owner do it, or copy it to a file of your own",
                )
            now = bytes_of(real)
            if now is None or _unmarked(now) != _unmarked(before):
                raise IndicantError(
                    "was changed while it was worked on, and is left as it is now",
                    file=str(target),
                    help="run it again",
                )
            os.replace(work, real)


def special(path: str | os.PathLike[str]) -> IndicantError:
    """Return the mistake to name a pipe, a device or a socket where a file is wanted."""
    return IndicantError("is no regular file", file=os.fspath(path), help="- is standard input")


def bytes_of(path: str | os.PathLike[str]) -> bytes | None:
    """Return what a regular file holds, or nothing where there is none; never waits for a pipe."""
    try:
        handle = os.open(path, os.O_RDONLY | _NO_FOLLOW)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        return file.read(_MOST) if stat.S_ISREG(os.fstat(handle).st_mode) else None


def take_over(work: str | os.PathLike[str], real: Path) -> bool:
    """Give what is to replace something the same owner, rights and attributes.

    Returns:
        Whether the owner could be kept.
    """
    there, made = os.stat(real), os.stat(work)
    kept = True
    if hasattr(os, "chown") and (there.st_uid, there.st_gid) != (made.st_uid, made.st_gid):
        try:
            os.chown(work, there.st_uid, there.st_gid)
        except OSError:
            kept = there.st_uid == made.st_uid
            with contextlib.suppress(OSError):
                os.chown(work, -1, there.st_gid)
    os.chmod(work, stat.S_IMODE(there.st_mode) & (0o7777 if kept else 0o777))
    if hasattr(os, "listxattr"):
        with contextlib.suppress(OSError):
            for name in os.listxattr(real):
                with contextlib.suppress(OSError):
                    os.setxattr(work, name, os.getxattr(real, name))
    return kept


@contextlib.contextmanager
def told(target: str | os.PathLike[str]) -> Iterator[None]:
    """Tell what the system refuses as a mistake about a place."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise IndicantError(f"cannot be written: {reason}", file=os.fspath(target)) from error


def _unmarked(data: bytes) -> bytes:
    return data.removeprefix(codecs.BOM_UTF8)


# ---------------------------------------------------------------------- what is not in place yet


@contextlib.contextmanager
def _beside(real: Path, data: bytes) -> Iterator[str]:
    """Yield a file with some content beside another one; it is gone afterwards."""
    sweep(real.parent)
    handle, work = _new_file(real.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            if sys.platform == "win32":
                file.close()  # what is open cannot be renamed there
            yield work
    finally:
        with contextlib.suppress(OSError):
            os.unlink(work)


def _new_file(parent: Path) -> tuple[int, str]:
    """Make a file that no other run takes for the rest of one that was killed."""
    while True:
        work = os.path.join(parent, new_name())
        handle = os.open(work, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o666)
        if claim(handle, work):
            return handle, work
        os.close(handle)


def new_name() -> str:
    """Return a name for what is not in its place yet: hidden, and nobody's file."""
    return PREFIX + secrets.token_hex(4)


def claim(handle: int, path: str | os.PathLike[str]) -> bool:
    """Lock a file for as long as it is open, and tell whether it is ours and still there.

    Where nothing can be locked, everything is ours.
    """
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EWOULDBLOCK, errno.EACCES)
    try:
        return os.path.samestat(os.fstat(handle), os.lstat(path))
    except FileNotFoundError:
        return False


def left_behind(parent: Path) -> list[os.DirEntry[str]]:
    """Return what runs of this user made in a folder and did not put into its place, sorted.

    Some of it may be of runs that are still at work.
    """
    try:
        with os.scandir(parent) as entries:
            found = [one for one in entries if _OURS.fullmatch(one.name)]
    except OSError:
        return []
    return sorted((one for one in found if _is_own(one)), key=lambda one: one.name)


def _is_own(entry: os.DirEntry[str]) -> bool:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return False
    if sys.platform == "win32":
        return not stat.S_ISLNK(status.st_mode)
    closed = stat.S_ISREG(status.st_mode) or not stat.S_IMODE(status.st_mode) & 0o077
    return closed and not stat.S_ISLNK(status.st_mode) and status.st_uid == os.geteuid()


def sweep(parent: Path) -> None:
    """Remove files that runs made in a folder before they were killed."""
    if sys.platform == "win32":
        return
    for entry in left_behind(parent):
        if not entry.is_file(follow_symlinks=False):
            continue
        with contextlib.suppress(OSError):
            handle = os.open(entry.path, os.O_RDWR | _NO_FOLLOW)
            try:
                if claim(handle, entry.path):
                    os.unlink(entry.path)
            finally:
                os.close(handle)
