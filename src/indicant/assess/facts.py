"""What a document says, in N-Triples for an engine, and in the short names of its author."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

import pyoxigraph

from indicant import terms
from indicant.files.rdf import text_of, undirected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from indicant.files.rdf import Document

_MOST_PREFIXES: Final = 1_000
_DERIVED: Final = frozenset(
    terms.XSD + name
    for name in (
        "byte",
        "int",
        "long",
        "negativeInteger",
        "nonNegativeInteger",
        "nonPositiveInteger",
        "positiveInteger",
        "short",
        "unsignedByte",
        "unsignedInt",
        "unsignedLong",
        "unsignedShort",
    )
)
_DIRECTED: Final = re.compile(r"@[A-Za-z0-9-]+--(?:ltr|rtl)")
_PREFIX: Final = re.compile(
    r"(?:^|\s)@?prefix\s+([\w.-]*):\s*<([^>]*)>|\"([\w.-]+)\"\s*:\s*\"([a-z]+:[^\"]*[/#])\""
    r"|xmlns:([\w.-]+)\s*=\s*[\"']([^\"']*)[\"']",
    re.IGNORECASE,
)


def written(facts: Sequence[pyoxigraph.Quad]) -> str:
    """Write facts for an engine."""
    triples = [fact.triple for fact in facts]
    text = (pyoxigraph.serialize(triples, format=pyoxigraph.RdfFormat.N_TRIPLES) or b"").decode()
    if any(f"<{kind}>" in text for kind in _DERIVED) or _DIRECTED.search(text):
        return "".join(map(_ntriples, facts))
    return text


def _ntriples(fact: pyoxigraph.Quad) -> str:
    """Write a fact for an engine, so that no engine takes a derived integer type for xsd:integer.

    Some do, without a look at the limits of the type, beyond which an ontology is inconsistent.
    """
    subject, path, value = fact.subject, fact.predicate, undirected(fact.object)
    kind = getattr(getattr(value, "datatype", None), "value", "")
    if kind in _DERIVED:
        written = str(value).replace(f"<{kind}>", f"<urn:derived:{terms.local_name(kind)}>")
        return f"{subject} {path} {written} .\n"
    return f"{subject} {path} {value} .\n"


def shortener(document: Document) -> Callable[[str], str]:
    """Return what makes an IRI short as its document would write it."""
    prefixes = {
        "ind": terms.IND,
        "owl": terms.OWL,
        "rdf": terms.RDF,
        "rdfs": terms.RDFS,
        "xsd": terms.XSD,
    }
    for match in islice(_PREFIX.finditer(document.text), _MOST_PREFIXES):
        name, namespace = [group for group in match.groups() if group is not None][:2]
        if namespace:
            prefixes[name] = namespace
    types = {
        text_of(quad.subject): text_of(quad.object)
        for quad in document.quads
        if quad.predicate.value == terms.TYPE
    }

    def shorten(term: str) -> str:
        if terms.GENID in term:
            kind = types.get(term)
            return f"[ a {shorten(kind)} ]" if kind and terms.GENID not in kind else "[]"
        iri = term.rstrip(",.;:)")
        best = max(
            (
                (namespace, name)
                for name, namespace in prefixes.items()
                if iri.startswith(namespace) and re.fullmatch(r"[\w.-]+", iri[len(namespace) :])
            ),
            key=lambda pair: len(pair[0]),
            default=None,
        )
        if best is None:
            return term
        return f"{best[1]}:{term[len(best[0]) :]}"

    return shorten
