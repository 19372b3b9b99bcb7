"""Read what a folder of a case expects of the answer, and remember on which line it says so."""

from __future__ import annotations

import difflib
import itertools
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from indicant.errors import IndicantError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAX_BYTES: Final = 1_000_000
ANSWERS: Final = ("met", "refuted", "open")
STATUSES: Final = (
    "recommended",
    "conditional",
    "conflicting",
    "contraindicated",
    "undetermined",
    "not-applicable",
)
FULFILMENTS: Final = ("fulfilled", "not-fulfilled", "violated", "not-recorded")
SECTIONS: Final[Mapping[str, str]] = {
    "scope": "an answer",
    "actions": "an object with a status for each intervention",
    "answers": "an object with an answer for each recommendation",
    "criteria": "an object with an answer for each criterion",
    "superseded": "an object with true or false for each recommendation",
    "fulfilments": "an object with a fulfilment for each recommendation",
    "awaiting": "an object with an array of facts for each intervention",
    "excepting": "an object with an array of interventions for each intervention",
    "proposals": "an object with a status for each proposed intervention",
    "breaks": "an array of shapes",
}
"""What an expectation may state, in the order in which it is checked, and in which form."""
OTHERS: Final = "..."
"""Stands in an array for whatever else there may be."""

Path = tuple[str | int, ...]
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_FINDING: Final = re.compile(r"(\d{1,9}) (?:shape:)?(\S+)")


class Misstated(IndicantError):  # noqa: N818 - it is a finding, told as one
    """A part of an expectation that says nothing that could be held against an answer."""


@dataclass(frozen=True)
class Expectation:
    """What is expected of the cases of a folder, and where it is said.

    ``stated`` is the JSON object; ``breaks`` holds lines with names of shapes, for a folder that
    lists every finding of its case.
    """

    file: str
    stated: Mapping[str, Any] = field(default_factory=dict)
    breaks: tuple[tuple[int, str], ...] | None = None
    lines: Mapping[Path, int] = field(default_factory=dict)

    def line(self, *path: str | int) -> int | None:
        """Return the line on which a part of the object stands."""
        return self.lines.get(path)


def parse_expectation(text: str, file: str) -> Expectation:
    """Return the expectation that a JSON text states.

    Raises:
        IndicantError: the text is no JSON, or not an object, or says something twice.
    """

    def constant(name: str) -> None:
        raise json.JSONDecodeError(f"{name} is no JSON", text, max(text.find(name), 0))

    try:
        stated = json.loads(text, object_pairs_hook=_once, parse_constant=constant)
    except json.JSONDecodeError as error:
        raise IndicantError(
            f"is not JSON: {error.msg}", file=file, line=error.lineno, column=error.colno
        ) from error
    except ValueError as error:
        raise IndicantError("holds a number of too many digits", file=file) from error
    except RecursionError as error:
        raise IndicantError("is nested too deeply", file=file) from error
    except _Twice as error:
        lines = [number for name, number in _names(text) if name == error.name]
        line = lines[1] if len(lines) > 1 else None
        raise IndicantError(f"says '{error.name}' twice", file=file, line=line) from error
    if not isinstance(stated, dict):
        raise IndicantError(
            "is not a JSON object", file=file, line=1, help='begin with  {"actions": {'
        )
    return Expectation(file, stated, lines=_positions(text))


def parse_findings(text: str, file: str) -> Expectation:
    """Return the expectation of a text that lists findings: on each line a line and a shape.

    Raises:
        IndicantError: a line is none of a finding.
    """
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        match = _FINDING.fullmatch(line.strip())
        if match is None:
            raise IndicantError(
                f"'{line.strip()}' names no line and shape",
                file=file,
                line=number,
                help="write for example  9 Node-range",
            )
        found.append((int(match[1]), match[2]))
    return Expectation(file, breaks=tuple(found))


def section(expectation: Expectation, path: Path, stated: Mapping[str, Any], name: str) -> Any:
    """Return what is stated under a name, once it has the right form.

    Raises:
        Misstated: it has another form.
    """
    value = stated[name]
    kind: type = str if name == "scope" else list if name == "breaks" else dict
    if name == "scope":
        return word(expectation, (*path, name), value, ANSWERS)
    if not isinstance(value, kind):
        raise Misstated(
            f"'{name}' is to be {SECTIONS[name]}",
            file=expectation.file,
            line=expectation.line(*path, name),
        )
    return value


def word(expectation: Expectation, path: Path, value: object, words: Sequence[str]) -> str:
    """Return a value that is one of some words.

    Raises:
        Misstated: it is none of them.
    """
    if isinstance(value, str) and value in words:
        return value
    given = value if isinstance(value, str) else json.dumps(value)
    raise Misstated(
        f"'{given}' is none of {', '.join(words)}",
        file=expectation.file,
        line=expectation.line(*path),
        help=meant(given, words),
    )


def strings(expectation: Expectation, path: Path, value: object) -> list[str]:
    """Return an array of strings.

    Raises:
        Misstated: it is something else.
    """
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return value
    raise Misstated(
        f"'{path[-1]}' is to have an array of names",
        file=expectation.file,
        line=expectation.line(*path),
    )


def unknown_sections(
    expectation: Expectation, path: Path, stated: Mapping[str, Any], known: Iterable[str]
) -> list[Misstated]:
    """Return a complaint for each name of an object that is not known."""
    words = list(known)
    return [
        Misstated(
            f"nothing is called '{name}' in an expectation",
            file=expectation.file,
            line=expectation.line(*path, name),
            help=meant(name, words) or f"one of: {', '.join(words)}",
        )
        for name in stated
        if name not in words
    ]


def meant(text: str, words: Sequence[str]) -> str | None:
    """Ask whether the nearest of some words is meant."""
    near = difflib.get_close_matches(text.casefold(), words, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else None


class _Twice(Exception):  # noqa: N818 - caught here
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Twice(name)
        found[name] = value
    return found


def _names(text: str) -> list[tuple[str, int]]:
    """Return the names of members in a JSON text with their lines, as they come."""
    found, tokens = [], list(_TOKEN.finditer(text))
    for token, following in itertools.pairwise(tokens):
        if following.group() == ":" and token.group().startswith('"'):
            name = json.loads(token.group(), strict=False)
            found.append((name, text.count("\n", 0, token.start()) + 1))
    return found


def _positions(text: str) -> dict[Path, int]:
    """Return the line of each value of a valid JSON text, that of its name where it has one."""
    found: dict[Path, int] = {(): 1}
    names: list[str | int] = []
    named: list[bool] = []
    expecting = False
    line, position = 1, 0
    for match in _TOKEN.finditer(text):
        line += text.count("\n", position, match.start())
        position = match.start()
        token = match.group()
        if token == ":":
            expecting = False
        elif token == ",":
            expecting = named[-1]
            if not named[-1]:
                names[-1] = int(names[-1]) + 1
        elif token in "}]":
            names.pop()
            named.pop()
            expecting = False
        elif expecting:
            names[-1] = json.loads(token, strict=False)
            found[tuple(names)] = line
        else:
            found.setdefault(tuple(names), line)
            if token in "{[":
                names.append("" if token == "{" else 0)
                named.append(token == "{")
                expecting = named[-1]
    return found
