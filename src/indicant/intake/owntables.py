"""Read rows of tables of one's own as events."""

from __future__ import annotations

import heapq
import itertools
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from indicant.errors import IndicantError
from indicant.files.rdf import BASE
from indicant.foreign import excerpt
from indicant.intake import events
from indicant.intake.cdm import MOST_PERSONS, MOST_ROWS
from indicant.intake.databases import LONGEST, SUFFIXES
from indicant.intake.elements import NUMERAL, MalformedError, when
from indicant.intake.events import Coding, Event, Found, Origin, Person, Refusal, Value
from indicant.intake.mapping import FILE
from indicant.intake.readings import NOTHING
from indicant.intake.viewed import Viewed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from indicant.intake.databases import Database, Relation
    from indicant.intake.events import Moment
    from indicant.intake.mapping import Mapped
    from indicant.intake.readings import Tables

TABLE_BASE: Final = f"{BASE}table/"
_MIDNIGHT: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) 00:00:00(?:\.0+)?")
_COMPARATORS: Final = {"": "", "=": "", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_UNKNOWN: Final = "unknown"
_MOST_NAMED: Final = 100
Cells = dict[str, str]


def stem(name: str) -> str:
    """Return what a table is called whose file has this name.

    >>> stem("Labs.csv"), stem("labs")
    ('labs', 'labs')
    """
    low = name.lower()
    return next((low.removesuffix(one) for one in SUFFIXES if low.endswith(one)), low)


@dataclass
class OwnPeople:
    """The patients of tables of one's own, with what their rows say; ``only`` some of them."""

    database: Database
    mapped: Sequence[Mapped]
    tables: Tables
    only: tuple[str, ...] = ()
    called: str = "patient"

    def __post_init__(self) -> None:
        self.shown = self.database.shown
        self.partial: list[str] = []
        read = {FILE, *(one.view for one in self.mapped)}
        read |= {name for one in self.mapped for name in (one.resources, f"{one.resources}/")}
        self.beside = [one for one in self.database.beside if one not in read]
        self._viewed: dict[str, list[Cells]] = {}
        self._named: dict[str, None] = {}
        left = {"patient": MOST_PERSONS, "": MOST_ROWS}
        for one in self.mapped:
            if one.view:
                self._view(one)
                continue
            relation = self._relation(one)
            which = "patient" if one.kind == events.PATIENT else ""
            query = f"SELECT COUNT(*) FROM {relation.source}{self._chosen(one, relation)}"  # noqa: S608
            ((told,),) = self.database.rows(query)
            left[which] -= int(told or 0)
            if left[which] < 0:
                most = f"{MOST_PERSONS:,} patients" if which else f"{MOST_ROWS:,} rows"
                raise IndicantError(
                    f"holds more than {most}",
                    file=self.shown,
                    help="name who is to be read:  --person ID",
                )

    def _view(self, one: Mapped) -> None:
        """Read the rows that a view gives, as many as may be."""
        view = Viewed(self.shown, one, self.tables)
        for column in one.columns.values():
            if column not in view.columns:
                raise self._without(one.view, column)
        found: list[Cells] = []
        for row in view.rows():
            cells = {name: row.get(column, "") for name, column in one.columns.items()}
            if one.kind == events.PATIENT and cells["patientIn"] and len(self._named) < _MOST_NAMED:
                self._named[cells["patientIn"]] = None
            if not self.only or cells["patientIn"] in self.only:
                found.append({name: text for name, text in cells.items() if text})
            if len(found) > MOST_ROWS:
                raise IndicantError(
                    f"gives more than {MOST_ROWS:,} rows",
                    file=one.view,
                    help="name who is to be read:  --person ID",
                )
        found.sort(key=lambda cells: (cells.get("patientIn", ""), cells.get("idIn", "")))
        self._viewed[one.name] = found
        self.partial += view.partial

    def _without(self, name: str, column: str) -> IndicantError:
        return IndicantError(
            f"{excerpt(name)} has no column '{excerpt(column)}'",
            file=self.shown,
            help=f"name in {FILE} a column that is there",
        )

    def _relation(self, one: Mapped) -> Relation:
        relation = self.database.tables.get(stem(one.file))
        if relation is None:
            raise IndicantError(
                f"there is no file of the table {one.name}: {excerpt(one.file)}",
                file=self.shown,
                help=f"{FILE} names it: one of CSV, TSV or Parquet, beside it",
            )
        for column in one.columns.values():
            if column not in relation.columns:
                raise self._without(one.file, column)
        return relation

    def _chosen(self, one: Mapped, relation: Relation) -> str:
        if not self.only:
            return ""
        quoted = (name.replace("'", "''") for name in self.only)
        listed = ", ".join(f"'{name}'" for name in quoted)
        patient = self.database.text(relation.columns[one.columns["patientIn"]])
        return f" WHERE {patient} IN ({listed})"

    def some(self, most: int) -> list[str]:
        """Return the names of patients that there are, as many as asked for, whoever is read."""
        found = dict(self._named)
        for one in self.mapped:
            if one.kind == events.PATIENT and not one.view:
                relation = self._relation(one)
                patient = self.database.text(relation.columns[one.columns["patientIn"]])
                query = f"SELECT DISTINCT {patient} FROM {relation.source} LIMIT {most + 1}"  # noqa: S608
                found |= {name: None for (name,) in self.database.rows(query) if name}
        return list(found)[:most]

    # ------------------------------------------------------------------ people

    def people(self) -> Iterator[Found]:
        """Yield whom there is, those without an id first.

        Raises:
            IndicantError: somebody is there twice, or a name is too long.
        """
        streams = [self._rows(at, one) for at, one in enumerate(self.mapped)]
        merged = heapq.merge(*streams, key=lambda row: row[:2])
        for name, of_one in itertools.groupby(merged, key=lambda row: row[0]):
            if len(name) >= LONGEST:
                raise IndicantError(
                    f"the patient '{excerpt(name)}' has too long a name",
                    file=self.shown,
                    help=f"a name has less than {LONGEST} characters",
                )
            persons: list[Person] = []
            found: list[tuple[Mapped, Cells]] = []
            types: Counter[str] = Counter()
            for _, at, cells in of_one:
                one = self.mapped[at]
                types[one.name] += 1
                if one.kind == events.PATIENT:
                    persons.append(self._person(one, name, cells))
                else:
                    found.append((one, cells))
            if persons and not name:
                raise IndicantError("a patient has no name", file=self.shown, help="give it one")
            if len(persons) > 1:
                raise IndicantError(
                    f"the patient '{excerpt(name)}' stands there {len(persons)} times",
                    file=self.shown,
                    help="whose rows are whose is then not known: give each patient one row",
                )
            person = persons[0] if persons else None
            yield Found(name, person, list(self._events(found, name)), types)

    def _rows(self, at: int, one: Mapped) -> Iterator[tuple[str, int, Cells]]:
        if one.view:
            for cells in self._viewed[one.name]:
                yield cells.get("patientIn", ""), at, cells
            return
        relation, database = self._relation(one), self.database
        said = list(one.columns)
        listed = ", ".join(database.text(relation.columns[one.columns[name]]) for name in said)
        keys = [
            database.text(relation.columns[one.columns[name]])
            for name in ("patientIn", "idIn")
            if name in one.columns
        ]
        order = ", ".join(f"{key} NULLS FIRST" for key in keys)
        query = f"SELECT {listed} FROM {relation.source}{self._chosen(one, relation)}"  # noqa: S608
        for row in database.rows(f"{query} ORDER BY {order}"):
            cells = {
                name: value if name == "patientIn" else value.strip()
                for name, value in zip(said, row, strict=True)
                if value
            }
            yield cells.get("patientIn", ""), at, {name: one for name, one in cells.items() if one}

    # ------------------------------------------------------------------ the person

    def _origin(self, one: Mapped, key: str) -> Origin:
        iri = f"{TABLE_BASE}{quote(one.name, safe='')}/{quote(key, safe='')}"
        return Origin(f"{one.name}/{key}", iri, one.record_type, self.shown)

    def _person(self, one: Mapped, name: str, cells: Cells) -> Person:
        made = Person(f"Patient/{name}", name, self._origin(one, name))
        died: Moment | bool | None = None
        try:
            died = _when(cells, "deathIn")
        except MalformedError:
            died = True
        made = replace(made, died=died)
        try:
            born = _when(cells, "birthDateIn")
        except MalformedError as error:
            return replace(made, refusal=Refusal("malformed", str(error)))
        told = cells.get("sexIn", "")
        sex = one.says.get(told, "")
        note = f"the sex '{excerpt(told)}' is not understood" if told and not sex else ""
        return replace(made, born=born, gender="" if sex == _UNKNOWN else sex, note=note)

    # ------------------------------------------------------------------ rows

    def _events(self, found: list[tuple[Mapped, Cells]], name: str) -> Iterator[Event]:
        """Yield what rows say; of two of one table with one id that differ neither counts."""
        counted: dict[tuple[str, str], list[Cells]] = {}
        for one, cells in found:
            same = counted.setdefault((one.name, cells.get("idIn", "")), [])
            if cells not in same:
                same.append(cells)
        seen: set[tuple[str, str]] = set()
        for number, (one, cells) in enumerate(found, 1):
            told = cells.get("idIn", "")
            key = (one.name, told)
            if told and len(counted[key]) == 1 and key in seen:
                continue
            seen.add(key)
            event = self._event(one, told or f"without-id-{number}", name, cells)
            if told and len(counted[key]) > 1:
                event.refusal = Refusal("duplicate", "several rows have its id, and differ")
            yield event

    def _event(self, one: Mapped, key: str, name: str, cells: Cells) -> Event:
        made = Event(self._origin(one, key), one.kind, f"Patient/{name}" if name else "")
        if cells.get("codeIn"):
            system = one.system or cells.get("systemIn", "")
            made.codes = (Coding(system, cells["codeIn"]),)
        told = cells.get("statusIn", "")
        made.standing = one.standing or one.counts.get(told, NOTHING)
        made.status = f"'{excerpt(told)}'" if told else "no status"
        try:
            made.on, made.begin, made.end, made.recorded = (
                _when(cells, column) for column in ("onIn", "startIn", "endIn", "recordedIn")
            )
            first = made.begin or made.on
            if first is not None and made.end is not None and made.end.last < first.first:
                raise MalformedError("it ends before it begins")
            if one.kind == events.OBSERVATION:
                made.value = self._value(one, cells)
        except MalformedError as error:
            made.refusal = Refusal("malformed", str(error))
        return made

    def _value(self, one: Mapped, cells: Cells) -> Value | None:
        """Return what was found; a number is read before an answer.

        Raises:
            MalformedError: the number is none, or how it is to be compared is not known.
        """
        number, answer = cells.get("numberIn"), cells.get("valueIn")
        if number is not None:
            if not NUMERAL.fullmatch(number):
                raise MalformedError(f"'{excerpt(number)}' is no decimal number")
            told = cells.get("comparatorIn", "")
            if told not in _COMPARATORS:
                raise MalformedError(f"'{excerpt(told)}' is no comparator")
            unit = one.unit or cells.get("unitIn", "")
            return Value(number=number, comparator=_COMPARATORS[told], unit=unit)
        if answer is None:
            return None
        meaning = one.means.get(answer)
        if meaning is None:
            return Value(other=f"'{excerpt(answer)}'")
        return Value(codes=(self._meaning(meaning),))

    def _meaning(self, meaning: str) -> Coding:
        """Return a code that says what an answer means."""
        known = sorted(pair for pair, one in self.tables.answers.items() if one == meaning)
        return Coding(*known[0])


def _when(cells: Cells, column: str) -> Moment | None:
    """Return a date, also one with a midnight that stands for none.

    Raises:
        MalformedError: it is none.
    """
    told = cells.get(column)
    if told is None:
        return None
    midnight = _MIDNIGHT.fullmatch(told)
    return when(midnight[1] if midnight else told.replace(" ", "T", 1), column, None)
