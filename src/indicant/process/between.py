"""Know one thing in several processes: memory and a lock that the children of a fork share."""

from __future__ import annotations

import mmap
import os
import struct
import sys
import tempfile
import threading
from contextlib import contextmanager
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ROWS: Final = 4_096
_NAME: Final = 118
_ROW: Final = struct.Struct(f"=H{_NAME}sd")
_COUNT: Final = struct.Struct("=Q")
_SLOT: Final = struct.Struct("=16sd")
_HEAD: Final = struct.Struct("=QQQd")
"""Which of two tables holds, how many are in each, and when they were looked through."""
_FEWEST_SECONDS: Final = 1.0
_LATEST: Final = float(2**53)
_KEPT: Final = struct.Struct("=16sdd")
_WAYS: Final = 8
"""How many names have the same few places."""
_FLOCK: Final = struct.Struct("hhqqi4x")
"""What Linux calls ``struct flock`` where a pointer has 64 bits."""


def numbers(count: int) -> memoryview[int]:
    """Return whole numbers, all nought, each of which one process writes and all may read."""
    return memoryview(mmap.mmap(-1, 8 * count)).cast("q")


class Lock:
    """A lock among processes and the threads of each; who ends in whatever way gives it back.

    Whoever holds it takes no other one of this kind: the system would think that two processes
    wait for each other.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lasts as long as this
        self._threads = threading.Lock()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it while the block runs."""
        import fcntl

        with self._threads:
            fcntl.lockf(self._file, fcntl.LOCK_EX, 1)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1)

    def holder(self) -> int:
        """Return which process holds it; nought where none does, or that is not to be known."""
        if sys.platform != "linux" or struct.calcsize("P") != 8:
            return 0
        import fcntl

        asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0)
        kind, *_, pid = _FLOCK.unpack(fcntl.fcntl(self._file, fcntl.F_GETLK, asked))
        return 0 if kind == fcntl.F_UNLCK else int(pid)


class Counts:
    """Numbers by short names that several processes add to; there are never very many names."""

    def __init__(self, lock: Lock, rows: int = _ROWS) -> None:
        """Take the lock, and how many names there may be; one more counts for nothing."""
        self._lock, self._rows = lock, rows
        self._memory = mmap.mmap(-1, _COUNT.size + rows * _ROW.size)
        self._places: dict[str, int] = {}

    def add(self, *pairs: tuple[str, float]) -> None:
        """Add to numbers, all at once."""
        with self._lock.held():
            for name, amount in pairs:
                self._put(name, amount, keep=True)

    def put(self, name: str, value: float) -> None:
        """Let a number be another one."""
        with self._lock.held():
            self._put(name, value, keep=False)

    def all(self) -> dict[str, float]:
        """Return all numbers by their names."""
        with self._lock.held():
            self._learn()
            return {name: self._read(place)[1] for name, place in self._places.items()}

    def _put(self, name: str, value: float, *, keep: bool) -> None:
        place = self._place(name)
        if place is not None:
            at = place + _ROW.size - 8
            before = struct.unpack_from("=d", self._memory, at)[0] if keep else 0.0
            struct.pack_into("=d", self._memory, at, before + value)

    def _place(self, name: str) -> int | None:
        if name not in self._places:
            self._learn()
        if name not in self._places:
            number, told = len(self._places), name.encode()
            if number >= self._rows or len(told) > _NAME:
                return None
            place = _COUNT.size + number * _ROW.size
            _ROW.pack_into(self._memory, place, len(told), told, 0.0)
            # What is half written when its process is ended was not counted yet.
            _COUNT.pack_into(self._memory, 0, number + 1)
            self._places[name] = place
        return self._places[name]

    def _learn(self) -> None:
        """Read the names that others have added."""
        (count,) = _COUNT.unpack_from(self._memory, 0)
        for number in range(len(self._places), count):
            place = _COUNT.size + number * _ROW.size
            self._places[self._read(place)[0]] = place

    def _read(self, place: int) -> tuple[str, float]:
        length, told, value = _ROW.unpack_from(self._memory, place)
        return told[:length].decode(), value


class FullError(Exception):
    """No more can be remembered for now."""


class Once:
    """Names that are taken once by whichever process comes first, each until its time is over."""

    def __init__(self, lock: Lock, most: int) -> None:
        """Take the lock, and how many names are remembered at once."""
        self._lock, self._most = lock, most
        self._slots = 1 << (2 * most).bit_length()
        self._memory = mmap.mmap(-1, _HEAD.size + 2 * self._slots * _SLOT.size)

    def take(self, name: str, end: float, now: float) -> bool:
        """Take a name until a time, and tell whether nobody had.

        Raises:
            FullError: too many are taken.
        """
        key = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        with self._lock.held():
            which, *counts, looked = _HEAD.unpack_from(self._memory, 0)
            place, known = self._find(which, key)
            if known:
                return False
            if counts[which] >= self._most:
                if 0 <= now - looked < _FEWEST_SECONDS:
                    raise FullError
                which, counts = self._let_go(which, now)
                if counts[which] >= self._most:
                    raise FullError
                place, _ = self._find(which, key)
            _SLOT.pack_into(self._memory, place, key, min(end, _LATEST))
            _COUNT.pack_into(self._memory, (1 + which) * _COUNT.size, counts[which] + 1)
            return True

    def _find(self, which: int, key: bytes) -> tuple[int, bool]:
        """Return where a key is, or would be, and whether it is there."""
        number = int.from_bytes(key[:8], "little")
        while True:
            number %= self._slots
            place = _HEAD.size + (which * self._slots + number) * _SLOT.size
            there, end = _SLOT.unpack_from(self._memory, place)
            if not end or there == key:
                return place, bool(end)
            number += 1

    def _let_go(self, which: int, now: float) -> tuple[int, list[int]]:
        """Write what still lasts into the other table, and let that be the one that holds."""
        other, count = 1 - which, 0
        size = self._slots * _SLOT.size
        begin = _HEAD.size + other * size
        self._memory[begin : begin + size] = bytes(size)
        begin = _HEAD.size + which * size
        for key, end in _SLOT.iter_unpack(self._memory[begin : begin + size]):
            if end > now:
                _SLOT.pack_into(self._memory, self._find(other, key)[0], key, end)
                count += 1
        counts = [0, 0]
        counts[other] = count
        # One that is ended before this has taken nothing away.
        _HEAD.pack_into(self._memory, 0, other, *counts, now)
        return other, counts


class Recent:
    """A number and a time for each of the names that came last; of others nothing is known.

    A name has one of a few places, which are told by a key that nobody else knows; where all are
    taken, the one with the earliest time is forgotten.
    """

    def __init__(self, lock: Lock, most: int) -> None:
        """Take the lock, and how many names there are to be room for at least."""
        self._lock, self._key = lock, os.urandom(16)
        self._sets = 1 << (2 * most // _WAYS).bit_length()
        self._memory = mmap.mmap(-1, self._sets * _WAYS * _KEPT.size)

    def change(
        self, name: str, how: Callable[[tuple[float, float] | None], tuple[float, float]]
    ) -> None:
        """Let the number and the time of a name be what is made of those before, if any."""
        told = name.encode("utf-8", "surrogatepass")
        key = blake2b(told, digest_size=16, key=self._key).digest()
        first = int.from_bytes(key[:8], "little") % self._sets * _WAYS * _KEPT.size
        with self._lock.held():
            oldest, least = first, float("inf")
            for place in range(first, first + _WAYS * _KEPT.size, _KEPT.size):
                there, number, when = _KEPT.unpack_from(self._memory, place)
                if there == key:
                    _KEPT.pack_into(self._memory, place, key, *how((number, when)))
                    return
                if when < least:
                    oldest, least = place, when
            _KEPT.pack_into(self._memory, oldest, key, *how(None))


def threads() -> int:
    """Return how many threads this process has, those of libraries among them where it is known."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return threading.active_count()
