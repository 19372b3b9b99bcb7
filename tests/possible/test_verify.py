"""Every kind of anomaly is found where it is, and nowhere else, with a case that shows it."""

from __future__ import annotations

import itertools
import json
import os
import re
from functools import cache
from typing import TYPE_CHECKING

import pytest

import kept
from each import each
from indicant import cli
from indicant.assess.engine import Engine, make_engine
from indicant.assess.validation import Validator
from indicant.files import resources
from indicant.files.rdf import parse, read
from indicant.files.sources import load, resolve
from indicant.possible.verification import verify
from indicant.terms import IND
from places import TESTS

if TYPE_CHECKING:
    from pathlib import Path

    from indicant.files.sources import Source
    from indicant.report.findings import Report, Result

HERE = TESTS / "verify"
FOLDERS = sorted(path.parent for path in HERE.glob("*/guideline.ttl"))
FINDING = [folder for folder in FOLDERS if not folder.name.startswith("holds-")]
HOLDING = [folder for folder in FOLDERS if folder.name.startswith("holds-")]
CASE = "https://example.org/case#case"
OVERRIDES = re.compile(r"^ *ind:overrides [^;]*;\n", re.MULTILINE)
DECIDED = """
PREFIX ind: <https://w3id.org/indicant/core/>
SELECT ?answer ?subject WHERE {
  ?case a ind:PatientCase ; ?answer ?subject .
  FILTER(?answer IN (ind:meets, ind:refutes, ind:leavesOpen, ind:supersedes))
}
"""
CRITERIA = """
PREFIX ind: <https://w3id.org/indicant/core/>
SELECT ?recommendation ?criterion WHERE { ?recommendation ind:criterion ?criterion }
"""
ANSWERS = {IND + "meets": "met", IND + "refutes": "refuted", IND + "leavesOpen": "open"}


def faults(found: Report) -> list[Result]:
    """Return what counts against a guideline: notes do not."""
    return [one for one in found.counting if one.level != "note"]


@cache
def report(folder: Path) -> Report:
    return verify(load(folder / "guideline.ttl"))


@cache
def engines(folder: Path) -> tuple[Validator, dict[str, Engine]]:
    """Return the shapes and two engines; a circle is cut, or nothing would compile."""
    source = load(folder / "guideline.ttl")
    return engines_of(source if folder.name != "overriding-cycle" else uncircled(folder))


def engines_of(source: Source) -> tuple[Validator, dict[str, Engine]]:
    compiled = kept.compiled(source)
    shapes = (resources.shapes() / "case.ttl").read_text(encoding="utf-8")
    names = ("oxigraph", "hermit")
    return Validator(shapes, compiled.vocabulary), {
        name: make_engine(name, compiled, source) for name in names
    }


def uncircled(folder: Path) -> Source:
    from oracle import source_of

    return source_of(OVERRIDES.sub("", (folder / "guideline.ttl").read_text(encoding="utf-8")))


def confirm(result: Result, validator: Validator, engine: Engine) -> None:
    """Hold a witness to what the finding says about it."""
    assert result.witness is not None
    document = parse(result.witness, path="case.ttl")
    assert [one.message for one in validator.check(document)] == []
    engine.begin(document.quads)
    statuses = {
        action: (status or "").removeprefix(IND)
        for _, action, status in engine.ask("what-is-the-status")
    }
    answers = {}
    superseded = set()
    for answer, subject in engine.select(DECIDED):
        if answer == IND + "supersedes":
            superseded.add(subject)
        else:
            answers[subject] = ANSWERS[answer or ""]
    for recommendation, criterion in engine.select(CRITERIA):
        answers.setdefault(criterion, answers[recommendation])
    claims = 0
    for action, status in dict(result.data.get("actions", {})).items():  # type: ignore[call-overload]
        assert statuses.get(action) == status.title().replace("-", "")
        claims += 1
    for name in ("answers", "criteria"):
        for subject, answer in dict(result.data.get(name, {})).items():  # type: ignore[call-overload]
            assert answers[subject] == answer
            claims += 1
    for subject in dict(result.data.get("superseded", {})):  # type: ignore[call-overload]
        assert subject in superseded
        claims += 1
    assert claims


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda one: one.name)
def test_verification_prints_what_is_expected(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    code = cli.main(["verify", "guideline.ttl"])
    assert capsys.readouterr().out == (folder / "expected.txt").read_text(encoding="utf-8")
    assert code == bool(faults(report(folder)))


@pytest.mark.slow
@pytest.mark.many(5)
@pytest.mark.parametrize("folder", FINDING, ids=lambda one: one.name)
def test_an_anomaly_is_found_by_its_name(folder: Path) -> None:
    """The folder's name begins with the kind of what is found; else there are notes at most."""
    named = [one for one in report(folder).counting if folder.name.startswith(one.rule)]
    assert named
    assert [one for one in faults(report(folder)) if one not in named] == []


@pytest.mark.many(5)
@pytest.mark.parametrize("folder", HOLDING, ids=lambda one: one.name)
def test_a_near_miss_is_no_finding(folder: Path) -> None:
    assert faults(report(folder)) == []
    assert report(folder).undecided == ()


@pytest.mark.slow
def test_every_kind_of_anomaly_is_triggered() -> None:
    kinds = {rule.name for folder in FOLDERS for rule in report(folder).rules}
    assert kinds == {result.rule for folder in FINDING for result in report(folder).counting}


@pytest.mark.slow
@pytest.mark.many(20)
@pytest.mark.parametrize("engine", ["oxigraph", "hermit"])
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda one: one.name)
def test_witnesses_show_what_is_found(folder: Path, engine: str) -> None:
    """The rules and the reasoner answer every witness as the finding says."""
    shown = [result for result in report(folder).results if result.witness is not None]
    universal = {"dead-contradiction", "dead-disjoint", "dead-not-recordable", "idle-acceptance"}
    universal |= {"dead-beside-what-is-not"}
    universal |= {"irrefutable", "irrefutable-facet", "unsatisfiable-facet"}
    universal |= {"irrefutable-facet-of-the-past"}
    assert bool(shown) == bool(report(folder).results) or folder.name in universal
    for result in shown:
        validator, made = engines(folder)
        confirm(result, validator, made[engine])


@cache
def shipped() -> tuple[Source, Report]:
    """Return the guideline that ships, and what is found in it."""
    source = load(resolve(None))
    return source, verify(source)


@pytest.mark.slow
def test_the_guideline_holds_but_for_what_it_accepts() -> None:
    """Nothing counts in the guideline that ships, and every acceptance matches a finding."""
    source, found = shipped()
    assert faults(found) == []
    assert found.undecided == ()
    accepted = [result for result in found.results if result.accepted is not None]
    assert [result.rule for result in accepted] == ["conflict"]
    assert {result.rule for result in found.counting} == {"irrefutable-facet"}
    validator, made = engines_of(source)
    for result in accepted:
        for engine in made.values():
            confirm(result, validator, engine)


@pytest.mark.slow
def test_what_the_source_leaves_in_conflict_is_told_as_a_tension() -> None:
    """Each accepted conflict stands in a tension that touches both recommendations."""
    source, found = shipped()
    touched: dict[str, set[str]] = {}
    for _, subject, predicate, value in source.triples():
        if str(predicate) == f"<{IND}touches>":
            touched.setdefault(str(subject), set()).add(str(value).strip("<>"))
    for result in each(found.results):
        if result.accepted is None:
            continue
        assert any(set(result.about) <= one for one in touched.values())


# ---------------------------------------------------------------------- the command


@pytest.mark.slow
def test_witnesses_are_cases_with_what_is_expected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are folders that ``indicant test`` runs."""
    guideline = HERE / "conflict-from-above" / "guideline.ttl"
    out = tmp_path / "out"
    assert cli.main(["verify", str(guideline), "--witnesses", str(out)]) == 1
    (folder,) = out.iterdir()
    assert folder.name == "conflict-for-fever-no-drug-for-cough"
    assert json.loads((folder / "expected.json").read_text()) == {
        "actions": {"https://example.org/verified/Tablet": "conflicting"}
    }
    assert read(str(folder / "case.ttl")).quads
    capsys.readouterr()
    assert cli.main(["test", str(out), "--guideline", str(guideline)]) == 0
    assert cli.main(["verify", str(guideline), "--witnesses", str(out)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert [one.name for one in out.iterdir()] == [folder.name]


def test_witnesses_that_cannot_be_written_leave_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if os.geteuid() == 0:
        blocked = tmp_path / "file"
        blocked.write_text("")
        target = blocked / "out"
    else:
        target = tmp_path / "out"
        tmp_path.chmod(0o500)
    guideline = HERE / "conflict" / "guideline.ttl"
    assert cli.main(["verify", str(guideline), "--witnesses", str(target)]) == 2
    assert "cannot be written" in capsys.readouterr().err
    tmp_path.chmod(0o700)
    assert not target.exists()


@pytest.mark.slow
def test_several_guidelines_are_verified_each_by_itself(
    capsys: pytest.CaptureFixture[str],
) -> None:
    paths = [str(HERE / name / "guideline.ttl") for name in ("conflict", "holds-overridden", "gap")]
    assert cli.main(["verify", *paths, "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [one["rule"] for one in found["results"]] == ["conflict", "gap"]


@pytest.mark.slow
def test_two_runs_print_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    outputs = set()
    for _ in range(2):
        cli.main(["verify", str(HERE / "conflict-accepted-in-part" / "guideline.ttl")])
        outputs.add(capsys.readouterr().out)
    assert len(outputs) == 1


# ---------------------------------------------------------------------- limits

TINY = """@prefix ex: <https://example.org/g/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<https://example.org/g/> a owl:Ontology .
ex:A a owl:Class ; rdfs:subClassOf ind:Intervention .
"""


def some(name: str) -> str:
    return f"[ a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:someValuesFrom ex:{name} ]"


def hard(holes: int) -> str:
    """Return a guideline whose criterion has ever so many implicants."""
    names = [f"F{one}-{other}" for one in range(holes) for other in range(holes)]
    classes = [f"ex:{name} a owl:Class ; rdfs:subClassOf ind:Finding ." for name in names]
    rows = [
        "[ a owl:Class ; owl:unionOf ( "
        + " ".join(some(f"F{one}-{other}") for other in range(holes))
        + " ) ]"
        for one in range(holes)
    ]
    return TINY + "\n".join(
        [
            *classes,
            "ex:Hard a owl:Class , ind:Criterion ; owl:equivalentClass "
            f"[ a owl:Class ; owl:intersectionOf ( {' '.join(rows)} ) ] .",
            f"ex:Easy a owl:Class , ind:Criterion ; owl:equivalentClass {some('F0-0')} .",
            "ex:hard a ind:Contraindication ; ind:action ex:A ; ind:criterion ex:Hard .",
            "ex:easy a ind:Indication ; ind:action ex:A ; ind:criterion ex:Easy .",
        ]
    )


@pytest.mark.slow
def test_what_is_not_decided_in_time_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A limit of time is never read as nothing found."""
    path = tmp_path / "hard.ttl"
    path.write_text(hard(7))
    assert cli.main(["verify", str(path), "--seconds", "0.2", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    undecided = "\n".join(found["undecided"])
    assert "conflict of easy and hard" in undecided
    assert "dead of hard" in undecided
    assert not any("dead of easy" in one for one in found["undecided"])
    assert all(result["rule"] not in {"conflict", "dead"} for result in found["results"])


@pytest.mark.slow
def test_a_hierarchy_too_deep_to_close_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"ex:F{number}" for number in range(10_000)]
    lines = [f"{names[0]} a owl:Class ; rdfs:subClassOf ind:Finding ."]
    lines += [
        f"{one} a owl:Class ; rdfs:subClassOf {above} ." for above, one in itertools.pairwise(names)
    ]
    lines.append(
        "ex:C a owl:Class , ind:Criterion ; owl:equivalentClass "
        f"{some('F9999')} . ex:r a ind:Indication ; ind:action ex:A ; ind:criterion ex:C ."
    )
    path = tmp_path / "deep.ttl"
    path.write_text(TINY + "\n".join(lines))
    assert cli.main(["verify", str(path)]) == 2
    error = capsys.readouterr().err
    assert "deep.ttl:" in error
    assert "more than 5,000,000 pairs" in error


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("not Turtle", "1"),
        (
            TINY + "ex:C a owl:Class , ind:Criterion ; owl:equivalentClass [ a owl:Restriction ; "
            "owl:onProperty ind:hasFinding ; owl:allValuesFrom ex:A ] . "
            "ex:r a ind:Indication ; ind:action ex:A ; ind:criterion ex:C .",
            "outside the profile",
        ),
    ],
    ids=["empty", "no-turtle", "outside-the-profile"],
)
def test_what_is_no_guideline_is_one_line(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.ttl"
    path.write_text(text)
    assert cli.main(["verify", str(path)]) == 2
    error = capsys.readouterr().err
    assert said in error.splitlines()[0]
    assert "bad.ttl" in error.splitlines()[0]


def test_a_folder_that_is_no_guideline_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["verify", str(tmp_path)]) == 2
    assert "the folder holds no guideline" in capsys.readouterr().err
