"""The requests that CDC's implementation guide publishes, with the cards published for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from asked import NAME, SEED, Record, Running, bundle, running
from each import each
from indicant.errors import IndicantError
from indicant.serve.guidelines import Guidelines
from indicant.serve.rows import hook_rows
from indicant.serve.settings import Settings
from places import SHARED, TESTS

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER: Final = SHARED / "opioid" / "requests"
CLOSED: Final = TESTS / NAME / "published-and-closed"
COMPLETE: Final = TESTS / "serve" / "complete.ttl"
NAMES: Final = sorted(file.parent.name for file in CLOSED.glob("rec-*/expected.json"))
DIFFERENT: Final = {
    "rec-02-out-careplan-not-revisited": "a CarePlan is set aside: it may tell of another plan",
    "rec-04-05-mme-greater-than-fifty": "the strength and units of a product are not read",
    "rec-08-mme-greater-than-fifty": "the draft stands in it twice, and says two things",
    "rec-08-on-benzodiazepine": "the draft stands in it twice, and says two things",
    "rec-09-in-criteria-met": "a review under a code of a finding is none: others may be missing",
    "rec-10-illicit-drugs": "two observations have one id, and say two things",
    "rec-10-illicit-drugs-POS-Cocaine": "two observations have one id, and say two things",
    "rec-10-illicit-drugs-POS-Opiate": "two observations have one id, and say two things",
    "rec-10-illicit-drugs-POS-Opiate-non-synthetic": "two observations have one id",
    "rec-10-no-screenings": "an Encounter without a type may be anything",
}
"""Where what is met once all is recorded gets no card, and why: what was sent does not say it."""


def published(name: str) -> Record:
    """Return a published request with its cards, or skip the test where they are not at hand."""
    if not FOLDER.is_dir():
        pytest.skip("the published requests are not part of the project and not at hand")
    (file,) = FOLDER.glob(f"*-{name}.json")
    found: Record = json.loads(file.read_text(encoding="utf-8"))
    return found


def answered(name: str, service: Running) -> Record:
    """Return a published request as a client would send it that answers the templates.

    What was searched and not found is null; a bundle has its type, and draft orders are a bundle.
    """
    made: Record = published(name)["request"]
    templates = service.get("/cds-services").json["services"][0]["prefetch"]
    for key in templates:
        made["prefetch"].setdefault(key, None)
    for one in made["prefetch"].values():
        if one is not None and one["resourceType"] == "Bundle":
            one.setdefault("type", "searchset")
    drafts = made["context"]["draftOrders"]
    if drafts["resourceType"] != "Bundle":
        made["context"]["draftOrders"] = bundle(drafts)
    return made


def advice(cards: list[Record]) -> set[str]:
    """Return the names of the recommendations that cards are about."""
    return {one["source"]["topic"]["code"] for one in cards if "topic" in one["source"]}


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def complete() -> Iterator[Running]:
    with running(completeness=(str(COMPLETE),)) as found:
        yield found


def test_there_are_as_many_as_are_told_of() -> None:
    assert len(NAMES) == 23
    assert set(DIFFERENT) < set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_as_it_stands_nothing_is_advised_and_what_is_missing_is_told(
    service: Running, name: str
) -> None:
    """What was not sent is not absent: without completeness every recommendation stays open."""
    asked = published(name)["request"]
    told = service.hook(asked)
    if asked["context"]["draftOrders"]["resourceType"] != "Bundle":
        assert told.status == 400
        return
    (card,) = told.cards
    assert card["indicator"] == "info"
    assert "Nothing of this is taken for absent" in card["detail"]


@pytest.mark.parametrize("name", NAMES)
def test_with_all_recorded_a_card_is_there_where_the_advice_is_met(
    complete: Running, name: str
) -> None:
    answers: dict[str, Any] = json.loads(
        (CLOSED / name / "expected.json").read_text(encoding="utf-8")
    )["answers"]
    cards = complete.hook(answered(name, complete)).cards
    found = advice(cards)
    met = {one for one, answer in answers.items() if answer == "met"}
    assert found.isdisjoint(answers.keys() - met)
    if name in DIFFERENT:
        assert met
        assert not met <= found
        assert any("Nothing of this is taken for absent" in one["detail"] for one in cards)
    else:
        assert met <= found


def test_a_draft_that_is_advised_against_can_be_withdrawn(complete: Running) -> None:
    asked = answered("rec-03-long-acting-opioid", complete)
    (draft,) = asked["context"]["draftOrders"]["entry"]
    cards = complete.hook(asked).cards
    (card,) = [one for one in cards if "suggestions" in one]
    assert card["indicator"] == "warning"
    assert card["summary"].startswith("Advised against: ")
    (suggestion,) = card["suggestions"]
    (action,) = suggestion["actions"]
    assert (action["type"], action["resourceId"]) == (
        "delete",
        f"MedicationRequest/{draft['resource']['id']}",
    )


def test_published_cards_at_an_order_are_warnings_and_so_are_ours(complete: Running) -> None:
    for name in each(sorted(set(NAMES) - set(DIFFERENT))):
        stated = published(name)["cards"]
        if stated:
            cards = complete.hook(answered(name, complete)).cards
            assert {one["indicator"] for one in stated} == {"warning"}
            assert cards[0]["indicator"] == "warning", name
    assert hook_rows().levels


@pytest.mark.parametrize("state", ["missing", "failed"])
def test_a_gap_keeps_everything_from_being_complete(complete: Running, state: str) -> None:
    """A null is what was searched and not found; whoever did not search has said nothing."""
    asked = answered("rec-11-benzo-trigger-with-opioid", complete)
    assert advice(complete.hook(asked).cards)
    if state == "missing":
        del asked["prefetch"]["condition"]
    else:
        issue = {"severity": "error", "code": "exception"}
        asked["prefetch"]["condition"] = {"resourceType": "OperationOutcome", "issue": [issue]}
    cards = complete.hook(asked).cards
    assert advice(cards) == set()
    assert "malignant cancer" in cards[0]["detail"]


def test_of_several_guidelines_it_is_said_whose_terms_a_file_has() -> None:
    named = f"{NAME}={COMPLETE}"
    with running(SEED, NAME, completeness=(named,)) as both:
        cards = both.hook(answered("rec-11-benzo-trigger-with-opioid", both)).cards
        assert advice(cards)
        narrowed = both.service.guidelines.each
        assert narrowed[NAME].claims is not None
        assert narrowed[SEED].claims is None
    for wrong in ((str(COMPLETE),), (named, named), (f"{SEED}={COMPLETE}",)):
        with pytest.raises(IndicantError):
            Guidelines((SEED, NAME), Settings(completeness=wrong))
