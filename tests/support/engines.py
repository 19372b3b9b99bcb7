"""Run SQL on the engines that are there: DuckDB, DataFusion and PostgreSQL."""

from __future__ import annotations

import contextlib
import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import duckdb
import pytest

import postgresing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Row = tuple[Any, ...]


class Engine(Protocol):
    """Something that runs statements, and puts tables where they can be read."""

    def table(self, name: str, columns: Sequence[str], kinds: str, rows: Sequence[Row]) -> None:
        """Make a table; ``kinds`` has a letter for each column, t for text and b for boolean."""

    def run(self, statement: str) -> list[Row]:
        """Run one statement, and return its rows."""


def _declared(columns: Sequence[str], kinds: str) -> str:
    types = {"t": "VARCHAR", "b": "BOOLEAN"}
    return ", ".join(
        f"{quoted(one)} {types[kind]}" for one, kind in zip(columns, kinds, strict=True)
    )


def quoted(name: str) -> str:
    """Return a name as SQL has it, its parts parted by full stops."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


@dataclass
class DuckDb:
    """A database in memory."""

    connection: duckdb.DuckDBPyConnection

    def table(self, name: str, columns: Sequence[str], kinds: str, rows: Sequence[Row]) -> None:
        """Make a table."""
        self.connection.execute(f"CREATE TABLE {quoted(name)} ({_declared(columns, kinds)})")
        arrays = {f"c{at}": [row[at] for row in rows] for at in range(len(columns))}
        unnested = ", ".join(f"unnest(${one})" for one in arrays)
        if rows:
            self.connection.execute(f"INSERT INTO {quoted(name)} SELECT {unnested}", arrays)

    def run(self, statement: str) -> list[Row]:
        """Run one statement."""
        return self.connection.execute(statement).fetchall()


@dataclass
class DataFusion:
    """A session in memory."""

    context: Any

    def table(self, name: str, columns: Sequence[str], kinds: str, rows: Sequence[Row]) -> None:
        """Make a table."""
        import pyarrow

        types = {"t": pyarrow.string(), "b": pyarrow.bool_()}
        batch = pyarrow.record_batch(
            [
                pyarrow.array([row[at] for row in rows], types[kind])
                for at, kind in enumerate(kinds)
            ],
            names=list(columns),
        )
        self.context.register_record_batches(quoted(name), [[batch]])

    def run(self, statement: str) -> list[Row]:
        """Run one statement."""
        found = self.context.sql(statement).to_pylist()
        return [tuple(row.values()) for row in found]


@dataclass
class PostgreSql:
    """A connection to a server of our own."""

    connection: Any

    def table(self, name: str, columns: Sequence[str], kinds: str, rows: Sequence[Row]) -> None:
        """Make a table."""
        cursor = self.connection.cursor()
        cursor.execute(f"CREATE TABLE {quoted(name)} ({_declared(columns, kinds)})")
        with cursor.copy(f"COPY {quoted(name)} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def run(self, statement: str) -> list[Row]:
        """Run one statement."""
        cursor = self.connection.execute(statement)
        return cursor.fetchall() if cursor.description is not None else []


def _why_not(name: str) -> str:
    if name == "datafusion" and importlib.util.find_spec("datafusion") is None:
        return "there is no DataFusion: pip install datafusion"
    return postgresing.missing() if name == "postgresql" else ""


NAMES = [
    pytest.param(name, marks=pytest.mark.skipif(bool(_why_not(name)), reason=_why_not(name)))
    for name in ("duckdb", "datafusion", "postgresql")
]


@contextlib.contextmanager
def engine(name: str, dsn: str | None = None) -> Iterator[Engine]:
    """Give an engine in which nothing is; of PostgreSQL a schema of its own that goes again."""
    if name == "duckdb":
        with duckdb.connect() as connection:
            yield DuckDb(connection)
    elif name == "datafusion":
        from datafusion import SessionContext

        yield DataFusion(SessionContext())
    else:
        import psycopg

        assert dsn is not None
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE SCHEMA once; SET search_path TO once")
            yield PostgreSql(connection)
            connection.rollback()
