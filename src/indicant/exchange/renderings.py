"""Know how our language is said in the codes of others: the tables of ``ontology/exchange``."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from indicant.files import resources
from indicant.files.rdf import read, text_of
from indicant.terms import DCTERMS, LABEL, SKOS, TYPE

if TYPE_CHECKING:
    from collections.abc import Mapping

EXCHANGE: Final = "https://w3id.org/indicant/exchange/"


@dataclass(frozen=True)
class Rendering:
    """A row: with which code an element of a format says what our language calls ``of``.

    ``system`` is empty where the element has codes of one system alone. Of several rows that hold
    of a whole, the one with the lowest ``rank`` counts. One about a code system that counts
    ``alone`` does so for terms that no other system names.
    """

    of: str
    element: str
    code: str
    system: str
    display: str
    rank: int
    clause: str
    source: str
    alone: bool
    note: str


@dataclass(frozen=True)
class Extension:
    """What an element of a format says beyond the standard, and with which type of value."""

    url: str
    label: str
    elements: tuple[str, ...]
    value: str
    note: str


@dataclass(frozen=True)
class Tables:
    """All rows, by what they are looked up by."""

    renderings: Mapping[tuple[str, str], Rendering]
    extensions: Mapping[str, Extension]

    def code(self, element: str, of: str) -> str:
        """Return the code that an element has for something of our language.

        Raises:
            KeyError: no row says so.
        """
        return self.renderings[element, of].code

    def find(self, element: str, of: str) -> Rendering | None:
        """Return the row about something of our language, if there is one."""
        return self.renderings.get((element, of))


@functools.cache
def tables() -> Tables:
    """Return what the tables that ship say, read once."""
    said: dict[str, dict[str, list[str]]] = {}
    for file in sorted((resources.ontology() / "exchange").glob("*.ttl")):
        for quad in read(file).quads:
            values = said.setdefault(text_of(quad.subject), {})
            values.setdefault(quad.predicate.value, []).append(text_of(quad.object))

    def first(values: Mapping[str, list[str]], path: str) -> str:
        return (values.get(path) or values.get(EXCHANGE + path) or [""])[0]

    renderings = {}
    extensions = {}
    for _, values in sorted(said.items()):
        kinds = values.get(TYPE, [])
        if EXCHANGE + "Rendering" in kinds:
            row = Rendering(
                first(values, "of"),
                first(values, "element"),
                first(values, "code"),
                first(values, "system"),
                first(values, "display"),
                int(first(values, "rank") or 0),
                first(values, "clause"),
                first(values, DCTERMS + "source"),
                first(values, "alone") == "true",
                first(values, SKOS + "scopeNote"),
            )
            renderings[row.element, row.of] = row
        elif EXCHANGE + "Extension" in kinds:
            url = first(values, "of")
            extensions[url] = Extension(
                url,
                first(values, LABEL),
                tuple(sorted(values[EXCHANGE + "element"])),
                first(values, "valueType"),
                first(values, SKOS + "scopeNote"),
            )
    return Tables(renderings, extensions)
