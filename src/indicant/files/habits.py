"""Know what tools write beside what they were told: declarations that say nothing."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from indicant.terms import IND, OWL, RDF, RDFS, STATING, TYPE, XSD

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    import pyoxigraph as ox

PAIRWISE: Final = {
    OWL + "AllDisjointClasses": (OWL + "disjointWith", OWL + "members"),
    OWL + "AllDisjointProperties": (OWL + "propertyDisjointWith", OWL + "members"),
    OWL + "AllDifferent": (OWL + "differentFrom", OWL + "distinctMembers", OWL + "members"),
}
"""What says of the members of a list what a property says of two, and where its list is."""
INDIVIDUAL: Final = OWL + "NamedIndividual"
DATATYPE: Final = RDFS + "Datatype"
ANNOTATION: Final = OWL + "AnnotationProperty"
TERMS: Final = frozenset(
    OWL + name for name in ("AnnotationProperty", "Class", "DatatypeProperty", "ObjectProperty")
)
"""The kinds of terms that are no individuals."""

USUAL: Final = frozenset((OWL, RDF, RDFS, XSD, "http://www.w3.org/XML/1998/namespace"))
"""The namespaces that the OWL API declares in every file."""
SYMMETRIC: Final = frozenset(
    OWL + name
    for name in (
        "differentFrom",
        "disjointWith",
        "equivalentClass",
        "equivalentProperty",
        "inverseOf",
        "propertyDisjointWith",
        "sameAs",
    )
)
"""The properties of OWL that hold both ways."""
_DECLARING: Final = TERMS | {INDIVIDUAL, DATATYPE}
_CASE: Final = IND + "PatientCase"
_ONTOLOGY: Final = OWL + "Ontology"


def declares_nothing(subject: str, kind: str, kinds: Collection[str]) -> bool:
    """Tell whether a type of a subject says nothing, given all that it has.

    An individual is declared as a value, since cases may choose it: there it counts. Of a term, or
    of what states something, it says nothing; neither does the declaration of a datatype of XSD.

    >>> declares_nothing("urn:advice", INDIVIDUAL, [INDIVIDUAL, OWL + "Ontology"])
    True
    >>> declares_nothing("urn:mild", INDIVIDUAL, [INDIVIDUAL, "urn:Severity"])
    False
    """
    if kind == DATATYPE:
        return subject.startswith((XSD, RDF))
    return kind == INDIVIDUAL and any(one in TERMS or one in STATING for one in kinds)


def is_idle_in_case(subject: str, kind: str) -> bool:
    """Tell whether a type in a case is a declaration that says nothing of a patient or a term.

    Tools declare whatever they meet: every individual, the datatypes of XSD, and as a property of
    annotations each property of a vocabulary that they have not read.
    """
    return kind in {INDIVIDUAL, ANNOTATION} or (kind == DATATYPE and subject.startswith((XSD, RDF)))


class Before:
    """What a document stated before a tool wrote it."""

    def __init__(self, statements: Iterable[tuple[object, str, object]]) -> None:
        """Take the statements."""
        self.kinds: dict[object, set[str]] = defaultdict(set)
        self.symmetric: set[tuple[object, str, object]] = set()
        self.subjects: set[object] = set()
        self.mentioned: set[object] = set()
        self.lists: dict[frozenset[object], tuple[str, str, object, object]] = {}
        rows: dict[object, dict[str, object]] = defaultdict(dict)
        for subject, predicate, value in statements:
            rows[subject][predicate] = value
            self.subjects.add(subject)
            self.mentioned |= {predicate, value, getattr(value, "datatype", None)}
            if predicate == TYPE:
                self.kinds[subject].add(getattr(value, "value", ""))
            elif predicate in SYMMETRIC:
                self.symmetric.add((subject, predicate, value))
        for said in rows.values():
            kind = getattr(said.get(TYPE), "value", "")
            if kind in PAIRWISE:
                self._keep_list(kind, said, rows)

    def _keep_list(
        self,
        kind: str,
        said: Mapping[str, object],
        rows: Mapping[object, Mapping[str, object]],
    ) -> None:
        """Keep a list of two things that are apart, which the OWL API writes as a pair."""
        apart, *lists = PAIRWISE[kind]
        name = next((one for one in lists if one in said), "")
        cell = rows.get(said.get(name), {})
        rest = rows.get(cell.get(RDF + "rest"), {})
        two = cell.get(RDF + "first"), rest.get(RDF + "first")
        if getattr(rest.get(RDF + "rest"), "value", "") == RDF + "nil" and None not in two:
            self.lists[frozenset((apart, *two))] = (kind, name, two[0], two[1])


def without_additions(quads: Sequence[ox.Quad], before: Before | None = None) -> Iterator[ox.Quad]:
    """Yield what a document states, without what a tool that wrote it declared beside it.

    Taken away is what says nothing in any guideline; with what was stated before, also what was
    declared of terms that the document named and did not declare, and what holds both ways is
    turned as it stood.
    """
    kinds: dict[object, set[str]] = defaultdict(set)
    said: dict[object, int] = defaultdict(int)
    for quad in quads:
        said[quad.subject] += 1
        if quad.predicate.value == TYPE:
            kinds[quad.subject].add(getattr(quad.object, "value", ""))
    every = set().union(*kinds.values()) if kinds else set()
    names = [getattr(one, "value", "") for one, found in kinds.items() if _ONTOLOGY in found]
    about_core = any(name.startswith(IND) for name in names)
    for quad in quads:
        name, kind = getattr(quad.subject, "value", ""), getattr(quad.object, "value", "")
        own = kinds[quad.subject]
        if quad.predicate.value == TYPE and (
            declares_nothing(name, kind, own)
            or (_CASE in every and kind == INDIVIDUAL and len(own) > 1)
            or (said[quad.subject] == 1 and _is_stub(quad, _CASE in every, about_core))
            or (before is not None and _is_new(quad, before, said[quad.subject]))
        ):
            continue
        yield from _as_before(quad, before) if before is not None else (quad,)


def _is_stub(quad: ox.Quad, in_case: bool, about_core: bool) -> bool:
    """Tell whether all that is said of a node is a declaration of somebody else's term."""
    import pyoxigraph

    name, kind = getattr(quad.subject, "value", ""), getattr(quad.object, "value", "")
    if isinstance(quad.subject, pyoxigraph.BlankNode):
        return in_case and kind == _ONTOLOGY
    return kind in _DECLARING and (in_case or (name.startswith(IND) and not about_core))


def _is_new(quad: ox.Quad, before: Before, said: int) -> bool:
    """Tell whether a tool declared what the document had not declared before."""
    kind = getattr(quad.object, "value", "")
    if quad.subject in before.subjects:
        return kind == INDIVIDUAL and kind not in before.kinds[quad.subject]
    name = getattr(quad.subject, "value", "")
    mentioned = quad.subject in before.mentioned or name in before.mentioned
    return said == 1 and kind in _DECLARING and mentioned


def _as_before(quad: ox.Quad, before: Before) -> Iterator[ox.Quad]:
    """Yield a statement that holds both ways as it stood: turned, or as a list of two."""
    import pyoxigraph

    subject, predicate, value = quad.subject, quad.predicate, quad.object
    listed = before.lists.pop(frozenset((predicate.value, subject, value)), None)
    if listed is not None:
        yield from _as_list(*listed)
        return
    if (
        predicate.value in SYMMETRIC
        and isinstance(value, pyoxigraph.NamedNode)
        and (subject, predicate.value, value) not in before.symmetric
        and (value, predicate.value, subject) in before.symmetric
    ):
        quad = pyoxigraph.Quad(value, predicate, subject, quad.graph_name)
    yield quad


def _as_list(kind: str, name: str, one: Any, other: Any) -> Iterator[ox.Quad]:
    """Yield what says by a list that two things are apart."""
    import pyoxigraph

    node, first, second = (pyoxigraph.BlankNode() for _ in range(3))
    rows = (
        (node, TYPE, pyoxigraph.NamedNode(kind)),
        (node, name, first),
        (first, RDF + "first", one),
        (first, RDF + "rest", second),
        (second, RDF + "first", other),
        (second, RDF + "rest", pyoxigraph.NamedNode(RDF + "nil")),
    )
    for subject, predicate, value in rows:
        yield pyoxigraph.Quad(subject, pyoxigraph.NamedNode(predicate), value)
