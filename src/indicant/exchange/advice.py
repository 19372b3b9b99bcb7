"""Say in FHIR what a guideline says about each intervention: a group of actions, and requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from indicant.assess.prose import heading
from indicant.assess.reasons import answering
from indicant.exchange.elements import extension, identity, link, own, pruned, text
from indicant.exchange.plans import derived_from
from indicant.exchange.renderings import EXCHANGE, tables
from indicant.terms import IND

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indicant.assess.records import ActionRecord, ReasonRecord, RecommendationRecord, Status
    from indicant.exchange.codings import Codings
    from indicant.exchange.elements import Origins, Release, Resource
    from indicant.exchange.plans import Plans

STATUS_NAMES: Final[dict[Status, str]] = {
    "recommended": IND + "Recommended",
    "conditional": IND + "Conditional",
    "conflicting": IND + "Conflicting",
    "contraindicated": IND + "Contraindicated",
    "undetermined": IND + "Undetermined",
    "not-applicable": IND + "NotApplicable",
}
ANSWER_NAMES: Final = {"met": IND + "Met", "refuted": IND + "Refuted", "open": IND + "Open"}
_SIDES: Final = {"for": IND + "Indication", "against": IND + "Contraindication"}
_REASONS: Final = {
    "GuidanceResponse": frozenset(
        ("Condition", "Observation", "DiagnosticReport", "DocumentReference")
    ),
    "ServiceRequest": frozenset(
        ("Condition", "Observation", "DiagnosticReport", "DocumentReference")
    ),
    "MedicationRequest": frozenset(("Condition", "Observation")),
}
"""What the reason of a resource may be, in R4 and in R5."""
_PLANNING: Final = "request.status"


class Maker:
    """Makes the resources about one case."""

    def __init__(
        self,
        plans: Plans,
        codings: Codings,
        release: Release,
        origins: Origins,
        case: str,
        key: str,
    ) -> None:
        self._plans, self._codings, self._release = plans, codings, release
        self._origins, self._case, self._key = origins, case, key
        self.subject = origins.subject(case)

    def identity(self, kind: str, *parts: str) -> str:
        """Return the id of a resource about the case."""
        return identity(kind, self._release.name, self._key, *parts)

    # ------------------------------------------------------------------ reasons

    def reasons(self, kind: str, because: list[ReasonRecord]) -> dict[str, Any]:
        """Return the elements of a resource that say why, in words and by references.

        Each fact in words has the nodes that establish it; of the references there are those whose
        type the standard lets be a reason.
        """
        words = [self._reason(one) for one in because]
        references = self._once(
            self._origins.reasons(node, self._case, _REASONS[kind]) for node in self._nodes(because)
        )
        if self._release.is_r5:
            found = [
                *({"concept": one} for one in words),
                *({"reference": one} for one in references),
            ]
            return {"reason": found}
        return {"reasonCode": words, "reasonReference": references}

    def _reason(self, one: ReasonRecord) -> Resource:
        said = [
            own("node", valueReference=reference)
            for node in one["nodes"]
            for reference in self._origins.of(node, self._case)
        ]
        said += [
            extension(
                EXCHANGE + "recorded", valueString=f"{each['recorded']}, read as {each['read']}"
            )
            for each in one.get("recorded", ())
        ]
        return pruned({"extension": said, "text": text(one["literal"])})

    def _nodes(self, because: list[ReasonRecord]) -> list[str]:
        """Return the nodes that establish facts; what the case says of itself is its own."""
        nodes = dict.fromkeys(node for one in because for node in one["nodes"])
        return [node for node in nodes if node != self._case]

    def referring(self, nodes: Iterable[str]) -> list[Resource]:
        """Return the records that nodes stand for, each once."""
        return self._once(self._origins.of(node, self._case) for node in nodes)

    @staticmethod
    def _once(references: Iterable[list[Resource]]) -> list[Resource]:
        found: list[Resource] = []
        for several in references:
            found += [one for one in several if one not in found]
        return found

    # ------------------------------------------------------------------ an intervention

    def action(
        self, record: ActionRecord, answers: dict[str, Resource]
    ) -> tuple[Resource, list[Resource]]:
        """Return the action of a group about an intervention, and the requests that it leads to.

        What has no request leads to the answer of its recommendation, so that nobody takes
        for a request what is not.
        """
        deciding = answering(record["status"], record["recommendations"])
        requests = {
            side: self._request(record, side, those)
            for side in _SIDES
            if (those := [one for one in deciding if one["direction"] == side])
            and tables().find(_PLANNING, STATUS_NAMES[record["status"]])
        }
        decided = {one["iri"] for one in deciding}
        parts = [
            pruned(
                {
                    "extension": [*self._plans.grading(one), *self.standing(one)],
                    "title": text(one["label"]),
                    "documentation": [derived_from(one)],
                    "resource": link(
                        requests[one["direction"]]
                        if one["iri"] in decided and one["direction"] in requests
                        else answers[one["iri"]]
                    ),
                }
            )
            for one in record["recommendations"]
        ]
        made = pruned(
            {
                "extension": [
                    own("status", valueCode=record["status"]),
                    *(
                        own("received", valueReference=one)
                        for one in self.referring(record["received"])
                    ),
                ],
                "title": text(record["label"]),
                "textEquivalent": text(f"{record['status']}: {heading(record)}"),
                "priority": self._priority(deciding),
                "code": [self._codings.concept(record["action"], record["label"])],
                "action": parts,
            }
        )
        return made, list(requests.values())

    def standing(self, one: RecommendationRecord) -> list[Resource]:
        """Return what is known of a recommendation for the case."""
        said = [own("answer", valueCode=one["answer"])]
        if one["fulfilment"] is not None:
            said.append(own("fulfilment", valueCode=one["fulfilment"]))
        if one["superseded"]:
            said.append(extension(EXCHANGE + "superseded", valueBoolean=True))
        return said

    def _priority(self, deciding: list[RecommendationRecord]) -> str | None:
        """Return how soon: by the first of what is advised, where that says so."""
        wanted = [
            one["iri"] for one in deciding if one["direction"] == "for" and one["answer"] == "met"
        ]
        return self._plans.priority(min(wanted, key=self._plans.order)) if wanted else None

    def _request(
        self, record: ActionRecord, side: str, those: list[RecommendationRecord]
    ) -> Resource:
        """Return the request for an intervention, or the request that it shall not be done."""
        kind = self._codings.request_type(record["action"])
        known = tables()
        done = record["status"] in {"recommended", "conditional"} and all(
            one["fulfilment"] == "fulfilled" for one in those
        )
        of = IND + "Fulfilled" if done else STATUS_NAMES[record["status"]]
        iris = {one["iri"] for one in those}
        because = [one for one in record["because"] if one["recommendation"] in iris]
        concept = self._codings.concept(record["action"], record["label"])
        forbids = known.code("request.doNotPerform", _SIDES[side]) == "true"
        title = heading(record)
        made: dict[str, Any] = {
            "resourceType": kind,
            "id": self.identity(kind, record["action"], side),
            "extension": [own("status", valueCode=record["status"])],
            "status": known.code(_PLANNING, of),
            "intent": known.code("request.intent", IND + "Recommendation"),
            "priority": self._priority(those),
            "doNotPerform": True if forbids else None,
            "subject": self.subject,
            **self.reasons(kind, because),
            "note": [{"text": text(title)}] if title != record["label"] and not forbids else [],
        }
        supporting = self.referring(self._nodes(because))
        if kind == "MedicationRequest":
            made["supportingInformation"] = supporting
            name = "medication" if self._release.is_r5 else "medicationCodeableConcept"
            made[name] = self._release.concept(concept)
        else:
            made["supportingInfo"] = self._release.supporting(supporting)
            made["code"] = self._release.concept(concept)
        if kind != "MedicationRequest" or not self._release.is_r5:
            made["instantiatesCanonical"] = sorted(iris)
        return pruned(made)
