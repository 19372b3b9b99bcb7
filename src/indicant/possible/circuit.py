"""Boolean formulas with shared parts, asked whether they can be true, and how with least effort.

A formula is a number: a variable, or the name of a gate over others; minus means not. A question
reaches the solver with those gates and constraints alone that it depends on.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from threading import Lock, Thread
from typing import TYPE_CHECKING, Final

from indicant.errors import OutOfTimeError as OutOfTimeError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from pysat.formula import WCNF

Formula = int

TRUE: Final[Formula] = 1
FALSE: Final[Formula] = -1


class Circuit:
    """Formulas over variables, some of which cannot be true together.

    Constraints are sets of variables of which at most some are true, and what has to be true where
    some of them all are. A variable that a question
    does not depend on can always be false, so that constraints about it do not matter to it.
    """

    def __init__(self) -> None:
        self._top = 1
        self._gates: dict[Formula, tuple[Formula, ...]] = {}
        self._named: dict[tuple[Formula, ...], Formula] = {}
        self._apart: dict[Formula, set[Formula]] = {}
        self._required: list[tuple[frozenset[Formula], Formula]] = []
        self.weights: dict[Formula, int] = {}
        self._watch = _Watch()

    def variable(self, weight: int) -> Formula:
        """Return a new variable; ``weight`` is the effort of making it true."""
        self._top += 1
        self.weights[self._top] = weight
        return self._top

    def forbid(self, one: Formula, other: Formula) -> None:
        """Let two variables not be true together."""
        self._apart.setdefault(max(one, other), set()).add(min(one, other))

    def require(self, true: Iterable[Formula], then: Formula) -> None:
        """Let a formula be true wherever some variables are."""
        if then != TRUE:
            self._required.append((frozenset(true), then))

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
            self._watch.over_solver(solver, deadline),
        ):
            answer = solver.solve_limited(expect_interrupt=True)
        if answer is None:
            raise OutOfTimeError
        return bool(answer)

    def which(self, goals: Sequence[Formula], deadline: float) -> list[bool | None]:
        """Tell of each formula whether it can be true, or nothing where time ran out before.

        One solver is asked for all of them, which is faster where they have parts in common.
        """
        from pysat.solvers import Solver

        # A variable stands for each question: where it is true, so is the formula.
        asked = {goal: self.variable(0) for goal in goals if goal not in {TRUE, FALSE}}
        found: dict[Formula, bool | None] = {TRUE: True, FALSE: False}
        root = self.all_of(-self.all_of((asks, -goal)) for goal, asks in asked.items())
        if asked:
            clauses, inputs = self._cone(root)
            numbers = {one: number for number, one in inputs.items()}
            try:
                with (
                    Solver(name="minisat22", bootstrap_with=clauses) as solver,
                    self._watch.over_solver(solver, deadline),
                ):
                    for goal, asks in asked.items():
                        found[goal] = solver.solve_limited(
                            assumptions=[numbers[asks]], expect_interrupt=True
                        )
            except OutOfTimeError:
                pass
        return [found.get(goal) for goal in goals]

    def least(self, goal: Formula, deadline: float) -> frozenset[Formula] | None:
        """Return the variables to make true, of least weight in all, or nothing if none will do.

        Raises:
            OutOfTimeError: ``deadline``, as of ``time.monotonic``, has passed.
        """
        from pysat.examples.rc2 import RC2

        if goal in {TRUE, FALSE}:
            return frozenset() if goal == TRUE else None
        clauses, inputs = self._cone(goal)
        weights = {number: self.weights[one] for number, one in inputs.items()}
        with (
            RC2(_weighted(clauses, weights)) as solver,
            self._watch.over_solver(solver, deadline) as watch,
        ):
            model = solver.compute(expect_interrupt=True)
            if model is None and watch.over:
                raise OutOfTimeError
        if model is None:
            return None
        return frozenset(inputs[number] for number in model if number in inputs)

    def beneath(self, goal: Formula) -> set[Formula]:
        """Return every formula that one is made of, itself included, without signs."""
        found = {abs(goal)}
        stack = [abs(goal)]
        while stack:
            for part in self._gates.get(stack.pop(), ()):
                if abs(part) not in found:
                    found.add(abs(part))
                    stack.append(abs(part))
        return found

    def holds(self, goal: Formula, true: Collection[Formula]) -> bool:
        """Tell whether a formula is true where these variables are and no others."""
        values: dict[Formula, bool] = {TRUE: True}
        stack = [abs(goal)]
        while stack:
            gate = stack[-1]
            parts = self._gates.get(gate)
            missing = [abs(part) for part in parts or () if abs(part) not in values]
            if missing:
                stack += missing
                continue
            values[stack.pop()] = (
                gate in true
                if parts is None and gate != TRUE
                else all(values[abs(part)] == (part > 0) for part in parts or ())
            )
        return values[abs(goal)] == (goal > 0)

    def _cone(self, goal: Formula) -> tuple[list[list[int]], dict[int, Formula]]:
        """Return the clauses that a formula depends on, itself included, and its variables.

        They are numbered anew, without the gaps that what is left out would leave.
        """
        clauses: list[list[int]] = [[goal]]
        inputs: set[Formula] = set()
        seen = {abs(goal): 1}
        stack = [abs(goal)]
        left = list(self._required)
        while stack:
            gate = stack.pop()
            parts = self._gates.get(gate)
            if parts is None:
                inputs.add(gate)
            else:
                clauses.append([gate, *(-part for part in parts)])
                clauses += [[-gate, part] for part in parts]
            more = [*map(abs, parts or ())]
            if not stack and not any(part not in seen for part in more):
                # What is required of variables that are false here is no matter.
                for true, then in [one for one in left if one[0] <= inputs]:
                    left.remove((true, then))
                    clauses.append([-one for one in sorted(true)])
                    if then != FALSE:
                        clauses[-1].append(then)
                        more.append(abs(then))
            for part in more:
                if part not in seen:
                    seen[part] = len(seen) + 1
                    stack.append(part)
        for one in sorted(inputs):
            near = sorted(self._apart.get(one, set()) & inputs)
            clauses.extend([-one, -other] for other in near)
        for clause in clauses:
            clause[:] = [seen[one] if one > 0 else -seen[-one] for one in clause]
        return clauses, {seen[one]: one for one in sorted(inputs)}


class _Watch:
    """Interrupts a solver once its time is over.

    One thread looks after all questions and ends when there has been none for a while: starting
    one for each would take longer than most of them.
    """

    _PERIOD: Final = 0.02
    _IDLE: Final = 50

    def __init__(self) -> None:
        self._lock = Lock()
        self._solver: object = None
        self._deadline = 0.0
        self._running = False
        self.over = False

    @contextmanager
    def over_solver(self, solver: object, deadline: float) -> Iterator[_Watch]:
        """Look after one question.

        Raises:
            OutOfTimeError: there is no time left for it.
        """
        if deadline <= time.monotonic():
            raise OutOfTimeError
        with self._lock:
            self.over = False
            self._solver, self._deadline = solver, deadline
            if not self._running:
                self._running = True
                Thread(target=self._look, daemon=True).start()
        try:
            yield self
        finally:
            with self._lock:
                self._solver = None

    def _look(self) -> None:
        idle = 0
        while True:
            time.sleep(self._PERIOD)
            with self._lock:
                idle = idle + 1 if self._solver is None else 0
                if idle > self._IDLE:
                    self._running = False
                    return
                if self._solver is not None and time.monotonic() > self._deadline:
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
