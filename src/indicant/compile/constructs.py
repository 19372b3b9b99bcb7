"""Say what the OWL 2 mapping from RDF graphs makes of a node, from what is said of it."""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

from indicant.compile.model import BOUNDS
from indicant.terms import IND, OWL, RDF, RDFS, XSD

_FIRST: Final = RDF + "first"
_REST: Final = RDF + "rest"


class Kind(Enum):
    """What a node can stand for, as a message calls it."""

    CLASS = "a class"
    RANGE = "a datatype"
    PROPERTY = "a property"
    INDIVIDUAL = "an individual"
    LITERAL = "a literal"
    COUNT = "a whole number that is not negative"
    TRUE = "true"
    BOUND = "a bound"
    LIST = "a list"
    AXIOM = "an axiom"
    IRI = "an IRI"


EVERY: Final = frozenset(Kind)
OF_AN_IRI: Final = frozenset({Kind.CLASS, Kind.RANGE, Kind.PROPERTY, Kind.INDIVIDUAL, Kind.IRI})


class _Form(NamedTuple):
    """What the statements about an anonymous node make of it.

    It has one or more of ``types``, unless there are none, and may have those of ``also``.
    """

    kind: Kind
    types: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()


def _owl(names: str) -> frozenset[str]:
    return frozenset(OWL + name for name in names.split())


_CLASS: Final = _Form(Kind.CLASS, _owl("Class"), frozenset({RDFS + "Class"}))
_RESTRICTION: Final = _Form(Kind.CLASS, _owl("Restriction"), _owl("Class") | {RDFS + "Class"})
_RANGE: Final = _Form(
    Kind.RANGE, frozenset({RDFS + "Datatype", OWL + "DataRange"}), frozenset({RDFS + "Class"})
)
_COUNTS: Final = "cardinality minCardinality maxCardinality"
_QUALIFIED: Final = "qualifiedCardinality minQualifiedCardinality maxQualifiedCardinality"
_BOUNDS: Final = frozenset({RDF + "langRange"}).union(
    XSD + name for name in ("length", "minLength", "maxLength", "pattern", *BOUNDS)
)
FORMS: Final[dict[frozenset[str], tuple[_Form, ...]]] = {
    **{_owl(name): (_CLASS, _RANGE) for name in ("intersectionOf", "unionOf", "oneOf")},
    _owl("complementOf"): (_CLASS,),
    _owl("datatypeComplementOf"): (_RANGE,),
    _owl("onDatatype withRestrictions"): (_RANGE,),
    **{
        _owl(f"onProperty {name}"): (_RESTRICTION,)
        for name in f"someValuesFrom allValuesFrom hasValue hasSelf {_COUNTS}".split()
    },
    **{
        _owl(f"onProperty {count} {name}"): (_RESTRICTION,)
        for count in _QUALIFIED.split()
        for name in ("onClass", "onDataRange")
    },
    _owl("onProperties someValuesFrom"): (_RESTRICTION,),
    _owl("onProperties allValuesFrom"): (_RESTRICTION,),
    _owl("inverseOf"): (_Form(Kind.PROPERTY, also=_owl("ObjectProperty")),),
    frozenset({_FIRST, _REST}): (_Form(Kind.LIST, also=frozenset({RDF + "List"})),),
    **{frozenset({bound}): (_Form(Kind.BOUND),) for bound in _BOUNDS},
}
ANNOTATED: Final = _owl("annotatedSource annotatedProperty annotatedTarget")
AXIOMS: Final[dict[str, tuple[frozenset[str], ...]]] = {
    OWL + "AllDisjointClasses": (_owl("members"),),
    OWL + "AllDisjointProperties": (_owl("members"),),
    OWL + "AllDifferent": (_owl("members"), _owl("distinctMembers")),
    OWL + "NegativePropertyAssertion": (
        _owl("sourceIndividual assertionProperty targetIndividual"),
        _owl("sourceIndividual assertionProperty targetValue"),
    ),
    OWL + "Axiom": (ANNOTATED,),
    OWL + "Annotation": (ANNOTATED,),
}
PARTS: Final = frozenset().union(*FORMS, *(parts for ways in AXIOMS.values() for parts in ways))
"""The properties that make a node what it is."""
SIGNS: Final = _owl("Class Restriction DataRange") | {
    RDFS + "Class",
    RDFS + "Datatype",
    RDF + "List",
}
"""The types that an anonymous node has for being more than an individual."""
OF_NAMES_TOO: Final = _owl("intersectionOf unionOf complementOf oneOf inverseOf")
OF_NAMES_ALONE: Final = frozenset(
    RDFS + name for name in ("subClassOf", "subPropertyOf", "domain", "range")
) | _owl(
    "equivalentClass disjointWith disjointUnionOf hasKey equivalentProperty propertyDisjointWith "
    "propertyChainAxiom"
)
_HEADER: Final = _owl("imports versionIRI priorVersion backwardCompatibleWith incompatibleWith")

_C, _R, _P, _I, _L = Kind.CLASS, Kind.RANGE, Kind.PROPERTY, Kind.INDIVIDUAL, Kind.LITERAL
TAKES: Final[dict[str, frozenset[Kind]]] = {
    namespace + name: frozenset(kinds)
    for namespace, names, kinds in (
        (RDF, "type", {_C}),
        (RDFS, "subClassOf domain", {_C}),
        (RDFS, "range", {_C, _R}),
        (RDFS, "subPropertyOf", {_P}),
        (OWL, "disjointWith complementOf onClass", {_C}),
        (OWL, "equivalentClass someValuesFrom allValuesFrom", {_C, _R}),
        (OWL, "onDataRange onDatatype datatypeComplementOf", {_R}),
        (OWL, "onProperty inverseOf equivalentProperty propertyDisjointWith", {_P}),
        (OWL, "assertionProperty annotatedProperty", {_P}),
        (OWL, "sameAs differentFrom sourceIndividual targetIndividual", {_I}),
        (OWL, "hasValue", {_I, _L}),
        (OWL, "hasSelf", {Kind.TRUE}),
        (OWL, "targetValue", {_L}),
        (OWL, f"{_COUNTS} {_QUALIFIED}", {Kind.COUNT}),
        (OWL, "annotatedSource annotatedTarget", EVERY),
        (IND, "where", {_C}),
    )
    for name in names.split()
}
TAKES.update(dict.fromkeys(_HEADER, frozenset({Kind.IRI})))
TAKES.update(dict.fromkeys(_BOUNDS, frozenset({_L})))
LISTS: Final[dict[str, frozenset[Kind]]] = {
    OWL + name: frozenset(kinds)
    for names, kinds in (
        ("intersectionOf unionOf", {_C, _R}),
        ("oneOf", {_I, _L}),
        ("withRestrictions", {Kind.BOUND}),
        ("disjointUnionOf", {_C}),
        ("hasKey propertyChainAxiom onProperties", {_P}),
        ("members", {_C, _P, _I}),
        ("distinctMembers", {_I}),
    )
    for name in names.split()
}
NARROWER: Final[dict[tuple[str, str], Kind]] = {
    **{
        (OWL + name, cls): kind
        for name, of_class, of_range in (
            ("intersectionOf", _C, _R),
            ("unionOf", _C, _R),
            ("oneOf", _I, _L),
        )
        for cls, kind in (
            (OWL + "Class", of_class),
            (RDFS + "Datatype", of_range),
            (OWL + "DataRange", of_range),
        )
    },
    (OWL + "members", OWL + "AllDisjointClasses"): _C,
    (OWL + "members", OWL + "AllDisjointProperties"): _P,
    (OWL + "members", OWL + "AllDifferent"): _I,
}
"""What the members of a list are, by the type of what has the list."""
SETS: Final = _owl("members distinctMembers disjointUnionOf")
OF_OTHERS: Final = _owl("disjointWith differentFrom propertyDisjointWith")
