"""Every part of every rule decides: what is at, beside and between all bounds, by every role.

The grids meet each bound, each step and each role exactly, and a search for models, which shares
no line with the rules, says what is to be answered. Then every rule is made weaker by one thing at
a time, and some case of theirs has to be answered otherwise.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
import random
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import pyoxigraph as ox
import pytest

import brute
import kept
import series
import spells
from brute import DAYS, RECEIVED, WEEKS, Case, Is, Models, Node, Ref, Some
from expressing import EVERYWHERE, everywhere, random_node, random_values, said_of, vocabulary
from grids import Grid, grids
from indicant.assess import engine as module
from indicant.assess.engine import OxigraphEngine, RdflibEngine, rules
from indicant.assess.validation import Validator
from indicant.files import bounded, resources
from indicant.files.rdf import Document, parse, read
from indicant.files.sources import load
from indicant.terms import IND
from making import BASE, EX, CountingMaker, case_text, guideline_text
from measuring import MeasuringMaker
from nesting import NestedMaker
from oracle import ANSWERS, DECIDED, source_of
from places import ROOT
from spells import (
    ALIKE,
    BOTH,
    CONTRADICTED,
    FINE,
    OTHERWISE,
    of_both,
    of_classes,
    random_case,
)
from traps import TODAY
from weakening import weaker_queries

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from brute import Guideline
    from indicant.assess.engine import Engine, Rule
    from indicant.compile.compiled import CompiledGuideline
    from making import Maker

T = TypeVar("T")

RULES: Final = sorted((resources.queries() / "rules").glob("*.rq"))
NAMES: Final = [file.name for file in RULES if int(file.name[:2]) < module.DESCRIBING]
MAKING: Final = "which-records-make-a-quantity"
LENGTHS: Final = f"""
PREFIX ind: <{IND}>
SELECT ?node ?property ?value WHERE {{
  ?node ?property ?value .
  VALUES ?property {{ ind:days ind:weeks }}
}}
"""


GRIDS: Final = {grid.name: grid for grid in grids()}


@functools.cache
def compiled(name: str) -> CompiledGuideline:
    return kept.compiled(source_of(guideline_text(GRIDS[name].guideline)))


@functools.cache
def document(name: str) -> Document:
    return parse(case_text(GRIDS[name].cases), path="case.ttl")


@functools.cache
def engine(name: str) -> OxigraphEngine:
    return OxigraphEngine(compiled(name).graph)


def by_name(rows: Sequence[Sequence[str | None]]) -> set[tuple[str, ...]]:
    """Return rows with the names that things have in Python."""
    return {tuple((one or "").removeprefix(BASE).replace(EX, "ex:") for one in row) for row in rows}


def expected(guideline: Guideline, case: Case) -> tuple[dict[str, str], set[tuple[str, ...]]]:
    """Return what a search for models answers about a case, and the statuses and supersessions."""
    own = {name: Ref(name) for name in guideline.criteria}
    effective = {name: guideline.effective(name) for name in guideline.advice}
    models = Models(guideline, case, own.values())
    try:
        assert models.consistent()
        answers = {name: models.answer(one) for name, one in (own | effective).items()}
    finally:
        models.close()
    told: set[tuple[str, ...]] = {
        (case.name, action, status) for action, status in brute.statuses(guideline, answers).items()
    }
    told |= {(case.name, one) for one in brute.superseded(guideline, answers)}
    return answers, told


def compare(grid: Grid, engine: Engine, cases: Sequence[Case]) -> None:
    """Hold an engine to what a search for models says of some cases, all in one document."""
    engine.begin(parse(case_text(cases), path="case.ttl").quads)
    found: dict[str, dict[str, set[str]]] = {case.name: {} for case in cases}
    for name, answer, subject in by_name(engine.select(DECIDED)):
        found[name].setdefault(subject, set()).add(ANSWERS[answer])
    rows: set[tuple[str, ...]] = {
        (name, action, status.removeprefix(IND))
        for name, action, status in by_name(engine.ask("what-is-the-status"))
    }
    rows |= {(row[0], row[1]) for row in by_name(engine.ask("what-is-superseded"))}
    every: set[tuple[str, ...]] = set()
    for case in cases:
        answers, told = expected(grid.guideline, case)
        every |= told
        assert found[case.name], "every case is answered"
        for subject, said in found[case.name].items():
            assert said == {answers[subject]}, (case_text([case]), subject)
        assert {*grid.guideline.advice} <= found[case.name].keys()
    assert rows == every
    reasons = by_name(engine.ask("why-is-it-so"))
    assert {row[0] for row in reasons} <= {case.name for case in cases}


@pytest.mark.slow
@pytest.mark.many(6)
@pytest.mark.parametrize("name", GRIDS)
def test_a_case_at_every_bound_and_step_is_answered_as_owl_entails(name: str) -> None:
    compare(GRIDS[name], engine(name), GRIDS[name].cases)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(GRIDS)[::4])
def test_rdflib_answers_a_case_at_every_bound_and_step_alike(name: str) -> None:
    compare(GRIDS[name], RdflibEngine(compiled(name).graph), GRIDS[name].cases[::12])


@pytest.mark.slow
@pytest.mark.many(6)
@pytest.mark.parametrize("name", GRIDS)
def test_the_cases_of_a_grid_are_valid(name: str) -> None:
    shapes = (resources.shapes() / "case.ttl").read_text(encoding="utf-8")
    assert Validator(shapes, compiled(name).vocabulary).check(document(name)) == []


@pytest.mark.slow
@pytest.mark.many(7)
@pytest.mark.parametrize("name", GRIDS)
def test_a_length_is_computed_as_the_calendar_has_it(name: str) -> None:
    """To the last digit, so that a graph of answers is the same whoever made it."""
    made = engine(name)
    made.begin(document(name).quads)
    names = {f"{IND}days": DAYS, f"{IND}weeks": WEEKS}
    found: dict[tuple[str, str], list[str]] = {}
    for node, path, value in made.select(LENGTHS):
        place = (node or "").removeprefix(BASE), names[path or ""]
        found.setdefault(place, []).append(value or "")
    wanted = {
        (node.name, path): values
        for case in GRIDS[name].cases
        for node in case.nodes
        for path, values in brute.values_of(case, node).items()
        if path in (DAYS, WEEKS)
    }
    assert found.keys() == wanted.keys()
    for place, (text,) in found.items():
        (length,) = wanted[place]
        assert isinstance(length, (Decimal, Fraction))
        assert Fraction(text) == Fraction(math.floor(Fraction(length) * 10**12), 10**12), place


@pytest.mark.slow
def test_both_engines_write_the_same_weeks() -> None:
    text = f"""
PREFIX : <{BASE}>
PREFIX ind: <{IND}>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
:case a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ; ind:hasFinding :a , :b , :c , :d .
:a ind:onset "2026-10-22"^^xsd:date . :b ind:onset "1026-11-21"^^xsd:date .
:c ind:onset "2026-11-08"^^xsd:date . :d ind:onset "2026-11-22"^^xsd:date .
"""
    quads = parse(text, path="case.ttl").quads
    found = []
    for make in (OxigraphEngine, RdflibEngine):
        made = make("")
        made.begin(quads)
        found.append({tuple(map(str, row)) for row in made.solutions(LENGTHS)[1]})
    assert found[0] == found[1]
    weeks = {row[2].partition("^^")[0] for row in found[0] if row[1] == f"<{IND}weeks>"}
    assert weeks == {'"4.428571428571"', '"52177.714285714285"', '"2"', '"0"'}


@pytest.mark.slow
@pytest.mark.parametrize(("word", "other", "value"), [("true", "1", True), ("false", "0", False)])
def test_a_truth_value_is_one_however_the_guideline_writes_it(
    word: str, other: str, value: bool
) -> None:
    grid = GRIDS["received-Course-free-whole"]
    firm = Some(RECEIVED, "ex:Course", (Is("ex:firm", value), Is("ex:free", value)))
    one = dataclasses.replace(
        grid.guideline, criteria={**grid.guideline.criteria, "ex:is-two": firm}
    )
    text = guideline_text(one)
    assert f"owl:hasValue {word}" in text
    text = text.replace(f"owl:hasValue {word}", f'owl:hasValue "{other}"^^xsd:boolean')
    made = OxigraphEngine(kept.compiled(source_of(text)).graph)
    node = Node("n", RECEIVED, ("ex:Course",), (("ex:firm", value), ("ex:free", value)))
    cases = [case for case in grid.cases if {"ex:firm", "ex:free"} & told(case)]
    compare(Grid("truth", one, ()), made, [*cases, Case("both", TODAY, (node,))])


def told(case: Case) -> set[str]:
    """Return the properties of which a case has a value."""
    return {name for node in case.nodes for name, _ in node.values}


NESTED: Final = (4, 5, 6, 8, 10, 11, 12, 13, 14, 15)
MEASURING: Final = (1, 3, 5, 6, 7, 13, 14)
"""Seeds of guidelines that are soon compiled."""
FULFILLED: Final = {
    ("Indication", "met"): "Fulfilled",
    ("Indication", "refuted"): "NotFulfilled",
    ("Contraindication", "met"): "Fulfilled",
    ("Contraindication", "refuted"): "Violated",
    ("NonIndication", "met"): "Fulfilled",
    ("NonIndication", "refuted"): "Violated",
}
DONE: Final = f"""
PREFIX ind: <{IND}>
SELECT ?case ?recommendation ?fulfilment WHERE {{
  ?decision ind:assesses ?case ; ind:about ?recommendation ; ind:fulfilment ?fulfilment .
}}
"""


@functools.cache
def fulfilling() -> tuple[OxigraphEngine, str]:
    """Return the literals, where another criterion than its own fulfils each recommendation."""
    grid = GRIDS["literals"]
    said = [f"{name} ind:fulfilledBy ex:is-either ." for name in grid.guideline.advice]
    return engine_of(guideline_text(grid.guideline) + "\n".join(said)), case_text(grid.cases)


@pytest.mark.slow
def test_whether_advice_was_followed_is_told_by_what_fulfils_it() -> None:
    grid, (made, text) = GRIDS["literals"], fulfilling()
    made.begin(quads_of(text))
    wanted = set()
    for case in grid.cases:
        answers, _ = expected(grid.guideline, case)
        for name, one in grid.guideline.advice.items():
            told = FULFILLED.get((one.kind, answers["ex:is-either"]), "NotRecorded")
            wanted.add((case.name, name, told))
    found = {
        (case, name, told.removeprefix(IND)) for case, name, told in by_name(made.select(DONE))
    }
    assert found == wanted
    assert {told for _, _, told in wanted} == {*FULFILLED.values(), "NotRecorded"}


# ---------------------------------------------------------------------- rules made weaker


CASE: Final = "only a case has findings or interventions: shape:Case-role"
LINKED: Final = (
    "what has a value belongs to a case: shape:Finding-linked, shape:Intervention-linked"
)
BESIDE: Final = "what has a date has no weeks: shape:Weeks-beside-date"
PLANNED: Final = "what is recorded once is a finding or was received, so that no proposal refutes"
FLOOR: Final = "a number is its own floor where it is its own ceiling"
SIDE: Final = "of a side only the sign is looked at, and it is not nought here"
ENDING: Final = "a date has nothing behind its day: shape:PlainDate"
EXACT: Final = "what is known exactly lies within, and decides whatever else these bounds do"
SINCE_OF: Final = "only of what was received or had is it known since when: 15-since.rq"
BEYOND: Final = "it is beyond all that are written, and so is the next number"
RECORDED: Final = "|ind:received|ind:proposes"
ASKED: Final = "whoever takes the records of a case asks for their role"
APART: Final = "what has no class in common with it cannot be it by the part above"
BOUND: Final = "it is only asked whether it has a value"
VALUED: Final = "it is told only where every record has a value or a bound"
ATTESTS: Final = "what attests an existential is of its role: 40-present.rq and its like"
OF_ROLE: Final = "what may belong to a quantity is of its role: 32-may-belong.rq"
AGAIN: Final = "said before as well: here an engine has fewer records to look at"
YEARS: Final = "what is counted neither in days nor in months is counted in years"
BIG: Final = "100000000000000000"
HIGH: Final = "100000000"
NEXT: Final = "where the two differ, the other way leads to the same whole number"
FOLLOWED: Final = "whoever goes on from there asks for the property again, and for what it leads to"
HELD: Final = "of whom it is makes no difference to what a record is"
SAME: Final = "no class shares with what is demanded what it does not share"
TWICE: Final = "said inside the group and outside of it, since rdflib reads groups by themselves"
COMPUTED: Final = "what is computed has bounds of the one property alone"
NAMED: Final = "any name will do that no other has"
CLOSED: Final = "whoever refutes asks again whether the class is one of which all is recorded"
EITHER: Final = "of two numbers that are one, either is right"
SPAN: Final = "what covers no day adds none"
EQUIVALENT: Final[dict[str, dict[str, str]]] = {
    "10-shown.rq": {"without a ind:PatientCase ;": CASE},
    "11-had.rq": {"without a ind:PatientCase ;": CASE},
    "12-leads-to.rq": {
        "without ind:innerFacet ?inner ;": FOLLOWED,
        "without ; ind:onProperty ?property": FOLLOWED,
    },
    "13-related.rq": {
        "without a ind:PatientCase ;": CASE,
        "without ; ind:hadFinding|ind:received|ind:proposes ?node": HELD,
    },
    "15-planned.rq": {
        "without a ind:PatientCase ;": CASE,
        "without ; ind:proposes ?node": "what was received lasts from start to end as well",
        "3 for 2 in sd:integer(SUBSTR(?s, 9, 2)) AS ?d1) BIND(xsd:int": ENDING,
        "3 for 2 in sd:integer(SUBSTR(?e, 9, 2)) AS ?d2) BIND(?y1 - I": ENDING,
    },
    "15-since.rq": {
        "without a ind:PatientCase ;": CASE,
        "3 for 2 in sd:integer(SUBSTR(?e, 9, 2)) AS ?d2) BIND(?y2 - I": ENDING,
        "3 for 2 in sd:integer(SUBSTR(?s, 9, 2)) AS ?d1) BIND(?y1 - I": ENDING,
    },
    "16-until-now.rq": {"without ?case a ind:PatientCase .": CASE},
    "20-duration-from-dates.rq": {
        "without a ind:PatientCase ;": CASE,
        "without ; ind:hadFinding|ind:received ?node": SINCE_OF,
    },
    "20-duration-from-weeks.rq": {
        "without a ind:PatientCase ;": CASE,
        "without ; ind:hadFinding|ind:received|ind:proposes ?node": LINKED,
    },
    "21-since-from-weeks.rq": {
        "without a ind:PatientCase ;": CASE,
        "without ; ind:hadFinding|ind:received ?node": SINCE_OF,
        "without ind:weeks ?weeks ;": "what has no date of its start has its days by its weeks",
        "without FILTER NOT EXISTS { ?node ind:onset|ind:startedOn|ind:on ?start }": BESIDE,
        "no ind:onset in ind:onset|ind:startedOn|ind:on": BESIDE,
        "no ind:startedOn in ind:onset|ind:startedOn|ind:on": BESIDE,
        "no ind:on in ind:onset|ind:startedOn|ind:on": BESIDE,
    },
    "25-bounds.rq": {
        "without a ind:PatientCase ;": CASE,
        "without ind:onset|ind:startedOn ?start ;": "what began at all and has no end has a date",
        "without FILTER NOT EXISTS { ?node ind:daysSinceEnd ?end }": EXACT,
        "without ind:weeks ?weeks ;": "what has no start has its days by its weeks",
        "without FILTER NOT EXISTS { ?node ind:daysSinceStart ?start } (2)": EXACT,
        "without FILTER NOT EXISTS { ?node ind:ageInMonths ?months }": EXACT,
        "without FILTER NOT EXISTS { ?node ind:ageInYears ?years }": EXACT,
        "CEIL for FLOOR in ND(0 AS ?least) BIND(FLOOR(?elapsed * 1000000000000": (
            "no bound has twelve places, between which the two lie"
        ),
    },
    "26-missing.rq": {
        "without a ind:PatientCase ;": CASE,
        "3 for 2 in sd:integer(SUBSTR(?s, 9, 2)) AS ?d1) BIND(xsd:int": ENDING,
        "3 for 2 in sd:integer(SUBSTR(?e, 9, 2)) AS ?d2) BIND(?elapse": ENDING,
        "CEIL for FLOOR in sed + 1 AS ?days) BIND(FLOOR(?y1 / 4) * 4 = ?y1 && (F": FLOOR,
        "CEIL for FLOOR in R(?y1 / 4) * 4 = ?y1 && (FLOOR(?y1 / 100) * 100 != ?y1": FLOOR,
        "CEIL for FLOOR in 1 / 100) * 100 != ?y1 || FLOOR(?y1 / 400) * 400 = ?y1)": FLOOR,
        "4 for 3 in (ind:yearsSinceStart 3 ind:Finding) (ind:da": YEARS,
        "4 for 3 in (ind:yearsSinceStart 3 ind:Intervention) (i": YEARS,
        "4 for 3 in ) (ind:yearsSinceEnd 3 ind:Intervention) }": YEARS,
    },
    "27-complete-for.rq": {
        "without a ind:PatientCase ;": CASE,
        "without a ind:PatientCase ; (2)": CASE,
    },
    "27-operands-of-class.rq": {
        "without a ind:PatientCase ;": CASE,
        "without ; ind:hadFinding|ind:received|ind:proposes|ind:hasRelated ?record": LINKED,
    },
    "27-operands.rq": {
        "without a ind:PatientCase ;": CASE,
        "without ; ind:hadFinding?|ind:received|ind:proposes|ind:hasRelated ?record": LINKED,
        "without FILTER(DATATYPE(?low) IN (xsd:integer, xsd:decimal))": (
            "no other number passes the shapes: shape:Node-range"
        ),
        f"{HIGH}1 for {HIGH}0 in erm (MAX(COALESCE(?low, -{HIGH}0)) AS ?least) (MIN(COALES": (
            BEYOND
        ),
        f"{HIGH}1 for {HIGH}0 in st) (MIN(COALESCE(?high, {HIGH}0)) AS ?most) WHERE {{": (BEYOND),
    },
    "27-to.rq": {
        "without ; ind:ofRole ?role": OF_ROLE,
        "without a ind:PatientCase ;": CASE,
        "without ; ?role ?record": HELD,
        "without ?record a ?kind .": APART,
        "without ?kind ind:overlaps ?class .": APART,
    },
    "28-interval.rq": {
        "without ind:to ?class ;": TWICE,
        "without ; ind:ofRole ?role": TWICE,
        "without a ind:PatientCase ;": CASE,
        "without ind:ofRole ?role ;": TWICE,
        "without ?interval ind:to ?class .": "rdflib alone has a row for a group of nothing",
        "without a ind:PatientCase ; (2)": CASE,
        f"{HIGH}1 for {HIGH}0 in y (MIN(COALESCE(?surely, {HIGH}0)) AS ?top) (MIN(COALESCE": BEYOND,
        "false for true in nd:isTo ?interval . BIND(true AS ?sure) } OPTI": BOUND,
        ">= for > in e), ?before - IF(?recent > 0, ?recent, 0), ?none) A": EITHER,
        "false for true in leteFor ?interval . BIND(true AS ?all) } BIND(IF(BOU": BOUND,
        f"{HIGH}1 for {HIGH}0 in }} BIND(IF(BOUND(?all), {HIGH}0, COALESCE(IF(?since >= ?": BEYOND,
        "> for >= in 0000, COALESCE(IF(?since >= ?early, ?since + 1 - ?ea": "it is one either way",
        f"{HIGH}1 for {HIGH}0 in BIND(COALESCE(?limit, {HIGH}0) AS ?end) BIND(IF(?fir": BEYOND,
        "<= for < in S ?end) BIND(IF(?first < ?missing, ?first, ?missi": EITHER,
        "<= for < in rest) BIND(IF(?nearest < ?end, ?nearest, ?end) AS": EITHER,
        "<= for < in S ?least) BIND(IF(?top < ?end, ?top, ?end) AS ?mo": EITHER,
        "<= for < in ND(BOUND(?limit) || ?top < 900000000 AS ?one) FIL": BEYOND,
        "900000001 for 900000000 in (BOUND(?limit) || ?top < 900000000 AS ?one) FILTER(?never": (
            BEYOND
        ),
        "2 for 1 in STR(MD5(STR(?interval)), 1, 8)) AS ?name) BIND(IF": NAMED,
        "9 for 8 in (MD5(STR(?interval)), 1, 8)) AS ?name) BIND(IF(?o": NAMED,
    },
    "29-computed.rq": {
        "without FILTER(BOUND(?from) || BOUND(?to))": "bounds without a number say nothing",
        ">= for > in erty } BIND(IF(?bottom > -1000000000, ?bottom, ?n": BEYOND,
        f"{HIGH}1 for {HIGH}0 in y }} BIND(IF(?bottom > -{HIGH}0, ?bottom, ?none) AS ?low": (
            BEYOND
        ),
        "<= for < in AS ?low) BIND(IF(?top < 1000000000, ?top, ?none)": BEYOND,
        f"{HIGH}1 for {HIGH}0 in S ?low) BIND(IF(?top < {HIGH}0, ?top, ?none) AS ?high)": (BEYOND),
        "<= for < in BIND(IF(COALESCE(?low < ?least, false), ?least,": EITHER,
        ">= for > in BIND(IF(COALESCE(?high > ?most, false), ?most, ?h": EITHER,
    },
    "29-contradicted.rq": {
        ">= for > in FILTER(COALESCE(?least > -1000000000 && ?high < ?": BEYOND,
        f"{HIGH}1 for {HIGH}0 in ILTER(COALESCE(?least > -{HIGH}0 && ?high < ?least, false": (
            BEYOND
        ),
        "<= for < in false) || COALESCE(?most < 1000000000 && ?low > ?mo": BEYOND,
        f"{HIGH}1 for {HIGH}0 in lse) || COALESCE(?most < {HIGH}0 && ?low > ?most, false))": (
            BEYOND
        ),
    },
    "30-other-value.rq": {
        "without a ind:PatientCase ;": CASE,
        f"without ; ind:hadFinding?{RECORDED}|ind:hasRelated|ind:completeness ?node": LINKED,
        f"no ind:proposes in {RECORDED}|ind:hasRelated|ind:completeness": PLANNED,
    },
    "30-violated.rq": {
        "2 for 1 in e) (ind:maxInclusive 1 false) (ind:maxExclu": SIDE,
        "2 for 1 in e) (ind:maxExclusive 1 true) (ind:integral": SIDE,
        "true for false in rue) (ind:integral 0 false) } FILTER( IF(DA": "0 is met before",
        "CEIL for FLOOR in IF(?side = 0, ?limit && FLOOR(?value) != ?value,": FLOOR,
        "<= for < in true, IF(?side < 0, ?value < ?limit, ?val": SIDE,
        "1 for 0 in ue, IF(?side < 0, ?value < ?limit, ?value": SIDE,
    },
    "30-within-bounds.rq": {
        "without a ind:PatientCase ;": CASE,
        f"without ; ind:hadFinding?{RECORDED}|ind:hasRelated|ind:completeness ?node": LINKED,
        **{
            f"{BIG}1 for {BIG}0 in {place}": BEYOND
            for place in (
                f"BIND(COALESCE(?from, -{BIG}0) AS ?a) BIND(COALESCE(",
                f"?b) BIND(COALESCE(?to, {BIG}0) AS ?c) BIND(COALESCE(",
                f"BIND(COALESCE(?least, -{BIG}0) AS ?p) BIND(COALESCE(",
                f"BIND(COALESCE(?more, -{BIG}0) AS ?q) BIND(COALESCE(",
                f") BIND(COALESCE(?most, {BIG}0) AS ?r) BIND(COALESCE(",
                f") BIND(COALESCE(?less, {BIG}0) AS ?s) BIND(IF(CEIL(?",
            )
        },
        "CEIL for FLOOR in ?s) BIND(IF(CEIL(?a) > FLOOR(?b), CEIL(?a), FLOOR(?b)": NEXT,
        "CEIL for FLOOR in 1) AS ?first) BIND(IF(FLOOR(?c) < CEIL(?d), FLOOR(?c": NEXT,
        "CEIL for FLOOR in ?integral || (?a = ?c && FLOOR(?a) = ?a)) && (?": FLOOR,
    },
    "31-barred.rq": {
        "without a ind:PatientCase ;": CASE,
        "without ; ?role ?record": ASKED,
        "without FILTER(?some != ?other)": SAME,
        "without ?some ind:mayBeOf ?quantity .": "what may not belong is not asked for",
        "without ?quantity ind:ofRole ?role .": ASKED,
    },
    "31-satisfied.rq": {
        "without a ind:PatientCase ;": CASE,
        "without ; ind:hadFinding?|ind:received|ind:proposes|ind:hasRelated ?node": LINKED,
        "CEIL for FLOOR in ) && IF(?integral, FLOOR(?value) = ?value, FLOOR(": FLOOR,
    },
    "32-may-belong.rq": {
        "without ?some ind:subsumedBy ?also .": "every class that is demanded is asked for below",
        "without ?quantity ind:alsoOf ?also .": "every class that is demanded is asked for below",
        "no ind:alsoOf in ind:over|ind:alsoOf": "the class besides is asked for above",
    },
    "32-related-satisfies.rq": {
        "without ?node ind:leadsTo ?related .": FOLLOWED,
        "without ; ind:innerFacet ?any": "a facet that leads to a record demands something of it",
    },
    "32-related-violates.rq": {
        "without ?node ind:leadsTo ?related .": FOLLOWED,
        "without ind:onProperty ?property ;": "what is violated is demanded of no other property",
    },
    "33-complete-for.rq": {"without a ind:PatientCase ;": CASE},
    "34-covered.rq": {
        "without ; ind:ofRole ?role": OF_ROLE,
        "without ; a ind:PatientCase": CASE,
        "without ; ind:over ?class": TWICE,
        "without ind:windowInDays ?window ; (2)": TWICE,
        "without ; ind:over ?class (2)": TWICE,
        "without FILTER(?first <= ?last)": SPAN,
        "false for true in longsTo ?quantity . BIND(true AS ?belongs) } OPTIO": BOUND,
        f"{HIGH}1 for {HIGH}0 in COALESCE(?earliestStart, {HIGH}0)) AS ?to) BIND(IF(CO": BEYOND,
        ">= for > in ?by) } BIND(IF(?from > 0, ?from, 0) AS ?first)": EITHER,
        '2 for 1 in STR(MD5(STR(?quantity)), 1, 8), IF(?sure, "/surely"': NAMED,
        '9 for 8 in (MD5(STR(?quantity)), 1, 8), IF(?sure, "/surely", "': NAMED,
    },
    "34-complete-for-the-latest.rq": {
        "without ; ind:ofRole ?role": OF_ROLE,
        "without a ind:PatientCase ;": CASE,
    },
    "34-preceded.rq": {
        "without ; ind:ofRole ?role": OF_ROLE,
        "without ?case a ind:PatientCase .": CASE,
        "without ind:mayBelongTo ?quantity ;": "what may not belong is not asked for",
        "without ?quantity ind:ofRole ?as .": OF_ROLE,
    },
    "35-latest-so-many.rq": {
        "without ; ind:ofRole ?role": OF_ROLE,
        "without ?quantity ind:ofRole ?as .": OF_ROLE,
    },
    "36-count.rq": {
        "without ; ind:ofRole ?role": OF_ROLE,
        "without ?quantity ind:ofRole ?role .": OF_ROLE,
        "false for true in leteFor ?quantity . BIND(true AS ?complete) } BIND(I": BOUND,
    },
    "36-extreme.rq": {
        "without a ind:PatientCase ;": CASE,
        "+ for - in hs) (MAX(COALESCE(?high, -1000000000000000000)) AS": VALUED,
        f"{BIG}1 for {BIG}0 in s) (MAX(COALESCE(?high, -{BIG}0)) AS ?top) (MIN(COALESCE": VALUED,
        f"{BIG}1 for {BIG}0 in top) (MIN(COALESCE(?low, {BIG}0)) AS ?bottom) (MAX(COALE": VALUED,
        f"{BIG}1 for {BIG}0 in (MAX(COALESCE(?sureLow, -{BIG}0)) AS ?atLeast) (MIN(COAL": BEYOND,
        f"{BIG}1 for {BIG}0 in (MIN(COALESCE(?sureHigh, {BIG}0)) AS ?atMost) WHERE {{": BEYOND,
        "false for true in leteFor ?quantity . BIND(true AS ?complete) } FILTER": BOUND,
    },
    "36-sum.rq": {
        "without ; ind:ofRole ?role": OF_ROLE,
        "without ind:ofRole ?role ;": OF_ROLE,
        "false for true in leteFor ?quantity . BIND(true AS ?complete) } BIND(B": BOUND,
        ">= for > in ?last, !?mean || ?known > 0) AS ?enough) FILTER(": "a mean of none is none",
    },
    "37-contradicted.rq": {
        "without ?recorded a ?quantity .": (
            "the case is compared as well, and has no value of a quantity"
        ),
        "without ?node a ?quantity .": "a record is compared with what is of its quantity",
        "without ind:of ?property ; (3)": COMPUTED,
        "without ind:of ?property ; (4)": COMPUTED,
        "without ind:of ?property ; (5)": COMPUTED,
    },
    "37-refutable.rq": {
        "without ?filler ind:subsumedBy ?class .": CLOSED,
        "without ind:role ind:proposes ;": CLOSED,
        "without ; ind:filler ?filler": CLOSED,
    },
    "36-days-covered.rq": {
        "without ?quantity ind:readsEnd ?term .": "rdflib alone has a row for a group of nothing",
        f"{HIGH}1 for {HIGH}0 in st (MIN(COALESCE(?until, {HIGH}0)) AS ?next) WHERE {{": BEYOND,
        ">= for > in ays) BIND(IF(?days > 0, ?days, 0) AS ?more)": EITHER,
        "false for true in BIND(COALESCE(?sure, true) AS ?certain) }": SPAN,
        "false for true in leteFor ?quantity . BIND(true AS ?complete) } OPTION": BOUND,
        "<= for < in D(?window)) && ?possible < 900000000, ?possible, ?n": BEYOND,
        "900000001 for 900000000 in ?window)) && ?possible < 900000000, ?possible, ?none) AS ?m": (
            BEYOND
        ),
    },
    "36-no-quantity.rq": {
        "without ; ind:ofRole ?role": OF_ROLE,
        "without ; ind:ofRole ?role (2)": OF_ROLE,
    },
    "37-derived-from.rq": {
        "without ?quantity ind:ofRole ?role .": OF_ROLE,
        "without a ind:PatientCase ;": CASE,
        "without ; ind:hasFinding ?node": "what is named after a case the case has",
    },
    "38-cannot-be.rq": {
        **{
            f"without ind:mayRefute ?existential ;{place}": "only of what is complete is it asked"
            for place in ("", " (2)", " (3)")
        },
        "without ; ?role ?node": ASKED,
        "without ; ind:role ?role": ASKED,
        "without ; ?role ?node (2)": ASKED,
        "without ind:role ?role ;": ASKED,
        "without ?node a ?mine .": APART,
        "without ?mine ind:overlaps ?filler .": APART,
        "without ind:filler ?filler ;": APART,
    },
    "40-absent-by-records.rq": {"without ?case a ind:PatientCase .": CASE},
    "40-not-proposed-by-records.rq": {"without a ind:PatientCase ;": CASE},
    "40-not-proposed.rq": {"without a ind:PatientCase ;": CASE},
    "40-of-case.rq": {
        "without a ind:PatientCase ;": CASE,
        "without ; ind:role ind:itself": "no property is one of cases and of records as well",
    },
    "40-never.rq": {"without a ind:PatientCase ;": CASE},
    "40-absent-by-kind.rq": {
        "without a ind:PatientCase ;": CASE,
        "without ; ind:hasFinding|ind:received|ind:proposes ?node": LINKED,
        "no ind:proposes in ind:hasFinding|ind:received|ind:proposes": PLANNED,
    },
    "40-present.rq": {
        "without ?case a ind:PatientCase .": CASE,
        "without BIND(ind:hasFinding AS ?role)": "a class of findings proves nothing else",
    },
    "40-proposed.rq": {"without a ind:PatientCase ;": CASE},
    "41-at-least.rq": {
        "without ; ind:role ?role": ATTESTS,
        "without ?counted ind:role ?role .": ATTESTS,
        "without ?case ?role ?node . (2)": "only of nodes of the case is it told what they attest",
    },
    "41-fewer.rq": {
        "without ?case a ind:PatientCase .": CASE,
        "without a ind:PatientCase ;": AGAIN,
        "without ; ind:role ?role": ASKED,
        "without ; ind:role ?role (2)": AGAIN,
        "without ind:counts ?existential ; (2)": AGAIN,
    },
    "61-score.rq": {
        "false for true in nd:meets ?subject . BIND(true AS ?met) } OPTIONA": BOUND,
        "false for true in :refutes ?subject . BIND(true AS ?refuted) } }": BOUND,
    },
    "80-status.rq": {
        "without ?case ind:refutes ?recommendation .": "met and open count more than 0"
    },
}


@functools.cache
def work() -> list[tuple[OxigraphEngine, list[ox.Quad]]]:
    """Return engines with documents of a few cases: of the grids, of counts, of quantities."""
    found = [
        (engine(name), quads_of(case_text(some)))
        for name, grid in GRIDS.items()
        for some in few(grid.cases)
    ]
    makers: list[Maker] = [
        *map(CountingMaker, range(24)),
        *map(NestedMaker, NESTED),
        *map(MeasuringMaker, MEASURING),
    ]
    for maker in makers:
        guideline = maker.guideline()
        many = 30 if isinstance(maker, NestedMaker) else 10
        cases = [maker.case(guideline, f"case-{number}") for number in range(many)]
        made = engine_of(guideline_text(guideline))
        found += [(made, quads_of(case_text(some))) for some in few(cases)]
    made, cases_of = fulfilling()
    found.append((made, quads_of(cases_of)))
    choose = random.Random(5)  # noqa: S311 - not for secrets
    for done, signed in itertools.product((False, True), repeat=2):
        of = series.Kind(done, signed)
        measured = [*series.chosen(of), *(series.random_case(choose, of) for _ in range(40))]
        made = engine_of(series.guideline(of))
        found += [(made, quads_of(series.document(some))) for some in few(measured)]
    spelled = [text for _, _, text in (random_case(choose) for _ in range(160))]
    told = [f" ; {one}" for one in (*(said for said, _ in OTHERWISE), *ALIKE)]
    valued = [said_of(random_values(choose)) for _ in range(60)]
    expressed = vocabulary([random_node(choose, 2) for _ in range(10)])
    for guideline_of, texts in (
        (BOTH, of_both()),
        (FINE, [*spelled, *of_classes()]),
        (CONTRADICTED, told),
        (expressed, valued),
        (EVERYWHERE, everywhere()),
    ):
        made = engine_of(guideline_of)
        found += [(made, quads_of(spells.document(some))) for some in few(texts)]
    for example in ("expression", "days-covered", "interval", "nested"):
        folder = ROOT / "docs" / "examples" / example
        made = OxigraphEngine(kept.compiled(load(folder / "guideline.ttl")).graph)
        for one in ("met", "refuted"):
            found.append((made, [*read(folder / f"{one}.ttl").quads]))
    return found


def few(cases: Sequence[T]) -> list[Sequence[T]]:
    """Part cases into as many as are soon answered: what changes nothing is put to them all."""
    return [cases[at : at + 20] for at in range(0, len(cases), 20)]


def engine_of(guideline: str) -> OxigraphEngine:
    return OxigraphEngine(kept.compiled(source_of(guideline)).graph)


def quads_of(cases: str) -> list[ox.Quad]:
    return list(parse(cases, path="case.ttl").quads)


def seen(made: Engine) -> list[list[str]]:
    """Return all that is told of the answers, and the reasons and records that they rest on."""
    asked = ("what-is-the-status", "what-is-superseded", "why-is-it-so", MAKING)
    rows = [made.select(DECIDED), *map(made.ask, asked), *map(made.select, (LENGTHS, DONE))]
    rows.append(made.contradictions())
    return [sorted(map(str, one)) for one in rows]


@functools.cache
def usual() -> list[list[list[str]]]:
    found = []
    for made, quads in work():
        made.begin(quads)
        found.append(seen(made))
    return found


class Before(NamedTuple):
    """A document as it is before a rule runs, and what the rule says then."""

    engine: OxigraphEngine
    stratum: int
    known: list[ox.Triple]
    stated: frozenset[str]
    said: set[ox.Triple]


class Weakened:
    """A rule of which each document shows what it says, and what follows if it says less."""

    def __init__(self, rule: Rule) -> None:
        self._runs = [one for one in rules() if one.text == rule.text]
        self._before: dict[int, list[Before]] = {}

    def noticed(self, number: int, text: str) -> bool:
        """Tell whether anything else is answered in a document with another text of the rule.

        It is not if the rule says the same over the same, wherever it runs.
        """
        if number not in self._before:
            self._before[number] = list(self._usual(number))
        before = self._before[number]
        try:
            if all({*one.engine.construct(text)} == one.said for one in before):
                return False
            made, first = work()[number][0], before[0]
            made.forget()
            made._add(map(tuple, first.known))
            made._stated = {*first.stated}
            changed = [
                dataclasses.replace(one, text=text) if one in self._runs else one for one in rules()
            ]
            derive(made, [one for one in changed if one.stratum >= first.stratum])
            return seen(made) != usual()[number]
        except RuntimeError:
            return True

    def _usual(self, number: int) -> Iterator[Before]:
        """Yield what is before each run of the rule in a document."""
        given, quads = work()[number]
        for run in self._runs:
            made = OxigraphEngine(given._graph)
            made._add((quad.subject, quad.predicate, quad.object) for quad in quads)
            made._stated = {quad.predicate.value for quad in quads}
            derive(made, [one for one in rules() if one.stratum < run.stratum])
            if made._speaks(run.needs):
                known, stated = [*made.known()], frozenset(made._stated)
                yield Before(made, run.stratum, known, stated, {*made.construct(run.text)})


def derive(made: Engine, some: Sequence[Rule]) -> None:
    """Add what rules say, those of one stratum together, as an engine does."""
    for stratum, together in itertools.groupby(some, key=lambda rule: rule.stratum):
        if stratum < module.DESCRIBING:
            texts = [one.text for one in together if made._speaks(one.needs)]
            made._stated |= made._apply(stratum, texts)
            if stratum == module.READING and module.COMPUTES in made._stated:
                made._compute()


@pytest.mark.mutants
@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_rule_with_one_thing_less_answers_some_case_otherwise(name: str) -> None:
    """But for what is listed, with the reason why it changes nothing."""
    order = list(range(len(usual())))
    text_of = {file.name: bounded.text(file) for file in RULES}
    rule = next(one for one in rules() if one.text == text_of[name])
    weakened = Weakened(rule)
    unnoticed, tried = [], 0
    for what, text in weaker_queries(rule.text):
        try:
            ox.Store().query(text)
        except SyntaxError:
            continue
        tried += 1
        for one in order:
            if weakened.noticed(one, text):
                order.insert(0, order.pop(order.index(one)))
                break
        else:
            unnoticed.append(what)
    assert tried > 1
    assert set(unnoticed) == EQUIVALENT.get(name, {}).keys()
