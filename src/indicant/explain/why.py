"""Say why an intervention has its status for a case, and what facts would change it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, Literal, NotRequired, TypedDict, get_args

from indicant.assess.derivations import DERIVED_BY
from indicant.assess.prose import paraphrased, reference, stated
from indicant.assess.reasons import answering
from indicant.assess.records import Answer, Stated, Status, TermRecord
from indicant.compile.derivations import SOURCE
from indicant.compile.model import number_of
from indicant.errors import IndicantError
from indicant.explain.consequences import (
    ASKED,
    LARGEST,
    ORDER,
    TRIES,
    Changes,
    Ruling,
    Situation,
)
from indicant.explain.drafts import BOUNDED, COMPLETE, RECORDED, bounds_of
from indicant.explain.following import Following, made_from
from indicant.explain.names import names_of
from indicant.explain.related import Beyond, whole
from indicant.explain.sums import ScoreRecord, lines, sums
from indicant.files.lines import Lines
from indicant.files.rdf import text_of
from indicant.foreign import joined, wrapped
from indicant.guideline.names import Names
from indicant.guideline.wording import Words
from indicant.terms import TYPE, XSD, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pyoxigraph as ox

    from indicant.assess.assessor import Assessment, Assessor
    from indicant.assess.records import (
        ActionRecord,
        CaseRecord,
        EvidenceRecord,
        PassageRecord,
        RecommendationRecord,
        SettlingRecord,
    )
    from indicant.files.rdf import Document

SETS: Final = 12
STATUSES: Final[tuple[str, ...]] = get_args(Status)
_SHOWN: Final = 4
_TRUTHS: Final = {
    f'"{text}"^^<{XSD}boolean>': told
    for text, told in (("true", "true"), ("1", "true"), ("false", "false"), ("0", "false"))
}


class NodeRecord(TypedDict):
    """A statement of the case that establishes a fact, and where it stands.

    Where a derivation made it, ``derivedBy`` is that, and it stands where that stands.
    """

    node: str
    statement: str
    file: str
    line: int | None
    derivedBy: NotRequired[TermRecord]


class EstablishedRecord(Stated):
    """A fact that is known, and the statements of the case that establish it."""

    nodes: list[NodeRecord]


class CriterionRecord(TypedDict):
    """The class of cases that a recommendation is for."""

    iri: str
    label: str
    definition: str | None


class ArgumentRecord(TypedDict):
    """Why one recommendation is met, refuted or open, and whether the status is its doing.

    ``scores`` are those that it rests on.
    """

    decides: bool
    recommendation: str
    label: str
    direction: Literal["for", "against"]
    strength: str | None
    gradeStrength: str | None
    certainty: str | None
    answer: Answer
    criterion: CriterionRecord | None
    givesWayTo: list[TermRecord]
    because: list[EstablishedRecord]
    settledBy: list[SettlingRecord]
    passages: list[PassageRecord]
    evidence: list[EvidenceRecord]
    scores: NotRequired[list[ScoreRecord]]


class ChangingFactRecord(Stated):
    """A fact that would change a status, and whether the case records the contrary."""

    otherwise: bool
    question: str | None
    investigations: list[TermRecord]


class ChangeRecord(TypedDict):
    """A least set of facts that would change a status, and the status that it leads to."""

    status: Status
    facts: list[ChangingFactRecord]


class ChangesRecord(TypedDict):
    """The least sets of facts that would change a status.

    They are all there are with at most ``facts`` facts; all of any size where ``complete``.
    ``found`` counts them; ``sets`` may be fewer.
    """

    found: int
    facts: int
    complete: bool
    sets: list[ChangeRecord]


class WhyRecord(TypedDict):
    """Why an intervention has its status for one case.

    ``derivations`` are those of the guideline, where it has any: what they would make of further
    facts is not followed in ``changes``.
    """

    case: str
    asOf: str
    action: str
    label: str
    status: Status
    reasons: list[ArgumentRecord]
    further: list[TermRecord]
    wanted: Status | None
    changes: ChangesRecord
    derivations: NotRequired[list[TermRecord]]


def why(
    assessor: Assessor,
    document: Document,
    action: str,
    *,
    to: Status | None = None,
    largest: int = LARGEST,
    most: int | None = None,
    tries: int = TRIES,
) -> list[WhyRecord]:
    """Explain the status of an intervention for every case of a document.

    Args:
        assessor: the guideline.
        document: what ``files.rdf.read`` returned.
        action: the intervention, by IRI, short name, local name or label.
        to: the status that the sets of facts are to lead to, rather than to any other.
        largest: how many facts a set may have.
        most: how many sets to return; all where nothing is given.
        tries: how many sets to look at, for each case.

    Raises:
        InvalidCase: a case does not conform to the case shapes.
        IndicantError: there is no such intervention, or no recommendation speaks of it.
    """
    iri = find_action(assessor, action, document)
    ruling, lines = Ruling(assessor, tries), Lines(document)
    found = []
    with assessor.parts(document) as parts:
        for part in parts:
            records = part.records(everything=True)
            explainer = _Explainer(assessor, ruling, document, lines, part)
            found += [explainer.explain(record, iri, to, largest, most) for record in records]
    return sorted(found, key=lambda one: one["case"])


def find_action(assessor: Assessor, text: str, document: Document) -> str:
    """Return the intervention that a text names.

    Raises:
        IndicantError: there is none of that name, or no recommendation speaks of it.
    """
    labels = {iri: [label] for iri, label in assessor.catalogue.labels.items()}
    prefixes = names_of(assessor, document)
    advised = {iri: labels.get(iri, []) for iri in assessor.catalogue.counting}
    names = Names("intervention that the guideline advises about", advised, prefixes)
    known = Names("intervention", labels, prefixes).search(text)
    if not names.search(text) and len(known) == 1:
        raise IndicantError(
            f"no recommendation speaks of {assessor.catalogue.label(known[0])}",
            help="indicant assess --all  lists what the guideline speaks of",
        )
    return names.find(text)


class _Explainer:
    """Explains cases of one document."""

    def __init__(
        self, assessor: Assessor, ruling: Ruling, document: Document, lines: Lines, part: Assessment
    ) -> None:
        self._catalogue, self._words = assessor.catalogue, Words(assessor.language)
        self._rules = assessor.derivations
        self._document = document
        self._lines = lines
        self._file = "<stdin>" if document.path == "-" else document.path
        self.ruling = ruling
        self._readings, self._units = part.readings, assessor.vocabulary.units
        self._derived = part.derived
        self._told = [part.ask(question) for question in ASKED]
        self._rows = self._told[0]
        self._reasons = part.ask("why-is-it-so")
        self._sums = part.ask("how-does-each-score-add-up")
        self._computed = part.ask("which-records-make-a-quantity")
        self._made = made_from(self._computed)
        follows = part.ask("how-is-each-value-computed")
        self._follows = Following(follows, self._called, self._units, self._words)
        self._ways = part.ask("what-gives-way-to-what")
        self._labels = {row[0] or "": row[1] or "" for row in part.ask("what-is-each-term-called")}
        self._criteria = {row[0]: row for row in part.ask("which-criteria-are-there")}

    def explain(
        self, record: CaseRecord, action: str, to: Status | None, largest: int, most: int | None
    ) -> WhyRecord:
        case = record["case"]
        about = next(one for one in record["actions"] if one["action"] == action)
        stated = (*self._document.quads, *self._derived.quads)
        situation = Situation(self.ruling, case, self._told, stated)
        shown = _deciding(about, self._sizes(case))
        names = {one["iri"] for one in shown}
        told = WhyRecord(
            case=case,
            asOf=record["asOf"],
            action=action,
            label=about["label"],
            status=about["status"],
            reasons=[self._argument(one, case, about) for one in shown],
            further=[
                TermRecord(term=one["iri"], label=one["label"])
                for one in _answering(about)
                if one["iri"] not in names
            ],
            wanted=to,
            changes=self._changes(situation, action, to, largest, most),
        )
        if self._rules:
            told["derivations"] = [
                TermRecord(term=rule.iri, label=rule.label) for rule in self._rules
            ]
        return told

    def _sizes(self, case: str) -> dict[str, int]:
        """Return how many facts the shortest reason of each recommendation has."""
        found: dict[str, set[str]] = defaultdict(set)
        for one, recommendation, literal, _ in self._reasons:
            if one == case:
                found[recommendation or ""].add(literal or "")
        return {iri: len(literals) for iri, literals in found.items()}

    def _argument(
        self, one: RecommendationRecord, case: str, about: ActionRecord
    ) -> ArgumentRecord:
        iri = one["iri"]
        literals = {row[2]: None for row in self._reasons if row[:2] == (case, iri) and row[2]}
        _, criterion, label, definition = self._criteria.get(iri, (iri, None, None, None))
        known = self._catalogue.recommendations
        settling: list[SettlingRecord] = []
        for found in about["settledBy"]:
            if found["recommendation"] == iri and found not in settling:
                settling.append(found)
        record = ArgumentRecord(
            decides=any(iri == other["iri"] for other in _answering(about)),
            recommendation=iri,
            label=one["label"],
            direction=one["direction"],
            strength=one["strength"],
            gradeStrength=one["gradeStrength"],
            certainty=one["certainty"],
            answer=one["answer"],
            criterion=None
            if criterion is None
            else CriterionRecord(
                iri=criterion, label=label or local_name(criterion), definition=definition
            ),
            givesWayTo=[
                TermRecord(term=other, label=known[other].label)
                for owner, given, other in self._ways
                if (owner, given) == (case, iri) and other in known
            ],
            because=[self._established(literal, case) for literal in literals],
            settledBy=settling,
            passages=one["passages"],
            evidence=one["evidence"],
        )
        scored = self._catalogue.scored
        rests = {literal for _, some in self._catalogue.implicants[iri] for literal in some}
        wanted = {scored[literal] for literal in rests if literal in scored}
        if wanted:
            record["scores"] = sums(self._sums, case, wanted)
        return record

    def _established(self, literal: str, case: str) -> EstablishedRecord:
        one = self._catalogue.literals[literal]
        nodes: list[NodeRecord] = []
        for owner, given, node, _, path, value in self._rows:
            if (owner, given) == (case, literal) and node and path:
                made = self._made.get(node)
                if made is not None or node in self._derived.made:
                    told = [one for each in made or [node] for one in self._all_of(each)]
                else:
                    told = [self._node(node, path, value)]
                    told += map(self._recorded, self._follows.reached(node, path))
                nodes += [record for record in told if record not in nodes]
        for record in self._beyond(literal, case):
            nodes += [record] if record not in nodes else []
        return EstablishedRecord(**one.stated(), nodes=nodes)

    def _beyond(self, literal: str, case: str) -> Iterator[NodeRecord]:
        """Yield what related records say that goes with a fact, those that come first before."""
        beyond = Beyond(case, self._told[-1])
        for owner, given, node, _, path, _ in self._rows:
            if (owner, given) == (case, literal) and node and path:
                ways = (
                    beyond.satisfying(literal, node)
                    if literal.endswith("/present")
                    else beyond.violating(literal, node, path)
                )
                for way in ways:
                    yield from (self._node(*one) for one in sorted(way, key=str))

    def _node(self, node: str, path: str, value: str | None) -> NodeRecord:
        """Tell the statement of a node in words; a length or an age by the dates that it has."""
        paths = RECORDED.get(whole(path), (path,))
        if path == COMPLETE[0]:
            paths, value = COMPLETE, None
        stated = [
            quad
            for one in paths
            for quad in self._document.quads
            if text_of(quad.subject) == node
            and quad.predicate.value == one
            and value in {None, text_of(quad.object)}
        ]
        words = [
            f"{self._called(path)} {said}"
            for said in bounds_of(self._document.quads, node, path, self._words)
        ]
        words += [
            f"{self._link(quad.predicate.value)} {self._value(quad)}{self._measured(quad)}"
            for quad in stated
        ]
        reading = self._readings.get((node, path))
        if reading is not None:
            words.append(self._words("why", "read-as", read=reading.read))
        words += self._follows.words(node, path)
        first = stated[0].predicate.value if stated else BOUNDED if words else path
        return NodeRecord(
            node=node,
            statement=", ".join(dict.fromkeys(words)),
            file=self._file,
            line=self._lines.locate(node, first, value),
        )

    def _all_of(self, node: str) -> Iterator[NodeRecord]:
        """Tell a record whole, and of one that was derived what it was derived from as well."""
        made = self._derived.made.get(node)
        if made is None:
            yield self._recorded(node)
            return
        own = [
            quad for quad in self._derived.quads if quad.predicate.value not in {SOURCE, DERIVED_BY}
        ]
        record = self._whole(node, own)
        by = self._words("why", "derived", name=made.rule.name, label=made.rule.label)
        record["statement"] = ", ".join(one for one in (record["statement"], by) if one)
        record["file"], record["line"] = made.path, made.rule.line
        record["derivedBy"] = TermRecord(term=made.rule.iri, label=made.rule.label)
        yield record
        for source in made.sources:
            yield self._recorded(source)

    def _recorded(self, node: str) -> NodeRecord:
        return self._whole(node, self._document.quads)

    def _whole(self, node: str, quads: Sequence[ox.Quad]) -> NodeRecord:
        """Tell all that a record says of itself."""
        stated = [quad for quad in quads if text_of(quad.subject) == node]
        words = [
            f"{self._link(quad.predicate.value)} {self._value(quad)}"
            for quad in stated
            if quad.predicate.value != BOUNDED
        ]
        for path in dict.fromkeys(row[7] or "" for row in self._computed):
            said = bounds_of(quads, node, path, self._words)
            words += [f"{self._called(path)} {one}" for one in said]
        return NodeRecord(
            node=node,
            statement=", ".join(dict.fromkeys(words)),
            file=self._file,
            line=self._lines.locate(node, TYPE, None),
        )

    def _measured(self, quad: ox.Quad) -> str:
        """Return the unit of a number, where its property has one."""
        unit = self._units.get(quad.predicate.value)
        return f" {unit}" if unit is not None and number_of(quad.object) is not None else ""

    def _value(self, quad: ox.Quad) -> str:
        """Return what a value is called, a truth value in the language of the words."""
        truth = _TRUTHS.get(str(quad.object))
        return self._words("why", truth) if truth else self._called(text_of(quad.object))

    def _link(self, path: str) -> str:
        return self._words("why", "is-a") if path == TYPE else self._called(path)

    def _called(self, term: str) -> str:
        return self._labels.get(term, local_name(term) if "://" in term else term)

    def _changes(
        self, situation: Situation, action: str, to: Status | None, largest: int, most: int | None
    ) -> ChangesRecord:
        found: Changes = situation.changes(action, to=to, largest=largest, tries=self.ruling.tries)
        names = self.ruling.entailment.names
        contrary = self.ruling.entailment.opposite(situation.known)
        records = []
        for change in found.sets:
            facts = [self._fact(names[n], bool(contrary >> n & 1)) for n in change.facts]
            records.append(
                ChangeRecord(
                    status=change.status,
                    facts=sorted(facts, key=lambda one: (one["otherwise"], one["label"])),
                )
            )
        records.sort(key=_order)
        return ChangesRecord(
            found=len(records),
            facts=found.size,
            complete=found.complete,
            sets=records[:most],
        )

    def _fact(self, literal: str, otherwise: bool) -> ChangingFactRecord:
        one = self._catalogue.literals[literal]
        return ChangingFactRecord(
            **one.stated(),
            otherwise=otherwise,
            question=one.question,
            investigations=[
                TermRecord(term=by, label=self._catalogue.label(by)) for by in one.investigations
            ],
        )


def _answering(about: ActionRecord) -> list[RecommendationRecord]:
    return answering(about["status"], about["recommendations"])


def _order(record: ChangeRecord) -> tuple[int, int, int, list[tuple[str, str]]]:
    """Put few facts first, then facts to be learned before recorded ones to be otherwise."""
    facts = record["facts"]
    return (
        len(facts),
        sum(fact["otherwise"] for fact in facts),
        ORDER.index(record["status"]),
        [(fact["label"], fact["polarity"]) for fact in facts],
    )


def _deciding(about: ActionRecord, sizes: dict[str, int]) -> list[RecommendationRecord]:
    """Return the recommendations whose answers together give the status, as few as will do.

    One that is met is enough on its side; where none is, all of that side are needed. A side that
    cannot change the status is left out.
    """
    shown = []
    for side in ("for", "against"):
        here = [one for one in about["recommendations"] if one["direction"] == side]
        met = [one for one in here if one["answer"] == "met"]
        if met:
            shown.append(min(met, key=lambda one: (sizes.get(one["iri"], 0), one["iri"])))
        elif side == "against" and about["status"] == "conditional":
            shown += [one for one in here if one["answer"] == "open"]
        else:
            shown += sorted(here, key=lambda one: (one["answer"] != "open", one["iri"]))
    if about["status"] == "contraindicated":
        shown.sort(key=lambda one: one["answer"] != "met")
    return shown


# ---------------------------------------------------------------------- text


def as_text(record: WhyRecord, words: Words | None = None) -> str:
    """Render an explanation as an indented tree."""
    return joined(_text(record, words or Words()))


def _text(record: WhyRecord, words: Words) -> Iterator[str]:
    yield from wrapped(f"{record['label']}: {words('verdict', record['status'])}", "", "  ")
    yield from _wrapped(2, words("why", "case", case=record["case"], date=record["asOf"]))
    for one in record["reasons"]:
        says = words("why", f"{one['direction']}-{one['answer']}")
        yield from _wrapped(2, f"{says}: {one['label']}")
        yield from _argument_text(one, words)
    if record["further"]:
        labels = "; ".join(one["label"] for one in record["further"])
        yield from _wrapped(2, words("why", "further", n=len(record["further"]), labels=labels))
    yield from _changes_text(record, words)


def _argument_text(one: ArgumentRecord, words: Words) -> Iterator[str]:
    if one["strength"]:
        yield from _wrapped(4, words("why", "strength", strength=one["strength"]))
    grade = words.graded(one["gradeStrength"], one["certainty"])
    if grade:
        yield from _wrapped(4, words("why", "grade", grade=grade))
    if one["criterion"]:
        criterion = one["criterion"]
        whom = criterion["definition"] or criterion["label"]
        yield from _wrapped(4, words("why", "whom", whom=whom))
    for other in one["givesWayTo"]:
        yield from _wrapped(4, words("why", "gives-way", to=other["label"]))
    for fact in one["because"]:
        yield from _wrapped(6, stated(fact))
        for node in fact["nodes"]:
            place = f"{node['file']}:{node['line']}" if node["line"] else node["file"]
            yield from _wrapped(8, f"{local_name(node['node'])} {node['statement']} ({place})")
    for score in one.get("scores", ()):
        first, *rest = lines(score, words)
        yield from _wrapped(6, first)
        for line in rest:
            yield from _wrapped(8, line)
    for settling in one["settledBy"][:_SHOWN]:
        facts = words("settling", "and").join(map(stated, settling["facts"]))
        says = words("why", f"{one['direction']}-{settling['answer']}")
        yield from _wrapped(6, words("why", "once", says=says, facts=facts))
    if len(one["settledBy"]) > _SHOWN:
        yield f"      {words('why', 'other-ways', n=len(one['settledBy']) - _SHOWN)}"
    places = [f"{each['id']} [{each['start']}-{each['end']}]" for each in one["passages"]]
    if not one["decides"]:
        yield from _wrapped(6, ", ".join(places))
        return
    for passage, place in zip(one["passages"], places, strict=True):
        yield from _wrapped(6, f"{place} {paraphrased(passage, words)}")
        for said in one["evidence"]:
            if said["passage"] == passage["id"]:
                sure = words.graded(None, said["certainty"])
                told = f"{words('why', said['relation'])} {reference(said)}"
                yield from _wrapped(8, f"{told} ({sure})" if sure else told)


def _changes_text(record: WhyRecord, words: Words) -> Iterator[str]:
    changes = record["changes"]
    if record["wanted"] == record["status"]:
        yield words("why", "already", status=words("verdict", record["status"]))
        return
    wanted = record["wanted"]
    if wanted:
        yield words("why", "wanted", status=words("verdict", wanted))
    else:
        yield words("why", "changing")
    if not changes["found"]:
        whole = "none" if changes["complete"] else "none-small"
        yield f"  {words('why', whole, n=changes['facts'])}"
        return
    for one in changes["sets"]:
        learn = "; ".join(stated(fact) for fact in one["facts"] if not fact["otherwise"])
        instead = "; ".join(stated(fact) for fact in one["facts"] if fact["otherwise"])
        parts = [words("why", "learn", facts=learn)] if learn else []
        parts += [words("why", "instead", facts=instead)] if instead else []
        found = words("why", "and").join(parts)
        yield from _wrapped(2, f"{found} -> {words('verdict', one['status'])}", hang=4)
    left = changes["found"] - len(changes["sets"])
    if left:
        yield f"  {words('why', 'more', n=left)}"
    if record.get("derivations"):
        yield f"  {words('why', 'derivations')}"
    if not changes["complete"]:
        yield f"  {words('why', 'larger', n=changes['facts'])}"


def _wrapped(indent: int, text: str, hang: int = 2) -> Iterable[str]:
    return wrapped(text, " " * indent, " " * (indent + hang))
