"""A patient case, read or written statement by statement."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Self

from indicant.errors import IndicantError

if TYPE_CHECKING:
    from collections.abc import Callable

    import rdflib

    from indicant.assess.assessor import Assessor
    from indicant.explain.names import CaseNames
    from indicant.files.rdf import Document

Scalar = str | bool | int | float | Decimal | datetime.date
"""A value of a property: a date is that of the calendar, a text may name an individual."""
Shown = Iterable[str] | Mapping[str, Mapping[str, Scalar]]
"""Findings that an investigation shows, by name, or by name with values of their own."""

IRI: Final = "https://w3id.org/indicant/case/case"
_FINDING, _RECEIVED, _PROPOSED, _EXCLUDED = "hasFinding", "received", "proposes", "excludes"
_HAD, _NEVER = "hadFinding", "neverHad"
_EVERY, _SINCE, _UNPLANNED, _ALL_PLANNED = (
    "recordsAll",
    "completeness",
    "doesNotPropose",
    "recordsAllProposals",
)
_ITSELF: Final = "patient"
_OF_CLASSES: Final = frozenset({_EXCLUDED, _NEVER, _EVERY, _UNPLANNED})
_PLACE: Final = "case.ttl"


@dataclass(frozen=True)
class _Said:
    """One statement of a case: how it is linked, the term, its values, and what it shows."""

    link: str
    term: str
    values: tuple[tuple[str, Scalar], ...] = ()
    shows: tuple[tuple[str, tuple[tuple[str, Scalar], ...]], ...] = ()
    excludes: tuple[str, ...] = ()


@dataclass(frozen=True, init=False)
class Case:
    """A patient case: what is present, what is absent, and nothing about the rest.

    A case never changes: each method returns another one that says more. Terms are named by IRI,
    by prefix, by local name or by label; they are looked up in the guideline that assesses the
    case, and an unknown one is an error that names the nearest.

    >>> case = Case(as_of="2026-11-22").has("neck pain", since="2026-08-01").excludes("fever")
    >>> case
    <Case as of 2026-11-22: hasFinding neck pain, excludes fever>

    Args:
        as_of: the day on which what the case records is known to hold.
        iri: what to call the case.

    Raises:
        IndicantError: the text is no date.
    """

    _iri: str
    _as_of: str | None
    _said: tuple[_Said, ...]
    _document: Document | None

    def __init__(self, *, as_of: str | datetime.date, iri: str = IRI) -> None:
        self._set(_iri=iri, _as_of=day(as_of), _said=(), _document=None)

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def _of(cls, document: Document) -> Self:
        made = cls.__new__(cls)
        made._set(_iri="", _as_of=None, _said=(), _document=document)
        return made

    @classmethod
    def read(
        cls,
        path: str | os.PathLike[str],
        *,
        stdin: BinaryIO | None = None,
        format: str | None = None,  # noqa: A002 - the word every RDF library uses
    ) -> Self:
        """Read the cases of a file: Turtle, TriG, N-Triples, N-Quads, JSON-LD or RDF/XML.

        Args:
            path: a file; ``-`` is ``stdin``.
            stdin: where to read what ``-`` stands for.
            format: the format, where neither the name of the file nor its text says it.

        Raises:
            IndicantError: the file is missing, too large, not text or not RDF.
        """
        from indicant.files.rdf import STDIN, read

        name = os.fspath(path)
        return cls._of(
            read(
                name if name == STDIN else Path(name),
                stdin=stdin,
                format=format,
                pipes=True,
            )
        )

    @classmethod
    def _read(cls, data: bytes, path: str) -> Self:
        """Take the cases of a file that has been read already, in the format of its name."""
        from indicant.files.rdf import EXTENSIONS, parse

        format_ = EXTENSIONS.get(os.path.splitext(path)[1].lower())
        return cls._of(parse(data, path=path, format=format_))

    @classmethod
    def parse(cls, text: str, *, format: str = "turtle") -> Self:  # noqa: A002 - as above
        """Read the cases of a text, by default in Turtle.

        Raises:
            IndicantError: the text is too large or not RDF.
        """
        from indicant.files.rdf import parse

        return cls._of(parse(text, path=_PLACE, format=format))

    @classmethod
    def of_graph(cls, graph: rdflib.Graph) -> Self:
        """Take the cases of an rdflib graph.

        Raises:
            IndicantError: the graph is too large.
        """
        from indicant.files.rdf import parse

        return cls._of(parse(graph.serialize(format="nt"), path="graph.nt", format="ntriples"))

    # ------------------------------------------------------------------ what a case says

    def has(
        self, finding: str, *, since: str | datetime.date | None = None, **values: Scalar
    ) -> Self:
        """Say that a finding is present.

        Args:
            finding: the class of it.
            since: the day on which it began (``ind:onset``).
            values: of its other properties, such as ``weeks=7``.
        """
        if since is not None:
            values = {"onset": day(since), **values}
        return self._and(_Said(_FINDING, finding, tuple(values.items())))

    def had(
        self,
        finding: str,
        *,
        since: str | datetime.date | None = None,
        until: str | datetime.date | None = None,
        **values: Scalar,
    ) -> Self:
        """Say that a finding was present at some time, whether it still is or not.

        Args:
            finding: the class of it.
            since: the day on which it began (``ind:onset``).
            until: the day on which it ended (``ind:endedOn``). Without, it is known only that it
                ended some time up to the as-of date, if at all.
            values: of its other properties, such as ``on="2019-05-01"`` or ``weeks=7``.
        """
        for name, given in (("endedOn", until), ("onset", since)):
            if given is not None:
                values = {name: day(given), **values}
        return self._and(_Said(_HAD, finding, tuple(values.items())))

    def never_had(self, *findings: str) -> Self:
        """Say that findings of some classes were never present, and are not now."""
        made = self
        for finding in findings:
            made = made._and(_Said(_NEVER, finding))
        return made

    def excludes(self, *terms: str) -> Self:
        """Say that findings are absent now, or that interventions were never received."""
        made = self
        for term in terms:
            made = made._and(_Said(_EXCLUDED, term))
        return made

    def received(
        self,
        intervention: str,
        *,
        since: str | datetime.date | None = None,
        until: str | datetime.date | None = None,
        ongoing: bool | None = None,
        shows: Shown = (),
        excludes: Iterable[str] = (),
        **values: Scalar,
    ) -> Self:
        """Say that an intervention was done or is under way.

        Args:
            intervention: the class of it.
            since: the day on which a course began (``ind:startedOn``).
            until: the day on which it ended (``ind:endedOn``).
            ongoing: whether it is under way on the as-of date (``ind:ongoing``). Where neither
                this nor ``until`` is given, how long it lasted is known only up to that date.
            shows: findings that an investigation shows.
            excludes: findings that it excludes.
            values: of other properties, such as ``on="2026-05-01"``, ``weeks=6`` or ``outcome=…``.
        """
        if ongoing is not None:
            values = {"ongoing": ongoing, **values}
        for name, given in (("endedOn", until), ("startedOn", since)):
            if given is not None:
                values = {name: day(given), **values}
        nothing: Mapping[str, Scalar] = {}
        shown = shows if isinstance(shows, Mapping) else dict.fromkeys(_texts(shows), nothing)
        found = tuple((name, tuple(of.items())) for name, of in shown.items())
        return self._and(
            _Said(_RECEIVED, intervention, tuple(values.items()), found, _texts(excludes))
        )

    def proposes(self, intervention: str, **values: Scalar) -> Self:
        """Say that an intervention is planned, to be told what the guideline says of it."""
        return self._and(_Said(_PROPOSED, intervention, tuple(values.items())))

    def patient(self, **values: Scalar) -> Self:
        """Say what the patient is.

        Args:
            values: properties of the case itself, such as ``birthDate="1959-11-22"``,
                ``ageInYears=67`` or ``sex="female"``.
        """
        return self._and(_Said(_ITSELF, "", tuple(values.items())))

    def records_all(self, *terms: str, since: str | datetime.date | None = None) -> Self:
        """Say that whatever there is of some classes is recorded.

        Args:
            terms: classes of findings or interventions.
            since: the first day of which this holds (``ind:completeness``); without, it holds for
                all time (``ind:recordsAll``).
        """
        made = self
        for term in terms:
            values = () if since is None else (("since", day(since)),)
            made = made._and(_Said(_EVERY if since is None else _SINCE, term, values))
        return made

    def does_not_propose(self, *interventions: str) -> Self:
        """Say that nothing of some classes of interventions is planned."""
        made = self
        for intervention in interventions:
            made = made._and(_Said(_UNPLANNED, intervention))
        return made

    def records_all_proposals(self) -> Self:
        """Say that every intervention that is planned is named."""
        return self._and(_Said(_ALL_PLANNED, ""))

    def _and(self, said: _Said) -> Self:
        made = type(self).__new__(type(self))
        made._set(
            _iri=self._iri,
            _as_of=self._as_of,
            _said=(*self._said, said),
            _document=self._document,
        )
        return made

    # ------------------------------------------------------------------ forms

    def __repr__(self) -> str:
        """Return what is known of it before a guideline gives the names a meaning."""
        parts = [] if self._document is None else [self._document.path]
        said = ", ".join(f"{one.link} {one.term}".rstrip() for one in self._said)
        if self._as_of is not None:
            parts.append(f"as of {self._as_of}")
        return f"<Case {' '.join(parts)}{f': {said}' if said else ''}>"

    def document(self, guideline: Callable[[], Assessor]) -> Document:
        """Return the case as a document, its names looked up in a guideline where there are any.

        Raises:
            IndicantError: the guideline has no term of a name, or several.
        """
        if self._document is not None and not self._said:
            return self._document
        from indicant.explain.names import CaseNames
        from indicant.files.rdf import parse

        start = self._document or parse(_head(self._iri, self._as_of or ""), path=_PLACE)
        writer = _Writer(start, CaseNames(guideline(), start))
        for one in self._said:
            writer.say(one)
        return writer.document()


def _head(iri: str, as_of: str) -> str:
    """Return a case that says nothing yet, as Turtle."""
    import pyoxigraph as ox

    from indicant.terms import IND, PREFIXES

    try:
        case = ox.NamedNode(iri)
    except ValueError as error:
        raise IndicantError(f"'{iri}' is not an IRI") from error
    prefixes = "".join(f"PREFIX {name}: <{space}>\n" for name, space in PREFIXES.items())
    assert IND in PREFIXES.values()  # noqa: S101 - what the line below abbreviates
    return f'{prefixes}\n{case} a ind:PatientCase ; ind:asOf "{as_of}"^^xsd:date .\n'


class _Writer:
    """Writes what is said of a case into its document."""

    def __init__(self, start: Document, names: CaseNames) -> None:
        import pyoxigraph as ox

        from indicant.files.rdf import text_of
        from indicant.terms import IND, TYPE

        cases = {
            quad.subject
            for quad in start.quads
            if quad.predicate.value == TYPE and text_of(quad.object) == IND + "PatientCase"
        }
        if len(cases) != 1:
            raise IndicantError(
                f"what is said is about one case, and there are {len(cases)}", file=start.path
            )
        (self._case,) = cases
        self._start, self._names = start, names
        self._quads = dict.fromkeys(start.quads)
        self._taken = {text_of(quad.subject) for quad in start.quads}
        self._ox, self._core, self._type = ox, IND, ox.NamedNode(TYPE)

    def say(self, one: _Said) -> None:
        """Write one statement, with a node of its own unless it is about a class."""
        if one.link == _ITSELF:
            self._values(self._case, one.values)
            return
        if one.link == _ALL_PLANNED:
            self._add(self._case, one.link, self._ox.Literal(True))
            return
        cls = self._names.classes.find(one.term)
        if one.link in _OF_CLASSES:
            self._add(self._case, one.link, self._ox.NamedNode(cls))
            return
        if one.link == _SINCE:
            self._complete(cls, one.values)
            return
        node = self._node(self._case, one.link, cls, one.values)
        for name, values in one.shows:
            self._node(node, "shows", self._names.classes.find(name), values)
        for name in one.excludes:
            self._add(node, _EXCLUDED, self._ox.NamedNode(self._names.classes.find(name)))

    def _complete(self, cls: str, values: tuple[tuple[str, Scalar], ...]) -> None:
        """Write that a case is complete of a class from a day on."""
        from indicant.terms import XSD

        ((_, since),) = values
        date = self._ox.Literal(written(since), datatype=self._ox.NamedNode(XSD + "date"))
        named = self._ox.NamedNode
        node = named(self._fresh(cls, "all-of-"))
        self._add(self._case, _SINCE, node)
        self._quads[self._ox.Quad(node, self._type, named(self._core + "Completeness"))] = None
        self._add(node, "of", named(cls))
        self._add(node, "since", date)

    def _fresh(self, cls: str, before: str = "") -> str:
        """Return a name of its own for a node that has to do with a class."""
        from indicant.terms import local_name

        iri = getattr(self._case, "value", "case")
        stem = f"{iri}{'-' if '#' in iri else '/'}{before}{local_name(cls)}"
        name, number = stem, 1
        while name in self._taken:
            number += 1
            name = f"{stem}-{number}"
        self._taken.add(name)
        return name

    def _node(
        self, subject: object, link: str, cls: str, values: tuple[tuple[str, Scalar], ...]
    ) -> object:
        node = self._ox.NamedNode(self._fresh(cls))
        self._add(subject, link, node)
        self._quads[self._ox.Quad(node, self._type, self._ox.NamedNode(cls))] = None
        self._values(node, values)
        return node

    def _values(self, node: object, values: tuple[tuple[str, Scalar], ...]) -> None:
        for path, value in values:
            found = self._names.property(path)
            told = self._names.value(found, written(value))
            quad = self._ox.Quad(node, self._ox.NamedNode(found), told)  # type: ignore[arg-type]
            self._quads[quad] = None

    def _add(self, subject: object, name: str, value: object) -> None:
        path = self._ox.NamedNode(self._core + name)
        self._quads[self._ox.Quad(subject, path, value)] = None  # type: ignore[arg-type]

    def document(self) -> Document:
        """Return the document, with a text in which each statement has its line."""
        from indicant.files.rdf import parse, text_of
        from indicant.files.turtle import tidy
        from indicant.terms import XSD

        named = [text_of(part) for one in self._quads for part in (one[0], one[1], one[2])]
        prefixes = {
            name: namespace
            for name, namespace in self._names.prefixes.items()
            if namespace == XSD or any(iri.startswith(namespace) for iri in named)
        }
        triples = [self._ox.Triple(one.subject, one.predicate, one.object) for one in self._quads]
        text = self._ox.serialize(triples, format=self._ox.RdfFormat.TURTLE, prefixes=prefixes)
        assert text is not None  # noqa: S101 - it is where no stream is given
        tidied = tidy(text.decode(), file=self._start.path)
        read = parse(tidied, path=self._start.path)
        return replace(read, path=self._start.path)


def _texts(given: Iterable[str]) -> tuple[str, ...]:
    """Return names; one alone, which would be taken letter by letter, is one name."""
    return (given,) if isinstance(given, str) else tuple(given)


def day(given: str | datetime.date) -> str:
    """Return a day as YYYY-MM-DD.

    Raises:
        IndicantError: the text is no date.
    """
    if isinstance(given, datetime.datetime):
        given = given.date()
    if isinstance(given, datetime.date):
        return given.isoformat()
    try:
        return datetime.date.fromisoformat(given).isoformat()
    except ValueError as error:
        raise IndicantError(f"'{given}' is not a date", help="write it as YYYY-MM-DD") from error


def written(value: Scalar) -> str:
    """Return a value as one writes it in a case or on the command line.

    >>> written(True), written(6.5)
    ('true', '6.5')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | Decimal):
        return format(Decimal(str(value)), "f")
    return day(value) if isinstance(value, datetime.date) else str(value)
