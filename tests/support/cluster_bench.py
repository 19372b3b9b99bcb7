"""Measure what the steps of a cohort on a cluster take, and simulate how they grow.

``make bench-cluster PATIENTS=2000`` measures the three steps (parting, reading a portion, adding
up) in processor time, checks a small cluster of Dask against them, and then has workers take
portions one after the other in a simulation: with portions of unequal length, and with workers that
die. ``simulated`` is what the documentation quotes.
"""

from __future__ import annotations

import heapq
import random
import resource
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import exporting
from indicant import Guideline
from indicant.api import cohort
from indicant.api.cohort import recipe_of
from indicant.cohort import portions
from indicant.cohort.results import Cohort
from indicant.cohort.sources import Source
from indicant.cohort.summary import summarised
from indicant.intake.patients import Options

if TYPE_CHECKING:
    from indicant.assess.assessor import Assessor
    from indicant.cohort.establishing import Found
    from indicant.cohort.results import Answered

PORTIONS: Final = 8
TIMES: Final = 50


@dataclass(frozen=True)
class Costs:
    """What the steps take, in seconds of one core.

    ``parting`` and ``reading`` are per record, ``adding`` per patient, ``pattern`` per pattern of
    facts, ``beginning`` once for each worker.
    """

    parting: float
    reading: float
    adding: float
    pattern: float
    beginning: float


@dataclass(frozen=True)
class Run:
    """What came of a simulation: seconds until the last portion, seconds worked, tries lost."""

    seconds: float
    worked: float
    lost: int


def measure(patients: int) -> Costs:
    """Measure the steps on an export that is written for it."""
    guideline = Guideline.load()
    made = guideline.assessor
    with tempfile.TemporaryDirectory() as place:
        export, folder = Path(place) / "export", Path(place) / "portions"
        exporting.write(export, patients, made)
        folder.mkdir()
        records = sum(1 for file in export.iterdir() for _ in file.open(encoding="utf-8"))
        options = Options(exporting.AS_OF)
        source = Source(str(export), made.vocabulary, lambda: guideline.reader(()), options)
        guideline.reader(())
        setup = portions.Setup.of(recipe_of(guideline), options, None, str(export))
        start = time.process_time()
        tally = portions.prepare(source, setup, folder, PORTIONS)
        parting = time.process_time() - start
        start = time.process_time()
        portions._Worker.of(str(folder))._known.intake  # noqa: B018 - loads what is loaded once
        beginning = time.process_time() - start
        start = time.process_time()
        for number in range(setup.count):
            portions.work(str(folder), number)
        reading = time.process_time() - start
        found = list(portions.gathered(folder, setup.count, tally))
        once, answered = _adding(made, found, Path(place) / "once")
        again, _ = _adding(made, _many(found, TIMES), Path(place) / "again")
        patterns = len(answered.patterns.masks)
        adding = max(again - once, 0.0) / (TIMES - 1) / len(found)
        pattern = max(once - adding * len(found), 0.0) / patterns
        sizes = sum(one.stat().st_size for one in folder.glob("part-*"))
        print(f"{patients:,} patients, {records:,} records, {patterns:,} patterns")
        print(f"  a worker begins             {beginning:8.2f} s once")
        for what, seconds, count, unit in (
            ("parting", parting, records, "record"),
            ("reading portions", reading, records, "record"),
            ("adding up", adding * patients, patients, "patient"),
            ("and", pattern * patterns, patterns, "pattern"),
        ):
            each = seconds / count * 1e6
            print(f"  {what:<24} {seconds:11.2f} s {each:10.1f} us per {unit}")
        print(f"  parts on disk            {sizes / records:11.0f} bytes per record")
        start = time.perf_counter()
        cohort.answer(guideline, export, as_of=exporting.AS_OF, engine="dask", parts=PORTIONS)
        whole = time.perf_counter() - start
        print(f"  Dask on this machine, from beginning to end {whole:.1f} s by the clock")
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(f"  most memory of this process {most:,.0f} MB")
        return Costs(parting / records, reading / records, adding, pattern, beginning)


def _many(found: list[Found], times: int) -> list[Found]:
    """Return patients several times, under other names."""
    return [
        replace(one, given=replace(one.given, patient=f"{one.given.patient}-{time_}"))
        for time_ in range(times)
        for one in found
    ]


def _adding(made: Assessor, found: list[Found], folder: Path) -> tuple[float, Answered]:
    folder.mkdir()
    run = Cohort(made)
    start = time.process_time()
    answered = run.gather(iter(found), folder)
    summarised(answered, by_stratum=False)
    return time.process_time() - start, answered


def simulated(
    lengths: list[float],
    workers: int,
    *,
    beginning: float = 0.0,
    dying: float = 0.0,
    seed: int = 1,
) -> Run:
    """Have workers take portions in their order, and return what comes of it.

    Args:
        lengths: how many seconds each portion takes.
        workers: how many there are; who dies is replaced.
        beginning: how many seconds a worker takes before its first portion.
        dying: how often a worker dies in an hour, on average.
        seed: of the deaths.

    A portion of which the worker died is taken again by the next one that is free.
    """
    dice = random.Random(seed)  # noqa: S311
    free = [(beginning, number) for number in range(workers)]
    heapq.heapify(free)
    waiting = list(reversed(lengths))
    worked, lost, end = 0.0, 0, 0.0
    while waiting:
        length = waiting.pop()
        now, number = heapq.heappop(free)
        death = dice.expovariate(dying / 3600) if dying else float("inf")
        if death < length:
            lost += 1
            worked += death
            waiting.append(length)
            heapq.heappush(free, (now + death + beginning, number))
        else:
            worked += length
            end = max(end, now + length)
            heapq.heappush(free, (now + length, number))
    return Run(end, worked, lost)


def grow(costs: Costs, patients: float, records: float) -> None:
    """Print what many patients would take, with portions of unequal length and with deaths."""
    total = patients * records * costs.reading
    print(
        f"\n{patients:,.0f} patients of {records:,.0f} records: {total / 3600:,.0f} hours of core"
    )
    print("  workers  portions  longest/mean   hours   of ideal   with deaths   tries lost")
    dice = random.Random(2)  # noqa: S311
    for workers in (100, 1_000, 10_000):
        for each in (1, 4, 20):
            count = workers * each
            shares = [dice.lognormvariate(0, 0.3) for _ in range(count)]
            mean = total / count
            unit = total / sum(shares)
            lengths = [one * unit for one in shares]
            plain = simulated(lengths, workers, beginning=costs.beginning)
            deadly = simulated(lengths, workers, beginning=costs.beginning, dying=0.01)
            ideal = total / workers
            print(
                f"  {workers:7,} {count:9,} {max(lengths) / mean:13.1f} "
                f"{plain.seconds / 3600:7.2f} {plain.seconds / ideal:9.2f}x "
                f"{deadly.seconds / ideal:12.2f}x {deadly.lost:12,}"
            )
    print(
        f"  beside: parting {patients * records * costs.parting / 3600:,.0f} hours of one core, "
        f"adding up {patients * costs.adding / 3600:,.1f}, "
        f"and a million patterns {1e6 * costs.pattern / 3600:,.1f}"
    )


def main() -> int:
    """Measure, simulate and print."""
    patients = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    costs = measure(patients)
    grow(costs, 1e6, 30)
    grow(costs, 1e9, 30)
    return 0


if __name__ == "__main__":
    sys.exit(main())
