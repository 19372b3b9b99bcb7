"""What stands in a group, one thing after the other, and what it costs to do one of them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from indicant.query.plan import NoPlanError, Plan
from indicant.query.scopes import Bound, binds, branches, demanded, looks_for, variables
from indicant.query.values import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from indicant.query.values import Value

_APART: Final = 4.0
"""How much worse it is to combine two things that have nothing to do with one another."""
_ANY: Final = 30.0
"""How many values a subject is taken to have of all predicates."""
_ALL: Final = 8.0
"""How many it is taken to have of one that a variable stands for, mostly a role of a case."""
_FEW: Final = 5.0
"""How many rows a subquery is taken to have."""
_MATCHING: Final = 50.0
"""How many of them are taken to go with what is bound: they come last, where all else is known."""

AGGREGATES: Final[Mapping[tuple[str, bool], str]] = {
    ("Count", True): "len({{*of[{n}]}} - NOTHING)",
    ("Count", False): "sum(x is not None for x in of[{n}])",
    ("Sum", False): "total(of[{n}])",
    ("Max", False): "greatest(of[{n}])",
    ("Min", False): "least(of[{n}])",
    ("Sample", False): "(of[{n}] or NONE)[0]",
}
"""How a value is computed from those of a group, by the function and whether each counts once."""


class Sizes(Protocol):
    """How much a graph holds, by which loops are ordered."""

    def pairs(self, predicate: str) -> tuple[float, float, float]:
        """Return how many triples a predicate has, how many subjects and how many objects."""

    def subjects(self, predicate: str, value: Value) -> float:
        """Return how many subjects have a value."""

    def has(self, predicate: str) -> bool:
        """Tell whether it says something with a predicate."""


@dataclass
class Item:
    """A part of a group: what is done, and what it has to wait for."""

    kind: str
    plan: Any
    variables: frozenset[str]
    outside: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Costs:
    """How many rows things are taken to make of one, by how much a graph holds."""

    sizes: Sizes

    def of(self, item: Item, bound: Bound) -> float:
        """Return what an item costs, more where it has nothing to do with what is bound."""
        apart = bound and bound.keys().isdisjoint(item.variables)
        return self.cost(item, bound) * (_APART if apart else 1.0)

    def cost(self, item: Item, bound: Bound) -> float:
        """Return how many rows an item is taken to make of one."""
        if item.kind == "triple":
            return self._fan_out(item.plan, bound)
        if item.kind == "values":
            names, rows = item.plan
            return 0.9 if any(name in bound for name in names) else float(len(rows))
        if item.kind == "rows":
            return _MATCHING if any(name in bound for name in item.plan[2]) else _FEW
        total = 0.0
        for branch in branches(item.plan):
            total += self._product(branch, bound)
        return total

    def _product(self, pattern: Plan, bound: Bound) -> float:
        left = [one for one in flat(pattern) if one.kind in {"triple", "values", "rows"}]
        known, found = dict(bound), 1.0
        while left:
            left.remove(item := min(left, key=lambda one: self.cost(one, known)))
            found *= self.cost(item, known)
            known.update(dict.fromkeys(item.variables, True))
        return found

    def _fan_out(self, triple: Plan, bound: Bound) -> float:
        subject, path, value = triple
        s = subject[0] != "v" or subject[1] in bound
        o = value[0] != "v" or value[1] in bound
        if path[0] == "v":
            if path[1] in bound:
                return 0.5 if s and o else _ALL if s else 2.0 if o else 40.0
            return _ANY if s else 1e9
        if not s and not o and path[0] not in {"i", "alt"}:
            return 1e9
        return max(self._fan(one, value, s=s, o=o) for one in _predicates(path))

    def _fan(self, predicate: str, value: Plan, *, s: bool, o: bool) -> float:
        pairs, subjects, objects = self.sizes.pairs(predicate)
        if s and o:
            return 0.5
        if s:
            return pairs / subjects
        if o and value[0] != "v":
            constant = value[1] if value[0] == "i" else literal(value[1], value[2], value[3])
            return self.sizes.subjects(predicate, constant)
        return pairs / objects if o else pairs


def _predicates(path: Plan) -> list[str]:
    if path[0] == "i":
        return [path[1]]
    return [one for part in path[1:] for one in _predicates(part)]


def triples_of(pattern: Plan) -> list[Plan] | None:
    """Return the triples that a pattern consists of, or nothing where there is more to it."""
    if pattern[0] == "bgp":
        return list(pattern[1])
    if pattern[0] == "join":
        left, right = triples_of(pattern[1]), triples_of(pattern[2])
        return None if left is None or right is None else left + right
    return None


def flat(pattern: Plan) -> list[Item]:
    """Return the parts of a group in their order."""
    kind = pattern[0]
    if kind == "bgp":
        return [
            Item("triple", one, frozenset(term[1] for term in one if term[0] == "v"))
            for one in pattern[1]
        ]
    if kind == "join":
        return flat(pattern[1]) + flat(pattern[2])
    if kind == "left":
        inner = variables(pattern[2]) | (demanded(pattern[3]) if pattern[3] else frozenset())
        return [*flat(pattern[1]), Item("left", pattern[2:], inner)]
    if kind == "minus":
        shared = binds(pattern[1]).keys() & binds(pattern[2]).keys()
        found = flat(pattern[1])
        return [*found, Item("minus", pattern[2], frozenset(shared))] if shared else found
    if kind == "filter":
        return [*flat(pattern[2]), *_conjuncts(pattern[1], pattern[2])]
    if kind == "bind":
        told = demanded(pattern[3])
        outside = told - binds(pattern[1]).keys()
        return [*flat(pattern[1]), Item("bind", pattern[2:], told, outside)]
    if kind == "values":
        return [Item("values", pattern[1:], frozenset(pattern[1]))]
    if kind == "select":
        return [Item("rows", pattern, frozenset(pattern[2]))]
    if kind == "union":
        return [Item("union", pattern, variables(pattern))]
    if kind == "group":
        return [Item("group", pattern, frozenset())]
    raise NoPlanError(f"{kind} is not written as loops")


def _conjuncts(expression: Plan, pattern: Plan) -> list[Item]:
    if expression[0] == "and":
        return [item for one in expression[1:] for item in _conjuncts(one, pattern)]
    known = binds(pattern).keys()
    told = demanded(expression)
    # What an EXISTS looks for beside what is bound is its own.
    return [Item("filter", expression, told & known, told - known)]


def open_to(items: Sequence[Item], bound: Bound) -> list[Item]:
    """Return what can be done in any order: all up to a barrier."""
    found: list[Item] = []
    for place, item in enumerate(items):
        if item.kind not in {"triple", "values", "rows", "union"}:
            break
        others = (*items[:place], *items[place + 1 :])
        if item.kind == "union" and not _may_go(item, others, bound):
            break
        found.append(item)
    return found


def _may_go(item: Item, others: Sequence[Item], bound: Bound) -> bool:
    """Tell whether no variable that a union may leave unbound is joined by afterwards."""
    partly = {name for name, sure in binds(item.plan).items() if not sure} - bound.keys()
    return not any(partly & one.variables for one in others)


def optional_of(item: Item) -> str | None:
    """Return the variable that an optional triple may bind, where nothing else is optional."""
    if item.kind != "left":
        return None
    pattern, condition = item.plan
    if condition is not None or pattern[0] != "bgp" or len(pattern[1]) != 1:
        return None
    subject, _, value = pattern[1][0]
    return value[1] if value[0] == "v" and subject != value else None


def touched_by(item: Item) -> frozenset[str]:
    """Return the variables that an item looks at or binds."""
    bound = frozenset((item.plan[0],)) if item.kind == "bind" else frozenset()
    return item.variables | item.outside | bound


def is_key(aggregate: Plan, keys: Sequence[str]) -> bool:
    """Tell whether any value of a group would do, since all are the same."""
    return aggregate[1] == "Sample" and aggregate[3][0] == "v" and aggregate[3][1] in keys


def read_from_texts(items: Iterable[Item], bound: Bound) -> list[Item]:
    """Return what is bound in a row at first, where numbers are read from texts by it.

    Dates are few, and come again in other cases: what follows from one is computed once.
    """
    found: dict[str, Item] = {}
    for item in itertools.takewhile(lambda one: one.kind == "bind", items):
        name, expression = item.plan
        if name in bound or name in found or looks_for(expression):
            break
        found[name] = item
    reads = any(_reads_text(item.plan[1]) for item in found.values())
    return list(found.values()) if reads and len(found) > 1 else []


def _reads_text(expression: Plan) -> bool:
    kind, *parts = expression
    if kind in {"v", "i", "l"}:
        return False
    return (kind == "INTEGER" and parts[0][0] == "SUBSTR") or any(map(_reads_text, parts))
