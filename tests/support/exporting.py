"""Write a bulk export of FHIR of any size, the same for the same seed.

``python tests/support/exporting.py FOLDER 1000`` writes so many patients. What they have is drawn
from the codes of a guideline and from many that it does not ask about, as sparse as records are:
most have little that matters, and a few have much.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from indicant.assess.assessor import Assessor
from indicant.intake.codes import Terms
from indicant.intake.readings import tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
_RELEVANT: Final = 0.06
"""Of which share of the records the codes are of the guideline."""
Pair = tuple[str, str]


def complete(*said: str) -> str:
    """Return what a hospital says of the completeness of its records, in Turtle."""
    return _COMPLETE.format(" ;\n    ".join(said))


def codes(assessor: Assessor) -> tuple[list[Pair], list[Pair]]:
    """Return the systems and codes of a guideline, for findings and for interventions."""
    terms = Terms.of(assessor.source, assessor.vocabulary, tables())
    sides: list[list[Pair]] = [[], []]
    for side, kind in enumerate(("Finding", "Intervention")):
        for pair, rows in terms._rows.items():
            if any(terms.is_kind(term, kind) for term, _ in rows):
                sides[side].append(pair)
    return sorted(sides[0]), sorted(sides[1])


def write(folder: Path, patients: int, assessor: Assessor, seed: int = 1) -> int:
    """Write an export into a new folder, and return how many bytes it has."""
    folder.mkdir(parents=True)
    dice = random.Random(seed)  # noqa: S311
    findings, acts = codes(assessor)
    idle = [("http://snomed.info/sct", str(10_000_000 + 7 * number)) for number in range(800)]
    names = ["Patient", *(kind for kind, _, _ in _KINDS)]
    with contextlib.ExitStack() as stack:
        files = {
            name: stack.enter_context((folder / f"{name}.000.ndjson").open("w", encoding="utf-8"))
            for name in names
        }
        for number in range(patients):
            _patient(dice, files, f"p{seed}-{number}", (findings, acts, idle))
    return sum(file.stat().st_size for file in folder.iterdir())


def _patient(
    dice: random.Random,
    files: Mapping[str, TextIO],
    name: str,
    known: tuple[Sequence[Pair], Sequence[Pair], Sequence[Pair]],
) -> None:
    findings, acts, idle = known
    born = AS_OF - datetime.timedelta(days=dice.randrange(18 * 365, 95 * 365))
    _put(
        files["Patient"],
        {
            "resourceType": "Patient",
            "id": name,
            "birthDate": born.isoformat(),
            "gender": dice.choice(("female", "male")),
        },
    )
    busy = dice.choice((0, 0, 1, 1, 1, 2, 3))
    for kind, when, mean in _KINDS:
        for number in range(dice.randrange(mean * busy + 1)):
            own = findings if kind == "Condition" else acts
            system, code = dice.choice(own if own and dice.random() < _RELEVANT else idle)
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


if __name__ == "__main__":
    size = write(Path(sys.argv[1]), int(sys.argv[2]), Assessor(*sys.argv[3:4]))
    print(f"{size:,} bytes")
