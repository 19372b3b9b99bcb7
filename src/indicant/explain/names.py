"""Find what a person means who speaks of a case: classes, nodes, properties and values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.model import AGES, DAYS, ENDS, STARTS
from indicant.errors import IndicantError
from indicant.files.rdf import text_of
from indicant.guideline.names import Names, prefixes_in
from indicant.terms import IND, OWL, PREFIXES, TYPE, UCUM, XSD, local_name

if TYPE_CHECKING:
    from indicant.assess.assessor import Assessor
    from indicant.files.rdf import Document

EVER: Final = "ever:"
"""What stands before a finding that was there at some time, or never."""
EDITS: Final = (
    f"write  +Term  -Term  ~Term  +{EVER}Term  -{EVER}Term  Term:property=value  or  asOf=DATE"
)
"""How to write edits, for the help of errors."""
_NUMBER: Final = re.compile(r"[+-]?\d+", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?\d*\.\d+", re.ASCII)
_QUANTITY: Final = re.compile(r"[+-]?\d*\.?\d+\S*\s+\S", re.ASCII)
_DERIVED: Final = frozenset(map(local_name, (DAYS, *STARTS, *ENDS)))
_DATES: Final = frozenset(
    IND + name for name in ("birthDate", "onset", "on", "startedOn", "endedOn")
)
_PATIENT: Final = frozenset((*AGES, IND + "birthDate", IND + "sex"))
_COURSE: Final = frozenset(
    IND + name for name in ("onset", "on", "startedOn", "endedOn", "ongoing", "weeks", "outcome")
)


def names_of(assessor: Assessor, document: Document) -> dict[str, str]:
    """Return the prefixes that a case and the guideline declare, the case's own first."""
    texts = [document.text, *(one.text for one in assessor.source.documents)]
    return prefixes_in(texts) | PREFIXES


class CaseNames:
    """The terms and the nodes that a person can name to say something about a case."""

    def __init__(self, assessor: Assessor, document: Document) -> None:
        vocabulary = assessor.vocabulary
        self._vocabulary = vocabulary
        prefixes = names_of(assessor, document)
        self.prefixes = prefixes
        labels: dict[str, list[str]] = {}
        for term, label in assessor.ask("what-is-each-term-called"):
            labels.setdefault(term or "", []).append(label or "")
        self._labels = labels
        self._findings = frozenset(vocabulary.descendants(IND + "Finding"))
        classes = {*self._findings, *vocabulary.descendants(IND + "Intervention")}
        self.classes = Names(
            "finding or intervention",
            {iri: labels.get(iri, ()) for iri in classes},
            prefixes,
        )
        functional = vocabulary.of_type(OWL + "FunctionalProperty")
        self._objects = vocabulary.of_type(OWL + "ObjectProperty")
        own = {one for one in functional if not one.startswith(IND)} | _COURSE | _PATIENT
        self._properties = Names(
            "property of a finding or an intervention",
            {iri: labels.get(iri, ()) for iri in own & vocabulary.properties},
            prefixes,
        )
        nodes = {
            text_of(quad.subject)
            for quad in document.quads
            if quad.predicate.value == TYPE and text_of(quad.object) in classes
        }
        self._nodes = Names("node of the case", dict.fromkeys(nodes, ()), prefixes)

    def is_finding(self, cls: str) -> bool:
        """Tell whether a class is one of findings."""
        return cls in self._findings

    def split(self, text: str) -> tuple[str, str]:
        """Return the class or node and the property that the left side of an edit names."""
        colons = [match.start() for match in re.finditer(":", text) if match.start()]
        parts = [(text[:place], text[place + 1 :]) for place in reversed(colons)]
        if not parts:
            raise IndicantError(f"'{text}=' names no term and property", help=EDITS)
        known = [(term, name) for term, name in parts if self._properties.search(name)]
        if not known and local_name(parts[0][1]) in _DERIVED:
            raise IndicantError(
                f"{local_name(parts[0][1])} is derived and cannot be set",
                help="set weeks, or on, or startedOn with endedOn or ongoing",
            )
        term, name = next(
            ((term, name) for term, name in known if self._named(term)), (known or parts)[0]
        )
        path = self.property(name)
        return next(iter(self._named(term)), None) or self.classes.find(term), path

    def property(self, text: str) -> str:
        """Return the property of a finding or an intervention that a text names."""
        return self._properties.find(text)

    def _named(self, term: str) -> list[str]:
        """Return the class, or else the node, that a text names, if it names but one."""
        for names in (self.classes, self._nodes):
            found = names.search(term)
            if found:
                return found if len(found) == 1 else []
        return []

    def value(self, path: str, text: str) -> ox.NamedNode | ox.Literal:
        """Return the value that the right side of an edit means."""
        if path in self._vocabulary.leading:
            return ox.NamedNode(self._nodes.find(text))
        if path in self._objects:
            kind = self._vocabulary.ranges.get(path)
            fitting = {
                iri: self._labels.get(iri, ())
                for iri, types in self._vocabulary.individuals.items()
                if kind is None or any(kind in self._vocabulary.ancestors(one) for one in types)
            }
            what = f"value of {local_name(path)}"
            names = Names(what, fitting, self.prefixes)
            if not names.search(text) and not names.nearest(text):
                raise IndicantError(
                    f"no {what} is called '{text}'",
                    help=f"one of: {', '.join(sorted(map(names.short, fitting)))}",
                )
            return ox.NamedNode(names.find(text))
        kind = "string"
        if path in _DATES:
            kind = "date"
        elif _NUMBER.fullmatch(text):
            kind = "integer"
        elif _DECIMAL.fullmatch(text):
            kind = "decimal"
        elif text in ("true", "false"):
            kind = "boolean"
        elif path in self._vocabulary.units and _QUANTITY.match(text):
            return ox.Literal(text, datatype=ox.NamedNode(UCUM))
        return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))
