"""Take guidelines out of a wheel, or another ZIP file."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError
from indicant.files.bounded import opened
from indicant.files.members import Members, blocks_of, is_kept
from indicant.files.sources import is_guideline_file

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES: Final = 50_000_000
_METHODS: Final = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)


def is_archive(path: str) -> bool:
    """Tell whether a path is called as a wheel or another ZIP file."""
    return path.endswith((".whl", ".zip"))


def unpack(archive: str, guideline: str | None, into: Members) -> Path:
    """Write the ontologies, catalogs and tables of an archive to a folder.

    Args:
        archive: the path of the archive.
        guideline: which guideline in it is meant, by the name of its folder or, where that is not
            enough, by the end of its path; none where there is but one.
        into: the folder.

    Returns:
        The folder of the guideline.

    Raises:
        IndicantError: it is no such archive, not safe to unpack, or which guideline is meant is not
            clear.
    """
    found: dict[str, Path] = {}
    try:
        with opened(archive) as file:
            if os.fstat(file.fileno()).st_size > MOST_BYTES:
                raise IndicantError(
                    f"larger than the limit of {MOST_BYTES / 1e6:g} MB", file=archive
                )
            with zipfile.ZipFile(file) as members:
                for one in members.infolist():
                    target = _take(members, one, archive, into)
                    if target is not None and is_guideline_file(target):
                        place = target.parent.relative_to(into.folder).as_posix()
                        found[place] = target.parent
    except _BROKEN as error:
        raise IndicantError(f"cannot be unpacked: {error}", file=archive) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise IndicantError(f"cannot be read: {reason}", file=archive) from error
    return _chosen(found, archive, guideline)


def _take(
    members: zipfile.ZipFile, one: zipfile.ZipInfo, archive: str, into: Members
) -> Path | None:
    """Write a member to the folder if it is one of those that guidelines are made of."""
    name = one.orig_filename if "\0" in one.orig_filename else one.filename
    kind = stat.S_IFMT(one.external_attr >> 16)
    if one.is_dir() or not is_kept(name) or kind not in (0, stat.S_IFREG):
        return None
    if one.compress_type not in _METHODS:
        raise IndicantError(
            f"{name} is compressed in a way that is not read",
            file=archive,
            help="only deflate is, the way of wheels",
        )
    with members.open(one) as inside:
        return into.put(name, one.file_size, blocks_of(inside, one.file_size))


def _chosen(found: dict[str, Path], archive: str, guideline: str | None) -> Path:
    """Return the one guideline that is meant."""
    if guideline is None:
        meant = list(found)
    elif guideline.startswith("./"):
        meant = [place for place in found if place == guideline.removeprefix("./")]
    else:
        meant = [place for place in found if f"/{place}".endswith(f"/{guideline}")]
    if len(meant) == 1:
        return found[meant[0]]
    several = sorted(meant or found)
    names = [place.rpartition("/")[2] for place in several]
    spelt = [
        f"{archive}:{name if names.count(name) == 1 else f'./{place}'}"
        for name, place in zip(names, several, strict=True)
    ]
    if guideline is None:
        message = "holds several guidelines" if found else "holds no guideline"
    elif meant:
        message = f"holds several guidelines called '{guideline}': {', '.join(several)}"
    else:
        message = f"holds no guideline called '{guideline}'" if found else "holds no guideline"
    raise IndicantError(
        message, file=archive, help=f"one of: {', '.join(spelt)}" if spelt else None
    )
