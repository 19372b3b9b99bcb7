"""What one version says in other words than the other is no difference, and all else is."""

from __future__ import annotations

from typing import Final

import pytest

from indicant.diff.statements import Statements, differences
from indicant.files.rdf import parse, text_of
from indicant.files.sources import Source
from indicant.terms import IND, OWL, PREFIXES, RDFS, STATING
from places import ONTOLOGY, ROOT

HEAD: Final = "".join(f"@prefix {name}: <{space}> .\n" for name, space in PREFIXES.items()) + (
    "@prefix : <https://example.org/> .\n@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
    "<https://example.org/> a owl:Ontology .\n"
)
NAMES: Final = {**PREFIXES, "e": "https://example.org/"}
FOUR: Final = " . ".join(
    f":{one} owl:disjointWith :{other}" for one, other in ("ab", "bc", "ca", "ad", "db", "dc")
)


def said(text: str) -> Statements:
    return Statements(Source((parse(HEAD + text, path="a.ttl"),), ""), NAMES)


def told(old: str, new: str) -> list[str]:
    """Return each difference in a line."""
    return [
        f"{one.term and one.term.rsplit('/', 1)[1]} {sign} {part.predicate.rsplit('#', 1)[1]} "
        f"{part.value}"
        for one in differences(said(old), said(new))
        for sign, parts in (("-", one.removed), ("+", one.added))
        for part in parts
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (":a owl:disjointWith :b .", ":b owl:disjointWith :a ."),
        (":a owl:equivalentClass :b .", ":b owl:equivalentClass :a ."),
        (":a owl:inverseOf :b .", ":b owl:inverseOf :a ."),
        (":a owl:sameAs :b .", ":b owl:sameAs :a ."),
        (
            "[] a owl:AllDifferent ; owl:distinctMembers ( :a :b ) .",
            ":b owl:differentFrom :a .",
        ),
        (
            "[] a owl:AllDifferent ; owl:distinctMembers ( :a :b :c ) .",
            "[] a owl:AllDifferent ; owl:members ( :c :a :b ) .",
        ),
        ("[] a owl:AllDisjointClasses ; owl:members ( :a :b :c :d ) .", f"{FOUR} ."),
        (
            "[] a owl:AllDisjointClasses ; owl:members ( :a [ owl:complementOf :c ] ) .",
            ":a owl:disjointWith [ owl:complementOf :c ] .",
        ),
        (
            "[] a owl:AllDisjointProperties ; owl:members ( :a :b ) .",
            ":a owl:propertyDisjointWith :b .",
        ),
        (":a a ind:Indication .", ":a a ind:Indication , owl:NamedIndividual ."),
        (
            ":a a owl:Class , ind:Criterion .",
            ":a a owl:Class , ind:Criterion, owl:NamedIndividual .",
        ),
        (":a a owl:Class .", ":a a owl:Class . xsd:gYear a rdfs:Datatype ."),
        (":a a owl:Class .", ":a a owl:Class . :note a owl:AnnotationProperty ."),
    ],
)
def test_the_same_in_other_words_is_no_difference(one: str, other: str) -> None:
    assert told(one, other) == []
    assert told(other, one) == []


@pytest.mark.parametrize(
    ("old", "new", "differs"),
    [
        (
            ":a owl:disjointWith :b .",
            ":c owl:disjointWith :a .",
            ["a - disjointWith e:b", "c + disjointWith e:a"],
        ),
        (
            ":b rdfs:subClassOf :a .",
            ":a rdfs:subClassOf :b .",
            ["a + subClassOf e:b", "b - subClassOf e:a"],
        ),
        (
            "[] a owl:AllDisjointClasses ; owl:members ( :a :b :c ) .",
            ":a owl:disjointWith :b , :c .",
            ["None - AllDisjointClasses e:a, e:b, e:c"],
        ),
        (
            "[] a owl:AllDifferent ; owl:distinctMembers ( :a :b ) .",
            ":a owl:disjointWith :b .",
            ["a + disjointWith e:b", "None - AllDifferent e:a, e:b"],
        ),
        (
            ":a a :Amount , owl:NamedIndividual .",
            ":a a :Amount .",
            ["a - type owl:NamedIndividual"],
        ),
        (
            ":a a owl:Class .",
            ":a a owl:Class . :note a owl:AnnotationProperty ; rdfs:label 'note' .",
            ["note + type owl:AnnotationProperty", 'note + label "note"'],
        ),
        (":a a owl:Class .", ":a a owl:Class . :b a owl:Class .", ["b + type owl:Class"]),
        (
            ":a a owl:Class .",
            ":a a owl:Class . :days a rdfs:Datatype .",
            ["days + type rdfs:Datatype"],
        ),
    ],
)
def test_what_differs_is_told(old: str, new: str, differs: list[str]) -> None:
    assert told(old, new) == differs


def test_the_shape_and_the_code_know_the_same_classes_that_state_something() -> None:
    """And every class that the core puts below one of them is known by name."""
    shapes = parse((ROOT / "shapes" / "vocabulary.ttl").read_bytes(), path="vocabulary.ttl")
    values: dict[str, list[tuple[str, str]]] = {}
    for quad in shapes.quads:
        value = text_of(quad.object)
        values.setdefault(text_of(quad.subject), []).append((quad.predicate.value, value))
    shape = "https://w3id.org/indicant/shape/Statement"
    node = next(value for path, value in values[shape] if path.endswith("#or"))
    listed = set()
    while not node.endswith("#nil"):
        cell = dict(values[node])
        (row,) = values[next(value for path, value in cell.items() if path.endswith("#first"))]
        listed.add(row[1])
        node = next(value for path, value in cell.items() if path.endswith("#rest"))
    below = {
        text_of(quad.subject)
        for file in sorted((ONTOLOGY / "core").glob("*.ttl"))
        for quad in parse(file.read_bytes(), path=file.name).quads
        if quad.predicate.value == RDFS + "subClassOf" and text_of(quad.object) in STATING
    }
    assert listed <= STATING
    assert STATING - listed == {one for one in below if one not in listed}
    assert {IND + "Indication", IND + "NonIndication"} <= below
    assert OWL + "Ontology" in listed
