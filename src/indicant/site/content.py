"""Gather what the pages about a guideline show, from tables that SPARQL queries return."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.ask.questions import questions
from indicant.assess.engine import question
from indicant.errors import IndicantError
from indicant.files import bounded, resources
from indicant.query.tables import shortener
from indicant.site.manchester import Manchester, Word
from indicant.terms import IND, OWL, RDF, RDFS, SKOS, local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from indicant.ask.answers import Asker
    from indicant.ask.questions import Question
    from indicant.assess.assessor import Assessor
    from indicant.assess.engine import Answering
    from indicant.assess.records import Answer, CaseRecord, Relation, Status
    from indicant.files.rdf import Document
    from indicant.query.tables import Table

Row = dict[str, str | None]
ROWS: Final = 100
UNKNOWN: Final = 99
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
_KINDS: Final = {
    OWL + "Class": "class",
    OWL + "ObjectProperty": "object property",
    OWL + "DatatypeProperty": "datatype property",
    OWL + "AnnotationProperty": "annotation property",
    OWL + "NamedIndividual": "individual",
}
_REMARKS: Final = {
    SKOS + "altLabel": "also called",
    SKOS + "scopeNote": "note",
    SKOS + "editorialNote": "editorial note",
    SKOS + "example": "example",
    IND + "question": "what to ask",
    IND + "lacksCode": "has no code",
}
_RELATIONS: Final = {
    RDFS + "subClassOf": "is a kind of",
    RDFS + "subPropertyOf": "is a special case of",
    RDFS + "domain": "has subjects of",
    RDFS + "range": "has values of",
    OWL + "disjointWith": "is never also",
    IND + "site": "concerns",
    IND + "establishedBy": "is shown or excluded by",
    RDF + "type": "belongs to",
}


@dataclass(frozen=True)
class Guideline:
    """The guideline as a whole."""

    iri: str | None = None
    label: str = "guideline"
    title: str = "Guideline"
    description: str | None = None
    version: str | None = None
    licence: str | None = None
    scope: str | None = None
    document: str | None = None
    digest: str | None = None


@dataclass(frozen=True)
class Phase:
    """A stage of care."""

    iri: str
    slug: str
    order: int
    label: str
    definition: str | None
    contingent: bool


@dataclass(frozen=True)
class Recommendation:
    """A recommendation with the least sets of facts that meet and that refute it."""

    iri: str
    slug: str
    kind: str
    label: str
    action: str
    criterion: str | None
    strength: str | None
    urgency: str | None
    urgency_order: int
    phase: str | None
    guideline: str | None
    passages: tuple[str, ...]
    overrides: tuple[str, ...]
    overridden: tuple[str, ...]
    notes: tuple[str, ...]
    meeting: tuple[tuple[str, ...], ...]
    refuting: tuple[tuple[str, ...], ...]

    @property
    def favours(self) -> bool:
        """Tell whether it speaks for its action."""
        return self.kind == IND + "Indication"


@dataclass(frozen=True)
class Criterion:
    """A class of cases, in words and as OWL."""

    iri: str
    slug: str
    label: str
    definition: str | None
    owl: tuple[Word, ...]
    passages: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """What a publication says about a passage."""

    relation: Relation
    publication: str
    passage: str
    note: str | None
    basis: str | None


@dataclass(frozen=True)
class Publication:
    """A work that speaks to the source."""

    iri: str
    slug: str
    title: str
    authors: str | None
    year: str | None
    venue: str | None
    doi: str | None
    pmid: str | None
    pmcid: str | None


@dataclass(frozen=True)
class Passage:
    """A stretch of the source document."""

    iri: str
    slug: str
    id: str
    start: int
    end: int
    sha256: str
    section: str | None
    paraphrase: str | None
    marks: tuple[str, ...]
    subjects: tuple[str, ...]


@dataclass(frozen=True)
class Note:
    """A tension, an omission or a fact."""

    iri: str
    slug: str
    kind: str
    label: str
    description: str | None
    resolution: str | None
    passages: tuple[str, ...]
    touches: tuple[str, ...]


@dataclass(frozen=True)
class Term:
    """A class, property or individual of an ontology."""

    iri: str
    slug: str
    name: str
    label: str
    kinds: tuple[str, ...]
    definition: str | None
    remarks: tuple[tuple[str, str], ...] = ()
    relations: tuple[tuple[str, str], ...] = ()
    codes: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Answered:
    """A question, with its rows where it can be answered without being given anything."""

    question: Question
    slug: str
    table: Table | None
    given: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Reason:
    """A literal that decided a recommendation, with the nodes that establish it."""

    literal: str
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class CaseAnswer:
    """What one case of the folder gets from one recommendation."""

    case: str
    file: str
    answer: Answer
    status: Status | None
    reasons: tuple[Reason, ...]
    missing: tuple[tuple[str, ...], ...]
    own: bool


@dataclass(frozen=True)
class Content:
    """All that the pages show, every table sorted."""

    guideline: Guideline
    guidelines: tuple[Guideline, ...]
    phases: tuple[Phase, ...]
    recommendations: tuple[Recommendation, ...]
    criteria: tuple[Criterion, ...]
    passages: tuple[Passage, ...]
    publications: tuple[Publication, ...]
    evidence: tuple[Evidence, ...]
    notes: tuple[Note, ...]
    terms: tuple[Term, ...]
    hierarchy: Mapping[str, Mapping[str, tuple[str, ...]]]
    favouring: Mapping[str, tuple[str, ...]]
    opposing: Mapping[str, tuple[str, ...]]
    mattering: Mapping[str, tuple[str, ...]]
    shown: Mapping[str, tuple[str, ...]]
    namespaces: Mapping[str, str]
    shorten: Callable[[Term | ox.NamedNode | ox.BlankNode | ox.Literal], str] = field(repr=False)
    answered: tuple[Answered, ...] = ()
    cases: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, tuple[CaseAnswer, ...]] = field(default_factory=dict)
    example: CaseRecord | None = None


def slugs(iris: Iterable[str]) -> dict[str, str]:
    """Return a file name for each IRI: its local name where that is plain and its own.

    >>> slugs(["https://example.org/Cough"])
    {'https://example.org/Cough': 'Cough'}
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for iri in sorted(set(iris)):
        name = local_name(iri)
        if not _PLAIN.fullmatch(name) or name.lower() in taken:
            stem = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:40] or "term"
            name = f"{stem}-{hashlib.sha256(iri.encode()).hexdigest()[:12]}"
        taken.add(name.lower())
        found[iri] = name
    return found


class _Tables:
    """Runs the queries of the pages."""

    def __init__(self, engine: Answering) -> None:
        self._engine = engine

    def page(self, name: str) -> list[Row]:
        file = resources.queries() / "pages" / f"{name}.rq"
        try:
            return self._rows(bounded.text(file))
        except OSError as error:
            raise IndicantError(f"there is no query '{name}'", help="reinstall indicant") from error

    def question(self, name: str) -> list[Row]:
        return self._rows(question(name))

    def first(self, name: str, key: str) -> dict[str, Row]:
        """Return the first row of each value of a column."""
        found: dict[str, Row] = {}
        for row in self.page(name):
            found.setdefault(row[key] or "", row)
        return found

    def grouped(self, rows: Iterable[Row], key: str, value: str) -> dict[str, tuple[str, ...]]:
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for row in rows:
            if row[value] is not None:
                found[row[key] or ""][row[value] or ""] = None
        return {one: tuple(values) for one, values in found.items()}

    def _rows(self, query: str) -> list[Row]:
        columns, rows = self._engine.solutions(query)
        return [
            dict(zip(columns, (None if one is None else one.value for one in row), strict=True))
            for row in rows
        ]


def gather(assessor: Assessor, prefixes: Mapping[str, str]) -> Content:
    """Return what a guideline's pages show, without questions and cases."""
    tables = _Tables(assessor)
    rests = tables.page("rests")
    passages_of = tables.grouped(rests, "subject", "passage")
    touches = tables.page("touches")
    overriding = tables.question("what-overrides-what")
    implicants = _implicants(tables)
    recommendation_rows = tables.first("recommendations", "recommendation")
    named = slugs(recommendation_rows)
    overrides = tables.grouped(overriding, "recommendation", "overridden")
    overridden = tables.grouped(overriding, "overridden", "recommendation")
    notes_of = tables.grouped(touches, "recommendation", "note")
    counting = tables.question("what-counts-for-what")
    short = shortener(prefixes)
    manchester = Manchester(assessor.source, short)
    guidelines = _guidelines(tables)
    return Content(
        guideline=guidelines[0] if len(guidelines) == 1 else _together(guidelines),
        guidelines=guidelines,
        phases=_phases(tables),
        recommendations=tuple(
            Recommendation(
                iri,
                named[iri],
                row["kind"] or "",
                row["label"] or local_name(iri),
                row["action"] or "",
                row["criterion"],
                row["strength"],
                row["urgency"],
                int(row["urgencyOrder"] or UNKNOWN),
                row["phase"],
                row["guideline"],
                passages_of.get(iri, ()),
                overrides.get(iri, ()),
                overridden.get(iri, ()),
                notes_of.get(iri, ()),
                implicants.get((iri, IND + "meets"), ()),
                implicants.get((iri, IND + "refutes"), ()),
            )
            for iri, row in recommendation_rows.items()
        ),
        criteria=_criteria(tables, manchester, passages_of),
        passages=_passages(tables, tables.grouped(rests, "passage", "subject")),
        publications=_publications(tables),
        evidence=tuple(
            Evidence(
                row["relation"],  # type: ignore[arg-type]
                row["publication"] or "",
                row["passage"] or "",
                row["note"],
                row["basis"],
            )
            for row in tables.question("which-evidence-speaks-to-what")
        ),
        notes=_notes(tables, passages_of, tables.grouped(touches, "note", "recommendation")),
        terms=_terms(tables, short),
        hierarchy=_hierarchy(tables),
        favouring=tables.grouped(
            (row for row in counting if row["direction"] == "for"), "action", "recommendation"
        ),
        opposing=tables.grouped(
            (row for row in counting if row["direction"] == "against"), "action", "recommendation"
        ),
        mattering=tables.grouped(
            tables.question("which-findings-matter-to-what"), "finding", "recommendation"
        ),
        shown=tables.grouped(
            tables.question("which-investigation-shows-what"), "investigation", "finding"
        ),
        namespaces=dict(prefixes),
        shorten=short,  # type: ignore[arg-type]
    )


def _guidelines(tables: _Tables) -> tuple[Guideline, ...]:
    found = []
    for iri, row in tables.first("guideline", "guideline").items():
        label = row["label"] or row["title"] or local_name(iri)
        found.append(
            Guideline(
                iri,
                label,
                row["title"] or label,
                row["description"],
                row["version"],
                row["licence"],
                row["scope"],
                row["documentTitle"],
                row["documentDigest"],
            )
        )
    return tuple(found)


def _together(guidelines: Sequence[Guideline]) -> Guideline:
    """Return several guidelines as one, by the names of all."""
    if not guidelines:
        return Guideline()
    names = "; ".join(one.label for one in guidelines)
    return Guideline(None, names, names)


def apart(content: Content) -> tuple[Content, ...]:
    """Return the content of each guideline where there are several, with its own phases."""
    if len(content.guidelines) < 2:
        return (content,)
    found = []
    for guideline in content.guidelines:
        own = tuple(one for one in content.recommendations if one.guideline == guideline.iri)
        phases = {one.phase for one in own}
        found.append(
            replace(
                content,
                guideline=guideline,
                recommendations=own,
                phases=tuple(one for one in content.phases if one.iri in phases),
            )
        )
    return tuple(found)


def _phases(tables: _Tables) -> tuple[Phase, ...]:
    rows: dict[str, Row] = {}
    for row in tables.question("which-phases-are-there"):
        rows.setdefault(row["phase"] or "", row)
    named = slugs(rows)
    found = [
        Phase(
            iri,
            named[iri],
            int(row["order"] or UNKNOWN),
            row["label"] or local_name(iri),
            row["definition"],
            row["contingent"] in {"true", "1"},
        )
        for iri, row in rows.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.order, one.iri)))


def _implicants(tables: _Tables) -> dict[tuple[str, str], tuple[tuple[str, ...], ...]]:
    """Return the least sets of facts by recommendation and answer, the shortest first."""
    sets: dict[tuple[str, str], dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in tables.question("what-does-it-take"):
        key = (row["recommendation"] or "", row["answer"] or "")
        sets[key][int(row["rank"] or 0)].append(row["literal"] or "")
    return {
        key: tuple(tuple(facts) for _, facts in sorted(ranked.items()))
        for key, ranked in sets.items()
    }


def _criteria(
    tables: _Tables, manchester: Manchester, passages: Mapping[str, tuple[str, ...]]
) -> tuple[Criterion, ...]:
    rows = tables.first("criteria", "criterion")
    named = slugs(rows)
    return tuple(
        Criterion(
            iri,
            named[iri],
            row["label"] or local_name(iri),
            row["definition"],
            manchester.definition(iri),
            passages.get(iri, ()),
        )
        for iri, row in rows.items()
    )


def _passages(tables: _Tables, subjects: Mapping[str, tuple[str, ...]]) -> tuple[Passage, ...]:
    marks = tables.grouped(tables.page("cites"), "passage", "mark")
    rows: dict[str, Row] = {}
    for row in tables.question("which-passages-are-there"):
        rows.setdefault(row["passage"] or "", row)
    named = slugs(rows)
    found = [
        Passage(
            iri,
            named[iri],
            row["id"] or local_name(iri),
            int(row["start"] or 0),
            int(row["end"] or 0),
            row["sha256"] or "",
            row["section"],
            row["paraphrase"],
            marks.get(iri, ()),
            subjects.get(iri, ()),
        )
        for iri, row in rows.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.start, one.end, one.iri)))


def _publications(tables: _Tables) -> tuple[Publication, ...]:
    rows: dict[str, Row] = {}
    for row in tables.question("which-publications-are-there"):
        rows.setdefault(row["publication"] or "", row)
    named = slugs(rows)
    return tuple(
        Publication(
            iri,
            named[iri],
            row["title"] or local_name(iri),
            row["authors"],
            row["year"],
            row["venue"],
            row["doi"],
            row["pmid"],
            row["pmcid"],
        )
        for iri, row in rows.items()
    )


def _notes(
    tables: _Tables,
    passages: Mapping[str, tuple[str, ...]],
    touches: Mapping[str, tuple[str, ...]],
) -> tuple[Note, ...]:
    rows = tables.first("notes", "note")
    named = slugs(rows)
    return tuple(
        Note(
            iri,
            named[iri],
            local_name(row["kind"] or "").lower(),
            row["label"] or local_name(iri),
            row["description"],
            row["resolution"],
            passages.get(iri, ()),
            touches.get(iri, ()),
        )
        for iri, row in rows.items()
    )


def _terms(tables: _Tables, short: Callable[[ox.NamedNode], str]) -> tuple[Term, ...]:
    kinds: dict[str, dict[str, None]] = defaultdict(dict)
    first: dict[str, Row] = {}
    for row in tables.page("terms"):
        iri = row["term"] or ""
        kinds[iri][_KINDS[row["kind"] or ""]] = None
        first.setdefault(iri, row)
    remarks: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in tables.page("remarks"):
        remarks[row["term"] or ""].append((_REMARKS[row["property"] or ""], row["text"] or ""))
    relations: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in tables.page("relations"):
        pair = (_RELATIONS[row["property"] or ""], row["other"] or "")
        relations[row["term"] or ""].append(pair)
    codes: dict[str, list[Row]] = defaultdict(list)
    for row in tables.question("which-codes-has-term"):
        codes[row["term"] or ""].append(row)
    named = slugs(first)
    return tuple(
        Term(
            iri,
            named[iri],
            short(ox.NamedNode(iri)),
            row["label"] or local_name(iri),
            tuple(kinds[iri]),
            row["definition"],
            tuple(remarks[iri]),
            tuple(relations[iri]),
            tuple(codes[iri]),
        )
        for iri, row in first.items()
    )


def _hierarchy(tables: _Tables) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return, for each root, the terms within it with those directly above each."""
    closed: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in tables.page("hierarchy"):
        above = closed[row["root"] or ""][row["term"] or ""]
        if row["above"] != row["term"]:
            above.add(row["above"] or "")
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for root, terms in sorted(closed.items()):
        found[root] = {
            term: tuple(
                sorted(
                    one
                    for one in above
                    if not any(one in terms[other] for other in above if other != one)
                )
            )
            for term, above in sorted(terms.items())
        }
    return found


# ---------------------------------------------------------------------- questions and cases


def answer_questions(asker: Asker) -> tuple[Answered, ...]:
    """Answer every question that ships: without values, or with those of its own examples."""
    named = slugs(questions())
    found = []
    for name, one in sorted(questions().items()):
        given = {
            parameter.name: parameter.example
            for parameter in one.parameters
            if parameter.required and parameter.example is not None
        }
        table = None
        if not one.about_case or asker.case is not None:
            try:
                table = asker.ask(name, given)
            except IndicantError:
                # The examples of a question are terms of the guideline that ships.
                table = None
        found.append(Answered(one, named[name], table, tuple(sorted(given.items()))))
    return tuple(found)


def answer_cases(
    assessor: Assessor, documents: Mapping[str, Document], recommendations: Sequence[Recommendation]
) -> dict[str, tuple[CaseAnswer, ...]]:
    """Assess the cases of a folder, and say what each gets from each recommendation.

    A case is a recommendation's own where its name begins with the recommendation's.

    Raises:
        InvalidCase: a case does not conform to the case shapes.
    """
    by_name = {local_name(one.iri): one.iri for one in recommendations}
    longest = sorted(by_name, key=lambda name: (-len(name), name))
    found: dict[str, list[CaseAnswer]] = defaultdict(list)
    for name, document in documents.items():
        belongs = next((by_name[one] for one in longest if name.startswith(f"{one}-")), None)
        records = assessor.assess(document, everything=True)
        for record in records:
            shown = name if len(records) == 1 else f"{name}: {local_name(record['case'])}"
            for iri, answer in _answers(shown, name, record, belongs).items():
                found[iri].append(answer)
    return {
        iri: tuple(sorted(answers, key=lambda one: (not one.own, one.case)))
        for iri, answers in sorted(found.items())
    }


def _answers(
    name: str, file: str, record: CaseRecord, belongs: str | None
) -> dict[str, CaseAnswer]:
    found: dict[str, CaseAnswer] = {}
    for action in record["actions"]:
        for one in action["recommendations"]:
            iri = one["iri"]
            if iri in found:
                continue
            found[iri] = CaseAnswer(
                name,
                file,
                one["answer"],
                action["status"],
                tuple(
                    Reason(reason["literal"], tuple(map(local_name, reason["nodes"])))
                    for reason in action["because"]
                    if reason["recommendation"] == iri
                ),
                tuple(
                    tuple(
                        fact["label"] if fact["polarity"] == "present" else f"no {fact['label']}"
                        for fact in settling["facts"]
                    )
                    for settling in action["settledBy"]
                    if settling["recommendation"] == iri
                ),
                iri == belongs,
            )
    return found
