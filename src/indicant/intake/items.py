"""Values that paths of FHIRPath lead to: children, types, equality, numbers and boundaries."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from indicant.foreign import excerpt
from indicant.intake.decoding import Number
from indicant.intake.elements import NUMERAL

if TYPE_CHECKING:
    from collections.abc import Iterator

DATE: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(\S*)")
_TIME: Final = re.compile(r"\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?")
_TYPES: Final = frozenset(
    {
        "Address",
        "Age",
        "Annotation",
        "Attachment",
        "Base64Binary",
        "Boolean",
        "Canonical",
        "Code",
        "CodeableConcept",
        "CodeableReference",
        "Coding",
        "ContactDetail",
        "ContactPoint",
        "Count",
        "DataRequirement",
        "Date",
        "DateTime",
        "Decimal",
        "Distance",
        "Dosage",
        "Duration",
        "Expression",
        "HumanName",
        "Id",
        "Identifier",
        "Instant",
        "Integer",
        "Integer64",
        "Markdown",
        "Meta",
        "Money",
        "Oid",
        "ParameterDefinition",
        "Period",
        "PositiveInt",
        "Quantity",
        "Range",
        "Ratio",
        "RatioRange",
        "Reference",
        "RelatedArtifact",
        "SampledData",
        "Signature",
        "String",
        "Time",
        "Timing",
        "TriggerDefinition",
        "UnsignedInt",
        "Uri",
        "Url",
        "UsageContext",
        "Uuid",
    }
)
"""With which types the name of an element of several types ends."""


class PathError(ValueError):
    """A path that is none, or that says nothing of what it is asked of."""


@dataclass(frozen=True, slots=True)
class Item:
    """A value, with its type where an element of several types names it."""

    value: Any
    kind: str = ""


def _listed(value: Any, kind: str = "") -> Iterator[Item]:
    if isinstance(value, list):
        for one in value:
            yield from _listed(one, kind)
    elif value is not None:
        yield Item(value, kind)


def children(one: Item, name: str) -> Iterator[Item]:
    """Yield the children of a name; of an element of several types, with the type."""
    if not isinstance(one.value, dict):
        return
    if name in one.value:
        yield from _listed(one.value[name])
        return
    if one.value.get("resourceType") == name:
        yield one
        return
    for key, value in one.value.items():
        if key.startswith(name) and key.removeprefix(name) in _TYPES:
            yield from _listed(value, key.removeprefix(name))


def is_of(one: Item, kind: str) -> bool:
    """Tell whether something is of a type: a resource, or an element of several types.

    Raises:
        PathError: nothing says of which type it is.
    """
    if isinstance(one.value, dict) and "resourceType" in one.value:
        return bool(one.value["resourceType"] == kind)
    if not one.kind:
        raise PathError("ofType is asked of an element that may have one type alone")
    return one.kind[:1].lower() + one.kind[1:] == kind[:1].lower() + kind[1:]


def same(one: Any, other: Any) -> bool | None:
    """Tell whether two values are equal; of dates with unlike precision nobody knows."""
    if isinstance(one, Number) and isinstance(other, Number):
        return exact(one) == exact(other)
    if isinstance(one, Number) != isinstance(other, Number):
        return False
    if isinstance(one, str) and isinstance(other, str) and one != other:
        both = DATE.match(one), DATE.match(other)
        if all(both) and len(one) != len(other) and one[:4] == other[:4]:
            shorter = min(len(one), len(other))
            if one[:shorter] == other[:shorter]:
                return None
    return bool(one == other) and type(one) is type(other)


def written(value: Fraction) -> Number:
    """Return a number as it is written.

    Raises:
        PathError: it does not end: what it is rounded to would be another one.
    """
    if value.denominator == 1:
        return Number(str(value.numerator))
    places = Decimal(value.numerator) / Decimal(value.denominator)
    if Fraction(places) != value:
        raise PathError("a quotient has no end")
    return Number(format(places, "f").rstrip("0"))


def exact(number: Number) -> Fraction:
    """Return a number exactly.

    Raises:
        PathError: it has more digits than are computed with.
    """
    if not NUMERAL.fullmatch(number):
        raise PathError(f"'{excerpt(number)}' has too many digits")
    return Fraction(number)


def edge(one: Item, high: bool) -> Any:
    """Return the least or the greatest value that one of its precision may stand for."""
    value = one.value
    if isinstance(value, Number):
        places = len(value.partition(".")[2])
        half = Fraction(1, 2 * 10**places)
        return written(exact(value) + (half if high else -half))
    if not isinstance(value, str):
        raise PathError("it has no boundary")
    if _TIME.fullmatch(value):
        return _filled(value, high)
    instant = _INSTANT.fullmatch(value)
    if instant is not None:
        zone = instant[2] or ("-12:00" if high else "+14:00")
        return f"{value[:11]}{_filled(instant[1], high)}{zone}"
    date = DATE.fullmatch(value)
    if date is None:
        raise PathError("it has no boundary")
    year = int(date[1])
    month = int(date[2] or (12 if high else 1))
    day = int(date[3] or (calendar.monthrange(year, month)[1] if high else 1))
    text = f"{year:04}-{month:02}-{day:02}"
    if one.kind in {"DateTime", "Instant"}:
        return f"{text}T{_filled('', high)}{'-12:00' if high else '+14:00'}"
    return text


def _filled(time: str, high: bool) -> str:
    """Return a time to the millisecond: the first or the last that it may be.

    >>> _filled("12:34", high=True), _filled("12:34:05", high=False)
    ('12:34:59.999', '12:34:05.000')
    """
    whole = "23:59:59.999" if high else "00:00:00.000"
    return time + whole[len(time) :]
