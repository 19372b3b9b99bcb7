"""Find a guideline and the ontologies it imports, without ever reading from the network."""

from __future__ import annotations

import hashlib
import os
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from indicant import terms
from indicant.errors import IndicantError
from indicant.files import resources, strangers
from indicant.files.fence import CATALOG as CATALOG
from indicant.files.fence import Fence, fence_of, real
from indicant.files.rdf import (
    JSON_LD,
    MAX_BYTES,
    N_QUADS,
    STDIN,
    TRIG,
    Document,
    read,
    read_text,
    text_of,
    visible,
)
from indicant.files.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CORE = terms.IND
MAPPED_BY = terms.IND + "mappedBy"
_REFLEXIVE = frozenset(
    (
        *(terms.RDFS + name for name in ("subClassOf", "subPropertyOf")),
        *(terms.OWL + name for name in ("equivalentClass", "equivalentProperty", "sameAs")),
    )
)
_VALUE = terms.PROV + "value"
MOST_IMPORTS = 1_000
GUIDELINE_FILE = "guideline.ttl"
EXAMPLE_FILE = "example.ttl"
_GUIDELINE_TYPES = {
    f"<{CORE}{name}>" for name in ("Guideline", "Indication", "Contraindication", "NonIndication")
}
_MAX_CATALOG = 2_000_000
_CATALOG_NAMESPACE = "{urn:oasis:names:tc:entity:xmlns:xml:catalog}"


@dataclass(frozen=True)
class Table:
    """A table of codes that an ontology names by ``ind:mappedBy``, not yet parsed.

    The first lines of the text, as many as ``above`` says, are from the file ``metadata``.
    """

    iri: str
    path: str
    text: str = field(repr=False)
    metadata: str = ""
    above: int = 0


@dataclass(frozen=True)
class Source:
    """The documents that make up a guideline with everything it imports.

    ``documents`` come in the order in which the imports reach them, the guideline's own first;
    ``digest`` is the SHA-256 of all texts, independent of where the files are. ``tables`` say what
    terms are called elsewhere: nothing is reasoned from them, and they are no triples here.
    """

    documents: tuple[Document, ...]
    digest: str
    tables: tuple[Table, ...] = ()

    def triples(self) -> Iterator[tuple[str, object, object, object]]:
        """Yield ``(path, subject, predicate, object)`` for every triple."""
        for document in self.documents:
            for quad in document.quads:
                yield document.path, quad.subject, quad.predicate, quad.object

    def labels(self) -> dict[str, str]:
        """Return what each term is called in English, or without a language; the first one counts.

        The key is the IRI of the term.
        """
        found: dict[str, str] = {}
        for _, subject, predicate, value in self.triples():
            if (
                text_of(predicate) == terms.LABEL
                and isinstance(subject, ox.NamedNode)
                and isinstance(value, ox.Literal)
                and value.language in {None, "en"}
            ):
                found.setdefault(subject.value, value.value)
        return found


def installed() -> dict[str, Path]:
    """Return the guidelines that ship with the package, by name."""
    folder = resources.ontology() / "guidelines"
    files = visible(sorted(folder.glob(f"*/{GUIDELINE_FILE}")), folder)
    return {path.parent.name: path.parent for path in files}


def resolve(guideline: str | None) -> Path:
    """Return the directory or file of a guideline given by name or path.

    Without a name it is the one guideline that ships with the package.

    Raises:
        IndicantError: nothing of that name is installed and no such path exists, or both are so.
    """
    known = installed()
    if guideline is None and len(known) == 1:
        return next(iter(known.values()))
    found = None if guideline is None else named(guideline)
    if found is not None:
        return found
    raise IndicantError(
        "no guideline is named" if guideline is None else f"unknown guideline '{guideline}'",
        help=f"give a directory or a file, or one of: {', '.join(known)}",
    )


def named(guideline: str) -> Path | None:
    """Return the installed guideline or the path of a name, or nothing.

    Raises:
        IndicantError: an installed guideline and another one here are called so.
    """
    known = installed().get(guideline)
    here = Path(guideline) if guideline and os.path.exists(guideline) else None
    if known is not None and here is not None and real(known) != real(here):
        raise IndicantError(
            f"'{guideline}' is what an installed guideline is called, and what is here as well",
            help=f"write  {os.path.join(os.curdir, guideline)}  or  {known}",
        )
    return known or here


def roots(path: Path) -> list[Path]:
    """Return the files that a guideline begins with, before its imports.

    Raises:
        IndicantError: a folder holds none.
    """
    if path.is_file():
        return [path]
    root = path / GUIDELINE_FILE
    if root.is_file():
        return [root]
    files = sorted(path.glob("*.ttl"))
    if not files:
        raise IndicantError(
            "the folder holds no guideline",
            file=str(path),
            help=f"a guideline is a folder with a {GUIDELINE_FILE}, or a Turtle file",
        )
    return files


def catalog(path: Path) -> dict[str, Path]:
    """Return the file that an OASIS catalog maps each name to; no catalog maps none.

    The paths are absolute. Nothing was looked at: a link in one of them may lead elsewhere.

    Raises:
        IndicantError: it cannot be read as one.
    """
    if not os.path.lexists(path):
        return {}
    text = read_text(_display(path), limit=_MAX_CATALOG)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise IndicantError("a catalog with a document type is not read", file=_display(path))
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - no entities: checked above
    except ElementTree.ParseError as error:
        raise IndicantError(f"not an XML catalog: {error}", file=_display(path)) from error
    folder = real(path.parent)
    mapping = {}
    for entry in root.iter(f"{_CATALOG_NAMESPACE}uri"):
        uri = entry.get("uri", "")
        if "://" not in uri:
            mapping[entry.get("name", "")] = Path(os.path.normpath(folder / uri))
    return mapping


def shipped_catalog() -> dict[str, Path]:
    """Return the file of each ontology that ships with the package."""
    mapping: dict[str, Path] = {}
    folder = resources.ontology()
    for file in visible(sorted(folder.rglob(CATALOG)), folder):
        mapping.update(catalog(file))
    return mapping


def load(path: Path, *, fence: Fence | None = None) -> Source:
    """Read a guideline and, through OASIS catalogs, all that it imports.

    A catalog beside the importing file is asked first, then the catalogs that ship with the
    package. The core is always part of the result.

    Args:
        path: a file or a folder.
        fence: where files may lie; without, it is that of ``fence_of``.

    Raises:
        IndicantError: an import or a table is mapped to no file or to one outside, or a file
            cannot be read.
    """
    source = gather(path, fence=fence)
    if not any(_holds_guideline(document) for document in source.documents):
        raise IndicantError(
            "holds no guideline",
            file=str(path),
            help="a guideline has recommendations: ind:Indication or ind:Contraindication",
        )
    return source


def gather(
    path: Path,
    problems: list[IndicantError] | None = None,
    progress: Callable[[str], None] | None = None,
    large: Callable[[str], Document] | None = None,
    *,
    fence: Fence | None = None,
) -> Source:
    """Do the same for any ontology, whether or not it holds a guideline.

    Args:
        path: a file or a folder.
        problems: where to put what would be raised about a file or an import, which is then left
            out of the result.
        progress: told which file is read next.
        large: reads an import that is larger than the limit, which is otherwise a mistake.
        fence: where files may lie; without, it is that of ``fence_of``.
    """
    return _Gathering(path, problems, progress, large, fence).source()


class _Gathering:
    """Reads what can be reached from some files through catalogs, each file once."""

    def __init__(
        self,
        path: Path,
        problems: list[IndicantError] | None,
        progress: Callable[[str], None] | None,
        large: Callable[[str], Document] | None,
        fence: Fence | None,
    ) -> None:
        self._problems = problems
        self._progress = progress
        self._large = large
        self._shipped = shipped_catalog()
        self._allowed = fence_of(path) if fence is None else fence
        self._first = [self._allowed.follow(file, path) for file in roots(path)]
        if CORE not in self._shipped:
            raise IndicantError(
                "the catalog of the core ontology is missing", help="reinstall indicant"
            )
        self._queue = list(self._first)
        self._core: Path | None = None
        self._catalogs: dict[Path, dict[str, Path]] = {}
        self._held: set[str] = set()
        self._documents: list[Document] = []
        self._tables: dict[Path, Table] = {}

    def source(self) -> Source:
        """Return all that is reached."""
        reached: set[Path] = set()
        while self._queue or self._core is None:
            if not self._queue:
                self._core = real(self._shipped[CORE])
                self._queue.append(self._core)
            file = self._queue.pop(0)
            if file in reached or (file == self._core and CORE in self._held):
                continue
            reached.add(file)
            document = self._read(file)
            if document is not None:
                self._documents.append(document)
                self._follow(document, file.parent)
        tables = tuple(self._tables.values())
        texts = [*(one.text for one in self._documents), *(one.text for one in tables)]
        digests = sorted(hashlib.sha256(text.encode()).digest() for text in texts)
        digest = hashlib.sha256(b"".join(digests)).hexdigest()
        core = {name for name in self._shipped if name.startswith(CORE)}
        first = {_display(file) for file in self._first}
        documents = strangers.parted(self._documents, first, core)
        return Source(tuple(documents), digest, tables)

    def _mistake(self, error: IndicantError) -> None:
        if self._problems is None:
            raise error
        self._problems.append(error)

    def _read(self, file: Path) -> Document | None:
        if self._progress is not None:
            self._progress(_display(file))
        try:
            if _is_large(file) and file not in self._first:
                return _read_large(_display(file), self._large)
            return _without_truisms(read(_display(file)))
        except IndicantError as error:
            self._mistake(error)
            return None

    def _follow(self, document: Document, folder: Path) -> None:
        """Put in the queue what a document imports, and read the tables that it names."""
        names = self._catalog(folder)
        if self._core is None:
            self._core = self._core_for(document, names)
            self._queue.append(self._core)
        self._held |= graphs_in(document)
        inside = _held_tables(document)
        wanted = [("owl:imports", iri) for iri in document.imports if iri not in self._held]
        tables, no_tables = _tables_of(document)
        wanted += [("ind:mappedBy", iri) for iri in tables]
        if len(wanted) + len(document.no_imports) + len(no_tables) > MOST_IMPORTS:
            self._mistake(
                IndicantError(
                    f"asks for more than {MOST_IMPORTS:,} ontologies and tables",
                    file=document.path,
                )
            )
            return
        for how, texts in (("owl:imports", document.no_imports), ("ind:mappedBy", no_tables)):
            for text in texts:
                self._mistake(_no_iri(document, how, text))
        for how, iri in wanted:
            if iri in inside:
                self._tables[folder / iri] = Table(iri, document.path, inside[iri])
                continue
            target = names.get(iri) or self._shipped.get(iri)
            file = None if target is None else self._admitted(target, how, iri, document)
            if target is None:
                self._mistake(_unmapped(how, iri, document))
            elif file is not None and how == "owl:imports":
                self._queue.append(file)
            elif file is not None and file not in self._tables:
                self._read_table(file, iri)

    def _catalog(self, folder: Path) -> dict[str, Path]:
        if folder not in self._catalogs:
            self._catalogs[folder] = {}
            try:
                self._allowed.follow(folder / CATALOG, folder)
                self._catalogs[folder] = catalog(folder / CATALOG)
            except IndicantError as error:
                self._mistake(error)
        return self._catalogs[folder]

    def _core_for(self, document: Document, names: dict[str, Path]) -> Path:
        """Return the core that a catalog asks for, or else the one that ships."""
        core = names.get(CORE)
        file = None if core is None else self._admitted(core, "owl:imports", CORE, document)
        return real(self._shipped[CORE]) if file is None else file

    def _admitted(self, target: Path, how: str, iri: str, document: Document) -> Path | None:
        try:
            return self._allowed.admit(target)
        except IndicantError as error:
            self._mistake(_astray(how, iri, document, error))
            return None

    def _read_table(self, file: Path, iri: str) -> None:
        name = _display(file)
        try:
            admit = self._allowed.admit
            text, metadata, above = read_table(name, lambda path: _display(admit(Path(path))))
            self._tables[file] = Table(iri, name, text, metadata, above)
        except IndicantError as error:
            self._mistake(error)


def _without_truisms(document: Document) -> Document:
    """Return a document without what holds of everything: that a term is below or equal to itself.

    Reasoners that write what they infer write it of every term.
    """
    quads = tuple(
        quad
        for quad in document.quads
        if quad.subject != quad.object
        or quad.predicate.value not in _REFLEXIVE
        or terms.GENID in text_of(quad.subject)
    )
    return document if len(quads) == len(document.quads) else replace(document, quads=quads)


def _unmapped(how: str, iri: str, document: Document) -> IndicantError:
    return IndicantError(
        f"{how} <{iri}> is mapped to no file, and nothing is ever fetched",
        file=document.path,
        line=_line_of(document, iri),
        help=f'add  <uri name="{iri}" uri="…"/>  to {CATALOG} beside the file',
    )


def _astray(how: str, iri: str, document: Document, error: IndicantError) -> IndicantError:
    """Return the error of a name that a catalog leads out of the repository."""
    return IndicantError(
        f"{how} <{iri}> {error.message}",
        file=document.path,
        line=_line_of(document, iri),
        help=error.help,
    )


def _is_large(file: Path) -> bool:
    return file.is_file() and file.stat().st_size > MAX_BYTES


def _read_large(path: str, large: Callable[[str], Document] | None) -> Document:
    if large is None:
        raise IndicantError(
            f"larger than the limit of {MAX_BYTES / 1_000_000:g} MB",
            file=path,
            help="import an excerpt of it;  indicant merge  takes one by itself",
        )
    return large(path)


def graphs_in(document: Document) -> set[str]:
    """Return the names of the graphs of a document, and of the ontologies and versions in them."""
    if document.format not in {TRIG, N_QUADS, JSON_LD}:
        return set()
    found: set[str] = set()
    for quad in document.quads:
        graph = getattr(quad.graph_name, "value", None)
        if graph is not None:
            found.add(graph)
            if quad.predicate.value == terms.TYPE and str(quad.object) == f"<{terms.OWL}Ontology>":
                found.add(str(getattr(quad.subject, "value", "")))
            elif quad.predicate.value == terms.OWL + "versionIRI":
                found.add(str(getattr(quad.object, "value", "")))
    return found


def _held_tables(document: Document) -> dict[str, str]:
    """Return the texts of the tables that a merged guideline brings with it."""
    if document.format not in {TRIG, N_QUADS}:
        return {}
    return {
        str(getattr(quad.subject, "value", "")): str(getattr(quad.object, "value", ""))
        for quad in document.quads
        if quad.predicate.value == _VALUE
    }


def _tables_of(document: Document) -> tuple[list[str], list[str]]:
    """Return the tables that a document names, and the texts that stand where an IRI shall."""
    if "mappedBy" not in document.text:
        return [], []
    named = [quad.object for quad in document.quads if quad.predicate.value == MAPPED_BY]
    return (
        [one.value for one in named if isinstance(one, ox.NamedNode)],
        [one.value for one in named if isinstance(one, ox.Literal)],
    )


def _no_iri(document: Document, how: str, text: str) -> IndicantError:
    shown = text if len(text) <= 40 else f"{text[:39]}…"
    return IndicantError(
        f'{how} "{shown}" is a text, not an IRI',
        file=document.path,
        line=_line_of(document, f'"{text}"'),
        help=f"write it as  {how} <…>",
    )


def _holds_guideline(document: Document) -> bool:
    return any(
        quad.predicate.value == terms.TYPE and str(quad.object) in _GUIDELINE_TYPES
        for quad in document.quads
    )


def _display(file: Path) -> str:
    try:
        name = str(file.relative_to(Path.cwd()))
    except ValueError:
        return str(file)
    return os.path.join(os.curdir, name) if name == STDIN else name


def _line_of(document: Document, text: str) -> int | None:
    position = document.text.find(text)
    return None if position < 0 else document.text.count("\n", 0, position) + 1
