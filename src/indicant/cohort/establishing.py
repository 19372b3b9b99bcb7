"""Find which literals the records of each patient establish, by the rules that assess one.

There is one place that says what a record establishes: the rules. Patients whose records say the
same, whatever they are called, establish the same, so that the rules run once for all of them.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.assess.assessment import InvalidCase
from indicant.errors import IndicantError
from indicant.files.rdf import TURTLE, Document, text_of
from indicant.terms import IND, PROV, TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from indicant.assess.assessor import Assessor
    from indicant.cohort.plan import Plan

MOST_KEPT: Final = 1_000_000
"""Of how many different sets of records what they establish is kept: some 150 MB."""
TOGETHER: Final = 100
"""How many patients the rules are run over at once."""
_CASE: Final = ox.NamedNode(IND + "PatientCase")
_DERIVED: Final = PROV + "wasDerivedFrom"
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
        self._bare = not assessor.derivations
        self._kept: dict[bytes, int | None] = {}
        self.asked = 0

    def found(self, patients: Iterable[Given]) -> Iterator[Found]:
        """Yield the literals of each patient, in the order in which they come."""
        waiting: list[tuple[Given, bytes | None]] = []
        missing: dict[bytes, Given] = {}
        for one in patients:
            form = self._form(one.quads)
            waiting.append((one, form))
            if form is not None and form not in self._kept:
                missing.setdefault(form, one)
            if len(missing) >= TOGETHER or len(waiting) >= 100 * TOGETHER:
                yield from self._answer(waiting, missing)
                waiting, missing = [], {}
        yield from self._answer(waiting, missing)

    def _answer(
        self, waiting: Iterable[tuple[Given, bytes | None]], missing: Mapping[bytes, Given]
    ) -> Iterator[Found]:
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

    # ------------------------------------------------------------------ what cases have in common

    def _form(self, quads: Sequence[ox.Quad]) -> bytes | None:
        """Return what all cases have in common that say the same, whatever their nodes are called.

        That is a digest of the case as a tree, from which names are left out. Where its nodes are
        no tree there is none, and it is looked at by itself.
        """
        known = self._assessor.vocabulary
        said: dict[str, list[tuple[str, ox.NamedNode | ox.Literal]]] = defaultdict(list)
        for quad in quads:
            path = quad.predicate.value
            if not (self._bare and path == _DERIVED):
                value = quad.object
                if not isinstance(value, (ox.NamedNode, ox.Literal)):
                    return None
                said[text_of(quad.subject)].append((path, value))
        cases = [one for one, rows in said.items() if (TYPE, _CASE) in rows]
        own = {one for one in said if one not in known}
        reached = Counter(
            value.value
            for rows in said.values()
            for _, value in rows
            if isinstance(value, ox.NamedNode) and value.value in own
        )
        if len(cases) != 1 or len(own) != len(said):
            return None
        if (
            cases[0] in reached
            or len(reached) != len(own) - 1
            or any(many > 1 for many in reached.values())
        ):
            return None
        # Each node but the case is reached once, so that this ends; what it does not come to hangs
        # on no case.
        left = set(own)
        try:
            told = _tree(cases[0], said, left)
        except RecursionError:
            return None
        return None if left else hashlib.blake2b(told.encode(), digest_size=16).digest()


def _tree(
    node: str,
    said: Mapping[str, Sequence[tuple[str, ox.NamedNode | ox.Literal]]],
    left: set[str],
) -> str:
    """Return what a node says, and those that it leads to, and take them from those left."""
    left.discard(node)
    rows: list[tuple[str, str]] = []
    for path, value in said[node]:
        inner = isinstance(value, ox.NamedNode) and value.value in left
        rows.append((path, _tree(value.value, said, left) if inner else str(value)))
    return repr(sorted(rows))


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
