"""Decode JSON with its numbers as they are written, noting what is odd about its objects."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from indicant.foreign import excerpt

MOST_PARTS: Final = 1_000_000
"""How many objects and numbers a record may consist of, and how many lists."""
MODIFYING: Final = ("modifierExtension", "implicitRules")
_SPACE: Final = re.compile(r"[ \t\r\n]*")


class Number(str):
    """A number as JSON writes it, exactly."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return the digits, which no text shows without quotation marks."""
        return str(self)


whole_of: Final = msgspec.json.Decoder(float_hook=Number).decode
"""Reads JSON with its numbers as they are written, and of two elements of one name the last."""


class TooManyError(ValueError):
    """A record of more parts than are read."""

    def __init__(self) -> None:
        super().__init__(f"it has more than {MOST_PARTS:,} parts")


@dataclass(slots=True)
class Record:
    """One record: what it says, and where it stands.

    ``odd`` has what makes it mean something else than it says: names of elements that modify it,
    and those that it has twice. ``method`` is what a transaction asks to be done with it, at
    ``target``; ``drafted``, whether it was handed over as an order that is not given yet.
    Of one that was ``passed`` over, as it is written, nothing counts, and its content may not be
    whole. ``beside`` says that it is of another part of the source, here to be compared alone.
    ``unread`` is the line of one that was looked at to see whose it is, and is still to be read.
    """

    content: dict[str, Any]
    file: str
    line: int | None = None
    place: str = ""
    url: str = ""
    method: str = ""
    mode: str = ""
    odd: tuple[str, ...] = ()
    target: str = ""
    drafted: bool = False
    passed: bytes = b""
    beside: bool = False
    unread: bytes = b""

    def digest(self) -> int:
        """Return what two records have in common where they are written alike."""
        content = self.content
        if self.passed:
            content = whole_of(self.passed)
            content = content["resource"] if self.place else content
        return hash((repr(content), self.method, self.odd))


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that is no record."""

    file: str
    line: int
    message: str


def why(error: Exception) -> str:
    """Return in words what is wrong with a text that is no JSON."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} in column {error.colno}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def skipped(text: str, at: int) -> int:
    """Return where the first character stands, from a place on, that is no white space."""
    found = _SPACE.match(text, at)
    return found.end() if found else at


class Decoder:
    """Reads JSON with its numbers as they are written, and notes what is odd about objects."""

    def __init__(self) -> None:
        self._odd: dict[str, None] = {}
        self._parts = 0
        self._scan = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_float=self._number,
            parse_int=self._number,
            parse_constant=self._number,
        ).raw_decode

    def _count(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise TooManyError

    def _number(self, text: str) -> Number:
        self._count()
        return Number(text)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        self._count()
        found = dict(pairs)
        if len(found) != len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    self._odd[f"{excerpt(key)} twice"] = None
                seen.add(key)
        for name in MODIFYING:
            if name in found:
                self._odd[name] = None
        return found

    def oddities(self) -> tuple[str, ...]:
        """Return what was odd since this was last asked."""
        odd = tuple(self._odd)
        self._odd.clear()
        return odd

    def value(self, text: str, at: int) -> tuple[Any, int]:
        """Return the value that begins at a place, and where it ends.

        Raises:
            ValueError: it is none.
        """
        self._parts = 0
        return self._scan(text, at)

    def whole(self, text: str) -> dict[str, Any]:
        """Return the object that a text is.

        Raises:
            ValueError: it is none.
        """
        self._odd.clear()
        self._parts = 0
        if text.count("[") > MOST_PARTS:
            raise TooManyError
        found, end = self._scan(text)
        if end != len(text):
            raise ValueError("something stands behind it")
        if not isinstance(found, dict):
            raise ValueError("it is something else")
        return found
