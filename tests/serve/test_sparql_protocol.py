"""Queries over HTTP, as the SPARQL 1.1 Protocol has them, and what is refused."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest

from asked import NAME, SEED, Running, running
from each import each
from indicant import Guideline
from indicant.serve.protocol import DESCRIPTIONS, FORM, QUERY, RESULTS, chosen
from indicant.serve.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

ASK = "ASK { ?x a <https://w3id.org/indicant/core/Indication> }"
SELECT = (
    "PREFIX ind: <https://w3id.org/indicant/core/>\n"
    "SELECT ?x { ?x a ind:Indication } ORDER BY ?x LIMIT 3"
)
SD = "http://www.w3.org/ns/sparql-service-description#"


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    with running(NAME, SEED) as found:
        yield found


def asked(query: str, **more: str) -> str:
    """Return a query as the parameters of a URL."""
    return urlencode({"query": query, **more})


@pytest.mark.slow
def test_a_query_may_be_sent_in_three_ways(service: Running) -> None:
    by_get = service.get(f"/sparql?{asked(SELECT)}")
    by_form = service.post("/sparql", asked(SELECT).encode(), FORM)
    directly = service.post("/sparql", SELECT.encode(), f"{QUERY}; charset=utf-8")
    assert by_get.status == by_form.status == directly.status == 200
    assert by_get.body == by_form.body == directly.body
    assert by_get.headers["content-type"] == "application/sparql-results+json"
    assert len(by_get.json["results"]["bindings"]) == 3
    assert service.post("/sparql", ASK.encode(), QUERY).json == {"head": {}, "boolean": True}


@pytest.mark.slow
@pytest.mark.parametrize("media_type", RESULTS)
def test_results_come_in_each_form(service: Running, media_type: str) -> None:
    told = service.ask("GET", f"/sparql?{asked(SELECT)}", None, {"Accept": media_type})
    assert told.headers["content-type"].split(";")[0] == media_type
    plain = service.get(f"/sparql?{asked(SELECT)}").json["results"]["bindings"]
    wanted = [one["x"]["value"] for one in plain]
    text = told.body.decode()
    if "json" in media_type:
        found = [one["x"]["value"] for one in json.loads(text)["results"]["bindings"]]
    elif "xml" in media_type:
        space = "{http://www.w3.org/2005/sparql-results#}"
        found = [one.text or "" for one in ElementTree.fromstring(text).iter(f"{space}uri")]  # noqa: S314
    elif media_type == "text/csv":
        found = [row[0] for row in csv.reader(io.StringIO(text))][1:]
    else:
        found = [line.strip("<>") for line in text.splitlines()[1:]]
    assert found == wanted
    assert len(found) == 3


@pytest.mark.slow
def test_each_guideline_has_a_graph_and_all_have_one_together(service: Running) -> None:
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    numbers = {}
    for path in ("/sparql", f"/sparql/{NAME}", f"/sparql/{SEED}"):
        told = service.get(f"{path}?{asked(count)}").json
        numbers[path] = int(told["results"]["bindings"][0]["n"]["value"])
    assert max(numbers.values()) == numbers["/sparql"] < sum(numbers.values())
    assert numbers[f"/sparql/{SEED}"] == len(Guideline.load(SEED).export())


# The W3C's tests of the protocol, by their names. Those that have a query answered name no dataset
# here, since there is one graph; those that name one, and those that write, are refused.
GOOD = {
    "query_get": ("GET", "ASK {}", None, "boolean"),
    "query_post_form": ("POST", "ASK {}", FORM, "boolean"),
    "query_post_direct": ("POST", "ASK {}", QUERY, "boolean"),
    "query_content_type_select": ("POST", "SELECT (1 AS ?value) {}", QUERY, "tabular"),
    "query_content_type_ask": ("POST", "ASK {}", QUERY, "boolean"),
    "query_content_type_describe": ("POST", "DESCRIBE <http://example.org/>", QUERY, "RDF"),
    "query_content_type_construct": ("POST", "CONSTRUCT { <s> <p> 1 } WHERE {}", QUERY, "RDF"),
}
NAMED = "GRAPH ?g1 { <http://example.org/1> a ?type }"
OF_A_DATASET = {
    "query_dataset_default_graphs_get": ("GET", ASK, ("default-graph-uri",)),
    "query_dataset_default_graphs_post": ("POST", ASK, ("default-graph-uri",)),
    "query_dataset_named_graphs_get": ("GET", f"ASK {{ {NAMED} }}", ("named-graph-uri",)),
    "query_dataset_named_graphs_post": ("POST", f"ASK {{ {NAMED} }}", ("named-graph-uri",)),
    "query_dataset_full": ("POST", ASK, ("default-graph-uri", "named-graph-uri")),
    "query_multiple_dataset": (
        "POST",
        "ASK FROM <http://example.org/3> { ?s ?p ?o }",
        ("named-graph-uri",),
    ),
}
UPDATES = (
    "update_base_uri",
    "update_dataset_default_graph",
    "update_dataset_default_graphs",
    "update_dataset_full",
    "update_dataset_named_graphs",
    "bad_update_dataset_conflict",
    "bad_update_missing_form_type",
    "bad_update_non_utf8",
    "bad_update_syntax",
    "bad_update_wrong_media_type",
)
"""The W3C's tests that do not apply: nothing is ever written."""


def test_every_test_of_the_protocol_is_accounted_for() -> None:
    ours = {one for one in BAD if one.startswith(("bad_", "query_", "update_"))}
    known = {*GOOD, *OF_A_DATASET, *ours, *UPDATES} - {"bad_query_no_query"}
    assert len(known) == 34


@pytest.mark.slow
@pytest.mark.parametrize("name", GOOD)
def test_the_protocol_is_kept(service: Running, name: str) -> None:
    method, query, media_type, wanted = GOOD[name]
    if media_type is None:
        told = service.get(f"/sparql?{asked(query)}")
    else:
        body = asked(query) if media_type == FORM else query
        told = service.ask(method, "/sparql", body.encode(), {"Content-Type": media_type})
    assert told.status == 200, told.body
    form = told.headers["content-type"].split(";")[0]
    if wanted == "RDF":
        assert form in DESCRIPTIONS
        triples = [str(one) for one in ox.parse(told.body, format=DESCRIPTIONS[form])]
        assert len(triples) == ("construct" in name)
        assert all(f"<{service.url}/s> <{service.url}/p>" in one for one in triples)
    else:
        assert form in RESULTS
        assert ("boolean" in told.json) == (wanted == "boolean")


@pytest.mark.parametrize("name", OF_A_DATASET)
def test_a_dataset_of_ones_own_is_refused(service: Running, name: str) -> None:
    method, query, parameters = OF_A_DATASET[name]
    uris = urlencode([(one, f"http://example.org/{n}") for one in parameters for n in (1, 2)])
    if method == "GET":
        told = service.get(f"/sparql?{asked(query)}&{uris}")
    else:
        headers = {"Content-Type": QUERY}
        told = service.ask(method, f"/sparql?{uris}", query.encode(), headers)
    assert told.status == 400
    assert "there is one graph" in told.json["error"]["message"]


GRAPHS = {
    "construct": "CONSTRUCT { ?x a ind:Shown ; ind:of ?a } WHERE { ?x ind:action ?a }",
    "construct-where": "CONSTRUCT WHERE { ?x ind:action ?a }",
    "describe": "DESCRIBE spine:Foraminotomy",
    "describe-found": "DESCRIBE ?a WHERE { ?x ind:action ?a } ORDER BY ?a LIMIT 3",
    "describe-all": "DESCRIBE * WHERE { spine:Foraminotomy rdfs:subClassOf ?a }",
}
PREFIXED = (
    "PREFIX ind: <https://w3id.org/indicant/core/> "
    "PREFIX spine: <https://w3id.org/indicant/spine/> "
    "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
)


@pytest.mark.slow
@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("media_type", DESCRIPTIONS)
def test_a_graph_comes_in_each_form(service: Running, name: str, media_type: str) -> None:
    """It is what another engine gives, whose DESCRIBE leaves out no statement about the thing."""
    import rdflib

    query = PREFIXED + GRAPHS[name]
    told = service.ask("GET", f"/sparql/{SEED}?{asked(query)}", None, {"Accept": media_type})
    assert told.headers["content-type"].split(";")[0] == media_type
    found = {one.triple for one in ox.parse(told.body, format=DESCRIPTIONS[media_type])}
    assert found
    published = Guideline.load(SEED).export()
    if name.startswith("describe"):
        about = {one.subject for one in found if isinstance(one.subject, ox.NamedNode)}
        for one in each(sorted(about, key=str)):
            rows = published.triples((rdflib.URIRef(one.value), None, None))
            assert len([*rows]) == len([row for row in found if row.subject == one])
    else:
        built = published.query(query).graph
        assert built is not None
        assert {f"{s.n3()} {p.n3()} {o.n3()}" for s, p, o in built} == set(map(str, found))


@pytest.mark.slow
def test_a_graph_is_no_table_and_a_table_no_graph(service: Running) -> None:
    for query, accept in each([("DESCRIBE <a:b>", "text/csv"), (ASK, "text/turtle")]):
        told = service.ask("GET", f"/sparql?{asked(query)}", None, {"Accept": accept})
        assert told.status == 406, query
    told = service.get(f"/sparql?{asked('CONSTRUCT { ?a ?b ?c } WHERE { ?a ?b ?c ')}")
    assert told.status == 400


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_process_that_dies_is_followed_by_another() -> None:
    """Whatever ended it: the next query is answered as if nothing had been."""
    query = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c }"
    with running(SEED) as service:
        endpoint = service.service.endpoint
        first = service.get(f"/sparql?{asked(query)}").json
        for number in range(3):
            ended = endpoint.end()
            assert ended > 0
            more = f"{query} # {number}"
            assert service.get(f"/sparql?{asked(more)}").json == first
        assert endpoint.end() > 0


BAD = {
    "bad_query_method": ("PUT", "/sparql", "", None, 405),
    "bad_query_no_query": ("POST", "/sparql", "", FORM, 400),
    "bad_multiple_queries": ("GET", f"/sparql?{asked(ASK)}&{asked(ASK)}", "", None, 400),
    "bad_query_wrong_media_type": ("POST", "/sparql", ASK, "text/plain", 415),
    "bad_query_missing_form_type": ("POST", "/sparql", asked(ASK), None, 415),
    "bad_query_missing_direct_type": ("POST", "/sparql", ASK, None, 415),
    "bad_query_non_utf8": ("POST", "/sparql", "ASK { ?x ?p '\xe4' }", QUERY, 400),
    "bad_query_syntax": ("GET", f"/sparql?{asked('ASK {')}", "", None, 400),
    "bad_update_get": ("GET", "/sparql?update=CLEAR%20ALL", "", None, 400),
    "bad_multiple_updates": ("POST", "/sparql", "update=CLEAR+ALL&update=CLEAR+ALL", FORM, 400),
    "update_post_form": ("POST", "/sparql", "update=CLEAR+ALL", FORM, 400),
    "update_post_direct": ("POST", "/sparql", "CLEAR ALL", "application/sparql-update", 415),
    "an update as a query": ("POST", "/sparql", "DROP ALL", QUERY, 400),
    "an insertion": ("POST", "/sparql", "INSERT DATA { <a:b> <a:b> 1 }", QUERY, 400),
    "another service": (
        "POST",
        "/sparql",
        "ASK { SERVICE <https://example.org/> { ?s ?p ?o } }",
        QUERY,
        400,
    ),
    "a file": ("POST", "/sparql", "ASK FROM <file:///etc/passwd> { ?s ?p ?o }", QUERY, 400),
    "no such guideline": ("GET", f"/sparql/none?{asked(ASK)}", "", None, 404),
    "a second parameter": ("GET", "/sparql?colour=red", "", None, 400),
    "too long": ("POST", "/sparql", "#" * 1_000_001, QUERY, 413),
}


@pytest.mark.many(1000)
@pytest.mark.parametrize("name", BAD)
def test_what_is_no_query_of_the_graph_is_refused(service: Running, name: str) -> None:
    method, path, body, media_type, status = BAD[name]
    headers = {} if media_type is None else {"Content-Type": media_type}
    told = service.ask(method, path, body.encode("latin-1"), headers)
    assert told.status == status, told.body
    assert told.json["error"]["message"]


def test_what_cannot_be_had_in_a_form_is_refused(service: Running) -> None:
    told = service.ask("GET", f"/sparql?{asked(ASK)}", None, {"Accept": "image/png"})
    assert told.status == 406
    assert service.ask("GET", "/sparql", None, {"Accept": "image/png"}).status == 406


@pytest.mark.slow
def test_a_query_without_end_is_ended() -> None:
    query = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    with running(seconds=1.0) as service:
        told = service.get(f"/sparql?{asked(query)}")
    assert told.status == 400
    assert "stopped after 1 seconds" in told.json["error"]["message"]


def test_the_service_describes_itself(service: Running) -> None:
    told = service.ask("GET", "/sparql", None, {"Accept": "text/turtle"})
    assert told.headers["content-type"].startswith("text/turtle")
    stated = {
        (one.predicate.value, getattr(one.object, "value", ""))
        for one in ox.parse(told.body, format=ox.RdfFormat.TURTLE)
        if one.subject == ox.NamedNode(f"{service.url}/sparql")
    }
    assert (f"{SD}endpoint", f"{service.url}/sparql") in stated
    assert (f"{SD}supportedLanguage", f"{SD}SPARQL11Query") in stated
    assert len([one for one in stated if one[0] == f"{SD}resultFormat"]) == 8


def test_what_a_client_likes_best_is_chosen() -> None:
    offers = dict.fromkeys(("a/b", "a/c", "d/e"))
    for accept, wanted in each(
        [
            ("", "a/b"),
            ("*/*", "a/b"),
            ("a/c", "a/c"),
            ("a/*;q=0.5, d/e", "d/e"),
            ("a/b;q=0, a/*", "a/c"),
            ("d/e;q=0.1, a/c;q=0.2", "a/c"),
        ]
    ):
        assert chosen(accept, offers) == wanted, accept
    with pytest.raises(Refused):
        chosen("x/y", offers)
