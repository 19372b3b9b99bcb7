"""Read records of FHIR into cases of the small vocabulary of the tests, and say what is in them."""

from __future__ import annotations

import datetime
import functools
import io
import json
from typing import TYPE_CHECKING, Any, Final

from indicant.files.sources import gather
from indicant.guideline.vocabulary import Vocabulary, slim_vocabulary
from indicant.intake.patients import Intake, Options, Taken, zone_of
from indicant.terms import IND, PROV, TYPE, local_name
from places import TESTS

if TYPE_CHECKING:
    from pathlib import Path

TERMS: Final = TESTS / "intake" / "terms" / "terms.ttl"
CODES: Final = "https://example.org/codes"
AS_OF: Final = "2026-11-30"
PATIENT: Final = {"resourceType": "Patient", "id": "p"}
Record = dict[str, Any]


@functools.cache
def vocabulary() -> Vocabulary:
    """Return the vocabulary of the tests."""
    source = gather(TERMS)
    return Vocabulary(slim_vocabulary(one[1:] for one in source.triples()))


@functools.cache
def reader(*codes: str) -> Intake:
    """Return what reads records into cases of the vocabulary of the tests."""
    return Intake(gather(TERMS), vocabulary(), codes)


def concept(*codes: str, system: str | None = CODES, key: str = "code") -> Record:
    """Return an element with codes of the tables of the tests."""
    given = [{"code": one} if system is None else {"system": system, "code": one} for one in codes]
    return {key: {"coding": given}}


def status(element: str, code: str) -> Record:
    """Return a status that is a concept, as a condition has it."""
    kind = "ver-status" if element == "verificationStatus" else "clinical"
    system = f"http://terminology.hl7.org/CodeSystem/condition-{kind}"
    return {element: {"coding": [{"system": system, "code": code}]}}


ACTIVE = status("clinicalStatus", "active")


def record(kind: str, name: str = "r", /, **elements: Any) -> Record:
    """Return a record of the patient of the tests."""
    person = "patient" if kind in {"Immunization", "AllergyIntolerance"} else "subject"
    return {"resourceType": kind, "id": name, person: {"reference": "Patient/p"}, **elements}


def bundle(*records: Record, form: str = "collection", **more: Any) -> Record:
    """Return a bundle of records, each with its URL where it says one."""
    entries = [
        {"fullUrl": one["url"], "resource": {k: v for k, v in one.items() if k != "url"}}
        if "url" in one
        else {"resource": one}
        for one in records
    ]
    return {"resourceType": "Bundle", "type": form, "entry": entries, **more}


def take(
    *records: Record,
    as_of: str = AS_OF,
    zone: str | None = None,
    completeness: Path | None = None,
    codes: tuple[str, ...] = (),
    strict: bool = False,
) -> Taken:
    """Read records with the patient of the tests in front, unless there is one."""
    whole = (
        records
        if any(one.get("resourceType") == "Patient" for one in records)
        else (
            PATIENT,
            *records,
        )
    )
    return take_text(
        json.dumps(bundle(*whole)),
        as_of=as_of,
        zone=zone,
        completeness=completeness,
        codes=codes,
        strict=strict,
    )


def take_text(
    text: str | bytes,
    *,
    as_of: str = AS_OF,
    zone: str | None = None,
    completeness: Path | None = None,
    codes: tuple[str, ...] = (),
    strict: bool = False,
) -> Taken:
    """Read a text as if it came by standard input."""
    data = text if isinstance(text, bytes) else text.encode()
    options = Options(
        datetime.date.fromisoformat(as_of),
        None if zone is None else zone_of(zone),
        None if completeness is None else str(completeness),
    )
    return reader(*codes).take("-", options, stdin=io.BytesIO(data), strict=strict)


def said(taken: Taken, at: int = 0) -> set[str]:
    """Return what a case says of findings and interventions, a line for each, in short."""
    document = taken.documents[at]
    nodes: dict[str, dict[str, list[str]]] = {}
    for quad in document.quads:
        values = nodes.setdefault(str(quad.subject)[1:-1], {})
        text = getattr(quad.object, "value", "")
        values.setdefault(quad.predicate.value, []).append(text)
    case = next(name for name, known in nodes.items() if IND + "PatientCase" in known[TYPE])
    found = set()
    for path, linked in nodes[case].items():
        link = local_name(path)
        if path in {TYPE, IND + "asOf", PROV + "wasDerivedFrom"}:
            continue
        for value in linked:
            of: dict[str, list[str]] = nodes.get(value, {})
            told = [link, "+".join(sorted(map(local_name, of.get(TYPE, [value]))))]
            for name in sorted(of.keys() - {TYPE, PROV + "wasDerivedFrom"}, key=local_name):
                for one in sorted(of[name]):
                    inner = nodes.get(one)
                    shown = one if inner is None else _within(inner)
                    told.append(f"{local_name(name)}={shown}")
            found.add(" ".join(told))
    return found


def _within(node: dict[str, list[str]]) -> str:
    return ",".join(
        f"{local_name(name)}:{local_name(value) if name == IND + 'of' else value}"
        for name, values in sorted(node.items())
        for value in values
        if name not in {TYPE}
    )


def reasons(taken: Taken) -> list[str]:
    """Return why records were left out, one for each."""
    return sorted(one.reason for one in taken.report.all_left())
