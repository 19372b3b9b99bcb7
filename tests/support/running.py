"""Run the command, in this process or in one of its own, and what others run it with."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
from pathlib import Path

import serving
from indicant import cli
from places import CODE


def run(*arguments: str) -> tuple[int, str, str]:
    """Run the command in this process: the exit code, the output, the errors."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(list(arguments))
    return code, out.getvalue(), err.getvalue()


def hold_to_one_line(*arguments: str) -> None:
    """Run what is a misuse of the command, and see that one line says so."""
    code, out, err = run(*arguments)
    assert code == 2
    assert not out
    assert err.startswith("indicant: ")
    assert "Traceback" not in err


def command(*arguments: str) -> list[str]:
    """Return the command line that runs the command in a process of its own."""
    return [sys.executable, "-m", "indicant.cli", *arguments]


def environment(**changes: str) -> dict[str, str]:
    """Return an environment in which the code that is tested is found from any folder."""
    paths = [str(CODE), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **changes}


def make_test(folder: Path, *variables: str) -> str:
    """Run the pipeline of a repository with the code that is tested, and return what it prints."""
    with tempfile.TemporaryDirectory() as bin_:
        words = ["make", "test", f"INDICANT={serving.script(Path(bin_), 'indicant')}", *variables]
        done = serving.run(words, cwd=folder, env=environment())
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
