"""Say when a guideline, or a decision that it rests on, does not hold on the day of a case."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from indicant.files import bounded, resources
from indicant.terms import local_name

if TYPE_CHECKING:
    from indicant.assess.engine import Engine
    from indicant.guideline.wording import Words


class Validity:
    """From when until when the guidelines of a graph hold, and the resolutions merged with them."""

    def __init__(self, engine: Engine, words: Words) -> None:
        """Ask an engine, once; what it says is put in words of a language."""
        self._words = words
        self._rows = [
            row for row in engine.select(_query()) if any(value is not None for value in row[3:])
        ]

    def warnings(self, as_of: str) -> list[str]:
        """Return what does not hold on a day, a line each."""
        found: list[str] = []
        for kind, thing, label, status, first, last in self._rows:
            say = functools.partial(self._words, "validity", what=label or local_name(thing or ""))
            if status in {"draft", "retired"}:
                found.append(say(key=f"{kind}-{status}"))
            if first is not None and as_of < first:
                found.append(say(key=f"{kind}-before", date=first))
            if last is not None and as_of > last:
                found.append(say(key=f"{kind}-after", date=last))
        return found


@functools.cache
def _query() -> str:
    file = resources.queries() / "merged" / "what-holds-when.rq"
    return bounded.text(file)
