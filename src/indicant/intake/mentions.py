"""Find what codes a record has beside that of what it is about."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

from indicant.intake.elements import MalformedError, codings
from indicant.intake.events import Coding

if TYPE_CHECKING:
    from collections.abc import Iterable

_CONCLUDING: Final = {"DiagnosticReport": "conclusionCode", "Procedure": "complication"}
"""Where a record that is about an act names findings."""
_BESIDE: Final = frozenset({"Medication", "Patient"})
"""What stands within a record and is read where the record refers to it."""


def mentioned(content: dict[str, Any], own: Iterable[str]) -> tuple[Coding, ...]:
    """Return the codes that stand in a record, but for some elements of its own.

    >>> [one.code for one in mentioned({"a": [{"system": "s", "code": "c"}], "b": {}}, ["b"])]
    ['c']
    """
    left = set(own)
    queue: list[Any] = [value for key, value in content.items() if key not in left]
    for part in _each(content.get("component")):
        queue += [value for key, value in part.items() if key != "code"]
    found: dict[Coding, None] = {}
    while queue:
        one = queue.pop()
        if isinstance(one, list):
            queue += one
        elif isinstance(one, dict):
            if one.get("resourceType") in _BESIDE:
                continue
            system, code = one.get("system"), one.get("code")
            if isinstance(system, str) and isinstance(code, str):
                found[Coding(system, code)] = None
            queue += one.values()
    return tuple(found)


def concluded(content: dict[str, Any], name: str) -> tuple[Coding, ...]:
    """Return the codes of the findings that a record of an act names."""
    element = _CONCLUDING.get(name, "")
    with contextlib.suppress(MalformedError):
        return codings(content.get(element), element) if element else ()
    return (Coding("", element),)


def _each(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
