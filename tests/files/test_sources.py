"""Guidelines as they are gathered: what says nothing is left out, what says something is not."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from indicant.cli import main
from indicant.errors import IndicantError
from indicant.files import sources
from indicant.files.common import Known, read_once
from indicant.files.rdf import read, text_of
from indicant.files.sources import DEFAULT, installed, load, resolve
from indicant.terms import OWL, RDFS
from places import RAIN, SEED

if TYPE_CHECKING:
    from pathlib import Path

    from indicant.files.rdf import Document

TEXT = (RAIN / "guideline.ttl").read_text(encoding="utf-8")
TRUISMS = """
:Rain rdfs:subClassOf :Rain ; owl:equivalentClass :Rain .
:Umbrella rdfs:subClassOf :Umbrella .
:Wet rdfs:subClassOf :Wet ; owl:equivalentClass :Wet .
ind:weeks rdfs:subPropertyOf ind:weeks ; owl:equivalentProperty ind:weeks .
:p1 owl:sameAs :p1 .
"""


@pytest.fixture
def inferred(tmp_path: Path) -> Path:
    """Return the guideline as a reasoner may write it: each term is below itself."""
    (tmp_path / "guideline.ttl").write_text(TEXT + TRUISMS, encoding="utf-8")
    return tmp_path


def test_what_holds_of_everything_says_nothing(inferred: Path) -> None:
    statements = [
        {(text_of(one), text_of(path), text_of(value)) for _, one, path, value in source.triples()}
        for source in (load(RAIN), load(inferred))
    ]
    assert statements[0] == statements[1]


def test_what_only_looks_alike_is_kept(inferred: Path) -> None:
    rain = "https://example.org/rain/Rain"
    file = inferred / "guideline.ttl"
    file.write_text(TEXT + ":Rain rdfs:seeAlso :Rain ; owl:disjointWith :Rain .\n", "utf-8")
    found = {
        text_of(path)
        for _, one, path, value in load(inferred).triples()
        if text_of(one) == text_of(value) == rain
    }
    assert found == {RDFS + "seeAlso", OWL + "disjointWith"}


@pytest.mark.slow
def test_what_holds_of_everything_is_no_finding_and_no_change(
    inferred: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(inferred)]) == 0
    assert "all holds" in capsys.readouterr().out
    assert main(["diff", str(RAIN), str(inferred)]) == 0
    assert "all statements are the same" in capsys.readouterr().out


def test_without_a_name_it_is_the_one_that_the_default_names() -> None:
    assert len(installed()) > 1
    assert resolve(None) == SEED


def test_of_several_without_a_default_one_has_to_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "ontology" / "guidelines"
    for name in ("rain", "snow"):
        shutil.copytree(RAIN, folder / name)
    monkeypatch.setattr("indicant.files.resources.root", lambda: tmp_path)
    with pytest.raises(IndicantError, match="no guideline is named"):
        resolve(None)
    (folder / DEFAULT).write_text("hail\n", encoding="utf-8")
    with pytest.raises(IndicantError, match="no guideline is named"):
        resolve(None)
    (folder / DEFAULT).write_text("snow\n", encoding="utf-8")
    assert resolve(None) == folder / "snow"
    shutil.rmtree(folder / "snow")
    assert resolve(None) == folder / "rain"


@pytest.mark.slow
def test_what_guidelines_have_in_common_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    files: list[str] = []

    def noted(path: str) -> Document:
        files.append(path)
        return read(path)

    monkeypatch.setattr(sources, "read", noted)
    apart = [load(one) for one in installed().values()]
    assert len(files) > len(set(files))
    files.clear()
    with read_once(Known()):
        together = [load(one) for one in installed().values()]
        assert len(files) == len(set(files))
        shared = {id(one) for one in together[0].documents} & {
            id(one) for one in together[1].documents
        }
        assert shared
    assert [one.digest for one in together] == [one.digest for one in apart]
    assert [one.documents for one in together] == [one.documents for one in apart]
    files.clear()
    load(next(iter(installed().values())))
    assert files
