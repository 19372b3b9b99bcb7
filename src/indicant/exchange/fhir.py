"""Write what follows for cases as a Bundle of FHIR, R4 or R5."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, TextIO

from indicant.exchange import messages
from indicant.exchange.advice import ANSWER_NAMES, STATUS_NAMES, Maker
from indicant.exchange.codings import codings_of
from indicant.exchange.elements import (
    Origins,
    extension,
    identity,
    link,
    own,
    pruned,
    release,
    text,
)
from indicant.exchange.plans import Plans
from indicant.exchange.renderings import EXCHANGE, tables
from indicant.foreign import as_json
from indicant.terms import IND

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from indicant.assess.assessor import Assessor, InvalidCase
    from indicant.assess.records import (
        ActionRecord,
        AwaitedRecord,
        CaseRecord,
        GuidelineRecord,
        ReasonRecord,
        RecommendationRecord,
    )
    from indicant.exchange.elements import Resource
    from indicant.files.rdf import Document

_STATUS: Final = "GuidanceResponse.status"


class Bundle:
    """Collects the assessments of a run, and writes them as one Bundle of type collection.

    Its bytes follow from the assessments alone: ids are derived, and no clock is read.

    Args:
        assessor: what assessed them.
        version: ``R4`` or ``R5``.

    Raises:
        IndicantError: there is no such release.
    """

    def __init__(self, assessor: Assessor, version: str = "R4") -> None:
        self._release = release(version)
        self._guidelines = assessor.catalogue.guidelines
        self._codings = codings_of(assessor)
        self._plans = Plans(assessor, self._codings, self._release)
        self._made: list[Resource] = []
        self._used: dict[str, Resource] = {}
        self._keys: Counter[str] = Counter()

    def records(self, records: Iterable[CaseRecord], document: Document) -> None:
        """Take the assessments of the cases of a document."""
        origins = Origins(document)
        for record in records:
            self._made += self._case(record, origins)

    def invalid(self, error: InvalidCase) -> None:
        """Take what does not hold of the cases of a file, which are not assessed."""
        issues = messages.of_findings(error.findings)
        key = self._key("invalid", *(one["details"]["text"] for one in issues))
        outcome = self._outcome(issues, key)
        guidelines = [
            {"iri": iri, "label": label, "version": version, "scope": None}
            for iri, label, version, _ in self._guidelines
        ]
        response = {
            "resourceType": "GuidanceResponse",
            "id": identity("GuidanceResponse", key),
            **_module(guidelines),
            "status": tables().code(_STATUS, EXCHANGE + "Violation"),
            "evaluationMessage": self._release.one(link(outcome)),
        }
        self._made += [response, outcome]

    def resource(self) -> Resource:
        """Return the Bundle, of which parts are shared with others: who changes it takes a copy."""
        entries = [*self._made, *(self._used[iri] for iri in sorted(self._used))]
        return pruned(
            {
                "resourceType": "Bundle",
                "id": identity("Bundle", self._release.name, *(one["id"] for one in entries)),
                "type": "collection",
                "entry": [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in entries],
            }
        )

    def text(self) -> str:
        """Return the Bundle as JSON."""
        return as_json(self.resource()) + "\n"

    def _key(self, *parts: str) -> str:
        """Return what tells an assessment of this bundle from all others."""
        spoken = [f"{iri}|{version}" for iri, _, version, _ in self._guidelines]
        key = identity("Assessment", self._release.name, *parts, *spoken)
        self._keys[key] += 1
        return key if self._keys[key] == 1 else f"{key} {self._keys[key]}"

    def _outcome(self, issues: list[Resource], key: str) -> Resource:
        return {
            "resourceType": "OperationOutcome",
            "id": identity("OperationOutcome", key),
            "issue": issues,
        }

    # ------------------------------------------------------------------ a case

    def _case(self, record: CaseRecord, origins: Origins) -> Iterator[Resource]:
        key = self._key(record["case"], record["asOf"])
        maker = Maker(self._plans, self._codings, self._release, origins, record["case"], key)
        answers = self._answers(record, maker)
        actions, requests = [], []
        for one in record["actions"]:
            action, those = maker.action(one, answers)
            actions.append(action)
            requests += those
        group = pruned(
            {
                "resourceType": self._release.group,
                "id": maker.identity("Group"),
                "instantiatesUri": [iri for iri, *_ in self._guidelines if iri],
                "status": tables().code("request.status", IND + "Assessment"),
                "intent": tables().code("request.intent", IND + "Recommendation"),
                "subject": maker.subject,
                "action": actions,
            }
        )
        issues = messages.of_case(record)
        outcome = self._outcome(issues, key)
        yield self._response(record, maker, group, outcome if issues else None)
        yield group
        yield from requests
        yield from answers.values()
        if issues:
            yield outcome

    def _response(
        self, record: CaseRecord, maker: Maker, group: Resource, outcome: Resource | None
    ) -> Resource:
        """Return the answer of the guideline as a whole."""
        rows = [
            tables().renderings[_STATUS, STATUS_NAMES[one["status"]]] for one in record["actions"]
        ]
        least = min(rows, key=lambda row: row.rank, default=None)
        guidelines = record.get("guidelines", [record["guideline"]])
        of = STATUS_NAMES["not-applicable"]
        return pruned(
            {
                "resourceType": "GuidanceResponse",
                "id": maker.identity("GuidanceResponse"),
                "extension": [
                    own("assesses", valueUri=record["case"]),
                    *(_spoke(one) for one in guidelines if one["iri"]),
                ],
                **_module(guidelines),
                "status": least.code if least else tables().code(_STATUS, of),
                "subject": maker.subject,
                "occurrenceDateTime": record["asOf"],
                "evaluationMessage": self._release.one(link(outcome)) if outcome else None,
                "result": self._release.several(link(group)),
                "dataRequirement": self._requirements(
                    one for action in record["actions"] for one in action["awaiting"]
                ),
            }
        )

    def _requirements(self, awaited: Iterable[AwaitedRecord]) -> list[Resource]:
        once = {(one["term"], one["label"]): one for one in awaited}
        return [self._codings.requirement(one) for one in once.values()]

    def _answers(self, record: CaseRecord, maker: Maker) -> dict[str, Resource]:
        """Return the answer of each recommendation that takes part, by its IRI."""
        found: dict[str, Resource] = {}
        because: dict[str, list[ReasonRecord]] = {}
        awaited: dict[str, list[AwaitedRecord]] = {}
        taking: dict[str, RecommendationRecord] = {}
        for action in record["actions"]:
            for one in action["recommendations"]:
                taking.setdefault(one["iri"], one)
                mine = [each for each in action["because"] if each["recommendation"] == one["iri"]]
                because.setdefault(one["iri"], mine)
                awaited.setdefault(one["iri"], []).extend(_awaited(action, one["iri"]))
        for iri, one in taking.items():
            self._used[iri] = self._plans.of(one)
            found[iri] = pruned(
                {
                    "resourceType": "GuidanceResponse",
                    "id": maker.identity("GuidanceResponse", iri),
                    "extension": maker.standing(one),
                    "moduleCanonical": iri,
                    "status": tables().code(_STATUS, ANSWER_NAMES[one["answer"]]),
                    "subject": maker.subject,
                    "occurrenceDateTime": record["asOf"],
                    **maker.reasons("GuidanceResponse", because[iri]),
                    "dataRequirement": self._requirements(awaited[iri]),
                }
            )
        return found


def _awaited(action: ActionRecord, iri: str) -> list[AwaitedRecord]:
    """Return the open facts of an action that would settle one of its recommendations."""
    wanted = {
        (named["term"], named["label"])
        for one in action["settledBy"]
        if one["recommendation"] == iri
        for fact in one["facts"]
        for named in (fact, *fact.get("restsOn", ()))
    }
    return [one for one in action["awaiting"] if (one["term"], one["label"]) in wanted]


def _module(guidelines: list[Any]) -> Resource:
    """Return which guideline spoke; several together have no IRI."""
    if len(guidelines) == 1 and guidelines[0]["iri"]:
        return {"moduleUri": guidelines[0]["iri"]}
    words = "; ".join(one["label"] or one["iri"] or "" for one in guidelines)
    return {"moduleCodeableConcept": {"text": text(words) or "guideline"}}


def _spoke(one: GuidelineRecord) -> Resource:
    said = [extension("iri", valueUri=one["iri"])]
    said += [
        extension(name, valueString=text(words))
        for name, words in (("label", one["label"] or ""), ("version", one["version"] or ""))
        if text(words)
    ]
    if one["scope"]:
        said.append(extension("scope", valueCode=one["scope"]))
    return own("guideline", extension=said)


class Printed(Bundle):
    """A bundle that the command prints at its end.

    Args:
        assessor: what assessed the cases.
        stream: where the bundle goes.
        version: ``R4`` or ``R5``.
    """

    def __init__(self, assessor: Assessor, stream: TextIO, version: str) -> None:
        super().__init__(assessor, version)
        self._stream = stream

    def invalid(self, error: InvalidCase) -> None:
        """Take what does not hold, and tell on standard error that there is something."""
        super().invalid(error)
        print(f"indicant: {error}", file=sys.stderr)

    def close(self) -> None:
        """Print the bundle."""
        self._stream.write(self.text())
