"""What the pages about a guideline show: its parts, its terms, and the answers to cases."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from indicant.terms import IND, local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pyoxigraph as ox

    from indicant.ask.questions import Question
    from indicant.assess.records import Answer, CaseRecord, Relation, Status
    from indicant.query.tables import Table
    from indicant.screen.records import ScreenRecord
    from indicant.site.manchester import Word

Row = dict[str, str | None]
ROWS: Final = 100
UNKNOWN: Final = 99
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


@dataclass(frozen=True)
class Guideline:
    """The guideline as a whole."""

    iri: str | None = None
    label: str = "guideline"
    title: str = "Guideline"
    description: str | None = None
    version: str | None = None
    licence: str | None = None
    scope: str | None = None
    document: str | None = None
    digest: str | None = None


@dataclass(frozen=True)
class Phase:
    """A stage of care; ``after`` are what those are called that have to have failed before it."""

    iri: str
    slug: str
    order: int
    label: str
    definition: str | None
    contingent: bool
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recommendation:
    """A recommendation with the least sets of facts that meet and that refute it.

    ``grade`` says how strong it is by GRADE, and how certain what it rests on. ``glance`` has its
    alternatives, the findings that its action helps against and causes, what fulfils it, and until
    when it holds.
    """

    iri: str
    slug: str
    kind: str
    label: str
    action: str
    criterion: str | None
    strength: str | None
    urgency: str | None
    urgency_order: int
    phase: str | None
    guideline: str | None
    grade: str
    passages: tuple[str, ...]
    overrides: tuple[str, ...]
    overridden: tuple[str, ...]
    notes: tuple[str, ...]
    meeting: tuple[tuple[str, ...], ...]
    refuting: tuple[tuple[str, ...], ...]
    glance: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def favours(self) -> bool:
        """Tell whether it speaks for its action."""
        return self.kind == IND + "Indication"


@dataclass(frozen=True)
class Criterion:
    """A class of cases, in words and as OWL."""

    iri: str
    slug: str
    label: str
    definition: str | None
    owl: tuple[Word, ...]
    passages: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """What a publication says about a passage."""

    relation: Relation
    publication: str
    passage: str
    note: str | None
    basis: str | None
    certainty: str | None


@dataclass(frozen=True)
class Publication:
    """A work that speaks to the source."""

    iri: str
    slug: str
    title: str
    authors: str | None
    year: str | None
    venue: str | None
    doi: str | None
    pmid: str | None
    pmcid: str | None


@dataclass(frozen=True)
class Passage:
    """A stretch of the source document."""

    iri: str
    slug: str
    id: str
    start: int
    end: int
    sha256: str
    section: str | None
    paraphrase: str | None
    marks: tuple[str, ...]
    subjects: tuple[str, ...]


@dataclass(frozen=True)
class Note:
    """A tension, an omission or a fact."""

    iri: str
    slug: str
    kind: str
    label: str
    description: str | None
    resolution: str | None
    passages: tuple[str, ...]
    touches: tuple[str, ...]


@dataclass(frozen=True)
class Term:
    """A class, property or individual of an ontology."""

    iri: str
    slug: str
    name: str
    label: str
    kinds: tuple[str, ...]
    definition: str | None
    remarks: tuple[tuple[str, str], ...] = ()
    relations: tuple[tuple[str, str], ...] = ()
    codes: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Answered:
    """A question, with its rows where it can be answered without being given anything."""

    question: Question
    slug: str
    table: Table | None
    given: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Reason:
    """A literal that decided a recommendation, with the nodes that establish it."""

    literal: str
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class CaseAnswer:
    """What one case of the folder gets from one recommendation."""

    case: str
    file: str
    answer: Answer
    status: Status | None
    reasons: tuple[Reason, ...]
    missing: tuple[tuple[str, ...], ...]
    own: bool


@dataclass(frozen=True)
class Content:
    """All that the pages show, every table sorted."""

    guideline: Guideline
    guidelines: tuple[Guideline, ...]
    phases: tuple[Phase, ...]
    recommendations: tuple[Recommendation, ...]
    criteria: tuple[Criterion, ...]
    passages: tuple[Passage, ...]
    publications: tuple[Publication, ...]
    evidence: tuple[Evidence, ...]
    notes: tuple[Note, ...]
    terms: tuple[Term, ...]
    hierarchy: Mapping[str, Mapping[str, tuple[str, ...]]]
    favouring: Mapping[str, tuple[str, ...]]
    opposing: Mapping[str, tuple[str, ...]]
    mattering: Mapping[str, tuple[str, ...]]
    shown: Mapping[str, tuple[str, ...]]
    namespaces: Mapping[str, str]
    shorten: Callable[[Term | ox.NamedNode | ox.BlankNode | ox.Literal], str] = field(repr=False)
    answered: tuple[Answered, ...] = ()
    cases: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, tuple[CaseAnswer, ...]] = field(default_factory=dict)
    example: tuple[ScreenRecord, CaseRecord] | None = None


def slugs(iris: Iterable[str]) -> dict[str, str]:
    """Return a file name for each IRI: its local name where that is plain and its own.

    >>> slugs(["https://example.org/Cough"])
    {'https://example.org/Cough': 'Cough'}
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for iri in sorted(set(iris)):
        name = local_name(iri)
        if not _PLAIN.fullmatch(name) or name.lower() in taken:
            stem = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:40] or "term"
            name = f"{stem}-{hashlib.sha256(iri.encode()).hexdigest()[:12]}"
        taken.add(name.lower())
        found[iri] = name
    return found


def apart(content: Content) -> tuple[Content, ...]:
    """Return the content of each guideline where there are several, with its own phases."""
    if len(content.guidelines) < 2:
        return (content,)
    found = []
    for guideline in content.guidelines:
        own = tuple(one for one in content.recommendations if one.guideline == guideline.iri)
        phases = {one.phase for one in own}
        found.append(
            replace(
                content,
                guideline=guideline,
                recommendations=own,
                phases=tuple(one for one in content.phases if one.iri in phases),
            )
        )
    return tuple(found)
