"""What was there before: told with its reasons, asked for, edited, never taken for the present."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from indicant.api.case import Case
from indicant.api.guideline import Guideline
from indicant.assess.assessor import Assessor, InvalidCase
from indicant.errors import IndicantError
from indicant.explain import next as next_
from indicant.explain import why as why_
from indicant.explain.whatif import InvalidEdit, WhatIfRecord, as_text, what_if
from indicant.files.rdf import parse
from indicant.possible.verification import verify
from indicant.terms import local_name
from oracle import source_of

if TYPE_CHECKING:
    from pathlib import Path

    from indicant.assess.records import CaseRecord

GUIDELINE = """\
@prefix : <https://example.org/roof/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<https://example.org/roof/> a owl:Ontology , ind:Guideline ;
    rdfs:label "roofs"@en ; owl:imports ind: .
:Leak a owl:Class ; rdfs:subClassOf ind:Finding ; rdfs:label "leak"@en ;
    ind:question "Does it leak?"@en .
:Flood a owl:Class ; rdfs:subClassOf :Leak ; rdfs:label "flood"@en ;
    ind:question "Is it flooded?"@en .
:Look a owl:Class ; rdfs:subClassOf ind:Investigation ; rdfs:label "look"@en .
:Tar a owl:Class ; rdfs:subClassOf ind:Intervention ; rdfs:label "tar"@en .
:Tiles a owl:Class ; rdfs:subClassOf ind:Intervention ; rdfs:label "tiles"@en .
:depth a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:label "depth"@en ;
    rdfs:range xsd:decimal ; ind:question "How deep is it?"@en .
:Ever a owl:Class , ind:Criterion ; rdfs:subClassOf ind:PatientCase ; owl:equivalentClass [
    a owl:Restriction ; owl:onProperty ind:hadFinding ; owl:someValuesFrom :Leak ] .
:Over a owl:Class , ind:Criterion ; rdfs:subClassOf ind:PatientCase ; owl:equivalentClass [
    a owl:Class ; owl:intersectionOf (
        ind:PatientCase
        [ a owl:Restriction ; owl:onProperty ind:hadFinding ; owl:someValuesFrom [
            a owl:Class ; owl:intersectionOf ( :Leak
                [ a owl:Restriction ; owl:onProperty :depth ; owl:someValuesFrom [
                    a rdfs:Datatype ; owl:onDatatype xsd:decimal ;
                    owl:withRestrictions ( [ xsd:minInclusive 3 ] ) ] ] ) ] ]
        [ a owl:Class ; owl:complementOf
            [ a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:someValuesFrom :Leak ] ] ) ] .
:tar a ind:Indication ; dcterms:isPartOf <https://example.org/roof/> ;
    rdfs:label "tar it"@en ; ind:action :Tar ; ind:criterion :Ever ; ind:urgency ind:Routine .
:tiles a ind:Indication ; dcterms:isPartOf <https://example.org/roof/> ;
    rdfs:label "tile it"@en ; ind:action :Tiles ; ind:criterion :Over ; ind:urgency ind:Routine .
"""
LEAD = """\
@prefix : <https://example.org/house#> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix roof: <https://example.org/roof/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
LEAK = ':leak a roof:Leak ; roof:depth 4 ; ind:onset "2019-03-01"^^xsd:date'
GONE = f'{LEAK} ; ind:endedOn "2019-04-01"^^xsd:date .'


@pytest.fixture(scope="module")
def assessor(tmp_path_factory: pytest.TempPathFactory) -> Assessor:
    path = tmp_path_factory.mktemp("roof") / "guideline.ttl"
    path.write_text(GUIDELINE, encoding="utf-8")
    return Assessor(path)


def text_of(facts: str, nodes: str = "") -> str:
    return f'{LEAD}:case a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date{facts} .\n{nodes}\n'


def assessed(assessor: Assessor, facts: str, nodes: str = "") -> CaseRecord:
    document = parse(text_of(facts, nodes), path="case.ttl")
    (record,) = assessor.assess(document, everything=True)
    return record


def statuses(record: CaseRecord) -> dict[str, str]:
    return {local_name(one["action"]): one["status"] for one in record["actions"]}


@pytest.mark.parametrize(
    ("facts", "nodes", "tar", "tiles"),
    [
        ("", "", "undetermined", "undetermined"),
        (" ; ind:excludes roof:Leak", "", "undetermined", "undetermined"),
        (" ; ind:neverHad roof:Leak", "", "not-applicable", "not-applicable"),
        (" ; ind:neverHad roof:Flood", "", "undetermined", "undetermined"),
        (" ; ind:recordsAll roof:Leak", "", "not-applicable", "not-applicable"),
        (" ; ind:hadFinding :leak", GONE, "recommended", "undetermined"),
        (" ; ind:hadFinding :leak ; ind:excludes roof:Leak", GONE, "recommended", "recommended"),
        (" ; ind:hadFinding :leak ; ind:recordsAll roof:Leak", GONE, "recommended", "recommended"),
        (" ; ind:hasFinding :leak", f"{LEAK} .", "recommended", "not-applicable"),
        (
            " ; ind:received [ a roof:Look ; ind:shows :leak ]",
            f"{LEAK} .",
            "recommended",
            "not-applicable",
        ),
    ],
)
def test_the_past_and_the_present_are_two_things(
    facts: str, nodes: str, tar: str, tiles: str, assessor: Assessor
) -> None:
    assert statuses(assessed(assessor, facts, nodes)) == {"Tar": tar, "Tiles": tiles}


def test_a_reason_is_told_once_and_by_what_it_says(assessor: Assessor) -> None:
    record = assessed(assessor, " ; ind:hasFinding :leak ; ind:hadFinding :leak", f"{LEAK} .")
    (tar,) = (one for one in record["actions"] if one["label"] == "tar")
    assert [(one["literal"], list(map(local_name, one["nodes"]))) for one in tar["because"]] == [
        ("leak at any time", ["leak"])
    ]
    record = assessed(assessor, " ; ind:hadFinding :leak ; ind:excludes roof:Leak", GONE)
    (tiles,) = (one for one in record["actions"] if one["label"] == "tiles")
    assert {one["literal"]: list(map(local_name, one["nodes"])) for one in tiles["because"]} == {
        "leak at any time with depth at least 3": ["leak"],
        "no leak": ["case"],
    }


def test_why_names_the_statement_that_there_never_was_any(assessor: Assessor) -> None:
    document = parse(text_of(" ; ind:neverHad roof:Leak"), path="case.ttl")
    (record,) = why_.why(assessor, document, "tar")
    text = why_.as_text(record)
    assert "no leak at any time\n        case never had leak (case.ttl:5)" in text
    assert "leak at any time -> recommended" in text


def test_what_is_not_known_is_asked_about_the_past(assessor: Assessor) -> None:
    (record,) = next_.next_facts(assessor, parse(text_of(""), path="case.ttl"))
    asked = {one["label"]: one["question"] for one in record["facts"]}
    assert asked["leak at any time"] == "Has there ever been leak?"
    assert asked["leak"] == "Does it leak?"
    deep = "Has there ever been leak? How deep is it?"
    assert asked["leak at any time with depth at least 3"] == deep
    (first, *_) = record["facts"]
    assert first["label"] == "leak at any time"
    assert {one["label"]: one["status"] for one in first["absent"]} == {
        "tar": "not-applicable",
        "tiles": "not-applicable",
    }


# ---------------------------------------------------------------------- edits


def edited(assessor: Assessor, edits: list[str], facts: str = "", nodes: str = "") -> WhatIfRecord:
    document = parse(text_of(facts, nodes), path="case.ttl")
    (record,) = what_if(assessor, document, edits)
    return record


def said(record: WhatIfRecord) -> tuple[set[str], set[str]]:
    """Return what was taken back and what was put, in words."""
    lines = as_text(record).splitlines()
    return tuple(  # type: ignore[return-value]
        {line.removeprefix(word).strip() for line in lines if line.startswith(word)}
        for word in ("  without", "  with ")
    )


PRESENT = (" ; ind:hasFinding :leak", f"{LEAK} .")
BEFORE = (" ; ind:hadFinding :leak", GONE)


@pytest.mark.parametrize(
    ("edits", "case", "without", "put"),
    [
        (["+ever:Leak"], ("", ""), set(), {"case hadFinding Leak", "Leak a Leak"}),
        (["-ever:Leak"], ("", ""), set(), {"case neverHad Leak"}),
        (["+ever:Leak"], PRESENT, set(), set()),
        (["+ever:Leak"], BEFORE, set(), set()),
        (["+Leak"], BEFORE, set(), {"case hasFinding Leak", "Leak a Leak"}),
        (["-Leak"], BEFORE, set(), {"case excludes Leak"}),
        (
            ["+ever:leak"],
            (" ; ind:excludes roof:Leak", ""),
            set(),
            {"case hadFinding Leak", "Leak a Leak"},
        ),
        (
            ["+ever:Flood"],
            (" ; ind:neverHad roof:Leak", ""),
            {"case neverHad Leak"},
            {"case hadFinding Flood", "Flood a Flood"},
        ),
        (
            ["+Leak"],
            (" ; ind:neverHad roof:Leak", ""),
            {"case neverHad Leak"},
            {"case hasFinding Leak", "Leak a Leak"},
        ),
        (
            ["leak:endedOn=2020-01-01"],
            PRESENT,
            {"case hasFinding leak"},
            {"case hadFinding leak", "leak endedOn 2020-01-01"},
        ),
        (
            ["Leak:onset=2019-01-01", "Leak:endedOn=2020-01-01"],
            (" ; ind:excludes roof:Leak", ""),
            set(),
            {"case hadFinding Leak", "Leak a Leak", "Leak onset 2019-01-01"}
            | {"Leak endedOn 2020-01-01"},
        ),
        (
            ["leak:on=2020-01-01"],
            BEFORE,
            {"leak onset 2019-03-01", "leak endedOn 2019-04-01"},
            {"leak on 2020-01-01"},
        ),
        (
            ["+ever:Leak", "-Leak"],
            ("", ""),
            set(),
            {"case excludes Leak"} | {"case hadFinding Leak", "Leak a Leak"},
        ),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else "",
)
def test_an_edit_of_the_past_takes_back_what_contradicts_it(
    edits: list[str],
    case: tuple[str, str],
    without: set[str],
    put: set[str],
    assessor: Assessor,
) -> None:
    assert said(edited(assessor, edits, *case)) == (without, put)


def test_what_never_was_is_not_there_now_either(assessor: Assessor) -> None:
    for edit in ("-ever:Leak", "~Leak"):
        for case in (PRESENT, BEFORE):
            without, put = said(edited(assessor, [edit], *case))
            assert "leak a Leak" in without
            assert put == ({"case neverHad Leak"} if edit[0] == "-" else set())
    record = edited(assessor, ["-ever:Leak"], *BEFORE)
    changed = {local_name(one["action"]): one["after"] for one in record["differences"]}
    assert changed == {"Tar": "not-applicable", "Tiles": "not-applicable"}


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        (["+ever:Leak", "-ever:Leak"], "say that it never had"),
        (["+Leak", "-ever:Leak"], "say that it never had"),
        (["+Leak", "Leak:endedOn=2020-01-01"], "shall have neither an end"),
    ],
)
def test_edits_of_the_past_never_take_back_one_another(
    edits: list[str], message: str, assessor: Assessor
) -> None:
    for given in (edits, edits[::-1]):
        with pytest.raises(InvalidEdit) as caught:
            edited(assessor, given)
        assert any(message in one.message for one in caught.value.findings)


@pytest.mark.parametrize(
    ("edit", "message", "advice"),
    [
        ("+ever:", "names no term", "+ever:Term"),
        ("+ever:Leek", "is called 'Leek'", "Leak"),
        ("-ever:Tar", "is about an intervention", "write  -Tar"),
        ("~ever:Leak", "is called 'ever:Leak'", ""),
    ],
)
def test_a_malformed_edit_of_the_past_is_told(
    edit: str, message: str, advice: str, assessor: Assessor
) -> None:
    with pytest.raises(IndicantError) as caught:
        edited(assessor, [edit])
    assert message in str(caught.value)
    assert advice in (caught.value.help or "")


# ---------------------------------------------------------------------- said in Python, and proven


@cache
def guideline(path: Path) -> Guideline:
    return Guideline.load(path)


def test_a_case_is_said_to_have_had_a_finding_or_none(tmp_path: Path) -> None:
    path = tmp_path / "guideline.ttl"
    path.write_text(GUIDELINE, encoding="utf-8")
    made = guideline(path)
    case = Case(as_of="2026-11-22")
    had = case.had("leak", since="2019-03-01", until="2019-04-01", depth=4).excludes("leak")
    found = {one.label: one.status for one in made.assess(had).actions}
    assert found == {"tar": "recommended", "tiles": "recommended"}
    text = made.to_turtle(had)
    assert "ind:hadFinding" in text
    assert 'ind:endedOn "2019-04-01"^^xsd:date' in text
    never = made.assess(case.never_had("leak"))
    assert {one.status for one in never.actions} <= {"not-applicable"}
    with pytest.raises(InvalidCase, match="1 finding"):
        made.assess(case.had("flood").never_had("leak"))


def test_verification_shows_the_past_in_its_cases() -> None:
    """Tar where there was a leak and none where one is over: the smallest case has had one."""
    clash = GUIDELINE.replace(":tiles a ind:Indication", ":tiles a ind:Contraindication").replace(
        "ind:action :Tiles", "ind:action :Tar"
    )
    (found,) = (one for one in verify(source_of(clash)).results if one.rule == "conflict")
    assert "leak in the past with depth 3" in found.message
    assert "no leak" in found.message
    assert found.witness is not None
    assert "ind:hadFinding :leak" in found.witness
    assert "ind:excludes :Leak" in found.witness or "ind:excludes <" in found.witness
