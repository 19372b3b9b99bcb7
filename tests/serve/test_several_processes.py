"""Several processes that answer as one: nothing is mixed up, nothing half, nobody left behind."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from asked import NAME, OXYCODONE, order, request, started
from each import each
from indicant.process import between
from indicant.serve import supervising
from indicant.serve.common import Common
from indicant.serve.metrics import Metrics
from indicant.serve.supervising import Supervisor, Watch, demand_one_thread
from places import RAIN, SEVEN_MONTHS
from running import command, environment, hold_to_one_line
from severally import Answer, answering, children, connected, get, linux, lives, supervised, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indicant.serve.common import SharedMetrics

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no forks")
DAYS = [f"2026-12-{day:02}" for day in range(1, 13)]
TWO = ("--processes", "2", "--as-of", "2023-05-01")
TEXT = SEVEN_MONTHS.read_bytes()


def ask(there: http.client.HTTPConnection, day: str) -> Answer:
    """Ask for one patient, who is another one on each day."""
    there.request("POST", f"/assess?asOf={day}", TEXT, {"Content-Type": "text/turtle"})
    told = there.getresponse()
    return told.status, told.read()


def alone(url: str) -> dict[str, Answer]:
    """Return the answer for each patient, one after the other."""
    there = connected(url)
    found = {day: ask(there, day) for day in DAYS}
    there.close()
    assert {status for status, _ in found.values()} == {200}
    assert len({body for _, body in found.values()}) == len(DAYS)
    return found


class Load:
    """Clients that each ask for one patient again and again, until they are told to end."""

    def __init__(self, url: str) -> None:
        self.answers: list[tuple[str, Answer]] = []
        self.halves: list[str] = []
        self.broken: list[str] = []
        self._url, self._over = url, threading.Event()
        self._threads = [threading.Thread(target=self._client, args=(day,)) for day in DAYS]
        for one in self._threads:
            one.start()

    def _client(self, day: str) -> None:
        own = connected(self._url)
        while not self._over.is_set():
            try:
                self.answers.append((day, ask(own, day)))
            except http.client.IncompleteRead:
                self.halves.append(day)
            except (OSError, http.client.HTTPException) as error:
                own.close()
                if isinstance(error, ConnectionRefusedError):
                    return
                self.broken.append(day)

    def wait_for(self, more: int) -> None:
        """Wait until there are so many answers more."""
        whole = len(self.answers) + more
        until(lambda: len(self.answers) >= whole)

    def end(self) -> None:
        """Let each client end with what it asks now."""
        self._over.set()
        for one in self._threads:
            one.join(60)

    def wrong(self, right: dict[str, Answer]) -> list[str]:
        """Return of which patients an answer was another one."""
        whole = [(day, told) for day, told in self.answers if told[0] != 503]
        assert len(whole) >= len(DAYS)
        return [day for day, told in whole if told != right[day]]


@linux
@pytest.mark.slow
@pytest.mark.timeout(180)
def test_patients_are_not_mixed_up_and_one_that_is_killed_is_replaced() -> None:
    with started(*TWO) as (process, url):
        until(lambda: get(url, "/readyz")[0] == 200)
        right = alone(url)
        first = answering(process)
        assert len(first) == 2
        assert len(list(Path(f"/proc/{process.pid}/task").iterdir())) == 1
        load = Load(url)
        load.wait_for(2 * len(DAYS))
        assert load.broken == []
        os.kill(first[0], signal.SIGKILL)
        until(lambda: len(answering(process)) == 2 and first[0] not in answering(process))
        load.wait_for(3 * len(DAYS))
        assert first[1] in answering(process)
        load.end()
        # Only those whom the one that was killed was answering.
        assert len(load.broken) < len(DAYS)
        assert load.halves == []
        assert load.wrong(right) == []
        counted = get(url, "/metrics")[1].decode()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0
    told = [json.loads(line) for line in err.splitlines()]
    (death,) = (one for one in told if "ended" in one)
    assert death == {
        "process": first[0],
        "ended": "SIGKILL",
        "replacedAfter": death["replacedAfter"],
    }
    assert 'indicant_processes_ended_total{how="died"} 1.0' in counted
    assert 'indicant_processes_ended_total{how="stuck"} 0.0' in counted
    assert "fault" not in err
    # What the one that was killed had counted is not lost: there is a line for each, but perhaps
    # for the last.
    lines = sum(one.get("route") == "/assess" and one["status"] == 200 for one in told)
    _, _, number = counted.partition('{method="POST",route="/assess",status="200"} ')
    assert lines <= float(number.split()[0]) <= lines + 1
    assert "indicant_requests_running 1.0" in counted


@linux
@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize(("by", "code"), [("SIGTERM", 0), ("SIGINT", 0), ("SIGHUP", 129)])
def test_ended_under_load_no_answer_is_half(by: str, code: int) -> None:
    with started(*TWO) as (process, url):
        right = alone(url)
        load = Load(url)
        load.wait_for(2 * len(DAYS))
        every = children(process.pid)
        process.send_signal(signal.Signals[by])
        load.end()
        _, err = process.communicate(timeout=60)
        assert process.returncode == code
        assert [one for one in every if lives(one)] == []
    assert load.halves == []
    assert load.wrong(right) == []
    assert "fault" not in err
    assert {one["status"] for one in map(json.loads, err.splitlines())} <= {200, 503}


@linux
@pytest.mark.slow
@pytest.mark.timeout(180)
def test_no_process_outlives_the_one_that_was_started() -> None:
    with started(*TWO) as (process, url):
        until(lambda: get(url, "/readyz")[0] == 200)
        every = children(process.pid)
        # Two that answer, and the process of each that queries.
        assert len(every) == 4
        process.kill()
        process.wait()
        until(lambda: not any(map(lives, every)))
    with pytest.raises(OSError, match="refused"):
        get(url, "/healthz")


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Any]:
    private = ec.generate_private_key(ec.SECP384R1())
    public = {**ECAlgorithm.to_jwk(private.public_key(), as_dict=True), "kid": "e", "alg": "ES384"}
    made = tmp_path / "keys.json"
    made.write_text(json.dumps({"keys": [public]}), encoding="utf-8")
    return made, private


@linux
@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_token_and_feedback_are_of_all_processes(keys: tuple[Path, Any], tmp_path: Path) -> None:
    """While one process is held, only the other one can answer."""
    file, private = keys
    told = tmp_path / "feedback"
    path = f"/cds-services/{NAME}-order-sign"
    back = f"{path}/feedback"
    words = (*TWO, "--guideline", NAME, "--jwks", str(file), "--feedback", str(told))
    with started(*words) as (process, url):
        until(lambda: get(url, "/readyz")[0] == 200)

        def sent(where: str, said: Any, own: str) -> int:
            there = connected(url)
            head = {"Content-Type": "application/json", "Authorization": f"Bearer {own}"}
            there.request("POST", where, json.dumps(said), head)
            status = there.getresponse().status
            there.close()
            return status

        def token(where: str) -> str:
            now = int(time.time())
            claims = {"iss": "https://a.example", "aud": url + where, "exp": now + 300}
            claims |= {"iat": now, "jti": str(uuid.uuid4())}
            return jwt.encode(claims, private, algorithm="ES384", headers={"kid": "e"})

        asked = request(order(OXYCODONE))
        outcome = {
            "card": str(uuid.uuid4()),
            "outcome": "overridden",
            "outcomeTimestamp": "2026-12-01T10:00:00Z",
        }
        answered = 0
        for held in each(answering(process)):
            other = next(one for one in answering(process) if one != held)
            os.kill(held, signal.SIGSTOP)
            first = token(path)
            assert sent(path, asked, first) == 200
            assert sent(back, {"feedback": [outcome]}, token(back)) == 200
            answered += 1
            os.kill(held, signal.SIGCONT)
            os.kill(other, signal.SIGSTOP)
            assert sent(path, asked, first) == 401
            assert sent(path, asked, token(path)) == 200
            os.kill(other, signal.SIGCONT)
        counted = get(url, "/metrics")[1].decode()
        route = "/cds-services/{id}"
        for status, count in each((("200", 4.0), ("401", 2.0))):
            line = f'indicant_requests_total{{method="POST",route="{route}",status="{status}"}}'
            assert f"{line} {count}" in counted
        many = {"feedback": [{**outcome, "card": str(uuid.uuid4())} for _ in range(200)]}
        senders = [
            threading.Thread(target=lambda: sent(back, many, token(back))) for _ in range(16)
        ]
        for one in senders:
            one.start()
        for one in senders:
            one.join()
    lines = told.read_text(encoding="utf-8").splitlines()
    assert len(lines) == answered + 16 * 200
    assert {json.loads(line)["outcome"] for line in each(lines)} == {"overridden"}


@linux
@pytest.mark.slow
@pytest.mark.timeout(120)
def test_who_asks_too_often_is_refused_by_whichever_process() -> None:
    with started(*TWO, "--rate", "0.001") as (process, url):
        first, second = answering(process)
        os.kill(first, signal.SIGSTOP)
        assert get(url, "/cds-services")[0] == 200
        os.kill(first, signal.SIGCONT)
        os.kill(second, signal.SIGSTOP)
        assert get(url, "/cds-services")[0] == 429
        assert get(url, "/healthz")[0] == 200
        os.kill(second, signal.SIGCONT)


@linux
@pytest.mark.slow
@pytest.mark.timeout(120)
def test_it_is_told_where_to_ask_once_all_answer() -> None:
    """With one process held, what is asked on twenty connections is answered by the other."""
    with started(*TWO) as (process, url):
        for held in each(answering(process)):
            os.kill(held, signal.SIGSTOP)
            assert {get(url, "/healthz")[0] for _ in range(20)} == {200}
            os.kill(held, signal.SIGCONT)


def sockets(pid: int) -> int:
    """Return how many sockets a process has open."""
    files = Path(f"/proc/{pid}/fd").iterdir()
    return sum("socket:" in os.readlink(one) for one in files)


@linux
@pytest.mark.slow
@pytest.mark.timeout(120)
def test_connections_that_are_kept_are_shared_out() -> None:
    """Those that come while one is held are with the other; the next ones go to the first."""
    with started(*TWO) as (process, url):
        until(lambda: get(url, "/readyz")[0] == 200)
        first, second = answering(process)

        def opened(count: int) -> Iterator[http.client.HTTPConnection]:
            for _ in range(count):
                own = connected(url)
                own.request("GET", "/healthz")
                assert own.getresponse().read() == b"it runs\n"
                yield own

        before = sockets(first), sockets(second)
        os.kill(first, signal.SIGSTOP)
        kept = [*opened(20)]
        os.kill(first, signal.SIGCONT)
        kept += opened(20)
        # Without, the last twenty go to either alike. One that came before may be counted there.
        assert sockets(second) - before[1] <= 24
        assert sockets(first) - before[0] >= 15
        for one in kept:
            one.close()


@linux
@pytest.mark.slow
@pytest.mark.timeout(120)
def test_what_is_compiled_first_is_compiled_where_no_fork_comes_after(tmp_path: Path) -> None:
    """The reasoner runs in threads of its own, none of which would go on in a child."""
    words = (*TWO, "--guideline", str(RAIN))
    with started(*words, INDICANT_CACHE=str(tmp_path / "cache")) as (process, url):
        until(lambda: get(url, "/readyz")[0] == 200)
        assert any((tmp_path / "cache").iterdir())
        assert len(list(Path(f"/proc/{process.pid}/task").iterdir())) == 1
        for one in each([process.pid, *answering(process)]):
            assert "libjvm" not in Path(f"/proc/{one}/maps").read_text(encoding="utf-8")
    (tmp_path / "file").touch()
    done = subprocess.run(
        command("serve", "--port", "0", *words),
        env=environment(INDICANT_CACHE=str(tmp_path / "file" / "cache")),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "something runs beside the process that is to be forked" in done.stderr


# ------------------------------------------------------------------------- without a service


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_one_that_dies_at_once_again_and_again_is_waited_for_longer_each_time() -> None:
    start = (
        "def start(number, begun):\n"
        "    begun()\n"
        "    if number: signal.pause()\n"
        "    time.sleep(0.3)\n"
        "    os.abort()\n"
        "def tell(line, before=tell, count=[0]):\n"
        "    before(line)\n"
        "    count[0] += 1\n"
        "    if count[0] == 4: os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    done = supervised(start)
    assert (done.returncode, done.stdout) == (0, "begun\nending\n")
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert [one["ended"] for one in told] == ["SIGABRT"] * 4
    assert [one["replacedAfter"] for one in told] == [0.01, 0.02, 0.04, 0.08]


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_one_that_dies_before_all_answer_ends_all() -> None:
    start = (
        "def start(number, begun):\n"
        "    if number: begun(); signal.pause()\n"
        "    raise ValueError('of a patient')\n"
    )
    done = supervised(start)
    assert done.returncode == 1
    assert "ended before it took requests (exit code 70)" in done.stderr
    assert '{"fault": "ValueError", "place": "<string>:8"}' in done.stderr
    assert "of a patient" not in done.stderr
    assert "begun" not in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_one_that_does_not_end_when_it_is_asked_is_ended() -> None:
    start = (
        "supervising._GRACE = 0.2\n"
        "def start(number, begun):\n"
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    begun()\n"
        "    if number: os.kill(os.getppid(), signal.SIGTERM)\n"
        "    while True: signal.pause()\n"
    )
    done = supervised(start)
    assert (done.returncode, done.stderr) == (0, "")


def test_nothing_is_forked_beside_which_something_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "threads", lambda: 1)
    demand_one_thread()
    over = threading.Event()
    other = threading.Thread(target=over.wait)
    other.start()
    monkeypatch.setattr(supervising, "threads", between.threads)
    try:
        with pytest.raises(Exception, match="something runs beside"):
            demand_one_thread()
    finally:
        over.set()
        other.join()


def test_where_there_are_no_forks_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    hold_to_one_line("serve", "--port", "0", "--processes", "2")
    with pytest.raises(Exception, match="no forks") as told:
        Supervisor(2, print, 1.0, log=print, died=print, watch=Watch(60.0, lambda _: 0))
    assert "several services behind a proxy" in str(getattr(told.value, "help", ""))


def test_how_many_there_may_be_is_bounded() -> None:
    hold_to_one_line("serve", "--port", "0", "--processes", "65")
    hold_to_one_line("serve", "--port", "0", "--processes", "0")


def test_who_has_more_connections_than_another_is_known() -> None:
    common = Common(3)
    common.number = 1
    common.note_open(0)
    assert not common.has_more()
    common.note_open(5)
    assert not common.has_more()
    common.number = 2
    common.note_open(4)
    assert not common.has_more()
    common.number = 1
    assert common.has_more()
    common.forget(2)
    assert not common.has_more()


def test_several_count_what_one_would() -> None:
    one, several = Metrics(), Common(2).metrics
    for metrics in each(cast("list[Metrics | SharedMetrics]", [one, several])):
        metrics.running.inc()
        metrics.running.inc()
        metrics.running.dec()
        for status, seconds in ((200, 0.003), (200, 0.3), (503, 42.0), (200, 0.005)):
            metrics.count("/assess", "POST", status, seconds)
        metrics.count("/", "GET", 200, 1.0)
        metrics.count_card("warning")
        metrics.count_card("info")

    def lines(text: bytes) -> set[str]:
        return {line for line in text.decode().splitlines() if "_created" not in line}

    assert lines(one.text()) == lines(several.text())
