"""Write Markdown as the pages of the reference have it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT: Final = Path(__file__).resolve().parents[2]
DOCS: Final = ROOT / "docs"
_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>#|$])")


def plain(text: str) -> str:
    r"""Return a text that Markdown shows as it is.

    >>> plain("a_b < [c]")
    'a\\_b \\< \\[c\\]'
    """
    return _SPECIAL.sub(r"\\\1", text)


def heading(level: int, text: str, label: str) -> str:
    """Return a heading with a label that other pages and messages can link to."""
    return f"({label})=\n{'#' * level} {text}"


def fenced(language: str, text: str) -> str:
    """Return a block of code, whatever is in it."""
    longest = max((len(run) for run in re.findall(r"^`{3,}", text, re.MULTILINE)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.strip(chr(10))}\n{fence}"


def folded(summary: str, content: str) -> str:
    """Return something that opens when its summary is chosen."""
    return f"<details><summary>{summary}</summary>\n\n{content}\n\n</details>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""Return a table; a bar in a cell is escaped.

    >>> print(table(["a", "b"], [["1", "2|3"]]))
    | a | b |
    | --- | --- |
    | 1 | 2\|3 |
    """
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for row in rows:
        cells = (re.sub(r"(?<!\\)\|", r"\\|", cell) for cell in row)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def sections(parts: Iterable[str]) -> str:
    """Return parts with an empty line between them."""
    return "\n\n".join(part for part in parts if part)


def blocks(turtle: str) -> list[str]:
    """Return the statements of a file in the form of the house, without its prefixes."""
    body = turtle.partition("\n\n")[2]
    return [block.strip("\n") for block in re.split(r"(?<=^\.)\n", body, flags=re.MULTILINE)]
