"""Write a summary of a cohort as FHIR: a MeasureReport for each recommendation."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from indicant.errors import IndicantError
from indicant.exchange.elements import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_POPULATION: Final = "http://terminology.hl7.org/CodeSystem/measure-population"
_NOTATION: Final = "http://terminology.hl7.org/CodeSystem/measure-improvement-notation"
_ABSENT: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_MET: Final = "met"
_DONE: Final = "fulfilled"
_OTHERS: Final = {
    "not-fulfilled": "recommended, and not done",
    "violated": "advised against, and done all the same",
    "not-recorded": "not known whether it was done",
}
"""What there is of those whom a recommendation concerns beside those of whom it was followed."""


def measure_reports(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a bundle of summary MeasureReports (R4), one for each recommendation.

    Patients who were assessed are the initial population, those whom a recommendation concerns the
    denominator, and those of them who had what it advises, or were spared what it advises against,
    the numerator. There is no score, since of some it is not known. A number that is withheld is
    masked.

    Args:
        record: what ``indicant cohort --format json`` prints.

    Raises:
        IndicantError: it is of no one day.
    """
    day = record["asOf"]
    if day is None:
        raise IndicantError(
            "a MeasureReport is about a period, and these cases have days of their own",
            help="say for which day they are assessed:  --as-of YYYY-MM-DD",
        )
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": f"urn:uuid:{_uuid(record, one)}", "resource": _report(record, one, day)}
            for one in record["recommendations"]
        ],
    }


def _uuid(record: Mapping[str, Any], one: Mapping[str, Any]) -> uuid.UUID:
    name = f"{record['source']} {record['asOf']} {one['recommendation']}"
    return uuid.uuid5(uuid.NAMESPACE_URL, name)


def _report(record: Mapping[str, Any], one: Mapping[str, Any], day: str) -> dict[str, Any]:
    group: dict[str, Any] = {
        "code": {"text": text(one["label"])},
        "population": list(_populations(one["patients"], record["patients"])),
    }
    if "byStratum" in one:
        whole = {row["stratum"]: row["patients"] for row in record["strata"]}
        group["stratifier"] = [
            {
                "code": [{"text": "stratum"}],
                "stratum": [
                    {
                        "value": {"text": text(row["stratum"])},
                        "population": list(_populations(row["patients"], whole[row["stratum"]])),
                    }
                    for row in one["byStratum"]
                ],
            }
        ]
    return {
        "resourceType": "MeasureReport",
        "id": str(_uuid(record, one)),
        "status": "complete",
        "type": "summary",
        "measure": one["recommendation"],
        "period": {"start": day, "end": day},
        "improvementNotation": {"coding": [{"system": _NOTATION, "code": "increase"}]},
        "group": [group],
    }


def _populations(
    numbers: Mapping[str, int | None], patients: Mapping[str, int | None]
) -> Iterator[dict[str, Any]]:
    yield _population("initial-population", patients["assessed"])
    yield _population("denominator", numbers[_MET])
    if _DONE in numbers:
        yield _population("numerator", numbers[_DONE])
    for name, said in _OTHERS.items():
        if name in numbers:
            yield {"code": {"text": said}, **_count(numbers[name])}


def _population(code: str, number: int | None) -> dict[str, Any]:
    return {"code": {"coding": [{"system": _POPULATION, "code": code}]}, **_count(number)}


def _count(number: int | None) -> dict[str, Any]:
    if number is None:
        return {"_count": {"extension": [{"url": _ABSENT, "valueCode": "masked"}]}}
    return {"count": number}
