"""Write the rows of a question as text or in the result formats of SPARQL 1.1."""

from __future__ import annotations

import csv
import datetime
import importlib
import io
import json
import re
import textwrap
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from indicant.errors import IndicantError
from indicant.foreign import as_json, in_csv, marked, plain, prose
from indicant.terms import XSD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pandas
    import polars

    from indicant.query.rows import Term

FORMATS: Final = ("text", "json", "csv", "tsv", "markdown")
_WIDTH: Final = 100
_NARROWEST: Final = 24
_LOCAL: Final = re.compile(r"(?:[\w-](?:[\w.-]*[\w-])?)?")


@dataclass(frozen=True)
class Table:
    """The variables of a query and its rows, in order; an unbound value is nothing.

    ``prefixes`` shorten IRIs where the table is printed.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Term | None, ...], ...]
    prefixes: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Iterate over the rows, each a dictionary of Python values."""
        for row in self.rows:
            yield dict(zip(self.columns, map(value_of, row), strict=True))

    def __str__(self) -> str:
        """Return the table as text."""
        return render(self, "text", self.prefixes)

    def _repr_html_(self) -> str:
        import html

        shorten = shortener(self.prefixes)
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.columns)
        body = "".join(
            f"<tr>{''.join(_cell(html.escape, shorten, one) for one in row)}</tr>"
            for row in self.rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def to_dict(self) -> dict[str, Any]:
        """Return what ``indicant ask --format json`` prints: SPARQL 1.1 Query Results JSON."""
        found: dict[str, Any] = json.loads(to_json(self))
        return found

    def to_rows(self) -> list[dict[str, Any]]:
        """Return the rows as dictionaries: IRIs and texts, numbers, dates, truth values."""
        return list(self)

    def to_pandas(self) -> pandas.DataFrame:
        """Return a data frame of pandas, its cells the values of ``to_rows``.

        Raises:
            IndicantError: pandas is not installed.
        """
        frame: pandas.DataFrame = _library("pandas").DataFrame(
            self.to_rows(), columns=list(self.columns)
        )
        return frame

    def to_polars(self) -> polars.DataFrame:
        """Return a data frame of polars, its cells the values of ``to_rows``.

        Raises:
            IndicantError: polars is not installed.
        """
        columns = {name: [row[name] for row in self] for name in self.columns}
        frame: polars.DataFrame = _library("polars").DataFrame(columns, strict=False)
        return frame


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise IndicantError(
            f"{name} is not installed", help=f"pip install {name}, or use to_rows()"
        ) from error


def _cell(escape: Callable[[str], str], shorten: Callable[[Term], str], term: Term | None) -> str:
    return f"<td>{'' if term is None else escape(plain(shorten(term)))}</td>"


def value_of(term: Term | None) -> Any:
    """Return a term as a Python value: IRIs and texts as text, and what has a type by its type.

    A literal that is not of the form of its type is the text that it is.

    >>> value_of(ox.Literal("6", datatype=ox.NamedNode(XSD + "integer")))
    6
    """
    if term is None:
        return None
    if not isinstance(term, ox.Literal):
        return str(term) if isinstance(term, ox.BlankNode) else term.value
    try:
        return _TYPED.get(term.datatype.value.removeprefix(XSD), str)(term.value)
    except (ArithmeticError, KeyError, ValueError):
        return term.value


_TYPED: Final[Mapping[str, Callable[[str], Any]]] = {
    "integer": int,
    "decimal": Decimal,
    "double": float,
    "boolean": {"true": True, "1": True, "false": False, "0": False}.__getitem__,
    "date": datetime.date.fromisoformat,
}


def render(table: Table, form: str, prefixes: Mapping[str, str]) -> str:
    """Return a table in one of ``FORMATS``.

    JSON, CSV and TSV are those of SPARQL 1.1; text and Markdown shorten IRIs by the prefixes.
    """
    if form == "json":
        return to_json(table)
    if form == "csv":
        return _csv(table)
    if form == "tsv":
        return to_tsv(table)
    shorten = shortener(prefixes)
    cells = [["" if one is None else shorten(one) for one in row] for row in table.rows]
    return (_markdown if form == "markdown" else _text)(table.columns, cells)


def to_json(table: Table) -> str:
    """Return a table as SPARQL 1.1 Query Results JSON."""
    bindings = [
        {
            name: _json_term(term)
            for name, term in zip(table.columns, row, strict=True)
            if term is not None
        }
        for row in table.rows
    ]
    tree = {"head": {"vars": list(table.columns)}, "results": {"bindings": bindings}}
    return as_json(tree) + "\n"


def from_json(text: str) -> Table:
    """Return the table that SPARQL 1.1 Query Results JSON holds; an answer to ASK is a cell.

    >>> from_json('{"head": {}, "boolean": true}').columns
    ('answer',)
    """
    tree = json.loads(text)
    if "boolean" in tree:
        return Table(("answer",), ((ox.Literal(bool(tree["boolean"])),),))
    columns = tuple(tree["head"]["vars"])
    rows = [
        tuple(_term_of(row[name]) if name in row else None for name in columns)
        for row in tree["results"]["bindings"]
    ]
    return Table(columns, tuple(rows))


def _json_term(term: Term) -> dict[str, str]:
    if isinstance(term, ox.NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, ox.BlankNode):
        return {"type": "bnode", "value": term.value}
    found = {"type": "literal", "value": term.value}
    if term.language:
        found["xml:lang"] = term.language
        if term.direction is not None:
            found["its:dir"] = str(term.direction)
    elif term.datatype.value != XSD + "string":
        found["datatype"] = term.datatype.value
    return found


def _term_of(tree: Mapping[str, str]) -> Term:
    if tree["type"] == "uri":
        return ox.NamedNode(tree["value"])
    if tree["type"] == "bnode":
        return ox.BlankNode(tree["value"])
    if "xml:lang" in tree:
        way = ox.BaseDirection(tree["its:dir"]) if "its:dir" in tree else None
        return ox.Literal(tree["value"], language=tree["xml:lang"], direction=way)
    kind = tree.get("datatype")
    return ox.Literal(tree["value"], datatype=None if kind is None else ox.NamedNode(kind))


def _csv(table: Table) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(table.columns)
    for row in table.rows:
        writer.writerow("" if one is None else _csv_value(one) for one in row)
    return stream.getvalue()


def _csv_value(term: Term) -> str:
    return str(term) if isinstance(term, ox.BlankNode) else in_csv(term.value)


def to_tsv(table: Table) -> str:
    """Return a table as SPARQL 1.1 Query Results TSV, each term as in N-Triples."""
    lines = ["\t".join(f"?{name}" for name in table.columns)]
    lines += [
        "\t".join("" if one is None else plain(str(one)) for one in row) for row in table.rows
    ]
    return "\n".join(lines) + "\n"


def shortener(prefixes: Mapping[str, str]) -> Callable[[Term], str]:
    """Return what writes a term for people: an IRI by a prefix, a literal without its datatype.

    >>> shortener({"ex": "https://example.org/"})(ox.NamedNode("https://example.org/a"))
    'ex:a'
    """
    known = sorted(prefixes.items(), key=lambda pair: (-len(pair[1]), pair[0]))

    def shorten(term: Term) -> str:
        if isinstance(term, ox.NamedNode):
            for name, namespace in known:
                if term.value.startswith(namespace) and _LOCAL.fullmatch(
                    term.value[len(namespace) :]
                ):
                    return f"{name}:{term.value[len(namespace) :]}"
        return str(term) if isinstance(term, ox.BlankNode) else term.value

    return shorten


def _markdown(columns: Sequence[str], rows: list[list[str]]) -> str:
    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(map(marked, cells))} |"

    rule = f"| {' | '.join(['---'] * len(columns))} |"
    return "\n".join([line(columns), rule, *map(line, rows)]) + "\n"


def _text(columns: Sequence[str], rows: list[list[str]]) -> str:
    cells = [[prose(cell) for cell in row] for row in rows]
    natural, least = [], []
    for number, name in enumerate(columns):
        column = [name, *(row[number] for row in cells)]
        natural.append(max(map(len, column)))
        least.append(max(len(word) for cell in column for word in cell.split() or [""]))
    widths = _fit(natural, least, _WIDTH - 2 * (len(columns) - 1))
    lines = [*_row(columns, widths), "  ".join("-" * width for width in widths)]
    for row in cells:
        lines.extend(_row(row, widths))
    if not rows:
        lines.append("no rows")
    return "\n".join(lines) + "\n"


def _fit(natural: list[int], least: list[int], width: int) -> list[int]:
    """Share a width among columns, breaking no word: only what has several is made narrower."""
    widths = list(natural)
    wide = {number for number, one in enumerate(natural) if one > max(least[number], _NARROWEST)}
    while wide and sum(widths) > width:
        left = width - sum(widths[number] for number in range(len(widths)) if number not in wide)
        share = max(_NARROWEST, left // len(wide))
        settled = {number for number in wide if natural[number] <= share or least[number] >= share}
        for number in settled or wide:
            widths[number] = min(natural[number], max(least[number], share))
        if not settled:
            break
        wide -= settled
    return widths


def _row(cells: Sequence[str], widths: list[int]) -> list[str]:
    wrapped = [
        textwrap.wrap(cell, width, break_on_hyphens=False, break_long_words=False) or [""]
        for cell, width in zip(cells, widths, strict=True)
    ]
    return [
        "  ".join(
            (lines[number] if number < len(lines) else "").ljust(width)
            for lines, width in zip(wrapped, widths, strict=True)
        ).rstrip()
        for number in range(max(map(len, wrapped), default=0))
    ]
