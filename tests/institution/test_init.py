"""Founding the repository of an institution, and taking a newer version of what it follows."""

from __future__ import annotations

import datetime
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from indicant.cli import main
from indicant.files.sources import installed, load
from indicant.institution import repository, updates
from indicant.institution.repository import TEMPLATES, digest_of, published_of
from places import BENCHMARK, INSTITUTION
from running import make_test

NAMESPACE = "https://hospital.example/policy/"
DAY = datetime.date(2026, 11, 22)
HYPERTENSION = "https://example.org/multimorbidity/hypertension/"


def init(target: Path, *more: str, guideline: Path = BENCHMARK / "hypertension") -> int:
    """Found a repository over a small guideline."""
    words = ["--namespace", NAMESPACE, "--date", DAY.isoformat(), "--guideline", str(guideline)]
    return main(["init", str(target), *words, *more])


def update(folder: Path, *more: str) -> int:
    return main(["update", str(folder), *more])


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(one.relative_to(folder)): one.read_bytes()
        for one in sorted(folder.rglob("*"))
        if one.is_file()
    }


def found(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["results"]
    return results


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("founded") / "policy"
    assert init(folder, "--name", 'The "Old" Hospital') == 0
    return folder


@pytest.fixture
def policy(founded: Path, tmp_path: Path) -> Path:
    """Return a repository that a test may change."""
    return Path(shutil.copytree(founded, tmp_path / "policy"))


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a newer version of the small guideline, which indicates one drug more."""
    target = tmp_path_factory.mktemp("newer")
    (target / ".git").mkdir()
    shutil.copytree(BENCHMARK / "drugs", target / "drugs")
    folder = Path(shutil.copytree(BENCHMARK / "hypertension", target / "hypertension"))
    file = folder / "guideline.ttl"
    text = file.read_text(encoding="utf-8").replace("0.1.0", "0.2.0")
    added = re.search(r"^ht:thiazide\n.*?^\.\n", text, re.MULTILINE | re.DOTALL)
    assert added
    text += "\n" + added[0].replace("ht:thiazide", "ht:aspirin").replace("Thiazide", "Aspirin")
    file.write_text(text, encoding="utf-8")
    return folder


# ---------------------------------------------------------------------- init


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Found a repository over the guideline that ships, and run what it says to run next."""
    folder = tmp_path_factory.mktemp("whole") / "policy"
    assert main(["init", str(folder), "--namespace", NAMESPACE, "--date", DAY.isoformat()]) == 0
    return folder, make_test(folder)


@pytest.mark.slow
def test_what_is_founded_passes_its_own_tests_at_once(whole: tuple[Path, str]) -> None:
    output = whole[1]
    assert re.search(r"checked by \d+ rules: all holds", output)
    assert "is as it is pinned" in output
    assert "1 settled; written to build/merged.trig" in output
    assert "3 cases as expected" in output


@pytest.mark.slow
def test_what_is_founded_is_in_the_form_of_the_house(
    whole: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fmt", "--check", str(whole[0] / "overlay"), str(whole[0] / "tests")]) == 0
    capsys.readouterr()


@pytest.mark.slow
def test_what_is_founded_reads_nothing_outside_but_the_core(whole: tuple[Path, str]) -> None:
    outside = [
        one.path
        for one in load(whole[0] / "overlay").documents
        if not Path(one.path).resolve().is_relative_to(whole[0])
    ]
    assert outside
    assert {Path(path).parent.name for path in outside} == {"core"}


def test_every_template_is_written_and_filled(founded: Path) -> None:
    written = content(founded)
    templates = {str(repository._target(one)) for one in TEMPLATES.rglob("*") if one.is_file()}
    assert templates <= written.keys()
    assert ".github/workflows/guideline.yml" in templates
    for name in templates:
        assert not re.search(rb"\$\{[a-z_]+\}", written[name]), name


def test_the_same_words_found_the_same_repository(founded: Path, tmp_path: Path) -> None:
    assert init(tmp_path / "again", "--name", 'The "Old" Hospital') == 0
    assert content(tmp_path / "again") == content(founded)


def test_the_templates_speak_of_no_patient(founded: Path) -> None:
    """What to withhold is taken from the guideline: another one gives another first rule."""
    rule = (founded / "policy.md").read_text(encoding="utf-8")
    assert '"thiazide"' in rule
    everything = " ".join(one.read_text(encoding="utf-8") for one in TEMPLATES.rglob("*.template"))
    assert "thiazide" not in everything


def test_the_copy_has_the_digest_of_the_original(founded: Path) -> None:
    original = published_of(BENCHMARK / "hypertension")
    assert published_of(founded / "published" / "hypertension").digest == original.digest
    assert original.digest in (founded / "overlay" / "published.ttl").read_text(encoding="utf-8")


def test_the_digest_is_of_what_is_said_and_not_of_how(tmp_path: Path) -> None:
    """Layout and prefixes do not count, and a single statement does."""
    (tmp_path / ".git").mkdir()
    shutil.copytree(BENCHMARK / "drugs", tmp_path / "drugs")
    folder = shutil.copytree(BENCHMARK / "hypertension", tmp_path / "hypertension")
    file = folder / "guideline.ttl"
    before = digest_of(load(folder))
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("@prefix mm:", "@prefix m:").replace(" mm:", " m:"))
    assert digest_of(load(folder)) == before
    file.write_text(text.replace('"should"@en', '"may"@en'))
    assert digest_of(load(folder)) != before


@pytest.mark.parametrize(
    ("namespace", "said"),
    [
        ("policy", "is no namespace"),
        ("https://hospital.example/policy", "is no namespace"),
        ("https://hospital.example/a policy/", "is no namespace"),
        ("ftp://hospital.example/", "is no namespace"),
        ("https://w3id.org/indicant/core/", "belongs to"),
        ("https://w3id.org/indicant/", "belongs to"),
        (HYPERTENSION, "belongs to"),
        (f"{HYPERTENSION}ours/", "belongs to"),
    ],
)
def test_a_namespace_is_an_address_of_ones_own(
    namespace: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--namespace", namespace, "--guideline", str(BENCHMARK / "hypertension")]
    assert main(["init", str(tmp_path / "policy"), *words]) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_namespace_may_end_in_a_hash(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--namespace", "https://hospital.example/policy#", "--date", DAY.isoformat()]
    guideline = ["--guideline", str(BENCHMARK / "hypertension")]
    assert main(["init", str(tmp_path / "policy"), *words, *guideline]) == 0
    assert update(tmp_path / "policy", "--check") == 0
    capsys.readouterr()


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "note.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name in ("taken", "file"):
        assert init(tmp_path / name) == 2
        assert "is there already, and nothing is overwritten" in capsys.readouterr().err
    assert (tmp_path / "taken" / "note.txt").read_text() == "mine"
    assert (tmp_path / "file").read_text() == "mine"


def test_an_empty_folder_is_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policy").mkdir()
    assert init(tmp_path / "policy") == 0
    assert (tmp_path / "policy" / "Makefile").is_file()
    assert (tmp_path / "policy").stat().st_mode & 0o777 == 0o755
    capsys.readouterr()


def test_the_folder_of_the_shell_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The shell would be left in a folder that is gone."""
    monkeypatch.chdir(tmp_path)
    assert init(Path()) == 2
    assert "is the folder that you are in" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_what_breaks_off_leaves_nothing_behind(
    failure: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(repository, "_fill", fail)
    assert init(tmp_path / "policy") in {2, 130}
    assert not list(tmp_path.iterdir())
    capsys.readouterr()


def test_a_parent_that_is_missing_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init(tmp_path / "no" / "policy") == 2
    assert "there is no such folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("ind:Indication", "ind:Contraindication"), "indicates nothing"),
        (("    owl:versionInfo", "    dcterms:title"), "has no version to pin"),
        (("a owl:Ontology , ind:Guideline", "a owl:Ontology"), "does not name one ind:Guideline"),
    ],
)
def test_a_guideline_that_cannot_be_followed_is_refused(
    change: tuple[str, str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".git").mkdir()
    shutil.copytree(BENCHMARK / "drugs", tmp_path / "drugs")
    folder = shutil.copytree(BENCHMARK / "hypertension", tmp_path / "hypertension")
    file = folder / "guideline.ttl"
    file.write_text(file.read_text(encoding="utf-8").replace(*change))
    assert init(tmp_path / "policy", guideline=folder) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "policy").exists()


@pytest.mark.parametrize("name", ["", " ", "The\nHospital", "The\u202eHospital"])
def test_a_name_can_be_read(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert init(tmp_path / "policy", "--name", name) == 2
    assert "is empty or not printable" in capsys.readouterr().err
    assert not (tmp_path / "policy").exists()


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "22.11.2026"])
def test_a_date_is_a_date(day: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert init(tmp_path / "policy", "--date", day) == 2
    assert "is no date" in capsys.readouterr().err


# ---------------------------------------------------------------------- update


def test_the_copy_is_the_one_that_is_pinned(
    policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert update(policy, "--check") == 0
    assert "0.1.0 is as it is pinned" in capsys.readouterr().out


def test_a_copy_that_was_edited_is_a_finding(
    policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = policy / "published" / "hypertension" / "guideline.ttl"
    file.write_text(file.read_text(encoding="utf-8").replace('"should"@en', '"may"@en'))
    assert update(policy, "--check", "--format", "json") == 1
    (only,) = found(capsys)
    assert only["rule"] == "pin"
    assert "its copy has another digest" in only["message"]
    assert update(policy, "--from", str(BENCHMARK / "hypertension")) == 1
    assert "[pin]" in capsys.readouterr().out


def test_a_copy_of_another_version_is_a_finding(
    policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = policy / "published" / "hypertension" / "guideline.ttl"
    file.write_text(file.read_text(encoding="utf-8").replace("0.1.0", "0.3.0"))
    assert update(policy, "--check") == 1
    assert "hypertension/0.3.0> is there" in capsys.readouterr().out


def test_the_same_version_changes_nothing(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = content(policy)
    assert update(policy, "--from", str(BENCHMARK / "hypertension")) == 0
    assert "nothing is newer" in capsys.readouterr().out
    assert content(policy) == before


@pytest.mark.slow
def test_a_newer_version_is_shown_before_it_is_taken(
    policy: Path, newer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each intervention that is answered otherwise comes with a patient, and nothing is written."""
    before = content(policy)
    assert update(policy, "--from", str(newer), "--format", "json") == 1
    results = found(capsys)
    assert content(policy) == before
    advice = [one for one in results if one["rule"] == "advice"]
    assert {one["message"].split(":")[0] for one in advice} == {"aspirin"}
    assert {one["data"]["new"] for one in advice} >= {"recommended"}
    assert all("ind:PatientCase" in one["witness"] for one in advice)
    (only,) = [one["message"] for one in results if one["rule"] == "recommendation"]
    assert only.startswith("added: give a thiazide")


@pytest.mark.slow
def test_what_was_in_conflict_before_is_not_told_as_new(
    policy: Path, newer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A newer version is not to blame for what the overlay never settled."""
    for file in (policy / "overlay").glob("*.ttl"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("ind:Resolution", "ind:Tension"), encoding="utf-8")
    published = str(policy / "published" / "hypertension")
    assert main(["merge", published, str(policy / "overlay"), "--format", "json"]) == 1
    assert "contradiction" in {one["rule"] for one in found(capsys)}
    assert update(policy, "--from", str(newer), "--format", "json") == 1
    told = [one for one in found(capsys) if one["rule"] == "contradiction"]
    assert [one for one in told if not any("aspirin" in name for name in one["about"])] == []


@pytest.mark.slow
def test_a_newer_version_without_other_advice_is_told_so(
    policy: Path, newer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".git").mkdir()
    shutil.copytree(newer.parent / "drugs", tmp_path / "drugs")
    folder = shutil.copytree(BENCHMARK / "hypertension", tmp_path / "hypertension")
    file = folder / "guideline.ttl"
    file.write_text(file.read_text(encoding="utf-8").replace("0.1.0", "0.2.0"))
    assert update(policy, "--from", str(folder)) == 0
    assert "no change of status" in capsys.readouterr().out


@pytest.mark.slow
def test_a_resolution_that_the_newer_version_leaves_dangling_is_shown(
    policy: Path, newer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".git").mkdir()
    shutil.copytree(newer.parent / "drugs", tmp_path / "drugs")
    folder = shutil.copytree(newer, tmp_path / "hypertension")
    file = folder / "guideline.ttl"
    file.write_text(file.read_text(encoding="utf-8").replace("ht:thiazide", "ht:diuretic"))
    assert update(policy, "--from", str(folder), "--format", "json") == 1
    results = found(capsys)
    dangling = [one for one in results if one["rule"] == "dangling-resolution"]
    assert dangling
    assert Path(dangling[0]["places"][0]["file"]).is_relative_to(policy)


@pytest.mark.slow
def test_a_newer_version_is_taken_and_pinned(
    policy: Path, newer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = content(policy)
    assert update(policy, "--from", str(newer), "--take") == 0
    assert "0.2.0 is pinned; written: " in capsys.readouterr().out
    changed = {name for name, data in content(policy).items() if before.get(name) != data}
    assert {name for name in changed if not name.startswith("published/")} == {
        "overlay/catalog-v001.xml",
        "overlay/published.ttl",
    }
    assert update(policy, "--check") == 0
    assert "0.2.0 is as it is pinned" in capsys.readouterr().out
    assert update(policy, "--from", str(BENCHMARK / "hypertension"), "--take") == 0
    assert content(policy) == before
    capsys.readouterr()


def test_every_file_that_names_the_version_is_pinned_anew(policy: Path, newer: Path) -> None:
    """Also the first of a folder, and one in a folder of its own."""
    pinned = published_of(BENCHMARK / "hypertension").version_iri
    note = f"@prefix dcterms: <http://purl.org/dc/terms/> .\n\n<{pinned}> dcterms:title {{}} .\n"
    for name in ("aaa.ttl", "below/zzz.ttl"):
        file = policy / "overlay" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(note.format(f'"{name}"@en'), encoding="utf-8")
    assert update(policy, "--from", str(newer), "--take") == 0
    for name in ("aaa.ttl", "below/zzz.ttl", "published.ttl"):
        text = (policy / "overlay" / name).read_text(encoding="utf-8")
        assert pinned.replace("0.1.0", "0.2.0") in text
        assert pinned not in text


def test_what_breaks_off_while_it_is_taken_keeps_the_copy(
    policy: Path, newer: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = content(policy)
    moves: list[str] = []
    move = os.replace

    def fail(one: Any, other: Any) -> None:
        moves.append(str(other))
        if len(moves) == 2:
            raise OSError(28, "No space left on device")
        move(one, other)

    monkeypatch.setattr(os, "replace", fail)
    assert update(policy, "--from", str(newer), "--take") == 2
    assert "No space left on device" in capsys.readouterr().err
    assert content(policy) == before


def test_another_guideline_is_no_newer_version(
    policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert update(policy, "--from", str(BENCHMARK / "osteoarthritis")) == 2
    assert "name a version of the pinned guideline" in capsys.readouterr().err


def test_a_guideline_that_is_not_installed_has_to_be_named(
    policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert update(policy) == 2
    assert "is not installed" in capsys.readouterr().err


@pytest.mark.slow
def test_what_is_installed_may_be_older(
    policy: Path, newer: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a name it is not taken back to, and with one it is."""
    assert update(policy, "--from", str(newer), "--take") == 0
    monkeypatch.setattr(updates, "installed", lambda: {"ht": BENCHMARK / "hypertension"})
    assert update(policy) == 0
    assert "nothing is newer" in capsys.readouterr().out
    assert update(policy, "--take") == 2
    assert "0.1.0 is installed, and is older than 0.2.0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda folder: shutil.rmtree(folder), "there is no such folder"),
        (
            lambda folder: _edit(folder / "overlay" / "published.ttl", "ind:sha256", "skos:note"),
            "pins no published guideline",
        ),
        (
            lambda folder: _edit(
                folder / "overlay" / "catalog-v001.xml", "hypertension/0.1.0", "hypertension/9"
            ),
            "is mapped to no file",
        ),
        (lambda folder: shutil.rmtree(folder / "published"), "no such file"),
    ],
)
def test_a_repository_that_is_broken_is_told(
    break_it: Any, said: str, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    break_it(policy)
    assert update(policy, "--check") == 2
    assert said in capsys.readouterr().err


def _edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.slow
def test_the_example_pins_what_is_in_this_repository(capsys: pytest.CaptureFixture[str]) -> None:
    """After a change of the ontologies:  indicant update examples/institution --take."""
    assert update(INSTITUTION, "--check") == 0
    assert published_of(next(iter(installed().values()))).version in capsys.readouterr().out
