"""What is said to be settled by no case is settled by none that a search for models looks at."""

from __future__ import annotations

import time
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import pytest

from brute import Models, Some, atoms_of
from indicant.compile.profile import read_model
from indicant.possible.advice import advise
from indicant.possible.settling import unsettled
from indicant.terms import local_name
from making import Maker
from oracle import Bench

if TYPE_CHECKING:
    from brute import Case, Guideline

SEEDS = range(9330, 9335)
CASES = 25


@cache
def made(seed: int) -> tuple[Maker, Bench]:
    maker = Maker(seed)
    return maker, Bench(maker.guideline())


@cache
def told(seed: int) -> dict[str, Counter[str]]:
    """Return what is said to be unsettled: kind, and class or recommendation, and how often."""
    advice = advise(read_model(made(seed)[1].source))
    end = time.monotonic() + 600
    found: dict[str, Counter[str]] = {
        one: Counter() for one in ("unsatisfiable-facet", "irrefutable-facet", "irrefutable")
    }
    for one in unsettled(advice, local_name, seconds=60, deadline=end):
        assert one.message, "decided in time"
        found[one.anomaly][local_name(one.about[0])] += 1
    return found


def valid_cases(maker: Maker, bench: Bench) -> list[Case]:
    cases = [maker.case(bench.guideline, f"c{number}") for number in range(CASES)]
    return [case for case in cases if bench.valid(case)]


def demanded(guideline: Guideline) -> set[Some]:
    """Return the existentials with facets that a recommendation's own criterion demands."""
    return {
        atom
        for one in guideline.advice.values()
        for atom in atoms_of(guideline, guideline.criteria[one.criterion])
        if atom.facets
    }


def bare(name: str) -> str:
    return name.rpartition(":")[2]


def names(guideline: Guideline, cls: str) -> set[str]:
    return {bare(other) for other in (cls, *guideline.same(cls))}


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_no_case_settles_what_is_said_to_be_unsettled(seed: int) -> None:
    """As many facets of a class as are said to be beyond every case are so in all these cases.

    A facet may be refuted by a case that records all there is.
    """
    maker, bench = made(seed)
    guideline = bench.guideline
    claims = told(seed)
    atoms = demanded(guideline)
    met: set[Some] = set()
    refuted: set[Some] = set()
    answered: set[str] = set()
    cases = valid_cases(maker, bench)
    assert cases
    for case in cases:
        plain = {atom: Some(atom.role, atom.cls) for atom in atoms}
        models = Models(guideline, case, [*atoms, *plain.values(), *bench.effective.values()])
        try:
            for atom in atoms:
                answer = models.answer(atom)
                if answer == "met":
                    met.add(atom)
                elif answer == "refuted" and models.answer(plain[atom]) != "refuted":
                    refuted |= set() if case.complete or case.all_planned else {atom}
            answered |= {
                name for name, one in bench.effective.items() if models.answer(one) == "refuted"
            }
        finally:
            models.close()
    for kind, seen in (("unsatisfiable-facet", met), ("irrefutable-facet", refuted)):
        for cls, number in claims[kind].items():
            same = {atom for atom in atoms if cls in names(guideline, atom.cls)}
            assert number <= len(same - seen), (kind, cls)
    assert not set(claims["irrefutable"]) & set(map(bare, answered))


@pytest.mark.slow
def test_something_is_said_of_the_random_guidelines() -> None:
    """Each kind of claim is made of some of them, and not of all."""
    counts = [told(seed) for seed in SEEDS]
    for kind in counts[0]:
        assert any(one[kind] for one in counts), kind
    assert not all(one["unsatisfiable-facet"] for one in counts)
