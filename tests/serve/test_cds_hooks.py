"""CDS Hooks: what is discovered, what is answered, and that what was not sent is not absent."""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from asked import (
    AS_OF,
    FLURAZEPAM,
    NAME,
    OXYCODONE,
    SEED,
    Record,
    Running,
    bundle,
    order,
    patient,
    request,
    running,
)
from each import each
from indicant.serve.cards import LONGEST, shortened
from indicant.serve.rows import hook_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = ("condition", "encounter", "medicationRequest", "observation", "procedure")


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    with running(NAME, SEED) as found:
        yield found


def missing(cards: list[Record]) -> Record:
    """Return the card for what could not be said."""
    (found,) = [one for one in cards if "Nothing of this is taken for absent" in one["detail"]]
    return found


@pytest.mark.slow
def test_discovery_lists_each_guideline_at_each_hook_and_all_together(service: Running) -> None:
    told = service.get("/cds-services").json["services"]
    hooks = {one.name for one in hook_rows().hooks}
    assert hooks == {"patient-view", "order-select", "order-sign"}
    assert {(one["id"], one["hook"]) for one in told} == {
        (f"{name}-{hook}", hook) for name in (NAME, SEED, "all") for hook in hooks
    }
    for one in each(told):
        assert one["description"]
        assert one["title"]
        assert one["prefetch"]["patient"] == "Patient/{{context.patientId}}"


def test_templates_ask_for_types_whose_codes_are_in_use_and_by_simple_searches(
    service: Running,
) -> None:
    told = {one["id"]: one["prefetch"] for one in service.get("/cds-services").json["services"]}
    found = told[f"{NAME}-order-sign"]
    assert set(KEYS) < set(found)
    allowed = r"[A-Z][A-Za-z]+\?patient=\{\{context\.patientId\}\}(&combo-code=[^&?{}]+)?"
    for key, template in each(found.items()):
        assert key == "patient" or re.fullmatch(allowed, template), template


def test_draft_orders_are_proposals_whatever_their_status(service: Running) -> None:
    as_drafts = [
        request(order(OXYCODONE, status=status, intent="order"), condition=None)
        for status in ("draft", "active", "completed")
    ]
    told = [service.hook(one).json for one in as_drafts]
    assert told[0] == told[1] == told[2]
    taken = service.hook(request(medicationRequest=bundle(order(OXYCODONE))))
    assert taken.json != told[0]


@pytest.mark.parametrize("change", [{"status": "entered-in-error"}, {"doNotPerform": True}])
def test_a_draft_that_is_none_proposes_nothing(service: Running, change: Record) -> None:
    there = service.hook(request(order(OXYCODONE, status="draft"), condition=None))
    gone = service.hook(request(order(OXYCODONE, **{"status": "draft", **change}), condition=None))
    none = service.hook(request(condition=None, procedure=bundle(an_act())))
    assert there.cards != gone.cards
    assert none.status == 200


def an_act() -> Record:
    """Return an act of which no table knows the code."""
    return {
        "resourceType": "Procedure",
        "id": "a",
        "status": "completed",
        "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"system": "https://example.org/acts", "code": "1"}]},
        "performedDateTime": "2023-04-01",
    }


def test_missing_null_and_an_error_are_told_apart_and_are_never_an_absent_finding(
    service: Running,
) -> None:
    outcome = {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "forbidden"}],
    }
    draft = order(OXYCODONE)
    told = [
        service.hook(one).cards
        for one in (
            request(draft),
            request(draft, condition=None),
            request(draft, condition=outcome),
            request(draft, condition={"resourceType": "Bundle", "type": "searchset", "total": 0}),
            request(draft, condition={"resourceType": "Bundle", "entry": [{"resource": {}}]}),
        )
    ]
    words = [missing(one)["detail"] for one in told]
    assert "condition not prefetched" in words[0]
    assert "condition searched and not found, which is no proof of absence" in words[1]
    assert "condition the record system answered with an error" in words[2]
    assert "condition searched and not found" in words[3]
    assert "condition prefetched, and cannot be read" in words[4]
    assert all("malignant cancer" in one for one in words)
    assert len({len(one) for one in told}) == 1


def test_what_is_missing_is_told_and_never_silence(service: Running) -> None:
    cards = service.hook(request(order(FLURAZEPAM))).cards
    assert cards
    card = missing(cards)
    assert card["summary"].startswith("Cannot be excluded: ")
    assert "not prefetched" in card["summary"]
    assert f"As of {AS_OF}" in card["detail"]


def test_a_draft_that_is_not_understood_is_told(service: Running) -> None:
    strange = order("no-such-code", "strange")
    card = missing(service.hook(request(strange, condition=None)).cards)
    assert card["summary"] == "1 draft order is not understood: what it is cannot be excluded"
    assert "MedicationRequest/strange" in card["detail"]


@pytest.mark.parametrize("hook", ["patient-view", "order-sign"])
def test_where_nothing_can_be_answered_it_is_412_with_what_lacks(
    service: Running, hook: str
) -> None:
    for prefetch in (
        {"patient": None},
        {"patient": patient("somebody-else")},
        {"condition": None, "medicationRequest": None},
        {"condition": {"resourceType": "OperationOutcome", "issue": []}},
    ):
        told = service.hook(request(hook=hook, **prefetch))
        assert told.status == 412, prefetch
        assert told.json["resourceType"] == "OperationOutcome"
        assert "condition" in told.json["issue"][0]["diagnostics"]


@pytest.mark.slow
def test_the_day_is_that_of_the_request_of_the_service_or_of_the_clock() -> None:
    asked = request(order(OXYCODONE), condition=None)
    named = {**asked, "extension": {"org.w3id.indicant": {"asOf": "2023-06-30"}}}
    with running() as service:
        assert service.hook(asked).json["extension"]["org.w3id.indicant"] == {"asOf": AS_OF}
        told = service.hook(named).json
        assert told["extension"]["org.w3id.indicant"] == {"asOf": "2023-06-30"}
        assert "As of 2023-06-30" in missing(told["cards"])["detail"]


def test_the_same_request_gets_the_same_bytes(service: Running) -> None:
    asked = request(order(OXYCODONE), medicationRequest=bundle(order(FLURAZEPAM, "b")))
    assert service.hook(asked).body == service.hook(asked).body
    other = {**asked, "hookInstance": str(uuid.UUID(int=7))}
    assert service.hook(other).cards[0]["uuid"] != service.hook(asked).cards[0]["uuid"]


def test_the_service_for_all_has_the_cards_of_each(service: Running) -> None:
    asked = request(order(OXYCODONE), condition=None)
    every = service.hook(asked, "all").cards
    apart = [one for name in (NAME, SEED) for one in service.hook(asked, name).cards]
    assert [one["summary"] for one in every] == [one["summary"] for one in apart]
    assert len({one["source"]["label"] for one in every}) > 1


def test_records_of_another_patient_are_not_taken(service: Running) -> None:
    asked = request(order(OXYCODONE), condition=None)
    theirs = bundle(order(FLURAZEPAM, "x", "q"), patient("q"))
    both = service.hook({**asked, "prefetch": {**asked["prefetch"], "other": theirs}})
    alone = service.hook(asked)
    summaries = [one["summary"] for one in both.cards]
    assert summaries == [one["summary"] for one in alone.cards]


@pytest.mark.parametrize("named", [True, False])
def test_a_search_has_the_records_of_the_patient_who_was_read(
    service: Running, named: bool
) -> None:
    """In a search each record has its address; the patient, who was read alone, has none."""
    base = "https://records.hospital.example/fhir"
    found = bundle(order(FLURAZEPAM, "chart"), kind="searchset")
    plain = request(order(OXYCODONE), medicationRequest=found)
    if named:
        plain["fhirServer"] = base
    told = service.hook(plain)
    found["entry"][0]["fullUrl"] = f"{base}/MedicationRequest/chart"
    with_addresses = service.hook(plain)
    assert [one["summary"] for one in with_addresses.cards] == [
        one["summary"] for one in told.cards
    ]
    assert "MedicationRequest/chart" not in missing(with_addresses.cards)["detail"]


def test_records_of_another_server_are_not_of_the_patient(service: Running) -> None:
    asked = request(order(OXYCODONE), medicationRequest=bundle(order(FLURAZEPAM, "chart")))
    asked["fhirServer"] = "https://records.hospital.example/fhir"
    entry = asked["prefetch"]["medicationRequest"]["entry"][0]
    entry["fullUrl"] = "https://elsewhere.example/fhir/MedicationRequest/chart"
    card = missing(service.hook(asked).cards)
    assert "MedicationRequest/chart, not about a patient who is here" in card["detail"]


def test_a_dead_patient_is_told(service: Running) -> None:
    dead = patient(deceasedDateTime="2023-01-02")
    card = missing(service.hook(request(order(OXYCODONE), patient=dead)).cards)
    assert card["summary"].startswith("By the records the patient died on 2023-01-02")


MALFORMED: dict[str, Any] = {
    "no JSON": b"{",
    "no object": b"[]",
    "not UTF-8": b'{"hook": "\xff"}',
    "a key twice": b'{"hook": "order-sign", "hook": "order-sign"}',
    "a number that is none": b'{"hook": NaN}',
    "deep": b"[" * 100_000,
    "another hook": request(hook="patient-view") | {"hook": "order-select"},
    "no instance": request() | {"hookInstance": "7"},
    "no context": request() | {"context": {}},
    "no patient": request() | {"context": {"userId": "u", "draftOrders": bundle()}},
    "a patient that is no id": request(whose="a b"),
    "drafts that are none": request()
    | {"context": {"userId": "u", "patientId": "p", "draftOrders": []}},
    "prefetch that is none": request(condition="many"),
    "prefetch without a type": request(condition={"id": "c"}),
    "authorization without a server": request() | {"fhirAuthorization": {"access_token": "t"}},
    "a day that is none": request() | {"extension": {"org.w3id.indicant": {"asOf": "2023-13-01"}}},
    "a day of another kind": request() | {"extension": {"org.w3id.indicant": ["2023-01-01"]}},
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_malformed_is_400_and_told_as_fhir_has_it(service: Running, name: str) -> None:
    told = service.post(f"/cds-services/{NAME}-order-sign", MALFORMED[name])
    assert told.status == 400, told.body
    assert told.json["resourceType"] == "OperationOutcome"
    assert told.json["issue"][0]["diagnostics"]


def test_other_routes_methods_and_media_types_are_refused(service: Running) -> None:
    path = f"/cds-services/{NAME}-order-sign"
    assert service.post("/cds-services/none", request()).status == 404
    assert service.get("/cds-services/none/feedback").status == 405
    assert service.get(path).status == 405
    assert service.ask("DELETE", path).status == 405
    assert service.post(path, json.dumps(request()).encode(), "text/plain").status == 415
    assert service.get("/no/such/route").json["error"]["status"] == 404


def test_a_summary_is_broken_off_between_words() -> None:
    told = shortened("word " * 50)
    assert len(told) <= LONGEST
    assert told.endswith("word …")
    assert shortened("a\nb") == "a b"


@pytest.mark.slow
def test_how_pressing_a_card_is_is_data() -> None:
    rows = hook_rows()
    assert rows.indicator(
        {"status": "recommended", "urgency": "immediate", "direction": "for"}
    ) == ("critical")
    against = {"status": "contraindicated", "direction": "against", "proposed": "yes"}
    assert rows.indicator(against) == "warning"
    assert rows.indicator({**against, "proposed": "no"}) == "info"
    assert rows.indicator({**against, "gradeStrength": "conditional"}) == "info"
    assert rows.indicator({"status": "undetermined"}) == "info"
