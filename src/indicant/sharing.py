"""Share what is costly to make among threads, and with the children of a fork."""

from __future__ import annotations

import gc
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from weakref import WeakSet

from indicant.errors import IndicantError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from indicant.engine import Engine

LENT: Final = max(8, os.cpu_count() or 1)
"""How many engines of one guideline are kept, and lent without waiting."""
PATIENCE: Final = 1.0
"""After how many seconds who waits for an engine gets one made, which is not kept."""

T = TypeVar("T")


class Renewed(Generic[T]):
    """Something of which the child of a fork gets one of its own, such as a lock.

    A fork copies it in whatever state the threads of the parent had it in, and none of them lives
    on in the child, so that what they hold is never given back there.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        """Make the first, and in every child another one."""
        self._make = make
        self.value = make()
        _RENEWED.add(self)

    def renew(self) -> None:
        """Make another one."""
        self.value = self._make()


_RENEWED: Final[WeakSet[Renewed[Any]]] = WeakSet()


def _renew_all() -> None:
    for one in list(_RENEWED):
        one.renew()


def in_children(run: Callable[[], None]) -> None:
    """Run something in every child that this process will be forked into."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=run)


in_children(_renew_all)

RDFLIB: Final = Renewed(threading.RLock)
"""Held by whoever queries with rdflib or validates with pySHACL: parsers of pyparsing, on which
rdflib's rest, keep what they are about in themselves, and so do loggers and plugins."""


class Engines:
    """The engines of one guideline, each lent to one assessment at a time.

    What an engine knows of a case is in it alone, so that nobody else can be told of it, and it is
    forgotten before the engine is lent again. A child of a fork goes on with those that were not
    lent when it was forked.
    """

    def __init__(self, make: Callable[[], Engine]) -> None:
        """Take what makes an engine that has the guideline and no case."""
        self._make = make
        self._idle: list[Engine] = []
        self._slots = Renewed(lambda: threading.Semaphore(LENT))

    def give(self) -> Engine:
        """Return an engine that is never lent to anybody else."""
        try:
            return self._idle.pop()
        except IndexError:
            return self._make()

    @contextmanager
    def lend(self) -> Iterator[Engine]:
        """Yield an engine that is nobody else's until the end of the block.

        Where something unforeseen ends the block, the engine is not used again.
        """
        slots = self._slots.value
        # More at once than there are processors answer no sooner, and each needs a store. Yet
        # nobody is kept waiting for good, whatever those who have one are waiting for.
        counted = slots.acquire(timeout=PATIENCE)
        try:
            engine = self.give()
            try:
                yield engine
            except IndicantError:
                self._take_back(engine)
                raise
            self._take_back(engine)
        finally:
            if counted:
                slots.release()

    def _take_back(self, engine: Engine) -> None:
        engine.forget()
        if len(self._idle) < LENT:
            self._idle.append(engine)


def helpers() -> Renewed[ThreadPoolExecutor]:
    """Return threads that work beside those that assess; the first starts with the first task."""
    return Renewed(lambda: ThreadPoolExecutor(LENT, thread_name_prefix="indicant"))


def leave_java() -> None:
    """Let the child of a fork go on, and end, without a virtual machine that it does not have.

    Java is told of every collection of garbage in Python, and of its end, and would not answer.
    """
    import jpype.config

    jpype.config.onexit = False
    for one in list(gc.callbacks):
        if getattr(one, "__module__", None) == "_jpype":
            gc.callbacks.remove(one)
