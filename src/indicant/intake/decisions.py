"""Decide what each event lets a case say: the one place where records become statements."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.intake import casegraph, events, numbers, readings
from indicant.intake.casegraph import CaseGraph, Node, date, typed
from indicant.intake.report import Left, PatientReport, Used
from indicant.terms import IND, local_name

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable

    from indicant.intake.codes import Meant, Terms
    from indicant.intake.events import Event, Moment, Person

_SEXES: Final = {"female": "Female", "male": "Male", "other": "OtherSex"}
"""The administrative genders of FHIR that say something."""
_TOPS: Final = {
    events.FINDING: ("Finding",),
    events.OBSERVATION: ("Finding", "Investigation"),
    events.INVESTIGATION: ("Investigation",),
    events.INTERVENTION: ("Intervention",),
}
_DAYS: Final = (casegraph.ON, casegraph.STARTED, casegraph.ENDED)
_PREFERRED: Final = (
    "MedicationRequest",
    "MedicationStatement",
    "MedicationDispense",
    "MedicationAdministration",
    "Procedure",
    "DiagnosticReport",
    "Observation",
    "Condition",
)
"""Of which type of record what is counted is taken, the first of those that there are."""
_SPOKEN: Final = {
    casegraph.HAS: "has",
    casegraph.HAD: "had",
    casegraph.RECEIVED: "received",
    casegraph.PROPOSES: "proposes",
    casegraph.EXCLUDES: "excludes",
}


@dataclass
class Decided:
    """A case, and which events were left out of it, each with the reason.

    ``used`` are those of which it says something, each with its terms, and ``unsettled`` those that
    say of a finding that it was there, and not that it is over. ``doubts`` says in words why more
    may be recorded of the patient elsewhere.
    """

    graph: CaseGraph
    report: PatientReport
    left: list[tuple[Event, str]] = field(default_factory=list)
    used: list[tuple[Event, tuple[str, ...]]] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    unsettled: list[tuple[Event, tuple[str, ...]]] = field(default_factory=list)


class Decider:
    """Makes the case of one patient."""

    def __init__(self, terms: Terms, as_of: datetime.date, person: Person, iri: str) -> None:
        self._terms, self._as_of, self._person = terms, as_of, person
        graph = CaseGraph(iri, as_of, sources=(person.origin.iri,))
        self._made = Decided(graph, PatientReport(person.name, iri, person.origin.reference))
        self._graph = graph
        self._of_node: dict[str, list[tuple[Event, int]]] = defaultdict(list)
        self._unused: set[int] = set()
        self._excluding: dict[str, list[Event]] = defaultdict(list)

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
        if person.refusal is not None:
            told = person.refusal.detail or person.refusal.reason
            remarks.append(f"neither birth date nor sex is used: {told}")
            self._made.doubts.append(f"of the record of the patient, {told}")
            return
        if person.note:
            remarks.append(person.note)
            self._made.doubts.append(person.note)
        if isinstance(person.died, events.Moment) and person.died.first <= self._as_of:
            remarks.append(f"the patient died on {person.died.first}")
        elif person.died is True:
            remarks.append("the patient is dead")
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

    def _wanted(self, event: Event, terms: Iterable[str]) -> tuple[str, ...]:
        """Return the terms of the kinds that such a record can speak of, the narrowest."""
        tops = _TOPS[event.kind]
        found = [one for one in terms if any(self._terms.is_kind(one, top) for top in tops)]
        return self._terms.narrowest(found)

    def _unmatched(self, event: Event, meant: Meant) -> tuple[str, str]:
        """Return why the codes of a record stand for nothing that it could say."""
        names = ", ".join(sorted(map(local_name, meant.near)))
        if self._wanted(event, meant.near):
            return "weak-match", f"near to {names}"
        if meant.near:
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
        present = event.standing == readings.PRESENT
        node, at = self._node(event, casegraph.HAS if present else casegraph.HAD, terms)
        begin, end = self._course(event, at)
        if begin is not None:
            node.said[casegraph.ONSET] = date(begin)
        if end is not None and event.standing == readings.PAST:
            node.said[casegraph.ENDED] = date(end)

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
        if value is None:
            self._leave(event, "no-value")
        elif tests and len(tests) != len(terms):
            names = ", ".join(map(local_name, terms))
            self._leave(
                event, "contradiction", f"its codes stand for {names}: a finding and a test"
            )
        elif tests:
            node, at = self._node(event, casegraph.RECEIVED, terms)
            self._day(event, node, at)
            self._measured(event, node, at, required=False)
        elif self._terms.measure(terms) is not None:
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
        node, at = self._node(event, casegraph.HAS if today else casegraph.HAD, terms)
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
        return {answer for one in value.codes if (answer := self._terms.answer(one))}

    def _is_negative(self, event: Event) -> bool:
        """Tell whether all that an observation found says no: a code that is not known may not."""
        if self._meanings(event) != {readings.NEGATIVE}:
            return False
        codes = () if event.value is None else event.value.codes
        return all(self._terms.answer(one) == readings.NEGATIVE for one in codes)

    def _is_positive(self, event: Event) -> bool:
        return self._meanings(event) == {readings.POSITIVE}

    # ------------------------------------------------------------------ interventions

    def _intervention(self, event: Event, terms: tuple[str, ...]) -> None:
        planned = event.standing == readings.PROPOSED
        link = casegraph.PROPOSES if planned else casegraph.RECEIVED
        node, at = self._node(event, link, terms)
        self._elements(event, node, at)
        if planned:
            return
        ongoing = event.standing == readings.ONGOING
        if event.on is not None and not ongoing:
            self._day(event, node, at)
            return
        begin, end = self._course(event, at)
        if begin is not None:
            node.said[casegraph.STARTED] = date(begin)
        if end is not None:
            node.said[casegraph.ENDED] = date(end)
        until = event.until
        if ongoing and until is not None and until.first < self._as_of:
            self._remark(at, f"said to go on, and was to end {_shown(until)}: which is not known")
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
        if known is not None and known.first > self._as_of:
            return True
        if event.standing == readings.PROPOSED:
            return False  # what is planned is to come
        by_then = known is not None and known.last <= self._as_of
        return any(
            one is not None and (one.first if by_then else one.last) > self._as_of
            for one in (event.on, event.begin)
        )

    def _dated(self, event: Event) -> str:
        """Return the date by which an event is late."""
        for one in (event.on, event.begin):
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

    # ------------------------------------------------------------------ what became of it

    def _node(self, event: Event, link: str, terms: tuple[str, ...]) -> tuple[Node, int]:
        name = event.origin.reference.replace("/", "-").replace(" ", "-")
        if event.part:
            name += f"-component-{event.part}"
        node = self._graph.node(name, link, terms, event.origin.iri)
        used = self._made.report.used
        used.append(
            Used(
                event.origin.reference,
                local_name(node.name),
                _SPOKEN[link],
                tuple(map(local_name, terms)),
            )
        )
        self._of_node[node.name].append((event, len(used) - 1))
        self._made.used.append((event, terms))
        return node, len(used) - 1

    def _remark(self, at: int, text: str) -> None:
        used = self._made.report.used
        one = used[at]
        used[at] = Used(one.reference, one.node, one.link, one.terms, (*one.remarks, text))

    def _leave(self, event: Event, reason: str, detail: str = "") -> None:
        self._made.left.append((event, reason))
        self._tell_left(event, reason, detail)

    def _tell_left(self, event: Event, reason: str, detail: str) -> None:
        origin = event.origin
        person = self._person.name
        self._made.report.left.append(
            Left(origin.reference, reason, detail, origin.file, origin.line, person, event.part)
        )

    # ------------------------------------------------------------------ what hangs together

    def _settle_contradictions(self) -> None:
        """Where one record says that a finding is there and another that it is not, say neither.

        What is said to be there was there at some time, which the other one does not deny.
        """
        ancestors = self._terms.vocabulary.ancestors
        contested: dict[int, tuple[Event, str]] = {}
        denied: list[Node] = []
        for node in self._graph.nodes.values():
            if node.link != casegraph.HAS and not self._lasts(node):
                continue
            above = {one for term in node.terms for one in ancestors(term)}
            here = [one for one in self._graph.excluded if one in above]
            if here:
                denied.append(node)
                contested.update(
                    (id(event), (event, term)) for term in here for event in self._excluding[term]
                )
        for event, term in contested.values():
            said = f"another record says that there is {local_name(term)}"
            self._leave(event, "contradiction", said)
        for term, found in list(self._excluding.items()):
            left = [one for one in found if id(one) not in contested]
            self._excluding[term] = left
            self._graph.excluded[term] = [one.origin.iri for one in left]
            if not left:
                del self._excluding[term], self._graph.excluded[term]
        for node in denied:
            node.link = casegraph.HAD
            for _, at in self._of_node[node.name]:
                self._relink(at, "had")
                self._remark(at, "another record says that it is not there on the as-of date")

    def _lasts(self, node: Node) -> bool:
        """Tell whether a finding that is said to be over was so after the as-of date alone."""
        ends = [event.end for event, _ in self._of_node[node.name]]
        return any(one is not None and one.last > self._as_of for one in ends)

    def _relink(self, at: int, link: str) -> None:
        used = self._made.report.used
        one = used[at]
        used[at] = Used(one.reference, one.node, link, one.terms, one.remarks)

    def _join(self) -> None:
        """Make one node of records of what a case has once; what they say differently goes.

        A record may be of a part of it, one session of a course, so that none says when it was.
        """
        ancestors = self._terms.vocabulary.ancestors
        for role, cls in sorted(self._terms.once):
            nodes = [
                one
                for one in self._graph.nodes.values()
                if one.link == role and any(cls in ancestors(term) for term in one.terms)
            ]
            for one in nodes:
                dated = [path for path in _DAYS if one.said.pop(path, None) is not None]
                if dated:
                    for _, at in self._of_node[one.name]:
                        self._remark(at, "without its days: it may be a part of the whole course")
            if len(nodes) < 2:
                continue
            first, rest = nodes[0], nodes[1:]
            terms = self._terms.narrowest(term for one in nodes for term in one.terms)
            first.terms = (cls,) if self._terms.contradict(terms) else terms
            for path, value in list(first.said.items()):
                if any(one.said.get(path) != value for one in rest):
                    del first.said[path]
            for path, limits in list(first.bounds.items()):
                if any(one.bounds.get(path) != limits for one in rest):
                    del first.bounds[path]
            first.sources = tuple(dict.fromkeys(src for one in nodes for src in one.sources))
            for one in rest:
                del self._graph.nodes[one.name]
            for one in nodes:
                for _, at in self._of_node[one.name]:
                    self._remark(at, f"one of {len(nodes)} records of what a case has once: joined")

    def _count_once(self) -> None:
        """Of what is counted, keep the records that cannot be one and the same.

        An order and what was dispensed on it are two records of one thing, and so are a picture and
        the report on it; of two types of record that speak of one class, only one is kept. What is
        left out is a gap wherever all shall be recorded.
        """
        ancestors = self._terms.vocabulary.ancestors
        for cls in sorted(self._terms.counted):
            nodes = [
                one
                for one in self._graph.nodes.values()
                if one.link != casegraph.PROPOSES
                and any(cls in ancestors(term) or term in ancestors(cls) for term in one.terms)
            ]
            types = {self._type_of(one) for one in nodes}
            kept = min(types, key=_preference, default="")
            seen: list[tuple[object, ...]] = []
            for one in nodes:
                same = (one.link, one.terms, tuple(sorted(map(str, one.said.items()))))
                if self._type_of(one) == kept and same not in seen:
                    seen.append(same)
                    continue
                del self._graph.nodes[one.name]
                for event, at in self._of_node[one.name]:
                    self._leave(event, "same-perhaps", f"{local_name(cls)} is counted")
                    self._unused.add(at)

    def _unsettled(self) -> None:
        """Take note of what a complete case would take for over, and of which nobody says so.

        A status tells what is so when the record is read, which may be after the as-of date.
        """
        for node in self._graph.nodes.values():
            if node.link != casegraph.HAD or self._terms.measure(node.terms) is not None:
                continue
            for event, _ in self._of_node[node.name]:
                end = event.end if event.standing == readings.PAST else None
                if end is None or end.last > self._as_of:
                    self._made.unsettled.append((event, node.terms))

    def _type_of(self, node: Node) -> str:
        return self._of_node[node.name][0][0].origin.record_type

    def _tell_exclusions(self) -> None:
        report = self._made.report
        report.used = [row for at, row in enumerate(report.used) if at not in self._unused]
        for term, found in self._excluding.items():
            for event in found:
                self._made.report.used.append(
                    Used(event.origin.reference, "", "excludes", (local_name(term),))
                )


def _shown(one: Moment) -> str:
    """Return a moment as it is known.

    >>> from indicant.intake.events import moment
    >>> _shown(moment("2025")), _shown(moment("2025-02")), _shown(moment("2025-02-03"))
    ('2025', '2025-02', '2025-02-03')
    """
    first, last = one.first, one.last
    if first == last:
        return first.isoformat()
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year:
        return f"{first.year:04}"
    if first.day == 1 and (first.year, first.month) == (last.year, last.month) and last.day >= 28:
        return f"{first:%Y-%m}"
    return f"{first} to {last}"


def _preference(record_type: str) -> tuple[int, str]:
    known = record_type in _PREFERRED
    return _PREFERRED.index(record_type) if known else len(_PREFERRED), record_type


def _age(born: datetime.date, as_of: datetime.date) -> int:
    """Return how many years somebody has completed."""
    before = (as_of.month, as_of.day) < (born.month, born.day)
    return max(0, as_of.year - born.year - before)
