"""What is not known is asked for in words that fit its role, and once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from indicant import Assessment, Case, Guideline
from making import PREFIXES

if TYPE_CHECKING:
    from pathlib import Path

GUIDELINE = f"""{PREFIXES}
ex:Rain a owl:Class ; rdfs:label "rain"@en ; rdfs:subClassOf ind:Finding ;
  ind:question "Does it rain, and how deep is it?"@en .
ex:Hail a owl:Class ; rdfs:label "hail"@en ; rdfs:subClassOf ind:Finding ;
  ind:question "Does anything fall?"@en .
ex:Snow a owl:Class ; rdfs:label "snow"@en ; rdfs:subClassOf ind:Finding ;
  ind:question "Does anything fall?"@en .
ex:Umbrella a owl:Class ; rdfs:label "umbrella"@en ; rdfs:subClassOf ind:Intervention ;
  ind:question "Has an umbrella been given?"@en .
ex:Boat a owl:Class ; rdfs:label "boat"@en ; rdfs:subClassOf ind:Intervention .
ex:depth a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:label "depth"@en ;
  rdfs:range xsd:integer ; ind:question "How many centimetres?"@en .
ex:speed a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:label "speed"@en ;
  rdfs:range xsd:integer ; ind:question "And how fast?"@en .
ex:C a owl:Class , ind:Criterion ; owl:equivalentClass [ a owl:Class ; owl:unionOf ( %s ) ] .
ex:R a ind:Indication ; rdfs:label "take a boat"@en ; ind:action ex:Boat ; ind:criterion ex:C .
"""


def some(role: str, filler: str) -> str:
    return f"[ a owl:Restriction ; owl:onProperty {role} ; owl:someValuesFrom {filler} ]"


def bounded(name: str) -> str:
    return some(
        name,
        "[ a rdfs:Datatype ; owl:onDatatype xsd:integer ; "
        "owl:withRestrictions ( [ xsd:minInclusive 3 ] ) ]",
    )


def faceted(*names: str, role: str = "ind:hasFinding") -> str:
    facets = " ".join(map(bounded, names))
    return some(role, f"[ a owl:Class ; owl:intersectionOf ( ex:Rain {facets} ) ]")


def asked(folder: Path, *parts: str) -> Assessment:
    """Return the assessment of an empty case by the union of some classes of cases."""
    path = folder / "guideline.ttl"
    path.write_text(GUIDELINE % " ".join(parts), encoding="utf-8")
    return Guideline.load(path, use_cache=False).assess(Case(as_of="2026-11-28"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "question"),
    [
        (some("ind:hasFinding", "ex:Rain"), "Does it rain, and how deep is it?"),
        (faceted("ex:depth"), "rain: How many centimetres?"),
        (faceted("ex:speed", "ex:depth"), "rain: And how fast? How many centimetres?"),
        (some("ind:hadFinding", "ex:Rain"), "Has there ever been rain?"),
        (
            faceted("ex:speed", "ex:depth", role="ind:hadFinding"),
            "Has there ever been rain? And how fast? How many centimetres?",
        ),
        (some("ind:received", "ex:Umbrella"), "Has an umbrella been given?"),
        (some("ind:proposes", "ex:Umbrella"), "Is this so: umbrella proposed?"),
    ],
)
def test_a_question_is_that_of_its_role_and_of_its_facets(
    tmp_path: Path, part: str, question: str
) -> None:
    found = asked(tmp_path, part)
    (awaited,) = found["boat"].awaiting
    assert awaited.question == question
    assert question in str(found)
    assert question in found.to_markdown()
    assert found.what_next().facts[0].question == question
    table = Guideline.load(tmp_path).ask("what-is-to-be-asked", Case(as_of="2026-11-28"))
    assert [row["question"] for row in table] == [question]


@pytest.mark.slow
def test_the_same_question_about_two_facts_says_which(tmp_path: Path) -> None:
    found = asked(tmp_path, some("ind:hasFinding", "ex:Hail"), some("ind:hasFinding", "ex:Snow"))
    assert len(found["boat"].awaiting) == 2
    for text in (str(found), found.to_markdown()):
        assert text.count("Does anything fall?") == 2
        assert "Does anything fall? Is this so: hail?\n" in text
        assert "Does anything fall? Is this so: snow?\n" in text
