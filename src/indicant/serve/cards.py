"""Say as cards of CDS Hooks what a guideline says of a case, and what it could not say."""

from __future__ import annotations

import functools
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from indicant.assess.prose import (
    attesting,
    disputed_by,
    folded,
    heading,
    paraphrased,
    reference,
    strengths,
)
from indicant.assess.reasons import answering
from indicant.foreign import marked, prose
from indicant.intake.gaps import HARMLESS
from indicant.serve.prefetch import GAPS, MISSING, PATIENT
from indicant.serve.rows import OVERRIDES, hook_rows
from indicant.terms import IND

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from indicant.assess.records import ActionRecord, CaseRecord, RecommendationRecord
    from indicant.guideline.vocabulary import Vocabulary
    from indicant.guideline.wording import Words
    from indicant.intake.codes import Terms
    from indicant.intake.report import Left, PatientReport
    from indicant.serve.prefetch import Prefetch

LONGEST: Final = 139
"""How many characters a summary has at most: fewer than 140."""
_FEW: Final = 8
_LONGEST_TAIL: Final = 80
_SAID: Final = frozenset({"recommended", "conditional", "contraindicated", "conflicting"})


@dataclass(frozen=True)
class Told:
    """All that the cards of one answer rest on.

    ``states`` says of each key of prefetch what became of it, ``drafts`` which orders came that
    are not given yet, ``proposed`` of which classes those of them are that were understood,
    ``left`` which records were not used.
    """

    record: CaseRecord
    patient: PatientReport
    left: Sequence[Left]
    states: Mapping[str, str]
    drafts: frozenset[str]
    proposed: Mapping[str, Sequence[str]]
    has_drafts: bool
    terms: Terms
    prefetch: Prefetch
    instance: uuid.UUID
    service: str
    words: Words
    notes: Sequence[str] = field(default_factory=tuple)

    @property
    def vocabulary(self) -> Vocabulary:
        """The terms of the guideline."""
        return self.terms.vocabulary


def cards_of(told: Told) -> list[dict[str, Any]]:
    """Return the cards of one guideline, the most pressing first, what is missing last."""
    groups: dict[tuple[str, str], tuple[RecommendationRecord, list[ActionRecord]]] = {}
    for action in folded(told.record["actions"]):
        if action["status"] not in _SAID:
            continue
        for one in answering(action["status"], action["recommendations"]):
            if not one["superseded"] and one["fulfilment"] != "fulfilled":
                key = (one["iri"], action["status"])
                groups.setdefault(key, (one, []))[1].append(action)
    made = [_card(told, one, actions) for one, actions in groups.values()]
    order = ("critical", "warning", "info")
    made.sort(key=lambda one: order.index(one["indicator"]))
    return [*made, *_missing(told)]


def shortened(text: str, most: int = LONGEST) -> str:
    """Return text as one line of so many characters at most, broken off between words.

    >>> shortened("a rather long summary", 12)
    'a rather …'
    """
    line = " ".join(prose(text).split())
    if len(line) <= most:
        return line
    return f"{line[: most - 1].rsplit(' ', 1)[0]} …"[:most]


def _uuid(told: Told, name: str) -> str:
    return str(uuid.uuid5(told.instance, f"{told.service} {name}"))


def _card(told: Told, one: RecommendationRecord, actions: list[ActionRecord]) -> dict[str, Any]:
    say = functools.partial(told.words, "card")
    status = actions[0]["status"]
    proposed = _proposed(told, actions) if one["direction"] == "against" else []
    given = {
        "status": status,
        "direction": one["direction"],
        "urgency": actions[0]["urgency"] or "",
        "gradeStrength": one["gradeStrength"] or "",
        "fulfilment": one["fulfilment"] or "",
        "proposed": "yes" if proposed else "no",
        "drafts": "yes" if told.has_drafts else "no",
    }
    card: dict[str, Any] = {
        "uuid": _uuid(told, f"{one['iri']} {status}"),
        "summary": shortened(say(status, what=one["label"])),
        "detail": "\n".join(_detail(told, one, actions)),
        "indicator": hook_rows().indicator(given),
        "source": _source(told, one),
        "overrideReasons": [
            {"system": OVERRIDES, "code": code, "display": label}
            for code, label in hook_rows(told.words.language).overrides
        ],
    }
    if proposed:
        card["selectionBehavior"] = "any"
        card["suggestions"] = [
            {
                "label": shortened(say("withdraw", name=name), 80),
                "uuid": _uuid(told, f"{one['iri']} {name}"),
                "actions": [
                    {
                        "type": "delete",
                        "description": say("withdraws", name=name),
                        "resourceId": name,
                    }
                ],
            }
            for name in proposed
        ]
    return card


def _proposed(told: Told, actions: list[ActionRecord]) -> list[str]:
    """Return the orders not given yet that are of what is advised against."""
    advised = {one["action"] for one in actions}
    return [
        reference
        for reference, classes in told.proposed.items()
        if any(not advised.isdisjoint(told.vocabulary.ancestors(one)) for one in classes)
    ]


def _source(told: Told, one: RecommendationRecord | None = None) -> dict[str, Any]:
    guideline = told.record["guideline"]
    called = guideline["label"] or told.words("pages", "guideline")
    label = f"{called} {guideline['version'] or ''}".rstrip()
    if one is not None and one["passages"]:
        names = ", ".join(passage["id"] for passage in one["passages"])
        label += f", {told.words.count('card', 'passage', len(one['passages']), names=names)}"
    made: dict[str, Any] = {"label": shortened(label, 200)}
    if (guideline["iri"] or "").startswith("https://"):
        made["url"] = guideline["iri"]
    if one is not None:
        space, _, name = one["iri"].rpartition("/")
        made["topic"] = {"system": f"{space}/", "code": name, "display": prose(one["label"])}
    return made


def _detail(told: Told, one: RecommendationRecord, actions: list[ActionRecord]) -> Iterator[str]:
    say, first = functools.partial(told.words, "card"), actions[0]
    urgency = first["urgency"] and told.words("urgency", first["urgency"])
    status = told.words("verdict", first["status"])
    parts = [status, urgency, first["phase"], strengths(actions[:1], told.words)]
    yield f"**{marked(one['label'])}** ({marked(', '.join(part for part in parts if part))})"
    yield ""
    for action in actions:
        yield f"- {marked(heading(action, told.words))}"
    for reason in first["because"]:
        if reason["recommendation"] == one["iri"]:
            because = f"{reason['literal']} ({attesting(reason, told.words)})"
            yield f"- {say('because', why=marked(because))}"
    if first["status"] == "conditional":
        for awaited in first["awaiting"]:
            yield f"- {say('not-known', what=marked(awaited['label']))}"
    if told_by := disputed_by([{**first, "recommendations": [one]}]):
        yield f"- **{say('disputed')}** {marked(told_by)}"
    for said in one["evidence"]:
        if said["relation"] != "related":
            note = f": {said['note']}" if said["note"] else ""
            relation = told.words("relation", said["relation"])
            told_of = f"{said['passage']} {relation}: {reference(said)}{note}"
            yield f"- {say('evidence', said=marked(told_of))}"
    for passage in one["passages"]:
        place = f"{passage['start']}-{passage['end']}"
        yield f"- {marked(passage['id'])} [{place}]: {marked(paraphrased(passage, told.words))}"
    yield ""
    yield say("as-of", date=told.record["asOf"])


# ------------------------------------------------------------------------- what is missing


def _missing(told: Told) -> list[dict[str, Any]]:
    """Return a card for what could not be said, and why; none where nothing was open."""
    say = functools.partial(told.words, "card")
    facts: dict[str, str] = {}
    waiting = {"undetermined", "conditional"}
    opened = [one for one in told.record["actions"] if one["status"] in waiting]
    for action in opened:
        for awaited in action["awaiting"]:
            facts.setdefault(awaited["label"], awaited["term"])
    left = [one for one in told.left if one.reason not in {*HARMLESS, "aside", "late"}]
    unread = [one for one in left if one.reference in told.drafts]
    died = told.patient.died
    if not facts and not unread and not died and not told.notes:
        return []
    groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for label, term in facts.items():
        groups.setdefault(tuple(_brought(told, term)), []).append(label)
    lines = []
    if died:
        lines.append(f"- **{marked(died)}**: {say('nobody')}")
    lines += [f"- {marked(one)}" for one in told.notes]
    if opened:
        lines.append(f"- {told.words.count('card', 'nothing-final', len(opened))}")
    for keys, labels in sorted(groups.items(), key=lambda one: -len(one[1])):
        why = marked("; ".join(f"{key} {say(state)}" for key, state in keys) or say("no-search"))
        named, more = marked(", ".join(labels[:_FEW])), len(labels) - _FEW
        key = "lacks-more" if more > 0 else "lacks"
        lines.append(f"- {say(key, why=why, what=named, n=more)}")
    for one in left[:_FEW]:
        why = marked(told.words("unused", one.reason))
        lines.append(f"- {say('not-used', what=marked(one.reference), why=why)}")
    if len(left) > _FEW:
        lines.append(f"- {say('not-used-more', n=len(left) - _FEW)}")
    lines += ["", say("absent", date=told.record["asOf"])]
    card = {
        "uuid": _uuid(told, "missing"),
        "summary": _summary(told, facts, groups, died, len(unread)),
        "detail": "\n".join(lines),
        "indicator": hook_rows().indicator({"status": "undetermined"}),
        "source": _source(told),
    }
    return [card]


def _summary(
    told: Told,
    facts: Mapping[str, str],
    groups: Mapping[tuple[tuple[str, str], ...], list[str]],
    died: str,
    unread: int,
) -> str:
    say = functools.partial(told.words, "card")
    if died:
        return shortened(say("by-records", died=died))
    if unread:
        return shortened(told.words.count("card", "drafts", unread))
    if not facts:
        return shortened(told.notes[0])
    gone = {key: state for keys in groups for key, state in keys if state in GAPS}
    first = next(iter(facts))
    tail = more = say("and-more", n=len(facts) - 1) if len(facts) > 1 else ""
    if gone:
        tail = more + say("not-prefetched", names=", ".join(k for k in told.states if k in gone))
    if len(tail) > _LONGEST_TAIL:
        tail = more + say("searches", n=len(gone))
    room = LONGEST - len(say("open", what="")) - len(tail)
    return shortened(say("open", what=shortened(first, room)) + tail)


def _brought(told: Told, term: str) -> list[tuple[str, str]]:
    """Return the keys that would bring what is known of a term, and what became of each."""
    if term == f"{IND}PatientCase":
        return [(PATIENT, told.states.get(PATIENT, MISSING))]
    keys = told.prefetch.keys_for(term, told.terms)
    return [(key, told.states.get(key, MISSING)) for key in keys]
