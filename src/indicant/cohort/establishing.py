"""Find which literals the records of each patient establish, by the rules that assess one.

There is one place that says what a record establishes: the rules. Patients whose records say the
same, whatever they are called, establish the same, so that the rules run once for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.assess.assessment import InvalidCase
from indicant.cohort.forms import Forms
from indicant.errors import IndicantError
from indicant.files.rdf import TURTLE, Document, text_of
from indicant.terms import IND

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from indicant.assess.assessor import Assessor
    from indicant.cohort.plan import Plan

MOST_KEPT: Final = 1_000_000
"""Of how many different sets of records what they establish is kept: some 150 MB."""
TOGETHER: Final = 100
"""How many patients the rules are run over at once."""
_CASE: Final = ox.NamedNode(IND + "PatientCase")
_OWN: Final = "urn:uuid:cohort-"


@dataclass(frozen=True)
class Given:
    """One patient: the name, and the statements of the case; ``place`` is where it is written."""

    patient: str
    quads: Sequence[ox.Quad]
    place: str = ""


@dataclass(frozen=True)
class Found:
    """The literals of one patient as a mask of bits, or why there are none."""

    given: Given
    literals: int = 0
    problem: str = ""


class Establisher:
    """Finds the literals of patients, a few at a time.

    Args:
        assessor: the guideline.
        plan: what its literals are called.
        as_of: a day for all cases, ``YYYY-MM-DD``, in place of their own.
    """

    def __init__(self, assessor: Assessor, plan: Plan, as_of: str | None = None) -> None:
        self._assessor, self._plan, self._as_of = assessor, plan, as_of
        self._forms = Forms(assessor, as_of)
        self._kept: dict[bytes, int | None] = {}
        self.asked = 0

    def found(self, patients: Iterable[Given | Found]) -> Iterator[Found]:
        """Yield the literals of each patient, in the order in which they come.

        Of whom they are known already, they are not asked for.
        """
        waiting: list[tuple[Given, bytes | None]] = []
        missing: dict[bytes, Given] = {}
        for one in patients:
            if isinstance(one, Found):
                yield from self._answer(waiting, missing)
                waiting, missing = [], {}
                yield one
                continue
            form = self._forms.of(one.quads)
            waiting.append((one, form))
            if form is not None and form not in self._kept:
                missing.setdefault(form, one)
            if len(missing) >= TOGETHER or len(waiting) >= 100 * TOGETHER:
                yield from self._answer(waiting, missing)
                waiting, missing = [], {}
        yield from self._answer(waiting, missing)

    def _answer(
        self, waiting: Sequence[tuple[Given, bytes | None]], missing: Mapping[bytes, Given]
    ) -> Iterator[Found]:
        if not waiting:
            return
        if len(self._kept) > MOST_KEPT:
            self._kept = {}
        self._ask(list(missing.items()))
        for given, form in waiting:
            literals = None if form is None else self._kept.get(form)
            yield self._alone(given) if literals is None else Found(given, literals)

    # ------------------------------------------------------------------ the rules

    def _ask(self, missing: Sequence[tuple[bytes, Given]]) -> None:
        """Run the rules over cases that are new, all together, or where one is invalid in halves.

        What an invalid case establishes is kept as nothing: it is told of each patient why.
        """
        if not missing:
            return
        names = {f"{_OWN}{number}": form for number, (form, _) in enumerate(missing)}
        quads = [
            quad
            for name, (_, given) in zip(names, missing, strict=True)
            for quad in _renamed(given.quads, name)
        ]
        try:
            found = self._literals(Document("", "", TURTLE, tuple(quads)))
        except IndicantError:
            if len(missing) == 1:
                self._kept[missing[0][0]] = None
                return
            middle = len(missing) // 2
            self._ask(missing[:middle])
            self._ask(missing[middle:])
            return
        for name, form in names.items():
            self._kept[form] = found.get(name)

    def _literals(self, document: Document) -> dict[str, int]:
        """Return the literals of each case of a document, as masks.

        Raises:
            IndicantError: a case cannot be assessed.
        """
        number = self._plan.number
        found: dict[str, int] = {}
        with self._assessor.parts(document, as_of=self._as_of) as parts:
            for part in parts:
                for case, _ in part.ask("which-cases-are-there", ordered=False):
                    found.setdefault(case or "", 0)
                    self.asked += 1
                for case, literal in part.ask("what-is-established", ordered=False):
                    found[case or ""] |= 1 << number[literal or ""]
        return found

    def _alone(self, given: Given) -> Found:
        """Answer for one patient as the records stand, with what is wrong with them."""
        document = Document(given.place or given.patient, "", TURTLE, tuple(given.quads))
        try:
            found = self._literals(document)
        except InvalidCase as error:
            told = [one.message for one in error.findings if one.severity == "violation"]
            return Found(given, problem=told[0] if told else error.message)
        except IndicantError as error:
            return Found(given, problem=error.message)
        if len(found) != 1:
            return Found(given, problem=f"there are {len(found)} cases under one name")
        return Found(given, next(iter(found.values())))


def _renamed(quads: Iterable[ox.Quad], name: str) -> Iterator[ox.Quad]:
    """Yield the statements of a case with names under another one for all its nodes."""
    quads = list(quads)
    case = next(text_of(one.subject) for one in quads if one.object == _CASE)
    subjects = dict.fromkeys(text_of(one.subject) for one in quads)
    names = {
        one: ox.NamedNode(name if one == case else f"{name}/{number}")
        for number, one in enumerate(subjects)
    }
    for quad in quads:
        value = quad.object
        if isinstance(value, ox.NamedNode):
            value = names.get(value.value, value)
        subject = names.get(text_of(quad.subject), quad.subject)
        yield ox.Quad(subject, quad.predicate, value)
