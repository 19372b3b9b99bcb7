"""Put folders and files into their places together: all of them or none, whatever ends the run.

They are made in a hidden folder beside their places. Once they are whole, a journal in that folder
says what goes where, and from then on they are put into their places one after the other. A run
that is killed before that has changed nothing, and the next one removes what it made; one that is
killed later is finished by the next one. A folder takes the place of another in one step where the
system can exchange two names.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import json
import os
import shutil
import stat
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, Literal

from indicant.errors import IndicantError
from indicant.files.atomic import bytes_of, claim, left_behind, new_name, sweep, take_over, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_JOURNAL: Final = "journal.json"
_LOCK: Final = "lock"
_FORMAT: Final = 1
_MAX_BYTES: Final = 10_000_000
_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2


@dataclass(frozen=True)
class _Step:
    """What goes where: a folder or a file, from the place in the working folder with its number.

    ``target`` is a path from the folder in which the working folder is; ``before`` and ``after``
    are the digests of what is there now and of what shall be, nothing where nothing is there.
    """

    number: int
    kind: Literal["file", "folder"]
    target: str
    before: str | None
    after: str


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Yield a folder to fill, which then takes its place whole or not at all.

    Raises:
        IndicantError: something is there already, or it cannot be written.
    """
    with staged(Path(os.path.abspath(target)).parent, shown=target) as stage:
        yield stage.folder(target)


@contextlib.contextmanager
def staged(parent: Path, *, shown: str | os.PathLike[str] | None = None) -> Iterator[Stage]:
    """Yield a stage on which to prepare what then takes its places together.

    Args:
        parent: a folder above all of the places; it is made where it is missing.
        shown: what to call all of it in an error.

    Raises:
        IndicantError: it cannot be written, or what it replaces was changed in the meantime.
    """
    with told(parent if shown is None else shown):
        parent.mkdir(parents=True, exist_ok=True)
        _recovered(parent, None)
        work, lock = _workplace(parent)
        try:
            stage = Stage(parent, work)
            yield stage
            stage._commit()
        finally:
            if not (work / _JOURNAL).exists():
                shutil.rmtree(work, ignore_errors=True)
            os.close(lock)


class Stage:
    """Folders and files that take their places together once all of them are whole."""

    def __init__(self, parent: Path, work: Path) -> None:
        self._parent = Path(os.path.realpath(parent))
        self._work = work
        self._steps: list[_Step] = []

    def folder(self, target: Path, *, replace: bool = False) -> Path:
        """Return a folder to fill in the stead of one that is empty, not there, or replaced."""
        real = self._place(target, folder=True)
        if not replace and real.is_dir() and os.path.samefile(real, os.curdir):
            raise IndicantError(
                "is the folder that you are in", file=str(target), help="name it from another one"
            )
        if real.is_symlink():
            raise IndicantError("is a link, and would not be afterwards", file=str(target))
        if real.is_dir() and (replace or not any(real.iterdir())):
            before = _digest(real)
        elif os.path.lexists(real):
            raise IndicantError("is there already", file=str(target))
        else:
            before = None
        return self._step("folder", real, before)

    def file(self, target: Path, data: bytes, *, before: bytes | None) -> None:
        """Prepare a file with some content, in the stead of one that holds what it held before."""
        real = self._place(target, folder=False)
        if before is None and os.path.lexists(real):
            raise IndicantError("is there already", file=str(target))
        digest = None if before is None else _digest_of_file(before)
        self._step("file", real, digest).write_bytes(data)

    def _place(self, target: Path, *, folder: bool) -> Path:
        """Return where something really is, which has to be below the parent and on its disk."""
        path = Path(os.path.abspath(target))
        real = (
            Path(os.path.realpath(path.parent), path.name)
            if folder
            else Path(os.path.realpath(path))
        )
        if not real.is_relative_to(self._parent) or real == self._parent:
            raise IndicantError(f"lies outside {self._parent}", file=str(target))
        if os.stat(real.parent).st_dev != os.stat(self._work).st_dev:
            raise IndicantError("lies on another file system", file=str(target))
        return real

    def _step(self, kind: Literal["file", "folder"], real: Path, before: str | None) -> Path:
        number = len(self._steps)
        target = real.relative_to(self._parent).as_posix()
        self._steps.append(_Step(number, kind, target, before, ""))
        place = _new(self._work, self._steps[-1])
        place.parent.mkdir(exist_ok=True)
        if kind == "folder":
            place.mkdir()
        return place

    def _commit(self) -> None:
        """Write the journal and follow it; what fails is taken back."""
        steps = []
        for one in self._steps:
            whole = dataclasses.replace(one, after=_digest(_new(self._work, one)) or "")
            if whole.after != whole.before:
                steps.append(whole)
        if not steps:
            return
        for one in steps:
            _check_unchanged(one, self._parent, self._work)
            if one.before is not None:
                take_over(_new(self._work, one), self._parent / one.target)
        _write_journal(self._work, steps)
        done: list[_Step] = []
        try:
            for one in steps:
                done.append(one)
                _apply(one, self._parent, self._work)
        except BaseException:
            for one in reversed(done):
                _undo(one, self._parent, self._work)
            os.unlink(self._work / _JOURNAL)
            raise
        os.unlink(self._work / _JOURNAL)


# ---------------------------------------------------------------------- after a run was killed


def recover(place: Path) -> tuple[str, ...]:
    """Finish what runs that were killed had begun at a place, and remove what they had not begun.

    Args:
        place: a folder that they were making or replacing, or in which they were doing so.

    Returns:
        What was finished, one line each.

    Raises:
        IndicantError: something there was changed after the run was killed, or another run is
            putting something there right now.
    """
    real = Path(os.path.realpath(place))
    return (*_recovered(place.parent, real), *_recovered(place, real))


def _recovered(parent: Path, among: Path | None) -> list[str]:
    """Finish what concerns a place out of what is left behind in a folder; see ``recover``."""
    sweep(parent)
    lines: list[str] = []
    for entry in left_behind(parent):
        if entry.is_dir(follow_symlinks=False):
            with told(entry.path):
                finished = _recover(parent, Path(entry.path), among)
            if finished:
                what = ", ".join(str(parent / one.target) for one in finished)
                lines.append(f"finished what a run that was interrupted had begun: {what}")
    return lines


def _recover(parent: Path, work: Path, among: Path | None) -> list[_Step]:
    """Finish or remove a working folder, unless its run is still at work or it is not for here.

    One in which nothing is left to be done is removed, whatever place it was for.
    """
    real = Path(os.path.realpath(parent))
    steps = _read_journal(work)
    wanted = bool(steps) and all(_is_among(real, one, among) for one in steps or ())
    if steps and not wanted and _waiting(steps, real, work):
        return []
    lock = _claim(work)
    if lock is None:
        if steps and wanted:
            raise IndicantError(
                "another run is writing it", file=str(parent / steps[0].target), help="wait for it"
            )
        return []
    try:
        if _read_journal(work) != steps or (
            steps is None and os.path.lexists(work / _JOURNAL)  # a journal of somebody else
        ):
            return []
        waiting = _waiting(steps or (), real, work)
        for one in waiting:
            _resume(one, real, work)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(work / _JOURNAL)
        shutil.rmtree(work, ignore_errors=True)
        return waiting
    finally:
        os.close(lock)


def _waiting(steps: Sequence[_Step], parent: Path, work: Path) -> list[_Step]:
    """Return what is left to be done: nothing where only new things were to come, and none did."""
    waiting = [one for one in steps if _is_waiting(one, parent, work)]
    new = all(one.before in (None, _EMPTY) for one in steps)
    return [] if new and len(waiting) == len(steps) and not (work / "old").exists() else waiting


def _is_among(parent: Path, step: _Step, among: Path | None) -> bool:
    """Tell whether a step concerns a place, or what is below it and not hidden."""
    target = parent / step.target
    return (
        among is not None
        and target.is_relative_to(among)
        and not any(part.startswith(".") for part in target.relative_to(among).parts)
    )


def _workplace(parent: Path) -> tuple[Path, int]:
    """Make a working folder and lock it, and return both."""
    while True:
        work = Path(os.path.realpath(parent), new_name())
        work.mkdir(mode=0o700)
        lock = _claim(work)
        if lock is not None:
            return work, lock


def _claim(work: Path) -> int | None:
    """Lock a working folder, and return the handle of the lock, or nothing if it is taken."""
    path = work / _LOCK
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        handle = os.open(path, flags, 0o600)
    except OSError:
        return None
    if claim(handle, path):
        return handle
    os.close(handle)
    return None


def _write_journal(work: Path, steps: Sequence[_Step]) -> None:
    """Write the journal: from here on, what was begun is finished.

    It says which folder it is in, by number, so that a copy of one (out of an archive, or from a
    repository that somebody else wrote) is never followed.
    """
    record = {
        "format": _FORMAT,
        "folder": os.stat(work).st_ino,
        "steps": [dataclasses.asdict(one) for one in steps],
    }
    part = work / f"{_JOURNAL}.part"
    with part.open("w", encoding="utf-8") as file:
        json.dump(record, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, work / _JOURNAL)


def _read_journal(work: Path) -> list[_Step] | None:
    """Return what a journal says, or nothing where there is none that was written here."""
    path = work / _JOURNAL
    try:
        if os.lstat(path).st_size > _MAX_BYTES:
            return None
        data = bytes_of(path)
        record: Any = None if data is None else json.loads(data)
        if record["format"] != _FORMAT or record["folder"] != os.lstat(work).st_ino:
            return None
        steps = [_Step(**one) for one in record["steps"]]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return steps if all(_is_sound(one) for one in steps) else None


def _is_sound(step: _Step) -> bool:
    path = PurePosixPath(step.target) if isinstance(step.target, str) else PurePosixPath("/")
    return (
        isinstance(step.number, int)
        and step.kind in ("file", "folder")
        and not path.is_absolute()
        and bool(path.parts)
        and ".." not in path.parts
    )


# ---------------------------------------------------------------------- one step


def _new(work: Path, step: _Step) -> Path:
    return work / "new" / str(step.number)


def _old(work: Path, step: _Step) -> Path:
    return work / "old" / str(step.number)


def _apply(step: _Step, parent: Path, work: Path) -> None:
    """Put something into its place, which holds what it held before."""
    new, old, target = _new(work, step), _old(work, step), parent / step.target
    if step.before is None:
        os.rename(new, target)
    elif step.kind == "file":
        old.parent.mkdir(exist_ok=True)
        if not old.exists():
            shutil.copy2(target, old)
        os.replace(new, target)
    elif not exchange(new, target):
        old.parent.mkdir(exist_ok=True)
        os.rename(target, old)
        os.rename(new, target)


def _is_waiting(step: _Step, parent: Path, work: Path) -> bool:
    """Tell whether a run that was killed left something of a step to be done.

    What is new is in its place once it is not in the working folder any more, or once what was
    there before is in the working folder in its stead.
    """
    new = _new(work, step)
    if not os.path.lexists(new):
        return False
    if step.kind == "file" or step.before is None:
        return True
    return _is_halfway(step, parent, work) or _digest(new) != step.before


def _is_halfway(step: _Step, parent: Path, work: Path) -> bool:
    """Tell whether a folder was moved away, and none is in its place yet."""
    return (
        step.kind == "folder"
        and _old(work, step).exists()
        and not os.path.lexists(parent / step.target)
    )


def _resume(step: _Step, parent: Path, work: Path) -> None:
    """Do what is left of a step."""
    if _is_halfway(step, parent, work):
        os.rename(_new(work, step), parent / step.target)
        return
    _check_unchanged(step, parent, work)
    with contextlib.suppress(FileNotFoundError):
        if step.kind == "file":
            _old(work, step).unlink()
    _apply(step, parent, work)


def _undo(step: _Step, parent: Path, work: Path) -> None:
    """Take back what was done of a step."""
    new, old, target = _new(work, step), _old(work, step), parent / step.target
    if step.before is None:
        if not os.path.lexists(new):
            os.rename(target, new)
    elif step.kind == "file":
        if not os.path.lexists(new):
            os.replace(old, target)
    elif old.exists():
        if not os.path.lexists(new):
            os.rename(target, new)
        os.rename(old, target)
    elif _digest(new) == step.before:
        exchange(new, target)


def _check_unchanged(step: _Step, parent: Path, work: Path) -> None:
    """Refuse to replace what is not what it was before."""
    target = parent / step.target
    now = _digest(target)
    if now != step.before:
        raise IndicantError(
            "was changed while it was being replaced, and is left as it is now",
            file=str(target),
            help=f"run it again; if that does not help, remove  {work}",
        )


def exchange(one: Path, other: Path) -> bool:
    """Let two names change places in one step, and tell whether the system can.

    Raises:
        OSError: it can, and did not.
    """
    if sys.platform != "linux":
        return False
    import ctypes

    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    names = os.fsencode(one), os.fsencode(other)
    if call(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0:
        return True
    error = ctypes.get_errno()
    if error in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EPERM):
        return False
    raise OSError(error, os.strerror(error), str(other))


# ---------------------------------------------------------------------- what a place holds


def _digest(path: Path) -> str | None:
    """Return a digest of a file or of all that is below a folder, or nothing where nothing is."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return None
    if not stat.S_ISDIR(status.st_mode):
        return _digest_of_file(_content(path, status))
    rows = []
    for root, folders, names in os.walk(path, onerror=_refuse):
        for name in (*folders, *names):
            one = Path(root, name)
            below = os.lstat(one)
            held = "" if stat.S_ISDIR(below.st_mode) else _digest_of_file(_content(one, below))
            rows.append((one.relative_to(path).as_posix(), stat.S_IFMT(below.st_mode), held))
    return _digest_of_folder(rows)


def _refuse(error: OSError) -> None:
    raise error


def _content(path: Path, status: os.stat_result) -> bytes:
    """Return what a file holds or a link leads to; a pipe or a device holds nothing."""
    if stat.S_ISLNK(status.st_mode):
        return os.fsencode(os.readlink(path))
    return bytes_of(path) or b""


def _digest_of_file(data: bytes) -> str:
    return hashlib.sha256(b"file\0" + data).hexdigest()


def _digest_of_folder(rows: Sequence[tuple[str, int, str]]) -> str:
    text = "\0".join(["folder", *(f"{name}\0{kind}\0{held}" for name, kind, held in sorted(rows))])
    return hashlib.sha256(os.fsencode(text)).hexdigest()


_EMPTY: Final = _digest_of_folder(())
