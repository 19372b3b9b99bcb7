"""Read and write OASIS catalogs, which lead from the names of ontologies to files."""

from __future__ import annotations

import os
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote, urljoin, urlsplit

from indicant.errors import IndicantError
from indicant.files.fence import CATALOG as CATALOG
from indicant.files.fence import fence_of, real, shown
from indicant.files.rdf import read_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from indicant.files.fence import Fence

MOST_CATALOGS: Final = 100
"""How many catalogs a name may lead through."""
_MAX_BYTES: Final = 2_000_000
_NAMESPACE: Final = "{urn:oasis:names:tc:entity:xmlns:xml:catalog}"
_BASE: Final = "{http://www.w3.org/XML/1998/namespace}base"
_SAFE: Final = "%/:?#[]@!$&'()*+,;=~"
_DRIVE: Final = re.compile(r"/[A-Za-z]:")


@dataclass(frozen=True)
class Target:
    """What a catalog leads a name to: a path, not looked at, and whether it was given in full."""

    path: Path
    absolute: bool


@dataclass(frozen=True)
class _Entry:
    """An entry of a catalog: what it is about, and the reference that it gives, resolved."""

    start: str
    reference: str
    absolute: bool


class Catalog:
    """A catalog, and those that it leads on to, each read when it is asked.

    Names are looked up as OASIS XML Catalogs 1.1 has it for URIs, which is what Protégé does: the
    first ``uri`` of a name; else the longest ``rewriteURI`` or ``uriSuffix``; else what the
    longest ``delegateURI`` names, and nothing further; else each ``nextCatalog`` in turn.
    """

    def __init__(self, path: Path | None = None, fence: Fence | None = None) -> None:
        """Read a catalog; where there is none it is empty.

        Args:
            path: the file.
            fence: where further catalogs may lie; without, it is that of ``fence_of``.

        Raises:
            IndicantError: it cannot be read as one.
        """
        self._uris: dict[str, tuple[str, Target]] = {}
        self._rewriting: list[_Entry] = []
        self._suffixes: list[_Entry] = []
        self._delegating: list[_Entry] = []
        self._next: list[_Entry] = []
        self._path = path
        self._fence = fence
        self._read: dict[Path, Catalog | None] = {}
        self.passed_over: list[str] = []
        if path is not None and os.path.lexists(path):
            self._take(_root(path), path)

    def find(self, name: str) -> Target | None:
        """Return what a name is led to, or nothing."""
        return self._find(_normal(name), self._read)

    def get(self, name: str) -> Path | None:
        """Return the absolute path that a name is led to, or nothing."""
        found = self.find(name)
        return None if found is None else found.path

    def items(self) -> Iterator[tuple[str, Path]]:
        """Yield the names that this catalog itself lists, with their paths."""
        for name, target in self._uris.values():
            yield name, target.path

    def _find(self, name: str, read: dict[Path, Catalog | None]) -> Target | None:
        if self._path is not None:
            read.setdefault(self._path, self)
        if name in self._uris:
            return self._uris[name][1]
        for entry in _longest(self._rewriting):
            if name.startswith(entry.start):
                reference = entry.reference + name[len(entry.start) :]
                target = _target(reference, absolute=entry.absolute)
                if target is not None:
                    return target
        for entry in _longest(self._suffixes):
            target = _target(entry.reference, absolute=entry.absolute)
            if name.endswith(entry.start) and target is not None:
                return target
        delegates = [one for one in _longest(self._delegating) if name.startswith(one.start)]
        for entry in delegates or self._next:
            further = self._further(entry.reference, read)
            found = further._find(name, read) if further is not None else None
            if found is not None:
                return found
        return None

    def _further(self, reference: str, read: dict[Path, Catalog | None]) -> Catalog | None:
        """Return a catalog that this one leads on to, unless it was asked already."""
        target = _target(reference, absolute=False)
        if target is None:
            self._pass_over(f"<{reference}> is no file, and nothing is ever fetched")
            return None
        try:
            path = (self._fence or fence_of(self._path or Path())).admit(target.path)
            if path in read or len(read) >= MOST_CATALOGS:
                return None
            read[path] = None
            if not path.is_file():
                self._pass_over(f"{target.path} is not there")
                return None
            further = read[path] = Catalog(path, self._fence)
        except IndicantError as error:
            self._pass_over(f"{target.path} {error.message}")
            return None
        further.passed_over = self.passed_over
        return further

    def _pass_over(self, reason: str) -> None:
        if reason not in self.passed_over:
            self.passed_over.append(reason)

    def _take(self, root: ElementTree.Element, path: Path) -> None:
        """Take the entries in their order, each with the base of the groups around it."""
        waiting = [(root, f"{real(path.parent).as_uri()}/", False)]
        while waiting:
            element, base, absolute = waiting.pop()
            own = element.get(_BASE)
            if own is not None:
                base, absolute = _joined(base, own), absolute or _is_absolute(own)
            name = element.tag.removeprefix(_NAMESPACE)
            if name in {"catalog", "group"}:
                waiting += [(child, base, absolute) for child in reversed(element)]
                continue
            kinds = {
                "uri": ("name", "uri"),
                "rewriteURI": ("uriStartString", "rewritePrefix"),
                "uriSuffix": ("uriSuffix", "uri"),
                "delegateURI": ("uriStartString", "catalog"),
                "nextCatalog": ("", "catalog"),
            }
            start, leads = kinds.get(name, ("", ""))
            reference = element.get(leads)
            if reference is None or (start and element.get(start) is None):
                continue
            entry = _Entry(
                _normal(element.get(start, "")),
                _joined(base, reference),
                absolute or _is_absolute(reference),
            )
            self._keep(name, entry, element.get("name", ""))

    def _keep(self, kind: str, entry: _Entry, name: str) -> None:
        if kind == "uri":
            target = _target(entry.reference, absolute=entry.absolute)
            if target is not None:
                self._uris.setdefault(entry.start, (name, target))
            return
        kinds = {
            "rewriteURI": self._rewriting,
            "uriSuffix": self._suffixes,
            "delegateURI": self._delegating,
            "nextCatalog": self._next,
        }
        kinds[kind].append(entry)


def catalog(path: Path, fence: Fence | None = None) -> Catalog:
    """Return an OASIS catalog; where there is no file, an empty one.

    Raises:
        IndicantError: it cannot be read as one.
    """
    return Catalog(path, fence)


def _root(path: Path) -> ElementTree.Element:
    name = shown(path)
    text = read_text(name, limit=_MAX_BYTES)
    # Entities can be declared in a document type only.
    if "<!DOCTYPE" in text:
        raise IndicantError("a catalog with a document type is not read", file=name)
    try:
        return ElementTree.fromstring(text)  # noqa: S314 - no document type: no entities
    except ElementTree.ParseError as error:
        raise IndicantError(f"not an XML catalog: {error}", file=name) from error


def _longest(entries: list[_Entry]) -> list[_Entry]:
    """Return entries, those about the longest part of a name first, else in their order."""
    return sorted(entries, key=lambda one: -len(one.start))


def _normal(name: str) -> str:
    """Return a name as URIs are compared: what no URI holds is escaped."""
    return quote(name.strip(), safe=_SAFE, errors="surrogatepass")


def _joined(base: str, reference: str) -> str:
    """Return a reference resolved against a base, or what it was where it is no URI at all.

    >>> _joined("file:///a/b/", "../c%20d.ttl"), _joined("file:///a/b/", "file:c.ttl")
    ('file:///a/c%20d.ttl', 'file:///a/b/c.ttl')
    """
    try:
        return urljoin(base, reference.strip())
    except ValueError:
        return reference


def _is_absolute(reference: str) -> bool:
    return re.match(r"\s*file:/", reference, re.IGNORECASE) is not None


def _target(reference: str, *, absolute: bool) -> Target | None:
    """Return the path of a ``file:`` IRI of this machine, in any of its spellings.

    >>> spellings = ("file:/a/b", "file:///a/b", "file://localhost/a/b", "FILE:///a/./x/../b")
    >>> {str(_target(one, absolute=True).path) for one in spellings}
    {'/a/b'}
    >>> _target("file://server/a/b", absolute=True), _target("http://e.org/a", absolute=True)
    (None, None)
    """
    try:
        parts = urlsplit(reference)
    except ValueError:
        return None
    if parts.scheme != "file" or parts.netloc.lower() not in {"", "localhost"}:
        return None
    place = unquote(parts.path, errors="surrogateescape")
    if os.name == "nt" and _DRIVE.match(place):
        place = place[1:]
    return Target(Path(os.path.normpath(place)), absolute)


def reference_to(place: str) -> str:
    """Return a relative path as a catalog has it, with what no URI holds escaped.

    >>> reference_to("my terms/50%.ttl")
    'my%20terms/50%25.ttl'
    """
    return quote(Path(place).as_posix(), safe="/", errors="surrogateescape")


def catalog_text(places: Mapping[str, str]) -> str:
    """Return a catalog that maps names to references of files, relative ones from its own folder.

    >>> print(catalog_text({"https://example.org/rain/": "rain.ttl"}), end="")
    <?xml version="1.0" encoding="UTF-8" standalone="no"?>
    <catalog prefer="public" xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">
        <uri name="https://example.org/rain/" uri="rain.ttl"/>
    </catalog>
    """
    from xml.sax.saxutils import quoteattr  # it imports what speaks HTTP

    lines = [
        f"    <uri name={quoteattr(iri)} uri={quoteattr(reference)}/>"
        for iri, reference in sorted(places.items())
        if iri
    ]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8" standalone="no"?>',
            '<catalog prefer="public" xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">',
            *lines,
            "</catalog>",
            "",
        ]
    )
