"""The pages of terms say what the guideline states, read by queries of the tests' own."""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING, Final

import pytest

import reading_back
from reading_back import only, pairs, within, words
from site_reader import (
    SITES,
    Reader,
    hold_list,
    linked,
    read,
    sections,
)
from told import flat, name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element


pytestmark = pytest.mark.slow


@SITES
def test_the_page_of_a_term_says_what_speaks_of_it(source: str) -> None:
    reader = read(source)
    stated = reader.stated
    shown = stated.pairs("ind:establishedBy")
    looked: dict[str, set[str]] = defaultdict(set)
    for iri, sets in stated.implicants.items():
        for literal in {literal for one in sets for literal in one.literals}:
            if stated.roles[literal] in {"hasFinding", "hadFinding"}:
                looked[stated.facts[literal][0]].add(iri)
    for root, what in (("Finding", "finding"), ("Intervention", "intervention")):
        terms = [iri for iri in reader.below(root) if iri in reader.places]
        inside = {*terms, f"https://w3id.org/indicant/core/{root}"}
        for iri in terms:
            path = reader.places[iri][0]
            parts = sections(reader.site.main(path))
            assert words(parts[""][0]).startswith(f"{what} ")
            assert words(parts[""][1]) == flat(stated.label(iri))
            lead = [words(one) for one in parts[""] if "lead" in reading_back.classes(one)]
            assert lead == [each for each in [reader.said(iri, "skos:definition")] if each]
            assert words(list(reader.site.main(path))[-1]) == f"IRI {iri}"
            above = stated.within[iri]
            counting = stated.counting(iri) if root == "Intervention" else []
            by_side = {
                "Recommendations for it": [one.iri for one in counting if one.direction == "for"],
                "Recommendations against it": [
                    one.iri for one in counting if one.direction == "against"
                ],
                "Recommendations it matters to": sorted(
                    {each for cls in above for each in looked[cls]}
                ),
            }
            for head, wanted in by_side.items():
                if not wanted:
                    assert head not in parts
                    continue
                (listed,) = [one for one in parts[head] if one.tag == "ul"]
                hold_list(reader, path, listed, sorted(wanted))
            places = [one for one in parts.get("Place in the hierarchy", ()) if one.tag == "dl"]
            found = {lead: linked(said, path) for part in places for lead, said in pairs(part)}
            direct = _directly(reader, iri, inside)
            assert found == {lead: reader.links(iris) for lead, iris in direct.items() if iris}
            showing = sorted(one for one, by in shown.items() if iri in by)
            told_of = [
                link
                for part in parts.get("What it can show or exclude", ())
                for link in linked(part, path)
            ]
            assert told_of == reader.links(showing)


@SITES
def test_the_reference_says_all_that_is_said_of_a_term(source: str) -> None:
    reader = read(source)
    main = reader.site.main("reference.html")
    found = within(main, "section", "term")
    terms = {one.slug: one for one in reader.site.content.terms}
    assert sorted(str(one.get("id")) for one in found) == sorted(terms)
    told_of = 0
    for one in found:
        term = terms[str(one.get("id"))]
        title, *rest = one
        assert words(title) == flat(f"{reader.stated.label(term.iri)} {term.name}")
        defined = reader.said(term.iri, "skos:definition")
        if defined:
            assert words(rest.pop(0)) == defined
        place = reader.places[term.iri][0]
        if not place.startswith("reference.html"):
            assert [linked(part) for part in rest] == [[(place, "Its own page")]]
            listed = within(reader.site.main(place), "dl")[-1:] if "/" in place else []
            if not listed or words(listed[0]).startswith("directly"):
                continue
        else:
            listed = rest
        said = [(lead, words(value)) for part in listed for lead, value in pairs(part)]
        assert sorted(said) == sorted(_remarks(reader, term.iri))
        told_of += len(said)
    assert told_of


REMARKS: Final = {
    "ind:lacksCode": "has no code",
    "ind:question": "what to ask",
    "ind:unit": "unit",
    "skos:altLabel": "also called",
    "skos:editorialNote": "editorial note",
    "skos:example": "example",
    "skos:scopeNote": "note",
}
RELATIONS: Final = {
    "a": "belongs to",
    "ind:site": "concerns",
    "rdfs:domain": "has subjects of",
    "rdfs:range": "has values of",
    "rdfs:subClassOf": "is a kind of",
    "rdfs:subPropertyOf": "is a special case of",
    "owl:disjointWith": "is never also",
    "ind:establishedBy": "is shown or excluded by",
}


def _remarks(reader: Reader, iri: str) -> list[tuple[str, str]]:
    """Return what else is said of a term: in words, how it stands to others, and its codes."""
    found = []
    for relation, lead in REMARKS.items():
        found += [(lead, flat(text)) for text in reader.stated.pairs(relation).get(iri, ())]
    for relation, lead in RELATIONS.items():
        others = [
            other
            for other in reader.stated.pairs(relation).get(iri, ())
            if ":" in other and not other.startswith("http://www.w3.org/2002/07/owl#")
        ]
        shown = [reader.places[one][1] if one in reader.places else name(one) for one in others]
        found += [(lead, flat(", ".join(shown)))] if shown else []
    (term,) = [one for one in reader.site.content.terms if one.iri == iri]
    for code in term.codes:
        vocabulary = f"({code['vocabulary']})" if code["vocabulary"] else ""
        said = f"{code['identifier']} {code['name'] or ''} {vocabulary}"
        found.append((name(code["match"] or ""), flat(said)))
    return found


@SITES
def test_the_terms_stand_under_what_is_directly_above_them(source: str) -> None:
    reader = read(source)
    main = reader.site.main("terms.html")
    listed = within(main, "section")
    assert [words(within(one, "h2")[0]) for one in listed] == ["Findings", "Interventions"]
    for root, one in zip(("Finding", "Intervention"), listed, strict=True):
        top = f"https://w3id.org/indicant/core/{root}"
        inside = {*reader.below(root), top}
        tree = only(one, "div", "tree")
        under: dict[str, set[str]] = defaultdict(set)
        (first,) = tree
        assert first.tag == "ul"
        for parent, child in _branches(first, reader.places[top][0]):
            under[child].add(parent)
        wanted = {
            reader.places[iri][0]: {
                reader.places[up][0] for up in _directly(reader, iri, inside)["directly above"]
            }
            for iri in inside - {top}
        }
        assert under == wanted
        (picture,) = [reading_back.picture(svg) for svg in within(one, "svg")]
        assert sorted((box.titles, box.href) for box in picture.boxes) == sorted(
            (reader.stated.label(iri), reader.places[iri][0]) for iri in inside
        )
        assert picture.title == words(within(one, "h2")[0])
        frame = only(one, "div", "picture")
        assert reading_back.classes(frame) == ["picture", "wide"]
        said = (frame.get("role"), frame.get("tabindex"), frame.get("aria-label"))
        assert said == ("region", "0", picture.title)
        assert picture.description == (
            f"{len(inside)} terms, each joined to those directly above it; "
            "the same as a list below."
        )


def _branches(listed: Element, parent: str) -> Iterator[tuple[str, str]]:
    """Yield each entry of a tree with the one that it stands under."""
    for one in listed:
        link = one[0]
        child = os.path.normpath(link.get("href", ""))
        yield parent, child
        for inner in one[1:]:
            yield from _branches(inner, child)


def _directly(reader: Reader, iri: str, inside: set[str]) -> dict[str, list[str]]:
    within_of = reader.stated.within

    def over(one: str) -> set[str]:
        found = within_of.get(one, set()) & inside
        return {up for up in found if one not in within_of[up]}

    def next_above(one: str) -> list[str]:
        return sorted(up for up in over(one) if not any(up in over(other) for other in over(one)))

    return {
        "directly above": next_above(iri),
        "directly below": sorted(one for one in inside if iri in next_above(one)),
    }
