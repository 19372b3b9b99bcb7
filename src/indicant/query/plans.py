"""Make plans of queries, see ``query.plan``; what they are made with takes long to load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rdflib import BNode, Literal, URIRef, Variable
from rdflib.paths import AlternativePath, MulPath, SequencePath
from rdflib.plugins.sparql import algebra

from indicant.query.algebra import parsed
from indicant.query.plan import NoPlanError, Plan
from indicant.terms import XSD

if TYPE_CHECKING:
    from rdflib.plugins.sparql.parserutils import CompValue

_FUNCTIONS: Final = frozenset(
    (
        "BOUND",
        "CEIL",
        "COALESCE",
        "CONCAT",
        "DATATYPE",
        "ENCODE_FOR_URI",
        "FLOOR",
        "IF",
        "IRI",
        "MD5",
        "REPLACE",
        "STR",
        "STRAFTER",
        "STRSTARTS",
        "SUBSTR",
        "isLITERAL",
    )
)
_AGGREGATES: Final = frozenset(("Count", "Max", "Min", "Sample", "Sum"))


def plan_of(text: str) -> Plan:
    """Return ``[template, pattern]`` of a CONSTRUCT query, or ``[variables, pattern]`` of a SELECT.

    The order of the rows is left out.

    Raises:
        NoPlanError: it is another kind of query, or holds something that plans cannot say.
    """
    query = parsed(text).algebra
    if query.name == "ConstructQuery":
        template = [[_term(one) for one in triple] for triple in query.template]
        pattern = query.p
        while pattern.name == "Project":
            pattern = pattern.p
        return [template, _pattern(pattern)]
    if query.name == "SelectQuery":
        pattern, distinct = query.p, False
        while pattern.name in {"Distinct", "OrderBy"}:
            distinct = distinct or pattern.name == "Distinct"
            pattern = pattern.p
        inner = pattern.p
        while inner.name == "OrderBy":
            inner = inner.p
        names = [str(one) for one in pattern.PV]
        return [names, ["select", _pattern(inner), names, distinct]]
    raise NoPlanError(f"{query.name} has no plan")


def _pattern(node: CompValue) -> Plan:
    kind = node.name
    if kind == "BGP":
        return ["bgp", [[_term(s), _path(p), _term(o)] for s, p, o in node.triples]]
    if kind in {"Join", "Minus", "Union"}:
        return [kind.lower(), _pattern(node.p1), _pattern(node.p2)]
    if kind == "LeftJoin":
        plain = node.expr.name == "TrueFilter" if hasattr(node.expr, "name") else False
        condition = None if plain else _expression(node.expr)
        return ["left", _pattern(node.p1), _pattern(node.p2), condition]
    if kind == "Filter":
        return ["filter", _expression(node.expr), _pattern(node.p)]
    if kind == "Extend":
        return ["bind", _pattern(node.p), str(node.var), _expression(node.expr)]
    if kind == "ToMultiSet":
        return _pattern(node.p)
    if kind == "values":
        return _values(node.res)
    if kind == "Project":
        return ["select", _pattern(node.p), [str(one) for one in node.PV], False]
    if kind == "Distinct":
        return [*_pattern(node.p)[:3], True]
    if kind == "AggregateJoin":
        return _group(node)
    raise NoPlanError(f"{kind} has no plan")


def _values(rows: list[dict[Variable, Any]]) -> Plan:
    names = list(dict.fromkeys(str(name) for row in rows for name in row))
    found = []
    for row in rows:
        told = {
            str(name): term for name, term in row.items() if isinstance(term, (URIRef, Literal))
        }
        found.append([_term(told[name]) if name in told else None for name in names])
    return ["values", names, found]


def _group(node: CompValue) -> Plan:
    inner = node.p
    keys = [str(one) for one in inner.expr or ()]
    told = []
    for one in node.A:
        function = one.name.removeprefix("Aggregate_")
        if function not in _AGGREGATES or one.vars == "*":
            raise NoPlanError(f"{one.name} has no plan")
        told.append([str(one.res), function, bool(one.distinct), _expression(one.vars)])
    return ["group", _pattern(inner.p), keys, told]


def _term(term: object) -> Plan:
    if isinstance(term, Variable):
        return ["v", str(term)]
    if isinstance(term, BNode):
        return ["v", f"_{term}"]
    if isinstance(term, URIRef):
        return ["i", str(term)]
    if isinstance(term, Literal):
        kind = XSD + "string" if term.datatype is None else str(term.datatype)
        return ["l", str(term), kind, term.language]
    raise NoPlanError(f"{type(term).__name__} is no term")


def _path(path: object) -> Plan:
    if isinstance(path, AlternativePath):
        return ["alt", *map(_path, path.args)]
    if isinstance(path, SequencePath):
        return ["seq", *map(_path, path.args)]
    if isinstance(path, MulPath):
        if path.mod == "*":
            raise NoPlanError("a path of any length has no plan")
        return ["opt" if path.mod == "?" else "plus", _path(path.path)]
    return _term(path)


def _expression(node: Any) -> Plan:
    if isinstance(node, (Variable, URIRef, Literal)):
        return _term(node)
    kind = node.name
    if kind in {"ConditionalAndExpression", "ConditionalOrExpression"}:
        word = "and" if kind == "ConditionalAndExpression" else "or"
        return [word, *map(_expression, (node.expr, *node.other))]
    if kind == "RelationalExpression":
        if node.op in {"IN", "NOT IN"}:
            given = [_expression(node.expr), *map(_expression, node.other)]
            found = ["in", *given]
            return found if node.op == "IN" else ["not", found]
        return [node.op, _expression(node.expr), _expression(node.other)]
    if kind in {"AdditiveExpression", "MultiplicativeExpression"}:
        found = _expression(node.expr)
        for operator, other in zip(node.op, node.other, strict=True):
            found = [str(operator), found, _expression(other)]
        return found
    if kind == "UnaryNot":
        return ["not", _expression(node.expr)]
    if kind == "UnaryMinus":
        return ["-", ["l", "0", XSD + "integer", None], _expression(node.expr)]
    if kind == "Function":
        if str(node.iri) != XSD + "integer":
            raise NoPlanError(f"<{node.iri}> has no plan")
        return ["INTEGER", *map(_expression, node.expr)]
    if kind in {"Builtin_EXISTS", "Builtin_NOTEXISTS"}:
        word = "exists" if kind == "Builtin_EXISTS" else "not exists"
        return [word, _pattern(_translated(node.graph))]
    name = kind.removeprefix("Builtin_")
    if name not in _FUNCTIONS:
        raise NoPlanError(f"{kind} has no plan")
    return [name, *map(_expression, _arguments(name, node))]


def _arguments(name: str, node: CompValue) -> list[Any]:
    """Return the arguments of a function in their order, each as it is written."""
    if name in {"COALESCE", "CONCAT"}:
        return list(node.arg)
    if name == "SUBSTR":
        return [node.arg, node.start, *([] if node.length is None else [node.length])]
    if name == "REPLACE":
        return [node.arg, node.pattern, node.replacement]
    if node.arg is not None:
        return [node.arg]
    return [one for one in (node.arg1, node.arg2, node.arg3) if one is not None]


def _translated(pattern: CompValue) -> CompValue:
    """Return the pattern of an EXISTS in the terms of the algebra."""
    if pattern.name != "GroupGraphPatternSub":
        return pattern
    walked = algebra.traverse(pattern, visitPost=algebra.translatePath)
    return algebra.translateGroupGraphPattern(walked)
