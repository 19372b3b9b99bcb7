"""Measure a service: how soon it answers, how long each request takes, and what it does under load.

Every answer under load is compared with the one to the same request alone: one that is another
ends with 1. Speeds are printed, and fail nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from places import EXAMPLES, SEVEN_MONTHS, SHARED
from running import command, environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NAME: Final = "opioids-for-pain"
SEED: Final = "neck-pain-after-lumbar-fusion"
FOLDER: Final = SHARED / "opioid" / "requests"
QUERY: Final = (
    "SELECT ?x { <https://w3id.org/indicant/spine/Foraminotomy> "
    "<http://www.w3.org/2000/01/rdf-schema#label> ?x }"
)
CONNECTIONS: Final = 64


@dataclass(frozen=True)
class Sent:
    """A request: what it is called, and its bytes."""

    name: str
    data: bytes


@dataclass
class Told:
    """What came back under load: seconds by status, and which answers were another's."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    refused: list[float] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    largest: int = 0


def made(name: str, method: str, path: str, body: bytes = b"", media_type: str = "") -> Sent:
    """Return a request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if body:
        head += f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n"
    return Sent(name, head.encode() + b"\r\n" + body)


def hooks() -> Iterator[Sent]:
    """Yield the published requests of CDS Hooks, where they are at hand."""
    for file in sorted(FOLDER.glob("*.json")):
        request = json.loads(file.read_text(encoding="utf-8"))["request"]
        drafts = request["context"].get("draftOrders")
        if drafts is not None and drafts["resourceType"] != "Bundle":
            entry = [{"resource": drafts}]
            request["context"]["draftOrders"] = {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": entry,
            }
        for one in request["prefetch"].values():
            if one is not None and one["resourceType"] == "Bundle":
                one.setdefault("type", "searchset")
        path = f"/cds-services/{NAME}-{request['hook']}"
        name = file.stem.partition("-")[2]
        yield made(name, "POST", path, json.dumps(request).encode(), "application/json")


def others() -> Iterator[Sent]:
    """Yield what else is asked: assessments, the page, a query."""
    case, patient = SEVEN_MONTHS.read_bytes(), (EXAMPLES / "patient.json").read_bytes()
    path = f"/assess?guideline={SEED}"
    yield made("assess Turtle", "POST", path, case, "text/turtle")
    yield made("assess FHIR", "POST", f"{path}&asOf=2026-11-22", patient, "application/fhir+json")
    yield made("next", "POST", f"/next?guideline={SEED}", case, "text/turtle")
    form = b"do=start&as-of=2026-11-30"
    media_type = "application/x-www-form-urlencoded"
    yield made("page", "POST", f"/patient/{SEED}", form, media_type)
    yield made("query", "GET", f"/sparql?query={quote(QUERY)}")


def lookups() -> Iterator[Sent]:
    """Yield queries of which none was asked before: what each of many terms is called."""
    for number in range(200):
        query = (
            f"SELECT ?x {{ <https://w3id.org/indicant/spine/Term{number}> "
            "<http://www.w3.org/2000/01/rdf-schema#label> ?x }"
        )
        yield made(f"lookup {number}", "GET", f"/sparql?query={quote(query)}")


async def answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: Sent
) -> tuple[int, bytes]:
    """Send a request on a connection, and return the status and the body."""
    writer.write(sent.data)
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = int(head.partition("content-length:")[2].partition("\r\n")[0])
    return int(head.split()[1]), await reader.readexactly(length)


async def alone(
    port: int, some: Iterable[Sent], times: int, pid: int
) -> tuple[dict[str, tuple[bytes, list[float]]], dict[str, float]]:
    """Return the answer to each request alone with how long it took each time, and what it used."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found: dict[str, tuple[bytes, list[float]]] = {}
    cost: dict[str, float] = {}
    for sent in some:
        before = used(pid)
        for _ in range(times):
            begun = time.perf_counter()
            status, body = await answer(reader, writer, sent)
            taken = time.perf_counter() - begun
            if status not in (200, 412):
                raise SystemExit(f"{sent.name}: {status} {body[:200]!r}")
            known = found.setdefault(sent.name, (body, []))
            if known[0] != body:
                raise SystemExit(f"{sent.name}: the same request has two answers")
            known[1].append(taken)
        cost[sent.name] = (used(pid) - before) / times
    writer.close()
    return found, cost


async def pressed(
    port: int, some: list[Sent], wanted: dict[str, bytes], rate: float, seconds: float, pid: int
) -> Told:
    """Send so many requests a second, whatever comes back, and compare what comes back."""
    told = Told()
    waiting: asyncio.Queue[tuple[float, Sent]] = asyncio.Queue()
    choose = random.Random(1)  # noqa: S311 - the same ones every time

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while True:
            due, sent = await waiting.get()
            begun = time.perf_counter()
            status, body = await answer(reader, writer, sent)
            told.statuses[status] += 1
            if status == 503:
                told.refused.append(time.perf_counter() - begun)
            if status in (200, 412):
                told.seconds.append(time.perf_counter() - due)
                if body != wanted[sent.name]:
                    told.others.append(sent.name)
            waiting.task_done()

    clients = [asyncio.create_task(client()) for _ in range(CONNECTIONS)]
    begun = time.perf_counter()
    for number in range(int(rate * seconds)):
        due = begun + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        waiting.put_nowait((due, choose.choice(some)))
        if number % (5 * int(rate)) == 0:
            told.largest = max(told.largest, memory(pid))
    await waiting.join()
    told.largest = max(told.largest, memory(pid))
    for one in clients:
        one.cancel()
    return told


def several(pid: int) -> list[int]:
    """Return a process, and those that it has begun and that are the same program: who answers."""
    own = Path(f"/proc/{pid}/exe").readlink(), command_of(pid)
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    children = [int(one) for one in told.split()]
    return [
        pid,
        *(one for one in children if own == (Path(f"/proc/{one}/exe").readlink(), command_of(one))),
    ]


def command_of(pid: int) -> bytes:
    """Return the command line of a process."""
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def held(pid: int, *names: str) -> int:
    """Return how much memory a process holds, by the names that the system has for it, in MB."""
    found = 0
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines():
        if line.startswith(names):
            found += int(line.split()[1])
    return found // 1000


def memory(pid: int) -> int:
    """Return how much memory a service holds, what its processes share counted once, in MB."""
    return sum(held(one, "Pss:") for one in several(pid))


def each_memory(pid: int) -> str:
    """Return how much memory each process holds: all, its share, and what it has alone."""
    told = [
        f"{held(one, 'Rss:')} MB, {held(one, 'Pss:')} by shares, {held(one, 'Private_')} alone"
        for one in several(pid)
    ]
    return "; ".join(told)


def used(pid: int) -> float:
    """Return how many seconds of a processor a service has had; its queries apart."""
    found = 0
    for one in several(pid):
        said = Path(f"/proc/{one}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        found += int(said[11]) + int(said[12])
    return found / os.sysconf("SC_CLK_TCK")


def load() -> str:
    """Return how busy the machine is: what waits for a processor, in the last minute and five."""
    return " ".join(Path("/proc/loadavg").read_text(encoding="ascii").split()[:2])


def percentile(values: list[float], of: float) -> float:
    """Return in milliseconds what so much of the values are at most."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(of * len(ordered)))] * 1000 if ordered else 0.0


async def ready(port: int, begun: float) -> tuple[float, float]:
    """Return after how many seconds a service answers, and after how many it is ready."""
    first = 0.0
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        first = first or time.perf_counter() - begun
        status, _ = await answer(reader, writer, made("", "GET", "/readyz"))
        writer.close()
        if status == 200:
            return first, time.perf_counter() - begun
        await asyncio.sleep(0.02)


async def measure(port: int, pid: int, begun: float, options: argparse.Namespace) -> bool:
    """Print all figures, and tell whether every answer was the right one."""
    first, whole = await ready(port, begun)
    print(f"load of the machine {load()}")
    print(f"answers after {first:.2f} s, is ready after {whole:.2f} s, {memory(pid)} MB")
    print(f"  {each_memory(pid)}")
    if options.only_ready:
        return True
    some = [*hooks(), *others()]
    await alone(port, some, 3, pid)
    found, cost = await alone(port, some, options.times, pid)
    print("alone: median and slowest in ms, and ms of a processor")
    for name, (_, taken) in found.items():
        figures = (statistics.median(taken), max(taken), cost[name])
        print(f"  {' '.join(f'{one * 1000:7.1f}' for one in figures)}  {name}")
    fresh, cost = await alone(port, lookups(), 1, pid)
    middle = statistics.median(taken[0] for _, taken in fresh.values())
    each = sum(cost.values()) / len(cost) * 1000
    print(f"a lookup that nobody asked before: {middle * 1000:.1f} ms, {each:.1f} of a processor")
    wanted = {name: body for name, (body, _) in found.items()}
    right = True
    for rate, seconds, what, chosen in (
        *((rate, options.seconds / 2, "CDS Hooks", list(hooks())) for rate in options.rates),
        (200, options.seconds, "everything", some),
        (200, options.seconds / 2, "all but CDS Hooks", list(others())),
    ):
        if not chosen:
            continue
        before = memory(pid)
        told = await pressed(port, chosen, wanted, rate, seconds, pid)
        p50, p99 = percentile(told.seconds, 0.5), percentile(told.seconds, 0.99)
        print(
            f"{what} at {rate} a second for {seconds:g} s: p50 {p50:.0f} ms, p99 {p99:.0f} ms, "
            f"{dict(sorted(told.statuses.items()))}, {before} MB before, {told.largest} at most, "
            f"load {load()}"
        )
        print(f"  {each_memory(pid)}")
        if told.refused:
            print(f"  refused after {percentile(told.refused, 0.5):.0f} ms, p50, once it was sent")
        if told.others:
            print(f"  OTHER ANSWERS: {Counter(told.others)}")
            right = False
    return right


def main() -> int:
    """Measure one service, started for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the load lasts (60)")
    parser.add_argument(
        "--rates", type=float, nargs="*", default=[50, 100], help="of CDS Hooks, a second (50 100)"
    )
    parser.add_argument("--times", type=int, default=20, help="how often each is asked alone (20)")
    parser.add_argument("--processes", type=int, default=1, help="how many processes answer (1)")
    parser.add_argument("--only-ready", action="store_true", help="only how soon it is ready")
    options = parser.parse_args()
    begun = time.perf_counter()
    words = ["serve", "--port", "0", "--as-of", "2023-05-01"]
    words += ["--processes", str(options.processes)]
    for name in (NAME, SEED):
        words += ["--guideline", name]
    process = subprocess.Popen(
        command(*words),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = next(line.split()[0] for line in process.stdout if "/readyz" in line)
        port = urlsplit(url).port
        assert port is not None
        right = asyncio.run(measure(port, process.pid, begun, options))
    finally:
        process.terminate()
        process.wait(60)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
