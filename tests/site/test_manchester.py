"""Class expressions are said as the Manchester syntax has them, by hand for each construct."""

from __future__ import annotations

import pytest

from indicant.files.rdf import parse
from indicant.files.sources import Source
from indicant.site.manchester import Manchester
from indicant.terms import local_name

HEAD = """@prefix : <https://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
RESTRICTION = "[ a owl:Restriction ; owl:onProperty :p ; %s ]"
DATATYPE = "[ a rdfs:Datatype ; owl:onDatatype xsd:integer ; owl:withRestrictions ( %s ) ]"


@pytest.mark.parametrize(
    ("turtle", "said"),
    [
        (":B", "B"),
        ("[ owl:intersectionOf ( :B :C ) ]", "B\nand C"),
        ("[ owl:unionOf ( :B [ owl:intersectionOf ( :C :D ) ] ) ]", "B\nor (C\n    and D)"),
        ("[ owl:complementOf :B ]", "not B"),
        ("[ owl:complementOf [ owl:complementOf :B ] ]", "not (not B)"),
        ("[ owl:oneOf ( :a :b ) ]", "{a, b}"),
        (RESTRICTION % "owl:someValuesFrom :B", "p some B"),
        (RESTRICTION % "owl:allValuesFrom :B", "p only B"),
        (RESTRICTION % "owl:hasValue :a", "p value a"),
        (RESTRICTION % 'owl:hasValue "a"', 'p value "a"'),
        (RESTRICTION % "owl:hasValue true", "p value true"),
        (RESTRICTION % "owl:hasValue 1.5", "p value 1.5"),
        (RESTRICTION % "owl:minCardinality 1", "p min 1 "),
        (RESTRICTION % "owl:maxCardinality 2", "p max 2 "),
        (RESTRICTION % "owl:cardinality 3", "p exactly 3 "),
        (RESTRICTION % "owl:minQualifiedCardinality 1 ; owl:onClass :B", "p min 1 B"),
        (RESTRICTION % "owl:maxQualifiedCardinality 2 ; owl:onClass :B", "p max 2 B"),
        (RESTRICTION % "owl:qualifiedCardinality 3 ; owl:onClass :B", "p exactly 3 B"),
        (RESTRICTION % "owl:maxQualifiedCardinality 2 ; owl:onDataRange :r", "p max 2 r"),
        (DATATYPE % "[ xsd:minInclusive 1 ] [ xsd:maxExclusive 5 ]", "integer[>= 1, < 5]"),
        (DATATYPE % "[ xsd:minExclusive 1 ] [ xsd:maxInclusive 5 ]", "integer[> 1, <= 5]"),
        ("[ owl:inverseOf :p ]", "…"),
    ],
)
def test_a_construct_is_said_as_it_is_written(turtle: str, said: str) -> None:
    text = f"{HEAD}@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
    text += f":A owl:equivalentClass {turtle} ."
    source = Source((parse(text, path="a.ttl"),), "")
    words = Manchester(source, lambda name: local_name(name.value)).definition(
        "https://example.org/A"
    )
    assert "".join(word.text for word in words) == said
    assert {word.text for word in words if word.iri} == {
        local_name(word.iri) for word in words if word.iri
    }
