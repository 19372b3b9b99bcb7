"""Render a screen as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indicant.foreign import joined, wrapped
from indicant.screen.phrasing import SIGNS, Phrases
from indicant.screen.records import PARTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from indicant.guideline.wording import Words
    from indicant.screen.records import LineRecord, Part, ScreenRecord


def as_text(screen: ScreenRecord, words: Words) -> str:
    """Render a screen as text, no line longer than it can be read."""
    return joined(_Text(screen, Phrases(words)).rows())


class _Text:
    """Yields the rows of one screen."""

    def __init__(self, screen: ScreenRecord, phrases: Phrases) -> None:
        self._screen, self._phrases, self._words = screen, phrases, phrases.words
        self._terse = screen["detail"] == "brief"
        self._once = phrases.certainty(screen) if self._terse else ""

    def rows(self) -> Iterator[str]:
        """Yield all rows."""
        heading = list(self._phrases.heading(self._screen))
        if self._terse:
            first, case, *rest = heading
            heading = ["; ".join([first, *rest, *([self._once] if self._once else [])]), case]
        for line in heading:
            yield from wrapped(line, "", "  ")
        for part in PARTS:
            yield from self._left() if part == "left" else self._part(part, self._of(part))

    def _of(self, part: Part) -> Iterable[str]:
        made = {
            "proposed": self._proposed,
            "now": self._now,
            "ask": self._asked,
            "steps": self._steps,
            "avoid": self._avoid,
            "told": self._told,
            "questions": self._further,
            "tensions": self._tensions,
        }
        return made[part]() if part in made else self._lines(self._screen.get(part, ()))  # type: ignore[arg-type]

    def _part(self, name: str, rows: Iterable[str]) -> Iterator[str]:
        found = list(rows)
        if found:
            title = self._phrases.title(name, self._screen).upper()
            yield from (*([] if self._terse else [""]), title, *found)

    def _proposed(self) -> Iterator[str]:
        for one in self._screen["proposed"]:
            yield from wrapped(self._phrases.proposed(one), "  ", "    ")
            for why in one.get("why", ()):
                yield from self._labelled("why", why)

    def _now(self) -> Iterator[str]:
        yield from self._lines(self._screen["now"])
        for said in self._phrases.calm(self._screen):
            yield from wrapped(said, "  ", "    ")

    def _lines(
        self, lines: Iterable[LineRecord], indent: str = "  ", before: str = ""
    ) -> Iterator[str]:
        phrases = self._phrases
        for line in lines:
            lead = f"{before}{SIGNS[line['verdict']]} {phrases.stands(line)}: "
            how = phrases.how(line, terse=bool(self._once))
            told = lead + phrases.what(line) + (f" — {how}" if how else "")
            below = list(phrases.below(line))
            if self._terse:
                told += "".join(f" — {self._words('line', key)}: {said}" for key, said in below)
                below = []
            yield from wrapped(told, indent, f"{indent}  ")
            for key, said in below:
                yield from self._labelled(key, said)
            source = self._source(line)
            if source:
                yield from self._labelled("source", source)
            disputed = phrases.disputed(self._screen, line)
            if disputed:
                yield from self._labelled("disputed", disputed)

    def _labelled(self, key: str, said: str) -> Iterator[str]:
        yield from wrapped(said, f"      {self._words('line', key):<8} ", " " * 15)

    def _source(self, line: LineRecord) -> str:
        passages = self._screen.get("passages", {})
        keys = sorted(self._phrases.passages(line))
        marks = sorted(
            {one for each in line.get("warrants", ()) for one in each.get("citations", ())}
        )
        told = ", ".join(f"{key} {self._phrases.place(passages[key])}" for key in keys)
        cites = self._words("line", "cites", marks=", ".join(marks)) if marks else ""
        return "; ".join(one for one in (told, cites) if one)

    def _asked(self) -> Iterator[str]:
        for place, one in enumerate(self._screen["ask"], 1):
            yield from wrapped(
                self._phrases.question(one, terse=self._terse), f"  {place}. ", "     "
            )
            answers = list(self._phrases.answers(one, terse=self._terse))
            for answer in [" / ".join(answers)] if self._terse else answers:
                yield from wrapped(answer, "      ", "        ")

    def _steps(self) -> Iterator[str]:
        for step in self._screen["steps"]:
            stage, named = self._phrases.stage(step), list(self._phrases.named(step))
            if self._terse and named and not step["lines"]:
                stage, named = f"{stage} — {'; '.join(named)}", []
            opened = [one for one in step["lines"] if one["verdict"] == "undetermined"]
            if self._terse and opened == step["lines"] and len(opened) == 1:
                yield from self._lines(opened, "  ", f"{stage} — ")
                continue
            if stage:
                yield from wrapped(stage, "  ", "    ")
            for key in ("once", "ask"):
                for said in step.get(key, ()):  # type: ignore[attr-defined]
                    yield from self._labelled(key, said)
            yield from self._lines(step["lines"], "    ")
            for row in named:
                yield from wrapped(row, "    " if stage else "  ", "      ")

    def _avoid(self) -> Iterator[str]:
        yield from self._lines(self._screen["avoid"])
        for said in self._phrases.uncleared(self._screen):
            yield from wrapped(said, "  ", "    ")

    def _told(self) -> Iterator[str]:
        found = list(self._phrases.told(self._screen))
        if self._terse:
            yield from wrapped(". ".join(f"{label}: {said}" for label, said in found), "  ")
            return
        for label, said in found:
            yield from wrapped(said, f"  {label:<9} ", " " * 12)

    def _further(self) -> Iterator[str]:
        for one in self._screen.get("questions", ()):
            yield from wrapped(one, "  ", "    ")

    def _left(self) -> Iterator[str]:
        title = self._phrases.title("left").upper()
        for place, (detail, said) in enumerate(self._phrases.left(self._screen)):
            if not place and not self._terse:
                yield ""
            yield from wrapped(f"{title} (--detail {detail}): {said}", "", "  ")

    def _tensions(self) -> Iterator[str]:
        for one in self._screen["tensions"]:
            told = f"{one['label']} ({', '.join(one['passages'])})"
            yield from wrapped(told, "  ", "    ")
            if "resolution" in one:
                yield from wrapped(one["resolution"], "      ")
