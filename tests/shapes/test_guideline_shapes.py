"""The shapes of a guideline: what each of them refuses, and that engines agree on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rdflib import OWL, RDF, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, SKOS

from places import SHAPES
from shaping import (
    broken,
    broken_fast,
    core_text,
    described,
    expected,
    expected_shapes,
    hold_to_one_message_each,
    name,
    printed,
    seed,
    side_by_side,
    text_of,
)

if TYPE_CHECKING:
    from pathlib import Path

HERE = SHAPES / "guideline"
FOLDERS = sorted(HERE.glob("*-*"))
FILE = "guideline"
pytestmark = pytest.mark.usefixtures("_prepared")
IND = Namespace("https://w3id.org/indicant/core/")
BIBO = Namespace("http://purl.org/ontology/bibo/")
G = Namespace("https://w3id.org/indicant/guideline/neck-pain-after-lumbar-fusion/")


def read(folder: Path) -> str:
    """Return a guideline with what all of the folders have in common, which is sound."""
    return core_text() + text_of(HERE / "common.ttl", folder / "guideline.ttl")


@pytest.mark.many(4)
@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_a_guideline_gets_its_findings(folder: Path) -> None:
    assert printed(broken_fast(FILE, read(folder))) == expected(folder)


@pytest.mark.slow
def test_engines_agree() -> None:
    """What the folders have in common is left out, so that more is broken."""
    graph = side_by_side(FOLDERS, "guideline.ttl")
    assert broken_fast(FILE, graph) == broken(FILE, graph)


@pytest.mark.slow
def test_what_ships_conforms() -> None:
    assert broken(FILE, seed()) == set()
    assert broken_fast(FILE, seed()) == set()


def test_every_shape_is_broken_by_a_guideline() -> None:
    assert described(FILE) == expected_shapes(FOLDERS)


def test_every_shape_says_what_shall_hold() -> None:
    hold_to_one_message_each(FILE)


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.parametrize("mark", [1, 6])
@pytest.mark.parametrize(
    ("predicate", "value"),
    [
        (OWL.sameAs, G.E04),
        (BIBO.doi, Literal("10.1016/j.jacr.2019.02.023")),
        (DCTERMS.title, Literal("ACR Appropriateness Criteria", lang="en")),
        (SKOS.closeMatch, G.E04),
        (RDF.type, IND.Publication),
    ],
    ids=["same-as", "doi", "title", "match", "type"],
)
def test_no_mark_of_the_source_can_be_given_an_identity(
    mark: int, predicate: URIRef, value: URIRef | Literal
) -> None:
    """Whichever of the marks, and whichever way of saying so."""
    citation = G[f"citation-{mark}"]
    graph = seed() + Graph()
    graph.add((citation, predicate, value))
    found = {shape for shape, focus in broken_fast(FILE, graph) if focus == f"citation-{mark}"}
    assert found & {"Citation-identity", "Citation-type"}


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.parametrize("mark", range(1, 7))
def test_no_publication_of_what_ships_can_be_said_to_be_a_mark(mark: int) -> None:
    graph = seed() + Graph()
    graph.add((G.E04, OWL.sameAs, G[f"citation-{mark}"]))
    assert ("Citation-use", f"citation-{mark}") in broken_fast(FILE, graph)
