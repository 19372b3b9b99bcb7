"""The memory of a process that stays."""

from __future__ import annotations

import subprocess
import sys

import pytest

from running import environment

HELD = """
import gc, sys
from indicant.process import memory
memory.few_arenas()
rows = [[number] for number in range(100_000)]
before = gc.get_freeze_count()
memory.postpone()
postponed = not gc.isenabled()
memory.settle()
kept = gc.get_freeze_count() - before
print(kept > len(rows), len(rows), len(gc.get_objects()) < len(rows), postponed, gc.isenabled())
"""


@pytest.mark.slow
def test_what_stays_is_not_looked_through_again() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HELD], env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["True", "100000", "True", "True", "True"]
