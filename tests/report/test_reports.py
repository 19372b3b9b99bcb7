"""Reports: every form is valid, says the same, and survives whatever a message holds."""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from xml.etree import ElementTree

import jsonschema
import junitparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from each import each
from indicant import __version__
from indicant.command.arguments import add_report_options
from indicant.errors import IndicantError
from indicant.files import resources
from indicant.foreign import plain
from indicant.report.findings import FORMS, Place, Report, Result, Rule
from indicant.report.forms import deliver, exit_code, render
from places import TESTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SARIF = TESTS / "report" / "sarif-2.1.0.schema.json"
CONFLICT = Rule("conflict", "An action is for and against.", "Say which one overrides the other.")
DEAD = Rule("dead", "A recommendation is never met.")
GAP = Rule("gap", "Nothing is said about a case in scope.")
FOUND = Report(
    verb="verify",
    subject="guideline",
    rules=(CONFLICT, DEAD, GAP),
    results=(
        Result(
            "conflict",
            "error",
            "a and b: at once",
            places=(Place("b.ttl", 7, 3), Place("folder/a b.ttl", 2), Place("c.ttl")),
            help="add x",
            about=("https://example.org/a", "https://example.org/b"),
            witness="@prefix : <#> .\n\n:case a :Case .\n",
            data={"facts": 2},
        ),
        Result("conflict", "warning", "c and d", places=(Place("a.ttl", 9),), accepted="is meant"),
        Result("gap", "note", "nobody asked"),
    ),
    undecided=("conflict of e and f",),
)
LINES = """\
b.ttl:7:3: error: a and b: at once [conflict]
  see folder/a b.ttl:2
  see c.ttl
  help: add x
  for example:
    @prefix : <#> .
    :case a :Case .
note: nobody asked [gap]
accepted
  a.ttl:9: warning: c and d [conflict]
    because: is meant
not decided
  conflict of e and f
guideline: 1 error, 1 note, 1 accepted, 1 not decided
"""


def nothing(**changes: Any) -> Report:
    return dataclasses.replace(Report("check", "x", (CONFLICT,), ()), **changes)


def with_messages(messages: Sequence[str]) -> Report:
    """Return a report with findings, acceptances and the like that say whatever is given."""
    results = []
    for number, text in enumerate(messages):
        results.append(Result("conflict", "error", text, (Place(f"{number}.ttl", 1),), help=text))
        results.append(
            Result("dead", "warning", text, about=(text,), accepted=text, data={"text": text})
        )
    return Report(
        "check",
        "".join(messages),
        (dataclasses.replace(CONFLICT, summary="".join(messages)), DEAD),
        tuple(results),
        undecided=tuple(messages),
        held=tuple(messages),
    )


@cache
def json_validator() -> jsonschema.Draft202012Validator:
    schema = json.loads((resources.shapes() / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@cache
def sarif_validator() -> jsonschema.Draft4Validator:
    schema = json.loads(SARIF.read_text(encoding="utf-8"))
    checker = jsonschema.Draft4Validator.FORMAT_CHECKER
    return jsonschema.Draft4Validator(schema, format_checker=checker)


def json_of(report: Report) -> dict[str, Any]:
    """Return the JSON of a report, once it is known to be valid."""
    found: dict[str, Any] = json.loads(render(report, "json"))
    assert [one.message for one in json_validator().iter_errors(found)] == []
    return found


def sarif_of(report: Report) -> dict[str, Any]:
    """Return the run of a report in SARIF, once it is known to be valid.

    Code hosts want a file and a line of every result.
    """
    log = json.loads(render(report, "sarif"))
    assert [one.message for one in sarif_validator().iter_errors(log)] == []
    (run,) = log["runs"]
    assert isinstance(run, dict)
    for result in run["results"]:
        physical = result["locations"][0]["physicalLocation"]
        assert physical["artifactLocation"]["uri"]
        assert physical["region"]["startLine"] >= 1
    return run


JUNIT: dict[str, tuple[set[str], set[str]]] = {
    "testsuites": ({"testsuite"}, {"name", "tests", "failures", "errors"}),
    "testsuite": (
        {"properties", "testcase"},
        {"name", "tests", "failures", "errors", "skipped"},
    ),
    "properties": ({"property"}, set()),
    "property": (set(), {"name", "value"}),
    "testcase": ({"failure", "error", "skipped", "system-out"}, {"name", "classname"}),
    "failure": (set(), {"message", "type"}),
    "error": (set(), {"message", "type"}),
    "skipped": (set(), {"message"}),
    "system-out": (set(), set()),
}
"""Of the schema that Jenkins holds reports to: which elements and attributes stand where."""


def junit_of(report: Report) -> ElementTree.Element:
    """Return the suite of a report in JUnit XML, once its structure is known to be right."""
    text = render(report, "junit").encode("utf-8", "backslashreplace")
    root = ElementTree.fromstring(text)  # noqa: S314 - our own
    assert root.tag == "testsuites"
    for parent in root.iter():
        children, attributes = JUNIT[parent.tag]
        assert {child.tag for child in parent} <= children
        assert set(parent.attrib) <= attributes
    (suite,) = root
    assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
    for number, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.attrib[number]) == len(suite.findall(f"testcase/{tag}"))
    return suite


def command_of(line: str) -> tuple[str, dict[str, str], str]:
    """Read a workflow command as the runner does."""
    found = re.fullmatch(r"::(\w+)(?: ([^:]*))?::(.*)", line)
    assert found, line
    given = dict(one.split("=", 1) for one in found[2].split(",")) if found[2] else {}
    for escaped, one in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        given = {key: value.replace(escaped, one) for key, value in given.items()}
    message = found[3].replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
    return found[1], given, message


def legal(text: str) -> str:
    """Return a text without the characters that no XML document can hold."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)


# ---------------------------------------------------------------------------------- the exit code


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (nothing(), 0),
        (nothing(results=(Result("conflict", "note", "m"),)), 0),
        (nothing(results=(Result("conflict", "error", "m", accepted="meant"),)), 0),
        (nothing(results=(Result("conflict", "warning", "m"),)), 1),
        (nothing(results=(Result("conflict", "error", "m"),)), 1),
        (nothing(undecided=("something",)), 1),
        (FOUND, 1),
    ],
)
def test_what_counts_decides_the_exit_code_in_every_form(report: Report, code: int) -> None:
    """Notes and what is accepted never count; what is undecided does."""
    assert exit_code(report) == code
    assert json_of(report)["holds"] is (code == 0)
    assert sarif_of(report)["invocations"][0]["exitCode"] == code
    suite = junit_of(report)
    assert bool(int(suite.attrib["failures"]) + int(suite.attrib["errors"])) is (code == 1)
    commands = {line[2:].split(" ")[0] for line in render(report, "github").splitlines()}
    assert bool(commands & {"error", "warning"}) is (code == 1)


# ------------------------------------------------------------------------------------- each form


def test_text_tells_the_place_first_and_counts_last() -> None:
    assert render(FOUND, "text") == LINES
    assert render(nothing(), "text") == "x: nothing found\n"
    told = nothing(summary="all is well", lines=("60 % of it",))
    assert render(told, "text") == "60 % of it\nall is well\n"


def test_text_goes_through_a_file_from_top_to_bottom_and_ends_with_what_has_no_place() -> None:
    places: list[tuple[Place, ...]] = [
        (),
        (Place("b.ttl", 1),),
        (Place("a.ttl", 10),),
        (Place("a.ttl", 9, 4),),
        (Place("a.ttl", 9, 3),),
        (Place("a.ttl"),),
    ]
    found = nothing(results=tuple(Result("gap", "note", "m", places=one) for one in places))
    wanted = ["a.ttl: ", "a.ttl:9:3: ", "a.ttl:9:4: ", "a.ttl:10: ", "b.ttl:1: ", ""]
    assert render(found, "text").splitlines()[:-1] == [f"{one}note: m [gap]" for one in wanted]


def test_json_holds_every_field() -> None:
    found = json_of(FOUND)
    first = found["results"][0]
    assert first["places"][0] == {"file": "b.ttl", "line": 7, "column": 3}
    assert first["witness"] == FOUND.results[0].witness
    assert first["data"] == {"facts": 2}
    assert found["results"][1]["accepted"] == "is meant"
    assert found["counts"] == {"error": 1, "warning": 0, "note": 1, "accepted": 1, "undecided": 1}
    assert (found["indicant"], found["undecided"]) == (__version__, list(FOUND.undecided))


def test_the_schema_has_the_fields_of_a_report_and_no_other() -> None:
    defined = json_validator().schema["$defs"]  # type: ignore[index]
    for kind in (Rule, Place, Result):
        fields = {one.name for one in dataclasses.fields(kind)}
        assert set(defined[kind.__name__]["properties"]) == fields
    fields = {one.name for one in dataclasses.fields(Report)} - {"lines", "anchor"}
    assert set(defined["Report"]["properties"]) == fields | {"indicant", "holds", "counts"}
    for definition in defined.values():
        assert definition["description"].endswith(".")
        for field in definition.get("properties", {}).values():
            assert field["description"].endswith(".")
        if definition["type"] == "object":
            assert definition["required"] == list(definition["properties"])
            assert definition["additionalProperties"] is False


def test_sarif_names_rules_places_and_what_is_accepted() -> None:
    run = sarif_of(FOUND)
    driver = run["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == ["conflict", "dead", "gap"]
    assert driver["rules"][0]["help"]["text"] == CONFLICT.description
    first, second, third = run["results"]
    assert (first["ruleId"], first["ruleIndex"], first["level"]) == ("conflict", 0, "error")
    location = first["locations"][0]
    assert location["physicalLocation"]["artifactLocation"] == {
        "uri": "b.ttl",
        "uriBaseId": "%SRCROOT%",
    }
    assert location["physicalLocation"]["region"] == {"startLine": 7, "startColumn": 3}
    assert [one["fullyQualifiedName"] for one in location["logicalLocations"]] == list(
        FOUND.results[0].about
    )
    related = first["relatedLocations"]
    assert [one["physicalLocation"]["artifactLocation"]["uri"] for one in related] == [
        "folder/a%20b.ttl",
        "c.ttl",
    ]
    assert first["properties"]["witness"] == FOUND.results[0].witness
    assert second["suppressions"] == [
        {"kind": "inSource", "status": "accepted", "justification": "is meant"}
    ]
    assert "suppressions" not in first
    anchored = third["locations"][0]
    assert anchored["physicalLocation"]["artifactLocation"]["uri"] == "b.ttl"
    assert anchored["message"]["text"] == "The finding has no place of its own."
    assert "message" not in first["locations"][0]
    assert run["columnKind"] == "unicodeCodePoints"
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    (told,) = invocation["toolExecutionNotifications"]
    assert told["message"]["text"] == "not decided: conflict of e and f"


def test_what_has_no_place_is_shown_at_the_anchor(tmp_path: Path) -> None:
    def uri(report: Report) -> str:
        (result,) = sarif_of(report)["results"]
        found = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        return str(found)

    lost = nothing(results=(Result("conflict", "error", "m"),))
    assert uri(lost) == "README.md"
    assert uri(dataclasses.replace(lost, anchor="a/b.ttl")) == "a/b.ttl"
    assert uri(dataclasses.replace(lost, subject=str(tmp_path))) == tmp_path.as_uri()


def test_sarif_fingerprints_stay_when_lines_move_and_tell_findings_apart() -> None:
    def prints(*results: Result) -> list[str]:
        found = sarif_of(nothing(results=results))["results"]
        return [one["partialFingerprints"]["indicantFinding/v1"] for one in found]

    one = Result("conflict", "error", "m", (Place("a.ttl", 1),))
    moved = dataclasses.replace(one, places=(Place("a.ttl", 2),))
    elsewhere = dataclasses.replace(one, places=(Place("b.ttl", 1),))
    assert prints(one) == prints(moved)
    assert len(set(prints(one, one, elsewhere))) == 3
    assert prints(one, one)[0] == prints(one)[0]


def test_a_path_is_one_from_the_folder_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forward slashes, escapes, no machine's own folder; what is outside keeps its whole path."""
    inside = tmp_path / "in side"
    inside.mkdir()
    monkeypatch.chdir(inside)
    places = [
        Place(str(inside / "x:y#z.ttl"), 1),
        Place("./a/../%41ö\udcff.ttl"),
        Place("../out.ttl"),
        Place("<stdin>", 4),
    ]
    run = sarif_of(nothing(results=[Result("conflict", "error", "m", (one,)) for one in places]))
    named = [one["locations"][0]["physicalLocation"] for one in run["results"]]
    assert named[0]["artifactLocation"] == {"uri": "x%3Ay%23z.ttl", "uriBaseId": "%SRCROOT%"}
    assert unquote(named[1]["artifactLocation"]["uri"], errors="replace").startswith("%41ö")
    assert "uriBaseId" not in named[2]["artifactLocation"]
    assert named[2]["artifactLocation"]["uri"] == (tmp_path / "out.ttl").as_uri()
    assert run["results"][3]["locations"][0]["logicalLocations"] == [{"name": "<stdin>"}]


def test_junit_has_a_case_for_what_held_and_one_for_each_finding() -> None:
    report = dataclasses.replace(FOUND, held=("case one",))
    suite = junit_of(report)
    cases = {one.attrib["name"]: one for one in suite.findall("testcase")}
    assert list(cases) == [
        "dead: A recommendation is never met.",
        "gap: Nothing is said about a case in scope.",
        "case one",
        "conflict: a.ttl:9: c and d",
        "conflict: b.ttl:7:3: a and b: at once",
        "gap: nobody asked",
        "not decided: conflict of e and f",
    ]
    parsed = junitparser.JUnitXml.fromstring(render(report, "junit").encode())
    assert (parsed.tests, parsed.failures, parsed.errors) == (7, 1, 1)
    (found,) = parsed
    kinds = [type(result).__name__ for one in found for result in one.result]
    assert sorted(kinds) == ["Error", "Failure", "Skipped"]
    skipped = cases["conflict: a.ttl:9: c and d"].find("skipped")
    assert skipped is not None
    assert skipped.attrib["message"] == "accepted: is meant"


def test_github_gets_a_command_a_line() -> None:
    lines = render(FOUND, "github").splitlines()
    assert lines == [
        "::debug::a.ttl:9: c and d [conflict] accepted: is meant",
        "::error file=b.ttl,line=7,col=3,title=conflict::a and b: at once%0Ahelp: add x",
        "::notice title=gap::nobody asked",
        "::error title=not decided::conflict of e and f",
        "::notice title=indicant verify::guideline: 1 error, 1 note, 1 accepted, 1 not decided",
    ]
    odd = nothing(results=(Result("conflict", "error", "50%\r\n::x", (Place("a,b:c%.ttl", 1),)),))
    first = render(odd, "github").splitlines()[0]
    assert first == r"::error file=a%2Cb%3Ac%25.ttl,line=1,title=conflict::50%25\r\n::x"


def test_a_rule_that_only_a_finding_names_is_a_rule() -> None:
    report = nothing(rules=(), results=(Result("other", "error", "m"),))
    assert [one["name"] for one in json_of(report)["rules"]] == ["other"]
    assert [one["id"] for one in sarif_of(report)["tool"]["driver"]["rules"]] == ["other"]


# ------------------------------------------------------------------------------- whatever is said

ODD = st.sampled_from(
    [
        '"', "'", "<b>&amp;", "]]>", "::", "%0A", "%", ",", "{0}", "}", "\\", "##[error]", "\x00",
        "\x1b[31m", "\r\n", "\n", "\t", "\x85", "\u2028", "\u202eabc", "שלום", "🦴", "é",
        "\ud800", "\ufffe", "<!--", "<?xml", "[a](b)",
    ]
)  # fmt: skip
MESSAGES = st.lists(st.lists(ODD | st.text(max_size=5), max_size=4).map("".join), max_size=3)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(messages=MESSAGES)
def test_whatever_a_message_holds_every_form_is_valid_and_shows_it(
    messages: list[str],
) -> None:
    report = with_messages(messages)
    twice = [text for text in messages for _ in range(2)]
    for form in FORMS:
        assert render(report, form) == render(report, form)
        render(report, form).encode("utf-8", "backslashreplace").decode()
    found = json_of(report)
    assert [one["message"] for one in found["results"]] == twice
    assert found["undecided"] == messages
    run = sarif_of(report)
    told = [one["message"]["text"] for one in run["results"]]
    assert [one.replace("{{", "{").replace("}}", "}") for one in told] == [
        plain(one).replace("](", "] (") for one in twice
    ]
    assert [
        one["suppressions"][0]["justification"] for one in run["results"] if "suppressions" in one
    ] == [plain(one) for one in messages]
    suite = junit_of(report)
    failures = suite.findall("testcase/failure")
    assert [one.attrib["message"] for one in failures] == [plain(one) for one in messages]
    assert len(suite.findall("testcase/error")) == len(messages)
    commands = [command_of(line) for line in render(report, "github").split("\n")[:-1]]
    assert [one[0] for one in commands].count("error") == 2 * len(messages)
    assert all(
        character.isprintable() for line in commands for character in line[1].get("file", "")
    )
    text = render(report, "text")
    assert all(one.isprintable() or one == "\n" for one in text)


def test_json_and_sarif_can_be_written_whatever_a_file_is_called(tmp_path: Path) -> None:
    """A name that is no text of any encoding is still one of a file."""
    report = nothing(results=(Result("conflict", "error", "m", (Place("\udcff.ttl", 1),)),))
    for form in FORMS:
        target = tmp_path / form
        assert deliver(report, form, str(target)) == 1
        target.read_bytes().decode()
    assert json.loads((tmp_path / "json").read_text())["results"][0]["places"][0]["file"] == (
        "\udcff.ttl"
    )


# ------------------------------------------------------------------------------------ the options


def test_a_report_goes_to_standard_output_or_to_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verb = argparse.ArgumentParser()
    add_report_options(verb)
    options = verb.parse_args([])
    assert (options.format, options.output) == ("text", None)
    assert deliver(FOUND, options.format, options.output) == 1
    assert capsys.readouterr().out == LINES
    target = tmp_path / "report.sarif"
    options = verb.parse_args(["--format", "sarif", "-o", str(target)])
    assert deliver(FOUND, options.format, options.output) == 1
    assert capsys.readouterr().out == ""
    assert target.read_text(encoding="utf-8") == render(FOUND, "sarif")


def test_a_report_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(IndicantError, match="cannot be written"):
        deliver(FOUND, "text", str(tmp_path / "missing" / "report.txt"))
    assert list(tmp_path.iterdir()) == []


def test_the_forms_are_those_that_can_be_chosen() -> None:
    for form in each(FORMS):
        assert render(FOUND, form).endswith("\n")
