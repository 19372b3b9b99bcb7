"""Rank the facts that are open for a case by how much each would settle."""

from __future__ import annotations

from collections import defaultdict
from operator import itemgetter
from typing import TYPE_CHECKING, Final, TypedDict

import pyoxigraph as ox

from indicant.assess.assessor import InvalidCase
from indicant.assess.prose import SOON, sides_of
from indicant.assess.records import Status, TermRecord
from indicant.explain.consequences import ASKED, SETTLED, Ruling, Situation
from indicant.explain.drafts import Draft
from indicant.foreign import joined, wrapped
from indicant.guideline.wording import Words
from indicant.terms import IND, local_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indicant.assess.assessor import Assessor
    from indicant.assess.records import ActionRecord, CaseRecord
    from indicant.files.rdf import Document

SHOWN: Final = 10
INDICATED: Final[frozenset[Status]] = frozenset(("recommended", "conflicting"))
_RECORDS_ALL: Final = IND + "recordsAll"
_LABELS: Final = ("ask", "shown-by", "present", "absent", "if-so")


class SettledRecord(TypedDict):
    """An intervention whose status a fact would settle, and the status that it would get."""

    action: str
    label: str
    status: Status


class OpenFactRecord(TypedDict):
    """An open fact, how to find it out, and what it settles if it is present and if absent.

    ``presentTowards`` and ``absentTowards`` are the urgent or immediate interventions that it would
    indicate together with other facts.
    """

    term: str
    label: str
    question: str | None
    investigations: list[TermRecord]
    least: int
    sum: int
    present: list[SettledRecord]
    absent: list[SettledRecord]
    presentTowards: list[TermRecord]
    absentTowards: list[TermRecord]


class CompleteRecord(TypedDict):
    """A class of which all may be recorded, and what it would settle to know that all is."""

    term: str
    label: str
    question: str
    settles: list[SettledRecord]


class NextRecord(TypedDict):
    """The open facts of one case, those that settle most first.

    ``open`` counts the interventions that are undetermined or conditional. ``complete`` asks of
    what the case has records whether these are all.
    """

    case: str
    asOf: str
    open: int
    facts: list[OpenFactRecord]
    complete: list[CompleteRecord]


def next_facts(assessor: Assessor, document: Document) -> list[NextRecord]:
    """Rank the open facts of every case of a document.

    What follows from what is known is not open. A fact settles an intervention that is undetermined
    or conditional when that one alone makes it recommended, contraindicated, conflicting or not
    applicable. First come the facts that would indicate something urgent or immediate, then those
    that would together with others. Facts are ranked by how many interventions they settle
    whichever way they turn out, that is by the smaller of the numbers for present and for absent;
    then by the sum of the two; then by what they are.

    That all is recorded of a class is put to the test by saying so in a copy of the case.

    Raises:
        InvalidCase: a case does not conform to the case shapes.
    """
    ruling = Ruling(assessor)
    found = []
    asked: dict[str, list[tuple[str, str]]] = defaultdict(list)
    with assessor.parts(document) as parts:
        for part in parts:
            records = part.records()
            told = [part.ask(question) for question in ASKED]
            for case, cls, label in part.ask("what-may-not-be-recorded-in-full"):
                asked[case or ""].append((cls or "", label or local_name(cls or "")))
            for record in records:
                stated = (*document.quads, *part.derived.quads)
                situation = Situation(ruling, record["case"], told, stated)
                found.append((record, ranked(assessor, ruling, record, situation)))
    for before, ranking in found:
        complete = _complete(assessor, document, before, asked[ranking["case"]])
        ranking["complete"] = sorted(complete, key=lambda one: (-len(one["settles"]), one["label"]))
    return sorted((one for _, one in found), key=lambda one: one["case"])


def _complete(
    assessor: Assessor, document: Document, record: CaseRecord, classes: list[tuple[str, str]]
) -> Iterator[CompleteRecord]:
    """Yield the classes of which it would settle something that all is recorded."""
    words = Words(assessor.language)
    open_ = {
        one["action"]: one["label"] for one in record["actions"] if one["status"] not in SETTLED
    }
    for cls, label in dict(classes).items() if open_ else ():
        draft = Draft(document)
        draft.add(record["case"], _RECORDS_ALL, ox.NamedNode(cls))
        try:
            after = assessor.assess(draft.document(), everything=True)
        except InvalidCase:
            continue
        settles = [
            SettledRecord(action=one["action"], label=one["label"], status=one["status"])
            for case in after
            if case["case"] == record["case"]
            for one in case["actions"]
            if one["action"] in open_ and one["status"] in SETTLED
        ]
        if settles:
            yield CompleteRecord(
                term=cls,
                label=label,
                question=words("next", "all-recorded", what=label),
                settles=settles,
            )


def ranked(
    assessor: Assessor, ruling: Ruling, record: CaseRecord, situation: Situation
) -> NextRecord:
    """Rank the open facts of one case that was assessed; of completeness nothing is asked.

    The order is the same in every language.
    """
    catalogue, entailment = assessor.catalogue, ruling.entailment
    open_ = [one for one in record["actions"] if one["status"] not in SETTLED]
    awaited = {
        (one["term"], one["label"]) for action in record["actions"] for one in action["awaiting"]
    }
    closed = entailment.closure(situation.known)
    known = situation.known if closed is None else closed
    pressing = {one["action"] for one in open_ if one["urgency"] in SOON}
    towards = _towards(open_)
    facts: list[tuple[tuple[int, int, int, str, str], OpenFactRecord]] = []
    for literal, one in catalogue.literals.items():
        if one.polarity != "present" or (one.term, one.fact) not in awaited:
            continue
        bit = entailment.mask([literal])
        if (bit | entailment.opposite(bit)) & known:
            continue
        present = _settled(situation, open_, bit)
        absent = _settled(situation, open_, entailment.opposite(bit))
        indicated = {each["action"] for each in (*present, *absent) if each["status"] in INDICATED}
        steps = [
            [near for near in towards[one.term, one.fact, way] if near["term"] not in indicated]
            for way in ("present", "absent")
        ]
        urgency = 0 if indicated & pressing else 1 if any(steps) else 2
        least, total = min(len(present), len(absent)), len(present) + len(absent)
        found = OpenFactRecord(
            term=one.term,
            label=one.fact,
            question=one.question,
            investigations=[
                TermRecord(term=by, label=catalogue.label(by)) for by in one.investigations
            ],
            least=least,
            sum=total,
            present=present,
            absent=absent,
            presentTowards=steps[0],
            absentTowards=steps[1],
        )
        facts.append(((urgency, -least, -total, one.term, literal), found))
    facts.sort(key=itemgetter(0))
    return NextRecord(
        case=record["case"],
        asOf=record["asOf"],
        open=len(open_),
        facts=[one for _, one in facts],
        complete=[],
    )


def _towards(open_: list[ActionRecord]) -> dict[tuple[str, str, str], list[TermRecord]]:
    """Return by fact and polarity what is urgent or immediate and rests on it, among others."""
    found: dict[tuple[str, str, str], list[TermRecord]] = defaultdict(list)
    for action in open_:
        if action["urgency"] not in SOON:
            continue
        sides = sides_of(action)
        leading = {
            (fact["term"], fact["label"], fact["polarity"])
            for one in action["settledBy"]
            if one["answer"] == "met" and sides[one["recommendation"]] == "for"
            for fact in one["facts"]
        }
        for fact in leading:
            found[fact].append(TermRecord(term=action["action"], label=action["label"]))
    return found


def _settled(situation: Situation, open_: list[ActionRecord], fact: int) -> list[SettledRecord]:
    found = []
    known = situation.given(fact)
    for action in open_:
        if known is None:
            continue
        status = situation.ruling.status(action["action"], known)
        if status in SETTLED:
            found.append(
                SettledRecord(action=action["action"], label=action["label"], status=status)
            )
    return found


def as_text(record: NextRecord, *, most: int | None = SHOWN, words: Words | None = None) -> str:
    """Render the ranking, the most telling facts first."""
    return joined(_text(record, most, words or Words()))


def _text(record: NextRecord, most: int | None, words: Words) -> Iterator[str]:
    yield from wrapped(words.case(record), "", "  ")
    yield words.count("next", "open", record["open"])
    for place, fact in enumerate(record["facts"][:most], 1):
        yield ""
        yield from wrapped(fact["label"], f"{place}. ", "   ")
        by = ", ".join(one["label"] for one in fact["investigations"])
        question = fact["question"] or words("settling", "is-there", what=fact["label"])
        yield from _labelled("ask", question, words)
        if by:
            yield from _labelled("shown-by", by, words)
        for key, settled, towards in (
            ("present", fact["present"], fact["presentTowards"]),
            ("absent", fact["absent"], fact["absentTowards"]),
        ):
            said = [_settles(settled, words)]
            if towards:
                labels = ", ".join(near["label"] for near in towards)
                said.append(words("ask", "towards", labels=labels))
            yield from _labelled(key, "; ".join(said), words)
    left = len(record["facts"]) - len(record["facts"][:most])
    if left:
        yield ""
        yield words("next", "more", n=left)
    for one in record["complete"]:
        yield ""
        yield from wrapped(one["question"], "", "   ")
        yield from _labelled("if-so", _settles(one["settles"], words), words)


def _settles(settled: list[SettledRecord], words: Words) -> str:
    by_status: dict[Status, list[str]] = {}
    for one in settled:
        by_status.setdefault(one["status"], []).append(one["label"])
    parts = [words.settled(status, labels) for status, labels in by_status.items()]
    if not parts:
        return words("next", "settles", n=0)
    return words("next", "settles-which", n=len(settled), which="; ".join(parts))


def _labelled(key: str, text: str, words: Words) -> list[str]:
    lead = words.padded("next", key, _LABELS)
    return wrapped(text, f"   {lead} ", " " * (len(lead) + 4))
