"""The wrong changes of ``make mutants``: what they are, how they are chosen, what is told."""

from __future__ import annotations

import ast
import random
from collections import Counter

import pytest

import changes
import mutants
from changes import KINDS, Change
from each import each
from places import ROOT


def all_of(kind: str) -> tuple[Change, ...]:
    return changes.of(next(one for one in KINDS if one.name == kind))


def made(text: str, kind: str) -> set[str]:
    """Return the texts that the changes of a kind make of a text."""
    edits = next(one for one in KINDS if one.name == kind).edits(text)
    return {text[: one.start] + one.new + text[one.end :] for one in edits}


def test_python_loses_a_guard_a_statement_or_the_first_and_turns_a_comparison() -> None:
    text = (
        "def f(a: int | None):\n"
        "    if a < 1:\n        return 0\n"
        "    for b in a:\n        c.add(b)\n"
    )
    found = made(text, "python")
    assert text.replace("a < 1", "a <= 1") in found
    assert text.replace("a < 1", "False") in found
    assert text.replace("in a:", "in list((a))[1:]:") in found
    assert text.replace("c.add(b)", "pass") in found
    assert not [one for one in found if "int | None" not in one]


def test_sparql_loses_a_pattern_and_takes_one_step_for_many() -> None:
    text = "SELECT ?a WHERE {\n  ?a rdfs:subClassOf* ?b .\n  FILTER(?a < ?b)\n}\n"
    found = made(text, "rules")
    assert text.replace("Of*", "Of") in found
    assert text.replace(" < ", " <= ") in found
    assert text.replace("  FILTER(?a < ?b)", "") in found
    assert text.replace("  ?a rdfs:subClassOf* ?b .", "") in found


def test_data_get_another_threshold_direction_or_passage_and_lose_an_override() -> None:
    text = (
        "g:r\n    a ind:Indication ;\n    ind:overrides g:s ;\n    ind:restsOn g:s07 ;\n.\n"
        "[] xsd:minInclusive 42 .\n"
    )
    found = made(text, "data")
    assert text.replace("42", "43") in found
    assert text.replace("ind:Indication", "ind:Contraindication") in found
    assert text.replace("    ind:overrides g:s ;\n", "") in found
    assert text.replace("g:s07", "g:s08") in found


def test_a_template_says_something_less_or_the_opposite() -> None:
    text = "<p>{% if one.met %}met{% endif %}{% for a in one.b %}{{ a }}{% endfor %}</p>"
    found = made(text, "templates")
    assert text.replace("{{ a }}", "") in found
    assert text.replace("one.met", "not (one.met)") in found
    assert text.replace("in one.b", "in (one.b | list)[1:]") in found


@pytest.mark.slow
@pytest.mark.parametrize("kind", [one.name for one in KINDS])
def test_each_change_has_a_key_and_changes_its_file(kind: str) -> None:
    found = all_of(kind)
    assert len(found) > 100
    assert len({one.key for one in found}) == len(found)
    for one in each(random.Random(7).sample(found, 40)):  # noqa: S311 - not for secrets
        before = (ROOT / one.path).read_text(encoding="utf-8")
        after = one.made(before)
        assert after != before
        assert after.splitlines()[: one.line - 1] == before.splitlines()[: one.line - 1]
        if kind == "python":
            ast.parse(after)


@pytest.mark.slow
def test_those_chosen_are_spread_over_all_rooms_and_the_same_for_the_same_seed() -> None:
    some = mutants.chosen(400, 3)
    assert [one.key for one in some] == [one.key for one in mutants.chosen(400, 3)]
    assert {one.key for one in some} != {one.key for one in mutants.chosen(400, 4)}
    assert 395 <= len(some) <= 405
    counts = Counter(one.kind for one in some)
    assert min(counts.values()) >= 30
    for kind in each(KINDS):
        rooms = {one.room for one in all_of(kind.name)}
        if counts[kind.name] >= len(rooms):
            assert {one.room for one in some if one.kind == kind.name} == rooms


@pytest.mark.slow
def test_the_table_tells_what_lives_and_counts_what_is_harmless_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    some = all_of("rules")[:4]
    outcomes = ("noticed", "noticed", "lives", "lives")
    rows = {one.key: {"outcome": outcome} for one, outcome in zip(some, outcomes, strict=True)}
    monkeypatch.setattr(mutants, "harmless", lambda: {some[2].key: "the same"})
    told = mutants.table(some, rows)
    assert told.splitlines()[1].split() == ["rules", "4", "2", "1", "1", "66.7%"]
    assert some[3].key in told
    assert some[2].key not in told


@pytest.mark.slow
def test_what_lives_is_listed_with_a_reason() -> None:
    known = {one.key for kind in KINDS for one in all_of(kind.name)}
    listed = mutants.harmless()
    assert all(reason.strip() for reason in listed.values())
    assert not set(listed) - known, "listed, and no change any more"
