"""Refuse a request in words that repeat nothing of what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from indicant.assess.assessment import InvalidCase
from indicant.terms import local_name

if TYPE_CHECKING:
    from indicant.errors import IndicantError

_LOCALLY: Final = (
    "the same document given to  indicant assess  names what is wrong; here nothing that was sent "
    "is repeated"
)
_KINDS: Final = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    408: "timeout",
    412: "required",
    413: "too-long",
    415: "not-supported",
    422: "invalid",
    429: "throttled",
    500: "exception",
    503: "transient",
}
"""The type of issue of FHIR for each status of HTTP."""


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """An answer that is no success: its status, and why, in words of the service alone."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        help: str = "",  # noqa: A002 - the word of IndicantError
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        """Take what is told; ``more`` stands beside it in JSON."""
        super().__init__(message)
        self.status, self.message, self.help, self.more = status, message, help, more
        self.headers = headers or {}

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        told = {"status": self.status, "message": self.message}
        if self.help:
            told["help"] = self.help
        return {"error": {**told, **self.more}}

    def as_outcome(self) -> dict[str, Any]:
        """Return it as FHIR has it."""
        text = f"{self.message}: {self.help}" if self.help else self.message
        issue = {"severity": "error", "code": _KINDS.get(self.status, "processing")}
        return {"resourceType": "OperationOutcome", "issue": [{**issue, "diagnostics": text}]}


def refused(error: IndicantError) -> Refused:
    """Return a mistake of a document that was sent, by its place and its rule alone.

    The message of the error quotes the document, and is left out.
    """
    if isinstance(error, InvalidCase):
        findings = [
            {"shape": local_name(one.shape), "severity": one.severity, "line": one.line}
            for one in error.findings
        ]
        return Refused(
            422, "the case does not conform to the case shapes", help=_LOCALLY, findings=findings
        )
    place = {"line": error.line, "column": error.column}
    made = Refused(422, "what was sent cannot be read or used", help=_LOCALLY)
    made.more |= {name: value for name, value in place.items() if value is not None}
    return made
