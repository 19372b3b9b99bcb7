"""End as somebody asks for, or as the system has it, with what is half done removed.

Out of memory a library in Rust or C++ ends the process at once, or the system does, and nobody is
left to tidy up. So what may need much is done in a child, and this process waits for it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import FrameType

ASKING: Final = ("SIGTERM", "SIGHUP")
"""The signals by which a system asks a program to end, beside that of the keyboard."""
_ONE: Final = 5.0
"""For how many seconds further signals are taken for the same wish."""
_NEAR: Final = 0.75
"""From which share of its limit on a process is short of memory."""
_last = float("-inf")


class EndedError(KeyboardInterrupt):
    """A signal asked for an end; whatever an interrupt by the keyboard undoes is undone."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.code = 128 + number
        """What a shell says of a program that this signal ended."""


def raise_when_asked() -> None:
    """Have a signal that asks for the end raise ``EndedError`` in the main thread.

    A signal that this process was told to ignore, as by ``nohup``, goes on being ignored, and one
    that somebody else handles stays with them.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for name in ASKING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    """Ask for the end, once where several signals come together, so that nothing stays half."""
    global _last
    before, _last = _last, time.monotonic()
    if _last - before >= _ONE:
        raise EndedError(number)


@dataclass(frozen=True)
class Ended:
    """How a child ended: its exit code, or the name of the signal that nobody handled."""

    code: int
    signal: str = ""


def watched() -> Ended | None:
    """Go on in a child, and return in this process how that ended; nothing in the child.

    Whatever the child puts into the folder for temporary files is removed with it. It is asked to
    end with this process, and for what this process is asked. Where there are no forks, or several
    threads, nothing comes of it and the work is done here.
    """
    if not hasattr(os, "fork") or threading.active_count() > 1:
        return None
    import tempfile

    folder = tempfile.mkdtemp(prefix="indicant-")
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    child = os.fork()
    if not child:
        from indicant.process.sandbox import follow_parent

        follow_parent(parent, signal.SIGTERM)
        # Both ask for the same: the keyboard all of a group, and this process hands it on.
        signal.signal(signal.SIGINT, _end)
        tempfile.tempdir = os.environ["TMPDIR"] = folder
        atexit.register(_remove, folder)
        return None
    try:
        return _waited(child)
    finally:
        _remove(folder)


def _waited(child: int) -> Ended:
    """Wait for a child, and hand on to it what this process is asked for meanwhile."""
    asked = 0

    def hand_on(number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = number
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)

    for name in ("SIGINT", *ASKING):
        number = getattr(signal, name)
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, hand_on)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code >= 0:
        return Ended(code)
    return Ended(128 + asked) if asked else Ended(128 - code, signal.Signals(-code).name)


def _remove(folder: str) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def is_short_of_memory() -> bool:
    """Tell whether this process has been near the limit of its address space, if it has one."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        with open("/proc/self/status", encoding="ascii") as file:
            (peak,) = (line.split()[1] for line in file if line.startswith("VmPeak:"))
    except (ImportError, OSError, ValueError):
        return False
    return limit != resource.RLIM_INFINITY and int(peak) * 1_024 > _NEAR * limit
