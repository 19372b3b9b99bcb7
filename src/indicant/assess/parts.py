"""Part a document of many cases into its cases, so that many take no longer than one by one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.files.rdf import text_of
from indicant.terms import IND, TYPE

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence


CASE: Final = IND + "PatientCase"
_TYPE, _CASE = ox.NamedNode(TYPE), ox.NamedNode(CASE)
ROLES: Final = frozenset(
    IND + name
    for name in (
        "bounds",
        "completeness",
        "hadFinding",
        "hasFinding",
        "proposes",
        "received",
        "shows",
        "unanswered",
    )
)
_LONGER: Final = 2
"""How many times as long as the document its parts may be together."""


@dataclass(frozen=True)
class Parted:
    """A document in parts: what hangs together with each case, and what hangs on none."""

    parts: list[list[ox.Quad]]
    loose: list[ox.Quad]

    def complete(self) -> list[list[ox.Quad]]:
        """Return the parts, with what hangs on none in the first."""
        first, *others = self.parts
        return [first + self.loose, *others]

    def batches(self, size: int) -> Iterator[list[ox.Quad]]:
        """Yield a few parts at a time, of about that many statements, with what is loose."""
        few: list[ox.Quad] = []
        for part in self.parts:
            few += part
            if len(few) >= max(size, len(self.loose)):
                yield few + self.loose
                few = []
        if few:
            yield few + self.loose


def parted(quads: Sequence[ox.Quad], known: Container[str] = ()) -> Parted:
    """Part a document so that what is said in one part bears on no case of another one.

    Cases that share a node stay together. What a part merely refers to, such as a clinic, comes
    with every part that refers to it, unless that were too much; nothing is parted then.

    Args:
        quads: the document.
        known: terms that belong to no case, such as those of a vocabulary.
    """
    quads = list(dict.fromkeys(quads))
    if sum(one.predicate == _TYPE and one.object == _CASE for one in quads) < 2:
        return Parted([quads], [])
    rows = [(text_of(one.subject), one.predicate.value, text_of(one.object)) for one in quads]
    own = {subject for subject, _, _ in rows if subject not in known}
    cases = {row[0]: None for row in rows if row[1:] == (TYPE, CASE) and row[0] in own}
    if len(cases) < 2:
        return Parted([quads], [])
    groups = _Groups()
    for subject, path, value in rows:
        if path in ROLES and value in own and subject in own:
            groups.join(subject, value)
    links = [
        (subject, value)
        for subject, path, value in rows
        if path not in ROLES and value in own and subject in own
    ]
    leaders = {groups.leader(case) for case in cases}
    for subject, value in links:
        if groups.leader(subject) in leaders and groups.leader(value) in leaders:
            groups.join(subject, value)
    first = dict.fromkeys(groups.leader(case) for case in cases)
    refers: dict[str, set[str]] = defaultdict(set)
    for subject, value in links:
        if (other := groups.leader(value)) not in first:
            refers[groups.leader(subject)].add(other)
    members: dict[str, list[ox.Quad]] = defaultdict(list)
    for (subject, _, _), quad in zip(rows, quads, strict=True):
        members[groups.leader(subject) if subject in own else ""].append(quad)
    parts: list[list[ox.Quad]] = []
    reached = set(first)
    room = _LONGER * len(quads)
    for leader in first:
        found, queue = {leader}, [leader]
        part: list[ox.Quad] = []
        while queue:
            node = queue.pop()
            part += members[node]
            queue += sorted(refers[node] - found)
            found |= refers[node]
            room -= 1 + len(members[node])
            if room < 0:
                return Parted([quads], [])
        reached |= found
        parts.append(part)
    loose = [quad for node, ones in members.items() if node not in reached for quad in ones]
    return Parted(parts, loose)


class _Groups:
    """Which nodes hang together."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def leader(self, node: str) -> str:
        """Return the node that stands for all that hang together with this one."""
        root = node
        while (above := self._above.get(root, root)) != root:
            root = above
        while (above := self._above.get(node, node)) != root:
            self._above[node], node = root, above
        return root

    def join(self, one: str, other: str) -> None:
        """Let two nodes hang together."""
        self._above[self.leader(one)] = self.leader(other)
