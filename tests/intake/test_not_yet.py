"""What had not begun on the as-of date, may not have, or was over by the death of the patient."""

from __future__ import annotations

from typing import Any

import pytest

from indicant.files.sources import gather
from indicant.intake.patients import Intake, Options
from intaking import (
    ACTIVE,
    AS_OF,
    PATIENT,
    TERMS,
    bundle,
    concept,
    reasons,
    record,
    said,
    take,
    vocabulary,
)

DRUG = concept("drug", key="medicationCodeableConcept")
ORDER = {**DRUG, "status": "active", "intent": "order", "authoredOn": "2026-10-01"}
BORN = {**PATIENT, "birthDate": "1961-03-14"}
AGE = {"value": 60, "unit": "a", "system": "http://unitsofmeasure.org", "code": "a"}


def within(start: str | None = None, end: str | None = None) -> dict[str, Any]:
    bounds = {key: day for key, day in (("start", start), ("end", end)) if day}
    return {"timing": {"repeat": {"boundsPeriod": bounds}}}


LATE: list[tuple[str, str, dict[str, Any]]] = [
    ("2020-01-01", "Condition", {"onsetPeriod": {"start": "2024-05-01"}}),
    ("2024-05-02", "Condition", {"onsetPeriod": {"end": "2024-06"}}),
    ("2015-01-01", "Condition", {"onsetAge": AGE}),
    ("2021-06-01", "Condition", {"onsetAge": AGE}),
    ("2020-01-01", "Condition", {"onsetRange": {"low": AGE, "high": AGE}}),
    ("2015-01-01", "Condition", {"onsetAge": {**AGE, "value": 720, "code": "mo"}}),
    ("2026-01-05", "Condition", {"recordedDate": "2026"}),
    ("2020-01-01", "MedicationDispense", {"whenPrepared": "2026-01-02"}),
    ("2020-01-01", "Observation", {"effectiveTiming": {"event": ["2026-06-01"]}}),
    (
        "2020-01-01",
        "Observation",
        {"effectiveTiming": {"repeat": {"boundsPeriod": {"start": "2026-06-01"}}}},
    ),
    ("2020-01-01", "Procedure", {"occurrenceTiming": {"event": ["2019-01-01", "2020-06-01"]}}),
    ("2015-01-01", "Procedure", {"performedAge": AGE}),
]


def told(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    if kind == "Condition":
        return record(kind, **concept("neck-pain"), **ACTIVE, **given)
    if kind == "Observation":
        return record(kind, **concept("infection"), status="final", valueBoolean=True, **given)
    code = DRUG if kind == "MedicationDispense" else concept("operation")
    return record(kind, **code, status="completed", **given)


@pytest.mark.parametrize(("as_of", "kind", "given"), LATE)
def test_what_began_later_or_may_have_is_left_out(
    as_of: str, kind: str, given: dict[str, Any]
) -> None:
    taken = take(BORN, told(kind, given), as_of=as_of)
    assert [one for one in said(taken) if not one.startswith("birthDate")] == []
    assert reasons(taken) == ["late"]
    taken = take(BORN, told(kind, given), as_of="2027-01-01")
    assert reasons(taken) == []


def test_what_was_recorded_by_then_had_begun_by_then() -> None:
    one = told("Condition", {"onsetAge": AGE, "recordedDate": "2021-05-01"})
    assert "hasFinding NeckPain" in said(take(BORN, one, as_of="2021-06-01"))


def test_an_order_that_has_not_begun_is_a_plan() -> None:
    def ordered(**more: Any) -> set[str]:
        return said(take(record("MedicationRequest", **ORDER, **more)))

    begun = {"received Drug ongoing=true startedOn=2026-10-01"}
    later, now = within("2026-12-24"), within("2026-10-01")
    assert ordered(dosageInstruction=[within("2026-11-30")]) == {"received Drug ongoing=true"}
    assert ordered(dosageInstruction=[later]) == {"proposes Drug"}
    assert ordered(dosageInstruction=[later, later]) == {"proposes Drug"}
    assert ordered(dosageInstruction=[later, now]) == begun
    assert ordered(dosageInstruction=[later, {"text": "at once"}]) == begun
    assert ordered(dosageInstruction=[now]) == begun
    assert ordered(dosageInstruction=[{"timing": {"event": ["2026-12-24"]}}]) == {"proposes Drug"}
    supply = {"validityPeriod": {"start": "2026-12-01"}}
    assert ordered(dispenseRequest=supply) == {"proposes Drug"}
    perhaps = within("2026")
    assert ordered(dosageInstruction=[perhaps]) == set()
    stopped = record("MedicationRequest", **{**ORDER, "status": "stopped"})
    stopped["dosageInstruction"] = [later]
    assert reasons(take(stopped)) == ["late"]


DEAD: list[tuple[dict[str, Any], bool]] = [
    ({"deceasedDateTime": "2026-11-01"}, True),
    ({"deceasedDateTime": AS_OF}, True),
    ({"deceasedDateTime": "2026"}, True),
    ({"deceasedBoolean": True}, True),
    ({"deceasedBoolean": False}, False),
    ({"deceasedDateTime": "2026-12-01"}, False),
]


@pytest.mark.parametrize(("died", "dead"), DEAD)
def test_nothing_goes_on_and_is_there_after_death(died: dict[str, Any], dead: bool) -> None:
    taken = take(
        {**PATIENT, **died},
        record("MedicationRequest", "m", **ORDER),
        record("Condition", "c", **concept("neck-pain"), **ACTIVE),
        record(
            "Observation",
            "o",
            **concept("infection"),
            status="final",
            valueBoolean=True,
            effectiveDateTime=AS_OF,
        ),
    )
    assert said(taken) == (
        {
            "received Drug startedOn=2026-10-01",
            "hadFinding NeckPain",
            f"hadFinding Infection on={AS_OF}",
        }
        if dead
        else {
            "received Drug ongoing=true startedOn=2026-10-01",
            "hasFinding NeckPain",
            "hasFinding Infection",
        }
    )
    assert (taken.report.deaths() != []) == dead


def test_of_two_records_of_one_patient_the_one_that_says_dead_counts() -> None:
    """Nothing else of either does."""
    dead = {**PATIENT, "deceasedBoolean": True}
    pain = record("Condition", "c", **concept("neck-pain"), **ACTIVE)
    alive: dict[str, Any] = PATIENT
    for records in ([alive, dead], [dead, alive], [{**dead, "url": "urn:uuid:1"}, alive]):
        taken = take(*records, pain)
        every = [one for at in range(len(taken.documents)) for one in said(taken, at)]
        assert every == ["hadFinding NeckPain"]


def test_an_order_is_only_what_a_request_is(tmp_path: Any) -> None:
    """Which types of record may be of a class, a vocabulary says beside its tables of codes."""
    import datetime
    import json

    for file in TERMS.parent.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    terms = tmp_path / "terms.ttl"
    stated = terms.read_text(encoding="utf-8") + ':Drug intake:recordedBy "MedicationRequest" .\n'
    terms.write_text(stated, encoding="utf-8")
    reader = Intake(gather(terms), vocabulary())
    options = Options(datetime.date.fromisoformat(AS_OF))
    aspirin = concept("aspirin", key="medicationCodeableConcept")

    def used(kind: str, **given: Any) -> list[tuple[str, tuple[str, ...]]]:
        data = json.dumps(bundle(PATIENT, record(kind, **aspirin, **given))).encode()
        taken = reader.take("-", options, data=data)
        assert reasons(taken) == ([] if kind == "MedicationRequest" else ["other-kind"])
        return [(row.link, row.terms) for one in taken.report.patients for row in one.used]

    assert used("MedicationRequest", status="active", intent="order") == [
        ("received", ("Aspirin",))
    ]
    for kind in ("MedicationStatement", "MedicationAdministration", "MedicationDispense"):
        assert used(kind, status="completed") == []
