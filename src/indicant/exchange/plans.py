"""Say in FHIR what a recommendation is, whatever the case, and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from indicant.assess.prose import reference
from indicant.exchange.elements import (
    extension,
    identity,
    markdown,
    own,
    pruned,
    text,
)
from indicant.exchange.renderings import EXCHANGE, tables
from indicant.terms import CITO, IND

if TYPE_CHECKING:
    from indicant.assess.assessor import Assessor
    from indicant.assess.records import EvidenceRecord, PassageRecord, RecommendationRecord
    from indicant.exchange.codings import Codings
    from indicant.exchange.elements import Release, Resource

STRENGTH: Final = "http://hl7.org/fhir/StructureDefinition/cqf-strengthOfRecommendation"
CERTAINTY: Final = "http://hl7.org/fhir/StructureDefinition/cqf-qualityOfEvidence"
DIRECTION: Final = "http://hl7.org/fhir/uv/cpg/StructureDefinition/cpg-directionOfRecommendation"
_PLAN_TYPE: Final = "PlanDefinition.type"
_STATUS: Final = "PlanDefinition.status"
_ARTIFACT: Final = "RelatedArtifact.type"
_RELATIONS: Final = {
    "agrees": CITO + "agreesWith",
    "disputes": CITO + "disputes",
    "qualifies": CITO + "qualifies",
    "related": CITO + "citesAsRelated",
}
"""What the record calls how a publication stands to a passage, in CiTO."""
_NAMED: Final = {
    "agrees": "agrees with",
    "disputes": "disputes",
    "qualifies": "qualifies",
    "related": "related reading on",
}
_STATED: Final = """
PREFIX ind: <https://w3id.org/indicant/core/>
SELECT ?recommendation ?kind ?urgency ?strength ?certainty WHERE {
  VALUES ?kind { ind:Indication ind:Contraindication ind:NonIndication }
  ?recommendation a ?kind ; ind:action ?action .
  OPTIONAL { ?recommendation ind:urgency ?urgency }
  OPTIONAL { ?recommendation ind:gradeStrength ?strength }
  OPTIONAL { ?recommendation ind:certainty ?certainty }
} ORDER BY ?recommendation ?kind ?urgency ?strength ?certainty
"""


class Plans:
    """The recommendations of a guideline as PlanDefinitions, each made once."""

    def __init__(self, assessor: Assessor, codings: Codings, release: Release) -> None:
        self._catalogue, self._codings, self._release = assessor.catalogue, codings, release
        self._version = {iri: version for iri, _, version, _ in self._catalogue.guidelines}
        self._stated: dict[str, tuple[str, str | None, str | None, str | None]] = {}
        for iri, kind, urgency, strength, certainty in assessor.select(_STATED):
            self._stated[iri or ""] = kind or "", urgency, strength, certainty
        self._made: dict[str, Resource] = {}

    def of(self, one: RecommendationRecord) -> Resource:
        """Return the PlanDefinition of a recommendation."""
        if one["iri"] not in self._made:
            self._made[one["iri"]] = self._plan(one)
        return self._made[one["iri"]]

    def priority(self, iri: str) -> str | None:
        """Return how soon a recommendation wants to be followed, where it says so."""
        urgency = self._stated[iri][1]
        row = tables().find("request.priority", urgency) if urgency else None
        return row.code if row else None

    def order(self, iri: str) -> tuple[int, int, str]:
        """Return by what recommendations are sorted, the soonest first."""
        one = self._catalogue.recommendations[iri]
        return one.urgency_order, one.phase_order, iri

    def grading(self, one: RecommendationRecord) -> list[Resource]:
        """Return direction, strength and certainty, as far as they are stated."""
        kind, _, strength, certainty = self._stated[one["iri"]]
        said = [extension(DIRECTION, valueCodeableConcept={"coding": [_coding(DIRECTION, kind)]})]
        concept: dict[str, Any] = {}
        if strength and tables().find(STRENGTH, strength):
            concept["coding"] = [_coding(STRENGTH, strength)]
        if one["strength"] and text(one["strength"]):
            concept["text"] = text(one["strength"])
        if concept:
            said.append(extension(STRENGTH, valueCodeableConcept=concept))
        if certainty and tables().find(CERTAINTY, certainty):
            concept = {"coding": [_coding(CERTAINTY, certainty)]}
            said.append(extension(CERTAINTY, valueCodeableConcept=concept))
        return said

    def _plan(self, one: RecommendationRecord) -> Resource:
        stated = self._catalogue.recommendations[one["iri"]]
        action = self._codings.concept(stated.action, self._catalogue.label(stated.action))
        version = self._version.get(stated.guideline or "") or ""
        kind = tables().renderings[_PLAN_TYPE, IND + "Recommendation"]
        return pruned(
            {
                "resourceType": "PlanDefinition",
                "id": identity("PlanDefinition", self._release.name, one["iri"], version),
                "url": one["iri"],
                "version": text(version),
                "title": text(one["label"]),
                "type": {"coding": [{"system": kind.system, "code": kind.code}]},
                "status": tables().code(_STATUS, IND + "Recommendation"),
                "relatedArtifact": [
                    *map(_passage, one["passages"]),
                    *map(_mark, one["citations"]),
                    *map(_evidence, one["evidence"]),
                ],
                "action": [
                    pruned(
                        {
                            "extension": self.grading(one),
                            "title": text(one["label"]),
                            "priority": self.priority(one["iri"]),
                            "code": self._release.one(action),
                        }
                    )
                ],
            }
        )


def derived_from(one: RecommendationRecord) -> Resource:
    """Return what leads from an action to the PlanDefinition of a recommendation."""
    return pruned(
        {
            "type": tables().code(_ARTIFACT, IND + "Recommendation"),
            "display": text(one["label"]),
            "resource": one["iri"],
        }
    )


def _coding(element: str, of: str) -> Resource:
    row = tables().renderings[element, of]
    return pruned({"system": row.system, "code": row.code, "display": row.display})


def _passage(one: PassageRecord) -> Resource:
    place = [
        extension("start", valueInteger=one["start"]),
        extension("end", valueInteger=one["end"]),
    ]
    if one["sha256"]:
        place.append(extension("sha256", valueString=one["sha256"]))
    where = f"characters {one['start']} to {one['end']}"
    section = text(one["section"] or "")
    return pruned(
        {
            "extension": [extension(EXCHANGE + "position", extension=place)],
            "type": tables().code(_ARTIFACT, IND + "Passage"),
            "label": text(one["id"]),
            "display": text(one["paraphrase"]),
            "citation": markdown(f"{section}, {where}" if section else where),
        }
    )


def _mark(mark: str) -> Resource:
    return {
        "type": tables().code(_ARTIFACT, IND + "Citation"),
        "label": text(mark) or "?",
        "display": "number of a citation in the source",
    }


def _evidence(one: EvidenceRecord) -> Resource:
    relation = one["relation"]
    said = [own("relation", valueUri=_RELATIONS[relation])]
    said.append(own("publication", valueUri=one["publication"]))
    said += [
        own(name, valueString=text(words))
        for name, words in (
            ("passage", one["passage"]),
            ("note", one["note"] or ""),
            ("basis", one["basis"] or ""),
            ("certainty", one["certainty"] or ""),
        )
        if text(words)
    ]
    return pruned(
        {
            "extension": said,
            "type": tables().code(_ARTIFACT, IND + "Publication"),
            "label": text(f"{_NAMED[relation]} {one['passage']}"),
            "display": text(one["title"]),
            "citation": markdown(reference(one)),
            "document": pruned({"url": _address(one)}),
        }
    )


def _address(one: EvidenceRecord) -> str:
    for stem, number in (
        ("https://doi.org/", one["doi"]),
        ("https://pubmed.ncbi.nlm.nih.gov/", one["pmid"]),
        ("https://pmc.ncbi.nlm.nih.gov/articles/", one["pmcid"]),
    ):
        if number and number.strip():
            return stem + quote(number.strip(), safe="/:;()<>.-_")
    return ""
