"""The requests that CDC's implementation guide publishes, with the cards published for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asked import NAME, SEED, Record, Running, running
from each import each
from hooked import COMPLETE, DIFFERENT, FOLDER, NAMES, advice, answering, concerned, request_of
from indicant.errors import IndicantError
from indicant.serve.guidelines import Guidelines
from indicant.serve.rows import hook_rows
from indicant.serve.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator


def published(name: str) -> Record:
    """Return a published request with its cards, or skip the test where they are not at hand."""
    if not FOLDER.is_dir():
        pytest.skip("the published requests are not part of the project and not at hand")
    return request_of(name)


def answered(name: str, service: Running) -> Record:
    """Return a published request as a client would send it that answers the templates."""
    published(name)
    return answering(name, service)


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


@pytest.mark.many(1000)
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


@pytest.mark.many(1000)
@pytest.mark.parametrize("name", NAMES)
def test_with_all_recorded_a_card_is_there_where_the_advice_is_met(
    complete: Running, name: str
) -> None:
    answers = concerned(name)
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
    assert card["summary"].startswith("Contraindication: ")
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


@pytest.mark.slow
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
