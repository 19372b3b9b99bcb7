"""The compiled form of a guideline as a graph, over the vocabulary of the core."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.derivations import described
from indicant.compile.intervals import is_whole, reduced
from indicant.compile.model import (
    CASE,
    COMPLETENESS,
    DAYS,
    ENDS,
    FINDING,
    HAD_FINDING,
    INTERVENTION,
    ITSELF,
    ONGOING,
    PROPOSES,
    RECEIVED,
    STARTS,
    ClassFacet,
    IndividualFacet,
    LiteralFacet,
    Range,
    RangeFacet,
    RecordFacet,
    is_kind,
)
from indicant.compile.owl import constant
from indicant.compile.phrases import ENGLISH, Phrases
from indicant.compile.quantities import DAYS_COVERED
from indicant.compile.scores import RUNG
from indicant.guideline.languages import COMPILED
from indicant.terms import GENID, IND, LABEL, TYPE, local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from indicant.compile.derivations import Rule
    from indicant.compile.formulas import Operand
    from indicant.compile.implicants import Compiled
    from indicant.compile.model import Existential, Facet, Model
    from indicant.compile.scores import Ladder
    from indicant.compile.theory import Theory
    from indicant.files.sources import Source
    from indicant.guideline.mappings import MappingSet

BASE: Final = COMPILED
BOUND_WORDS: Final = {
    "minInclusive": "at least",
    "minExclusive": "more than",
    "maxInclusive": "at most",
    "maxExclusive": "less than",
}

_ROLE_WORDS: Final = {
    HAD_FINDING: " at any time",
    RECEIVED: " received",
    PROPOSES: " proposed",
}
_TIME_WORDS: Final = {
    DAYS: "lasting {} days",
    **{
        f"{IND}{unit}Since{end}": f"{word} {{}} {unit} ago"
        for end, word in (("Start", "begun"), ("End", "ended"))
        for unit in ("days", "months", "years")
    },
    **{f"{IND}ageIn{unit.title()}": f"aged {{}} {unit}" for unit in ("days", "months", "years")},
}


class GraphWriter:
    """Writes the compiled form as triples over the vocabulary of the core."""

    def __init__(self, source: Source | None, model: Model, theory: Theory) -> None:
        """Begin with what a source says, or with nothing where only the model counts."""
        self._model = model
        self._theory = theory
        self._below = model.below()
        self._lines: dict[str, None] = {}
        self._facets: set[str] = set()
        self._implicants: dict[str, list[str]] = {}
        self._labels: Mapping[str, str] = {}
        self._phrases = Phrases()
        if source is None:
            return
        self._labels = source.labels()
        self._phrases = Phrases.of(source.triples(), model.units)
        for _, subject, predicate, value in source.triples():
            if GENID in str(subject) or GENID in str(value):
                continue
            self._lines[f"{subject} {predicate} {value} ."] = None

    def text(self) -> str:
        """Return the graph as sorted N-Triples."""
        return "\n".join(sorted(self._lines)) + "\n"

    def _add(self, subject: str, predicate: str, value: str | int | bool | ox.Literal) -> None:
        if isinstance(value, str):
            rendered = f"<{value}>"
        elif isinstance(value, ox.Literal):
            rendered = str(value)
        else:
            rendered = str(ox.Literal(value))
        self._lines[f"<{subject}> <{predicate}> {rendered} ."] = None

    def hierarchy(self) -> None:
        """Write the closed hierarchy of the classes a case can use."""
        for cls, above in self._model.above.items():
            if FINDING in above or INTERVENTION in above:
                for other in above:
                    self._add(cls, IND + "subsumedBy", other)

    def existentials(self, atoms: Iterable[Existential]) -> None:
        """Write every existential with its two literals."""
        for atom in atoms:
            iri = self._existential(atom)
            self._add(iri, TYPE, IND + "Existential")
            self._add(iri, IND + "role", atom.role)
            if atom.least > 1:
                self._add(iri, IND + "counts", self._existential(replace(atom, least=1)))
                self._add(iri, IND + "least", atom.least)
            else:
                self._demanded(iri, atom)
            words = words_of(atom, self._name, self._model.units)
            said_in = {ENGLISH: (words, denied(atom.filler, words)), **self._phrased(atom)}
            self._call(iri, {tag: said for tag, (said, _) in said_in.items()})
            for present in (True, False):
                literal = f"{iri}/{'present' if present else 'absent'}"
                self._add(literal, TYPE, IND + "Literal")
                self._add(literal, IND + "existential", iri)
                self._add(literal, IND + "role", atom.role)
                opposite = f"{iri}/{'absent' if present else 'present'}"
                self._add(literal, IND + "opposite", opposite)
                self._add(literal, IND + "polarity", IND + ("Present" if present else "Absent"))
                self._call(literal, {tag: both[not present] for tag, both in said_in.items()})

    def _call(self, iri: str, said: Mapping[str, str]) -> None:
        for tag, words in said.items():
            self._add(iri, LABEL, ox.Literal(words, language=tag))

    def _phrased(self, atom: Existential) -> dict[str, tuple[str, str]]:
        """Return what an existential says by phrases, and its opposite, by language."""

        def plain(facet: Facet) -> str:
            return _facet_words(facet, self._name, self._model.units)

        found = {tag: self._phrases.words(atom, tag, plain) for tag in self._phrases.languages()}
        return {tag: both for tag, both in found.items() if both is not None}

    def _demanded(self, iri: str, atom: Existential) -> None:
        """Write what an existential demands of one thing."""
        self._add(iri, IND + "filler", atom.filler)
        self._add(iri, IND + "facetCount", len(atom.facets))
        root = self._theory.once(atom)
        if root is not None:
            self._add(iri, IND + "once", root)
        for facet in atom.facets:
            self._add(iri, IND + "facet", self._facet(facet))

    def proofs(self, atoms: Iterable[Existential]) -> None:
        """Write which literals a class proves when present and disproves when excluded.

        A class that is disjoint with the filler of a course recorded once precludes it: the one
        course that there can be is of that other kind.
        """
        at: dict[str, list[Existential]] = {}
        also: dict[str, list[Existential]] = {}
        for atom in (one for one in atoms if one.least == 1):
            at.setdefault(atom.filler, []).append(atom)
            for facet in atom.facets:
                if isinstance(facet, ClassFacet) and facet.property == TYPE:
                    also.setdefault(facet.cls, []).append(atom)
        for cls, above in self._model.above.items():
            for filler in above:
                for atom in at.get(filler, ()):
                    if not atom.facets:
                        self._add(cls, IND + "proves", self._literal_of(atom, present=True))
            for atom in (*at.get(cls, ()), *also.get(cls, ())):
                literal = self._literal_of(atom, present=False)
                for other in above:
                    if self._model.above[other] & {FINDING, INTERVENTION}:
                        self._add(other, IND + "disproves", literal)
            for filler in self._model.apart.get(cls, ()):
                kinds = [
                    atom
                    for atom in at.get(filler, ())
                    if not atom.facets and self._theory.once(atom) not in {None, filler}
                ]
                for atom in (*kinds, *also.get(filler, ())):
                    self._add(cls, IND + "precludes", self._literal_of(atom, present=False))

    def overlaps(self, atoms: Iterable[Existential]) -> None:
        """Write which classes have a named class in common with one that an existential demands."""
        wanted = {atom.filler for atom in atoms if atom.role != ITSELF}
        for one in self._model.quantities.values():
            wanted.update((one.over, *one.also))
        wanted.update(one.to for one in self._model.distances.values())
        for filler in wanted:
            for cls in self._near(filler):
                if self._model.above[cls] & {FINDING, INTERVENTION}:
                    self._add(cls, IND + "overlaps", filler)

    def asked(self, atoms: Iterable[Existential]) -> None:
        """Write of the instances of which class it matters whether they satisfy which facet.

        They do where they may be what is demanded, or are the one record that there can be. A
        record that is neither is refuted by what it is, whatever its values are.
        """
        asked: dict[str, set[Facet]] = {}

        def ask(classes: Iterable[str], facets: Iterable[Facet]) -> None:
            found = {one for facet in facets for one in (facet, *_inner(facet))}
            for cls in (*classes, COMPLETENESS) if found else ():
                asked.setdefault(cls, set()).update(found)

        below, near = self._below, self._near
        for atom in atoms:
            if atom.role == ITSELF:
                asked.setdefault(CASE, set()).update(atom.facets)
                continue
            root = self._theory.once(atom)
            ask((*near(atom.filler), *(below[root] if root is not None else ())), atom.facets)
        for one in self._model.quantities.values():
            ask(near(one.over), one.conditions)
        inner = {one for facets in asked.values() for facet in facets for one in _inner(facet)}
        kinds = [cls for cls, above in self._model.above.items() if above & {FINDING, INTERVENTION}]
        ask(kinds, inner)
        for cls, facets in asked.items():
            for facet in facets:
                self._add(cls, IND + "asks", self._facet(facet))
        self._needed(asked)

    def _near(self, cls: str) -> set[str]:
        """Return the classes that have a named class in common with another."""
        return {one for common in self._below[cls] for one in self._model.above[common]}

    def _needed(self, asked: Mapping[str, set[Facet]]) -> None:
        """Write of the instances of which class an interval is to be known."""
        model = self._model
        needed = {cls: {facet.property for facet in facets} for cls, facets in asked.items()}
        for one in model.quantities.values():
            for cls in self._near(one.over):
                needed.setdefault(cls, set()).add(one.value)
        reads = {name: set(_operands(formula)) for name, formula in model.formulas.items()}
        for cls, names in needed.items():
            left = list(names)
            while left:
                more = reads.get(left.pop(), set()) - names
                names |= more
                left += more
            for name in names & model.distances.keys():
                self._add(cls, IND + "needsInterval", name)

    def clauses(self, atoms: Iterable[Existential]) -> None:
        """Write what literals entail about one another, as clauses.

        A choice that occurs with one sign only says nothing, and its clauses go.
        """
        theory = self._theory.clauses(atoms)
        named = {number: atom for atom, number in theory.variables.items()}
        kept = list(theory.clauses)
        while True:
            signs = {one for clause in kept for one in clause}
            idle = {one for one in signs if abs(one) not in named and -one not in signs}
            if not idle:
                break
            kept = [clause for clause in kept if idle.isdisjoint(clause)]

        def literal(number: int) -> str:
            if abs(number) in named:
                return self._literal_of(named[abs(number)], present=number > 0)
            return f"{BASE}choice/{abs(number)}/{'present' if number > 0 else 'absent'}"

        for clause in kept:
            literals = sorted({literal(number) for number in clause})
            iri = f"{BASE}clause/" + _digest(*literals)
            self._add(iri, TYPE, IND + "Clause")
            for one in literals:
                self._add(iri, IND + "either", one)
            for number in clause:
                if abs(number) not in named:
                    for way in (number, -number):
                        self._add(literal(way), TYPE, IND + "Choice")
                        self._add(literal(way), IND + "opposite", literal(-way))

    def implicants(self, subject: str, compiled: Compiled) -> None:
        """Write the implicants of a criterion or of a recommendation's effective criterion."""
        if not subject.startswith(RUNG):
            self._add(subject, TYPE, IND + "CompiledCriterion")
        for word, implicants in (("meets", compiled.met), ("refutes", compiled.refuted)):
            for rank, implicant in enumerate(implicants, 1):
                literals = sorted(
                    self._literal_of(literal.existential, present=literal.present)
                    for literal in implicant
                )
                iri = f"{BASE}implicant/" + _digest(word, subject, *literals)
                self._add(iri, TYPE, IND + "Implicant")
                self._add(iri, IND + word, subject)
                self._add(iri, IND + "decides", subject)
                self._add(iri, IND + "size", len(literals))
                self._add(iri, IND + "rank", rank)
                for literal in literals:
                    self._add(iri, IND + "literal", literal)
                self._implicants[iri] = literals

    def keys(self) -> None:
        """Write by which of its literals each implicant is found, the one that has the fewest."""
        many = Counter(literal for literals in self._implicants.values() for literal in literals)
        for iri, literals in self._implicants.items():
            if literals:
                key = min(literals, key=lambda literal: (many[literal], literal))
                self._add(iri, IND + "foundBy", key)

    def score(self, name: str, ladder: Ladder) -> None:
        """Write what a score counts, in which steps it grows, and what it is at least and at most.

        Items are written once more by names of their own, since most have none.
        """
        for criterion, points in self._model.scores[name].items:
            iri = f"{BASE}item/" + _digest(name, criterion)
            self._add(name, IND + "item", iri)
            self._add(iri, IND + "criterion", criterion)
            self._add(iri, IND + "points", points)
        self._add(name, IND + "base", ladder.base)
        self._add(name, IND + "total", ladder.total)
        for step in ladder.steps:
            iri = f"{BASE}step/" + _digest(name, step.subject)
            self._add(name, IND + "step", iri)
            self._add(iri, IND + "reachedBy", step.subject)
            self._add(iri, IND + "points", step.points)

    def quantities(self) -> None:
        """Write what each quantity is computed from."""
        below = self._below
        for iri, one in self._model.quantities.items():
            wanted = [below[cls] for cls in (one.over, *one.also)]
            for cls, above in self._model.above.items():
                if above & {FINDING, INTERVENTION}:
                    within = below[cls]
                    if all(not within.isdisjoint(some) for some in wanted):
                        self._add(cls, IND + "mayBeOf", iri)
            self._add(iri, IND + "ofRole", one.role)
            self._add(iri, IND + "over", one.over)
            self._add(iri, IND + "aggregate", one.aggregate)
            self._add(iri, IND + "hasAs", one.value)
            if one.last is not None:
                self._add(iri, IND + "last", one.last)
            numbers = self._model.ranges.get(one.value)
            positive = isinstance(numbers, Range) and any(
                least is not None and least >= 0
                for least in (numbers.min_inclusive, numbers.min_exclusive)
            )
            self._add(iri, IND + "sign", positive)
            for facet in one.conditions:
                self._add(iri, IND + "condition", self._facet(facet))
            for cls in one.also:
                self._add(iri, IND + "alsoOf", cls)
            if one.aggregate == DAYS_COVERED:
                self._add(iri, IND + "readsStart", self._term(STARTS[0]))
                self._add(iri, IND + "readsEnd", self._term(ENDS[0]))
                for facet in one.conditions:
                    if isinstance(facet, RangeFacet) and facet.property == ENDS[0]:
                        for value in facet.range.bounds().values():
                            self._add(iri, IND + "windowInDays", constant(value))

    def formulas(self) -> None:
        """Write how values of records follow from others, one sign after the other."""
        for name, formula in self._model.formulas.items():
            numbers = self._model.ranges[name]
            assert isinstance(numbers, Range)  # noqa: S101
            self._add(name, IND + "computedBy", self._term(formula))
            for bound, value in numbers.bounds().items():
                self._add(name, IND + bound, constant(value))
        for (name, cls), value in self._model.given.items():
            self._add(cls, name, constant(value))

    def distances(self) -> None:
        """Write to what each interval of a record reaches back."""
        for iri, one in self._model.distances.items():
            self._add(iri, IND + "ofRole", one.role)
            self._add(iri, IND + "to", one.to)
            if one.up_to is not None:
                self._add(iri, IND + "upTo", constant(Decimal(one.up_to)))
            self._add(iri, IND + "readsStart", self._term(STARTS[0]))

    def _term(self, operand: Operand) -> str:
        iri = f"{BASE}term/" + _digest(repr(operand))
        if isinstance(operand, str):
            self._add(iri, IND + "reads", operand)
        elif isinstance(operand, Decimal):
            self._add(iri, IND + "minInclusive", constant(operand))
            self._add(iri, IND + "maxInclusive", constant(operand))
        else:
            self._add(iri, IND + "operator", operand.operator)
            self._add(iri, IND + "left", self._term(operand.left))
            self._add(iri, IND + "right", self._term(operand.right))
        return iri

    def actions(self) -> None:
        """Write for which interventions each recommendation counts."""
        below = self._below
        for iri, recommendation in self._model.recommendations.items():
            if recommendation.against:
                for action in below[recommendation.action]:
                    self._add(iri, IND + "opposes", action)
            else:
                for action in below[recommendation.action]:
                    if action in self._model.above[recommendation.action]:
                        self._add(iri, IND + "favours", action)

    def overriding(self, above: Mapping[str, set[str]]) -> None:
        """Write which recommendation overrides which, implied ones included."""
        for iri, others in above.items():
            for other in others:
                self._add(other, IND + "overrides", iri)

    def derivations(self, rules: Sequence[Rule]) -> None:
        """Write what each derivation derives, and what it is called."""
        for subject, predicate, value in described(rules):
            if isinstance(value, tuple):
                self._add(subject, predicate, ox.Literal(value[0], language="en"))
            else:
                self._add(subject, predicate, value)

    def table(self, table: MappingSet) -> None:
        """Write what terms are called in another vocabulary."""
        for subject, predicate, value in table.triples():
            self._lines[f"{subject} {predicate} {value} ."] = None

    def _existential(self, atom: Existential) -> str:
        for facet in atom.facets:
            self._facet(facet)
        return existential_iri(atom)

    def _literal_of(self, atom: Existential, *, present: bool) -> str:
        return f"{self._existential(atom)}/{'present' if present else 'absent'}"

    def _facet(self, facet: Facet) -> str:
        iri = _facet_iri(facet)
        if iri in self._facets:
            return iri
        self._facets.add(iri)
        self._add(iri, TYPE, IND + "Facet")
        self._add(iri, IND + "onProperty", facet.property)
        if isinstance(facet, RangeFacet):
            self._add(iri, IND + "integral", facet.range.integral)
            self._add(iri, IND + "whole", is_whole(self._model, facet.property))
            numbers = reduced(facet.range, self._model.ranges.get(facet.property))
            for name, value in numbers.bounds().items():
                self._add(iri, IND + name, constant(value))
        elif isinstance(facet, LiteralFacet):
            self._add(iri, IND + "value", constant(facet.value))
        elif isinstance(facet, IndividualFacet):
            self._add(iri, IND + "value", facet.individual)
        elif isinstance(facet, RecordFacet):
            self._related(iri, facet)
        elif facet.property == TYPE:
            for cls, above in self._model.above.items():
                if facet.cls in above:
                    self._add(iri, IND + "value", cls)
        else:
            for individual in self._model.values_in(facet.property, facet.cls):
                self._add(iri, IND + "value", individual)
        for individual in self._model.values_outside(facet):
            self._add(iri, IND + "rulesOut", individual)
        return iri

    def _related(self, iri: str, facet: RecordFacet) -> None:
        """Write what a facet demands of a related record."""
        for inner in facet.facets:
            self._add(iri, IND + "innerFacet", self._facet(inner))
            if is_kind(inner):
                for cls in self._others(facet.property, inner.cls):
                    self._add(_facet_iri(inner), IND + "rulesOut", cls)

    def _others(self, name: str, cls: str) -> Iterator[str]:
        """Yield of what classes a record that a property leads to may be, and not of one."""
        always = self._model.kinds.get(name, frozenset())
        for other in self._model.apart.get(cls, ()):
            above = self._model.above.get(other, frozenset())
            if above & {FINDING, INTERVENTION} and not any(
                self._model.disjoint(other, one) for one in always
            ):
                yield other

    def _name(self, iri: str) -> str:
        return self._labels.get(iri, local_name(iri))


def _inner(facet: Facet) -> Iterator[Facet]:
    """Yield what a facet demands of related records, and what that demands of others."""
    if isinstance(facet, RecordFacet):
        for one in facet.facets:
            yield one
            yield from _inner(one)


def _operands(formula: Operand) -> Iterator[str]:
    """Yield the properties that an expression takes the values of."""
    if isinstance(formula, str):
        yield formula
    elif not isinstance(formula, Decimal):
        yield from _operands(formula.left)
        yield from _operands(formula.right)


def denied(cls: str, words: str) -> str:
    """Return the opposite of what an existential about a class says.

    >>> denied("ex:Rash", "rash"), denied(CASE, "aged at least 65 years")
    ('no rash', 'not aged at least 65 years')
    """
    return f"{'not' if cls == CASE else 'no'} {words}"


def words_of(atom: Existential, name: Callable[[str], str], units: Mapping[str, str]) -> str:
    """Return what an existential says, by what its terms are called, numbers with their units."""
    if atom.role == ITSELF:
        return " and ".join(
            _facet_words(facet, name, units).removeprefix("with ")
            for facet in sorted(atom.facets, key=repr)
        )
    words = name(atom.filler) + _ROLE_WORDS.get(atom.role, "")
    facets = [_facet_words(facet, name, units) for facet in sorted(atom.facets, key=repr)]
    words = f"{words} {' and '.join(facets)}" if facets else words
    return words if atom.least == 1 else f"{words} {atom.least} times or more"


def _facet_words(facet: Facet, called: Callable[[str], str], units: Mapping[str, str]) -> str:
    name = called(facet.property)
    if isinstance(facet, LiteralFacet):
        if facet.property == ONGOING and isinstance(facet.value, bool):
            return "under way" if facet.value else "no longer under way"
        return f"with {name} {constant(facet.value).value}"
    if isinstance(facet, RecordFacet):
        return f"with {name} {_related_words(facet, called, units)}"
    if isinstance(facet, ClassFacet) and facet.property == TYPE:
        return f"that is also {called(facet.cls)}"
    if isinstance(facet, (IndividualFacet, ClassFacet)):
        value = facet.individual if isinstance(facet, IndividualFacet) else facet.cls
        return f"with {name} {called(value)}"
    bounds = bounds_words(facet.range, units.get(facet.property))
    if facet.property in _TIME_WORDS and bounds:
        words = _TIME_WORDS[facet.property].format(bounds)
        return re.sub(r" 1 (day|month|year)s\b", r" 1 \1", words)
    if facet.property == DAYS:
        return "of known duration"
    return f"with {name} {bounds}" if bounds else f"with a known {name}"


def _related_words(
    facet: RecordFacet, called: Callable[[str], str], units: Mapping[str, str]
) -> str:
    """Return what a related record is to be, in brackets where it is more than its class."""
    inner = sorted(facet.facets, key=repr)
    kinds = [one.cls for one in inner if is_kind(one)]
    rest = [_facet_words(one, called, units) for one in inner if not is_kind(one)]
    kind = " and ".join(map(called, kinds)) or "of any kind"
    return f"({kind} {' and '.join(rest)})" if rest else kind


def bounds_words(numbers: Range, unit: str | None = None) -> str:
    """Return the bounds of a range in words, nothing where it has none."""
    words = " and ".join(
        f"{BOUND_WORDS[bound]} {constant(value).value}" for bound, value in numbers.bounds().items()
    )
    return f"{words} {unit}" if words and unit else words


def existential_iri(atom: Existential) -> str:
    """Return the IRI that an existential has in every compiled guideline."""
    facets = sorted(map(_facet_iri, atom.facets))
    least = [f"min {atom.least}"] if atom.least > 1 else []
    return f"{BASE}existential/" + _digest(*least, atom.role, atom.filler, *facets)


def _facet_iri(facet: Facet) -> str:
    return f"{BASE}facet/" + _digest(repr(facet))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
