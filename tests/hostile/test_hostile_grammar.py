"""A guideline whose OWL has two readings, or none, is refused by every verb with one finding."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox
import pytest

from indicant import forms
from indicant.axioms import Axioms
from indicant.cli import main
from indicant.compiling import compile_source
from indicant.engine import ENGINES, make_engine
from indicant.errors import IndicantError
from indicant.grammar import MOST_FAULTS, faults
from indicant.loading import Source, load
from indicant.profile import read_model, refusals
from indicant.reading import parse
from indicant.terms import IND, OWL, RDF, RDFS, TYPE, XSD, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    Node = ox.NamedNode | ox.BlankNode
    Value = ox.NamedNode | ox.BlankNode | ox.Literal
    Statement = tuple[Node, str, Value]

EX = "https://example.org/g/"
PREFIXES = f"""PREFIX : <{EX}>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX ind: <{IND}>
PREFIX owl: <{OWL}>
PREFIX rdf: <{RDF}>
PREFIX rdfs: <{RDFS}>
PREFIX swrl: <http://www.w3.org/2003/11/swrl#>
PREFIX xsd: <{XSD}>
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
:size a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:range
    [ a rdfs:Datatype ; owl:onDatatype xsd:decimal ; owl:withRestrictions ( [ xsd:minInclusive 0 ] ) ] .
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
    quads = ox.parse(text, format=ox.RdfFormat.TURTLE)
    return [(quad.subject, quad.predicate.value, quad.object) for quad in quads]  # type: ignore[misc]


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


ANOTHER = {
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
        list_ = [(spare, RDF + "first", ox.NamedNode(EX + "Cold"))]
        list_.append((spare, RDF + "rest", ox.NamedNode(RDF + "nil")))
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
            class_ = [(spare, TYPE, ox.NamedNode(OWL + "Class"))]
            class_.append((spare, OWL + "complementOf", ox.NamedNode(EX + "Wet")))
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
            yield Mutant(
                f"{short} {BESIDE[name]}", [*rows, (subject, OWL + BESIDE[name], value)]
            )
        yield Mutant(f"{short} of no OWL", [*rows, (subject, OWL + "someValueFrom", value)])


MUTANTS = list(mutants(statements(GUIDELINE)))


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


@pytest.mark.parametrize("name", sorted({mutant.name for mutant in MUTANTS}))
def test_one_refusal_is_the_first_of_all_that_are_told(name: str, around: Source) -> None:
    """With the line, whatever reads the guideline."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    source = with_text(around, written(mutant.rows))
    with pytest.raises(IndicantError) as caught:
        read_model(source)
    assert caught.value.line is not None
    assert str(caught.value) == str(refusals(source)[0])
