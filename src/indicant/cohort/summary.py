"""Add up what patients are answered: statuses, adherence, and which facts are missing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from indicant.assess import missing
from indicant.cohort.closing import MOST as MOST_CLOSING
from indicant.cohort.closing import closing
from indicant.cohort.disclosure import (
    ALL,
    Linked,
    Wanting,
    add_changes,
    facts_hidden,
    hidden_of,
    reasons,
    statuses_of,
    told_of,
)
from indicant.cohort.disclosure import MET as _MET
from indicant.cohort.kernel import STATUS_WORDS
from indicant.cohort.results import ASSESSED, STATES, TWICE
from indicant.explain.entailment import bits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indicant.assess.records import Answer
    from indicant.cohort.disclosure import Compared
    from indicant.cohort.results import Answered

DONE: Final = ("fulfilled", "not-fulfilled", "violated", "not-recorded")
MOST_TOLD: Final = 1_000
"""How many reasons are listed for which patients were not assessed; the rows have all of them."""
_FOR: Final = ("recommended", "conditional", "conflicting")
_OPEN: Final = ("conditional", "undetermined")
_AGAINST: Final = ("contraindicated", "conflicting")
"""The statuses of which something for an intervention, or against it, is met."""
_Cell = tuple[str, ...]


@dataclass
class Lacking:
    """A fact that is not recorded, and what waits for it.

    ``answers`` are how many interventions of patients are open for want of it, ``patients`` how
    many patients have such a one, and ``alone`` how many of the answers hold a recommendation that
    this one fact would settle, one way or the other. ``closes`` are how many open answers would
    close if whoever has no record of it did not have it, where that was looked at. ``waiting`` are
    the interventions that are open for want of it and ``closing`` those of which answers would
    close; ``withheld`` tells whether none of this is told, ``withheld_closes`` of the last number.
    """

    term: str
    label: str
    question: str | None
    answers: int = 0
    patients: int = 0
    alone: int = 0
    closes: int | None = None
    waiting: set[str] = field(default_factory=set)
    closing: set[str] = field(default_factory=set)
    withheld: bool = False
    withheld_closes: bool = False


@dataclass
class Summary:
    """What there is to tell of a cohort, as numbers by what they are of.

    ``numbers`` are by ("patients", state, stratum), ("status", intervention, status, stratum) and
    ("done", recommendation, what was done, stratum), where the stratum may be ``all``.
    """

    strata: list[str]
    numbers: dict[_Cell, int]
    lacking: list[Lacking]
    told: dict[tuple[str, str], int]
    hidden: set[_Cell] = field(default_factory=set)
    least: int = 0

    def number(self, *cell: str) -> int | None:
        """Return a number, nought where there is nobody, or nothing where it is withheld."""
        return None if cell in self.hidden else self.numbers.get(cell, 0)

    def shown(self, number: int) -> int | None:
        """Return a number that stands by itself, or nothing where it is too small to be told."""
        return None if 0 < number < self.least else number

    def patients(self, stratum: str = ALL) -> dict[str, int | None]:
        """Return how many patients there are, and what became of them."""
        return {
            "total": self.number("total", stratum),
            **{state: self.number("patients", state, stratum) for state in STATES},
        }

    def is_of_everybody(self) -> bool:
        """Tell whether all patients were answered, whatever numbers are withheld."""
        assessed = self.numbers.get(("patients", "assessed", ALL), 0)
        return assessed == self.numbers.get(("total", ALL), 0) > 0

    def withhold(self, least: int, answered: Answered, compared: Sequence[Compared] = ()) -> None:
        """Withhold numbers from one to less than a least one, and what would give them away.

        Args:
            least: the least number that is told.
            answered: the answers that are counted.
            compared: what other versions answer otherwise, each marked by its place.
        """
        self.least = least
        sums = [*self._of_strata(), *self._of_rows(), *_of_advice(self, answered)]
        linked = Linked(self._without_what_is_known(answered), sums)
        for state in STATES[1:]:
            some = [(state, why, many) for (one, why), many in self.told.items() if one == state]
            parts = reasons(linked, ("told", state), some, least)
            sums.append([*parts, ("patients", state, ALL)])
        for mark, one in enumerate(compared):
            add_changes(linked, str(mark), one, least)
        advice = told_of([answered, *(one.before for one in compared)])
        self.hidden = hidden_of(linked, advice, least)
        self.numbers = {**self.numbers, **linked.numbers}
        self._withhold_facts(answered, advice)

    def _withhold_facts(self, answered: Answered, advice: Mapping[str, set[str]]) -> None:
        """Withhold numbers of facts, and tell what the first of those that are left would close.

        Those of which nothing is told stand last, since their place would tell how many they are.
        """
        facts = [
            Wanting(
                (one.answers, one.patients, one.alone, one.answers - one.alone),
                frozenset(one.waiting),
            )
            for one in self.lacking
        ]
        hidden = facts_hidden(facts, self.hidden, advice, self.least)
        for at, one in enumerate(self.lacking):
            one.withheld, one.closes = at in hidden, None
        self.lacking.sort(key=lambda one: (one.label, one.term) if one.withheld else ("", ""))
        self.lacking.sort(key=lambda one: one.withheld)
        told = [one for one in self.lacking if not one.withheld]
        _add_closing(told, answered, answered.weights())
        for one in told:
            bearing = {cell for iri in one.closing for cell in statuses_of(iri, advice[iri])}
            one.withheld_closes = not bearing.isdisjoint(self.hidden)

    def _of_strata(self) -> list[list[_Cell]]:
        """Return the sums of strata, for all that is counted."""
        if not self.strata:
            return []
        whole = [cell for cell in self.numbers if cell[-1] == ALL]
        return [[*((*cell[:-1], one) for one in self.strata), cell] for cell in whole]

    def _without_what_is_known(self, answered: Answered) -> dict[_Cell, int]:
        """Return the numbers but those of which everybody knows that they are nought.

        That are those of a status that an intervention cannot have, since nothing speaks for it or
        against it, and of one that is open where no fact is missing.
        """
        waiting = {iri for one in self.lacking for iri in one.waiting}
        barred = {
            one.iri: {
                *(() if one.favouring else _FOR),
                *(() if one.opposing else ("conditional", *_AGAINST)),
                *(() if one.iri in waiting else _OPEN),
            }
            for one in answered.plan.interventions
        }
        return {
            cell: number
            for cell, number in self.numbers.items()
            if number or cell[0] != "status" or cell[2] not in barred[cell[1]]
        }

    def _of_rows(self) -> list[list[_Cell]]:
        """Return the sums of states, of statuses, and of what was done, in each stratum."""
        rows: dict[tuple[_Cell, _Cell], list[_Cell]] = defaultdict(list)
        for cell in self.numbers:
            kind, stratum = cell[0], cell[-1]
            if kind == "patients":
                rows[(kind,), ("total", stratum)].append(cell)
            elif kind == "status":
                rows[cell[:2], ("patients", ASSESSED, stratum)].append(cell)
            elif kind == "done" and cell[2] != _MET:
                rows[cell[:2], ("done", cell[1], _MET, stratum)].append(cell)
        return [[*parts, total] for (_, total), parts in rows.items()]


def _of_advice(summary: Summary, answered: Answered) -> list[list[_Cell]]:
    """Return what the numbers of an intervention have in common with those of its advice.

    Where one recommendation alone speaks for it, this is met wherever it is recommended,
    conditional or conflicting; so it is with one that alone speaks against it.
    """
    plan = answered.plan
    found: list[list[_Cell]] = []
    for one in plan.interventions:
        for sides, words in (
            (one.favouring, _FOR if one.opposing else _FOR[:1]),
            (one.opposing, _AGAINST if one.favouring else _AGAINST[:1]),
        ):
            if len(sides) == 1:
                iri = plan.decisions[sides[0]].iri
                for stratum in (ALL, *summary.strata):
                    parts: list[_Cell] = [("status", one.iri, word, stratum) for word in words]
                    found.append([*parts, ("done", iri, _MET, stratum)])
    return [each for each in found if each[-1] in summary.numbers]


def summarised(answered: Answered, *, by_stratum: bool) -> Summary:
    """Add up the answers of a cohort.

    Args:
        answered: the answers.
        by_stratum: whether to add them up by stratum as well.
    """
    weights = answered.weights()
    states = (
        answered.patients.group_by("stratum", "state", "told")
        .agg(pl.len().alias("patients"))
        .collect(engine="streaming")
    )
    strata = sorted(states["stratum"].unique().to_list()) if by_stratum else []
    numbers: dict[_Cell, int] = defaultdict(int)
    told: dict[tuple[str, str], int] = defaultdict(int)
    for stratum, state, why, many in states.iter_rows():
        for one in (ALL, stratum) if by_stratum else (ALL,):
            numbers["patients", state, one] += many
            numbers["total", one] += many
        if why is not None:
            told[state, why] += many
    for one in (ALL, *strata):
        for state in STATES:
            numbers.setdefault(("patients", state, one), 0)
    summary = Summary(strata, numbers, [], dict(told))
    _add_statuses(summary, answered, weights)
    _add_done(summary, answered, weights)
    summary.lacking = _lacking(answered, weights)
    _add_closing(summary.lacking, answered, weights)
    summary.numbers = dict(numbers)
    return summary


def _add_statuses(summary: Summary, answered: Answered, weights: pl.DataFrame) -> None:
    rows = weights.join(answered.interventions, on="pattern", maintain_order="left_right")
    counted = rows.group_by("stratum", "intervention", "status").agg(pl.col("patients").sum())
    for stratum, iri, status, many in counted.iter_rows():
        for one in (ALL, stratum) if summary.strata else (ALL,):
            summary.numbers["status", iri, status, one] += many
    for one in answered.plan.interventions:
        for status in STATUS_WORDS:
            for stratum in (ALL, *summary.strata):
                summary.numbers.setdefault(("status", one.iri, status, stratum), 0)


def _add_done(summary: Summary, answered: Answered, weights: pl.DataFrame) -> None:
    met = answered.recommendations.filter(pl.col("answer") == _MET)
    rows = weights.join(met, on="pattern", maintain_order="left_right")
    counted = rows.group_by("stratum", "recommendation", "fulfilment").agg(pl.col("patients").sum())
    for stratum, iri, done, many in counted.iter_rows():
        for one in (ALL, stratum) if summary.strata else (ALL,):
            summary.numbers["done", iri, _MET, one] += many
            if done is not None:
                summary.numbers["done", iri, done, one] += many
    for one in answered.plan.advice:
        words = one.words[0] if one.fulfilled is not None else ()
        for word in (_MET, *words):
            for stratum in (ALL, *summary.strata):
                summary.numbers.setdefault(("done", one.iri, word, stratum), 0)


def _lacking(answered: Answered, weights: pl.DataFrame) -> list[Lacking]:
    """Return the facts that are missing, those for which most answers wait first.

    What is missing for a recommendation depends on what is known of its own facts alone, so that it
    is found once for all patterns that have these in common.
    """
    catalogue = answered.assessor.catalogue
    names = answered.names
    number = {iri: at for at, iri in enumerate(names)}
    about: dict[str, int] = {}
    for iri in catalogue.recommendations:
        mask = 0
        for _, literals in catalogue.implicants[iri]:
            for one in literals:
                mask |= 1 << number[one] | 1 << number[catalogue.opposite[one]]
        about[iri] = mask
    kept: dict[tuple[str, int], list[missing.Settling]] = {}
    many = dict(weights.group_by("pattern").agg(pl.col("patients").sum()).iter_rows())
    answers: dict[int, dict[str, Answer]] = defaultdict(dict)
    columns = ("pattern", "recommendation", "answer")
    for pattern, iri, answer in answered.recommendations.select(columns).iter_rows():
        answers[pattern][iri] = answer
    found: dict[tuple[str, str], Lacking] = {}
    waiting = answered.interventions.filter(
        pl.col("status").is_in(_OPEN) & pl.col("pattern").is_in(list(many))
    ).sort("pattern", "intervention")
    seen: set[tuple[int, tuple[str, str]]] = set()
    for pattern, action, status in waiting.select("pattern", "intervention", "status").iter_rows():
        mask = answered.patterns.masks[pattern]
        known = {names[one] for one in bits(mask)}

        def least_of(iri: str, mask: int = mask, known: set[str] = known) -> list[missing.Settling]:
            key = iri, mask & about[iri]
            if key not in kept:
                kept[key] = missing.least(catalogue, iri, missing.possible(catalogue, iri, known))
            return kept[key]

        ordered = catalogue.standing(action).ordered
        sets = missing.settling(catalogue, status, ordered, answers[pattern], least_of)
        single = [(record, literals) for record, literals in sets if len(literals) == 1]
        alone = {(one["term"], one["label"]) for one in missing.awaited(catalogue, single, known)}
        for fact in missing.awaited(catalogue, sets, known):
            key = fact["term"], fact["label"]
            row = found.setdefault(key, Lacking(*key, fact["question"]))
            row.answers += many[pattern]
            row.alone += many[pattern] if key in alone else 0
            row.waiting.add(action)
            if (pattern, key) not in seen:
                seen.add((pattern, key))
                row.patients += many[pattern]
    return sorted(found.values(), key=lambda one: (-one.answers, -one.alone, one.label, one.term))


def _add_closing(lacking: Sequence[Lacking], answered: Answered, weights: pl.DataFrame) -> None:
    """Add to the first facts how many open answers would close."""
    many = dict(weights.group_by("pattern").agg(pl.col("patients").sum()).iter_rows())
    first = lacking[:MOST_CLOSING]
    closed = closing(answered, [(one.term, one.label) for one in first], many)
    for waited in first:
        by_intervention = closed[waited.term, waited.label]
        waited.closes, waited.closing = sum(by_intervention.values()), set(by_intervention)


def as_record(
    summary: Summary,
    answered: Answered,
    *,
    source: str,
    as_of: str | None,
    intake: Mapping[str, object] | None,
) -> dict[str, Any]:
    """Return a summary as a program reads it; a number that is withheld is null.

    Args:
        summary: the numbers.
        answered: the answers that they are of.
        source: what the patients were read from.
        as_of: the day for which they were answered, where it is one for all.
        intake: what became of the records, where they are of another system.
    """
    plan, catalogue = answered.plan, answered.assessor.catalogue
    record: dict[str, Any] = {
        "source": source,
        "asOf": as_of,
        "guidelines": catalogue.versions(),
        "patients": summary.patients(),
        "interventions": [_advised(summary, answered, one.iri) for one in plan.interventions],
        "recommendations": [_recommended(summary, answered, at) for at in range(len(plan.advice))],
        "missing": [_missing(summary, one) for one in summary.lacking],
        "notAssessed": _not_assessed(summary),
    }
    if summary.strata:
        record["strata"] = [
            {"stratum": one, "patients": summary.patients(one)} for one in summary.strata
        ]
    if summary.least:
        record["withheldBelow"] = summary.least
    if intake is not None:
        record["intake"] = _without_small(intake, summary)
    return record


def conflicting(summary: Summary, answered: Answered) -> list[dict[str, Any]]:
    """Return the interventions that are advised and advised against at once, for how many."""
    found = [
        {
            "intervention": one.iri,
            "label": answered.assessor.catalogue.label(one.iri),
            "patients": summary.number("status", one.iri, "conflicting", ALL),
        }
        for one in answered.plan.interventions
    ]
    return [one for one in found if one["patients"] != 0]


def _advised(summary: Summary, answered: Answered, iri: str) -> dict[str, Any]:
    return _parted(
        summary,
        {"intervention": iri, "label": answered.assessor.catalogue.label(iri)},
        lambda stratum: {
            word: summary.number("status", iri, word, stratum) for word in STATUS_WORDS
        },
    )


def _missing(summary: Summary, one: Lacking) -> dict[str, Any]:
    return {
        "term": one.term,
        "label": one.label,
        "question": one.question,
        **{
            word: None if one.withheld else number
            for word, number in (
                ("answers", one.answers),
                ("patients", one.patients),
                ("alone", one.alone),
            )
        },
        **(
            {}
            if one.closes is None
            else {"closes": None if one.withheld_closes else summary.shown(one.closes)}
        ),
    }


def _is_told(summary: Summary, state: str, many: int) -> bool:
    """Tell whether a reason is told: of one patient who stands several times it names the cases."""
    return not summary.least or (many >= summary.least and state != TWICE)


def _not_assessed(summary: Summary) -> list[dict[str, Any]]:
    """Return why patients were not assessed, most of them first.

    Where small numbers are withheld, what is told of a few is left out as well, since it names
    their records; and where these come to few altogether, so are the numbers of the others. Who
    stands several times is one, however often.
    """
    ordered = sorted(summary.told.items(), key=lambda one: (-one[1], one[0]))
    kept = [(state, why) for (state, why), many in ordered if _is_told(summary, state, many)]

    def shown(state: str, why: str) -> int | None:
        rest = summary.numbers.get(("told", state, "", ""), 0)
        if not summary.least:
            return summary.told[state, why]
        return None if summary.shown(rest) is None else summary.number("told", state, state, why)

    return [
        {"state": state, "told": why, "patients": shown(state, why)}
        for state, why in kept[:MOST_TOLD]
    ]


def _parted(summary: Summary, row: dict[str, Any], numbers: Any) -> dict[str, Any]:
    row["patients"] = numbers(ALL)
    if summary.strata:
        row["byStratum"] = [{"stratum": one, "patients": numbers(one)} for one in summary.strata]
    return row


def _recommended(summary: Summary, answered: Answered, number: int) -> dict[str, Any]:
    one = answered.plan.advice[number]
    known = answered.assessor.catalogue.recommendations[one.iri]
    words = one.words[0] if one.fulfilled is not None else ()
    row = {
        "recommendation": one.iri,
        "label": known.label,
        "direction": known.direction,
        "intervention": known.action,
    }
    return _parted(
        summary,
        row,
        lambda stratum: {
            word: summary.number("done", one.iri, word, stratum) for word in (_MET, *words)
        },
    )


def _without_small(intake: Mapping[str, object], summary: Summary) -> dict[str, object]:
    """Return what became of records, without small numbers of patients."""
    if not summary.least:
        return dict(intake)
    found: dict[str, object] = {}
    for name, value in intake.items():
        if name == "dead" and isinstance(value, int):
            found[name] = summary.shown(value)
        elif isinstance(value, list):
            found[name] = [_small(one, summary) for one in value]
        else:
            found[name] = value
    return found


def _small(row: object, summary: Summary) -> object:
    if isinstance(row, dict) and isinstance(row.get("patients"), int):
        hidden = summary.shown(row["patients"]) is None
        return {
            key: None if hidden and key in {"patients", "records"} else value
            for key, value in row.items()
        }
    return row
