"""Know from the algebra of a CONSTRUCT query what it writes, and that it takes nothing back.

Joins, unions, filters and values give more, or the same, where more is recorded: each of their
solutions stands by itself. What is not known to do so is refused, whatever a parser makes of it.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from indicant.compile.model import CASE
from indicant.errors import IndicantError
from indicant.process import sandbox
from indicant.query import sparql
from indicant.terms import TYPE, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rdflib.plugins.sparql.parserutils import CompValue

SECONDS: Final = 30.0
MEMORY: Final = 2_000_000_000
_PLACE: Final = re.compile(r"error at \d+:(\d+): ")
_OPERATORS: Final = frozenset(
    ("BGP", "Extend", "Filter", "Group", "Join", "Project", "ToMultiSet", "Union", "values")
)
_EXPRESSIONS: Final = frozenset(
    (
        *("AdditiveExpression", "ConditionalAndExpression", "ConditionalOrExpression"),
        *("MultiplicativeExpression", "RelationalExpression"),
        *("UnaryMinus", "UnaryNot", "UnaryPlus", "Function"),
        *(
            f"Builtin_{name}"
            for name in (
                *("ABS", "CEIL", "CONCAT", "CONTAINS", "FLOOR", "IF", "IRI", "URI", "LCASE"),
                *("ROUND", "STR", "STRAFTER", "STRBEFORE", "STRENDS", "STRLEN", "STRSTARTS"),
                *("STRDT", "SUBSTR", "UCASE"),
                *("isBLANK", "isIRI", "isLITERAL", "isNUMERIC", "isURI", "sameTerm"),
            )
        ),
    )
)
_TEXTS: Final = frozenset(
    f"Builtin_{name}"
    for name in ("CONCAT", "LCASE", "STR", "STRAFTER", "STRBEFORE", "SUBSTR", "UCASE")
)
_WHOLE: Final = frozenset(("Builtin_CEIL", "Builtin_FLOOR", "Builtin_ROUND"))
_CASTS: Final = frozenset(XSD + name for name in ("decimal", "integer", "string"))
_CONSTANTS: Final = frozenset(XSD + name for name in ("boolean", "date", "decimal", "integer"))
_DAYS: Final = XSD + "dayTimeDuration"

_PATHS: Final = frozenset(("AlternativePath", "InvPath", "MulPath", "SequencePath"))
_UNEQUAL: Final = "is not the same for every engine"
_SCOPE: Final = "put the condition into the group that finds what it compares"


@dataclass(frozen=True)
class Query:
    """A query in plain form, as it is written, and what to call it in an error."""

    plain: sparql.Plain
    text: str
    name: str


@dataclass
class Ground:
    """What a query builds, and what is known of the variables that it builds with.

    Terms are IRIs, variables with their question mark, and literals in double quotes. ``cases`` are
    the variables that stand for cases, ``made`` those for nodes of the query's own, and ``listed``
    those of which the values are listed, with all of them.
    """

    template: list[tuple[str, str, str]] = field(default_factory=list)
    cases: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    listed: dict[str, tuple[str, ...]] = field(default_factory=dict)


def grounds(queries: Sequence[Query], *, seconds: float = SECONDS) -> list[Ground | IndicantError]:
    """Return what is known of queries, or for each why it is refused.

    They are read in a process of its own, since no parser is bound in time by the length of a text.
    An error is that it is no SPARQL, or holds an operator or a function that is not known to give
    more where more is recorded, and the same for every engine.
    """
    if not queries:
        return []
    try:
        told = sandbox.call(
            __name__,
            {"queries": [one.plain.text for one in queries]},
            b"",
            needs=("pyoxigraph", "rdflib", "pyparsing"),
            seconds=seconds,
            memory=MEMORY,
            most=10_000_000,
        )
    except sandbox.StoppedError:
        if len(queries) > 1:
            return [found for one in queries for found in grounds([one], seconds=seconds)]
        return [
            IndicantError(
                "was not understood within bounds of time and memory",
                help="it is nested too deeply; write less of it in one group or expression",
            )
        ]
    return [_told(one, row) for one, row in zip(queries, json.loads(told), strict=True)]


def _told(query: Query, row: dict[str, Any]) -> Ground | IndicantError:
    if "message" not in row:
        return Ground(
            [(one[0], one[1], one[2]) for one in row["template"]],
            set(row["cases"]),
            set(row["made"]),
            {name: tuple(values) for name, values in row["listed"].items()},
        )
    place = row["place"]
    if place is None:
        return IndicantError(row["message"], help=row["help"])
    here = query.plain.place(place)
    return sparql.error_at(row["message"], query.text, here, query.name, row["help"])


# ---------------------------------------------------------------------- in the process


def prepare() -> None:
    """Load all that an answer takes: later no file can be opened any more."""
    text = "CONSTRUCT { ?s ?p ?n } WHERE { ?s ?p ?o FILTER(?o > 1) BIND(IRI(STR(?o)) AS ?n) }"
    assert "template" in _answered(text)  # noqa: S101


def answer(task: dict[str, Any], _data: bytes) -> bytes:
    """Answer what is known of queries, or why each of them is refused."""
    return json.dumps([_answered(text) for text in task["queries"]]).encode()


def _answered(text: str) -> dict[str, Any]:
    try:
        found = _ground(text)
    except _NoQueryError as error:
        return {"message": f"syntax error: {error.message}", "place": error.column, "help": None}
    except IndicantError as error:
        return {"message": error.message, "place": None, "help": error.help}
    except RecursionError:
        help_ = "write less of it in one group or expression"
        return {"message": "is nested too deeply", "place": None, "help": help_}
    return {
        "template": found.template,
        "cases": sorted(found.cases),
        "made": sorted(found.made),
        "listed": found.listed,
    }


class _NoQueryError(IndicantError):
    """What is no query, and where in its plain form."""


def _ground(text: str) -> Ground:
    from pyparsing import ParseException

    from indicant.query.algebra import parsed

    try:
        query = parsed(text)
    except ParseException as error:
        _hold_to_grammar(text)
        raise _NoQueryError(error.msg, column=error.loc + 1) from error
    if query.algebra.name != "ConstructQuery":
        raise IndicantError("builds nothing", help="a derivation is a CONSTRUCT")
    found = _Reader().read(query.algebra)
    # Only what was found harmless; rdflib is not strict about the grammar.
    _hold_to_grammar(text)
    return found


def _hold_to_grammar(text: str) -> None:
    try:
        ox.Store().query(text)
    except SyntaxError as error:
        place = _PLACE.match(str(error))
        message = " ".join(str(error)[place.end() if place else 0 :].split())[:200]
        raise _NoQueryError(message, column=int(place[1]) if place else 1) from error
    except (RuntimeError, ValueError) as error:
        raise IndicantError(f"cannot be run: {error}") from error


class _Reader:
    """Walks through the algebra of one query."""

    def __init__(self) -> None:
        self._found = Ground()
        self._triples: list[tuple[Any, Any, Any]] = []
        self._made: dict[str, list[bool]] = defaultdict(list)
        self._listed: dict[str, set[str] | None] = {}

    def read(self, query: CompValue) -> Ground:
        if query.datasetClause:
            raise IndicantError("names a graph, and there is one, which has no name")
        bound = self._bound(query.p)
        found = self._found
        found.cases = {
            _said(subject)
            for subject, predicate, value in self._triples
            if str(predicate) == TYPE and str(value) == CASE and _said(subject) in bound
        }
        elsewhere = {
            _said(term) for triple in self._triples for term in triple if not _is_path(term)
        } | self._listed.keys()
        found.made = {
            name for name, ways in self._made.items() if all(ways) and name not in elsewhere
        }
        found.listed = {
            name: tuple(sorted(values))
            for name, values in self._listed.items()
            if values is not None and name not in self._made
        }
        found.template = [
            (_said(subject), _said(predicate), _said(value))
            for subject, predicate, value in query.template or ()
        ]
        unbound = {
            term
            for triple in found.template
            for term in triple
            if term.startswith("?") and term not in bound
        }
        if unbound:
            raise IndicantError(
                f"writes {min(unbound)}, which is not bound in every solution",
                help="bind it in each part of the UNION, or write a derivation for each part",
            )
        return found

    def _bound(self, node: Any) -> set[str]:
        """Return the variables that a pattern binds in every solution."""
        name = getattr(node, "name", type(node).__name__)
        if name not in _OPERATORS:
            raise IndicantError(
                f"{name} is not known to give more where more is recorded",
                help="patterns, UNION, FILTER, BIND and VALUES are",
            )
        if name == "BGP":
            return self._pattern(node.triples)
        if name == "Union":
            return self._bound(node.p1) & self._bound(node.p2)
        if name == "Join":
            return self._bound(node.p1) | self._bound(node.p2)
        if name == "values":
            return self._values(node.res)
        bound = self._bound(node.p)
        if name in {"Filter", "Extend"}:
            self._hold_expression(node.expr, filters=name == "Filter")
            missing = set(_variables(node.expr)) - bound
            if missing:
                raise IndicantError(
                    f"compares or computes with {min(missing)}, which is not bound there",
                    help=_SCOPE,
                )
        if name == "Extend":
            variable = _said(node.var)
            self._made[variable].append(_makes_node(node.expr))
            bound = bound | {variable}
        return bound

    def _pattern(self, triples: Iterable[tuple[Any, Any, Any]]) -> set[str]:
        bound: set[str] = set()
        for triple in triples:
            self._triples.append(triple)
            for term in triple:
                if _is_path(term):
                    _hold_path(term)
                elif _said(term).startswith("?"):
                    bound.add(_said(term))
        return bound

    def _values(self, rows: Iterable[Mapping[Any, Any]]) -> set[str]:
        rows = list(rows)
        names = {_said(one) for row in rows for one in row}
        for variable in names:
            given = {
                _said(value) for row in rows for one, value in row.items() if _said(one) == variable
            }
            known = self._listed.get(variable, set())
            whole = all(variable in map(_said, row) for row in rows) and known is not None
            self._listed[variable] = {*known, *given} if whole and known is not None else None
        return {one for one in names if self._listed[one] is not None}

    def _hold_expression(self, expression: Any, *, filters: bool) -> None:
        """Refuse whatever two engines were seen to compute otherwise."""
        plainly = set(map(id, _conditions(expression))) if filters else set()
        for node in _nodes(expression):
            if node.name not in _EXPRESSIONS:
                raise IndicantError(
                    f"{node.name.removeprefix('Builtin_')} {_UNEQUAL}",
                    help="arithmetic, comparisons, IF, and the functions of numbers and texts are",
                )
            if node.name == "ConditionalAndExpression" and id(node) not in plainly:
                raise IndicantError(
                    f"&& within a condition that is denied, compared or computed {_UNEQUAL}",
                    help="write a FILTER for each, or the opposites with ||",
                )
            if node.name == "Function":
                self._hold_cast(node)
            elif node.name == "Builtin_STR" and not self._is_written(node.arg):
                raise IndicantError(
                    f"how a computed number is written {_UNEQUAL}",
                    help="STR takes a variable that the pattern finds, or a text",
                )
            elif node.name == "Builtin_STRDT" and _said(node.arg2) != XSD + "date":
                raise IndicantError(
                    f"STRDT of what is no xsd:date {_UNEQUAL}", help="write  STRDT(?text, xsd:date)"
                )
            elif node.name == "Builtin_SUBSTR" and not all(
                one is None or _is_count(one) for one in (node.start, node.length)
            ):
                raise IndicantError(
                    f"SUBSTR from a place that is computed {_UNEQUAL}",
                    help="write numbers from 1 on, as in  SUBSTR(STR(?date), 6, 2)",
                )
            elif node.name == "RelationalExpression":
                _hold_list(node)
            _hold_constants(node)

    def _hold_cast(self, node: CompValue) -> None:
        if str(node.iri) not in _CASTS:
            raise IndicantError(
                f"the function <{node.iri}> is none of a derivation",
                help="xsd:integer, xsd:decimal and xsd:string are, and STRDT(?text, xsd:date)",
            )
        given = node.expr[0] if isinstance(node.expr, list) else node.expr
        whole = str(node.iri) == XSD + "integer" and getattr(given, "name", "") in _WHOLE
        if not _is_text(given) and not whole:
            raise IndicantError(
                f"a cast of what is no text {_UNEQUAL}",
                help="xsd:integer(FLOOR(?number)), or of a text  xsd:integer(STR(?number))",
            )

    def _is_written(self, term: Any) -> bool:
        """Tell whether what something is written as is the same for every engine."""
        name = getattr(term, "name", "")
        if name:
            return name in _TEXTS or name in {"Builtin_STRLEN", "Builtin_IRI", "Builtin_URI"}
        return _said(term) not in self._made


def _nodes(expression: Any) -> Iterator[CompValue]:
    """Yield every operator and function of an expression."""
    from rdflib.plugins.sparql.parserutils import CompValue

    left = [expression]
    while left:
        node = left.pop()
        if isinstance(node, CompValue):
            yield node
            left += [value for key, value in node.items() if key != "_vars"]
        elif isinstance(node, dict):
            left += node.values()
        elif isinstance(node, (list, tuple, set)):
            left += node


def _conditions(expression: Any) -> Iterator[CompValue]:
    """Yield what all or one of have to hold for a condition to hold, itself included."""
    left = [expression]
    while left:
        node = left.pop()
        if getattr(node, "name", "") in {"ConditionalAndExpression", "ConditionalOrExpression"}:
            yield node
            left += [node.expr, *node.other]


def _hold_list(node: CompValue) -> None:
    """Refuse a list of numbers, which one engine compares as they are written."""
    from rdflib.term import Literal, URIRef

    if not isinstance(node.other, list):
        return
    for one in node.other:
        if not isinstance(one, URIRef) and not (isinstance(one, Literal) and not one.datatype):
            raise IndicantError(
                f"IN a list of other things than IRIs and texts {_UNEQUAL}",
                help="write  ?number = 1 || ?number = 2",
            )


def _hold_constants(node: CompValue) -> None:
    """Refuse a value of a datatype that one engine does not compute with.

    Days are taken from a date: Oxigraph may put the two parts of a sum the other way round, and
    adds no date to days.
    """
    from rdflib.term import Literal

    taken = set()
    if node.name == "AdditiveExpression":
        pairs = zip(node.op, node.other, strict=True)
        taken = {id(one) for sign, one in pairs if str(sign) == "-"}
    for value in node.values():
        for one in value if isinstance(value, list) else (value,):
            kind = str(one.datatype or "") if isinstance(one, Literal) else ""
            if kind and kind not in _CONSTANTS and not (kind == _DAYS and id(one) in taken):
                raise IndicantError(
                    f"a value of <{kind}> {_UNEQUAL}",
                    help="numbers without exponent, dates, truth values and texts are; days are "
                    'taken from a date, as in  ?one - "P7D"^^xsd:dayTimeDuration <= ?other',
                )


def _is_count(term: Any) -> bool:
    from rdflib.term import Literal

    return isinstance(term, Literal) and isinstance(term.value, int) and term.value >= 1


def _variables(expression: Any) -> Iterator[str]:
    """Yield every variable of an expression."""
    from rdflib.term import Variable

    if isinstance(expression, Variable):
        yield _said(expression)
    for node in _nodes(expression):
        for value in node.values():
            for one in value if isinstance(value, (list, tuple, set)) else (value,):
                if isinstance(one, Variable):
                    yield _said(one)


def _makes_node(expression: Any) -> bool:
    """Tell whether an expression is the IRI of something with more behind it."""
    if getattr(expression, "name", "") not in {"Builtin_IRI", "Builtin_URI"}:
        return False
    whole = expression.arg
    if getattr(whole, "name", "") != "Builtin_CONCAT" or len(whole.arg) < 2:
        return False
    stem = whole.arg[0]
    return getattr(stem, "name", "") == "Builtin_STR" and _said(stem.arg).startswith("?")


def _is_text(term: Any) -> bool:
    from rdflib.term import Literal

    return getattr(term, "name", "") in _TEXTS or (
        isinstance(term, Literal) and term.datatype is None
    )


def _is_path(term: Any) -> bool:
    from rdflib.paths import Path

    return isinstance(term, Path)


def _hold_path(path: Any) -> None:
    """Refuse a path that goes by whatever is not named."""
    left = [path]
    while left:
        one = left.pop()
        if not _is_path(one):
            continue
        if type(one).__name__ not in _PATHS:
            raise IndicantError(
                "goes by every property but some", help="write the properties that it shall go by"
            )
        left += [*getattr(one, "args", ()), getattr(one, "arg", None), getattr(one, "path", None)]


def _said(term: Any) -> str:
    from rdflib.term import Literal, Variable

    if isinstance(term, Variable):
        return f"?{term}"
    return f'"{term}"' if isinstance(term, Literal) else str(term)
