"""Count what is asked and how it ended, and nothing of whom it is about."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
REQUESTS: Final = "indicant_requests", "Requests by route, method and status."
SECONDS: Final = (
    "indicant_request_seconds",
    "Seconds from the first byte of a request to its answer, by route.",
)
RUNNING: Final = "indicant_requests_running", "Requests being answered."
CARDS: Final = "indicant_cards", "Cards by indicator."
ENDED: Final = (
    "indicant_processes_ended",
    "Processes that were replaced: those that died, and those that were stuck and were ended.",
)
HOW: Final = ("died", "stuck")
"""How a process ends that nobody has asked to."""


class Metrics:
    """The counts of one service, by route, method and status alone."""

    def __init__(self) -> None:
        """Begin at nought."""
        self._registry = CollectorRegistry()
        self._requests = Counter(*REQUESTS, ["route", "method", "status"], registry=self._registry)
        self._seconds = Histogram(*SECONDS, ["route"], buckets=BUCKETS, registry=self._registry)
        self.running = Gauge(*RUNNING, registry=self._registry)
        self._cards = Counter(*CARDS, ["indicator"], registry=self._registry)
        ended = Counter(*ENDED, ["how"], registry=self._registry)
        for how in HOW:
            ended.labels(how)

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def count_card(self, indicator: str) -> None:
        """Count a card."""
        self._cards.labels(indicator).inc()

    def text(self) -> bytes:
        """Return all counts in the text format of Prometheus."""
        return generate_latest(self._registry)
