"""What cases have in common that establish the same, whatever their nodes are called.

A case is a tree of nodes, from which names are left out. So are days that no rule looks at: of a
node of whose classes no criterion, quantity or interval asks when it was, only the order of its
days counts, among themselves and against the as-of date, by which the shapes tell whether it is
valid.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.cohort.plan import Statements
from indicant.files.rdf import text_of
from indicant.terms import IND, PROV, TYPE, XSD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from indicant.assess.assessor import Assessor

_CASE: Final = ox.NamedNode(IND + "PatientCase")
_AS_OF: Final = IND + "asOf"
_BOUNDS: Final = IND + "bounds"
_BORN: Final = IND + "birthDate"
_DAYS: Final = frozenset(IND + one for one in ("on", "onset", "startedOn", "endedOn"))
_DERIVED: Final = PROV + "wasDerivedFrom"
_TIMES: Final = re.compile(
    re.escape(IND) + "(?:days|weeks|(?:days|months|years)Since(?:Start|End)|ongoing)"
)
_AGES: Final = re.compile(re.escape(IND) + "ageIn(?:Days|Months|Years)")
_DAY: Final = re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}")
_Value = ox.NamedNode | ox.Literal
_Said = dict[str, list[tuple[str, _Value]]]


class Forms:
    """Finds the forms of cases for a guideline.

    Args:
        assessor: the guideline.
        as_of: a day for all cases, in place of their own.
    """

    def __init__(self, assessor: Assessor, as_of: str | None = None) -> None:
        self._known = assessor.vocabulary
        self._as_of = as_of
        self._bare = not assessor.derivations
        graph = Statements(assessor.compiled.graph)
        asked = {one for found in graph.all("reads").values() for one in found}
        facets = {facet: set(found) for facet, found in graph.all("onProperty").items()}
        asked |= {one for found in facets.values() for one in found}
        self._ageless = self._bare and not any(map(_AGES.fullmatch, asked))
        self._computed = computed = {*graph.all("computedBy"), *graph.all("to")}
        timed = {
            facet
            for facet, found in facets.items()
            if any(_TIMES.fullmatch(one) or one in computed for one in found)
        }
        self._dated = {cls for cls, found in graph.all("asks").items() if timed & set(found)}
        for name in ("mayBeOf", "needsInterval"):
            self._dated |= set(graph.all(name))
        wanted = {one for found in graph.all("to").values() for one in found}
        wanted |= {one for found in graph.all("alsoOf").values() for one in found}
        for name in ("overlaps", "subsumedBy"):
            self._dated |= {cls for cls, found in graph.all(name).items() if wanted & set(found)}

    def of(self, quads: Sequence[ox.Quad]) -> bytes | None:
        """Return what a case has in common with others, as a digest.

        Where its nodes are no tree there is none, and it is looked at by itself.
        """
        said: _Said = defaultdict(list)
        for quad in quads:
            path, value = quad.predicate.value, quad.object
            if self._bare and path == _DERIVED:
                continue
            if not isinstance(value, (ox.NamedNode, ox.Literal)):
                return None
            said[text_of(quad.subject)].append((path, value))
        cases = [one for one, rows in said.items() if (TYPE, _CASE) in rows]
        own = {one for one in said if one not in self._known}
        reached = Counter(
            value.value
            for rows in said.values()
            for _, value in rows
            if isinstance(value, ox.NamedNode) and value.value in own
        )
        if len(cases) != 1 or len(own) != len(said) or cases[0] in reached:
            return None
        if len(reached) != len(own) - 1 or any(many > 1 for many in reached.values()):
            return None
        # Each node but the case is reached once, so that this ends; what it does not come to hangs
        # on no case.
        as_of = self._day_of(said[cases[0]]) if self._bare else None
        tree = _Tree(said, set(own), as_of, self._is_timed, self._ageless)
        try:
            told = tree.of(cases[0])
        except RecursionError:
            return None
        return None if tree.left else hashlib.blake2b(told.encode(), digest_size=16).digest()

    def _is_timed(self, rows: Sequence[tuple[str, _Value]]) -> bool:
        """Tell whether it matters when a node was: by its classes, or by what it says of itself.

        What is computed from its days has to agree with what it says.
        """
        return any(
            path == _BOUNDS
            or path in self._computed
            or (path == TYPE and text_of(value) in self._dated)
            for path, value in rows
        )

    def _day_of(self, rows: Sequence[tuple[str, _Value]]) -> datetime.date | None:
        """Return the day for which a case is assessed, where it is one."""
        given = [value for path, value in rows if path == _AS_OF]
        own = _day(given[0]) if len(given) == 1 else None
        if own is None or self._as_of is None:
            return own
        return datetime.date.fromisoformat(self._as_of)


class _Tree:
    """The nodes of one case, of which those that were come to are taken from those left."""

    def __init__(
        self,
        said: Mapping[str, Sequence[tuple[str, _Value]]],
        left: set[str],
        as_of: datetime.date | None,
        is_timed: Callable[[Sequence[tuple[str, _Value]]], bool],
        ageless: bool,
    ) -> None:
        self.left = left
        self._said, self._as_of, self._is_timed, self._ageless = said, as_of, is_timed, ageless

    def of(self, node: str) -> str:
        """Return what a node says, and those that it leads to."""
        self.left.discard(node)
        rows = self._said[node]
        days = self._days(rows)
        told: list[tuple[str, str]] = []
        for path, value in rows:
            if path in _DAYS and value in days:
                told.append((path, days[value]))
            elif path == _BORN and self._ageless and (day := _day(value)) and self._as_of:
                told.append((path, f"{day > self._as_of}"))
            elif isinstance(value, ox.NamedNode) and value.value in self.left:
                told.append((path, self.of(value.value)))
            else:
                told.append((path, str(value)))
        return repr(sorted(told))

    def _days(self, rows: Sequence[tuple[str, _Value]]) -> Mapping[_Value, str]:
        """Return what stands for the days of a node, where it is of no account when it was."""
        as_of = self._as_of
        if as_of is None or self._is_timed(rows):
            return {}
        found = {value: _day(value) for path, value in rows if path in _DAYS}
        order = sorted({day for day in found.values() if day is not None})
        return {
            value: f"{order.index(day)} {(day > as_of) - (day < as_of)}"
            for value, day in found.items()
            if day is not None
        }


def _day(value: _Value) -> datetime.date | None:
    """Return the day that a value is, if it is one as the shapes want it."""
    if not isinstance(value, ox.Literal) or value.datatype.value != XSD + "date":
        return None
    if not _DAY.fullmatch(value.value):
        return None
    try:
        return datetime.date.fromisoformat(value.value)
    except ValueError:
        return None
