"""Tell what would follow for a case if some facts were known, or were otherwise than recorded.

A fact is put in place; every recorded statement that contradicts what it entails is taken back;
the rest stays. That is what ``drafting`` does to the graph of the case; here the same is done to
masks of literals, some hundred thousand times a second.
"""

from __future__ import annotations

import functools
import itertools
import operator
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from indicant.explain.entailment import Entailment, Mask, bits
from indicant.explain.related import Beyond, Way, whole
from indicant.explain.scoring import Scores
from indicant.terms import IND, OWL, TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyoxigraph as ox

    from indicant.assess.engine import Answering
    from indicant.assess.records import Answer, Status
    from indicant.query.rows import Row

LARGEST: Final = 4
TRIES: Final = 200_000
MOST_TOGETHER: Final = 1_000
"""How many sets of statements that show several things together are looked at."""
MOST_KEPT: Final = 100_000
"""How many answers of a kind a ruling keeps."""
SETTLED: Final[frozenset[Status]] = frozenset(
    ("recommended", "conflicting", "contraindicated", "not-applicable")
)
ORDER: Final[tuple[Status, ...]] = (
    "recommended",
    "conditional",
    "conflicting",
    "contraindicated",
    "undetermined",
    "not-applicable",
)
_SCORES: Final[dict[Answer, int]] = {"refuted": 0, "open": 1, "met": 2}
_LINKS: Final = frozenset(
    IND + name for name in ("hasFinding", "hadFinding", "received", "proposes")
)
_SHOWS: Final = IND + "shows"
_EXCLUDES: Final = IND + "excludes"
_PROPOSES: Final = IND + "proposes"
_DENYING: Final = frozenset(IND + name for name in ("neverHad", "doesNotPropose"))
CLOSING: Final = frozenset(IND + name for name in ("recordsAll", "recordsAllProposals", "of"))
"""What says that no more is there than is recorded."""
ASKED: Final = (
    "which-statements-establish-what",
    "which-records-are-not-what-is-complete",
    "which-records-may-be-what-is-counted",
    "which-related-records-show-what",
)
"""The questions about a case that a situation is made of."""


@dataclass(frozen=True)
class Statement:
    """A recorded statement: the class or a value of a node, an exclusion, a proposal and so on.

    Of a value the property is the path and the value is left open.
    """

    node: str
    path: str
    value: str | None


class Ruling:
    """What decides the status of every intervention that a guideline speaks of."""

    def __init__(self, engine: Answering, tries: int = TRIES) -> None:
        """Ask for the literals, their clauses and the implicants, once.

        At so many sets of facts is looked for changes of a status, where that is explained.
        """
        self.tries = tries
        opposites: dict[str, str] = {}
        further: dict[str, str] = {}
        clauses: dict[str, list[str]] = defaultdict(list)
        polarity = {row[0] or "": row[2] for row in engine.ask("which-literals-are-there")}
        for clause, literal, opposite in engine.ask("which-clauses-are-there"):
            assert clause and literal and opposite  # noqa: S101, PT018
            clauses[clause].append(literal)
            if literal not in polarity:
                further.setdefault(min(literal, opposite), max(literal, opposite))
        for literal in sorted(polarity):
            if polarity[literal] == "present":
                opposites[literal] = literal.removesuffix("present") + "absent"
        self.entailment = Entailment(opposites, clauses.values(), further)
        sets: dict[str, dict[str, dict[str, set[str]]]] = defaultdict(
            lambda: {"met": defaultdict(set), "refuted": defaultdict(set)}
        )
        for iri, answer, _, implicant, literal in engine.ask("which-implicants-are-there"):
            assert iri and answer and implicant  # noqa: S101, PT018
            found = sets[iri][answer][implicant]
            if literal is not None:
                found.add(literal)
        mask = self.entailment.mask
        self.met = {iri: [mask(one) for one in sets[iri]["met"].values()] for iri in sets}
        self.refuted = {iri: [mask(one) for one in sets[iri]["refuted"].values()] for iri in sets}
        self.counting: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
        for action, iri, direction in engine.ask("what-counts-for-what"):
            assert action and iri  # noqa: S101, PT018
            self.counting[action][direction != "for"].append(iri)
        self._scores = Scores(engine, self.entailment)
        self.least = {
            self.entailment.number[literal]: int(least)
            for literal, least in engine.ask("which-facts-demand-several")
            if literal in self.entailment.number and least
        }
        self._about = {
            iri: self._scores.beneath(
                functools.reduce(operator.or_, (*self.met[iri], *self.refuted[iri]), 0)
            )
            for iri in sets
        }
        self._answered = functools.lru_cache(MOST_KEPT)(self._answer)
        self._scored = functools.lru_cache(MOST_KEPT)(self._score)

    def answer(self, recommendation: str, known: Mask) -> Answer:
        """Return the answer of a recommendation where certain literals are known."""
        # Of all that is known, an answer depends on little.
        return self._answered(recommendation, known & self._about[recommendation])

    def _answer(self, recommendation: str, known: Mask) -> Answer:
        known |= self._scores.established(known)
        if any(one & known == one for one in self.met[recommendation]):
            return "met"
        if any(one & known == one for one in self.refuted[recommendation]):
            return "refuted"
        return "open"

    def status(self, action: str, known: Mask) -> Status:
        """Return the status of an intervention where certain literals are known."""
        pro, contra = (
            max((_SCORES[self.answer(iri, known)] for iri in side), default=0)
            for side in self.counting[action]
        )
        return _status(pro, contra)

    def reach(self, action: str, least: Mask, most: Mask) -> list[Status]:
        """Return what the status can be where at least and at most certain literals are known."""
        sides = []
        for side in self.counting[action]:
            scores = [self._counts(iri, least, most) for iri in side] or [(0, 0)]
            low, high = max(one for one, _ in scores), max(one for _, one in scores)
            sides.append(range(low, high + 1))
        return [_status(pro, contra) for pro in sides[0] for contra in sides[1]]

    def _counts(self, iri: str, least: Mask, most: Mask) -> tuple[int, int]:
        """Return the lowest and the highest that the answer of a recommendation can count."""
        about = self._about[iri]
        return self._scored(iri, least & about, most & about)

    def _score(self, iri: str, least: Mask, most: Mask) -> tuple[int, int]:
        if (answer := self.answer(iri, least)) != "open":
            return _SCORES[answer], _SCORES[answer]
        most |= self._scores.established(most)
        refutable = any(one & most == one for one in self.refuted[iri])
        meetable = any(one & most == one for one in self.met[iri])
        return 0 if refutable else 1, 2 if meetable else 1

    def relevant(self, action: str) -> Mask:
        """Return the literals, with their opposites, on which the status can depend.

        What a score is depends on other facts, and is none that a case records.
        """
        found = 0
        for iri in itertools.chain(*self.counting[action]):
            found |= self._about[iri]
        return (found | self.entailment.opposite(found)) & ~self._scores.own


def _together(nodes: Sequence[Sequence[Mask]], least: int) -> list[Mask]:
    """Return the statements of every so many nodes, each node by any of its ways."""
    found = []
    for some in itertools.combinations(nodes, least):
        for ways in itertools.product(*some):
            found.append(functools.reduce(operator.or_, ways))
            if len(found) >= MOST_TOGETHER:
                return found
    return found


def _completing(facts: Mask, found: Iterable[tuple[Mask, Status]]) -> Mask:
    """Return the literals with each of which facts take in a set that was found."""
    mask = 0
    for known, _ in found:
        missing = known & ~facts
        if not missing & (missing - 1):
            mask |= missing
    return mask


def _status(pro: int, contra: int) -> Status:
    if pro == 2:
        return ORDER[contra]
    if contra == 2:
        return "contraindicated"
    return "undetermined" if pro or contra else "not-applicable"


@dataclass(frozen=True)
class Change:
    """A least set of facts, as the numbers of literals, and the status that it leads to."""

    facts: tuple[int, ...]
    status: Status


@dataclass(frozen=True)
class Changes:
    """The least sets of facts that change a status.

    They are all there are of at most ``size`` facts, and all of any size where ``complete``.
    """

    sets: tuple[Change, ...]
    size: int
    complete: bool


@dataclass(frozen=True)
class _Fact:
    """A literal that a set can take in, what it entails, and the statements that contradict it."""

    bit: Mask
    entails: Mask
    withdraws: Mask


@dataclass(frozen=True)
class _Other:
    """Why a record is not what is demanded: any of some statements, or that it is taken back.

    It is taken back with all statements of any of the sets ``gone``. Each of the sets ``further``
    is a reason as long as all of its statements stand.
    """

    ways: Mask
    gone: tuple[Mask, ...]
    further: tuple[Mask, ...] = ()

    def holds(self, withdrawn: Mask) -> bool:
        return (
            bool(self.ways & ~withdrawn)
            or any(not one & withdrawn for one in self.further)
            or any(one & withdrawn == one for one in self.gone if one)
        )


class Situation:
    """What one case establishes, and on which of its statements that rests."""

    def __init__(
        self, ruling: Ruling, case: str, told: Sequence[Iterable[Row]], quads: Sequence[ox.Quad]
    ) -> None:
        """Take the rows of ``ASKED`` and the case as it was read."""
        rows, short, counted, related = told
        self._beyond = Beyond(case, related)
        self.ruling = ruling
        self.case = case
        self._number: dict[Statement, int] = {}
        self.statements: list[Statement] = []
        self._supports: dict[int, list[Mask]] = defaultdict(list)
        self._closed: dict[int, list[tuple[Mask, list[_Other]]]] = defaultdict(list)
        self._spare = self._spared(counted)
        self._contrary: dict[int, Mask] = defaultdict(int)
        self._states: dict[Mask, Mask] = {}
        links = _Links(case, quads)
        others = self._short(short, links)
        several: dict[int, dict[str, list[Mask]]] = defaultdict(lambda: defaultdict(list))
        for literal, statements, needed in self._ways(rows, links):
            number = ruling.entailment.number[literal]
            primary = self._union(0, statements)
            self._contrary[number] |= primary
            if any(one.path in CLOSING for one in statements):
                self._closed[number].append((primary, others.get(literal, [])))
                continue
            ways = [self._union(primary, further) for further in itertools.product(*needed)]
            if self._beyond:
                beyond = self._shown(literal, statements)
                ways = [one | other for one, other in itertools.product(ways, beyond)]
            if number in ruling.least:
                several[number][statements[0].node] += ways
            else:
                self._supports[number] += ways
        for number, nodes in several.items():
            self._supports[number] += _together(list(nodes.values()), ruling.least[number])
        self.known = self._known(0)

    def _shown(self, literal: str, statements: Sequence[Statement]) -> list[Mask]:
        """Return what of related records goes with statements that establish a literal."""
        (node, *_), beyond = {one.node: None for one in statements}, self._beyond
        found: list[Way] = []
        if literal.endswith("/present"):
            found = beyond.satisfying(literal, node)
        else:
            for one in statements:
                found += beyond.violating(literal, node, one.path)
        return [self._of(way) for way in found] or [0]

    def _of(self, way: Way) -> Mask:
        return self._union(0, (Statement(*one) for one in sorted(way, key=str)))

    def _short(self, rows: Iterable[Row], links: _Links) -> dict[str, list[_Other]]:
        """Return for each literal that is closed why each record is not what is demanded."""
        ways: dict[tuple[str, str], Mask] = defaultdict(int)
        further: dict[tuple[str, str], list[Mask]] = defaultdict(list)
        for case, literal, record, node, path, value in rows:
            if case == self.case:
                assert literal and record and node and path  # noqa: S101, PT018
                beyond = self._beyond.violating(literal, node, path) if self._beyond else []
                further[(literal, record)] += map(self._of, beyond)
                statements = [] if beyond else [Statement(node, whole(path), value)]
                ways[(literal, record)] |= self._union(0, statements)
        found: dict[str, list[_Other]] = defaultdict(list)
        for (literal, record), mask in ways.items():
            gone = [self._union(0, some) for some in links.gone(record)]
            found[literal].append(_Other(mask, tuple(gone), tuple(further[(literal, record)])))
        return found

    def _spared(self, rows: Iterable[Row]) -> dict[int, int]:
        """Return how many more records may be what is counted before it is not known to be few."""
        found = {number: least - 1 for number, least in self.ruling.least.items()}
        for case, literal, _ in rows:
            if case == self.case:
                found[self.ruling.entailment.number[literal or ""]] -= 1
        return found

    def _union(self, mask: Mask, statements: Iterable[Statement]) -> Mask:
        for one in statements:
            mask |= 1 << self._statement(one)
        return mask

    def _statement(self, one: Statement) -> int:
        if one not in self._number:
            self._number[one] = len(self.statements)
            self.statements.append(one)
        return self._number[one]

    def _known(self, withdrawn: Mask) -> Mask:
        found = self._states.get(withdrawn)
        if found is None:
            found = 0
            for number, supports in self._supports.items():
                if any(not one & withdrawn for one in supports):
                    found |= 1 << number
            for number, closed in self._closed.items():
                spare = self._spare.get(number, 0)
                if any(
                    not primary & withdrawn
                    and sum(not one.holds(withdrawn) for one in others) <= spare
                    for primary, others in closed
                ):
                    found |= 1 << number
            self._states[withdrawn] = found
        return found

    def withdrawn(self, facts: Mask) -> list[Statement]:
        """Return the statements that are taken back for facts to hold."""
        closure = self.ruling.entailment.closure(facts)
        return [] if closure is None else [self.statements[n] for n in bits(self._against(closure))]

    def _against(self, closure: Mask) -> Mask:
        found = 0
        for number in bits(self.known & self.ruling.entailment.opposite(closure)):
            found |= self._contrary[number]
        return found

    def given(self, facts: Mask) -> Mask | None:
        """Return what is known once facts hold, or nothing where they cannot."""
        entailment = self.ruling.entailment
        closure = entailment.closure(facts)
        if closure is None:
            return None
        return entailment.closure(self._known(self._against(closure)) | closure)

    def status(self, action: str, facts: Mask = 0) -> Status | None:
        """Return the status of an intervention once facts hold, or nothing where they cannot."""
        known = self.given(facts)
        return None if known is None else self.ruling.status(action, known)

    def changes(
        self, action: str, *, to: Status | None = None, largest: int = LARGEST, tries: int = TRIES
    ) -> Changes:
        """Find the least sets of facts that change the status of an intervention.

        Least is meant by inclusion: no part of a set changes the status.

        Args:
            action: the intervention.
            to: the status that is wanted, rather than any other than now.
            largest: how many facts a set may have.
            tries: how many sets to look at.
        """
        entailment = self.ruling.entailment
        now = self.ruling.status(action, self.known)
        if to == now:
            return Changes((), 0, True)
        pool = [
            _Fact(1 << number, closure, self._against(closure))
            for number in bits(self.ruling.relevant(action) & ~self.known)
            if (closure := entailment.closure(1 << number)) is not None
        ]

        def wanted(status: Status) -> bool:
            return status != now if to is None else status == to

        found: list[tuple[Mask, Status]] = []
        edge: list[tuple[Mask, Mask, list[_Fact]]] = [(0, 0, pool)]
        for size in range(1, largest + 1):
            wider: list[tuple[Mask, Mask, list[_Fact], int]] = []
            for facts, entailed, rest in edge:
                closed = entailed | _completing(facts, found)
                opposite = entailment.opposite(entailed)
                for place, one in enumerate(rest, 1):
                    if one.bit & closed or one.entails & (facts | opposite):
                        continue
                    together = facts | one.bit
                    tries -= 1
                    if tries < 0:
                        return self._told(found, size - 1, False)
                    closure = entailment.closure(together)
                    if closure is None:
                        continue
                    status = self.status(action, together)
                    if status is not None and wanted(status):
                        found.append((together, status))
                    elif place < len(rest):
                        wider.append((together, closure, rest, place))
            single = {known for known, _ in found} if size == 1 else set()
            edge = []
            for facts, entailed, rest, place in wider:
                left = self._left(rest[place:], entailed, single)
                if any(map(wanted, self._reach(action, entailed, left))):
                    edge.append((facts, entailed, left))
            if not edge:
                return self._told(found, size, True)
        return self._told(found, largest, False)

    def _left(self, rest: Sequence[_Fact], entailed: Mask, single: set[Mask]) -> list[_Fact]:
        """Return the facts that can still be added, without those that are enough alone."""
        opposite = self.ruling.entailment.opposite(entailed)
        return [
            one
            for one in rest
            if one.bit not in single and not one.entails & opposite and not one.bit & entailed
        ]

    def _reach(self, action: str, entailed: Mask, rest: Sequence[_Fact]) -> Iterable[Status]:
        """Return every status that further facts could lead to, and perhaps others."""
        if not rest:
            return ()
        if not self.ruling.entailment.plain:
            return ORDER
        withdrawn = self._against(entailed)
        most = self._known(withdrawn) | entailed
        for one in rest:
            withdrawn |= one.withdraws
            most |= one.entails
        return self.ruling.reach(action, self._known(withdrawn) | entailed, most)

    @staticmethod
    def _told(found: list[tuple[Mask, Status]], size: int, complete: bool) -> Changes:
        sets = tuple(Change(tuple(bits(facts)), status) for facts, status in found)
        return Changes(sets, size, complete)

    def _ways(
        self, rows: Iterable[Row], links: _Links
    ) -> Iterable[tuple[str, list[Statement], list[list[Statement]]]]:
        """Yield each way in which a literal is established: its statements, and what they need.

        What they need is one statement of each list: a class of the node, and of an investigation
        that shows it or that excludes something.
        """
        together: dict[tuple[str | None, ...], tuple[list[Statement], list[list[Statement]]]] = {}
        for case, literal, node, cls, path, value in rows:
            if case != self.case:
                continue
            assert literal and node and path  # noqa: S101, PT018
            if path in {TYPE, _EXCLUDES, _PROPOSES, *_DENYING, *CLOSING}:
                statement = Statement(node, path, value)
            else:
                statement = Statement(node, whole(path), None)
            facets = literal.endswith("/present") and path not in {TYPE, _PROPOSES}
            key = (literal, node, cls, *(() if facets else (path, value)))
            needed = links.needed(node, path)
            if cls is not None:
                needed = [[Statement(node, TYPE, cls)], *needed]
            together.setdefault(key, ([], needed))[0].append(statement)
        for (literal, *_), (statements, needed) in together.items():
            yield literal or "", statements, needed


class _Links:
    """How the nodes of a case hang on it."""

    def __init__(self, case: str, quads: Iterable[ox.Quad]) -> None:
        self._own = {case}
        self._shown: dict[str, list[str]] = defaultdict(list)
        self._kinds: dict[str, list[Statement]] = defaultdict(list)
        self._received: set[str] = set()
        self._recorded: set[str] = set()
        shown = []
        for quad in quads:
            self._recorded.add(getattr(quad.subject, "value", ""))
            subject, path = getattr(quad.subject, "value", ""), quad.predicate.value
            value = getattr(quad.object, "value", "")
            if subject == case and path in _LINKS:
                self._own.add(value)
                if path == IND + "received":
                    self._received.add(value)
            elif path == _SHOWS:
                shown.append((value, subject))
            elif path == TYPE and not value.startswith(OWL):
                self._kinds[subject].append(Statement(subject, TYPE, value))
        for value, subject in shown:
            if subject in self._received:
                self._shown[value].append(subject)

    def gone(self, node: str) -> list[list[Statement]]:
        """Return sets of statements with each of which a node is taken back."""
        found = [self._kinds[node]] if self._kinds[node] else []
        if node not in self._own and self._shown[node]:
            found.append([kind for by in self._shown[node] for kind in self._kinds[by]])
        return found

    def needed(self, node: str, path: str) -> list[list[Statement]]:
        """Return the lists of statements of each of which one is needed."""
        if path == _EXCLUDES:
            return [self._kinds[node]] if node in self._received else []
        if node in self._own or node not in self._recorded:  # as a quantity, which is computed
            return []
        return [[kind for by in self._shown[node] for kind in self._kinds[by]]]
