"""A process ends as somebody asks for, once, and says how one ended that it waited for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from indicant.process import ending
from running import environment

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
WATCHED = """\
import os, signal, sys, tempfile, time
from indicant.process import ending
ending.raise_when_asked()
ended = ending.watched()
if ended is not None:
    print(ended.code, ended.signal, os.listdir(sys.argv[1]))
    sys.exit()
open(os.path.join(tempfile.mkdtemp(), "x"), "w").close()
"""


def watched(work: str, body: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", WATCHED + body, work],
        capture_output=True,
        text=True,
        check=False,
        env={**environment(), "TMPDIR": work},
        timeout=60,
    )
    assert os.listdir(work) == []
    return done.stdout


@pytest.mark.many(3)
@POSIX
@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("sys.exit(0)", "0  []\n"),
        ("sys.exit(7)", "7  []\n"),
        ("os._exit(7)", "7  []\n"),
        ("os.abort()", "134 SIGABRT []\n"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "137 SIGKILL []\n"),
        ("os.kill(os.getppid(), signal.SIGTERM); time.sleep(60)", "1  []\n"),
        ("signal.signal(15, signal.SIG_DFL); os.kill(os.getppid(), 15); time.sleep(60)", "143  []"),
    ],
)
def test_who_waits_says_how_it_ended(body: str, told: str, tmp_path: object) -> None:
    found = watched(str(tmp_path), body)
    assert found.splitlines()[-1] == told.strip()


@POSIX
@pytest.mark.usefixtures("hanging_up")
def test_several_signals_at_once_are_one_wish() -> None:
    before = signal.getsignal(signal.SIGHUP)
    ending.raise_when_asked()
    try:
        assert signal.getsignal(signal.SIGHUP) is not before
        with pytest.raises(ending.EndedError) as caught:
            signal.raise_signal(signal.SIGHUP)
        assert caught.value.code == 128 + signal.SIGHUP
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGTERM)
        ending._last -= 6
        with pytest.raises(ending.EndedError) as caught:
            signal.raise_signal(signal.SIGTERM)
        assert caught.value.code == 128 + signal.SIGTERM
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@POSIX
@pytest.mark.usefixtures("hanging_up")
def test_what_is_ignored_or_handled_already_stays_so() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        ending.raise_when_asked()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits of address space as Linux has them")
def test_who_was_near_the_limit_of_memory_is_short_of_it() -> None:
    body = (
        "import resource, sys\nfrom indicant.process import ending\n"
        "limit = int(sys.argv[1])\nresource.setrlimit(resource.RLIMIT_AS, (limit, limit))\n"
        "held = bytearray(400_000_000)\nprint(ending.is_short_of_memory())"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", body, str(limit)], capture_output=True, text=True, check=True
        ).stdout
        for limit in (-1, 500_000_000, 5_000_000_000)
    ]
    assert told == ["False\n", "True\n", "False\n"]
