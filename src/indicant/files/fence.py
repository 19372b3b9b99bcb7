"""Decide which files a guideline may ask for: those of its own repository, and what ships."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError
from indicant.files import resources

if TYPE_CHECKING:
    from collections.abc import Iterator

CATALOG: Final = "catalog-v001.xml"
FLAG: Final = "--allow-outside"
_REPOSITORY: Final = ".git"


@dataclass(frozen=True)
class Fence:
    """Folders, by where they really are, within which files are read; without any, anywhere.

    What is hidden in a folder is not within it: the settings of a repository and of its user are
    there, and no ontology. Whether a flag opens the fence is only said.
    """

    folders: tuple[Path, ...]
    flagged: bool = True

    def admit(self, path: Path) -> Path:
        """Return where a file really is, or would be, which shall be within.

        Args:
            path: an absolute path. What lies outside as it is written is not looked at, since that
                alone can reach over a network.

        Raises:
            IndicantError: it is not; the error names no file.
        """
        if not self.folders:
            return real(path)
        place = Path(os.path.normpath(path))
        if self._holds(place):
            place = real(place)
            if self._holds(place):
                return place
        hidden = any(place.is_relative_to(folder) for folder in self.folders)
        raise IndicantError(
            f"leads to {place}, which is hidden in {self.folders[-1]}"
            if hidden
            else f"leads to {place}, which lies outside {self.folders[-1]}",
            help=f"keep both in one git repository, or with a {CATALOG} at the top of what belongs "
            "together" + (f"; {FLAG}  reads it where it is" if self.flagged else ""),
        )

    def follow(self, file: Path, folder: Path) -> Path:
        """Return where a file really is that was found in a folder.

        That is there, hidden or not, or the file is a link and leads to what is within.

        Raises:
            IndicantError: it leads elsewhere.
        """
        place = real(file)
        inside = Path(os.path.abspath(file))
        given = Path(os.path.abspath(folder))
        if inside.is_relative_to(given) and place == real(given) / inside.relative_to(given):
            return place
        try:
            return self.admit(place)
        except IndicantError as error:
            raise IndicantError(error.message, file=str(file), help=error.help) from error

    def within(self, folder: Path) -> Fence:
        """Return the fence that is this one and a folder; what is open stays open."""
        return replace(self, folders=(folder, *self.folders)) if self.folders else self

    def _holds(self, place: Path) -> bool:
        return any(
            not any(part.startswith(".") for part in place.relative_to(folder).parts)
            for folder in self.folders
            if place.is_relative_to(folder)
        )


OPEN: Final = Fence(())


def fence_of(path: Path, top: Path | None = None) -> Fence:
    """Return what a guideline, or another file or folder that is given, may ask for.

    That is what lies in its own folder, in what ships with the package, and in its repository: the
    nearest folder around it that git keeps, else the topmost one with a catalog. The folder of a
    user, one that all may write to, and the root of a file system are no repositories.

    Args:
        path: a file or a folder.
        top: the repository, where that is known.
    """
    place = real(path)
    own = place if place.is_dir() else place.parent
    if top is None:
        around = [own, *own.parents]
        kept = (one for one in around if os.path.lexists(one / _REPOSITORY))
        listed = (one for one in reversed(around) if os.path.lexists(one / CATALOG))
        top = next(_unshared(kept), None) or next(_unshared(listed), own)
    return Fence((own, real(resources.ontology()), top))


def fixed_fence_of(path: Path) -> Fence:
    """Return the same where no flag opens it: files may be written, or copied to others."""
    return replace(fence_of(path), flagged=False)


def real(path: str | os.PathLike[str]) -> Path:
    """Return where a path leads to, also one that goes round in a circle."""
    try:
        return Path(os.path.realpath(path))
    except (OSError, ValueError) as error:
        raise IndicantError(f"cannot be read: {error}", file=os.fspath(path)) from error


def shown(file: Path) -> str:
    """Return what to call a file: by its place from here, if it lies below."""
    try:
        name = str(file.relative_to(Path.cwd()))
    except ValueError:
        return str(file)
    return os.path.join(os.curdir, name) if name == "-" else name


def _unshared(folders: Iterator[Path]) -> Iterator[Path]:
    home = os.path.realpath(os.path.expanduser("~"))
    for folder in folders:
        if folder == Path(folder.anchor) or str(folder) == home:
            continue
        try:
            mode = folder.stat().st_mode
        except OSError:
            continue
        if not (mode & stat.S_ISVTX and mode & stat.S_IWOTH):
            yield folder
