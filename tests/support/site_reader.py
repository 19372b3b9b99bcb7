"""Read the pages of a site, by what its guideline states and where things stand on it."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Final

import pytest

import reading_back
import told
from reading_back import words
from sites import Site, site
from told import flat, name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from xml.etree.ElementTree import Element

SITES: Final = pytest.mark.parametrize(
    "source",
    [
        "dressed 1",
        *(pytest.param(f"dressed {seed}", marks=pytest.mark.slow) for seed in (0, 2, 3, 4)),
        pytest.param("seed", marks=pytest.mark.slow),
    ],
)
SIGN: Final = {
    "Indication": "✓ for",
    "Contraindication": "✕ against",
    "NonIndication": "✕ no reason for",
}


class Reader:
    """What a site has to say, and where things stand on it."""

    def __init__(self, source: str) -> None:
        self.site: Site = site(source)
        self.stated = self.site.stated
        self.publications = self.stated.rows("?one a ind:Publication", "one")
        stated = self.stated
        self.places: dict[str, tuple[str, str]] = {}
        for one in self.site.content.terms:
            self.places[one.iri] = (f"reference.html#{name(one.iri)}", stated.label(one.iri))
        for folder, root in (("findings", "Finding"), ("interventions", "Intervention")):
            for iri in self.below(root):
                if iri in self.places:
                    place = f"{folder}/{name(iri)}.html"
                    self.places[iri] = (place, stated.label(iri))
        for iri, _ in stated.rows("?one a ind:Criterion ; a ?any", "one", "any"):
            self.places[iri] = (f"criteria.html#{name(iri)}", stated.label(iri))
        for iri in stated.advice:
            self.places[iri] = (f"recommendations/{name(iri)}.html", stated.label(iri))
        for (iri,) in self.publications:
            authors, year = self.said(iri, "ind:authors"), self.said(iri, "dcterms:issued")
            shown = f"{authors or self.said(iri, 'dcterms:title')} {year}".strip()
            self.places[iri] = (f"publications/{name(iri)}.html", shown)
        for iri, short in stated.passages.items():
            self.places[iri] = (f"source.html#{name(iri)}", short)
        for iri in self.notes:
            self.places[iri] = (f"source.html#_note-{name(iri)}", stated.label(iri))
        for iri in stated.stages:
            self.places[iri] = (f"index.html#{name(iri)}", stated.label(iri))

    @property
    def notes(self) -> dict[str, str]:
        """Return the tensions, omissions and facts with their kinds."""
        kinds = ("Tension", "Omission", "Fact")
        return {
            iri: kind.lower()
            for kind in kinds
            for (iri,) in self.stated.rows(f"?one a ind:{kind}", "one")
        }

    def below(self, root: str) -> list[str]:
        """Return the terms below a root."""
        iri = f"https://w3id.org/indicant/core/{root}"
        return sorted(one for one in self.stated.below(iri))

    def said(self, iri: str, relation: str) -> str:
        """Return the one text that something has, or nothing."""
        return flat(self.stated.pairs(relation).get(iri, [""])[0])

    def link(self, iri: str) -> tuple[str, str]:
        """Return where something stands, and how it is called there."""
        place, label = self.places[iri]
        return place, flat(label)

    def links(self, iris: Iterable[str]) -> list[tuple[str, str]]:
        """Return the links to some things."""
        return [self.link(iri) for iri in iris]

    def words(self, iris: Iterable[str]) -> str:
        """Return how some things are called."""
        return ", ".join(flat(self.places[iri][1]) for iri in iris)


def linked(one: Element, path: str = "") -> list[tuple[str, str]]:
    """Return where the links in an element lead from a page, and their words."""
    room = os.path.dirname(path)
    found = reading_back.links(one)
    return [(os.path.normpath(os.path.join(room, href)), said) for href, said in found]


def sections(main: Element) -> dict[str, list[Element]]:
    """Return the parts of a page by the heading above them."""
    found: dict[str, list[Element]] = {"": []}
    head = ""
    for part in main:
        if part.tag == "h2":
            head = words(part)
            assert head not in found
            found[head] = []
        else:
            found[head].append(part)
    return found


def lists(parts: Iterable[Element]) -> dict[str, list[Element]]:
    """Return the items of lists by the third heading above them."""
    found: dict[str, list[Element]] = {}
    head = ""
    for part in parts:
        if part.tag == "h3":
            head = words(part)
        else:
            found.setdefault(head, []).append(part)
    return found


def place_of(reader: Reader, passage: str) -> str:
    start = reader.said(passage, "oa:hasSelector/oa:start")
    end = reader.said(passage, "oa:hasSelector/oa:end")
    return f"{start}–{end}"  # noqa: RUF001 - a range


def hold_evidence(
    reader: Reader,
    path: str,
    parts: list[Element],
    said: list[tuple[str, list[str], str, str]],
    nothing: str,
) -> None:
    """See that evidence is listed by how it stands, each with its links, note and how it was read.

    How much was read, and how certain it is, comes last, in words.
    """
    if not said:
        assert [words(one) for one in parts] == [nothing]
        return
    found = []
    for head, (listed,) in lists(parts).items():
        relation, _, count = head.rpartition(" ")
        assert count == f"({len(listed)})"
        found += [(relation, linked(one, path), words(one)) for one in listed]
    heads = {relation: head for relation, _, head in told.RELATIONS}
    wanted = [
        (
            heads[relation],
            reader.links(about),
            flat(
                ", on ".join(flat(reader.places[iri][1]) for iri in about)
                + (f": {note}" if note else "")
                + (f" ({seen})" if seen else "")
            ),
        )
        for relation, about, note, seen in said
    ]
    assert sorted(found) == sorted(wanted)
    order = [row[2] for row in told.RELATIONS]
    assert [order.index(head) for head, _, _ in found] == sorted(
        order.index(head) for head, _, _ in found
    )


def hold_list(reader: Reader, path: str, listed: Element, iris: Iterable[str]) -> None:
    """See that a list of recommendations gives each with its sign and its strength."""
    wanted = []
    for iri in iris:
        one = reader.stated.advice[iri]
        strength = f" “{one.strength}”" if one.strength else ""
        wanted.append((flat(f"{SIGN[one.kind]} {one.label}{strength}"), [reader.link(iri)]))
    assert [(words(one), linked(one, path)) for one in listed] == wanted


@functools.cache
def read(source: str) -> Reader:
    """Return a site with what it has to say, read once."""
    return Reader(source)
