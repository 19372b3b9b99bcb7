"""Prime implicants of a criterion and of its complement, modulo a theory.

Two solvers take turns, after Previti, Ignatiev, Morgado and Marques-Silva, "Prime Compilation of
Non-Clausal Formulae" (IJCAI 2015): one proposes sets of literals over a dual rail, the other
shows that a proposal entails the criterion or gives a counterexample that blocks it.
"""

from __future__ import annotations

import importlib.util
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from indicant.compile.model import And, Const, Existential, Expression, Not, Or, existentials
from indicant.errors import IndicantError, OutOfTimeError, in_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pysat.solvers import Solver

    from indicant.compile.theory import Clauses, Theory


_CONFLICTS: Final = 10_000
"""After how many conflicts a solver is asked to look at the clock: well below a second."""


@dataclass(frozen=True, order=True)
class Literal:
    """An existential that holds, or one that does not."""

    existential: Existential
    present: bool


Implicant = frozenset[Literal]


@dataclass(frozen=True)
class Compiled:
    """A criterion as its implicants: any one of ``met`` entails it, any of ``refuted`` denies it.

    Both are sorted, shortest first, and complete: they are all the prime ones.
    """

    met: tuple[Implicant, ...]
    refuted: tuple[Implicant, ...]


def sort_key(implicant: Implicant) -> tuple[int, list[str]]:
    """Return a key that puts short implicants first and is the same on every run."""
    return len(implicant), sorted(repr(literal) for literal in implicant)


def compile_expression(
    expression: Expression, theory: Theory, *, seconds: float = 60.0, about: str = "criterion"
) -> Compiled:
    """Compile an expression, as the profile reads it, to its prime implicants.

    Args:
        expression: the criterion; its existentials are split as ``theory`` demands.
        theory: what the vocabulary entails.
        seconds: how long to try.
        about: what to call the criterion in an error.

    Raises:
        IndicantError: the time is used up; nothing is returned then, never a part.
    """
    deadline = time.monotonic() + seconds
    try:
        normal = theory.normal(expression)
        atoms = set(existentials(normal))
        runs = theory.runs(atoms)
        own = sorted(theory.closure(atoms.union(runs)), key=repr)
        clauses = theory.clauses(own, deadline=deadline)
        search = _Search(clauses, normal, deadline, about)
        try:
            met, refuted = (
                tuple(one for one in search.primes(goal) if not theory.redundant(one, runs))
                for goal in (True, False)
            )
            return Compiled(met, refuted)
        finally:
            search.close()
    except OutOfTimeError as error:
        raise IndicantError(
            f"{about}: not compiled within the time limit",
            help="split the criterion, or allow more time",
        ) from error


class _Search:
    def __init__(
        self, clauses: Clauses, expression: Expression, deadline: float, about: str
    ) -> None:
        self._solver = _solver()
        self._deadline = deadline
        self._about = about
        self._atoms = {number: atom for atom, number in clauses.variables.items()}
        self._tied = clauses.tied
        self._theory = [
            clause
            for clause in clauses.clauses
            if all(abs(one) <= len(self._atoms) for one in clause)
        ]
        self._top = clauses.top
        for clause in clauses.clauses:
            self._solver.add_clause(list(clause))
        self._goal = self._encode(expression, clauses)

    def close(self) -> None:
        self._solver.delete()

    def _encode(self, expression: Expression, clauses: Clauses) -> int:
        """Return a literal that is equivalent to the expression."""
        if isinstance(expression, Existential):
            return clauses.variables[expression]
        if isinstance(expression, Not):
            return -self._encode(expression.operand, clauses)
        self._top += 1
        name = self._top
        if isinstance(expression, Const):
            self._solver.add_clause([name if expression.value else -name])
            return name
        assert isinstance(expression, (And, Or))  # noqa: S101
        sign = 1 if isinstance(expression, And) else -1
        parts = [sign * self._encode(part, clauses) for part in expression.operands]
        for part in parts:
            self._solver.add_clause([-sign * name, part])
        self._solver.add_clause([sign * name, *(-part for part in parts)])
        return name

    def _holds(self, literals: Iterable[int], goal: int) -> bool:
        """Tell whether the theory and the literals entail the goal."""
        return not solve(self._solver, [*literals, -goal], self._deadline)

    def _consistent(self, literals: Iterable[int]) -> bool:
        return solve(self._solver, list(literals), self._deadline)

    def primes(self, met: bool) -> tuple[Implicant, ...]:
        goal = self._goal if met else -self._goal
        count = len(self._atoms)
        found: list[list[int]] = []
        proposer = _solver()
        try:
            for number in range(1, count + 1):
                proposer.add_clause([-_dual(number), -_dual(-number)])
            while solve(proposer, (), self._deadline):
                chosen = set(proposer.get_model() or ())
                proposal = [
                    literal
                    for number in range(1, count + 1)
                    for literal in (number, -number)
                    if _dual(literal) in chosen
                ]
                if self._holds(proposal, goal):
                    if self._consistent(proposal):
                        proposal = self._shrink(proposal, lambda part: self._holds(part, goal))
                        found.append(proposal)
                    else:
                        proposal = self._shrink(proposal, lambda part: not self._consistent(part))
                    proposer.add_clause([-_dual(literal) for literal in proposal])
                else:
                    model = self._solver.get_model()
                    counter = self._generalise(model[:count], -goal)
                    proposer.add_clause([_dual(-literal) for literal in counter])
        finally:
            proposer.delete()
        in_time(self._deadline)
        implicants = {
            frozenset(Literal(self._atoms[abs(one)], one > 0) for one in literals)
            for literals in found
        }
        return tuple(sorted(implicants, key=sort_key))

    @staticmethod
    def _shrink(literals: list[int], holds: Callable[[list[int]], bool]) -> list[int]:
        """Return a least part of the literals for which a monotone test still holds."""
        kept = list(literals)
        for literal in literals:
            rest = [one for one in kept if one != literal]
            if holds(rest):
                kept = rest
        return kept

    def _generalise(self, model: list[int], goal: int) -> list[int]:
        """Return part of a full counterexample that every completion of shares.

        A literal goes only when every clause of the theory keeps a true literal, so that whatever
        agrees with the rest is consistent with it.
        """
        kept = set(model)
        for literal in model:
            if abs(literal) in self._tied:
                continue
            rest = kept - {literal}
            if all(rest.intersection(clause) for clause in self._theory if literal in clause) and (
                self._holds(rest, goal)
            ):
                kept = rest
        return sorted(kept, key=abs)


def solve(solver: Solver, assumptions: Iterable[int], deadline: float) -> bool:
    """Tell whether a solver finds its clauses true together, and look at the clock on the way.

    Raises:
        OutOfTimeError: ``deadline``, as of ``time.monotonic``, has passed.
    """
    given = list(assumptions)
    while True:
        in_time(deadline)
        solver.conf_budget(_CONFLICTS)
        answer = solver.solve_limited(assumptions=given)
        if answer is not None:
            return bool(answer)


def _dual(literal: int) -> int:
    return 2 * literal - 1 if literal > 0 else -2 * literal


def need_solver(purpose: str) -> None:
    """Raise an error that says what to install where there is no solver.

    Raises:
        IndicantError: python-sat is not installed.
    """
    if importlib.util.find_spec("pysat") is None:
        raise IndicantError(
            f"python-sat is not installed; {purpose} needs it",
            help="pip install 'indicant[reasoner]'",
        )


def _solver() -> Solver:
    from pysat.solvers import Solver

    return Solver(name="minisat22")
