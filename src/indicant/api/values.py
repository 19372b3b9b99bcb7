"""What is answered, as values that nobody can change; ``to_dict`` gives what the command prints."""

from __future__ import annotations

import datetime
import functools
import types
import typing
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")


class Status(StrEnum):
    """What a guideline says about an intervention for a case."""

    RECOMMENDED = "recommended"
    CONDITIONAL = "conditional"
    CONFLICTING = "conflicting"
    CONTRAINDICATED = "contraindicated"
    UNDETERMINED = "undetermined"
    NOT_APPLICABLE = "not-applicable"


class Answer(StrEnum):
    """What a criterion gets for a case: it holds, it cannot hold, or the facts leave it open."""

    MET = "met"
    REFUTED = "refuted"
    OPEN = "open"


class Fulfilment(StrEnum):
    """Whether what a recommendation says has been done; advice against is fulfilled or violated."""

    FULFILLED = "fulfilled"
    NOT_FULFILLED = "not-fulfilled"
    VIOLATED = "violated"
    NOT_RECORDED = "not-recorded"


@dataclass(frozen=True)
class Value:
    """A value with a dictionary form, which is that of the command's JSON."""

    def to_dict(self) -> dict[str, Any]:
        """Return dictionaries, lists and texts, new ones every time."""
        return {
            key: _plain(value)
            for name, key, optional in _keys(type(self))  # type: ignore[arg-type]
            if (value := getattr(self, name)) is not None or not optional
        }


@dataclass(frozen=True)
class Term(Value):
    """A term and its label."""

    term: str
    label: str


@dataclass(frozen=True)
class Passage(Value):
    """A passage of the source: its place in code points, end exclusive, and its digest.

    ``of_its_patient`` tells that it states something of the one patient of its document.
    """

    id: str
    start: int
    end: int
    sha256: str
    section: str | None
    paraphrase: str
    of_its_patient: bool | None = None


@dataclass(frozen=True)
class Evidence(Value):
    """What a publication says about a passage; what is only related counts for nothing."""

    relation: Literal["agrees", "disputes", "qualifies", "related"]
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


@dataclass(frozen=True)
class Recommendation(Value):
    """A recommendation that takes part in the advice about an intervention."""

    iri: str
    label: str
    direction: Literal["for", "against"]
    strength: str | None
    grade_strength: str | None
    certainty: str | None
    answer: Answer
    superseded: bool
    fulfilment: Fulfilment | None
    passages: tuple[Passage, ...]
    citations: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    disputed: bool
    guideline: str | None = None


@dataclass(frozen=True)
class Recorded(Value):
    """A value that a node of the case gives in a unit of its own, and what it was read as."""

    node: str
    property: str
    recorded: str
    read: str


@dataclass(frozen=True)
class Reason(Value):
    """A fact that decided a recommendation, with the nodes of the case that establish it.

    ``recorded`` has the values which that rests on that were given in another unit, if any were.
    """

    recommendation: str
    answer: Answer
    literal: str
    nodes: tuple[str, ...]
    recorded: tuple[Recorded, ...] | None = None


@dataclass(frozen=True)
class Awaited(Value):
    """A fact that is not known and would help to settle an intervention, and what shows it."""

    term: str
    label: str
    question: str | None
    investigations: tuple[Term, ...]


@dataclass(frozen=True)
class Fact(Value):
    """A fact that would have to be known, as present or as absent.

    ``rests_on`` are the facts that decide it, where it is about a score. ``said`` is how its
    absence is put, where that is not the label behind "no" or "not".
    """

    term: str
    label: str
    polarity: Literal["present", "absent"]
    rests_on: tuple[Term, ...] | None = None
    said: str | None = None


@dataclass(frozen=True)
class Item(Value):
    """A criterion that a score counts, its points, and whether the case meets it."""

    criterion: str
    label: str
    points: int
    answer: Answer


@dataclass(frozen=True)
class Score(Value):
    """A score of a case: between which numbers it lies, and what it counts, most points first."""

    score: str
    label: str
    least: int
    most: int
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Settling(Value):
    """A least set of facts that would give an open recommendation an answer."""

    recommendation: str
    answer: Answer
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Tension(Value):
    """Where the source contradicts itself, and how it was read."""

    iri: str
    label: str
    description: str | None
    resolution: str | None
    passages: tuple[str, ...]


@dataclass(frozen=True)
class Action(Value):
    """What a guideline says about one intervention for one case.

    ``action`` is the IRI of the intervention. ``because`` holds the facts that decided,
    ``settled_by`` the least sets of facts that would decide what is open, ``awaiting`` all facts
    of these, each with its question. ``including`` and ``excepting`` are interventions below this
    one. ``received`` are nodes of the case.
    """

    action: str
    label: str
    status: Status
    urgency: str | None
    phase: str | None
    contingent: bool
    disputed: bool
    because: tuple[Reason, ...]
    awaiting: tuple[Awaited, ...]
    settled_by: tuple[Settling, ...]
    recommendations: tuple[Recommendation, ...]
    tensions: tuple[Tension, ...]
    including: tuple[Term, ...]
    excepting: tuple[Term, ...]
    received: tuple[str, ...]


@dataclass(frozen=True)
class Proposal(Value):
    """What a guideline says about something that the case proposes."""

    action: str
    label: str
    verdict: Status


@dataclass(frozen=True)
class Speaker(Value):
    """Which guideline spoke, and whether the case is one that it speaks about."""

    iri: str | None
    label: str | None
    version: str | None
    scope: Answer | None


@dataclass(frozen=True)
class Node(Value):
    """A statement of the case that establishes a fact, and where it stands."""

    node: str
    statement: str
    file: str
    line: int | None


@dataclass(frozen=True)
class Established(Value):
    """A fact that is known, and the statements of the case that establish it."""

    term: str
    label: str
    polarity: Literal["present", "absent"]
    nodes: tuple[Node, ...]
    said: str | None = None


@dataclass(frozen=True)
class Criterion(Value):
    """The class of cases that a recommendation is for."""

    iri: str
    label: str
    definition: str | None


@dataclass(frozen=True)
class Argument(Value):
    """Why one recommendation is met, refuted or open, and whether the status is its doing."""

    decides: bool
    recommendation: str
    label: str
    direction: Literal["for", "against"]
    strength: str | None
    grade_strength: str | None
    certainty: str | None
    answer: Answer
    criterion: Criterion | None
    gives_way_to: tuple[Term, ...]
    because: tuple[Established, ...]
    settled_by: tuple[Settling, ...]
    passages: tuple[Passage, ...]
    evidence: tuple[Evidence, ...]
    scores: tuple[Score, ...] | None = None


@dataclass(frozen=True)
class ChangingFact(Value):
    """A fact that would change a status; ``otherwise`` where the case records the contrary."""

    term: str
    label: str
    polarity: Literal["present", "absent"]
    otherwise: bool
    question: str | None
    investigations: tuple[Term, ...]
    said: str | None = None


@dataclass(frozen=True)
class Change(Value):
    """A least set of facts that would change a status, and the status that it leads to."""

    status: Status
    facts: tuple[ChangingFact, ...]


@dataclass(frozen=True)
class Changes(Value):
    """The least sets of facts that would change a status.

    They are all there are with at most ``facts`` facts; all of any size where ``complete``.
    ``found`` counts them; ``sets`` may be fewer.
    """

    found: int
    facts: int
    complete: bool
    sets: tuple[Change, ...]


@dataclass(frozen=True)
class Why(Value):
    """Why an intervention has its status for one case, and what would change it."""

    case: str
    as_of: datetime.date
    action: str
    label: str
    status: Status
    reasons: tuple[Argument, ...]
    further: tuple[Term, ...]
    wanted: Status | None
    changes: Changes

    def __str__(self) -> str:
        """Return the tree that the command prints, in English."""
        return self.to_text()

    def to_text(self, *, language: str = "en") -> str:
        """Return the tree that the command prints, in the words of a language."""
        from indicant.explain.why import as_text
        from indicant.guideline.wording import Words

        return as_text(self.to_dict(), Words(language))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Settled(Value):
    """An intervention whose status a fact would settle, and the status that it would get."""

    action: str
    label: str
    status: Status


@dataclass(frozen=True)
class OpenFact(Value):
    """An open fact, how to find it out, and what it settles if it is present and if absent.

    ``least`` counts the interventions that it settles whichever way it turns out.
    ``present_towards`` and ``absent_towards`` are the urgent or immediate interventions that it
    would indicate together with other facts.
    """

    term: str
    label: str
    question: str | None
    investigations: tuple[Term, ...]
    least: int
    sum: int
    present: tuple[Settled, ...]
    absent: tuple[Settled, ...]
    present_towards: tuple[Term, ...]
    absent_towards: tuple[Term, ...]


@dataclass(frozen=True)
class Complete(Value):
    """A class of which all may be recorded, and what it would settle to know that all is."""

    term: str
    label: str
    question: str
    settles: tuple[Settled, ...]


@dataclass(frozen=True)
class WhatNext(Value):
    """The open facts of one case, those that settle most first; ``open`` counts interventions.

    ``complete`` asks of what the case has records whether these are all.
    """

    case: str
    as_of: datetime.date
    open: int
    facts: tuple[OpenFact, ...]
    complete: tuple[Complete, ...]

    def __str__(self) -> str:
        """Return the ranking that the command prints, in English."""
        return self.to_text()

    def to_text(self, *, language: str = "en") -> str:
        """Return the ranking that the command prints, in the words of a language."""
        from indicant.explain.next import as_text
        from indicant.guideline.wording import Words

        return as_text(self.to_dict(), words=Words(language))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Statement(Value):
    """A statement of a case: subject, property and value."""

    subject: str
    path: str
    value: str


@dataclass(frozen=True)
class Turn(Value):
    """A recommendation whose answer is another, and the facts that decide it now."""

    recommendation: str
    label: str
    direction: Literal["for", "against"]
    before: Answer
    after: Answer
    because: tuple[Reason, ...]


@dataclass(frozen=True)
class Differently(Value):
    """An intervention of which the guideline says something else."""

    action: str
    label: str
    before: Status
    after: Status
    turns: tuple[Turn, ...]


@dataclass(frozen=True)
class WhatIf(Value):
    """What would change for one case; ``scope`` is that of the case as it is and as it would be."""

    case: str
    as_of: datetime.date
    edits: tuple[str, ...]
    taken_back: tuple[Statement, ...]
    put: tuple[Statement, ...]
    warnings: tuple[str, ...]
    scope: tuple[Answer | None, ...]
    differences: tuple[Differently, ...]

    def __str__(self) -> str:
        """Return what the command prints, in English."""
        return self.to_text()

    def to_text(self, *, language: str = "en") -> str:
        """Return what the command prints, in the words of a language."""
        from indicant.explain.whatif import as_text
        from indicant.guideline.wording import Words

        return as_text(self.to_dict(), Words(language))  # type: ignore[arg-type]


def of(cls: type[T], record: Mapping[str, Any]) -> T:
    """Return the value of a class that a record is the dictionary form of.

    >>> of(Fact, {"term": "ex:Rain", "label": "rain", "polarity": "absent"}).polarity
    'absent'
    """
    hints = _hints(cls)  # type: ignore[arg-type]
    keys = _keys(cls)  # type: ignore[arg-type]
    return cls(**{name: _made(hints[name], record[key]) for name, key, _ in keys if key in record})


@functools.cache
def _hints(cls: Any) -> dict[str, Any]:
    return typing.get_type_hints(cls)


@functools.cache
def _keys(cls: Any) -> tuple[tuple[str, str, bool], ...]:
    """Return the fields of a class, what records call each, and whether one may do without."""
    found = []
    for one in fields(cls):
        first, *rest = one.name.split("_")
        key = first + "".join(part.capitalize() for part in rest)
        found.append((one.name, key, one.default is None))
    return tuple(found)


def _made(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return _made(next(one for one in arguments if one is not types.NoneType), value)
    if origin is tuple:
        return tuple(_made(arguments[0], one) for one in value)
    if kind is datetime.date:
        return datetime.date.fromisoformat(value)
    if isinstance(kind, type) and is_dataclass(kind):
        return of(kind, value)
    return kind(value) if isinstance(kind, type) and issubclass(kind, StrEnum) else value


def anew(value: T) -> T:
    """Return JSON made anew all through: nothing in it is the same object twice, or ours.

    >>> row = [1]
    >>> anew([row, row])
    [[1], [1]]
    """
    if isinstance(value, dict):
        return {key: anew(one) for key, one in value.items()}  # type: ignore[return-value]
    if isinstance(value, (list, tuple)):
        return [anew(one) for one in value]  # type: ignore[return-value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Value):
        return value.to_dict()
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, StrEnum):
        return value.value
    return value.isoformat() if isinstance(value, datetime.date) else value
