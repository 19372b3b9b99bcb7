"""Read criteria, which are classes of cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.facets import OF_CASES
from indicant.compile.model import (
    CASE,
    MAX_DEPTH,
    MOST_COUNTED,
    PROPOSES,
    ROLES,
    And,
    Const,
    Not,
    Or,
    oversize,
)
from indicant.terms import IND, OWL, RDFS, TYPE, is_blank, local_name

if TYPE_CHECKING:
    from indicant.compile.axioms import Axioms
    from indicant.compile.facets import Facets
    from indicant.compile.model import Expression, Model, Term

_SPLIT: Final = "say it with fewer levels and parts, or as several recommendations"


class Criteria:
    """Fills a model with the criteria of a source, each read once whoever uses it."""

    def __init__(self, axioms: Axioms, model: Model, facets: Facets) -> None:
        self._axioms = axioms
        self._model = model
        self._facets = facets
        self._reading: list[str] = []
        self._depth = 0

    def read(self) -> None:
        """Read every criterion."""
        for node in self._axioms.subjects(IND + "Criterion"):
            if isinstance(node, ox.NamedNode) and node.value.startswith(IND):
                continue
            assert isinstance(node, ox.NamedNode)  # noqa: S101
            self._reading.clear()  # of what a refusal cut short
            self._axioms.attempt(self._criterion, node)

    def _criterion(self, node: ox.NamedNode) -> Expression:
        self._axioms.demand_reading(node)
        name = node.value
        if name in self._model.criteria:
            return self._model.criteria[name]
        if name in self._reading:
            cycle = [*self._reading[self._reading.index(name) :], name]
            raise self._axioms.refuse(
                node, " uses ".join(local_name(one) for one in cycle), "criteria are cyclic"
            )
        definitions = self._axioms.values(node, OWL + "equivalentClass")
        if len(definitions) != 1:
            raise self._axioms.refuse(
                node,
                local_name(name),
                f"a criterion has exactly one owl:equivalentClass, not {len(definitions)}",
            )
        for predicate in ("intersectionOf", "unionOf", "complementOf", "oneOf"):
            if self._axioms.values(node, OWL + predicate):
                raise self._axioms.refuse(
                    node,
                    f"{local_name(name)} {predicate} …",
                    "put the expression under owl:equivalentClass",
                )
        self._reading.append(name)
        expression = self._whole(definitions[0], node)
        self._reading.pop()
        above = self._axioms.values(node, RDFS + "subClassOf")
        if ox.NamedNode(CASE) in above and self._beside_cases(definitions[0]):
            raise self._axioms.refuse(
                node,
                local_name(name),
                "it is below ind:PatientCase and holds of everything that is no case",
                "write  owl:intersectionOf ( ind:PatientCase … )",
            )
        self._model.criteria[name] = expression
        return expression

    def _beside_cases(self, node: Term) -> bool:
        """Tell whether a class expression holds of what is no case and is related to nothing."""
        if isinstance(node, ox.NamedNode) and not is_blank(node):
            definition = self._axioms.one(node, OWL + "equivalentClass")
            if definition is None:
                return node.value == OWL + "Thing"
            above = self._axioms.values(node, RDFS + "subClassOf")
            return ox.NamedNode(CASE) not in above and self._beside_cases(definition)
        complement = self._axioms.one(node, OWL + "complementOf")
        if complement is not None:
            return not self._beside_cases(complement)
        union = self._axioms.one(node, OWL + "unionOf")
        if union is not None:
            return any(self._beside_cases(part) for part in self._axioms.members(union, node))
        parts = self._axioms.one(node, OWL + "intersectionOf")
        return parts is not None and all(
            self._beside_cases(part) for part in self._axioms.members(parts, node)
        )

    def _whole(self, node: Term, about: ox.NamedNode) -> Expression:
        """Read a class expression, and refuse one that is more than can be compiled."""
        if self._depth > MAX_DEPTH:
            why = f"it is nested more than {MAX_DEPTH} levels deep, or within itself"
            raise self._axioms.refuse(about, local_name(about.value), why, _SPLIT)
        self._depth += 1
        try:
            found = self._expression(node, about)
        finally:
            self._depth -= 1
        too_large = oversize(found)
        if too_large is not None:
            raise self._axioms.refuse(about, local_name(about.value), too_large, _SPLIT)
        return found

    def _expression(self, node: Term, about: ox.NamedNode) -> Expression:
        if not is_blank(node):
            assert isinstance(node, ox.NamedNode)  # noqa: S101
            if node.value in {CASE, OWL + "Thing"}:
                return Const(True)
            if node.value == OWL + "Nothing":
                return Const(False)
            if ox.NamedNode(IND + "Criterion") in self._axioms.values(node, TYPE):
                return self._criterion(node)
            raise self._axioms.refuse(
                about,
                f"{local_name(about.value)}: {local_name(node.value)}",
                "a criterion names other criteria, not classes of findings or interventions",
                f"write  ind:hasFinding some {local_name(node.value)}",
            )
        for predicate in ("intersectionOf", "unionOf"):
            head = self._axioms.one(node, OWL + predicate)
            if head is not None:
                parts = tuple(
                    self._whole(part, about) for part in self._axioms.members(head, about)
                )
                return And(parts) if predicate == "intersectionOf" else Or(parts)
        complement = self._axioms.one(node, OWL + "complementOf")
        if complement is not None:
            return Not(self._whole(complement, about))
        role = self._axioms.one(node, OWL + "onProperty")
        filler = self._axioms.one(node, OWL + "someValuesFrom")
        if isinstance(role, ox.NamedNode) and role.value in ROLES:
            if filler is not None:
                return self._facets.existential(role.value, filler, node, about)
            counted = self._counted(role.value, node, about)
            if counted is not None:
                return counted
        if role is not None and any(
            ox.NamedNode(one) in self._axioms.values(role, TYPE) for one in OF_CASES
        ):
            return self._facets.of_case(node, about)
        raise self._axioms.refuse(
            about,
            f"{local_name(about.value)}: {self._axioms.manchester(node)}",
            "a criterion is built with and, or, not from 'role some class', the role being "
            "ind:hasFinding, ind:hadFinding, ind:received or ind:proposes",
            self._remedy(node, role),
        )

    def _counted(self, role: str, node: Term, about: ox.NamedNode) -> Expression | None:
        """Read how many things a role leads to, or return nothing where it is not said of what.

        At most two is not at least three, and exactly two is both.

        Raises:
            IndicantError: the number is none that a criterion can count up to.
        """
        filler = self._axioms.one(node, OWL + "onClass")
        if filler is None:
            return None
        for word in ("min", "max", ""):
            name = f"{word}QualifiedCardinality" if word else "qualifiedCardinality"
            count = self._axioms.one(node, OWL + name)
            if count is None:
                continue
            assert isinstance(count, ox.Literal)  # noqa: S101 - the grammar has seen to it
            text = f"{local_name(about.value)}: {self._axioms.manchester(node)}"
            number = int(count.value) if len(count.value) < 9 else MOST_COUNTED + 1
            if number > MOST_COUNTED:
                raise self._axioms.refuse(
                    about,
                    text,
                    f"a criterion counts up to {MOST_COUNTED}",
                    "record the number as a value of one finding",
                )
            if number == 0 and word == "min":
                raise self._axioms.refuse(
                    about, text, "every case has at least none", "write  min 1,  or leave it out"
                )
            if role == PROPOSES:
                raise self._axioms.refuse(
                    about,
                    text,
                    "proposals are not counted: one may name a class",
                    f"write  ind:{local_name(role)} some …",
                )

            def at_least(least: int, filler: Term = filler) -> Expression:
                return self._facets.existential(role, filler, node, about, least)

            if word == "min":
                return at_least(number)
            most = Not(at_least(number + 1))
            return And((at_least(number), most)) if not word and number else most
        return None

    def _remedy(self, node: Term, role: Term | None) -> str:
        """Return what to write in place of an expression that is none of a criterion."""
        words = self._axioms.manchester
        if self._axioms.values(node, OWL + "oneOf"):
            return "say what the cases have, and not which ones they are"
        if not isinstance(role, ox.NamedNode) or role.value not in ROLES:
            return (
                "a case has findings, and these have values:  ind:hasFinding some "
                f"(Class and {words(node)}); what a case itself has is an ind:CaseProperty"
            )
        name = local_name(role.value)
        only = self._axioms.one(node, OWL + "allValuesFrom")
        if only is not None:
            return f"say what there is none of:  not (ind:{name} some Class)"
        cls = self._axioms.one(node, OWL + "onClass")
        of = "Class" if cls is None else words(cls)
        if self._axioms.values(node, OWL + "hasValue"):
            return f"name a class:  ind:{name} some Class"
        return (
            f"one:  ind:{name} some {of};  none:  not (ind:{name} some {of});  several:  "
            f"ind:{name} min 2 {of}"
        )
