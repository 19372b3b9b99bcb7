"""What a source says in plain sight, and no case has, is a gap in what is said to be complete."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from test_gaps import claims, stated

from indicant.intake.patients import Options
from intaking import (
    ACTIVE,
    AS_OF,
    PATIENT,
    Record,
    bundle,
    concept,
    reader,
    reasons,
    record,
    said,
    status,
    take,
    take_text,
)

if TYPE_CHECKING:
    from pathlib import Path

FRACTURE = "ind:recordsAll t:Fracture"
ONLY = f"{FRACTURE} ; intake:codesAll t:Fracture"
OPERATION = "ind:recordsAll t:Operation"
PLANS = "ind:recordsAllProposals true"
BROKEN = record("Condition", "c", **concept("fracture"), **ACTIVE)
REFUTED = status("verificationStatus", "refuted")
CODE = concept("fracture")["code"]
ADHERENCE = "http://hl7.org/fhir/CodeSystem/medication-statement-adherence"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def drug(kind: str, **more: Any) -> Record:
    return record(kind, **concept("aspirin", key="medicationCodeableConcept"), **more)


PASSED_OVER: dict[str, tuple[str, list[Record]]] = {
    "twice, once refuted": (
        FRACTURE,
        [record("Condition", "c", **concept("fracture"), **REFUTED), BROKEN],
    ),
    "twice, once of another code": (
        ONLY,
        [record("Condition", "c", **concept("neck-pain"), **ACTIVE), BROKEN],
    ),
    "rules": (ONLY, [record("Condition", **concept("neck-pain"), **ACTIVE, implicitRules="urn:x")]),
    "bundle within": (ONLY, [bundle(BROKEN)]),
    "conclusion": (
        ONLY,
        [record("DiagnosticReport", **concept("scan"), status="final", conclusionCode=[CODE])],
    ),
    "unknown conclusion": (
        FRACTURE,
        [
            record(
                "DiagnosticReport",
                **concept("scan"),
                status="final",
                conclusionCode=[concept("nobody-knows")["code"]],
            )
        ],
    ),
    "contained": (ONLY, [record("Basic", contained=[BROKEN])]),
    "reason": (
        ONLY,
        [record("Procedure", **concept("operation"), status="completed", reasonCode=[CODE])],
    ),
    "message": (
        ONLY,
        [
            {
                "resourceType": "OperationOutcome",
                "issue": [{"severity": "warning", "code": "incomplete"}],
            }
        ],
    ),
    "same id at another server": (
        ONLY,
        [
            {**PATIENT, "url": "urn:uuid:1"},
            {**BROKEN, "subject": {"reference": "https://ehr.example/fhir/Patient/p"}},
        ],
    ),
    "not in use": (ONLY, [{**PATIENT, "active": False}]),
    "linked": (ONLY, [{**PATIENT, "link": [{"type": "seealso"}]}]),
    "preliminary": (
        ONLY,
        [
            record(
                "Observation",
                **concept("ASSERTION", system=ACT_CODE),
                **concept("fracture", key="valueCodeableConcept"),
                status="preliminary",
            )
        ],
    ),
    "impression": (
        ONLY,
        [
            record(
                "Observation",
                **concept("impression"),
                **concept("fracture", key="valueCodeableConcept"),
                status="final",
            )
        ],
    ),
    "condition coded by an act": (
        OPERATION,
        [record("Condition", **concept("operation"), **status("clinicalStatus", "inactive"))],
    ),
    "an act beside a finding": (
        OPERATION,
        [record("Condition", **concept("pain", "operation"), **ACTIVE)],
    ),
    "pictures": ("ind:recordsAll t:Scan", [record("ImagingStudy", status="available")]),
    "dispense stopped": ("ind:recordsAll t:Drug", [drug("MedicationDispense", status="stopped")]),
    "taken no more": (
        "ind:recordsAll t:Drug",
        [
            record(
                "MedicationStatement",
                medication={"concept": concept("aspirin")["code"]},
                status="recorded",
                adherence=concept("not-taking", system=ADHERENCE),
            )
        ],
    ),
    "plan of care": (PLANS, [record("CarePlan", status="active", intent="plan")]),
    "plan twice": (
        PLANS,
        [
            record("ServiceRequest", **concept("operation"), status=state, intent="plan")
            for state in ("active", "completed")
        ],
    ),
    "document": (FRACTURE, [record("DocumentReference", status="current")]),
}


@pytest.mark.parametrize("name", PASSED_OVER)
def test_what_is_passed_over_is_a_gap(name: str, tmp_path: Path) -> None:
    text, records = PASSED_OVER[name]
    if any("url" in one for one in records):
        taken = take_text(json.dumps(bundle(*records)), completeness=claims(tmp_path, text))
        assert not any(one.startswith("recordsAll") for one in said(taken))
        return
    assert stated(tmp_path, text, *records) == set()


NO_GAP: dict[str, tuple[str, list[Record]]] = {
    "relatives": (FRACTURE, [record("FamilyMemberHistory", condition=[{"code": CODE}])]),
    "there already": (
        FRACTURE,
        [
            BROKEN,
            record("Procedure", **concept("operation"), status="completed", reasonCode=[CODE]),
        ],
    ),
    "document, under codes alone": (ONLY, [record("DocumentReference", status="current")]),
    "pictures, and a plan": (PLANS, [record("ImagingStudy", status="available")]),
    "allergy": (
        "ind:recordsAll t:Drug",
        [record("AllergyIntolerance", **concept("aspirin"), **ACTIVE)],
    ),
    "message that all is well": (
        FRACTURE,
        [
            {
                "resourceType": "OperationOutcome",
                "issue": [{"severity": "information", "code": "informational"}],
            }
        ],
    ),
}


@pytest.mark.parametrize("name", NO_GAP)
def test_what_surely_is_no_such_thing_is_none(name: str, tmp_path: Path) -> None:
    text, records = NO_GAP[name]
    (found,) = stated(tmp_path, text, *records)
    assert found.startswith("recordsAll")


def without(taken: Any) -> bool:
    return not any(one.startswith("recordsAll") for one in said(taken))


def test_an_element_twice_an_empty_entry_and_a_page_are_gaps(tmp_path: Path) -> None:
    file = claims(tmp_path, ONLY)
    other = record("Condition", "c", **concept("neck-pain"), **ACTIVE)
    text = json.dumps(bundle(PATIENT, other))
    code = json.dumps(CODE)
    twice = text.replace('"code":', f'"code": {code}, "code":', 1)
    taken = take_text(twice, completeness=file)
    assert (reasons(taken), without(taken)) == (["twice"], True)
    empty = bundle(PATIENT)
    empty["entry"].append({"fullUrl": "https://a.example/fhir/Condition/7"})
    assert without(take_text(json.dumps(empty), completeness=file))
    for total, missing in ((50, True), ("50", True), (1, False)):
        page = json.dumps(bundle(PATIENT, form="searchset", total=total))
        assert without(take_text(page, completeness=file)) == missing


def test_what_two_servers_call_alike_may_be_either(tmp_path: Path) -> None:
    both = [{**PATIENT, "url": f"https://{one}.example/fhir/Patient/p"} for one in "ab"]
    taken = take_text(json.dumps(bundle(*both, BROKEN)), completeness=claims(tmp_path, ONLY))
    assert [without_at(taken, at) for at in (0, 1)] == [True, True]


def without_at(taken: Any, at: int) -> bool:
    return not any(one.startswith("recordsAll") for one in said(taken, at))


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("part2/Condition.ndjson", True),
        ("Condition.NDJSON", True),
        ("Condition.ndjson.xz", True),
        ("README.md", False),
    ],
)
def test_what_lies_beside_and_is_not_read_is_a_gap(
    name: str, missing: bool, tmp_path: Path
) -> None:
    folder = tmp_path / "export"
    (folder / name).parent.mkdir(parents=True)
    (folder / "Patient.ndjson").write_text(json.dumps(PATIENT) + "\n", encoding="utf-8")
    (folder / name).write_text(json.dumps(BROKEN) + "\n", encoding="utf-8")
    import datetime

    options = Options(datetime.date.fromisoformat(AS_OF), completeness=str(claims(tmp_path, ONLY)))
    taken = reader().take(str(folder), options)
    assert without(taken) == missing
    beside = name.partition("/")[0] + "/" if "/" in name else name
    assert taken.report.remarks == [f"not read: {beside}"]


def test_of_two_records_that_say_yes_and_one_that_says_no_none_speaks_of_the_day() -> None:
    no = record("Condition", "r", **concept("pain"), **REFUTED, recordedDate=AS_OF)
    yes = [record("Condition", name, **concept("neck-pain"), **ACTIVE) for name in "ab"]
    for records in ([*yes, no], [no, *yes], [yes[0], no, yes[1]]):
        taken = take(*records)
        links = [row.link for one in taken.report.patients for row in one.used]
        assert (links, reasons(taken)) == (["had", "had"], ["contradiction"])
    later = record("Condition", "l", **concept("pain"), abatementDateTime="2027-01-01")
    assert said(take(later, no)) == {"hadFinding Pain"}
