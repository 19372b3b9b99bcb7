"""Tell whether two files say the same, however each of them is written."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from indicant.files.rdf import text_of
from indicant.terms import is_blank

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyoxigraph as ox

    from indicant.files.rdf import Document


def same_statements(one: Document, other: Document) -> bool:
    """Tell whether two documents have the same statements.

    Nodes without a name are known by what is said of them, as far down as it goes. Documents in
    which such nodes lead back to themselves, which no ontology has, are taken to differ.
    """
    if one.text == other.text:
        return True
    mine, theirs = (Counter(_keyed((*each.quads, *each.aside))) for each in (one, other))
    return mine == theirs and None not in mine


def _keyed(quads: Iterable[ox.Quad]) -> Iterable[tuple[str, str, str] | None]:
    """Yield each statement with keys for its nodes without a name, or nothing where they circle."""
    rows: dict[str, list[ox.Quad]] = defaultdict(list)
    above: dict[str, list[str]] = defaultdict(list)
    waiting: dict[str, int] = {}
    quads = list(dict.fromkeys(quads))
    for quad in quads:
        for term in (quad.subject, quad.object):
            if is_blank(term):
                waiting.setdefault(text_of(term), 0)
        if is_blank(quad.subject):
            rows[text_of(quad.subject)].append(quad)
            if is_blank(quad.object):
                waiting[text_of(quad.subject)] += 1
                above[text_of(quad.object)].append(text_of(quad.subject))
    keys: dict[str, str] = {}
    ready = [node for node, left in waiting.items() if not left]
    while ready:
        node = ready.pop()
        said = sorted(f"{row.predicate} {_key(row.object, keys)}" for row in rows[node])
        keys[node] = f"_:{hashlib.sha256(chr(10).join(said).encode()).hexdigest()}"
        for parent in above[node]:
            waiting[parent] -= 1
            if not waiting[parent]:
                ready.append(parent)
    if len(keys) < len(waiting):
        yield None
        return
    for quad in quads:
        yield _key(quad.subject, keys), str(quad.predicate), _key(quad.object, keys)


def _key(term: object, keys: dict[str, str]) -> str:
    return keys[text_of(term)] if is_blank(term) else str(term)
