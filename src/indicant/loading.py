"""Find a guideline and the ontologies it imports, without ever reading from the network."""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from indicant import resources, terms
from indicant.errors import IndicantError
from indicant.reading import Document, read, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator

CORE = terms.IND
MAPPED_BY = terms.IND + "mappedBy"
CATALOG = "catalog-v001.xml"
GUIDELINE_FILE = "guideline.ttl"
EXAMPLE_FILE = "example.ttl"
_GUIDELINE_TYPES = {
    f"<{CORE}{name}>" for name in ("Guideline", "Indication", "Contraindication", "NonIndication")
}
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


def installed() -> dict[str, Path]:
    """Return the guidelines that ship with the package, by name."""
    folder = resources.ontology() / "guidelines"
    return {path.parent.name: path.parent for path in sorted(folder.glob(f"*/{GUIDELINE_FILE}"))}


def resolve(guideline: str | None) -> Path:
    """Return the directory or file of a guideline given by name or path.

    Without a name it is the one guideline that ships with the package.

    Raises:
        IndicantError: nothing of that name is installed and no such path exists.
    """
    known = installed()
    if guideline is None and len(known) == 1:
        return next(iter(known.values()))
    if guideline in known:
        return known[guideline]
    if guideline and Path(guideline).exists():
        return Path(guideline)
    raise IndicantError(
        "no guideline is named" if guideline is None else f"unknown guideline '{guideline}'",
        help=f"give a directory or a file, or one of: {', '.join(known)}",
    )


def _roots(path: Path) -> list[Path]:
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


def _catalog(path: Path) -> dict[str, Path]:
    if not path.is_file():
        return {}
    text = path.read_bytes()
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise IndicantError("a catalog with a document type is not read", file=_display(path))
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - no entities: checked above
    except ElementTree.ParseError as error:
        raise IndicantError(f"not an XML catalog: {error}", file=_display(path)) from error
    mapping = {}
    for entry in root.iter(f"{_CATALOG_NAMESPACE}uri"):
        uri = entry.get("uri", "")
        if "://" not in uri:
            mapping[entry.get("name", "")] = (path.parent / uri).resolve()
    return mapping


def _shipped_catalog() -> dict[str, Path]:
    mapping: dict[str, Path] = {}
    for catalog in sorted(resources.ontology().rglob(CATALOG)):
        mapping.update(_catalog(catalog))
    return mapping


def load(path: Path) -> Source:
    """Read a guideline and, through OASIS catalogs, all that it imports.

    A catalog beside the importing file is asked first, then the catalogs that ship with the
    package. The core is always part of the result.

    Raises:
        IndicantError: an import or a table is mapped to no file, or a file cannot be read.
    """
    shipped = _shipped_catalog()
    catalogs: dict[Path, dict[str, Path]] = {}
    queue: list[Path] = [file.resolve() for file in _roots(path)]
    if CORE not in shipped:
        raise IndicantError(
            "the catalog of the core ontology is missing", help="reinstall indicant"
        )
    queue.append(shipped[CORE])
    seen: dict[Path, Document] = {}
    tables: dict[Path, Table] = {}
    while queue:
        file = queue.pop(0)
        if file in seen:
            continue
        document = read(_display(file))
        seen[file] = document
        folder = file.parent
        if folder not in catalogs:
            catalogs[folder] = _catalog(folder / CATALOG)
        wanted = [("owl:imports", iri) for iri in document.imports]
        wanted += [("ind:mappedBy", iri) for iri in _tables_of(document)]
        for how, iri in wanted:
            target = catalogs[folder].get(iri) or shipped.get(iri)
            if target is None:
                raise IndicantError(
                    f"{how} <{iri}> is mapped to no file, and nothing is ever fetched",
                    file=document.path,
                    line=_line_of(document, iri),
                    help=f'add  <uri name="{iri}" uri="…"/>  to {CATALOG} beside the file',
                )
            if how == "owl:imports":
                queue.append(target)
            elif target not in tables:
                name = _display(target)
                tables[target] = Table(iri, name, read_text(name))
    documents = tuple(seen.values())
    if not any(_holds_guideline(document) for document in documents):
        raise IndicantError(
            "holds no guideline",
            file=str(path),
            help="a guideline has recommendations: ind:Indication or ind:Contraindication",
        )
    texts = [*(one.text for one in documents), *(one.text for one in tables.values())]
    digests = sorted(hashlib.sha256(text.encode()).digest() for text in texts)
    digest = hashlib.sha256(b"".join(digests)).hexdigest()
    return Source(documents, digest, tuple(tables.values()))


def _tables_of(document: Document) -> list[str]:
    if "mappedBy" not in document.text:
        return []
    return [
        str(quad.object.value)
        for quad in document.quads
        if quad.predicate.value == MAPPED_BY and hasattr(quad.object, "value")
    ]


def _holds_guideline(document: Document) -> bool:
    return any(
        quad.predicate.value == terms.TYPE and str(quad.object) in _GUIDELINE_TYPES
        for quad in document.quads
    )


def _display(file: Path) -> str:
    try:
        return str(file.relative_to(Path.cwd()))
    except ValueError:
        return str(file)


def _line_of(document: Document, text: str) -> int | None:
    position = document.text.find(text)
    return None if position < 0 else document.text.count("\n", 0, position) + 1
