"""Tell what a check found: the same findings for people, programs, CI servers and code hosts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST: Final = 1_000
"""How many findings a report lists; the others it counts."""
MORE: Final = "more-findings"
"""The rule of the finding that there are others, and the key of their numbers in its data."""
Level = Literal["error", "warning", "note"]
Form = Literal["text", "json", "sarif", "junit", "github"]
LEVELS: Final[tuple[Level, ...]] = ("error", "warning", "note")
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
    def holds(self) -> bool:
        """Tell whether nothing was found that counts, and nothing was left undecided."""
        return not self.undecided and all(one.level == "note" for one in self.counting)

    def __str__(self) -> str:
        """Return the report as text."""
        return self.render("text")

    def render(self, form: Form) -> str:
        """Return the report in one of ``FORMS``."""
        from indicant.report.forms import render

        return render(self, form)

    def to_dict(self) -> dict[str, Any]:
        """Return what the command prints with ``--format json``."""
        import json

        found: dict[str, Any] = json.loads(self.render("json"))
        return found

    @property
    def counting(self) -> Sequence[Result]:
        """Return the findings that no acceptance covers."""
        return [one for one in self.results if one.accepted is None]


def listed(report: Report) -> Report:
    """Return a report with no more findings than anybody reads, and one that counts the others.

    Errors are listed before warnings, and warnings before notes.
    """
    counts = [one for one in report.results if MORE in one.data]
    found = [one for one in report.results if MORE not in one.data]
    if len(found) <= MOST and len(counts) <= 1:
        return report
    ranked = sorted(found, key=lambda one: (one.accepted is not None, LEVELS.index(one.level)))
    more = Counter(one.level if one.accepted is None else "accepted" for one in ranked[MOST:])
    for one in counts:
        more.update(numbers_not_listed(one))
    told = not_listed(more, counted=all(one.data["counted"] for one in counts))
    return replace(report, results=(*ranked[:MOST], told))


def numbers_not_listed(result: Result) -> dict[str, int]:
    """Return how many findings of each level a finding says that there are beside those listed."""
    told = result.data.get(MORE)
    return dict(told) if isinstance(told, dict) else {}


def not_listed(more: Mapping[str, int], *, counted: bool = True, file: str | None = None) -> Result:
    """Return the finding that there are others, so many of each level.

    Args:
        more: how many of each level, and how many that are accepted.
        counted: whether that is all of them.
        file: where they are.
    """
    least = "" if counted else "at least "
    return Result(
        MORE,
        next((level for level in LEVELS if more.get(level)), "error" if not counted else "note"),
        f"{least}{sum(more.values()):,} more findings are not listed",
        () if file is None else (Place(file),),
        data={MORE: dict(more), "counted": counted},
    )
