"""What a record is that is handed over as an order not given yet, and where an order is for."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Any

import pytest

from asked import AS_OF, NAME, OXYCODONE, Record, bundle, loaded, order, patient
from indicant.files.rdf import text_of
from indicant.intake.patients import Options
from indicant.intake.readings import tables
from indicant.intake.supply import Supply
from indicant.terms import local_name

if TYPE_CHECKING:
    from indicant.intake.patients import Taken

CATEGORY = "http://terminology.hl7.org/CodeSystem/medicationrequest-category"


def taken(drafts: list[Record], *chart: Record) -> Taken:
    """Return what becomes of draft orders beside the records of a chart."""
    supplies = [
        Supply("draftOrders", data=json.dumps(bundle(*drafts)).encode(), drafted=True),
        Supply("chart", data=json.dumps(bundle(patient(), *chart)).encode()),
    ]
    options = Options(datetime.date.fromisoformat(AS_OF))
    return loaded(NAME).each[NAME].reader.gather(supplies, "request", options)


def said(found: Taken, *paths: str) -> list[tuple[str, str]]:
    """Return what the only case says by some properties, with the last parts of what it names."""
    (document,) = found.documents
    return sorted(
        (local_name(one.predicate.value), local_name(text_of(one.object)))
        for one in document.quads
        if local_name(one.predicate.value) in paths
    )


LINKS = ("proposes", "received", "recordsAllProposals", "hasFinding", "hadFinding", "excludes")


@pytest.mark.slow
def test_a_draft_is_proposed_and_there_are_no_others() -> None:
    found = taken([order(OXYCODONE)])
    assert said(found, *LINKS) == [
        ("proposes", "MedicationRequest-o"),
        ("recordsAllProposals", "true"),
    ]
    assert said(taken([]), *LINKS) == [("recordsAllProposals", "true")]


def test_the_same_order_prefetched_as_well_stays_a_draft() -> None:
    same = order(OXYCODONE)
    found = taken([same], same)
    assert said(found, "proposes", "received") == [("proposes", "MedicationRequest-o")]


def test_two_versions_of_an_order_are_neither_and_there_may_be_others() -> None:
    found = taken([order(OXYCODONE)], order(OXYCODONE, authoredOn="2023-01-01"))
    assert said(found, *LINKS) == []


@pytest.mark.parametrize(
    "draft",
    [
        order("no-such-code"),
        order(OXYCODONE, modifierExtension=[{"url": "https://example.org/not"}]),
        order(OXYCODONE, whose="somebody"),
        {"resourceType": "NutritionOrder", "id": "n", "patient": {"reference": "Patient/p"}},
        {"resourceType": "Wish", "id": "w"},
    ],
)
def test_of_a_draft_that_is_not_understood_it_is_not_said_that_there_are_no_others(
    draft: Record,
) -> None:
    found = taken([order(OXYCODONE), draft])
    if draft["id"] == "o":
        assert said(found, "recordsAllProposals") == []
    else:
        assert said(found, *LINKS) == [("proposes", "MedicationRequest-o")]


@pytest.mark.parametrize("kind", ["Condition", "Procedure", "Observation"])
def test_what_is_no_order_says_nothing_as_a_draft(kind: str) -> None:
    code = {"coding": [{"system": "http://snomed.info/sct", "code": "127013003"}]}
    elements: dict[str, Any] = {
        "Condition": {"clinicalStatus": {"coding": [{"code": "active"}]}},
        "Procedure": {"status": "completed"},
        "Observation": {"status": "final", "valueBoolean": True},
    }
    record = {
        "resourceType": kind,
        "id": "r",
        "subject": {"reference": "Patient/p"},
        "code": code,
        **elements[kind],
    }
    assert said(taken([record]), *LINKS) == []


def test_each_standing_that_a_draft_may_have_is_a_row() -> None:
    known = tables()
    assert known.as_draft("MedicationRequest", "Ongoing") == "Proposed"
    assert known.as_draft("MedicationRequest", "InError") == "InError"
    assert known.as_draft("MedicationRequest", "NotDone") == "NotDone"
    assert known.as_draft("MedicationRequest", "Present") == "CountsForNothing"
    assert known.as_draft("MedicationDispense", "Received") == "CountsForNothing"


@pytest.mark.parametrize(
    ("codes", "setting"),
    [
        (["community"], ["Outpatient"]),
        (["inpatient"], ["Inpatient"]),
        (["community", "inpatient"], []),
        (["outpatient"], []),
        (["discharge", "community"], ["Outpatient"]),
        ([], []),
    ],
)
def test_where_an_order_is_for_is_said_by_its_category(
    codes: list[str], setting: list[str]
) -> None:
    category = [{"coding": [{"system": CATEGORY, "code": one}]} for one in codes]
    made = order(OXYCODONE)
    if codes:
        made["category"] = category
    found = taken([], made)
    assert [one for _, one in said(found, "setting")] == setting
    assert said(found, "received") == [("received", "MedicationRequest-o")]
