"""Run a service: take the port, tell what to open, and end once what was begun is answered."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import signal
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from indicant.compile.compiled import is_kept, obtain
from indicant.errors import IndicantError
from indicant.files.common import Known, read_once
from indicant.files.fence import fence_of
from indicant.files.sources import load, resolve
from indicant.process import memory
from indicant.process.sandbox import follow_parent

try:
    import uvicorn

    from indicant.serve.app import Service, tell
    from indicant.serve.common import Common
    from indicant.serve.connections import MOST, Connection, connection
    from indicant.serve.guidelines import Guidelines
    from indicant.serve.supervising import Supervisor, Watch, demand_forks, demand_one_thread
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
_LEAVES: Final = 10
_LEAVE: Final = 0.0005
"""How often a connection is left to other processes, and for how many seconds each time."""
_WAITING: Final = 2_048
"""How many connections may wait to be taken."""
_BEATS: Final = 20
"""How often a process shows that it lives in the time after which it is stuck."""
_TURN: Final = 0.0005
"""After how many seconds a thread of Python gives way to another one that waits."""


class Server(uvicorn.Server):
    """A server that ends with what was begun, and tells when it can be asked."""

    def __init__(
        self,
        config: uvicorn.Config,
        begun: Callable[[], None],
        asking: Sequence[signal.Signals] = (signal.SIGINT, signal.SIGTERM),
        beat: Callable[[], None] | None = None,
        every: float = 1.0,
    ) -> None:
        """Take how it is to be.

        Args:
            config: how uvicorn runs it.
            begun: what is done once it takes requests.
            asking: what asks it to end.
            beat: what shows that it lives, if anybody looks.
            every: after how many seconds that is shown again.
        """
        super().__init__(config)
        self._begun, self._asking = begun, asking
        self._beat, self._every = beat, every

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take requests."""
        if self._beat is not None:
            self._show_life(asyncio.get_running_loop(), self._beat)
        await super().startup(sockets)
        for one in sockets or []:
            # As many as are taken at once may wait otherwise.
            one.listen(_WAITING)
        if self.started:
            self._begun()

    def _show_life(self, loop: asyncio.AbstractEventLoop, beat: Callable[[], None]) -> None:
        """Show it from the loop that answers, and from no thread, which would live on beside it."""
        beat()
        loop.call_later(self._every, self._show_life, loop, beat)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End when asked to, and leave it at that: the signal is not raised once more."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {one: signal.signal(one, self.handle_exit) for one in self._asking}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


class Listening(socket.socket):
    """A socket of several processes, from which the one takes that has the fewest connections.

    Clients such as a proxy keep their connections, and a process that happened to take them all
    would answer alone.
    """

    has_more: Callable[[], bool]

    def accept(self) -> tuple[socket.socket, Any]:
        """Take a connection, after another process had time for it if it has fewer.

        Raises:
            BlockingIOError: another one took it.
        """
        for _ in range(_LEAVES):
            if not self.has_more():
                break
            time.sleep(_LEAVE)
        return super().accept()


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
        # A process that took all who wait would leave none to the others.
        backlog=1 if service.settings.processes > 1 else _WAITING,
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
    memory.postpone()
    if settings.processes > 1:
        _run_several(names, settings, sock, told)
        return
    service = Service(Guidelines(names, settings), settled=memory.settle)
    config = configured(service, connection(settings.seconds, most=_connections()))
    server = Server(config, lambda: told(service))
    server.run(sockets=[sock])
    if service.workers.busy:
        # What took longer than its time cannot be ended, and would keep the process.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _run_several(
    names: Sequence[str | None],
    settings: Settings,
    sock: socket.socket,
    told: Callable[[Service], None],
) -> None:
    """Load guidelines once, and have several processes answer that share them and the socket.

    Raises:
        IndicantError: a guideline or a file that is named is no good, or nothing can be forked.
        EndedError: the terminal was gone, and all have ended.
    """
    demand_forks()
    known = Known()
    _compile_apart(names, known)
    service = Service(
        Guidelines(names, settings, known=known),
        settled=memory.settle,
        common=(common := Common(settings.processes)),
    )
    service.prepare()
    memory.settle()
    demand_one_thread()
    most = _connections()

    def start(number: int, begun: Callable[[], None]) -> None:
        common.number = number
        common.note_open(0)
        shared = Listening(sock.family, sock.type, sock.proto, fileno=sock.detach())
        shared.has_more = common.has_more
        http = connection(settings.seconds, most=most, noted=common.note_open)
        config, every = configured(service, http), min(1.0, settings.stuck / _BEATS)
        Server(config, begun, (signal.SIGTERM,), common.beat, every).run(sockets=[shared])

    supervisor = Supervisor(
        settings.processes,
        start,
        settings.seconds,
        log=tell,
        died=common.forget,
        watch=Watch(settings.stuck, common.beats, common.holder),
    )
    supervisor.run(lambda: told(service), sock.close)


def _compile_apart(names: Sequence[str | None], known: Known) -> None:
    """Compile in a child what was not compiled yet: the reasoner runs in threads of its own.

    Where it cannot be compiled or kept, that is told when it is loaded here. What is read stays.
    """
    with read_once(known):
        sources = [load(path, fence=fence_of(path)) for path in map(resolve, names)]
    missing = [one for one in sources if not is_kept(one)]
    if not missing:
        return
    parent = os.getpid()
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        return
    try:
        follow_parent(parent)
        for one in missing:
            obtain(one)
    finally:
        os._exit(0)
