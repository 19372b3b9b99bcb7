"""Say in FHIR what is to be noted beside the advice: disputes, conflicts, proposals, findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from indicant.assess.prose import disputed_by, finding_line
from indicant.assess.reasons import answering
from indicant.exchange.elements import coding_of, own, pruned, text
from indicant.exchange.renderings import EXCHANGE, tables
from indicant.terms import IND

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from indicant.assess.records import CaseRecord, TensionRecord
    from indicant.assess.validation import Finding
    from indicant.exchange.elements import Resource


_HELD: Final = {
    "contraindicated": IND + "Contraindicated",
    "conflicting": IND + "Conflicting",
}
"""The verdicts on what is proposed that somebody has to see."""


def issue(of: str, words: str, *, more: str = "", extension: Iterable[Resource] = ()) -> Resource:
    """Return something to be noted, of a kind that the tables know."""
    return pruned(
        {
            "extension": list(extension),
            "severity": tables().code("OperationOutcome.issue.severity", of),
            "code": tables().code("OperationOutcome.issue.code", of),
            "details": pruned({"text": text(words)}),
            "diagnostics": text(more),
        }
    )


def of_findings(findings: Iterable[Finding]) -> list[Resource]:
    """Return what does not hold of the cases of a file."""
    kinds = {"violation": EXCHANGE + "Violation"}
    return [
        issue(kinds.get(one.severity, EXCHANGE + "Warning"), finding_line(one)) for one in findings
    ]


def of_case(record: CaseRecord) -> list[Resource]:
    """Return what is to be noted of the assessment of a case."""
    return [*_notes(record), *_proposals(record), *_advice(record), *_tensions(record)]


def _notes(record: CaseRecord) -> Iterator[Resource]:
    for words in record["warnings"]:
        yield issue(EXCHANGE + "Warning", words)
    if all(one["status"] == "not-applicable" for one in record["actions"]):
        yield issue(IND + "NotApplicable", "nothing that the guideline says applies to the case")


def _proposals(record: CaseRecord) -> Iterator[Resource]:
    for one in record["proposals"]:
        yield issue(
            _HELD.get(one["verdict"], IND + "proposes"),
            f"{one['label']} is proposed: {one['verdict']}",
            extension=(
                own("proposes", valueCoding=coding_of(one["action"], one["label"])),
                own("status", valueCode=one["verdict"]),
            ),
        )


def _advice(record: CaseRecord) -> Iterator[Resource]:
    for one in record["actions"]:
        deciding = answering(one["status"], one["recommendations"])
        if one["status"] == "conflicting":
            yield issue(IND + "Conflicting", f"{one['label']}: both advised and advised against")
        for each in deciding:
            if each["answer"] == "met" and each["fulfilment"] == "violated":
                yield issue(
                    IND + "Violated", f"{one['label']}: done against advice", more=each["label"]
                )
        if one["disputed"]:
            yield issue(IND + "disputedBy", f"{one['label']}: disputed by {disputed_by([one])}")


def _tensions(record: CaseRecord) -> Iterator[Resource]:
    tensions: dict[str, TensionRecord] = {
        tension["iri"]: tension for action in record["actions"] for tension in action["tensions"]
    }
    for _, one in sorted(tensions.items()):
        said: list[Any] = [one["description"], one["resolution"]]
        yield issue(
            IND + "Tension",
            f"the source contradicts itself: {one['label']} ({', '.join(one['passages'])})",
            more=" ".join(words for words in said if words),
        )
