"""The command: how it begins, what it says, and that it ends with what was begun."""

from __future__ import annotations

import datetime
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest

from asked import AS_OF, NAME, OXYCODONE, SEED, order, request, running, started
from indicant.cli import parser
from indicant.compile import compiled
from indicant.files import sources
from indicant.files.common import Known
from indicant.files.rdf import read
from indicant.files.sources import installed
from indicant.guideline import mappings
from indicant.serve.guidelines import Guidelines
from indicant.serve.running import taken
from indicant.serve.settings import Settings
from places import ROOT, SEVEN_MONTHS
from running import environment, hold_to_one_line
from severally import answering, connected, get, linux, until

if TYPE_CHECKING:
    from indicant.files.rdf import Document

SLOW = (
    "SELECT (COUNT(*) AS ?n) { { SELECT ?a { ?a ?b ?c } LIMIT 700 } "
    "{ SELECT ?d { ?d ?e ?f } LIMIT 3000 } }"
)


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.skipif(sys.platform == "win32", reason="it is told to end otherwise there")
def test_it_ends_with_what_was_begun() -> None:
    with started("--as-of", "2023-05-01") as (process, url):
        there = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        there.request("GET", f"/sparql?query={quote(SLOW)}")
        answers: list[http.client.HTTPResponse] = []
        waiting = threading.Thread(target=lambda: answers.append(there.getresponse()))
        waiting.start()
        other = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        while True:
            other.request("GET", "/metrics")
            if b"indicant_requests_running 2.0" in other.getresponse().read():
                break
        other.close()
        process.send_signal(signal.SIGTERM)
        waiting.join(60)
        assert answers[0].status == 200
        assert json.loads(answers[0].read())["results"]["bindings"][0]["n"]["value"] == "2100000"
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0
        told = [json.loads(line) for line in err.splitlines()]
        assert {one["status"] for one in told} == {200}


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.skipif(sys.platform == "win32", reason="it is told to end otherwise there")
def test_ended_under_load_it_gives_no_half_answer_and_nobody_elses() -> None:
    """Each client has a patient of its own, and asks until the service is gone."""
    text = SEVEN_MONTHS.read_bytes()
    days = [f"2026-12-{day:02}" for day in range(1, 13)]

    def ask(there: http.client.HTTPConnection, day: str) -> tuple[int, bytes]:
        there.request("POST", f"/assess?asOf={day}", text, {"Content-Type": "text/turtle"})
        told = there.getresponse()
        return told.status, told.read()

    with started("--concurrency", "4") as (process, url):
        there = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        alone = {day: ask(there, day) for day in days}
        there.close()
        assert {status for status, _ in alone.values()} == {200}
        assert len({body for _, body in alone.values()}) == len(days)
        answers: list[tuple[str, tuple[int, bytes]]] = []
        halves: list[str] = []

        def client(day: str) -> None:
            own = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
            while True:
                try:
                    answers.append((day, ask(own, day)))
                except http.client.IncompleteRead:
                    halves.append(day)
                except (OSError, http.client.HTTPException):
                    return

        clients = [threading.Thread(target=client, args=(day,)) for day in days]
        for one in clients:
            one.start()
        while len(answers) < 2 * len(days):
            threading.Event().wait(0.01)
        process.send_signal(signal.SIGTERM)
        for one in clients:
            one.join(60)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0
    assert halves == []
    whole = [(day, told) for day, told in answers if told[0] != 503]
    assert len(whole) >= len(days)
    assert [day for day, told in whole if told != alone[day]] == []
    assert "fault" not in err


@linux
@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("count", [1, 2])
def test_it_stays_small_with_both_guidelines(count: int) -> None:
    """It took 190 MB before what it needed to begin was given back."""
    asked = json.dumps(request(order(OXYCODONE))).encode()
    words = ("--guideline", NAME, "--guideline", SEED, "--as-of", AS_OF)
    with started(*words, "--processes", str(count)) as (process, url):
        until(lambda: get(url, "/readyz")[0] == 200)
        connections = [connected(url) for _ in range(2 * count)]
        for number in range(40):
            there = connections[number % len(connections)]
            path = "/cds-services/all-order-sign"
            there.request("POST", path, asked, {"Content-Type": "application/json"})
            answer = there.getresponse()
            answer.read()
            assert answer.status == 200
        for there in connections:
            there.close()
        every = [process.pid, *(answering(process) if count > 1 else [])]
        held = [
            int(line.split()[1])
            for pid in every
            for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
            if line.startswith("VmRSS:")
        ]
    assert len(held) == len(every)
    assert max(held) < 150_000


@pytest.mark.slow
def test_what_is_kept_is_not_made_anew_and_nothing_is_read_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So is what can be asked first: no clock is needed to see that a start stays short."""

    def begun() -> None:
        known = Known()
        found = Guidelines((NAME, SEED), Settings(), known=known)
        for one in found.each.values():
            one.warm()

    begun()
    files: list[str] = []

    def noted(path: str) -> Document:
        files.append(path)
        return read(path)

    def never(*_: object) -> None:
        raise AssertionError("it was kept")

    monkeypatch.setattr(sources, "read", noted)
    monkeypatch.setattr(mappings, "parse", never)
    monkeypatch.setattr(compiled, "compile_source", never)
    begun()
    assert len(files) > 40
    assert len(files) == len(set(files))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no make")
def test_make_starts_it_with_each_guideline_that_ships() -> None:
    words = ["make", "-n", "--no-print-directory", "serve", "PORT=0"]
    # What a make that runs the tests tells those below it is not meant for this one.
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, env=env)
    *_, last = done.stdout.replace("\\\n", " ").splitlines()
    _, *told = last.split()
    assert told[:3] == ["serve", "--port", "0"]
    options = parser().parse_args(told)
    assert sorted(options.guideline) == sorted(installed())
    assert options.host == "127.0.0.1"


def test_what_is_written_is_sent_at_once() -> None:
    """Where the protocol of a socket is not said, answers wait for what the client confirms."""
    with taken("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP


def test_a_port_that_is_taken_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        hold_to_one_line("serve", "--port", str(other.getsockname()[1]))
    hold_to_one_line("serve", "--port", "70000")


@pytest.mark.slow
def test_what_it_is_told_wrongly_is_an_error() -> None:
    hold_to_one_line("serve", "--port", "0", "--guideline", "no-such-guideline")
    hold_to_one_line("serve", "--port", "0", "--timezone", "Nowhere/Land")
    hold_to_one_line("serve", "--port", "0", "--as-of", "today")
    hold_to_one_line("serve", "--port", "0", "--feedback", "/no/such/folder/file")
    hold_to_one_line("serve", "--port", "0", "--completeness", "/no/such/file.ttl")
    hold_to_one_line("serve", "--port", "0", "--feedback-comments")
    twice = ("--guideline", "opioids-for-pain")
    hold_to_one_line("serve", "--port", "0", *twice, *twice)


@pytest.mark.slow
def test_without_its_libraries_it_says_what_to_install() -> None:
    hidden = (
        "import sys\n"
        "sys.modules['starlette.applications'] = None\n"
        "from indicant import cli\n"
        "sys.exit(cli.main(['serve', '--port', '0']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", hidden],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'indicant[serve]'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_it_listens_on_this_machine_alone_unless_it_is_told_otherwise() -> None:
    options = parser().parse_args(["serve"])
    assert (options.host, options.port) == ("127.0.0.1", 8000)


@pytest.mark.slow
def test_today_is_a_day_of_the_place() -> None:
    late = datetime.datetime(2026, 11, 30, 23, 30, tzinfo=datetime.UTC)
    assert Settings(clock=lambda: late).day() == "2026-11-30"
    assert Settings(timezone="Europe/Berlin", clock=lambda: late).day() == "2026-12-01"
    assert Settings(timezone="America/New_York", clock=lambda: late).day() == "2026-11-30"
    assert Settings(as_of="2023-05-01", clock=lambda: late).day() == "2023-05-01"
    assert Settings(as_of="2023-05-01", clock=lambda: late).day("2024-02-29") == "2024-02-29"
    with running(as_of=None, timezone="Europe/Berlin", clock=lambda: late) as service:
        told = service.hook(request(order(OXYCODONE))).json["extension"]["org.w3id.indicant"]
    assert told == {"asOf": "2026-12-01", "timezone": "Europe/Berlin"}
