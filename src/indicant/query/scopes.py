"""Which variables a plan binds, and which it looks at."""

from __future__ import annotations

from typing import Final

from indicant.query.plan import NoPlanError, Plan

Bound = dict[str, bool]
"""The variables that are bound, each with whether it is in every row."""
_COUNTED: Final = frozenset(("Count", "Sum"))


def branches(plan: Plan) -> list[Plan]:
    """Return the branches of a union, or the one that another pattern is."""
    if plan[0] == "union":
        return [*branches(plan[1]), *branches(plan[2])]
    return [plan]


def binds(pattern: Plan) -> Bound:
    """Return the variables that a pattern binds, each with whether it does in every solution."""
    kind = pattern[0]
    if kind == "bgp":
        return {term[1]: True for one in pattern[1] for term in one if term[0] == "v"}
    if kind == "join":
        left, right = binds(pattern[1]), binds(pattern[2])
        return {name: left.get(name, False) or right.get(name, False) for name in {**left, **right}}
    if kind == "left":
        left = binds(pattern[1])
        return {**dict.fromkeys(binds(pattern[2]), False), **left}
    if kind == "minus":
        return binds(pattern[1])
    if kind == "filter":
        return binds(pattern[2])
    if kind == "bind":
        inner = binds(pattern[1])
        return {**inner, pattern[2]: sure_of(pattern[3], inner)}
    if kind == "values":
        return dict.fromkeys(pattern[1], True)
    if kind == "union":
        found = [binds(one) for one in branches(pattern)]
        names = dict.fromkeys(name for one in found for name in one)
        return {name: all(one.get(name) for one in found) for name in names}
    if kind == "select":
        inner = binds(pattern[1])
        return {name: inner.get(name, False) for name in pattern[2]}
    if kind == "group":
        inner = binds(pattern[1])
        return {
            name: function in _COUNTED or (expression[0] == "v" and bool(inner.get(expression[1])))
            for name, function, _, expression in pattern[3]
        }
    raise NoPlanError(f"{kind} is not written as loops")


def variables(pattern: Plan) -> frozenset[str]:
    """Return the variables that stand in a pattern, but for what a subquery keeps to itself."""
    kind = pattern[0]
    if kind in {"join", "union", "minus"}:
        return variables(pattern[1]) | variables(pattern[2])
    if kind == "left":
        more = demanded(pattern[3]) if pattern[3] else frozenset()
        return variables(pattern[1]) | variables(pattern[2]) | more
    if kind == "filter":
        return demanded(pattern[1]) | variables(pattern[2])
    if kind == "bind":
        return variables(pattern[1]) | {pattern[2]} | demanded(pattern[3])
    return frozenset(binds(pattern))


def demanded(expression: Plan) -> frozenset[str]:
    """Return the variables that an expression looks at, those of an EXISTS among them."""
    kind = expression[0]
    if kind == "v":
        return frozenset((expression[1],))
    if kind in {"i", "l"}:
        return frozenset()
    if kind in {"exists", "not exists"}:
        return variables(expression[1])
    return frozenset().union(*map(demanded, expression[1:]))


def looks_for(expression: Plan) -> bool:
    """Tell whether an expression looks for a pattern."""
    if expression[0] in {"v", "i", "l"}:
        return False
    return expression[0] in {"exists", "not exists"} or any(map(looks_for, expression[1:]))


def sure_of(expression: Plan, bound: Bound) -> bool:
    """Tell whether an expression has a value in every row."""
    kind = expression[0]
    if kind == "v":
        return bound.get(expression[1], False)
    if kind in {"i", "l", "BOUND", "exists", "not exists"}:
        return True
    if kind == "COALESCE":
        return any(sure_of(one, bound) for one in expression[1:])
    if kind in {"IF", "and", "or", "not"}:
        return all(sure_of(one, bound) for one in expression[1:])
    return False
