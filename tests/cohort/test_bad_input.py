"""What is bad is bounded and told, and leaves nothing half written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import exporting
import shipped
from cdmwriting import Tables
from cohorts import cases
from each import each
from exporting import complete
from indicant.api.cohort import answer
from indicant.cohort import tally
from indicant.errors import IndicantError
from indicant.intake.manifests import MOST_BYTES, manifest_of
from packing import PACKINGS, spoilt
from running import environment, hold_to_one_line, run

DATE = "2026-11-22"
COMPLETE = complete("ind:recordsAll spine:LumbarFusion")
SNOMED = "http://snomed.info/sct"
POSIX = pytest.mark.skipif(os.name != "posix", reason="limits and signals of POSIX")


def lines(folder: Path, name: str, *records: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    with (folder / name).open("a", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(one)}\n" for one in records)
    return folder


def patient(name: str) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": name}


def condition(name: str, of: str, code: str) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": name,
        "subject": {"reference": f"Patient/{of}"},
        "code": {"coding": [{"system": SNOMED, "code": code}]},
    }


@pytest.mark.slow
@pytest.mark.parametrize("form", ["parquet", "csv", "ndjson"])
def test_a_run_over_what_another_one_wrote_is_refused(form: str, tmp_path: Path) -> None:
    folder, out = lines(tmp_path / "bulk", "Patient.ndjson", patient("a")), tmp_path / "answers"
    asked = ("cohort", str(folder), "--as-of", DATE, "--rows", form, "-o", str(out))
    assert run(*asked)[0] == 0
    before = {one.name: one.read_bytes() for one in out.iterdir()}
    hold_to_one_line(*asked)
    hold_to_one_line("cohort", str(out), "--as-of", DATE, "-o", str(tmp_path / "more"))
    assert {one.name: one.read_bytes() for one in out.iterdir()} == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["answers", "bulk"]


@pytest.mark.slow
@pytest.mark.parametrize("parts", [1, 3])
def test_half_of_an_export_is_told(parts: int, tmp_path: Path) -> None:
    """A manifest names files that are not there, errors, and another page."""
    folder = lines(tmp_path / "bulk", "Patient.000.ndjson", patient("a"))
    server = "https://server.example/bulk/7/"
    manifest = {
        "transactionTime": "2026-11-22T00:00:00Z",
        "request": f"{server}$export",
        "requiresAccessToken": True,
        "output": [
            {"type": "Patient", "url": f"{server}Patient.000.ndjson?key=1"},
            {"type": "Condition", "url": f"{server}Condition.000.ndjson"},
            {"type": "Nothing"},
        ],
        "deleted": [{"type": "Bundle", "url": f"{server}deleted.ndjson"}],
        "error": [{"type": "OperationOutcome", "url": f"{server}errors.ndjson"}],
        "link": [{"relation": "next", "url": f"{server}2"}],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    found = answer(shipped.guideline(), folder, as_of=DATE, parts=parts)
    told = found.record["intake"]["remarks"]
    assert [one.partition(": ")[0] for one in told] == [
        "manifest.json names Condition.000.ndjson, which is not here",
        "manifest.json names deleted.ndjson, which is not here",
        "manifest.json has 1 entries that name no file",
        "manifest.json says that 1 files tell of errors",
        "manifest.json is one page of several",
    ]
    assert found.record["patients"]["assessed"] == 1
    for name in ("Condition.000.ndjson", "deleted.ndjson"):
        lines(folder, name, condition("c", "a", "81680005"))
    del manifest["error"], manifest["link"]
    manifest["output"] = manifest["output"][:2]  # type: ignore[index]
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    whole = answer(shipped.guideline(), folder, as_of=DATE, parts=parts)
    assert whole.record["intake"]["remarks"] == []


def test_what_is_no_manifest_is_read_as_before(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    for text in (
        "",
        "{",
        "[]",
        '{"transactionTime": 1, "output": []}',
        '{"resourceType": "Basic"}',
    ):
        file.write_text(text, encoding="utf-8")
        assert manifest_of(str(file)) is None
    file.write_text('{"transactionTime": "x", "output": {}, "error": [1]}', encoding="utf-8")
    found = manifest_of(str(file))
    assert found is not None
    assert list(found.lacking(())) == ["has 2 entries that name no file"]


def manifest(folder: Path, *output: dict[str, Any], **more: Any) -> str:
    """Write the manifest of an export, and return its text."""
    told = {"transactionTime": "2026-11-22T00:00:00Z", "request": "x", "error": [], **more}
    text = json.dumps({**told, "output": output})
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    return text


def remarks(folder: Path, parts: int) -> list[str]:
    """Return what is said of an export, read here: that others may read it is test_helping's."""
    found = answer(shipped.guideline(), folder, as_of=DATE, parts=parts, processes=1)
    said: list[str] = found.record["intake"]["remarks"]
    assert all(one.endswith(": what else there is is not known") for one in said)
    return [one.partition(": ")[0] for one in said]


@pytest.mark.slow
@pytest.mark.parametrize("parts", [1, 3])
def test_two_files_of_one_name_are_two(parts: int, tmp_path: Path) -> None:
    """A manifest has files on a server, of which one may have overwritten the other."""
    folder = lines(tmp_path / "bulk", "a.ndjson", patient("a"))
    one, other = ({"type": "Patient", "url": f"https://s.example/{n}/a.ndjson"} for n in "12")
    manifest(folder, one, other)
    assert remarks(folder, parts) == ["manifest.json names 2 files a.ndjson, of which 1 is here"]
    manifest(folder, one, one)
    assert remarks(folder, parts) == []
    manifest(folder, one, deleted=[other])
    assert remarks(folder, parts) == ["manifest.json names 2 files a.ndjson, of which 1 is here"]
    manifest(folder, *({**one, "url": f"https://s.example/{n}/a.ndjson"} for n in range(30)))
    assert remarks(folder, parts) == ["manifest.json names 30 files a.ndjson, of which 1 is here"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "packing", "parts"),
    [("manifest.json", "", 1), ("AA.json", "gzip", 1), ("AA.json", "", 3), ("m.json", "zstd", 3)],
)
def test_a_manifest_says_how_many_records_there_are(
    name: str, packing: str, parts: int, tmp_path: Path
) -> None:
    """It may stand before them or behind; lines that are no records count, blank ones do not."""
    folder = lines(tmp_path / "bulk", "a.ndjson", patient("a"), patient("b"))
    with (folder / "a.ndjson").open("a", encoding="utf-8") as file:
        file.write("\n  \n{\n")
    ending, pack = PACKINGS.get(packing, ("", bytes))
    if packing:
        data = pack((folder / "a.ndjson").read_bytes())
        (folder / f"a.ndjson{ending}").write_bytes(data)
        (folder / "a.ndjson").unlink()
    row = {"type": "Patient", "url": "https://s.example/1/a.ndjson"}
    broken = f"{folder / 'a.ndjson'}{ending}:5 is no record"
    for count, expected in (
        (3, []),
        (None, []),
        (500, [f"{name} says that a.ndjson has 500 records, and it has 3"]),
        (2, [f"{name} says that a.ndjson has 2 records, and it has 3"]),
    ):
        manifest(folder, {**row, "count": count})
        (folder / "manifest.json").rename(folder / name)
        assert remarks(folder, parts) == [broken, *expected]


@pytest.mark.slow
@pytest.mark.parametrize("parts", [1, 3])
def test_nothing_is_complete_where_a_manifest_says_more(parts: int, tmp_path: Path) -> None:
    folder = lines(tmp_path / "bulk", "a.ndjson", *(patient(f"p{n}") for n in range(4)))
    complete = tmp_path / "complete.ttl"
    complete.write_text(COMPLETE, encoding="utf-8")
    row = {"type": "Patient", "url": "https://s.example/1/a.ndjson"}
    for rows, is_whole in (
        ([{**row, "count": 4}], True),
        ([{**row, "count": 5}], False),
        ([row, {**row, "url": "https://s.example/2/a.ndjson"}], False),
    ):
        manifest(folder, *rows)
        found = answer(
            shipped.guideline(),
            folder,
            as_of=DATE,
            parts=parts,
            processes=1,
            completeness=str(complete),
        )
        said = [one["said"] for one in found.record["intake"]["stated"]]
        assert said
        assert any(one.startswith("it is not stated") for one in said) is not is_whole


@pytest.mark.slow
def test_a_manifest_is_one_however_it_is_written(tmp_path: Path) -> None:
    folder = lines(tmp_path / "bulk", "a.ndjson", patient("a"))
    text = manifest(folder, {"type": "Patient", "url": "https://s.example/1/b.ndjson"})
    file = folder / "manifest.json"
    for data in (
        text.encode(),
        b"\xef\xbb\xbf" + text.encode(),
        text.replace("transactionTime", "transaction\\u0054ime").encode(),
        text.replace('"output"', '"outpu\\u0074"').encode(),
    ):
        file.write_bytes(data)
        assert remarks(folder, 1) == ["manifest.json names b.ndjson, which is not here"]
    many = [{"type": "Patient", "url": f"https://s.example/{n:0150}.ndjson"} for n in range(20_000)]
    manifest(folder, *many)
    assert file.stat().st_size > 3_000_000
    said = remarks(folder, 1)
    assert said[-1] == "manifest.json names 19,980 more files that are not here"
    file.write_text(text[:-1] + " " * MOST_BYTES + "}", encoding="utf-8")
    with pytest.raises(IndicantError, match="manifest of an export, and larger than 32 MB"):
        answer(shipped.guideline(), folder, as_of=DATE)


@pytest.mark.slow
@pytest.mark.parametrize("parts", [1, 3])
def test_deleted_lines_take_records_away(parts: int, tmp_path: Path) -> None:
    folder = lines(tmp_path / "bulk", "Patient.ndjson", patient("a"), patient("b"))
    lines(folder, "Condition.ndjson", condition("1", "a", "81680005"), condition("2", "b", "1"))
    gone = {"request": {"method": "DELETE", "url": "Condition/1"}}
    lines(
        folder, "deleted.ndjson", {"resourceType": "Bundle", "type": "transaction", "entry": [gone]}
    )
    found = answer(shipped.guideline(), folder, as_of=DATE, parts=parts, processes=1)
    left = {one["reason"]: one["records"] for one in found.record["intake"]["notUsed"]}
    assert left == {"deleted": 2, "unknown-code": 1}
    assert found.record["intake"]["used"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("packing", PACKINGS)
def test_a_packed_file_that_is_cut_off_or_spoilt_is_refused(
    packing: str, parts: int, tmp_path: Path
) -> None:
    """Of one packing it is a process that helps that comes upon it."""
    processes = 2 if packing == "gzip" else 1
    folder = lines(tmp_path / "bulk", "Patient.ndjson", *(patient(f"p{n}") for n in range(500)))
    text, out = (folder / "Patient.ndjson").read_bytes(), tmp_path / "answers"
    (folder / "Patient.ndjson").unlink()
    told = f"packed by {packing[:4]}, and cut off or spoilt"
    for data in each(spoilt(packing, text).values()):
        (folder / f"Patient.ndjson{PACKINGS[packing][0]}").write_bytes(data)
        with pytest.raises(IndicantError, match=told):
            answer(
                shipped.guideline(),
                folder,
                as_of=DATE,
                parts=parts,
                processes=processes,
                output=out,
            )
        assert sorted(one.name for one in tmp_path.iterdir()) == ["bulk"]


@pytest.mark.slow
def test_what_is_packed_otherwise_is_told_as_not_read(tmp_path: Path) -> None:
    folder = lines(tmp_path / "bulk", "Patient.ndjson", patient("a"))
    (folder / "Condition.ndjson.xz").write_bytes(b"\xfd7zXZ")
    found = answer(shipped.guideline(), folder, as_of=DATE)
    assert found.record["intake"]["remarks"] == ["not read: Condition.ndjson.xz"]
    (folder / "Patient.ndjson").unlink()
    hold_to_one_line("cohort", str(folder), "--as-of", DATE)


@pytest.mark.slow
def test_codes_without_end_are_counted_and_not_all_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = lines(tmp_path / "bulk", "Patient.ndjson", *(patient(f"p{n}") for n in range(10)))
    records = [condition(f"c{n}", f"p{n % 10}", str(90_000_000 + n)) for n in range(30_000)]
    lines(folder, "Condition.ndjson", *records)
    monkeypatch.setattr(tally, "MOST_CODES", 5_000)
    told = answer(shipped.guideline(), folder, as_of=DATE, parts=3, processes=1).record["intake"]
    assert len(told["unknownCodes"]) == 1_000
    assert told["unknownCodesNotListed"] == 4_000
    assert told["recordsOfOtherUnknownCodes"] == 25_000
    left = {one["reason"]: one["records"] for one in told["notUsed"]}
    assert left == {"unknown-code": 30_000}


@pytest.mark.slow
@pytest.mark.parametrize("parts", [1, 2])
def test_a_patient_with_a_hundred_thousand_records_is_one_patient(
    parts: int, tmp_path: Path
) -> None:
    folder = lines(tmp_path / "bulk", "Patient.ndjson", patient("a"), patient("b"))
    codes = ["81680005" if n % 2_000 == 0 else str(90_000_000 + n % 50) for n in range(100_000)]
    lines(
        folder, "Condition.ndjson", *(condition(f"c{n}", "a", code) for n, code in enumerate(codes))
    )
    told = answer(shipped.guideline(), folder, as_of=DATE, parts=parts, processes=1).record
    assert told["patients"]["assessed"] == told["patients"]["total"] == 2
    assert told["intake"]["records"] == 100_002
    assert told["intake"]["used"] == 50
    assert sum(one["records"] for one in told["intake"]["notUsed"]) == 99_950


LIMITED = """\
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = int(sys.argv.pop(2))
resource.setrlimit(getattr(resource, sys.argv.pop(1)), (limit, limit))
from indicant import cli
sys.exit(cli.main())
"""


@pytest.fixture(scope="module")
def bulk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an export that takes a while."""
    folder: Path = tmp_path_factory.mktemp("export") / "bulk"
    exporting.write(folder, 1_500, shipped.guideline().assessor)
    return folder


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Return the folder for temporary files."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def limited(kind: str, limit: int, bulk: Path, work: Path) -> subprocess.CompletedProcess[str]:
    """Answer within a limit, and see that nothing stays behind."""
    out = work.parent / "answers"
    asked = ("cohort", str(bulk), "--as-of", DATE, "-o", str(out))
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, kind, str(limit), *asked],
        capture_output=True,
        text=True,
        check=False,
        env={**environment(), "TMPDIR": str(work)},
        timeout=300,
    )
    assert list(work.iterdir()) == []
    left = ["answers", "work"] if done.returncode == 0 else ["work"]
    assert sorted(one.name for one in work.parent.iterdir()) == left
    return done


@POSIX
@pytest.mark.slow
def test_a_full_disk_is_told_and_leaves_nothing(bulk: Path, work: Path) -> None:
    """Files that may not grow stand for it."""
    done = limited("RLIMIT_FSIZE", 100_000, bulk, work)
    assert done.returncode == 2, done.stderr
    assert "cannot be written: File too large" in done.stderr
    assert "TMPDIR" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="how much address space there was, Linux tells")
@pytest.mark.slow
def test_too_little_memory_is_told_and_leaves_nothing(bulk: Path, work: Path) -> None:
    """Libraries in Rust end the process at once where they get none, each in its own words."""
    for megabytes in each((400, 800)):
        done = limited("RLIMIT_AS", megabytes * 1_000_000, bulk, work)
        assert done.returncode == 2, (megabytes, done.stderr)
        assert "out of memory" in done.stderr, megabytes
        assert "fault of indicant" not in done.stderr, megabytes
    done = limited("RLIMIT_AS", 16_000_000_000, bulk, work)
    assert done.returncode == 0, done.stderr


def begun(source: Path, work: Path, *more: str) -> subprocess.Popen[bytes]:
    """Return a run that has begun to write working files."""
    out = str(work.parent / "answers")
    running = subprocess.Popen(
        [
            *(sys.executable, "-m", "indicant.cli", "cohort", str(source), "--as-of", DATE),
            *("-o", out, *more),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**environment(), "TMPDIR": str(work)},
        start_new_session=True,
    )
    while running.poll() is None and not any(work.glob("indicant-*/indicant-*/*")):
        time.sleep(0.02)
    assert running.poll() is None
    return running


def told_at_the_end(running: subprocess.Popen[bytes], work: Path) -> str:
    """Return what a run told that was ended, and see that nothing stays behind."""
    out, err = running.communicate(timeout=120)
    assert out == b""
    deadline = 600
    while deadline and (list(work.iterdir()) or is_there(running.pid)):
        time.sleep(0.1)
        deadline -= 1
    assert list(work.iterdir()) == []
    assert not is_there(running.pid)
    assert [one.name for one in work.parent.iterdir()] == ["work"]
    return err.decode()


def is_there(group: int) -> bool:
    """Tell whether there is still a process of a group."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@POSIX
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.usefixtures("hanging_up")
def test_who_ends_it_finds_nothing_half_written(
    processes: int, name: str, whole: bool, bulk: Path, work: Path
) -> None:
    """The keyboard asks all processes of a group to end, a system perhaps the first alone."""
    number = getattr(signal, name)
    running = begun(bulk, work, "--processes", str(processes))
    (os.killpg if whole else os.kill)(running.pid, number)
    assert told_at_the_end(running, work) == ""
    assert running.returncode == 128 + number


@POSIX
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("form", ["omop", "cases"])
def test_other_sources_leave_nothing_either(form: str, work: Path) -> None:
    source = work / "source"
    source.mkdir()
    if form == "omop":
        tables = Tables()
        for number in range(1, 4_000):
            tables.person(number)
        tables.concept("81680005", "SNOMED")
        tables.csv(source)
    else:
        cases(source / "few")
        text = next((source / "few").iterdir()).read_text(encoding="utf-8")
        for number in range(1_500):
            (source / f"c{number}.ttl").write_text(
                text.replace("https://example.org/", f"https://example.org/{number}/"), "utf-8"
            )
    elsewhere = work.parent.parent / f"{work.parent.name}-source"
    source.rename(elsewhere)
    running = begun(elsewhere, work)
    os.kill(running.pid, signal.SIGTERM)
    assert told_at_the_end(running, work) == ""
    assert running.returncode == 128 + signal.SIGTERM


@pytest.mark.skipif(sys.platform != "linux", reason="children are listed by Linux")
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("processes", [1, 2])
def test_what_the_system_kills_is_told_and_leaves_nothing(
    processes: int, bulk: Path, work: Path
) -> None:
    """The system kills who has most memory where none is left, and asks nobody."""
    running = begun(bulk, work, "--processes", str(processes))
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
    os.kill(int(children.read_text(encoding="ascii")), signal.SIGKILL)
    err = told_at_the_end(running, work)
    assert err.startswith("indicant: was ended by the system (SIGKILL), most likely out of memory")
    assert running.returncode == 2


@pytest.mark.skipif(sys.platform != "linux", reason="only there a child is told that it is alone")
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_without_the_process_that_was_started_the_work_ends(bulk: Path, work: Path) -> None:
    running = begun(bulk, work)
    running.kill()
    assert told_at_the_end(running, work) == ""
