"""Boolean formulas with shared parts, asked whether they can be true, and how with least effort.

A formula is a number: a variable, or the name of a gate over others; minus means not. A question
reaches the solver with those gates and constraints alone that it depends on.
"""

from __future__ import annotations

import time
from threading import Timer
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pysat.formula import WCNF

Formula = int

TRUE: Final[Formula] = 1
FALSE: Final[Formula] = -1


class OutOfTimeError(Exception):
    """A question was not decided within its time."""


class Circuit:
    """Formulas over variables, some of which cannot be true together.

    Constraints are sets of variables of which at most some are true. A variable that a question
    does not depend on can always be false, so that constraints about it do not matter to it.
    """

    def __init__(self) -> None:
        self._top = 1
        self._gates: dict[Formula, tuple[Formula, ...]] = {}
        self._named: dict[tuple[Formula, ...], Formula] = {}
        self._apart: dict[Formula, set[Formula]] = {}
        self.weights: dict[Formula, int] = {}

    def variable(self, weight: int) -> Formula:
        """Return a new variable; ``weight`` is the effort of making it true."""
        self._top += 1
        self.weights[self._top] = weight
        return self._top

    def forbid(self, one: Formula, other: Formula) -> None:
        """Let two variables not be true together."""
        self._apart.setdefault(max(one, other), set()).add(min(one, other))

    def all_of(self, parts: Iterable[Formula]) -> Formula:
        """Return a formula that is true where all parts are."""
        wanted = sorted(set(parts) - {TRUE})
        if FALSE in wanted or any(-part in wanted for part in wanted if part > 0):
            return FALSE
        if len(wanted) < 2:
            return wanted[0] if wanted else TRUE
        key = tuple(wanted)
        if key not in self._named:
            self._top += 1
            self._named[key] = self._top
            self._gates[self._top] = key
        return self._named[key]

    def any_of(self, parts: Iterable[Formula]) -> Formula:
        """Return a formula that is true where one of the parts is."""
        return -self.all_of(-part for part in parts)

    def possible(self, goal: Formula, deadline: float) -> bool:
        """Tell whether a formula can be true.

        Raises:
            OutOfTimeError: ``deadline``, as of ``time.monotonic``, has passed.
        """
        from pysat.solvers import Solver

        if goal in {TRUE, FALSE}:
            return goal == TRUE
        clauses, _ = self._cone(goal)
        with (
            Solver(name="minisat22", bootstrap_with=clauses) as solver,
            _Watch(deadline, solver) as watch,
        ):
            answer = solver.solve_limited(expect_interrupt=True) if watch else solver.solve()
        if answer is None:
            raise OutOfTimeError
        return bool(answer)

    def least(self, goal: Formula, deadline: float) -> frozenset[Formula] | None:
        """Return the variables to make true, of least weight in all, or nothing if none will do.

        Raises:
            OutOfTimeError: ``deadline``, as of ``time.monotonic``, has passed.
        """
        from pysat.examples.rc2 import RC2

        if goal in {TRUE, FALSE}:
            return frozenset() if goal == TRUE else None
        clauses, inputs = self._cone(goal)
        with (
            RC2(_weighted(clauses, {one: self.weights[one] for one in inputs})) as solver,
            _Watch(deadline, solver) as watch,
        ):
            model = solver.compute(expect_interrupt=True) if watch else solver.compute()
            if model is None and watch.over:
                raise OutOfTimeError
        return None if model is None else frozenset(set(model) & set(inputs))

    def _cone(self, goal: Formula) -> tuple[list[list[int]], list[Formula]]:
        """Return the clauses that a formula depends on, itself included, and its variables."""
        clauses: list[list[int]] = [[goal]]
        inputs: set[Formula] = set()
        seen = {abs(goal)}
        stack = [abs(goal)]
        while stack:
            gate = stack.pop()
            parts = self._gates.get(gate)
            if parts is None:
                inputs.add(gate)
                continue
            clauses.append([gate, *(-part for part in parts)])
            for part in parts:
                clauses.append([-gate, part])
                if abs(part) not in seen:
                    seen.add(abs(part))
                    stack.append(abs(part))
        for one in sorted(inputs):
            near = sorted(self._apart.get(one, set()) & inputs)
            clauses.extend([-one, -other] for other in near)
        return clauses, sorted(inputs)


class _Watch:
    """Interrupts a solver once its time is over; does nothing where there is no end."""

    def __init__(self, deadline: float, solver: object) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise OutOfTimeError
        self.over = False
        self._solver = solver
        self._timer = None if left == float("inf") else Timer(left, self._stop)

    def __bool__(self) -> bool:
        return self._timer is not None

    def __enter__(self) -> _Watch:
        if self._timer is not None:
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()

    def _stop(self) -> None:
        self.over = True
        self._solver.interrupt()  # type: ignore[attr-defined]


def _weighted(clauses: list[list[int]], weights: Mapping[Formula, int]) -> WCNF:
    from pysat.formula import WCNF

    problem = WCNF()
    for clause in clauses:
        problem.append(clause)
    for variable, weight in sorted(weights.items()):
        problem.append([-variable], weight=weight)
    return problem


def need_solver() -> None:
    """Raise an error that says what to install where there is no solver.

    Raises:
        IndicantError: python-sat is not installed.
    """
    try:
        import pysat  # noqa: F401
    except ImportError as error:
        raise IndicantError(
            "asking about all possible patients needs a SAT solver; python-sat is not installed",
            help="pip install 'indicant[reasoner]'",
        ) from error
