"""Compare the engines on random guidelines and cases with HermiT and with a search for models."""

from __future__ import annotations

import argparse
import datetime
import itertools
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import brute
import kept
from brute import (
    HAD_FINDING,
    HAS_FINDING,
    INTERVENTION,
    PROPOSES,
    RECEIVED,
    And,
    Case,
    Expression,
    Guideline,
    Not,
    Or,
    Ref,
    Some,
)
from indicant.assess.engine import ENGINES, Engine, make_engine
from indicant.assess.validation import Validator
from indicant.compile.profile import read_model
from indicant.diff.behaviour import computed_otherwise
from indicant.errors import IndicantError
from indicant.files import resources
from indicant.files.rdf import Document, parse
from indicant.files.sources import Source, load
from indicant.possible.advice import Statuses, advise
from indicant.possible.circuit import OutOfTimeError
from indicant.possible.facts import turtle
from indicant.possible.space import Space
from making import (
    BASE,
    EX,
    IND,
    BesideMaker,
    CountingMaker,
    Maker,
    case_text,
    guideline_text,
)
from measuring import MeasuringMaker, measured
from nesting import NestedMaker, shares

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from indicant.assess.records import Answer
    from indicant.compile.compiled import CompiledGuideline
    from indicant.possible.circuit import Formula
    from indicant.query.rows import Row

DECIDED = """
PREFIX ind: <https://w3id.org/indicant/core/>
SELECT ?case ?answer ?subject WHERE {
  ?case a ind:PatientCase ; ?answer ?subject .
  VALUES ?answer { ind:meets ind:refutes ind:leavesOpen }
}
ORDER BY ?case ?answer ?subject
"""
ANSWERS: dict[str, Answer] = {
    IND + "meets": "met",
    IND + "refutes": "refuted",
    IND + "leavesOpen": "open",
}
NEVER = float("inf")
EXPLAINING = ("why-is-it-so", "what-would-settle-it", "what-is-proposed")


# ---------------------------------------------------------------------- comparing


@dataclass(frozen=True)
class Disagreement:
    """What two accounts of one case say differently."""

    case: str
    about: str
    accounts: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.case}, {self.about}: " + ", ".join(
            f"{who} says {what}" for who, what in self.accounts
        )


@dataclass
class Tally:
    """What has been compared so far."""

    answers: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    guidelines: int = 0
    cases: int = 0
    beyond: int = 0
    vectors: int = 0
    joint: int = 0
    invalid: int = 0
    loose: int = 0
    disagreements: int = 0

    @property
    def pairs(self) -> int:
        """How many pairs of a criterion and a case have been compared."""
        return sum(self.answers.values())

    def __str__(self) -> str:
        found = self.answers
        return (
            f"{self.pairs} pairs compared: {found['met']} met, {found['refuted']} refuted, "
            f"{found['open']} open; {self.disagreements} disagreements"
        )


class Bench:
    """A guideline, compiled once, in every engine or in some."""

    def __init__(self, guideline: Guideline, engines: Sequence[str] = ENGINES) -> None:
        self.guideline = guideline
        self.source = source_of(guideline_text(guideline))
        self.compiled: CompiledGuideline = kept.compiled(self.source)
        self.engines: dict[str, Engine] = {
            name: make_engine(name, self.compiled, self.source) for name in engines
        }
        shapes = (resources.shapes() / "case.ttl").read_text(encoding="utf-8")
        self.validator = Validator(shapes, self.compiled.vocabulary)
        self.effective = {name: guideline.effective(name) for name in guideline.advice}
        self.own = {name: Ref(name) for name in guideline.criteria}

    def document(self, cases: Sequence[Case]) -> Document:
        """Return cases as a document."""
        return parse(case_text(cases), path="case.ttl")

    def valid(self, case: Case) -> bool:
        """Tell whether a case conforms to the shapes."""
        document = self.document([case])
        findings = self.validator.check(document)
        if any(finding.severity == "violation" for finding in findings):
            return False
        if not self.guideline.measures:
            return True
        engine = self.engines["oxigraph"]
        engine.begin(document.quads)
        _, wrong = measured(self.guideline, case)
        assert bool(engine.contradictions()) == wrong, case_text([case])
        return not wrong

    def compare(self, cases: Sequence[Case], tally: Tally | None = None) -> list[Disagreement]:
        """Assess cases, all in one document, with every engine, and return what differs."""
        document = self.document(cases)
        decided: dict[str, dict[tuple[str, str], str]] = {}
        statuses: dict[str, dict[tuple[str, str], str]] = {}
        superseded: dict[str, set[tuple[str, str]]] = {}
        told: dict[str, list[list[Row]]] = {}
        # HermiT takes one case at a time: it grows much worse than linearly.
        alone = [self.document([case]) for case in cases]
        for name, engine in self.engines.items():
            found = decided.setdefault(name, {})
            standing = statuses.setdefault(name, {})
            gone = superseded.setdefault(name, set())
            for one in alone if name == "hermit" else [document]:
                try:
                    engine.begin(one.quads)
                except IndicantError as error:
                    return [Disagreement(cases[0].name, "reasoning", ((name, error.message),))]
                for case, answer, subject in engine.select(DECIDED):
                    place = _short(case, BASE), _short(subject, EX)
                    said = ANSWERS[answer or ""]
                    found[place] = f"{found[place]} and {said}" if place in found else said
                for case, action, status in engine.ask("what-is-the-status"):
                    place = _short(case, BASE), _short(action, EX)
                    standing[place] = (status or "").removeprefix(IND)
                for row in engine.ask("what-is-superseded"):
                    gone.add((_short(row[0], BASE), _short(row[1], EX)))
            if name != "hermit":
                told[name] = [engine.ask(question) for question in EXPLAINING]
        differences: list[Disagreement] = []
        if told["oxigraph"] != told.get("rdflib", told["oxigraph"]):
            rows = {name: {*itertools.chain(*one)} for name, one in told.items()}
            only = sorted(rows["oxigraph"] ^ rows["rdflib"], key=str)
            differences.append(
                Disagreement(cases[0].name, "explanations", (("one engine only", str(only[:1])),))
            )
        for case_ in cases:
            differences += self._compare(case_, decided, statuses, superseded, tally)
        return differences

    def _compare(
        self,
        case: Case,
        decided: Mapping[str, Mapping[tuple[str, str], str]],
        statuses: Mapping[str, Mapping[tuple[str, str], str]],
        superseded: Mapping[str, set[tuple[str, str]]],
        tally: Tally | None,
    ) -> list[Disagreement]:
        filled, _ = measured(self.guideline, case)
        models = brute.Models(self.guideline, filled, self.own.values())
        try:
            if not models.consistent():
                return [Disagreement(case.name, "consistency", (("model search", "none"),))]
            effective = {name: models.answer(one) for name, one in self.effective.items()}
            own = {name: models.answer(one) for name, one in self.own.items()}
            atoms = models.known()
        finally:
            models.close()
        found: list[Disagreement] = []

        loose = shares(case) or _is_loose(self.guideline, case, atoms)
        if tally is not None:
            tally.loose += loose

        def check(about: str, mine: str, accounts: Mapping[str, str]) -> None:
            if loose:
                rules = {what for who, what in accounts.items() if who != "hermit"}
                exact = {what for who, what in accounts.items() if who == "hermit"}
                if len(rules) == 1 and rules <= {mine, "open"} and exact <= {mine}:
                    return
                if about.startswith(("status", "superseded")):
                    return
            if {*accounts.values()} != {mine}:
                said = (("model search", mine), *accounts.items())
                found.append(Disagreement(case.name, about, said))

        known = {subject for _, subject in decided["oxigraph"]}
        counted: set[Expression] = set()
        for subject, mine in (own | effective).items():
            if subject not in known and subject in own:
                continue
            place = case.name, subject
            check(
                subject, mine, {name: rows.get(place, "nothing") for name, rows in decided.items()}
            )
            expression = self.own.get(subject) or self.effective[subject]
            if isinstance(expression, And) and len(expression.parts) == 1:
                expression = expression.parts[0]
            if tally is not None and expression not in counted:
                tally.answers[mine] += 1
                tally.beyond += brute.kleene(self.guideline, expression, atoms) != mine
            counted.add(expression)
        for action, mine in brute.statuses(self.guideline, effective).items():
            place = case.name, action
            check(
                f"status of {action}",
                mine,
                {name: rows.get(place, "nothing") for name, rows in statuses.items()},
            )
            if tally is not None:
                tally.statuses[mine] += 1
        gone = brute.superseded(self.guideline, own)
        check(
            "superseded",
            " ".join(sorted(gone)),
            {
                name: " ".join(sorted(one for owner, one in rows if owner == case.name))
                for name, rows in superseded.items()
            },
        )
        return found

    def decided(self, case: Case) -> dict[str, Answer]:
        """Return what the rules answer about a case, by recommendation and criterion."""
        engine = self.engines["oxigraph"]
        engine.begin(self.document([case]).quads)
        return {
            subject or "": ANSWERS[answer or ""] for _, answer, subject in engine.select(DECIDED)
        }


def _is_loose(guideline: Guideline, case: Case, atoms: Mapping[Some, str]) -> bool:
    """Tell whether a record that is known in part may be what is demanded of a complete class.

    There what is open hangs together, which the rules do not see, and so it does where a class
    that is complete from a day on has what is recorded once: an answer may be open that is decided,
    and never the other way round.
    """
    for _, once in guideline.once:
        for cls, since in case.complete:
            if since is not None and any({once, cls} <= up for up in guideline.above.values()):
                return True
    closed = {HAS_FINDING: [cls for cls, _ in case.complete]}
    closed[RECEIVED] = closed[HAD_FINDING] = closed[HAS_FINDING]
    closed[PROPOSES] = [INTERVENTION] if case.all_planned else []
    return any(
        answer == "open"
        and any(cls in guideline.above[atom.cls] for cls in closed.get(atom.role, ()))
        for atom, answer in atoms.items()
    )


class Proofs:
    """All cases that some versions of a guideline can read, as verification and diff know them."""

    def __init__(self, benches: Sequence[Bench]) -> None:
        self.benches = benches
        self.unrealised = 0
        self.advice = [advise(read_model(bench.source)) for bench in benches]
        self.space = Space(
            [one.model for one in self.advice], [one.existentials() for one in self.advice]
        )
        self.statuses = [
            Statuses(one, self.space, version) for version, one in enumerate(self.advice)
        ]

    def impossible(self, case: Case) -> list[str]:
        """Return the answers about a case that the space does not hold together.

        Nothing is returned where the whole vector, over all versions, is one that it holds.
        """
        told = [
            (version, iri, answer)
            for version, bench in enumerate(self.benches)
            for iri, answer in bench.decided(case).items()
            if iri in self.advice[version].compiled
        ]
        goals = [self.statuses[version].answer(iri, answer) for version, iri, answer in told]
        circuit = self.space.circuit
        if circuit.possible(circuit.all_of(goals), NEVER):
            return []
        alone = [
            f"version {version}: {_short(iri, EX)} {answer}"
            for (version, iri, answer), goal in zip(told, goals, strict=True)
            if not circuit.possible(goal, NEVER)
        ]
        return alone or ["each answer alone, but not all together"]

    def strays(self, limit: int) -> list[str]:
        """Return witnesses that are invalid, or are answered otherwise than is said of them."""
        circuit = self.space.circuit
        found: list[str] = []
        wanted: list[tuple[int, str, str, Formula]] = [
            (version, action, status, where)
            for version, statuses in enumerate(self.statuses)
            for action in self.advice[version].actions()
            for status, where in statuses.each(action)
        ]
        if len(self.benches) > 1:
            first, second = self.statuses
            wanted = [
                (0, action, f"{one} and {other}", circuit.all_of((here, there)))
                for action in sorted({one for two in self.advice for one in two.actions()})
                for one, here in first.each(action)
                for other, there in second.each(action)
                if one != other
            ]
        for version, action, status, where in wanted[:limit]:
            try:
                chosen = self.space.least(where, NEVER)
            except OutOfTimeError:
                self.unrealised += 1
                continue
            if chosen is None:
                continue
            text = turtle(self.space.recorded(chosen), {"ex": EX})
            document = parse(text, path="case.ttl")
            said = []
            for bench in self.benches:
                findings = bench.validator.check(document)
                if any(one.severity == "violation" for one in findings):
                    found.append(f"invalid: {findings[0].message}: {text}")
                bench.engines["oxigraph"].begin(document.quads)
                said.append(
                    {
                        row[1]: (row[2] or "").removeprefix(IND)
                        for row in bench.engines["oxigraph"].ask("what-is-the-status")
                    }.get(action, "NotApplicable")
                )
            names = [one.title().replace("-", "") for one in status.split(" and ")]
            told = said if len(self.benches) > 1 else [said[version]]
            if told != names:
                found.append(f"{_short(action, EX)} is {told}, not {status}: {text}")
        return found


def _short(iri: str | None, base: str) -> str:
    text = iri or ""
    if base == BASE:
        return text.removeprefix(BASE)
    return "ex:" + text.removeprefix(EX) if text.startswith(EX) else text.replace(IND, "ind:")


def source_of(text: str) -> Source:
    """Return a guideline that is one Turtle text, as if read from a file."""
    with tempfile.TemporaryDirectory(prefix="oracle-") as folder:
        path = Path(folder) / "guideline.ttl"
        path.write_text(text, encoding="utf-8")
        return load(path)


# ---------------------------------------------------------------------- shrinking


def _smaller_expressions(one: Expression) -> Iterator[Expression]:
    if isinstance(one, Not):
        yield one.part
        yield from (Not(part) for part in _smaller_expressions(one.part))
    elif isinstance(one, (And, Or)):
        yield from one.parts
        for index, part in enumerate(one.parts):
            rest = (*one.parts[:index], *one.parts[index + 1 :])
            if len(rest) > 1:
                yield replace(one, parts=rest)
            for other in _smaller_expressions(part):
                yield replace(one, parts=(*one.parts[:index], other, *one.parts[index + 1 :]))
    elif isinstance(one, Some):
        for index in range(len(one.facets)):
            yield replace(one, facets=(*one.facets[:index], *one.facets[index + 1 :]))


def _smaller(guideline: Guideline, case: Case) -> Iterator[tuple[Guideline, Case]]:
    """Yield pairs with one thing less."""
    for name in guideline.advice:
        rest = {
            one: replace(other, overrides=tuple(o for o in other.overrides if o != name))
            for one, other in guideline.advice.items()
            if one != name
        }
        yield replace(guideline, advice=rest), case
    for name, advice in guideline.advice.items():
        for other in advice.overrides:
            less = replace(advice, overrides=tuple(o for o in advice.overrides if o != other))
            yield replace(guideline, advice={**guideline.advice, name: less}), case
    text = guideline_text(replace(guideline, criteria={})) + "".join(
        map(repr, guideline.criteria.values())
    )
    for name, body in guideline.criteria.items():
        if f"'{name}'" not in text and f"{name} ." not in text and f"{name} ;" not in text:
            rest_of = {one: other for one, other in guideline.criteria.items() if one != name}
            yield replace(guideline, criteria=rest_of), case
        for smaller in _smaller_expressions(body):
            yield replace(guideline, criteria={**guideline.criteria, name: smaller}), case
    for index, node in enumerate(case.nodes):
        rest_nodes = (*case.nodes[:index], *case.nodes[index + 1 :])
        if not any(other.place == node.name for other in rest_nodes):
            kept = tuple(one for one in case.excludes if one[0] != node.name)
            yield guideline, replace(case, nodes=rest_nodes, excludes=kept)
        less_nodes = [replace(node, start=None, end=None)] if node.start else []
        if len(node.types) > 1:
            less_nodes += [
                replace(node, types=tuple(t for t in node.types if t != cls)) for cls in node.types
            ]
        less_nodes += [
            replace(node, values=tuple(v for v in node.values if v is not value))
            for value in node.values
        ]
        for smaller_node in less_nodes:
            nodes = (*case.nodes[:index], smaller_node, *case.nodes[index + 1 :])
            yield guideline, replace(case, nodes=nodes)
    for one_out in case.excludes:
        yield guideline, replace(case, excludes=tuple(o for o in case.excludes if o != one_out))
    for cls in case.never:
        yield guideline, replace(case, never=tuple(o for o in case.never if o != cls))
    for cls in case.proposes:
        yield guideline, replace(case, proposes=tuple(o for o in case.proposes if o != cls))
    for group in guideline.disjoint:
        yield replace(guideline, disjoint=tuple(o for o in guideline.disjoint if o != group)), case
    for limit in guideline.once:
        yield replace(guideline, once=tuple(o for o in guideline.once if o != limit)), case
    everything = guideline_text(guideline) + case_text([case])
    for cls in guideline.classes:
        if everything.count(f"{cls} ") == 1:
            left = {one: up for one, up in guideline.classes.items() if one != cls}
            yield replace(guideline, classes=left), case
    for name in (*guideline.data, *guideline.objects):
        if name.startswith("ex:") and everything.count(f"{name} ") == 1:
            data = {one: span for one, span in guideline.data.items() if one != name}
            objects = {one: how for one, how in guideline.objects.items() if one != name}
            yield replace(guideline, data=data, objects=objects), case


def shrink(
    guideline: Guideline,
    case: Case,
    fails: Callable[[Guideline, Case], bool],
    *,
    seconds: float = 90.0,
) -> tuple[Guideline, Case]:
    """Return a smaller pair that fails as well, found greedily."""
    deadline = time.monotonic() + seconds
    again = True
    while again:
        again = False
        for smaller in _smaller(guideline, case):
            if time.monotonic() > deadline:
                return guideline, case
            if fails(*smaller):
                guideline, case = smaller
                again = True
                break
    return guideline, case


def differs(guideline: Guideline, case: Case) -> bool:
    """Tell whether a guideline is refused or a valid case is not assessed alike."""
    try:
        bench = Bench(guideline)
    except IndicantError as error:
        return "differ about" in error.message
    try:
        return bench.valid(case) and bool(bench.compare([case]))
    except (IndicantError, KeyError):
        return False


def report(guideline: Guideline, cases: Sequence[Case], what: object) -> None:
    """Print a smallest reproduction."""
    print(f"DISAGREEMENT: {what}", flush=True)
    case = cases[0]
    if len(cases) > 1 or differs(guideline, case):
        single = next((one for one in cases if differs(guideline, one)), None)
        if single is not None:
            guideline, case = shrink(guideline, single, differs)
            cases = [case]
    print("----- guideline.ttl")
    print(guideline_text(guideline))
    print("----- case.ttl")
    print(case_text(cases))
    try:
        for one in Bench(guideline).compare(cases):
            print(f"# {one}")
    except IndicantError as error:
        print(f"# {error}")
    sys.stdout.flush()


# ---------------------------------------------------------------------- running


def run(
    pairs: int, seed: int, tally: Tally, *, vectors: bool = False, verbose: bool = False
) -> Iterator[str]:
    """Compare at least so many random pairs, and yield every disagreement after reporting it.

    What meets every bound and step for certain comes first, and is not among them.

    Args:
        pairs: how many pairs of a criterion and a case that are random.
        seed: the first seed.
        tally: where to count.
        vectors: whether all answers of each case are to be possible together, in one version and
            in two, and whether all witnesses are to be answered as told.
        verbose: whether to print how far it is.
    """
    from grids import EdgeMaker, grids

    for grid in grids():
        exact = Bench(grid.guideline, ("oxigraph", "native", "rdflib"))
        differences = exact.compare(grid.cases, tally)
        tally.cases += len(grid.cases)
        tally.disagreements += len(differences)
        if differences:
            case = next(one for one in grid.cases if one.name == differences[0].case)
            report(grid.guideline, [case], f"grid {grid.name}: {differences[0]}")
            yield str(differences[0])
    number, before = seed, tally.pairs
    while tally.pairs - before < pairs:
        makers = (BesideMaker, EdgeMaker, Maker, MeasuringMaker, CountingMaker, NestedMaker)
        maker = makers[number % len(makers)](number)
        guideline = maker.guideline()
        tally.guidelines += 1
        try:
            bench = Bench(guideline)
        except IndicantError as error:
            tally.disagreements += 1
            report(guideline, [Case("c", datetime.date(2024, 1, 1))], f"seed {number}: {error}")
            yield str(error)
            number += 1
            continue
        cases: list[Case] = []
        while len(cases) < 8:
            case = maker.case(guideline, f"c{len(cases)}")
            if bench.valid(case):
                cases.append(case)
            else:
                tally.invalid += 1
        if vectors:
            for what in _proofs(maker, bench, cases, tally):
                tally.disagreements += 1
                print(f"DISAGREEMENT: seed {number}: {what}", flush=True)
                yield what
        while cases:
            size = maker.one((1, 2, 3))
            batch, cases = cases[:size], cases[size:]
            tally.cases += len(batch)
            differences = bench.compare(batch, tally)
            tally.disagreements += len(differences)
            if differences:
                report(guideline, batch, f"seed {number}: {differences[0]}")
                yield str(differences[0])
                break
        if verbose and tally.guidelines % 10 == 0:
            print(f"  {tally.guidelines} guidelines, {tally.cases} cases: {tally}", flush=True)
        number += 1


def _proofs(maker: Maker, bench: Bench, cases: Sequence[Case], tally: Tally) -> Iterator[str]:
    """Yield what verification and diff do not know of these and more cases of a guideline."""
    more = (maker.case(bench.guideline, f"m{number}") for number in range(12))
    every = [*cases, *(one for one in more if bench.valid(one))]
    alone = Proofs([bench])
    yield from alone.strays(200)
    for case in every:
        tally.vectors += 1
        yield from _told([bench], case, alone.impossible(case)[:1])
    revised = maker.revised(bench.guideline)
    try:
        other = Bench(revised)
    except IndicantError:
        return  # the profile does not take it
    if computed_otherwise((read_model(bench.source), read_model(other.source))):
        return  # which diff tells as not decided
    both = Proofs([bench, other])
    yield from both.strays(60)
    for case in every:
        if other.valid(case):
            tally.joint += 1
            yield from _told([bench, other], case, both.impossible(case)[:1])


def _told(benches: Sequence[Bench], case: Case, found: Sequence[str]) -> Iterator[str]:
    for what in found:
        texts = [guideline_text(bench.guideline) for bench in benches]
        yield "\n".join([f"no possible case has: {what}", *texts, case_text([case])])


def main() -> int:
    """Compare as many pairs as the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", type=int, nargs="?", default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--vectors", action="store_true", help="hold verification and diff to it")
    parser.add_argument("--stop", type=int, default=3, help="stop after so many disagreements")
    options = parser.parse_args()
    tally = Tally()
    started = time.monotonic()
    found = run(options.pairs, options.seed, tally, vectors=options.vectors, verbose=True)
    for count, _ in enumerate(found, 1):
        if count >= options.stop:
            break
    print(
        f"{tally.guidelines} guidelines, {tally.cases} cases ({tally.invalid} more were invalid), "
        f"{tally.loose} known in part, {time.monotonic() - started:.0f} s, {tally.beyond} answers "
        "that no truth table of three values gives, statuses: "
        + ", ".join(f"{n} {name}" for name, n in sorted(tally.statuses.items()))
    )
    if options.vectors:
        print(
            f"{tally.vectors} vectors possible in one version, {tally.joint} in two, but for the "
            "disagreements"
        )
    print(tally)
    return 1 if tally.disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
