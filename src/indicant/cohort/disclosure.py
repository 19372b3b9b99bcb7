"""Which numbers of a cohort hang together, so that none that is withheld follows from others.

What is told is a number, and so is what one works out by taking one number from another: those who
are answered alike, or who were recommended something before. These stand in the sums as if they
were told.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from indicant.cohort.kernel import STATUS_WORDS
from indicant.cohort.results import ASSESSED
from indicant.cohort.suppression import withheld

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import polars as pl

    from indicant.cohort.changes import Changes
    from indicant.cohort.results import Answered

ALL: Final = "all"
"""What counts of all strata together are called."""
MET: Final = "met"
KINDS: Final = ("intervention", "recommendation")
Cell = tuple[str, ...]
_TOTAL: Final[Cell] = ("total", ALL)


@dataclass
class Compared:
    """What another version answers otherwise, with the answers of both."""

    made: Changes
    before: Answered
    after: Answered


@dataclass
class Linked:
    """Numbers, the sums that they make, and sets of which all are withheld where one is."""

    numbers: dict[Cell, int]
    sums: list[list[Cell]] = field(default_factory=list)

    def add(self, parts: Sequence[Cell], total: Cell, rest: Cell) -> None:
        """Add a sum, with what is left of it as a number of its own."""
        self.numbers[rest] = self.numbers.get(total, 0) - sum(self.numbers[one] for one in parts)
        self.sums.append([*parts, rest, total])


def change(mark: str, kind: str, row: Mapping[str, str | None]) -> Cell:
    """Return the number of those who are answered otherwise in one way.

    Args:
        mark: which of several versions it is.
        kind: an intervention or a recommendation.
        row: which, and what was told of it before and after.
    """
    return ("change", mark, kind, row[kind] or "", row["before"] or "", row["after"] or "")


def reasons(
    linked: Linked, kind: Cell, told: Iterable[tuple[str, str, int]], least: int
) -> list[Cell]:
    """Add how many are not answered for each reason; those of few are one number.

    Returns:
        The numbers that they come to.
    """
    rest: Cell = (*kind, "", "")
    linked.numbers[rest] = 0
    cells = [rest]
    for state, why, many in told:
        if many < least:
            linked.numbers[rest] += many
        else:
            cells.append((*kind, state, why))
            linked.numbers[cells[-1]] = many
    return cells


def add_changes(linked: Linked, mark: str, one: Compared, least: int) -> None:
    """Add whom another version answers otherwise, and what that has to do with the summary."""
    numbers = linked.numbers
    compared, changed = ("compared", mark), ("changed", mark)
    numbers[compared], numbers[changed] = one.made.compared, one.made.changed
    linked.add([changed], compared, ("alike", mark))
    left = one.made.left.select("state", "told", "patients").iter_rows()
    linked.add(
        [compared, *reasons(linked, ("left", mark), left, least)], _TOTAL, ("elsewhere", mark)
    )
    linked.add([compared], ("patients", ASSESSED, ALL), ("new", mark))
    everything: list[Cell] = []
    for kind, table in zip(KINDS, (one.made.interventions, one.made.recommendations), strict=True):
        for iri, rows in _by_subject(table, mark, kind, numbers).items():
            linked.add(rows, compared, ("alike", mark, kind, iri))
            linked.add(rows, changed, ("otherwise", mark, kind, iri))
            if kind == "intervention":
                everything += rows
                _add_stayed(linked, mark, iri, rows)
            elif (told := ("done", iri, MET, ALL)) in numbers:
                some = [row for row in rows if row[-1] == MET]
                linked.add(some, told, ("before", mark, kind, iri, MET))
    whole = ("changes", mark)
    numbers[whole] = sum(numbers[row] for row in everything)
    linked.sums.append([*everything, whole])
    linked.add([changed], whole, ("overlap", mark))


def _add_stayed(linked: Linked, mark: str, iri: str, rows: Sequence[Cell]) -> None:
    """Add of each status how many had it before, or are answered for the first time."""
    had: list[Cell] = []
    for word in STATUS_WORDS:
        told: Cell = ("status", iri, word, ALL)
        some = [row for row in rows if row[-1] == word]
        if told in linked.numbers:
            had.append(("before", mark, iri, word) if some else told)
            if some:
                linked.add(some, told, had[-1])
    if had:
        stayed = ("stayed", mark, iri)
        linked.add(rows, ("patients", ASSESSED, ALL), stayed)
        linked.sums.append([*had, stayed])


def _by_subject(
    table: pl.DataFrame, mark: str, kind: str, numbers: dict[Cell, int]
) -> dict[str, list[Cell]]:
    found: dict[str, list[Cell]] = defaultdict(list)
    for row in table.iter_rows(named=True):
        cell = change(mark, kind, row)
        numbers[cell] = row["patients"]
        found[row[kind]].append(cell)
    return found


def told_of(answered: Iterable[Answered]) -> dict[str, set[str]]:
    """Return the recommendations that speak of each intervention."""
    found: dict[str, set[str]] = defaultdict(set)
    for one in answered:
        known = one.assessor.catalogue.recommendations
        for advice in one.plan.advice:
            found[known[advice.iri].action].add(advice.iri)
    return found


def statuses_of(iri: str, advice: Iterable[str]) -> set[Cell]:
    """Return what is told of an intervention and of its advice, of all patients."""
    own: set[Cell] = {("status", iri, word, ALL) for word in STATUS_WORDS}
    return own | {("done", one, MET, ALL) for one in advice}


def hidden_of(linked: Linked, advice: Mapping[str, set[str]], least: int) -> set[Cell]:
    """Return which numbers are not to be told.

    What is told of an intervention and what of its advice are two accounts of the same patients, as
    criteria have it. Therefore all changes of both are withheld where a number of one is.

    Args:
        linked: the numbers and their sums.
        advice: the recommendations that speak of each intervention.
        least: the least number that may be told.
    """
    groups: dict[str, set[Cell]] = defaultdict(set)
    whose = {one: iri for iri, found in advice.items() for one in found}
    for cell in linked.numbers:
        if cell[0] == "change":
            groups[cell[3] if cell[2] == "intervention" else whose.get(cell[3], "")].add(cell)
    seen = {iri: rows | statuses_of(iri, advice.get(iri, ())) for iri, rows in groups.items()}
    listed = {cell for cell in linked.numbers if cell[0] == "change"}
    also: set[Cell] = set()
    while True:
        hidden = withheld(linked.numbers, linked.sums, least, also, listed)
        more = {
            row for iri, rows in groups.items() if not seen[iri].isdisjoint(hidden) for row in rows
        }
        if more <= hidden:
            return hidden
        also |= more


@dataclass(frozen=True)
class Wanting:
    """The numbers of a fact that is missing, and the interventions that wait for it."""

    numbers: tuple[int, ...]
    waiting: frozenset[str]


def facts_hidden(
    facts: Sequence[Wanting], hidden: set[Cell], advice: Mapping[str, set[str]], least: int
) -> set[int]:
    """Return of which facts that are missing the numbers are not to be told, by place.

    Those who lack a fact are among those for whom an intervention is open. So nothing is told of a
    fact for which an intervention waits of which a number is withheld, and nothing of one alone of
    all facts for which an intervention waits.
    """
    closed = {
        iri
        for iri in {iri for one in facts for iri in one.waiting}
        if not statuses_of(iri, advice.get(iri, ())).isdisjoint(hidden)
    }
    found = {
        at
        for at, one in enumerate(facts)
        if one.waiting & closed or any(0 < number < least for number in one.numbers)
    }
    waiting: dict[str, list[int]] = defaultdict(list)
    for at, one in enumerate(facts):
        for iri in one.waiting:
            waiting[iri].append(at)
    while True:
        more = set()
        for several in waiting.values():
            left = [at for at in several if at not in found]
            if left and len(left) == len(several) - 1:
                more.add(min(left, key=lambda at: facts[at].numbers))
        if not more:
            return found
        found |= more
