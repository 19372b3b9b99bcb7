"""Compile a guideline to its implicants, and keep the result by content."""

from __future__ import annotations

import functools
import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.model import (
    FINDING,
    HAS_FINDING,
    INTERVENTION,
    PROPOSES,
    And,
    ClassFacet,
    Existential,
    Expression,
    Facet,
    IndividualFacet,
    LiteralFacet,
    Model,
    Not,
    RangeFacet,
    oversize,
)
from indicant.compile.owl import constant, existential_classes, ontology_text
from indicant.errors import IndicantError
from indicant.files import bounded, cache, resources
from indicant.files.sources import Source, installed, load
from indicant.terms import GENID, IND, LABEL, OWL, TYPE, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from indicant.compile.implicants import Compiled
    from indicant.compile.theory import Theory
    from indicant.guideline.mappings import MappingSet

BASE: Final = "https://w3id.org/indicant/compiled/"
GRAPH_FILE: Final = "graph.nt"
VOCABULARY_FILE: Final = "vocabulary.nt"
_FILES: Final = (GRAPH_FILE, VOCABULARY_FILE)
_BESIDE: Final = ("mappings.py", "vocabulary.py")
"""Modules about a guideline that decide what the compiled form looks like as well."""
_BOUND_WORDS: Final = {
    "minInclusive": "at least",
    "minExclusive": "more than",
    "maxInclusive": "at most",
    "maxExclusive": "less than",
}


@dataclass(frozen=True)
class CompiledGuideline:
    """A guideline ready to assess with: two graphs as N-Triples, and the key they are kept by.

    ``graph`` holds the guideline's ground triples with the compiled criteria; ``vocabulary`` what
    the case shapes need of the ontology.
    """

    key: str
    graph: str
    vocabulary: str


def key_of(source: Source) -> str:
    """Return the name under which the compiled form of a source is kept.

    It changes with what the source says and with the code that compiles it.
    """
    return hashlib.sha256(f"{_compiler()}\n{source.digest}".encode()).hexdigest()[:32]


@functools.cache
def _compiler() -> str:
    """Return a digest of the modules that decide what the compiled form looks like."""
    room = Path(__file__).parent
    beside = room.parent / "guideline"
    files = [*sorted(room.glob("*.py")), *(beside / name for name in _BESIDE)]
    return hashlib.sha256(b"".join(bounded.data(file) for file in files)).hexdigest()


def effective(model: Model) -> dict[str, Expression]:
    """Return the effective criterion of every recommendation.

    It is the recommendation's own criterion and not that of any recommendation that overrides it,
    stated or, for a non-indication, implied.

    Raises:
        IndicantError: recommendations override one another in a circle.
    """
    above = overriders(model)
    _refuse_cycle(above)
    return {iri: without(model, iri, above[iri]) for iri in model.recommendations}


def without(model: Model, iri: str, others: Iterable[str]) -> Expression:
    """Return the criterion of a recommendation and not those of others."""
    own = model.criteria[model.recommendations[iri].criterion]
    negated = [
        Not(model.criteria[model.recommendations[other].criterion]) for other in sorted(others)
    ]
    if not negated:
        return own
    whole = And((own, *negated))
    too_large = oversize(whole)
    if too_large is not None:
        raise IndicantError(
            f"{local_name(iri)} without what overrides it: {too_large}",
            help="let fewer recommendations override it",
        )
    return whole


def overriders(model: Model) -> dict[str, set[str]]:
    """Return, per recommendation, those that override it."""
    above: dict[str, set[str]] = {iri: set() for iri in model.recommendations}
    for iri, recommendation in model.recommendations.items():
        for other in recommendation.overrides:
            above[other].add(iri)
    indications: dict[str, list[str]] = {}
    for iri, one in model.recommendations.items():
        if not one.against:
            for cls in model.above[one.action]:
                indications.setdefault(cls, []).append(iri)
    for iri, one in model.recommendations.items():
        if one.non_indication:
            above[iri].update(
                other
                for other in indications.get(one.action, ())
                if model.recommendations[other].guideline == one.guideline
            )
    return above


def weighed(model: Model) -> list[str]:
    """Return the criteria that are answered beside the recommendations.

    They are the scopes of guidelines, and what decides whether a recommendation is superseded.
    """
    above = overriders(model)
    found = set(model.scopes.values())
    for iri, others in above.items():
        found.update(model.recommendations[one].criterion for one in others)
        if others:
            found.add(model.recommendations[iri].criterion)
    return sorted(found)


def _refuse_cycle(above: Mapping[str, set[str]]) -> None:
    state: dict[str, int] = {}
    for start in sorted(above):
        if start in state:
            continue
        state[start] = 1
        stack = [(start, iter(sorted(above[start])))]
        while stack:
            iri, others = stack[-1]
            for other in others:
                if state.get(other) == 1:
                    names = [entry[0] for entry in stack]
                    cycle = [*names[names.index(other) :], other]
                    raise IndicantError(
                        "recommendations override one another in a circle: "
                        + " is overridden by ".join(local_name(name) for name in cycle),
                        help="take one ind:overrides out of the circle",
                    )
                if other not in state:
                    state[other] = 1
                    stack.append((other, iter(sorted(above[other]))))
                    break
            else:
                state[iri] = 2
                stack.pop()


def compile_source(source: Source, *, seconds: float = 60.0) -> CompiledGuideline:
    """Compile a guideline with everything it imports.

    HermiT classifies the classes and the existentials; a difference from what the compiler itself
    derives is an error, so that nothing that reaches a patient rests on one of the two alone.

    Args:
        source: what ``load`` returned.
        seconds: the time limit for each criterion.

    Raises:
        IndicantError: an axiom outside the profile, an inconsistent ontology, circular overriding,
            a criterion that takes too long, or no Java runtime.
    """
    from indicant.compile.admission import admit
    from indicant.compile.implicants import compile_expression, need_solver
    from indicant.guideline.vocabulary import slim_vocabulary

    need_solver("compiling")
    found = admit(source, seconds=seconds)
    done: dict[Expression, Compiled] = {}
    for iri, expression in found.normal.items():
        if expression not in done:
            done[expression] = compile_expression(
                expression, found.theory, seconds=seconds, about=local_name(iri)
            )
    writer = _Writer(source, found.model, found.theory)
    writer.hierarchy()
    writer.existentials(found.atoms)
    writer.proofs(found.atoms)
    writer.clauses(found.atoms)
    for iri, expression in found.normal.items():
        writer.implicants(iri, done[expression])
    writer.actions()
    writer.overriding(overriders(found.model))
    for table in found.tables:
        writer.table(table)
    triples = [(subject, predicate, value) for _, subject, predicate, value in source.triples()]
    return CompiledGuideline(key_of(source), writer.text(), slim_vocabulary(triples))


def check_with_reasoner(
    source: Source,
    model: Model,
    theory: Theory,
    atoms: list[Existential],
    *,
    seconds: float,
    deadline: float,
) -> None:
    """Have HermiT classify classes and existentials, and compare with the compiler's own account.

    Raises:
        OutOfTimeError: ``deadline``, as of ``time.monotonic``, has passed, or writing down what
            the existentials entail took longer than ``seconds``.
        IndicantError: the ontology is inconsistent, a class can have no member, or the two differ.
    """
    from indicant.compile.hermit import Reasoner

    names = {atom: f"{BASE}atom/{number}" for number, atom in enumerate(atoms, 1)}
    # A criterion is defined and defines nothing else: HermiT is far quicker without.
    text = ontology_text(source, undefined=set(model.criteria)) + existential_classes(names)
    with Reasoner(text, "ntriples", timeout=deadline - time.monotonic()) as reasoner:
        if not reasoner.is_consistent():
            axioms = reasoner.explain_unsatisfiable(OWL + "Thing")
            raise IndicantError("the ontology is inconsistent: " + "; ".join(axioms))
        criteria = set(model.criteria)
        aliases = set(names.values())
        broken = [
            cls for cls in reasoner.unsatisfiable() if cls not in criteria and cls not in aliases
        ]
        if broken:
            axioms = reasoner.explain_unsatisfiable(broken[0])
            raise IndicantError(
                f"the class {local_name(broken[0])} can have no member: " + "; ".join(axioms)
            )
        found = reasoner.subsumptions()
        impossible = set(reasoner.unsatisfiable())
    domain = {
        cls for cls, above in model.above.items() if FINDING in above or INTERVENTION in above
    }
    classes = {(low, high) for low, high in found if low in domain and high in domain}
    own = {
        (low, high) for low in domain for high in model.above[low] if high != low and high in domain
    }
    _compare("class hierarchy", own, classes)
    implied, void = _implications(theory, atoms, seconds, deadline)
    own_pairs = {
        (names[low], names[high]) for low, high in implied if low not in void and high not in void
    }
    pairs = {
        (low, high)
        for low, high in found
        if low in aliases and high in aliases and not {low, high} & impossible
    }
    _compare("existentials", own_pairs, pairs)
    _compare(
        "impossible existentials",
        {(names[atom], "") for atom in void},
        {(cls, "") for cls in impossible & aliases},
    )


def _compare(what: str, own: set[tuple[str, str]], theirs: set[tuple[str, str]]) -> None:
    difference = sorted(own ^ theirs)
    if difference:
        raise IndicantError(
            f"the compiler and HermiT differ about the {what}: {difference[0]} is only in the "
            f"{'compiler' if difference[0] in own else 'reasoner'}'s account",
            help="please report this: nothing is compiled that the two do not agree on",
        )


def _implications(
    theory: Theory, atoms: list[Existential], seconds: float, deadline: float
) -> tuple[set[tuple[Existential, Existential]], set[Existential]]:
    from pysat.solvers import Solver

    from indicant.compile.implicants import solve

    clauses = theory.clauses(atoms, deadline=time.monotonic() + seconds)
    by_number = {number: atom for atom, number in clauses.variables.items()}
    pairs: set[tuple[Existential, Existential]] = set()
    void: set[Existential] = set()
    with Solver(name="minisat22", bootstrap_with=[list(one) for one in clauses.clauses]) as solver:
        for number, atom in by_number.items():
            if not solve(solver, [number], deadline):
                void.add(atom)
                continue
            candidates = {one for one in solver.get_model()[: len(by_number)] if one > 0}
            candidates.discard(number)
            for other in sorted(candidates):
                if other in candidates and not solve(solver, [number, -other], deadline):
                    pairs.add((atom, by_number[other]))
    return pairs, void


# ---------------------------------------------------------------------- the compiled graph


class _Writer:
    """Writes the compiled form as triples over the vocabulary of the core."""

    def __init__(self, source: Source, model: Model, theory: Theory) -> None:
        self._model = model
        self._theory = theory
        self._lines: dict[str, None] = {}
        self._labels = source.labels()
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
                    self._add(cls, IND + "within", other)

    def existentials(self, atoms: Iterable[Existential]) -> None:
        """Write every existential with its two literals."""
        for atom in atoms:
            iri = self._existential(atom)
            self._add(iri, TYPE, IND + "Existential")
            self._add(iri, IND + "role", atom.role)
            self._add(iri, IND + "filler", atom.filler)
            self._add(iri, IND + "facetCount", len(atom.facets))
            root = self._theory.once(atom)
            if root is not None:
                self._add(iri, IND + "once", root)
            for facet in atom.facets:
                self._add(iri, IND + "facet", self._facet(facet))
            words = self._words(atom)
            self._add(iri, LABEL, ox.Literal(words, language="en"))
            for present in (True, False):
                literal = f"{iri}/{'present' if present else 'absent'}"
                self._add(literal, TYPE, IND + "Literal")
                self._add(literal, IND + "existential", iri)
                self._add(literal, IND + "role", atom.role)
                opposite = f"{iri}/{'absent' if present else 'present'}"
                self._add(literal, IND + "opposite", opposite)
                self._add(literal, IND + "polarity", IND + ("Present" if present else "Absent"))
                self._add(
                    literal,
                    LABEL,
                    ox.Literal(words if present else f"no {words}", language="en"),
                )

    def proofs(self, atoms: Iterable[Existential]) -> None:
        """Write which literals a class proves when present and disproves when excluded.

        A class that is disjoint with the filler of a course recorded once precludes it: the one
        course that there can be is of that other kind.
        """
        at: dict[str, list[Existential]] = {}
        also: dict[str, list[Existential]] = {}
        for atom in atoms:
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
                if atom.role != PROPOSES:
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

    def actions(self) -> None:
        """Write for which interventions each recommendation counts."""
        below: dict[str, list[str]] = {}
        for cls, above in self._model.above.items():
            for other in above:
                below.setdefault(other, []).append(cls)
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
        self._add(iri, TYPE, IND + "Facet")
        self._add(iri, IND + "onProperty", facet.property)
        if isinstance(facet, RangeFacet):
            self._add(iri, IND + "integral", facet.range.integral)
            for name, value in facet.range.bounds().items():
                self._add(iri, IND + name, constant(value))
        elif isinstance(facet, LiteralFacet):
            self._add(iri, IND + "value", constant(facet.value))
        elif isinstance(facet, IndividualFacet):
            self._add(iri, IND + "value", facet.individual)
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

    def _name(self, iri: str) -> str:
        return self._labels.get(iri, local_name(iri))

    def _words(self, atom: Existential) -> str:
        words = self._name(atom.filler)
        if atom.role != HAS_FINDING:
            words += " proposed" if atom.role == PROPOSES else " received"
        facets = [self._facet_words(facet) for facet in sorted(atom.facets, key=repr)]
        return f"{words} {' and '.join(facets)}" if facets else words

    def _facet_words(self, facet: Facet) -> str:
        name = self._name(facet.property)
        if isinstance(facet, LiteralFacet):
            return f"with {name} {constant(facet.value).value}"
        if isinstance(facet, ClassFacet) and facet.property == TYPE:
            return f"that is also {self._name(facet.cls)}"
        if isinstance(facet, (IndividualFacet, ClassFacet)):
            value = facet.individual if isinstance(facet, IndividualFacet) else facet.cls
            return f"with {name} {self._name(value)}"
        bounds = [
            f"{_BOUND_WORDS[bound]} {constant(value).value}"
            for bound, value in facet.range.bounds().items()
        ]
        if facet.property == IND + "days":
            return f"lasting {' and '.join(bounds)} days" if bounds else "of known duration"
        return f"with {name} {' and '.join(bounds)}" if bounds else f"with a known {name}"


def existential_iri(atom: Existential) -> str:
    """Return the IRI that an existential has in every compiled guideline."""
    facets = sorted(map(_facet_iri, atom.facets))
    return f"{BASE}existential/" + _digest(atom.role, atom.filler, *facets)


def _facet_iri(facet: Facet) -> str:
    return f"{BASE}facet/" + _digest(repr(facet))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


# ---------------------------------------------------------------------- keeping


def obtain(source: Source, *, use_cache: bool = True) -> CompiledGuideline:
    """Return a guideline compiled: as shipped, as kept from an earlier run, or compiled now.

    Args:
        source: what ``files.sources.load`` returned.
        use_cache: whether to read and write what earlier runs kept.

    Raises:
        IndicantError: see ``compile_source``.
    """
    key = key_of(source)
    if use_cache:
        texts = _found(key)
        if texts is not None:
            return CompiledGuideline(key, *texts)
    compiled = compile_source(source)
    if use_cache:
        keep(compiled, resources.cache_dir())
    return compiled


def is_kept(source: Source) -> bool:
    """Tell whether a guideline was compiled before, so that it was found to be sound."""
    return _found(key_of(source)) is not None


def _found(key: str) -> tuple[str, ...] | None:
    """Return what came with the package or what an earlier run kept."""
    return cache.shipped(resources.compiled(), key, _FILES) or _kept(key)


def _kept(key: str) -> tuple[str, ...] | None:
    """Return what an earlier run kept; where that is not to be believed, say so."""
    try:
        return cache.kept(resources.cache_dir(), key, _FILES)
    except cache.NotOursError as error:
        import logging

        from indicant.foreign import plain

        told = f"indicant: {error}: not read, and compiled anew"
        logging.getLogger("indicant").warning(
            "%s", plain(f"{told} (help: {error.help})" if error.help else told)
        )
        return None


def keep(compiled: CompiledGuideline, folder: Path) -> None:
    """Write a compiled guideline whole or not at all; a folder that cannot be written is left."""
    texts = dict(zip(_FILES, (compiled.graph, compiled.vocabulary), strict=True))
    cache.keep(folder, compiled.key, texts)


def compile_shipped(out: Path) -> list[Path]:
    """Compile every guideline of the source tree into ``out``, for the wheel to carry."""
    written = []
    for path in installed().values():
        compiled = compile_source(load(path))
        keep(compiled, out)
        written.append(out / compiled.key)
    return written
