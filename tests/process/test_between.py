"""What processes know together: numbers, names taken once, and a lock that nobody keeps."""

from __future__ import annotations

import os
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest

from each import each
from indicant.process.between import Counts, FullError, Lock, Once, Recent, numbers

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no forks")


def forked(work: Callable[[], object]) -> int:
    """Do some work in a child, and return its number."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work()
        code = 0
    finally:
        os._exit(code)


def ended(*children: int) -> list[int]:
    """Wait for children, and return how they ended."""
    return [os.waitstatus_to_exitcode(os.waitpid(one, 0)[1]) for one in children]


def test_what_each_of_several_processes_adds_is_there() -> None:
    counts = Counts(Lock())

    def work(own: str) -> None:
        for number in range(500):
            counts.add(("all", 1.0), (own, 0.5), (f"{own} {number % 7}", 1.0))

    children = [forked(partial(work, own)) for own in ("a", "b", "c")]
    assert ended(*children) == [0, 0, 0]
    told = counts.all()
    assert (told["all"], told["a"], told["b"], told["c"]) == (1500.0, 250.0, 250.0, 250.0)
    assert len(told) == 4 + 3 * 7
    counts.put("a", 3.0)
    assert counts.all()["a"] == 3.0


def test_one_name_too_many_counts_for_nothing_and_harms_no_other() -> None:
    counts = Counts(Lock(), rows=2)
    counts.add(("a", 1.0), ("b", 2.0), ("c", 4.0), ("a", 8.0))
    assert counts.all() == {"a": 9.0, "b": 2.0}
    long = Counts(Lock())
    long.add(("x" * 200, 1.0))
    assert long.all() == {}


def test_a_name_is_taken_once_whichever_process_comes_first() -> None:
    once, counts = Once(Lock(), 1000), Counts(Lock())

    def work() -> None:
        for number in range(300):
            if once.take(f"token {number}", 100.0, 0.0):
                counts.add((str(number), 1.0))

    assert ended(*(forked(work) for _ in range(3))) == [0, 0, 0]
    assert counts.all() == {str(number): 1.0 for number in range(300)}
    assert not any(once.take(f"token {number}", 100.0, 0.0) for number in each(range(300)))


def test_names_whose_time_is_over_make_room_and_others_stay_taken() -> None:
    once = Once(Lock(), 10)
    for number in each(range(10)):
        assert once.take(f"a {number}", 5.0 if number % 2 else 50.0, 0.0)
    with pytest.raises(FullError):
        once.take("b", 50.0, 1.0)
    assert not once.take("a 0", 50.0, 2.0)
    assert once.take("b", 50.0, 6.0)
    for number in each(range(0, 10, 2)):
        assert not once.take(f"a {number}", 50.0, 6.0)
    for number in each(range(1, 9, 2)):
        assert once.take(f"a {number}", 60.0, 6.0)
    assert not once.take("b", 50.0, 6.0)
    with pytest.raises(FullError):
        once.take("c", 50.0, 7.5)


def test_an_end_that_no_number_can_hold_is_late() -> None:
    once = Once(Lock(), 10)
    assert once.take("a", 10**400, 0.0)
    assert not once.take("a", 10**400, 0.0)
    assert once.take("\ud800", 10.0, 0.0)


@pytest.mark.timeout(60)
def test_whoever_is_killed_with_the_lock_gives_it_back() -> None:
    lock = Lock()
    counts = Counts(lock)
    told, tell = os.pipe()

    def hold() -> None:
        with lock.held():
            os.write(tell, b"x")
            signal.pause()

    child = forked(hold)
    assert os.read(told, 1) == b"x"
    os.kill(child, signal.SIGKILL)
    counts.add(("a", 1.0))
    assert ended(child) == [-signal.SIGKILL]
    assert counts.all() == {"a": 1.0}
    os.close(told)
    os.close(tell)


@pytest.mark.skipif(sys.platform != "linux", reason="it is not to be known elsewhere")
@pytest.mark.timeout(60)
def test_who_holds_the_lock_is_known() -> None:
    lock = Lock()
    assert lock.holder() == 0
    told, tell = os.pipe()

    def hold() -> None:
        with lock.held():
            os.write(tell, b"x")
            signal.pause()

    child = forked(hold)
    assert os.read(told, 1) == b"x"
    assert lock.holder() == child
    os.kill(child, signal.SIGKILL)
    assert ended(child) == [-signal.SIGKILL]
    assert lock.holder() == 0
    os.close(told)
    os.close(tell)


def test_of_too_many_names_those_that_came_last_are_known() -> None:
    """There is room for twice as many, in places of eight, so that none of the last is lost."""
    recent = Recent(Lock(), 100)
    known: list[tuple[float, float] | None] = []

    def told(number: int, when: int) -> tuple[float, float] | None:
        def changed(before: tuple[float, float] | None) -> tuple[float, float]:
            known.append(before)
            return number, when

        recent.change(f"name {number}", changed)
        return known[-1]

    for number in each(range(2_000)):
        assert told(number, number + 1) is None
    for number in each(range(1_990, 2_000)):
        assert told(number, number + 1) == (number, number + 1)
    assert sum(told(number, 2_001) is not None for number in range(1_000)) == 0
    assert told(999, 5) == (999, 2_001)


def test_what_a_process_writes_of_itself_others_read() -> None:
    made = numbers(3)

    def work(number: int) -> None:
        for _ in range(100):
            made[number] += number + 1

    assert ended(*(forked(partial(work, one)) for one in range(3))) == [0, 0, 0]
    assert made.tolist() == [100, 200, 300]
