"""Hold what one case says, node by node, and write it as a document."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pyoxigraph as ox

from indicant.files.rdf import BASE, Document
from indicant.files.turtle import tidy
from indicant.terms import GENID, IND, PREFIXES, PROV, TYPE, UCUM, XSD, local_name

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable, Mapping

HAS: Final = IND + "hasFinding"
HAD: Final = IND + "hadFinding"
RECEIVED: Final = IND + "received"
PROPOSES: Final = IND + "proposes"
EXCLUDES: Final = IND + "excludes"
ON: Final = IND + "on"
ONSET: Final = IND + "onset"
STARTED: Final = IND + "startedOn"
ENDED: Final = IND + "endedOn"
ONGOING: Final = IND + "ongoing"
DERIVED: Final = PROV + "wasDerivedFrom"
_LONGEST: Final = 80


def date(day: datetime.date) -> ox.Literal:
    """Return a day as a case has it."""
    return ox.Literal(day.isoformat(), datatype=ox.NamedNode(XSD + "date"))


def typed(text: str, kind: str) -> ox.Literal:
    """Return a text of a datatype of XML Schema."""
    return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))


def quantity(number: str, unit: str) -> ox.Literal:
    """Return a quantity in a unit of UCUM."""
    return ox.Literal(f"{number} {unit}", datatype=ox.NamedNode(UCUM))


@dataclass
class Node:
    """A finding or an intervention: how the case is linked to it, its classes, what is said of it.

    ``said`` is by property; ``bounds`` are by property the limits within which a value lies.
    """

    name: str
    link: str
    terms: tuple[str, ...]
    said: dict[str, ox.Literal | ox.NamedNode] = field(default_factory=dict)
    bounds: dict[str, dict[str, ox.Literal]] = field(default_factory=dict)
    sources: tuple[str, ...] = ()


@dataclass
class CaseGraph:
    """What is known of one patient on one day."""

    iri: str
    as_of: datetime.date
    said: dict[str, list[ox.Literal | ox.NamedNode]] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    complete: list[tuple[str, datetime.date, str]] = field(default_factory=list)
    sources: tuple[str, ...] = ()
    excluded: dict[str, list[str]] = field(default_factory=dict)

    def node(self, name: str, link: str, terms: Iterable[str], source: str) -> Node:
        """Add a node, with a name that no other has."""
        stem = f"{self.iri}/{quote(name[:_LONGEST], safe='')}"
        own, number = stem, 1
        while own in self.nodes:
            number += 1
            own = f"{stem}-{number}"
        made = self.nodes[own] = Node(own, link, tuple(terms), sources=(source,))
        return made

    def say(self, path: str, value: ox.Literal | ox.NamedNode) -> None:
        """Say something of the case itself."""
        values = self.said.setdefault(path, [])
        if value not in values:
            values.append(value)

    def triples(self) -> list[ox.Triple]:
        """Return all that is said, of the case first."""
        named = ox.NamedNode
        case, a = named(self.iri), named(TYPE)
        found = [
            ox.Triple(case, a, named(IND + "PatientCase")),
            ox.Triple(case, named(IND + "asOf"), date(self.as_of)),
        ]
        for path, values in self.said.items():
            found += [ox.Triple(case, named(path), value) for value in values]
        found += [ox.Triple(case, named(one.link), named(one.name)) for one in self.nodes.values()]
        found += [ox.Triple(case, named(EXCLUDES), named(one)) for one in sorted(self.excluded)]
        found += [ox.Triple(case, named(DERIVED), named(one)) for one in self.sources]
        for number, (cls, since, who) in enumerate(self.complete, 1):
            node = named(f"{self.iri}/all-of-{local_name(cls)}-{number}")
            found.append(ox.Triple(case, named(IND + "completeness"), node))
            found.append(ox.Triple(node, a, named(IND + "Completeness")))
            found.append(ox.Triple(node, named(IND + "of"), named(cls)))
            found.append(ox.Triple(node, named(IND + "since"), date(since)))
            found.append(ox.Triple(node, named(PROV + "wasAttributedTo"), named(who)))
        for one in self.nodes.values():
            found += self._of(one)
        return found

    def _of(self, one: Node) -> list[ox.Triple]:
        named = ox.NamedNode
        node = named(one.name)
        found = [ox.Triple(node, named(TYPE), named(term)) for term in one.terms]
        found += [ox.Triple(node, named(path), value) for path, value in one.said.items()]
        found += [ox.Triple(node, named(DERIVED), named(source)) for source in one.sources]
        for path, limits in one.bounds.items():
            within = named(f"{one.name}/{local_name(path)}")
            found.append(ox.Triple(node, named(IND + "bounds"), within))
            found.append(ox.Triple(within, named(TYPE), named(IND + "Bounds")))
            found.append(ox.Triple(within, named(IND + "of"), named(path)))
            found += [ox.Triple(within, named(IND + name), value) for name, value in limits.items()]
        return found

    def document(self, path: str, prefixes: Mapping[str, str]) -> Document:
        """Return the case as a document, whose text has the form of the house."""
        triples = self.triples()
        quads = tuple(ox.Quad(one.subject, one.predicate, one.object) for one in triples)
        return Document.of(
            path, quads, f"{self.iri}{GENID}", lambda: _written(triples, path, prefixes)
        )


def _written(triples: list[ox.Triple], path: str, prefixes: Mapping[str, str]) -> str:
    """Return what a case says as Turtle, with the prefixes that it uses."""
    named = {part.value for one in triples for part in one if isinstance(part, ox.NamedNode)}
    named.discard(TYPE)
    named |= {
        part.datatype.value for one in triples for part in one if isinstance(part, ox.Literal)
    }
    used = {
        name: space
        for name, space in {**prefixes, **PREFIXES, "cdt": UCUM.removesuffix("ucum")}.items()
        if any(iri.startswith(space) for iri in named)
    }
    written = ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=used) or b""
    return tidy(written.decode(), file=path)


def case_iri(name: str, taken: set[str]) -> str:
    """Return what to call the case of a patient, a name that is not taken."""
    stem = BASE + quote(name[:_LONGEST], safe="")
    iri, number = stem, 1
    while iri in taken:
        number += 1
        iri = f"{stem}-{number}"
    taken.add(iri)
    return iri
