"""Bounds of expressions are computed with whole numbers where they are, and come out the same."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from each import each
from indicant.assess.arithmetic import computed
from indicant.terms import IND, SPARQL_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FUNCTIONS: Final[Mapping[str, Callable[[Fraction, Fraction], Fraction]]] = {
    SPARQL_FUNCTIONS + "plus": lambda one, other: one + other,
    SPARQL_FUNCTIONS + "subtract": lambda one, other: one - other,
    SPARQL_FUNCTIONS + "multiply": lambda one, other: one * other,
    SPARQL_FUNCTIONS + "divide": lambda one, other: one / other,
    IND + "min": min,
    IND + "max": max,
}
"""What operators do to numbers, each of which is monotonous in each of them."""
NUMBERS = ("-3", "-1.5", "-1", "0", "0.5", "1", "2", "2.25", "3", "7")


def rounded(number: Fraction, *, up: bool) -> Fraction:
    """Return the number of nine places next to one, on the one side or the other."""
    scaled = number * 10**9
    return Fraction(-(-scaled // 1) if up else scaled // 1, 10**9)


def test_what_is_computed_lies_exactly_between_what_the_ends_of_the_parts_give() -> None:
    """Of two parts within bounds, for every operator; a divisor is never nought."""
    choose = random.Random(11)  # noqa: S311
    for _ in each(range(600)):
        operator = choose.choice(list(FUNCTIONS))
        ends = [sorted(choose.choices(NUMBERS, k=2), key=Fraction) for _ in range(2)]
        if operator.endswith("divide"):
            ends[1] = sorted(choose.choices(NUMBERS[-5:], k=2), key=Fraction)
        terms = [("urn:term/x", operator, "urn:term/a", "urn:term/b", None, "urn:term/x")]
        operands = [
            ("urn:r", f"urn:term/{name}", *limits) for name, limits in zip("ab", ends, strict=True)
        ]
        said = {p.value: o.value for _, p, o in computed(terms, operands)}
        corners = [
            FUNCTIONS[operator](Fraction(one), Fraction(other))
            for one, other in itertools.product(*ends)
        ]
        assert Fraction(said[IND + "minInclusive"]) == rounded(min(corners), up=False)
        assert Fraction(said[IND + "maxInclusive"]) == rounded(max(corners), up=True)


def test_a_number_is_written_alike_however_its_parts_were() -> None:
    """A sum of halves that is whole is written as a whole number, as one of whole numbers is."""
    terms = [
        ("urn:term/x", SPARQL_FUNCTIONS + "plus", "urn:term/a", "urn:term/b", None, "urn:term/x")
    ]
    written = []
    for one, other in each([("1", "2"), ("1.5", "1.5"), ("1.0", "2.00")]):
        operands = [("urn:r", "urn:term/a", one, one), ("urn:r", "urn:term/b", other, other)]
        written.append(list(map(str, itertools.chain(*computed(terms, operands)))))
    assert written[0] == written[1] == written[2]
