"""Small guidelines and cases on which a decision engine easily goes wrong."""

from __future__ import annotations

import datetime
import functools
import itertools
from typing import TYPE_CHECKING

import pytest

from brute import (
    HAS_FINDING,
    RECEIVED,
    Advice,
    Case,
    Node,
)
from indicant.assess.assessor import with_date
from indicant.assess.engine import ENGINES, Engine
from indicant.assess.validation import SHAPE
from making import BASE, EX, IND, PREFIXES
from oracle import ANSWERS, DECIDED, Bench

if TYPE_CHECKING:
    from indicant.files.rdf import Document
from traps import (
    GUIDELINES,
    LEVELS,
    LONGER,
    PRESENT_A,
    PRESENT_B,
    TODAY,
    TRAPS,
    VALUES,
    A,
    B,
    Trap,
    bench,
    case,
    guideline,
    node,
)


def decide(engine: Engine, document: Document) -> dict[str, str]:
    """Return the answers of an engine by the local names of criteria and recommendations."""
    engine.begin(document.quads)
    return {
        (subject or "").removeprefix(EX): ANSWERS[answer or ""]
        for _, answer, subject in engine.select(DECIDED)
    }


def statuses(engine: Engine) -> dict[str, str]:
    return {
        (action or "").replace(EX, "ex:"): (status or "").removeprefix(IND)
        for _, action, status in engine.ask("what-is-the-status")
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.name)
def test_every_engine_avoids_the_trap(trap: Trap, name: str) -> None:
    """What OWL entails is answered, and nothing else."""
    made = bench(GUIDELINES.index(trap.guideline))
    assert made.valid(trap.case)
    engine = made.engines[name]
    decided = decide(engine, made.document([trap.case]))
    for subject, expected in trap.answers.items():
        assert decided.get(subject, decided.get(f"for-{subject}")) == expected, subject
    standing = statuses(engine)
    for action, expected in trap.statuses.items():
        assert standing.get(action, "") == expected, action


@pytest.mark.slow
@pytest.mark.many(35)
@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.name)
def test_a_search_for_models_says_the_same(trap: Trap) -> None:
    """The second oracle, which shares nothing with the engine, agrees about every trap."""
    made = bench(GUIDELINES.index(trap.guideline))
    assert made.compare([trap.case]) == []


TABLE = {
    ("met", "refuted"): "Recommended",
    ("met", "none"): "Recommended",
    ("met", "open"): "Conditional",
    ("met", "met"): "Conflicting",
    ("open", "met"): "Contraindicated",
    ("refuted", "met"): "Contraindicated",
    ("none", "met"): "Contraindicated",
    ("open", "refuted"): "Undetermined",
    ("open", "none"): "Undetermined",
    ("open", "open"): "Undetermined",
    ("refuted", "open"): "Undetermined",
    ("none", "open"): "Undetermined",
    ("refuted", "refuted"): "NotApplicable",
    ("refuted", "none"): "NotApplicable",
    ("none", "refuted"): "NotApplicable",
}


@functools.cache
def sided(pro: bool, contra: bool) -> Bench:
    """Compile a guideline that speaks for an action, against it, or both."""
    advice = [
        *([Advice("ex:for", "Indication", "ex:Act", "ex:is-a")] if pro else []),
        *([Advice("ex:against", "Contraindication", "ex:Above", "ex:is-b")] if contra else []),
    ]
    return Bench(guideline(*advice, a=A, b=B))


@pytest.mark.slow
@pytest.mark.many(10)
@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(("pro", "contra"), TABLE)
def test_the_status_follows_the_table(pro: str, contra: str, name: str) -> None:
    """An action's status is that of the row for its two sides."""
    made = sided(pro != "none", contra != "none")
    sides = ((pro, PRESENT_A, "ex:A"), (contra, PRESENT_B, "ex:B"))
    nodes = [present for answer, present, _ in sides if answer == "met"]
    excluded = [cls for answer, _, cls in sides if answer == "refuted"]
    engine = made.engines[name]
    engine.begin(made.document([case(*nodes, excludes=tuple(excluded))]).quads)
    assert statuses(engine)["ex:Act"] == TABLE[pro, contra]


def test_the_table_is_whole() -> None:
    """Every row of the table is tested, but the one without any recommendation."""
    answers = ("met", "refuted", "open", "none")
    assert {*itertools.product(answers, answers)} - {*TABLE} == {("none", "none")}


@pytest.mark.slow
@pytest.mark.parametrize("name", ENGINES)
def test_cases_of_one_document_know_nothing_of_one_another(name: str) -> None:
    """What one case has or excludes does not count for the next."""
    made = bench(GUIDELINES.index(LEVELS))
    one = Case("c1", TODAY, (node(HAS_FINDING, "ex:Low", name="n1"),))
    two = Case("c2", TODAY, (), (("", "ex:High"),))
    three = Case("c3", TODAY)
    engine = made.engines[name]
    engine.begin(made.document([one, two, three]).quads)
    rows = {
        ((case or "").removeprefix(BASE), ANSWERS[answer or ""])
        for case, answer, subject in engine.select(DECIDED)
        if subject == f"{EX}for-low"
    }
    assert rows == {("c1", "met"), ("c2", "refuted"), ("c3", "open")}


@pytest.mark.many(3)
@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(
    ("as_of", "answer"),
    [("2026-11-21", "refuted"), ("2026-11-22", "met"), ("2027-03-01", "met")],
)
def test_another_as_of_date_moves_a_duration(as_of: str, answer: str, name: str) -> None:
    """A course that is under way lasts up to the date that is asked about."""
    made = bench(GUIDELINES.index(LONGER))
    document = made.document([case(node(RECEIVED, "ex:Course", days=42))])
    assert decide(made.engines[name], with_date(document, as_of))["for-course"] == answer


@pytest.mark.many(3)
@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2024-02-28", "2024-03-01", 2),
        ("2023-02-28", "2023-03-01", 1),
        ("2000-02-28", "2000-03-01", 2),
        ("1900-02-28", "1900-03-01", 1),
        ("2025-12-31", "2026-01-01", 1),
        ("2026-11-22", "2026-11-22", 0),
        ("1999-01-01", "2026-11-22", 10187),
    ],
)
def test_days_are_days_of_the_calendar(start: str, end: str, days: int, name: str) -> None:
    """The arithmetic on dates knows leap years and centuries, on every engine."""
    made = bench(GUIDELINES.index(LONGER))
    begun, ended = datetime.date.fromisoformat(start), datetime.date.fromisoformat(end)
    course = Node("n", RECEIVED, ("ex:Course",), (), begun, ended)
    engine = made.engines[name]
    engine.begin(made.document([case(course)]).quads)
    query = f"PREFIX ind: <{IND}> SELECT ?days WHERE {{ ?node ind:days ?days }}"
    assert (ended - begun).days == days
    assert engine.select(query) == [(str(days),)]


@pytest.mark.many(3)
@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(
    ("facts", "subject", "answer"),
    [
        ('ex:firm "1"^^xsd:boolean', "firm", "met"),
        ('ex:firm "0"^^xsd:boolean', "firm", "refuted"),
        ('ex:free "+3"^^xsd:integer', "whole", "met"),
        ('ex:free "004"^^xsd:integer', "whole", "refuted"),
        ('ex:free "a"^^xsd:string', "word", "met"),
        ('ex:free "a"@en', "word", "refuted"),
        ('ex:level "+2.00"^^xsd:decimal', "two", "met"),
    ],
)
def test_values_are_compared_and_not_their_spelling(
    facts: str, subject: str, answer: str, name: str
) -> None:
    """Two spellings of one value are one value, and values of two datatypes are two."""
    made = bench(GUIDELINES.index(VALUES))
    text = (
        f'{PREFIXES}:c a ind:PatientCase ; ind:asOf "{TODAY}"^^xsd:date ; ind:received :n .\n'
        f":n a ex:Course ; {facts} .\n"
    )
    document = parse(text)
    findings = made.validator.check(document)
    assert [one.message for one in findings] == []
    assert decide(made.engines[name], document)[f"for-{subject}"] == answer


@pytest.mark.slow
@pytest.mark.parametrize(
    "facts",
    [
        "ex:free 2.0e0",
        'ex:free "2"^^xsd:float',
        'ex:free "2"^^xsd:nonNegativeInteger',
        'ex:free "two"^^xsd:integer',
        'ex:free "yes"^^xsd:boolean',
        "ex:free 12345678901234567890",
        "ex:free 5.00000000000000000001",
        "ex:free ex:bad",
    ],
)
def test_what_cannot_be_compared_exactly_is_refused(facts: str) -> None:
    """A value on which engines of arithmetic differ makes a case invalid."""
    made = bench(GUIDELINES.index(VALUES))
    text = (
        f'{PREFIXES}:c a ind:PatientCase ; ind:asOf "{TODAY}"^^xsd:date ; ind:received :n .\n'
        f":n a ex:Course ; {facts} .\n"
    )
    document = parse(text)
    quads = document.quads
    shapes = [finding.shape for finding in made.validator.check(document)]
    assert shapes == [f"{SHAPE}Node-datatype"]
    assert made.validator.validate_with_pyshacl(quads) == made.validator.validate(quads)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["oxigraph", "rdflib"])
def test_a_double_is_no_decimal(name: str) -> None:
    """In OWL the two are disjoint, whatever SPARQL makes of comparing them."""
    made = bench(GUIDELINES.index(VALUES))
    document = made.document([case(node(RECEIVED, "ex:Course", free=2.0))])
    assert decide(made.engines[name], document)["for-whole"] == "refuted"


def test_a_node_of_two_cases_is_refused() -> None:
    """How long a course has lasted, and what it was not, depends on the case it belongs to."""
    made = bench(GUIDELINES.index(LONGER))
    cases = [
        Case("c1", TODAY, (node(RECEIVED, "ex:Course", days=10),)),
        Case("c2", TODAY + datetime.timedelta(days=300), (node(RECEIVED, "ex:Course", days=10),)),
    ]
    findings = made.validator.check(made.document(cases))
    assert {finding.shape for finding in findings} == {f"{SHAPE}Case-apart"}


def parse(text: str) -> Document:
    from indicant.files.rdf import parse as read_text

    return read_text(text, path="case.ttl")
