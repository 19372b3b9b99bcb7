"""Which record is which: under what names, of which server, deleted or withdrawn."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Any

import pytest

from indicant.errors import IndicantError
from indicant.intake import decoding, supply
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

PAIN = record("Condition", "c", **concept("neck-pain"), **ACTIVE)
HAS = {"hasFinding NeckPain"}
A, B = "https://a.example/fhir", "https://b.example/fhir"
ORDER: dict[str, Any] = {
    "status": "active",
    "intent": "order",
    "medicationReference": {"reference": "Medication/m"},
}


def drug(code: str) -> Record:
    return {"resourceType": "Medication", "id": "m", **concept(code)}


def of(*records: Record, **more: Any) -> Any:
    """Read a bundle that names its patient itself."""
    return take_text(json.dumps(bundle(*records, **more)))


@pytest.mark.parametrize("patient", [f"{B}/Patient/p", "urn:uuid:1", ""])
def test_a_relative_reference_stays_with_its_server(patient: str) -> None:
    where = {"url": patient} if patient else {}
    taken = of({**PATIENT, **where}, {**PAIN, "url": f"{A}/Condition/c"})
    assert (said(taken), reasons(taken)) == (set(), ["no-patient"])


def test_a_medication_of_another_server_is_another_one() -> None:
    patient = {**PATIENT, "url": f"{A}/Patient/p"}
    order = {**record("MedicationRequest", "o", **ORDER), "url": f"{A}/MedicationRequest/o"}
    taken = of(patient, order, {**drug("aspirin"), "url": f"{B}/Medication/m"})
    assert (said(taken), reasons(taken)) == (set(), ["no-code"])
    taken = of(patient, order, {**drug("aspirin"), "url": f"{A}/Medication/m"})
    assert said(taken) == {"received Aspirin ongoing=true"}


def test_a_medication_that_stands_twice_with_two_codes_is_none() -> None:
    for codes in (("aspirin", "operation"), ("operation", "aspirin")):
        taken = take(record("MedicationRequest", **ORDER), *map(drug, codes))
        assert (said(taken), reasons(taken)) == (set(), ["duplicate"])
        (left,) = taken.report.all_left()
        assert left.detail == "it refers to Medication/m, which says two things"
    assert said(take(record("MedicationRequest", **ORDER), drug("aspirin"), drug("aspirin"))) == {
        "received Aspirin ongoing=true"
    }


URLS = ("urn:uuid:11111111-0000-4000-8000-000000000001", "", f"{A}/Condition/c")


def test_one_record_under_several_names_counts_once_or_not_at_all() -> None:
    resolved = {**PAIN, **status("clinicalStatus", "resolved")}
    wrong = {**PAIN, **status("verificationStatus", "entered-in-error")}
    patient = {**PATIENT, "url": f"{A}/Patient/p"}
    about = {"subject": {"reference": f"{A}/Patient/p"}}
    for others in ((PAIN, wrong, resolved), (PAIN, PAIN, wrong), (wrong, PAIN)):
        named = [
            {**one, **about, **({"url": url} if url else {})}
            for one, url in zip(others, URLS, strict=False)
        ]
        taken = of(patient, *named)
        assert said(taken) == set()
        assert set(reasons(taken)) == {"duplicate"}
    named = [{**PAIN, **about, **({"url": url} if url else {})} for url in URLS]
    taken = of(patient, *named)
    assert (said(taken), reasons(taken)) == (HAS, [])
    servers = [{**PAIN, **about, "url": f"{one}/Condition/c"} for one in (A, B)]
    assert said(of(patient, *servers)) == HAS
    assert reasons(of(patient, *servers, {**PAIN, **about})) == ["duplicate"] * 3


def test_a_patient_under_two_names_is_one() -> None:
    taken = of({**PATIENT, "url": "urn:uuid:1"}, PATIENT, PAIN)
    assert (len(taken.documents), said(taken)) == (1, HAS)


def test_a_match_that_is_included_as_well_is_one_record() -> None:
    page = bundle(PATIENT, PAIN, PAIN, form="searchset")
    for entry, mode in zip(page["entry"], ("match", "match", "include"), strict=True):
        entry["search"] = {"mode": mode}
    taken = take_text(json.dumps(page))
    assert (said(taken), reasons(taken)) == (HAS, [])


def test_a_document_that_was_entered_in_error_is_refused() -> None:
    for state, wrong in (("final", False), ("entered-in-error", True)):
        frame = record("Composition", status=state)
        text = json.dumps(bundle(frame, PATIENT, PAIN, form="document"))
        if not wrong:
            assert said(take_text(text)) == HAS
            continue
        with pytest.raises(IndicantError, match="the document was entered in error"):
            take_text(text)


def test_what_an_export_says_was_deleted_counts_for_nothing(tmp_path: Path) -> None:
    gone = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"request": {"method": "DELETE", "url": "Condition/c"}}],
    }
    for name, one in (("Patient", PATIENT), ("Condition", PAIN), ("deleted", gone)):
        (tmp_path / f"{name}.ndjson").write_text(json.dumps(one) + "\n", encoding="utf-8")
    taken = reader().take(str(tmp_path), Options(datetime.date.fromisoformat(AS_OF)))
    assert (said(taken), reasons(taken)) == (set(), ["deleted", "deleted"])
    whole = bundle(PATIENT, PAIN, form="transaction")
    whole["entry"].append({"request": {"method": "DELETE", "url": f"{A}/Condition/c"}})
    taken = take_text(json.dumps(whole))
    assert (said(taken), reasons(taken)) == (set(), ["deleted", "deleted"])


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1",
        f"{A}/%zz",
        f"{A}/\ud800",
        "http://[bad]/Condition/c",
        "urn:uuid:\ud800",
        "https://exa mple/x",
    ],
)
def test_a_url_that_is_none_takes_its_record_with_it(url: str) -> None:
    taken = of(PATIENT, {**PAIN, "url": url})
    assert (said(taken), reasons(taken)) == (set(), ["malformed"])
    taken = of({**PATIENT, "gender": "male", "url": url}, PAIN)
    assert not any(one.startswith("sex") for one in said(taken))
    (remark,) = taken.report.patients[0].remarks
    assert remark == "neither birth date nor sex is used: its fullUrl is no URL"


def test_codes_within_lists_within_lists_are_malformed() -> None:
    deep = json.dumps(bundle(PATIENT, {**PAIN, "code": "DEEP"}))
    taken = take_text(deep.replace('"DEEP"', "[" * 300 + "]" * 300))
    assert (said(taken), reasons(taken)) == (set(), ["malformed"])
    order = record("MedicationRequest", status="active", intent="order", medication="DEEP")
    deep = json.dumps(bundle(PATIENT, order)).replace('"DEEP"', "[" * 300 + "]" * 300)
    assert reasons(take_text(deep)) == ["malformed"]


def test_what_costs_without_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MOST_PARTS", 1_000)
    text = json.dumps(bundle(PATIENT, {**PAIN, "x": [{}] * 1_001}))
    with pytest.raises(IndicantError, match="holds a record that is too large: it has more than"):
        take_text(text)
    lines = f"{json.dumps(PATIENT)}\n{json.dumps({**PAIN, 'x': [1] * 1_001})}\n"
    assert reasons(take_text(lines)) == ["broken"]
    assert said(take_text(json.dumps(bundle(PATIENT, {**PAIN, "x": [{}] * 900})))) == HAS
    lists: list[list[int]] = [[]] * 1_001
    with pytest.raises(IndicantError, match="holds lists, and hardly anything within them"):
        take_text(json.dumps(bundle(PATIENT, {**PAIN, "x": lists})))
    lines = f"{json.dumps(PATIENT)}\n{json.dumps({**PAIN, 'x': lists})}\n"
    assert reasons(take_text(lines)) == ["broken"]
    monkeypatch.setattr(supply, "MOST_BLANK", 10)
    with pytest.raises(IndicantError, match="more than 10 blank lines"):
        take_text(json.dumps(PATIENT) + "\n" * 20 + json.dumps(PAIN))
    assert said(take_text(json.dumps(PATIENT) + "\n" * 5 + json.dumps(PAIN))) == HAS


OLD: list[tuple[str, dict[str, Any]]] = [
    ("MedicationStatement", {"status": "active", "taken": "n"}),
    ("MedicationStatement", {"status": "completed", "wasNotTaken": True}),
    ("Procedure", {"status": "completed", "notDone": True}),
    ("Procedure", {"status": "completed", "notPerformed": True}),
    ("MedicationAdministration", {"status": "completed", "notGiven": True}),
    ("MedicationAdministration", {"status": "completed", "wasNotGiven": True}),
    ("MedicationDispense", {"status": "completed", "notDoneReasonReference": {}}),
    ("Immunization", {"status": "completed", "notGiven": True}),
    ("Immunization", {"status": "completed", "wasNotGiven": True}),
    (
        "MedicationRequest",
        {"status": "active", "intent": "order", "_doNotPerform": {"extension": [{"url": "x"}]}},
    ),
    (
        "ServiceRequest",
        {"status": "active", "intent": "order", "_doNotPerform": {"extension": [{"url": "x"}]}},
    ),
]


@pytest.mark.parametrize(("kind", "given"), OLD)
def test_what_may_not_have_been_done_says_nothing(kind: str, given: dict[str, Any]) -> None:
    element = {"Immunization": "vaccineCode", "Procedure": "code", "ServiceRequest": "code"}
    code = concept("drug", key=element.get(kind, "medicationCodeableConcept"))
    taken = take(record(kind, **code, **given))
    assert (said(taken), reasons(taken)) == (set(), ["status"])


def test_none_of_it_in_a_stage_or_a_structure_is_not_none_of_it() -> None:
    refuted = status("verificationStatus", "refuted") | {"recordedDate": AS_OF}
    for more in ({"stage": [{"summary": {"text": "1"}}]}, {"bodyStructure": {"reference": "x"}}):
        taken = take(record("Condition", **concept("pain"), **refuted, **more))
        assert (said(taken), reasons(taken)) == (set(), ["absent-then"])
