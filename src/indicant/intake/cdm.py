"""Read the tables of the OMOP Common Data Model 5.4, person by person in the order of their ids."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError
from indicant.foreign import excerpt
from indicant.intake import databases
from indicant.intake.events import Coding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from indicant.intake.databases import Database, Relation, Row

_EVERY: Final = "visit_occurrence_id"
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "person": (
        "person_id",
        "gender_concept_id",
        "year_of_birth",
        "month_of_birth",
        "day_of_birth",
        "birth_datetime",
    ),
    "visit_occurrence": (
        "visit_occurrence_id",
        "person_id",
        "visit_concept_id",
        "visit_start_date",
        "visit_end_date",
        "visit_type_concept_id",
        "visit_source_value",
        "visit_source_concept_id",
    ),
    "condition_occurrence": (
        "condition_occurrence_id",
        "person_id",
        "condition_concept_id",
        "condition_start_date",
        "condition_end_date",
        "condition_type_concept_id",
        "condition_status_concept_id",
        "stop_reason",
        _EVERY,
        "condition_source_value",
        "condition_source_concept_id",
        "condition_status_source_value",
    ),
    "drug_exposure": (
        "drug_exposure_id",
        "person_id",
        "drug_concept_id",
        "drug_exposure_start_date",
        "verbatim_end_date",
        "drug_type_concept_id",
        "days_supply",
        _EVERY,
        "drug_source_value",
        "drug_source_concept_id",
    ),
    "procedure_occurrence": (
        "procedure_occurrence_id",
        "person_id",
        "procedure_concept_id",
        "procedure_date",
        "procedure_end_date",
        "procedure_type_concept_id",
        "modifier_concept_id",
        _EVERY,
        "procedure_source_value",
        "procedure_source_concept_id",
        "modifier_source_value",
    ),
    "device_exposure": (
        "device_exposure_id",
        "person_id",
        "device_concept_id",
        "device_exposure_start_date",
        "device_exposure_end_date",
        "device_type_concept_id",
        _EVERY,
        "device_source_value",
        "device_source_concept_id",
    ),
    "measurement": (
        "measurement_id",
        "person_id",
        "measurement_concept_id",
        "measurement_date",
        "measurement_type_concept_id",
        "operator_concept_id",
        "value_as_number",
        "value_as_concept_id",
        "unit_concept_id",
        _EVERY,
        "measurement_source_value",
        "measurement_source_concept_id",
        "unit_source_value",
        "value_source_value",
    ),
    "observation": (
        "observation_id",
        "person_id",
        "observation_concept_id",
        "observation_date",
        "observation_type_concept_id",
        "value_as_number",
        "value_as_string",
        "value_as_concept_id",
        "qualifier_concept_id",
        "unit_concept_id",
        _EVERY,
        "observation_source_value",
        "observation_source_concept_id",
        "unit_source_value",
        "qualifier_source_value",
        "value_source_value",
    ),
    "death": ("person_id", "death_date", "cause_concept_id", "cause_source_concept_id"),
}
"""The columns that are read of each table; the standard has all of them."""
BESIDE: Final[Mapping[str, str]] = {
    "note": "note_id",
    "visit_detail": "visit_detail_id",
    "episode": "episode_id",
    "specimen": "specimen_id",
}
"""The tables of which only who has rows there is read, and what their keys are called."""
_CONCEPT: Final = ("concept_id", "concept_name", "vocabulary_id", "concept_code")
_SOURCE: Final = "cdm_source"
_VERSION: Final = re.compile(r"v?5\.4(?:\.\d+)?", re.IGNORECASE)
_OLDER: Final = ("admitting_source_concept_id", "discharge_to_concept_id")
"""The columns of visits that 5.4 called otherwise."""
_WHOLE: Final = re.compile(r"(-?[0-9]{1,18})(?:\.0{1,6})?")
MOST_CONCEPTS: Final = 1_000_000
MOST_PERSONS: Final = 20_000
"""How many persons are made cases at once."""
MOST_ROWS: Final = 500_000
"""How many rows of events are read at once: their cases take some 2 GB."""
EVENTS: Final = tuple(name for name in COLUMNS if name != "person")
NAMES: Final = frozenset({*COLUMNS, *BESIDE, "concept", _SOURCE})


@dataclass(frozen=True, slots=True)
class CdmRow:
    """A row: of which table, and its values by column, each as a text or nothing."""

    table: str
    values: Mapping[str, str | None]


@dataclass(frozen=True)
class PersonRows:
    """All rows with one person id; ``person`` is empty where the table of persons has none.

    Rows of nobody have no id, and come before all others.
    """

    person_id: str
    person: tuple[CdmRow, ...]
    rows: tuple[CdmRow, ...]


def is_cdm(path: str) -> bool:
    """Tell whether a path is that of tables of the CDM, or of a database."""
    return databases.is_database(path, NAMES)


@functools.lru_cache(1 << 14)
def whole(text: str | None) -> str | None:
    """Return a whole number as it is written without noughts behind a point, or nothing.

    >>> whole("8507.0"), whole("1.5"), whole(None)
    ('8507', None, None)
    """
    found = None if text is None else _WHOLE.fullmatch(text)
    return None if found is None else str(int(found[1]))


@dataclass
class Cdm:
    """The tables of a database, and the concepts that their rows refer to.

    ``only`` are the ids of the persons who are read, where it is not all; ``partial`` says why
    there may be more than is read.
    """

    database: Database
    only: tuple[str, ...] = ()
    partial: list[str] = field(default_factory=list)
    concepts: dict[str, Coding] = field(default_factory=dict, repr=False)
    there: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self._check()
        self.there = frozenset(self.database.tables) & frozenset(EVENTS)
        for name in EVENTS:
            if name not in self.there:
                self.partial.append(f"there is no table {name}")
        self._see_that_it_is_bounded()
        self._read_concepts()

    # ------------------------------------------------------------------ what there is

    def _error(self, message: str, advice: str) -> IndicantError:
        return IndicantError(message, file=self.database.shown, help=advice)

    def _check(self) -> None:
        """See that it is a database of the version that is read, with all that is needed.

        Raises:
            IndicantError: it is not.
        """
        tables = self.database.tables
        if "person" not in tables:
            raise self._error("holds no table person", "a database of the OMOP CDM 5.4 is read")
        self._check_version()
        if "concept" not in tables:
            raise self._error(
                "holds no table concept: without the vocabularies no row has a code",
                "load the vocabularies of Athena, at least the table concept, into the database",
            )
        if not any(name in tables for name in EVENTS):
            raise self._error("holds no rows of events", f"one of: {', '.join(EVENTS)}")
        wanted = {**COLUMNS, "concept": _CONCEPT}
        wanted |= {name: (key, "person_id") for name, key in BESIDE.items()}
        for name in sorted(tables.keys() & wanted.keys()):
            missing = [one for one in wanted[name] if one not in tables[name].columns]
            if missing:
                raise self._error(
                    f"the table {name} has no column {', '.join(missing)}",
                    "the OMOP CDM 5.4 has it: without it nobody knows what a row says",
                )

    def _check_version(self) -> None:
        tables = self.database.tables
        source = tables.get(_SOURCE)
        if source is not None and "cdm_version" in source.columns:
            query = self._select(source, ("cdm_version",))
            for (told,) in self.database.rows(f"{query} LIMIT 100"):
                if told is not None and not _VERSION.fullmatch(told.strip()):
                    raise self._error(
                        f"cdm_source says that it is of version '{excerpt(told)}'",
                        "the OMOP CDM 5.4 is read: convert the database first",
                    )
        visits = tables.get("visit_occurrence")
        if visits is not None and any(one in visits.columns for one in _OLDER):
            raise self._error(
                f"the table visit_occurrence has {_OLDER[0]} or {_OLDER[1]}, as version 5.3 has",
                "the OMOP CDM 5.4 is read: convert the database first",
            )

    def _select(self, relation: Relation, columns: Iterable[str]) -> str:
        database = self.database
        listed = ", ".join(database.text(relation.columns[one]) for one in columns)
        return f"SELECT {listed} FROM {relation.source}"  # noqa: S608 - names are quoted

    def _chosen(self, relation: Relation) -> str:
        if not self.only:
            return ""
        person = self.database.number(relation.columns["person_id"])
        return f" WHERE {person} IN ({', '.join(self.only)})"

    def some(self, most: int) -> list[str]:
        """Return the ids of persons that there are, as many as asked for, whoever is read."""
        relation = self.database.tables["person"]
        person = self.database.text(relation.columns["person_id"])
        query = f"SELECT DISTINCT {person} FROM {relation.source} LIMIT {most + 1}"  # noqa: S608
        found = (whole(one) for (one,) in self.database.rows(query) if one is not None)
        return list(dict.fromkeys(one for one in found if one is not None))[:most]

    def _see_that_it_is_bounded(self) -> None:
        """Count who and what is to be read, no further than it matters, before anything is.

        Raises:
            IndicantError: there is too much.
        """
        left = MOST_ROWS
        for name in ("person", *sorted(self.there)):
            most = MOST_PERSONS if name == "person" else left
            relation = self.database.tables[name]
            query = (
                f"SELECT CAST(COUNT(*) AS VARCHAR) FROM (SELECT 1 AS one "  # noqa: S608
                f"FROM {relation.source}{self._chosen(relation)} LIMIT {most + 1}) AS few"
            )
            ((told,),) = self.database.rows(query)
            number = int(told or 0)
            if number > most:
                what = f"{MOST_PERSONS:,} persons" if name == "person" else f"{MOST_ROWS:,} rows"
                raise self._error(f"holds more than {what}", "name who is to be read:  --person ID")
            left -= 0 if name == "person" else number

    # ------------------------------------------------------------------ concepts

    def _read_concepts(self) -> None:
        """Read the concepts that rows refer to, and no others.

        Raises:
            IndicantError: one stands twice and says two things, or there are too many.
        """
        tables, database = self.database.tables, self.database
        asked = []
        for name in ("person", *sorted(self.there)):
            relation = tables[name]
            listed = [
                database.listed(relation.columns[one])
                for one in COLUMNS[name]
                if one.endswith("_concept_id") and not one.endswith("_type_concept_id")
            ]
            if listed:
                asked.append(
                    f"SELECT UNNEST(ARRAY[{', '.join(listed)}]) AS one "  # noqa: S608
                    f"FROM {relation.source}{self._chosen(relation)}"
                )
        concept = tables["concept"]
        number = database.number(concept.columns["concept_id"])
        inner = " UNION ALL ".join(asked)
        query = (
            f"{self._select(concept, _CONCEPT)} "  # noqa: S608
            f"WHERE {number} IN (SELECT DISTINCT one FROM ({inner}) AS asked) AND {number} <> 0"
        )
        systems = _vocabularies()
        for told, label, vocabulary, code in database.rows(query):
            one = whole(told)
            if one is None:
                raise self._error(f"concept_id '{excerpt(told or '')}' is no number", "load again")
            system = systems.get(vocabulary or "", vocabulary or "")
            coding = Coding(system, code or "", label or "")
            if self.concepts.setdefault(one, coding) != coding:
                raise self._error(
                    f"the table concept has two rows of concept_id {one} that differ",
                    "load the vocabularies again, of one release",
                )
            if len(self.concepts) > MOST_CONCEPTS:
                raise self._error(
                    f"its rows refer to more than {MOST_CONCEPTS:,} concepts",
                    "give the rows of fewer persons at a time",
                )
        if not self.concepts and next(database.rows(self._select(concept, ("concept_id",))), None):
            return
        if not self.concepts:
            raise self._error(
                "the table concept is empty: without the vocabularies no row has a code",
                "load the vocabularies of Athena, at least the table concept, into the database",
            )

    # ------------------------------------------------------------------ persons

    def persons(self) -> Iterator[PersonRows]:
        """Yield who there is, in the order of the ids, and rows of who is not there as well.

        Each table is read once, in order, and no more is held than the rows of one person.

        Raises:
            IndicantError: something cannot be read, or an id stands twice.
        """
        streams = [_Stream(self, name) for name in ("person", *sorted(self.there)) if name]
        streams += [_Stream(self, name) for name in BESIDE if name in self.database.tables]
        while True:
            heads = [one.at for one in streams if one.at is not None]
            if not heads:
                return
            least = min(heads)
            taken = [row for one in streams for row in one.take(least)]
            persons = tuple(row for row in taken if row.table == "person")
            if persons and least == _NOBODY:
                raise self._error("the table person has a row without person_id", "give it one")
            if len(persons) > 1:
                raise self._error(
                    f"the table person has {len(persons)} rows of person_id {_shown(least)}",
                    "whose rows are whose is then not known: see that each person has one id",
                )
            rest = tuple(row for row in taken if row.table != "person")
            yield PersonRows(_shown(least), persons, rest)


_NOBODY: Final = (-1, 0)
"""Where rows stand that are of nobody: before all others."""


def _shown(at: tuple[int, int]) -> str:
    return "" if at == _NOBODY else str(at[1])


class _Stream:
    """The rows of a table in the order of the persons, of which the next one is known."""

    def __init__(self, cdm: Cdm, name: str) -> None:
        self._cdm, self._name = cdm, name
        relation = cdm.database.tables[name]
        database = cdm.database
        person = database.number(relation.columns["person_id"])
        where = cdm._chosen(relation)
        if name in BESIDE:
            key = database.text(relation.columns[BESIDE[name]])
            self._columns: tuple[str, ...] = ("person_id", "key", "rows")
            query = (
                f"SELECT {database.text(relation.columns['person_id'])}, MIN({key}), "  # noqa: S608
                f"CAST(COUNT(*) AS VARCHAR) FROM {relation.source}{where} "
                f"GROUP BY {relation.columns['person_id'].name} ORDER BY {person} NULLS FIRST"
            )
        else:
            self._columns = COLUMNS[name]
            key = database.number(relation.columns[self._columns[0]])
            query = (
                f"{cdm._select(relation, self._columns)}{where} "
                f"ORDER BY {person} NULLS FIRST, {key}"
            )
        self._index = self._columns.index("person_id")
        self._rows = database.rows(query)
        self._next: Row | None = None
        self.at: tuple[int, int] | None = _NOBODY
        self._step()

    def _step(self) -> None:
        self._next = next(self._rows, None)
        if self._next is None:
            self.at = None
            return
        told = self._next[self._index]
        found = whole(told)
        if told is not None and found is None:
            raise self._cdm._error(
                f"the table {self._name} has person_id '{excerpt(told)}', which is no whole number",
                "the OMOP CDM has whole numbers there",
            )
        at = _NOBODY if found is None else (0, int(found))
        if self.at is not None and at < self.at:
            raise self._cdm._error(f"the table {self._name} is in no order", "read it again")
        self.at = at

    def take(self, at: tuple[int, int]) -> Iterator[CdmRow]:
        """Yield the rows of a person."""
        while self.at == at and self._next is not None:
            yield CdmRow(self._name, dict(zip(self._columns, self._next, strict=True)))
            self._step()


def _vocabularies() -> Mapping[str, str]:
    from indicant.intake.readings import tables

    return tables().vocabularies
