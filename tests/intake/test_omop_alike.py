"""Patients of FHIR and the same patients of OMOP get the same answers from both guidelines."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from cdmwriting import from_fhir
from each import each
from indicant import Guideline
from intaking import ACTIVE, bundle, record
from postgresing import missing, server
from running import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cdmwriting import Tables
    from indicant.api.case import Case

TODAY = "2026-11-22"
SNOMED, LOINC = "http://snomed.info/sct", "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
GUIDELINES = ("neck-pain-after-lumbar-fusion", "opioids-for-pain")
pytestmark = pytest.mark.slow


def coded(system: str, *codes: str, key: str = "code") -> dict[str, Any]:
    return {key: {"coding": [{"system": system, "code": one} for one in codes]}}


class Patient:
    """Makes records of one patient."""

    def __init__(self, name: str, born: str, gender: str = "female") -> None:
        person = {"resourceType": "Patient", "id": name, "birthDate": born, "gender": gender}
        self.records: list[dict[str, Any]] = [person]
        self._name = name

    def _add(self, kind: str, **more: Any) -> Patient:
        one = record(kind, f"{self._name}-{len(self.records)}", **more)
        self.records.append({**one, "subject": {"reference": f"Patient/{self._name}"}})
        return self

    def has(self, system: str, *codes: str) -> Patient:
        """Say that a condition is there on the as-of date."""
        return self._add("Condition", **coded(system, *codes), **ACTIVE, recordedDate=TODAY)

    def underwent(self, code: str, start: str, end: str | None = None) -> Patient:
        """Say that a procedure was done on a day, or from one to another."""
        period = {"performedPeriod": {"start": start, "end": end}}
        when = {"performedDateTime": start} if end is None else period
        return self._add("Procedure", **coded(SNOMED, code), status="completed", **when)

    def prescribed(self, code: str, day: str, days: int | None = None) -> Patient:
        """Say that a drug was prescribed, for so many days."""
        supply = {"value": days, "system": "http://unitsofmeasure.org", "code": "d"}
        return self._add(
            "MedicationRequest",
            **coded(RXNORM, code, key="medicationCodeableConcept"),
            status="completed",
            intent="order",
            authoredOn=day,
            **({} if days is None else {"dispenseRequest": {"expectedSupplyDuration": supply}}),
        )

    def tested(self, code: str, day: str, answer: str = "260415000") -> Patient:
        """Say what a test found: by default that something was not detected."""
        return self._add(
            "Observation",
            **coded(LOINC, code),
            status="final",
            effectiveDateTime=day,
            **coded(SNOMED, answer, key="valueCodeableConcept"),
        )


def patients() -> list[Patient]:
    """Return patients of whom each guideline has something to say."""
    return [
        Patient("p1", "1961-03-14").has(SNOMED, "81680005").underwent("50172003", "2026-04-20"),
        Patient("p2", "1961-03-14", "male")
        .has(SNOMED, "202664003")
        .has(ICD, "M54.14")
        .underwent("50172003", "2020-01-07")
        .prescribed("198014", "2026-10-01", 30),
        Patient("p3", "1975-06")
        .has(SNOMED, "279038004")
        .has(ICD, "M47.12")
        .has(SNOMED, "298382003")
        .underwent("91251008", "2026-08-01", "2026-10-30")
        .prescribed("1049621", "2026-11-01", 7),
        Patient("p4", "1980-01-01").prescribed("1049502", TODAY, 30).prescribed("104683", TODAY),
        Patient("p5", "1950-02-28", "male").has(ICD, "F11").prescribed("1014599", "2026-11-10", 5),
        Patient("p6", "2010-05-05")
        .has(ICD, "D57")
        .prescribed("892516", "2026-09-01", 90)
        .tested("13479-1", "2026-10-01", "260373001")
        .tested("14316-4", "2026-10-01"),
        Patient("p7", "1944-12-31").has(SNOMED, "81680005", "279029001").has(ICD, "C00"),
        Patient("p8", "1999-09-09"),
    ]


@cache
def guideline(name: str) -> Guideline:
    return Guideline.load(name)


@cache
def records() -> tuple[dict[str, Any], ...]:
    return tuple(one for patient in patients() for one in patient.records)


def tables() -> Tables:
    return from_fhir(*records())


def answers(name: str, cases: tuple[Case, ...]) -> list[dict[str, Any]]:
    """Return of each patient the statuses of actions and the answers of recommendations."""
    found = []
    for case in cases:
        told = guideline(name).assess(case).to_dict(everything=True)
        statuses: dict[str, Any] = {one["action"]: one["status"] for one in told["actions"]}
        for action in told["actions"]:
            for one in action["recommendations"]:
                statuses[one["iri"]] = (one["answer"], one["fulfilment"])
        found.append(statuses)
    return found


@pytest.fixture(scope="module")
def fhir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("fhir") / "all.json"
    file.write_text(json.dumps(bundle(*records())), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("omop")
    file = folder / "cdm.duckdb"
    return {
        "duckdb": tables().duckdb(file),
        "parquet": tables().parquet(folder / "parquet", file),
        "csv": tables().csv(folder / "csv"),
    }


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    if told := missing():
        pytest.skip(told)
    with server() as dsn:
        tables().postgres(dsn, "cdm")
        yield f"{dsn}&options=-csearch_path%3Dcdm"


@pytest.mark.parametrize("name", GUIDELINES)
def test_files_of_omop_give_the_answers_that_fhir_gives(
    name: str, fhir: Path, sources: dict[str, str]
) -> None:
    wanted = answers(name, guideline(name).intake(fhir, as_of=TODAY).cases)
    statuses = {one for patient in wanted for one in patient.values()}
    assert len(wanted) == len(patients())
    assert len({str(sorted(one.items(), key=str)) for one in wanted}) > 2
    assert len(statuses) > 4
    for source in each(sorted(sources)):
        found = answers(name, guideline(name).intake(sources[source], as_of=TODAY).cases)
        assert found == wanted, source


@pytest.mark.parametrize("name", GUIDELINES)
def test_a_server_of_omop_gives_the_answers_that_fhir_gives(
    name: str, fhir: Path, postgres: str
) -> None:
    wanted = answers(name, guideline(name).intake(fhir, as_of=TODAY).cases)
    assert answers(name, guideline(name).intake(postgres, as_of=TODAY).cases) == wanted


def test_every_verb_takes_a_person_of_omop(sources: dict[str, str], fhir: Path) -> None:
    for words in each([("why", "CervicalManipulation"), ("next",), ("whatif", "+Myelopathy")]):
        verb, *rest = words
        one = ("--as-of", TODAY, "--person", "1")
        code, told, err = run(verb, sources["duckdb"], *rest, *one)
        assert (code, err) == (0, "")
        assert "https://w3id.org/indicant/case/1" in told
    code, told, err = run("assess", str(fhir), "--as-of", TODAY, "--person", "1")
    assert (code, told) == (2, "")
    assert "persons are named of databases alone" in err


def test_intake_tells_of_omop_and_writes_cases(sources: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "cases"
    words = ("intake", sources["parquet"], "--as-of", TODAY)
    code, told, err = run(*words, "-o", str(out), "--person", "1")
    assert (code, err) == (0, "")
    assert f"PATIENT 1 in {out / '1.ttl'}: 2 statements" in told
    assert "has NeckPain  (condition_occurrence/1)" in told
    text = (out / "1.ttl").read_text(encoding="utf-8")
    assert "https://w3id.org/indicant/case/omop/procedure_occurrence/1" in text
    assert run("assess", str(out / "1.ttl"))[0] == 0
    code, told, err = run("intake", sources["parquet"])
    assert (code, told) == (2, "")
    assert "OMOP says for no day what it holds" in err
