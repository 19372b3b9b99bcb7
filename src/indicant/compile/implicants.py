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
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pysat.solvers import Solver

    from indicant.compile.scores import Ladder
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
        links = _links(theory, atoms.union(runs), deadline)
        own = atoms.union(runs, *(link.existentials() for link in links))
        clauses = theory.clauses(theory.closure(own), deadline=deadline)
        search = _Search(clauses, normal, deadline, links)
        try:
            met, refuted = (
                undominated(
                    [one for one in search.primes(goal) if not theory.redundant(one, runs)], theory
                )
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


def undominated(implicants: Sequence[Implicant], theory: Theory) -> tuple[Implicant, ...]:
    """Return implicants without those that demand more of a score than another one does."""
    from indicant.compile.scores import bound_of, scores_of

    if not theory.model.scores:
        return tuple(implicants)
    model = theory.model

    def asks_no_more(one: Literal, other: Literal) -> bool:
        if one == other:
            return True
        names = scores_of([one.existential], model)
        if one.present is not other.present or not names:
            return False
        mine, theirs = bound_of(one.existential), bound_of(other.existential)
        if mine[0] != theirs[0] or mine[0] not in names:
            return False
        return mine[1] <= theirs[1] if one.present else mine[1] >= theirs[1]

    def dominated(one: Implicant) -> bool:
        return any(
            other != one and all(any(asks_no_more(part, mine) for mine in one) for part in other)
            for other in implicants
        )

    return tuple(one for one in implicants if not dominated(one))


@dataclass(frozen=True)
class _Link:
    """A score that is searched together with its items: its steps, and what is demanded of it.

    ``compiled`` are the implicants of each step; ``demands`` are existentials with the number that
    each demands the score to be at least.
    """

    ladder: Ladder
    compiled: tuple[Compiled, ...]
    demands: tuple[tuple[Existential, int], ...]

    def existentials(self) -> set[Existential]:
        """Return what the steps speak of."""
        found = {atom for step in self.ladder.steps for atom in existentials(step.expression)}
        for one in self.compiled:
            for implicant in (*one.met, *one.refuted):
                found.update(literal.existential for literal in implicant)
        return found


def _links(theory: Theory, own: set[Existential], deadline: float) -> list[_Link]:
    """Return the scores of an expression that are to be searched together with their items."""
    from indicant.compile.scores import demands, entangled

    found = []
    for name in sorted(entangled(theory, own)):
        ladder = theory.ladder(name)
        compiled = theory.decided(name, seconds=deadline - time.monotonic())
        found.append(_Link(ladder, compiled, tuple(demands(own, name))))
    return found


class Encoding:
    """What a vocabulary entails, and expressions over it, as clauses of a solver."""

    def __init__(self, clauses: Clauses) -> None:
        self.solver = _solver()
        self.variables = clauses.variables
        self._top = clauses.top
        self._named: dict[tuple[int, ...], int] = {}
        for clause in clauses.clauses:
            self.solver.add_clause(list(clause))

    def close(self) -> None:
        """Free the solver."""
        self.solver.delete()

    def literal(self, expression: Expression) -> int:
        """Return a literal that is equivalent to an expression."""
        if isinstance(expression, Existential):
            return self.variables[expression]
        if isinstance(expression, Not):
            return -self.literal(expression.operand)
        if isinstance(expression, Const):
            return self.all_of([]) if expression.value else -self.all_of([])
        assert isinstance(expression, (And, Or))  # noqa: S101
        parts = [self.literal(part) for part in expression.operands]
        return self.all_of(parts) if isinstance(expression, And) else self.any_of(parts)

    def all_of(self, parts: Sequence[int]) -> int:
        """Return a literal that is true where all parts are."""
        key = tuple(parts)
        if key not in self._named:
            self._top += 1
            self._named[key] = self._top
            for part in parts:
                self.solver.add_clause([-self._top, part])
            self.solver.add_clause([self._top, *(-part for part in parts)])
        return self._named[key]

    def any_of(self, parts: Sequence[int]) -> int:
        """Return a literal that is true where one of the parts is."""
        return -self.all_of([-part for part in parts])

    def projected(self, literals: Sequence[int]) -> Iterator[list[int]]:
        """Yield which of some literals can be true together while all others of them are false."""
        while self.solver.solve():
            model = set(self.solver.get_model() or ())
            yield [one for one in literals if one in model]
            self.solver.add_clause([-one if one in model else one for one in literals])


class _Search:
    def __init__(
        self, clauses: Clauses, expression: Expression, deadline: float, links: Sequence[_Link]
    ) -> None:
        self._encoding = Encoding(clauses)
        self._solver = self._encoding.solver
        self._deadline = deadline
        self._links = links
        self._atoms = {number: atom for atom, number in clauses.variables.items()}
        self._tied = set(clauses.tied)
        self._theory = [
            clause
            for clause in clauses.clauses
            if all(abs(one) <= len(self._atoms) for one in clause)
        ]
        self._goal = self._encoding.literal(expression)
        for link in links:
            self._add(link)

    def close(self) -> None:
        self._encoding.close()

    def _add(self, link: _Link) -> None:
        """Let a score be what its steps add up to."""
        variables = self._encoding.variables
        steps = [(self._encoding.literal(one.expression), one.points) for one in link.ladder.steps]

        for atom, number in link.demands:
            name = variables[atom]
            self._tied.add(name)
            enough = at_least(
                steps, number - link.ladder.base, self._encoding.all_of, self._encoding.any_of
            )
            self._solver.add_clause([-name, enough])
            self._solver.add_clause([name, -enough])
        self._tied.update(variables[atom] for atom in link.existentials())

    def _close(self, proposer: Solver) -> None:
        """Let a proposal take in what follows for scores from the rest of it.

        It takes in what is demanded of a score where the points of the steps that it meets, and
        those of the steps that it refutes, make it so.
        """
        top = 2 * len(self._atoms)

        def implied(parts: Sequence[int]) -> int:
            nonlocal top
            top += 1
            proposer.add_clause([*(-part for part in parts), top])
            return top

        def one_of(parts: Sequence[int]) -> int:
            nonlocal top
            top += 1
            for part in parts:
                proposer.add_clause([-part, top])
            return top

        def decided(implicants: Iterable[Implicant]) -> int:
            return one_of(
                [
                    implied([_dual(self._number(literal)) for literal in sorted(one, key=repr)])
                    for one in implicants
                ]
            )

        for link in self._links:
            points = [step.points for step in link.ladder.steps]
            won = [(decided(one.met), n) for one, n in zip(link.compiled, points, strict=True)]
            lost = [(decided(one.refuted), n) for one, n in zip(link.compiled, points, strict=True)]
            for atom, number in link.demands:
                name = self._encoding.variables[atom]
                enough = at_least(won, number - link.ladder.base, implied, one_of)
                proposer.add_clause([-enough, _dual(name)])
                lacking = at_least(lost, link.ladder.total - number + 1, implied, one_of)
                proposer.add_clause([-lacking, _dual(-name)])

    def _number(self, literal: Literal) -> int:
        number = self._encoding.variables[literal.existential]
        return number if literal.present else -number

    def _holds(self, literals: Iterable[int], goal: int) -> bool:
        """Tell whether the theory and the literals entail the goal."""
        return not solve(self._solver, [*literals, -goal], self._deadline)

    def _consistent(self, literals: Iterable[int]) -> bool:
        return solve(self._solver, list(literals), self._deadline)

    def primes(self, met: bool) -> tuple[Implicant, ...]:
        goal = self._goal if met else -self._goal
        count = len(self._atoms)
        # What is demanded of scores comes last: it is to be kept rather than what entails it.
        demands = [atom for link in self._links for atom, _ in link.demands]
        demanded = {self._encoding.variables[atom] for atom in demands}
        order = sorted(range(1, count + 1), key=lambda number: (number in demanded, number))
        found: list[list[int]] = []
        proposer = _solver()
        try:
            for number in range(1, count + 1):
                proposer.add_clause([-_dual(number), -_dual(-number)])
            self._close(proposer)
            while solve(proposer, (), self._deadline):
                chosen = set(proposer.get_model() or ())
                proposal = [
                    literal
                    for number in order
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


def at_least(
    weighted: Sequence[tuple[int, int]],
    least: int,
    all_of: Callable[[Sequence[int]], int],
    any_of: Callable[[Sequence[int]], int],
) -> int:
    """Return what is true where the true ones of some literals weigh enough together.

    Args:
        weighted: literals with their weights, which are positive.
        least: how much they are to weigh.
        all_of: makes a literal that is true where all of some are.
        any_of: makes a literal that is true where one of some is.
    """
    if least <= 0:
        return all_of([])
    if least == 1:
        return any_of([literal for literal, _ in weighted])
    left = 0
    # By how much is wanted, and nothing where the rest cannot weigh as much.
    enough: list[int | None] = [None] * (least + 1)
    for literal, weight in reversed(weighted):
        left += weight
        more = list(enough)
        for wanted in range(1, min(least, left) + 1):
            ways = []
            if wanted <= weight:
                ways.append(literal)
            elif (rest := enough[wanted - weight]) is not None:
                ways.append(all_of([literal, rest]))
            if (without := enough[wanted]) is not None:
                ways.append(without)
            more[wanted] = any_of(ways)
        enough = more
    found = enough[least]
    return any_of([]) if found is None else found


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
