"""Say how a score of a case adds up: what is met, what is refuted, and what is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from indicant.terms import local_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from indicant.assess.records import Answer
    from indicant.guideline.wording import Words
    from indicant.query.rows import Row


class ItemRecord(TypedDict):
    """A criterion that a score counts, its points, and whether the case meets it."""

    criterion: str
    label: str
    points: int
    answer: Answer


class ScoreRecord(TypedDict):
    """A score of a case: between which numbers it lies, and what it counts, most points first."""

    score: str
    label: str
    least: int
    most: int
    items: list[ItemRecord]


def sums(rows: Iterable[Row], case: str, wanted: Collection[str]) -> list[ScoreRecord]:
    """Return some scores of a case, from the rows of ``how-does-each-score-add-up``."""
    found: dict[str, ScoreRecord] = {}
    for owner, score, label, least, most, criterion, counted, points, answer in rows:
        if owner != case or score not in wanted:
            continue
        assert score and criterion and answer  # noqa: S101, PT018
        record = found.setdefault(
            score,
            ScoreRecord(
                score=score,
                label=label or local_name(score),
                least=int(least or 0),
                most=int(most or 0),
                items=[],
            ),
        )
        record["items"].append(
            ItemRecord(
                criterion=criterion,
                label=counted or local_name(criterion),
                points=int(points or 0),
                answer=answer,  # type: ignore[typeddict-item]
            )
        )
    return [found[score] for score in sorted(found)]


def lines(record: ScoreRecord, words: Words) -> Iterator[str]:
    """Yield the sum in words: how many points, and what gives them, could, and does not."""
    least, most = record["least"], record["most"]
    points = words("score", "between", least=least, most=most) if most > least else least
    yield f"{record['label']}: {points}"
    for answer in ("met", "open", "refuted"):
        items = [one for one in record["items"] if one["answer"] == answer]
        if items:
            told = ", ".join(f"{one['label']} {one['points']}" for one in items)
            yield f"{words('score', answer)}: {told}"
