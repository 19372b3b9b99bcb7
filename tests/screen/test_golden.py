"""Ten texts as they are printed: what a change does to them is read line by line.

``python tests/screen/test_golden.py`` writes them anew.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final, Literal

import pytest

from indicant.api.guideline import Guideline
from indicant.guideline.wording import table
from indicant.screen.records import PARTS

HERE: Final = Path(__file__).parent / "golden"
ROOT: Final = Path(__file__).parents[2]
OPIOIDS: Final = "opioids-for-pain"
CASES: Final[dict[str, tuple[str | None, str | None]]] = {
    "the-patient-of-the-source": (None, None),
    "after-seven-months": (None, "examples/after-seven-months.ttl"),
    **{
        name: (None, f"tests/assess/{folder}/case.ttl")
        for name, folder in (
            ("urgent-referral", "urgent-neurosurgical-referral-fires-myelopathy"),
            ("urgent-and-open", "urgent-neurosurgical-referral-open-root-compression"),
            ("in-conflict", "foraminotomy-fires-against-degeneration-alone"),
            ("waiting-for-images", "formal-physical-therapy-open-mri-awaited"),
            ("but-not", "manual-therapy-fires-spasm-but-not-manipulation"),
        )
    },
    "opioids-and-a-benzodiazepine": (OPIOIDS, None),
    **{
        name: (OPIOIDS, f"tests/opioids-for-pain/{folder}/case.ttl")
        for name, folder in (
            ("opioids-extended-release", "begin-with-immediate-release-fires-extended-release"),
            (
                "opioids-and-a-disorder",
                "medication-for-the-disorder-fires-disorder-without-medication",
            ),
        )
    },
}
Detail = Literal["brief", "normal"]


def printed(name: str, detail: Detail) -> str:
    guideline, case = CASES[name]
    made = Guideline.load(guideline)
    found = made.assess(made.example() if case is None else ROOT / case)
    return found.to_text(detail=detail)


@pytest.mark.slow
@pytest.mark.many(4)
@pytest.mark.parametrize("detail", ["brief", "normal"])
@pytest.mark.parametrize("name", CASES)
def test_a_text_is_the_one_that_was_read(name: str, detail: Detail) -> None:
    assert printed(name, detail) == (HERE / f"{name}.{detail}.txt").read_text(encoding="utf-8")


# What is longer than a screen of 40 lines, or than 100, with the reason.
LONGER: Final = {
    (
        "after-seven-months",
        "brief",
    ): 58,  # eleven interventions are open and eleven are decided, each with why
    ("in-conflict", "brief"): 50,  # a conflict is never folded, nor what is urgent and open
    ("but-not", "brief"): 55,  # two proposals, each with its reason
    ("opioids-and-a-benzodiazepine", "brief"): 55,
    ("opioids-extended-release", "brief"): 52,
    ("after-seven-months", "normal"): 108,
    ("in-conflict", "normal"): 110,
    ("waiting-for-images", "normal"): 105,
    ("but-not", "normal"): 116,
    ("opioids-and-a-benzodiazepine", "normal"): 122,
    ("opioids-extended-release", "normal"): 123,
}
BUDGETS: Final = {"brief": 40, "normal": 100}


@pytest.mark.parametrize("detail", BUDGETS)
@pytest.mark.parametrize("name", CASES)
def test_a_text_is_as_long_as_it_may_be(name: str, detail: str) -> None:
    lines = (HERE / f"{name}.{detail}.txt").read_text(encoding="utf-8").splitlines()
    most = LONGER.get((name, detail), BUDGETS[detail])
    assert len(lines) <= most
    # What has become shorter is held to that.
    assert (name, detail) not in LONGER or len(lines) == most > BUDGETS[detail]


@pytest.mark.parametrize("detail", BUDGETS)
@pytest.mark.parametrize("name", CASES)
def test_parts_stand_in_their_order(name: str, detail: str) -> None:
    lines = (HERE / f"{name}.{detail}.txt").read_text(encoding="utf-8").splitlines()
    titles = {table("en")["title"][part].upper(): place for place, part in enumerate(PARTS)}
    found = [titles[one.partition(" (")[0]] for one in lines if one.partition(" (")[0] in titles]
    assert len(found) > 3
    assert found == sorted(found)


def test_there_is_no_text_of_nobody() -> None:
    wanted = {f"{name}.{detail}.txt" for name in CASES for detail in ("brief", "normal")}
    assert {one.name for one in HERE.iterdir()} == wanted


if __name__ == "__main__":
    DETAILS: tuple[Detail, ...] = ("brief", "normal")
    for each in CASES:
        for much in DETAILS:
            text = printed(each, much)
            (HERE / f"{each}.{much}.txt").write_text(text, encoding="utf-8")
            sys.stdout.write(f"{each} {much} {len(text.splitlines())} lines\n")
