"""Sets of literals that patients have in common, and whether they can all hold.

What decides about a patient are the literals alone, of which many patients have the same: all that
is answered is answered once for each such pattern.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from indicant.cohort.kernel import literal
from indicant.explain.consequences import Ruling
from indicant.explain.entailment import bits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from indicant.assess.assessor import Assessor
    from indicant.cohort.plan import Plan


class Consistency:
    """Tells which literals cannot all hold, by the clauses of the guideline."""

    def __init__(self, assessor: Assessor, plan: Plan) -> None:
        self._entailment = Ruling(assessor).entailment
        self._numbers = [self._entailment.number.get(iri) for iri in plan.literals]
        self._labels = [
            assessor.catalogue.literals[iri].label if iri in assessor.catalogue.literals else iri
            for iri in plan.literals
        ]

    def clash(self, literals: int) -> tuple[int, ...]:
        """Return a least set of literals that cannot all hold, of those that are established.

        It is empty where there is none. Its opposites are a clause that the guideline entails.
        """
        if self._holds(literals):
            return ()
        core = list(bits(literals))
        for one in list(core):
            less = [other for other in core if other != one]
            if not self._holds(sum(1 << other for other in less)):
                core = less
        return tuple(core)

    def words(self, literals: Sequence[int]) -> str:
        """Return in words what cannot all hold."""
        return " and ".join(self._labels[one] for one in literals)

    def _holds(self, literals: int) -> bool:
        facts = 0
        for one in bits(literals):
            number = self._numbers[one]
            if number is not None:
                facts |= 1 << number
        return self._entailment.closure(facts) is not None


@dataclass
class Patterns:
    """The patterns that were met, each with a number, in the order in which they came.

    ``clashes`` are by number the literals of a pattern that cannot all hold.
    """

    consistency: Consistency
    masks: list[int] = field(default_factory=list)
    clashes: dict[int, tuple[int, ...]] = field(default_factory=dict)
    _numbers: dict[int, int] = field(default_factory=dict)

    def number(self, literals: int) -> int:
        """Return the number of a pattern, a new one where it was not met before."""
        found = self._numbers.get(literals)
        if found is None:
            found = self._numbers[literals] = len(self.masks)
            self.masks.append(literals)
            if clash := self.consistency.clash(literals):
                self.clashes[found] = clash
        return found

    def frame(self, plan: Plan) -> pl.DataFrame:
        """Return a row for each pattern that can hold: its number, and a column per literal."""
        numbers = [at for at in range(len(self.masks)) if at not in self.clashes]
        columns: dict[str, pl.Series] = {"pattern": pl.Series(numbers, dtype=pl.UInt32)}
        for bit in range(len(plan.literals)):
            told = [self.masks[at] >> bit & 1 == 1 for at in numbers]
            columns[literal(bit)] = pl.Series(told, dtype=pl.Boolean)
        return pl.DataFrame(columns)


def rows(frame: pl.DataFrame) -> Iterator[Mapping[str, object]]:
    """Yield the rows of a frame by the names of its columns."""
    yield from frame.iter_rows(named=True)
