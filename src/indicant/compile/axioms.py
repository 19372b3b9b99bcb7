"""Find what a source states, and tell in OWL's words where it cannot be read."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.model import (
    BOUNDS,
    EXACTLY,
    INTEGERS,
    UNITLESS,
    Range,
    is_exact,
    is_quantity,
    number_of,
)
from indicant.errors import IndicantError
from indicant.files.rdf import text_of
from indicant.terms import OWL, RDF, TYPE, XSD, is_blank, local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from indicant.compile.model import Term
    from indicant.files.lines import Places
    from indicant.files.sources import Source

_RESTRICTIONS: Final = {
    "someValuesFrom": "some",
    "allValuesFrom": "only",
    "hasValue": "value",
    "minCardinality": "min",
    "minQualifiedCardinality": "min",
    "maxCardinality": "max",
    "maxQualifiedCardinality": "max",
    "cardinality": "exactly",
    "qualifiedCardinality": "exactly",
}
_COMPARED: Final = {
    "minInclusive": ">=",
    "minExclusive": ">",
    "maxInclusive": "<=",
    "maxExclusive": "<",
}
_TIMES: Final = frozenset(XSD + name for name in ("date", "dateTime", "dateTimeStamp", "time"))
_AGO: Final = (
    "say how long it lasted, or how long ago it was, which are derived from dates up to the as-of "
    "day: ind:days some xsd:integer[>= 42],  ind:daysSinceEnd some xsd:integer[<= 90]"
)


class Axioms:
    """The triples of a source by subject and predicate, with where each subject stands.

    Args:
        source: what was read.
        problems: where refusals are put, for what comes after one to be read as well; without, the
            first is raised.
    """

    def __init__(self, source: Source, problems: list[IndicantError] | None = None) -> None:
        self.index: dict[Term, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        self._file: dict[Term, str] = {}
        self._source = source
        self._places: Places | None = None
        self._malformed: dict[Term, IndicantError] = {}
        self._problems = problems
        for path, subject, predicate, value in source.triples():
            assert isinstance(subject, (ox.NamedNode, ox.BlankNode))  # noqa: S101
            assert isinstance(predicate, ox.NamedNode)  # noqa: S101
            values = self.index[subject][predicate.value]
            if value not in values:
                values.append(value)  # type: ignore[arg-type]
            self._file.setdefault(subject, path)

    def values(self, node: Term, predicate: str) -> list[Term]:
        """Return what a node has for a property."""
        return self.index[node][predicate] if node in self.index else []

    def one(self, node: Term, predicate: str) -> Term | None:
        """Return the one value that a node has for a property, nothing where it has none.

        Raises:
            IndicantError: it has several, or the node has no reading.
        """
        self.demand_reading(node)
        found = self.values(node, predicate)
        if len(found) > 1:
            values = ", ".join(
                value.value if isinstance(value, ox.Literal) else local_name(value.value)
                for value in found
                if not isinstance(value, ox.Triple)
            )
            raise self.refuse(
                node,
                f"{local_name(getattr(node, 'value', ''))} {local_name(predicate)} {values}",
                "there can be one value",
            )
        return found[0] if found else None

    def attempt(self, step: Callable[..., object], *given: object) -> None:
        """Take a step, and where refusals are collected go on after one."""
        try:
            step(*given)
        except IndicantError as error:
            if self._problems is None:
                raise
            self._problems.append(error)
        except RecursionError:
            if self._problems is None or not isinstance(given[0], (ox.NamedNode, ox.BlankNode)):
                raise
            name = local_name(given[0].value)
            self._problems.append(
                self.refuse(given[0], name, "a class expression is nested too deeply, or in itself")
            )

    def told(self, iri: str) -> bool:
        """Tell whether a term is declared, so that a refusal told already made it unknown."""
        return bool(self._problems) and bool(self.values(ox.NamedNode(iri), TYPE))

    def hold_to_grammar(self) -> None:
        """Refuse what has not exactly one reading as OWL, and read the source without it.

        Raises:
            IndicantError: the first of it, where refusals are not collected.
        """
        from indicant.compile.grammar import faults

        for fault in faults(self.index):
            node, statement = fault.node, fault.statement
            error = self.refuse(node, fault.axiom, fault.why, fault.hint, statement)
            if self._problems is None:
                raise error
            self._problems.append(error)
            if statement is not None:
                predicate, refused = statement
                values = self.index[node][predicate]
                self.index[node][predicate] = [one for one in values if one != refused]
            if statement is None or statement[0] == OWL + "equivalentClass":
                self._malformed.setdefault(node, error)

    def demand_reading(self, node: Term) -> None:
        """Refuse a node once more that has no reading.

        Raises:
            IndicantError: what was told of it before.
        """
        if node in self._malformed:
            raise self._malformed[node]

    def refuse(
        self,
        about: Term,
        axiom: str,
        why: str,
        hint: str | None = None,
        statement: tuple[str, Term] | None = None,
    ) -> IndicantError:
        """Return what says that an axiom is outside the profile, with file and line.

        The line is that of the statement about the node, where one is given and is found.
        """
        from indicant.files.lines import Places

        if self._places is None:
            self._places = Places(self._source.documents)
        name, value = ("", None) if statement is None else statement
        place = self._places.find(
            text_of(about), name or None, None if value is None else text_of(value)
        )
        file, line = place or (self._file.get(about), None)
        return IndicantError(
            f"outside the profile: {axiom}: {why}",
            file=file,
            line=line,
            help=hint,
            see="reference/language.html",
        )

    def members(self, head: Term, about: Term) -> list[Term]:
        """Return the members of a list.

        Raises:
            IndicantError: the list is broken.
        """
        found: list[Term] = []
        seen: set[Term] = set()
        node: Term | None = head
        while node != ox.NamedNode(RDF + "nil"):
            first = None if node is None or node in seen else self.one(node, RDF + "first")
            if node is None or first is None:
                raise self.refuse(about, "rdf:List", "the list is broken")
            seen.add(node)
            found.append(first)
            node = self.one(node, RDF + "rest")
        return found

    def subjects(self, *types: str) -> Iterator[ox.NamedNode | ox.BlankNode]:
        """Yield the nodes of one of some types."""
        wanted = {ox.NamedNode(value) for value in types}
        for node, properties in list(self.index.items()):
            if wanted.intersection(properties.get(TYPE, ())):
                assert isinstance(node, (ox.NamedNode, ox.BlankNode))  # noqa: S101
                yield node

    def manchester(self, node: Term, depth: int = 0) -> str:
        """Render a class expression in words close to the Manchester syntax."""
        if isinstance(node, ox.Literal):
            return node.value
        if depth > 6 or not is_blank(node):
            return local_name(node.value) if isinstance(node, ox.NamedNode) else str(node)
        for predicate, word in (("intersectionOf", " and "), ("unionOf", " or ")):
            head = self.one(node, OWL + predicate)
            if head is not None:
                parts = [self.manchester(part, depth + 1) for part in self.members(head, node)]
                return "(" + word.join(parts) + ")"
        complement = self.one(node, OWL + "complementOf")
        if complement is not None:
            return f"not {self.manchester(complement, depth + 1)}"
        for predicate in ("oneOf", "members"):
            if self.one(node, OWL + predicate) is not None:
                return self.manchester(self.one(node, OWL + predicate), depth + 1)  # type: ignore[arg-type]
        if self.one(node, RDF + "first") is not None:
            names = [self.manchester(part, depth + 1) for part in self.members(node, node)]
            return "{" + ", ".join(names) + "}"
        base = self.one(node, OWL + "onDatatype")
        if base is not None:
            return f"{self.manchester(base, depth + 1)}[{', '.join(self._bounds(node))}]"
        inverse = self.one(node, OWL + "inverseOf")
        if inverse is not None:
            return f"inverse {self.manchester(inverse, depth + 1)}"
        on = self.one(node, OWL + "onProperty")
        if on is not None:
            name = self.manchester(on, depth + 1)
            if self.one(node, OWL + "hasSelf") is not None:
                return f"{name} Self"
            qualified = self.one(node, OWL + "onClass") or self.one(node, OWL + "onDataRange")
            for predicate, word in _RESTRICTIONS.items():
                for value in self.values(node, OWL + predicate):
                    parts = [name, word, self.manchester(value, depth + 1)]
                    if qualified is not None and word not in ("some", "only", "value"):
                        parts.append(self.manchester(qualified, depth + 1))
                    return " ".join(parts)
        for predicate in self.index.get(node, ()):
            if predicate.startswith(OWL):
                return local_name(predicate)
        return "an anonymous node"

    def _bounds(self, node: Term) -> Iterator[str]:
        """Yield the bounds of a data range as the Manchester syntax writes them."""
        head = self.one(node, OWL + "withRestrictions")
        for part in () if head is None else self.members(head, node):
            for predicate, values in self.index[part].items():
                name = local_name(predicate)
                yield f"{_COMPARED.get(name, name)} {self.manchester(values[0], 1)}"

    def data_range(self, node: Term, about: Term) -> Range | str:
        """Return a numeric range, or the IRI of another datatype.

        Raises:
            IndicantError: it is neither.
        """
        if not is_blank(node):
            assert isinstance(node, ox.NamedNode)  # noqa: S101
            return self._named_range(node.value) or node.value
        base = self.one(node, OWL + "onDatatype")
        head = self.one(node, OWL + "withRestrictions")
        if not isinstance(base, ox.NamedNode) or head is None:
            raise self.refuse(
                about,
                f"{self.manchester(about)}: {self.manchester(node)}",
                "a data range is a datatype with bounds",
                "write a union of  property value v,  or xsd:integer or xsd:decimal with "
                "owl:withRestrictions",
            )
        result = self._named_range(base.value)
        if result is None:
            raise self.refuse(
                about,
                f"{self.manchester(about)}: bounds on {local_name(base.value)}",
                "numbers are xsd:integer or xsd:decimal; xsd:double and xsd:float are other "
                "values in OWL",
                _AGO if base.value in _TIMES else "use xsd:integer or xsd:decimal",
            )
        bounds: dict[str, Decimal | None] = dict.fromkeys(BOUNDS)
        bounds.update(result.bounds())
        for part in self.members(head, about):
            for predicate, values in self.index[part].items():
                name = local_name(predicate)
                number = number_of(values[0])
                if not predicate.startswith(XSD) or name not in bounds or number is None:
                    raise self.refuse(
                        about,
                        f"{self.manchester(about)}: facet {name} {self.manchester(values[0])}",
                        "facets are xsd:minInclusive, minExclusive, maxInclusive, maxExclusive "
                        "with an integer or decimal",
                        UNITLESS if is_quantity(values[0]) else None,
                    )
                if not is_exact(values[0]):
                    raise self.refuse(
                        about,
                        f"{self.manchester(about)}: {name} {self.manchester(values[0])}",
                        EXACTLY,
                        "round it, or state it in another unit",
                    )
                old = bounds[name]
                tighter = max if name.startswith("min") else min
                bounds[name] = number if old is None else tighter(old, number)
        return Range(result.integral, *(bounds[name] for name in BOUNDS))

    @staticmethod
    def _named_range(iri: str) -> Range | None:
        name = iri.removeprefix(XSD)
        if iri in {XSD + "decimal", OWL + "rational", OWL + "real"}:
            return Range()
        if iri.startswith(XSD) and name in INTEGERS:
            low, high = INTEGERS[name]
            return Range(
                integral=True,
                min_inclusive=None if low is None else Decimal(low),
                max_inclusive=None if high is None else Decimal(high),
            )
        return None
