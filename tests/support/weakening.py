"""Make a query or a graph of shapes weaker by one thing at a time: a pattern, a bound, a step.

What a test does not notice being gone, no test holds. Each change comes with a name, by which a
list can say that it changes nothing, and why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, OWL, RDF, RDFS, SH, SKOS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rdflib.term import Node

    _Triple = tuple[Node, Node, Node]

_TOKEN: Final = re.compile(
    r"""<[^<>\s]*> | "[^"]*" | [?$]\w+ | [\w-]*:[\w-]+ | [\w-]+: | \d+\.\d+ | \w+
    | && | \|\| | \^\^ | != | <= | >= | [^\s]""",
    re.VERBOSE,
)
_OPEN: Final = {"{": "}", "(": ")", "[": "]"}
_SWAPS: Final = {
    "<": ("<=",),
    "<=": ("<",),
    ">": (">=",),
    ">=": (">",),
    "=": ("!=",),
    "!=": ("=",),
    "&&": ("||",),
    "||": ("&&",),
    "true": ("false",),
    "false": ("true",),
    "MAX": ("MIN",),
    "!": ("",),
    "+": ("-",),
    "-": ("+",),
    "FLOOR": ("CEIL",),
    "EXISTS": ("NOT EXISTS",),
    "NOT": ("",),
    "IN": ("NOT IN",),
}
_STEPS: Final = re.compile(r"(?<=[\w)])[*?](?=[\s/)|])")


@dataclass(frozen=True)
class _Token:
    text: str
    start: int
    end: int


class _Query:
    """The parts of a query in the style of the house, by where they stand in its text."""

    def __init__(self, text: str) -> None:
        self.text = text
        body = text.index("WHERE")
        self.tokens = [
            _Token(one.group(), one.start(), one.end()) for one in _TOKEN.finditer(text, body)
        ]
        self._close = self._pairs()
        self.cuts: list[tuple[int, int]] = []
        first = next(n for n, one in enumerate(self.tokens) if one.text == "{")
        self._group(first)

    def _pairs(self) -> dict[int, int]:
        found, waiting = {}, []
        for number, one in enumerate(self.tokens):
            if one.text in _OPEN:
                waiting.append(number)
            elif one.text in _OPEN.values():
                found[waiting.pop()] = number
        return found

    def _cut(self, first: int, last: int) -> None:
        self.cuts.append((self.tokens[first].start, self.tokens[last].end))

    def _group(self, opening: int) -> None:
        """Go through what stands between two braces."""
        at, end = opening + 1, self._close[opening]
        while at < end:
            word = self.tokens[at].text
            if word in ("SELECT", "GROUP", "HAVING", "WHERE"):
                at = self._clause(at, end)
            elif word in ("FILTER", "BIND", "MINUS", "OPTIONAL", "VALUES"):
                last = at
                while self.tokens[last].text not in ("(", "{"):
                    last += 1
                closing = self._close[last]
                if word == "VALUES" and self.tokens[last].text == "(":
                    closing = self._close[closing + 1]
                    for row, stop in self._close.items():
                        if last < row < closing and self.tokens[row].text == "(" and row != last:
                            self._cut(row, stop)
                self._cut(at, closing)
                if self.tokens[last].text == "{" and word != "VALUES":
                    self._group(last)
                at = closing + 1
            elif word == "{":
                at = self._union(at)
            elif word == ".":
                at += 1
            else:
                at = self._triples(at, end)

    def _clause(self, at: int, end: int) -> int:
        word = self.tokens[at].text
        if word == "WHERE":
            self._group(at + 1)
            return self._close[at + 1] + 1
        last = at
        while last + 1 < end and self.tokens[last + 1].text not in ("WHERE", "GROUP", "HAVING"):
            last += 1
        if word == "HAVING":
            self._cut(at, last)
        return last + 1

    def _union(self, at: int) -> int:
        branches = [at]
        while self.tokens[self._close[branches[-1]] + 1].text == "UNION":
            branches.append(self._close[branches[-1]] + 2)
        for number, one in enumerate(branches):
            self._group(one)
            if len(branches) > 1:
                last = number == len(branches) - 1
                first = one - 1 if last else one
                stop = self._close[one] if last else self._close[one] + 1
                self._cut(first, stop)
        return self._close[branches[-1]] + 1

    def _triples(self, at: int, end: int) -> int:
        stop, breaks = at, []
        while stop < end and self.tokens[stop].text not in (".", "{", "FILTER", "BIND"):
            if self.tokens[stop].text in ("OPTIONAL", "MINUS", "VALUES"):
                break
            if self.tokens[stop].text in ("(", "["):
                stop = self._close[stop]
            elif self.tokens[stop].text == ";":
                breaks.append(stop)
            stop += 1
        if not breaks:
            self._cut(at, stop - 1 + (stop < end and self.tokens[stop].text == "."))
        else:
            self._cut(at + 1, breaks[0])
            for number, one in enumerate(breaks):
                following = breaks[number + 1] if number + 1 < len(breaks) else stop
                self._cut(one, following - 1)
        return stop


def weaker_queries(text: str) -> Iterator[tuple[str, str]]:
    """Yield every query with one thing less or one thing turned round, each with its name."""
    query = _Query(text)
    seen: dict[str, int] = {}

    def named(what: str) -> str:
        seen[what] = seen.get(what, 0) + 1
        return what if seen[what] == 1 else f"{what} ({seen[what]})"

    for start, end in query.cuts:
        what = " ".join(text[start:end].split())
        yield named(f"without {what}"), f"{text[:start]} {text[end:]}"
    for number, one in enumerate(query.tokens):
        here = text[one.start - 25 : one.end + 25].split("\n")
        line = " ".join("".join(here).split())
        for other in _swaps(query.tokens, number):
            yield (
                named(f"{other or 'no'} for {one.text} in {line}"),
                f"{text[: one.start]} {other} {text[one.end :]}",
            )
    for start, end, other, what in _paths(text):
        yield named(what), f"{text[:start]}{other}{text[end:]}"


def _swaps(tokens: Sequence[_Token], number: int) -> Sequence[str]:
    one = tokens[number].text
    if re.fullmatch(r"\d+(\.\d+)?", one):
        return (str(float(one) + 1) if "." in one else str(int(one) + 1),)
    return _SWAPS.get(one, ())


def _paths(text: str) -> Iterator[tuple[int, int, str, str]]:
    """Yield what weakens a path: an alternative less, one step in place of any number."""
    body = text.index("WHERE")
    for path in re.compile(r"[\w:^|/()*]+(?:\|[\w:^|/()*]+)+[?*]?").finditer(text, body):
        if '"' in text[path.start() - 1 : path.end() + 1] or "||" in path.group():
            continue
        depth, last, pieces = 0, 0, []
        whole = path.group()
        inner = re.fullmatch(r"\((.*)\)([?*]?)", whole)
        listed, suffix = (inner.group(1), inner.group(2)) if inner else (whole, "")
        for at, letter in enumerate(listed):
            depth += (letter == "(") - (letter == ")")
            if letter == "|" and depth == 0:
                pieces.append(listed[last:at])
                last = at + 1
        pieces.append(listed[last:])
        for piece in pieces:
            rest = "|".join(one for one in pieces if one is not piece)
            other = f"({rest}){suffix}" if inner else rest
            yield path.start(), path.end(), other, f"no {piece} in {whole}"
    for step in _STEPS.finditer(text, body):
        if text.count('"', text.rfind("\n", 0, step.start()), step.start()) % 2:
            continue  # within a text, such as a pattern
        line = text[text.rfind("\n", 0, step.start()) : text.find("\n", step.end())].strip()
        for other in ("?", "") if step.group() == "*" else ("",):
            yield step.start(), step.end(), other, f"'{other}' for '{step.group()}' in {line}"


# ---------------------------------------------------------------------- shapes


_KEPT: Final = frozenset(
    (
        DCTERMS.description,
        DCTERMS.license,
        OWL.versionIRI,
        OWL.versionInfo,
        RDF.rest,
        RDF.type,
        RDFS.label,
        SH.alternativePath,
        SH.declare,
        SH.description,
        SH.inversePath,
        SH.message,
        SH.namespace,
        SH.path,
        SH.prefix,
        SH.prefixes,
        SH.sparql,
        SKOS.scopeNote,
    )
)
"""What only tells something, or cannot be taken out alone."""


def weaker_shapes(turtle: str, shape: str) -> Iterator[tuple[str, str]]:
    """Yield all shapes with one thing less in one of them: a statement, a member, part of a query.

    Args:
        turtle: the shapes.
        shape: the local name of the one that is to change.
    """
    graph = Graph().parse(data=turtle, format="turtle")
    lines = {triple: _line(triple) for triple in graph}
    seen: dict[str, int] = {}
    for what, less, more in sorted(_changes(graph, shape), key=lambda one: one[0]):
        seen[what] = seen.get(what, 0) + 1
        name = what if seen[what] == 1 else f"{what} ({seen[what]})"
        kept = [text for triple, text in lines.items() if triple not in less]
        yield name, "".join([*kept, *map(_line, more)])


def _changes(graph: Graph, shape: str) -> Iterator[tuple[str, set[_Triple], set[_Triple]]]:
    """Yield what is taken out of a graph, and put in, under which name."""
    for triple in graph:
        subject, path, value = triple
        if _owner(graph, subject) != shape or path in _KEPT:
            continue
        if path == SH.select:
            for what, query in weaker_queries(str(value)):
                yield what, {triple}, {(subject, path, Literal(query))}
        elif path == RDF.first:
            rest = graph.value(subject, RDF.rest)
            before = next(graph.triples((None, None, subject)))
            if rest is not None and not (rest == RDF.nil and before[1] != RDF.rest):
                cell = {triple, (subject, RDF.rest, rest), before}
                what = f"without the member {_word(graph, value)}"
                yield what, cell, {(before[0], before[1], rest)}
        else:
            yield f"without {_word(graph, path)} {_word(graph, value)}", {triple}, set()


def _line(triple: _Triple) -> str:
    return f"{' '.join(term.n3() for term in triple)} .\n"


def _owner(graph: Graph, node: Node) -> str:
    """Return the name of the shape that a node belongs to."""
    while isinstance(node, BNode):
        node = next(graph.subjects(None, node))
    return str(node).rpartition("/")[2]


def _word(graph: Graph, term: Node | None) -> str:
    if isinstance(term, URIRef):
        return graph.namespace_manager.normalizeUri(term)
    if isinstance(term, BNode):
        inner = sorted(
            f"{_word(graph, path)} {_word(graph, value)}"
            for path, value in graph.predicate_objects(term)
        )
        return f"[{'; '.join(inner)}]"
    return str(term)
