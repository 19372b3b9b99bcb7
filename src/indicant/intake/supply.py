"""Read the records that a file, a folder or standard input holds, one after the other."""

from __future__ import annotations

import codecs
import io
import os
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from indicant.errors import IndicantError
from indicant.files import bounded, packed
from indicant.files.fence import Fence, real
from indicant.files.rdf import STDIN, visible
from indicant.foreign import excerpt
from indicant.intake.bundles import Document
from indicant.intake.decoding import Broken, Decoder, Record, skipped, why
from indicant.intake.manifests import manifest_of
from indicant.intake.splitting import split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from indicant.intake.sieve import Sieve

MAX_DOCUMENT: Final = 256_000_000
"""How large a document of JSON may be, unpacked."""
MAX_LINE: Final = 32_000_000
"""How long a line of NDJSON may be."""
MAX_STREAM: Final = 20_000_000_000
"""How much of NDJSON is read in all."""
MOST_RECORDS: Final = 5_000_000
MOST_BLANK: Final = 1_000_000
"""How many lines with nothing on them a file may have."""
LINES: Final = (".ndjson", ".jsonl")
_LINKED_DATA: Final = re.compile(rb'"@(?:context|graph|id|type)"\s*:')
_NO_RECORD: Final = (".css", ".html", ".md", ".rst", ".tsv", ".ttl")
_SAID: Final = frozenset({"copying", "license", "makefile", "notice", "readme", "readme.txt"})
"""What the files are called that stand beside records and hold none."""


@dataclass
class Supply:
    """What a source holds.

    ``partial`` says why it may not be all, ``beside`` what lies there and was not read; both are
    known when all has been read. ``drafted`` says that its records are orders not given yet,
    ``sieve`` which of them need not be read in full; ``most`` is how many records it may hold,
    where that is not the common limit. ``glance`` says of a line what it is and whose, where it
    need not be read yet.
    """

    path: str
    stdin: BinaryIO | None = None
    data: bytes | None = None
    partial: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    drafted: bool = False
    sieve: Sieve | None = None
    most: int | None = None
    glance: Callable[[bytes], dict[str, Any] | None] | None = None

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
            names = Counter(packed.bare(one.name) for one in there)
            counted: dict[str, int] = {}
            manifests = []
            for file in taken:
                fence.follow(file, folder)
                if file.name.endswith(".json"):
                    found = manifest_of(str(file))
                    if found is not None:
                        told = found.lacking(names.elements())
                        self.partial += [f"{file.name} {one}" for one in told]
                        manifests.append((file.name, found))
                        continue
                number = 0
                for number, one in enumerate(self._file(str(file)), 1):  # noqa: B007
                    yield one
                bare = packed.bare(file.name)
                if bare.endswith(LINES) and names[bare] == 1:
                    counted[bare] = number
            for name, found in manifests:
                self.partial += [f"{name} {one}" for one in found.miscounted(counted)]
            return
        yield from self._file(self.path)

    def _file(self, path: str) -> Iterator[Record | Broken]:
        name = packed.bare(path)
        shown = "<stdin>" if path == STDIN else path
        if path != STDIN and name.endswith(LINES) and self.data is None:
            with bounded.opened(path, pipes=True) as file:
                yield from self._lines(packed.stream(file, path), shown)
            return
        data = self.data
        if data is None:
            data = _whole(path, self.stdin)
        text = _decoded(data, shown)
        if name.endswith(LINES) or _is_many(text):
            self.data = data = None
            yield from self._lines(io.BytesIO(text.encode()), shown)
            return
        parts = None if self.sieve is None else split(data.removeprefix(codecs.BOM_UTF8))
        self.data = data = None
        document = Document(text, shown, self.partial)
        if parts is None or self.sieve is None:
            yield from document.records()
        else:
            yield from document.sifted(self.sieve, parts)

    def _lines(self, stream: BinaryIO, shown: str) -> Iterator[Record | Broken]:
        decoder = Decoder()
        number, left, blank = 0, MAX_STREAM, 0
        while True:
            try:
                line = stream.readline(MAX_LINE + 1)
            except packed.FAULTS as error:
                raise packed.spoilt(error, shown, number or None) from error
            if not line:
                break
            number += 1
            left -= len(line)
            is_blank = line.isspace()
            if len(line) > MAX_LINE or left < 0:
                raise IndicantError(
                    f"the line is longer than {MAX_LINE // 1_000_000} MB"
                    if left >= 0
                    else f"holds more than {MAX_STREAM // 1_000_000_000} GB",
                    file=shown,
                    line=number,
                    help="a line of NDJSON is one record",
                )
            blank += is_blank
            if blank > MOST_BLANK:
                raise IndicantError(
                    f"holds more than {MOST_BLANK:,} blank lines",
                    file=shown,
                    line=number,
                    help="a line of NDJSON is one record",
                )
            if not is_blank:
                yield self._line(line, decoder, shown, number)

    def _line(self, line: bytes, decoder: Decoder, shown: str, number: int) -> Record | Broken:
        if self.glance is not None and (seen := self.glance(line)) is not None:
            return Record(seen, shown, number, unread=line)
        found = self.read_line(line, decoder, shown, number)
        if self.glance is not None and isinstance(found, Record):
            found.unread = line
        return found

    def read_line(self, line: bytes, decoder: Decoder, shown: str, number: int) -> Record | Broken:
        """Return the record that a line is, or why it is none."""
        told = None if self.sieve is None else self.sieve.line(line)
        if told is not None:
            return Record(told, shown, number, passed=line.strip())
        try:
            text = line.decode("utf-8").removeprefix("\ufeff").strip()
            content = decoder.whole(text)
        except UnicodeDecodeError:
            self.partial.append(f"{shown}:{number} is not UTF-8")
            return Broken(shown, number, "the line is not UTF-8")
        except (ValueError, RecursionError) as error:
            self.partial.append(f"{shown}:{number} is no record")
            return Broken(shown, number, f"the line is no JSON object: {why(error)}")
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
    return packed.bare(name).endswith((*LINES, ".json"))


def holds_fhir(folder: str) -> bool:
    """Tell whether a folder holds lines of FHIR, as a bulk export has them."""
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    return any(packed.bare(one).endswith(LINES) for one in names)


def is_fhir(data: bytes) -> bool:
    """Tell whether text is JSON of FHIR rather than linked data, or anything else."""
    if packed.is_packed(data):
        return True
    start = data[:100].removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"{") and b'"resourceType"' in data and not _LINKED_DATA.search(data)


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
    return packed.content(data, shown, MAX_DOCUMENT)


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
    start = skipped(text, 0)
    end = text.find("\n", start)
    if end < 0 or not text.startswith("{", skipped(text, end)):
        return False
    try:
        Decoder().whole(text[start:end].strip())
    except (ValueError, RecursionError):
        return False
    return True
