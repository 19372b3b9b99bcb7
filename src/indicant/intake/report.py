"""What of a source was used, what was not, and why, for people and for programs."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

from indicant.foreign import as_json, excerpt, joined
from indicant.guideline.languages import ENGLISH
from indicant.guideline.wording import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST_LISTED: Final = 10_000
"""How many records that were not used are listed; all are counted."""
_FEW: Final = 3
_MOST_CODES: Final = 10
_LABEL: Final = 48
REASONS: Final = table(ENGLISH)["unused"]
"""Why a record may not be used, in words."""


@dataclass(frozen=True)
class Used:
    """A record that stands in a case: by which node, as what, and how it is linked."""

    reference: str
    node: str
    link: str
    terms: tuple[str, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Left:
    """A record, or a part of one, that counts for nothing."""

    reference: str
    reason: str
    detail: str = ""
    file: str = ""
    line: int | None = None
    patient: str = ""
    part: int = 0


@dataclass(frozen=True)
class Code:
    """A code that no table knows: of how many records, of how many patients."""

    system: str
    code: str
    display: str
    records: int
    patients: int


@dataclass
class PatientReport:
    """What became of the records of one patient."""

    patient: str
    case: str
    reference: str
    used: list[Used] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    file: str = ""
    died: str = ""


@dataclass
class Report:
    """What became of all records of a source."""

    source: str
    as_of: str
    patients: list[PatientReport]
    left: list[Left]
    unknown: list[Code]
    records: int
    types: dict[str, int]
    remarks: list[str] = field(default_factory=list)

    @property
    def used(self) -> int:
        """How many records stand in a case."""
        return len({(one.case, row.reference) for one in self.patients for row in one.used})

    def all_left(self) -> Iterator[Left]:
        """Yield what was not used, of patients and of nobody."""
        for one in self.patients:
            yield from one.left
        yield from self.left

    def reasons(self) -> list[tuple[str, int]]:
        """Return for how many records each reason holds, the most frequent first."""
        counted: Counter[str] = Counter()
        for reason in {(one.patient, one.reference, one.reason) for one in self.all_left()}:
            counted[reason[2]] += 1
        return sorted(counted.items(), key=lambda one: (-one[1], one[0]))

    def deaths(self) -> list[str]:
        """Return of each patient who is dead on the as-of date what is known of that."""
        return [f"{one.patient}: {one.died}" for one in self.patients if one.died]

    @property
    def broken(self) -> bool:
        """Whether something could not be read at all."""
        return any(one.reason == "broken" for one in self.left)


def as_text(report: Report) -> str:
    """Return a report as people read it."""
    lines = [
        f"{report.source}: {_count(len(report.patients), 'patient')}, "
        f"{_count(report.records, 'record')}, {report.used} used, as of {report.as_of}"
    ]
    lines += [f"  {one}" for one in report.remarks]
    for patient in report.patients:
        where = f" in {patient.file}" if patient.file else ""
        lines += ["", f"PATIENT {patient.patient}{where}: {_count(len(patient.used), 'statement')}"]
        for row in patient.used:
            lines.append(f"  {row.link} {', '.join(row.terms)}  ({row.reference})")
            lines += [f"      {one}" for one in row.remarks]
        lines += [f"  {one}" for one in patient.remarks]
    reasons = report.reasons()
    if reasons:
        lines += ["", "NOT USED"]
        examples: dict[str, list[Left]] = {}
        for one in report.all_left():
            kept = examples.setdefault(one.reason, [])
            if len(kept) < _FEW:
                kept.append(one)
        for reason, number in reasons:
            lines.append(f"  {number:>6}  {REASONS[reason]}")
            if reason not in {"aside", "unknown-code"}:
                lines += [f"          {_shown(one)}" for one in examples[reason]]
    if report.unknown:
        lines += ["", "CODES THAT NO TABLE KNOWS", "  records  patients  code"]
        for code in report.unknown[:_MOST_CODES]:
            label = excerpt(code.display, _LABEL)
            lines.append(
                f"  {code.records:>7}  {code.patients:>8}  "
                f"{excerpt(code.system, 80)}|{excerpt(code.code, _LABEL)}"
                + (f"  {label}" if label else "")
            )
        if len(report.unknown) > _MOST_CODES:
            lines.append(f"  and {len(report.unknown) - _MOST_CODES} more: --format json lists all")
    return joined(lines)


def _shown(one: Left) -> str:
    place = f"{one.file}:{one.line}: " if one.line is not None and one.line > 1 else ""
    part = f" component {one.part}" if one.part else ""
    return f"{place}{one.reference}{part}" + (f": {one.detail}" if one.detail else "")


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def as_record(report: Report) -> dict[str, object]:
    """Return a report as a program reads it; of what was not used, at most ``MOST_LISTED``."""
    listed = list(report.all_left())
    return {
        "source": report.source,
        "asOf": report.as_of,
        "records": report.records,
        "used": report.used,
        "types": report.types,
        "remarks": report.remarks,
        "patients": [
            {
                "patient": one.patient,
                "case": one.case,
                "record": one.reference,
                "file": one.file or None,
                "used": [asdict(row) for row in one.used],
                "remarks": one.remarks,
            }
            for one in report.patients
        ],
        "reasons": [
            {"reason": reason, "records": number, "meaning": REASONS[reason]}
            for reason, number in report.reasons()
        ],
        "notUsed": [asdict(one) for one in listed[:MOST_LISTED]],
        "notListed": max(0, len(listed) - MOST_LISTED),
        "unknownCodes": [asdict(one) for one in report.unknown],
    }


def to_json(reports: Iterable[Report]) -> str:
    """Return reports as JSON: an array with an object for each source."""
    return as_json([as_record(one) for one in reports]) + "\n"
