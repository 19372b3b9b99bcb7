"""Assess cases: what a guideline recommends, contraindicates and leaves open, with reasons."""

from __future__ import annotations

import os
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant import resources
from indicant.answering import answering
from indicant.catalogue import Catalogue
from indicant.compiling import key_of, obtain
from indicant.engine import Engine, make_engine
from indicant.errors import IndicantError
from indicant.loading import EXAMPLE_FILE, load, resolve
from indicant.reading import Document, parse, read
from indicant.records import (
    STATUSES,
    ActionRecord,
    Answer,
    AwaitedRecord,
    CaseRecord,
    GuidelineRecord,
    ProposalRecord,
    ReasonRecord,
    RecommendationRecord,
    SettlingRecord,
    Status,
    TermRecord,
)
from indicant.terms import IND, TYPE, XSD
from indicant.validation import Finding, Validator, Vocabulary
from indicant.wording import ENGLISH, in_language

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import rdflib


class InvalidCase(IndicantError):  # noqa: N818 - it is a finding, told as one
    """A case that does not conform to the case shapes and is therefore not assessed."""

    exit_code = 1

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Take every finding, warnings included."""
        count = sum(finding.severity == "violation" for finding in findings)
        super().__init__(
            f"{count} finding{'s' if count > 1 else ''}: the case was not assessed",
            help="every finding says what to mend; nothing is assessed before",
        )
        self.findings = tuple(findings)


@dataclass
class _Rows:
    """What the questions returned for one case."""

    status: dict[str, Status]
    answers: dict[str, Answer]
    criteria: dict[str, Answer]
    reasons: dict[str, Mapping[str, list[str]]]
    settling: dict[str, list[tuple[Answer, frozenset[str]]]]
    received: dict[str, list[str]]
    superseded: set[str]
    proposals: list[tuple[str, Status]]
    settled: dict[str, list[tuple[SettlingRecord, list[str]]]]
    records: dict[str, RecommendationRecord]

    @classmethod
    def empty(cls) -> _Rows:
        """Return rows with nothing in them."""
        return cls(
            {},
            {},
            {},
            defaultdict(dict),
            defaultdict(list),
            defaultdict(list),
            set(),
            [],
            {},
            {},
        )


_SPECULATE: Final = 1_000
_ORDER: Final = {status: place for place, status in enumerate(STATUSES.values())}


class Assessor:
    """A guideline, compiled and loaded once, for any number of cases.

    Args:
        guideline: a name, a folder or a file; by default the one that ships with the package.
        engine: ``oxigraph``, ``rdflib`` or ``hermit``.
        validator: ``shacl`` or ``pyshacl``.
        use_cache: whether to keep what had to be compiled.
        language: the language of labels and other texts; where there is none, it is English.

    Raises:
        IndicantError: the guideline cannot be read or compiled.
    """

    def __init__(
        self,
        guideline: str | os.PathLike[str] | None = None,
        *,
        engine: str = "oxigraph",
        validator: str = "shacl",
        use_cache: bool = True,
        language: str = ENGLISH,
    ) -> None:
        self.path = resolve(None if guideline is None else os.fspath(guideline))
        source = load(self.path)
        compiled = obtain(source, use_cache=use_cache)
        self.key = key_of(source)
        spoken = replace(compiled, graph=in_language(compiled.graph, language))
        self._engine = make_engine(engine, spoken, source)
        self._catalogue = Catalogue(self._engine)
        shapes = (resources.shapes() / "case.ttl").read_text(encoding="utf-8")
        self._validator = Validator(shapes, compiled.vocabulary)
        if validator not in {"shacl", "pyshacl"}:
            raise IndicantError(f"unknown validator '{validator}'", help="one of: shacl, pyshacl")
        self._reference = validator == "pyshacl"
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="indicant")
        self.source, self.compiled = source, compiled

    @property
    def engine(self) -> Engine:
        """Return what answers questions about the guideline and the cases begun last."""
        return self._engine

    @property
    def catalogue(self) -> Catalogue:
        """Return what the guideline says whatever the case."""
        return self._catalogue

    @property
    def vocabulary(self) -> Vocabulary:
        """Return the terms that a case may use."""
        return self._validator.vocabulary

    def example(self) -> Document:
        """Return the example case of the guideline.

        Raises:
            IndicantError: the guideline has none.
        """
        folder = self.path if self.path.is_dir() else self.path.parent
        file = folder / EXAMPLE_FILE
        if not file.is_file():
            raise IndicantError("the guideline has no example", file=str(folder))
        return read(file)

    def validate(self, document: Document) -> list[Finding]:
        """Return what does not hold of the cases of a document, each with its line.

        Raises:
            IndicantError: the document holds no case.
        """
        return self._validator.check(document, reference=self._reference)

    def begin(self, document: Document, *, as_of: str | None = None) -> list[str]:
        """Take the cases of a document, run the rules over them, and return what to note.

        Raises:
            InvalidCase: a case does not conform to the case shapes.
            IndicantError: there is no case, or the date is none.
        """
        with self._begun(document, as_of) as findings:
            pass
        return [finding.message for finding in findings]

    @contextmanager
    def _begun(self, document: Document, as_of: str | None) -> Iterator[list[Finding]]:
        """Run the rules over the cases of a document, and what stands inside over their results.

        A small case is checked meanwhile, since both release the interpreter. The findings are
        complete at the end, and an invalid case then ends in an error, so that nothing that was
        derived from it is ever told.
        """
        if as_of is not None:
            document = with_date(document, as_of)
        findings: list[Finding] = []
        if len(document.quads) > _SPECULATE:
            findings += self.validate(document)
            _demand(findings)
            self._engine.begin(document.quads)
            yield findings
            return
        checking = self._pool.submit(self.validate, document)
        try:
            self._engine.begin(document.quads)
            yield findings
        finally:
            findings += checking.result()
            _demand(findings)

    def assess(
        self, document: Document, *, as_of: str | None = None, everything: bool = False
    ) -> list[CaseRecord]:
        """Assess every case of a document.

        Args:
            document: what ``reading.read`` returned.
            as_of: a date, ``YYYY-MM-DD``, in place of the one that the cases state.
            everything: whether to list what does not apply as well.

        Raises:
            InvalidCase: a case does not conform to the case shapes.
            IndicantError: there is no case, or the date is none.
        """
        with self._begun(document, as_of) as findings:
            rows = self._ask(everything)
            cases = self._engine.ask("which-cases-are-there")
        warnings = [finding.message for finding in findings]
        return [
            self._case(case or "", date or "", rows[case or ""], warnings) for case, date in cases
        ]

    def describe(self, document: Document, *, as_of: str | None = None) -> list[ox.Triple]:
        """Return the assessments of a document as a graph, sorted.

        Raises:
            InvalidCase: a case does not conform to the case shapes.
        """
        self.assess(document, as_of=as_of)
        return sorted(self._engine.describe(), key=str)

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
        # What "which-answers-are-possible" and "why-is-it-so" return, sooner; a test compares them.
        for case, rows in found.items():
            nodes = attesting[case]
            known = nodes.keys()
            denied = {self._catalogue.opposite[literal] for literal in known}
            for iri, answer in rows.answers.items():
                if answer == "open":
                    rows.settling[iri] = [
                        (possible, literals - known)
                        for possible, literals in self._catalogue.implicants[iri]
                        if denied.isdisjoint(literals)
                    ]
                    continue
                for given, reason in self._catalogue.shortest[iri]:
                    if given == answer and all(literal in known for literal in reason):
                        rows.reasons[iri] = {literal: sorted(nodes[literal]) for literal in reason}
                        break
        for case, iri in engine.ask("what-is-superseded", ordered=False):
            assert case and iri  # noqa: S101, PT018
            found[case].superseded.add(iri)
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
        settling = self._settling(status, ordered, rows)
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
                ReasonRecord(
                    recommendation=iri,
                    answer=answers[iri],
                    literal=catalogue.literals[literal].label,
                    nodes=nodes,
                )
                for iri in ordered
                for literal, nodes in rows.reasons[iri].items()
            ],
            awaiting=self._awaiting(settling),
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
            answer=rows.answers[iri],
            superseded=iri in rows.superseded,
            passages=catalogue.support[iri],
            citations=sorted(catalogue.citations[iri]),
            evidence=catalogue.evidence[iri],
            disputed=any(said["relation"] == "disputes" for said in catalogue.evidence[iri]),
        )
        if len(catalogue.guidelines) > 1 and one.guideline is not None:
            record["guideline"] = one.guideline
        rows.records[iri] = record
        return rows.records[iri]

    def _settling(
        self, status: Status, ordered: list[str], rows: _Rows
    ) -> list[tuple[SettlingRecord, list[str]]]:
        """Return the least sets of missing facts with their literals, fewest first.

        What would settle an indication comes before what would settle a contraindication.
        """
        if status not in {"conditional", "undetermined"}:
            return []
        found: list[tuple[SettlingRecord, list[str]]] = []
        for iri in ordered:
            if rows.answers[iri] == "open":
                if iri not in rows.settled:
                    rows.settled[iri] = self._least(iri, rows)
                found.extend(rows.settled[iri])
        known = self._catalogue.recommendations
        return sorted(
            found,
            key=lambda one: (known[one[0]["recommendation"]].direction != "for", len(one[1])),
        )

    def _least(self, iri: str, rows: _Rows) -> list[tuple[SettlingRecord, list[str]]]:
        """Return the least sets of missing facts that settle one recommendation."""
        facts, places = self._catalogue.facts, self._catalogue.places
        sets = rows.settling[iri]
        found = []
        for answer, missing in sets:
            if any(other < missing for _, other in sets):
                continue
            order = sorted(missing, key=places.__getitem__)
            record = SettlingRecord(
                recommendation=iri, answer=answer, facts=[facts[one] for one in order]
            )
            found.append(((len(order), [places[one] for one in order], answer), record, order))
        found.sort(key=itemgetter(0))
        return [(record, order) for _, record, order in found]

    def _awaiting(self, settling: list[tuple[SettlingRecord, list[str]]]) -> list[AwaitedRecord]:
        found: dict[tuple[str, str], AwaitedRecord] = {}
        for literal in dict.fromkeys(literal for _, facts in settling for literal in facts):
            record = self._catalogue.awaited[literal]
            found.setdefault((record["term"], record["label"]), record)
        return list(found.values())


def _together(guidelines: list[GuidelineRecord]) -> GuidelineRecord:
    """Return several guidelines as one record, by the names of all."""
    labels = [one["label"] or one["iri"] or "" for one in guidelines]
    return GuidelineRecord(iri=None, label="; ".join(labels), version=None, scope=None)


def _demand(findings: list[Finding]) -> None:
    """Raise if a finding is a violation."""
    if any(finding.severity == "violation" for finding in findings):
        raise InvalidCase(findings)


def with_date(document: Document, as_of: str) -> Document:
    """Return a document whose cases state another as-of date.

    Raises:
        IndicantError: the text is no date.
    """
    import datetime

    try:
        datetime.date.fromisoformat(as_of)
    except ValueError as error:
        raise IndicantError(f"'{as_of}' is not a date", help="write it as YYYY-MM-DD") from error
    path = ox.NamedNode(IND + "asOf")
    kept = [quad for quad in document.quads if quad.predicate != path]
    date = ox.Literal(as_of, datatype=ox.NamedNode(XSD + "date"))
    kind = ox.NamedNode(IND + "PatientCase")
    kept += [
        ox.Quad(quad.subject, path, date)
        for quad in document.quads
        if quad.predicate.value == TYPE and quad.object == kind
    ]
    return replace(document, quads=tuple(kept))


def assess(
    case: str | os.PathLike[str] | rdflib.Graph | Document,
    guideline: str | os.PathLike[str] | None = None,
    *,
    as_of: str | None = None,
    engine: str = "oxigraph",
    everything: bool = False,
) -> list[CaseRecord]:
    """Assess the cases of a file, a text or a graph against a guideline.

    Args:
        case: a path; Turtle text, known by its line breaks; an rdflib graph; or a document.
        guideline: a name, a folder or a file; by default the one that ships with the package.
        as_of: a date, ``YYYY-MM-DD``, in place of the one that the cases state.
        engine: ``oxigraph``, ``rdflib`` or ``hermit``.
        everything: whether to list what does not apply as well.

    Returns:
        What ``indicant assess --format json`` prints: a record per case.

    Raises:
        InvalidCase: a case does not conform to the case shapes; ``findings`` says where.
        IndicantError: something could not be read.

    To assess many cases, make one ``Assessor`` and use it again.
    """
    return Assessor(guideline, engine=engine).assess(
        _document(case), as_of=as_of, everything=everything
    )


def _document(case: str | os.PathLike[str] | rdflib.Graph | Document) -> Document:
    if isinstance(case, Document):
        return case
    if isinstance(case, (str, os.PathLike)):
        text = os.fspath(case)
        return parse(text, path="case.ttl") if "\n" in text else read(Path(text))
    return parse(case.serialize(format="nt"), path="graph.nt", format="ntriples")
