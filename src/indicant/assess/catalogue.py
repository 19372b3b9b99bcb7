"""Know what a guideline says whatever the case, asked once."""

from __future__ import annotations

import functools
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeVar, cast

from indicant.assess.missing import LeastSets
from indicant.assess.records import (
    RELATIONS,
    Answer,
    AwaitedRecord,
    EvidenceRecord,
    FactRecord,
    PassageRecord,
    Stated,
    TensionRecord,
    TermRecord,
)
from indicant.assess.validity import Validity
from indicant.compile.graph import denied
from indicant.errors import IndicantError
from indicant.terms import local_name

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,9}")

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from indicant.assess.engine import Engine
    from indicant.guideline.wording import Words

T = TypeVar("T")


@dataclass(frozen=True)
class Recommendation:
    """A recommendation and what it says of its action."""

    iri: str
    label: str
    direction: Literal["for", "against"]
    action: str
    strength: str | None
    urgency: str | None
    urgency_order: int
    phase: str | None
    phase_order: int
    contingent: bool
    guideline: str | None
    grade_strength: str | None
    certainty: str | None


@dataclass(frozen=True)
class NamedLiteral:
    """A fact that decides, present or absent, in words."""

    label: str
    polarity: Literal["present", "absent"]
    term: str
    fact: str
    question: str | None
    investigations: tuple[str, ...]

    def stated(self) -> Stated:
        """Return it as a record has it."""
        found = Stated(term=self.term, label=self.fact, polarity=self.polarity)
        if self.polarity == "absent" and self.label != denied(self.term, self.fact):
            found["said"] = self.label
        return found


@dataclass(frozen=True)
class Standing:
    """What counts for an action whatever the case.

    That is every recommendation, those for it first; those for it, the soonest first; the tensions
    that touch any of them; and how soon and in which phase the first of those for it are.
    """

    ordered: list[str]
    soonest: list[Recommendation]
    tensions: list[TensionRecord]
    urgency: int
    phase: int


class _Table(dict[str, T]):
    """Rows by name; reading one that is not there yields an empty one and adds nothing."""

    def __init__(self, rows: Mapping[str, T], empty: Callable[[], T]) -> None:
        super().__init__(rows)
        self._empty = empty

    def __missing__(self, name: str) -> T:
        return self._empty()


class Catalogue:
    """What a guideline says whatever the case, asked once."""

    def __init__(self, engine: Engine, words: Words) -> None:
        self.recommendations = self._recommendations(engine)
        self.passages = self._passages(engine)
        self.support, self.evidence, self.citations = self._support(engine)
        self.implicants, self.shortest = self._implicants(engine)
        self.counting = self._counting(engine)
        self.tensions = self._tensions(engine)
        self.labels: dict[str, str] = {}
        self.below = self._interventions(engine)
        self.literals: dict[str, NamedLiteral] = {}
        self.opposite: dict[str, str] = {}
        self._literals(engine)
        self.demanded = self._demanded(engine)
        self.awaited = {
            iri: AwaitedRecord(
                term=one.term,
                label=one.fact,
                question=one.question,
                investigations=[
                    TermRecord(term=by, label=self.label(by)) for by in one.investigations
                ],
            )
            for iri, one in self.literals.items()
        }
        self.facts = {iri: cast("FactRecord", one.stated()) for iri, one in self.literals.items()}
        self.spoken = {
            iri: (fact["term"], fact["label"], fact["polarity"]) for iri, fact in self.facts.items()
        }
        ordered = sorted({fact["label"] for fact in self.facts.values()})
        places = {label: place for place, label in enumerate(ordered)}
        self.places = {iri: places[fact["label"]] for iri, fact in self.facts.items()}
        self.scored = {
            literal or "": score or ""
            for score, literal, _, _ in engine.ask("which-facts-rest-on-a-score")
        }
        self.beneath = self._scores(engine)
        for literal, items in self.beneath.items():
            named = {self.facts[one]["label"]: self.facts[one]["term"] for one in items}
            self.facts[literal]["restsOn"] = [
                TermRecord(term=term, label=label) for label, term in named.items()
            ]
        self.least = LeastSets(self)
        self._standing: dict[str, Standing] = {}
        self.guidelines = [
            (iri, label, version, scope)
            for iri, label, version, scope in engine.ask("which-guidelines-are-there")
        ] or [(None, None, None, None)]
        self.validity = Validity(engine, words)

    @functools.cached_property
    def mentioned(self) -> Counter[str]:
        """On how many recommendations a fact bears, as it is told, for them to be met."""
        return Counter(fact for facts in self._bearing.values() for fact in facts)

    @functools.cached_property
    def common(self) -> dict[str | None, frozenset[str]]:
        """The facts that bear on every recommendation of a guideline, of one with several."""
        sets: dict[str | None, list[set[str]]] = defaultdict(list)
        for iri, facts in self._bearing.items():
            sets[self.recommendations[iri].guideline].append(facts)
        return {
            guideline: frozenset(set.intersection(*found) if len(found) > 1 else ())
            for guideline, found in sets.items()
        }

    @functools.cached_property
    def _bearing(self) -> dict[str, set[str]]:
        """The facts, as they are told, that take part in meeting each recommendation."""
        return {
            iri: {
                self.literals[literal].label
                for answer, implicant in self.implicants[iri]
                if answer == "met"
                for literal in implicant
            }
            for iri in self.recommendations
        }

    def versions(self) -> list[dict[str, str | None]]:
        """Return which guidelines there are, each with its IRI, label and version."""
        return [
            {"iri": iri, "label": label, "version": version}
            for iri, label, version, _ in self.guidelines
        ]

    @staticmethod
    def _recommendations(engine: Engine) -> dict[str, Recommendation]:
        found: dict[str, Recommendation] = {}
        for row in engine.ask("which-recommendations-are-there"):
            iri, label, direction, action, strength, urgency, soon, phase, order, *rest = row
            late, by, grade, certainty = rest
            assert iri is not None and action is not None  # noqa: S101, PT018
            found[iri] = Recommendation(
                iri,
                label or local_name(iri),
                "for" if direction == "for" else "against",
                action,
                strength,
                urgency,
                _number(soon, "ind:order", urgency or iri, 99),
                phase,
                _number(order, "ind:order", phase or iri, 99),
                late in {"true", "1"},
                by,
                grade,
                certainty,
            )
        return found

    @staticmethod
    def _passages(engine: Engine) -> dict[str, PassageRecord]:
        found: dict[str, PassageRecord] = {}
        for row in engine.ask("which-passages-are-there"):
            iri, name, start, end, sha256, section, paraphrase, of_its_patient = row
            assert iri is not None  # noqa: S101
            found[iri] = PassageRecord(
                id=name or local_name(iri),
                start=_number(start, "oa:start", name or iri),
                end=_number(end, "oa:end", name or iri),
                sha256=sha256 or "",
                section=section,
                paraphrase=paraphrase or "",
            )
            if of_its_patient in {"true", "1"}:
                found[iri]["ofItsPatient"] = True
        return found

    def _support(
        self, engine: Engine
    ) -> tuple[_Table[list[PassageRecord]], _Table[list[EvidenceRecord]], _Table[list[str]]]:
        """Return the passages that support something, what is published of them, and marks."""
        marks = {row[0]: row[1] or "" for row in engine.ask("which-citations-are-there")}
        said = self._said_about_passages(engine)
        support: dict[str, list[PassageRecord]] = defaultdict(list)
        evidence: dict[str, list[EvidenceRecord]] = defaultdict(list)
        citations: dict[str, list[str]] = defaultdict(list)
        for iri, passage, mark in engine.ask("which-passages-support-what"):
            assert iri is not None and passage is not None  # noqa: S101, PT018
            record = self.passages.get(passage)
            if record is not None and record not in support[iri]:
                support[iri].append(record)
                evidence[iri].extend(said[passage])
            if mark is not None and marks.get(mark, local_name(mark)) not in citations[iri]:
                citations[iri].append(marks.get(mark, local_name(mark)))
        ranks = {relation: rank for rank, relation in enumerate(RELATIONS)}
        for records in evidence.values():
            records.sort(key=lambda one: ranks[one["relation"]])
        return _Table(support, list), _Table(evidence, list), _Table(citations, list)

    @staticmethod
    def _counting(engine: Engine) -> _Table[list[str]]:
        counting: dict[str, list[str]] = defaultdict(list)
        for action, iri, _ in engine.ask("what-counts-for-what"):
            assert action is not None and iri is not None  # noqa: S101, PT018
            counting[action].append(iri)
        return _Table(counting, list)

    def _tensions(self, engine: Engine) -> _Table[dict[str, TensionRecord]]:
        tensions: dict[str, dict[str, TensionRecord]] = defaultdict(dict)
        for row in engine.ask("which-tensions-touch-what"):
            recommendation, iri, label, description, resolution, passage = row
            assert recommendation is not None and iri is not None  # noqa: S101, PT018
            tension = tensions[recommendation].setdefault(
                iri,
                TensionRecord(
                    iri=iri,
                    label=label or local_name(iri),
                    description=description,
                    resolution=resolution,
                    passages=[],
                ),
            )
            if passage is not None:
                tension["passages"].append(self.passage_id(passage))
        return _Table(tensions, dict)

    def _interventions(self, engine: Engine) -> _Table[list[str]]:
        """Take note of what interventions are called, and return which are below which."""
        below: dict[str, list[str]] = defaultdict(list)
        for iri, label, above in engine.ask("which-interventions-are-there"):
            assert iri is not None and above is not None  # noqa: S101, PT018
            self.labels[iri] = label or local_name(iri)
            if above != iri:
                below[above].append(iri)
        return _Table(below, list)

    def _literals(self, engine: Engine) -> None:
        for iri, label, polarity, term, fact, question, by in engine.ask(
            "which-literals-are-there"
        ):
            assert iri is not None and term is not None  # noqa: S101, PT018
            known = self.literals.get(iri)
            present = iri.endswith("/present")
            stem = iri.removesuffix("/present" if present else "/absent")
            self.opposite[iri] = f"{stem}/{'absent' if present else 'present'}"
            found = (*(known.investigations if known else ()), *([by] if by else []))
            self.literals[iri] = NamedLiteral(
                label or "",
                "present" if polarity == "present" else "absent",
                term,
                fact or "",
                question,
                found,
            )

    def _scores(self, engine: Engine) -> dict[str, list[str]]:
        """Return, for each literal about a score, those that the score depends on."""
        resting: dict[str, set[str]] = defaultdict(set)
        for row in engine.ask("which-steps-make-a-score"):
            resting[row[0] or ""].update([row[-1]] if row[-1] else [])
        return {
            literal: sorted(resting[score], key=self.places.__getitem__)
            for literal, score in self.scored.items()
        }

    @staticmethod
    def _demanded(engine: Engine) -> _Table[list[str]]:
        """Return the properties of which a literal demands a value."""
        found: dict[str, list[str]] = defaultdict(list)
        for literal, name, _ in engine.ask("which-facts-demand-a-value-of-what"):
            assert literal is not None and name is not None  # noqa: S101, PT018
            found[literal].append(name)
        return _Table(found, list)

    def _said_about_passages(self, engine: Engine) -> dict[str, list[EvidenceRecord]]:
        """Return what publications say, by passage."""
        publications = {row[0]: row for row in engine.ask("which-publications-are-there")}
        said: dict[str, list[EvidenceRecord]] = defaultdict(list)
        for row in engine.ask("which-evidence-speaks-to-what"):
            _, relation, publication, passage, note, basis, certainty = row
            assert relation and passage and publication is not None  # noqa: S101, PT018
            _, title, authors, year, venue, doi, pmid, pmcid = publications.get(
                publication, (publication, *[None] * 7)
            )
            record = EvidenceRecord(
                relation=RELATIONS[relation],
                publication=publication,
                title=title or local_name(publication),
                authors=authors,
                year=year,
                venue=venue,
                doi=doi,
                pmid=pmid,
                pmcid=pmcid,
                passage=self.passage_id(passage),
                note=note,
                basis=basis,
                certainty=certainty,
            )
            if record not in said[passage]:  # however many links say the same
                said[passage].append(record)
        return said

    def _implicants(
        self, engine: Engine
    ) -> tuple[
        _Table[list[tuple[Answer, frozenset[str]]]], _Table[list[tuple[Answer, tuple[str, ...]]]]
    ]:
        """Return, by recommendation, the answers that can be had and what each takes.

        They come twice: by their names, and the shortest first.
        """
        answer: dict[tuple[str, str], Answer] = {}
        literals: dict[tuple[str, str], set[str]] = defaultdict(set)
        ranks: dict[tuple[str, str], int] = {}
        for iri, met, rank, implicant, literal in engine.ask("which-implicants-are-there"):
            assert iri and implicant and rank  # noqa: S101, PT018
            answer[implicant, iri] = "met" if met == "met" else "refuted"
            literals[implicant, iri].update([literal] if literal else [])
            ranks[implicant, iri] = int(rank)
        found: dict[str, list[tuple[Answer, frozenset[str]]]] = defaultdict(list)
        for key in sorted(answer):
            found[key[1]].append((answer[key], frozenset(literals[key])))
        shortest: dict[str, list[tuple[Answer, tuple[str, ...]]]] = defaultdict(list)
        for key in sorted(answer, key=lambda one: (ranks[one], one)):
            shortest[key[1]].append((answer[key], tuple(sorted(literals[key]))))
        return _Table(found, list), _Table(shortest, list)

    def passage_id(self, iri: str) -> str:
        """Return the short name of a passage."""
        return self.passages[iri]["id"] if iri in self.passages else local_name(iri)

    def standing(self, action: str) -> Standing:
        """Return what counts for an action whatever the case."""
        if action not in self._standing:
            known = self.recommendations
            counting = self.counting[action]
            ordered = sorted(counting, key=lambda iri: (known[iri].direction != "for", iri))
            soonest = sorted(
                (known[iri] for iri in counting if known[iri].direction == "for"),
                key=lambda one: (one.urgency_order, one.phase_order, one.iri),
            )
            tensions = {iri: one for name in ordered for iri, one in self.tensions[name].items()}
            self._standing[action] = Standing(
                ordered,
                soonest,
                [tensions[iri] for iri in sorted(tensions)],
                min((one.urgency_order for one in soonest), default=99),
                min((one.phase_order for one in soonest), default=99),
            )
        return self._standing[action]

    def label(self, iri: str) -> str:
        """Return the label of an intervention."""
        return self.labels.get(iri, local_name(iri))


def _number(text: str | None, what: str, about: str, without: int = 0) -> int:
    """Return the whole number that a guideline states of something.

    Raises:
        IndicantError: it states what is none.
    """
    if not text:
        return without
    if not _NUMBER.fullmatch(text):
        raise IndicantError(
            f"{what} of {local_name(about)} is no whole number: {text[:80]}",
            help="write a whole number of at most nine digits, as in  7",
        )
    return int(text)
