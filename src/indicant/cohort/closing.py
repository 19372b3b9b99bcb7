"""Tell how many open answers would close if whoever has no record of a fact did not have it.

That is of the fact alone: to state that all records of its term are there says more of other facts
of the term, and less where a record that is there may be one of it. What follows from the absence,
by the clauses of the guideline and its criteria, is what follows for one patient of whom it is
said.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import polars as pl

from indicant.explain.consequences import SETTLED, Ruling
from indicant.explain.entailment import bits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indicant.cohort.results import Answered

MOST: Final = 15
"""Of how many facts it is told."""
_OPEN: Final = ("conditional", "undetermined")
_Fact = tuple[str, str]


def closing(
    answered: Answered, facts: Sequence[_Fact], many: Mapping[int, int]
) -> dict[_Fact, dict[str, int]]:
    """Return for each fact how many open answers would close, by intervention.

    Args:
        answered: the answers.
        facts: the term and the label of each.
        many: how many patients have each pattern.
    """
    ruling = Ruling(answered.assessor)
    entailment = ruling.entailment
    absent = _absent(answered, ruling)
    names = answered.names
    waiting: dict[int, list[str]] = defaultdict(list)
    some = answered.interventions.filter(pl.col("status").is_in(_OPEN))
    for pattern, action in some.select("pattern", "intervention").iter_rows():
        waiting[pattern].append(action)
    found: dict[_Fact, dict[str, int]] = {fact: defaultdict(int) for fact in facts}
    for pattern, actions in waiting.items():
        if not many.get(pattern):
            continue
        literals = (names[one] for one in bits(answered.patterns.masks[pattern]))
        known = entailment.mask(one for one in literals if one in entailment.number)
        for fact in facts:
            added = absent.get(fact, 0)
            if not added or known & entailment.opposite(added):
                continue
            then = entailment.closure(known | added)
            if then is not None:
                for action in actions:
                    if ruling.status(action, then) in SETTLED:
                        found[fact][action] += many[pattern]
    return found


def _absent(answered: Answered, ruling: Ruling) -> dict[_Fact, int]:
    """Return what it is to say of a fact that it is not there, as a mask."""
    catalogue = answered.assessor.catalogue
    found: dict[_Fact, int] = defaultdict(int)
    for iri, record in catalogue.awaited.items():
        if catalogue.literals[iri].polarity == "absent" and iri in ruling.entailment.number:
            found[record["term"], record["label"]] |= ruling.entailment.mask([iri])
    return found
