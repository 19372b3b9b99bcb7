"""Take from an ontology that is too large to be read whole what guidelines make use of."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant import terms
from indicant.errors import IndicantError
from indicant.files import bounded
from indicant.files.rdf import EXTENSIONS, N_QUADS, N_TRIPLES, RDF_XML, TRIG, TURTLE, Document
from indicant.terms import OWL, RDF, RDFS, TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Progress = Callable[[str, float], None]

MAX_BYTES: Final = 2_000_000_000
MAX_LINKS: Final = 500_000
_FORMATS: Final = {
    TURTLE: ox.RdfFormat.TURTLE,
    TRIG: ox.RdfFormat.TRIG,
    N_TRIPLES: ox.RdfFormat.N_TRIPLES,
    N_QUADS: ox.RdfFormat.N_QUADS,
    RDF_XML: ox.RdfFormat.RDF_XML,
}
_ABOVE: Final = frozenset((RDFS + "subClassOf", OWL + "equivalentClass"))
_SUBCLASS: Final = RDFS + "subClassOf"
_STEP: Final = 20_000
_IMPORTS: Final = OWL + "imports"
_ONTOLOGY: Final = OWL + "Ontology"
_DISJOINT: Final = OWL + "AllDisjointClasses"


@dataclass(frozen=True)
class Excerpt:
    """What was taken, the digest of the whole file, and how much there was and was taken."""

    document: Document
    sha256: str
    statements: int
    kept: int


class Large:
    """An ontology in a file that is gone through statement by statement, never held.

    Raises:
        IndicantError: the file is no RDF, or larger than any ontology should be.
    """

    def __init__(self, path: str, progress: Progress | None = None) -> None:
        self.path = path
        self._progress = progress
        with bounded.opened(path) as file:
            size = os.fstat(file.fileno()).st_size
        form = EXTENSIONS.get(os.path.splitext(path)[1].lower(), "")
        if form not in _FORMATS or size > MAX_BYTES:
            raise IndicantError(
                f"larger than the limit of {MAX_BYTES / 1e9:g} GB"
                if form in _FORMATS
                else "too large to be read in this format",
                file=path,
                help="import an excerpt: the terms in use, and what is above them",
            )
        self._size = size
        self._form = _FORMATS[form]

    def stub(self) -> Document:
        """Return the header alone, by which the ontology is known and its imports are found."""
        header: str | None = None
        about: dict[str, list[ox.Quad]] = defaultdict(list)
        for quad in self._quads("header of"):
            if isinstance(quad.subject, ox.NamedNode) and quad.predicate.value.startswith(OWL):
                if quad.predicate.value == _IMPORTS or quad.predicate.value.startswith(
                    OWL + "version"
                ):
                    about[quad.subject.value].append(quad)
            elif (
                header is None
                and quad.predicate.value == TYPE
                and isinstance(quad.subject, ox.NamedNode)
                and isinstance(quad.object, ox.NamedNode)
                and quad.object.value == _ONTOLOGY
            ):
                header = quad.subject.value
                about[header].insert(0, quad)
        quads = tuple(about.get(header or "", ()))
        imports = [
            str(getattr(quad.object, "value", ""))
            for quad in quads
            if quad.predicate.value == _IMPORTS
        ]
        return Document(self.path, "", TURTLE, quads, tuple(imports))

    def excerpt(self, stub: Document, wanted: Iterable[str]) -> Excerpt:
        """Return what is said of some terms, and of all that is above them.

        Subclasses are followed up, so that whatever the ontology entails about those terms the
        excerpt entails as well.

        Raises:
            IndicantError: one of the terms is defined by an anonymous class.
        """
        parents: dict[str, list[str]] = defaultdict(list)
        lists: dict[str, tuple[str | None, str | None]] = {}
        heads: list[str] = []
        digest = hashlib.sha256()
        statements = 0
        for quad in self._quads("hierarchy of"):
            statements += 1
            predicate = quad.predicate.value
            if predicate in _ABOVE and isinstance(quad.subject, ox.NamedNode):
                if isinstance(quad.object, ox.NamedNode):
                    parents[quad.subject.value].append(quad.object.value)
                    if predicate != _SUBCLASS:
                        parents[quad.object.value].append(quad.subject.value)
            elif isinstance(quad.subject, ox.BlankNode):
                self._link(quad, lists, heads)
        needed = _closed(wanted, parents)
        del parents
        quads = list(stub.quads)
        for quad in self._quads("terms of"):
            if isinstance(quad.subject, ox.NamedNode) and quad.subject.value in needed:
                if isinstance(quad.object, ox.BlankNode):
                    raise IndicantError(
                        f"<{quad.subject.value}> is said to be in an anonymous class, in an "
                        "ontology too large to be read whole",
                        file=self.path,
                        help="import an excerpt: the terms in use, and what is above them",
                    )
                quads.append(
                    ox.Quad(quad.subject, quad.predicate, quad.object)
                    if quad.graph_name != ox.DefaultGraph()
                    else quad
                )
        quads += _apart(heads, lists, needed)
        with bounded.opened(self.path) as file:
            while block := file.read(1 << 20):
                digest.update(block)
        document = Document(self.path, "", TURTLE, tuple(dict.fromkeys(quads)), stub.imports)
        return Excerpt(document, digest.hexdigest(), statements, len(quads))

    def _link(
        self, quad: ox.Quad, lists: dict[str, tuple[str | None, str | None]], heads: list[str]
    ) -> None:
        """Remember the lists of classes that are disjoint."""
        assert isinstance(quad.subject, ox.BlankNode)  # noqa: S101
        name, value = quad.subject.value, getattr(quad.object, "value", None)
        first, rest = lists.get(name, (None, None))
        if quad.predicate.value == RDF + "first":
            lists[name] = value, rest
        elif quad.predicate.value == RDF + "rest":
            lists[name] = first, value
        elif quad.predicate.value == OWL + "members" and value is not None:
            heads.append(value)
        if len(lists) > MAX_LINKS:
            raise IndicantError(
                "has too many anonymous classes and lists to be read in parts",
                file=self.path,
                help="import an excerpt: the terms in use, and what is above them",
            )

    def _quads(self, what: str) -> Iterator[ox.Quad]:
        try:
            with bounded.opened(self.path) as file:
                for number, quad in enumerate(ox.parse(file, format=self._form)):
                    if number % _STEP == 0 and self._progress is not None:
                        self._progress(f"{what} {self.path}", file.tell() / self._size)
                    if isinstance(quad.subject, ox.Triple) or isinstance(quad.object, ox.Triple):
                        raise IndicantError(
                            "a statement about a statement is not read", file=self.path
                        )
                    yield quad
        except SyntaxError as error:
            raise IndicantError(
                f"syntax error: {error.msg[:200]}", file=self.path, line=error.lineno
            ) from error
        except OSError as error:
            raise IndicantError(f"cannot be read: {error.strerror}", file=self.path) from error


def _closed(wanted: Iterable[str], parents: dict[str, list[str]]) -> set[str]:
    """Return terms with all that is above them."""
    found = set(wanted)
    queue = list(found)
    while queue:
        for parent in parents.get(queue.pop(), ()):
            if parent not in found:
                found.add(parent)
                queue.append(parent)
    return found


def _apart(
    heads: Iterable[str],
    lists: dict[str, tuple[str | None, str | None]],
    needed: set[str],
) -> Iterator[ox.Quad]:
    """Yield, as pairs, which of the terms are disjoint by lists."""
    predicate = ox.NamedNode(OWL + "disjointWith")
    for head in heads:
        members: list[str] = []
        node: str | None = head
        seen: set[str] = set()
        while node is not None and node in lists and node not in seen:
            seen.add(node)
            first, node = lists[node]
            if first is not None and first in needed:
                members.append(first)
        for index, one in enumerate(members):
            for other in members[index + 1 :]:
                yield ox.Quad(ox.NamedNode(one), predicate, ox.NamedNode(other))


def mentioned(documents: Iterable[Document]) -> set[str]:
    """Return every name that documents use."""
    return {
        term.value
        for document in documents
        for quad in document.quads
        for term in (quad.subject, quad.predicate, quad.object)
        if isinstance(term, ox.NamedNode) and terms.OWL not in term.value
    }
