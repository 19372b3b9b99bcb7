"""A case as a document: its text is written for whoever reads it, and says what the case says."""

from __future__ import annotations

import copy
import datetime
from dataclasses import replace

import pytest

from indicant.files.rdf import TURTLE, parse
from indicant.files.turtle import tidy
from indicant.intake import casegraph
from indicant.intake.casegraph import CaseGraph
from indicant.terms import PREFIXES


def case() -> CaseGraph:
    made = CaseGraph("https://example.org/case/a", datetime.date(2026, 11, 30))
    node = made.node(
        "b", casegraph.HAS, ["https://example.org/Rain"], "https://example.org/Condition/b"
    )
    node.said[casegraph.ONSET] = casegraph.date(datetime.date(2026, 11, 1))
    return made


def test_the_text_says_what_the_statements_say() -> None:
    made = case().document("a.ttl", PREFIXES)
    again = parse(made.text.encode(), path="a.ttl", format=TURTLE)
    assert set(map(str, again.quads)) == set(map(str, made.quads))
    assert made.text == made.text
    assert made.text.startswith("@prefix ")


def test_the_text_is_written_once_and_only_where_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[str] = []

    def counted(text: str, *, file: str) -> str:
        written.append(file)
        return tidy(text, file=file)

    monkeypatch.setattr(casegraph, "tidy", counted)
    made = case().document("a.ttl", PREFIXES)
    assert written == []
    first = made.text
    assert (made.text, written) == (first, ["a.ttl"])
    other = replace(case().document("a.ttl", PREFIXES), path="b.ttl")
    assert (other.text, other.path) == (first, "b.ttl")


def test_a_document_has_no_other_elements_than_it_says() -> None:
    made = case().document("a.ttl", PREFIXES)
    with pytest.raises(AttributeError, match="texts"):
        getattr(made, "texts")  # noqa: B009 - mypy knows that there is none
    assert copy.copy(made).text == made.text
