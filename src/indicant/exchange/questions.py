"""Know what a person can be asked about a case so that a guideline answers, and how to say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from indicant.compile.model import (
    AGES,
    HAD_FINDING,
    HAS_FINDING,
    ITSELF,
    PROPOSES,
    RECEIVED,
    TIMES,
)
from indicant.guideline.wording import Words
from indicant.intake.casegraph import ENDED, EXCLUDES, ON, ONGOING, ONSET, STARTED
from indicant.intake.codes import scale_of
from indicant.terms import IND, OWL, TYPE, XSD, local_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indicant.assess.assessor import Assessor

BIRTH: Final = IND + "birthDate"
NEVER_HAD: Final = IND + "neverHad"
NOT_PROPOSED: Final = IND + "doesNotPropose"
_ROLES: Final = (HAS_FINDING, HAD_FINDING, RECEIVED, PROPOSES)
"""What is asked of a class, in words by which "no" is what ``DENIALS`` says and nothing less."""
DENIALS: Final = {
    HAS_FINDING: EXCLUDES,
    HAD_FINDING: NEVER_HAD,
    RECEIVED: EXCLUDES,
    PROPOSES: NOT_PROPOSED,
}
_DATES: Final = {
    HAS_FINDING: ((ONSET, "date", "onset"),),
    HAD_FINDING: ((ONSET, "date", "onset"), (ENDED, "date", "endedOn")),
    RECEIVED: (
        (ON, "date", "received-on"),
        (STARTED, "date", "received-startedOn"),
        (ENDED, "date", "received-endedOn"),
        (ONGOING, "boolean", "received-ongoing"),
    ),
    PROPOSES: (),
}
_NUMBERS: Final = frozenset(
    XSD + name
    for name in (
        "decimal",
        "integer",
        "int",
        "long",
        "short",
        "nonNegativeInteger",
        "positiveInteger",
        "unsignedInt",
    )
)
_STATED: Final = """
PREFIX ind: <https://w3id.org/indicant/core/>
SELECT DISTINCT ?role ?term ?property ?inner ?several WHERE {
  ?existential ind:role ?role ; ind:counts?/ind:filler ?term .
  OPTIONAL { ?existential ind:counts ?counts }
  OPTIONAL { ?existential ind:counts?/ind:facet ?facet . ?facet ind:onProperty ?property
    OPTIONAL { ?facet ind:innerFacet ?deeper } }
  BIND(BOUND(?deeper) AS ?inner)
  BIND(BOUND(?counts) AS ?several)
} ORDER BY ?role ?term ?property ?inner ?several
"""
_QUANTITIES: Final = """
PREFIX ind: <https://w3id.org/indicant/core/>
SELECT DISTINCT ?term WHERE { ?term a ind:Quantity } ORDER BY ?term
"""
_COMPUTED: Final = """
PREFIX ind: <https://w3id.org/indicant/core/>
SELECT DISTINCT ?property WHERE {
  { ?property ind:expression ?how } UNION { ?property ind:step ?how }
  UNION { ?property a ind:Interval } UNION { ?property a ind:Score }
} ORDER BY ?property
"""


@dataclass(frozen=True)
class Detail:
    """A value that is asked for: of which property, of what kind, and in which unit.

    ``kind`` is ``date``, ``boolean``, ``integer``, ``decimal`` or ``choice``; a choice has the
    individuals, each with its label.
    """

    path: str
    kind: str
    words: str
    unit: str = ""
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Asked:
    """A class that is asked about, by its role, and the values that matter where it is there.

    ``only_values`` says that it is a quantity, of which its values alone are asked for: that there
    is none would be said of all records that it may be computed from.
    """

    role: str
    term: str
    words: str
    details: tuple[Detail, ...]
    only_values: bool = False

    @property
    def name(self) -> str:
        """Return what tells it from all others."""
        return f"{local_name(self.role)} {self.term}"


class Questions:
    """What a guideline looks at of a case, as questions, with what cannot be asked.

    ``own`` is asked of the patient; ``left`` says in words what no answer here can say.
    """

    def __init__(self, assessor: Assessor) -> None:
        self._vocabulary, self._words = assessor.vocabulary, Words(assessor.language)
        self._labels: dict[str, str] = {}
        for term, label in assessor.ask("what-is-each-term-called"):
            self._labels.setdefault(term or "", label or "")
        self._computed = {row[0] for row in assessor.select(_COMPUTED)}
        quantities = {row[0] for row in assessor.select(_QUANTITIES)}
        self.left: list[str] = []
        asked: dict[tuple[str, str], dict[str, bool]] = {}
        own: dict[str, bool] = {}
        for role, term, path, inner, several in assessor.select(_STATED):
            assert role and term  # noqa: S101, PT018
            if role == ITSELF:
                if path:
                    own[path] = True
                continue
            if role not in _ROLES:
                continue
            of = asked.setdefault((role, term), {})
            if several == "true":
                self._leave(self._words("asking", "many-times", what=self.label(term)))
            if path and inner == "true":
                self._leave_property("other-record", path, term)
            elif path:
                of[path] = True
        found = [
            self._asked(role, term, of, term in quantities)
            for (role, term), of in sorted(asked.items(), key=self._place)
        ]
        self.asked = [one for one in found if one.details or not one.only_values]
        self.own = tuple(self._own(own))

    def _asked(self, role: str, term: str, paths: dict[str, bool], quantity: bool) -> Asked:
        label = self.label(term)
        words = label if quantity else self._words("asking", local_name(role), what=label)
        times = () if quantity else self._times(role, paths)
        return Asked(role, term, words, (*times, *self._values(term, paths)), quantity)

    def label(self, iri: str) -> str:
        """Return what a term is called."""
        return self._labels.get(iri) or local_name(iri)

    def _place(self, one: tuple[tuple[str, str], object]) -> tuple[int, str, str]:
        (role, term), _ = one
        return _ROLES.index(role), self.label(term), term

    def _leave(self, words: str) -> None:
        if words not in self.left:
            self.left.append(words)

    def _leave_property(self, key: str, path: str, term: str = "") -> None:
        what = {"what": self.label(term)} if term else {}
        self._leave(self._words("asking", key, property=self.label(path), **what))

    def _times(self, role: str, paths: dict[str, bool]) -> Iterator[Detail]:
        if not TIMES.isdisjoint(paths):
            for path, kind, key in _DATES[role]:
                yield Detail(path, kind, self._words("asking", key))

    def _values(self, term: str, paths: dict[str, bool]) -> Iterator[Detail]:
        for path in paths:
            if path not in TIMES:
                found = self._detail(path)
                if found is None:
                    self._leave_property("property-of", path, term)
                else:
                    yield found

    def _own(self, paths: dict[str, bool]) -> Iterator[Detail]:
        if not paths.keys().isdisjoint(AGES):
            yield Detail(BIRTH, "date", self._words("asking", "birthDate"))
        for path in paths:
            if path not in AGES:
                found = self._detail(path)
                if found is None:
                    self._leave_property("of-patient", path)
                else:
                    yield found

    def _detail(self, path: str) -> Detail | None:
        """Return how a property is asked for, or nothing where no answer says what it has."""
        vocabulary = self._vocabulary
        if (
            path in self._computed
            or path in vocabulary.leading
            or path not in vocabulary.properties
        ):
            return None
        words = f"{self.label(path)}?"
        if (path, TYPE, OWL + "ObjectProperty") in vocabulary.triples:
            kind = vocabulary.ranges.get(path)
            options = tuple(
                sorted((one, self.label(one)) for one in vocabulary.individuals_of(kind))
            )
            return Detail(path, "choice", words, "", options) if kind and options else None
        datatype = scale_of(vocabulary, path).datatype
        if datatype == XSD + "boolean":
            return Detail(path, "boolean", words)
        if datatype not in _NUMBERS:
            return None
        kind = "decimal" if datatype == XSD + "decimal" else "integer"
        return Detail(path, kind, words, vocabulary.units.get(path, ""))
