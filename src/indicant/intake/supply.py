"""Read the records that a file, a folder or standard input holds, one after the other."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from indicant.errors import IndicantError
from indicant.files import bounded
from indicant.files.fence import Fence, real
from indicant.files.rdf import STDIN, visible
from indicant.foreign import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_DOCUMENT: Final = 256_000_000
"""How large a document of JSON may be, unpacked."""
MAX_LINE: Final = 32_000_000
"""How long a line of NDJSON may be."""
MAX_STREAM: Final = 20_000_000_000
"""How much of NDJSON is read in all."""
MOST_RECORDS: Final = 5_000_000
MOST_BLANK: Final = 1_000_000
"""How many lines with nothing on them a file may have."""
MOST_PARTS: Final = 1_000_000
"""How many objects and numbers a record may consist of, and how many lists."""
_LIST_IN: Final = 32
"""Of how many characters of a document, where it is a large one, one at most may begin a list."""
LINES: Final = (".ndjson", ".jsonl")
_PACKED: Final = ".gz"
_BUNDLES: Final = frozenset(
    {"batch", "collection", "document", "message", "searchset", "transaction"}
)
_NO_RECORDS: Final = {
    "history": "holds several versions of each record",
    "batch-response": "answers a request, and holds no records",
    "transaction-response": "answers a request, and holds no records",
    "subscription-notification": "tells of a subscription, and holds no records",
}
_LINKED_DATA: Final = re.compile(rb'"@(?:context|graph|id|type)"\s*:')
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_MODIFYING: Final = ("modifierExtension", "implicitRules")
_NO_RECORD: Final = (".css", ".html", ".md", ".rst", ".tsv", ".ttl")
_SAID: Final = frozenset({"copying", "license", "makefile", "notice", "readme", "readme.txt"})
"""What the files are called that stand beside records and hold none."""


class Number(str):
    """A number as JSON writes it, exactly."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return the digits, which no text shows without quotation marks."""
        return str(self)


class TooManyError(ValueError):
    """A record of more parts than are read."""

    def __init__(self) -> None:
        super().__init__(f"it has more than {MOST_PARTS:,} parts")


@dataclass(slots=True)
class Record:
    """One record: what it says, and where it stands.

    ``odd`` has what makes it mean something else than it says: names of elements that modify it,
    and those that it has twice. ``method`` is what a transaction asks to be done with it, at
    ``target``; ``drafted``, whether it was handed over as an order that is not given yet;
    ``beside``, whether it is of another part of the source and here to be compared alone.
    """

    content: dict[str, Any]
    file: str
    line: int | None = None
    place: str = ""
    url: str = ""
    method: str = ""
    mode: str = ""
    odd: tuple[str, ...] = ()
    target: str = ""
    drafted: bool = False
    beside: bool = False

    def digest(self) -> int:
        """Return what two records have in common where they are written alike."""
        return hash((repr(self.content), self.method, self.odd))


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that is no record."""

    file: str
    line: int
    message: str


@dataclass
class Supply:
    """What a source holds.

    ``partial`` says why it may not be all, ``beside`` what lies there and was not read; both are
    known when all has been read. ``drafted`` says that its records are orders not given yet;
    ``most`` is how many records it may
    hold, where that is not the common limit.
    """

    path: str
    stdin: BinaryIO | None = None
    data: bytes | None = None
    partial: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    drafted: bool = False
    most: int | None = None

    def missing(self) -> list[str]:
        """Return in words what may hold records that were not read."""
        return [*self.partial, *unread(self.beside)]

    def records(self) -> Iterator[Record | Broken]:
        """Yield the records in the order in which they stand.

        Raises:
            IndicantError: something cannot be read, or is no such document.
        """
        for number, one in enumerate(self._records(), 1):
            if number > (self.most or MOST_RECORDS):
                raise IndicantError(
                    f"holds more than {self.most or MOST_RECORDS:,} records",
                    file=self.path,
                    help="give the records of fewer patients at a time",
                )
            if self.drafted and isinstance(one, Record):
                one.drafted = True
            yield one

    def _records(self) -> Iterator[Record | Broken]:
        if self.path != STDIN and os.path.isdir(self.path):
            folder = Path(self.path)
            fence = Fence((real(folder),))
            there = visible(sorted(folder.iterdir()), folder)
            taken = [one for one in there if is_named(one.name) and one.is_file()]
            self.beside += [
                f"{one.name}/" if one.is_dir() else one.name for one in there if one not in taken
            ]
            if not taken:
                raise IndicantError(
                    "the folder holds no FHIR",
                    file=self.path,
                    help="a bulk export is files of NDJSON, such as Condition.000.ndjson",
                )
            for file in taken:
                fence.follow(file, folder)
                yield from self._file(str(file))
            return
        yield from self._file(self.path)

    def _file(self, path: str) -> Iterator[Record | Broken]:
        name = path.removesuffix(_PACKED)
        shown = "<stdin>" if path == STDIN else path
        if path != STDIN and name.endswith(LINES) and self.data is None:
            with bounded.opened(path, pipes=True) as file:
                yield from self._lines(_unpacked(file, path), shown)
            return
        data = self.data
        if data is None:
            data = _whole(path, self.stdin)
        text = _decoded(data, shown)
        self.data = data = None
        if name.endswith(LINES) or _is_many(text):
            yield from self._lines(io.BytesIO(text.encode()), shown)
        else:
            yield from _Document(text, shown, self.partial).records()

    def _lines(self, stream: BinaryIO, shown: str) -> Iterator[Record | Broken]:
        decoder = _Decoder()
        number, left, blank = 0, MAX_STREAM, 0
        while True:
            try:
                line = stream.readline(MAX_LINE + 1)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise IndicantError(
                    "is packed by gzip, and cut off or spoilt",
                    file=shown,
                    line=number or None,
                    help="fetch the file again",
                ) from error
            if not line:
                break
            number += 1
            left -= len(line)
            if len(line) > MAX_LINE or left < 0:
                raise IndicantError(
                    f"the line is longer than {MAX_LINE // 1_000_000} MB"
                    if left >= 0
                    else f"holds more than {MAX_STREAM // 1_000_000_000} GB",
                    file=shown,
                    line=number,
                    help="a line of NDJSON is one record",
                )
            blank += not line.strip()
            if blank > MOST_BLANK:
                raise IndicantError(
                    f"holds more than {MOST_BLANK:,} blank lines",
                    file=shown,
                    line=number,
                    help="a line of NDJSON is one record",
                )
            if line.strip():
                yield self._line(line, decoder, shown, number)

    def _line(self, line: bytes, decoder: _Decoder, shown: str, number: int) -> Record | Broken:
        try:
            text = line.decode("utf-8").removeprefix("\ufeff").strip()
            content = decoder.whole(text)
        except UnicodeDecodeError:
            self.partial.append(f"{shown}:{number} is not UTF-8")
            return Broken(shown, number, "the line is not UTF-8")
        except (ValueError, RecursionError) as error:
            self.partial.append(f"{shown}:{number} is no record")
            return Broken(shown, number, f"the line is no JSON object: {_why(error)}")
        return Record(content, shown, number, odd=decoder.oddities())


def unread(names: Iterable[str]) -> list[str]:
    """Return in words what of some files may hold records, and was not read."""
    return [f"{excerpt(one)} is not read" for one in names if not _is_no_record(one)]


def _is_no_record(name: str) -> bool:
    """Tell whether a file is called as one that surely holds no records.

    >>> _is_no_record("LICENSE"), _is_no_record("Condition.NDJSON"), _is_no_record("part2.md/")
    (True, False, False)
    """
    return name.lower() in _SAID or name.lower().endswith(_NO_RECORD)


def is_named(name: str) -> bool:
    """Tell whether a file is called as one of FHIR may be.

    >>> is_named("Condition.000.ndjson.gz"), is_named("case.ttl")
    (True, False)
    """
    return name.removesuffix(_PACKED).endswith((*LINES, ".json"))


def holds_fhir(folder: str) -> bool:
    """Tell whether a folder holds lines of FHIR, as a bulk export has them."""
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    return any(one.removesuffix(_PACKED).endswith(LINES) for one in names)


def is_fhir(data: bytes) -> bool:
    """Tell whether text is JSON of FHIR rather than linked data, or anything else."""
    start = data[:100].removeprefix(b"\xef\xbb\xbf").lstrip()
    return (
        start.startswith((b"{", b"\x1f\x8b"))
        and (b'"resourceType"' in data or start.startswith(b"\x1f\x8b"))
        and not _LINKED_DATA.search(data)
    )


def whole(path: str, stdin: BinaryIO | None) -> bytes:
    """Return what a document holds, unpacked.

    Raises:
        IndicantError: it is missing, cannot be read, or is larger than the limit.
    """
    return _whole(path, stdin)


def _whole(path: str, stdin: BinaryIO | None) -> bytes:
    shown = "<stdin>" if path == STDIN else path
    if path == STDIN:
        if stdin is None:
            raise IndicantError("no standard input is given", file=shown)
        data = stdin.read(MAX_DOCUMENT + 1)
        if len(data) > MAX_DOCUMENT:
            raise bounded.too_large(shown, MAX_DOCUMENT)
    else:
        data = bounded.data(path, MAX_DOCUMENT, pipes=True)
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        found = gzip.GzipFile(fileobj=io.BytesIO(data)).read(MAX_DOCUMENT + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise IndicantError(
            "is packed by gzip, and cut off or spoilt", file=shown, help="fetch the file again"
        ) from error
    if len(found) > MAX_DOCUMENT:
        raise bounded.too_large(shown, MAX_DOCUMENT)
    return found


def _unpacked(file: BinaryIO, path: str) -> BinaryIO:
    if path.endswith(_PACKED):
        return io.BufferedReader(gzip.GzipFile(fileobj=file))
    return file


def _decoded(data: bytes, shown: str) -> str:
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise IndicantError(
            "the text is not UTF-8", file=shown, line=line, help="save the file as UTF-8"
        ) from error
    if not text.strip():
        raise IndicantError("the file is empty", file=shown, help="fetch the document again")
    return text


def _is_many(text: str) -> bool:
    """Tell whether a text is a record on each line: the first line is one, and there are more."""
    start = _skipped(text, 0)
    end = text.find("\n", start)
    if end < 0 or not text.startswith("{", _skipped(text, end)):
        return False
    try:
        _Decoder().whole(text[start:end].strip())
    except (ValueError, RecursionError):
        return False
    return True


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} in column {error.colno}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def _skipped(text: str, at: int) -> int:
    """Return where the first character stands, from a place on, that is no white space."""
    found = _SPACE.match(text, at)
    return found.end() if found else at


class _Decoder:
    """Reads JSON with its numbers as they are written, and notes what is odd about objects."""

    def __init__(self) -> None:
        self._odd: dict[str, None] = {}
        self._parts = 0
        self._scan = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_float=self._number,
            parse_int=self._number,
            parse_constant=self._number,
        ).raw_decode

    def _count(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise TooManyError

    def _number(self, text: str) -> Number:
        self._count()
        return Number(text)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        self._count()
        found = dict(pairs)
        if len(found) != len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    self._odd[f"{excerpt(key)} twice"] = None
                seen.add(key)
        for name in _MODIFYING:
            if name in found:
                self._odd[name] = None
        return found

    def oddities(self) -> tuple[str, ...]:
        """Return what was odd since this was last asked."""
        odd = tuple(self._odd)
        self._odd.clear()
        return odd

    def value(self, text: str, at: int) -> tuple[Any, int]:
        """Return the value that begins at a place, and where it ends.

        Raises:
            ValueError: it is none.
        """
        self._parts = 0
        return self._scan(text, at)

    def whole(self, text: str) -> dict[str, Any]:
        """Return the object that a text is.

        Raises:
            ValueError: it is none.
        """
        self._odd.clear()
        self._parts = 0
        if text.count("[") > MOST_PARTS:
            raise TooManyError
        found, end = self._scan(text)
        if end != len(text):
            raise ValueError("something stands behind it")
        if not isinstance(found, dict):
            raise ValueError("it is something else")
        return found


class _Document:
    """A resource or a bundle as JSON. Of a bundle the entries are read one by one."""

    def __init__(self, text: str, file: str, partial: list[str]) -> None:
        self._text, self._file, self._partial = text, file, partial
        self._decoder = _Decoder()
        self._top: dict[str, Any] = {}
        self._odd: list[str] = []
        self._entries = 0
        self._matches = 0
        self._withdrawn = False

    def records(self) -> Iterator[Record]:
        """Yield the records.

        Raises:
            IndicantError: it is no JSON, or no document with records.
        """
        at = self._skip(0)
        if self._text.count("[") > max(MOST_PARTS, len(self._text) // _LIST_IN):
            raise self._error("holds lists, and hardly anything within them", at)
        try:
            if self._text[at : at + 1] != "{":
                raise self._error("is no JSON object", at)
            at = self._skip(at + 1)
            while self._text[at : at + 1] != "}":
                key, at = self._decoder.value(self._text, at)
                at = self._skip(at)
                if not isinstance(key, str) or self._text[at : at + 1] != ":":
                    raise self._error("is no JSON: a name and a colon are expected", at)
                at = self._skip(at + 1)
                if key in self._top:
                    self._odd.append(f"{excerpt(key)} twice")
                if key in _MODIFYING:
                    self._odd.append(key)
                if key == "entry" and self._text[at : at + 1] == "[":
                    self._top["entry"] = None
                    for record, behind in self._entry_by_entry(at):
                        at = behind
                        if record is not None:
                            yield record
                else:
                    self._top[key], at = self._decoder.value(self._text, at)
                    self._odd += self._decoder.oddities()
                at = self._separated(at, "}")
        except TooManyError as error:
            raise self._error(f"holds a record that is too large: {error}", at) from error
        except (json.JSONDecodeError, StopIteration) as error:
            at = getattr(error, "pos", at)
            reason = getattr(error, "msg", "a value is expected")
            raise self._error(f"is no JSON: {reason}", at) from error
        except RecursionError as error:
            raise self._error("is nested too deeply", at) from error
        if self._text[self._skip(at + 1) :]:
            raise self._error("is no JSON: something stands behind its end", at + 1)
        yield from self._finished()

    def _entry_by_entry(self, at: int) -> Iterator[tuple[Record | None, int]]:
        at = self._skip(at + 1)
        if self._text[at : at + 1] == "]":
            yield None, at + 1
            return
        while True:
            self._entries += 1
            start = at
            entry, at = self._decoder.value(self._text, at)
            record = self._entry(entry, start)
            at = self._separated(at, "]")
            if self._text[at : at + 1] == "]":
                yield record, at + 1
                return
            yield record, at

    def _entry(self, entry: Any, start: int) -> Record | None:
        odd = self._decoder.oddities()
        if not isinstance(entry, dict):
            raise self._error(f"entry {self._entries} is no object", start)
        request, search = entry.get("request"), entry.get("search")
        content = entry.get("resource")
        request = request if isinstance(request, dict) else {}
        method, target = str(request.get("method", "")), str(request.get("url", ""))
        mode = str(search.get("mode", "")) if isinstance(search, dict) else ""
        self._matches += mode in {"", "match"}
        if content is None and not method:
            self._partial.append(f"entry {self._entries} of {self._file} holds no record")
            return None
        if content is not None and not isinstance(content, dict):
            raise self._error(f"the resource of entry {self._entries} is no object", start)
        url = entry.get("fullUrl")
        if content and content.get("resourceType") == "Composition":
            self._withdrawn |= content.get("status") == "entered-in-error"
        return Record(
            content or {},
            self._file,
            None,
            f"entry {self._entries}",
            url if isinstance(url, str) else "",
            method,
            mode,
            odd,
            target,
        )

    def _finished(self) -> Iterator[Record]:
        """Yield a document that is one record, and refuse a bundle that is none of those read."""
        top = self._top
        kind = top.get("resourceType")
        if not isinstance(kind, str):
            raise IndicantError(
                "is no FHIR: it has no resourceType",
                file=self._file,
                help="a bundle or a resource of FHIR R4 or R5 is read, as JSON",
            )
        if kind != "Bundle":
            if self._entries:
                raise IndicantError(f"a {excerpt(kind)} has no entries", file=self._file)
            yield Record(top, self._file, 1, "", odd=tuple(self._odd))
            return
        form = str(top.get("type", ""))
        if form not in _BUNDLES:
            reason = _NO_RECORDS.get(form, "is of no type that is read")
            raise IndicantError(
                f"the bundle of type '{excerpt(form)}' {reason}",
                file=self._file,
                help=f"one of: {', '.join(sorted(_BUNDLES))}",
            )
        if self._odd:
            raise IndicantError(
                f"the bundle has {', '.join(self._odd)}: what it holds may mean something else",
                file=self._file,
                help="ask its sender for a bundle without it",
            )
        if form == "document" and self._withdrawn:
            raise IndicantError(
                "the document was entered in error",
                file=self._file,
                help="ask its sender for the one that holds",
            )
        total = top.get("total")
        if form == "searchset" and total is not None and str(total) != str(self._matches):
            told = excerpt(str(total))
            self._partial.append(f"{self._file} has {self._matches} of {told} records")
        links = top.get("link")
        for link in links if isinstance(links, list) else []:
            if isinstance(link, dict) and link.get("relation") == "next":
                self._partial.append(f"{self._file} is one page of several")

    def _skip(self, at: int) -> int:
        return _skipped(self._text, at)

    def _separated(self, at: int, end: str) -> int:
        """Return where the next one begins, or the end stands, behind a value."""
        at = self._skip(at)
        if self._text[at : at + 1] == ",":
            at = self._skip(at + 1)
            if self._text[at : at + 1] != end:
                return at
        elif self._text[at : at + 1] == end:
            return at
        raise self._error(f"is no JSON, or cut off: a comma or {end} is expected", at)

    def _error(self, message: str, at: int) -> IndicantError:
        line = self._text.count("\n", 0, at) + 1
        column = at - (self._text.rfind("\n", 0, at) + 1) + 1
        return IndicantError(
            message,
            file=self._file,
            line=line,
            column=column,
            help="fetch the document again, or give it as it was sent",
        )
