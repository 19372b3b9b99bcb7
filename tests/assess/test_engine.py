"""What is left out for speed changes no answer."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from forcing import CASES
from indicant.ask.questions import questions
from indicant.assess import engine as module
from indicant.assess.engine import make_engine, needs, rules, strata
from indicant.assess.missing import possible
from indicant.assess.records import ANSWERS
from indicant.compile.compiled import obtain
from indicant.files.rdf import parse, read
from indicant.files.sources import load
from places import ASSESSED, ROOT, TESTS
from shipped import assessor
from traps import GUIDELINES, TRAPS, bench

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from indicant.assess.engine import Engine
    from indicant.files.rdf import Document

FOLDERS = ASSESSED[::12]
NEVER = """
@prefix : <https://example.org/case#> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix knee: <https://example.org/knee/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:case a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ; ind:recordsAll knee:Surgery ;
    ind:received [ a knee:Exercise ; ind:startedOn "2026-11-15"^^xsd:date ] .
"""
"""Of an interval to what never was: it lacks the value."""


def known(engine: Engine, document: Document) -> set[str]:
    engine.begin(document.quads)
    return {str(triple) for triple in engine.known()}


@cache
def work(name: str) -> tuple[tuple[Engine, Document], ...]:
    """Return engines with documents: of the guideline that ships, and of small ones.

    rdflib, which takes fifty times as long, is given fewer.
    """
    all_of_them = name == "oxigraph"
    shipped = make_engine(name, obtain(assessor().source), None)
    paths = [*CASES, *FOLDERS, TESTS / "ask" / "cases.ttl"] if all_of_them else CASES[:1]
    found = [(shipped, read(path)) for path in paths]
    for trap in TRAPS if all_of_them else TRAPS[::20]:
        made = bench(GUIDELINES.index(trap.guideline))
        found.append((made.engines[name], made.document([trap.case])))
    counting = TESTS / "ask" / "counting"
    compiled = obtain(load(counting / "guideline.ttl"))
    found.append((make_engine(name, compiled, None), read(counting / "case.ttl")))
    examples = ("interval", "nested", "days-covered", "expression")
    for example in examples if all_of_them else examples[:2]:
        folder = ROOT / "docs" / "examples" / example
        made_of = make_engine(name, obtain(load(folder / "guideline.ttl")), None)
        found += [
            (made_of, read(folder / f"{one}.ttl"))
            for one in ("met", "refuted")[: 2 if all_of_them else 1]
        ]
        if example == "interval":
            found.append((made_of, parse(NEVER, path="never.ttl")))
    return tuple(found)


@cache
def usual() -> list[set[str]]:
    """Return what Oxigraph holds in the end of each document."""
    return [known(engine, document) for engine, document in work("oxigraph")]


def everything(engine: Engine) -> list[str]:
    """Return all that an engine holds."""
    return sorted(map(str, engine.select("SELECT * WHERE { ?subject ?property ?value }")))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["oxigraph", "rdflib"])
def test_a_case_that_repeats_the_guideline_takes_nothing_of_it_away(name: str) -> None:
    """What it states again is forgotten with it, and the guideline still states it."""
    made = bench(0)
    engine = make_engine(name, made.compiled, None)
    case = made.document([TRAPS[0].case]).quads
    before = everything(engine)
    quads = ox.parse(made.compiled.graph, format=ox.RdfFormat.N_TRIPLES)
    engine.begin([*case, *quads])
    engine.begin(case)
    assert set(before) <= set(everything(engine))
    engine.forget()
    assert everything(engine) == before


@pytest.mark.slow
@pytest.mark.parametrize("name", ["oxigraph", "rdflib"])
def test_a_rule_without_what_it_needs_says_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leaving it out derives the same, and every rule that needs something is left out once."""
    pairs = work(name)
    needy = {rule.text for rule in rules() if rule.needs and not rule.again}
    ran: list[set[str]] = []
    for engine in dict.fromkeys(engine for engine, _ in pairs):
        derive = engine._derive

        def watched(
            texts: Sequence[str], derive: Callable[[Sequence[str]], set[str]] = derive
        ) -> set[str]:
            ran[-1].update(texts)
            return derive(texts)

        monkeypatch.setattr(engine, "_derive", watched)
    found = []
    for engine, document in pairs:
        ran.append(set())
        found.append(known(engine, document))
    if name == "rdflib":
        needy = {text for text in needy if any(text in one for one in ran)}  # it is given less
    assert needy
    assert needy == set.union(*(needy - one for one in ran))
    assert needy == set.union(*(needy & one for one in ran))
    always = [
        (stratum, tuple(dataclasses.replace(rule, needs=frozenset()) for rule in together))
        for stratum, together in strata()
    ]
    monkeypatch.setattr(module, "strata", lambda: always)
    assert [known(engine, document) for engine, document in pairs] == found


@pytest.mark.slow
@pytest.mark.parametrize("backwards", [False, True])
def test_rules_of_one_number_do_not_build_on_one_another(
    monkeypatch: pytest.MonkeyPatch, *, backwards: bool
) -> None:
    """One after the other, in whatever order, they derive what they derive together."""
    pairs, found = work("oxigraph"), usual()
    assert any(len(together) > 1 for _, together in strata())
    alone = [
        (stratum, (rule,))
        for stratum, together in strata()
        for rule in (reversed(together) if backwards else together)
    ]
    monkeypatch.setattr(module, "strata", lambda: alone)
    assert [known(engine, document) for engine, document in pairs] == found


@pytest.mark.slow
def test_a_question_without_what_it_needs_finds_nothing() -> None:
    """Not asking it finds the same, and every question that needs something is not asked once."""
    needy = {name: one.text for name, one in questions().items() if needs(one.text)}
    assert needy
    answered: dict[str, set[bool]] = {name: set() for name in needy}
    for engine, document in work("oxigraph"):
        engine.begin(document.quads)
        for name, text in needy.items():
            rows = engine.select(text)
            assert engine.ask(name) == rows
            answered[name].add(bool(rows))
    assert all(found == {True, False} for found in answered.values())


@pytest.mark.many(4)
@pytest.mark.parametrize("path", [*CASES, *FOLDERS], ids=lambda path: path.parent.name)
def test_what_can_still_be_answered_is_what_the_question_says(path: Path) -> None:
    """The command counts it out by itself, which is sooner, and finds the same."""
    engine = assessor().begin(read(path))
    known = set(engine.ask("what-is-established"))
    literals: dict[str, set[str]] = {}
    for implicant, literal in engine.ask("which-literals-make-an-implicant"):
        literals.setdefault(implicant or "", set()).add(literal or "")
    asked = [
        (case, iri, ANSWERS[answer or ""], frozenset(literals.get(implicant or "", ())))
        for case, iri, answer, implicant in engine.ask("which-answers-are-possible")
    ]
    expected = sorted(
        (case, iri, answer, sorted(one for one in needed if (case, one) not in known))
        for case, iri, answer, needed in asked
    )
    assert expected == sorted(
        (case, iri, answer, sorted(missing))
        for case, rows in engine._ask(everything=True).items()
        for iri, found in rows.answers.items()
        if found == "open"
        for answer, missing in possible(assessor().catalogue, iri, rows.known)
    )


@pytest.mark.many(5)
@pytest.mark.parametrize("path", [*CASES, *FOLDERS], ids=lambda path: path.parent.name)
def test_the_reasons_are_what_the_question_says(path: Path) -> None:
    """The command finds the shortest reason by itself, which is sooner, and finds the same."""
    engine = assessor().begin(read(path))
    rows = sorted(
        (case or "", iri or "", literal or "", node or "")
        for case, iri, literal, node in engine.ask("why-is-it-so")
    )
    assert rows
    assert rows == sorted(
        (case, iri, literal, node)
        for case, found in engine._ask(everything=True).items()
        for iri, reasons in found.reasons.items()
        for literal, nodes in reasons.items()
        for node in nodes
    )
