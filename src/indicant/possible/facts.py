"""A case as the facts that it records, and how to write it as a graph and in words."""

from __future__ import annotations

import datetime
import itertools
import json
import os
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.model import HAS_FINDING, PROPOSES, RECEIVED
from indicant.compile.owl import constant
from indicant.errors import IndicantError
from indicant.files.staging import recover, staged
from indicant.terms import IND, LABEL, XSD, local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

DAYS: Final = IND + "days"
AS_OF: Final = datetime.date(2026, 1, 1)

_LOCAL: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
"""What can stand behind a prefix with no escape, and a little less."""

Value = Decimal | str | bool | ox.NamedNode


@dataclass(frozen=True)
class Entry:
    """A value of a node as it is recorded: a property and what it says.

    How long something has lasted is recorded as the number of days up to the as-of date, under
    ``ind:days``, which a case graph tells by a date.
    """

    property: str
    value: Value
    kind: type = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Keep false and 0 apart, which Python does not."""
        object.__setattr__(self, "kind", type(self.value))


@dataclass(frozen=True)
class Node:
    """A finding or an intervention of a case: how the case is linked to it, its classes, values."""

    role: str
    classes: tuple[str, ...]
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Recorded:
    """All that a case records: nodes, excluded classes, and classes that are proposed."""

    nodes: tuple[Node, ...] = ()
    excluded: tuple[str, ...] = ()
    proposed: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Return the number of facts: classes of nodes, values, exclusions and proposals."""
        nodes = sum(len(node.classes) + len(node.entries) for node in self.nodes)
        return nodes + len(self.excluded) + len(self.proposed)


def turtle(recorded: Recorded, prefixes: Mapping[str, str], *, about: str | None = None) -> str:
    """Write a case that can be assessed, in Turtle.

    Args:
        recorded: what the case says.
        prefixes: namespaces by prefix; those in use are declared.
        about: one line on what the case shows, as its label.
    """
    writer = _Writer(prefixes)
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
    def __init__(self, prefixes: Mapping[str, str]) -> None:
        known = {"ind": IND, "xsd": XSD}
        taken = {*known.values()}
        for name, namespace in sorted(prefixes.items()):
            if name and namespace and namespace not in taken and name not in known:
                known[name] = namespace
                taken.add(namespace)
        self._prefixes = known
        self._used: set[str] = set()

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
        lines.append(f"    {self._iri(IND + 'asOf')} {self._date(AS_OF)} ;")
        for role in (HAS_FINDING, RECEIVED, PROPOSES):
            values = [
                f":{name}"
                for name, node in zip(names, recorded.nodes, strict=True)
                if node.role == role
            ]
            if role == PROPOSES:
                values += [self._iri(cls) for cls in recorded.proposed]
            lines += self._list(role, values)
        lines += self._list(IND + "excludes", [self._iri(cls) for cls in recorded.excluded])
        lines.append(".")
        for name, node in zip(names, recorded.nodes, strict=True):
            kinds = " , ".join(self._iri(cls) for cls in node.classes)
            lines += ["", f":{name}", f"    a {kinds} ;"]
            for entry in node.entries:
                property_, value = self._entry(node.role, entry)
                lines.append(f"    {self._iri(property_)} {value} ;")
            lines.append(".")
        self._used.add("xsd")
        used = {name: self._prefixes[name] for name in self._used}
        head = ["@prefix : <https://example.org/case#> ."]
        head += [f"@prefix {name}: <{used[name]}> ." for name in sorted(used)]
        return "\n".join([*head, "", *lines]) + "\n"

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

    def _entry(self, role: str, entry: Entry) -> tuple[str, str]:
        if entry.property == DAYS:
            assert isinstance(entry.value, Decimal)  # noqa: S101
            began = AS_OF - datetime.timedelta(days=int(entry.value))
            return IND + ("onset" if role == HAS_FINDING else "startedOn"), self._date(began)
        value = entry.value
        if isinstance(value, ox.NamedNode):
            return entry.property, self._iri(value.value)
        literal = constant(value)
        if isinstance(value, Decimal):
            return entry.property, literal.value
        return entry.property, str(literal)

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


def words(recorded: Recorded, label: Callable[[str], str]) -> list[str]:
    """Return what a case says, a fact each, in words."""
    found = []
    for node in recorded.nodes:
        kinds = " and ".join(label(cls) for cls in node.classes)
        if node.role != HAS_FINDING:
            kinds += " proposed" if node.role == PROPOSES else " received"
        entries = [_entry_words(entry, label) for entry in node.entries]
        found.append(f"{kinds} {' and '.join(entries)}" if entries else kinds)
    found += [f"{label(cls)} proposed" for cls in recorded.proposed]
    found += [f"no {label(cls)}" for cls in recorded.excluded]
    return found


def _entry_words(entry: Entry, label: Callable[[str], str]) -> str:
    if entry.property == DAYS:
        return f"for {entry.value} days"
    value = entry.value
    said = label(value.value) if isinstance(value, ox.NamedNode) else constant(value).value
    return f"with {label(entry.property)} {said}"
