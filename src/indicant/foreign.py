r"""Show text that others wrote so that it stays what it is: text, and on the line where it stands.

Labels, definitions, notes, values, IRIs and names of files are the data of others. Shown as they
are, some characters move the cursor, end a line, turn it round or are not seen at all, and in
Markdown some are markup. Every form that people read passes through here; forms that programs
read say the same characters by the escapes that they have for it.
"""

from __future__ import annotations

import contextlib
import html
import json
import re
import sys
import textwrap
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WIDTH: Final = 100
_MOST: Final = 40
_LONG: Final = 1_000_000
"""From how many characters on a library that breaks lines sooner is worth loading."""
_ODD: Final = re.compile(r"[^ -~]")
_SPACE: Final = re.compile(r"\s")
_NAMED: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_UNSEEN: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
)
"""What counts as printable and shows nothing."""
HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b"
    "\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e007f]"
)
"""What no text needs, and what steers a terminal, turns a line round or is not seen.

Two characters without a width are left out, which words of Persian and of Indian languages hold.
"""
_RDF: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|<[^<>" \n\t]*>')
"""A text and an IRI, in which RDF and SPARQL can say every character by an escape."""
_MARKUP: Final = re.compile(r"[\\`*_\[\]<>|~#$]")
_START: Final = re.compile(r"(?<!\S)(?:[-+=]|\d{1,9}(?=[.)]))")
_LINK: Final = re.compile(r"(?i)(?<=:)(?=//)|(?<=\bwww)(?=\.)")
_REFERENCE: Final = re.compile(r"@|\\#(?=\d)")


def plain(text: str) -> str:
    r"""Spell out what would break a line, steer a terminal, turn text round or not be seen.

    >>> plain("no such file: a\nb")
    'no such file: a\\nb'
    >>> print(plain("a\u3164b é"))
    a\u3164b é
    """
    return _ODD.sub(_spelt, text)


def _spelt(match: re.Match[str]) -> str:
    character = match[0]
    if character.isprintable() and character not in _UNSEEN:
        return character
    return _NAMED.get(character) or _escape(character)


def _escape(character: str) -> str:
    """Return a character as Turtle, SPARQL and Python write it."""
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def prose(text: str) -> str:
    r"""Do as ``plain``, and show white space of every kind as a space.

    >>> prose("walking\n  aid")
    'walking   aid'
    """
    return plain(_SPACE.sub(" ", text))


def joined(rows: Iterable[str]) -> str:
    """Return the lines of a text for people, each of which stays one line."""
    return "".join(f"{prose(row)}\n" for row in rows)


def wrapped(text: str, first: str, rest: str | None = None) -> list[str]:
    """Break text into lines that begin with the first indent, and with the other from there on.

    Not even a terminal that breaks long lines can then put a word of it where a line begins.
    """
    return textwrap.wrap(
        prose(text),
        WIDTH,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def excerpt(text: str, most: int = _MOST) -> str:
    """Return the beginning of text that a message quotes.

    >>> excerpt("a rather long value", 10)
    'a rather …'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


# ------------------------------------------------------------------------------------ Markdown


def marked(text: str) -> str:
    r"""Return text that stands in a line of Markdown, or a cell of its tables, as it is.

    No markup of it counts, be it of CommonMark or of GitHub: nothing becomes a link, an image, a
    formula, a reference to somebody or something.

    >>> marked("1. [a](https://example.org) <b> @c")
    '1\\. \\[a\\](https:\\//example.org) \\<b\\> @&#8203;c'
    """
    found = _MARKUP.sub(r"\\\g<0>", " ".join(prose(text).split())).replace("&", "&amp;")
    start = _START.match(found)
    if start:
        mark = start.end() if start[0].isdigit() else 0
        found = f"{found[:mark]}\\{found[mark:]}"
    return _REFERENCE.sub(r"\g<0>&#8203;", _LINK.sub(r"\\", found))


def markup(text: str) -> str:
    """Return text that stands in HTML within Markdown as it is."""
    found = html.escape(" ".join(prose(text).split()))
    return re.sub(r"@|#(?=\d)", r"\g<0>&#8203;", found)


def code(text: str) -> str:
    """Return text that stands between backticks in a line of Markdown."""
    return f"`{plain(text).replace('`', chr(39))}`"


def fenced(text: str, language: str) -> Iterator[str]:
    """Yield a block of code in Markdown, which nothing in it ends."""
    rows = [plain(row) for row in text.rstrip("\n").split("\n")]
    fence = "```"
    while any(fence in row for row in rows):
        fence += "`"
    yield f"{fence}{language}"
    yield from rows
    yield fence


# ------------------------------------------------------------------------------------ programs


def as_json(value: object) -> str:
    r"""Write JSON that says the same and shows nothing but what can be seen.

    >>> print(as_json("\u202eabc\x9b"))
    "\u202eabc\u009b"
    """
    dense = json_shown(json.dumps(value, ensure_ascii=False))
    if len(dense) > _LONG or "msgspec" in sys.modules:
        # It cannot be imported where nothing may be opened any more, as where queries are run; and
        # half a character, or a number that is none, it does not take for JSON.
        with contextlib.suppress(ImportError, OSError, ValueError):
            import msgspec

            return msgspec.json.format(dense, indent=2)
    return json_shown(json.dumps(value, indent=2, ensure_ascii=False))


def as_dense_json(value: object, deepest: int = 3) -> str:
    r"""Write JSON in which what fits on a line, or lies so deep, stands on one.

    >>> print(as_dense_json({"a": [1, 2], "b": ["x" * 60, ["y" * 60, "z"]]}, 2))
    ... # doctest: +ELLIPSIS
    {
     "a": [1, 2],
     "b": [
      "xx...",
      ["yy...", "z"]
     ]
    }
    """
    return json_shown("".join(_dense(value, 0, deepest)))


def _dense(value: object, depth: int, deepest: int) -> Iterator[str]:
    """Yield JSON that stands at a depth, which is how many spaces a line of it begins with."""
    line = json.dumps(value, ensure_ascii=False)
    small = depth >= deepest or depth + len(line) <= WIDTH
    if small or not value or not isinstance(value, (dict, list)):
        yield line
        return
    pairs = value.items() if isinstance(value, dict) else (("", one) for one in value)
    yield "{" if isinstance(value, dict) else "["
    for place, (name, one) in enumerate(pairs):
        yield f"{',' if place else ''}\n{' ' * (depth + 1)}"
        yield f"{json.dumps(name, ensure_ascii=False)}: " if isinstance(value, dict) else ""
        yield from _dense(one, depth + 1, deepest)
    yield f"\n{' ' * depth}{'}' if isinstance(value, dict) else ']'}"


def json_shown(text: str) -> str:
    """Return JSON with what cannot be seen in its texts spelt out."""
    return _ODD.sub(_in_json, text)


def _in_json(match: re.Match[str]) -> str:
    shown = match[0] if match[0] in "\n\t" else _spelt(match)
    return shown if len(shown) == 1 else json.dumps(match[0])[1:-1]


def as_rdf(text: str) -> str:
    r"""Write Turtle, N-Triples or SPARQL that says the same and shows what cannot be seen.

    >>> as_rdf('<a> <b> "\u202ec" .')
    '<a> <b> "\\u202ec" .'
    """
    return text if text.isascii() else _RDF.sub(lambda match: plain(match[0]), text)


def in_csv(text: str) -> str:
    r"""Return text for CSV, which has no escapes: what steers is spelt out, white space stays.

    >>> in_csv("a\n\x1b[31mb")
    'a\n\\u001b[31mb'
    """
    found = HIDDEN.sub(lambda match: _escape(match[0]), text)
    return found.replace("\r", r"\r")
