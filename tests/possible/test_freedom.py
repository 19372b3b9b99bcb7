"""What derivations may write is free in a possible case, and what rests on it says so."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from indicant.diff.differences import compare
from indicant.diff.revisions import open_version
from indicant.files.sources import load
from indicant.possible.freedom import Freedom
from indicant.possible.verification import verify
from soaking import CRITERIA, EX, SOAKED, guideline

if TYPE_CHECKING:
    from pathlib import Path

    from indicant.diff.differences import Difference

FREE = "what soaked writes is taken as free"
AGAINST = {"soaked": "rain", "rain": "dried"}


def compared(old: Path, new: Path) -> Difference:
    with ExitStack() as stack:
        return compare(*(open_version(stack, str(one)) for one in (old, new)))


@pytest.mark.slow
def test_a_finding_says_that_it_rests_on_what_is_derived(tmp_path: Path) -> None:
    place = guideline(tmp_path, {"soaked": SOAKED}, against=AGAINST)
    told = {one.about: one for one in verify(load(place)).results if one.rule == "conflict"}
    resting = told[f"{EX}soaked", f"{EX}not-for-soaked"]
    assert FREE in resting.message
    assert resting.data["derivations"] == [f"{EX}derivations/soaked"]
    other = told[f"{EX}rain", f"{EX}not-for-rain"]
    assert FREE not in other.message
    assert "derivations" not in other.data


@pytest.mark.slow
def test_without_derivations_nothing_is_said_of_them(tmp_path: Path) -> None:
    report = verify(load(guideline(tmp_path, {}, against=AGAINST)))
    assert report.results
    assert not any("free" in one.message for one in report.results)


@pytest.mark.slow
def test_a_difference_says_so_as_well(tmp_path: Path) -> None:
    old = guideline(tmp_path / "old", {"soaked": SOAKED})
    deeper = CRITERIA["deep"].replace("5 ]", "6 ]")
    new = guideline(tmp_path / "new", {"soaked": SOAKED}, {**CRITERIA, "deep": deeper})
    found = compared(old, new)
    assert {one.subject for one in found.behaviour} == {f"{EX}ForDeep"}
    assert [[rule.name for rule in one.free] for one in found.behaviour] == [
        ["soaked"] for _ in found.behaviour
    ]
    assert FREE in str(found)
    assert found.undecided == ()


@pytest.mark.slow
def test_what_no_derivation_bears_on_is_not_free(tmp_path: Path) -> None:
    old = guideline(tmp_path / "old", {"soaked": SOAKED})
    storm = CRITERIA["rain"].replace("ex:Rain", "ex:Storm")
    new = guideline(tmp_path / "new", {"soaked": SOAKED}, {**CRITERIA, "rain": storm})
    found = compared(old, new)
    assert [one.free for one in found.behaviour] == [() for _ in found.behaviour]
    assert FREE not in str(found)


def test_without_rules_nothing_is_looked_up() -> None:
    from indicant.compile.model import Model

    assert Freedom((), Model()).about([EX + "soaked"]) == []
