"""Draw a guideline as a pathway, and terms as a tree."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from indicant.guideline.wording import Words
from indicant.site.content import UNKNOWN
from indicant.site.layout import Link, place, text_width, wrapped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indicant.assess.records import Answer, CaseRecord, Status
    from indicant.site.content import Content, Phase, Recommendation
    from indicant.site.layout import Arrow

_WIDTH: Final = 312.0
_SIZE: Final = 13.0
_LINE: Final = 17.0
_PAD: Final = 10.0
_INDENT: Final = 30.0
_MARGIN: Final = 6.0
_POINT: Final = 14.0
_STATES: Final[dict[str, str]] = {
    "met": "applies",
    "refuted": "not-applies",
    "open": "open",
}
_HERE: Final = frozenset({"recommended", "conditional", "conflicting"})


@dataclass(frozen=True)
class Line:
    """A line of text at a place."""

    text: str
    x: float
    y: float


@dataclass(frozen=True)
class Entry:
    """A recommendation inside a box: a link with a sign and, for a case, how it stands."""

    iri: str
    sign: str
    lines: tuple[Line, ...]
    sign_y: float
    state: Line | None = None
    answer: str = ""


@dataclass(frozen=True)
class Box:
    """A step of the pathway, or a term of the tree."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    outline: str
    titles: tuple[Line, ...]
    iri: str | None = None
    entries: tuple[Entry, ...] = ()
    rule: float | None = None
    here: bool = False
    dashed: bool = False


@dataclass(frozen=True)
class Picture:
    """Boxes and arrows, with what they say in words."""

    name: str
    title: str
    description: str
    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


@dataclass(frozen=True)
class Standing:
    """How a recommendation stands for a case, and what becomes of its action."""

    answer: Answer
    status: Status | None
    favours: bool
    superseded: bool = False

    @property
    def here(self) -> bool:
        """Tell whether it is what the patient is to have now, or once something is excluded."""
        return self.favours and self.answer == "met" and self.status in _HERE

    def said(self, words: Words) -> str:
        """Return how it stands, in words."""
        if self.superseded:
            return words("path", "gives-way")
        told = words("path", _STATES[self.answer])
        return f"{told}: {words('verdict', str(self.status))}" if self.here else told


@dataclass(frozen=True)
class Step:
    """A step of the pathway before it has a place."""

    kind: str
    title: str
    iri: str | None = None
    members: tuple[Recommendation, ...] = ()
    contingent: bool = False
    decides: str | None = None


@dataclass(frozen=True)
class Pathway:
    """The steps of a guideline in order, the ways around them, and what holds at any of them.

    ``around`` pairs the place in ``steps`` where a way around is decided with the recommendation
    that it leads to.
    """

    steps: tuple[Step, ...]
    around: tuple[tuple[int, Step], ...]
    anytime: Step | None


def standings(record: CaseRecord) -> dict[str, Standing]:
    """Return how each recommendation stands for a case."""
    found: dict[str, Standing] = {}
    for action in record["actions"]:
        for one in action["recommendations"]:
            known = found.get(one["iri"])
            if known is None or (not known.here and action["status"] in _HERE):
                found[one["iri"]] = Standing(
                    one["answer"], action["status"], one["direction"] == "for", one["superseded"]
                )
    return found


def pathway(content: Content, words: Words | None = None) -> Pathway:
    """Return the steps of a guideline, from what it says of phases, order and urgency.

    A way around is an indication that belongs to no phase and is more urgent than the least urgent
    ones. It is decided before the first phase in which nothing is as urgent.
    """
    speak = words or Words()
    ranks = {one.urgency_order for one in content.recommendations}
    routine = max((rank for rank in ranks if rank != UNKNOWN), default=UNKNOWN)
    loose = [one for one in content.recommendations if one.phase is None]
    around = sorted(
        (one for one in loose if one.favours and one.urgency_order < routine),
        key=lambda one: (one.urgency_order, one.iri),
    )
    labels = {one.iri: one.label for one in content.criteria}
    steps: list[Step] = []
    decided: list[tuple[int, Step]] = []
    scope = content.guideline.scope
    if scope is not None:
        steps.append(Step("start", labels.get(scope, content.guideline.label), scope))

    def decide(one: Recommendation) -> None:
        about = labels.get(one.criterion or "", one.label)
        decided.append((len(steps), Step("around", _urgency(one, speak), one.iri, (one,))))
        title = speak("path", "decision", about=about)
        steps.append(Step("decision", title, one.criterion, decides=one.iri))

    waiting = list(around)
    for phase in content.phases:
        members = _members(content, phase)
        soonest = min((one.urgency_order for one in members if one.favours), default=UNKNOWN)
        while waiting and waiting[0].urgency_order < soonest:
            decide(waiting.pop(0))
        if phase.contingent:
            steps.append(Step("decision", speak.entered("path", phase.after), phase.iri))
        steps.append(Step("phase", phase.label, phase.iri, members, phase.contingent))
    for one in waiting:
        decide(one)
    rest = tuple(_ordered(one for one in loose if one not in around))
    anytime = Step("anytime", speak("path", "anytime"), None, rest) if rest else None
    return Pathway(tuple(steps), tuple(decided), anytime)


def _urgency(one: Recommendation, words: Words) -> str:
    if not one.urgency:
        return words("path", "ahead")
    return words("path", "ahead-soon", urgency=words("urgency", one.urgency))


def _members(content: Content, phase: Phase) -> tuple[Recommendation, ...]:
    return tuple(_ordered(one for one in content.recommendations if one.phase == phase.iri))


def _ordered(members: object) -> list[Recommendation]:
    found: Sequence[Recommendation] = list(members)  # type: ignore[call-overload]
    return sorted(found, key=lambda one: (not one.favours, one.urgency_order, one.iri))


def draw_pathway(
    content: Content,
    way: Pathway,
    standing: Mapping[str, Standing] | None = None,
    name: str = "pathway",
    words: Words | None = None,
) -> Picture:
    """Draw the pathway of a guideline, with the position of a patient where one is given."""
    known, speak = standing or {}, words or Words()
    named = {f"s{number}": step for number, step in enumerate(way.steps)}
    chain = list(named)
    links = []
    for one, following in itertools.pairwise(chain):
        decision = named[one].kind == "decision"
        going = speak("path", "yes" if named[following].contingent else "no")
        links.append(Link(one, following, going if decision else ""))
    last = chain[-1] if chain else None
    for number, (at, step) in enumerate(way.around):
        named[f"a{number}"] = step
        links.append(Link(f"s{at}", f"a{number}", speak("path", "yes"), dashed=True))
        if last is not None and last != f"s{at}":
            links.append(Link(last, f"a{number}", visible=False))
        last = f"a{number}"
    if way.anytime is not None:
        named["z"] = way.anytime
        if last is not None:
            links.append(Link(last, "z", visible=False))
    shapes = {one: _shape(step, known, speak) for one, step in named.items()}
    layout = place(
        {one: (_WIDTH, shape.height) for one, shape in shapes.items()}, links, straight=shapes
    )
    boxes = tuple(_moved(shapes[one], *layout.places[one]) for one in named)
    return Picture(
        name,
        speak("path", "title", of=content.guideline.label),
        describe(way, known, speak),
        layout.width,
        layout.height,
        boxes,
        layout.arrows,
    )


def describe(way: Pathway, standing: Mapping[str, Standing], words: Words) -> str:
    """Say a pathway in words, as the alternative to its picture."""
    sentences = []
    ways = dict(way.around)

    def named(step: Step) -> str:
        return ", ".join(
            one.label + (f" ({standing[one.iri].said(words)})" if one.iri in standing else "")
            for one in step.members
        )

    for number, step in enumerate(way.steps):
        if step.kind == "start":
            sentences.append(words("path", "begins", title=step.title))
        elif number in ways:
            goal = ways[number]
            sentences.append(
                words("path", "leads", title=step.title, goal=named(goal), how=goal.title)
            )
        elif step.kind == "decision":
            sentences.append(words("path", "goes-on", title=step.title))
        else:
            members = named(step) or words("path", "none")
            sentences.append(words("path", "holds", title=step.title, named=members))
    if way.anytime is not None:
        members = named(way.anytime)
        sentences.append(words("path", "holds", title=way.anytime.title, named=members))
    return " ".join(sentences)


@dataclass(frozen=True)
class _Shape:
    """A box around nothing in particular: what is in it, from its upper left corner."""

    step: Step
    height: float
    titles: tuple[Line, ...]
    entries: tuple[Entry, ...]
    rule: float | None
    here: bool


def _shape(step: Step, standing: Mapping[str, Standing], words: Words) -> _Shape:
    inner = _WIDTH - 2 * _PAD - (2 * _POINT if step.kind == "decision" else 0)
    here = any(one.iri in standing and standing[one.iri].here for one in step.members)
    titles: list[Line] = []
    y = _PAD + _SIZE
    if here:
        titles.append(Line(words("path", "here"), _WIDTH / 2, y))
        y += _LINE
    for text in wrapped(step.title, inner, _SIZE * 1.06):
        titles.append(Line(text, _WIDTH / 2, y))
        y += _LINE
    if step.decides is not None and step.decides in standing:
        how = words("path", "for-patient", how=standing[step.decides].said(words))
        titles.append(Line(how, _WIDTH / 2, y))
        y += _LINE
    rule = y - _LINE + _PAD - 1 if step.members else None
    if step.members:
        y += _PAD - 2
    entries = []
    for one in step.members:
        lines = []
        top = y
        for text in wrapped(one.label, _WIDTH - _INDENT - _PAD, _SIZE):
            lines.append(Line(text, _INDENT, y))
            y += _LINE
        state = None
        stands = standing.get(one.iri)
        if stands is not None:
            state = Line(stands.said(words), _INDENT, y - 2)
            y += _LINE
        y += 3
        entries.append(
            Entry(
                one.iri,
                "for" if one.favours else "against",
                tuple(lines),
                round(top - _SIZE * 0.36, 1),
                state,
                stands.answer if stands is not None else "",
            )
        )
    height = round(y - _LINE + _PAD - (3 if step.members else 0) + 2, 1)
    return _Shape(step, height, tuple(titles), tuple(entries), rule, here)


def _moved(shape: _Shape, x: float, y: float) -> Box:
    left, top = round(x - _WIDTH / 2, 1), round(y - shape.height / 2, 1)

    def moved(line: Line) -> Line:
        return Line(line.text, round(left + line.x, 1), round(top + line.y, 1))

    return Box(
        shape.step.kind,
        left,
        top,
        _WIDTH,
        shape.height,
        _outline(shape.step.kind, left, top, _WIDTH, shape.height),
        tuple(map(moved, shape.titles)),
        shape.step.iri if not shape.step.members or shape.step.kind == "phase" else None,
        tuple(
            Entry(
                one.iri,
                one.sign,
                tuple(map(moved, one.lines)),
                round(top + one.sign_y, 1),
                moved(one.state) if one.state else None,
                one.answer,
            )
            for one in shape.entries
        ),
        None if shape.rule is None else round(top + shape.rule, 1),
        shape.here,
        shape.step.contingent,
    )


def _outline(kind: str, x: float, y: float, width: float, height: float) -> str:
    """Return the outline of a box: a decision has points left and right, the rest is round."""
    right, bottom, middle = round(x + width, 1), round(y + height, 1), round(y + height / 2, 1)
    if kind == "decision":
        return (
            f"M{x + _POINT:.1f},{y} H{right - _POINT:.1f} L{right},{middle} "
            f"L{right - _POINT:.1f},{bottom} H{x + _POINT:.1f} L{x},{middle} Z"
        )
    r = min(round(height / 2, 1), 20.0) if kind == "start" else 6.0
    return (
        f"M{x + r:.1f},{y} H{right - r:.1f} Q{right},{y} {right},{y + r:.1f} "
        f"V{bottom - r:.1f} Q{right},{bottom} {right - r:.1f},{bottom} "
        f"H{x + r:.1f} Q{x},{bottom} {x},{bottom - r:.1f} V{y + r:.1f} Q{x},{y} {x + r:.1f},{y} Z"
    )


def draw_hierarchy(
    name: str,
    title: str,
    terms: Mapping[str, Sequence[str]],
    labels: Mapping[str, str],
    words: Words,
) -> Picture:
    """Draw a hierarchy from left to right, each term joined to those directly above it."""
    size, widest = 12.0, 190.0
    shapes: dict[str, tuple[tuple[str, ...], float, float]] = {}
    for term in terms:
        lines = wrapped(labels[term], widest, size)
        width = max(text_width(line, size) for line in lines) + 2 * _PAD
        shapes[term] = lines, round(width, 1), round(15 * len(lines) + 9, 1)
    links = [Link(above, term) for term, over in terms.items() for above in over]
    layout = place(
        {term: (width, height) for term, (_, width, height) in shapes.items()},
        links,
        direction="LR",
        gap=5,
        rank_gap=26,
    )
    boxes = []
    for term, (lines, width, height) in shapes.items():
        x, y = layout.places[term]
        left, top = round(x - width / 2, 1), round(y - height / 2, 1)
        boxes.append(
            Box(
                "term",
                left,
                top,
                width,
                height,
                _outline("term", left, top, width, height),
                tuple(Line(text, x, round(top + 16 + 15 * n, 1)) for n, text in enumerate(lines)),
                term,
            )
        )
    return Picture(
        name,
        title,
        words("path", "tree", n=len(terms)),
        layout.width,
        layout.height,
        tuple(boxes),
        layout.arrows,
    )
