"""Write a report in the form that its reader wants: text, JSON, SARIF, JUnit or annotations."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from indicant import __version__
from indicant.foreign import as_json, plain
from indicant.report.findings import LEVELS, MORE, Place, Rule, listed, numbers_not_listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from indicant.report.findings import Form, Level, Report, Result

SARIF_SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
HOME: Final = "https://w3id.org/indicant/"
ROOT: Final = "%SRCROOT%"
_COMMANDS: Final[Mapping[Level, str]] = {"error": "error", "warning": "warning", "note": "notice"}
_STREAM: Final = re.compile(r"<[^<>]*>\Z")


def render(report: Report, form: Form) -> str:
    """Return a report in one of the forms; same report, same text."""
    report = listed(report)
    return {
        "text": _as_text,
        "json": _as_json,
        "sarif": _as_sarif,
        "junit": _as_junit,
        "github": _as_github,
    }[form](report)


def exit_code(report: Report) -> int:
    """Return 1 when an error or a warning counts or something is undecided, and 0 otherwise."""
    return int(not report.holds)


def deliver(report: Report, form: Form, output: str | None = None) -> int:
    """Print a report, or write it to a file whole or not at all, and return the exit code.

    Raises:
        IndicantError: the file cannot be written.
    """
    text = render(report, form)
    if output is None:
        sys.stdout.write(text)
    else:
        from indicant.files.atomic import write

        write(text.encode("utf-8", "backslashreplace"), output)
    return exit_code(report)


def counts(report: Report) -> dict[str, int]:
    """Return how many findings count by level, how many are accepted, and what is undecided."""
    listing = listed(report)
    found: dict[str, int] = dict.fromkeys((*LEVELS, "accepted"), 0)
    for one in listing.results:
        for name, number in numbers_not_listed(one).items():
            found[name] += number
        if MORE not in one.data:
            found[one.level if one.accepted is None else "accepted"] += 1
    found["undecided"] = len(report.undecided)
    return found


def _summary(report: Report) -> str:
    if report.summary is not None:
        return report.summary
    words = {"accepted": "accepted", "undecided": "not decided"}
    parts = []
    for name, number in counts(report).items():
        if number:
            word = words.get(name) or (name if number == 1 else f"{name}s")
            parts.append(f"{number} {word}")
    return f"{report.subject}: {', '.join(parts) if parts else 'nothing found'}"


def _rules(report: Report) -> list[Rule]:
    """Return the rules of a report, with those that only a result names."""
    rules = {rule.name: rule for rule in report.rules}
    for one in report.results:
        rules.setdefault(one.rule, Rule(one.rule, one.rule))
    return list(rules.values())


def _order(result: Result) -> tuple[bool, str, int, int]:
    """Put findings in the order of their places, those without one last."""
    if not result.places:
        return True, "", 0, 0
    place = result.places[0]
    return False, place.file, place.line or 0, place.column or 0


def _where(place: Place) -> str:
    return ":".join(str(one) for one in (place.file, place.line, place.column) if one is not None)


# ------------------------------------------------------------------------------------------- text


def _as_text(report: Report) -> str:
    return "".join(f"{line}\n" for line in _text_lines(report))


def _text_lines(report: Report) -> Iterator[str]:
    results = sorted(report.results, key=_order)
    for one in results:
        if one.accepted is None:
            yield from _text_of(one)
    accepted = [one for one in results if one.accepted is not None]
    if accepted:
        yield "accepted"
        for one in accepted:
            for line in _text_of(one):
                yield f"  {line}"
            yield plain(f"    because: {one.accepted}")
    if report.undecided:
        yield "not decided"
        for name in report.undecided:
            yield plain(f"  {name}")
    for line in report.lines:
        yield plain(line)
    yield plain(_summary(report))


def _text_of(result: Result) -> Iterator[str]:
    place = f"{_where(result.places[0])}: " if result.places else ""
    yield plain(f"{place}{result.level}: {result.message} [{result.rule}]")
    for other in result.places[1:]:
        yield plain(f"  see {_where(other)}")
    if result.help:
        yield plain(f"  help: {result.help}")
    if result.witness is not None:
        yield "  for example:"
        for line in result.witness.split("\n"):
            if line.strip():
                yield f"    {plain(line)}"


# ------------------------------------------------------------------------------------------- JSON


def _as_json(report: Report) -> str:
    return _dump(
        {
            "indicant": __version__,
            "verb": report.verb,
            "subject": report.subject,
            "holds": exit_code(report) == 0,
            "summary": _summary(report),
            "counts": counts(report),
            "rules": [
                {"name": one.name, "summary": one.summary, "description": one.description}
                for one in _rules(report)
            ],
            "results": [
                {
                    "rule": one.rule,
                    "level": one.level,
                    "message": one.message,
                    "places": [
                        {"file": place.file, "line": place.line, "column": place.column}
                        for place in one.places
                    ],
                    "help": one.help,
                    "about": list(one.about),
                    "accepted": one.accepted,
                    "witness": one.witness,
                    "data": dict(one.data),
                }
                for one in report.results
            ],
            "undecided": list(report.undecided),
            "held": list(report.held),
            "data": dict(report.data),
        }
    )


def _dump(value: object) -> str:
    return as_json(value) + "\n"


# ------------------------------------------------------------------------------------------ SARIF


def _as_sarif(report: Report) -> str:
    rules = _rules(report)
    index = {rule.name: number for number, rule in enumerate(rules)}
    worst: dict[str, Level] = {}
    for one in report.results:
        worst[one.rule] = min(one.level, worst.get(one.rule, "note"), key=LEVELS.index)
    seen: dict[str, int] = {}
    anchor = _sarif_location(Place(_anchor(report)))
    anchor["message"] = {"text": "The finding has no place of its own."}
    run: dict[str, object] = {
        "tool": {
            "driver": {
                "name": "indicant",
                "semanticVersion": __version__,
                "informationUri": HOME,
                "rules": [_sarif_rule(rule, worst.get(rule.name, "error")) for rule in rules],
            }
        },
        "automationDetails": {"id": f"indicant/{report.verb}/{_quoted(report.subject)}"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            ROOT: {"description": {"text": "The folder in which the command was run."}}
        },
        "invocations": [
            {
                "executionSuccessful": not report.undecided,
                "exitCode": exit_code(report),
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": _message(f"not decided: {name}")}}
                    for name in report.undecided
                ],
            }
        ],
        "results": [_sarif_result(one, index, seen, anchor) for one in report.results],
        "properties": {
            "subject": report.subject,
            "summary": _summary(report),
            "held": list(report.held),
            "data": dict(report.data),
        },
    }
    return _dump({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


def _message(text: str) -> str:
    """Write a message of SARIF, in which braces are placeholders and ``[…](…)`` is a link."""
    return plain(text).replace("{", "{{").replace("}", "}}").replace("](", "] (")


def _sarif_rule(rule: Rule, level: Level) -> dict[str, object]:
    return {
        "id": rule.name,
        "shortDescription": {"text": plain(rule.summary)},
        "fullDescription": {"text": plain(rule.description or rule.summary)},
        "help": {"text": plain(rule.description or rule.summary)},
        "defaultConfiguration": {"level": level},
    }


def _anchor(report: Report) -> str:
    """Return the file at which a finding without a place is shown.

    Code hosts refuse a whole report for the sake of one result that has no file and line.
    """
    if report.anchor is not None:
        return report.anchor
    files = (place.file for one in report.results for place in one.places)
    known = next((file for file in files if not _STREAM.match(file)), None)
    return known or (report.subject if os.path.exists(report.subject) else "README.md")


def _sarif_result(
    result: Result, index: Mapping[str, int], seen: dict[str, int], anchor: Mapping[str, object]
) -> dict[str, object]:
    located = [_sarif_location(place) for place in result.places]
    first: dict[str, Any] = {**anchor, **(located[0] if located else {})}
    if located and "physicalLocation" in located[0]:
        del first["message"]
    named = [{"fullyQualifiedName": iri} for iri in result.about]
    if named:
        first["logicalLocations"] = [*first.get("logicalLocations", []), *named]
    found: dict[str, object] = {
        "ruleId": result.rule,
        "ruleIndex": index[result.rule],
        "level": result.level,
        "message": {"text": _message(result.message)},
        "locations": [first],
        "partialFingerprints": {"indicantFinding/v1": _fingerprint(result, seen)},
    }
    if len(located) > 1:
        found["relatedLocations"] = [
            {
                "id": number,
                **location,
                "message": {"text": _message(_where(result.places[number]))},
            }
            for number, location in enumerate(located[1:], start=1)
        ]
    if result.accepted is not None:
        found["suppressions"] = [
            {"kind": "inSource", "status": "accepted", "justification": plain(result.accepted)}
        ]
    properties = {
        "help": result.help,
        "witness": result.witness,
        "data": dict(result.data) or None,
    }
    kept = {name: value for name, value in properties.items() if value is not None}
    if kept:
        found["properties"] = kept
    return found


def _sarif_location(place: Place) -> dict[str, object]:
    if _STREAM.match(place.file):
        return {"logicalLocations": [{"name": place.file}]}
    path = _relative(place.file)
    artifact = {"uri": _uri(path)}
    if not os.path.isabs(path):
        artifact["uriBaseId"] = ROOT
    found: dict[str, object] = {"artifactLocation": artifact}
    region = {"startLine": place.line or 1}
    if place.line is not None and place.column is not None:
        region["startColumn"] = place.column
    found["region"] = region
    return {"physicalLocation": found}


def _relative(file: str) -> str:
    """Return a path from the current folder, or an absolute one for what is not below it."""
    return os.path.relpath(file) if _below(file) else os.path.abspath(file)


def _below(path: str) -> bool:
    here = os.getcwd()
    try:
        return os.path.commonpath([here, os.path.abspath(path)]) == here
    except ValueError:
        return False


def _uri(path: str) -> str:
    if os.path.isabs(path):
        return Path(path).as_uri()
    return quote(os.fsencode(Path(path).as_posix()), safe="/")


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="replace")


def _fingerprint(result: Result, seen: dict[str, int]) -> str:
    """Return what stays the same when lines move; equal findings are told apart by number."""
    file = _relative(result.places[0].file) if result.places else ""
    parts = json.dumps([result.rule, file, list(result.about), result.message])
    number = seen[parts] = seen.get(parts, -1) + 1
    return hashlib.sha256(f"{parts}{number}".encode()).hexdigest()[:32]


# ------------------------------------------------------------------------------------------ JUnit


def _as_junit(report: Report) -> str:
    suite = f"indicant {report.verb}"
    group = f"indicant.{report.verb}"
    broken = {one.rule for one in report.counting if one.level != "note"}
    failures = skipped = 0
    cases = [
        _testcase(group, f"{rule.name}: {rule.summary}")
        for rule in _rules(report)
        if rule.name not in broken
    ]
    cases += [_testcase(group, name) for name in report.held]
    for one in sorted(report.results, key=_order):
        place = f"{_where(one.places[0])}: " if one.places else ""
        name, details = f"{one.rule}: {place}{one.message}", "\n".join(_junit_details(one))
        if one.accepted is not None:
            skipped += 1
            inner = _element("skipped", details, message=f"accepted: {one.accepted}")
        elif one.level == "note":
            inner = _element("system-out", details)
        else:
            failures += 1
            inner = _element("failure", details, message=one.message, type=one.level)
        cases.append(_testcase(f"{group}.{one.rule}", name, inner))
    for name in report.undecided:
        inner = _element("error", f"not decided: {name}", message=name, type="undecided")
        cases.append(_testcase(group, f"not decided: {name}", inner))
    numbers = {
        "tests": str(len(cases)),
        "failures": str(failures),
        "errors": str(len(report.undecided)),
    }
    told = {"subject": report.subject, "summary": _summary(report), "version": __version__}
    body = [
        "<properties>",
        *(_element("property", None, name=name, value=value) for name, value in told.items()),
        "</properties>",
        *cases,
    ]
    head = _tag("testsuite", {"name": suite, **numbers, "skipped": str(skipped)})
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            _tag("testsuites", {"name": suite, **numbers}),
            head,
            *body,
            "</testsuite>",
            "</testsuites>",
            "",
        ]
    )


def _junit_details(result: Result) -> Iterator[str]:
    place = f"{_where(result.places[0])}: " if result.places else ""
    yield plain(f"{place}{result.level}: {result.message}")
    for other in result.places[1:]:
        yield plain(f"see {_where(other)}")
    if result.help:
        yield plain(f"help: {result.help}")
    if result.witness:
        yield result.witness


def _testcase(group: str, name: str, inner: str = "") -> str:
    head = _tag("testcase", {"classname": group, "name": name})
    return f"{head}{inner}</testcase>"


def _element(name: str, text: str | None, /, **attributes: str) -> str:
    rows = [plain(row) for row in (text or "").split("\n")]
    return f"{_tag(name, attributes)}{_xml(chr(10).join(rows))}</{name}>"


def _tag(name: str, attributes: Mapping[str, str]) -> str:
    given = "".join(f' {key}="{_xml(plain(value))}"' for key, value in attributes.items())
    return f"<{name}{given}>"


def _xml(text: str) -> str:
    """Escape text for an element or an attribute; ``plain`` has left nothing XML cannot hold."""
    for character, written in (
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ('"', "&quot;"),
        ("\r", "&#13;"),
        ("\n", "&#10;"),
        ("\t", "&#9;"),
    ):
        text = text.replace(character, written)
    return text


# ----------------------------------------------------------------------------------------- GitHub


def _as_github(report: Report) -> str:
    return "".join(f"{line}\n" for line in _github_lines(report))


def _github_lines(report: Report) -> Iterator[str]:
    for one in sorted(report.results, key=_order):
        text = plain(one.message) + (f"\n{plain(f'help: {one.help}')}" if one.help else "")
        if one.accepted is not None:
            place = f"{_where(one.places[0])}: " if one.places else ""
            told = f"{place}{one.message} [{one.rule}] accepted: {one.accepted}"
            yield _command("debug", {}, plain(told))
            continue
        properties = _github_place(one.places[0]) if one.places else {}
        yield _command(_COMMANDS[one.level], {**properties, "title": one.rule}, text)
    for name in report.undecided:
        yield _command("error", {"title": "not decided"}, plain(name))
    yield _command("notice", {"title": f"indicant {report.verb}"}, plain(_summary(report)))


def _github_place(place: Place) -> dict[str, str]:
    if _STREAM.match(place.file):
        return {}
    found = {"file": Path(_relative(place.file)).as_posix()}
    if place.line is not None:
        found["line"] = str(place.line)
        if place.column is not None:
            found["col"] = str(place.column)
    return found


def _command(name: str, properties: Mapping[str, str], message: str) -> str:
    """Write a workflow command: a property escapes more than the message does."""
    given = ",".join(
        f"{key}={_data(value).replace(':', '%3A').replace(',', '%2C')}"
        for key, value in properties.items()
    )
    return f"::{name}{' ' if given else ''}{given}::{_data(message)}"


def _data(text: str) -> str:
    """Escape what ends a command; only lines of our own are left to break."""
    rows = [plain(row) for row in text.split("\n")]
    return "%0A".join(row.replace("%", "%25") for row in rows)
