"""New parts of a guideline: in the right file, in the form of the house, over nothing."""

from __future__ import annotations

import hashlib
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from indicant import cli
from indicant.author.scaffold import KINDS, compose
from indicant.errors import IndicantError
from indicant.files.sources import load
from indicant.files.turtle import tidy
from indicant.verbs import new
from places import ONTOLOGY, SEED

if TYPE_CHECKING:
    from pathlib import Path

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
    assert new._KINDS == KINDS


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
    assert text.startswith("PREFIX : <https://example.net/wet#>\n")
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
        '    rdfs:label "hiccup of a test"@en ;\n    rdfs:subClassOf ind:Finding ;\n.\n'
    )
    parent = "rdfs:subClassOf spine:Mri"
    assert (
        compose("intervention", "MriOfATest", [parent], place=SEED).path.resolve()
        == SPINE / "interventions.ttl"
    )
    criterion = compose("criterion", "CriterionOfATest", place=SEED)
    assert criterion.path.resolve() == SEED / "criteria.ttl"
    assert criterion.text.startswith((SEED / "criteria.ttl").read_text(encoding="utf-8"))


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
        ("finding Rain --from leaflet.txt", "--from and --quote are for passages"),
        ("finding Rain --in nowhere", "unknown guideline 'nowhere'"),
        ("finding Snow rdfs:label", "'rdfs:label' is no property in Turtle"),
        ("finding Snow x:y", "'x:y' is no property in Turtle"),
        ("finding Snow ind:site:A.:B", "'ind:site:A.:B' is no property"),
        ("document leaflet", "a document is of a file"),
        ("passage s01 --from leaflet.txt", "a passage is a stretch of words"),
        ("passage s01 --from leaflet.txt --quote snow", "leaflet.txt: the words do not stand"),
        ("passage s01 --from leaflet.txt --quote e", "leaflet.txt: the words stand there more"),
        ("passage s01 --from leaflet.txt --quote umbrella", "the guideline has no documents"),
        ("weather rain", "argument KIND: invalid choice"),
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(
    room: Path, capsys: pytest.CaptureFixture[str], arguments: str, said: str
) -> None:
    run(capsys, "guideline", "rain")
    before = (room / "rain" / "guideline.ttl").read_bytes()
    words = arguments.split()
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


def test_what_came_with_the_package_is_not_changed(
    room: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = room / "data"
    shutil.copytree(ONTOLOGY, data / "ontology")
    monkeypatch.setattr("indicant.files.resources.root", lambda: data)
    code, _, err = run(capsys, "finding", "Rain")
    assert code == 2
    assert "came with the package and is not changed there" in err
