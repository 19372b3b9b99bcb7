"""The guidelines on the neck and on opioids put together: what they say to one another."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from indicant.cli import main
from indicant.terms import local_name
from places import EXAMPLES, ONTOLOGY, SEED
from running import make_test

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = EXAMPLES / "opioids-after-fusion"
OPIOIDS = ONTOLOGY / "guidelines" / "opioids-for-pain"
AS_OF = "2026-11-22"


def merged(
    capsys: pytest.CaptureFixture[str], *more: str | Path, as_of: str = AS_OF
) -> tuple[int, list[dict[str, Any]]]:
    """Merge the two with an overlay, and return how it ended and what was found."""
    arguments = [SEED, OPIOIDS, *more, "--as-of", as_of, "--format", "json"]
    ended = main(["merge", *map(str, arguments)])
    return ended, json.loads(capsys.readouterr().out)["results"]


def table() -> list[list[str]]:
    """Return the rows of what a patient gets, as the page has them."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8").partition("## What a patient gets")[2]
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return rows[2:]


@pytest.mark.slow
def test_its_pipeline_passes_on_a_clean_copy(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    shutil.copytree(ONTOLOGY, tmp_path / "ontology")
    copy = tmp_path / "examples" / FOLDER.name
    shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("build"))
    output = make_test(copy, f"AS_OF={AS_OF}")
    assert "9 duplications; 1 settled; written to build/merged.trig" in output
    assert "3 cases as expected" in output
    assert "all holds" in output


@pytest.mark.slow
def test_the_two_alone_share_no_term(capsys: pytest.CaptureFixture[str]) -> None:
    assert merged(capsys) == (0, [])


@pytest.mark.slow
def test_every_interaction_is_told_and_settled_or_an_agreement(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ended, found = merged(capsys, FOLDER / "overlay")
    assert ended == 0
    rules = Counter((one["rule"], bool(one.get("accepted"))) for one in found)
    assert rules == {("duplication", False): 9, ("contradiction", True): 1}
    (one,) = (one for one in found if one["rule"] == "contradiction")
    assert {local_name(iri) for iri in one["about"]} >= {
        "begin-with-immediate-release",
        "no-long-supply",
    }
    agreed = [set(map(local_name, one["about"])) for one in found if one["rule"] == "duplication"]
    kinds = {"nsaid", "gabapentin", "pregabalin", "muscle-relaxant", "formal-physical-therapy"}
    kinds |= {"cervical-epidural-steroid-injection", "facet-joint-injection"}
    kinds |= {"conservative-care-for-degeneration", "not-extended-release-at-first"}
    assert all(any(kind in about for about in agreed) for kind in kinds)


@pytest.mark.slow
def test_once_the_decision_has_run_out_the_contradiction_is_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ended, found = merged(capsys, FOLDER / "overlay", as_of="2028-10-01")
    assert ended == 1
    left = {one["rule"] for one in found if not one.get("accepted")}
    assert left >= {"contradiction", "expired-resolution"}


def test_the_page_says_what_the_cases_expect() -> None:
    told = {row[0]: row[1:] for row in table()}
    rows = {
        "ImmediateReleaseOpioidOrder": "immediate release",
        "LongTermOpioidTherapy": "long-term opioid therapy",
        "NonopioidTherapy": "therapy without opioids",
        "OpioidAnalgesicOrder": "an order for an opioid analgesic",
        "ExtendedReleaseOpioidOrder": "extended release",
    }
    words = {"recommended": "recommended", "contraindicated": "contraindicated"}
    kinds = ["silent-7-days", "fires-28-days", "open-supply-not-recorded"]
    compared = 0
    for number, kind in enumerate(kinds):
        file = FOLDER / "tests" / f"no-long-supply-{kind}" / "expected.json"
        for action, status in json.loads(file.read_text(encoding="utf-8"))["actions"].items():
            if action in rows:
                cell = told[rows[action]][number]
                assert cell.startswith(words.get(status, "open")), (kind, action)
                compared += 1
    assert compared >= 10
