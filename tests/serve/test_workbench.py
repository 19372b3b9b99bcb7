"""The page on which what is published is queried shows what the endpoint answers, and no more."""

from __future__ import annotations

import csv
import io
import json
from html import escape
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pyoxigraph as ox
import pytest

from asked import NAME, SEED, Answer, Running, running
from each import each
from indicant.ask.questions import questions
from indicant.serve import workbench
from indicant.serve.workbench import MOST_CELLS, MOST_COLUMNS, MOST_SHOWN, MOST_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator

FORM = "application/x-www-form-urlencoded"
ALL = [one for one in questions().values() if not one.about_case]
EASY = [one.name for one in ALL if not any(each.required for each in one.parameters)]
WORD = "which-terms-mention-a-word"
CORE = "https://w3id.org/indicant/core/"


class Bench(HTMLParser):
    """What stands on the page: the table, the links, the query, and what it tells."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.links: list[str] = []
        self.query = ""
        self.heads: list[str] = []
        self.alert = ""
        self.fields: list[str] = []
        self.offered: list[str] = []
        self._open: list[str] = []
        self._in_alert = self._in_hint = False
        self.answer = answer
        self.feed(answer.body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of where a part begins."""
        of = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(of["href"])
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
        if tag == "h2":
            self.heads.append("")
        if of.get("role") == "alert":
            self._in_alert = True
        if tag == "input" and of.get("type") != "hidden":
            self.fields.append(of["name"])
        if tag == "option":
            self.offered.append(of["value"])
        if tag not in {"input", "meta", "link", "br"}:
            self._open.append(tag if of.get("class") != "hint" else "hint")

    def handle_endtag(self, tag: str) -> None:
        """Take note of where it ends."""
        self._open.pop()
        if tag == "section":
            self._in_alert = False

    def handle_data(self, data: str) -> None:
        """Take the text of the part that is open."""
        if "hint" in self._open:
            return
        if "textarea" in self._open:
            self.query += data
        elif {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data
        elif "h2" in self._open:
            self.heads[-1] += data
        if self._in_alert:
            self.alert += data


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    with running(SEED, NAME) as found:
        yield found


def get(service: Running, path: str, **form: str) -> Bench:
    return Bench(service.get(f"{path}?{urlencode(form)}" if form else path))


def run(service: Running, path: str, **form: str) -> Bench:
    return Bench(service.post(path, urlencode(form).encode(), FORM))


def table(service: Running, query: str, of: str = "") -> list[list[str]]:
    """Return what the endpoint answers, with its columns."""
    place = f"/sparql/{of}" if of else "/sparql"
    accept = {"Accept": "text/csv"}
    told = service.ask("GET", f"{place}?{urlencode({'query': query})}", None, accept)
    assert told.status == 200
    return list(csv.reader(io.StringIO(told.body.decode())))


@pytest.mark.slow
def test_it_begins_with_the_recommendations_and_lists_what_can_be_asked(service: Running) -> None:
    whole, one = get(service, "/workbench"), get(service, f"/workbench/{NAME}")
    for bench in (whole, one):
        assert bench.answer.status == 200
        assert "which-recommendations" not in bench.alert
        assert bench.query.strip() == questions()["which-recommendations-are-there"].text.strip()
        listed = {link for link in bench.links if link.startswith("?question=")}
        assert listed == {f"?question={quote(each.name)}" for each in ALL}
    assert len(whole.rows) > len(one.rows) > 20
    assert f"workbench/{NAME}" in whole.links
    assert "../workbench" in one.links


@pytest.mark.many(1000)
@pytest.mark.parametrize("name", each(EASY))
def test_a_question_is_answered_as_the_endpoint_does(service: Running, name: str) -> None:
    bench = get(service, f"/workbench/{SEED}", question=name)
    columns, *expected = table(service, questions()[name].text, SEED)
    assert bench.answer.status == 200
    shown = min(len(expected), MOST_SHOWN)
    assert bench.rows[:1] == ([columns] if expected else [])
    assert len(bench.rows[1:]) == shown
    noun = "row" if len(expected) == 1 else "rows"
    assert f"{len(expected):,} {noun}" in bench.heads
    literals = [
        (at, place, cell)
        for at, row in enumerate(expected[:shown])
        for place, cell in enumerate(row)
        if cell and "://" not in cell and not cell.startswith("_:")
    ]
    for at, place, cell in literals:
        assert " ".join(bench.rows[at + 1][place].split()) == " ".join(cell.split())


def test_a_question_takes_what_it_is_given(service: Running) -> None:
    empty = get(service, f"/workbench/{NAME}", question=WORD)
    assert (empty.answer.status, empty.alert, empty.rows) == (200, "", [])
    assert empty.fields == ["p-text"]
    lacking = get(service, f"/workbench/{NAME}", question=WORD, **{"p-text": ""})
    assert lacking.answer.status == 422
    assert "It needs text." in lacking.alert
    given = get(service, f"/workbench/{NAME}", question=WORD, **{"p-text": "naloxone"})
    assert given.answer.status == 200
    assert '"naloxone"' in given.query
    assert len(given.rows) > 2
    assert given.rows[1:] == get(service, f"/workbench/{NAME}", query=given.query).rows[1:]
    about = "which-passages-support-what"
    free = get(service, f"/workbench/{SEED}", question=about)
    field = "p-recommendation"
    assert field in free.fields
    chosen = "foraminotomy"
    assert [one for one in free.offered if one.endswith(f":{chosen}")]
    fewer = get(service, f"/workbench/{SEED}", question=about, **{field: chosen})
    assert fewer.answer.status == 200
    assert 1 < len(fewer.rows) < len(free.rows)
    wrong = get(service, f"/workbench/{SEED}", question=about, **{field: "no such thing"})
    assert (wrong.answer.status, wrong.rows) == (422, [])
    assert "no such thing" in wrong.alert


def test_a_question_about_a_case_is_none_of_a_guideline(service: Running) -> None:
    for name in ("what-is-the-status", "no-such-question"):
        bench = get(service, "/workbench", question=name)
        assert bench.answer.status == 422
        assert "no such question" in bench.alert


def test_a_query_of_ones_own_is_kept_where_it_fails(service: Running) -> None:
    hostile = "SELECT ?x { </textarea><script>alert(1)</script>"
    for bench in (
        run(service, "/workbench", query=hostile),
        get(service, "/workbench", query=hostile),
    ):
        assert bench.answer.status == 400
        assert bench.query.strip() == hostile
        assert "syntax error" in bench.alert
        assert b"<script>alert" not in bench.answer.body
        assert "script-src 'self'" in bench.answer.headers["content-security-policy"]
    for query in ("INSERT DATA { <urn:a> <urn:b> 1 }", "SELECT * { SERVICE <urn:x> { ?a ?b ?c } }"):
        refused = run(service, "/workbench", query=query)
        assert refused.answer.status == 400
        assert refused.alert
        assert not refused.rows


def test_answers_of_each_kind_are_shown(service: Running) -> None:
    assert "Yes" in run(service, "/workbench", query="ASK { ?x ?y ?z }").heads
    assert "No" in run(service, "/workbench", query="ASK { <urn:no> ?y ?z }").heads
    none = run(service, "/workbench", query="SELECT ?x { <urn:no> ?y ?x }")
    assert ("0 rows" in none.heads, none.rows) == (True, [])
    built = run(
        service,
        f"/workbench/{SEED}",
        query="CONSTRUCT { ?x <urn:is> 'x' } { ?x a <https://w3id.org/indicant/core/Indication> }",
    )
    assert built.rows[0] == ["subject", "property", "value"]
    assert {row[1] for row in built.rows[1:]} == {"urn:is"}
    tags = run(
        service, "/workbench", query="SELECT ?x ?y { VALUES (?x ?y) { ('<b>'@de UNDEF) (2 3.5) } }"
    )
    assert sorted(tags.rows[1:]) == [["2 ", "3.5 "], ["<b>", ""]]
    assert b'<td lang="de"><bdi>&lt;b&gt;</bdi>' in tags.answer.body
    many = run(service, "/workbench", query="SELECT ?x { ?x ?y ?z } LIMIT 1234")
    assert "1,234 rows" in many.heads
    assert len(many.rows) == 1 + MOST_SHOWN
    assert b"the first 500 of 1,234 rows; what is saved has all." in many.answer.body


def test_a_page_is_bounded_however_wide_or_long_the_cells_are(
    service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (MOST_CELLS, MOST_COLUMNS, MOST_TEXT) == (20_000, 1_000, 2_000_000)
    text = "SELECT * { ?x ?y ?z } LIMIT 3"
    assert b"Of this the page has" not in run(service, "/workbench", query=text).answer.body
    names = " ".join(f"?c{number}" for number in range(30))
    row = f"({'<urn:a> ' * 30})"
    query = f"SELECT * {{ VALUES ({names}) {{ {row * 25} }} }}"
    monkeypatch.setattr(workbench, "MOST_COLUMNS", 10)
    monkeypatch.setattr(workbench, "MOST_CELLS", 200)
    wide = run(service, "/workbench", query=query)
    assert "25 rows" in wide.heads
    assert [len(row) for row in wide.rows] == [10] * 20
    told = b"the first 19 of 25 rows and the first 10 of 30 columns"
    assert b"Of this the page has " + told + b"; what is saved has all." in wide.answer.body
    # Texts that HTML makes five times as long, and one that alone is too long.
    monkeypatch.setattr(workbench, "MOST_TEXT", 2_000)
    quotes = r"\"" * 300
    for text, rows in ((f'"{quotes}"', 2), (f'CONCAT("{quotes}", "{quotes}")', 1)):
        query = f"SELECT ({text} AS ?q) {{ ?x ?y ?z }} LIMIT 40"
        long = run(service, "/workbench", query=query)
        assert [row[0].rstrip("…").count('"') > 0 for row in long.rows[1:]] == [True] * rows
        assert long.rows[-1][0].endswith("…")
        shown = f"the first {rows} of 40 rows and the beginning of a text that is too long"
        assert shown in long.answer.body.decode()
        assert sum(len(escape(row[0])) for row in long.rows) <= 2_010
        saved = run(service, "/workbench", query=query, do="csv").answer
        told_all = list(csv.reader(io.StringIO(saved.body.decode())))
        assert [set(row[0]) for row in told_all[1:]] == [{'"'}] * 40


def test_what_is_saved_is_what_the_endpoint_answers(service: Running) -> None:
    query = "SELECT ?y { ?x ?y ?z } ORDER BY ?y LIMIT 700"
    saved = run(service, "/workbench", query=query, do="csv").answer
    assert saved.headers["content-disposition"] == 'attachment; filename="answer.csv"'
    assert list(csv.reader(io.StringIO(saved.body.decode()))) == table(service, query)
    told = json.loads(run(service, "/workbench", query=query, do="json").answer.body)
    assert len(told["results"]["bindings"]) == 700
    built = "CONSTRUCT { ?x a <urn:c> } { ?x a <https://w3id.org/indicant/core/Indication> }"
    graph = run(service, "/workbench", query=built, do="csv").answer
    assert graph.headers["content-disposition"] == 'attachment; filename="answer.ttl"'
    assert len(list(ox.parse(graph.body, format=ox.RdfFormat.TURTLE))) > 20
    failed = run(service, "/workbench", query="SELECT", do="csv").answer
    assert failed.status == 400


def test_an_iri_leads_to_all_that_is_stated_with_it(service: Running) -> None:
    seen = 0
    bench = get(service, f"/workbench/{SEED}", question="which-recommendations-are-there")
    for link in [one for one in bench.links if one.startswith("?about=")][:6]:
        told = Bench(service.get(f"/workbench/{SEED}{link}"))
        assert told.answer.status == 200
        iri = told.query.split("<")[1].split(">")[0]
        forth = table(service, f"SELECT ?p ?o {{ <{iri}> ?p ?o }}", SEED)
        back = table(service, f"SELECT ?s ?p {{ ?s ?p <{iri}> }}", SEED)
        wanted = len(forth) + len(back) - 2
        assert f"{wanted:,} {'row' if wanted == 1 else 'rows'}" in told.heads
        seen += 1
    assert seen == 6
    assert get(service, "/workbench", about="no iri <>").answer.status == 422


def test_a_link_to_a_query_asks_it_again(service: Running) -> None:
    bench = run(service, f"/workbench/{SEED}", query="SELECT ?y { ?x a ?y } ORDER BY ?y LIMIT 2")
    (link,) = (one for one in bench.links if one.startswith("?query="))
    again = Bench(service.get(f"/workbench/{SEED}{link}"))
    assert (again.rows, again.query) == (bench.rows, bench.query)
    long = run(service, "/workbench", query=f"ASK {{}} # {'x' * 5000}")
    assert "Yes" in long.heads
    assert not [one for one in long.links if one.startswith("?query=")]


def test_a_browser_that_comes_to_the_endpoint_is_led_to_the_page(service: Running) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    for path, place in (("/sparql", "workbench"), (f"/sparql/{NAME}", f"../workbench/{NAME}")):
        led = service.ask("GET", path, None, browser)
        assert (led.status, led.headers["location"]) == (303, place)
        assert service.get(path).headers["content-type"].startswith("text/turtle")
    assert service.ask("GET", "/sparql/none", None, browser).status == 404


def test_what_is_no_request_of_the_page_is_refused(service: Running) -> None:
    assert service.get("/workbench/none").status == 404
    assert service.post("/workbench", b"ASK {}", "application/sparql-query").status == 415
    assert service.post("/workbench", b"\xff=1", FORM).status == 400
    assert service.get("/workbench?query=%FF").status == 400
    assert run(service, "/workbench", query="#" * 2_000_000).answer.status == 413
    style = service.get("/workbench.css")
    assert style.headers["content-type"].startswith("text/css")
    assert b"http" not in style.body
