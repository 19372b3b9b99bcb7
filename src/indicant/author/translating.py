"""Write the texts of Turtle files as a table for translators, and take one back."""

from __future__ import annotations

import csv
import io
import itertools
import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.author.translations import PHRASED, SHOWN, checked
from indicant.errors import IndicantError
from indicant.files import bounded, turtle
from indicant.files.rdf import read_text
from indicant.files.staging import staged
from indicant.foreign import excerpt
from indicant.guideline.languages import ENGLISH
from indicant.terms import local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

COLUMNS: Final = ("file", "term", "property", "english", "translation")
MAX_BYTES: Final = 20_000_000
_MOST: Final = 60


@dataclass(frozen=True)
class Row:
    """A row of a table: an English text of a term and what stands for it in another language.

    ``line`` is where the row begins in the table, and nothing of a row that was made.
    """

    file: str
    term: str
    path: str
    english: str
    translation: str
    line: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Return the term and the property."""
        return self.term, self.path


@dataclass(frozen=True)
class _Texts:
    """The texts in English and in another language of each property of each term of a file."""

    text: str
    english: Mapping[tuple[str, str], Sequence[str]]
    other: Mapping[tuple[str, str], Sequence[str]]


def rows_of(paths: Iterable[str], language: str) -> list[Row]:
    """Return a row for each English text that is shown, in the order of the files.

    Args:
        paths: Turtle files, or folders for all Turtle in them.
        language: the language to translate into.

    Raises:
        IndicantError: a file cannot be read, or the language is none to translate into.
    """
    checked(language)
    found = []
    for file in turtle.files(paths):
        texts = _texts(file, language)
        for (term, path), english in texts.english.items():
            other = texts.other.get((term, path), ())
            pairs = itertools.zip_longest(english, other, fillvalue="")
            found += [Row(file, term, path, one, two) for one, two in pairs]
    return found


def as_table(rows: Iterable[Row]) -> str:
    """Return rows as tab-separated values, quoted as a spreadsheet quotes them."""
    stream = io.StringIO(newline="")
    plain = csv.writer(stream, dialect="excel-tab", lineterminator="\n")
    quoting = csv.writer(stream, dialect="excel-tab", lineterminator="\n", quoting=csv.QUOTE_ALL)
    plain.writerow(COLUMNS)
    for one in rows:
        cells = (one.file, one.term, one.path, one.english, one.translation)
        # The writer takes a carriage return for no end of a line, and the reader does.
        (quoting if any("\r" in cell for cell in cells) else plain).writerow(cells)
    return stream.getvalue()


def read_table(path: str | os.PathLike[str]) -> list[Row]:
    """Return the rows of a table.

    Raises:
        IndicantError: it cannot be read, or is not such a table.
    """
    name = os.fspath(path)
    try:
        text = bounded.data(path, MAX_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise IndicantError(
            "is not text in UTF-8", file=name, help="save it as text separated by tabs, in UTF-8"
        ) from error
    reader = csv.reader(io.StringIO(text, newline=""), dialect="excel-tab", strict=True)
    found, line = [], 1
    try:
        for place, cells in enumerate(reader):
            if not place and tuple(cells) != COLUMNS:
                shown = excerpt(" ".join(cells), _MOST)
                raise IndicantError(
                    f"the first line is not the one of a table of texts: '{shown}'",
                    file=name,
                    line=line,
                    help=f"separated by tabs:  {'  '.join(COLUMNS)}",
                )
            if len(cells) != len(COLUMNS):
                raise IndicantError(
                    f"a row has {len(cells)} cells in place of {len(COLUMNS)}",
                    file=name,
                    line=line,
                    help="keep all columns, and save as text separated by tabs",
                )
            if place:
                file, term, prop, english, translation = cells
                found.append(Row(file, term, prop, english, translation, line))
            line = reader.line_num + 1
    except csv.Error as error:
        raise IndicantError(f"is no table: {error}", file=name, line=reader.line_num) from error
    if not found:
        raise IndicantError("the table has no rows", file=name)
    return found


def take(paths: Iterable[str], language: str, table: str | os.PathLike[str]) -> list[str]:
    """Put the translations of a table into the files that they are of, all of them or none.

    Rows without a translation leave what is there. Files with nothing new are left alone.

    Args:
        paths: the Turtle files that may be written, or folders of them.
        language: the language of the translations.
        table: the table, as ``as_table`` writes it.

    Returns:
        The files that were written.

    Raises:
        IndicantError: a row is about no text of these files, or of another text by now, a
            translation lacks a place of its phrase, or a file cannot be written.
    """
    checked(language)
    name = os.fspath(table)
    files = dict.fromkeys(turtle.files(paths))
    by_file: dict[str, list[Row]] = defaultdict(list)
    for row in read_table(table):
        if row.file not in files:
            raise IndicantError(
                f"'{excerpt(row.file, _MOST)}' is none of the files that were named",
                file=name,
                line=row.line,
                help="name the same files as for the table, from the same folder",
            )
        by_file[row.file].append(row)
    new = {}
    for file, rows in by_file.items():
        texts = _texts(file, language)
        wanted = _wanted(texts, rows, name)
        if wanted:
            changed = turtle.retold(texts.text, file=file, texts=wanted, language=language)
            new[file] = (texts.text, changed)
    if new:
        above = os.path.commonpath([os.path.dirname(os.path.realpath(one)) for one in new])
        with staged(Path(above), shown=next(iter(new))) as stage:
            for file, (before, after) in new.items():
                stage.file(Path(file), after.encode(), before=before.encode())
    return list(new)


def _wanted(texts: _Texts, rows: Sequence[Row], table: str) -> dict[tuple[str, str], Sequence[str]]:
    """Return what is to be said anew, by term and property."""
    grouped: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row.key].append(row)
    found: dict[tuple[str, str], Sequence[str]] = {}
    for key, group in grouped.items():
        first = group[0]
        english = [row.english for row in group if row.english]
        if key not in texts.english or english != list(texts.english[key]):
            raise IndicantError(
                f"{local_name(key[0])} has no {local_name(key[1])} in English that says "
                f"'{excerpt(first.english, _MOST)}' in {first.file}",
                file=table,
                line=first.line,
                help="write the table anew, since the English text may be another by now",
            )
        for row in group:
            _check_places(row, table)
        said = list(dict.fromkeys(row.translation for row in group if row.translation))
        if said and said != list(texts.other.get(key, ())):
            found[key] = said
    return found


def _check_places(row: Row, table: str) -> None:
    """Refuse a phrase whose places for values are not those of the English one."""
    if row.path not in PHRASED or not row.translation:
        return
    wanted = _places(row.english)
    if _places(row.translation) != wanted:
        shown = ", ".join(sorted(f"{{{one}}}" for one in wanted or ())) or "none"
        raise IndicantError(
            f"'{excerpt(row.translation, _MOST)}' has not the places of the English phrase",
            file=table,
            line=row.line,
            help=f"its places are {shown}",
        )


def _places(text: str) -> set[str] | None:
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        return None


def _texts(file: str, language: str) -> _Texts:
    """Read a file, and return its texts in English and in a language, in its order."""
    text = read_text(file, limit=turtle.MAX_BYTES)
    said: tuple[dict[tuple[str, str], list[str]], ...] = ({}, {})
    for subject, path, value in turtle.statements(text, file=file):
        if path not in SHOWN or not isinstance(value, ox.Literal):
            continue
        tag = (value.language or ENGLISH).lower()
        if tag in (ENGLISH, language.lower()):
            said[tag != ENGLISH].setdefault((subject, path), []).append(value.value)
    return _Texts(text, *said)
