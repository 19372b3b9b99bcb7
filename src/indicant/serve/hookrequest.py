"""Read a request of CDS Hooks, and refuse what is none before anything of it is looked at."""

from __future__ import annotations

import datetime
import json
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from indicant.serve.refusals import Refused
from indicant.serve.rows import DRAFTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from indicant.serve.rows import Hook

EXTENSION: Final = "org.w3id.indicant"
"""The name of what this service adds to a request and to an answer."""
_ID: Final = re.compile(r"(?:Patient/)?([A-Za-z0-9.-]{1,64})")
_SERVED: Final = re.compile(r"(https?://\S+/)[A-Za-z]+/[A-Za-z0-9.-]{1,64}")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class HookRequest(msgspec.Struct, rename="camel"):
    """A request as it is sent; what is of others stays as it is written."""

    hook: str
    hook_instance: str
    context: dict[str, msgspec.Raw]
    fhir_server: str | None = None
    fhir_authorization: dict[str, Any] | None = None
    prefetch: dict[str, msgspec.Raw] | None = None
    extension: dict[str, Any] | None = None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that has an element twice: nobody knows which one is meant."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused(400, "an object of the request has an element twice")
    return found


def _no_constant(_name: str) -> None:
    raise Refused(400, "the body is no JSON: it has a number that is none")


def checked_json(body: bytes) -> Any:
    """Return what a body says, once it is JSON that every reader reads alike.

    Raises:
        Refused: it is none.
    """
    try:
        return json.loads(
            body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant
        )
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        refusal = Refused(400, "the body is no JSON in UTF-8")
        if isinstance(error, json.JSONDecodeError):
            refusal.more["line"] = error.lineno
        raise refusal from error


@dataclass(frozen=True)
class Asked:
    """A request that was found to be one.

    ``context`` and ``prefetch`` are what it says, ``raw`` the same of either as it is written;
    ``drafts`` are the references of the orders that are not given yet. ``server`` is where the
    records are from: the server that is named, or that of all addresses that they have.
    """

    hook: Hook
    instance: uuid.UUID
    patient: str
    day: str | None
    context: Mapping[str, Any]
    prefetch: Mapping[str, Any]
    raw: Mapping[str, bytes]
    drafts: frozenset[str]
    server: str


def read_request(body: bytes, hook: Hook) -> Asked:
    """Return a request for a hook.

    Raises:
        Refused: it is none, or one of another hook.
    """
    said = checked_json(body)
    try:
        made = msgspec.json.decode(body, type=HookRequest)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Refused(
            400,
            "the body is no request of CDS Hooks",
            help="it has hook, hookInstance and context, and may have prefetch",
        ) from error
    if made.hook != hook.name:
        raise Refused(400, f"this service is for the hook {hook.name}")
    try:
        instance = uuid.UUID(made.hook_instance)
    except ValueError as error:
        raise Refused(400, "hookInstance is no UUID") from error
    context = said["context"]
    absent = sorted(name for name in hook.demands if context.get(name) is None)
    if absent:
        raise Refused(400, f"the context lacks {', '.join(absent)}")
    if made.fhir_authorization is not None and made.fhir_server is None:
        raise Refused(400, "fhirAuthorization needs fhirServer")
    if "selections" in hook.demands and not isinstance(context["selections"], list):
        raise Refused(400, "selections is no array")
    raw = {f"prefetch {key}": bytes(one) for key, one in (made.prefetch or {}).items()}
    raw |= {name: bytes(made.context[name]) for name in (DRAFTS,) if name in made.context}
    return Asked(
        hook,
        instance,
        _patient(context["patientId"]),
        _day(made.extension),
        context,
        said.get("prefetch") or {},
        raw,
        _drafts(context[DRAFTS]) if hook.has_drafts else frozenset(),
        _server(made.fhir_server, said.get("prefetch") or {}),
    )


def _server(named: str | None, prefetch: Mapping[str, Any]) -> str:
    """Return the base of the server that records are from, or nothing where it is not known."""
    if named is not None:
        return f"{named.rstrip('/')}/"
    bases = set()
    for said in prefetch.values():
        entries = said.get("entry") if isinstance(said, dict) else None
        for one in entries if isinstance(entries, list) else []:
            url = one.get("fullUrl") if isinstance(one, dict) else None
            if isinstance(url, str) and (found := _SERVED.fullmatch(url)):
                bases.add(found[1])
    return bases.pop() if len(bases) == 1 else ""


def _patient(given: object) -> str:
    """Return the reference of the patient whom a request is about."""
    found = _ID.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        raise Refused(400, "patientId is no id of FHIR")
    return f"Patient/{found[1]}"


def _drafts(bundle: object) -> frozenset[str]:
    """Return the references of the orders that are not given yet."""
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise Refused(400, f"{DRAFTS} is no Bundle of FHIR")
    entries = bundle.get("entry")
    found = set()
    for one in entries if isinstance(entries, list) else []:
        content = one.get("resource") if isinstance(one, dict) else None
        if isinstance(content, dict):
            found.add(f"{content.get('resourceType')}/{content.get('id')}")
    return frozenset(found)


def _day(extension: dict[str, Any] | None) -> str | None:
    """Return the day that a request is to be answered for, where it names one."""
    given = (extension or {}).get(EXTENSION)
    if given is None:
        return None
    if not isinstance(given, dict):
        raise Refused(400, f"the extension {EXTENSION} is no object")
    day = given.get("asOf")
    return None if day is None else checked_day(day)


def checked_day(given: object) -> str:
    """Return a day as it is written.

    Raises:
        Refused: it is none.
    """
    if isinstance(given, str) and _DATE.fullmatch(given):
        try:
            return datetime.date.fromisoformat(given).isoformat()
        except ValueError:
            pass
    raise Refused(400, "asOf is no date, YYYY-MM-DD")
