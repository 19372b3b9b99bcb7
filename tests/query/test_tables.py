"""Tables of answers: another program reads the same terms back, a person whole lines."""

from __future__ import annotations

import csv
import io
import json

import pyoxigraph as ox
import pytest

from indicant.query.tables import Table, from_json, render, to_json

TABLE = Table(
    ("a", "b"),
    (
        (ox.NamedNode("https://example.org/x#y"), ox.Literal('a "b"\t|\n<c>', language="en")),
        (ox.BlankNode("n"), None),
        (
            ox.Literal("\u0645\u0637\u0631", language="ar", direction=ox.BaseDirection.RTL),
            ox.Literal("=1+1"),
        ),
    ),
)


@pytest.mark.parametrize(
    ("form", "kind"),
    [("json", ox.QueryResultsFormat.JSON), ("tsv", ox.QueryResultsFormat.TSV)],
)
def test_a_table_is_a_result_of_sparql(form: str, kind: ox.QueryResultsFormat) -> None:
    """Another parser reads the same terms back."""
    found = ox.parse_query_results(render(TABLE, form, {}).encode(), format=kind)
    assert isinstance(found, ox.QuerySolutions)
    assert tuple(tuple(row) for row in found)[0::2] == TABLE.rows[0::2]


def test_json_comes_back_as_it_went() -> None:
    assert from_json(to_json(TABLE)) == TABLE
    assert json.loads(to_json(TABLE))["head"]["vars"] == ["a", "b"]


def test_csv_is_quoted() -> None:
    rows = list(csv.reader(io.StringIO(render(TABLE, "csv", {}), newline="")))
    assert rows[1] == ["https://example.org/x#y", 'a "b"\t|\n<c>']


def test_a_table_for_people_shortens_and_breaks_no_line() -> None:
    text = render(TABLE, "text", {"ex": "https://example.org/x#"})
    assert text.splitlines()[2] == 'ex:y  a "b" | <c>'
    markdown = render(TABLE, "markdown", {"ex": "https://example.org/x#"})
    assert markdown.splitlines()[2] == '| ex:y | a "b" \\| \\<c\\> |'
    assert render(Table(("a",), ()), "text", {}) == "a\n-\nno rows\n"


def test_a_wide_table_wraps_prose_and_breaks_no_name() -> None:
    name, prose = "x" * 40, "some words " * 20
    table = Table(("name", "prose"), ((ox.Literal(name), ox.Literal(prose)),))
    lines = render(table, "text", {}).splitlines()
    assert lines[2].startswith(name)
    assert max(map(len, lines)) <= 100
