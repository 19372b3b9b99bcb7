"""Find a guideline and the ontologies it imports, without ever reading from the network."""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indicant import resources, terms
from indicant.errors import IndicantError
from indicant.reading import Document, read

if TYPE_CHECKING:
    from collections.abc import Iterator

CORE = terms.IND
CATALOG = "catalog-v001.xml"
GUIDELINE_FILE = "guideline.ttl"
EXAMPLE_FILE = "example.ttl"
_CATALOG_NAMESPACE = "{urn:oasis:names:tc:entity:xmlns:xml:catalog}"


@dataclass(frozen=True)
class Source:
    """The documents that make up a guideline with everything it imports.

    ``documents`` come in the order in which the imports reach them, the guideline's own first;
    ``digest`` is the SHA-256 of their texts, independent of where the files are.
    """

    documents: tuple[Document, ...]
    digest: str

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
    if guideline is not None and Path(guideline).exists():
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
        raise IndicantError("a catalog with a document type is not read", file=str(path))
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - no entities: checked above
    except ElementTree.ParseError as error:
        raise IndicantError(f"not an XML catalog: {error}", file=str(path)) from error
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
        IndicantError: an import is mapped to no file, or a file cannot be read.
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
    while queue:
        file = queue.pop(0)
        if file in seen:
            continue
        document = read(_display(file))
        seen[file] = document
        folder = file.parent
        if folder not in catalogs:
            catalogs[folder] = _catalog(folder / CATALOG)
        for iri in document.imports:
            target = catalogs[folder].get(iri) or shipped.get(iri)
            if target is None:
                raise IndicantError(
                    f"owl:imports <{iri}> is mapped to no file, and nothing is ever fetched",
                    file=document.path,
                    line=_line_of(document, iri),
                    help=f'add  <uri name="{iri}" uri="…"/>  to {CATALOG} beside the file',
                )
            queue.append(target)
    documents = tuple(seen.values())
    digests = sorted(hashlib.sha256(document.text.encode()).digest() for document in documents)
    return Source(documents, hashlib.sha256(b"".join(digests)).hexdigest())


def _display(file: Path) -> str:
    try:
        return str(file.relative_to(Path.cwd()))
    except ValueError:
        return str(file)


def _line_of(document: Document, text: str) -> int | None:
    position = document.text.find(text)
    return None if position < 0 else document.text.count("\n", 0, position) + 1
