"""Say class expressions in OWL's Manchester syntax, as words that a page can link."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.terms import OWL, RDF, XSD, is_blank

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from indicant.files.sources import Source
    from indicant.query.rows import Term

_DEEPEST: Final = 40
_QUANTIFIERS: Final = {"someValuesFrom": "some", "allValuesFrom": "only", "hasValue": "value"}
_CARDINALITIES: Final = {
    "minCardinality": "min",
    "maxCardinality": "max",
    "cardinality": "exactly",
    "minQualifiedCardinality": "min",
    "maxQualifiedCardinality": "max",
    "qualifiedCardinality": "exactly",
}
_BOUNDS: Final = {
    "minInclusive": ">=",
    "minExclusive": ">",
    "maxInclusive": "<=",
    "maxExclusive": "<",
}


@dataclass(frozen=True)
class Word:
    """A piece of an expression: a keyword, a name that stands for an IRI, or a mark."""

    text: str
    iri: str | None = None
    keyword: bool = False


class Manchester:
    """Reads class expressions from the triples of a guideline.

    Args:
        source: what ``files.sources.load`` returned.
        shorten: how an IRI is written.
    """

    def __init__(self, source: Source, shorten: Callable[[ox.NamedNode], str]) -> None:
        self._shorten = shorten
        self._index: dict[Term, dict[str, list[Term]]] = defaultdict(dict)
        for _, subject, predicate, value in source.triples():
            assert isinstance(predicate, ox.NamedNode)  # noqa: S101
            values = self._index[subject].setdefault(predicate.value, [])  # type: ignore[index]
            values.append(value)  # type: ignore[arg-type]

    def definition(self, iri: str) -> tuple[Word, ...]:
        """Return what a class is equivalent to; nothing where it has no definition."""
        found = self._one(ox.NamedNode(iri), OWL + "equivalentClass")
        return () if found is None else tuple(self._expression(found, 0))

    def _one(self, node: Term, predicate: str) -> Term | None:
        values = self._index.get(node, {}).get(predicate, ())
        return next(iter(values), None)

    def _members(self, head: Term) -> list[Term]:
        found: list[Term] = []
        seen: set[Term] = set()
        node: Term | None = head
        while node is not None and node not in seen:
            seen.add(node)
            first = self._one(node, RDF + "first")
            if first is not None:
                found.append(first)
            node = self._one(node, RDF + "rest")
        return found

    def _expression(self, node: Term, depth: int) -> Iterator[Word]:
        if isinstance(node, ox.Literal):
            yield Word(_literal(node))
            return
        if depth > _DEEPEST or not is_blank(node):
            yield self._name(node)
            return
        for predicate, word in (("intersectionOf", "and"), ("unionOf", "or")):
            head = self._one(node, OWL + predicate)
            if head is not None:
                for number, part in enumerate(self._members(head)):
                    if number:
                        yield Word("\n" + "    " * depth)
                        yield Word(word, keyword=True)
                        yield Word(" ")
                    yield from self._operand(part, depth)
                return
        complement = self._one(node, OWL + "complementOf")
        if complement is not None:
            yield Word("not", keyword=True)
            yield Word(" ")
            yield from self._operand(complement, depth)
            return
        individuals = self._one(node, OWL + "oneOf")
        if individuals is not None:
            yield Word("{")
            for number, part in enumerate(self._members(individuals)):
                yield Word(", " if number else "")
                yield from self._expression(part, depth + 1)
            yield Word("}")
            return
        yield from self._restriction(node, depth)

    def _operand(self, node: Term, depth: int) -> Iterator[Word]:
        if not is_blank(node):
            yield from self._expression(node, depth)
            return
        yield Word("(")
        yield from self._expression(node, depth + 1)
        yield Word(")")

    def _restriction(self, node: Term, depth: int) -> Iterator[Word]:
        path = self._one(node, OWL + "onProperty")
        if path is None:
            yield from self._datatype(node)
            return
        yield from self._expression(path, depth)
        for name, word in _QUANTIFIERS.items():
            value = self._one(node, OWL + name)
            if value is not None:
                yield Word(" ")
                yield Word(word, keyword=True)
                yield Word(" ")
                yield from self._operand(value, depth)
        for name, word in _CARDINALITIES.items():
            value = self._one(node, OWL + name)
            if value is not None:
                yield Word(" ")
                yield Word(word, keyword=True)
                yield Word(f" {getattr(value, 'value', '')} ")
                kind = self._one(node, OWL + "onClass") or self._one(node, OWL + "onDataRange")
                if kind is not None:
                    yield from self._operand(kind, depth)

    def _datatype(self, node: Term) -> Iterator[Word]:
        base, facets = (
            self._one(node, OWL + "onDatatype"),
            self._one(node, OWL + "withRestrictions"),
        )
        if base is None or facets is None:
            yield Word("…")
            return
        yield self._name(base)
        bounds = [
            f"{_BOUNDS[name]} {getattr(value, 'value', '')}"
            for facet in self._members(facets)
            for name in _BOUNDS
            if (value := self._one(facet, XSD + name)) is not None
        ]
        yield Word(f"[{', '.join(bounds)}]")

    def _name(self, node: Term) -> Word:
        if isinstance(node, ox.NamedNode):
            return Word(self._shorten(node), node.value)
        return Word(getattr(node, "value", ""))


def _literal(value: ox.Literal) -> str:
    plain = value.datatype.value in {XSD + name for name in ("integer", "decimal", "boolean")}
    return value.value if plain else f'"{value.value}"'
