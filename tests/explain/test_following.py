"""How a value follows from others stands among the reasons."""

from __future__ import annotations

import pytest

from indicant.assess.assessor import Assessor
from indicant.explain.why import why
from indicant.files.rdf import parse
from places import ROOT

EXAMPLES = ROOT / "docs" / "examples"
CASE = """@prefix ind: <https://w3id.org/indicant/core/> .
@prefix knee: <https://example.org/knee/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<https://example.org/case#case> a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ;
"""
STRONG = "ind:received [ a <https://example.org/expression/StrongTablet> ;"
SURGERY = 'ind:received [ a knee:Surgery ; ind:on "2026-11-01"^^xsd:date ]'


@pytest.mark.many(5)
@pytest.mark.parametrize(
    ("example", "said", "told"),
    [
        (
            "expression",
            f"{STRONG} knee:tablets 4 ]",
            [
                "strength in mg 2.5 of strong tablet, tablets a day 4, "
                "dose in mg a day 10 by tablets * strength"
            ],
        ),
        (
            "expression",
            f"{STRONG} knee:tablets 4 ; knee:strength 5 ]",
            ["strength in mg 5, tablets a day 4, dose in mg a day 20 by tablets * strength"],
        ),
        (
            "expression",
            f"{STRONG} ind:bounds [ a ind:Bounds ; ind:of knee:tablets ; ind:minInclusive 4 ] ]",
            [
                "strength in mg 2.5 of strong tablet, tablets a day at least 4, "
                "dose in mg a day at least 10 by tablets * strength"
            ],
        ),
        (
            "expression",
            f"{STRONG} knee:dose 12 ]",
            ["dose in mg a day 12"],
        ),
        (
            "interval",
            f'{SURGERY} ; ind:received [ a knee:Exercise ; ind:on "2026-11-11"^^xsd:date ]',
            [
                "days after surgery at least 1 and at most 10",
                "a surgery, on 2026-11-01",
            ],
        ),
        (
            "interval",
            f"{SURGERY} ; ind:recordsAll knee:Surgery ; "
            'ind:received [ a knee:Exercise ; ind:on "2026-11-11"^^xsd:date ]',
            ["days after surgery 10", "a surgery, on 2026-11-01"],
        ),
    ],
)
def test_a_value_is_told_with_what_it_follows_from(
    example: str, said: str, told: list[str]
) -> None:
    assessor = Assessor(EXAMPLES / example)
    (record,) = why(assessor, parse(f"{CASE} {said} .", path="case.ttl"), "Splint")
    (fact,) = record["reasons"][0]["because"]
    assert [one["statement"] for one in fact["nodes"]] == told
    assert all(one["line"] is not None for one in fact["nodes"])
