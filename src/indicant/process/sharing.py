"""Share what is costly to make among threads, and with the children of a fork."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Callable


LENT: Final = max(8, os.cpu_count() or 1)
"""How many at once are served without waiting: more answer no sooner."""

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


def helpers() -> Renewed[ThreadPoolExecutor]:
    """Return threads that work beside those that assess; the first starts with the first task."""
    return Renewed(lambda: ThreadPoolExecutor(LENT, thread_name_prefix="indicant"))


def leave_java() -> None:
    """Let the child of a fork end without a virtual machine that it does not have.

    Java is told of the end of Python, and would not answer.
    """
    import jpype.config

    jpype.config.onexit = False
