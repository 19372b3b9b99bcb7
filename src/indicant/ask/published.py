"""Write the published graph: all that a triple store needs to answer every question."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.owl import ontology_text
from indicant.errors import IndicantError
from indicant.files.habits import is_idle_in_case
from indicant.files.rdf import text_of
from indicant.foreign import as_rdf, json_shown
from indicant.intake.readings import rows
from indicant.terms import NOT_XML, OWL, TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from indicant.assess.assessment import Assessment
    from indicant.assess.engine import Engine
    from indicant.compile.compiled import CompiledGuideline
    from indicant.files.sources import Source

FORMATS: Final = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "nquads": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "jsonld": ox.RdfFormat.JSON_LD,
    "rdfxml": ox.RdfFormat.RDF_XML,
}
_IMPORTS: Final = OWL + "imports"
_PIECE: Final = 1_000_000
"""How many characters of N-Triples are told at once."""
_XML_NAME: Final = re.compile(r"[^\W\d][\w.-]*\Z")
_NOT_XML: Final = re.compile(f"[{''.join(map(chr, sorted(NOT_XML)))}]")


def published(
    source: Source, compiled: CompiledGuideline, engine: Engine | Assessment | None = None
) -> list[ox.Triple]:
    """Return the published graph, sorted.

    It holds the guideline with all that it imports, OWL axioms included, the compiled criteria and
    the closed hierarchy, and the tables by which records of others are read; with an engine also
    the cases that it has taken and all that follows. All that is imported is in it, so that it asks
    nobody for it: a tool would try to fetch that.
    """
    found: dict[ox.Triple, None] = dict.fromkeys(rows())
    for text in (ontology_text(source), compiled.graph):
        for quad in ox.parse(text.encode(), format=ox.RdfFormat.N_TRIPLES):
            if quad.predicate.value != _IMPORTS:
                found[quad.triple] = None
    if engine is not None:
        found.update(dict.fromkeys(one for one in engine.known() if not _is_idle(one)))
        found.update(dict.fromkeys(engine.describe()))
    return sorted(found, key=str)


def lines(source: Source, compiled: CompiledGuideline) -> Iterator[bytes]:
    """Yield the published graph of no case as lines of N-Triples, in no order, some of them twice.

    Nothing of it is read, so that it takes neither the time nor the memory of ``published``.
    """
    yield ox.serialize(rows(), format=ox.RdfFormat.N_TRIPLES) or b""
    for text in (ontology_text(source), compiled.graph):
        for part in _without_imports(text):
            yield part.encode()


def _without_imports(text: str) -> Iterator[str]:
    """Yield all that N-Triples say but what they import, in pieces that end with a line.

    Such a line is looked for, rather than looked at each: there are ten among many thousands.
    """
    begun, here, mark = 0, 0, f" <{_IMPORTS}> "
    while (at := text.find(mark, here)) >= 0:
        start, here = text.rfind("\n", 0, at) + 1, at + len(mark)
        # In a text, or as what is said of something else, it is no predicate.
        if text.find(" ", start) == at:
            yield text[begun:start]
            begun = here = text.find("\n", here) + 1
    for start in range(begun, len(text), _PIECE):
        yield text[start : start + _PIECE]


def _is_idle(stated: ox.Triple) -> bool:
    """Tell whether a case declares something that it has no say in."""
    subject, kind = text_of(stated.subject), text_of(stated.object)
    return stated.predicate.value == TYPE and is_idle_in_case(subject, kind)


def serialize(triples: Iterable[ox.Triple], form: str, prefixes: Mapping[str, str]) -> bytes:
    """Return triples in one of ``FORMATS``, all in the default graph; same triples, same bytes.

    Raises:
        IndicantError: the format cannot express the graph.
    """
    rows = list(triples)
    if form == "rdfxml":
        _check_xml(rows)
    named = prefixes if form in {"turtle", "trig", "rdfxml", "jsonld"} else None
    own = {name: namespace for name, namespace in (named or {}).items() if name}
    data = ox.serialize(rows, format=FORMATS[form], prefixes=own or None) or b""
    if form == "jsonld":
        return json_shown(data.decode()).encode()
    if form != "rdfxml":
        data = as_rdf(data.decode()).encode()
    if form not in {"turtle", "trig"}:
        return data
    lines = data.splitlines(keepends=True)
    head = [line for line in lines[: len(own)] if line.startswith(b"@prefix ")]
    return b"".join([*sorted(head), *lines[len(head) :]])


def _check_xml(triples: Iterable[ox.Triple]) -> None:
    """Refuse what RDF/XML cannot say: it writes predicates as XML names and text as XML text."""
    for one in triples:
        if not _XML_NAME.search(one.predicate.value):
            raise IndicantError(
                f"RDF/XML cannot express the predicate <{one.predicate.value}>",
                help="its end is no XML name; every other format can",
            )
        if isinstance(one.object, ox.Literal) and _NOT_XML.search(one.object.value):
            raise IndicantError(
                f"RDF/XML cannot express a control character in <{one.predicate.value}>",
                help="every other format can",
            )
