"""Shorten what a screen shows: the first of what follows from a fact, and of what was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from indicant.screen.records import SettlesRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from indicant.explain.next import SettledRecord
    from indicant.screen.records import ToldRecord

LABELS: Final = {"brief": 1, "normal": 5, "full": None}
"""How many interventions of one status are named that a question settles.

Of what nothing is said then, nothing is told briefly where anything else follows, and else how
many there are.
"""
_FACTS: Final = 4
"""How many facts of a kind a brief screen names."""
_CERTAIN: Final = frozenset({"recommended", "conditional", "conflicting", "contraindicated"})


def settles(settled: Sequence[SettledRecord], most: int | None) -> list[SettlesRecord]:
    """Return what a fact settles by status, what does not apply then last."""
    by_status: dict[str, list[SettledRecord]] = {}
    for one in settled:
        by_status.setdefault(one["status"], []).append(one)
    found = []
    for some in sorted(by_status.values(), key=lambda each: each[0]["status"] not in _CERTAIN):
        labels = [one["label"] for one in some]
        kept = labels if most is None or len(labels) <= most + 1 else labels[:most]
        silent = some[0]["status"] == "not-applicable"
        if silent and most is not None and len(by_status) > 1:
            if most == 1:
                continue
            kept = labels if len(labels) == 1 else []
        told = SettlesRecord(status=some[0]["status"], labels=kept)
        if len(kept) < len(labels):
            told["more"] = len(labels) - len(kept)
        found.append(told)
    return found


def few(told: ToldRecord) -> ToldRecord:
    """Return the first few facts of each kind."""
    return cast("ToldRecord", {kind: said[:_FACTS] for kind, said in _kinds(told)})


def amount(told: ToldRecord) -> int:
    """Return how many facts were told."""
    return sum(len(said) for _, said in _kinds(told))


def _kinds(told: ToldRecord) -> Iterable[tuple[str, list[str]]]:
    return cast("dict[str, list[str]]", told).items()
