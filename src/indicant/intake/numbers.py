"""Read what an observation found as the value of a property: exactly, or within bounds."""

from __future__ import annotations

import operator
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.guideline.units import PLACES, WHOLE, measure_same
from indicant.intake.casegraph import Node, quantity, typed
from indicant.intake.events import Refusal, Value
from indicant.terms import XSD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from indicant.guideline.vocabulary import Vocabulary
    from indicant.intake.codes import Scale, Terms

_LIMITS: Final = {
    "<": "maxExclusive",
    "<=": "maxInclusive",
    ">": "minExclusive",
    ">=": "minInclusive",
}
_BOUNDS: Final[Mapping[str, Callable[[Fraction, Fraction], bool]]] = {
    "minInclusive": operator.ge,
    "minExclusive": operator.gt,
    "maxInclusive": operator.le,
    "maxExclusive": operator.lt,
}
_UNITY: Final = re.compile(r"1|\{[^{}]*\}")


def put(node: Node, path: str, value: Value, terms: Terms) -> Refusal | None:
    """Say of a node what an observation found, or return why nothing is said.

    A comparator and a range give bounds; so does a number with more places than are compared.
    """
    vocabulary, scale = terms.vocabulary, terms.scale(path)
    if value.truth is not None:
        if scale.datatype != XSD + "boolean":
            return Refusal("value", "yes or no is no value of what is measured")
        node.said[path] = typed("true" if value.truth else "false", "boolean")
        return None
    if value.codes:
        return _individual(node, path, value, terms)
    if value.other or not (value.number or value.low or value.high):
        return Refusal("value", f"{value.other or 'nothing'} is no value of what is measured")
    if scale.datatype not in {XSD + "integer", XSD + "decimal"}:
        return Refusal("value", "what is measured is no number")
    unit = vocabulary.units.get(path, "")
    refusal = _unit(vocabulary, path, unit, value)
    if refusal is not None:
        return refusal
    if value.comparator and value.comparator not in _LIMITS:
        return Refusal("value", f"the comparator '{value.comparator[:20]}' sets no bound")
    given = {
        **({"minInclusive": value.low} if value.low else {}),
        **({"maxInclusive": value.high} if value.high else {}),
        **({_LIMITS[value.comparator]: value.number} if value.comparator else {}),
    }
    whole = scale.datatype == XSD + "integer"
    if given:
        limits = {
            name: _literal(number, value.unit, unit, whole=False) for name, number in given.items()
        }
        if None in limits.values():
            return Refusal("value", "a number has more digits than are compared")
        node.bounds[path] = {name: one for name, one in limits.items() if one is not None}
        return None
    return _exact(scale, node, path, value, unit, whole=whole)


def _exact(
    scale: Scale, node: Node, path: str, value: Value, unit: str, *, whole: bool
) -> Refusal | None:
    number = Fraction(value.number)
    if value.unit in {"", unit} and not _allowed(scale, number):
        return Refusal("value", f"{value.number[:20]} is no number that what is measured can have")
    found = _literal(value.number, value.unit, unit, whole=whole)
    if found is not None:
        node.said[path] = found
        return None
    if whole:
        return Refusal("value", f"{value.number[:20]} is no whole number")
    low = number * 10**PLACES // 1
    if abs(low) >= 10 ** (WHOLE + PLACES):
        return Refusal("value", "a number has more digits than are compared")
    node.bounds[path] = {
        "minExclusive": typed(_decimal(Fraction(low, 10**PLACES)), "decimal"),
        "maxExclusive": typed(_decimal(Fraction(low + 1, 10**PLACES)), "decimal"),
    }
    return None


def _literal(number: str, given: str, unit: str, *, whole: bool) -> ox.Literal | None:
    """Return a number as a case has it, or nothing where it has more digits than are compared."""
    exact = Fraction(number)
    if unit and given != unit:
        return quantity(_plain(number), given)
    if whole:
        if exact.denominator != 1 or abs(exact) >= 10**WHOLE:
            return None
        return typed(str(exact.numerator), "integer")
    if (exact * 10**PLACES).denominator != 1 or abs(exact) >= 10**WHOLE:
        return None
    if exact.denominator == 1:
        return typed(str(exact.numerator), "integer")
    return typed(_decimal(exact), "decimal")


def _plain(number: str) -> str:
    """Return a number without an exponent."""
    exact = Fraction(number)
    if "e" not in number and "E" not in number:
        return number
    return str(exact.numerator) if exact.denominator == 1 else _decimal(exact)


def _decimal(number: Fraction) -> str:
    """Return a number whose places end, as XML Schema writes a decimal.

    >>> _decimal(Fraction(-13, 4)), _decimal(Fraction(5))
    ('-3.25', '5.0')
    """
    sign, number = ("-", -number) if number < 0 else ("", number)
    whole, rest = divmod(number, 1)
    places = ""
    while rest:
        digit, rest = divmod(rest * 10, 1)
        places += str(int(digit))
    return f"{sign}{int(whole)}.{places or '0'}"


def _unit(vocabulary: Vocabulary, path: str, unit: str, value: Value) -> Refusal | None:
    given = value.unit
    if not unit:
        named = given or value.foreign
        if named and not _UNITY.fullmatch(named):
            return Refusal("unit", f"what is measured has no unit, and {named[:40]} is given")
        return None
    if not given:
        if value.foreign:
            return Refusal("unit", f"'{value.foreign[:40]}' is given as no unit of UCUM")
        return Refusal("unit", f"no unit is given, and {unit} is expected")
    if given == unit or measure_same(given, unit):
        return None
    declared = vocabulary.conversions.get(path, ())
    if any(given == one.unit or measure_same(given, one.unit) for one in declared):
        return None
    return Refusal("unit", f"{given[:40]} is not converted to {unit}")


def _individual(node: Node, path: str, value: Value, terms: Terms) -> Refusal | None:
    """Say which of the values that the vocabulary has for a property was found."""
    allowed = set(terms.vocabulary.individuals_of(terms.vocabulary.ranges.get(path)))
    meant = [one for one in terms.meant(value.codes).terms if one in allowed]
    if path not in terms.vocabulary.ranges or len(set(meant)) != 1:
        return Refusal("value", "its code is no value of what is measured")
    node.said[path] = ox.NamedNode(meant[0])
    return None


def _allowed(scale: Scale, number: Fraction) -> bool:
    """Tell whether a number lies within the range of a property."""
    return all(_BOUNDS[name](number, limit) for name, limit in scale.limits)
