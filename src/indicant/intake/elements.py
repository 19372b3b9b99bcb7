"""Read the elements of FHIR's JSON, each as what it has to be or not at all."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, Final

from indicant.foreign import excerpt
from indicant.intake.decoding import Number
from indicant.intake.events import Coding, Moment, MomentError, Value, moment
from indicant.intake.readings import MISSING, PRESENT_AT_ALL

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

UCUM: Final = "http://unitsofmeasure.org"
_OWN: Final = ("http://terminology.hl7.org/CodeSystem/", "http://hl7.org/fhir/")
_MOST_KEYS: Final = 64
"""Of how many keys a record may have for their names to be looked at once for all alike."""
_MOST_CODINGS: Final = 20_000
_TEXT_OR_NONE: Final = (str, type(None))
_CODINGS: Final[dict[tuple[Any, Any, Any], Coding]] = {}
"""Codes that were read before, so that those that stand in many records are one."""
_NONE: Final = frozenset({MISSING})
_THERE: Final = frozenset({PRESENT_AT_ALL})
_CONCEPTS: Final = frozenset({"clinicalStatus", "code", "verificationStatus"})
"""The statuses that are concepts in R4 and R5, and were texts before."""


class MalformedError(ValueError):
    """An element that is not what the standard has it to be."""


def texts(value: Any, name: str) -> str:
    """Return a text, or nothing where there is none.

    Raises:
        MalformedError: it is something else.
    """
    if value is None:
        return ""
    if not isinstance(value, str) or isinstance(value, Number):
        raise MalformedError(f"{name} is no text")
    return value


def an_object(value: Any, name: str) -> dict[str, Any]:
    """Return an object, or an empty one where there is none.

    Raises:
        MalformedError: it is something else.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MalformedError(f"{name} is no object")
    return value


def a_list(value: Any, name: str) -> list[Any]:
    """Return a list, or an empty one where there is none.

    Raises:
        MalformedError: it is something else.
    """
    if value is None:
        return []
    if not isinstance(value, list):
        raise MalformedError(f"{name} is no list")
    return value


def a_truth(value: Any, name: str) -> bool | None:
    """Return a truth value, or nothing where there is none.

    Raises:
        MalformedError: it is something else.
    """
    if value is None or isinstance(value, bool):
        return value
    raise MalformedError(f"{name} is neither true nor false")


def when(value: Any, name: str, zone: ZoneInfo | None) -> Moment | None:
    """Return a date or an instant, as far as it is known.

    Raises:
        MalformedError: it is neither.
    """
    text = texts(value, name)
    if not text:
        return None
    try:
        return moment(text, zone)
    except MomentError as error:
        raise MalformedError(f"{name} '{excerpt(text)}' is no date") from error


def codings(value: Any, name: str) -> tuple[Coding, ...]:
    """Return the codes of a CodeableConcept, of a CodeableReference, or of a list of them.

    Raises:
        MalformedError: it is something else.
    """
    if isinstance(value, list):
        return tuple(one for each in value for one in codings(an_object(each, name), name))
    concept = an_object(value, name)
    if "concept" in concept:
        concept = an_object(concept["concept"], name)
    return tuple(
        found
        for one in a_list(concept.get("coding"), f"{name}.coding")
        if (found := _coding(an_object(one, f"{name}.coding"), name)) is not None
    )


def _coding(given: dict[str, Any], name: str) -> Coding | None:
    system, code, display = given.get("system"), given.get("code"), given.get("display")
    # A number is a text as well, equal to one, and is refused.
    plain = type(code) is str and type(system) is str and type(display) in _TEXT_OR_NONE
    said = (system, code, display)
    found = _CODINGS.get(said) if plain else None
    if found is not None:
        return found
    code = texts(code, f"{name}.coding.code")
    if not code:
        return None
    system = texts(system, f"{name}.coding.system")
    found = Coding(system, code, texts(display, f"{name}.coding.display"))
    if plain:
        if len(_CODINGS) >= _MOST_CODINGS:
            _CODINGS.clear()
        _CODINGS[said] = found
    return found


def reference(value: Any, name: str) -> str:
    """Return what a reference refers to, or nothing.

    Raises:
        MalformedError: it is no reference.
    """
    found = an_object(value, name)
    if isinstance(found.get("reference"), dict):  # a CodeableReference of R5
        found = found["reference"]
    return texts(found.get("reference"), f"{name}.reference")


def status_values(content: dict[str, Any], element: str) -> frozenset[str]:
    """Return what an element is worth to the rows: its codes, and whether it is there.

    Of a concept only the codes that the standard itself defines count. What is there and says
    nothing that can be read is present, and has no value that a row could name.

    >>> sorted(status_values({"status": "final"}, "status"))
    ['final', 'present']
    >>> sorted(status_values({"abatementString": "last year"}, "abatement"))
    ['present']
    """
    if "." in element:
        name, _, rest = element.partition(".")
        inner = content.get(name)
        return status_values(inner, rest) if isinstance(inner, dict) else _NONE
    name = element
    value = content.get(name)
    if value is None:
        for key in _keys_of(name, content):
            if content[key] is not None:
                return _THERE
        return _NONE
    if type(value) is str and name not in _CONCEPTS:
        return _said(value)
    found = {PRESENT_AT_ALL}
    if isinstance(value, bool):
        found.add("true" if value else "false")
    elif isinstance(value, Number):
        pass
    elif isinstance(value, str):
        if name not in _CONCEPTS:
            found.add(value)
    elif isinstance(value, dict):
        own = {one.code for one in codings(value, name) if one.system.startswith(_OWN)}
        if len(own) == 1:
            found |= own
    return frozenset(found - {MISSING} if value != MISSING else {PRESENT_AT_ALL})


@functools.lru_cache(maxsize=4096)
def _said(value: str) -> frozenset[str]:
    return _THERE if value == MISSING else frozenset({PRESENT_AT_ALL, value})


def _keys_of(name: str, content: dict[str, Any]) -> tuple[str, ...]:
    """Return the keys that an element of several types has in a record."""
    shape = tuple(content)
    if len(shape) > _MOST_KEYS:
        return tuple(key for key in shape if _chosen(name, key))
    return _keys_in(name, shape)


@functools.lru_cache(maxsize=4096)
def _keys_in(name: str, shape: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(key for key in shape if _chosen(name, key))


def _chosen(name: str, key: str) -> bool:
    """Tell whether a key is that of an element of several types, ``abatementAge`` of abatement."""
    own = key.removeprefix("_")
    return own == name or (own.startswith(name) and own[len(name) : len(name) + 1].isupper())


# ---------------------------------------------------------------------- values


def value_of(content: dict[str, Any], name: str = "value") -> Value | None:
    """Return what an observation found, or nothing where it has no value.

    Raises:
        MalformedError: the value is not what its type has it to be, or there are two.
    """
    keys = [key for key in _keys_of(name, content) if not key.startswith("_")]
    if not keys:
        return None
    if len(keys) > 1:
        raise MalformedError(f"there are {len(keys)} values")
    key, given = keys[0], content[keys[0]]
    kind = key.removeprefix(name)
    if kind == "Quantity":
        return _quantity(an_object(given, key), key)
    if kind == "CodeableConcept":
        return Value(codes=codings(given, key), other="a text" if not codings(given, key) else "")
    if kind == "Boolean":
        return Value(truth=a_truth(given, key))
    if kind == "Integer":
        return Value(number=_number(given, key))
    if kind == "Range":
        low = _quantity(an_object(an_object(given, key).get("low"), key), key)
        high = _quantity(an_object(an_object(given, key).get("high"), key), key)
        units = {(one.unit, one.foreign) for one in (low, high) if one.number}
        if len(units) != 1:
            return Value(other="a range without one unit")
        ((unit, foreign),) = units
        return Value(low=low.number, high=high.number, unit=unit, foreign=foreign)
    return Value(other=f"a {excerpt(kind)}")


def _quantity(given: dict[str, Any], name: str) -> Value:
    number = _number(given.get("value"), name) if given.get("value") is not None else ""
    system, code = texts(given.get("system"), name), texts(given.get("code"), name)
    unit = texts(given.get("unit"), name)
    foreign = "" if system == UCUM and code else (code or unit)
    return Value(
        number=number,
        comparator=texts(given.get("comparator"), name),
        unit=code if system == UCUM else "",
        foreign=foreign,
        other="" if number else "a quantity without a number",
    )


NUMERAL: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,29})(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,2})?")
"""A decimal number as it may be written, with as many digits as are read."""


def _number(given: Any, name: str) -> str:
    if not isinstance(given, Number):
        raise MalformedError(f"{name} is no number")
    if not NUMERAL.fullmatch(given):
        raise MalformedError(f"{name} '{excerpt(given)}' is no decimal number that is read")
    return str(given)
