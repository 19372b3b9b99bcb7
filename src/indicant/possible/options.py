"""Ways to record a value of a finding or an intervention, one for each that makes a difference.

What a value satisfies, and what it lies outside of, is what the rules of ``queries/rules`` make of
it, for each version of a guideline that is to read it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.model import (
    PROPOSES,
    ROLES,
    ClassFacet,
    Existential,
    Facet,
    IndividualFacet,
    Model,
    RangeFacet,
)
from indicant.compile.theory import Theory
from indicant.compile.values import representatives
from indicant.possible.facts import DAYS, Entry, Value
from indicant.terms import IND, TYPE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

WEEKS: Final = IND + "weeks"
_FARTHEST: Final = 300_000
# What the case shapes accept of a number, before and after its point.
_DIGITS: Final = 9

Told = tuple[frozenset[Facet], ...]
"""Some facets, as each version has them."""


@dataclass(frozen=True)
class Option:
    """A way to record a value: which facets it satisfies, and lies outside of, in each version."""

    entry: Entry
    satisfies: Told
    violates: Told


class Values:
    """The values that a case can record for some models, and that all of them accept.

    Args:
        models: the versions that are to read the case.
        existentials: for each model those that tell values apart.
        foreign: properties that not all of the models know.
    """

    def __init__(
        self,
        models: Sequence[Model],
        existentials: Sequence[Iterable[Existential]],
        foreign: Collection[str],
    ) -> None:
        self._models = models
        grouped: dict[str, set[Facet]] = defaultdict(set)
        for atoms in existentials:
            for atom in atoms:
                for facet in atom.facets:
                    if not is_type(facet):
                        grouped[topic(facet)].add(facet)
        self._options = {
            (role, name): []
            if name in foreign
            else self._values(role, name, sorted(facets, key=repr))
            for role in ROLES
            for name, facets in grouped.items()
        }

    def options(self, role: str, name: str) -> list[Option]:
        """Return the ways to record a value of a property, the plainest of each kind."""
        return self._options[(role, name)]

    def functional(self, name: str) -> bool:
        """Tell whether a node has one value of a property at most, by any of the models."""
        return name == DAYS or any(name in model.functional for model in self._models)

    def _values(self, role: str, name: str, facets: list[Facet]) -> list[Option]:
        """Return one way to record a value for each cell of some facets, the plainest."""
        objects = all(isinstance(facet, (IndividualFacet, ClassFacet)) for facet in facets)
        entries = self._individuals(name) if objects else self._constants(role, name, facets)
        found: dict[tuple[Told, Told], Option] = {}
        for entry in entries:
            values = _recorded(entry)
            satisfied = tuple(
                frozenset(one for one in facets if _satisfies(model, values, one))
                for model in self._models
            )
            outside = tuple(
                frozenset(
                    one for one in facets if one not in known and _violates(model, values, one)
                )
                for model, known in zip(self._models, satisfied, strict=True)
            )
            found.setdefault((satisfied, outside), Option(entry, satisfied, outside))
        return list(found.values())

    def _individuals(self, name: str) -> Iterator[Entry]:
        shared = set.intersection(*(set(model.types) for model in self._models))
        for individual in sorted(shared):
            if all(
                model.kinds.get(name, frozenset()) <= model.value_classes(individual)
                for model in self._models
            ):
                yield Entry(name, ox.NamedNode(individual))

    def _constants(self, role: str, name: str, facets: list[Facet]) -> Iterator[Entry]:
        if name == DAYS:
            yield from self._durations(role, facets)
            return
        values = {
            (type(value), value): value
            for model in self._models
            for value in Theory.samples(facets, model.ranges.get(name))
        }
        for _, value in sorted(values.items(), key=lambda one: _plainness(one[1])):
            if self._writable(Entry(name, value)):
                yield Entry(name, value)

    def _durations(self, role: str, facets: list[Facet]) -> Iterator[Entry]:
        """Yield how long something may have lasted: by dates, or in weeks, of which days follow."""
        days, weeks = [
            {
                Fraction(bound)
                for facet in facets
                if facet.property == name and isinstance(facet, RangeFacet)
                for bound in facet.range.bounds().values()
            }
            for name in (DAYS, WEEKS)
        ]
        # Whole days tell bounds of weeks apart at seven times as many, whole weeks at their sevens.
        points = {*days, *(7 * one for one in weeks)}
        whole = {
            number
            for point in {*points, Fraction(0)}
            for base in (math.floor(point), math.ceil(point))
            for number in (*range(base - 2, base + 3), 7 * (base // 7), 7 * (base // 7 + 1))
        }
        if role != PROPOSES:
            for number in sorted(whole):
                if 0 <= number <= _FARTHEST:
                    yield Entry(DAYS, Decimal(number))
        if role == PROPOSES or any(one.property == WEEKS for one in facets):
            first = {one for day in days for one in (math.ceil(day), math.floor(day) + 1)}
            breaks = {*weeks, *(Fraction(day, 7) for day in first)}
            for value in sorted(representatives(breaks, _DIGITS), key=_plainness):
                if self._writable(Entry(WEEKS, value)):
                    yield Entry(WEEKS, value)

    def _writable(self, entry: Entry) -> bool:
        """Tell whether the case shapes accept a value of a property."""
        value = entry.value
        if isinstance(value, Decimal):
            _, digits, exponent = value.normalize().as_tuple()
            if not isinstance(exponent, int) or -exponent > _DIGITS:
                return False
            if len(digits) + exponent > _DIGITS or (entry.property == WEEKS and value < 0):
                return False
        return isinstance(value, ox.NamedNode) or all(
            Theory.allows(model.ranges.get(entry.property), value) for model in self._models
        )


def _satisfies(model: Model, values: Mapping[str, Value], facet: Facet) -> bool:
    """Tell whether values of a node satisfy a facet, as the rules of a model have it."""
    if facet.property not in values:
        return False
    value = values[facet.property]
    if not isinstance(value, ox.NamedNode):
        return Theory.accepts(facet, value)
    if isinstance(facet, IndividualFacet):
        return facet.individual == value.value
    return isinstance(facet, ClassFacet) and value.value in model.values_in(
        facet.property, facet.cls
    )


def _violates(model: Model, values: Mapping[str, Value], facet: Facet) -> bool:
    """Tell whether values that do not satisfy a facet lie outside of it, as the rules have it."""
    if facet.property not in values or facet.property not in model.functional:
        return False
    value = values[facet.property]
    return not isinstance(value, ox.NamedNode) or value.value in model.values_outside(facet)


def _recorded(entry: Entry) -> dict[str, Value]:
    """Return what the rules make of a value: the days that something lasted are weeks as well."""
    if entry.property == DAYS:
        assert isinstance(entry.value, Decimal)  # noqa: S101
        return {DAYS: entry.value, WEEKS: entry.value / 7}
    if entry.property == WEEKS:
        assert isinstance(entry.value, Decimal)  # noqa: S101
        whole = (entry.value * 7).to_integral_value(ROUND_FLOOR)
        return {DAYS: whole, WEEKS: entry.value}
    return {entry.property: entry.value}


def topic(facet: Facet) -> str:
    """Return what a facet is about: how many weeks something lasted is how many days it did."""
    return topic_of(facet.property)


def topic_of(name: str) -> str:
    """Return a property; how many weeks something lasted is how many days it did."""
    return DAYS if name == WEEKS else name


def is_type(facet: Facet) -> bool:
    """Tell whether a facet says that a record is also of a class."""
    return facet.property == TYPE


def _plainness(value: Decimal | str | bool) -> tuple[int, int, Decimal, str]:
    """Return by what values are ordered, those that are written shortest before the others."""
    if not isinstance(value, Decimal):
        return 1, 0, Decimal(0), str(value)
    exponent = value.normalize().as_tuple().exponent
    places = max(0, -exponent) if isinstance(exponent, int) else 0
    return 0, places, abs(value), str(value)
