"""What all processes of a service have in common: what they count, who asked, how they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.utils import floatToGoString

from indicant.process.between import Counts, FullError, Lock, Once, Recent, numbers
from indicant.serve.limits import ADDRESSES
from indicant.serve.metrics import BUCKETS, CARDS, ENDED, HOW, REQUESTS, RUNNING, SECONDS
from indicant.serve.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client import Metric

MOST_USED: Final = 100_000
"""How many tokens are remembered as used at once."""
_BETWEEN: Final = "\t"
_GONE: Final = 2**31
"""What stands for the connections of a process that takes none."""


class Used(Protocol):
    """Knows which tokens were used."""

    def take(self, issuer: str, name: str, end: float, now: float) -> bool:
        """Take a token until its end, and tell whether it was not used yet.

        Raises:
            Refused: too many are in use.
        """


class Common:
    """What is one for all processes of a service; it is made before they are forked.

    What each process says of itself needs no lock: nobody else writes it, but for the one that
    keeps them once it has died. So one that hangs with the lock in its hand is found out.
    """

    def __init__(self, processes: int, most_used: int = MOST_USED) -> None:
        """Take how many there are, and how many tokens are remembered at once."""
        self.processes, self.number = processes, 0
        """How many there are, and the number of this one."""
        self._lock = Lock()
        self._counts, self._used = Counts(self._lock), Once(self._lock, most_used)
        self.rates = Recent(self._lock, ADDRESSES)
        self.running, self.ended = numbers(processes), numbers(len(HOW))
        """How many requests each is answering, and how many processes have ended in which way."""
        self._open, self._beats, self._ready = (numbers(processes) for _ in range(3))
        for one in range(processes):
            self._open[one] = _GONE
        self.metrics = SharedMetrics(self, self._counts)

    def note_open(self, count: int) -> None:
        """Note how many connections this process has."""
        self._open[self.number] = count

    def has_more(self) -> bool:
        """Tell whether another process has fewer connections than this one."""
        return min(self._open) < self._open[self.number]

    def beat(self) -> None:
        """Show that this process gets round to what it is asked."""
        self._beats[self.number] += 1

    def beats(self, number: int) -> int:
        """Return how often a process has shown that."""
        return self._beats[number]

    def holder(self) -> int:
        """Return the process that all others wait for now, as the system calls it, or nought."""
        return self._lock.holder()

    def take(self, issuer: str, name: str, end: float, now: float) -> bool:
        """Take a token until its end, and tell whether it was not used yet at any process.

        Raises:
            Refused: too many are in use.
        """
        try:
            return self._used.take(f"{issuer}\0{name}", end, now)
        except FullError as error:
            raise too_many() from error

    def is_ready(self) -> bool:
        """Tell whether each process has been ready."""
        return all(self._ready)

    def note_ready(self) -> None:
        """Note that this process is ready."""
        self._ready[self.number] = 1

    def forget(self, number: int, how: str = "") -> None:
        """Note that a process answers nothing any more, and how it ended if nobody asked it to."""
        self._open[number] = _GONE
        self.running[number] = 0
        if how:
            self.ended[HOW.index(how)] += 1


def too_many() -> Refused:
    """Return the refusal of a token where too many are remembered."""
    return Refused(503, "too many tokens are in use", headers={"Retry-After": "60"})


class _Running:
    """How many requests are being answered by this process."""

    def __init__(self, common: Common) -> None:
        self._common = common

    def inc(self) -> None:
        """One more."""
        self._common.running[self._common.number] += 1

    def dec(self) -> None:
        """One less."""
        self._common.running[self._common.number] -= 1


class SharedMetrics:
    """The counts of all processes of a service together, as ``Metrics`` has those of one.

    What a process has counted stays when it ends.
    """

    def __init__(self, common: Common, counts: Counts) -> None:
        """Take what they say of themselves, and the numbers that all of them add to."""
        self._common, self._counts = common, counts
        self.running = _Running(common)
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        bucket = next((one for one in BUCKETS if seconds <= one), float("inf"))
        self._counts.add(
            (_BETWEEN.join(("requests", route, method, str(status))), 1.0),
            (_BETWEEN.join(("sum", route)), seconds),
            (_BETWEEN.join(("bucket", route, _said(bucket))), 1.0),
        )

    def count_card(self, indicator: str) -> None:
        """Count a card."""
        self._counts.add((_BETWEEN.join(("cards", indicator)), 1.0))

    def text(self) -> bytes:
        """Return all counts in the text format of Prometheus."""
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """Yield what ``Metrics`` has, for all processes."""
        told = self._counts.all()
        requests = CounterMetricFamily(*REQUESTS, labels=["route", "method", "status"])
        cards = CounterMetricFamily(*CARDS, labels=["indicator"])
        for name, value in told.items():
            kind, *labels = name.split(_BETWEEN)
            if kind in {"requests", "cards"}:
                (requests if kind == "requests" else cards).add_metric(labels, value)
        seconds = HistogramMetricFamily(*SECONDS, labels=["route"])
        for name, total in told.items():
            kind, *labels = name.split(_BETWEEN)
            if kind == "sum":
                seconds.add_metric(labels, list(_added(told, labels[0])), total)
        running = GaugeMetricFamily(*RUNNING, value=sum(self._common.running))
        ended = CounterMetricFamily(*ENDED, labels=["how"])
        for how, count in zip(HOW, self._common.ended, strict=True):
            ended.add_metric([how], count)
        return [requests, seconds, running, cards, ended]


def _added(told: dict[str, float], route: str) -> Iterator[tuple[str, Any]]:
    """Yield of each bucket how many requests took at most so long."""
    count = 0.0
    for one in (*BUCKETS, float("inf")):
        count += told.get(_BETWEEN.join(("bucket", route, _said(one))), 0.0)
        yield _said(one), count


def _said(bound: float) -> str:
    """Return a bound as the text format has it."""
    return str(floatToGoString(bound))  # type: ignore[no-untyped-call]
