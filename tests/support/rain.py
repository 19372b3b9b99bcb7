"""The smallest guideline, an umbrella for rain, in pieces to be put together, and a case of it."""

from __future__ import annotations

from typing import Final

PREFIXES: Final = """\
@prefix : <https://example.org/rain/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

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
@prefix : <https://example.org/case#> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix rain: <https://example.org/rain/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

"""
CASE: Final = (
    CASE_PREFIXES
    + """\
:case a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ; ind:hasFinding [ a rain:Rain ] .
"""
)
