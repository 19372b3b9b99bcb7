"""Hold a guideline to folders of cases with what is expected of the answers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indicant.assess.assessor import InvalidCase
from indicant.assess.records import ANSWERS
from indicant.errors import IndicantError
from indicant.files.fence import Fence, fence_of
from indicant.files.rdf import EXTENSIONS, read, read_text
from indicant.report.findings import Place, Report, Result, Rule
from indicant.test import expectations
from indicant.test.comparison import Answer, Comparison, Named
from indicant.test.coverage import PLURALS, Coverage, goals, percent, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from indicant.assess.assessor import Assessor
    from indicant.assess.records import CaseRecord
    from indicant.files.rdf import Document
    from indicant.test.coverage import Goal, Wanted
    from indicant.test.expectations import Expectation

EXPECTED_JSON: Final = "expected.json"
EXPECTED_TXT: Final = "expected.txt"
RULES: Final = (
    Rule("expectation", "A case is answered as it is expected."),
    Rule(
        "misstated",
        "An expectation states what can be held against an answer.",
        "Names are IRIs, names with a prefix, local names or labels of what the guideline knows.",
    ),
    Rule(
        "invalid-case",
        "A case conforms to the case shapes, or its expectation says which it breaks.",
        'A case that is meant to break a shape says so: {"breaks": ["Node-range"]}.',
    ),
    Rule("unreadable", "A case and its expectation can be read."),
    Rule(
        "no-expectation",
        "A folder with a case says what is expected of the answer.",
        f"Write {EXPECTED_JSON} beside the case; it may state as little as one answer.",
    ),
    Rule("coverage", "The cases exercise as much as is asked for."),
    Rule(
        "not-exercised",
        "Some case gets each answer that a recommendation or criterion can get, knows each fact "
        "to be present and to be absent, and breaks each shape.",
        "Only cases that are answered as expected count.",
    ),
)


@dataclass(frozen=True)
class Outcome:
    """What a run found, and what its cases exercised."""

    report: Report
    coverage: Coverage


def run_cases(
    assessor: Assessor,
    folders: Sequence[str],
    *,
    fail_under: float | None = None,
    fence: Fence | None = None,
) -> Outcome:
    """Run every case below some folders and compare it with what is expected.

    Args:
        assessor: the guideline.
        folders: where to look for folders with a case, at any depth.
        fail_under: the least share, in percent, of recommendations, of criteria, of literals and,
            where a case is expected to break one, of shapes that the cases are to exercise.
        fence: where links in the folders may lead; without, that is said by ``fence_of``.

    Raises:
        IndicantError: a folder cannot be read, or there is no case below it.
    """
    runner = _Runner(assessor, fence)
    for folder in folders:
        runner.run(folder)
    total, held = runner.total, len(runner.held)
    left = [goal for goal in runner.coverage.uncovered() if goal.kind != "shape"]
    beyond: list[Goal] | None = []
    if left:
        from indicant.test.attainable import out_of_reach

        beyond = out_of_reach(assessor.source, left)
    coverage = runner.coverage.without(beyond or ())
    results = [
        *runner.results,
        *([] if fail_under is None else _shortfalls(coverage, fail_under, runner.breaking)),
        *(
            Result("not-exercised", "note", str(goal), runner.places(goal), about=(goal.iri,))
            for goal in coverage.uncovered()
            if goal.kind != "shape" or runner.breaking
        ),
    ]
    cases = f"{total} case{'' if total == 1 else 's'}"
    missed = f", {total - held} not as expected" if held < total else " as expected"
    report = Report(
        verb="test",
        subject=" ".join(folders),
        rules=RULES,
        results=tuple(results),
        summary=cases + missed,
        held=tuple(runner.held),
        lines=(*table(coverage, shapes=runner.breaking), *_beyond(beyond)),
        data={"cases": {"total": total, "held": held}, "coverage": coverage.record()},
        anchor=assessor.source.documents[0].path,
    )
    return Outcome(report, coverage)


def _beyond(goals: Sequence[Goal] | None) -> Iterator[str]:
    """Yield what is to be said of what no case can exercise."""
    if goals is None:
        yield "what no case can get is counted as well: to tell it takes indicant[reasoner]"
    elif goals:
        yield f"not counted      {len(goals)}, which no case can get"


def _shortfalls(coverage: Coverage, least: float, shapes: bool) -> Iterator[Result]:
    for kind, name in PLURALS.items():
        done, every = coverage.share(kind)
        if (kind != "shape" or shapes) and 100 * done < least * every:
            shown = f"{percent(done, every):g} % of {name} are exercised"
            yield Result("coverage", "error", f"{shown}, and {least:g} % are asked for")


class _Runner:
    """Runs cases one after the other and keeps nothing of them but what is to be told."""

    def __init__(self, assessor: Assessor, fence: Fence | None = None) -> None:
        self._assessor = assessor
        self._fence = fence
        self._seen: set[str] = set()
        self._places: dict[str, Place] | None = None
        self.coverage = Coverage(goals(assessor))
        self._names = Named(assessor, self.coverage.goals)
        self.results: list[Result] = []
        self.held: list[str] = []
        self.total = 0
        self.breaking = False

    def run(self, folder: str) -> None:
        """Run every case below a folder, once."""
        if not os.path.isdir(folder):
            exists = os.path.lexists(folder)
            raise IndicantError("is not a folder" if exists else "no such folder", file=folder)
        found = False
        top = Path(folder)
        fence = fence_of(top) if self._fence is None else self._fence
        for place, cases, expected in self._walk(folder):
            found = True
            real = os.path.realpath(place)
            if real not in self._seen:
                self._seen.add(real)
                self.total += 1
                told = list(self._run(place, cases, expected, top, fence))
                self.results += told
                if not told:
                    self.held.append(place)
        if not found:
            raise IndicantError(
                "there is no case below the folder",
                file=folder,
                help=f"a case is a folder with  case.ttl  and  {EXPECTED_JSON}",
            )

    def places(self, goal: Goal) -> tuple[Place, ...]:
        """Return where the guideline defines what is to be exercised."""
        if goal.kind not in {"recommendation", "criterion"}:
            return ()
        if self._places is None:
            from indicant.files.lines import Lines

            self._places = {}
            for document in self._assessor.source.documents:
                for iri, line in Lines(document).subjects().items():
                    self._places.setdefault(iri, Place(document.path, line))
        place = self._places.get(goal.iri)
        return () if place is None else (place,)

    def _walk(self, folder: str) -> Iterator[tuple[str, list[str], list[str]]]:
        """Yield each folder with a case: its path, its cases and its expectations."""

        def denied(error: OSError) -> None:
            place = str(error.filename)
            message = f"cannot be read: {error.strerror}"
            if place == folder:
                raise IndicantError(message, file=folder) from error
            self.total += 1
            self.results.append(Result("unreadable", "error", message, (Place(place),)))

        for place, folders, files in os.walk(folder, onerror=denied):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            names = [(name, *os.path.splitext(name)) for name in sorted(files)]
            cases = [name for name, stem, end in names if stem == "case" and end in EXTENSIONS]
            if cases:
                expected: list[str] = [one for one in (EXPECTED_JSON, EXPECTED_TXT) if one in files]
                yield place, cases, expected

    def _run(
        self, place: str, cases: list[str], expected: list[str], top: Path, fence: Fence
    ) -> Iterator[Result]:
        """Run the case of a folder and yield what is not as it should be."""
        file = os.path.join(place, cases[0])
        if len(cases) > 1:
            message = f"the folder has several cases: {', '.join(cases)}"
            yield Result("unreadable", "error", message, (Place(file),))
            return
        if not expected:
            yield Result(
                "no-expectation",
                "error",
                "nothing says what is expected of the case",
                (Place(file),),
                help=f"write {os.path.join(place, EXPECTED_JSON)}",
            )
            return
        try:
            for name in (cases[0], *expected):
                fence.follow(Path(place, name), top)
            stated = [_read(os.path.join(place, name)) for name in expected]
            answer = self._answer(file, any(map(_about_shapes, stated)))
        except IndicantError as error:
            where = Place(error.file or file, error.line, error.column)
            yield Result("unreadable", "error", error.message, (where,), help=error.help)
            return
        self.breaking = self.breaking or any(map(_about_shapes, stated))
        told = [one for each in stated for one in Comparison(self._names, each, answer).told()]
        yield from told
        if not told:
            spoken = any(map(_about_answers, stated))
            self.coverage.add(one for one in answer.exercised if spoken or one[1] == "broken")

    def _answer(self, file: str, about_shapes: bool) -> Answer:
        """Return what is answered to the cases of a file."""
        return _answer(self._assessor, read(file), self.coverage, about_shapes=about_shapes)


def exercised_by(
    assessor: Assessor, document: Document, coverage: Coverage
) -> set[tuple[str, Wanted]]:
    """Return what the cases of a document exercise.

    Raises:
        IndicantError: there is no case.
    """
    return _answer(assessor, document, coverage).exercised


def _answer(
    assessor: Assessor, document: Document, coverage: Coverage, *, about_shapes: bool = False
) -> Answer:
    records: list[CaseRecord] = []
    criteria: dict[str, dict[str, str]] = {}
    exercised: set[tuple[str, Wanted]] = set()
    try:
        with assessor.parts(document) as parts:
            for part in parts:
                records += part.records(everything=True)
                for case, criterion, _, answer in part.ask("which-criteria-are-met"):
                    assert case and criterion and answer  # noqa: S101, PT018
                    criteria.setdefault(case, {})[criterion] = ANSWERS[answer]
                    exercised.add((criterion, ANSWERS[answer]))
                for _, literal in part.ask("what-is-established"):
                    exercised.add((literal or "", coverage.signs.get(literal or "", "present")))
    except InvalidCase as error:
        found = tuple(error.findings)
        broken: set[tuple[str, Wanted]] = {(one.shape, "broken") for one in found}
        return Answer(document.path, (), found, {}, broken)
    findings = tuple(assessor.validate(document)) if about_shapes else ()
    exercised.update((one.shape, "broken") for one in findings)
    records.sort(key=lambda one: one["case"])
    for record in records:
        for action in record["actions"]:
            for one in action["recommendations"]:
                exercised.add((one["iri"], one["answer"]))
    return Answer(document.path, tuple(records), findings, criteria, exercised)


def _read(path: str) -> Expectation:
    text = read_text(path, limit=expectations.MAX_BYTES)
    if os.path.basename(path) == EXPECTED_TXT:
        return expectations.parse_findings(text, path)
    return expectations.parse_expectation(text, path)


def _about_shapes(expectation: Expectation) -> bool:
    return bool(expectation.breaks or expectation.stated.get("breaks"))


def _about_answers(expectation: Expectation) -> bool:
    return any(name != "breaks" for name in expectation.stated)
