"""Hold what is answered for many patients at once to what is answered for each of them.

``python tests/support/cohorts.py 20000`` compares as many patients of each guideline that ships and
of random guidelines, 40 of each, and ``20000 random`` those of random guidelines alone.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import random
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from grids import EdgeMaker
from indicant.assess.assessment import InvalidCase
from indicant.assess.assessor import Assessor
from indicant.cohort import results
from indicant.cohort.establishing import Given
from indicant.cohort.summary import summarised
from indicant.errors import IndicantError
from indicant.files.rdf import TURTLE, Document, parse, read, text_of
from indicant.terms import IND, TYPE, XSD
from making import BesideMaker, CountingMaker, Maker, case_text, guideline_text
from measuring import MeasuringMaker
from nesting import NestedMaker
from places import ASSESSED, ONTOLOGY, SEED, TESTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from indicant.cohort.results import Answered
    from indicant.cohort.summary import Summary

CASE = ox.NamedNode(IND + "PatientCase")
AS_OF = ox.NamedNode(IND + "asOf")
MAKERS = (BesideMaker, EdgeMaker, Maker, MeasuringMaker, CountingMaker, NestedMaker)
RANDOM = "random"
MODES = (SEED.name, "opioids-for-pain", RANDOM)
LINKS = frozenset(IND + one for one in ("hasFinding", "hadFinding", "received", "proposes"))


@dataclass
class Told:
    """How many answers were compared, what became of the patients, and what differs."""

    compared: int = 0
    states: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def add(self, other: Told) -> None:
        """Add what another comparison told."""
        self.compared += other.compared
        self.states += other.states
        self.statuses += other.statuses
        self.differences += other.differences

    def __str__(self) -> str:
        """Return the numbers in a line."""
        states = ", ".join(f"{count:,} {name}" for name, count in sorted(self.states.items()))
        return (
            f"{self.states.total():,} patients ({states}), {self.compared:,} answers compared, "
            f"{len(self.differences)} differ"
        )


def answer(assessor: Assessor, documents: Iterable[Document]) -> tuple[Answered, Summary]:
    """Answer for the patients of documents, one in each, all at once."""
    with tempfile.TemporaryDirectory() as folder:
        given = (Given(one.path, one.quads, one.path) for one in documents)
        answered = results.Cohort(assessor).answer(given, Path(folder))
        answered.patients = answered.patients.collect().lazy()
        return answered, summarised(answered, by_stratum=False)


def compare(assessor: Assessor, documents: Iterable[Document], spared: float = 0.0) -> Told:
    """Compare all answers for patients at once with those for each, and the sums of both.

    Of the patients who are invalid a share may be spared, for each of whom all are read in halves.
    """
    dice = random.Random(1)  # noqa: S311
    asked: list[tuple[Document, Any]] = []
    for document in documents:
        try:
            (record,) = assessor.assess(document, everything=True)
        except InvalidCase:
            if dice.random() >= spared:
                asked.append((document, None))
        else:
            asked.append((document, record))
    answered, summary = answer(assessor, [document for document, _ in asked])
    told = Told()
    patients = {row["patient"]: row for row in answered.patients.collect().iter_rows(named=True)}
    interventions: dict[int, dict[str, Any]] = defaultdict(dict)
    for row in answered.interventions.iter_rows(named=True):
        interventions[row["pattern"]][row["intervention"]] = row
    recommendations: dict[int, dict[str, Any]] = defaultdict(dict)
    for row in answered.recommendations.iter_rows(named=True):
        recommendations[row["pattern"]][row["recommendation"]] = row
    criteria: dict[int, dict[str, str]] = defaultdict(dict)
    for row in answered.decisions.iter_rows(named=True):
        criteria[row["pattern"]][row["criterion"]] = row["answer"]
    waiting: Counter[tuple[str, str]] = Counter()
    alone: Counter[tuple[str, str]] = Counter()
    for document, record in asked:
        mine = patients[document.path]
        told.states[mine["state"]] += 1
        if record is None:
            if mine["state"] != results.INVALID:
                told.differences.append(f"{document.path}: invalid, and {mine['state']}")
            continue
        if mine["state"] != results.ASSESSED:
            if mine["state"] != results.INCONSISTENT:
                told.differences.append(f"{document.path}: valid, and {mine['told']}")
            continue
        pattern = mine["pattern"]
        scope = record["guideline"]["scope"]
        if scope is not None and scope not in criteria[pattern].values():
            told.differences.append(f"{document.path}: scope {scope}")
        if len(record["actions"]) != len(interventions[pattern]):
            told.differences.append(f"{document.path}: other interventions")
        for action in record["actions"]:
            told.statuses[action["status"]] += 1
            row = interventions[pattern][action["action"]]
            done = done_of(action)
            for name, theirs, ours in (
                ("status", action["status"], row["status"]),
                ("disputed", action["disputed"], row["disputed"]),
                ("fulfilment", done, row["fulfilment"]),
            ):
                told.compared += 1
                if theirs != ours:
                    told.differences.append(
                        f"{document.path}: {name} of {action['label']}: {theirs}, not {ours}"
                    )
            for one in action["recommendations"]:
                row = recommendations[pattern][one["iri"]]
                for name in ("answer", "superseded", "fulfilment"):
                    told.compared += 1
                    if one[name] != row[name]:
                        told.differences.append(
                            f"{document.path}: {name} of {one['label']}: "
                            f"{one[name]}, not {row[name]}"
                        )
            facts = {(one["term"], one["label"]) for one in action["awaiting"]}
            waiting.update(facts)
            single = {
                (fact["term"], fact["label"])
                for one in action["settledBy"]
                if len(one["facts"]) == 1
                for fact in one["facts"]
                if "restsOn" not in fact
            }
            alone.update(single & facts)
    for lacking in summary.lacking:
        key = lacking.term, lacking.label
        told.compared += 1
        if waiting.pop(key, 0) != lacking.answers or lacking.alone < alone[key]:
            told.differences.append(f"{lacking.label}: {lacking.answers}, {lacking.alone} wait")
    told.differences += [f"{label}: {many} wait" for (_, label), many in waiting.items()]
    return told


def done_of(action: Any) -> str | None:
    """Return what those say of whether it was done that made the status of an intervention."""
    answers = {(one["direction"], one["answer"]) for one in action["recommendations"]}
    wanted = {
        "recommended": {("for", "met")},
        "conditional": {("for", "met")},
        "conflicting": {("for", "met"), ("against", "met")},
        "contraindicated": {("against", "met")},
        "undetermined": {("for" if ("for", "open") in answers else "against", "open")},
    }.get(action["status"], set())
    said = {
        one["fulfilment"]
        for one in action["recommendations"]
        if (one["direction"], one["answer"]) in wanted and one["fulfilment"] is not None
    }
    return None if not said else said.pop() if len(said) == 1 else "various"


def mixed(paths: Sequence[Path], many: int, seed: int) -> Iterator[Document]:
    """Yield patients who have some records of several others each, of whom some are not valid."""
    dice = random.Random(seed)  # noqa: S311
    known = [_parted(read(one).quads) for one in paths]
    for number in range(many):
        chosen = dice.sample(known, dice.choice((1, 2, 2, 3, 4)))
        share = dice.choice((0.5, 0.8, 1.0))
        case = ox.NamedNode(f"https://example.org/mixed/{number}")
        quads = [
            ox.Quad(case, ox.NamedNode(TYPE), CASE),
            ox.Quad(case, AS_OF, chosen[0][0]),
        ]
        for at, (_, links) in enumerate(chosen):
            for link in links:
                if dice.random() < share:
                    days = dice.choice((0, 0, -1, 1, -40, 40, -400, 400))
                    quads += [_moved(one, case, f"{case.value}/{at}", days) for one in link]
        unique = tuple(dict.fromkeys(quads))
        yield Document(f"mixed-{number}", "", TURTLE, unique)


def _moved(quad: ox.Quad, case: ox.NamedNode, stem: str, days: int) -> ox.Quad:
    """Return a statement of another case as one of a case, its day earlier or later."""

    def other(term: Any) -> Any:
        name = text_of(term)
        if isinstance(term, ox.Literal) and term.datatype.value == XSD + "date":
            with contextlib.suppress(ValueError):
                day = datetime.date.fromisoformat(name) + datetime.timedelta(days=days)
                return ox.Literal(day.isoformat(), datatype=term.datatype)
        if not isinstance(term, ox.NamedNode) or not name.startswith("urn:case"):
            return term
        return case if name == "urn:case" else ox.NamedNode(stem + name.removeprefix("urn:case"))

    return ox.Quad(other(quad.subject), quad.predicate, other(quad.object))


def _parted(quads: Sequence[ox.Quad]) -> tuple[Any, list[list[ox.Quad]]]:
    """Return the day of a case, and its statements, those of a node together."""
    case = next(text_of(one.subject) for one in quads if one.object == CASE)
    subjects = list(dict.fromkeys(text_of(one.subject) for one in quads))
    names = {one: f"urn:case/{number}" for number, one in enumerate(subjects)} | {case: "urn:case"}

    def renamed(quad: ox.Quad) -> ox.Quad:
        value = quad.object
        if isinstance(value, ox.NamedNode) and value.value in names:
            value = ox.NamedNode(names[value.value])
        return ox.Quad(ox.NamedNode(names[text_of(quad.subject)]), quad.predicate, value)

    of: dict[str, list[ox.Quad]] = defaultdict(list)
    day: Any = None
    for quad in map(renamed, quads):
        of[text_of(quad.subject)].append(quad)
        if quad.predicate == AS_OF:
            day = quad.object

    def reached(node: str, seen: set[str]) -> Iterator[ox.Quad]:
        seen.add(node)
        for quad in of[node]:
            yield quad
            value = text_of(quad.object)
            if isinstance(quad.object, ox.NamedNode) and value in of and value not in seen:
                yield from reached(value, seen)

    links = []
    for quad in of["urn:case"]:
        if quad.predicate.value == TYPE or quad.predicate == AS_OF:
            continue
        value = text_of(quad.object)
        inner = list(reached(value, {"urn:case"})) if value in of else []
        links.append([quad, *inner])
    return day, links


def random_cohort(folder: Path, seed: int, many: int) -> tuple[Assessor, list[Document]] | None:
    """Return a random guideline with random patients, or nothing where it cannot be compiled."""
    maker = MAKERS[seed % len(MAKERS)](seed)
    guideline = maker.guideline()
    file = folder / f"g{seed}.ttl"
    file.write_text(guideline_text(guideline), encoding="utf-8")
    try:
        made = Assessor(file, use_cache=False)
    except IndicantError:
        return None
    cases = [maker.case(guideline, f"c{number}") for number in range(many)]
    return made, [parse(case_text([one]), path=f"{one.name}.ttl") for one in cases]


def cases(folder: Path, many: int = 6) -> Path:
    """Return a folder with some cases of the guideline on neck pain."""
    folder.mkdir()
    for path in ASSESSED[::20][:many]:
        text = path.read_text(encoding="utf-8").replace(
            "https://example.org/case#", f"https://example.org/{path.parent.name}#"
        )
        (folder / f"{path.parent.name}.ttl").write_text(text, encoding="utf-8")
    return folder


def older(folder: Path) -> Path:
    """Return a version of the guideline with one recommendation the other way round."""
    shutil.copytree(ONTOLOGY, folder)
    changed = 0
    for file in sorted((folder / "guidelines" / SEED.name / "recommendations").glob("*.ttl")):
        text = file.read_text(encoding="utf-8")
        if "a ind:Indication ;" in text and not changed:
            file.write_text(
                text.replace("a ind:Indication ;", "a ind:Contraindication ;", 1), encoding="utf-8"
            )
            changed += 1
    assert changed == 1
    return folder / "guidelines" / SEED.name


def _shipped(name: str) -> Callable[[int], tuple[Assessor, list[Document]] | None]:
    """Return what yields the guideline that ships, loaded once, with random patients."""
    made = Assessor(name)
    paths = ASSESSED if name == SEED.name else sorted((TESTS / name).glob("*/case.ttl"))
    return lambda seed: (made, list(mixed(paths, 250, 1_000 + seed)))


def _random(seed: int) -> tuple[Assessor, list[Document]] | None:
    with tempfile.TemporaryDirectory() as folder:
        return random_cohort(Path(folder), 1_000 + seed, 40)


def run(mode: str, wanted: int, seed: int) -> int:
    """Compare so many patients of a guideline, print what differs, and return how much does."""
    make = _random if mode == RANDOM else _shipped(mode)
    sum_, guidelines = Told(), 0
    said = 0
    while sum_.states.total() < wanted:
        seed += 1
        found = make(seed)
        if found is None:
            continue
        told = compare(*found, spared=0.9)
        guidelines += 1
        sum_.add(told)
        for line in told.differences:
            print(f"DIFFERENT: {mode}, seed {seed}: {line}", flush=True)
        if sum_.states.total() // 2_000 > said:
            said = sum_.states.total() // 2_000
            print(f"{mode}: {sum_}", flush=True)
    of = f"{guidelines} guidelines" if mode == RANDOM else "one guideline"
    print(f"{mode}, {of}: {sum_}", flush=True)
    return len(sum_.differences)


def main() -> int:
    """Compare so many patients of each guideline that is asked for, and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("patients", type=int, help="how many, at least, of each mode")
    parser.add_argument("modes", nargs="*", metavar="MODE", help=f"of: {', '.join(MODES)} (all)")
    parser.add_argument("--seed", type=int, default=0, help="where the random numbers begin (0)")
    options = parser.parse_args()
    for mode in options.modes:
        if mode not in MODES:
            parser.error(f"{mode}: not of {', '.join(MODES)}")
    bad = sum(run(mode, options.patients, options.seed) for mode in options.modes or MODES)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
