"""Expressions as a difference shows them."""

from __future__ import annotations

import pytest

from indicant.compile.model import (
    CASE,
    HAS_FINDING,
    ITSELF,
    And,
    Const,
    Existential,
    Expression,
    LiteralFacet,
    Not,
    Or,
)
from indicant.diff.differences import manchester
from indicant.terms import local_name

EX = "https://example.org/"
PAIN, RASH = (Existential(HAS_FINDING, EX + name) for name in ("Pain", "Rash"))
BAD = frozenset({LiteralFacet(EX + "grade", "bad")})


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (Const(True), "owl:Thing"),
        (Const(False), "owl:Nothing"),
        (PAIN, "hasFinding some Pain"),
        (Existential(HAS_FINDING, EX + "Pain", least=2), "hasFinding min 2 Pain"),
        (
            Existential(HAS_FINDING, EX + "Pain", BAD, 3),
            'hasFinding min 3 (Pain and (grade value "bad"))',
        ),
        (Existential(ITSELF, CASE, BAD), '(grade value "bad")'),
        (Not(PAIN), "not (hasFinding some Pain)"),
        (And((RASH, PAIN)), "(hasFinding some Pain) and (hasFinding some Rash)"),
        (Or((RASH, PAIN)), "(hasFinding some Pain) or (hasFinding some Rash)"),
    ],
)
def test_an_expression_is_shown_in_the_manchester_syntax(expression: Expression, text: str) -> None:
    assert manchester(expression, local_name) == text
