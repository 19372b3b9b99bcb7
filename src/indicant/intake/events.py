"""The event table: what institutions hold, in one shape, whatever the format."""

from __future__ import annotations

import calendar
import datetime
import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from zoneinfo import ZoneInfo

    from indicant.intake.readings import Reading

FINDING: Final = "finding"
OBSERVATION: Final = "observation"
INTERVENTION: Final = "intervention"
INVESTIGATION: Final = "investigation"
SUBSTANCE: Final = "substance"
PATIENT: Final = "patient"
"""What an event may be about."""

_WRITTEN: Final = re.compile(
    r"([12][0-9]{3})(?:-([0-9]{2})(?:-([0-9]{2})"
    r"(?:T([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?"
)


class MomentError(ValueError):
    """A text that is no date of the calendar."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was, as far as it is known: on one of the days from the first to the last."""

    first: datetime.date
    last: datetime.date

    @property
    def day(self) -> datetime.date | None:
        """The day, where it is known."""
        return self.first if self.first == self.last else None


@functools.lru_cache(maxsize=8192)
def moment(text: str, zone: ZoneInfo | None = None) -> Moment:
    """Read a year, a month, a day or an instant.

    The day of an instant is the one that is written, or with a zone the one that it is there. An
    instant without an offset is of the place where it was written.

    >>> moment("2024-02")
    Moment(first=datetime.date(2024, 2, 1), last=datetime.date(2024, 2, 29))
    >>> moment("2026-11-30T23:30:00-05:00").day
    datetime.date(2026, 11, 30)

    Raises:
        MomentError: it is none of them.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise MomentError(text)
    year, month, day = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    try:
        if not found[2]:
            return Moment(datetime.date(year, 1, 1), datetime.date(year, 12, 31))
        if not found[3]:
            last = calendar.monthrange(year, month)[1]
            return Moment(datetime.date(year, month, 1), datetime.date(year, month, last))
        date = datetime.date(year, month, day)
        if found[4]:
            # A leap second is written as the sixtieth, which the calendar of Python does not have.
            clock = datetime.time.fromisoformat(re.sub(r":60$", ":59", found[4]))
            if zone is not None and found[5]:
                offset = "+00:00" if found[5] == "Z" else found[5]
                at = datetime.datetime.fromisoformat(f"{date}T{clock}{offset}")
                date = at.astimezone(zone).date()
    except (ValueError, OverflowError) as error:
        raise MomentError(text) from error
    return Moment(date, date)


@dataclass(frozen=True, slots=True)
class Coding:
    """A code as it was recorded; the system may be missing, the display as well."""

    system: str
    code: str
    display: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """What an observation found.

    A number is a text, with a comparator or between ``low`` and ``high``; ``unit`` is a code of
    UCUM, and ``foreign`` a unit in other words. ``other`` names a value that is not read.
    """

    number: str = ""
    comparator: str = ""
    unit: str = ""
    foreign: str = ""
    low: str = ""
    high: str = ""
    codes: tuple[Coding, ...] = ()
    truth: bool | None = None
    other: str = ""


class Origin(NamedTuple):
    """Which record an event is from: what it is called, its IRI, and where it stands."""

    reference: str
    iri: str
    record_type: str
    file: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a record, or a part of one, counts for nothing."""

    reason: str
    detail: str = ""


@dataclass(slots=True)
class Event:
    """What happened to a patient, or was found, as a record has it.

    ``subject`` is the key of the patient, or nothing where it is not known. A record that consists
    of several gives an event for each, told apart by ``part``. ``narrowed`` names what makes it say
    less than its code, as the part of the body that it is about; ``elements`` are the values of
    other parts of the record, by what the tables call them; ``until`` is when it was to end.
    ``since`` and ``age`` say within what it began, or was, where no element says when: between
    two days, and in which years of age; ``opens`` is when what was ordered was to begin.
    ``panel`` are the codes of the record that one is a part of. ``mentions`` are the codes that
    stand elsewhere in the record, where somebody asks for them, and ``concludes`` those of
    findings that it names beside its subject. ``refusal`` says why it counts for nothing,
    whatever it says. Who reads the record fills the event in, and nobody else.
    """

    origin: Origin
    kind: str
    subject: str = ""
    standing: str = ""
    reading: Reading | None = None
    codes: tuple[Coding, ...] = ()
    begin: Moment | None = None
    end: Moment | None = None
    on: Moment | None = None
    recorded: Moment | None = None
    value: Value | None = None
    part: int = 0
    substance: str = ""
    narrowed: str = ""
    elements: tuple[tuple[str, Value], ...] = ()
    until: Moment | None = None
    refusal: Refusal | None = None
    status: str = ""
    since: Moment | None = None
    age: tuple[int, int] | None = None
    opens: Moment | None = None
    panel: tuple[Coding, ...] | None = None
    mentions: tuple[Coding, ...] = ()
    concludes: tuple[Coding, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A patient: who, and what is known of the person, as the record has it."""

    key: str
    name: str
    origin: Origin
    born: Moment | None = None
    gender: str = ""
    died: Moment | bool | None = None
    note: str = ""
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a source of tables has under one id: who that is, where it says so, and the events.

    The id is empty where rows have none; ``types`` are how many rows there are of each table.
    """

    name: str
    person: Person | None
    events: list[Event]
    types: Mapping[str, int]


class People(Protocol):
    """A source of tables that is read person by person.

    ``partial`` says why there may be more than is read, ``beside`` what lies there and is not;
    ``called`` is what the id of a person is called.
    """

    shown: str
    partial: list[str]
    beside: list[str]
    called: str

    def people(self) -> Iterator[Found]:
        """Yield whom there is, those without an id first."""

    def some(self, most: int) -> list[str]:
        """Return the ids of whom there is, as many as asked for, whoever is read."""
