"""Split a bundle into its entries without reading them, and look for what hides in names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import msgspec

from indicant.intake.decoding import MODIFYING

MOST_BYTES: Final = 64_000_000
"""How large a document may be that is looked through as a whole."""
MOST_OBJECTS: Final = 2_000_000
MALFORMED: Final = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
_MODIFYING: Final = tuple(one.encode() for one in MODIFYING)
_ESCAPED: Final = re.compile(rb"\\u00[2-7]")
"""A character of ASCII that is written as an escape, in which a name could hide."""
_BETWEEN: Final = re.compile(rb"[ \t\r\n]*,[ \t\r\n]*")
_END: Final = re.compile(rb"[ \t\r\n]*\]")


class _Bundle(msgspec.Struct):
    entry: list[msgspec.Raw]


_BUNDLE: Final = msgspec.json.Decoder(_Bundle)


def is_plain(data: bytes) -> bool:
    r"""Tell whether no element of a document turns into something else what others say.

    >>> is_plain(b'{"a": "\\u00e4"}'), is_plain(b'{"modifierExtensio\\u006e": []}')
    (True, False)
    """
    if any(name in data for name in _MODIFYING):
        return False
    at = data.find(b"\\")
    while at >= 0:
        if _ESCAPED.match(data, at):
            return False
        at = data.find(b"\\", at + 2)
    return True


@dataclass(frozen=True, slots=True)
class Parts:
    """A bundle in parts: its entries, and what is left of it without them, an empty list.

    ``plain`` says that the names of its elements hide nothing.
    """

    entries: list[bytes]
    rest: str
    plain: bool


def split(data: bytes) -> Parts | None:
    """Return the parts of a bundle.

    Returns nothing where it is no bundle that can be split so: whoever reads it from its first
    character to the last knows why.
    """
    if len(data) > MOST_BYTES:
        return None
    if len(data) > 2 * MOST_OBJECTS and data.count(b"{") > MOST_OBJECTS:
        return None
    try:
        entries = [bytes(one) for one in _BUNDLE.decode(data).entry]
    except MALFORMED:
        return None
    first = data.find(entries[0]) if entries else -1
    if first < 0:
        return None
    at = _behind(data, first, entries)
    end = _END.match(data, at) if at else None
    if end is None:
        return None
    rest = data[:first] + b"]" + data[end.end() :]
    return Parts(entries, rest.decode("utf-8"), is_plain(data))


def _behind(data: bytes, at: int, entries: list[bytes]) -> int:
    """Return where the last of some entries ends if they stand one behind the other, or 0."""
    for number, one in enumerate(entries):
        if number:
            comma = _BETWEEN.match(data, at)
            if comma is None:
                return 0
            at = comma.end()
        if not data.startswith(one, at):
            return 0
        at += len(one)
    return at
