"""A process that stays answers task after task, is ended for its time, and ends with its owner."""

from __future__ import annotations

import os
import sys

import pytest

import standing
from indicant.process import sandbox
from indicant.process.sandbox import StoppedError, TooMuchError, TooSlowError, Worker

HERE = os.path.dirname(os.path.abspath(standing.__file__))


def worker() -> Worker:
    """Return a worker of a module that lies beside no package."""
    return Worker("standing", {"name": "rain"}, b"!", memory=1_000_000_000)


def ask(one: Worker, task: str, *, seconds: float = 30.0) -> list[bytes]:
    return list(one.ask(task.encode(), 2, seconds=seconds, most=1_000))


@pytest.fixture(autouse=True)
def _found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "homes", lambda packages: [*found(packages), HERE])


found = sandbox.homes


def test_it_answers_task_after_task() -> None:
    one = worker()
    first, again = ask(one, "a"), ask(one, "b")
    assert first == again
    assert first[0].startswith(b"rain! ")
    assert first[0] != f"rain! {os.getpid()}".encode()


def test_it_opens_nothing() -> None:
    assert ask(worker(), "open")[1] == b"PermissionError"


def test_it_is_ended_for_its_time_and_starts_anew() -> None:
    one = worker()
    (before, _) = ask(one, "a")
    with pytest.raises(TooSlowError):
        ask(one, "sleep", seconds=1.0)
    (after, done) = ask(one, "a")
    assert before != after
    assert done == b"done"


@pytest.mark.parametrize(("task", "error"), [("die", StoppedError), ("long", TooMuchError)])
def test_it_is_ended_and_starts_anew(task: str, error: type[Exception]) -> None:
    one = worker()
    with pytest.raises(error):
        ask(one, task)
    assert ask(one, "a")[1] == b"done"


def test_what_is_left_unread_is_not_the_next_answer() -> None:
    one = worker()
    answers = one.ask(b"a", 2, seconds=30, most=1_000)
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert ask(one, "a")[1] == b"done"


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
def test_it_ends_with_its_owner() -> None:
    one = worker()
    (told, _) = ask(one, "a")
    process = int(told.split()[1])
    os.kill(process, 0)
    del one
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_child_of_a_fork_has_one_of_its_own() -> None:
    one = worker()
    (mine, _) = ask(one, "a")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, ask(one, "a")[0])
        finally:
            os._exit(0)
    os.close(write)
    theirs = os.read(read, 100)
    os.close(read)
    os.waitpid(child, 0)
    assert theirs.startswith(b"rain! ")
    assert theirs != mine
    assert ask(one, "a")[0] == mine
