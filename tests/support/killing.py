"""Kill something at every system call, and look at what it leaves.

A test names a scenario of its own module; it runs in a process of its own, which forks for every
call, traces the child and kills it when it is about to make that call. Each state of the files that
was not seen before is for the scenario to judge. Where the numbers of the calls are known, those
that only read are passed over: being killed before one of them leaves what the next call finds.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_TRACEME: Final = 0
_SYSCALL: Final = 24
_SETOPTIONS: Final = 0x4200
_OPTIONS: Final = 0x1 | 0x00100000  # tell stops at calls from others, end with the tracer
_STOP_AT_CALL: Final = signal.SIGTRAP | 0x80
_NOT_HERE: Final = 77
_MOST: Final = 5000
_INFO: Final = 0x420E
_READING: Final = {  # by number: read close stat fstat lstat poll lseek mmap mprotect munmap brk
    # rt_sigaction rt_sigprocmask ioctl pread64 access mremap dup getpid fcntl flock getcwd readlink
    # getuid geteuid futex sched_getaffinity getdents64 clock_gettime newfstatat readlinkat
    # prlimit64 getrandom statx rseq
    "x86_64": frozenset(
        {*range(3, 15), 0, 16, 17, 21, 25, 32, 39, 72, 73, 79, 89, 102, 107}
        | {202, 204, 217, 228, 262, 267, 302, 318, 332, 334}
    )
}
_OPENING: Final = {"x86_64": (257, 2)}
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_RANDOM: Final = re.compile(r"(?<=\.indicant-new-)[0-9a-f]{8}")


@dataclass(frozen=True)
class Scenario:
    """What is killed, and what shall hold of what it leaves.

    ``make`` fills an empty folder; ``run`` works in it and is killed; ``judge`` asserts what holds
    of the folder afterwards, and is told whether the run came to its end. ``step`` is larger where
    a run makes so many calls that only some of them are tried.
    """

    make: Callable[[Path], object]
    run: Callable[[Path], object]
    judge: Callable[[Path, bool], object]
    step: int = 1


def killed_at_every_call(scenario: Callable[[], Scenario], folder: Path, *, least: int) -> None:
    """Run a scenario of a test module; it has to have been killed in a number of different states.

    Skips the test where a process cannot be traced.
    """
    import pytest

    if sys.platform != "linux":
        pytest.skip("processes are traced by ptrace, of Linux")
    module = sys.modules[scenario.__module__].__file__
    assert module is not None
    done = subprocess.run(
        [sys.executable, __file__, module, scenario.__name__, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode == _NOT_HERE:
        pytest.skip("this system lets no process be traced")
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[-1]) >= least, done.stdout


def killed(run: Callable[[], object], number: int) -> bool:
    """Run something in a child, kill it at the call with a number, and tell whether that was."""
    libc = ctypes.CDLL(None, use_errno=True)
    child = os.fork()
    if child == 0:
        try:
            if libc.ptrace(_TRACEME, 0, None, None) != 0:
                os._exit(_NOT_HERE)
            os.kill(os.getpid(), signal.SIGSTOP)
            run()
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        sys.exit(_NOT_HERE)
    if libc.ptrace(_SETOPTIONS, child, None, _OPTIONS) != 0:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        sys.exit(_NOT_HERE)
    calls, entering, pending = 0, True, 0
    while True:
        libc.ptrace(_SYSCALL, child, None, pending)
        _, status = os.waitpid(child, 0)
        if not os.WIFSTOPPED(status):
            assert os.waitstatus_to_exitcode(status) == 0, "the run itself failed"
            return False
        pending = 0
        if os.WSTOPSIG(status) != _STOP_AT_CALL:
            pending = os.WSTOPSIG(status)
            continue
        if entering and _may_change(libc, child):
            calls += 1
        elif entering:
            entering = False
            continue
        if entering and calls == number:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return True
        entering = not entering


class _Info(ctypes.Structure):
    """What the kernel tells of a call at its beginning."""

    _fields_ = (
        ("op", ctypes.c_uint8),
        ("pad", ctypes.c_uint8 * 3),
        ("arch", ctypes.c_uint32),
        ("pointer", ctypes.c_uint64),
        ("stack", ctypes.c_uint64),
        ("number", ctypes.c_uint64),
        ("arguments", ctypes.c_uint64 * 6),
        ("more", ctypes.c_uint64),
    )


def _may_change(libc: ctypes.CDLL, child: int) -> bool:
    """Tell whether the call that a child is about to make can change a file."""
    machine = os.uname().machine
    if machine not in _READING:
        return True
    info = _Info()
    size = ctypes.c_void_p(ctypes.sizeof(info))
    if libc.ptrace(_INFO, child, size, ctypes.byref(info)) <= 0:
        return True
    at, old = _OPENING[machine]
    if info.number in (at, old):
        return bool(info.arguments[2 if info.number == at else 1] & _WRITES)
    return info.number not in _READING[machine]


def state(folder: Path) -> dict[str, str]:
    """Return what is below a folder: kinds and digests by path, random names and journals alike."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = _RANDOM.sub("", path.relative_to(folder).as_posix())
        status = path.lstat()
        held = ""
        if stat.S_ISREG(status.st_mode):
            data = re.sub(rb'"folder": \d+', b"", path.read_bytes())
            held = hashlib.sha256(data).hexdigest()
        found[name] = f"{stat.S_IMODE(status.st_mode):o} {held}"
    return found


def kill_everywhere(scenario: Scenario, folder: Path) -> int:
    """Kill the run of a scenario at every call, judge each state, and return their number."""
    room = folder / "room"
    seen: list[dict[str, str]] = []
    fresh = False
    for number in range(1, _MOST, scenario.step):
        if not fresh:
            shutil.rmtree(room, ignore_errors=True)
            room.mkdir()
            scenario.make(room)
            before = state(room)
        cut = killed(lambda: scenario.run(room), number)
        now = state(room)
        fresh = now == before
        if now not in seen or not cut:
            seen.append(now)
            try:
                scenario.judge(room, not cut)
            except BaseException:
                print(f"killed at call {number}: {now}", file=sys.stderr)
                raise
            fresh = False
        if not cut:
            return len(seen)
    raise AssertionError("it does not end")


def _main(module: str, name: str, folder: str) -> None:
    sys.path.insert(0, str(Path(__file__).parent))
    spec = importlib.util.spec_from_file_location(Path(module).stem, module)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = loaded
    spec.loader.exec_module(loaded)
    print(kill_everywhere(getattr(loaded, name)(), Path(folder)))


if __name__ == "__main__":
    _main(*sys.argv[1:])
