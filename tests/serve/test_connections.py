"""Clients that take their time, that come in masses, or that do not stop sending."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from asked import OXYCODONE, Running, order, request, running, started
from each import each
from indicant.serve.connections import connection

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = b"POST /assess HTTP/1.1\r\nHost: a\r\nContent-Type: text/turtle\r\n"
WHOLE = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"


def connected(service: Running) -> socket.socket:
    """Return a connection that nothing was sent on."""
    there = urlsplit(service.url)
    return socket.create_connection((there.hostname or "", there.port or 0), 20)


def ended(there: socket.socket) -> bytes:
    """Return all that comes until the other side ends the connection."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while part := there.recv(65_536):
            found += part
    return found


def _live(there: socket.socket) -> bool:
    """Tell whether a request on a connection is answered."""
    there.sendall(WHOLE)
    found = b""
    while not found.endswith(b"it runs\n"):
        part = there.recv(4096)
        if not part:
            return False
        found += part
    return found.startswith(b"HTTP/1.1 200")


@pytest.fixture(scope="module")
def hasty() -> Iterator[Running]:
    """Yield a service that waits for nobody for long, and has room for eight."""
    with running(http=connection(0.2, head=1.0, most=8)) as found:
        found.service.ready.wait(60)
        yield found


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "sent", [b"", b"GET /healthz HT", HEAD, WHOLE + b"GET /healthz HTTP/1.1\r\nHos"]
)
def test_a_head_that_does_not_end_is_not_waited_for(sent: bytes) -> None:
    made = connection(0.2, head=0.3, most=8)
    made.timeout_keep_alive = 0
    with running(http=made) as service, connected(service) as there:
        there.sendall(sent)
        told = ended(there)
        assert told.count(b"HTTP/1.1 200") == sent.count(b"\r\n\r\n")


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_a_head_that_comes_byte_by_byte_is_not_waited_for(hasty: Running) -> None:
    with connected(hasty) as there:
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 10_000:
                there.sendall(b"G")
                sent += 1
                threading.Event().wait(0.02)
        assert 0 < sent < 10_000


@pytest.mark.timeout(60)
def test_many_connections_are_refused_and_those_that_are_open_are_answered(
    hasty: Running,
) -> None:
    with contextlib.ExitStack() as stack:
        first = [stack.enter_context(connected(hasty)) for _ in range(8)]
        for one in each(first):
            assert _live(one)
        others = [stack.enter_context(connected(hasty)) for _ in range(100)]
        told = [ended(one) for one in others]
        assert all(one.startswith(b"HTTP/1.1 503") and b"retry-after" in one for one in told)
        assert _live(first[0])
    asked = request(order(OXYCODONE))
    while True:
        with contextlib.suppress(ConnectionError, http.client.HTTPException):
            if hasty.get("/healthz").status == 200:
                break
    assert hasty.hook(asked).status == 200


@pytest.mark.timeout(60)
def test_silent_connections_make_room_by_themselves(hasty: Running) -> None:
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(connected(hasty)) for _ in range(8)]
        assert [ended(one) for one in silent] == [b""] * 8
        assert hasty.get("/healthz").status == 200


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_a_client_that_does_not_read_is_let_go() -> None:
    made = connection(20.0)
    query = "SELECT * { ?a ?b ?c } LIMIT 20000".replace(" ", "%20")
    ask = f"GET /sparql?query={query} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    with running(http=made, seconds=20.0) as service:
        service.get(f"/sparql?query={query}")  # What was asked before is answered at once.
        made.whole = 0.5
        there = connected(service)
        there.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        there.sendall(ask)
        while service.open():
            threading.Event().wait(0.05)
        there.close()
        made.whole = 60.0
        assert service.get("/healthz").status == 200


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.skipif(sys.platform != "linux", reason="what it takes is told otherwise there")
@pytest.mark.parametrize("announced", [True, False])
def test_a_hundred_megabytes_are_neither_read_nor_kept(announced: bool) -> None:
    with started("--as-of", "2023-05-01", "--max-body", "8") as (process, url):
        there = urlsplit(url)
        sock = socket.create_connection((there.hostname or "", there.port or 0), 60)
        length = b"Content-Length: 100000000" if announced else b"Transfer-Encoding: chunked"
        sock.sendall(HEAD + length + b"\r\n\r\n")
        part = b"x" * 1_000_000
        chunk = part if announced else b"%x\r\n%b\r\n" % (len(part), part)
        sent = 0
        with contextlib.suppress(OSError):
            sock.settimeout(5)
            while sent < 100:
                sock.sendall(chunk)
                sent += 1
        before = _most(process.pid)
        asked = http.client.HTTPConnection(there.netloc, timeout=60)
        asked.request("GET", "/metrics")
        text = asked.getresponse().read().decode()
        sock.close()
    assert 'route="/assess",status="413"' in text
    assert sent
    assert before < 200_000, before


def _most(pid: int) -> int:
    """Return how many kilobytes a process has had at most."""
    said = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in said.splitlines() if line.startswith("VmHWM:"))


def _head_and_body(there: socket.socket) -> bytes:
    """Return an answer whose body is JSON, as soon as it is whole."""
    found = b""
    while not found.endswith(b"}"):
        found += there.recv(4096)
    return found


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_who_is_refused_may_read_why_and_goes_on_sending_in_vain() -> None:
    with running(max_body=10_000) as service, connected(service) as there:
        there.sendall(HEAD + b"Content-Length: 1000000000\r\n\r\n")
        told = _head_and_body(there)
        assert told.startswith(b"HTTP/1.1 413")
        assert json.loads(told.partition(b"\r\n\r\n")[2])["error"]["status"] == 413
        sent = 0
        with contextlib.suppress(ConnectionError, TimeoutError):
            while sent < 1_000:
                there.sendall(b"x" * 1_000_000)
                sent += 1
                threading.Event().wait(0.01)
        assert sent < 1_000
