"""The engines answer random criteria about random cases as OWL entails."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pytest

from brute import Case, Guideline, Models, Not, Ref, Some
from each import each
from making import BesideMaker, CountingMaker, Maker, case_text, guideline_text
from measuring import MeasuringMaker
from oracle import Bench, Tally, run, shrink

SEEDS = range(9001, 9004)
CASES = 8


def valid_cases(maker: Maker, bench: Bench) -> list[Case]:
    cases: list[Case] = []
    while len(cases) < CASES:
        case = maker.case(bench.guideline, f"c{len(cases)}")
        if bench.valid(case):
            cases.append(case)
    return cases


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_random_criteria_are_answered_as_owl_entails(seed: int) -> None:
    """Oxigraph, rdflib, HermiT and a search for models give one answer."""
    maker = Maker(seed)
    bench = Bench(maker.guideline())
    cases = valid_cases(maker, bench)
    tally = Tally()
    for first in range(0, CASES, 2):
        assert bench.compare(cases[first : first + 2], tally) == []
    assert tally.pairs >= 5 * CASES


@pytest.mark.slow
@pytest.mark.parametrize("seed", [9002, 9004])
def test_a_course_that_is_also_something_else_is_decided_exactly(seed: int) -> None:
    """So are random criteria that look at one course from above, from below and from beside."""
    maker = BesideMaker(seed)
    bench = Bench(maker.guideline())
    for case in each(valid_cases(maker, bench)):
        assert bench.compare([case]) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", [9002, 9005])
def test_counts_and_scores_are_decided_exactly(seed: int) -> None:
    maker = CountingMaker(seed)
    guideline = maker.guideline()
    assert guideline.scores
    bench = Bench(guideline)
    for case in each(valid_cases(maker, bench)[:5]):
        assert bench.compare([case]) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", [9006])
def test_quantities_and_computed_values_are_decided_exactly(seed: int) -> None:
    """As a second account of what records give has it, on all engines."""
    maker = MeasuringMaker(seed)
    bench = Bench(maker.guideline())
    for case in each(valid_cases(maker, bench)[:4]):
        assert bench.compare([case]) == []


@pytest.mark.slow
def test_the_comparison_is_not_trivial() -> None:
    """Met, refuted and open each make up more than 15 per cent of the answers."""
    answers: Counter[str] = Counter()
    for seed in range(9121, 9141):
        maker = Maker(seed)
        guideline = maker.guideline()
        for number in range(4):
            answers.update(model_answers(guideline, maker.case(guideline, f"c{number}")))
    assert min(answers.values()) > 0.15 * answers.total()


def model_answers(guideline: Guideline, case: Case) -> list[str]:
    models = Models(guideline, case, guideline.criteria.values())
    try:
        return [models.answer(Ref(name)) for name in guideline.criteria]
    finally:
        models.close()


@pytest.mark.slow
def test_a_wrong_answer_is_noticed() -> None:
    """A criterion turned into its complement behind the engines' back disagrees with all three."""
    maker = Maker(9001)
    bench = Bench(maker.guideline())
    cases = valid_cases(maker, bench)
    criteria = {name: Not(one) for name, one in bench.guideline.criteria.items()}
    bench.guideline = dataclasses.replace(bench.guideline, criteria=criteria)
    found = [one for case in cases for one in bench.compare([case])]
    assert any("hermit" in dict(one.accounts) for one in found)


@pytest.mark.slow
def test_a_disagreement_is_reported_and_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is found wrong is printed as a guideline and a case that show it."""
    monkeypatch.setattr("grids.grids", lambda: ())
    monkeypatch.setattr("brute.key", lambda value: ("any", str(type(value))))
    monkeypatch.setattr("oracle.shrink", lambda guideline, case, _: (guideline, case))
    monkeypatch.setattr("brute.Models.answer", lambda *_: "met")
    tally = Tally()
    assert next(run(1, 9001, tally))
    assert tally.disagreements > 0
    assert "ind:PatientCase" in capsys.readouterr().out


def test_a_reproduction_is_shrunk() -> None:
    """Shrinking keeps what the failure needs and drops the rest."""
    maker = Maker(9004)
    guideline = maker.guideline()
    case = maker.case(guideline, "c")

    def fails(guideline: Guideline, case: Case) -> bool:
        return bool(guideline.criteria) and bool(case.nodes)

    small, few = shrink(guideline, case, fails)
    assert len(small.criteria) == len(few.nodes) == 1
    assert isinstance(next(iter(small.criteria.values())), (Ref, Some))
    assert not small.advice
    assert not few.excludes


def test_the_same_seed_makes_the_same_things() -> None:
    """A reported seed can be run again."""
    texts = set()
    for _ in range(2):
        maker = Maker(9005)
        guideline = maker.guideline()
        texts.add(guideline_text(guideline) + case_text([maker.case(guideline, "c")]))
    assert len(texts) == 1
