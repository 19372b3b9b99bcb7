"""Know what a parsed query would do before anything runs it: the algebra is what counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pyparsing import ParseResults
from rdflib.paths import Path
from rdflib.plugins.sparql import algebra, parser
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Identifier

from indicant.errors import IndicantError
from indicant.terms import XSD

if TYPE_CHECKING:
    from rdflib.plugins.sparql.sparql import Query

_CALLS: Final = ("Aggregate_", "Builtin_")
_HARMLESS: Final = frozenset(
    (
        "AdditiveExpression",
        "AggregateJoin",
        "AskQuery",
        "BGP",
        "Bind",
        "ConditionalAndExpression",
        "ConditionalOrExpression",
        "Distinct",
        "Extend",
        "Filter",
        "Function",
        "Group",
        "GroupAs",
        "GroupClause",
        "GroupGraphPatternSub",
        "GroupOrUnionGraphPattern",
        "HavingClause",
        "InlineData",
        "InversePath",
        "Join",
        "LeftJoin",
        "LimitOffsetClauses",
        "Minus",
        "MinusGraphPattern",
        "MultiplicativeExpression",
        "OptionalGraphPattern",
        "OrderBy",
        "OrderClause",
        "OrderCondition",
        "PathAlternative",
        "PathElt",
        "PathEltOrInverse",
        "PathNegatedPropertySet",
        "PathSequence",
        "Project",
        "Reduced",
        "RelationalExpression",
        "SelectQuery",
        "Slice",
        "SubSelect",
        "ToMultiSet",
        "TriplesBlock",
        "TrueFilter",
        "UnaryMinus",
        "UnaryNot",
        "UnaryPlus",
        "Union",
        "ValuesClause",
        "literal",
        "pname",
        "q",
        "values",
        "vars",
    )
)
"""What reads the one graph. Of the pattern of an EXISTS the parsed form is kept as well."""

_BUILDING: Final = frozenset(("ConstructQuery", "DescribeQuery"))
"""What gives a graph that is made of the one graph."""


def parsed(text: str) -> Query:
    """Return a plain query as rdflib understands it, without expanding any escape.

    rdflib takes eight digits behind a small u for one character, wherever they stand; a query in
    the form of ``sparql.plain`` has no escape that it would not leave to the grammar.

    Raises:
        pyparsing.ParseException: it is no query.
    """
    return algebra.translateQuery(parser.Query.parse_string(text, parse_all=True))


def check(query: Query, *, graphs: bool = False) -> None:
    """Refuse all but what reads the one graph, and every function that is not of the language.

    Args:
        query: a query as it was parsed.
        graphs: whether the answer may be a graph.

    Raises:
        IndicantError: it asks another machine, names a graph, builds one or writes.
    """
    harmless = _HARMLESS | _BUILDING if graphs else _HARMLESS
    left: list[object] = [query.algebra]
    while left:
        node = left.pop()
        if isinstance(node, CompValue):
            if node.name not in harmless and not node.name.startswith(_CALLS):
                raise IndicantError(f"{node.name} is refused: one graph is read, and nothing else")
            if node.name == "Function" and not _is_cast(node.iri):
                raise IndicantError(f"the function <{node.iri}> is none of SPARQL 1.1")
            left.extend(node.values())
        elif isinstance(node, dict):
            left.extend((*node.keys(), *node.values()))
        elif isinstance(node, (list, tuple, set, frozenset, ParseResults)):
            left.extend(node)
        elif node is not None and not isinstance(node, (Identifier, Path, str, int, float)):
            raise IndicantError(f"{type(node).__name__} is refused: it is no part of a query")


def _is_cast(name: object) -> bool:
    return isinstance(name, Identifier) and str(name).startswith(XSD)


def is_ordered(query: Query) -> bool:
    """Tell whether a query says in which order its rows come."""
    node = query.algebra.get("p")
    while isinstance(node, CompValue) and node.name in {"Distinct", "Project", "Reduced", "Slice"}:
        node = node.get("p")
    return isinstance(node, CompValue) and node.name == "OrderBy"
