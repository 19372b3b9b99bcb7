"""Run a query of the user's own: read only, on one graph, in bounded time and memory."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Final, TypeVar

import pyoxigraph as ox

from indicant.errors import IndicantError
from indicant.tables import Table, from_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_Row = TypeVar("_Row")

SECONDS: Final = 30.0
MAX_BYTES: Final = 1_000_000
_DAY: Final = 86_400.0
MAX_ROWS: Final = 100_000
MAX_MEMORY: Final = 2_000_000_000
_TOKEN: Final = re.compile(
    r"""
      (?P<skip> \s+ | \#[^\n\r]* )
    | (?P<string> \"{3}(?:[^"\\]|\\.|"{1,2}(?!"))*\"{3}
                | '{3}(?:[^'\\]|\\.|'{1,2}(?!'))*'{3}
                | "(?:[^"\\\n\r]|\\.)*" | '(?:[^'\\\n\r]|\\.)*' )
    | (?P<iri> <[^<>"{}|^`\\\x00-\x20]*> )
    | (?P<variable> [?$]\w+ )
    | (?P<language> @[A-Za-z]+(?:-[A-Za-z0-9]+)* )
    | (?P<name> (?P<prefix>[^\W\d_][\w.-]*)? : (?:[\w:.-]|%[0-9A-Fa-f]{2}|\\.)* | _:[\w.-]+ )
    | (?P<word> [^\W\d_]\w* )
    | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_READ: Final = "ask by SELECT or ASK"
_WRITING: Final = ("writes, and nothing is ever written", _READ)
_GRAPH: Final = ("is refused: there is one graph, and it has no name", None)
_REFUSED: Final[dict[str, tuple[str, str | None]]] = {
    "ADD": _WRITING,
    "CLEAR": _WRITING,
    "COPY": _WRITING,
    "CREATE": _WRITING,
    "DELETE": _WRITING,
    "DROP": _WRITING,
    "INSERT": _WRITING,
    "LOAD": _WRITING,
    "MOVE": _WRITING,
    "USING": _WRITING,
    "WITH": _WRITING,
    "SERVICE": ("is refused: no other machine is ever asked", None),
    "FROM": _GRAPH,
    "GRAPH": _GRAPH,
    "CONSTRUCT": ("gives no table", _READ),
    "DESCRIBE": ("gives no table", _READ),
}
_PLACE: Final = re.compile(r"^error at (\d+):(\d+): ")


def check(query: str, name: str) -> None:
    """Refuse what writes, what asks another machine, and what names a graph of its own.

    Raises:
        IndicantError: the query is refused, or uses a prefix that it does not declare.
    """
    _check_prefixes(query, name)
    # SPARQL lets escapes stand for any character, also those of a keyword or of a quotation mark.
    for text in dict.fromkeys((query, _ESCAPE.sub(_unescape, query))):
        for kind, token, _, place in _tokens(text):
            found = _REFUSED.get(token.upper()) if kind == "word" else None
            if found is not None:
                message, advice = found
                raise _error(f"{token.upper()} {message}", text, place, name, advice)


def _check_prefixes(query: str, name: str) -> None:
    declared: set[str] = set()
    before = ""
    for kind, token, prefix, place in _tokens(query):
        if kind == "name" and before == "PREFIX":
            declared.add(prefix)
        elif kind == "name" and not token.startswith("_:") and prefix not in declared:
            from indicant.reading import namespace_of

            raise _error(
                f"prefix '{prefix}:' is not declared",
                query,
                place,
                name,
                f"add  PREFIX {prefix}: <{namespace_of(prefix + ':')}>",
            )
        before = token.upper() if kind == "word" else ""


def is_ordered(query: str) -> bool:
    """Tell whether a query says in which order its rows come."""
    return any(
        kind == "word" and token.upper() == "ORDER"
        for kind, token, _, _ in _tokens(_ESCAPE.sub(_unescape, query))
    )


def _unescape(match: re.Match[str]) -> str:
    number = int(match[1] or match[2], 16)
    return chr(number) if number < 0x110000 else match[0]


def _tokens(text: str) -> Iterator[tuple[str, str, str, int]]:
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "skip":
            kind = "name" if match["name"] is not None else match.lastgroup or ""
            yield kind, match[0], match["prefix"] or "", match.start()


def _error(message: str, text: str, place: int, name: str, advice: str | None) -> IndicantError:
    line = text.count("\n", 0, place) + 1
    column = place - text.rfind("\n", 0, place)
    return IndicantError(message, file=name, line=line, column=column, help=advice)


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
        seconds: the time limit, for starting the process and loading the graph as well.
        memory: the limit of address space in bytes, where the system knows one.

    Raises:
        IndicantError: the query is refused or malformed, or exceeds a limit.
    """
    check(query, name)
    task = json.dumps({"query": query, "engine": engine, "memory": memory})
    try:
        done = subprocess.run(
            [sys.executable, "-c", "from indicant.adhoc import child; child()"],
            input=f"{task}\n{graph}".encode(),
            capture_output=True,
            timeout=min(seconds, _DAY),
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
    except subprocess.TimeoutExpired as error:
        raise IndicantError(
            f"the query was stopped after {seconds:g} seconds",
            file=name,
            help="a path that never ends or a product of everything with everything? "
            "--timeout gives it longer",
        ) from error
    if done.returncode:
        raise IndicantError(
            f"the query ended its process ({_ending(done.returncode)})",
            file=name,
            help=f"it is nested too deeply, or needs more than {memory / 1e9:g} GB of memory",
        )
    answer = json.loads(done.stdout)
    if "error" in answer:
        raise _told(answer["error"], query, name)
    table = from_json(answer["table"])
    if is_ordered(query):
        return table
    return Table(table.columns, tuple(sorted(table.rows, key=lambda row: [*map(str, row)])))


def _told(message: str, query: str, name: str) -> IndicantError:
    """Return what an engine said as an error, with the place that it names."""
    place = _PLACE.match(message)
    text = " ".join(_PLACE.sub("", message).split())
    if len(text) > 200:
        text = text[:199] + "…"
    if place is None:
        return IndicantError(text, file=name)
    lines = query.splitlines()
    line, column = int(place[1]), int(place[2])
    if line > len(lines):
        line, column = len(lines), len(lines[-1]) + 1
    excerpt = lines[line - 1].strip()
    if len(excerpt) > 100:
        excerpt = excerpt[:99] + "…"
    return IndicantError(
        f"{text}, in: {excerpt}" if excerpt else text, file=name, line=line, column=column
    )


def _ending(code: int) -> str:
    import signal

    if code < 0 and -code in {one.value for one in signal.Signals}:
        return signal.Signals(-code).name
    return f"exit code {code}"


# ---------------------------------------------------------------------- in the process


def child() -> None:
    """Answer one query: read the task from standard input, write the answer to standard output."""
    data = sys.stdin.buffer.read()
    line, _, graph = data.partition(b"\n")
    task = json.loads(line)
    _limit(task["memory"])
    query = task["query"]
    try:
        ox.Store().query(query)
        answer = {"table": _ENGINES[task["engine"]](query, graph)}
    except SyntaxError as error:
        answer = {"error": _syntax(str(error))}
    except (MemoryError, RecursionError) as error:
        answer = {"error": f"the query needs too much ({type(error).__name__})"}
    except Exception as error:  # whatever an engine raises is told, not shown
        answer = {"error": f"the query could not be run: {error}"}
    sys.stdout.buffer.write(json.dumps(answer).encode())


def _syntax(message: str) -> str:
    place = _PLACE.match(message)
    return f"{place[0] if place else ''}syntax error: {_PLACE.sub('', message)}"


def _limit(memory: int) -> None:
    try:
        import resource
    except ImportError:
        return
    try:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):
        return


def _counted(rows: Iterable[_Row]) -> list[_Row]:
    found: list[_Row] = []
    for row in rows:
        found.append(row)
        if len(found) > MAX_ROWS:
            raise OverflowError(f"more than {MAX_ROWS} rows: add a LIMIT")
    return found


def _oxigraph(query: str, graph: bytes) -> str:
    from indicant.tables import to_json

    store = ox.Store()
    store.load(graph, format=ox.RdfFormat.N_TRIPLES)
    found = store.query(query)
    if isinstance(found, ox.QueryBoolean):
        return json.dumps({"head": {}, "boolean": bool(found)})
    assert isinstance(found, ox.QuerySolutions)  # noqa: S101
    columns = tuple(one.value for one in found.variables)
    rows = [tuple(row) for row in _counted(found)]
    return to_json(Table(columns, tuple(rows)))


def _rdflib(query: str, graph: bytes) -> str:
    import rdflib
    from rdflib.plugins import sparql

    from indicant.engine import from_rdflib
    from indicant.tables import to_json

    sparql.SPARQL_LOAD_GRAPHS = False
    store = rdflib.Graph()
    store.parse(data=graph, format="nt")
    found = store.query(query)
    if found.type == "ASK":
        return json.dumps({"head": {}, "boolean": found.askAnswer})
    names = found.vars or []
    rows = [
        tuple(from_rdflib(row[name]) if name in row else None for name in names)
        for row in _counted(found.bindings)
    ]
    return to_json(Table(tuple(map(str, names)), tuple(rows)))


_ENGINES: Final[dict[str, Callable[[str, bytes], str]]] = {
    "oxigraph": _oxigraph,
    "rdflib": _rdflib,
}
