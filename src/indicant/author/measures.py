"""Hold the units that a vocabulary declares, and what it converts by itself, to UCUM."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from indicant.files.rdf import text_of
from indicant.report.findings import Result
from indicant.terms import GENID, IND

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from indicant.author.verdicts import Places
    from indicant.compile.formulas import Operand
    from indicant.files.sources import Source

RULE: Final = "unit"
MOST_UNITS: Final = 1_000
"""How many properties and conversions with a unit are looked at."""
_UNIT, _CONVERSION, _FROM = IND + "unit", IND + "conversion", IND + "fromUnit"
_EXPRESSION: Final = IND + "expression"
_AS_IN: Final = "write it as UCUM does, as in mg/dL, mmol/L, 10*3/uL, mm[Hg], [iU]/L, Cel or %"


def misstated_units(source: Source, places: Places) -> Iterator[Result]:
    """Yield what is no unit of UCUM, and conversions that UCUM knows better or that say one twice.

    Args:
        source: the ontology.
        places: where its statements stand.
    """
    units: dict[str, dict[str, None]] = defaultdict(dict)
    taken: dict[str, dict[str, None]] = defaultdict(dict)
    conversions: dict[str, dict[str, None]] = defaultdict(dict)
    texts: dict[str, dict[str, None]] = defaultdict(dict)
    into = {_UNIT: units, _FROM: taken, _CONVERSION: conversions, _EXPRESSION: texts}
    for _, subject, predicate, value in source.triples():
        found = into.get(text_of(predicate))
        if found is not None:
            found[text_of(subject)][text_of(value)] = None
    if len(units) + len(taken) > MOST_UNITS:
        yield Result(RULE, "error", f"there are units in more than {MOST_UNITS:,} places")
        return
    for path, said in ((_UNIT, units), (_FROM, taken)):
        for subject, codes in said.items():
            for code in codes:
                why = _fault(code, whole=path == _FROM)
                if why is not None:
                    yield _told(places, subject, path, code, why, _AS_IN)
    for subject, nodes in conversions.items():
        known: list[str] = []
        for node in nodes:
            for code in taken[node]:
                yield from _of_conversion(places, (node, code), list(units[subject]), known)
                known.append(code)

    for subject, written in texts.items():
        for text in written:
            yield from _of_expression(places, subject, text, units)


def _of_expression(
    places: Places, subject: str, text: str, units: Mapping[str, Mapping[str, None]]
) -> Iterator[Result]:
    """Yield that an expression is in another unit than its property, as far as both are known."""
    from indicant.compile.formulas import FormulaError, parsed

    known = {name: next(iter(codes)) for name, codes in units.items() if len(codes) == 1}
    try:
        found = _composed(parsed(text, subject), known)
    except FormulaError:
        return  # which the profile tells
    except _UnlikeError as error:
        hint = "let what is added or compared be in one unit"
        yield _told(places, subject, _EXPRESSION, text, f"it takes {error} together", hint)
        return
    declared = known.get(subject)
    if found is not None and declared is not None and not _alike(found, declared):
        why = f"it is in {found}, and what it computes in {declared}"
        hint = "let the units agree, or multiply by the number that makes them"
        yield _told(places, subject, _EXPRESSION, text, why, hint)


class _UnlikeError(Exception):
    """Two units that are not the same."""


def _composed(operand: Operand, known: Mapping[str, str]) -> str | None:
    """Return the unit of an expression, nothing where it is not known.

    A number may have any unit beside what it multiplies, and that of what it is added to.

    Raises:
        _UnlikeError: it adds or compares what is in different units.
    """
    from indicant.compile.formulas import Formula

    if not isinstance(operand, Formula):
        return known.get(operand) if isinstance(operand, str) else None
    left, right = (_composed(one, known) for one in (operand.left, operand.right))
    how = operand.operator.rpartition("/")[2].rpartition("#")[2]
    if how in {"multiply", "divide"}:
        if left is None or right is None:
            return None
        return f"({left}).({right})" if how == "multiply" else f"({left})/({right})"
    if left is not None and right is not None and not _alike(left, right):
        raise _UnlikeError(f"{left} and {right}")
    numbers = isinstance(operand.left, Decimal) or isinstance(operand.right, Decimal)
    return (left or right) if numbers or (left and right) else None


def _alike(one: str, other: str) -> bool:
    """Tell whether two units are the same, or are none so that nothing is known of them."""
    from indicant.guideline.units import UnitError, convert

    if _fault(one, whole=True) is not None or _fault(other, whole=True) is not None:
        return True
    try:
        return convert(Fraction(1), one, other) == 1
    except UnitError:
        return False


def _of_conversion(
    places: Places, said: tuple[str, str], units: list[str], known: list[str]
) -> Iterator[Result]:
    from indicant.guideline.units import measure_same

    node, code = said
    for unit in units:
        if measure_same(code, unit):
            why = f"UCUM knows how {code} becomes {unit}, and no conversion has a say in it"
            yield _told(places, node, _FROM, code, why, "take the conversion away")
    for other in known:
        if measure_same(code, other):
            why = f"another conversion of the property takes {other}, and with it {code}"
            yield _told(places, node, _FROM, code, why, "keep one of the two")


def _fault(code: str, *, whole: bool) -> str | None:
    """Return what is wrong with a unit, which is a multiple of something where it is converted."""
    from indicant.guideline.units import NoUnitError, UnitError, unit_of

    try:
        unit_of(code)
    except NoUnitError as error:
        return str(error)
    except UnitError as error:
        return str(error) if whole else None
    return None


def _told(places: Places, subject: str, path: str, code: str, message: str, hint: str) -> Result:
    about = () if GENID in subject else (subject,)
    return Result(RULE, "error", message, places.of(subject, path, code), hint, about=about)
