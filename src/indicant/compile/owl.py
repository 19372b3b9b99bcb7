"""Write guidelines and existentials as OWL for a reasoner to read."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import TYPE_CHECKING

import pyoxigraph as ox

from indicant.compile.model import (
    ITSELF,
    ClassFacet,
    Existential,
    IndividualFacet,
    LiteralFacet,
    RangeFacet,
)
from indicant.terms import GENID, OWL, RDF, RDFS, TYPE, XSD

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from indicant.files.sources import Source


def _restore(term: object) -> str:
    """Return a term in N-Triples syntax, names that stand for blank nodes turned back."""
    if isinstance(term, ox.NamedNode) and GENID in term.value:
        return "_:n" + hashlib.sha256(term.value.encode()).hexdigest()[:24]
    return str(term)


def ontology_text(source: Source, *, undefined: Collection[str] = ()) -> str:
    """Return a guideline with all that it imports as N-Triples, blank nodes restored.

    Args:
        source: what ``files.sources.load`` returned.
        undefined: classes whose definitions are left out.
    """
    definition = f"<{OWL}equivalentClass>"
    bare = {f"<{cls}>" for cls in undefined}
    lines = (
        f"{_restore(subject)} {predicate} {_restore(value)} ."
        for _, subject, predicate, value in source.triples()
        if str(predicate) != definition or str(subject) not in bare
    )
    return "\n".join(dict.fromkeys(lines)) + "\n"


def existential_classes(names: Mapping[Existential, str]) -> str:
    """Return axioms that define a class of the given name by each existential, as N-Triples."""
    lines = (line for atom, name in names.items() for line in _equivalent(name, atom))
    return "\n".join(lines) + "\n"


def _equivalent(name: str, atom: Existential) -> Iterator[str]:
    """Yield the triples that define a class by an existential."""
    stem = "_:a" + hashlib.sha256(name.encode()).hexdigest()[:24]

    def triple(subject: str, predicate: str, value: str) -> str:
        return f"{subject} <{predicate}> {value} ."

    yield triple(f"<{name}>", TYPE, f"<{OWL}Class>")
    yield triple(f"<{name}>", OWL + "equivalentClass", stem)
    inner = stem
    if atom.role != ITSELF:
        inner = stem + "i" if atom.facets else f"<{atom.filler}>"
        yield triple(stem, TYPE, f"<{OWL}Restriction>")
        yield triple(stem, OWL + "onProperty", f"<{atom.role}>")
        yield triple(stem, OWL + "someValuesFrom", inner)
        if not atom.facets:
            return
    yield triple(inner, TYPE, f"<{OWL}Class>")
    parts = [f"<{atom.filler}>"]
    for number, facet in enumerate(sorted(atom.facets, key=repr)):
        if isinstance(facet, ClassFacet) and facet.property == TYPE:
            parts.append(f"<{facet.cls}>")
            continue
        part = f"{stem}f{number}"
        parts.append(part)
        yield triple(part, TYPE, f"<{OWL}Restriction>")
        yield triple(part, OWL + "onProperty", f"<{facet.property}>")
        if isinstance(facet, IndividualFacet):
            yield triple(part, OWL + "hasValue", f"<{facet.individual}>")
        elif isinstance(facet, ClassFacet):
            yield triple(part, OWL + "someValuesFrom", f"<{facet.cls}>")
        elif isinstance(facet, LiteralFacet):
            yield triple(part, OWL + "hasValue", str(constant(facet.value)))
        else:
            yield from _range(part, facet)
    yield triple(inner, OWL + "intersectionOf", f"{stem}l0")
    for number, part in enumerate(parts):
        rest = f"{stem}l{number + 1}" if number + 1 < len(parts) else f"<{RDF}nil>"
        yield triple(f"{stem}l{number}", RDF + "first", part)
        yield triple(f"{stem}l{number}", RDF + "rest", rest)


def _range(part: str, facet: RangeFacet) -> Iterator[str]:
    base = f"<{XSD}integer>" if facet.range.integral else f"<{XSD}decimal>"
    bounds = facet.range.bounds()
    if not bounds:
        yield f"{part} <{OWL}someValuesFrom> {base} ."
        return
    yield f"{part} <{OWL}someValuesFrom> {part}d ."
    yield f"{part}d <{TYPE}> <{RDFS}Datatype> ."
    yield f"{part}d <{OWL}onDatatype> {base} ."
    yield f"{part}d <{OWL}withRestrictions> {part}r0 ."
    for number, (name, value) in enumerate(bounds.items()):
        rest = f"{part}r{number + 1}" if number + 1 < len(bounds) else f"<{RDF}nil>"
        yield f"{part}r{number} <{RDF}first> {part}b{number} ."
        yield f"{part}r{number} <{RDF}rest> {rest} ."
        yield f"{part}b{number} <{XSD}{name}> {constant(value)} ."


def constant(value: Decimal | str | bool) -> ox.Literal:
    """Return a value as a literal: a whole number as xsd:integer, another as xsd:decimal."""
    if isinstance(value, bool):
        return ox.Literal(value)
    if isinstance(value, Decimal):
        if value == value.to_integral_value():
            return ox.Literal(str(int(value)), datatype=ox.NamedNode(XSD + "integer"))
        return ox.Literal(format(value, "f"), datatype=ox.NamedNode(XSD + "decimal"))
    return ox.Literal(value)
