"""The rules as loops say what they say on Oxigraph, and leave to it what they cannot compute."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from each import each
from indicant.assess import native
from indicant.assess.assessor import Assessor
from indicant.assess.engine import OxigraphEngine, question, rules
from indicant.assess.native import Loops, NativeEngine, Written, plans
from indicant.assess.quantities import read_quantities
from indicant.compile.compiled import obtain
from indicant.files import resources
from indicant.files.rdf import read
from indicant.files.sources import load
from indicant.query.plans import plan_of
from indicant.terms import XSD
from places import ASSESSED, ROOT, SEVEN_MONTHS, TESTS
from shipped import assessor
from traps import GUIDELINES, TRAPS, bench

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from indicant.files.rdf import Document

OPIOIDS = sorted((TESTS / "opioids-for-pain").glob("*/case.ttl"))
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*/guideline.ttl"))
NUMBERS = frozenset((XSD + "integer", XSD + "decimal"))


def told(triples: Iterable[ox.Triple]) -> set[tuple[str, ...]]:
    """Return statements, of a number what it is: of two that are equal either may be the least."""
    return {
        tuple(
            term.value
            if isinstance(term, ox.Literal) and term.datatype.value in NUMBERS
            else str(term)
            for term in (one.subject, one.predicate, one.object)
        )
        for one in triples
    }


def both(graph: str) -> tuple[OxigraphEngine, NativeEngine]:
    return OxigraphEngine(graph), NativeEngine(graph, Loops(graph, pays=0))


def hold(engines: tuple[OxigraphEngine, NativeEngine], document: Document) -> bool:
    """Compare all that is derived, and all that every assessment asks, in its order.

    Returns:
        Whether loops have answered.
    """
    ours, theirs = engines[1], engines[0]
    for engine in engines:
        engine.begin(document.quads)
    assert told(ours.known()) == told(theirs.known())
    assert ours.stated == theirs.stated
    for name in native._ASKED:
        assert ours.ask(name) == theirs.ask(name), name
        assert sorted(ours.ask(name, ordered=False), key=str) == sorted(theirs.ask(name), key=str)
    return ours.is_native


def opioids() -> Assessor:
    return Assessor("opioids-for-pain")


@pytest.mark.slow
def test_all_that_is_derived_of_a_case_is_the_same() -> None:
    """Of cases of both guidelines that ship: each statement, and each row that is asked for."""
    engines = both(assessor().compiled.graph)
    for path in each(ASSESSED[::6]):
        assert hold(engines, read(path))
    made = opioids()
    engines = both(made.compiled.graph)
    for path in each(OPIOIDS[::9]):
        document = read(path)
        counted = read_quantities(document.quads, made.vocabulary).counted
        assert hold(engines, replace(document, quads=tuple(counted)))


@pytest.mark.slow
def test_all_that_is_derived_is_the_same_whatever_the_language_says() -> None:
    """Of the traps, and of the executed example of every construct of the language."""
    native_ones = 0
    for trap in each(TRAPS[::3]):
        made = bench(GUIDELINES.index(trap.guideline))
        native_ones += hold(both(made.compiled.graph), made.document([trap.case]))
    assert native_ones > 0.9 * len(TRAPS[::3])
    answered = []
    for path in each(EXAMPLES):
        engines = both(obtain(load(path)).graph)
        for name in each(("met", "refuted")):
            file = path.with_name(f"{name}.ttl")
            if file.is_file():
                answered.append(hold(engines, read(file)))
    # A quantity with a unit is a number by the time that rules see it, and here it is none yet.
    assert answered.count(False) <= 2 < len(answered) - 20


@pytest.mark.slow
def test_every_rule_of_a_decision_is_written() -> None:
    """One that is not would be answered by Oxigraph, right and late."""
    small = sorted((ROOT / "examples" / "guidelines").glob("*/guideline.ttl"))
    graphs = [obtain(load(path)).graph for path in (*small, *EXAMPLES[::4])]
    for graph in each([assessor().compiled.graph, opioids().compiled.graph, *graphs]):
        written = Written(graph, plans())
        late = [one.text for one in rules() if not written.answers(one.text) and one.stratum < 90]
        assert late == []
        assert all(written.answers(question(name)) for name in native._ASKED)


@pytest.mark.slow
def test_what_is_not_computed_with_is_answered_by_oxigraph() -> None:
    """A number of a kind that engines read in different ways, whatever it stands for."""
    graph = assessor().compiled.graph
    theirs, ours = both(graph)
    example = read(SEVEN_MONTHS)
    odd = ox.Quad(
        ox.NamedNode("https://example.org/x"),
        ox.NamedNode("https://example.org/y"),
        ox.Literal("1.5e3", datatype=ox.NamedNode(XSD + "double")),
    )
    quads = (*example.quads, odd)
    for engine in (theirs, ours):
        engine.begin(quads)
    assert not ours.is_native
    assert told(ours.known()) == told(theirs.known())
    assert ours.ask("what-is-the-status") == theirs.ask("what-is-the-status") != []
    assert hold((theirs, ours), example)
    assert "1.5e3" not in str(list(ours.known()))


@pytest.mark.slow
def test_a_question_of_ones_own_sees_the_case_at_hand_and_no_other() -> None:
    """What is asked in other words goes to a store, which is filled anew for each case."""
    theirs, ours = both(assessor().compiled.graph)
    query = "SELECT DISTINCT ?c WHERE { ?c a <https://w3id.org/indicant/core/PatientCase> }"
    seen = []
    for path in each(ASSESSED[:4]):
        document = read(path)
        for engine in (theirs, ours):
            engine.begin(document.quads)
        assert sorted(ours.select(query)) == sorted(theirs.select(query))
        assert ours.solutions(query)[1] == theirs.solutions(query)[1] != []
        assert set(map(str, ours.describe())) == set(map(str, theirs.describe()))
        seen.append(ours.select(query))
    ours.forget()
    assert ours.select(query) == []
    assert list(ours.known()) == []
    assert len(seen) == 4


@pytest.mark.slow
def test_a_guideline_that_has_seen_many_cases_goes_on_with_loops_and_the_same_answers() -> None:
    """Until then it does not pay to write them."""
    made = Assessor()
    document = read(SEVEN_MONTHS)
    made._loops._pays = 3 * len(document.quads)
    answers, ready = [], []
    for _ in range(5):
        answers.append(made.assess(document, everything=True))
        ready.append(made._loops.are_written)
    assert ready == [False, False, True, True, True]
    assert all(one == answers[0] for one in answers)


def test_plans_are_kept_and_made_anew_where_they_are_not_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are data of a few kinds, and what others could have written is not read."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(resources, "cache_dir", lambda: folder)
    monkeypatch.setattr(native, "texts", lambda: [question("what-is-superseded")])
    made: list[str] = []
    make = native._made
    monkeypatch.setattr(native, "_made", lambda: made.append("made") or make())  # type: ignore[func-returns-value]
    plans.cache_clear()
    try:
        text = question("what-is-superseded")
        first = dict(plans())
        assert first == {text: plan_of(text)}
        plans.cache_clear()
        assert (dict(plans()), made) == (first, ["made"])
        for path in folder.iterdir():
            path.chmod(0o777)
        plans.cache_clear()
        assert (dict(plans()), made) == (first, ["made"] * 2)
        shutil.rmtree(folder)
        plans.cache_clear()
        assert dict(plans(use_cache=False)) == first
        assert not folder.exists()
    finally:
        plans.cache_clear()


@pytest.mark.slow
def test_an_escape_in_a_case_is_no_code() -> None:
    """Nothing of a case stands in what is written."""
    graph = assessor().compiled.graph
    quoted = ox.Literal('")] = None; raise SystemExit #')
    theirs, ours = both(graph)
    node = ox.NamedNode("https://example.org/case#x")
    quad = ox.Quad(node, ox.NamedNode("https://example.org/says"), quoted)
    for engine in (theirs, ours):
        engine.begin([*read(SEVEN_MONTHS).quads, quad])
    assert told(ours.known()) == told(theirs.known())
