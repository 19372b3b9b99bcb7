"""How classes lie to one another in some versions of a vocabulary that cases are to be read by."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from indicant.compile.model import (
    FINDING,
    INTERVENTION,
    MOST_COUNTED,
    Existential,
    Model,
    RangeFacet,
)
from indicant.compile.scores import scores_of
from indicant.compile.theory import Theory
from indicant.terms import IND

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from indicant.possible.options import Told

NONE: Final[frozenset[str]] = frozenset()
_PAIR: Final = 2
_OF_ANY: Final = frozenset(IND + name for name in ("Sum", "Mean", "DaysCovered"))

Slot = tuple[str | None, ...]
"""The kind recorded once that a node is within, by each version."""


def _with_what_they_rest_on(atoms: Iterable[Existential], theory: Theory) -> set[Existential]:
    """Return existentials with what scores among them count, and each of what is counted."""
    found = set(atoms)
    for name in scores_of(found, theory.model):
        for one in theory.decided(name):
            found.update(
                literal.existential
                for implicant in (*one.met, *one.refuted)
                for literal in implicant
            )
    return found.union(replace(atom, least=1) for atom in found)


class Kinds:
    """The classes that cases can use, and how they lie to one another in each version.

    Args:
        models: the versions.
        existentials: for each version those that criteria speak of.
    """

    def __init__(
        self, models: Sequence[Model], existentials: Sequence[Iterable[Existential]]
    ) -> None:
        self.models = models
        self.theories = [Theory(model) for model in models]
        self.atoms = [
            sorted(_with_what_they_rest_on(atoms, theory), key=repr)
            for atoms, theory in zip(existentials, self.theories, strict=True)
        ]
        self.classes = [
            cls
            for cls in sorted(set.intersection(*(set(model.above) for model in models)))
            if len({model.above[cls] & {FINDING, INTERVENTION} for model in models}) == 1
        ]
        self._below = [model.below() for model in models]

    def above(self, cls: str) -> frozenset[str]:
        """Return every class that any of the models holds a class to be within."""
        return frozenset().union(*(model.above.get(cls, frozenset()) for model in self.models))

    def slot(self, role: str, cls: str) -> Slot:
        """Return the topmost kind recorded once that a class is within, by each of the models."""
        return tuple(
            theory.once(Existential(role, cls)) if cls in model.above else None
            for theory, model in zip(self.theories, self.models, strict=True)
        )

    def overlaps(self, version: int, cls: str, filler: str) -> bool:
        """Tell whether a class has a named class in common with another, by a model."""
        below = self._below[version]
        return not below.get(cls, NONE).isdisjoint(below.get(filler, NONE))

    def within(self, version: int, classes: Iterable[str], filler: str) -> bool:
        """Tell whether a record of some classes is of another, by a model."""
        above = self.models[version].above
        return any(filler in above.get(cls, NONE) for cls in classes)

    def may_be(self, version: int, classes: Collection[str], filler: str) -> bool:
        """Tell whether a record of some classes is of another, or may be, by a model."""
        return self.within(version, classes, filler) or all(
            self.overlaps(version, cls, filler) for cls in classes
        )

    def cannot_be(
        self, version: int, classes: Collection[str], outside: Told, atom: Existential
    ) -> bool:
        """Tell whether a record of some classes is known not to satisfy an existential."""
        if not atom.facets.isdisjoint(outside[version]):
            return True
        return not self.may_be(version, classes, atom.filler)

    def demanded(self, version: int, name: str) -> int:
        """Return of how many records a quantity may have to be for criteria to tell it apart.

        The sum and the mean of any number, and the days that these cover, are of any number.
        """
        model = self.models[version]
        quantity = model.quantities[name]
        if quantity.aggregate in _OF_ANY:
            return MOST_COUNTED + 1
        if quantity.aggregate != IND + "Count":
            return max(_PAIR, quantity.last or 0)
        limits = [
            limit
            for atom in self.speaking_of(version, name)
            for facet in atom.facets
            if isinstance(facet, RangeFacet)
            for limit in facet.range.bounds().values()
        ]
        return 1 + math.ceil(max(limits, default=0))

    def speaking_of(self, version: int, name: str) -> list[Existential]:
        """Return the existentials that demand something of a quantity."""
        above = self.models[version].above
        return [atom for atom in self.atoms[version] if name in above.get(atom.filler, NONE)]

    def apart(self, one: str, other: str) -> bool:
        """Tell whether nothing is of two classes, by any of the models."""
        return any(model.disjoint(one, other) for model in self.models)

    def together(self, parts: Iterable[Told]) -> Told:
        """Return the facets of several values, as each version has them."""
        nothing: Told = (frozenset(),) * len(self.models)
        return tuple(frozenset().union(*one) for one in zip(nothing, *parts, strict=True))
