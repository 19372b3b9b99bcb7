"""The words of the program are there in each of its languages, with the same places."""

from __future__ import annotations

import re
from string import Formatter

import pytest

import reading_back
from indicant.api.guideline import Guideline
from indicant.assess.prose import SETTLING
from indicant.screen.wording import FOLDER, Words, languages, table
from places import CODE

OTHERS = languages()[1:]


def test_german_is_one_of_them() -> None:
    assert "de" in OTHERS


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_every_word_with_its_places(language: str) -> None:
    own, english = table(language), table("en")
    assert {part: list(words) for part, words in own.items()} == {
        part: list(words) for part, words in english.items()
    }
    for part, words in english.items():
        for key, text in words.items():
            wanted = {name for _, name, _, _ in Formatter().parse(text) if name}
            found = {name for _, name, _, _ in Formatter().parse(own[part][key]) if name}
            assert found == wanted, (part, key)
            assert own[part][key].strip() or not text.strip()


def test_no_word_is_there_for_nobody() -> None:
    """Each part is asked for somewhere, and each key that is written out is one that there is."""
    files = [*(CODE / "indicant").rglob("*.py"), *(CODE / "indicant").rglob("*.html")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    for part in table("en"):
        assert re.search(rf"""['"]{part}['"]""", text), part
    asked = re.findall(r"""(?:words|_words|\bw)\(\s*['"]([\w-]+)['"],\s*['"]([\w-]+)['"]""", text)
    assert len(asked) > 40
    assert [(part, key) for part, key in asked if key not in table("en").get(part, {})] == []


def test_what_settles_is_said_as_without_a_screen() -> None:
    assert table("en")["settling"] == SETTLING


def test_a_region_speaks_its_language_and_a_stranger_english() -> None:
    assert Words("de-AT").language == "de"
    assert Words("fr")("title", "now") == "Now"
    assert all(path.suffix == ".toml" for path in FOLDER.iterdir())


def test_text_and_page_speak_german_around_the_guideline() -> None:
    german = Guideline.load(language="de")
    found = german.assess(german.example())
    text = found.to_text(detail="full")
    titles = [one for one in text.splitlines() if one.isupper() and not one.startswith(" ")]
    assert titles[:4] == ["JETZT", "ZUERST FRAGEN", "SCHRITTE", "VERMEIDEN"]
    assert "indiziert, sobald bekannt:" in text
    assert not re.search(r"[✓?✕] (recommended|undetermined|contraindicated)|once known", text)
    page = reading_back.page(found.to_html())
    assert page[0].get("lang", page.get("lang")) == "de"
    heads = [reading_back.words(one) for one in reading_back.within(page, "h2")]
    assert heads[:3] == ["Jetzt", "Zuerst fragen", "Schritte"]
