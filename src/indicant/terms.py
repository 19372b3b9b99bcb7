"""The IRIs of the guideline language and of the vocabularies it stands on."""

from __future__ import annotations

from typing import Final

IND: Final = "https://w3id.org/indicant/core/"
OWL: Final = "http://www.w3.org/2002/07/owl#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
DCTERMS: Final = "http://purl.org/dc/terms/"
PROV: Final = "http://www.w3.org/ns/prov#"

GENID: Final = "/.well-known/genid/"
"""What names a node that stands for a blank one."""

NOT_XML: Final = frozenset((*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0xFFFE, 0xFFFF))
"""The characters that XML 1.0 cannot say."""

PREFIXES: Final = {
    "dcterms": DCTERMS,
    "ind": IND,
    "owl": OWL,
    "prov": PROV,
    "rdf": RDF,
    "rdfs": RDFS,
    "skos": SKOS,
    "xsd": XSD,
}

TYPE: Final = RDF + "type"
LABEL: Final = RDFS + "label"


def is_blank(term: object) -> bool:
    """Tell whether a term of pyoxigraph is an anonymous node, or stands for one."""
    import pyoxigraph

    return isinstance(term, pyoxigraph.BlankNode) or (
        isinstance(term, pyoxigraph.NamedNode) and GENID in term.value
    )


def local_name(iri: str) -> str:
    """Return the part of an IRI after its last ``#`` or ``/``.

    >>> local_name("https://w3id.org/indicant/core/Finding")
    'Finding'
    """
    return iri.rstrip("/#").replace("#", "/").rsplit("/", 1)[-1]
