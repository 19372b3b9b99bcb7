"""A source that is read in parts says of every patient what it says as a whole."""

from __future__ import annotations

import datetime
import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from indicant.cohort.establishing import Given
from indicant.cohort.sources import Source
from indicant.errors import IndicantError
from indicant.intake.patients import Options, zone_of
from intaking import concept, reader, record, vocabulary
from places import SHARED

if TYPE_CHECKING:
    from pathlib import Path

COMPLETE = """\
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix intake: <https://w3id.org/indicant/intake/> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix t: <https://example.org/terms/> .
<https://hospital.example/records> a intake:Source ;
    prov:wasAttributedTo <https://hospital.example/informatics> ;
    ind:recordsAll t:Operation , t:Pain ;
    ind:recordsAllProposals true .
"""
AS_OF = datetime.date(2026, 11, 30)
KINDS = ("Condition", "Procedure", "MedicationRequest", "Observation", "Encounter", "Basic")
KNOWN = ("neck-pain", "fracture", "operation", "aspirin", "therapy", "scan", "nobody-knows")


def written(folder: Path, seed: int) -> Path:
    """Write a bulk export with all that may be odd about whose a record is, in no order."""
    dice = random.Random(seed)  # noqa: S311
    patients = [f"p{number}" for number in range(dice.choice((2, 9, 14)))]
    lines: list[tuple[str, str]] = []

    def add(kind: str, record: dict[str, Any] | str) -> None:
        text = record if isinstance(record, str) else json.dumps(record)
        lines.append((f"{kind}.{dice.randrange(2)}.ndjson", text))

    for one in patients:
        add("Patient", {"resourceType": "Patient", "id": one, "birthDate": "1960-02-29"})
    for number in range(dice.choice((20, 60))):
        kind = dice.choice(KINDS)
        name = f"r{dice.randrange(number + 1) if dice.random() < 0.1 else number}"
        person = dice.choice(patients)
        subject = dice.choices(
            (
                f"Patient/{person}",
                f"Patient/{person}/_history/3",
                f"urn:uuid:{person}",
                f"https://other.example/fhir/Patient/{person}",
                "Patient/nobody",
                "Group/all",
                f"Group/{person}",
                "#inside",
                "",
            ),
            (60, 2, 2, 2, 2, 1, 1, 1, 1),
        )[0]
        if dice.random() < 0.7:
            subject = f"Patient/{person}"
        record: dict[str, Any] = {
            "resourceType": kind,
            "id": name,
            "status": dice.choice(("completed", "active", "final", "finished", "unknown")),
            "intent": "order",
            "subject": {"reference": subject} if subject else {},
            **concept(dice.choice(KNOWN)),
            "performedDateTime": f"2026-0{dice.randrange(1, 9)}-11T23:30:00-05:00",
            "onsetDateTime": f"2026-0{dice.randrange(1, 9)}-11",
        }
        if kind == "Condition":
            record["clinicalStatus"] = {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                        "code": dice.choice(("active", "resolved")),
                    }
                ]
            }
        if kind == "MedicationRequest" and dice.random() < 0.5:
            record["medicationReference"] = {"reference": dice.choice(("Medication/m", "#m"))}
            record["contained"] = [{"resourceType": "Medication", "id": "m", **concept("aspirin")}]
        if subject == "#inside":
            record["contained"] = [{"resourceType": "Patient", "id": "inside"}]
        add(kind, record)
    add("Medication", {"resourceType": "Medication", "id": "m", **concept("aspirin")})
    add("Organization", {"resourceType": "Organization", "id": "o"})
    if dice.random() < 0.5:
        add("Condition", '{"resourceType": "Condition", "id": ')
    if dice.random() < 0.5:
        gone = {"request": {"method": "DELETE", "url": f"Procedure/r{dice.randrange(20)}"}}
        add("Bundle", {"resourceType": "Bundle", "type": "transaction", "entry": [gone]})
    if dice.random() < 0.3:
        add("Patient", {"resourceType": "Patient", "id": patients[0], "gender": "female"})
    if dice.random() < 0.3:
        add("Patient", {"resourceType": "Patient", "id": patients[-1], "birthDate": "1960-02-29"})
    dice.shuffle(lines)
    folder.mkdir()
    for name, text in lines:
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")
    return folder


def read(folder: Path, parts: int, completeness: Path | None = None) -> tuple[Any, Any]:
    """Return what a source says of each patient, and what became of its records."""
    options = Options(AS_OF, None, None if completeness is None else str(completeness))
    source = Source(str(folder), vocabulary(), lambda: reader(), options, parts)
    found = {
        one.patient: sorted(str(quad.triple) for quad in one.quads)
        for one in source.patients()
        if isinstance(one, Given)
    }
    return found, source.tally.record()


@pytest.mark.many(5)
@pytest.mark.parametrize("seed", range(40))
def test_parts_say_what_the_whole_says(seed: int, tmp_path: Path) -> None:
    """Where nothing is said to be complete, and where it is."""
    folder = written(tmp_path / "bulk", seed)
    complete = tmp_path / "complete.ttl"
    complete.write_text(COMPLETE, encoding="utf-8")
    compared = 0
    for file in (None, complete):
        whole = read(folder, 1, file)
        assert len(whole[0]) > 1
        for parts in (2, 5):
            found, tally = read(folder, parts, file)
            assert found == whole[0]
            assert tally == whole[1]
            compared += 1
    assert compared == 4


def test_a_source_without_a_patient_is_refused_in_parts_as_well(tmp_path: Path) -> None:
    folder = tmp_path / "bulk"
    folder.mkdir()
    (folder / "Condition.ndjson").write_text(
        '{"resourceType": "Condition", "id": "a", "subject": {"reference": "Patient/p"}}\n'
    )
    for parts in (1, 3):
        with pytest.raises(IndicantError, match="holds no patient"):
            read(folder, parts)


ODD = {
    "a patient without a name": {"resourceType": "Patient", "birthDate": "1960-01-01"},
    "a record within one of another patient": {
        **record("Condition", "outer", **concept("neck-pain")),
        "contained": [
            {"resourceType": "Condition", "id": "i", "subject": {"reference": "Patient/other"}}
        ],
    },
    "a patient under two names": {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {
                "fullUrl": "https://here.example/Patient/p9",
                "resource": {"resourceType": "Patient", "id": "another"},
            }
        ],
    },
}


@pytest.mark.parametrize("what", ODD)
def test_what_cannot_be_parted_by_patient_is_read_as_a_whole(what: str, tmp_path: Path) -> None:
    folder = written(tmp_path / "bulk", 5)
    (folder / "odd.json").write_text(json.dumps(ODD[what]), encoding="utf-8")
    whole = read(folder, 1)
    assert read(folder, 4) == whole
    assert len(whole[0]) > 1


def test_the_day_of_an_instant_is_that_of_the_place_in_parts_as_well(tmp_path: Path) -> None:
    folder = tmp_path / "bulk"
    folder.mkdir()
    for name in ("a", "b", "c"):
        act = record("Procedure", name, **concept("operation"), status="completed")
        act |= {
            "subject": {"reference": f"Patient/{name}"},
            "performedDateTime": "2026-05-11T23:30:00-05:00",
        }
        person = {"resourceType": "Patient", "id": name}
        lines = f"{json.dumps(act)}\n{json.dumps(person)}\n"
        (folder / f"{name}.ndjson").write_text(lines, encoding="utf-8")
    for zone, date in (("America/Los_Angeles", "2026-05-11"), ("Asia/Tokyo", "2026-05-12")):
        for parts in (1, 4):
            options = Options(AS_OF, zone_of(zone))
            source = Source(str(folder), vocabulary(), lambda: reader(), options, parts)
            days = [
                str(quad.object)
                for one in source.patients()
                if isinstance(one, Given)
                for quad in one.quads
                if quad.predicate.value.endswith("/on")
            ]
            assert days == [f'"{date}"^^<http://www.w3.org/2001/XMLSchema#date>'] * 3


@pytest.mark.slow
def test_a_bulk_export_says_the_same_in_parts() -> None:
    folder = SHARED / "fhir" / "bulk-10"
    if not folder.is_dir():
        pytest.skip("no bulk export of Synthea in ../shared")
    whole = read(folder, 1)
    assert len(whole[0]) == 13
    assert read(folder, 7) == whole
