"""Read what several guidelines have in common once, while they are loaded together."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from indicant.files.fence import Fence
    from indicant.files.rdf import Document
    from indicant.files.sources import Source


@dataclass
class Known:
    """What was read: files by where they really are and what they are called in messages.

    ``sources`` are guidelines by what they are asked by, each with the fence around it, and
    ``texts`` what was kept of them by its key. ``shipped`` is the file of each ontology that ships.
    """

    documents: dict[tuple[Path, str], Document] = field(default_factory=dict)
    sources: dict[tuple[Path, Fence], Source] = field(default_factory=dict)
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    shipped: dict[str, Path] = field(default_factory=dict)


_KNOWN: Final[ContextVar[Known | None]] = ContextVar("known", default=None)


@contextmanager
def read_once(known: Known) -> Iterator[None]:
    """Read each file of a guideline once while the block runs, and take what was read before.

    What changes meanwhile is not seen, so that all who are loaded have read the same.
    """
    before = _KNOWN.set(known)
    try:
        yield
    finally:
        _KNOWN.reset(before)


def known_now() -> Known:
    """Return what was read by whoever reads each file once, and else nothing."""
    return _KNOWN.get() or Known()
