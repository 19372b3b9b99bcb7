"""What is written is valid FHIR by four validators, which refuse what is broken."""

from __future__ import annotations

import copy
import functools
import json
from typing import TYPE_CHECKING, Any

import pytest

import exchanged
import fhir_validators
from each import each
from fhir_validators import KNOWING_R4, NODE, found_in
from indicant.exchange.fhir import Bundle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from indicant.exchange.elements import ReleaseName

Resource = dict[str, Any]
SOURCES = ("some", "dressed 1", "dressed 4", "written")


@functools.cache
def written(release: ReleaseName) -> tuple[Resource, ...]:
    """Return all resources of all bundles that differ, and of each source a bundle."""
    found: dict[str, Resource] = {}
    for source in SOURCES:
        for number, one in enumerate(exchanged.ones(source)):
            made = exchanged.bundle(one, release, everything=True)
            resources = [entry["resource"] for entry in made["entry"]]
            for resource in (*resources, *([] if number else [made])):
                found.setdefault(json.dumps(resource), resource)
    return tuple(found.values())


def faults(found: list[dict[str, list[str]]]) -> list[str]:
    return sorted(
        {f"{name}: {words[:300]}" for one in found for name, told in one.items() for words in told}
    )


@NODE
@pytest.mark.slow
def test_what_is_written_as_r4_is_valid_by_all_four() -> None:
    resources = written("R4")
    assert len(resources) > 500
    found = found_in(resources, "R4", npm=True)
    assert {tuple(one) for one in found} == {KNOWING_R4}
    assert faults(found) == []


@pytest.mark.slow
@exchanged.BY_RELEASE
def test_what_is_written_is_valid_by_the_models(release: ReleaseName) -> None:
    found = found_in(written(release), release, npm=False)
    assert len(found) > 500
    assert faults(found) == []


@pytest.mark.slow
@exchanged.BY_RELEASE
def test_what_the_other_guideline_writes_is_valid(release: ReleaseName) -> None:
    """Of its cases every sixth: what they write differs in little."""
    made = Bundle(exchanged.ones("opioids")[0].assessor, release)
    for one in exchanged.ones("opioids")[::6]:
        made.records([exchanged.shown(one)], one.document)
    resources = [entry["resource"] for entry in made.resource()["entry"]]
    assert {"MedicationRequest", "ServiceRequest"} <= {one["resourceType"] for one in resources}
    found = found_in(resources, release, npm=not fhir_validators.missing())
    assert faults(found) == []


@pytest.mark.slow
def test_the_requests_are_for_services_and_for_medications() -> None:
    kinds = {one["resourceType"] for one in written("R4")}
    assert kinds == {
        "Bundle",
        "GuidanceResponse",
        "MedicationRequest",
        "OperationOutcome",
        "PlanDefinition",
        "RequestGroup",
        "ServiceRequest",
    }
    groups = {one["resourceType"] for one in written("R5")} - kinds
    assert groups == {"RequestOrchestration"}


# ---------------------------------------------------------------------- what has to be refused


def _unknown_element(one: Resource) -> None:
    one["verdict"] = "good"


def _unknown_code(one: Resource) -> None:
    one["status"] = "finished"


def _no_status(one: Resource) -> None:
    del one["status"]


def _other_subject(one: Resource) -> None:
    one["subject"] = {"reference": "Medication/1"}


def _no_such_day(one: Resource) -> None:
    one["occurrenceDateTime"] = "2020-02-30"


def _two_modules(one: Resource) -> None:
    one["moduleUri"], one["moduleCanonical"] = "https://a.example/1", "https://a.example/2"


def _two_occurrences(one: Resource) -> None:
    one["occurrenceDateTime"] = "2020-02-29"
    one["occurrencePeriod"] = {"start": "2020-02-29"}


def _both(one: Resource) -> None:
    one["action"][0]["resource"] = {"reference": "ServiceRequest/1"}


def _neither(one: Resource) -> None:
    del one["action"][0]["action"]


def _word_for_a_truth(one: Resource) -> None:
    one["doNotPerform"] = "true"


def _nothing_said(one: Resource) -> None:
    one["extension"] = [{"url": "https://a.example/said", "valueString": ""}]


def _one_for_many(one: Resource) -> None:
    one["issue"] = one["issue"][0]


def _no_severity(one: Resource) -> None:
    del one["issue"][0]["severity"]


def _unknown_severity(one: Resource) -> None:
    one["issue"][0]["severity"] = "grave"


def _unknown_artifact(one: Resource) -> None:
    one["relatedArtifact"] = [{"type": "gossip"}]


def _unknown_bundle(one: Resource) -> None:
    one["type"] = "heap"


def _two_in_a_bundle(one: Resource) -> None:
    one["entry"][0]["verdict"] = "good"


def _no_medication(one: Resource) -> None:
    one.pop("medicationCodeableConcept", None)
    one.pop("medication", None)


def _two_medications(one: Resource) -> None:
    one["medicationCodeableConcept"] = {"text": "one"}
    one["medicationReference"] = {"reference": "Medication/1"}


BROKEN: tuple[tuple[str, Callable[[Resource], None]], ...] = (
    ("GuidanceResponse", _unknown_element),
    ("GuidanceResponse", _unknown_code),
    ("GuidanceResponse", _no_status),
    ("GuidanceResponse", _other_subject),
    ("GuidanceResponse", _no_such_day),
    ("GuidanceResponse", _two_modules),
    ("GuidanceResponse", _nothing_said),
    ("Group", _unknown_element),
    ("Group", _unknown_code),
    ("Group", _no_status),
    ("Group", _other_subject),
    ("Group", _both),
    ("Group", _neither),
    ("ServiceRequest", _unknown_element),
    ("ServiceRequest", _unknown_code),
    ("ServiceRequest", _no_status),
    ("ServiceRequest", _other_subject),
    ("ServiceRequest", _no_such_day),
    ("ServiceRequest", _two_occurrences),
    ("ServiceRequest", _word_for_a_truth),
    ("MedicationRequest", _unknown_element),
    ("MedicationRequest", _unknown_code),
    ("MedicationRequest", _no_status),
    ("MedicationRequest", _other_subject),
    ("MedicationRequest", _no_medication),
    ("MedicationRequest", _two_medications),
    ("OperationOutcome", _unknown_element),
    ("OperationOutcome", _one_for_many),
    ("OperationOutcome", _no_severity),
    ("OperationOutcome", _unknown_severity),
    ("PlanDefinition", _unknown_element),
    ("PlanDefinition", _unknown_code),
    ("PlanDefinition", _no_status),
    ("PlanDefinition", _unknown_artifact),
    ("Bundle", _unknown_bundle),
    ("Bundle", _two_in_a_bundle),
)
LENIENT_IN_R5 = ["ServiceRequest: word_for_a_truth"]
"""What the models let pass, and nobody else here knows R5."""


def broken(release: ReleaseName) -> Iterator[tuple[str, Resource]]:
    groups = {"R4": "RequestGroup", "R5": "RequestOrchestration"}
    whole: dict[str, Resource] = {}
    for one in written(release):
        whole.setdefault(one["resourceType"], one)
    for kind, change in BROKEN:
        one = copy.deepcopy(whole[groups[release] if kind == "Group" else kind])
        change(one)
        yield f"{kind}: {change.__name__.strip('_')}", one


@NODE
@pytest.mark.slow
def test_what_is_broken_is_refused_by_some_of_the_four() -> None:
    names, resources = zip(*broken("R4"), strict=True)
    found = found_in(resources, "R4", npm=True)
    passed = [name for name, one in zip(names, found, strict=True) if not any(one.values())]
    assert passed == []
    for validator in KNOWING_R4:
        seen = [name for name, one in zip(names, found, strict=True) if one[validator]]
        assert len(seen) > len(names) // 3, validator


@pytest.mark.slow
def test_what_is_broken_is_refused_by_the_models_in_r5() -> None:
    names, resources = zip(*broken("R5"), strict=True)
    found = found_in(resources, "R5", npm=False)
    passed = [name for name, one in zip(names, found, strict=True) if not any(one.values())]
    assert passed == LENIENT_IN_R5


@pytest.mark.slow
def test_what_is_not_broken_passes_where_the_broken_is_refused() -> None:
    kinds = {kind for kind, _ in BROKEN} - {"Group"}
    whole = {one["resourceType"]: one for one in written("R5")}
    assert kinds <= whole.keys()
    for kind in each(kinds):
        assert fhir_validators.of_models(whole[kind], "R5") == []
