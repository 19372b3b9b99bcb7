"""Small guidelines and cases on which a decision engine easily goes wrong, with the answers."""

from __future__ import annotations

import dataclasses
import datetime
import functools
from decimal import Decimal
from typing import NamedTuple

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
    within,
)
from oracle import Bench

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
        ongoing=True if start is not None and place == RECEIVED else None,
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
