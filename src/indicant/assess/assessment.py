"""Tell what follows for the cases of one document, to one caller alone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from indicant.assess import missing
from indicant.assess.reasons import answering
from indicant.assess.records import (
    STATUSES,
    ActionRecord,
    Answer,
    CaseRecord,
    Fulfilment,
    GuidelineRecord,
    ProposalRecord,
    ReasonRecord,
    RecommendationRecord,
    RecordedRecord,
    Status,
    TermRecord,
)
from indicant.assess.validation import MORE, is_least
from indicant.errors import IndicantError
from indicant.guideline.wording import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    import pyoxigraph as ox

    from indicant.assess.catalogue import Catalogue
    from indicant.assess.derivations import Derived
    from indicant.assess.engine import Engine
    from indicant.assess.quantities import Reading
    from indicant.assess.validation import Finding
    from indicant.query.rows import Row, Solutions


class InvalidCase(IndicantError):  # noqa: N818 - it is a finding, told as one
    """A case that does not conform to the case shapes and is therefore not assessed."""

    exit_code = 1
    what = "case"

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Take every finding, warnings included."""
        listed = [one for one in findings if one.shape != MORE]
        count = sum(finding.severity == "violation" for finding in listed)
        more = [finding for finding in findings if finding.shape == MORE]
        count += sum(int(finding.value or 0) for finding in more)
        self._count, self._least = count, any(is_least(one) for one in more)
        super().__init__(
            self.told(Words()), help="every finding says what to mend; nothing is assessed before"
        )
        self.findings = tuple(findings)

    def told(self, words: Words) -> str:
        """Return how many findings there are, and of what, in a language."""
        least = words("refused", "least") if self._least else ""
        what = words("refused", self.what)
        many = "many" if self._count > 1 else "one"
        return words("refused", f"found-{many}", least=least, n=self._count, what=what)


@dataclass(frozen=True)
class Taken:
    """Cases of one document as they are assessed.

    ``findings`` waits for what does not hold of them. ``readings`` are the values, by node and
    property, that were given in a unit of their own; ``derived`` is what derivations wrote.
    """

    quads: Sequence[ox.Quad]
    findings: Callable[[], Sequence[Finding]]
    readings: Mapping[tuple[str, str], Reading]
    derived: Derived


@dataclass
class _Rows:
    """What the questions returned for one case."""

    status: dict[str, Status]
    answers: dict[str, Answer]
    criteria: dict[str, Answer]
    reasons: dict[str, Mapping[str, list[str]]]
    received: dict[str, list[str]]
    superseded: set[str]
    fulfilment: dict[str, Fulfilment]
    proposals: list[tuple[str, Status]]
    settled: dict[str, list[missing.Settling]]
    records: dict[str, RecommendationRecord]
    known: Collection[str]

    @classmethod
    def empty(cls) -> _Rows:
        """Return rows with nothing in them."""
        return cls(
            {},
            {},
            {},
            defaultdict(dict),
            defaultdict(list),
            set(),
            {},
            [],
            {},
            {},
            (),
        )


_ORDER: Final = {status: place for place, status in enumerate(STATUSES.values())}


class Assessment:
    """Cases of one document, and what follows for them by a guideline.

    It has an engine to itself for as long as it lasts, and tells nothing before it is known that
    all cases of the document conform to the case shapes: whatever asks for anything raises
    ``InvalidCase`` where they do not. What is told once the assessment is over would be of other
    cases, and is refused.
    """

    def __init__(self, engine: Engine, catalogue: Catalogue, taken: Taken) -> None:
        """Take an engine that has begun the cases, and how they were taken."""
        self._own: Engine | None = engine
        self._catalogue = catalogue
        self._findings = taken.findings
        self.readings, self.derived = taken.readings, taken.derived

    def close(self) -> None:
        """End the assessment; its engine may be used for another one."""
        self._own = None

    def notes(self) -> list[str]:
        """Return what is to be noted about the cases of the document.

        Raises:
            InvalidCase: a case does not conform to the case shapes.
            IndicantError: there is no case.
        """
        return [finding.message for finding in demand(self._findings())]

    def records(self, *, everything: bool = False) -> list[CaseRecord]:
        """Return a record for each case.

        What records say of the guideline they have in common: who changes one takes a copy first.

        Args:
            everything: whether to list what does not apply as well.

        Raises:
            InvalidCase: a case does not conform to the case shapes.
        """
        rows = self._ask(everything)
        cases = self._engine.ask("which-cases-are-there")
        notes = self.notes()
        return [self._case(case or "", date or "", rows[case or ""], notes) for case, date in cases]

    def ask(self, name: str, *, ordered: bool = True) -> list[Row]:
        """Return the rows of a question, each value as its IRI or lexical form."""
        self.notes()
        return self._engine.ask(name, ordered=ordered)

    def select(self, query: str) -> list[Row]:
        """Return the rows of a SELECT query."""
        self.notes()
        return self._engine.select(query)

    def solutions(self, query: str) -> Solutions:
        """Return the variables and the rows of a SELECT query, each value as a term."""
        self.notes()
        return self._engine.solutions(query)

    def known(self) -> Iterable[ox.Triple]:
        """Return the cases and what was derived from them."""
        self.notes()
        return self._engine.known()

    def describe(self) -> list[ox.Triple]:
        """Return the assessments as a graph."""
        self.notes()
        return self._engine.describe()

    @property
    def _engine(self) -> Engine:
        if self._own is None:
            raise RuntimeError("the assessment is over: its engine may have other cases by now")
        return self._own

    # ------------------------------------------------------------------ rows

    def _ask(self, everything: bool) -> dict[str, _Rows]:
        engine = self._engine
        found: dict[str, _Rows] = defaultdict(_Rows.empty)
        for case, action, status in engine.ask("what-is-the-status", ordered=False):
            assert case and action and status  # noqa: S101, PT018
            if everything or STATUSES[status] != "not-applicable":
                found[case].status[action] = STATUSES[status]
        recommendations = self._catalogue.recommendations
        for case, iri, answer in engine.ask("what-is-answered", ordered=False):
            assert case and iri  # noqa: S101, PT018
            rows = found[case]
            answers = rows.answers if iri in recommendations else rows.criteria
            answers[iri] = answer  # type: ignore[assignment]
        attesting: dict[str, dict[str, list[str]]] = defaultdict(dict)
        for case, literal, node in engine.ask("which-node-attests-what", ordered=False):
            assert case and literal and node  # noqa: S101, PT018
            attesting[case].setdefault(literal, []).append(node)
        # What "why-is-it-so" returns, sooner; a test compares them.
        for case, rows in found.items():
            nodes = attesting[case]
            known = rows.known = nodes.keys()
            for iri, answer in rows.answers.items():
                if answer == "open":
                    continue
                for given, reason in self._catalogue.shortest[iri]:
                    if given == answer and all(literal in known for literal in reason):
                        rows.reasons[iri] = {literal: sorted(nodes[literal]) for literal in reason}
                        break
        for case, iri in engine.ask("what-is-superseded", ordered=False):
            assert case and iri  # noqa: S101, PT018
            found[case].superseded.add(iri)
        for case, iri, fulfilment in engine.ask("what-is-fulfilled", ordered=False):
            assert case and iri  # noqa: S101, PT018
            found[case].fulfilment[iri] = fulfilment  # type: ignore[assignment]
        for case, action, node in engine.ask("what-was-received"):
            assert case and action and node  # noqa: S101, PT018
            found[case].received[action].append(node)
        for case, action, verdict, _ in engine.ask("what-is-proposed"):
            assert case and action  # noqa: S101, PT018
            status = STATUSES[verdict] if verdict else "not-applicable"
            if (action, status) not in found[case].proposals:
                found[case].proposals.append((action, status))
        return found

    # ------------------------------------------------------------------ records

    def _case(self, case: str, date: str, rows: _Rows, warnings: list[str]) -> CaseRecord:
        guidelines = [
            GuidelineRecord(
                iri=iri, label=label, version=version, scope=rows.criteria.get(scope or "")
            )
            for iri, label, version, scope in self._catalogue.guidelines
        ]
        records = [self._action(action, rows) for action in rows.status]
        notes = [*warnings, *self._catalogue.validity.warnings(date)]
        several = len(guidelines) > 1
        notes += [
            "the case is outside the scope of "
            + (f"'{one['label'] or one['iri']}'" if several else "the guideline")
            for one in guidelines
            if one["scope"] == "refuted"
        ]
        record = CaseRecord(
            case=case,
            asOf=date,
            guideline=_together(guidelines) if several else guidelines[0],
            warnings=notes,
            actions=sorted(records, key=self._order),
            proposals=[
                ProposalRecord(action=action, label=self._catalogue.label(action), verdict=verdict)
                for action, verdict in rows.proposals
            ],
        )
        if several:
            record["guidelines"] = guidelines
        return record

    def _order(self, record: ActionRecord) -> tuple[int, int, int, str]:
        standing = self._catalogue.standing(record["action"])
        return _ORDER[record["status"]], standing.urgency, standing.phase, record["action"]

    def _action(self, action: str, rows: _Rows) -> ActionRecord:
        catalogue = self._catalogue
        status = rows.status[action]
        answers = rows.answers
        standing = catalogue.standing(action)
        ordered, soonest = standing.ordered, standing.soonest
        leading = next((one for one in soonest if answers[one.iri] == "met"), None) or next(
            (one for one in soonest if answers[one.iri] == "open"), None
        )
        below = [(one, rows.status[one]) for one in catalogue.below[action] if one in rows.status]
        settling = missing.settling(
            catalogue, status, ordered, answers, lambda iri: self._least(iri, rows)
        )
        recommendations = [self._recommendation(iri, rows) for iri in ordered]
        return ActionRecord(
            action=action,
            label=catalogue.label(action),
            status=status,
            urgency=leading.urgency if leading else None,
            phase=leading.phase if leading else None,
            contingent=bool(leading and leading.contingent),
            disputed=any(one["disputed"] for one in answering(status, recommendations)),
            because=[
                self._reason(iri, answers[iri], literal, nodes)
                for iri in ordered
                for literal, nodes in rows.reasons[iri].items()
            ],
            awaiting=missing.awaited(catalogue, settling, rows.known),
            settledBy=[record for record, _ in settling],
            recommendations=recommendations,
            tensions=standing.tensions,
            including=self._terms(below, status) if status == "contraindicated" else [],
            excepting=(
                self._terms(below, "contraindicated")
                if status in {"recommended", "conditional"}
                else []
            ),
            received=rows.received[action],
        )

    def _least(self, iri: str, rows: _Rows) -> list[missing.Settling]:
        if iri not in rows.settled:
            rows.settled[iri] = self._catalogue.least.of(iri, rows.known)
        return rows.settled[iri]

    def _reason(self, iri: str, answer: Answer, literal: str, nodes: list[str]) -> ReasonRecord:
        record = ReasonRecord(
            recommendation=iri,
            answer=answer,
            literal=self._catalogue.literals[literal].label,
            nodes=nodes,
        )
        recorded = [
            RecordedRecord(node=node, property=path, recorded=found.recorded, read=found.read)
            for node in (nodes if self.readings else ())
            for path in self._catalogue.demanded[literal]
            if (found := self.readings.get((node, path))) is not None
        ]
        if recorded:
            record["recorded"] = recorded
        return record

    def _terms(self, below: list[tuple[str, Status]], status: Status) -> list[TermRecord]:
        return [
            TermRecord(term=other, label=self._catalogue.label(other))
            for other, theirs in sorted(below)
            if theirs == status
        ]

    def _recommendation(self, iri: str, rows: _Rows) -> RecommendationRecord:
        if iri in rows.records:
            return rows.records[iri]
        catalogue = self._catalogue
        one = catalogue.recommendations[iri]
        record = RecommendationRecord(
            iri=one.iri,
            label=one.label,
            direction=one.direction,
            strength=one.strength,
            gradeStrength=one.grade_strength,
            certainty=one.certainty,
            answer=rows.answers[iri],
            superseded=iri in rows.superseded,
            fulfilment=rows.fulfilment.get(iri),
            passages=catalogue.support[iri],
            citations=sorted(catalogue.citations[iri]),
            evidence=catalogue.evidence[iri],
            disputed=any(said["relation"] == "disputes" for said in catalogue.evidence[iri]),
        )
        if len(catalogue.guidelines) > 1 and one.guideline is not None:
            record["guideline"] = one.guideline
        rows.records[iri] = record
        return rows.records[iri]


def _together(guidelines: list[GuidelineRecord]) -> GuidelineRecord:
    """Return several guidelines as one record, by the names of all."""
    labels = [one["label"] or one["iri"] or "" for one in guidelines]
    return GuidelineRecord(iri=None, label="; ".join(labels), version=None, scope=None)


def demand(findings: Sequence[Finding]) -> Sequence[Finding]:
    """Return findings none of which is a violation.

    Raises:
        InvalidCase: one is.
    """
    if any(finding.severity == "violation" for finding in findings):
        raise InvalidCase(findings)
    return findings
