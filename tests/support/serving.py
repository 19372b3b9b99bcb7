"""Run a shell, and the commands it calls in this process, where imports and the reasoner are warm.

A script that calls ``indicant`` twenty times starts Python twenty times and Java as often, which is
most of what it takes. Here each call is told to this process with its words, its folder, its
environment and its three streams, and is run as the command runs itself. What a process of its own
does (how it starts, ends, is killed, closes its streams) is tested where processes are.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

ADDRESS: Final = "INDICANT_TESTS_SERVED_AT"
_CLIENT: Final = """\
#!{python} -IS
import json, os, socket, sys
there = socket.socket(socket.AF_UNIX)
there.connect(os.environ.pop("{address}"))
asked = {{"words": sys.argv[1:], "cwd": os.getcwd(), "env": dict(os.environ)}}
asked["module"] = "{module}"
socket.send_fds(there, [json.dumps(asked).encode() + b"\\n"], [0, 1, 2])
sys.exit(int(there.recv(16) or b"70"))
"""


def script(folder: Path, name: str, module: str = "indicant.cli") -> Path:
    """Write a program that calls a command of this process, for what ``run`` runs."""
    file = folder / name
    text = _CLIENT.format(python=sys.executable, address=ADDRESS, module=module)
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)
    return file


def run(
    words: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    merged: bool = False,
    timeout: float = 300,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, and serve what it calls; ``merged`` puts errors into the output."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="served-"))
        listening = stack.enter_context(socket.socket(socket.AF_UNIX))
        listening.bind(f"{folder}/socket")
        listening.listen()
        listening.settimeout(0.01)
        out = stack.enter_context(tempfile.TemporaryFile())
        err = stack.enter_context(tempfile.TemporaryFile())
        child = stack.enter_context(
            subprocess.Popen(
                list(words),
                cwd=cwd,
                env={**env, ADDRESS: f"{folder}/socket"},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT if merged else err,
            )
        )
        end = time.monotonic() + timeout
        while child.poll() is None:
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                if time.monotonic() > end:
                    child.kill()
                    raise
                continue
            with connection:
                connection.setblocking(True)
                _serve(connection)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    return subprocess.CompletedProcess(list(words), child.returncode, *texts)


def _serve(connection: socket.socket) -> None:
    data, streams, _, _ = socket.recv_fds(connection, 1 << 16, 3)
    while not data.endswith(b"\n"):
        more = connection.recv(1 << 16)
        if not more:
            return
        data += more
    asked: dict[str, Any] = json.loads(data)
    with _as_if_there(asked, streams):
        try:
            code = importlib.import_module(asked["module"]).main(asked["words"])
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else int(error.code is not None)
    connection.sendall(str(code).encode())


@contextlib.contextmanager
def _as_if_there(asked: Mapping[str, Any], streams: Sequence[int]) -> Iterator[None]:
    """Take the streams, the folder and the environment of the caller for one's own, for a while."""
    folder, before = os.getcwd(), dict(os.environ)
    kept = [os.dup(number) for number in range(3)]
    files = (sys.stdin, sys.stdout, sys.stderr)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    # In a file or a pipe a process writes its output in blocks, its errors by lines.
    sys.stdin = _opened(0, "r", "surrogateescape")
    sys.stdout = _opened(1, "w", "strict")
    sys.stderr = _opened(2, "w", "backslashreplace", buffering=1)
    try:
        os.chdir(asked["cwd"])
        os.environ.clear()
        os.environ.update(asked["env"])
        yield
    finally:
        for file in (sys.stdin, sys.stdout, sys.stderr):
            file.close()
        sys.stdin, sys.stdout, sys.stderr = files
        for number, stream in enumerate(kept):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(before)


def _opened(number: int, mode: str, errors: str, buffering: int = -1) -> Any:
    return open(number, mode, encoding="utf-8", errors=errors, closefd=False, buffering=buffering)
