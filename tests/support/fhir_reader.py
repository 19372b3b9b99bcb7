"""Read a Bundle of FHIR back: what was said of each case, intervention and recommendation.

Nothing here knows how the bundle was written: elements are found by the names that the standard, or
the reference of this project, gives them. What ``wanted`` expects comes from the record alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from indicant.assess.records import ActionRecord, CaseRecord, RecommendationRecord

Resource = dict[str, Any]
IND: Final = "https://w3id.org/indicant/core/"
EXCHANGE: Final = "https://w3id.org/indicant/exchange/"
DIRECTION: Final = "http://hl7.org/fhir/uv/cpg/StructureDefinition/cpg-directionOfRecommendation"
STRENGTH: Final = "http://hl7.org/fhir/StructureDefinition/cqf-strengthOfRecommendation"
CERTAINTY: Final = "http://hl7.org/fhir/StructureDefinition/cqf-qualityOfEvidence"
GROUPS: Final = {"R4": "RequestGroup", "R5": "RequestOrchestration"}
Reasons = frozenset[tuple[str, frozenset[str]]]
Facts = frozenset[tuple[str, str, str]]


@dataclass(frozen=True)
class Said:
    """What a recommendation says, and what is known of it for a case."""

    direction: str
    strength: str
    grade: str
    certainty: str
    answer: str
    guidance: str
    superseded: bool
    fulfilment: str
    reasons: Reasons
    open: Facts
    passages: frozenset[tuple[str, int, int, str, str]]
    citations: frozenset[str]
    evidence: frozenset[tuple[str, str, str, str, str, str]]


@dataclass(frozen=True)
class Asked:
    """A request: whether it forbids, in which state it is, and for what it is."""

    forbids: bool
    status: str
    intent: str
    priority: str
    rests: frozenset[str]


@dataclass
class Intervention:
    """What is said of an intervention."""

    status: str
    label: str
    priority: str
    received: frozenset[str]
    recommendations: dict[str, str] = field(default_factory=dict)
    """Of each the direction, as the action has it."""
    requests: dict[str, Asked] = field(default_factory=dict)
    """The requests that it leads to, by the direction of what leads to them."""


@dataclass
class Told:
    """What is said of one case."""

    case: str
    as_of: str
    guidance: str
    scopes: dict[str, str]
    open: frozenset[tuple[str, str]]
    interventions: dict[str, Intervention]
    said: dict[str, Said]
    proposals: frozenset[tuple[str, str]]
    noted: frozenset[tuple[str, str, str]]
    """What is told beside: how grave, of which kind, and in which words."""


def flat(words: str | None) -> str:
    """Return words with one space between them."""
    return " ".join((words or "").split())


def extensions(element: Resource, url: str) -> list[Resource]:
    """Return the extensions of an element by their address."""
    return [one for one in element.get("extension", ()) if one["url"] == url]


def value(extension: Resource) -> Any:
    """Return the one value of an extension."""
    (found,) = [one for name, one in extension.items() if name.startswith("value")]
    return found


def first(element: Resource, url: str) -> Any:
    """Return the value of an extension, or nothing."""
    found = extensions(element, url)
    assert len(found) < 2, (url, found)
    return value(found[0]) if found else None


def term(coding: Resource) -> str:
    """Return the IRI that a code of a vocabulary stands for."""
    system, code = coding["system"], coding["code"]
    return str(code if system == "urn:ietf:rfc:3986" else system + code)


def node(reference: Resource) -> str:
    """Return what a reference is to: a record, or a node of the case by its IRI."""
    return str(reference.get("reference") or reference["identifier"]["value"])


class Reader:
    """Reads one bundle."""

    def __init__(self, bundle: Resource, release: str) -> None:
        assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "collection")
        self.release = release
        self.by_url: dict[str, Resource] = {}
        for entry in bundle["entry"]:
            assert entry["fullUrl"] == f"urn:uuid:{entry['resource']['id']}"
            assert entry["fullUrl"] not in self.by_url, "two entries of one name"
            self.by_url[entry["fullUrl"]] = entry["resource"]
        self.plans = {
            one["url"]: one
            for one in self.by_url.values()
            if one["resourceType"] == "PlanDefinition"
        }

    def cases(self) -> list[Told]:
        """Return what is said of each case."""
        whole = [
            one
            for one in self.by_url.values()
            if one["resourceType"] == "GuidanceResponse" and "moduleCanonical" not in one
        ]
        return [self._case(one) for one in whole]

    def _linked(self, reference: Resource) -> Resource:
        found = self.by_url[reference["reference"]]
        assert reference["type"] == found["resourceType"]
        return found

    def _one(self, element: Any) -> Resource | None:
        """Return what R4 has several of and R5 one, or the other way round."""
        if isinstance(element, list):
            (element,) = element
        return element  # type: ignore[no-any-return]

    def _case(self, response: Resource) -> Told:
        linked = self._one(response.get("evaluationMessage"))
        issues = self._linked(linked)["issue"] if linked else []
        result = self._one(response["result"])
        assert result is not None
        group = self._linked(result)
        assert group["resourceType"] == GROUPS[self.release]
        assert group["subject"] == response["subject"]
        found = Told(
            first(response, IND + "assesses"),
            response["occurrenceDateTime"],
            response["status"],
            {
                parts["iri"]: parts.get("scope", "")
                for one in extensions(response, IND + "guideline")
                for parts in [{each["url"]: value(each) for each in one["extension"]}]
            },
            frozenset((iri, label) for iri, label, _ in self._facts(response)),
            {},
            {},
            frozenset(
                (term(value(proposed)), first(one, IND + "status"))
                for one in issues
                for proposed in extensions(one, IND + "proposes")
            ),
            frozenset(
                (one["severity"], one["code"], _until_names(flat(one["details"]["text"])))
                for one in issues
            ),
        )
        answers = {
            one["moduleCanonical"]: one
            for one in self.by_url.values()
            if one["resourceType"] == "GuidanceResponse"
            and "moduleCanonical" in one
            and one["subject"] == response["subject"]
        }
        for action in group.get("action", ()):
            code = self._one(action["code"])
            assert code is not None
            iri = term(code["coding"][0])
            assert iri not in found.interventions
            found.interventions[iri] = self._intervention(action, response, found.said, answers)
        assert found.said.keys() == answers.keys()
        return found

    def _facts(self, response: Resource) -> list[tuple[str, str, str]]:
        found = []
        for one in response.get("dataRequirement", ()):
            (fact,) = extensions(one, EXCHANGE + "fact")
            parts = {each["url"]: value(each) for each in fact["extension"]}
            assert term(one["codeFilter"][0]["code"][0]) == parts["term"]
            found.append((parts["term"], parts.get("label", ""), parts.get("question", "")))
        return found

    def _intervention(
        self,
        action: Resource,
        response: Resource,
        said: dict[str, Said],
        answers: dict[str, Resource],
    ) -> Intervention:
        found = Intervention(
            first(action, IND + "status"),
            flat(action["title"]),
            action.get("priority", ""),
            frozenset(node(value(one)) for one in extensions(action, IND + "received")),
        )
        leading: dict[str, tuple[Resource, set[str]]] = {}
        for one in action["action"]:
            (leads,) = one["documentation"]
            iri = leads["resource"]
            direction = first(one, DIRECTION)["coding"][0]["code"]
            found.recommendations[iri] = direction
            target = self._linked(one["resource"])
            assert target["subject"] == response["subject"]
            if target["resourceType"] == "GuidanceResponse":
                assert target is answers[iri]
            else:
                assert leading.setdefault(direction, (target, set()))[0] is target
                leading[direction][1].add(iri)
                assert first(target, IND + "status") == found.status
            spoken = self._said(self.plans[iri], answers[iri])
            assert said.setdefault(iri, spoken) == spoken
            for name in ("answer", "fulfilment"):
                assert first(one, IND + name) == first(answers[iri], IND + name)
            assert first(one, EXCHANGE + "superseded") == first(
                answers[iri], EXCHANGE + "superseded"
            )
            assert direction == spoken.direction
        for direction, (target, iris) in leading.items():
            found.requests[direction] = self._asked(target, frozenset(iris))
        return found

    def _asked(self, request: Resource, rests: frozenset[str]) -> Asked:
        if (request["resourceType"], self.release) != ("MedicationRequest", "R5"):
            assert frozenset(request["instantiatesCanonical"]) == rests
        return Asked(
            request.get("doNotPerform", False),
            request["status"],
            request["intent"],
            request.get("priority", ""),
            rests,
        )

    def _said(self, plan: Resource, answer: Resource) -> Said:
        (action,) = plan["action"]
        strength = first(action, STRENGTH) or {}
        certainty = first(action, CERTAINTY) or {}
        related = plan.get("relatedArtifact", ())
        passages = set()
        citations = set()
        evidence = set()
        for one in related:
            if one["type"] == "documentation":
                (place,) = extensions(one, EXCHANGE + "position")
                parts = {each["url"]: value(each) for each in place["extension"]}
                passages.add(
                    (
                        one["label"],
                        parts["start"],
                        parts["end"],
                        parts.get("sha256", ""),
                        flat(one.get("display")),
                    )
                )
            elif extensions(one, IND + "relation"):
                evidence.add(
                    (
                        first(one, IND + "relation").rpartition("/")[2],
                        first(one, IND + "publication"),
                        first(one, IND + "passage"),
                        flat(first(one, IND + "note")),
                        flat(first(one, IND + "basis")),
                        flat(first(one, IND + "certainty")),
                    )
                )
            else:
                assert one["type"] == "citation"
                citations.add(one["label"])
        return Said(
            first(action, DIRECTION)["coding"][0]["code"],
            flat(strength.get("text")),
            strength.get("coding", [{}])[0].get("code", ""),
            certainty.get("coding", [{}])[0].get("code", ""),
            first(answer, IND + "answer"),
            answer["status"],
            first(answer, EXCHANGE + "superseded") or False,
            first(answer, IND + "fulfilment") or "",
            self._reasons(answer),
            frozenset(self._facts(answer)),
            frozenset(passages),
            frozenset(citations),
            frozenset(evidence),
        )

    def _reasons(self, response: Resource) -> Reasons:
        if self.release == "R5":
            concepts = [one["concept"] for one in response.get("reason", ()) if "concept" in one]
        else:
            concepts = response.get("reasonCode", [])
        return frozenset(
            (
                flat(one["text"]),
                frozenset(node(value(each)) for each in extensions(one, IND + "node")),
            )
            for one in concepts
        )


# ---------------------------------------------------------------------- what has to be said

RELATION: Final = {
    "agrees": "agreesWith",
    "disputes": "disputes",
    "qualifies": "qualifies",
    "related": "citesAsRelated",
}
WHOLE: Final = (
    ("undetermined", "data-required"),
    ("conditional", "data-requested"),
)
ANSWERS: Final = {"met": "success", "refuted": "success", "open": "data-required"}
STRENGTHS: Final = {None: "", "strong": "strong", "conditional": "weak"}
PRIORITY: Final = {"immediate": "asap", "urgent": "urgent", "routine": "routine"}
ASKED: Final = {
    "recommended": {"for": "active"},
    "conditional": {"for": "draft"},
    "conflicting": {"for": "draft", "against": "draft"},
    "contraindicated": {"against": "active"},
}
"""Which requests there are for an intervention of a status, and in which state each is."""


def wanted(record: CaseRecord) -> Told:
    """Return what has to be said of a case."""
    case = record["case"]
    statuses = {one["status"] for one in record["actions"]}
    speaking = record.get("guidelines", [record["guideline"]])
    return Told(
        case,
        record["asOf"],
        next((code for status, code in WHOLE if status in statuses), "success"),
        {one["iri"]: one["scope"] or "" for one in speaking if one["iri"]},
        frozenset(
            (one["term"], flat(one["label"]))
            for action in record["actions"]
            for one in action["awaiting"]
        ),
        {one["action"]: _wanted_of(one) for one in record["actions"]},
        {
            one["iri"]: _wanted_said(one, record)
            for action in record["actions"]
            for one in action["recommendations"]
        },
        frozenset((one["action"], one["verdict"]) for one in record["proposals"]),
        frozenset(_wanted_notes(record)),
    )


def _until_names(words: str) -> str:
    """Return words without the publications that dispute something."""
    head, mark, _ = words.partition(": disputed by ")
    return head + mark


def _wanted_notes(record: CaseRecord) -> Iterator[tuple[str, str, str]]:
    """Yield what has to be told beside the advice."""
    for words in record["warnings"]:
        yield "warning", "informational", flat(words)
    for proposal in record["proposals"]:
        words = flat(f"{proposal['label']} is proposed: {proposal['verdict']}")
        grave = {
            "contraindicated": ("warning", "business-rule"),
            "conflicting": ("warning", "conflict"),
        }
        yield (*grave.get(proposal["verdict"], ("information", "informational")), words)
    for action in record["actions"]:
        label = flat(action["label"])
        if action["status"] == "conflicting":
            yield "warning", "conflict", f"{label}: both advised and advised against"
        if action["disputed"]:
            yield "warning", "informational", f"{label}: disputed by "
        for one in action["recommendations"]:
            counts = action["status"] in {"contraindicated", "conflicting"}
            if counts and (one["answer"], one["fulfilment"]) == ("met", "violated"):
                yield "warning", "business-rule", f"{label}: done against advice"
        for tension in action["tensions"]:
            words = f"{tension['label']} ({', '.join(tension['passages'])})"
            yield (
                "information",
                "informational",
                flat(f"the source contradicts itself: {words}"),
            )
    if all(action["status"] == "not-applicable" for action in record["actions"]):
        words = "nothing that the guideline says applies to the case"
        yield "information", "informational", words


def _wanted_of(action: ActionRecord) -> Intervention:
    found = Intervention(
        action["status"],
        flat(action["label"]),
        "",
        frozenset(action["received"]),
        {one["iri"]: one["direction"] for one in action["recommendations"]},
    )
    for side, state in ASKED.get(action["status"], {}).items():
        those = [
            one
            for one in action["recommendations"]
            if (one["direction"], one["answer"]) == (side, "met")
        ]
        done = side == "for" and all(one["fulfilment"] == "fulfilled" for one in those)
        urgency = PRIORITY.get(action["urgency"] or "", "") if side == "for" else ""
        found.priority = found.priority or urgency
        finished = done and action["status"] != "conflicting"
        found.requests[side] = Asked(
            side == "against",
            "completed" if finished else state,
            "proposal",
            urgency,
            frozenset(one["iri"] for one in those),
        )
    return found


def _wanted_said(one: RecommendationRecord, record: CaseRecord) -> Said:
    mine = [
        (action, settling)
        for action in record["actions"]
        for settling in action["settledBy"]
        if settling["recommendation"] == one["iri"]
    ]
    asking = {
        (fact["term"], fact["label"])
        for _, settling in mine
        for named in settling["facts"]
        for fact in (named, *named.get("restsOn", ()))
    }
    because = [
        reason
        for action in record["actions"]
        for reason in action["because"]
        if reason["recommendation"] == one["iri"]
    ]
    return Said(
        one["direction"],
        flat(one["strength"]),
        STRENGTHS[one["gradeStrength"]],
        (one["certainty"] or "").replace(" ", "-"),
        one["answer"],
        ANSWERS[one["answer"]],
        one["superseded"],
        one["fulfilment"] or "",
        frozenset((flat(reason["literal"]), frozenset(reason["nodes"])) for reason in because),
        frozenset(
            (fact["term"], flat(fact["label"]), flat(fact["question"]))
            for action, _ in mine
            for fact in action["awaiting"]
            if (fact["term"], fact["label"]) in asking
        ),
        frozenset(
            (each["id"], each["start"], each["end"], each["sha256"], flat(each["paraphrase"]))
            for each in one["passages"]
        ),
        frozenset(one["citations"]),
        frozenset(
            (
                RELATION[said["relation"]],
                said["publication"],
                said["passage"],
                flat(said["note"]),
                flat(said["basis"]),
                flat(said["certainty"]),
            )
            for said in one["evidence"]
        ),
    )


def differences(bundle: Resource, records: Iterable[CaseRecord], release: str) -> list[str]:
    """Return in what a bundle differs from records, by the paths of what differs."""
    found = Reader(bundle, release).cases()
    expected = [wanted(one) for one in records]
    told = []
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        for name in vars(other):
            mine, theirs = getattr(one, name), getattr(other, name)
            if isinstance(mine, dict) and mine.keys() == theirs.keys():
                told += [
                    f"{name} {key}: {mine[key]} is not {theirs[key]}"
                    for key in mine
                    if mine[key] != theirs[key]
                ]
            elif mine != theirs:
                told.append(f"{name}: {mine} is not {theirs}")
    return told


def directions(bundle: Resource, release: str) -> Counter[tuple[str, str]]:
    """Count the recommendations under all interventions, by direction and answer."""
    return Counter(
        (direction, told.said[iri].answer)
        for told in Reader(bundle, release).cases()
        for one in told.interventions.values()
        for iri, direction in one.recommendations.items()
    )
