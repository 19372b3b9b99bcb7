"""Measure speed and memory: medians of interleaved rounds, side by side, against the goals."""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indicant.assess.assessor import Assessor
from indicant.assess.reasoned import HermitEngine
from indicant.compile.compiled import compile_source
from indicant.compile.hermit import Reasoner
from indicant.files.rdf import read
from indicant.files.sources import EXAMPLE_FILE, load, resolve
from places import SEVEN_MONTHS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection

    from indicant.assess.validation import Finding
    from indicant.files.rdf import Document

ENGINES = ("oxigraph", "native", "rdflib", "hermit")
REPEATS = {"oxigraph": 40, "native": 40, "rdflib": 4, "hermit": 4}
SETTLING = {"oxigraph": 20, "native": 20, "rdflib": 2, "hermit": 2}
PAUSED = "after a pause"
STEPS = ("parse", "validate", "decide", "explain", "total")
DECIDING = range(10, 70)

GOAL_WARM = 5.0
GOAL_RATIO = 100.0
GOAL_COLD = 500.0
GOAL_MEMORY = 150.0

_CHILD = """
import resource, subprocess, sys, time
started = time.perf_counter()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
seconds = time.perf_counter() - started
print(code, seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""

Samples = dict[tuple[str, ...], list[float]]


class Clock:
    """Adds up the time spent in named places since it was last reset."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with its time added to a name."""

        @wraps(function)
        def run(*arguments: Any, **options: Any) -> Any:
            with self.measuring(name):
                return function(*arguments, **options)

        return run

    @contextmanager
    def measuring(self, name: str) -> Iterator[None]:
        """Add the time of a block to a name, in milliseconds."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.spent[name] += (time.perf_counter() - started) * 1e3


def watched(engine: str, clock: Clock) -> Assessor:
    """Return an assessor that tells the clock where its time goes.

    ``validate`` runs beside the rules and the questions. ``decide`` is what the rules of the strata
    up to the decisions do, or what HermiT does in their place; ``begin`` is that with the rules
    that turn decisions into advice.
    """
    assessor = Assessor(engine=engine)
    with assessor._engines.lend() as inner:
        pass
    checking = assessor._validator.checking

    def checked(document: Document, *, reference: bool = False) -> Callable[[], list[Finding]]:
        with clock.measuring("validate"):
            go_on = checking(document, reference=reference)
        return clock.timed("validate", go_on)

    setattr(assessor._validator, "checking", checked)  # noqa: B010
    setattr(inner, "begin", clock.timed("begin", inner.begin))  # noqa: B010
    if isinstance(inner, HermitEngine):
        setattr(inner, "_decide", clock.timed("decide", inner._decide))  # noqa: B010
    else:
        apply = inner._apply

        def decide(stratum: int, texts: Sequence[str]) -> set[str]:
            if stratum not in DECIDING:
                return apply(stratum, texts)
            with clock.measuring("decide"):
                return apply(stratum, texts)

        setattr(inner, "_apply", decide)  # noqa: B010
    return assessor


def serve(engine: str, line: Connection) -> None:
    """Assess the cases that come down the line, and send back the milliseconds of every step."""
    clock = Clock()
    for name in ("entails_type", "refutes_type"):
        setattr(Reasoner, name, clock.timed("entailment", getattr(Reasoner, name)))
    assessor = watched(engine, clock)
    gc.collect()
    gc.freeze()
    while (path := line.recv()) is not None:
        rounds = []
        for _ in range(REPEATS[engine]):
            clock.spent.clear()
            with clock.measuring("total"):
                with clock.measuring("parse"):
                    document = read(path)
                assessor.assess(document)
            spent = clock.spent
            spent["explain"] = spent["total"] - spent["parse"] - spent["begin"]
            rounds.append(dict(spent))
        line.send(rounds)


def warm(cases: dict[str, Path], rounds: int) -> Samples:
    """Return milliseconds by case, engine and step.

    Each engine has a process of its own, as where it is used, so that neither the Java machine nor
    what another engine left in the processor's caches is measured with it. They take turns, and
    each pauses while the others work. The first run of a turn is kept apart, as ``after a pause``;
    then some are not counted, since an operating system may start by giving the two threads of a
    run one processor.
    """
    context = multiprocessing.get_context("spawn")
    lines: dict[str, Connection] = {}
    for engine in ENGINES:
        lines[engine], far = context.Pipe()
        context.Process(target=serve, args=(engine, far), daemon=True).start()
        far.close()
    samples: Samples = defaultdict(list)
    for turn in range(rounds + 1):
        for case, path in cases.items():
            for engine, line in lines.items():
                line.send(path)
                spent = line.recv()
                if turn == 0:
                    continue
                samples[case, engine, PAUSED].append(spent[0]["total"])
                for one in spent[SETTLING[engine] :]:
                    for step in (*STEPS, "entailment"):
                        samples[case, engine, step].append(one.get(step, 0.0))
    for line in lines.values():
        line.send(None)
    return samples


def run(arguments: list[str], **changes: str) -> tuple[float, float]:
    """Return the milliseconds and the megabytes of a command in a process of its own.

    A small process in between starts it, since a child is said to be as large as its parent was.
    """
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, *arguments],
        env={**os.environ, **changes},
        capture_output=True,
        text=True,
        check=True,
    )
    code, seconds, size = done.stdout.split()
    if code != "0":
        sys.exit(f"{' '.join(arguments)} ended with {code}: {done.stderr}")
    return float(seconds) * 1e3, float(size) * (1 if sys.platform == "darwin" else 1024) / 1e6


def cold(case: Path, rounds: int) -> tuple[Samples, Samples]:
    """Return milliseconds and megabytes of the command from its start to its end."""
    command = [sys.executable, "-m", "indicant.cli"]
    assess = [*command, "assess", str(case)]
    milliseconds: Samples = defaultdict(list)
    megabytes: Samples = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        kept = str(Path(folder) / "kept")
        run(assess, INDICANT_CACHE=kept)
        for turn in range(rounds):
            fresh = str(Path(folder) / f"fresh-{turn}")
            for name, arguments, cache in (
                ("python alone", [sys.executable, "-c", "pass"], kept),
                ("assess, compiled before", assess, kept),
                ("assess, nothing compiled", assess, fresh),
                ("assess --no-cache", [*assess, "--no-cache"], kept),
                ("compile", [*command, "compile"], kept),
            ):
                spent, size = run(arguments, INDICANT_CACHE=cache)
                milliseconds[name,].append(spent)
                megabytes[name,].append(size)
    return milliseconds, megabytes


def compilation(rounds: int) -> list[float]:
    """Return the milliseconds that compiling takes in a process where Java runs already."""
    clock = Clock()
    source = load(resolve(None))
    found = []
    for _ in range(rounds + 1):
        clock.spent.clear()
        with clock.measuring("compile"):
            compile_source(source)
        found.append(clock.spent["compile"])
    return found[1:]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="how often to measure each (15)")
    rounds = max(1, parser.parse_args().rounds)
    guideline = resolve(None)
    cases = {
        "the example": guideline / EXAMPLE_FILE,
        "a rich case": SEVEN_MONTHS,
    }
    samples = warm(cases, rounds)
    median = {key: statistics.median(values) for key, values in samples.items()}
    print(f"medians of {rounds} interleaved rounds; python {sys.version.split()[0]}\n")
    for case in cases:
        print(f"{case}, warm{'parse':>{21 - len(case)}}" + "".join(f"{s:>11}" for s in STEPS[1:]))
        for engine in ENGINES:
            print(f"  {engine:<12}" + "".join(f"{median[case, engine, s]:8.2f} ms" for s in STEPS))
        for engine in ENGINES[1:]:
            ratios = (median[case, engine, s] / median[case, "oxigraph", s] for s in STEPS)
            name = f"{engine} /"
            print(f"  {name:<12}" + "".join(f"{ratio:10.1f}x" for ratio in ratios))
        print(f"  oxigraph, the first run after a pause: {median[case, 'oxigraph', PAUSED]:.2f} ms")
        alone = median[case, "hermit", "entailment"]
        print(f"  of which HermiT is asked for entailments, its ontology loaded: {alone:.1f} ms\n")
    first = next(iter(cases.values()))
    milliseconds, megabytes = cold(first, max(1, rounds // 2))
    cached = statistics.median(milliseconds["assess, compiled before",])
    print(f"the command, cold{'time':>20}{'ratio':>8}{'memory':>11}")
    for key, values in milliseconds.items():
        spent, size = statistics.median(values), max(megabytes[key])
        print(f"  {key[0]:<25}{spent:7.0f} ms{spent / cached:7.1f}x{size:8.0f} MB")
    compiling = statistics.median(compilation(max(1, rounds // 3)))
    print(f"  {'compiling, Java running':<25}{compiling:7.0f} ms{compiling / cached:7.1f}x\n")
    slowest = max(median[case, "oxigraph", "total"] for case in cases)
    native = max(median[case, "native", "total"] for case in cases)
    ratio = min(
        median[case, "hermit", "decide"] / median[case, "oxigraph", "decide"] for case in cases
    )
    lowest = min(
        median[case, "hermit", "entailment"] / median[case, "oxigraph", "decide"] for case in cases
    )
    memory = max(megabytes["assess, compiled before",])
    print(f"{'goal':<46}{'wanted':>12}{'measured':>12}")
    goal(
        "one case warm, the slower case",
        f"<= {GOAL_WARM:g} ms",
        f"{slowest:.2f} ms",
        slowest <= GOAL_WARM,
    )
    goal(
        "  the same by native rules",
        f"<= {GOAL_WARM:g} ms",
        f"{native:.2f} ms",
        native <= GOAL_WARM,
    )
    goal(
        "decision, HermiT / Oxigraph, the nearer case",
        f">= {GOAL_RATIO:g}x",
        f"{ratio:.0f}x",
        ratio >= GOAL_RATIO,
    )
    goal("  the same without loading its ontology", "", f"{lowest:.0f}x", None)
    goal(
        "command cold, compiled before",
        f"<= {GOAL_COLD:g} ms",
        f"{cached:.0f} ms",
        cached <= GOAL_COLD,
    )
    goal(
        "memory of the command", f"<= {GOAL_MEMORY:g} MB", f"{memory:.0f} MB", memory <= GOAL_MEMORY
    )


def goal(name: str, wanted: str, measured: str, reached: bool | None) -> None:
    """Print a goal, what was measured, and whether it was reached."""
    verdict = "" if reached is None else "   reached" if reached else "   NOT reached"
    print(f"  {name:<44}{wanted:>12}{measured:>12}{verdict}")


if __name__ == "__main__":
    main()
