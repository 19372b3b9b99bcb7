"""One value out of many records, against a search through all that the records may be."""

from __future__ import annotations

import functools
import random
from typing import TYPE_CHECKING, Final

import pytest

from each import each
from indicant.assess.assessor import Assessor
from indicant.files.rdf import parse
from series import (
    ALL,
    AS_OF,
    EX,
    HEAD,
    PREFIXES,
    Case,
    Kind,
    chosen,
    document,
    guideline,
    random_case,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


KINDS: Final = (Kind(), Kind(done=True), Kind(signed=True), Kind(done=True, signed=True))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("quantities")


def path_of(folder: Path, of: Kind) -> Path:
    path = folder / f"guideline-{KINDS.index(of)}.ttl"
    if not path.exists():
        path.write_text(guideline(of), encoding="utf-8")
    return path


@functools.cache
def assessor(path: Path, engine: str) -> Assessor:
    return Assessor(path, engine=engine)


def answers(path: Path, cases: Sequence[Case], engine: str = "oxigraph") -> list[dict[str, str]]:
    """Return what is answered of each case, by the name of the quantity."""
    records = assessor(path, engine).assess(
        parse(document(cases), path="case.ttl"), everything=True
    )
    return [
        {
            one["iri"].removeprefix(EX + "r-"): one["answer"]
            for action in record["actions"]
            for one in action["recommendations"]
        }
        for record in records
    ]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_quantity_is_known_as_far_as_its_records_are(folder: Path, seed: int) -> None:
    """It is never said to be what it may not be, and open only where something is vague.

    Something is where there are fewer records than it takes since the day from which on all are
    recorded: either there are more before, or there is no such quantity. That there is a mean is
    told only where something is known of it.
    """
    choose = random.Random(seed)  # noqa: S311 - not for secrets
    of = KINDS[seed]
    cases = [*chosen(of), *(random_case(choose, of) for _ in range(40))]
    found = answers(path_of(folder, of), cases)
    told = {"met": 0, "refuted": 0, "open": 0}
    for case, row in each(list(zip(cases, found, strict=True))):
        for quantity in ALL:
            mine, theirs = row[quantity.name], case.answer(quantity)
            told[theirs] += 1
            vague = case.vague or (quantity.last is not None and case.complete == "since")
            vague |= quantity.limit is None
            assert mine in ({theirs, "open"} if vague else {theirs}), (case, quantity)
    assert min(told.values()) > 20


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["rdflib", "hermit"])
def test_engines_agree_about_quantities(folder: Path, engine: str) -> None:
    choose = random.Random(99)  # noqa: S311 - not for secrets
    path = path_of(folder, Kind())
    cases = [random_case(choose) for _ in range(6)]
    assert answers(path, cases, engine) == answers(path, cases)


NONE = f"""{HEAD}
:Dose a owl:Class ; rdfs:subClassOf ind:Intervention .
:Splint a owl:Class ; rdfs:subClassOf ind:Intervention .
:MeanLevel a owl:Class , ind:Quantity ; rdfs:subClassOf ind:Finding ;
    ind:over :Measure ; ind:ofProperty :level ; ind:aggregate ind:Mean ; ind:last 2 .
:Doses a owl:Class , ind:Quantity ; rdfs:subClassOf ind:Finding ;
    ind:over :Dose ; ind:aggregate ind:Count .
:High a owl:Class , ind:Criterion ; rdfs:subClassOf ind:PatientCase ; owl:equivalentClass
    [ a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:someValuesFrom [ a owl:Class ;
      owl:intersectionOf ( :MeanLevel [ a owl:Restriction ; owl:onProperty :level ;
        owl:someValuesFrom [ a rdfs:Datatype ; owl:onDatatype xsd:decimal ;
          owl:withRestrictions ( [ xsd:minInclusive 25 ] ) ] ] ) ] ] .
:Dosed a owl:Class , ind:Criterion ; rdfs:subClassOf ind:PatientCase ; owl:equivalentClass
    [ a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:someValuesFrom [ a owl:Class ;
      owl:intersectionOf ( :Doses [ a owl:Restriction ; owl:onProperty ind:count ;
        owl:someValuesFrom [ a rdfs:Datatype ; owl:onDatatype xsd:integer ;
          owl:withRestrictions ( [ xsd:minInclusive 1 ] ) ] ] ) ] ] .
:r-High a ind:Indication ; dcterms:isPartOf <{EX}> ; ind:action :Splint ; ind:criterion :High ;
    ind:urgency ind:Routine .
:r-Dosed a ind:Indication ; dcterms:isPartOf <{EX}> ; ind:action :Splint ; ind:criterion :Dosed ;
    ind:urgency ind:Routine .
"""


@pytest.mark.parametrize("engine", ["oxigraph", pytest.param("hermit", marks=pytest.mark.slow)])
def test_nothing_is_computed_of_what_there_never_was(tmp_path: Path, engine: str) -> None:
    """What is absent now may have been there before; an intervention excluded was never done."""
    path = tmp_path / "guideline.ttl"
    path.write_text(NONE, encoding="utf-8")
    answered = {
        "ind:neverHad :Measure": ("refuted", "open"),
        "ind:neverHad :Thing": ("refuted", "open"),
        "ind:excludes :Measure": ("open", "open"),
        "ind:excludes :Dose": ("open", "refuted"),
        "ind:neverHad :Other": ("open", "open"),
    }
    for said, (high, dosed) in each(answered.items()):
        case = f':c a ind:PatientCase ; ind:asOf "{AS_OF}"^^xsd:date ; {said} .'
        (record,) = Assessor(path, engine=engine).assess(
            parse(PREFIXES + case, path="case.ttl"), everything=True
        )
        (action,) = record["actions"]
        found = {
            one["iri"].removeprefix(f"{EX}r-"): one["answer"] for one in action["recommendations"]
        }
        assert found == {"High": high, "Dosed": dosed}, said


@pytest.mark.slow
def test_a_record_of_two_classes_is_counted_where_both_are_demanded(tmp_path: Path) -> None:
    """No class is below both; the record is of both nevertheless."""
    path = tmp_path / "guideline.ttl"
    large = f"{NONE}:Large a owl:Class ; rdfs:subClassOf ind:Intervention .\n"
    path.write_text(
        large.replace("ind:over :Dose ;", "ind:over :Dose ; ind:where :Large ;"), encoding="utf-8"
    )
    answered = {":Dose , :Large": "met", ":Dose": "refuted", ":Large": "refuted"}
    for classes, right in each(answered.items()):
        said = f"ind:received [ a {classes} ] ; ind:recordsAll :Dose , :Large"
        (found,) = Assessor(path).assess(
            parse(
                f'{PREFIXES} :c a ind:PatientCase ; ind:asOf "{AS_OF}"^^xsd:date ; {said} .',
                path="case.ttl",
            ),
            everything=True,
        )
        told = {
            one["iri"].removeprefix(f"{EX}r-"): one["answer"]
            for action in found["actions"]
            for one in action["recommendations"]
        }
        assert told["Dosed"] == right, classes
