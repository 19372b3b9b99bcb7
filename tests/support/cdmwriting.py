"""Write patients as tables of the OMOP CDM 5.4: in DuckDB, Parquet, CSV and PostgreSQL."""

from __future__ import annotations

import csv
import datetime
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import duckdb

from indicant.intake.cdm import BESIDE, COLUMNS
from indicant.intake.patients import Options, Taken
from intaking import AS_OF, CODES, reader

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Values = dict[str, Any]
EXTRA: Final = {
    "person": ("race_concept_id", "ethnicity_concept_id", "person_source_value"),
    "drug_exposure": ("drug_exposure_end_date", "refills", "quantity", "sig"),
    "visit_occurrence": ("admitted_from_concept_id", "discharged_to_concept_id"),
    "measurement": ("range_low", "range_high"),
}
"""Columns that are there and not read."""
ALL: Final[dict[str, tuple[str, ...]]] = {
    **{name: (*columns, *EXTRA.get(name, ())) for name, columns in COLUMNS.items()},
    **{name: (key, "person_id") for name, key in BESIDE.items()},
    "concept": (
        "concept_id",
        "concept_name",
        "domain_id",
        "vocabulary_id",
        "standard_concept",
        "concept_code",
    ),
    "cdm_source": ("cdm_source_name", "cdm_version"),
    "observation_period": (
        "observation_period_id",
        "person_id",
        "observation_period_start_date",
        "observation_period_end_date",
    ),
}
STANDARD: Final = {
    ("Gender", "F"): 8532,
    ("Gender", "M"): 8507,
    ("Gender", "O"): 8521,
    ("SNOMED", "260373001"): 4126681,
    ("SNOMED", "416471007"): 4167217,
    ("OMOP Extension", "OMOP5165859"): 1340204,
}
"""Concepts whose numbers the standard, or a row of the tables, names."""
SCHEMES: Final = {
    "http://snomed.info/sct": "SNOMED",
    "http://loinc.org": "LOINC",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD10CM",
    "http://unitsofmeasure.org": "UCUM",
}


@dataclass
class Tables:
    """Rows by table, and the concepts that they refer to."""

    rows: dict[str, list[Values]] = field(default_factory=lambda: {name: [] for name in ALL})
    known: dict[tuple[str, str], int] = field(default_factory=dict)
    written: Counter[str] = field(default_factory=Counter)
    """How many rows of a table were written already, and are no longer held."""

    def concept(self, code: str, vocabulary: str = CODES, name: str = "") -> int:
        """Return the number of a concept, which is written with the tables."""
        pair = (vocabulary, code)
        if pair not in self.known:
            self.known[pair] = STANDARD.get(pair, 2_000_000_000 + len(self.known))
            self.add(
                "concept",
                concept_id=self.known[pair],
                concept_name=name or code,
                domain_id="Metadata",
                vocabulary_id=vocabulary,
                concept_code=code,
            )
        return self.known[pair]

    def add(self, table: str, /, **values: Any) -> Tables:
        """Add a row, with the next id unless it has one."""
        key = ALL[table][0]
        made: Values = dict.fromkeys(ALL[table])
        if key.endswith("_id") and key not in values:
            made[key] = self.written[table] + len(self.rows[table]) + 1
        if "person_id" in made and table != "person":
            made["person_id"] = 1
        assert values.keys() <= made.keys(), values.keys() - made.keys()
        made.update(values)
        self.rows[table].append(made)
        return self

    def person(self, person_id: int = 1, **values: Any) -> Tables:
        """Add a person."""
        given: Values = {"gender_concept_id": 8532, "year_of_birth": 1961, **values}
        return self.add("person", person_id=person_id, **given)

    # ------------------------------------------------------------------ how it is written

    def duckdb(self, path: Path, leave_out: Iterable[str] = ()) -> str:
        """Write a file of DuckDB."""
        with duckdb.connect(str(path)) as database:
            for table, columns in ALL.items():
                if table in leave_out:
                    continue
                database.execute(ddl(table, columns))
                marks = ", ".join("?" * len(columns))
                rows = [[row[one] for one in columns] for row in self.rows[table]]
                if rows:
                    database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608
        return str(path)

    def csv(self, folder: Path, leave_out: Iterable[str] = ()) -> str:
        """Write a folder of CSV; behind rows that are no longer held, what came since."""
        folder.mkdir(exist_ok=True)
        for table, columns in ALL.items():
            if table in leave_out:
                continue
            place = folder / f"{table.upper()}.csv"
            with place.open("a" if self.written else "w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                if not file.tell():
                    writer.writerow(columns)
                writer.writerows([row[one] for one in columns] for row in self.rows[table])
        return str(folder)

    def spill(self, folder: Path) -> None:
        """Write what came since into a folder of CSV, and hold it no longer."""
        self.csv(folder)
        for table, rows in self.rows.items():
            self.written[table] += len(rows)
            rows.clear()

    def parquet(self, folder: Path, database: Path) -> str:
        """Write a folder of Parquet, from a file of DuckDB."""
        folder.mkdir(exist_ok=True)
        with duckdb.connect(str(database), read_only=True) as opened:
            for table in ALL:
                opened.execute(f"COPY {table} TO '{folder / table}.parquet' (FORMAT parquet)")
        return str(folder)

    def postgres(self, dsn: str, schema: str) -> None:
        """Write a schema of a PostgreSQL server."""
        import psycopg

        with psycopg.connect(dsn) as server:
            server.execute(f"CREATE SCHEMA {schema}".encode())
            server.execute(f"SET search_path = {schema}".encode())
            for table, columns in ALL.items():
                server.execute(ddl(table, columns).replace("DOUBLE", "NUMERIC").encode())
                marks = ", ".join(["%s"] * len(columns))
                rows = [[row[one] for one in columns] for row in self.rows[table]]
                with server.cursor() as cursor:
                    cursor.executemany(f"INSERT INTO {table} VALUES ({marks})".encode(), rows)  # noqa: S608


def ddl(table: str, columns: Iterable[str]) -> str:
    """Return SQL that makes a table, with the types of the CDM."""
    listed = ", ".join(f"{one} {_type(one)}" for one in columns)
    return f"CREATE TABLE {table} ({listed})"


def _type(column: str) -> str:
    if column.endswith("_datetime"):
        return "TIMESTAMP"
    if column.endswith("_date"):
        return "DATE"
    if column in {"value_as_number", "quantity", "range_low", "range_high"}:
        return "DOUBLE"
    whole = column in {"days_supply", "refills"} or column.endswith("_of_birth")
    texts = {"domain_id", "vocabulary_id"}
    return "INTEGER" if whole or (column.endswith("_id") and column not in texts) else "VARCHAR"


def take_rows(
    tables: Tables,
    place: Path,
    *,
    as_of: str = AS_OF,
    completeness: Path | None = None,
    codes: tuple[str, ...] = (),
    persons: tuple[str, ...] = (),
    leave_out: Iterable[str] = (),
) -> Taken:
    """Read tables from a folder of CSV, with one person in front unless there is any."""
    if not tables.rows["person"]:
        tables.person()
    tables.concept("pain")
    return take_path(
        tables.csv(place / "cdm", leave_out),
        as_of=as_of,
        completeness=completeness,
        codes=codes,
        persons=persons,
    )


def take_path(
    path: str,
    *,
    as_of: str = AS_OF,
    completeness: Path | None = None,
    codes: tuple[str, ...] = (),
    persons: tuple[str, ...] = (),
) -> Taken:
    """Read a source into cases of the vocabulary of the tests."""
    options = Options(
        datetime.date.fromisoformat(as_of),
        None,
        None if completeness is None else str(completeness),
        persons,
    )
    return reader(*codes).take(path, options)


# ---------------------------------------------------------------------- from FHIR


def from_csv(folder: Path, database: Path, parquet: Path) -> None:
    """Write a folder of CSV as a file of DuckDB and as a folder of Parquet, with types."""
    parquet.mkdir(parents=True)
    with duckdb.connect(str(database)) as opened:
        for table, columns in ALL.items():
            opened.execute(ddl(table, columns))
            opened.execute(
                f"COPY {table} FROM '{folder / table.upper()}.csv' "
                "(FORMAT csv, HEADER true, NULLSTR '')"
            )
            opened.execute(
                f"COPY {table} TO '{parquet / table}.parquet' (FORMAT parquet, COMPRESSION zstd)"
            )


def from_fhir(*records: dict[str, Any], made: Tables | None = None) -> Tables:
    """Return what records of FHIR are as rows, each on its first day.

    What OMOP has no place for is refused, so that no test believes that it was compared: that
    something goes on, is planned, or was there before without being seen on a day.

    Args:
        records: those of some patients, with all records of each.
        made: tables with others, to which they are added.
    """
    made = Tables() if made is None else made
    ids: dict[str, int] = {}
    for one in records:
        if one["resourceType"] == "Patient":
            there = made.written["person"] + len(made.rows["person"])
            number = ids[one["id"]] = there + 1
            born = [int(part) for part in one.get("birthDate", "1961").split("-")]
            names = ("year_of_birth", "month_of_birth", "day_of_birth")
            gender = {"female": "F", "male": "M", "other": "O"}.get(one.get("gender", ""))
            made.person(
                number,
                gender_concept_id=0 if gender is None else made.concept(gender, "Gender"),
                **{**dict.fromkeys(names), **dict(zip(names, born, strict=False))},
            )
            if "deceasedDateTime" in one:
                made.add("death", person_id=number, death_date=one["deceasedDateTime"])
    for one in records:
        if one["resourceType"] != "Patient":
            whose = one.get("subject") or one["patient"]
            _add(made, one, ids[whose["reference"].removeprefix("Patient/")])
    return made


def _add(made: Tables, one: dict[str, Any], person: int) -> None:
    kind = one["resourceType"]
    code = one.get("code") or one.get("medicationCodeableConcept")
    assert code is not None
    standard, source = _concepts(made, code["coding"])
    if kind == "Condition":
        day = one["recordedDate"]
        made.add(
            "condition_occurrence",
            person_id=person,
            condition_concept_id=standard,
            condition_source_concept_id=source,
            condition_start_date=day,
            condition_end_date=day,
            condition_type_concept_id=32817,
            condition_status_concept_id=_status(one),
        )
    elif kind == "Procedure":
        assert one["status"] == "completed"
        period = one.get("performedPeriod", {})
        made.add(
            "procedure_occurrence",
            person_id=person,
            procedure_concept_id=standard,
            procedure_source_concept_id=source,
            procedure_date=one.get("performedDateTime") or period["start"],
            procedure_end_date=period.get("end"),
            procedure_type_concept_id=32817,
            modifier_concept_id=0,
        )
    elif kind in {"MedicationRequest", "MedicationDispense"}:
        assert one["status"] == "completed"
        written = kind == "MedicationRequest"
        supply = one.get("dispenseRequest", {}).get("expectedSupplyDuration", {})
        made.add(
            "drug_exposure",
            person_id=person,
            drug_concept_id=standard,
            drug_source_concept_id=source,
            drug_exposure_start_date=one["authoredOn"] if written else one["whenHandedOver"],
            drug_exposure_end_date="2099-12-31",
            drug_type_concept_id=32838 if written else 32825,
            days_supply=supply.get("value"),
        )
    else:
        assert kind == "Observation"
        assert one["status"] == "final"
        _measurement(made, one, person, standard, source)


def _measurement(
    made: Tables, one: dict[str, Any], person: int, standard: int, source: int | None
) -> None:
    quantity = one.get("valueQuantity", {})
    coded = one.get("valueCodeableConcept")
    operators = {"<": 4171756, "<=": 4171754, ">": 4172704, ">=": 4171755}
    made.add(
        "measurement",
        person_id=person,
        measurement_concept_id=standard,
        measurement_source_concept_id=source,
        measurement_date=one["effectiveDateTime"],
        measurement_type_concept_id=32856,
        operator_concept_id=operators.get(quantity.get("comparator")),
        value_as_number=quantity.get("value"),
        unit_concept_id=made.concept(quantity["code"], "UCUM") if "code" in quantity else None,
        value_as_concept_id=None if coded is None else _concepts(made, coded["coding"])[0],
    )


def _status(one: dict[str, Any]) -> int:
    given = one.get("verificationStatus", {}).get("coding", [{}])[0].get("code", "")
    return {"": 0, "confirmed": 32893, "provisional": 32899}[given]


def _concepts(made: Tables, given: list[dict[str, str]]) -> tuple[int, int | None]:
    found = [
        made.concept(one["code"], SCHEMES.get(one["system"], one["system"]), one.get("display", ""))
        for one in given
    ]
    assert 0 < len(found) <= 2
    return found[0], found[1] if len(found) > 1 else None
