"""Put what a screen holds into the phrases that text, Markdown and pages have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from indicant.assess.prose import SOON
from indicant.screen.facts import ORDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indicant.guideline.wording import Words
    from indicant.screen.records import (
        LineRecord,
        ProposedRecord,
        PublicationRecord,
        QuestionRecord,
        ScreenRecord,
        SettlesRecord,
        StepRecord,
        StretchRecord,
        Verdict,
    )

SIGNS: Final[dict[Verdict, str]] = {
    "recommended": "✓",
    "done": "☑",
    "conditional": "◐",
    "conflicting": "⚠",
    "contraindicated": "✕",
    "undetermined": "?",
    "not-applicable": "=",
}
_TOLD: Final = frozenset({"met", "open"})
_CALLED: Final[dict[str, str]] = {"not-applicable": "neither", "undetermined": "waiting"}
"""What is called on a screen so that nobody takes it for a go-ahead."""
LABELLED: Final = ("by", "why", "done", "once", "says", "ask", "followed")
"""What stands under an intervention, each with a label before it."""


class Phrases:
    """Puts a screen into phrases, in the words of a language."""

    def __init__(self, words: Words) -> None:
        self.words = words

    def heading(self, screen: ScreenRecord) -> Iterator[str]:
        """Yield what guidelines spoke, of which case, whether it is theirs, and what to note."""
        words, guidelines = self.words, screen["guidelines"]
        names = [one["label"] or one["iri"] or "guideline" for one in guidelines]
        yield "; ".join(
            f"{name} {one['version'] or ''}".rstrip()
            for name, one in zip(names, guidelines, strict=True)
        )
        yield words("heading", "case", case=screen["case"], date=screen["asOf"])
        for name, one in zip(names, guidelines, strict=True):
            of = name if len(guidelines) > 1 else words("heading", "guideline")
            told = words("heading", str(one["scope"]), of=of) if one["scope"] in _TOLD else ""
            common = "; ".join(screen.get("common", {}).get(one["iri"] or "", ()))
            if common and one["scope"] == "met":
                told += f": {common}"
            elif common:
                rests = words("heading", "common", of=of, facts=common)
                told = f"{told}; {rests}" if told else rests
            if told:
                yield told
        for warning in screen["warnings"]:
            yield words("heading", "note", warning=warning)

    def certainty(self, screen: ScreenRecord) -> str:
        """Return that nothing shown states a certainty, or nothing where something does."""
        lines = [*screen["now"], *screen["conflicts"], *screen["avoid"]]
        lines += [one for step in screen["steps"] for one in step["lines"]]
        if any("certainty" in one for one in lines) or not any("strength" in one for one in lines):
            return ""
        return self.words("heading", "certainty")

    def title(self, part: str, screen: ScreenRecord | None = None) -> str:
        """Return the title of a part of the screen; what is urgent does not wait for questions."""
        if part == "ask" and screen is not None and screen["now"]:
            return self.words("title", "ask-meanwhile")
        return self.words("title", part)

    def verdict(self, verdict: Verdict) -> str:
        """Return a verdict in words."""
        return self.words("verdict", _CALLED.get(verdict, verdict))

    def stands(self, line: LineRecord) -> str:
        """Return how interventions stand, in words: their verdict, and beside what it is one."""
        if "beside" in line:
            return self.words("verdict", line["beside"])
        if line["verdict"] == "undetermined" and line.get("urgency") in SOON:
            return self.words("verdict", "pressing")
        return self.verdict(line["verdict"])

    def what(self, line: LineRecord) -> str:
        """Return what interventions of a line are called."""
        return "; ".join(one["label"] for one in line["actions"])

    def how(self, line: LineRecord, *, terse: bool = False) -> str:
        """Return how soon, how strongly, how certainly, and what is published of it.

        What states no certainty says so, unless it is said of all at once.
        """
        words = self.words
        parts = [words("urgency", line["urgency"])] if "urgency" in line else []
        parts += [line["phase"]] if "phase" in line else []
        parts += [f'"{one}"' for one in line.get("strength", ())]
        parts += [words("line", "grade", grade=one) for one in line.get("certainty", ())]
        if not terse and "strength" in line and "certainty" not in line:
            parts.append(words("line", "certainty"))
        counts = line.get("evidence")
        told = [", ".join(parts)] if parts else []
        if counts is not None:
            said = [
                words.count("line", relation, count)
                for relation, count in counts.items()
                if isinstance(count, int) and count
            ]
            told.append(", ".join(said))
        if line.get("open"):
            told.append(words("line", "open"))
        return "; ".join(told)

    def below(self, line: LineRecord) -> Iterator[tuple[str, str]]:
        """Yield what stands under interventions: the key of its label, and what is said."""
        for key in LABELLED:
            said = line.get(key)
            if isinstance(said, str):
                yield key, said
            elif key == "by" and isinstance(said, list):
                yield key, ", ".join(said)
            elif isinstance(said, list):
                yield from ((key, one) for one in said)

    def calm(self, screen: ScreenRecord) -> Iterator[str]:
        """Yield what there is to do where nothing is known to be urgent."""
        calm, words = screen.get("calm"), self.words
        if calm is None:
            return
        if "open" in calm:
            yield words("now", "open", labels=", ".join(calm["open"]))
        elif calm["pressing"]:
            yield words("now", "nothing")
        for key in ("due", "later"):
            if key in calm:
                yield words("now", key, labels="; ".join(calm[key]))
        if not (calm["pressing"] or "due" in calm or "later" in calm):
            yield words("now", "none")

    def proposed(self, one: ProposedRecord) -> str:
        """Return what was proposed, with the verdict."""
        return f"{SIGNS[one['verdict']]} {self.verdict(one['verdict'])}: {one['label']}"

    def question(self, one: QuestionRecord, *, terse: bool = False) -> str:
        """Return a question, with what may show the answer."""
        by = ", ".join(one.get("by", ()))
        shown = by if terse or not by else self.words("ask", "by", by=by)
        return f"{one['question']} ({shown})" if by else one["question"]

    def answers(self, one: QuestionRecord, *, terse: bool = False) -> Iterator[str]:
        """Yield what each answer to a question would do.

        Tersely the fact is said but once.
        """
        absent = self.words("ask", "otherwise") if terse else one["absent"]
        both = (
            (one["present"], one["ifPresent"], one.get("presentTowards")),
            (absent, one["ifAbsent"], one.get("absentTowards")),
        )
        for fact, settled, towards in both:
            said = self._settles(settled, towards or [])
            yield self.words("ask", "present", fact=fact, settles=said)

    def _settles(self, settled: list[SettlesRecord], towards: list[str]) -> str:
        told = [
            self.words.settled(one["status"], one["labels"], one.get("more", 0)) for one in settled
        ]
        if towards:
            told.insert(0, self.words("ask", "towards", labels=", ".join(towards)))
        return "; ".join(told) or self.words("ask", "nothing")

    def stage(self, step: StepRecord) -> str:
        """Return the title of a stage, with when it is entered."""
        return f"{step['phase']} ({step['note']})" if "note" in step else step["phase"] or ""

    def named(self, step: StepRecord) -> Iterator[str]:
        """Yield the interventions of a stage that are only named."""
        if "folded" in step:
            yield self.words("step", "folded", labels=", ".join(step["folded"]))

    def uncleared(self, screen: ScreenRecord) -> Iterator[str]:
        """Yield what is perhaps to avoid, or that there is nothing to avoid."""
        if "uncleared" not in screen and not screen["avoid"]:
            yield self.words("avoid", "nothing")
        if "uncleared" in screen:
            key = "briefly" if screen["detail"] == "brief" else "uncleared"
            yield self.words("avoid", key, labels=", ".join(screen["uncleared"]))

    def told(self, screen: ScreenRecord) -> Iterator[tuple[str, str]]:
        """Yield what the case says, part by part: the label of the part, and what it is."""
        for part in ORDER:
            said = screen["told"].get(part)
            if isinstance(said, list):
                yield self.words("told", part), "; ".join(said)
        if "complete" not in screen["told"]:
            yield self.words("told", "complete"), self.words("told", "no-completeness")

    def left(self, screen: ScreenRecord) -> Iterator[tuple[str, str]]:
        """Yield what is left out, and how many of it, by the detail at which it is shown."""
        found: dict[str, list[str]] = {}
        for one in screen["left"]:
            counted = self.words.count("left", one["what"], one["count"])
            found.setdefault(one["at"], []).append(counted)
        for detail, said in sorted(found.items(), reverse=True):
            yield detail, "; ".join(said)

    def disputed(self, screen: ScreenRecord, line: LineRecord) -> str:
        """Return who disputes what a line rests on, each with the passages."""
        found: dict[str, list[str]] = {}
        for key in self.passages(line):
            evidence = screen.get("passages", {})[key].get("evidence", {})
            for said in evidence.get("disputes", ()):
                found.setdefault(said["publication"], []).append(key)
        known = screen.get("publications", {})
        return "; ".join(
            f"{self.publication(known[one])} ({', '.join(sorted(at))})" for one, at in found.items()
        )

    @staticmethod
    def passages(line: LineRecord) -> list[str]:
        """Return the keys of the passages that a line rests on, each once."""
        return list(
            dict.fromkeys(key for one in line.get("warrants", ()) for key in one["passages"])
        )

    @staticmethod
    def publication(one: PublicationRecord) -> str:
        """Return a publication as a short reference: who, when, and where to find it."""
        who = one.get("authors") or one["title"]
        dated = f"{who} {one.get('year', '')}".rstrip()
        numbers = (("doi:", "doi"), ("PMID ", "pmid"), ("", "pmcid"), ("", "venue"))
        place = next((f"{lead}{one[key]}" for lead, key in numbers if key in one), None)  # type: ignore[literal-required]
        return dated if place in {None, who} else f"{dated}, {place}"

    def says(self, passage: StretchRecord) -> str:
        """Return what a passage says, with of whom where that is the patient of its document."""
        if not passage.get("ofItsPatient"):
            return passage["says"]
        return self.words("line", "of-its-patient", said=passage["says"])

    def place(self, passage: StretchRecord) -> str:
        """Return where a passage stands in its document."""
        return f"[{passage['start']}-{passage['end']}]"
