"""Hold a guideline to folders of cases with what is expected of the answers."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from indicant.assess.assessor import InvalidCase
from indicant.assess.records import ANSWERS
from indicant.assess.validation import SHAPE
from indicant.errors import IndicantError
from indicant.files.fence import Fence, fence_of
from indicant.files.rdf import EXTENSIONS, read, read_text
from indicant.guideline.names import Names, prefixes_in
from indicant.report.findings import Place, Report, Result, Rule
from indicant.terms import IND, PREFIXES, local_name
from indicant.test import expectations
from indicant.test.coverage import PLURALS, Coverage, goals, percent, table
from indicant.test.expectations import OTHERS, SECTIONS, Expectation, Misstated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from indicant.assess.assessor import Assessor
    from indicant.assess.records import CaseRecord
    from indicant.assess.validation import Finding
    from indicant.files.rdf import Document
    from indicant.test.coverage import Goal, Wanted

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
        self._names = _Named(assessor, self.coverage.goals)
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
        told = [one for each in stated for one in _Comparison(self._names, each, answer).told()]
        yield from told
        if not told:
            spoken = any(map(_about_answers, stated))
            self.coverage.add(one for one in answer.exercised if spoken or one[1] == "broken")

    def _answer(self, file: str, about_shapes: bool) -> _Answer:
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
) -> _Answer:
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
        return _Answer(document.path, (), found, {}, broken)
    findings = tuple(assessor.validate(document)) if about_shapes else ()
    exercised.update((one.shape, "broken") for one in findings)
    records.sort(key=lambda one: one["case"])
    for record in records:
        for action in record["actions"]:
            for one in action["recommendations"]:
                exercised.add((one["iri"], one["answer"]))
    return _Answer(document.path, tuple(records), findings, criteria, exercised)


@dataclass(frozen=True)
class _Answer:
    """What is answered to the cases of a file: records, or what they break."""

    file: str
    records: tuple[CaseRecord, ...]
    findings: tuple[Finding, ...]
    criteria: Mapping[str, Mapping[str, str]]
    exercised: set[tuple[str, Wanted]]


def _read(path: str) -> Expectation:
    text = read_text(path, limit=expectations.MAX_BYTES)
    if os.path.basename(path) == EXPECTED_TXT:
        return expectations.parse_findings(text, path)
    return expectations.parse_expectation(text, path)


def _about_shapes(expectation: Expectation) -> bool:
    return bool(expectation.breaks or expectation.stated.get("breaks"))


def _about_answers(expectation: Expectation) -> bool:
    return any(name != "breaks" for name in expectation.stated)


class _Named:
    """What an expectation can name."""

    def __init__(self, assessor: Assessor, known: Iterable[Goal]) -> None:
        catalogue, vocabulary = assessor.catalogue, assessor.vocabulary
        texts = (one.text for one in assessor.source.documents)
        prefixes = {"shape": SHAPE} | prefixes_in(texts) | PREFIXES
        called: dict[str, list[str]] = {}
        for term, label in assessor.ask("what-is-each-term-called"):
            called.setdefault(term or "", []).append(label or "")
        classes = (
            one
            for root in ("Finding", "Intervention")
            for one in vocabulary.descendants(IND + root)
        )
        labels: dict[str, dict[str, list[str]]] = {
            "intervention": {iri: [label] for iri, label in catalogue.labels.items()},
            "recommendation": {iri: [one.label] for iri, one in catalogue.recommendations.items()},
            "criterion": {one.iri: [one.label] for one in known if one.kind == "criterion"},
            "finding or intervention": {iri: called.get(iri, []) for iri in classes},
            "case shape": {one.iri: [] for one in known if one.kind == "shape"},
        }
        self._names = {kind: Names(kind, names, prefixes) for kind, names in labels.items()}

    def __getitem__(self, kind: str) -> Names:
        return self._names[kind]


_NAMED: Final[Mapping[str, str]] = {
    "actions": "intervention",
    "answers": "recommendation",
    "criteria": "criterion",
    "superseded": "recommendation",
    "awaiting": "intervention",
    "excepting": "intervention",
    "proposals": "intervention",
}


class _Comparison:
    """Holds an expectation against an answer."""

    def __init__(self, names: _Named, expectation: Expectation, answer: _Answer) -> None:
        self._names = names
        self._expectation = expectation
        self._answer = answer
        self._told: list[Result] = []

    def told(self) -> list[Result]:
        """Return what differs."""
        if self._expectation.breaks is not None:
            self._compare_findings(self._expectation.breaks)
            return self._told
        stated = self._expectation.stated
        if not stated:
            self._tell("no-expectation", "the expectation states nothing", 1)
            return self._told
        for complaint in expectations.unknown_sections(
            self._expectation, (), stated, (*SECTIONS, "cases")
        ):
            self._misstated(complaint)
        try:
            self._compare_breaks(stated)
            records = self._records(stated)
        except IndicantError as error:
            self._misstated(error)
            return self._told
        for path, about, record in records:
            self._compare(path, about, record)
        return self._told

    def _tell(
        self,
        rule: str,
        message: str,
        line: int | None,
        help: str | None = None,  # noqa: A002
    ) -> None:
        place = Place(self._expectation.file, line)
        self._told.append(Result(rule, "error", message, (place,), help=help))

    def _misstated(self, error: IndicantError, line: int | None = None) -> None:
        self._tell("misstated", error.message, error.line or line, error.help)

    # ---------------------------------------------------------------- shapes

    def _compare_findings(self, breaks: tuple[tuple[int, str], ...]) -> None:
        """Hold the list of every finding against those that there are."""
        found = sorted((one.line or 0, local_name(one.shape)) for one in self._answer.findings)
        for number, one in enumerate(breaks, start=1):
            if one in found:
                found.remove(one)
            else:
                self._tell("expectation", f"line {one[0]} does not break shape:{one[1]}", number)
        for finding in self._answer.findings:
            if (finding.line or 0, local_name(finding.shape)) in found:
                found.remove((finding.line or 0, local_name(finding.shape)))
                self._unexpected(finding)

    def _compare_breaks(self, stated: Mapping[str, Any]) -> None:
        """Hold the names of shapes against the findings; a warning may go unmentioned."""
        expectation = self._expectation
        listed: list[str] = []
        if "breaks" in stated:
            value = expectations.section(expectation, (), stated, "breaks")
            listed = expectations.strings(expectation, ("breaks",), value)
        broken = {one.shape for one in self._answer.findings}
        expected = set()
        for number, name in enumerate(listed):
            if name == OTHERS:
                continue
            line = expectation.line("breaks", number)
            try:
                iri = self._names["case shape"].find(name)
            except IndicantError as error:
                self._misstated(error, line)
                continue
            expected.add(iri)
            if iri not in broken:
                self._tell("expectation", f"the case does not break shape:{local_name(iri)}", line)
        for finding in self._answer.findings:
            if (
                finding.severity == "violation"
                and finding.shape not in expected
                and OTHERS not in listed
            ):
                self._unexpected(finding)

    def _unexpected(self, finding: Finding) -> None:
        place = Place(finding.file or self._answer.file, finding.line)
        help_ = f"did you mean {finding.suggestion}?" if finding.suggestion else None
        message = f"{finding.message} (shape:{local_name(finding.shape)})"
        self._told.append(Result("invalid-case", "error", message, (place,), help=help_))

    # ---------------------------------------------------------------- answers

    def _records(
        self, stated: Mapping[str, Any]
    ) -> list[tuple[tuple[str, ...], Mapping[str, Any], CaseRecord]]:
        """Return what is stated of which case."""
        records = self._answer.records
        about = {name: stated[name] for name in SECTIONS if name in stated and name != "breaks"}
        if not records:
            if (about or "cases" in stated) and not self._told:
                name = next(iter(about), "cases")
                self._tell(
                    "misstated",
                    "a case that breaks a shape gets no answer",
                    self._expectation.line(name),
                )
            return []
        found: list[tuple[tuple[str, ...], Mapping[str, Any], CaseRecord]] = []
        if about:
            if len(records) > 1:
                raise Misstated(
                    f"the file holds {len(records)} cases",
                    line=self._expectation.line(next(iter(about))),
                    help='state it for each:  {"cases": {"name": {',
                )
            found.append(((), about, records[0]))
        if "cases" in stated:
            found += self._each(stated["cases"])
        return found

    def _each(self, stated: Any) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any], CaseRecord]]:
        expectation = self._expectation
        if not isinstance(stated, dict):
            raise Misstated(
                "'cases' is to be an object with what is expected of each case",
                line=expectation.line("cases"),
            )
        records = {one["case"]: one for one in self._answer.records}
        names = Names("case", dict.fromkeys(records, ()), {})
        for name, about in stated.items():
            path = ("cases", name)
            try:
                iri = names.find(name)
                if not isinstance(about, dict):
                    raise Misstated(f"'{name}' is to be an object with what is expected of it")
            except IndicantError as error:
                self._misstated(error, expectation.line(*path))
                continue
            known = [one for one in SECTIONS if one != "breaks"]
            for complaint in expectations.unknown_sections(expectation, path, about, known):
                self._misstated(complaint)
            yield path, {one: about[one] for one in known if one in about}, records[iri]

    def _compare(self, path: tuple[str, ...], about: Mapping[str, Any], record: CaseRecord) -> None:
        """Hold what is stated of a case against its record."""
        actual = self._actual(record)
        for name in about:
            try:
                value = expectations.section(self._expectation, path, about, name)
            except Misstated as error:
                self._misstated(error)
                continue
            if name == "scope":
                found = record["guideline"]["scope"]
                if found != value:
                    line = self._expectation.line(*path, name)
                    message = f"scope: expected {value}, answered {found or 'that there is none'}"
                    self._tell("expectation", message, line)
                continue
            for key, wanted in value.items():
                place = (*path, name, key)
                try:
                    iri = self._names[_NAMED[name]].find(key)
                    self._compare_one(place, name, iri, wanted, actual[name])
                except IndicantError as error:
                    self._misstated(error, self._expectation.line(*place))

    def _actual(self, record: CaseRecord) -> dict[str, Mapping[str, Any]]:
        """Return what a record says, by section and IRI."""
        actions = {one["action"]: one for one in record["actions"]}
        advice = {one["iri"]: one for each in actions.values() for one in each["recommendations"]}
        return {
            "actions": {iri: one["status"] for iri, one in actions.items()},
            "answers": {iri: one["answer"] for iri, one in advice.items()},
            "criteria": self._answer.criteria.get(record["case"], {}),
            "superseded": {iri: one["superseded"] for iri, one in advice.items()},
            "awaiting": {
                iri: {fact["term"] for fact in one["awaiting"]} for iri, one in actions.items()
            },
            "excepting": {
                iri: {fact["term"] for fact in one["excepting"]} for iri, one in actions.items()
            },
            "proposals": {one["action"]: one["verdict"] for one in record["proposals"]},
        }

    def _compare_one(
        self,
        path: tuple[str, ...],
        name: str,
        iri: str,
        wanted: object,
        actual: Mapping[str, Any],
    ) -> None:
        expectation, short = self._expectation, self._names[_NAMED[name]].short(iri)
        line = expectation.line(*path)
        if name in {"awaiting", "excepting"}:
            for message in self._differences(path, name, wanted, actual.get(iri, set())):
                self._tell("expectation", f"{short} {message}", line)
            return
        if name == "superseded":
            if not isinstance(wanted, bool):
                raise Misstated(f"'{path[-1]}' is to be true or false")
            wanted, found = _yes(wanted), _yes(bool(actual.get(iri)))
        else:
            statuses = name in {"actions", "proposals"}
            words = expectations.STATUSES if statuses else expectations.ANSWERS
            wanted = expectations.word(expectation, path, wanted, words)
            absent = {"actions": "not-applicable", "proposals": "that it is not proposed"}
            found = actual.get(iri, absent.get(name, "nothing"))
        if found != wanted:
            command = f"indicant why {shlex.quote(self._answer.file)} {shlex.quote(short)}"
            about = {"superseded": " superseded", "proposals": " proposed"}.get(name, "")
            self._tell(
                "expectation",
                f"{short}{about}: expected {wanted}, answered {found}",
                line,
                f"{command}  says why" if name in {"actions", "proposals"} else None,
            )

    def _differences(
        self, path: tuple[str, ...], name: str, wanted: object, found: set[str]
    ) -> Iterator[str]:
        """Yield how a set differs from the one that is stated, in part or in full."""
        kind = "finding or intervention" if name == "awaiting" else "intervention"
        names = self._names[kind]
        listed = expectations.strings(self._expectation, path, wanted)
        expected = {names.find(one) for one in listed if one != OTHERS}
        verb = "awaits" if name == "awaiting" else "excepts"
        for iri in sorted(expected - found):
            yield f"{verb}: expected {names.short(iri)}, which is not among them"
        if OTHERS not in listed:
            for iri in sorted(found - expected):
                yield f"{verb}: did not expect {names.short(iri)}"


def _yes(value: bool) -> str:
    return "true" if value else "false"
