"""Know which graphs and ontologies are in a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indicant import terms
from indicant.files.rdf import JSON_LD, N_QUADS, TRIG, text_of

if TYPE_CHECKING:
    from indicant.files.rdf import Document


def graphs_in(document: Document) -> set[str]:
    """Return the names of the graphs of a document, and of the ontologies and versions in them."""
    if document.format not in {TRIG, N_QUADS, JSON_LD}:
        return set()
    found: set[str] = set()
    for quad in document.quads:
        graph = getattr(quad.graph_name, "value", None)
        if graph is not None:
            found.add(graph)
            if quad.predicate.value == terms.TYPE and str(quad.object) == f"<{terms.OWL}Ontology>":
                found.add(str(getattr(quad.subject, "value", "")))
            elif quad.predicate.value == terms.OWL + "versionIRI":
                found.add(str(getattr(quad.object, "value", "")))
    return found


def ontologies_in(document: Document) -> set[str]:
    """Return the names of the ontologies of a document, and of their versions."""
    found = graphs_in(document)
    for quad in document.quads:
        if quad.predicate.value == terms.TYPE and text_of(quad.object) == terms.OWL + "Ontology":
            found.add(text_of(quad.subject))
        elif quad.predicate.value == terms.OWL + "versionIRI":
            found.add(text_of(quad.object))
    return {name for name in found if terms.GENID not in name}
