"""The search for cases that show something of a guideline, and what is said where one is found."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.files import bounded, resources
from indicant.files.lines import Lines
from indicant.guideline.names import prefixes_in
from indicant.possible.advice import Statuses
from indicant.possible.circuit import TRUE, OutOfTimeError
from indicant.possible.facts import turtle, words
from indicant.possible.freedom import Freedom, told
from indicant.possible.space import Space
from indicant.report.findings import Level, Place, Result
from indicant.terms import local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from indicant.assess.records import Answer
    from indicant.compile.derivations import Rule
    from indicant.files.rdf import Document
    from indicant.files.sources import Source
    from indicant.possible.advice import Advice
    from indicant.possible.circuit import Formula

_LEVELS: Final[Mapping[str, Level]] = {
    "conflict": "error",
    "dead": "error",
    "overriding-cycle": "error",
    "irrefutable-facet": "note",
}
_FACTS: Final = 12


@dataclass(frozen=True)
class Acceptance:
    """An anomaly that the guideline says is meant, with the reason."""

    iri: str
    anomaly: str
    concerns: frozenset[str]
    scope: str | None
    rationale: str


@dataclass
class _Shown:
    """The smallest case that shows something, as a graph and in words, and what it is answered."""

    text: str
    facts: list[str]
    claims: dict[str, dict[str, object]] = field(default_factory=dict)


class Stated:
    """What a source says beside its model: what is accepted, labels, and where things stand."""

    def __init__(self, source: Source) -> None:
        self._store = ox.Store()
        self._store.extend(
            ox.Quad(subject, predicate, value)  # type: ignore[arg-type]
            for _, subject, predicate, value in source.triples()
        )
        self._labels = source.labels()
        self.prefixes = prefixes_in(document.text for document in source.documents)
        self.places = self._all_places(source.documents)
        self.acceptances = self._accepted()

    def rows(self, name: str) -> list[tuple[str | None, ...]]:
        """Return the rows of one of the queries for verifying."""
        text = bounded.text(resources.queries() / "verification" / f"{name}.rq")
        solutions = self._store.query(text)
        assert isinstance(solutions, ox.QuerySolutions)  # noqa: S101
        return [
            tuple(None if value is None else getattr(value, "value", None) for value in row)
            for row in solutions
        ]

    @staticmethod
    def _all_places(documents: Iterable[Document]) -> dict[str, Place]:
        """Return where each recommendation, criterion and term is first described."""
        found: dict[str, Place] = {}
        for document in documents:
            for iri, line in Lines(document).subjects().items():
                found.setdefault(iri, Place(document.path, line))
        return found

    def _accepted(self) -> list[Acceptance]:
        concerns: dict[str, set[str]] = defaultdict(set)
        found: dict[str, Acceptance] = {}
        for iri, anomaly, concerned, scope, rationale in self.rows("accepted"):
            assert iri and concerned  # noqa: S101, PT018
            assert anomaly is not None and rationale is not None  # noqa: S101, PT018
            concerns[iri].add(concerned)
            found[iri] = Acceptance(iri, anomaly, frozenset(concerns[iri]), scope, rationale)
        return list(found.values())

    def label(self, iri: str) -> str:
        """Return what something is called."""
        return self._labels.get(iri, local_name(iri))


class Search:
    """Puts questions about all cases to a solver, and makes findings of the answers.

    Args:
        stated: what the source says beside its model.
        advice: what the model advises, compiled.
        seconds: the time limit for each question.
        deadline: when to stop altogether, as of ``time.monotonic``.
        rules: the derivations of the guideline.
    """

    def __init__(
        self,
        stated: Stated,
        advice: Advice,
        *,
        seconds: float,
        deadline: float,
        rules: Sequence[Rule] = (),
    ) -> None:
        self._stated = stated
        self._freedom = Freedom(rules, advice.model)
        self._seconds = seconds
        self._deadline = deadline
        self.advice = advice
        self.space = Space([advice.model], [advice.existentials()])
        self._answers = Statuses(advice, self.space)
        self.used: set[str] = set()
        self.undecided: dict[str, None] = {}

    def answer(self, iri: str, answer: Answer) -> Formula:
        """Return when a recommendation or criterion is answered so."""
        return self._answers.answer(iri, answer)

    def until(self) -> float:
        """Return when a question that is asked now is to be given up."""
        return min(self._deadline, time.monotonic() + self._seconds)

    def may_be(self, goal: Formula) -> bool:
        """Tell whether a formula is true in some case, as far as that is known in time."""
        try:
            return self.space.circuit.possible(goal, self.until())
        except OutOfTimeError:
            return False

    def _shown(
        self, goal: Formula, claims: Mapping[str, Mapping[str, object]], about: str
    ) -> _Shown | None:
        """Return a smallest case in which a formula is true, or nothing if there is none.

        Raises:
            OutOfTimeError: it was not found in time.
        """
        chosen = self.space.least(goal, self.until())
        if chosen is None:
            return None
        recorded = self.space.recorded(chosen)
        return _Shown(
            turtle(recorded, self._stated.prefixes, about=about),
            words(recorded, self._stated.label, self.advice.model.units),
            {name: dict(one) for name, one in claims.items()},
        )

    def found(
        self,
        rule: str,
        about: Sequence[str],
        goal: Formula,
        message: str,
        claims: Mapping[str, Mapping[str, object]],
    ) -> Iterator[Result]:
        """Yield what is found of an anomaly: outside of all acceptances, and within each."""
        matching = self._matching(rule, about)
        circuit = self.space.circuit
        covered = [self._covers(one) for one in matching]
        wanted: list[tuple[Formula, Acceptance | None]] = [
            (circuit.all_of((goal, *(-one for one in covered))), None)
        ]
        wanted += [
            (circuit.all_of((goal, where)), one)
            for where, one in zip(covered, matching, strict=True)
        ]
        for where, acceptance in wanted:
            try:
                shown = self._shown(where, claims, message)
            except OutOfTimeError:
                self.leave(rule, about)
                continue
            if shown is not None:
                yield self._result(rule, about, message, shown, acceptance)

    def _matching(self, rule: str, about: Iterable[str]) -> list[Acceptance]:
        return [
            one
            for one in self._stated.acceptances
            if one.anomaly == rule and one.concerns <= set(about)
        ]

    def _covers(self, acceptance: Acceptance) -> Formula:
        if acceptance.scope is None:
            return TRUE
        return self.answer(acceptance.scope, "met")

    def told(
        self,
        rule: str,
        about: Sequence[str],
        message: str,
        goal: Formula | None = None,
        claims: Mapping[str, Mapping[str, object]] | None = None,
        hint: str | None = None,
    ) -> Result:
        """Return a finding that holds of every case, with a case that it can be seen in."""
        shown = None
        if goal is not None:
            try:
                shown = self._shown(goal, claims or {}, message)
            except OutOfTimeError:
                shown = None
        matching = self._matching(rule, about)
        accepted = matching[0] if matching else None
        return self._result(rule, about, message, shown, accepted, hint)

    def _result(
        self,
        rule: str,
        about: Sequence[str],
        message: str,
        shown: _Shown | None,
        acceptance: Acceptance | None,
        hint: str | None = None,
    ) -> Result:
        if acceptance is not None:
            self.used.add(acceptance.iri)
        if shown is not None:
            more = len(shown.facts) - _FACTS
            facts = "; ".join(shown.facts[:_FACTS]) + (f"; and {more} more" if more > 0 else "")
            message += f"; the smallest case: {facts or 'nothing recorded'}"
        free = self._freedom.about(about)
        if free:
            message += f"; {told(free)}"
        data: dict[str, object] = {} if shown is None else {"facts": shown.facts, **shown.claims}
        if free:
            data["derivations"] = [rule.iri for rule in free]
        places = (self._stated.places.get(iri) for iri in about)
        return Result(
            rule=rule,
            level=_LEVELS.get(rule, "warning"),
            help=hint,
            message=message,
            places=tuple(place for place in places if place is not None),
            about=tuple(about),
            accepted=None if acceptance is None else acceptance.rationale,
            witness=None if shown is None else shown.text,
            data=data,
        )

    def leave(self, rule: str, about: Iterable[str], why: str | None = None) -> None:
        """Take note of what is not decided."""
        names = " and ".join(local_name(iri) for iri in about)
        self.undecided[f"{rule} of {names}: {why or 'not decided within the time limit'}"] = None

    def ready(self, rule: str, about: Sequence[str], *subjects: str) -> bool:
        """Tell whether everything that a question is about was compiled; note it if not."""
        for subject in subjects:
            if subject in self.advice.undecided:
                self.leave(rule, about, self.advice.undecided[subject])
                return False
        return True
