"""Take members of archives and trees into a folder, by the one guarded way there is."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError
from indicant.files.bounded import MAX_BYTES
from indicant.files.derivations import ENDING, FOLDER
from indicant.files.rdf import EXTENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

MOST_MEMBERS: Final = 20_000
MOST_BYTES: Final = 500_000_000
BLOCK: Final = 1 << 20
_MOST_PARTS: Final = 40
_KEPT: Final = frozenset((*EXTENSIONS, ".tsv"))


class Members:
    """A folder that is filled with what guidelines are made of, of an archive or a tree.

    The folder is new, and nothing in it is a link, so that a member that is named as members are
    can only be below it.
    """

    def __init__(self, folder: Path, of: str) -> None:
        """Begin to fill a folder with members of something of a name."""
        self.folder = folder
        self._of = of
        self._left = MOST_BYTES
        self._count = 0
        self._folders: set[PurePosixPath] = set()
        self._large: set[PurePosixPath] = set()

    def put(self, name: str, size: int, blocks: Iterable[bytes]) -> Path | None:
        """Write a member, whose size is only what is claimed, and return where.

        One that is larger than a file may be is left out, as long as nothing asks for it.

        Raises:
            IndicantError: its name leads elsewhere or is taken, it is larger than it claims to be,
                or the members together are too many or too large.
        """
        path = self._checked(name)
        if size > MAX_BYTES:
            self._large.add(path)
            return None
        self._count += 1
        self._folders.update(path.parents)
        if self._count > MOST_MEMBERS or len(self._folders) > MOST_MEMBERS:
            raise self._refusal(f"holds more than {MOST_MEMBERS} files or folders")
        target = self.folder / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with open(target, "xb") as file:
                for block in blocks:
                    size -= len(block)
                    self._left -= len(block)
                    if size < 0:
                        raise self._refusal(f"holds more of {name} than it says")
                    if self._left < 0:
                        raise self._refusal(f"unpacks to more than {MOST_BYTES / 1e6:g} MB")
                    file.write(block)
        except (FileExistsError, NotADirectoryError) as error:
            raise self._refusal(f"holds more than one file of the name {name}") from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise self._refusal(f"cannot be taken out: {name}: {reason}") from error
        return target

    def left_out(self, path: Path) -> bool:
        """Tell whether a file of the folder is not there because it is too large."""
        return (
            path.is_relative_to(self.folder)
            and PurePosixPath(path.relative_to(self.folder).as_posix()) in self._large
        )

    def _checked(self, name: str) -> PurePosixPath:
        parts = name.split("/")
        if (
            len(parts) > _MOST_PARTS
            or any(part in {"", ".", ".."} or part.casefold() == ".git" for part in parts)
            or any(char == "\\" or char < " " or char == "\x7f" for char in name)
            or (os.name == "nt" and not all(map(_is_plain_on_windows, parts)))
        ):
            raise self._refusal(f"holds a file whose name leads elsewhere: {name}")
        return PurePosixPath(name)

    def _refusal(self, message: str) -> IndicantError:
        return IndicantError(message, file=self._of)


def is_kept(name: str) -> bool:
    """Tell whether a member is an ontology, a catalog, a table or a derivation by its name.

    >>> is_kept("rain/guideline.ttl"), is_kept("rain/derivations/soaked.rq"), is_kept("soaked.rq")
    (True, True, False)
    """
    path = PurePosixPath(name)
    derivation = path.suffix == ENDING and path.parent.name == FOLDER
    return derivation or path.suffix.lower() in _KEPT


def blocks_of(stream: IO[bytes], size: int) -> Iterator[bytes]:
    """Yield what is in a stream, up to a number of bytes and one more if it is there."""
    left = size + 1
    while left and (block := stream.read(min(left, BLOCK))):
        left -= len(block)
        yield block


def _is_plain_on_windows(part: str) -> bool:
    """Tell whether a name is neither a device nor a stream nor changed where it is written."""
    return not (":" in part or part != part.rstrip(". ") or PureWindowsPath(part).is_reserved())
