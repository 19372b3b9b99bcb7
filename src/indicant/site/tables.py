"""The tables that SPARQL queries return about a guideline, as what its pages show."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.assess.engine import question
from indicant.errors import IndicantError
from indicant.files import bounded, resources
from indicant.guideline.wording import Words
from indicant.query.tables import shortener
from indicant.site.content import (
    UNKNOWN,
    Content,
    Criterion,
    Evidence,
    Guideline,
    Note,
    Passage,
    Phase,
    Publication,
    Recommendation,
    Term,
    slugs,
)
from indicant.site.manchester import Manchester
from indicant.terms import IND, OWL, RDF, RDFS, SKOS, local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from indicant.assess.assessor import Assessor
    from indicant.assess.engine import Answering
    from indicant.site.content import Row

_KINDS: Final = {
    OWL + "Class": "class",
    OWL + "ObjectProperty": "object property",
    OWL + "DatatypeProperty": "datatype property",
    OWL + "AnnotationProperty": "annotation property",
    OWL + "NamedIndividual": "individual",
}
_REMARKS: Final = {
    SKOS + "altLabel": "also-called",
    SKOS + "scopeNote": "note",
    SKOS + "editorialNote": "editorial-note",
    SKOS + "example": "example",
    IND + "question": "ask",
    IND + "lacksCode": "no-code",
    IND + "unit": "unit",
}
_RELATIONS: Final = {
    RDFS + "subClassOf": "kind-of",
    RDFS + "subPropertyOf": "special-case",
    RDFS + "domain": "subjects",
    RDFS + "range": "values",
    OWL + "disjointWith": "never-also",
    IND + "site": "concerns",
    IND + "establishedBy": "shown-by",
    RDF + "type": "belongs",
}


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
    tables, words = _Tables(assessor), Words(assessor.language)
    rests = tables.page("rests")
    passages_of = tables.grouped(rests, "subject", "passage")
    touches = tables.page("touches")
    counting = tables.question("what-counts-for-what")
    short = shortener(prefixes)
    manchester = Manchester(assessor.source, short)
    guidelines = _guidelines(tables)
    return Content(
        guideline=guidelines[0] if len(guidelines) == 1 else _together(guidelines),
        guidelines=guidelines,
        phases=_phases(tables),
        recommendations=_recommendations(
            tables, words, passages_of, tables.grouped(touches, "recommendation", "note")
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
                row["certainty"],
            )
            for row in tables.question("which-evidence-speaks-to-what")
        ),
        notes=_notes(tables, passages_of, tables.grouped(touches, "note", "recommendation")),
        terms=_terms(tables, words, short),
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


def _phases(tables: _Tables) -> tuple[Phase, ...]:
    waiting = tables.question("which-phases-wait-for-which")
    failing = tables.grouped(waiting, "phase", "beforeLabel")
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
            failing.get(iri, ()),
        )
        for iri, row in rows.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.order, one.iri)))


_GLANCE: Final = ("alternative", "benefit", "harm", "fulfilled", "until")


def _recommendations(
    tables: _Tables,
    words: Words,
    passages: Mapping[str, tuple[str, ...]],
    notes: Mapping[str, tuple[str, ...]],
) -> tuple[Recommendation, ...]:
    overriding = tables.question("what-overrides-what")
    overrides = tables.grouped(overriding, "recommendation", "overridden")
    overridden = tables.grouped(overriding, "overridden", "recommendation")
    implicants = _implicants(tables)
    rows = tables.first("recommendations", "recommendation")
    named = slugs(rows)
    glance: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in tables.page("glance"):
        glance[row["recommendation"] or ""][row["what"] or ""].append(row["value"] or "")
    return tuple(
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
            words.graded(row["gradeStrength"], row["certainty"]),
            passages.get(iri, ()),
            overrides.get(iri, ()),
            overridden.get(iri, ()),
            notes.get(iri, ()),
            implicants.get((iri, IND + "meets"), ()),
            implicants.get((iri, IND + "refutes"), ()),
            {what: tuple(glance[iri][what]) for what in _GLANCE},
        )
        for iri, row in rows.items()
    )


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


def _terms(tables: _Tables, words: Words, short: Callable[[ox.NamedNode], str]) -> tuple[Term, ...]:
    kinds: dict[str, dict[str, None]] = defaultdict(dict)
    first: dict[str, Row] = {}
    for row in tables.page("terms"):
        iri = row["term"] or ""
        kinds[iri][_KINDS[row["kind"] or ""]] = None
        first.setdefault(iri, row)
    remarks: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in tables.page("remarks"):
        kind = words("remark", _REMARKS[row["property"] or ""])
        remarks[row["term"] or ""].append((kind, row["text"] or ""))
    relations: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in tables.page("relations"):
        pair = (words("remark", _RELATIONS[row["property"] or ""]), row["other"] or "")
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
    """Return, for each root, the terms within it with those directly above each.

    Two names of one class stand beside each other, and both above what is below the class.
    """
    closed: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in tables.page("hierarchy"):
        above = closed[row["root"] or ""][row["term"] or ""]
        if row["above"] != row["term"]:
            above.add(row["above"] or "")
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for root, terms in sorted(closed.items()):
        over = {
            term: {one for one in above if term not in terms[one]}
            for term, above in sorted(terms.items())
        }
        found[root] = {
            term: tuple(
                sorted(one for one in above if not any(one in over[other] for other in above))
            )
            for term, above in over.items()
        }
    return found
