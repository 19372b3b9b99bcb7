"""Decide what each event lets a case say: the one place where records become statements."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.intake import casegraph, events, numbers, readings
from indicant.intake.casegraph import Node, date, typed
from indicant.intake.together import Decided, Together
from indicant.terms import IND, XSD, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indicant.intake.codes import Meant
    from indicant.intake.events import Coding, Event, Moment, Value

_SEXES: Final = {"female": "Female", "male": "Male", "other": "OtherSex"}
"""The administrative genders of FHIR that say something."""
_TOPS: Final = {
    events.FINDING: ("Finding",),
    events.OBSERVATION: ("Finding", "Investigation"),
    events.INVESTIGATION: ("Investigation",),
    events.INTERVENTION: ("Intervention",),
}
_DEAD: Final = "the patient is dead: it is not said to be there, or to go on"
_RESULTS: Final = frozenset({readings.POSITIVE, readings.NEGATIVE, readings.UNDECIDED})
_NO_VALUES: Final = frozenset(
    {
        "http://terminology.hl7.org/CodeSystem/data-absent-reason",
        "http://terminology.hl7.org/CodeSystem/v3-NullFlavor",
    }
)
"""The codes that say why there is no value."""


def tops_of(kind: str) -> tuple[str, ...]:
    """Return the classes of the core that records of a kind can speak of."""
    return _TOPS.get(kind, ())


class Decider(Together):
    """Makes the case of one patient."""

    def decide(self, given: Iterable[Event]) -> Decided:
        """Take all events of the patient, and return the case."""
        self._demographics()
        for event in given:
            self._event(event)
        self._settle_contradictions()
        self._join()
        self._count_once()
        self._unsettled()
        self._tell_exclusions()
        return self._made

    # ------------------------------------------------------------------ the patient

    def _demographics(self) -> None:
        person, remarks = self._person, self._made.report.remarks
        died = person.died
        if isinstance(died, events.Moment) and died.first <= self._as_of:
            self._made.report.died = f"the patient died on {_shown(died)}"
        elif died is True:
            self._made.report.died = "the patient is dead"
        if self._made.report.died:
            self._dead = True
            remarks.append(self._made.report.died)
        if person.refusal is not None:
            told = person.refusal.detail or person.refusal.reason
            remarks.append(f"neither birth date nor sex is used: {told}")
            self._made.doubts.append(f"of the record of the patient, {told}")
            return
        if person.note:
            remarks.append(person.note)
            self._made.doubts.append(person.note)
        sex = _SEXES.get(person.gender)
        if sex is not None:
            self._graph.say(IND + "sex", ox.NamedNode(IND + sex))
        born = person.born
        if born is None:
            return
        if born.first > self._as_of:
            remarks.append(f"the birth date {born.first} is after the as-of date, and not used")
        elif born.day is not None:
            self._graph.say(IND + "birthDate", date(born.day))
        else:
            least, most = (_age(day, self._as_of) for day in (born.last, born.first))
            if least == most:
                self._graph.say(IND + "ageInYears", typed(str(least), "integer"))
            remarks.append(
                "of the birth date the day is not known: "
                + (f"the age is {least} years" if least == most else "it is not used")
            )

    # ------------------------------------------------------------------ one event

    def _event(self, event: Event) -> None:
        if event.refusal is not None:
            self._leave(event, event.refusal.reason, event.refusal.detail)
        elif event.standing == readings.IN_ERROR:
            self._leave(event, "in-error")
        elif event.standing == readings.NOTHING:
            self._leave(event, "status", event.status)
        elif event.standing == readings.NOT_DONE:
            self._leave(event, "not-done", event.status)
        elif not event.codes:
            self._leave(event, "no-code", event.substance and f"refers to {event.substance[:80]}")
        else:
            self._coded(event)

    def _coded(self, event: Event) -> None:
        if event.panel is not None and not self._is_panel(event.panel):
            self._leave(event, "panel")
            return
        if event.kind == events.OBSERVATION and self._asserts(event):
            return
        meant = self._terms.meant(event.codes)
        denies = event.standing == readings.ABSENT or self._is_negative(event)
        terms = self._wanted(event, meant.terms)
        if denies and not any(self._terms.is_kind(one, "Investigation") for one in terms):
            denied = self._wanted(event, meant.denied)
            terms = tuple(one for one in denied if self._terms.is_kind(one, "Finding"))
        if not terms:
            self._leave(event, *self._unmatched(event, meant))
            return
        foes = self._terms.contradict(terms)
        if foes is not None and not denies:
            names = " and ".join(map(local_name, foes))
            self._leave(event, "contradiction", f"its codes stand for {names}, which nothing is")
            return
        if self._is_late(event):
            self._leave(event, "late", self._dated(event))
            return
        if event.kind == events.FINDING:
            self._finding(event, terms)
        elif event.kind == events.OBSERVATION:
            self._observation(event, terms)
        else:
            self._intervention(event, terms)

    def _is_panel(self, codes: Iterable[Coding]) -> bool:
        """Tell whether a table knows what it is that a part of a record is part of."""
        return any(self._terms.answer(one) == readings.PANEL for one in codes) or bool(
            self._terms.meant(codes).near
        )

    def _wanted(self, event: Event, terms: tuple[str, ...]) -> tuple[str, ...]:
        """Return the terms of the kinds that such a record can speak of, the narrowest."""
        tops = _TOPS[event.kind]
        if not terms:
            return ()
        found = [
            one
            for one in terms
            if any(self._terms.is_kind(one, top) for top in tops)
            and self._terms.is_recorded_by(one, event.origin.record_type)
        ]
        return self._terms.narrowest(found)

    def _unmatched(self, event: Event, meant: Meant) -> tuple[str, str]:
        """Return why the codes of a record stand for nothing that it could say."""
        if meant.near:
            names = ", ".join(sorted(map(local_name, meant.near)))
            if self._wanted(event, meant.near):
                return "weak-match", f"near to {names}"
            return "other-kind", f"stands for {names}"
        if meant.unknown:
            return "unknown-code", " ".join(f"{one.system}|{one.code}" for one in meant.unknown[:3])
        return "no-system", " ".join(one.code[:40] for one in meant.nameless[:3])

    def _asserts(self, event: Event) -> bool:
        """Take an observation whose value names what is there; tell whether it is one."""
        if not any(self._terms.answer(one) == readings.ASSERTION for one in event.codes):
            return False
        codes = () if event.value is None else event.value.codes
        if not codes:
            self._leave(event, "no-value", "an assertion that names nothing")
            return True
        meant = self._terms.meant(codes)
        found = [one for one in meant.terms if self._terms.is_kind(one, "Finding")]
        terms = self._terms.narrowest(found)
        if not terms:
            self._leave(event, *self._unmatched(event, meant))
        elif self._terms.contradict(terms) is not None:
            self._leave(event, "contradiction", "its value stands for two things in one")
        elif self._is_late(event):
            self._leave(event, "late", self._dated(event))
        else:
            self._there(event, terms)
        return True

    # ------------------------------------------------------------------ findings

    def _finding(self, event: Event, terms: tuple[str, ...]) -> None:
        if event.standing == readings.ABSENT:
            self._absent(event, terms, event.recorded)
            return
        if event.standing == readings.OBSERVED:
            self._there(event, terms)
            return
        present = event.standing == readings.PRESENT
        node, at = self._node(event, self._has(present), terms)
        if present and self._dead:
            self._remark(at, _DEAD)
        begin, end = self._course(event, at)
        if begin is not None:
            node.said[casegraph.ONSET] = date(begin)
        if end is not None and event.standing == readings.PAST:
            node.said[casegraph.ENDED] = date(end)

    def _has(self, present: bool) -> str:
        """Return how a case is linked to a finding, which nobody has who is dead."""
        return casegraph.HAS if present and not self._dead else casegraph.HAD

    def _absent(self, event: Event, terms: tuple[str, ...], day: Moment | None) -> None:
        """Say that there is nothing of some classes, if that was so on the as-of date itself."""
        if event.narrowed:
            names = ", ".join(map(local_name, terms))
            self._leave(event, "absent-then", f"no {names}, but only as to {event.narrowed}")
            return
        if day is None or day.day != self._as_of:
            when = "it is not known when" if day is None else f"on {_shown(day)}"
            names = ", ".join(map(local_name, terms))
            self._leave(event, "absent-then", f"no {names}, {when}")
            return
        for term in terms:
            self._excluding[term].append(event)
            self._graph.excluded.setdefault(term, []).append(event.origin.iri)

    def _observation(self, event: Event, terms: tuple[str, ...]) -> None:
        tests = [one for one in terms if self._terms.is_kind(one, "Investigation")]
        value = event.value
        path = self._terms.measure(terms)
        if value is None:
            self._leave(event, "no-value")
        elif (tests or path is not None) and not self._is_result(value, path):
            self._leave(event, "value", value.other or "it may not have been done")
        elif tests and len(tests) != len(terms):
            names = ", ".join(map(local_name, terms))
            self._leave(
                event, "contradiction", f"its codes stand for {names}: a finding and a test"
            )
        elif tests:
            node, at = self._node(event, casegraph.RECEIVED, terms)
            self._day(event, node, at)
            self._measured(event, node, at, required=False)
        elif path is not None:
            node, at = self._node(event, casegraph.HAD, terms)
            self._day(event, node, at)
            self._measured(event, node, at, required=True)
        elif self._is_negative(event):
            self._absent(event, terms, event.on)
        elif self._is_positive(event):
            self._there(event, terms)
        else:
            self._leave(event, "value", value.other or "neither positive nor negative")

    def _there(self, event: Event, terms: tuple[str, ...]) -> None:
        """Say that a finding was there on the day of an observation."""
        today = event.on is not None and event.on.day == self._as_of
        node, at = self._node(event, self._has(today), terms)
        if today and self._dead:
            self._remark(at, _DEAD)
            self._day(event, node, at)
        if not today:
            self._day(event, node, at)

    def _measured(self, event: Event, node: Node, at: int, *, required: bool) -> None:
        path = self._terms.measure(node.terms)
        if path is None or event.value is None:
            return
        refusal = numbers.put(node, path, event.value, self._terms)
        if refusal is not None and (required or refusal.reason == "unit"):
            self._remark(at, f"without its value: {refusal.detail}")
            self._tell_left(event, refusal.reason, refusal.detail)

    def _meanings(self, event: Event) -> set[str]:
        value = event.value
        if value is None or event.standing != readings.OBSERVED:
            return set()
        if value.truth is not None:
            return {readings.POSITIVE if value.truth else readings.NEGATIVE}
        found = {answer for one in value.codes if (answer := self._terms.answer(one))}
        return {readings.NEGATIVE if one == readings.NO else one for one in found}

    def _is_result(self, value: Value, path: str | None) -> bool:
        """Tell whether a test has a result: a text, or a no, may say that it was not done."""
        if value.number or value.low or value.high:
            return True
        if value.truth is not None:
            scale = None if path is None else self._terms.scale(path)
            return value.truth or (scale is not None and scale.datatype == XSD + "boolean")
        if any(one.system in _NO_VALUES for one in value.codes):
            return False
        answers = {self._terms.answer(one) for one in value.codes}
        return not answers.isdisjoint(_RESULTS) or bool(self._terms.meant(value.codes).near)

    def _is_negative(self, event: Event) -> bool:
        """Tell whether all that an observation found says no: a code that is not known may not."""
        if event.value is None or self._meanings(event) != {readings.NEGATIVE}:
            return False
        codes = event.value.codes
        noes = {readings.NEGATIVE, readings.NO}
        return all(self._terms.answer(one) in noes for one in codes)

    def _is_positive(self, event: Event) -> bool:
        return self._meanings(event) == {readings.POSITIVE}

    # ------------------------------------------------------------------ interventions

    def _intervention(self, event: Event, terms: tuple[str, ...]) -> None:
        planned = event.standing == readings.PROPOSED or self._is_to_come(event)
        link = casegraph.PROPOSES if planned else casegraph.RECEIVED
        node, at = self._node(event, link, terms)
        self._elements(event, node, at)
        if planned:
            if event.opens is not None and event.standing != readings.PROPOSED:
                self._remark(at, f"not begun: it was to begin {_shown(event.opens)}")
            return
        ongoing = event.standing == readings.ONGOING
        if event.on is not None and not ongoing:
            self._day(event, node, at)
            return
        begin, end = self._course(event, at)
        opens = event.opens
        if begin is not None and opens is not None and opens.last > begin:
            self._remark(at, f"without its start: written {begin}, to begin {_shown(opens)}")
        elif begin is not None:
            node.said[casegraph.STARTED] = date(begin)
        if end is not None:
            node.said[casegraph.ENDED] = date(end)
        until = event.until
        if ongoing and until is not None and until.first < self._as_of:
            self._remark(at, f"said to go on, and was to end {_shown(until)}: which is not known")
        elif ongoing and self._dead:
            self._remark(at, _DEAD)
        elif ongoing and event.end is None:
            node.said[casegraph.ONGOING] = typed("true", "boolean")
        elif ongoing:
            self._remark(at, "said to go on and to have an end: whether it goes on is not known")

    def _elements(self, event: Event, node: Node, at: int) -> None:
        """Say of a node what else its record says, where the vocabulary has a property for it."""
        for element, value in event.elements:
            for path in self._terms.recorded.get(element, ()):
                refusal = numbers.put(node, path, value, self._terms)
                if refusal is not None:
                    self._remark(at, f"without its {local_name(path)}: {refusal.detail}")

    # ------------------------------------------------------------------ times

    def _is_late(self, event: Event) -> bool:
        """Tell whether an event is, or may be, after the as-of date, or was not known by then."""
        known = event.recorded
        if known is not None and known.last > self._as_of:
            return True
        if event.standing == readings.PROPOSED or self._is_to_come(event):
            return False  # what is planned is to come
        opens = event.opens
        if opens is not None and opens.last > self._as_of:
            return True
        by_then = known is not None
        return any(
            one is not None and (one.first if by_then else one.last) > self._as_of
            for one in (event.on, event.begin, event.since, self._aged(event))
        )

    def _is_to_come(self, event: Event) -> bool:
        """Tell whether an order that is active was to begin after the as-of date."""
        opens = event.opens
        active = event.standing == readings.ONGOING
        return active and opens is not None and opens.first > self._as_of

    def _aged(self, event: Event) -> Moment | None:
        """Return when the patient was of the age at which something began."""
        born = self._person.born
        if born is None or event.age is None:
            return None
        least, most = event.age
        first, last = _years_later(born.first, least), _years_later(born.last, most)
        return events.Moment(first, max(first, last))

    def _dated(self, event: Event) -> str:
        """Return the date by which an event is late."""
        dates = (event.on, event.begin, event.since, event.opens, self._aged(event))
        for one in dates:
            if one is not None and one.last > self._as_of:
                return _shown(one)
        assert event.recorded is not None  # noqa: S101
        return f"recorded on {_shown(event.recorded)}"

    def _course(self, event: Event, at: int) -> tuple[datetime.date | None, datetime.date | None]:
        """Return the days on which a course began and ended, as far as they are known and past."""
        begin, end = event.begin, event.end
        if begin is not None and end is not None and end.last < begin.first:
            self._remark(at, "without its dates: it ends before it begins")
            return None, None
        first = None if begin is None else begin.day
        last = None if end is None else end.day
        if begin is not None and first is None:
            self._remark(at, f"without its start: {_shown(begin)} is no day")
        if end is not None and end.last > self._as_of:
            self._remark(at, f"without its end: {_shown(end)} is, or may be, after the as-of date")
            last = None
        elif end is not None and last is None:
            self._remark(at, f"without its end: {_shown(end)} is no day")
        return first, last

    def _day(self, event: Event, node: Node, at: int) -> None:
        if event.on is None:
            return
        if event.on.day is None:
            self._remark(at, f"without its day: {_shown(event.on)} is no day")
        else:
            node.said[casegraph.ON] = date(event.on.day)


def _shown(one: Moment) -> str:
    """Return a moment as it is known.

    >>> from indicant.intake.events import moment
    >>> _shown(moment("2025")), _shown(moment("2025-02")), _shown(moment("2025-02-03"))
    ('2025', '2025-02', '2025-02-03')
    """
    first, last = one.first, one.last
    if first == datetime.date.min:
        return f"until {last}"
    if first == last:
        return first.isoformat()
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year:
        return f"{first.year:04}"
    if first.day == 1 and (first.year, first.month) == (last.year, last.month) and last.day >= 28:
        return f"{first:%Y-%m}"
    return f"{first} to {last}"


def _years_later(day: datetime.date, years: int) -> datetime.date:
    """Return the day after some years, of a leap day the one after it."""
    year = min(day.year + years, 9999)
    leap = (day.month, day.day) == (2, 29)
    return day.replace(year=year, month=3, day=1) if leap else day.replace(year=year)


def _age(born: datetime.date, as_of: datetime.date) -> int:
    """Return how many years somebody has completed."""
    before = (as_of.month, as_of.day) < (born.month, born.day)
    return max(0, as_of.year - born.year - before)
