"""What a process that reads foreign input may still do, seen in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from running import environment


def in_a_process(code: str) -> subprocess.CompletedProcess[str]:
    """Run code whose standard input stays open until it ends."""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as child:
        try:
            # Not communicate(), which would close the input first.
            code_of = child.wait(timeout=60)
        except subprocess.TimeoutExpired:
            child.kill()
            raise
        assert child.stdout is not None
        assert child.stderr is not None
        return subprocess.CompletedProcess(code, code_of, child.stdout.read(), child.stderr.read())


@pytest.mark.parametrize(
    ("act", "event"),
    [
        ("socket.socket()", "socket.__new__"),
        ("subprocess.Popen(['true'])", "subprocess.Popen"),
        ("os.system('true')", "os.system"),
    ],
)
def test_what_is_shut_reaches_out_no_more(act: str, event: str) -> None:
    done = in_a_process(
        "import os, socket, subprocess\n"
        "from indicant.process import sandbox\n"
        "sandbox.shut()\n"
        f"try:\n    {act}\nexcept PermissionError as error:\n    print(error)\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{event} is refused\n", "")


def test_what_is_shut_goes_on_with_what_reaches_nowhere() -> None:
    done = in_a_process(
        "from indicant.process import sandbox\nsandbox.shut()\nprint(sorted([3, 1, 2]))\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "[1, 2, 3]\n", "")


def test_following_a_pipe_keeps_no_process_from_ending() -> None:
    done = in_a_process(
        "from indicant.process import sandbox\nsandbox.follow_pipe()\nprint('over')\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "over\n", "")
