"""The words of the program are there in each of its languages, with the same places."""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING

import pytest

import reading_back
from indicant.api.guideline import Guideline
from indicant.guideline.wording import FOLDER, Words, languages, table
from places import CODE, ROOT

if TYPE_CHECKING:
    from indicant.api.values import WhatIf, WhatNext, Why

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
    known = {part: list(words) for part, words in table("en").items()}
    unknown = [
        (part, key)
        for part, key in asked
        if not any(one == key or (key[-1] == "-" and one.startswith(key)) for one in known[part])
    ]
    assert unknown == []


def test_a_region_speaks_its_language_and_a_stranger_english() -> None:
    assert Words("de-AT").language == "de"
    assert Words("fr")("title", "now") == "Now"
    assert all(path.suffix == ".toml" for path in FOLDER.iterdir())


@pytest.mark.slow
def test_text_and_page_speak_german_around_the_guideline() -> None:
    german = Guideline.load(language="de")
    found = german.assess(german.example())
    text = found.to_text(detail="full")
    titles = [one for one in text.splitlines() if one.isupper() and not one.startswith(" ")]
    assert titles[:4] == ["JETZT", "DERWEIL FRAGEN", "SCHRITTE", "VERMEIDEN"]
    assert "indiziert, falls:" in text
    assert not re.search(r"[✓?✕] (recommended|undetermined|contraindicated)|indicated if", text)
    page = reading_back.page(found.to_html())
    assert page[0].get("lang", page.get("lang")) == "de"
    heads = [reading_back.words(one) for one in reading_back.within(page, "h2")]
    assert heads[:3] == ["Jetzt", "Derweil fragen", "Schritte"]


def stems(language: str, *parts: str) -> set[str]:
    """Return the runs of several words that stand between the places of some parts."""
    texts = [text for part in parts for text in table(language)[part].values()]
    found = {stem.strip(' :,;"„“') for text in texts for stem in re.split(r"\{\w+\}", text)}
    return {one for one in found if " " in one}


@pytest.mark.slow
def test_why_next_and_whatif_speak_german_around_the_guideline() -> None:
    german = Guideline.load(language="de")
    found = german.assess(ROOT / "examples" / "after-seven-months.ttl")
    told: list[Why | WhatNext | WhatIf] = [
        *(found.why(action) for action in ("Foraminotomie", "Gabapentin")),
        found.what_next(),
        found.what_if("-Radiculopathy"),
    ]
    texts = [one.to_text(language="de") for one in told]
    assert [one.to_text() for one in told] == [str(one) for one in told]
    both = "\n".join(texts)
    parts = ("why", "next", "whatif", "settled", "verdict", "heading")
    english = stems("en", *parts) - stems("de", *parts)
    assert len(english) > 20
    flat = " ".join(both.split())
    left = {one for one in english if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", flat)}
    assert left == set()
    assert {one for one in stems("de", "why", "next", "whatif") if one in flat} > {
        "nicht kontraindiziert",
        "wenn stattdessen",
        "Maßnahmen unbestimmt oder unter Vorbehalt empfohlen",
        "was es änderte",
    }
    assert all(re.search(r"Fall http|^  für http", one, re.MULTILINE) for one in texts)
