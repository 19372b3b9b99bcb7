"""What the compiler and HermiT both say of classes and existentials, and that it is the same."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from indicant.compile.graph import BASE
from indicant.compile.model import FINDING, INTERVENTION
from indicant.compile.owl import existential_classes, ontology_text
from indicant.compile.scores import scores_of
from indicant.errors import IndicantError
from indicant.terms import OWL, local_name

if TYPE_CHECKING:
    from indicant.compile.model import Existential, Model
    from indicant.compile.theory import Theory
    from indicant.files.sources import Source


# One piece: what is put to HermiT, and what the compiler holds against each of its answers.
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

    # What a score can be is no matter of the vocabulary alone.
    atoms = [atom for atom in atoms if not scores_of([atom], model)]
    names = {atom: f"{BASE}atom/{number}" for number, atom in enumerate(atoms, 1)}
    # A criterion is defined and defines nothing else: HermiT is far quicker without.
    text = ontology_text(
        source, undefined=set(model.criteria), passages=False
    ) + existential_classes(names)
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
