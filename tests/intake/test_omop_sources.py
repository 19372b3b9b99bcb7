"""DuckDB, Parquet, CSV and PostgreSQL are read alike; what is none of them is refused."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from cdmwriting import ALL, Tables, ddl, from_fhir, take_path, take_rows
from each import each
from indicant.errors import IndicantError
from indicant.intake import cdm, databases
from indicant.intake.report import as_record
from intaking import concept, reasons, record, said
from packing import PACKINGS, by_zstd, spoilt
from postgresing import emptied, missing, server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indicant.intake.patients import Taken

TODAY = "2026-11-30"
no_server = missing()
needs_server = pytest.mark.skipif(bool(no_server), reason=no_server or "-")


def some() -> Tables:
    """Return two persons with a row of each kind."""
    return from_fhir(
        {"resourceType": "Patient", "id": "p", "birthDate": "1961-03-14", "gender": "female"},
        {"resourceType": "Patient", "id": "q", "birthDate": "1990-05", "gender": "male"},
        record("Condition", "a", **concept("neck-pain"), recordedDate=TODAY),
        record("Condition", "b", **concept("nobody-knows", "fracture"), recordedDate="2025-01-02"),
        record("Procedure", "c", **concept("scan"), status="completed", performedDateTime=TODAY),
        record(
            "MedicationRequest",
            "d",
            **concept("aspirin", key="medicationCodeableConcept"),
            status="completed",
            authoredOn="2026-01-02",
            dispenseRequest={"expectedSupplyDuration": {"value": 30}},
        ),
        {
            **record(
                "Observation",
                "e",
                **concept("creatinine"),
                status="final",
                effectiveDateTime="2026-10-01",
                valueQuantity={"value": 88.125, "code": "umol/L", "comparator": "<"},
            ),
            "subject": {"reference": "Patient/q"},
        },
    )


SAID = [
    {
        "birthDate 1961-03-14",
        "sex Female",
        "hasFinding NeckPain",
        "hadFinding Fracture on=2025-01-02",
        "received Scan on=2026-11-30",
        "received Aspirin lasts=30 startedOn=2026-01-02",
    },
    {
        "ageInYears 36",
        "sex Male",
        "hadFinding Creatinine bounds=maxExclusive:88.125,of:creatinine on=2026-10-01",
    },
]


def both(taken: Taken) -> list[set[str]]:
    return [said(taken, at) for at in range(len(taken.documents))]


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with server() as dsn:
        yield dsn


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    return some().duckdb(tmp_path_factory.mktemp("duckdb") / "cdm.duckdb")


def refused(path: str, **how: Any) -> IndicantError:
    with pytest.raises(IndicantError) as caught:
        take_path(path, **how)
    assert caught.value.help or caught.value.message == "no such file"
    return caught.value


# ---------------------------------------------------------------------- what is read alike


@pytest.mark.slow
def test_a_file_and_folders_say_the_same(file: str, tmp_path: Path) -> None:
    found = take_path(file)
    assert both(found) == SAID
    others = [
        some().csv(tmp_path / "csv"),
        some().parquet(tmp_path / "parquet", Path(file)),
    ]
    for other in each(others):
        taken = take_path(other)
        assert both(taken) == SAID
        told = [{**as_record(one.report), "source": ""} for one in (found, taken)]
        assert str(told[0]).replace(file, "") == str(told[1]).replace(other, "")


@needs_server
@pytest.mark.slow
def test_a_server_says_the_same(file: str, postgres: str) -> None:
    emptied(postgres)
    some().postgres(postgres, "alike")
    found, taken = take_path(file), take_path(postgres)
    assert both(taken) == SAID
    assert [one.text for one in taken.documents] == [one.text for one in found.documents]
    assert both(take_path(postgres, persons=("2",))) == SAID[1:]


@needs_server
@pytest.mark.slow
def test_a_password_is_told_nowhere(postgres: str) -> None:
    emptied(postgres)
    for schema in ("alike", "secret"):
        some().postgres(postgres, schema)
    several = refused(postgres)
    assert "several schemas have a table person: alike, secret" in str(several)
    taken = take_path(f"{postgres}&options=-csearch_path%3Dsecret")
    whole = str(as_record(taken.report)) + "".join(one.path for one in taken.documents)
    wrong = [
        refused(postgres.replace("/postgres?", "/nowhere?")),
        refused(postgres.replace("postgresql://", "postgresql://x:y:z@")),
        refused("postgresql://owner:open-sesame@localhost:1/x"),
        refused("postgresql://owner:open-sesame@[bad/x?nonsense=1"),
        refused("service=no-such-service-open"),
        several,
    ]
    told = whole + "".join(f"{one} {one.help} {one.file}" for one in wrong)
    assert "postgresql://owner@" in told
    assert "sesame" not in told


@needs_server
@pytest.mark.slow
def test_a_server_is_only_read(postgres: str) -> None:
    import psycopg

    from indicant.intake.databases import opened

    emptied(postgres)
    with psycopg.connect(postgres) as connection:
        connection.execute(b"CREATE SCHEMA views")
        connection.execute(b"CREATE TABLE views.seen (one integer)")
        connection.execute(
            b"CREATE FUNCTION views.spy() RETURNS integer LANGUAGE sql AS "
            b"'INSERT INTO views.seen VALUES (1) RETURNING 1'"
        )
        connection.execute(b"CREATE VIEW views.person AS SELECT views.spy() AS person_id")
    database = opened(f"{postgres}&options=-csearch_path%3Dviews", {"person"})
    settings = ("statement_timeout", "transaction_read_only", "transaction_isolation")
    asked = ", ".join(f"current_setting('{one}')" for one in settings)
    assert list(database.rows(f"SELECT {asked}")) == [("10min", "on", "repeatable read")]
    with pytest.raises(IndicantError, match="read-only transaction"):
        list(database.rows("SELECT person_id FROM views.person"))
    database.close()
    with psycopg.connect(postgres) as connection:
        assert connection.execute(b"SELECT count(*) FROM views.seen").fetchone() == (0,)


@needs_server
@pytest.mark.slow
def test_the_vocabularies_may_be_in_a_schema_of_their_own(postgres: str) -> None:
    import psycopg

    emptied(postgres)
    some().postgres(postgres, "apart")
    with psycopg.connect(postgres) as connection:
        connection.execute(b"CREATE SCHEMA words")
        connection.execute(b"ALTER TABLE apart.concept SET SCHEMA words")
    assert both(take_path(f"{postgres}&options=-csearch_path%3Dapart")) == SAID
    assert both(take_path(postgres)) == SAID


def test_an_instant_is_of_the_day_that_it_is_in_utc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    path = some().duckdb(tmp_path / "x.duckdb")
    with duckdb.connect(path) as database:
        database.execute("SET TimeZone = 'UTC'")
        for column in ("condition_start_date", "condition_end_date"):
            database.execute(
                f"ALTER TABLE condition_occurrence ALTER {column} TYPE TIMESTAMPTZ "
                f"USING {column}::TIMESTAMPTZ + INTERVAL 23 HOURS"
            )
    assert both(take_path(path)) == SAID


def test_persons_come_in_the_order_of_their_ids(tmp_path: Path) -> None:
    tables = Tables()
    for number in (10, 9, 100, -3):
        tables.person(number)
        tables.add(
            "condition_occurrence",
            person_id=number,
            condition_concept_id=tables.concept("neck-pain"),
            condition_start_date=TODAY,
            condition_type_concept_id=32817,
        )
    taken = take_rows(tables, tmp_path)
    assert [one.patient for one in taken.report.patients] == ["-3", "9", "10", "100"]
    assert both(taken) == [{"hasFinding NeckPain", "sex Female"}] * 4


@pytest.mark.slow
def test_persons_who_are_named_are_read_alone(file: str, tmp_path: Path) -> None:
    csv = some().csv(tmp_path / "csv")
    for path in each((file, csv)):
        assert both(take_path(path, persons=("2",))) == SAID[1:]
        assert both(take_path(path, persons=("2", "1", "2"))) == SAID
        error = refused(path, persons=("1", "7"))
        assert "there is no person_id 7" in str(error)
        assert "name one that is there (1, 2), or leave out" in str(error.help)
        assert "is no person_id" in str(refused(path, persons=("1) OR (1=1",)))


def test_persons_who_are_there_are_named_where_they_are_few(tmp_path: Path) -> None:
    tables = some()
    for number in (10, 9, 7):
        tables.person(number)
    few = refused(tables.csv(tmp_path / "few"), persons=("6",))
    assert "name one that is there (1, 2, 7, 9, 10), or" in str(few.help)
    tables.person(12)
    many = refused(tables.csv(tmp_path / "many"), persons=("6",))
    assert many.help == "name one that is there, or leave out  --person  to read all"


def test_numbers_that_other_programs_wrote_as_decimals_are_whole(tmp_path: Path) -> None:
    tables = Tables()
    tables.person("1.0", year_of_birth="1961.0", month_of_birth="3.0", day_of_birth="14.0")  # type: ignore[arg-type]
    tables.add(
        "condition_occurrence",
        person_id="1.0",
        condition_concept_id=f"{tables.concept('neck-pain')}.0",
        condition_start_date=TODAY,
        condition_status_concept_id="0.0",
    )
    assert said(take_rows(tables, tmp_path)) == {
        "hasFinding NeckPain",
        "birthDate 1961-03-14",
        "sex Female",
    }


@pytest.mark.slow
def test_a_table_of_tabs_as_athena_writes_it_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "csv"
    some().csv(folder)
    file = folder / "CONCEPT.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    text = "\n".join(line.replace(",", "\t").replace("scan", 'scan "x') for line in lines[:1])
    rest = "\n".join(line.replace(",", "\t") for line in lines[1:])
    file.write_text(f'{text}\n{rest}\n9\tan "odd name\tMetadata\tx\t\ty\n', encoding="utf-8")
    person = folder / "PERSON.csv"
    data = b"\xef\xbb\xbf" + person.read_bytes()
    person.unlink()
    for ending, pack in each(PACKINGS.values()):
        packed = folder / f"person.csv{ending}"
        packed.write_bytes(pack(data))
        assert both(take_path(str(folder))) == SAID
        packed.unlink()


@pytest.mark.many(4)
@pytest.mark.parametrize("packing", PACKINGS)
def test_a_packed_table_that_is_cut_off_or_spoilt_is_refused(packing: str, tmp_path: Path) -> None:
    """DuckDB takes what zstd packed and was cut off for all that there is."""
    folder = Path(some().csv(tmp_path / "cdm"))
    person = folder / "PERSON.csv"
    head, _, rest = person.read_bytes().partition(b"\n")
    text = head + b"\n" + rest * 3_000
    person.unlink()
    for what, data in each(spoilt(packing, text).items()):
        (folder / f"person.csv{PACKINGS[packing][0]}").write_bytes(data)
        assert "person.csv" in str(refused(str(folder))), what


def test_of_a_packed_table_no_more_is_read_than_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(some().csv(tmp_path / "cdm"))
    text = (folder / "PERSON.csv").read_bytes()
    (folder / "PERSON.csv").unlink()
    (folder / "PERSON.csv.zst").write_bytes(by_zstd(text + bytes(5_000_000)))
    monkeypatch.setattr(databases, "MOST_UNPACKED", 1_000_000)
    assert "larger than the limit of 1 MB" in str(refused(str(folder)))


# ---------------------------------------------------------------------- what is refused


def test_a_database_without_vocabularies_is_refused(tmp_path: Path) -> None:
    path = some().duckdb(tmp_path / "x.duckdb", leave_out=["concept"])
    error = refused(path)
    assert "holds no table concept" in str(error)
    assert "Athena" in str(error.help)
    empty = Tables().person()
    assert "the table concept is empty" in str(refused(empty.duckdb(tmp_path / "y.duckdb")))


@pytest.mark.parametrize("told", ["5.3", "v5.3.1", "6.0", "5.40", "CDM v5.4"])
def test_another_version_that_is_told_is_refused(told: str, tmp_path: Path) -> None:
    tables = some().add("cdm_source", cdm_source_name="x", cdm_version=told)
    error = refused(tables.csv(tmp_path / "cdm"))
    assert f"cdm_source says that it is of version '{told}'" in str(error)


@pytest.mark.many(1000)
@pytest.mark.parametrize("told", ["5.4", "v5.4", "V5.4.2", None])
def test_the_version_that_is_told_may_be_written_in_several_ways(
    told: str | None, tmp_path: Path
) -> None:
    tables = some().add("cdm_source", cdm_source_name="x", cdm_version=told)
    assert both(take_path(tables.csv(tmp_path / "cdm"))) == SAID


def test_a_version_that_is_not_told_is_known_by_its_columns(tmp_path: Path) -> None:
    path = some().duckdb(tmp_path / "x.duckdb")
    with duckdb.connect(path) as database:
        database.execute(
            "ALTER TABLE visit_occurrence RENAME admitted_from_concept_id "
            "TO admitting_source_concept_id"
        )
    assert "as version 5.3 has" in str(refused(path))


@pytest.mark.many(4)
@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("measurement", "operator_concept_id"),
        ("condition_occurrence", "condition_status_concept_id"),
        ("observation", "qualifier_concept_id"),
        ("person", "gender_concept_id"),
        ("drug_exposure", "drug_type_concept_id"),
        ("concept", "vocabulary_id"),
    ],
)
def test_a_column_that_is_missing_is_named(table: str, column: str, tmp_path: Path) -> None:
    path = some().duckdb(tmp_path / "x.duckdb")
    with duckdb.connect(path) as database:
        database.execute(f"ALTER TABLE {table} DROP {column}")
    assert f"the table {table} has no column {column}" in str(refused(path))


def test_two_persons_with_one_id_are_refused(tmp_path: Path) -> None:
    error = refused(some().person(2, year_of_birth=1950).csv(tmp_path / "cdm"))
    assert "the table person has 2 rows of person_id 2" in str(error)


def test_a_person_without_an_id_is_refused(tmp_path: Path) -> None:
    tables = some()
    tables.rows["person"][0]["person_id"] = None
    assert "a row without person_id" in str(refused(tables.csv(tmp_path / "cdm")))


@pytest.mark.parametrize("person", ["1.5", "one", "0x1"])
def test_an_id_that_is_no_whole_number_is_refused(person: str, tmp_path: Path) -> None:
    tables = some().add("note", person_id=person)
    assert f"has person_id '{person}'" in str(refused(tables.csv(tmp_path / "cdm")))


def test_two_concepts_with_one_id_are_refused(tmp_path: Path) -> None:
    tables = some()
    again = {**tables.rows["concept"][0], "concept_code": "other"}
    for one in tables.rows["concept"]:
        again = {**one, "concept_code": "other"} if one["concept_code"] == "neck-pain" else again
    tables.rows["concept"].append(again)
    assert "two rows of concept_id" in str(refused(tables.csv(tmp_path / "cdm")))


def test_a_file_that_is_no_database_is_refused(file: str, tmp_path: Path) -> None:
    spoilt = {
        "none.duckdb": b"x" * 5000,
        "empty.duckdb": b"",
        "lite.duckdb": b"SQLite format 3\x00" + b"\x00" * 100,
    }
    with open(file, "rb") as whole:
        data = whole.read()
    spoilt["cut.duckdb"] = data[: len(data) // 2]
    spoilt["newer.duckdb"] = data[:12] + b"\xff\xff\x00\x00" + data[16:]
    told = {}
    for name, content in spoilt.items():
        place = tmp_path / name
        place.write_bytes(content)
        told[name] = str(refused(str(place)))
    assert "and this is none" in told["none.duckdb"]
    assert "and this is none" in told["empty.duckdb"]
    assert "is a database of SQLite" in told["lite.duckdb"]
    assert "cannot be read" in told["cut.duckdb"]
    assert "cannot be read" in told["newer.duckdb"]
    assert "no such file" in str(refused(str(tmp_path / "nowhere.duckdb")))


def test_a_parquet_file_that_is_cut_off_is_refused(file: str, tmp_path: Path) -> None:
    folder = tmp_path / "cdm"
    some().parquet(folder, Path(file))
    place = folder / "measurement.parquet"
    data = place.read_bytes()
    for cut in (data[:-30], data[: len(data) // 2], b"", b"PAR1" + data[4:-4] + b"XXXX"):
        place.write_bytes(cut)
        assert "cannot be read" in str(refused(str(folder)))


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (b"a,b,a\n", "does not name columns"),
        (b"\xff\xfe\x00\n", "cannot be read as UTF-8"),
        (b"", "does not name columns"),
        (b"person_id,gender's\n", "has no column death_date"),
    ],
)
def test_csv_without_names_of_columns_is_refused(head: bytes, word: str, tmp_path: Path) -> None:
    folder = tmp_path / "cdm"
    some().csv(folder)
    (folder / "DEATH.csv").write_bytes(head)
    assert word in str(refused(str(folder)))


def test_csv_with_rows_of_other_lengths_or_text_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "cdm"
    some().csv(folder)
    place = folder / "DEATH.csv"
    for rest in (b"1,2026-01-01,0\n", b"1,2026-01-01,0,0,9\n", b'1,"2026,0,0\n', b"1,\xff,0,0\n"):
        place.write_bytes(b"person_id,death_date,cause_concept_id,cause_source_concept_id\n" + rest)
        assert "cannot be read" in str(refused(str(folder)))


def test_two_files_of_one_table_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "cdm"
    some().csv(folder)
    shutil.copy(folder / "PERSON.csv", folder / "person.tsv")
    assert "are one table" in str(refused(str(folder)))


@pytest.mark.slow
def test_nothing_that_a_file_defines_is_run(tmp_path: Path) -> None:
    """A view over another file is no table, and a macro that is called as a function is not run."""
    secret = tmp_path / "secret.csv"
    secret.write_text("person_id\n1\n", encoding="utf-8")
    path = some().duckdb(tmp_path / "x.duckdb", leave_out=["death", "person"])
    with duckdb.connect(path) as database:
        database.execute(f"CREATE VIEW person AS FROM read_csv('{secret}')")
    assert "holds no table person" in str(refused(path))
    path = some().duckdb(tmp_path / "y.duckdb", leave_out=["death"])
    with duckdb.connect(path) as database:
        database.execute(f"CREATE VIEW death AS FROM read_csv('{secret}')")
        database.execute("CREATE MACRO substring(a, b, c) AS '2'")
        database.execute("CREATE MACRO min(a) AS '2'")
    taken = take_path(path)
    assert both(taken) == SAID
    assert "there is no table death: what would be in it is not known" in taken.report.remarks


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights")
def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "cdm"
    some().csv(folder)
    (folder / "DEATH.csv").rename(tmp_path / "elsewhere.csv")
    (folder / "DEATH.csv").symlink_to(tmp_path / "elsewhere.csv")
    with pytest.raises(IndicantError) as caught:
        take_path(str(folder))
    assert "DEATH.csv" in str(caught.value)


def test_an_apostrophe_in_a_path_is_part_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "it's; DROP"
    folder.mkdir()
    assert both(take_path(some().csv(folder / "cdm"))) == SAID
    assert both(take_path(some().duckdb(folder / "c'd.duckdb"))) == SAID


def test_nothing_is_left_behind(file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    take_path(file)
    refused(str(tmp_path / "nowhere.duckdb"))
    assert os.listdir(tmp_path) == []


def test_persons_and_rows_are_bounded(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cdm, "MOST_CONCEPTS", 1)
    assert "more than 1 concepts" in str(refused(file))
    monkeypatch.setattr(cdm, "MOST_PERSONS", 1)
    assert "holds more than 1 persons" in str(refused(file))
    assert "--person ID" in str(refused(file).help)
    monkeypatch.setattr(cdm, "MOST_ROWS", 3)
    assert "holds more than 3 rows" in str(refused(file, persons=("1",)))


def test_rows_of_a_table_are_read_once_and_in_order(
    file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many persons there are, each table takes one query of its rows."""
    from indicant.intake.databases import _Duck

    asked = []
    before = _Duck.rows

    def counted(self: Any, query: str) -> Any:
        asked.append(query)
        return before(self, query)

    monkeypatch.setattr(_Duck, "rows", counted)
    take_path(file)
    ordered = [one for one in asked if "ORDER BY" in one]
    assert len(ordered) == len(cdm.COLUMNS) + len(cdm.BESIDE)
    counted_first = [one for one in asked if "LIMIT" in one]
    assert len(counted_first) == len(cdm.COLUMNS) + 1
    assert len(asked) - len(ordered) - len(counted_first) <= 5


def test_without_the_library_it_is_said_how_to_install_it(
    file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    assert refused(file).help == "pip install 'indicant[omop]'"
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert refused("postgresql://localhost/x").help == "pip install 'indicant[omop]'"


# ---------------------------------------------------------------------- completeness

HEAD = (
    "@prefix ind: <https://w3id.org/indicant/core/> .\n"
    "@prefix intake: <https://w3id.org/indicant/intake/> .\n"
    "@prefix prov: <http://www.w3.org/ns/prov#> .\n"
    "@prefix t: <https://example.org/terms/> .\n"
)


def claims(place: Path, text: str) -> Path:
    file = place / "complete.ttl"
    who = "prov:wasAttributedTo <https://example.org/us>"
    file.write_text(f"{HEAD}<urn:x> a intake:Source ; {who} ; {text} .\n", encoding="utf-8")
    return file


def test_a_period_of_observation_is_no_completeness(tmp_path: Path) -> None:
    tables = some().add(
        "observation_period",
        observation_period_start_date="2000-01-01",
        observation_period_end_date=TODAY,
    )
    taken = take_path(tables.csv(tmp_path / "cdm"))
    assert both(taken) == SAID


def complete(place: Path, text: str, tables: Tables, leave_out: tuple[str, ...] = ()) -> set[str]:
    taken = take_rows(tables, place, completeness=claims(place, text), leave_out=leave_out)
    return {one for one in said(taken) if one.startswith("recordsAll")}


def gap(table: str, **values: Any) -> Tables:
    tables = Tables()
    known = {
        name: tables.concept(*one) if isinstance(one, tuple) else one
        for name, one in values.items()
    }
    return tables.add(table, **known)


PROCEDURE = {"procedure_date": TODAY, "procedure_type_concept_id": 32817}
GAPS = {
    "no matching concept": gap("procedure_occurrence", procedure_concept_id=0, **PROCEDURE),
    "unknown code": gap("procedure_occurrence", procedure_concept_id=("x",), **PROCEDURE),
    "modified": gap(
        "procedure_occurrence",
        procedure_concept_id=("operation",),
        modifier_source_value="53",
        **PROCEDURE,
    ),
    "a note": gap("note"),
    "of nobody": gap(
        "procedure_occurrence", person_id=None, procedure_concept_id=("operation",), **PROCEDURE
    ),
    "a history": gap(
        "observation",
        observation_concept_id=("OMOP5165859", "OMOP Extension"),
        value_as_concept_id=("operation",),
        observation_date=TODAY,
    ),
    "spoilt": gap("measurement", measurement_concept_id=("scan",), measurement_date="soon"),
}


@pytest.mark.many(4)
@pytest.mark.parametrize("name", GAPS)
def test_a_row_that_was_not_understood_stands_in_the_way_of_completeness(
    name: str, tmp_path: Path
) -> None:
    assert complete(tmp_path, "ind:recordsAll t:Operation", GAPS[name]) == set()


NO_GAPS = {
    "nothing": Tables(),
    "another's": gap(
        "procedure_occurrence", person_id=9, procedure_concept_id=("operation",), **PROCEDURE
    ),
    "something else": gap("procedure_occurrence", procedure_concept_id=("scan",), **PROCEDURE),
    "a relative's": gap(
        "observation",
        observation_concept_id=("416471007", "SNOMED"),
        value_as_concept_id=("neck-pain",),
        observation_date=TODAY,
    ),
    "later": gap(
        "procedure_occurrence",
        procedure_concept_id=("operation",),
        procedure_date="2026-12-24",
        procedure_type_concept_id=32817,
    ),
}


@pytest.mark.many(1000)
@pytest.mark.parametrize("name", NO_GAPS)
def test_what_cannot_be_such_stands_in_no_way(name: str, tmp_path: Path) -> None:
    tables = NO_GAPS[name]
    assert complete(tmp_path, "ind:recordsAll t:Operation", tables) == {"recordsAll Operation"}


def test_a_table_that_is_not_there_stands_in_the_way_of_completeness(tmp_path: Path) -> None:
    left_out = ("device_exposure",)
    assert complete(tmp_path, "ind:recordsAll t:Operation", Tables(), left_out) == set()


@pytest.mark.slow
def test_a_finding_that_was_there_may_be_there_still(tmp_path: Path) -> None:
    tables = gap("condition_occurrence", condition_concept_id=("neck-pain",))
    tables.rows["condition_occurrence"][0]["condition_start_date"] = "2026-10-01"
    assert complete(tmp_path, "ind:recordsAll t:NeckPain", tables) == set()
    tables.rows["condition_occurrence"][0]["condition_start_date"] = TODAY
    assert complete(tmp_path, "ind:recordsAll t:NeckPain", tables) == {"recordsAll NeckPain"}


def test_a_file_beside_that_is_no_table_stands_in_the_way(tmp_path: Path) -> None:
    folder = tmp_path / "cdm"
    folder.mkdir()
    (folder / "more.xlsx").write_bytes(b"")
    (folder / "README.md").write_bytes(b"")
    assert complete(tmp_path, "ind:recordsAll t:Operation", Tables()) == set()
    (folder / "more.xlsx").unlink()
    assert complete(tmp_path, "ind:recordsAll t:Operation", Tables()) == {"recordsAll Operation"}


def test_what_is_left_out_is_told_by_table_and_row(tmp_path: Path) -> None:
    taken = take_rows(GAPS["spoilt"], tmp_path)
    assert reasons(taken) == ["malformed"]
    (left,) = taken.report.all_left()
    assert (left.reference, left.detail) == ("measurement/1", "measurement_date 'soon' is no date")


def test_the_tables_of_the_tests_are_those_that_are_read() -> None:
    assert ALL.keys() >= cdm.COLUMNS.keys()
    assert "DOUBLE" in ddl("measurement", ALL["measurement"])
