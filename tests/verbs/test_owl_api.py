"""All that ships survives the OWL API, and with it Protégé: saved, it is what it was."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import ExitStack, chdir
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from each import each
from indicant.api.case import Case
from indicant.api.guideline import Guideline
from indicant.author.checks import check
from indicant.cli import main
from indicant.compile.compiled import obtain
from indicant.diff.differences import compare
from indicant.diff.revisions import open_version
from indicant.errors import IndicantError
from indicant.files.rdf import read, text_of
from indicant.files.sources import load
from indicant.files.turtle import tidy
from indicant.terms import OWL, TYPE
from places import ROOT, TESTS

if TYPE_CHECKING:
    from collections.abc import Iterator

JARS: Final = Path("/usr/share/java")
OTHERS: Final = {
    "owx": "OWL/XML",
    "ofn": "OWL functional syntax",
    "omn": "OWL Manchester syntax",
    "obo": "OBO format",
}
NAME: Final = "ontology/guidelines/neck-pain-after-lumbar-fusion"
OVERLAY: Final = "examples/institution/overlay"
CONDITIONED: Final = "ontology/opioid/findings.ttl"
"""Has quantities with conditions that have no name, which the OWL API leaves out as values."""
CASES: Final = ("examples/after-seven-months.ttl", f"{NAME}/example.ttl")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not next(JARS.glob("owlapi-distribution*.jar"), None), reason="the OWL API is not installed"
    ),
    pytest.mark.skipif(
        not (shutil.which("java") and shutil.which("javac")), reason="no JDK is installed"
    ),
]


def files() -> Iterator[Path]:
    """Yield all Turtle that ships, from the top of the repository, but what is no ontology."""
    for folder in ("ontology", "examples"):
        for path in sorted((ROOT / folder).rglob("*.ttl")):
            if path.name != "tables.ttl":
                yield path.relative_to(ROOT)


def name_of(path: Path) -> str:
    """Return the name of the ontology of a file, if it has one."""
    kinds = (
        text_of(quad.subject)
        for quad in read(path).quads
        if quad.predicate.value == TYPE and text_of(quad.object) == f"{OWL}Ontology"
    )
    return next(kinds, "")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what ships as Turtle, as RDF/XML, and one file in any other syntax."""
    top = tmp_path_factory.mktemp("owlapi")
    rows = []
    for folder in ("ttl", "owl"):
        for name in ("ontology", "examples"):
            shutil.copytree(ROOT / name, top / folder / name)
        (top / folder / ".git").mkdir()
    for file in files():
        cells = [name_of(ROOT / file), str(ROOT / file), str(top / "ttl" / file)]
        cells.append(str((top / "owl" / file).with_suffix(".owl")))
        (top / "owl" / file).unlink()
        if file.name == "resolution.ttl":
            cells += [str(top / f"other.{ending}") for ending in OTHERS]
        rows.append("\t".join(cells))
    for path in (top / "owl").rglob("catalog-v001.xml"):
        path.write_text(path.read_text(encoding="utf-8").replace('.ttl"', '.owl"'), "utf-8")
    (top / "table.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    source = TESTS / "support" / "Resave.java"
    words = ["java", "-cp", f"{JARS}/*", str(source), str(top / "table.tsv")]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return top


@cache
def findings(top: Path) -> list[tuple[str, str, str]]:
    """Return what is found wrong with both guidelines, without the lines."""
    with chdir(top):
        report = check([NAME, OVERLAY])
    assert report.undecided == ()
    return sorted((one.rule, one.level, one.message) for one in report.results)


@pytest.mark.parametrize("form", ["ttl", "owl"])
def test_as_much_is_found_as_before(form: str, saved: Path) -> None:
    read_from = {one.path for one in load(saved / form / NAME).documents}
    assert all(path.startswith(str(saved)) and path.endswith(form) for path in read_from)
    before = findings(ROOT)
    assert {level for _, level, _ in before} == {"note"}
    assert findings(saved / form) == before


@pytest.mark.parametrize("form", ["ttl", "owl"])
@pytest.mark.parametrize("name", [NAME, OVERLAY])
def test_no_statement_differs_and_no_answer(form: str, name: str, saved: Path) -> None:
    with ExitStack() as stack:
        old = open_version(stack, str(ROOT / name))
        new = open_version(stack, str(saved / form / name))
        found = compare(old, new)
    assert found.terms == ()
    assert found.recommendations == ()
    assert found.behaviour == ()
    assert found.validity == ()


def test_every_file_comes_back_as_it_was(saved: Path) -> None:
    """In its old order to the byte, and without it in the form of the house."""
    for file in each(one for one in files() if str(one) != CONDITIONED):
        text = (saved / "ttl" / file).read_text(encoding="utf-8")
        before = (ROOT / file).read_text(encoding="utf-8")
        assert text != before
        assert tidy(text, file=str(file), former=before) == before, file
        once = tidy(text, file=str(file))
        assert tidy(once, file=str(file)) == once, file
        assert sorted(once.split()) != sorted(text.split()), file


def test_a_condition_that_was_lost_is_told(saved: Path) -> None:
    """Nothing is computed as if there had been none."""
    text = (saved / "ttl" / CONDITIONED).read_text(encoding="utf-8")
    before = (ROOT / CONDITIONED).read_text(encoding="utf-8")
    assert text.count("owl:intersectionOf") < before.count("owl:intersectionOf")
    with pytest.raises(IndicantError, match="where") as caught:
        obtain(load(saved / "ttl" / "ontology/guidelines/opioids-for-pain"), use_cache=False)
    assert "findings.ttl:" in str(caught.value)


def test_a_saved_case_is_assessed_as_before(saved: Path) -> None:
    """By the guideline as it ships and by the saved one."""
    shipped = Guideline.load(str(ROOT / NAME))
    again = [Guideline.load(str(saved / form / NAME)) for form in ("ttl", "owl")]
    for name in each(CASES):
        before = shipped.assess(Case.read(str(ROOT / name))).to_dict()
        path = saved / "ttl" / name
        for guideline in (shipped, *again):
            after = guideline.assess(Case.read(str(path))).to_dict()
            assert without_places(after) == without_places(before)


def without_places(record: object) -> object:
    """Return a record without where the guideline and the case were read from."""
    if isinstance(record, dict):
        return {
            key: without_places(value)
            for key, value in record.items()
            if key not in {"path", "file", "line", "digest", "guideline_digest", "case_digest"}
        }
    if isinstance(record, list):
        return [without_places(one) for one in record]
    return record


def test_the_overlay_answers_as_before(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Merged with the published guideline, both saved, it meets the expectations of its cases."""
    monkeypatch.chdir(saved / "ttl")
    merged = str(tmp_path / "merged.trig")
    assert main(["merge", NAME, OVERLAY, "--as-of", "2026-11-29", "-o", merged]) == 0
    assert main(["test", "examples/institution/tests", "--guideline", merged]) == 0
    assert "25 cases as expected" in capsys.readouterr().out


@pytest.mark.parametrize("ending", OTHERS)
def test_another_syntax_is_named_as_it_is(ending: str, saved: Path, tmp_path: Path) -> None:
    for name in each((f"a.{ending}", "a.owl", "a.ttl")):
        shutil.copy(saved / f"other.{ending}", tmp_path / name)
        with pytest.raises(IndicantError, match="which is not read") as caught:
            read(os.fspath(tmp_path / name))
        assert caught.value.message == f"is in {OTHERS[ending]}, which is not read"
