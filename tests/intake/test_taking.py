"""The command and the Python API take patients from FHIR, real ones among them, and assess them."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from each import each
from indicant import Guideline, IndicantError
from indicant.files.rdf import read
from indicant.files.sources import installed
from indicant.files.turtle import tidy
from intaking import ACTIVE, PATIENT, bundle, record
from places import SHARED
from running import run

if TYPE_CHECKING:
    from pathlib import Path

FHIR = SHARED / "fhir"
SNOMED = "http://snomed.info/sct"
AS_OF = ("--as-of", "2026-11-30")
needs_data = pytest.mark.skipif(not FHIR.is_dir(), reason="the bundles are not beside the checkout")


def coded(code: str, **more: Any) -> dict[str, Any]:
    """Return a code of SNOMED CT with what else a record has."""
    return {"code": {"coding": [{"system": SNOMED, "code": code}]}, **more}


PAIN = record("Condition", **coded("81680005", **ACTIVE), onsetDateTime="2026-09-01")
FUSION = record("Procedure", "f", **coded("50172003"), status="completed")


@cache
def guideline(name: str | None = None) -> Guideline:
    return Guideline.load(name)


@pytest.fixture
def patient(tmp_path: Path) -> Path:
    file = tmp_path / "patient.json"
    file.write_text(json.dumps(bundle(PATIENT, PAIN, FUSION)), encoding="utf-8")
    return file


def test_intake_writes_a_case_for_each_patient_and_tells_what_it_used(
    patient: Path, tmp_path: Path
) -> None:
    out = tmp_path / "cases"
    code, told, err = run("intake", str(patient), *AS_OF, "-o", str(out))
    assert (code, err) == (0, "")
    assert f"PATIENT p in {out / 'p.ttl'}: 2 statements" in told
    assert "has NeckPain  (Condition/r)" in told
    document = read(out / "p.ttl")
    assert tidy(document.text, file="p.ttl") == document.text
    assert run("intake", str(patient), *AS_OF, "-o", str(out))[0] == 2


def test_intake_tells_programs_the_same(patient: Path) -> None:
    code, told, _ = run("intake", str(patient), *AS_OF, "--format", "json")
    (report,) = json.loads(told)
    assert code == 0
    assert (report["records"], report["used"], report["asOf"]) == (3, 2, "2026-11-30")
    assert {row["reference"] for row in report["patients"][0]["used"]} == {
        "Condition/r",
        "Procedure/f",
    }
    assert report["types"] == {"Condition": 1, "Patient": 1, "Procedure": 1}


@pytest.mark.slow
def test_a_patient_is_assessed_as_the_case_is_that_intake_writes(
    patient: Path, tmp_path: Path
) -> None:
    run("intake", str(patient), *AS_OF, "-o", str(tmp_path / "cases"))
    by_case = run("assess", str(tmp_path / "cases" / "p.ttl"), "--format", "json")
    direct = run("assess", str(patient), *AS_OF, "--format", "json")
    assert by_case[0] == direct[0] == 0
    (one,), (other,) = json.loads(by_case[1]), json.loads(direct[1])
    assert one["case"] == other["case"]
    assert one["asOf"] == other["asOf"] == "2026-11-30"
    assert [row["status"] for row in one["actions"]] == [row["status"] for row in other["actions"]]


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", [("why", "Nsaid"), ("next",), ("whatif", "+Myelopathy")], ids=lambda words: words[0]
)
def test_other_verbs_take_a_patient_as_well(words: tuple[str, ...], patient: Path) -> None:
    verb, *rest = words
    code, told, _ = run(verb, str(patient), *rest, *AS_OF)
    assert code == 0
    assert "https://w3id.org/indicant/case/p" in told


@pytest.mark.slow
def test_that_the_patient_is_dead_is_told_wherever_a_case_is_made(tmp_path: Path) -> None:
    file = tmp_path / "patient.json"
    dead = {**PATIENT, "deceasedDateTime": "2026-11-01"}
    file.write_text(json.dumps(bundle(dead, PAIN)), encoding="utf-8")
    code, _, err = run("assess", str(file), *AS_OF)
    assert (code, err) == (0, f"indicant: {file}: p: the patient died on 2026-11-01\n")
    _, told, _ = run("intake", str(file), *AS_OF)
    assert "had NeckPain" in told
    assert "  the patient died on 2026-11-01\n" in told


def test_no_clock_is_read(patient: Path) -> None:
    for words in (("intake",), ("assess",), ("next",)):
        code, out, err = run(words[0], str(patient))
        assert (code, out) == (2, "")
        assert "FHIR says for no day what it holds" in err
        assert "--as-of YYYY-MM-DD" in err
    assert "is not a date" in run("assess", str(patient), "--as-of", "today")[2]


@pytest.mark.slow
def test_what_a_file_holds_and_not_its_name_says_what_it_is(patient: Path, tmp_path: Path) -> None:
    nameless = tmp_path / "patient"
    nameless.write_bytes(patient.read_bytes())
    assert run("next", str(nameless), *AS_OF)[0] == 0
    nameless.write_text(
        "@prefix ind: <https://w3id.org/indicant/core/> . ind:a ind:b ind:c .", "utf-8"
    )
    code, out, err = run("next", str(nameless))
    assert (code, out) == (2, "")
    assert "FHIR" not in err


@pytest.mark.slow
def test_what_was_used_is_told_on_request_beside_the_assessment(patient: Path) -> None:
    quiet = run("assess", str(patient), *AS_OF)
    told = run("assess", str(patient), *AS_OF, "--explain-intake")
    assert quiet[1] == told[1]
    assert not quiet[2]
    assert "PATIENT p: 2 statements" in told[2]


@pytest.mark.slow
def test_a_broken_line_is_counted_by_intake_and_refused_by_assess(tmp_path: Path) -> None:
    file = tmp_path / "all.ndjson"
    text = "".join(f"{json.dumps(one)}\n" for one in (PATIENT, PAIN))
    file.write_text(text + '{"resourceType": "Cond', encoding="utf-8")
    code, told, _ = run("intake", str(file), *AS_OF)
    assert code == 1
    assert f"{file}:3: line 3: the line is no JSON object" in told
    code, told, err = run("assess", str(file), *AS_OF)
    assert (code, told) == (2, "")
    assert f"{file}:3: the line is no JSON object" in err


def test_what_others_wrote_stays_on_its_line(tmp_path: Path) -> None:
    evil = "a\n\x1b[31mUSED\u202e"
    one = record("Condition", **ACTIVE)
    one["code"] = {"coding": [{"system": "urn:x", "code": evil, "display": evil}]}
    file = tmp_path / "patient.json"
    file.write_text(json.dumps(bundle(PATIENT, one)), encoding="utf-8")
    _, told, _ = run("intake", str(file), *AS_OF)
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert not any(line.startswith("\x1b") or line.strip() == "USED" for line in told.splitlines())


def test_a_verb_that_takes_rdf_alone_says_what_makes_cases(patient: Path) -> None:
    code, _, err = run("ask", "what-is-recommended", str(patient))
    assert code == 2
    assert "is FHIR, and no RDF" in err
    assert "indicant intake FILE --as-of YYYY-MM-DD -o FOLDER" in err


def test_rdf_in_json_is_read_as_before(tmp_path: Path) -> None:
    case = {
        "@context": {"ind": "https://w3id.org/indicant/core/"},
        "@id": "https://example.org/case",
        "@type": "ind:PatientCase",
        "ind:asOf": {"@value": "2026-11-22", "@type": "http://www.w3.org/2001/XMLSchema#date"},
        "resourceType": "Patient",
    }
    file = tmp_path / "case.json"
    file.write_text(json.dumps(case), encoding="utf-8")
    code, told, _ = run("assess", str(file))
    assert code == 0
    assert "as of 2026-11-22" in told


def test_python_takes_patients(patient: Path) -> None:
    taken = guideline().intake(patient, as_of="2026-11-30")
    (case,) = taken.cases
    found = guideline().assess(case)
    assert found.as_of.isoformat() == "2026-11-30"
    assert taken.report["used"] == 2
    assert "PATIENT p: 2 statements" in str(taken)
    with pytest.raises(IndicantError, match="is not a date"):
        guideline().intake(patient, as_of="soon")


# ---------------------------------------------------------------------- real patients


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(installed()))
def test_real_bundles_go_through_for_every_guideline(name: str) -> None:
    for file in each(sorted(FHIR.glob("*.json"))):
        taken = guideline(name).intake(file, as_of="2026-11-30")
        (case,) = taken.cases
        assert [one for one in guideline(name).check_case(case) if one.severity != "note"] == []
        guideline(name).assess(case)
        (patient,) = taken.report["patients"]
        assert patient["record"].startswith("Patient/")
        whole = json.loads(file.read_text(encoding="utf-8"))
        assert taken.report["records"] == len(whole["entry"])


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(installed()))
def test_a_real_bulk_export_goes_through_for_every_guideline(name: str) -> None:
    taken = guideline(name).intake(FHIR / "bulk-10", as_of="2026-11-30")
    assert len(taken.cases) == 13
    lines = [
        line
        for file in each(sorted((FHIR / "bulk-10").glob("*.ndjson")))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    assert taken.report["records"] == len(lines)
    for case in each(taken.cases):
        assert [one for one in guideline(name).check_case(case) if one.severity != "note"] == []
        guideline(name).assess(case)
    told = {(row["reference"]) for row in taken.report["notUsed"]}
    used = {row["reference"] for one in taken.report["patients"] for row in one["used"]}
    aside = 13  # the patients themselves are neither
    assert taken.report["notListed"] == 0
    assert len(used | told) == len(lines) - aside


@needs_data
@pytest.mark.slow
def test_nothing_in_real_patients_is_absent_or_complete() -> None:
    for source in each([*sorted(FHIR.glob("*.json")), FHIR / "bulk-10"]):
        for document in each(guideline().intake(source, as_of="2026-11-30").documents):
            said = {quad.predicate.value.rsplit("/", 1)[-1] for quad in document.quads}
            assert said.isdisjoint(
                {"excludes", "neverHad", "recordsAll", "completeness", "doesNotPropose"}
            )
