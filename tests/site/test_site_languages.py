"""A site in another language leads where the English one does, and says nothing else in English."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

import pytest

from each import each
from indicant.guideline.wording import table
from indicant.site import pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.slow

LONG: Final = 20
TERMS: Final = ("reference.html", "search.html")
"""What lists terms of the language of guidelines, which are in English."""
VOID: Final = frozenset({"br", "img", "input", "link", "meta"})
QUOTED: Final = frozenset({"code", "pre", "script", "style"})
PARTS: Final = ("pages", "kind", "remark", "path", "glance", "step", "answer", "page", "site")


class Read(HTMLParser):
    """The language of a page, its tags and links, and its text that is not of another language."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.language, self.tags, self.links = "", Counter[str](), Counter[str]()
        self.said: list[str] = []
        self._open: list[bool] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element."""
        found = dict(attrs)
        if tag == "html":
            self.language = found.get("lang") or ""
        self.tags[tag] += 1
        if tag == "a":
            self.links[found.get("href") or ""] += 1
        for name in ("aria-label", "data-one", "data-many"):
            self.said.append(found.get(name) or "")
        other = tag != "html" and "lang" in found
        if tag not in VOID:
            self._open.append(tag in QUOTED or other)

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        if tag not in VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        """Take text."""
        if not any(self._open):
            self.said.append(data)

    @property
    def text(self) -> str:
        """Return all that is said, with single spaces."""
        return " ".join(" | ".join(self.said).split())


@cache
def site(language: str) -> Mapping[str, Read]:
    files = pages.build(language=language)
    return {name: Read(data.decode()) for name, data in files.items() if name.endswith(".html")}


def stems(language: str) -> Iterator[str]:
    """Yield the runs of several words between the places of what pages say."""
    for part in PARTS:
        for text in table(language)[part].values():
            found = (one.strip(" .,:;()") for one in re.split(r"\{\w+\}", text))
            yield from (one for one in found if " " in one)


def spoken(page: Read, unwanted: set[str]) -> set[str]:
    """Return which stems a page says: as a text of their own, or anywhere if they are long."""
    texts = {" ".join(one.split()).strip(" .,:;()") for one in page.said}
    return {one for one in unwanted if one in texts or (len(one) > LONG and one in page.text)}


def test_each_page_says_its_language_and_is_the_same_page() -> None:
    english, german = site("en"), site("de")
    assert english.keys() == german.keys()
    assert {one.language for one in english.values()} == {"en"}
    assert {one.language for one in german.values()} == {"de"}
    for name, one in german.items():
        other = english[name]
        if name.startswith("questions/"):
            continue  # the first hundred rows are shown, in the order of their texts
        assert one.links == other.links, name
        if name == "example.html":
            continue  # which of two facts that settle as much is asked first goes by their names
        for tag in ("h1", "h2", "section", "li", "dt", "form", "nav"):
            assert one.tags[tag] == other.tags[tag], (name, tag)


def test_nothing_that_the_program_says_is_left_in_english() -> None:
    unwanted = set(stems("en")) - set(stems("de"))
    assert len(unwanted) > 60
    seen: set[str] = set()
    for name, one in site("de").items():
        short = name not in TERMS and not name.startswith("questions/")
        found = spoken(one, unwanted)
        assert {each for each in found if short or len(each) > LONG} == set(), name
        seen |= spoken(site("en")[name], unwanted)
    assert len(seen) > len(unwanted) / 2


def test_the_pathway_says_what_has_to_have_failed() -> None:
    index = site("de")["index.html"].text
    assert "haben Phase 1 und Phase 2 versagt?" in index
    assert "erst wenn Phase 1 und Phase 2 versagt haben" in index
    assert "Behandlungspfad: Nackenschmerz nach lumbaler Versteifung" in index


def test_what_publications_say_of_passages_is_in_the_language() -> None:
    said = {
        "en": {"agrees", "disputes", "qualifies", "related"},
        "de": {"stimmt zu", "widerspricht", "schränkt ein", "verwandte"},
    }
    for tag, words in each(said.items()):
        files = pages.build(language=tag)
        rows = files["questions/which-evidence-speaks-to-what.html"].decode()
        assert set(re.findall("</td><td><bdi>([^<:]+)</bdi></td><td><a", rows)) == words
        shown = set(re.findall(">([^<]+)<", files["reference.html"].decode()))
        assert not shown & set().union(*(said[one] for one in said if one != tag)), tag
