"""Answer in a process that stays: who it is, and whatever a task asks for."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def prepare(first: dict[str, Any]) -> None:
    """Load nothing."""
    assert first


def begin(first: dict[str, Any], data: bytes) -> str:
    """Know what was told first."""
    return f"{first['name']}{data.decode()}"


def reply(known: str, data: bytes) -> Iterator[bytes]:
    """Do what a task asks for."""
    task = data.decode()
    yield f"{known} {os.getpid()}".encode()
    if task == "sleep":
        time.sleep(60)
    elif task == "die":
        os._exit(3)
    elif task == "open":
        try:
            open(__file__, encoding="utf-8").close()
        except OSError as error:
            yield type(error).__name__.encode()
            return
    elif task == "long":
        yield b"x" * 2_000
        return
    yield b"done"
