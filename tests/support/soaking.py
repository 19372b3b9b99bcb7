"""A small guideline with derivations, put together in a folder, and cases of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from indicant.files.rdf import parse
from indicant.files.sources import GUIDELINE_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from indicant.assess.assessor import Assessor
    from indicant.files.rdf import Document

EX: Final = "https://example.org/soak/"
PREFIXES: Final = """\
@prefix : <https://example.org/case#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ex: <https://example.org/soak/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

"""
_TERMS: Final = """\
ex: a owl:Ontology , ind:Guideline ; rdfs:label "soaking"@en ;
    owl:versionIRI <https://example.org/soak/1.0.0> ; owl:versionInfo "1.0.0" .
ex:Rain a owl:Class ; rdfs:label "rain"@en ; rdfs:subClassOf ind:Finding .
ex:Storm a owl:Class ; rdfs:label "storm"@en ; rdfs:subClassOf ex:Rain .
ex:Soaked a owl:Class ; rdfs:label "soaked"@en ; rdfs:subClassOf ind:Finding .
ex:Drenched a owl:Class ; rdfs:label "drenched"@en ; rdfs:subClassOf ex:Soaked .
ex:Walk a owl:Class ; rdfs:label "walk"@en ; rdfs:subClassOf ind:Intervention .
ex:Look a owl:Class ; rdfs:label "look"@en ; rdfs:subClassOf ind:Investigation .
ex:Towel a owl:Class ; rdfs:label "towel"@en ; rdfs:subClassOf ind:Intervention .
ex:depth a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:label "depth"@en ;
    rdfs:range [ a rdfs:Datatype ; owl:onDatatype xsd:integer ;
        owl:withRestrictions ( [ xsd:minInclusive 0 ] [ xsd:maxInclusive 9 ] ) ] .
ex:weight a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:label "weight"@en ;
    rdfs:range xsd:decimal .
"""
_DEEP: Final = (
    "[ a owl:Class ; owl:intersectionOf ( ex:Soaked [ a owl:Restriction ; owl:onProperty ex:depth ;"
    " owl:someValuesFrom [ a rdfs:Datatype ; owl:onDatatype xsd:integer ; owl:withRestrictions"
    " ( [ xsd:minInclusive 5 ] ) ] ] ) ]"
)
_SOME: Final = "[ a owl:Restriction ; owl:onProperty ind:{} ; owl:someValuesFrom {} ]"
CRITERIA: Final = {
    "soaked": _SOME.format("hasFinding", "ex:Soaked"),
    "drenched": _SOME.format("hasFinding", "ex:Drenched"),
    "deep": _SOME.format("hasFinding", _DEEP),
    "ever": _SOME.format("hadFinding", "ex:Soaked"),
    "rain": _SOME.format("hasFinding", "ex:Rain"),
    "dried": _SOME.format("received", "ex:Towel"),
}
TWICE: Final = (
    "[ a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:onClass ex:Soaked ;"
    ' owl:minQualifiedCardinality "2"^^xsd:nonNegativeInteger ]'
)
HEADER: Final = """\
#+ summary: {}
PREFIX ex: <https://example.org/soak/>
PREFIX ind: <https://w3id.org/indicant/core/>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
"""
SOAKED: Final = HEADER.format("Who walked in the rain is soaked.") + (
    """\
CONSTRUCT {
  ?case ind:hasFinding ?new .
  ?new a ex:Soaked ; ex:depth ?depth ; prov:wasDerivedFrom ?rain , ?walk .
}
WHERE {
  ?case a ind:PatientCase ; ind:hasFinding ?rain ; ind:received ?walk .
  ?rain a/ind:subsumedBy ex:Rain ; ex:depth ?depth .
  ?walk a/ind:subsumedBy ex:Walk .
  BIND(IRI(CONCAT(STR(?rain), "/soaked")) AS ?new)
}
"""
)
WALK: Final = "ind:received :walk . :rain a ex:Rain ; ex:depth 7 . :walk a ex:Walk"
WET: Final = f"ind:hasFinding :rain ; {WALK}"
"""What a case says that the derivation makes something of."""


def guideline(
    folder: Path,
    rules: Mapping[str, str],
    criteria: Mapping[str, str] = CRITERIA,
    *,
    against: Mapping[str, str] | None = None,
) -> Path:
    """Write the guideline with some derivations, by the names of their files.

    ``against`` names for interventions the criteria for which they are advised against.
    """
    text = PREFIXES + _TERMS
    for action, name in (against or {}).items():
        text += f"""\
ex:not-for-{action} a ind:Contraindication ; rdfs:label "not for {action}"@en ;
    dcterms:isPartOf ex: ; ind:action ex:For{action.title()} ; ind:criterion ex:Is{name.title()} .
"""
    for name, expression in criteria.items():
        text += f"""\
ex:Is{name.title()} a owl:Class , ind:Criterion ; rdfs:subClassOf ind:PatientCase ;
    rdfs:label "{name}"@en ; owl:equivalentClass {expression} .
ex:{name} a ind:Indication ; rdfs:label "{name}"@en ; dcterms:isPartOf ex: ;
    ind:action ex:For{name.title()} ; ind:criterion ex:Is{name.title()} .
ex:For{name.title()} a owl:Class ; rdfs:label "for {name}"@en ; rdfs:subClassOf ind:Intervention .
"""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / GUIDELINE_FILE).write_text(text, encoding="utf-8")
    for name, rule in rules.items():
        place = folder / "derivations" / f"{name}.rq"
        place.parent.mkdir(exist_ok=True)
        place.write_text(rule, encoding="utf-8")
    return folder


def case(said: str, *more: str) -> Document:
    """Return a document with a case that says something, and with further ones."""
    text = PREFIXES
    for number, one in enumerate((said, *more)):
        own = one.replace(":rain", f":rain{number}").replace(":walk", f":walk{number}")
        text += f':case{number} a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date'
        text += f" ; {own} .\n" if own else " .\n"
    return parse(text, path="case.ttl")


def answers(assessor: Assessor, document: Document) -> list[dict[str, str]]:
    """Return what each case is answered, by the name of the recommendation."""
    return [
        {
            one["iri"].removeprefix(EX): one["answer"]
            for action in record["actions"]
            for one in action["recommendations"]
        }
        for record in assessor.assess(document, everything=True)
    ]
