"""Read recommendations, and the guidelines that they are part of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant import terms
from indicant.compile.model import INTERVENTION, Recommendation
from indicant.terms import IND, OWL, TYPE, is_blank, local_name

if TYPE_CHECKING:
    from indicant.compile.axioms import Axioms
    from indicant.compile.model import Model, Term

_AGAINST: Final = {IND + "Contraindication", IND + "NonIndication"}
_OPTIONAL: Final = {IND + "fulfilledBy"}


class Recommendations:
    """Fills a model with the recommendations and guidelines of a source."""

    def __init__(self, axioms: Axioms, model: Model) -> None:
        self._axioms = axioms
        self._model = model

    def read(self) -> None:
        """Read every recommendation, then every guideline."""
        for node in self._axioms.subjects(IND + "Indication", *_AGAINST):
            self._axioms.attempt(self._recommendation, node)
        for recommendation in self._model.recommendations.values():
            self._axioms.attempt(self._overriding, recommendation)
        for guideline in self._axioms.subjects(IND + "Guideline"):
            if isinstance(guideline, ox.NamedNode):
                self._axioms.attempt(self._guideline, guideline)

    def _recommendation(self, node: Term) -> None:
        model = self._model
        if not isinstance(node, ox.NamedNode) or is_blank(node):
            raise self._axioms.refuse(node, "a recommendation without a name", "it needs an IRI")
        self._axioms.demand_reading(node)
        kinds = {kind.value for kind in self._axioms.values(node, TYPE) if hasattr(kind, "value")}
        action = self._single(node, IND + "action")
        criterion = self._single(node, IND + "criterion")
        if not self._is_read(node, "criterion", criterion):
            return
        if INTERVENTION not in model.above.get(action, ()):
            raise self._axioms.refuse(
                node,
                f"{local_name(node.value)} action {local_name(action)}",
                "no such class is declared below ind:Intervention",
            )
        fulfilling = self._axioms.values(node, IND + "fulfilledBy")
        fulfilled_by = self._single(node, IND + "fulfilledBy") if fulfilling else None
        if fulfilled_by is not None and not self._is_read(node, "fulfilledBy", fulfilled_by):
            return
        part = self._axioms.one(node, terms.DCTERMS + "isPartOf")
        if part is not None and not isinstance(part, ox.NamedNode):
            raise self._axioms.refuse(
                node,
                f"{local_name(node.value)} isPartOf {self._axioms.manchester(part)}",
                "what a recommendation is part of is a guideline, named by its IRI",
            )
        model.recommendations[node.value] = Recommendation(
            iri=node.value,
            action=model.same.get(action, action),
            criterion=criterion,
            against=bool(kinds & _AGAINST),
            non_indication=IND + "NonIndication" in kinds,
            guideline=None if part is None else part.value,
            overrides=frozenset(
                other.value
                for other in self._axioms.values(node, IND + "overrides")
                if isinstance(other, ox.NamedNode)
            ),
            fulfilled_by=fulfilled_by,
        )

    def _is_read(self, node: ox.NamedNode, name: str, criterion: str) -> bool:
        """Tell whether a criterion was read; why one was not has been told, or is raised here."""
        if criterion in self._model.criteria or self._axioms.told(criterion):
            return criterion in self._model.criteria
        raise self._axioms.refuse(
            node,
            f"{local_name(node.value)} {name} {local_name(criterion)}",
            "no such ind:Criterion is defined",
        )

    def _overriding(self, recommendation: Recommendation) -> None:
        for other in recommendation.overrides:
            if other not in self._model.recommendations and not self._axioms.told(other):
                raise self._axioms.refuse(
                    ox.NamedNode(recommendation.iri),
                    f"{local_name(recommendation.iri)} overrides {local_name(other)}",
                    "no such recommendation is defined",
                )

    def _single(self, node: ox.NamedNode, predicate: str) -> str:
        values = self._axioms.values(node, predicate)
        if len(values) != 1 or not isinstance(values[0], ox.NamedNode):
            raise self._axioms.refuse(
                node,
                local_name(node.value),
                f"a recommendation has {'at most' if predicate in _OPTIONAL else 'exactly'} one "
                f"ind:{local_name(predicate)}, not {len(values)}",
            )
        return values[0].value

    def _guideline(self, node: ox.NamedNode) -> None:
        self._axioms.demand_reading(node)
        self._model.guidelines.append(node.value)
        scope = self._axioms.one(node, IND + "scope")
        if isinstance(scope, ox.NamedNode):
            self._is_read(node, "scope", scope.value)
            self._model.scopes[node.value] = scope.value
        version = self._axioms.one(node, OWL + "versionInfo")
        if isinstance(version, ox.Literal):
            self._model.version[node.value] = version.value
