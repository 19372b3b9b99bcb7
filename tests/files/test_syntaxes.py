"""A file is what it begins as: read where it can be, and else named, whatever it is called."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox
import pytest

from indicant.author.slips import ambiguous_prefixes, prefixes
from indicant.cli import main
from indicant.errors import IndicantError
from indicant.files.rdf import parse, read, text_of
from indicant.files.sources import load, roots
from indicant.files.targets import root_of, targets
from places import TESTS

if TYPE_CHECKING:
    from pathlib import Path

FUNCTIONAL: Final = """Prefix(:=<https://example.org/rain/>)
Prefix(owl:=<http://www.w3.org/2002/07/owl#>)


Ontology(<https://example.org/rain/>
Declaration(Class(:Rain))
)
"""
MANCHESTER: Final = """Prefix: : <https://example.org/rain/>
Prefix: owl: <http://www.w3.org/2002/07/owl#>

Ontology: <https://example.org/rain/>

Class: :Rain
"""
OWL_XML: Final = """<?xml version="1.0"?>
<!-- written by hand -->
<Ontology xmlns="http://www.w3.org/2002/07/owl#"
     xml:base="https://example.org/rain/"
     ontologyIRI="https://example.org/rain/">
    <Declaration><Class IRI="#Rain"/></Declaration>
</Ontology>
"""
OBO: Final = """format-version: 1.2
ontology: rain

[Term]
id: RAIN:0000001
name: rain
"""
OTHERS: Final = {
    "OWL functional syntax": [FUNCTIONAL, f"# words\n\n{FUNCTIONAL}", "Ontology(<urn:x:a>)"],
    "OWL Manchester syntax": [MANCHESTER, f"# words\n{MANCHESTER}", "Ontology: <urn:x:a>\n"],
    "OWL/XML": [OWL_XML, OWL_XML.partition("\n")[2]],
    "OBO format": [OBO, f"! words\n{OBO}", "ontology: rain\n"],
}
TURTLE: Final = "@prefix owl: <http://www.w3.org/2002/07/owl#> .\n<urn:x:a> a owl:Ontology .\n"
RDF_XML: Final = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
     xmlns:owl="http://www.w3.org/2002/07/owl#"><owl:Ontology rdf:about="urn:x:a"/></rdf:RDF>
"""


@pytest.mark.parametrize("ending", ["owl", "ttl", "xml", "rdf", "ofn", "omn", "owx", "obo", "txt"])
@pytest.mark.parametrize(
    ("syntax", "text"), [(name, text) for name, texts in OTHERS.items() for text in texts]
)
def test_another_syntax_of_owl_is_named(syntax: str, text: str, ending: str) -> None:
    with pytest.raises(IndicantError) as caught:
        parse(text, path=f"rain.v2.{ending}")
    assert caught.value.message == f"is in {syntax}, which is not read"
    result = "rain.v2-in-turtle.ttl" if ending == "ttl" else "rain.v2.ttl"
    assert (caught.value.help or "").startswith(
        f"robot convert --input rain.v2.{ending} --output {result}  converts it"
    )


def test_what_comes_without_a_name_is_named_as_well() -> None:
    with pytest.raises(IndicantError) as caught:
        parse(OBO, path="-")
    assert caught.value.help is not None
    assert "--input FILE --output FILE.ttl  converts it" in caught.value.help


@pytest.mark.parametrize("ending", ["owl", "rdf", "xml"])
@pytest.mark.parametrize(
    "text",
    [
        TURTLE,
        f"# words\n{TURTLE}",
        TURTLE.replace("@prefix", "PREFIX").replace("> .\n<", ">\n<"),
        "\ufeff" + TURTLE,
    ],
)
def test_turtle_is_read_whatever_it_is_called(text: str, ending: str) -> None:
    assert parse(text, path=f"a.{ending}", format="rdfxml").format == "turtle"
    assert parse(RDF_XML, path=f"a.{ending}", format="rdfxml").format == "rdfxml"


@pytest.mark.parametrize(
    "text",
    [
        '<#a> <#b> "Prefix: : <x:>  Ontology(<urn:x:a>)" .',
        "@prefix Ontology: <urn:x:> .\nOntology:a Ontology:b 1 .",
        "PREFIX Prefix: <urn:x:>\nPrefix:a Prefix:b 1 .",
        "<urn:x:Ontology> <urn:x:b> <http://www.w3.org/2002/07/owl#Ontology> .",
    ],
)
def test_turtle_is_taken_for_nothing_else(text: str) -> None:
    assert len(parse(text, path="a.ttl").quads) == 1


@pytest.mark.slow
def test_a_folder_is_a_guideline_in_any_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As Protégé saves one: every verb finds it by its folder."""
    turtle = (TESTS / "check" / "holds-rain" / "guideline.ttl").read_text(encoding="utf-8")
    quads = ox.parse(turtle, format=ox.RdfFormat.TURTLE)
    folder = tmp_path / "rain"
    folder.mkdir()
    file = folder / "guideline.owl"
    file.write_bytes(ox.serialize(quads, format=ox.RdfFormat.RDF_XML) or b"")
    (folder / "notes.xml").write_text("<notes/>", encoding="utf-8")
    assert roots(folder) == [file]
    assert targets(tmp_path) == [folder]
    assert root_of(folder / "terms.ttl") == folder.resolve()
    assert any(one.path.endswith("guideline.owl") for one in load(folder).documents)
    monkeypatch.chdir(tmp_path)
    assert main(["check", "rain", "--no-reasoner"]) == 0
    capsys.readouterr()
    shutil.copy(file, folder / "other.owl")
    file.unlink()
    assert targets(folder) == [folder / "other.owl"]
    (folder / "guideline.ttl").write_text(turtle, encoding="utf-8")
    shutil.copy(folder / "other.owl", file)
    assert roots(folder) == [folder / "guideline.ttl"]


def test_a_prefix_may_be_relative_to_a_base(tmp_path: Path) -> None:
    file = tmp_path / "rain.ttl"
    file.write_text(
        "@base <https://example.org/rain/> .\n@prefix r: <terms#> .\n@prefix : <#> .\n"
        "BASE <../snow/>\nPREFIX s: <>\nr:a :b s:c .\n",
        encoding="utf-8",
    )
    document = read(file)
    assert list(prefixes(document)) == [
        ("r", "https://example.org/rain/terms#", 2),
        ("", "https://example.org/rain/#", 3),
        ("s", "https://example.org/snow/", 5),
    ]
    assert text_of(document.quads[0].subject) == "https://example.org/rain/terms#a"
    other = parse("@prefix r: <https://example.org/rain/terms#> .\n<> r:a 1 .", path="b.ttl")
    assert ambiguous_prefixes([document, other]) == []
    bare = parse("@prefix : <#> .\n:a :b 1 .", path="b.ttl")
    assert list(prefixes(bare)) == [("", "https://w3id.org/indicant/case/b#", 1)]


@pytest.mark.slow
def test_our_terms_with_http_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "case.ttl").write_text(
        "@prefix ind: <http://w3id.org/indicant/core/> .\n<#c> a ind:PatientCase .\n",
        encoding="utf-8",
    )
    assert main(["assess", "case.ttl"]) == 2
    assert (
        "help: our terms begin with https:, as in  @prefix ind: <https" in capsys.readouterr().err
    )
