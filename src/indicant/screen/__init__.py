"""The first screen: what a clinician in a hurry sees of a case, and what stands behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from indicant.explain.consequences import ASKED, Ruling, Situation
from indicant.explain.next import ranked
from indicant.guideline.wording import Words
from indicant.screen.facts import Facts
from indicant.screen.layers import Layers

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from indicant.assess.assessment import Assessment
    from indicant.assess.assessor import Assessor
    from indicant.assess.records import ActionRecord, CaseRecord, SettlingRecord
    from indicant.explain.entailment import Mask
    from indicant.explain.next import NextRecord
    from indicant.files.rdf import Document
    from indicant.screen.records import Detail, ScreenRecord


@dataclass(frozen=True)
class Known:
    """What screens of a case are made of: what follows, is open, is recorded, and waits."""

    record: CaseRecord
    ranking: NextRecord
    facts: Facts
    held: Container[str]


class Screens:
    """Makes the screens of the cases of documents, by one guideline and at one detail.

    Args:
        assessor: what assesses the cases.
        detail: how much is shown.
        language: the language of the words of the program.
        everything: whether to list what does not apply as well.
    """

    def __init__(
        self,
        assessor: Assessor,
        detail: Detail = "normal",
        *,
        language: str = "en",
        everything: bool = False,
    ) -> None:
        self.words = Words(language)
        self._assessor, self._everything = assessor, everything
        self._ruling = Ruling(assessor)
        failing: dict[str, dict[str, str]] = {}
        for _, label, _, short, before in assessor.ask("which-phases-wait-for-which"):
            failing.setdefault(label or "", {})[before or ""] = short or ""
        self._layers = Layers(assessor.catalogue, failing, self.words, detail)
        self._spoken: dict[tuple[str, str, str], list[str]] = {}
        for literal, said in assessor.catalogue.spoken.items():
            self._spoken.setdefault(said, []).append(literal)
        self._labels: dict[str, str] = {}
        for term, called in assessor.ask("what-is-each-term-called"):
            self._labels.setdefault(term or "", called or "")

    def screen(self, known: Known) -> ScreenRecord:
        """Return the screen of a case of which that is known."""
        ranking, facts, held = known.ranking, known.facts, known.held
        return self._layers.screen(known.record, ranking, facts, held, everything=self._everything)

    def of(self, document: Document) -> list[ScreenRecord]:
        """Return the screens of the cases of a document, by the names of the cases.

        Raises:
            InvalidCase: a case does not conform to the case shapes.
            IndicantError: there is no case, or the date is none.
        """
        return [screen for screen, _ in self.with_records(document)]

    def with_records(self, document: Document) -> list[tuple[ScreenRecord, CaseRecord]]:
        """Return the screens, each with the record that it was made of, which has it all.

        Raises:
            InvalidCase: a case does not conform to the case shapes.
            IndicantError: there is no case, or the date is none.
        """
        with self._assessor.parts(document) as parts:
            known = (one for part in parts for one in self._part(part, document))
            found = [(self.screen(one), one.record) for one in known]
        return sorted(found, key=lambda one: one[0]["case"])

    def known(self, document: Document) -> list[Known]:
        """Return what screens are made of, which is the same whatever the detail is.

        Raises:
            InvalidCase: a case does not conform to the case shapes.
            IndicantError: there is no case, or the date is none.
        """
        with self._assessor.parts(document) as parts:
            return [one for part in parts for one in self._part(part, document)]

    def _part(self, part: Assessment, document: Document) -> Iterator[Known]:
        records = part.records(everything=True)
        told = [part.ask(question) for question in ASKED]
        lasted: dict[str, int] = {}
        for _, node, _, days in part.ask("how-long-has-it-lasted"):
            lasted[node or ""] = int(days or 0)
        facts = Facts(document.quads, self._labels, self._assessor.vocabulary, self.words, lasted)
        stated = (*document.quads, *part.derived.quads)
        for record in records:
            situation = Situation(self._ruling, record["case"], told, stated)
            ranking = ranked(self._assessor, self._ruling, record, situation)
            held = {one["action"] for one in record["actions"] if self._held(one, situation)}
            yield Known(record, ranking, facts, held)

    def _held(self, record: ActionRecord, situation: Situation) -> bool:
        """Tell whether a contraindication would stay open, or hold, once something is indicated.

        Where all that may come to indicate it rules out what may speak against it, nothing is held.
        """
        if record["status"] == "conditional":
            return True
        if record["status"] != "undetermined" or not any(
            one["direction"] == "against" and one["answer"] == "open"
            for one in record["recommendations"]
        ):
            return False
        known = self._assessor.catalogue.recommendations
        indicating = [
            one
            for one in record["settledBy"]
            if one["answer"] == "met" and known[one["recommendation"]].direction == "for"
        ]
        return not indicating or any(
            situation.status(record["action"], self._mask(one)) not in {None, "recommended"}
            for one in indicating
        )

    def _mask(self, settling: SettlingRecord) -> Mask:
        return self._ruling.entailment.mask(
            literal
            for fact in settling["facts"]
            for literal in self._spoken[fact["term"], fact["label"], fact["polarity"]]
        )
