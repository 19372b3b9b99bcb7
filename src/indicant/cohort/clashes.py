"""Which sets of literals cannot all hold, written out beforehand."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from indicant.assess.assessor import Assessor
    from indicant.cohort.plan import Plan

MOST: Final = 2_000
"""How many clauses may follow from those of a guideline before they are not written out."""
STEPS: Final = 50_000
"""How many clauses are looked at on the way there."""
_Clause = frozenset[str]


class TooManyClashesError(IndicantError):
    """More sets of facts cannot all hold than can be written out."""


def clashes(assessor: Assessor, plan: Plan) -> tuple[tuple[int, ...], ...]:
    """Return all least sets of literals of a plan that cannot all hold, by number.

    These are the opposites of each clause that the guideline entails and that no shorter one
    does, and each literal with its opposite; the shortest come first.

    Raises:
        TooManyClashesError: there are too many.
    """
    stated: dict[str, set[str]] = defaultdict(set)
    opposite: dict[str, str] = {}
    for row in assessor.ask("which-clauses-are-there"):
        clause, literal, other = (one or "" for one in row)
        stated[clause].add(literal)
        opposite[literal], opposite[other] = other, literal
    found = {
        frozenset(plan.number[opposite[one]] for one in clause)
        for clause in entailed(map(frozenset, stated.values()), opposite)
        if all(opposite[one] in plan.number for one in clause)
    }
    for iri, number in plan.number.items():
        beside = plan.number.get(f"{iri.removesuffix('present')}absent")
        if iri.endswith("/present") and beside is not None:
            found.add(frozenset((number, beside)))
    least = [one for one in found if not any(other < one for other in found)]
    return tuple(sorted((tuple(sorted(one)) for one in least), key=lambda one: (len(one), one)))


def entailed(clauses: Iterable[_Clause], opposite: Mapping[str, str]) -> set[_Clause]:
    """Return the shortest clauses that several entail, by resolving each with each.

    >>> sorted(map(sorted, entailed([frozenset("aB"), frozenset("bC")],
    ...     {"a": "A", "A": "a", "b": "B", "B": "b", "c": "C", "C": "c"})))
    [['B', 'a'], ['C', 'a'], ['C', 'b']]

    Raises:
        TooManyClashesError: there are too many.
    """
    known: set[_Clause] = set()
    containing: dict[str, dict[_Clause, None]] = defaultdict(dict)
    waiting = sorted(set(clauses), key=lambda one: (-len(one), sorted(one)))
    looked_at = 0
    while waiting:
        clause = waiting.pop()
        looked_at += 1
        if any(opposite[one] in clause for one in clause):
            continue
        near = {other for one in clause for other in containing[one]}
        if clause in known or frozenset() in known or any(other < clause for other in near):
            continue
        longer = known if not clause else {one for one in near if clause < one}
        for one in list(longer):
            known.discard(one)
            for literal in one:
                containing[literal].pop(one)
        known.add(clause)
        if len(known) > MOST or looked_at > STEPS:
            raise TooManyClashesError(
                "too many sets of facts cannot all hold for a query to list them",
                help="--consistent  says that no patient of the table has such facts; "
                "indicant cohort  finds who has",
            )
        for literal in sorted(clause):
            containing[literal][clause] = None
            for other in containing[opposite[literal]]:
                waiting.append((clause | other) - {literal, opposite[literal]})
    return known
