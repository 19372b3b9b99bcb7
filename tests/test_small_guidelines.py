"""The small guidelines among the examples: each holds, and a score is answered as by hand."""

from __future__ import annotations

import functools
import itertools
import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import pytest

from each import each
from indicant import Case, Guideline
from places import EXAMPLES
from running import run

if TYPE_CHECKING:
    from pathlib import Path

    from indicant import Report

T = TypeVar("T")
FOLDERS = sorted(path.parent for path in (EXAMPLES / "guidelines").glob("*/guideline.ttl"))
LINES = 250
CASES = 300
AF = "https://example.org/anticoagulation-by-score/"
HIGH, CONSIDER = "anticoagulate-at-high-risk", "consider-at-intermediate-risk"
SINGLE = ("HeartFailure", "Hypertension", "Diabetes", "VascularDisease")
BANDS = {50: 0, 64: 0, 65: 1, 74: 1, 75: 2, 90: 2}
SEXES = ("Male", "Female", "OtherSex")


def name(path: Path) -> str:
    return path.name


def serious(report: Report) -> list[str]:
    """Return what a report finds above a note and nobody has accepted."""
    return [one.message for one in report.results if one.level != "note" and one.accepted is None]


def test_there_are_small_guidelines() -> None:
    assert len(FOLDERS) >= 6


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_it_is_sound(folder: Path) -> None:
    guideline = Guideline.load(folder)
    assert serious(guideline.check()) == []
    assert serious(guideline.verify()) == []


def test_whoever_counts_courses_is_not_told_to_say_that_there_is_one() -> None:
    report = Guideline.load(EXAMPLES / "guidelines" / "two-failed-antidepressants").verify()
    (hint,) = {one.help for one in report.results if one.rule == "irrefutable-facet"}
    assert hint == "a criterion demands several of them, so that only such a case can settle it"


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_its_cases_exercise_all_of_it(folder: Path) -> None:
    outcome = Guideline.load(folder).test(folder / "tests", fail_under=100)
    assert [one.message for one in outcome.report.results] == []
    assert outcome.report.holds


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_its_passages_stand_in_the_summary_beside_it(folder: Path) -> None:
    code, printed, errors = run(
        "verify-source", str(folder / "source.md"), "--guideline", str(folder)
    )
    assert (code, errors) == (0, "")
    assert "passages match" in printed


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_it_is_small_and_in_the_form_of_the_house(folder: Path) -> None:
    for path in each(folder.glob("*.ttl")):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) < LINES, path
    for path in each(folder.rglob("*.ttl")):
        text = path.read_text(encoding="utf-8")
        assert Guideline.format_turtle(text) == text, path


# ------------------------------------------------------------------------------ a score by hand


@dataclass(frozen=True)
class Patient:
    """What is known of a patient: what is open is None."""

    fibrillation: bool | None
    single: tuple[bool | None, ...]
    clot: bool | None
    age: int | None
    sex: str | None

    def answers(self) -> dict[str, str]:
        """Return the answers by trying all that the patient may be."""
        found: dict[str, set[bool]] = {HIGH: set(), CONSIDER: set()}
        either = (True, False)
        conditions = (self.fibrillation, self.clot, *self.single)
        for age, sex, (fibrillation, clot, *single) in itertools.product(
            known(self.age, tuple(BANDS)),
            known(self.sex, SEXES),
            itertools.product(*(known(one, either) for one in conditions)),
        ):
            points = 2 * clot + sum(single) + BANDS[age] + (sex == "Female")
            least = {"Male": 2, "Female": 3}.get(sex, math.inf)
            found[HIGH].add(fibrillation and points >= least)
            found[CONSIDER].add(fibrillation and points + 1 == least)
        return {
            one: "open" if len(all_) > 1 else "met" if all_ == {True} else "refuted"
            for one, all_ in found.items()
        }

    def case(self, chance: random.Random) -> Case:
        """Return the case; what was there once is over or not, an age may be a birth date."""
        said = ["a ind:PatientCase", 'ind:asOf "2026-11-22"^^xsd:date']
        terms = ("AtrialFibrillation", *SINGLE)
        for term, state in zip(terms, (self.fibrillation, *self.single), strict=True):
            if state is not None:
                said.append(
                    f"ind:hasFinding [ a af:{term} ]" if state else f"ind:excludes af:{term}"
                )
        if self.clot:
            role = chance.choice(("hadFinding", "hasFinding"))
            said.append(f"ind:{role} [ a af:Thromboembolism ]")
        elif self.clot is not None:
            said.append("ind:neverHad af:Thromboembolism")
        elif chance.random() < 0.5:
            said.append("ind:excludes af:Thromboembolism")
        if self.age is not None:
            born = f'ind:birthDate "{2026 - self.age}-11-22"^^xsd:date'
            said.append(chance.choice((born, f"ind:ageInYears {self.age}")))
        if self.sex is not None:
            said.append(f"ind:sex ind:{self.sex}")
        return Case.parse(
            "@prefix ind: <https://w3id.org/indicant/core/> .\n"
            "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
            f"@prefix af: <{AF}> .\n<urn:case> {' ; '.join(said)} ."
        )


def known(value: T | None, options: tuple[T, ...]) -> tuple[T, ...]:
    return options if value is None else (value,)


def drawn(chance: random.Random) -> Patient:
    """Draw a patient of whom more or less is known."""
    unknown = chance.choice((0.0, 0.0, 0.15, 0.4, 0.8))

    def one(*options: T) -> T | None:
        return None if chance.random() < unknown else chance.choice(options)

    return Patient(
        fibrillation=chance.choice((True, True, True, True, None, False)),
        single=tuple(one(True, *4 * [False]) for _ in SINGLE),
        clot=one(True, *4 * [False]),
        age=one(*BANDS, 50, 65),
        sex=one(*SEXES, *2 * ["Male", "Female"]),
    )


@functools.cache
def patients() -> tuple[tuple[Patient, Case], ...]:
    chance = random.Random(15)  # noqa: S311 - which cases are drawn guards nothing
    people = [drawn(chance) for _ in range(CASES)]
    return tuple((one, one.case(chance)) for one in people)


def answered(guideline: Guideline, case: Case) -> dict[str, str]:
    action = guideline.assess(case)["OralAnticoagulation"]
    return {one.iri.removeprefix(AF): one.answer.value for one in action.recommendations}


def test_what_is_drawn_has_every_answer() -> None:
    for name_ in (HIGH, CONSIDER):
        counted = [one.answers()[name_] for one, _ in patients()]
        assert min(counted.count(answer) for answer in ("met", "refuted", "open")) >= 10


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "step"), [("oxigraph", 1), ("hermit", CASES // 5)])
def test_the_score_is_answered_as_by_hand(engine: str, step: int) -> None:
    guideline = Guideline.load(EXAMPLES / "guidelines" / "anticoagulation-by-score", engine=engine)
    for patient, case in each(patients()[::step]):
        assert answered(guideline, case) == patient.answers(), guideline.to_turtle(case)
