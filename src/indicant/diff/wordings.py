"""Know when two statements say one thing in other words, as tools put them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.files.habits import PAIRWISE, SYMMETRIC
from indicant.terms import is_blank

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_PAIRED: Final = 300
"""How many members a list may have to be read as pairs."""
_APART: Final = frozenset(predicate for predicate, *_ in PAIRWISE.values())


def in_order(subject: object, predicate: object, value: object) -> tuple[object, object, object]:
    """Return a statement that holds both ways from the term that comes first.

    >>> one, other = ox.NamedNode("urn:a"), ox.NamedNode("urn:b")
    >>> in_order(other, ox.NamedNode(OWL + "disjointWith"), one)[0].value
    'urn:a'
    """
    if (
        getattr(predicate, "value", "") in SYMMETRIC
        and isinstance(value, ox.NamedNode)
        and isinstance(subject, ox.NamedNode)
        and not is_blank(subject)
        and not is_blank(value)
        and value.value < subject.value
    ):
        return value, predicate, subject
    return subject, predicate, value


def pairs(predicate: str, members: Sequence[str]) -> frozenset[tuple[str, str, str]]:
    """Return the pairs that are kept apart where a property keeps all of some things apart.

    >>> sorted(pairs(OWL + "disjointWith", ["<urn:b>", "<urn:a>"]))[0][1:]
    ('<urn:a>', '<urn:b>')
    >>> pairs(TYPE, ["<urn:b>", "<urn:a>"])
    frozenset()
    """
    if predicate not in _APART or len(members) > MOST_PAIRED:
        return frozenset()
    return frozenset(
        (predicate, *sorted(two))  # type: ignore[misc]
        for two in itertools.combinations(members, 2)
    )
