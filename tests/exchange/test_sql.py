"""What a guideline decides as SQL is what it decides: on each engine, as the kernel and alone."""

from __future__ import annotations

import dataclasses
import functools
import random
import re
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohorts import done_of, mixed
from each import each
from engines import NAMES, Engine, engine
from indicant.assess.assessor import Assessor
from indicant.cohort import kernel
from indicant.cohort.clashes import TooManyClashesError, clashes, entailed
from indicant.cohort.establishing import Establisher, Given
from indicant.cohort.kernel import ANSWERS, FULFILMENTS, STATUS_WORDS, Kernel
from indicant.cohort.patterns import Consistency, Patterns
from indicant.cohort.plan import disputed_in, plan_of
from indicant.exchange.sql import SHAPES, Shape, Sql, column, name, text
from indicant.explain.entailment import bits
from indicant.files.rdf import parse
from making import BesideMaker, CountingMaker, Maker, case_text, guideline_text
from measuring import MeasuringMaker
from nesting import NestedMaker
from places import ASSESSED, TESTS
from postgresing import missing, server
from running import hold_to_one_line, run
from shipped import assessor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from indicant.assess.records import CaseRecord
    from indicant.cohort.plan import Plan

ON_EACH: Final = pytest.mark.parametrize("where", NAMES)
OPIOIDS: Final = sorted((TESTS / "opioids-for-pain").glob("*/case.ttl"))
MAKERS: Final = (BesideMaker, Maker, MeasuringMaker, CountingMaker, NestedMaker)
TOO_MANY: Final = (2, 6, 7)
"""The seeds of guidelines of which no query can list what cannot all hold."""
VIEWS: Final = ("patients", "interventions", "recommendations", "criteria")
Rows = dict[str, set[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def dsn() -> Iterator[str | None]:
    """Give a server of PostgreSQL, where one can be started."""
    if missing():
        yield None
    else:
        with server() as found:
            yield found


@functools.cache
def opioids() -> Assessor:
    return Assessor("opioids-for-pain")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder for random guidelines, each made once for all engines."""
    return tmp_path_factory.mktemp("guidelines")


@functools.cache
def random_guideline(folder: Path, seed: int) -> tuple[Assessor, tuple[int, ...]]:
    """Return a guideline, and what is established of some patients."""
    maker = MAKERS[seed % len(MAKERS)](seed)
    guideline = maker.guideline()
    file = folder / f"{seed}.ttl"
    file.write_text(guideline_text(guideline), encoding="utf-8")
    made = Assessor(file)
    cases = [maker.case(guideline, f"c{number}") for number in range(40)]
    documents = (parse(case_text([one]), path=one.name) for one in cases)
    establisher = Establisher(made, plan_of(made.compiled.graph))
    told = establisher.found(Given(one.path, one.quads) for one in documents)
    return made, tuple(one.literals for one in told if not one.problem)


@functools.cache
def sql(made: Assessor, shape: Shape, *, consistent: bool = False) -> Sql:
    """Return what is written of a guideline, the same for every engine."""
    return Sql(made, shape, consistent=consistent)


@functools.cache
def masks(made: Assessor, many: int, seed: int) -> tuple[int, ...]:
    """Return random sets of literals, of which some cannot all hold."""
    plan = plan_of(made.compiled.graph)
    consistency = Consistency(made, plan)
    dice = random.Random(seed)  # noqa: S311
    decisive = [sets for one in plan.decisions for sets in (one.met, one.refuted) if sets] * 3
    found = [0, (1 << len(plan.literals)) - 1]
    while len(found) < many:
        share = dice.choice((0.05, 0.2, 0.4, 0.6, 0.8))
        mask = sum(1 << one for one in range(len(plan.literals)) if dice.random() < share)
        for sets in dice.sample(decisive, dice.choice((0, 0, 1, 3))):
            mask |= sum(1 << one for one in dice.choice(sets))
        while dice.random() < 0.98 and (clash := consistency.clash(mask)):
            mask &= ~(1 << dice.choice(clash))
        found.append(mask)
    return tuple(found)


@functools.cache
def wanted(made: Assessor, found: tuple[int, ...]) -> Rows:
    """Return what the kernel answers for patients with literals, by view."""
    plan = plan_of(made.compiled.graph)
    patterns = Patterns(Consistency(made, plan))
    numbers = [patterns.number(mask) for mask in found]
    answers = Kernel(plan, disputed_in(made.catalogue.evidence)).answered(
        patterns.frame(plan).lazy()
    )
    rows: Rows = {view: set() for view in VIEWS}
    by = {row["pattern"]: row for row in answers.collect().iter_rows(named=True)}
    advised = {one.decision for one in plan.advice}
    for at, number in enumerate(numbers):
        who = f"p{at}"
        rows["patients"].add((who, "inconsistent" if number in patterns.clashes else "assessed"))
        if number in patterns.clashes:
            continue
        row = by[number]
        for n, one in enumerate(plan.interventions):
            rows["interventions"].add(
                (
                    who,
                    one.iri,
                    made.catalogue.label(one.iri),
                    STATUS_WORDS[row[kernel.status(n)]],
                    row[kernel.disputed(n)],
                    FULFILMENTS[row[kernel.done(n)]] or None,
                )
            )
        for n, advice in enumerate(plan.advice):
            rows["recommendations"].add(
                (
                    who,
                    advice.iri,
                    made.catalogue.recommendations[advice.iri].label,
                    ANSWERS[row[kernel.answer(advice.decision)]],
                    row[kernel.superseded(n)],
                    FULFILMENTS[row[kernel.fulfilment(n)]] or None,
                )
            )
        for n in set(plan.told) - advised:
            rows["criteria"].add((who, plan.decisions[n].iri, ANSWERS[row[kernel.answer(n)]]))
    return rows


def fill(there: Engine, plan: Plan, found: Sequence[int], shape: Shape, table: str) -> None:
    """Put literals of patients into a table."""
    if shape == "columns":
        names = ["patient", *map(column, plan.literals)]
        rows: list[tuple[Any, ...]] = [
            (f"p{at}", *(bool(mask >> bit & 1) or None for bit in range(len(plan.literals))))
            for at, mask in enumerate(found)
        ]
        there.table(table, names, "t" + "b" * len(plan.literals), rows)
        return
    rows = [
        (f"p{at}", plan.literals[bit] if bit is not None else None)
        for at, mask in enumerate(found)
        for bit in (tuple(bits(mask)) or (None,))
    ]
    there.table(table, ["patient", "literal"], "tt", rows)


def told(there: Engine, made: Sql, prefix: str = "indicant") -> Rows:
    """Run the statements of a guideline twice, and return what stands in the views."""
    for statement in made.statements * 2:
        there.run(statement)
    rows: Rows = {}
    for view in VIEWS:
        found = there.run(f"SELECT * FROM {name(f'{prefix}_{view}')}")  # noqa: S608
        all_rows = [row[:2] for row in found] if view == "patients" else found
        rows[view] = set(all_rows)
        assert len(rows[view]) == len(all_rows)
    return rows


def compare(
    made: Assessor,
    where: str,
    dsn: str | None,
    shape: Shape,
    found: Sequence[int],
    *,
    consistent: bool = False,
) -> Rows:
    """Compare what an engine answers with what the kernel does, and return it."""
    with engine(where, dsn) as there:
        fill(there, plan_of(made.compiled.graph), found, shape, shape)
        ours = told(there, sql(made, shape, consistent=consistent))
    theirs = wanted(made, tuple(found))
    for view in each(VIEWS):
        assert ours[view] == theirs[view], view
    return ours


@pytest.mark.slow
@ON_EACH
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("guideline", ["neck-pain-after-lumbar-fusion", "opioids-for-pain"])
def test_random_literals_are_answered_as_by_the_kernel(
    where: str, shape: Shape, guideline: str, dsn: str | None
) -> None:
    made = opioids() if guideline == "opioids-for-pain" else assessor("auto")
    found = masks(made, 200, 1)
    rows = compare(made, where, dsn, shape, found)
    states = [state for _, state in rows["patients"]]
    assert states.count("inconsistent") > 20
    assert states.count("assessed") > 100
    statuses = {row[3] for row in rows["interventions"]}
    assert statuses >= {"recommended", "undetermined", "not-applicable"}
    assert made is opioids() or statuses == {*STATUS_WORDS}
    assert {row[3] for row in rows["recommendations"]} == set(ANSWERS)


@pytest.mark.slow
@ON_EACH
@pytest.mark.parametrize("seed", range(10))
def test_random_literals_of_random_guidelines_are_answered_as_by_the_kernel(
    where: str, seed: int, dsn: str | None, folder: Path
) -> None:
    """Where too much cannot all hold to be written out, with patients alone of whom all does."""
    made, found = random_guideline(folder, seed)
    too_many = seed in TOO_MANY
    if too_many:
        with pytest.raises(TooManyClashesError):
            Sql(made)
    else:
        found += masks(made, 120, seed)
    rows = compare(made, where, dsn, SHAPES[seed % 2], found, consistent=too_many)
    states = {state for _, state in rows["patients"]}
    assert states == ({"assessed"} if too_many else {"assessed", "inconsistent"})
    assert (
        len({row[2] for row in rows["criteria"]} | {row[3] for row in rows["recommendations"]}) > 1
    )


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.data())
def test_whatever_is_established_is_answered_as_by_the_kernel(data: st.DataObject) -> None:
    made = assessor("auto")
    numbers = range(len(plan_of(made.compiled.graph).literals))
    some = st.sets(st.sampled_from(numbers), max_size=14).map(
        lambda one: sum(1 << number for number in one)
    )
    found = data.draw(st.lists(some, min_size=1, max_size=40))
    rows = compare(made, "duckdb", None, data.draw(st.sampled_from(SHAPES)), found)
    assert len(rows["patients"]) == len(found)


@functools.cache
def patients(guideline: str) -> tuple[Assessor, dict[str, int], dict[str, CaseRecord]]:
    """Return patients by a guideline: what is established of each, and what follows for it alone.

    Both are looked at once for all engines, and nobody changes them.
    """
    is_opioids = guideline == "opioids-for-pain"
    made = opioids() if is_opioids else assessor("auto")
    paths = OPIOIDS if is_opioids else ASSESSED
    documents = {one.path: one for one in mixed(paths, 60, 77)}
    establisher = Establisher(made, plan_of(made.compiled.graph))
    given_ = (Given(path, one.quads, path) for path, one in documents.items())
    masks_of = {
        one.given.patient: one.literals for one in establisher.found(given_) if not one.problem
    }
    records: dict[str, CaseRecord] = {}
    for path in masks_of:
        (records[path],) = made.assess(documents[path], everything=True)
    return made, masks_of, records


@pytest.mark.slow
@ON_EACH
@pytest.mark.parametrize("guideline", ["neck-pain-after-lumbar-fusion", "opioids-for-pain"])
def test_patients_are_answered_as_each_alone(where: str, guideline: str, dsn: str | None) -> None:
    made, masks_of, records = patients(guideline)
    with engine(where, dsn) as there:
        fill(there, plan_of(made.compiled.graph), list(masks_of.values()), "facts", "facts")
        rows = told(there, sql(made, "facts"))
        scopes: dict[Any, Any] = dict(there.run("SELECT patient, scope FROM indicant_patients"))
    compared = 0
    for at, path in enumerate(masks_of):
        who = f"p{at}"
        if (who, "assessed") not in rows["patients"]:
            continue
        record = records[path]
        assert scopes[who] == record["guideline"]["scope"]
        alone = {
            (who, one["action"], one["label"], one["status"], one["disputed"], done_of(one))
            for one in record["actions"]
        }
        assert alone == {row for row in rows["interventions"] if row[0] == who}
        advice = {
            (who, one["iri"], one["label"], one["answer"], one["superseded"], one["fulfilment"])
            for action in record["actions"]
            for one in action["recommendations"]
        }
        assert advice == {row for row in rows["recommendations"] if row[0] == who}
        compared += len(alone) + len(advice)
    assert compared > 500


HOSTILE: Final = (
    "'; DROP TABLE facts; --",
    'a "quoted" name',
    "back\\slash\\'",
    "%s {0} $1 ?",
    "line\nbreak; SELECT 1;\n",
    "nought\x00here",
    "right\u202eto left",
)


@pytest.mark.slow
@ON_EACH
def test_names_stay_names(where: str, dsn: str | None) -> None:
    """Of tables and views, and of what a guideline calls things."""
    made = assessor("auto")
    plan = plan_of(made.compiled.graph)
    table, prefix = "a\"b'; DROP--", 'it\'s "mine"; --'
    with engine(where, dsn) as there:
        fill(there, plan, [0, 1], "facts", table)
        rows = told(there, Sql(made, "facts", table, prefix), prefix)
        assert len(rows["patients"]) == 2
        values = there.run("SELECT " + ", ".join(map(text, HOSTILE)))
    shown = [one.replace("\n", "\\n") for one in HOSTILE]
    shown[-2:] = ["nought\\u0000here", "right\\u202eto left"]
    assert values == [tuple(shown)]


@pytest.mark.many(1000)
@ON_EACH
def test_who_stands_twice_gets_no_answer_and_what_is_not_said_is_not_established(
    where: str, dsn: str | None
) -> None:
    made = assessor("auto")
    plan = plan_of(made.compiled.graph)
    names = ["patient", *map(column, plan.literals)]
    rows = [(who, *(None for _ in plan.literals)) for who in ("a", "b", "b", "c")]
    with engine(where, dsn) as there:
        there.table("columns", names, "t" + "b" * len(plan.literals), rows)
        for statement in sql(made, "columns").statements:
            there.run(statement)
        states = there.run("SELECT patient, state, told IS NULL FROM indicant_patients")
        answers = there.run(
            "SELECT DISTINCT patient, answer FROM indicant_recommendations ORDER BY 1"
        )
    assert sorted(states) == [
        ("a", "assessed", True),
        ("b", "twice", False),
        ("b", "twice", False),
        ("c", "assessed", True),
    ]
    assert answers == [("a", "open"), ("c", "open")]


@pytest.mark.many(1000)
@ON_EACH
def test_facts_that_no_literal_is_are_told(where: str, dsn: str | None) -> None:
    made = assessor("auto")
    literal = plan_of(made.compiled.graph).literals[0]
    with engine(where, dsn) as there:
        facts = [("a", literal), ("a", "x"), ("b", "x"), ("c", None)]
        there.table("facts", ["patient", "literal"], "tt", facts)
        for statement in sql(made, "facts").statements:
            there.run(statement)
        unknown = there.run("SELECT literal, patients FROM indicant_unknown")
        known = there.run("SELECT name, literal, meaning FROM indicant_literals")
    assert unknown == [("x", 2)]
    assert len(known) == len(plan_of(made.compiled.graph).literals)
    assert (column(literal), literal, made.catalogue.literals[literal].label) in known


def test_what_a_fact_is_called_is_no_column(monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels stand in what is told of whose facts cannot all hold."""
    made = assessor("auto")
    named = {
        iri: dataclasses.replace(one, label=f'it\'s {one.label} "l99999" \'"m0"\'')
        for iri, one in made.catalogue.literals.items()
    }
    plain = Sql(made).text()
    monkeypatch.setattr(made.catalogue, "literals", named)
    hostile = Sql(made).text()
    assert "l99999" in hostile
    added = " \"l99999\" ''\"m0\"''"
    assert hostile.replace(added, "").replace("it''s ", "") == plain.replace("it''s ", "")


@pytest.mark.many(5)
@ON_EACH
@pytest.mark.parametrize("shape", SHAPES)
def test_rows_without_a_patient_are_nobody_and_counted(
    where: str, shape: Shape, dsn: str | None
) -> None:
    made = assessor("auto")
    literals = plan_of(made.compiled.graph).literals
    with engine(where, dsn) as there:
        if shape == "facts":
            rows = [("a", literals[0]), (None, literals[0]), (None, None)]
            there.table("facts", ["patient", "literal"], "tt", rows)
        else:
            wide = [(who, *(None for _ in literals)) for who in ("a", None, None)]
            names = ["patient", *map(column, literals)]
            there.table("columns", names, "t" + "b" * len(literals), wide)
        for statement in sql(made, shape).statements:
            there.run(statement)
        who = there.run("SELECT patient, state FROM indicant_patients")
        nobody = there.run('SELECT "rows" FROM indicant_nobody')
        answered = there.run("SELECT DISTINCT patient FROM indicant_recommendations")
    assert who == [("a", "assessed")]
    assert nobody == [(2,)]
    assert answered == [("a",)]


@pytest.mark.slow
def test_each_literal_has_a_column_of_its_own() -> None:
    for made in each((assessor("auto"), opioids())):
        names = [column(one) for one in plan_of(made.compiled.graph).literals]
        assert len(set(names)) == len(names)
        assert max(len(one.encode()) for one in names) < 64


def holds(clauses: Iterable[frozenset[str]], facts: set[str], letters: str) -> bool:
    """Tell whether facts and clauses can all hold, by trying everything."""
    for number in range(1 << len(letters)):
        world = {
            letter.upper() if number >> at & 1 else letter for at, letter in enumerate(letters)
        }
        if facts <= world and all(clause & world for clause in clauses):
            return True
    return False


@pytest.mark.parametrize("seed", range(40))
def test_what_clauses_entail_is_what_no_world_breaks(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311
    letters = "abcde"
    signs = [*letters, *letters.upper()]
    opposite = {one: one.swapcase() for one in signs}
    clauses = [frozenset(dice.sample(signs, dice.choice((2, 2, 3)))) for _ in range(6)]
    found = entailed(clauses, opposite)
    for size in range(1, 4):
        for some in combinations(signs, size):
            if any(opposite[one] in some for one in some):
                continue
            denied = {opposite[one] for one in some}
            assert holds(clauses, denied, letters) != any(one <= set(some) for one in found)
    assert not any(one < other for one in found for other in found)


def test_too_much_to_list_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indicant.cohort.clashes.MOST", 5)
    with pytest.raises(TooManyClashesError, match="too many sets of facts"):
        Sql(assessor("auto"))


@pytest.mark.slow
@pytest.mark.parametrize("guideline", ["neck-pain-after-lumbar-fusion", "opioids-for-pain"])
def test_what_cannot_all_hold_is_written_out(guideline: str) -> None:
    made = opioids() if guideline == "opioids-for-pain" else assessor("auto")
    plan = plan_of(made.compiled.graph)
    consistency = Consistency(made, plan)
    sets = [sum(1 << one for one in each_) for each_ in clashes(made, plan)]
    assert len(sets) > 50
    for mask in masks(made, 300, 5):
        clash = consistency.clash(mask)
        assert bool(clash) == any(mask & one == one for one in sets)
        assert not clash or sum(1 << one for one in clash) in sets


# ------------------------------------------------------------------ the command


@pytest.mark.slow
def test_the_command_writes_what_runs(tmp_path: Path) -> None:
    code, out, _ = run("export", "sql")
    assert code == 0
    assert out == Sql(assessor("auto")).text()
    assert out.startswith("-- What ")
    assert run("export", "sql", "-o", str(tmp_path / "x.sql")) == (0, "", "")
    assert (tmp_path / "x.sql").read_text(encoding="utf-8") == out
    code, out, _ = run("export", "sql", "--from", "columns", "--table", "s.t", "--prefix", "p")
    assert code == 0
    assert '"s"."t"' in out
    assert 'CREATE VIEW "p_patients"' in out
    assert get_args(Shape) == SHAPES


@pytest.mark.many(4)
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["sql", "--case", "x.ttl"], "sql has no --case"),
        (["sql", "--format", "turtle"], "sql has no --format"),
        (["graph", "--table", "x"], "a graph has no --table"),
        (["graph", "--consistent"], "a graph has no --consistent"),
        (["questionnaire", "--from", "facts"], "a questionnaire has no --from"),
        (["sql", "--table", "x" * 41], "no table or view is called"),
        (["sql", "--table", "a..b"], "no table or view is called ''"),
        (["sql", "--prefix", "a\nb"], "no table or view is called"),
    ],
)
def test_what_cannot_be_exported_so_is_refused(words: list[str], says: str) -> None:
    assert says in run("export", *words)[2]
    hold_to_one_line("export", *words)


def test_no_statement_ends_in_another() -> None:
    for one in each(Sql(assessor("auto")).statements):
        bare = re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", "", one)
        assert ";" not in bare
        assert "--" not in bare
