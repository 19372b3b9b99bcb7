"""What has to be shown of the record of a case, in words and signs written down by hand.

It is compared with what ``reading_back`` reads from a page, from Markdown and from text. None of
the words comes from the code that shows them.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from reading_back import Shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from indicant.assess.records import (
        ActionRecord,
        CaseRecord,
        EvidenceRecord,
        ReasonRecord,
        RecommendationRecord,
    )
    from indicant.screen.records import (
        LineRecord,
        PublicationRecord,
        ScreenRecord,
        SettlesRecord,
        WarrantRecord,
    )

SIGNS: Final = {
    "recommended": "✓",
    "conditional": "◐",
    "conflicting": "⚠",
    "contraindicated": "✕",
    "undetermined": "?",
    "not-applicable": "=",
}
SAID: Final = {
    "not-applicable": "no advice for or against, which is no go-ahead",
    "undetermined": "not advised yet",
}
"""What a status is called on a screen, where it has other words."""
PRESSING: Final = "open, not ruled out"
STANDS: Final = {
    "besides": "recommended as well",
    "later": "recommended by its own conditions",
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
    ("for", "met"): "indicated if: ",
    ("for", "refuted"): "not indicated if: ",
    ("against", "met"): "contraindicated if: ",
    ("against", "refuted"): "a contraindication falls if: ",
}
SCOPES: Final = {
    "met": "within the scope of ",
    "open": "open whether within the scope of ",
    "refuted": "outside the scope of ",
}
HELD_BACK: Final = "perhaps to avoid, since a contraindication is open:"
ODDS: Final = "the case is outside the scope of "


def group_of(one: ActionRecord) -> str:
    """Return under which title an action stands."""
    status = one["status"]
    if status in {"recommended", "conditional"}:
        if {each["fulfilment"] for each in deciding(one)} == {"fulfilled"}:
            return "Done"
        return "Now" if one["urgency"] in {"immediate", "urgent"} else "Next"
    if status == "undetermined":
        return "Later" if one["contingent"] else "Open"
    return {
        "conflicting": "In conflict",
        "contraindicated": "Avoid",
        "not-applicable": "Does not apply",
    }[status]


GROUPS: Final = (
    "Now",
    "Next",
    "Done",
    "Later",
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
        found += " (including " + ", ".join(each["label"] for each in one["including"]) + ")"
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


def because(one: ActionRecord) -> list[list[str]]:
    """Return why, for each recommendation that decided: its facts, each with its nodes."""
    found = []
    for each in deciding(one):
        facts = [
            flat(f"{reason['literal']} ({', '.join(attesting(reason))})")
            for reason in one["because"]
            if reason["recommendation"] == each["iri"]
        ]
        if facts:
            found.append(sorted(facts))
    return found


def in_words(term: str, label: str, polarity: str, said: str = "") -> str:
    """Return a fact in words: there is no rash, and the patient is not of an age."""
    if polarity == "present" or said:
        return said or label
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
                in_words(fact["term"], fact["label"], fact["polarity"], fact.get("said", ""))
                for fact in each["facts"]
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


def speakers(record: CaseRecord) -> dict[str, str]:
    """Return what each guideline is called, where there are several."""
    several = record.get("guidelines", [])
    return {one["iri"] or "": one["label"] or one["iri"] or "" for one in several}


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


# ---------------------------------------------------------------------- a screen in words

TITLES: Final = {
    "proposed": "Proposed",
    "now": "Now",
    "conflicts": "In conflict",
    "ask": "Ask first",
    "steps": "Steps",
    "avoid": "Avoid",
    "told": "What I was told",
    "questions": "Ask further",
    "rest": "Does not apply",
    "tensions": "Where the source is at odds with itself",
    "left": "Left out",
}
LABELS: Final = {
    "by": "by",
    "why": "why",
    "done": "received",
    "once": "open",
    "says": "says",
    "ask": "ask",
    "followed": "followed",
}
COUNTED: Final = {
    "disputes": ("{} publication against what is urgent", "{} publications against what is urgent"),
    "disputed": ("{} other open and disputed", "{} others open and disputed"),
    "folded": ("{} later condition", "{} later conditions"),
    "conditions": ("{} open condition", "{} open conditions"),
    "questions": ("{} question", "{} questions"),
    "tensions": ("{} contradiction", "{} contradictions"),
    "readings": (
        "how {} contradiction of the source was read",
        "how {} contradictions of the source were read",
    ),
    "reasons": ("reasons of {}",) * 2,
    "common": ("{} fact on which all advice rests", "{} facts on which all advice rests"),
    "facts": ("{} fact of the case", "{} facts of the case"),
}
SIGNED: Final = SIGNS | {"done": "☑"}
KINDS: Final = ("about", "has", "had", "received", "proposes", "absent", "never", "complete")
COUNTS: Final = (
    ("agrees", "agrees", "agree"),
    ("disputes", "disputes", "dispute"),
    ("qualifies", "qualifies", "qualify"),
)


def shown(screen: ScreenRecord, form: str) -> Shown:
    """Return what a form shows of a screen: text, markdown, html, or site, where it links on."""
    told = _Told(screen, form)
    words = " ".join(told.all())
    return Shown(told.titles, " ".join(words.split()))


class _Told:
    """Says what a screen holds in the order in which a form says it."""

    def __init__(self, screen: ScreenRecord, form: str) -> None:
        self._screen, self.titles, self._linked = screen, list[str](), form == "site"
        self._form = "html" if self._linked else form
        self._brief = form == "text" and screen["detail"] == "brief"
        lines = [*screen["now"], *screen["conflicts"], *screen["avoid"]]
        lines += [one for step in screen["steps"] for one in step["lines"]]
        certain = any("certainty" in one for one in lines)
        worded = any("strength" in one for one in lines)
        self._once = self._brief and worded and not certain

    def all(self) -> Iterator[str]:
        screen = self._screen
        yield from self._head()
        yield from self._part("proposed", self._proposed())
        yield from self._part("now", [*self._lines(screen["now"]), *self._calm()])
        yield from self._part("conflicts", self._lines(screen["conflicts"]))
        yield from self._part("ask", self._asked())
        yield from self._part("steps", self._steps())
        yield from self._part("avoid", [*self._lines(screen["avoid"]), *self._uncleared()])
        yield from self._part("told", self._facts())
        yield from self._part("questions", screen.get("questions", ()))
        yield from self._part("rest", self._lines(screen.get("rest", ())))
        yield from self._part("tensions", self._tensions())
        yield from self._left()

    def _calm(self) -> Iterator[str]:
        calm = self._screen.get("calm")
        if calm is None:
            return
        nothing = "urgent or immediate: nothing, by what is recorded"
        if calm.get("open"):
            neither = "urgent or immediate, neither indicated yet nor ruled out"
            yield f"{neither}: {', '.join(calm['open'])}"
        elif calm["pressing"]:
            yield nothing
        if calm.get("due"):
            yield f"recommended, see steps: {'; '.join(calm['due'])}"
        if calm.get("later"):
            yield f"recommended, but of a later stage, see steps: {'; '.join(calm['later'])}"
        if not (calm.get("due") or calm.get("later") or calm["pressing"]):
            yield "nothing is recommended, by what is recorded"

    def _uncleared(self) -> Iterator[str]:
        if "uncleared" not in self._screen and not self._screen["avoid"]:
            yield "nothing, by what is recorded"
        if "uncleared" in self._screen:
            lead = "perhaps to avoid:" if self._screen["detail"] == "brief" else HELD_BACK
            yield f"{lead} {', '.join(self._screen['uncleared'])}"

    def _head(self) -> Iterator[str]:
        screen, several = self._screen, len(self._screen["guidelines"]) > 1
        names = [one["label"] or one["iri"] or "guideline" for one in screen["guidelines"]]
        versions = [one["version"] or "" for one in screen["guidelines"]]
        heading = "; ".join(
            f"{one} {other}".strip() for one, other in zip(names, versions, strict=True)
        )
        case = f"case {screen['case']} as of {screen['asOf']}"
        rest = []
        for called, one in zip(names, screen["guidelines"], strict=True):
            whose = called if several else "the guideline"
            facts = "; ".join(screen.get("common", {}).get(one["iri"] or "", []))
            rests = f"all advice of {whose} rests on: {facts}"
            if one["scope"] == "met":
                rest.append(f"within the scope of {whose}" + (f": {facts}" if facts else ""))
            elif one["scope"] == "open":
                lead = f"whether the case is within the scope of {whose} is open"
                rest.append(f"{lead}; {rests}" if facts else lead)
            elif facts:
                rest.append(rests)
        rest += [f"note: {one}" for one in screen["warnings"]]
        if self._brief:
            rest += ["certainty is not stated"] if self._once else []
            yield "; ".join([heading, *rest])
            yield case
            return
        if self._form != "html":
            yield heading
        yield from (case, *rest)

    def _part(self, key: str, rows: Iterable[str]) -> Iterator[str]:
        found = list(rows)
        if found:
            title = TITLES[key]
            if key == "ask" and self._screen["now"]:
                title = "Ask meanwhile"
            title = title.upper() if self._form == "text" else title
            self.titles.append(title)
            yield from (title, *found)

    def _labelled(self, label: str, said: str) -> str:
        return f"{label}: {said}" if self._form == "markdown" else f"{label} {said}"

    def _proposed(self) -> Iterator[str]:
        for one in self._screen["proposed"]:
            verdict = one["verdict"]
            yield f"{SIGNED[verdict]} {SAID.get(verdict, verdict)}: {one['label']}"
            yield from (self._labelled("why", why) for why in one.get("why", ()))

    def _how(self, line: LineRecord) -> str:
        parts = [line[key] for key in ("urgency", "phase") if key in line]
        parts += [f'"{one}"' for one in line.get("strength", ())]
        parts += [f"GRADE: {one}" for one in line.get("certainty", ())]
        if line.get("strength") and not line.get("certainty") and not self._once:
            parts.append("certainty not stated")
        groups = [", ".join(parts)] if parts else []
        counts = line.get("evidence")
        if counts:
            told = [
                f"{counts[key]} {one if counts[key] == 1 else many}"  # type: ignore[literal-required]
                for key, one, many in COUNTS
                if key in counts
            ]
            groups.append(", ".join(told))
        if line.get("open"):
            groups.append("a contraindication is open")
        return "; ".join(groups)

    def _lines(self, lines: Iterable[LineRecord], stage: str = "") -> Iterator[str]:
        for line in lines:
            what = "; ".join(one["label"] for one in line["actions"])
            how, verdict = self._how(line), line["verdict"]
            called = SAID.get(verdict, verdict)
            if verdict == "undetermined" and line.get("urgency") in ("urgent", "immediate"):
                called = PRESSING
            called = STANDS.get(line.get("beside", ""), called)
            below = list(self._below(line))
            if self._form == "html":
                yield f"{SIGNED[verdict]} {called} {what} {how}"
            else:
                lead = f"{stage} — " if stage else ""
                yield f"{lead}{SIGNED[verdict]} {called}: {what}" + (f" — {how}" if how else "")
            if self._brief:
                yield from (f"— {label}: {said}" for label, said in below)
            else:
                yield from (self._labelled(label, said) for label, said in below)
            yield from self._sources(line)

    def _below(self, line: LineRecord) -> Iterator[tuple[str, str]]:
        for key, label in LABELS.items():
            said = line.get(key)
            if key == "by" and said:
                said = ", ".join(line["by"])
            for one in [said] if isinstance(said, str) else said or ():  # type: ignore[attr-defined]
                yield label, one

    def _sources(self, line: LineRecord) -> Iterator[str]:
        screen, warrants = self._screen, line.get("warrants", [])
        keys = once(key for one in warrants for key in one["passages"])
        disputing: dict[str, list[str]] = {}
        for key in keys:
            for said in screen["passages"][key].get("evidence", {}).get("disputes", []):
                disputing.setdefault(said["publication"], []).append(key)
        disputed = "; ".join(
            f"{cited(screen['publications'][one])} ({', '.join(sorted(at))})"
            for one, at in disputing.items()
        )
        if self._form == "text":
            places = [f"{key} {self._place(key)}" for key in sorted(keys)]
            marks = sorted({mark for one in warrants for mark in one.get("citations", [])})
            told = [", ".join(places)] if places else []
            told += [f"cites {', '.join(marks)}"] if marks else []
            yield from [f"source {'; '.join(told)}"] if told else []
        if disputed:
            sign = "⚠ " if self._form == "html" else ""
            yield self._labelled(f"{sign}disputed", disputed)
        if self._form != "text":
            for one in warrants:
                yield from self._warrant(one)

    def _place(self, key: str) -> str:
        passage = self._screen["passages"][key]
        return f"[{passage['start']}-{passage['end']}]"

    def _warrant(self, one: WarrantRecord) -> Iterator[str]:
        several = {each["iri"]: each["label"] or each["iri"] for each in self._screen["guidelines"]}
        by = several.get(one.get("guideline")) if len(several) > 1 else None
        marks = ", ".join(one.get("citations", []))
        if self._form == "html":
            more = ", ".join(each for each in (f"cites {marks}" if marks else "", by) if each)
            yield f"{one['direction']}: {one['label']}" + (f" ({more})" if more else "")
            yield from ["Its own page"] if self._linked else []
        else:
            more = (f" (cites {marks})" if marks else "") + (f", {by}" if by else "")
            yield f"{one['direction']}: {one['label']}{more}"
        for key in one["passages"]:
            passage = self._screen["passages"][key]
            section = passage.get("section", "") if self._form == "html" else ""
            whose = "of the patient of the source: " if passage.get("ofItsPatient") else ""
            yield f"{key} {section} {self._place(key)} {whose}{passage['says']}"
            for how, capital in ((row[0], row[1]) for row in RELATIONS):
                words = how if how != "related" else capital
                for said in passage.get("evidence", {}).get(how, []):  # type: ignore[call-overload]
                    note = f": {said['note']}" if "note" in said else ""
                    seen = read(said.get("basis"), said.get("certainty"))
                    note += f" ({seen})" if seen else ""
                    who = cited(self._screen["publications"][said["publication"]])
                    yield self._labelled(words, f"{who}{note}")

    def _asked(self) -> Iterator[str]:
        for number, one in enumerate(self._screen["ask"], 1):
            by = ", ".join(one.get("by", []))
            lead = "" if self._form == "html" else f"{number}. "
            by = by if self._brief or not by else f"may be shown by {by}"
            yield lead + one["question"] + (f" ({by})" if by else "")
            towards = one.get("presentTowards", []), one.get("absentTowards", [])
            present = f"{one['present']}: {self._settles(one['ifPresent'], towards[0])}"
            absent = one["absent"] if not self._brief else "if not"
            absent = f"{absent}: {self._settles(one['ifAbsent'], towards[1])}"
            yield (" / " if self._brief else " ").join((present, absent))

    @staticmethod
    def _settles(found: list[SettlesRecord], towards: list[str]) -> str:
        told = [f"a step towards {', '.join(towards)}"] if towards else []
        for one in found:
            labels = ", ".join(one["labels"])
            if "more" in one:
                labels = f"{labels} and {one['more']} more" if labels else str(one["more"])
            silent = one["status"] == "not-applicable"
            lead, status = ("nothing for or against ", "") if silent else ("", f" {one['status']}")
            told.append(f"{lead}{labels}{status}")
        return "; ".join(told) or "settles nothing alone"

    def _steps(self) -> Iterator[str]:
        for step in self._screen["steps"]:
            stage = step["phase"] or ""
            stage += f" ({step['note']})" if "note" in step else ""
            named = []
            if "folded" in step:
                named.append(f"not before what is urgent: {', '.join(step['folded'])}")
            verdicts = [one["verdict"] for one in step["lines"]]
            if self._brief and verdicts == ["undetermined"]:
                yield from self._lines(step["lines"], stage)
                yield from named
                continue
            if self._brief and named and not verdicts:
                yield f"{stage} — {'; '.join(named)}"
                continue
            yield stage
            for key in ("once", "ask"):
                for said in step.get(key, ()):  # type: ignore[attr-defined]
                    yield self._labelled(LABELS[key], said)
            yield from self._lines(step["lines"])
            yield from named

    def _facts(self) -> Iterator[str]:
        names = {"about": "patient", "absent": "none of", "never": "never had"}
        found = [
            (names.get(key, key), "; ".join(self._screen["told"][key]))
            for key in KINDS
            if key in self._screen["told"]
        ]
        if "complete" not in self._screen["told"]:
            found.append(("complete", "no statement"))
        if self._brief:
            yield ". ".join(f"{label}: {said}" for label, said in found)
        else:
            yield from (self._labelled(label, said) for label, said in found)

    def _tensions(self) -> Iterator[str]:
        for one in self._screen["tensions"]:
            told = f"{one['label']} ({', '.join(one['passages'])})"
            colon = ":" if self._form == "markdown" and "resolution" in one else ""
            yield f"{told}{colon} {one.get('resolution', '')}"

    def _left(self) -> Iterator[str]:
        found: dict[str, list[str]] = {}
        for one in self._screen["left"]:
            forms = COUNTED[one["what"]]
            found.setdefault(one["at"], []).append(forms[one["count"] != 1].format(one["count"]))
        if found and self._form != "text":
            self.titles.append(TITLES["left"])
            yield TITLES["left"]
        for at, said in sorted(found.items(), reverse=True):
            where = f"in {at} detail" if self._form == "html" else f"--detail {at}"
            told = f"{where}: {'; '.join(said)}"
            yield f"LEFT OUT (--detail {at}): {'; '.join(said)}" if self._form == "text" else told


def cited(one: PublicationRecord) -> str:
    """Return how a publication is named."""
    keys = ("title", "authors", "year", "venue", "doi", "pmid", "pmcid")
    found = {key: one.get(key) for key in keys}
    return reference(found)  # type: ignore[arg-type]
