"""New parts of a guideline: in the right file, in the form of the house, over nothing."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import re
import shutil
import urllib.parse
from pathlib import Path
from urllib.request import url2pathname
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest

from indicant import cli
from indicant.author.checks import check
from indicant.author.scaffold import KINDS, compose, put
from indicant.compile.profile import refusals
from indicant.errors import IndicantError
from indicant.files import resources
from indicant.files.rdf import read, text_of
from indicant.files.sources import load
from indicant.files.turtle import tidy
from indicant.terms import IND, OWL, TYPE
from indicant.verbs import new
from places import ONTOLOGY, SEED

SPINE = ONTOLOGY / "spine"
WORDS = "Before you go out\nTake an umbrella, café or not \U0001f327, when it rains.\n"


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "leaflet.txt").write_text(WORDS, encoding="utf-8")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(["new", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_verb_knows_every_kind() -> None:
    assert tuple(new._KINDS) == KINDS


def test_a_guideline_begins_in_a_folder_of_its_own(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "guideline", "rain") == (0, "rain/guideline.ttl:8: guideline rain\n", "")
    text = (room / "rain" / "guideline.ttl").read_text()
    assert "<https://example.org/rain/>\n    a owl:Ontology , ind:Guideline ;\n" in text
    assert tidy(text, file="guideline.ttl") == text
    assert load(room / "rain").documents
    code, _, err = run(capsys, "guideline", "rain")
    assert (code, err) == (2, "indicant: rain: is there already\n")
    assert (room / "rain" / "guideline.ttl").read_text() == text


@pytest.mark.slow
def test_everything_new_is_beside_its_like(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "guideline", "rain", "--iri", "https://example.net/wet#", "--in", "deep/er")
    place = ["--in", "deep/er/rain"]
    assert run(capsys, "finding", "WetHair", *place)[0] == 0
    assert run(capsys, "intervention", "TowelXL", *place)[0] == 0
    assert run(capsys, "criterion", "Caught", *place)[0] == 0
    assert run(capsys, "document", "leaflet", *place, "--from", "leaflet.txt")[0] == 0
    quote = "Take an umbrella, café or not \U0001f327,"
    where = ["--from", "leaflet.txt", "--quote", quote]
    assert run(capsys, "passage", "s01", *place, *where)[0] == 0
    code, out, err = run(capsys, "recommendation", "dry-it", *place, "ind:action :TowelXL")
    assert (code, err) == (0, "")
    text = (room / "deep/er/rain/guideline.ttl").read_text(encoding="utf-8")
    line = int(out.split(":")[1])
    assert text.splitlines()[line - 1] == ":dry-it"
    assert text.startswith("@prefix : <https://example.net/wet#> .\n")
    assert '"towel XL"@en' in text
    assert "    ind:action :TowelXL ;" in text
    assert text.count("    rdfs:subClassOf ind:Intervention ;") == 1
    assert "    oa:start 18 ;\n    oa:end 50 ;\n" in text
    assert WORDS[18:50] == quote
    assert hashlib.sha256(quote.encode()).hexdigest() in text
    assert quote not in text
    assert tidy(text, file="guideline.ttl") == text


def test_a_property_replaces_what_the_template_says(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "guideline", "rain", 'rdfs:label "Rain and snow"@en')
    run(capsys, "finding", "Snow", "--in", "rain", 'rdfs:label "Schnee"@de , "snow"@en')
    text = (room / "rain" / "guideline.ttl").read_text()
    assert 'rdfs:label "Rain and snow"@en ;' in text
    assert 'rdfs:label "Schnee"@de , "snow"@en ;' in text
    assert text.count("rdfs:label") == 2


@pytest.mark.slow
def test_a_term_stands_in_the_module_of_its_domain() -> None:
    finding = compose("finding", "HiccupOfATest", place=SEED)
    assert finding.path.resolve() == SPINE / "findings.ttl"
    assert finding.iri == "https://w3id.org/indicant/spine/HiccupOfATest"
    assert finding.text.endswith(
        "\nspine:HiccupOfATest\n    a owl:Class ;\n"
        '    rdfs:label "hiccup of a test"@en ;\n    skos:definition "..."@en ;\n'
        "    rdfs:subClassOf ind:Finding ;\n.\n"
    )
    parent = "rdfs:subClassOf spine:Mri"
    assert (
        compose("intervention", "MriOfATest", [parent], place=SEED).path.resolve()
        == SPINE / "interventions.ttl"
    )
    criterion = compose("criterion", "CriterionOfATest", place=SEED)
    assert criterion.path.resolve() == SEED / "criteria.ttl"
    assert criterion.text.startswith((SEED / "criteria.ttl").read_text(encoding="utf-8"))


def test_what_a_file_says_first_counts_as_well(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also of a class whose type is stated elsewhere."""
    run(capsys, "guideline", "rain")
    iri = "https://example.org/rain/findings"
    text = (room / "rain" / "guideline.ttl").read_text(encoding="utf-8")
    prefixes, head = text.split("\n\n", 1)
    (room / "rain" / "findings.ttl").write_text(
        f"{prefixes}\n:Rain rdfs:subClassOf ind:Finding .\n:Rain a owl:Class .\n"
        f"<{iri}> a owl:Ontology .\n",
        encoding="utf-8",
    )
    head = head.replace("owl:imports ", f"owl:imports <{iri}> , ")
    (room / "rain" / "guideline.ttl").write_text(f"{prefixes}\n\n{head}", encoding="utf-8")
    catalog = room / "rain" / "catalog-v001.xml"
    other = f'<uri name="{iri}" uri="findings.ttl"/></catalog>'
    catalog.write_text(catalog.read_text().replace("</catalog>", other), encoding="utf-8")
    code, out, err = run(capsys, "finding", "Snow", "--in", "rain")
    assert (code, err) == (0, "")
    assert out.startswith("rain/findings.ttl:")


def test_a_recommendation_stands_in_the_file_of_its_section() -> None:
    with pytest.raises(IndicantError, match="recommendations stand in 9 files") as caught:
        compose("recommendation", "of-a-test", place=SEED)
    assert "--in" in (caught.value.help or "")
    section = SEED / "recommendations" / "only-degenerative-changes.ttl"
    added = compose("recommendation", "of-a-test", place=section)
    assert added.path == section
    assert added.text.startswith(section.read_text(encoding="utf-8"))
    assert "\ng:of-a-test\n    a ind:Indication ;\n" in added.text


def test_the_guideline_of_the_folder_is_the_default(
    room: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "guideline", "rain")
    monkeypatch.chdir(room / "rain")
    assert run(capsys, "finding", "Rain") == (0, "guideline.ttl:16: finding Rain\n", "")


@pytest.mark.many(3)
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("finding rain", "'rain' is no name for a finding"),
        ("criterion Two-Words", "'Two-Words' is no name for a criterion"),
        ("recommendation Take", "'Take' is no name for a recommendation"),
        ("recommendation a--b", "'a--b' is no name for a recommendation"),
        ("guideline ../x", "'../x' is no name for a guideline"),
        ("guideline other --iri notaniri", "<notaniri> is no namespace"),
        ("guideline other --in leaflet.txt", "leaflet.txt: is a file, not a folder"),
        ("finding Rain --iri urn:x:", "--iri is for a new guideline"),
        ("finding Rain --from leaflet.txt", "--from is for a new passage or document"),
        ("document leaflet --quote rain", "--quote is for a new passage, not for a document"),
        ("finding Rain --nth 1", "--nth is for a new passage, not for a finding"),
        ("finding Rain --as-of 2026-11-22", "--as-of is for a new case, not for a finding"),
        ("finding Rain --tests tests", "--tests is for a new case, not for a finding"),
        ("finding Rain --in nowhere", "unknown guideline 'nowhere'"),
        ("finding Snow rdfs:label", "'rdfs:label' is no property in Turtle"),
        ("finding Snow x:y", "'x:y' is no property in Turtle"),
        ("finding Snow ind:site:A.:B", "'ind:site:A.:B' is no property"),
        ("document leaflet", "a document is of a file"),
        ("passage s01 --from leaflet.txt", "a passage is a stretch of words"),
        ("passage s01 --from leaflet.txt --quote snow", "leaflet.txt: the words do not stand"),
        (
            "passage s01 --from leaflet.txt --quote e",
            "leaflet.txt: the words stand there 5 times: l",
        ),
        (
            "passage s01 --from leaflet.txt --quote e --nth 6",
            "leaflet.txt: there is no place 6: the",
        ),
        (
            "passage s01 --from leaflet.txt --quote out --nth 2",
            "leaflet.txt: there is no place 2: th",
        ),
        (
            "passage s01 --from leaflet.txt --quote e --nth 0",
            "argument --nth: '0' is not more than",
        ),
        ("course drying", "'drying' is no name for a course"),
        ("course Drying rdfs:subClassOf%:Drying", "rain/guideline.ttl:17: outside the profile: Dr"),
        ("property Degrees rdfs:range%xsd:integer", "'Degrees' is no name for a property"),
        ("property degrees", "'degrees' has no ranges"),
        ("property degrees rdfs:range%xsd:integer,xsd:string", "'degrees' has 2 ranges"),
        ("property wetSince rdfs:range%xsd:date", "values of xsd:date are not compared exactly"),
        ("property wetness rdfs:range%:Wetness", "<https://example.org/rain/Wetness> is no class"),
        ("values wetness Damp Soaked", "'wetness' is no name for a set of values"),
        ("values Wetness", "a set has two values or more"),
        ("values Wetness Damp", "a set has two values or more"),
        ("values Wetness Damp Damp", "'Damp' is named twice"),
        ("values Wetness Damp Wetness", "'Wetness' is named twice"),
        ("values Wetness Damp soaked", "'soaked' is no property in Turtle"),
        ("case Mine", "'Mine' is no name for a case"),
        ("case mine --as-of today", "argument --as-of: 'today' is no date, YYYY-MM-DD"),
        ("case mine --tests leaflet.txt", "leaflet.txt: is a file, not a folder"),
        ("case mine --tests .. ind:hasFinding", "'ind:hasFinding' is no property in Turtle"),
        ("passage s01 --from leaflet.txt --quote umbrella", "the guideline has no documents"),
        ("weather rain", "argument KIND: invalid choice"),
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(
    room: Path, capsys: pytest.CaptureFixture[str], arguments: str, said: str
) -> None:
    run(capsys, "guideline", "rain")
    before = (room / "rain" / "guideline.ttl").read_bytes()
    words = [one.replace("%", " ") for one in arguments.split()]
    if "--in" not in words and words[0] != "guideline":
        words += ["--in", "rain"]
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert err.startswith(f"indicant: {said}")
    assert "Traceback" not in err
    assert (room / "rain" / "guideline.ttl").read_bytes() == before
    assert sorted(path.name for path in room.iterdir()) == ["leaflet.txt", "rain"]


def test_more_than_a_property_is_refused() -> None:
    with pytest.raises(IndicantError, match="is more than a property"):
        compose("finding", "Snow", ["a owl:Class . ind:Finding a owl:Class"], place=SEED)


@pytest.mark.usefixtures("room")
def test_a_name_is_given_once(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "guideline", "rain")
    run(capsys, "finding", "Rain", "--in", "rain")
    code, _, err = run(capsys, "intervention", "Rain", "--in", "rain")
    assert code == 2
    assert (
        err == "indicant: rain/guideline.ttl:16: <https://example.org/rain/Rain> is there already\n"
    )


def test_a_comment_is_not_lost(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "guideline", "rain")
    path = room / "rain" / "guideline.ttl"
    path.write_text(path.read_text() + "# by hand\n")
    code, _, err = run(capsys, "finding", "Rain", "--in", "rain")
    assert code == 2
    assert re.match(r"indicant: rain/guideline\.ttl:\d+: holds a comment", err)
    assert path.read_text().endswith("# by hand\n")


@pytest.mark.slow
def test_a_guideline_in_another_format_is_not_changed(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is found by its folder, and what is new cannot stand in it as Turtle."""
    run(capsys, "guideline", "rain")
    file = room / "rain" / "guideline.ttl"
    quads = ox.parse(path=str(file), format=ox.RdfFormat.TURTLE)
    data = ox.serialize(quads, format=ox.RdfFormat.RDF_XML) or b""
    file.with_suffix(".owl").write_bytes(data)
    file.unlink()
    code, _, err = run(capsys, "finding", "WetHair", "--in", "rain")
    assert code == 2
    assert "guideline.owl: is rdfxml, and what is new is written in Turtle" in err
    assert file.with_suffix(".owl").read_bytes() == data


def test_what_came_with_the_package_is_not_changed(
    room: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = room / "data"
    shutil.copytree(ONTOLOGY, data / "ontology")
    monkeypatch.setattr("indicant.files.resources.root", lambda: data)
    code, _, err = run(capsys, "finding", "Rain")
    assert code == 2
    assert "came with the package and is not changed there" in err


# ---------------------------------------------------------------------- help


@pytest.mark.parametrize("kind", KINDS)
def test_the_help_tells_every_kind_in_a_line_and_shows_most(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["new", "--help"])
    told = capsys.readouterr().out
    assert re.search(rf"^  {kind} +\w.{{10}}", told, re.MULTILINE)
    assert re.search(rf"^  indicant new {kind} \w", told, re.MULTILINE) or kind == "intervention"


# ---------------------------------------------------------------------- catalogs


def referred(catalog: Path) -> dict[str, Path]:
    """Return where an editor looks for each ontology: by the rules of XML catalogs, any IRI."""
    found = {}
    for entry in ElementTree.fromstring(catalog.read_text(encoding="utf-8")):  # noqa: S314 - it is ours
        iri = urllib.parse.urljoin(catalog.absolute().as_uri(), entry.attrib["uri"])
        found[entry.attrib["name"]] = Path(url2pathname(urllib.parse.urlsplit(iri).path))
    return found


def opened(root: Path) -> set[str]:
    """Return the ontologies that an editor has open once it has followed all imports of one."""
    names = referred(root.parent / "catalog-v001.xml")
    found: set[str] = set()
    queue = [root]
    while queue:
        document = read(queue.pop())
        name = next(
            text_of(quad.subject)
            for quad in document.quads
            if quad.predicate.value == TYPE and text_of(quad.object) == f"{OWL}Ontology"
        )
        if name not in found:
            found.add(name)
            queue += [names[one] for one in document.imports]
    return found


def test_an_editor_finds_all_that_a_guideline_imports(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = room / "a & b'"
    assert run(capsys, "guideline", "rain", "--in", str(folder))[0] == 0
    names = opened(folder / "rain" / "guideline.ttl")
    assert names > {"https://example.org/rain/", IND, f"{IND}module/source"}
    spine = f"owl:imports <{IND}> , <https://w3id.org/indicant/spine/>"
    assert run(capsys, "guideline", "wet", spine)[0] == 0
    names = opened(room / "wet" / "guideline.ttl")
    assert names > {IND, "https://w3id.org/indicant/spine/module/findings"}


def test_a_guideline_that_is_sent_on_is_not_held_to_where_it_was_made(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "guideline", "rain")
    catalog = room / "rain" / "catalog-v001.xml"
    text = catalog.read_text(encoding="utf-8")
    ontology = resources.ontology().as_uri()
    assert text.count(f'uri="{ontology}/core/') == text.count("<uri ") > 5
    catalog.write_text(text.replace(ontology, "file:///nowhere"), encoding="utf-8")
    assert len(load(room / "rain").documents) > 5


def test_in_the_repository_of_the_ontologies_a_catalog_goes_with_them(
    room: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    top = room / "repository"
    shutil.copytree(resources.ontology(), top / "ontology")
    (top / ".git").mkdir()
    monkeypatch.setattr("indicant.files.resources.root", lambda: top)
    assert run(capsys, "guideline", "rain", "--in", str(top / "own"))[0] == 0
    text = (top / "own" / "rain" / "catalog-v001.xml").read_text(encoding="utf-8")
    assert text.count('uri="../../ontology/core/') == text.count("<uri ") > 5
    assert f"{IND}module/source" in opened(top / "own" / "rain" / "guideline.ttl")
    # What an environment of Python brings is in no clone, though it may lie in the repository.
    (top / "ontology").rename(top / "data")
    data = top / "environment" / "data"
    data.mkdir(parents=True)
    (top / "data").rename(data / "ontology")
    monkeypatch.setattr("indicant.files.resources.root", lambda: data)
    assert run(capsys, "guideline", "wet", "--in", str(top / "own"))[0] == 0
    text = (top / "own" / "wet" / "catalog-v001.xml").read_text(encoding="utf-8")
    assert text.count('uri="file:///') == text.count("<uri ") > 5


def test_a_guideline_is_there_with_its_catalog_or_not_at_all(room: Path) -> None:
    added = compose("guideline", "rain", place=room / "rain")
    assert [name for name, _ in added.beside] == ["catalog-v001.xml"]
    with pytest.raises(IndicantError, match="cannot be written"):
        put(dataclasses.replace(added, beside=(("no/such/folder", ""),)))
    assert [path.name for path in room.rglob("*")] == ["leaflet.txt", "rain"]
    put(added)
    assert sorted(path.name for path in added.path.parent.iterdir()) == [
        "catalog-v001.xml",
        "guideline.ttl",
    ]


# ---------------------------------------------------------------------- passages

LINES = (
    "Before  you go out\n"
    "  Take an umbrella,\n"
    "      caf\u00e9 or not,\u00a0when it rains.\r\n"
    "\tTake an umbrella\n"
)


@pytest.mark.many(4)
@pytest.mark.parametrize(
    ("quote", "nth", "stretch"),
    [
        ("Before you go out", None, "Before  you go out"),
        ("  go\n\nout   Take\tan ", None, "go out\n  Take an"),
        ("umbrella, caf\u00e9 or not, when", None, "umbrella,\n      caf\u00e9 or not,\u00a0when"),
        ("rains. Take", None, "rains.\r\n\tTake"),
        ("Take an umbrella", 1, "Take an umbrella"),
        ("Take an umbrella", 2, "Take an umbrella"),
        ("e", 3, "e"),
    ],
)
def test_the_place_and_the_digest_are_those_of_the_very_stretch(
    room: Path,
    capsys: pytest.CaptureFixture[str],
    quote: str,
    nth: int | None,
    stretch: str,
) -> None:
    (room / "leaflet.txt").write_text(LINES, encoding="utf-8", newline="")
    run(capsys, "guideline", "rain")
    run(capsys, "document", "leaflet", "--in", "rain", "--from", "leaflet.txt")
    more = [] if nth is None else ["--nth", str(nth)]
    words = ["--in", "rain", "--from", "leaflet.txt", "--quote", quote, *more]
    assert run(capsys, "passage", "s01", *words)[::2] == (0, "")
    text = (room / "rain" / "guideline.ttl").read_text(encoding="utf-8")
    start, end = (int(re.findall(rf"oa:{one} (\d+) ;", text)[0]) for one in ("start", "end"))
    assert LINES[start:end] == stretch
    assert (
        start == [match.start() for match in re.finditer(re.escape(stretch), LINES)][(nth or 1) - 1]
    )
    assert hashlib.sha256(stretch.encode()).hexdigest() in text
    assert cli.main(["verify-source", "leaflet.txt", "--guideline", "rain"]) == 0


def test_several_places_are_told_with_their_lines_and_how_to_choose(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (room / "leaflet.txt").write_text("Take\nan umbrella\n" + "an umbrella\n" * 9)
    run(capsys, "guideline", "rain")
    run(capsys, "document", "leaflet", "--in", "rain", "--from", "leaflet.txt")
    words = ["--in", "rain", "--from", "leaflet.txt", "--quote", "an  umbrella"]
    assert run(capsys, "passage", "s01", *words) == (
        2,
        "",
        "indicant: leaflet.txt: the words stand there 10 times: "
        "lines 2, 3, 4, 5, 6, 7, 8, 9 and 2 more\n"
        "  help: say which with  --nth 1  to  --nth 10,  or quote more\n",
    )


@pytest.mark.slow
def test_a_passage_is_of_the_document_that_its_file_is(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A position in another text than the document would be the wrong one."""
    (room / "other.txt").write_text(f"A second edition\n{WORDS}", encoding="utf-8")
    run(capsys, "guideline", "rain")
    run(capsys, "document", "leaflet", "--in", "rain", "--from", "leaflet.txt")
    words = ["--in", "rain", "--quote", "umbrella", "--from", "other.txt"]
    code, _, err = run(capsys, "passage", "s01", *words)
    assert code == 2
    assert err.startswith("indicant: other.txt: is no document of the guideline: none")
    digest = hashlib.sha256((room / "other.txt").read_bytes()).hexdigest()
    assert f'ind:sha256 "{digest}"' in err
    assert "indicant verify-source other.txt" in err
    assert cli.main(["new", "passage", "s01", *words[2:], "--in", str(SEED)]) == 2
    assert "is no document of the guideline" in capsys.readouterr().err
    run(capsys, "document", "second-edition", "--in", "rain", "--from", "other.txt")
    assert run(capsys, "passage", "s01", *words)[0] == 0
    text = (room / "rain" / "guideline.ttl").read_text()
    assert "oa:hasSource :second-edition ;" in text
    run(capsys, "document", "twin", "--in", "rain", "--from", "other.txt")
    code, _, err = run(capsys, "passage", "s02", *words)
    assert err == "indicant: other.txt: 2 documents of the guideline are this one\n"


@pytest.mark.usefixtures("room")
def test_a_position_is_no_second_one(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "guideline", "rain")
    run(capsys, "document", "leaflet", "--in", "rain", "--from", "leaflet.txt")
    run(capsys, "recommendation", "s01-position", "--in", "rain")
    words = ["--in", "rain", "--from", "leaflet.txt", "--quote", "umbrella"]
    code, _, err = run(capsys, "passage", "s01", *words)
    assert code == 2
    assert "<https://example.org/rain/s01-position> is there already" in err


# ---------------------------------------------------------------------- courses, properties, values


@pytest.mark.slow
def test_a_course_is_recorded_once_and_apart_from_others(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "guideline", "rain")
    place = ["--in", "rain"]
    assert run(capsys, "course", "Drying", *place)[2] == ""
    assert run(capsys, "course", "Towelling", *place, "rdfs:subClassOf :Drying")[2] == ""
    err = run(capsys, "course", "Airing", *place)[2]
    assert err == (
        "indicant: Airing is stated to be disjoint with Drying, Towelling, as courses recorded "
        "once are unless one is below the other\n"
    )
    # What the author says himself is not said again.
    apart = "owl:disjointWith :Airing , :Drying"
    assert run(capsys, "course", "Waiting", *place, apart)[2] == ""
    text = (room / "rain" / "guideline.ttl").read_text()
    assert text.count("owl:maxQualifiedCardinality") == 4
    assert text.count("ind:PatientCase\n    rdfs:subClassOf [") == 1
    assert "    owl:disjointWith :Drying , :Towelling ;\n" in text
    assert tidy(text, file="guideline.ttl") == text
    refused = [str(one) for one in refusals(load(room / "rain"))]
    assert refused == []


@pytest.mark.slow
def test_what_is_apart_by_what_is_above_is_not_said_again() -> None:
    below = compose(
        "course", "CourseOfATest", ["rdfs:subClassOf spine:PhysicalTherapy"], place=SEED
    )
    assert below.path.resolve() == SPINE / "interventions.ttl"
    block = below.text[below.text.index("\nspine:CourseOfATest\n") :]
    assert "    owl:disjointWith spine:FormalPhysicalTherapy ;\n" in block
    assert "ConservativeManagement" not in block
    beneath = ["rdfs:subClassOf spine:FormalPhysicalTherapy"]
    assert compose("course", "CourseOfATest", beneath, place=SEED).notes == ()


@pytest.mark.slow
def test_the_range_of_a_property_tells_its_kind(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "guideline", "rain")
    place = ["--in", "rain"]
    assert run(capsys, "values", "Wetness", "Damp", "SoakingWet", *place)[0] == 0
    asked = 'ind:question "How wet is it?"@en'
    assert run(capsys, "property", "wetness", *place, "rdfs:range :Wetness", asked)[0] == 0
    assert run(capsys, "property", "degrees", *place, "rdfs:range xsd:integer")[0] == 0
    bounded = "rdfs:range [ a rdfs:Datatype ; owl:onDatatype xsd:integer ; owl:withRestrictions ("
    bounded += " [ xsd:minInclusive 0 ] ) ]"
    assert run(capsys, "property", "litres", *place, bounded)[0] == 0
    assert run(capsys, "property", "cold", *place, "a owl:DatatypeProperty")[0] == 0
    text = (room / "rain" / "guideline.ttl").read_text()
    assert text.endswith(
        """
:Wetness
    a owl:Class ;
    rdfs:label "wetness"@en ;
    skos:definition "..."@en ;
.

:Damp
    a owl:NamedIndividual , :Wetness ;
    rdfs:label "damp"@en ;
    skos:definition "..."@en ;
.

:SoakingWet
    a owl:NamedIndividual , :Wetness ;
    rdfs:label "soaking wet"@en ;
    skos:definition "..."@en ;
.

[]
    a owl:AllDifferent ;
    owl:distinctMembers ( :Damp :SoakingWet ) ;
.

:wetness
    a owl:ObjectProperty , owl:FunctionalProperty ;
    rdfs:label "wetness"@en ;
    skos:definition "..."@en ;
    rdfs:range :Wetness ;
    ind:question "How wet is it?"@en ;
.

:degrees
    a owl:DatatypeProperty , owl:FunctionalProperty ;
    rdfs:label "degrees"@en ;
    skos:definition "..."@en ;
    rdfs:range xsd:integer ;
.

:litres
    a owl:DatatypeProperty , owl:FunctionalProperty ;
    rdfs:label "litres"@en ;
    skos:definition "..."@en ;
    rdfs:range [
        a rdfs:Datatype ;
        owl:onDatatype xsd:integer ;
        owl:withRestrictions (
            [
                xsd:minInclusive 0 ;
            ]
        ) ;
    ] ;
.

:cold
    a owl:DatatypeProperty ;
    rdfs:label "cold"@en ;
    skos:definition "..."@en ;
.
"""
    )
    # A value has a name that nothing else has.
    code, _, err = run(capsys, "values", "Weather", "Fine", "Damp", *place)
    assert code == 2
    assert "<https://example.org/rain/Damp> is there already" in err


def test_properties_and_values_stand_where_theirs_do() -> None:
    added = compose("property", "testedFor", ["rdfs:range spine:Severity"], place=SEED)
    assert added.path.resolve() == SPINE / "findings.ttl"
    assert added.iri == "https://w3id.org/indicant/spine/testedFor"
    added = compose("values", "TestKind", ["TestOne", "TestTwo"], place=SEED)
    assert added.path.resolve() == SPINE / "findings.ttl"
    assert "owl:distinctMembers ( spine:TestOne spine:TestTwo ) ;" in added.text


# ---------------------------------------------------------------------- cases


@pytest.mark.slow
def test_a_case_can_be_assessed_as_it_is_made(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = run(capsys, "case", "mine", "--in", str(SEED), "--as-of", "2026-11-22")
    assert told == (0, "mine.ttl:6: case mine\n", "")
    text = (room / "mine.ttl").read_text()
    assert text == (
        "@prefix : <https://example.org/case#> .\n"
        "@prefix ind: <https://w3id.org/indicant/core/> .\n"
        "@prefix spine: <https://w3id.org/indicant/spine/> .\n"
        "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
        '\n:case\n    a ind:PatientCase ;\n    ind:asOf "2026-11-22"^^xsd:date ;\n.\n'
    )
    assert tidy(text, file="mine.ttl") == text
    assert cli.main(["assess", "mine.ttl", "--guideline", str(SEED)]) == 0
    assert "as of 2026-11-22" in capsys.readouterr().out
    code, _, err = run(capsys, "case", "mine", "--in", str(SEED))
    assert (code, err) == (2, "indicant: mine.ttl: is there already\n")
    assert (room / "mine.ttl").read_text() == text


def test_a_case_is_as_of_today_unless_told(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = datetime.datetime.now().astimezone().date()
    assert run(capsys, "case", "mine", "--in", str(SEED))[0] == 0
    after = datetime.datetime.now().astimezone().date()
    stated = re.search(r'ind:asOf "(.*)"', (room / "mine.ttl").read_text())
    assert stated is not None
    assert before <= datetime.date.fromisoformat(stated[1]) <= after


def test_the_prefixes_of_a_case_are_those_of_the_terms(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "guideline", "owl", "--iri", "https://example.net/owl#")
    assert run(capsys, "case", "first", "--in", "owl", "ind:hasFinding owl2:x")[0] == 0
    assert "@prefix owl2: <https://example.net/owl#> .\n" in (room / "first.ttl").read_text()
    run(capsys, "guideline", "three", "--iri", "https://example.net/3/")
    assert run(capsys, "case", "second", "--in", "three")[0] == 0
    assert "@prefix own: <https://example.net/3/> .\n" in (room / "second.ttl").read_text()


@pytest.mark.slow
def test_a_case_among_tests_fails_until_something_is_expected(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--in", str(SEED), "--tests", "tests", "--as-of", "2026-11-22"]
    name = "cervical-mri-open-at-first"
    assert run(capsys, "case", name, *words)[::2] == (0, "")
    folder = room / "tests" / name
    assert sorted(path.name for path in folder.iterdir()) == ["case.ttl", "expected.json"]
    assert cli.main(["test", "tests", "--guideline", str(SEED)]) == 1
    assert "the expectation states nothing [no-expectation]" in capsys.readouterr().out
    (folder / "expected.json").write_text('{"answers": {"cervical-mri": "open"}}')
    assert cli.main(["test", "tests", "--guideline", str(SEED)]) == 0
    capsys.readouterr()
    code, _, err = run(capsys, "case", name, *words)
    assert (code, err) == (2, f"indicant: tests/{name}: is there already\n")


# ---------------------------------------------------------------------- all of it

FILLED = (
    ('"..."@en', '"what it is"@en'),
    (":FindingToBeNamed", ":WetHair"),
    (":InterventionToBeNamed", ":Drying"),
    (":CriterionToBeNamed", ":Caught"),
    (":PassageToBeNamed", ":s01"),
    (":GoingOut ", ":Caught "),
)


DEFINED = (
    *("WetHair", "TowelXL", "Drying", "Airing", "Caught"),
    *("Wetness", "Damp", "Soaked", "wetness", "hairs"),
)


@pytest.fixture
def rain(room: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a guideline with everything that can be made, and nothing said that is to be."""
    run(capsys, "guideline", "rain", "--in", str(room))
    place = ["--in", "rain"]
    where = ["--from", "leaflet.txt"]
    for words in (
        ["document", "leaflet", *where],
        ["passage", "s01", *where, "--quote", "Take an umbrella,"],
        ["finding", "WetHair"],
        ["intervention", "TowelXL"],
        ["course", "Drying"],
        ["course", "Airing"],
        ["values", "Wetness", "Damp", "Soaked"],
        ["property", "wetness", "rdfs:range :Wetness"],
        ["property", "hairs", "rdfs:range xsd:integer"],
        ["criterion", "Caught"],
        ["recommendation", "dry-it"],
    ):
        code, _, err = run(capsys, *words, *place)
        assert code == 0, err
    return room / "rain"


@pytest.mark.slow
def test_nothing_that_was_made_is_to_be_formatted(
    rain: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "case", "mine", "--in", str(rain))
    run(capsys, "case", "dry-it-fires", "--in", str(rain), "--tests", str(rain.parent / "tests"))
    assert cli.main(["fmt", "--check", str(rain.parent)]) == 0


@pytest.mark.slow
def test_check_tells_what_the_author_has_to_say_and_nothing_else(rain: Path) -> None:
    report = check([str(rain)], reasoner=False)
    told = {(one.rule, re.sub(r".*: ", "", one.message)) for one in report.results}
    assert told == {
        ("guideline-scope", "<https://example.org/rain/>"),
        ("guideline-source", "<https://example.org/rain/>"),
        ("guideline-title", "<https://example.org/rain/>"),
        ("ontology-description", "<https://example.org/rain/>"),
        ("ontology-licence", "<https://example.org/rain/>"),
        ("document-title", ":leaflet"),
        ("passage-paraphrase", ":s01"),
        ("passage-section", ":s01"),
        ("passage-use", ":s01"),
        *(("definition-stop", f":{name}") for name in DEFINED),
        ("property-use", ":wetness"),
        ("property-use", ":hairs"),
        ("undefined-term", "nothing declares :FindingToBeNamed"),
        ("undefined-term", "nothing declares :PassageToBeNamed"),
        ("undefined-term", "nothing declares :InterventionToBeNamed"),
        ("undefined-term", "nothing declares :CriterionToBeNamed"),
        ("recommendation-strength", ":dry-it"),
        ("recommendation-urgency", ":dry-it"),
    }


@pytest.mark.slow
def test_until_it_is_filled_in_nobody_is_answered(
    rain: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "case", "mine", "--in", str(rain), "ind:hasFinding [ a rain:WetHair ]")
    file = rain / "guideline.ttl"
    for before, after in [("", ""), *FILLED[1:3]]:
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(before, after) if before else text, encoding="utf-8")
        assert cli.main(["assess", "mine.ttl", "--guideline", str(rain)]) == 2
        assert "outside the profile" in capsys.readouterr().err


@pytest.mark.slow
def test_once_it_is_filled_in_all_holds_and_patients_are_answered(
    rain: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = rain / "guideline.ttl"
    text = file.read_text(encoding="utf-8")
    for before, after in FILLED:
        text = text.replace(before, after)
    short = """[
                a owl:Restriction ;
                owl:onProperty ind:hasFinding ;
                owl:someValuesFrom [ a owl:Class ; owl:intersectionOf ( :WetHair
                    [ a owl:Restriction ; owl:onProperty :wetness ; owl:hasValue :Soaked ]
                    [ a owl:Restriction ; owl:onProperty :hairs ; owl:someValuesFrom [
                        a rdfs:Datatype ; owl:onDatatype xsd:integer ;
                        owl:withRestrictions ( [ xsd:minInclusive 3 ] ) ] ] ) ] ;
            ]
            [ a owl:Class ; owl:complementOf [ a owl:Restriction ; owl:onProperty ind:received ;
                owl:someValuesFrom [ a owl:Class ; owl:intersectionOf ( :Airing
                    [ a owl:Restriction ; owl:onProperty ind:days ; owl:someValuesFrom [
                        a rdfs:Datatype ; owl:onDatatype xsd:integer ;
                        owl:withRestrictions ( [ xsd:minInclusive 7 ] ) ] ] ) ] ] ]
"""
    text = re.sub(
        r"\[\s+a owl:Restriction ;\s+owl:onProperty ind:hasFinding ;[^]]*\]\n", short, text
    )
    text += """
<https://example.org/rain/>
    dcterms:title "Going out when it rains"@en ;
    dcterms:description "what to do"@en ;
    dcterms:license <https://creativecommons.org/licenses/by/4.0/> ;
    dcterms:source :leaflet ; ind:scope :Caught .
:leaflet dcterms:title "Before you go out"@en .
:s01 ind:section "Rain" ; ind:paraphrase "stay dry"@en .
:dry-it ind:strength "dry"@en ; ind:urgency ind:Routine .
:WetHair ind:question "Is the hair wet?"@en .
:Airing ind:question "Was it aired?"@en .
"""
    file.write_text(tidy(text, file="guideline.ttl"), encoding="utf-8")
    assert cli.main(["check", str(rain)]) == 0, capsys.readouterr().out
    given = (
        ("fires-when-soaked", "[ a rain:WetHair ; rain:wetness rain:Soaked ; rain:hairs 3 ]", 6),
        ("silent-when-damp", "[ a rain:WetHair ; rain:wetness rain:Damp ; rain:hairs 3 ]", 6),
        ("silent-of-two-hairs", "[ a rain:WetHair ; rain:wetness rain:Soaked ; rain:hairs 2 ]", 6),
        ("silent-once-aired", "[ a rain:WetHair ; rain:wetness rain:Soaked ; rain:hairs 3 ]", 7),
    )
    for name, finding, days in given:
        began = datetime.date(2026, 11, 22) - datetime.timedelta(days=days)
        aired = f'ind:received [ a rain:Airing ; ind:startedOn "{began}"^^xsd:date ;'
        aired += ' ind:endedOn "2026-11-22"^^xsd:date ]'
        words = ["--in", str(rain), "--tests", "tests", "--as-of", "2026-11-22"]
        said = [f"ind:hasFinding {finding}", aired]
        assert run(capsys, "case", f"dry-it-{name}", *words, *said)[::2] == (0, "")
        answer = "met" if name.startswith("fires") else "refuted" if "aired" in name else "open"
        folder = rain.parent / "tests" / f"dry-it-{name}"
        (folder / "expected.json").write_text(f'{{"answers": {{"dry-it": "{answer}"}}}}')
    assert cli.main(["test", "tests", "--guideline", str(rain)]) == 0, capsys.readouterr().out
