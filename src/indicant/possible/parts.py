"""What a case can say, a part each, and the case that some parts make."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from indicant.compile.model import ITSELF
from indicant.possible.facts import Entry, Node, Recorded

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable

    from indicant.possible.kinds import Slot
    from indicant.possible.options import Option


@dataclass(frozen=True)
class Excluded:
    """No finding of a class, or no intervention of it ever received."""

    cls: str


@dataclass(frozen=True)
class Never:
    """There never was a finding of a class."""

    cls: str


@dataclass(frozen=True)
class Proposed:
    """An intervention of a class is proposed."""

    cls: str


@dataclass(frozen=True)
class Unplanned:
    """Nothing of a class is proposed."""

    cls: str


@dataclass(frozen=True)
class AllPlanned:
    """All that is proposed is recorded."""


@dataclass(frozen=True)
class Complete:
    """All of a class is recorded, or all from so many days before the as-of date on."""

    cls: str
    since: int | None


@dataclass(frozen=True)
class Typed:
    """The one record of a kind is of a class."""

    role: str
    slot: Slot
    cls: str


@dataclass(frozen=True)
class Valued:
    """The one record of a kind has a value."""

    role: str
    slot: Slot
    option: Option


OfClass = Excluded | Never | Proposed | Unplanned
Part = OfClass | AllPlanned | Complete | Typed | Valued | Node


def assembled(parts: Iterable[Part], as_of: datetime.date) -> Recorded:
    """Return the case that says all of some parts, as of a day."""
    nodes: list[Node] = []
    said: dict[type[OfClass], list[str]] = defaultdict(list)
    complete: list[tuple[str, int | None]] = []
    all_planned = False
    kinds: dict[tuple[str, Slot], list[str]] = defaultdict(list)
    values: dict[tuple[str, Slot], list[Entry]] = defaultdict(list)
    for part in parts:
        if isinstance(part, Node):
            nodes.append(replace(part, copy=0))
        elif isinstance(part, OfClass):
            said[type(part)].append(part.cls)
        elif isinstance(part, Complete):
            complete.append((part.cls, part.since))
        elif isinstance(part, AllPlanned):
            all_planned = True
        elif isinstance(part, Typed):
            kinds[(part.role, part.slot)].append(part.cls)
        else:
            values[(part.role, part.slot)].append(part.option.entry)
    for (role, slot), classes in kinds.items():
        entries = tuple(sorted(values[(role, slot)], key=repr))
        nodes.append(Node(role, tuple(sorted(classes)), entries))
    return Recorded(
        tuple(sorted(nodes, key=repr)),
        tuple(sorted(said[Excluded])),
        tuple(sorted(said[Proposed])),
        tuple(sorted(said[Unplanned])),
        tuple(sorted(complete, key=repr)),
        all_planned,
        tuple(sorted(values[(ITSELF, ())], key=repr)),
        tuple(sorted(said[Never])),
        as_of,
    )
