"""Open what holds tables: a file of DuckDB, a folder of Parquet or CSV, a PostgreSQL server.

It is only ever read. Nothing that a file defines is run, be it a view or a macro, and DuckDB opens
no file but those that were named.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from indicant.errors import IndicantError
from indicant.files import bounded, packed
from indicant.files.fence import Fence, real
from indicant.files.rdf import visible
from indicant.foreign import excerpt

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

SERVERS: Final = ("postgresql://", "postgres://", "service=")
"""How what names a PostgreSQL server begins."""
SUFFIXES: Final = (
    ".parquet",
    *(f"{form}{packing}" for form in (".csv", ".tsv") for packing in ("", *packed.PACKINGS)),
)
"""How the files of a folder of tables end."""
INSTALL: Final = "pip install 'indicant[omop]'"
MOST_UNPACKED: Final = 100_000_000_000
"""How large a table that is packed may be, unpacked."""
LONGEST: Final = 300
"""How many characters of a value are read."""
_MEMORY: Final = "2GB"
_TIMEOUT: Final = "10min"
_AT_ONCE: Final = 2_000
_LONGEST_HEAD: Final = 100_000
_BLOCK: Final = 1 << 20
_HEAD: Final = 16
_MAGIC: Final = b"DUCK"
_SQLITE: Final = b"SQLite format 3"
_MESSAGE: Final = 200
_TEXTS: Final = ("VARCHAR", "TEXT", "CHARACTER", "CHAR")

Row = tuple[str | None, ...]


@dataclass(frozen=True)
class Column:
    """A column: how SQL names it, and whether it holds texts."""

    name: str
    is_text: bool


@dataclass(frozen=True)
class Relation:
    """A table: what stands behind FROM, and its columns by their names in lower case."""

    source: str
    columns: Mapping[str, Column]


class Database:
    """Tables that can be read; ``close`` it in the end.

    ``tables`` are those of the names asked for, in lower case; ``beside`` is what lies in a folder
    and is none of them.
    """

    exact = "DECIMAL(38,6)"

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.tables: dict[str, Relation] = {}
        self.beside: list[str] = []

    def rows(self, query: str) -> Iterator[Row]:
        """Yield the rows of a query, a few at a time, each value as a text.

        Raises:
            IndicantError: something cannot be read.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Let go of what is open."""

    def text(self, column: Column) -> str:
        """Return SQL for a value as a text."""
        return f"SUBSTRING(CAST({column.name} AS VARCHAR), 1, {LONGEST})"

    def number(self, column: Column) -> str:
        """Return SQL for a whole number by which rows are ordered and compared."""
        return self._cast(column.name) if column.is_text else column.name

    def listed(self, column: Column) -> str:
        """Return SQL for a whole number as all tables have it."""
        return f"CAST({self.number(column)} AS BIGINT)"

    def _cast(self, name: str) -> str:
        return f"CAST({name} AS NUMERIC)"


class _Duck(Database):
    """DuckDB in memory, in which a file is attached or files are read."""

    def __init__(self, shown: str) -> None:
        super().__init__(shown)
        try:
            import duckdb
        except ImportError as error:
            raise IndicantError(
                "reading tables needs DuckDB, which is not installed", file=shown, help=INSTALL
            ) from error
        self._error = duckdb.Error
        self._spill = tempfile.mkdtemp(prefix="indicant-")
        self._open = duckdb.connect(
            ":memory:",
            config={
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "memory_limit": _MEMORY,
                "temp_directory": self._spill,
            },
        )
        # The day of an instant is not that of the machine.
        self._open.execute("SET GLOBAL TimeZone = 'UTC'")

    def _cast(self, name: str) -> str:
        return f"TRY_CAST({name} AS DECIMAL(38, 6))"

    def rows(self, query: str) -> Iterator[Row]:
        with self._told():
            cursor = self._open.cursor()
            cursor.execute(query)
        while True:
            with self._told():
                found = cursor.fetchmany(_AT_ONCE)
            if not found:
                cursor.close()
                return
            yield from found

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Say what DuckDB found wrong as a message of ours."""
        try:
            yield
        except self._error as error:
            first = str(error).strip().partition("\n")[0]
            raise IndicantError(
                f"cannot be read: {excerpt(first, _MESSAGE)}",
                file=self.shown,
                help="see that it is whole, and that no other program has it open to write",
            ) from error

    def _lock(self) -> None:
        self._open.execute("SET enable_external_access = false")
        self._open.execute("SET lock_configuration = true")

    def close(self) -> None:
        self._open.close()
        shutil.rmtree(self._spill, ignore_errors=True)


class _DuckFile(_Duck):
    """A file of DuckDB."""

    def __init__(self, path: str, wanted: Collection[str]) -> None:
        with bounded.opened(path) as file:
            head = file.read(_HEAD)
        if head[8:12] != _MAGIC:
            kind = "is a database of SQLite" if head.startswith(_SQLITE[:_HEAD]) else "is none"
            raise IndicantError(
                f"a database of DuckDB is expected, and this {kind}",
                file=path,
                help="DuckDB writes one, and Parquet or CSV files in a folder are read as well",
            )
        super().__init__(path)
        try:
            with self._told():
                place = str(real(path)).replace("'", "''")
                self._open.execute(f"ATTACH '{place}' AS cdm (READ_ONLY)")
                self._lock()
            tables = list(
                self.rows(
                    "SELECT schema_name, table_name FROM duckdb_tables() "
                    "WHERE database_name = 'cdm' AND NOT internal"
                )
            )
            columns = list(
                self.rows(
                    "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() "
                    "WHERE database_name = 'cdm' AND NOT internal"
                )
            )
            found = _by_schema((row for row in columns if row[:2] in set(tables)), wanted)
            self.tables = _chosen(found, path, "cdm.", None)
        except BaseException:
            self.close()
            raise


class _Folder(_Duck):
    """A folder of files of Parquet, CSV or TSV, each called as a table."""

    def __init__(self, path: str, wanted: Collection[str]) -> None:
        super().__init__(path)
        try:
            folder = Path(path)
            fence = Fence((real(folder),))
            files: dict[str, Path] = {}
            for one in visible(sorted(folder.iterdir()), folder):
                stem, suffix = _parts(one.name)
                if stem not in wanted or not suffix or not one.is_file():
                    self.beside.append(f"{one.name}/" if one.is_dir() else one.name)
                    continue
                if stem in files:
                    raise IndicantError(
                        f"{excerpt(one.name)} and {excerpt(files[stem].name)} are one table",
                        file=path,
                        help="leave one of the two there",
                    )
                files[stem] = fence.follow(one, folder)
            listed = [str(one).replace("'", "''") for one in files.values()]
            with self._told():
                allowed = ", ".join(f"'{one}'" for one in listed)
                self._open.execute(f"SET allowed_paths = [{allowed}]")
                self._lock()
            for (stem, file), place in zip(files.items(), listed, strict=True):
                self.tables[stem] = self._relation(file, place)
        except BaseException:
            self.close()
            raise

    def _relation(self, file: Path, place: str) -> Relation:
        if not file.name.lower().endswith(".parquet"):
            return _read_text(file, place)
        source = f"read_parquet('{place}')"
        described = list(self.rows(f"DESCRIBE SELECT * FROM {source}"))  # noqa: S608 - a quoted path
        return Relation(
            source, {str(row[0]).lower(): _column(str(row[0]), str(row[1])) for row in described}
        )


class _Postgres(Database):
    """A PostgreSQL server, within one transaction that reads alone."""

    def __init__(self, conninfo: str, wanted: Collection[str]) -> None:
        super().__init__(conninfo[: conninfo.find(":") + 3] if ":" in conninfo else "PostgreSQL")
        try:
            import psycopg
            from psycopg.conninfo import conninfo_to_dict
        except ImportError as error:
            raise IndicantError(
                "reading a PostgreSQL server needs psycopg, which is not installed",
                file=self.shown,
                help=INSTALL,
            ) from error
        self._error = psycopg.Error
        self._secret, self._cursors = "", 0
        # What is left of a password behind the first of several would be told as the host.
        if re.split(r"[/?#]", conninfo.partition("://")[2])[0].count("@") > 1:
            raise IndicantError("has several '@' before its host", file=self.shown, help=_CONNECT)
        try:
            told = conninfo_to_dict(conninfo)
        except psycopg.Error as error:
            raise IndicantError(
                "is no connection that can be read", file=self.shown, help=_CONNECT
            ) from error
        self._secret = str(told.get("password") or "")
        self.shown = shown(told)
        with self._told("cannot be reached"):
            self._open = psycopg.connect(conninfo, connect_timeout=10)
        try:
            with self._told("cannot be read"):
                self._open.read_only = True
                self._open.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                self._open.execute(f"SET LOCAL statement_timeout = '{_TIMEOUT}'".encode())
                for setting in (
                    "datestyle = 'ISO, YMD'",
                    "extra_float_digits = 1",
                    "timezone = 'UTC'",
                ):
                    self._open.execute(f"SET LOCAL {setting}".encode())
                query = (
                    "SELECT table_schema, table_name, column_name, data_type "
                    "FROM information_schema.columns WHERE lower(table_name) = ANY(%s) "
                    "AND table_schema NOT IN ('information_schema', 'pg_catalog')"
                )
                columns = self._open.execute(query, [sorted(wanted)]).fetchall()
                first = self._open.execute("SELECT current_schema()").fetchone()
            found = _by_schema(columns, wanted)
            self.tables = _chosen(found, self.shown, "", None if first is None else first[0])
        except BaseException:
            self.close()
            raise

    def rows(self, query: str) -> Iterator[Row]:
        self._cursors += 1
        with self._told("cannot be read"):
            cursor = self._open.cursor(name=f"indicant_{self._cursors}")
        with cursor:
            with self._told("cannot be read"):
                cursor.execute(query.encode())
            while True:
                with self._told("cannot be read"):
                    found = cursor.fetchmany(_AT_ONCE)
                if not found:
                    return
                yield from found

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Say what the server found wrong as a message of ours, without the password."""
        try:
            yield
        except self._error as error:
            first = str(error).strip().partition("\n")[0]
            if self._secret:
                first = first.replace(self._secret, "…")
            raise IndicantError(
                f"{what}: {excerpt(first, _MESSAGE)}", file=self.shown, help=_CONNECT
            ) from error

    def close(self) -> None:
        with contextlib.suppress(self._error):
            self._open.close()


_CONNECT: Final = (
    "write  postgresql://USER@HOST/DATABASE  or  service=NAME, "
    "with the password in PGPASSWORD or ~/.pgpass"
)


def opened(path: str, wanted: Collection[str]) -> Database:
    """Open tables, those of the wanted names in lower case.

    Args:
        path: a file, a folder, or how a server is reached.
        wanted: the names of tables.

    Raises:
        IndicantError: it cannot be opened, holds no such thing, or a library is missing.
    """
    if path.startswith(SERVERS):
        return _Postgres(path, wanted)
    if os.path.isdir(path):
        return _Folder(path, wanted)
    return _DuckFile(path, wanted)


def is_database(path: str, names: Collection[str]) -> bool:
    """Tell whether a path names a server, a file of DuckDB, or a folder with one of the tables."""
    if path.startswith(SERVERS):
        return True
    if os.path.isdir(path):
        try:
            found = [_parts(one) for one in os.listdir(path)]
        except OSError:
            return False
        return any(suffix and stem in names for stem, suffix in found)
    if path.lower().endswith((".duckdb", ".ddb")):
        return True
    try:
        with bounded.opened(path) as file:
            return file.read(_HEAD)[8:12] == _MAGIC
    except IndicantError:
        return False


def _parts(name: str) -> tuple[str, str]:
    """Return the name of a table and how the name of its file ends, if it is one.

    >>> _parts("PERSON.csv"), _parts("person.txt")
    (('person', '.csv'), ('', ''))
    """
    low = name.lower()
    suffix = next((one for one in sorted(SUFFIXES, key=len) if low.endswith(one)), "")
    return (low.removesuffix(suffix), suffix) if suffix else ("", "")


def shown(told: Mapping[str, Any]) -> str:
    """Return how a server is reached, without what nobody else shall know.

    >>> shown({"user": "ann", "password": "x", "host": "db", "dbname": "cdm"})
    'postgresql://ann@db/cdm'
    """
    if told.get("service"):
        return f"service={excerpt(str(told['service']))}"
    user = f"{told['user']}@" if told.get("user") else ""
    port = f":{told['port']}" if told.get("port") else ""
    return f"postgresql://{user}{told.get('host') or ''}{port}/{told.get('dbname') or ''}"


def _column(name: str, kind: str) -> Column:
    quoted = name.replace('"', '""')
    return Column(f'"{quoted}"', kind.upper().startswith(_TEXTS))


def _by_schema(
    rows: Any, wanted: Collection[str]
) -> dict[str, dict[str, tuple[str, dict[str, Column]]]]:
    """Put columns together, by schema and table."""
    found: dict[str, dict[str, tuple[str, dict[str, Column]]]] = {}
    for schema, table, column, kind in rows:
        if table.lower() in wanted:
            of = found.setdefault(schema, {}).setdefault(table.lower(), (table, {}))
            of[1][column.lower()] = _column(column, kind)
    return found


def _chosen(
    found: Mapping[str, Mapping[str, tuple[str, dict[str, Column]]]],
    place: str,
    prefix: str,
    first: str | None,
) -> dict[str, Relation]:
    """Take the tables of the one schema that has persons, and what others alone have of them."""
    having = [schema for schema, tables in found.items() if "person" in tables]
    if first in having:
        having = [first]
    if len(having) > 1:
        raise IndicantError(
            f"several schemas have a table person: {', '.join(sorted(having)[:5])}",
            file=place,
            help="of PostgreSQL, name one:  postgresql://…?options=-csearch_path%3DSCHEMA",
        )
    chosen: dict[str, Relation] = {}
    names = {name for tables in found.values() for name in tables}
    for name in sorted(names):
        among = [schema for schema in having if name in found[schema]] or [
            schema for schema, tables in found.items() if name in tables and name == "concept"
        ]
        if len(among) == 1:
            table, columns = found[among[0]][name]
            source = ".".join(_column(part, "").name for part in (among[0], table))
            chosen[name] = Relation(prefix + source, columns)
    return chosen


def _demand_whole(file: Path) -> None:
    """See that what is packed is whole and not spoilt.

    DuckDB compares no sums, and takes what zstd packed and was cut off for all that there is.

    Raises:
        IndicantError: it is cut off or spoilt, or larger than the limit.
    """
    left = MOST_UNPACKED
    with bounded.opened(file) as raw:
        content = packed.stream(raw, file.name)
        try:
            while block := content.read(_BLOCK):
                left -= len(block)
                if left < 0:
                    raise bounded.too_large(str(file), MOST_UNPACKED)
        except packed.FAULTS as error:
            raise packed.spoilt(error, str(file)) from error


def _read_text(file: Path, place: str) -> Relation:
    """Return how CSV is read: every value as the text that stands there, and nothing as nothing."""
    if file.name.lower().endswith(tuple(packed.PACKINGS)):
        _demand_whole(file)
    with bounded.opened(file) as raw:
        try:
            head = packed.stream(raw, file.name).readline(_LONGEST_HEAD).decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise IndicantError(
                "its first line cannot be read as UTF-8",
                file=str(file),
                help="save the file as UTF-8",
            ) from error
    head = head.rstrip("\r\n")
    delimiter = max("\t", ";", ",", key=lambda one: (head.count(one), one == ","))
    quoted = delimiter != "\t" or head.startswith('"')
    names = next(csv.reader(io.StringIO(head), delimiter=delimiter, strict=False), [])
    low = [name.strip().lower() for name in names]
    if not low or len(set(low)) != len(low) or not all(low):
        raise IndicantError(
            "its first line does not name columns, each once",
            file=str(file),
            line=1,
            help="the first line of CSV has the names of the columns",
        )
    columns = ", ".join(f"'c{at}': 'VARCHAR'" for at in range(len(low)))
    written, quote = ("\\t" if delimiter == "\t" else delimiter), ('"' if quoted else "")
    source = (
        f"read_csv('{place}', columns = {{{columns}}}, auto_detect = false, header = true, "
        f"delim = '{written}', quote = '{quote}', escape = '{quote}', nullstr = '')"
    )
    return Relation(source, {one: _column(f"c{at}", "VARCHAR") for at, one in enumerate(low)})
