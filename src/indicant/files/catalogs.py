"""Write OASIS catalogs, which lead from the names of ontologies to files."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    from collections.abc import Mapping


def catalog_text(places: Mapping[str, str]) -> str:
    """Return a catalog that maps names to references of files, relative ones from its own folder.

    >>> print(catalog_text({"https://example.org/rain/": "rain.ttl"}), end="")
    <?xml version="1.0" encoding="UTF-8" standalone="no"?>
    <catalog prefer="public" xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">
        <uri name="https://example.org/rain/" uri="rain.ttl"/>
    </catalog>
    """
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
