"""Terms as plain values of Python, and what SPARQL computes from them.

An IRI is a ``str``, a blank node one that begins with ``_:``. A literal is an ``int`` where it is
an xsd:integer, a ``Decimal`` of this module where it is an xsd:decimal, and otherwise a tuple of
its text, its datatype and, where it has one, its language. Nothing is ``None``: what is not bound,
and what is an error. A comparison is true only where it is known to be, so that of an error neither
it nor its opposite is true.
"""

from __future__ import annotations

import functools
import hashlib
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pyoxigraph as ox

from indicant.terms import XSD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence, Set

    from indicant.query.rows import Term

PLACES: Final = 18
"""So many places has a decimal, as Oxigraph has it; of a quotient the rest is cut off."""
SCALE: Final = 10**PLACES
_MOST_DECIMAL: Final = 2**127 - 1
_MOST_INTEGER: Final = 2**63 - 1
_MOST_READ: Final = 10**18
"""So large a whole number may be that the sum of any two is one still."""
_INTEGER, _DECIMAL = XSD + "integer", XSD + "decimal"
_STRING, _BOOLEAN, _DATE = XSD + "string", XSD + "boolean", XSD + "date"
_PLAIN: Final = frozenset(
    (_STRING, _BOOLEAN, _DATE, XSD + "anyURI", XSD + "duration", XSD + "gYear", XSD + "gYearMonth")
)
"""The datatypes whose values are read here, besides numbers, and those that nothing reads."""
_ORDERED: Final = frozenset((_STRING, _DATE))
_WRITTEN_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_WRITTEN_INTEGER: Final = re.compile(r"[+-]?\d{1,19}\Z", re.ASCII)
_WRITTEN_DECIMAL: Final = re.compile(r"[+-]?(?:\d{1,19}(?:\.\d{0,18})?|\.\d{1,18})\Z", re.ASCII)
_WHOLE: Final[Set[type]] = frozenset((int,))
_CAST: Final = re.compile(r"[+-]?\d{1,18}\Z", re.ASCII)


class BeyondError(Exception):
    """A value is not among those that are computed with here, for whoever can to take over."""


class Decimal:
    """An xsd:decimal, which is another term than the xsd:integer of the same value."""

    __slots__ = ("scaled",)

    def __init__(self, scaled: int) -> None:
        self.scaled = scaled

    def __eq__(self, other: object) -> bool:
        return type(other) is Decimal and other.scaled == self.scaled

    def __hash__(self) -> int:
        return hash((Decimal, self.scaled))

    def __repr__(self) -> str:
        return f"Decimal({self.scaled})"


Literal = tuple[str, ...]
Value = str | int | Decimal | Literal
TRUE: Final[Literal] = ("true", _BOOLEAN)
FALSE: Final[Literal] = ("false", _BOOLEAN)


# ------------------------------------------------------------------ in and out


def value_of(term: Term) -> Value:
    """Return a term as a value.

    Raises:
        BeyondError: it is a literal of a kind that is not computed with here.
    """
    if isinstance(term, ox.NamedNode):
        return term.value
    if isinstance(term, ox.BlankNode):
        return f"_:{term.value}"
    return literal(term.value, term.datatype.value, term.language)


def literal(text: str, kind: str, language: str | None = None) -> Value:
    """Return a literal as a value.

    Raises:
        BeyondError: it is of a kind that is not computed with here, or not written plainly.
    """
    if language is not None:
        return (text, kind, language)
    if kind == _INTEGER and _WRITTEN_INTEGER.match(text) and abs(int(text)) <= _MOST_READ:
        return int(text)
    if kind == _DECIMAL and _WRITTEN_DECIMAL.match(text):
        whole, _, part = text.lstrip("+-").partition(".")
        scaled = int(whole or "0") * SCALE + int(part.ljust(PLACES, "0"))
        return Decimal(-scaled if text[0] == "-" else scaled)
    if kind == _BOOLEAN and text in _TRUTHS:
        return _TRUTHS[text]
    if kind == _DATE and _WRITTEN_DATE.match(text):
        return (text, kind)
    if kind in _PLAIN and kind not in {_BOOLEAN, _DATE}:
        return (text, kind)
    raise BeyondError(f"{text[:40]!r} of {kind} is not computed with")


_TRUTHS: Final = {"true": TRUE, "1": TRUE, "false": FALSE, "0": FALSE}


def term_of(value: Value) -> Term:
    """Return a value as a term."""
    if type(value) is str:
        return ox.BlankNode(value[2:]) if value.startswith("_:") else ox.NamedNode(value)
    text = lexical(value)
    if type(value) is int:
        return ox.Literal(text, datatype=ox.NamedNode(_INTEGER))
    if type(value) is Decimal:
        return ox.Literal(text, datatype=ox.NamedNode(_DECIMAL))
    assert isinstance(value, tuple)  # noqa: S101
    if len(value) > 2:
        return ox.Literal(text, language=value[2])
    return ox.Literal(text, datatype=ox.NamedNode(value[1]))


def lexical(value: Value) -> str:
    """Return the IRI or the lexical form of a value, a number in its shortest form."""
    if type(value) is str:
        return value[2:] if value.startswith("_:") else value
    if type(value) is int:
        return str(value)
    if type(value) is Decimal:
        whole, part = divmod(abs(value.scaled), SCALE)
        text = f"{whole}.{part:018d}".rstrip("0").rstrip(".")
        return f"-{text}" if value.scaled < 0 else text
    assert isinstance(value, tuple)  # noqa: S101
    return value[0]


# ------------------------------------------------------------------ truth and order


def true(value: Value | None) -> bool:
    """Tell whether a value is known to be true."""
    if type(value) is tuple:
        return value == TRUE or (value[1] == _STRING and value[0] != "")
    return (type(value) is int and value != 0) or (type(value) is Decimal and value.scaled != 0)


def false(value: Value | None) -> bool:
    """Tell whether a value is known to be false."""
    if type(value) is tuple:
        return value in (FALSE, ("", _STRING))
    return (type(value) is int and value == 0) or (type(value) is Decimal and value.scaled == 0)


def _scaled(value: Value | None) -> int | None:
    if type(value) is int:
        return value * SCALE
    return value.scaled if type(value) is Decimal else None


def lt(one: Value | None, other: Value | None) -> bool:
    """Tell whether one value is known to be less than another."""
    if type(one) is int and type(other) is int:
        return one < other
    left, right = _scaled(one), _scaled(other)
    if left is not None and right is not None:
        return left < right
    if type(one) is tuple and type(other) is tuple:
        return _ordered(one, other) and one[0] < other[0]
    return False


def le(one: Value | None, other: Value | None) -> bool:
    """Tell whether one value is known to be less than another, or the same."""
    if type(one) is int and type(other) is int:
        return one <= other
    left, right = _scaled(one), _scaled(other)
    if left is not None and right is not None:
        return left <= right
    if type(one) is tuple and type(other) is tuple:
        return _ordered(one, other) and one[0] <= other[0]
    return False


def _ordered(one: Literal, other: Literal, *, kinds: frozenset[str] = _ORDERED) -> bool:
    if one[1] != other[1] or one[1] not in kinds:
        raise BeyondError(f"{one[1]} and {other[1]} are not compared")
    return True


def eq(one: Value | None, other: Value | None) -> bool:
    """Tell whether two values are known to be the same."""
    if one is None or other is None:
        return False
    if one == other:
        return True
    left = _scaled(one)
    return left is not None and left == _scaled(other)


def ne(one: Value | None, other: Value | None) -> bool:
    """Tell whether two values are known to be different."""
    if one is None or other is None or one == other:
        return False
    if type(one) is str or type(other) is str:
        return True
    left, right = _scaled(one), _scaled(other)
    if left is not None and right is not None:
        return left != right
    if type(one) is tuple and type(other) is tuple:
        return _ordered(one, other, kinds=_ORDERED | {_BOOLEAN})
    # A number and a text: engines differ whether they are different or not to be compared.
    raise BeyondError("a number and a text are not compared")


# ------------------------------------------------------------------ numbers


def _number(scaled: int) -> Decimal | None:
    return Decimal(scaled) if -_MOST_DECIMAL <= scaled <= _MOST_DECIMAL else None


def _whole(value: int) -> int | None:
    return value if -_MOST_INTEGER <= value <= _MOST_INTEGER else None


def add(one: Value | None, other: Value | None) -> Value | None:
    """Return a sum."""
    if type(one) is int and type(other) is int:
        return _whole(one + other)
    left, right = _scaled(one), _scaled(other)
    return None if left is None or right is None else _number(left + right)


def subtract(one: Value | None, other: Value | None) -> Value | None:
    """Return a difference."""
    if type(one) is int and type(other) is int:
        return _whole(one - other)
    left, right = _scaled(one), _scaled(other)
    return None if left is None or right is None else _number(left - right)


def multiply(one: Value | None, other: Value | None) -> Value | None:
    """Return a product."""
    if type(one) is int and type(other) is int:
        return _whole(one * other)
    left, right = _scaled(one), _scaled(other)
    return None if left is None or right is None else _number(_cut(left * right, SCALE))


def divide(one: Value | None, other: Value | None) -> Value | None:
    """Return a quotient, which is a decimal; by nought it is an error."""
    left, right = _scaled(one), _scaled(other)
    if left is None or right is None or right == 0:
        return None
    return _number(_cut(left * SCALE, right))


def _cut(number: int, by: int) -> int:
    """Divide towards nought."""
    found = abs(number) // abs(by)
    return found if (number < 0) == (by < 0) else -found


def floor(value: Value | None) -> Value | None:
    """Return the greatest whole number that is not greater."""
    if type(value) is Decimal:
        return Decimal(value.scaled // SCALE * SCALE)
    return value if type(value) is int else None


def ceil(value: Value | None) -> Value | None:
    """Return the least whole number that is not less."""
    if type(value) is Decimal:
        return Decimal(-(-value.scaled // SCALE) * SCALE)
    return value if type(value) is int else None


def integer(value: Value | None) -> Value | None:
    """Return a number or a text as an xsd:integer."""
    if type(value) is Decimal:
        return _cut(value.scaled, SCALE)
    if type(value) is tuple and len(value) == 2:
        if value[1] == _BOOLEAN:
            return int(value == TRUE)
        return int(value[0]) if value[1] == _STRING and _CAST.match(value[0]) else None
    return value if type(value) is int else None


def whole(said: str | None) -> Value | None:
    """Return a text as an xsd:integer."""
    return int(said) if said is not None and _CAST.match(said) else None


def least(values: Sequence[Value | None]) -> Value | None:
    """Return the least of several numbers, and nothing where one is none."""
    return min(values) if _are_whole(values) else _extreme(values, lt)  # type: ignore[type-var]


def greatest(values: Sequence[Value | None]) -> Value | None:
    """Return the greatest of several numbers, and nothing where one is none."""
    if _are_whole(values):
        return max(values)  # type: ignore[type-var]
    return _extreme(values, lambda one, other: lt(other, one))


def _are_whole(values: Sequence[Value | None]) -> bool:
    return set(map(type, values)) == _WHOLE


def _extreme(
    values: Sequence[Value | None], before: Callable[[Value | None, Value | None], bool]
) -> Value | None:
    found: Value | None = None
    for value in values:
        if _scaled(value) is None:
            raise BeyondError("the extreme of what is no number is not computed")
        if found is None or before(value, found):
            found = value
    return found


def total(values: Iterable[Value | None]) -> Value | None:
    """Return the sum of several numbers, and nothing where one is none."""
    found: Value | None = 0
    for value in values:
        found = add(found, value)
    return found


# ------------------------------------------------------------------ texts


def text(value: Value | None) -> str | None:
    """Return what STR returns."""
    if type(value) is str:
        return None if value.startswith("_:") else value
    return None if value is None else lexical(value)


def plain(value: Value | None) -> str | None:
    """Return the text of a value that is one."""
    return value[0] if type(value) is tuple and value[1] == _STRING else None


def string(said: str | None) -> Value | None:
    """Return a text as a value."""
    return None if said is None else (said, _STRING)


def datatype(value: Value | None) -> Value | None:
    """Return what DATATYPE returns."""
    if type(value) is int:
        return _INTEGER
    if type(value) is Decimal:
        return _DECIMAL
    return value[1] if type(value) is tuple else None


def concat(*parts: str | None) -> str | None:
    """Return texts as one."""
    return None if None in parts else "".join(parts)  # type: ignore[arg-type]


def cut(said: str | None, start: int, stop: int | None) -> str | None:
    """Return a part of a text."""
    return None if said is None else said[start:stop]


def after(said: str | None, mark: str | None) -> str | None:
    """Return what follows a mark in a text."""
    return None if said is None or mark is None else said.partition(mark)[2]


def starts(said: str | None, mark: str | None) -> bool:
    """Tell whether a text is known to start with another."""
    return said is not None and mark is not None and said.startswith(mark)


def starts_not(said: str | None, mark: str | None) -> bool:
    """Tell whether a text is known not to start with another."""
    return said is not None and mark is not None and not said.startswith(mark)


@functools.lru_cache(maxsize=4096)
def md5(said: str | None) -> str | None:
    """Return the MD5 digest of a text, which names are made of."""
    if said is None:
        return None
    return hashlib.md5(said.encode(), usedforsecurity=False).hexdigest()


@functools.lru_cache(maxsize=4096)
def replace(said: str | None, pattern: str, by: str) -> str | None:
    """Return a text in which each match of a pattern is replaced."""
    return None if said is None else re.sub(pattern, by, said)


@functools.lru_cache(maxsize=4096)
def encoded(said: str | None) -> str | None:
    """Return what ENCODE_FOR_URI returns."""
    return None if said is None else quote(said, safe="-_.~")
