"""A process that hangs without dying is found out, ended and replaced; one that works is not."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys

import pytest

from asked import begun_by, started
from each import each
from indicant.serve.common import Common
from indicant.serve.limits import Rates
from indicant.serve.refusals import Refused
from indicant.serve.supervising import Supervisor, Watch
from running import hold_to_one_line
from severally import answering, get, linux, supervised, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no forks")
STUCK = "4"
TWO = ("--processes", "2", "--stuck", STUCK, "--as-of", "2023-05-01")
_SPOILED = """
import sys, time
from indicant import cli
from indicant.serve.app import Service
before = Service._live
def work():
    end = time.monotonic() + 2.5 * float(sys.argv[1])
    while time.monotonic() < end:
        sum(range(1_000))
async def live(self, request):
    if request.url.query == "hang":
        while True:
            pass
    if request.url.query == "work":
        await self.workers.run(work)
    return await before(self, request)
Service._live = live
sys.exit(cli.main(sys.argv[2:]))
"""


def spoiled(
    *words: str,
) -> contextlib.AbstractContextManager[tuple[subprocess.Popen[str], str]]:
    """Run a service that can be asked to hang, or to work for longer than one may be stuck."""
    return begun_by([sys.executable, "-c", _SPOILED, STUCK, "serve", "--port", "0", *words])


def ended(process: subprocess.Popen[str]) -> list[dict[str, object]]:
    """End a service, and return what its log says of processes."""
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "fault" not in err
    return [one for one in map(json.loads, err.splitlines()) if "process" in one]


def told_of(pid: int, said: list[dict[str, object]]) -> bool:
    """Tell whether a log says that a process was stuck and was ended, and nothing else."""
    stuck = {"process": pid, "stuck": float(STUCK)}
    gone = {"process": pid, "ended": "SIGKILL"}
    return (
        len(said) == 2
        and said[0] == stuck
        and said[1] == {**gone, "replacedAfter": said[1]["replacedAfter"]}
    )


@linux
@pytest.mark.slow
@pytest.mark.timeout(120)
def test_one_that_is_held_is_ended_and_replaced() -> None:
    with started(*TWO) as (process, url):
        until(lambda: get(url, "/readyz")[0] == 200)
        first, second = answering(process)
        os.kill(first, signal.SIGSTOP)
        until(lambda: first not in answering(process) and len(answering(process)) == 2)
        assert second in answering(process)
        os.kill(second, signal.SIGSTOP)
        counted = get(url, "/metrics")[1].decode()
        os.kill(second, signal.SIGCONT)
        assert 'indicant_processes_ended_total{how="died"} 0.0' in counted
        assert 'indicant_processes_ended_total{how="stuck"} 1.0' in counted
        assert told_of(first, ended(process))


@linux
@pytest.mark.slow
@pytest.mark.timeout(120)
def test_one_whose_loop_never_comes_round_is_ended_and_who_asks_is_answered_by_another() -> None:
    with spoiled(*TWO) as (process, url):
        until(lambda: get(url, "/readyz")[0] == 200)
        first = answering(process)
        with pytest.raises(ConnectionError):
            get(url, "/healthz?hang")
        until(lambda: len(answering(process)) == 2 and set(answering(process)) != set(first))
        (gone,) = set(first) - set(answering(process))
        assert {get(url, "/healthz")[0] for _ in range(10)} == {200}
        counted = get(url, "/metrics")[1].decode()
        assert 'indicant_processes_ended_total{how="stuck"} 1.0' in counted
        # Nobody is being answered by the one that is gone.
        assert "indicant_requests_running 1.0" in counted
        assert told_of(gone, ended(process))


@linux
@pytest.mark.slow
@pytest.mark.timeout(120)
def test_one_that_works_for_longer_on_what_it_was_asked_goes_on() -> None:
    with spoiled(*TWO) as (process, url):
        until(lambda: get(url, "/readyz")[0] == 200)
        first = answering(process)
        assert get(url, "/healthz?work")[0] == 200
        assert answering(process) == first
        counted = get(url, "/metrics")[1].decode()
        assert 'indicant_processes_ended_total{how="stuck"} 0.0' in counted
        assert ended(process) == []


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_one_that_is_stuck_again_and_again_is_waited_for_longer_each_time() -> None:
    start = (
        "from indicant.process.between import numbers\n"
        "beats = numbers(2)\n"
        "watch = supervising.Watch(1.0, beats.__getitem__)\n"
        "def start(number, begun):\n"
        "    begun()\n"
        "    if not number: os.kill(os.getpid(), signal.SIGSTOP)\n"
        "    while True:\n"
        "        beats[number] += 1\n"
        "        time.sleep(0.02)\n"
        "def tell(line, before=tell, count=[0]):\n"
        "    before(line)\n"
        "    count[0] += 1\n"
        "    if count[0] == 4: os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    done = supervised(start)
    assert (done.returncode, done.stdout) == (0, "begun\nending\n")
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert [[*one][1] for one in told] == ["stuck", "ended"] * 2
    assert [one["replacedAfter"] for one in told if "ended" in one] == [0.01, 0.02]


def sleepers(count: int) -> list[subprocess.Popen[bytes]]:
    """Begin processes that do nothing."""
    return [subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1) for _ in range(count)]


def watching(some: list[subprocess.Popen[bytes]], watch: Watch) -> tuple[Supervisor, list[str]]:
    """Return what keeps some processes, and what it has told."""
    told: list[str] = []
    made = Supervisor(len(some), print, 1.0, log=told.append, died=print, watch=watch)
    for place, one in zip(made._places, some, strict=True):
        place.pid = one.pid
    return made, told


@pytest.mark.timeout(60)
def test_whom_the_others_wait_for_is_ended_and_they_get_their_time_anew() -> None:
    some = sleepers(3)
    beats = [0, 0, 0]
    watch = Watch(10.0, lambda number: beats[number], lambda: some[1].pid)
    made, told = watching(some, watch)
    for now in range(12):
        made._find_stuck(float(now))
    assert some[1].wait() == -signal.SIGKILL
    assert [json.loads(one)["process"] for one in told] == [some[1].pid]
    assert [one.poll() for one in each((some[0], some[2]))] == [None, None]
    for now in range(12, 18):
        made._find_stuck(float(now))
        beats[2] += 1
    for now in range(18, 30):
        made._find_stuck(float(now))
        beats[2] += 1
    assert some[0].wait() == -signal.SIGKILL
    assert some[2].poll() is None
    assert [json.loads(one)["process"] for one in told] == [some[1].pid, some[0].pid]
    some[2].kill()
    some[2].communicate()


@pytest.mark.timeout(60)
def test_one_that_was_held_up_itself_blames_nobody() -> None:
    (one,) = some = sleepers(1)
    made, told = watching(some, Watch(10.0, lambda _: 0))
    for now in (0.0, 1.0, 1_000.0, 1_000.5, 1_001.0, 5_000.0):
        made._find_stuck(now)
    assert (told, one.poll()) == ([], None)
    for now in range(6_000, 6_006):
        made._find_stuck(float(now))
    assert (len(told), one.wait()) == (1, -signal.SIGKILL)


def test_who_is_alone_has_nobody_to_replace_it() -> None:
    hold_to_one_line("serve", "--port", "0", "--stuck", "10")
    hold_to_one_line("serve", "--port", "0", "--processes", "2", "--stuck", "0")


def test_a_rate_is_one_for_all_processes() -> None:
    common = Common(3)

    def work() -> None:
        rates = Rates(50.0, lambda: 7.0, common.rates)
        for _ in range(60):
            for address in ("a", "b"):
                with contextlib.suppress(Refused):
                    rates.take(address)
                    common.metrics.count_card(address)

    children = []
    for _ in range(3):
        children.append(os.fork())
        if not children[-1]:
            try:
                work()
            finally:
                os._exit(0)
    for one in children:
        os.waitpid(one, 0)
    text = common.metrics.text().decode()
    # Twice as many as there are in a second, and the clock stands still.
    for address in each(("a", "b")):
        assert f'indicant_cards_total{{indicator="{address}"}} 100.0' in text
