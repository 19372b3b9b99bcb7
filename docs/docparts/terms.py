"""The terms of the core, each by what the ontology says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Final

import pyoxigraph as ox

from docparts.markup import heading, plain, sections
from indicant.files import resources
from indicant.terms import IND, OWL, PREFIXES, RDFS, TYPE, XSD

SKOS: Final = PREFIXES["skos"]
_KINDS: Final = (
    ("AnnotationProperty", "property", "annotation property"),
    ("DatatypeProperty", "property", "data property"),
    ("ObjectProperty", "property", "object property"),
    ("Class", "class", "class"),
    ("NamedIndividual", "value", "value"),
)
_MARKS: Final = {
    "FunctionalProperty": "has one value at most",
    "SymmetricProperty": "holds both ways",
}


@dataclass(frozen=True)
class Term:
    """A term of the core: its local name, what kind it is, and what is said of it."""

    name: str
    said: dict[str, list[str]] = field(hash=False)

    @property
    def kind(self) -> tuple[str, str]:
        """Return the kind as labels have it, and as words."""
        types = self.said.get(TYPE, [])
        return next((short, words) for name, short, words in _KINDS if OWL + name in types)

    @property
    def label(self) -> str:
        """Return what pages and messages link to."""
        return f"{self.kind[0]}-{self.name.lower()}"

    def first(self, predicate: str) -> str | None:
        """Return the one value of a property, if it has one."""
        return next(iter(self.said.get(predicate, [])), None)


@cache
def modules() -> dict[str, tuple[str, list[Term]]]:
    """Return the description and the terms of each module of the core, by its name."""
    found = {}
    for file in sorted((resources.ontology() / "core").glob("*.ttl")):
        said: dict[str, dict[str, list[str]]] = {}
        for triple in ox.parse(file.read_bytes(), format=ox.RdfFormat.TURTLE):
            if isinstance(triple.subject, ox.NamedNode):
                of_one = said.setdefault(triple.subject.value, {})
                of_one.setdefault(triple.predicate.value, []).append(_value(triple.object))
        described = next(
            one[PREFIXES["dcterms"] + "description"][0]
            for one in said.values()
            if OWL + "Ontology" in one.get(TYPE, [])
        )
        terms = [
            Term(iri.removeprefix(IND), one)
            for iri, one in said.items()
            if iri.startswith(IND) and SKOS + "definition" in one
        ]
        if terms:
            found[file.stem] = (described, sorted(terms, key=lambda one: one.name.lower()))
    return found


def text(module: str) -> str:
    """Return the terms of a module of the core, or of all of them."""
    names = [module] if module else list(modules())
    return sections(
        sections(
            (
                heading(2, name.capitalize(), f"module-{name}"),
                plain(modules()[name][0].capitalize()) + ".",
                *map(_section, modules()[name][1]),
            )
        )
        for name in names
    )


def _section(term: Term) -> str:
    types = term.said.get(TYPE, [])
    facts = [term.kind[1]]
    facts += [words for name, words in _MARKS.items() if OWL + name in types]
    facts += [f"of {_linked(one)}" for one in types if one.startswith(IND)]
    facts += [f"below {_linked(one)}" for one in term.said.get(RDFS + "subClassOf", []) if one]
    facts += [f"below {_linked(one)}" for one in term.said.get(RDFS + "subPropertyOf", [])]
    facts += [f"values are {_linked(one)}" for one in term.said.get(RDFS + "range", []) if one]
    notation = term.first(SKOS + "notation")
    facts += [f"printed as `{notation}`"] if notation else []
    return sections(
        (
            heading(3, f"`ind:{term.name}`", term.label),
            f"{plain(term.first(SKOS + 'definition') or '')}.",
            f"*{'; '.join(facts)}*",
            *(plain(note) for note in term.said.get(SKOS + "scopeNote", [])),
        )
    )


def _linked(iri: str) -> str:
    """Return a term, as a link where it is one of the core."""
    for _, terms in modules().values():
        for term in terms:
            if iri == IND + term.name:
                return f"[`ind:{term.name}`](#{term.label})"
    for prefix, namespace in (*PREFIXES.items(), ("xsd", XSD)):
        if iri.startswith(namespace):
            return f"`{prefix}:{iri.removeprefix(namespace)}`"
    return f"`{iri}`"


def _value(term: object) -> str:
    """Return the text of a term, nothing of an anonymous one."""
    return term.value if isinstance(term, (ox.NamedNode, ox.Literal)) else ""
