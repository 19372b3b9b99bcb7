"""Read files that are files, and no more of them than a limit."""

from __future__ import annotations

import os
import re
import stat
from typing import BinaryIO, Final

from indicant.errors import IndicantError

MAX_BYTES: Final = 20_000_000
_BLOCK: Final = 1 << 16
_DESCRIPTOR: Final = re.compile(r"/dev/stdin|/(?:dev|proc/self)/fd/[0-9]+")
_KINDS: Final = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISLNK, "a link"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def opened(
    path: str | os.PathLike[str],
    *,
    follow: bool = True,
    folder: int | None = None,
    pipes: bool = False,
) -> BinaryIO:
    """Open a regular file, without waiting for anybody.

    The name of a descriptor, ``/dev/stdin`` or ``/dev/fd/63``, may stand for a pipe: that is one
    that the caller of the command holds open already.

    Args:
        path: the file.
        follow: whether it may be a link to one.
        folder: the descriptor of the folder from which a relative path counts.
        pipes: whether it may be a pipe, whose writer is waited for: of what a person names.

    Raises:
        IndicantError: it is missing, cannot be read, or is no regular file.
    """
    name = os.fspath(path)
    given = folder is None and _DESCRIPTOR.fullmatch(name) is not None
    given = given or (pipes and _is_pipe(name))
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        if not given:
            # Looked at before it is opened, since opening a device can do something to it, and
            # after, since it may be another file by then.
            _refuse(os.stat(name, dir_fd=folder, follow_symlinks=follow), name)
            flags |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
            flags |= 0 if follow else getattr(os, "O_NOFOLLOW", 0)
        handle = os.open(name, flags, dir_fd=folder)
        if not given:
            try:
                _refuse(os.fstat(handle), name)
            except BaseException:
                os.close(handle)
                raise
        # From here on it is the file that closes it, also where an interrupt comes in between:
        # closed once more, it might be the descriptor of somebody else.
        return os.fdopen(handle, "rb")
    except FileNotFoundError as error:
        raise IndicantError("no such file", file=name) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise IndicantError(f"cannot be read: {reason}", file=name) from error


def _is_pipe(name: str) -> bool:
    try:
        return stat.S_ISFIFO(os.stat(name).st_mode)
    except (OSError, ValueError):
        return False


def _refuse(status: os.stat_result, name: str) -> None:
    if stat.S_ISREG(status.st_mode):
        return
    kind = next((kind for test, kind in _KINDS if test(status.st_mode)), "something else")
    raise IndicantError(f"is {kind}, not a file", file=name)


def data(
    path: str | os.PathLike[str],
    limit: int = MAX_BYTES,
    *,
    follow: bool = True,
    pipes: bool = False,
) -> bytes:
    """Return what a regular file holds, or if told so a pipe.

    Raises:
        IndicantError: it is missing, cannot be read, is no regular file or larger than the limit.
    """
    with opened(path, follow=follow, pipes=pipes) as file:
        return content(file, os.fspath(path), limit)


def content(file: BinaryIO, name: str, limit: int = MAX_BYTES) -> bytes:
    """Return what is left in an open file, by whatever name it is to be called.

    Raises:
        IndicantError: it cannot be read, or is larger than the limit.
    """
    try:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise too_large(name, limit)
        # What is asked for is set aside at once, so that no more is than the file needs.
        blocks, left = [], limit + 1
        while left and (block := file.read(min(left, max(size + 1, _BLOCK)))):
            blocks.append(block)
            left -= len(block)
    except OSError as error:
        raise IndicantError(f"cannot be read: {error.strerror or error}", file=name) from error
    if not left:
        raise too_large(name, limit)
    return blocks[0] if len(blocks) == 1 else b"".join(blocks)


def text(path: str | os.PathLike[str], limit: int = MAX_BYTES, *, errors: str = "strict") -> str:
    """Return the text of a regular file in UTF-8, with lines ended as in Unix.

    Raises:
        IndicantError: as for ``data``, or the text is not UTF-8.
    """
    try:
        found = data(path, limit).decode("utf-8", errors)
    except UnicodeDecodeError as error:
        raise IndicantError("the text is not UTF-8", file=os.fspath(path)) from error
    return found.replace("\r\n", "\n").replace("\r", "\n")


def too_large(name: str, limit: int) -> IndicantError:
    """Return the error of a file that is larger than a limit."""
    return IndicantError(
        f"larger than the limit of {limit / 1_000_000:g} MB",
        file=name,
        help="a case is a few kilobytes; split a file that holds many cases",
    )
