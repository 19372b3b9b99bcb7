"""Find a guideline and the ontologies it imports, without ever reading from the network."""

from __future__ import annotations

import hashlib
import os
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from indicant import terms
from indicant.errors import IndicantError
from indicant.files import resources
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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CORE = terms.IND
MAPPED_BY = terms.IND + "mappedBy"
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
    """A table of codes that an ontology names by ``ind:mappedBy``, not yet parsed."""

    iri: str
    path: str
    text: str = field(repr=False)


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


def _shipped_catalog() -> dict[str, Path]:
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
    shipped = _shipped_catalog()
    allowed = fence_of(path) if fence is None else fence
    catalogs: dict[Path, dict[str, Path]] = {}
    first = [allowed.follow(file, path) for file in roots(path)]
    queue: list[Path] = list(first)
    if CORE not in shipped:
        raise IndicantError(
            "the catalog of the core ontology is missing", help="reinstall indicant"
        )
    core: Path | None = None
    seen: dict[Path, Document] = {}
    tables: dict[Path, Table] = {}
    reached: set[Path] = set()
    held: set[str] = set()

    def mistake(error: IndicantError) -> None:
        if problems is None:
            raise error
        problems.append(error)

    while queue or core is None:
        if not queue:
            queue.append(core := real(shipped[CORE]))
        file = queue.pop(0)
        if file in reached:
            continue
        if file == core and CORE in held:
            continue
        reached.add(file)
        if progress is not None:
            progress(_display(file))
        try:
            if _is_large(file) and file not in first:
                document = _read_large(_display(file), large)
            else:
                document = read(_display(file))
        except IndicantError as error:
            mistake(error)
            continue
        seen[file] = document
        folder = file.parent
        if folder not in catalogs:
            try:
                allowed.follow(folder / CATALOG, folder)
                catalogs[folder] = catalog(folder / CATALOG)
            except IndicantError as error:
                catalogs[folder] = {}
                mistake(error)
        if core is None:
            core = real(shipped[CORE])
            if CORE in catalogs[folder]:
                try:
                    core = allowed.admit(catalogs[folder][CORE])
                except IndicantError as error:
                    mistake(_astray("owl:imports", CORE, document, error))
            queue.append(core)
        held |= graphs_in(document)
        texts_of_tables = _held_tables(document)
        wanted = [("owl:imports", iri) for iri in document.imports if iri not in held]
        tables_of, no_tables = _tables_of(document)
        wanted += [("ind:mappedBy", iri) for iri in tables_of]
        if len(wanted) + len(document.no_imports) + len(no_tables) > MOST_IMPORTS:
            mistake(
                IndicantError(
                    f"asks for more than {MOST_IMPORTS:,} ontologies and tables",
                    file=document.path,
                )
            )
            continue
        for how, texts in (("owl:imports", document.no_imports), ("ind:mappedBy", no_tables)):
            for text in texts:
                mistake(_no_iri(document, how, text))
        for how, iri in wanted:
            target = catalogs[folder].get(iri) or shipped.get(iri)
            if iri in texts_of_tables:
                tables[folder / iri] = Table(iri, document.path, texts_of_tables[iri])
            elif target is None:
                mistake(
                    IndicantError(
                        f"{how} <{iri}> is mapped to no file, and nothing is ever fetched",
                        file=document.path,
                        line=_line_of(document, iri),
                        help=f'add  <uri name="{iri}" uri="…"/>  to {CATALOG} beside the file',
                    )
                )
            else:
                try:
                    file = allowed.admit(target)
                except IndicantError as error:
                    mistake(_astray(how, iri, document, error))
                    continue
                if how == "owl:imports":
                    queue.append(file)
                elif file not in tables:
                    name = _display(file)
                    try:
                        tables[file] = Table(iri, name, read_text(name))
                    except IndicantError as error:
                        mistake(error)
    documents = tuple(seen.values())
    texts = [*(one.text for one in documents), *(one.text for one in tables.values())]
    digests = sorted(hashlib.sha256(text.encode()).digest() for text in texts)
    digest = hashlib.sha256(b"".join(digests)).hexdigest()
    return Source(documents, digest, tuple(tables.values()))


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
