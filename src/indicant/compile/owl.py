"""Write guidelines and existentials as OWL for a reasoner to read."""

from __future__ import annotations

import hashlib
import itertools
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.model import (
    CASE,
    HAS_FINDING,
    ITSELF,
    ClassFacet,
    Existential,
    IndividualFacet,
    LiteralFacet,
    RangeFacet,
    RecordFacet,
)
from indicant.errors import IndicantError
from indicant.terms import GENID, IND, OWL, RDF, RDFS, TYPE, XSD, local_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from indicant.compile.model import Facet, Score
    from indicant.files.sources import Source


OA: Final = "http://www.w3.org/ns/oa#"
MOST_WAYS: Final = 2000
"""In how many ways a score that HermiT is to know may reach a number."""


def _restore(term: object) -> str:
    """Return a term in N-Triples syntax, names that stand for blank nodes turned back."""
    if isinstance(term, ox.NamedNode) and GENID in term.value:
        return "_:n" + hashlib.sha256(term.value.encode()).hexdigest()[:24]
    return str(term)


def ontology_text(source: Source, *, undefined: Collection[str] = (), passages: bool = True) -> str:
    """Return a guideline with all that it imports as N-Triples, blank nodes restored.

    Args:
        source: what ``files.sources.load`` returned.
        undefined: classes whose definitions are left out.
        passages: whether it has the passages of the source as well, of which HermiT makes
            individuals that it carries along in all that it is asked. Nothing follows from them.
    """
    definition = f"<{OWL}equivalentClass>"
    bare = {f"<{cls}>" for cls in undefined}
    without = set() if passages else _passages(source)
    lines = (
        f"{_restore(subject)} {predicate} {_restore(value)} ."
        for _, subject, predicate, value in source.triples()
        if (str(predicate) != definition or str(subject) not in bare)
        and not {subject, value} & without
    )
    return "\n".join((*dict.fromkeys(lines), *_quantity_axioms(source))) + "\n"


def _passages(source: Source) -> set[object]:
    """Return the passages of a source, and where each stands."""
    kinds = {ox.NamedNode(IND + "Passage"), ox.NamedNode(IND + "ContextPassage")}
    kinds.add(ox.NamedNode(OA + "TextPositionSelector"))
    return {
        subject
        for _, subject, predicate, value in source.triples()
        if value in kinds and str(predicate) == f"<{TYPE}>"
    }


def _quantity_axioms(source: Source) -> Iterator[str]:
    """Yield that a case has one of each quantity at most, and that none is another."""
    kind = ox.NamedNode(IND + "Quantity")
    names = sorted(
        subject.value
        for _, subject, predicate, value in source.triples()
        if value == kind and str(predicate) == f"<{TYPE}>" and isinstance(subject, ox.NamedNode)
    )
    for name in dict.fromkeys(names):
        stem = "_:q" + hashlib.sha256(name.encode()).hexdigest()[:24]
        yield f"<{CASE}> <{RDFS}subClassOf> {stem} ."
        yield f"{stem} <{TYPE}> <{OWL}Restriction> ."
        yield f"{stem} <{OWL}onProperty> <{HAS_FINDING}> ."
        yield f'{stem} <{OWL}maxQualifiedCardinality> "1"^^<{XSD}nonNegativeInteger> .'
        yield f"{stem} <{OWL}onClass> <{name}> ."
    for one, other in itertools.combinations(dict.fromkeys(names), 2):
        yield f"<{one}> <{OWL}disjointWith> <{other}> ."


def score_axioms(scores: Iterable[Score]) -> str:
    """Return what a score is by the criteria that it counts, written out, as N-Triples.

    A case is at least at a number where it meets all of some criteria that give as much.

    Raises:
        IndicantError: there are too many ways to write them out.
    """
    lines: list[str] = []
    for score in scores:
        for number in range(score.total + 2):
            sets = list(itertools.islice(_least_sets(score, number), MOST_WAYS + 1))
            if len(sets) > MOST_WAYS:
                raise IndicantError(
                    f"{local_name(score.iri)} reaches {number} in more than {MOST_WAYS} ways, "
                    "which is too many for HermiT",
                    help="use another engine",
                )
            lines += _scored(score, number, sets)
    return "".join(f"{line} .\n" for line in lines)


def _least_sets(score: Score, number: int) -> Iterator[tuple[str, ...]]:
    """Yield the sets of criteria that give at least so many points and from which none can go."""
    for size in range(len(score.items) + 1):
        for some in itertools.combinations(score.items, size):
            points = [one for _, one in some]
            if sum(points) >= number and sum(points) - min(points, default=1) < number:
                yield tuple(iri for iri, _ in some)


def _scored(score: Score, number: int, sets: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Yield that cases are at least at a number exactly where they meet one of some sets."""
    stem = "_:s" + hashlib.sha256(f"{score.iri} {number}".encode()).hexdigest()[:24]
    case, thing = f"<{CASE}>", f"<{OWL}Class>"
    yield f"{stem} <{TYPE}> {thing}"
    yield f"{stem} <{OWL}intersectionOf> {stem}a0"
    yield from listed(f"{stem}a", [case, f"{stem}r"])
    yield f"{stem}r <{TYPE}> <{OWL}Restriction>"
    yield f"{stem}r <{OWL}onProperty> <{score.iri}>"
    yield f"{stem}r <{OWL}someValuesFrom> {stem}d"
    yield f"{stem}d <{TYPE}> <{RDFS}Datatype>"
    yield f"{stem}d <{OWL}onDatatype> <{XSD}integer>"
    yield f"{stem}d <{OWL}withRestrictions> {stem}w0"
    yield from listed(f"{stem}w", [f"{stem}f"])
    yield f'{stem}f <{XSD}minInclusive> "{number}"^^<{XSD}integer>'
    if not sets:
        yield f"{stem} <{OWL}equivalentClass> <{OWL}Nothing>"
        return
    yield f"{stem} <{OWL}equivalentClass> {stem}b"
    yield f"{stem}b <{TYPE}> {thing}"
    yield f"{stem}b <{OWL}unionOf> {stem}u0"
    yield from listed(f"{stem}u", [f"{stem}o{n}" for n in range(len(sets))])
    for place, some in enumerate(sets):
        yield f"{stem}o{place} <{TYPE}> {thing}"
        yield f"{stem}o{place} <{OWL}intersectionOf> {stem}o{place}l0"
        yield from listed(f"{stem}o{place}l", [case, *(f"<{iri}>" for iri in some)])


def listed(stem: str, members: Sequence[str]) -> Iterator[str]:
    """Yield the triples of a list whose nodes are named by a stem and a number."""
    for number, member in enumerate(members):
        rest = f"{stem}{number + 1}" if number + 1 < len(members) else f"<{RDF}nil>"
        yield f"{stem}{number} <{RDF}first> {member}"
        yield f"{stem}{number} <{RDF}rest> {rest}"


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
        if atom.least == 1:
            yield triple(stem, OWL + "someValuesFrom", inner)
        else:
            count = f'"{atom.least}"^^<{XSD}nonNegativeInteger>'
            yield triple(stem, OWL + "minQualifiedCardinality", count)
            yield triple(stem, OWL + "onClass", inner)
        if not atom.facets:
            return
    yield triple(inner, TYPE, f"<{OWL}Class>")
    yield from _intersection(inner, stem, [f"<{atom.filler}>"], atom.facets)


def _intersection(node: str, stem: str, parts: list[str], facets: Iterable[Facet]) -> Iterator[str]:
    """Yield the triples that say what is in all of some classes and satisfies some facets."""

    def triple(subject: str, predicate: str, value: str) -> str:
        return f"{subject} <{predicate}> {value} ."

    for number, facet in enumerate(sorted(facets, key=repr)):
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
        elif isinstance(facet, RecordFacet):
            yield triple(part, OWL + "someValuesFrom", f"{part}i")
            yield triple(f"{part}i", TYPE, f"<{OWL}Class>")
            yield from _intersection(f"{part}i", part, [f"<{OWL}Thing>"], facet.facets)
        else:
            yield from _range(part, facet)
    yield triple(node, OWL + "intersectionOf", f"{stem}l0")
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
