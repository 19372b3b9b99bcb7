"""Tell what a check found: the same findings for people, programs, CI servers and code hosts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Level = Literal["error", "warning", "note"]
Form = Literal["text", "json", "sarif", "junit", "github"]
FORMS: Final[tuple[Form, ...]] = ("text", "json", "sarif", "junit", "github")


@dataclass(frozen=True)
class Rule:
    """A kind of finding: its name in kebab-case, what it means, and how to put it right."""

    name: str
    summary: str
    description: str = ""


@dataclass(frozen=True)
class Place:
    """Where a finding is: a file, a line and a column, both from one."""

    file: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True)
class Result:
    """One finding.

    ``places`` has the one to look at first in front. ``about`` holds the IRIs it speaks of.
    ``accepted`` is the reason for which the data accepts it; it then does not count. ``witness`` is
    a case graph as Turtle. ``data`` is what a program may want beside the message, as JSON values.
    """

    rule: str
    level: Level
    message: str
    places: tuple[Place, ...] = ()
    help: str | None = None
    about: tuple[str, ...] = ()
    accepted: str | None = None
    witness: str | None = None
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """All that one run found.

    ``verb`` names the run and ``subject`` what it ran on. ``rules`` are all that were checked, so
    that a report can say what held. ``undecided`` names what a limit of time left open, which is
    never read as "nothing found". ``summary`` is one line for people. ``held`` names what was
    checked one by one and held, where the run counts it; ``lines`` are further lines for people,
    and ``data`` the same for a program, as JSON values. ``anchor`` is the file at which a reader
    that wants a place for everything is shown what has none.
    """

    verb: str
    subject: str
    rules: tuple[Rule, ...]
    results: tuple[Result, ...]
    undecided: tuple[str, ...] = ()
    summary: str | None = None
    held: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    data: Mapping[str, object] = field(default_factory=dict)
    anchor: str | None = None

    @property
    def counting(self) -> Sequence[Result]:
        """Return the findings that no acceptance covers."""
        return [one for one in self.results if one.accepted is None]
