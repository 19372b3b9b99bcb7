"""Order what a guideline says about one patient: now, step by step, avoid, and what changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from indicant.assess.prose import folded, stated
from indicant.assess.reasons import answering, graded

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

SOON: Final = frozenset({"immediate", "urgent"})
VERDICTS: Final = {
    "recommended": ("✓", "recommended"),
    "conditional": ("◐", "recommended, once what is open is excluded"),
    "conflicting": ("⚠", "for and against at once"),
    "contraindicated": ("✕", "advised against"),
    "undetermined": ("?", "open"),
    "not-applicable": ("-", "no advice on it"),
}
"""The sign and the words for each status."""
_RELATIONS: Final = (
    ("agrees", "agree", "agrees"),
    ("disputes", "dispute", "disputes"),
    ("qualifies", "qualify", "qualifies"),
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


def advice(record: CaseRecord, catalogue: Catalogue) -> Advice:
    """Return what is shown of an assessment that lists what does not apply as well."""
    made = Advice(all=len(record["actions"]), common=common_facts(record))
    guideline = record["guideline"]
    made.scope = guideline["scope"] or ""
    by_action = {one["action"]: one for one in record["actions"]}
    for proposal in record["proposals"]:
        one = by_action.get(proposal["action"])
        if one is not None:
            made.proposed.append(_line(one, made.common))
        else:
            words = "nothing is said about this itself"
            made.proposed.append(Line("", proposal["label"], "not-applicable", "-", words))
    steps: dict[tuple[int, str], list[Line]] = {}
    for one in folded(record["actions"]):
        line = _line(one, made.common)
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


def _line(one: ActionRecord, common: Collection[str]) -> Line:
    deciding = answering(one["status"], one["recommendations"])
    sign, verdict = VERDICTS[one["status"]]
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
        title=_title(one),
        status=one["status"],
        sign="✔" if done and finished else sign,
        verdict=f"{verdict}, done" if done and finished else verdict,
        how=", ".join(filter(None, (one["urgency"], _strengths(deciding)))),
        phase=one["phase"] or "",
        why=tuple(dict.fromkeys(_reasons(one, deciding, common))),
        open=tuple(_open(one)) if one["status"] in {"undetermined", "conditional"} else (),
        done=done if finished else (),
        evidence=_evidence(deciding),
        disputed=one["disputed"],
    )


def _title(one: ActionRecord) -> str:
    title = one["label"]
    if one["including"]:
        title += f" (with {', '.join(term['label'] for term in one['including'])})"
    if one["excepting"]:
        title += f", but not {', '.join(term['label'] for term in one['excepting'])}"
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


def _open(one: ActionRecord) -> Iterator[str]:
    """Yield what would settle an action: the least sets of facts, those in its favour first."""
    sides = {each["iri"]: each["direction"] for each in one["recommendations"]}
    words = {
        ("for", "met"): "recommended if",
        ("for", "refuted"): "does not apply if",
        ("against", "met"): "advised against if",
        ("against", "refuted"): "not advised against if",
    }
    sets: dict[tuple[str, str], list[str]] = {}
    for each in one["settledBy"]:
        facts = " and ".join(stated(fact) for fact in each["facts"])
        sets.setdefault((sides[each["recommendation"]], each["answer"]), []).append(facts)
    for side, lead in words.items():
        found = list(dict.fromkeys(sets.get(side, ())))
        if found:
            more = f"; or {len(found) - _SETS} more" if len(found) > _SETS else ""
            yield f"{lead} {'; or '.join(found[:_SETS])}{more}"


def _strengths(deciding: Iterable[RecommendationRecord]) -> str:
    told: dict[str, None] = {}
    for each in deciding:
        words = f"“{each['strength']}”" if each["strength"] else ""
        grade = graded(each["gradeStrength"], each["certainty"])
        told[" ".join(filter(None, (words, grade)))] = None
    return ", ".join(one for one in told if one)


def _evidence(deciding: Iterable[RecommendationRecord]) -> str:
    """Count the publications that agree, dispute and qualify."""
    seen = {(said["publication"], said["relation"]) for one in deciding for said in one["evidence"]}
    counts: Counter[str] = Counter(relation for _, relation in seen)
    return ", ".join(
        f"{counts[name]} {one if counts[name] == 1 else many}"
        for name, many, one in _RELATIONS
        if counts[name]
    )


def changes(differences: Iterable[DifferenceRecord], after: CaseRecord) -> list[Change]:
    """Return what changed, each with the facts that decide it now; what is pressing comes first.

    Args:
        differences: the interventions of which something else is said.
        after: what is said now.
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
        sign, words = VERDICTS[one["after"]]
        found.append(
            Change(
                title=one["label"],
                before=VERDICTS[one["before"]][1],
                after=words,
                status=one["after"],
                sign=sign,
                how=urgency or "" if pressing else "",
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
