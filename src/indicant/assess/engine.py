"""Run the rules over a guideline and a case, and answer questions about the result.

The rules and the questions are SPARQL 1.1 and know no guideline; the engines differ only in who
evaluates them. They give the same answers, which the tests hold them to.
"""

from __future__ import annotations

import functools
import itertools
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import pyoxigraph as ox

from indicant.errors import IndicantError
from indicant.files import bounded, resources
from indicant.process.sharing import RDFLIB
from indicant.terms import IND, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import rdflib

    from indicant.compile.compiled import CompiledGuideline
    from indicant.files.sources import Source
    from indicant.query.rows import Row, Solutions, Term

ENGINES: Final = ("oxigraph", "native", "rdflib", "hermit")
NATIVE: Final = "native"
AUTO: Final = "auto"
"""Oxigraph, and the rules as loops of Python once a guideline has seen many cases."""
READING: Final = 27
"""The stratum after which expressions are computed, for which SPARQL has no words."""
DECIDING: Final = 60
DESCRIBING: Final = 90
_OF_CASE: Final = (
    "facts",
    "itself",
    "bounds",
    "lacking",
    "different",
    "exclusions",
    "proposals",
)
COMPUTES: Final = IND + "computes"
CONTRADICTS: Final = IND + "contradicts"
RENEWAL: Final = 50_000
"""After how many triples of cases a store is loaded anew."""


_ORDER: Final = re.compile(r"^ORDER BY .*\s*\Z", re.MULTILINE)
_NEEDS: Final = re.compile(r"^#\+ needs: \[(.*)\]$", re.MULTILINE)
_AGAIN: Final = re.compile(r"^#\+ again: \{(.*)\}$", re.MULTILINE)


@dataclass(frozen=True)
class Rule:
    """A rule, with its stratum and the properties one of which it takes to say anything.

    A rule that names no such property is always run. One that has more to say once others have
    spoken is run ``again``, in a later stratum, where what it takes is stated.
    """

    stratum: int
    text: str
    needs: frozenset[str]
    again: bool = False


@functools.cache
def rules() -> tuple[Rule, ...]:
    """Return the rules in the order in which they run."""
    folder = resources.queries() / "rules"
    files = sorted(folder.glob("*.rq"))
    if not files:
        raise IndicantError("the rules are missing", help="reinstall indicant")
    found = []
    for file in files:
        text = bounded.text(file)
        found.append(Rule(int(file.name[:2]), text, needs(text)))
        header = _AGAIN.search(text)
        for one in header.group(1).split(",") if header else ():
            stratum, name = one.split(":", 1)
            name, _, variable = name.strip().partition(" of ")
            needed = frozenset({IND + name.removeprefix("ind:")})
            found.append(Rule(int(stratum), _only(text, name, variable), needed, again=True))
    return tuple(sorted(found, key=lambda rule: rule.stratum))


def _only(text: str, name: str, variable: str) -> str:
    """Return a rule that is run again, for what has a property alone where that is enough."""
    if not variable:
        return text
    before, where, body = text.partition("WHERE {\n")
    return f"{before}{where}  {variable} {name} ?again .\n{body}"


@functools.cache
def strata() -> tuple[tuple[int, tuple[Rule, ...]], ...]:
    """Return the rules by stratum: those of one run together, over what those before have said."""
    grouped = itertools.groupby(rules(), key=lambda rule: rule.stratum)
    return tuple((stratum, tuple(together)) for stratum, together in grouped)


@functools.cache
def needs(query: str) -> frozenset[str]:
    """Return the properties one of which has to be stated for a query to find anything."""
    header = _NEEDS.search(query)
    names = header.group(1).split(",") if header else []
    return frozenset(IND + name.strip().removeprefix("ind:") for name in names)


@functools.cache
def question(name: str) -> str:
    """Return the text of a question by its name.

    Raises:
        IndicantError: there is no question of that name.
    """
    file = resources.queries() / "questions" / f"{name}.rq"
    try:
        return bounded.text(file)
    except OSError as error:
        raise IndicantError(f"there is no question '{name}'") from error


@functools.cache
def unordered(name: str) -> str:
    """Return the text of a question without the order of its rows, which takes time."""
    return _ORDER.sub("", question(name))


class Answering(Protocol):
    """What answers questions about a guideline and, where it has them, about cases."""

    def ask(self, name: str, *, ordered: bool = True) -> list[Row]:
        """Return the rows of a question, each value as its IRI or lexical form."""

    def select(self, query: str) -> list[Row]:
        """Return the rows of a SELECT query."""

    def solutions(self, query: str) -> Solutions:
        """Return the variables and the rows of a SELECT query, each value as a term."""


class Engine(ABC):
    """A guideline, at most one document of cases, and what follows for them.

    An engine serves one assessment at a time: whoever shares one among threads reads what another
    thread has put into it.
    """

    repeats = True
    """Whether rules run again that have more to say once others have spoken."""

    def __init__(self) -> None:
        self._stated: set[str] = set()
        self._of_guideline: dict[str, bool] = {}

    def begin(self, quads: Iterable[ox.Quad]) -> None:
        """Forget the last cases, take these, and derive what follows up to their advice."""
        self._clear()
        self._stated = self._take(list(quads))
        for stratum, together in strata():
            if stratum < DESCRIBING:
                texts = [
                    rule.text
                    for rule in together
                    if self._speaks(rule.needs)
                    and (self.repeats or not rule.again or stratum < DECIDING)
                ]
                self._stated |= self._apply(stratum, texts)
                if stratum == READING and COMPUTES in self._stated:
                    self._compute()

    def forget(self) -> None:
        """Forget the cases and all that was derived from them."""
        self._clear()
        self._stated = set()

    @property
    def stated(self) -> set[str]:
        """Return the properties that the cases, and what was derived from them, state."""
        return self._stated

    def describe(self) -> list[ox.Triple]:
        """Return the assessments as a graph: what the rules of the last strata construct."""
        found: dict[ox.Triple, None] = {}
        for rule in rules():
            if rule.stratum >= DESCRIBING:
                for triple in self.construct(rule.text):
                    found[triple] = None
        return list(found)

    def ask(self, name: str, *, ordered: bool = True) -> list[Row]:
        """Return the rows of a question, each value as its IRI or lexical form.

        Args:
            name: the name of the question.
            ordered: whether the rows are to stand in the order that the question asks for.
        """
        query = question(name) if ordered else unordered(name)
        return self.select(query) if self._speaks(needs(query)) else []

    def _speaks(self, needed: frozenset[str]) -> bool:
        """Tell whether the cases, what was derived or the guideline state what a query needs."""
        return (
            not needed
            or not self._stated.isdisjoint(needed)
            or any(self._guideline_states(name) for name in needed)
        )

    def _guideline_states(self, name: str) -> bool:
        if name not in self._of_guideline:
            self._of_guideline[name] = self._has(name)
        return self._of_guideline[name]

    def contradictions(self) -> list[Row]:
        """Return what a case records otherwise than it follows from its other records.

        Each row has the record, the quantity or property, its label, the property, the value that
        is recorded, and the least and the greatest that follow.
        """
        query = arithmetic("contradicted")
        return self.select(query) if CONTRADICTS in self._stated else []

    def _take(self, quads: Sequence[ox.Quad]) -> set[str]:
        """Take statements and return the properties that they are made with."""
        triples = [(quad.subject, quad.predicate, quad.object) for quad in quads]
        self._add(triples)
        return {predicate.value for _, predicate, _ in triples}

    def _compute(self) -> None:
        """Add within which bounds the values of expressions lie, from those of what they take."""
        from indicant.assess.arithmetic import computed

        terms = self.select(arithmetic("terms"))
        self._add(computed(terms, self.select(arithmetic("operands"))))

    def _apply(self, stratum: int, texts: Sequence[str]) -> set[str]:
        """Add what the rules of a stratum say and return the properties that they say it with."""
        del stratum
        return self._derive(texts)

    def take(self, triples: Iterable[tuple[object, object, object]]) -> None:
        """Take statements of a case, and derive nothing."""
        self._add(triples)

    @abstractmethod
    def select(self, query: str) -> list[Row]:
        """Return the rows of a SELECT query."""

    @abstractmethod
    def solutions(self, query: str) -> Solutions:
        """Return the variables and the rows of a SELECT query, each value as a term."""

    @abstractmethod
    def construct(self, query: str) -> Iterable[ox.Triple]:
        """Return the triples of a CONSTRUCT query."""

    @abstractmethod
    def known(self) -> Iterable[ox.Triple]:
        """Return the cases that were taken and what was derived from them."""

    @abstractmethod
    def _clear(self) -> None: ...

    @abstractmethod
    def _add(self, triples: Iterable[tuple[object, object, object]]) -> None: ...

    @abstractmethod
    def _derive(self, texts: Sequence[str]) -> set[str]: ...

    @abstractmethod
    def _has(self, name: str) -> bool:
        """Tell whether the guideline states something with a property."""


class OxigraphEngine(Engine):
    """The rules on Oxigraph."""

    def __init__(self, graph: str) -> None:
        super().__init__()
        self._graph = graph
        self._case, self._guideline = ox.NamedNode(IND + "case"), ox.NamedNode(IND + "guideline")
        self._load()

    def _load(self) -> None:
        self._taken = self._held = 0
        self._store = ox.Store()
        self._store.load(
            self._graph.encode(), format=ox.RdfFormat.N_TRIPLES, to_graph=self._guideline
        )

    def select(self, query: str) -> list[Row]:
        """Return the rows of a SELECT query."""
        found = self._store.query(query, use_default_graph_as_union=True)
        assert isinstance(found, ox.QuerySolutions)  # noqa: S101
        return [tuple([None if term is None else term.value for term in row]) for row in found]

    def solutions(self, query: str) -> Solutions:
        """Return the variables and the rows of a SELECT query, each value as a term."""
        found = self._store.query(query, use_default_graph_as_union=True)
        assert isinstance(found, ox.QuerySolutions)  # noqa: S101
        return tuple(one.value for one in found.variables), [tuple(row) for row in found]

    def construct(self, query: str) -> Iterable[ox.Triple]:
        """Return the triples of a CONSTRUCT query."""
        found = self._store.query(query, use_default_graph_as_union=True)
        assert isinstance(found, ox.QueryTriples)  # noqa: S101
        return found

    def known(self) -> Iterable[ox.Triple]:
        """Return the cases that were taken and what was derived from them."""
        quads = self._store.quads_for_pattern(None, None, None, self._case)
        return [quad.triple for quad in quads]

    def _clear(self) -> None:
        # What is removed from a store in memory still costs time: twice as much after 2,400 cases.
        if self._taken > RENEWAL:
            self._load()
        elif self._held:
            self._store.clear_graph(self._case)
            self._held = 0

    def _add(self, triples: Iterable[tuple[object, object, object]]) -> None:
        case = self._case
        quads = [ox.Quad(s, p, o, case) for s, p, o in triples]  # type: ignore[arg-type]
        self._held += len(quads)
        self._taken += len(quads)
        self._store.extend(quads)

    def _derive(self, texts: Sequence[str]) -> set[str]:
        found = [triple for text in texts for triple in self.construct(text)]
        if found:
            self._add(tuple(triple) for triple in found)
        return {triple.predicate.value for triple in found}

    def _has(self, name: str) -> bool:
        found = self._store.quads_for_pattern(None, ox.NamedNode(name), None, self._guideline)
        return next(found, None) is not None


class RdflibEngine(Engine):
    """The rules on rdflib."""

    def __init__(self, graph: str) -> None:
        super().__init__()
        self._graph = rdflib_graph(graph)
        self._own: set[tuple[rdflib.term.Node, rdflib.term.Node, rdflib.term.Node]] = set()

    def select(self, query: str) -> list[Row]:
        """Return the rows of a SELECT query."""
        with RDFLIB.value:
            found = self._graph.query(_prepared(query))
            names = found.vars or []
            return [
                tuple(str(row[name]) if name in row else None for name in names)
                for row in found.bindings
            ]

    def solutions(self, query: str) -> Solutions:
        """Return the variables and the rows of a SELECT query, each value as a term."""
        with RDFLIB.value:
            found = self._graph.query(_prepared(query))
            names = found.vars or []
            rows = [
                tuple(from_rdflib(row[name]) if name in row else None for name in names)
                for row in found.bindings
            ]
            return tuple(map(str, names)), rows

    def construct(self, query: str) -> Iterable[ox.Triple]:
        """Return the triples of a CONSTRUCT query."""
        with RDFLIB.value:
            found = self._graph.query(_prepared(query)).graph
            text = "" if found is None else found.serialize(format="nt")
        return [quad.triple for quad in ox.parse(text, format=ox.RdfFormat.N_TRIPLES)]

    def built(
        self, query: str
    ) -> Iterable[tuple[rdflib.term.Node, rdflib.term.Node, rdflib.term.Node]]:
        """Return what a CONSTRUCT query builds, in terms of rdflib."""
        return self._graph.query(_prepared(query)).graph or ()

    def known(self) -> Iterable[ox.Triple]:
        """Return the cases that were taken and what was derived from them."""
        return [ox.Triple(*map(from_rdflib, triple)) for triple in self._own]  # type: ignore[arg-type]

    def _clear(self) -> None:
        for triple in self._own:
            self._graph.remove(triple)
        self._own.clear()

    def _add(self, triples: Iterable[tuple[object, object, object]]) -> None:
        for subject, predicate, value in triples:
            triple = _to_rdflib(ox.Triple(subject, predicate, value))  # type: ignore[arg-type]
            self._put(triple)

    def _put(self, triple: tuple[rdflib.term.Node, rdflib.term.Node, rdflib.term.Node]) -> None:
        if triple not in self._graph:
            # In this order, so that whatever breaks in between, what is of a case is cleared.
            self._own.add(triple)
            self._graph.add(triple)

    def _derive(self, texts: Sequence[str]) -> set[str]:
        stated = set()
        with RDFLIB.value:
            found = [self._graph.query(_prepared(text)).graph or () for text in texts]
        for triple in itertools.chain.from_iterable(found):
            stated.add(str(triple[1]))
            self._put(triple)
        return stated

    def _has(self, name: str) -> bool:
        import rdflib

        found = self._graph.triples((None, rdflib.URIRef(name), None))
        return any(triple not in self._own for triple in found)


@functools.lru_cache(maxsize=512)
def _prepared(query: str) -> rdflib.plugins.sparql.sparql.Query:
    from indicant.query.algebra import parsed

    return parsed(query)


def rdflib_graph(text: str) -> rdflib.Graph:
    """Return N-Triples as a graph of rdflib, each literal as it is written."""
    import rdflib

    graph = rdflib.Graph()
    for triple in ox.parse(text, format=ox.RdfFormat.N_TRIPLES):
        graph.add(_to_rdflib(triple))
    return graph


def _to_rdflib(
    triple: ox.Triple | ox.Quad,
) -> tuple[rdflib.term.Node, rdflib.term.Node, rdflib.term.Node]:
    import rdflib

    def term(value: object) -> rdflib.term.Node:
        if isinstance(value, ox.NamedNode):
            return rdflib.URIRef(value.value)
        if isinstance(value, ox.BlankNode):
            return rdflib.BNode(value.value)
        assert isinstance(value, ox.Literal)  # noqa: S101
        if value.language:
            return rdflib.Literal(value.value, lang=value.language)
        # rdflib takes "x" and "x"^^xsd:string for different terms, which RDF 1.1 does not, and
        # compares truth values by their spelling.
        datatype, lexical = value.datatype.value, value.value
        if datatype == XSD + "boolean":
            lexical = {"1": "true", "0": "false"}.get(lexical, lexical)
        plain = datatype == XSD + "string"
        return rdflib.Literal(
            lexical, datatype=None if plain else rdflib.URIRef(datatype), normalize=False
        )

    return term(triple.subject), term(triple.predicate), term(triple.object)


def from_rdflib(term: rdflib.term.Identifier) -> Term:
    """Return a term of rdflib as one of pyoxigraph."""
    import rdflib

    if isinstance(term, rdflib.URIRef):
        return ox.NamedNode(str(term))
    if isinstance(term, rdflib.BNode):
        return ox.BlankNode(str(term))
    assert isinstance(term, rdflib.Literal)  # noqa: S101
    if term.language:
        return ox.Literal(str(term), language=term.language)
    kind = None if term.datatype is None else ox.NamedNode(str(term.datatype))
    return ox.Literal(str(term), datatype=kind)


@functools.cache
def arithmetic(name: str) -> str:
    """Return the text of a query about what is computed, by its name."""
    return bounded.text(resources.queries() / "arithmetic" / f"{name}.rq")


def make_engine(name: str, compiled: CompiledGuideline, source: Source | None) -> Engine:
    """Return an engine by name: ``oxigraph``, ``native``, ``rdflib`` or ``hermit``.

    Raises:
        IndicantError: there is no engine of that name.
    """
    if name == NATIVE:
        from indicant.assess.native import Loops, NativeEngine

        return NativeEngine(compiled.graph, Loops(compiled.graph, pays=0))
    if name == "oxigraph":
        return OxigraphEngine(compiled.graph)
    if name == "rdflib":
        return RdflibEngine(compiled.graph)
    if name == "hermit" and source is not None:
        from indicant.assess.reasoned import HermitEngine

        return HermitEngine(compiled.graph, source)
    raise IndicantError(f"unknown engine '{name}'", help=f"one of: {', '.join((AUTO, *ENGINES))}")
