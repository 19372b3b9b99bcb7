"""Read what a bulk export says of itself: which files there are, and what went wrong."""

from __future__ import annotations

import codecs
import os
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import msgspec

from indicant.errors import IndicantError
from indicant.files import bounded, packed
from indicant.foreign import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MOST_BYTES: Final = 32_000_000
"""How large a manifest may be."""
_START: Final = 64_000
"""How many bytes of a larger file are looked at, to tell a manifest from records."""
_MOST_TOLD: Final = 20
_LISTS: Final = ("output", "deleted", "error")


@dataclass(frozen=True)
class Manifest:
    """A manifest: the files that it names by the list they are in, and whether more pages follow.

    ``unnamed`` is how many entries of a list name no file; ``urls`` are by a name, without what
    says that a file is packed, where files of that name are; ``counts``, how many records each of
    them has.
    """

    files: dict[str, tuple[str, ...]]
    unnamed: int
    follows: bool
    urls: dict[str, set[str]] = field(default_factory=dict)
    counts: dict[str, set[int]] = field(default_factory=dict)

    def lacking(self, there: Iterable[str]) -> Iterator[str]:
        """Yield in words why an export may not be all.

        Args:
            there: the names of the files of its folder, without what says that they are packed.
        """
        present = Counter(there)
        absent = [
            name
            for kind in ("output", "deleted")
            for name in self.files[kind]
            if packed.bare(name) not in present
        ]
        yield from _first(
            [f"names {excerpt(name)}, which is not here" for name in absent],
            "names {} more files that are not here",
        )
        yield from _first(
            [
                f"names {len(urls)} files {excerpt(name)}, of which {present[name]} is here"
                for name, urls in self.urls.items()
                if 0 < present[name] < len(urls)
            ],
            "names {} more files of the name of another one",
        )
        if self.unnamed:
            yield f"has {self.unnamed:,} entries that name no file"
        if self.files["error"]:
            yield f"says that {len(self.files['error']):,} files tell of errors"
        if self.follows:
            yield "is one page of several"

    def miscounted(self, there: Mapping[str, int]) -> Iterator[str]:
        """Yield in words which files do not have as many records as it says.

        Args:
            there: how many records the files of its folder have, by their names, without what
                says that they are packed; of a name that several have it is left out.
        """
        yield from _first(
            [
                f"says that {excerpt(name)} has {' or '.join(f'{one:,}' for one in sorted(told))} "
                f"records, and it has {there[name]:,}"
                for name, told in self.counts.items()
                if name in there and told != {there[name]}
            ],
            "says of {} more files that they have other numbers of records",
        )


def manifest_of(path: str) -> Manifest | None:
    """Return the manifest that a file is, or nothing where it is something else.

    Raises:
        IndicantError: it cannot be read.
    """
    if os.path.getsize(path) > MOST_BYTES:
        with bounded.opened(path) as file:
            start = file.read(_START)
        if b'"transactionTime"' in start and b'"resourceType"' not in start:
            raise IndicantError(
                f"is the manifest of an export, and larger than {MOST_BYTES // 1_000_000} MB",
                file=path,
                help="put it elsewhere; then nothing is held against what it says is there",
            )
        return None
    data = bounded.data(path, MOST_BYTES).removeprefix(codecs.BOM_UTF8)
    is_escaped = b"\\u" in data and b'"resourceType"' not in data
    if b'"transactionTime"' not in data and not is_escaped:
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
    urls: dict[str, set[str]] = defaultdict(set)
    counts: dict[str, set[int]] = defaultdict(set)
    unnamed = 0
    for kind in _LISTS:
        given = found.get(kind)
        rows = given if isinstance(given, list) else []
        names = [_name(one) for one in rows]
        files[kind] = tuple(one for one in names if one)
        for name, row in zip(names, rows, strict=True):
            if name and kind != "error":
                bare = packed.bare(name)
                urls[bare].add(row["url"])
                count = row.get("count")
                if type(count) is int:
                    counts[bare].add(count)
        unnamed += sum(not one for one in names) + (given is not None and rows is not given)
    links = found.get("link")
    follows = any(
        isinstance(one, dict) and str(one.get("relation")).lower() == "next"
        for one in (links if isinstance(links, list) else [])
    )
    return Manifest(files, unnamed, follows, urls, counts)


def _first(told: list[str], more: str) -> Iterator[str]:
    """Yield the first of some remarks, and how many others there are."""
    yield from told[:_MOST_TOLD]
    if len(told) > _MOST_TOLD:
        yield more.format(f"{len(told) - _MOST_TOLD:,}")


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
