"""Know the codes of terms in the systems that FHIR names, and what kind of resource they are of."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from indicant.exchange.elements import coding_of, extension, text
from indicant.exchange.renderings import EXCHANGE, tables
from indicant.files.rdf import text_of
from indicant.guideline.mappings import EXACT
from indicant.intake.codes import tables_of
from indicant.intake.readings import tables as intake_tables
from indicant.intake.said import MEASURES
from indicant.terms import IND, SKOS

if TYPE_CHECKING:
    from indicant.assess.assessor import Assessor
    from indicant.assess.records import AwaitedRecord
    from indicant.exchange.elements import Resource

_CODE: Final = re.compile(r"\S+(?: \S+)*")
_SYSTEM: Final = re.compile(r"\S+")
"""What FHIR takes for a code and for a system; nobody can be told anything else in it."""
MOST: Final = 20
"""How many codes a fact that is open is asked for with; how many more there are is said."""
_IMPLYING: Final = (EXACT, SKOS + "narrowMatch")
_NAMING: Final = (*_IMPLYING, SKOS + "closeMatch")
_TYPE: Final = "DataRequirement.type"
_REQUEST: Final = "RequestGroup.action.resource"


_KNOWN: Final[WeakKeyDictionary[Assessor, Codings]] = WeakKeyDictionary()


def codings_of(assessor: Assessor) -> Codings:
    """Return the codes of the terms of a guideline, whose tables are read once."""
    found = _KNOWN.get(assessor)
    if found is None:
        found = _KNOWN[assessor] = Codings(assessor)
    return found


class Codings:
    """The codes of the terms of one guideline, by its tables, which are read when asked for."""

    def __init__(self, assessor: Assessor) -> None:
        self._source = assessor.source
        self._vocabulary = assessor.vocabulary
        self._requirements: dict[tuple[str, str, str | None], Resource] = {}

    @cached_property
    def _codes(self) -> dict[str, dict[str, list[tuple[str, str, str]]]]:
        """Return of each term, by predicate, the codes with their systems and labels."""
        names: dict[str, tuple[str, str]] = {}
        for system, (scheme, prefix) in sorted(intake_tables().systems.items(), reverse=True):
            if not system.startswith("urn:"):
                names[scheme] = (system, prefix)
        found: dict[str, dict[str, list[tuple[str, str, str]]]] = {}
        for table in tables_of(self._source):
            for match in table.matches:
                scheme = match.scheme or table.header.get("object_source", "")
                system, prefix = names.get(scheme, (scheme, ""))
                code = prefix + match.curie.partition(":")[2]
                if _CODE.fullmatch(code) and _SYSTEM.fullmatch(system):
                    by = found.setdefault(match.subject, {}).setdefault(match.predicate, [])
                    by.append((system, code, match.label))
        return {
            term: {predicate: sorted(set(codes)) for predicate, codes in by.items()}
            for term, by in found.items()
        }

    @cached_property
    def _measured(self) -> frozenset[str]:
        return frozenset(
            text_of(subject)
            for _, subject, predicate, _ in self._source.triples()
            if text_of(predicate) == MEASURES
        )

    def concept(self, term: str, label: str) -> Resource:
        """Return a term with the codes that say exactly the same."""
        exact = self._codes.get(term, {}).get(EXACT, [])
        return {
            "coding": [coding_of(term, label), *map(_coding, exact)],
            **({"text": text(label)} if text(label) else {}),
        }

    def request_type(self, term: str) -> str:
        """Return which resource requests an intervention: by the systems that have codes for it."""
        return self._by_system(term, _REQUEST) or tables().code(_REQUEST, IND + "Intervention")

    def _by_system(self, term: str, element: str) -> str | None:
        """Return what a row says of the systems that name the term, or something close to it."""
        by = self._codes.get(term, {})
        systems = {system for path in _NAMING for system, _, _ in by.get(path, ())}
        rows = [row for one in systems if (row := tables().find(element, one)) is not None]
        counting = [row for row in rows if not row.alone or len(systems) == 1]
        return min((row.code for row in counting), default=None)

    def requirement(self, awaited: AwaitedRecord) -> Resource:
        """Return the data that an open fact needs: its type, its codes, and what it is called."""
        key = (awaited["term"], awaited["label"], awaited["question"])
        if key not in self._requirements:
            self._requirements[key] = self._requirement(awaited)
        return self._requirements[key]

    def _requirement(self, awaited: AwaitedRecord) -> Resource:
        term = awaited["term"]
        by = self._codes.get(term, {})
        codes = list(dict.fromkeys(code for path in _IMPLYING for code in by.get(path, ())))
        said = [extension("term", valueUri=term)]
        said += [
            extension(name, valueString=text(words))
            for name, words in (
                ("label", awaited["label"]),
                ("question", awaited["question"] or ""),
            )
            if text(words)
        ]
        said += [
            extension("investigation", valueCoding=coding_of(one["term"], one["label"]))
            for one in awaited["investigations"]
        ]
        if len(codes) > MOST:
            said.append(extension("moreCodes", valueInteger=len(codes) - MOST))
        return {
            "extension": [extension(EXCHANGE + "fact", extension=said)],
            "type": self._data_type(term),
            "codeFilter": [
                {"path": "code", "code": [coding_of(term, ""), *map(_coding, codes[:MOST])]}
            ],
        }

    def _data_type(self, term: str) -> str:
        above = self._vocabulary.ancestors(term)
        if not self._measured.isdisjoint(above):
            return tables().code(_TYPE, MEASURES)
        if IND + "Intervention" in above:
            found = self._by_system(term, _TYPE)
            return found or tables().code(_TYPE, IND + "Intervention")
        kind = "Finding" if IND + "Finding" in above else "PatientCase"
        return tables().code(_TYPE, IND + kind)


def _coding(code: tuple[str, str, str]) -> Resource:
    system, value, label = code
    found = {"system": system, "code": value}
    return {**found, "display": text(label)} if text(label) else found
