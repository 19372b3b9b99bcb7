"""What existentials are called: by their class, their role and what their facets demand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from indicant.compile.graph import words_of
from indicant.compile.model import Existential, Facet, LiteralFacet, Range, RangeFacet

IND = "https://w3id.org/indicant/core/"
PRESENT = f"{IND}hasFinding"
RECEIVED = f"{IND}received"


def at_least(name: str, number: int) -> Facet:
    return RangeFacet(name, Range(integral=True, min_inclusive=Decimal(number)))


def below(name: str, number: int) -> Facet:
    return RangeFacet(name, Range(integral=True, max_exclusive=Decimal(number)))


@pytest.mark.parametrize(
    ("atom", "words"),
    [
        (Existential(PRESENT, "rash"), "rash"),
        (Existential(RECEIVED, "salve", least=2), "salve received 2 times or more"),
        (
            Existential(PRESENT, "rash", frozenset({below(f"{IND}yearsSinceStart", 1)})),
            "rash begun less than 1 year ago",
        ),
        (
            Existential(PRESENT, "rash", frozenset({below(f"{IND}yearsSinceStart", 11)})),
            "rash begun less than 11 years ago",
        ),
        (
            Existential(RECEIVED, "salve", frozenset({at_least(f"{IND}monthsSinceEnd", 1)})),
            "salve received ended at least 1 month ago",
        ),
        (
            Existential(RECEIVED, "salve", frozenset({at_least(f"{IND}days", 1)})),
            "salve received lasting at least 1 day",
        ),
        (
            Existential(RECEIVED, "salve", frozenset({LiteralFacet(f"{IND}ongoing", value=True)})),
            "salve received under way",
        ),
    ],
)
def test_an_existential_is_called_by_what_it_demands(atom: Existential, words: str) -> None:
    assert words_of(atom, lambda iri: iri.removeprefix(IND), {}) == words
