"""What guidelines advise in all possible cases: answers and statuses as formulas over a space."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from indicant.compile.implicants import Compiled, compile_expression
from indicant.compile.overriding import overriders, weighed, without
from indicant.compile.theory import Theory, simplify
from indicant.errors import IndicantError
from indicant.explain.consequences import ORDER
from indicant.possible.circuit import FALSE
from indicant.terms import local_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from indicant.assess.records import Answer, Status
    from indicant.compile.model import Existential, Expression, Model
    from indicant.possible.circuit import Formula
    from indicant.possible.space import Space

STATUSES = ORDER


@dataclass
class Advice:
    """A model with its criteria compiled, as far as the time allowed.

    ``compiled`` holds the effective criterion of every recommendation, and every criterion that
    is weighed beside them, by IRI. ``undecided`` says of the others why there is none.
    """

    model: Model
    above: dict[str, set[str]]
    compiled: dict[str, Compiled] = field(default_factory=dict)
    undecided: dict[str, str] = field(default_factory=dict)

    def existentials(self) -> set[Existential]:
        """Return what the implicants speak of."""
        return {
            literal.existential
            for one in self.compiled.values()
            for implicant in (*one.met, *one.refuted)
            for literal in implicant
        }

    def actions(self) -> list[str]:
        """Return the interventions that a recommendation speaks of, itself or from above."""
        same = self.model.same
        named = {one.action for one in self.model.recommendations.values()}
        against = {one.action for one in self.model.recommendations.values() if one.against}
        return sorted(
            cls
            for cls, above in self.model.above.items()
            if same.get(cls, cls) in named or above & against
        )

    def counting(self, action: str) -> tuple[list[str], list[str]]:
        """Return the recommendations for an intervention, and those against it or above it."""
        above = self.model.above.get(action, frozenset())
        action = self.model.same.get(action, action)
        pro, contra = [], []
        for iri, one in sorted(self.model.recommendations.items()):
            if one.against and one.action in above:
                contra.append(iri)
            elif not one.against and one.action == action:
                pro.append(iri)
        return pro, contra


def advise(
    model: Model,
    *,
    extra: Iterable[str] = (),
    beside: Mapping[str, Expression] | None = None,
    only: Collection[str] | None = None,
    seconds: float = 60.0,
    deadline: float = float("inf"),
) -> Advice:
    """Compile what a model advises.

    Args:
        model: what ``profile.read_model`` returned.
        extra: criteria to compile beside those of the recommendations.
        beside: further expressions to compile, by any name.
        only: the recommendations to compile, and no criterion but those of ``extra``.
        seconds: the time limit for each criterion.
        deadline: when to stop altogether, as of ``time.monotonic``.
    """
    theory = Theory(model)
    above = overriders(model)
    advice = Advice(model, above)
    wanted = model.recommendations if only is None else only
    subjects = {iri: without(model, iri, above[iri]) for iri in sorted(wanted)}
    criteria = {*(weighed(model) if only is None else ()), *extra}
    subjects |= {iri: model.criteria[iri] for iri in sorted(criteria)}
    subjects |= beside or {}
    done: dict[Expression, Compiled] = {}
    for iri, expression in subjects.items():
        try:
            normal = simplify(theory.normal(simplify(expression)))
            if normal not in done:
                left = min(seconds, deadline - time.monotonic())
                done[normal] = compile_expression(
                    normal, theory, seconds=left, about=local_name(iri)
                )
            advice.compiled[iri] = done[normal]
        except IndicantError as error:
            advice.undecided[iri] = error.message
        except RecursionError:
            advice.undecided[iri] = f"{local_name(iri)}: nested too deeply"
    return advice


class Statuses:
    """The answers of one version of a guideline, and the statuses they give, as formulas."""

    def __init__(self, advice: Advice, space: Space, version: int = 0) -> None:
        self._advice = advice
        self._space = space
        self._version = version
        self._answers: dict[tuple[str, Answer], Formula] = {}

    def answer(self, iri: str, answer: Answer) -> Formula:
        """Return where a recommendation or a criterion has an answer.

        Raises:
            KeyError: it was not compiled within its time.
        """
        key = (iri, answer)
        if key not in self._answers:
            if answer == "open":
                found = self._space.circuit.all_of(
                    (-self.answer(iri, "met"), -self.answer(iri, "refuted"))
                )
            else:
                compiled = self._advice.compiled[iri]
                implicants = compiled.met if answer == "met" else compiled.refuted
                found = self._space.fulfilled(implicants, self._version)
            self._answers[key] = found
        return self._answers[key]

    def status(self, action: str, status: Status) -> Formula:
        """Return where an intervention has a status.

        Raises:
            KeyError: a recommendation that counts was not compiled within its time.
        """
        circuit = self._space.circuit
        pro, contra = self._advice.counting(action)
        for_met = circuit.any_of(self.answer(iri, "met") for iri in pro)
        for_any = circuit.any_of(-self.answer(iri, "refuted") for iri in pro)
        against_met = circuit.any_of(self.answer(iri, "met") for iri in contra)
        against_any = circuit.any_of(-self.answer(iri, "refuted") for iri in contra)
        parts: dict[Status, tuple[Formula, ...]] = {
            "recommended": (for_met, -against_any),
            "conditional": (for_met, against_any, -against_met),
            "conflicting": (for_met, against_met),
            "contraindicated": (-for_met, against_met),
            "undetermined": (-for_met, -against_met, circuit.any_of((for_any, against_any))),
            "not-applicable": (-for_any, -against_any),
        }
        return circuit.all_of(parts[status]) if action in self._advice.model.above else FALSE

    def each(self, action: str) -> Iterator[tuple[Status, Formula]]:
        """Yield every status with where an intervention has it."""
        for status in STATUSES:
            yield status, self.status(action, status)
