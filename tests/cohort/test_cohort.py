"""The command: what it prints, what it writes, and what it tells of sources that are odd."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import shipped
from cohorts import cases, older
from indicant import Guideline
from indicant.api.cohort import answer
from indicant.errors import IndicantError
from packing import PACKINGS
from places import ASSESS, EXAMPLES, SEED, SHARED
from running import environment, hold_to_one_line, run
from shipped import PREFIXES

if TYPE_CHECKING:
    from pathlib import Path

    from indicant import Case

DATE = "2026-11-22"
BULK = SHARED / "fhir" / "bulk-10"
SNOMED = "http://snomed.info/sct"


def lines(folder: Path, name: str, *records: dict[str, Any] | str) -> Path:
    """Write records into a file of NDJSON, one after the other."""
    folder.mkdir(exist_ok=True)
    with (folder / name).open("a", encoding="utf-8") as file:
        for one in records:
            file.write(f"{one if isinstance(one, str) else json.dumps(one)}\n")
    return folder


def patient(name: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": name, **more}


def pain(name: str, of: str, code: str = "81680005") -> dict[str, Any]:
    """Return a record of neck pain that is there."""
    return {
        "resourceType": "Condition",
        "id": name,
        "subject": {"reference": f"Patient/{of}"},
        "code": {"coding": [{"system": SNOMED, "code": code}]},
        "clinicalStatus": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                    "code": "active",
                }
            ]
        },
    }


def summary(*arguments: str) -> tuple[int, dict[str, Any]]:
    code, out, _ = run("cohort", *arguments, "--format", "json")
    found: dict[str, Any] = json.loads(out)
    return code, found


def read(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file in any form."""
    if path.suffix == ".csv":
        return pl.read_csv(path).to_dicts()
    return (pl.read_ndjson(path) if path.suffix == ".ndjson" else pl.read_parquet(path)).to_dicts()


def actions(guideline: Guideline, case: Case | Path) -> list[Any]:
    """Return what is answered about one patient, also what does not apply."""
    (found,) = guideline.assess_all(case, everything=True)
    return found.record["actions"]


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    return pl.read_parquet(folder / f"{name}.parquet").to_dicts()


def test_a_folder_of_cases_is_added_up(tmp_path: Path) -> None:
    folder, out = cases(tmp_path / "cases"), tmp_path / "answers"
    code, told = summary(str(folder), "-o", str(out))
    assert code == 0
    assert told["patients"] == {
        "total": 6,
        "assessed": 6,
        "inconsistent": 0,
        "invalid": 0,
        "twice": 0,
    }
    guideline = shipped.guideline()
    counted: dict[str, dict[str, int]] = {}
    for path in sorted(folder.iterdir()):
        for action in actions(guideline, path):
            row = counted.setdefault(action["action"], {})
            row[action["status"]] = row.get(action["status"], 0) + 1
    assert counted == {
        one["intervention"]: {name: many for name, many in one["patients"].items() if many}
        for one in told["interventions"]
    }
    assert json.loads((out / "summary.json").read_text()) == told
    assert sorted(one.name for one in out.iterdir()) == [
        "interventions.parquet",
        "patients.parquet",
        "patterns.parquet",
        "recommendations.parquet",
        "summary.json",
    ]


@pytest.mark.slow
def test_the_rows_are_the_same_in_every_form(tmp_path: Path) -> None:
    folder = cases(tmp_path / "cases")
    found: dict[str, list[list[str]]] = {}
    for form in ("parquet", "csv", "ndjson"):
        out = tmp_path / form
        assert run("cohort", str(folder), "-o", str(out), "--rows", form, "--all")[0] == 0
        for name in ("patients", "interventions", "recommendations"):
            table = read(out / f"{name}.{form}")
            told = [
                ["" if value is None else str(value) for value in row.values()] for row in table
            ]
            assert found.setdefault(name, told) == told
    assert len(found["interventions"]) == 6 * 29
    assert len(found["patients"]) == 6
    with (tmp_path / "csv" / "interventions.csv").open(newline="") as file:
        assert next(csv.reader(file))[:4] == ["patient", "intervention", "label", "status"]


@pytest.mark.slow
def test_the_same_source_gives_the_same_bytes(tmp_path: Path) -> None:
    folder = cases(tmp_path / "cases")
    for name in ("one", "other"):
        assert run("cohort", str(folder), "-o", str(tmp_path / name), "--rows", "csv")[0] == 0
    for file in sorted((tmp_path / "one").iterdir()):
        assert file.read_bytes() == (tmp_path / "other" / file.name).read_bytes()


@pytest.mark.slow
def test_what_does_not_apply_is_left_out_unless_it_is_asked_for(tmp_path: Path) -> None:
    folder = cases(tmp_path / "cases")
    run("cohort", str(folder), "-o", str(tmp_path / "few"))
    statuses = {row["status"] for row in rows(tmp_path / "few", "interventions")}
    assert "undetermined" in statuses
    assert "not-applicable" not in statuses


@pytest.mark.slow
def test_a_case_that_is_not_valid_is_told_and_not_answered(tmp_path: Path) -> None:
    folder, out = cases(tmp_path / "cases", 2), tmp_path / "answers"
    (folder / "wrong.ttl").write_text(
        f'{PREFIXES}:wrong a ind:PatientCase ; ind:asOf "{DATE}"^^xsd:date ; '
        "ind:hasFinding [ a spine:CordCompression ] ; ind:excludes spine:CordCompression .\n",
        encoding="utf-8",
    )
    code, told = summary(str(folder), "-o", str(out))
    assert code == 1
    assert told["patients"]["invalid"] == 1
    (row,) = told["notAssessed"]
    assert row["state"] == "invalid"
    assert "shall not both record" in row["told"]
    (wrong,) = [one for one in rows(out, "patients") if one["state"] == "invalid"]
    assert wrong["place"].endswith("wrong.ttl")
    assert wrong["patient"] not in {one["patient"] for one in rows(out, "interventions")}
    text = run("cohort", str(folder))[1]
    assert "NOT ASSESSED, with a case that is not valid" in text


@pytest.mark.slow
def test_who_stands_in_two_files_is_told_and_not_answered(tmp_path: Path) -> None:
    folder, out = cases(tmp_path / "cases", 3), tmp_path / "answers"
    first = sorted(folder.iterdir())[0]
    shutil.copy(first, folder / "again.ttl")
    code, told = summary(str(folder), "-o", str(out))
    assert code == 1
    assert (told["patients"]["twice"], told["patients"]["assessed"]) == (2, 2)
    twice = [one for one in rows(out, "patients") if one["state"] == "twice"]
    (why,) = {one["told"] for one in twice}
    places = ", ".join(sorted({str(first), str(folder / "again.ttl")}))
    own = "give each an IRI or id of its own"
    assert why == f"{twice[0]['patient']} stands 2 times: {own}: {places}"
    assert [(one["told"], one["patients"]) for one in told["notAssessed"]] == [(why, 2)]
    assert {one["pattern"] for one in twice} == {None}
    text = run("cohort", str(folder))[1]
    assert f"        2  {twice[0]['patient']} stands 2 times: {own}: {tmp_path}" in text
    for number in range(6):
        shutil.copy(first, folder / f"again-{number}.ttl")
    (row,) = summary(str(folder))[1]["notAssessed"]
    assert " stands 8 times: " in row["told"]
    assert row["told"].endswith(" and 5 more")
    # Who stands often is one person all the same, and is not named where small numbers are not.
    code, told = summary(str(folder), "--suppress", "5")
    assert told["notAssessed"] == []
    assert twice[0]["patient"] not in json.dumps(told)


@pytest.mark.slow
def test_records_are_read_in_whatever_order_they_stand(tmp_path: Path) -> None:
    """Those of one patient in several files, some before the patient."""
    straight = lines(tmp_path / "straight", "Patient.ndjson", patient("a"), patient("b"))
    lines(straight, "Condition.ndjson", pain("1", "a"), pain("2", "b"))
    mixed = lines(tmp_path / "mixed", "0.ndjson", pain("2", "b"), patient("b"), pain("1", "a"))
    lines(mixed, "1.ndjson", patient("a"))
    found = []
    for folder in (straight, mixed):
        out = tmp_path / f"{folder.name}-answers"
        assert run("cohort", str(folder), "--as-of", DATE, "-o", str(out))[0] == 0
        found.append(
            sorted(
                (one["patient"], one["intervention"], one["status"])
                for one in rows(out, "interventions")
            )
        )
    assert found[0] == found[1]
    assert {one[0] for one in found[0]} == {"a", "b"}


@pytest.mark.slow
def test_a_patient_of_whom_nothing_is_recorded_is_answered_as_well(tmp_path: Path) -> None:
    folder = lines(tmp_path / "bulk", "Patient.ndjson", patient("a"), patient("nothing"))
    lines(folder, "Condition.ndjson", pain("1", "a"))
    code, told = summary(str(folder), "--as-of", DATE)
    assert code == 0
    assert told["patients"]["assessed"] == 2
    waiting = [one for one in told["interventions"] if one["patients"]["undetermined"]]
    assert waiting


@pytest.mark.slow
def test_a_line_that_is_no_record_is_named_and_counted(tmp_path: Path) -> None:
    folder = lines(tmp_path / "bulk", "Patient.ndjson", patient("a"), "{", patient("b"))
    lines(folder, "Condition.ndjson", pain("1", "a"), "[1, 2]")
    for parts in (1, 3):
        found = answer(shipped.guideline(), folder, as_of=DATE, parts=parts)
        assert not found.is_whole
        told = found.record["intake"]
        assert told["brokenLines"] == 2
        assert {one["reason"]: one["records"] for one in told["notUsed"]}["broken"] == 2
        assert [(one["file"], one["line"]) for one in told["broken"]] == [
            (str(folder / "Condition.ndjson"), 2),
            (str(folder / "Patient.ndjson"), 2),
        ]
        assert f"{folder / 'Patient.ndjson'}:2: the line is no JSON object" in str(found)
    assert run("cohort", str(folder), "--as-of", DATE)[0] == 1


@pytest.mark.slow
@pytest.mark.parametrize("packing", PACKINGS)
def test_what_is_packed_is_read_alike(packing: str, tmp_path: Path) -> None:
    ending, pack = PACKINGS[packing]
    plain = lines(tmp_path / "plain", "Patient.ndjson", patient("a"))
    lines(plain, "Condition.ndjson", pain("1", "a"))
    packed = tmp_path / "packed"
    packed.mkdir()
    for file in plain.iterdir():
        (packed / f"{file.name}{ending}").write_bytes(pack(file.read_bytes()))
    one, other = (summary(str(folder), "--as-of", DATE)[1] for folder in (plain, packed))
    del one["source"], other["source"]
    assert one == other


@pytest.mark.slow
@pytest.mark.slow
@pytest.mark.parametrize("packing", ["", "gzip", "zstd in frames"])
def test_standard_input_is_read_as_a_file_is(packing: str, tmp_path: Path) -> None:
    folder = lines(tmp_path / "bulk", "all.ndjson", patient("a"), pain("1", "a"))
    data = (folder / "all.ndjson").read_bytes()
    by_file = summary(str(folder), "--as-of", DATE)[1]
    done = subprocess.run(
        [sys.executable, "-m", "indicant.cli", "cohort", "-", "--as-of", DATE, "--format", "json"],
        input=PACKINGS[packing][1](data) if packing else data,
        capture_output=True,
        check=False,
        env=environment(),
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    piped = json.loads(done.stdout)
    del by_file["source"], piped["source"]
    assert piped == by_file


@pytest.mark.slow
def test_strata_add_up_to_the_whole(tmp_path: Path) -> None:
    folder = cases(tmp_path / "cases")
    out = tmp_path / "answers"
    run("cohort", str(folder), "-o", str(out))
    names = [one["patient"] for one in rows(out, "patients")]
    table = tmp_path / "sites.csv"
    sites = ["north", "south", "north", "south", "north"]
    text = "".join(f"{one},{site}\n" for one, site in zip(names, sites, strict=False))
    table.write_text(f"patient,stratum\n{text}", encoding="utf-8")
    told = summary(str(folder), "--strata", str(table))[1]
    assert [(one["stratum"], one["patients"]["total"]) for one in told["strata"]] == [
        ("north", 3),
        ("not given", 1),
        ("south", 2),
    ]
    compared = 0
    for one in (*told["interventions"], *told["recommendations"]):
        for word, many in one["patients"].items():
            assert many == sum(each["patients"][word] for each in one["byStratum"])
            compared += 1
    assert compared > 200


@pytest.mark.slow
def test_small_numbers_are_withheld_with_what_gives_them_away(tmp_path: Path) -> None:
    folder = cases(tmp_path / "cases", 7)
    told = summary(str(folder), "--suppress", "5")[1]
    assert told["withheldBelow"] == 5
    hidden = 0
    for one in told["interventions"]:
        numbers = list(one["patients"].values())
        assert all(many is None or many == 0 or many >= 5 for many in numbers)
        assert numbers.count(None) != 1
        hidden += numbers.count(None)
    assert hidden > 10
    assert all(one["answers"] is None or one["answers"] >= 5 for one in told["missing"])
    text = run("cohort", str(folder), "--suppress", "5")[1]
    assert "withheld, since below 5" in text


FAILED = EXAMPLES / "guidelines" / "two-failed-antidepressants"


def depressed(folder: Path, **many: int) -> Path:
    """Make as many cases of each kind as there are to be."""
    folder.mkdir()
    for kind, number in many.items():
        test = FAILED / "tests" / f"esketamine-after-two-{kind.replace('_', '-')}"
        text = (test / "case.ttl").read_text(encoding="utf-8")
        for at in range(number):
            one = re.sub(r"@prefix : <[^>]*>", f"@prefix : <https://x.example/{kind}/{at}#>", text)
            (folder / f"{kind}-{at}.ttl").write_text(one, encoding="utf-8")
    return folder


@pytest.mark.slow
def test_who_lacks_a_fact_does_not_tell_who_is_recommended_what(tmp_path: Path) -> None:
    """Of nine, six are open for want of a fact: three are not."""
    spec = {"open_depression_not_recorded": 6, "fires_two_failed": 3}
    folder = depressed(tmp_path / "cases", **spec)
    own = ("--guideline", str(FAILED))
    whole = summary(str(folder), *own)[1]
    (one,) = [one for one in whole["interventions"] if one["patients"]["recommended"] == 3]
    assert one["patients"]["undetermined"] == 6
    assert 6 in {lack["answers"] for lack in whole["missing"]}
    told = summary(str(folder), *own, "--suppress", "5")[1]
    assert told["patients"]["assessed"] == 9
    numbers = ("answers", "alone", "patients", "closes")
    assert {lack.get(word) for lack in told["missing"] for word in numbers} == {None}
    text = run("cohort", str(folder), *own, "--suppress", "5")[1]
    assert " 6 " not in text.partition("MISSING FACTS")[2]


@pytest.mark.slow
def test_of_few_who_are_not_assessed_it_is_not_told_why(tmp_path: Path) -> None:
    """What is told names their records; and of others no number that gives them away."""
    folder = cases(tmp_path / "cases", 2)
    for number in range(7):
        name = "CordCompression" if number < 6 else "Myelopathy"
        (folder / f"wrong-{number}.ttl").write_text(
            f'{PREFIXES}:w{number} a ind:PatientCase ; ind:asOf "{DATE}"^^xsd:date ; '
            f"ind:hasFinding [ a spine:{name} ] ; ind:excludes spine:{name} .\n",
            encoding="utf-8",
        )
    whole = summary(str(folder))[1]["notAssessed"]
    assert sum(one["patients"] for one in whole) == 7
    few = summary(str(folder), "--suppress", "5")[1]["notAssessed"]
    assert [one["patients"] for one in whole] == [6, 1]
    assert [one["patients"] for one in few] == [None]


@pytest.mark.slow
def test_whom_another_version_answers_otherwise(tmp_path: Path) -> None:
    """As both versions answer one by one."""
    folder, out = cases(tmp_path / "cases", 7), tmp_path / "answers"
    old = Guideline.load(older(tmp_path / "ontology"), allow_outside=True, use_cache=False)
    new = shipped.guideline()
    found = new.cohort(folder, output=out, against=old)
    told = found.record["against"]
    statuses = [
        {
            (path.stem, action["action"]): action["status"]
            for path in sorted(folder.iterdir())
            for action in actions(one, path)
        }
        for one in (old, new)
    ]
    theirs = {
        (*key, statuses[0].get(key, "not-applicable"), statuses[1].get(key, "not-applicable"))
        for key in statuses[0] | statuses[1]
        if statuses[0].get(key) != statuses[1].get(key)
    }
    mine = {
        (row["patient"].removesuffix("#case").rpartition("/")[2], *list(row.values())[1:])
        for row in rows(out, "changes")
    }
    assert mine == theirs
    assert theirs
    assert found.is_changed
    assert told["compared"] == 7
    assert told["changed"] == len({one[0] for one in theirs})
    assert sum(one["patients"] for one in told["interventions"]) == len(theirs)
    assert "AGAINST" in str(found)
    assert not new.cohort(folder, against=new).is_changed


@pytest.mark.slow
def test_misuse_is_told_in_one_line(tmp_path: Path) -> None:
    folder = lines(tmp_path / "bulk", "Patient.ndjson", patient("a"))
    hold_to_one_line("cohort", str(folder))
    hold_to_one_line("cohort", str(folder), "--as-of", "yesterday")
    hold_to_one_line("cohort", str(folder), "--as-of", DATE, "--suppress", "1")
    hold_to_one_line("cohort", str(tmp_path / "nowhere"), "--as-of", DATE)
    hold_to_one_line("cohort", "-", "--as-of", DATE, "--against", SEED.name)
    hold_to_one_line("cohort", str(folder), "--as-of", DATE, "-o", str(folder))
    empty = tmp_path / "empty"
    empty.mkdir()
    hold_to_one_line("cohort", str(empty))
    table = tmp_path / "strata.csv"
    for text in ("a,b\n", "patient,stratum\na,x\na,y\n", "patient,stratum\na\n", ""):
        table.write_text(text, encoding="utf-8")
        hold_to_one_line("cohort", str(folder), "--as-of", DATE, "--strata", str(table))


@pytest.mark.slow
def test_nothing_is_left_where_a_run_ends_early(tmp_path: Path) -> None:
    folder = lines(tmp_path / "bulk", "Condition.ndjson", pain("1", "a"))
    out = tmp_path / "answers"
    code, _, err = run("cohort", str(folder), "--as-of", DATE, "-o", str(out))
    assert code == 2
    assert "holds no patient" in err
    assert sorted(one.name for one in tmp_path.iterdir()) == ["bulk"]


def test_without_polars_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "polars", None)
    with pytest.raises(IndicantError, match="needs Polars") as told:
        shipped.guideline().cohort(ASSESS)
    assert told.value.help == "pip install 'indicant[cohort]'"


@pytest.mark.slow
@pytest.mark.parametrize("source", ["omop", "tables"])
def test_tables_are_answered_person_by_person(source: str, tmp_path: Path) -> None:
    guideline = shipped.guideline()
    folder, out = EXAMPLES / source, tmp_path / "answers"
    found = guideline.cohort(folder, as_of=DATE, output=out, everything=True)
    assert found.is_whole
    taken = guideline.intake(folder, as_of=DATE)
    assert found.record["intake"]["records"] == taken.report["records"]
    assert found.record["intake"]["used"] == taken.report["used"]
    mine = {
        (row["patient"], row["intervention"]): row["status"] for row in rows(out, "interventions")
    }
    theirs = {
        (told["patient"], action["action"]): action["status"]
        for case, told in zip(taken.cases, taken.report["patients"], strict=True)
        for action in actions(guideline, case)
    }
    assert mine == theirs
    assert theirs


@pytest.mark.slow
@pytest.mark.parametrize("name", ["neck-pain-after-lumbar-fusion", "opioids-for-pain"])
def test_a_bulk_export_is_answered_patient_by_patient(name: str, tmp_path: Path) -> None:
    if not BULK.is_dir():
        pytest.skip("no bulk export of Synthea in ../shared")
    guideline = Guideline.load(name)
    out = tmp_path / "answers"
    answer(guideline, BULK, as_of=DATE, output=out, everything=True, parts=5)
    taken = guideline.intake(BULK, as_of=DATE)
    mine = {
        (row["patient"], row["recommendation"]): (row["answer"], row["fulfilment"])
        for row in rows(out, "recommendations")
    }
    theirs = {
        (told["patient"], one["iri"]): (one["answer"], one["fulfilment"])
        for case, told in zip(taken.cases, taken.report["patients"], strict=True)
        for action in actions(guideline, case)
        for one in action["recommendations"]
    }
    assert len({patient for patient, _ in theirs}) == 13
    assert mine == theirs


@pytest.mark.slow
@pytest.mark.parametrize("parts", [1, 3])
def test_a_patient_who_stands_in_two_files_is_one_if_both_say_the_same(
    parts: int, tmp_path: Path
) -> None:
    """Where they differ, what they say of the person counts for nothing."""
    for name, again, said in (
        ("alike", patient("a", birthDate="1960-01-01"), 0),
        ("otherwise", patient("a", birthDate="1990-01-01"), 1),
    ):
        folder = lines(tmp_path / name, "1.ndjson", patient("a", birthDate="1960-01-01"))
        lines(folder, "2.ndjson", again, pain("1", "a"), patient("b"))
        found = answer(shipped.guideline(), folder, as_of=DATE, parts=parts, processes=1)
        assert found.record["patients"]["assessed"] == found.record["patients"]["total"] == 2
        told = [one["said"] for one in found.record["intake"]["stated"]]
        assert sum("neither birth date nor sex is used" in one for one in told) == said


@pytest.mark.slow
@pytest.mark.parametrize("parts", [1, 3])
def test_the_day_of_what_happens_around_midnight_is_that_of_the_place(
    parts: int, tmp_path: Path
) -> None:
    """What is on the next day there is not known yet on the as-of date, and counts for nothing."""
    folder = lines(tmp_path / "bulk", "Patient.ndjson", patient("a"), patient("b"), patient("c"))
    for name, at in (
        ("a", f"{DATE}T23:59:59-05:00"),
        ("b", f"{DATE}T00:00:00+14:00"),
        ("c", f"{DATE}T23:59:59Z"),
    ):
        lines(folder, "Condition.ndjson", {**pain(f"r-{name}", name), "onsetDateTime": at})
    for zone, late in (
        (None, 0),
        ("America/New_York", 0),
        ("UTC", 1),
        ("Europe/Berlin", 2),
        ("Pacific/Kiritimati", 2),
    ):
        found = answer(
            shipped.guideline(), folder, as_of=DATE, timezone=zone, parts=parts, processes=1
        )
        left = {one["reason"]: one["records"] for one in found.record["intake"]["notUsed"]}
        assert left == ({"late": late} if late else {})
        assert found.record["intake"]["used"] == 3 - late
