"""Know ontologies that are somebody else's, and take of them what a guideline can use.

An ontology is foreign where one of the guideline's own says so by ``ind:takesAsIs``, where it is
imported by a foreign one alone, and by the habits of OBO: a name of ``purl.obolibrary.org``, or
annotations of oboInOwl. What OWL and the language of guidelines make of its statements stays: which
terms there are, what they are called, and which named class lies below, beside or apart from which.
Everything else is data, from which nothing follows.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant import terms
from indicant.files.rdf import text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from indicant.files.rdf import Document

TAKES_AS_IS: Final = terms.IND + "takesAsIs"
_OBO: Final = "http://purl.obolibrary.org/obo/"
_OBO_IN_OWL: Final = "http://www.geneontology.org/formats/oboInOwl#"
_SIGN: Final = re.compile(rf'{_OBO}|{_OBO_IN_OWL}|takesAsIs>?"?[\s:]+[\[{{"\w-]*[<:"]|\\u')
"""What has to stand in a text in which anybody may be foreign; an escape may hide it."""
_ONTOLOGY: Final = terms.OWL + "Ontology"
_KINDS: Final = frozenset(
    terms.OWL + name
    for name in (
        "AnnotationProperty",
        "Class",
        "DatatypeProperty",
        "FunctionalProperty",
        "NamedIndividual",
        "ObjectProperty",
        "Ontology",
    )
)
_PROPERTIES: Final = frozenset(
    terms.OWL + name for name in ("AnnotationProperty", "DatatypeProperty", "ObjectProperty")
)
_HIERARCHY: Final = frozenset(
    (
        terms.RDFS + "subClassOf",
        *(terms.OWL + name for name in ("differentFrom", "disjointWith", "equivalentClass")),
    )
)
_NOTES: Final = frozenset(
    (
        *(terms.RDFS + name for name in ("comment", "isDefinedBy", "label", "seeAlso")),
        *(
            terms.OWL + name
            for name in (
                "backwardCompatibleWith",
                "deprecated",
                "imports",
                "incompatibleWith",
                "priorVersion",
                "versionIRI",
                "versionInfo",
            )
        ),
    )
)
_RESERVED: Final = (terms.OWL, terms.RDF, terms.RDFS)


def parted(
    documents: Sequence[Document], first: Collection[str], core: Iterable[str]
) -> list[Document]:
    """Return documents with what is only data in foreign ones set aside.

    Args:
        documents: all that a guideline consists of.
        first: the paths of those that it begins with.
        core: the ontologies of the language, which are nobody else's.
    """
    if not any(_SIGN.search(document.text) for document in documents):
        return list(documents)
    core = frozenset(core)
    units = _Units([one for one in documents if name_of(one) not in core], first)
    foreign = units.foreign()
    muddled = _muddled(documents, foreign) if foreign else set()
    return [_parted(document, foreign, muddled) for document in documents]


def unit_of(quad: ox.Quad, own: str) -> str:
    """Return the ontology that a statement is of: its graph, or that of the document."""
    graph = quad.graph_name
    return graph.value if isinstance(graph, ox.NamedNode) else own


def is_foreign(document: Document, quad: ox.Quad) -> bool:
    """Tell whether a statement of a document is somebody else's."""
    return bool(document.foreign) and unit_of(quad, document.own) in document.foreign


def name_of(document: Document) -> str:
    """Return the ontology that a document is, or else its path, as for a merged graph."""
    for quad in document.quads:
        if isinstance(quad.graph_name, ox.NamedNode):
            continue
        if quad.predicate.value == terms.TYPE and text_of(quad.object) == _ONTOLOGY:
            return text_of(quad.subject)
    return document.path


def subjects(documents: Iterable[Document]) -> set[str]:
    """Return what foreign ontologies speak of, but for what another one declares and owns."""
    documents = list(documents)
    theirs = {
        text_of(quad.subject)
        for document in documents
        if document.foreign
        for quad in (*document.quads, *document.aside)
        if is_foreign(document, quad)
    }
    if not theirs:
        return theirs
    for document in documents:
        own = name_of(document)
        for quad in document.quads:
            subject = text_of(quad.subject)
            if (
                quad.predicate.value == terms.TYPE
                and subject in theirs
                and not is_foreign(document, quad)
                and owns(unit_of(quad, own), subject)
            ):
                theirs.discard(subject)
    return theirs


def owns(ontology: str, iri: str) -> bool:
    """Tell whether a term is in the namespace of an ontology, or of one whose module that is.

    >>> owns("https://example.org/rain/module/a", "https://example.org/rain/Rain")
    True
    >>> owns("https://example.org/rain/", "http://purl.org/dc/terms/title")
    False
    """
    mine = ontology.rstrip("/#")
    space = iri[: max(iri.rfind("/"), iri.rfind("#")) + 1].rstrip("/#")
    if not mine or not space:
        return False
    return f"{space}/".startswith(f"{mine}/") or f"{mine}/".startswith(f"{space}/")


class _Units:
    """The ontologies that documents hold, with what makes one foreign."""

    def __init__(self, documents: Iterable[Document], first: Collection[str]) -> None:
        self._imports: dict[str, set[str]] = {}
        self._named: dict[str, str] = {}
        self._said: dict[str, set[str]] = {}
        self._obo: set[str] = set()
        self._advising: set[str] = set()
        self._merged: set[str] = set()
        begins: set[str] = set()
        for document in documents:
            own = name_of(document)
            for quad in document.quads:
                self._take(unit_of(quad, own), quad)
            if document.path in first:
                begins |= {unit_of(quad, own) for quad in document.quads}
        self._roots = self._merged & begins or self._first(begins)

    def _first(self, begins: set[str]) -> set[str]:
        """Return which of the ontologies of one file lead to the others."""
        led = {
            other
            for unit in begins
            for name in self._imports[unit]
            if (other := self._named.get(name)) != unit
        }
        first = begins - led
        if first & self._advising or not begins & self._advising:
            return first or begins
        return {next(one for one in self._imports if one in begins & self._advising)}

    def _take(self, unit: str, quad: ox.Quad) -> None:
        predicate, value = quad.predicate.value, text_of(quad.object)
        self._imports.setdefault(unit, set())
        self._named.setdefault(unit, unit)
        if predicate == terms.OWL + "imports":
            self._imports[unit].add(value)
        elif predicate == terms.OWL + "versionIRI":
            self._named[value] = unit
        elif predicate == terms.TYPE and value == _ONTOLOGY:
            self._named[text_of(quad.subject)] = unit
        elif predicate == terms.IND + "mergedGuideline":
            self._merged.add(value)
        elif predicate == TAKES_AS_IS:
            self._said.setdefault(unit, set()).add(value)
        if predicate.startswith(_OBO_IN_OWL) or unit.startswith(_OBO):
            self._obo.add(unit)
        if predicate.startswith(terms.IND) or (
            predicate == terms.TYPE and value.startswith(terms.IND)
        ):
            self._advising.add(unit)

    def foreign(self) -> frozenset[str]:
        """Return the ontologies that are somebody else's, with what they alone lead to.

        Whoever is foreign says of nobody that he is. What begins the guideline is not foreign for
        being said to be.
        """
        habits = self._obo - self._advising
        found, before = set(habits), set(habits)
        for _ in self._imports:
            own = self._imports.keys() - self._with_theirs(found)
            said = {self._named.get(name, "") for one in own for name in self._said.get(one, ())}
            earlier, before = before, found
            found = habits | (said & self._imports.keys() - self._roots)
            if found in (before, earlier):
                break
        # Two that say it of each other, and of whom nobody else does, say nothing.
        found = self._with_theirs(found & before)
        return frozenset(one for one in found if not one.startswith(terms.IND))

    def _with_theirs(self, some: set[str]) -> set[str]:
        """Return some ontologies with those that they alone lead to."""
        return some | self._reached(some, self._reached(self._roots, some))

    def _reached(self, first: set[str], without: set[str]) -> set[str]:
        """Return the ontologies that some lead to without passing through others."""
        queue = [one for one in first if one not in without]
        found = set(queue)
        while queue:
            for name in self._imports[queue.pop()]:
                unit = self._named.get(name)
                if unit is not None and unit not in found and unit not in without:
                    found.add(unit)
                    queue.append(unit)
        return found


def _muddled(documents: Iterable[Document], foreign: frozenset[str]) -> set[tuple[str, str]]:
    """Return the foreign declarations of properties that are of several kinds, with their kinds.

    Where one of the guideline's own says of what kind a property is, that is what it is.
    """
    theirs: dict[str, set[str]] = {}
    ours: dict[str, set[str]] = {}
    for document in documents:
        own = name_of(document)
        for quad in document.quads:
            if quad.predicate.value == terms.TYPE and text_of(quad.object) in _PROPERTIES:
                kinds = theirs if unit_of(quad, own) in foreign else ours
                kinds.setdefault(text_of(quad.subject), set()).add(text_of(quad.object))
    return {
        (name, kind)
        for name, kinds in theirs.items()
        if len(kinds | ours.get(name, set())) > 1
        for kind in kinds - ours.get(name, set())
    }


def _parted(document: Document, foreign: frozenset[str], muddled: set[tuple[str, str]]) -> Document:
    own = name_of(document)
    here = foreign & {unit_of(quad, own) for quad in document.quads}
    if not here:
        return document
    whole = _apart(document.quads)
    unsure = {name for name, _ in muddled}
    kept: list[ox.Quad] = []
    aside: list[ox.Quad] = []
    for quad in document.quads:
        stays = unit_of(quad, own) not in here or (
            quad in whole
            or (
                _stays(quad)
                and quad.predicate.value not in unsure
                and (text_of(quad.subject), text_of(quad.object)) not in muddled
            )
        )
        (kept if stays else aside).append(quad)
    return replace(document, quads=tuple(kept), aside=tuple(aside), foreign=here, own=own)


def _stays(quad: ox.Quad) -> bool:
    """Tell whether the language of guidelines makes something of a statement."""
    predicate, value = quad.predicate.value, quad.object
    names = [text_of(one) for one in (quad.subject, quad.predicate, value)]
    literal = isinstance(value, ox.Literal)
    if any(name.startswith(terms.IND) for name in names[: 2 if literal else 3]):
        return False
    if terms.is_blank(quad.subject) or terms.is_blank(value):
        return False
    if predicate == terms.TYPE:
        return names[2] in _KINDS or not names[2].startswith(_RESERVED)
    if predicate.startswith(_RESERVED):
        return predicate in _HIERARCHY or predicate in _NOTES
    return True


def _apart(quads: Iterable[ox.Quad]) -> set[ox.Quad]:
    """Return the statements that say of several named classes that they are apart."""
    rows: dict[str, list[ox.Quad]] = {}
    heads: list[str] = []
    for quad in quads:
        if terms.is_blank(quad.subject):
            rows.setdefault(text_of(quad.subject), []).append(quad)
            if text_of(quad.object) == terms.OWL + "AllDisjointClasses":
                heads.append(text_of(quad.subject))
    found: set[ox.Quad] = set()
    for node in heads:
        lists = [one for one in rows[node] if one.predicate.value == terms.OWL + "members"]
        if len(lists) != 1 or len(rows[node]) > 2:
            continue
        links = list(_links(rows, text_of(lists[0].object)))
        members = [one.object for one in links if one.predicate.value == terms.RDF + "first"]
        if members and not any(map(terms.is_blank, members)):
            found.update(rows[node], links)
    return found


def _links(rows: dict[str, list[ox.Quad]], head: str) -> Iterator[ox.Quad]:
    """Yield the statements of a list."""
    seen: set[str] = set()
    while head in rows and head not in seen:
        seen.add(head)
        yield from rows[head]
        rest = [one for one in rows[head] if one.predicate.value == terms.RDF + "rest"]
        head = text_of(rest[0].object) if rest else ""
