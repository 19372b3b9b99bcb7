"""Evaluate ViewDefinitions of SQL on FHIR: a table of what resources say."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from indicant.foreign import excerpt
from indicant.intake.decoding import Number
from indicant.intake.fhirpath import Scope, compiled, truth
from indicant.intake.items import Item, PathError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from indicant.intake.fhirpath import Items, Path

MOST_ROWS: Final = 100_000
"""How many rows one resource may give."""
MOST_REPEATED: Final = 10_000
MOST_NESTED: Final = 20
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
_OF_SELECT: Final = frozenset(
    {"column", "forEach", "forEachOrNull", "id", "repeat", "select", "unionAll"}
)
_ITERATING: Final = ("forEach", "forEachOrNull", "repeat")
Row = dict[str, Any]


class ViewError(ValueError):
    """A ViewDefinition that is none, or that does not fit what it is asked of."""


@dataclass(frozen=True)
class _Column:
    name: str
    path: Path
    collection: bool


@dataclass(frozen=True)
class _Select:
    """A part of a view: what it goes through, its columns, and the parts within."""

    columns: tuple[_Column, ...] = ()
    inner: tuple[_Select, ...] = ()
    union: tuple[_Select, ...] = ()
    paths: tuple[Path, ...] = ()
    way: str = ""

    def names(self) -> list[str]:
        """Return the names of its columns, in their order."""
        found = [one.name for one in self.columns]
        for one in self.inner:
            found += one.names()
        return found + (self.union[0].names() if self.union else [])


@dataclass(frozen=True)
class View:
    """A view: of which type of resource, and how its rows are made."""

    resource: str
    selects: tuple[_Select, ...]
    where: tuple[Path, ...]
    constants: Mapping[str, Item] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in their order."""
        return _Select(inner=self.selects).names()

    def rows(self, resource: Mapping[str, Any]) -> list[Row]:
        """Return the rows that a resource gives, each by the names of the columns.

        Raises:
            ViewError: a path does not fit what the resource has, or there are too many rows.
        """
        if resource.get("resourceType") != self.resource:
            return []
        scope = Scope(self.constants)
        items = [Item(resource)]
        try:
            if not all(truth(one(items, scope)) for one in self.where):
                return []
            return _product([_rows(one, items, scope) for one in self.selects])
        except PathError as error:
            raise ViewError(str(error)) from error
        except RecursionError as error:
            raise ViewError("it goes through elements that are nested too deeply") from error


def view_of(definition: Any) -> View:
    """Read a ViewDefinition.

    Raises:
        ViewError: it is none, or has what is not read.
    """
    if not isinstance(definition, dict):
        raise ViewError("a ViewDefinition is an object")
    resource, selects = definition.get("resource"), definition.get("select")
    if not isinstance(resource, str) or not resource:
        raise ViewError("it does not say of which type of resource it is")
    if not isinstance(selects, list) or not selects:
        raise ViewError("it selects nothing")
    constants = dict(_constants(definition.get("constant", [])))
    reader = _Reader(set(constants))
    made = tuple(reader.select(one, 0) for one in selects)
    where = [
        reader.path(one.get("path") if isinstance(one, dict) else None)
        for one in _list(definition.get("where", []), "where")
    ]
    view = View(resource, made, tuple(where), constants)
    names = view.columns
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ViewError(f"two columns are called {excerpt(twice[0])}")
    return view


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise ViewError(f"{name} is no list")
    return value


def _constants(given: Any) -> Iterator[tuple[str, Item]]:
    for one in _list(given, "constant"):
        name = one.get("name") if isinstance(one, dict) else None
        values = [key for key in one if key.startswith("value")] if isinstance(one, dict) else []
        if not isinstance(name, str) or not _NAME.fullmatch(name) or len(values) != 1:
            raise ViewError("a constant has a name and one value")
        value = one[values[0]]
        if isinstance(value, (dict, list)) or value is None:
            raise ViewError(f"the constant {excerpt(name)} has no single value")
        yield name, Item(value, values[0].removeprefix("value"))


@dataclass(frozen=True)
class _Reader:
    """Reads the parts of a view."""

    constants: set[str]

    def path(self, text: Any) -> Path:
        if not isinstance(text, str) or isinstance(text, Number):
            raise ViewError("a path is a text")
        try:
            return compiled(text, self.constants)
        except PathError as error:
            raise ViewError(f"the path '{excerpt(text)}' is not read: {error}") from error

    def select(self, given: Any, depth: int) -> _Select:
        if not isinstance(given, dict) or depth > MOST_NESTED:
            raise ViewError("a part of select is no object, or nested too deeply")
        unknown = given.keys() - _OF_SELECT
        if unknown:
            raise ViewError(f"'{excerpt(min(unknown))}' is nothing that select has")
        ways = [one for one in _ITERATING if one in given]
        if len(ways) > 1:
            raise ViewError(f"one of {' and '.join(ways)} alone may be there")
        way = ways[0] if ways else ""
        texts = given.get(way, []) if way else []
        texts = _list(texts, way) if way == "repeat" else [texts] if way else []
        union = tuple(
            self.select(one, depth + 1) for one in _list(given.get("unionAll", []), "unionAll")
        )
        if union and any(one.names() != union[0].names() for one in union):
            raise ViewError("the parts of unionAll have other columns, or in another order")
        return _Select(
            tuple(self._column(one) for one in _list(given.get("column", []), "column")),
            tuple(self.select(one, depth + 1) for one in _list(given.get("select", []), "select")),
            union,
            tuple(self.path(one) for one in texts),
            way,
        )

    def _column(self, given: Any) -> _Column:
        name = given.get("name") if isinstance(given, dict) else None
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ViewError("a column has no name that SQL reads")
        collection = given.get("collection", False)
        if not isinstance(collection, bool):
            raise ViewError("collection is true or false")
        return _Column(name, self.path(given.get("path")), collection)


# ---------------------------------------------------------------------- rows


def _rows(select: _Select, items: Items, scope: Scope) -> list[Row]:
    """Return the rows that a part gives for what it stands in."""
    found: list[Row] = []
    for focus, number in _foci(select, items, scope):
        inner = Scope(scope.constants, number)
        parts = [[_cells(select.columns, focus, inner)]]
        parts += [_rows(one, focus, inner) for one in select.inner]
        if select.union:
            parts.append([row for one in select.union for row in _rows(one, focus, inner)])
        found += _product(parts)
        if len(found) > MOST_ROWS:
            raise ViewError(f"a resource gives more than {MOST_ROWS:,} rows")
    return found


def _foci(select: _Select, items: Items, scope: Scope) -> Iterator[tuple[Items, int]]:
    """Yield what a part goes through, each with its number."""
    if not select.way:
        yield items, scope.row
        return
    if select.way == "repeat":
        found = list(itertools.islice(_repeated(select.paths, items, scope), MOST_REPEATED + 1))
        if len(found) > MOST_REPEATED:
            raise ViewError(f"repeat goes through more than {MOST_REPEATED:,} elements")
    else:
        found = select.paths[0](items, scope)
    for number, one in enumerate(found):
        yield [one], number
    if not found and select.way == "forEachOrNull":
        yield [], 0


def _repeated(paths: Sequence[Path], items: Items, scope: Scope) -> Iterator[Item]:
    """Yield what the paths lead to, each before what they lead to from there."""
    for path in paths:
        for one in path(items, scope):
            yield one
            yield from _repeated(paths, [one], scope)


def _cells(columns: Sequence[_Column], focus: Items, scope: Scope) -> Row:
    row: Row = {}
    for one in columns:
        values = [item.value for item in one.path(focus, scope)]
        if one.collection:
            row[one.name] = values
        elif len(values) > 1:
            raise ViewError(f"the column {one.name} has {len(values)} values, and one is expected")
        else:
            row[one.name] = values[0] if values else None
    return row


def _product(parts: Sequence[list[Row]]) -> list[Row]:
    """Return each combination of a row of every part."""
    number = 1
    for part in parts:
        number *= len(part)
        if number > MOST_ROWS:
            raise ViewError(f"a resource gives more than {MOST_ROWS:,} rows")
    return [
        {name: value for row in rows for name, value in row.items()}
        for rows in itertools.product(*parts)
    ]
