"""Know which terms of a guideline a recorded code stands for, and which it says nothing of."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indicant.files.rdf import text_of
from indicant.files.sources import gather, installed, load
from indicant.guideline.mappings import EXACT, each_of
from indicant.intake import said
from indicant.intake.said import Said, rows_in
from indicant.terms import GENID, IND, OWL, RDF, RDFS, SKOS, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from indicant.files.sources import Source
    from indicant.guideline.mappings import MappingSet
    from indicant.guideline.vocabulary import Vocabulary
    from indicant.intake.events import Coding
    from indicant.intake.readings import Tables

CODES_FILE: Final = "codes.ttl"
"""What a module is called that names tables of codes, and that no guideline imports."""
_IMPLYING: Final = frozenset({EXACT, SKOS + "narrowMatch"})
"""Who has the code has what the term says."""
_IMPLIED: Final = frozenset({EXACT, SKOS + "broadMatch"})
"""Who has what the term says has the code, so that who does not have the code has none of it."""
_COUNTING: Final = tuple(
    OWL + name
    for name in ("maxQualifiedCardinality", "minQualifiedCardinality", "qualifiedCardinality")
)
_ON_CLASS: Final = OWL + "onClass"
_OVER, _AGGREGATE = IND + "over", IND + "aggregate"
_ADDING: Final = frozenset(IND + name for name in ("Count", "Mean", "Sum"))
_DISJOINT: Final = OWL + "disjointWith"
_ONCE: Final = OWL + "maxQualifiedCardinality"


def sources_of(source: Source) -> list[Source]:
    """Return a guideline, and what its vocabularies say of how records are read.

    Beside an ontology there may be a module that imports it and names tables, ``codes.ttl``: it is
    needed to read records, and not to assess.

    Raises:
        IndicantError: a module cannot be read.
    """
    here = {
        text_of(subject)
        for _, subject, _, value in source.triples()
        if text_of(value) == OWL + "Ontology" and not text_of(subject).startswith(IND)
    }
    read = {os.path.realpath(one.path) for one in source.documents}
    found = [source]
    for file in sorted({Path(one).parent / CODES_FILE for one in read}):
        if file.is_file() and str(file) not in read:
            more = gather(file)
            if not here.isdisjoint(more.documents[0].imports):
                found.append(more)
    return found


def tables_of(source: Source) -> list[MappingSet]:
    """Return the tables of codes of a guideline, of what it imports, and of the modules beside it.

    Raises:
        IndicantError: a table cannot be read.
    """
    return list(_tables(sources_of(source)))


def _tables(sources: Iterable[Source]) -> Iterator[MappingSet]:
    """Yield each table once, one by one."""
    found: set[str] = set()
    for source in sources:
        for one in each_of(source):
            if one.iri not in found:
                found.add(one.iri)
                yield one


def keep_shipped(out: Path) -> list[Path]:
    """Write what is said of codes in every guideline that ships, for the wheel to carry."""
    found = [sources_of(load(path)) for path in installed().values()]
    return [said.keep(out, sources, _tables(sources)) for sources in found]


_MOST_KEPT: Final = 10_000
"""Of how many different codes, or sets of them, it is kept what they stand for."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What the codes of a record stand for.

    ``terms`` are what it is an instance of, ``denied`` what there is none of where there is none of
    what the codes say: each of them has to imply it, since what is meant may be the narrowest of
    them. ``near`` is whatever a table relates them to. Of the codes themselves, ``unknown`` are in
    no table, and ``nameless`` have no system.
    """

    terms: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    unknown: tuple[Coding, ...] = ()
    nameless: tuple[Coding, ...] = ()


@dataclass(frozen=True, slots=True)
class Scale:
    """What values a property can have: of which datatype, and of numbers within which limits."""

    datatype: str = ""
    limits: tuple[tuple[str, Fraction], ...] = ()


@dataclass
class Terms:
    """The codes that tables know, and what of the vocabulary is needed to use them."""

    vocabulary: Vocabulary
    tables: Tables
    measured: dict[str, str] = field(default_factory=dict)
    once: frozenset[tuple[str, str]] = frozenset()
    counted: frozenset[str] = frozenset()
    recorded: dict[str, tuple[str, ...]] = field(default_factory=dict)
    recorders: dict[str, frozenset[str]] = field(default_factory=dict)
    _rows: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict, repr=False)
    _scales: dict[str, Scale] = field(default_factory=dict, repr=False)
    _apart: frozenset[tuple[str, str]] = frozenset()
    _meant: dict[tuple[Coding, ...], Meant] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        source: Source,
        vocabulary: Vocabulary,
        tables: Tables,
        own: Iterable[MappingSet] = (),
    ) -> Terms:
        """Take them from a guideline and its tables of codes, and from tables of one's own.

        Raises:
            IndicantError: a table cannot be read.
        """
        sources = sources_of(source)
        told = Said.of(sources, lambda: _tables(sources))
        for code, found in rows_in(own).items():
            told.rows.setdefault(code, []).extend(found)
        apart = {(one, other) for one, path, other in vocabulary.triples if path == _DISJOINT}
        made = cls(
            vocabulary,
            tables,
            told.measured,
            _once(vocabulary),
            _counted(source) & vocabulary.classes,
            told.recorded,
            told.recorders,
            told.rows,
        )
        made._apart = frozenset(apart | {(other, one) for one, other in apart})
        return made

    def meant(self, codes: Iterable[Coding]) -> Meant:
        """Return what the codes of one record stand for, all of them together."""
        known = tuple(codes)
        found = self._meant.get(known)
        if found is None:
            found = self._looked_up(known)
            if len(self._meant) < _MOST_KEPT:
                self._meant[known] = found
        return found

    def _looked_up(self, codes: tuple[Coding, ...]) -> Meant:
        terms: dict[str, None] = {}
        denied: list[set[str]] = []
        near: dict[str, None] = {}
        unknown, nameless = [], []
        for coding in codes:
            denied.append(set())
            if not coding.system:
                nameless.append(coding)
                continue
            found = self._rows.get(self._key(coding))
            if found is None:
                unknown.append(coding)
                continue
            for term, predicate in found:
                near[term] = None
                if predicate in _IMPLYING:
                    terms[term] = None
                if predicate in _IMPLIED:
                    denied[-1].add(term)
        none = tuple(sorted(set.intersection(*denied))) if denied else ()
        return Meant(tuple(terms), none, tuple(near), tuple(unknown), tuple(nameless))

    def in_use(self) -> Iterator[tuple[str, list[str]]]:
        """Yield each code that a table knows as tokens of a search, with the terms near to it.

        There is one for each name that the system of the code has.
        """
        names: dict[str, list[tuple[str, str]]] = {}
        for name, (scheme, prefix) in self.tables.systems.items():
            names.setdefault(scheme, []).append((name, prefix))
        for (scheme, code), found in self._rows.items():
            for name, prefix in names.get(scheme, [(scheme, "")]):
                yield f"{name}|{prefix}{code}", [term for term, _ in found]

    def _key(self, coding: Coding) -> tuple[str, str]:
        scheme, prefix = self.tables.systems.get(coding.system, (coding.system, ""))
        return scheme, coding.code.removeprefix(prefix)

    def scale(self, path: str) -> Scale:
        """Return what values a property can have, as its range has it."""
        found = self._scales.get(path)
        if found is None:
            found = self._scales[path] = scale_of(self.vocabulary, path)
        return found

    def answer(self, coding: Coding) -> str | None:
        """Return what a coded answer says, where a row knows it."""
        return self.tables.answers.get((coding.system, coding.code))

    def is_kind(self, term: str, top: str) -> bool:
        """Tell whether a term is a class of findings, of interventions, or another of the core."""
        return term in self.vocabulary.classes and IND + top in self.vocabulary.ancestors(term)

    def is_recorded_by(self, term: str, record_type: str) -> bool:
        """Tell whether records of a type may be of a class: which ones, a vocabulary may say."""
        return not self.recorders or all(
            record_type in self.recorders[one]
            for one in self.vocabulary.ancestors(term)
            if one in self.recorders
        )

    def narrowest(self, terms: Iterable[str]) -> tuple[str, ...]:
        """Return terms without those that another of them is a kind of, in their order."""
        given = list(dict.fromkeys(terms))
        above = {
            one
            for term in given
            for one in self.vocabulary.ancestors(term)
            if one != term and term not in self.vocabulary.ancestors(one)
        }
        return tuple(sorted(one for one in given if one not in above))

    def contradict(self, terms: Iterable[str]) -> tuple[str, str] | None:
        """Return two terms of which nothing can be both, if there are such."""
        given = list(terms)
        for at, one in enumerate(given):
            for other in given[at + 1 :]:
                for high in self.vocabulary.ancestors(one):
                    for foe in self.vocabulary.ancestors(other):
                        if (high, foe) in self._apart:
                            return one, other
        return None

    def measure(self, terms: Iterable[str]) -> str | None:
        """Return the property of which an observation under these terms gives the value."""
        found = {
            self.measured[one]
            for term in terms
            for one in self.vocabulary.ancestors(term)
            if one in self.measured
        }
        return found.pop() if len(found) == 1 else None

    def related(self, term: str, cls: str) -> bool:
        """Tell whether one of two classes is a kind of the other, or something is of both."""
        vocabulary = self.vocabulary
        return (
            cls in vocabulary.ancestors(term)
            or term in vocabulary.ancestors(cls)
            or any(term in vocabulary.ancestors(one) for one in vocabulary.descendants(cls))
        )


def scale_of(vocabulary: Vocabulary, path: str) -> Scale:
    """Read the range of a property: a datatype, or numbers of one within limits."""
    given = vocabulary.ranges.get(path, "")
    if given.startswith(XSD):
        return Scale(given)
    said: dict[str, dict[str, list[str]]] = {}
    for subject, predicate, value in vocabulary.triples:
        said.setdefault(subject, {}).setdefault(predicate, []).append(value)
    limits = []
    lists, seen = list(said.get(given, {}).get(OWL + "withRestrictions", [])), set()
    while lists:
        at = lists.pop()
        if at in seen:
            continue
        seen.add(at)
        lists += said.get(at, {}).get(RDF + "rest", [])
        for facet in said.get(at, {}).get(RDF + "first", []):
            limits += [
                (name.removeprefix(XSD), Fraction(value))
                for name, values in said.get(facet, {}).items()
                if name.startswith((XSD + "minI", XSD + "minE", XSD + "maxI", XSD + "maxE"))
                for value in values
            ]
    datatypes = said.get(given, {}).get(OWL + "onDatatype", [""])
    return Scale(datatypes[0], tuple(limits))


def _counted(source: Source) -> frozenset[str]:
    """Return the classes whose records a guideline counts, or adds up.

    Of an expression these are all the classes in it.
    """
    said: dict[str, dict[str, list[str]]] = {}
    for _, subject, predicate, value in source.triples():
        name, path = text_of(subject), text_of(predicate)
        if GENID in name or path in {_OVER, _AGGREGATE}:
            said.setdefault(name, {}).setdefault(path, []).append(text_of(value))
    queue: list[str] = []
    for of in said.values():
        if any(one != "1" for path in _COUNTING for one in of.get(path, ())):
            queue += of.get(_ON_CLASS, ())
        if any(one in _ADDING for one in of.get(_AGGREGATE, ())):
            queue += of.get(_OVER, ())
    found: set[str] = set()
    while queue:
        one = queue.pop()
        if one not in found:
            found.add(one)
            queue += [] if GENID not in one else itertools.chain(*said.get(one, {}).values())
    return frozenset(one for one in found if one and GENID not in one)


def _once(vocabulary: Vocabulary) -> frozenset[tuple[str, str]]:
    """Return the classes of which a case records one at most, each with its role."""
    said: dict[str, dict[str, str]] = {}
    for subject, path, value in vocabulary.triples:
        said.setdefault(subject, {})[path] = value
    return frozenset(
        (values[OWL + "onProperty"], values[OWL + "onClass"])
        for subject, path, node in vocabulary.triples
        if subject == IND + "PatientCase" and path == RDFS + "subClassOf"
        for values in (said.get(node, {}),)
        if values.get(_ONCE) == "1" and OWL + "onClass" in values and OWL + "onProperty" in values
    )
