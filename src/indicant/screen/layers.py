"""Lay out an assessment in layers: what was proposed, what is to be done now, why, and the rest.

One record has it all. What a detail leaves out is counted, with the detail at which it is shown.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, cast

from indicant.assess import prose
from indicant.assess.prose import SOON, fulfilled
from indicant.assess.reasons import answering
from indicant.assess.records import TermRecord
from indicant.screen.records import (
    AtOddsRecord,
    CalmRecord,
    CountsRecord,
    Detail,
    LeftRecord,
    Level,
    LineRecord,
    ProposedRecord,
    QuestionRecord,
    ScreenRecord,
    StepRecord,
    ToldRecord,
    Verdict,
)
from indicant.screen.shortening import LABELS, amount, few, settles
from indicant.screen.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from indicant.assess.catalogue import Catalogue
    from indicant.assess.records import (
        ActionRecord,
        CaseRecord,
        ReasonRecord,
        RecommendationRecord,
    )
    from indicant.explain.next import NextRecord, OpenFactRecord
    from indicant.guideline.wording import Words
    from indicant.screen.facts import Facts

FIRST: Final = 3
"""How many questions come first."""
_NAMED: Final = 6
"""How many interventions that another one takes in are all named, however brief a screen is."""


class Layers:
    """Lays out the assessments of one guideline.

    Args:
        catalogue: what the guideline says whatever the case.
        failing: for a phase, by its label, those that have to have failed before: what they are
            called for short, by their labels.
        words: the words of the program.
        detail: how much is shown.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        failing: dict[str, dict[str, str]],
        words: Words,
        detail: Detail = "normal",
    ) -> None:
        self._catalogue, self._failing, self.words, self.detail = (
            catalogue,
            failing,
            words,
            detail,
        )
        known = catalogue.recommendations.values()
        self._phases = {one.phase: one.phase_order for one in known if one.phase}
        self._later = {one.phase for one in known if one.phase and one.contingent}
        resting: dict[str, int] = {}
        for iri in catalogue.recommendations:
            for passage in catalogue.support[iri]:
                resting[passage["id"]] = resting.get(passage["id"], 0) + 1
        self._resting = resting
        self._pressing = any(one.urgency in SOON for one in known)
        self._denied: dict[str, set[str]] = {}
        for one in catalogue.literals.values():
            if one.polarity == "absent":
                self._denied.setdefault(one.label, set()).add(one.term)
        self._absent = {
            (one.term, one.fact): one.label
            for one in catalogue.literals.values()
            if one.polarity == "absent"
        }

    # One piece: the parts of a screen, in the order in which they are read.
    def screen(
        self,
        record: CaseRecord,
        ranking: NextRecord,
        facts: Facts,
        held: Container[str],
        *,
        everything: bool = False,
    ) -> ScreenRecord:
        """Return what is shown of the assessment of a case.

        Args:
            record: the assessment.
            ranking: its open facts, those that settle most first.
            facts: what the case says.
            held: of what interventions a contraindication stays open once one is indicated.
            everything: whether to list what does not apply.
        """
        detail = self.detail
        actions = list(record["actions"])
        now = [one for one in actions if prose.is_now(one)]
        lines = _Lines(self, record, facts, held)
        steps = list(self._steps(lines, actions, urgent=bool(now)))
        screen = ScreenRecord(
            case=record["case"],
            asOf=record["asOf"],
            detail=detail,
            guidelines=record.get("guidelines", [record["guideline"]]),
            warnings=record["warnings"],
            proposed=list(self._proposed(record)),
            now=lines.of(now),
            conflicts=lines.of(one for one in actions if one["status"] == "conflicting"),
            ask=self._questions(ranking["facts"][:FIRST]),
            steps=steps,
            avoid=lines.of(one for one in actions if one["status"] == "contraindicated"),
            told=ToldRecord(),
            tensions=[],
            left=[],
        )
        if not now:
            screen["calm"] = self._calm(actions)
        if lines.uncleared:
            screen["uncleared"] = [one["label"] for one in lines.uncleared]
        common = self._common(record)
        if common and detail == "normal":
            screen["common"] = common
        screen["told"], forgotten = self._told(record, facts)
        further = [self._asked(one) for one in ranking["facts"][FIRST:]]
        if further and detail == "full":
            screen["questions"] = list(dict.fromkeys(further))
        if everything:
            rest = lines.of(one for one in actions if one["status"] == "not-applicable")
            screen["rest"] = rest
        tensions = self._tensions([*lines.shown, *lines.uncleared])
        screen["tensions"] = tensions if detail != "brief" else []
        counts = Counter(
            questions=len(set(further)),
            tensions=len(tensions),
            facts=forgotten,
            common=sum(map(len, common.values())),
        )
        screen["left"] = list(self._left(lines, counts))
        if detail == "full":
            screen["passages"], screen["publications"] = lines.sources.tables()
        return screen

    # ------------------------------------------------------------------ parts

    def _told(self, record: CaseRecord, facts: Facts) -> tuple[ToldRecord, int]:
        """Return what the case says, and how many facts of it are left out."""
        if self.detail != "brief":
            return facts.told(record["case"], named=self.detail == "full"), 0
        told = facts.told(record["case"], weights=self._weights(record))
        return few(told), amount(told) - amount(few(told))

    def _calm(self, actions: Sequence[ActionRecord]) -> CalmRecord:
        """Return what there is to do and to find out where nothing is known to be urgent."""
        found = CalmRecord(pressing=self._pressing)
        open_ = [one["label"] for one in prose.folded(actions) if _open(one) and _soon(one)]
        if open_:
            found["open"] = open_
        due = list(prose.folded(one for one in actions if prose.is_due(one)))
        for key, late in (("due", False), ("later", True)):
            labels = [self.heading(one) for one in due if self.is_later(one) == late]
            if labels:
                found[key] = labels  # type: ignore[literal-required]
        return found

    def _common(self, record: CaseRecord) -> dict[str, list[str]]:
        """Return on what all advice of each guideline rests that answers something, by its IRI."""
        found: dict[str, dict[str, None]] = {}
        for one in record["actions"]:
            for reason in one["because"]:
                by = self._catalogue.recommendations[reason["recommendation"]].guideline
                if reason["literal"] in self._catalogue.common[by] and reason["answer"] == "met":
                    found.setdefault(by or "", {}).setdefault(reason["literal"])
        return {by: sorted(facts) for by, facts in found.items()}

    def telling(self, reasons: list[ReasonRecord]) -> list[ReasonRecord]:
        """Return the facts that told for a recommendation: what is so, then what is not.

        The most particular comes first. What all advice of its guideline rests on comes last;
        unless all is shown it is said once, above, and not here, as long as anything else is.
        """
        known = self._catalogue
        order = sorted(
            reasons,
            key=lambda one: (one["literal"] in self._denied, known.mentioned[one["literal"]]),
        )
        own = [
            one
            for one in order
            if one["literal"]
            not in known.common[known.recommendations[one["recommendation"]].guideline]
        ]
        return own if own and self.detail != "full" else order

    def _weights(self, record: CaseRecord) -> Counter[str]:
        """Return in how many reasons each node of the case takes part, and each class denied."""
        found: Counter[str] = Counter()
        for one in record["actions"]:
            for reason in one["because"]:
                found.update(reason["nodes"])
                found.update(self._denied.get(reason["literal"], ()))
        return found

    def _proposed(self, record: CaseRecord) -> Iterator[ProposedRecord]:
        by_action = {one["action"]: one for one in record["actions"]}
        for one in record["proposals"]:
            found = ProposedRecord(action=one["action"], label=one["label"], verdict=one["verdict"])
            known = by_action.get(one["action"])
            why = list(self.reasons(known)) if known is not None else []
            if why:
                found["why"] = why
            yield found

    def heading(self, record: ActionRecord) -> str:
        """Return what an intervention is called, with what is to be known at a glance."""
        words, title = self.words, record["label"]
        if record["status"] == "conditional":
            title = words("line", "conditional", label=title)
        for key in ("including", "excepting"):
            labels = [one["label"] for one in record[key]]
            if self.detail == "brief" and len(labels) > _NAMED:
                more = words("line", "more", n=len(labels) - FIRST)
                labels = [", ".join(labels[:FIRST]) + f" {words('step', 'and')} {more}"]
            others = ", ".join(labels)
            if others:
                title = words("line", key, label=title, others=others)
        return title

    def grade(self, strength: str | None, certainty: str | None) -> str:
        """Say how strong advice is by GRADE, and how certain what it rests on."""
        return self.words.graded(strength, certainty)

    def is_later(self, record: ActionRecord) -> bool:
        """Tell whether an intervention is of a later stage."""
        return record["phase"] in self._later

    def followed(self, record: ActionRecord) -> Iterator[str]:
        """Say which recommendations that apply have been fulfilled, violated or not."""
        for one in deciding(record):
            if one["answer"] == "met" and one["fulfilment"] is not None:
                yield f"{one['label']}: {self.words('fulfilment', one['fulfilment'])}"

    def once(self, record: ActionRecord, *, held: bool) -> list[str]:
        """Return what would settle an action; unless all is shown, what would indicate it.

        Of what is urgent nothing that would indicate it is left out.
        """
        if self.detail == "full":
            return list(prose.settling_lines(record, words=self.words, held=held))
        most = None if record["urgency"] in SOON else 1
        return list(prose.settling_lines(record, most=most, words=self.words))[:1]

    def reasons(self, record: ActionRecord) -> Iterator[str]:
        """Yield why a status is what it is: at full with the nodes that attest it, briefly once.

        Of what is in conflict both sides are told, however briefly.
        """
        named = self.detail == "full"
        if record["status"] == "conflicting":
            for side in ("for", "against"):
                own = [one for one in record["recommendations"] if one["direction"] == side]
                for said in prose.reasons(
                    {**record, "recommendations": own},
                    named=named,
                    words=self.words,
                    telling=self.telling,
                ):
                    yield f"{self.words('line', side)}: {said}"
            return
        told = list(prose.reasons(record, named=named, words=self.words, telling=self.telling))
        if not named:
            told = list(dict.fromkeys(told))[: 1 if self.detail == "brief" else None]
        yield from told

    def _steps(
        self, lines: _Lines, actions: Sequence[ActionRecord], *, urgent: bool
    ) -> Iterator[StepRecord]:
        here = [
            one
            for one in actions
            if one["status"] in {"recommended", "conditional", "undetermined"}
            and not prose.is_now(one)
        ]
        waiting = [one for one in here if _open(one) and one["urgency"] in SOON]
        if waiting:
            yield StepRecord(phase=self.words("step", "urgent"), lines=lines.of(waiting))
        rest = [one for one in here if one not in waiting]
        unlikely = [one for one in rest if _open(one) and not prose.could_be_indicated(one)]
        names: dict[str | None, list[ActionRecord]] = {}
        for one in rest:
            if one not in unlikely:
                names.setdefault(one["phase"], []).append(one)
        for phase in sorted(names, key=lambda one: (self._phases.get(one or "", 99), one or "~")):
            yield self._step(lines, phase, names[phase], urgent=urgent)
        lines.uncleared += unlikely

    def _step(
        self,
        lines: _Lines,
        phase: str | None,
        members: Sequence[ActionRecord],
        *,
        urgent: bool,
    ) -> StepRecord:
        folding = urgent and phase in self._later
        folded = [one for one in members if folding and _open(one)]
        order = sorted(
            (one for one in members if one not in folded),
            key=lambda one: (_open(one), not fulfilled(one)),
        )
        step = StepRecord(phase=phase or self.words("step", "none"), lines=[])
        if phase in self._later and (order or self.detail != "brief" or phase in self._failing):
            before = self._failing.get(phase or "", {})
            note = [self.words.entered("step", [*before.values()])]
            missing = [short for label, short in before.items() if label not in lines.done]
            if missing and not folding:
                note.append(self.words("step", "unrecorded", phases=self.words.listed(missing)))
            step["note"] = "; ".join(note)
        step["lines"] = lines.of(order)
        if folded:
            step["folded"] = [one["label"] for one in prose.folded(folded)]
            lines.folded += folded
            if self.detail == "full":
                step["lines"] += lines.of(folded)
        _share(step)
        return step

    def _asked(self, fact: OpenFactRecord) -> str:
        by = ", ".join(one["label"] for one in fact["investigations"])
        return f"{self._sentence(fact)} ({by})" if by else self._sentence(fact)

    def _sentence(self, fact: OpenFactRecord) -> str:
        return fact["question"] or self.words("settling", "is-there", what=fact["label"])

    def _questions(self, facts: Sequence[OpenFactRecord]) -> list[QuestionRecord]:
        """Return questions; where one asks for several facts, each says for which."""
        times = Counter(map(self._sentence, facts))
        found = []
        for one in facts:
            sentence = self._sentence(one)
            which = self.words("ask", "which", what=one["label"]) if times[sentence] > 1 else ""
            found.append(self._question(one, f"{sentence} {which}".rstrip()))
        return found

    def _question(self, fact: OpenFactRecord, sentence: str) -> QuestionRecord:
        most = LABELS[self.detail]
        found = QuestionRecord(
            question=sentence,
            term=fact["term"],
            present=fact["label"],
            absent=self._absent[fact["term"], fact["label"]],
            ifPresent=settles(fact["present"], most),
            ifAbsent=settles(fact["absent"], most),
        )
        by = [one["label"] for one in fact["investigations"]]
        if by:
            found["by"] = by
        for key in ("presentTowards", "absentTowards"):
            towards = [one["label"] for one in fact[key]]
            if towards:
                found[key] = towards
        return found

    def particular(self, records: Iterable[RecommendationRecord]) -> str:
        """Return what the passage says on which the fewest recommendations rest, the longest.

        What is said of the patient of the source alone is told where nothing else is.
        """
        passages = [one for record in records for one in record["passages"] if one["paraphrase"]]
        if not passages:
            return ""
        best = min(
            passages,
            key=lambda one: (
                one.get("ofItsPatient", False),
                self._resting[one["id"]],
                -len(one["paraphrase"]),
                one["start"],
            ),
        )
        return prose.paraphrased(best, self.words)

    def _tensions(self, shown: Sequence[ActionRecord]) -> list[AtOddsRecord]:
        """Return the contradictions of the source that touch what made the shown what it is."""
        iris = {one["iri"] for record in shown for one in deciding(record)}
        touching = {
            iri: one for rec in sorted(iris) for iri, one in self._catalogue.tensions[rec].items()
        }
        found = []
        for iri in sorted(touching):
            one = touching[iri]
            told = AtOddsRecord(label=one["label"], passages=sorted(set(one["passages"])))
            if self.detail == "full" and one["resolution"]:
                told["resolution"] = one["resolution"]
            found.append(told)
        return found

    def _left(self, lines: _Lines, among: Counter[str]) -> Iterator[LeftRecord]:
        """Yield what is left out, what could change a decision first."""
        if self.detail == "full":
            return
        brief = self.detail == "brief"
        disputing = {
            said["publication"]
            for one in lines.shown
            if one["urgency"] in SOON and one["status"] != "contraindicated"
            for record in deciding(one)
            for said in record["evidence"]
            if said["relation"] == "disputes"
        }
        calm = [
            one
            for one in lines.shown
            if _open(one) and one["disputed"] and one["urgency"] not in SOON
        ]
        counts: tuple[tuple[str, int, Level], ...] = (
            ("disputes", len(disputing), "full"),
            ("disputed", len(calm) if brief else 0, "normal"),
            ("folded", len(lines.folded), "full"),
            ("conditions", sum(map(_open, lines.shown)) if brief else 0, "normal"),
            ("questions", among["questions"], "full"),
            ("tensions", among["tensions"] if brief else 0, "normal"),
            ("readings", 0 if brief else among["tensions"], "full"),
            ("reasons", lines.reasons, "normal"),
            ("common", among["common"] if brief else 0, "normal"),
            ("facts", among["facts"], "normal"),
        )
        for what, count, at in counts:
            if count:
                yield LeftRecord(what=what, count=count, at=at)


class _Lines:
    """Makes lines out of actions, and keeps account of what became of them."""

    def __init__(
        self, layers: Layers, record: CaseRecord, facts: Facts, held: Container[str]
    ) -> None:
        self._layers, self._facts, self._held, self.sources = layers, facts, held, Sources()
        self._called = prose.speakers(record)
        self._calm = not any(map(prose.is_now, record["actions"]))
        self.shown: list[ActionRecord] = []
        self.folded: list[ActionRecord] = []
        self.uncleared: list[ActionRecord] = []
        self.reasons = 0
        self.done = {one["phase"] for one in record["actions"] if one["received"]}

    def of(self, records: Iterable[ActionRecord]) -> list[LineRecord]:
        """Return lines for actions; those of which the same is said share one."""
        found: dict[str, LineRecord] = {}
        for record in prose.folded(records):
            self.shown.append(record)
            line = self._line(record)
            brief = self._layers.detail == "brief"
            both = self._layers.detail == "full" or line["verdict"] == "conflicting"
            apart = {"actions"} if both else {"actions", "why"}
            key = repr({name: said for name, said in line.items() if name not in apart})
            if key in found:
                found[key]["actions"] += line["actions"]
            else:
                found[key] = line
            if "why" in apart:
                why = (*found[key].get("why", ()), *line.get("why", ()))
                _put(found[key], "why", _together(why))
            if brief:
                self.reasons += len(set(prose.reasons(record, named=False))) > ("why" in line)
        return list(found.values())

    def _line(self, record: ActionRecord) -> LineRecord:
        layers, detail = self._layers, self._layers.detail
        verdict: Verdict = "done" if fulfilled(record) else record["status"]
        line = LineRecord(
            actions=[TermRecord(term=record["action"], label=layers.heading(record))],
            verdict=verdict,
        )
        made = deciding(record)
        urgent = record["urgency"] in SOON
        terse = detail == "brief" and _open(record)
        if record["urgency"] and (urgent or detail != "brief"):
            line["urgency"] = record["urgency"]
        if verdict == "recommended" and not prose.is_now(record):
            later = layers.is_later(record)
            if later or not self._calm:
                line["beside"] = "later" if later else "besides"
        if urgent and record["phase"] and detail != "brief":
            line["phase"] = record["phase"]
        if not terse or urgent:
            _put(line, "strength", dict.fromkeys(one["strength"] for one in made))
            grades = (layers.grade(one["gradeStrength"], one["certainty"]) for one in made)
            _put(line, "certainty", dict.fromkeys(grades))
            counts = _counts(made)
            if counts:
                line["evidence"] = counts
        by = (self._called.get(one["guideline"]) for one in made if "guideline" in one)
        _put(line, "by", dict.fromkeys(by))
        if record["action"] in self._held:
            line["open"] = True
        calm = self._calm and not terse and verdict != "done"
        if detail != "brief" or urgent or record["status"] == "conflicting" or calm:
            _put(line, "why", layers.reasons(record))
        done = self._done(record) if verdict == "done" or detail != "brief" else []
        _put(line, "done", done)
        if detail != "brief":
            _put(line, "once", layers.once(record, held=record["action"] in self._held))
            said = layers.particular(made)
            if said and detail == "normal" and (urgent or not _open(record)):
                line["says"] = said
        if detail == "full":
            _put(line, "ask", prose.questions_to_ask(record, words=layers.words))
            _put(line, "followed", layers.followed(record))
            line["warrants"] = [self.sources.warrant(one) for one in made]
        return line

    def _done(self, record: ActionRecord) -> list[str]:
        """Return what was received already: what, since when and how long."""
        return [self._facts.node(node) for node in record["received"]]


# ---------------------------------------------------------------------- of one action


def deciding(record: ActionRecord) -> list[RecommendationRecord]:
    """Return the recommendations that made the status of an action what it is."""
    return answering(record["status"], record["recommendations"])


def _open(record: ActionRecord) -> bool:
    return record["status"] == "undetermined"


def _soon(record: ActionRecord) -> bool:
    return record["urgency"] in SOON


def _counts(made: Sequence[RecommendationRecord]) -> CountsRecord:
    found: dict[str, set[str]] = {"agrees": set(), "disputes": set(), "qualifies": set()}
    for one in made:
        for said in one["evidence"]:
            if said["relation"] in found:
                found[said["relation"]].add(said["publication"])
    return cast("CountsRecord", {how: len(whose) for how, whose in found.items() if whose})


def _share(step: StepRecord) -> None:
    """Say once of a stage what would settle all that is open in it, and what to ask."""
    opened = [one for one in step["lines"] if "once" in one]
    if len(opened) < 2 or len({repr((one["once"], one.get("ask"))) for one in opened}) > 1:
        return
    for one in opened:
        step["once"] = one.pop("once")
        if "ask" in one:
            step["ask"] = one.pop("ask")


def _together(reasons: Iterable[str]) -> list[str]:
    """Return reasons as one line in which each fact stands once."""
    facts = dict.fromkeys(fact for one in reasons for fact in one.split("; "))
    return ["; ".join(facts)] if facts else []


def _put(line: LineRecord, key: str, said: Iterable[str | None]) -> None:
    found = [one for one in said if one]
    if found:
        line[key] = found  # type: ignore[literal-required]
