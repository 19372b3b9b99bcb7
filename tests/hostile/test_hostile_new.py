"""What is new is quoted and named by people, of documents and places that others made."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname
from xml.etree import ElementTree

import pytest

from indicant.author.scaffold import compose, put
from indicant.author.stretches import MOST, stretch
from indicant.cli import main
from indicant.errors import IndicantError
from indicant.files import resources
from indicant.files.sources import load, resolve

SOURCE = Path(main.__code__.co_filename).parents[1]


@pytest.mark.many(5)
@pytest.mark.parametrize(
    ("text", "quote", "said"),
    [
        ('"a" + " " * 1_900_000 + "c"', '"a b"', "do not stand there"),
        ('"a " * 900_000', '"a " * 100_000 + "b"', "do not stand there"),
        ('"a" * 1_900_000', '"a" * 10_000', "more than 1,000 times"),
        ('"a\\n" * 900_000', '"a a a"', "more than 1,000 times"),
        ('"a b"', '"a " * 900_000', "do not stand there"),
    ],
)
def test_no_text_and_no_quote_keeps_one_waiting(text: str, quote: str, said: str) -> None:
    program = (
        "from indicant.author.stretches import stretch\n"
        "from indicant.errors import IndicantError\n"
        f"try: stretch({text}, {quote}, file='a.txt')\n"
        "except IndicantError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert said in done.stdout, done.stderr


@pytest.mark.parametrize("quote", ["(a+)+$", "[", "\\", "a.c", ".*", "\\s", "a|b", "(?i)A"])
def test_signs_of_patterns_mean_themselves(quote: str) -> None:
    text = f"abc aab ABC\n{quote}\n"
    assert stretch(text, quote, file="a.txt") == (12, 12 + len(quote))


def test_the_last_place_that_can_be_named_is_counted() -> None:
    assert stretch("ab " * MOST, "ab", MOST, file="a.txt") == (3 * (MOST - 1), 3 * MOST - 1)
    with pytest.raises(IndicantError, match="more than 1,000 times"):
        stretch("ab " * (MOST + 1), "ab", 1, file="a.txt")


@pytest.mark.parametrize("nth", [0, -1])
def test_places_are_counted_from_one(nth: int) -> None:
    with pytest.raises(IndicantError, match=f"there is no place {nth}"):
        stretch("a a", "a", nth, file="a.txt")


@pytest.mark.parametrize("quote", ["", " ", "\n\t\u00a0\u2003"])
def test_white_space_is_no_passage(quote: str) -> None:
    with pytest.raises(IndicantError, match="a passage is a stretch of words"):
        stretch("a  b\n\n", quote, file="a.txt")


@pytest.mark.parametrize("sign", ["\u200b", "\u00ad", "\u2060", "\ufeff"])
def test_what_cannot_be_seen_is_no_white_space(sign: str) -> None:
    """A stretch with hidden signs is another one than the quote, and has another digest."""
    with pytest.raises(IndicantError, match="do not stand there"):
        stretch(f"take an{sign} umbrella", "an umbrella", file="a.txt")


@pytest.mark.parametrize(
    "folder", ["a&b", 'a"b', "a<b>", "a'b", "a%20b", "a#b?c", "\u00e4 \U0001f327"]
)
def test_a_catalog_is_one_whatever_the_folder_is_called(tmp_path: Path, folder: str) -> None:
    put(compose("guideline", "rain", place=tmp_path / folder))
    made = tmp_path / folder / "rain"
    text = (made / "catalog-v001.xml").read_text(encoding="utf-8")
    assert len(ElementTree.fromstring(text)) > 5  # noqa: S314 - it is ours
    assert load(made).documents


@pytest.mark.parametrize("folder", ["a&b", "a#b?c", "a%20b", "\u00e4 b"])
def test_an_editor_is_led_to_what_ships_wherever_that_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    data = tmp_path / folder / "data"
    shutil.copytree(resources.ontology() / "core", data / "ontology" / "core")
    text = (data / "ontology" / "core" / "catalog-v001.xml").read_text(encoding="utf-8")
    own = '<uri name="https://w3id.org/indicant/core/" uri="core.ttl"/></catalog>'
    text = text.replace("</catalog>", own)
    (data / "ontology" / "core" / "catalog-v001.xml").write_text(text, encoding="utf-8")
    monkeypatch.setattr("indicant.files.resources.root", lambda: data)
    added = compose("guideline", "rain", place=tmp_path)
    references = [one.attrib["uri"] for one in ElementTree.fromstring(added.beside[0][1])]  # noqa: S314
    assert len(references) > 5
    for one in references:
        assert Path(url2pathname(urlsplit(one).path)).is_file()


def test_a_guideline_does_not_follow_a_link_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "rain").symlink_to(tmp_path / "nowhere")
    with pytest.raises(IndicantError, match="is a link"):
        put(compose("guideline", "rain", place=tmp_path))
    assert sorted(os.listdir(tmp_path)) == ["rain"]


def test_a_case_does_not_follow_a_link_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.ttl").symlink_to(tmp_path / "theirs.ttl")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "mine").symlink_to(tmp_path / "theirs")
    assert main(["new", "case", "mine"]) == 2
    assert main(["new", "case", "mine", "--tests", "tests"]) == 2
    assert capsys.readouterr().err.count("is there already") == 2
    assert sorted(os.listdir(tmp_path)) == ["mine.ttl", "tests"]


@pytest.mark.parametrize(
    "label", ['"\\u202eesrever"@en', '"a"@en ; a owl:Class', '"""a\nb"""@en', "'\\\\'@en"]
)
def test_what_is_stated_of_a_case_stays_within_its_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, label: str
) -> None:
    monkeypatch.chdir(tmp_path)
    added = compose("case", "mine", [f"rdfs:label {label}"], place=resolve(None))
    assert added.text.count("\n:case\n") == 1
    assert added.text.endswith(".\n")
