"""Say which guideline each statement of a merged graph comes from, and which files made it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pyoxigraph as ox

from indicant.errors import IndicantError
from indicant.files import bounded, resources
from indicant.files.contents import graphs_in
from indicant.files.rdf import read
from indicant.guideline.names import Names, prefixes_in
from indicant.merge.collection import text_of
from indicant.query.tables import Table
from indicant.terms import GENID, LABEL, PREFIXES

if TYPE_CHECKING:
    from indicant.files.rdf import Document


def whence(path: str | os.PathLike[str], term: str | None = None) -> tuple[Table, dict[str, str]]:
    """Return where the statements about a term come from, or without one the files of each graph.

    Args:
        path: a merged graph, TriG or N-Quads.
        term: an IRI, a name with a prefix, a local name or a label.

    Returns:
        A table, and the prefixes that the file declares.

    Raises:
        IndicantError: the file is no merged graph, or nothing in it is called so.
    """
    document = read(path)
    if not graphs_in(document):
        raise IndicantError(
            "has no named graphs",
            file=os.fspath(path),
            help="indicant merge A B -o merged.trig  writes a merged graph",
        )
    prefixes = {**PREFIXES, **prefixes_in([document.text])}
    store = ox.Store()
    store.extend(document.quads)
    if term is None:
        return _ask(store, "which-files-make-each-graph", {}), prefixes
    subject = ox.NamedNode(_names(document, prefixes).find(term))
    given: dict[ox.Variable, ox.NamedNode] = {ox.Variable("subject"): subject}
    return _ask(store, "where-does-each-statement-come-from", given), prefixes


def _names(document: Document, prefixes: dict[str, str]) -> Names:
    labels: dict[str, list[str]] = {}
    for quad in document.quads:
        subject = text_of(quad.subject)
        if GENID not in subject and quad.graph_name != ox.DefaultGraph():
            labels.setdefault(subject, [])
            if quad.predicate.value == LABEL:
                labels[subject].append(text_of(quad.object))
    return Names("term", labels, prefixes)


def _ask(store: ox.Store, name: str, given: dict[ox.Variable, ox.NamedNode]) -> Table:
    query = bounded.text(resources.queries() / "merged" / f"{name}.rq")
    rows = store.query(query, substitutions=given)  # type: ignore[arg-type]
    assert isinstance(rows, ox.QuerySolutions)  # noqa: S101
    columns = tuple(one.value for one in rows.variables)
    found = [tuple(row) for row in rows]
    return Table(columns, tuple(found))
