"""Know when two statements say one thing in other words, as tools put them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from indicant.files.habits import SYMMETRIC

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_PAIRED: Final = 300
"""How many members a list may have to be read as pairs."""


def pairs(predicate: str, members: Sequence[str]) -> frozenset[tuple[str, str, str]]:
    """Return the pairs of which a property that holds both ways is said, of all of some things.

    >>> sorted(pairs("http://www.w3.org/2002/07/owl#disjointWith", ["<urn:b>", "<urn:a>"]))[0][1:]
    ('<urn:a>', '<urn:b>')
    >>> pairs("http://www.w3.org/2000/01/rdf-schema#subClassOf", ["<urn:b>", "<urn:a>"])
    frozenset()
    """
    if predicate not in SYMMETRIC or len(members) > MOST_PAIRED:
        return frozenset()
    return frozenset(
        (predicate, *sorted(two))  # type: ignore[misc]
        for two in itertools.combinations(members, 2)
    )
