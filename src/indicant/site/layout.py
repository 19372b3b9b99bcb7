"""Place boxes and the arrows between them, by Graphviz, so that the same graph is drawn alike.

Every box comes with its size, and no text is measured by fonts that a machine happens to have.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_INCH: Final = 72.0
_NARROW: Final = frozenset("iljtfIr.,:;'|!()[] -")
_BROAD: Final = frozenset("mwMW@%")


@dataclass(frozen=True)
class Link:
    """An arrow to be drawn, or one that only keeps an order where it is not visible."""

    tail: str
    head: str
    label: str = ""
    visible: bool = True
    dashed: bool = False


@dataclass(frozen=True)
class Arrow:
    """An arrow that was placed: its path in SVG's words, its tip, and where its label stands."""

    link: Link
    path: str
    label_x: float
    label_y: float


@dataclass(frozen=True)
class Layout:
    """Where everything is: the middle of each box, the arrows, and the size of it all."""

    width: float
    height: float
    places: Mapping[str, tuple[float, float]]
    arrows: tuple[Arrow, ...]


def place(
    sizes: Mapping[str, tuple[float, float]],
    links: Sequence[Link],
    *,
    direction: str = "TB",
    gap: float = 18,
    rank_gap: float = 28,
    font: float = 12,
    straight: Collection[str] = (),
) -> Layout:
    """Place boxes of the given sizes, in layers; those of ``straight`` stand above one another.

    Raises:
        IndicantError: Graphviz is not installed.
    """
    try:
        import pygraphviz
    except ImportError as error:
        raise IndicantError(
            "diagrams are laid out by Graphviz, which is not installed",
            help="pip install 'indicant[site]'",
        ) from error
    if not sizes:
        return Layout(0, 0, {}, ())
    names = list(sizes)
    text = _dot(sizes, links, direction, gap, rank_gap, font, straight)
    graph = pygraphviz.AGraph(string=text)
    tree = json.loads(graph.draw(format="json0", prog="dot"))
    _, _, width, height = map(float, tree["bb"].split(","))
    places = {}
    for one in tree["objects"]:
        x, y = map(float, one["pos"].split(","))
        places[names[int(one["name"][1:])]] = (round(x, 1), round(height - y, 1))
    arrows = [
        _arrow(links[int(one["comment"])], one, height)
        for one in sorted(tree.get("edges", ()), key=lambda one: int(one["comment"]))
    ]
    return Layout(
        round(width, 1),
        round(height, 1),
        {name: places[name] for name in names},
        tuple(one for one in arrows if one.link.visible),
    )


def _dot(
    sizes: Mapping[str, tuple[float, float]],
    links: Sequence[Link],
    direction: str,
    gap: float,
    rank_gap: float,
    font: float,
    straight: Collection[str],
) -> str:
    """Return boxes and links in Graphviz's words, by their numbers."""
    numbers = {name: number for number, name in enumerate(sizes)}
    lines = [
        "digraph g {",
        f"rankdir={direction}; nodesep={gap / _INCH:.4f}; ranksep={rank_gap / _INCH:.4f};",
        'node [shape=box fixedsize=true label=""]; edge [arrowhead=normal];',
    ]
    for name, (width, height) in sizes.items():
        lines.append(f"n{numbers[name]} [width={width / _INCH:.4f} height={height / _INCH:.4f}];")
    for number, link in enumerate(links):
        options = [f'comment="{number}"']
        if link.label:
            wide, high = text_width(link.label, font) + 8, font + 6
            options.append(
                f'label=<<table fixedsize="true" width="{wide:.0f}" height="{high:.0f}"'
                ' border="0"><tr><td></td></tr></table>>'
            )
        if not link.visible:
            options.append("style=invis")
        if link.tail in straight and link.head in straight and not link.dashed:
            options.append("weight=100")
        lines.append(f"n{numbers[link.tail]} -> n{numbers[link.head]} [{' '.join(options)}];")
    lines.append("}")
    return "\n".join(lines)


def _arrow(link: Link, one: Mapping[str, str], height: float) -> Arrow:
    tip = ""
    points = []
    for word in one.get("pos", "").split():
        if word.startswith("e,"):
            tip = " L" + _point(word[2:], height)
        elif not word.startswith("s,"):
            points.append(_point(word, height))
    path = f"M{points[0]} C{' '.join(points[1:])}{tip}" if points else ""
    x, y = (float(part) for part in one.get("lp", "0,0").split(","))
    return Arrow(link, path, round(x, 1), round(height - y, 1))


def _point(text: str, height: float) -> str:
    x, y = (float(part) for part in text.split(",")[:2])
    return f"{x:.1f},{height - y:.1f}"


def text_width(text: str, size: float) -> float:
    """Return about how wide a text is, in the unit of its size, on the generous side."""
    return size * sum(map(_character_width, text))


def _character_width(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.05
    if character in _NARROW:
        return 0.36
    if character in _BROAD:
        return 0.92
    return 0.68 if character.isupper() else 0.57


def wrapped(text: str, width: float, size: float) -> tuple[str, ...]:
    """Break a text into lines no wider than a width; a word that is wider is broken itself.

    >>> wrapped("one two three", 50, 12)
    ('one two', 'three')
    """
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if text_width(longer, size) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        line = ""
        for character in word:
            if line and text_width(line + character, size) > width:
                lines.append(line)
                line = ""
            line += character
    return (*lines, line) if line or not lines else tuple(lines)
