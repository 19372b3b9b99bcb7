"""Change the project in small wrong ways, one at a time, and see whether a test notices.

A change is noticed when a test fails with it that passes without it. Tests that cover the place run
first, the quickest of them first; a change that none of them notices within the time lives, so the
figures say rather too little than too much. What was tried is kept, so that a run that was ended
goes on where it was. ``survivors.tsv`` beside this file says which changes that live are harmless,
and why.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import multiprocessing
import os
import queue
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import changes
from changes import KINDS, Change
from places import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from multiprocessing.queues import Queue

WORK: Final = ROOT / "build" / "mutants"
RESULTS: Final = WORK / "results.jsonl"
TOLD: Final = WORK / "told.jsonl"
COVERED: Final = WORK / "covered.json"
HARMLESS: Final = Path(__file__).parent / "survivors.tsv"
# Of a thousand changes; what decides answers gets more than its share of the text.
SHARES: Final = {
    "python": 400,
    "rules": 150,
    "queries": 100,
    "shapes": 130,
    "data": 120,
    "templates": 100,
}
# What is compiled and kept is the same whatever the other rooms do.
BELOW: Final = frozenset(
    f"src/indicant/{room}"
    for room in ["errors", "terms", "foreign", "files", "process", "guideline", "query", "compile"]
)
# Of each test function, how much of what it is given runs before others have their turn.
AT_ONCE: Final = 3
# How many tests run before all files are looked at for others.
FIRST: Final = 60
# Tests that see any change of a file, whatever it means, are no evidence.
SEEING_BYTES: Final = ("tests/docs/", "tests/test_packaging.py")


@dataclass(frozen=True)
class Known:
    """What one run of all tests told: how long each takes, and which lines it covers."""

    seconds: dict[str, float]
    slow: frozenset[str]
    covered: dict[str, dict[str, list[int]]]
    names: list[str]

    def covering(self, change: Change) -> set[str]:
        """Return the tests that run any of the lines of a change."""
        lines = self.covered.get(change.path, {})
        rows = range(change.line, change.line + change.old.count("\n") + 1)
        return {self.names[at] for row in rows for at in lines.get(str(row), ())}


def copy(place: Path) -> None:
    """Copy what git knows of the tree, as it lies there."""
    if place.exists():
        shutil.rmtree(place)
    asked = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, done.stdout.split("\0")):
        source = ROOT / name
        if source.is_file():
            target = place / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)


def environment(place: Path) -> dict[str, str]:
    """Return an environment in which the code of a copy is found, and nothing kept elsewhere."""
    kept = {name: one for name, one in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **kept,
        "PYTHONPATH": f"{place / 'src'}{os.pathsep}{place / 'tests' / 'support'}",
        "INDICANT_CACHE": str(place / ".cache" / "indicant"),
    }


def survey(paths: Sequence[str]) -> None:
    """Run tests once, in a copy, and keep what each covers and how long it takes.

    Args:
        paths: the tests that are new since the last time; all if none are named.
    """
    place = WORK / "survey"
    copy(place)
    told = WORK / "told.new"
    words = ["-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", "-p", "picking", "--rootdir=."]
    words += [f"--told={told}", "--cov", "--cov-context=test", "--cov-report=", "--tb=line"]
    words += ["-p", "no:cacheprovider", *paths]
    env = environment(place) | {"COVERAGE_FILE": str(WORK / "coverage")}
    done = subprocess.run([sys.executable, *words], cwd=place, env=env, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"the tests end with {done.returncode}")
    with TOLD.open("a" if paths else "w", encoding="utf-8") as file:
        file.write(told.read_text(encoding="utf-8"))
    if not paths:
        COVERED.unlink(missing_ok=True)
    keep_covered(place)


def keep_covered(place: Path) -> None:
    """Keep which test covers which line, as small as it goes, beside what was known."""
    from coverage import CoverageData

    file = WORK / "coverage"
    found = CoverageData(str(file))
    found.read()
    kept = kept_covered()
    names = {name: at for at, name in enumerate(kept["names"])}
    covered: dict[str, dict[str, list[int]]] = kept["covered"]
    for source in map(Path, sorted(found.measured_files())):
        if not source.is_relative_to(place):
            continue
        lines = covered.setdefault(source.relative_to(place).as_posix(), {})
        for line, contexts in found.contexts_by_lineno(str(source)).items():
            tests = {one.rpartition("|")[0] for one in contexts if one}
            at = {names.setdefault(test, len(names)) for test in tests}
            if at:
                lines[str(line)] = sorted(at.union(lines.get(str(line), ())))
    COVERED.write_text(json.dumps({"names": list(names), "covered": covered}), encoding="utf-8")
    file.unlink()


def kept_covered() -> dict[str, Any]:
    """Return the names of tests, and which of them cover a line of a file, as far as is known."""
    if not COVERED.exists():
        return {"covered": {}, "names": []}
    kept: dict[str, Any] = json.loads(COVERED.read_text(encoding="utf-8"))
    return kept


def known() -> Known:
    """Read what the survey told; tests that do not pass as the tree stands tell nothing."""
    rows = [json.loads(row) for row in TOLD.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["passed"] and not row["test"].startswith(SEEING_BYTES)]
    kept = kept_covered()
    return Known(
        {row["test"]: row["seconds"] for row in rows},
        frozenset(row["test"] for row in rows if row["slow"]),
        kept["covered"],
        kept["names"],
    )


def chosen(total: int, seed: int, only: str | None = None) -> list[Change]:
    """Return as many changes, spread over kinds and rooms, the same for the same seed."""
    picked = []
    for kind in KINDS:
        if only and kind.name != only:
            continue
        rooms: defaultdict[str, list[Change]] = defaultdict(list)
        for change in changes.of(kind):
            rooms[change.room].append(change)
        for room, some in rooms.items():
            random.Random(f"{seed} {room}").shuffle(some)  # noqa: S311
        wanted = total if only else round(total * SHARES[kind.name] / sum(SHARES.values()))
        order = [
            some[at]
            for at in range(max(map(len, rooms.values())))
            for some in rooms.values()
            if at < len(some)
        ]
        picked += order[:wanted]
    return picked


def words_of(change: Change) -> set[str]:
    """Return what a test about this place is named after: the file, or the subject."""
    if change.kind == "python":
        return set()
    if change.kind == "rules":
        return {"/test_rules.py", "/test_forms.py"}
    if not change.path.endswith(".ttl"):
        return {Path(change.path).name.partition(".")[0]}
    above = (ROOT / change.path).read_text(encoding="utf-8").splitlines()[: change.line]
    subjects = [found[1] for row in above if (found := re.fullmatch(r"\w*:([\w-]{4,})", row))]
    place = Path(change.path)
    return {*subjects[-1:], f"[{place.stem}]", *(f"[{name}-" for name in place.parts[1:-1])}


def stages(change: Change, found: Known) -> Iterator[list[str]]:
    """Yield the tests to run: about the place, covering it or beside it first, then the others.

    Of each test function some of what it is given comes first, then the rest: what a thousand cases
    do not see is seen by another function.
    """
    kind = next(one for one in KINDS if one.name == change.kind)
    done: set[str] = set()

    def fresh(names: Iterable[str]) -> list[str]:
        some = [name for name in names if name in found.seconds and name not in done]
        done.update(some)
        some.sort(key=lambda name: found.seconds[name])
        given: Counter[str] = Counter()
        turns = {}
        for name in some:
            function = name.partition("[")[0]
            turns[name] = given[function] // AT_ONCE
            given[function] += 1
        return sorted(some, key=lambda name: (turns[name], found.seconds[name]))

    own = kind.own(change.path) or (change.room.rpartition("/")[2],)
    folders = tuple(f"tests/{folder}/" for folder in own)
    beside = (name for name in found.seconds if name.startswith(folders))
    about = [name for name in found.seconds if any(word in name for word in words_of(change))]
    near = [*fresh(about)[:FIRST], *fresh(found.covering(change)), *fresh(beside)]
    yield near[:FIRST]
    # All the others at once: to find out which there are takes as long as many of them.
    quick = (name for name in found.seconds if name not in found.slow)
    yield near[FIRST:] + (fresh(quick) if kind.name in ("python", "rules") else [])


def attempt(
    change: Change, place: Path, found: Known, budget: float, sound: set[str]
) -> dict[str, Any]:
    """Make a change in a copy, run tests until one fails, and take the change back.

    A test that fails without the change as well is no evidence, and is left out from then on.
    ``sound`` names those that are known to pass.
    """
    if change.room in BELOW:
        shutil.rmtree(place / ".cache", ignore_errors=True)
    row: dict[str, Any] = {"key": change.key, "kind": change.kind, "room": change.room}
    row |= {"what": str(change), "outcome": "lives", "by": None}
    began = time.monotonic()
    for names in stages(change, found):
        while names and (left := budget - (time.monotonic() - began)) > 0:
            outcome, by = run_changed(change, place, names, left)
            if not outcome:
                break
            if by is None or by in sound or passes(place, by, names):
                sound.update([by] if by else [])
                return row | {
                    "outcome": outcome,
                    "by": by or "no end within the time",
                    "seconds": round(time.monotonic() - began, 1),
                }
            names = [name for name in names if not is_of(name, by)]
            for name in [name for name in found.seconds if is_of(name, by)]:
                del found.seconds[name]
    return row | {"seconds": round(time.monotonic() - began, 1)}


def run_changed(
    change: Change, place: Path, names: list[str], seconds: float
) -> tuple[str, str | None]:
    """Run tests with a change, which is taken back whatever happens."""
    file = place / change.path
    before = file.read_text(encoding="utf-8")
    file.write_text(change.made(before), encoding="utf-8")
    try:
        return run(place, names, seconds)
    finally:
        file.write_text(before, encoding="utf-8")


def passes(place: Path, by: str, names: list[str]) -> bool:
    """Tell whether a test, or one of a file that could not be read, passes without a change."""
    alone = [name for name in names if is_of(name, by)][:1]
    return bool(alone) and run(place, alone, 300)[0] == ""


def is_of(name: str, by: str) -> bool:
    """Tell whether a test is the one of a name, or one of the file of that name."""
    return name == by or name.startswith(f"{by}::")


def run(place: Path, names: list[str], seconds: float) -> tuple[str, str | None]:
    """Run tests until one fails: what became of the change, if anything, and which test says so."""
    picked = place / "picked"
    picked.write_text("\n".join(names), encoding="utf-8")
    files = sorted({name.partition("::")[0] for name in names})
    words = [
        "-m",
        "pytest",
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "picking",
        "--rootdir=.",
    ]
    words += [f"--picked={picked}", f"--within={seconds}", "--tb=no", "-rfE", *files]
    with subprocess.Popen(
        [sys.executable, *words],
        cwd=place,
        env=environment(place),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as child:
        try:
            out, _ = child.communicate(timeout=seconds + 120)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            return "noticed", None
    if child.returncode in (0, 5):
        return "", None
    failed = [
        row.split(" ", 1)[1] for row in out.splitlines() if row.startswith(("FAILED ", "ERROR "))
    ]
    if failed:
        return "noticed", failed[0].partition(" - ")[0]
    if "the time is over" in out:
        return "", None
    return "noticed", names[0]


def hold_to_what_passes(place: Path, found: Known) -> None:
    """See that the tests can be collected in a copy as it is: else they would notice everything."""
    files = sorted({name.partition("::")[0] for name in found.seconds})
    words = ["-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider", *files]
    done = subprocess.run(
        [sys.executable, *words],
        cwd=place,
        env=environment(place),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"the tests cannot be collected without a change:\n{done.stdout[-2000:]}")


def worker(
    at: int, asked: Queue[Change | None], told: Queue[dict[str, Any]], budget: float
) -> None:
    """Try changes in a copy of one's own until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    place = WORK / f"tree-{at}"
    found, sound = known(), set[str]()
    parent = os.getppid()
    while os.getppid() == parent:
        with contextlib.suppress(queue.Empty):
            change = asked.get(timeout=5)
            if change is None:
                return
            told.put(attempt(change, place, found, budget, sound))


def tried() -> dict[str, dict[str, Any]]:
    """Return what earlier runs found, by the key of the change."""
    if not RESULTS.exists():
        return {}
    rows = [json.loads(row) for row in RESULTS.read_text(encoding="utf-8").splitlines()]
    return {row["key"]: row for row in rows}


def harmless() -> dict[str, str]:
    """Return why changes that live may live, by key."""
    if not HARMLESS.exists():
        return {}
    with HARMLESS.open(encoding="utf-8", newline="") as file:
        return {row["key"]: row["why"] for row in csv.DictReader(file, delimiter="\t")}


def table(picked: Sequence[Change], rows: dict[str, dict[str, Any]]) -> str:
    """Return the figures by kind, and the changes that live."""
    reasons = harmless()
    of_kind: defaultdict[str, Counter[str]] = defaultdict(Counter)
    living = []
    for change in picked:
        row = rows.get(change.key)
        outcome = row["outcome"] if row else "not tried"
        if outcome == "lives":
            outcome = "harmless" if change.key in reasons else "lives"
            if outcome == "lives":
                living.append(f"{change.key}\t{change}")
        of_kind[change.kind][outcome] += 1
    lines = [f"{'kind':<10} {'tried':>6} {'noticed':>8} {'harmless':>9} {'living':>7} {'bite':>6}"]
    total: Counter[str] = Counter()
    for kind, counts in of_kind.items():
        lines.append(_row(kind, counts))
        total += counts
    lines.append(_row("all", total))
    return "\n".join([*lines, "", *living])


def _row(name: str, counts: Counter[str]) -> str:
    number = counts["noticed"] + counts["harmless"] + counts["lives"]
    could = number - counts["harmless"]
    bite = f"{100 * counts['noticed'] / could:.1f}%" if could else "-"
    return (
        f"{name:<10} {number:>6} {counts['noticed']:>8} {counts['harmless']:>9} "
        f"{counts['lives']:>7} {bite:>6}"
    )


def try_all(picked: list[Change], workers: int, budget: float) -> None:
    """Try what was not tried yet, and keep what came of each."""
    rest = [change for change in picked if change.key not in tried()]
    if not rest:
        return
    for at in range(workers):
        copy(WORK / f"tree-{at}")
    hold_to_what_passes(WORK / "tree-0", known())
    context = multiprocessing.get_context("spawn")
    asked: Queue[Change | None] = context.Queue()
    told: Queue[dict[str, Any]] = context.Queue()
    for item in (*rest, *[None] * workers):
        asked.put(item)
    some = [
        context.Process(target=worker, args=(at, asked, told, budget), daemon=True)
        for at in range(workers)
    ]
    for one in some:
        one.start()
    with RESULTS.open("a", encoding="utf-8") as file:
        for number in range(len(rest)):
            row = told.get()
            file.write(json.dumps(row) + "\n")
            file.flush()
            by = f" by {row['by']}" if row["by"] else ""
            print(
                f"{number + 1}/{len(rest)} {row['outcome']} {row['seconds']}s {row['what']}{by}",
                flush=True,
            )


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("number", type=int, nargs="?", default=400, help="how many changes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=sorted(SHARES), help="changes of one kind only")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--budget", type=float, default=180.0, help="seconds of tests for a change")
    parser.add_argument("--anew", action="store_true", help="forget what earlier runs found")
    parser.add_argument("--table", action="store_true", help="only print what is known")
    parser.add_argument("--again", action="store_true", help="try once more what lives")
    parser.add_argument(
        "--survey", nargs="*", metavar="PATH", help="first look again at all tests, or at these"
    )
    asked = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    if asked.anew:
        for file in (RESULTS, TOLD, COVERED):
            file.unlink(missing_ok=True)
    if asked.survey is not None or not TOLD.exists():
        survey(asked.survey or ())
    if asked.again:
        kept = [row for row in tried().values() if row["outcome"] != "lives"]
        RESULTS.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")
    picked = chosen(asked.number, asked.seed, asked.kind)
    if not asked.table:
        try_all(picked, asked.workers, asked.budget)
    print(table(picked, tried()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
