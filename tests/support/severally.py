"""Ask a service of several processes, and look at the processes."""

from __future__ import annotations

import contextlib
import http.client
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from running import environment

Answer = tuple[int, bytes]
linux = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up otherwise")


def connected(url: str) -> http.client.HTTPConnection:
    """Return a connection of its own."""
    return http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)


def get(url: str, path: str) -> Answer:
    """Ask for what is at a path, on a connection of its own."""
    there = connected(url)
    there.request("GET", path)
    told = there.getresponse()
    found = told.status, told.read()
    there.close()
    return found


def until(what: object) -> None:
    """Wait until something is so."""
    assert callable(what)
    while not what():
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    """Return the processes that a process has begun, with those that they have."""
    told = Path(f"/proc/{pid}/task/{pid}/children")
    own = [int(one) for one in told.read_text(encoding="ascii").split()] if told.exists() else []
    return [*own, *(each for one in own for each in children(one))]


def answering(process: subprocess.Popen[str]) -> list[int]:
    """Return the processes that answer."""
    told = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
    return [int(one) for one in told.split()]


def lives(pid: int) -> bool:
    """Tell whether a process still does anything."""
    with contextlib.suppress(OSError):
        said = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        return said.rpartition(")")[2].split()[0] not in {"Z", "X"}
    return False


def supervised(start: str, count: int = 2) -> subprocess.CompletedProcess[str]:
    """Have processes supervised that do something, in a process of its own."""
    code = (
        "import os, signal, sys, time\n"
        "from indicant.serve import supervising\n"
        "supervising._FIRST_WAIT = 0.01\n"
        "def tell(line): print(line, file=sys.stderr, flush=True)\n"
        "watch = supervising.Watch(60.0, lambda _: 0)\n"
        f"{start}\n"
        "died = lambda number, how: None\n"
        f"found = supervising.Supervisor({count}, start, 0.1, log=tell, died=died, watch=watch)\n"
        "found.run(lambda: print('begun', flush=True), lambda: print('ending', flush=True))\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
