"""Tell by which statements about related records a record shows that it is as demanded, or not."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from indicant.compile.model import AGES, DAYS, TIMES
from indicant.terms import IND, TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from indicant.query.rows import Row

Shown = tuple[str, str, str | None]
"""A statement: node, path and value; of a value the property alone."""
Way = frozenset[Shown]

MOST_WAYS: Final = 1_000
"""How many ways to show one facet are looked at."""
_SATISFIES: Final = IND + "satisfies"
_VIOLATES: Final = IND + "violates"


def whole(path: str) -> str:
    """Return the property that stands for all those which are one statement with a property."""
    return DAYS if path in TIMES else AGES[0] if path in AGES else path


class Beyond:
    """What the records of one case show through those that they are related to.

    Args:
        case: the case.
        rows: those of ``which-related-records-show-what``, of this case and of others.
    """

    def __init__(self, case: str, rows: Iterable[Row]) -> None:
        self._facets: dict[str, dict[str, None]] = defaultdict(dict)
        self._paths: dict[str, str] = {}
        self._through: dict[tuple[str, str, str], dict[str, dict[str, list[Shown]]]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(list))
        )
        for owner, literal, relation, node, facet, path, related, inner, inner_path, cls in rows:
            if owner != case:
                continue
            assert relation and node and facet and path  # noqa: S101, PT018
            assert related and inner and inner_path  # noqa: S101, PT018
            if literal is not None:
                self._facets[literal][facet] = None
            self._paths[facet] = path
            shown = self._through[(relation, node, facet)][related][inner]
            if inner_path == TYPE:
                shown.append((related, TYPE, cls))
            else:
                shown.append((related, whole(inner_path), None))

    def __bool__(self) -> bool:
        return bool(self._through)

    def satisfying(self, literal: str, node: str) -> list[Way]:
        """Return the ways in which a record satisfies all that a literal demands of others.

        There is one without statements where it demands nothing of the kind.
        """
        return _product(
            [
                self._ways(_SATISFIES, node, facet)
                for facet in self._facets.get(literal, ())
                if (_SATISFIES, node, facet) in self._through
            ]
        )

    def violating(self, literal: str, node: str, path: str) -> list[Way]:
        """Return the ways in which a related record is not what a literal demands, if any."""
        return [
            way
            for facet in self._facets.get(literal, ())
            if self._paths[facet] == path and (_VIOLATES, node, facet) in self._through
            for way in self._ways(_VIOLATES, node, facet)
        ]

    def _ways(self, relation: str, node: str, facet: str) -> list[Way]:
        """Return the ways in which a record satisfies a facet, or violates it."""
        own: Way = frozenset({(node, whole(self._paths[facet]), None)})
        found: list[Way] = []
        for related, inner in self._through[(relation, node, facet)].items():
            parts = [
                self._ways(relation, related, one)
                if (relation, related, one) in self._through
                else [frozenset({single}) for single in shown]
                for one, shown in inner.items()
            ]
            if relation == _SATISFIES:
                found += [own | way for way in _product(parts)]
            else:
                found += [own | way for way in itertools.chain.from_iterable(parts)]
        return found[:MOST_WAYS]


def _product(parts: Sequence[Sequence[Way]]) -> list[Way]:
    every = itertools.islice(itertools.product(*parts), MOST_WAYS)
    return [frozenset[Shown]().union(*chosen) for chosen in every]
