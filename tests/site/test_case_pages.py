"""The page of a case says what the record says, its pathway included."""

from __future__ import annotations

import functools
import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

import reading_back
import told
from assessed import QUICK, SOURCES, assessed
from indicant import __version__
from indicant.api.assessment import Assessment
from indicant.site.casepage import CasePage
from pathways import KEY_OF_CASE, Way, stands
from places import BROKEN
from running import run

if TYPE_CHECKING:
    from reading_back import Box, Picture, Shown

NOTICE: Final = "Decision support for professionals who review every reason. Not a medical device."


@functools.cache
def shown(source: str) -> list[Shown]:
    """Return what the page of all cases of a source shows."""
    return reading_back.cases(text(source))


@functools.cache
def text(source: str) -> str:
    """Return the page of all cases of a source."""
    ones = assessed(source)
    page = CasePage(ones[0].assessor, io.StringIO())
    for one in ones:
        page.document(one.document)
    return page.text()


_ID = re.compile(r' id="([^"]+)"')


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES)
def test_the_pathway_says_how_everything_stands(source: str) -> None:
    assert shown(source)
    places = {f"#{name}": at for at, name in enumerate(_ID.findall(text(source)))}
    for number, (one, each) in enumerate(zip(assessed(source), shown(source), strict=True), 1):
        standing = stands(one.record)
        applying = told.applying(one.record)
        anchors: dict[str, str] = {}
        for head, actions in told.groups(applying).items():
            for action in actions:
                if head != "Open" or told.indicated(action):
                    for recommendation in action["recommendations"]:
                        iri, place = recommendation["iri"], told.name(action["action"])
                        here = f"#case-{number}-{place}"
                        anchors[iri] = min(anchors.get(iri, here), here, key=places.__getitem__)
        guidelines: list[str] | list[None] = one.stated.guidelines or [None]
        wanted = [_linked(Way(one.stated, iri, standing).picture(), anchors) for iri in guidelines]
        assert [_ordered(picture) for picture in each.pictures] == wanted


def _linked(picture: Picture, anchors: dict[str, str]) -> Picture:
    """Return a picture in which everything links to where it stands on the page, or nowhere."""
    boxes: list[Box] = []
    for box in picture.boxes:
        entries = [replace(one, href=anchors.get(one.href, "")) for one in box.entries]
        boxes.append(replace(box, href=anchors.get(box.href, ""), entries=entries))
    return replace(picture, boxes=boxes)


def _ordered(picture: Picture) -> Picture:
    """Return a picture with the labels of its arrows in one order: where they lead is drawn."""
    return replace(picture, labels=sorted(picture.labels))


@pytest.mark.slow
@pytest.mark.parametrize("source", QUICK)
def test_every_page_says_what_it_is(source: str) -> None:
    page = reading_back.page(text(source))
    ones = assessed(source)
    label = ones[0].record["guideline"]["label"]
    version = ones[0].record["guideline"]["version"]
    assert reading_back.words(reading_back.within(page, "title")[0]) == f"Assessment · {label}"
    assert reading_back.words(reading_back.only(page, "h1")) == "Assessments"
    top = reading_back.words(reading_back.only(page, "p", "name"))
    assert top == f"{label} {version or ''}".strip()
    footer = reading_back.only(page, "footer")
    assert [reading_back.words(one) for one in footer] == [
        NOTICE,
        f"Made by indicant {__version__}.",
    ]
    articles = reading_back.within(page, "article")
    assert [one.get("aria-label") for one in articles] == [
        f"case {number}" for number in range(1, len(ones) + 1)
    ]
    keys = {reading_back.words(one) for one in reading_back.within(page, "p", "key")}
    assert keys == {KEY_OF_CASE}
    several = len(ones[0].stated.guidelines) > 1
    for article in articles:
        names = [
            reading_back.words(one)
            for section in reading_back.within(article, "section", "pathway")
            for one in reading_back.within(section, "h3")
        ]
        wanted = [f"Pathway: {ones[0].stated.label(iri)}" for iri in ones[0].stated.guidelines]
        assert names == (wanted if several else [])


@pytest.mark.slow
def test_the_page_of_one_case_is_the_same_from_python() -> None:
    one = assessed("some")[0]
    found = Assessment(one.assessor, one.document, one.record)
    page = reading_back.page(found.to_html())
    assert reading_back.words(reading_back.only(page, "h1")) == "Assessment"
    (each,) = reading_back.cases(found.to_html())
    assert replace(each, pictures=[]) == told.shown(one.screen("full"), "html")


@pytest.mark.slow
def test_what_was_not_assessed_says_why() -> None:
    code, out, _ = run("assess", str(BROKEN), "--format", "html")
    assert code == 1
    page = reading_back.page(out)
    (section,) = reading_back.within(page, "section", "warning")
    assert reading_back.words(reading_back.only(section, "h2")) == "Not assessed"
    findings = reading_back.items(reading_back.only(section, "ul"))
    _, plain, _ = run("assess", str(BROKEN))
    assert findings == [told.flat(line) for line in plain.splitlines()]
    assert reading_back.within(page, "article") == []
