"""Know what records of other systems count for: the tables of ``ontology/intake``."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from indicant.files import resources
from indicant.files.rdf import read, text_of
from indicant.terms import DCTERMS, SKOS, TYPE, local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pyoxigraph as ox

INTAKE: Final = "https://w3id.org/indicant/intake/"
IN_ERROR: Final = "InError"
NOTHING: Final = "CountsForNothing"
NOT_DONE: Final = "NotDone"
ABSENT: Final = "Absent"
PROPOSED: Final = "Proposed"
AT_SOME_TIME: Final = "AtSomeTime"
PAST: Final = "Past"
RECEIVED: Final = "Received"
OBSERVED: Final = "Observed"
ONGOING: Final = "Ongoing"
PRESENT: Final = "Present"
"""The standings that there are, as the tables name them."""
POSITIVE: Final = "Positive"
NEGATIVE: Final = "Negative"
ASSERTION: Final = "Assertion"
UNDECIDED: Final = "Undecided"
NO: Final = "No"
PANEL: Final = "Panel"
"""What a coded answer may mean; whatever else it means decides nothing."""
ASIDE: Final = "aside"
MISSING: Final = "missing"
PRESENT_AT_ALL: Final = "present"


@dataclass(frozen=True)
class RecordType:
    """A type of record: what it is about, and what there is to say of that.

    ``tells`` is what one that is set aside may tell of the patient all the same, ``as_record`` the
    type of FHIR that a record of another format is. ``is_order`` says that one asks for something.
    """

    name: str
    kind: str
    note: str = ""
    tells: frozenset[str] = frozenset()
    as_record: str = ""
    is_order: bool = False


@dataclass(frozen=True)
class Reading:
    """A row: what a record counts for where its elements have certain values.

    ``ended_in`` and ``codes_in`` name the elements that say when it ended and what it is about,
    ``as_record`` the type of FHIR that it is.
    """

    name: str
    record_type: str
    when: tuple[tuple[str, frozenset[str]], ...]
    standing: str
    rank: int
    clause: str
    source: str
    ended_in: str = ""
    as_record: str = ""
    codes_in: str = ""

    def holds(self, value_of: Callable[[str], frozenset[str]]) -> bool:
        """Tell whether it holds of a record of its type, whose elements have these values."""
        return all(not values.isdisjoint(value_of(element)) for element, values in self.when)


@dataclass(frozen=True)
class Tables:
    """All rows, by what they are looked up by.

    ``types`` are the types of records of FHIR, ``cdm`` the tables of OMOP; ``concepts`` is by
    column and number what a concept of OMOP says, ``vocabularies`` what its vocabularies are.
    """

    types: Mapping[str, RecordType]
    cdm: Mapping[str, RecordType]
    concepts: Mapping[tuple[str, str], str]
    vocabularies: Mapping[str, str]
    readings: Mapping[str, tuple[Reading, ...]]
    systems: Mapping[str, tuple[str, str]]
    answers: Mapping[tuple[str, str], str]
    elements: Mapping[str, tuple[str, ...]] = field(repr=False)
    drafted: Mapping[str, str] = field(repr=False)

    def reading_of(
        self, record_type: str, value_of: Callable[[str], frozenset[str]]
    ) -> Reading | None:
        """Return the row that counts for a record: of those that hold, what asserts least."""
        rows = [one for one in self.readings.get(record_type, ()) if one.holds(value_of)]
        return min(rows, key=lambda one: one.rank, default=None)

    def as_draft(self, record_type: str, standing: str) -> str:
        """Return what a record counts for that is handed over as an order not given yet."""
        known = self.types.get(record_type)
        return self.drafted.get(standing, NOTHING) if known and known.is_order else NOTHING


@functools.cache
def rows() -> tuple[ox.Triple, ...]:
    """Return the statements of all rows, and of what they count for, read once."""
    return tuple(_rows())


def _rows() -> Iterator[ox.Triple]:
    kept: dict[str, list[ox.Triple]] = {}
    told: set[str] = set()
    for file in sorted((resources.ontology() / "intake").glob("*.ttl")):
        for quad in read(file).quads:
            subject = text_of(quad.subject)
            kept.setdefault(subject, []).append(quad.triple)
            if quad.predicate.value == TYPE and text_of(quad.object).startswith(INTAKE):
                told.add(subject)
    for subject in sorted(told):
        yield from kept[subject]


@functools.cache
def tables() -> Tables:
    """Return what the tables that ship say, read once."""
    said = _Said()
    readings: dict[str, list[Reading]] = {}
    for one in sorted(said.kinds["Reading"]):
        row = said.reading(one)
        readings.setdefault(row.record_type, []).append(row)
    first, kinds = said.first, said.kinds
    return Tables(
        said.types(""),
        said.types("OMOP"),
        {
            (first(one, "column"), first(one, "conceptId")): first(one, "says")
            for one in kinds["Concept"]
        },
        {first(one, "vocabularyId"): first(one, "scheme") for one in kinds["Vocabulary"]},
        {name: tuple(found) for name, found in readings.items()},
        {
            first(one, "systemName"): (first(one, "scheme"), first(one, "notationPrefix"))
            for one in kinds["CodeSystem"]
        },
        {
            (first(one, "systemName"), first(one, "code")): local_name(first(one, "means"))
            for one in kinds["Answer"]
        },
        {
            name: tuple(dict.fromkeys(element for row in found for element, _ in row.when))
            for name, found in readings.items()
        },
        {
            local_name(one): local_name(first(one, "asDraft"))
            for one in kinds["Standing"]
            if first(one, "asDraft")
        },
    )


class _Said:
    """What the statements of the rows say, subject by subject; ``kinds`` are these by class."""

    def __init__(self) -> None:
        self._said: dict[str, dict[str, list[str]]] = {}
        self.kinds: dict[str, list[str]] = {}
        for stated in rows():
            values = self._said.setdefault(text_of(stated.subject), {})
            values.setdefault(stated.predicate.value, []).append(text_of(stated.object))
        for name, values in self._said.items():
            for kind in values[TYPE]:
                self.kinds.setdefault(kind.removeprefix(INTAKE), []).append(name)

    def all(self, name: str, path: str) -> list[str]:
        """Return what is said of a subject by a property, one of intake where it has no IRI."""
        return self._said[name].get(path) or self._said[name].get(INTAKE + path) or []

    def first(self, name: str, path: str) -> str:
        """Return what is said first, or nothing."""
        return next(iter(self.all(name, path)), "")

    def types(self, form: str) -> dict[str, RecordType]:
        """Return the types of records of a format."""
        return {
            self.first(one, "recordType"): RecordType(
                self.first(one, "recordType"),
                self.first(one, "kind"),
                self.first(one, SKOS + "scopeNote"),
                frozenset(self.all(one, "mayTell")),
                self.first(one, "asRecord"),
                self.first(one, "isOrder") == "true",
            )
            for one in self.kinds["RecordType"]
            if self.first(one, "format") == form
        }

    def reading(self, name: str) -> Reading:
        """Return a row that says what a record counts for."""
        standing = self.first(name, "counts")
        return Reading(
            local_name(name),
            self.first(name, "recordType"),
            tuple(condition(text) for text in self.all(name, "when")),
            local_name(standing),
            int(self.first(standing, "rank")),
            self.first(name, "clause"),
            self.first(name, DCTERMS + "source"),
            self.first(name, "endedIn"),
            self.first(name, "asRecord"),
            self.first(name, "codesIn"),
        )


def condition(text: str) -> tuple[str, frozenset[str]]:
    """Read what a row says of an element.

    >>> element, values = condition("status: final amended")
    >>> element, sorted(values)
    ('status', ['amended', 'final'])
    """
    element, _, values = text.partition(":")
    return element.strip(), frozenset(values.split())
