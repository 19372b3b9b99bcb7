"""Nothing without a use: terms, prefixes and versions, over all that the project ships."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING

import pytest
from rdflib import Graph, URIRef
from rdflib.namespace import OWL, RDF

from each import each
from indicant import __version__
from indicant.author import slips
from indicant.files.rdf import read
from indicant.terms import IND, local_name
from places import CODE, ONTOLOGY, ROOT, TESTS

if TYPE_CHECKING:
    from pathlib import Path

TURTLE = sorted(
    path for name in ("ontology", "shapes", "examples") for path in (ROOT / name).rglob("*.ttl")
)
QUERIES = sorted((ROOT / "queries").rglob("*.rq"))
DECLARED = re.compile(r"^\s*PREFIX\s+([\w.-]*):\s*<([^>]*)>", re.MULTILINE)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def core() -> Graph:
    """Return the modules of the core in one graph."""
    graph = Graph()
    for path in sorted((ONTOLOGY / "core").glob("*.ttl")):
        graph.parse(path)
    return graph


@cache
def everything_else() -> str:
    """Return all that may use a term of the core: data, shapes, queries and code."""
    files = [path for path in TURTLE if path.parent.name != "core"]
    files += [*QUERIES, *CODE.rglob("*.py"), *TESTS.rglob("*.ttl")]
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in files)


@cache
def used() -> set[str]:
    """Return the local names that are used somewhere, also as a name within the code."""
    return set(re.findall(r"[A-Za-z][\w-]*", everything_else()))


@pytest.mark.slow
def test_every_term_of_the_core_is_used() -> None:
    """By data, a shape, a query or the code, or it stands above or beside what is.

    A value is used with its class: whoever asks for all values asks for each.
    """
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
    terms = {
        str(term)
        for kind in (*kinds, OWL.NamedIndividual)
        for term in core().subjects(RDF.type, kind)
        if isinstance(term, URIRef) and str(term).startswith(IND)
    }
    assert len(terms) > 100
    values = Graph()
    for value in core().subjects(RDF.type, OWL.NamedIndividual):
        for kind in set(core().objects(value, RDF.type)) - {OWL.NamedIndividual}:
            values.add((value, RDF.type, kind))
    idle = {
        local_name(term)
        for term in terms
        if local_name(term) not in used()
        and not list(core().subject_predicates(URIRef(term)))
        and not used() & {local_name(str(kind)) for kind in values.objects(URIRef(term), RDF.type)}
    }
    assert idle == set()


def test_every_foreign_term_is_used() -> None:
    """What is declared of other vocabularies is there for something."""
    graph = Graph().parse(ONTOLOGY / "core" / "alignment.ttl")
    modules = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (ONTOLOGY / "core").glob("*.ttl")
        if path.name != "alignment.ttl"
    )
    words = used() | set(re.findall(r"[A-Za-z][\w-]*", modules))
    terms = {local_name(str(term)) for term in graph.subjects(RDF.type) if term not in HEADERS}
    assert terms - words == set()


HEADERS = {URIRef("https://w3id.org/indicant/core/module/alignment")}


@pytest.mark.slow
def test_every_prefix_has_one_meaning() -> None:
    """In ontologies, shapes, examples and queries, and every namespace one prefix."""
    assert slips.ambiguous_prefixes(read(path) for path in TURTLE) == []
    meanings: dict[str, set[str]] = defaultdict(set)
    names: dict[str, set[str]] = defaultdict(set)
    for path in (*TURTLE, *QUERIES):
        for prefix, namespace in DECLARED.findall(path.read_text(encoding="utf-8")):
            if prefix:
                meanings[prefix].add(namespace)
                names[namespace].add(prefix)
    assert {prefix: given for prefix, given in meanings.items() if len(given) > 1} == {}
    assert {namespace: given for namespace, given in names.items() if len(given) > 1} == {}


@pytest.mark.many(3)
@pytest.mark.parametrize(
    "path",
    [
        path
        for path in TURTLE
        if path.parts[len(ROOT.parts)] != "examples" and path.name != "example.ttl"
    ],
    ids=name,
)
def test_every_ontology_has_the_version_of_the_package(path: Path) -> None:
    graph = Graph().parse(path)
    for header in each(graph.subjects(RDF.type, OWL.Ontology)):
        assert str(graph.value(header, OWL.versionInfo)) == __version__
        assert str(graph.value(header, OWL.versionIRI)).endswith(f"/{__version__}")


def test_the_changelog_and_the_package_name_the_same_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first = re.search(r"^## (\S+)", changelog, re.MULTILINE)
    assert first is not None
    assert first[1] == __version__
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{__version__}"' in project
