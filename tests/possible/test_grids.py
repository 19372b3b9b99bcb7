"""Verification and diff know every case at a bound, a step or a role, and bear out what they say.

The space of possible cases is what both rest on: a case that it does not hold is a conflict that
verification does not see, and a witness that is answered otherwise is a wrong one.
"""

from __future__ import annotations

import dataclasses
import functools
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import pytest

from brute import FINDING, HAS_FINDING, INTERVENTION, RECEIVED, And, Some, Span
from grids import SINGLE, EdgeMaker, grids, guideline
from indicant.errors import IndicantError
from oracle import Bench, Proofs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from brute import Case, Guideline

GRIDS: Final = {grid.name: grid for grid in grids()}
MANY: Final = 30


@functools.cache
def bench(name: str, change: str | None = None) -> Bench | None:
    """Return a grid's guideline, or another version, or nothing if the profile does not take it."""
    one = GRIDS[name].guideline
    try:
        return Bench(one if change is None else CHANGES[change](one), ("oxigraph",))
    except IndicantError:
        if change is None:
            raise
        return None


def hold(benches: Sequence[Bench], cases: Sequence[Case]) -> int:
    """See that all answers of each case are possible together, and that witnesses are borne out."""
    proofs = Proofs(benches)
    valid = [case for case in cases if all(one.valid(case) for one in benches)]
    for case in valid:
        assert proofs.impossible(case) == [], case
    assert proofs.strays(MANY) == []
    return len(valid)


@pytest.mark.slow
@pytest.mark.many(8)
@pytest.mark.parametrize("name", sorted(GRIDS)[::2])
def test_a_case_at_a_bound_is_one_that_verification_knows(name: str) -> None:
    made = bench(name)
    assert made is not None
    assert hold([made], GRIDS[name].cases) == len(GRIDS[name].cases)


def other(**changes: Any) -> Callable[[Guideline], Guideline]:
    return lambda one: dataclasses.replace(one, **changes)


def placed(**places: str) -> Callable[[Guideline], Guideline]:
    """Return a change that puts classes elsewhere in the hierarchy."""
    moved = {f"ex:{name}": (above,) for name, above in places.items()}
    return other(classes={**SINGLE.classes, **moved})


CHANGES: Final[dict[str, Callable[[Guideline], Guideline]]] = {
    "a-course-any-number-of-times": other(once=((RECEIVED, "ex:Diet"),)),
    "exercise-once-as-well": other(once=(*SINGLE.once, (RECEIVED, "ex:Exercise"))),
    "care-once": other(once=((RECEIVED, "ex:Care"), (HAS_FINDING, "ex:Deficit"))),
    "nothing-apart": other(disjoint=(("ex:Course", "ex:Diet"), *SINGLE.disjoint[1:3])),
    "an-exercise-that-is-a-diet": placed(Exercise="ex:Diet"),
    "an-exercise-that-is-no-course": placed(Exercise="ex:Care"),
    "signs-that-are-interventions": placed(B=INTERVENTION, Sign=INTERVENTION),
    "a-scan-that-is-a-finding": placed(Scan=FINDING),
    "severity-of-any-number": other(objects={**SINGLE.objects, "ex:severity": False}),
    "one-note": other(objects={**SINGLE.objects, "ex:note": True}),
    "a-bad-that-is-slight": other(individuals={**SINGLE.individuals, "ex:bad": ("ex:Slight",)}),
    "a-level-from-two": other(
        data={**SINGLE.data, "ex:level": Span("decimal", (("minInclusive", Decimal(2)),))}
    ),
    "a-whole-level": other(data={**SINGLE.data, "ex:level": Span("integer")}),
}
AMONG: Final = {
    "signs-that-are-interventions": ("received-Course-at-least", "kinds"),
    "a-scan-that-is-a-finding": ("found-kinds", "steps"),
    "severity-of-any-number": ("received-Course-free-whole",),
    "one-note": ("received-Course-free-whole",),
    "a-bad-that-is-slight": ("hasFinding-Deficit-free-whole",),
    "a-level-from-two": ("received-Course-at-least",),
    "a-whole-level": ("received-Course-at-least",),
}
OTHERWISE: Final = ("kinds", "proposes-told-by-received")


@pytest.mark.slow
@pytest.mark.parametrize("change", sorted(CHANGES)[::2])
def test_a_case_at_a_bound_is_one_that_diff_knows(change: str) -> None:
    """In both versions at once, however they differ about what may be recorded."""
    compared = 0
    for number, name in enumerate(AMONG.get(change, OTHERWISE)):
        old, new = bench(name), bench(name, change)
        if old is not None and new is not None:
            pair = [new, old] if number else [old, new]
            compared += hold(pair, GRIDS[name].cases)
    assert compared > 5


@pytest.mark.slow
def test_no_witness_has_two_records_of_what_one_version_has_once() -> None:
    """A course beside a diet is valid for one version, and two of a kind for the other."""
    both = And((Some(RECEIVED, "ex:Course"), Some(RECEIVED, "ex:Diet")))
    old = guideline({"both": both})
    new = dataclasses.replace(old, once=((RECEIVED, "ex:Care"),))
    for pair in ((old, new), (new, old)):
        assert Proofs([Bench(one, ("oxigraph",)) for one in pair]).strays(MANY) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(9401, 9405))
def test_random_cases_at_bounds_are_answered_as_owl_entails(seed: int) -> None:
    """And verification knows them."""
    maker = EdgeMaker(seed)
    made = Bench(maker.guideline(), ("oxigraph",))
    cases = [maker.case(made.guideline, f"c{number}") for number in range(30)]
    valid = [case for case in cases if made.valid(case)]
    assert len(valid) > 10
    assert made.compare(valid) == []
    assert hold([made], valid) == len(valid)
