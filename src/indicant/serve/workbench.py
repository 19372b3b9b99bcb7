"""Query the published graph on a page: the questions that ship, a query of one's own, its rows."""

from __future__ import annotations

import functools
import html
import threading
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode

import pyoxigraph as ox

from indicant.ask.questions import Named, Question, bind, named, prefixes_of, questions
from indicant.errors import IndicantError
from indicant.query.tables import shortener
from indicant.serve.patientpage import Shown, rendered
from indicant.serve.refusals import Refused
from indicant.terms import local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from indicant.query.rows import Term
    from indicant.serve.guidelines import Guidelines
    from indicant.serve.protocol import Endpoint

MOST_SHOWN: Final = 500
"""How many rows the page shows; all are in what is saved."""
MOST_COLUMNS: Final = 1_000
MOST_CELLS: Final = 20_000
MOST_TEXT: Final = 2_000_000
"""How many bytes what stands in the cells may take on the page, as HTML writes them."""
FIRST: Final = "which-recommendations-are-there"
_TABLE: Final = "application/sparql-results+json"
_GRAPH: Final = "application/n-triples"
_EITHER: Final = f"{_TABLE}, {_GRAPH}"
_SAVED: Final = {
    "csv": ("text/csv, text/turtle;q=0.5", "csv"),
    "json": (f"{_TABLE}, application/ld+json;q=0.5", "json"),
}
_GIVEN: Final = "p-"
_LONGEST_LINK: Final = 4_000
_MOST_OFFERED: Final = 400
_ABOUT: Final = """\
SELECT ?subject ?property ?value WHERE {{
  {{ VALUES ?subject {{ {term} }} ?subject ?property ?value }}
  UNION
  {{ VALUES ?value {{ {term} }} ?subject ?property ?value }}
}}
ORDER BY ?subject ?property ?value
"""


class Cell(NamedTuple):
    """A term as the page shows it: in short, in full, and where it leads."""

    text: str
    full: str
    link: str
    language: str


class Workbench:
    """Answers the requests of the page, for each guideline of a service or for all together."""

    def __init__(self, guidelines: Guidelines, endpoint: Endpoint) -> None:
        """Take the guidelines, and what answers queries about them."""
        self._guidelines, self._endpoint, self._words = guidelines, endpoint, guidelines.words
        self._known: dict[str, tuple[dict[str, str], dict[str, Named], dict[str, str]]] = {}
        self._lock = threading.Lock()

    def act(self, name: str, form: Mapping[str, str]) -> Shown:
        """Return the page for a guideline, or what is saved of an answer.

        Args:
            name: the name of the guideline; of all together none.
            form: ``query``; or ``question`` with values of its parameters, each behind ``p-``; or
                ``about``, an IRI; and ``do`` with ``csv`` or ``json``, to save.

        Raises:
            Refused: there is no such guideline, or no such form.
        """
        if name:
            self._guidelines.named(name)
        asked = questions().get(form.get("question", ""))
        if asked is not None and asked.about_case:
            asked = None
        query, problem = form.get("query", ""), ""
        if not query.strip() and asked is not None and _is_to_fill(asked, form):
            return self._page(name, asked, form, asked.text, None, "", 200)
        if not query.strip():
            try:
                query, problem = self._query(name, asked, form)
            except IndicantError as error:
                query, problem = asked.text if asked else "", _told(error)
        do = form.get("do", "")
        if do in _SAVED and not problem:
            accept, ending = _SAVED[do]
            body, media_type = self._endpoint.answer(name, query, accept)
            if media_type == "text/turtle":
                ending = "ttl"
            return Shown(body, media_type, name=f"answer.{ending}")
        rows: dict[str, Any] | None = None
        status = 422 if problem else 200
        if query.strip() and not problem:
            try:
                rows = self._rows(name, query)
            except Refused as refusal:
                status = refusal.status
                problem = f"{refusal.message}: {refusal.help}" if refusal.help else refusal.message
        return self._page(name, asked, form, query, rows, problem, status)

    def _query(self, name: str, asked: Question | None, form: Mapping[str, str]) -> tuple[str, str]:
        """Return the query that is wanted though none is written, and why it cannot be asked."""
        if about := form.get("about"):
            try:
                return _ABOUT.format(term=ox.NamedNode(about)), ""
            except ValueError:
                return "", self._words("bench", "no-iri")
        if asked is None:
            if form.get("question"):
                return "", self._words("bench", "no-question")
            return questions()[FIRST].text, ""
        given = {
            one.name: form[_GIVEN + one.name].strip()
            for one in asked.parameters
            if form.get(_GIVEN + one.name, "").strip()
        }
        lacking = [one.name for one in asked.parameters if one.required and one.name not in given]
        if lacking:
            return asked.text, self._words("bench", "needs", what=", ".join(lacking))
        prefixes, terms, _ = self._terms(name)
        return asked.filled(bind(asked, given, lambda: terms, prefixes)), ""

    def _terms(self, name: str) -> tuple[dict[str, str], dict[str, Named], dict[str, str]]:
        """Return the prefixes, terms and labels of a guideline, or of all, found out once."""
        with self._lock:
            if name not in self._known:
                prefixes: dict[str, str] = {}
                terms: dict[str, Named] = {}
                labels: dict[str, str] = {}
                for each, served in self._guidelines.each.items():
                    if name in {"", each}:
                        prefixes |= prefixes_of(served.assessor.source.documents)
                        terms |= named(served.assessor)
                        for term, called in served.assessor.ask("what-is-each-term-called"):
                            labels.setdefault(term or "", called or "")
                self._known[name] = prefixes, terms, labels
            return self._known[name]

    def _rows(self, name: str, query: str) -> dict[str, Any]:
        """Return what a query answers, as the page shows it.

        Raises:
            Refused: the query is malformed or not taken, or takes too much.
        """
        body, media_type = self._endpoint.answer(name, query, _EITHER)
        shorten = shortener(self._terms(name)[0])
        rows: list[list[Term | None]]
        if media_type == _GRAPH:
            columns = ["subject", "property", "value"]
            triples = [one.triple for one in ox.parse(body, format=ox.RdfFormat.N_TRIPLES)]
            rows = [[one.subject, one.predicate, one.object] for one in triples]
        else:
            found = ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)
            if isinstance(found, ox.QueryBoolean):
                return {"truth": bool(found), "columns": [], "rows": [], "count": 1}
            assert isinstance(found, ox.QuerySolutions)  # noqa: S101
            columns = [one.value for one in found.variables]
            rows = [[row[at] for at in range(len(columns))] for row in found]
        table = _Table(columns[:MOST_COLUMNS], shorten)
        for row in rows[:MOST_SHOWN]:
            if not table.take(row[:MOST_COLUMNS]):
                break
        return {
            "columns": table.columns,
            "rows": table.rows,
            "count": len(rows),
            "told": self._shown(table, len(rows), len(columns)),
        }

    def _page(
        self,
        name: str,
        asked: Question | None,
        form: Mapping[str, str],
        query: str,
        rows: dict[str, Any] | None,
        problem: str,
        status: int,
    ) -> Shown:
        graphs = [("", self._words("bench", "together"))]
        graphs += [(each, one.label) for each, one in self._guidelines.each.items()]
        link = "?" + urlencode({"query": query})
        return rendered(
            "workbench.html",
            self._words,
            status=status,
            up="../" if name else "",
            name=name,
            label=dict(graphs)[name],
            graphs=graphs if len(graphs) > 2 else graphs[1:],
            listed=[one for one in questions().values() if not one.about_case],
            asked=asked,
            fields=self._fields(name, asked, form) if asked else [],
            query=query,
            answer=rows,
            problem=problem,
            link=link if query and len(link) <= _LONGEST_LINK else "",
        )

    def _fields(
        self, name: str, asked: Question, form: Mapping[str, str]
    ) -> list[dict[str, object]]:
        """Return what a question can be given, with the terms that are of its kind."""
        prefixes, terms, labels = self._terms(name)
        shorten = shortener(prefixes)
        found: list[dict[str, object]] = []
        for one in asked.parameters:
            offered = [
                (shorten(ox.NamedNode(iri)), labels.get(iri) or local_name(iri))
                for iri in one.fitting(terms)
            ]
            found.append(
                {
                    "name": one.name,
                    "kind": one.kind,
                    "required": one.required,
                    "example": one.example or "",
                    "value": form.get(_GIVEN + one.name, ""),
                    "offered": offered[:_MOST_OFFERED],
                }
            )
        return found

    def _shown(self, table: _Table, rows: int, columns: int) -> str:
        """Return what to say of a table that does not show all; of one that does, nothing."""
        say = functools.partial(self._words, "bench")
        told = []
        for key, there, of in (
            ("first-rows", len(table.rows), rows),
            ("first-columns", len(table.columns), columns),
        ):
            if there < of:
                told.append(say(key, n=self._words.number(there), all=self._words.number(of)))
        if table.is_cut:
            told.append(say("text-cut"))
        if not told:
            return ""
        return say("shown", what=self._words.listed(told))


class _Table:
    """The rows of a page, as many as its cells and their text leave room for."""

    def __init__(self, columns: list[str], shorten: Callable[[Term], str]) -> None:
        self._shorten, self._cells, self._text = shorten, MOST_CELLS, MOST_TEXT
        self.is_cut = False
        self.columns = [self._fitted(Cell(one, "", "", "")).text for one in columns]
        self.rows: list[list[Cell]] = []

    def take(self, row: list[Term | None]) -> bool:
        """Take a row, its last cells cut where there is no more room, and tell whether it did."""
        if self.is_cut or len(row) > self._cells:
            return False
        self.rows.append([self._fitted(_cell(one, self._shorten)) for one in row])
        return True

    def _fitted(self, cell: Cell) -> Cell:
        self._cells -= 1
        size = sum(len(html.escape(one).encode()) for one in cell)
        if size <= self._text:
            self._text -= size
            return cell
        # A character takes six bytes at most.
        found = Cell(f"{cell.text[: self._text // 6]}…", "", "", "")
        self._text, self.is_cut = 0, True
        return found


def _is_to_fill(asked: Question, form: Mapping[str, str]) -> bool:
    """Tell whether a question needs what nobody has been asked for yet."""
    begun = form.get("about") or any(name.startswith(_GIVEN) for name in form)
    return not begun and any(one.required for one in asked.parameters)


def _told(error: IndicantError) -> str:
    return f"{error.message}; {error.help}" if error.help else error.message


def _cell(term: Term | None, shorten: Callable[[Term], str]) -> Cell:
    if term is None:
        return Cell("", "", "", "")
    text = shorten(term)
    if isinstance(term, ox.NamedNode):
        return Cell(text, term.value, "?" + urlencode({"about": term.value}), "")
    if isinstance(term, ox.Literal):
        kind = "" if term.language else local_name(term.datatype.value)
        return Cell(text, "" if kind == "string" else kind, "", term.language or "")
    return Cell(text, "", "", "")
