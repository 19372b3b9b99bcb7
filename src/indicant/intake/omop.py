"""Read rows of the OMOP Common Data Model 5.4 as events."""

from __future__ import annotations

import datetime
import functools
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from indicant.files.rdf import BASE
from indicant.foreign import excerpt
from indicant.intake import events
from indicant.intake.cdm import BESIDE, Cdm, whole
from indicant.intake.elements import NUMERAL, UCUM, MalformedError
from indicant.intake.events import (
    Coding,
    Event,
    Found,
    Moment,
    MomentError,
    Origin,
    Person,
    Refusal,
    Value,
    moment,
)
from indicant.intake.readings import ASIDE, INTAKE, MISSING, NOTHING, PRESENT_AT_ALL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from indicant.intake.cdm import CdmRow, PersonRows
    from indicant.intake.databases import Database
    from indicant.intake.readings import Reading, Tables

OMOP_BASE: Final = f"{BASE}omop/"
_DATES: Final[Mapping[str, tuple[str, str]]] = {
    "visit_occurrence": ("visit_start_date", "visit_end_date"),
    "condition_occurrence": ("condition_start_date", "condition_end_date"),
    "drug_exposure": ("drug_exposure_start_date", "verbatim_end_date"),
    "procedure_occurrence": ("procedure_date", "procedure_end_date"),
    "device_exposure": ("device_exposure_start_date", "device_exposure_end_date"),
    "measurement": ("measurement_date", ""),
    "observation": ("observation_date", ""),
}
"""The columns that say from when to when something was."""
_STEMS: Final = {
    "visit_occurrence": "visit",
    "condition_occurrence": "condition",
    "drug_exposure": "drug",
    "procedure_occurrence": "procedure",
    "device_exposure": "device",
}
"""How the columns of a table begin that say what a row is about; of others, as it is called."""
_STATEMENTS: Final = frozenset({"MedicationStatement"})
"""The types of records whose date is that of the record."""
_SUPPLIED: Final = frozenset({"MedicationRequest", "MedicationDispense"})
_DAY: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T][0-9:.]{5,18}(?:[+-][0-9:]{2,5})?)?")
_COMPARED: Final = re.compile(r"\s*[<>≤≥~]")
_FEW_DAYS: Final = re.compile(r"[1-9][0-9]{0,4}")
_MOST_KEPT: Final = 10_000
_UNKNOWN_OPERATOR: Final = "no matching concept"


@dataclass(frozen=True)
class Rows:
    """Reads the rows of one person after the other.

    ``concepts`` are the codes by the ids that rows have, ``file`` what the source is called;
    ``visits`` says whether there is a table of visits.
    """

    tables: Tables
    concepts: Mapping[str, Coding]
    file: str
    visits: bool = True
    _readings: dict[tuple[str | None, ...], Reading | None] = field(
        default_factory=dict, repr=False
    )

    # ------------------------------------------------------------------ the person

    def person(self, found: PersonRows) -> Person:
        """Return who a row of the table of persons is."""
        (row,) = found.person
        origin = self._origin("person", found.person_id, "Patient")
        gender = whole(row.values["gender_concept_id"]) or ""
        sex = self.tables.concepts.get(("gender_concept_id", gender), "")
        died = self._died(found.rows)
        made = Person(origin.reference, found.person_id, origin, gender=sex, died=died)
        try:
            born = _born(row.values)
        except MalformedError as error:
            refusal = Refusal("malformed", str(error))
            return Person(made.key, made.name, origin, died=died, refusal=refusal)
        return Person(made.key, made.name, origin, born=born, gender=sex, died=died)

    def _died(self, rows: Iterable[CdmRow]) -> Moment | bool | None:
        """Return when somebody died, or that it is not known when."""
        found: list[Moment] = []
        for row in rows:
            if row.table != "death":
                continue
            try:
                day = _date(row.values["death_date"], "death_date")
            except MalformedError:
                day = None
            if day is None:
                return True
            found.append(_of_death(day))
        if not found:
            return None
        return Moment(min(one.first for one in found), max(one.last for one in found))

    # ------------------------------------------------------------------ rows

    def events(self, found: PersonRows) -> list[Event]:
        """Return what the rows of a person say, each as an event.

        Of two rows of one table with one id that differ neither counts; where they are alike there
        is one.
        """
        visits = {
            whole(row.values["visit_occurrence_id"])
            for row in found.rows
            if row.table == "visit_occurrence"
        }
        seen: dict[tuple[str, str], CdmRow] = {}
        twice: set[tuple[str, str]] = set()
        given: list[tuple[tuple[str, str], CdmRow]] = []
        for number, row in enumerate(found.rows):
            told = "" if row.table == "death" else self._id(row)
            key = (row.table, told or f"without id, {number + 1}")
            if key in seen:
                if seen[key].values != row.values:
                    twice.add(key)
                continue
            seen[key] = row
            given.append((key, row))
        made = []
        for key, row in given:
            for event in self._of_row(row, key[1], found.person_id):
                if key in twice:
                    event.refusal = Refusal("duplicate", "two rows have its id, and differ")
                elif event.refusal is None and self._is_anothers(row, visits):
                    told = excerpt(row.values.get("visit_occurrence_id") or "")
                    event.refusal = Refusal("malformed", f"visit {told} is no visit of the person")
                made.append(event)
        return made

    def _is_anothers(self, row: CdmRow, visits: set[str | None]) -> bool:
        """Tell whether a row was recorded during a visit that the person does not have."""
        if row.table == "visit_occurrence" or not self.visits:
            return False
        visit = row.values.get("visit_occurrence_id")
        return visit is not None and whole(visit) not in {*visits, "0"}

    @staticmethod
    def _id(row: CdmRow) -> str:
        key = "key" if row.table in BESIDE else f"{row.table}_id"
        return whole(row.values[key]) or ""

    def _origin(self, table: str, key: str, record_type: str) -> Origin:
        name = key.replace(" ", "-").replace(",", "")
        return Origin(f"{table}/{key}", f"{OMOP_BASE}{table}/{name}", record_type, self.file)

    def _of_row(self, row: CdmRow, key: str, person: str) -> Iterator[Event]:
        known = self.tables.cdm[row.table]
        subject = f"Patient/{person}" if person else ""
        if row.table == "death":
            yield from self._cause(row, person, subject)
            return
        if known.kind == ASIDE:
            number = row.values["rows"] or "1"
            told = known.note if number == "1" else f"{number} rows. {known.note}"
            origin = self._origin(row.table, key, row.table)
            yield Event(origin, ASIDE, subject, refusal=Refusal("aside", told))
            return
        made = Event(self._origin(row.table, key, known.as_record), known.kind, subject)
        stem = _STEMS.get(row.table, row.table)
        made.codes = self._codes(row, stem)
        try:
            self._read(row, stem, made)
        except MalformedError as error:
            made.refusal = Refusal("malformed", str(error))
        yield made

    def _cause(self, row: CdmRow, person: str, subject: str) -> Iterator[Event]:
        """Yield what a row on a death names beside the day."""
        codes = self._named(row, "cause_concept_id", "cause_source_concept_id")
        if codes:
            origin = self._origin("death", person, "death")
            note = self.tables.cdm["death"].note
            yield Event(origin, ASIDE, subject, refusal=Refusal("aside", note), mentions=codes)

    # ------------------------------------------------------------------ codes

    def _coding(self, concept: str) -> Coding:
        found = self.concepts.get(concept)
        return Coding(f"{INTAKE}concept_id", concept) if found is None else found

    def _named(self, row: CdmRow, *columns: str) -> tuple[Coding, ...]:
        """Return the codes of the concepts that columns have."""
        found = [whole(row.values.get(one)) for one in columns]
        return tuple(dict.fromkeys(self._coding(one) for one in found if one not in {None, "0"}))

    def _codes(self, row: CdmRow, stem: str) -> tuple[Coding, ...]:
        """Return what a row is about: as it was recorded, and what that was mapped to.

        Where nothing was mapped there is the value of the source, which no table knows.
        """
        found = self._named(row, f"{stem}_concept_id", f"{stem}_source_concept_id")
        if found:
            return found
        told = row.values.get(f"{stem}_source_value")
        return (Coding(f"{INTAKE}{stem}_source_value", told or "0"),)

    # ------------------------------------------------------------------ standing and times

    def _read(self, row: CdmRow, stem: str, made: Event) -> None:
        """Fill in an event.

        Raises:
            MalformedError: a value is none.
        """
        reading = self._reading(row)
        made.reading = reading
        made.standing = NOTHING if reading is None else reading.standing
        made.status = self._told(row, stem) if made.standing == NOTHING else ""
        record_type = made.origin.record_type
        if reading is not None and reading.as_record:
            record_type = reading.as_record
            self._is_other(made, record_type)
        if reading is not None and reading.codes_in:
            made.kind = events.FINDING
            made.codes = self._named(row, reading.codes_in)
        begin, end = (_date(row.values.get(one), one) for one in _DATES[row.table])
        if begin is not None and end is not None and end.last < begin.first:
            raise MalformedError(f"it ends on {end.first}, before it begins on {begin.first}")
        self._times(made, row.table, record_type, begin, end, reading)
        if made.kind == events.OBSERVATION:
            made.value = self._value(row)
        if record_type in _SUPPLIED:
            made.elements = tuple(_supplied(row))
        made.mentions = self._named(
            row, "qualifier_concept_id", "modifier_concept_id", "value_as_concept_id"
        )

    def _reading(self, row: CdmRow) -> Reading | None:
        """Return the row of the tables that counts, looked for once for the same values."""
        values = row.values
        elements = self.tables.elements[row.table]
        key = (row.table, *(values.get(one) for one in elements if not one.endswith("_date")))
        key += tuple(str(values.get(one) is None) for one in elements if one.endswith("_date"))
        if key not in self._readings:
            if len(self._readings) > _MOST_KEPT:
                self._readings.clear()
            self._readings[key] = self.tables.reading_of(
                row.table, lambda name: _worth(values.get(name))
            )
        return self._readings[key]

    def _is_other(self, made: Event, record_type: str) -> None:
        """Have an event be of another type of record, which may be one that is set aside."""
        origin = made.origin
        made.origin = Origin(origin.reference, origin.iri, record_type, origin.file)
        known = self.tables.types[record_type]
        if known.kind == ASIDE:
            made.kind = ASIDE
            made.refusal = Refusal("aside", known.note)

    def _told(self, row: CdmRow, stem: str) -> str:
        """Return what a row says of its status, in words."""
        shown = []
        for name in (f"{stem}_type_concept_id", f"{stem}_status_concept_id", "modifier_concept_id"):
            value = whole(row.values.get(name))
            if value is not None and value != "0":
                shown.append(f"{name} {value}")
        for name in ("condition_status_source_value", "modifier_source_value", "stop_reason"):
            value = row.values.get(name)
            if value:
                shown.append(f"{name} {excerpt(value)}")
        return ", ".join(shown) or "no status"

    @staticmethod
    def _times(
        made: Event,
        table: str,
        record_type: str,
        begin: Moment | None,
        end: Moment | None,
        reading: Reading | None,
    ) -> None:
        """Fill in when something was.

        Of a finding, a stay and a device only the first day is known for sure; what was reported
        was so on the day of the report at the latest.
        """
        if begin is None:
            raise MalformedError(f"it has no {_DATES[table][0]}")
        if (reading is not None and reading.codes_in) or record_type in _STATEMENTS:
            made.since = Moment(datetime.date.min, begin.last)
            made.end = end if record_type in _STATEMENTS else None
        elif table in {"condition_occurrence", "measurement", "observation"}:
            made.on = begin
        elif table == "visit_occurrence":
            made.on = begin if end == begin else None
            made.begin = None if end == begin else begin
        elif record_type in _SUPPLIED:
            made.begin, made.end = begin, end
        elif end is None or end == begin:
            made.on = begin if table != "device_exposure" else None
            made.begin = begin if table == "device_exposure" else None
        else:
            made.begin, made.end = begin, end

    # ------------------------------------------------------------------ values

    def _value(self, row: CdmRow) -> Value | None:
        """Return what was found.

        Raises:
            MalformedError: the number is none.
        """
        values = row.values
        number, told = values["value_as_number"], values.get("value_source_value")
        if number is not None:
            if not NUMERAL.fullmatch(number):
                raise MalformedError(f"value_as_number '{excerpt(number)}' is no decimal number")
            unit, foreign = self._unit(row)
            return Value(number=number, comparator=self._operator(row), unit=unit, foreign=foreign)
        concept = whole(values["value_as_concept_id"])
        if concept is not None and concept != "0":
            return Value(codes=(self._coding(concept),))
        if values.get("value_as_string"):
            return Value(other="a text")
        if concept is None and not told:
            return None
        return Value(other=f"'{excerpt(told)}', for which there is no concept" if told else "0")

    def _operator(self, row: CdmRow) -> str:
        """Return how a number is to be compared; what is not known sets no bound."""
        told = row.values.get("operator_concept_id")
        said = "=" if told is None else self._says("operator_concept_id", told)
        source = row.values.get("value_source_value")
        if said == "=" and source and _COMPARED.match(source):
            return excerpt(source.strip())
        return "" if said == "=" else said

    def _says(self, column: str, told: str) -> str:
        return self.tables.concepts.get((column, whole(told) or ""), _UNKNOWN_OPERATOR)

    def _unit(self, row: CdmRow) -> tuple[str, str]:
        """Return the unit as UCUM has it, or in other words where it does not."""
        concept = whole(row.values["unit_concept_id"])
        source = row.values.get("unit_source_value") or ""
        if concept is None:
            return "", source
        if concept == "0":
            return "", source or "a unit without a concept"
        coding = self._coding(concept)
        return (coding.code, "") if coding.system == UCUM else ("", coding.display or coding.code)


class CdmPeople:
    """The persons of a database of the CDM, with what their rows say."""

    called = "person_id"

    def __init__(self, database: Database, tables: Tables, only: tuple[str, ...]) -> None:
        self._cdm = Cdm(database, tuple(dict.fromkeys(str(int(one)) for one in only)))
        self._rows = Rows(
            tables, self._cdm.concepts, database.shown, "visit_occurrence" in self._cdm.there
        )
        self.shown = database.shown
        self.partial = self._cdm.partial
        self.beside = database.beside

    def people(self) -> Iterator[Found]:
        """Yield whom there is, those without an id first."""
        for found in self._cdm.persons():
            types: Counter[str] = Counter()
            for row in (*found.person, *found.rows):
                types[row.table] += int(row.values.get("rows") or 1)
            person = self._rows.person(found) if found.person else None
            yield Found(found.person_id, person, self._rows.events(found), types)

    def some(self, most: int) -> list[str]:
        """Return the ids of whom there is, as many as asked for, whoever is read."""
        return self._cdm.some(most)


def _worth(value: str | None) -> frozenset[str]:
    """Return what a value is worth to the rows of the tables.

    >>> sorted(_worth("8507.0")), sorted(_worth("0")), sorted(_worth(None))
    (['8507', 'present'], ['0'], ['missing'])
    """
    if value is None or not value.strip():
        return frozenset({MISSING})
    number = whole(value)
    if number == "0":
        return frozenset({"0"})
    return frozenset({PRESENT_AT_ALL} if number is None else {PRESENT_AT_ALL, number})


@functools.lru_cache(1 << 12)
def _date(value: str | None, name: str) -> Moment | None:
    """Return a day, also of what has a time beside it.

    Raises:
        MalformedError: it is none.
    """
    if value is None:
        return None
    found = _DAY.fullmatch(value)
    try:
        if found is None:
            raise MomentError(value)
        return moment(found[1])
    except MomentError as error:
        raise MalformedError(f"{name} '{excerpt(value)}' is no date") from error


def _of_death(day: Moment) -> Moment:
    """Return when somebody died whose date may stand for a month, or for a year.

    The standard has the last day of the month where the day is not known, and December where the
    month is not.

    >>> _of_death(moment("2026-12-31")).first, _of_death(moment("2026-11-30")).first
    (datetime.date(2026, 1, 1), datetime.date(2026, 11, 1))
    """
    if (day.last + datetime.timedelta(days=1)).day != 1:
        return day
    first = day.last.replace(day=1)
    return Moment(first.replace(month=1) if first.month == 12 else first, day.last)


def _born(values: Mapping[str, str | None]) -> Moment | None:
    """Return when somebody was born, as far as it is known.

    Raises:
        MalformedError: it is no date, or two columns say two things.
    """
    parts = [values["year_of_birth"], values["month_of_birth"], values["day_of_birth"]]
    told = [whole(one) for one in parts]
    if any(one is not None and number is None for one, number in zip(parts, told, strict=True)):
        raise MalformedError("the date of birth is no date")
    full = _date(values["birth_datetime"], "birth_datetime")
    if told[0] is None:
        if told[1] is not None or told[2] is not None:
            raise MalformedError("there is no year_of_birth")
        return full
    text = told[0].zfill(4)
    for one in told[1:]:
        if one is None:
            break
        text += f"-{one.zfill(2)}"
    try:
        born = moment(text)
    except MomentError as error:
        raise MalformedError(f"the date of birth '{text}' is no date") from error
    if full is not None and not born.first <= full.first <= born.last:
        raise MalformedError(f"birth_datetime says {full.first}, and other columns {text}")
    # A time at the beginning of the year may stand for what is not known.
    return born


def _supplied(row: CdmRow) -> Iterator[tuple[str, Value]]:
    """Yield for how long what was prescribed or dispensed is to last.

    Raises:
        MalformedError: it is no number of days.
    """
    told = row.values["days_supply"]
    days = whole(told)
    if told is None or days == "0":
        return
    if days is None or not _FEW_DAYS.fullmatch(days):
        raise MalformedError(f"days_supply '{excerpt(told)}' is no number of days")
    yield "SupplyDuration", Value(number=days, unit="d")
