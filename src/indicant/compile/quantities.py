"""Read quantities: one value out of many records, by what is said of them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.model import (
    FINDING,
    HAD_FINDING,
    INTERVENTION,
    RECEIVED,
    Quantity,
    Range,
    RangeFacet,
    number_of,
)
from indicant.terms import IND, OWL, XSD, is_blank, local_name

if TYPE_CHECKING:
    from indicant.compile.axioms import Axioms
    from indicant.compile.facets import Facets
    from indicant.compile.model import Facet, Model, Term

COUNTED: Final = IND + "count"
DAYS_COVERED: Final = IND + "DaysCovered"
MOST_LAST: Final = 100
_KINDS: Final = {
    IND + name for name in ("Latest", "Earliest", "Lowest", "Highest", "Mean", "Sum", "Count")
} | {DAYS_COVERED}
_COUNTING: Final = {IND + "Count", DAYS_COVERED}
_ORDERED: Final = {IND + "Latest", IND + "Earliest"}
_WINDOW: Final = re.compile(r"P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?")


class Quantities:
    """Reads quantities once the vocabulary is known."""

    def __init__(self, axioms: Axioms, model: Model, facets: Facets) -> None:
        self._axioms = axioms
        self._model = model
        self._facets = facets

    def read(self) -> None:
        """Read every quantity."""
        for node in self._axioms.subjects(IND + "Quantity"):
            self._axioms.attempt(self._quantity, node)

    def _quantity(self, node: ox.NamedNode | ox.BlankNode) -> None:
        model = self._model
        if is_blank(node) or FINDING not in model.above.get(node.value, ()):
            raise self._refuse(node, "a quantity is a class below ind:Finding")
        over = self._one(node, "over")
        above = model.above.get(over, frozenset())
        roots = above & {FINDING, INTERVENTION}
        if not roots:
            raise self._refuse(node, f"{local_name(over)} is no class of findings or interventions")
        if over in model.above[node.value] or node.value in above:
            raise self._refuse(node, "a quantity over itself", "name the class of its records")
        role = HAD_FINDING if FINDING in roots else RECEIVED
        kind = self._one(node, "aggregate")
        if kind not in _KINDS:
            raise self._refuse(node, f"{local_name(kind)} is no ind:Aggregate")
        conditions, also = self._where(node)
        window = self._window(node, role, kind)
        last = self._last(node, kind)
        found = Quantity(
            node.value,
            over,
            role,
            kind,
            self._value(node, kind),
            frozenset((*conditions, *([window] if window else []))),
            also,
            last,
        )
        model.quantities[node.value] = found

    def settle(self) -> None:
        """See that quantities are computed from records, and tell them apart."""
        model = self._model
        for one in list(model.quantities.values()):
            node = ox.NamedNode(one.iri)
            for other in model.quantities:
                if other == one.iri:
                    continue
                if other in model.above[one.over] or one.over in model.above[other]:
                    self._axioms.attempt(self._nested, node, other)
                elif other in model.above[one.iri]:
                    self._axioms.attempt(self._below, node, other)

    def _nested(self, node: ox.NamedNode, other: str) -> None:
        raise self._refuse(
            node,
            f"its records may be the quantity {local_name(other)}",
            "compute it from records, and not from what is computed",
        )

    def _below(self, node: ox.NamedNode, other: str) -> None:
        raise self._refuse(node, f"it is below the quantity {local_name(other)}")

    def _value(self, node: ox.NamedNode | ox.BlankNode, kind: str) -> str:
        """Return the property under which the value stands."""
        model = self._model
        stated = self._axioms.values(node, IND + "ofProperty")
        if kind in _COUNTING:
            if stated:
                raise self._refuse(node, "a count is of no property", "its value is ind:count")
            return COUNTED
        name = self._one(node, "ofProperty")
        numbers = model.ranges.get(name)
        if name not in model.functional or not isinstance(numbers, Range):
            raise self._refuse(
                node,
                f"{local_name(name)} is no functional property with a range of numbers",
                "declare it an owl:FunctionalProperty with an rdfs:range",
            )
        if kind == IND + "Mean" and numbers.integral:
            raise self._refuse(
                node,
                f"a mean of {local_name(name)} is no whole number",
                "let its rdfs:range be of xsd:decimal",
            )
        return name

    def _where(self, node: ox.NamedNode | ox.BlankNode) -> tuple[list[Facet], tuple[str, ...]]:
        """Return the facets and the classes that records satisfy besides."""
        stated = self._axioms.values(node, IND + "where")
        if not stated:
            return [], ()
        if len(stated) > 1:
            raise self._refuse(node, "it has several ind:where", "write one owl:intersectionOf")
        assert isinstance(node, ox.NamedNode)  # noqa: S101
        text = f"{local_name(node.value)} where {self._axioms.manchester(stated[0])}"
        parts: list[Term] = [stated[0]]
        if is_blank(stated[0]):
            head = self._axioms.one(stated[0], OWL + "intersectionOf")
            parts = [stated[0]] if head is None else self._axioms.members(head, node)
        facets: list[Facet] = []
        classes: list[str] = []
        for part in parts:
            if is_blank(part):
                facets.append(self._facets.facet(part, node, text))
            elif isinstance(part, ox.NamedNode) and part.value in self._model.above:
                classes.append(self._model.same.get(part.value, part.value))
            else:
                raise self._refuse(node, f"no class {self._axioms.manchester(part)} is declared")
        return facets, tuple(sorted(classes))

    def _window(self, node: ox.NamedNode | ox.BlankNode, role: str, kind: str) -> Facet | None:
        """Return what a window demands of a record: how long ago it began, or ended, at most."""
        stated = self._axioms.values(node, IND + "within")
        if not stated:
            return None
        value = stated[0]
        match = None
        if isinstance(value, ox.Literal) and len(stated) == 1:
            is_duration = value.datatype.value == XSD + "duration"
            match = _WINDOW.fullmatch(value.value) if is_duration else None
        parts = [int(part) if part else 0 for part in match.groups()] if match else [0] * 4
        years, months, weeks, days = parts
        if (years or months) and (weeks or days):
            parts = [0] * 4
        if not any(parts):
            raise self._refuse(
                node,
                f"a window is a duration, and {getattr(value, 'value', '')} is none that is read",
                'write days or weeks, or months and years:  "P90D"^^xsd:duration,  "P1Y6M"',
            )
        unit, number = "months", 12 * years + months
        if weeks or days:
            unit, number = "days", 7 * weeks + days
        elif not months:
            unit, number = "years", years
        if kind == DAYS_COVERED and unit != "days":
            raise self._refuse(
                node,
                f"months and years have no number of days, and {local_name(kind)} counts these",
                'write days or weeks:  "P90D"^^xsd:duration',
            )
        end = "Start" if role == HAD_FINDING and kind != DAYS_COVERED else "End"
        limit = Range(integral=True, max_exclusive=Decimal(number))
        return RangeFacet(f"{IND}{unit}Since{end}", limit)

    def _last(self, node: ox.NamedNode | ox.BlankNode, kind: str) -> int | None:
        stated = self._axioms.values(node, IND + "last")
        if not stated:
            return None
        number = number_of(stated[0]) if len(stated) == 1 else None
        if number is None or number != int(number) or not 0 < number <= MOST_LAST:
            raise self._refuse(
                node, f"it is over the latest {getattr(stated[0], 'value', '')}", "a whole number"
            )
        if kind in _ORDERED:
            raise self._refuse(node, "the latest and the earliest are of one record", "no ind:last")
        if kind == DAYS_COVERED:
            raise self._refuse(node, "days are counted, and not records", "write ind:within")
        return int(number)

    def _one(self, node: ox.NamedNode | ox.BlankNode, name: str) -> str:
        values = self._axioms.values(node, IND + name)
        if len(values) != 1 or not isinstance(values[0], ox.NamedNode):
            raise self._refuse(node, f"a quantity has exactly one ind:{name}, not {len(values)}")
        return self._model.same.get(values[0].value, values[0].value)

    def _refuse(self, node: Term, why: str, hint: str | None = None) -> Exception:
        return self._axioms.refuse(node, local_name(getattr(node, "value", "")), why, hint)
