"""Every shape says what is wrong and what to do, and how bad it is, whatever it finds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest
from rdflib import Graph, Literal
from rdflib.namespace import RDF, SH

from each import each
from indicant.author.rules import shape_rules
from indicant.guideline.wording import languages
from places import ROOT

if TYPE_CHECKING:
    from rdflib.term import Node

FILES: Final = sorted((ROOT / "shapes").glob("*.ttl"))
TARGETS: Final = (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf, SH.targetNode, SH.target)
LESS_THAN_A_VIOLATION: Final = {
    "assessment": {"Assessment-guideline": "Warning", "Decision-passage": "Warning"},
    "case": {"Bounds-unit": "Warning", "Node-cycle": "Warning", "Node-unit": "Warning"},
    "guideline": {"Contraindication-source": "Info"},
    "vocabulary": {
        "Deprecation-use": "Warning",
        "Individual-use": "Warning",
        "Label-case": "Warning",
        "Property-use": "Warning",
        "Restriction-question": "Warning",
    },
}


def in_english(graph: Graph, node: Node, *links: Node) -> list[str]:
    return [
        str(value)
        for link in links
        for value in graph.objects(node, link)
        if isinstance(value, Literal) and value.language == "en"
    ]


@pytest.mark.parametrize("name", [file.stem for file in FILES])
def test_a_shape_says_what_is_wrong_and_what_to_do(name: str) -> None:
    graph = Graph().parse(ROOT / "shapes" / f"{name}.ttl")
    kinds = (SH.NodeShape, SH.PropertyShape)
    shapes = {one for kind in kinds for one in graph.subjects(RDF.type, kind)}
    targeted = [one for one in shapes if any((one, link, None) in graph for link in TARGETS)]
    for shape in each(targeted):
        constraints = list(graph.objects(shape, SH.sparql))
        told = [
            one for each_ in (shape, *constraints) for one in in_english(graph, each_, SH.message)
        ]
        assert told, shape
        assert all("shall" in one for one in told), (shape, told)
        (description,) = in_english(graph, shape, SH.description)
        assert description.endswith("."), shape


@pytest.mark.parametrize("language", languages())
def test_what_shapes_of_a_case_say_is_there_in_each_language(language: str) -> None:
    """Each message has one text in the language, with the places of the English one."""
    graph = Graph().parse(ROOT / "shapes" / "case.ttl")
    said: dict[Node, dict[str | None, list[str]]] = {}
    for node, _, text in graph.triples((None, SH.message, None)):
        assert isinstance(text, Literal)
        said.setdefault(node, {}).setdefault(text.language, []).append(str(text))
    assert len(said) > 70
    for texts in each(said.values()):
        (english,), (other,) = texts["en"], texts[language]
        assert sorted(re.findall(r"{\?\w+}", other)) == sorted(re.findall(r"{\?\w+}", english))
    told = [one for texts in said.values() for one in texts[language]]
    assert len(told) == len(said)
    assert language == "en" or not {one for texts in said.values() for one in texts["en"]} & {*told}


@pytest.mark.parametrize("name", [file.stem for file in FILES])
def test_what_is_less_than_a_violation_is_listed(name: str) -> None:
    graph = Graph().parse(ROOT / "shapes" / f"{name}.ttl")
    found = {
        str(shape).rsplit("/", 1)[-1]: str(severity).rsplit("#", 1)[-1]
        for shape, severity in graph.subject_objects(SH.severity)
    }
    assert found == LESS_THAN_A_VIOLATION[name]


@pytest.mark.parametrize("name", [file.stem for file in FILES])
def test_rules_are_summed_up_in_english(name: str) -> None:
    assert all("shall" in one.summary for one in each(shape_rules(name)))
