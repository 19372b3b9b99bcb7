"""Why, what if and what next, where a derivation made what is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from indicant.assess.assessor import Assessor
from indicant.explain.next import next_facts
from indicant.explain.whatif import InvalidEdit, what_if
from indicant.explain.why import as_text, why
from soaking import EX, SOAKED, WET, case, guideline

if TYPE_CHECKING:
    from pathlib import Path

    from indicant.files.rdf import Document

RAIN = "ind:hasFinding :rain . :rain a ex:Rain ; ex:depth 7"
BASE = "https://example.org/case#"


@pytest.fixture(scope="module")
def assessor(tmp_path_factory: pytest.TempPathFactory) -> Assessor:
    return Assessor(guideline(tmp_path_factory.mktemp("soak"), {"soaked": SOAKED}))


def changed(assessor: Assessor, document: Document, *edits: str) -> dict[str, tuple[str, str]]:
    """Return the statuses that edits change, by intervention."""
    (record,) = what_if(assessor, document, list(edits))
    return {
        one["action"].removeprefix(EX): (one["before"], one["after"])
        for one in record["differences"]
    }


@pytest.mark.slow
def test_why_names_the_derivation_and_what_it_rests_on(assessor: Assessor) -> None:
    (record,) = why(assessor, case(WET), "ForSoaked")
    (fact,) = record["reasons"][0]["because"]
    made, *sources = fact["nodes"]
    assert made["node"] == f"{BASE}rain0/soaked"
    assert made["derivedBy"]["term"] == f"{EX}derivations/soaked"
    assert (made["file"].rpartition("/")[2], made["line"]) == ("soaked.rq", 6)
    assert [one["node"] for one in sources] == [f"{BASE}rain0", f"{BASE}walk0"]
    assert {one["file"] for one in sources} == {"case.ttl"}
    text = as_text(record)
    assert "derived by soaked: Who walked in the rain is soaked." in " ".join(text.split())
    assert "what derivations make of further facts is not followed" in text


@pytest.mark.slow
def test_why_is_silent_about_derivations_where_there_are_none(tmp_path: Path) -> None:
    (record,) = why(Assessor(guideline(tmp_path, {})), case(WET), "ForRain")
    assert "derivations" not in record


def test_what_if_runs_derivations_on_the_edited_case(assessor: Assessor) -> None:
    found = changed(assessor, case(RAIN), "+ex:Walk")
    assert found["ForSoaked"] == ("undetermined", "recommended")
    assert found["ForDeep"] == ("undetermined", "recommended")
    assert changed(assessor, case(WET), "-ex:Walk")["ForSoaked"] == ("recommended", "undetermined")


def test_what_if_tells_an_edit_that_a_derivation_contradicts(assessor: Assessor) -> None:
    with pytest.raises(InvalidEdit) as raised:
        what_if(assessor, case(WET), ["-ex:Soaked"])
    assert "as the derivation soaked has it" in raised.value.findings[0].message


def test_next_asks_for_no_fact_that_is_derived(assessor: Assessor) -> None:
    (before,), (after,) = (next_facts(assessor, case(one)) for one in (RAIN, WET))
    asked = [{one["term"] for one in record["facts"]} for record in (before, after)]
    assert EX + "Soaked" in asked[0]
    assert EX + "Soaked" not in asked[1]


def test_next_does_not_ask_whether_all_is_recorded_of_what_is_derived(assessor: Assessor) -> None:
    (record,) = next_facts(assessor, case(WET))
    assert EX + "Soaked" not in {one["term"] for one in record["complete"]}
