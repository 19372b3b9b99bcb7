"""Run a service: take the port, tell what to open, and end once what was begun is answered."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError
from indicant.process import memory

try:
    import uvicorn

    from indicant.serve.app import Service
    from indicant.serve.connections import MOST, Connection, connection
    from indicant.serve.guidelines import Guidelines
except ImportError as error:
    if (error.name or "").startswith("indicant"):
        raise
    raise IndicantError(
        "the service needs libraries that are not installed", help="pip install 'indicant[serve]'"
    ) from error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from indicant.serve.settings import Settings

_FILES: Final = 200
"""How many files a service has open beside its connections, at most."""
_IDLE: Final = 15
_TURN: Final = 0.0005
"""After how many seconds a thread of Python gives way to another one that waits."""


class Server(uvicorn.Server):
    """A server that ends with what was begun, and tells when it can be asked."""

    def __init__(self, config: uvicorn.Config, begun: Callable[[], None]) -> None:
        """Take how it is to be, and what is done once it takes requests."""
        super().__init__(config)
        self._begun = begun

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take requests."""
        await super().startup(sockets)
        if self.started:
            self._begun()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End when asked to, and leave it at that: the signal is not raised once more."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        taken = (signal.SIGINT, signal.SIGTERM)
        before = {one: signal.signal(one, self.handle_exit) for one in taken}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


def taken(host: str, port: int) -> socket.socket:
    """Return the socket of an address, which then is nobody else's.

    Raises:
        IndicantError: it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only where the protocol is said does asyncio send at once what would wait for an answer.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
    except (OSError, OverflowError) as error:
        made.close()
        reason = getattr(error, "strerror", None) or error
        raise IndicantError(
            f"{host} port {port} cannot be taken: {reason}", help="--port N takes another one"
        ) from error
    return made


def url_of(sock: socket.socket) -> str:
    """Return the address of a socket as a URL."""
    host, port = sock.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def configured(service: Service, http: type[Connection]) -> uvicorn.Config:
    """Return how a service is run: nobody is logged, and no header of others is believed."""
    return uvicorn.Config(
        service.application(),
        http=http,
        ws="none",
        access_log=False,
        log_level="critical",
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_IDLE,
        timeout_graceful_shutdown=math.ceil(service.settings.seconds) + 1,
    )


def _connections() -> int:
    """Return how many connections may stand open: each is a file, and others are needed."""
    if sys.platform == "win32":
        return MOST
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST + _FILES
    if soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, min(MOST, soft - _FILES))


def run(
    names: Sequence[str | None],
    settings: Settings,
    sock: socket.socket,
    told: Callable[[Service], None],
) -> None:
    """Run a service until it is asked to end.

    Args:
        names: the guidelines.
        settings: how it answers.
        sock: where it listens.
        told: what is done once it takes requests.

    Raises:
        IndicantError: a guideline or a file that is named is no good.
    """
    # What answers would otherwise keep what reads and refuses waiting at each of its turns.
    sys.setswitchinterval(_TURN)
    memory.few_arenas()
    service = Service(Guidelines(names, settings), settled=memory.settle)
    config = configured(service, connection(settings.seconds, most=_connections()))
    server = Server(config, lambda: told(service))
    server.run(sockets=[sock])
    if service.workers.busy:
        # What took longer than its time cannot be ended, and would keep the process.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
