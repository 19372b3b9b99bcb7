"""Say as cards of CDS Hooks what a guideline says of a case, and what it could not say."""

from __future__ import annotations

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
from indicant.intake.report import REASONS
from indicant.serve.prefetch import GAPS, MISSING, PATIENT, words_of
from indicant.serve.rows import OVERRIDES, hook_rows
from indicant.terms import IND

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from indicant.assess.records import ActionRecord, CaseRecord, RecommendationRecord
    from indicant.guideline.vocabulary import Vocabulary
    from indicant.intake.codes import Terms
    from indicant.intake.report import Left, PatientReport
    from indicant.serve.prefetch import Prefetch

LONGEST: Final = 139
"""How many characters a summary has at most: fewer than 140."""
_FEW: Final = 8
_LEADS: Final = {
    "recommended": "Recommended",
    "conditional": "Once what is open has been excluded",
    "contraindicated": "Advised against",
    "conflicting": "Advice for and against",
}
_SAID: Final = frozenset(_LEADS)


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
        "summary": shortened(f"{_LEADS[status]}: {one['label']}"),
        "detail": "\n".join(_detail(told, one, actions)),
        "indicator": hook_rows().indicator(given),
        "source": _source(told.record, one),
        "overrideReasons": [
            {"system": OVERRIDES, "code": code, "display": label}
            for code, label in hook_rows().overrides
        ],
    }
    if proposed:
        card["selectionBehavior"] = "any"
        card["suggestions"] = [
            {
                "label": shortened(f"withdraw the draft {name}", 80),
                "uuid": _uuid(told, f"{one['iri']} {name}"),
                "actions": [
                    {
                        "type": "delete",
                        "description": f"Withdraw {name}, which is not given yet",
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


def _source(record: CaseRecord, one: RecommendationRecord | None = None) -> dict[str, Any]:
    guideline = record["guideline"]
    label = f"{guideline['label'] or 'guideline'} {guideline['version'] or ''}".rstrip()
    if one is not None and one["passages"]:
        names = ", ".join(passage["id"] for passage in one["passages"])
        label += f", passage {names}" if len(one["passages"]) == 1 else f", passages {names}"
    made: dict[str, Any] = {"label": shortened(label, 200)}
    if (guideline["iri"] or "").startswith("https://"):
        made["url"] = guideline["iri"]
    if one is not None:
        space, _, name = one["iri"].rpartition("/")
        made["topic"] = {"system": f"{space}/", "code": name, "display": prose(one["label"])}
    return made


def _detail(told: Told, one: RecommendationRecord, actions: list[ActionRecord]) -> Iterator[str]:
    first = actions[0]
    parts = [first["status"], first["urgency"], first["phase"], strengths(actions[:1])]
    yield f"**{marked(one['label'])}** ({marked(', '.join(part for part in parts if part))})"
    yield ""
    for action in actions:
        yield f"- {marked(heading(action))}"
    for reason in first["because"]:
        if reason["recommendation"] == one["iri"]:
            because = f"{reason['literal']} ({attesting(reason)})"
            yield f"- because: {marked(because)}"
    if first["status"] == "conditional":
        for awaited in first["awaiting"]:
            yield f"- not known: {marked(awaited['label'])}"
    if told_by := disputed_by([{**first, "recommendations": [one]}]):
        yield f"- **disputed by** {marked(told_by)}"
    for said in one["evidence"]:
        if said["relation"] != "related":
            note = f": {said['note']}" if said["note"] else ""
            told_of = f"{said['passage']} {said['relation']}: {reference(said)}{note}"
            yield f"- evidence: {marked(told_of)}"
    for passage in one["passages"]:
        place = f"{passage['start']}-{passage['end']}"
        yield f"- {marked(passage['id'])} [{place}]: {marked(paraphrased(passage))}"
    yield ""
    yield f"As of {told.record['asOf']}."


# ------------------------------------------------------------------------- what is missing


def _missing(told: Told) -> list[dict[str, Any]]:
    """Return a card for what could not be said, and why; none where nothing was open."""
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
        lines.append(f"- **{marked(died)}**: what is advised is for nobody")
    lines += [f"- {marked(one)}" for one in told.notes]
    if opened:
        lines.append(f"- of {len(opened)} interventions nothing final can be said")
    for keys, labels in sorted(groups.items(), key=lambda one: -len(one[1])):
        why = "; ".join(f"{key} {words_of(state)}" for key, state in keys)
        named = ", ".join(labels[:_FEW])
        more = f" and {len(labels) - _FEW} more" if len(labels) > _FEW else ""
        shown = marked(why or "no search asks for it")
        lines.append(f"- not known ({shown}): {marked(named)}{more}")
    for one in left[:_FEW]:
        why = REASONS.get(one.reason, one.reason)
        lines.append(f"- not used: {marked(one.reference)}, {marked(why)}")
    if len(left) > _FEW:
        lines.append(f"- not used: {len(left) - _FEW} more")
    lines += ["", f"Nothing of this is taken for absent. As of {told.record['asOf']}."]
    card = {
        "uuid": _uuid(told, "missing"),
        "summary": _summary(told, facts, groups, died, len(unread)),
        "detail": "\n".join(lines),
        "indicator": hook_rows().indicator({"status": "undetermined"}),
        "source": _source(told.record),
    }
    return [card]


def _summary(
    told: Told,
    facts: Mapping[str, str],
    groups: Mapping[tuple[tuple[str, str], ...], list[str]],
    died: str,
    unread: int,
) -> str:
    if died:
        return shortened(f"By the records {died}: what is advised is for nobody")
    if unread:
        orders = "order is" if unread == 1 else "orders are"
        return shortened(f"{unread} draft {orders} not understood: what it is cannot be excluded")
    if not facts:
        return shortened(told.notes[0])
    gone = {key: state for keys in groups for key, state in keys if state in GAPS}
    first = next(iter(facts))
    more = f" and {len(facts) - 1} more" if len(facts) > 1 else ""
    if not gone:
        return f"Cannot be excluded: {shortened(first, 118 - len(more))}{more}"
    names = ", ".join(key for key in told.states if key in gone)
    tail = f"{more}: {names} not prefetched"
    if len(tail) > 80:
        tail = f"{more}: {len(gone)} searches not prefetched"
    return shortened(f"Cannot be excluded: {shortened(first, 118 - len(tail))}{tail}")


def _brought(told: Told, term: str) -> list[tuple[str, str]]:
    """Return the keys that would bring what is known of a term, and what became of each."""
    if term == f"{IND}PatientCase":
        return [(PATIENT, told.states.get(PATIENT, MISSING))]
    keys = told.prefetch.keys_for(term, told.terms)
    return [(key, told.states.get(key, MISSING)) for key in keys]
