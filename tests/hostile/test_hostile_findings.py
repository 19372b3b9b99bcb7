"""Very many findings, or very much to look at, take time in proportion and little memory."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from each import each
from indicant.assess.assessor import Assessor, InvalidCase
from indicant.assess.validation import MORE, MOST_FINDINGS
from indicant.errors import IndicantError
from indicant.files.lines import Lines
from indicant.files.rdf import MAX_STATEMENTS, parse, text_of
from indicant.report.findings import FORMS, MOST, Report, Result
from indicant.report.forms import counts, render

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from indicant.files.rdf import Document
    from indicant.report.findings import Level

SECONDS = 120
GIGABYTE = 1 << 30
CASE = """\
@prefix : <https://example.org/case#> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix spine: <https://w3id.org/indicant/spine/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

:case a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ; ind:hasFinding [ a spine:NeckPain ] .
"""
ONTOLOGY = """\
@prefix : <https://example.org/terms/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

<https://example.org/terms/> a owl:Ontology .
"""
LIMITED = """\
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({seconds}, {seconds}))
from indicant.cli import main
code = main(sys.argv[1:])
# What getrusage says is that of the parent until the program was started, if that was more.
with open("/proc/self/status", encoding="ascii") as status:
    peak = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))
print("peak", peak, file=sys.stderr)
sys.exit(code)
"""


def misspelt(count: int) -> str:
    """Return a case with so many findings of classes that nobody knows."""
    nodes = " , ".join(f"[ a spine:NeckPian{number} ]" for number in range(count))
    return f"{CASE}:case ind:hasFinding {nodes} .\n"


def strangers(count: int) -> str:
    """Return a case beside which stand so many nodes of unknown classes."""
    return CASE + "".join(f":n{number} a spine:Stranger{number} .\n" for number in range(count))


def refused(text: str) -> InvalidCase:
    with pytest.raises(InvalidCase) as told:
        Assessor().assess(parse(text, path="case.ttl"))
    return told.value


@pytest.mark.slow
def test_the_first_thousand_findings_are_listed_and_the_others_counted() -> None:
    error = refused(misspelt(1_234))
    *listed, last = error.findings
    assert len(listed) == MOST_FINDINGS
    assert (last.shape, last.severity, last.value) == (MORE, "violation", "234")
    assert last.message == "234 more findings are not listed"
    assert error.message == "1234 findings: the case was not assessed"


@pytest.mark.slow
def test_the_others_are_told_as_so_many_at_least_where_nobody_counts_on() -> None:
    """A case is refused however the findings that were left out would weigh."""
    error = refused(strangers(12_000))
    assert len(error.findings) == MOST_FINDINGS + 1
    assert error.findings[-1].message == "at least 9,000 more findings are not listed"
    assert error.message.startswith("at least 10000 findings")


@pytest.mark.slow
def test_many_warnings_do_not_hide_a_violation_that_comes_after_them() -> None:
    """The engine stops after many results, and what it did not look at is not taken to hold."""
    told = refused(misspelt(11_000) + ":case ind:excludes spine:NeckPain .\n")
    assert any(one.severity == "violation" for one in told.findings)


@pytest.mark.slow
def test_every_form_of_a_report_counts_what_it_does_not_list() -> None:
    levels: tuple[Level, ...] = ("error", "warning", "note")
    results = [Result("rule", levels[n % 3], f"{n}") for n in range(4_500)]
    report = Report("check", "all", (), tuple(results))
    assert counts(report) == {
        "error": 1_500,
        "warning": 1_500,
        "note": 1_500,
        "accepted": 0,
        "undecided": 0,
    }
    for form in FORMS:
        told = render(report, form)
        assert "3,500 more findings are not listed" in told
        assert len(told) < 1_500 * 700
    found = json.loads(render(report, "json"))
    assert found["counts"]["error"] == 1_500
    assert len(found["results"]) == MOST + 1
    assert {one["level"] for one in found["results"][:MOST]} == {"error"}


def test_a_report_of_few_findings_lists_them_all() -> None:
    report = Report("check", "all", (), tuple(Result("r", "note", str(n)) for n in range(MOST)))
    assert "not listed" not in render(report, "text")


@pytest.mark.slow
def test_an_ontology_is_no_case_and_is_not_looked_at_as_one() -> None:
    with pytest.raises(IndicantError, match="holds an ontology and no case"):
        Assessor().validate(parse(ONTOLOGY, path="terms.ttl"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("case.ttl", strangers(300)),
        ("case.nt", "<https://e.org/a> <https://e.org/b> <https://e.org/c> .\n" * 3),
        (
            "case.jsonld",
            '{"@id": "https://e.org/a", "https://e.org/b": {"@id": "https://e.org/c"}}',
        ),
    ],
)
def test_lines_are_those_that_a_look_at_every_statement_finds(path: str, text: str) -> None:
    document = parse(text, path=path)
    lines = Lines(document)
    for quad in each(document.quads):
        parts = (text_of(quad.subject), quad.predicate.value, text_of(quad.object))
        for given in ((1, 1, 1), (1, 1, 0), (1, 0, 0), (0, 0, 1), (0, 1, 1)):
            pattern = tuple(part if on else None for part, on in zip(parts, given, strict=True))
            assert lines.exact(*pattern) == slowly(lines, pattern)


def slowly(lines: Lines, pattern: tuple[str | None, ...]) -> int | None:
    for quad, place in lines._rows:
        parts = (text_of(quad.subject), quad.predicate.value, text_of(quad.object))
        if place is not None and all(
            wanted in (None, part) for wanted, part in zip(pattern, parts, strict=True)
        ):
            return place.object
    return None


def steps(look: Callable[[Document], object], document: Document) -> int:
    """Return how many calls of functions a look at a document takes."""
    count = 0

    def called(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(called)
    try:
        look(document)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.slow
@pytest.mark.parametrize("text", [misspelt, strangers])
def test_looking_for_what_does_not_hold_takes_steps_in_proportion(
    text: Callable[[int], str],
) -> None:
    """Twice as many findings take at most little more than twice as many steps."""
    assessor = Assessor()
    small, large = (parse(text(number), path="case.ttl") for number in (400, 800))
    assessor.validate(small)
    assert steps(assessor.validate, large) < 2.5 * steps(assessor.validate, small)


def limited(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run the command in a process of its own, and return its code and what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED.format(seconds=SECONDS), *arguments],
        capture_output=True,
        cwd=folder,
        text=True,
        timeout=SECONDS * 5,
        check=False,
    )
    peak = re.search(r"peak (\d+)", done.stderr)
    assert peak is not None, done.stderr[-2_000:]
    assert int(peak[1]) < GIGABYTE
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.ttl", f"{CASE}:case :p {'1,' * 8_999_999}1 .", "statements"),
        ("a.ttl", f"{CASE}:case :p {'[ :p ' * 900_000}1{']' * 900_000} .", "statements"),
        ("a.ttl", f"{CASE}:case :p {'(' * 9_000_000}{')' * 9_000_000} .", "statements"),
        (
            "a.rdf",
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
            'xmlns:e="https://example.org/">\n<rdf:Description '
            + " ".join(f'e:a{number}="x"' for number in range(100_000))
            + "/></rdf:RDF>",
            "more than 1,000 attributes",
        ),
    ],
    ids=["objects", "nodes", "lists", "attributes"],
)
def test_a_file_of_more_than_can_be_told_is_refused(
    name: str, text: str, told: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    code, _, error = limited(tmp_path, "assess", name)
    assert code == 2
    assert told in error


@pytest.mark.slow
def test_the_limit_of_statements_is_told() -> None:
    text = f"<urn:a> <urn:b> {','.join(str(n) for n in range(MAX_STATEMENTS + 1))} ."
    with pytest.raises(IndicantError, match=r"holds more than 500,000 statements"):
        parse(text, path="a.ttl")
