"""Least sets are all the prime implicants there are, whatever the vocabulary entails.

What is compared with goes through all worlds and all sets of literals, one by one.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

import pytest

from each import each
from indicant.compile.implicants import Literal, compile_expression
from indicant.compile.model import And, Const, Existential, Model, Not, Or
from indicant.compile.theory import Clauses

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indicant.compile.implicants import Implicant
    from indicant.compile.model import Expression
    from indicant.compile.theory import Theory

ATOMS: Final = tuple(Existential("role", letter) for letter in "abcd")
World = dict[Existential, bool]


@dataclass(frozen=True)
class Entailed:
    """A theory of which nothing is known but its clauses; numbers above those of atoms are free."""

    given: tuple[tuple[int, ...], ...]
    model: Model = field(default_factory=Model)

    def normal(self, expression: Expression) -> Expression:
        """Return the criterion as it is."""
        return expression

    def runs(self, _own: object) -> dict[Existential, str]:
        """Return that nothing is known within bounds."""
        return {}

    def redundant(self, _implicant: object, _runs: object) -> bool:
        """Return that each implicant is needed."""
        return False

    def closure(self, _own: object) -> tuple[Existential, ...]:
        """Return all that is spoken of."""
        return ATOMS

    def clauses(self, own: Iterable[Existential], *, deadline: float) -> Clauses:
        """Return the clauses, with the atoms that hang on free numbers."""
        assert deadline > 0
        free = [clause for clause in self.given if max(map(abs, clause)) > len(ATOMS)]
        tied = {abs(one) for clause in free for one in clause if abs(one) <= len(ATOMS)}
        numbers = {one: number for number, one in enumerate(own, 1)}
        return Clauses(numbers, list(self.given), tied, len(ATOMS) + 2)

    def worlds(self) -> list[World]:
        """Return what can be the case, leaving open what only the clauses speak of."""
        found = []
        for values in itertools.product((False, True), repeat=len(ATOMS)):
            for more in itertools.product((False, True), repeat=2):
                truth = (*values, *more)
                if all(any(truth[abs(n) - 1] == (n > 0) for n in one) for one in self.given):
                    found.append(dict(zip(ATOMS, values, strict=True)))
                    break
        return found


def holds(expression: Expression, world: World) -> bool:
    match expression:
        case Existential():
            return world[expression]
        case Const():
            return expression.value
        case Not():
            return not holds(expression.operand, world)
        case And():
            return all(holds(one, world) for one in expression.operands)
        case Or():
            return any(holds(one, world) for one in expression.operands)
    raise AssertionError(expression)


def primes(expression: Expression, worlds: list[World], *, wanted: bool) -> set[Implicant]:
    """Return the least sets of literals that some world has, and none against the wanted answer."""
    found: set[Implicant] = set()
    for size in range(len(ATOMS) + 1):
        for chosen in itertools.combinations(ATOMS, size):
            for signs in itertools.product((False, True), repeat=size):
                literals = dict(zip(chosen, signs, strict=True))
                one = frozenset(Literal(atom, sign) for atom, sign in literals.items())
                if any(less <= one for less in found):
                    continue
                left = [world for world in worlds if literals.items() <= world.items()]
                if left and all(holds(expression, world) == wanted for world in left):
                    found.add(one)
    return found


def criterion(choose: random.Random, depth: int = 3) -> Expression:
    kind = choose.randrange(8) if depth else 0
    if kind < 3:
        return choose.choice(ATOMS)
    if kind == 3:
        return Not(criterion(choose, depth - 1))
    if kind == 4 and depth < 3:
        return Const(choose.random() < 0.5)
    parts = tuple(criterion(choose, depth - 1) for _ in range(choose.randint(2, 3)))
    return And(parts) if choose.random() < 0.5 else Or(parts)


def entailed(choose: random.Random, highest: int) -> Entailed:
    return Entailed(
        tuple(
            tuple(
                choose.choice((-1, 1)) * number
                for number in choose.sample(range(1, highest + 1), choose.randint(2, 3))
            )
            for _ in range(choose.randint(0, 4))
        )
    )


@pytest.mark.many(3)
@pytest.mark.parametrize("highest", [len(ATOMS), len(ATOMS) + 2], ids=["plain", "with free ones"])
@pytest.mark.parametrize("seed", range(4))
def test_all_prime_implicants_are_found_and_nothing_else(seed: int, highest: int) -> None:
    choose = random.Random(f"{seed} {highest}")  # noqa: S311
    several = 0
    for _ in each(range(100)):
        theory, goal = entailed(choose, highest), criterion(choose)
        worlds = theory.worlds()
        if not worlds:
            continue
        compiled = compile_expression(goal, cast("Theory", theory))
        assert set(compiled.met) == primes(goal, worlds, wanted=True), (theory, goal)
        assert set(compiled.refuted) == primes(goal, worlds, wanted=False), (theory, goal)
        several += len(compiled.met) > 2
    assert several > 2
