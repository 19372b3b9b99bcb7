"""Where derivations are found, that a guideline has them wherever it goes, and what is none."""

from __future__ import annotations

import shutil
import zipfile
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from indicant.assess.assessor import Assessor
from indicant.compile.compiled import key_of
from indicant.diff.differences import compare
from indicant.diff.revisions import open_version
from indicant.errors import IndicantError
from indicant.files.derivations import MAX_BYTES, MOST
from indicant.files.fence import fence_of
from indicant.files.sources import gather, load
from indicant.institution.repository import copy, published_of
from running import run
from soaking import EX, SOAKED, WET, answers, case, guideline

if TYPE_CHECKING:
    from pathlib import Path

DEEPER = SOAKED.replace("ex:depth ?depth ; prov", "ex:depth 9 ; prov")


@pytest.fixture
def soak(tmp_path: Path) -> Path:
    return guideline(tmp_path / "soak", {"soaked": SOAKED})


def problem(folder: Path) -> IndicantError:
    """Return why a guideline cannot be loaded."""
    with pytest.raises(IndicantError) as raised:
        load(folder)
    return raised.value


def test_they_are_found_beside_the_guideline(soak: Path) -> None:
    (one,) = load(soak).derivations
    assert (one.iri, one.name, one.text) == (f"{EX}derivations/soaked", "soaked", SOAKED)
    assert load(soak / "guideline.ttl").derivations == (one,)


def test_what_imports_a_guideline_has_its_derivations(soak: Path, tmp_path: Path) -> None:
    over = tmp_path / "over"
    (over / "derivations").mkdir(parents=True)
    text = "@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix ind: <{}> .\n<{}> a {} ."
    (over / "guideline.ttl").write_text(
        text.format(
            "https://w3id.org/indicant/core/",
            "https://example.org/over/",
            f"owl:Ontology , ind:Guideline ; owl:imports <{EX}>",
        ),
        encoding="utf-8",
    )
    (over / "catalog-v001.xml").write_text(
        '<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">'
        f'<uri name="{EX}" uri="../soak/guideline.ttl"/></catalog>',
        encoding="utf-8",
    )
    (over / "derivations" / "drenched.rq").write_text(DEEPER, encoding="utf-8")
    found = load(over, fence=fence_of(over, tmp_path)).derivations
    assert [one.iri for one in found] == [
        "https://example.org/over/derivations/drenched",
        f"{EX}derivations/soaked",
    ]
    assert soak.is_dir()


def test_a_changed_derivation_is_another_guideline(soak: Path) -> None:
    before = load(soak)
    (soak / "derivations" / "soaked.rq").write_text(DEEPER, encoding="utf-8")
    after = load(soak)
    shutil.rmtree(soak / "derivations")
    without = load(soak)
    assert len({key_of(one) for one in (before, after, without)}) == 3
    assert len({one.digest for one in (before, after, without)}) == 3


def test_line_ends_make_no_other_guideline(soak: Path) -> None:
    before = load(soak).digest
    (soak / "derivations" / "soaked.rq").write_bytes(SOAKED.replace("\n", "\r\n").encode())
    assert load(soak).digest == before


def test_it_is_pinned_and_copied_with_its_guideline(soak: Path, tmp_path: Path) -> None:
    before = published_of(soak)
    copy(before, tmp_path / "copy")
    again = published_of(tmp_path / "copy")
    assert again.digest == before.digest
    assert [one.text for one in again.source.derivations] == [SOAKED]
    (soak / "derivations" / "soaked.rq").write_text(DEEPER, encoding="utf-8")
    assert published_of(soak).digest != before.digest


@pytest.mark.slow
def test_a_merged_guideline_has_it(soak: Path, tmp_path: Path) -> None:
    merged = tmp_path / "merged.trig"
    code, _, err = run("merge", str(soak), "-o", str(merged))
    assert (code, err) == (0, "")
    (one,) = load(merged).derivations
    assert (one.iri, one.text) == (f"{EX}derivations/soaked", SOAKED)
    (found,) = answers(Assessor(merged), case(WET))
    assert (found["soaked"], found["deep"]) == ("met", "met")


def test_a_wheel_has_it(soak: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "soak.zip"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in sorted(soak.rglob("*.*")):
            archive.write(file, f"soak/{file.relative_to(soak).as_posix()}")
        archive.writestr("soak/other.rq", "no derivation")
    with ExitStack() as stack:
        found = open_version(stack, str(wheel))
        (one,) = found.source.derivations
        assert one.text == SOAKED
        assert one.path.startswith(str(wheel))


@pytest.mark.slow
def test_diff_tells_it_and_what_it_cannot_compare(soak: Path, tmp_path: Path) -> None:
    other = guideline(tmp_path / "other", {"soaked": DEEPER, "second": SOAKED})
    with ExitStack() as stack:
        versions = [open_version(stack, str(one)) for one in (soak, other)]
        found = compare(*versions)
    assert [(iri.rpartition("/")[2], gone, come) for iri, gone, come in found.derivations] == [
        ("second", 0, len(set(SOAKED.splitlines()))),
        ("soaked", 1, 1),
    ]
    assert set(found.undecided) == {
        "what cases get by the derivation second, which differs",
        "what cases get by the derivation soaked, which differs",
    }
    assert "Derivations" in str(found)
    rules = [one.rule for one in found.report().results]
    assert rules.count("derivation-changed") == 2


# ---------------------------------------------------------------------- what is none


def test_one_without_a_plain_name_is_refused(soak: Path) -> None:
    (soak / "derivations" / "Soaked Twice.rq").write_text(SOAKED, encoding="utf-8")
    assert "is no name of a derivation" in problem(soak).message


def test_one_of_ten_megabytes_is_refused(soak: Path) -> None:
    (soak / "derivations" / "long.rq").write_bytes(SOAKED.encode() + b"#" * 10_000_000)
    error = problem(soak)
    assert "larger than the limit" in error.message
    assert (error.file or "").endswith("long.rq")
    assert MAX_BYTES < 10_000_000


def test_too_many_are_refused(soak: Path) -> None:
    for number in range(MOST):
        (soak / "derivations" / f"rule-{number}.rq").write_text(SOAKED, encoding="utf-8")
    assert f"more than {MOST} derivations" in problem(soak).message


def test_a_link_that_leads_out_is_not_followed(soak: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.rq").write_text(SOAKED, encoding="utf-8")
    (soak / "derivations" / "linked.rq").symlink_to(tmp_path / "secret.rq")
    error = problem(soak)
    assert "lies outside" in error.message
    assert (error.file or "").endswith("linked.rq")


def test_a_folder_that_leads_out_is_not_followed(soak: Path, tmp_path: Path) -> None:
    (soak / "derivations").rename(tmp_path / "elsewhere")
    (soak / "derivations").symlink_to(tmp_path / "elsewhere")
    assert "lies outside" in problem(soak).message


def test_a_folder_or_a_pipe_is_none(soak: Path) -> None:
    (soak / "derivations" / "folder.rq").mkdir()
    assert "is a directory, not a file" in problem(soak).message


def test_hidden_files_are_none(soak: Path) -> None:
    (soak / "derivations" / ".soaked.rq.swp.rq").write_text("no SPARQL", encoding="utf-8")
    assert len(load(soak).derivations) == 1


def test_no_text_is_refused(soak: Path) -> None:
    (soak / "derivations" / "soaked.rq").write_bytes(b"\xff\xfe\x00")
    assert (problem(soak).file or "").endswith("soaked.rq")


def test_all_that_is_wrong_is_gathered(soak: Path) -> None:
    (soak / "derivations" / "Soaked.rq").write_text(SOAKED, encoding="utf-8")
    problems: list[IndicantError] = []
    gather(soak, problems)
    assert ["no name" in one.message for one in problems] == [True]


def test_one_that_a_graph_declares_has_a_text(soak: Path) -> None:
    file = soak / "guideline.ttl"
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}\nex:mine a ind:Derivation .\n", encoding="utf-8")
    assert "is a derivation without a text" in problem(soak).message
