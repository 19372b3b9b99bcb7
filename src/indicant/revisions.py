"""Find a version of a guideline: a folder, a file, a name, a wheel or a revision of git."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import zipfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Final

from indicant import programs
from indicant.errors import IndicantError
from indicant.loading import GUIDELINE_FILE, Source, installed, load
from indicant.reading import EXTENSIONS, MAX_BYTES

if TYPE_CHECKING:
    from contextlib import ExitStack

    from indicant.model import Model

try:
    from lzma import LZMAError
except ImportError:  # Python can be built without it
    LZMAError = zlib.error  # type: ignore[assignment, misc]

GIT: Final = "git:"
HELP: Final = (
    "give a folder, a file, the name of an installed guideline, a wheel, or a revision of git: "
    "REV:path/to/folder, or git:REV beside a folder"
)
_KEPT: Final = frozenset((*EXTENSIONS, ".tsv"))
_BLOCK: Final = 1 << 20
_MOST: Final = 500 << 20
_REGULAR: Final = frozenset(("100644", "100755"))


@dataclass(frozen=True)
class Version:
    """A version of a guideline, read.

    ``name`` is what the user called it; ``path`` is where its files are as long as it is open, and
    what the documents say they are called does not depend on that: those of a revision of git
    begin with the revision and a colon.
    """

    name: str
    path: Path
    source: Source
    revision: str | None = None


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
    stack: ExitStack, given: str, beside: str | None = None, *, side: str = "the version"
) -> Version:
    """Read a version of a guideline.

    Args:
        stack: keeps what is taken out of a wheel or of git until it is closed.
        given: a folder, a file, the name of an installed guideline, a wheel that one ships in,
            with ``:name`` where there are several, ``REV:path`` as git has it, or ``git:REV``,
            which is the same path at another revision.
        beside: the path that a revision without one is about.
        side: what to call the version in an error.

    Raises:
        IndicantError: there is no such version, or it cannot be read.
    """
    try:
        found = _locate(given, beside)
        if isinstance(found, Path):
            return Version(given, found, _load(found))
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="indicant-"))).resolve()
        if isinstance(found, _Wheel):
            path = _unpack(found, root)
        else:
            _extract(found, root)
            path = root / found.path if found.path else root
        revision = None if isinstance(found, _Wheel) else found.name
        return Version(given, path, _load(path, root, found.name), revision)
    except IndicantError as error:
        raise of_side(error, side) from error


def demand_sound(version: Version, side: str) -> None:
    """Refuse a version that no case would be assessed with.

    Raises:
        IndicantError: it is not sound; the message says which version.
    """
    from indicant.admission import admit

    try:
        admit(version.source, kept=True)
    except IndicantError as error:
        raise of_side(error, side) from error


def model_of(version: Version, side: str) -> Model:
    """Read what a version advises, which must lie within the profile.

    Raises:
        IndicantError: it does not; the message says which version.
    """
    from indicant.compiling import effective
    from indicant.profile import read_model

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
    )


def _load(path: Path, root: Path | None = None, name: str = "") -> Source:
    """Load a guideline; files below a root are called by their path from there, after a name."""
    try:
        source = load(path)
    except RecursionError as error:
        raise IndicantError("is nested too deeply", file=str(path)) from error
    except IndicantError as error:
        if root is None or error.file is None:
            raise
        raise IndicantError(
            error.message,
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
    )


def _called(file: str, root: Path, name: str) -> str:
    path = Path(file).resolve()
    if path.is_relative_to(root):
        return f"{name}:{path.relative_to(root).as_posix()}"
    return file


# ---------------------------------------------------------------------- what is meant


def _locate(given: str, beside: str | None) -> Path | _Wheel | _Revision:
    if given.startswith(GIT) and not Path(given).exists():
        revision, colon, path = given[len(GIT) :].partition(":")
        return _at(revision, path if colon else None, beside)
    if given and Path(given).exists():
        return _Wheel(given, None) if _is_archive(given) else Path(given)
    known = installed()
    if given in known:
        return known[given]
    archive, colon, name = given.rpartition(":")
    if colon and _is_archive(archive):
        return _Wheel(archive, name)
    revision, colon, path = given.partition(":")
    if colon and revision:
        return _at(revision, path, beside)
    raise IndicantError(f"unknown version '{given}'", help=HELP)


def _is_archive(path: str) -> bool:
    return path.endswith((".whl", ".zip")) and Path(path).is_file()


def _at(revision: str, path: str | None, beside: str | None) -> _Revision:
    """Return what a revision is, of a path from the top of the repository or from here."""
    place = Path.cwd()
    if path is None:
        if beside is None or not Path(beside).exists():
            raise IndicantError(
                f"'{GIT}{revision}' says no path, and the other version is no folder or file",
                help=f"write  {revision or 'REV'}:path/to/folder",
            )
        place = Path(beside).resolve()
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
        inside = Path(beside).resolve()
    elif path.startswith(("./", "../")) or path in {".", ".."}:
        inside = Path(os.path.normpath(place.resolve() / path))
    else:
        inside = top.resolve() / PurePosixPath(path)
    try:
        within = Path(os.path.normpath(inside)).relative_to(top.resolve()).as_posix()
    except ValueError as error:
        raise IndicantError(f"'{inside}' is outside the repository {top}") from error
    return _Revision(top, commit, revision, "" if within == "." else within)


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
            _command(place, *arguments), capture_output=True, check=False, env=_environment()
        )
    except ValueError as error:
        raise IndicantError(about) from error
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()
        told = f": {reason[0].removeprefix('fatal: ')}" if reason else ""
        raise IndicantError(f"{about}{told}", help=HELP)
    return done.stdout.decode("utf-8", "surrogateescape")


# ---------------------------------------------------------------------- taking out files


def _unpack(wheel: _Wheel, folder: Path) -> Path:
    """Write the ontologies, catalogs and tables of a wheel to a folder; return the guideline's."""
    found: dict[str, Path] = {}
    try:
        with zipfile.ZipFile(wheel.name) as archive:
            if sum(one.file_size for one in archive.infolist()) > _MOST:
                raise IndicantError(f"unpacks to more than {_MOST >> 20} MB", file=wheel.name)
            for one in archive.infolist():
                path = PurePosixPath(one.filename)
                if one.is_dir() or path.suffix.lower() not in _KEPT or path.is_absolute():
                    continue
                if ".." in path.parts or one.file_size > MAX_BYTES:
                    continue
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(one) as inside, open(target, "wb") as file:
                    shutil.copyfileobj(inside, file, _BLOCK)
                if path.name == GUIDELINE_FILE:
                    found[path.parent.name] = target.parent
    except (
        zipfile.BadZipFile,
        zlib.error,
        LZMAError,
        EOFError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise IndicantError(f"cannot be unpacked: {error}", file=wheel.name) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise IndicantError(f"cannot be read: {reason}", file=wheel.name) from error
    if wheel.guideline is None and len(found) == 1:
        return next(iter(found.values()))
    if wheel.guideline in found:
        return found[wheel.guideline]
    names = ", ".join(f"{wheel.name}:{name}" for name in sorted(found))
    raise IndicantError(
        "holds no guideline" if not found or wheel.guideline else "holds several guidelines",
        file=wheel.name,
        help=f"one of: {names}" if names else None,
    )


def _extract(revision: _Revision, folder: Path) -> None:
    """Write the ontologies, catalogs and tables of a revision to a folder.

    All of them, since catalogs lead from a guideline to any place of the repository. Attributes
    that keep files out of archives do not apply; links and submodules are left out.
    """
    listing = _git(
        revision.top,
        "ls-tree",
        "-r",
        "-z",
        "--full-tree",
        revision.commit,
        about=f"cannot list {revision.name}",
    )
    wanted: list[tuple[str, str]] = []
    there = not revision.path
    for row in listing.split("\0"):
        head, _, path = row.partition("\t")
        if not path:
            continue
        mode, kind, name = head.split()
        there = there or path == revision.path or path.startswith(f"{revision.path}/")
        if (
            kind == "blob"
            and mode in _REGULAR
            and ".." not in PurePosixPath(path).parts
            and (path == revision.path or PurePosixPath(path).suffix.lower() in _KEPT)
        ):
            wanted.append((name, path))
    if not there:
        raise IndicantError(
            f"'{revision.path}' is not in revision {revision.name}",
            help="a path counts from the top of the repository, or with ./ from here",
        )
    if revision.path:
        (folder / revision.path).parent.mkdir(parents=True, exist_ok=True)
        if not any(path == revision.path for _, path in wanted):
            (folder / revision.path).mkdir(exist_ok=True)
    _write_blobs(revision, wanted, folder)


def _write_blobs(revision: _Revision, wanted: list[tuple[str, str]], folder: Path) -> None:
    with tempfile.TemporaryFile() as asked:
        asked.write("".join(f"{name}\n" for name, _ in wanted).encode())
        asked.seek(0)
        with subprocess.Popen(  # noqa: S603
            _command(revision.top, "cat-file", "--batch"),
            stdin=asked,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        ) as process:
            assert process.stdout is not None  # noqa: S101
            for _, path in wanted:
                _write_blob(process.stdout, f"{revision.name}:{path}", folder / path)


def _write_blob(stream: IO[bytes], name: str, target: Path) -> None:
    head = stream.readline().split()
    if len(head) != 3:
        raise IndicantError(
            "is not in this copy of the repository, and nothing is ever fetched",
            file=name,
            help="git fetch --refetch  completes a partial clone",
        )
    left = int(head[2])
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target, "wb") as file:
        while left:
            block = stream.read(min(left, _BLOCK))
            if not block:
                raise IndicantError("git ended before the file did", file=name)
            file.write(block)
            left -= len(block)
    stream.read(1)
