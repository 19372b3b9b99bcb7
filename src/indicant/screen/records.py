"""What a screen consists of, layer by layer, as the command prints it in JSON."""

from __future__ import annotations

from typing import Final, Literal, NotRequired, TypedDict, get_args

from indicant.assess.records import (
    GuidelineRecord,
    Relation,
    Status,
    TermRecord,
)

Detail = Literal["brief", "normal", "full"]
Verdict = (
    Status | Literal["done"]  # what is recommended and known to be fulfilled
)
Level = Literal["normal", "full"]

DETAILS: Final[tuple[Detail, ...]] = ("brief", "normal", "full")

Part = Literal[
    "proposed",
    "now",
    "conflicts",
    "ask",
    "steps",
    "avoid",
    "told",
    "questions",
    "rest",
    "tensions",
    "left",
]
PARTS: Final[tuple[Part, ...]] = get_args(Part)
"""The parts of a screen, in the order in which they are read."""


class CountsRecord(TypedDict):
    """How many publications agree with what advice rests on, dispute it or qualify it, if any."""

    agrees: NotRequired[int]
    disputes: NotRequired[int]
    qualifies: NotRequired[int]


class WarrantRecord(TypedDict):
    """A recommendation that decided, with the keys of the passages that it rests on."""

    iri: str
    label: str
    direction: Literal["for", "against"]
    passages: list[str]
    citations: NotRequired[list[str]]
    guideline: NotRequired[str]


class LineRecord(TypedDict):
    """What is said about interventions of which the same is said.

    A key with nothing to say is left out. ``actions`` are called by what has to be known at a
    glance. ``strength`` is in the source's own words, ``certainty`` by GRADE where the source
    states it. ``beside`` tells of what is recommended that something urgent is as well
    (``besides``), or that it is of a later stage (``later``). ``open`` says that a contraindication
    is open, ``why`` what it rests on, ``done`` what was received already, ``once`` what would
    settle it, and ``says`` what the most particular passage says. Of ``full`` are ``ask``,
    ``followed`` and ``warrants``.
    """

    actions: list[TermRecord]
    verdict: Verdict
    beside: NotRequired[Literal["besides", "later"]]
    urgency: NotRequired[str]
    phase: NotRequired[str]
    strength: NotRequired[list[str]]
    certainty: NotRequired[list[str]]
    evidence: NotRequired[CountsRecord]
    by: NotRequired[list[str]]
    open: NotRequired[bool]
    why: NotRequired[list[str]]
    done: NotRequired[list[str]]
    once: NotRequired[list[str]]
    says: NotRequired[str]
    ask: NotRequired[list[str]]
    followed: NotRequired[list[str]]
    warrants: NotRequired[list[WarrantRecord]]


class SettlesRecord(TypedDict):
    """The interventions that get a status once a fact is known; ``more`` are not named."""

    status: Status
    labels: list[str]
    more: NotRequired[int]


class QuestionRecord(TypedDict):
    """A fact to find out, as a question, and what it would do to be so or not to be so.

    The urgent or immediate interventions that it would indicate together with other facts are named
    beside what it settles alone.
    """

    question: str
    term: str
    present: str
    absent: str
    by: NotRequired[list[str]]
    ifPresent: list[SettlesRecord]
    ifAbsent: list[SettlesRecord]
    presentTowards: NotRequired[list[str]]
    absentTowards: NotRequired[list[str]]


class StepRecord(TypedDict):
    """A stage of care.

    ``note`` says when it is entered, and of which stages before it nothing is recorded. ``folded``
    are the open interventions of a later stage, which are only named while something urgent waits.
    ``once`` and ``ask`` are of all that is open in it.
    """

    phase: str | None
    note: NotRequired[str]
    once: NotRequired[list[str]]
    ask: NotRequired[list[str]]
    lines: list[LineRecord]
    folded: NotRequired[list[str]]


class ToldRecord(TypedDict):
    """What the case says, in words; a key with nothing is left out."""

    about: NotRequired[list[str]]
    has: NotRequired[list[str]]
    had: NotRequired[list[str]]
    received: NotRequired[list[str]]
    proposes: NotRequired[list[str]]
    absent: NotRequired[list[str]]
    never: NotRequired[list[str]]
    complete: NotRequired[list[str]]


class ProposedRecord(TypedDict):
    """What the case proposes, with the verdict; ``why`` says what that rests on."""

    action: str
    label: str
    verdict: Status
    why: NotRequired[list[str]]


class CalmRecord(TypedDict):
    """What is to be known where nothing is recommended at once or urgently.

    ``pressing`` tells whether the guideline has anything urgent or immediate, ``open`` of what that
    is undetermined, ``due`` what is recommended otherwise and not known to be done, and ``later``
    what of that is of a later stage.
    """

    pressing: bool
    open: NotRequired[list[str]]
    due: NotRequired[list[str]]
    later: NotRequired[list[str]]


class LeftRecord(TypedDict):
    """What a screen leaves out, how many of it, and at which detail it is shown."""

    what: str
    count: int
    at: Level


class AtOddsRecord(TypedDict):
    """Where the source contradicts itself; ``resolution`` says how it was read, at full."""

    label: str
    passages: list[str]
    resolution: NotRequired[str]


class SaidRecord(TypedDict):
    """What a publication says about a passage; ``publication`` is a key of ``publications``."""

    publication: str
    note: NotRequired[str]
    basis: NotRequired[str]
    certainty: NotRequired[str]


class StretchRecord(TypedDict):
    """A passage: where it stands, what it says, and what is published about it.

    ``ofItsPatient`` is there where it states something of the one patient of its document.
    """

    start: int
    end: int
    section: NotRequired[str]
    says: str
    ofItsPatient: NotRequired[bool]
    evidence: NotRequired[dict[Relation, list[SaidRecord]]]


class PublicationRecord(TypedDict):
    """A publication; what is not known of it is left out."""

    title: str
    authors: NotRequired[str]
    year: NotRequired[str]
    venue: NotRequired[str]
    doi: NotRequired[str]
    pmid: NotRequired[str]
    pmcid: NotRequired[str]


class ScreenRecord(TypedDict):
    """What is shown of the assessment of one case, in the order in which it is read.

    ``calm`` is there where nothing is in ``now``. ``uncleared`` are the interventions that nothing
    indicates and that an open contraindication may rule out. ``common`` are the facts on which all
    advice of a guideline rests, by its IRI: at normal they are said once and not in each reason,
    and briefly they are counted.
    ``passages`` and ``publications`` are those that lines point to, each once, at full.
    ``rest`` is what does not apply, where it was asked for.
    """

    case: str
    asOf: str
    detail: Detail
    guidelines: list[GuidelineRecord]
    warnings: list[str]
    proposed: list[ProposedRecord]
    now: list[LineRecord]
    calm: NotRequired[CalmRecord]
    common: NotRequired[dict[str, list[str]]]
    conflicts: list[LineRecord]
    ask: list[QuestionRecord]
    steps: list[StepRecord]
    avoid: list[LineRecord]
    uncleared: NotRequired[list[str]]
    told: ToldRecord
    questions: NotRequired[list[str]]
    rest: NotRequired[list[LineRecord]]
    tensions: list[AtOddsRecord]
    left: list[LeftRecord]
    passages: NotRequired[dict[str, StretchRecord]]
    publications: NotRequired[dict[str, PublicationRecord]]
