"""Say how a value of a record follows from others: by an expression, or from an earlier record."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from indicant.guideline.wording import Words
    from indicant.query.rows import Row


class Following:
    """The values of some cases that are computed, as ``how-is-each-value-computed`` has them."""

    def __init__(
        self,
        rows: Iterable[Row],
        called: Callable[[str], str],
        units: Mapping[str, str],
        words: Words,
    ) -> None:
        self._called, self._units, self._words = called, units, words
        self._rows: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in rows:
            self._rows[row[1] or "", row[2] or ""].append(row)

    def words(self, node: str, path: str) -> Iterator[str]:
        """Yield from what a value of a record follows, and what it is."""
        rows = self._rows.get((node, path), [])
        for row in rows:
            operand, least, most, cls = row[7:11]
            if operand is not None:
                within = self._between(operand, least, most)
                said = f"{self._called(operand)} {within}"
                if cls is not None:
                    said = self._words("why", "of", what=said, of=self._called(cls))
                yield said
        if rows:
            how, exact, least, most = rows[0][3:7]
            within = self._between(path, exact or least, exact or most)
            said = f"{self._called(path)} {within}"
            yield self._words("why", "by", what=said, how=how) if how else said

    def reached(self, node: str, path: str) -> list[str]:
        """Return the earlier records that an interval of a record reaches back to."""
        found = [row[11] for row in self._rows.get((node, path), ())]
        return [one for one in dict.fromkeys(found) if one is not None]

    def _between(self, path: str, least: str | None, most: str | None) -> str:
        limits = {"minInclusive": least, "maxInclusive": most}
        told = [f"{self._words('bound', name)} {limit}" for name, limit in limits.items() if limit]
        both = self._words("settling", "and").join(told)
        words = least if least == most and least is not None else both
        unit = self._units.get(path)
        return f"{words} {unit}" if unit else words


def made_from(rows: Iterable[Row]) -> dict[str, list[str]]:
    """Return the records behind each quantity, as ``which-records-make-a-quantity`` has them."""
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        found.setdefault(row[1] or "", {}).update({row[-1]: None} if row[-1] else {})
    return {node: list(records) for node, records in found.items()}
