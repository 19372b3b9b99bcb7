"""Run a function in a process of its own that can reach nothing, with bounds, and never alone.

It answers once, or stays for more that is asked of it. The process imports the very package that
runs, and nothing from the folder that the user is in.
On Linux it has a network of its own, without so much as a loopback, where the system allows that.
Where the system counts open files it may open no more once it has begun, so that neither Python nor
a library gets at a file or a socket. Everywhere Python itself refuses both.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib.util
import json
import math
import os
import subprocess
import sys
import threading
import time
import weakref
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any, Final, NoReturn

from indicant.process.sharing import Renewed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from importlib.machinery import ModuleSpec

GRACE: Final = 5.0
"""How many seconds beyond its time a process ends by itself, if nobody ends it."""

LONGEST: Final = 86_400.0
_NEW_USERS: Final = 0x10000000
_NEW_NETWORK: Final = 0x40000000
_PARENT_DEATH: Final = 1
_KILL: Final = 9
_CLOSED: Final = (
    "_winapi.",
    "_posixsubprocess.",
    "ctypes.",
    "open",
    "os.",
    "pty.",
    "shutil.",
    "socket.",
    "subprocess.",
    "urllib.",
    "winreg.",
)
_BOOT: Final = """\
import sys
sys.path.extend(sys.argv[5:])
from indicant.process import sandbox
sandbox.enter(int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
from importlib import import_module
sandbox.serve(import_module(sys.argv[1]))
"""
_HELPING: Final = """\
import sys
sys.path.extend(sys.argv[4:])
from indicant.process import sandbox
sandbox.help_out(int(sys.argv[2]), int(sys.argv[3]))
from importlib import import_module
sandbox.stay(import_module(sys.argv[1]), shut_in=False)
"""
_STAYING: Final = """\
import sys
sys.path.extend(sys.argv[4:])
from indicant.process import sandbox
sandbox.settle(int(sys.argv[2]), int(sys.argv[3]))
from importlib import import_module
sandbox.stay(import_module(sys.argv[1]))
"""


class StoppedError(Exception):
    """A process that was ended before it answered: for its time, its answer, or by itself."""


class TooSlowError(StoppedError):
    """It took too long."""


class TooMuchError(StoppedError):
    """It said too much."""


# One piece: the process that is started here is ended on every way out of here.
def call(
    module: str,
    task: dict[str, Any],
    data: bytes,
    *,
    needs: Sequence[str] = (),
    seconds: float,
    memory: int,
    most: int,
) -> bytes:
    """Have a module answer a task in a process of its own, and return what it answers.

    Args:
        module: the module; it has ``prepare()``, which loads what an answer takes, and
            ``answer(task, data)``, which returns bytes.
        task: what JSON can hold.
        data: what goes with it.
        needs: the packages that it imports, beside the standard library and this one.
        seconds: the limit for starting, reading, answering and printing.
        memory: the limit of address space in bytes, where the system knows one.
        most: the limit of the answer in bytes.

    Raises:
        TooSlowError: it was ended for its time.
        TooMuchError: it was ended for the length of its answer.
        StoppedError: it ended by itself; the message says how.
    """
    seconds = min(seconds, LONGEST)
    body = json.dumps(task).encode()
    told = (module, os.getpid(), seconds, memory)
    process = subprocess.Popen(  # noqa: S603
        [*_python(), "-c", _BOOT, *map(str, told), *homes(("indicant", *needs))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=os.path.dirname(sys.executable),
        # An arena of the allocator for each thread would count as memory that nobody uses.
        env={**os.environ, "MALLOC_ARENA_MAX": "1"},
    )
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        # It reads all before it says anything. That the pipe ends tells it that we are gone.
        with contextlib.suppress(OSError):
            process.stdin.write(f"{len(body)} {len(data)}\n".encode() + body + data)
            process.stdin.flush()
        answer = process.stdout.read(most + 1)
        if len(answer) > most:
            raise TooMuchError
        code = process.wait()
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        with contextlib.suppress(OSError):
            process.stdin.close()
        process.stdout.close()
    if late.is_set() or code == _out_of_time():
        raise TooSlowError
    if code:
        raise StoppedError(_ending(code))
    return answer


class Worker:
    """A process that answers one task after another about what it was told first.

    Whoever is asking has it alone. It is started with the first task, and anew after it was ended
    for a task; it ends with its owner, or as soon as nobody can ask it any more. A child of a fork
    starts one of its own.
    """

    def __init__(
        self,
        module: str,
        first: dict[str, Any],
        data: bytes,
        *,
        needs: Sequence[str] = (),
        memory: int,
        helps: bool = False,
    ) -> None:
        """Take the module and what it is told first.

        The module has ``prepare(first)``, which loads what answers take, ``begin(first, data)``,
        which returns what it is to know from then on, and ``reply(known, data)``, which yields
        answers. One that ``helps`` does a part of our own work: it has no network, and may open
        files.
        """
        self._module, self._needs, self._memory = module, needs, memory
        self._boot = _HELPING if helps else _STAYING
        self._first = (first, data)
        self._lock = Renewed(threading.Lock)
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._closing: weakref.finalize[..., Worker] | None = None

    def ask(self, data: bytes, count: int, *, seconds: float, most: int) -> Iterator[bytes]:
        """Yield the answers to a task, as many as there are to be.

        Args:
            data: the task.
            count: how many answers there are.
            seconds: the limit for all of them, and for starting the process.
            most: the limit of an answer in bytes.

        Raises:
            TooSlowError: it was ended for its time.
            TooMuchError: it was ended for the length of an answer.
            StoppedError: it ended by itself; the message says how.
        """
        with self._lock.value:
            process = self._started()
            late = threading.Event()

            def end() -> None:
                late.set()
                process.kill()

            timer = threading.Timer(seconds, end)
            timer.daemon = True
            timer.start()
            whole = False
            try:
                # Where its owner ended it meanwhile, what leads to it is closed.
                with contextlib.suppress(OSError, ValueError):
                    _send(process, json.dumps(seconds).encode(), data)
                for _ in range(count):
                    yield self._answer(process, late, most)
                whole = True
            finally:
                timer.cancel()
                if not whole or late.is_set():
                    self._end()

    def _answer(self, process: subprocess.Popen[bytes], late: threading.Event, most: int) -> bytes:
        assert process.stdout is not None  # noqa: S101
        if process.stdout.closed:
            raise StoppedError("its owner ended it")
        head = process.stdout.readline()
        size = int(head) if head.endswith(b"\n") else -1
        if size > most:
            raise TooMuchError
        answer = process.stdout.read(size) if size >= 0 else b""
        if len(answer) != size:
            code = process.wait()
            if late.is_set():
                raise TooSlowError
            raise StoppedError(_ending(code))
        return answer

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._owner == os.getpid():
            if self._process.poll() is None:
                return self._process
            self._end()
        self._owner = os.getpid()
        told = (self._module, self._owner, self._memory)
        process = subprocess.Popen(  # noqa: S603
            [*_python(), "-c", self._boot, *map(str, told), *homes(("indicant", *self._needs))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=os.path.dirname(sys.executable),
            env={**os.environ, "MALLOC_ARENA_MAX": "1"},
        )
        self._process = process
        self._closing = weakref.finalize(self, _end, process, self._owner)
        task, data = self._first
        with contextlib.suppress(OSError, ValueError):
            _send(process, json.dumps(task).encode(), data)
        return process

    def end(self) -> bool:
        """End the process, whatever it does, and tell whether there was one.

        The next task starts another.
        """
        process = self._process if self._owner == os.getpid() else None
        if process is None or process.poll() is not None:
            return False
        process.kill()
        process.wait()
        return True

    def _end(self) -> None:
        if self._closing is not None:
            self._closing()
        self._process = self._closing = None


def _send(process: subprocess.Popen[bytes], body: bytes, data: bytes) -> None:
    assert process.stdin is not None  # noqa: S101
    process.stdin.write(f"{len(body)} {len(data)}\n".encode() + body + data)
    process.stdin.flush()


def _end(process: subprocess.Popen[bytes], owner: int) -> None:
    """End a process; the child of a fork leaves that of its parent alone."""
    if os.getpid() == owner:
        process.kill()
        process.wait()
    else:
        process.returncode = 0
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def _python() -> list[str]:
    """Return how to start Python so that it takes nothing from folder, user or environment.

    Isolated, it puts neither the current folder nor ``PYTHONPATH`` on its path; without ``site``
    it runs no file that an installed package might have put there, and finds the standard library
    alone. What else it may import it is told.
    """
    if not sys.executable:
        raise StoppedError("there is no Python to start")
    return [sys.executable, "-I", "-S", "-B", "-X", f"utf8={sys.flags.utf8_mode}"]


def begin_again(*options: str) -> NoReturn:
    """Take the place of this process by the same command, with further options of Python.

    Those that it was started with stay, so that one that was isolated is.
    """
    os.execv(sys.executable, [sys.executable, *options, *sys.orig_argv[1:]])  # noqa: S606


def homes(packages: Sequence[str]) -> list[str]:
    """Return the folders or archives that packages lie in, in the order in which they are found."""
    found = {place: None for place in map(_home, packages) if place is not None}
    order = {one: number for number, one in reversed([*enumerate(_elsewhere())])}
    return sorted(found, key=lambda place: order.get(place, -1))


def _home(package: str) -> str | None:
    """Return where a package lies: the one that is loaded, or that would be without this folder."""
    spec: ModuleSpec | None
    if package in sys.modules:
        spec = sys.modules[package].__spec__
    else:
        spec = PathFinder.find_spec(package, _elsewhere()) or importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    place = os.path.abspath(spec.origin)
    return os.path.dirname(os.path.dirname(place) if spec.submodule_search_locations else place)


def _elsewhere() -> list[str]:
    """Return the path on which modules are found, without the folder that the user is in."""
    try:
        here = os.getcwd()
    except OSError:  # it was removed
        here = ""
    return [one for one in sys.path if os.path.isabs(one) and os.path.normpath(one) != here]


def _out_of_time() -> int | None:
    import signal

    return -signal.SIGXCPU if hasattr(signal, "SIGXCPU") else None


def _ending(code: int) -> str:
    import signal

    if code < 0 and -code in {one.value for one in signal.Signals}:
        return signal.Signals(-code).name
    return f"exit code {code}"


# ---------------------------------------------------------------------- in the process


def enter(parent: int, seconds: float, memory: int) -> None:
    """Leave the network, take limits, and see to it that the process ends with its parent.

    It comes first: while there is one thread, and before anything foreign is read.
    """
    leave_network()
    follow_parent(parent)
    _limit(seconds, memory)
    # A thread that needs no interpreter, so that it also ends a library that does not let go of it.
    faulthandler.dump_traceback_later(seconds + GRACE, exit=True)


def settle(parent: int, memory: int) -> None:
    """Leave the network and take the limits of a process that stays, before anything is read.

    What it may take of time is counted for each task. That its parent ends it is told by the pipe:
    the system would end it with the thread that started it.
    """
    leave_network()
    if sys.platform != "win32" and os.getppid() != parent:
        os._exit(1)
    _bound("RLIMIT_CORE", 0)
    _bound("RLIMIT_FSIZE", 0)
    _bound("RLIMIT_AS", memory)


def help_out(parent: int, memory: int) -> None:
    """Leave the network and take the limits of a process that does a part of our own work."""
    leave_network()
    if sys.platform != "win32" and os.getppid() != parent:
        os._exit(1)
    _bound("RLIMIT_CORE", 0)
    _bound("RLIMIT_AS", memory)


def leave_network() -> bool:
    """Take a network of one's own, in which nothing is, and tell whether the system allowed it."""
    if sys.platform != "linux":
        return False
    # Without rights a process may do so only among users of its own.
    return any(_called("unshare", flags) for flags in (_NEW_NETWORK, _NEW_USERS | _NEW_NETWORK))


def follow_parent(parent: int, by: int = _KILL) -> None:
    """Have the system end this process by a signal with its parent, where it can do that."""
    if sys.platform == "linux":
        _called("prctl", _PARENT_DEATH, by, 0, 0, 0)
    if sys.platform != "win32" and os.getppid() != parent:
        os._exit(1)


def _called(name: str, *arguments: int) -> bool:
    """Call the system's own library, and tell whether it did what it was asked."""
    try:
        import ctypes

        return bool(getattr(ctypes.CDLL(None), name)(*arguments) == 0)
    except (AttributeError, ImportError, OSError):
        return False


def follow_pipe() -> None:
    """End this process as soon as nobody can write to its standard input any more."""

    def wait() -> None:
        while os.read(0, 1):
            pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _limit(seconds: float, memory: int) -> None:
    cpu = math.ceil(seconds) + 1
    _bound("RLIMIT_CORE", 0)
    _bound("RLIMIT_FSIZE", 0)
    _bound("RLIMIT_AS", memory)
    _bound("RLIMIT_CPU", cpu, cpu + math.ceil(GRACE))


def _bound(name: str, soft: int, hard: int | None = None) -> None:
    """Lower a limit where the system has it; one that is lower already stays."""
    with contextlib.suppress(AttributeError, ImportError, OSError, ValueError):
        import resource

        kind = getattr(resource, name)
        most = resource.getrlimit(kind)[1]
        wanted = (soft, soft if hard is None else hard)
        if most != resource.RLIM_INFINITY:
            wanted = (min(wanted[0], most), min(wanted[1], most))
        resource.setrlimit(kind, wanted)


def open_nothing_more() -> None:
    """Let neither Python nor a library open a file or a socket from now on, where limits hold."""
    _bound("RLIMIT_NOFILE", 3)


def shut() -> None:
    """Let Python refuse whatever reaches out of the process from now on; for ever."""
    sys.addaudithook(_refuse)


def _refuse(event: str, _arguments: object) -> None:
    if event.startswith(_CLOSED):
        raise PermissionError(f"{event} is refused")


def serve(module: Any) -> NoReturn:
    """Answer the task on standard input on standard output, and end."""
    module.prepare()
    time.localtime()
    shut()
    open_nothing_more()
    answer: Callable[[dict[str, Any], bytes], bytes] = module.answer
    task, data = _read_task()
    follow_pipe()
    left = memoryview(answer(task, data))
    while left:
        left = left[os.write(1, left) :]
    os._exit(0)


def stay(module: Any, *, shut_in: bool = True) -> NoReturn:
    """Answer task after task from standard input on standard output."""
    task, data = _read_task()
    module.prepare(task)
    time.localtime()
    if shut_in:
        shut()
        open_nothing_more()
    known: Any = module.begin(task, data)
    del data
    reply: Callable[[Any, bytes], Iterator[bytes]] = module.reply
    while True:
        seconds, data = _read_task()
        # Where nobody is left to end it, it ends by itself.
        faulthandler.dump_traceback_later(float(seconds) + GRACE, exit=True)
        for answer in reply(known, data):
            left = memoryview(f"{len(answer)}\n".encode() + answer)
            while left:
                left = left[os.write(1, left) :]
        faulthandler.cancel_dump_traceback_later()


def _read_task() -> tuple[Any, bytes]:
    head = bytearray()
    while not head.endswith(b"\n"):
        head += _read(1)
    sizes = [int(one) for one in head.split()]
    task = json.loads(_read(sizes[0]))
    return task, _read(sizes[1])


def _read(size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        block = os.read(0, min(size - len(found), 1 << 20))
        if not block:
            os._exit(1)
        found += block
    return bytes(found)
