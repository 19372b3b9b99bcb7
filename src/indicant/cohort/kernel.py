"""Answer for all patients at once: from columns of literals to columns of answers.

Each column is true or false and never missing, so that there is no third value to forget: what is
not established is false in both columns of a pair of opposites. The expressions are made of the
plan alone, the same text for every guideline.
"""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Final

import polars as pl

from indicant.assess.records import STATUSES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from indicant.cohort.plan import Demand, Intervention, Plan

ANSWERS: Final = ("refuted", "open", "met")
"""The words for the numbers in columns of answers."""
STATUS_WORDS: Final = tuple(STATUSES.values())
"""The words for the numbers in columns of statuses."""
FULFILMENTS: Final = (
    "",
    "fulfilled",
    "not-fulfilled",
    "violated",
    "not-recorded",
    "various",
)
"""The words for the numbers in columns of fulfilment; of an intervention it may be ``various``."""
_RECOMMENDED, _CONDITIONAL, _CONFLICTING = 0, 1, 2
_CONTRAINDICATED, _UNDETERMINED, _NOT_APPLICABLE = 3, 4, 5
_OPEN, _MET = 1, 2
_YES: Final = pl.lit(True)
_NO: Final = pl.lit(False)


def literal(number: int) -> str:
    """Return the name of the column of a literal."""
    return f"l{number}"


def answer(number: int) -> str:
    """Return the name of the column of a decision: 0 refuted, 1 open, 2 met."""
    return f"a{number}"


def status(number: int) -> str:
    """Return the name of the column of the status of an intervention."""
    return f"s{number}"


def disputed(number: int) -> str:
    """Return the name of the column that says whether the advice about it is disputed."""
    return f"x{number}"


def superseded(number: int) -> str:
    """Return the name of the column that says whether advice gives way to other advice."""
    return f"g{number}"


def fulfilment(number: int) -> str:
    """Return the name of the column of whether advice is followed already."""
    return f"f{number}"


def done(number: int) -> str:
    """Return the name of the column of whether what made a status is followed already."""
    return f"h{number}"


class Kernel:
    """The answers of one guideline as expressions over columns.

    Args:
        plan: what follows from which literals.
        disputed: the recommendations with evidence against a passage that they rest on.
    """

    def __init__(self, plan: Plan, disputed: Collection[str] = ()) -> None:
        self._plan = plan
        at = {one.decision: number for number, one in enumerate(plan.advice)}
        self._advice = at
        self._disputed = {one.decision for one in plan.advice if one.iri in disputed}
        self._scored = {
            number
            for score in plan.scores
            for one in score.demands
            for number in (one.present, one.absent)
            if number is not None
        }

    def answered(self, patients: pl.LazyFrame) -> pl.LazyFrame:
        """Return a frame with the answers beside the columns of literals.

        Args:
            patients: a row each, with a column of truth values for each literal.
        """
        plan = self._plan
        first = patients.with_columns(self._decided(range(len(plan.decisions)), again=False))
        if plan.scores:
            first = first.with_columns(self._established())
            touched = [
                number
                for number, one in enumerate(plan.decisions)
                if any(self._scored & set(each) for each in (*one.met, *one.refuted))
            ]
            first = first.with_columns(self._decided(touched, again=True))
        second = first.with_columns(self._answers())
        return second.with_columns([*self._of_advice(), *self._of_interventions()])

    def columns(self) -> list[str]:
        """Return the names of the columns that are answers, in the order in which they are made."""
        plan = self._plan
        advice, interventions = range(len(plan.advice)), range(len(plan.interventions))
        return [
            *(answer(number) for number in plan.told),
            *(status(number) for number in interventions),
            *(disputed(number) for number in interventions),
            *(done(number) for number in interventions),
            *(superseded(number) for number in advice),
            *(fulfilment(number) for number in advice),
        ]

    # ------------------------------------------------------------------ decisions and scores

    def _decided(self, numbers: Iterable[int], *, again: bool) -> list[pl.Expr]:
        made = []
        for number in numbers:
            one = self._plan.decisions[number]
            for side, sets in (("m", one.met), ("r", one.refuted)):
                found = self._any_of(sets, again=again)
                made.append(
                    (pl.col(f"{side}{number}") | found if again else found).alias(f"{side}{number}")
                )
        return made

    def _any_of(self, sets: Iterable[Sequence[int]], *, again: bool) -> pl.Expr:
        """Return whether all literals of any of several sets are established."""

        def column(number: int) -> pl.Expr:
            own = pl.col(literal(number))
            return own | pl.col(f"e{number}") if again and number in self._scored else own

        return _any(_all(column(number) for number in one) for one in sets)

    def _established(self) -> list[pl.Expr]:
        """Return which literals about scores hold, from the points that are known to be won."""
        found: dict[int, list[pl.Expr]] = {number: [] for number in sorted(self._scored)}
        for score in self._plan.scores:
            won = _sum(score.steps, "m") + score.base
            left = pl.lit(score.total, dtype=pl.Int64) - _sum(score.steps, "r")
            for one in score.demands:
                holds, fails = _demanded(one, won, left)
                if one.present is not None:
                    found[one.present].append(holds)
                if one.absent is not None:
                    found[one.absent].append(fails)
        return [_any(made).alias(f"e{number}") for number, made in found.items()]

    def _answers(self) -> list[pl.Expr]:
        return [
            pl.when(f"m{number}")
            .then(pl.lit(2, dtype=pl.UInt8))
            .when(f"r{number}")
            .then(pl.lit(0, dtype=pl.UInt8))
            .otherwise(pl.lit(1, dtype=pl.UInt8))
            .alias(answer(number))
            for number in range(len(self._plan.decisions))
        ]

    # ------------------------------------------------------------------ advice and statuses

    def _of_advice(self) -> list[pl.Expr]:
        made = []
        for number, one in enumerate(self._plan.advice):
            stronger = _any(pl.col(answer(each)) == _MET for each in one.stronger)
            own = _YES if one.own is None else pl.col(answer(one.own)) != 0
            made.append((stronger & own).alias(superseded(number)))
            made.append(self._fulfilment(number).alias(fulfilment(number)))
        return made

    def _fulfilment(self, number: int) -> pl.Expr:
        """Return whether a recommendation is followed, as a number of ``FULFILMENTS``."""
        one = self._plan.advice[number]
        if one.fulfilled is None:
            return pl.lit(0, dtype=pl.UInt8)
        met, refuted, left = (FULFILMENTS.index(word) for word in one.words[0])
        found = pl.col(answer(one.fulfilled))
        return (
            pl.when(found == _MET)
            .then(pl.lit(met, dtype=pl.UInt8))
            .when(found == 0)
            .then(pl.lit(refuted, dtype=pl.UInt8))
            .otherwise(pl.lit(left, dtype=pl.UInt8))
        )

    def _of_interventions(self) -> list[pl.Expr]:
        made = []
        for number, one in enumerate(self._plan.interventions):
            is_for, may_for = _sides(one.favouring)
            is_against, may_against = _sides(one.opposing)
            found = _status(is_for, may_for, is_against, may_against)
            made.append(found.alias(status(number)))
            made.append(self._is_disputed(one).alias(disputed(number)))
            made.append(self._done(one).alias(done(number)))
        return made

    def _answering(self, one: Intervention, decision: int) -> pl.Expr:
        """Return whether a recommendation is one of those that made a status what it is."""
        is_for, may_for = _sides(one.favouring)
        is_against, may_against = _sides(one.opposing)
        found = pl.col(answer(decision))
        undetermined = ~is_for & ~is_against & (may_for | may_against)
        if decision in one.favouring:
            return (is_for & (found == _MET)) | (undetermined & (found == _OPEN))
        return (is_against & (found == _MET)) | (undetermined & ~may_for & (found == _OPEN))

    def _is_disputed(self, one: Intervention) -> pl.Expr:
        both = [*one.favouring, *one.opposing]
        return _any(self._answering(one, each) for each in both if each in self._disputed)

    def _done(self, one: Intervention) -> pl.Expr:
        """Return what those that made a status say of whether it is followed already."""
        both = [each for each in (*one.favouring, *one.opposing) if each in self._advice]
        says: list[tuple[int, pl.Expr]] = []
        for code, word in enumerate(FULFILMENTS[1:5], 1):
            told = [
                self._answering(one, each) & (self._fulfilment(self._advice[each]) == code)
                for each in both
                if word in _words(self._plan, self._advice[each])
            ]
            if told:
                says.append((code, _any(told)))
        several = _sum_of(one for _, one in says) > 1
        found = pl.when(several).then(pl.lit(FULFILMENTS.index("various"), dtype=pl.UInt8))
        for code, one_says in says:
            found = found.when(one_says).then(pl.lit(code, dtype=pl.UInt8))  # type: ignore[assignment]
        return found.otherwise(pl.lit(0, dtype=pl.UInt8))


def _words(plan: Plan, number: int) -> tuple[str, ...]:
    one = plan.advice[number]
    return one.words[0] if one.fulfilled is not None else ()


def _sides(decisions: Sequence[int]) -> tuple[pl.Expr, pl.Expr]:
    """Return whether any decision is met, and whether any is open."""
    return (
        _any(pl.col(answer(each)) == _MET for each in decisions),
        _any(pl.col(answer(each)) == _OPEN for each in decisions),
    )


def _status(
    is_for: pl.Expr, may_for: pl.Expr, is_against: pl.Expr, may_against: pl.Expr
) -> pl.Expr:
    def code(number: int) -> pl.Expr:
        return pl.lit(number, dtype=pl.UInt8)

    recommended = (
        pl.when(is_against)
        .then(code(_CONFLICTING))
        .when(may_against)
        .then(code(_CONDITIONAL))
        .otherwise(code(_RECOMMENDED))
    )
    return (
        pl.when(is_for)
        .then(recommended)
        .when(is_against)
        .then(code(_CONTRAINDICATED))
        .when(may_for | may_against)
        .then(code(_UNDETERMINED))
        .otherwise(code(_NOT_APPLICABLE))
    )


def _demanded(one: Demand, won: pl.Expr, left: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return whether a score surely is what is demanded of it, and whether it surely is not."""
    if not one.is_range:
        return _NO, _YES
    holds = (won >= one.least) & (left <= one.most)
    return holds, (won > left) | (won > one.most) | (left < one.least)


def _sum(steps: Iterable[tuple[int, int]], side: str) -> pl.Expr:
    made = [
        pl.when(f"{side}{decision}")
        .then(pl.lit(points, dtype=pl.Int64))
        .otherwise(pl.lit(0, dtype=pl.Int64))
        for decision, points in steps
    ]
    return functools.reduce(operator.add, made, pl.lit(0, dtype=pl.Int64))


def _sum_of(several: Iterable[pl.Expr]) -> pl.Expr:
    made = [one.cast(pl.UInt8) for one in several]
    return functools.reduce(operator.add, made, pl.lit(0, dtype=pl.UInt8))


def _any(several: Iterable[pl.Expr]) -> pl.Expr:
    return _together(operator.or_, list(several), _NO)


def _all(several: Iterable[pl.Expr]) -> pl.Expr:
    return _together(operator.and_, list(several), _YES)


def _together(join: object, several: list[pl.Expr], empty: pl.Expr) -> pl.Expr:
    """Join expressions as a balanced tree, so that no engine meets a chain of hundreds."""
    if not several:
        return empty
    if len(several) == 1:
        return several[0]
    middle = len(several) // 2
    left, right = (_together(join, part, empty) for part in (several[:middle], several[middle:]))
    return join(left, right)  # type: ignore[operator,no-any-return]
