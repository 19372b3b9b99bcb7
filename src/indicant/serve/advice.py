"""Order what a guideline says about one patient: now, step by step, avoid, and what changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from indicant.assess.prose import folded, stated
from indicant.assess.reasons import answering

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from indicant.assess.catalogue import Catalogue
    from indicant.assess.records import (
        ActionRecord,
        CaseRecord,
        RecommendationRecord,
        TensionRecord,
    )
    from indicant.explain.whatif import DifferenceRecord
    from indicant.guideline.wording import Words

SOON: Final = frozenset({"immediate", "urgent"})
SIGNS: Final = {
    "recommended": "✓",
    "conditional": "◐",
    "conflicting": "⚠",
    "contraindicated": "✕",
    "undetermined": "?",
    "not-applicable": "-",
}
"""The sign of each status."""
_RELATIONS: Final = ("agrees", "disputes", "qualifies")
_SIDES: Final = (
    ("for", "met"),
    ("for", "refuted"),
    ("against", "met"),
    ("against", "refuted"),
)
_SETS: Final = 2
_SEVERAL: Final = 3


@dataclass(frozen=True)
class Line:
    """What is shown of an intervention."""

    action: str
    title: str
    status: str
    sign: str
    verdict: str
    how: str = ""
    phase: str = ""
    why: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    evidence: str = ""
    disputed: bool = False


@dataclass(frozen=True)
class Change:
    """What is said otherwise now, and why: of an intervention, or of ``count`` that are alike."""

    title: str
    before: str
    after: str
    status: str
    sign: str
    how: str
    why: tuple[str, ...]
    count: int = 1


@dataclass
class Advice:
    """What is shown of an assessment, in the order in which it is shown."""

    proposed: list[Line] = field(default_factory=list)
    now: list[Line] = field(default_factory=list)
    urgent: bool = False
    steps: list[tuple[str, list[Line]]] = field(default_factory=list)
    later: list[Line] = field(default_factory=list)
    conflicting: list[Line] = field(default_factory=list)
    avoid: list[Line] = field(default_factory=list)
    open: list[Line] = field(default_factory=list)
    outside: list[Line] = field(default_factory=list)
    tensions: list[TensionRecord] = field(default_factory=list)
    common: tuple[str, ...] = ()
    scope: str = ""
    left: int = 0
    all: int = 0
    waiting: list[str] = field(default_factory=list)


def advice(record: CaseRecord, catalogue: Catalogue, words: Words) -> Advice:
    """Return what is shown of an assessment that lists what does not apply as well."""
    made = Advice(all=len(record["actions"]), common=common_facts(record))
    guideline = record["guideline"]
    made.scope = guideline["scope"] or ""
    by_action = {one["action"]: one for one in record["actions"]}
    for proposal in record["proposals"]:
        one = by_action.get(proposal["action"])
        if one is not None:
            made.proposed.append(_line(one, made.common, words))
        else:
            said = words("advice", "nothing-said")
            made.proposed.append(Line("", proposal["label"], "not-applicable", "-", said))
    steps: dict[tuple[int, str], list[Line]] = {}
    for one in folded(record["actions"]):
        line = _line(one, made.common, words)
        if one["status"] in {"recommended", "conditional"}:
            if one["urgency"] in SOON and not line.done:
                made.now.append(line)
                made.urgent |= one["urgency"] == "urgent"
            else:
                steps.setdefault(_phase(one, catalogue), []).append(line)
        elif one["status"] == "conflicting":
            made.conflicting.append(line)
        elif one["status"] == "contraindicated":
            made.avoid.append(line)
        elif one["status"] == "undetermined" and one["contingent"]:
            made.later.append(line)
        elif one["status"] == "undetermined":
            made.open.append(line)
        else:
            made.outside.append(line)
    made.steps = [(title, lines) for (_, title), lines in sorted(steps.items(), key=lambda x: x[0])]
    left = [one for one in record["actions"] if one["status"] in {"undetermined", "conditional"}]
    made.left, made.waiting = len(left), _all_wait_for(left)
    tensions = {
        tension["iri"]: tension
        for one in record["actions"]
        if one["status"] not in {"not-applicable", "undetermined"}
        for tension in one["tensions"]
    }
    made.tensions = [tensions[iri] for iri in sorted(tensions)]
    return made


def _all_wait_for(left: Sequence[ActionRecord]) -> list[str]:
    """Return the facts without which nothing of all that is open can be decided, if several are."""
    each = [dict.fromkeys(fact["label"] for fact in one["awaiting"]) for one in left]
    if len(each) < _SEVERAL:
        return []
    return [one for one in each[0] if all(one in others for others in each)]


def _phase(one: ActionRecord, catalogue: Catalogue) -> tuple[int, str]:
    """Return in which phase an action stands: its place, and what it is called."""
    places = [
        (known.phase_order, known.phase or "")
        for each in one["recommendations"]
        if (known := catalogue.recommendations.get(each["iri"])) and known.direction == "for"
    ]
    return min(places, default=(99, ""))


def _line(one: ActionRecord, common: Collection[str], words: Words) -> Line:
    deciding = answering(one["status"], one["recommendations"])
    sign, verdict = SIGNS[one["status"]], words("advice", one["status"])
    done = tuple(
        dict.fromkeys(
            each["label"]
            for each in deciding
            if each["answer"] == "met" and each["fulfilment"] == "fulfilled"
        )
    )
    finished = bool(deciding) and all(each["fulfilment"] == "fulfilled" for each in deciding)
    return Line(
        action=one["action"],
        title=_title(one, words),
        status=one["status"],
        sign="✔" if done and finished else sign,
        verdict=words("advice", "done", verdict=verdict) if done and finished else verdict,
        how=", ".join(filter(None, (_urgency(one["urgency"], words), _strengths(deciding, words)))),
        phase=one["phase"] or "",
        why=tuple(dict.fromkeys(_reasons(one, deciding, common))),
        open=tuple(_open(one, words)) if one["status"] in {"undetermined", "conditional"} else (),
        done=done if finished else (),
        evidence=_evidence(deciding, words),
        disputed=one["disputed"],
    )


def _urgency(urgency: str | None, words: Words) -> str:
    return words("urgency", urgency) if urgency else ""


def _title(one: ActionRecord, words: Words) -> str:
    title = one["label"]
    for key in ("including", "excepting"):
        if terms := one[key]:
            others = ", ".join(term["label"] for term in terms)
            title = words("line", key, label=title, others=others)
    return title


def common_facts(record: CaseRecord) -> tuple[str, ...]:
    """Return the facts on which everything rests that is advised, where that is several things.

    They are said once, and not beside each of them.
    """
    sets: dict[str, set[str]] = {}
    for one in record["actions"]:
        if one["status"] in {"recommended", "conditional", "conflicting", "contraindicated"}:
            for each in answering(one["status"], one["recommendations"]):
                found = {
                    why["literal"] for why in one["because"] if why["recommendation"] == each["iri"]
                }
                if found:
                    sets[each["iri"]] = found
    if len(sets) < _SEVERAL:
        return ()
    return tuple(sorted(set.intersection(*sets.values())))


def _reasons(
    one: ActionRecord, deciding: Iterable[RecommendationRecord], common: Collection[str]
) -> Iterator[str]:
    for each in deciding:
        told = _told(
            [why["literal"] for why in one["because"] if why["recommendation"] == each["iri"]],
            common,
        )
        if told:
            yield told


def _told(facts: Iterable[str], common: Collection[str]) -> str:
    """Return facts in words, but for those that are said once for all."""
    return "; ".join(dict.fromkeys(fact for fact in facts if fact not in common))


def _open(one: ActionRecord, words: Words) -> Iterator[str]:
    """Yield what would settle an action: the least sets of facts, those in its favour first."""
    sides = {each["iri"]: each["direction"] for each in one["recommendations"]}
    sets: dict[tuple[str, str], list[str]] = {}
    for each in one["settledBy"]:
        facts = words("settling", "and").join(stated(fact) for fact in each["facts"])
        sets.setdefault((sides[each["recommendation"]], each["answer"]), []).append(facts)
    for side in _SIDES:
        found = list(dict.fromkeys(sets.get(side, ())))
        if found:
            more = len(found) - _SETS
            ways = [*found[:_SETS], *([words("settling", "more", n=more)] if more > 0 else [])]
            yield words("advice", f"{side[0]}-{side[1]}", facts=words("settling", "or").join(ways))


def _strengths(deciding: Iterable[RecommendationRecord], words: Words) -> str:
    told: dict[str, None] = {}
    for each in deciding:
        own = words("advice", "quoted", what=each["strength"]) if each["strength"] else ""
        grade = words.graded(each["gradeStrength"], each["certainty"])
        told[" ".join(filter(None, (own, grade)))] = None
    return ", ".join(one for one in told if one)


def _evidence(deciding: Iterable[RecommendationRecord], words: Words) -> str:
    """Count the publications that agree, dispute and qualify."""
    seen = {(said["publication"], said["relation"]) for one in deciding for said in one["evidence"]}
    counts: Counter[str] = Counter(relation for _, relation in seen)
    return ", ".join(words.count("line", name, counts[name]) for name in _RELATIONS if counts[name])


def changes(
    differences: Iterable[DifferenceRecord], after: CaseRecord, words: Words
) -> list[Change]:
    """Return what changed, each with the facts that decide it now; what is pressing comes first.

    Args:
        differences: the interventions of which something else is said.
        after: what is said now.
        words: the words of the program.
    """
    urgencies = {one["action"]: one["urgency"] for one in after["actions"]}
    common = common_facts(after)
    found = []
    for one in differences:
        why = [
            _told((reason["literal"] for reason in turn["because"]), common)
            for turn in one["turns"]
        ]
        urgency = urgencies.get(one["action"])
        pressing = urgency in SOON and one["after"] in {"recommended", "conditional"}
        found.append(
            Change(
                title=one["label"],
                before=words("advice", one["before"]),
                after=words("advice", one["after"]),
                status=one["after"],
                sign=SIGNS[one["after"]],
                how=_urgency(urgency, words) if pressing else "",
                why=tuple(dict.fromkeys(filter(None, why))),
            )
        )
    return _alike(sorted(found, key=lambda one: not one.how))


def _alike(found: Iterable[Change]) -> list[Change]:
    """Return changes with those in one that differ in their interventions alone."""
    groups: dict[Change, list[str]] = {}
    for one in found:
        groups.setdefault(replace(one, title=""), []).append(one.title)
    return [
        replace(one, title="; ".join(titles), count=len(titles)) for one, titles in groups.items()
    ]
