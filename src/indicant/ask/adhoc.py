"""Run a query of the user's own: read only, on one graph, in bounded time and memory."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

import pyoxigraph as ox

from indicant.errors import IndicantError
from indicant.process import sandbox
from indicant.query import sparql
from indicant.query.tables import Table, from_json, render, to_json, value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from rdflib.plugins.sparql.sparql import Query

_Row = TypeVar("_Row")

SECONDS: Final = 30.0
MAX_BYTES: Final = 1_000_000
MAX_ROWS: Final = 100_000
MAX_ANSWER: Final = 50_000_000
MAX_MEMORY: Final = 2_000_000_000
_TABLE: Final = "table"
RESULTS: Final = "results"
"""The form of SPARQL 1.1 Query Results JSON, in which the answer to ASK is true or false."""
GRAPH: Final = "graph"
"""The form of the answer to CONSTRUCT and DESCRIBE: N-Triples, sorted."""
MAX_TRIPLES: Final = 200_000
_NEEDS: Final = ("pyoxigraph", "rdflib", "pyparsing")
_PLACE: Final = re.compile(r"^error at \d+:(\d+): ")
_MORE: Final = "add a LIMIT"

_TERM: Final = r"(?:i\d+:|\?[A-Za-z]\w{0,99})"
_STEP: Final = rf'{_TERM} (?:{_TERM}|a) (?:{_TERM}|"[^"\\]*"(?:@[a-z]{{2}})?|\d{{1,9}})'
_LOOKUP: Final = re.compile(
    r"(?:PREFIX i\d+: <[^<>\"{}|^`\\\x00-\x20]*> )*SELECT (?:DISTINCT )?(?:\?[A-Za-z]\w{0,99} )+"
    rf"(?:WHERE )?\{{ {_STEP}(?: \. {_STEP}){{0,9}}(?: \.)? \}}(?: LIMIT \d{{1,6}})?",
    re.ASCII,
)
"""A query in plain form that matches some patterns, and that every parser takes alike.

To read it with the grammar of rdflib as well takes five times as long as to answer it.
"""


def check(query: str, name: str) -> None:
    """Refuse what writes, what asks another machine, and what names a graph of its own.

    What is let through is parsed and checked once more, before it is run; see ``answer``.

    Raises:
        IndicantError: the query is refused, or uses a prefix that it does not declare.
    """
    sparql.plain(query, name)


def run(
    query: str,
    graph: str,
    *,
    name: str = "<query>",
    engine: str = "oxigraph",
    seconds: float = SECONDS,
    memory: int = MAX_MEMORY,
) -> Table:
    """Run a query in a process of its own, which ends with the time it is given.

    Args:
        query: SPARQL 1.1, SELECT or ASK.
        graph: N-Triples.
        name: what to call the query in an error.
        engine: ``oxigraph`` or ``rdflib``.
        seconds: the time limit, from starting the process to the last byte of its answer.
        memory: the limit of address space in bytes, where the system knows one.

    Raises:
        IndicantError: the query is refused or malformed, or exceeds a limit.
    """
    return from_json(
        run_as(_TABLE, query, graph, {}, name=name, engine=engine, seconds=seconds, memory=memory)
    )


def run_as(
    form: str,
    query: str,
    graph: str,
    prefixes: Mapping[str, str],
    *,
    name: str = "<query>",
    engine: str = "oxigraph",
    seconds: float = SECONDS,
    memory: int = MAX_MEMORY,
) -> str:
    """Run a query, and return its answer as ``tables.render`` writes it, within the same limits.

    The form may be ``RESULTS`` as well.

    Raises:
        IndicantError: the query is refused or malformed, or exceeds a limit.
    """
    plain = sparql.plain(query, name)
    task = {
        "query": plain.text,
        "everything": plain.everything,
        "engine": engine,
        "form": form,
        "prefixes": dict(prefixes),
    }
    try:
        told = sandbox.call(
            __name__,
            task,
            graph.encode(),
            needs=_NEEDS,
            seconds=seconds,
            memory=memory,
            most=MAX_ANSWER,
        )
    except sandbox.TooSlowError as error:
        raise IndicantError(
            f"the query was stopped after {seconds:g} seconds",
            file=name,
            help="a path that never ends or a product of everything with everything? "
            "--timeout gives it longer",
        ) from error
    except sandbox.TooMuchError as error:
        raise IndicantError(f"the query could not be run: {_too_long()}", file=name) from error
    except sandbox.StoppedError as error:
        raise IndicantError(
            f"the query ended its process ({error})",
            file=name,
            help=f"it is nested too deeply, or needs more than {memory / 1e9:g} GB of memory",
        ) from error
    return answer_in(told, plain, query, name)


def answer_in(told: bytes, plain: sparql.Plain, query: str, name: str) -> str:
    """Return the answer that a process gave.

    Raises:
        IndicantError: it says what is wrong with the query.
    """
    if told.startswith(b"!"):
        raise _told(told[1:].decode(), plain, query, name)
    return told[1:].decode()


def _too_long() -> str:
    return f"an answer of more than {MAX_ANSWER // 1_000_000} MB: {_MORE}"


def _told(message: str, plain: sparql.Plain, query: str, name: str) -> IndicantError:
    """Return what an engine said as an error, with the place that it names."""
    place = _PLACE.match(message)
    text = " ".join(_PLACE.sub("", message).split())
    if len(text) > 200:
        text = text[:199] + "…"
    if place is None:
        return IndicantError(text, file=name)
    here = min(plain.place(int(place[1])), len(query))
    excerpt = query[query.rfind("\n", 0, here) + 1 :].partition("\n")[0].strip()
    if len(excerpt) > 100:
        excerpt = excerpt[:99] + "…"
    told = f"{text}, in: {excerpt}" if excerpt else text
    return sparql.error_at(told, query, here, name, None)


# ---------------------------------------------------------------------- in the process


def prepare(*engines: str) -> None:
    """Load all that answering takes, by these engines or by any: later no file can be opened."""
    from rdflib.plugins import sparql as engine

    engine.SPARQL_LOAD_GRAPHS = False
    engine.CUSTOM_EVALS.clear()
    for name in engines or _ENGINES:
        task = {"query": "ASK { ?s ?p 1 }", "engine": name, "form": _TABLE, "everything": []}
        assert answer(task, b'<x:s> <x:p> "o" .').startswith(b"=")  # noqa: S101


def answer(task: dict[str, Any], data: bytes) -> bytes:
    """Answer one query: the answer behind ``=``, or what is wrong behind ``!``."""
    return guarded(lambda: _answer(task, data))


def guarded(answered: Callable[[], str]) -> bytes:
    """Return an answer behind ``=``, or what is wrong behind ``!``."""
    try:
        return b"=" + answered().encode()
    except SyntaxError as error:
        message = _syntax(str(error))
    except IndicantError as error:
        message = error.message
    except (MemoryError, RecursionError) as error:
        message = f"the query needs too much ({type(error).__name__})"
    except Exception as error:  # whatever an engine raises is told, not shown
        message = f"the query could not be run: {error}"
    return b"!" + message.encode(errors="backslashreplace")


def _answer(task: dict[str, Any], data: bytes) -> str:
    from indicant.query import algebra

    text: str = task["query"]
    query = _parsed(text)
    algebra.check(query)
    # Only what was found harmless; it is held to the grammar, which rdflib is not strict about.
    ox.Store().query(text)
    return shown(task, query, _ENGINES[task["engine"]](text, query, data.decode()))


def answer_of(store: ox.Store, task: dict[str, Any]) -> str:
    """Return the answer that a store gives, which may be a graph; see ``GRAPH``.

    Raises:
        SyntaxError: it is no query.
        IndicantError: it does something else than to read.
        OverflowError: the answer is too long.
    """
    from indicant.query import algebra

    text: str = task["query"]
    graph = task["form"] == GRAPH
    if not graph and _LOOKUP.fullmatch(text):
        return _written(task, _solved(store, text), ordered=False)
    query = _parsed(text)
    algebra.check(query, graphs=graph)
    if graph:
        found = store.query(text)
        assert isinstance(found, ox.QueryTriples)  # noqa: S101
        lines = {f"{one} .\n" for one in _counted(found, MAX_TRIPLES, "triples")}
        return "".join(sorted(lines))
    return shown(task, query, _solved(store, text))


def shown(task: dict[str, Any], query: Query, table: Table) -> str:
    """Return a table in the form that is asked for."""
    from indicant.query import algebra

    if task["everything"]:
        table = _in_order(table, task["everything"])
    if task["form"] == RESULTS and query.algebra.name == "AskQuery":
        return json.dumps({"head": {}, "boolean": value_of(table.rows[0][0])})
    return _written(task, table, ordered=algebra.is_ordered(query))


def _written(task: dict[str, Any], table: Table, *, ordered: bool) -> str:
    """Return a table in the form that is asked for, its rows in an order of their own."""
    if not ordered:
        rows = sorted(table.rows, key=lambda row: [*map(str, row)])
        table = Table(table.columns, tuple(rows))
    if task["form"] in {_TABLE, RESULTS}:
        return to_json(table)
    return render(table, task["form"], task["prefixes"])


def _in_order(table: Table, variables: list[str]) -> Table:
    """Return a table of everything with its columns in the order in which the query names them."""
    order = sorted(range(len(table.columns)), key=lambda one: variables.index(table.columns[one]))
    columns = tuple(table.columns[one] for one in order)
    return Table(columns, tuple(tuple(row[one] for one in order) for row in table.rows))


def _parsed(text: str) -> Query:
    from pyparsing import ParseException

    from indicant.query import algebra

    try:
        return algebra.parsed(text)
    except ParseException as error:
        # What is no query for one of them is run by neither. Oxigraph says better where it ends.
        ox.Store().query(text)
        raise SyntaxError(f"error at 1:{error.loc + 1}: {error.msg}") from error


def _syntax(message: str) -> str:
    place = _PLACE.match(message)
    return f"{place[0] if place else ''}syntax error: {_PLACE.sub('', message)}"


def _counted(rows: Iterable[_Row], most: int = MAX_ROWS, what: str = "rows") -> list[_Row]:
    found: list[_Row] = []
    for row in rows:
        found.append(row)
        if len(found) > most:
            raise OverflowError(f"more than {most} {what}: {_MORE}")
    return found


def _answer_to_ask(holds: bool) -> Table:
    return from_json(json.dumps({"head": {}, "boolean": holds}))


def _oxigraph(text: str, _query: Query, graph: str) -> Table:
    store = ox.Store()
    store.load(graph, format=ox.RdfFormat.N_TRIPLES)
    return _solved(store, text)


def _solved(store: ox.Store, text: str) -> Table:
    found = store.query(text)
    if isinstance(found, ox.QueryBoolean):
        return _answer_to_ask(bool(found))
    assert isinstance(found, ox.QuerySolutions)  # noqa: S101
    columns = tuple(one.value for one in found.variables)
    return Table(columns, tuple(tuple(row) for row in _counted(found)))


def _rdflib(_text: str, query: Query, graph: str) -> Table:
    from indicant.assess.engine import from_rdflib, rdflib_graph

    found = rdflib_graph(graph).query(query)
    if found.type == "ASK":
        return _answer_to_ask(bool(found.askAnswer))
    # Row by row, so that no more of them are made than are told.
    rows: Any = _counted(found)
    table = [tuple(None if one is None else from_rdflib(one) for one in row) for row in rows]
    return Table(tuple(map(str, found.vars or ())), tuple(table))


_ENGINES: Final[dict[str, Callable[[str, Query, str], Table]]] = {
    "oxigraph": _oxigraph,
    "rdflib": _rdflib,
}
