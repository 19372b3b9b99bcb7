"""Write expressions of plans as Python: when one is true, when false, and what its value is.

An error, and what is not bound, is ``None`` as a value and neither true nor false as a condition,
so that conditions are plain ones of Python and still have the three values of SPARQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from indicant.query.plan import NoPlanError, Plan
from indicant.terms import XSD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from indicant.query.scopes import Bound

_INTEGER, _STRING = XSD + "integer", XSD + "string"
_CONDITIONS: Final = frozenset(
    (
        *("=", "!=", "<", ">", "<=", ">=", "and", "or", "not", "in", "exists", "not exists"),
        *("BOUND", "STRSTARTS", "isLITERAL"),
    )
)
_ARITHMETIC: Final[Mapping[str, str]] = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "CEIL": "ceil",
    "FLOOR": "floor",
    "DATATYPE": "datatype",
    "INTEGER": "integer",
}
_COMPARED: Final[Mapping[str, tuple[str, str, bool]]] = {
    "=": ("eq", "ne", False),
    "!=": ("ne", "eq", False),
    "<": ("lt", "le", True),
    "<=": ("le", "lt", True),
}
"""By which function a comparison is true, by which it is false, and whether that turns it round."""
_TEXTS: Final = frozenset(
    ("CONCAT", "ENCODE_FOR_URI", "MD5", "REPLACE", "STR", "STRAFTER", "SUBSTR")
)


def named(variable: str) -> str:
    """Return what a variable is called in Python."""
    return f"v_{variable}"


@dataclass(frozen=True)
class Conditions:
    """Expressions over what is bound at one place."""

    constant: Callable[[Plan], str]
    exists: Callable[[Plan, Bound], str]
    bound: Bound

    def true(self, expression: Plan) -> str:
        """Return when an expression is true."""
        return self._when(expression, holds=True)

    def false(self, expression: Plan) -> str:
        """Return when an expression is false."""
        return self._when(expression, holds=False)

    def value(self, expression: Plan) -> str:
        """Return what the value of an expression is."""
        kind, *parts = expression
        if kind == "v":
            return named(parts[0]) if parts[0] in self.bound else "None"
        if kind in {"i", "l"}:
            plain = kind == "l" and parts[1] == _INTEGER and parts[0].isdigit()
            return str(int(parts[0])) if plain else self.constant(expression)
        if kind == "IF":
            condition, one, other = parts
            return (
                f"({self.value(one)} if {self.true(condition)} else "
                f"{self.value(other)} if {self.false(condition)} else None)"
            )
        if kind == "COALESCE":
            # Each is looked at only where those before it are nothing.
            told = [self.value(one) for one in parts]
            known = next((place for place, one in enumerate(told) if one.isdigit()), len(told) - 1)
            *before, last = told[: known + 1]
            kept = "".join(f"it if (it := {one}) is not None else " for one in before)
            return f"({kept}{last})"
        if kind in _CONDITIONS:
            holds, fails = self.true(expression), self.false(expression)
            return f"(TRUE if {holds} else FALSE if {fails} else None)"
        if kind == "INTEGER" and parts[0][0] in _TEXTS:
            return f"whole({self._text(parts[0])})"
        if kind in {"+", "-"}:
            return self._added(kind, parts)
        if kind in _ARITHMETIC:
            return f"{_ARITHMETIC[kind]}({', '.join(map(self.value, parts))})"
        if kind == "IRI":
            return self._text(parts[0])
        if kind in _TEXTS:
            return f"string({self._text(expression)})"
        raise NoPlanError(f"{kind} is not written as Python")

    def _added(self, kind: str, parts: list[Plan]) -> str:
        """Return a sum or a difference; most are of whole numbers, which Python adds sooner."""
        one, other = map(self.value, parts)
        function = _ARITHMETIC[kind]
        if not all(side.isidentifier() or side.isdigit() for side in (one, other)):
            return f"{function}({one}, {other})"
        if "None" in {one, other} or (one.isdigit() and other.isdigit()):
            return f"{function}({one}, {other})"
        names = [side for side in (one, other) if not side.isdigit()]
        whole = " and ".join(f"type({side}) is int" for side in names)
        return f"(({one} {kind} {other}) if {whole} else {function}({one}, {other}))"

    def _when(self, expression: Plan, *, holds: bool) -> str:
        kind, *parts = expression
        if kind in {"and", "or"}:
            word = " and " if (kind == "and") == holds else " or "
            return f"({word.join(self._when(one, holds=holds) for one in parts)})"
        if kind == "not":
            return self._when(parts[0], holds=not holds)
        if kind in {"exists", "not exists"}:
            found = self.exists(parts[0], self.bound)
            return found if (kind == "exists") == holds else f"(not {found})"
        if kind == "BOUND":
            return self._is_bound(parts[0][1], holds=holds)
        if kind in {">", ">="}:
            return self._when(["<" if kind == ">" else "<=", parts[1], parts[0]], holds=holds)
        if kind in _COMPARED:
            return self._compared(kind, parts[0], parts[1], holds=holds)
        if kind == "in":
            one, *others = parts
            if all(other[0] == "i" for other in others):
                known = ", ".join(map(self.constant, others))
                return f"({self.value(one)} {'in' if holds else 'not in (None,) +'} ({known},))"
            word = " or " if holds else " and "
            found = word.join(self._compared("=", one, other, holds=holds) for other in others)
            return f"({found})"
        if kind == "isLITERAL":
            value = self.value(parts[0])
            return f"({value} is not None and type({value}) is {'not ' if holds else ''}str)"
        if kind == "STRSTARTS":
            function = "starts" if holds else "starts_not"
            return f"{function}({self._text(parts[0])}, {self._text(parts[1])})"
        if kind == "IF":
            condition, one, other = parts
            return (
                f"({self.true(condition)} and {self._when(one, holds=holds)} or "
                f"{self.false(condition)} and {self._when(other, holds=holds)})"
            )
        if kind == "COALESCE" and all(one[0] in _CONDITIONS or _is_truth(one) for one in parts):
            return self._first(parts, holds=holds)
        if _is_truth(expression):
            return str((parts[0] == "true") == holds)
        value = self.value(expression)
        if value.isidentifier() and value != "None":
            # Truth values are two objects, wherever they are read or computed.
            mine, other = ("TRUE", "FALSE") if holds else ("FALSE", "TRUE")
            return f"({value} is {mine} or {value} is not {other} and {mine.lower()}({value}))"
        return f"{'true' if holds else 'false'}({value})"

    def _first(self, parts: list[Plan], *, holds: bool) -> str:
        """Return when the first of several conditions that is no error is so."""
        one, *others = parts
        if not others:
            return self._when(one, holds=holds)
        rest = self._first(others, holds=holds)
        if rest == "False":
            return self._when(one, holds=holds)
        decided = self._when(one, holds=not holds)
        return f"({self._when(one, holds=holds)} or not {decided} and {rest})"

    def _is_bound(self, name: str, *, holds: bool) -> str:
        if name not in self.bound:
            return str(not holds)
        if self.bound[name]:
            return str(holds)
        return f"({named(name)} is {'not ' if holds else ''}None)"

    def _compared(self, kind: str, one: Plan, other: Plan, *, holds: bool) -> str:
        sure, opposite, turned = _COMPARED[kind]
        left, right = self.value(one), self.value(other)
        function = sure if holds else opposite
        if function in {"eq", "ne"} and (one[0] == "i" or other[0] == "i"):
            known = [side for side in (left, right) if side != "None"]
            if len(known) < 2:
                return "False"
            if function == "eq":
                return f"({left} == {right})"
            maybe = left if other[0] == "i" else right
            return f"({maybe} is not None and {left} != {right})"
        if not holds and turned:
            left, right = right, left
        if turned and all(one.isidentifier() or one.isdigit() for one in (left, right)):
            # Most are whole numbers, of which Python knows itself.
            names = [one for one in (left, right) if not one.isdigit() and one != "None"]
            if len(names) + left.isdigit() + right.isdigit() == 2:
                whole = " and ".join(f"type({one}) is int" for one in names) or "True"
                sign = "<" if function == "lt" else "<="
                return f"(({left} {sign} {right}) if {whole} else {function}({left}, {right}))"
        return f"{function}({left}, {right})"

    def _text(self, expression: Plan) -> str:
        """Return the text of an expression that is one, or nothing."""
        kind, *parts = expression
        if kind == "l" and parts[1] == _STRING and parts[2] is None:
            return repr(parts[0])
        if kind == "STR":
            return f"text({self.value(parts[0])})"
        if kind == "CONCAT":
            return f"concat({', '.join(map(self._text, parts))})"
        if kind == "SUBSTR":
            start, *length = (self._count(one) for one in parts[1:])
            stop = start - 1 + length[0] if length else None
            return f"cut({self._text(parts[0])}, {start - 1}, {stop})"
        if kind == "STRAFTER":
            return f"after({self._text(parts[0])}, {self._text(parts[1])})"
        if kind == "MD5":
            return f"md5({self._text(parts[0])})"
        if kind == "ENCODE_FOR_URI":
            return f"encoded({self._text(parts[0])})"
        if kind == "REPLACE":
            if (
                parts[1][0] != "l"
                or parts[2][0] != "l"
                or "\\" in parts[2][1]
                or "$" in parts[2][1]
            ):
                raise NoPlanError("REPLACE by what is not written out")
            return f"replace({self._text(parts[0])}, {parts[1][1]!r}, {parts[2][1]!r})"
        if kind == "IF":
            condition, one, other = parts
            return (
                f"({self._text(one)} if {self.true(condition)} else "
                f"{self._text(other)} if {self.false(condition)} else None)"
            )
        if kind == "v":
            return f"plain({self.value(expression)})"
        raise NoPlanError(f"{kind} is no text")

    @staticmethod
    def _count(expression: Plan) -> int:
        if expression[0] != "l" or not expression[1].isdigit() or int(expression[1]) < 1:
            raise NoPlanError("SUBSTR from where is not written out")
        return int(expression[1])


def _is_truth(expression: Plan) -> bool:
    return bool(expression[0] == "l" and expression[2] == XSD + "boolean")
