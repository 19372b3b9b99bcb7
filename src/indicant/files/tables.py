"""Read tables of codes, whose header may stand in a file beside them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant import terms
from indicant.files.rdf import N_QUADS, TRIG, read_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from indicant.files.rdf import Document

METADATA: Final = ".sssom.yml"
MAPPED_BY: Final = terms.IND + "mappedBy"
_VALUE: Final = terms.PROV + "value"


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


def read_table(
    path: str | os.PathLike[str], admit: Callable[[str], str] = str
) -> tuple[str, str, int]:
    """Return the text of a table, and where its header comes from, if that is another file.

    A table whose first line is no comment has its header in the file of the same name that ends in
    ``.sssom.yml``. It is put in front, as comments, so that the whole is one text. Returned are the
    text, the path of the other file or nothing, and how many lines are from there.

    Args:
        path: the table.
        admit: returns the path under which another file may be read, or raises.

    Raises:
        IndicantError: a file is missing, cannot be read or is not text.
    """
    text = read_text(path)
    name = os.fspath(path)
    metadata = f"{name.removesuffix('.tsv').removesuffix('.sssom')}{METADATA}"
    if text.startswith(("#", "\ufeff#", "{", "<")) or not os.path.lexists(metadata):
        return text, "", 0
    metadata = admit(metadata)
    header = read_text(metadata).removeprefix("\ufeff").splitlines()
    above = "".join(f"#{line}\n" for line in header)
    return above + text.removeprefix("\ufeff"), metadata, len(header)


def held_tables(document: Document) -> dict[str, str]:
    """Return the texts of the tables that a merged guideline brings with it."""
    if document.format not in {TRIG, N_QUADS}:
        return {}
    return {
        str(getattr(quad.subject, "value", "")): str(getattr(quad.object, "value", ""))
        for quad in document.quads
        if quad.predicate.value == _VALUE
    }


def tables_of(document: Document) -> tuple[list[str], list[str]]:
    """Return the tables that a document names, and the texts that stand where an IRI shall."""
    if "mappedBy" not in document.text:
        return [], []
    named = [quad.object for quad in document.quads if quad.predicate.value == MAPPED_BY]
    return (
        [one.value for one in named if isinstance(one, ox.NamedNode)],
        [one.value for one in named if isinstance(one, ox.Literal)],
    )
