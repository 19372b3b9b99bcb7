"""Tell the shapes which records of a case lead to which, and which a case has through others."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.assess.parts import CASE
from indicant.files.rdf import text_of
from indicant.terms import IND, TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from indicant.guideline.vocabulary import Vocabulary

LEADS_TO: Final = ox.NamedNode(IND + "leadsTo")
HAS_RELATED: Final = ox.NamedNode(IND + "hasRelated")
_ROLES: Final = frozenset(
    IND + name for name in ("hadFinding", "hasFinding", "proposes", "received")
)
_SHOWS: Final = IND + "shows"


def with_related(facts: Sequence[ox.Quad], vocabulary: Vocabulary) -> list[ox.Quad]:
    """Return what a document says, with what the shapes look at of related records.

    A record leads to another by a property whose range is a class of records.
    """
    return [*facts, *_related(facts, vocabulary)]


def _related(facts: Sequence[ox.Quad], vocabulary: Vocabulary) -> Iterator[ox.Quad]:
    """Yield which record leads to which, and which a case has through others."""
    if not vocabulary.leading:
        return
    links: dict[str, dict[str, ox.Quad]] = defaultdict(dict)
    cases: dict[str, ox.Quad] = {}
    starts: dict[str, list[str]] = defaultdict(list)
    for quad in facts:
        path, subject, value = quad.predicate.value, text_of(quad.subject), text_of(quad.object)
        if path in vocabulary.leading and not isinstance(quad.object, ox.Literal):
            links[subject].setdefault(value, quad)
        elif path in _ROLES or path == _SHOWS:
            starts[subject].append(value)
        elif path == TYPE and value == CASE:
            cases[subject] = quad
    if not links:
        return
    for ones in links.values():
        yield from (ox.Quad(one.subject, LEADS_TO, one.object) for one in ones.values())
    for case, quad in cases.items():
        queue, seen = [case], {case}
        found: dict[str, ox.Quad] = {}
        while queue:
            node = queue.pop()
            following: list[tuple[str, ox.Quad | None]]
            following = [(value, None) for value in starts.get(node, ())]
            following += [(value, one) for value, one in links.get(node, {}).items()]
            for value, link in following:
                if link is not None and node != case:
                    found.setdefault(value, link)
                if value not in seen and (link is None or node != case):
                    seen.add(value)
                    queue.append(value)
        yield from (ox.Quad(quad.subject, HAS_RELATED, one.object) for one in found.values())
