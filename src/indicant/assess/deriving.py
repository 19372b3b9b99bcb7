"""Run derivations over one case after another, in a process of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Protocol

import pyoxigraph as ox

from indicant.terms import IND, XSD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MOST: Final = 2_000
"""How many statements a derivation may write of one case."""
_RENEWAL: Final = 50_000


class _Engine(Protocol):
    def put(self, case: str) -> None: ...
    def construct(self, text: str) -> Iterable[object]: ...


def prepare(first: dict[str, Any]) -> None:
    """Load all that answers take: later no file can be opened any more."""
    known = begin({**first, "rules": ["CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"]}, b"")
    triple = '<x:s> <x:p> "1" .\n'
    assert list(reply(known, json.dumps([triple]).encode())) == [b"=" + triple.encode()]  # noqa: S101


def begin(first: dict[str, Any], data: bytes) -> tuple[_Engine, list[str]]:
    """Return the engine with the guideline, and the derivations."""
    made = _Rdflib if first["engine"] == "rdflib" else _Oxigraph
    return made(data.decode()), first["rules"]


def reply(known: tuple[_Engine, list[str]], data: bytes) -> Iterator[bytes]:
    """Yield what each derivation writes of each case, behind ``=``, or what went wrong, ``!``."""
    engine, rules = known
    for case in json.loads(data):
        engine.put(case)
        for text in rules:
            yield _answer(engine, text)
    engine.put("")


def _answer(engine: _Engine, text: str) -> bytes:
    found: dict[str, None] = {}
    try:
        for triple in engine.construct(text):
            found[f"{triple} .\n"] = None
            if len(found) > MOST:
                return f"!writes more than {MOST:,} statements of one case".encode()
    except (MemoryError, RecursionError) as error:
        return f"!needs too much ({type(error).__name__})".encode()
    except Exception as error:  # what an engine says may be about the case, and is not told
        return f"!could not be run ({type(error).__name__})".encode()
    return b"=" + "".join(sorted(found)).encode()


class _Oxigraph:
    def __init__(self, graph: str) -> None:
        self._graph = graph
        self._case = ox.NamedNode(IND + "case")
        self._load()

    def _load(self) -> None:
        self._taken = 0
        self._store = ox.Store()
        named = ox.NamedNode(IND + "guideline")
        self._store.load(self._graph, format=ox.RdfFormat.N_TRIPLES, to_graph=named)

    def put(self, case: str) -> None:
        self._taken += case.count("\n")
        if self._taken > _RENEWAL:
            self._load()
        self._store.clear_graph(self._case)
        self._store.load(case, format=ox.RdfFormat.N_TRIPLES, to_graph=self._case)

    def construct(self, text: str) -> Iterable[object]:
        found = self._store.query(text, use_default_graph_as_union=True)
        assert isinstance(found, ox.QueryTriples)  # noqa: S101
        return found


class _Rdflib:
    def __init__(self, graph: str) -> None:
        from indicant.assess.engine import RdflibEngine

        _compare_as_sparql_does()
        self._engine = RdflibEngine(graph)

    def put(self, case: str) -> None:
        self._engine.forget()
        self._engine.take(
            (one.subject, one.predicate, one.object)
            for one in ox.parse(case, format=ox.RdfFormat.N_TRIPLES)
        )

    def construct(self, text: str) -> Iterable[object]:
        for triple in self._engine.built(text):
            # What is no IRI Oxigraph does not make, and what would be said of it is left out.
            try:
                yield from_terms(triple)
            except ValueError:
                continue


def _compare_as_sparql_does() -> None:
    """Let rdflib put nothing in an order but numbers, texts and dates, each among themselves.

    It orders whatever there is by its datatype; to SPARQL that is an error. This is a process of
    its own, in which nobody else compares anything.
    """
    from rdflib.term import Literal

    def kind(term: object) -> str:
        if not isinstance(term, Literal) or term.language or term.ill_typed:
            return ""
        name = str(term.datatype or XSD + "string").removeprefix(XSD)
        return {"integer": "decimal"}.get(name, name)

    def strict(compare: Callable[[object, object], object]) -> Callable[[object, object], object]:
        def compared(one: object, other: object) -> object:
            if kind(one) != kind(other) or kind(one) not in {"decimal", "string", "date"}:
                raise TypeError("SPARQL puts these two in no order")
            return compare(one, other)

        return compared

    for name in ("__lt__", "__le__", "__gt__", "__ge__"):
        if not hasattr(Literal, f"strict{name}"):
            setattr(Literal, f"strict{name}", True)
            setattr(Literal, name, strict(getattr(Literal, name)))


def from_terms(triple: tuple[Any, Any, Any]) -> ox.Triple:
    """Return a triple of rdflib as one of pyoxigraph.

    Raises:
        ValueError: something in it is no term of RDF.
    """
    from indicant.assess.engine import from_rdflib

    return ox.Triple(*map(from_rdflib, triple))  # type: ignore[arg-type]
