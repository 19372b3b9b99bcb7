"""Queries that look something up are answered as by two parsers, and without the second."""

from __future__ import annotations

from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicant.ask import adhoc, published
from indicant.ask.standing import read
from indicant.query import algebra

PLACE = "https://example.org/"
GRAPH = "".join(
    f"<{PLACE}{s}> <{PLACE}{p}> {o} .\n"
    for s, p, o in (
        ("a", "p", f"<{PLACE}b>"),
        ("b", "p", f"<{PLACE}a>"),
        ("a", "q", '"rain"@en'),
        ("b", "q", '"rain"@en'),
        ("b", "q", '"7"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        ("a", "r", f"<{PLACE}c>"),
    )
)
NAMES = st.sampled_from([f"<{PLACE}{one}>" for one in "abcpqr"] + ["?x", "?y", "?z"])
OBJECTS = st.one_of(NAMES, st.sampled_from(['"rain"@en', '"rain"', "7"]))
STEPS = st.lists(st.tuples(NAMES, st.one_of(NAMES, st.just("a")), OBJECTS), min_size=1, max_size=3)


def store() -> ox.Store:
    made = ox.Store()
    made.load(GRAPH.encode(), format=ox.RdfFormat.N_TRIPLES)
    return made


def answers(query: str, form: str) -> tuple[str, str]:
    """Return the answer to a query, and the one that two parsers give it."""
    plain = read(query, "")
    task: dict[str, Any] = {
        "query": plain.text,
        "everything": plain.everything,
        "form": form,
        "prefixes": {},
    }
    assert adhoc._LOOKUP.fullmatch(plain.text), plain.text
    parsed = adhoc._parsed(plain.text)
    algebra.check(parsed)
    other = adhoc.shown(task, parsed, adhoc._solved(store(), plain.text))
    return adhoc.answer_of(store(), task), other


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(STEPS, st.sampled_from(["", "DISTINCT "]), st.sampled_from(["", " LIMIT 9"]))
def test_a_lookup_is_answered_as_by_two_parsers(
    steps: list[tuple[str, str, str]], distinct: str, limit: str
) -> None:
    pattern = " . ".join(" ".join(step) for step in steps)
    for form in ("results", "csv"):
        mine, theirs = answers(f"SELECT {distinct}?x ?y WHERE {{ {pattern} }}{limit}", form)
        assert mine == theirs


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.from_regex(adhoc._LOOKUP, fullmatch=True, alphabet=st.characters(max_codepoint=0x2FF)))
def test_what_is_taken_for_a_lookup_is_one_for_either_parser(text: str) -> None:
    try:
        ox.Store().query(text)
    except SyntaxError:
        return
    assert algebra.is_ordered(algebra.parsed(text)) is False


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?x ?p ?y }",
        "SELECT ?x { ?x ?p ?y } ORDER BY ?x",
        "SELECT ?x { ?x ?p+ ?y }",
        "SELECT ?x { ?x ?p ?y FILTER(?x = ?y) }",
        "SELECT ?x { { ?x ?p ?y } }",
        "SELECT (COUNT(*) AS ?n) { ?x ?p ?y }",
        "SELECT ?x { ?x ?p [] }",
        "ASK { ?x ?p ?y }",
        'SELECT ?x { ?x ?p "\\n" }',
        "CONSTRUCT WHERE { ?x ?p ?y }",
    ],
)
def test_anything_else_is_read_by_both(query: str) -> None:
    assert not adhoc._LOOKUP.fullmatch(read(query, "").text)


IMPORTS = "<http://www.w3.org/2002/07/owl#imports>"
PARTS = st.sampled_from([f"<{PLACE}a>", IMPORTS, f'"says {IMPORTS} here"', '"a b"@en'])
LINES = st.lists(st.tuples(st.sampled_from([f"<{PLACE}a>", IMPORTS]), PARTS, PARTS), max_size=8)


@given(lines=LINES, piece=st.integers(1, 200))
def test_what_is_published_is_all_but_what_is_imported(
    lines: list[tuple[str, str, str]], piece: int
) -> None:
    kept = "".join(f"{s} {p} {o} .\n" for s, p, o in lines if p != IMPORTS)
    text = "".join(f"{s} {p} {o} .\n" for s, p, o in lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(published, "_PIECE", piece)
        assert "".join(published._without_imports(text)) == kept
