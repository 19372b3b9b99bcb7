"""Measure what it takes to answer for many patients, each figure with a floor beside it.

``make bench-cohort PATIENTS=2000`` writes as many patients for each guideline that ships, reads
them, and runs the kernel over a million rows of literals. Figures are of processor time, of all
threads.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb
import polars as pl

import exporting
from indicant import Guideline
from indicant.api.cohort import answer
from indicant.cohort.kernel import Kernel, literal, status
from indicant.cohort.patterns import Consistency
from indicant.cohort.plan import plan_of
from indicant.intake.supply import Supply

if TYPE_CHECKING:
    from collections.abc import Callable

    from indicant.cohort.plan import Plan

T = TypeVar("T")
NAMES = ("neck-pain-after-lumbar-fusion", "opioids-for-pain")
ROWS = 1_000_000
FEW = 400
"""How many patients are answered one by one, for comparison."""


def measured(run: Callable[[], T]) -> tuple[float, T]:
    """Return how much processor time something took, and what came of it."""
    before = time.process_time()
    found = run()
    return time.process_time() - before, found


def print_row(what: str, seconds: float, count: int, unit: str) -> None:
    each = seconds / count * 1e6
    print(f"  {what:<46} {seconds:8.2f} s {each:12.2f} us per {unit}")


def reading(name: str, folder: Path, patients: int) -> None:
    """Read an export, with what DuckDB and our own reader of JSON alone take beside it."""
    guideline = Guideline.load(name)
    guideline.assessor.warm()
    export = folder / name
    size = exporting.write(export, patients, guideline.assessor)
    records = sum(1 for file in export.iterdir() for _ in file.open(encoding="utf-8"))
    print(f"{name}: {patients:,} patients, {records:,} records, {size / 1e6:.1f} MB of NDJSON")
    columns = (
        "{id: 'VARCHAR', subject: 'STRUCT(reference VARCHAR)', "
        "code: 'STRUCT(coding STRUCT(system VARCHAR, code VARCHAR)[])'}"
    )
    query = (
        "SELECT count(*), count(code), count(subject.reference) FROM read_json("  # noqa: S608
        f"'{export}/*.ndjson', format='newline_delimited', columns={columns})"
    )
    floor, _ = measured(lambda: duckdb.connect().execute(query).fetchall())
    print_row("floor: DuckDB parses the same files", floor, records, "record")
    own, _ = measured(lambda: sum(1 for _ in Supply(str(export)).records()))
    print_row("floor: the lines as records, and no more", own, records, "record")
    guideline.reader(())
    took, found = measured(lambda: answer(guideline, export, as_of=exporting.AS_OF))
    print_row("to statuses, adherence and missing facts", took, records, "record")
    print_row("", took, patients, "patient")
    parts, other = measured(lambda: answer(guideline, export, as_of=exporting.AS_OF, parts=8))
    print_row("the same in 8 parts", parts, patients, "patient")
    assert found.record["interventions"] == other.record["interventions"]
    some = list(guideline.intake(export, as_of=exporting.AS_OF).cases)[:FEW]
    alone, _ = measured(lambda: [list(guideline.assess_all(one)) for one in some])
    print_row(f"assess alone, one by one ({len(some)} cases)", alone, len(some), "patient")


def literals(guideline: Guideline, plan: Plan, count: int) -> pl.DataFrame:
    """Return random literals that can hold together, a row for each patient."""
    dice = random.Random(1)  # noqa: S311
    consistency = Consistency(guideline.assessor, plan)
    masks: list[int] = []
    while len(masks) < 300:
        mask = 0
        for number, iri in enumerate(plan.literals):
            if iri.endswith("/present"):
                other = plan.number[f"{iri.removesuffix('present')}absent"]
                mask |= dice.choices((0, 1 << number, 1 << other), (6, 2, 2))[0]
        while clash := consistency.clash(mask):
            mask &= ~(1 << dice.choice(clash))
        masks.append(mask)
    picked = [dice.randrange(len(masks)) for _ in range(count)]
    table = pl.DataFrame(
        {
            literal(bit): [mask >> bit & 1 == 1 for mask in masks]
            for bit in range(len(plan.literals))
        }
    )
    return table[picked]


def kernel(name: str, folder: Path) -> None:
    """Run the kernel over Parquet with a row for each patient, and read the same columns alone."""
    guideline = Guideline.load(name)
    plan = plan_of(guideline.assessor.compiled.graph)
    file = folder / f"{name}.parquet"
    literals(guideline, plan, ROWS).write_parquet(file, compression="zstd")
    columns = [literal(number) for number in range(len(plan.literals))]

    def floor() -> Any:
        scan = pl.scan_parquet(file).select(pl.col(columns).sum())
        return scan.collect(engine="streaming")

    def counted() -> Any:
        answered = Kernel(plan).answered(pl.scan_parquet(file))
        numbers = [status(number) for number in range(len(plan.interventions))]
        counts = [
            (pl.col(one) == code).sum().alias(f"{one}-{code}")
            for one in numbers
            for code in range(6)
        ]
        return answered.select(counts).collect(engine="streaming")

    counted()
    advice = len(plan.advice)
    print(f"{name}: {ROWS:,} rows of {len(columns)} literals, {advice} recommendations")
    read, _ = measured(floor)
    print_row("floor: read and add up the same Parquet", read, ROWS, "patient")
    took, found = measured(counted)
    print_row("Parquet to counts of statuses", took, ROWS, "patient")
    assert sum(found.row(0)) == ROWS * len(plan.interventions)
    print(f"  {ROWS / took / 1e6:.1f} million patients a second and core")


def main() -> int:
    """Measure, and print."""
    patients = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    with tempfile.TemporaryDirectory() as place:
        for name in NAMES:
            reading(name, Path(place), patients)
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(f"most memory so far: {most:,.0f} MB")
        for name in NAMES:
            kernel(name, Path(place))
    return 0


if __name__ == "__main__":
    sys.exit(main())
