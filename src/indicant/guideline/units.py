"""Read units of UCUM, and convert quantities between them in exact numbers.

A kept library has the grammar of UCUM and its table of units. The numbers are computed here from
the texts of that table, as fractions: nothing is rounded.
"""

from __future__ import annotations

import functools
import re
import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from indicant.guideline.wording import Words
from indicant.process.sharing import Renewed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WHOLE: Final = 9
"""How many digits a number of a case has before its point."""
PLACES: Final = 9
"""How many digits a number has behind its point that every engine compares exactly."""
LONGEST_UNIT: Final = 60
LARGEST_EXPONENT: Final = 30
_MOST_DIGITS: Final = 40
_QUANTITY: Final = re.compile(
    r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?)[ \t\r\n]+(\S+)"
)
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})")
_NUMERIC: Final = frozenset(("10*", "10^", "[pi]", "%", "[ppth]", "[ppm]", "[ppb]", "[pptr]"))
"""The units of UCUM that are nothing but a number."""
_APART: Final = frozenset(("mol", "eq", "osm", "Sv", "REM"))
"""What UCUM takes for the same, and is not: how many equivalents a mole is differs from substance
to substance, and how many sievert a gray is from one radiation to another."""
_SHIFTED: Final = {
    "Cel": (Fraction(1), Fraction("273.15")),
    "[degF]": (Fraction(5, 9), Fraction("459.67") * Fraction(5, 9)),
    "[degRe]": (Fraction(5, 4), Fraction("273.15")),
}
"""Of units with a nought of their own: how many kelvin one is, and how many nought is."""


_WRITTEN: Final = tuple(
    (re.compile(written), right)
    for written, right in (
        (r"\s+", ""),
        (r"[\u00b5\u03bc]", "u"),
        (r"\u00b0 ?C\b|\bdegC\b", "Cel"),
        (r"\u00b0 ?F\b|\bdegF\b", "[degF]"),
        (r"\u00b2", "2"),
        (r"\u00b3", "3"),
        (r"mmHg", "mm[Hg]"),
        (r"cmH2O", "cm[H2O]"),
        (r"\bmcg\b", "ug"),
        (r"\b(m|u|k)?IU\b", r"\1[iU]"),
        (r"\b(m|u)?Eq\b", r"\1eq"),
        (r"\b(m|u)?Osm\b", r"\1osm"),
        (r"[x\u00d7]?10\^(?=\d)|\b[x\u00d7]10E(?=\d)|(?<!\d)[x\u00d7]10\*", "10*"),
        (r"/?1\.73m2?", "/{1.73_m2}"),
        (r"\b(hrs?|hours?)\b", "h"),
        (r"\b(secs?|seconds?)\b", "s"),
        (r"\b(mins|minutes?)\b", "min"),
        (r"\bdays?\b", "d"),
        (r"\bweeks?\b", "wk"),
        (r"\bmonths?\b", "mo"),
        (r"\b(yrs?|years?)\b", "a"),
        (r"\blbs?\b", "[lb_av]"),
        (r"\binch(es)?\b", "[in_i]"),
        (r"\bbpm\b", "/min"),
        (r"\bcc\b", "mL"),
        (r"\bpercent\b", "%"),
    )
)
"""What people write who do not know UCUM, and what they mean."""


class UnitError(ValueError):
    """A unit that is not converted into another one, or not at all.

    >>> str(UnitError("sizes", one="mg", other="mL"))
    'mg and mL do not measure the same'
    """

    def __init__(self, key: str, **values: object) -> None:
        """Take which words say why, and what stands in their places."""
        super().__init__(key, values)
        self.key, self.values = key, values

    def __str__(self) -> str:
        return self.told(Words())

    def told(self, words: Words) -> str:
        """Return why, in a language."""
        said = {
            name: value.told(words) if isinstance(value, UnitError) else value
            for name, value in self.values.items()
        }
        return words("unit", self.key, **said)


class NoUnitError(UnitError):
    """A text that is no unit of UCUM."""


@dataclass(frozen=True)
class Unit:
    """A unit as a multiple of what it is made of.

    ``above`` and ``below`` are the base units above and below the line, which are not cancelled:
    a fraction of amounts is no fraction of masses. ``marks`` are annotations in braces. A unit with
    a nought of its own has an ``offset``.
    """

    factor: Fraction
    above: tuple[tuple[str, int], ...] = ()
    below: tuple[tuple[str, int], ...] = ()
    marks: tuple[str, ...] = ()
    offset: Fraction = Fraction(0)

    def measures(self, other: Unit) -> bool:
        """Tell whether what is given in one of two units can be given in the other."""
        return (self.above, self.below, self.marks) == (other.above, other.below, other.marks)

    def convert(self, value: Fraction, to: Unit) -> Fraction:
        """Return what a value in this unit is in another one that measures the same."""
        return (value * self.factor + self.offset - to.offset) / to.factor


@dataclass(frozen=True)
class _Product:
    """A unit that is being put together."""

    factor: Fraction = Fraction(1)
    above: Counter[str] = field(default_factory=Counter)
    below: Counter[str] = field(default_factory=Counter)
    marks: Counter[str] = field(default_factory=Counter)
    offset: Fraction = Fraction(0)

    def times(self, other: _Product, power: int = 1) -> _Product:
        """Return the product with a power of another unit."""
        if self.offset or other.offset:
            raise UnitError("nought")
        one, two = (other.above, other.below) if power > 0 else (other.below, other.above)
        number = abs(power)
        return _Product(
            self.factor * other.factor**power,
            self.above + Counter({base: count * number for base, count in one.items()}),
            self.below + Counter({base: count * number for base, count in two.items()}),
            self.marks + other.marks,
        )


def quantity_of(text: str) -> tuple[Fraction, str] | None:
    """Return the number and the unit of a quantity as it is written, or nothing if it is none.

    >>> quantity_of("88 umol/L")
    (Fraction(88, 1), 'umol/L')
    >>> quantity_of("6,5 mg/dL")
    """
    found = _QUANTITY.fullmatch(text.strip(" \t\r\n")) if len(text) <= 200 else None
    if found is None or sum(map(str.isdigit, found[1])) > _MOST_DIGITS:
        return None
    return Fraction(found[1]), found[2]


def factor_of(text: str) -> Fraction:
    """Return a decimal number as it is written, exactly.

    Raises:
        UnitError: it is none.
    """
    if not _DECIMAL.fullmatch(text):
        raise UnitError("decimal", text=text[:40])
    return Fraction(text)


def convert(value: Fraction, unit: str, to: str) -> Fraction:
    """Return what a value in one unit is in another, exactly.

    >>> convert(Fraction("98.6"), "[degF]", "Cel")
    Fraction(37, 1)

    Raises:
        UnitError: one of the two is no unit of UCUM, or they do not measure the same.
    """
    if unit == to:
        return value
    one, two = unit_of(unit), unit_of(to)
    if not one.measures(two):
        raise UnitError("sizes", one=unit, other=to)
    return one.convert(value, two)


def measure_same(unit: str, other: str) -> bool:
    """Tell whether UCUM knows what a quantity in one of two units is in the other.

    >>> measure_same("mg/dL", "g/L"), measure_same("mg/dL", "mmol/L")
    (True, False)
    """
    try:
        return unit == other or unit_of(unit).measures(unit_of(other))
    except UnitError:
        return False


def unit_of(code: str) -> Unit:
    """Return the unit that a code of UCUM stands for.

    >>> unit_of("mg/dL").factor, unit_of("mg/dL").below
    (Fraction(10, 1), (('m', 3),))

    Raises:
        NoUnitError: it is no code of UCUM, or too long a one.
        UnitError: it stands for no multiple of anything, as ``[pH]`` does.
    """
    found = _found(code)
    if isinstance(found, UnitError):
        raise type(found)(found.key, **found.values)
    return found


@functools.lru_cache(maxsize=1_000)
def _found(code: str) -> Unit | UnitError:
    """Return a unit or why there is none, which is found out once."""
    try:
        made = _Reader().unit(_parsed(code))
    except NoUnitError as error:
        meant = _meant(code)
        return NoUnitError("meant", why=error, meant=meant) if meant else error
    except UnitError as error:
        return error
    return Unit(
        made.factor,
        tuple(sorted(made.above.items())),
        tuple(sorted(made.below.items())),
        tuple(sorted(made.marks.elements())),
        made.offset,
    )


def _meant(code: str) -> str | None:
    """Return a unit that people write so who do not know UCUM.

    >>> _meant("mmHg"), _meant("x10^9/L"), _meant("IU/L"), _meant("furlong")
    ('mm[Hg]', '10*9/L', '[iU]/L', None)
    """
    meant = code[: LONGEST_UNIT + 1]
    for written, right in _WRITTEN:
        meant = written.sub(right, meant)
    try:
        if meant != code:
            _Reader().unit(_parsed(meant))
            return meant
    except UnitError:
        pass
    return None


# ---------------------------------------------------------------------- the library

_TURN: Final = Renewed(threading.RLock)
"""Held by whoever makes or uses the parser."""


def _parsed(code: str) -> Any:
    if len(code) > LONGEST_UNIT:
        raise NoUnitError("long", most=LONGEST_UNIT)
    from ucumvert.parser import InvalidUcumError, parse_ucum

    with _TURN.value:
        try:
            return parse_ucum(code, _parser())
        except InvalidUcumError as error:
            raise NoUnitError("none", code=code) from error


@functools.cache
def _parser() -> Any:
    from ucumvert.parser import get_ucum_parser

    return get_ucum_parser()


@dataclass(frozen=True)
class _Table:
    """The prefixes and units of UCUM: of a unit how many it is of which others, as texts."""

    prefixes: dict[str, Fraction]
    units: dict[str, tuple[str, str]]
    alone: frozenset[str]
    beyond: frozenset[str]


@functools.cache
def _table() -> _Table:
    from ucumvert import xml_util

    units, alone, beyond = {}, set(_APART), set()
    for one in xml_util.get_units_with_full_definition():
        code, unit = one.code_cs, one.defining_unit
        units[code] = (str(one.conversion_factor), unit)
        if one.is_special:
            beyond.add(code)
        if unit == "1" and code not in _NUMERIC:
            alone.add(code)
    prefixes = {
        one.attrib["Code"]: Fraction(value.attrib["value"])
        for one in xml_util.root.iterfind("{*}prefix")
        if (value := one.find("{*}value")) is not None
    }
    alone.update(xml_util.get_base_units())
    return _Table(prefixes, units, frozenset(alone), frozenset(beyond))


class _Reader:
    """Puts units together from what the parser found."""

    def unit(self, tree: Any) -> _Product:
        """Return the unit of a tree, or of a leaf, which is an annotation."""
        if not hasattr(tree, "children"):
            return _Product(marks=Counter([str(tree)]))
        kind, parts = str(tree.data), tree.children
        if kind == "simple_unit":
            return self._simple(parts)
        if kind == "annotatable":
            return self._power(*parts)
        if kind == "component":
            return self._marked(*parts)
        return self.unit(parts[0]) if len(parts) == 1 else self._product(parts)

    def _product(self, parts: Iterable[Any]) -> _Product:
        found, power = _Product(), 1
        for part in parts:
            if getattr(part, "type", None) in {"OPERATOR", "DIVIDE"}:
                power = -1 if part == "/" else 1
            else:
                found = found.times(self.unit(part), power)
        return found

    def _marked(self, part: Any, mark: Any) -> _Product:
        found = self.unit(part)
        return replace(found, marks=found.marks + Counter([str(mark)]))

    def _power(self, part: Any, exponent: Any) -> _Product:
        if part.children[0].type == "FACTOR":
            raise NoUnitError("power")
        if len(exponent) > 3 or abs(int(exponent)) > LARGEST_EXPONENT:
            raise NoUnitError("exponent", most=LARGEST_EXPONENT)
        return _Product().times(self.unit(part), int(exponent))

    def _simple(self, parts: Sequence[Any]) -> _Product:
        if parts[0].type == "FACTOR":
            return _Product(Fraction(int(parts[0])))
        table, code = _table(), str(parts[-1])
        scale = Fraction(1) if len(parts) == 1 else table.prefixes[str(parts[0])]
        if code in _SHIFTED:
            factor, offset = _SHIFTED[code]
            return _Product(scale * factor, Counter(["K"]), offset=offset)
        if code in table.beyond:
            raise UnitError("multiple", code=code)
        if code in table.alone:
            return _Product(scale, Counter([code]))
        number, unit = table.units[code]
        return _Product(scale * Fraction(number)).times(_atom(unit))


@functools.cache
def _atom(unit: str) -> _Product:
    """Return the unit by which the table defines another."""
    return _Reader().unit(_parsed(unit))
