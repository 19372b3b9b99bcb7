"""Scores: in which steps they grow, and what is searched with them."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from brute import AGES, CASE, HAS_FINDING, ITSELF, Advice, Guideline, Or, Points, Some, Span, within
from indicant.compile.implicants import at_least, compile_expression
from indicant.compile.model import existentials
from indicant.compile.profile import read_model
from indicant.compile.scores import entangled
from indicant.compile.theory import Theory, simplify
from making import EX, guideline_text
from oracle import source_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from brute import Expression

FINDING = "ind:Finding"
OLD = Some(ITSELF, CASE, (within(AGES[2], minInclusive=75),))
OLDER = Some(ITSELF, CASE, (within(AGES[2], minInclusive=65, maxInclusive=74),))


def points(low: int, high: int | None = None) -> Points:
    bounds = [("minInclusive", low)] + ([("maxInclusive", high)] if high is not None else [])
    return Points("ex:s", Span("integer", tuple((kind, Decimal(limit)) for kind, limit in bounds)))


def theory(
    criteria: Mapping[str, Expression], items: Mapping[str, int], demanded: Expression
) -> Theory:
    """Return what there is to say of a score, of which a criterion X demands something."""
    classes = {
        atom.cls: (FINDING,)
        for one in (*criteria.values(), demanded)
        for atom in leaves(one)
        if atom.role == HAS_FINDING
    }
    advice = {"ex:R": Advice("ex:R", "Indication", "ind:Intervention", "ex:X")}
    guideline = Guideline(
        classes,
        criteria={**criteria, "ex:X": demanded},
        advice=advice,
        scores={"ex:s": tuple(items.items())},
    )
    return Theory(read_model(source_of(guideline_text(guideline))))


def leaves(one: Expression) -> list[Some]:
    if isinstance(one, Some):
        return [one]
    return [leaf for part in getattr(one, "parts", ()) for leaf in leaves(part)]


def findings(count: int) -> dict[str, Expression]:
    return {f"ex:C{n}": Some(HAS_FINDING, f"ex:F{n}") for n in range(count)}


def sizes(here: Theory, name: str) -> tuple[list[int], list[int]]:
    """Return how many literals each implicant of a criterion has, shortest first."""
    normal = simplify(here.normal(simplify(here.model.criteria[EX + name])))
    found = compile_expression(normal, here)
    return [len(one) for one in found.met], [len(one) for one in found.refuted]


def test_a_score_of_many_criteria_is_two_literals_however_many_ways_there_are() -> None:
    criteria = findings(14)
    here = theory(criteria, dict.fromkeys(criteria, 1), points(7))
    assert math.comb(14, 7) == 3432
    assert sizes(here, "X") == ([1], [1])
    ladder = here.ladder(EX + "s")
    assert (ladder.base, ladder.total, len(ladder.steps)) == (0, 14, 14)


def test_criteria_that_say_the_same_give_the_points_of_both() -> None:
    one, other = Some(HAS_FINDING, "ex:F0"), Some(HAS_FINDING, "ex:F1")
    criteria: dict[str, Expression] = {"ex:A": one, "ex:B": Or((one, one)), "ex:C": other}
    ladder = theory(criteria, {"ex:A": 1, "ex:B": 3, "ex:C": 1}, points(1)).ladder(f"{EX}s")
    assert (ladder.base, ladder.total) == (0, 5)
    assert sorted(step.points for step in ladder.steps) == [1, 4]
    assert ladder.sums == {0, 1, 4, 5}


def test_what_excludes_one_another_is_a_step_together() -> None:
    criteria = {"ex:Old": OLD, "ex:Older": OLDER, **findings(1)}
    here = theory(criteria, {"ex:Old": 2, "ex:Older": 1, "ex:C0": 1}, points(2))
    ladder = here.ladder(EX + "s")
    assert sorted(ladder.sums) == [0, 1, 2, 3]
    assert ladder.total == 3
    assert sorted(step.points for step in ladder.steps) == [1, 1, 1]


@pytest.mark.parametrize(
    ("demanded", "together"),
    [
        (points(2), False),
        (points(0), False),
        (points(1, 1), True),
        (Or((points(2), Some(HAS_FINDING, "ex:F0"))), True),
        (Or((points(2), Some(HAS_FINDING, "ex:Apart"))), False),
    ],
)
def test_a_score_is_searched_with_its_items_where_that_makes_a_difference(
    demanded: Expression, together: bool
) -> None:
    """A step of two points leads past the one number; what it counts is spoken of besides."""
    here = theory(findings(3), {"ex:C0": 2, "ex:C1": 1, "ex:C2": 1}, demanded)
    normal = simplify(here.normal(simplify(here.model.criteria[EX + "X"])))
    own = set(existentials(normal))
    assert entangled(here, own.union(here.runs(own))) == ({EX + "s"} if together else set())


@pytest.mark.parametrize("least", range(-1, 9))
def test_a_threshold_is_true_where_what_is_true_weighs_enough(least: int) -> None:
    weights = [3, 1, 2, 1]
    for true in itertools.product((False, True), repeat=len(weights)):
        weighed = list(zip(map(int, true), weights, strict=True))
        found = at_least(weighed, least, lambda some: int(all(some)), lambda some: int(any(some)))
        assert bool(found) == (sum(w for one, w in weighed if one) >= least)
    assert weights
