"""Read criteria and vocabulary out of OWL, and refuse what lies outside the profile."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant import terms
from indicant.compile.axioms import Axioms
from indicant.compile.model import (
    CASE,
    EXACTLY,
    FINDING,
    HAS_FINDING,
    INTEGERS,
    INTERVENTION,
    MAX_DEPTH,
    RECEIVED,
    ROLES,
    And,
    ClassFacet,
    Const,
    Existential,
    Expression,
    Facet,
    IndividualFacet,
    LiteralFacet,
    Model,
    Not,
    Or,
    Range,
    RangeFacet,
    Recommendation,
    Term,
    existentials,
    is_exact,
    number_of,
    oversize,
)
from indicant.errors import IndicantError
from indicant.terms import IND, OWL, RDF, RDFS, TYPE, XSD, is_blank, local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from indicant.files.sources import Source

MOST_PAIRS: Final = 5_000_000
"""How many pairs of a class and one above it are read: some 500 MB."""
_SPLIT: Final = "say it with fewer levels and parts, or as several recommendations"


_TRUTH: Final = {"true": True, "1": True, "false": False, "0": False}


class _Reader(Axioms):
    """Walks the triples of a source and fills a model."""

    def __init__(self, source: Source, problems: list[IndicantError] | None = None) -> None:
        super().__init__(source)
        self.model = Model()
        self._problems = problems
        self._reading: list[str] = []
        self._depth = 0
        self._pairs = 0
        self._groups: dict[str, set[str]] = {}
        self._ranges: dict[str, set[str]] = {}

    def attempt(self, step: Callable[..., object], *given: object) -> None:
        """Take a step, and where refusals are collected go on after one."""
        reading = len(self._reading)
        try:
            step(*given)
        except IndicantError as error:
            if self._problems is None:
                raise
            del self._reading[reading:]
            self._problems.append(error)
        except RecursionError:
            if self._problems is None or not isinstance(given[0], (ox.NamedNode, ox.BlankNode)):
                raise
            del self._reading[reading:]
            name = local_name(given[0].value)
            self._problems.append(
                self.refuse(given[0], name, "a class expression is nested too deeply, or in itself")
            )

    def _told(self, iri: str) -> bool:
        """Tell whether a term is declared, so that a refusal told already made it unknown."""
        return bool(self._problems) and bool(self.values(ox.NamedNode(iri), TYPE))

    def grammar(self) -> None:
        self.hold_to_grammar(self._problems)

    # ------------------------------------------------------------------ vocabulary

    def vocabulary(self) -> None:
        for node, properties in list(self.index.items()):
            self.attempt(self._refuse_foreign_axioms, node, properties)
        model = self.model
        criteria = set(self.subjects(IND + "Criterion"))
        for node in self.subjects(OWL + "Class", RDFS + "Class"):
            if is_blank(node) or not isinstance(node, ox.NamedNode) or node in criteria:
                continue
            model.parents.setdefault(node.value, set())
        for subject in list(self.index):
            self.attempt(self._class_axioms, subject, criteria)
        self._close()
        for node in self.subjects(OWL + "FunctionalProperty"):
            if isinstance(node, ox.NamedNode):
                model.functional.add(node.value)
        for node in self.subjects(OWL + "DatatypeProperty"):
            assert isinstance(node, ox.NamedNode)  # noqa: S101
            for value in self.values(node, RDFS + "range"):
                self.attempt(self._data_property, node, value)
        for subject, properties in self.index.items():
            if isinstance(subject, ox.NamedNode) and not is_blank(subject):
                for cls in properties.get(TYPE, ()):
                    if isinstance(cls, ox.NamedNode) and not cls.value.startswith((OWL, RDF, RDFS)):
                        model.types.setdefault(subject.value, set()).add(cls.value)
        for name, classes in self._ranges.items():
            model.kinds[name] = frozenset().union(
                *(model.above.get(cls, frozenset({cls})) for cls in classes)
            )
        self.attempt(self._different)
        self.attempt(self._nested_once)

    def _data_property(self, node: ox.NamedNode, value: Term) -> None:
        self.one(node, RDFS + "range")
        self.model.ranges[node.value] = self.data_range(value, node)

    def _refuse_foreign_axioms(self, node: Term, properties: dict[str, list[Term]]) -> None:
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
        relevant = set(ROLES) | {IND + "shows", IND + "excludes"}
        for predicate, word in facts.items():
            for value in properties.get(predicate, ()):
                raise self.refuse(
                    node,
                    f"{self.manchester(node)} {local_name(predicate)} {self.manchester(value)}",
                    f"{word} axioms are not part of it",
                )
        for value in properties.get(RDFS + "subPropertyOf", ()):
            names = {getattr(node, "value", ""), getattr(value, "value", "")}
            if names & relevant:
                raise self.refuse(
                    node,
                    f"{self.manchester(node)} subPropertyOf {self.manchester(value)}",
                    "no property is above or below the roles of a case",
                )
        if ox.NamedNode(OWL + "AllDisjointProperties") in properties.get(TYPE, ()):
            raise self.refuse(
                node, "AllDisjointProperties", "disjoint properties are not part of it"
            )
        for kind in ("Transitive", "Reflexive", "InverseFunctional", "Asymmetric"):
            if ox.NamedNode(OWL + kind + "Property") in properties.get(TYPE, ()):
                raise self.refuse(
                    node, f"{self.manchester(node)} is {kind.lower()}", "not part of it"
                )
        if ox.NamedNode(OWL + "ObjectProperty") in properties.get(TYPE, ()):
            for value in properties.get(RDFS + "range", ()):
                self._object_range(node, value)
        for cls in properties.get(TYPE, ()):
            if is_blank(cls):
                raise self.refuse(
                    node,
                    f"{self.manchester(node)} type {self.manchester(cls)}",
                    "an individual has named classes only",
                )

    def _object_range(self, node: Term, value: Term) -> None:
        axiom = f"{self.manchester(node)} range {self.manchester(value)}"
        if not isinstance(node, ox.NamedNode) or not isinstance(value, ox.NamedNode):
            raise self.refuse(node, axiom, "a range is a named class")
        if is_blank(value) or node.value in {*ROLES, IND + "shows", IND + "excludes"}:
            raise self.refuse(node, axiom, "only a property of findings or courses has a range")
        self._ranges.setdefault(node.value, set()).add(value.value)

    def _class_axioms(self, node: Term, criteria: set[ox.NamedNode | ox.BlankNode]) -> None:
        properties = self.index[node]
        for parent in properties.get(RDFS + "subClassOf", ()):
            self._subclass(node, parent, criteria)
        for other in properties.get(OWL + "disjointWith", ()):
            self._disjoint(node, [node, other], criteria)
        if ox.NamedNode(OWL + "AllDisjointClasses") in properties.get(TYPE, ()):
            head = self.one(node, OWL + "members")
            if head is not None:
                self._disjoint(node, self.members(head, node), criteria)
        if node in criteria:
            return
        for predicate in ("equivalentClass", "intersectionOf", "unionOf", "complementOf", "oneOf"):
            for value in properties.get(OWL + predicate, ()):
                if predicate == "equivalentClass" and self._equal(node, value, criteria):
                    continue
                if not is_blank(node):
                    raise self.refuse(
                        node,
                        f"{self.manchester(node)} {predicate} {self.manchester(value)}",
                        "only criteria are defined by class expressions",
                        "type the class ind:Criterion, or use rdfs:subClassOf with a named class",
                    )

    def _equal(self, node: Term, other: Term, criteria: set[ox.NamedNode | ox.BlankNode]) -> bool:
        """Take two named classes for one, if that is what they are said to be."""
        if not isinstance(node, ox.NamedNode) or not isinstance(other, ox.NamedNode):
            return False
        if is_blank(node) or is_blank(other) or {node, other} & criteria:
            return False
        group = self._groups.get(node.value, {node.value}) | self._groups.get(
            other.value, {other.value}
        )
        for name in group:
            self._groups[name] = group
            self.model.parents.setdefault(name, set())
        return True

    def _subclass(
        self, node: Term, parent: Term, criteria: set[ox.NamedNode | ox.BlankNode]
    ) -> None:
        axiom = f"{self.manchester(node)} subClassOf {self.manchester(parent)}"
        if is_blank(node):
            raise self.refuse(node, axiom, "the subclass shall be a named class")
        assert isinstance(node, ox.NamedNode)  # noqa: S101
        if isinstance(parent, ox.NamedNode) and not is_blank(parent):
            if node in criteria:
                if parent.value not in {CASE, OWL + "Thing"}:
                    raise self.refuse(
                        node, axiom, "a criterion is defined by owl:equivalentClass alone"
                    )
            elif parent in criteria:
                raise self.refuse(node, axiom, "nothing is below a criterion")
            elif parent.value != OWL + "Thing":
                self.model.parents.setdefault(node.value, set()).add(parent.value)
                self.model.parents.setdefault(parent.value, set())
            return
        role = self.one(parent, OWL + "onProperty")
        cls = self.one(parent, OWL + "onClass")
        limit = self.one(parent, OWL + "maxQualifiedCardinality")
        if (
            node.value == CASE
            and isinstance(role, ox.NamedNode)
            and role.value in {HAS_FINDING, RECEIVED}
            and isinstance(cls, ox.NamedNode)
            and not is_blank(cls)
            and isinstance(limit, ox.Literal)
            and limit.value == "1"
        ):
            self.model.once.setdefault(cls.value, set()).add(role.value)
            return
        raise self.refuse(
            node,
            axiom,
            "a superclass is a named class, or 'max 1' of ind:hasFinding or ind:received for "
            "ind:PatientCase",
        )

    def _disjoint(
        self, node: Term, members: list[Term], criteria: set[ox.NamedNode | ox.BlankNode]
    ) -> None:
        for member in members:
            if is_blank(member) or member in criteria:
                raise self.refuse(
                    node,
                    "DisjointClasses " + ", ".join(self.manchester(one) for one in members),
                    "only named classes that are no criteria are disjoint",
                )
        names = [member.value for member in members if isinstance(member, ox.NamedNode)]
        self._pairs += len(names) ** 2
        if self._pairs > MOST_PAIRS:
            raise self.refuse(
                node,
                f"DisjointClasses of {len(names):,} classes",
                f"there are more than {MOST_PAIRS:,} pairs of disjoint classes",
                "say it of fewer classes further up",
            )
        together = frozenset(names)
        for one in names:
            self.model.apart[one] = self.model.apart.get(one, frozenset()) | (together - {one})

    def _close(self) -> None:
        model = self.model
        order: list[str] = []
        state: dict[str, int] = {}
        model.same = {name: min(group) for name, group in self._groups.items()}
        model.once = self._joined(model.once)
        asserted = self._joined(model.parents)
        for start in sorted(asserted):
            stack = [(start, iter(sorted(asserted[start])))]
            if state.setdefault(start, 0):
                continue
            state[start] = 1
            while stack:
                cls, parents = stack[-1]
                for parent in parents:
                    if state.get(parent, 0) == 1:
                        names = [entry[0] for entry in stack]
                        cycle = [*names[names.index(parent) :], parent]
                        raise self.refuse(
                            ox.NamedNode(parent),
                            " subClassOf ".join(local_name(name) for name in cycle),
                            "the hierarchy is cyclic",
                        )
                    if not state.get(parent):
                        state[parent] = 1
                        stack.append((parent, iter(sorted(asserted.get(parent, ())))))
                        break
                else:
                    state[cls] = 2
                    order.append(cls)
                    stack.pop()
        pairs = 0
        for cls in order:
            group = self._groups.get(cls, {cls})
            above = frozenset(group).union(*(model.above[one] for one in asserted.get(cls, ())))
            model.above.update(dict.fromkeys(group, above))
            pairs += len(above)
            if pairs > MOST_PAIRS:
                raise self.refuse(
                    ox.NamedNode(cls),
                    f"{local_name(cls)} below {len(above) - 1:,} classes",
                    f"there are more than {MOST_PAIRS:,} pairs of a class and one above it",
                    "import a smaller part of the ontology",
                )
        below: dict[str, set[str]] = defaultdict(set)
        for cls, above in model.above.items():
            for parent in above:
                below[parent].add(cls)
        pairs = 0
        apart: dict[str, set[str]] = defaultdict(set)
        for one, others in model.apart.items():
            for other in others:
                for sub in below.get(one, {one}):
                    before = len(apart[sub])
                    apart[sub] |= below.get(other, {other})
                    pairs += len(apart[sub]) - before
                if pairs > MOST_PAIRS:
                    raise self.refuse(
                        ox.NamedNode(one),
                        f"{local_name(one)} disjoint with {local_name(other)}",
                        f"there are more than {MOST_PAIRS:,} pairs of disjoint classes",
                        "say it of fewer classes further up",
                    )
        model.apart = {cls: frozenset(others) for cls, others in apart.items()}
        for cls, others in model.apart.items():
            if cls in others:
                raise self.refuse(
                    ox.NamedNode(cls),
                    f"{local_name(cls)} below two disjoint classes",
                    "the class can have no member",
                )

    def _joined(self, sets: dict[str, set[str]]) -> dict[str, set[str]]:
        """Return sets by class, with one class standing for all that are the same."""
        same = self.model.same
        found: dict[str, set[str]] = {}
        for cls, others in sets.items():
            one = same.get(cls, cls)
            names = {same.get(other, other) for other in others}
            found.setdefault(one, set()).update(names - {one} if cls in same else names)
        return found

    def _different(self) -> None:
        for node in self.subjects(OWL + "AllDifferent"):
            for predicate in ("distinctMembers", "members"):
                head = self.one(node, OWL + predicate)
                if head is not None:
                    self._mark_different(self.members(head, node))
        for subject, properties in self.index.items():
            for other in properties.get(OWL + "differentFrom", ()):
                self._mark_different([subject, other])

    def _mark_different(self, members: list[Term]) -> None:
        names = [member.value for member in members if isinstance(member, ox.NamedNode)]
        for name in names:
            self.model.different.setdefault(name, set()).update(set(names) - {name})

    def _nested_once(self) -> None:
        model = self.model
        for one in sorted(model.once):
            for other in sorted(model.once):
                if (
                    one < other
                    and model.once[one] & model.once[other]
                    and one not in model.above.get(other, ())
                    and other not in model.above.get(one, ())
                    and not model.disjoint(one, other)
                ):
                    raise self.refuse(
                        ox.NamedNode(one),
                        f"PatientCase max 1 {local_name(one)} and max 1 {local_name(other)}",
                        "courses recorded once are disjoint, or one is below the other",
                        f"add  {local_name(one)} owl:disjointWith {local_name(other)}",
                    )

    # ------------------------------------------------------------------ criteria

    def criteria(self) -> None:
        for node in self.subjects(IND + "Criterion"):
            if isinstance(node, ox.NamedNode) and node.value.startswith(IND):
                continue
            assert isinstance(node, ox.NamedNode)  # noqa: S101
            self.attempt(self.criterion, node)

    def criterion(self, node: ox.NamedNode) -> Expression:
        self.demand_reading(node)
        name = node.value
        if name in self.model.criteria:
            return self.model.criteria[name]
        if name in self._reading:
            cycle = [*self._reading[self._reading.index(name) :], name]
            raise self.refuse(
                node, " uses ".join(local_name(one) for one in cycle), "criteria are cyclic"
            )
        definitions = self.values(node, OWL + "equivalentClass")
        if len(definitions) != 1:
            raise self.refuse(
                node,
                local_name(name),
                f"a criterion has exactly one owl:equivalentClass, not {len(definitions)}",
            )
        for predicate in ("intersectionOf", "unionOf", "complementOf", "oneOf"):
            if self.values(node, OWL + predicate):
                raise self.refuse(
                    node,
                    f"{local_name(name)} {predicate} …",
                    "put the expression under owl:equivalentClass",
                )
        self._reading.append(name)
        expression = self.expression(definitions[0], node)
        self._reading.pop()
        if ox.NamedNode(CASE) in self.values(node, RDFS + "subClassOf") and self._beside_cases(
            definitions[0]
        ):
            raise self.refuse(
                node,
                local_name(name),
                "it is below ind:PatientCase and holds of everything that is no case",
                "write  owl:intersectionOf ( ind:PatientCase … )",
            )
        self.model.criteria[name] = expression
        return expression

    def _beside_cases(self, node: Term) -> bool:
        """Tell whether a class expression holds of what is no case and is related to nothing."""
        if isinstance(node, ox.NamedNode) and not is_blank(node):
            definition = self.one(node, OWL + "equivalentClass")
            if definition is None:
                return node.value == OWL + "Thing"
            above = self.values(node, RDFS + "subClassOf")
            return ox.NamedNode(CASE) not in above and self._beside_cases(definition)
        complement = self.one(node, OWL + "complementOf")
        if complement is not None:
            return not self._beside_cases(complement)
        union = self.one(node, OWL + "unionOf")
        if union is not None:
            return any(self._beside_cases(part) for part in self.members(union, node))
        parts = self.one(node, OWL + "intersectionOf")
        return parts is not None and all(
            self._beside_cases(part) for part in self.members(parts, node)
        )

    def expression(self, node: Term, about: ox.NamedNode) -> Expression:
        """Read a class expression, and refuse one that is more than can be compiled."""
        if self._depth > MAX_DEPTH:
            why = f"it is nested more than {MAX_DEPTH} levels deep, or within itself"
            raise self.refuse(about, local_name(about.value), why, _SPLIT)
        self._depth += 1
        try:
            found = self._expression(node, about)
        finally:
            self._depth -= 1
        too_large = oversize(found)
        if too_large is not None:
            raise self.refuse(about, local_name(about.value), too_large, _SPLIT)
        return found

    def _expression(self, node: Term, about: ox.NamedNode) -> Expression:
        if not is_blank(node):
            assert isinstance(node, ox.NamedNode)  # noqa: S101
            if node.value in {CASE, OWL + "Thing"}:
                return Const(True)
            if node.value == OWL + "Nothing":
                return Const(False)
            if ox.NamedNode(IND + "Criterion") in self.values(node, TYPE):
                return self.criterion(node)
            raise self.refuse(
                about,
                f"{local_name(about.value)}: {local_name(node.value)}",
                "a criterion names other criteria, not classes of findings or interventions",
                f"write  ind:hasFinding some {local_name(node.value)}",
            )
        for predicate in ("intersectionOf", "unionOf"):
            head = self.one(node, OWL + predicate)
            if head is not None:
                parts = tuple(self.expression(part, about) for part in self.members(head, about))
                return And(parts) if predicate == "intersectionOf" else Or(parts)
        complement = self.one(node, OWL + "complementOf")
        if complement is not None:
            return Not(self.expression(complement, about))
        role = self.one(node, OWL + "onProperty")
        filler = self.one(node, OWL + "someValuesFrom")
        if isinstance(role, ox.NamedNode) and role.value in ROLES and filler is not None:
            return self.existential(role.value, filler, node, about)
        raise self.refuse(
            about,
            f"{local_name(about.value)}: {self.manchester(node)}",
            "a criterion is built with and, or, not from 'role some class', the role being "
            "ind:hasFinding, ind:received or ind:proposes",
        )

    def existential(self, role: str, filler: Term, node: Term, about: ox.NamedNode) -> Existential:
        text = f"{local_name(about.value)}: {self.manchester(node)}"
        parts = [filler]
        if is_blank(filler):
            head = self.one(filler, OWL + "intersectionOf")
            parts = [filler] if head is None else self.members(head, about)
        named = [
            part.value for part in parts if isinstance(part, ox.NamedNode) and not is_blank(part)
        ]
        if len(named) != 1:
            raise self.refuse(
                about,
                text,
                f"a filler has one named class, not {len(named)}",
                f"begin the intersection with one, such as ind:{local_name(ROLES[role])}",
            )
        cls = self.model.same.get(named[0], named[0])
        above = self.model.above.get(cls)
        if above is None:
            raise self.refuse(
                about,
                text,
                f"no class {cls} is declared",
                "declare it, or add the owl:imports of the ontology that does",
            )
        if ROLES[role] not in above:
            raise self.refuse(
                about,
                text,
                f"{local_name(cls)} is not below ind:{local_name(ROLES[role])}, which "
                f"ind:{local_name(role)} takes",
            )
        facets = frozenset(self.facet(part, about, text) for part in parts if is_blank(part))
        return Existential(role, cls, facets)

    def facet(self, node: Term, about: ox.NamedNode, text: str) -> Facet:
        on = self.one(node, OWL + "onProperty")
        if not isinstance(on, ox.NamedNode) or is_blank(on):
            raise self.refuse(about, text, "a facet restricts one named property")
        name = on.value
        kinds = {kind.value for kind in self.values(on, TYPE) if isinstance(kind, ox.NamedNode)}
        some = self.one(node, OWL + "someValuesFrom")
        value = self.one(node, OWL + "hasValue")
        if OWL + "DatatypeProperty" in kinds:
            if name not in self.model.functional:
                raise self.refuse(about, text, f"{local_name(name)} is not declared functional")
            if some is not None:
                numbers = self.data_range(some, about)
                if isinstance(numbers, Range):
                    if any(abs(one) >= 2**63 for one in numbers.bounds().values()):
                        raise self.refuse(about, text, EXACTLY, "use xsd:integer with bounds")
                    return RangeFacet(name, numbers)
            if isinstance(value, ox.Literal):
                constant = self._constant(value, about, text)
                if isinstance(constant, Decimal):
                    return RangeFacet(name, Range(min_inclusive=constant, max_inclusive=constant))
                return LiteralFacet(name, constant)
        elif OWL + "ObjectProperty" in kinds:
            if name in ROLES or name == IND + "shows":
                raise self.refuse(
                    about,
                    text,
                    f"ind:{local_name(name)} is no facet",
                    "what an investigation shows, the case has: use ind:hasFinding",
                )
            if isinstance(value, ox.NamedNode) and not is_blank(value):
                return IndividualFacet(name, value.value)
            if isinstance(some, ox.NamedNode) and not is_blank(some):
                return ClassFacet(name, self._class_of_values(some, about, text))
        else:
            raise self.refuse(
                about,
                text,
                f"{local_name(name)} is declared neither as data nor as object property",
            )
        raise self.refuse(
            about,
            text,
            "a facet is a numeric range, a value, or a named class of values",
        )

    def _class_of_values(self, cls: ox.NamedNode, about: ox.NamedNode, text: str) -> str:
        """Return a class of which a facet demands a value, if every case has it decided."""
        if ox.NamedNode(OWL + "Class") not in self.values(cls, TYPE):
            raise self.refuse(
                about,
                text,
                f"no class {local_name(cls.value)} is declared",
                "declare it, or add the owl:imports of the ontology that does",
            )
        records = {FINDING, INTERVENTION, CASE}
        if records & (self.model.above.get(cls.value, frozenset()) | {cls.value}):
            raise self.refuse(
                about,
                text,
                f"{local_name(cls.value)} is a class of records, and what one record has to do "
                "with another is not decided",
                "a facet takes a class of values, such as degrees; state what is related as a "
                "finding or an intervention of its own",
            )
        return cls.value

    def _constant(self, value: ox.Literal, about: ox.NamedNode, text: str) -> Decimal | str | bool:
        number = number_of(value)
        if number is not None:
            if not is_exact(value):
                raise self.refuse(about, text, EXACTLY, "round it, or state it in another unit")
            return number
        datatype = value.datatype.value
        if datatype == XSD + "boolean" and value.value in _TRUTH:
            return _TRUTH[value.value]
        if datatype == XSD + "string" and not value.language:
            return value.value
        if datatype in {XSD + "boolean", XSD + "decimal"} or datatype.removeprefix(XSD) in INTEGERS:
            raise self.refuse(
                about, text, f"{self.manchester(value)} is no xsd:{local_name(datatype)}"
            )
        raise self.refuse(about, text, f"values of type {local_name(datatype)} are not compared")

    def decided_values(self, facets: Iterable[Facet]) -> None:
        """Refuse facets over individuals of which the ontology leaves identity or class open."""
        model = self.model
        used: dict[str, set[str]] = defaultdict(set)
        classes: dict[str, set[str]] = defaultdict(set)
        for facet in facets:
            if isinstance(facet, IndividualFacet):
                used[facet.property].add(facet.individual)
                missing = model.kinds.get(facet.property, frozenset()) - model.value_classes(
                    facet.individual
                )
                for cls in sorted(missing):
                    raise self.refuse(
                        ox.NamedNode(facet.individual),
                        f"{local_name(facet.property)} value {local_name(facet.individual)}",
                        f"the individual is not said to be a {local_name(cls)}",
                    )
            elif isinstance(facet, ClassFacet):
                used[facet.property].update(model.values_in(facet.property, facet.cls))
                classes[facet.property].add(facet.cls)
        for name, individuals in used.items():
            kinds = {cls for one in individuals for cls in model.types.get(one, ())}
            kinds -= {cls for cls in kinds if cls.startswith(OWL)}
            peers = {one for one, types in model.types.items() if types & kinds}
            for one in sorted(peers):
                for other in sorted(peers - {one}):
                    if other not in model.different.get(one, ()):
                        raise self.refuse(
                            ox.NamedNode(one),
                            f"{local_name(name)} value {local_name(one)}",
                            f"it is not said to be different from {local_name(other)}",
                            "list the values in an owl:AllDifferent",
                        )
            for cls in sorted(classes[name]):
                for one in sorted(peers):
                    known = model.value_classes(one)
                    if cls not in known and not any(model.disjoint(cls, other) for other in known):
                        raise self.refuse(
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
        for node, properties in self.index.items():
            for value in properties.get(RDFS + "subPropertyOf", ()):
                if used & {getattr(node, "value", ""), getattr(value, "value", "")}:
                    raise self.refuse(
                        node,
                        f"{self.manchester(node)} subPropertyOf {self.manchester(value)}",
                        "no property of a criterion is above or below another",
                    )

    # ------------------------------------------------------------------ recommendations

    def recommendations(self) -> None:
        model = self.model
        against = {IND + "Contraindication", IND + "NonIndication"}
        for node in self.subjects(IND + "Indication", *against):
            self.attempt(self._recommendation, node, against)
        for recommendation in model.recommendations.values():
            self.attempt(self._overriding, recommendation)

    def _recommendation(self, node: Term, against: set[str]) -> None:
        model = self.model
        if not isinstance(node, ox.NamedNode) or is_blank(node):
            raise self.refuse(node, "a recommendation without a name", "it needs an IRI")
        self.demand_reading(node)
        kinds = {kind.value for kind in self.values(node, TYPE) if hasattr(kind, "value")}
        action = self._single(node, IND + "action")
        criterion = self._single(node, IND + "criterion")
        if criterion not in model.criteria:
            if self._told(criterion):
                return
            raise self.refuse(
                node,
                f"{local_name(node.value)} criterion {local_name(criterion)}",
                "no such ind:Criterion is defined",
            )
        if INTERVENTION not in model.above.get(action, ()):
            raise self.refuse(
                node,
                f"{local_name(node.value)} action {local_name(action)}",
                "no such class is declared below ind:Intervention",
            )
        part = self.one(node, terms.DCTERMS + "isPartOf")
        if part is not None and not isinstance(part, ox.NamedNode):
            raise self.refuse(
                node,
                f"{local_name(node.value)} isPartOf {self.manchester(part)}",
                "what a recommendation is part of is a guideline, named by its IRI",
            )
        model.recommendations[node.value] = Recommendation(
            iri=node.value,
            action=model.same.get(action, action),
            criterion=criterion,
            against=bool(kinds & against),
            non_indication=IND + "NonIndication" in kinds,
            guideline=None if part is None else part.value,
            overrides=frozenset(
                other.value
                for other in self.values(node, IND + "overrides")
                if isinstance(other, ox.NamedNode)
            ),
        )

    def _overriding(self, recommendation: Recommendation) -> None:
        for other in recommendation.overrides:
            if other not in self.model.recommendations and not self._told(other):
                raise self.refuse(
                    ox.NamedNode(recommendation.iri),
                    f"{local_name(recommendation.iri)} overrides {local_name(other)}",
                    "no such recommendation is defined",
                )

    def _single(self, node: ox.NamedNode, predicate: str) -> str:
        values = self.values(node, predicate)
        if len(values) != 1 or not isinstance(values[0], ox.NamedNode):
            raise self.refuse(
                node,
                local_name(node.value),
                f"a recommendation has exactly one ind:{local_name(predicate)}, not {len(values)}",
            )
        return values[0].value

    def guidelines(self) -> None:
        for node in self.subjects(IND + "Guideline"):
            if isinstance(node, ox.NamedNode):
                self.attempt(self._guideline, node)

    def _guideline(self, node: ox.NamedNode) -> None:
        self.demand_reading(node)
        self.model.guidelines.append(node.value)
        scope = self.one(node, IND + "scope")
        if isinstance(scope, ox.NamedNode):
            if scope.value not in self.model.criteria and not self._told(scope.value):
                raise self.refuse(
                    node,
                    f"{local_name(node.value)} scope {local_name(scope.value)}",
                    "no such ind:Criterion is defined",
                )
            self.model.scopes[node.value] = scope.value
        version = self.one(node, OWL + "versionInfo")
        if isinstance(version, ox.Literal):
            self.model.version[node.value] = version.value


def read_model(source: Source) -> Model:
    """Read a guideline into a model.

    Raises:
        IndicantError: something lies outside the profile; the message names file, line and axiom.
    """
    return _read(_Reader(source))


def refusals(source: Source) -> list[IndicantError]:
    """Return all that lies outside the profile, as far as one refusal does not hide another."""
    problems: list[IndicantError] = []
    try:
        _read(_Reader(source, problems))
    except IndicantError as error:
        problems.append(error)
    return list({str(one): one for one in problems}.values())


def _read(reader: _Reader) -> Model:
    reader.grammar()
    reader.vocabulary()
    reader.criteria()
    facets = {
        facet
        for expression in reader.model.criteria.values()
        for existential in existentials(expression)
        for facet in existential.facets
    }
    reader.attempt(reader.decided_values, facets)
    reader.attempt(reader.plain_properties, facets)
    reader.recommendations()
    reader.guidelines()
    return reader.model
