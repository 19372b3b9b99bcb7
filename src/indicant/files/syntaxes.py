"""Know other ways to write OWL by how a text begins: they are named, not read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError
from indicant.terms import OWL

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOOKED_AT: Final = 20_000
_AT_FIRST: Final = r"(?:\s+|{mark}[^\n]*\n)*"
_SYNTAXES: Final[Mapping[str, re.Pattern[str]]] = {
    "OWL functional syntax": re.compile(
        _AT_FIRST.format(mark="#") + r"(?:Prefix\s*\(\s*[\w.-]*:\s*=\s*<|Ontology\s*\()"
    ),
    "OWL Manchester syntax": re.compile(
        _AT_FIRST.format(mark="#")
        + r"(?:Prefix:\s+[\w.-]*:?\s*<[^>\s]*>\s+[A-Z@]|Ontology:\s+[<\w])"
    ),
    "OBO format": re.compile(
        _AT_FIRST.format(mark="!") + r"(?:format-version|data-version|ontology): *\S"
    ),
}
_XML: Final = re.compile(
    r"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>\s*)*"
    r"<(?:[\w.-]+:)?Ontology\s([^>]*)>",
    re.DOTALL,
)
_TURTLE: Final = re.compile(
    _AT_FIRST.format(mark="#") + r"(?:@(?:prefix|base)\s|(?i:prefix|base)\s+[^:\s]*:?\s*<)"
)


def refuse_other(text: str, name: str) -> None:
    """Refuse a text that is OWL in a syntax that is not read.

    Raises:
        IndicantError: it is; the error says which, and how to convert it.
    """
    start = text[:_LOOKED_AT]
    found = next((one for one, pattern in _SYNTAXES.items() if pattern.match(start)), None)
    if found is None:
        root = _XML.match(start)
        found = "OWL/XML" if root is not None and OWL in root[1] else None
    if found is not None:
        given = "FILE" if name.startswith("<") else name
        stem = re.sub(r"\.\w+$", "", given)
        result = f"{stem}.ttl" if given != f"{stem}.ttl" else f"{stem}-in-turtle.ttl"
        raise IndicantError(
            f"is in {found}, which is not read",
            file=name,
            help=f"robot convert --input {given} --output {result}  converts it, or Protégé: "
            "File, Save as, Turtle Syntax",
        )


def is_turtle(text: str) -> bool:
    r"""Tell whether a text begins as Turtle with prefixes does.

    >>> is_turtle("# words\n@prefix : <urn:x:> ."), is_turtle("<rdf:RDF>")
    (True, False)
    """
    return _TURTLE.match(text[:_LOOKED_AT]) is not None
