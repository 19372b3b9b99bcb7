"""A case as the facts that it records, and how to write it as a graph and in words."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import json
import os
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.graph import bounds_words
from indicant.compile.model import (
    FINDING,
    HAD_FINDING,
    HAS_FINDING,
    ITSELF,
    PROPOSES,
    RECEIVED,
    ROLES,
    Range,
)
from indicant.compile.owl import constant
from indicant.errors import IndicantError
from indicant.files.staging import recover, staged
from indicant.terms import IND, LABEL, XSD, local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

BORN: Final = IND + "birthDate"
AS_OF: Final = datetime.date(2026, 1, 1)
"""As of which day cases are shown, unless only some other day has what they show."""

_LOCAL: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
"""What can stand behind a prefix with no escape, and a little less."""


@dataclass(frozen=True)
class When:
    """When something began, ended or was done, in days before the as-of date.

    ``weeks`` is how long it lasted, where that is recorded in place of a start; ``ongoing`` whether
    a course is under way.
    """

    start: int | None = None
    end: int | None = None
    on: int | None = None
    weeks: Decimal | None = None
    ongoing: bool | None = None

    @property
    def size(self) -> int:
        """Return how many statements it takes."""
        return sum(one is not None for one in dataclasses.astuple(self))


@dataclass(frozen=True)
class Related:
    """A record that another one is related to: its classes and values."""

    classes: tuple[str, ...]
    entries: tuple[Entry, ...] = ()


Value = Decimal | str | bool | ox.NamedNode | When | Range | Related
"""What is recorded of a property; of a number perhaps a range that it lies in."""


@dataclass(frozen=True)
class Entry:
    """A value of a node as it is recorded: a property and what it says.

    All that dates and lengths say stands under ``ind:days``.
    """

    property: str
    value: Value
    kind: type = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Keep false and 0 apart, which Python does not."""
        object.__setattr__(self, "kind", type(self.value))

    def statements(self) -> int:
        """Return how many statements it takes."""
        if isinstance(self.value, Related):
            inner = sum(entry.statements() for entry in self.value.entries)
            return 1 + len(self.value.classes) + inner
        return self.value.size if isinstance(self.value, When) else 1


@dataclass(frozen=True)
class Node:
    """A finding or an intervention of a case: how the case is linked to it, its classes, values.

    ``copy`` tells apart those of which a case may have several that say the same.
    """

    role: str
    classes: tuple[str, ...]
    entries: tuple[Entry, ...] = ()
    copy: int = 0


@dataclass(frozen=True)
class Recorded:
    """All that a case records: nodes, classes that are excluded, and those that are proposed.

    ``unplanned`` are classes of which nothing is proposed; ``complete`` those of which all is
    recorded, or all from so many days before the as-of date on; ``entries`` are values of the case
    itself; ``never`` are classes of which there never was a finding. ``as_of`` is the day from
    which all days are counted back.
    """

    nodes: tuple[Node, ...] = ()
    excluded: tuple[str, ...] = ()
    proposed: tuple[str, ...] = ()
    unplanned: tuple[str, ...] = ()
    complete: tuple[tuple[str, int | None], ...] = ()
    all_planned: bool = False
    entries: tuple[Entry, ...] = ()
    never: tuple[str, ...] = ()
    as_of: datetime.date = AS_OF

    @property
    def size(self) -> int:
        """Return the number of facts: classes of nodes, values, exclusions and proposals."""
        nodes = sum(
            len(node.classes) + sum(entry.statements() for entry in node.entries)
            for node in self.nodes
        )
        complete = sum(2 if since is None else 3 for _, since in self.complete)
        plans = len(self.proposed) + len(self.unplanned) + 2 * self.all_planned
        own = sum(entry.statements() for entry in self.entries)
        return nodes + len(self.excluded) + len(self.never) + complete + plans + own


def turtle(recorded: Recorded, prefixes: Mapping[str, str], *, about: str | None = None) -> str:
    """Write a case that can be assessed, in Turtle.

    Args:
        recorded: what the case says.
        prefixes: namespaces by prefix; those in use are declared.
        about: one line on what the case shows, as its label.
    """
    writer = _Writer(prefixes, recorded.as_of)
    return writer.text(recorded, about)


@dataclass(frozen=True)
class CaseFiles:
    """A case with what is expected of it, and the name of the folder that is to hold them."""

    name: str
    case: str
    expected: Mapping[str, object]


def write_files(folder: Path, case: str, expected: Mapping[str, object]) -> None:
    """Write a case and what is expected of it into a folder, for ``indicant test``."""
    (folder / "case.ttl").write_text(case, encoding="utf-8")
    text = json.dumps(expected, indent=2, ensure_ascii=False)
    (folder / "expected.json").write_text(text + "\n", encoding="utf-8")


def write_cases(folder: Path, cases: Sequence[CaseFiles]) -> tuple[Path, ...]:
    """Write cases into a folder, in a new folder each, all of them or none; return these folders.

    Raises:
        IndicantError: such a folder is there already, or cannot be written.
    """
    places = tuple(folder / one.name for one in cases)
    if not cases:
        return places
    recover(folder)
    for place in places:
        if os.path.lexists(place):
            raise IndicantError(
                "is there already", file=str(place), help="name another folder, or remove this one"
            )
    with staged(folder if folder.is_dir() else folder.parent, shown=folder) as stage:
        work = None if folder.is_dir() else stage.folder(folder)
        for place, one in zip(places, cases, strict=True):
            if work is None:
                new = stage.folder(place)
            else:
                new = work / one.name
                new.mkdir()
            write_files(new, one.case, one.expected)
    return places


class _Writer:
    def __init__(self, prefixes: Mapping[str, str], as_of: datetime.date) -> None:
        known = {"ind": IND, "xsd": XSD}
        taken = {*known.values()}
        for name, namespace in sorted(prefixes.items()):
            if name and namespace and namespace not in taken and name not in known:
                known[name] = namespace
                taken.add(namespace)
        self._prefixes = known
        self._used: set[str] = set()
        self._as_of = as_of

    def _iri(self, iri: str) -> str:
        for name, namespace in self._prefixes.items():
            if iri.startswith(namespace) and _LOCAL.fullmatch(iri, len(namespace)):
                self._used.add(name)
                return f"{name}:{iri[len(namespace) :]}"
        return f"<{iri}>"

    def text(self, recorded: Recorded, about: str | None) -> str:
        names = self._names(recorded.nodes)
        lines = [":case", f"    a {self._iri(IND + 'PatientCase')} ;"]
        if about is not None:
            label = self._iri(LABEL)
            lines.append(f"    {label} {ox.Literal(about, language='en')} ;")
        lines.append(f"    {self._iri(IND + 'asOf')} {self._date(self._as_of)} ;")
        for entry in recorded.entries:
            lines += [
                f"    {self._iri(name)} {value} ;" for name, value in self._entry(ITSELF, entry)
            ]
        for role in ROLES:
            values = [
                f":{name}"
                for name, node in zip(names, recorded.nodes, strict=True)
                if node.role == role
            ]
            if role == PROPOSES:
                values += [self._iri(cls) for cls in recorded.proposed]
            lines += self._list(role, values)
        lines += self._list(IND + "excludes", [self._iri(cls) for cls in recorded.excluded])
        lines += self._list(IND + "neverHad", [self._iri(cls) for cls in recorded.never])
        lines += self._list(IND + "doesNotPropose", [self._iri(cls) for cls in recorded.unplanned])
        every = [self._iri(cls) for cls, since in recorded.complete if since is None]
        lines += self._list(IND + "recordsAll", every)
        lines += self._list(
            IND + "completeness",
            [
                self._complete(cls, self._as_of - datetime.timedelta(days=since))
                for cls, since in recorded.complete
                if since is not None
            ],
        )
        if recorded.all_planned:
            lines.append(f"    {self._iri(IND + 'recordsAllProposals')} true ;")
        lines.append(".")
        for name, node in zip(names, recorded.nodes, strict=True):
            kinds = " , ".join(self._iri(cls) for cls in node.classes)
            lines += ["", f":{name}", f"    a {kinds} ;"]
            for entry in node.entries:
                lines += [
                    f"    {self._iri(name)} {value} ;"
                    for name, value in self._entry(node.role, entry)
                ]
            lines.append(".")
        self._used.add("xsd")
        used = {name: self._prefixes[name] for name in self._used}
        head = ["@prefix : <https://example.org/case#> ."]
        head += [f"@prefix {name}: <{used[name]}> ." for name in sorted(used)]
        return "\n".join([*head, "", *lines]) + "\n"

    def _complete(self, cls: str, since: datetime.date) -> str:
        kind, of, day = (self._iri(IND + name) for name in ("Completeness", "of", "since"))
        return f"[ a {kind} ; {of} {self._iri(cls)} ; {day} {self._date(since)} ]"

    def _list(self, predicate: str, values: list[str]) -> list[str]:
        if not values:
            return []
        first, *rest = values
        lines = [f"    {self._iri(predicate)} {first}"]
        for value in rest:
            lines[-1] += " ,"
            lines.append(f"        {value}")
        lines[-1] += " ;"
        return lines

    def _entry(self, role: str, entry: Entry) -> list[tuple[str, str]]:
        value = entry.value
        if isinstance(value, When):
            return list(self._times(role, value))
        if isinstance(value, ox.NamedNode):
            return [(entry.property, self._iri(value.value))]
        if isinstance(value, Range):
            parts = [f"a {self._iri(IND + 'Bounds')}"]
            parts.append(f"{self._iri(IND + 'of')} {self._iri(entry.property)}")
            parts += [
                f"{self._iri(IND + name)} {_written(limit)}"
                for name, limit in value.bounds().items()
            ]
            return [(IND + "bounds", f"[ {' ; '.join(parts)} ]")]
        if isinstance(value, Related):
            parts = [f"a {' , '.join(map(self._iri, value.classes))}"]
            for inner in value.entries:
                parts += [f"{self._iri(name)} {text}" for name, text in self._entry(role, inner)]
            return [(entry.property, f"[ {' ; '.join(parts)} ]")]
        return [(entry.property, _written(value))]

    def _times(self, role: str, when: When) -> Iterator[tuple[str, str]]:
        began = "onset" if ROLES.get(role) == FINDING else "startedOn"
        began = "birthDate" if role == ITSELF else began
        for name, days in ((began, when.start), ("endedOn", when.end), ("on", when.on)):
            if days is not None:
                yield IND + name, self._date(self._as_of - datetime.timedelta(days=days))
        if when.weeks is not None:
            yield IND + "weeks", _written(when.weeks)
        if when.ongoing is not None:
            yield IND + "ongoing", _written(when.ongoing)

    def _date(self, day: datetime.date) -> str:
        return f'"{day.isoformat()}"^^{self._iri(XSD + "date")}'

    @staticmethod
    def _names(nodes: Sequence[Node]) -> list[str]:
        """Name each node after its class, with a number where there are several."""
        wanted = []
        for node in nodes:
            word = "".join(
                letter if letter.isascii() and letter.isalnum() else "-"
                for letter in local_name(node.classes[0])
            ).strip("-")
            wanted.append((word[:1].lower() + word[1:]) or "node")
        taken = {"case", *wanted}
        names: list[str] = []
        for word in wanted:
            name = word
            if wanted.count(word) > 1 or word == "case":
                numbered = (f"{word}-{number}" for number in itertools.count(1))
                name = next(one for one in numbered if one not in taken)
                taken.add(name)
            names.append(name)
        return names


def _written(value: Decimal | str | bool) -> str:
    literal = constant(value)
    return str(literal) if isinstance(value, str) else literal.value


_LINK_WORDS: Final = {
    HAS_FINDING: "",
    HAD_FINDING: " in the past",
    RECEIVED: " received",
    PROPOSES: " proposed",
}


def words(recorded: Recorded, label: Callable[[str], str], units: Mapping[str, str]) -> list[str]:
    """Return what a case says, a fact each, in words, numbers with their units."""
    found = [_entry_words(ITSELF, entry, label, units) for entry in recorded.entries]
    for node in recorded.nodes:
        kinds = " and ".join(label(cls) for cls in node.classes) + _LINK_WORDS[node.role]
        entries = [_entry_words(node.role, entry, label, units) for entry in node.entries]
        found.append(f"{kinds} {' and '.join(entries)}" if entries else kinds)
    found += [f"{label(cls)} proposed" for cls in recorded.proposed]
    found += [f"no {label(cls)}" for cls in recorded.excluded]
    found += [f"no {label(cls)} at any time" for cls in recorded.never]
    found += [f"no {label(cls)} proposed" for cls in recorded.unplanned]
    found += [
        f"all {label(cls)} recorded" + ("" if since is None else f" since {since} days ago")
        for cls, since in recorded.complete
    ]
    found += ["all proposals recorded"] if recorded.all_planned else []
    found += [f"as of {recorded.as_of}"] if recorded.as_of != AS_OF else []
    return found


def _entry_words(
    role: str, entry: Entry, label: Callable[[str], str], units: Mapping[str, str]
) -> str:
    value, unit = entry.value, units.get(entry.property)
    if isinstance(value, When):
        return " and ".join(_when_words(role, value))
    if isinstance(value, Range):
        return f"with {label(entry.property)} {bounds_words(value, unit)}"
    if isinstance(value, Related):
        kinds = " and ".join(map(label, value.classes))
        inner = [_entry_words(role, one, label, units) for one in value.entries]
        what = f"({kinds} {' and '.join(inner)})" if inner else kinds
        return f"with {label(entry.property)} {what}"
    said = label(value.value) if isinstance(value, ox.NamedNode) else constant(value).value
    return f"with {label(entry.property)} {said} {unit or ''}".rstrip()


def _when_words(role: str, when: When) -> Iterator[str]:
    if role == ITSELF:
        yield f"aged {when.start} days"
        return
    up_to_now = " up to now" if when.ongoing else ""
    if when.start is not None:
        lasting = role == HAS_FINDING or when.ongoing
        yield (
            f"for {when.start} days{up_to_now}" if lasting else f"which began {when.start} days ago"
        )
    if when.end is not None:
        yield f"which ended {when.end} days ago"
    if when.on is not None:
        yield f"{when.on} days ago"
    if when.weeks is not None:
        yield f"for {constant(when.weeks).value} weeks{up_to_now}"
    if when.ongoing is False or (when.ongoing and when.start is None and when.weeks is None):
        yield "which is under way" if when.ongoing else "which is over"
