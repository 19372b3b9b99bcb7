"""Put the statements of a document into the order that they had in an older version of it."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any, Final

from indicant.files.nesting import FIRST, REST
from indicant.terms import UNORDERED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from indicant.files.nesting import Graph, Term

_NEW: Final = math.inf


def follow(graph: Graph, former: Graph) -> None:
    """Give subjects, objects and operands the order that they had before; the new ones come last.

    Blank nodes are known by what is said of them, whatever the order; where that was changed, by
    where they stand.
    """
    keys, before = _keys(graph), _keys(former)
    tops = [node for node in graph.nodes if node not in graph.nested]
    once = [node for node in former.nodes if node not in former.nested]
    pairs = _paired(tops, once, keys, before, loose=False)
    rank = {node: at for at, node in enumerate(once)}
    tops.sort(key=lambda node: rank[pairs[node]] if node in pairs else _NEW)
    graph.nodes = {node: graph.nodes[node] for node in dict.fromkeys((*tops, *graph.nodes))}
    waiting: list[tuple[Any, Any]] = list(pairs.items())
    while waiting:
        node, other = waiting.pop()
        _arrange_properties(graph, node, former.nodes[other])
        for predicate, values in graph.nodes[node].items():
            others = former.nodes[other].get(predicate, [])
            found = _arrange(values, others, keys, before)
            for value, old in found.items():
                if value not in graph.nested or old not in former.nested:
                    continue
                if value in graph.lists and old in former.lists:
                    waiting += _follow_list(
                        (graph, value, keys), (former, old, before), free=predicate in UNORDERED
                    )
                elif value in graph.nodes and old in former.nodes:
                    waiting.append((value, old))


def _arrange_properties(graph: Graph, node: Any, once: Iterable[str]) -> None:
    """Give the properties of a node the order that they had; it counts for those without one."""
    rank = {predicate: at for at, predicate in enumerate(once)}
    rows = sorted(graph.nodes[node].items(), key=lambda row: rank.get(row[0], _NEW))
    graph.nodes[node] = dict(rows)


def _follow_list(
    new: tuple[Graph, Any, dict[Any, int]], old: tuple[Graph, Any, dict[Any, int]], *, free: bool
) -> list[tuple[Any, Any]]:
    """Arrange a list if its order says nothing, and return the nodes in it that correspond."""
    from pyoxigraph import BlankNode

    (graph, head, keys), (former, start, before) = new, old
    cells, others = _cells(graph, head), _cells(former, start)
    members = [graph.nodes[cell][FIRST][0] for cell in cells]
    once = [former.nodes[cell][FIRST][0] for cell in others]
    if free:
        found = _arrange(members, once, keys, before)
        for cell, member in zip(cells, members, strict=True):
            graph.nodes[cell][FIRST] = [member]
            if isinstance(member, BlankNode) and member in graph.nested:
                graph.referrers[member] = (cell, FIRST)
    else:
        found = dict(zip(members, once, strict=False))
    return [
        (one, other)
        for one, other in found.items()
        if one in graph.nested
        and other in former.nested
        and one in graph.nodes
        and other in former.nodes
        and one not in graph.lists
        and other not in former.lists
    ]


def _arrange(
    values: list[Term], others: Sequence[Term], keys: dict[Any, int], before: dict[Any, int]
) -> dict[Any, Any]:
    """Sort values as others stand, and return which correspond."""
    found = _paired(values, others, keys, before, loose=True)
    rank = {value: at for at, value in enumerate(others)}
    values.sort(key=lambda value: rank[found[value]] if value in found else _NEW)
    return found


def _paired(
    values: Sequence[Any],
    others: Sequence[Any],
    keys: dict[Any, int],
    before: dict[Any, int],
    *,
    loose: bool,
) -> dict[Any, Any]:
    """Return which of some nodes are which of others: by name, or what is said, or place."""
    known: dict[int, deque[Any]] = defaultdict(deque)
    for other in others:
        known[before.get(other, hash(other))].append(other)
    found = {}
    for value in values:
        same = known[keys.get(value, hash(value))]
        if same:
            found[value] = same.popleft()
    if loose:
        taken = set(found.values())
        rest = [one for one in values if one in keys and one not in found]
        free = [one for one in others if one in before and one not in taken]
        found.update(zip(rest, free, strict=False))
    return found


def _keys(graph: Graph) -> dict[Any, int]:
    """Return for every blank node a number for what is said of it, whatever the order."""
    found: dict[Any, int] = {}
    for start in graph.nested:
        stack: list[Any] = [] if _is_inner_cell(graph, start) else [start]
        while stack:
            node = stack[-1]
            if node in found:
                stack.pop()
                continue
            parts = _parts(graph, node)
            inner = [
                one for _, one in parts if one in graph.nested and one not in found and one != node
            ]
            if inner:
                stack.extend(inner)
                continue
            stack.pop()
            found[node] = hash(
                tuple(sorted((hash(path), found.get(one, _plain(one))) for path, one in parts))
            )
    for node in graph.nodes:
        if _is_blank(node) and node not in graph.nested:
            rows = ((hash(path), found.get(one, _plain(one))) for path, one in _parts(graph, node))
            found[node] = hash(tuple(sorted(rows)))
    return found


def _parts(graph: Graph, node: Any) -> list[tuple[str, Term]]:
    """Return what is said of a node; of a list, its members."""
    if node in graph.lists:
        return [(FIRST, graph.nodes[cell][FIRST][0]) for cell in _cells(graph, node)]
    return [
        (predicate, value)
        for predicate, values in graph.nodes.get(node, {}).items()
        for value in values
    ]


def _is_inner_cell(graph: Graph, node: Any) -> bool:
    referrer = graph.referrers.get(node)
    return node in graph.lists and referrer is not None and referrer[1] == REST


def _cells(graph: Graph, head: Any) -> list[Any]:
    found = []
    while head in graph.lists:
        found.append(head)
        head = graph.nodes[head][REST][0]
    return found


def _plain(term: object) -> int:
    """Return a number for a node with a name, or a text; for a node without, always the same."""
    return 0 if _is_blank(term) else hash(term)


def _is_blank(term: object) -> bool:
    import pyoxigraph

    return isinstance(term, pyoxigraph.BlankNode)
