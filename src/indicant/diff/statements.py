"""What two versions of an ontology state of each term, whatever the order and the blank nodes."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.model import BOUNDS
from indicant.diff.wordings import pairs
from indicant.files.habits import ANNOTATION, PAIRWISE
from indicant.terms import (
    GENID,
    OWL,
    PREFIXES,
    RDF,
    RDFS,
    TYPE,
    UNORDERED,
    XSD,
    is_blank,
    local_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from indicant.files.sources import Source

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

_FIRST: Final = RDF + "first"
_REST: Final = RDF + "rest"
_NIL: Final = RDF + "nil"
_ANNOTATING: Final = frozenset(
    (RDFS + "label", RDFS + "comment", RDFS + "seeAlso", RDFS + "isDefinedBy")
) | frozenset(
    OWL + name
    for name in (
        "backwardCompatibleWith",
        "deprecated",
        "incompatibleWith",
        "priorVersion",
        "versionIRI",
        "versionInfo",
    )
)
_SIGNS: Final = dict(zip(BOUNDS, (">=", ">", "<=", "<"), strict=True))
_QUANTIFIERS: Final = {
    "someValuesFrom": "some",
    "allValuesFrom": "only",
    "hasValue": "value",
    "maxQualifiedCardinality": "max",
    "minQualifiedCardinality": "min",
    "qualifiedCardinality": "exactly",
    "maxCardinality": "max",
    "minCardinality": "min",
    "cardinality": "exactly",
}
_DEEPEST: Final = 24
_LONGEST: Final = 800
_MOST: Final = 5_000
_WORD: Final = re.compile(r"\s+|[\w.:-]+|.", re.DOTALL)
_AROUND: Final = 3


@dataclass(frozen=True, order=True)
class Statement:
    """What is stated of a term: a property, and the value in words. Axioms are what OWL reads."""

    predicate: str
    value: str
    axiom: bool


@dataclass(frozen=True)
class TermChange:
    """What one version states of a term and the other does not; which is all of it for some.

    ``term`` is an IRI, or nothing for an axiom without a subject. ``change`` is ``added``,
    ``removed`` or ``changed``.
    """

    term: str | None
    change: str
    removed: tuple[Statement, ...]
    added: tuple[Statement, ...]


class Statements:
    """What a source states, by subject."""

    def __init__(self, source: Source, prefixes: Mapping[str, str]) -> None:
        """Take the statements and the prefixes to shorten IRIs with."""
        self._short = Shortener(prefixes)
        self.index: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        seen: set[tuple[object, object, object]] = set()
        mentioned: set[str] = set()
        for _, subject, predicate, value in source.triples(aside=True):
            triple = (subject, predicate, value)
            if triple in seen:
                continue
            seen.add(triple)
            self.index[_name(subject)][_name(predicate)].append(value)  # type: ignore[arg-type]
            if is_blank(value):
                mentioned.add(_name(value))
        self._digests: dict[str, str] = {}
        self._nodes: dict[str, str] = {}
        self._left = 0
        self.subjects = sorted(one for one in self.index if self._says_something(one))
        self._alone = sorted(one for one in self.index if GENID in one and one not in mentioned)
        self._both_ways: frozenset[tuple[str, str, str]] | None = None

    def _says_something(self, subject: str) -> bool:
        """Tell a term from an anonymous node, and from a bare property of annotations."""
        said = self.index[subject]
        return GENID not in subject and not (
            len(said) == 1 and [_name(kind) for kind in said.get(TYPE, ())] == [ANNOTATION]
        )

    def both_ways(self) -> frozenset[tuple[str, str, str]]:
        """Return what is said of two things both ways, such as that they differ, however."""
        if self._both_ways is None:
            named = (
                self.as_pairs(subject, key) for subject in self.subjects for key in self.of(subject)
            )
            alone = (self.as_pairs(None, key) for key in self.unnamed())
            self._both_ways = frozenset(itertools.chain(*named, *alone))
        return self._both_ways

    def as_pairs(self, subject: str | None, key: str) -> frozenset[tuple[str, str, str]]:
        """Return the pairs of which a statement says something both ways, given its key, if any."""
        if subject is not None:
            predicate, _, value = key.partition(" ")
            return pairs(predicate, [f"<{subject}>", value])
        node = self._nodes.get(key, "")
        for kind in self.index[node].get(TYPE, ()) if node in self.index else ():
            predicate, *lists = PAIRWISE.get(_name(kind), ("",))
            for name in lists:
                for head in self.index[node].get(name, ()):
                    members = self._members(head) or []
                    return pairs(predicate, [self._key("", one) for one in members])
        return frozenset()

    def of(self, subject: str) -> dict[str, Statement]:
        """Return what is stated of a subject, by what makes the statement the same in another."""
        return {
            f"{predicate} {self._key(predicate, value)}": self._statement(predicate, value)
            for predicate, values in self.index.get(subject, {}).items()
            for value in values
        }

    def unnamed(self) -> dict[str, Statement]:
        """Return the axioms that have no subject."""
        found = {}
        for node in self._alone:
            kinds = self.index[node].get(TYPE, ())
            kind = _name(kinds[0]) if kinds else RDFS + "Resource"
            digest = self._digest(node)
            found[digest] = Statement(kind, self.text(ox.NamedNode(node)), True)
            self._nodes[digest] = node
        return found

    def values(self, subject: str, predicate: str) -> list[str]:
        """Return the values of a property in words, sorted."""
        found = self.index[subject].get(predicate, ()) if subject in self.index else ()
        return sorted(self.text(value) for value in found)

    def _statement(self, predicate: str, value: Term) -> Statement:
        kind = _name(value)
        axiom = (predicate.startswith((OWL, RDFS)) and predicate not in _ANNOTATING) or (
            predicate == TYPE and kind.startswith(OWL)
        )
        return Statement(predicate, self.text(value), axiom)

    # ------------------------------------------------------------------ the same or not

    def _key(self, predicate: str, value: Term) -> str:
        """Return what a value is, for values that are the same and no others."""
        if not is_blank(value):
            return str(value)
        members = self._members(value) if predicate in UNORDERED else None
        if members is not None:
            return "{" + " ".join(sorted(self._key("", one) for one in members)) + "}"
        return self._digest(_name(value))

    def _members(self, head: Term) -> list[Term] | None:
        """Return the members of a list, or nothing where it is none."""
        found: list[Term] = []
        seen: set[str] = set()
        node = _name(head)
        while node != _NIL:
            first = self.index[node].get(_FIRST, ()) if node in self.index else ()
            rest = self.index[node].get(_REST, ()) if node in self.index else ()
            if node in seen or len(first) != 1 or len(rest) != 1:
                return None
            seen.add(node)
            found.append(first[0])
            node = _name(rest[0])
        return found

    def _inner(self, node: str) -> Iterator[str]:
        """Yield the anonymous nodes that the digest of a node needs."""
        for predicate, values in self.index.get(node, {}).items():
            for value in values:
                if is_blank(value):
                    members = self._members(value) if predicate in UNORDERED else None
                    yield from (_name(one) for one in members or [value] if is_blank(one))

    def _digest(self, start: str) -> str:
        """Return a digest of all that is stated of an anonymous node."""
        stack = [(start, self._inner(start))]
        on_way = {start}
        while stack and start not in self._digests:
            node, inner = stack[-1]
            other = next((one for one in inner if one not in self._digests), None)
            if other is None:
                stack.pop()
                on_way.discard(node)
                rows = sorted(
                    f"{predicate} {self._settled(predicate, value)}"
                    for predicate, values in self.index.get(node, {}).items()
                    for value in values
                )
                text = "\n".join(rows)
                self._digests[node] = "_:" + hashlib.sha256(text.encode()).hexdigest()[:24]
            elif other not in on_way:
                on_way.add(other)
                stack.append((other, self._inner(other)))
        return self._digests[start]

    def _settled(self, predicate: str, value: Term) -> str:
        """Return the key of a value whose parts have digests, save one that leads to itself."""
        if not is_blank(value):
            return str(value)
        members = self._members(value) if predicate in UNORDERED else None
        if members is not None:
            return "{" + " ".join(sorted(self._settled("", one) for one in members)) + "}"
        return self._digests.get(_name(value), "_:itself")

    # ------------------------------------------------------------------ in words

    def text(self, value: Term, depth: int = 0) -> str:
        """Return a value in words: what OWL says in the Manchester syntax, the rest as Turtle."""
        if depth == 0:
            self._left = _MOST
        self._left -= 1
        if isinstance(value, ox.Literal):
            return literal_text(value)
        if not is_blank(value):
            return self._short(_name(value))
        if depth > _DEEPEST or self._left < 0:
            return "…"
        said = self.index.get(_name(value), {})
        members = self._members(value)
        if members is not None:
            return f"( {' '.join(self.text(one, depth + 1) for one in members)} )"
        return self._owl(said, depth) or self._turtle(said, depth)

    def _owl(self, said: Mapping[str, list[Term]], depth: int) -> str | None:
        for name, word in (("intersectionOf", " and "), ("unionOf", " or ")):
            members = self._members(said[OWL + name][0]) if OWL + name in said else None
            if members is not None:
                parts = sorted(self._operand(one, depth) for one in members)
                return word.join(parts)
        if OWL + "complementOf" in said:
            return f"not {self._operand(said[OWL + 'complementOf'][0], depth)}"
        if OWL + "onProperty" in said:
            path = self.text(said[OWL + "onProperty"][0], depth + 1)
            for name, word in _QUANTIFIERS.items():
                if OWL + name in said:
                    kinds = [*said.get(OWL + "onClass", ()), *said.get(OWL + "onDataRange", ())]
                    parts = [path, word, self._operand(said[OWL + name][0], depth)]
                    return " ".join([*parts, *(self._operand(one, depth) for one in kinds)])
        if OWL + "onDatatype" in said and OWL + "withRestrictions" in said:
            members = self._members(said[OWL + "withRestrictions"][0]) or []
            bounds = [
                f"{_SIGNS[name]} {getattr(limit, 'value', '')}"
                for one in members
                for name in BOUNDS
                for limit in self.index.get(_name(one), {}).get(XSD + name, ())
            ]
            return f"{self.text(said[OWL + 'onDatatype'][0])}[{', '.join(sorted(bounds))}]"
        for name in ("members", "distinctMembers"):
            if OWL + name in said:
                found = self._members(said[OWL + name][0]) or []
                return ", ".join(sorted(self.text(one, depth + 1) for one in found))
        return None

    def _operand(self, value: Term, depth: int) -> str:
        text = self.text(value, depth + 1)
        return f"({text})" if is_blank(value) and " " in text else text

    def _turtle(self, said: Mapping[str, list[Term]], depth: int) -> str:
        rows = sorted(
            f"{self._short(predicate)} {self.text(value, depth + 1)}"
            for predicate, values in said.items()
            for value in values
        )
        return f"[ {' ; '.join(rows)} ]"


def differences(old: Statements, new: Statements, without: Iterable[str] = ()) -> list[TermChange]:
    """Return what two versions state differently, by term; axioms without a subject come last.

    Args:
        old: what one version states.
        new: what the other does.
        without: terms to leave out.
    """
    found = []
    left = set(without)
    for term in sorted({*old.subjects, *new.subjects} - left):
        change = _change(term, old, new)
        if change is not None:
            found.append(change)
    rest = _change(None, old, new)
    return [*found, rest] if rest is not None else found


def _change(term: str | None, old: Statements, new: Statements) -> TermChange | None:
    before = old.unnamed() if term is None else old.of(term)
    after = new.unnamed() if term is None else new.of(term)
    removed = sorted(_not_said(term, before, after, old, new))
    added = sorted(_not_said(term, after, before, new, old))
    if not removed and not added:
        return None
    change = "changed" if before and after else "added" if after else "removed"
    return TermChange(term, change, tuple(removed), tuple(added))


def _not_said(
    term: str | None,
    here: Mapping[str, Statement],
    there: Mapping[str, Statement],
    ours: Statements,
    theirs: Statements,
) -> Iterator[Statement]:
    """Yield what one version states and the other does not, in whatever words."""
    for key, statement in here.items():
        if key not in there:
            said = ours.as_pairs(term, key)
            if not said or not said <= theirs.both_ways():
                yield statement


class Shortener:
    """Writes an IRI as short as it stays clear."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        """Take namespaces by prefix."""
        known = {**prefixes, **PREFIXES}
        self._names = sorted(
            ((namespace, name) for name, namespace in known.items() if name and namespace),
            key=lambda one: (-len(one[0]), one[1]),
        )

    def __call__(self, iri: str) -> str:
        """Return the name with its prefix, or the IRI in angle brackets."""
        if iri == TYPE:
            return "a"
        for namespace, name in self._names:
            rest = iri[len(namespace) :]
            if iri.startswith(namespace) and rest and re.fullmatch(r"[\w.-]+", rest):
                return f"{name}:{rest}"
        return f"<{iri}>"


def literal_text(value: ox.Literal) -> str:
    """Return a literal as Turtle has it, with the short name of its type."""
    if value.language is not None:
        return str(value)
    name = local_name(value.datatype.value)
    if value.datatype.value.startswith(XSD) and name in {"integer", "decimal", "boolean"}:
        return value.value
    quoted = str(ox.Literal(value.value))
    if name == "string":
        return quoted
    return f"{quoted}^^{f'xsd:{name}' if value.datatype.value.startswith(XSD) else name}"


def apart(old: str, new: str) -> tuple[str, str]:
    """Return two texts without most of what they begin and end with in common.

    >>> apart("a b c d e f 42 g h i j k l", "a b c d e f 41 g h i j k l")
    ('… e f 42 g h …', '… e f 41 g h …')
    """
    first, second = _WORD.findall(old), _WORD.findall(new)
    least = min(len(first), len(second))
    head = next((n for n in range(least) if first[n] != second[n]), least)
    least -= head
    tail = next((n for n in range(least) if first[-1 - n] != second[-1 - n]), least)
    start, end = max(0, head - _AROUND - 1), max(0, tail - _AROUND - 1)
    found = []
    for words in (first, second):
        middle = "".join(words[start : len(words) - end]).strip()
        cut = len(middle) > _LONGEST
        found.append(f"{'… ' if start else ''}{middle[:_LONGEST]}{' …' if end or cut else ''}")
    return found[0], found[1]


def _name(term: object) -> str:
    """Return the IRI of a node, its label, or a literal as it is written."""
    if isinstance(term, (ox.NamedNode, ox.BlankNode)):
        return term.value
    return str(term)
