"""Change a copy of a case: put statements in, take others back, and leave no loose ends."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.graph import BOUND_WORDS
from indicant.compile.model import AGES, DAYS, TIMES
from indicant.files.rdf import text_of
from indicant.terms import IND, OWL, PROV, TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from indicant.explain.consequences import Statement
    from indicant.files.rdf import Document
    from indicant.guideline.wording import Words

LINKS: Final = tuple(
    IND + name for name in ("hasFinding", "hadFinding", "received", "proposes", "shows")
)
RECORDED: Final[Mapping[str, tuple[str, ...]]] = {
    DAYS: tuple(IND + name for name in ("startedOn", "endedOn", "on", "onset", "ongoing", "weeks")),
    AGES[0]: (IND + "birthDate", *AGES),
}
"""What is recorded of when something was, of how long it lasted, and of how old the patient is."""
_DERIVED: Final[Mapping[str, Iterable[str]]] = {DAYS: TIMES, AGES[0]: AGES}
COMPLETE: Final = (IND + "of", IND + "since", PROV + "wasAttributedTo")
"""What a completeness says: of which class, from which day on, and who states it."""
BOUNDED: Final = IND + "bounds"
_SHOWS: Final = IND + "shows"


class Draft:
    """A copy of the statements of a document."""

    def __init__(self, document: Document) -> None:
        """Take a document as it was read."""
        self._document = document
        self._quads = dict.fromkeys(document.quads)
        self.taken_back: list[ox.Quad] = []

    def document(self) -> Document:
        """Return the document with the statements as they are now."""
        return replace(self._document, quads=tuple(self._quads))

    def matching(
        self, subject: str | None, path: str | None, value: str | None = None
    ) -> Iterator[ox.Quad]:
        """Yield the statements that have all the given parts."""
        for quad in self._quads:
            if (
                (subject is None or text_of(quad.subject) == subject)
                and (path is None or quad.predicate.value == path)
                and (value is None or text_of(quad.object) == value)
            ):
                yield quad

    def add(self, subject: str, path: str, value: ox.NamedNode | ox.Literal) -> None:
        """Put a statement in."""
        self._quads[ox.Quad(ox.NamedNode(subject), ox.NamedNode(path), value)] = None

    def withdraw(self, statement: Statement) -> None:
        """Take a statement back; a node without a class goes, and a length with all its parts."""
        node, path, value = statement.node, statement.path, statement.value
        if path == TYPE and value is not None:
            self.declassify(node, [value])
        elif path == COMPLETE[0]:
            self.remove(self.matching(node, None))
            self.remove(self.matching(None, None, node))
        elif path in RECORDED:
            for part in RECORDED[path]:
                self.remove(self.matching(node, part))
            for part in _DERIVED[path]:
                self.remove(list(self.bounds(node, part)))
        else:
            linked = list(self.matching(node, path, value))
            self.remove(linked)
            self.remove(list(self.bounds(node, path)))
            self.drop_alone(text_of(quad.object) for quad in linked)

    def bounds(self, node: str, path: str) -> Iterator[ox.Quad]:
        """Yield what links a node with the bounds of one of its properties, and what these say."""
        for link in self.matching(node, BOUNDED):
            known = text_of(link.object)
            if any(self.matching(known, IND + "of", path)):
                yield link
                yield from self.matching(known, None)

    def declassify(self, node: str, classes: Iterable[str]) -> None:
        """Take classes from a node; a node that is left without any goes."""
        for cls in classes:
            self.remove(self.matching(node, TYPE, cls))
        if not any(not text_of(one.object).startswith(OWL) for one in self.matching(node, TYPE)):
            self.drop(node)

    def drop(self, node: str) -> None:
        """Take a node out, with what it alone links to a case or leads to."""
        said = list(self.matching(node, None))
        shown = [text_of(quad.object) for quad in said if quad.predicate.value == _SHOWS]
        self.remove(said)
        self.remove(self.matching(None, None, node))
        for other in shown:
            if not any(quad.predicate.value in LINKS for quad in self.matching(None, None, other)):
                self.drop(other)
        self.drop_alone(text_of(quad.object) for quad in said)

    def drop_alone(self, nodes: Iterable[str]) -> None:
        """Take out records that nothing leads to any longer."""
        for node in nodes:
            if any(self.matching(node, TYPE)) and not any(self.matching(None, None, node)):
                self.drop(node)

    def remove(self, quads: Iterable[ox.Quad]) -> None:
        """Take statements out."""
        for quad in list(quads):
            del self._quads[quad]
            self.taken_back.append(quad)


def bounds_of(quads: Iterable[ox.Quad], node: str, path: str, words: Words) -> Iterator[str]:
    """Yield in words the bounds that a node records of one of its properties."""
    said: dict[str, dict[str, str]] = defaultdict(dict)
    links = []
    for quad in quads:
        said[text_of(quad.subject)][quad.predicate.value] = text_of(quad.object)
        if text_of(quad.subject) == node and quad.predicate.value == BOUNDED:
            links.append(text_of(quad.object))
    for known in links:
        if said[known].get(IND + "of") == path:
            yield words("settling", "and").join(
                f"{words('bound', name)} {said[known][IND + name]}"
                for name in BOUND_WORDS
                if IND + name in said[known]
            )
