"""What is answered for many patients at once is what is answered for each of them."""

from __future__ import annotations

import functools
import random
from itertools import combinations
from typing import TYPE_CHECKING

import polars as pl
import pyoxigraph as ox
import pytest
from pysat.solvers import Solver

from cohorts import answer, compare, mixed, random_cohort
from each import each
from grids import Grid, grids
from indicant.assess.assessor import Assessor
from indicant.cohort.disclosure import ALL
from indicant.cohort.establishing import Establisher, Given
from indicant.cohort.kernel import STATUS_WORDS, Kernel, status
from indicant.cohort.patterns import Consistency, Patterns
from indicant.cohort.plan import plan_of
from indicant.cohort.summary import _missing as as_missing
from indicant.cohort.summary import summarised
from indicant.files.rdf import Document, parse, read
from making import case_text, guideline_text
from places import ASSESSED, TESTS
from shipped import PREFIXES, assessor

if TYPE_CHECKING:
    from pathlib import Path

OPIOIDS = sorted((TESTS / "opioids-for-pain").glob("*/case.ttl"))


@functools.cache
def opioids() -> Assessor:
    return Assessor("opioids-for-pain")


@pytest.mark.slow
def test_the_cases_of_the_guideline_on_neck_pain_are_answered_alike() -> None:
    told = compare(assessor("auto"), [read(path) for path in ASSESSED])
    assert told.differences == []
    assert told.compared > 10_000
    assert set(told.statuses) == {
        "recommended",
        "conditional",
        "conflicting",
        "contraindicated",
        "undetermined",
        "not-applicable",
    }


@pytest.mark.slow
def test_the_cases_of_the_guideline_on_opioids_are_answered_alike() -> None:
    told = compare(opioids(), [read(path) for path in OPIOIDS])
    assert told.differences == []
    assert told.compared > 10_000


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_random_patients_of_the_guideline_on_neck_pain_are_answered_alike(seed: int) -> None:
    told = compare(assessor("auto"), list(mixed(ASSESSED, 100, seed)))
    assert told.differences == []
    assert told.states["assessed"] > 40
    assert told.states["invalid"] > 5


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_random_patients_of_the_guideline_on_opioids_are_answered_alike(seed: int) -> None:
    told = compare(opioids(), list(mixed(OPIOIDS, 60, seed)))
    assert told.differences == []
    assert told.states["assessed"] > 10


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_random_patients_of_random_guidelines_are_answered_alike(seed: int, tmp_path: Path) -> None:
    found = random_cohort(tmp_path, seed, 12)
    assert found is not None
    told = compare(*found)
    assert told.differences == []
    assert told.states["assessed"] > 1


@pytest.mark.slow
@pytest.mark.parametrize("grid", grids(), ids=lambda one: one.name)
def test_the_steps_of_every_bound_are_answered_alike(grid: Grid, tmp_path: Path) -> None:
    file = tmp_path / "grid.ttl"
    file.write_text(guideline_text(grid.guideline), encoding="utf-8")
    dice = random.Random(1)  # noqa: S311
    cases = dice.sample(list(grid.cases), min(30, len(grid.cases)))
    documents = [parse(case_text([one]), path=f"{one.name}.ttl") for one in cases]
    told = compare(Assessor(file), documents)
    assert told.differences == []
    assert told.states["assessed"] > 5


def test_patients_with_the_same_records_are_looked_at_once() -> None:
    """However their nodes are called, and in whichever order they stand."""
    first = read(ASSESSED[0])
    text = "".join(f"{quad.triple} .\n" for quad in first.quads)
    names = {quad.subject.value for quad in first.quads if isinstance(quad.subject, ox.NamedNode)}
    others = []
    for number in range(5):
        renamed = text
        for name in names:
            renamed = renamed.replace(f"<{name}>", f"<{name}/{number}>")
        lines = renamed.splitlines()
        other = "\n".join(lines if number % 2 else reversed(lines))
        others.append(parse(other, path=f"other-{number}.ttl"))
    made = assessor("auto")
    establisher = Establisher(made, plan_of(made.compiled.graph))
    found = list(establisher.found(Given(one.path, one.quads) for one in (first, *others)))
    assert establisher.asked == 1
    assert len({one.literals for one in found}) == 1
    assert [one.given.patient for one in found] == [first.path, *(one.path for one in others)]


def dated(name: str, born: str, onset: str, start: str, end: str) -> Document:
    """Return a patient with days of birth, of a pain, and of a course whose length counts."""
    text = f"""{PREFIXES}
:{name} a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ; ind:birthDate "{born}"^^xsd:date ;
    ind:hasFinding [ a spine:NeckPain ; ind:onset "{onset}"^^xsd:date ] ;
    ind:hadFinding [ a spine:Myelopathy ; ind:onset "{onset}"^^xsd:date ;
        ind:endedOn "{end}"^^xsd:date ] ;
    ind:received [ a spine:FormalPhysicalTherapy ;
        ind:startedOn "{start}"^^xsd:date ; ind:endedOn "{end}"^^xsd:date ] .
"""
    return parse(text, path=name)


@pytest.mark.slow
def test_days_that_no_rule_looks_at_are_left_out_of_account() -> None:
    """And no others: neither those of a course of 41 or 42 days, nor one that is not valid."""
    dice = random.Random(7)  # noqa: S311
    begun = ("2026-10-11", "2026-10-10", "2026-09-01", "2026-12-01")
    documents = []
    for number in range(80):
        born, onset = (
            f"{year}-0{dice.randrange(1, 10)}-1{dice.randrange(10)}"
            for year in (dice.randrange(1940, 1990), dice.choice((2024, 2025, 2026)))
        )
        if dice.random() < 0.1:
            born = "2027-01-01"
        end = dice.choice(("2026-11-21", "2026-11-22", "2026-11-23"))
        documents.append(dated(f"c{number}", born, onset, dice.choice(begun), end))
    made = assessor("auto")
    told = compare(made, documents)
    assert told.differences == []
    assert told.states["assessed"] > 20
    assert told.states["invalid"] > 20
    establisher = Establisher(made, plan_of(made.compiled.graph))
    found = list(establisher.found(Given(one.path, one.quads) for one in documents))
    assert establisher.asked - sum(bool(one.problem) for one in found) < 12
    assert len({one.literals for one in found if not one.problem}) > 1


@pytest.mark.many(1000)
@pytest.mark.parametrize("name", ["neck-pain-after-lumbar-fusion", "opioids-for-pain"])
def test_facts_that_cannot_all_hold_are_found(name: str) -> None:
    """As a solver finds them, and a least set of them."""
    made = opioids() if name == "opioids-for-pain" else assessor("auto")
    plan = plan_of(made.compiled.graph)
    consistency = Consistency(made, plan)
    numbers: dict[str, int] = {}
    for at, iri in enumerate(plan.literals):
        stem, _, polarity = iri.rpartition("/")
        numbers[iri] = numbers.setdefault(stem, len(numbers) + 1) * (
            1 if polarity == "present" else -1
        )
        numbers[stem] = abs(numbers[iri])
        assert at == plan.number[iri]
    clauses: dict[str, list[int]] = {}
    for clause, literal, _ in made.ask("which-clauses-are-there"):
        assert clause
        assert literal
        stem, _, polarity = literal.rpartition("/")
        number = numbers.setdefault(stem, len(numbers) + 1)
        clauses.setdefault(clause, []).append(number if polarity == "present" else -number)
    dice = random.Random(name)  # noqa: S311
    bare = clashing = 0
    with Solver(bootstrap_with=list(clauses.values())) as solver:
        for _ in range(600):
            some = dice.sample(range(len(plan.literals)), dice.choice((2, 4, 8, 12)))
            mask = sum(1 << one for one in some)
            clash = consistency.clash(mask)
            signs = [numbers[plan.literals[one]] for one in some]
            opposed = any(-one in signs for one in signs)
            holds = not opposed and solver.solve(assumptions=signs)
            assert bool(clash) != holds
            if clash:
                clashing += 1
                core = [numbers[plan.literals[one]] for one in clash]
                assert set(core) <= set(signs)
                for less in combinations(core, len(core) - 1):
                    assert all(-one not in less for one in less)
                    assert solver.solve(assumptions=list(less))
            else:
                bare += 1
    assert bare > 50
    assert clashing > 50


def test_whose_facts_cannot_all_hold_gets_no_answer() -> None:
    made = assessor("auto")
    plan = plan_of(made.compiled.graph)
    patterns = Patterns(Consistency(made, plan))
    present = next(one for one in plan.literals if one.endswith("/present"))
    absent = present.removesuffix("present") + "absent"
    both = 1 << plan.number[present] | 1 << plan.number[absent]
    assert (patterns.number(both), patterns.number(0), patterns.number(both)) == (0, 1, 0)
    assert set(patterns.clashes[0]) == {plan.number[present], plan.number[absent]}
    assert patterns.frame(plan)["pattern"].to_list() == [1]
    words = patterns.consistency.words(patterns.clashes[0])
    assert words.count(" and ") == 1


@pytest.mark.slow
def test_what_is_missing_is_told_once_for_each_answer_that_waits_for_it() -> None:
    documents = [read(path) for path in ASSESSED[:6]]
    _, summary = answer(assessor("auto"), documents)
    assert summary.lacking == sorted(
        summary.lacking, key=lambda one: (-one.answers, -one.alone, one.label, one.term)
    )
    assert all(one.alone <= one.answers for one in summary.lacking)
    assert all(0 < one.patients <= len(documents) for one in summary.lacking)
    assert any(0 < one.alone < one.answers for one in summary.lacking)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["neck-pain-after-lumbar-fusion", "opioids-for-pain"])
def test_how_many_answers_a_complete_record_would_close_is_what_the_columns_say(name: str) -> None:
    """The kernel answers for the patients once more, with what follows from the absence."""
    made = assessor("auto") if name.startswith("neck") else opioids()
    paths = ASSESSED[::6] if name.startswith("neck") else OPIOIDS[::6]
    answered, summary = answer(made, [read(path) for path in paths])
    plan, consistency = answered.plan, Consistency(made, answered.plan)
    weights = answered.weights().group_by("pattern").agg(pl.col("patients").sum())
    many = dict(weights.iter_rows())
    entailment = consistency._entailment
    catalogue = made.catalogue
    told = [one for one in summary.lacking if one.closes is not None]
    assert 5 < len(told) <= 15
    for one in each(told):
        absent = [
            iri
            for iri, record in catalogue.awaited.items()
            if (record["term"], record["label"]) == (one.term, one.label)
            and iri.endswith("/absent")
        ]
        patterns, before, counts = Patterns(consistency), [], []
        for pattern in many:
            mask = answered.patterns.masks[pattern]
            names = [plan.literals[at] for at in range(len(plan.literals)) if mask >> at & 1]
            if any(catalogue.opposite[iri] in names for iri in absent):
                continue
            then = entailment.closure(entailment.mask([*names, *absent]))
            if then is None:
                continue
            closed = {entailment.names[at] for at in range(entailment.count) if then >> at & 1}
            number = patterns.number(
                sum(1 << plan.number[iri] for iri in closed if iri in plan.number)
            )
            before.append(pattern)
            counts.append(number)
        after = Kernel(plan).answered(patterns.frame(plan).lazy()).collect()
        statuses = dict(zip(after["pattern"], after.rows(named=True), strict=True))
        old = {
            (row["pattern"], row["intervention"]): row["status"]
            for row in answered.interventions.iter_rows(named=True)
        }
        expected = sum(
            many[pattern]
            for pattern, number in zip(before, counts, strict=True)
            for at, action in enumerate(plan.interventions)
            if old[pattern, action.iri] in {"conditional", "undetermined"}
            and STATUS_WORDS[statuses[number][status(at)]] not in {"conditional", "undetermined"}
        )
        assert one.closes == expected
    assert any(one.closes for one in told)


@pytest.mark.slow
def test_what_a_fact_would_close_is_withheld_with_what_it_would_close() -> None:
    """Also of an intervention that is open for want of others."""
    answered, summary = answer(assessor("auto"), [read(path) for path in ASSESSED[::2]])
    found = [(one, other) for one in summary.lacking for other in one.closing - one.waiting]
    told = []
    for fact, other in each(sorted(found, key=lambda pair: (pair[0].label, pair[1]))):
        made = summarised(answered, by_stratum=False)
        made.numbers = {cell: 100 * number for cell, number in made.numbers.items()}
        made.lacking = [one for one in made.lacking if one.label == fact.label]
        for one in made.lacking:
            one.answers, one.patients, one.alone = (
                100 * number for number in (one.answers, one.patients, one.alone)
            )
        made.numbers["status", other, "undetermined", ALL] = 1
        made.withhold(5, answered)
        assert all(one.withheld or one.withheld_closes for one in made.lacking)
        told += [as_missing(made, one) for one in made.lacking if not one.withheld]
    assert told
    assert {one["closes"] for one in told} == {None}
