"""Why, what next and what if, where a criterion follows from one record to another."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import pytest

from indicant.assess.assessor import Assessor
from indicant.errors import IndicantError
from indicant.explain.next import next_facts
from indicant.explain.whatif import what_if
from indicant.explain.why import why
from indicant.files.rdf import Document, parse, read
from indicant.terms import local_name
from places import ROOT

if TYPE_CHECKING:
    from indicant.explain.whatif import WhatIfRecord

FOLDER = ROOT / "docs" / "examples" / "nested"
PREFIXES = """
@prefix : <https://example.org/case#> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix knee: <https://example.org/knee/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
CASE = '\n:case a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ; '


@functools.cache
def assessor() -> Assessor:
    return Assessor(FOLDER / "guideline.ttl")


def document(text: str) -> Document:
    return parse(PREFIXES + CASE + text, path="case.ttl")


def statements(name: str) -> dict[str, list[tuple[str, int | None]]]:
    """Return what each fact that decides rests on, with the lines."""
    (record,) = why(assessor(), read(FOLDER / f"{name}.ttl"), "Splint")
    return {
        fact["label"]: [(node["statement"], node["line"]) for node in fact["nodes"]]
        for argument in record["reasons"]
        for fact in argument["because"]
    }


def edited(told: Document, *edits: str) -> WhatIfRecord:
    (record,) = what_if(assessor(), told, list(edits))
    return record


def test_a_reason_shows_the_statements_of_related_records_as_well() -> None:
    assert statements("met") == {
        "exercise received with reason pain": [("reason pain", 15), ("a pain at night", 19)],
        "exercise received with reason (of any kind with grade at least 7)": [
            ("reason pain", 15),
            ("grade 8", 20),
        ],
        "exercise received with reason (of any kind with found at scan)": [
            ("reason pain", 15),
            ("found at scan", 21),
            ("a scan", 25),
        ],
    }


def test_so_does_one_for_what_does_not_hold() -> None:
    (said,) = statements("refuted").values()
    assert [line for _, line in said] == [11, 13]
    assert said[1][0] == "grade 5"


def test_what_settles_it_is_asked_for() -> None:
    found = next_facts(assessor(), read(FOLDER / "open.ttl"))
    labels = [fact["label"] for one in found for fact in one["facts"]]
    assert labels == ["exercise received with reason (of any kind with found at scan)"]


def test_who_forgets_a_record_forgets_what_it_alone_leads_to() -> None:
    text = "ind:received :run . :run a knee:Exercise ; knee:reason :pain . :pain a knee:Pain ."
    record = edited(document(text), "~Exercise")
    gone = {(local_name(one["subject"]), local_name(one["path"])) for one in record["takenBack"]}
    assert ("case#pain", "type") in gone or ("pain", "type") in gone
    kept = edited(document(f"ind:hasFinding :pain ; {text}"), "~Exercise")
    assert not any("pain" in one["subject"] for one in kept["takenBack"])


def test_a_record_is_led_to_another_one_of_the_case() -> None:
    text = """ind:hasFinding :night ; ind:received :run , :scan .
:run a knee:Exercise ; knee:reason [ a knee:Swelling ] . :scan a knee:Scan .
:night a knee:PainAtNight ; knee:grade 9 ; knee:foundAt :scan .
"""
    record = edited(document(text), "Exercise:reason=:night")
    assert [(one["before"], one["after"]) for one in record["differences"]] == [
        ("undetermined", "recommended")
    ]
    with pytest.raises(IndicantError, match="node of the case"):
        edited(document(text), "Exercise:reason=Mild")
