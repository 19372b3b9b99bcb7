"""Read back what is shown of an assessment: from its page, from Markdown and from text.

Nothing here knows what is shown from the code that shows it: words and signs come out as they
stand, to be compared with what ``told`` says has to stand there.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, TreeBuilder

if TYPE_CHECKING:
    from collections.abc import Iterator

VOID: Final = frozenset({"br", "img", "input", "link", "meta"})


@dataclass
class Entry:
    """A recommendation in the pathway: its sign, as drawn and as said, and how it stands."""

    label: str
    sign: str
    drawn: str
    href: str
    state: str = ""
    kind: str = ""


@dataclass
class Box:
    """A step of the pathway."""

    kind: str
    here: bool
    dashed: bool
    titles: str
    href: str
    entries: list[Entry]


@dataclass
class Picture:
    """A pathway as it is drawn, and as it is said to who does not see it."""

    title: str
    description: str
    boxes: list[Box]
    labels: list[str]


@dataclass
class Shown:
    """What is shown of a case: its titles in order, and all its words, spaces made one."""

    titles: list[str]
    words: str
    pictures: list[Picture] = field(default_factory=list)


# ---------------------------------------------------------------------- HTML


class _Reader(HTMLParser):
    """Builds the tree of a page whose tags are balanced."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tree = TreeBuilder()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        self.tree.start(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self.tree.end(tag)
        else:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element that holds nothing."""
        self.tree.start(tag, {name: value or "" for name, value in attrs})
        self.tree.end(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the element that was opened last."""
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another"
        self.tree.end(tag)

    def handle_data(self, data: str) -> None:
        """Take text."""
        self.tree.data(data)


def page(text: str | bytes) -> Element:
    """Return a page as a tree."""
    reader = _Reader()
    reader.feed(text.decode() if isinstance(text, bytes) else text)
    reader.close()
    assert reader.open == []
    return reader.tree.close()


def words(one: Element) -> str:
    """Return all text in an element, on one line."""
    return " ".join("".join(one.itertext()).split())


def classes(one: Element) -> list[str]:
    """Return the classes of an element."""
    return one.get("class", "").split()


def within(one: Element, tag: str, name: str | None = None) -> list[Element]:
    """Return the elements of a tag, and of a class where one is named, in an element."""
    return [found for found in one.iter(tag) if name is None or name in classes(found)]


def only(one: Element, tag: str, name: str | None = None) -> Element:
    """Return the one element of a tag and a class."""
    (found,) = within(one, tag, name)
    return found


def pairs(one: Element) -> list[tuple[str, Element]]:
    """Return what a list of definitions says: each name with what stands for it."""
    found, name = [], ""
    for child in one:
        if child.tag == "dt":
            name = words(child)
        else:
            assert child.tag == "dd"
            found.append((name, child))
    return found


def items(one: Element) -> list[str]:
    """Return the text of the items of a list."""
    return [words(child) for child in one if child.tag == "li"]


def links(one: Element) -> list[tuple[str, str]]:
    """Return where links lead, and their words."""
    return [(found.get("href", ""), words(found)) for found in within(one, "a")]


def cases(text: str) -> list[Shown]:
    """Return what a page shows of each case."""
    return [assessment(one) for one in within(page(text), "article")]


def assessment(one: Element) -> Shown:
    """Return what an element shows of a case: an article, or the main part of an example."""
    (aside,) = within(one, "section", "pathway")
    pictures = [picture(svg) for svg in within(aside, "svg")]
    titles = [words(each) for each in within(one, "h2") if each not in within(aside, "h2")]
    parts = [
        each
        for found in (within(one, "ul", "about"), within(one, "section"))
        for each in found
        if each is not aside
    ]
    said = " ".join("".join(_spaced(each)) for each in parts)
    return Shown(titles, " ".join(said.split()), pictures)


_INLINE: Final = frozenset({"a", "b", "bdi", "code", "span"})


def _spaced(one: Element) -> Iterator[str]:
    """Yield the text of an element, with space where a block begins or ends."""
    between = "" if one.tag in _INLINE else " "
    yield between + (one.text or "")
    for child in one:
        yield from _spaced(child)
        yield child.tail or ""
    yield between


def signed(one: Element) -> list[tuple[str, str, str]]:
    """Return the class, the sign and the verdict of each line; no reader is told the sign."""
    found = []
    for tag in ("details", "p"):
        for each in within(one, tag, "action"):
            (status,) = within(each, "span", "status")
            (sign,) = status
            assert sign.get("aria-hidden") == "true"
            kind = classes(each)[1]
            found.append((kind, words(sign), (sign.tail or "").strip()))
    return found


def picture(svg: Element) -> Picture:
    """Return what a picture shows."""
    title = next(one for one in svg if one.tag == "title")
    description = next(one for one in svg if one.tag == "desc")
    names = {svg.get("aria-labelledby", "")}
    assert names == {f"{title.get('id')} {description.get('id')}"}
    return Picture(
        words(title),
        words(description),
        [_box(one) for one in within(svg, "g", "box")],
        [words(one) for one in within(svg, "text", "label")],
    )


def _box(one: Element) -> Box:
    _, kind, *more = classes(one)
    entries = [part for part in one.iter() if part.tag in {"a", "g"} and "entry" in classes(part)]
    titled = [part for part in one if part.tag == "a" and "entry" not in classes(part)]
    return Box(
        kind,
        "here" in more,
        "dashed" in more,
        " ".join(words(part) for part in within(one, "text", "title")),
        titled[0].get("href", "") if titled else "",
        [_entry(part) for part in entries],
    )


def _entry(one: Element) -> Entry:
    mark = only(one, "path", "sign")
    tick = re.search(r"l3\.5,4 l6,-8$", mark.get("d", ""))
    cross = re.search(r"l8,8 m0,-8 l-8,8$", mark.get("d", ""))
    assert bool(tick) != bool(cross)
    state = within(one, "text", "state")
    plain = [part for part in within(one, "text") if part not in state]
    assert classes(mark)[1] == words(mark)
    return Entry(
        " ".join(words(part) for part in plain),
        words(mark),
        "✓" if tick else "✕",
        one.get("href", ""),
        words(state[0]) if state else "",
        classes(state[0])[1] if state else "",
    )


# ---------------------------------------------------------------------- Markdown


def plainly(text: str) -> str:
    """Return a line of Markdown as it is read, without what marks lists, titles and bold words."""
    text = re.sub(r"^\s*(?:#{1,3} |- |(?=\d+\. ))", "", text)
    text = re.sub(r"(?<!\\)\*\*", "", text)
    assert not re.search(r"(?<!\\)[*_`\[\]<>|~#]", re.sub(r"\[\d+-\d+\]", "", text)), text
    return html.unescape(re.sub(r"\\(.)", r"\1", text)).replace("\u200b", "")


def markdown(text: str) -> Shown:
    """Return what Markdown shows of one case."""
    lines = text.split("\n")
    titles = [plainly(one) for one in lines if one.startswith("## ")]
    return Shown(titles, " ".join(" ".join(map(plainly, lines)).split()))


# ---------------------------------------------------------------------- text


def text(told: str) -> Shown:
    """Return what text shows of one case."""
    titles = [one for one in told.split("\n") if one.isupper() and not one.startswith(" ")]
    return Shown(titles, " ".join(told.split()))
