"""Measure what it takes to answer for many patients, each figure with a floor beside it.

``make bench-cohort PATIENTS=2000`` writes as many patients for each guideline that ships, reads
them, runs the kernel over rows of literals, and has ``cql-execution`` answer for some of the same
patients one by one by the same logic. Figures are of processor time, of all threads.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb
import polars as pl

import cql
import exporting
import racing
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
MILLIONS = 20
"""How many times as many rows there are where memory is measured."""
FEW = 400
"""How many patients are answered one by one, for comparison."""
SAMPLE, SETTLING = 60, 20
"""How many patients the others answer for, and how many before that until they are warm."""


def measured(run: Callable[[], T]) -> tuple[float, T]:
    """Return how much processor time something took, and what came of it."""
    before = time.process_time()
    found = run()
    return time.process_time() - before, found


def print_row(what: str, seconds: float, count: int, unit: str) -> None:
    each = seconds / count * 1e6
    print(f"  {what:<46} {seconds:8.2f} s {each:12.2f} us per {unit}")


def reading(name: str, folder: Path, patients: int) -> float:
    """Read an export, with what DuckDB and our own reader of JSON alone take beside it.

    Returns:
        How many seconds a patient takes.
    """
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
    return took / patients


# ------------------------------------------------------------------ others


def processor_of(process: int) -> float:
    """Return how many seconds of a processor another process took."""
    told = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def bundles(export: Path, folder: Path, many: int) -> dict[str, Path]:
    """Write a bundle with all records of each of the first patients of an export."""
    entries: dict[str, list[Any]] = defaultdict(list)
    for file in sorted(export.iterdir(), key=lambda one: one.name != "Patient.000.ndjson"):
        for line in file.open(encoding="utf-8"):
            record = json.loads(line)
            is_one = record["resourceType"] == "Patient"
            who = record["id"] if is_one else record["subject"]["reference"].rpartition("/")[2]
            if who in entries or (is_one and len(entries) < many):
                entries[who].append({"resource": record})
    folder.mkdir()
    for who, own in entries.items():
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": own}
        (folder / f"{who}.json").write_text(json.dumps(bundle), encoding="utf-8")
    return {who: folder / f"{who}.json" for who in entries}


def others(name: str, folder: Path, own: float) -> None:
    """Have cql-execution answer for patients of an export, and compare every answer.

    Args:
        name: the guideline.
        folder: where its export is.
        own: how many seconds a patient takes us.
    """
    why = racing.missing() or ("" if Path("/proc/self/stat").exists() else "no /proc here")
    if why:
        print(f"  cql-execution was not run: {why}")
        return
    guideline, out = Guideline.load(name), folder / "answers"
    answer(guideline, folder / name, as_of=exporting.AS_OF, output=out, everything=True)
    rows = pl.read_parquet(out / "recommendations.parquet")
    ours: dict[str, dict[str, str]] = defaultdict(dict)
    for who, iri, said in rows.select("patient", "recommendation", "answer").iter_rows():
        ours[who][iri.rpartition("/")[2]] = said
    some = bundles(folder / name, folder / "sample", SETTLING + SAMPLE)
    logic = cql.logic_of(guideline)
    for form, at_once in racing.FORMS.items():
        elm = racing.translated(cql.written(logic, "Race", at_once=at_once))
        theirs = racing.Theirs(elm, logic, Path(tempfile.mkdtemp(dir=folder)))
        compared = different = 0
        before = 0.0
        for number, (who, path) in enumerate(some.items()):
            if number == SETTLING:
                before = processor_of(theirs.process)
            _, found = theirs.run(path, 1)
            compared += len(found)
            different += len(racing.differences(ours[who], found))
        took = processor_of(theirs.process) - before
        theirs.end()
        print_row(f"cql-execution, {form}", took, SAMPLE, "patient")
        times = took / SAMPLE / own
        print(f"    {times:.0f} times as long; of {compared:,} answers {different} differ")


# ------------------------------------------------------------------ the kernel


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


def kernel(name: str, folder: Path, many: int = 1) -> Any:
    """Run the kernel over Parquet with a row for each patient, and read the same columns alone."""
    guideline = Guideline.load(name)
    plan = plan_of(guideline.assessor.compiled.graph)
    file = folder / f"{name}.parquet"
    if not file.exists():
        literals(guideline, plan, ROWS).write_parquet(file, compression="zstd")
    files = [file] * many
    columns = [literal(number) for number in range(len(plan.literals))]

    def floor() -> Any:
        scan = pl.scan_parquet(files).select(pl.col(columns).sum())
        return scan.collect(engine="streaming")

    def counted() -> Any:
        answered = Kernel(plan).answered(pl.scan_parquet(files))
        numbers = [status(number) for number in range(len(plan.interventions))]
        counts = [
            (pl.col(one) == code).sum().alias(f"{one}-{code}")
            for one in numbers
            for code in range(6)
        ]
        return answered.select(counts).collect(engine="streaming")

    if many > 1:
        return counted()
    counted()
    advice = len(plan.advice)
    print(f"{name}: {ROWS:,} rows of {len(columns)} literals, {advice} recommendations")
    read, _ = measured(floor)
    print_row("floor: read and add up the same Parquet", read, ROWS, "patient")
    took, found = measured(counted)
    print_row("Parquet to counts of statuses", took, ROWS, "patient")
    assert sum(found.row(0)) == ROWS * len(plan.interventions)
    print(f"  {ROWS / took / 1e6:.1f} million patients a second and core")
    return found


def memory(name: str, folder: Path) -> None:
    """Run the kernel over many times as many rows in a process of its own, and tell how much."""
    asked = [sys.executable, __file__, "--memory", name, str(folder)]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    used, took = map(float, done.stdout.split())
    rows = ROWS * MILLIONS
    print_row(f"{rows:,} rows, with loading: {used:,.0f} MB", took, rows, "patient")


def main() -> int:
    """Measure, and print."""
    if sys.argv[1:2] == ["--memory"]:
        before = time.process_time()
        kernel(sys.argv[2], Path(sys.argv[3]), MILLIONS)
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(used, time.process_time() - before)
        return 0
    patients = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name in NAMES:
            own = reading(name, folder, patients)
            if name == NAMES[0]:
                others(name, folder, own)
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(f"most memory of this process so far: {most:,.0f} MB")
        for name in NAMES:
            kernel(name, folder)
            memory(name, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
