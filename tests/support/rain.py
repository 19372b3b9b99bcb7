"""The smallest guideline, an umbrella for rain, in pieces to be put together, and a case of it."""

from __future__ import annotations

from typing import Final

PREFIXES: Final = """\
PREFIX : <https://example.org/rain/>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX ind: <https://w3id.org/indicant/core/>
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>

"""
TERMS: Final = """\
:Rain a owl:Class ; rdfs:subClassOf ind:Finding ; ind:question "Does it rain?"@en .
:Umbrella a owl:Class ; rdfs:subClassOf ind:Intervention .

"""
IN_RAIN: Final = """\
:InRain
    a owl:Class , ind:Criterion ;
    rdfs:subClassOf ind:PatientCase ;
    owl:equivalentClass [
        a owl:Class ;
        owl:intersectionOf (
            ind:PatientCase
            [ a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:someValuesFrom :Rain ]
        ) ;
    ] ;
"""
"""The criterion; its last sentence is still open."""

CASE_PREFIXES: Final = """\
PREFIX : <https://example.org/case#>
PREFIX ind: <https://w3id.org/indicant/core/>
PREFIX rain: <https://example.org/rain/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>

"""
CASE: Final = (
    CASE_PREFIXES
    + """\
:case a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ; ind:hasFinding [ a rain:Rain ] .
"""
)
