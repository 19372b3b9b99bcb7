"""``--lang`` chooses the language of a guideline, and English stands in where it has no words."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from indicant import cli
from indicant.ask.answers import Asker
from indicant.assess.assessor import Assessor
from indicant.errors import IndicantError
from indicant.files.rdf import text_of
from indicant.files.sources import load
from indicant.guideline.languages import in_language, speaking

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., str]

GUIDELINE = """\
@prefix : <https://example.org/rain/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

<https://example.org/rain/>
    a owl:Ontology , ind:Guideline ;
    rdfs:label "rain"@en , "Regen"@de ;
    owl:imports <https://w3id.org/indicant/core/> ;
.

:document
    a ind:SourceDocument ;
    dcterms:title "Before you go out"@en ;
.

:s01
    a ind:Passage ;
    dcterms:identifier "s01" ;
    oa:hasSource :document ;
    oa:hasSelector :s01-position ;
    ind:sha256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" ;
    ind:section "Rain" ;
    ind:paraphrase "rain calls for an umbrella"@en , "bei Regen gehört ein Schirm dazu"@de ;
.

:s01-position
    a oa:TextPositionSelector ;
    oa:start 0 ;
    oa:end 9 ;
.

:Rain
    a owl:Class ;
    rdfs:label "rain"@en , "Regen"@de , "Regn"@da ;
    rdfs:subClassOf ind:Finding ;
    ind:question "Does it rain?"@en , "Regnet es?"@de ;
.

:Storm
    a owl:Class ;
    rdfs:label "storm"@en , "Sturm"@de ;
    rdfs:subClassOf ind:Finding ;
    ind:question "Does it blow?"@en ;
.

:strength
    a owl:ObjectProperty , owl:FunctionalProperty ;
    rdfs:label "force"@en , "Stärke"@de ;
    rdfs:range :Force ;
.

:Force
    a owl:Class ;
    rdfs:label "force"@en ;
.

:Heavy
    a owl:NamedIndividual , :Force ;
    rdfs:label "heavy"@en , "stark"@de , "schwer"@de-AT ;
.

:Umbrella
    a owl:Class ;
    rdfs:label "umbrella"@en , "Schirm \\"gross\\""@de-CH , "Regenschirm"@de ,
        "مظلة"@ar--rtl ;
    rdfs:subClassOf ind:Intervention ;
.

:Boots
    a owl:Class ;
    rdfs:label "boots"@en ;
    rdfs:subClassOf ind:Intervention ;
.

:InRain
    a owl:Class , ind:Criterion ;
    rdfs:label "in rain"@en ;
    rdfs:subClassOf ind:PatientCase ;
    owl:equivalentClass [
        a owl:Restriction ;
        owl:onProperty ind:hasFinding ;
        owl:someValuesFrom :Rain ;
    ] ;
.

:InHeavyStorm
    a owl:Class , ind:Criterion ;
    rdfs:label "in a heavy storm"@en ;
    rdfs:subClassOf ind:PatientCase ;
    owl:equivalentClass [
        a owl:Restriction ;
        owl:onProperty ind:hasFinding ;
        owl:someValuesFrom [
            a owl:Class ;
            owl:intersectionOf (
                :Storm
                [
                    a owl:Restriction ;
                    owl:onProperty :strength ;
                    owl:hasValue :Heavy ;
                ]
            ) ;
        ] ;
    ] ;
.

:take-an-umbrella
    a ind:Indication ;
    rdfs:label "take an umbrella"@en , "einen Schirm mitnehmen"@de ;
    dcterms:isPartOf <https://example.org/rain/> ;
    ind:action :Umbrella ;
    ind:criterion :InRain ;
    ind:strength "take"@en , "nimm"@de ;
    ind:restsOn :s01 ;
.

:no-umbrella-in-a-storm
    a ind:Contraindication ;
    rdfs:label "no umbrella in a storm"@en ;
    dcterms:isPartOf <https://example.org/rain/> ;
    ind:action :Umbrella ;
    ind:criterion :InHeavyStorm ;
    ind:restsOn :s01 ;
.

:put-on-boots
    a ind:Indication ;
    rdfs:label "put on boots"@en ;
    dcterms:isPartOf <https://example.org/rain/> ;
    ind:action :Boots ;
    ind:criterion :InRain ;
    ind:strength "put on"@en ;
    ind:restsOn :s01 ;
.
"""
CASE = """\
@prefix : <https://example.org/case#> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix rain: <https://example.org/rain/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

:today
    a ind:PatientCase ;
    ind:asOf "2026-11-22"^^xsd:date ;
    ind:hasFinding :drops ;
.

:drops
    a rain:Rain ;
.
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("lang")
    (found / "rain.ttl").write_text(GUIDELINE, encoding="utf-8")
    (found / "case.ttl").write_text(CASE, encoding="utf-8")
    return found


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("INDICANT_CACHE", str(folder / "cache"))

    def call(*arguments: str) -> str:
        assert cli.main([*arguments, "--guideline", "rain.ttl"]) == 0
        return capsys.readouterr().out

    return call


@pytest.mark.slow
def test_an_assessment_speaks_the_language(run: Run) -> None:
    shown = run("assess", "case.ttl", "--lang", "de")
    assert shown.startswith("Regen\n")
    assert ": Regenschirm" in shown
    assert '"nimm"' in shown
    assert "Sturm with Stärke stark" in shown
    assert "storm" not in shown


@pytest.mark.slow
def test_english_stands_in(run: Run) -> None:
    shown = run("assess", "case.ttl", "--lang", "de")
    assert ": boots" in shown
    assert '"put on"' in shown
    assert "Does it blow?" in shown
    assert run("assess", "case.ttl", "--lang", "fr") == run("assess", "case.ttl")


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["assess", "next"])
def test_a_language_without_words_is_told_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    monkeypatch.chdir(folder)
    for tag, told in (("xx", 1), ("fr-CA", 1), ("de-AT", 0), ("en-GB", 0)):
        assert cli.main([verb, "case.ttl", "--guideline", "rain.ttl", "--lang", tag]) == 0
        shown = capsys.readouterr()
        note = f"indicant: note: there are no words in '{tag}' beside those of a guideline: "
        assert shown.err.count(note) == shown.err.count("\n") == told
        assert "note" not in shown.out
    assert cli.main([verb, "case.ttl", "--guideline", "rain.ttl", "--lang", "no tag"]) == 2


@pytest.mark.slow
def test_a_text_with_a_direction_is_in_its_language(run: Run) -> None:
    assert ": مظلة" in run("assess", "case.ttl", "--lang", "ar")


@pytest.mark.slow
def test_without_the_option_it_is_english(run: Run) -> None:
    shown = run("assess", "case.ttl")
    assert ": umbrella" in shown
    assert not re.search("Regen|Sturm|nimm|Schirm", shown)
    assert shown == run("assess", "case.ttl", "--lang", "en")
    assert shown == run("assess", "case.ttl", "--lang", "en-GB")


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.parametrize(
    ("tag", "umbrella", "force"),
    [
        ("de", "Regenschirm", "stark"),
        ("DE", "Regenschirm", "stark"),
        ("de-CH", 'Schirm "gross"', "stark"),
        ("de-ch-1996", 'Schirm "gross"', "stark"),
        ("de-AT", "Regenschirm", "schwer"),
        ("da", "umbrella", "heavy"),
    ],
)
def test_a_region_falls_back_to_its_language(run: Run, tag: str, umbrella: str, force: str) -> None:
    (record,) = json.loads(run("assess", "case.ttl", "--lang", tag, "--format", "json"))
    labels = {action["action"]: action["label"] for action in record["actions"]}
    assert labels["https://example.org/rain/Umbrella"] == umbrella
    settled = {row["literal"] for action in record["actions"] for row in action["because"]}
    assert settled
    assert force in run("assess", "case.ttl", "--lang", tag)


@pytest.mark.slow
def test_paraphrases_have_languages(run: Run) -> None:
    (record,) = json.loads(run("assess", "case.ttl", "--lang", "de", "--format", "json"))
    passages = [
        passage["paraphrase"]
        for action in record["actions"]
        for recommendation in action["recommendations"]
        for passage in recommendation["passages"]
    ]
    assert set(passages) == {"bei Regen gehört ein Schirm dazu"}


@pytest.mark.slow
def test_the_answers_are_the_same_in_every_language(run: Run) -> None:
    def bare(tag: str) -> list[tuple[str, str]]:
        (record,) = json.loads(run("assess", "case.ttl", "--lang", tag, "--format", "json"))
        return [(action["action"], action["status"]) for action in record["actions"]]

    assert bare("de") == bare("en")


@pytest.mark.slow
def test_why_whatif_and_next_speak_the_language(run: Run) -> None:
    told = run("why", "case.ttl", "Regenschirm", "--lang", "de")
    assert told.startswith("Regenschirm: unter Vorbehalt empfohlen\n")
    assert "Sturm with Stärke stark" in told
    assert run("why", "case.ttl", "rain:Umbrella", "--lang", "de") == told
    assert "Regenschirm" in run("whatif", "case.ttl", "-Storm", "--lang", "de")
    assert "Sturm" in run("next", "case.ttl", "--lang", "de")


@pytest.mark.slow
def test_questions_are_answered_in_the_language(run: Run) -> None:
    shown = run("ask", "which-recommendations-are-there", "--lang", "de", "--format", "csv")
    assert "einen Schirm mitnehmen" in shown
    assert "take an umbrella" not in shown
    assert "put on boots" in shown


@pytest.mark.slow
def test_verification_speaks_the_language(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    shown = {}
    for tag in ("en", "de"):
        assert cli.main(["verify", "rain.ttl", "--lang", tag]) in {0, 1}
        shown[tag] = capsys.readouterr().out
    places = {tag: re.findall(r"rain\.ttl:\d+", text) for tag, text in shown.items()}
    assert places["de"] == places["en"] != []
    assert "Regen" in shown["de"]
    assert "Regen" not in shown["en"]


def test_a_source_keeps_its_statements_and_their_places(folder: Path) -> None:
    source = load(folder / "rain.ttl")
    spoken = speaking(source, "de")
    assert spoken.digest != source.digest
    assert speaking(source, "en") is source
    for before, after in zip(source.documents, spoken.documents, strict=True):
        pairs = zip(before.quads, after.quads, strict=True)
        assert all(text_of(one.object) == text_of(other.object) for one, other in pairs)


@pytest.mark.slow
def test_the_published_graph_keeps_every_language(run: Run) -> None:
    text = run("export", "graph", "--format", "ntriples")
    labels = {
        (quad.object.value, quad.object.language)
        for quad in ox.parse(text, format=ox.RdfFormat.N_TRIPLES)
        if isinstance(quad.object, ox.Literal) and "Umbrella" in str(quad.subject)
    }
    assert {("umbrella", "en"), ("Regenschirm", "de"), ('Schirm "gross"', "de-ch")} <= labels


@pytest.mark.parametrize("tag", ["", "d e", "@de", "de_AT", "de-", "x" * 9])
def test_what_is_no_language_is_refused(
    tag: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(IndicantError, match="is no language tag"):
        in_language("", tag)
    monkeypatch.setenv("INDICANT_CACHE", str(folder / "cache"))
    assert cli.main(["assess", "case.ttl", "--guideline", "rain.ttl", f"--lang={tag}"]) == 2
    assert capsys.readouterr().err.startswith(f"indicant: '{tag}' is no language tag\n")


@pytest.mark.slow
def test_both_ways_to_use_it_take_a_language(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDICANT_CACHE", str(folder / "cache"))
    guideline = str(folder / "rain.ttl")
    assessor = Assessor(guideline, language="de")
    labels = {one.label for one in assessor.catalogue.recommendations.values()}
    assert "einen Schirm mitnehmen" in labels
    table = Asker(guideline, language="de").ask("which-guidelines-are-there")
    assert "Regen" in {getattr(term, "value", None) for row in table.rows for term in row}
