"""Read patients from wherever they are recorded, one after the other."""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from indicant.assess.parts import parted
from indicant.cohort.establishing import Given
from indicant.cohort.parting import PACKED, Parts, UnpartedError, parts_of
from indicant.errors import IndicantError
from indicant.files.fence import Fence, real
from indicant.files.rdf import EXTENSIONS, STDIN, read, text_of, visible
from indicant.foreign import excerpt
from indicant.intake.decoding import Broken
from indicant.intake.fhir import Resources
from indicant.intake.mapping import is_tables
from indicant.intake.readings import tables
from indicant.intake.report import REASONS
from indicant.intake.supply import Supply, holds_fhir
from indicant.intake.unknown import shown
from indicant.terms import IND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from indicant.guideline.vocabulary import Vocabulary
    from indicant.intake.completeness import Claims
    from indicant.intake.events import Event
    from indicant.intake.patients import Intake, Options
    from indicant.intake.report import Left, Report
    from indicant.intake.together import Decided

MOST_RECORDS: Final = 10_000_000_000
MOST_LISTED: Final = 1_000
"""How many lines that are no records, and how many codes, are listed; all are counted."""
_CASES: Final = frozenset(EXTENSIONS) - {".json"}
"""How files of cases end in a folder, where other JSON may lie."""
_CASE: Final = ox.NamedNode(IND + "PatientCase")


@dataclass
class Tally:
    """What was read: how many records, what became of them, and what is to be known of the rest.

    ``broken`` are lines that are no records, the first of them; ``reasons`` are why records were
    not used; ``unknown`` are codes that no table knows, with records and patients; ``remarks`` are
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
    remarks: list[str] = field(default_factory=list)
    stated: Counter[str] = field(default_factory=Counter)

    def take(self, made: Decided) -> None:
        """Take note of one patient."""
        told = made.report
        self.patients += 1
        self.used += len({row.reference for row in told.used})
        self.dead += bool(told.died)
        self.reasons.update(
            reason for _, reason in {(one.reference, one.reason) for one in told.left}
        )
        said = [one for one in told.remarks if one != told.died]
        self.stated.update(one.partition(": ")[0] for one in said)

    def take_rest(self, report: Report, left: Iterable[Left]) -> None:
        """Take note of what is of nobody, and of codes that no table knows."""
        self.reasons.update(reason for _, reason in {(one.reference, one.reason) for one in left})
        for one in report.unknown:
            row = self.unknown.setdefault((one.system, one.code), [one.display, 0, 0])
            row[0] = shown(row[0], one.display)
            row[1] += one.records
            row[2] += one.patients

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
            "remarks": self.remarks,
            "stated": [
                {"said": said, "patients": number}
                for said, number in sorted(self.stated.items(), key=lambda one: (-one[1], one[0]))
            ],
        }


@dataclass
class Source:
    """Where patients are read from.

    Args:
        path: a folder or a file of FHIR, tables or a server of OMOP, a folder of cases or a file.
        vocabulary: the terms of the guideline.
        intake: what reads records of other systems, made when it is needed.
        options: how they are read; without, the source holds cases.
        part: into how many parts FHIR is put; by default as many as its size asks for.
    """

    path: str
    vocabulary: Vocabulary
    intake: Callable[[], Intake]
    options: Options | None
    part: int | None = None
    tally: Tally = field(default_factory=Tally)

    def patients(self) -> Iterator[Given]:
        """Yield all patients, those of one part after those of another.

        Raises:
            IndicantError: something cannot be read, or there is nobody.
        """
        if self.options is None:
            yield from self._cases()
        elif self.path != STDIN and is_tables(self.path):
            yield from self._persons(self.options)
        else:
            yield from self._fhir(self.options)

    # ------------------------------------------------------------------ cases

    def _cases(self) -> Iterator[Given]:
        path = Path(self.path)
        files = [path]
        if path.is_dir():
            fence = Fence((real(path),))
            there = visible(sorted(path.rglob("*")), path)
            files = [one for one in there if one.suffix.lower() in _CASES and one.is_file()]
            for one in files:
                fence.follow(one, path)
        for file in files:
            document = read(file)
            for quads in parted(document.quads, self.vocabulary).complete():
                for case in [text_of(one.subject) for one in quads if one.object == _CASE]:
                    self.tally.patients += 1
                    yield Given(case, quads, str(file))
        if not self.tally.patients:
            raise IndicantError(
                "holds no case",
                file=self.path,
                help="give a folder of cases, or records with  --as-of YYYY-MM-DD",
            )

    # ------------------------------------------------------------------ OMOP and tables

    def _persons(self, options: Options) -> Iterator[Given]:
        intake = self.intake()
        tally = self.tally
        with intake.persons(self.path, options, intake.claims(options.completeness)) as found:
            for made in found.decided():
                yield self._given(made)
            report = found.report([])
        tally.records, tally.types = report.records, Counter(report.types)
        tally.remarks += report.remarks
        tally.take_rest(report, report.left)

    def _given(self, made: Decided) -> Given:
        self.tally.take(made)
        quads = [ox.Quad(one.subject, one.predicate, one.object) for one in made.graph.triples()]
        return Given(made.report.patient, quads, made.report.reference)

    # ------------------------------------------------------------------ FHIR

    def _fhir(self, options: Options) -> Iterator[Given]:
        intake = self.intake()
        claims = intake.claims(options.completeness)
        count = self.part or parts_of(size_of(self.path))
        if count > 1 and self.path != STDIN:
            with tempfile.TemporaryDirectory(prefix="indicant-") as folder, _told(folder):
                reading = Resources(tables(), options.zone, mentions=claims is not None)
                supply = Supply(self.path, most=MOST_RECORDS, sieve=intake.sieve(claims))
                parts = Parts(supply, Path(folder), count, reading)
                try:
                    parts.read()
                except UnpartedError:
                    pass
                else:
                    yield from self._in_parts(parts, intake, options, claims)
                    return
        yield from self._whole(intake, options)

    def _whole(self, intake: Intake, options: Options) -> Iterator[Given]:
        piped = self.path == STDIN
        supply = Supply(self.path, sys.stdin.buffer if piped else None)
        found = intake.read([supply], "<stdin>" if piped else self.path, options)
        tally, report = self.tally, found.report
        tally.records, tally.types = report.records, Counter(report.types)
        tally.remarks += report.remarks
        tally.take_rest(report, report.left)
        for one in report.left:
            if one.reason == "broken":
                tally.broken_in_all += 1
                if len(tally.broken) < MOST_LISTED:
                    tally.broken.append(Broken(one.file, one.line or 0, one.detail))
        for made in found.decided:
            yield self._given(made)

    def _in_parts(
        self, parts: Parts, intake: Intake, options: Options, claims: Claims | None
    ) -> Iterator[Given]:
        """Yield the patients of a source in parts.

        A record of which it shows in its part alone that nobody knows whose it is may be one of
        anybody's, which bears on what is complete: all parts have to know it before.
        """
        tally = self.tally
        everybody = frozenset(parts.everybody)

        def read_part(number: int) -> tuple[Sequence[Decided], Report, list[tuple[Event, str]]]:
            found = intake.read([parts.part(number)], self.path, options, everybody=everybody)
            return found.decided, found.report, found.adrift

        if claims is not None:
            while parts.spread(
                (event.origin.file, event.origin.line, event.origin.reference)
                for number in range(parts.count)
                for event, _ in read_part(number)[2]
            ):
                pass
        tally.records, tally.types = parts.records, parts.types
        tally.broken, tally.broken_in_all = parts.broken, parts.broken_in_all
        if parts.broken_in_all:
            tally.reasons["broken"] = parts.broken_in_all
        for number in range(parts.count):
            decided, report, _ = read_part(number)
            if number == 0:
                tally.remarks += report.remarks
            for made in decided:
                yield self._given(made)
            left = [
                one
                for one in report.left
                if not parts.is_stranger(number, (one.file, one.line, one.reference))
            ]
            tally.take_rest(report, left)


def is_of_others(path: str) -> bool:
    """Tell whether a source holds records of other systems rather than cases."""
    if path == STDIN or is_tables(path):
        return True
    if os.path.isdir(path):
        return holds_fhir(path) or any(
            one.removesuffix(".gz").endswith(".json") for one in os.listdir(path)
        )
    return os.path.splitext(path)[1].lower() not in EXTENSIONS or path.endswith(".json")


def size_of(path: str) -> int:
    """Return how many bytes a source has, unpacked as far as one can guess."""
    files = [Path(path)]
    if os.path.isdir(path):
        files = [one for one in Path(path).iterdir() if one.is_file()]
    try:
        return sum(one.stat().st_size * (PACKED if one.suffix == ".gz" else 1) for one in files)
    except OSError as error:
        raise IndicantError(
            f"cannot be read: {excerpt(error.strerror or str(error))}", file=path
        ) from error


@contextmanager
def _told(folder: str) -> Iterator[None]:
    """Say what cannot be written as a message of ours."""
    try:
        yield
    except OSError as error:
        raise IndicantError(
            f"cannot be written: {excerpt(error.strerror or str(error))}",
            file=folder,
            help="make room there, or set TMPDIR to a folder that has some",
        ) from error
