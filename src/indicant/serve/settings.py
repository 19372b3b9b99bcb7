"""What a service is told when it is started."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

STUCK: Final = 60.0
"""After how many seconds a process is replaced that shows no sign of life."""


@dataclass(frozen=True)
class Settings:
    """How a service answers, and within which limits.

    Args:
        as_of: the day that requests are answered for which name none; without, the day on which
            each arrives.
        timezone: where that day, and those of instants in records, count; without, that day is
            the one of UTC, and those of instants are as they are written.
        codes: SSSOM tables of one's own.
        completeness: files that say what the records have without a gap, in the terms of one
            guideline each; where there are several guidelines, ``NAME=FILE``.
        max_body: the most bytes of a request.
        seconds: the most seconds to an answer, and to read a request.
        concurrency: how many are answered at once; four times as many may wait.
        processes: how many processes answer, each within these limits.
        stuck: of several processes, after how many seconds without a sign of life one is replaced.
        rate: how many requests a second one address may make, to all processes together; nought is
            any number.
        base_url: how clients call the service, which is what tokens are for.
        jwks: a file of the keys that tokens are signed with; without, none is asked for.
        proxy_key: a file of the key by which a proxy opens the pages, where tokens are asked for.
        issuers: who may have signed them; without, whoever has a key.
        feedback: a file that feedback is added to.
        comments: whether the words of users are kept with it.
        origins: the origins of web pages that may ask.
        languages: the languages in which it answers; the first is for whoever asks for no other.
    """

    as_of: str | None = None
    timezone: str | None = None
    codes: tuple[str, ...] = ()
    completeness: tuple[str, ...] = ()
    max_body: int = 8_000_000
    seconds: float = 30.0
    concurrency: int = 4
    processes: int = 1
    stuck: float = STUCK
    rate: float = 0.0
    base_url: str = "http://127.0.0.1:8000"
    jwks: str | None = None
    proxy_key: str | None = None
    issuers: tuple[str, ...] = ()
    feedback: str | None = None
    comments: bool = False
    origins: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    clock: Callable[[], datetime.datetime] = field(
        default=lambda: datetime.datetime.now(datetime.UTC), repr=False
    )

    @property
    def zone(self) -> ZoneInfo | None:
        """Where days count."""
        from indicant.intake.patients import zone_of

        return None if self.timezone is None else zone_of(self.timezone)

    def day(self, named: str | None = None) -> str:
        """Return the day that a request is answered for: its own, that of all, or today's."""
        given = named or self.as_of
        if given is not None:
            return given
        return self.clock().astimezone(self.zone or datetime.UTC).date().isoformat()
