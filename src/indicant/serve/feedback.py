"""Keep what clinicians did with cards: codes and times, and words only where they are wanted."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from datetime import datetime  # noqa: TC003 - fields are read as types
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID  # noqa: TC003 - as above

import msgspec

from indicant.errors import IndicantError
from indicant.serve.hookrequest import checked_json
from indicant.serve.refusals import Refused
from indicant.serve.rows import OVERRIDES, hook_rows

if TYPE_CHECKING:
    from indicant.serve.settings import Settings

_MOST: Final = 1_000
_LONGEST: Final = 10_000


class Suggestion(msgspec.Struct):
    """A suggestion that was taken."""

    id: UUID


class Reason(msgspec.Struct):
    """Why a card was not followed."""

    reason: dict[str, Any] | None = None
    user_comment: str | None = msgspec.field(default=None, name="userComment")


class Outcome(msgspec.Struct, rename="camel"):
    """What became of one card."""

    card: UUID
    outcome: str
    outcome_timestamp: datetime
    accepted_suggestions: list[Suggestion] | None = None
    override_reason: Reason | None = None


class Told(msgspec.Struct):
    """What is sent as feedback."""

    feedback: list[Outcome]


class Feedback:
    """A file that feedback is added to, a line of JSON for each card; without one, none is kept.

    Raises:
        IndicantError: nothing can be added to the file.
    """

    def __init__(self, settings: Settings) -> None:
        self._file, self._comments = settings.feedback, settings.comments
        self._lock = threading.Lock()
        if self._file is not None:
            self._write(b"")

    def take(self, service: str, body: bytes) -> int:
        """Add what is sent about the cards of a service, and return how many cards it is about.

        Raises:
            Refused: it is no feedback.
        """
        checked_json(body)
        try:
            told = msgspec.json.decode(body, type=Told)
        except msgspec.MsgspecError as error:
            raise Refused(400, "the body is no feedback of CDS Hooks") from error
        if len(told.feedback) > _MOST:
            raise Refused(413, f"feedback is about at most {_MOST} cards at once")
        rows = [self._row(service, one) for one in told.feedback]
        if self._file is not None and rows:
            lines = [json.dumps(one, sort_keys=True) + "\n" for one in rows]
            self._write("".join(lines).encode("ascii"))
        return len(rows)

    def _row(self, service: str, one: Outcome) -> dict[str, Any]:
        if one.outcome not in {"accepted", "overridden"}:
            raise Refused(400, "an outcome is accepted or overridden")
        if one.outcome == "accepted" and not one.accepted_suggestions:
            raise Refused(400, "what was accepted names the suggestions")
        if one.outcome_timestamp.tzinfo is None:
            raise Refused(400, "outcomeTimestamp has no offset")
        row: dict[str, Any] = {
            "service": service,
            "card": str(one.card),
            "outcome": one.outcome,
            "at": one.outcome_timestamp.isoformat(),
        }
        if one.accepted_suggestions:
            row["accepted"] = [str(each.id) for each in one.accepted_suggestions]
        if one.override_reason is not None:
            if one.override_reason.reason is None and not one.override_reason.user_comment:
                raise Refused(400, "an overrideReason has a reason or a userComment")
            given = one.override_reason.reason or {}
            known = {code for code, _ in hook_rows().overrides}
            ours = given.get("system") == OVERRIDES and given.get("code") in known
            row["reason"] = given["code"] if ours else "other"
            if self._comments and one.override_reason.user_comment:
                row["comment"] = one.override_reason.user_comment[:_LONGEST]
        return row

    def _write(self, data: bytes) -> None:
        """Add bytes to the end of the file in one piece, for its owner to read alone."""
        assert self._file is not None  # noqa: S101
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        try:
            with self._lock:
                number = os.open(self._file, flags, 0o600)
                try:
                    _alone(number)
                    view = memoryview(data)
                    while view:
                        view = view[os.write(number, view) :]
                finally:
                    os.close(number)
        except OSError as error:
            raise IndicantError(
                f"feedback cannot be added: {error.strerror}", file=self._file
            ) from error


def _alone(number: int) -> None:
    """Let nobody else write to a file until it is closed, where the system can do that."""
    with contextlib.suppress(ImportError, OSError):
        import fcntl

        fcntl.flock(number, fcntl.LOCK_EX)
