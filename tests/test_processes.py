"""How the tests are parted among processes: what is shared is made once."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict

import pytest

from each import each
from parting import TOGETHER, part_of
from places import ROOT, TESTS
from running import environment

SHARED = {"assessed", "dressed", "exchanged", "site_reader", "sites"}
"""What makes cases and sites once for a process."""


def imported(text: str) -> set[str]:
    """Return the modules that a module imports at its top."""
    return set(re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE))


def test_modules_that_share_more_than_the_guideline_that_ships_are_run_together() -> None:
    sharing = {
        file.relative_to(ROOT).as_posix()
        for file in TESTS.rglob("test_*.py")
        if imported(file.read_text(encoding="utf-8")) & SHARED and "browser" not in file.parts
    }
    assert sharing == set(TOGETHER)


@pytest.mark.slow
def test_a_module_is_run_by_one_process() -> None:
    modules = ["tests/report/test_reports.py", "tests/test_rooms.py"]
    words = ["-m", "pytest", "-n", "2", "--dist", "loadfile", "-v", "-p", "no:cacheprovider"]
    out = subprocess.run(
        [sys.executable, *words, "-m", "not slow", *modules],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    ran: defaultdict[str, set[str]] = defaultdict(set)
    for process, test in re.findall(r"^\[(gw\d)\] .* PASSED (\S+)", out, re.MULTILINE):
        ran[part_of(test)].add(process)
    assert set(ran) == set(modules)
    for by in each(ran.values()):
        assert len(by) == 1
    assert set.union(*ran.values()) == {"gw0", "gw1"}
