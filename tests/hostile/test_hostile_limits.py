"""The limit of time for a criterion holds, and what is nested or named too often is refused."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

import growing
from indicant import cli
from indicant.compile.hermit import Reasoner
from indicant.compile.implicants import compile_expression, solve
from indicant.compile.model import (
    MAX_DEPTH,
    MAX_PARTS,
    And,
    Existential,
    Expression,
    Not,
    Or,
    existentials,
    oversize,
)
from indicant.compile.owl import existential_classes, ontology_text
from indicant.compile.profile import read_model
from indicant.compile.theory import Theory
from indicant.errors import IndicantError, OutOfTimeError
from indicant.files.sources import load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CASE = """\
@prefix : <https://example.org/case#> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

:case a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date .
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "grown.ttl"
    file.write_text(text, encoding="utf-8")
    return file


def verbs(file: Path, folder: Path) -> dict[str, list[str]]:
    """Return the verbs that compile a guideline, with their arguments."""
    case = folder / "case" / "case.ttl"
    case.parent.mkdir(exist_ok=True)
    case.write_text(CASE, encoding="utf-8")
    (case.parent / "expected.json").write_text("{}", encoding="utf-8")
    return {
        "assess": [str(case), "--guideline", str(file)],
        "check": [str(file), "--no-reasoner"],
        "compile": ["--guideline", str(file), "--seconds", "1"],
        "diff": [str(file), str(file), "--seconds", "1"],
        "merge": [str(file), "--seconds", "1"],
        "test": [str(case.parent), "--guideline", str(file)],
        "verify": [str(file), "--seconds", "1"],
    }


VERBS = ("assess", "check", "compile", "diff", "merge", "test", "verify")


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("INDICANT_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("text", "told"),
    [
        (growing.nested(2_000), f"nested more than {MAX_DEPTH} levels deep"),
        (growing.chained(400), f"nested more than {MAX_DEPTH} levels deep"),
        (growing.doubled(60), f"more than {MAX_PARTS:,} parts"),
        (growing.at_least_by_name(10, 20), f"more than {MAX_PARTS:,} parts"),
    ],
    ids=["nested", "chained", "doubled", "at-least-10-of-20"],
)
def test_what_is_too_deep_or_too_large_is_refused_by_every_verb(
    verb: str, text: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One refusal, by name and line, whether it would be out of depth, of memory or of time."""
    file = written(tmp_path, text)
    code = cli.main([verb, *verbs(file, tmp_path)[verb]])
    read = capsys.readouterr()
    assert code == (1 if verb in {"check", "merge"} else 2)
    assert told in read.out + read.err


@pytest.mark.timeout(60)
@pytest.mark.slow
@pytest.mark.parametrize("verb", ["compile", "diff", "verify"])
def test_the_limit_of_time_holds(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Thousands of prime implicants take minutes: nothing is told of a part of them."""
    file = written(tmp_path, growing.at_least_by_name(8, 15))
    other = tmp_path / "other.ttl"
    other.write_text(growing.at_least_by_name(7, 15), encoding="utf-8")
    arguments = {
        "compile": ["--guideline", str(file)],
        "diff": [str(file), str(other)],
        "verify": [str(file)],
    }
    code = cli.main([verb, *arguments[verb], "--seconds", "0.5"])
    read = capsys.readouterr()
    assert code == (2 if verb == "compile" else 1)
    assert "within the time limit" in (read.err if verb == "compile" else read.out)
    if verb == "compile":
        assert not read.out


def expression(text: str, folder: Path) -> tuple[Expression, Theory]:
    model = read_model(load(written(folder, text)))
    return next(iter(model.criteria.values())), Theory(model)


def test_no_step_of_compiling_goes_on_without_a_look_at_the_clock(tmp_path: Path) -> None:
    """With no time at all, a criterion of any size is not compiled."""
    wanted, theory = expression(growing.at_least(2, 4), tmp_path)
    with pytest.raises(IndicantError, match="not compiled within the time limit"):
        compile_expression(wanted, theory, seconds=-1)


@pytest.mark.timeout(60)
@pytest.mark.slow
def test_a_hard_question_is_interrupted() -> None:
    """Eleven pigeons in ten holes: one question to the solver that takes it minutes."""
    from pysat.solvers import Solver

    holes, pigeons = range(10), range(11)
    name = {(one, hole): 1 + one * len(holes) + hole for one in pigeons for hole in holes}
    with Solver(name="minisat22") as solver:
        for one in pigeons:
            solver.add_clause([name[one, hole] for hole in holes])
        for hole in holes:
            for one in pigeons:
                for other in range(one):
                    solver.add_clause([-name[one, hole], -name[other, hole]])
        began = time.monotonic()
        with pytest.raises(OutOfTimeError):
            solve(solver, (), began + 1)


@pytest.mark.timeout(60)
@pytest.mark.slow
def test_what_the_vocabulary_entails_is_looked_for_no_longer_than_there_is_time(
    tmp_path: Path,
) -> None:
    """Forty classes of values of one property, of which a value may be in any: 2 to the 40th."""
    text = growing.HEAD + growing.findings(1)
    text += ":kind a owl:ObjectProperty , owl:FunctionalProperty .\n"
    text += "".join(f":K{n} a owl:Class .\n" for n in range(40))
    facets = " ".join(
        f"[ a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:someValuesFrom "
        f"[ a owl:Class ; owl:intersectionOf ( :F0 [ a owl:Restriction ; owl:onProperty :kind ; "
        f"owl:someValuesFrom :K{n} ] ) ] ]"
        for n in range(40)
    )
    text += growing.criterion("Wanted", growing.whole(facets))
    wanted, theory = expression(text, tmp_path)
    with pytest.raises(IndicantError, match="not compiled within the time limit"):
        compile_expression(wanted, theory, seconds=1)


@pytest.mark.timeout(60)
@pytest.mark.slow
def test_the_reasoner_ends_with_its_time(tmp_path: Path) -> None:
    """HermiT limits each task of a question, of which a classification has any number."""
    source = load(written(tmp_path, growing.thresholds(60, 4)))
    model = read_model(source)
    atoms = sorted(
        {one for wanted in model.criteria.values() for one in existentials(wanted)}, key=repr
    )
    names = {atom: f"urn:atom:{number}" for number, atom in enumerate(atoms)}
    text = ontology_text(source, undefined=set(model.criteria)) + existential_classes(names)
    with (
        pytest.raises(IndicantError, match="the reasoner ran out of time"),
        Reasoner(text, "ntriples", timeout=2) as reasoner,
    ):
        reasoner.subsumptions()


@pytest.mark.slow
def test_a_deep_hierarchy_is_classified() -> None:
    """Deeper than functions of Python can call themselves."""
    depth = 1_100
    turtle = "@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
    turtle += "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
    turtle += "".join(
        f"<urn:{number}> a owl:Class ; rdfs:subClassOf <urn:{number + 1}> .\n"
        for number in range(depth)
    )
    with Reasoner(turtle, "turtle") as reasoner:
        assert len(reasoner.subsumptions()) == depth * (depth + 1) // 2


def levels(number: int) -> Iterator[Expression]:
    inner: Expression = Existential("urn:has", "urn:F")
    for _ in range(number):
        inner = Not(inner)
        yield inner


def test_an_expression_knows_its_extent_without_going_deep() -> None:
    whole = list(levels(MAX_DEPTH + 1))
    assert [oversize(one) for one in whole[:-1]] == [None] * MAX_DEPTH
    assert oversize(whole[-1]) == f"it is nested more than {MAX_DEPTH} levels deep"
    one: Expression = Existential("urn:has", "urn:F")
    for number in range(60):
        one = (And, Or)[number % 2]((one, one))
    assert f"{MAX_PARTS:,} parts" in (oversize(one) or "")


@pytest.mark.slow
def test_as_many_levels_as_are_allowed_are_compiled(tmp_path: Path) -> None:
    file = written(tmp_path, growing.nested(MAX_DEPTH - 4))
    assert cli.main(["assess", verbs(file, tmp_path)["assess"][0], "--guideline", str(file)]) == 0
