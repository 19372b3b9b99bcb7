"""Find a version of a guideline: a folder, a file, a name, a wheel or a revision of git."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Final

from indicant.errors import IndicantError
from indicant.files.archives import is_archive, unpack
from indicant.files.bounded import MAX_BYTES, too_large
from indicant.files.fence import Fence, fence_of, real
from indicant.files.members import Members, is_kept
from indicant.files.sources import Source, load, named
from indicant.process import programs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack

    from indicant.compile.derivations import Rule
    from indicant.compile.model import Model

GIT: Final = "git:"
HELP: Final = (
    "give a folder, a file, the name of an installed guideline, a wheel, or a revision of git: "
    "REV:path/to/folder, or git:REV beside a folder"
)
MOST_ENTRIES: Final = 500_000
_MOST_LISTED: Final = 200_000_000
_BLOCK: Final = 1 << 16
_SECONDS: Final = 120
_REGULAR: Final = frozenset(("100644", "100755"))


@dataclass(frozen=True)
class Version:
    """A version of a guideline, read.

    ``name`` is what the user called it; ``path`` is where its files are as long as it is open, and
    what the documents say they are called does not depend on that: those of a revision of git
    begin with the revision and a colon. ``fence`` is where its files may lie.
    """

    name: str
    path: Path
    source: Source
    revision: str | None = None
    fence: Fence | None = None


@dataclass(frozen=True)
class _Wheel:
    """A wheel, or another ZIP file, and which guideline in it is meant if not the only one."""

    name: str
    guideline: str | None


@dataclass(frozen=True)
class _Revision:
    """A folder or file at a revision: the top of the repository, the commit, and the path in it."""

    top: Path
    commit: str
    name: str
    path: str


def open_version(
    stack: ExitStack,
    given: str,
    beside: str | None = None,
    *,
    side: str = "the version",
    fence: Fence | None = None,
) -> Version:
    """Read a version of a guideline.

    Args:
        stack: keeps what is taken out of a wheel or of git until it is closed.
        given: a folder, a file, the name of an installed guideline, a wheel that one ships in,
            with ``:name`` where there are several, ``REV:path`` as git has it, or ``git:REV``,
            which is the same path at another revision.
        beside: the path that a revision without one is about.
        side: what to call the version in an error.
        fence: where its files may lie; without, in its own repository, wheel or revision.

    Raises:
        IndicantError: there is no such version, or it cannot be read.
    """
    try:
        found = _locate(given, beside)
        if isinstance(found, Path):
            return Version(given, found, _load(found, fence), fence=fence)
        root = real(stack.enter_context(tempfile.TemporaryDirectory(prefix="indicant-")))
        members = Members(root, found.name)
        if isinstance(found, _Wheel):
            path = unpack(found.name, found.guideline, members)
        else:
            _extract(found, members)
            path = root / found.path if found.path else root
        allowed = fence_of(path, root) if fence is None else fence
        source = _load(path, allowed, members, found.name)
        revision = None if isinstance(found, _Wheel) else found.name
        return Version(given, path, source, revision, allowed)
    except IndicantError as error:
        raise of_side(error, side) from error


def demand_sound(version: Version, side: str) -> tuple[Rule, ...]:
    """Refuse a version that no case would be assessed with, or return its derivations.

    Raises:
        IndicantError: it is not sound; the message says which version.
    """
    from indicant.compile.admission import admit

    try:
        return admit(version.source, kept=True).derivations
    except IndicantError as error:
        raise of_side(error, side) from error


def model_of(version: Version, side: str) -> Model:
    """Read what a version advises, which must lie within the profile.

    Raises:
        IndicantError: it does not; the message says which version.
    """
    from indicant.compile.overriding import effective
    from indicant.compile.profile import read_model

    try:
        model = read_model(version.source)
        effective(model)
    except IndicantError as error:
        raise of_side(error, side) from error
    except RecursionError as error:
        raise IndicantError(f"{side}: a criterion is nested too deeply") from error
    return model


def of_side(error: IndicantError, side: str) -> IndicantError:
    """Return an error that says which of two versions it is about."""
    return IndicantError(
        f"{side}: {error.message}",
        file=error.file,
        line=error.line,
        column=error.column,
        help=error.help,
        see=error.see,
    )


def _load(
    path: Path, fence: Fence | None, members: Members | None = None, name: str = ""
) -> Source:
    """Load a guideline; files that were taken out are called as they were, after a name."""
    root = None if members is None else members.folder
    try:
        source = load(path, fence=fence)
    except RecursionError as error:
        raise IndicantError("is nested too deeply", file=str(path)) from error
    except IndicantError as error:
        if members is None or root is None or error.file is None:
            raise
        large = members.left_out(real(error.file))
        raise IndicantError(
            "is too large to be taken out" if large else error.message,
            file=_called(error.file, root, name),
            line=error.line,
            column=error.column,
            help=error.help,
        ) from error
    if root is None:
        return source
    return replace(
        source,
        documents=tuple(
            replace(one, path=_called(one.path, root, name)) for one in source.documents
        ),
        tables=tuple(replace(one, path=_called(one.path, root, name)) for one in source.tables),
        derivations=tuple(
            replace(one, path=_called(one.path, root, name)) for one in source.derivations
        ),
    )


def _called(file: str, root: Path, name: str) -> str:
    path = real(file)
    if path.is_relative_to(root):
        return f"{name}:{path.relative_to(root).as_posix()}"
    return file


# ---------------------------------------------------------------------- what is meant


def _locate(given: str, beside: str | None) -> Path | _Wheel | _Revision:
    if given.startswith(GIT) and not Path(given).exists():
        revision, colon, path = given[len(GIT) :].partition(":")
        return _at(revision, path if colon else None, beside)
    if given and Path(given).exists():
        return _Wheel(given, None) if _is_archive(given) else named(given) or Path(given)
    known = named(given)
    if known is not None:
        return known
    archive, colon, name = given.rpartition(":")
    if colon and _is_archive(archive):
        return _Wheel(archive, name)
    revision, colon, path = given.partition(":")
    if colon and revision:
        return _at(revision, path, beside)
    raise IndicantError(f"unknown version '{given}'", help=HELP)


def _is_archive(path: str) -> bool:
    return is_archive(path) and Path(path).is_file()


def _at(revision: str, path: str | None, beside: str | None) -> _Revision:
    """Return what a revision is, of a path from the top of the repository or from here."""
    place = Path.cwd()
    if path is None:
        if beside is None or not Path(beside).exists():
            raise IndicantError(
                f"'{GIT}{revision}' says no path, and the other version is no folder or file",
                help=f"write  {revision or 'REV'}:path/to/folder",
            )
        place = real(beside)
        place = place if place.is_dir() else place.parent
    top = Path(_git(place, "rev-parse", "--show-toplevel", about="no repository").strip())
    commit = _git(
        top,
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        f"{revision}^{{commit}}",
        about=f"'{revision}' is no revision of {top}",
    ).strip()
    if path is None:
        assert beside is not None  # noqa: S101
        inside = real(beside)
    elif path.startswith(("./", "../")) or path in {".", ".."}:
        inside = Path(os.path.normpath(real(place) / path))
    else:
        inside = real(top) / PurePosixPath(path)
    try:
        within = Path(os.path.normpath(inside)).relative_to(real(top)).as_posix()
    except ValueError as error:
        raise IndicantError(f"'{inside}' is outside the repository {top}") from error
    return _Revision(top, commit, revision, "" if within == "." else within)


def text_at(revision: str, path: str) -> str | None:
    """Return a file as it was at a revision of its repository, or nothing if it was not there.

    Raises:
        IndicantError: there is no such revision or repository, or what was there is no text.
    """
    try:
        found = _at(revision, None, path)
    except IndicantError as error:
        raise IndicantError(
            error.message,
            file=path,
            help="git log --oneline -- FILE  lists the revisions of a file",
        ) from error
    listed = _git(
        found.top,
        "--literal-pathspecs",
        "ls-tree",
        "-z",
        "--full-tree",
        found.commit,
        "--",
        found.path,
        about=f"'{found.path}' cannot be looked up",
    )
    mode, kind, name, *_ = [*listed.replace("\t", " ").split(" "), "", "", ""]
    if kind != "blob" or mode not in _REGULAR:
        return None
    called = f"{revision}:{found.path}"
    with tempfile.TemporaryFile() as asked:
        asked.write(f"{name}\n".encode())
        asked.seek(0)
        with _streamed(found, asked, "cat-file", "--batch") as stream:
            size = _size(stream, called)
            if size > MAX_BYTES:
                raise too_large(called, MAX_BYTES)
            data = b"".join(_exactly(stream, size, called))
            stream.read(1)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise IndicantError("the text is not UTF-8", file=called) from error


def _environment() -> dict[str, str]:
    """Return an environment in which git asks nobody and fetches nothing."""
    return {
        **os.environ,
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }


def _command(place: Path, *arguments: str) -> list[str]:
    git = programs.find("git")
    if git is None:
        raise IndicantError("git is not installed", help="install git, or give a folder")
    return [git, "-C", str(place), "--no-pager", *arguments]


def _git(place: Path, *arguments: str, about: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603
            _command(place, *arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            env=_environment(),
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise IndicantError(f"{about}: git took longer than {_SECONDS} seconds") from error
    except ValueError as error:
        raise IndicantError(about) from error
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()
        told = f": {reason[0].removeprefix('fatal: ')}" if reason else ""
        raise IndicantError(f"{about}{told}", help=HELP)
    return done.stdout.decode("utf-8", "surrogateescape")


# ---------------------------------------------------------------------- taking out files


def _extract(revision: _Revision, members: Members) -> None:
    """Take the ontologies, catalogs and tables of a revision out.

    All of them, since catalogs lead from a guideline to any place of the repository. Attributes
    that keep files out of archives do not apply; links and submodules are left out.
    """
    wanted: list[tuple[str, str]] = []
    there = not revision.path
    for mode, kind, name, path in _entries(revision):
        there = there or path == revision.path or path.startswith(f"{revision.path}/")
        if kind == "blob" and mode in _REGULAR and (path == revision.path or is_kept(path)):
            wanted.append((name, path))
    if not there:
        raise IndicantError(
            f"'{revision.path}' is not in revision {revision.name}",
            help="a path counts from the top of the repository, or with ./ from here",
        )
    _write_blobs(revision, wanted, members)
    if revision.path and not any(path == revision.path for _, path in wanted):
        (members.folder / revision.path).mkdir(parents=True, exist_ok=True)


def _entries(revision: _Revision) -> Iterator[tuple[str, str, str, str]]:
    """Yield the mode, kind, object and path of all files, which a few trees can make very many."""
    listing = ("ls-tree", "-r", "-z", "--full-tree", revision.commit)
    rest, size, count = b"", 0, 0
    with tempfile.TemporaryFile() as nothing, _streamed(revision, nothing, *listing) as stream:
        while block := stream.read(_BLOCK):
            *rows, rest = (rest + block).split(b"\0")
            size, count = size + len(block), count + len(rows)
            if count > MOST_ENTRIES or size > _MOST_LISTED or len(rest) > _BLOCK:
                raise IndicantError(
                    f"the revision holds more than {MOST_ENTRIES} files", file=revision.name
                )
            for row in rows:
                head, _, path = row.decode("utf-8", "surrogateescape").partition("\t")
                mode, kind, name = head.split(" ")
                yield mode, kind, name, path


def _write_blobs(revision: _Revision, wanted: list[tuple[str, str]], members: Members) -> None:
    with tempfile.TemporaryFile() as asked:
        asked.write("".join(f"{name}\n" for name, _ in wanted).encode())
        asked.seek(0)
        with _streamed(revision, asked, "cat-file", "--batch-check") as stream:
            sizes = [_size(stream, f"{revision.name}:{path}") for _, path in wanted]
        kept = []
        for (name, path), size in zip(wanted, sizes, strict=True):
            if size > MAX_BYTES:
                members.put(path, size, ())
            else:
                kept.append((name, path))
        asked.seek(0)
        asked.truncate()
        asked.write("".join(f"{name}\n" for name, _ in kept).encode())
        asked.seek(0)
        with _streamed(revision, asked, "cat-file", "--batch") as stream:
            for _, path in kept:
                name = f"{revision.name}:{path}"
                size = _size(stream, name)
                members.put(path, size, _exactly(stream, size, name))
                stream.read(1)


def _size(stream: IO[bytes], name: str) -> int:
    """Read what git says of a blob, and return how large that is."""
    head = stream.readline(_BLOCK).split()
    if len(head) != 3:
        raise IndicantError(
            "is not in this copy of the repository, and nothing is ever fetched",
            file=name,
            help="git fetch --refetch  completes a partial clone",
        )
    if head[1] != b"blob":
        raise IndicantError("is no file in this repository, whatever its folder says", file=name)
    return int(head[2])


def _exactly(stream: IO[bytes], size: int, name: str) -> Iterator[bytes]:
    while size:
        block = stream.read(min(size, _BLOCK))
        if not block:
            raise IndicantError("git ended before the file did", file=name)
        size -= len(block)
        yield block


@contextmanager
def _streamed(revision: _Revision, asked: IO[bytes], *arguments: str) -> Iterator[IO[bytes]]:
    """Run git and yield what it writes; it ends with the block, and before long."""
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(  # noqa: S603
            _command(revision.top, *arguments),
            stdin=asked,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=_environment(),
        ) as process,
    ):
        late = threading.Timer(_SECONDS, process.kill)
        late.daemon = True
        late.start()
        try:
            assert process.stdout is not None  # noqa: S101
            yield process.stdout
            if process.wait():
                errors.seek(0)
                reason = errors.read(_BLOCK).decode("utf-8", "replace").partition("\n")[0]
                told = reason.removeprefix("fatal: ") or f"git {arguments[0]} was ended"
                raise IndicantError(f"cannot be read: {told}", file=revision.name)
        finally:
            late.cancel()
            process.kill()
