"""Say when a guideline, or a decision that it rests on, does not hold on the day of a case."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from indicant.files import bounded, resources
from indicant.terms import local_name

if TYPE_CHECKING:
    from indicant.assess.engine import Engine


class Validity:
    """From when until when the guidelines of a graph hold, and the resolutions merged with them."""

    def __init__(self, engine: Engine) -> None:
        """Ask an engine, once."""
        self._rows = [
            row for row in engine.select(_query()) if any(value is not None for value in row[3:])
        ]

    def warnings(self, as_of: str) -> list[str]:
        """Return what does not hold on a day, a line each."""
        found: list[str] = []
        for kind, thing, label, status, first, last in self._rows:
            name = f"the {kind} '{label or local_name(thing or '')}'"
            if status == "draft":
                found.append(f"{name} is a draft and not to be acted on")
            elif status == "retired":
                found.append(f"{name} is retired")
            if first is not None and as_of < first:
                found.append(f"{name} does not hold before {first}")
            if last is not None and as_of > last:
                again = "; merge the guidelines again" if kind == "resolution" else ""
                found.append(f"{name} held until {last}{again}")
        return found


@functools.cache
def _query() -> str:
    file = resources.queries() / "merged" / "what-holds-when.rq"
    return bounded.text(file)
