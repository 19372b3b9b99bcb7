"""Small guidelines and cases on which a decision engine easily goes wrong."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import itertools
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import pytest

import brute
from brute import (
    DAYS,
    FINDING,
    HAS_FINDING,
    INTERVENTION,
    INVESTIGATION,
    PROPOSES,
    RECEIVED,
    WEEKS,
    Advice,
    And,
    Case,
    Expression,
    Guideline,
    Iri,
    Is,
    IsA,
    Node,
    Not,
    Or,
    Ref,
    Some,
    Span,
    Value,
    Within,
)
from indicant.assess.assessor import with_date
from indicant.assess.engine import ENGINES, Engine
from indicant.assess.validation import SHAPE
from making import BASE, EX, IND, PREFIXES
from oracle import ANSWERS, DECIDED, Bench

if TYPE_CHECKING:
    from indicant.files.rdf import Document

TODAY = datetime.date(2026, 11, 22)
CLASSES = {
    "ex:A": (FINDING,),
    "ex:B": (FINDING,),
    "ex:High": (FINDING,),
    "ex:Middle": ("ex:High",),
    "ex:Low": ("ex:Middle",),
    "ex:Care": (INTERVENTION,),
    "ex:Course": ("ex:Care",),
    "ex:Exercise": ("ex:Course",),
    "ex:Diet": ("ex:Care",),
    "ex:Above": (INTERVENTION,),
    "ex:Act": ("ex:Above",),
    "ex:Below": ("ex:Act",),
    "ex:Scan": (INVESTIGATION,),
}
VOCABULARY = Guideline(
    classes=CLASSES,
    disjoint=(
        ("ex:Course", "ex:Diet"),
        ("ex:Grave", "ex:Slight", "ex:Fatal"),
        ("ind:Outcome", "ex:Severity"),
    ),
    once=((RECEIVED, "ex:Course"),),
    data={
        DAYS: Span("integer"),
        WEEKS: Span("decimal"),
        "ex:grade": Span("integer", (("minInclusive", Decimal(0)), ("maxInclusive", Decimal(5)))),
        "ex:level": Span("decimal"),
        "ex:firm": Span("boolean"),
        "ex:free": None,
    },
    objects={"ind:outcome": True, "ex:severity": True, "ex:rarity": True, "ex:note": False},
    reach={"ind:outcome": "ind:Outcome"},
    kinds={
        "ex:Severity": (),
        "ex:Grave": ("ex:Severity",),
        "ex:Slight": ("ex:Severity",),
        "ex:Fatal": ("ex:Severity",),
        "ex:Rare": (),
    },
    individuals={
        "ind:Failed": ("ind:Outcome",),
        "ind:Succeeded": ("ind:Outcome",),
        "ex:worst": ("ex:Grave",),
        "ex:bad": ("ex:Grave",),
        "ex:mild": ("ex:Slight",),
    },
)


def found(cls: str, *facets: brute.Facet) -> Some:
    return Some(HAS_FINDING, cls, facets)


def received(cls: str, *facets: brute.Facet) -> Some:
    return Some(RECEIVED, cls, facets)


def within(name: str, datatype: str = "integer", **bounds: float | str) -> Within:
    return Within(
        name, Span(datatype, tuple((kind, Decimal(str(limit))) for kind, limit in bounds.items()))
    )


A, B = found("ex:A"), found("ex:B")
FAILED = Is("ind:outcome", Iri("ind:Failed"))
LONG = within(DAYS, minInclusive=42)


def guideline(*advice: Advice, **criteria: Expression) -> Guideline:
    """Return a guideline with the criteria of the given names, each with an indication."""
    named = {f"ex:is-{name}": one for name, one in criteria.items()}
    given = advice or tuple(
        Advice(f"ex:for-{name}", "Indication", "ex:Act", f"ex:is-{name}") for name in criteria
    )
    return dataclasses.replace(VOCABULARY, criteria=named, advice={one.name: one for one in given})


def case(*nodes: Node, excludes: tuple[str, ...] = (), proposes: tuple[str, ...] = ()) -> Case:
    return Case("c", TODAY, nodes, tuple(("", cls) for cls in excludes), proposes)


def node(
    place: str,
    *types: str,
    days: int | None = None,
    name: str = "n",
    **values: Value,
) -> Node:
    start = None if days is None else TODAY - datetime.timedelta(days=days)
    names = {"weeks": WEEKS, "outcome": "ind:outcome"}
    return Node(
        name,
        place,
        types,
        tuple((names.get(key, f"ex:{key}"), value) for key, value in values.items()),
        start,
    )


def graded(given: Node, grade: int | None) -> Node:
    values: tuple[tuple[str, Value], ...] = () if grade is None else (("ex:grade", Decimal(grade)),)
    return dataclasses.replace(given, values=values)


class Trap(NamedTuple):
    """A guideline, a case and what has to be answered."""

    name: str
    guideline: Guideline
    case: Case
    answers: dict[str, str] = {}  # noqa: RUF012 - never changed
    statuses: dict[str, str] = {}  # noqa: RUF012 - never changed


LEVELS = guideline(high=found("ex:High"), middle=found("ex:Middle"), low=found("ex:Low"))
ONCE = guideline(
    split=Or(
        (
            Not(And((received("ex:Course", FAILED), received("ex:Course", LONG)))),
            received("ex:Course", FAILED, LONG),
        )
    ),
)
BESIDE = guideline(
    above=And((received("ex:Course", FAILED), Not(received("ex:Care", FAILED, LONG)))),
    beside=And((received("ex:Course", FAILED), Not(received("ex:Act", FAILED)))),
)
TWICE = guideline(
    split=Or(
        (
            Not(And((received("ex:Care", FAILED), received("ex:Care", LONG)))),
            received("ex:Care", FAILED, LONG),
        )
    ),
    joined=received("ex:Care", FAILED, LONG),
)
LONGER = guideline(
    course=received("ex:Course", LONG),
    exercise=received("ex:Exercise", LONG),
    care=received("ex:Care", LONG),
    diet=received("ex:Diet", LONG),
    weeks=received("ex:Course", within(WEEKS, "decimal", minInclusive=6)),
    finding=found("ex:A", LONG),
)
AGAINST = guideline(Advice("ex:against", "Contraindication", "ex:Act", "ex:is-a"), a=A)
AGAINST_BELOW = guideline(
    Advice("ex:against", "Contraindication", "ex:Below", "ex:is-a"),
    Advice("ex:for", "Indication", "ex:Act", "ex:is-b"),
    a=A,
    b=B,
)
FOR_ABOVE = guideline(
    Advice("ex:for", "Indication", "ex:Act", "ex:is-a"),
    Advice("ex:for-below", "Indication", "ex:Below", "ex:is-b"),
    a=A,
    b=B,
)
TAUTOLOGY = guideline(
    always=Or((A, Not(A))), never=And((A, Not(A))), guarded=And((Ref("ind:PatientCase"), Not(A)))
)
OVERRIDING = guideline(
    Advice("ex:strong", "Indication", "ex:Act", "ex:is-a", ("ex:weak",)),
    Advice("ex:weak", "Indication", "ex:Diet", "ex:is-b"),
    a=A,
    b=B,
)
NO_REASON = guideline(
    Advice("ex:reason", "Indication", "ex:Below", "ex:is-a"),
    Advice("ex:none", "NonIndication", "ex:Act", "ex:is-b"),
    a=A,
    b=B,
)
GRADES = guideline(
    covered=Or(
        (
            found("ex:A", within("ex:grade", maxInclusive=2)),
            found("ex:A", within("ex:grade", minInclusive=3)),
        )
    ),
    between=found("ex:A", within("ex:grade", minExclusive=2, maxExclusive=3)),
    outside=found("ex:A", within("ex:grade", minInclusive=6)),
    joint=received(
        "ex:Course", within("ex:grade", minInclusive=3), within("ex:grade", maxInclusive=2)
    ),
    gap=And(
        (
            received("ex:Course", within("ex:grade", minExclusive=2)),
            received("ex:Course", within("ex:grade", maxExclusive=3)),
        )
    ),
    exact=received("ex:Course", Is("ex:grade", Decimal(3))),
)
VALUES = guideline(
    firm=received("ex:Course", Is("ex:firm", True)),
    whole=received("ex:Course", within("ex:free", maxInclusive=3)),
    two=received("ex:Course", Is("ex:level", Decimal("2.0"))),
    word=received("ex:Course", Is("ex:free", "a")),
    grave=received("ex:Course", IsA("ex:severity", "ex:Grave")),
    worst=received("ex:Course", Is("ex:severity", Iri("ex:worst"))),
    fatal=received("ex:Course", IsA("ex:severity", "ex:Fatal")),
    rare=received("ex:Course", IsA("ex:rarity", "ex:Rare")),
    noted=received("ex:Course", Is("ex:note", Iri("ex:bad"))),
)
PROPOSALS = guideline(proposed=Some(PROPOSES, "ex:Act"), received=received("ex:Act"))

PRESENT_A = node(HAS_FINDING, "ex:A", name="a")
PRESENT_B = node(HAS_FINDING, "ex:B", name="b")
TRAPS = [
    Trap(
        "present-travels-up-and-not-down",
        LEVELS,
        case(node(HAS_FINDING, "ex:Middle")),
        {"high": "met", "middle": "met", "low": "open"},
    ),
    Trap(
        "absent-travels-down-and-not-up",
        LEVELS,
        case(excludes=("ex:Middle",)),
        {"high": "open", "middle": "refuted", "low": "refuted"},
    ),
    Trap(
        "absent-above-everything",
        LEVELS,
        case(excludes=(FINDING,)),
        {"high": "refuted", "middle": "refuted", "low": "refuted"},
    ),
    Trap("silence-says-nothing", LEVELS, case(), {"high": "open", "middle": "open", "low": "open"}),
    Trap(
        "one-node-of-several-types",
        LEVELS,
        case(node(HAS_FINDING, "ex:Low", "ex:A"), excludes=("ex:B",)),
        {"high": "met", "middle": "met", "low": "met"},
    ),
    Trap(
        "contraindication-travels-down-and-not-up",
        AGAINST,
        case(PRESENT_A),
        {"against": "met"},
        {"ex:Above": "", "ex:Act": "Contraindicated", "ex:Below": "Contraindicated"},
    ),
    Trap(
        "open-contraindication-travels-down",
        AGAINST,
        case(),
        {"against": "open"},
        {"ex:Above": "", "ex:Act": "Undetermined", "ex:Below": "Undetermined"},
    ),
    Trap(
        "contraindication-of-a-subclass-leaves-the-class",
        AGAINST_BELOW,
        case(PRESENT_A, PRESENT_B),
        {"against": "met", "for": "met"},
        {"ex:Act": "Recommended", "ex:Below": "Contraindicated"},
    ),
    Trap(
        "indication-of-a-class-does-not-indicate-its-subclass",
        FOR_ABOVE,
        case(PRESENT_A, excludes=("ex:B",)),
        {"for": "met", "for-below": "refuted"},
        {"ex:Above": "", "ex:Act": "Recommended", "ex:Below": "NotApplicable"},
    ),
    Trap(
        "indication-of-a-subclass-does-not-indicate-the-class",
        FOR_ABOVE,
        case(PRESENT_B, excludes=("ex:A",)),
        {"for": "refuted", "for-below": "met"},
        {"ex:Above": "", "ex:Act": "NotApplicable", "ex:Below": "Recommended"},
    ),
    Trap(
        "a-or-not-a-while-a-is-open",
        TAUTOLOGY,
        case(),
        {"always": "met", "never": "refuted", "guarded": "open"},
    ),
    Trap(
        "a-or-not-a-while-a-is-absent",
        TAUTOLOGY,
        case(excludes=("ex:A",)),
        {"always": "met", "never": "refuted", "guarded": "met"},
    ),
    Trap("what-occurs-once-shares-its-individual", ONCE, case(), {"split": "met"}),
    *(
        Trap(
            name,
            BESIDE,
            case(given),
            {"above": above, "beside": beside},
        )
        for name, given, above, beside in (
            ("a-course-of-unknown-length", node(RECEIVED, "ex:Course"), "open", "open"),
            ("a-course-known-as-long", node(RECEIVED, "ex:Course", days=50), "refuted", "open"),
            ("a-course-known-as-short", node(RECEIVED, "ex:Course", days=5), "open", "open"),
            ("a-course-of-two-kinds", node(RECEIVED, "ex:Course", "ex:Act"), "open", "refuted"),
            (
                "a-course-of-a-kind-below-another",
                node(RECEIVED, "ex:Course", "ex:Below"),
                "open",
                "refuted",
            ),
        )
    ),
    Trap(
        "what-may-occur-twice-does-not",
        TWICE,
        case(
            node(RECEIVED, "ex:Care", name="one", outcome=Iri("ind:Failed")),
            node(RECEIVED, "ex:Care", days=50, name="two"),
        ),
        {"split": "open", "joined": "open"},
    ),
    Trap(
        "one-of-two-courses-is-both",
        TWICE,
        case(
            node(RECEIVED, "ex:Care", days=50, name="one", outcome=Iri("ind:Failed")),
            node(RECEIVED, "ex:Care", days=10, name="two"),
        ),
        {"split": "met", "joined": "met"},
    ),
    Trap(
        "a-short-course-refutes-a-long-one",
        LONGER,
        case(node(RECEIVED, "ex:Course", days=10)),
        {"course": "refuted", "exercise": "refuted", "care": "open", "diet": "open"},
    ),
    Trap(
        "a-short-course-of-a-subclass-refutes-as-well",
        LONGER,
        case(node(RECEIVED, "ex:Exercise", days=10)),
        {"course": "refuted", "exercise": "refuted", "care": "open", "diet": "open"},
    ),
    Trap(
        "a-course-of-a-superclass-refutes-nothing",
        LONGER,
        case(node(RECEIVED, "ex:Care", days=10)),
        {"course": "open", "exercise": "open", "care": "open", "diet": "open"},
    ),
    Trap(
        "a-long-course-need-not-be-of-a-subclass",
        LONGER,
        case(node(RECEIVED, "ex:Course", days=50)),
        {"course": "met", "exercise": "open", "care": "met", "diet": "open"},
    ),
    Trap(
        "a-long-course-of-something-else",
        LONGER,
        case(node(RECEIVED, "ex:Diet", days=50)),
        {"course": "open", "exercise": "open", "care": "met", "diet": "met"},
    ),
    *(
        Trap(
            f"{days}-days-by-dates",
            LONGER,
            case(
                node(RECEIVED, "ex:Course", days=days),
                node(HAS_FINDING, "ex:A", days=days, name="a"),
            ),
            {"course": answer, "weeks": answer, "finding": "met" if days >= 42 else "open"},
        )
        for days, answer in ((41, "refuted"), (42, "met"), (43, "met"), (9999, "met"))
    ),
    *(
        Trap(
            f"{weeks}-weeks",
            LONGER,
            case(
                node(RECEIVED, "ex:Course", weeks=Decimal(weeks)),
                node(HAS_FINDING, "ex:A", name="a", weeks=Decimal(weeks)),
            ),
            {"course": answer, "weeks": answer, "finding": "met" if answer == "met" else "open"},
        )
        for weeks, answer in (("5.999", "refuted"), ("6", "met"), ("6.0", "met"), ("7", "met"))
    ),
    *(
        Trap(
            f"overriding-by-a-criterion-that-is-{answer}",
            OVERRIDING,
            case(*given, PRESENT_B, excludes=excluded),
            {"strong": answer, "weak": weak},
        )
        for given, excluded, answer, weak in (
            ((PRESENT_A,), (), "met", "refuted"),
            ((), ("ex:A",), "refuted", "met"),
            ((), (), "open", "open"),
        )
    ),
    *(
        Trap(
            f"non-indication-beside-an-indication-that-is-{answer}",
            NO_REASON,
            case(*given, PRESENT_B, excludes=excluded),
            {"reason": answer, "none": none},
            {"ex:Below": below, "ex:Act": act},
        )
        for given, excluded, answer, none, below, act in (
            ((PRESENT_A,), (), "met", "refuted", "Recommended", "NotApplicable"),
            ((), ("ex:A",), "refuted", "met", "Contraindicated", "Contraindicated"),
            ((), (), "open", "open", "Undetermined", "Undetermined"),
        )
    ),
    *(
        Trap(
            f"grade-{grade}",
            GRADES,
            case(
                graded(node(HAS_FINDING, "ex:A"), grade),
                graded(node(RECEIVED, "ex:Course", name="course"), grade),
            ),
            {
                "covered": "open" if grade is None else "met",
                "between": "refuted",
                "outside": "refuted",
                "joint": "refuted",
                "gap": "refuted",
                "exact": "open" if grade is None else "met" if grade == 3 else "refuted",
            },
        )
        for grade in (None, 0, 2, 3, 5)
    ),
    Trap(
        "values-that-are-equal",
        VALUES,
        case(
            node(
                RECEIVED,
                "ex:Course",
                firm=True,
                free="a",
                level=Decimal(2),
                severity=Iri("ex:worst"),
                rarity=Iri("ex:bad"),
                note=Iri("ex:bad"),
            )
        ),
        {
            "firm": "met",
            "whole": "refuted",
            "two": "met",
            "word": "met",
            "grave": "met",
            "worst": "met",
            "fatal": "refuted",
            "rare": "open",
            "noted": "met",
        },
    ),
    Trap(
        "values-that-differ",
        VALUES,
        case(
            node(
                RECEIVED,
                "ex:Course",
                firm=False,
                free="b",
                level=Decimal("2.5"),
                severity=Iri("ex:bad"),
                rarity=Iri("ind:Failed"),
                note=Iri("ex:worst"),
            )
        ),
        {
            "firm": "refuted",
            "whole": "refuted",
            "two": "refuted",
            "word": "refuted",
            "grave": "met",
            "worst": "refuted",
            "fatal": "refuted",
            "rare": "open",
            "noted": "open",
        },
    ),
    Trap(
        "a-value-of-another-kind",
        VALUES,
        case(
            node(
                RECEIVED, "ex:Course", severity=Iri("ind:Failed"), rarity=Iri("ex:mild"), free=True
            )
        ),
        {
            "grave": "refuted",
            "worst": "refuted",
            "rare": "open",
            "whole": "refuted",
            "word": "refuted",
        },
    ),
    Trap(
        "a-decimal-may-be-an-integer",
        VALUES,
        case(node(RECEIVED, "ex:Course", free=Decimal("3.0"))),
        {"whole": "met", "word": "refuted"},
    ),
    Trap(
        "exclusion-does-not-touch-proposals",
        PROPOSALS,
        case(excludes=("ex:Act",), proposes=("ex:Below",)),
        {"proposed": "met", "received": "refuted"},
    ),
    Trap(
        "exclusion-says-nothing-about-proposals",
        PROPOSALS,
        case(excludes=("ex:Act",)),
        {"proposed": "open", "received": "refuted"},
    ),
    Trap(
        "proposal-is-not-received",
        PROPOSALS,
        case(node(PROPOSES, "ex:Act")),
        {"proposed": "met", "received": "open"},
    ),
    Trap(
        "an-investigation-shows-and-excludes",
        guideline(a=A, b=B),
        Case(
            "c",
            TODAY,
            (node(RECEIVED, "ex:Scan", name="scan"), node("scan", "ex:A", name="shown")),
            (("scan", "ex:B"),),
        ),
        {"a": "met", "b": "refuted"},
    ),
]


@functools.cache
def bench(text: int) -> Bench:
    """Compile a guideline of a trap once."""
    return Bench(GUIDELINES[text])


GUIDELINES = list({id(trap.guideline): trap.guideline for trap in TRAPS}.values())


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
