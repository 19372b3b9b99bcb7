"""Write a bulk export of FHIR of any size, the same for the same seed, and the same as OMOP.

``python tests/support/exporting.py FOLDER 1000`` writes so many patients. What they have is drawn
from the codes of a guideline and from many that it does not ask about, as sparse as records are:
most have little that matters, and a few have much. With ``--omop`` they have what FHIR and OMOP can
both say, and are written by both: as NDJSON, and as CSV, Parquet and a file of DuckDB of the CDM.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import itertools
import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from indicant.assess.assessor import Assessor
from indicant.intake.codes import Terms
from indicant.intake.readings import tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

AS_OF: Final = datetime.date(2026, 11, 22)
_COMPLETE: Final = """\
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix intake: <https://w3id.org/indicant/intake/> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix spine: <https://w3id.org/indicant/spine/> .
@prefix t: <https://example.org/terms/> .
<https://hospital.example/records> a intake:Source ;
    prov:wasAttributedTo <https://hospital.example/informatics> ;
    {} .
"""
_CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_KINDS: Final = (
    ("Condition", "onsetDateTime", 14),
    ("Procedure", "performedDateTime", 12),
    ("MedicationRequest", "authoredOn", 14),
    ("Encounter", "", 10),
)
"""Which types of record there are, which element says when, and how many a patient has of them."""
RELEVANT: Final = 0.06
"""Of which share of the records the codes are of the guideline."""
_RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
_ATC: Final = "http://www.whocc.no/atc"
Pair = tuple[str, str]


def complete(*said: str) -> str:
    """Return what a hospital says of the completeness of its records, in Turtle."""
    return _COMPLETE.format(" ;\n    ".join(said))


def codes(assessor: Assessor) -> tuple[list[Pair], list[Pair]]:
    """Return systems and codes of a guideline, for findings and for interventions.

    They are as a record of FHIR has them: of a system with a name there that is a URL.
    """
    terms = Terms.of(assessor.source, assessor.vocabulary, tables())
    named = {
        scheme: (system, prefix)
        for system, (scheme, prefix) in sorted(terms.tables.systems.items(), reverse=True)
        if not system.startswith("urn:")
    }
    sides: list[list[Pair]] = [[], []]
    for side, kind in enumerate(("Finding", "Intervention")):
        for (scheme, code), rows in terms._rows.items():
            if any(terms.is_kind(term, kind) for term, _ in rows):
                system, prefix = named.get(scheme, (scheme, ""))
                sides[side].append((system, prefix + code))
    return sorted(sides[0]), sorted(sides[1])


def by_type(findings: Sequence[Pair], acts: Sequence[Pair]) -> dict[str, list[Pair]]:
    """Return codes by the type of record that has them: drugs are ordered, all else is done.

    Visits are of a kind that no guideline asks about.
    """
    return {
        "Condition": list(findings),
        "Procedure": [one for one in acts if one[0] not in {_RXNORM, _ATC}],
        "MedicationRequest": [one for one in acts if one[0] == _RXNORM],
        "Encounter": [],
    }


def write(folder: Path, patients: int, assessor: Assessor, seed: int = 1) -> int:
    """Write an export into a new folder, and return how many bytes it has."""
    folder.mkdir(parents=True)
    dice = random.Random(seed)  # noqa: S311
    known = by_type(*codes(assessor))
    idle = [("http://snomed.info/sct", str(10_000_000 + 7 * number)) for number in range(800)]
    names = ["Patient", *(kind for kind, _, _ in _KINDS)]
    with contextlib.ExitStack() as stack:
        files = {
            name: stack.enter_context((folder / f"{name}.000.ndjson").open("w", encoding="utf-8"))
            for name in names
        }
        for number in range(patients):
            _patient(dice, files, f"p{seed}-{number}", known, idle)
    return sum(file.stat().st_size for file in folder.iterdir())


# ---------------------------------------------------------------------- by FHIR and OMOP

HELD: Final = 500
"""How many patients are held before their rows are written."""
_ANSWERS: Final = ("260373001", "260415000", "260415000", "10828004")
_SNOMED: Final = "http://snomed.info/sct"


def write_both(
    folder: Path, patients: int, assessor: Assessor, seed: int = 1, relevant: float = RELEVANT
) -> None:
    """Write patients into ``fhir``, ``csv``, ``parquet`` and ``cdm.duckdb`` of a new folder.

    They have what can be said either way. The one of row ``n`` of ``person`` is called ``p-n``.

    Args:
        folder: the new folder.
        patients: how many.
        assessor: the guideline of which codes are drawn.
        seed: where the random numbers begin.
        relevant: of which share of the records the codes are of the guideline.
    """
    import cdmwriting

    (folder / "fhir").mkdir(parents=True)
    dice, tables = random.Random(seed), cdmwriting.Tables()  # noqa: S311
    known = _by_kind(assessor)
    everybody = (f"p-{number + 1}" for number in range(patients))
    with contextlib.ExitStack() as stack:
        places = {name: folder / "fhir" / f"{name}.ndjson" for name in ("Patient", *known)}
        files = {
            name: stack.enter_context(place.open("w", encoding="utf-8"))
            for name, place in places.items()
        }
        while some := list(itertools.islice(everybody, HELD)):
            records = [
                record for name in some for record in _said_by_both(dice, name, known, relevant)
            ]
            for one in records:
                _put(files[one["resourceType"]], one)
            cdmwriting.from_fhir(*records, made=tables)
            tables.spill(folder / "csv")
    cdmwriting.from_csv(folder / "csv", folder / "cdm.duckdb", folder / "parquet")


def _by_kind(assessor: Assessor) -> dict[str, list[Pair]]:
    """Return the codes of a guideline by the type of record that has them, by FHIR and by OMOP."""
    findings, acts = codes(assessor)
    loinc = "http://loinc.org"
    return {
        "Condition": [one for one in findings if one[0] == _SNOMED],
        "Procedure": [one for one in acts if one[0] == _SNOMED],
        "MedicationRequest": [one for one in acts if one[0] == _RXNORM],
        "Observation": [one for one in (*findings, *acts) if one[0] == loinc],
    }


def _said_by_both(
    dice: random.Random, name: str, known: Mapping[str, Sequence[Pair]], relevant: float
) -> Iterator[dict[str, Any]]:
    yield _person(dice, name)
    busy = dice.choice((0, 0, 1, 1, 1, 2, 3))
    for kind, own in known.items():
        for number in range(dice.randrange(12 * busy + 1)):
            system, code = dice.choice(own) if own and dice.random() < relevant else _idle(dice)
            day = AS_OF - datetime.timedelta(days=dice.choice((0, dice.randrange(3_000))))
            coded = {"coding": [{"system": system, "code": code, "display": f"thing {code}"}]}
            record = {
                "resourceType": kind,
                "id": f"{name}-{kind[0]}{number}",
                "subject": {"reference": f"Patient/{name}"},
                "status": "final" if kind == "Observation" else "completed",
                "code": coded,
            }
            _say_when(dice, record, day)
            yield record


def _idle(dice: random.Random) -> Pair:
    return _SNOMED, str(10_000_000 + 7 * dice.randrange(800))


def _say_when(dice: random.Random, record: dict[str, Any], day: datetime.date) -> None:
    kind = record["resourceType"]
    if kind == "Condition":
        del record["status"]
        record["recordedDate"] = day.isoformat()
        is_over = day < AS_OF
        status = "resolved" if is_over else "active"
        record["clinicalStatus"] = {"coding": [{"system": _CLINICAL, "code": status}]}
        if is_over:  # which is all that a day on which it was seen says
            record |= dict.fromkeys(("onsetDateTime", "abatementDateTime"), day.isoformat())
    elif kind == "Procedure":
        end = day + datetime.timedelta(days=dice.randrange((AS_OF - day).days + 1))
        period = {"start": day.isoformat(), "end": end.isoformat()}
        record |= dice.choice(({"performedDateTime": period["start"]}, {"performedPeriod": period}))
    elif kind == "MedicationRequest":
        record["medicationCodeableConcept"] = record.pop("code")
        record |= {"intent": "order", "authoredOn": day.isoformat()}
        if days := dice.choice((0, 7, 30, 90)):
            supply = {"value": days, "system": "http://unitsofmeasure.org", "code": "d"}
            record["dispenseRequest"] = {"expectedSupplyDuration": supply}
    else:
        record["effectiveDateTime"] = day.isoformat()
        answer = {"system": _SNOMED, "code": dice.choice(_ANSWERS)}
        record["valueCodeableConcept"] = {"coding": [answer]}


# ---------------------------------------------------------------------- one patient


def _person(dice: random.Random, name: str) -> dict[str, Any]:
    born = AS_OF - datetime.timedelta(days=dice.randrange(18 * 365, 95 * 365))
    return {
        "resourceType": "Patient",
        "id": name,
        "birthDate": born.isoformat(),
        "gender": dice.choice(("female", "male")),
    }


def _patient(
    dice: random.Random,
    files: Mapping[str, TextIO],
    name: str,
    known: Mapping[str, Sequence[Pair]],
    idle: Sequence[Pair],
) -> None:
    _put(files["Patient"], _person(dice, name))
    busy = dice.choice((0, 0, 1, 1, 1, 2, 3))
    for kind, when, mean in _KINDS:
        for number in range(dice.randrange(mean * busy + 1)):
            own = known[kind]
            system, code = dice.choice(own if own and dice.random() < RELEVANT else idle)
            day = AS_OF - datetime.timedelta(days=dice.randrange(3_000))
            record = {
                "resourceType": kind,
                "id": f"{name}-{kind[0]}{number}",
                "meta": {"profile": [f"http://hl7.org/fhir/us/core/us-core-{kind.lower()}"]},
                "subject": {"reference": f"Patient/{name}"},
                "code": {"coding": [{"system": system, "code": code, "display": f"thing {code}"}]},
            }
            _finish(dice, record, when, day)
            _put(files[kind], record)


def _finish(dice: random.Random, record: dict[str, Any], when: str, day: datetime.date) -> None:
    kind = record["resourceType"]
    if when:
        record[when] = f"{day.isoformat()}T08:30:00-05:00"
    if kind == "Condition":
        over = dice.random() < 0.5
        status = "resolved" if over else "active"
        record["clinicalStatus"] = {"coding": [{"system": _CLINICAL, "code": status}]}
        if over:
            end = day + datetime.timedelta(days=dice.randrange((AS_OF - day).days + 1))
            record["abatementDateTime"] = end.isoformat()
    elif kind == "MedicationRequest":
        record["medicationCodeableConcept"] = record.pop("code")
        record["status"] = dice.choice(("active", "completed", "completed", "stopped"))
        record["intent"] = "order"
    elif kind == "Encounter":
        record["type"] = [record.pop("code")]
        record["status"] = "finished"
        record["class"] = {"code": "AMB"}
        record["period"] = {"start": day.isoformat(), "end": day.isoformat()}
    else:
        record["status"] = "completed"


def _put(file: TextIO, record: dict[str, Any]) -> None:
    file.write(json.dumps(record, separators=(",", ":")) + "\n")


def main() -> None:
    """Write patients into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a new folder")
    parser.add_argument("patients", type=int)
    parser.add_argument("guideline", nargs="?", help="of which codes are drawn (the first one)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--omop", action="store_true", help="write the same patients as OMOP")
    options = parser.parse_args()
    assessor = Assessor(options.guideline) if options.guideline else Assessor()
    (write_both if options.omop else write)(
        options.folder, options.patients, assessor, options.seed
    )
    size = sum(one.stat().st_size for one in options.folder.rglob("*") if one.is_file())
    print(f"{size:,} bytes")


if __name__ == "__main__":
    main()
