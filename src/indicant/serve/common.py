"""What all processes of a service have in common: what they count, and which tokens were used."""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Any, Final, Protocol

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.utils import floatToGoString

from indicant.process.between import Counts, FullError, Lock, Once
from indicant.serve.metrics import BUCKETS, CARDS, REQUESTS, RUNNING, SECONDS
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
    """What is one for all processes of a service; it is made before they are forked."""

    def __init__(self, processes: int, most_used: int = MOST_USED) -> None:
        """Take how many there are, and how many tokens are remembered at once."""
        self.processes, self.number = processes, 0
        """How many there are, and the number of this one."""
        lock = Lock()
        self._counts, self._used = Counts(lock), Once(lock, most_used)
        self.metrics = SharedMetrics(self, self._counts)
        # Each process writes a number of its own, so that these need no lock.
        self._open = memoryview(mmap.mmap(-1, 8 * processes)).cast("q")
        for one in range(processes):
            self._open[one] = _GONE

    def note_open(self, count: int) -> None:
        """Note how many connections this process has."""
        self._open[self.number] = count

    def has_more(self) -> bool:
        """Tell whether another process has fewer connections than this one."""
        return min(self._open) < self._open[self.number]

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
        told = self._counts.all()
        return all(told.get(f"ready{_BETWEEN}{one}") for one in range(self.processes))

    def note_ready(self) -> None:
        """Note that this process is ready."""
        self._counts.put(f"ready{_BETWEEN}{self.number}", 1.0)

    def forget(self, number: int) -> None:
        """Note that a process answers nothing any more, and has no connections."""
        self._open[number] = _GONE
        self._counts.put(f"running{_BETWEEN}{number}", 0.0)


def too_many() -> Refused:
    """Return the refusal of a token where too many are remembered."""
    return Refused(503, "too many tokens are in use", headers={"Retry-After": "60"})


class _Running:
    """How many requests are being answered by this process."""

    def __init__(self, common: Common, counts: Counts) -> None:
        self._common, self._counts = common, counts

    def inc(self) -> None:
        """One more."""
        self._counts.add((f"running{_BETWEEN}{self._common.number}", 1.0))

    def dec(self) -> None:
        """One less."""
        self._counts.add((f"running{_BETWEEN}{self._common.number}", -1.0))


class SharedMetrics:
    """The counts of all processes of a service together, as ``Metrics`` has those of one.

    What a process has counted stays when it ends.
    """

    def __init__(self, common: Common, counts: Counts) -> None:
        """Take the numbers that all of them add to."""
        self._counts = counts
        self.running = _Running(common, counts)
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
        running = sum(value for name, value in told.items() if name.startswith("running"))
        return [requests, seconds, GaugeMetricFamily(*RUNNING, value=running), cards]


def _added(told: dict[str, float], route: str) -> Iterator[tuple[str, Any]]:
    """Yield of each bucket how many requests took at most so long."""
    count = 0.0
    for one in (*BUCKETS, float("inf")):
        count += told.get(_BETWEEN.join(("bucket", route, _said(one))), 0.0)
        yield _said(one), count


def _said(bound: float) -> str:
    """Return a bound as the text format has it."""
    return str(floatToGoString(bound))  # type: ignore[no-untyped-call]
