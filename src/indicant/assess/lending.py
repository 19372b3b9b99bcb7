"""Lend the engines of a guideline, each to one assessment at a time."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError
from indicant.process.sharing import LENT, Renewed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from indicant.assess.engine import Engine

PATIENCE: Final = 1.0
"""After how many seconds who waits for an engine gets one made, which is not kept."""


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
