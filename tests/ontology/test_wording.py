"""What a guideline takes from its document stands there: positions, digests, strengths, no copies.

The document of the guideline that ships is not part of the project; a leaflet of the tests' own is,
so that the checks themselves are seen to hold and to fail wherever the tests run.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rdflib import Graph, Literal, Namespace
from rdflib.namespace import DCTERMS, RDF

from places import ONTOLOGY, SHARED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rdflib.term import Node

IND = Namespace("https://w3id.org/indicant/core/")
OA = Namespace("http://www.w3.org/ns/oa#")
LEAFLET = Path(__file__).parent / "holds-fever"


@dataclass(frozen=True)
class Written:
    """A guideline's graph, and the text that it was written from."""

    graph: Graph
    text: str

    def quotes(self, subject: Node) -> Iterator[str]:
        """Yield the text of the passages that something rests on."""
        for passage in self.graph.objects(subject, IND.restsOn):
            yield self.quote(passage)

    def quote(self, passage: Node) -> str:
        """Return the text that a passage points at."""
        (selector,) = self.graph.objects(passage, OA.hasSelector)
        edges = []
        for edge in ("start", "end"):
            (value,) = self.graph.objects(selector, OA[edge])
            assert isinstance(value, Literal)
            edges.append(int(value))
        return self.text[edges[0] : edges[1]]

    def passages(self) -> list[Node]:
        """Return every passage, of advice or of context."""
        kinds = (IND.Passage, IND.ContextPassage)
        return [one for kind in kinds for one in self.graph.subjects(RDF.type, kind)]


@cache
def leaflet() -> Written:
    text = (LEAFLET / "document.txt").read_text(encoding="utf-8")
    return Written(Graph().parse(LEAFLET / "guideline.ttl"), text)


GUIDELINES = sorted(file.parent for file in ONTOLOGY.glob("guidelines/*/guideline.ttl"))


@cache
def shipped(folder: Path) -> Written:
    """Return a guideline that ships with its document, or skip the test where that is missing.

    The vocabularies are looked at together with each.
    """
    graph = Graph()
    others = [one for one in GUIDELINES if one != folder]
    for file in sorted(ONTOLOGY.rglob("*.ttl")):
        if file.name != "example.ttl" and not any(one in file.parents for one in others):
            graph.parse(file)
    (document,) = graph.subjects(RDF.type, IND.SourceDocument)
    for file in sorted((SHARED / "source").glob("*.txt")):
        text = file.read_bytes().decode()
        if sha256(text) == str(graph.value(document, IND.sha256)):
            return Written(graph, text)
    pytest.skip("the source document is not part of the project and not at hand")


BOTH = pytest.mark.parametrize(
    "written",
    [leaflet, *(partial(shipped, folder) for folder in GUIDELINES)],
    ids=["leaflet", *(folder.name for folder in GUIDELINES)],
)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def misplaced(written: Written) -> list[str]:
    """Name the passages whose text has another digest, and the document if it has."""
    (document,) = written.graph.subjects(RDF.type, IND.SourceDocument)
    known = {document: written.text} | {one: written.quote(one) for one in written.passages()}
    return sorted(
        str(one)
        for one, text in known.items()
        if str(written.graph.value(one, IND.sha256)) != sha256(text)
    )


def unworded(written: Written) -> list[str]:
    """Name what states a strength that none of the passages it rests on uses."""
    return sorted(
        str(one)
        for one, strength in written.graph.subject_objects(IND.strength)
        if not any(str(strength).lower() in quote.lower() for quote in written.quotes(one))
    )


def words(text: str) -> list[str]:
    """Return the words of a text, in lower case.

    >>> words("Six-month: DO wait.")
    ['six', 'month', 'do', 'wait']
    """
    return re.findall(r"[^\W_]+", text.lower())


def runs(text: str, length: int = 6) -> set[tuple[str, ...]]:
    """Return every run of consecutive words of a length."""
    found = words(text)
    return {tuple(found[at : at + length]) for at in range(len(found) - length + 1)}


def copied(written: Written) -> list[str]:
    """Name the texts that share six words in a row with the document, but for its title."""
    theirs = runs(written.text)
    return sorted(
        str(value)
        for subject, predicate, value in written.graph
        if isinstance(value, Literal)
        and predicate not in (IND.section, DCTERMS.title)
        and runs(str(value)) & theirs
    )


@pytest.mark.slow
@BOTH
def test_every_passage_is_where_it_says(written: Callable[[], Written]) -> None:
    """The text between the positions has the digest, and so has the whole document."""
    assert len(written().passages()) >= 2
    assert misplaced(written()) == []


@pytest.mark.many(1000)
@BOTH
def test_strength_is_a_wording_of_the_source(written: Callable[[], Written]) -> None:
    """The strength of a recommendation stands in the passages it rests on."""
    assert len(set(written().graph.subjects(IND.strength))) >= 2
    assert unworded(written()) == []


@BOTH
def test_no_sentence_of_the_source_is_copied(written: Callable[[], Written]) -> None:
    assert len(runs(written().text)) > 5
    assert copied(written()) == []


def said(old: str, new: str) -> Written:
    """Return the leaflet's guideline with other words in it."""
    text = (LEAFLET / "guideline.ttl").read_text(encoding="utf-8")
    assert old in text
    return Written(Graph().parse(data=text.replace(old, new)), leaflet().text)


@pytest.mark.parametrize("at", [0, 21, 22, 59, 63, 119])
def test_a_character_changed_anywhere_is_noticed(at: int) -> None:
    text = leaflet().text
    changed = text[:at] + "#" + text[at + 1 :]
    found = misplaced(Written(leaflet().graph, changed))
    assert "https://example.org/fever/document" in found
    inside = [one for one in leaflet().passages() if leaflet().quote(one) not in changed]
    assert [one for one in found if "/p" in one] == sorted(map(str, inside))


@pytest.mark.parametrize("edge", ["start", "end"])
def test_a_position_off_by_one_is_noticed(edge: str) -> None:
    (selector,) = leaflet().graph.objects(leaflet().passages()[0], OA.hasSelector)
    value = int(str(leaflet().graph.value(selector, OA[edge])))
    for other in (value - 1, value + 1):
        if other >= 0:
            assert misplaced(said(f"oa:{edge} {value} ", f"oa:{edge} {other} "))


def test_a_strength_of_ones_own_is_noticed() -> None:
    assert unworded(said('"should"@en', '"must"@en')) == ["https://example.org/fever/drink"]
    # It stands in the document, but in no passage that this rests on.
    assert unworded(said('"should"@en', '"not recommended"@en'))


def test_a_sentence_of_the_source_is_noticed() -> None:
    sentence = "baths are not recommended, whatever the"
    assert copied(said("advice against cooling in water", sentence)) == [sentence]
