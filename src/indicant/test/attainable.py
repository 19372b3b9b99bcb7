"""Which answers and facts some case can have at all: formulas for what a test may exercise."""

from __future__ import annotations

import importlib.util
import time
from typing import TYPE_CHECKING, Final

from indicant.compile.graph import existential_iri
from indicant.compile.implicants import Literal
from indicant.compile.profile import read_model
from indicant.possible.advice import Advice, Statuses, advise
from indicant.possible.circuit import OutOfTimeError
from indicant.possible.space import Space

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indicant.assess.records import Answer
    from indicant.files.sources import Source
    from indicant.possible.circuit import Formula
    from indicant.possible.facts import Recorded
    from indicant.test.coverage import Goal, Wanted

_ANSWERS: Final[Mapping[Wanted, Answer]] = {"met": "met", "refuted": "refuted", "open": "open"}


class Attainable:
    """Asks about all cases that can be recorded whether one exercises something.

    Args:
        source: the guideline.
        wanted: what is asked about; of shapes nothing is known here.
        seconds: the time limit for compiling a criterion, and for each question.
        limit: the time limit for all of it.
    """

    def __init__(
        self, source: Source, wanted: Sequence[Goal], seconds: float, limit: float
    ) -> None:
        self._seconds, self._deadline = seconds, time.monotonic() + limit
        criteria = {goal.iri for goal in wanted if goal.kind == "criterion"}
        self.advice: Advice = advise(
            read_model(source), extra=criteria, seconds=seconds, deadline=self._deadline
        )
        existentials = self.advice.existentials()
        self._space = Space([self.advice.model], [existentials])
        self._answers = Statuses(self.advice, self._space)
        self.literals = {
            f"{existential_iri(atom)}/{'present' if present else 'absent'}": Literal(atom, present)
            for atom in existentials
            for present in (True, False)
        }

    def least(self, goal: Goal) -> Recorded | None:
        """Return the smallest case that exercises something, or nothing if none does.

        Raises:
            OutOfTimeError: it was not found in time.
        """
        until = min(self._deadline, time.monotonic() + self._seconds)
        chosen = self._space.least(self._formula(goal), until)
        return None if chosen is None else self._space.recorded(chosen)

    def impossible(self, goals: Sequence[Goal]) -> list[Goal]:
        """Return what no case can exercise; what is not decided in time is left out."""
        asked = []
        for goal in goals:
            try:
                asked.append((goal, self._formula(goal)))
            except OutOfTimeError:
                continue
        found = self._space.circuit.which([where for _, where in asked], self._deadline)
        return [goal for (goal, _), can in zip(asked, found, strict=True) if can is False]

    def _formula(self, goal: Goal) -> Formula:
        if goal.kind == "literal":
            literal = self.literals.get(goal.iri)
            if literal is None:
                raise OutOfTimeError
            return self._space.known(literal)
        if goal.iri in self.advice.undecided:
            raise OutOfTimeError
        return self._answers.answer(goal.iri, _ANSWERS[goal.wanted])


def out_of_reach(source: Source, goals: Sequence[Goal]) -> list[Goal] | None:
    """Return which of some answers and facts no case can get, or nothing where there is no solver.

    An implicant may ask for what nothing can record: that something is not proposed, or that a
    finding which may occur more than once is there, but with no other value.
    """
    if not goals:
        return []
    if importlib.util.find_spec("pysat") is None:
        return None
    return Attainable(source, goals, seconds=60.0, limit=120.0).impossible(goals)
