"""Triples in dictionaries: those of one document over those of a guideline, which stay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.query.values import BeyondError, literal, value_of
from indicant.terms import IND, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

    from indicant.query.values import Value

Triple = tuple["Value", "Value", "Value"]
Table = dict["Value", dict["Value", None]]
_STRING: Final = XSD + "string"
_LITERAL: Final = re.compile(r'"([^"\\]*)"(?:\^\^<([^<>]*)>)?')
_OF_CASE = (60.0, 30.0, 12.0)
"""How much there is taken to be of a predicate that the guideline does not have."""
_OF_ONE = (10.0, 1.0, 10.0)
"""How much there is of one that a case has and its records do not."""
_ROLES = frozenset(
    IND + name for name in ("hasFinding", "hadFinding", "received", "proposes", "hasRelated")
)


def read(quads: Sequence[ox.Quad]) -> list[Triple]:
    """Return statements as values, sooner than term by term.

    Raises:
        BeyondError: one has a literal of a kind that is not computed with.
    """
    text = (ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b"").decode()
    known: dict[str, Value] = {}
    found: list[Triple] = []
    # A line ends in a newline alone; others of Unicode may stand in a literal.
    for quad, line in zip(quads, text.split("\n"), strict=False):
        subject, predicate, rest = line.split(" ", 2)
        written = rest[:-2]
        triple = []
        for token, place in ((subject, 0), (predicate, 1), (written, 2)):
            value = known.get(token)
            if value is None:
                value = _value(token)
                if value is None:
                    value = value_of((quad.subject, quad.predicate, quad.object)[place])  # type: ignore[arg-type]
                else:
                    known[token] = value
            triple.append(value)
        found.append((triple[0], triple[1], triple[2]))
    return found


def _value(token: str) -> Value | None:
    """Return a term as it is written in N-Triples as a value, where that is plain to see."""
    if "\\" in token:
        return None
    if token[0] == "<" and token.find(">") == len(token) - 1:
        return token[1:-1]
    if token[:2] == "_:" and " " not in token:
        return token
    if (match := _LITERAL.fullmatch(token)) is not None:
        return literal(match[1], match[2] or _STRING)
    return None


class Shared:
    """The triples of a guideline, which nobody changes.

    ``forward`` leads from predicates to subjects to objects, ``backward`` from predicates to
    objects to subjects. What is not computed with is left out.
    """

    def __init__(self, graph: str) -> None:
        """Take a graph in N-Triples."""
        self.forward: dict[Value, Table] = {}
        self.backward: dict[Value, Table] = {}
        self.beyond: set[str] = set()
        for quad in ox.parse(graph.encode(), format=ox.RdfFormat.N_TRIPLES):
            predicate = quad.predicate.value
            try:
                subject, value = value_of(quad.subject), value_of(quad.object)
            except BeyondError:
                self.beyond.add(predicate)
                continue
            self.forward.setdefault(predicate, {}).setdefault(subject, {})[value] = None
            self.backward.setdefault(predicate, {}).setdefault(value, {})[subject] = None
        self.names = {
            node
            for tables in (self.forward, self.backward)
            for table in tables.values()
            for node in table
            if type(node) is str
        }
        self._pairs = {
            predicate: float(sum(map(len, table.values())))
            for predicate, table in self.forward.items()
        }

    def pairs(self, predicate: str) -> tuple[float, float, float]:
        """Return how many triples a predicate has, how many subjects and how many objects."""
        if predicate not in self._pairs:
            return _OF_ONE if predicate in _ROLES else _OF_CASE
        ahead, back = self.forward[predicate], self.backward[predicate]
        return self._pairs[predicate], float(len(ahead)), float(len(back))

    def has(self, predicate: str) -> bool:
        """Tell whether the guideline says something with a predicate."""
        return predicate in self.forward

    def subjects(self, predicate: str, value: Value) -> float:
        """Return how many subjects have a value."""
        return float(max(1, len(self.backward.get(predicate, {}).get(value, ()))))


class Indexes:
    """What a document says beside a guideline, and what was derived from the two.

    ``forward`` is as that of the guideline; the others are looked up with ``get``, and made for
    what is looked up alone. ``new`` has each predicate of the guideline with which more is said of
    a node of it, the same after ``^`` where such a node is the object, and after ``*`` where it is
    said of anything at all.
    """

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self.names: Set[Value] = shared.names
        self.clear()

    def clear(self) -> None:
        """Forget the document."""
        self.forward = dict(self._shared.forward)
        self.backward = _Backward(self._shared, self.forward)
        self.said = _Said(self.forward)
        self.new: set[str] = set()

    def add(self, triples: Iterable[Triple]) -> list[Triple]:
        """Add triples, and return those that were not there."""
        shared, forward, backward = self._shared.forward, self.forward, self.backward.made
        new = []
        for triple in triples:
            subject, predicate, value = triple
            ahead = forward.get(predicate)
            if ahead is None:
                ahead = forward[predicate] = {}
            elif ahead is shared.get(predicate):
                ahead = forward[predicate] = dict(ahead)
            values = ahead.get(subject)
            if values is None:
                ahead[subject] = {value: None}
            elif value in values:
                continue
            elif predicate in shared and subject in shared[predicate]:
                ahead[subject] = {**values, value: None}
            else:
                values[value] = None
            if predicate in shared:
                self.backward.added.setdefault(predicate, []).append((subject, value))
                self._note(predicate, [subject], [value])
            if predicate in backward:
                back = backward[predicate]
                back[value] = {**back.get(value, {}), subject: None}
            new.append(triple)
        return new

    def take(self, tables: Mapping[Value, Table]) -> set[Value]:
        """Take tables as ``forward``, and return the predicates of which something was not there.

        Whoever hands them over does not use them any more.
        """
        shared, forward = self._shared.forward, self.forward
        changed: set[Value] = set()
        for predicate, table in tables.items():
            ahead = forward.get(predicate)
            if ahead is None:
                forward[predicate] = table
                changed.add(predicate)
                self.backward.made.pop(predicate, None)
            elif predicate in shared:
                if self._beside(predicate, table):
                    changed.add(predicate)
            elif _joined(ahead, table):
                changed.add(predicate)
                self.backward.made.pop(predicate, None)
        return changed

    def _beside(self, predicate: Value, table: Table) -> bool:
        """Add a table to that of the guideline, and tell whether anything was new."""
        of_guideline = self._shared.forward[predicate]
        ahead = self.forward[predicate]
        if ahead is of_guideline:
            ahead = self.forward[predicate] = dict(ahead)
        added = self.backward.added.setdefault(predicate, [])
        before = len(added)
        for subject, values in table.items():
            have = ahead.get(subject)
            if have is None:
                ahead[subject] = values
                added += [(subject, one) for one in values]
            elif new := [one for one in values if one not in have]:
                if have is of_guideline.get(subject):
                    have = ahead[subject] = dict(have)
                have.update(dict.fromkeys(new))
                added += [(subject, one) for one in new]
        if len(added) > before:
            fresh = added[before:]
            self._note(predicate, [one for one, _ in fresh], [one for _, one in fresh])
        if (back := self.backward.made.get(predicate)) is not None:
            for subject, value in added[before:]:
                back[value] = {**back.get(value, {}), subject: None}
        return len(added) > before

    def _note(self, predicate: Value, subjects: Sequence[Value], values: Sequence[Value]) -> None:
        """Note that something is said with a predicate of the guideline."""
        self.new.add(f"*{predicate}")
        if not self.names.isdisjoint(subjects):
            self.new.add(str(predicate))
        if not self.names.isdisjoint(values):
            self.new.add(f"^{predicate}")

    def own(self) -> Iterator[Triple]:
        """Yield what is not the guideline's."""
        for predicate, ahead in self.forward.items():
            shared = self._shared.forward.get(predicate, {})
            if ahead is not shared:
                for subject, values in ahead.items():
                    known = shared.get(subject, {})
                    if values is not known:
                        yield from ((subject, predicate, o) for o in values if o not in known)


def put(tables: dict[Value, Table], predicate: Value, table: Table) -> None:
    """Add the table of a predicate to others."""
    known = tables.get(predicate)
    if known is None:
        tables[predicate] = table
    else:
        _joined(known, table)


def _joined(known: Table, table: Table) -> bool:
    """Add what one table has to another, and tell whether anything was new."""
    new = False
    for subject, values in table.items():
        have = known.get(subject)
        if have is None:
            known[subject] = values
            new = True
        else:
            before = len(have)
            have.update(values)
            new = new or len(have) > before
    return new


class _Backward:
    """From predicates to objects to subjects."""

    def __init__(self, shared: Shared, forward: Mapping[Value, Table]) -> None:
        self._shared, self._forward = shared, forward
        self.made: dict[Value, Table] = {}
        self.added: dict[Value, list[tuple[Value, Value]]] = {}

    def get(self, predicate: Value, _: object) -> Table:
        found = self.made.get(predicate)
        if found is None:
            found = self._shared.backward.get(predicate)
            if found is None:
                found = self.made[predicate] = {}
                for subject, values in self._forward.get(predicate, {}).items():
                    for value in values:
                        found.setdefault(value, {})[subject] = None
            elif predicate in self.added:
                found = self.made[predicate] = dict(found)
                for subject, value in self.added[predicate]:
                    found[value] = {**found.get(value, {}), subject: None}
        return found


class _Said:
    """From subjects to predicates."""

    def __init__(self, forward: Mapping[Value, Table]) -> None:
        self._forward = forward

    def get(self, subject: Value, _: object) -> list[Value]:
        return [predicate for predicate, ahead in self._forward.items() if subject in ahead]
