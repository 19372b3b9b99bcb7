"""A guideline that somebody else wrote reads, prints and copies no file outside its repository."""

from __future__ import annotations

import json
import os
import pkgutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import indicant.verbs
from indicant.cli import main
from indicant.errors import IndicantError
from indicant.files.bounded import MAX_BYTES
from indicant.files.fence import OPEN, fence_of
from indicant.files.sources import gather, load

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pipes and links are made as in POSIX")

GUIDELINE = """@prefix : <https://example.org/hail/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

<https://example.org/hail/>
    a owl:Ontology , ind:Guideline ;
    rdfs:label "hail"@en ;
    owl:versionIRI <https://example.org/hail/1> ;
    owl:versionInfo "1" ;
    owl:imports <https://w3id.org/indicant/core/> , <https://example.org/elsewhere/> ;
.

:Hail
    a owl:Class ;
    rdfs:label "hail"@en ;
    rdfs:subClassOf ind:Finding ;
.

:Roof
    a owl:Class ;
    rdfs:label "roof"@en ;
    rdfs:subClassOf ind:Intervention ;
.

:InHail
    a owl:Class , ind:Criterion ;
    rdfs:subClassOf ind:PatientCase ;
    owl:equivalentClass [
        a owl:Restriction ;
        owl:onProperty ind:hasFinding ;
        owl:someValuesFrom :Hail
    ] ;
.

:find-a-roof
    a ind:Indication ;
    dcterms:isPartOf <https://example.org/hail/> ;
    rdfs:label "find a roof"@en ;
    ind:action :Roof ;
    ind:criterion :InHail ;
    ind:urgency ind:Routine ;
.
"""
ELSEWHERE = """@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

<https://example.org/elsewhere/>
    a owl:Ontology ;
    rdfs:label "elsewhere"@en ;
.
"""
CASE = """@prefix hail: <https://example.org/hail/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

<#case> a ind:PatientCase ; ind:asOf "2026-01-01"^^xsd:date ; ind:hasFinding <#hail> .
<#hail> a hail:Hail .
"""
SECRET = "root:s3cret:0:0\nnobody:s3cret:1:1\n"


def catalog(**uris: str) -> str:
    """Return a catalog that leads names of example.org to places."""
    rows = (f'<uri name="https://example.org/{name}/" uri="{uri}"/>' for name, uri in uris.items())
    namespace = "urn:oasis:names:tc:entity:xmlns:xml:catalog"
    return f'<catalog xmlns="{namespace}">{"".join(rows)}</catalog>'


def written(folder: Path, uri: str) -> Path:
    """Write the guideline, with its import led to a place."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "guideline.ttl").write_text(GUIDELINE, encoding="utf-8")
    (folder / "catalog-v001.xml").write_text(catalog(elsewhere=uri), encoding="utf-8")
    return folder


def furnished(folder: Path) -> Path:
    """Return the folder of a guideline to be, with something secret beside it, cases and more."""
    (folder / "cases" / "one").mkdir(parents=True)
    (folder / "secret.ttl").write_text(SECRET, encoding="utf-8")
    (folder / "elsewhere.ttl").write_text(ELSEWHERE, encoding="utf-8")
    (folder / "case.ttl").write_text(CASE, encoding="utf-8")
    (folder / "cases" / "one" / "case.ttl").write_text(CASE, encoding="utf-8")
    (folder / "cases" / "one" / "expected.json").write_text("{}", encoding="utf-8")
    return folder / "guideline"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return furnished(tmp_path / "place")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listener(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        here = os.getcwd()
        os.chdir(path.parent)
        try:
            one.bind(path.name)
        finally:
            os.chdir(here)


def link_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def large(path: Path) -> None:
    with open(path, "wb") as file:
        file.truncate(MAX_BYTES + 1)


def settings(path: Path) -> None:
    (path.parent / ".git").mkdir()
    (path.parent / ".git" / "config").write_text(SECRET, encoding="utf-8")


def nothing(_path: Path) -> None:
    return


# What a catalog leads to, what is made beside it in the name of "it", and what is said.
HOSTILE: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "above": ("../secret.ttl", nothing, "lies outside"),
    "far-above": ("../../../../../../../../../../etc/passwd", nothing, "lies outside"),
    "absolute": ("/etc/passwd", nothing, "lies outside"),
    "device": ("/dev/zero", nothing, "lies outside"),
    "standard-input": ("/dev/stdin", nothing, "lies outside"),
    "process": ("/proc/self/environ", nothing, "lies outside"),
    "pipe": ("it", pipe, "is a pipe, not a file"),
    "socket": ("it", listener, "is a socket, not a file"),
    "folder": ("it", Path.mkdir, "is a directory, not a file"),
    "large": ("it", large, "large"),
    "loop": ("it", link_to("it"), "ymbolic link"),
    "link": ("it", link_to("../secret.ttl"), "lies outside"),
    "link-to-a-device": ("it", link_to("/dev/zero"), "lies outside"),
    "link-to-a-folder": ("it/secret.ttl", link_to(".."), "lies outside"),
    "hidden": (".git/config", settings, "is hidden in"),
    "hyphen": ("-", nothing, "no such file"),
    "missing": ("it", nothing, "no such file"),
}
# Every verb that reads a guideline, in a folder with a case, cases and a text.
VERBS: dict[str, list[str]] = {
    "assess": ["assess", "case.ttl", "--guideline", "guideline"],
    "ask": ["ask", "what-overrides-what", "--guideline", "guideline"],
    "check": ["check", "guideline", "--no-reasoner"],
    "cohort": ["cohort", "case.ttl", "--guideline", "guideline"],
    "compile": ["compile", "--guideline", "guideline"],
    "diff": ["diff", "guideline", "guideline"],
    "export": ["export", "graph", "--guideline", "guideline"],
    "init": ["init", "policy", "--namespace", "https://example.org/p/", "--guideline", "guideline"],
    "intake": ["intake", "case.ttl", "--as-of", "2026-11-22", "--guideline", "guideline"],
    "merge": ["merge", "guideline", "-o", "merged.trig"],
    "new": ["new", "finding", "Sleet", "--in", "guideline", 'skos:definition "sleet"@en'],
    "next": ["next", "case.ttl", "--guideline", "guideline"],
    "site": ["site", "pages", "--guideline", "guideline"],
    "test": ["test", "cases", "--guideline", "guideline"],
    "update": ["update", "guideline"],
    "verify": ["verify", "guideline"],
    "verify-source": ["verify-source", "case.ttl", "--guideline", "guideline"],
    "whatif": ["whatif", "case.ttl", "Hail=absent", "--guideline", "guideline"],
    "why": ["why", "case.ttl", "Roof", "--guideline", "guideline"],
}
WAITING = {"serve": ["serve", "--guideline", "guideline", "--port", "0"]}
"""What goes on to wait for clients where nothing is refused."""
_CHILD = """
import contextlib, io, json, os, sys
from indicant.cli import main
for folder, words in json.load(open(sys.argv[1])):
    os.chdir(folder)
    print(json.dumps(["begins", folder, words]), flush=True)
    streams = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
        code = main(words)
    print(json.dumps([code, "".join(one.getvalue() for one in streams)]), flush=True)
"""


def told(commands: list[tuple[Path, list[str]]], tmp_path: Path) -> list[tuple[int, str]]:
    """Run commands in folders, one after the other, with a standard input that never ends."""
    asked = tmp_path / "commands.json"
    asked.write_text(json.dumps([(str(folder), words) for folder, words in commands]))
    reading, writing = os.pipe()
    try:
        done = subprocess.run(
            [sys.executable, "-c", _CHILD, str(asked)],
            stdin=reading,
            capture_output=True,
            text=True,
            timeout=400,
            check=True,
            env={**os.environ, "INDICANT_CACHE": str(tmp_path / "cache")},
        )
    finally:
        os.close(reading)
        os.close(writing)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == 2 * len(commands)
    return [(code, text) for code, text in rows[1::2]]


def test_every_verb_that_reads_a_guideline_is_among_them() -> None:
    """Of all verbs, ``fmt``, ``translate`` and ``whence`` alone follow no catalog."""
    verbs = {one.name.replace("_", "-") for one in pkgutil.iter_modules(indicant.verbs.__path__)}
    assert verbs - {"fmt", "translate", "whence"} == {*VERBS, *WAITING}


@pytest.mark.slow
def test_a_catalog_leads_no_verb_astray(tmp_path: Path) -> None:
    """Nor does any wait for ever; and none says a word of what stands there."""
    for name, (uri, make, _) in HOSTILE.items():
        make(written(furnished(tmp_path / name), uri) / "it")
    verbs = {**VERBS, **WAITING}
    asked = [(name, verb) for name in HOSTILE for verb in verbs]
    found = told([(tmp_path / name, verbs[verb]) for name, verb in asked], tmp_path)
    for (name, verb), (code, text) in zip(asked, found, strict=True):
        assert code == (1 if verb == "check" else 2), (name, verb, text)
        assert HOSTILE[name][2] in text, (name, verb, text)
        assert "s3cret" not in text, (name, verb, text)
        assert "root:" not in text, (name, verb, text)
    for name in HOSTILE:
        made = {one.name for one in (tmp_path / name).iterdir()}
        assert not made & {"policy", "merged.trig", "pages"}


@pytest.mark.parametrize("name", ["above", "device", "process", "link"])
def test_a_table_of_codes_is_led_astray_as_little(place: Path, name: str) -> None:
    uri, make, message = HOSTILE[name]
    text = GUIDELINE.replace("owl:imports <https://w3id.org/indicant/core/> ,", "ind:mappedBy")
    make(written(place, uri) / "it")
    (place / "guideline.ttl").write_text(text, encoding="utf-8")
    with pytest.raises(IndicantError, match=message) as caught:
        load(place)
    assert caught.value.message.startswith("ind:mappedBy <https://example.org/elsewhere/> leads to")
    assert (caught.value.file, caught.value.line) == (str(place / "guideline.ttl"), 12)


@pytest.mark.slow
def test_a_flag_allows_what_lies_outside(tmp_path: Path) -> None:
    """To every verb that copies nothing; and pipes and devices are no files all the same."""
    verbs = {verb: [*words, "--allow-outside"] for verb, words in VERBS.items() if verb != "init"}
    kinds = {"refused": "../elsewhere.ttl", "allowed": "../elsewhere.ttl"}
    kinds |= {"device": "/dev/zero", "pipe": "../pipe.ttl"}
    for name, uri in kinds.items():
        written(furnished(tmp_path / name), uri)
    pipe(tmp_path / "pipe" / "pipe.ttl")
    asked = [("refused", verb, words) for verb, words in VERBS.items()]
    asked += [(name, verb, words) for name in kinds for verb, words in verbs.items()][len(verbs) :]
    found = told([(tmp_path / name, words) for name, _, words in asked], tmp_path)
    for (name, verb, _), (code, text) in zip(asked, found, strict=True):
        if name == "refused":
            assert code == (1 if verb == "check" else 2), (verb, text)
            assert ("--allow-outside" in text) is (verb != "init"), (verb, text)
        elif name == "allowed":
            assert "lies outside" not in text, (verb, text)
        else:
            assert code, (name, verb, text)
            assert f"is a {name}, not a file" in text, (name, verb, text)


# ---------------------------------------------------------------------- what is inside


def test_a_repository_is_the_nearest_that_git_keeps(place: Path) -> None:
    """Its catalogs may lead to all of it, and to nothing that is hidden in it."""
    written(place / "deep" / "down", "../../../elsewhere.ttl")
    with pytest.raises(IndicantError, match="lies outside"):
        load(place / "deep" / "down")
    (place.parent / ".git").mkdir()
    (place.parent / ".git" / "config").write_text(SECRET, encoding="utf-8")
    assert len(load(place / "deep" / "down").documents) > 2
    written(place / "deep" / "down", "../../../.git/config")
    with pytest.raises(IndicantError, match="is hidden in") as caught:
        load(place / "deep" / "down")
    assert "s3cret" not in str(caught.value)
    written(place / "deep" / "down", "../../../elsewhere.ttl")
    (place / ".git").write_text("gitdir: ../modules/one\n", encoding="utf-8")
    with pytest.raises(IndicantError, match="lies outside"):
        load(place / "deep" / "down")


def test_without_git_it_is_the_topmost_folder_with_a_catalog(place: Path) -> None:
    written(place / "deep" / "down", "../../elsewhere.ttl")
    (place / "elsewhere.ttl").write_text(ELSEWHERE, encoding="utf-8")
    with pytest.raises(IndicantError, match="lies outside"):
        load(place / "deep" / "down")
    (place / "catalog-v001.xml").write_text(catalog(), encoding="utf-8")
    load(place / "deep" / "down")


@pytest.mark.parametrize("marker", [".git", "catalog-v001.xml"])
def test_a_folder_of_a_user_or_of_all_is_no_repository(
    place: Path, monkeypatch: pytest.MonkeyPatch, marker: str
) -> None:
    """Somebody who keeps settings in git has not put all files into one repository."""
    written(place, "../elsewhere.ttl")
    (place.parent / marker).write_text(catalog(), encoding="utf-8")
    load(place)
    with monkeypatch.context() as patch:
        patch.setenv("HOME", str(place.parent))
        with pytest.raises(IndicantError, match="lies outside"):
            load(place)
    place.parent.chmod(0o1777)
    with pytest.raises(IndicantError, match="lies outside"):
        load(place)


def test_what_ships_is_inside_and_so_is_what_is_written_as_outside_and_is_not(place: Path) -> None:
    written(place, str(place / "elsewhere.ttl"))
    (place / "elsewhere.ttl").write_text(ELSEWHERE, encoding="utf-8")
    load(place)
    written(place, "sub/../../guideline/elsewhere.ttl")
    load(place)
    text = GUIDELINE.replace("https://example.org/elsewhere/", "https://w3id.org/indicant/spine/")
    (place / "guideline.ttl").write_text(text, encoding="utf-8")
    assert any("spine" in one.path for one in load(place).documents)


def test_a_link_that_is_given_is_where_it_leads_to(place: Path, tmp_path: Path) -> None:
    """Who names a path says that it may be read, and what is beside it there."""
    written(place, "elsewhere.ttl")
    (place / "elsewhere.ttl").write_text(ELSEWHERE, encoding="utf-8")
    (tmp_path / "apart").mkdir()
    (tmp_path / "apart" / "one.ttl").symlink_to(place / "guideline.ttl")
    (tmp_path / "apart" / "folder").symlink_to(place)
    for name in ("one.ttl", "folder"):
        assert len(load(tmp_path / "apart" / name).documents) > 2


# ---------------------------------------------------------------------- what lies in folders


@pytest.mark.slow
def test_no_file_of_a_guideline_is_a_link_that_leads_out(place: Path) -> None:
    """Neither its first file nor its catalog nor its example is."""
    for name in ("guideline.ttl", "catalog-v001.xml", "example.ttl"):
        folder = written(place / name, "elsewhere.ttl")
        (folder / "elsewhere.ttl").write_text(ELSEWHERE, encoding="utf-8")
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to("../../secret.ttl")
        example = name == "example.ttl"
        words = ["assess", "--example" if example else "case.ttl", "--guideline", str(folder)]
        found = told(
            [
                (place.parent, words),
                (place.parent, ["check", str(folder), "--no-reasoner"]),
            ],
            place.parent,
        )
        for code, text in found:
            assert code in (1, 2), (name, text)
            assert "lies outside" in text, (name, text)
            assert "s3cret" not in text, (name, text)


@pytest.mark.slow
@pytest.mark.many(3)
@pytest.mark.parametrize("name", ["guideline.ttl", "catalog-v001.xml", "example.ttl"])
def test_no_file_of_a_guideline_is_a_pipe(place: Path, name: str) -> None:
    written(place, "elsewhere.ttl")
    (place / "elsewhere.ttl").write_text(ELSEWHERE, encoding="utf-8")
    (place / name).unlink(missing_ok=True)
    pipe(place / name)
    what = "--example" if name == "example.ttl" else "case.ttl"
    found = told(
        [
            (place.parent, ["assess", what, "--guideline", "guideline"]),
            (place.parent, ["check", "guideline", "--no-reasoner"]),
        ],
        place.parent,
    )
    assert found[0][0] == 2, found


FOLDERS = {
    "check": ["check", "cases"],
    "test": ["test", "cases", "--guideline", "guideline"],
    "site": ["site", "pages", "--cases", "cases", "--guideline", "guideline"],
    "diff": ["diff", "guideline", "guideline", "--cases", "cases"],
    "fmt": ["fmt", "cases"],
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_a_folder_of_cases_leads_nowhere_else(place: Path, kind: str) -> None:
    """Of a case in a folder that is a link to elsewhere, no word is told and nothing written."""
    written(place, "elsewhere.ttl")
    (place / "elsewhere.ttl").write_text(ELSEWHERE, encoding="utf-8")
    case = place.parent / "cases" / "one" / "case.ttl"
    case.unlink()
    outside = place.parent / "secret.ttl"
    outside.write_text(CASE.replace("<#case>", "<#s3cret>"), encoding="utf-8")
    before = outside.read_bytes()
    if kind == "link":
        case.symlink_to("../../secret.ttl")
    else:
        pipe(case)
    found = told([(place.parent, words) for words in FOLDERS.values()], place.parent)
    for verb, (code, text) in zip(FOLDERS, found, strict=True):
        assert code in (1, 2), (verb, text)
        assert "s3cret" not in text, (verb, text)
        if verb != "site" or kind == "link":
            reasons = ("lies outside",) if kind == "link" else ("is a pipe", "is no regular file")
            assert any(one in text for one in reasons), (verb, text)
    assert outside.read_bytes() == before


@pytest.mark.slow
def test_hidden_folders_hold_no_cases_unless_they_are_named(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a killed run left in a folder is hidden there, and no case."""
    written(place, "elsewhere.ttl")
    (place / "elsewhere.ttl").write_text(ELSEWHERE, encoding="utf-8")
    cases = place.parent / "cases"
    (cases / "one").rename(cases / ".one")
    expected = cases / ".one" / "expected.json"
    expected.write_text('{"answers": {"find-a-roof": "met"}}', encoding="utf-8")
    assert main(["test", str(cases), "--guideline", str(place)]) == 2
    assert "there is no case below the folder" in capsys.readouterr().err
    assert main(["test", str(cases / ".one"), "--guideline", str(place)]) == 0
    assert "1 case as expected" in capsys.readouterr().out


# ---------------------------------------------------------------------- what is copied


def test_what_is_copied_is_what_was_read(place: Path, tmp_path: Path) -> None:
    """A file that is another one by the time of writing comes into no copy."""
    from indicant.institution.repository import copy, published_of

    written(place, "elsewhere.ttl")
    (place / "elsewhere.ttl").write_text(ELSEWHERE, encoding="utf-8")
    published = published_of(place)
    (place / "elsewhere.ttl").unlink()
    (place / "elsewhere.ttl").symlink_to("../secret.ttl")
    copy(published, tmp_path / "copy")
    assert (tmp_path / "copy" / "elsewhere.ttl").read_text(encoding="utf-8") == ELSEWHERE


@pytest.mark.slow
def test_an_update_takes_nothing_from_elsewhere(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither through the newer version, whatever flag is given, nor through the overlay."""
    written(place, "elsewhere.ttl")
    (place / "elsewhere.ttl").write_text(ELSEWHERE, encoding="utf-8")
    monkeypatch.chdir(place.parent)
    words = ["init", "policy", "--namespace", "https://example.org/p/"]
    assert main([*words, "--guideline", "guideline"]) == 0
    newer = GUIDELINE.replace("/hail/1>", "/hail/2>").replace('versionInfo "1"', 'versionInfo "2"')
    written(place.parent / "newer", "../elsewhere.ttl")
    (place.parent / "newer" / "guideline.ttl").write_text(newer, encoding="utf-8")
    before = {one: one.read_bytes() for one in Path("policy").rglob("*") if one.is_file()}
    for more in ([], ["--allow-outside"]):
        capsys.readouterr()
        assert main(["update", "policy", "--from", "newer", "--take", *more]) == 2
        error = capsys.readouterr().err
        assert "lies outside" in error
        assert "--allow-outside" not in error
    assert before == {one: one.read_bytes() for one in Path("policy").rglob("*") if one.is_file()}
    (Path("policy") / "overlay" / "more.ttl").symlink_to("../../secret.ttl")
    (place.parent / "newer" / "elsewhere.ttl").write_text(ELSEWHERE, encoding="utf-8")
    written(place.parent / "newer", "elsewhere.ttl")
    (place.parent / "newer" / "guideline.ttl").write_text(newer, encoding="utf-8")
    capsys.readouterr()
    assert main(["update", "policy", "--from", "newer", "--take"]) == 2
    assert "more.ttl: leads to" in capsys.readouterr().err


def test_what_is_founded_needs_no_repository_of_git(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written(place, "elsewhere.ttl")
    (place / "elsewhere.ttl").write_text(ELSEWHERE, encoding="utf-8")
    monkeypatch.chdir(place.parent)
    words = ["init", "policy", "--namespace", "https://example.org/p/"]
    assert main([*words, "--guideline", "guideline"]) == 0
    assert main(["update", "policy", "--check"]) == 0, capsys.readouterr()


# ---------------------------------------------------------------------- catalogs themselves


def test_a_catalog_in_utf_16_is_not_read(place: Path) -> None:
    """In which a document type with its entities would not be seen."""
    written(place, "elsewhere.ttl")
    text = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    (place / "catalog-v001.xml").write_bytes(text.encode("utf-16"))
    with pytest.raises(IndicantError, match="UTF-16"):
        load(place)


def test_the_flag_of_the_command_is_a_fence_of_the_library(place: Path) -> None:
    written(place, "../elsewhere.ttl")
    problems: list[IndicantError] = []
    gather(place, problems)
    assert [one.message.partition(" leads")[0] for one in problems] == [
        "owl:imports <https://example.org/elsewhere/>"
    ]
    load(place, fence=OPEN)
    load(place, fence=fence_of(place, place.parent))
