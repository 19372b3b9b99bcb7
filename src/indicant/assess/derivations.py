"""Run the derivations of a guideline over cases as they are recorded, and hold what they write.

Each case is derived from by itself, so that it makes no difference which others are in its
document, and each derivation sees what is recorded alone, so that their order makes none.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.assess import deriving
from indicant.assess.parts import CASE
from indicant.assess.validation import SHAPE, Finding, locate_findings
from indicant.compile.derivations import BOUNDED, SOURCE, WRITTEN
from indicant.compile.model import (
    FINDING,
    HAD_FINDING,
    HAS_FINDING,
    ONGOING,
    RECEIVED,
    is_quantity,
)
from indicant.compile.owl import constant
from indicant.errors import IndicantError
from indicant.files.rdf import text_of
from indicant.guideline.units import PLACES
from indicant.process import sandbox
from indicant.terms import IND, TYPE, XSD, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from indicant.compile.derivations import Rule
    from indicant.files.rdf import Document
    from indicant.files.sources import Source
    from indicant.guideline.vocabulary import Vocabulary
    from indicant.guideline.wording import Words

SECONDS: Final = 10.0
"""How long the derivations of a few cases may take."""
_TOGETHER: Final = 200
MEMORY: Final = 1_000_000_000
DERIVED_BY: Final = IND + "derivedBy"
RECORD: Final = SHAPE + "Derivation-record"
COMPLETE: Final = SHAPE + "Derivation-complete"
COUNTED: Final = SHAPE + "Derivation-counted"
_MOST_ANSWER: Final = 10_000_000
_NUMBERS: Final = frozenset((XSD + "integer", XSD + "decimal"))
_DATES: Final = tuple(IND + name for name in ("on", "onset", "startedOn", "endedOn"))
_NOT_RECORDED: Final = frozenset((SOURCE, DERIVED_BY))


@dataclass(frozen=True)
class Made:
    """A node that a derivation made: by which, where that stands, for whom, and from what."""

    rule: Rule
    path: str
    case: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Derived:
    """What was derived from cases, by node, and what does not hold of it."""

    quads: tuple[ox.Quad, ...] = ()
    made: Mapping[str, Made] = field(default_factory=dict)
    problems: tuple[Finding, ...] = ()


NOTHING: Final = Derived()


class Deriver:
    """The derivations of a guideline, run over any number of cases.

    Args:
        rules: the derivations that were taken.
        source: the guideline, which knows where they stand.
        graph: the compiled guideline, which they see.
        vocabulary: the terms that cases may use.
        engine: who runs them, ``oxigraph`` or ``rdflib``.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        source: Source,
        graph: str,
        vocabulary: Vocabulary,
        engine: str,
    ) -> None:
        self._rules, self._vocabulary = rules, vocabulary
        self._paths = {one.iri: one.path for one in source.derivations}
        self._worker = sandbox.Worker(
            deriving.__name__,
            {"engine": engine, "rules": [rule.text for rule in rules]},
            graph.encode(),
            needs=("pyoxigraph", "rdflib", "pyparsing"),
            memory=MEMORY,
        )

    def derive(self, quads: Sequence[ox.Quad]) -> Derived:
        """Return what follows from the cases of a document by the derivations.

        Raises:
            IndicantError: a derivation takes too long, writes too much or cannot be run.
        """
        cases = list(_cases(quads, self._vocabulary))
        if not cases:
            return NOTHING
        found = _Found(self._vocabulary)
        for start in range(0, len(cases), _TOGETHER):
            some = cases[start : start + _TOGETHER]
            told = iter(self._told(some))
            for case in some:
                for rule in self._rules:
                    answer = next(told)
                    if not answer.startswith(b"="):
                        raise self._error(rule, answer[1:].decode(errors="replace"))
                    if len(answer) > 1:
                        found.take(case, rule, self._paths[rule.iri], answer[1:].decode())
        return found.derived()

    def _told(self, cases: Sequence[_Case]) -> list[bytes]:
        data = json.dumps([case.text for case in cases]).encode()
        count = len(cases) * len(self._rules)
        told: list[bytes] = []
        try:
            for answer in self._worker.ask(data, count, seconds=SECONDS, most=_MOST_ANSWER):
                told.append(answer)  # noqa: PERF402 - what came before an error is counted
        except sandbox.StoppedError as error:
            rule = self._rules[len(told) % len(self._rules)]
            if isinstance(error, sandbox.TooSlowError):
                raise self._error(rule, f"was stopped after {SECONDS:g} seconds") from error
            if isinstance(error, sandbox.TooMuchError):
                raise self._error(rule, "writes too much") from error
            raise self._error(rule, f"ended its process ({error})") from error
        return told

    def _error(self, rule: Rule, message: str) -> IndicantError:
        return IndicantError(
            f"the derivation {rule.name} {message}",
            file=self._paths[rule.iri],
            line=rule.line,
            help="nothing is assessed by a guideline of which a derivation does not end well; let "
            "its patterns hang together by their variables, and write less",
        )


def told_of(
    derived: Derived,
    findings: Iterable[Finding],
    known: Iterable[Finding],
    document: Document,
    vocabulary: Vocabulary,
    words: Words,
) -> list[Finding]:
    """Return what does not hold of cases with what was derived, each with the derivation.

    Args:
        derived: what was derived.
        findings: what does not hold of both together.
        known: what does not hold of what is recorded alone, which is left out.
        document: the cases, for the short names that they use.
        vocabulary: the terms that they use.
        words: the words of the program.
    """
    before = {_key(one) for one in known}
    new = [one for one in findings if _key(one) not in before]
    located = {_key(one): one for one in locate_findings(document, new, vocabulary, words)}
    return [
        _with_derivation(derived, located.get(_key(one), one), words)
        for one in (*derived.problems, *new)
    ]


def _key(one: Finding) -> tuple[str, str | None, str | None, str | None]:
    return one.shape, one.focus, one.path, one.value and one.value[:1_000]


def _with_derivation(derived: Derived, one: Finding, words: Words) -> Finding:
    """Name in a finding the derivations that it is due to, and where the first of them stands."""
    nodes = [node for node in (one.focus, one.value) if node is not None]
    made = [derived.made[node] for node in nodes if node in derived.made]
    due = {each.rule.iri: each for each in (made or derived.made.values())}
    if not due:
        return one
    names = words("refused", "either").join(each.rule.name for each in due.values())
    first = next(iter(due.values()))
    return replace(
        one,
        message=words("refused", "derived", what=one.message, name=names),
        file=first.path,
        line=first.rule.line,
        suggestion=None,
    )


# ---------------------------------------------------------------------- cases


@dataclass(frozen=True)
class _Case:
    """A case with all that hangs on it."""

    node: str
    quads: tuple[ox.Quad, ...]
    text: str
    nodes: frozenset[str]


def _cases(quads: Sequence[ox.Quad], vocabulary: Vocabulary) -> Iterator[_Case]:
    """Yield each case with what can be reached from it, but for other cases."""
    said: dict[str, list[ox.Quad]] = defaultdict(list)
    cases: dict[str, None] = {}
    for quad in dict.fromkeys(quads):
        subject = text_of(quad.subject)
        said[subject].append(quad)
        if quad.predicate.value == TYPE and text_of(quad.object) == CASE:
            cases[subject] = None
    for case in cases:
        own: list[ox.Quad] = []
        seen, queue = {case}, [case]
        while queue:
            node = queue.pop()
            for quad in said[node]:
                own.append(quad)
                value = text_of(quad.object)
                if (
                    isinstance(quad.object, ox.NamedNode)
                    and value in said
                    and value not in seen
                    and value not in cases
                    and value not in vocabulary
                ):
                    seen.add(value)
                    queue.append(value)
        text = "".join(f"{one.subject} {one.predicate} {_alike(one.object)} .\n" for one in own)
        yield _Case(case, tuple(own), text, frozenset(seen))


def _number(value: object) -> Decimal | None:
    """Return the number that a literal is, if it is one that is exact."""
    if not isinstance(value, ox.Literal) or value.datatype.value not in _NUMBERS:
        return None
    try:
        number = Decimal(value.value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _alike(value: object) -> object:
    """Return a value of a case with its number as Oxigraph writes it, whatever engine reads it."""
    number = _number(value)
    if number is None or not isinstance(value, ox.Literal):
        return value
    text = f"{number.normalize():f}" if number else "0"
    return ox.Literal(text, datatype=value.datatype)


# ---------------------------------------------------------------------- what is derived


class _Found:
    """What was derived, held to what a derivation may write of a case."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._quads: list[ox.Quad] = []
        self._made: dict[str, Made] = {}
        self._problems: list[Finding] = []

    def derived(self) -> Derived:
        """Return all of it."""
        return Derived(tuple(self._quads), self._made, tuple(self._problems))

    def take(self, case: _Case, rule: Rule, path: str, text: str) -> None:
        """Take what one derivation wrote of one case."""
        quads = [
            replaced
            for quad in ox.parse(text, format=ox.RdfFormat.N_TRIPLES)
            for replaced in self._plain(case, rule, path, quad)
        ]
        sources: dict[str, list[str]] = defaultdict(list)
        for quad in quads:
            if quad.predicate.value == SOURCE:
                sources[text_of(quad.subject)].append(text_of(quad.object))
        about = Made(rule, path, case.node, ())
        by = ox.NamedNode(rule.iri)
        for node in dict.fromkeys(text_of(quad.subject) for quad in quads):
            if node == case.node:
                continue
            found = tuple(sorted(sources.get(node, ())))
            self._hold(case, replace(about, sources=found), node)
            self._made.setdefault(node, replace(about, sources=found))
            quads.append(ox.Quad(ox.NamedNode(node), ox.NamedNode(DERIVED_BY), by))
        self._quads += quads
        self._hold_records(case, about, quads)

    def _plain(self, case: _Case, rule: Rule, path: str, quad: ox.Quad) -> Iterator[ox.Quad]:
        """Yield a statement with its number as every engine writes it."""
        value = quad.object
        if not isinstance(value, ox.Literal):
            yield quad
            return
        if is_quantity(value):
            self._problem(
                Made(rule, path, case.node, ()),
                text_of(quad.subject),
                f"a quantity with a unit, '{value.value}', shall not be derived: write the number "
                "in the unit of the property",
            )
            return
        number = _number(value)
        if number is not None:
            value = constant(number)
            if len(value.value.partition(".")[2]) > PLACES:
                self._problem(
                    Made(rule, path, case.node, ()),
                    text_of(quad.subject),
                    f"a number with more than {PLACES} places, {value.value[:40]}, shall not be "
                    "derived: round it, as in ROUND(?number * 100) / 100",
                )
                return
        yield ox.Quad(quad.subject, quad.predicate, value)

    def _hold(self, case: _Case, made: Made, node: str) -> None:
        """Hold a node to being one of its own, named for a record that it is derived from."""
        if (
            node in case.nodes
            or node in self._vocabulary
            or not any(node.startswith(one) and len(node) > len(one) for one in case.nodes)
        ):
            self._problem(
                made,
                node,
                "what is derived shall be a node of its own, whose IRI begins with that of the "
                f"case or of a record: {node}",
            )
        known = self._made.get(node)
        if known is not None and (known.rule.iri != made.rule.iri or known.case != made.case):
            self._problem(
                made,
                node,
                f"two derivations shall not write of one node, {made.rule.name} and "
                f"{known.rule.name}: {node}",
            )
        for one in made.sources:
            if one not in case.nodes:
                self._problem(
                    made, node, f"what is derived shall be derived from records of the case: {one}"
                )

    def _hold_records(self, case: _Case, made: Made, quads: Sequence[ox.Quad]) -> None:
        said: dict[str, set[tuple[str, str]]] = defaultdict(set)
        roles: dict[str, set[str]] = defaultdict(set)
        for quad in quads:
            subject, value = text_of(quad.subject), text_of(quad.object)
            if quad.predicate.value in WRITTEN:
                if subject != case.node:
                    self._problem(made, subject, f"what is derived shall be of the case: {subject}")
                roles[value].add(quad.predicate.value)
            else:
                said[subject].add((quad.predicate.value, value))
        recorded = _Recorded(case, self._vocabulary)
        for node, how in roles.items():
            for message, shape in recorded.against(made.rule, how, said[node], said):
                self._problem(made, node, message, shape)

    def _problem(self, made: Made, node: str, message: str, shape: str = RECORD) -> None:
        self._made.setdefault(node, made)
        self._problems.append(Finding(shape, "violation", message, made.case, None, node))


class _Recorded:
    """What a case records, for what is derived to be held against."""

    def __init__(self, case: _Case, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._said: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for quad in case.quads:
            self._said[text_of(quad.subject)].add((quad.predicate.value, text_of(quad.object)))
        self._case = self._said[case.node]

    def against(
        self,
        rule: Rule,
        roles: set[str],
        derived: set[tuple[str, str]],
        every: Mapping[str, set[tuple[str, str]]],
    ) -> Iterator[tuple[str, str]]:
        """Yield what the case says that cannot be where a record is derived, and by which rule."""
        classes = {value for path, value in derived if path == TYPE}
        above = {one for cls in classes for one in self._vocabulary.ancestors(cls)}
        for complete in self._complete(above, derived):
            if not self._is_there(roles, derived, every):
                yield (
                    f"a case that records all of {local_name(complete)} shall record what is "
                    "derived of it as well, since a record is missing otherwise",
                    COMPLETE,
                )
        for counted in rule.counted:
            if self._overlaps(counted, classes) and self._has_of(counted, roles):
                yield (
                    f"a {local_name(counted)} shall not be both recorded and derived, since "
                    "several of them are counted and two may be one",
                    COUNTED,
                )

    def _complete(self, above: set[str], derived: set[tuple[str, str]]) -> Iterator[str]:
        """Yield the classes that the case is complete for and that a derived record is within."""
        for path, value in sorted(self._case):
            if path == IND + "recordsAll" and value in above:
                yield value
            elif path == IND + "completeness":
                of = {one for name, one in self._said[value] if name == IND + "of"}
                since = min(
                    (one for name, one in self._said[value] if name == IND + "since"), default=""
                )
                if of & above and _may_be_since(since, derived):
                    yield min(of & above)

    def _is_there(
        self,
        roles: set[str],
        derived: set[tuple[str, str]],
        every: Mapping[str, set[tuple[str, str]]],
    ) -> bool:
        """Tell whether a record says all that a derived one says, so that it may be the same."""
        wanted = {one for one in derived if one[0] not in {TYPE, BOUNDED, *_NOT_RECORDED}}
        classes = {value for path, value in derived if path == TYPE}
        bounds = [frozenset(every[value]) for path, value in derived if path == BOUNDED]
        for node in set.intersection(*(self._nodes(role) for role in roles)):
            said = self._said[node]
            types = {
                one for name, cls in said if name == TYPE for one in self._vocabulary.ancestors(cls)
            }
            has = [frozenset(self._said[one]) for name, one in said if name == BOUNDED]
            if classes <= types and wanted <= said and all(one in has for one in bounds):
                return True
        return False

    def _nodes(self, role: str) -> set[str]:
        """Return what the case has by a role, what its investigations show with it."""
        found = {node for path, node in self._case if path == role}
        if WRITTEN[role] == FINDING:
            investigations = self._nodes(RECEIVED)
            found |= {
                node
                for one in investigations
                for path, node in self._said[one]
                if path == IND + "shows"
            }
        if role == HAD_FINDING:
            found |= self._nodes(HAS_FINDING)
        return found

    def _overlaps(self, cls: str, classes: Iterable[str]) -> bool:
        below = {cls, *self._vocabulary.descendants(cls)}
        return any(
            not below.isdisjoint({one, *self._vocabulary.descendants(one)}) for one in classes
        )

    def _has_of(self, cls: str, roles: set[str]) -> bool:
        kinds = {WRITTEN[one] for one in roles}
        return any(
            self._overlaps(cls, (value for name, value in self._said[node] if name == TYPE))
            for role, kind in WRITTEN.items()
            if kind in kinds
            for node in self._nodes(role)
        )


def _may_be_since(since: str, derived: set[tuple[str, str]]) -> bool:
    """Tell whether what is derived is known to have happened on or after a day.

    Of what says nothing of its day nothing is known, and what a length says is not looked into.
    """
    return any(
        (path in _DATES and value[:10] >= since[:10])
        or path == BOUNDED
        or path == IND + "weeks"
        or (path == ONGOING and value in {"true", "1"})
        for path, value in derived
    )
