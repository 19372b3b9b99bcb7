"""What has to be shown of the record of a case, in words and signs written down by hand.

It is compared with what ``reading_back`` reads from a page, from Markdown and from text. None of
the words comes from the code that shows them.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from reading_back import Action, Shown, Warrant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from indicant.assess.records import (
        ActionRecord,
        CaseRecord,
        EvidenceRecord,
        ReasonRecord,
        RecommendationRecord,
    )
    from reading_back import Evidence, Group

SIGNS: Final = {
    "recommended": "✓",
    "conditional": "◐",
    "conflicting": "⚠",
    "contraindicated": "✕",
    "undetermined": "?",
    "not-applicable": "=",
}
STATUS: Final = {
    ("met", None): "recommended",
    ("met", "refuted"): "recommended",
    ("met", "open"): "conditional",
    ("met", "met"): "conflicting",
    ("open", None): "undetermined",
    ("open", "refuted"): "undetermined",
    ("open", "open"): "undetermined",
    ("open", "met"): "contraindicated",
    ("refuted", None): "not-applicable",
    ("refuted", "refuted"): "not-applicable",
    ("refuted", "open"): "undetermined",
    ("refuted", "met"): "contraindicated",
    (None, "refuted"): "not-applicable",
    (None, "open"): "undetermined",
    (None, "met"): "contraindicated",
}
"""By what is for an action and what is against it: the strongest answer of either side."""
DECIDING: Final = {
    "recommended": {("for", "met")},
    "conditional": {("for", "met")},
    "conflicting": {("for", "met"), ("against", "met")},
    "contraindicated": {("against", "met")},
    "not-applicable": set[tuple[str, str]](),
}
RELATIONS: Final = (
    ("agrees", "agreeing", "Agrees"),
    ("disputes", "disputing", "Disputes"),
    ("qualifies", "qualifying", "Qualifies"),
    (
        "related",
        "related reading, not read far enough to count",
        "Related reading, not read far enough to count",
    ),
)
ONCE_KNOWN: Final = {
    ("for", "met"): "indicated once known: ",
    ("for", "refuted"): "not indicated once known: ",
    ("against", "met"): "contraindicated once known: ",
    ("against", "refuted"): "a contraindication falls once known: ",
}
SCOPES: Final = {
    "met": "within the scope of ",
    "open": "open whether within the scope of ",
    "refuted": "outside the scope of ",
}
HELD_BACK: Final = "nothing indicates these, and a contraindication is open:"
ODDS: Final = "the case is outside the scope of "


def group_of(one: ActionRecord) -> str:
    """Return under which title an action stands."""
    status = one["status"]
    if status in {"recommended", "conditional"}:
        if {each["fulfilment"] for each in deciding(one)} == {"fulfilled"}:
            return "Done"
        return "Now" if one["urgency"] in {"immediate", "urgent"} else "Next"
    if status == "undetermined":
        return "If that fails" if one["contingent"] else "Open"
    return {
        "conflicting": "In conflict",
        "contraindicated": "Avoid",
        "not-applicable": "Does not apply",
    }[status]


GROUPS: Final = (
    "Now",
    "Next",
    "Done",
    "If that fails",
    "In conflict",
    "Avoid",
    "Open",
    "Does not apply",
)


def once(found: Iterable[str | None]) -> list[str]:
    """Return what is said, each once."""
    return list(dict.fromkeys(one for one in found if one))


@functools.cache
def flat(text: str) -> str:
    """Return text on one line."""
    return " ".join(text.split())


def name(iri: str) -> str:
    """Return the last part of an IRI."""
    return iri.rpartition("#")[2] if "#" in iri else iri.rpartition("/")[2]


def status_of(one: ActionRecord) -> str:
    """Return the status that follows from the answers."""

    def best(side: str) -> str | None:
        found = {each["answer"] for each in one["recommendations"] if each["direction"] == side}
        return next((answer for answer in ("met", "open", "refuted") if answer in found), None)

    return STATUS[best("for"), best("against")]


def deciding(one: ActionRecord) -> list[RecommendationRecord]:
    """Return the recommendations that made an action what it is."""
    status = one["status"]
    if status == "undetermined":
        open_ones = [each for each in one["recommendations"] if each["answer"] == "open"]
        favours = [each for each in open_ones if each["direction"] == "for"]
        return favours or open_ones
    wanted = DECIDING[status]
    return [
        each for each in one["recommendations"] if (each["direction"], each["answer"]) in wanted
    ]


def reference(said: EvidenceRecord) -> str:
    """Return how a publication is named where it disputes something."""
    who = f"{said['authors'] or said['title']} {said['year'] or ''}".strip()
    for lead, where in (("doi:", said["doi"]), ("PMID ", said["pmid"]), ("", said["pmcid"])):
        if where:
            return f"{who}, {lead}{where}"
    venue = said["venue"]
    return f"{who}, {venue}" if venue and venue != (said["authors"] or said["title"]) else who


def disputed(actions: Iterable[ActionRecord]) -> str:
    """Return who disputes what the actions rest on, with the passages."""
    said = [
        each
        for action in actions
        for one in deciding(action)
        for each in one["evidence"]
        if each["relation"] == "disputes"
    ]
    found = {}
    for one in said:
        at = {each["passage"] for each in said if each["publication"] == one["publication"]}
        found[one["publication"]] = f"{reference(one)} ({', '.join(sorted(at))})"
    return flat("; ".join(found.values()))


def title(one: ActionRecord) -> str:
    """Return what an action is called, with what is to be known at a glance."""
    found = one["label"]
    if one["status"] == "conditional":
        found += " (once what is open has been excluded)"
    if one["including"]:
        found += " (with " + ", ".join(each["label"] for each in one["including"]) + ")"
    if one["excepting"]:
        found += ", but not " + ", ".join(each["label"] for each in one["excepting"])
    return flat(found)


def attesting(reason: ReasonRecord) -> list[str]:
    """Return the nodes that establish a fact, each with what it gives in a unit of its own."""
    found = []
    for node in reason["nodes"]:
        values = [
            f"{one['recorded']}, read as {one['read']}"
            for one in reason.get("recorded", [])
            if one["node"] == node
        ]
        found.append(name(node) + (": " + "; ".join(values) if values else ""))
    return found


def because(one: ActionRecord) -> list[str]:
    """Return why, a line for each recommendation that decided."""
    found = []
    for each in deciding(one):
        facts = [
            f"{reason['literal']} ({', '.join(attesting(reason))})"
            for reason in one["because"]
            if reason["recommendation"] == each["iri"]
        ]
        if facts:
            found.append(flat("; ".join(facts)))
    return found


def in_words(term: str, label: str, polarity: str) -> str:
    """Return a fact in words: there is no rash, and the patient is not of an age."""
    if polarity == "present":
        return label
    return f"not {label}" if term.endswith("/core/PatientCase") else f"no {label}"


def opened(one: ActionRecord) -> list[str]:
    """Return what would settle an action: four ways to each answer, and how many there are more."""
    side = {each["iri"]: each["direction"] for each in one["recommendations"]}
    favouring = [each for each in one["settledBy"] if side[each["recommendation"]] == "for"]
    found = []
    for (direction, answer), lead in ONCE_KNOWN.items():
        if favouring and direction == "against":
            continue
        ways = once(
            " and ".join(
                in_words(fact["term"], fact["label"], fact["polarity"]) for fact in each["facts"]
            )
            for each in one["settledBy"]
            if side[each["recommendation"]] == direction and each["answer"] == answer
        )
        more = [f"{len(ways) - 4} more"] if len(ways) > 4 else []
        if ways:
            found.append(flat(lead + "; or ".join(ways[:4] + more)))
    if favouring and len(favouring) < len(one["settledBy"]):
        found.append("a contraindication is open as well")
    return found


def asked(one: ActionRecord) -> list[str]:
    """Return what to ask, and by which investigation it is shown."""
    side = {each["iri"]: each["direction"] for each in one["recommendations"]}
    favouring = [each for each in one["settledBy"] if side[each["recommendation"]] == "for"]
    facts = [fact for each in favouring or one["settledBy"] for fact in each["facts"]]
    every = [each for fact in facts for each in (fact, *fact.get("restsOn", ()))]
    wanted = {(each["term"], each["label"]) for each in every}
    found = []
    for fact in one["awaiting"]:
        if (fact["term"], fact["label"]) in wanted:
            by = ", ".join(each["label"] for each in fact["investigations"])
            question = fact["question"] or f"Is there {fact['label']}?"
            found.append(flat(f"{question} ({by})" if by else question))
    return once(found)


def by_grade(strength: str | None, certainty: str | None) -> str:
    """Return how strong advice is by GRADE, and how certain what it rests on."""
    found = [f"{strength} recommendation"] if strength else []
    return ", ".join(found + ([f"{certainty} certainty"] if certainty else []))


def strongly(words: str | None, strength: str | None, certainty: str | None) -> str:
    """Return how strongly the source puts advice, in its own words and by GRADE."""
    grade = by_grade(strength, certainty)
    if not words:
        return f"GRADE: {grade}" if grade else ""
    return f'"{words}"' + (f" (GRADE: {grade})" if grade else "")


def read(basis: str | None, certainty: str | None) -> str:
    """Return how much was read of a publication, and how certain it is of what it says."""
    return "; ".join(once([basis, by_grade(None, certainty)]))


def how(actions: Sequence[ActionRecord]) -> str:
    """Return how soon, in which phase and how strongly."""
    strengths = (
        strongly(each["strength"], each["gradeStrength"], each["certainty"])
        for one in actions
        for each in deciding(one)
    )
    found = [
        *once(one["urgency"] for one in actions),
        *once(one["phase"] for one in actions),
        *once(strengths),
    ]
    return flat(", ".join(found))


def followed(actions: Sequence[ActionRecord]) -> list[str]:
    """Return what has become of what applies, where it says what fulfils it."""
    words = {"not-fulfilled": "not fulfilled", "not-recorded": "not recorded"}
    return once(
        flat(f"{each['label']}: {words.get(each['fulfilment'], each['fulfilment'])}")
        for one in actions
        for each in deciding(one)
        if each["answer"] == "met" and each["fulfilment"]
    )


def source(actions: Sequence[ActionRecord]) -> str:
    """Return the passages and the marks that what decided rests on."""
    found = [each for one in actions for each in deciding(one)]
    passages = {
        each["id"]: f"{each['id']} [{each['start']}-{each['end']}]"
        for one in found
        for each in one["passages"]
    }
    marks = sorted({mark for one in found for mark in one["citations"]})
    told = ", ".join(passages[each] for each in sorted(passages))
    return flat(told + (f"; cites {', '.join(marks)}" if marks else ""))


def speakers(record: CaseRecord) -> dict[str, str]:
    """Return what each guideline is called, where there are several."""
    several = record.get("guidelines", [])
    return {one["iri"] or "": one["label"] or one["iri"] or "" for one in several}


def _evidence(one: RecommendationRecord, *, on_a_page: bool) -> list[Evidence]:
    found = []
    for relation, plain, capital in RELATIONS:
        for said in one["evidence"]:
            if said["relation"] != relation:
                continue
            rest = f": {said['note']}" if said["note"] else ""
            seen = read(said["basis"], said["certainty"])
            rest += f" ({seen})" if seen else ""
            who = f"{said['authors'] or said['title']} {said['year'] or ''}"
            if on_a_page:
                found.append((capital, flat(f"{flat(who)}, on {said['passage']}{rest}")))
            else:
                found.append((plain, flat(f"{said['passage']}, {reference(said)}{rest}")))
    return found


def _warrants(one: ActionRecord, called: dict[str, str], *, on_a_page: bool) -> list[Warrant]:
    found = []
    for each in deciding(one):
        cites = ", ".join(each["citations"])
        says = flat(called.get(each.get("guideline", ""), ""))
        told = Warrant(each["direction"], flat(each["label"]))
        if on_a_page:
            told = replace(told, answer=each["answer"], cites=cites, says=says)
        else:
            told.label += f" (cites {cites})" if cites else ""
            told.label += f", {says}" if says else ""
        for passage in each["passages"]:
            start, end = passage["start"], passage["end"]
            place = f"[{start}–{end}]" if on_a_page else f"{start}-{end}"  # noqa: RUF001 - a range
            section = flat(passage["section"] or "") if on_a_page else ""
            told.passages.append((passage["id"], place, section, flat(passage["paraphrase"])))
        told.evidence = _evidence(each, on_a_page=on_a_page)
        found.append(told)
    return found


def action(one: ActionRecord, called: dict[str, str], *, on_a_page: bool) -> Action:
    """Return what stands under the heading of an action."""
    return Action(
        title(one),
        SIGNS[one["status"]] if on_a_page else "",
        one["status"],
        how([one]),
        "",
        because(one),
        opened(one),
        asked(one),
        followed([one]),
        ", ".join(map(name, one["received"])),
        "",
        disputed([one]),
        on_a_page and group_of(one) == "Now",
        _warrants(one, called, on_a_page=on_a_page),
    )


def groups(record: CaseRecord) -> dict[str, list[ActionRecord]]:
    """Return the actions by title, without those that stand in the heading of one above them."""
    found: dict[str, list[ActionRecord]] = {each: [] for each in GROUPS}
    for one in record["actions"]:
        found[group_of(one)].append(one)
    for head, members in found.items():
        inner = {each["term"] for one in members for each in one["including"]}
        found[head] = [one for one in members if one["action"] not in inner]
    return {head: members for head, members in found.items() if members}


def indicated(one: ActionRecord) -> bool:
    """Tell whether something could indicate an action."""
    return any(
        each["direction"] == "for" and each["answer"] == "open" for each in one["recommendations"]
    )


def applying(record: CaseRecord) -> CaseRecord:
    """Return the record without what does not apply."""
    found = record.copy()
    found["actions"] = [one for one in record["actions"] if one["status"] != "not-applicable"]
    return found


def _tensions(record: CaseRecord) -> list[tuple[str, str, str]]:
    found = {
        each["iri"]: (
            flat(each["label"]),
            ", ".join(sorted(set(each["passages"]))),
            flat(each["resolution"] or ""),
        )
        for one in record["actions"]
        for each in one["tensions"]
    }
    return [found[iri] for iri in sorted(found)]


def _heading(record: CaseRecord) -> str:
    speaking = record.get("guidelines", [record["guideline"]])
    return flat(
        "; ".join(
            f"{one['label'] or one['iri'] or 'guideline'} {one['version'] or ''}".strip()
            for one in speaking
        )
    )


def _scopes(record: CaseRecord) -> list[tuple[str, str]]:
    """Return the answer of each scope that there is, with whose it is."""
    several = record.get("guidelines")
    speaking = several or [record["guideline"]]
    return [
        (one["scope"], flat(one["label"] or one["iri"] or "") if several else "the guideline")
        for one in speaking
        if one["scope"] is not None
    ]


def on_a_page(record: CaseRecord) -> Shown:
    """Return what a page shows of a case, without its pathway."""
    called = speakers(record)
    shown: list[Group] = []
    for head, members in groups(record).items():
        full = [one for one in members if head != "Open" or indicated(one)]
        rest = [one["label"] for one in members if one not in full]
        told = f"N{HELD_BACK[1:]} {', '.join(rest)}." if rest else ""
        shown.append((head, [action(one, called, on_a_page=True) for one in full], flat(told)))
    return Shown(
        "",
        record["case"],
        record["asOf"],
        [SCOPES[answer] + whose for answer, whose in _scopes(record)],
        [flat(one) for one in record["warnings"]],
        [
            (flat(one["label"]), SIGNS[one["verdict"]], one["verdict"])
            for one in record["proposals"]
        ],
        shown,
        _tensions(record),
    )


def in_markdown(record: CaseRecord) -> Shown:
    """Return what Markdown shows of a case."""
    called = speakers(record)
    return replace(
        _plainly(record),
        groups=[
            (head, [action(one, called, on_a_page=False) for one in members], "")
            for head, members in groups(record).items()
        ],
    )


def in_text(record: CaseRecord) -> Shown:
    """Return what text shows of a case: actions of which the same is said stand together."""
    called = speakers(record)
    shown: list[Group] = []
    for head, members in groups(record).items():
        full = [one for one in members if head != "Open" or indicated(one)]
        rest = [one["label"] for one in members if one not in full]
        alike: dict[object, list[ActionRecord]] = {}
        for one in full:
            told = _told_in_text([one], called)
            undetermined = one["status"] == "undetermined"
            key = (told.open, told.ask) if undetermined else replace(told, title="")
            alike.setdefault(repr(key), []).append(one)
        together = [_told_in_text(ones, called) for ones in alike.values()]
        named = f"{HELD_BACK} {', '.join(rest)}" if rest else ""
        shown.append((head.upper(), together, flat(named)))
    return replace(_plainly(record), groups=shown)


def _told_in_text(ones: Sequence[ActionRecord], called: dict[str, str]) -> Action:
    says = once(called.get(each.get("guideline", "")) for one in ones for each in deciding(one))
    return Action(
        flat("; ".join(map(title, ones))),
        how=how(ones),
        says=flat(", ".join(says)),
        because=because(ones[0]),
        open=opened(ones[0]),
        ask=asked(ones[0]),
        followed=followed(ones),
        received=", ".join(once(name(node) for one in ones for node in one["received"])),
        source=source(ones),
        disputed=disputed(ones),
    )


def _plainly(record: CaseRecord) -> Shown:
    """Return what text and Markdown show alike."""
    scopes = {
        "met": "within the scope of {}",
        "open": "whether the case is within the scope of {} is open",
    }
    return Shown(
        _heading(record),
        record["case"],
        record["asOf"],
        [scopes[answer].format(whose) for answer, whose in _scopes(record) if answer in scopes],
        [flat(one) for one in record["warnings"]],
        [(flat(one["label"]), "", one["verdict"]) for one in record["proposals"]],
        [],
        _tensions(record),
    )
