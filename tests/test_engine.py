"""What is left out for speed changes no answer."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forcing import CASES, assessor
from indicant import engine as module
from indicant.compiling import obtain
from indicant.engine import make_engine, rules
from indicant.reading import read
from indicant.records import ANSWERS

if TYPE_CHECKING:
    from indicant.engine import Engine

HERE = Path(__file__).parent
FOLDERS = sorted((HERE / "assess").glob("*/case.ttl"))[::12]


def known(engine: Engine, path: Path) -> set[str]:
    engine.begin(read(path).quads)
    return {str(triple) for triple in engine.known()}


@pytest.mark.parametrize("name", ["oxigraph", "rdflib"])
def test_a_rule_without_what_it_needs_says_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leaving it out derives the same, and every rule that needs something is left out once."""
    engine = make_engine(name, obtain(assessor().source), None)
    paths = [*CASES, *FOLDERS] if name == "oxigraph" else CASES[:4]
    needy = {rule.text for rule in rules() if rule.needs}
    ran: list[set[str]] = []
    derive = engine._derive

    def watched(rule: str) -> set[str]:
        ran[-1].add(rule)
        return derive(rule)

    monkeypatch.setattr(engine, "_derive", watched)
    found = []
    for path in paths:
        ran.append(set())
        found.append(known(engine, path))
    assert needy
    if name == "oxigraph":
        assert needy == set.union(*(needy - one for one in ran))
        assert needy == set.union(*(needy & one for one in ran))
    always = tuple(dataclasses.replace(rule, needs=frozenset()) for rule in rules())
    monkeypatch.setattr(module, "rules", lambda: always)
    assert [known(engine, path) for path in paths] == found


@pytest.mark.parametrize("path", [*CASES, *FOLDERS], ids=lambda path: path.parent.name)
def test_what_can_still_be_answered_is_what_the_question_says(path: Path) -> None:
    """The command counts it out by itself, which is sooner, and finds the same."""
    made = assessor()
    made.begin(read(path))
    engine = made.engine
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
        for case, rows in made._ask(everything=True).items()
        for iri, sets in rows.settling.items()
        for answer, missing in sets
    )


@pytest.mark.parametrize("path", [*CASES, *FOLDERS], ids=lambda path: path.parent.name)
def test_the_reasons_are_what_the_question_says(path: Path) -> None:
    """The command finds the shortest reason by itself, which is sooner, and finds the same."""
    made = assessor()
    made.begin(read(path))
    rows = sorted(
        (case or "", iri or "", literal or "", node or "")
        for case, iri, literal, node in made.engine.ask("why-is-it-so")
    )
    assert rows
    assert rows == sorted(
        (case, iri, literal, node)
        for case, found in made._ask(everything=True).items()
        for iri, reasons in found.reasons.items()
        for literal, nodes in reasons.items()
        for node in nodes
    )
