"""The institution of the examples, and the multimorbidity benchmark: guidelines merged."""

from __future__ import annotations

import csv
import itertools
import json
import re
import shutil
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import pytest

from indicant.assess.assessor import Assessor
from indicant.cli import main
from indicant.files.rdf import parse
from indicant.files.sources import load
from indicant.terms import DCTERMS, IND, TYPE, local_name
from places import BENCHMARK, INSTITUTION, ONTOLOGY, SEED
from running import make_test

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

OVERLAY = INSTITUTION / "overlay"
OWN = "https://example.org/institution/"
CASES = sorted((INSTITUTION / "tests").iterdir())
FOLDER = re.compile(r"(.+?)-(fires|silent|open)-([a-z0-9-]+)")


def merge(*arguments: str | Path) -> int:
    return main(["merge", *(str(one) for one in arguments)])


@cache
def overlay() -> list[tuple[str, str, str]]:
    """Return what the overlay states, with all that it imports."""
    return [
        (text(subject), text(predicate), text(value))
        for _, subject, predicate, value in load(OVERLAY).triples()
    ]


def text(term: object) -> str:
    return str(getattr(term, "value", term))


def values(subject: str, predicate: str) -> list[str]:
    """Return what the overlay says of a subject."""
    return [value for one, two, value in overlay() if (one, two) == (subject, predicate)]


def of_type(name: str) -> list[str]:
    """Return the individuals of a class that are the overlay's own."""
    return sorted(
        subject
        for subject, predicate, value in overlay()
        if predicate == TYPE and value == IND + name and subject.startswith(OWN)
    )


def copied(target: Path) -> Path:
    """Copy what the example consists of, as a clone would have it, and return its folder."""
    (target / ".git").mkdir()
    shutil.copytree(ONTOLOGY, target / "ontology")
    shutil.copytree(
        INSTITUTION, target / "examples" / "institution", ignore=shutil.ignore_patterns("build")
    )
    return target / "examples" / "institution"


# ---------------------------------------------------------------------- the pipeline


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Run the institution's own pipeline on a clean copy, and return the copy and its output."""
    folder = copied(tmp_path_factory.mktemp("clone"))
    return folder, make_test(folder, "AS_OF=2026-11-22")


@pytest.mark.slow
def test_the_pipeline_of_the_institution_passes_on_a_clean_copy(
    pipeline: tuple[Path, str],
) -> None:
    output = pipeline[1]
    assert "ontology files checked" in output
    assert "0.1.0 is as it is pinned" in output
    assert "7 settled; written to build/merged.trig" in output
    assert f"{len(CASES)} cases as expected" in output


@pytest.mark.slow
def test_the_merged_guideline_says_who_spoke(
    pipeline: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A device that is not for MRI: the local policy speaks, and the published one gives way."""
    case = INSTITUTION / "tests" / f"{NO_MRI}-fires-device-labelled-unsafe" / "case.ttl"
    merged = pipeline[0] / "build" / "merged.trig"
    assert main(["assess", str(case), "--guideline", str(merged), "--format", "json"]) == 0
    (record,) = json.loads(capsys.readouterr().out)
    actions = {local_name(one["action"]): one for one in record["actions"]}
    assert actions["CervicalMri"]["status"] == "contraindicated"
    spoke = {
        local_name(one["iri"]): one["guideline"]
        for one in actions["CervicalMri"]["recommendations"]
    }
    assert spoke[NO_MRI] == OWN
    assert spoke["cervical-mri"].endswith("/neck-pain-after-lumbar-fusion/")


NO_MRI = "no-mri-with-a-device-not-for-it"


# ---------------------------------------------------------------------- resolutions


@pytest.mark.slow
@pytest.mark.parametrize(
    ("as_of", "rule"), [("2028-10-01", "expired-resolution"), ("2026-09-30", "early-resolution")]
)
def test_a_resolution_that_does_not_hold_that_day_fails_the_merge(
    as_of: str, rule: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once the decision has run out, or before it holds, the contradictions are back."""
    assert merge(SEED, OVERLAY, "--as-of", as_of, "--format", "json") == 1
    found = json.loads(capsys.readouterr().out)["results"]
    rules = [one["rule"] for one in found if not one.get("accepted")]
    assert rules.count(rule) == 5
    assert rules.count("contradiction") == 7


@pytest.mark.slow
def test_every_resolution_settles_a_contradiction_that_is_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert merge(SEED, OVERLAY, "--as-of", "2026-11-22", "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)["results"]
    settled = {
        tuple(sorted(local_name(iri) for iri in one["data"]["recommendations"]))
        for one in found
        if one["rule"] == "contradiction" and one["accepted"]
    }
    decided = {
        tuple(sorted((local_name(prevails), local_name(gives_way))))
        for name in of_type("Resolution")
        for prevails in values(name, IND + "overriding")
        for gives_way in values(name, IND + "overridden")
    }
    assert settled == decided


# ---------------------------------------------------------------------- sources


@pytest.mark.parametrize("iri", of_type("Contraindication"), ids=local_name)
def test_every_contraindication_has_public_sources(iri: str) -> None:
    """Each names public sources, and each of these is described and bears on a passage of it."""
    sources = values(iri, DCTERMS + "source")
    passages = set(values(iri, IND + "restsOn"))
    assert sources
    assert passages
    described = {
        address: name
        for name in of_type("Publication")
        for address in values(name, DCTERMS + "source")
    }
    linked = {
        publication
        for name in of_type("EvidenceLink")
        if passages & set(values(name, IND + "passage"))
        for publication in values(name, IND + "publication")
    }
    for source in sources:
        assert source.startswith("https://")
        assert described[source] in linked


@pytest.mark.parametrize("iri", of_type("Contraindication"), ids=local_name)
def test_every_contraindication_fires_stays_silent_and_is_open_for_somebody(iri: str) -> None:
    named = [FOLDER.fullmatch(folder.name) for folder in CASES]
    verdicts = {found[2] for found in named if found and found[1] == local_name(iri)}
    assert verdicts == {"fires", "silent", "open"}


@pytest.mark.parametrize("folder", CASES, ids=lambda one: one.name)
def test_a_case_says_what_its_name_says(folder: Path) -> None:
    found = FOLDER.fullmatch(folder.name)
    assert found
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    word = {"fires": "met", "silent": "refuted", "open": "open"}[found[2]]
    assert expected["answers"][found[1]] == word


# ---------------------------------------------------------------------- the benchmark


def expected() -> dict[str, set[tuple[str, ...]]]:
    """Return the interactions that shall be found, by the guidelines that are merged."""
    with (BENCHMARK / "expected.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    found: dict[str, set[tuple[str, ...]]] = {}
    for row in rows:
        entry = (row["kind"], row["first"], row["second"], row["recommendations"])
        found.setdefault(row["guidelines"], set()).add(entry)
    return found


def interaction(result: dict[str, Any]) -> tuple[str, ...]:
    """Return an interaction in the form of the table."""
    actions = sorted({local_name(iri) for iri in result["data"]["actions"]})
    recommendations = sorted(local_name(iri) for iri in result["data"]["recommendations"])
    return (result["data"]["kind"], actions[0], actions[-1], " ".join(recommendations))


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.parametrize("guidelines", expected())
def test_the_benchmark_gives_the_published_interactions(
    guidelines: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(BENCHMARK)
    shall = expected()[guidelines]
    conflicts = any(kind == "contradiction" for kind, *_ in shall)
    code = merge(*guidelines.split(), "--within", "--format", "json")
    results = json.loads(capsys.readouterr().out)["results"]
    assert [one for one in results if "kind" not in one["data"]] == []
    assert {interaction(one) for one in results} == shall
    assert len(results) == len(shall)
    assert code == int(conflicts)
    assert all("ind:PatientCase" in one["witness"] for one in results)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["oxigraph", "hermit"])
def test_every_witness_of_the_benchmark_is_confirmed(
    engine: Literal["oxigraph", "hermit"],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Assessed on the merged guideline, by the rules and by the reasoner, advice meets as told."""
    monkeypatch.chdir(BENCHMARK)
    merged = tmp_path / "merged.trig"
    largest = list(expected())[-1].split()
    assert merge(*largest, "--within", "--format", "json", "-o", merged) == 1
    results = json.loads(capsys.readouterr().out)["results"]
    assessor = Assessor(str(merged), engine=engine)
    for result in results:
        (record,) = assessor.assess(parse(result["witness"], path="witness.ttl"), everything=True)
        met = {
            one["iri"]
            for action in record["actions"]
            for one in action["recommendations"]
            if one["answer"] == "met"
        }
        asked = set(result["data"]["recommendations"])
        assert len(asked & met) >= 2
        assert result["data"]["kind"] == "repair" or asked <= met
        if result["data"]["kind"] == "contradiction":
            assert "conflicting" in {action["status"] for action in record["actions"]}


def test_the_benchmark_is_one_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Each larger set of guidelines keeps what the smaller one has, and adds to it."""
    capsys.readouterr()
    sizes: Sequence[set[tuple[str, ...]]] = list(expected().values())
    for smaller, larger in itertools.pairwise(sizes):
        assert {entry[:3] for entry in smaller} < {entry[:3] for entry in larger}
