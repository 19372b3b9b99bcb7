"""Write the texts of Turtle files as a table for translators, and take one back."""

from __future__ import annotations

import csv
import io
import os
import unicodedata
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
from indicant.foreign import HIDDEN, excerpt
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
    """The texts in English and in another language of each property of each term of a file.

    Of the English ones each stands once, and none is empty.
    """

    text: str
    english: Mapping[tuple[str, str], Sequence[str]]
    other: Mapping[tuple[str, str], Sequence[str]]

    def paired(self, key: tuple[str, str]) -> bool:
        """Tell whether what a property says in the other language is what it says in English."""
        return len(self.english.get(key, ())) == 1 and len(self.other.get(key, ())) <= 1


def rows_of(paths: Iterable[str], language: str) -> list[Row]:
    """Return a row for each English text that is shown, in the order of the files.

    Where a property has several texts in either language nothing says which of them belong
    together: the English ones come without a translation, and what is there already follows in
    rows without an English text.

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
        for key, english in texts.english.items():
            other = texts.other.get(key, ())
            if texts.paired(key):
                found += [Row(file, *key, one, "".join(other)) for one in english]
            else:
                found += [Row(file, *key, one, "") for one in english]
                found += [Row(file, *key, "", two) for two in other if two]
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

    Rows without a translation leave what is there. A translation stands in for the one that was
    there where a property has one English text and one translation at most; elsewhere it is added.
    Files with nothing new are left alone.

    Args:
        paths: the Turtle files that may be written, or folders of them.
        language: the language of the translations.
        table: the table, as ``as_table`` writes it.

    Returns:
        The files that were written.

    Raises:
        IndicantError: a row is about no text of these files, or of another text by now, a text
            gets two translations, a translation has a character that cannot be seen or lacks a
            place of its phrase, or a file cannot be written.
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
    found: dict[tuple[str, str], list[str]] = {}
    given: dict[tuple[str, str], str] = {}
    for row in rows:
        key, other = row.key, texts.other.get(row.key, ())
        _check_text(row, texts, table)
        if not row.translation:
            continue
        if texts.paired(key):
            if given.setdefault(key, row.translation) != row.translation:
                raise IndicantError(
                    f"'{excerpt(row.english, _MOST)}' has two translations, "
                    f"'{excerpt(given[key], _MOST)}' and '{excerpt(row.translation, _MOST)}'",
                    file=table,
                    line=row.line,
                    help="keep one of the two rows",
                )
            if row.translation not in other:
                found[key] = [row.translation]
        elif row.translation not in found.get(key, other):
            found[key] = [*found.get(key, other), row.translation]
        if row.translation not in other:
            _check_characters(row, table)
            _check_places(row, table)
    return dict(found)


def _check_text(row: Row, texts: _Texts, table: str) -> None:
    """Refuse a row whose English text, or whose text that has none, is not that of the file."""
    told = f"{local_name(row.term)} has no {local_name(row.path)}"
    if row.english:
        if row.english not in texts.english.get(row.key, ()):
            raise IndicantError(
                f"{told} in English that says '{excerpt(row.english, _MOST)}' in {row.file}",
                file=table,
                line=row.line,
                help="write the table anew, since the English text may be another by now",
            )
    elif row.translation and row.translation not in texts.other.get(row.key, ()):
        raise IndicantError(
            f"{told} that says '{excerpt(row.translation, _MOST)}' in {row.file}, "
            "and the row has no English text that it would translate",
            file=table,
            line=row.line,
            help="a row without English shows what is there; add a text in the row of an English "
            "one, and change what is there in the file",
        )


def _check_characters(row: Row, table: str) -> None:
    """Refuse a translation with what steers a terminal, turns text round or is not seen."""
    odd = HIDDEN.search(row.translation)
    if odd is not None:
        name = unicodedata.name(odd[0], "a control character").lower()
        raise IndicantError(
            f"'{excerpt(row.translation, _MOST)}' has the character U+{ord(odd[0]):04X}, {name}",
            file=table,
            line=row.line,
            help="take it out: it is not seen, or makes a line read otherwise than it is",
        )


def _check_places(row: Row, table: str) -> None:
    """Refuse a phrase whose places for values are not those of the English one."""
    if row.path not in PHRASED:
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
            known = said[tag != ENGLISH].setdefault((subject, path), [])
            if tag != ENGLISH or (value.value and value.value not in known):
                known.append(value.value)
    return _Texts(text, *said)
