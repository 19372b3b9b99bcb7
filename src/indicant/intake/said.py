"""What tables of codes and vocabularies say of records, read once and kept by content."""

from __future__ import annotations

import functools
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indicant.files import bounded, cache, resources
from indicant.files.rdf import text_of
from indicant.intake.readings import INTAKE
from indicant.terms import IND, local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from indicant.files.sources import Source
    from indicant.guideline.mappings import MappingSet

MEASURES: Final = IND + "measures"
RECORDED_AS: Final = IND + "recordedAs"
RECORDED_BY: Final = INTAKE + "recordedBy"
_FILE: Final = "said.json"
_MADE_BY: Final = (
    "files/contents.py",
    "files/rdf.py",
    "files/sources.py",
    "files/tables.py",
    "guideline/mappings.py",
    "guideline/sssom.py",
    "guideline/toolkit.py",
    "intake/codes.py",
    "intake/said.py",
    "terms.py",
)
"""Modules that decide what is found in a source."""
Rows = dict[tuple[str, str], list[tuple[str, str]]]
"""The terms that a code is matched with, and how, by its system and the code."""


def rows_in(tables: Iterable[MappingSet]) -> Rows:
    """Return what tables say of each code."""
    rows: Rows = {}
    for table in tables:
        for match in table.matches:
            scheme = match.scheme or table.header.get("object_source", "")
            code = match.curie.partition(":")[2]
            rows.setdefault((scheme, code), []).append((match.subject, match.predicate))
    return rows


class Said:
    """What sources say of codes, and of how their terms are recorded."""

    def __init__(self, rows: Rows, pairs: Iterable[Sequence[str]]) -> None:
        """Take what tables say, and the statements of records, as subject, predicate and value."""
        self.rows, self.pairs = rows, [tuple(one) for one in pairs]
        self.measured: dict[str, str] = {}
        self.recorded: dict[str, tuple[str, ...]] = {}
        self.recorders: dict[str, frozenset[str]] = {}
        for subject, predicate, value in self.pairs:
            if predicate == MEASURES:
                self.measured[subject] = value
            elif predicate == RECORDED_AS:
                element = local_name(value)
                self.recorded[element] = (*self.recorded.get(element, ()), subject)
            else:
                self.recorders[subject] = self.recorders.get(subject, frozenset()) | {value}

    @classmethod
    def of(cls, sources: Sequence[Source], tables: Callable[[], Iterable[MappingSet]]) -> Said:
        """Read it in sources and their tables, or take what an earlier run kept of the same.

        Without a table it is read at once, and nothing is kept.

        Raises:
            IndicantError: a table cannot be read.
        """
        if not any(one.tables for one in sources):
            return cls.read(sources, ())
        key = key_of(sources)
        found = cache.known(key, _FILE)
        if found is None:
            made = cls.read(sources, tables())
            cache.keep(resources.cache_dir(), key, {_FILE: made.as_text()})
            return made
        return cls.from_text(found)

    @classmethod
    def read(cls, sources: Iterable[Source], tables: Iterable[MappingSet]) -> Said:
        """Read it in sources and their tables.

        Raises:
            IndicantError: a table cannot be read.
        """
        wanted = {MEASURES, RECORDED_AS, RECORDED_BY}
        rows = rows_in(tables)
        pairs = [
            (text_of(subject), text_of(predicate), text_of(value))
            for one in sources
            for _, subject, predicate, value in one.triples()
            if text_of(predicate) in wanted
        ]
        return cls(rows, pairs)

    def as_text(self) -> str:
        """Return it as JSON, each name once."""
        count = Counter(
            one for (scheme, _), found in self.rows.items() for one in (scheme, *sum(found, ()))
        )
        places = {name: number for number, name in enumerate(count)}
        rows = [
            [places[scheme], code, [places[one] for pair in found for one in pair]]
            for (scheme, code), found in self.rows.items()
        ]
        return json.dumps({"names": list(places), "rows": rows, "pairs": self.pairs})

    @classmethod
    def from_text(cls, text: str) -> Said:
        """Return what ``as_text`` wrote."""
        told = json.loads(text)
        names: list[str] = told["names"]
        rows: Rows = {}
        for scheme, code, found in told["rows"]:
            pairs = zip(found[::2], found[1::2], strict=True)
            rows[names[scheme], code] = [(names[term], names[how]) for term, how in pairs]
        return cls(rows, told["pairs"])


def key_of(sources: Iterable[Source]) -> str:
    """Return the name under which is kept what sources say of codes."""
    told = "\n".join((_code(), *(one.digest for one in sources)))
    return hashlib.sha256(told.encode()).hexdigest()[:32]


@functools.cache
def _code() -> str:
    """Return a digest of the modules that decide what is found."""
    top = Path(__file__).parent.parent
    return hashlib.sha256(b"".join(bounded.data(top / one) for one in _MADE_BY)).hexdigest()


def keep(folder: Path, sources: Sequence[Source], tables: Iterable[MappingSet]) -> Path:
    """Write what sources say into a folder, for the wheel to carry, and return where it is."""
    key = key_of(sources)
    cache.keep(folder, key, {_FILE: Said.read(sources, tables).as_text()})
    return folder / key
