"""Read what a criterion demands of one finding or intervention: a class and its facets."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.model import (
    CASE,
    EXACTLY,
    FINDING,
    INTEGERS,
    INTERVENTION,
    ITSELF,
    MOST_NESTED,
    ROLES,
    TIMES,
    UNITLESS,
    ClassFacet,
    Existential,
    IndividualFacet,
    LiteralFacet,
    Range,
    RangeFacet,
    RecordFacet,
    is_exact,
    is_quantity,
    number_of,
)
from indicant.terms import IND, OWL, RDFS, TYPE, XSD, is_blank, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indicant.compile.axioms import Axioms
    from indicant.compile.model import Facet, Model, Term

OF_CASES: Final = frozenset({IND + "CaseProperty", IND + "Score"})
"""The classes of properties that a case itself has."""
_TRUTH: Final = {"true": True, "1": True, "false": False, "0": False}


class Facets:
    """Reads existentials, and refuses those that a case would leave open."""

    def __init__(self, axioms: Axioms, model: Model) -> None:
        self._axioms = axioms
        self._model = model

    def existential(
        self, role: str, filler: Term, node: Term, about: ox.NamedNode, least: int = 1
    ) -> Existential:
        """Read that a case has something to which a role leads, or several things.

        Raises:
            IndicantError: it is not one named class, below what the role takes, with facets.
        """
        text = f"{local_name(about.value)}: {self._axioms.manchester(node)}"
        parts = [filler]
        if is_blank(filler):
            head = self._axioms.one(filler, OWL + "intersectionOf")
            parts = [filler] if head is None else self._axioms.members(head, about)
        named = [
            part.value for part in parts if isinstance(part, ox.NamedNode) and not is_blank(part)
        ]
        for part in parts:
            self._refuse_boolean(part, about, text, f"ind:{local_name(role)}")
        if len(named) != 1:
            raise self._axioms.refuse(
                about,
                text,
                f"a filler has one named class, not {len(named)}",
                f"begin the intersection with one, such as ind:{local_name(ROLES[role])}",
            )
        cls = self._model.same.get(named[0], named[0])
        above = self._model.above.get(cls)
        if above is None:
            raise self._axioms.refuse(
                about,
                text,
                f"no class {cls} is declared",
                "declare it, or add the owl:imports of the ontology that does",
            )
        if ROLES[role] not in above:
            raise self._axioms.refuse(
                about,
                text,
                f"{local_name(cls)} is not below ind:{local_name(ROLES[role])}, which "
                f"ind:{local_name(role)} takes",
            )
        facets = frozenset(self._facet(part, about, text) for part in parts if is_blank(part))
        return Existential(role, cls, facets, least)

    def facet(self, node: Term, about: ox.NamedNode, text: str) -> Facet:
        """Read what is demanded of a value of one record, whatever it is related to.

        Raises:
            IndicantError: it is no facet.
        """
        facet = self._facet(node, about, text)
        if isinstance(facet, RecordFacet):
            raise self._axioms.refuse(
                about,
                text,
                "what the records of a quantity are related to is not looked at",
                "name a class of the records, or demand a value of them",
            )
        return facet

    def of_case(self, node: Term, about: ox.NamedNode) -> Existential:
        """Read that a case itself has a value.

        Raises:
            IndicantError: it is no facet.
        """
        text = f"{local_name(about.value)}: {self._axioms.manchester(node)}"
        self._model.above.setdefault(CASE, frozenset({CASE}))
        facet = self._facet(node, about, text, of_case=True)
        if facet.property in self._model.scores and not isinstance(facet, RangeFacet):
            raise self._axioms.refuse(about, text, "a score is a whole number")
        if isinstance(facet, RecordFacet):
            raise self._axioms.refuse(
                about,
                text,
                "a property of the case itself has values, and no records",
                "a case has records by ind:hasFinding, ind:hadFinding, ind:received and "
                "ind:proposes",
            )
        return Existential(ITSELF, CASE, frozenset({facet}))

    def _refuse_boolean(self, part: Term, about: ox.NamedNode, text: str, word: str) -> None:
        """Refuse what says of one record that it is this or that, or is not something.

        What leads to the record is a role, or a property of another one.
        """
        outside = f"write it outside:  ({word} some A) or ({word} some B)"
        none = f"; not ({word} some A)  says of the case that it has none"
        if not word.startswith("ind:"):
            outside = (
                "write it outside, as a union of criteria: one with  "
                f"{word} some A,  one with  {word} some B"
            )
            none = ""
        if self._axioms.values(part, OWL + "unionOf"):
            raise self._axioms.refuse(
                about,
                text,
                "a filler has no 'or'",
                outside,
            )
        if self._axioms.values(part, OWL + "complementOf"):
            raise self._axioms.refuse(
                about,
                text,
                "a filler has no 'not'",
                "name a class of what it is, or demand the other values or the other range" + none,
            )
        if self._axioms.values(part, OWL + "oneOf"):
            raise self._axioms.refuse(
                about,
                text,
                "a filler names a class, and no records",
                "name a class of what is meant",
            )
        if self._axioms.values(part, OWL + "intersectionOf"):
            raise self._axioms.refuse(
                about,
                text,
                "an intersection stands within another",
                "write all of it in one owl:intersectionOf",
            )

    def _facet(
        self,
        node: Term,
        about: ox.NamedNode,
        text: str,
        *,
        of_case: bool = False,
        depth: int = 0,
    ) -> Facet:
        on = self._axioms.one(node, OWL + "onProperty")
        if not isinstance(on, ox.NamedNode) or is_blank(on):
            raise self._axioms.refuse(
                about,
                text,
                "a facet restricts one named property",
                "write  property some xsd:integer[>= 3],  property value v,  or  property some "
                "Class",
            )
        name = on.value
        kinds = {
            kind.value for kind in self._axioms.values(on, TYPE) if isinstance(kind, ox.NamedNode)
        }
        if kinds & OF_CASES and not of_case:
            raise self._axioms.refuse(
                about,
                text,
                f"{local_name(name)} is a property of the case itself",
                f"write it beside what the case has:  (ind:hasFinding some …) and "
                f"({self._axioms.manchester(node)})",
            )
        some = self._axioms.one(node, OWL + "someValuesFrom")
        value = self._axioms.one(node, OWL + "hasValue")
        if OWL + "DatatypeProperty" in kinds:
            found = self._of_data(name, some, value, about, text)
            if found is not None:
                return found
        elif OWL + "ObjectProperty" in kinds:
            role = name in ROLES or name == IND + "shows"
            if not role and (self._leads_to_records(name) or self._is_of_records(some, about)):
                return self._record(name, some, about, text, depth)
            found = self._of_objects(name, some, value, about, text)
            if found is not None:
                return found
        else:
            raise self._axioms.refuse(
                about,
                text,
                f"{local_name(name)} is declared neither as data nor as object property",
            )
        raise self._axioms.refuse(
            about,
            text,
            "a facet is a numeric range, a value, or a named class of values",
            f"write  {self._remedy(name, some)}",
        )

    def _of_objects(
        self, name: str, some: Term | None, value: Term | None, about: ox.NamedNode, text: str
    ) -> Facet | None:
        """Return an individual or a class of values, or nothing where there is neither."""
        if name in ROLES or name == IND + "shows":
            raise self._axioms.refuse(
                about,
                text,
                f"ind:{local_name(name)} is no facet",
                "what an investigation shows, the case has: use ind:hasFinding",
            )
        if isinstance(value, ox.NamedNode) and not is_blank(value):
            return IndividualFacet(name, value.value)
        if isinstance(some, ox.NamedNode) and not is_blank(some):
            return ClassFacet(name, self._class_of_values(some, about, text))
        return None

    def _of_data(
        self, name: str, some: Term | None, value: Term | None, about: ox.NamedNode, text: str
    ) -> Facet | None:
        """Return a range or a value of a data property, or nothing where there is none."""
        if name not in self._model.functional:
            raise self._axioms.refuse(
                about,
                text,
                f"{local_name(name)} is not declared functional",
                f"declare {local_name(name)} an owl:FunctionalProperty, if a record has one "
                "value at most",
            )
        if some is not None:
            numbers = self._axioms.data_range(some, about)
            if isinstance(numbers, Range):
                if any(abs(one) >= 2**63 for one in numbers.bounds().values()):
                    raise self._axioms.refuse(about, text, EXACTLY, "use xsd:integer with bounds")
                return RangeFacet(name, numbers)
        if isinstance(value, ox.Literal):
            constant = self._constant(value, about, text)
            if isinstance(constant, Decimal):
                return RangeFacet(name, Range(min_inclusive=constant, max_inclusive=constant))
            return LiteralFacet(name, constant)
        return None

    def _remedy(self, name: str, some: Term | None) -> str:
        """Return what to write in place of a facet that is not one."""
        word = local_name(name)
        if some is not None and self._axioms.values(some, OWL + "oneOf"):
            return f"a union of criteria, each with  {word} value v,  or name a class of the values"
        if some is not None and self._axioms.values(some, OWL + "unionOf"):
            return f"a union of criteria, each with  {word} some A,  or name a class of the values"
        if some is not None:
            return f"{word} some Class,  the class being one that is named"
        return f"{word} value v  or  {word} some …;  what is counted is recorded as a number"

    def _class_of_values(self, cls: ox.NamedNode, about: ox.NamedNode, text: str) -> str:
        """Return a class of which a facet demands a value, if every case has it decided."""
        if ox.NamedNode(OWL + "Class") not in self._axioms.values(cls, TYPE):
            raise self._axioms.refuse(
                about,
                text,
                f"no class {local_name(cls.value)} is declared",
                "declare it, or add the owl:imports of the ontology that does",
            )
        return cls.value

    # ------------------------------------------------------------------ related records

    def _leads_to_records(self, name: str) -> bool:
        """Tell whether the range of a property is a class of records."""
        return not {FINDING, INTERVENTION}.isdisjoint(self._model.kinds.get(name, ()))

    def _is_of_records(self, filler: Term | None, about: ox.NamedNode) -> bool:
        """Tell whether a filler names a class of records, or of cases."""
        if filler is None:
            return False
        head = self._axioms.one(filler, OWL + "intersectionOf") if is_blank(filler) else None
        parts = [filler] if head is None else self._axioms.members(head, about)
        records = {FINDING, INTERVENTION, CASE}
        return any(
            isinstance(part, ox.NamedNode)
            and records & (self._model.above.get(part.value, frozenset()) | {part.value})
            for part in parts
        )

    def _record(
        self, name: str, filler: Term | None, about: ox.NamedNode, text: str, depth: int
    ) -> RecordFacet:
        """Read that a record is related to another one, of a class and with facets of its own."""
        self._demand_records(name, filler, about, text)
        assert filler is not None  # noqa: S101
        if depth == MOST_NESTED:
            raise self._axioms.refuse(
                about,
                text,
                f"a facet leads through more than {MOST_NESTED} records",
                "state what the last of them says as a value or a class of one before it",
            )
        parts = [filler]
        if is_blank(filler):
            head = self._axioms.one(filler, OWL + "intersectionOf")
            parts = [filler] if head is None else self._axioms.members(head, about)
        for part in parts:
            self._refuse_boolean(part, about, text, local_name(name))
        cls = self._class_of_records(name, parts, about, text)
        inner = {
            self._facet(part, about, text, depth=depth + 1) for part in parts if is_blank(part)
        }
        dated = TIMES | self._model.distances.keys()
        timed = next((one for one in sorted(inner, key=repr) if one.property in dated), None)
        if timed is not None:
            raise self._axioms.refuse(
                about,
                text,
                f"when a related record was is not computed, and {local_name(timed.property)} is "
                "about that",
                "demand it of what the case has, or state it as a value of the related record, "
                "such as its stage or its age",
            )
        return RecordFacet(name, frozenset({ClassFacet(TYPE, cls), *inner}))

    def _demand_records(
        self, name: str, filler: Term | None, about: ox.NamedNode, text: str
    ) -> None:
        """Refuse a property that is not said to lead to records, or of which too much is said."""
        word = local_name(name)
        if not self._leads_to_records(name):
            raise self._axioms.refuse(
                about,
                text,
                f"it speaks of a class of records, and the range of {word} is none",
                f"state to which records it leads:  {word} rdfs:range ind:Finding,  "
                "ind:Intervention or a class below one of them",
            )
        types = self._axioms.values(ox.NamedNode(name), TYPE)
        for kind in ("Symmetric", "Irreflexive"):
            if ox.NamedNode(OWL + kind + "Property") in types:
                raise self._axioms.refuse(
                    about,
                    text,
                    f"{word} is {kind.lower()}, and what one record has to do with another is "
                    "taken as it is recorded",
                    "leave the axiom out; where it goes both ways, record it both ways",
                )
        if filler is None:
            raise self._axioms.refuse(
                about,
                text,
                f"of records only  {word} some …  is decided",
                f"write  {word} some Class;  a criterion names no record, and counts what a case "
                "has:  ind:hasFinding min 2 …",
            )

    def _class_of_records(
        self, name: str, parts: Iterable[Term], about: ox.NamedNode, text: str
    ) -> str:
        """Return the one class that a related record is to be of."""
        word = local_name(name)
        named = [
            part.value for part in parts if isinstance(part, ox.NamedNode) and not is_blank(part)
        ]
        if len(named) != 1:
            raise self._axioms.refuse(
                about,
                text,
                f"what {word} leads to has one named class, not {len(named)}",
                f"write  {word} some (Class and …)",
            )
        cls = self._model.same.get(named[0], named[0])
        if {FINDING, INTERVENTION}.isdisjoint(self._model.above.get(cls, ())):
            raise self._axioms.refuse(
                about,
                text,
                f"{word} leads to records, and {local_name(cls)} is no class of findings or "
                "interventions",
                "declare the class below ind:Finding or ind:Intervention, or take a property of "
                "values",
            )
        if cls in self._model.quantities:
            raise self._axioms.refuse(
                about,
                text,
                f"{local_name(cls)} is a quantity, which a case has and no record is related to",
                "write it beside:  (ind:hasFinding some …) and (ind:hasFinding some "
                f"({local_name(cls)} and …))",
            )
        return cls

    def _constant(self, value: ox.Literal, about: ox.NamedNode, text: str) -> Decimal | str | bool:
        number = number_of(value)
        if number is not None:
            if not is_exact(value):
                raise self._axioms.refuse(
                    about, text, EXACTLY, "round it, or state it in another unit"
                )
            return number
        datatype = value.datatype.value
        if datatype == XSD + "boolean" and value.value in _TRUTH:
            return _TRUTH[value.value]
        if datatype == XSD + "string" and not value.language:
            return value.value
        if datatype in {XSD + "boolean", XSD + "decimal"} or datatype.removeprefix(XSD) in INTEGERS:
            raise self._axioms.refuse(
                about, text, f"{self._axioms.manchester(value)} is no xsd:{local_name(datatype)}"
            )
        raise self._axioms.refuse(
            about,
            text,
            f"values of type {local_name(datatype)} are not compared",
            UNITLESS if is_quantity(value) else None,
        )

    def decided_values(self, facets: Iterable[Facet]) -> None:
        """Refuse facets over individuals of which the ontology leaves identity or class open."""
        model = self._model
        used: dict[str, set[str]] = defaultdict(set)
        classes: dict[str, set[str]] = defaultdict(set)
        for facet in facets:
            if isinstance(facet, IndividualFacet):
                used[facet.property].add(facet.individual)
                missing = model.kinds.get(facet.property, frozenset()) - model.value_classes(
                    facet.individual
                )
                for cls in sorted(missing):
                    raise self._axioms.refuse(
                        ox.NamedNode(facet.individual),
                        f"{local_name(facet.property)} value {local_name(facet.individual)}",
                        f"the individual is not said to be a {local_name(cls)}",
                    )
            elif isinstance(facet, ClassFacet) and facet.property != TYPE:
                used[facet.property].update(model.values_in(facet.property, facet.cls))
                classes[facet.property].add(facet.cls)
        for name, individuals in used.items():
            kinds = {cls for one in individuals for cls in model.types.get(one, ())}
            kinds -= {cls for cls in kinds if cls.startswith(OWL)}
            peers = {one for one, types in model.types.items() if types & kinds}
            for one in sorted(peers):
                for other in sorted(peers - {one}):
                    if other not in model.different.get(one, ()):
                        raise self._axioms.refuse(
                            ox.NamedNode(one),
                            f"{local_name(name)} value {local_name(one)}",
                            f"it is not said to be different from {local_name(other)}",
                            "list the values in an owl:AllDifferent",
                        )
            for cls in sorted(classes[name]):
                for one in sorted(peers):
                    known = model.value_classes(one)
                    if cls not in known and not any(model.disjoint(cls, other) for other in known):
                        raise self._axioms.refuse(
                            ox.NamedNode(one),
                            f"{local_name(name)} some {local_name(cls)}",
                            f"whether {local_name(one)} is of that class is left open",
                            "state the class of the individual, or that the classes are disjoint",
                        )

    def plain_properties(self, facets: Iterable[Facet]) -> None:
        """Refuse facets on properties of which another says something, or which say it of another.

        A case that records the one has the other by OWL, and no rule here would know.
        """
        used = {facet.property for facet in facets}
        for node, properties in self._axioms.index.items():
            for value in properties.get(RDFS + "subPropertyOf", ()):
                if used & {getattr(node, "value", ""), getattr(value, "value", "")}:
                    words = self._axioms.manchester
                    raise self._axioms.refuse(
                        node,
                        f"{words(node)} subPropertyOf {words(value)}",
                        "no property of a criterion is above or below another",
                    )
