"""Shapes run over a graph by two engines: what each finds, as lines that a folder can expect."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pyshacl
import shacl
from rdflib import BNode, Graph
from rdflib.namespace import RDFS, SH

from indicant.files import resources
from indicant.terms import local_name

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = "https://w3id.org/indicant/shape/"
Broken = set[tuple[str, str]]


def name(folder: Path) -> str:
    """Return what to call a folder in the list of tests."""
    return folder.name


@cache
def shapes(file: str) -> Graph:
    """Return the shapes of a file, by the name of the file."""
    return Graph().parse(resources.shapes() / f"{file}.ttl")


@cache
def compiled(file: str) -> shacl.Shapes:
    """Return the same for the engine of the run time."""
    return shacl.Shapes.from_turtle((resources.shapes() / f"{file}.ttl").read_text("utf-8"))


@cache
def core() -> Graph:
    """Return the core ontology, which says that a context passage is a passage."""
    graph = Graph()
    for file in sorted((resources.ontology() / "core").glob("*.ttl")):
        graph.parse(file)
    return graph


@cache
def core_text() -> str:
    """Return the core ontology as N-Triples."""
    return core().serialize(format="nt")


def text_of(*files: Path) -> str:
    """Return some files in Turtle as N-Triples."""
    quads = [quad for file in files for quad in ox.parse(path=file, format=ox.RdfFormat.TURTLE)]
    return "".join(f"{quad.subject} {quad.predicate} {quad.object} .\n" for quad in quads)


@cache
def seed() -> Graph:
    """Return every ontology that ships."""
    graph = Graph()
    for file in sorted(resources.ontology().rglob("*.ttl")):
        if file.name != "example.ttl":
            graph.parse(file)
    return graph


def broken(file: str, graph: Graph) -> Broken:
    """Return the shapes that a graph breaks with the nodes that break them, by pySHACL."""
    _, report, _ = pyshacl.validate(graph, shacl_graph=shapes(file))
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


def broken_fast(file: str, graph: Graph | str) -> Broken:
    """Return the same by the engine of the run time, also for a graph as N-Triples."""
    text = graph if isinstance(graph, str) else graph.serialize(format="nt")
    report = compiled(file).validate_text(text, format="ntriples")
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
    """Return what is broken as text, a line for each shape and node."""
    return "".join(f"{shape} {focus}\n" for shape, focus in sorted(found))


def expected(folder: Path) -> str:
    """Return what a folder expects; one that breaks something says what, and no other does."""
    path = folder / "expected.txt"
    breaks = folder.name.startswith("breaks-")
    assert path.is_file() == breaks
    return path.read_text(encoding="utf-8") if breaks else ""


def expected_shapes(folders: list[Path]) -> set[str]:
    """Return the names of the shapes that folders expect to be broken."""
    return {line.split()[0] for folder in folders for line in expected(folder).splitlines()}


def described(file: str) -> set[str]:
    """Return the names of the shapes that say why they are there."""
    return {str(shape).removeprefix(SHAPE) for shape in shapes(file).subjects(SH.description, None)}


def hold_to_one_message_each(file: str) -> None:
    """See that each of these shapes says what shall hold, in one sentence."""
    for shape, texts in messages(file).items():
        assert len(texts) == 1, shape
        assert " shall " in texts[0], shape


def messages(file: str) -> dict[str, list[str]]:
    """Return what each of these shapes says shall hold."""
    graph = shapes(file)
    return {
        str(shape): [
            str(message)
            for node in (shape, *graph.objects(shape, SH.sparql))
            for message in graph.objects(node, SH.message)
        ]
        for shape in graph.subjects(SH.description, None)
    }


def side_by_side(folders: list[Path], file: str) -> Graph:
    """Return what folders say in one graph, with names of its own for each of them.

    Of the core there is what is below what.
    """
    graph = Graph()
    for lower, upper in core().subject_objects(RDFS.subClassOf):
        graph.add((lower, RDFS.subClassOf, upper))
    for folder in folders:
        text = (folder / file).read_text(encoding="utf-8")
        graph.parse(data=text.replace("example.org/", f"example.org/{folder.name}/"))
    return graph
