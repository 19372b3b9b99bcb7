"""Ways to record a value of a finding or an intervention, one for each that makes a difference.

What a value satisfies, and what it lies outside of, is what the rules of ``queries/rules`` make of
it, for each version of a guideline that is to read it.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.intervals import is_whole, reduced, stretches
from indicant.compile.model import (
    AGES,
    DAYS,
    FINDING,
    INTERVENTION,
    ITSELF,
    ROLES,
    TIMES,
    WEEKS,
    ClassFacet,
    Existential,
    Facet,
    IndividualFacet,
    Model,
    Range,
    RangeFacet,
    RecordFacet,
    implied,
    is_kind,
)
from indicant.compile.theory import Theory
from indicant.possible.facts import BORN, Entry, Related, Value, When
from indicant.possible.times import (
    ages,
    births,
    days_since,
    earlier,
    recorded,
    times,
)
from indicant.possible.within import inside, outside
from indicant.terms import TYPE

if TYPE_CHECKING:
    import datetime
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

# What the case shapes accept of a number, before and after its point.
_DIGITS: Final = 9
_MOST: Final = 1_024
"""In how many ways a related record is tried to have values; with more, what each facet needs."""

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
        as_of: the day from which days, months and years are counted back.
    """

    def __init__(
        self,
        models: Sequence[Model],
        existentials: Sequence[Iterable[Existential]],
        foreign: Collection[str],
        as_of: datetime.date,
    ) -> None:
        self._models = models
        self._foreign = foreign
        self._as_of = as_of
        grouped: dict[str, set[Facet]] = defaultdict(set)
        asked = {atom.role for atoms in existentials for atom in atoms}
        for atoms in existentials:
            for atom in atoms:
                for facet in atom.facets:
                    if not is_type(facet):
                        grouped[topic(facet)].add(facet)
        self._options = {
            (role, name): []
            if name in foreign or any(name in model.scores for model in models)
            else self._values(role, name, sorted(facets, key=repr))
            for role in (*ROLES, ITSELF)
            if asked & implied(role)
            for name, facets in grouped.items()
            if name != (DAYS if role == ITSELF else BORN)
        }

    def options(self, role: str, name: str) -> list[Option]:
        """Return the ways to record a value of a property, the plainest of each kind."""
        return self._options[(role, name)]

    def told(self, role: str) -> Iterator[tuple[Told, Told]]:
        """Yield what each value says that a record can have by a role."""
        for (of, _), options in self._options.items():
            if of == role:
                yield from ((one.satisfies, one.violates) for one in options)

    def settled(self, role: str, facets: Iterable[Facet]) -> Iterator[tuple[int, Told]]:
        """Yield from how many days before the as-of date on a case may be complete.

        With it comes which of some facets whatever happened before lies outside of, as each version
        has them; a day for each that makes a difference.
        """
        some = sorted((one for one in facets if one.property in TIMES), key=repr)
        seen = set()
        for day in days_since(some, self._as_of):
            values = earlier(role, day, self._as_of)
            beyond = tuple(
                frozenset(
                    one
                    for one in some
                    if not _satisfies(model, values, one) and _violates(model, values, one)
                )
                for model in self._models
            )
            if any(beyond) and beyond not in seen:
                seen.add(beyond)
                yield day, beyond

    def functional(self, name: str) -> bool:
        """Tell whether a node has one value of a property at most, by any of the models."""
        return name in {DAYS, BORN} or any(name in model.functional for model in self._models)

    def _values(self, role: str, name: str, facets: list[Facet]) -> list[Option]:
        """Return one way to record a value for each cell of some facets, the plainest."""
        if any(isinstance(facet, RecordFacet) for facet in facets):
            return self._related(role, name, facets)
        objects = all(isinstance(facet, (IndividualFacet, ClassFacet)) for facet in facets)
        entries = self._individuals(name) if objects else self._constants(role, name, facets)
        found: dict[tuple[Told, Told], Option] = {}
        for entry in entries:
            values = recorded(role, entry, self._as_of)
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

    def _related(self, role: str, name: str, facets: list[Facet]) -> list[Option]:
        """Return one related record for each way to satisfy some facets, and to violate others."""
        asked = [one for one in facets if isinstance(one, RecordFacet)]
        grouped: dict[str, set[Facet]] = defaultdict(set)
        for facet in asked:
            for part in facet.facets:
                grouped[part.property].add(part)
        kinds = grouped.pop(TYPE, set())
        options = {
            path: [] if path in self._foreign else self._values(role, path, sorted(some, key=repr))
            for path, some in sorted(grouped.items())
        }
        found: list[Option] = []
        for classes, is_one, is_none in self._kinds(name, kinds):
            for values in self._combined(asked, options):
                satisfied = together([is_one, *(one.satisfies for one in values)])
                outside = together([is_none, *(one.violates for one in values)])
                entry = Entry(name, Related(classes, tuple(one.entry for one in values)))
                met = tuple(
                    frozenset(one for one in asked if one.facets <= known) for known in satisfied
                )
                unmet = tuple(
                    frozenset(
                        one
                        for one in asked
                        if name in model.functional and not one.facets.isdisjoint(known)
                    )
                    for model, known in zip(self._models, outside, strict=True)
                )
                found.append(Option(entry, met, unmet))
        best: dict[tuple[Told, Told], Option] = {}
        for one in sorted(found, key=lambda each: each.entry.statements()):
            best.setdefault((one.satisfies, one.violates), one)
        return list(best.values())

    def _kinds(
        self, name: str, kinds: Iterable[Facet]
    ) -> Iterator[tuple[tuple[str, ...], Told, Told]]:
        """Yield classes of a record that a property leads to, for each that they tell.

        With them come the facets on its type that it satisfies, and those that it violates. A
        record is of up to three classes.
        """
        models = self._models
        some = [one for one in kinds if is_kind(one)]
        alone: dict[tuple[object, ...], str] = {}
        for cls in sorted(
            set.intersection(*(set(model.above) for model in models)),
            key=lambda one: (len(models[0].above[one]), one),
        ):
            roots = {model.above[cls] & {FINDING, INTERVENTION} for model in models}
            reach = tuple(model.kinds.get(name, frozenset()) & model.above[cls] for model in models)
            if roots == {frozenset()} or len(roots) > 1:
                continue
            alone.setdefault((reach, self._is(some, cls), self._is_not(some, cls)), cls)
        seen = set()
        for size in (1, 2, 3):
            for classes in itertools.islice(itertools.combinations(alone.values(), size), _MOST):
                if any(
                    model.disjoint(*pair)
                    for model in models
                    for pair in itertools.combinations(classes, 2)
                ):
                    continue
                if not all(
                    model.kinds.get(name, frozenset()) <= _all_above(model, classes)
                    for model in models
                ):
                    continue
                is_one = together(self._is(some, cls) for cls in classes)
                is_none = together(self._is_not(some, cls) for cls in classes)
                if (is_one, is_none) not in seen:
                    seen.add((is_one, is_none))
                    yield tuple(sorted(classes)), is_one, is_none

    def _is(self, kinds: Iterable[ClassFacet], cls: str) -> Told:
        return tuple(
            frozenset(one for one in kinds if one.cls in model.above[cls]) for model in self._models
        )

    def _is_not(self, kinds: Iterable[ClassFacet], cls: str) -> Told:
        return tuple(
            frozenset(one for one in kinds if model.disjoint(one.cls, cls))
            for model in self._models
        )

    def _combined(
        self, facets: Sequence[RecordFacet], options: Mapping[str, list[Option]]
    ) -> Iterator[tuple[Option, ...]]:
        """Yield values of a related record: all combinations, or what each of some facets needs."""
        choices: list[list[tuple[Option, ...]]] = []
        total = 1
        for name, some in options.items():
            each: list[tuple[Option, ...]] = [(), *((one,) for one in some)]
            if not self.functional(name):
                each += itertools.combinations(some, 2)
            choices.append(each)
            total *= len(each)
        if total <= _MOST:
            for values in itertools.product(*choices):
                yield tuple(itertools.chain.from_iterable(values))
            return
        yield ()
        yield from ((one,) for some in options.values() for one in some)
        demands = {one.facets for one in facets}
        demands |= {one | other for one, other in itertools.combinations(demands, 2)}
        for version in range(len(self._models)):
            for demand in sorted(demands, key=lambda one: (len(one), sorted(map(repr, one)))):
                parts: dict[str, set[Facet]] = defaultdict(set)
                for part in demand:
                    if not is_kind(part):
                        parts[part.property].add(part)
                needed = [
                    self._needed(options[name], version, wanted, functional=self.functional(name))
                    for name, wanted in sorted(parts.items())
                ]
                for chosen in itertools.islice(itertools.product(*needed), _MOST):
                    yield tuple(itertools.chain.from_iterable(chosen))

    @staticmethod
    def _needed(
        options: Sequence[Option], version: int, wanted: set[Facet], *, functional: bool
    ) -> list[tuple[Option, ...]]:
        """Return a few ways to satisfy all that is wanted of one property."""
        if functional:
            fit: list[tuple[Option, ...]]
            fit = [(one,) for one in options if wanted <= one.satisfies[version]]
            return fit[:3]
        each = [
            [one for one in options if facet in one.satisfies[version]][:3]
            for facet in sorted(wanted, key=repr)
        ]
        return [tuple(dict.fromkeys(chosen)) for chosen in itertools.product(*each)]

    def _individuals(self, name: str) -> Iterator[Entry]:
        shared = set.intersection(*(set(model.types) for model in self._models))
        for individual in sorted(shared):
            if all(
                model.kinds.get(name, frozenset()) <= model.value_classes(individual)
                for model in self._models
            ):
                yield Entry(name, ox.NamedNode(individual))

    def _constants(self, role: str, name: str, facets: list[Facet]) -> Iterator[Entry]:
        if name == BORN:
            yield from (Entry(BORN, when) for when in births(facets, self._as_of))
            yield from (Entry(age, number) for age, number in ages(facets))
            return
        if name == DAYS:
            for when in sorted(times(role, facets, self._as_of), key=_simplicity):
                if when.weeks is None or self._writable(Entry(WEEKS, when.weeks)):
                    yield Entry(DAYS, when)
            return
        values = {
            (type(value), value): value
            for model in self._models
            for value in Theory.samples(facets, model.ranges.get(name))
        }
        for _, value in sorted(values.items(), key=lambda one: _plainness(one[1])):
            if self._writable(Entry(name, value)):
                yield Entry(name, value)
        ranges = [one.range for one in facets if isinstance(one, RangeFacet)]
        allowed = [model.ranges.get(name) for model in self._models]
        if ranges and all(name in model.functional for model in self._models):
            for numbers in stretches(ranges, allowed):
                if all(_some(numbers, one) for one in allowed):
                    yield Entry(name, numbers)

    def _writable(self, entry: Entry) -> bool:
        """Tell whether the case shapes accept a value of a property."""
        value = entry.value
        if isinstance(value, Decimal):
            _, digits, exponent = value.normalize().as_tuple()
            if not isinstance(exponent, int) or -exponent > _DIGITS:
                return False
            if len(digits) + exponent > _DIGITS or (entry.property == WEEKS and value < 0):
                return False
        return isinstance(value, (ox.NamedNode, When, Range, Related)) or all(
            Theory.allows(model.ranges.get(entry.property), value) for model in self._models
        )


def together(parts: Iterable[Told]) -> Told:
    """Return the facets of several things, of which there is one at least, by version."""
    return tuple(frozenset[Facet]().union(*one) for one in zip(*parts, strict=True))


def _all_above(model: Model, classes: Iterable[str]) -> frozenset[str]:
    return frozenset[str]().union(*(model.above[cls] for cls in classes))


def _satisfies(model: Model, values: Mapping[str, Value], facet: Facet) -> bool:
    """Tell whether values of a node satisfy a facet, as the rules of a model have it."""
    if facet.property not in values:
        return False
    value = values[facet.property]
    if isinstance(value, Range):
        return isinstance(facet, RangeFacet) and inside(
            value, _reduced(model, facet), whole=is_whole(model, facet.property)
        )
    if not isinstance(value, ox.NamedNode):
        return not isinstance(value, (When, Related)) and Theory.accepts(facet, value)
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
    if isinstance(value, Range):
        return not isinstance(facet, RangeFacet) or outside(
            value, _reduced(model, facet), whole=is_whole(model, facet.property)
        )
    return not isinstance(value, ox.NamedNode) or value.value in model.values_outside(facet)


def _reduced(model: Model, facet: RangeFacet) -> Range:
    return reduced(facet.range, model.ranges.get(facet.property))


def _some(numbers: Range, allowed: Range | str | None) -> bool:
    """Tell whether a property can have a number within bounds."""
    if allowed is None:
        return True
    return isinstance(allowed, Range) and not outside(numbers, allowed, whole=allowed.integral)


def topic(facet: Facet) -> str:
    """Return what a facet is about: all that dates and lengths tell is one thing."""
    return topic_of(facet.property)


def topic_of(name: str) -> str:
    """Return a property; all that dates and lengths tell is one thing."""
    if name in AGES:
        return BORN
    return DAYS if name in TIMES else name


def is_type(facet: Facet) -> bool:
    """Tell whether a facet says that a record is also of a class."""
    return facet.property == TYPE


def _simplicity(when: When) -> tuple[int, bool, bool, Decimal, int, int]:
    """Return by what times are ordered, those of fewest statements before the others."""
    weeks = Decimal(0) if when.weeks is None else when.weeks
    places, number = _plainness(weeks)[1:3]
    return (
        when.size,
        when.weeks is not None,
        when.on is not None,
        places + number,
        when.start or when.on or 0,
        when.end or 0,
    )


def _plainness(value: Decimal | str | bool) -> tuple[int, int, Decimal, str]:
    """Return by what values are ordered, those that are written shortest before the others."""
    if not isinstance(value, Decimal):
        return 1, 0, Decimal(0), str(value)
    exponent = value.normalize().as_tuple().exponent
    places = max(0, -exponent) if isinstance(exponent, int) else 0
    return 0, places, abs(value), str(value)
