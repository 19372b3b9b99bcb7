"""Whom among patients another version, guidelines together or an update answer otherwise."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

import shipped
from cohorts import cases, older
from indicant import Guideline
from indicant.api.among import Patients, diff_among
from places import EXAMPLES, SEED, TESTS
from running import hold_to_one_line, run
from shipped import PREFIXES

if TYPE_CHECKING:
    from pathlib import Path

DATE = "2026-11-22"


def statuses(guideline: Guideline, folder: Path) -> dict[tuple[str, str], str]:
    """Return what each patient is answered, one by one, also what does not apply."""
    return {
        (path.stem, action["action"]): action["status"]
        for path in sorted(folder.iterdir())
        for answered in guideline.assess_all(path, everything=True)
        for action in answered.record["actions"]
    }


def counted(told: dict[str, Any]) -> dict[tuple[str, str, str], int]:
    return {
        (one["intervention"], one["before"], one["after"]): one["patients"]
        for one in told["interventions"]
    }


def differing(
    old: dict[tuple[str, str], str], new: dict[tuple[str, str], str]
) -> tuple[dict[tuple[str, str, str], int], int]:
    """Return how many are answered otherwise about each intervention, and how many are at all."""
    found: dict[tuple[str, str, str], int] = {}
    who = set()
    for key in old | new:
        before, after = old.get(key, "not-applicable"), new.get(key, "not-applicable")
        if before != after:
            who.add(key[0])
            found[key[1], before, after] = found.get((key[1], before, after), 0) + 1
    return found, len(who)


@pytest.mark.slow
def test_diff_tells_whom_among_patients_as_both_versions_answer_one_by_one(tmp_path: Path) -> None:
    folder, old = cases(tmp_path / "cases", 7), older(tmp_path / "ontology")
    asked = ("diff", str(old), str(SEED), "--cohort", str(folder), "--allow-outside")
    code, out, _ = run(*asked, "--format", "json")
    record = json.loads(out)
    (told,) = record["against"]
    theirs, changed = differing(
        statuses(Guideline.load(old, allow_outside=True), folder),
        statuses(shipped.guideline(), folder),
    )
    assert counted(told) == theirs
    assert theirs
    assert (code, told["changed"], told["compared"]) == (1, changed, 7)
    assert record["patients"]["assessed"] == 7
    text = run(*asked)[1]
    assert f"answered otherwise: {changed} of 7 patients" in text
    out = run(*asked, "--format", "json", "--suppress", "100")[1]
    (told,) = json.loads(out)["against"]
    assert {one["patients"] for one in told["interventions"]} == {None}
    assert told["compared"] is told["changed"] is None
    same = ("diff", str(SEED), str(SEED), "--cohort", str(folder))
    assert run(*same)[0] == 0


@pytest.mark.slow
def test_numbers_that_are_withheld_are_not_those_of_everybody(tmp_path: Path) -> None:
    """Of three patients one is not answered, and none of these numbers is told."""
    folder = cases(tmp_path / "cases", 2)
    (folder / "wrong.ttl").write_text(
        f'{PREFIXES}:w a ind:PatientCase ; ind:asOf "{DATE}"^^xsd:date ; '
        "ind:hasFinding [ a spine:CordCompression ] ; ind:excludes spine:CordCompression .\n",
        encoding="utf-8",
    )
    found = diff_among(str(SEED), str(SEED), Patients(folder, suppress=5))
    assert found.record["patients"]["total"] is None
    assert not found.is_whole


MERGED = TESTS / "merge" / "contradiction-on-one-intervention"
CASE = """\
@prefix : <https://example.org/{name}#> .
@prefix ex: <https://example.org/terms/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:case a ind:PatientCase ; ind:asOf "2026-01-01"^^xsd:date {said} .
"""
SAID = {
    "both": "; ind:hasFinding [ a ex:Pain ] , [ a ex:Fever ]",
    "pain": "; ind:hasFinding [ a ex:Pain ]",
    "fever": "; ind:hasFinding [ a ex:Fever ]",
    "nothing": "",
    "painless": "; ind:excludes ex:Pain",
}


@pytest.mark.slow
def test_merge_tells_for_whom_guidelines_are_at_odds(tmp_path: Path) -> None:
    """As each guideline and both together answer one by one."""
    folder = tmp_path / "cases"
    folder.mkdir()
    for name, said in SAID.items():
        nodes = re.sub(r"\[ a ex:(\w+) \]", r":\1", said)
        typed = "".join(f":{one} a ex:{one} .\n" for one in re.findall(r"a ex:(\w+)", said))
        text = CASE.format(name=name, said=nodes) + typed
        (folder / f"{name}.ttl").write_text(text, encoding="utf-8")
    files = [str(MERGED / "a.ttl"), str(MERGED / "b.ttl")]
    code, out, _ = run("merge", *files, "--cohort", str(folder), "--format", "json")
    record = json.loads(out)
    assert run("merge", *files, "-o", str(tmp_path / "merged.trig"))[0] == 1
    together = statuses(Guideline.load(tmp_path / "merged.trig"), folder)
    conflicting = [key for key, status in together.items() if status == "conflicting"]
    assert [one["patients"] for one in record["conflicting"]] == [len(conflicting)] == [1]
    assert code == 1
    assert len(record["against"]) == 2
    for file, told in zip(files, record["against"], strict=True):
        theirs, changed = differing(statuses(Guideline.load(file), folder), together)
        assert counted(told) == theirs
        assert (told["changed"], told["compared"]) == (changed, len(SAID))
        assert changed
    text = run("merge", *files, "--cohort", str(folder))[1]
    assert "ADVISED AND ADVISED AGAINST AT ONCE\n          1  aspirin" in text
    assert text.count("AGAINST Guideline ") == 2
    hold_to_one_line("merge", *files, "--cohort", str(folder), "-o", str(tmp_path / "x.trig"))


@pytest.mark.slow
def test_update_takes_patients_as_well(tmp_path: Path) -> None:
    folder = cases(tmp_path / "cases", 3)
    code, out, _ = run(
        *("update", str(EXAMPLES / "institution"), "--cohort", str(folder)),
        *("--seconds", "5", "--as-of", DATE, "--format", "json"),
    )
    record = json.loads(out)
    assert code == 0
    assert [one["compared"] for one in record["against"]] == [3]
    assert [one["changed"] for one in record["against"]] == [0]


@pytest.mark.slow
def test_misuse_is_told_in_one_line(tmp_path: Path) -> None:
    folder = cases(tmp_path / "cases", 1)
    asked = ("diff", str(SEED), str(SEED))
    hold_to_one_line(*asked, "--cohort", str(folder), "--format", "sarif")
    hold_to_one_line(*asked, "--cohort", str(folder), "--cases", str(folder))
    hold_to_one_line(*asked, "--cohort", str(folder), "--suppress", "1")
    hold_to_one_line(*asked, "--cohort", "-")
    hold_to_one_line(*asked, "--cohort", str(tmp_path / "nowhere"))
    hold_to_one_line(*asked, "--suppress", "5")
    hold_to_one_line(*asked, "--as-of", DATE)
    hold_to_one_line(*asked, "--codes", "x.tsv")
