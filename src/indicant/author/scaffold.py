"""Compose what a guideline is made of, in the file where its like stands."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indicant import terms
from indicant.author.passages import MAX_BYTES
from indicant.errors import IndicantError
from indicant.files import resources
from indicant.files.fence import Fence, real
from indicant.files.lines import locate
from indicant.files.rdf import TURTLE, Document, parse, read, read_text, text_of
from indicant.files.sources import GUIDELINE_FILE, load
from indicant.files.turtle import tidy
from indicant.guideline.names import prefixes_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

KINDS: Final = (
    "recommendation",
    "criterion",
    "finding",
    "intervention",
    "passage",
    "document",
    "guideline",
)
_CAMEL: Final = re.compile(r"[A-Z][A-Za-z0-9]*")
_KEBAB: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_PREFIXED: Final = re.compile(r"(?<![\w:<])([A-Za-z][\w.-]*)?:(?=[\w%\\]|[\s;,.\])]|\Z)")
_SUBCLASS: Final = terms.RDFS + "subClassOf"
_ROOTS: Final = {"finding": terms.IND + "Finding", "intervention": terms.IND + "Intervention"}
_RECOMMENDATIONS: Final = frozenset(
    terms.IND + name for name in ("Indication", "Contraindication", "NonIndication")
)
_GUIDELINE: Final = terms.IND + "Guideline"
_LIKE: Final = {
    "recommendation": _RECOMMENDATIONS,
    "criterion": frozenset({terms.IND + "Criterion"}),
    "passage": frozenset({terms.IND + "Passage"}),
    "document": frozenset({terms.IND + "SourceDocument"}),
}
_KNOWN: Final = {**terms.PREFIXES, "oa": "http://www.w3.org/ns/oa#"}
_CRITERION: Final = """[
    a owl:Class ;
    owl:intersectionOf (
        ind:PatientCase
        [
            a owl:Restriction ;
            owl:onProperty ind:hasFinding ;
            owl:someValuesFrom ind:Finding ;
        ]
    ) ;
]"""
_HEADER: Final = """
    a owl:Ontology , ind:Guideline ;
    rdfs:label "{label}"@en ;
    owl:versionIRI <{iri}0.1.0> ;
    owl:versionInfo "0.1.0" ;
    owl:imports <https://w3id.org/indicant/core/> ;
"""


@dataclass(frozen=True)
class Added:
    """What is to be added: its IRI, the file, the line where it begins, and the whole new text.

    ``before`` is what the file says without it, if there is one.
    """

    iri: str
    path: Path
    line: int
    text: str
    before: str | None = None


def compose(
    kind: str,
    name: str,
    properties: Sequence[str] = (),
    *,
    place: Path,
    iri: str | None = None,
    source: str | None = None,
    quote: str | None = None,
    fence: Fence | None = None,
) -> Added:
    """Compose something new, one of ``KINDS``.

    ``place`` is the folder of a guideline or a file of it; for a guideline, the folder in which its
    own is to be, and ``iri`` its namespace. ``source`` is the file with the document that a
    document or a passage is of, and ``quote`` the words of the passage, of which only the position
    and the digest are kept. Properties are written in Turtle, each as a predicate with its objects,
    and replace what the template says with the same predicate. Files of the guideline lie within
    the fence, or without one in its own repository. Nothing is written to a file.

    Raises:
        IndicantError: the name has not the form of its kind or is taken, there is no file or more
            than one for it, the words are not there or not once, or a property is not Turtle.
    """
    kebab = kind in ("recommendation", "guideline", "passage", "document")
    if not (_KEBAB if kebab else _CAMEL).fullmatch(name):
        example = "two-words" if kebab else "TwoWords"
        raise IndicantError(f"'{name}' is no name for a {kind}", help=f"write it as in  {example}")
    if kind == "guideline":
        return _guideline(name, properties, place, iri)
    documents = _documents(place, fence)
    own = [document for document in documents if not _is_shipped(document)]
    guideline = _guideline_of(own, place)
    known = {**_KNOWN, **prefixes_in(one.text for one in documents)}
    given = _given(properties, known)
    target = own[0] if not place.is_dir() else _target(kind, own, documents, given, place)
    node = _namespace(kind, target, own, documents, guideline) + name
    for document in documents:
        if any(text_of(quad.subject) == node for quad in document.quads):
            raise IndicantError(
                f"<{node}> is there already", file=document.path, line=locate(document, node)
            )
    template = _template(kind, name, guideline)
    more = ""
    if kind in ("passage", "document"):
        template, more = _quoted(kind, name, node, own, source, quote)
    lines = [
        f"{predicate} {value} ;"
        for predicate, value in template
        if _expanded(predicate, known) not in given
    ]
    block = "\n".join([f"<{node}>", *lines, " ;\n".join(properties), ".", more])
    declared = prefixes_in([target.text])
    wanted = {match[1] or "" for match in _PREFIXED.finditer(block)} - set(declared)
    header = "".join(f"PREFIX {one}: <{known[one]}>\n" for one in sorted(wanted) if one in known)
    text = tidy(f"{header}{target.text}\n{block}\n", file=target.path)
    line = locate(parse(text, path=target.path, format=TURTLE), node)
    return Added(node, Path(target.path), line or 1, text, target.text)


def put(added: Added) -> None:
    """Write what was composed into its file, whole or not at all.

    Raises:
        IndicantError: the file cannot be written, or is another by now.
    """
    from indicant.files.atomic import rewrite
    from indicant.files.staging import new_folder

    if added.before is None:
        with new_folder(added.path.parent) as work:
            (work / added.path.name).write_bytes(added.text.encode())
    else:
        rewrite(added.text.encode(), added.path, before=added.before.encode())


def _guideline(name: str, properties: Sequence[str], place: Path, iri: str | None) -> Added:
    iri = iri or f"https://example.org/{name}/"
    if not re.fullmatch(r"[a-z][a-z0-9+.-]*:[^\s<>\"{}|^`\\]*[/#]", iri):
        raise IndicantError(f"<{iri}> is no namespace", help="an IRI that ends in / or #")
    path = place / name / GUIDELINE_FILE
    if place.exists() and not place.is_dir():
        raise IndicantError("is a file, not a folder", file=str(place))
    if path.parent.exists():
        raise IndicantError("is there already", file=str(path.parent))
    known = {**_KNOWN, "": iri}
    header = "".join(
        f"PREFIX {one}: <{known[one]}>\n" for one in ("", "dcterms", "ind", "owl", "rdfs", "skos")
    )
    given = _given(properties, known)
    lines = [
        line
        for line in _HEADER.format(label=" ".join(_words(name)), iri=iri).strip().splitlines()
        if _expanded(line.split()[0], known) not in given
    ]
    block = "\n".join([f"<{iri}>", *lines, " ;\n".join(properties), "."])
    text = tidy(f"{header}{block}\n", file=str(path))
    return Added(iri, path, text.split("\n").index(f"<{iri}>") + 1, text)


def _template(kind: str, name: str, guideline: str) -> list[tuple[str, str]]:
    label = f'"{" ".join(_words(name))}"@en'
    if kind == "recommendation":
        return [
            ("a", "ind:Indication"),
            ("rdfs:label", label),
            ("dcterms:isPartOf", f"<{guideline}>"),
        ]
    if kind == "criterion":
        return [
            ("a", "owl:Class , ind:Criterion"),
            ("rdfs:label", label),
            ("rdfs:subClassOf", "ind:PatientCase"),
            ("owl:equivalentClass", _CRITERION),
        ]
    if kind in ("passage", "document"):
        return []
    return [("a", "owl:Class"), ("rdfs:label", label), ("rdfs:subClassOf", f"<{_ROOTS[kind]}>")]


def _quoted(
    kind: str,
    name: str,
    node: str,
    own: Sequence[Document],
    source: str | None,
    quote: str | None,
) -> tuple[list[tuple[str, str]], str]:
    """Return the template of a document or a passage, and the block of its position."""
    if source is None:
        raise IndicantError(f"a {kind} is of a file", help="name the file with --from")
    text = read_text(source, limit=MAX_BYTES)
    if kind == "document":
        label = f'"{" ".join(_words(name))}"@en'
        digest = f'"{hashlib.sha256(text.encode()).hexdigest()}"'
        return [("a", "ind:SourceDocument"), ("rdfs:label", label), ("ind:sha256", digest)], ""
    if not quote:
        raise IndicantError("a passage is a stretch of words", help="give them with --quote")
    start = text.find(quote)
    if start < 0:
        raise IndicantError(
            "the words do not stand there",
            file=source,
            help="copy them as they are, with all signs",
        )
    if text.find(quote, start + 1) >= 0:
        raise IndicantError("the words stand there more than once", file=source, help="quote more")
    kinds = _LIKE["document"]
    found = sorted(
        text_of(quad.subject)
        for document in own
        for quad in document.quads
        if quad.predicate.value == terms.TYPE and text_of(quad.object) in kinds
    )
    if len(found) != 1:
        raise IndicantError(
            f"the guideline has {len(found) or 'no'} documents",
            help="indicant new document NAME --from FILE" if not found else None,
        )
    position = f"{node}-position"
    template = [
        ("a", "ind:Passage"),
        ("dcterms:identifier", f'"{name}"'),
        ("oa:hasSource", f"<{found[0]}>"),
        ("oa:hasSelector", f"<{position}>"),
        ("ind:sha256", f'"{hashlib.sha256(quote.encode()).hexdigest()}"'),
    ]
    ends = f"oa:start {start} ; oa:end {start + len(quote)} ."
    return template, f"<{position}> a oa:TextPositionSelector ; {ends}"


def _words(name: str) -> list[str]:
    """Return the words of a name, abbreviations as they are.

    >>> _words("LeftMRIScan"), _words("wait-6-weeks")
    (['left', 'MRI', 'scan'], ['wait', '6', 'weeks'])
    """
    found = _WORD.findall(name)
    return [word if len(word) > 1 and word.isupper() else word.lower() for word in found]


def _given(properties: Sequence[str], known: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what properties in Turtle say: predicates with the IRIs among their objects."""
    import pyoxigraph

    node = "https://indicant.invalid/new"
    found: dict[str, list[str]] = {}
    for text in properties:
        header = " ".join(f"PREFIX {name}: <{namespace}>" for name, namespace in known.items())
        whole = f"{header} <{node}> {text} ; <{node}> {len(properties)} ."
        try:
            quads = list(pyoxigraph.parse(whole, format=pyoxigraph.RdfFormat.TURTLE))
        except (SyntaxError, ValueError) as error:
            reason = re.sub(r"^Parser error at [^:]*: ", "", str(error).split(" (")[0])
            raise IndicantError(
                f"'{text}' is no property in Turtle: {reason}",
                help="""write it as in  'skos:definition "what it means"@en'""",
            ) from error
        if text_of(quads[-1].subject) != node:
            raise IndicantError(f"'{text}' is more than a property", help="leave out the full stop")
        for quad in quads[:-1]:
            if text_of(quad.subject) == node:
                found.setdefault(quad.predicate.value, []).append(text_of(quad.object))
    return found


def _expanded(name: str, known: Mapping[str, str]) -> str:
    if name == "a":
        return terms.TYPE
    prefix, _, local = name.partition(":")
    return known[prefix] + local


def _documents(place: Path, fence: Fence | None) -> list[Document]:
    """Return the documents of the guideline that a place belongs to, the named file first."""
    if place.is_dir():
        return list(load(place, fence=fence).documents)
    file = read(place)
    home = next(
        (folder for folder in real(place).parents[:3] if (folder / GUIDELINE_FILE).is_file()),
        None,
    )
    if home is None:
        return [file]
    others = load(home, fence=fence).documents
    same = real(place)
    return [file, *(other for other in others if real(other.path) != same)]


def _is_shipped(document: Document) -> bool:
    """Tell whether a document is of the core, or came with an installed package."""
    path = real(document.path)
    ontology = real(resources.ontology())
    shipped = ontology / "core" if ontology.parent.name != "data" else ontology
    return path.is_relative_to(shipped)


def _of_type(documents: Iterable[Document], kinds: Iterable[str]) -> Counter[str]:
    """Count the subjects of some types, by the path of their document."""
    wanted = set(kinds)
    return Counter(
        document.path
        for document in documents
        for quad in document.quads
        if quad.predicate.value == terms.TYPE and text_of(quad.object) in wanted
    )


def _guideline_of(documents: Sequence[Document], place: Path) -> str:
    found = {
        text_of(quad.subject): None
        for document in documents
        for quad in document.quads
        if quad.predicate.value == terms.TYPE and text_of(quad.object) == _GUIDELINE
    }
    if not documents:
        raise IndicantError(
            "came with the package and is not changed there",
            file=str(place),
            help="name a folder of your own with --in, or make one:  indicant new guideline NAME",
        )
    return next(iter(found), "")


def _target(
    kind: str,
    own: Sequence[Document],
    documents: Sequence[Document],
    given: Mapping[str, list[str]],
    place: Path,
) -> Document:
    """Choose the document in which the like of something stands."""
    by_path = {document.path: document for document in own}
    if kind in _ROOTS:
        parents = [one for one in given.get(_SUBCLASS, ()) if one]
        counts = Counter(
            document.path
            for document in own
            for quad in document.quads
            if text_of(quad.subject) in parents and quad.predicate.value == terms.TYPE
        )
        if not counts:
            below = _below(_ROOTS[kind], documents)
            counts = Counter(
                document.path
                for document in own
                for quad in document.quads
                if quad.predicate.value == _SUBCLASS and text_of(quad.subject) in below
            )
    else:
        counts = _of_type(own, _LIKE[kind])
        if kind == "recommendation" and len(counts) > 1:
            raise IndicantError(
                f"recommendations stand in {len(counts)} files",
                file=str(place),
                help=f"name one with --in, such as {min(counts)}",
            )
    if not counts:
        counts = _of_type(own, [_GUIDELINE])
    if not counts:
        raise IndicantError("holds no guideline of its own", file=str(place))
    return by_path[min(counts, key=lambda path: (-counts[path], path))]


def _below(root: str, documents: Iterable[Document]) -> set[str]:
    """Return the classes below a class."""
    children: dict[str, list[str]] = {}
    for document in documents:
        for quad in document.quads:
            if quad.predicate.value == _SUBCLASS:
                children.setdefault(text_of(quad.object), []).append(text_of(quad.subject))
    found: set[str] = set()
    queue = [root]
    while queue:
        for child in children.get(queue.pop(), ()):
            if child not in found:
                found.add(child)
                queue.append(child)
    return found


def _namespace(
    kind: str,
    target: Document,
    own: Sequence[Document],
    documents: Sequence[Document],
    guideline: str,
) -> str:
    """Return the namespace of what stands beside something new."""
    if kind in _ROOTS:
        like = _below(_ROOTS[kind], documents)
    else:
        like = {
            text_of(quad.subject)
            for document in documents
            for quad in document.quads
            if quad.predicate.value == terms.TYPE and text_of(quad.object) in _LIKE[kind]
        }
    for some in ([target], own):
        counts = Counter(
            iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]
            for iri in {text_of(quad.subject) for one in some for quad in one.quads} & like
        )
        if counts:
            return min(counts, key=lambda one: (-counts[one], one))
    if guideline.endswith(("/", "#")):
        return guideline
    if guideline:
        return f"{guideline}#"
    raise IndicantError(
        f"nothing here says in which namespace a {kind} stands",
        file=target.path,
        help="add the first one by hand",
    )
