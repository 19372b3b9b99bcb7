"""All cases that can be recorded with a vocabulary, as of any day, as formulas.

Which day it is makes a difference where criteria part records by days and by months: three months
are from 89 to 92 days. It is a part of a case then, like what is recorded; everywhere else one day
stands for all.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from indicant.errors import OutOfTimeError
from indicant.possible.asof import days_that_differ
from indicant.possible.circuit import FALSE, TRUE, Circuit
from indicant.possible.day import Day
from indicant.possible.kinds import Kinds
from indicant.possible.options import Values
from indicant.possible.parts import assembled
from indicant.possible.realising import MOST_TRIES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from indicant.compile.implicants import Implicant, Literal
    from indicant.compile.model import Existential, Model
    from indicant.compile.theory import Theory
    from indicant.possible.circuit import Formula
    from indicant.possible.facts import Recorded


class Space:
    """The cases that can be recorded, and valid, with every one of some models.

    Args:
        models: one model, or several versions of one whose answers are to be compared; a case uses
            the terms that all of them know.
        existentials: for each model those that its implicants speak of.
        foreign: properties that not all of the models know.
        complete: whether a case may say that it records all that there is.
    """

    def __init__(
        self,
        models: Sequence[Model],
        existentials: Sequence[Iterable[Existential]],
        foreign: Collection[str] = (),
        *,
        complete: bool = True,
    ) -> None:
        self.circuit = Circuit()
        self._kinds = Kinds(models, existentials)
        atoms = self._kinds.atoms
        first, *others = days_that_differ(self._kinds, foreign)
        # It is the first unless the case says otherwise.
        chosen = [self.circuit.variable(1) for _ in others]
        for one, other in itertools.combinations(chosen, 2):
            self.circuit.forbid(one, other)
        self._where = [self.circuit.all_of(-one for one in chosen), *chosen]
        self._days = [
            Day(
                self.circuit,
                self._kinds,
                Values(models, atoms, foreign, as_of),
                complete=complete,
                where=where,
                as_of=as_of,
            )
            for as_of, where in zip((first, *others), self._where, strict=True)
        ]
        self._computes = any(model.computes for model in models)
        self.lessons = 0

    def theory(self, version: int = 0) -> Theory:
        """Return what the vocabulary of a model entails."""
        return self._kinds.theories[version]

    def known(self, literal: Literal, version: int = 0) -> Formula:
        """Return where a literal is established, as a model reads the case."""
        about = (literal.existential, literal.present)
        return self.circuit.any_of(
            self.circuit.all_of((where, day.known[version].get(about, FALSE)))
            for day, where in zip(self._days, self._where, strict=True)
        )

    def fulfilled(self, implicants: Iterable[Implicant], version: int = 0) -> Formula:
        """Return where one of some implicants has all its literals established."""
        return self.circuit.any_of(
            self.circuit.all_of(self.known(literal, version) for literal in implicant)
            for implicant in implicants
        )

    def least(self, goal: Formula, deadline: float) -> frozenset[Formula] | None:
        """Return the parts of the smallest case in which a formula is true, or nothing.

        Where values are computed, the rules read a case before it is returned: one that contradicts
        itself, or establishes something else, teaches the space and is no answer.

        Raises:
            OutOfTimeError: ``deadline``, as of ``time.monotonic``, has passed, too many cases
                were no answer, or one of more records than are tried may be.
        """
        beneath = self.circuit.beneath(goal) | {TRUE}
        for _ in range(MOST_TRIES):
            chosen = self.circuit.least(goal, deadline)
            if chosen is None and any(day.realiser.may_miss(beneath) for day in self._days):
                raise OutOfTimeError
            if chosen is None or not self._computes:
                return chosen
            realiser = self._day(chosen).realiser
            taught = realiser.taught(chosen, self.recorded(chosen), beneath)
            self.lessons += taught
            if not taught:
                return chosen
        raise OutOfTimeError

    def recorded(self, chosen: Iterable[Formula]) -> Recorded:
        """Return the case that some variables being true stand for."""
        some = sorted(chosen)
        day = self._day(some)
        return assembled((day.things[one] for one in some if one in day.things), day.as_of)

    def _day(self, chosen: Collection[Formula]) -> Day:
        """Return which day it is, where some variables are true."""
        others = zip(self._days[1:], self._where[1:], strict=True)
        return next((day for day, where in others if where in chosen), self._days[0])
