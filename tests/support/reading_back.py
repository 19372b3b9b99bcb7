"""Read back what is shown of an assessment: from its page, from Markdown and from text.

Nothing here knows what is shown from the code that shows it: words and signs come out as they
stand, to be compared with what ``told`` says has to stand there.
"""

from __future__ import annotations

import functools
import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, TreeBuilder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

VOID: Final = frozenset({"br", "img", "input", "link", "meta"})
Passage = tuple[str, str, str, str]
"""Its short name, where it stands, its section, and what it says."""
Evidence = tuple[str, str]
"""How a publication stands to a passage, and what it says of it."""


@dataclass
class Warrant:
    """A recommendation under an action, with what it rests on."""

    direction: str
    label: str
    answer: str = ""
    cites: str = ""
    says: str = ""
    passages: list[Passage] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)


@dataclass
class Action:
    """What stands under one heading."""

    title: str
    sign: str = ""
    status: str = ""
    how: str = ""
    says: str = ""
    because: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    ask: list[str] = field(default_factory=list)
    followed: list[str] = field(default_factory=list)
    received: str = ""
    source: str = ""
    disputed: str = ""
    opened: bool = False
    warrants: list[Warrant] = field(default_factory=list)


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


Group = tuple[str, list[Action], str]
"""A title, the actions under it, and those that are only named."""


@dataclass
class Shown:
    """What is shown of the assessment of one case."""

    heading: str = ""
    case: str = ""
    as_of: str = ""
    scopes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    proposals: list[tuple[str, str, str]] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    tensions: list[tuple[str, str, str]] = field(default_factory=list)
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
    shown = Shown()
    for name, value in pairs(only(one, "dl", "facts")):
        if name == "scope":
            shown.scopes.append(words(value))
        else:
            setattr(shown, {"case": "case", "as of": "as_of"}[name], words(value))
    for warning in within(one, "p", "warning"):
        shown.warnings.append(words(warning).removeprefix("Note: "))
    for proposal in within(one, "p", "proposal"):
        lead, label, status = proposal
        sign, verdict = _status(status)
        assert words(lead) == "Proposed:"
        assert verdict in classes(proposal)
        shown.proposals.append((words(label), sign, verdict))
    for section in within(one, "section"):
        head = words(within(section, "h2")[0])
        if head == "Pathway":
            shown.pictures = [picture(svg) for svg in within(section, "svg")]
        elif head == "Where the source is at odds with itself":
            shown.tensions = [_tension(note) for note in within(section, "div", "note")]
        else:
            actions = [_action(part) for part in within(section, "details", "action")]
            rest = [words(part) for part in section if part.tag == "p"]
            shown.groups.append((head, actions, " ".join(rest)))
    return shown


def _status(one: Element) -> tuple[str, str]:
    """Return the sign and the word of a status."""
    assert classes(one) == ["status"]
    (sign,) = one
    assert sign.get("aria-hidden") == "true"
    return words(sign), (sign.tail or "").strip()


def _tension(one: Element) -> tuple[str, str, str]:
    label = words(within(one, "bdi")[0])
    passages = words(only(one, "span", "quiet")).strip("()")
    read = [words(part) for part in within(one, "p")[1:]]
    return label, passages, " ".join(read).removeprefix("Read as: ")


_LISTS: Final = {"Because": "because", "Open": "open", "Ask": "ask", "Followed": "followed"}


def _action(one: Element) -> Action:
    summary = one[0]
    assert summary.tag == "summary"
    sign, status = _status(only(summary, "span", "status"))
    found = Action(words(only(summary, "bdi", "what")), sign, status)
    found.how = " ".join(words(part) for part in within(summary, "span", "quiet"))
    found.opened = "open" in one.keys()  # noqa: SIM118 - an element has no keys of its own
    assert status in classes(one)
    lead = ""
    for part in one[1:]:
        said = words(part)
        if part.tag == "ul":
            getattr(found, _LISTS[lead]).extend(items(part))
        elif part.tag == "details":
            found.warrants.append(_warrant(part))
        elif said.startswith("Recorded: received already: "):
            found.received = said.removeprefix("Recorded: received already: ")
        elif "disputed" in classes(part):
            assert said.startswith("⚠ Disputed by ")
            found.disputed = said.removeprefix("⚠ Disputed by ")
        else:
            assert part.tag == "p"
            lead = said
    return found


def _warrant(one: Element) -> Warrant:
    summary = one[0]
    quiet = words(only(summary, "span", "quiet"))
    match = re.fullmatch(r"\((met|refuted|open)(?:, cites (.*?))?(?:, says (.*))?\)", quiet)
    assert match, quiet
    answer, cites, says = (part or "" for part in match.groups())
    direction = (summary.text or "").strip().removesuffix(":")
    found = Warrant(direction, words(within(summary, "bdi")[0]), answer, cites, says)
    for quote in within(one, "blockquote"):
        where, said = within(quote, "p")
        section = " ".join(words(part) for part in within(where, "span", "section"))
        place = words(only(where, "span", "quiet"))
        found.passages.append(((where.text or "").strip(), place, section, words(said)))
    relation = ""
    for part in one[1:]:
        if part.tag == "p" and within(part, "b"):
            relation = words(part)
        elif part.tag == "ul":
            found.evidence += [(relation, said) for said in items(part)]
            assert classes(part)[1] == relation.split()[0].lower()
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


@functools.cache
def plainly(text: str) -> str:
    """Return text of Markdown in which no markup is left, as it is read."""
    assert not re.search(r"(?<!\\)[*_`\[\]<>|~#]", re.sub(r"^\*\*|\*\*$", "", text)), text
    return html.unescape(re.sub(r"\\(.)", r"\1", text)).replace("\u200b", "")


def markdown(text: str) -> Shown:
    """Return what Markdown shows of one case."""
    lines = [line for line in text.split("\n") if line]
    shown = Shown(heading=plainly(lines[0].removeprefix("# ")))
    head, actions = "", list[Action]()
    relation = ""
    for line in lines[1:]:
        if line.startswith("## "):
            head, actions = line.removeprefix("## "), []
            if head not in {"Proposed", "Where the source is at odds with itself"}:
                shown.groups.append((head, actions, ""))
        elif line.startswith("### "):
            actions.append(Action(plainly(line.removeprefix("### "))))
        elif head == "":
            _head(shown, plainly(line.removeprefix("- ")))
        elif head == "Proposed":
            label, _, verdict = plainly(line.removeprefix("- ")).rpartition(": ")
            shown.proposals.append((label, "", verdict))
        elif head == "Where the source is at odds with itself":
            match = re.fullmatch(r"- \*\*(.*?)\*\* \((.*?)\): ?(.*)", line)
            assert match, line
            label, passages, read = map(plainly, match.groups())
            shown.tensions.append((label, passages, read))
        elif line.startswith("    - "):
            said = plainly(line.removeprefix("    - "))
            actions[-1].warrants[-1].evidence.append((relation, said))
        elif line.startswith("  - "):
            match = re.fullmatch(r"  - (.*) \[(\d+-\d+)\] ?(.*)", line)
            if match is None:
                relation = line.removeprefix("  - ").removesuffix(":")
                continue
            name, place, said = match.groups()
            actions[-1].warrants[-1].passages.append((plainly(name), place, "", plainly(said)))
        else:
            _fact(actions[-1], line)
    return shown


def _head(shown: Shown, line: str) -> None:
    match = re.fullmatch(r"case (.*) as of (\d{4}-\d\d-\d\d)", line)
    if match:
        shown.case, shown.as_of = match.groups()
    elif line.startswith("note: "):
        shown.warnings.append(line.removeprefix("note: "))
    else:
        shown.scopes.append(line)


def _fact(action: Action, line: str) -> None:
    if line.startswith("- **disputed by** "):
        action.disputed = plainly(line.removeprefix("- **disputed by** "))
        return
    if line.startswith("- **"):
        said = plainly(line.removeprefix("- **").removesuffix("**"))
        action.status, _, action.how = said.partition(", ")
        return
    lead, _, said = line.removeprefix("- ").partition(": ")
    said = plainly(said)
    if lead in {"because", "open", "ask", "followed"}:
        getattr(action, lead).append(said)
    elif lead == "recorded":
        action.received = said.removeprefix("received already: ")
    else:
        assert lead in {"for", "against"}, line
        action.warrants.append(Warrant(lead, said))


# ---------------------------------------------------------------------- text

_LABELS: Final = {
    "how": "how",
    "says": "says",
    "because": "because",
    "open": "open",
    "ask": "ask",
    "followed": "followed",
    "recorded": "received",
    "source": "source",
    "disputed": "disputed",
}


def text(told: str) -> Shown:
    """Return what text shows of one case; what is said alike stands under one heading."""
    rows = list(_unwrapped(told.split("\n")))
    shown = Shown(heading=rows[0])
    head, actions = "", list[Action]()
    rest: list[str] = []
    for row in rows[1:]:
        if row.startswith("PROPOSED "):
            label, _, verdict = row.removeprefix("PROPOSED ").strip().rpartition(": ")
            shown.proposals.append((label, "", verdict))
        elif row and not row.startswith(" ") and row.isupper():
            head, actions, rest = row, [], []
            if head != "WHERE THE SOURCE IS AT ODDS WITH ITSELF":
                shown.groups.append((head, actions, ""))
        elif head == "":
            _head(shown, row)
        elif head == "WHERE THE SOURCE IS AT ODDS WITH ITSELF":
            if row.startswith("    read as"):
                label, passages, _ = shown.tensions[-1]
                read = row.removeprefix("    read as").strip()
                shown.tensions[-1] = label, passages, read
            else:
                label, _, passages = row.strip().removesuffix(")").rpartition(" (")
                shown.tensions.append((label, passages, ""))
        elif row == "  nothing indicates these, and a contraindication is open:":
            rest = [row.strip()]
        elif rest:
            name, members, _ = shown.groups[-1]
            shown.groups[-1] = name, members, f"{rest[0]} {row.strip()}"
        elif row.startswith("    "):
            name = row[4:13].strip()
            value = row[13:]
            known = getattr(actions[-1], _LABELS[name])
            if isinstance(known, list):
                known.append(value)
            else:
                assert known == ""
                setattr(actions[-1], _LABELS[name], value)
        else:
            actions.append(Action(row.strip()))
    for _, members, _ in shown.groups:
        for one in members:
            one.received = one.received.removeprefix("received already: ")
            one.disputed = one.disputed.removeprefix("by ")
    return shown


def _unwrapped(lines: Iterable[str]) -> Iterator[str]:
    """Yield the rows of a text, each on one line however it was wrapped.

    Under a label, text goes on 13 columns in; under a heading, which is two columns in, four.
    """
    row: str | None = None
    for line in lines:
        indent = len(line) - len(line.lstrip(" "))
        label = line[4:13].strip() in _LABELS or line.startswith("    read as")
        further = row is not None and (
            (indent == 13 and row.startswith("    "))
            or (indent == 10 and row.startswith("PROPOSED "))
            or (indent == 2 and not row.startswith(" ") and not row.isupper())
            or (indent == 4 and row.startswith("  ") and not label and not row.endswith("open:"))
        )
        if further:
            row = f"{row} {line.strip()}"
            continue
        if row:
            yield row
        row = line
    if row:
        yield row
