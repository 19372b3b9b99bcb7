"""Count what becomes of the records of many patients."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from indicant.cohort.establishing import Given
from indicant.intake.decoding import Broken
from indicant.intake.report import REASONS
from indicant.intake.unknown import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from indicant.intake.patients import Read
    from indicant.intake.report import Left, Report
    from indicant.intake.together import Decided

MOST_LISTED: Final = 1_000
"""How many lines that are no records, and how many codes, are listed; all are counted."""
MOST_CODES: Final = 200_000
"""How many codes that no table knows are told apart: some 80 MB."""


@dataclass
class Tally:
    """What was read: how many records, what became of them, and what is to be known of the rest.

    ``broken`` are lines that are no records, the first of them; ``reasons`` are why records were
    not used; ``unknown`` are codes that no table knows, with records and patients, and ``beyond``
    how many records have codes of which there are too many to be told apart; ``remarks`` are
    of the source and ``stated`` of patients, with how many they are.
    """

    records: int = 0
    used: int = 0
    patients: int = 0
    dead: int = 0
    broken: list[Broken] = field(default_factory=list)
    broken_in_all: int = 0
    types: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    unknown: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    beyond: int = 0
    remarks: list[str] = field(default_factory=list)
    stated: Counter[str] = field(default_factory=Counter)

    def take(self, made: Decided) -> Given:
        """Take note of one patient, and return the statements of the case."""
        told = made.report
        self.patients += 1
        self.used += len({row.reference for row in told.used})
        self.dead += bool(told.died)
        self.reasons.update(
            reason for _, reason in {(one.reference, one.reason) for one in told.left}
        )
        said = [one for one in told.remarks if one != told.died]
        self.stated.update(one.partition(": ")[0] for one in said)
        quads = [ox.Quad(one.subject, one.predicate, one.object) for one in made.graph.triples()]
        return Given(told.patient, quads, told.reference)

    def take_part(
        self, read: Read, number: int, is_stranger: Callable[[tuple[str, int | None, str]], bool]
    ) -> Iterator[Given]:
        """Take note of a part of a source, and yield the statements of each case.

        Args:
            read: what was read of the part.
            number: which part it is; what is to be known of the whole source the first one tells.
            is_stranger: whether another part tells of a record that stands somewhere.
        """
        if number == 0:
            self.remarks += read.report.remarks
        for made in read.decided:
            yield self.take(made)
        left = [
            one for one in read.report.left if not is_stranger((one.file, one.line, one.reference))
        ]
        self.take_rest(read.report, left)

    def take_rest(self, report: Report, left: Iterable[Left]) -> None:
        """Take note of what is of nobody, and of codes that no table knows."""
        told = {(one.file, one.line, one.reference, one.reason) for one in left}
        self.reasons.update(reason for *_, reason in told)
        for one in report.unknown:
            self._add_unknown((one.system, one.code), one.display, one.records, one.patients)

    def record(self) -> dict[str, object]:
        """Return it as a program reads it."""
        codes = sorted(self.unknown.items(), key=lambda one: (-one[1][1], -one[1][2], one[0]))
        return {
            "records": self.records,
            "used": self.used,
            "dead": self.dead,
            "types": dict(sorted(self.types.items())),
            "brokenLines": self.broken_in_all,
            "broken": [
                {"file": one.file, "line": one.line, "message": one.message} for one in self.broken
            ],
            "notUsed": [
                {"reason": reason, "records": number, "meaning": REASONS[reason]}
                for reason, number in sorted(
                    self.reasons.items(), key=lambda one: (-one[1], one[0])
                )
            ],
            "unknownCodes": [
                {
                    "system": pair[0],
                    "code": pair[1],
                    "display": row[0],
                    "records": row[1],
                    "patients": row[2],
                }
                for pair, row in codes[:MOST_LISTED]
            ],
            "unknownCodesNotListed": max(0, len(codes) - MOST_LISTED),
            **({"recordsOfOtherUnknownCodes": self.beyond} if self.beyond else {}),
            "remarks": self.remarks,
            "stated": [
                {"said": said, "patients": number}
                for said, number in sorted(self.stated.items(), key=lambda one: (-one[1], one[0]))
            ],
        }

    def told(self) -> dict[str, Any]:
        """Return what was counted of a part of a source, as JSON can hold it."""
        return {
            "used": self.used,
            "patients": self.patients,
            "dead": self.dead,
            "reasons": self.reasons,
            "unknown": [[*pair, *row] for pair, row in self.unknown.items()],
            "beyond": self.beyond,
            "remarks": self.remarks,
            "stated": self.stated,
        }

    def whole(self) -> dict[str, Any]:
        """Return all that was counted, as JSON can hold it."""
        return self.told() | {
            "records": self.records,
            "types": self.types,
            "broken": [[one.file, one.line, one.message] for one in self.broken],
            "brokenInAll": self.broken_in_all,
        }

    def take_whole(self, told: dict[str, Any]) -> None:
        """Take what an earlier run counted; see ``whole``."""
        self.records, self.types = told["records"], Counter(told["types"])
        self.broken = [Broken(*one) for one in told["broken"]]
        self.broken_in_all = told["brokenInAll"]
        self.add(told)

    def add(self, told: dict[str, Any]) -> None:
        """Add what was counted of a part of a source."""
        self.used += told["used"]
        self.patients += told["patients"]
        self.dead += told["dead"]
        self.beyond += told["beyond"]
        self.reasons.update(told["reasons"])
        self.remarks += told["remarks"]
        self.stated.update(told["stated"])
        for system, code, display, records, patients in told["unknown"]:
            self._add_unknown((system, code), display, records, patients)

    def _add_unknown(self, pair: tuple[str, str], display: str, records: int, many: int) -> None:
        if pair not in self.unknown and len(self.unknown) >= MOST_CODES:
            self.beyond += records
            return
        row = self.unknown.setdefault(pair, [display, 0, 0])
        row[0] = shown(row[0], display)
        row[1] += records
        row[2] += many
