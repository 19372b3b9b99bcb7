"""Criteria that demand of a record to be related to another are answered as OWL entails."""

from __future__ import annotations

import dataclasses
import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from brute import (
    FINDING,
    HAS_FINDING,
    INTERVENTION,
    RECEIVED,
    RELATED,
    Advice,
    And,
    Case,
    Expression,
    Guideline,
    Node,
    Not,
    Or,
    Related,
    Some,
    Span,
    within,
)
from each import each
from indicant.assess.engine import make_engine, rules
from indicant.assess.validation import SHAPE
from indicant.terms import IND
from making import EX, Maker, guideline_text
from nesting import NestedMaker, deepest, shares
from oracle import Bench, Proofs, Tally, source_of

if TYPE_CHECKING:
    from brute import Facet

TODAY = datetime.date(2026, 6, 1)
VOCABULARY = Guideline(
    classes={
        "ex:Visit": (FINDING,),
        "ex:Illness": (FINDING,),
        "ex:Cancer": ("ex:Illness",),
        "ex:Cold": ("ex:Illness",),
        "ex:Organ": (FINDING,),
        "ex:Lung": ("ex:Organ",),
        "ex:Liver": ("ex:Organ",),
        "ex:Course": (INTERVENTION,),
        "ex:Act": (INTERVENTION,),
    },
    disjoint=(("ex:Cancer", "ex:Cold"), ("ex:Lung", "ex:Liver")),
    once=((RECEIVED, "ex:Course"),),
    data={"ex:stage": Span("integer"), "ex:size": Span("decimal")},
    links={
        "ex:found": (False, "ex:Illness"),
        "ex:reason": (True, FINDING),
        "ex:origin": (True, "ex:Illness"),
        "ex:of": (True, "ex:Organ"),
    },
)


def late(least: int = 2) -> Facet:
    return within("ex:stage", minInclusive=least)


def early(most: int = 1) -> Facet:
    return within("ex:stage", maxInclusive=most)


def bench(criterion: Expression, vocabulary: Guideline = VOCABULARY) -> Bench:
    advice = {"ex:r": Advice("ex:r", "Indication", "ex:Act", "ex:C")}
    return Bench(dataclasses.replace(vocabulary, criteria={"ex:C": criterion}, advice=advice))


def visit(*links: tuple[str, str]) -> Node:
    return Node("v", HAS_FINDING, ("ex:Visit",), links=links)


def course(*links: tuple[str, str]) -> Node:
    return Node("c", RECEIVED, ("ex:Course",), links=links)


def other(name: str, cls: str, stage: int | None = None, **links: str) -> Node:
    values = () if stage is None else (("ex:stage", Decimal(stage)),)
    places = tuple((f"ex:{path}", to) for path, to in links.items())
    return Node(name, RELATED, (cls,), values, links=places)


def case(*nodes: Node, **more: object) -> Case:
    return dataclasses.replace(Case("case", TODAY, nodes), **more)  # type: ignore[arg-type]


VISIT = Some(HAS_FINDING, "ex:Visit", (Related("ex:found", "ex:Cancer", (late(),)),))
COURSE = Some(RECEIVED, "ex:Course", (Related("ex:reason", "ex:Cancer", (late(),)),))
DEEP = Some(
    RECEIVED,
    "ex:Course",
    (
        Related(
            "ex:reason",
            "ex:Illness",
            (Related("ex:origin", "ex:Cancer", (late(), Related("ex:of", "ex:Lung"))),),
        ),
    ),
)
ANSWERS: dict[str, tuple[Expression, Case, str]] = {
    "found": (VISIT, case(visit(("ex:found", "d")), other("d", "ex:Cancer", 3)), "met"),
    "another-stage": (VISIT, case(visit(("ex:found", "d")), other("d", "ex:Cancer", 1)), "open"),
    "parts-of-two": (
        VISIT,
        case(
            visit(("ex:found", "d"), ("ex:found", "e")),
            other("d", "ex:Cancer", 1),
            other("e", "ex:Cold", 3),
        ),
        "open",
    ),
    "excluded-by-the-case-alone": (
        VISIT,
        case(visit(), excludes=(("", "ex:Cancer"),)),
        "open",
    ),
    "no-visit": (VISIT, case(excludes=(("", "ex:Visit"),)), "refuted"),
    "all-visits-may-have-found-more": (
        VISIT,
        case(visit(("ex:found", "d")), other("d", "ex:Cold", 3), complete=(("ex:Visit", None),)),
        "open",
    ),
    "reason": (COURSE, case(course(("ex:reason", "d")), other("d", "ex:Cancer", 3)), "met"),
    "reason-of-another-class": (
        COURSE,
        case(course(("ex:reason", "d")), other("d", "ex:Cold")),
        "refuted",
    ),
    "reason-of-another-stage": (
        COURSE,
        case(course(("ex:reason", "d")), other("d", "ex:Illness", 1)),
        "refuted",
    ),
    "reason-of-a-wider-class": (
        COURSE,
        case(course(("ex:reason", "d")), other("d", "ex:Illness", 3)),
        "open",
    ),
    "reason-that-the-case-has": (
        COURSE,
        case(
            course(("ex:reason", "d")),
            Node("d", HAS_FINDING, ("ex:Cancer",), (("ex:stage", Decimal(2)),)),
        ),
        "met",
    ),
    "deep": (
        DEEP,
        case(
            course(("ex:reason", "d")),
            other("d", "ex:Illness", origin="e"),
            other("e", "ex:Cancer", 2, of="f"),
            other("f", "ex:Lung"),
        ),
        "met",
    ),
    "deep-and-otherwise-at-the-end": (
        DEEP,
        case(
            course(("ex:reason", "d")),
            other("d", "ex:Illness", origin="e"),
            other("e", "ex:Cancer", of="f"),
            other("f", "ex:Liver"),
        ),
        "refuted",
    ),
    "deep-and-not-known-to-the-end": (
        DEEP,
        case(
            course(("ex:reason", "d")),
            other("d", "ex:Illness", origin="e"),
            other("e", "ex:Cancer", 2),
        ),
        "open",
    ),
    "a-circle": (
        DEEP,
        case(course(("ex:reason", "d")), other("d", "ex:Cancer", 3, origin="d")),
        "open",
    ),
    # Whatever the one reason is, one of the two holds, although neither is known to.
    "the-reason-is-late-or-it-is-no-cancer": (
        Or((COURSE, Not(Some(RECEIVED, "ex:Course", (Related("ex:reason", "ex:Cancer"),))))),
        case(course(("ex:reason", "d")), other("d", "ex:Illness", 3)),
        "met",
    ),
    "a-finding-is-late-or-it-is-no-cancer": (
        Or((VISIT, Not(Some(HAS_FINDING, "ex:Visit", (Related("ex:found", "ex:Cancer"),))))),
        case(visit(("ex:found", "d")), other("d", "ex:Illness", 3)),
        "open",
    ),
    "within-bounds": (
        Or(
            (
                VISIT,
                Some(HAS_FINDING, "ex:Visit", (Related("ex:found", "ex:Cancer", (early(),)),)),
            )
        ),
        case(
            visit(("ex:found", "d")),
            dataclasses.replace(
                other("d", "ex:Cancer"),
                within=(("ex:stage", Span("decimal", (("minInclusive", Decimal(1)),))),),
            ),
        ),
        "met",
    ),
    "within-bounds-of-the-one-reason": (
        Or((COURSE, Some(RECEIVED, "ex:Course", (Related("ex:reason", FINDING, (early(),)),)))),
        case(
            course(("ex:reason", "d")),
            dataclasses.replace(
                other("d", "ex:Cancer"),
                within=(("ex:stage", Span("decimal", (("maxInclusive", Decimal(4)),))),),
            ),
        ),
        "met",
    ),
    "of-two-kinds-that-nothing-is": (
        And(
            (
                Some(RECEIVED, "ex:Course", (Related("ex:reason", "ex:Cancer"),)),
                Some(RECEIVED, "ex:Course", (Related("ex:reason", "ex:Cold"),)),
            )
        ),
        case(),
        "refuted",
    ),
    "two-visits": (
        dataclasses.replace(VISIT, least=2),
        case(
            visit(("ex:found", "d")),
            Node("w", HAS_FINDING, ("ex:Visit",), links=(("ex:found", "d"),)),
            other("d", "ex:Cancer", 3),
        ),
        "met",
    ),
}


@pytest.mark.slow
@pytest.mark.many(6)
@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_related_is_answered_as_owl_entails(name: str) -> None:
    """By every engine, and by the search for models."""
    criterion, one, answer = ANSWERS[name]
    made = bench(criterion)
    assert made.compare([one]) == []
    assert made.decided(one)[EX + "r"] == answer
    assert made.valid(one)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [9001, 9003, 9006])
def test_random_criteria_on_what_is_related_are_answered_as_owl_entails(seed: int) -> None:
    maker = NestedMaker(seed)
    made = Bench(maker.guideline())
    cases: list[Case] = []
    while len(cases) < 5:
        one = maker.case(made.guideline, f"c{len(cases)}")
        if made.valid(one):
            cases.append(one)
    tally = Tally()
    for one in each(cases):
        assert made.compare([one], tally) == []
    assert tally.pairs >= 5 * len(cases)


def test_the_random_guidelines_lead_far_and_their_cases_are_told_apart() -> None:
    """To three records and more, and to records that stand in two places."""
    depths: set[int] = set()
    shared: set[bool] = set()
    for seed in range(40):
        maker = NestedMaker(seed)
        guideline = maker.guideline()
        depths.add(deepest(guideline))
        shared.update(shares(maker.case(guideline, f"c{number}")) for number in range(3))
    assert depths >= {1, 2, 3}
    assert shared == {False, True}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [9001, 9004])
def test_verification_knows_every_vector_of_answers_about_what_is_related(seed: int) -> None:
    """Each of its witnesses is valid, and answered as is said of it, in two versions as well."""
    maker = NestedMaker(seed)
    made = Bench(maker.guideline(), ("oxigraph",))
    proofs = Proofs([made])
    assert proofs.strays(40) == []
    cases = [maker.case(made.guideline, f"c{number}") for number in range(6)]
    cases = [one for one in cases if made.valid(one)]
    assert cases
    for one in each(cases):
        assert proofs.impossible(one) == []
    both = Proofs([made, Bench(maker.revised(made.guideline), ("oxigraph",))])
    assert both.strays(20) == []


@pytest.mark.slow
def test_what_is_related_may_be_wrong_in_as_many_ways_as_what_a_case_has() -> None:
    made = bench(VISIT)
    nodes = (
        visit(("ex:found", "d"), ("ex:found", "gone"), ("ex:found", "v")),
        Node("d", RELATED, ("ex:Cancer", "ex:Cold"), (("ex:stage", Decimal("1.5")),)),
        other("alone", "ex:Cold"),
    )
    findings = made.validator.check(made.document([case(*nodes)]))
    assert sorted(one.shape.removeprefix(SHAPE) for one in findings) == [
        "Finding-linked",
        "Node-cycle",
        "Node-datatype",
        "Node-disjoint",
        "Node-related",
        "Node-related",
    ]


@pytest.mark.slow
def test_who_relates_nothing_is_spared_the_rules_about_it() -> None:
    guideline = Maker(9001).guideline()
    assert not guideline.links
    source = source_of(guideline_text(guideline))
    engine = make_engine("oxigraph", Bench(guideline, ("oxigraph",)).compiled, source)
    names = {IND + name for name in ("innerFacet", "leadsTo", "hasRelated")}
    spoken = [rule for rule in rules() if rule.needs & names]
    assert len(spoken) >= 4
    assert not any(engine._speaks(rule.needs) for rule in spoken)
