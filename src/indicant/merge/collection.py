"""Put several guidelines together, each in a graph of its own, and write them with where from."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant import terms
from indicant.errors import IndicantError
from indicant.files.contents import graphs_in
from indicant.files.derivations import DERIVATION, Derivation
from indicant.files.excerpts import Excerpt, Large, mentioned
from indicant.files.fence import Fence, real
from indicant.files.lines import locate
from indicant.files.rdf import TURTLE, Document
from indicant.files.sources import (
    Source,
    Table,
    gather,
    is_guideline_file,
    resolve,
    roots,
)
from indicant.guideline.names import prefixes_in
from indicant.merge.sameness import same_statements
from indicant.report.findings import Place, Result
from indicant.terms import DCTERMS, GENID, IND, OWL, PROV, TYPE, XSD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Progress = Callable[[str, float | None], None]

FORMATS: Final = {".trig": ox.RdfFormat.TRIG, ".nq": ox.RdfFormat.N_QUADS}
MERGE: Final = "https://w3id.org/indicant/merge/"
ONTOLOGY: Final = OWL + "Ontology"
GUIDELINE: Final = IND + "Guideline"
RECOMMENDATIONS: Final = frozenset(
    IND + name for name in ("Indication", "Contraindication", "NonIndication")
)
SETTLED: Final = "settled"


@dataclass(frozen=True)
class Part:
    """A graph of the merge: a guideline with its own modules, or an ontology that is shared.

    ``name`` is the IRI of the guideline or of the ontology, and names the graph.
    """

    name: str
    guideline: bool
    documents: tuple[Document, ...]

    @property
    def label(self) -> str:
        """Return what the part is called, or else its name."""
        for document in self.documents:
            for quad in document.quads:
                if (
                    quad.predicate.value == terms.LABEL
                    and text_of(quad.subject) == self.name
                    and isinstance(quad.object, ox.Literal)
                    and quad.object.language in {None, "en"}
                ):
                    return quad.object.value
        return self.name


@dataclass(frozen=True)
class Collected:
    """What was read: the parts, the tables, the derivations, how files are called, what clashes.

    ``named`` are the IRIs of the guidelines in the order in which they were given; ``files`` has
    for each path the name under which the merged graph knows it, and ``digests`` the SHA-256 of
    a file of which only an excerpt was taken.
    """

    named: tuple[str, ...]
    parts: tuple[Part, ...]
    tables: tuple[Table, ...]
    derivations: tuple[Derivation, ...]
    files: dict[str, str] = field(repr=False)
    digests: dict[str, str] = field(repr=False)
    results: tuple[Result, ...] = ()

    @property
    def documents(self) -> tuple[Document, ...]:
        """Return the documents of all parts."""
        return tuple(document for part in self.parts for document in part.documents)

    @property
    def digest(self) -> str:
        """Return the SHA-256 of all that was read, wherever it was."""
        texts = [*(one.text for one in self.documents), *(one.text for one in self.tables)]
        texts += [f"{one.iri}\n{one.text}" for one in self.derivations]
        digests = [hashlib.sha256(text.encode()).digest() for text in texts]
        digests += [bytes.fromhex(one) for one in self.digests.values()]
        return hashlib.sha256(b"".join(sorted(digests))).hexdigest()

    def sha256(self, document: Document) -> bytes:
        """Return the digest of the file that a document was read from."""
        known = self.digests.get(document.path)
        if known is not None:
            return bytes.fromhex(known)
        return hashlib.sha256(document.text.encode()).digest()

    def source(self, *more: Document) -> Source:
        """Return all parts as one guideline, with further documents."""
        texts = "".join(one.text for one in more)
        digest = hashlib.sha256(f"{self.digest}\n{texts}".encode()).hexdigest()
        documents = (*self.documents, *more)
        return Source(documents, digest, self.tables, derivations=self.derivations)

    def owners(self) -> dict[str, str]:
        """Return the guideline of every recommendation: the part that makes it."""
        return {
            text_of(quad.subject): part.name
            for part in self.parts
            for document in part.documents
            for quad in document.quads
            if quad.predicate.value == TYPE and text_of(quad.object) in RECOMMENDATIONS
        }


def text_of(term: object) -> str:
    """Return the IRI or the lexical form of a term."""
    return str(getattr(term, "value", term))


def place_of(
    document: Document,
    subject: str | None,
    predicate: str | None = None,
    value: str | None = None,
) -> Place:
    """Return where a statement stands."""
    return Place(document.path, locate(document, subject, predicate, value))


def ontology_of(document: Document) -> str | None:
    """Return the IRI of the ontology that a document is."""
    for quad in document.quads:
        if (
            quad.predicate.value == TYPE
            and text_of(quad.object) == ONTOLOGY
            and isinstance(quad.subject, ox.NamedNode)
            and GENID not in quad.subject.value
        ):
            return quad.subject.value
    return None


def header(document: Document, predicate: str) -> str | None:
    """Return what the header of an ontology says."""
    iri = ontology_of(document)
    for quad in document.quads:
        if quad.predicate.value == predicate and text_of(quad.subject) == iri:
            return text_of(quad.object)
    return None


# ---------------------------------------------------------------------- reading


def collect(
    names: Sequence[str], progress: Progress | None = None, *, fence: Fence | None = None
) -> Collected:
    """Read guidelines with all that they import, each file once.

    Args:
        names: guidelines by name, folder or file.
        progress: told what is read, and how far that has got where it takes long.
        fence: where files of the guidelines may lie; without, the repository of each.

    Raises:
        IndicantError: one is given twice, is a merged graph itself, has no name, or an import is
            mapped to no file.
    """
    paths = [resolve(name) for name in names]
    _refuse_twice(paths)
    reading = _Reading(progress)
    for path in paths:
        source = gather(
            path,
            progress=progress and (lambda file: progress(file, None)),
            large=reading.begin,
            fence=fence,
        )
        reading.take(path, source)
    return reading.collected()


class _Reading:
    """What has been read of several guidelines, and what of it does not go together."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._large: dict[str, tuple[Large, Document]] = {}
        self._number = 0
        self._kept: dict[str, Document] = {}
        self._tables: dict[str, Table] = {}
        self._derivations: dict[str, Derivation] = {}
        self._reached: dict[str, set[int]] = {}
        self._named: list[str] = []
        self._files: dict[str, str] = {}
        self._results: list[Result] = []

    def begin(self, file: str) -> Document:
        """Return what stands for a file that is too large to be read whole."""
        if file not in self._large:
            one = Large(file, self._progress)
            self._large[file] = one, one.stub()
        return self._large[file][1]

    def take(self, path: Path, source: Source) -> None:
        """Add a guideline with all that it imports."""
        first = {str(real(file)) for file in roots(path)}
        for document in source.documents:
            iri = _name(document)
            mine = str(real(document.path)) in first
            if mine and iri not in self._named:
                self._named.append(iri)
            self._reached.setdefault(iri, set()).add(self._number)
            if iri in self._kept:
                large = document.path in self._large
                self._results += _second(self._kept[iri], document, iri, mine, large)
            else:
                self._kept[iri] = document
                self._files[document.path] = _file_name(document.path, path)
        for table in source.tables:
            known = self._tables.setdefault(table.iri, table)
            if known.text != table.text:
                self._results.append(_two_of("table", known, table))
        for rule in source.derivations:
            earlier = self._derivations.setdefault(rule.iri, rule)
            if earlier.text != rule.text:
                self._results.append(_two_of("derivation", earlier, rule))
        self._number += 1

    def collected(self) -> Collected:
        """Return all of it, with what is in use of large ontologies in their place."""
        excerpts = _excerpts(self._kept, self._large)
        kept = self._kept | {iri: taken.document for iri, taken in excerpts.items()}
        results = [*self._results, *(_told_excerpt(one, iri) for iri, one in excerpts.items())]
        return Collected(
            tuple(self._named),
            _parts(kept, self._reached, self._named),
            tuple(self._tables.values()),
            tuple(self._derivations[iri] for iri in sorted(self._derivations)),
            self._files,
            {taken.document.path: taken.sha256 for taken in excerpts.values()},
            tuple({(one.rule, one.places): one for one in results}.values()),
        )


def _second(
    known: Document, document: Document, iri: str, mine: bool, large: bool
) -> Iterator[Result]:
    """Yield what is to be told where an ontology is reached once more."""
    if (large and known.path != document.path) or not same_statements(known, document):
        yield _two_versions(known, document, iri)
    elif mine and not _same_file(known.path, document.path):
        yield _copy(known, document, iri)


def _excerpts(
    kept: dict[str, Document], large: dict[str, tuple[Large, Document]]
) -> dict[str, Excerpt]:
    """Return what is in use of the ontologies that are too large to be read whole."""
    parts = {iri: large[one.path] for iri, one in kept.items() if one.path in large}
    if not parts:
        return {}
    wanted = mentioned(one for iri, one in kept.items() if iri not in parts)
    return {iri: one.excerpt(stub, wanted) for iri, (one, stub) in parts.items()}


def _told_excerpt(taken: Excerpt, iri: str) -> Result:
    return Result(
        "excerpt",
        "note",
        f"of the ontology <{iri}>, too large to be read whole, {taken.kept} of {taken.statements} "
        "statements were taken: the terms in use, and what is above them",
        (Place(taken.document.path),),
        "a case can use no other term of it; import an excerpt of your own to choose them",
        (iri,),
        data={"kept": taken.kept, "statements": taken.statements, "sha256": taken.sha256},
    )


def _refuse_twice(paths: Sequence[Path]) -> None:
    seen: dict[Path, Path] = {}
    for path in paths:
        place = real(path)
        if place.is_file() and is_guideline_file(place):
            place = place.parent
        if place in seen:
            raise IndicantError(
                "the guideline is given twice", file=str(path), help="name each guideline once"
            )
        seen[place] = path


def _same_file(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _name(document: Document) -> str:
    if graphs_in(document):
        raise IndicantError(
            "has named graphs, as a merged guideline does",
            file=document.path,
            help="merge the guidelines that it was made from",
        )
    iri = ontology_of(document)
    if iri is None:
        raise IndicantError(
            "has no name to keep its statements under",
            file=document.path,
            help="add  <https://…/> a owl:Ontology .",
        )
    return iri


def _file_name(path: str, given: Path) -> str:
    """Return the name of a file without what is particular to one machine."""
    base = real(given) if given.is_dir() else real(given).parent
    place = real(path)
    try:
        return (Path(base.name) / place.relative_to(base)).as_posix()
    except ValueError:
        return (Path(place.parent.name) / place.name).as_posix()


def _two_versions(one: Document, other: Document, iri: str) -> Result:
    versions = [header(document, OWL + "versionIRI") for document in (one, other)]
    told = (
        "with different content under one version"
        if versions[0] == versions[1]
        else " and ".join(f"as <{version}>" if version else "unversioned" for version in versions)
    )
    return Result(
        "version",
        "error",
        f"the ontology <{iri}> is there twice, {told}",
        tuple(place_of(document, iri) for document in (one, other)),
        "let both guidelines import the same version",
        (iri,),
    )


def _copy(one: Document, other: Document, iri: str) -> Result:
    return Result(
        "copy",
        "note",
        f"two files hold the ontology <{iri}>, "
        f"{'word for word' if one.text == other.text else 'with the same statements'}; "
        "it is merged once",
        tuple(place_of(document, iri) for document in (one, other)),
        about=(iri,),
    )


def _two_of(what: str, one: Table | Derivation, other: Table | Derivation) -> Result:
    return Result(
        "version",
        "error",
        f"the {what} <{one.iri}> is there twice, with different content",
        (Place(one.path, 1), Place(other.path, 1)),
        "let both guidelines use the same version",
        (one.iri,),
    )


def _parts(
    documents: dict[str, Document], reached: dict[str, set[int]], named: Sequence[str]
) -> tuple[Part, ...]:
    """Give every guideline the modules under its name that nothing else imports."""
    heads = [
        iri
        for iri, document in documents.items()
        if iri in named
        or any(
            quad.predicate.value == TYPE
            and text_of(quad.object) == GUIDELINE
            and text_of(quad.subject) == iri
            for quad in document.quads
        )
    ]
    heads = [iri for iri in heads if _advises(documents[iri])]
    members: dict[str, list[Document]] = {iri: [] for iri in heads}
    for iri, document in documents.items():
        above = [
            head
            for head in heads
            if (iri == head or iri.startswith(f"{head.rstrip('/#')}/"))
            and reached[iri] <= reached[head]
        ]
        name = iri if iri in heads else max(above, key=len, default=iri)
        members.setdefault(name, []).append(document)
    found = [
        Part(name, name in heads, tuple(sorted(group, key=lambda one: ontology_of(one) or "")))
        for name, group in sorted(members.items())
    ]
    return (*(one for one in found if one.guideline), *(one for one in found if not one.guideline))


def _advises(document: Document) -> bool:
    """Tell whether a document is a guideline or an overlay, and not an ontology alone."""
    return any(
        quad.predicate.value == TYPE
        and text_of(quad.object) in {GUIDELINE, IND + "Resolution", *RECOMMENDATIONS}
        for quad in document.quads
    )


# ---------------------------------------------------------------------- what is added


@dataclass(frozen=True)
class Added:
    """A statement that the merge makes, and what it is derived from."""

    subject: str
    predicate: str
    object: str
    derived: str | None = None


def settled(collected: Collected, added: Iterable[Added]) -> Document:
    """Return what the merge itself states, as a document."""
    name = f"{merge_iri(collected, None)}/{SETTLED}"
    quads = tuple(
        dict.fromkeys(
            ox.Quad(
                ox.NamedNode(one.subject), ox.NamedNode(one.predicate), ox.NamedNode(one.object)
            )
            for one in added
        )
    )
    text = "".join(f"{quad.triple} .\n" for quad in quads)
    return Document(name, text, TURTLE, quads)


def memberships(collected: Collected) -> list[Added]:
    """Return, for recommendations that do not say so, the guideline that they are part of."""
    predicate = DCTERMS + "isPartOf"
    said = {
        text_of(quad.subject)
        for document in collected.documents
        for quad in document.quads
        if quad.predicate.value == predicate
    }
    return [
        Added(iri, predicate, guideline)
        for iri, guideline in sorted(collected.owners().items())
        if iri not in said
    ]


def merge_iri(collected: Collected, as_of: str | None) -> str:
    """Return the name of a merge: the same for the same content and date."""
    digest = hashlib.sha256(f"{collected.digest}\n{as_of or ''}".encode()).hexdigest()
    return f"{MERGE}{digest[:16]}"


# ---------------------------------------------------------------------- writing


def serialize(
    collected: Collected, added: Sequence[Added], path: str | os.PathLike[str], as_of: str | None
) -> bytes:
    """Return the merged graph in the format that the name of a file asks for.

    Each guideline and each shared ontology is a named graph. The default graph says in PROV-O
    which files a graph comes from, with digest and version, and holds the tables of codes and the
    derivations.

    Raises:
        IndicantError: the name ends in neither ``.trig`` nor ``.nq``.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise IndicantError(
            "a merged graph is TriG or N-Quads", file=str(path), help="end the name in .trig or .nq"
        )
    quads = list(dict.fromkeys(_quads(collected, added, as_of)))
    if suffix == ".nq":
        return ox.serialize(quads, format=FORMATS[suffix]) or b""
    prefixes = prefixes_in(one.text for one in collected.documents)
    own = {name: iri for name, iri in prefixes.items() if name}
    return ox.serialize(quads, format=FORMATS[suffix], prefixes=own) or b""


def _quads(collected: Collected, added: Sequence[Added], as_of: str | None) -> Iterator[ox.Quad]:
    merge = merge_iri(collected, as_of)
    yield from _provenance(collected, added, as_of, merge)
    blank: dict[str, ox.BlankNode] = {}
    for part in collected.parts:
        graph = ox.NamedNode(part.name)
        for document in part.documents:
            for quad in (*document.quads, *document.aside):
                yield replaced(quad, graph, blank)
    graph = ox.NamedNode(f"{merge}/{SETTLED}")
    for one in added:
        yield ox.Quad(
            ox.NamedNode(one.subject), ox.NamedNode(one.predicate), ox.NamedNode(one.object), graph
        )


def replaced(quad: ox.Quad, graph: ox.NamedNode, blank: dict[str, ox.BlankNode]) -> ox.Quad:
    """Return a statement in another graph, its blank nodes without a name again."""

    def term(value: object) -> ox.NamedNode | ox.BlankNode | ox.Literal:
        if isinstance(value, ox.NamedNode) and GENID in value.value:
            return blank.setdefault(value.value, ox.BlankNode(f"b{len(blank) + 1}"))
        assert isinstance(value, (ox.NamedNode, ox.BlankNode, ox.Literal))  # noqa: S101
        return value

    subject = term(quad.subject)
    assert not isinstance(subject, ox.Literal)  # noqa: S101
    return ox.Quad(subject, quad.predicate, term(quad.object), graph)


def _provenance(
    collected: Collected, added: Sequence[Added], as_of: str | None, merge: str
) -> Iterator[ox.Quad]:
    def say(subject: str, predicate: str, value: str | ox.Literal) -> ox.Quad:
        node = ox.NamedNode(value) if isinstance(value, str) else value
        return ox.Quad(ox.NamedNode(subject), ox.NamedNode(predicate), node)

    entity = PROV + "Entity"
    derived = PROV + "wasDerivedFrom"
    yield say(merge, TYPE, IND + "Merge")
    if as_of is not None:
        yield say(merge, IND + "asOf", ox.Literal(as_of, datatype=ox.NamedNode(XSD + "date")))
    for part in collected.parts:
        yield say(
            merge, IND + ("mergedGuideline" if part.guideline else "mergedOntology"), part.name
        )
    for part in collected.parts:
        for document in part.documents:
            digest = collected.sha256(document)
            file = _named_information(digest)
            yield say(part.name, derived, file)
            yield say(file, TYPE, entity)
            yield say(file, DCTERMS + "title", ox.Literal(collected.files[document.path]))
            yield say(file, IND + "sha256", ox.Literal(digest.hex()))
            version = header(document, OWL + "versionInfo")
            if version is not None:
                yield say(file, OWL + "versionInfo", ox.Literal(version))
    for table in sorted(collected.tables, key=lambda one: one.iri):
        sha256 = hashlib.sha256(table.text.encode()).hexdigest()
        yield say(table.iri, TYPE, entity)
        yield say(table.iri, IND + "sha256", ox.Literal(sha256))
        yield say(table.iri, PROV + "value", ox.Literal(table.text))
    for rule in collected.derivations:
        yield say(rule.iri, TYPE, DERIVATION)
        yield say(rule.iri, PROV + "value", ox.Literal(rule.text))
    for one in dict.fromkeys(one.derived for one in added if one.derived is not None):
        yield say(f"{merge}/{SETTLED}", derived, one)


def _named_information(digest: bytes) -> str:
    """Return the name of a file by its content, as RFC 6920 has it."""
    return f"ni:///sha-256;{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"
