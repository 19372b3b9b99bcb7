"""Make guidelines that grow: criteria of many parts, levels and combinations."""

from __future__ import annotations

import itertools

HEAD = """\
@prefix : <https://example.org/grown/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

<https://example.org/grown/>
    a owl:Ontology , ind:Guideline ;
    owl:imports <https://w3id.org/indicant/core/> ;
.

:Umbrella
    a owl:Class ;
    rdfs:subClassOf ind:Intervention ;
.

:take-an-umbrella
    a ind:Indication ;
    ind:action :Umbrella ;
    ind:criterion :Wanted ;
.
"""


def findings(count: int) -> str:
    """Return so many findings, F0 and so on."""
    return "".join(f":F{n} a owl:Class ; rdfs:subClassOf ind:Finding .\n" for n in range(count))


def some(number: int) -> str:
    """Return the existential of a finding."""
    return f"[ a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:someValuesFrom :F{number} ]"


def criterion(name: str, expression: str) -> str:
    """Return a criterion that is defined by an expression."""
    return (
        f":{name} a owl:Class , ind:Criterion ; rdfs:subClassOf ind:PatientCase ; "
        f"owl:equivalentClass {expression} .\n"
    )


def whole(*parts: str) -> str:
    """Return an intersection."""
    return f"[ a owl:Class ; owl:intersectionOf ( ind:PatientCase {' '.join(parts)} ) ]"


def either(*parts: str) -> str:
    """Return a union within the cases."""
    return whole(f"[ a owl:Class ; owl:unionOf ( {' '.join(parts)} ) ]")


def at_least(least: int, count: int) -> str:
    """Return a guideline for the cases with so many of some findings, every combination told."""
    combinations = itertools.combinations(range(count), least)
    parts = (
        f"[ a owl:Class ; owl:intersectionOf ( {' '.join(map(some, chosen))} ) ]"
        for chosen in combinations
    )
    return HEAD + findings(count) + criterion("Wanted", either(*parts))


def at_least_by_name(least: int, count: int) -> str:
    """Return the same, step by step: each criterion names two others."""
    rows = []
    for wanted in range(1, least + 1):
        for number in range(wanted, count + 1):
            name = "Wanted" if (wanted, number) == (least, count) else f"T{wanted}-{number}"
            last = some(number - 1)
            if wanted > 1:
                last = whole(last, f":T{wanted - 1}-{number - 1}")
            parts = [last] if number == wanted else [last, f":T{wanted}-{number - 1}"]
            rows.append(criterion(name, either(*parts)))
    return HEAD + findings(count) + "".join(rows)


def nested(levels: int) -> str:
    """Return a guideline whose criterion is a complement of a complement, and so on."""
    inner = "[ a owl:Class ; owl:complementOf " * levels + some(0) + " ]" * levels
    return HEAD + findings(1) + criterion("Wanted", whole(inner))


def chained(length: int) -> str:
    """Return a guideline whose criterion names a criterion that names another, and so on."""
    names = ["Wanted", *(f"C{number}" for number in range(1, length))]
    rows = [criterion(name, whole(f":{other}")) for name, other in itertools.pairwise(names)]
    return HEAD + findings(1) + "".join(rows) + criterion(names[-1], whole(some(0)))


def doubled(times: int) -> str:
    """Return a guideline with criteria each of which names the one before it twice."""
    rows = [criterion("D0", whole(some(0)))]
    for number in range(1, times + 1):
        before = f":D{number - 1}"
        other = whole(before, some(number))
        name = "Wanted" if number == times else f"D{number}"
        rows.append(criterion(name, either(before, other)))
    return HEAD + findings(times + 1) + "".join(rows)


def thresholds(count: int, properties: int) -> str:
    """Return a guideline with so many criteria, each with a bound of each property of a finding."""
    kinds = (
        f":p{number} a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:range xsd:decimal .\n"
        for number in range(properties)
    )
    rows = []
    for bound in range(count):
        facets = (
            f"[ a owl:Restriction ; owl:onProperty :p{number} ; owl:someValuesFrom [ "
            "a rdfs:Datatype ; owl:onDatatype xsd:decimal ; "
            f"owl:withRestrictions ( [ xsd:minInclusive {bound}.5 ] ) ] ]"
            for number in range(properties)
        )
        filler = f"[ a owl:Class ; owl:intersectionOf ( :F0 {' '.join(facets)} ) ]"
        some_ = (
            f"[ a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:someValuesFrom {filler} ]"
        )
        rows.append(criterion(f"C{bound}" if bound else "Wanted", whole(some_)))
    xsd = "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
    return xsd + HEAD + findings(1) + "".join(kinds) + "".join(rows)
