"""Know what can be asked about one patient, in the words of the data, and what to ask first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from indicant.compile.model import AGES, HAD_FINDING, HAS_FINDING, ITSELF, RECEIVED, TIMES
from indicant.exchange.questions import BIRTH, DENIALS, Asked, Detail, Questions
from indicant.guideline.wording import Words
from indicant.intake.casegraph import ENDED, ON, ONGOING, ONSET, STARTED
from indicant.intake.codes import scale_of
from indicant.terms import IND, TYPE, XSD, local_name

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from indicant.assess.assessor import Assessor
    from indicant.explain.next import NextRecord, OpenFactRecord, SettledRecord

RECORDS_ALL: Final = IND + "recordsAll"
AGE: Final = IND + "ageInYears"
WEEKS: Final = IND + "weeks"
RECORD: Final = "record"
"""The kind of a value that is another record, of one of some classes."""
_PAST: Final = frozenset({HAD_FINDING, RECEIVED, RECORDS_ALL})
"""Of what it may be known only that there was none since some day."""
_TIMES: Final = frozenset({STARTED, ENDED, ON, ONGOING, ONSET})
_LITERALS: Final = """
PREFIX ind: <https://w3id.org/indicant/core/>
SELECT DISTINCT ?literal ?role ?term ?path WHERE {
  ?literal ind:polarity ind:Present ; ind:existential ?existential .
  ?existential ind:role ?role ; ind:counts?/ind:filler ?term .
  OPTIONAL { ?existential ind:counts?/ind:facet/ind:onProperty ?path }
} ORDER BY ?literal ?role ?term ?path
"""
_DEMANDED: Final = """
PREFIX ind: <https://w3id.org/indicant/core/>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
SELECT DISTINCT ?role ?term ?path ?inner ?value WHERE {
  ?existential ind:role ?role ; ind:counts?/ind:filler ?term ; ind:counts?/ind:facet ?facet .
  ?facet ind:onProperty ?path .
  OPTIONAL { ?facet ind:innerFacet ?deeper . ?deeper ind:onProperty rdf:type ; ind:value ?inner }
  OPTIONAL { ?facet ind:value ?value }
} ORDER BY ?role ?term ?path ?inner ?value
"""
_WORDED: Final = """
PREFIX ind: <https://w3id.org/indicant/core/>
SELECT ?term ?question WHERE {
  ?term ind:question ?question FILTER(LANG(?question) IN ("", "en"))
} ORDER BY ?term ?question
"""


@dataclass(frozen=True)
class Inquiry:
    """A question about the patient: of which property of the case, and about which class.

    Of a value of the patient there is no class; ``yes`` and ``no`` say in words what they say, and
    ``no`` is empty where nobody can say so. ``once`` tells that there is at most one such record.
    """

    role: str
    term: str
    label: str
    words: str
    yes: str = ""
    no: str = ""
    details: tuple[Detail, ...] = ()
    only_values: bool = False

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return key_of(self.role, self.term)

    @property
    def since(self) -> bool:
        """Whether it may be answered by a day since which there was none, or all is recorded."""
        if self.only_values or self.role not in _PAST:
            return False
        return self.role == RECORDS_ALL or any(one.kind == "date" for one in self.details)


@dataclass(frozen=True)
class Due:
    """A question that is open, with what yes and no would settle."""

    inquiry: Inquiry
    present: tuple[SettledRecord, ...] = ()
    absent: tuple[SettledRecord, ...] = ()
    by: tuple[str, ...] = ()

    @property
    def rank(self) -> tuple[int, int]:
        """How much it settles: whichever way it turns out, and altogether."""
        yes, no = len(self.present), len(self.absent)
        return -min(yes, no), -(yes + no)


def key_of(role: str, term: str) -> str:
    """Return what a question is called: the property of the case, and the class if there is one."""
    return f"{local_name(role)} {term}".strip()


class Inquiries:
    """All that a guideline can be asked about a patient."""

    def __init__(self, assessor: Assessor) -> None:
        self._assessor, self.words = assessor, Words(assessor.language)
        self._questions = Questions(assessor)
        self._worded: dict[str, str] = {}
        for term, question in assessor.select(_WORDED):
            self._worded.setdefault(term or "", question or "")
        demanded = self._demanded()
        self.each: dict[str, Inquiry] = {}
        known = {(one.role, one.term): one for one in self._questions.asked}
        for role, term in dict.fromkeys([*known, *demanded]):
            if role in DENIALS:
                made = self._of_class(role, term, known.get((role, term)), demanded)
                if made.details or not made.only_values:
                    self.each[made.key] = made
        for one in self._own():
            self.each[one.key] = one
        self._of_fact = self._facts()

    def label(self, iri: str) -> str:
        """Return what a term is called."""
        return self._questions.label(iri)

    def _replies(self, role: str) -> tuple[str, str]:
        """Return what yes and no say; of all that is recorded nobody can say no."""
        name = local_name(role)
        yes = self.words("reply", f"{name}-yes")
        return yes, "" if role == RECORDS_ALL else self.words("reply", f"{name}-no")

    # ------------------------------------------------------------------ what there is to ask

    def _demanded(self) -> dict[tuple[str, str], dict[str, tuple[str, ...]]]:
        """Return by role and class the properties that matter, with classes or values of them."""
        found: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {}
        for role, term, path, inner, value in self._assessor.select(_DEMANDED):
            of = found.setdefault((role or "", term or ""), {})
            options = of.get(path or "", ())
            of[path or ""] = (*options, *(one for one in (inner, value) if one))
        return found

    def _of_class(
        self,
        role: str,
        term: str,
        known: Asked | None,
        demanded: dict[tuple[str, str], dict[str, tuple[str, ...]]],
    ) -> Inquiry:
        yes, no = self._replies(role)
        details = list(known.details) if known else []
        times = [place for place, one in enumerate(details, 1) if one.path in _TIMES]
        if times:
            details.insert(times[-1], Detail(WEEKS, "decimal", self.words("asking", "weeks")))
        paths = {one.path for one in details}
        for path, options in demanded.get((role, term), {}).items():
            more = self._detail(path, options) if path not in paths | TIMES else None
            if more is not None:
                details.append(more)
        quantity = (known is not None and known.only_values) or self._is_quantity(term)
        plain = known.words if known else self.label(term)
        own = role in {HAS_FINDING, RECEIVED}
        return Inquiry(
            role=role,
            term=term,
            label=self.label(term),
            words=self._worded.get(term, plain) if own else plain,
            yes=yes,
            no="" if quantity else no,
            details=tuple(self._put(one) for one in details),
            only_values=quantity,
        )

    def _is_quantity(self, term: str) -> bool:
        return (term, TYPE, IND + "Quantity") in self._assessor.vocabulary.triples

    def _put(self, detail: Detail) -> Detail:
        """Return a value that is asked for, in the words of the data where they have some."""
        return replace(detail, words=self._worded.get(detail.path, detail.words))

    def _detail(self, path: str, options: tuple[str, ...]) -> Detail | None:
        """Return how a value is asked for that is another record, an interval or computed."""
        vocabulary = self._assessor.vocabulary
        words = f"{self.label(path)}?"
        if path in vocabulary.leading:
            classes = tuple(one for one in options if one in vocabulary.classes)
            named = tuple((one, self.label(one)) for one in dict.fromkeys(classes))
            return Detail(path, RECORD, words, "", named) if named else None
        if path not in vocabulary.properties:
            return None
        datatype = scale_of(vocabulary, path).datatype
        if datatype in {XSD + "integer", XSD + "decimal"}:
            kind = local_name(datatype)
            return Detail(path, kind, words, vocabulary.units.get(path, ""))
        named = tuple((one, self.label(one)) for one in dict.fromkeys(options) if "://" in one)
        return Detail(path, "choice", words, "", named) if named and not datatype else None

    def _own(self) -> Iterator[Inquiry]:
        """Yield what is asked of the patient; of the age and the date of birth as one question."""
        by_path = {one.path: one for one in self._questions.own}
        birth = by_path.pop(BIRTH, None)
        if birth is not None:
            years = Detail(AGE, "integer", self.words("asking", "ageInYears"))
            yield Inquiry(AGE, "", self.label(AGE), self._words(AGE), details=(birth, years))
        for path, detail in by_path.items():
            yield Inquiry(
                path, "", self.label(path), self._words(path), details=(self._put(detail),)
            )

    def _words(self, path: str) -> str:
        return self._worded.get(path, f"{self.label(path)}?")

    # ------------------------------------------------------------------ what to ask first

    def _facts(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """Return by the term and the label of a fact the questions whose answers may decide it."""
        catalogue = self._assessor.catalogue
        by_literal: dict[str, list[str]] = {}
        for literal, role, term, path in self._assessor.select(_LITERALS):
            if role == ITSELF:
                key = key_of(AGE if path in AGES else path or "", "")
            else:
                key = key_of(role or "", term or "")
            if key in self.each:
                by_literal.setdefault(literal or "", []).append(key)
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        for literal, one in catalogue.literals.items():
            if one.polarity == "present":
                beneath = catalogue.beneath.get(literal, ()) if literal not in by_literal else ()
                keys = [
                    key
                    for each in (literal, *beneath)
                    for key in by_literal.get(_present(each), ())
                ]
                found[one.term, one.fact] = tuple(dict.fromkeys(keys))
        return found

    def due(self, told: NextRecord, answered: Container[str]) -> list[Due]:
        """Return the questions that are open, those that settle most first.

        Args:
            told: the open facts of the case, as ``next`` ranks them.
            answered: the keys of questions that nobody could answer.
        """
        found: dict[str, Due] = {}
        for fact in told["facts"]:
            for key in self._of_fact.get((fact["term"], fact["label"]), ()):
                if key not in found and key not in answered:
                    by = tuple(one["label"] for one in fact["investigations"])
                    found[key] = Due(
                        self.each[key], tuple(fact["present"]), tuple(fact["absent"]), by
                    )
        for all_ in told["complete"]:
            one = self.complete(all_["term"], all_["label"], all_["question"])
            if one.key not in answered:
                found[one.key] = Due(one, tuple(all_["settles"]))
        return sorted(found.values(), key=lambda due: due.rank)

    def decides(self, fact: OpenFactRecord) -> bool:
        """Tell whether the answer to some question may decide a fact."""
        return bool(self._of_fact.get((fact["term"], fact["label"])))

    def complete(self, term: str, label: str = "", question: str = "") -> Inquiry:
        """Return the question whether all is recorded of a class."""
        label = label or self.label(term)
        yes, no = self._replies(RECORDS_ALL)
        words = question or self.words("asking", "all", what=label)
        return Inquiry(RECORDS_ALL, term, label, words, yes, no)

    def named(self, key: str) -> Inquiry | None:
        """Return the question of a key, if there is one."""
        role, _, term = key.partition(" ")
        if role == local_name(RECORDS_ALL) and term in self._assessor.vocabulary.classes:
            return self.complete(term)
        return self.each.get(key)

    def unasked(self, due: Iterable[Due]) -> list[Inquiry]:
        """Return what else can be said of a patient than is asked, by what it is called."""
        asked = {one.inquiry.key for one in due}
        rest = [one for key, one in self.each.items() if key not in asked]
        return sorted(rest, key=lambda one: (one.label, one.key))


def _present(literal: str) -> str:
    stem, _, polarity = literal.rpartition("/")
    return f"{stem}/present" if polarity == "absent" else literal
