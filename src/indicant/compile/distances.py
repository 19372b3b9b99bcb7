"""Read intervals: how many days before a record the latest of a class began."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import pyoxigraph as ox

from indicant.compile.model import FINDING, HAD_FINDING, INTERVENTION, RECEIVED, Range
from indicant.terms import IND, local_name

if TYPE_CHECKING:
    from indicant.compile.axioms import Axioms
    from indicant.compile.model import Model


@dataclass(frozen=True)
class Distance:
    """A property of records: days since the latest record of a class that began before.

    ``up_to`` is as far as they are counted: what began before that, or never, is so many days away.
    """

    iri: str
    to: str
    role: str
    up_to: int | None = None


class Distances:
    """Reads intervals once the vocabulary is known."""

    def __init__(self, axioms: Axioms, model: Model) -> None:
        self._axioms = axioms
        self._model = model

    def read(self) -> None:
        """Read every interval."""
        for node in self._axioms.subjects(IND + "Interval"):
            self._axioms.attempt(self._distance, node)

    def _distance(self, node: ox.NamedNode | ox.BlankNode) -> None:
        model, name = self._model, node.value
        values = self._axioms.values(node, IND + "to")
        if len(values) != 1 or not isinstance(values[0], ox.NamedNode):
            raise self._axioms.refuse(
                node,
                local_name(name),
                f"an interval has exactly one ind:to, not {len(values)}",
                "name the class of the earlier records",
            )
        to = model.same.get(values[0].value, values[0].value)
        text = f"{local_name(name)} to {local_name(to)}"
        up_to = self._up_to(node, text)
        numbers = model.ranges.get(name)
        most = {} if up_to is None else {"maxInclusive": Decimal(up_to)}
        if (
            name not in model.functional
            or not isinstance(numbers, Range)
            or not numbers.integral
            or numbers.bounds() != most
        ):
            what, xsd = "whole numbers", "xsd:integer"
            if up_to is not None:
                what, xsd = f"whole numbers up to {up_to}", f"xsd:integer[<= {up_to}]"
            raise self._axioms.refuse(
                node,
                text,
                f"an interval is a functional property of {what}",
                f"declare it an owl:FunctionalProperty with the rdfs:range {xsd}",
            )
        roots = model.above.get(to, frozenset()) & {FINDING, INTERVENTION}
        if not roots:
            raise self._axioms.refuse(
                node,
                text,
                f"nothing dates {local_name(to)}, which is no class of findings or interventions",
                "name the class of the earlier records",
            )
        if any(ox.NamedNode(one) in self._quantities() for one in model.above[to]):
            raise self._axioms.refuse(
                node,
                text,
                f"nothing dates {local_name(to)}, which is computed from many records",
                "name the class of the records",
            )
        role = HAD_FINDING if FINDING in roots else RECEIVED
        model.distances[name] = Distance(name, to, role, up_to)

    def _up_to(self, node: ox.NamedNode | ox.BlankNode, text: str) -> int | None:
        """Return how many days an interval counts at most, if it says so."""
        values = self._axioms.values(node, IND + "upTo")
        if not values:
            return None
        value = values[0].value if isinstance(values[0], ox.Literal) else ""
        if len(values) > 1 or not re.fullmatch(r"[1-9][0-9]{0,5}", value):
            raise self._axioms.refuse(
                node,
                text,
                "an interval counts up to one whole number of days, from 1 to 999999",
                "name the number of days from which on it makes no difference how long ago it was",
            )
        return int(value)

    def _quantities(self) -> list[ox.NamedNode | ox.BlankNode]:
        return list(self._axioms.subjects(IND + "Quantity"))
