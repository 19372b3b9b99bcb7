"""Put facts into a case by way of the rules, to hold what is computed without them to it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import pyoxigraph as ox
from pysat.solvers import Solver

from indicant.assess.engine import make_engine
from indicant.assess.records import STATUSES
from indicant.compile.graph import GraphWriter
from indicant.compile.model import Existential, existentials
from indicant.compile.overriding import effective, weighed
from indicant.compile.profile import read_model
from indicant.compile.theory import Theory, simplify
from indicant.explain.consequences import ASKED, Ruling, Situation
from indicant.explain.drafts import Draft
from indicant.explain.entailment import Mask, bits
from indicant.files.rdf import Document, read
from indicant.terms import IND
from places import ASSESS, SEED, SEVEN_MONTHS
from shipped import assessor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from indicant.assess.engine import Engine
    from indicant.compile.model import Model
    from indicant.files.sources import Source

EXAMPLES = [SEVEN_MONTHS, SEED / "example.ttl"]
FOLDERS = [
    "cervical-epidural-steroid-injection-silent-care-succeeded",
    "cervical-mri-silent-neck-already-imaged",
    "foraminotomy-fires-beside-osteophytes-and-stable-scoliosis",
    "foraminotomy-fires-progressive-weakness-after-two-months",
    "fusion-not-for-mild-change-fires-beside-myelopathy",
    "six-months-before-surgery-open-progressive-weakness-of-grade-5",
    "urgent-neurosurgical-referral-fires-letter-of-a-patient-with-a-clumsy-hand",
]
CASES = [*EXAMPLES, *(ASSESS / name / "case.ttl" for name in FOLDERS)]


@functools.cache
def engine() -> Engine:
    """Return an engine for it, to put into what no case may state."""
    return make_engine("oxigraph", assessor().compiled, assessor().source)


@functools.cache
def ruling() -> Ruling:
    """Return what decides in it, asked once."""
    return Ruling(assessor())


def situations(document: Document, engine: Engine, rules: Ruling) -> list[Situation]:
    """Return what the cases of a document establish; the document has to conform."""
    engine.begin(document.quads)
    rows = [engine.ask(question) for question in ASKED]
    cases = [row[0] or "" for row in engine.ask("which-cases-are-there")]
    return [Situation(rules, case, rows, document.quads) for case in cases]


def situation(path: Path) -> tuple[Document, Situation]:
    """Return a file with the one case in it."""
    document = read(path)
    assessor().validate(document)
    (found,) = situations(document, engine(), ruling())
    return document, found


def forced(engine: Engine, document: Document, case: Situation, facts: Mask) -> dict[str, str]:
    """Return every status once facts hold, as the rules find them.

    What contradicts the facts is taken out of the graph, and the facts are put in as established,
    with what they and all that the rest establishes entail together.
    """
    draft = Draft(document)
    for statement in case.withdrawn(facts):
        draft.withdraw(statement)
    entailment = case.ruling.entailment
    engine.begin(draft.document().quads)
    for owner, literal in engine.ask("what-is-established"):
        if owner == case.case:
            facts |= 1 << entailment.number[literal or ""]
    closure = entailment.closure(facts)
    assert closure is not None
    for number in bits(closure):
        draft.add(case.case, IND + "establishes", ox.NamedNode(entailment.names[number]))
    engine.begin(draft.document().quads)
    return {
        action or "": STATUSES[status or ""]
        for owner, action, status in engine.ask("what-is-the-status")
        if owner == case.case
    }


class Reference:
    """What facts entail, by the clauses that the compiler has and a SAT solver."""

    def __init__(self, source: Source, rules: Ruling) -> None:
        """Read the guideline anew."""
        model = read_model(source)
        theory = Theory(model)
        subjects = effective(model)
        subjects |= {iri: model.criteria[iri] for iri in weighed(model)}
        normal = [simplify(theory.normal(simplify(one))) for one in subjects.values()]
        own: set[Existential] = set()
        for demanded in (set(existentials(one)) for one in normal):
            own |= demanded.union(theory.runs(demanded))
        atoms = theory.closure(own)
        clauses = theory.clauses(atoms)
        self._solver = Solver(
            name="minisat22", bootstrap_with=[list(clause) for clause in clauses.clauses]
        )
        self._number = clauses.variables
        self._rules = rules
        self._iri = {self.name(source, model, theory, atom): atom for atom in atoms}

    @staticmethod
    def name(source: Source, model: Model, theory: Theory, atom: Existential) -> str:
        """Return the IRI that the compiler gives an existential."""
        return GraphWriter(source, model, theory)._existential(atom)

    def _signed(self, number: int) -> int:
        name, _, sign = self._rules.entailment.names[number].rpartition("/")
        atom = self._number[self._iri[name]]
        return atom if sign == "present" else -atom

    def consistent(self, facts: Iterable[int]) -> bool:
        """Tell whether literals, given by number, can all hold."""
        return bool(self._solver.solve(assumptions=[self._signed(one) for one in facts]))

    def closure(self, facts: Sequence[int]) -> set[int] | None:
        """Return the numbers of all literals that some literals entail."""
        if not self.consistent(facts):
            return None
        return {
            number
            for number in range(self._rules.entailment.count)
            if not self.consistent([*facts, number ^ 1])
        }


def subsets(facts: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield every proper subset but the empty one."""
    for chosen in range(1, 2 ** len(facts) - 1):
        yield tuple(one for place, one in enumerate(facts) if chosen >> place & 1)
