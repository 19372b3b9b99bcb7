"""The IRIs of the guideline language and of the vocabularies it stands on."""

from __future__ import annotations

from typing import Final

IND: Final = "https://w3id.org/indicant/core/"
OWL: Final = "http://www.w3.org/2002/07/owl#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
DCTERMS: Final = "http://purl.org/dc/terms/"
CITO: Final = "http://purl.org/spar/cito/"
PROV: Final = "http://www.w3.org/ns/prov#"
SPARQL_FUNCTIONS: Final = "http://www.w3.org/ns/sparql#"
"""The namespace in which SPARQL 1.2 names its operators."""
UCUM: Final = "https://w3id.org/cdt/ucum"
"""The datatype of a quantity: a number, white space and a unit of UCUM."""

GENID: Final = "/.well-known/genid/"
"""What names a node that stands for a blank one."""

NOT_XML: Final = frozenset((*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0xFFFE, 0xFFFF))
"""The characters that XML 1.0 cannot say."""

PREFIXES: Final = {
    "dcterms": DCTERMS,
    "ind": IND,
    "owl": OWL,
    "prov": PROV,
    "rdf": RDF,
    "rdfs": RDFS,
    "skos": SKOS,
    "xsd": XSD,
}

BUILT_IN: Final[dict[str, str]] = {
    OWL: "AllDifferent AllDisjointClasses AllDisjointProperties Annotation AnnotationProperty "
    "AsymmetricProperty Axiom Class DataRange DatatypeProperty DeprecatedClass "
    "DeprecatedProperty FunctionalProperty InverseFunctionalProperty IrreflexiveProperty "
    "NamedIndividual NegativePropertyAssertion Nothing ObjectProperty Ontology "
    "OntologyProperty ReflexiveProperty Restriction SymmetricProperty Thing "
    "TransitiveProperty allValuesFrom annotatedProperty annotatedSource annotatedTarget "
    "assertionProperty backwardCompatibleWith bottomDataProperty bottomObjectProperty "
    "cardinality complementOf datatypeComplementOf deprecated differentFrom disjointUnionOf "
    "disjointWith distinctMembers equivalentClass equivalentProperty hasKey hasSelf hasValue "
    "imports incompatibleWith intersectionOf inverseOf maxCardinality "
    "maxQualifiedCardinality members minCardinality minQualifiedCardinality onClass "
    "onDataRange onDatatype onProperties onProperty oneOf priorVersion propertyChainAxiom "
    "propertyDisjointWith qualifiedCardinality rational real sameAs someValuesFrom "
    "sourceIndividual targetIndividual targetValue topDataProperty topObjectProperty unionOf "
    "versionIRI versionInfo withRestrictions",
    RDF: "Alt Bag CompoundLiteral HTML JSON List PlainLiteral Property Seq Statement XMLLiteral "
    "dirLangString direction first langRange langString language nil object predicate rest subject "
    "type value",
    RDFS: "Class Container ContainerMembershipProperty Datatype Literal Resource comment domain "
    "isDefinedBy label member range seeAlso subClassOf subPropertyOf",
    XSD: "ENTITIES ENTITY ID IDREF IDREFS NCName NMTOKEN NMTOKENS NOTATION Name QName anyURI "
    "base64Binary boolean byte date dateTime dateTimeStamp dayTimeDuration decimal double "
    "duration float gDay gMonth gMonthDay gYear gYearMonth hexBinary int integer language length "
    "long maxExclusive maxInclusive maxLength minExclusive minInclusive minLength "
    "negativeInteger nonNegativeInteger nonPositiveInteger normalizedString pattern "
    "positiveInteger short string time token unsignedByte unsignedInt unsignedLong unsignedShort "
    "yearMonthDuration",
}
"""The names that the W3C has given in its own namespaces."""

UNORDERED: Final = frozenset(
    OWL + name
    for name in (
        "distinctMembers",
        "intersectionOf",
        "members",
        "oneOf",
        "unionOf",
        "withRestrictions",
    )
)
"""The properties whose lists say nothing by their order."""

STATING: Final = frozenset(
    IND + name
    for name in (
        "Acceptance",
        "Assessment",
        "Citation",
        "ContextPassage",
        "Contraindication",
        "Conversion",
        "Derivation",
        "Effect",
        "EvidenceLink",
        "Fact",
        "Finding",
        "Guideline",
        "Indication",
        "Intervention",
        "Investigation",
        "Merge",
        "NonIndication",
        "Omission",
        "Passage",
        "PatientCase",
        "Phase",
        "Publication",
        "Recommendation",
        "Resolution",
        "SourceDocument",
        "Tension",
    )
) | {
    "http://www.w3.org/ns/oa#TextPositionSelector",
    OWL + "Ontology",
    PROV + "Agent",
    PROV + "Entity",
}
"""The classes whose individuals state something, and are no values, as shape:Statement has them."""

TYPE: Final = RDF + "type"
LABEL: Final = RDFS + "label"


def hint_of_scheme(text: str) -> str | None:
    """Return what to say of a text that calls our terms by ``http:``, which are others.

    >>> hint_of_scheme("@prefix ind: <http://w3id.org/indicant/core/> .")
    'our terms begin with https:, as in  @prefix ind: <https://w3id.org/indicant/core/> .'
    """
    if "http" + IND.removeprefix("https")[: -len("core/")] not in text:
        return None
    return f"our terms begin with https:, as in  @prefix ind: <{IND}> ."


def is_blank(term: object) -> bool:
    """Tell whether a term of pyoxigraph is an anonymous node, or stands for one.

    >>> import pyoxigraph as ox
    >>> names = "https://example.org/", "https://example.org/.well-known/genid/1"
    >>> [is_blank(ox.NamedNode(name)) for name in names], is_blank(ox.BlankNode())
    ([False, True], True)
    >>> is_blank(ox.Literal("a/.well-known/genid/1"))
    False
    """
    import pyoxigraph

    return isinstance(term, pyoxigraph.BlankNode) or (
        isinstance(term, pyoxigraph.NamedNode) and GENID in term.value
    )


def local_name(iri: str) -> str:
    """Return the part of an IRI after its last ``#`` or ``/``.

    >>> local_name("https://w3id.org/indicant/core/Finding")
    'Finding'
    """
    return iri.rstrip("/#").replace("#", "/").rsplit("/", 1)[-1]
