"""Find where something new belongs: the documents of its guideline, the file and the namespace."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from indicant import terms
from indicant.errors import IndicantError
from indicant.files import resources
from indicant.files.fence import Fence, real
from indicant.files.rdf import Document, read, text_of
from indicant.files.sources import guideline_file, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

FINDING: Final = terms.IND + "Finding"
INTERVENTION: Final = terms.IND + "Intervention"
SUBCLASS: Final = terms.RDFS + "subClassOf"
GUIDELINE: Final = terms.IND + "Guideline"
ROOTS: Final = {"finding": FINDING, "intervention": INTERVENTION, "course": INTERVENTION}
LIKE: Final = {
    "recommendation": frozenset(
        terms.IND + name for name in ("Indication", "Contraindication", "NonIndication")
    ),
    "criterion": frozenset({terms.IND + "Criterion"}),
    "passage": frozenset({terms.IND + "Passage"}),
    "document": frozenset({terms.IND + "SourceDocument"}),
    "property": frozenset({terms.OWL + "FunctionalProperty"}),
    "values": frozenset({terms.OWL + "FunctionalProperty"}),
}
_ELSE: Final = {"property": "finding", "values": "finding"}
"""What something stands beside where there is nothing of its own kind."""


def documents_around(place: Path, fence: Fence | None) -> list[Document]:
    """Return the documents of the guideline that a place belongs to, the named file first."""
    if place.is_dir():
        return list(load(place, fence=fence).documents)
    file = read(place)
    home = next(
        (folder for folder in real(place).parents[:3] if guideline_file(folder) is not None),
        None,
    )
    if home is None:
        return [file]
    others = load(home, fence=fence).documents
    same = real(place)
    return [file, *(other for other in others if real(other.path) != same)]


def is_shipped(document: Document) -> bool:
    """Tell whether a document is of the core, or came with an installed package."""
    ontology = real(resources.ontology())
    return is_core(document) or (is_packaged() and real(document.path).is_relative_to(ontology))


def is_core(document: Document) -> bool:
    """Tell whether a document is of the language that guidelines are written in."""
    return real(document.path).is_relative_to(real(resources.ontology()) / "core")


def is_packaged() -> bool:
    """Tell whether what ships lies in an installed package, rather than in a checkout."""
    return resources.root().name == "data"


def guideline_of(documents: Sequence[Document]) -> str:
    """Return the first guideline that documents state, or nothing."""
    found = of_type(documents, [GUIDELINE])
    return next(iter(found), "")


def of_type(documents: Iterable[Document], kinds: Iterable[str]) -> list[str]:
    """Return the subjects of some types, in the order of the documents."""
    return list(dict.fromkeys(subject for _, subject in _typed(documents, kinds)))


def _typed(documents: Iterable[Document], kinds: Iterable[str]) -> list[tuple[str, str]]:
    """Return the subjects of some types, each with the path of its document."""
    wanted = set(kinds)
    return [
        (document.path, text_of(quad.subject))
        for document in documents
        for quad in document.quads
        if quad.predicate.value == terms.TYPE and text_of(quad.object) in wanted
    ]


def below(root: str, documents: Iterable[Document]) -> set[str]:
    """Return the classes below a class."""
    children: dict[str, list[str]] = {}
    for document in documents:
        for quad in document.quads:
            if quad.predicate.value == SUBCLASS:
                children.setdefault(text_of(quad.object), []).append(text_of(quad.subject))
    found: set[str] = set()
    queue = [root]
    while queue:
        for child in children.get(queue.pop(), ()):
            if child not in found:
                found.add(child)
                queue.append(child)
    return found


def target(
    kind: str,
    own: Sequence[Document],
    documents: Sequence[Document],
    given: Mapping[str, list[str]],
    place: Path,
) -> Document:
    """Choose the document in which the like of something stands.

    Raises:
        IndicantError: several hold recommendations, or none is of a guideline.
    """
    counts = _homes(kind, own, documents, given)
    if kind == "recommendation" and len(counts) > 1:
        raise IndicantError(
            f"recommendations stand in {len(counts)} files",
            file=str(place),
            help=f"name one with --in, such as {min(counts)}",
        )
    if not counts and kind in _ELSE:
        counts = _homes(_ELSE[kind], own, documents, {})
    if not counts:
        counts = Counter(path for path, _ in _typed(own, [GUIDELINE]))
    if not counts:
        raise IndicantError("holds no guideline of its own", file=str(place))
    by_path = {document.path: document for document in own}
    return by_path[min(counts, key=lambda path: (-counts[path], path))]


def _homes(
    kind: str,
    own: Sequence[Document],
    documents: Sequence[Document],
    given: Mapping[str, list[str]],
) -> Counter[str]:
    """Count the like of something, by the path of their document."""
    if kind not in ROOTS:
        return Counter(path for path, _ in _typed(own, LIKE[kind]))
    parents = [one for one in given.get(SUBCLASS, ()) if one]
    counts = Counter(
        document.path
        for document in own
        for quad in document.quads
        if text_of(quad.subject) in parents and quad.predicate.value == terms.TYPE
    )
    classes = below(ROOTS[kind], documents)
    return counts or Counter(
        document.path
        for document in own
        for quad in document.quads
        if quad.predicate.value == SUBCLASS and text_of(quad.subject) in classes
    )


def namespace(
    kind: str,
    home: Document,
    own: Sequence[Document],
    documents: Sequence[Document],
    guideline: str,
) -> str:
    """Return the namespace of what stands beside something new.

    Raises:
        IndicantError: nothing does, and there is no guideline to name it after.
    """
    for like in (_like(one, documents) for one in (kind, _ELSE.get(kind)) if one):
        for some in ([home], own):
            stated = {text_of(quad.subject) for document in some for quad in document.quads}
            counts = Counter(map(space_of, stated & like))
            if counts:
                return min(counts, key=lambda one: (-counts[one], one))
    if guideline.endswith(("/", "#")):
        return guideline
    if guideline:
        return f"{guideline}#"
    raise IndicantError(
        f"nothing here says in which namespace a {kind} stands",
        file=home.path,
        help="add the first one by hand",
    )


def _like(kind: str, documents: Sequence[Document]) -> set[str]:
    if kind in ROOTS:
        return below(ROOTS[kind], documents)
    return set(of_type(documents, LIKE[kind]))


def space_of(iri: str) -> str:
    """Return the namespace of a term.

    >>> space_of("https://example.org/rain/Umbrella"), space_of("https://example.org/a#b")
    ('https://example.org/rain/', 'https://example.org/a#')
    """
    return iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]
