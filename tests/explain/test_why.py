"""Why: reasons that are least, and every least set of facts that changes a status."""

from __future__ import annotations

import functools
import itertools
import json
import random
import re
from typing import TYPE_CHECKING

import pytest

import making
import nesting
import oracle
import traps
from brute import Some, within
from each import each
from forcing import (
    CASES,
    EXAMPLES,
    Reference,
    engine,
    forced,
    ruling,
    situation,
    situations,
    subsets,
)
from indicant.assess.assessor import Assessor, InvalidCase
from indicant.compile.implicants import _Search
from indicant.compile.model import existentials
from indicant.compile.overriding import effective
from indicant.compile.profile import read_model
from indicant.compile.theory import Theory, simplify
from indicant.errors import IndicantError
from indicant.explain.consequences import ORDER, Change, Changes, Ruling, Situation
from indicant.explain.drafts import Draft
from indicant.explain.entailment import Mask, bits
from indicant.explain.why import _Explainer, as_text, why
from indicant.files.lines import Lines
from indicant.files.rdf import Document, parse, read
from indicant.files.sources import load
from indicant.terms import local_name
from places import BROKEN
from running import hold_to_one_line, run
from shipped import PREFIXES, assessor

if TYPE_CHECKING:
    from pathlib import Path

    from indicant.assess.engine import Engine
    from indicant.explain.why import WhyRecord

SEVEN = EXAMPLES[0]
NAMES = [path.parent.name if path.parent.name != "examples" else path.stem for path in CASES]
DRY = (
    PREFIXES
    + """
:case a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ; ind:excludes spine:SpinePain .
"""
)


def chosen(seed: str) -> random.Random:
    return random.Random(seed)  # noqa: S311 - not for secrets


def mask(facts: tuple[int, ...]) -> Mask:
    return sum(1 << one for one in facts)


class World:
    """The statuses of one case once facts hold, as the rules find them, each found once."""

    def __init__(self, path: Path) -> None:
        self.document, self.situation = situation(path)
        self.now = self.status(())

    @functools.cache  # noqa: B019 - as many as the tests make
    def status(self, facts: tuple[int, ...]) -> dict[str, str]:
        """Return the status of every intervention once facts hold."""
        return forced(engine(), self.document, self.situation, mask(facts))


@functools.cache
def world(path: Path) -> World:
    return World(path)


@functools.cache
def changes(path: Path, action: str) -> Changes:
    return world(path).situation.changes(action)


@functools.cache
def told(path: Path) -> dict[str, WhyRecord]:
    """Return the reasons of every intervention, of a case that is assessed once for all."""
    document = read(path)
    with assessor().parts(document) as parts:
        (found,) = (
            {
                action: explainer.explain(record, action, None, 1, None)
                for action in (one["action"] for one in record["actions"])
            }
            for part in parts
            for explainer in [_Explainer(assessor(), ruling(), document, Lines(document), part)]
            for record in part.records(everything=True)
        )
    return found


@pytest.mark.slow
def test_the_reasons_that_are_tested_are_those_that_are_told() -> None:
    for action in each(actions()[::4]):
        assert why(assessor(), read(SEVEN), action, largest=1) == [told(SEVEN)[action]]


def possible(here: Situation, facts: tuple[int, ...]) -> bool:
    """Tell whether facts can hold beside what remains known."""
    return here.given(mask(facts)) is not None


def actions() -> list[str]:
    return sorted(ruling().counting)


@functools.cache
def relevant(action: str) -> frozenset[int]:
    """Return the literals over the existentials of what takes part, by way of the rows."""
    taking_part = {row[1] for row in assessor().ask("what-counts-for-what") if row[0] == action}
    numbers = {
        ruling().entailment.number[row[4] or ""]
        for row in assessor().ask("which-implicants-are-there")
        if row[0] in taking_part
    }
    return frozenset(numbers | {number ^ 1 for number in numbers})


# ---------------------------------------------------------------------- least sets


@pytest.mark.slow
@pytest.mark.parametrize("path", CASES[:4], ids=NAMES[:4])
def test_every_set_changes_the_status_as_it_says_and_no_part_of_it_does(path: Path) -> None:
    """The rules say so, run over the edited graph with the facts put in."""
    here = world(path)
    count = 0
    for action in actions():
        found = changes(path, action)
        sets = found.sets
        if path not in EXAMPLES:
            sets = tuple(sorted(sets, key=lambda one: len(one.facts))[:1])
        for change in sets:
            count += 1
            assert change.status != here.now[action]
            assert here.status(change.facts)[action] == change.status
            for part in subsets(change.facts):
                if possible(here.situation, part):
                    assert here.status(part)[action] == here.now[action], (action, part)
    assert count >= 20


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES[:1], ids=NAMES[:1])
def test_no_set_of_at_most_two_facts_is_missing(path: Path) -> None:
    """Every set of one or two of these is tried, and those that change a status are those told."""
    here = world(path)
    reference = Reference(assessor().source, ruling())
    unknown = [n for n in range(ruling().entailment.count) if not here.situation.known >> n & 1]
    unknown = unknown[::2]
    changing: dict[str, set[tuple[int, ...]]] = {action: set() for action in actions()}
    for size in (1, 2):
        for facts in each(itertools.combinations(unknown, size)):
            if not reference.consistent(facts):
                assert not possible(here.situation, facts)
                continue
            statuses = here.status(facts)
            for action in actions():
                if statuses[action] != here.now[action] and relevant(action).issuperset(facts):
                    parts = {tuple(one) for one in map(list, subsets(facts))}
                    if not parts & changing[action]:
                        changing[action].add(facts)
    for action in actions():
        told = {one.facts for one in changes(path, action).sets if len(one.facts) <= 2}
        assert {one for one in told if {*one} <= {*unknown}} == changing[action], action
    assert {len(one) for found in changing.values() for one in found} == {1, 2}


@pytest.mark.many(4)
@pytest.mark.parametrize("path", CASES[:6], ids=NAMES[:6])
def test_no_set_of_at_most_three_facts_is_missing_by_plain_search(path: Path) -> None:
    """The search leaves out what cannot matter; one that leaves out nothing finds the same."""
    here = world(path).situation
    for action in each(chosen(path.parent.name).sample(actions(), 4)):
        pool = sorted(one for one in relevant(action) if not here.known >> one & 1)
        now = ruling().status(action, here.known)
        plain: list[tuple[int, ...]] = []
        for size in (1, 2, 3):
            for facts in itertools.combinations(pool, size):
                if any(set(one) <= set(facts) for one in plain):
                    continue
                status = here.status(action, mask(facts))
                if status is not None and status != now:
                    plain.append(facts)
        found = here.changes(action, largest=3)
        assert {one.facts for one in found.sets} == set(plain), action


@pytest.mark.slow
def test_what_is_complete_stays_so_however_large_the_sets() -> None:
    for path in each(EXAMPLES):
        here = world(path).situation
        for action in each(actions()):
            found = changes(path, action)
            if found.complete:
                larger = here.changes(action, largest=found.size + 2)
                assert larger.complete
                assert larger.sets == found.sets


@pytest.mark.slow
def test_sets_that_lead_to_one_status_are_the_least_that_do() -> None:
    here = world(SEVEN)
    count = 0
    for action in actions():
        for status in ORDER:
            if status == here.now[action]:
                continue
            for change in here.situation.changes(action, to=status, largest=2).sets:
                count += 1
                assert change.status == status
                assert here.status(change.facts)[action] == status
                for part in subsets(change.facts):
                    if possible(here.situation, part):
                        assert here.status(part)[action] != status
    assert count > 10


def test_a_search_that_is_cut_says_so() -> None:
    found = world(EXAMPLES[1]).situation.changes(
        "https://w3id.org/indicant/spine/Foraminotomy", tries=100
    )
    assert (found.size, found.complete) == (1, False)
    found = world(EXAMPLES[1]).situation.changes(
        "https://w3id.org/indicant/spine/Foraminotomy", largest=2
    )
    assert (found.size, found.complete) == (2, False)
    (record,) = why(assessor(), read(EXAMPLES[1]), "foraminotomy", largest=2, most=3)
    text = as_text(record)
    assert "sets of more than 2 facts were not looked for" in text
    assert f"and {record['changes']['found'] - 3} more sets: --all" in text


@pytest.mark.slow
def test_known_literals_are_those_of_the_rules() -> None:
    for path in each(CASES):
        here = world(path).situation
        rows = assessor().begin(read(path)).ask("what-is-established")
        number = ruling().entailment.number
        assert set(bits(here.known)) == {number[literal or ""] for _, literal in rows}
        assert ruling().entailment.closure(here.known) == here.known


@pytest.mark.slow
def test_clauses_entail_what_a_solver_says() -> None:
    entailment, reference = ruling().entailment, Reference(assessor().source, ruling())
    chooser = chosen("facts")
    for _ in range(500):
        facts = tuple(chooser.sample(range(entailment.count), chooser.randint(1, 4)))
        closure = entailment.closure(mask(facts))
        assert (None if closure is None else set(bits(closure))) == reference.closure(facts)


@pytest.mark.slow
@pytest.mark.parametrize(
    "maker",
    [*map(making.Maker, (40, 41, 42, 45, 46, 47)), *map(nesting.NestedMaker, range(40, 44))],
    ids=lambda maker: f"{type(maker).__name__}-{maker.seed}",
)
def test_random_guidelines(maker: making.Maker) -> None:
    """Where clauses are long and courses are recorded once, the rules still say the same.

    So they do where what is related to a record makes it what is demanded, or not.
    """
    guideline = maker.guideline()
    bench = oracle.Bench(guideline)
    engine = bench.engines["oxigraph"]
    rules = Ruling(engine)
    reference = Reference(bench.source, rules)
    count = rules.entailment.count
    for _ in range(60):
        facts = tuple(maker.random.sample(range(count), min(count, maker.one((1, 2, 3, 4)))))
        closure = rules.entailment.closure(mask(facts))
        assert (None if closure is None else set(bits(closure))) == reference.closure(facts)
    for number in range(3):
        case = maker.case(guideline, f"c{number}")
        while not bench.valid(case):
            case = maker.case(guideline, f"c{number}")
        document = bench.document([case])
        (here,) = situations(document, engine, rules)
        established = {
            rules.entailment.number[one or ""] for _, one in engine.ask("what-is-established")
        }
        assert set(bits(here.known)) == established
        now = forced(engine, document, here, 0)
        for action in sorted(now):
            assert rules.status(action, here.known) == now[action]
        for action in maker.random.sample(sorted(now), min(len(now), 3)):
            found = here.changes(action, largest=3, tries=3000)
            for change in found.sets[:8]:
                check(engine, document, here, action, change, now[action])
            pool = [one for one in bits(rules.relevant(action)) if not here.known >> one & 1]
            if found.size >= 2:
                told = {one.facts for one in found.sets}
                for facts in itertools.combinations(pool[:14], 2):
                    status = here.status(action, mask(facts))
                    least = all(
                        here.status(action, 1 << one) in {None, now[action]} for one in facts
                    )
                    if status is not None and status != now[action] and least:
                        assert facts in told


def check(
    engine: Engine,
    document: Document,
    here: Situation,
    action: str,
    change: Change,
    now: str,
) -> None:
    assert change.status != now
    assert forced(engine, document, here, mask(change.facts))[action] == change.status
    for part in subsets(change.facts):
        if possible(here, part):
            assert forced(engine, document, here, mask(part))[action] == now


# ---------------------------------------------------------------------- taking back


def test_what_contradicts_is_taken_back_and_nothing_else() -> None:
    here = world(SEVEN).situation
    number = ruling().entailment.number
    literals = {
        (one.fact, one.polarity): number[iri] for iri, one in assessor().catalogue.literals.items()
    }
    myelopathy = here.withdrawn(1 << literals["myelopathy", "present"])
    assert [(local_name(one.node), local_name(one.value or "")) for one in myelopathy] == [
        ("mri", "Myelopathy")
    ]
    care = "at least 182 days of conservative management"
    (length,) = here.withdrawn(1 << literals[care, "absent"])
    assert (local_name(length.node), local_name(length.path)) == ("care", "days")
    known = here.given(1 << literals[care, "absent"])
    assert known is not None
    assert known >> literals["failed conservative management", "present"] & 1
    mri = here.given(1 << literals["cervical MRI done", "absent"])
    assert mri is not None
    for fact in ("nerve root compression", "spinal stenosis"):
        assert not mri >> literals[fact, "present"] & 1
    assert not mri >> literals["myelopathy", "absent"] & 1


def test_a_draft_leaves_no_loose_ends() -> None:
    document = read(SEVEN)
    draft = Draft(document)
    base = "https://example.org/clinic/patient-7#"
    draft.declassify(f"{base}mri", ["https://w3id.org/indicant/spine/CervicalMri"])
    left = {quad.subject.value for quad in draft.document().quads if hasattr(quad.subject, "value")}
    assert not left & {f"{base}mri", f"{base}stenosis", f"{base}root"}
    assert f"{base}care" in left
    assert len(document.quads) == len(draft.document().quads) + len(draft.taken_back)


# ---------------------------------------------------------------------- reasons


@functools.cache
def searches() -> dict[str, tuple[_Search, dict[str, int]]]:
    """Return, per recommendation, a solver that knows its effective criterion."""
    source = load(assessor().path)
    model = read_model(source)
    theory = Theory(model)
    found = {}
    for iri, expression in effective(model).items():
        normal = theory.normal(simplify(expression))
        clauses = theory.clauses(sorted(set(existentials(normal)), key=repr))
        names = {
            Reference.name(source, model, theory, atom): number
            for atom, number in clauses.variables.items()
        }
        found[iri] = (_Search(clauses, normal, float("inf"), ()), names)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("path", CASES[:4], ids=NAMES[:4])
def test_reasons_are_enough_and_no_part_of_one_is(path: Path) -> None:
    """A SAT solver entails the answer from the literals shown, and from no part of them."""
    document = read(path)
    (record,) = assessor().assess(document, everything=True)
    rows = assessor().begin(document).ask("why-is-it-so")
    seen = 0
    for action in record["actions"]:
        for reason in told(path)[action["action"]]["reasons"]:
            if reason["answer"] == "open":
                assert not reason["because"]
                assert reason["settledBy"]
                continue
            search, names = searches()[reason["recommendation"]]
            goal = search._goal if reason["answer"] == "met" else -search._goal
            literals = sorted({row[2] or "" for row in rows if row[1] == reason["recommendation"]})
            facts = [
                names[one.rpartition("/")[0]] * (1 if one.endswith("/present") else -1)
                for one in literals
            ]
            assert len(reason["because"]) == len(facts)
            assert search._holds(facts, goal)
            for one in facts:
                assert not search._holds([other for other in facts if other != one], goal)
            assert all(fact["nodes"] for fact in reason["because"])
            seen += 1
    assert seen > 5


def outcome(pro: int, contra: int) -> str:
    """Return the status by the table of the README, with met as two and open as one."""
    if pro == 2:
        return ("recommended", "conditional", "conflicting")[contra]
    if contra == 2:
        return "contraindicated"
    return "undetermined" if pro or contra else "not-applicable"


@pytest.mark.slow
@pytest.mark.parametrize("path", CASES, ids=NAMES)
def test_the_recommendations_shown_are_enough_for_the_status(path: Path) -> None:
    """The answers of those shown, whatever the others say, give the status; none can be spared."""
    score = {"met": 2, "open": 1, "refuted": 0}
    for action in each(actions()):
        record = told(path)[action]
        if record["status"] == "undetermined":
            continue
        here = ruling().counting[action]
        shown = {one["recommendation"]: str(one["answer"]) for one in record["reasons"]}

        def reached(shown: dict[str, str], here: tuple[list[str], list[str]] = here) -> set[str]:
            sides = []
            for side in here:
                scores = [{score[shown[one]]} if one in shown else {0, 1, 2} for one in side]
                sides.append({max(row) for row in itertools.product(*scores)} if scores else {0})
            return {outcome(*pair) for pair in itertools.product(*sides)}

        assert record["status"] in reached(shown)
        if record["status"] != "conditional":
            assert reached(shown) == {record["status"]}, action


def test_the_tree_goes_down_to_lines_passages_and_evidence() -> None:
    (record,) = why(assessor(), read(SEVEN), "foraminotomy")
    text = as_text(record)
    lines = SEVEN.read_text(encoding="utf-8").splitlines()
    assert text.startswith("foraminotomy: recommended\n  for https://example.org/clinic/patient-7#")
    expected = {
        "care started on 2026-04-20, ongoing true": 'ind:startedOn "2026-04-20"',
        "stenosis severity significant": "spine:severity spine:Significant",
        "case excludes spinal instability": "spine:SpinalInstability",
        "radiculopathy a cervical radiculopathy": "    a spine:CervicalRadiculopathy",
    }
    nodes = [
        node for reason in record["reasons"] for fact in reason["because"] for node in fact["nodes"]
    ]
    for words, recorded in expected.items():
        name, _, statement = words.partition(" ")
        (line,) = {
            node["line"]
            for node in nodes
            if (local_name(node["node"]), node["statement"]) == (name, statement)
        }
        assert line is not None
        assert recorded in lines[line - 1]
        assert f"{words} ({SEVEN}:{line})" in " ".join(text.split())
    first = record["reasons"][0]
    assert first["direction"] == "for"
    assert [one["id"] for one in first["passages"]] == ["s25", "s26", "s27"]
    assert "s26 [2777-2896]" in text
    assert first["criterion"] is not None
    assert first["criterion"]["label"] == "suitable for foraminotomy"
    for said in first["evidence"]:
        assert said["relation"] in {"agrees", "disputes", "qualifies", "related"}
    assert "gives way to: decompress by foraminotomy" in text


def test_a_statement_that_bears_on_two_bounds_is_told_once(tmp_path: Path) -> None:
    """Days and weeks are both of one date."""
    facets = within("ind:days", minInclusive=14), within("ind:weeks", "decimal", maxInclusive=10)
    one = traps.guideline(two=Some("ind:received", "ex:Act", facets))
    path = tmp_path / "guideline.ttl"
    path.write_text(making.guideline_text(one), encoding="utf-8")
    case = traps.case(traps.node("ind:received", "ex:Act", days=20))
    document = parse(making.case_text([case]), path="case.ttl")
    (record,) = why(Assessor(path), document, "Act")
    (reason,) = record["reasons"]
    (fact,) = reason["because"]
    assert [node["statement"] for node in fact["nodes"]] == ["started on 2026-11-02, ongoing true"]


def test_a_length_is_told_by_all_its_dates() -> None:
    (record,) = why(assessor(), read(SEVEN), "foraminotomy")
    statements = {
        node["statement"]
        for reason in record["reasons"]
        for fact in reason["because"]
        for node in fact["nodes"]
    }
    assert "started on 2026-05-04, ended on 2026-08-03" in statements


@pytest.mark.slow
def test_one_reason_is_shown_and_the_others_are_named() -> None:
    (record,) = why(assessor(), read(SEVEN), "spinal fusion")
    assert record["status"] == "contraindicated"
    assert [one["answer"] for one in record["reasons"]] == ["met"]
    assert [one["label"] for one in record["further"]] == ["do not fuse for isolated radiculopathy"]
    assert "the same follows from 1 more" in as_text(record)


@pytest.mark.slow
def test_what_is_not_known_is_to_be_learned_and_what_is_known_would_be_otherwise() -> None:
    document, here = read(SEVEN), world(SEVEN).situation
    literals = assessor().catalogue.literals
    number = ruling().entailment.number
    known = {
        (literals[name].fact, literals[name].polarity)
        for name in literals
        if here.known >> number[name] & 1
    }
    other = {"present": "absent", "absent": "present"}
    for action in actions():
        (record,) = why(assessor(), document, action, largest=2)
        for change in record["changes"]["sets"]:
            for fact in change["facts"]:
                opposite = fact["label"], other[fact["polarity"]]
                assert fact["otherwise"] == (opposite in known)
                assert (fact["label"], fact["polarity"]) not in known


@pytest.mark.slow
def test_few_facts_come_first_and_what_is_to_be_learned_before_what_is_known() -> None:
    (record,) = why(assessor(), read(EXAMPLES[1]), "foraminotomy")
    keys = [
        (len(one["facts"]), sum(fact["otherwise"] for fact in one["facts"]))
        for one in record["changes"]["sets"]
    ]
    assert keys == sorted(keys)


# ---------------------------------------------------------------------- names and mistakes


@pytest.mark.parametrize(
    "name",
    [
        "Foraminotomy",
        "foraminotomy",
        "spine:Foraminotomy",
        "https://w3id.org/indicant/spine/Foraminotomy",
        "<https://w3id.org/indicant/spine/Foraminotomy>",
    ],
)
def test_an_intervention_goes_by_any_of_its_names(name: str) -> None:
    (record,) = why(assessor(), read(SEVEN), name, largest=1)
    assert record["label"] == "foraminotomy"


def test_a_label_of_several_words() -> None:
    (record,) = why(assessor(), read(SEVEN), "Long-term opioid therapy", largest=1)
    assert local_name(record["action"]) == "LongTermOpioidTherapy"


@pytest.mark.parametrize(
    ("name", "message", "advice"),
    [
        ("foramnotomy", "is called 'foramnotomy'", "did you mean Foraminotomy?"),
        ("spine:Foramnotomy", "is called 'spine:Foramnotomy'", "Foraminotomy"),
        ("radiograph", "no recommendation speaks of radiograph", "assess --all"),
        ("Myelopathy", "is called 'Myelopathy'", ""),
        ("", "is called ''", ""),
        ("https://example.org/Nothing", "is called 'https://example.org/Nothing'", ""),
    ],
)
def test_an_unknown_intervention_is_told_with_the_nearest(
    name: str, message: str, advice: str
) -> None:
    with pytest.raises(IndicantError, match="no ") as caught:
        why(assessor(), read(SEVEN), name)
    assert message in str(caught.value)
    assert advice in (caught.value.help or "")


@pytest.mark.slow
def test_nothing_recorded_at_all_still_has_reasons_and_changes() -> None:
    document = parse(DRY, path="case.ttl")
    for action in each(actions()):
        (record,) = why(assessor(), document, action, largest=2)
        assert record["reasons"]
        as_text(record)


def test_two_cases_in_one_file_are_each_explained() -> None:
    text = SEVEN.read_text(encoding="utf-8")
    other = text[text.index(":case") :].replace("spine:SpinalInstability ,", "")
    both = f"{text}@prefix : <https://example.org/other#> .\n{other}"
    records = why(assessor(), parse(both, path="case.ttl"), "foraminotomy", largest=1)
    assert [one["status"] for one in records] == ["recommended", "undetermined"]
    (alone,) = why(assessor(), parse(text, path="case.ttl"), "foraminotomy", largest=1)
    assert records[0] == alone


def test_a_case_that_breaks_a_shape_is_not_explained() -> None:
    broken = DRY.replace("spine:SpinePain", "spine:SpinePian")
    with pytest.raises(InvalidCase):
        why(assessor(), parse(broken, path="case.ttl"), "foraminotomy")


@pytest.mark.slow
def test_the_same_case_gives_the_same_bytes() -> None:
    first, second = (json.dumps(why(assessor(), read(SEVEN), "spinal fusion")) for _ in range(2))
    assert first == second


@pytest.mark.slow
def test_the_command_prints_text_and_json() -> None:
    code, text, _ = run("why", str(SEVEN), "foraminotomy")
    assert (code, text) == (0, as_text(why(assessor(), read(SEVEN), "foraminotomy", most=12)[0]))
    code, out, _ = run("why", str(SEVEN), "foraminotomy", "--format", "json")
    assert code == 0
    assert json.loads(out) == json.loads(json.dumps(why(assessor(), read(SEVEN), "foraminotomy")))


@pytest.mark.slow
def test_the_command_looks_for_one_status() -> None:
    code, text, _ = run("why", str(SEVEN), "cervical MRI", "--to", "recommended")
    assert code == 0
    assert "what would make it recommended\n  if instead: no cervical MRI so far" in text
    code, text, _ = run("why", str(SEVEN), "cervical MRI", "--to", "not-applicable")
    assert text.endswith("it is not-applicable already\n")
    code, text, _ = run("why", str(SEVEN), "cervical MRI", "--to", "conflicting")
    assert text.endswith("what would make it conflicting\n  no set of any size\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("why",),
        ("why", str(SEVEN)),
        ("why", str(SEVEN), "foraminotomy", "--to", "great"),
        ("why", str(SEVEN), "foraminotomy", "--facts", "0"),
        ("why", str(SEVEN), "foraminotomy", "--facts", "many"),
        ("why", str(SEVEN), "foramnotomy"),
        ("why", "missing.ttl", "foraminotomy"),
        ("why", str(SEVEN), "foraminotomy", "--guideline", "nothing"),
    ],
)
def test_a_misuse_is_one_line(arguments: tuple[str, ...]) -> None:
    hold_to_one_line(*arguments)


@pytest.mark.slow
def test_a_broken_case_is_a_finding() -> None:
    code, out, _ = run("why", str(BROKEN), "foraminotomy")
    assert code == 1
    assert "violation" in out


@pytest.mark.slow
def test_what_a_record_says_of_its_dates_is_in_the_language() -> None:
    told = {tag: run("why", str(SEVEN), "foraminotomy", "--lang", tag)[1] for tag in ("en", "de")}
    pairs = (
        (
            "therapy started on 2026-05-04, ended on 2026-08-03",
            "therapy begann am 2026-05-04, endete am 2026-08-03",
        ),
        ("care started on 2026-04-20, ongoing true", "care begann am 2026-04-20, andauernd ja"),
        ("case excludes ", "case schließt aus "),
    )
    for english, german in pairs:
        assert english in told["en"]
        assert german in told["de"]
    assert not re.search("started on|ended on|ongoing|excludes", told["de"])
