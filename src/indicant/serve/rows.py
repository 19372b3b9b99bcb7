"""Know what a service of CDS Hooks asks for and how it tells: rows of ``ontology/intake``."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from indicant.files.rdf import text_of
from indicant.guideline.languages import ENGLISH
from indicant.intake.readings import INTAKE, condition, rows
from indicant.terms import LABEL, TYPE, local_name

if TYPE_CHECKING:
    from collections.abc import Mapping

DRAFTS: Final = "draftOrders"
"""The element of a context that has the orders which are not given yet."""
OVERRIDES: Final = f"{INTAKE}override"
"""The system of the codes by which a clinician says why a card is not followed."""


@dataclass(frozen=True)
class Hook:
    """An event at which a service is asked, and what its context shall have."""

    name: str
    demands: frozenset[str]
    clause: str

    @property
    def has_drafts(self) -> bool:
        """Whether orders that are not given yet come with it."""
        return DRAFTS in self.demands


@dataclass(frozen=True)
class Search:
    """How records of a type are asked for; ``narrowed`` is what narrows it to some codes."""

    record_type: str
    template: str
    narrowed: str


@dataclass(frozen=True)
class Level:
    """How pressing a card is where what it tells has certain values."""

    when: tuple[tuple[str, frozenset[str]], ...]
    indicator: str
    rank: int

    def holds(self, given: Mapping[str, str]) -> bool:
        """Tell whether it holds of a card; what has no value is *missing*."""
        return all((given.get(name) or "missing") in values for name, values in self.when)


@dataclass(frozen=True)
class Rows:
    """All rows that are about CDS Hooks, each kind in an order of its own."""

    hooks: tuple[Hook, ...]
    searches: tuple[Search, ...]
    levels: tuple[Level, ...]
    overrides: tuple[tuple[str, str], ...]

    def indicator(self, given: Mapping[str, str]) -> str:
        """Return how pressing a card is: of the rows that hold, the one with the lowest rank."""
        return next((one.indicator for one in self.levels if one.holds(given)), "info")


@functools.cache
def hook_rows(language: str = ENGLISH) -> Rows:
    """Return the rows that ship, read once, with labels in a language that there are words of."""
    said: dict[str, dict[str, list[str]]] = {}
    for stated in rows():
        tag = getattr(stated.object, "language", None)
        if stated.predicate.value == LABEL and tag not in {None, language}:
            continue
        values = said.setdefault(text_of(stated.subject), {})
        values.setdefault(stated.predicate.value, []).append(text_of(stated.object))

    def all_of(kind: str) -> list[str]:
        return sorted(name for name, values in said.items() if INTAKE + kind in values[TYPE])

    def first(name: str, path: str) -> str:
        return said[name].get(INTAKE + path, [""])[0]

    levels = [
        Level(
            tuple(condition(text) for text in sorted(said[one].get(INTAKE + "when", ()))),
            first(one, "indicator"),
            int(first(one, "rank")),
        )
        for one in all_of("CardLevel")
    ]
    return Rows(
        tuple(
            Hook(
                first(one, "hookName"),
                frozenset(said[one].get(INTAKE + "demands", ())),
                first(one, "clause"),
            )
            for one in all_of("Hook")
        ),
        tuple(
            Search(first(one, "recordType"), first(one, "search"), first(one, "narrowedBy"))
            for one in all_of("Search")
        ),
        tuple(sorted(levels, key=lambda one: one.rank)),
        tuple(
            (first(one, "code"), said[one].get(LABEL, [local_name(one)])[0])
            for one in all_of("OverrideReason")
        ),
    )
