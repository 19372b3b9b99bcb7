"""No query looks at what is bound outside of the group that looks: SPARQL sees nothing of it there.

A comparison with such a variable never holds, so that a part of a question that has one says
nothing, whatever is recorded, and no engine tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Variable

from indicant.query.algebra import parsed
from places import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUERIES = sorted(ROOT.glob("queries/**/*.rq"))
BLIND = """
SELECT ?case WHERE {
  ?case a <urn:Case> ; <urn:has> ?record .
  { ?case <urn:one> ?node } UNION { ?case <urn:other> ?node . FILTER(%s) }
}
"""


def parts(node: object) -> Iterator[object]:
    """Yield what a part of a query is made of."""
    if isinstance(node, dict):
        yield from (value for name, value in node.items() if name not in {"_vars", "lazy"})
    elif isinstance(node, (list, tuple, set, frozenset)):
        yield from node


def mentioned(node: object) -> Iterator[Variable]:
    """Yield every variable of a part of a query."""
    if isinstance(node, Variable):
        yield node
    for part in parts(node):
        yield from mentioned(part)


def binds(node: object) -> set[Variable]:
    """Return the variables that the rows of a pattern can have."""
    if not isinstance(node, CompValue):
        return set().union(*map(binds, parts(node)))
    if node.name in {"BGP", "values"}:
        return set(mentioned(node))
    if node.name == "Project":
        return set(node.PV)
    found = set().union(*(binds(node[name]) for name in ("p", "p1", "p2") if name in node))
    return found | ({node.var} if node.name == "Extend" else set())


def blind(text: str) -> list[str]:
    """Return the variables at which a group looks and which only the groups around it bind."""
    found: set[str] = set()

    def look(node: object, seen: set[Variable], around: set[Variable]) -> None:
        if not isinstance(node, CompValue):
            for part in parts(node):
                look(part, seen, around)
        elif node.name == "Join":
            look(node.p1, seen, around | binds(node.p2))
            look(node.p2, seen, around | binds(node.p1))
        elif node.name in {"Filter", "LeftJoin"}:
            patterns = [node[name] for name in ("p", "p1", "p2") if name in node]
            inside = seen.union(*map(binds, patterns))
            found.update((set(mentioned(node.expr)) - inside) & around)
            look(node.expr, inside, around)
            for place, pattern in enumerate(patterns):
                look(pattern, seen, around | (binds(patterns[0]) if place else set()))
        else:
            for part in parts(node):
                look(part, seen, around)

    look(parsed(text).algebra, set(), set())
    return sorted(map(str, found))


@pytest.mark.many(20)
@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_every_group_binds_what_it_looks_at(path: Path) -> None:
    """The rules, the questions and what arithmetic asks."""
    assert blind(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        ("?node != ?record", ["record"]),
        ("NOT EXISTS { ?record a ?kind }", ["record"]),
        ("BOUND(?node)", []),
    ],
)
def test_what_a_group_cannot_see_is_found(looks: str, expected: list[str]) -> None:
    """As in one half of a union, of what stands before it."""
    assert blind(BLIND % looks) == expected
