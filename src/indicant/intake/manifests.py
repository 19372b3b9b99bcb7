"""Read what a bulk export says of itself: which files there are, and what went wrong."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import msgspec

from indicant.files import bounded
from indicant.foreign import excerpt

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

MOST_BYTES: Final = 2_000_000
"""How large a manifest may be; what is larger is read as records."""
_MOST_TOLD: Final = 20
_LISTS: Final = ("output", "deleted", "error")
_PACKED: Final = ".gz"


@dataclass(frozen=True)
class Manifest:
    """A manifest: the files that it names by the list they are in, and whether more pages follow.

    ``unnamed`` is how many entries of a list name no file.
    """

    files: dict[str, tuple[str, ...]]
    unnamed: int
    follows: bool

    def lacking(self, there: Collection[str]) -> Iterator[str]:
        """Yield in words why an export may not be all.

        Args:
            there: the names of the files of its folder, without what says that they are packed.
        """
        absent = [
            name
            for kind in ("output", "deleted")
            for name in self.files[kind]
            if name.removesuffix(_PACKED) not in there
        ]
        for name in absent[:_MOST_TOLD]:
            yield f"names {excerpt(name)}, which is not here"
        if len(absent) > _MOST_TOLD:
            yield f"names {len(absent) - _MOST_TOLD:,} more files that are not here"
        if self.unnamed:
            yield f"has {self.unnamed:,} entries that name no file"
        if self.files["error"]:
            yield f"says that {len(self.files['error']):,} files tell of errors"
        if self.follows:
            yield "is one page of several"


def manifest_of(path: str) -> Manifest | None:
    """Return the manifest that a file is, or nothing where it is something else.

    Raises:
        IndicantError: it cannot be read.
    """
    if os.path.getsize(path) > MOST_BYTES:
        return None
    data = bounded.data(path, MOST_BYTES)
    if b'"transactionTime"' not in data:
        return None
    try:
        found = msgspec.json.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None
    if not isinstance(found, dict) or "resourceType" in found:
        return None
    if not isinstance(found.get("transactionTime"), str) or "output" not in found:
        return None
    return _read(found)


def _read(found: dict[str, Any]) -> Manifest:
    files: dict[str, tuple[str, ...]] = {}
    unnamed = 0
    for kind in _LISTS:
        given = found.get(kind)
        rows = given if isinstance(given, list) else []
        names = [_name(one) for one in rows]
        files[kind] = tuple(one for one in names if one)
        unnamed += sum(not one for one in names) + (given is not None and rows is not given)
    links = found.get("link")
    follows = any(
        isinstance(one, dict) and one.get("relation") == "next"
        for one in (links if isinstance(links, list) else [])
    )
    return Manifest(files, unnamed, follows)


def _name(row: Any) -> str:
    """Return the name of the file that a row of a manifest is about, or nothing.

    >>> _name({"type": "Patient", "url": "https://a.example/bulk/7/Patient.000.ndjson?key=1"})
    'Patient.000.ndjson'
    """
    url = row.get("url") if isinstance(row, dict) else None
    if not isinstance(url, str):
        return ""
    try:
        return unquote(urlsplit(url).path.rpartition("/")[2])
    except ValueError:
        return ""
