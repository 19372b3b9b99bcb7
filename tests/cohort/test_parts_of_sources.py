"""A source that is read in parts says of every patient what it says as a whole."""

from __future__ import annotations

import datetime
import json
import random
import re
from typing import TYPE_CHECKING, Any

import pytest

from exporting import complete
from indicant.cohort.establishing import Given
from indicant.cohort.sources import Source
from indicant.errors import IndicantError
from indicant.intake.patients import Options, zone_of
from intaking import ACTIVE, concept, reader, record, vocabulary
from places import SHARED

if TYPE_CHECKING:
    from pathlib import Path

COMPLETE = complete("ind:recordsAll t:Operation , t:Pain", "ind:recordsAllProposals true")
AS_OF = datetime.date(2026, 11, 30)
KINDS = ("Condition", "Procedure", "MedicationRequest", "Observation", "Encounter", "Basic")
_NUMBER = re.compile(r"(?<=[0-9])\?[0-9]+(?=>)")
"""By what an IRI tells records without a name apart, which are numbered as they are read."""
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
        one.patient: sorted(_NUMBER.sub("", str(quad.triple)) for quad in one.quads)
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


# ---------------------------------------------------------------------- whose a record is


PERSONS = [{"resourceType": "Patient", "id": f"p{n}", "birthDate": "1960-01-01"} for n in range(6)]


def found(name: str, subject: str, code: str = "neck-pain", /, **more: Any) -> dict[str, Any]:
    """Return a condition of somebody."""
    about = {"reference": subject} if subject else {}
    made = record("Condition", name, **concept(code), **ACTIVE)
    return {**made, "subject": about, **more}


def done(name: str, subject: str, code: str = "operation", /, **more: Any) -> dict[str, Any]:
    """Return a procedure of somebody."""
    made = record("Procedure", name, **concept(code), status="completed")
    return {**made, "performedDateTime": "2026-05-11", "subject": {"reference": subject}, **more}


def ordered(name: str, subject: str, medication: str, /, **more: Any) -> dict[str, Any]:
    """Return an order of a medication that stands elsewhere."""
    made = record("MedicationRequest", name, status="active", intent="order")
    about = {"subject": {"reference": subject}, "authoredOn": "2026-11-01"}
    return {**made, **about, "medicationReference": {"reference": medication}, **more}


def orders(medication: str, first: int = 0) -> list[dict[str, Any]]:
    """Return an order for each patient."""
    return [ordered(f"r{n}", f"Patient/p{n}", medication) for n in range(first, 6)]


def between(kind: str, key: str, code: str) -> list[dict[str, Any]]:
    """Return records that name two patients, for each two of them."""
    return [
        {
            "resourceType": kind,
            "id": f"i{one}{other}",
            "status": "completed",
            "occurrenceDateTime": "2026-05-01",
            **ACTIVE,
            **concept(code, key=key),
            "subject": {"reference": f"Patient/p{one}"},
            "patient": {"reference": f"Patient/p{other}"},
        }
        for one in range(6)
        for other in range(6)
        if one != other
    ]


def transaction(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def served(*records: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """Return a bundle of records of servers."""
    entries = [
        {"fullUrl": f"{url}/{one['resourceType']}/{one['id']}", "resource": one}
        for url, one in records
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


ASPIRIN: dict[str, Any] = {"resourceType": "Medication", "id": "m", **concept("aspirin")}
OF_P0: dict[str, Any] = {"subject": {"reference": "Patient/p0"}}
INSIDE = {"contained": [{"resourceType": "Patient", "id": "x", "birthDate": "1950-01-01"}]}
EACH_FOUND = [found(f"c{n}", f"Patient/p{n}") for n in range(6)]
ELSEWHERE = "https://other.example/fhir/Patient/p1"
DEEP = "[" * 500 + "]" * 500


def gone(kind: str, target: str) -> dict[str, Any]:
    """Return a bundle whose entries delete something, and give a resource all the same."""
    return transaction(
        *(
            {
                "resource": {"resourceType": kind, "id": f"o{n}"},
                "request": {"method": "DELETE", "url": target.format(n)},
            }
            for n in range(6)
        )
    )


SOURCES: dict[str, tuple[list[Any], dict[str, Any] | None]] = {
    "findings that are deleted with an organization": (
        EACH_FOUND,
        gone("Organization", "Condition/c{}"),
    ),
    "patients who are deleted with a practitioner": (
        EACH_FOUND,
        gone("Practitioner", "Patient/p{}"),
    ),
    "findings that are deleted with one of another patient": (
        EACH_FOUND,
        transaction(
            *(
                {
                    "resource": found(f"c{(n + 1) % 6}", f"Patient/p{(n + 1) % 6}"),
                    "request": {"method": "DELETE", "url": f"Condition/c{n}"},
                }
                for n in range(6)
            )
        ),
    ),
    "a record of another server twice": (
        [done("d", ELSEWHERE), done("d", ELSEWHERE, "scan")],
        None,
    ),
    "a record of another server and one of somebody": (
        [done("d", ELSEWHERE), done("d", "Patient/p3", "scan"), done("d", "Patient/p2", "scan")],
        None,
    ),
    "one name of another server and of nobody": (
        [done("d", "", "scan"), done("d", ELSEWHERE), found("d", ELSEWHERE), found("d", "")],
        None,
    ),
    "an immunization of two": (between("Immunization", "vaccineCode", "operation"), None),
    "an allergy of two": (between("AllergyIntolerance", "code", "aspirin"), None),
    "an immunization of two within": (
        [
            found(
                "c",
                "Patient/p1",
                contained=[
                    {
                        "resourceType": "Immunization",
                        "id": "i",
                        "subject": {"reference": "Patient/p1"},
                        "patient": {"reference": "Patient/p2"},
                        **concept("operation", key="vaccineCode"),
                    }
                ],
            )
        ],
        None,
    ),
    "a subject as R5 has references": (
        [
            found(f"c{n}", "", subject={"reference": {"reference": f"Patient/p{n}"}})
            for n in range(6)
        ],
        None,
    ),
    "a medication of somebody": ([{**ASPIRIN, **OF_P0}, *orders("Medication/m")], None),
    "a medication for somebody": (
        [{**ASPIRIN, "for": {"reference": "Patient/p0"}}, *orders("Medication/m")],
        None,
    ),
    "a medication that says two things": (
        [{**ASPIRIN, **OF_P0}, {**ASPIRIN, **concept("therapy")}, *orders("Medication/m")],
        None,
    ),
    "a medication within which is a record of somebody": (
        [{**ASPIRIN, "contained": [found("i", "Patient/p2")]}, *orders("Medication/m")],
        None,
    ),
    "a medication within the order of another": (
        [
            ordered("r0", "Patient/p0", "#m", contained=[ASPIRIN]),
            *orders("MedicationRequest/r0#m", 1),
        ],
        None,
    ),
    "a medication on two servers": (
        orders("Medication/m"),
        served(
            ("https://s.example", {**ASPIRIN, **OF_P0}),
            ("https://t.example", {**ASPIRIN, "subject": {"reference": "Patient/p3"}}),
        ),
    ),
    "a patient within another record": (
        [found("c0", "#x", **INSIDE), done("q", "Condition/c0#x")],
        None,
    ),
    "a patient within a patient": (
        [
            {"resourceType": "Patient", "id": "pp", **INSIDE},
            done("q", "Patient/pp#x"),
            found("w", "Patient/pp#x"),
        ],
        None,
    ),
    "a record under the URL of another": (
        [found("c0", "Patient/p0"), found("c1", "Patient/p1")],
        {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [
                {
                    "fullUrl": "https://s.example/Condition/c1",
                    "resource": found("c0", "Patient/p5"),
                },
                {
                    "fullUrl": "https://s.example/Condition/z",
                    "resource": found("c1", "Patient/p5", "fracture"),
                },
            ],
        },
    ),
    "records of two servers that are called alike": (
        [],
        served(
            ("https://s.example", found("c", ELSEWHERE)),
            ("https://t.example", found("c", "Patient/p2")),
            ("https://u.example", found("c", "Patient/nobody")),
            ("https://v.example", found("c", "Patient/nobody-2")),
        ),
    ),
    "records of one document under one name": (
        [],
        {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [
                {"resource": found(f"c{n}", subject, code)}
                for n in range(6)
                for subject, code in ((ELSEWHERE, "neck-pain"), (f"Patient/p{n}", "scan"))
            ],
        },
    ),
    "an idle record that stands twice": (
        [
            {"resourceType": "Organization", "id": "o"},
            {
                "resourceType": "Organization",
                "id": "o",
                "contained": [found("i", "Patient/p2"), done("j", "Patient/p2")],
            },
        ],
        None,
    ),
    "a line that is nested deeply": (
        [json.dumps(found("c", "Patient/p1"))[:-1] + f', "x": {DEEP}}}', found("d", "Patient/p2")],
        None,
    ),
    "a document that is nested deeply": (EACH_FOUND, {**found("c", "Patient/p1"), "x": "DEEP"}),
    "half a character": (
        [
            found("c", "Patient/p1", code={"coding": [{"code": "u\ud800", "display": "d\ud800"}]}),
            found("d", "Patient/\ud800", "fracture"),
        ],
        None,
    ),
    "lines that are no records in the same place of two files": (["{"] * 16, None),
}


def source(folder: Path, records: list[Any], document: dict[str, Any] | None) -> Path:
    """Write records in two files, after the patients."""
    folder.mkdir()
    files: list[list[Any]] = [list(PERSONS), []]
    for number, one in enumerate(records):
        files[number % 2].append(one)
    for name, given in zip("ab", files, strict=True):
        text = "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in given)
        (folder / f"{name}.ndjson").write_text(text, encoding="utf-8")
    if document is not None:
        text = json.dumps(document).replace('"DEEP"', DEEP)
        (folder / "c.json").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.many(11)
@pytest.mark.parametrize("what", SOURCES)
def test_whose_a_record_is_does_not_hang_on_the_part(what: str, tmp_path: Path) -> None:
    folder = source(tmp_path / "bulk", *SOURCES[what])
    complete = tmp_path / "complete.ttl"
    complete.write_text(COMPLETE, encoding="utf-8")
    for file in (None, complete):
        whole = read(folder, 1, file)
        assert len(whole[0]) >= 6
        for parts in (2, 3, 5, 8):
            assert read(folder, parts, file) == whole, (parts, file)


def scattered(folder: Path, seed: int) -> Path:
    """Write few records under few names, of patients who are named in many ways."""
    dice = random.Random(seed)  # noqa: S311
    names = [f"p{number}" for number in range(5)]
    lines: list[dict[str, Any]] = [{"resourceType": "Patient", "id": one} for one in names]
    served_: list[tuple[str, dict[str, Any]]] = []
    for _ in range(dice.randrange(4, 16)):
        person = dice.choice(names)
        subject = dice.choice(
            (
                f"Patient/{person}",
                f"Patient/{person}",
                f"https://other.example/fhir/Patient/{person}",
                f"https://s.example/Patient/{person}",
                f"Patient/{person}/_history/1",
                f"Group/{person}",
                f"urn:uuid:{person}",
                "Patient/nobody",
                "",
            )
        )
        code = dice.choice(("neck-pain", "fracture", "operation", "scan", "nobody-knows"))
        one = dice.choice((found, done))(f"r{dice.randrange(6)}", subject, code)
        if dice.random() < 0.1:
            one = ordered(one["id"], subject, "Medication/m")
        if dice.random() < 0.1:
            del one["id"]
        if dice.random() < 0.2:
            one["patient"] = {"reference": dice.choice((subject, f"Patient/{person}"))}
        if dice.random() < 0.15 and "id" in one:
            served_.append((f"https://{dice.choice('st')}.example", one))
        else:
            lines.append(one)
    lines += [{**ASPIRIN, **dice.choice(({}, OF_P0))} for _ in range(dice.randrange(3))]
    if dice.random() < 0.3:
        target = f"{dice.choice(('Condition', 'Procedure'))}/r{dice.randrange(6)}"
        lines.append(transaction({"request": {"method": "DELETE", "url": target}}))
    dice.shuffle(lines)
    folder.mkdir()
    for number in range(2):
        text = "".join(f"{json.dumps(one)}\n" for one in lines[number::2])
        (folder / f"{number}.ndjson").write_text(text, encoding="utf-8")
    if served_:
        (folder / "served.json").write_text(json.dumps(served(*served_)), encoding="utf-8")
    return folder


@pytest.mark.many(12)
@pytest.mark.parametrize("seed", range(140))
def test_few_names_of_many_records_are_no_matter_of_parts(seed: int, tmp_path: Path) -> None:
    """Absolute references, and names that stand several times, with and without completeness."""
    folder = scattered(tmp_path / "bulk", seed)
    complete = tmp_path / "complete.ttl"
    complete.write_text(COMPLETE, encoding="utf-8")
    for file in (None, complete):
        whole = read(folder, 1, file)
        assert len(whole[0]) == 5
        for parts in (2, 4):
            assert read(folder, parts, file) == whole, (parts, file)
