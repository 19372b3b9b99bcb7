"""The published graph: whole, the same in every format, and written whole or not at all."""

from __future__ import annotations

import os
import stat
import subprocess
from functools import cache
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest
import rdflib

from indicant.ask.answers import Asker
from indicant.ask.published import FORMATS, lines, published, serialize
from indicant.assess.assessor import Assessor
from indicant.cli import main
from indicant.compile.owl import ontology_text
from indicant.errors import IndicantError
from indicant.files.atomic import write
from indicant.files.rdf import parse, read
from indicant.terms import GENID
from places import BROKEN, TESTS
from running import command, environment

if TYPE_CHECKING:
    from pathlib import Path

CASES = TESTS / "ask" / "cases.ttl"
IND = "https://w3id.org/indicant/core/"
SPINE = "https://w3id.org/indicant/spine/"
G = "https://w3id.org/indicant/guideline/neck-pain-after-lumbar-fusion/"
SKOS = "http://www.w3.org/2004/02/skos/core#"
CITO = "http://purl.org/spar/cito/"


@cache
def asker() -> Asker:
    return Asker(case=read(CASES))


@cache
def graph() -> list[ox.Triple]:
    return asker().graph()


@cache
def exported(form: str) -> bytes:
    return serialize(graph(), form, asker().prefixes)


def canonical(data: bytes, form: str) -> ox.Dataset:
    found = ox.Dataset(ox.parse(data, format=FORMATS[form]))
    found.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return found


def canonical_triples(triples: list[ox.Triple]) -> ox.Dataset:
    found = ox.Dataset(ox.Quad(*one) for one in triples)
    found.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return found


@pytest.mark.many(1000)
@pytest.mark.parametrize("name", ["neck-pain-after-lumbar-fusion", "opioids-for-pain"])
def test_a_service_has_the_published_graph_without_reading_it(name: str) -> None:
    assessor = Assessor(name)
    found = ox.parse(
        b"".join(lines(assessor.source, assessor.compiled)), format=FORMATS["ntriples"]
    )
    assert {one.triple for one in found} == set(published(assessor.source, assessor.compiled))


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_holds_the_same_graph(form: str) -> None:
    """Isomorphic, blank nodes included."""
    assert canonical(exported(form), form) == canonical_triples(graph())


@pytest.mark.slow
@pytest.mark.parametrize(("form", "name"), [("turtle", "turtle"), ("rdfxml", "xml")])
def test_another_library_reads_the_same_triples(form: str, name: str) -> None:
    found = rdflib.Graph().parse(data=exported(form), format=name)
    known = rdflib.Graph().parse(data=exported("ntriples"), format="nt")
    assert len(found) == len(known) == len(graph())
    assert _ground(found) == _ground(known)


def _ground(graph: rdflib.Graph) -> set[tuple[object, ...]]:
    return {one for one in graph if not any(isinstance(term, rdflib.BNode) for term in one)}


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
def test_the_same_graph_gives_the_same_bytes(form: str) -> None:
    """Another process, with another hash seed, in another folder."""
    words = ["export", "graph", "--format", form, "--case", CASES.name]
    done = subprocess.run(
        command(*words),
        cwd=CASES.parent,
        env=environment(PYTHONHASHSEED="7"),
        capture_output=True,
        check=True,
    )
    assert done.stdout == exported(form)


@pytest.mark.slow
def test_it_asks_nobody_for_what_it_holds() -> None:
    """A tool would fetch what it imports; every ontology that was imported is in it."""
    owl = "http://www.w3.org/2002/07/owl#"
    assert f"{owl}imports" not in {one.predicate.value for one in graph()}
    kinds = {str(one.subject) for one in graph() if str(one.object) == f"<{owl}Ontology>"}
    imported = {iri for one in asker()._assessor.source.documents for iri in one.imports}
    assert len(imported) > 20
    assert {f"<{iri}>" for iri in imported} <= kinds


@pytest.mark.slow
def test_what_a_tool_declared_in_a_case_is_not_in_it() -> None:
    """Else a property of the vocabulary would be one of annotations as well."""
    case = read(TESTS / "shapes" / "holds-declarations-of-a-tool" / "case.ttl")
    kinds: dict[str, set[str]] = {}
    for one in Asker(case=case).graph():
        if one.predicate.value.endswith("#type"):
            kinds.setdefault(str(one.subject), set()).add(str(one.object).rpartition("#")[2])
    assert kinds[f"<{IND}hasFinding>"] == {"ObjectProperty>"}
    assert kinds["<https://example.org/case#case>"] == {f"<{IND}PatientCase>"}
    assert "<http://www.w3.org/2001/XMLSchema#date>" not in kinds


@pytest.mark.slow
def test_it_holds_the_guideline_with_its_axioms() -> None:
    """Every triple of every ontology is there, blank nodes in place, but for the imports."""
    source = asker()._assessor.source
    stated = ox.parse(ontology_text(source).encode(), format=FORMATS["ntriples"])
    whole = {quad.triple for quad in stated}
    for document in source.documents:
        whole |= {quad.triple for quad in document.quads if GENID not in str(quad)}
    left = {one.predicate.value for one in whole - set(graph())}
    assert left == {"http://www.w3.org/2002/07/owl#imports"}


@pytest.mark.parametrize(
    ("subject", "predicate", "value"),
    [
        (SPINE + "Foraminotomy", IND + "subsumedBy", SPINE + "SpinalSurgery"),
        (G + "surgery-not-for-osteophytes", IND + "opposes", SPINE + "Foraminotomy"),
        (None, IND + "meets", G + "foraminotomy"),
        (G + "E04", CITO + "disputes", G + "s03"),
        (SPINE + "Myelopathy", SKOS + "exactMatch", None),
        ("https://example.org/ward#at-odds", IND + "meets", G + "foraminotomy"),
        (None, IND + "status", IND + "Conflicting"),
        (None, IND + "settledBy", None),
    ],
)
def test_it_holds_what_a_triple_store_needs(
    subject: str | None, predicate: str, value: str | None
) -> None:
    """Hierarchy, directions, implicants, evidence, codes, answers and assessments."""
    assert any(
        one.predicate.value == predicate
        and subject in (None, getattr(one.subject, "value", None))
        and value in (None, getattr(one.object, "value", None))
        for one in graph()
    )


@pytest.mark.slow
def test_without_a_case_it_holds_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "graph", "--format", "ntriples"]) == 0
    out = capsys.readouterr().out
    assert "PatientCase> ." in out
    assert "type> <https://w3id.org/indicant/core/PatientCase>" not in out
    assert f"<{IND}leavesOpen> <{G}" not in out
    assert set(out.splitlines()) < set(exported("ntriples").decode().splitlines())


@pytest.mark.slow
def test_its_axioms_are_read_by_a_reasoner() -> None:
    from indicant.compile.hermit import Reasoner

    lines = exported("ntriples").decode().splitlines()
    stated = set(ontology_text(asker()._assessor.source).splitlines())
    with Reasoner("\n".join(line for line in lines if line in stated), "ntriples") as reasoner:
        assert reasoner.is_consistent()
        assert (SPINE + "Foraminotomy", SPINE + "SpinalSurgery") in reasoner.subsumptions()


# ---------------------------------------------------------------------- what cannot be said


def triples(text: str) -> list[ox.Triple]:
    return [quad.triple for quad in parse(text, path="own.ttl").quads]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<x:a> <https://example.org/p/1> <x:b> .", "cannot express the predicate <https://"),
        ("<x:a> <https://example.org/p/> <x:b> .", "cannot express the predicate"),
        ('<x:a> <x:b> "a\\u0001" .', "cannot express a control character in <x:b>"),
    ],
)
def test_what_xml_cannot_say_is_refused_and_every_other_format_says_it(
    text: str, message: str
) -> None:
    rows = triples(text)
    with pytest.raises(IndicantError, match=message):
        serialize(rows, "rdfxml", {})
    for form in set(FORMATS) - {"rdfxml"}:
        assert canonical(serialize(rows, form, {}), form) == canonical_triples(rows)


@pytest.mark.parametrize("end", ["sha256", "ä", "a-b.c", "_1", "p1"])
def test_what_xml_can_say_comes_back(end: str) -> None:
    rows = triples(f'<x:a> <https://example.org/2/{end}> "<&>\\r\\n\\t" , "x"@en , 1 , 1.50 .')
    assert canonical(serialize(rows, "rdfxml", {}), "rdfxml") == canonical_triples(rows)


def test_a_prefix_without_a_name_is_not_used() -> None:
    rows = triples("<x:a> <x:b> <x:c> .")
    assert b"@prefix :" not in serialize(rows, "turtle", {"": "x:", "y": "y:"})


def test_a_prefix_with_a_name_is_used() -> None:
    rows = triples("<https://example.org/a> <https://example.org/b> <x:c> .")
    told = serialize(rows, "turtle", {"": "x:", "e": "https://example.org/"}).decode()
    assert told.startswith("@prefix e: <https://example.org/> .")
    assert "e:a e:b <x:c>" in told


# ---------------------------------------------------------------------- files


@pytest.mark.slow
def test_a_file_is_written_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "graph.nt"
    file.write_text("old", encoding="utf-8")
    file.chmod(0o640)
    words = ["export", "graph", "--format", "ntriples", "--case", str(CASES), "-o", str(file)]
    assert main(words) == 0
    assert capsys.readouterr() == ("", "")
    assert file.read_bytes() == exported("ntriples")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["graph.nt"]


def test_nothing_is_written_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "graph.nt"
    file.write_text("old", encoding="utf-8")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(IndicantError, match="cannot be written: No space left on device"):
        write(b"new", file)
    assert file.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["graph.nt"]


@pytest.mark.many(4)
@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["-o", "nowhere/at/all.ttl"], 2, "nowhere/at/all.ttl: cannot be written: No such file"),
        (["-o", "."], 2, "is a directory, not a file"),
        (["--case", "none.ttl", "-o", "x.ttl"], 2, "none.ttl: no such file"),
        (["--format", "csv"], 2, "invalid choice: 'csv'"),
        (["--guideline", "none"], 2, "unknown guideline 'none'"),
        (
            [
                "--case",
                str(BROKEN),
                "-o",
                "x.ttl",
            ],
            1,
            "shall be ≤ 5",
        ),
    ],
)
def test_a_mistake_is_told_and_writes_nothing(
    words: list[str],
    code: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", "graph", *words]) == code
    found = capsys.readouterr()
    assert found.out == ""
    assert message in found.err.splitlines()[0]
    assert os.listdir(tmp_path) == []


def test_a_link_is_followed_and_a_device_is_written_to(tmp_path: Path) -> None:
    target, link = tmp_path / "a", tmp_path / "b"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write(b"new", link)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    write(b"gone", os.devnull)
