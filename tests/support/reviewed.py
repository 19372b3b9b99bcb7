"""The tables that were reviewed with a guideline: what it says, written down a second time.

``python tests/support/reviewed.py`` writes them anew from the graphs of every guideline that ships;
read the difference before you commit it, since it is what changes for a patient.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from rdflib import BNode, Graph, Literal, Namespace
from rdflib.namespace import DCTERMS, OWL, RDF

from places import ONTOLOGY
from running import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rdflib.term import Node

IND: Final = Namespace("https://w3id.org/indicant/core/")
OA: Final = Namespace("http://www.w3.org/ns/oa#")
CITO: Final = Namespace("http://purl.org/spar/cito/")
GUIDELINES: Final = sorted(file.parent for file in ONTOLOGY.glob("guidelines/*/guideline.ttl"))
VOCABULARIES: Final = sorted(
    file.parent for file in ONTOLOGY.glob("*/*.ttl") if file.stem == file.parent.name
)
KINDS: Final = ("Indication", "NonIndication", "Contraindication")


def graph_of(folder: Path) -> Graph:
    """Read the files of a guideline, without its example, as plain Turtle."""
    graph = Graph()
    for file in sorted(folder.rglob("*.ttl")):
        if file.name != "example.ttl":
            graph.parse(file)
    return graph


def name(node: Node) -> str:
    """Return the last part of an IRI."""
    return str(node).rstrip("/").rsplit("/", 1)[-1].rsplit("#", 1)[-1]


def held(graph: Graph, subject: Node, *links: Node) -> str:
    """Return what a subject has by these properties, sorted."""
    return " ".join(sorted(name(one) for link in links for one in graph.objects(subject, link)))


def recommendations(graph: Graph) -> list[list[str]]:
    """Tell of each recommendation what it says, how strongly, how soon, and what it rests on."""
    rows = [
        [
            "recommendation",
            "kind",
            "action",
            "criterion",
            "strength",
            "grade",
            "certainty",
            "urgency",
            "phase",
            "passages",
            "overrides",
            "alternatives",
            "fulfilled-by",
            "graded-by",
        ]
    ]
    for kind in KINDS:
        for one in graph.subjects(RDF.type, IND[kind]):
            links = ["action", "criterion", "strength", "gradeStrength", "certainty", "urgency"]
            links += ["phase", "restsOn", "overrides", "alternativeTo", "fulfilledBy"]
            told = [held(graph, one, IND[link]) for link in links]
            rows.append([name(one), kind, *told, graded(graph, one)])
    return rows


def graded(graph: Graph, one: Node) -> str:
    """Return how the source grades a recommendation in a scheme that the guideline declares."""
    return " ".join(
        sorted(
            f"{name(link)}:{name(value)}"
            for link, value in graph.predicate_objects(one)
            if (link, RDF.type, OWL.ObjectProperty) in graph
        )
    )


def passages(graph: Graph) -> list[list[str]]:
    """Tell where each passage stands, and what rests on it but recommendations."""
    rows = [["passage", "kind", "section", "start", "end", "cites", "sha256", "said-by"]]
    for kind in ("Passage", "ContextPassage"):
        for one in graph.subjects(RDF.type, IND[kind]):
            (selector,) = graph.objects(one, OA.hasSelector)
            section = str(graph.value(one, IND.section))
            sayers = sorted(
                name(sayer)
                for sayer in graph.subjects(IND.restsOn, one)
                if not any((sayer, RDF.type, IND[other]) in graph for other in KINDS)
            )
            told = [held(graph, selector, OA.start), held(graph, selector, OA.end)]
            told += [held(graph, one, CITO.cites), held(graph, one, IND.sha256), " ".join(sayers)]
            rows.append([name(one), kind, section, *told])
    return rows


def evidence(graph: Graph) -> list[list[str]]:
    """Tell of each link of evidence which publication says what of which passage."""
    head = ("link", "publication", "relation", "passage", "basis", "certainty")
    rows = [[*head, "identifiers", "issued"]]
    bibo = Namespace("http://purl.org/ontology/bibo/")
    for one in graph.subjects(RDF.type, IND.EvidenceLink):
        (publication,) = graph.objects(one, IND.publication)
        links = ("relation", "passage", "basis", "certainty")
        told = [held(graph, one, IND[link]) for link in links]
        told.append(held(graph, publication, bibo.doi, bibo.pmid))
        told.append(held(graph, publication, DCTERMS.issued))
        rows.append([name(one), name(publication), *told])
    return rows


def remarks(graph: Graph) -> list[list[str]]:
    """Tell of facts, tensions, omissions and phases what they are about."""
    links = ("touches", "order", "contingent", "anomaly", "concerns", "accepts", "scope")
    rows = [["node", "kind", *links]]
    for kind in ("Fact", "Tension", "Omission", "Acceptance", "Phase", "Guideline"):
        for one in graph.subjects(RDF.type, IND[kind]):
            told = [held(graph, one, IND[link]) for link in links]
            rows.append([name(one), kind, *told])
    return rows


def said(graph: Graph, node: Node) -> str:
    """Return a value in words: a name, a text, the members of a list, what is said of a node."""
    if not isinstance(node, BNode):
        return name(node)
    if (node, RDF.first, None) in graph:
        return f"( {' '.join(said(graph, one) for one in graph.items(node))} )"
    parts = sorted(
        f"{name(link)} {said(graph, value)}" for link, value in graph.predicate_objects(node)
    )
    return f"[ {' ; '.join(parts)} ]"


def terms(graph: Graph) -> list[list[str]]:
    """Tell of each term of a vocabulary what it is, what it lies below, and what else is stated.

    So of what each module imports, and of axioms that are about no term, such as what differs.
    """
    rows = [["term", "by", "is"]]
    within = {node for node in graph.objects() if isinstance(node, BNode)}
    for one in sorted(set(graph.subjects(RDF.type, None)), key=str):
        if isinstance(one, BNode):
            if one not in within:
                rows.append(["-", "axiom", said(graph, one)])
            continue
        module = (one, RDF.type, OWL.Ontology) in graph
        for link in sorted(set(graph.predicates(one)), key=str):
            values = [
                said(graph, value)
                for value in graph.objects(one, link)
                if not (isinstance(value, Literal) and value.language)
            ]
            if values and (not module or link == OWL.imports):
                rows.append([name(one), name(link), " ".join(sorted(values))])
    return rows


def takes(guideline: str) -> list[list[str]]:
    """Tell with which least sets of facts each recommendation is met, and with which refuted."""
    code, out, err = run("ask", "what-does-it-take", "--guideline", guideline, "--format", "csv")
    assert code == 0, err
    sets: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in csv.DictReader(io.StringIO(out)):
        key = (name_of(row["recommendation"]), name_of(row["answer"]), row["rank"])
        sets[key].add(row["literal"])
    rows = [["recommendation", "answer", "with"]]
    rows += [
        [which, answer, " and ".join(sorted(some))] for (which, answer, _), some in sets.items()
    ]
    return rows


def name_of(text: str) -> str:
    """Return the last part of an IRI or of a prefixed name."""
    return name(text).rsplit(":", 1)[-1]  # type: ignore[arg-type]


TABLES: Final[dict[str, Callable[[Graph], list[list[str]]]]] = {
    "recommendations": recommendations,
    "passages": passages,
    "evidence": evidence,
    "remarks": remarks,
}


def tables(folder: Path) -> dict[str, str]:
    """Return the tables of a guideline or vocabulary as they are now, by name."""
    graph = graph_of(folder)
    if folder in VOCABULARIES:
        return {"terms": _text(terms(graph))}
    found = {which: make(graph) for which, make in TABLES.items()} | {"takes": takes(folder.name)}
    return {which: _text(rows) for which, rows in found.items()}


def _text(rows: list[list[str]]) -> str:
    lines = ["\t".join(row) for row in rows]
    return "\n".join([lines[0], *sorted(lines[1:])]) + "\n"


def main() -> None:
    """Write the tables of everything that ships anew."""
    for folder in (*GUIDELINES, *VOCABULARIES):
        (folder / "reviewed").mkdir(exist_ok=True)
        for which, text in tables(folder).items():
            file = folder / "reviewed" / f"{which}.tsv"
            file.write_text(text, encoding="utf-8")
            print(file)


if __name__ == "__main__":
    main()
