"""Which facets one record can satisfy together, by the values and the related records that it has.

Two values are in one *cell* when the same facets accept them. Of a property with one value a record
is in one cell; of another one in any number of them.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

from indicant.compile.model import (
    ClassFacet,
    Facet,
    IndividualFacet,
    LiteralFacet,
    Model,
    Range,
    RangeFacet,
    RecordFacet,
    is_kind,
)
from indicant.compile.values import representatives
from indicant.errors import in_time
from indicant.guideline.units import PLACES
from indicant.terms import XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Constant = Decimal | str | bool
Cell = frozenset[Facet]
_Step = TypeVar("_Step")


class Cells:
    """The cells of the values that a vocabulary has.

    Args:
        model: the vocabulary.
    """

    def __init__(self, model: Model) -> None:
        self.model = self._model = model
        self._deadline = float("inf")

    def _timed(self, steps: Iterable[_Step]) -> Iterator[_Step]:
        """Yield what is gone through as long as there is time.

        Raises:
            OutOfTimeError: there is none left.
        """
        for number, step in enumerate(steps):
            if number % 64 == 0:
                in_time(self._deadline)
            yield step

    def least_values(self, name: str, wanted: frozenset[Facet], cells: list[Cell]) -> list[Cell]:
        """Return the least sets of facets that hold where all the wanted ones do."""
        if any(isinstance(facet, RecordFacet) for facet in wanted):
            return self._least_related(name, wanted, frozenset().union(*cells))
        if name in self._model.functional:
            options = [cell for cell in cells if wanted <= cell]
        else:
            choices = [
                [cell for cell in cells if facet in cell] for facet in sorted(wanted, key=repr)
            ]
            options = [
                frozenset().union(*chosen) for chosen in self._timed(itertools.product(*choices))
            ]
        different = set(options)
        return [
            cell for cell in self._timed(different) if not any(other < cell for other in different)
        ]

    def _least_related(
        self, name: str, wanted: frozenset[Facet], every: frozenset[Facet]
    ) -> list[Cell]:
        """Return the least sets of facets that the related records satisfy which are wanted."""
        demanded = [
            facet.facets for facet in sorted(wanted, key=repr) if isinstance(facet, RecordFacet)
        ]
        if name in self._model.functional:
            demanded = [frozenset().union(*demanded)]
        choices = [self._one_related(name, one, every) for one in demanded]
        different = {
            frozenset[Facet]().union(*chosen) for chosen in self._timed(itertools.product(*choices))
        }
        return [
            cell for cell in self._timed(different) if not any(other < cell for other in different)
        ]

    def _one_related(
        self, name: str, demanded: frozenset[Facet], every: frozenset[Facet]
    ) -> set[Cell]:
        """Return the sets of facets that one related record satisfies if it does what is demanded.

        Of its values, the least.
        """
        model = self._model
        above = model.kinds.get(name, frozenset()).union(
            *(model.above[one.cls] for one in demanded if is_kind(one))
        )
        if any(model.disjoint(one, other) for one in above for other in above):
            return set()
        wanted: dict[str, set[Facet]] = defaultdict(set)
        for facet in demanded:
            if not is_kind(facet):
                wanted[facet.property].add(facet)
        inner = {part for facet in every if isinstance(facet, RecordFacet) for part in facet.facets}
        cells = self.cells(
            facet for facet in inner | demanded if facet.property in wanted and not is_kind(facet)
        )
        options = [
            self.least_values(one, frozenset(some), cells[one])
            for one, some in sorted(wanted.items())
        ]
        found: set[Cell] = set()
        for values in self._timed(itertools.product(*options)):
            satisfied: frozenset[Facet] = frozenset().union(*values)
            found.add(
                frozenset[Facet](
                    facet
                    for facet in every
                    if isinstance(facet, RecordFacet)
                    and all(
                        part.cls in above if is_kind(part) else part in satisfied
                        for part in facet.facets
                    )
                )
            )
        return found

    def cells(self, facets: Iterable[Facet]) -> dict[str, list[Cell]]:
        """Return, per property, the sets of facets that one value can satisfy together.

        Of a property that leads to records it is what any number of them can.
        """
        grouped: dict[str, set[Facet]] = defaultdict(set)
        for facet in facets:
            grouped[facet.property].add(facet)
        return {
            name: sorted(self._property_cells(name, group), key=lambda one: sorted(map(repr, one)))
            for name, group in grouped.items()
        }

    def _property_cells(self, name: str, group: set[Facet]) -> set[Cell]:
        if any(isinstance(facet, RecordFacet) for facet in group):
            return {frozenset(group)}
        if all(isinstance(facet, (IndividualFacet, ClassFacet)) for facet in group):
            return self._object_cells(name, group)
        allowed = self._model.ranges.get(name)
        found: set[Cell] = set()
        for value in self._timed(self.samples(group, allowed)):
            if self.allows(allowed, value):
                found.add(frozenset(facet for facet in group if self.accepts(facet, value)))
        return found - {frozenset()}

    @staticmethod
    def allows(allowed: Range | str | None, value: Constant) -> bool:
        """Tell whether a value is in the range of a property."""
        if isinstance(allowed, Range):
            return value in allowed
        kinds: dict[str | None, type] = {XSD + "boolean": bool, XSD + "string": str}
        return isinstance(value, kinds.get(allowed, object))

    @staticmethod
    def accepts(facet: Facet, value: Constant) -> bool:
        """Tell whether a value satisfies a facet."""
        if isinstance(facet, RangeFacet):
            return isinstance(value, Decimal) and value in facet.range
        return (
            isinstance(facet, LiteralFacet)
            and type(facet.value) is type(value)
            and facet.value == value
        )

    @staticmethod
    def samples(group: Iterable[Facet], allowed: Range | str | None) -> list[Constant]:
        """Return values such that every cell of the facets holds one of them.

        Beside what the facets name there are both truth values, a text that none of them names and
        numbers between all of theirs.
        """
        points: set[Fraction] = set()
        texts: set[str] = set()
        ranges = [facet.range for facet in group if isinstance(facet, RangeFacet)]
        if isinstance(allowed, Range):
            ranges.append(allowed)
        for numbers in ranges:
            points.update(map(Fraction, numbers.bounds().values()))
        for facet in group:
            if isinstance(facet, LiteralFacet) and isinstance(facet.value, str):
                texts.add(facet.value)
        other = "other"
        while other in texts:
            other += "-"
        numeric = sorted(set(representatives(points, PLACES)))
        return [*numeric, False, True, *sorted(texts), other]

    def _object_cells(self, name: str, group: set[Facet]) -> set[Cell]:
        model = self._model
        kinds = model.kinds.get(name, frozenset())
        found: set[Cell] = set()
        individuals = {facet.individual for facet in group if isinstance(facet, IndividualFacet)}
        classes = {facet.cls for facet in group if isinstance(facet, ClassFacet)}
        individuals.update(one for cls in classes for one in model.values_in(name, cls))
        for individual in individuals:
            known = model.value_classes(individual)
            found.add(
                frozenset(
                    facet
                    for facet in group
                    if (isinstance(facet, IndividualFacet) and facet.individual == individual)
                    or (isinstance(facet, ClassFacet) and facet.cls in known)
                )
            )
        ordered = sorted(classes)
        for size in range(len(ordered) + 1):
            for chosen in self._timed(itertools.combinations(ordered, size)):
                above = kinds.union(*(model.above.get(one, {one}) for one in chosen))
                if any(model.disjoint(one, other) for one in above for other in above):
                    continue
                found.add(
                    frozenset(
                        facet
                        for facet in group
                        if isinstance(facet, ClassFacet) and facet.cls in above
                    )
                )
        return found - {frozenset()}
