"""Part a source of FHIR by patient, so that no more is held than a part of it.

Records of a bulk export stand in files by their type, those of one patient in all of them. They are
read once and put into parts, all of a patient into one; what is about nobody in particular goes
into every part. A part is then read as any source is, so that there is one place that says what a
record counts for; what it has to know of the others, it is told: who is there, which records stand
twice, and what may be missing.
"""

from __future__ import annotations

import io
import os
import pickle
import re
import zlib
from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from indicant.files import bounded
from indicant.foreign import excerpt
from indicant.intake import events, readings
from indicant.intake.decoding import Broken, Decoder, Number, Record
from indicant.intake.elements import MalformedError, reference
from indicant.intake.fhir import Resources, deleted
from indicant.intake.readings import tables
from indicant.intake.sieve import CODE_IN, PERSON_IN, glanced
from indicant.intake.supply import Supply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from indicant.intake.patients import Read

MOST_PARTS: Final = 4_096
MOST_BROKEN: Final = 1_000
"""How many lines that are no records are listed; all are counted."""
PART: Final = 8_000_000
"""How large a part of the source is to be, in bytes."""
PACKED: Final = 12
"""How many times as large as it is what is packed may become."""
_HELD: Final = 20_000
"""How many records wait in memory for their parts."""
_LAST: Final = re.compile(r"(?:(?<=/)|^)([A-Za-z]+)/([A-Za-z0-9.-]{1,64})(?:/_history/[^/]*)?$")
_UNREAD: Final = 13
"""Where in a row the line stands of a record that is still to be read."""
_KEY: Final = 14
"""Where in a row its key stands."""
ALL: Final = -1
"""The number that stands for all parts together."""
_Row = tuple[Any, ...]
_Place = tuple[str, int | None, str]
"""Where a record stands, and its reference."""


class UnpartedError(Exception):
    """A source of which a part would not say what the whole says, so that it is read as one."""


@dataclass(frozen=True)
class Place:
    """Where the parts of a source are, and what is to be known of it as a whole."""

    folder: str
    shown: str
    partial: Sequence[str]
    beside: Sequence[str]


class Part(Supply):
    """A part of a source, whose records were looked at before."""

    given: list[str]
    compared: str

    def __init__(self, place: Place, number: int) -> None:
        super().__init__(place.shown, partial=list(place.partial), beside=list(place.beside))
        names = [f"part-{number}", f"spread-{number}", "all", *(["once"] if number == 0 else [])]
        self.given = [os.path.join(place.folder, name) for name in names]
        self.compared = os.path.join(place.folder, f"twice-{number}")

    def records(self) -> Iterator[Record | Broken]:
        """Yield the records in the order in which they stand in the source."""
        rows: list[tuple[_Row, bool]] = []
        for file in self.given:
            rows += [(one, False) for one in _loaded(file)]
        rows += [(one, True) for one in _loaded(self.compared)]
        rows.sort(key=lambda one: one[0][0])
        decoder = Decoder()
        for row, beside in rows:
            unread = row[_UNREAD]
            record = self.read_line(unread, decoder, row[3], row[4]) if unread else _record(row)
            if isinstance(record, Record):
                record.beside = beside
            yield record


@dataclass
class Parts:
    """A source of FHIR in parts: ``files`` of each, who is there, and what was read in all.

    ``strangers`` are by part the places of records of which another part tells; what is in all
    parts the first one tells.
    """

    supply: Supply
    folder: Path
    count: int
    resources: Resources
    broken: list[Broken] = field(default_factory=list)
    broken_in_all: int = 0
    records: int = 0
    types: Counter[str] = field(default_factory=Counter)
    everybody: set[str] = field(default_factory=set)
    strangers: dict[int, set[_Place]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        self._held: dict[str, list[_Row]] = defaultdict(list)
        self._waiting = 0
        self._order = 0
        self._spread: set[_Place] = set()
        self._known: set[str] = set()
        self._names: list[array[int]] = []
        self._chunks = 0
        self._begin_chunk()

    def read(self) -> None:
        """Read the whole source and put its records into parts.

        Raises:
            UnpartedError: it cannot be parted by patient; its records are to be read as one.
            IndicantError: something cannot be read.
        """
        self.supply.glance = glanced
        for one in self.supply.records():
            if isinstance(one, Broken):
                self.records += 1
                self.broken_in_all += 1
                if len(self.broken) < MOST_BROKEN:
                    self.broken.append(one)
            else:
                self._take(one)
        self._flush()
        if not self.everybody:
            raise UnpartedError
        self._place_doubtful()
        self._copy_what_stands_twice()

    def part(self, number: int) -> Part:
        """Return a part."""
        return Part(self.place, number)

    @property
    def place(self) -> Place:
        """Where they are."""
        supply = self.supply
        return Place(str(self.folder), supply.path, supply.partial, supply.beside)

    def is_stranger(self, number: int, place: _Place) -> bool:
        """Tell whether a record is told of by another part."""
        return place in self.strangers[number] or (number > 0 and place in self.strangers[ALL])

    def spread(self, places: Iterable[_Place]) -> bool:
        """Put records into all parts, and tell whether any was not there already.

        What is called alike goes with them: it may say that none of them counts.
        """
        wanted = set(places) - self.strangers[ALL] - self._spread
        self._spread |= wanted
        for number in range(self.count) if wanted else ():
            names: set[str] = set()
            for row in self._of(number):
                if _place(row) in wanted:
                    names |= {row[_KEY], row[1]}
                    self._keep_in_others("spread-{}", row, number)
                    for other in range(self.count):
                        if other != number:
                            self.strangers[other].add(_place(row))
            if names:
                self._copy_what_is_called(names, number)
        self._flush()
        return bool(wanted)

    def _keep_in_others(self, name: str, row: _Row, home: int) -> None:
        for other in range(self.count):
            if other != home:
                self._keep(name.format(other), row)

    def _copy_what_is_called(self, names: set[str], number: int) -> None:
        """Put what a part knows of that is called by some names beside the others."""
        taken: set[int] = set()
        grows = True
        while grows:
            grows = False
            for row in chain(self._of(number), _loaded(str(self.folder / f"twice-{number}"))):
                own = {row[_KEY], row[1]}
                if row[0] not in taken and own & names:
                    taken.add(row[0])
                    grows = grows or not own <= names
                    names |= own
                    self._keep_in_others("twice-{}", row, number)

    # ------------------------------------------------------------------ one record

    def _take(self, record: Record) -> None:
        self.records += 1
        self._order += 1
        kind = record.content.get("resourceType")
        name = kind if isinstance(kind, str) else ""
        self.types[excerpt(name) if name else "none"] += 1
        who = self.resources.identity(record)
        row = (
            self._order,
            who.reference,
            None if record.unread else record.content,
            record.file,
            record.line,
            record.place,
            record.url,
            record.method,
            record.mode,
            record.odd,
            record.target,
            record.drafted,
            record.passed,
            record.unread,
            who.key,
        )
        gone = bool(deleted(record))
        known = self.resources.tables.types.get(name)
        subjects = list(_subjects(record.content))
        if known is not None and known.kind == events.SUBSTANCE:
            # Whoever it is of, records of others may refer to it.
            subjects = list(_subjects_within(record.content))
            if subjects:
                raise UnpartedError
        if any("#" in one[1:] for one in (*subjects, _substance(name, record.content))):
            raise UnpartedError  # something within another record
        tails = {_tail(one, who.reference) for one in subjects}
        if name == "Patient":
            if not _LAST.fullmatch(who.reference):
                raise UnpartedError
            tails.add(_tail(who.reference, who.reference))
            if record.url:
                tails.add(_tail(record.url, who.reference))
            self.everybody.add(who.reference)
        if len(tails) > 1 or (gone and tails):
            raise UnpartedError
        self._known.update(tails if name == "Patient" else ())
        if not tails:
            place = "all" if gone else self._place_of_nobody(name, record.content)
            self._keep(place, row)
            self._note(row, ALL if place == "all" else 0)
            return
        sure = name == "Patient" or all(map(_is_named, subjects))
        if not sure:
            self._keep("doubtful", (*row, sorted(tails)))
            return
        (part,) = {self._part_of(one) for one in tails}
        self._keep(f"part-{part}", row)
        self._note(row, part)

    def _part_of(self, name: str) -> int:
        return zlib.crc32(name.encode("utf-8", "surrogatepass")) % self.count

    def _place_of_nobody(self, name: str, content: dict[str, Any]) -> str:
        """Return where to put what is about nobody: into all parts, or into one if idle."""
        known = self.resources.tables.types.get(name)
        idle = known is not None and known.kind == readings.ASIDE and not known.tells
        return "once" if idle and "contained" not in content and name != "Bundle" else "all"

    def _place_doubtful(self) -> None:
        """Put records whose subject is called otherwise than patients mostly are."""
        for row in _loaded(str(self.folder / "doubtful")):
            *most, tails = row
            parts = sorted({self._part_of(one) for one in tails if one in self._known})
            alone = len(parts) == len(tails) == 1
            self._keep(f"part-{parts[0]}" if alone else "all", tuple(most))
            self._note(tuple(most), parts[0] if alone else ALL)
        self._flush()
        for row in _loaded(str(self.folder / "all")):
            self.strangers[ALL].add(_place(row))

    # ------------------------------------------------------------------ records that stand twice

    def _note(self, row: _Row, part: int) -> None:
        """Take note of what a record is called, in which part, and where in a document."""
        place = 0 if row[4] is not None else hash((row[3], row[1])) or 1
        served = row[_KEY].startswith("http")
        told = (hash(row[_KEY]), hash(row[1]), place, part, int(served))
        for column, value in zip(self._names, told, strict=True):
            column.append(value)
        if len(self._names[0]) >= 1_000_000:
            self._chunk()

    def _begin_chunk(self) -> None:
        self._names = [array(kind) for kind in ("q", "q", "q", "i", "b")]

    def _chunk(self) -> None:
        import polars as pl

        columns = dict(
            zip(("key", "reference", "place", "part", "served"), self._names, strict=True)
        )
        names = pl.DataFrame(columns).unique()
        names.write_parquet(self.folder / f"names-{self._chunks}.parquet")
        self._chunks += 1
        self._begin_chunk()

    def _copy_what_stands_twice(self) -> None:
        """Have each part know the records of others that are called as one of its own.

        Raises:
            UnpartedError: records in several parts have one name and also others, so that what
                one of them says may hang on what is in neither part.
        """
        import polars as pl

        self._chunk()
        names = pl.scan_parquet(self.folder / "names-*.parquet")
        apart = pl.col("part").n_unique() > 1
        several = pl.col("key").n_unique() > 1
        for column, odd in (
            ("key", pl.col("reference").n_unique() > 1),
            ("reference", several & (pl.col("served").min() == 0)),
            ("place", pl.lit(value=True)),
        ):
            doubtful = names.group_by(column).agg((apart & odd).alias("odd"))
            doubtful = doubtful.filter(pl.col("odd") & (pl.col(column) != 0))
            if doubtful.head(1).collect(engine="streaming").height:
                raise UnpartedError
        shared = names.group_by("key").agg(pl.col("part").unique())
        shared = shared.filter(pl.col("part").list.len() > 1)
        where = dict(shared.collect(engine="streaming").iter_rows())
        if not where:
            return
        for number in sorted({part for parts in where.values() for part in parts} - {ALL}):
            for row in self._of(number):
                parts = where.get(hash(row[_KEY]), ())
                for other in range(self.count) if ALL in parts else parts:
                    if other != number:
                        self._keep(f"twice-{other}", row)
        self._flush()

    # ------------------------------------------------------------------ files

    def _of(self, number: int) -> Iterator[_Row]:
        """Yield what a part alone tells of."""
        yield from _loaded(str(self.folder / f"part-{number}"))
        yield from _loaded(str(self.folder / "once")) if number == 0 else ()

    def _keep(self, name: str, row: _Row) -> None:
        self._held[name].append(row)
        self._waiting += 1
        if self._waiting >= _HELD:
            self._flush()

    def _flush(self) -> None:
        for name, rows in self._held.items():
            with open(self.folder / name, "ab") as file:
                try:
                    pickle.dump(rows, file, protocol=pickle.HIGHEST_PROTOCOL)
                except RecursionError:  # a document that is nested too deeply
                    raise UnpartedError from None
        self._held.clear()
        self._waiting = 0


class _Unpickler(pickle.Unpickler):
    """Reads what this process wrote, and makes nothing but numbers of it."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == (Number.__module__, Number.__name__):
            return Number
        raise pickle.UnpicklingError(f"{module}.{name}")


def _loaded(path: str) -> Iterator[_Row]:
    if not os.path.exists(path):
        return
    with bounded.opened(path) as file:
        stream = io.BufferedReader(file)  # type: ignore[type-var]
        while stream.peek(1):
            yield from _Unpickler(stream).load()


def _record(row: _Row) -> Record:
    _, _, content, file, line, place, url, method, mode, odd, target, drafted, passed, *_ = row
    return Record(content, file, line, place, url, method, mode, odd, target, drafted, passed)


def _place(row: _Row) -> _Place:
    return row[3], row[4], row[1]


def adrift_in(read: Read) -> Iterator[_Place]:
    """Yield the places of records of a part that may be anybody's, which all parts have to know."""
    types = tables().types
    for event, reason in read.adrift:
        known = types.get(event.origin.record_type)
        idle = known is not None and known.kind == readings.ASIDE and not known.tells
        if not (idle and reason == readings.ASIDE):
            yield event.origin.file, event.origin.line, event.origin.reference


def _subjects(content: dict[str, Any]) -> Iterator[str]:
    """Yield whom a resource, or one that it contains, may be about.

    Which of several elements counts is a matter of its type: all of them are yielded.
    """
    for element in PERSON_IN:
        try:
            target = reference(content.get(element), element)
        except MalformedError:
            continue
        if target:
            yield target
    yield from _subjects_within(content)


def _subjects_within(content: dict[str, Any]) -> Iterator[str]:
    contained = content.get("contained")
    for one in contained if isinstance(contained, list) else []:
        if isinstance(one, dict):
            yield from _subjects({**one, "contained": None})


def _substance(name: str, content: dict[str, Any]) -> str:
    """Return what a resource refers to for the medication, or nothing."""
    if CODE_IN.get(name) != "medication":
        return ""
    element = "medicationReference" if "medicationReference" in content else "medication"
    try:
        return reference(content.get(element), element)
    except MalformedError:
        return ""


def _is_named(target: str) -> bool:
    found = _LAST.search(target)
    return target.startswith("#") or (found is not None and found[1] == "Patient")


def _tail(target: str, own: str) -> str:
    """Return the name by which a patient is put into a part.

    >>> _tail("https://a.example/Patient/7/_history/2", ""), _tail("urn:uuid:1-2", "")
    ('7', '1-2')
    """
    if target.startswith("#"):
        return own
    found = _LAST.search(target)
    return found[2] if found else re.split(r"[/:]", target)[-1]


def parts_of(size: int) -> int:
    """Return into how many parts a source of so many bytes is put."""
    return max(1, min(MOST_PARTS, -(-size // PART)))
