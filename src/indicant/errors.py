"""The one exception that stands for a user's mistake, and the one that a limit of time is over."""

from __future__ import annotations

import time
from typing import Final

DOCUMENTATION: Final = "https://w3id.org/indicant/docs/"
"""Where the pages of ``docs/`` are published."""


class IndicantError(Exception):
    """A user's mistake or a limit of the machine, told in one line.

    The text begins with the place when one is known; ``help`` says what to do next, and ``see``
    names the page of the documentation that says more.

    >>> print(IndicantError("prefix 'ex:' is not declared", file="case.ttl", line=12))
    case.ttl:12: prefix 'ex:' is not declared
    """

    exit_code = 2

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        help: str | None = None,  # noqa: A002 - the word the command line prints
        see: str | None = None,
    ) -> None:
        place = ":".join(str(part) for part in (file, line, column) if part is not None)
        super().__init__(f"{place}: {message}" if place else message)
        self.message = message
        self.file = file
        self.line = line
        self.column = column
        self.help = help
        self.see = see


class OutOfTimeError(Exception):
    """A question was not decided within its time."""


def in_time(deadline: float) -> None:
    """Do nothing until a deadline, as of ``time.monotonic``.

    Raises:
        OutOfTimeError: it has passed.
    """
    if time.monotonic() > deadline:
        raise OutOfTimeError
