"""Keep what a case says of each event, and settle what several events say together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from indicant.intake import casegraph, readings
from indicant.intake.casegraph import CaseGraph, Node
from indicant.intake.report import Left, PatientReport, Used
from indicant.terms import local_name

if TYPE_CHECKING:
    import datetime

    from indicant.intake.codes import Terms
    from indicant.intake.events import Event, Person

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


class Together:
    """Holds the case of one patient while it is made."""

    def __init__(self, terms: Terms, as_of: datetime.date, person: Person, iri: str) -> None:
        self._terms, self._as_of, self._person = terms, as_of, person
        graph = CaseGraph(iri, as_of, sources=(person.origin.iri,))
        self._made = Decided(graph, PatientReport(person.name, iri, person.origin.reference))
        self._graph = graph
        self._of_node: dict[str, list[tuple[Event, int]]] = defaultdict(list)
        self._unused: set[int] = set()
        self._dead = False
        self._excluding: dict[str, list[Event]] = defaultdict(list)

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


def _preference(record_type: str) -> tuple[int, str]:
    known = record_type in _PREFERRED
    return _PREFERRED.index(record_type) if known else len(_PREFERRED), record_type
