"""A guideline whose OWL has two readings, or none, is refused by every verb with one finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox
import pytest

from indicant.assess.engine import ENGINES, make_engine
from indicant.cli import main
from indicant.compile import constructs
from indicant.compile.axioms import Axioms
from indicant.compile.compiled import compile_source
from indicant.compile.grammar import MOST_FAULTS, faults
from indicant.compile.profile import read_model, refusals
from indicant.errors import IndicantError
from indicant.files.rdf import parse
from indicant.files.sources import Source, load
from indicant.terms import IND, OWL, RDF, RDFS, TYPE, XSD, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from indicant.query.rows import Row

    Node = ox.NamedNode | ox.BlankNode
    Value = ox.NamedNode | ox.BlankNode | ox.Literal
    Statement = tuple[Node, str, Value]

EX = "https://example.org/g/"
PREFIXES = f"""@prefix : <{EX}> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ind: <{IND}> .
@prefix owl: <{OWL}> .
@prefix rdf: <{RDF}> .
@prefix rdfs: <{RDFS}> .
@prefix swrl: <http://www.w3.org/2003/11/swrl#> .
@prefix xsd: <{XSD}> .
"""
TERMS = """
<https://example.org/g/> a owl:Ontology , ind:Guideline ;
    owl:versionIRI <https://example.org/g/1> ; owl:versionInfo "1" ;
    owl:imports <https://w3id.org/indicant/core/> ; ind:scope :Anybody .
:Rain a owl:Class ; rdfs:subClassOf ind:Finding .
:Cold a owl:Class ; rdfs:subClassOf ind:Finding .
:Heat a owl:Class ; rdfs:subClassOf ind:Finding ; owl:disjointWith :Cold .
:Snow a owl:Class ; rdfs:subClassOf ind:Finding .
:Hail a owl:Class ; rdfs:subClassOf ind:Finding .
:Shower a owl:Class ; owl:equivalentClass :Rain .
:Coat a owl:Class ; rdfs:subClassOf ind:Intervention .
:Hat a owl:Class ; rdfs:subClassOf ind:Intervention .
[] a owl:AllDisjointClasses ; owl:members ( :Snow :Hail :Rain ) .
:grade a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:range xsd:integer .
:size a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:range [ a rdfs:Datatype ;
    owl:onDatatype xsd:decimal ; owl:withRestrictions ( [ xsd:minInclusive 0 ] ) ] .
:side a owl:ObjectProperty , owl:FunctionalProperty .
:Side a owl:Class .
:left a owl:NamedIndividual , :Side .
:right a owl:NamedIndividual , :Side .
[] a owl:AllDifferent ; owl:distinctMembers ( :left :right ) .
ind:PatientCase rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ind:received ;
    owl:maxQualifiedCardinality "1"^^xsd:nonNegativeInteger ; owl:onClass :Hat ] .
"""
CRITERIA = """
:Anybody a owl:Class , ind:Criterion ; owl:equivalentClass
    [ a owl:Class ; owl:unionOf ( ind:PatientCase ) ] .
:Wet a owl:Class , ind:Criterion ; owl:equivalentClass
    [ a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:someValuesFrom :Rain ] .
:Icy a owl:Class , ind:Criterion ; owl:equivalentClass [ a owl:Class ; owl:unionOf (
    [ a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:someValuesFrom :Snow ]
    [ a owl:Class ; owl:complementOf :Wet ] ) ] .
:Severe a owl:Class , ind:Criterion ; owl:equivalentClass
    [ a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:someValuesFrom
        [ a owl:Class ; owl:intersectionOf ( :Cold
            [ a owl:Restriction ; owl:onProperty :grade ; owl:someValuesFrom
                [ a rdfs:Datatype ; owl:onDatatype xsd:integer ; owl:withRestrictions
                    ( [ xsd:minInclusive 3 ] [ xsd:maxExclusive 9 ] ) ] ]
            [ a owl:Restriction ; owl:onProperty :side ; owl:hasValue :left ] ) ] ] .
"""
ADVICE = """
:wear a ind:Indication ; dcterms:isPartOf <https://example.org/g/> ;
    ind:action :Coat ; ind:criterion :Wet ; ind:urgency ind:Routine .
:bare a ind:Contraindication ; dcterms:isPartOf <https://example.org/g/> ;
    ind:action :Coat ; ind:criterion :Severe ; ind:urgency ind:Routine .
:other a ind:Indication ; ind:action :Hat ; ind:criterion :Icy .
"""
GUIDELINE = f"{PREFIXES}{TERMS}{CRITERIA}{ADVICE}"
CASE = f"""{PREFIXES}
:case a ind:PatientCase ; ind:asOf "2026-01-01"^^xsd:date ; ind:hasFinding :f , :g .
:f a :Rain . :g a :Cold ; :grade 4 ; :side :left .
"""


def statements(text: str) -> list[Statement]:
    """Return the triples of a Turtle text, its anonymous nodes as such."""
    return [
        (quad.subject, quad.predicate.value, quad.object)
        for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)
        if not isinstance(quad.subject, ox.Triple) and not isinstance(quad.object, ox.Triple)
    ]


def written(rows: Iterable[Statement]) -> str:
    """Return triples as N-Triples, which is Turtle too."""
    return "".join(f"{subject} <{name}> {value} .\n" for subject, name, value in rows)


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """Return the guideline with all that it imports."""
    path = tmp_path_factory.mktemp("grammar") / "guideline.ttl"
    path.write_text(GUIDELINE, encoding="utf-8")
    return load(path)


def with_text(around: Source, text: str) -> Source:
    """Return the guideline with another text in place of its own."""
    document = parse(text, path="guideline.ttl", format="turtle")
    return Source((document, *around.documents[1:]), "")


# ---------------------------------------------------------------------- every mutation


class Mutant(NamedTuple):
    """A guideline with one statement more, less or other than it should have."""

    name: str
    rows: list[Statement]


ANOTHER: dict[str, Value] = {
    RDF + "first": ox.NamedNode(EX + "Cold"),
    RDF + "rest": ox.NamedNode(RDF + "nil"),
    OWL + "someValuesFrom": ox.NamedNode(EX + "Cold"),
    OWL + "onProperty": ox.NamedNode(IND + "received"),
    OWL + "onClass": ox.NamedNode(EX + "Coat"),
    OWL + "onDatatype": ox.NamedNode(XSD + "double"),
    OWL + "complementOf": ox.NamedNode(EX + "Severe"),
    OWL + "hasValue": ox.NamedNode(EX + "right"),
    OWL + "maxQualifiedCardinality": ox.Literal(2),
    XSD + "minInclusive": ox.Literal(5),
    XSD + "maxExclusive": ox.Literal(5),
    TYPE: ox.NamedNode(EX + "Rain"),
}
BESIDE = {
    OWL + "intersectionOf": "unionOf",
    OWL + "unionOf": "intersectionOf",
    OWL + "complementOf": "oneOf",
    OWL + "someValuesFrom": "allValuesFrom",
    OWL + "hasValue": "someValuesFrom",
    OWL + "onClass": "onDataRange",
    OWL + "maxQualifiedCardinality": "qualifiedCardinality",
    OWL + "members": "distinctMembers",
    OWL + "distinctMembers": "members",
    OWL + "onDatatype": "oneOf",
    OWL + "withRestrictions": "unionOf",
}

SAME: list[set[str]] = [{"AllDisjointClasses", "AllDifferent"}, {"Datatype", "DataRange"}]
"""Types of which either may stand: the names of classes are names of individuals too."""


def mutants(rows: list[Statement]) -> Iterator[Mutant]:
    """Yield a guideline for each way of spoiling what is said of an anonymous node."""
    stray = ox.NamedNode(RDFS + "label")
    for at, (subject, name, value) in enumerate(rows):
        if not isinstance(subject, ox.BlankNode):
            continue
        short, before, after = local_name(name), rows[:at], rows[at + 1 :]
        spare = ox.BlankNode()
        list_: list[Statement] = [
            (spare, RDF + "first", ox.NamedNode(EX + "Cold")),
            (spare, RDF + "rest", ox.NamedNode(RDF + "nil")),
        ]
        other = ANOTHER.get(name, spare)
        more = list_ if other == spare else []
        axiom = name == TYPE and local_name(getattr(value, "value", "")).startswith("All")
        if not axiom and other != value:
            yield Mutant(f"{short} twice", [*rows, *more, (subject, name, other)])
        yield Mutant(f"{short} dropped", before + after)
        text = ox.Literal("text")
        yield Mutant(f"{short} a text", [*before, (subject, name, text), *after])
        yield Mutant(f"{short} a text too", [*rows, (subject, name, text)])
        anonymous = ox.BlankNode()
        yield Mutant(f"{short} anonymous", [*before, (subject, name, anonymous), *after])
        yield Mutant(f"{short} itself", [*before, (subject, name, subject), *after])
        if not isinstance(value, ox.BlankNode) and name != RDF + "first":
            class_: list[Statement] = [
                (spare, TYPE, ox.NamedNode(OWL + "Class")),
                (spare, OWL + "complementOf", ox.NamedNode(EX + "Wet")),
            ]
            if name not in (OWL + "someValuesFrom", OWL + "complementOf"):
                yield Mutant(
                    f"{short} an expression", [*before, *class_, (subject, name, spare), *after]
                )
        if name == TYPE:
            for kind in ("AllDifferent", "Axiom", "Class", "DataRange", "Restriction", "Ontology"):
                swapped = ox.NamedNode(OWL + kind)
                legal = {local_name(str(one)[1:-1]) for one in (swapped, value)}
                if swapped != value and legal not in SAME:
                    yield Mutant(f"{short} {kind}", [*before, (subject, TYPE, swapped), *after])
            if not axiom:
                yield Mutant("label beside", [*rows, (subject, stray.value, text)])
                yield Mutant("advice beside", [*rows, (subject, IND + "restsOn", stray)])
            yield Mutant("subclass of", [*rows, (subject, RDFS + "subClassOf", value)])
            yield Mutant("same as", [*rows, (subject, OWL + "equivalentClass", stray)])
        if name == RDF + "rest":
            yield Mutant("tail of its own", [*before, (subject, name, subject), *after])
            yield Mutant("tail an IRI", [*before, (subject, name, ox.NamedNode(EX + "e")), *after])
        if name in BESIDE:
            yield Mutant(f"{short} {BESIDE[name]}", [*rows, (subject, OWL + BESIDE[name], value)])
        yield Mutant(f"{short} of no OWL", [*rows, (subject, OWL + "someValueFrom", value)])


MUTANTS = list(mutants(statements(GUIDELINE)))


@pytest.mark.slow
def test_the_guideline_that_is_spoilt_has_one_reading(around: Source) -> None:
    """Written as it is, or triple by triple."""
    text = written(statements(GUIDELINE))
    assert faults(Axioms(around).index) == []
    assert refusals(with_text(around, text)) == []
    assert compile_source(around).graph


def test_every_term_that_a_criterion_is_built_of_is_spoilt() -> None:
    spoilt = {name.split()[0] for name, _ in MUTANTS}
    assert spoilt >= {local_name(name) for name in ANOTHER} | {local_name(name) for name in BESIDE}


def told(source: Source) -> list[str]:
    """Return what is wrong with the grammar of a guideline, by its own text alone."""
    own = Axioms(Source(source.documents[:1], ""))
    return [fault.why for fault in faults(own.index)]


@pytest.mark.slow
def test_nothing_can_be_added_to_an_anonymous_node_taken_away_or_changed(around: Source) -> None:
    """What the grammar can read the profile refuses, such as a number that is no bound."""
    left = []
    for mutant in MUTANTS:
        source = with_text(around, written(mutant.rows))
        if not told(source):
            left.append(mutant.name)
            with pytest.raises(IndicantError):
                read_model(source)
    assert len(left) < len(MUTANTS) / 20, left


@pytest.mark.many(25)
@pytest.mark.parametrize("name", sorted({mutant.name for mutant in MUTANTS}))
def test_one_refusal_is_the_first_of_all_that_are_told(name: str, around: Source) -> None:
    """With the line, whatever reads the guideline."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    source = with_text(around, written(mutant.rows))
    with pytest.raises(IndicantError) as caught:
        read_model(source)
    assert caught.value.line is not None
    assert str(caught.value) == str(refusals(source)[0])


# ---------------------------------------------------------------------- slips, one by one


class Slip(NamedTuple):
    """What of the guideline is written otherwise, or added to it, and what the finding says."""

    name: str
    old: str
    new: str
    words: str


RAIN = "owl:someValuesFrom :Rain ]"
WET = "owl:onProperty ind:hasFinding ; owl:someValuesFrom :Rain"
FACETS = "owl:intersectionOf ( :Cold"
BOUNDS = (
    "owl:withRestrictions\n                    ( [ xsd:minInclusive 3 ] [ xsd:maxExclusive 9 ] )"
)
ONCE = 'owl:maxQualifiedCardinality "1"^^xsd:nonNegativeInteger ; owl:onClass :Hat'
UNION = "owl:unionOf (\n"
NOT_WET = "[ a owl:Class ; owl:complementOf :Wet ] ) ] ."
SLIPS = [
    Slip("two-fillers", RAIN, "owl:someValuesFrom :Rain , :Cold ]", "2 values, Rain, Cold"),
    Slip("two-properties", WET, f"owl:onProperty ind:received ; {WET}", "2 values, received, has"),
    Slip("a-property-that-is-a-text", WET, WET.replace("ind:hasFinding", '"x"'), 'onProperty "x"'),
    Slip("a-filler-that-is-a-text", ":Rain ]", '"x" ]', 'someValuesFrom "x"'),
    Slip("only-beside-some", WET, f"{WET} ; owl:allValuesFrom :Rain", "allValuesFrom with"),
    Slip("value-beside-some", WET, f"{WET} ; owl:hasValue :left", "hasValue with"),
    Slip("a-label-beside", WET, f'{WET} ; rdfs:label "x"', "not rdfs:label"),
    Slip("advice-beside", WET, f"{WET} ; ind:urgency ind:Routine", "not ind:urgency"),
    Slip("a-misspelt-part", WET, WET.replace("someV", "somev"), "somevaluesFrom"),
    Slip("two-unions", UNION, "owl:unionOf ( :Wet ) , (\n", "owl:unionOf has 2 values"),
    Slip("and-beside-or", UNION, f"owl:intersectionOf ( :Wet ) ; {UNION}", "intersectionOf with"),
    Slip("two-complements", "complementOf :Wet", "complementOf :Wet , :Severe", "Wet, Severe"),
    Slip("two-intersections", FACETS, "owl:intersectionOf ( :Rain ) , ( :Cold", "has 2 values"),
    Slip("a-text-among-operands", FACETS, f'{FACETS} "x"', '"x" in owl:intersectionOf'),
    Slip("a-text-among-criteria", UNION, f'{UNION} "x"', '"x" in owl:unionOf'),
    Slip("a-datatype-among-operands", FACETS, f"{FACETS} xsd:integer", "integer in owl:inter"),
    Slip("two-lower-bounds", "[ xsd:minInclusive 3 ]", "[ xsd:minInclusive 3 , 5 ]", '"3", "5"'),
    Slip(
        "two-bounds-in-one-node",
        "[ xsd:minInclusive 3 ] [ xsd:max",
        "[ xsd:minInclusive 3 ; xsd:max",
        "xsd:maxExclusive with xsd:minInclusive",
    ),
    Slip(
        "two-datatypes", "onDatatype xsd:integer", "onDatatype xsd:integer , xsd:decimal", "decimal"
    ),
    Slip("two-lists-of-bounds", BOUNDS, f"{BOUNDS} , ( [ xsd:minInclusive 5 ] )", "2 values"),
    Slip("bounds-without-a-datatype", "owl:onDatatype xsd:integer ; ", "", "withRestrictions"),
    Slip("two-kinds-recorded-once", ONCE, f"{ONCE} , :Coat", "2 values, Hat, Coat"),
    Slip("two-limits", ONCE, f"owl:maxQualifiedCardinality 2 ; {ONCE}", "2 values"),
    Slip("a-limit-that-is-a-text", ONCE, ONCE.replace("^^xsd:nonNegativeInteger", ""), "whole num"),
    Slip("a-limit-without-a-class", ONCE, ONCE.split(" ;")[0], "no reading"),
    Slip(
        "no-type",
        "[ a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:someValuesFrom :Rain",
        "[ owl:onProperty ind:hasFinding ; owl:someValuesFrom :Rain",
        "type is missing",
    ),
    Slip(
        "a-class-typed-as-a-datatype",
        "[ a owl:Class ; owl:unionOf ( ind:PatientCase )",
        "[ a owl:DataRange ; owl:unionOf ( ind:PatientCase )",
        "not a class",
    ),
    Slip(
        "two-firsts",
        "( :Snow :Hail :Rain )",
        "[ rdf:first :Snow , :Hail ; rdf:rest ( :Rain ) ]",
        "rdf:first has 2 values",
    ),
    Slip(
        "two-rests",
        "( :Snow :Hail :Rain )",
        "[ rdf:first :Snow ; rdf:rest ( :Hail ) , ( :Rain ) ]",
        "rdf:rest has 2 values",
    ),
    Slip("no-first", "( :Snow :Hail :Rain )", "[ rdf:rest ( :Rain ) ]", "rdf:rest"),
    Slip("no-rest", "( :Snow :Hail :Rain )", "[ rdf:first :Rain ]", "rdf:first"),
    Slip(
        "a-list-that-ends-in-a-text",
        "( :Snow :Hail :Rain )",
        '[ rdf:first :Snow ; rdf:rest "x" ]',
        'ends in "x", not rdf:nil',
    ),
    Slip(
        "a-list-that-ends-in-a-class",
        "( :Snow :Hail :Rain )",
        "[ rdf:first :Snow ; rdf:rest :Hail ]",
        "ends in Hail, not rdf:nil",
    ),
    Slip("a-class-for-a-list", "( :Snow :Hail :Rain )", ":Snow", "is Snow, not a list"),
    Slip(
        "a-list-within-itself",
        "( :Snow :Hail :Rain )",
        "_:l . _:l rdf:first :Snow ; rdf:rest _:l",
        "part of itself",
    ),
    Slip(
        "a-list-within-itself-that-comes-first",
        "<https://example.org/g/> a owl:Ontology",
        "_:l rdf:first :Snow ; rdf:rest _:l . [] a owl:AllDisjointClasses ; owl:members _:l .\n"
        "<https://example.org/g/> a owl:Ontology",
        "part of itself",
    ),
    Slip(
        "a-list-in-two-places",
        "( :Snow :Hail :Rain )",
        "_:l . _:l rdf:first :Snow ; rdf:rest ( :Hail ) . "
        "[] a owl:AllDisjointClasses ; owl:members _:l",
        "in another list too",
    ),
    Slip(
        "a-tail-of-two-lists",
        "( :Snow :Hail :Rain )",
        "[ rdf:first :Snow ; rdf:rest _:t ] . _:t rdf:first :Hail ; rdf:rest () . "
        "[] a owl:AllDisjointClasses ; owl:members [ rdf:first :Rain ; rdf:rest _:t ]",
        "in another list too",
    ),
    Slip(
        "a-list-of-nothing",
        "",
        ":Wet rdfs:seeAlso :x . _:l rdf:first :Wet ; rdf:rest () .",
        "nothing leads to this list",
    ),
    Slip(
        "a-list-with-a-name",
        "( :Snow :Hail :Rain )",
        ":l . :l rdf:first :Snow ; rdf:rest ()",
        "owl:members is l, not a list",
    ),
    Slip(
        "a-class-disjoint-with-itself",
        "( :Snow :Hail :Rain )",
        "( :Snow :Hail :Snow )",
        "Snow is twice",
    ),
    Slip("a-class-disjoint-with-nothing-else", "( :Snow :Hail :Rain )", "( :Snow )", "1 members"),
    Slip(
        "an-expression-in-two-places",
        NOT_WET,
        f"_:x [ a owl:Class ; owl:complementOf _:x ] ) ] . _:x a owl:Restriction ; {WET} .",
        "used in 2 places",
    ),
    Slip(
        "an-expression-within-itself",
        NOT_WET,
        "_:x ) ] . _:x a owl:Class ; owl:complementOf _:y . "
        "_:y a owl:Class ; owl:unionOf ( _:x :Wet ) .",
        "part of itself",
    ),
    Slip("a-restriction-with-a-name", "", f":x a owl:Restriction ; {WET} .", "of anonymous nodes"),
    Slip("a-text-above-a-class", "", ':Rain rdfs:subClassOf "x" .', 'Rain subClassOf "x"'),
    Slip("a-text-beside-a-class", "", ':Rain owl:disjointWith "x" .', 'Rain disjointWith "x"'),
    Slip("a-text-for-a-class", "", ':Rain owl:equivalentClass "x" .', 'equivalentClass "x"'),
    Slip("a-text-for-a-type", "", ':Rain a "x" .', 'Rain type "x"'),
    Slip("a-text-for-an-individual", "", ':left owl:differentFrom "x" .', 'differentFrom "x"'),
    Slip(
        "a-definition-that-is-a-text",
        "",
        ':X a ind:Criterion ; owl:equivalentClass "x" .',
        'X equivalentClass "x"',
    ),
    Slip("an-individual-for-a-class", "", ":Rain rdfs:subClassOf [ a :Side ] .", "not a class"),
    Slip("a-datatype-above-a-class", "", ":Rain rdfs:subClassOf xsd:integer .", "not a class"),
    Slip("a-class-of-no-member", "", ":Rain rdfs:subClassOf owl:Nothing .", "nothing can be"),
    Slip("a-class-apart-from-all", "", ":Rain owl:disjointWith owl:Thing .", "nothing can be"),
    Slip("a-class-apart-from-itself", "", ":Rain owl:disjointWith :Rain .", "said of itself"),
    Slip("a-class-of-everything", "", ":Rain owl:equivalentClass owl:Thing .", "everything"),
    Slip("everything-below-a-class", "", "owl:Thing rdfs:subClassOf :Rain .", "is settled"),
    Slip("a-misspelt-axiom", "", ":Rain owl:disjontWith :Cold .", "no owl:disjontWith"),
    Slip("a-misspelt-type", "", ":Fog a owl:Clas .", "no owl:Clas"),
    Slip(
        "a-definition-the-other-way-round",
        "",
        f"[ a owl:Restriction ; {WET} ] owl:equivalentClass :Severe .",
        "not owl:equivalentClass",
    ),
    Slip(
        "an-expression-as-advice",
        "",
        f":wear rdfs:seeAlso [ a owl:Restriction ; {WET} ] .",
        "takes no anonymous expression",
    ),
    Slip(
        "an-annotation-of-what-is-not-stated",
        "",
        "[] a owl:Axiom ; owl:annotatedSource :Rain ; owl:annotatedProperty rdfs:subClassOf ; "
        'owl:annotatedTarget :Snow ; rdfs:comment "x" .',
        "stated nowhere",
    ),
    Slip(
        "two-annotated-targets",
        "",
        "[] a owl:Axiom ; owl:annotatedSource :Heat ; owl:annotatedProperty owl:disjointWith ; "
        'owl:annotatedTarget :Cold , :Snow ; rdfs:comment "x" .',
        "2 values, Cold, Snow",
    ),
    Slip(
        "roles-that-are-apart",
        "",
        "[] a owl:AllDisjointProperties ; owl:members ( ind:hasFinding ind:received ) .",
        "AllDisjointProperties",
    ),
    Slip(
        "a-rule",
        "",
        "[] a swrl:Imp ; swrl:body () ; swrl:head ( [ a swrl:ClassAtom ; "
        "swrl:classPredicate :Rain ; swrl:argument1 :v ] ) .",
        "rules are not read",
    ),
    Slip("a-property-of-two-kinds", "", ":side a owl:DatatypeProperty .", "not both"),
    Slip("a-class-that-is-a-datatype", "", ":Rain a rdfs:Datatype .", "not both"),
    Slip("two-versions", "", "<https://example.org/g/> owl:versionIRI <urn:x> .", "2 values"),
    Slip(
        "two-actions",
        "ind:action :Coat ; ind:criterion :Wet",
        "ind:action :Coat , :Hat ; ind:criterion :Wet",
        "2 values, Coat, Hat",
    ),
    Slip("two-criteria", "ind:criterion :Wet", "ind:criterion :Wet , :Icy", "2 values, Wet, Icy"),
    Slip("two-ranges", "", ":grade rdfs:range xsd:decimal .", "range integer, decimal"),
    Slip("two-scopes", "ind:scope :Anybody", "ind:scope :Anybody , :Wet", "2 values"),
    Slip("a-scope-that-is-a-text", "ind:scope :Anybody", 'ind:scope "x"', 'scope "x"'),
    Slip("two-guidelines-of-one-recommendation", "", ":wear dcterms:isPartOf :x .", "isPartOf"),
    Slip("a-guideline-that-is-a-text", "", ':other dcterms:isPartOf "x" .', "isPartOf"),
    Slip("two-numbers-of-a-version", "", '<https://example.org/g/> owl:versionInfo "2" .', "1, 2"),
    Slip("overriding-of-a-text", "", ':wear ind:overrides "x" .', 'overrides "x"'),
    Slip("two-urgencies", "", ":wear ind:urgency ind:Urgent .", "2 values, Routine, Urgent"),
    Slip("two-definitions", "", ":Wet owl:equivalentClass :Severe .", "exactly one owl:equi"),
]


def slipped(slip: Slip) -> str:
    """Return the guideline with a slip in it."""
    if not slip.old:
        return f"{GUIDELINE}{slip.new}\n"
    assert GUIDELINE.count(slip.old) == 1, slip.name
    return GUIDELINE.replace(slip.old, slip.new)


@pytest.mark.many(20)
@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.name)
def test_a_slip_is_refused_with_its_values_and_its_line(slip: Slip, around: Source) -> None:
    """The reader of all findings tells the same one, and nothing else of what is not amiss."""
    text = slipped(slip)
    source = with_text(around, text)
    with pytest.raises(IndicantError) as caught:
        read_model(source)
    assert slip.words in str(caught.value)
    changed = [
        number
        for number, (one, other) in enumerate(
            zip(text.splitlines(), [*GUIDELINE.splitlines(), ""], strict=False), 1
        )
        if one != other
    ]
    if slip.name != "a-list-of-nothing":
        assert caught.value.line is not None
        assert caught.value.line <= changed[0] + 2
    told = [str(one) for one in refusals(source)]
    assert str(caught.value) in told
    assert len(told) <= (5 if slip.name == "a-rule" else 3), told


# ---------------------------------------------------------------------- whatever asks


ASKING = (
    "check {case} --guideline {new}",
    "assess {case} --guideline {new}",
    "compile --guideline {new}",
    "verify {new}",
    "diff {old} {new}",
    "diff {new} {old}",
    "merge {new} {other}",
    "why {case} Coat --guideline {new}",
    "next {case} --guideline {new}",
    "whatif {case} +Cold --guideline {new}",
    "ask which-terms-are-there --guideline {new}",
    "export graph --guideline {new}",
    "site {new}-site --guideline {new}",
)
OTHER = GUIDELINE.replace("https://example.org/g/", "https://example.org/h/")
TOLD = {"two-fillers", "two-bounds-in-one-node", "a-text-among-operands", "a-text-beside-a-class"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "slip", [slip for slip in SLIPS if slip.name in TOLD], ids=lambda slip: slip.name
)
def test_every_verb_refuses_with_one_finding(
    slip: Slip, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether it compiles, proves, compares, merges or only lists."""
    for name, text in (
        ("new", slipped(slip)),
        ("old", GUIDELINE),
        ("other", OTHER),
        ("case", CASE),
    ):
        (tmp_path / f"{name}.ttl").write_text(text, encoding="utf-8")
    paths = {name: str(tmp_path / f"{name}.ttl") for name in ("new", "old", "other", "case")}
    assert main(["check", paths["new"], "--no-reasoner"]) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if "[profile]" in line]
    assert len(lines) == 1
    place, finding = lines[0].removesuffix(" [profile]").split(": error: ")
    assert slip.words in finding
    for command in ASKING:
        code = main([part.format(**paths) for part in command.split()])
        out, err = capsys.readouterr()
        assert code == 2 or (code == 1 and command.startswith("merge")), command
        assert finding in out + err, command
        assert place in out + err, command


@pytest.mark.parametrize("name", ["owl:imports", "ind:mappedBy"])
def test_an_import_that_is_a_text_is_no_import(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was passed over without a word."""
    path = tmp_path / "guideline.ttl"
    path.write_text(f'{GUIDELINE}<{EX}> {name} "text" .\n', encoding="utf-8")
    case = tmp_path / "case.ttl"
    case.write_text(CASE, encoding="utf-8")
    message = f'guideline.ttl:53: error: {name} "text" is a text, not an IRI [import]'
    assert main(["check", str(path), "--no-reasoner"]) == 1
    assert message in capsys.readouterr().out
    for command in ("verify", "compile --guideline", f"assess {case} --guideline"):
        assert main([*command.split(), str(path)]) == 2
        assert f'guideline.ttl:53: {name} "text" is a text, not an IRI' in capsys.readouterr().err


# ---------------------------------------------------------------------- what is harmless


HARMLESS = f"""
:Wet owl:equivalentClass _:wet . _:wet a owl:Restriction , owl:Class , rdfs:Class ; {WET} .
_:dup a owl:Restriction ; {WET} , :Rain .
[] a owl:AllDisjointClasses ; rdfs:comment "said why" ; owl:members
    [ a rdf:List ; rdf:first :Snow ; rdf:rest [ rdf:first :Hail ; rdf:rest rdf:nil ] ] .
:apart a owl:AllDisjointClasses ; rdfs:label "with a name" ; owl:members ( :Cold :Heat ) .
[] a owl:Axiom ; rdfs:comment "said why" ; owl:annotatedSource :Heat ;
    owl:annotatedProperty owl:disjointWith ; owl:annotatedTarget :Cold .
[] a owl:Axiom ; rdfs:comment "written out once more" ; owl:annotatedSource :Wet ;
    owl:annotatedProperty owl:equivalentClass ;
    owl:annotatedTarget [ a owl:Restriction , owl:Class , rdfs:Class ; {WET} ] .
ind:PatientCase rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ind:received ;
    owl:maxQualifiedCardinality 1 ; owl:onClass :Hat ] .
:Glove a owl:Class ; rdfs:subClassOf :Hat .
ind:PatientCase rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ind:received ;
    owl:maxQualifiedCardinality 1 ; owl:onClass :Glove ] .
[] a owl:Axiom ; rdfs:comment "one of two, written out" ; owl:annotatedSource ind:PatientCase ;
    owl:annotatedProperty rdfs:subClassOf ; owl:annotatedTarget [ a owl:Restriction ;
    owl:onProperty ind:received ; owl:maxQualifiedCardinality 1 ; owl:onClass :Glove ] .
"""
DECIDED = f"""SELECT ?answer ?subject WHERE {{
  ?case a <{IND}PatientCase> ; ?answer ?subject .
  VALUES ?answer {{ <{IND}meets> <{IND}refutes> <{IND}leavesOpen> }}
}} ORDER BY ?answer ?subject"""


@pytest.mark.slow
def test_what_adds_no_reading_is_no_fault_and_all_engines_read_it_alike(
    around: Source,
) -> None:
    """Types beside the needed one, annotations of axioms, expressions that nothing uses."""
    one = "[ a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:someValuesFrom :Rain ]"
    wet = f":Wet a owl:Class , ind:Criterion ; owl:equivalentClass\n    {one} ."
    assert wet in GUIDELINE
    text = GUIDELINE.replace(wet, ":Wet a owl:Class , ind:Criterion .") + HARMLESS
    source = with_text(around, text)
    assert refusals(source) == []
    plain: dict[str, list[Row]] = {}
    found: dict[str, list[Row]] = {}
    case = parse(CASE, path="case.ttl", format="turtle")
    for given, answers in ((around, plain), (source, found)):
        compiled = compile_source(given)
        for name in ENGINES:
            engine = make_engine(name, compiled, given)
            engine.begin(case.quads)
            answers[name] = engine.select(DECIDED)
    assert len(found["oxigraph"]) >= 3
    assert found["oxigraph"] == found["rdflib"] == found["hermit"] == plain["hermit"]


# ---------------------------------------------------------------------- every form of the mapping


WORDS = {
    constructs.Kind.CLASS: (":Rain", ":Cold"),
    constructs.Kind.RANGE: ("xsd:integer", "xsd:decimal"),
    constructs.Kind.PROPERTY: (":side", ":grade"),
    constructs.Kind.INDIVIDUAL: (":left", ":right"),
    constructs.Kind.LITERAL: ('"3"', '"4"'),
    constructs.Kind.COUNT: ("1", "2"),
    constructs.Kind.TRUE: ("true", '"1"^^xsd:boolean'),
    constructs.Kind.BOUND: ("[ xsd:minInclusive 3 ]", "[ xsd:length 4 ]"),
}


def values_of(name: str, types: Iterable[str]) -> list[str]:
    """Return two values that a property of OWL takes, in Turtle."""
    if name not in constructs.LISTS:
        kinds = constructs.TAKES[name]
        return list(next(words for kind, words in WORDS.items() if kind in kinds))
    kinds = frozenset(
        constructs.NARROWER[name, cls] for cls in types if (name, cls) in constructs.NARROWER
    )
    words = next(
        words for kind, words in WORDS.items() if kind in (kinds or constructs.LISTS[name])
    )
    return [f"( {' '.join(words)} )", f"( {' '.join(reversed(words))} )"]


def every_form() -> Iterator[tuple[str, tuple[str, ...], frozenset[str]]]:
    """Yield each form of the mapping: a type, which it may do without or not, and its parts."""
    for parts, ways in constructs.FORMS.items():
        for form in ways:
            if form.kind is not constructs.Kind.LIST:
                for cls in sorted(form.types) or [""]:
                    yield cls, tuple(sorted(parts)), form.types
    for cls, axioms in constructs.AXIOMS.items():
        for parts in axioms:
            if parts != constructs.ANNOTATED:
                yield cls, tuple(sorted(parts)), frozenset({cls})


FORMS = {
    f"{local_name(cls) or 'untyped'} {' '.join(map(local_name, parts))}": (cls, parts, types)
    for cls, parts, types in every_form()
}


@pytest.mark.many(2)
@pytest.mark.parametrize("name", sorted(FORMS))
def test_a_form_of_the_mapping_is_read_and_no_other_beside_it(name: str) -> None:
    """With a value more, a part less, another type or none, or a part of another form."""
    cls, parts, types = FORMS[name]

    def said(rows: dict[str, str], kind: str = cls) -> list[str]:
        body = [f"<{TYPE}> <{kind}>"] if kind else []
        body += [f"<{one}> {words}" for one, words in rows.items()]
        text = f"{PREFIXES}{DECLARED}[] {' ; '.join(body)} .\n" if body else ""
        document = parse(text, path="guideline.ttl", format="turtle")
        return [fault.why for fault in faults(Axioms(Source((document,), "")).index)]

    whole = {part: values_of(part, types)[0] for part in parts}
    assert said(whole) == []
    for part in parts:
        several = " , ".join(values_of(part, types))
        assert said({**whole, part: several}), part
        less = {one: words for one, words in whole.items() if one != part}
        if less or cls:
            assert said(less), part
        if constructs.Kind.LITERAL not in constructs.TAKES.get(part, {constructs.Kind.LIST}):
            assert said({**whole, part: '"text"'}), part
        assert said({**whole, part: "[ a owl:Class ]"}), part
    for kind in ("", OWL + "Class", OWL + "Restriction", RDFS + "Datatype", OWL + "Ontology"):
        if kind not in types and (kind or cls):
            assert said(whole, kind), kind
    for other in (OWL + "unionOf", OWL + "someValuesFrom", RDFS + "label", RDFS + "subClassOf"):
        if other not in parts and not (other == RDFS + "label" and cls in constructs.AXIOMS):
            assert said({**whole, other: ":x"}), other


DECLARED = """
:Rain a owl:Class . :Cold a owl:Class . :side a owl:ObjectProperty . :grade a owl:DatatypeProperty .
:left a :Rain . :right a :Rain .
"""


# ---------------------------------------------------------------------- many and deep


@pytest.mark.slow
def test_many_faults_and_deep_ones_are_told_within_bounds() -> None:
    """The first thousand, and no stack that overflows on the way to them."""
    deep = "".join(f"_:n{at} a owl:Class ; owl:complementOf _:n{at + 1} .\n" for at in range(5_000))
    many = "".join(f':C{at} rdfs:subClassOf "x" .\n' for at in range(MOST_FAULTS + 500))
    for text, number in ((f"{deep}:C owl:equivalentClass _:n0 .", 1), (many, MOST_FAULTS)):
        document = parse(PREFIXES + text, path="guideline.ttl", format="turtle")
        assert len(faults(Axioms(Source((document,), "")).index)) == number
    circle = f"{deep}_:n5000 a owl:Class ; owl:complementOf _:n0 ."
    document = parse(PREFIXES + circle, path="guideline.ttl", format="turtle")
    assert len(faults(Axioms(Source((document,), "")).index)) == MOST_FAULTS
