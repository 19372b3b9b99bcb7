"""Write the cases that are missing, found by a solver among all possible ones, smallest first."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from indicant.compile.implicants import need_solver
from indicant.files.rdf import parse
from indicant.guideline.names import prefixes_in
from indicant.possible.circuit import OutOfTimeError
from indicant.possible.facts import CaseFiles, turtle, write_cases
from indicant.terms import local_name
from indicant.test.attainable import Attainable
from indicant.test.coverage import Coverage
from indicant.test.suite import exercised_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indicant.assess.assessor import Assessor
    from indicant.possible.facts import Recorded
    from indicant.report.findings import Report
    from indicant.test.coverage import Goal, Wanted


@dataclass(frozen=True)
class Suggested:
    """What was suggested: the folders of new cases, what no case can exercise, what took long."""

    folders: tuple[Path, ...]
    impossible: tuple[Goal, ...]
    undecided: tuple[Goal, ...]


@dataclass(frozen=True)
class _Candidate:
    goal: Goal
    recorded: Recorded


def suggest(
    assessor: Assessor,
    coverage: Coverage,
    folder: str,
    *,
    seconds: float = 60.0,
    limit: float = 600.0,
) -> Suggested:
    """Write a case for what is not exercised, all of them or none.

    Smaller cases come first, and what one of them exercises gets none of its own. Beside a case
    stands what is answered to it: whether that is right is for its author to say. Shapes are left
    out, since a case that breaks one is no possible case.

    Args:
        assessor: the guideline.
        coverage: what cases exercise so far; it is left as it is.
        folder: where to make a folder for each case.
        seconds: the time limit for compiling a criterion, and for each case.
        limit: the time limit for all of it.

    Raises:
        IndicantError: a folder is there already or cannot be written, or there is no solver.
    """
    need_solver("asking about all possible patients")
    coverage = Coverage(coverage.goals, set(coverage.exercised))
    wanted = [goal for goal in coverage.uncovered() if goal.kind != "shape"]
    if not wanted:
        return Suggested((), (), ())
    search = _Search(assessor, wanted, seconds, limit)
    found: list[_Candidate] = []
    impossible, undecided = [], []
    for goal in wanted:
        try:
            recorded = search.least(goal)
        except OutOfTimeError:
            undecided.append(goal)
            continue
        if recorded is None:
            impossible.append(goal)
        else:
            found.append(_Candidate(goal, recorded))
    cases = [
        search.case(one, coverage)
        for one in sorted(found, key=lambda each: each.recorded.size)
        if (one.goal.iri, one.goal.wanted) not in coverage.exercised
    ]
    folders = write_cases(Path(folder), cases)
    return Suggested(folders, tuple(impossible), tuple(undecided))


def tell(report: Report, suggested: Suggested) -> Report:
    """Return a report that also says what was suggested; what was not found in time counts."""
    lines = [f"suggested        {one}" for one in suggested.folders]
    lines += [
        f"{str(one).replace('no case', 'no case can exist that', 1)}"
        for one in suggested.impossible
    ]
    return replace(
        report,
        lines=(*report.lines, *lines),
        undecided=(*report.undecided, *(f"whether {one}" for one in suggested.undecided)),
        data={**report.data, "suggested": [str(one) for one in suggested.folders]},
    )


class _Search:
    """Asks for the smallest case that exercises something."""

    def __init__(
        self, assessor: Assessor, wanted: Sequence[Goal], seconds: float, limit: float
    ) -> None:
        self._assessor = assessor
        self._cases = Attainable(assessor.source, wanted, seconds, limit)
        self.least = self._cases.least
        model = self._cases.advice.model
        self._taken: Counter[str] = Counter()
        self._called = Counter(map(local_name, {*model.recommendations, *model.criteria}))
        self._prefixes = prefixes_in(one.text for one in assessor.source.documents)

    def case(self, candidate: _Candidate, coverage: Coverage) -> CaseFiles:
        """Return a case with what is answered to it, and note what it exercises."""
        goal = candidate.goal
        about = str(goal).replace("no case ", "a case that ", 1)
        text = turtle(candidate.recorded, self._prefixes, about=about)
        answer = exercised_by(self._assessor, parse(text, path="case.ttl"), coverage)
        assert (goal.iri, goal.wanted) in answer, about  # noqa: S101 - the solver and the rules agree
        stem = local_name(goal.iri) if goal.kind != "literal" else _slug(goal.label)
        name = f"{stem}-{goal.wanted}"
        self._taken[name] += 1
        if self._taken[name] > 1:
            name += f"-{self._taken[name]}"
        coverage.add(answer)
        return CaseFiles(name, text, self._expected(goal, answer))

    def _expected(self, goal: Goal, answer: set[tuple[str, Wanted]]) -> dict[str, object]:
        """Return what is answered, as far as the goal concerns it."""
        concerned = {goal.iri}
        if goal.kind == "literal":
            atom = self._cases.literals[goal.iri].existential
            concerned = {
                iri
                for iri, one in self._cases.advice.compiled.items()
                if any(
                    atom == literal.existential
                    for implicant in (*one.met, *one.refuted)
                    for literal in implicant
                )
            }
        stated: dict[str, dict[str, str]] = {}
        for iri, got in sorted(answer):
            if iri in concerned:
                known = self._cases.advice.model.recommendations
                kind = "answers" if iri in known else "criteria"
                stated.setdefault(kind, {})[self._name(iri)] = got
        return dict(stated)

    def _name(self, iri: str) -> str:
        name = local_name(iri)
        return name if self._called[name] == 1 else f"<{iri}>"


def _slug(text: str) -> str:
    """Return a label as the name of a folder.

    >>> _slug("Fever lasting at least 7 days")
    'fever-lasting-at-least-7-days'
    """
    return re.sub(r"[^\w]+", "-", text.casefold()).strip("-")[:80] or "case"
