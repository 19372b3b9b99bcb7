"""Hold a graph to the one reading that the OWL 2 mapping from RDF graphs gives it.

A class expression, a data range, a list or an axiom is spread over triples, and a slip of a comma
makes two of what there is one of. Every reader takes another part of such a node, so that nothing
is read from it at all.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

import pyoxigraph as ox

from indicant.compile.constructs import (
    ANNOTATED,
    AXIOMS,
    EVERY,
    FORMS,
    LISTS,
    NARROWER,
    OF_AN_IRI,
    OF_NAMES_ALONE,
    OF_NAMES_TOO,
    OF_OTHERS,
    PARTS,
    SETS,
    SIGNS,
    TAKES,
    Kind,
)
from indicant.terms import BUILT_IN, IND, OWL, PREFIXES, RDF, RDFS, TYPE, XSD, is_blank, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from indicant.compile.model import Term

    Said = Mapping[str, list[Term]]

MOST_FAULTS: Final = 1000
_MOST_SHOWN: Final = 8
_SWRL: Final = "http://www.w3.org/2003/11/swrl#"
_NIL: Final = ox.NamedNode(RDF + "nil")
_FIRST: Final = RDF + "first"
_REST: Final = RDF + "rest"


_EMPTY: Final = {
    (RDFS + "subClassOf", OWL + "Nothing"),
    (OWL + "disjointWith", OWL + "Thing"),
    (TYPE, OWL + "Nothing"),
}
_ALL_OR_NONE: Final = frozenset({ox.NamedNode(OWL + "Thing"), ox.NamedNode(OWL + "Nothing")})
_DATATYPES: Final = frozenset(
    map(
        ox.NamedNode,
        (
            *(XSD + name for name in BUILT_IN[XSD].split()),
            *(RDF + name for name in ("HTML", "JSON", "PlainLiteral", "XMLLiteral", "langString")),
            *(OWL + name for name in ("rational", "real")),
            RDFS + "Literal",
        ),
    )
)
_EITHER: Final = frozenset({Kind.CLASS, Kind.RANGE})
_RESERVED: Final = (OWL, RDF, RDFS, XSD)
_KNOWN: Final = frozenset(
    namespace + name for namespace, names in BUILT_IN.items() for name in names.split()
)
_AXIOMS: Final = frozenset({RDFS + "subClassOf", OWL + "equivalentClass", OWL + "disjointWith"})
_INTEGERS: Final = re.compile(r"\w*([iI]nteger|[lL]ong|[iI]nt|[sS]hort|[bB]yte)")
_OF_NODES: Final = PARTS - OF_NAMES_TOO
_ONE_OF: Final = (("DatatypeProperty", "ObjectProperty"), ("Class", "Datatype"))
_WAYS: Final = (
    "an anonymous node is one of owl:intersectionOf, unionOf, complementOf and oneOf, or "
    "owl:onProperty with one of owl:someValuesFrom, hasValue and their like, and no more"
)
_WAYS_OF_AXIOMS: Final = (
    "of an expression without a name nothing is said: a vocabulary says which named class is below "
    "which, and what follows from what a case has is a criterion with a recommendation"
)
_WAYS_OF_LISTS: Final = "write a list as  ( … )"
_WAYS_OF_BOUNDS: Final = "each bound has a node of its own:  ( [ xsd:minInclusive 3 ] [ … ] )"


class Fault(NamedTuple):
    """What has not exactly one reading: the node, what it says, why that is none, what to do.

    ``statement`` is what is at fault, where the node has a name and the rest of it stands.
    """

    node: Term
    axiom: str
    why: str
    hint: str | None = None
    statement: tuple[str, Term] | None = None


def faults(graph: Mapping[Term, Said]) -> list[Fault]:
    """Return what a graph says that has not exactly one reading, in the order of the source.

    Args:
        graph: the values by subject and property.
    """
    return _Grammar(graph).faults()


class _Grammar:
    """Goes through a graph: what each node stands for, then how the nodes hang together."""

    def __init__(self, graph: Mapping[Term, Said]) -> None:
        self._graph = graph
        self._blank = {node for node in graph if is_blank(node)}
        self._kinds: dict[Term, Kind | None] = {}
        self._uses: dict[Term, list[tuple[Term, str]]] = defaultdict(list)
        self._heads: list[tuple[Term, str, Term]] = []
        self._found: list[Fault] = []
        self._owners: dict[Term, str] = {}
        self._functional: set[str] = set()
        self._data: set[str] = set()
        self._things: set[str] = set()
        self._notes: set[str] = set()

    def faults(self) -> list[Fault]:
        for node, said in self._graph.items():
            for name, values in said.items():
                for value in values:
                    if value in self._blank or is_blank(value):
                        self._blank.add(value)
                        if name not in ANNOTATED:
                            self._uses[value].append((node, name))
        for node, said in self._graph.items():
            types = frozenset(_iris(said.get(TYPE, ())))
            if not types.isdisjoint(AXIOMS):
                self._kinds[node] = self._axiom(node, said, types)
            elif node in self._blank and not (PARTS.isdisjoint(said) and SIGNS.isdisjoint(types)):
                self._kinds[node] = self._expression(node, said, types)
        self._terms()
        of_owl = {
            name: name.startswith((*_RESERVED, _SWRL))
            for name in {name for said in self._graph.values() for name in said}
        }
        for node, said in self._graph.items():
            whole = self._kinds.get(node, Kind.IRI) is not None
            for name, values in said.items():
                if not of_owl[name] and name not in TAKES:
                    self._uses_of_lists(node, name, values)
                elif not of_owl[name] or self._may_be_said(node, name, values):
                    self._values(node, name, values, whole)
        self._lists()
        self._circles()
        self._facts()
        order = {node: at for at, node in enumerate(self._graph)}
        return sorted(self._found, key=lambda fault: order[fault.node])

    # ------------------------------------------------------------------ what a node stands for

    def _expression(self, node: Term, said: Said, types: frozenset[str]) -> Kind | None:
        """Return what an anonymous node stands for, nothing where that is not clear."""
        parts = frozenset(said) - {TYPE}
        if self._says_twice(node, said, parts & PARTS):
            return None
        forms = FORMS.get(parts)
        if forms is None:
            strange = parts - PARTS if parts & PARTS in FORMS else frozenset()
            ways = _WAYS
            if parts & {_FIRST, _REST}:
                ways = _WAYS_OF_LISTS
            elif any(name.startswith(XSD) for name in parts):
                ways = _WAYS_OF_BOUNDS
            if strange & _AXIOMS:
                ways = _WAYS_OF_AXIOMS
            if strange:
                self._tell(node, f"an expression is all that it is, not {_all(strange)}", ways)
            else:
                given = _all(parts) or f"nothing but the type {_all(types)}"
                self._tell(node, f"OWL has no reading for {given}", ways)
            return None
        for form in forms:
            if types <= form.types | form.also and (types & form.types or not form.types):
                return form.kind
        wanted = " or ".join(sorted({_all(form.types, " or ") for form in forms}))
        self._tell(node, f"its type is {_all(types) or 'missing'}, not {wanted or 'missing'}")
        return None

    def _axiom(self, node: Term, said: Said, types: frozenset[str]) -> Kind | None:
        """Do the same for what is an axiom of its own, which may be annotated and have a name."""
        kinds = sorted(types.intersection(AXIOMS))
        parts = (PARTS | OF_NAMES_ALONE).intersection(said)
        ways = AXIOMS[kinds[0]]
        if len(kinds) > 1 or not types.isdisjoint(SIGNS):
            self._tell_several(node, TYPE, said[TYPE])
        elif self._says_twice(node, said, parts):
            pass
        elif parts not in ways:
            given, wanted = _all(parts) or "nothing", " or ".join(map(_all, ways))
            self._tell(node, f"{_short(kinds[0])} has {wanted}, not {given}")
        elif parts == ANNOTATED and not self._is_stated(said):
            self._tell(node, "what it annotates is stated nowhere", "state it as well")
        else:
            return Kind.AXIOM
        return None

    def _says_twice(self, node: Term, said: Said, parts: Iterable[str]) -> bool:
        several = [name for name in said if name in parts and len(said[name]) > 1]
        for name in several:
            self._tell_several(node, name, said[name])
        return bool(several)

    def _is_stated(self, said: Said) -> bool:
        source, name, target = (
            said[OWL + part][0]
            for part in ("annotatedSource", "annotatedProperty", "annotatedTarget")
        )
        stated = self._graph.get(source, {}).get(getattr(name, "value", ""), [])
        return target in stated or any(self._are_alike(target, other) for other in stated)

    def _are_alike(self, one: Term, other: Term) -> bool:
        """Tell whether two anonymous nodes say the same: some write what is annotated twice."""
        queue, seen = [(one, other)], set()
        while queue:
            pair = first, second = queue.pop()
            if first == second or pair in seen:
                continue
            seen.add(pair)
            left, right = self._graph.get(first, {}), self._graph.get(second, {})
            if not (is_blank(first) and is_blank(second)) or left.keys() != right.keys():
                return False
            for name, values in left.items():
                if name == TYPE:
                    if set(values) != set(right[TYPE]):
                        return False
                elif len(values) > 1 or len(right[name]) > 1:
                    return False
                else:
                    queue.append((values[0], right[name][0]))
        return True

    # ------------------------------------------------------------------ statements

    def _may_be_said(self, node: Term, name: str, values: list[Term]) -> bool:
        """Tell whether a property may be used of a node at all."""
        blank = node in self._blank
        why = None
        if name.startswith(_SWRL):
            why = "rules are not read"
        elif not _is_known(name):
            why = f"there is no {_short(name)} in OWL"
        elif not blank and name in _OF_NODES and node not in self._kinds:
            why = f"{_short(name)} is said of anonymous nodes"
        elif blank and name in OF_NAMES_ALONE:
            why = f"{_short(name)} is said of what has a name"
        elif getattr(node, "value", "").startswith(_RESERVED) and name in OF_NAMES_ALONE:
            why = "what the words of OWL mean is settled"
        if why is None:
            return True
        if not blank or self._kinds.get(node, Kind.IRI) is not None:
            for value in values:
                self._tell_statement(node, name, value, why)
        return False

    def _values(self, node: Term, name: str, values: list[Term], whole: bool) -> None:
        """Hold the values of a property of OWL to what it takes."""
        if name == OWL + "versionIRI":
            self._says_twice(node, {name: values}, (name,))
        takes = self._takes(node, name)
        if name in (_FIRST, _REST) or (not whole and (takes or name in LISTS)):
            return
        if name in LISTS:
            self._heads += [(node, name, value) for value in values]
        elif takes is None:
            self._uses_of_lists(node, name, values)
        else:
            for value in values:
                if takes.isdisjoint(self._kinds_of(value)):
                    self._tell_statement(node, name, value, f"the value is not {_either(takes)}")
                elif node not in self._blank:
                    self._senseless(node, name, value)

    def _takes(self, node: Term, name: str) -> frozenset[Kind] | None:
        """Return what a property takes, by what it is said of where that decides it."""
        takes = TAKES.get(name)
        if takes != _EITHER:
            return takes
        said = self._graph[node]
        types = set(_iris(said.get(TYPE, ())))
        about = {*_iris(said.get(OWL + "onProperty", ())), getattr(node, "value", "")}
        if self._data & about or RDFS + "Datatype" in types:
            return frozenset({Kind.RANGE})
        if self._things & about or OWL + "Class" in types:
            return frozenset({Kind.CLASS})
        return takes

    def _uses_of_lists(self, node: Term, name: str, values: list[Term]) -> None:
        """Let any property have lists, and none but those of OWL what else is OWL's own."""
        for value in values:
            if value in self._blank:
                kind = self._kinds.get(value)
                if kind is Kind.LIST:
                    self._heads.append((node, name, value))
                elif kind is not None:
                    why = f"{_short(name)} takes no anonymous expression"
                    self._tell_statement(node, name, value, why)

    def _senseless(self, node: Term, name: str, value: Term) -> None:
        """Refuse what can be read and leaves a class without members, or a name without meaning."""
        iri = getattr(value, "value", "")
        if name == TYPE and iri.startswith(_RESERVED) and not _is_known(iri):
            self._tell_statement(node, name, value, f"there is no {_short(iri)} in OWL")
        elif name in OF_OTHERS and value == node:
            self._tell_statement(node, name, value, "it is said of itself")
        elif (name, iri) in _EMPTY:
            self._tell_statement(node, name, value, "nothing can be a member")
        elif (
            name == OWL + "equivalentClass"
            and value in _ALL_OR_NONE
            and IND + "Criterion" not in _iris(self._graph[node].get(TYPE, ()))
        ):
            self._tell_statement(node, name, value, "a class is neither everything nor nothing")

    def _kinds_of(self, term: Term) -> frozenset[Kind]:
        """Return all that a term can stand for."""
        if isinstance(term, ox.Literal):
            return frozenset(_kinds_of_literal(term))
        if term in self._blank:
            kind = self._kinds.get(term, Kind.INDIVIDUAL)
            return EVERY if kind is None else frozenset({kind})
        if term == _NIL:
            return frozenset({Kind.LIST})
        types = set(_iris(self._graph[term].get(TYPE, ()))) if term in self._graph else set()
        datatype = RDFS + "Datatype" in types or term in _DATATYPES
        if datatype is (OWL + "Class" in types or term in _ALL_OR_NONE):
            return OF_AN_IRI
        return OF_AN_IRI - {Kind.CLASS if datatype else Kind.RANGE}

    # ------------------------------------------------------------------ how nodes hang together

    def _lists(self) -> None:
        """Walk each list from what has it; no link is in two lists, and none in no list."""
        walked: dict[Term, int] = {}
        for walk, (owner, name, head) in enumerate(self._heads):
            members = self._members(owner, name, head, walked, walk)
            types = _iris(self._graph[owner].get(TYPE, ()))
            narrower = {NARROWER[name, cls] for cls in types if (name, cls) in NARROWER}
            takes = narrower or LISTS.get(name, EVERY)
            for member in members or ():
                if takes.isdisjoint(self._kinds_of(member)):
                    self._tell(
                        owner,
                        f"{self.shown(member)} in {_short(name)} is not {_either(takes)}",
                    )
            if members is not None and name in SETS:
                if len(members) < 2:
                    self._tell(owner, f"{_short(name)} has {len(members)} members, not two or more")
                elif len(set(members)) < len(members):
                    twice = next(one for at, one in enumerate(members) if one in members[:at])
                    self._tell(owner, f"{self.shown(twice)} is twice in {_short(name)}")
        for node, kind in self._kinds.items():
            if kind is Kind.LIST and node not in self._uses:
                self._tell(node, "nothing leads to this list")

    def _members(
        self, owner: Term, name: str, head: Term, walked: dict[Term, int], walk: int
    ) -> list[Term] | None:
        """Return the members of a list, nothing where it is none."""
        found: list[Term] = []
        node = head
        while node != _NIL:
            kind = self._kinds.get(node, Kind.IRI)
            if kind is None or walked.get(node) == walk:
                return None
            if kind is not Kind.LIST:
                how, end = ("is", "a list") if node == head else ("ends in", "rdf:nil")
                self._tell(
                    owner,
                    f"{_short(name)} {how} {self.shown(node)}, not {end}",
                    _WAYS_OF_LISTS,
                )
                return None
            if node in walked:
                self._tell(owner, f"a part of the list of {_short(name)} is in another list too")
                return None
            walked[node] = walk
            found.append(self._graph[node][_FIRST][0])
            node = self._graph[node][_REST][0]
        return found

    def _circles(self) -> None:
        """Refuse what is within itself, and an expression in two places.

        Two places are no second reading. But where each of a few nodes uses the next one twice,
        there is an expression that no machine can hold.
        """
        within = self._within_themselves()
        for node, kind in self._kinds.items():
            if node in within:
                self._tell(node, "it is a part of itself")
            elif kind not in (None, Kind.AXIOM, Kind.LIST) and len(self._uses[node]) > 1:
                places = [
                    f"{self._owner(one)} {local_name(name)}" for one, name in self._uses[node]
                ]
                self._tell(
                    node,
                    f"it is used in {len(places)} places: {_some(places)}",
                    "write it out in each of them, or make it a criterion with a name",
                )

    def _within_themselves(self) -> set[Term]:
        """Return the nodes that are left when those that lead nowhere, or come from nowhere, go."""
        users = {
            node: [
                one
                for one, _ in self._uses.get(node, ())
                if one in self._kinds and one in self._blank
            ]
            for node in self._kinds
            if node in self._blank
        }
        parts: dict[Term, list[Term]] = {node: [] for node in users}
        for node, ones in users.items():
            for one in ones:
                parts[one].append(node)
        left = set(users)
        for onward, back in ((parts, users), (users, parts)):
            count = {node: sum(one in left for one in back[node]) for node in left}
            queue = [node for node, number in count.items() if not number]
            while queue:
                node = queue.pop()
                left.discard(node)
                for one in onward[node]:
                    if one in left:
                        count[one] -= 1
                        if not count[one]:
                            queue.append(one)
        return left

    def _terms(self) -> None:
        """Learn of what kind each property is, and refuse a term that is of two."""
        for node, said in self._graph.items():
            if TYPE not in said or node in self._blank or not isinstance(node, ox.NamedNode):
                continue
            types = {local_name(one) for one in _iris(said[TYPE]) if one.startswith((OWL, RDFS))}
            for group in _ONE_OF:
                if types.issuperset(group):
                    self._tell(node, f"it is one of {' and '.join(group)}, not both")
            if "FunctionalProperty" in types:
                self._functional.add(node.value)
            if "DatatypeProperty" in types:
                self._data.add(node.value)
            elif "ObjectProperty" in types:
                self._things.add(node.value)
            if "AnnotationProperty" in types:
                self._notes.add(node.value)

    def _facts(self) -> None:
        """Hold the values of a property to its own kind, and to one where it is functional."""
        data, things = self._data - self._notes, self._things - self._notes
        for node, said in self._graph.items():
            for name, values in said.items():
                if name in self._functional and len(values) > 1:
                    self._tell_several(node, name, values)
                if name in data or name in things:
                    for value in values:
                        if isinstance(value, ox.Literal) != (name in data):
                            kind = Kind.LITERAL.value if name in data else "a thing"
                            self._tell_statement(node, name, value, f"the value is not {kind}")

    # ------------------------------------------------------------------ telling

    def _tell(self, node: Term, why: str, hint: str | None = None) -> None:
        axiom = self._owner(node)
        if node in self._blank:
            axiom = ": ".join(filter(None, (axiom, self.shown(node, deep=True))))
        self._add(Fault(node, axiom, why, hint))

    def _tell_several(self, node: Term, name: str, values: list[Term]) -> None:
        told = _some([self.shown(value) for value in values])
        why = f"{_short(name)} has {len(values)} values, {told}, where there can be one"
        self._tell(node, why, "leave one of them")

    def _tell_statement(self, node: Term, name: str, value: Term, why: str) -> None:
        axiom = f"{local_name(name)} {self.shown(value)}"
        if node in self._blank:
            self._tell(node, f"{axiom}: {why}")
        else:
            self._add(Fault(node, f"{self._owner(node)} {axiom}", why, None, (name, value)))

    def _add(self, fault: Fault) -> None:
        if len(self._found) < MOST_FAULTS:
            self._found.append(fault)

    def _owner(self, node: Term) -> str:
        """Return the name of what a node is part of, its own if it has one."""
        way: list[Term] = []
        while node in self._blank and node not in self._owners and self._uses.get(node):
            self._owners[node] = ""
            way.append(node)
            node = self._uses[node][0][0]
        name = self._owners.get(node, "") if node in self._blank else self.shown(node)
        self._owners.update(dict.fromkeys(way, name))
        return name

    def shown(self, term: Term, *, deep: bool = False) -> str:
        """Return a term as a message shows it, an anonymous one by what it says."""
        if isinstance(term, ox.Literal):
            text = term.value if len(term.value) <= 40 else term.value[:39] + "…"
            return f'"{text}"'
        if term not in self._blank:
            return local_name(getattr(term, "value", "")) or str(term)
        said = self._graph.get(term, {})
        if not deep:
            return "(…)" if _FIRST in said else "[…]"
        rows = [
            f"{local_name(name)} {_some([self.shown(value) for value in values], ' , ')}"
            for name, values in said.items()
            if name != TYPE
        ]
        return f"[ {_some(rows, ' ; ')} ]"


def _iris(values: Iterable[Term]) -> Iterator[str]:
    return (value.value for value in values if isinstance(value, ox.NamedNode))


def _kinds_of_literal(literal: ox.Literal) -> Iterator[Kind]:
    yield Kind.LITERAL
    datatype = literal.datatype.value.removeprefix(XSD)
    if _INTEGERS.fullmatch(datatype) and re.fullmatch(r"\+?[0-9]+", literal.value, re.ASCII):
        yield Kind.COUNT
    if datatype == "boolean" and literal.value in ("true", "1"):
        yield Kind.TRUE


def _is_known(iri: str) -> bool:
    return iri in _KNOWN or re.fullmatch(re.escape(RDF) + "_[1-9][0-9]*", iri) is not None


def _short(iri: str) -> str:
    """Return an IRI with its prefix.

    >>> _short("http://www.w3.org/2002/07/owl#onProperty")
    'owl:onProperty'
    """
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace):
            return f"{prefix}:{iri[len(namespace) :]}"
    return local_name(iri)


def _all(iris: Iterable[str], between: str = " with ") -> str:
    return between.join(sorted(map(_short, iris)))


def _some(texts: list[str], between: str = ", ") -> str:
    left = len(texts) - _MOST_SHOWN
    return between.join(texts[:_MOST_SHOWN]) + (f" and {left} more" if left > 0 else "")


def _either(kinds: Iterable[Kind]) -> str:
    return " or ".join(kind.value for kind in Kind if kind in kinds)
