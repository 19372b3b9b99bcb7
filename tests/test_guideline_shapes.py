"""The shapes of a guideline: what each of them refuses, and that engines agree on it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pyshacl
import pytest
import shacl
from rdflib import OWL, RDF, BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, SH, SKOS

from indicant import resources
from indicant.terms import local_name

FOLDERS = sorted((Path(__file__).parent / "guideline-shapes").glob("*-*"))
BREAKS = [folder for folder in FOLDERS if folder.name.startswith("breaks-")]
HOLDS = [folder for folder in FOLDERS if folder.name.startswith("holds-")]
SHAPE = "https://w3id.org/indicant/shape/"
IND = Namespace("https://w3id.org/indicant/core/")
BIBO = Namespace("http://purl.org/ontology/bibo/")
G = Namespace("https://w3id.org/indicant/guideline/neck-pain-after-lumbar-fusion/")
Broken = set[tuple[str, str]]


def name(folder: Path) -> str:
    return folder.name


@cache
def shapes() -> Graph:
    return Graph().parse(resources.shapes() / "guideline.ttl")


@cache
def compiled() -> shacl.Shapes:
    text = (resources.shapes() / "guideline.ttl").read_text(encoding="utf-8")
    return shacl.Shapes.from_turtle(text)


@cache
def core() -> Graph:
    """Return the core ontology, which says that a context passage is a passage."""
    graph = Graph()
    for file in sorted((resources.ontology() / "core").glob("*.ttl")):
        graph.parse(file)
    return graph


@cache
def seed() -> Graph:
    """Return every ontology that ships."""
    graph = Graph()
    for file in sorted(resources.ontology().rglob("*.ttl")):
        if file.name != "example.ttl":
            graph.parse(file)
    return graph


def broken(graph: Graph) -> Broken:
    """Return the shapes that a graph breaks with the nodes that break them, by pySHACL."""
    _, report, _ = pyshacl.validate(graph, shacl_graph=shapes())
    assert isinstance(report, Graph)
    found = set()
    for result in report.objects(None, SH.result):
        shape = str(report.value(result, SH.sourceShape))
        assert shape.startswith(SHAPE), shape
        focus = report.value(result, SH.focusNode)
        found.add(
            (shape.removeprefix(SHAPE), "-" if isinstance(focus, BNode) else local_name(str(focus)))
        )
    return found


def broken_fast(graph: Graph) -> Broken:
    """Return the same by the engine of the run time."""
    report = compiled().validate_text(graph.serialize(format="nt"), format="ntriples")
    found = set()
    for result in report.results:
        focus = str(result.focus_node).strip("<>")
        found.add(
            (
                str(result.root_shape).strip("<>").removeprefix(SHAPE),
                "-" if focus.startswith("_:") else local_name(focus),
            )
        )
    return found


def printed(found: Broken) -> str:
    return "".join(f"{shape} {focus}\n" for shape, focus in sorted(found))


@pytest.mark.parametrize("folder", BREAKS, ids=name)
def test_a_broken_guideline_gets_its_findings(folder: Path) -> None:
    graph = core() + Graph().parse(folder / "guideline.ttl")
    assert printed(broken(graph)) == (folder / "expected.txt").read_text(encoding="utf-8")
    assert broken_fast(graph) == broken(graph)


@pytest.mark.parametrize("folder", HOLDS, ids=name)
def test_a_sound_guideline_gets_no_finding(folder: Path) -> None:
    graph = core() + Graph().parse(folder / "guideline.ttl")
    assert broken(graph) == set()
    assert broken_fast(graph) == set()


def test_what_ships_conforms() -> None:
    assert broken(seed()) == set()
    assert broken_fast(seed()) == set()


def test_every_shape_is_broken_by_a_guideline() -> None:
    described = {
        str(shape).removeprefix(SHAPE) for shape in shapes().subjects(SH.description, None)
    }
    assert described == {
        line.split()[0]
        for folder in BREAKS
        for line in (folder / "expected.txt").read_text(encoding="utf-8").splitlines()
    }


def test_every_shape_says_what_shall_hold() -> None:
    for shape in shapes().subjects(SH.description, None):
        messages = [
            str(message)
            for node in (shape, *shapes().objects(shape, SH.sparql))
            for message in shapes().objects(node, SH.message)
        ]
        assert len(messages) == 1, shape
        assert " shall " in messages[0], shape


@pytest.mark.parametrize("mark", range(1, 7))
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
    """Whichever of the six marks, and whichever way of saying so."""
    citation = G[f"citation-{mark}"]
    graph = seed() + Graph()
    graph.add((citation, predicate, value))
    found = {shape for shape, focus in broken_fast(graph) if focus == f"citation-{mark}"}
    assert found & {"Citation-identity", "Citation-type"}


@pytest.mark.parametrize("mark", range(1, 7))
def test_no_publication_of_what_ships_can_be_said_to_be_a_mark(mark: int) -> None:
    graph = seed() + Graph()
    graph.add((G.E04, OWL.sameAs, G[f"citation-{mark}"]))
    assert ("Citation-use", f"citation-{mark}") in broken_fast(graph)
