"""Answers and proofs on small guidelines that were once answered wrongly, and on random ones.

Each small guideline stands for a kind: numbers that a store cannot read, one node in two roles,
values that no criterion names, versions that read one case differently.
"""

from __future__ import annotations

import dataclasses
import datetime
from contextlib import ExitStack
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

import pytest

from brute import (
    DAYS,
    FINDING,
    HAS_FINDING,
    INTERVENTION,
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
    Some,
    Span,
    Within,
    within,
)
from indicant import cli
from indicant.assess.validation import SHAPE
from indicant.compile.compiled import compile_source
from indicant.compile.model import existentials
from indicant.compile.profile import read_model, refusals
from indicant.diff.differences import compare
from indicant.diff.revisions import open_version
from indicant.errors import IndicantError
from indicant.files.rdf import parse
from indicant.possible.verification import verify
from making import (
    EX,
    PREFIXES,
    BesideMaker,
    CountingMaker,
    Maker,
    case_text,
    guideline_text,
)
from oracle import Bench, Proofs, source_of

if TYPE_CHECKING:
    from pathlib import Path

    from brute import Facet

TODAY = datetime.date(2026, 6, 1)
VOCABULARY = Guideline(
    classes={
        "ex:Pain": (FINDING,),
        "ex:Course": (INTERVENTION,),
        "ex:Sub": ("ex:Course",),
        "ex:Act": (INTERVENTION,),
        "ex:Film": (INTERVENTION,),
    },
    disjoint=(("ex:High", "ex:Low"),),
    once=((RECEIVED, "ex:Course"),),
    data={
        DAYS: Span("integer"),
        WEEKS: Span("decimal"),
        "ex:flag": Span("boolean"),
        "ex:text": Span("string"),
        "ex:level": Span("decimal"),
        "ex:grade": Span("integer"),
    },
    objects={"ex:degree": True, "ex:link": False},
    kinds={"ex:High": (), "ex:Low": ()},
    individuals={"ex:severe": ("ex:High",), "ex:moderate": ("ex:Low",)},
)
LONG = "37.3333333333333333333"
INTEGER = "http://www.w3.org/2001/XMLSchema#integer"


def course(*facets: Facet, role: str = RECEIVED) -> Some:
    return Some(role, "ex:Course", facets)


def guideline(
    pro: Expression, contra: Expression | None = None, vocabulary: Guideline = VOCABULARY
) -> Guideline:
    """Return a guideline with an indication for an act, and perhaps a contraindication."""
    criteria = {"ex:C": pro} | ({} if contra is None else {"ex:D": contra})
    advice = {"ex:r": Advice("ex:r", "Indication", "ex:Act", "ex:C")}
    if contra is not None:
        advice["ex:s"] = Advice("ex:s", "Contraindication", "ex:Act", "ex:D")
    return dataclasses.replace(vocabulary, criteria=criteria, advice=advice)


def case(*nodes: Node) -> Case:
    return Case("c", TODAY, nodes)


def broken(bench: Bench, one: Case) -> set[str]:
    findings = bench.validator.check(bench.document([one]))
    return {finding.shape.removeprefix(SHAPE) for finding in findings}


# ---------------------------------------------------------------------- numbers


RANGE = (
    "owl:someValuesFrom [ a rdfs:Datatype ; owl:onDatatype xsd:decimal ; "
    "owl:withRestrictions ( [ xsd:minInclusive {} ] ) ]"
)


def with_facet(facet: str) -> str:
    """Return a guideline with one criterion, whose one facet is given in Turtle."""
    text = guideline_text(guideline(course(Is("ex:level", Decimal(12345)))))
    assert text.count("owl:hasValue 12345") == 1
    return text.replace("owl:hasValue 12345", facet)


@pytest.mark.many(6)
@pytest.mark.parametrize(
    ("facet", "why"),
    [
        (RANGE.format(LONG), "at most 18 digits"),
        (RANGE.format("123456789012345678901234"), "at most 18 digits"),
        (RANGE.format("0.00000000000000000000001"), "at most 18 digits"),
        (RANGE.format("1.5000000000"), "at most 18 digits"),
        (f"owl:hasValue {LONG}", "at most 18 digits"),
        ("owl:someValuesFrom xsd:unsignedLong", "at most 18 digits"),
        (RANGE.format('"1e5"^^xsd:decimal'), "facets are"),
        (RANGE.format('"NaN"^^xsd:decimal'), "facets are"),
        (RANGE.format('"1_0"^^xsd:decimal'), "facets are"),
        (RANGE.format('"300"^^xsd:byte'), "facets are"),
        ('owl:hasValue "yes"^^xsd:boolean', "no xsd:boolean"),
        ('owl:hasValue "ten"^^xsd:integer', "no xsd:integer"),
    ],
)
def test_a_number_that_not_every_engine_compares_exactly_is_refused(facet: str, why: str) -> None:
    """By whatever reads a guideline, naming the limit."""
    source = source_of(with_facet(facet))
    for reads in (compile_source, verify):
        with pytest.raises(IndicantError, match=why):
            reads(source)
    assert [why in one.message for one in refusals(source)] == [True]


@pytest.mark.slow
def test_the_greatest_and_finest_numbers_are_compared_exactly() -> None:
    """A number at a bound of eighteen digits or nine places is at it, one beside it is not."""
    pain = Some(
        HAS_FINDING, "ex:Pain", (within("ex:level", "decimal", minInclusive="0.123456789"),)
    )
    great = Some(HAS_FINDING, "ex:Pain", (within("ex:grade", minExclusive=10**18 - 1),))
    bench = Bench(guideline(Or((pain, great))))
    for value, answer in (("0.123456789", "met"), ("0.123456788", "open"), ("999999999", "met")):
        one = case(Node("n", HAS_FINDING, ("ex:Pain",), (("ex:level", Decimal(value)),)))
        assert bench.compare([one]) == []
        assert bench.decided(one)[EX + "r"] == answer


@pytest.mark.slow
def test_what_a_store_cannot_read_decides_nothing() -> None:
    """Where a case with such a number got past the shapes, nothing would be concluded from it."""
    level = within("ex:level", "decimal", minInclusive=36, maxExclusive=38)
    for criterion in (course(level), Not(course(level))):
        bench = Bench(guideline(criterion))
        one = case(Node("n", RECEIVED, ("ex:Course",), (("ex:level", Decimal(LONG)),)))
        assert broken(bench, one) == {"Node-datatype"}
        assert bench.decided(one)[EX + "r"] == "open"


# ---------------------------------------------------------------------- classes of values


@pytest.mark.many(2)
@pytest.mark.parametrize(
    ("cls", "why"),
    [
        ("ex:Course", "a class of records"),
        ("ex:Pain", "a class of records"),
        ("ind:PatientCase", "a class of records"),
        ("owl:Thing", "no class Thing is declared"),
        ("ex:Heigh", "no class Heigh is declared"),
    ],
)
@pytest.mark.parametrize("name", ["ex:degree", "ex:link"])
def test_a_facet_takes_a_class_of_values_not_of_records(name: str, cls: str, why: str) -> None:
    """Unless the range of the property says that it leads to records."""
    with pytest.raises(IndicantError, match=why):
        Bench(guideline(course(IsA(name, cls))))


@pytest.mark.slow
@pytest.mark.many(2)
@pytest.mark.parametrize("name", ["ex:degree", "ex:link"])
def test_a_case_does_not_say_of_what_kind_a_value_is(name: str) -> None:
    """Whatever it calls High would count in OWL, and no rule looks there."""
    bench = Bench(guideline(Some(HAS_FINDING, "ex:Pain", (IsA(name, "ex:High"),))))
    text = f"""{PREFIXES}
:c a ind:PatientCase ; ind:asOf "2026-06-01"^^xsd:date ; ind:hasFinding :n .
:n a ex:Pain ; {name} :own .
:own a ex:High .
"""
    found = bench.validator.check(parse(text, path="case.ttl"))
    assert {one.shape.removeprefix(SHAPE) for one in found} == {"Node-choice"}
    node = Node("n", HAS_FINDING, ("ex:Pain",), ((name, Iri("ex:severe")),))
    assert bench.compare([case(node)]) == []


# ---------------------------------------------------------------------- one node, two readings


@pytest.mark.slow
def test_what_was_received_is_not_what_is_proposed() -> None:
    bench = Bench(guideline(Or((Not(Some(RECEIVED, "ex:Sub")), Some(PROPOSES, "ex:Sub")))))
    one = case(Node("n", RECEIVED, ("ex:Course",), planned=True))
    assert broken(bench, one) == {"Case-plan"}


@pytest.mark.slow
def test_a_node_has_dates_or_weeks() -> None:
    bench = Bench(guideline(course(within(WEEKS, "decimal", minInclusive=6))))
    node = Node("n", RECEIVED, ("ex:Course",), ((WEEKS, Decimal(3)),), datetime.date(2026, 1, 1))
    assert broken(bench, case(node)) == {"Weeks-beside-date"}


@pytest.mark.slow
@pytest.mark.many(5)
@pytest.mark.parametrize(
    ("node", "answer"),
    [
        (Node("n", PROPOSES, ("ex:Course",), ((WEEKS, Decimal(2)),)), "met"),
        (Node("n", PROPOSES, ("ex:Course",), ((WEEKS, Decimal("1.9")),)), "open"),
        (
            Node("n", PROPOSES, ("ex:Course",), (), TODAY, TODAY + datetime.timedelta(days=14)),
            "met",
        ),
        (
            Node("n", PROPOSES, ("ex:Course",), (), TODAY, TODAY + datetime.timedelta(days=13)),
            "open",
        ),
        (Node("n", PROPOSES, ("ex:Course",), (), datetime.date(2026, 1, 1)), "open"),
    ],
)
def test_a_proposal_lasts_as_long_as_it_says(node: Node, answer: str) -> None:
    """Its weeks are days as well, and without an end nothing says how long it is to last."""
    bench = Bench(guideline(course(within(DAYS, minInclusive=14), role=PROPOSES)))
    assert bench.compare([case(node)]) == []
    assert bench.decided(case(node))[EX + "r"] == answer


# ---------------------------------------------------------------------- proofs


def conflicts(one: Guideline) -> list[str]:
    """Return the facts of the smallest cases in conflict."""
    found = verify(source_of(guideline_text(one)))
    return [str(result.data["facts"]) for result in found.results if result.rule == "conflict"]


def rules(one: Guideline) -> set[str]:
    return {result.rule for result in verify(source_of(guideline_text(one))).results}


@pytest.mark.slow
@pytest.mark.parametrize(
    "facet", [Is("ex:flag", True), Is("ex:text", "a"), Is("ex:text", "other")], ids=str
)
def test_values_that_no_criterion_names_are_tried(facet: Is, tmp_path: Path) -> None:
    """A course with another truth value or text is one with no such value."""
    pro = And((course(), Not(course(facet))))
    assert "dead" not in rules(guideline(pro))
    assert conflicts(guideline(course(), pro))
    old, new = guideline(pro), guideline(And((pro, Not(pro))))
    assert ("recommended", "not-applicable") in changes(tmp_path, old, new)["Act"]


@pytest.mark.slow
def test_weeks_that_are_no_whole_days_are_tried() -> None:
    """6.1 weeks are 42 days, and more than six weeks."""
    weeks = course(within(WEEKS, "decimal", minExclusive=6))
    assert conflicts(guideline(weeks, course(within(DAYS, maxInclusive=42))))
    assert not conflicts(guideline(weeks, course(within(DAYS, maxInclusive=41))))


@pytest.mark.slow
def test_numbers_between_all_named_ones_are_tried() -> None:
    """0.95 lies between 0.9 and 1.1 and is no whole number."""
    above = course(within("ex:level", "decimal", minExclusive="0.9"))
    below = course(within("ex:level", "decimal", maxExclusive="1.1"))
    whole = course(Within("ex:level", Span("integer")))
    assert conflicts(guideline(above, And((below, Not(whole)))))
    assert conflicts(guideline(above, And((below, whole))))
    fine = course(within("ex:level", "decimal", maxExclusive="0.900000001"))
    (only,) = conflicts(guideline(above, fine))
    words = "with level more than 0.9 and less than 0.900000001"
    assert words in only, "no number of nine places lies between, and yet it can be known to"


@pytest.mark.slow
def test_false_is_not_nought() -> None:
    """A property without a range may have either, and what is said of one is said of it alone."""
    free = dataclasses.replace(VOCABULARY, data={**VOCABULARY.data, "ex:free": None})
    nought = Some(HAS_FINDING, "ex:Pain", (Is("ex:free", Decimal(0)),))
    false = Some(HAS_FINDING, "ex:Pain", (Is("ex:free", False),))
    one = guideline(nought, And((false, Not(Some(RECEIVED, "ex:Act")))), free)
    proofs = Proofs([Bench(one)])
    assert proofs.strays(100) == []
    for value in (Decimal(0), False, True, "false", "0"):
        node = Node("n", HAS_FINDING, ("ex:Pain",), (("ex:free", value),))
        assert proofs.impossible(case(node)) == []


@pytest.mark.slow
def test_no_conflict_rests_on_dates_beside_weeks() -> None:
    """A case cannot record a long course by its dates that is short by its weeks."""
    short = course(within(WEEKS, "decimal", maxInclusive=5))
    assert not conflicts(guideline(course(within(DAYS, minInclusive=42)), short))


def test_advice_about_the_days_of_a_proposal_is_not_dead() -> None:
    one = guideline(course(within(DAYS, minInclusive=14), role=PROPOSES))
    assert "dead" not in rules(one)


def changes(folder: Path, old: Guideline, new: Guideline) -> dict[str, set[tuple[str, str]]]:
    """Return how the statuses of each intervention change from one version to the next."""
    with ExitStack() as stack:
        versions = []
        for name, one in (("old", old), ("new", new)):
            (folder / f"{name}.ttl").write_text(guideline_text(one), encoding="utf-8")
            versions.append(open_version(stack, str(folder / f"{name}.ttl")))
        found: dict[str, set[tuple[str, str]]] = {}
        for one_change in compare(*versions).behaviour:
            found.setdefault(one_change.label, set()).add((one_change.old, one_change.new))
        return found


@pytest.mark.slow
def test_a_value_that_changes_class_changes_answers(tmp_path: Path) -> None:
    old = guideline(Some(HAS_FINDING, "ex:Pain", (IsA("ex:degree", "ex:High"),)))
    individuals = {"ex:severe": ("ex:High",), "ex:moderate": ("ex:High",)}
    new = dataclasses.replace(old, individuals=individuals)
    fewer = {("undetermined", "recommended")}
    # Where all pain is recorded, a value that the facet does not accept refutes.
    fewer |= {("not-applicable", "recommended"), ("not-applicable", "undetermined")}
    assert changes(tmp_path, old, new) == {"Act": fewer}
    assert changes(tmp_path, new, old) == {"Act": {(two, one) for one, two in fewer}}


@pytest.mark.slow
def test_a_property_that_is_functional_no_longer_refutes_no_longer(tmp_path: Path) -> None:
    old = guideline(course(Is("ex:degree", Iri("ex:severe"))))
    new = dataclasses.replace(old, objects={"ex:degree": False, "ex:link": False})
    assert changes(tmp_path, old, new) == {"Act": {("not-applicable", "undetermined")}}
    assert changes(tmp_path, new, old) == {"Act": {("undetermined", "not-applicable")}}


@pytest.mark.slow
def test_a_class_taken_out_from_under_a_course_recorded_once_refutes_no_longer(
    tmp_path: Path,
) -> None:
    old = guideline(course(within("ex:grade", minInclusive=3)))
    new = dataclasses.replace(old, classes={**old.classes, "ex:Sub": (INTERVENTION,)})
    both = {("recommended", "undetermined"), ("not-applicable", "undetermined")}
    # Where all of the course is recorded, what is none of it any more is something else.
    both |= {("recommended", "not-applicable"), ("undetermined", "not-applicable")}
    assert changes(tmp_path, old, new) == {"Act": both}
    assert changes(tmp_path, new, old) == {"Act": {(two, one) for one, two in both}}


@pytest.mark.slow
def test_another_name_for_an_action_changes_nothing_about_it(tmp_path: Path) -> None:
    """What has the name now is answered as what bears it, and was not spoken of before."""
    old = guideline(Some(HAS_FINDING, "ex:Pain"))
    classes = {cls: up for cls, up in old.classes.items() if cls != "ex:Film"}
    new = dataclasses.replace(old, classes=classes, alias={"ex:Film": "ex:Act"})
    found = changes(tmp_path, old, new)
    assert found.keys() == {"Film"}
    assert {one for one, _ in found["Film"]} == {"not-applicable"}
    for one in (old, new):
        bench = Bench(one)
        assert bench.compare([case(Node("n", HAS_FINDING, ("ex:Pain",)))]) == []


@pytest.mark.slow
def test_an_action_under_two_names_is_compared_under_both(tmp_path: Path) -> None:
    pain, course_ = Some(HAS_FINDING, "ex:Pain"), course()
    classes = {cls: up for cls, up in VOCABULARY.classes.items() if cls != "ex:Film"}
    named = dataclasses.replace(VOCABULARY, classes=classes, alias={"ex:Aaa": "ex:Act"})
    found = changes(tmp_path, guideline(pain, course_, named), guideline(pain, pain, named))
    assert found["Act"] == found["Aaa"]
    assert ("recommended", "conflicting") in found["Act"]


@pytest.mark.slow
@pytest.mark.many(2)
@pytest.mark.parametrize(
    ("pro", "contra"),
    [
        (course(), And((course(), Not(course(Is("ex:flag", True)))))),
        (
            course(within(WEEKS, "decimal", minExclusive=6)),
            course(within(DAYS, maxInclusive=42)),
        ),
    ],
    ids=["flag", "weeks"],
)
def test_guidelines_that_contradict_each_other_are_told_to(
    pro: Expression, contra: Expression, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = []
    for name, role, one in (("a", "Indication", pro), ("b", "Contraindication", contra)):
        text = guideline_text(
            dataclasses.replace(
                VOCABULARY,
                criteria={f"ex:{name}-C": one},
                advice={
                    f"ex:{name}-r": Advice(f"ex:{name}-r", role, "ex:Act", f"ex:{name}-C"),
                },
            )
        )
        head = f"<https://example.org/{name}/> a owl:Ontology , ind:Guideline ."
        part = f"ex:{name}-r <http://purl.org/dc/terms/isPartOf> <https://example.org/{name}/> ."
        text = text.replace(f"<{EX}> a owl:Ontology .", f"{head}\n{part}")
        files.append(tmp_path / f"{name}.ttl")
        files[-1].write_text(text, encoding="utf-8")
    merged = tmp_path / "merged.trig"
    assert cli.main(["merge", *map(str, files), "-o", str(merged)]) == 1
    assert "[contradiction]" in capsys.readouterr().out


# ---------------------------------------------------------------------- all cases


SEEDS = range(9301, 9309)


@cache
def versions(seed: int) -> tuple[Maker, Bench, Bench | None]:
    """Return a random guideline, and another version of it where the profile takes that."""
    maker = (BesideMaker, CountingMaker, Maker, Maker)[seed % 4](seed)
    made = maker.guideline()
    revised = maker.revised(made)
    try:
        other = Bench(revised) if revised != made else None
    except IndicantError:
        other = None
    return maker, Bench(made), other


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_whole_vector_of_a_case_is_possible(seed: int) -> None:
    """All answers of a random case together are those of one case that verification knows."""
    maker, bench, _ = versions(seed)
    proofs = Proofs([bench])
    cases = [maker.case(bench.guideline, f"c{number}") for number in range(20)]
    valid = [one for one in cases if bench.valid(one)]
    assert len(valid) > 5
    for one in valid:
        assert proofs.impossible(one) == [], case_text([one])


@pytest.mark.slow
@pytest.mark.many(8)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_answers_of_two_versions_are_possible_together(seed: int) -> None:
    """What both versions answer about a random case, diff knows of; its witnesses bear it out."""
    maker, bench, other = versions(seed)
    if other is None:
        pytest.skip("the profile does not take the other version")
    proofs = Proofs([bench, other])
    for number in range(20):
        one = maker.case(bench.guideline, f"c{number}")
        if bench.valid(one) and other.valid(one):
            assert proofs.impossible(one) == [], case_text([one])
    assert proofs.strays(60) == []


@pytest.mark.slow
def test_most_random_versions_are_compared() -> None:
    """The test above does not pass because there is nothing to compare."""
    assert sum(versions(seed)[2] is not None for seed in SEEDS) >= len(SEEDS) // 2


@pytest.mark.parametrize(
    ("one", "other"), [("2", "2.0"), ("2", "+2"), ("0", "-0.0"), ("2.5", "2.50"), ("100", "100.0")]
)
def test_a_number_is_one_however_it_is_written(one: str, other: str) -> None:
    """Equal facets have one name in the compiled form, so that no literal is known by another."""
    criteria = [
        f"ex:C{at} a owl:Class , ind:Criterion ; owl:equivalentClass [ a owl:Restriction ; "
        "owl:onProperty ind:hasFinding ; owl:someValuesFrom [ a owl:Class ; owl:intersectionOf ( "
        "ex:F [ a owl:Restriction ; owl:onProperty ex:d ; owl:someValuesFrom [ a rdfs:Datatype ; "
        f"owl:onDatatype xsd:decimal ; owl:withRestrictions ( [ xsd:maxInclusive {number} ] ) "
        f"] ] ) ] ] . ex:R{at} a ind:Indication ; ind:action ex:A ; ind:criterion ex:C{at} .\n"
        for at, number in enumerate((one, other))
    ]
    text = (
        "ex:F a owl:Class ; rdfs:subClassOf ind:Finding .\n"
        "ex:A a owl:Class ; rdfs:subClassOf ind:Intervention .\n"
        "ex:d a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:range xsd:decimal .\n"
    )
    head = f"{PREFIXES}<https://example.org/g/> a owl:Ontology .\n"
    model = read_model(source_of(head + text + "".join(criteria)))
    facets = [
        facet
        for body in model.criteria.values()
        for atom in existentials(body)
        for facet in atom.facets
    ]
    assert len(facets) == 2
    assert repr(facets[0]) == repr(facets[1])
