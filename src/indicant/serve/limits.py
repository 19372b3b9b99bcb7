"""Keep what a service is asked within bounds: how much, how long, how many at once, how often."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from indicant.serve.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from starlette.requests import Request

T = TypeVar("T")
_WAITING: Final = 4
"""How many may wait for each that is answered."""
_TOGETHER: Final = 8
"""How many of the largest bodies may be on their way at once."""
ADDRESSES: Final = 10_000
"""Of how many addresses it is known how often they asked."""


class Bodies:
    """Reads the bodies of requests, each within bounds, and all that come at once as well.

    Args:
        most: how many bytes one may have.
        seconds: how long one may take to come.
        together: how many of the largest may be on their way at once.
    """

    def __init__(self, most: int, seconds: float, together: int = _TOGETHER) -> None:
        self._most, self._seconds, self._room = most, seconds, most * together

    async def read(self, request: Request) -> bytes:
        """Return the body of a request.

        Raises:
            Refused: it is packed, has more bytes than are taken, or does not come to an end in
                time; or too much comes at once.
        """
        most = self._most
        if request.headers.get("content-encoding", "identity") != "identity":
            raise Refused(415, "the body is packed", help="send it as it is")
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > most:
            raise Refused(413, f"the body has more than {most} bytes")
        found = bytearray()
        try:
            async with asyncio.timeout(self._seconds):
                async for part in request.stream():
                    if len(found) + len(part) > most:
                        raise Refused(413, f"the body has more than {most} bytes")
                    if len(part) > self._room:
                        raise Refused(503, "too much is sent at once", headers={"Retry-After": "1"})
                    found += part
                    self._room -= len(part)
        except TimeoutError as error:
            told = f"the body did not come within {self._seconds:g} seconds"
            raise Refused(408, told) from error
        finally:
            self._room += len(found)
        return bytes(found)


class Workers:
    """Threads that answer, so many at once, and so many more that may wait.

    What takes longer than its time is told to be late and goes on to its end, since no thread can
    be ended; until then its place is taken.
    """

    def __init__(self, count: int, seconds: float) -> None:
        """Take how many there are, and the time for an answer."""
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="indicant-serve")
        self._most = count * (1 + _WAITING)
        self._seconds = seconds
        self._busy = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Return what some work gives.

        Raises:
            Refused: too many wait already, or its time is over.
        """
        if self._busy >= self._most:
            raise Refused(503, "too much is asked at once", headers={"Retry-After": "1"})
        self._busy += 1
        loop = asyncio.get_running_loop()
        future: Future[T] = self._pool.submit(work)
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._left))
        try:
            async with asyncio.timeout(self._seconds):
                return await asyncio.wrap_future(future)
        except TimeoutError as error:
            raise Refused(
                503, f"no answer within {self._seconds:g} seconds", headers={"Retry-After": "10"}
            ) from error

    def _left(self) -> None:
        self._busy -= 1

    @property
    def busy(self) -> int:
        """How many are being answered, or wait."""
        return self._busy

    def close(self) -> None:
        """Take no more work; what has begun goes on."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class Kept(Protocol):
    """Knows of the addresses that asked last how many requests each has left, and since when."""

    def change(
        self, name: str, how: Callable[[tuple[float, float] | None], tuple[float, float]]
    ) -> None:
        """Let both be what is made of those before; nothing of one that is not known."""


class _Own:
    """The addresses that asked this process last."""

    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def change(
        self, name: str, how: Callable[[tuple[float, float] | None], tuple[float, float]]
    ) -> None:
        self._left[name] = how(self._left.pop(name, None))
        if len(self._left) > ADDRESSES:
            self._left.popitem(last=False)


class Rates:
    """Says who asks too often: of each address there are so many a second, and twice as many once.

    Args:
        rate: how many a second; nought is any number.
        clock: seconds that only grow, the same for all processes.
        kept: what knows how often addresses asked; without, what is asked here is known here.
    """

    def __init__(
        self,
        rate: float,
        clock: Callable[[], float] = time.monotonic,
        kept: Kept | None = None,
    ) -> None:
        self._rate, self._clock = rate, clock
        self._kept: Kept = _Own() if kept is None else kept

    def take(self, address: str) -> None:
        """Count a request of an address.

        Raises:
            Refused: it was one too many.
        """
        if not self._rate:
            return
        most, now, left = max(1.0, 2 * self._rate), self._clock(), 0.0

        def changed(before: tuple[float, float] | None) -> tuple[float, float]:
            nonlocal left
            had, since = before or (most, now)
            # Another process may have looked at the clock later and come first.
            left = min(most, had + max(0.0, now - since) * self._rate)
            return left - (left >= 1), max(now, since)

        self._kept.change(address, changed)
        if left < 1:
            wait = str(max(1, round((1 - left) / self._rate)))
            raise Refused(429, "too many requests", headers={"Retry-After": wait})
