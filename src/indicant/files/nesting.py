"""The statements of a document in Turtle in their order, and which nodes stand within others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from indicant import terms
from indicant.errors import IndicantError
from indicant.files import habits
from indicant.files.comments import of_a_tool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pyoxigraph as ox

    Node = ox.NamedNode | ox.BlankNode
    Term = ox.NamedNode | ox.BlankNode | ox.Literal

ROOT: Final = "https://indicant.invalid"
BASES: Final = (f"{ROOT}/0a/0b/0c/0d/0e/0f/here", f"{ROOT}/1a/1b/1c/1d/1e/1f/1g/1h/there")
FIRST: Final = terms.RDF + "first"
REST: Final = terms.RDF + "rest"
NIL: Final = terms.RDF + "nil"
_FEW: Final = 16


def parsed(text: str, base: str) -> ox.QuadParser:
    """Return what reads the statements of a text in Turtle, one after the other."""
    import pyoxigraph

    return pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.TURTLE, base_iri=base)


def digest_of(quads: Iterable[ox.Quad]) -> int:
    """Return a sum over statements, in which all blank nodes are alike."""
    return sum(_hash(quad.subject, quad.predicate, quad.object) for quad in quads)


def _hash(subject: object, predicate: object, value: object) -> int:
    import pyoxigraph

    blank = pyoxigraph.BlankNode
    return hash(
        (
            None if isinstance(subject, blank) else subject,
            predicate,
            None if isinstance(value, blank) else value,
        )
    )


class Graph:
    """The statements of a document in its order, with what is known of its blank nodes."""

    def __init__(self, text: str, file: str, base: str, former: Graph | None = None) -> None:
        """Read a text; of what a tool wrote, without what it added to the former document."""
        import pyoxigraph

        from indicant.files import rdf

        self.text = text
        self.base = base
        self.nodes: dict[Node, dict[str, list[Term]]] = {}
        self.referrers: dict[ox.BlankNode, tuple[Node, str] | None] = {}
        self.digest = 0
        self.relative = False
        parser = parsed(text, base)
        self.of_a_tool = of_a_tool(text)
        try:
            self._take(self._stated(parser, former), file)
        except (SyntaxError, ValueError) as error:
            rdf.parse(text, path=file, format=rdf.TURTLE)
            raise IndicantError("cannot be parsed", file=file) from error
        if not self.nodes:
            raise IndicantError("the file holds no statements", file=file)
        self.prefixes = self._names(parser.prefixes, former)
        self.relative = self.relative or any(one.startswith(ROOT) for one in self.prefixes)
        self._blank = pyoxigraph.BlankNode
        self.lists = self._find_lists()
        self.nested = self._find_nested()

    def _names(self, declared: Mapping[str, str], former: Graph | None) -> dict[str, str]:
        """Return one prefix for each namespace: the former one, or else the shortest.

        A tool declares the empty one beside that of the house: there it gives way to any other.
        """
        names = {
            namespace: name
            for name, namespace in sorted(
                declared.items(),
                key=lambda item: (bool(item[0]) and self.of_a_tool, -len(item[0]), item[0]),
            )
        }
        before = former.prefixes if former is not None else {}
        kept = {namespace: before[namespace] for namespace in names if namespace in before}
        taken = set(kept.values())
        self._before = frozenset(kept)
        return kept | {
            namespace: name
            for namespace, name in names.items()
            if namespace not in kept and name not in taken
        }

    def is_idle(self, namespace: str) -> bool:
        """Tell whether a prefix may go if nothing uses it: one that a tool always declares."""
        return (
            self.of_a_tool
            and namespace not in self._before
            and (not self.prefixes[namespace] or namespace in habits.USUAL)
        )

    def _stated(self, quads: Iterable[ox.Quad], former: Graph | None) -> Iterable[ox.Quad]:
        """Return what was stated, without what a tool declared beside it."""
        if not self.of_a_tool:
            return quads
        before = habits.Before(former.triples()) if former is not None else None
        return habits.without_additions(list(quads), before)

    def triples(self) -> Iterator[tuple[Node, str, Term]]:
        """Yield the statements, by subject."""
        for subject, properties in self.nodes.items():
            for predicate, values in properties.items():
                for value in values:
                    yield subject, predicate, value

    def _take(self, quads: Iterable[ox.Quad], file: str) -> None:
        import pyoxigraph

        blank, named = pyoxigraph.BlankNode, pyoxigraph.NamedNode
        known: dict[Any, Any] = {}
        many: dict[tuple[Node, str], set[Term]] = {}
        for quad in quads:
            value: Any = quad.object
            subject: Any = quad.subject
            if isinstance(value, pyoxigraph.Triple) or isinstance(subject, pyoxigraph.Triple):
                raise IndicantError("a statement about a statement is not formatted", file=file)
            predicate = quad.predicate.value
            predicate = known.setdefault(predicate, predicate)
            properties = self.nodes.get(subject)
            if properties is None:
                properties = self.nodes[subject] = {}
                known[subject] = subject
            subject = known[subject]
            values = properties.setdefault(predicate, [])
            if len(values) < _FEW:
                if value in values:
                    continue
            else:
                seen = many.get((subject, predicate))
                if seen is None:
                    seen = many[subject, predicate] = set(values)
                if value in seen:
                    continue
                seen.add(value)
            if isinstance(value, blank):
                value = known.setdefault(value, value)
                self.referrers[value] = None if value in self.referrers else (subject, predicate)
            elif isinstance(value, named):
                value = known.setdefault(value, value)
                self.relative = self.relative or value.value.startswith(ROOT)
            values.append(value)
            self.digest += _hash(subject, quad.predicate, value)
        self.relative = self.relative or any(
            text.startswith(ROOT)
            for node, properties in self.nodes.items()
            for text in (getattr(node, "value", ""), *properties)
        )

    def _is_cell(self, node: object) -> bool:
        """Tell whether a node says what a cell of a list says, and is referred to once."""
        if not isinstance(node, self._blank) or self.referrers.get(node) is None:
            return False
        properties = self.nodes.get(node, {})
        return set(properties) == {FIRST, REST} and all(
            len(values) == 1 for values in properties.values()
        )

    def _find_lists(self) -> set[ox.BlankNode]:
        """Return the cells from which a list goes on to its end as lists do."""
        import pyoxigraph

        end = pyoxigraph.NamedNode(NIL)
        found: set[ox.BlankNode] = set()
        for node, properties in self.nodes.items():
            if properties.get(REST) != [end]:
                continue
            cell: Any = node
            while self._is_cell(cell) and cell not in found:
                found.add(cell)
                referrer = self.referrers[cell]
                if referrer is None or referrer[1] != REST:
                    break
                cell = referrer[0]
        return found

    def _find_nested(self) -> set[ox.BlankNode]:
        """Return the blank nodes that are referred to once, and not by way of themselves."""
        nested: set[ox.BlankNode] = set()
        settled: set[ox.BlankNode] = set()
        for start in self.referrers:
            path: dict[ox.BlankNode, None] = {}
            node: Any = start
            while isinstance(node, self._blank) and node not in settled and node not in path:
                path[node] = None
                referrer = self.referrers.get(node)
                node = referrer[0] if referrer is not None else None
            circle = False
            for one in path:
                circle = circle or one == node
                if not circle and self.referrers.get(one) is not None:
                    nested.add(one)
            settled.update(path)
        return nested
