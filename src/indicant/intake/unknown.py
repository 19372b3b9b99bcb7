"""Count the codes that no table knows."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from indicant.intake.readings import ASIDE, IN_ERROR
from indicant.intake.report import Code

if TYPE_CHECKING:
    from indicant.intake.codes import Terms
    from indicant.intake.events import Event


class UnknownCodes:
    """The codes of events that no table knows, with of how many records and patients they are."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._records: dict[tuple[str, str], int] = defaultdict(int)
        self._patients: dict[tuple[str, str], int] = defaultdict(int)
        self._display: dict[tuple[str, str], str] = {}

    def note(self, found: list[Event]) -> None:
        """Take note of the codes of all events of one patient."""
        records: dict[tuple[str, str], set[str]] = defaultdict(set)
        for event in found:
            if event.standing == IN_ERROR or event.kind == ASIDE:
                continue
            for code in self._terms.meant(event.codes).unknown:
                pair = (code.system, code.code)
                records[pair].add(event.origin.iri)
                self._display[pair] = shown(self._display.get(pair, ""), code.display)
        for pair, of in records.items():
            self._records[pair] += len(of)
            self._patients[pair] += 1

    def rows(self) -> list[Code]:
        """Return the codes, the most frequent first."""
        found = [
            Code(system, code, self._display[system, code], number, self._patients[system, code])
            for (system, code), number in self._records.items()
        ]
        return sorted(found, key=lambda one: (-one.records, -one.patients, one.system, one.code))


def shown(one: str, other: str) -> str:
    """Return which of two names of a code is shown, whatever the order in which they come.

    >>> shown("", "Cough"), shown("Dry cough", "Cough")
    ('Cough', 'Cough')
    """
    return min(one, other) if one and other else one or other
