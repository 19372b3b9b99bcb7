"""Answer queries of the published graph by the SPARQL 1.1 Protocol; nothing is ever written."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

import pyoxigraph as ox

from indicant.ask import adhoc
from indicant.ask.published import published
from indicant.errors import IndicantError
from indicant.serve.refusals import Refused
from indicant.terms import RDF

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indicant.serve.guidelines import Guidelines

QUERY: Final = "application/sparql-query"
FORM: Final = "application/x-www-form-urlencoded"
RESULTS: Final = {
    "application/sparql-results+json": "json",
    "application/sparql-results+xml": "xml",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/json": "json",
    "application/xml": "xml",
}
DESCRIPTIONS: Final = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
}
_SD: Final = "http://www.w3.org/ns/sparql-service-description#"
_VOID: Final = "http://rdfs.org/ns/void#"
_XSD_INTEGER: Final = ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")
_FORMATS: Final = "http://www.w3.org/ns/formats/"
_WEIGHT: Final = re.compile(r"[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
_DATASET: Final = frozenset({"default-graph-uri", "named-graph-uri"})
_UPDATE: Final = frozenset({"update", "using-graph-uri", "using-named-graph-uri"})


def query_of(
    method: str, query: Sequence[tuple[str, str]], media_type: str, body: bytes
) -> str | None:
    """Return the query of a request, or nothing where it asks for a description of the service.

    Args:
        method: GET or POST.
        query: the parameters of the URL.
        media_type: what the body is said to be, without parameters.
        body: the body.

    Raises:
        Refused: it is no request for one query of the only graph.
    """
    given = list(query)
    text: str | None = None
    if method == "POST":
        try:
            said = body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Refused(400, "the body is not UTF-8") from error
        if media_type == QUERY:
            text = said
        elif media_type == FORM:
            try:
                given += parse_qsl(
                    said, keep_blank_values=True, errors="strict", max_num_fields=100
                )
            except ValueError as error:
                raise Refused(400, "the body is no form") from error
        else:
            raise Refused(415, "the media type is not taken", help=f"one of: {QUERY}, {FORM}")
    names = [name for name, _ in given]
    if not _UPDATE.isdisjoint(names):
        raise Refused(400, "nothing is ever written here", help="send one query")
    if not _DATASET.isdisjoint(names):
        raise Refused(400, "there is one graph, and it has no name", help="leave the dataset out")
    queries = [value for name, value in given if name == "query"]
    if len(queries) + (text is not None) > 1:
        raise Refused(400, "there are several queries in one request")
    if text is None and not queries:
        if method == "GET" and not given:
            return None
        raise Refused(400, "there is no query", help="query=…")
    return queries[0] if text is None else text


def chosen(accept: str, offers: Mapping[str, object]) -> str:
    """Return the media type of those on offer that a client likes best; the first where any does.

    Raises:
        Refused: it likes none.

    >>> chosen("text/csv;q=0.5, */*;q=0.1", RESULTS)
    'text/csv'
    """
    wanted: dict[str, float] = {}
    for part in (accept or "*/*").split(",")[:50]:
        name, *rest = (one.strip() for one in part.split(";"))
        weights = [float(found[1]) for one in rest if (found := _WEIGHT.fullmatch(one))]
        wanted[name.lower()] = weights[0] if weights else 1.0
    best, best_weight = "", 0.0
    for offer in offers:
        names = (offer, f"{offer.partition('/')[0]}/*", "*/*")
        weight = next((wanted[name] for name in names if name in wanted), 0.0)
        if weight > best_weight:
            best, best_weight = offer, weight
    if not best:
        raise Refused(406, "no such form is to be had", help=f"one of: {', '.join(offers)}")
    return best


class Endpoint:
    """Answers queries of the guidelines of a service, of one or of all together."""

    def __init__(self, guidelines: Guidelines, seconds: float) -> None:
        """Take the guidelines, and the time for an answer."""
        self._guidelines, self._seconds = guidelines, seconds
        self._graphs: dict[str, str] = {}
        self._lock = threading.Lock()

    def graph(self, name: str) -> str:
        """Return the published graph of a guideline, or of all, as N-Triples.

        Raises:
            Refused: there is no such guideline.
        """
        some = [self._guidelines.named(name)] if name else self._guidelines.each.values()
        with self._lock:
            if name not in self._graphs:
                lines = {
                    f"{one} .\n"
                    for each in some
                    for one in published(each.assessor.source, each.assessor.compiled)
                }
                self._graphs[name] = "".join(sorted(lines))
            return self._graphs[name]

    def answer(self, name: str, query: str, media_type: str) -> bytes:
        """Return the answer to a query in one of ``RESULTS``.

        Raises:
            Refused: the query is malformed or not taken, or takes too much.
        """
        form = RESULTS[media_type]
        if len(query.encode()) > adhoc.MAX_BYTES:
            raise Refused(413, f"the query has more than {adhoc.MAX_BYTES} bytes")
        asked = adhoc.RESULTS if form in {"json", "xml"} else form
        try:
            told = adhoc.run_as(
                asked, query, self.graph(name), {}, name="query", seconds=self._seconds
            )
        except IndicantError as error:
            raise Refused(400, str(error), help=error.help or "") from error
        return _as_xml(told) if form == "xml" else told.encode()

    def description(self, name: str, url: str, media_type: str) -> bytes:
        """Return what can be asked here, as SPARQL 1.1 Service Description has it.

        Raises:
            Refused: there is no such guideline.
        """
        count = self.graph(name).count("\n")
        service, data, graph = (ox.NamedNode(f"{url}{end}") for end in ("", "#data", "#graph"))

        def sd(local: str) -> ox.NamedNode:
            return ox.NamedNode(_SD + local)

        a = ox.NamedNode(RDF + "type")
        forms = (
            "SPARQL_Results_JSON",
            "SPARQL_Results_XML",
            "SPARQL_Results_CSV",
            "SPARQL_Results_TSV",
        )
        found = [
            ox.Triple(service, a, sd("Service")),
            ox.Triple(service, sd("endpoint"), service),
            ox.Triple(service, sd("supportedLanguage"), sd("SPARQL11Query")),
            ox.Triple(service, sd("defaultDataset"), data),
            ox.Triple(data, a, sd("Dataset")),
            ox.Triple(data, sd("defaultGraph"), graph),
            ox.Triple(graph, a, sd("Graph")),
            ox.Triple(
                graph,
                ox.NamedNode(_VOID + "triples"),
                ox.Literal(str(count), datatype=_XSD_INTEGER),
            ),
        ]
        found += [
            ox.Triple(service, sd("resultFormat"), ox.NamedNode(_FORMATS + one)) for one in forms
        ]
        prefixes = {"sd": _SD, "void": _VOID}
        return ox.serialize(found, format=DESCRIPTIONS[media_type], prefixes=prefixes) or b""


def _as_xml(told: str) -> bytes:
    """Return results in JSON as those in XML."""
    found = ox.parse_query_results(told.encode(), format=ox.QueryResultsFormat.JSON)
    return found.serialize(format=ox.QueryResultsFormat.XML) or b""
