"""Let no connection wait for its client without end, nor more of them stand open than may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

HEAD: Final = 10.0
"""How many seconds a client may take to send the head of a request."""
TAKEN: Final = 30.0
"""How many seconds more than for its body and its answer a request may take, until it is taken."""
MOST: Final = 1_000
"""How many connections may stand open."""
_LINGER: Final = 2.0
"""How many seconds a client has to read a refusal of a body that it goes on sending."""
_FULL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\n"
    b"connection: close\r\n\r\n"
)


class Connection(H11Protocol):
    """A connection that ends where its client takes too long, whatever the client does meanwhile.

    The class of uvicorn waits for ever for the first request, for the rest of a head, for a client
    that does not read, and for the end of a body that was refused.
    """

    head = HEAD
    whole = TAKEN
    most = MOST
    _timer: asyncio.TimerHandle | None = None

    @staticmethod
    def noted(count: int) -> None:
        """Take note of how many connections stand open."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request so long, or refuse it where too many connections stand open."""
        super().connection_made(transport)
        self.noted(len(self.connections))
        if len(self.connections) > self.most:
            transport.write(_FULL)
            transport.close()
        self._watch(self.head)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)
        self.noted(len(self.connections))

    def data_received(self, data: bytes) -> None:
        """Take no data of a connection that is refused."""
        if not self.transport.is_closing():
            super().data_received(data)

    def handle_events(self) -> None:
        """Wait so long for an answer to be taken, once there is a request."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before and not self.cycle.response_complete:
            self._watch(self.whole)

    def on_response_complete(self) -> None:
        """Wait so long for the next request, or for a client to read why its body is refused."""
        super().on_response_complete()
        if self.cycle.response_complete:
            more = self.conn.their_state is h11.SEND_BODY
            self._watch(_LINGER if more else self.timeout_keep_alive + self.head)

    def _watch(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(seconds, self.transport.abort)


def connection(
    seconds: float,
    *,
    head: float = HEAD,
    most: int = MOST,
    noted: Callable[[int], None] = Connection.noted,
) -> type[Connection]:
    """Return the connections of a service.

    Args:
        seconds: the most seconds to an answer, and to read a request.
        head: the most seconds to read the head of one.
        most: how many may stand open.
        noted: what is told how many do.
    """
    own = {"head": head, "whole": 2 * seconds + TAKEN, "most": most, "noted": staticmethod(noted)}
    return cast("type[Connection]", type("Connection", (Connection,), own))
