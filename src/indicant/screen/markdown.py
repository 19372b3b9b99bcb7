"""Render a screen as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indicant.foreign import joined, marked
from indicant.screen.phrasing import SIGNS, Phrases
from indicant.screen.records import PARTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from indicant.guideline.wording import Words
    from indicant.screen.records import LineRecord, Part, ScreenRecord, StretchRecord, WarrantRecord


def as_markdown(screen: ScreenRecord, words: Words) -> str:
    """Render a screen as Markdown; at full with what every passage says, and what is published."""
    return joined(_Markdown(screen, Phrases(words)).rows())


class _Markdown:
    """Yields the rows of one screen."""

    def __init__(self, screen: ScreenRecord, phrases: Phrases) -> None:
        self._screen, self._phrases, self._words = screen, phrases, phrases.words
        called = {one["iri"]: one["label"] or one["iri"] for one in screen["guidelines"]}
        self._called = called if len(called) > 1 else {}

    def rows(self) -> Iterator[str]:
        """Yield all rows."""
        first, *rest = self._phrases.heading(self._screen)
        yield f"# {marked(first)}"
        yield ""
        for line in rest:
            yield f"- {marked(line)}"
        for part in PARTS:
            yield from self._part(part, self._of(part))

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
            "left": self._left,
        }
        return made[part]() if part in made else self._lines(self._screen.get(part, ()))  # type: ignore[arg-type]

    def _avoid(self) -> Iterator[str]:
        yield from self._lines(self._screen["avoid"])
        for said in self._phrases.uncleared(self._screen):
            yield f"- {marked(said)}"

    def _told(self) -> Iterator[str]:
        for label, said in self._phrases.told(self._screen):
            yield f"- {label}: {marked(said)}"

    def _further(self) -> Iterator[str]:
        for one in self._screen.get("questions", ()):
            yield f"- {marked(one)}"

    def _left(self) -> Iterator[str]:
        for detail, said in self._phrases.left(self._screen):
            yield f"- --detail {detail}: {said}"

    def _part(self, name: str, rows: Iterable[str]) -> Iterator[str]:
        found = list(rows)
        if found:
            yield from ("", f"## {self._phrases.title(name, self._screen)}")
            if found[0]:
                yield ""
            yield from found

    def _proposed(self) -> Iterator[str]:
        for one in self._screen["proposed"]:
            yield f"- **{marked(self._phrases.proposed(one))}**"
            for why in one.get("why", ()):
                yield f"  - {self._words('line', 'why')}: {marked(why)}"

    def _now(self) -> Iterator[str]:
        yield from self._lines(self._screen["now"])
        for said in self._phrases.calm(self._screen):
            yield f"- {marked(said)}"

    def _lines(self, lines: Iterable[LineRecord]) -> Iterator[str]:
        phrases, words = self._phrases, self._words
        for line in lines:
            lead = f"{SIGNS[line['verdict']]} {phrases.stands(line)}: "
            how = phrases.how(line)
            what = f"**{marked(lead + phrases.what(line))}**"
            yield f"- {what} — {marked(how)}" if how else f"- {what}"
            for key, said in phrases.below(line):
                yield f"  - {words('line', key)}: {marked(said)}"
            disputed = phrases.disputed(self._screen, line)
            if disputed:
                yield f"  - **{words('line', 'disputed')}**: {marked(disputed)}"
            for one in line.get("warrants", ()):
                yield from self._warrant(one)

    def _warrant(self, one: WarrantRecord) -> Iterator[str]:
        marks = ", ".join(one.get("citations", ()))
        cites = f" ({self._words('line', 'cites', marks=marks)})" if marks else ""
        by = self._called.get(one.get("guideline"))
        said = one["label"] + cites + (f", {by}" if by else "")
        yield f"  - {self._words('line', one['direction'])}: {marked(said)}"
        for key in one["passages"]:
            passage = self._screen.get("passages", {})[key]
            place = self._phrases.place(passage)[1:-1]
            yield f"    - {marked(key)} [{place}] {marked(self._phrases.says(passage))}"
            yield from self._evidence(passage)

    def _evidence(self, passage: StretchRecord) -> Iterator[str]:
        known = self._screen.get("publications", {})
        for relation, rows in passage.get("evidence", {}).items():
            for said in rows:
                note = f": {said['note']}" if "note" in said else ""
                parts = (said.get("basis"), self._words.graded(None, said.get("certainty")))
                read = "; ".join(one for one in parts if one)
                reference = self._phrases.publication(known[said["publication"]])
                told = reference + note + (f" ({read})" if read else "")
                yield f"      - {self._words('relation', relation)}: {marked(told)}"

    def _asked(self) -> Iterator[str]:
        for place, one in enumerate(self._screen["ask"], 1):
            yield f"{place}. {marked(self._phrases.question(one))}"
            for answer in self._phrases.answers(one):
                yield f"   - {marked(answer)}"

    def _steps(self) -> Iterator[str]:
        for step in self._screen["steps"]:
            stage = self._phrases.stage(step)
            if stage:
                yield from ("", f"### {marked(stage)}", "")
            for key in ("once", "ask"):
                for said in step.get(key, ()):  # type: ignore[attr-defined]
                    yield f"- {self._words('line', key)}: {marked(said)}"
            yield from self._lines(step["lines"])
            named = list(self._phrases.named(step))
            if named and not stage:
                yield ""
            for row in named:
                yield f"- {marked(row)}"

    def _tensions(self) -> Iterator[str]:
        for one in self._screen["tensions"]:
            read = f": {marked(one['resolution'])}" if "resolution" in one else ""
            passages = marked(", ".join(one["passages"]))
            yield f"- **{marked(one['label'])}** ({passages}){read}"
