"""Answer queries of the published graph by the SPARQL 1.1 Protocol; nothing is ever written."""

from __future__ import annotations

import contextlib
import queue
import re
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

import pyoxigraph as ox

from indicant.ask import adhoc
from indicant.ask.published import lines
from indicant.ask.standing import Queries, is_table, packed, read
from indicant.errors import IndicantError
from indicant.guideline.names import prefixes_in
from indicant.serve.refusals import Refused
from indicant.terms import PREFIXES, RDF

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indicant.query.sparql import Plain
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
"""Of a graph, and so of the description of the service."""
_COUNT: Final = "SELECT (COUNT(*) AS ?count) { ?s ?p ?o }"
_STARTING: Final = 30
"""How many seconds more a process may take to begin."""
_MOST_KEPT: Final = 16_000_000
_LONGEST_KEPT: Final = 500_000
"""How many bytes of answers are kept, and of one of them."""
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
    """Answers queries of the guidelines of a service, of one or of all together.

    Each query runs in one of a few processes that stay, so that it neither waits for a process to
    begin nor reaches anything. What was asked before is answered from what was said then: nothing
    of the graphs changes while the service runs, and none of them is about a patient.
    """

    def __init__(self, guidelines: Guidelines, seconds: float, processes: int = 2) -> None:
        """Take the guidelines, the time for an answer, and how many are answered at once."""
        self._guidelines, self._seconds, self._count = guidelines, seconds, processes
        self._processes: list[Queries] = []
        self._idle: queue.SimpleQueue[Queries] = queue.SimpleQueue()
        self._said: OrderedDict[tuple[str, str, str], tuple[bytes, str]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def hold(self) -> None:
        """Make the processes that hold the graphs, if there are none yet."""
        with self._lock:
            if self._processes:
                return
            parts = {
                name: packed(lines(each.assessor.source, each.assessor.compiled))
                for name, each in self._guidelines.each.items()
            }
            sizes = {name: len(part) for name, part in parts.items()}
            data = b"".join(parts.values())
            self._processes = [Queries(sizes, data) for _ in range(self._count)]
            for one in self._processes:
                self._idle.put(one)

    def _told(self, name: str, query: str, plain: Plain, form: str, seconds: float) -> str:
        """Return what a process answers that has nothing else to do.

        Raises:
            IndicantError: the query is malformed, or takes too much.
        """
        self.hold()
        queries = self._idle.get()
        try:
            return queries.ask(name, plain, query, form, seconds)
        finally:
            self._idle.put(queries)

    def warm(self) -> None:
        """Start the processes, before anybody waits for them."""
        self.hold()
        plain = read("ASK {}", "")

        def begin(one: Queries) -> None:
            # A service that ends meanwhile ends them as well.
            with contextlib.suppress(IndicantError):
                one.ask("", plain, "ASK {}", adhoc.RESULTS, self._seconds + _STARTING)

        beside = [threading.Thread(target=begin, args=(one,)) for one in self._processes]
        for one in beside:
            one.start()
        for one in beside:
            one.join()

    def end(self) -> int:
        """End the processes, and return how many there were; each begins anew when it is needed."""
        return sum(one.end() for one in self._processes)

    def _named(self, name: str) -> str:
        """Return a name of a graph.

        Raises:
            Refused: there is no such guideline.
        """
        if name:
            self._guidelines.named(name)
        return name

    def known(self, name: str, query: str, accept: str) -> tuple[bytes, str] | None:
        """Return an answer that was given before, with its media type."""
        with self._lock:
            key = name, query, accept
            if key in self._said:
                self._said.move_to_end(key)
            return self._said.get(key)

    def answer(self, name: str, query: str, accept: str) -> tuple[bytes, str]:
        """Return the answer to a query, and its media type, which the client likes best.

        Raises:
            Refused: the query is malformed or not taken, or takes too much.
        """
        name = self._named(name)
        if len(query.encode()) > adhoc.MAX_BYTES:
            raise Refused(413, f"the query has more than {adhoc.MAX_BYTES} bytes")
        try:
            plain = read(query, f"{self._guidelines.settings.base_url.rstrip('/')}/sparql")
            media_type = chosen(accept, RESULTS if is_table(plain) else DESCRIPTIONS)
            form = RESULTS[media_type] if is_table(plain) else adhoc.GRAPH
            asked = adhoc.RESULTS if form in {"json", "xml"} else form
            told = self._told(name, query, plain, asked, self._seconds)
        except IndicantError as error:
            raise Refused(400, str(error), help=error.help or "") from error
        if form == adhoc.GRAPH:
            body = self._as_graph(told, media_type)
        else:
            body = _as_xml(told) if form == "xml" else told.encode()
        self._keep((name, query, accept), body, media_type)
        return body, media_type

    def _keep(self, key: tuple[str, str, str], body: bytes, media_type: str) -> None:
        size = len(body) + len(key[1]) + len(key[2])
        if size > _LONGEST_KEPT:
            return
        with self._lock:
            if key not in self._said:
                self._said[key] = body, media_type
                self._size += size
            while self._size > _MOST_KEPT:
                (_, query, accept), (old, _) = self._said.popitem(last=False)
                self._size -= len(old) + len(query) + len(accept)

    def _as_graph(self, told: str, media_type: str) -> bytes:
        """Return a graph in N-Triples in another form."""
        form = DESCRIPTIONS[media_type]
        if form == ox.RdfFormat.N_TRIPLES:
            return told.encode()
        triples = [one.triple for one in ox.parse(told.encode(), format=ox.RdfFormat.N_TRIPLES)]
        return ox.serialize(triples, format=form, prefixes=self._prefixes(told)) or b""

    def _prefixes(self, told: str) -> dict[str, str]:
        """Return the prefixes of the guidelines that something in a graph begins with."""
        texts = [
            one.text
            for each in self._guidelines.each.values()
            for one in each.assessor.source.documents
        ]
        found = prefixes_in(texts) | PREFIXES
        return {name: space for name, space in found.items() if f"<{space}" in told}

    def description(self, name: str, url: str, media_type: str) -> bytes:
        """Return what can be asked here, as SPARQL 1.1 Service Description has it.

        Raises:
            Refused: there is no such guideline.
        """
        plain = read(_COUNT, "")
        try:
            told = self._told(self._named(name), _COUNT, plain, "csv", self._seconds + _STARTING)
        except IndicantError as error:
            raise Refused(503, "the graph cannot be counted now") from error
        count = int(told.split()[1])
        service, data, graph = (ox.NamedNode(f"{url}{end}") for end in ("", "#data", "#graph"))

        def sd(local: str) -> ox.NamedNode:
            return ox.NamedNode(_SD + local)

        a = ox.NamedNode(RDF + "type")
        forms = (
            "SPARQL_Results_JSON",
            "SPARQL_Results_XML",
            "SPARQL_Results_CSV",
            "SPARQL_Results_TSV",
            "Turtle",
            "N-Triples",
            "RDF_XML",
            "JSON-LD",
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
