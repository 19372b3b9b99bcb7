"""Have workers die in the middle of what they do, once for each portion that is named."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Final

from indicant.cohort import portions
from indicant.errors import IndicantError

DYING: Final = (1, 2)
_EXECUTOR: Final = b"CoarseGrainedExecutorBackend"


def work(folder: str, number: int) -> int:
    """Read a portion; of two, the first attempt dies, one before and one after it was written."""
    marker = Path(folder) / f"died-{number}"
    if number in DYING and not marker.exists():
        marker.touch()
        if number == DYING[-1]:
            portions.work(folder, number)
        os.kill(worker(), signal.SIGKILL)
    return portions.work(folder, number)


def fail(folder: str, number: int) -> int:
    """Fail for good at one portion."""
    if number == DYING[0]:
        raise IndicantError("the disk of this worker is full", file=folder)
    return portions.work(folder, number)


def worker() -> int:
    """Return the process that a cluster knows: of Spark the executor above Python's own."""
    at = os.getpid()
    while at > 1:
        if _EXECUTOR in Path(f"/proc/{at}/cmdline").read_bytes():
            return at
        at = int(Path(f"/proc/{at}/stat").read_text().rpartition(")")[2].split()[1])
    return os.getpid()
