"""What is outside the profile is refused, and the error names the axiom, the file and the line."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from indicant.compile.compiled import compile_source
from indicant.errors import IndicantError
from making import PREFIXES
from oracle import source_of

SMALL = f"""{PREFIXES}
ex:F a owl:Class ; rdfs:subClassOf ind:Finding .
ex:G a owl:Class ; rdfs:subClassOf ind:Finding .
ex:I a owl:Class ; rdfs:subClassOf ind:Intervention .
ex:J a owl:Class ; rdfs:subClassOf ind:Intervention .
ex:grade a owl:DatatypeProperty , owl:FunctionalProperty .
ex:size a owl:DatatypeProperty .
ex:side a owl:ObjectProperty , owl:FunctionalProperty .
ex:Side a owl:Class .
ex:left a owl:NamedIndividual , ex:Side .
ex:right a owl:NamedIndividual , ex:Side .
ex:C a owl:Class , ind:Criterion ;
  owl:equivalentClass [ a owl:Restriction ;
    owl:onProperty ind:hasFinding ; owl:someValuesFrom ex:F ] .
ex:R a ind:Indication ; ind:action ex:I ; ind:criterion ex:C .
"""


def restriction(prop: str, rest: str) -> str:
    return f"[ a owl:Restriction ; owl:onProperty {prop} ; {rest} ]"


def faceted(facet: str, filler: str = "ex:F") -> str:
    both = f"[ a owl:Class ; owl:intersectionOf ( {filler} {facet} ) ]"
    return restriction("ind:hasFinding", f"owl:someValuesFrom {both}")


def criterion(expression: str) -> str:
    return f"ex:X a owl:Class , ind:Criterion ; owl:equivalentClass {expression} ."


def bounded(datatype: str, bound: str) -> str:
    return (
        f"owl:someValuesFrom [ a rdfs:Datatype ; owl:onDatatype {datatype} ; "
        f"owl:withRestrictions ( [ {bound} ] ) ]"
    )


LEADS = "ex:leads a owl:ObjectProperty ; rdfs:range ind:Finding .\n"


def leading(rest: str, more: str = "") -> str:
    """Return a criterion on a record that leads to another one, and what it is declared with."""
    return LEADS + more + criterion(faceted(restriction("ex:leads", rest)))


def some(*parts: str) -> str:
    both = " ".join(parts)
    return f"owl:someValuesFrom [ a owl:Class ; owl:intersectionOf ( {both} ) ]"


class Refusal(NamedTuple):
    """What is added to a guideline that is in the profile, and what the error then names."""

    name: str
    turtle: str
    words: tuple[str, ...]
    line: str | None = "ex:X"
    remedy: str = ""


ONE = '"1"^^xsd:nonNegativeInteger'
TWO = '"2"^^xsd:nonNegativeInteger'
LIMIT = "owl:maxQualifiedCardinality"
DEEP = some("ex:F", restriction("ex:grade", "owl:hasValue 1"))
for _ in range(4):
    DEEP = some("ex:F", restriction("ex:leads", DEEP))
RELATED = [
    Refusal(
        "related-without-a-range",
        "ex:to a owl:ObjectProperty .\n"
        + criterion(faceted(restriction("ex:to", "owl:someValuesFrom ex:G"))),
        ("X", "to some G", "a class of records"),
        remedy="to rdfs:range ind:Finding",
    ),
    Refusal(
        "related-within-a-range-of-values",
        "ex:to a owl:ObjectProperty ; rdfs:range ex:Side .\n"
        + criterion(faceted(restriction("ex:to", some("ex:G")))),
        ("X", "a class of records", "the range of to is none"),
        remedy="state to which records it leads",
    ),
    Refusal(
        "related-to-values",
        leading("owl:someValuesFrom ex:Side"),
        ("X", "leads some Side", "no class of findings or interventions"),
        remedy="take a property of values",
    ),
    Refusal(
        "related-to-a-case",
        leading("owl:someValuesFrom ind:PatientCase"),
        ("X", "PatientCase is no class of findings or interventions"),
        remedy="below ind:Finding or ind:Intervention",
    ),
    Refusal(
        "related-to-a-record-by-its-name",
        "ex:own a owl:NamedIndividual , ex:F .\n" + leading("owl:hasValue ex:own"),
        ("X", "leads value own", "only  leads some …  is decided"),
        remedy="a criterion names no record",
    ),
    Refusal(
        "two-related",
        leading(f"owl:minQualifiedCardinality {TWO} ; owl:onClass ex:G"),
        ("X", "leads min 2 G", "only  leads some …  is decided"),
        remedy="ind:hasFinding min 2 …",
    ),
    Refusal(
        "every-related",
        leading("owl:allValuesFrom ex:G"),
        ("X", "leads only G"),
        remedy="write  leads some Class",
    ),
    Refusal(
        "related-to-this-or-that",
        leading("owl:someValuesFrom [ a owl:Class ; owl:unionOf ( ex:F ex:G ) ]"),
        ("X", "leads some (F or G)", "no 'or'"),
        remedy="as a union of criteria: one with  leads some A",
    ),
    Refusal(
        "related-to-what-it-is-not",
        leading(some("ex:F", "[ a owl:Class ; owl:complementOf ex:G ]")),
        ("X", "not G", "no 'not'"),
        remedy="name a class of what it is",
    ),
    Refusal(
        "related-to-no-class",
        leading(some(restriction("ex:grade", "owl:hasValue 1"))),
        ("X", "what leads leads to has one named class, not 0"),
        remedy="leads some (Class and …)",
    ),
    Refusal(
        "related-to-two-classes",
        leading(some("ex:F", "ex:G")),
        ("X", "what leads leads to has one named class, not 2"),
    ),
    Refusal(
        "when-the-related-was",
        leading(some("ex:F", restriction("ind:daysSinceStart", "owl:hasValue 1"))),
        ("X", "daysSinceStart is about that"),
        remedy="demand it of what the case has",
    ),
    Refusal(
        "related-to-an-age",
        leading(some("ex:F", restriction("ind:ageInYears", "owl:hasValue 1"))),
        ("X", "ageInYears is a property of the case itself"),
    ),
    Refusal(
        "related-through-five",
        LEADS + criterion(faceted(restriction("ex:leads", DEEP))),
        ("X", "a facet leads through more than 4 records"),
        remedy="state what the last of them says",
    ),
    Refusal(
        "related-both-ways",
        leading("owl:someValuesFrom ex:G", "ex:leads a owl:SymmetricProperty .\n"),
        ("X", "leads is symmetric"),
        remedy="record it both ways",
    ),
    Refusal(
        "related-to-a-quantity",
        "ex:Q a owl:Class , ind:Quantity ; rdfs:subClassOf ind:Finding ; ind:over ex:G ; "
        "ind:aggregate ind:Count .\n" + leading("owl:someValuesFrom ex:Q"),
        ("X", "Q is a quantity"),
        remedy="(ind:hasFinding some (Q and …))",
    ),
    Refusal(
        "a-quantity-of-what-is-related",
        "ex:Q a owl:Class , ind:Quantity ; rdfs:subClassOf ind:Finding ; ind:over ex:G ; "
        "ind:aggregate ind:Count ; ind:where "
        + restriction("ex:leads", "owl:someValuesFrom ex:F")
        + " .\n"
        + LEADS,
        ("Q where", "is not looked at"),
        "ex:Q",
        remedy="name a class of the records",
    ),
    Refusal(
        "a-case-that-is-related",
        "ex:leads a owl:ObjectProperty , owl:FunctionalProperty , ind:CaseProperty ; rdfs:range "
        "ind:Finding .\n" + criterion(restriction("ex:leads", "owl:someValuesFrom ex:F")),
        ("X", "a property of the case itself has values"),
        remedy="a case has records by ind:hasFinding",
    ),
]
REFUSALS = [
    *RELATED,
    Refusal(
        "bounds-on-dates",
        "ex:at a owl:DatatypeProperty , owl:FunctionalProperty .\n"
        + criterion(
            faceted(
                restriction(
                    "ex:at",
                    bounded(
                        "xsd:dateTime", 'xsd:minInclusive "2026-01-01T00:00:00Z"^^xsd:dateTime'
                    ),
                )
            )
        ),
        ("X", "bounds on dateTime"),
        remedy="ind:days some xsd:integer[>= 42]",
    ),
    Refusal(
        "two-of-anything",
        criterion(restriction("ind:hasFinding", f"owl:minCardinality {TWO}")),
        ("X", "hasFinding min 2"),
        remedy="several:  ind:hasFinding min 2 Class",
    ),
    Refusal(
        "or-in-a-filler",
        criterion(
            restriction(
                "ind:hasFinding", "owl:someValuesFrom [ a owl:Class ; owl:unionOf ( ex:F ex:G ) ]"
            )
        ),
        ("X", "hasFinding some (F or G)", "no 'or'"),
        remedy="(ind:hasFinding some A) or (ind:hasFinding some B)",
    ),
    Refusal(
        "or-among-facets",
        criterion(faceted("[ a owl:Class ; owl:unionOf ( ex:F ex:G ) ]")),
        ("X", "F or G", "no 'or'"),
        remedy="(ind:hasFinding some A) or (ind:hasFinding some B)",
    ),
    Refusal(
        "not-among-facets",
        criterion(
            faceted(
                "[ a owl:Class ; owl:complementOf "
                + restriction("ex:side", "owl:hasValue ex:left")
                + " ]"
            )
        ),
        ("X", "not side value left", "no 'not'"),
        remedy="demand the other values or the other range",
    ),
    Refusal(
        "a-list-of-values",
        criterion(
            faceted(
                restriction(
                    "ex:side",
                    "owl:someValuesFrom [ a owl:Class ; owl:oneOf ( ex:left ex:right ) ]",
                )
            )
        ),
        ("X", "side some {left, right}"),
        remedy="a union of criteria, each with  side value v",
    ),
    Refusal(
        "a-list-of-numbers",
        criterion(
            faceted(
                restriction(
                    "ex:grade", "owl:someValuesFrom [ a rdfs:Datatype ; owl:oneOf ( 1 2 ) ]"
                )
            )
        ),
        ("X", "{1, 2}"),
        remedy="property value v",
    ),
    Refusal(
        "a-facet-of-the-case",
        criterion(restriction("ex:grade", bounded("xsd:integer", "xsd:minInclusive 3"))),
        ("X", "grade some integer[>= 3]"),
        remedy="ind:hasFinding some (Class and grade some integer[>= 3])",
    ),
    Refusal(
        "an-intersection-within-another",
        criterion(faceted("[ a owl:Class ; owl:intersectionOf ( ex:G ex:H ) ]")),
        ("X", "F and (G and H)"),
        remedy="in one owl:intersectionOf",
    ),
    Refusal(
        "an-axiom-of-an-expression",
        "[ a owl:Class ; owl:intersectionOf ( ex:F ex:G ) ] rdfs:subClassOf ex:F .",
        ("intersectionOf", "not rdfs:subClassOf"),
        line="[ a owl:Class",
        remedy="a criterion with a recommendation",
    ),
    Refusal(
        "a-facet-of-every-finding",
        "ex:F rdfs:subClassOf "
        + restriction("ex:grade", bounded("xsd:integer", "xsd:maxExclusive 3"))
        + " .",
        ("F subClassOf grade some integer[< 3]",),
        line=None,
        remedy="say it of cases, in a criterion",
    ),
    Refusal(
        "a-criterion-of-cases-that-holds-of-everything-else",
        "ex:X a owl:Class , ind:Criterion ; rdfs:subClassOf ind:PatientCase ; "
        "owl:equivalentClass [ a owl:Class ; owl:complementOf ex:C ] .",
        ("X", "holds of everything that is no case"),
    ),
    Refusal(
        "only-in-a-criterion",
        criterion(restriction("ind:hasFinding", "owl:allValuesFrom ex:F")),
        ("X", "hasFinding only F"),
    ),
    Refusal(
        "cardinality-in-a-criterion",
        criterion(
            restriction("ind:proposes", f"owl:minQualifiedCardinality {TWO} ; owl:onClass ex:I")
        ),
        ("X", "proposes min 2 I"),
        remedy="write  ind:proposes some …",
    ),
    Refusal(
        "value-in-a-criterion",
        criterion(restriction("ind:hasFinding", "owl:hasValue ex:left")),
        ("X", "hasFinding value left"),
    ),
    Refusal(
        "another-role-in-a-criterion",
        criterion(restriction("ex:side", "owl:someValuesFrom ex:Side")),
        ("X", "side some Side"),
    ),
    Refusal(
        "a-class-of-findings-as-a-criterion",
        criterion("[ a owl:Class ; owl:unionOf ( ex:C ex:F ) ]"),
        ("X", "F"),
    ),
    Refusal(
        "facet-on-shows",
        criterion(faceted(restriction("ind:shows", "owl:someValuesFrom ex:F"))),
        ("X", "shows some F"),
    ),
    Refusal(
        "facet-without-a-class",
        criterion(
            restriction(
                "ind:hasFinding",
                f"owl:someValuesFrom {restriction('ex:side', 'owl:hasValue ex:left')}",
            )
        ),
        ("X", "side value left"),
    ),
    Refusal(
        "two-classes-in-a-filler",
        criterion(faceted("ex:G")),
        ("X", "F and G"),
    ),
    Refusal(
        "complement-in-a-filler",
        criterion(faceted("[ a owl:Class ; owl:complementOf ex:G ]")),
        ("X", "not G"),
    ),
    Refusal(
        "a-class-of-the-wrong-role",
        criterion(restriction("ind:received", "owl:someValuesFrom ex:F")),
        ("X", "received some F"),
    ),
    Refusal(
        "an-undeclared-class",
        criterion(restriction("ind:hasFinding", "owl:someValuesFrom ex:Typo")),
        ("X", "Typo"),
    ),
    Refusal(
        "an-undeclared-property",
        criterion(faceted(restriction("ex:typo", "owl:hasValue 3"))),
        ("X", "typo"),
    ),
    Refusal(
        "a-data-property-that-is-not-functional",
        criterion(faceted(restriction("ex:size", "owl:hasValue 3"))),
        ("X", "size", "functional"),
    ),
    Refusal(
        "bounds-on-doubles",
        criterion(
            faceted(restriction("ex:grade", bounded("xsd:double", "xsd:minInclusive 3.0e0")))
        ),
        ("X", "double"),
    ),
    Refusal(
        "bounds-that-are-doubles",
        criterion(
            faceted(restriction("ex:grade", bounded("xsd:decimal", "xsd:minInclusive 3.0e0")))
        ),
        ("X", "minInclusive 3.0"),
    ),
    Refusal(
        "a-pattern-as-facet",
        criterion(faceted(restriction("ex:grade", bounded("xsd:string", 'xsd:pattern "a"')))),
        ("X", "string"),
    ),
    Refusal(
        "a-date-as-value",
        criterion(faceted(restriction("ex:grade", 'owl:hasValue "2026-01-01"^^xsd:date'))),
        ("X", "date"),
    ),
    Refusal(
        "values-not-said-to-differ",
        criterion(faceted(restriction("ex:side", "owl:hasValue ex:left"))),
        ("side value left", "right"),
        "ex:left",
    ),
    Refusal(
        "a-value-whose-class-is-open",
        "[] a owl:AllDifferent ; owl:distinctMembers ( ex:left ex:right ) .\n"
        "ex:Odd a owl:Class ; rdfs:subClassOf ex:Side .\n"
        "ex:odd a owl:NamedIndividual , ex:Odd , ex:Side ; owl:differentFrom ex:left , ex:right .\n"
        + criterion(faceted(restriction("ex:side", "owl:someValuesFrom ex:Odd"))),
        ("side some Odd", "left"),
        "ex:left",
    ),
    Refusal("cyclic-criteria", criterion("[ a owl:Class ; owl:complementOf ex:X ]"), ("X uses X",)),
    Refusal(
        "a-criterion-without-a-definition",
        "ex:X a owl:Class , ind:Criterion .",
        ("X", "exactly one owl:equivalentClass"),
    ),
    Refusal(
        "a-criterion-below-another",
        criterion("ex:C") + "\nex:X rdfs:subClassOf ex:C .",
        ("X subClassOf C",),
    ),
    Refusal("a-domain", "ex:grade rdfs:domain ex:F .", ("grade domain F",), "ex:grade"),
    Refusal(
        "a-property-chain",
        "ex:side owl:propertyChainAxiom ( ind:received ind:shows ) .",
        ("side propertyChainAxiom",),
        "ex:side",
    ),
    Refusal(
        "a-property-below-a-role",
        "ex:X a owl:ObjectProperty ; rdfs:subPropertyOf ind:hasFinding .",
        ("X subPropertyOf hasFinding",),
    ),
    Refusal(
        "a-property-below-one-of-a-criterion",
        criterion(faceted(restriction("ex:grade", "owl:hasValue 3")))
        + "\nex:fine a owl:DatatypeProperty , owl:FunctionalProperty ; "
        "rdfs:subPropertyOf ex:grade .",
        ("fine subPropertyOf grade",),
        None,
    ),
    Refusal(
        "an-inverse-property",
        "ex:X a owl:ObjectProperty ; owl:inverseOf ind:hasFinding .",
        ("X inverseOf hasFinding",),
    ),
    Refusal(
        "a-transitive-property",
        "ex:X a owl:ObjectProperty , owl:TransitiveProperty .",
        ("X is transitive",),
    ),
    Refusal(
        "equal-individuals", "ex:left owl:sameAs ex:right .", ("left sameAs right",), "ex:left"
    ),
    Refusal(
        "equivalent-properties",
        "ex:X a owl:ObjectProperty ; owl:equivalentProperty ex:side .",
        ("X equivalentProperty side",),
    ),
    Refusal(
        "disjoint-object-properties",
        "ex:X a owl:ObjectProperty ; owl:propertyDisjointWith ex:side .",
        ("X propertyDisjointWith side", "disjoint properties"),
    ),
    Refusal(
        "disjoint-data-properties",
        "ex:grade owl:propertyDisjointWith ex:size .",
        ("grade propertyDisjointWith size", "disjoint properties"),
        "ex:grade",
    ),
    Refusal(
        "disjoint-properties-of-a-list",
        "ex:X a owl:ObjectProperty .\n"
        "[] a owl:AllDisjointProperties ; owl:members ( ex:X ex:side ) .",
        ("disjoint properties",),
        None,
    ),
    Refusal("a-key", "ex:F owl:hasKey ( ex:side ) .", ("F hasKey",), "ex:F"),
    Refusal(
        "a-negative-assertion",
        "[] a owl:NegativePropertyAssertion ; owl:sourceIndividual ex:left ; "
        "owl:assertionProperty ex:side ; owl:targetIndividual ex:right .",
        ("sourceIndividual left",),
        None,
    ),
    *(
        Refusal(
            f"a-property-that-is-{kind.lower()}",
            f"ex:X a owl:ObjectProperty , owl:{kind}Property .",
            (f"X is {kind.lower()}",),
        )
        for kind in ("Reflexive", "InverseFunctional", "Asymmetric")
    ),
    Refusal(
        "a-complement-among-classes",
        "ex:X a owl:Class ; rdfs:subClassOf [ a owl:Class ; owl:complementOf ex:G ] .",
        ("X subClassOf not G",),
    ),
    Refusal(
        "an-existential-among-classes",
        "ex:X a owl:Class ; rdfs:subClassOf ind:Finding , "
        f"{restriction('ex:side', 'owl:someValuesFrom ex:Side')} .",
        ("X subClassOf side some Side",),
    ),
    Refusal(
        "a-class-of-findings-with-a-definition",
        "ex:X a owl:Class ; rdfs:subClassOf ind:Finding ; "
        "owl:equivalentClass [ a owl:Class ; owl:unionOf ( ex:F ex:G ) ] .",
        ("X equivalentClass (F or G)",),
    ),
    Refusal(
        "a-union-of-findings",
        "ex:X a owl:Class ; owl:unionOf ( ex:F ex:G ) .",
        ("X unionOf",),
    ),
    Refusal(
        "a-disjoint-union",
        "ex:X a owl:Class ; owl:disjointUnionOf ( ex:F ex:G ) .",
        ("X disjointUnionOf {F, G}",),
        remedy="one owl:AllDisjointClasses",
    ),
    Refusal(
        "a-cyclic-hierarchy",
        "ex:X a owl:Class ; rdfs:subClassOf ex:Y .\nex:Y a owl:Class ; rdfs:subClassOf ex:X .",
        ("X subClassOf Y subClassOf X",),
    ),
    Refusal(
        "a-class-that-can-have-no-member",
        "ex:F owl:disjointWith ex:G .\nex:X a owl:Class ; rdfs:subClassOf ex:F , ex:G .",
        ("X",),
    ),
    Refusal(
        "two-a-case-at-most",
        "ind:PatientCase rdfs:subClassOf "
        + restriction("ind:received", f'{LIMIT} "2"^^xsd:nonNegativeInteger ; owl:onClass ex:I')
        + " .",
        ("PatientCase subClassOf received max 2 I",),
        None,
    ),
    Refusal(
        "one-proposal-at-most",
        "ind:PatientCase rdfs:subClassOf "
        + restriction("ind:proposes", f"{LIMIT} {ONE} ; owl:onClass ex:I")
        + " .",
        ("PatientCase subClassOf proposes max 1 I",),
        None,
    ),
    Refusal(
        "courses-neither-nested-nor-disjoint",
        "\n".join(
            "ind:PatientCase rdfs:subClassOf "
            + restriction("ind:received", f"{LIMIT} {ONE} ; owl:onClass {cls}")
            + " ."
            for cls in ("ex:I", "ex:J")
        ),
        ("PatientCase max 1 I and max 1 J",),
        "ex:I",
        "add  I owl:disjointWith J",
    ),
    Refusal(
        "all-that-a-limit-needs-at-once",
        "ex:K a owl:Class ; rdfs:subClassOf ind:Intervention .\n"
        + "\n".join(
            "ind:PatientCase rdfs:subClassOf "
            + restriction("ind:received", f"{LIMIT} {ONE} ; owl:onClass {cls}")
            + " ."
            for cls in ("ex:I", "ex:J", "ex:K")
        ),
        ("PatientCase max 1 I and max 1 J and max 1 K",),
        "ex:I",
        "I owl:disjointWith J; I owl:disjointWith K; J owl:disjointWith K, or one",
    ),
    Refusal(
        "a-recommendation-without-a-criterion",
        "ex:X a ind:Indication ; ind:action ex:I .",
        ("X", "exactly one ind:criterion"),
    ),
    Refusal(
        "a-recommendation-of-a-finding",
        "ex:X a ind:Indication ; ind:action ex:F ; ind:criterion ex:C .",
        ("X action F",),
    ),
    Refusal(
        "a-recommendation-for-no-criterion",
        "ex:X a ind:Indication ; ind:action ex:I ; ind:criterion ex:F .",
        ("X criterion F",),
    ),
    Refusal(
        "overriding-of-nothing",
        "ex:X a ind:Indication ; ind:action ex:I ; ind:criterion ex:C ; ind:overrides ex:Y .",
        ("X overrides Y",),
    ),
    Refusal(
        "overriding-in-a-circle",
        "ex:X a ind:Indication ; ind:action ex:I ; ind:criterion ex:C ; ind:overrides ex:R .\n"
        "ex:R ind:overrides ex:X .",
        ("R", "X", "is overridden by"),
        None,
    ),
    Refusal(
        "a-non-indication-over-what-overrides-it",
        "ex:X a ind:NonIndication ; ind:action ex:I ; ind:criterion ex:C ; ind:overrides ex:R .",
        ("R", "X", "is overridden by"),
        None,
    ),
]


@pytest.mark.many(10)
@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.name)
def test_what_is_outside_the_profile_is_refused_by_name(refusal: Refusal) -> None:
    """The error names the axiom, the file and the line."""
    text = f"{SMALL}{refusal.turtle}\n"
    with pytest.raises(IndicantError) as caught:
        compile_source(source_of(text))
    error = caught.value
    for word in refusal.words:
        assert word in error.message
    assert refusal.remedy in (error.help or "")
    if refusal.line is not None:
        assert error.file is not None
        assert error.file.endswith("guideline.ttl")
        starts = (
            number
            for number, line in enumerate(text.splitlines(), 1)
            if line.startswith(f"{refusal.line} ")
        )
        assert error.line == next(starts)


@pytest.mark.slow
def test_the_guideline_that_refusals_add_to_is_in_the_profile() -> None:
    """Each refusal is due to what it adds."""
    assert compile_source(source_of(SMALL)).graph
