"""Read what a vocabulary says of properties and of individuals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.model import HAD_FINDING, HAS_FINDING, ROLES
from indicant.terms import IND, OWL, RDF, RDFS, TYPE, is_blank, local_name

if TYPE_CHECKING:
    from indicant.compile.axioms import Axioms
    from indicant.compile.model import Model, Term

_INSTEAD: Final = {
    "disjointUnionOf": "write rdfs:subClassOf for each part, and one owl:AllDisjointClasses",
    "hasKey": "leave it out: nodes are told apart by their names",
    "domain": "leave it out: which class a facet is about stands in the criterion",
}
"""What to write in place of an axiom that is not read."""

_HAD: Final = (ox.NamedNode(HAS_FINDING), ox.NamedNode(HAD_FINDING))
"""The two roles of which one is below the other, as the core has it."""


class Properties:
    """Fills a model with properties and individuals, and refuses axioms that have no place."""

    def __init__(self, axioms: Axioms, model: Model) -> None:
        self._axioms = axioms
        self._model = model
        self._ranges: dict[str, set[str]] = {}

    def refuse_foreign_axioms(self) -> None:
        """Refuse axioms of kinds that are not read, and take note of the ranges of properties."""
        for node, properties in list(self._axioms.index.items()):
            self._axioms.attempt(self._refuse_foreign, node, properties)

    def read(self) -> None:
        """Read which properties have one value of what range, and what individuals are."""
        model = self._model
        for node in self._axioms.subjects(OWL + "FunctionalProperty"):
            if isinstance(node, ox.NamedNode):
                model.functional.add(node.value)
        for node in self._axioms.subjects(OWL + "DatatypeProperty"):
            assert isinstance(node, ox.NamedNode)  # noqa: S101
            for value in self._axioms.values(node, RDFS + "range"):
                self._axioms.attempt(self._data_property, node, value)
            self._measure(node)
        for subject, properties in self._axioms.index.items():
            if isinstance(subject, ox.NamedNode) and not is_blank(subject):
                for cls in properties.get(TYPE, ()):
                    if isinstance(cls, ox.NamedNode) and not cls.value.startswith((OWL, RDF, RDFS)):
                        model.types.setdefault(subject.value, set()).add(cls.value)
        for name, classes in self._ranges.items():
            model.kinds[name] = frozenset().union(
                *(model.above.get(cls, frozenset({cls})) for cls in classes)
            )
        self._axioms.attempt(self._different)

    def _refuse_foreign(self, node: Term, properties: dict[str, list[Term]]) -> None:
        facts = {
            OWL + "disjointUnionOf": "disjoint union",
            OWL + "propertyChainAxiom": "property chain",
            OWL + "hasKey": "key",
            OWL + "sameAs": "equality of individuals",
            OWL + "inverseOf": "inverse property",
            OWL + "equivalentProperty": "equivalent property",
            OWL + "propertyDisjointWith": "disjoint properties",
            OWL + "sourceIndividual": "negative assertion",
            RDFS + "domain": "domain",
        }
        words = self._axioms.manchester
        relevant = set(ROLES) | {IND + "shows", IND + "excludes"}
        for predicate, word in facts.items():
            for value in properties.get(predicate, ()):
                raise self._axioms.refuse(
                    node,
                    f"{words(node)} {local_name(predicate)} {words(value)}",
                    f"{word} axioms are not part of it",
                    _INSTEAD.get(local_name(predicate)),
                )
        for value in properties.get(RDFS + "subPropertyOf", ()):
            names = {getattr(node, "value", ""), getattr(value, "value", "")}
            if names & relevant and (node, value) != _HAD:
                raise self._axioms.refuse(
                    node,
                    f"{words(node)} subPropertyOf {words(value)}",
                    "no property is above or below the roles of a case",
                )
        if ox.NamedNode(OWL + "AllDisjointProperties") in properties.get(TYPE, ()):
            raise self._axioms.refuse(
                node, "AllDisjointProperties", "disjoint properties are not part of it"
            )
        for kind in ("Transitive", "Reflexive", "InverseFunctional", "Asymmetric"):
            if ox.NamedNode(OWL + kind + "Property") in properties.get(TYPE, ()):
                raise self._axioms.refuse(
                    node, f"{words(node)} is {kind.lower()}", "not part of it"
                )
        if ox.NamedNode(OWL + "ObjectProperty") in properties.get(TYPE, ()):
            for value in properties.get(RDFS + "range", ()):
                self._object_range(node, value)
        for cls in properties.get(TYPE, ()):
            if is_blank(cls):
                raise self._axioms.refuse(
                    node,
                    f"{words(node)} type {words(cls)}",
                    "an individual has named classes only",
                )

    def _object_range(self, node: Term, value: Term) -> None:
        axiom = f"{self._axioms.manchester(node)} range {self._axioms.manchester(value)}"
        if not isinstance(node, ox.NamedNode) or not isinstance(value, ox.NamedNode):
            raise self._axioms.refuse(node, axiom, "a range is a named class")
        if is_blank(value) or node.value in {*ROLES, IND + "shows", IND + "excludes"}:
            raise self._axioms.refuse(
                node, axiom, "only a property of findings or courses has a range"
            )
        self._ranges.setdefault(node.value, set()).add(value.value)

    def _data_property(self, node: ox.NamedNode, value: Term) -> None:
        self._axioms.one(node, RDFS + "range")
        self._model.ranges[node.value] = self._axioms.data_range(value, node)

    def _measure(self, node: ox.NamedNode) -> None:
        """Take note of the unit of a property, and of what a vocabulary converts to it."""
        values = self._axioms.values
        for unit in values(node, IND + "unit"):
            if isinstance(unit, ox.Literal):
                self._model.units[node.value] = unit.value
        found = {
            tuple(
                " ".join(sorted(str(value) for value in values(one, IND + name)))
                for name in ("fromUnit", "factor", "offset")
            )
            for one in values(node, IND + "conversion")
        }
        if found:
            self._model.conversions[node.value] = frozenset(found)

    def _different(self) -> None:
        for node in self._axioms.subjects(OWL + "AllDifferent"):
            for predicate in ("distinctMembers", "members"):
                head = self._axioms.one(node, OWL + predicate)
                if head is not None:
                    self._mark_different(self._axioms.members(head, node))
        for subject, properties in self._axioms.index.items():
            for other in properties.get(OWL + "differentFrom", ()):
                self._mark_different([subject, other])

    def _mark_different(self, members: list[Term]) -> None:
        names = [member.value for member in members if isinstance(member, ox.NamedNode)]
        for name in names:
            self._model.different.setdefault(name, set()).update(set(names) - {name})
