"""Put what a record says into words that every form of an assessment has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from indicant.assess.reasons import answering
from indicant.compile.graph import denied
from indicant.foreign import plain
from indicant.guideline.wording import Words
from indicant.terms import local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from indicant.assess.records import (
        ActionRecord,
        CaseRecord,
        EvidenceRecord,
        PassageRecord,
        ReasonRecord,
        RecommendationRecord,
        Stated,
    )
    from indicant.assess.validation import Finding

_SHOWN: Final = 4
SOON: Final = frozenset({"immediate", "urgent"})


def fulfilled(record: ActionRecord) -> bool:
    """Tell whether what is recommended is known to be done."""
    return record["status"] in {"recommended", "conditional"} and all(
        one["fulfilment"] == "fulfilled" for one in _answering(record)
    )


def _to_do(record: ActionRecord) -> bool:
    return record["status"] in {"recommended", "conditional"} and not fulfilled(record)


def is_now(record: ActionRecord) -> bool:
    """Tell whether something is recommended at once or urgently, and not known to be done."""
    return _to_do(record) and record["urgency"] in SOON


def is_due(record: ActionRecord) -> bool:
    """Tell whether something is recommended that can wait a while, and not known to be done."""
    return _to_do(record) and record["urgency"] not in SOON


def _later(record: ActionRecord) -> bool:
    return record["status"] == "undetermined" and record["contingent"]


def _open(record: ActionRecord) -> bool:
    return record["status"] == "undetermined" and not record["contingent"]


GROUPS: Final[tuple[tuple[str, Callable[[ActionRecord], bool]], ...]] = (
    ("Now", is_now),
    ("Next", is_due),
    ("Done", fulfilled),
    ("Later", _later),
    ("In conflict", lambda record: record["status"] == "conflicting"),
    ("Avoid", lambda record: record["status"] == "contraindicated"),
    ("Open", _open),
    ("Does not apply", lambda record: record["status"] == "not-applicable"),
)


def finding_line(finding: Finding, words: Words | None = None) -> str:
    """Render a finding as one line: place, severity, shape, message and suggestion."""
    words = words or Words()
    place = f"{finding.file}:{finding.line}" if finding.line else f"{finding.file}"
    name = local_name(finding.shape)
    meant = finding.suggestion and words("refused", "meant", name=finding.suggestion)
    told = finding.message + (f" ({meant})" if meant else "")
    return plain(f"{place}: {words('refused', finding.severity)}: {told} [shape:{name}]")


def _answering(record: ActionRecord) -> list[RecommendationRecord]:
    """Return the recommendations that made the status what it is."""
    return answering(record["status"], record["recommendations"])


def reasons(
    record: ActionRecord,
    *,
    named: bool = True,
    words: Words | None = None,
    telling: Callable[[list[ReasonRecord]], list[ReasonRecord]] | None = None,
) -> Iterator[str]:
    """Yield why a status is what it is: a line for each recommendation that made it so.

    Each fact comes with the nodes that establish it, or without their names.

    Args:
        record: the action.
        named: whether to name the nodes.
        words: the words of the program; without, they are English.
        telling: what to tell of the facts of a recommendation, and in which order.
    """
    for one in _answering(record):
        found = [each for each in record["because"] if each["recommendation"] == one["iri"]]
        parts = [
            f"{reason['literal']} ({attesting(reason, words)})" if named else reason["literal"]
            for reason in (telling(found) if telling else found)
        ]
        if parts:
            yield "; ".join(parts)


def paraphrased(passage: PassageRecord, words: Words | None = None) -> str:
    """Return what a passage says, with of whom where that is the patient of its document."""
    if not passage.get("ofItsPatient"):
        return passage["paraphrase"]
    return (words or Words())("line", "of-its-patient", said=passage["paraphrase"])


def attesting(reason: ReasonRecord, words: Words | None = None) -> str:
    """Name the nodes that establish a fact, with what was recorded in a unit of its own."""
    speak = words or Words()
    recorded = reason.get("recorded", [])
    told = []
    for node in reason["nodes"]:
        values = [
            speak("line", "read-as", recorded=one["recorded"], read=one["read"])
            for one in recorded
            if one["node"] == node
        ]
        told.append(": ".join([local_name(node), *(["; ".join(values)] if values else [])]))
    return ", ".join(told)


def reference(said: EvidenceRecord) -> str:
    """Return a publication as a short reference: who, when, and where to find it."""
    who = said["authors"] or said["title"]
    numbers = (("doi:", said["doi"]), ("PMID ", said["pmid"]), ("", said["pmcid"]))
    place = next((f"{kind}{number}" for kind, number in numbers if number), said["venue"])
    dated = f"{who} {said['year'] or ''}".rstrip()
    return dated if place in {None, who} else f"{dated}, {place}"


def disputed_by(records: list[ActionRecord]) -> str:
    """Name the publications that dispute what actions rest on, each with the passages."""
    found: dict[str, tuple[str, set[str]]] = {}
    for record in records:
        for one in _answering(record):
            for said in one["evidence"]:
                if said["relation"] == "disputes":
                    passages = found.setdefault(said["publication"], (reference(said), set()))[1]
                    passages.add(said["passage"])
    return "; ".join(f"{words} ({', '.join(sorted(at))})" for words, at in found.values())


def strengths(records: list[ActionRecord], words: Words | None = None) -> str:
    """Return how strongly the source puts what decided, in its own words and by GRADE."""
    deciding = [one for record in records for one in _answering(record)]
    return _joined(_strength(one, words or Words()) for one in deciding)


def _strength(one: RecommendationRecord, words: Words) -> str:
    own = f'"{one["strength"]}"' if one["strength"] else ""
    grade = words.graded(one["gradeStrength"], one["certainty"])
    told = words("line", "grade", grade=grade) if grade else ""
    return f"{own} ({told})" if own and told else own or told


def stated(fact: Stated) -> str:
    """Return a fact in words.

    >>> stated({"term": "ex:Rash", "label": "rash", "polarity": "absent"})
    'no rash'
    """
    if fact["polarity"] == "present":
        return fact["label"]
    return fact.get("said") or denied(fact["term"], fact["label"])


def settling_lines(
    record: ActionRecord,
    *,
    most: int | None = _SHOWN,
    words: Words | None = None,
    held: bool = True,
) -> Iterator[str]:
    """Say what would settle an open action: in its favour first, then against it.

    Args:
        record: the action.
        most: how many ways to one answer are named, or all of them.
        words: the words of the program; without, they are English.
        held: whether a contraindication stays open once it is indicated.
    """
    speak = words or Words()
    sides = sides_of(record)
    sets: dict[tuple[str, str], list[str]] = {}
    for one in record["settledBy"]:
        facts = speak("settling", "and").join(stated(fact) for fact in one["facts"])
        sets.setdefault((sides[one["recommendation"]], one["answer"]), []).append(facts)
    indicating = any(side == "for" for side, _ in sets)
    for side in ("for", "against"):
        for answer in ("met", "refuted"):
            options = list(dict.fromkeys(sets.get((side, answer), ())))
            if not options or (indicating and side == "against"):
                continue
            left = 0 if most is None else len(options) - most
            more = [speak("settling", "more", n=left)] if left > 0 else []
            named = speak("settling", "or").join([*options[:most], *more])
            yield speak("settling", f"{side}-{answer}", facts=named)
    if held and indicating and any(side == "against" for side, _ in sets):
        yield speak("settling", "as-well")


def sides_of(record: ActionRecord) -> dict[str, Literal["for", "against"]]:
    """Return on which side each recommendation about an action is, by its IRI."""
    return {one["iri"]: one["direction"] for one in record["recommendations"]}


def questions_to_ask(record: ActionRecord, *, words: Words | None = None) -> Iterator[str]:
    """Ask for what would settle the side that is shown."""
    speak = words or Words()
    sides = sides_of(record)
    indicating = any(sides[one["recommendation"]] == "for" for one in record["settledBy"])
    terms = {
        (named["term"], named["label"])
        for one in record["settledBy"]
        for fact in one["facts"]
        if not indicating or sides[one["recommendation"]] == "for"
        for named in (fact, *fact.get("restsOn", ()))
    }
    told: dict[str, None] = {}
    for awaited in record["awaiting"]:
        if (awaited["term"], awaited["label"]) in terms:
            by = ", ".join(one["label"] for one in awaited["investigations"])
            question = awaited["question"] or speak("settling", "is-there", what=awaited["label"])
            told.setdefault(f"{question} ({by})" if by else question)
    yield from told


def folded(records: Iterable[ActionRecord]) -> Iterator[ActionRecord]:
    """Leave out what is listed under a class above it."""
    found = list(records)
    inner = {term["term"] for record in found for term in record["including"]}
    yield from (record for record in found if record["action"] not in inner)


def speakers(record: CaseRecord) -> dict[str, str]:
    """Return what guidelines are called where several speak, by their IRIs."""
    return {
        one["iri"]: one["label"] or one["iri"]
        for one in record.get("guidelines", [])
        if one["iri"] is not None
    }


def could_be_indicated(record: ActionRecord) -> bool:
    """Tell whether an indication of an intervention is open."""
    return any(
        one["direction"] == "for" and one["answer"] == "open" for one in record["recommendations"]
    )


def heading(record: ActionRecord, words: Words | None = None) -> str:
    """Return what an intervention is called, with what is to be known at a glance."""
    speak, title = words or Words(), record["label"]
    if record["status"] == "conditional":
        title = speak("line", "conditional", label=title)
    for key in ("including", "excepting"):
        if terms := record[key]:
            others = ", ".join(term["label"] for term in terms)
            title = speak("line", key, label=title, others=others)
    return title


def _joined(words: Iterable[str | None]) -> str:
    return ", ".join(dict.fromkeys(word for word in words if word))
