"""Tell which recommendations made the status of an intervention what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indicant.assess.records import RecommendationRecord


def graded(strength: str | None, certainty: str | None) -> str:
    """Say in words how strong advice is by GRADE, and how certain what it rests on.

    >>> graded("conditional", "very low"), graded(None, "high"), graded(None, None)
    ('conditional recommendation, very low certainty', 'high certainty', '')
    """
    parts = (strength and f"{strength} recommendation", certainty and f"{certainty} certainty")
    return ", ".join(part for part in parts if part)


def answering(
    status: str, recommendations: Sequence[RecommendationRecord]
) -> list[RecommendationRecord]:
    """Return the recommendations that made a status what it is.

    What is undetermined is judged by what could indicate it and, where nothing could, by what
    could contraindicate it. ``queries/rules/97-disputed.rq`` says the same.
    """
    if status == "undetermined":
        sides = {one["direction"] for one in recommendations if one["answer"] == "open"}
        wanted = {("for" if "for" in sides else "against", "open")}
    else:
        wanted = {
            "recommended": {("for", "met")},
            "conditional": {("for", "met")},
            "contraindicated": {("against", "met")},
            "conflicting": {("for", "met"), ("against", "met")},
        }.get(status, set())
    return [one for one in recommendations if (one["direction"], one["answer"]) in wanted]
