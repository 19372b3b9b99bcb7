"""What each status of a resource counts for: written by hand, sharing no line with the code."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from each import each
from indicant.intake.cdm import BESIDE, COLUMNS
from indicant.intake.readings import tables
from intaking import concept, reasons, record, said, status, take

HAS, HAD = "hasFinding NeckPain", "hadFinding NeckPain"
TODAY = {"recordedDate": "2026-11-30"}
VERSIONS = ("R4/", "R5/", "STU3/", "DSTU2/")
OHDSI = (
    "https://ohdsi.github.io/CommonDataModel/cdm54.html#",
    "https://github.com/OHDSI/Vocabulary-v5.0/wiki/",
)
ORDERS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")


def condition(verification: str | None, clinical: str | None, **more: Any) -> set[str] | str:
    """Return what a condition lets a case say, or why it is left out."""
    given: dict[str, Any] = {}
    if verification is not None:
        given |= status("verificationStatus", verification)
    if clinical is not None:
        given |= status("clinicalStatus", clinical)
    return outcome(record("Condition", **concept("neck-pain"), **given, **more))


def outcome(one: dict[str, Any]) -> set[str] | str:
    taken = take(one)
    found = said(taken)
    left = reasons(taken)
    assert bool(found) != bool(left), (found, left)
    return found or left[0]


def test_a_condition_is_there_was_there_or_says_nothing() -> None:
    """All pairs of verification and clinical status of R4 and R5, and either missing."""
    present, past = {"active", "recurrence", "relapse"}, {"inactive", "remission", "resolved"}
    clinical = [*present, *past, "unknown", None]
    for verification, state in each(itertools.product([None, "confirmed"], clinical)):
        wanted = {HAS} if state in present else {HAD}
        assert condition(verification, state) == wanted, (verification, state)
    doubtful = ["unconfirmed", "provisional", "differential"]
    for verification, state in each(itertools.product(doubtful, clinical)):
        assert condition(verification, state) == "status"
    for state in each(clinical):
        assert condition("entered-in-error", state) == "in-error"
        assert condition("refuted", state, **TODAY) == {"excludes NeckPain"}


@pytest.mark.parametrize(
    "given",
    [
        {"verificationStatus": {"text": "refuted"}},
        {"verificationStatus": {"coding": [{"system": "urn:x", "code": "confirmed"}]}},
        {"clinicalStatus": {"text": "active"}},
        status("clinicalStatus", "activ"),
        {
            "clinicalStatus": {
                "coding": [
                    *status("clinicalStatus", "active")["clinicalStatus"]["coding"],
                    *status("clinicalStatus", "resolved")["clinicalStatus"]["coding"],
                ]
            }
        },
        {"_clinicalStatus": {"extension": [{"url": "urn:x", "valueCode": "unknown"}]}},
    ],
)
def test_a_status_in_other_words_says_nothing(given: dict[str, Any]) -> None:
    assert outcome(record("Condition", **concept("neck-pain"), **given)) == "status"


def test_a_status_of_an_older_version_says_nothing() -> None:
    """In STU3 the status was a text."""
    given = {"verificationStatus": "confirmed", "clinicalStatus": "active"}
    assert outcome(record("Condition", **concept("neck-pain"), **given)) == "status"


@pytest.mark.parametrize(
    "abated",
    [
        {"abatementDateTime": "2020-05-01"},
        {"abatementString": "years ago"},
        {"abatementAge": {"value": 40, "unit": "a"}},
        {"_abatementDateTime": {"extension": [{"url": "urn:x", "valueCode": "unknown"}]}},
    ],
)
def test_what_abated_is_over_whatever_its_status(abated: dict[str, Any]) -> None:
    end = " endedOn=2020-05-01" if "abatementDateTime" in abated else ""
    for state in (None, "resolved"):
        assert condition("confirmed", state, **abated) == {HAD + end}
    assert condition("confirmed", "active", **abated) == {HAD}


@pytest.mark.parametrize(
    ("given", "detail"),
    [
        ({}, "it is not known when"),
        ({"recordedDate": "2026-11-29"}, "on 2026-11-29"),
        ({"recordedDate": "2026-11"}, "on 2026-11"),
        ({"onsetDateTime": "2026-11-30"}, "it is not known when"),
    ],
)
def test_what_was_refuted_on_another_day_says_nothing_of_this_one(
    given: dict[str, Any], detail: str
) -> None:
    refuted = status("verificationStatus", "refuted")
    taken = take(record("Condition", **concept("neck-pain"), **refuted, **given))
    assert said(taken) == set()
    assert [one.detail for one in taken.report.all_left()] == [f"no NeckPain, {detail}"]


def test_only_who_must_have_the_code_lacks_the_term() -> None:
    """No pain of the left side is not no pain; nothing that aches is no neck pain either."""
    refuted = status("verificationStatus", "refuted") | TODAY
    for code, wanted in (
        ("neck-pain", {"excludes NeckPain"}),
        ("left-neck-pain", set()),
        ("stiff-and-sore", set()),
        ("ache", {"excludes NeckPain"}),
    ):
        assert said(take(record("Condition", **concept(code), **refuted))) == wanted


EVENTS = {
    "Procedure": {
        "preparation": "proposes",
        "in-progress": "ongoing",
        "not-done": "not-done",
        "on-hold": "status",
        "stopped": "status",
        "completed": "received",
        "entered-in-error": "in-error",
        "unknown": "status",
        None: "status",
        "finished": "status",
    },
    "MedicationStatement": {
        "active": "ongoing",
        "completed": "received",
        "entered-in-error": "in-error",
        "intended": "proposes",
        "stopped": "received",
        "on-hold": "received",
        "unknown": "status",
        "not-taken": "not-done",
        "recorded": "status",
        "draft": "status",
        None: "status",
    },
    "MedicationAdministration": {
        "in-progress": "ongoing",
        "not-done": "not-done",
        "on-hold": "status",
        "completed": "received",
        "entered-in-error": "in-error",
        "stopped": "status",
        "unknown": "status",
        None: "status",
    },
    "MedicationDispense": {
        "preparation": "status",
        "in-progress": "status",
        "cancelled": "not-done",
        "on-hold": "status",
        "completed": "received",
        "entered-in-error": "in-error",
        "stopped": "status",
        "declined": "not-done",
        "unknown": "status",
        None: "status",
    },
    "Immunization": {
        "completed": "received",
        "entered-in-error": "in-error",
        "not-done": "not-done",
        None: "status",
    },
    "Encounter": {
        "planned": "proposes",
        "arrived": "status",
        "triaged": "status",
        "in-progress": "ongoing",
        "onleave": "ongoing",
        "on-hold": "status",
        "discharged": "status",
        "finished": "received",
        "completed": "received",
        "discontinued": "status",
        "cancelled": "not-done",
        "entered-in-error": "in-error",
        "unknown": "status",
        None: "status",
    },
    "DiagnosticReport": {
        "registered": "status",
        "partial": "status",
        "preliminary": "status",
        "modified": "status",
        "final": "received",
        "amended": "received",
        "corrected": "received",
        "appended": "received",
        "cancelled": "not-done",
        "entered-in-error": "in-error",
        "unknown": "status",
        None: "status",
    },
}
SHOWN = {
    "ongoing": "received {} ongoing=true",
    "received": "received {}",
    "proposes": "proposes {}",
}
CODED = {"Immunization": "vaccineCode", "Encounter": "type", "DiagnosticReport": "code"}


def acted(kind: str, **given: Any) -> set[str] | str:
    """Return what an act or a request lets a case say, or why it is left out."""
    name = "scan" if kind == "DiagnosticReport" else "drug"
    element = CODED.get(
        kind, "medicationCodeableConcept" if kind.startswith("Medication") else "code"
    )
    code = concept(name, key=element)
    if kind == "Encounter":
        code = {element: [code[element]]}
    return outcome(record(kind, **code, **given))


def wanted(kind: str, counts: str) -> set[str] | str:
    term = "Scan" if kind == "DiagnosticReport" else "Drug"
    return {SHOWN[counts].format(term)} if counts in SHOWN else counts


@pytest.mark.parametrize(
    ("kind", "state"), [(kind, state) for kind, states in EVENTS.items() for state in states]
)
def test_an_act_was_done_goes_on_is_planned_or_says_nothing(kind: str, state: str | None) -> None:
    given = {} if state is None else {"status": state}
    assert acted(kind, **given) == wanted(kind, EVENTS[kind][state])


@pytest.mark.parametrize("intent", [*ORDERS, "proposal", "plan", "option", "directive", None])
def test_a_prescription_counts_by_its_status_and_its_intent(intent: str | None) -> None:
    given = {} if intent is None else {"intent": intent}
    ordered = intent in ORDERS
    planned = intent in {"proposal", "plan"}
    for state, ordering, planning in (
        ("active", "ongoing", "proposes"),
        ("draft", "proposes", "proposes"),
        ("completed", "received", "status"),
        ("stopped", "received", "status"),
        ("ended", "received", "status"),
        ("on-hold", "received", "status"),
        ("unknown", "status", "status"),
        ("cancelled", "not-done", "not-done"),
        ("entered-in-error", "in-error", "in-error"),
    ):
        counts = ordering if ordered else planning if planned else "status"
        if intent in {"directive", None} and state in {"cancelled", "entered-in-error"}:
            counts = ordering
        if intent == "option" and state == "entered-in-error":
            counts = "in-error"
        found = acted("MedicationRequest", status=state, **given)
        assert found == wanted("MedicationRequest", counts), (state, intent)


@pytest.mark.parametrize("intent", [*ORDERS, "proposal", "plan"])
def test_a_request_for_a_service_is_a_plan_whoever_made_it(intent: str) -> None:
    for state, counts in (
        ("active", "proposes"),
        ("draft", "proposes"),
        ("on-hold", "status"),
        ("revoked", "status"),
        ("completed", "status"),
        ("unknown", "status"),
        ("entered-in-error", "in-error"),
    ):
        found = acted("ServiceRequest", status=state, intent=intent)
        assert found == wanted("ServiceRequest", counts)
    assert acted("ServiceRequest", status="active", intent="option") == "status"


@pytest.mark.parametrize("kind", ["MedicationRequest", "ServiceRequest"])
def test_what_is_not_to_be_done_is_no_order(kind: str) -> None:
    given = {"status": "active", "intent": "order", "doNotPerform": True}
    assert acted(kind, **given) == "not-done"
    assert acted(kind, **{**given, "doNotPerform": False}) != "not-done"


def test_a_statement_of_r5_counts_by_adherence() -> None:
    system = "http://hl7.org/fhir/CodeSystem/medication-statement-adherence"
    for code, counts in (
        ("taking", "ongoing"),
        ("taking-not-as-directed", "ongoing"),
        ("stopped", "received"),
        ("not-taking", "status"),
        ("unknown", "status"),
    ):
        adherence = {"code": {"coding": [{"system": system, "code": code}]}}
        given = {"status": "recorded", "adherence": adherence}
        taken = take(record("MedicationStatement", **concept("drug", key="x"), **given))
        assert reasons(taken) != []
        code_of = {"medication": {"concept": concept("drug")["code"]}}
        assert outcome(record("MedicationStatement", **code_of, **given)) == wanted(
            "MedicationStatement", counts
        )


def test_a_dose_that_is_too_weak_is_none() -> None:
    assert acted("Immunization", status="completed", isSubpotent=True) == "status"
    assert acted("Immunization", status="completed", isSubpotent=False) == {"received Drug"}


@pytest.mark.parametrize("kind", ["Observation", "Procedure"])
def test_what_is_about_somebody_else_counts_for_nothing(kind: str) -> None:
    given = {"status": "final", "valueBoolean": True} if kind == "Observation" else {}
    given = given or {"status": "completed"}
    name = "neck-pain" if kind == "Observation" else "operation"
    for focus in ({"reference": "#fetus"}, [{"reference": "RelatedPerson/1"}]):
        assert outcome(record(kind, **concept(name), **given, focus=focus)) == "status"


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        ("registered", "status"),
        ("preliminary", "status"),
        ("final", {HAD}),
        ("amended", {HAD}),
        ("corrected", {HAD}),
        ("cancelled", "not-done"),
        ("entered-in-error", "in-error"),
        ("unknown", "status"),
        (None, "status"),
    ],
)
def test_an_observation_counts_when_it_is_complete(
    state: str | None, counts: set[str] | str
) -> None:
    given = {} if state is None else {"status": state}
    one = record("Observation", **concept("neck-pain"), valueBoolean=True, **given)
    assert outcome(one) == counts


def test_allergies_are_findings_and_never_the_use_of_a_substance() -> None:
    """An allergy to a drug is coded by the drug."""
    active = {
        "clinicalStatus": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
                    "code": "active",
                }
            ]
        }
    }
    assert outcome(record("AllergyIntolerance", **concept("aspirin"), **active)) == "other-kind"
    assert outcome(record("AllergyIntolerance", **concept("pain"), **active)) == {"hasFinding Pain"}


def test_a_row_names_its_clause_and_what_it_counts_for() -> None:
    rows = [row for found in tables().readings.values() for row in found]
    assert len(rows) > 80
    for row in each(rows):
        assert row.clause
        omop = row.record_type in tables().cdm
        fhir = tuple(f"http://hl7.org/fhir/{one}" for one in VERSIONS)
        assert row.source.startswith(OHDSI if omop else fhir)
        assert row.when
        assert omop or row.record_type in tables().types


def test_a_row_of_omop_names_columns_that_are_read() -> None:
    rows = [row for name in tables().cdm for row in tables().readings.get(name, ())]
    assert len(rows) > 30
    for row in each(rows):
        columns = {element for element, _ in row.when} | ({row.codes_in} - {""})
        assert columns <= set(COLUMNS[row.record_type])
        assert not row.as_record or row.as_record in tables().types


def test_a_table_of_omop_that_is_read_has_rows_and_no_other_has() -> None:
    read = {name for name, one in tables().cdm.items() if one.kind not in {"aside", "patient"}}
    assert read == {name for name in tables().cdm if name in tables().readings}
    assert read | {"person", "death"} == set(COLUMNS)
    told = {name for name, one in tables().cdm.items() if one.tells}
    assert told == {*BESIDE, "death"}


def test_rows_that_hold_together_agree_or_one_asserts_less() -> None:
    """Of two rows of one type with one standing neither is needed less; no two ranks are one."""
    ranks: dict[int, set[str]] = {}
    for found in each(list(tables().readings.values())):
        for row in found:
            ranks.setdefault(row.rank, set()).add(row.standing)
    assert all(len(standings) == 1 for standings in ranks.values())
