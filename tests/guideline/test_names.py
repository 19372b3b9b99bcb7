"""Terms are found by what they are called, however case, spaces and accents are written."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from indicant.ask.answers import Asker
from indicant.guideline.names import Names
from rain import IN_RAIN, PREFIXES, TERMS

if TYPE_CHECKING:
    from pathlib import Path

FEVER = "https://example.org/Fever"
SAVED = unicodedata.normalize("NFD", "fièvre élevée")
TYPED = unicodedata.normalize("NFC", "fièvre élevée")
RULE = (
    ":take a ind:Indication ; dcterms:isPartOf <https://example.org/rain/> ; ind:action :Umbrella ;"
    " ind:criterion :InRain .\n"
)


@pytest.mark.parametrize("label", [SAVED, TYPED])
@pytest.mark.parametrize("text", [SAVED, TYPED, TYPED.upper(), "fièvre-élevée"])
def test_an_accent_is_found_however_it_is_saved(label: str, text: str) -> None:
    other = "https://example.org/Other"
    names = Names("finding", {FEVER: [label], other: ["fievre elevee"]}, {})
    assert names.find(text) == FEVER


def test_vowel_signs_tell_words_apart() -> None:
    names = Names("finding", {FEVER: ["कि"], "https://example.org/Other": ["का"]}, {})
    assert names.find("कि") == FEVER


@pytest.mark.slow
def test_a_question_finds_a_label_however_it_is_saved(tmp_path: Path) -> None:
    """The answer has the text, the published graph has it as it was saved."""
    file = tmp_path / "rain.ttl"
    head = "<https://example.org/rain/> a owl:Ontology , ind:Guideline ; owl:imports ind: .\n"
    label = f':Rain rdfs:label "{SAVED}"@fr ; skos:definition "wet"@en .\n'
    file.write_text(
        "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>\n"
        + PREFIXES
        + head
        + TERMS
        + IN_RAIN
        + ".\n"
        + label
        + RULE,
        encoding="utf-8",
    )
    asker = Asker(file, use_cache=False)
    rows = asker.ask("which-terms-mention-a-word", {"text": SAVED[:5]}).rows
    assert [row[0] for row in rows] == [ox.NamedNode("https://example.org/rain/Rain")]
    assert rows == asker.ask("which-terms-mention-a-word", {"text": TYPED[:4]}).rows
    meaning = asker.ask("what-does-a-term-mean", {"term": TYPED}).rows
    assert {row[0] for row in meaning} == {ox.NamedNode("https://example.org/rain/Rain")}
    assert f'"{SAVED}"@fr' in {str(one.object) for one in asker.graph()}
