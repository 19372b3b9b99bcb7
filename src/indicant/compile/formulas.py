"""Read arithmetic: how a value of a record follows from other values of it, or of its class."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.facets import OF_CASES
from indicant.compile.model import EXACTLY, Range, is_exact, number_of
from indicant.guideline.units import PLACES, WHOLE
from indicant.terms import IND, SPARQL_FUNCTIONS, TYPE, local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from indicant.compile.axioms import Axioms
    from indicant.compile.model import Model, Term

MOST_PARTS: Final = 64
"""Of how many numbers, properties and signs an expression is made."""
MOST_NESTED: Final = 16

_SIGNS: Final = {"+": "plus", "-": "subtract", "*": "multiply", "/": "divide"}
_CALLS: Final = frozenset({"min", "max"})
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?|\.\d+)(?![\w.])|<(?P<iri>[^<>\"{}|^`\\\s]+)>"
    r"|(?P<name>(?:ind:)?[^\W\d]\w*)|(?P<sign>[-+*/(),])|(?P<end>$))"
)


@dataclass(frozen=True)
class Formula:
    """Two operands and what is done with them: properties, numbers, or formulas themselves."""

    operator: str
    left: Operand
    right: Operand

    def properties(self) -> Iterator[str]:
        """Yield the properties whose values it takes."""
        for one in (self.left, self.right):
            if isinstance(one, Formula):
                yield from one.properties()
            elif isinstance(one, str):
                yield one


Operand = Formula | str | Decimal


class FormulaError(Exception):
    """A text is no expression; the message says where and what is wanted."""


class _Parser:
    """Reads a text as an expression over the properties that stand beside one of them."""

    def __init__(self, text: str, beside: str) -> None:
        self._text = text
        self._beside = beside
        self._place = 0
        self._parts = 0
        self._depth = 0
        self._kind = self._word = ""
        self._next()

    def read(self) -> Operand:
        found = self._sum()
        if self._kind != "end":
            raise self._unexpected()
        return found

    def _next(self) -> None:
        match = _TOKEN.match(self._text, self._place)
        self._parts += 1
        if match is None or self._parts > MOST_PARTS + 1:
            rest = self._text[self._place :].strip()
            why = f"it has more than {MOST_PARTS} parts" if match else f"'{rest[:20]}' is no part"
            raise FormulaError(why)
        self._kind = match.lastgroup or ""
        self._word = match.group(self._kind)
        self._place = match.end()

    def _unexpected(self) -> FormulaError:
        what = f"'{self._word}'" if self._word else "the end"
        return FormulaError(f"{what} stands where it means nothing")

    def _is(self, sign: str) -> bool:
        return self._kind == "sign" and self._word == sign

    def _take(self, sign: str) -> None:
        if not self._is(sign):
            raise self._unexpected()
        self._next()

    def _sum(self) -> Operand:
        self._depth += 1
        if self._depth > MOST_NESTED:
            raise FormulaError(f"it is nested more than {MOST_NESTED} levels deep")
        found = self._product()
        while self._is("+") or self._is("-"):
            sign = self._word
            self._next()
            found = Formula(SPARQL_FUNCTIONS + _SIGNS[sign], found, self._product())
        self._depth -= 1
        return found

    def _product(self) -> Operand:
        found = self._signed()
        while self._is("*") or self._is("/"):
            sign = self._word
            self._next()
            found = Formula(SPARQL_FUNCTIONS + _SIGNS[sign], found, self._signed())
        return found

    def _signed(self) -> Operand:
        if self._is("-"):
            self._next()
            operand = self._single()
            if isinstance(operand, Decimal):
                return -operand
            return Formula(SPARQL_FUNCTIONS + "subtract", Decimal(0), operand)
        return self._single()

    def _single(self) -> Operand:
        kind, word = self._kind, self._word
        if kind == "number":
            self._next()
            number = Decimal(word)
            if number >= 10**WHOLE or number != round(number, PLACES):
                raise FormulaError(
                    f"{word} has more than {WHOLE} digits before the point or {PLACES} after it"
                )
            return number.normalize() if number else Decimal(0)
        if kind == "iri":
            self._next()
            return word
        if kind == "name":
            self._next()
            if word in _CALLS and self._is("("):
                return self._call(word)
            if word.startswith("ind:"):
                return IND + word.removeprefix("ind:")
            return self._beside.removesuffix(local_name(self._beside)) + word
        self._take("(")
        found = self._sum()
        self._take(")")
        return found

    def _call(self, word: str) -> Operand:
        self._take("(")
        found = self._sum()
        while self._is(","):
            self._next()
            found = Formula(IND + word, found, self._sum())
        self._take(")")
        return found


def parsed(text: str, beside: str) -> Operand:
    """Read a text as an expression over properties that stand beside one of them.

    Raises:
        FormulaError: it is none.
    """
    return _Parser(text, beside).read()


class Formulas:
    """Reads the expressions by which a vocabulary computes values of records."""

    def __init__(self, axioms: Axioms, model: Model) -> None:
        self._axioms = axioms
        self._model = model

    def read(self) -> None:
        """Read every expression, and hold what it speaks of to being numbers."""
        for node, properties in list(self._axioms.index.items()):
            if IND + "expression" in properties:
                self._axioms.attempt(self._formula, node)
        self._axioms.attempt(self._of_classes)

    def _formula(self, node: ox.NamedNode | ox.BlankNode) -> None:
        values = self._axioms.values(node, IND + "expression")
        name = node.value
        found = values[0]
        if len(values) != 1 or not isinstance(found, ox.Literal) or found.language:
            raise self._refuse(node, "", "a property has one ind:expression, which is a text")
        text = f"{local_name(name)} = {found.value[:200]}"
        if not isinstance(node, ox.NamedNode) or not self._is_number(name):
            raise self._refuse(
                node,
                text,
                "only a functional property with a range of numbers is computed",
                "declare it an owl:FunctionalProperty with an rdfs:range",
            )
        numbers = self._model.ranges[name]
        assert isinstance(numbers, Range)  # noqa: S101
        if (
            numbers.integral
            or numbers.min_exclusive is not None
            or (numbers.max_exclusive is not None)
        ):
            raise self._refuse(
                node,
                text,
                "the range of what is computed is of xsd:decimal, with limits that belong to it",
                "write xsd:minInclusive, and demand the rest in the criterion",
            )
        try:
            formula = parsed(found.value, name)
        except FormulaError as error:
            raise self._refuse(
                node,
                text,
                str(error),
                "write names of properties beside it, ind:days, <IRI>, numbers, + - * / ( ), "
                "min(a, b) or max(a, b)",
            ) from error
        self._hold(node, text, name, formula)
        assert isinstance(formula, Formula)  # noqa: S101
        self._model.formulas[name] = formula

    def _hold(self, node: ox.NamedNode, text: str, name: str, formula: Operand) -> None:
        """Hold an expression to taking values of the same record, and dividing by no nought."""
        used = dict.fromkeys(formula.properties() if isinstance(formula, Formula) else ())
        if not used:
            raise self._refuse(
                node, text, "it takes no property", "write the number where it is demanded"
            )
        for other in used:
            if not self._is_number(other):
                raise self._refuse(
                    node,
                    text,
                    f"no functional property {local_name(other)} with a range of numbers is "
                    "declared",
                    f"a name stands for a property beside {local_name(name)}; write another "
                    "as <IRI>",
                )
            if self._axioms.values(ox.NamedNode(other), IND + "expression"):
                raise self._refuse(
                    node, text, f"{local_name(other)} is computed itself", "write it out"
                )
            if self._of_case(other) != self._of_case(name):
                raise self._refuse(
                    node,
                    text,
                    f"{local_name(other)} is of the case, and {local_name(name)} of a record, or "
                    "the other way round",
                )
        self._divide(node, text, formula)

    def _divide(self, node: ox.NamedNode, text: str, operand: Operand) -> None:
        """Hold an expression to dividing by nothing that may be nought."""
        if not isinstance(operand, Formula):
            return
        if operand.operator == SPARQL_FUNCTIONS + "divide" and 0 in self._signs(operand.right):
            raise self._refuse(
                node,
                text,
                "what it divides by may be nought",
                "let the rdfs:range of what it divides by begin with xsd:minExclusive 0",
            )
        self._divide(node, text, operand.left)
        self._divide(node, text, operand.right)

    def _signs(self, operand: Operand) -> set[int]:
        """Return which of -1, 0 and 1 the sign of an operand may be."""
        if isinstance(operand, Decimal):
            return {(operand > 0) - (operand < 0)}
        if isinstance(operand, str):
            numbers = self._model.ranges[operand]
            assert isinstance(numbers, Range)  # noqa: S101
            least, most = numbers.min_inclusive, numbers.max_inclusive
            above, below = numbers.min_exclusive, numbers.max_exclusive
            found = {-1, 0, 1}
            if (least is not None and least >= 0) or (above is not None and above >= 0):
                found.discard(-1)
            if (most is not None and most <= 0) or (below is not None and below <= 0):
                found.discard(1)
            return found if Decimal(0) in numbers else found - {0}
        combine = _SIGNS_OF[operand.operator]
        pairs = itertools.product(self._signs(operand.left), self._signs(operand.right))
        return {sign for one, other in pairs for sign in combine(one, other)}

    def _of_classes(self) -> None:
        """Hold the values that classes give to being numbers of which one counts."""
        used = {name for formula in self._model.formulas.values() for name in formula.properties()}
        given: dict[tuple[str, str], Decimal] = {}
        for node, properties in self._axioms.index.items():
            if isinstance(node, ox.NamedNode) and node.value in self._model.above:
                for name in used & properties.keys():
                    given[name, node.value] = self._value_of_class(node, name, properties[name])
        self._model.given = given
        for (name, cls), number in given.items():
            for other in self._model.above[cls]:
                if given.get((name, other), number) != number:
                    raise self._refuse(
                        ox.NamedNode(cls),
                        f"{local_name(cls)} {local_name(name)} {number}",
                        f"{local_name(other)}, which is above it, has {given[name, other]}",
                        "state it of the classes below alone",
                    )

    def _value_of_class(self, node: ox.NamedNode, name: str, values: list[Term]) -> Decimal:
        words = f"{local_name(node.value)} {local_name(name)}"
        number = number_of(values[0])
        numbers = self._model.ranges[name]
        if len(values) != 1 or number is None or not is_exact(values[0]):
            raise self._refuse(node, words, f"a class has one number of it, and {EXACTLY}")
        if number not in numbers or abs(number) >= 10**WHOLE:
            raise self._refuse(
                node, f"{words} {number}", "it lies outside of what its range allows"
            )
        return number

    def _is_number(self, name: str) -> bool:
        model = self._model
        return (
            name in model.functional
            and isinstance(model.ranges.get(name), Range)
            and name not in model.scores
        )

    def _of_case(self, name: str) -> bool:
        kinds = self._axioms.values(ox.NamedNode(name), TYPE)
        return any(isinstance(kind, ox.NamedNode) and kind.value in OF_CASES for kind in kinds)

    def _refuse(
        self, node: ox.NamedNode | ox.BlankNode, text: str, why: str, hint: str | None = None
    ) -> Exception:
        return self._axioms.refuse(node, text or local_name(node.value), why, hint)


def _sum_of(one: int, other: int) -> set[int]:
    if one * other < 0:
        return {-1, 0, 1}
    return {one or other}


_SIGNS_OF: Final[dict[str, Callable[[int, int], set[int]]]] = {
    SPARQL_FUNCTIONS + "plus": _sum_of,
    SPARQL_FUNCTIONS + "subtract": lambda one, other: _sum_of(one, -other),
    SPARQL_FUNCTIONS + "multiply": lambda one, other: {one * other},
    SPARQL_FUNCTIONS + "divide": lambda one, other: {one * other},
    IND + "min": lambda one, other: {min(one, other)},
    IND + "max": lambda one, other: {max(one, other)},
}
"""Which signs a result may have by the signs of the operands."""
