"""Keep the memory of a process that stays small, and its pauses short."""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import Any, Final

_ARENAS: Final = 2
_M_ARENA_MAX: Final = -8
"""What mallopt of the GNU C library calls the number of arenas."""


def _library() -> Any:
    """Return the C library, if it is GNU's."""
    if sys.platform != "linux":
        return None
    found = ctypes.CDLL(None)
    return found if hasattr(found, "gnu_get_libc_version") else None


def few_arenas() -> None:
    """Let threads share what they give back; otherwise each keeps its own, whether it needs it."""
    library = _library()
    if library is not None:
        library.mallopt(_M_ARENA_MAX, _ARENAS)


def postpone() -> None:
    """Look nothing through for garbage until it is settled: most of what is made now stays."""
    gc.disable()


def settle() -> None:
    """Take all that is there for what stays: it is not looked through for garbage any more.

    Looking through two guidelines takes 50 ms, in which nothing is answered. What was needed to
    begin goes back to the system.
    """
    gc.collect()
    gc.freeze()
    gc.enable()
    library = _library()
    if library is not None:
        library.malloc_trim(0)
