"""Processes that help say of every patient what one process says, whatever happens to them."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import exporting
from each import each
from exporting import complete
from indicant import Guideline
from indicant.api.cohort import answer, recipe_of
from indicant.cohort import helping
from indicant.cohort.parting import _subjects
from indicant.errors import IndicantError
from indicant.intake.decoding import Decoder
from indicant.intake.sieve import glanced
from indicant.process import sandbox
from places import SHARED
from running import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATE = "2026-11-22"
NAME = "neck-pain-after-lumbar-fusion"
COMPLETE = complete("ind:recordsAllProposals true")


def odd(dice: random.Random) -> Iterator[str]:
    """Yield lines of which each is odd in its own way."""
    about = {"subject": {"reference": "Patient/p1-3"}}
    code = {"coding": [{"system": "http://snomed.info/sct", "code": "81680005"}]}
    for record in (
        {"resourceType": "Condition", "id": "x1", "subject": {"reference": "urn:uuid:p1-4"}},
        {"resourceType": "Condition", "id": "x2", "subject": {"reference": "Group/all"}},
        {"resourceType": "Condition", "id": "x3", "code": code},
        {"resourceType": "Condition", "id": "x4", "code": code, **about},
        {"resourceType": "Condition", "id": "x4", "code": code, **about, "note": []},
        {"resourceType": "Procedure", "id": 7, "code": code, **about},
        {"resourceType": "Procedure", "code": code, **about},
        {"resourceType": "Procedure", "id": "x6", "code": 7, **about},
        {"resourceType": "Organization", "id": "o"},
        {"resourceType": "Nonsense", "id": "n", **about},
        {"resourceType": "Patient", "id": "p1-5", "gender": "female"},
        {
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [{"request": {"method": "DELETE", "url": "Condition/x4"}}],
        },
        {
            "resourceType": "MedicationRequest",
            "id": "x9",
            "status": "active",
            "medicationReference": {"reference": "#m"},
            "contained": [{"resourceType": "Medication", "id": "m", "code": code}],
            **about,
        },
        {
            "resourceType": "Condition",
            "id": "x10",
            "code": code,
            "modifierExtension": [{"url": "https://a.example"}],
            **about,
        },
    ):
        if dice.random() < 0.8:
            yield json.dumps(record)
    yield '{"resourceType": "Condition", "id": '
    yield '{"resourceType": "Condition", "id": "x11", "id": "x12", "subject": {}}'


def export(folder: Path, seed: int) -> Path:
    """Write an export of which the lines stand in no order, some of them odd."""
    dice = random.Random(seed)  # noqa: S311
    exporting.write(folder, 40, Guideline.load(NAME).assessor, seed=1)
    files = sorted(folder.iterdir())
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    lines += odd(dice)
    dice.shuffle(lines)
    for file in files:
        file.unlink()
    for line in lines:
        name = f"{dice.choice(('a', 'b', 'c'))}.ndjson"
        with (folder / name).open("a", encoding="utf-8") as out:
            out.write(f"{line}\n")
    return folder


def told(folder: Path, out: Path, **how: Any) -> tuple[dict[str, Any], list[Any], list[Any]]:
    """Return the summary, the rows by patient and those by intervention."""
    found = answer(Guideline.load(NAME), folder, as_of=DATE, output=out, **how)
    return (
        found.record,
        pl.read_parquet(out / "patients.parquet").drop("pattern").rows(),
        pl.read_parquet(out / "interventions.parquet").rows(),
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_it_makes_no_difference_how_many_processes_read(seed: int, tmp_path: Path) -> None:
    folder = export(tmp_path / "bulk", seed)
    file = tmp_path / "complete.ttl"
    file.write_text(COMPLETE, encoding="utf-8")
    compared = 0
    for how in ({}, {"completeness": file}):
        name = f"{len(how)}"
        alone = told(folder, tmp_path / f"a{name}", parts=3, processes=1, **how)
        helped = told(folder, tmp_path / f"b{name}", parts=3, processes=2, **how)
        assert helped == alone
        whole = told(folder, tmp_path / f"c{name}", parts=1, **how)
        assert whole[0] == alone[0]
        assert sorted(map(str, whole[1])) == sorted(map(str, alone[1]))
        assert sorted(map(str, whole[2])) == sorted(map(str, alone[2]))
        assert alone[0]["intake"]["brokenLines"] == 1
        compared += len(alone[1])
    assert compared == 80


@pytest.mark.slow
def test_a_bulk_export_is_answered_alike_by_several_processes(tmp_path: Path) -> None:
    folder = SHARED / "fhir" / "bulk-10"
    if not folder.is_dir():
        pytest.skip("no bulk export of Synthea in ../shared")
    alone = told(folder, tmp_path / "a", parts=1)
    helped = told(folder, tmp_path / "b", parts=4, processes=2)
    assert helped[0] == alone[0]
    assert sorted(map(str, helped[2])) == sorted(map(str, alone[2]))
    assert len(alone[1]) == 13


@pytest.mark.slow
def test_a_process_that_is_ended_is_started_again_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = export(tmp_path / "bulk", 1)
    alone = told(folder, tmp_path / "a", parts=3, processes=1)
    answered = sandbox.Worker._answer
    ended: list[object] = []

    def ending(self: sandbox.Worker, process: Any, *rest: Any) -> bytes:
        if len(ended) < most:
            ended.append(process)
            process.kill()
        return answered(self, process, *rest)

    monkeypatch.setattr(sandbox.Worker, "_answer", ending)
    most = 1
    assert told(folder, tmp_path / "b", parts=3, processes=2) == alone
    assert len(ended) == 1
    most = 1_000
    with pytest.raises(IndicantError, match="ended twice: SIGKILL") as error:
        told(folder, tmp_path / "c", parts=3, processes=2)
    assert "--processes 1" in str(error.value.help)
    assert not (tmp_path / "c").exists()


@pytest.mark.slow
def test_who_stops_early_leaves_no_process() -> None:
    asked = recipe_of(Guideline.load(NAME)).told(_options())
    assert asked is not None
    with helping.helped(asked, 2) as helpers:
        list(helpers.answers([{"do": "nothing"}] * 3))
        started = [one._process for one in helpers._workers if one._process is not None]
        assert any(one.poll() is None for one in started)
    assert all(one.poll() is not None for one in started)


def _options() -> Any:
    import datetime

    from indicant.intake.patients import Options

    return Options(datetime.date.fromisoformat(DATE))


def test_the_number_of_processes_is_one_at_least() -> None:
    code, _, err = run("cohort", "examples/tables", "--as-of", DATE, "--processes", "0")
    assert code == 2
    assert "--processes takes a number from 1 on" in err
    assert helping.usual() >= 1


PIECES = (
    *('{"resourceType": "Basic", "id": "a"', '{"id": "a", "resourceType": "Basic"'),
    *(', "x": 1.50', ', "x": -0', ', "x": 1e999', ', "x": NaN', ', "x": 01', ', "x": .5'),
    *(', "x": "\\u0041"', ', "x": "\\ud800"', ', "x": "\\q"', ', "x": "\t"', ', "x": "\x7f"'),
    *(', "id": "b"', ', "id": 5', ', "subject": {"reference": 5}', ', "subject": 1.0'),
    *(', "subject": {"reference": "Patient/p"}', ', "x": ' + "[" * 60 + "]" * 60, ', "x": [[]'),
    *(', "x": null', ",", "}", "}}", " ", "\u00a0", "\x0c", "\ufeff", '"', ', "é": "ü"'),
)
"""What lines are put together from."""


@pytest.mark.many(1)
def test_what_is_taken_at_a_glance_the_decoder_takes_and_reads_alike() -> None:
    dice = random.Random(1)  # noqa: S311
    taken = refused = 0
    for number in each(range(20_000)):
        pieces = [*dice.choices(PIECES[:2]), *dice.choices(PIECES, k=dice.randrange(3)), "}"]
        data = "".join(pieces).encode("utf-8", "surrogatepass")
        if number % 5 == 0:
            at = dice.randrange(len(data))
            data = data[:at] + bytes([dice.randrange(256)]) + data[at + 1 :]
        found = glanced(data)
        if found is None:
            refused += 1
            continue
        taken += 1
        strict = Decoder().whole(data.decode("utf-8").strip())
        for name in ("resourceType", "id"):
            assert found.get(name) == strict.get(name)
            assert type(found.get(name)) is type(strict.get(name))
        assert list(_subjects(found)) == list(_subjects(strict))
        assert list(found) == list(strict)
    assert taken > 3_000
    assert refused > 3_000
