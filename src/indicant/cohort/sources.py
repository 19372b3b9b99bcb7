"""Read patients from wherever they are recorded, one after the other."""

from __future__ import annotations

import functools
import os
import sys
import tempfile
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.assess.parts import parted
from indicant.cohort.establishing import Given
from indicant.cohort.helping import Recipe, found_in, helped, usual
from indicant.cohort.parting import PACKED, Parts, UnpartedError, adrift_in, parts_of
from indicant.cohort.tally import MOST_LISTED, Tally
from indicant.errors import IndicantError
from indicant.files import packed
from indicant.files.fence import Fence, real
from indicant.files.rdf import EXTENSIONS, STDIN, read, text_of, visible
from indicant.foreign import excerpt
from indicant.intake.decoding import Broken
from indicant.intake.fhir import Resources
from indicant.intake.mapping import is_tables
from indicant.intake.readings import tables
from indicant.intake.supply import Supply, holds_fhir
from indicant.terms import IND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from indicant.cohort.establishing import Found
    from indicant.cohort.helping import Helpers
    from indicant.guideline.vocabulary import Vocabulary
    from indicant.intake.completeness import Claims
    from indicant.intake.patients import Intake, Options, Read

MOST_RECORDS: Final = 10_000_000_000
_CASES: Final = frozenset(EXTENSIONS) - {".json"}
"""How files of cases end in a folder, where other JSON may lie."""
_CASE: Final = ox.NamedNode(IND + "PatientCase")


@dataclass
class Source:
    """Where patients are read from.

    Args:
        path: a folder or a file of FHIR, tables or a server of OMOP, a folder of cases or a file.
        vocabulary: the terms of the guideline.
        intake: what reads records of other systems, made when it is needed.
        options: how they are read; without, the source holds cases.
        part: into how many parts FHIR is put; by default as many as its size asks for.
        recipe: how other processes load the guideline, where they may help.
        processes: how many of them there are to be; by default one for each processor.
    """

    path: str
    vocabulary: Vocabulary
    intake: Callable[[], Intake]
    options: Options | None
    part: int | None = None
    recipe: Recipe | None = None
    processes: int | None = None
    tally: Tally = field(default_factory=Tally)

    def patients(self) -> Iterator[Given | Found]:
        """Yield all patients, those of one part after those of another.

        Where processes help, it is known already what the records of each patient establish.

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
        tally = self.tally
        with self._intake.persons(self.path, options, self._claims) as found:
            for made in found.decided():
                yield tally.take(made)
            report = found.report([])
        tally.records, tally.types = report.records, Counter(report.types)
        tally.remarks += report.remarks
        tally.take_rest(report, report.left)

    # ------------------------------------------------------------------ FHIR

    @functools.cached_property
    def _intake(self) -> Intake:
        return self.intake()

    @functools.cached_property
    def _claims(self) -> Claims | None:
        return None if self.options is None else self._intake.claims(self.options.completeness)

    def _fhir(self, options: Options) -> Iterator[Given | Found]:
        count = self.part or parts_of(size_of(self.path))
        if count > 1 and self.path != STDIN:
            with (
                tempfile.TemporaryDirectory(prefix="indicant-") as folder,
                _told(folder),
                self.helpers() as helpers,
                suppress(UnpartedError),
            ):
                yield from self._in_parts(self.parted(Path(folder), count), helpers)
                return
        yield from self._whole(options)

    def parted(self, folder: Path, count: int) -> Parts:
        """Put a source of FHIR into parts in an empty folder, and take note of what it holds.

        Raises:
            UnpartedError: it is to be read as one.
            IndicantError: something cannot be read.
        """
        assert self.options is not None  # noqa: S101
        reading = Resources(tables(), self.options.zone, mentions=self._claims is not None)
        sieve = self._intake.sieve(self._claims)
        supply = Supply(self.path, most=MOST_RECORDS, sieve=sieve)
        parts = Parts(supply, folder, count, reading)
        parts.read()
        tally = self.tally
        tally.records, tally.types = parts.records, parts.types
        tally.broken, tally.broken_in_all = parts.broken, parts.broken_in_all
        if parts.broken_in_all:
            tally.reasons["broken"] = parts.broken_in_all
        return parts

    def spread(self, parts: Parts) -> None:
        """Have all parts know what bears on what is complete.

        A record of which it shows in its part alone that nobody knows whose it is may be one of
        anybody's.
        """
        while self._claims is not None and parts.spread(
            place for number in range(parts.count) for place in adrift_in(self._part(parts, number))
        ):
            pass

    def _part(self, parts: Parts, number: int) -> Read:
        assert self.options is not None  # noqa: S101
        supply = parts.part(number)
        there = parts.everybody
        return self._intake.read([supply], self.path, self.options, everybody=there)

    def _whole(self, options: Options) -> Iterator[Given]:
        piped = self.path == STDIN
        supply = Supply(self.path, sys.stdin.buffer if piped else None)
        found = self._intake.read([supply], "<stdin>" if piped else self.path, options)
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
            yield tally.take(made)

    @contextmanager
    def helpers(self) -> Iterator[Helpers | None]:
        """Yield the processes that read parts, or nothing where this one reads them."""
        count = usual() if self.processes is None else self.processes
        told = None if self.recipe is None else self.recipe.told(self.options)
        if told is None or count < 2:
            yield None
        else:
            with helped(told, count) as helpers:
                yield helpers

    def _in_parts(self, parts: Parts, helpers: Helpers | None) -> Iterator[Given | Found]:
        """Yield the patients of a source in parts."""
        if helpers is not None:
            complete = self._claims is not None
            yield from found_in(parts, helpers, self.tally, complete=complete)
            return
        self.spread(parts)
        for number in range(parts.count):
            yield from self.tally.take_part(
                self._part(parts, number), number, functools.partial(parts.is_stranger, number)
            )


def is_of_others(path: str) -> bool:
    """Tell whether a source holds records of other systems rather than cases."""
    if path == STDIN or is_tables(path):
        return True
    if os.path.isdir(path):
        return holds_fhir(path) or any(
            packed.bare(one).endswith(".json") for one in os.listdir(path)
        )
    return os.path.splitext(path)[1].lower() not in EXTENSIONS or path.endswith(".json")


def size_of(path: str) -> int:
    """Return how many bytes a source has, unpacked as far as one can guess; of a pipe, none."""
    if path == STDIN:
        return 0
    files = [Path(path)]
    if os.path.isdir(path):
        files = [one for one in Path(path).iterdir() if one.is_file()]
    try:
        return sum(
            one.stat().st_size * (PACKED if one.suffix in packed.PACKINGS else 1) for one in files
        )
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
