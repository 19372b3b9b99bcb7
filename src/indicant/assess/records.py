"""What an assessment consists of, as the command prints it in JSON."""

from __future__ import annotations

from typing import Final, Literal, NotRequired, TypedDict

from indicant.assess.validation import Severity  # noqa: TC001 - a record's fields are read as types
from indicant.terms import IND

Status = Literal[
    "recommended", "conditional", "conflicting", "contraindicated", "undetermined", "not-applicable"
]
Answer = Literal["met", "refuted", "open"]
Fulfilment = Literal["fulfilled", "not-fulfilled", "violated", "not-recorded"]

ANSWERS: Final[dict[str, Answer]] = {
    IND + "meets": "met",
    IND + "refutes": "refuted",
    IND + "leavesOpen": "open",
}
STATUSES: Final[dict[str, Status]] = {
    IND + "Recommended": "recommended",
    IND + "Conditional": "conditional",
    IND + "Conflicting": "conflicting",
    IND + "Contraindicated": "contraindicated",
    IND + "Undetermined": "undetermined",
    IND + "NotApplicable": "not-applicable",
}


class PassageRecord(TypedDict):
    """A passage of the source: its place in code points, end exclusive, and its digest.

    ``ofItsPatient`` is there where it states something of the one patient of its document.
    """

    id: str
    start: int
    end: int
    sha256: str
    section: str | None
    paraphrase: str
    ofItsPatient: NotRequired[bool]


Relation = Literal["agrees", "disputes", "qualifies", "related"]

RELATIONS: Final[dict[str, Relation]] = {
    "agrees": "agrees",
    "disputes": "disputes",
    "qualifies": "qualifies",
    "related": "related",
}


class EvidenceRecord(TypedDict):
    """What a publication says about a passage; what is only related counts for nothing.

    ``certainty`` is that of GRADE, where the publication states it.
    """

    relation: Relation
    publication: str
    title: str
    authors: str | None
    year: str | None
    venue: str | None
    doi: str | None
    pmid: str | None
    pmcid: str | None
    passage: str
    note: str | None
    basis: str | None
    certainty: str | None


class RecommendationRecord(TypedDict):
    """A recommendation that takes part in the advice about an action.

    ``fulfilment`` says whether what it says has been done, where it says what fulfils it.
    ``gradeStrength`` and ``certainty`` are those of GRADE, where the source states them.
    ``guideline`` says whose it is where several guidelines were merged.
    """

    iri: str
    label: str
    direction: Literal["for", "against"]
    strength: str | None
    gradeStrength: str | None
    certainty: str | None
    answer: Answer
    superseded: bool
    fulfilment: Fulfilment | None
    passages: list[PassageRecord]
    citations: list[str]
    evidence: list[EvidenceRecord]
    disputed: bool
    guideline: NotRequired[str]


class RecordedRecord(TypedDict):
    """A value that a node of the case gives in a unit of its own, and what it was read as."""

    node: str
    property: str
    recorded: str
    read: str


class ReasonRecord(TypedDict):
    """A literal that decided a recommendation, with the nodes of the case that establish it.

    ``recorded`` has the values which that rests on that were given in another unit, where there
    are any.
    """

    recommendation: str
    answer: Answer
    literal: str
    nodes: list[str]
    recorded: NotRequired[list[RecordedRecord]]


class TermRecord(TypedDict):
    """A term and its label."""

    term: str
    label: str


class AwaitedRecord(TypedDict):
    """A fact that is not known and that would help to settle an action."""

    term: str
    label: str
    question: str | None
    investigations: list[TermRecord]


class Stated(TypedDict):
    """A fact, and whether it is told to be present or to be absent.

    ``said`` is how its absence is put, where that is not the label behind "no" or "not".
    """

    term: str
    label: str
    polarity: Literal["present", "absent"]
    said: NotRequired[str]


class FactRecord(Stated):
    """A fact that would have to be known.

    ``restsOn`` are the facts that decide it, where it is about a score.
    """

    restsOn: NotRequired[list[TermRecord]]


class SettlingRecord(TypedDict):
    """A least set of facts that would give an open recommendation an answer."""

    recommendation: str
    answer: Answer
    facts: list[FactRecord]


class TensionRecord(TypedDict):
    """Where the source contradicts itself, and how it was read."""

    iri: str
    label: str
    description: str | None
    resolution: str | None
    passages: list[str]


class ActionRecord(TypedDict):
    """What the guideline says about one intervention for one case."""

    action: str
    label: str
    status: Status
    urgency: str | None
    phase: str | None
    contingent: bool
    disputed: bool
    because: list[ReasonRecord]
    awaiting: list[AwaitedRecord]
    settledBy: list[SettlingRecord]
    recommendations: list[RecommendationRecord]
    tensions: list[TensionRecord]
    including: list[TermRecord]
    excepting: list[TermRecord]
    received: list[str]


class ProposalRecord(TypedDict):
    """What the guideline says about something that the case proposes."""

    action: str
    label: str
    verdict: Status


class GuidelineRecord(TypedDict):
    """Which guideline spoke, and whether the case is one that it speaks about."""

    iri: str | None
    label: str | None
    version: str | None
    scope: Answer | None


class CaseRecord(TypedDict):
    """The assessment of one case.

    ``guidelines`` are those that spoke where several were merged; ``guideline`` is then all of
    them together.
    """

    case: str
    asOf: str
    guideline: GuidelineRecord
    guidelines: NotRequired[list[GuidelineRecord]]
    warnings: list[str]
    actions: list[ActionRecord]
    proposals: list[ProposalRecord]


class FindingRecord(TypedDict):
    """One thing that does not hold of a case."""

    shape: str
    severity: Severity
    message: str
    focus: str | None
    path: str | None
    value: str | None
    file: str | None
    line: int | None
    suggestion: str | None


class InvalidRecord(TypedDict):
    """A file that was not assessed, because a case in it breaks a shape."""

    file: str | None
    findings: list[FindingRecord]
