"""Read what the classes of a vocabulary are below, the same as, apart from and had once of."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.model import CASE, HAS_FINDING, RECEIVED
from indicant.terms import IND, OWL, RDFS, TYPE, is_blank, local_name

if TYPE_CHECKING:
    from indicant.compile.axioms import Axioms
    from indicant.compile.model import Model, Term

MOST_PAIRS: Final = 5_000_000
"""How many pairs of a class and one above it are read: some 500 MB."""

_SHOWN: Final = 10
"""How many pairs an error names."""


class Hierarchy:
    """Fills a model with the classes of a vocabulary, the hierarchy closed."""

    def __init__(self, axioms: Axioms, model: Model) -> None:
        self._axioms = axioms
        self._model = model
        self._criteria = set(axioms.subjects(IND + "Criterion"))
        self._pairs = 0
        self._groups: dict[str, set[str]] = {}

    def read(self) -> None:
        """Read the axioms about classes, and close the hierarchy.

        Raises:
            IndicantError: it cannot be closed.
        """
        for node in self._axioms.subjects(OWL + "Class", RDFS + "Class"):
            if is_blank(node) or not isinstance(node, ox.NamedNode) or node in self._criteria:
                continue
            self._model.parents.setdefault(node.value, set())
        for subject in list(self._axioms.index):
            self._axioms.attempt(self._class_axioms, subject)
        self._close()

    def _class_axioms(self, node: Term) -> None:
        properties = self._axioms.index[node]
        for parent in properties.get(RDFS + "subClassOf", ()):
            self._subclass(node, parent)
        for other in properties.get(OWL + "disjointWith", ()):
            self._disjoint(node, [node, other])
        if ox.NamedNode(OWL + "AllDisjointClasses") in properties.get(TYPE, ()):
            head = self._axioms.one(node, OWL + "members")
            if head is not None:
                self._disjoint(node, self._axioms.members(head, node))
        if node in self._criteria:
            return
        for predicate in ("equivalentClass", "intersectionOf", "unionOf", "complementOf", "oneOf"):
            for value in properties.get(OWL + predicate, ()):
                if predicate == "equivalentClass" and self._equal(node, value):
                    continue
                if not is_blank(node):
                    words = self._axioms.manchester
                    raise self._axioms.refuse(
                        node,
                        f"{words(node)} {predicate} {words(value)}",
                        "only criteria are defined by class expressions",
                        "type the class ind:Criterion, or use rdfs:subClassOf with a named class",
                    )

    def _equal(self, node: Term, other: Term) -> bool:
        """Take two named classes for one, if that is what they are said to be."""
        if not isinstance(node, ox.NamedNode) or not isinstance(other, ox.NamedNode):
            return False
        if is_blank(node) or is_blank(other) or {node, other} & self._criteria:
            return False
        group = self._groups.get(node.value, {node.value}) | self._groups.get(
            other.value, {other.value}
        )
        for name in group:
            self._groups[name] = group
            self._model.parents.setdefault(name, set())
        return True

    def _subclass(self, node: Term, parent: Term) -> None:
        axiom = f"{self._axioms.manchester(node)} subClassOf {self._axioms.manchester(parent)}"
        if is_blank(node):
            raise self._axioms.refuse(node, axiom, "the subclass shall be a named class")
        assert isinstance(node, ox.NamedNode)  # noqa: S101
        if isinstance(parent, ox.NamedNode) and not is_blank(parent):
            if node in self._criteria:
                if parent.value not in {CASE, OWL + "Thing"}:
                    raise self._axioms.refuse(
                        node, axiom, "a criterion is defined by owl:equivalentClass alone"
                    )
            elif parent in self._criteria:
                raise self._axioms.refuse(node, axiom, "nothing is below a criterion")
            elif parent.value != OWL + "Thing":
                self._model.parents.setdefault(node.value, set()).add(parent.value)
                self._model.parents.setdefault(parent.value, set())
            return
        role = self._axioms.one(parent, OWL + "onProperty")
        cls = self._axioms.one(parent, OWL + "onClass")
        limit = self._axioms.one(parent, OWL + "maxQualifiedCardinality")
        if (
            node.value == CASE
            and isinstance(role, ox.NamedNode)
            and role.value in {HAS_FINDING, RECEIVED}
            and isinstance(cls, ox.NamedNode)
            and not is_blank(cls)
            and isinstance(limit, ox.Literal)
            and limit.value == "1"
        ):
            self._model.once.setdefault(cls.value, set()).add(role.value)
            return
        raise self._axioms.refuse(
            node,
            axiom,
            "a superclass is a named class, or 'max 1' of ind:hasFinding or ind:received for "
            "ind:PatientCase",
            "say it of cases, in a criterion; a vocabulary says which class is below which",
        )

    def _disjoint(self, node: Term, members: list[Term]) -> None:
        for member in members:
            if is_blank(member) or member in self._criteria:
                raise self._axioms.refuse(
                    node,
                    "DisjointClasses " + ", ".join(self._axioms.manchester(one) for one in members),
                    "only named classes that are no criteria are disjoint",
                )
        names = [member.value for member in members if isinstance(member, ox.NamedNode)]
        self._pairs += len(names) ** 2
        if self._pairs > MOST_PAIRS:
            raise self._axioms.refuse(
                node,
                f"DisjointClasses of {len(names):,} classes",
                f"there are more than {MOST_PAIRS:,} pairs of disjoint classes",
                "say it of fewer classes further up",
            )
        together = frozenset(names)
        for one in names:
            self._model.apart[one] = self._model.apart.get(one, frozenset()) | (together - {one})

    def _tell_quantities_apart(self) -> None:
        """Let a case have one of each quantity, and none be another."""
        names = sorted(
            node.value for node in self._axioms.subjects(IND + "Quantity") if not is_blank(node)
        )
        for name in names:
            self._model.once.setdefault(name, set()).add(HAS_FINDING)
            others = frozenset(names) - {name}
            self._model.apart[name] = self._model.apart.get(name, frozenset()) | others

    def _close(self) -> None:
        model = self._model
        self._tell_quantities_apart()
        model.same = {name: min(group) for name, group in self._groups.items()}
        model.once = self._joined(model.once)
        asserted = self._joined(model.parents)
        self._close_above(self._from_above(asserted), asserted)
        self._close_apart()

    def _from_above(self, asserted: dict[str, set[str]]) -> list[str]:
        """Return the classes in an order in which each comes after all above it."""
        order: list[str] = []
        state: dict[str, int] = {}
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
                        raise self._axioms.refuse(
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
        return order

    def _close_above(self, order: list[str], asserted: dict[str, set[str]]) -> None:
        model = self._model
        pairs = 0
        for cls in order:
            group = self._groups.get(cls, {cls})
            above = frozenset(group).union(*(model.above[one] for one in asserted.get(cls, ())))
            model.above.update(dict.fromkeys(group, above))
            pairs += len(above)
            if pairs > MOST_PAIRS:
                raise self._axioms.refuse(
                    ox.NamedNode(cls),
                    f"{local_name(cls)} below {len(above) - 1:,} classes",
                    f"there are more than {MOST_PAIRS:,} pairs of a class and one above it",
                    "import a smaller part of the ontology",
                )

    def _close_apart(self) -> None:
        """Let what is disjoint from a class be so from everything below it."""
        model = self._model
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
                    raise self._axioms.refuse(
                        ox.NamedNode(one),
                        f"{local_name(one)} disjoint with {local_name(other)}",
                        f"there are more than {MOST_PAIRS:,} pairs of disjoint classes",
                        "say it of fewer classes further up",
                    )
        model.apart = {cls: frozenset(others) for cls, others in apart.items()}
        for cls, others in model.apart.items():
            if cls in others:
                raise self._axioms.refuse(
                    ox.NamedNode(cls),
                    f"{local_name(cls)} below two disjoint classes",
                    "the class can have no member",
                )

    def _joined(self, sets: dict[str, set[str]]) -> dict[str, set[str]]:
        """Return sets by class, with one class standing for all that are the same."""
        same = self._model.same
        found: dict[str, set[str]] = {}
        for cls, others in sets.items():
            one = same.get(cls, cls)
            names = {same.get(other, other) for other in others}
            found.setdefault(one, set()).update(names - {one} if cls in same else names)
        return found

    def refuse_unrelated_courses(self) -> None:
        """Refuse classes that are recorded once and of which nothing says how they are related."""
        model = self._model
        unrelated = [
            (local_name(one), local_name(other), one)
            for one in sorted(model.once)
            for other in sorted(model.once)
            if one < other
            and model.once[one] & model.once[other]
            and one not in model.above.get(other, ())
            and other not in model.above.get(one, ())
            and not model.disjoint(one, other)
        ]
        if not unrelated:
            return
        names = sorted({name for pair in unrelated for name in pair[:2]})
        told = "; ".join(f"{one} owl:disjointWith {other}" for one, other, _ in unrelated[:_SHOWN])
        more = f"; and {len(unrelated) - _SHOWN} more" if len(unrelated) > _SHOWN else ""
        raise self._axioms.refuse(
            ox.NamedNode(unrelated[0][2]),
            "PatientCase " + " and ".join(f"max 1 {name}" for name in names),
            "courses recorded once are disjoint, or one is below the other",
            f"add  {told}{more}, or one owl:AllDisjointClasses",
        )
