"""Files that were changed in small ways never end the command otherwise than they should."""

from __future__ import annotations

import contextlib
import re
import resource
from pathlib import Path

import pyoxigraph as ox
import pytest

import mutated
from each import each
from indicant.compile.profile import refusals
from indicant.files.sources import load
from indicant.terms import OWL, is_blank

FILES = 100
SEED = 11


def resident() -> int:
    """Return the bytes that are in use, and have the most that is in use measured from here on."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _of_status("VmRSS")


def highest() -> int:
    """Return the most bytes that were in use since then."""
    return _of_status("VmHWM")


def _of_status(name: str) -> int:
    status = Path("/proc/self/status")
    if not status.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    found = re.search(rf"^{name}:\s+(\d+) kB$", status.read_text(encoding="ascii"), re.MULTILINE)
    assert found
    return int(found[1]) * 1024


@pytest.mark.slow
def test_changed_files_end_in_a_code_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No traceback, no other code than 0, 1 and 2, no flood, within time and memory."""
    monkeypatch.setenv("INDICANT_TRACEBACK", "1")
    bench = mutated.Bench(tmp_path)
    before = resident()
    failures = [one for number in range(FILES) for one in mutated.look(bench, number, SEED, only=1)]
    assert not failures, "\n".join(f"{one} {one.told}" for one in failures[:3])
    # What tests before had needed at most is none of its business.
    assert highest() - before < mutated.MOST_MEMORY


def test_the_same_number_makes_the_same_change(tmp_path: Path) -> None:
    bench = mutated.Bench(tmp_path)
    texts = []
    for _ in range(2):
        list(bench.runs(5, SEED))
        files = sorted(path for path in tmp_path.rglob("*") if path.is_file())
        texts.append([path.read_bytes() for path in files])
    assert texts[0] == texts[1]


@pytest.mark.parametrize(("error", "why"), [(KeyError, "70"), (SystemExit, "SystemExit")])
def test_what_goes_wrong_is_seen(
    error: type[BaseException], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("indicant.author.checks.check", fail)
    bench = mutated.Bench(tmp_path)
    runs = [("guideline", [["check", str(bench.whole)]])]
    monkeypatch.setattr(bench, "runs", lambda *_: runs)
    assert [one.why for one in mutated.look(bench, 0, SEED)] == [f"ends with {why}"]


@pytest.mark.slow
def test_a_part_of_a_criterion_may_be_named_by_anything_else(tmp_path: Path) -> None:
    """What is refused for two reasons at once is told, by the one and by the other."""
    quads = list(ox.parse(mutated.GUIDELINE, format=ox.RdfFormat.TURTLE))
    passage = ox.NamedNode("https://example.org/rain/s01")
    for predicate in ("https://w3id.org/indicant/core/sha256", f"{OWL}complementOf"):
        for node in each(sorted({one.subject for one in quads if is_blank(one.subject)}, key=str)):
            more = ox.Quad(passage, ox.NamedNode(predicate), node)
            text = ox.serialize([one.triple for one in (*quads, more)], format=ox.RdfFormat.TURTLE)
            (tmp_path / "guideline.ttl").write_bytes(text or b"")
            (tmp_path / "catalog-v001.xml").write_text(mutated.CATALOG, encoding="utf-8")
            (tmp_path / "table.sssom.tsv").write_text(mutated.TABLE, encoding="utf-8")
            assert refusals(load(tmp_path))
