"""Tell what is known of scores where certain facts are known."""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indicant.assess.engine import Answering
    from indicant.explain.entailment import Entailment, Mask


@dataclass
class _Step:
    """Points, and the sets of literals that give them and that refute them."""

    points: int
    sets: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    met: list[Mask] = field(default_factory=list)
    refuted: list[Mask] = field(default_factory=list)


@dataclass
class _Score:
    """What a score is at least and at most, its steps, and the literals that demand a number."""

    base: int
    total: int
    steps: dict[str, _Step] = field(default_factory=dict)
    told: list[tuple[Mask, bool, int]] = field(default_factory=list)


class Scores:
    """What is known of scores where certain literals are known.

    ``own`` are the literals about scores.
    """

    def __init__(self, engine: Answering, entailment: Entailment) -> None:
        """Ask for the steps of scores and the literals about them, once."""
        found: dict[str, _Score] = {}
        for score, base, total, step, points, answer, implicant, literal in engine.ask(
            "which-steps-make-a-score"
        ):
            assert score and step and answer and implicant  # noqa: S101, PT018
            one = found.setdefault(score, _Score(int(base or 0), int(total or 0)))
            sets = one.steps.setdefault(step, _Step(int(points or 0))).sets
            literals = sets.setdefault((answer, implicant), [])
            if literal is not None:
                literals.append(literal)
        for one in found.values():
            for step_ in one.steps.values():
                for (answered, _), names in step_.sets.items():
                    into = step_.met if answered == "met" else step_.refuted
                    into.append(entailment.mask(names))
        self.own = 0
        for score, literal, polarity, number in engine.ask("which-facts-rest-on-a-score"):
            assert score and literal and number  # noqa: S101, PT018
            if literal in entailment.number:
                bit = entailment.mask([literal])
                found[score].told.append((bit, polarity == "present", int(number)))
                self.own |= bit
        self._scores = list(found.values())

    def beneath(self, literals: Mask) -> Mask:
        """Return literals with those that the scores among them depend on."""
        for score in self._scores:
            if any(literals & bit for bit, _, _ in score.told):
                for step in score.steps.values():
                    literals = functools.reduce(operator.or_, (*step.met, *step.refuted), literals)
        return literals

    def established(self, known: Mask) -> Mask:
        """Return the literals about scores that hold where others are known."""
        found = 0
        for score in self._scores:
            won = lost = 0
            for step in score.steps.values():
                won += step.points * any(one & known == one for one in step.met)
                lost += step.points * any(one & known == one for one in step.refuted)
            for bit, present, number in score.told:
                if score.base + won >= number if present else score.total - lost < number:
                    found |= bit
        return found
