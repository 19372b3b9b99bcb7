"""Know the terms that cases may use, and no more of them than the shapes need."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from indicant import terms
from indicant.errors import IndicantError
from indicant.files.rdf import text_of
from indicant.terms import GENID, is_blank

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_PAIRS: Final = 1_000_000
"""How many pairs of disjoint classes are kept: some 200 MB."""
_CLASS: Final = terms.OWL + "Class"
_INDIVIDUAL: Final = terms.OWL + "NamedIndividual"
_ONTOLOGY: Final = terms.OWL + "Ontology"
_FUNCTIONAL: Final = terms.OWL + "FunctionalProperty"
_OF_CASE: Final = frozenset({terms.IND + "CaseProperty", terms.IND + "Score"})
_PROPERTIES: Final = frozenset(
    terms.OWL + kind for kind in ("AnnotationProperty", "DatatypeProperty", "ObjectProperty")
)
_DECLARATIONS: Final = _PROPERTIES | {
    _CLASS,
    _INDIVIDUAL,
    _ONTOLOGY,
    _FUNCTIONAL,
    *_OF_CASE,
}
_SUBCLASS: Final = terms.RDFS + "subClassOf"
_EQUIVALENT: Final = terms.OWL + "equivalentClass"
_RANGE: Final = terms.RDFS + "range"
_DISJOINT: Final = terms.OWL + "disjointWith"
_MAXIMUM: Final = terms.OWL + "maxQualifiedCardinality"
_ON_CLASS: Final = terms.OWL + "onClass"
_FIRST: Final = terms.RDF + "first"
_REST: Final = terms.RDF + "rest"
_UNIT: Final = terms.IND + "unit"
_CONVERSION: Final = terms.IND + "conversion"
_CONVERTING: Final = tuple(terms.IND + name for name in ("fromUnit", "factor", "offset"))


def slim_vocabulary(triples: Iterable[tuple[object, object, object]]) -> str:
    """Reduce ontologies to what the shapes need, as N-Triples.

    Kept are declarations, the named hierarchy, disjointness as pairs, ranges, units, what occurs at
    most once per case, and individuals with their types. Terms are those of pyoxigraph.
    """
    return _Slim(triples).text()


@dataclass(frozen=True)
class Conversion:
    """How a number in one unit becomes one in the unit of a property: times a factor, plus a shift.

    The two numbers are as they are written.
    """

    unit: str
    factor: str
    offset: str


class _Slim:
    """Takes from ontologies what the shapes need, in the order in which it is stated."""

    def __init__(self, triples: Iterable[tuple[object, object, object]]) -> None:
        self._rows: dict[str, list[tuple[str, str, str]]] = {}
        self._values: dict[str, object] = {}
        for subject, predicate, value in triples:
            row = (str(subject), text_of(predicate), str(value))
            self._rows.setdefault(row[0], []).append(row)
            self._values[row[2]] = value
        self._lines: dict[str, None] = {}
        self._pairs = 0

    def text(self) -> str:
        """Return what is kept.

        Raises:
            IndicantError: there are too many pairs of disjoint classes.
        """
        for subject, rows in self._rows.items():
            types = {row[2] for row in rows if row[1] == terms.TYPE}
            if f"<{terms.OWL}AllDisjointClasses>" in types:
                for head in self._of(subject, terms.OWL + "members"):
                    self._keep_apart(self._members(head))
            if subject.startswith("_:") or GENID in subject:
                continue
            individual = f"<{_INDIVIDUAL}>" in types
            for _, predicate, value in rows:
                if predicate == terms.TYPE:
                    if individual or value[1:-1] in _DECLARATIONS:
                        self._keep(subject, predicate, value)
                else:
                    self._keep_axiom(subject, predicate, value)
        return "".join(self._lines)

    def _keep_axiom(self, subject: str, predicate: str, value: str) -> None:
        if predicate in (_RANGE, _CONVERSION):
            self._keep(subject, predicate, value)
            if is_blank(self._values[value]):
                self._keep_all(value)
        elif predicate in (_UNIT, *_CONVERTING) or (
            predicate in (_SUBCLASS, _DISJOINT) and not is_blank(self._values[value])
        ):
            self._keep(subject, predicate, value)
        elif predicate == _EQUIVALENT and not is_blank(self._values[value]):
            self._keep(subject, _SUBCLASS, value)
            self._keep(value, _SUBCLASS, subject)
        elif predicate == _SUBCLASS and self._of(value, _MAXIMUM):
            self._keep(subject, predicate, value)
            self._keep_all(value)

    def _keep_apart(self, classes: list[str]) -> None:
        self._pairs += len(classes) ** 2 // 2
        if self._pairs > MOST_PAIRS:
            raise IndicantError(
                f"there are more than {MOST_PAIRS:,} pairs of disjoint classes",
                help="say it of fewer classes further up",
            )
        for index, one in enumerate(classes):
            for other in classes[index + 1 :]:
                self._keep(one, _DISJOINT, other)

    def _keep(self, subject: str, predicate: str, value: str) -> None:
        self._lines[f"{subject} <{predicate}> {value} .\n"] = None

    def _keep_all(self, node: str) -> None:
        """Keep all that is said of a blank node and of those that it leads to."""
        queue, seen = [node], {node}
        while queue:
            for row in self._rows.get(queue.pop(), ()):
                self._keep(*row)
                if is_blank(self._values[row[2]]) and row[2] not in seen:
                    seen.add(row[2])
                    queue.append(row[2])

    def _of(self, subject: str, predicate: str) -> list[str]:
        return [row[2] for row in self._rows.get(subject, ()) if row[1] == predicate]

    def _members(self, head: str) -> list[str]:
        found: list[str] = []
        while head in self._rows and len(found) < len(self._rows):
            found.extend(self._of(head, _FIRST))
            head = next(iter(self._of(head, _REST)), "")
        return found


class Vocabulary:
    """The terms that cases may use, with what the shapes need to know of each."""

    def __init__(self, ntriples: str) -> None:
        """Index the output of :func:`slim_vocabulary`."""
        self.classes: set[str] = set()
        self.properties: set[str] = set()
        self.individuals: dict[str, set[str]] = {}
        self.ranges: dict[str, str] = {}
        self.parents: dict[str, list[str]] = {}
        self.units: dict[str, str] = {}
        self.conversions: dict[str, list[Conversion]] = {}
        self.triples: set[tuple[str, str, str]] = set()
        self.ntriples = ntriples
        self._ranged: list[tuple[str, str]] = []
        self._disjoint: dict[str, list[tuple[str, str]]] = {}
        self._blocks: dict[str, str] = {}
        self._always = ""
        self._index(*self._parsed(ntriples))
        self._closures: dict[str, frozenset[str]] = {}
        self._roots = frozenset(terms.IND + name for name in ("Finding", "Intervention"))

    def _parsed(self, ntriples: str) -> tuple[dict[str, list[tuple[str, str, str]]], set[str]]:
        """Return what is said of each term, each with its line, and which terms are blank nodes."""
        import pyoxigraph

        rows: dict[str, list[tuple[str, str, str]]] = {}
        anonymous: set[str] = set()
        for quad in pyoxigraph.parse(ntriples, format=pyoxigraph.RdfFormat.N_TRIPLES):
            subject, value = text_of(quad.subject), text_of(quad.object)
            predicate = quad.predicate.value
            line = f"{quad.subject} {quad.predicate} {quad.object} .\n"
            rows.setdefault(subject, []).append((predicate, value, line))
            self.triples.add((subject, predicate, value))
            anonymous.update(
                text_of(term) for term in (quad.subject, quad.object) if is_blank(term)
            )
        return rows, anonymous

    def _index(self, rows: dict[str, list[tuple[str, str, str]]], anonymous: set[str]) -> None:
        def text(node: str) -> str:
            found, queue, seen = "", [node], {node}
            while queue:
                for _, value, line in rows.get(queue.pop(), ()):
                    found += line
                    if value in anonymous and value not in seen:
                        seen.add(value)
                        queue.append(value)
            return found

        for subject, described in rows.items():
            if subject in anonymous:
                continue
            block = ""
            for predicate, value, line in described:
                if predicate == _DISJOINT:
                    self._disjoint.setdefault(subject, []).append((value, line))
                    continue
                if predicate == _SUBCLASS and value in anonymous:
                    once = [row[1] for row in rows.get(value, ()) if row[0] == _ON_CLASS]
                    for name in once:
                        self._blocks[name] = self._blocks.get(name, "") + line + text(value)
                    continue
                if predicate == _SUBCLASS:
                    self.parents.setdefault(subject, []).append(value)
                elif predicate == _RANGE:
                    self.ranges[subject] = value
                    self._ranged.append((subject, value))
                elif predicate == terms.TYPE:
                    self._declare(subject, value)
                    if value == _ONTOLOGY and subject.endswith(("/", "#")):
                        # The shapes look for the namespace of a term; a module is none.
                        self._always += line
                    elif subject in _OF_CASE:
                        self._always += line
                elif predicate == _UNIT:
                    self._measure(subject, described, rows)
                    block += "".join(row[2] for row in rows.get(_UNIT, ()))
                elif predicate == _CONVERSION:
                    continue
                block += line + (text(value) if value in anonymous else "")
            self._blocks[subject] = self._blocks.get(subject, "") + block

    def _measure(
        self,
        subject: str,
        described: list[tuple[str, str, str]],
        rows: dict[str, list[tuple[str, str, str]]],
    ) -> None:
        """Take note of the unit of a property, where it has one, and of what converts to it."""
        if sum(predicate == _UNIT for predicate, _, _ in described) != 1:
            return
        for predicate, node, _ in described:
            if predicate == _UNIT:
                self.units[subject] = node
            elif predicate == _CONVERSION:
                told = rows.get(node, ())
                said = [[row[1] for row in told if row[0] == path] for path in _CONVERTING]
                if [len(one) for one in said[:2]] == [1, 1] and len(said[2]) < 2:
                    (unit,), (factor,), offset = said
                    found = Conversion(unit, factor, *(offset or ["0"]))
                    self.conversions.setdefault(subject, []).append(found)

    def _declare(self, subject: str, kind: str) -> None:
        if kind == _CLASS:
            self.classes.add(subject)
        elif kind in _PROPERTIES:
            self.properties.add(subject)
        elif kind not in (_ONTOLOGY, _FUNCTIONAL, *_OF_CASE):
            self.individuals.setdefault(subject, set()).add(kind)

    def __contains__(self, term: object) -> bool:
        """Tell whether the vocabulary says anything of a term."""
        return term in self._blocks

    def ancestors(self, name: str) -> frozenset[str]:
        """Return a class with all that it is a kind of."""
        found = self._closures.get(name)
        if found is None:
            closure, queue = {name}, [name]
            while queue:
                for parent in self.parents.get(queue.pop(), ()):
                    if parent not in closure:
                        closure.add(parent)
                        queue.append(parent)
            found = self._closures[name] = frozenset(closure)
        return found

    @functools.cached_property
    def leading(self) -> dict[str, str]:
        """The properties by which a record leads to another, each with a class that it leads to."""
        return {
            name: cls
            for name, cls in self._ranged
            if not self._roots.isdisjoint(self.ancestors(cls))
        }

    def descendants(self, name: str) -> list[str]:
        """Return the classes that are a kind of a class, without itself."""
        return [item for item in self.classes if item != name and name in self.ancestors(item)]

    def of_type(self, kind: str) -> set[str]:
        """Return what is stated to be of a type."""
        return {subject for subject in self._blocks if (subject, terms.TYPE, kind) in self.triples}

    def individuals_of(self, kind: str | None) -> list[str]:
        """Return the individuals of a class, or all of them."""
        return [
            one
            for one, types in self.individuals.items()
            if kind is None or any(kind in self.ancestors(each) for each in types)
        ]

    def excerpt(self, names: Iterable[str]) -> str:
        """Return, as N-Triples, what the shapes need to know of a few terms."""
        selected = set(self._roots)
        for name in names:
            if name in self._blocks:
                selected |= self.ancestors(name)
                for kind in self.individuals.get(name, ()):
                    selected |= self.ancestors(kind)
                if name in self.leading:
                    selected |= self.ancestors(self.leading[name])
        lines = [self._always]
        for name in selected:
            lines.append(self._blocks.get(name, ""))
            lines += [line for other, line in self._disjoint.get(name, ()) if other in selected]
        return "".join(lines)
