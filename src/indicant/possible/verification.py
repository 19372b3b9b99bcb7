"""Verify a guideline over all possible patients: conflicts, gaps, dead advice and what else.

Every question is put to a solver about every case that can be recorded, so that what is found
comes with a smallest case that shows it, and what is not found cannot happen.
"""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from indicant.compile.admission import admit
from indicant.compile.implicants import need_solver
from indicant.compile.model import ITSELF, And
from indicant.compile.overriding import overriders, without
from indicant.compile.scores import scores_of
from indicant.possible.advice import advise
from indicant.possible.circuit import OutOfTimeError
from indicant.possible.facts import CaseFiles, write_cases
from indicant.possible.search import Search, Stated
from indicant.possible.settling import unsettled
from indicant.report.findings import Report, Result, Rule
from indicant.terms import local_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from indicant.compile.implicants import Literal
    from indicant.compile.model import Existential, Expression
    from indicant.files.sources import Source
    from indicant.possible.advice import Advice
    from indicant.possible.circuit import Formula


def verify(source: Source, *, seconds: float = 60.0, limit: float = 600.0) -> Report:
    """Look for every anomaly of a guideline.

    Args:
        source: what ``files.sources.load`` returned.
        seconds: the time limit for compiling a criterion, and for each question.
        limit: the time limit for all of it.

    Raises:
        IndicantError: something lies outside the profile, or there is no solver.
    """
    need_solver("asking about all possible patients")
    return _Verifier(source, seconds, limit).report()


class _Verifier:
    def __init__(self, source: Source, seconds: float, limit: float) -> None:
        self._seconds = seconds
        self._deadline = time.monotonic() + limit
        self._source = source
        admitted = admit(source, seconds=seconds, circles=True, kept=True)
        self._model = admitted.model
        self._stated = Stated(source)
        above = overriders(self._model)
        self._idle = {
            (one, other): And((without(self._model, other, above[other] - {one}), criterion))
            for one, other, criterion in self._overriding()
        }
        self._advice = self._advise()
        self._search = Search(
            self._stated,
            self._advice,
            seconds=seconds,
            deadline=self._deadline,
            rules=admitted.derivations,
        )
        self._circuit = self._search.space.circuit

    def report(self) -> Report:
        """Return all that is found."""
        rules = tuple(
            Rule(name or "", _sentence(meaning), _sentence(remedy))
            for name, meaning, remedy in self._stated.rows("anomalies")
        )
        results = [
            *self._cycles(),
            *self._conflicts(),
            *self._dead(),
            *self._gaps(),
            *self._redundant(),
            *self._undecidable(),
            *self._unsettled(),
            *self._idle_overriding(),
        ]
        results += self._idle_acceptances()
        subject = ", ".join(self._stated.label(iri) for iri in sorted(self._model.guidelines))
        return Report(
            verb="verify",
            subject=subject or self._source.documents[0].path,
            rules=rules,
            results=tuple(results),
            undecided=tuple(self._search.undecided),
            data={
                "recommendations": len(self._model.recommendations),
                "actions": len(self._advice.actions()),
            },
        )

    def _overriding(self) -> Iterator[tuple[str, str, Expression]]:
        """Yield who is stated to override whom, with the criterion of the former."""
        for iri, one in sorted(self._model.recommendations.items()):
            for other in sorted(one.overrides):
                yield iri, other, self._model.criteria[one.criterion]

    def _advise(self) -> Advice:
        scopes = {one.scope for one in self._stated.acceptances if one.scope is not None}
        return advise(
            self._model,
            extra=scopes & set(self._model.criteria),
            beside={_idle_name(*pair): expression for pair, expression in self._idle.items()},
            seconds=self._seconds,
            deadline=self._deadline,
        )

    def _conflicts(self) -> Iterator[Result]:
        against: dict[str, list[str]] = defaultdict(list)
        for iri, one in sorted(self._model.recommendations.items()):
            if one.against:
                against[one.action].append(iri)
        for iri, one in sorted(self._model.recommendations.items()):
            if one.against:
                continue
            for action in sorted(self._model.above[one.action]):
                for other in against[action]:
                    if self._search.ready("conflict", (iri, other), iri, other):
                        goal = self._both(iri, other)
                        yield from self._search.found(
                            "conflict",
                            (iri, other),
                            goal,
                            f"{self._stated.label(one.action)} is advised by {local_name(iri)} and "
                            f"advised against by {local_name(other)}",
                            {"actions": {one.action: "conflicting"}},
                        )

    def _both(self, one: str, other: str) -> Formula:
        answer = self._search.answer
        return self._circuit.all_of((answer(one, "met"), answer(other, "met")))

    def _dead(self) -> Iterator[Result]:
        for iri, one in sorted(self._model.recommendations.items()):
            if not self._search.ready("dead", (iri,), iri):
                continue
            goal = self._search.answer(iri, "met")
            try:
                if self._circuit.possible(goal, self._search.until()):
                    continue
            except OutOfTimeError:
                self._search.leave("dead", (iri,))
                continue
            name = local_name(iri)
            above = sorted(self._advice.above[iri])
            if above and one.criterion in self._advice.compiled:
                applies = self._search.answer(one.criterion, "met")
                if self._search.may_be(applies):
                    by = " and ".join(local_name(other) for other in above)
                    yield self._search.told(
                        "dead",
                        (iri, *above),
                        f"{name} decides nothing: wherever it applies it gives way to {by}",
                        applies,
                        {"superseded": {iri: True}},
                    )
                    continue
            never = "is met by no case that can be recorded"
            if not self._advice.compiled[iri].met:
                never = "contradicts itself"
            yield self._search.told("dead", (iri,), f"{name} never applies: its criterion {never}")

    def _gaps(self) -> Iterator[Result]:
        circuit = self._circuit
        for guideline, scope in sorted(self._model.scopes.items()):
            mine = sorted(
                iri
                for iri, one in self._model.recommendations.items()
                if one.guideline in {None, guideline}
            )
            if self._search.ready("gap", (guideline,), scope, *mine):
                silent = [self._search.answer(iri, "refuted") for iri in mine]
                actions = sorted({self._model.recommendations[iri].action for iri in mine})
                yield from self._search.found(
                    "gap",
                    (guideline,),
                    circuit.all_of((self._search.answer(scope, "met"), *silent)),
                    f"{self._stated.label(guideline)} says nothing about a case in its scope",
                    {"actions": dict.fromkeys(actions, "not-applicable")},
                )

    def _redundant(self) -> Iterator[Result]:
        manner: dict[str, set[tuple[str | None, str | None]]] = defaultdict(set)
        for iri, how, value in self._stated.rows("manners"):
            manner[iri or ""].add((how, value))
        groups: dict[tuple[bool, str], list[str]] = defaultdict(list)
        for iri, recommendation in sorted(self._model.recommendations.items()):
            if recommendation.against:
                for action in self._model.above[recommendation.action]:
                    groups[(True, action)].append(iri)
            else:
                groups[(False, recommendation.action)].append(iri)
        seen: set[tuple[str, str]] = set()
        for (against, action), members in sorted(groups.items()):
            for narrow, wide in itertools.permutations(members, 2):
                # What is against a class is against everything below it, so that the wider one has
                # to stand at the class itself.
                if against and self._model.recommendations[wide].action != action:
                    continue
                if (narrow, wide) not in seen and (wide, narrow) not in seen:
                    yield from self._within(narrow, wide, manner, seen)

    def _within(
        self,
        one: str,
        other: str,
        manner: Mapping[str, set[tuple[str | None, str | None]]],
        seen: set[tuple[str, str]],
    ) -> Iterator[Result]:
        """Yield the finding that one recommendation says nothing beside another, if it does."""
        if not self._search.ready("redundant", (one, other), one, other):
            return
        circuit, until = self._circuit, self._search.until()
        met, wider = self._search.answer(one, "met"), self._search.answer(other, "met")
        try:
            if not circuit.possible(met, until):
                return
            if circuit.possible(circuit.all_of((met, -wider)), until):
                return
            same = not circuit.possible(circuit.all_of((wider, -met)), until)
        except OutOfTimeError:
            self._search.leave("redundant", (one, other))
            return
        alike = manner[one] == manner[other]
        actions = {self._model.recommendations[iri].action for iri in (one, other)}
        if same and len(actions) == 1:
            seen.add((one, other))
            how = "" if alike else ", in different words"
            names = f"{local_name(one)} and {local_name(other)}"
            message = f"{names} advise the same for the same cases{how}"
        elif alike:
            seen.add((one, other))
            message = (
                f"{local_name(one)} says nothing beside {local_name(other)}, which holds in "
                "all its cases"
            )
        else:
            return
        claims = {"answers": {one: "met", other: "met"}}
        yield self._search.told("redundant", (one, other), message, met, claims)

    def _undecidable(self) -> Iterator[Result]:
        known = {term for (term,) in self._stated.rows("establishable")}
        resting: dict[str, dict[str, Literal]] = defaultdict(dict)
        for iri in sorted(self._model.recommendations):
            compiled = self._advice.compiled.get(iri)
            if compiled is None:
                continue
            for implicant in compiled.met:
                for literal in sorted(implicant, key=repr):
                    for term in self._asked_for(literal.existential):
                        if term not in known:
                            resting[term].setdefault(iri, literal)
        for term, literals in sorted(resting.items()):
            iri = min(literals)
            names = ", ".join(local_name(one) for one in sorted(literals))
            goal = self._circuit.all_of(
                (
                    self._search.space.known(literals[iri]),
                    self._search.answer(iri, "met"),
                )
            )
            yield self._search.told(
                "undecidable",
                (term, *sorted(literals)),
                f"{self._stated.label(term)} can be established by no question and no "
                f"investigation, and {names} rest{'s' if len(literals) == 1 else ''} on it",
                goal,
                {"answers": {iri: "met"}},
            )

    def _asked_for(self, atom: Existential) -> set[str]:
        """Return the terms that have to be established for an existential.

        Of what a case has itself it is the property, and of a score the terms of what it counts.
        """
        if atom.role != ITSELF:
            return {atom.filler}
        theory = self._search.space.theory()
        scores = scores_of([atom], self._model)
        if not scores:
            return {facet.property for facet in atom.facets}
        return {
            term
            for name in scores
            for one in theory.decided(name)
            for implicant in one.met
            for literal in implicant
            for term in self._asked_for(literal.existential)
        }

    def _unsettled(self) -> Iterator[Result]:
        found = unsettled(
            self._advice, self._stated.label, seconds=self._seconds, deadline=self._deadline
        )
        for one in found:
            if not one.message:
                self._search.leave(one.anomaly, one.about)
                continue
            yield self._search.told(one.anomaly, one.about, one.message, hint=one.help or None)

    def _cycles(self) -> Iterator[Result]:
        for members in _circles(self._advice.above):
            criteria = [self._model.recommendations[iri].criterion for iri in members]
            goal = None
            if all(one in self._advice.compiled for one in criteria):
                goal = self._circuit.all_of(self._search.answer(one, "met") for one in criteria)
            names = ", ".join(local_name(iri) for iri in members)
            yield self._search.told(
                "overriding-cycle",
                members,
                f"{names} override one another in a circle",
                goal,
                {"criteria": dict.fromkeys(criteria, "met")},
            )

    def _idle_overriding(self) -> Iterator[Result]:
        for one, other in sorted(self._idle):
            name = _idle_name(one, other)
            if not self._search.ready("idle-overriding", (one, other), name, other):
                continue
            try:
                if self._circuit.possible(self._search.answer(name, "met"), self._search.until()):
                    continue
            except OutOfTimeError:
                self._search.leave("idle-overriding", (one, other))
                continue
            yield self._search.told(
                "idle-overriding",
                (one, other),
                f"{local_name(one)} overrides {local_name(other)} in no case",
                self._search.answer(other, "met"),
                {"answers": {other: "met"}},
            )

    def _idle_acceptances(self) -> Iterator[Result]:
        for one in self._stated.acceptances:
            if one.iri in self._search.used:
                continue
            if any(line.startswith(f"{one.anomaly} of ") for line in self._search.undecided):
                continue
            names = ", ".join(sorted(local_name(iri) for iri in one.concerns))
            yield self._search.told(
                "idle-acceptance",
                (one.iri, *sorted(one.concerns)),
                f"{local_name(one.iri)} accepts a finding '{one.anomaly}' about {names}, and there "
                "is none",
            )


def _idle_name(one: str, other: str) -> str:
    return f"{one} overrides {other}"


def _sentence(text: str | None) -> str:
    return text or ""


def _circles(above: Mapping[str, set[str]]) -> list[tuple[str, ...]]:
    """Return the sets of recommendations that override one another, directly or not."""
    order: list[str] = []
    seen: set[str] = set()
    for start in sorted(above):
        stack: list[tuple[str, Iterator[str]]] = []
        if start not in seen:
            seen.add(start)
            stack.append((start, iter(sorted(above[start]))))
        while stack:
            iri, others = stack[-1]
            for other in others:
                if other not in seen:
                    seen.add(other)
                    stack.append((other, iter(sorted(above[other]))))
                    break
            else:
                order.append(iri)
                stack.pop()
    below: dict[str, set[str]] = defaultdict(set)
    for iri, stronger in above.items():
        for other in stronger:
            below[other].add(iri)
    found = []
    placed: set[str] = set()
    for start in reversed(order):
        members: set[str] = set()
        waiting = [start] if start not in placed else []
        while waiting:
            iri = waiting.pop()
            if iri not in placed:
                placed.add(iri)
                members.add(iri)
                waiting += sorted(below[iri])
        if len(members) > 1 or start in above[start]:
            found.append(tuple(sorted(members)))
    return sorted(found)


# ---------------------------------------------------------------------- several guidelines


def together(reports: Sequence[Report]) -> Report:
    """Return the reports of several guidelines as one.

    >>> one = Report("verify", "a", (), (), data={"recommendations": 1})
    >>> together([one, one]).subject
    'a, a'
    """
    if len(reports) == 1:
        return reports[0]
    rules = {rule.name: rule for report in reports for rule in report.rules}
    return Report(
        verb="verify",
        subject=", ".join(report.subject for report in reports),
        rules=tuple(rules.values()),
        results=tuple(result for report in reports for result in report.results),
        undecided=tuple(line for report in reports for line in report.undecided),
        data={"guidelines": [{"subject": report.subject, **report.data} for report in reports]},
    )


def write_witnesses(report: Report, folder: str) -> list[Path]:
    """Write the case of each finding with what is expected of it, and return their folders.

    A folder is named after its finding and holds ``case.ttl`` and ``expected.json``, so that
    ``indicant test`` can be run on them. They appear all at once or not at all.

    Raises:
        IndicantError: a folder is there already, or cannot be written.
    """
    cases: list[CaseFiles] = []
    taken: dict[str, int] = {}
    for result in report.results:
        if result.witness is None:
            continue
        name = "-".join((result.rule, *(local_name(iri) for iri in result.about[:2])))
        taken[name] = taken.get(name, 0) + 1
        if taken[name] > 1:
            name += f"-{taken[name]}"
        expected = {
            key: result.data[key]
            for key in ("actions", "answers", "criteria", "superseded")
            if result.data.get(key)
        }
        cases.append(CaseFiles(name, result.witness, expected))
    return list(write_cases(Path(folder), cases))
