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

    ``tells`` is what one that is set aside may tell of the patient all the same; ``is_order`` says
    that one asks for something.
    """

    name: str
    kind: str
    note: str = ""
    tells: frozenset[str] = frozenset()
    is_order: bool = False


@dataclass(frozen=True)
class Reading:
    """A row: what a record counts for where its elements have certain values."""

    name: str
    record_type: str
    when: tuple[tuple[str, frozenset[str]], ...]
    standing: str
    rank: int
    clause: str
    source: str
    ended_in: str = ""

    def holds(self, value_of: Callable[[str], frozenset[str]]) -> bool:
        """Tell whether it holds of a record of its type, whose elements have these values."""
        return all(not values.isdisjoint(value_of(element)) for element, values in self.when)


@dataclass(frozen=True)
class Tables:
    """All rows, by what they are looked up by."""

    types: Mapping[str, RecordType]
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
    said: dict[str, dict[str, list[str]]] = {}
    for stated in rows():
        values = said.setdefault(text_of(stated.subject), {})
        values.setdefault(stated.predicate.value, []).append(text_of(stated.object))
    kinds: dict[str, list[str]] = {}
    for name, values in said.items():
        for kind in values[TYPE]:
            kinds.setdefault(kind.removeprefix(INTAKE), []).append(name)

    def first(name: str, path: str) -> str:
        found = said[name].get(path) or said[name].get(INTAKE + path) or [""]
        return found[0]

    types = {
        first(one, "recordType"): RecordType(
            first(one, "recordType"),
            first(one, "kind"),
            first(one, SKOS + "scopeNote"),
            frozenset(said[one].get(INTAKE + "mayTell", ())),
            first(one, "isOrder") == "true",
        )
        for one in kinds["RecordType"]
    }
    readings: dict[str, list[Reading]] = {}
    for one in sorted(kinds["Reading"]):
        standing = first(one, "counts")
        row = Reading(
            local_name(one),
            first(one, "recordType"),
            tuple(condition(text) for text in said[one].get(INTAKE + "when", ())),
            local_name(standing),
            int(first(standing, "rank")),
            first(one, "clause"),
            first(one, DCTERMS + "source"),
            first(one, "endedIn"),
        )
        readings.setdefault(row.record_type, []).append(row)
    return Tables(
        types,
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
            local_name(one): local_name(said[one][INTAKE + "asDraft"][0])
            for one in kinds["Standing"]
            if INTAKE + "asDraft" in said[one]
        },
    )


def condition(text: str) -> tuple[str, frozenset[str]]:
    """Read what a row says of an element.

    >>> element, values = condition("status: final amended")
    >>> element, sorted(values)
    ('status', ['amended', 'final'])
    """
    element, _, values = text.partition(":")
    return element.strip(), frozenset(values.split())
