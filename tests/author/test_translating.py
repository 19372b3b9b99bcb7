"""A table for translators goes out and comes in: what it says the files say, and no more."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicant import Translations
from indicant.author.translating import COLUMNS, as_table, read_table, rows_of
from indicant.errors import IndicantError
from indicant.files.turtle import tidy
from running import run

if TYPE_CHECKING:
    from pathlib import Path

LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
ALSO = "http://www.w3.org/2004/02/skos/core#altLabel"
QUESTION = "https://w3id.org/indicant/core/question"
PHRASE = "https://w3id.org/indicant/core/phrase"
PATHS = (LABEL, ALSO, QUESTION)
# What Turtle and a spreadsheet both quote, and what they quote otherwise.
TEXT = st.text(st.sampled_from("aß\t\n\r\"'\\,;{}@ «雨\u0301"), min_size=1, max_size=8)
TAG = "de"

Said = dict[tuple[str, str], dict[str, list[str]]]


@st.composite
def said(draw: st.DrawFn) -> Said:
    """Return texts of some terms in English, German and Swiss German, each once."""
    found: Said = {}
    for number in range(draw(st.integers(1, 3))):
        for path in draw(st.lists(st.sampled_from(PATHS), min_size=1, unique=True)):
            tags = {
                tag: draw(st.lists(TEXT, min_size=least, max_size=3, unique=True))
                for tag, least in (("en", 1), (TAG, 0), ("de-CH", 0))
            }
            found[f"https://example.org/t/{number}", path] = tags
    return found


def written(path: Path, texts: Said) -> bytes:
    quads = [
        f"<{term}> <{prop}> {ox.Literal(text, language=tag)} ."
        for (term, prop), tags in texts.items()
        for tag, those in tags.items()
        for text in those
    ]
    quads.append("<https://example.org/t/> <https://example.org/n> 1, <https://example.org/x> .")
    path.write_bytes(tidy("\n".join(quads), file=str(path)).encode())
    return path.read_bytes()


def read(path: Path) -> dict[tuple[str, str, str], list[str]]:
    """Return the texts of a file by term, property and tag, by another reader of Turtle."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for quad in ox.parse(path.read_bytes(), format=ox.RdfFormat.TURTLE):
        if isinstance(quad.object, ox.Literal):
            key = (str(quad.subject)[1:-1], quad.predicate.value, quad.object.language or "")
            found.setdefault(key, []).append(quad.object.value)
    return found


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(texts=said())
def test_out_and_in_again_changes_no_byte(
    tmp_path_factory: pytest.TempPathFactory, texts: Said
) -> None:
    folder = tmp_path_factory.mktemp("same")
    path, table = folder / "texts.ttl", folder / "texts.tsv"
    before = written(path, texts)
    made = Translations([path], TAG)
    table.write_bytes(made.table().encode())
    assert made.take(table) == []
    assert path.read_bytes() == before


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(texts=said(), data=st.data())
def test_what_is_filled_in_is_said_and_the_rest_stays(
    tmp_path_factory: pytest.TempPathFactory, texts: Said, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("filled")
    path, table = folder / "texts.ttl", folder / "texts.tsv"
    written(path, texts)
    before = read(path)
    made = Translations([path], TAG)
    rows = list(csv.reader(io.StringIO(made.table(), newline=""), dialect="excel-tab"))
    assert tuple(rows[0]) == COLUMNS
    for row in rows[1:]:
        if row[3] and data.draw(st.booleans()):
            row[4] = data.draw(TEXT)
    kept = [row for row in rows[1:] if data.draw(st.integers(0, 3))] or rows[1:2]
    stream = io.StringIO(newline="")
    csv.writer(stream, dialect="excel-tab").writerows([rows[0], *kept])
    table.write_bytes(b"\xef\xbb\xbf" + stream.getvalue().encode())
    made.take(table)
    wanted = dict(before)
    for term, prop in {(row[1], row[2]) for row in kept}:
        new = [row[4] for row in kept if row[1:3] == [term, prop] and row[4]]
        there = before.get((term, prop, TAG), [])
        if len(before[term, prop, "en"]) == 1 and len(there) < 2:
            there = there[: not new]
        if new:
            wanted[term, prop, TAG] = list(dict.fromkeys([*there, *new]))
    assert read(path) == wanted
    # Once it is in, it is nothing new.
    assert made.take(table) == []


TURTLE = """\
@prefix : <https://example.org/t/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

:fog
    rdfs:label "fog"@en ;
    ind:phrase "{thing} today"@en ;
.
"""


@pytest.fixture
def fog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fog.ttl").write_text(TURTLE, encoding="utf-8")
    return tmp_path / "fog.ttl"


def row(file: str = "fog.ttl", term: str = "fog", path: str = LABEL, *texts: str) -> str:
    return "\t".join((file, f"https://example.org/t/{term}", path, *(texts or ("fog", "Nebel"))))


HEAD = "\t".join(COLUMNS)


@pytest.mark.parametrize(
    ("lines", "line", "message"),
    [
        ((), None, "has no rows"),
        (("file,term,property,english,translation",), 1, "the first line"),
        ((HEAD,), None, "has no rows"),
        ((HEAD, row(), "fog.ttl\tone"), 3, "2 cells in place of 5"),
        ((HEAD, row() + '\t"'), 2, "6 cells|is no table"),
        ((HEAD, row(file="../fog.ttl")), 2, "none of the files that were named"),
        ((HEAD, row(term="rain")), 2, "rain has no label in English"),
        ((HEAD, row(path=QUESTION)), 2, "fog has no question in English"),
        ((HEAD, row("fog.ttl", "fog", LABEL, "mist", "Dunst")), 2, "that says 'mist'"),
        (
            (HEAD, row(), row("fog.ttl", "fog", PHRASE, "{thing} today", "heute")),
            3,
            "has not the places",
        ),
        ((HEAD, row("fog.ttl", "fog", PHRASE, "{thing} today", "{thing")), 2, "not the places"),
    ],
)
def test_a_table_that_does_not_fit_writes_nothing(
    fog: Path, lines: tuple[str, ...], line: int | None, message: str
) -> None:
    table = fog.with_suffix(".tsv")
    table.write_text("".join(f"{one}\n" for one in lines), encoding="utf-8")
    with pytest.raises(IndicantError, match=message) as caught:
        Translations(["fog.ttl"], TAG).take(table)
    assert (caught.value.file, caught.value.line) == (str(table), line)
    assert fog.read_text(encoding="utf-8") == TURTLE


SEVERAL = """\
@prefix : <https://example.org/t/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .

:number
    skos:altLabel "one"@en , "two"@en , "eins"@de , "zwei"@de ;
    ind:question "" , "Is it?"@en ;
    ind:paraphrase "dup" , "dup"@en ;
.
"""
NUMBER = "https://example.org/t/number"
PARAPHRASE = "https://w3id.org/indicant/core/paraphrase"


@pytest.fixture
def several(fog: Path) -> Path:
    fog.write_text(SEVERAL, encoding="utf-8")
    return fog


def take(path: Path, *lines: str) -> dict[tuple[str, str, str], list[str]]:
    table = path.with_suffix(".tsv")
    table.write_text("".join(f"{one}\n" for one in (HEAD, *lines)), encoding="utf-8")
    Translations([path.name], TAG).take(table)
    return read(path)


def test_no_text_is_paired_with_another_by_its_place(several: Path) -> None:
    rows = [(one.path, one.english, one.translation) for one in rows_of([several.name], TAG)]
    assert sorted(rows) == sorted(
        [
            (ALSO, "one", ""),
            (ALSO, "two", ""),
            (ALSO, "", "eins"),
            (ALSO, "", "zwei"),
            (QUESTION, "Is it?", ""),
            (PARAPHRASE, "dup", ""),
        ]
    )
    before = read(several)
    made = as_table(rows_of([several.name], TAG)).splitlines()[1:]
    assert take(several, *made) == before
    # However few rows come back, and whichever cells are empty, nothing is taken away.
    for line in made:
        assert take(several, line) == before
        assert take(several, line.rpartition("\t")[0] + "\t") == before


def test_what_is_filled_in_is_added_to_several_and_replaces_one(several: Path) -> None:
    found = take(
        several,
        row("fog.ttl", "number", ALSO, "two", "zweierlei"),
        row("fog.ttl", "number", QUESTION, "Is it?", "Ist es?"),
        row("fog.ttl", "number", PARAPHRASE, "dup", "doppelt"),
    )
    assert found[NUMBER, ALSO, TAG] == ["eins", "zwei", "zweierlei"]
    assert found[NUMBER, QUESTION, ""] == [""]
    found = take(several, row("fog.ttl", "number", QUESTION, "Is it?", "Ist das so?"))
    assert found[NUMBER, QUESTION, TAG] == ["Ist das so?"]
    assert found[NUMBER, PARAPHRASE, TAG] == ["doppelt"]
    with pytest.raises(IndicantError, match="two translations, 'a' and 'b'") as caught:
        take(
            several,
            row("fog.ttl", "number", PARAPHRASE, "dup", "a"),
            row("fog.ttl", "number", PARAPHRASE, "dup", "b"),
        )
    assert caught.value.line == 3
    with pytest.raises(IndicantError, match="no English text that it would translate") as caught:
        take(several, row("fog.ttl", "number", ALSO, "", "drei"))
    assert caught.value.line == 2
    assert read(several) == found


@pytest.mark.parametrize("odd", ["\0", "\a", "\u202e", "\u2066", "\u200b", "\x7f", "\x9b"])
def test_characters_that_cannot_be_seen_are_refused_where_they_stand(fog: Path, odd: str) -> None:
    with pytest.raises(IndicantError, match=rf"U\+{ord(odd):04X}, ") as caught:
        take(fog, row("fog.ttl", "fog", PHRASE, "{thing} today", ""), row() + odd)
    assert (caught.value.file, caught.value.line) == (str(fog.with_suffix(".tsv")), 3)
    assert fog.read_text(encoding="utf-8") == TURTLE
    # What a file says already is for `check` to tell.
    fog.write_text(TURTLE.replace('"fog"@en', f'"fog"@en , "Nebel\\u{ord(odd):04X}"@de'), "utf-8")
    assert take(fog, row() + odd) == read(fog)


def test_a_table_of_another_encoding_is_told(fog: Path) -> None:
    table = fog.with_suffix(".tsv")
    table.write_bytes(f"{HEAD}\n{row()}\n".encode("utf-16"))
    with pytest.raises(IndicantError, match="not text in UTF-8"):
        Translations(["fog.ttl"], TAG).take(table)


def test_all_files_are_written_or_none(fog: Path) -> None:
    other = fog.parent / "deep" / "other.ttl"
    other.parent.mkdir()
    other.write_text("# who wrote this\n" + TURTLE, encoding="utf-8")
    made = Translations(["."], TAG)
    table = fog.with_suffix(".tsv")
    table.write_text(made.table().replace("\tfog\t", "\tfog\tNebel"), encoding="utf-8")
    assert len(read_table(table)) == 4
    with pytest.raises(IndicantError, match="holds a comment"):
        made.take(table)
    assert fog.read_text(encoding="utf-8") == TURTLE
    other.write_text(TURTLE, encoding="utf-8")
    assert len(made.take(table)) == 2
    for path in (fog, other):
        assert read(path)["https://example.org/t/fog", LABEL, TAG] == ["Nebel"]


def test_the_command_writes_and_takes(fog: Path) -> None:
    code, out, _ = run("translate", "fog.ttl", "--lang", TAG)
    assert (code, out) == (0, as_table(rows_of(["fog.ttl"], TAG)))
    table = fog.with_suffix(".tsv")
    assert run("translate", "fog.ttl", "--lang", TAG, "-o", str(table))[0] == 0
    text = table.read_text(encoding="utf-8")
    assert text == out
    table.write_text(text.replace("today\t", "today\theute {thing}"), encoding="utf-8")
    code, out, _ = run("translate", "fog.ttl", "--lang", TAG, "--take", str(table))
    assert (code, out) == (0, "written: fog.ttl\n")
    assert run("translate", "fog.ttl", "--lang", TAG, "--take", str(table))[1] == "nothing is new\n"
    assert run("translate", "fog.ttl", "--lang", "en")[0] == 2
    assert run("translate", "fog.ttl", "--lang", TAG, "--take", "x", "-o", "y")[0] == 2
