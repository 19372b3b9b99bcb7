"""Read what a case gives in units of its own as numbers in those that its vocabulary declares.

It is done once, before anything looks at a case, so that all that follows sees numbers. One that
cannot be written with the places that every engine compares is known within bounds from there on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.graph import BOUND_WORDS
from indicant.compile.model import is_quantity
from indicant.compile.owl import constant
from indicant.compile.values import around
from indicant.files.rdf import text_of
from indicant.guideline.units import PLACES, WHOLE
from indicant.guideline.wording import Words
from indicant.terms import IND, TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal
    from fractions import Fraction

    from indicant.assess.validation import Finding
    from indicant.guideline.vocabulary import Vocabulary

MOST_UNITS: Final = 500
"""How many different units of one document are looked up."""
_FEW: Final = 20
"""Of how many values of one property of a node it is told why they were not read."""
_BOUNDS, _OF = IND + "bounds", IND + "of"
_GIVEN: Final = ox.NamedNode(IND + "asRecorded")
_LIMITS: Final = {IND + name: words for name, words in BOUND_WORDS.items()}
_LEAST: Final = frozenset((IND + "minInclusive", IND + "minExclusive"))
_SHAPE: Final = "https://w3id.org/indicant/shape/"
_UNREAD: Final = {_SHAPE + "Node-unit": "value", _SHAPE + "Bounds-unit": "focus"}
"""The shapes that tell of what was not read, and which part of a finding is the node of it."""
_ABOVE, _BELOW = IND + "minExclusive", IND + "maxExclusive"


@dataclass(frozen=True)
class Reading:
    """What a case gives of a value in a unit of its own, and what it is read as."""

    recorded: str
    read: str


@dataclass(frozen=True)
class Quantities:
    """A document whose quantities have been read.

    ``checked`` holds what could not be read as it stands, for the shapes to tell of; in ``counted``
    it is left out. ``readings`` are by node and property, ``unread`` the reasons by node, property
    and text; ``made`` says of which node and property the bounds are that were put in.
    """

    checked: Sequence[ox.Quad]
    counted: Sequence[ox.Quad]
    readings: Mapping[tuple[str, str], Reading] = field(default_factory=dict)
    unread: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    made: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def told(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Yield findings, that of a quantity which was not read with why not.

        Those of bounds that were put in are of the value that was read as them.
        """
        why: dict[tuple[str | None, str | None], list[tuple[str, str]]] = {}
        for (node, path, text), reason in self.unread.items():
            why.setdefault((node, path), []).append((text, reason))
        for one in findings:
            found = one
            if (of := self.made.get(one.focus or "")) is not None:
                node, path = of
                value = node if one.value == one.focus else one.value
                found = replace(one, focus=node, path=path, value=value)
            elif (node_of := _UNREAD.get(one.shape)) is not None:
                for text, reason in why.get((getattr(one, node_of), one.path), ())[:_FEW]:
                    if text in one.message:
                        found = replace(one, message=f"{one.message}: {reason}")
            yield found


def read_quantities(
    quads: Iterable[ox.Quad], vocabulary: Vocabulary, words: Words | None = None
) -> Quantities:
    """Read every quantity of a document that is given in a unit.

    Args:
        quads: the document.
        vocabulary: what its terms are.
        words: the words in which it is told why one was not read; without, they are English.
    """
    quads = list(quads)
    if not any(is_quantity(quad.object) for quad in quads):
        return Quantities(quads, quads)
    return _Reader(vocabulary, words or Words()).read(quads)


class _Reader:
    """Reads the quantities of one document."""

    def __init__(self, vocabulary: Vocabulary, words: Words) -> None:
        self._vocabulary, self._words = vocabulary, words
        self._units: set[str] = set()
        self._checked: list[ox.Quad] = []
        self._counted: list[ox.Quad] = []
        self._readings: dict[tuple[str, str], Reading] = {}
        self._unread: dict[tuple[str, str, str], str] = {}
        self._made: dict[str, tuple[str, str]] = {}
        self._empty: set[str] = set()

    def read(self, quads: Sequence[ox.Quad]) -> Quantities:
        """Read a document."""
        of: dict[str, str] = {}
        within: dict[str, list[ox.Quad]] = {}
        for quad in quads:
            if quad.predicate.value == _OF:
                of[text_of(quad.subject)] = text_of(quad.object)
            elif quad.predicate.value in _LIMITS and is_quantity(quad.object):
                within[text_of(quad.subject)] = []
        owners: dict[str, str] = {}
        for quad in quads:
            subject, path = text_of(quad.subject), quad.predicate.value
            if path == _BOUNDS:
                owners[text_of(quad.object)] = subject
            if path in _LIMITS and subject in within:
                within[subject].append(quad)
            elif is_quantity(quad.object):
                self._value(quad)
            else:
                self._add(quad)
        for node, limits in within.items():
            self._bounds(node, limits, of.get(node, ""), owners.get(node, ""))
        counted = [
            quad
            for quad in self._counted
            if self._empty.isdisjoint((text_of(quad.subject), text_of(quad.object)))
        ]
        return Quantities(self._checked, counted, self._readings, self._unread, self._made)

    def _add(self, *quads: ox.Quad) -> None:
        self._checked += quads
        self._counted += quads

    def _value(self, quad: ox.Quad) -> None:
        """Read the value of a node, which is exact or within bounds."""
        node, path, text = text_of(quad.subject), quad.predicate.value, text_of(quad.object)
        limits = self._around(path, text, (node, path, text))
        if limits is None:
            self._checked.append(quad)
            return
        low, high = limits
        if low == high:
            self._add(ox.Quad(quad.subject, quad.predicate, constant(low)))
            read = _written(low)
        else:
            name = hashlib.sha256(f"{path}\n{low}".encode()).hexdigest()[:16]
            bounds = ox.NamedNode(f"{node}/bounds/{name}")
            self._made[bounds.value] = (node, path)
            self._add(
                ox.Quad(quad.subject, ox.NamedNode(_BOUNDS), bounds),
                ox.Quad(bounds, ox.NamedNode(TYPE), ox.NamedNode(IND + "Bounds")),
                ox.Quad(bounds, ox.NamedNode(_OF), quad.predicate),
                ox.Quad(bounds, ox.NamedNode(_ABOVE), constant(low)),
                ox.Quad(bounds, ox.NamedNode(_BELOW), constant(high)),
            )
            read = _between({_ABOVE: _written(low), _BELOW: _written(high)})
        self._tell(quad, (node, path), _spaced(text), read)

    def _bounds(self, node: str, limits: Sequence[ox.Quad], path: str, owner: str) -> None:
        """Read the limits of bounds; what is not read says nothing, and bounds without any go."""
        recorded: dict[str, str] = {}
        read: dict[str, str] = {}
        for quad in limits:
            limit, text = quad.predicate.value, text_of(quad.object)
            recorded[limit] = _spaced(text)
            if not is_quantity(quad.object):
                self._add(quad)
                read[limit] = text
                continue
            found = self._around(path, text, (node, limit, text))
            if found is None:
                self._checked.append(quad)
                continue
            low, high = found
            value = low if limit in _LEAST else high
            if low != high:
                limit = _ABOVE if limit in _LEAST else _BELOW
            self._add(ox.Quad(quad.subject, ox.NamedNode(limit), constant(value)))
            read[limit] = _written(value)
        if read:
            for quad in limits:
                self._tell(quad, (owner, path), _between(recorded), _between(read))
        else:
            self._empty.add(node)

    def _tell(self, quad: ox.Quad, about: tuple[str, str], recorded: str, read: str) -> None:
        """Keep what was recorded beside what it is read as."""
        unit = self._vocabulary.units.get(about[1], "")
        if is_quantity(quad.object) and not text_of(quad.object).endswith(f" {unit}"):
            self._counted.append(ox.Quad(quad.subject, _GIVEN, quad.object))
            self._readings[about] = Reading(recorded, f"{read} {unit}")

    def _around(
        self, path: str, text: str, about: tuple[str, str, str]
    ) -> tuple[Decimal, Decimal] | None:
        """Return the numbers next to what a quantity is in the unit of a property.

        They are one where it can be written. Where there are none, why is taken note of.
        """
        from indicant.guideline.units import UnitError

        try:
            low, high = around(self._number(path, text), PLACES)
            if max(abs(low), abs(high)) >= 10**WHOLE:
                unit = self._vocabulary.units[path]
                raise UnitError("digits", unit=unit, most=WHOLE)
        except UnitError as error:
            self._unread[about] = error.told(self._words)
            return None
        return low, high

    def _number(self, path: str, text: str) -> Fraction:
        """Return what a quantity is in the unit of a property, exactly.

        What UCUM does not know is converted as the vocabulary declares.
        """
        from indicant.guideline.units import (
            NoUnitError,
            UnitError,
            convert,
            factor_of,
            measure_same,
            quantity_of,
        )

        wanted = self._vocabulary.units.get(path)
        if wanted is None:
            raise UnitError("undeclared")
        found = quantity_of(text)
        if found is None:
            raise UnitError("form")
        number, unit = found
        if unit == wanted:
            return number
        if unit not in self._units and len(self._units) == MOST_UNITS:
            raise UnitError("many", most=MOST_UNITS)
        self._units.add(unit)
        known = self._vocabulary.conversions.get(path, ())
        if not measure_same(unit, wanted):
            for one in known:
                if measure_same(unit, one.unit):
                    factor, offset = factor_of(one.factor), factor_of(one.offset)
                    return convert(number, unit, one.unit) * factor + offset
        try:
            return convert(number, unit, wanted)
        except NoUnitError:
            raise
        except UnitError as error:
            units = ", ".join(one.unit for one in known)
            key = "only-from" if units else "no-conversion"
            raise UnitError(key, why=error, units=units) from error


def _written(number: Decimal) -> str:
    return constant(number).value


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _between(limits: Mapping[str, str]) -> str:
    """Return limits in words, in the order in which bounds are told.

    >>> _between({_BELOW: "7", _ABOVE: "3"})
    'more than 3 and less than 7'
    """
    return " and ".join(
        f"{words} {limits[name]}" for name, words in _LIMITS.items() if name in limits
    )
