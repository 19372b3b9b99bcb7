"""Race from a bundle of FHIR to what a guideline says of it, against CQL that is run by others."""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cql
from indicant import Guideline
from places import ROOT, SHARED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

    from cql import Logic

HERE: Final = Path(__file__).parent / "race"
INSTALLED: Final = ROOT / "build" / "race"
PACKAGES: Final = ("@cqframework/cql", "cql-exec-fhir", "cql-execution")
FORMS: Final = {"one retrieval for each literal": False, "one for each type of record": True}
AS_OF: Final = "2026-11-22"
TIMES, SETTLING = 4, 1
GOAL_MILLISECONDS, GOAL_RATIO, GOAL_SIZE = 8.0, 10.0, 300
OPEN, MET, REFUTED = "open", "met", "refuted"

Answers = dict[str, str]


def missing() -> str:
    """Return why the others cannot be run here, or nothing."""
    if shutil.which("node") is None:
        return "Node is not installed"
    gone = [one for one in PACKAGES if not (INSTALLED / "node_modules" / one).is_dir()]
    return f"{', '.join(gone)}: not installed, see make bench-fhir" if gone else ""


def translated(text: str) -> str:
    """Return CQL as ELM.

    Raises:
        RuntimeError: the translator found errors, with all of them.
    """
    done = subprocess.run(
        ["node", HERE / "translate.mjs", INSTALLED, HERE / "system.xml"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


class Theirs:
    """A process of Node that runs a library of ELM over bundles."""

    def __init__(self, elm: str, logic: Logic, folder: Path) -> None:
        """Start it; what it reads once is written into a folder."""
        library, codes = folder / "logic.json", folder / "codes.json"
        library.write_text(elm, encoding="utf-8")
        codes.write_text(json.dumps(cql.value_sets(logic)), encoding="utf-8")
        self._node = subprocess.Popen(
            ["node", HERE / "run.cjs", INSTALLED, library, codes],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.size = 0.0
        self.process = self._node.pid

    def run(self, path: Path, times: int) -> tuple[list[dict[str, float]], Answers]:
        """Return the milliseconds of each time, by step, and the answers."""
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        asked = {"path": str(path), "day": AS_OF, "times": times}
        self._node.stdin.write(json.dumps(asked) + "\n")
        self._node.stdin.flush()
        found = json.loads(self._node.stdout.readline())
        self.size = found["size"]
        return found["rounds"], answered(found["answers"])

    def end(self) -> None:
        """End the process."""
        assert self._node.stdin is not None
        self._node.stdin.close()
        self._node.wait()


class Ours:
    """A process of Python that assesses bundles with the native engine, one after the other."""

    def __init__(self, codes: tuple[str, ...] = ()) -> None:
        """Start it, with tables of codes beside those of the guideline."""
        context = multiprocessing.get_context("spawn")
        self._line, far = context.Pipe()
        self._process = context.Process(target=serve, args=(far, codes), daemon=True)
        self._process.start()
        far.close()
        self.size = 0.0

    def run(self, path: Path, times: int) -> tuple[list[dict[str, float]], Answers]:
        """Return the milliseconds of each time, by step, and the answers."""
        self._line.send((str(path), times))
        rounds, answers, self.size = self._line.recv()
        return rounds, answers

    def end(self) -> None:
        """End the process."""
        self._line.send(None)
        self._process.join()


def serve(line: Connection, codes: tuple[str, ...]) -> None:
    """Assess what comes down the line, each as often as is asked for."""
    guideline = Guideline.load(engine="native")
    guideline.reader(codes)
    gc.collect()
    gc.freeze()
    while (asked := line.recv()) is not None:
        path, times = asked
        rounds = []
        answers: Answers = {}
        for _ in range(times):
            began = time.perf_counter()
            taken = guideline.intake(path, as_of=AS_OF, codes=codes)
            read = time.perf_counter()
            (said,) = (guideline.assess(case) for case in taken.cases)
            ended = time.perf_counter()
            rounds.append({"parse": (read - began) * 1e3, "assess": (ended - read) * 1e3})
            answers = {
                one["iri"].rpartition("/")[2]: one["answer"]
                for action in said.record["actions"]
                for one in action["recommendations"]
            }
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        line.send((rounds, answers, used * (1 if sys.platform == "darwin" else 1024) / 1e6))


def running(logic: Logic, folder: Path, codes: tuple[str, ...] = ()) -> dict[str, Ours | Theirs]:
    """Start all that race, by their names."""
    runners: dict[str, Ours | Theirs] = {"indicant": Ours(codes)}
    for form, at_once in FORMS.items():
        own = Path(tempfile.mkdtemp(dir=folder))
        elm = translated(cql.written(logic, "Race", at_once=at_once))
        runners[form] = Theirs(elm, logic, own)
    return runners


def answered(values: dict[str, Any]) -> Answers:
    """Return what the defines of a library make of each recommendation.

    Raises:
        ValueError: one of them is neither true nor false, or both hold.
    """
    odd = [name for name, value in values.items() if not isinstance(value, bool)]
    if odd:
        raise ValueError(f"neither true nor false: {', '.join(odd)}")
    found = {}
    for name in (one.removeprefix("Met: ") for one in values if one.startswith("Met: ")):
        met, refuted = values[f"Met: {name}"], values[f"Refuted: {name}"]
        if met and refuted:
            raise ValueError(f"{name} is both met and refuted")
        found[name] = MET if met else REFUTED if refuted else OPEN
    return found


# ---------------------------------------------------------------------- bundles


def coded(logic: Logic, folder: Path) -> Path:
    """Write a table with a code for each class that a literal is about, and return it."""
    spaces: dict[str, str] = {}
    rows = []
    for filler in sorted({one.filler for one in logic.literals.values()}):
        space, _, name = filler.rpartition("/")
        prefix = spaces.setdefault(space, f"p{len(spaces)}")
        rows.append(f"{prefix}:{name}\tskos:exactMatch\tlocal:{name}\tsemapv:ManualMappingCuration")
    system = "https://hospital.example/codes"
    lines = [
        "#curie_map:",
        f"#  local: {system}/",
        *(f"#  {prefix}: {space}/" for space, prefix in spaces.items()),
        "#mapping_set_id: https://hospital.example/tables/race",
        "#license: https://creativecommons.org/publicdomain/zero/1.0/",
        f"#object_source: {system}",
        "subject_id\tpredicate_id\tobject_id\tmapping_justification",
        *rows,
    ]
    path = folder / "codes.sssom.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def grafted(base: Path, logic: Logic) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a bundle with the records of each implicant that records can say, and what it is."""
    bundle = json.loads(base.read_text(encoding="utf-8"))
    who = next(
        one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == "Patient"
    )
    for answer, by_name in ((MET, logic.met), (REFUTED, logic.refuted)):
        for name, implicants in by_name.items():
            for number, implicant in enumerate(implicants, 1):
                literals = [logic.literals[one] for one in implicant]
                if all(one.codes and (one.present or one.is_finding) for one in literals):
                    records = [
                        {"resource": record(one, at, who["id"])} for at, one in enumerate(literals)
                    ]
                    entries = [{"resource": who}, *records]
                    yield (
                        f"{answer} {name} {number}",
                        {"resourceType": "Bundle", "type": "collection", "entry": entries},
                    )


def record(literal: cql.Literal, at: int, who: str) -> dict[str, Any]:
    """Return a record that says a literal, under the code that is nearest to it."""
    system, code = literal.codes[0]
    concept = {"coding": [{"system": system, "code": code}]}
    made: dict[str, Any] = {"id": f"graft-{at}", "subject": {"reference": f"Patient/{who}"}}
    if literal.is_finding:
        status = ("ver-status", "confirmed" if literal.present else "refuted")
        made |= {
            "resourceType": "Condition",
            "code": concept,
            "recordedDate": AS_OF,
            "verificationStatus": _status(*status),
        }
        return made | ({"clinicalStatus": _status("clinical", "active")} if literal.present else {})
    made["status"] = "completed"
    if system == cql.RXNORM:
        made |= {"resourceType": "MedicationRequest", "intent": "order"}
        return made | {"medicationCodeableConcept": concept, "authoredOn": "2026-01-10"}
    return made | {
        "resourceType": "Procedure",
        "code": concept,
        "performedDateTime": "2026-01-10",
    }


def _status(name: str, code: str) -> dict[str, Any]:
    return {
        "coding": [
            {"system": f"http://terminology.hl7.org/CodeSystem/condition-{name}", "code": code}
        ]
    }


def differences(ours: Answers, theirs: Answers) -> list[tuple[str, str, str]]:
    """Return the recommendations that are answered differently: ours, and what CQL says."""
    return [
        (name, ours.get(name, "nothing"), theirs[name])
        for name in sorted(theirs)
        if ours.get(name) != theirs[name]
    ]


# ---------------------------------------------------------------------- the race


def main() -> int:
    """Race, compare, and print; return 1 where the answers differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often to take turns (5)")
    parser.add_argument(
        "bundles", nargs="*", type=Path, help="bundles of FHIR R4 with one patient each"
    )
    given = parser.parse_args()
    bundles = given.bundles or sorted((SHARED / "fhir").glob("smart_synthea_*.json"))
    why = missing() or ("" if bundles else "name a bundle: none lies beside the checkout")
    if why:
        print(f"not raced: {why}", file=sys.stderr)
        return 2
    guideline = Guideline.load()
    with tempfile.TemporaryDirectory() as folder:
        logic = cql.logic_of(guideline)
        runners = running(logic, Path(folder))
        raced(runners, bundles, max(1, given.rounds))
        print("\nanswers, with the tables of codes that ship")
        told = compared(runners, bundles, logic, Path(folder))
        print("\nanswers, with a code for each class that a criterion names")
        codes = (str(coded(logic, Path(folder))),)
        logic = cql.logic_of(guideline, codes)
        told += compared(running(logic, Path(folder), codes), bundles, logic, Path(folder))
    return 1 if told else 0


def raced(runners: dict[str, Ours | Theirs], bundles: list[Path], rounds: int) -> None:
    """Take turns over all bundles, and print the medians."""
    samples: dict[tuple[Path, str, str], list[float]] = defaultdict(list)
    for turn in range(rounds + 1):
        for path in bundles:
            for name, runner in runners.items():
                spent, _ = runner.run(path, TIMES)
                for one in spent[SETTLING:] if turn else ():
                    samples[path, name, "total"].append(one["parse"] + one["assess"])
                    for step, value in one.items():
                        samples[path, name, step].append(value)
    median = {key: statistics.median(values) for key, values in samples.items()}
    print(f"medians of {rounds} interleaved rounds; python {sys.version.split()[0]}, node ", end="")
    print(subprocess.run(["node", "-v"], capture_output=True, text=True, check=True).stdout)
    reached = []
    for path in bundles:
        number = len(json.loads(path.read_text(encoding="utf-8"))["entry"])
        print(f"{number} resources, {os.path.getsize(path) / 1e6:.1f} MB: {path.name[:40]}")
        print(f"  {'':<44}{'parse':>10}{'assess':>10}{'total':>10}{'ratio':>8}")
        own = median[path, "indicant", "total"]
        for name in runners:
            steps = "".join(
                f"{median[path, name, step]:7.1f} ms" for step in ("parse", "assess", "total")
            )
            times = "" if name == "indicant" else f"{median[path, name, 'total'] / own:7.1f}x"
            print(f"  {_called(name):<44}{steps}{times}")
        if abs(number - GOAL_SIZE) < GOAL_SIZE / 10:
            fastest = min(median[path, name, "total"] for name in FORMS)
            written = median[path, next(iter(FORMS)), "total"]
            reached.append((own, written / own, fastest / own))
    print(f"\n{'peak memory':<46}")
    for name, runner in runners.items():
        print(f"  {_called(name):<44}{runner.size:7.0f} MB")
    for mine, ratio, least in reached:
        print(f"\n{'goal':<46}{'wanted':>12}{'measured':>12}")
        goal("some 300 resources, warm", "<= 8 ms", f"{mine:.1f} ms", mine <= GOAL_MILLISECONDS)
        goal(
            "cql-execution, a retrieval for each literal",
            ">= 10x",
            f"{ratio:.1f}x",
            ratio >= GOAL_RATIO,
        )
        goal(
            "cql-execution, a retrieval for each type",
            ">= 10x",
            f"{least:.1f}x",
            least >= GOAL_RATIO,
        )


def _called(name: str) -> str:
    return name if name == "indicant" else f"cql-execution, {name}"


def goal(name: str, wanted: str, measured: str, reached: bool) -> None:
    """Print a goal, what was measured, and whether it was reached."""
    verdict = "reached" if reached else "NOT reached"
    print(f"  {name:<44}{wanted:>12}{measured:>12}   {verdict}")


def compared(
    runners: dict[str, Ours | Theirs], bundles: list[Path], logic: Logic, folder: Path
) -> int:
    """Print which answers differ, of the bundles and with each implicant; return how many do."""
    asked = {path.name: path for path in bundles}
    for name, content in grafted(bundles[0], logic):
        asked[name] = folder / f"{len(asked)}.json"
        asked[name].write_text(json.dumps(content), encoding="utf-8")
    count: Counter[tuple[str, str]] = Counter()
    decided: dict[str, set[str]] = {MET: set(), REFUTED: set(), OPEN: set()}
    told = 0
    for name, path in asked.items():
        found = {who: runner.run(path, 1)[1] for who, runner in runners.items()}
        ours = found.pop("indicant")
        expected = name.split(" ")
        if path.parent == folder and ours.get(expected[1]) != expected[0]:
            told += 1
            print(f"  {name}: indicant says {ours.get(expected[1])}")
        for who, theirs in found.items():
            count.update((who, one) for one in theirs.values())
            for one, answer in theirs.items():
                decided[answer].add(one)
            for one, mine, other in differences(ours, theirs):
                told += 1
                print(f"  {name}, {one}: indicant says {mine}, and {_called(who)} {other}")
    for runner in runners.values():
        runner.end()
    every = sum(map(len, (*logic.met.values(), *logic.refuted.values())))
    print(f"  of {len(asked)} bundles: {len(bundles)} as they are, and one for each of")
    print(f"  {len(asked) - len(bundles)} of {every} implicants, those that records can say")
    for who in FORMS:
        each = ", ".join(f"{count[who, one]} {one}" for one in (MET, REFUTED, OPEN))
        print(f"  {_called(who)}: {each}")
    times = " and ".join(f"{len(decided[one])} {one}" for one in (MET, REFUTED))
    print(f"  of {len(logic.met)} recommendations, {times} at least once")
    print(f"  {told} differ from those of indicant")
    return told


if __name__ == "__main__":
    sys.exit(main())
