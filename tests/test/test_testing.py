"""Cases with expectations: what is compared, what is told, and what cases exercise."""

from __future__ import annotations

import dataclasses
import json
import os
import tracemalloc
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from brute import (
    DAYS,
    FINDING,
    HAS_FINDING,
    INTERVENTION,
    RECEIVED,
    Advice,
    And,
    Guideline,
    Not,
    Some,
    within,
)
from indicant.assess.assessor import Assessor
from indicant.cli import main
from indicant.errors import IndicantError
from indicant.files import resources
from indicant.report.forms import exit_code
from indicant.test import expectations
from indicant.test.coverage import Coverage, Goal, goals, percent, uncovered
from indicant.test.expectations import parse_expectation, parse_findings
from indicant.test.suggestions import Suggested, suggest, tell
from indicant.test.suite import RULES, Outcome, _Runner, run_cases
from making import guideline_text
from places import ASSESS, ASSESSED, BROKEN, SHAPES
from shipped import assessor

if TYPE_CHECKING:
    from collections.abc import Callable

    from indicant.test.coverage import Wanted

OPEN = ASSESS / "foraminotomy-open-moderate-narrowing" / "case.ttl"
TWO = SHAPES / "holds-two-cases" / "case.ttl"
GUIDELINE = "https://w3id.org/indicant/guideline/neck-pain-after-lumbar-fusion/"


@cache
def seed() -> Outcome:
    """Return what the cases of the seed guideline show, run once."""
    return run_cases(assessor(), [str(ASSESS)])


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., list[str]]:
    """Return what makes a folder of a case and tells what is found, without the folder's path."""

    def run(expected: object, case: Path = OPEN, *, text: str | None = None) -> list[str]:
        (tmp_path / "case.ttl").write_bytes(case.read_bytes())
        if expected is not None or text is not None:
            stated = text if text is not None else json.dumps(expected, indent=1)
            (tmp_path / "expected.json").write_text(stated, encoding="utf-8")
        results = run_cases(assessor(), [str(tmp_path)]).report.results
        return [
            ":".join(
                str(one)
                for one in (Path(one.places[0].file).name, one.places[0].line, one.rule)
                if one is not None
            )
            + f": {one.message}"
            + (f" ({one.help})" if one.help and "did you mean" in one.help else "")
            for one in results
            if one.rule != "not-exercised"
        ]

    return run


# ------------------------------------------------------------------------- the seed and its cases


@pytest.mark.slow
def test_the_cases_of_the_seed_exercise_all_of_it() -> None:
    """Every answer of every recommendation and criterion, every literal in both polarities."""
    coverage = seed().coverage
    assert coverage.uncovered("recommendation") == []
    assert coverage.uncovered("criterion") == []
    assert coverage.uncovered("literal") == []
    assert coverage.share("recommendation") == (90, 90)
    assert coverage.share("literal")[1] >= 72
    assert [one.message for one in seed().report.results] == []
    assert len(seed().report.held) == len(ASSESSED)


@pytest.mark.slow
def test_the_cases_of_the_shapes_break_all_of_them() -> None:
    folders = [str(folder) for folder in sorted(SHAPES.glob("*-*"))]
    outcome = run_cases(assessor(), folders)
    # The guideline at hand has no scores and leads to no records: tests/shapes/case breaks these.
    others = {"Score-derived", "Node-cycle", "Node-related"}
    assert {goal.label for goal in outcome.coverage.uncovered("shape")} == others
    assert {one.rule for one in outcome.report.results} == {"not-exercised"}


def test_every_expectation_conforms_to_its_schema() -> None:
    schema = json.loads((resources.shapes() / "expectation.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    files = [*ASSESS.glob("*/expected.json"), *SHAPES.glob("*/expected.json")]
    assert files
    for file in files:
        assert list(validator.iter_errors(json.loads(file.read_text("utf-8")))) == [], file
    stated = {"cases": {"one": {"scope": "met", "superseded": {"a": True}}}, "breaks": ["..."]}
    assert validator.is_valid(stated)
    bad: list[object] = [{}, {"scoop": "met"}, {"scope": "meet"}]
    for wrong in (*bad, {"cases": {"one": {"breaks": []}}}):
        assert not validator.is_valid(wrong)
    known = set(schema["$defs"]["Stated"]["properties"]) | {"breaks"}
    assert known == set(expectations.SECTIONS)


# ------------------------------------------------------------------------------ what is compared


@pytest.mark.slow
def test_what_holds_is_told_by_nothing(told: Callable[..., list[str]]) -> None:
    """A part is enough; names are local names, labels, short names or IRIs."""
    everything = {
        "scope": "open",
        "actions": {"Foraminotomy": "undetermined", "spine:Gabapentin": "undetermined"},
        "answers": {"foraminotomy": "open", f"<{GUIDELINE}nsaid>": "open"},
        "criteria": {"SuitableForForaminotomy": "open"},
        "superseded": {"foraminotomy": False},
        "awaiting": {"foraminotomy": ["..."], "Foraminotomy": ["ForaminalStenosis", "..."]},
        "excepting": {"Foraminotomy": []},
        "proposals": {},
        "breaks": [],
    }
    assert told(everything) == []
    assert told({"actions": {}}) == []
    assert told({"breaks": []}) == []


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"scope": "met"}, "2:expectation: scope: expected met, answered open"),
        (
            {"actions": {"Foraminotomy": "recommended"}},
            "3:expectation: Foraminotomy: expected recommended, answered undetermined",
        ),
        (
            {"actions": {"Radiograph": "recommended"}},
            "3:expectation: Radiograph: expected recommended, answered not-applicable",
        ),
        (
            {"answers": {"foraminotomy": "refuted"}},
            "3:expectation: foraminotomy: expected refuted, answered open",
        ),
        (
            {"criteria": {"InScope": "met"}},
            "3:expectation: InScope: expected met, answered open",
        ),
        (
            {"superseded": {"foraminotomy": True}},
            "3:expectation: foraminotomy superseded: expected true, answered false",
        ),
        (
            {"awaiting": {"Foraminotomy": ["NeckPain", "..."]}},
            "3:expectation: Foraminotomy awaits: expected NeckPain, which is not among them",
        ),
        (
            {"excepting": {"Foraminotomy": ["Gabapentin"]}},
            "3:expectation: Foraminotomy excepts: expected Gabapentin, which is not among them",
        ),
        (
            {"proposals": {"Foraminotomy": "recommended"}},
            "3:expectation: Foraminotomy proposed: expected recommended, answered that it is not "
            "proposed",
        ),
        (
            {"breaks": ["Node-range"]},
            "3:expectation: the case does not break shape:Node-range",
        ),
    ],
    ids=lambda one: next(iter(one)) if isinstance(one, dict) else "",
)
def test_what_differs_is_told_with_the_line_that_states_it(
    stated: dict[str, Any], message: str, told: Callable[..., list[str]]
) -> None:
    assert told(stated) == [f"expected.json:{message}"]


@pytest.mark.slow
def test_awaited_facts_are_all_stated_unless_others_are_allowed(
    told: Callable[..., list[str]],
) -> None:
    found = told({"awaiting": {"Foraminotomy": []}})
    assert found
    assert all("Foraminotomy awaits: did not expect" in one for one in found)
    names = [one.rsplit(" ", 1)[1] for one in found]
    assert told({"awaiting": {"Foraminotomy": names}}) == []


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.parametrize(
    ("stated", "message"),
    [
        (
            {"actions": {"Foraminotmy": "recommended"}},
            "3:misstated: no intervention is called 'Foraminotmy' (did you mean Foraminotomy?)",
        ),
        (
            {"answers": {"foraminotmy": "met"}},
            "3:misstated: no recommendation is called 'foraminotmy' (did you mean foraminotomy?)",
        ),
        (
            {"actions": {"Foraminotomy": "recomended"}},
            "3:misstated: 'recomended' is none of recommended, conditional, conflicting, "
            "contraindicated, undetermined, not-applicable (did you mean recommended?)",
        ),
        ({"scope": 7}, "2:misstated: '7' is none of met, refuted, open"),
        (
            {"answer": {}},
            "2:misstated: nothing is called 'answer' in an expectation (did you mean answers?)",
        ),
        (
            {"actions": []},
            "2:misstated: 'actions' is to be an object with a status for each intervention",
        ),
        (
            {"awaiting": {"Foraminotomy": "NeckPain"}},
            "3:misstated: 'Foraminotomy' is to have an array of names",
        ),
        (
            {"awaiting": {"Foraminotomy": ["NeckPian", "..."]}},
            "3:misstated: no finding or intervention is called 'NeckPian' (did you mean NeckPain?)",
        ),
        (
            {"superseded": {"foraminotomy": "no"}},
            "3:misstated: 'foraminotomy' is to be true or false",
        ),
        ({"breaks": "all"}, "2:misstated: 'breaks' is to be an array of shapes"),
        (
            {"breaks": ["Node-rang"]},
            "3:misstated: no case shape is called 'Node-rang' (did you mean Node-range?)",
        ),
        (
            {"cases": {"casse": {}}},
            "3:misstated: no case is called 'casse' (did you mean case?)",
        ),
        (
            {"cases": []},
            "2:misstated: 'cases' is to be an object with what is expected of each case",
        ),
    ],
    ids=lambda one: json.dumps(one) if isinstance(one, dict) else "",
)
def test_what_names_nothing_is_told_with_what_comes_nearest(
    stated: dict[str, Any], message: str, told: Callable[..., list[str]]
) -> None:
    assert told(stated) == [f"expected.json:{message}"]


# ---------------------------------------------------------------------------- cases and shapes


@pytest.mark.slow
def test_a_case_that_is_to_break_a_shape_breaks_just_that(
    told: Callable[..., list[str]],
) -> None:
    assert told({"breaks": ["Node-range"]}, BROKEN) == []
    assert told({"breaks": ["shape:Node-range"]}, BROKEN) == []
    assert told({"breaks": ["..."]}, BROKEN) == []
    found = told({"breaks": ["Case-as-of"]}, BROKEN)
    assert found[0].startswith("expected.json:3:expectation: the case does not break")
    assert [one.split(": ")[0] for one in found[1:]] == [
        "case.ttl:9:invalid-case",
        "case.ttl:10:invalid-case",
    ]


@pytest.mark.slow
def test_a_case_that_is_not_assessed_gets_no_answer(told: Callable[..., list[str]]) -> None:
    found = told({"actions": {"Foraminotomy": "undetermined"}}, BROKEN)
    assert [one.split(": ")[0] for one in found] == [
        "case.ttl:9:invalid-case",
        "case.ttl:10:invalid-case",
    ]
    stated = {"breaks": ["Node-range"], "scope": "met"}
    (one,) = told(stated, BROKEN)
    assert one.endswith("misstated: a case that breaks a shape gets no answer")


@pytest.mark.slow
def test_findings_can_be_listed_with_their_lines(tmp_path: Path) -> None:
    (tmp_path / "case.ttl").write_bytes(BROKEN.read_bytes())
    expected = tmp_path / "expected.txt"

    def messages() -> list[tuple[str, int | None, str]]:
        report = run_cases(assessor(), [str(tmp_path)]).report
        found = [one for one in report.results if one.rule != "not-exercised"]
        return [(one.rule, one.places[0].line, one.message) for one in found]

    expected.write_text("9 Node-range\n10 Node-range\n")
    assert messages() == []
    expected.write_text("9 Node-range\n11 shape:Node-range\n")
    first, second = messages()
    assert first == ("expectation", 2, "line 11 does not break shape:Node-range")
    assert second[:2] == ("invalid-case", 10)
    expected.write_text("9 Node-range\nNode-range\n")
    assert messages() == [("unreadable", 2, "'Node-range' names no line and shape")]


@pytest.mark.slow
def test_each_case_of_a_file_is_stated_by_its_name(told: Callable[..., list[str]]) -> None:
    names = [one["case"] for one in assessor().assess(_document(TWO))]
    assert len(names) == 2
    (found,) = told({"scope": "open"}, TWO)
    assert found == "expected.json:2:misstated: the file holds 2 cases"
    stated: dict[str, Any] = {"cases": {one.rsplit("#")[-1]: {"scope": "open"} for one in names}}
    assert told(stated, TWO) == []
    first = next(iter(stated["cases"]))
    stated["cases"][first] = {"scope": "refuted", "breaks": [], "actions": {"Mri": "met"}}
    found_ = told(stated, TWO)
    assert [one.split(": ")[0] for one in found_] == [
        "expected.json:5:misstated",
        "expected.json:4:expectation",
        "expected.json:7:misstated",
    ]


def _document(file: Path) -> Any:
    from indicant.files.rdf import read

    return read(file)


# ------------------------------------------------------------------------------------- bad input


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ('{\n "scope": "met"', "2:16", "is not JSON"),
        ('{\n "scope": met}', "2:11", "is not JSON"),
        ("[]", "1", "is not a JSON object"),
        ('{\n "scope": "met",\n "scope": "met"}', "3", "says 'scope' twice"),
        ('{"a": NaN}', "1:7", "NaN is no JSON"),
        ("[" * 100_000, "", "is nested too deeply"),
        ('{"a": ' + "1" * 5_000 + "}", "", "too many digits"),
        ("   ", "", "the file is empty"),
        ("{}", "1", "the expectation states nothing"),
    ],
)
def test_an_expectation_that_cannot_be_read_is_told_with_its_place(
    text: str, place: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "case.ttl").write_bytes(OPEN.read_bytes())
    (tmp_path / "expected.json").write_text(text)
    report = run_cases(assessor(), [str(tmp_path)]).report
    (found,) = [one for one in report.results if one.rule != "not-exercised"]
    assert message in found.message
    where = found.places[0]
    shown = ":".join(str(one) for one in (where.line, where.column) if one is not None)
    assert (Path(where.file).name, shown) == ("expected.json", place)


@pytest.mark.slow
def test_a_case_without_an_expectation_is_a_finding(told: Callable[..., list[str]]) -> None:
    assert told(None) == ["case.ttl:no-expectation: nothing says what is expected of the case"]


@pytest.mark.slow
def test_a_case_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    for name, text in (
        ("a", "@prefix : <http://e/> . :a b"),
        ("b", "<http://e/a> <http://e/b> 1 ."),
        ("c", OPEN.read_text()),
        ("d", OPEN.read_text()),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "case.ttl").write_text(text)
        (tmp_path / name / "expected.json").write_text('{"scope": "open"}')
    (tmp_path / "d" / "case.nt").write_text("")
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / "case.ttl").write_bytes(OPEN.read_bytes())
    (tmp_path / "e" / "expected.json").mkdir()
    report = run_cases(assessor(), [str(tmp_path)]).report
    found = [one for one in report.results if one.rule != "not-exercised"]
    assert {one.rule for one in found} == {"unreadable", "no-expectation"}
    folders = [Path(one.places[0].file).parent.name for one in found]
    assert folders == ["a", "b", "d", "e"]
    assert found[1].message == "the file holds no case"
    assert report.held == (str(tmp_path / "c"),)
    assert report.data["cases"] == {"total": 5, "held": 1}


@pytest.mark.slow
def test_what_an_error_of_the_system_denies_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The walk is made to fail, since nothing is denied to root."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "case.ttl").write_bytes(OPEN.read_bytes())
        (tmp_path / name / "expected.json").write_text('{"scope": "open"}')
    real = os.scandir

    def denied(path: str) -> Any:
        if str(path) == str(tmp_path / "a"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", denied)
    report = run_cases(assessor(), [str(tmp_path)]).report
    found = [one for one in report.results if one.rule != "not-exercised"]
    assert [one.message for one in found] == ["cannot be read: Permission denied"]
    assert report.data["cases"] == {"total": 2, "held": 1}


@pytest.mark.slow
def test_a_folder_that_holds_no_case_cannot_be_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("x")
    for path, message in (
        (tmp_path, "there is no case below the folder"),
        (tmp_path / "missing", "no such folder"),
        (tmp_path / "file", "is not a folder"),
    ):
        assert main(["test", str(path)]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(f"indicant: {path}: {message}\n")


@pytest.mark.slow
def test_many_folders_need_no_more_memory_than_what_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of a case is kept once it has been compared; a link in a circle is not followed."""
    (tmp_path / "case.ttl").write_bytes(OPEN.read_bytes())
    (tmp_path / "expected.json").write_text('{"scope": "open"}')
    for number in range(2_000):
        folder = tmp_path / f"{number:04}"
        folder.mkdir()
        for name in ("case.ttl", "expected.json"):
            os.link(tmp_path / name, folder / name)
    (tmp_path / "0000" / "loop").symlink_to(tmp_path)
    answer = _Runner(assessor())._answer(str(tmp_path / "case.ttl"), False)
    monkeypatch.setattr(
        _Runner,
        "_answer",
        lambda *_: dataclasses.replace(answer, criteria={"x": {"y" * 9_999: ""}}),
    )
    tracemalloc.start()
    report = run_cases(assessor(), [str(tmp_path)]).report
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert report.data["cases"] == {"total": 2_001, "held": 2_001}
    assert peak < 10_000_000


# -------------------------------------------------------------------------------------- coverage


@pytest.mark.slow
def test_only_cases_that_hold_and_state_an_answer_exercise_one(tmp_path: Path) -> None:
    (tmp_path / "case.ttl").write_bytes(OPEN.read_bytes())
    expected = tmp_path / "expected.json"

    def exercised() -> int:
        return len(run_cases(assessor(), [str(tmp_path)]).coverage.exercised)

    expected.write_text('{"scope": "met"}')
    assert exercised() == 0
    expected.write_text('{"breaks": []}')
    assert exercised() == 0
    expected.write_text('{"scope": "open"}')
    assert exercised() > 30


@pytest.mark.slow
def test_what_no_case_exercises_is_named_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "case.ttl").write_bytes(OPEN.read_bytes())
    (tmp_path / "expected.json").write_text('{"scope": "open"}')
    outcome = run_cases(assessor(), [str(tmp_path)], fail_under=50)
    notes = [one for one in outcome.report.results if one.rule == "not-exercised"]
    messages = [one.message for one in notes]
    assert "no case meets foraminotomy" in messages
    assert "no case leaves open foraminotomy" not in messages
    assert "no case excludes myelopathy" in messages
    assert not any("breaks" in one for one in messages)
    place = notes[messages.index("no case meets foraminotomy")].places[0]
    line = Path(place.file).read_text(encoding="utf-8").splitlines()[(place.line or 0) - 1]
    assert line.strip() == "g:foraminotomy"
    short = [one.message for one in outcome.report.results if one.rule == "coverage"]
    assert len(short) == 3
    assert all(one.endswith("and 50 % are asked for") for one in short)
    assert set(outcome.coverage.uncovered()) == set(
        uncovered(assessor(), outcome.coverage.exercised)
    )


def test_what_is_to_be_exercised_is_what_can_be() -> None:
    every = goals(assessor())
    assert len(set(every)) == len(every)
    wanted = {one.wanted for one in every if one.iri == f"{GUIDELINE}foraminotomy"}
    assert wanted == {"met", "refuted", "open"}
    coverage = Coverage(
        (Goal("literal", "urn:a", "a", "present"), Goal("shape", "b", "b", "broken"))
    )
    assert coverage.share("literal") == (0, 1)
    coverage.add([("urn:a", "absent")])
    assert coverage.share("literal") == (0, 1)
    coverage.add([("urn:a", "present")])
    assert [one.kind for one in coverage.uncovered()] == ["shape"]
    assert (percent(1, 3), percent(2999, 3000), percent(3, 3)) == (33.3, 99.9, 100.0)


@pytest.mark.slow
def test_what_no_case_can_get_is_not_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """That something lasts less than no time."""
    brief = Some(RECEIVED, "ex:Act", (within(DAYS, maxExclusive=0),))
    guideline = Guideline(
        classes={"ex:Pain": (FINDING,), "ex:Act": (INTERVENTION,)},
        criteria={
            "ex:C": brief,
            "ex:D": Not(brief),
            "ex:E": And((Some(HAS_FINDING, "ex:Pain"), brief)),
        },
        advice={
            f"ex:{letter}": Advice(f"ex:{letter}", "Indication", "ex:Act", f"ex:{letter.upper()}")
            for letter in "cde"
        },
    )
    file = tmp_path / "guideline.ttl"
    file.write_text(guideline_text(guideline), encoding="utf-8")
    small = Assessor(file)
    every = suggest(small, Coverage(goals(small)), str(tmp_path / "cases"))
    assert {str(one) for one in every.impossible} == {
        "no case meets c",
        "no case refutes d",
        "no case meets e",
        "no case has Act received lasting less than 0 days",
    }
    arguments = ["test", str(tmp_path / "cases"), "--guideline", str(file)]
    assert main([*arguments, "--fail-under", "100"]) == 0
    out = capsys.readouterr().out
    assert "not counted      4, which no case can get" in out
    assert "recommendations  6 of 6 (100 %)" in out


# ------------------------------------------------------------------------- the cases that miss


@pytest.mark.slow
def test_what_is_suggested_exercises_all_that_was_missing(tmp_path: Path) -> None:
    """From no case at all: every answer and literal is shown by a case that holds."""
    found = suggest(assessor(), Coverage(goals(assessor())), str(tmp_path))
    assert (found.impossible, found.undecided) == ((), ())
    assert 30 < len(found.folders) < 120
    outcome = run_cases(assessor(), [str(tmp_path)])
    assert [one.kind for one in outcome.coverage.uncovered() if one.kind != "shape"] == []
    assert len(outcome.report.held) == len(found.folders)
    sizes = [len((one / "case.ttl").read_text("utf-8")) for one in found.folders]
    assert sizes[0] < sizes[-1]


@pytest.mark.slow
def test_what_is_exercised_gets_no_suggestion(tmp_path: Path) -> None:
    """The same few goals give the same bytes; a folder that is there is left as it is."""
    every = goals(assessor())
    left: set[tuple[str, Wanted]] = {
        (f"{GUIDELINE}foraminotomy", "met"),
        (f"{GUIDELINE}InScope", "refuted"),
    }
    known: set[tuple[str, Wanted]] = {(one.iri, one.wanted) for one in every} - left
    coverage = Coverage(every, set(known))
    first = suggest(assessor(), coverage, str(tmp_path / "a"))
    second = suggest(assessor(), coverage, str(tmp_path / "b"))
    assert [one.name for one in first.folders] == ["InScope-refuted", "foraminotomy-met"]
    for one, other in zip(first.folders, second.folders, strict=True):
        for name in ("case.ttl", "expected.json"):
            assert (one / name).read_bytes() == (other / name).read_bytes()
    assert coverage.exercised == known
    stated = json.loads((first.folders[1] / "expected.json").read_text("utf-8"))
    assert stated == {"answers": {"foraminotomy": "met"}}
    assert len(uncovered(assessor(), known)) == 2
    with pytest.raises(IndicantError, match="is there already"):
        suggest(assessor(), coverage, str(tmp_path / "a"))
    assert suggest(assessor(), Coverage(every, known | left), str(tmp_path / "c")).folders == ()
    assert not (tmp_path / "c").exists()


@pytest.mark.slow
def test_hermit_confirms_what_is_suggested(tmp_path: Path) -> None:
    goal = Goal("recommendation", f"{GUIDELINE}foraminotomy", "foraminotomy", "met")
    suggest(assessor(), Coverage((goal,)), str(tmp_path))
    outcome = run_cases(Assessor(engine="hermit"), [str(tmp_path)])
    assert {one.rule for one in outcome.report.results} == {"not-exercised"}
    assert (goal.iri, goal.wanted) in outcome.coverage.exercised


@pytest.mark.slow
def test_what_no_case_can_do_is_told_and_what_takes_too_long_counts(tmp_path: Path) -> None:
    every = goals(assessor())
    few = tuple(one for one in every if one.iri == f"{GUIDELINE}nsaid")
    late = suggest(assessor(), Coverage(few), str(tmp_path), seconds=1e-9)
    assert set(late.undecided) == set(few)
    report = tell(seed().report, late)
    assert exit_code(seed().report) == 0
    assert exit_code(report) == 1
    assert report.undecided[0] == "whether no case meets nsaid"
    never = Suggested((), (few[0],), ())
    assert tell(seed().report, never).lines[-1] == "no case can exist that meets nsaid"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_command_writes_what_it_suggests(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "missing"
    assert main(["test", str(ASSESS), "--suggest", str(target)]) == 0
    assert "suggested" not in capsys.readouterr().out
    assert not target.exists()


# --------------------------------------------------------------------------------------- the verb


@pytest.mark.slow
def test_the_command_prints_the_figures_and_is_no_failure(
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = str(OPEN.parent)
    assert main(["test", folder]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[-1] == "1 case as expected"
    assert out[-2] == "shapes           not measured: no case is expected to break one"
    assert out[-5].startswith("recommendations ")
    assert main(["test", folder, "--fail-under", "99.5"]) == 1
    assert "% of recommendations are exercised, and 99.5 % are asked for" in capsys.readouterr().out


@pytest.mark.slow
def test_the_command_writes_what_a_program_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "report.json"
    arguments = ["test", str(OPEN.parent), "--format", "json", "-o", str(target)]
    assert main(arguments) == 0
    assert capsys.readouterr().out == ""
    found = json.loads(target.read_text(encoding="utf-8"))
    assert found["verb"] == "test"
    assert {one["name"] for one in found["rules"]} == {one.name for one in RULES}
    figures = found["data"]["coverage"]["recommendations"]
    assert figures == {
        "exercised": 30,
        "of": 90,
        "percent": 33.3,
    }
    first = target.read_bytes()
    assert main(arguments) == 0
    assert target.read_bytes() == first


@pytest.mark.parametrize("value", ["101", "-1", "many", "nan"])
def test_a_share_is_a_percentage(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", str(OPEN.parent), f"--fail-under={value}"]) == 2
    assert "--fail-under" in capsys.readouterr().err


def test_a_mistake_in_a_text_is_raised_with_its_line() -> None:
    with pytest.raises(IndicantError, match=r"^x.json:3: says 'ä' twice"):
        parse_expectation('{"é": 1,\n "ä": 2,\n "\\u00e4": 3}', "x.json")
    with pytest.raises(IndicantError, match=r"^x.txt:1: "):
        parse_findings("nonsense", "x.txt")
    found = parse_expectation('{"a": {"b": [1,\n2,\n{"c": 3}]},\n"d": 4}', "x.json")
    assert [found.line(*path) for path in (("a",), ("a", "b", 1), ("a", "b", 2, "c"), ("d",))] == [
        1,
        2,
        3,
        4,
    ]


def test_each_literal_of_a_least_set_is_to_be_exercised_with_its_sign() -> None:
    """And no other: a fact that decides nothing is nobody's gap."""
    wanted = {row[4] for row in assessor().ask("which-implicants-are-there") if row[4]}
    found = {(goal.iri, goal.wanted) for goal in goals(assessor()) if goal.kind == "literal"}
    assert found == {(one, "present" if one.endswith("present") else "absent") for one in wanted}
    assert {sign for _, sign in found} == {"present", "absent"}
