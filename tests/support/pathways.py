"""What the pathway of a guideline has to show, by what the guideline states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import told
from reading_back import Box, Entry, Picture

if TYPE_CHECKING:
    from indicant.assess.records import CaseRecord
    from stated import Advice, Stated

STATES: Final = {"met": ("●", "applies"), "refuted": ("○", "does not apply"), "open": ("?", "open")}
HERE: Final = {"recommended", "conditional", "conflicting"}
KEY: Final = "✓ for, ✕ against; "
KEY_OF_CASE: Final = (
    KEY + "● applies, ○ does not apply, ? open; "
    "▶ and a thick frame: where something is recommended for this patient."
)
KEY_OF_SITE: Final = (
    KEY + "a dashed frame is a later stage, on conditions of its own; "
    "a dashed arrow leads around the phases."
)


@dataclass(frozen=True)
class Stand:
    """How a recommendation stands for a patient."""

    answer: str
    mark: str
    words: str
    here: bool


def stands(record: CaseRecord) -> dict[str, Stand]:
    """Return how each recommendation stands for a case."""
    found = {}
    for action in record["actions"]:
        for one in action["recommendations"]:
            mark, words = STATES[one["answer"]]
            held = [
                each["status"]
                for each in record["actions"]
                if each["status"] in HERE and one in each["recommendations"]
            ]
            here = one["direction"] == "for" and one["answer"] == "met" and bool(held)
            if one["superseded"]:
                words = "gives way"
            elif here:
                words = f"{words}: {held[0]}"
            found[one["iri"]] = Stand(one["answer"], mark, words, here)
    return found


class Way:
    """The pathway of one guideline, for a patient where one is given."""

    def __init__(
        self, stated: Stated, guideline: str | None, standing: dict[str, Stand] | None = None
    ) -> None:
        self.stated, self.guideline, self.standing = stated, guideline, standing or {}
        several = len(stated.guidelines) > 1
        self.advice = [
            one for one in stated.advice.values() if not several or one.guideline == guideline
        ]
        used = {one.phase for one in self.advice}
        self.stages = [one for one in stated.stages.values() if not several or one.iri in used]
        known = [one.soon for one in self.advice if one.soon != 99]
        routine = max(known, default=99)
        loose = [one for one in self.advice if one.phase is None]
        self.around = sorted(
            (one for one in loose if one.direction == "for" and one.soon < routine),
            key=lambda one: (one.soon, one.iri),
        )
        self.anytime = self._sorted([one for one in loose if one not in self.around])

    @staticmethod
    def _sorted(found: list[Advice]) -> list[Advice]:
        return sorted(found, key=lambda one: (one.direction != "for", one.soon, one.iri))

    def members(self, phase: str) -> list[Advice]:
        """Return the recommendations of a phase."""
        return self._sorted([one for one in self.advice if one.phase == phase])

    def steps(self) -> list[tuple[str, str, Advice | None]]:
        """Return the steps down the page: what each is, what it is about, and what it decides."""
        found: list[tuple[str, str, Advice | None]] = []
        scope = self.stated.pairs("ind:scope").get(self.guideline or "", [])
        if scope:
            found.append(("start", scope[0], None))
        waiting = list(self.around)
        for stage in self.stages:
            favouring = [one.soon for one in self.members(stage.iri) if one.direction == "for"]
            while waiting and waiting[0].soon < min(favouring, default=99):
                found.append(("decision", waiting[0].criterion, waiting.pop(0)))
            if stage.contingent:
                found.append(("decision", stage.iri, None))
            found.append(("phase", stage.iri, None))
        found += [("decision", one.criterion, one) for one in waiting]
        return found

    def failing(self, phase: str) -> str:
        """Return what has to have failed before a phase is entered, if the guideline says so."""
        short = self.stated.pairs("skos:altLabel")
        order = self.stated.stages
        before = self.stated.pairs("ind:afterFailureOf").get(phase, [])
        named = [
            short.get(one, [self.stated.label(one)])[0]
            for one in sorted(before, key=lambda one: list(order).index(one))
        ]
        if not named:
            return ""
        several = f"{', '.join(named[:-1])} and {named[-1]} have failed"
        return several if len(named) > 1 else f"{named[0]} has failed"

    def entering(self, phase: str) -> str:
        """Return what is asked before a later stage."""
        return self.failing(phase) or "the conditions of this later stage are met"

    def _named(self, found: list[Advice]) -> str:
        return ", ".join(
            one.label + (f" ({self.standing[one.iri].words})" if one.iri in self.standing else "")
            for one in found
        )

    def description(self) -> str:
        """Return what is said to who does not see the picture."""
        label = self.stated.label
        found = []
        for kind, iri, decides in self.steps():
            if kind == "start":
                found.append(f"It begins with: {label(iri)}.")
            elif decides is not None:
                found.append(
                    f"Decision: {label(iri)}? If yes, {self._named([decides])}: "
                    f"{self._ahead(decides)}."
                )
            elif kind == "decision":
                found.append(f"Decision: {self.entering(iri)}? If yes, it goes on.")
            else:
                told_of = self._named(self.members(iri)) or "no recommendation"
                found.append(f"{label(iri)}: {told_of}.")
        if self.anytime:
            found.append(f"at any phase: {self._named(self.anytime)}.")
        return told.flat(" ".join(found))

    @staticmethod
    def _ahead(one: Advice) -> str:
        return f"{one.urgency}, ahead of the phases" if one.urgency else "ahead of the phases"

    def _box(self, kind: str, title: str, iri: str, found: list[Advice], *, dashed: bool) -> Box:
        entries = []
        for one in found:
            stand = self.standing.get(one.iri)
            sign = "✓" if one.direction == "for" else "✕"
            state = f"{stand.mark} {stand.words}" if stand else ""
            kind_of = stand.answer if stand else ""
            entries.append(
                Entry(told.flat(one.label), one.direction, sign, one.iri, state, kind_of)
            )
        here = any(one.iri in self.standing and self.standing[one.iri].here for one in found)
        return Box(
            kind, here, dashed, ("▶ this patient " if here else "") + told.flat(title), iri, entries
        )

    def picture(self) -> Picture:
        """Return what the picture shows; what things link to is their IRI."""
        label = self.stated.label
        boxes, arrows = [], []
        steps = self.steps()
        for number, (kind, iri, decides) in enumerate(steps):
            contingent = kind == "phase" and self.stated.stages[iri].contingent
            title = label(iri)
            if kind == "decision":
                title = f"{title if decides else self.entering(iri)}?"
                if decides and decides.iri in self.standing:
                    title += f" for this patient: {self.standing[decides.iri].words}"
                if number + 1 < len(steps):
                    following = steps[number + 1]
                    onwards = (
                        following[0] == "phase" and self.stated.stages[following[1]].contingent
                    )
                    arrows.append("yes" if onwards else "no")
                if decides:
                    arrows.append("yes")
            members = self.members(iri) if kind == "phase" else []
            boxes.append(self._box(kind, title, iri, members, dashed=contingent))
        boxes += [
            self._box("around", self._ahead(one), "", [one], dashed=False) for one in self.around
        ]
        if self.anytime:
            boxes.append(self._box("anytime", "at any phase", "", self.anytime, dashed=False))
        title = f"Pathway: {label(self.guideline) if self.guideline else 'guideline'}"
        return Picture(told.flat(title), self.description(), boxes, sorted(arrows))
