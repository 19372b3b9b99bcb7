"""Put what was answered into a case, and take it back: an answer is some statements."""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.model import HAD_FINDING, HAS_FINDING, RECEIVED
from indicant.exchange.questions import BIRTH, DENIALS
from indicant.explain.drafts import Draft
from indicant.files.rdf import BASE, N_TRIPLES, TURTLE, parse, text_of
from indicant.files.turtle import tidy
from indicant.guideline.names import prefixes_in
from indicant.intake import casegraph
from indicant.intake.events import Moment, MomentError, moment
from indicant.serve.inquiry import AGE, RECORD, RECORDS_ALL, WEEKS
from indicant.terms import IND, PREFIXES, TYPE, UCUM, local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from indicant.exchange.questions import Detail
    from indicant.files.rdf import Document
    from indicant.guideline.vocabulary import Vocabulary
    from indicant.serve.inquiry import Inquiry

CASE: Final = IND + "PatientCase"
UNANSWERED: Final = IND + "unanswered"
ASKED: Final = IND + "asked"
OF: Final = IND + "of"
WHEN: Final = "http://purl.org/dc/terms/date"
"""What has a date of which no day is known: it is kept, and decides nothing."""
YES, NO, SINCE, UNKNOWN = "yes", "no", "since", "unknown"
CLOSED: Final = frozenset({HAS_FINDING, HAD_FINDING, RECEIVED})
"""Of what is recorded by these it can be said that it is all."""
REPLIES: Final = (YES, NO, SINCE, UNKNOWN)
_COMPLETENESS: Final = IND + "completeness"
_KINDS: Final = {4: "gYear", 7: "gYearMonth"}
_MOST_STEPS: Final = 500
_INTEGER: Final = re.compile(r"[+-]?\d{1,9}", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?\d{1,9}(?:\.\d{1,9})?", re.ASCII)


class Misunderstood(Exception):  # noqa: N818 - an answer to a person, not a fault
    """An answer that says nothing: which field, and what to write instead."""

    def __init__(self, field: str, message: str) -> None:
        """Take the field, or nothing where it is about the whole, and the words."""
        super().__init__(message)
        self.field, self.message = field, message


@dataclass(frozen=True)
class Step:
    """What one answer did: in words, and as the statements that it put in and took back."""

    said: str
    put: tuple[str, ...]
    taken: tuple[str, ...]


# ---------------------------------------------------------------------- the case


def empty(as_of: str) -> Document:
    """Return the case of a patient of whom nothing is known."""
    day = datetime.date.fromisoformat(as_of)
    return casegraph.CaseGraph(f"{BASE}patient", day).document("case.ttl", PREFIXES)


def case_of(document: Document) -> str:
    """Return the one case of a document.

    Raises:
        Misunderstood: there is none, or there are several.
    """
    cases = {
        text_of(quad.subject)
        for quad in document.quads
        if quad.predicate.value == TYPE and text_of(quad.object) == CASE
    }
    if len(cases) != 1:
        raise Misunderstood("", f"there are {len(cases)} patients in it, and one is asked about")
    return cases.pop()


def text_in(quads: Iterable[ox.Quad], prefixes: Mapping[str, str]) -> str:
    """Return statements as Turtle; the same statements give the same text."""
    rows = sorted(
        {str(ox.Triple(one.subject, one.predicate, one.object)): one for one in quads}.items()
    )
    triples = [ox.Triple(one.subject, one.predicate, one.object) for _, one in rows]
    named = {part.value for one in triples for part in one if isinstance(part, ox.NamedNode)}
    named |= {
        part.datatype.value for one in triples for part in one if isinstance(part, ox.Literal)
    }
    used = {
        name: space
        for name, space in {**prefixes, **PREFIXES, "cdt": UCUM.removesuffix("ucum")}.items()
        if any(iri.startswith(space) and iri != TYPE for iri in named)
    }
    written = ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=used) or b""
    return tidy(written.decode(), file="case.ttl")


def read(text: str) -> Document:
    """Return a case that the page sent.

    Raises:
        IndicantError: it cannot be read.
    """
    return parse(text.encode(), path="case.ttl", format=TURTLE)


# ---------------------------------------------------------------------- what was done


def trail_in(text: str) -> list[Step]:
    """Return the steps that the page sent, the first one first.

    Raises:
        Misunderstood: it sent something else.
    """
    try:
        rows = json.loads(text or "[]")
        return [
            Step(str(row["said"]), tuple(map(str, row["put"])), tuple(map(str, row["taken"])))
            for row in rows[-_MOST_STEPS:]
        ]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Misunderstood("", "what was answered before cannot be read") from error


def trail_as(steps: list[Step]) -> str:
    """Return steps as the page keeps them."""
    rows = [{"said": one.said, "put": one.put, "taken": one.taken} for one in steps]
    return json.dumps(rows[-_MOST_STEPS:], ensure_ascii=False)


def undone(document: Document, step: Step) -> tuple[ox.Quad, ...]:
    """Return the statements of a case without a step.

    Raises:
        IndicantError: its statements cannot be read.
    """
    put = {str(one) for one in _quads(step.put)}
    kept = [one for one in document.quads if str(one) not in put]
    return (*kept, *_quads(step.taken))


def _quads(lines: Iterable[str]) -> tuple[ox.Quad, ...]:
    text = "".join(f"{line} .\n" for line in lines)
    return parse(text.encode(), path="step.nt", format=N_TRIPLES).quads if text else ()


def step_of(said: str, before: Document, after: Document) -> Step:
    """Return what became another in a case."""
    old, new = (
        {str(ox.Triple(q.subject, q.predicate, q.object)): None for q in one.quads}
        for one in (before, after)
    )
    put = tuple(sorted(one for one in new if one not in old))
    return Step(said, put, tuple(sorted(one for one in old if one not in new)))


# ---------------------------------------------------------------------- answers


class Answering:
    """Puts answers into one case."""

    def __init__(
        self, document: Document, vocabulary: Vocabulary, label: Callable[[str], str]
    ) -> None:
        """Take the case, which stays as it is, the terms, and what each is called.

        Raises:
            Misunderstood: the document has not one case.
        """
        self.case = case_of(document)
        self._before = document
        self._draft = Draft(document)
        self._vocabulary, self._label = vocabulary, label
        days = [text_of(one.object) for one in self._draft.matching(self.case, IND + "asOf")]
        self._as_of = days[0] if days else ""

    def document(self) -> Document:
        """Return the case as it is now."""
        return self._draft.document()

    def answer(self, inquiry: Inquiry, form: Mapping[str, str]) -> str:
        """Put an answer in, and return it in words.

        Raises:
            Misunderstood: it is none.
        """
        reply = form.get("reply", "")
        if reply not in REPLIES:
            raise Misunderstood("reply", "Choose one of the answers.")
        self._forget_unanswered(inquiry.role, inquiry.term)
        if reply == UNKNOWN:
            self._leave(inquiry)
            return f"{inquiry.label}: not known"
        if reply == SINCE and inquiry.since:
            day = _day("since", form.get("since", ""))
            self._complete(inquiry.term, day)
            if inquiry.role == RECORDS_ALL:
                return f"{inquiry.label}: all recorded since {day}"
            return f"{inquiry.label}: none since {day}, beside what is recorded"
        if reply == NO and inquiry.term and self.nodes(inquiry) and inquiry.role in CLOSED:
            self._add(self.case, RECORDS_ALL, ox.NamedNode(inquiry.term))
            return f"{inquiry.label}: no others than those recorded"
        if reply == NO and inquiry.no:
            self._add(self.case, DENIALS[inquiry.role], ox.NamedNode(inquiry.term))
            return f"{inquiry.label}: {inquiry.no}"
        if reply != YES:
            raise Misunderstood("reply", "This cannot be answered so.")
        if inquiry.role == RECORDS_ALL:
            self._add(self.case, RECORDS_ALL, ox.NamedNode(inquiry.term))
            return f"{inquiry.label}: all recorded"
        if not inquiry.term:
            return self._own(inquiry, form)
        return self._there(inquiry, form)

    def propose(self, term: str) -> None:
        """Say that an intervention is planned."""
        self._undeny(casegraph.PROPOSES, term)
        self._add(self.case, casegraph.PROPOSES, ox.NamedNode(term))

    def forget(self, path: str, value: str) -> None:
        """Take back what the case says by a property; of a value of the patient, whatever it is.

        Raises:
            Misunderstood: it says no such thing.
        """
        found = list(self._draft.matching(self.case, path, value or None))
        if not found or path in {TYPE, IND + "asOf"}:
            raise Misunderstood("", "That is not in the case any longer.")
        self._draft.remove(found)
        for node in dict.fromkeys(text_of(one.object) for one in found):
            if (
                not any(self._draft.matching(None, None, node))
                and node not in self._vocabulary.classes
            ):
                self._draft.drop(node)

    def nodes(self, inquiry: Inquiry) -> list[str]:
        """Return the records of the case that are of the class that is asked about."""
        below = {inquiry.term, *self._vocabulary.descendants(inquiry.term)}
        linked = [text_of(one.object) for one in self._draft.matching(self.case, inquiry.role)]
        return [
            node
            for node in dict.fromkeys(linked)
            if any(text_of(one.object) in below for one in self._draft.matching(node, TYPE))
        ]

    # ------------------------------------------------------------------ parts of an answer

    def _own(self, inquiry: Inquiry, form: Mapping[str, str]) -> str:
        said: dict[str, str] = {}
        for detail in inquiry.details:
            given = form.get(f"d {detail.path}", "").strip()
            if not given:
                continue
            path, value = (
                self._birth(given)
                if detail.path == BIRTH
                else (detail.path, self._value(detail, given, form))
            )
            if said:
                raise Misunderstood(f"d {detail.path}", "Give one of the two.")
            for other in (*(one.path for one in inquiry.details), path):
                self._draft.remove(list(self._draft.matching(self.case, other)))
            self._add(self.case, path, value)
            said[path] = given
        if not said:
            raise Misunderstood(
                f"d {inquiry.details[0].path}", "Give a value, or say that it is not known."
            )
        return f"{inquiry.label}: {', '.join(said.values())}"

    def _birth(self, given: str) -> tuple[str, ox.Literal]:
        """Return a date of birth, or the age that follows from its month or year."""
        at = _moment(f"d {BIRTH}", given)
        if at.day is not None:
            return BIRTH, casegraph.date(at.day)
        today = datetime.date.fromisoformat(self._as_of)
        ages = {_age(one, today) for one in (at.first, at.last)}
        if len(ages) > 1:
            older = max(ages)
            raise Misunderstood(
                f"d {BIRTH}",
                f"The age may be {older - 1} or {older}: give the day of birth, or the age.",
            )
        return AGE, casegraph.typed(str(ages.pop()), "integer")

    def _there(self, inquiry: Inquiry, form: Mapping[str, str]) -> str:
        given = {
            one: form[f"d {one.path}"].strip()
            for one in inquiry.details
            if form.get(f"d {one.path}", "").strip()
        }
        if inquiry.only_values and not given:
            raise Misunderstood(
                f"d {inquiry.details[0].path}", "Give a value, or say that it is not known."
            )
        node = form.get("node", "")
        if node and node not in self.nodes(inquiry):
            raise Misunderstood("node", "This record is not in the case any longer.")
        if not node:
            # Whoever is asked once more and says yes takes back that there is none.
            self._undeny(inquiry.role, inquiry.term)
            node = self._fresh(local_name(inquiry.term))
            self._add(self.case, inquiry.role, ox.NamedNode(node))
            self._add(node, TYPE, ox.NamedNode(inquiry.term))
        for detail, text in given.items():
            self._say(node, detail, text, form)
        if needed(inquiry.details, list(given)):
            self._leave(inquiry)
        values = "; ".join(self._words(one, text, form) for one, text in given.items())
        return f"{inquiry.label}: {inquiry.yes}" + (f" ({values})" if values else "")

    def _words(self, detail: Detail, text: str, form: Mapping[str, str]) -> str:
        """Return a value that was given, by what its property is called."""
        names = {"true": "yes", "false": "no", **dict(detail.options)}
        unit = form.get(f"u {detail.path}", detail.unit)
        said = f"{names.get(text, text)} {unit}".strip()
        return f"{self._label(detail.path)} {said}"

    def _say(self, node: str, detail: Detail, text: str, form: Mapping[str, str]) -> None:
        field = f"d {detail.path}"
        if detail.kind == RECORD:
            if text not in dict(detail.options):
                raise Misunderstood(field, "Choose one of these.")
            other = self._fresh(local_name(text))
            self._add(node, detail.path, ox.NamedNode(other))
            self._add(other, TYPE, ox.NamedNode(text))
            return
        if detail.kind == "date":
            at = _moment(field, text)
            if at.day is None:
                self._add(node, WHEN, casegraph.typed(text, _KINDS[len(text)]))
                return
            value: ox.Literal | ox.NamedNode = casegraph.date(at.day)
        else:
            value = self._value(detail, text, form)
        self._draft.remove(list(self._draft.matching(node, detail.path)))
        self._add(node, detail.path, value)

    def _value(
        self, detail: Detail, text: str, form: Mapping[str, str]
    ) -> ox.Literal | ox.NamedNode:
        field = f"d {detail.path}"
        if detail.kind == "choice":
            if text not in dict(detail.options):
                raise Misunderstood(field, "Choose one of these.")
            return ox.NamedNode(text)
        if detail.kind == "boolean":
            if text not in {"true", "false"}:
                raise Misunderstood(field, "Choose yes or no.")
            return casegraph.typed(text, "boolean")
        number = text.replace(",", ".")
        unit = form.get(f"u {detail.path}", detail.unit)
        if unit != detail.unit:
            if unit not in units_of(self._vocabulary, detail) or not _DECIMAL.fullmatch(number):
                raise Misunderstood(field, "Give a number, such as 12 or 6.5, in one of the units.")
            return casegraph.quantity(number, unit)
        if detail.kind == "integer" and not _INTEGER.fullmatch(number):
            raise Misunderstood(field, "Give a whole number, such as 12.")
        if not _DECIMAL.fullmatch(number):
            raise Misunderstood(field, "Give a number, such as 12 or 6.5.")
        return casegraph.typed(number, "integer" if _INTEGER.fullmatch(number) else "decimal")

    def _complete(self, term: str, day: datetime.date) -> None:
        for link in list(self._draft.matching(self.case, _COMPLETENESS)):
            node = text_of(link.object)
            if any(self._draft.matching(node, OF, term)):
                self._draft.remove(list(self._draft.matching(node, None)))
                self._draft.remove([link])
        node = self._fresh(f"all-of-{local_name(term)}")
        self._add(self.case, _COMPLETENESS, ox.NamedNode(node))
        self._add(node, TYPE, ox.NamedNode(IND + "Completeness"))
        self._add(node, OF, ox.NamedNode(term))
        self._add(node, IND + "since", casegraph.date(day))

    def _leave(self, inquiry: Inquiry) -> None:
        node = self._fresh(f"unanswered-{local_name(inquiry.term or inquiry.role)}")
        self._add(self.case, UNANSWERED, ox.NamedNode(node))
        self._add(node, TYPE, ox.NamedNode(IND + "Unanswered"))
        self._add(node, ASKED, ox.NamedNode(inquiry.role))
        if inquiry.term:
            self._add(node, OF, ox.NamedNode(inquiry.term))

    def _undeny(self, role: str, term: str) -> None:
        self._draft.remove(list(self._draft.matching(self.case, DENIALS[role], term)))

    def _forget_unanswered(self, role: str, term: str) -> None:
        for node, asked, of in unanswered(self._draft.document().quads):
            if (asked, of) == (role, term):
                self._draft.remove(list(self._draft.matching(node, None)))
                self._draft.remove(list(self._draft.matching(None, None, node)))

    def _add(self, node: str, path: str, value: ox.NamedNode | ox.Literal) -> None:
        self._draft.add(node, path, value)

    def _fresh(self, name: str) -> str:
        stem = f"{self.case}/{name}"
        node, number = stem, 1
        while any(self._draft.matching(node, None)) or any(self._draft.matching(None, None, node)):
            number += 1
            node = f"{stem}-{number}"
        return node


def needed(details: Iterable[Detail], given: Iterable[Detail]) -> list[Detail]:
    """Return the values that are still to be given; of when something was, any one is enough."""
    known = {_is_time(one) for one in given}
    return [one for one in details if not (_is_time(one) and True in known) and one not in given]


def _is_time(detail: Detail) -> bool:
    return detail.kind == "date" or detail.path in {WEEKS, casegraph.ONGOING}


def unanswered(quads: Iterable[ox.Quad]) -> Iterator[tuple[str, str, str]]:
    """Yield what nobody could answer: its node, the property that was asked for, and the class."""
    said: dict[str, dict[str, str]] = {}
    links = []
    for quad in quads:
        said.setdefault(text_of(quad.subject), {})[quad.predicate.value] = text_of(quad.object)
        if quad.predicate.value == UNANSWERED:
            links.append(text_of(quad.object))
    for node in links:
        yield node, said.get(node, {}).get(ASKED, ""), said.get(node, {}).get(OF, "")


def units_of(vocabulary: Vocabulary, detail: Detail) -> tuple[str, ...]:
    """Return the units in which a value may be given, its own first."""
    if not detail.unit:
        return ()
    others = [one.unit for one in vocabulary.conversions.get(detail.path, [])]
    return tuple(dict.fromkeys([detail.unit, *others]))


def prefixes_of(document: Document, more: Iterable[str]) -> dict[str, str]:
    """Return the prefixes that a case declares, and those of other texts."""
    return prefixes_in([document.text, *more])


def _moment(field: str, text: str) -> Moment:
    try:
        if len(text) not in {4, 7, 10}:
            raise MomentError(text)
        return moment(text)
    except MomentError as error:
        raise Misunderstood(
            field, "Write a day as 2026-11-30, a month as 2026-11, a year as 2026."
        ) from error


def _day(field: str, text: str) -> datetime.date:
    at = _moment(field, text.strip())
    # Of a month or a year from which on all is known, the last day is sure.
    return at.last


def _age(born: datetime.date, today: datetime.date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
