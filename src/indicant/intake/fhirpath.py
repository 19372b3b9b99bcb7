"""Evaluate the part of FHIRPath that views of SQL on FHIR are written in.

It is what the specification calls shareable: literals, constants, paths, an index, ``where``,
``exists``, ``empty``, ``extension``, ``ofType``, ``first``, ``not``, ``join``, boundaries, keys,
and the operators on booleans, numbers and texts. Whatever else a path has is refused.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from indicant.foreign import excerpt
from indicant.intake.decoding import Number
from indicant.intake.items import DATE, Item, PathError, children, edge, exact, is_of, same, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MOST_TOKENS: Final = 1_000
"""Of how many parts a path may consist."""
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<constant>%[A-Za-z_]\w*)|(?P<name>`[^`]+`|\$?[A-Za-z_]\w*)"
    r"|(?P<sign><=|>=|!=|[<>=+\-*/().,\[\]]))"
)
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}
_REFERENCE: Final = re.compile(r"([A-Za-z]+)/([A-Za-z0-9.-]{1,64})")
_COMPARING: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


Items = list[Item]


@dataclass(frozen=True)
class Scope:
    """What a path may refer to: constants, and the number of the row."""

    constants: Mapping[str, Item] = field(default_factory=dict)
    row: int = 0


Path = Callable[[Items, Scope], Items]


def compiled(text: str, constants: frozenset[str] | set[str] = frozenset()) -> Path:
    """Return a path as a function of items and a scope.

    >>> path = compiled("name.where(use = 'official').family")
    >>> name = [{"use": "usual", "family": "A"}, {"use": "official", "family": "B"}]
    >>> [one.value for one in path([Item({"name": name})], Scope())]
    ['B']

    Raises:
        PathError: it is no path, or has what is not read.
    """
    try:
        return _Parser(text, constants).whole()
    except RecursionError as error:
        raise PathError("it is nested too deeply") from error


class _Parser:
    """Reads a path by descent: each method returns the function of a part."""

    def __init__(self, text: str, constants: frozenset[str] | set[str]) -> None:
        self._text, self._constants = text, constants
        self._tokens = list(self._split())
        self._at = 0

    def _split(self) -> Iterator[tuple[str, str]]:
        at, text = 0, self._text.rstrip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None or found.end() == at:
                raise PathError(f"'{excerpt(text[at:])}' is not read")
            kind = found.lastgroup or ""
            yield kind, found[kind]
            at = found.end()

    def whole(self) -> Path:
        if len(self._tokens) > MOST_TOKENS:
            raise PathError(f"it has more than {MOST_TOKENS:,} parts")
        found = self._or()
        if self._at != len(self._tokens):
            raise PathError(f"'{excerpt(self._tokens[self._at][1])}' is not expected")
        return found

    def _next(self, *wanted: str) -> str:
        """Take the next sign or word if it is one of these."""
        if self._at < len(self._tokens):
            kind, text = self._tokens[self._at]
            if kind in {"sign", "name"} and text in wanted:
                self._at += 1
                return text
        return ""

    def _must(self, sign: str) -> None:
        if not self._next(sign):
            raise PathError(f"'{sign}' is expected")

    # ------------------------------------------------------------------ operators

    def _or(self) -> Path:
        left = self._and()
        while self._next("or"):
            left = _both(left, self._and(), True)
        return left

    def _and(self) -> Path:
        left = self._equal()
        while self._next("and"):
            left = _both(left, self._equal(), False)
        return left

    def _equal(self) -> Path:
        left = self._compare()
        while sign := self._next("=", "!="):
            left = _equality(left, self._compare(), sign == "=")
        return left

    def _compare(self) -> Path:
        left = self._sum()
        while sign := self._next(*_COMPARING):
            left = _comparison(left, self._sum(), sign)
        return left

    def _sum(self) -> Path:
        left = self._product()
        while sign := self._next("+", "-"):
            left = _arithmetic(left, self._product(), sign)
        return left

    def _product(self) -> Path:
        left = self._sign()
        while sign := self._next("*", "/"):
            left = _arithmetic(left, self._sign(), sign)
        return left

    def _sign(self) -> Path:
        if self._next("-"):
            zero = _constant(Item(Number("0")))
            return _arithmetic(zero, self._sign(), "-")
        return self._steps()

    # ------------------------------------------------------------------ paths

    def _steps(self) -> Path:
        found = self._term()
        while True:
            if self._next("."):
                found = _then(found, self._step())
            elif self._next("["):
                found = _indexed(found, self._or())
                self._must("]")
            else:
                return found

    def _term(self) -> Path:
        if self._at == len(self._tokens):
            raise PathError("it ends where something is expected")
        kind, text = self._tokens[self._at]
        if kind == "text":
            self._at += 1
            return _constant(Item(re.sub(r"\\(.)", _unescaped, text[1:-1])))
        if kind == "number":
            self._at += 1
            return _constant(Item(Number(text)))
        if kind == "constant":
            self._at += 1
            return self._named(text[1:])
        if self._next("("):
            inner = self._or()
            self._must(")")
            return inner
        return self._step()

    def _named(self, name: str) -> Path:
        if name == "rowIndex":
            return lambda _, scope: [Item(Number(str(scope.row)))]
        if name not in self._constants:
            raise PathError(f"there is no constant %{excerpt(name)}")
        return lambda _, scope: [scope.constants[name]]

    def _step(self) -> Path:
        if self._at == len(self._tokens) or self._tokens[self._at][0] != "name":
            raise PathError("a name is expected")
        name = self._tokens[self._at][1]
        self._at += 1
        if self._next("("):
            return self._function(name)
        if name in {"true", "false"}:
            return _constant(Item(name == "true"))
        if name == "$this":
            return lambda items, _: items
        if name.startswith("$"):
            raise PathError(f"'{excerpt(name)}' is not read")
        plain = name.strip("`")
        return lambda items, _: [found for one in items for found in children(one, plain)]

    def _function(self, name: str) -> Path:
        if name in {"ofType", "getReferenceKey"}:
            return self._typed(name)
        given: list[Path] = []
        while not self._next(")"):
            if given:
                self._must(",")
            given.append(self._or())
        made = _FUNCTIONS.get(name)
        if made is None or len(given) not in made[0]:
            raise PathError(f"the function {excerpt(name)} with {len(given)} arguments is not read")
        return made[1](given)

    def _typed(self, name: str) -> Path:
        kind = ""
        if not self._next(")"):
            if self._at == len(self._tokens) or self._tokens[self._at][0] != "name":
                raise PathError("a type is expected")
            kind = self._tokens[self._at][1]
            self._at += 1
            if self._next("."):
                kind = self._tokens[self._at][1] if self._at < len(self._tokens) else ""
                self._at += 1
            self._must(")")
        if name == "ofType":
            if not kind:
                raise PathError("a type is expected")
            return lambda items, _: [one for one in items if is_of(one, kind)]
        return lambda items, _: [key for one in items for key in _reference_key(one, kind)]


# ---------------------------------------------------------------------- items


def _unescaped(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[1], found[1])


def _constant(item: Item) -> Path:
    return lambda _items, _scope: [item]


def _then(first: Path, second: Path) -> Path:
    return lambda items, scope: second(first(items, scope), scope)


def _single(items: Items, what: str) -> Item | None:
    if len(items) > 1:
        raise PathError(f"{what} has {len(items)} values, and one is expected")
    return items[0] if items else None


def truth(items: Items) -> bool | None:
    """Return what a condition says, or nothing where it says nothing.

    Raises:
        PathError: it is no boolean.
    """
    one = _single(items, "a condition")
    if one is None:
        return None
    if not isinstance(one.value, bool):
        raise PathError("a condition is neither true nor false")
    return one.value


def _both(left: Path, right: Path, wins: bool) -> Path:
    """Return *or*, where true wins, or *and*, where false does."""

    def found(items: Items, scope: Scope) -> Items:
        one, other = truth(left(items, scope)), truth(right(items, scope))
        if wins in (one, other):
            return [Item(wins)]
        return [] if one is None or other is None else [Item(not wins)]

    return found


def _equality(left: Path, right: Path, wanted: bool) -> Path:
    def found(items: Items, scope: Scope) -> Items:
        one, other = left(items, scope), right(items, scope)
        if not one or not other:
            return []
        if len(one) != len(other):
            return [Item(not wanted)]
        told = [same(a.value, b.value) for a, b in zip(one, other, strict=True)]
        if False in told:
            return [Item(not wanted)]
        return [] if None in told else [Item(wanted)]

    return found


def _sides(
    left: Path, right: Path, items: Items, scope: Scope, sign: str
) -> tuple[Any, Any] | None:
    """Return what stands on both sides of an operator, or nothing where one side has nothing."""
    one = _single(left(items, scope), f"what stands before {sign}")
    other = _single(right(items, scope), f"what stands behind {sign}")
    return None if one is None or other is None else (one.value, other.value)


def _comparison(left: Path, right: Path, sign: str) -> Path:
    def found(items: Items, scope: Scope) -> Items:
        both = _sides(left, right, items, scope, sign)
        if both is None:
            return []
        a, b = both
        if isinstance(a, Number) and isinstance(b, Number):
            return [Item(_COMPARING[sign](exact(a), exact(b)))]
        plain = isinstance(a, str) and isinstance(b, str)
        if not plain or isinstance(a, Number) or isinstance(b, Number):
            raise PathError(f"{sign} compares two numbers or two texts")
        if DATE.match(a) and DATE.match(b) and (len(a) != len(b) or "T" in a):
            raise PathError(f"{sign} compares days with days alone")
        return [Item(_COMPARING[sign](a, b))]

    return found


def _arithmetic(left: Path, right: Path, sign: str) -> Path:
    def found(items: Items, scope: Scope) -> Items:
        both = _sides(left, right, items, scope, sign)
        if both is None:
            return []
        a, b = both
        if sign == "+" and type(a) is str and type(b) is str:
            return [Item(a + b)]
        if not isinstance(a, Number) or not isinstance(b, Number):
            raise PathError(f"{sign} is of two numbers")
        x, y = exact(a), exact(b)
        if sign == "/" and y == 0:
            return []
        value = {"+": x + y, "-": x - y, "*": x * y}[sign] if sign != "/" else x / y
        return [Item(written(value))]

    return found


def _indexed(path: Path, index: Path) -> Path:
    def found(items: Items, scope: Scope) -> Items:
        at = _single(index(items, scope), "an index")
        if at is None:
            return []
        if not isinstance(at.value, Number) or not at.value.isdigit():
            raise PathError("an index is a whole number")
        return path(items, scope)[int(at.value) : int(at.value) + 1]

    return found


# ---------------------------------------------------------------------- functions


def _where(given: Sequence[Path]) -> Path:
    (condition,) = given
    return lambda items, scope: [one for one in items if truth(condition([one], scope))]


def _exists(given: Sequence[Path]) -> Path:
    if given:
        kept = _where(given)
        return lambda items, scope: [Item(bool(kept(items, scope)))]
    return lambda items, _: [Item(bool(items))]


def _not(_given: Sequence[Path]) -> Path:
    def found(items: Items, _scope: Scope) -> Items:
        told = truth(items)
        return [] if told is None else [Item(not told)]

    return found


def _extension(given: Sequence[Path]) -> Path:
    def found(items: Items, scope: Scope) -> Items:
        url = _single(given[0](items, scope), "a URL")
        return [
            each
            for one in items
            for each in children(one, "extension")
            if url is not None
            and isinstance(each.value, dict)
            and each.value.get("url") == url.value
        ]

    return found


def _join(given: Sequence[Path]) -> Path:
    def found(items: Items, scope: Scope) -> Items:
        between = _single(given[0](items, scope), "a separator") if given else Item("")
        if between is None or any(not isinstance(one.value, str) for one in (between, *items)):
            raise PathError("join is of texts")
        return [Item(between.value.join(one.value for one in items))]

    return found


def _resource_key(_given: Sequence[Path]) -> Path:
    def found(items: Items, _scope: Scope) -> Items:
        keys = []
        for one in items:
            known = one.value if isinstance(one.value, dict) else {}
            kind, name = known.get("resourceType"), known.get("id")
            if isinstance(kind, str) and isinstance(name, str):
                keys.append(Item(f"{kind}/{name}"))
        return keys

    return found


def _reference_key(one: Item, kind: str) -> Iterator[Item]:
    told = one.value.get("reference") if isinstance(one.value, dict) else None
    if isinstance(told, str):
        told = told.partition("/_history/")[0]
        found = _REFERENCE.fullmatch(told)
        if not kind or (found is not None and found[1] == kind):
            yield Item(told)


def _boundary(high: bool) -> Callable[[Sequence[Path]], Path]:
    def made(_given: Sequence[Path]) -> Path:
        def found(items: Items, _scope: Scope) -> Items:
            one = _single(items, "what has a boundary")
            return [] if one is None else [Item(edge(one, high))]

        return found

    return made


_FUNCTIONS: Final[Mapping[str, tuple[frozenset[int], Callable[[Sequence[Path]], Path]]]] = {
    "empty": (frozenset({0}), lambda _: lambda items, _scope: [Item(not items)]),
    "exists": (frozenset({0, 1}), _exists),
    "extension": (frozenset({1}), _extension),
    "first": (frozenset({0}), lambda _: lambda items, _scope: items[:1]),
    "getResourceKey": (frozenset({0}), _resource_key),
    "highBoundary": (frozenset({0}), _boundary(True)),
    "join": (frozenset({0, 1}), _join),
    "lowBoundary": (frozenset({0}), _boundary(False)),
    "not": (frozenset({0}), _not),
    "where": (frozenset({1}), _where),
}
