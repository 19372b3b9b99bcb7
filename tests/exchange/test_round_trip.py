"""What is written as FHIR says what the record says, read back by code that knows no writer."""

from __future__ import annotations

import copy
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

import exchanged
import fhir_reader
from each import each

if TYPE_CHECKING:
    from collections.abc import Callable

    from indicant.exchange.elements import ReleaseName


@pytest.mark.slow
@exchanged.BY_RELEASE
@exchanged.BY_SOURCE
def test_fhir_says_what_the_record_says(source: str, release: ReleaseName) -> None:
    for one in each(exchanged.ones(source)):
        made = exchanged.bundle(one, release)
        assert fhir_reader.differences(made, [exchanged.shown(one)], release) == []


@exchanged.BY_RELEASE
def test_fhir_says_what_does_not_apply_where_all_is_asked_for(release: ReleaseName) -> None:
    statuses = set()
    for one in each(exchanged.ones("some")):
        made = exchanged.bundle(one, release, everything=True)
        assert fhir_reader.differences(made, [one.record], release) == []
        statuses |= {action["status"] for action in one.record["actions"]}
    assert "not-applicable" in statuses


@pytest.mark.slow
def test_the_cases_have_all_that_there_is_to_say() -> None:
    seen: Counter[str] = Counter()
    for source in ("some", "dressed 1", "dressed 4", "written"):
        for one in exchanged.ones(source):
            for action in one.record["actions"]:
                seen[action["status"]] += 1
                for said in action["recommendations"]:
                    seen.update({said["direction"], said["answer"], str(said["fulfilment"])})
                    seen["superseded"] += said["superseded"]
                    seen.update(each["relation"] for each in said["evidence"])
            seen["proposed"] += len(one.record["proposals"])
    wanted = {
        "recommended",
        "conditional",
        "conflicting",
        "contraindicated",
        "undetermined",
        "not-applicable",
        "for",
        "against",
        "met",
        "refuted",
        "open",
        "fulfilled",
        "not-fulfilled",
        "violated",
        "not-recorded",
        "superseded",
        "proposed",
        "agrees",
        "disputes",
        "qualifies",
        "related",
    }
    assert {name for name in wanted if not seen[name]} == set()


def _turned(bundle: dict[str, Any]) -> None:
    for one in entries(bundle, "ServiceRequest"):
        if one.pop("doNotPerform", False):
            return


def _dropped_fact(bundle: dict[str, Any]) -> None:
    for one in entries(bundle, "GuidanceResponse"):
        if "moduleCanonical" in one and one.get("dataRequirement"):
            one["dataRequirement"].pop()
            return


def _answered(bundle: dict[str, Any]) -> None:
    for one in entries(bundle, "GuidanceResponse"):
        if one["status"] == "data-required":
            one["status"] = "success"
            return


def _other_direction(bundle: dict[str, Any]) -> None:
    for one in entries(bundle, "PlanDefinition"):
        for said in one["action"][0]["extension"]:
            if said["url"] == fhir_reader.DIRECTION:
                code = said["valueCodeableConcept"]["coding"][0]
                code["code"] = "for" if code["code"] == "against" else "against"
                return


def _dropped_reason(bundle: dict[str, Any]) -> None:
    for one in entries(bundle, "GuidanceResponse"):
        if one.get("reasonCode"):
            one["reasonCode"].pop()
            return


def _undisputed(bundle: dict[str, Any]) -> None:
    for one in entries(bundle, "PlanDefinition"):
        for said in one.get("relatedArtifact", ()):
            for extension in fhir_reader.extensions(said, f"{fhir_reader.IND}relation"):
                extension["valueUri"] = "http://purl.org/spar/cito/extends"
                return


def _completed(bundle: dict[str, Any]) -> None:
    next(iter(entries(bundle, "ServiceRequest")))["status"] = "completed"


def entries(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [
        entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind
    ]


@pytest.mark.parametrize(
    "change",
    [
        _turned,
        _dropped_fact,
        _answered,
        _other_direction,
        _dropped_reason,
        _undisputed,
        _completed,
    ],
)
def test_the_reader_sees_what_is_changed(change: Callable[[dict[str, Any]], None]) -> None:
    one = exchanged.ones("some")[-1]
    made = copy.deepcopy(exchanged.bundle(one, "R4"))
    change(made)
    try:
        found = fhir_reader.differences(made, [exchanged.shown(one)], "R4")
    except AssertionError:
        found = ["the bundle contradicts itself"]
    assert found
