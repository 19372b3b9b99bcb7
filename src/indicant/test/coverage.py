"""Tell what cases exercise of a guideline, and what is still to be exercised."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from indicant.assess.validation import SHACL
from indicant.files import bounded, resources
from indicant.terms import local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from indicant.assess.assessor import Assessor

Kind = Literal["recommendation", "criterion", "literal", "shape"]
Wanted = Literal["met", "refuted", "open", "present", "absent", "broken"]

PLURALS: Final[Mapping[Kind, str]] = {
    "recommendation": "recommendations",
    "criterion": "criteria",
    "literal": "literals",
    "shape": "shapes",
}
_VERBS: Final[Mapping[Wanted, str]] = {
    "met": "meets",
    "refuted": "refutes",
    "open": "leaves open",
    "present": "has",
    "absent": "excludes",
    "broken": "breaks",
}


@dataclass(frozen=True)
class Goal:
    """Something that a case shall exercise.

    ``iri`` is that of a recommendation, a criterion, a literal of the compiled guideline or a
    shape; ``label`` is what it is called: of a literal the fact, whichever the polarity.
    """

    kind: Kind
    iri: str
    label: str
    wanted: Wanted

    def __str__(self) -> str:
        name = self.label if self.kind == "literal" else local_name(self.iri)
        return f"no case {_VERBS[self.wanted]} {name}"


@dataclass
class Coverage:
    """What cases can exercise, and what they did."""

    goals: tuple[Goal, ...]
    exercised: set[tuple[str, Wanted]] = field(default_factory=set)

    @cached_property
    def signs(self) -> Mapping[str, Wanted]:
        """Return the polarity of each literal by its IRI."""
        return {goal.iri: goal.wanted for goal in self.goals if goal.kind == "literal"}

    def add(self, exercised: Iterable[tuple[str, Wanted]]) -> None:
        """Note what a case exercised."""
        self.exercised.update(exercised)

    def uncovered(self, kind: Kind | None = None) -> list[Goal]:
        """Return what no case has exercised, recommendations first."""
        return [
            goal
            for goal in self.goals
            if kind in (None, goal.kind) and (goal.iri, goal.wanted) not in self.exercised
        ]

    def without(self, goals: Iterable[Goal]) -> Coverage:
        """Return the same where some of it is no longer asked for."""
        gone = set(goals)
        return Coverage(tuple(one for one in self.goals if one not in gone), self.exercised)

    def share(self, kind: Kind) -> tuple[int, int]:
        """Return how many goals of a kind were exercised, and how many there are."""
        every = sum(goal.kind == kind for goal in self.goals)
        return every - len(self.uncovered(kind)), every

    def record(self) -> dict[str, object]:
        """Return the figures, and what is not exercised, as JSON values."""
        figures: dict[str, object] = {}
        for kind, name in PLURALS.items():
            done, every = self.share(kind)
            figures[name] = {"exercised": done, "of": every, "percent": percent(done, every)}
        figures["uncovered"] = [
            {"kind": one.kind, "iri": one.iri, "label": one.label, "wanted": one.wanted}
            for one in self.uncovered()
        ]
        return figures


def percent(done: int, every: int) -> float:
    """Return a share with one decimal, never rounded up to what was not reached.

    >>> percent(1999, 2000), percent(0, 0)
    (99.9, 100.0)
    """
    return math.floor(1000 * done / every) / 10 if every else 100.0


def goals(assessor: Assessor) -> tuple[Goal, ...]:
    """Return all that there is to exercise, given the guideline and the case shapes.

    What the implicants rule out is none: a criterion that always holds is never refuted. Whether
    some case can record what an implicant asks for is for :mod:`indicant.test.attainable` to say.
    """
    possible: dict[tuple[Kind, str], tuple[str, set[str]]] = {}
    for kind, about, label, answer in assessor.select(_query("which-answers-can-be-got")):
        assert about and answer  # noqa: S101, PT018
        what: Kind = "recommendation" if kind == "recommendation" else "criterion"
        possible.setdefault((what, about), (label or local_name(about), set()))[1].add(answer)
    found = []
    for (what, about), (label, answers) in sorted(
        possible.items(), key=lambda one: (one[0][0] != "recommendation", one[0][1])
    ):
        wanted: tuple[Wanted, ...] = ("met", "refuted")
        found += [Goal(what, about, label, one) for one in wanted if one in answers]
        if answers == {"met", "refuted"}:
            found.append(Goal(what, about, label, "open"))
    for literal, fact, polarity in assessor.select(_query("which-literals-can-be-known")):
        sign: Wanted = "present" if polarity == "present" else "absent"
        found.append(Goal("literal", literal or "", fact or "", sign))
    return (*found, *(Goal("shape", iri, local_name(iri), "broken") for iri in _shapes()))


def uncovered(assessor: Assessor, exercised: Iterable[tuple[str, Wanted]] = ()) -> tuple[Goal, ...]:
    """Return what is still to be exercised, given what was: pairs of an IRI and what it got."""
    return tuple(Coverage(goals(assessor), set(exercised)).uncovered())


def table(coverage: Coverage, *, shapes: bool) -> Iterator[str]:
    """Yield a line for each kind that says how much of it cases exercise."""
    for kind, name in PLURALS.items():
        if kind == "shape" and not shapes:
            yield f"{name:<16} not measured: no case is expected to break one"
            continue
        done, every = coverage.share(kind)
        counted = Counter(
            goal.wanted
            for goal in coverage.goals
            if goal.kind == kind and (goal.iri, goal.wanted) in coverage.exercised
        )
        parts = ", ".join(f"{counted[one]} {one}" for one in _VERBS if counted[one])
        figures = f"{done} of {every} ({percent(done, every):g} %)"
        yield f"{name:<16} {figures}{': ' if parts else ''}{parts}"


def _query(name: str) -> str:
    return bounded.text(resources.queries() / "coverage" / f"{name}.rq")


def _shapes() -> list[str]:
    """Return the case shapes that say what they are for, which are those that can be broken."""
    import pyoxigraph as ox

    text = bounded.text(resources.shapes() / "case.ttl")
    return sorted(
        {
            quad.subject.value
            for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)
            if quad.predicate.value == SHACL + "description"
            and isinstance(quad.subject, ox.NamedNode)
        }
    )
