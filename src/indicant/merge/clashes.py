"""Find what guidelines that are put together say differently about the same terms."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.compile.owl import ontology_text
from indicant.errors import IndicantError
from indicant.files.habits import INDIVIDUAL, declares_nothing
from indicant.files.strangers import owns
from indicant.guideline.names import composed
from indicant.merge.collection import ONTOLOGY, Added, header, ontology_of, place_of, text_of
from indicant.report.findings import Place, Result
from indicant.terms import GENID, IND, LABEL, OWL, RDF, RDFS, SKOS, TYPE, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from indicant.compile.hermit import Reasoner
    from indicant.files.rdf import Document
    from indicant.guideline.mappings import MappingSet
    from indicant.merge.collection import Collected

DEFINITION: Final = SKOS + "definition"
EQUIVALENT: Final = OWL + "equivalentClass"
EXACT: Final = SKOS + "exactMatch"
_KINDS: Final = frozenset(
    OWL + name
    for name in (
        "Class",
        "ObjectProperty",
        "DatatypeProperty",
        "AnnotationProperty",
        "NamedIndividual",
    )
)
_DEFINING: Final = frozenset(
    (
        TYPE,
        RDFS + "subClassOf",
        RDFS + "subPropertyOf",
        RDFS + "domain",
        RDFS + "range",
        EQUIVALENT,
        OWL + "disjointWith",
        OWL + "intersectionOf",
        OWL + "unionOf",
        OWL + "complementOf",
        OWL + "oneOf",
        *(
            IND + name
            for name in (
                "action",
                "criterion",
                "fulfilledBy",
                "scope",
                "effectOf",
                "causes",
                "treats",
                "goal",
                "unit",
                "conversion",
                "fromUnit",
                "factor",
                "offset",
            )
        ),
    )
)
_NOTES: Final = {OWL + "AnnotationProperty"}
_SHOWN: Final = 3
_Key = tuple[object, ...]


class _Said:
    """What one document says, by subject, with its blank nodes at hand.

    That something is an individual says no more than that the document names it: no definition.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.rows: dict[str, list[tuple[str, object]]] = defaultdict(list)
        for quad in document.quads:
            self.rows[text_of(quad.subject)].append((quad.predicate.value, quad.object))

    def types(self, subject: str) -> set[str]:
        found = {text_of(value) for predicate, value in self.rows[subject] if predicate == TYPE}
        return {kind for kind in found if not declares_nothing(subject, kind, found)}

    def declares(self, subject: str) -> bool:
        return any(
            predicate == TYPE and text_of(value) != INDIVIDUAL
            for predicate, value in self.rows.get(subject, ())
        )

    def defining(self, subject: str) -> frozenset[_Key]:
        return frozenset(
            (predicate, self.key(value))
            for predicate, value in self.rows[subject]
            if predicate in _DEFINING and not (predicate == TYPE and text_of(value) == INDIVIDUAL)
        )

    def key(self, value: object, depth: int = 0) -> _Key:
        """Return a term so that two anonymous nodes that say the same are equal."""
        if not isinstance(value, ox.NamedNode) or GENID not in value.value or depth > 100:
            return (str(value),)
        return tuple(
            sorted(
                (
                    (predicate, self.key(part, depth + 1))
                    for predicate, part in self.rows[value.value]
                ),
                key=repr,
            )
        )

    def texts(self, subject: str, predicate: str) -> dict[str, str]:
        """Return what is said in words, by language."""
        return {
            (value.language or ""): value.value
            for found, value in self.rows[subject]
            if found == predicate and isinstance(value, ox.Literal)
        }


def clashes(collected: Collected, same: Iterable[Added]) -> list[Result]:
    """Return what two documents say of one term, or of two terms in one word.

    A document that declares a term defines it; one that only adds to it does not. Terms that are
    the same, as documents state or as follows from tables, may share a label. Foreign ontologies
    are not held to one another, nor is anybody to an annotation property of somebody else's.
    """
    said = [_Said(document) for document in collected.documents if not document.foreign]
    ontologies = [name for one in said if (name := ontology_of(one.document)) is not None]
    by_term: dict[str, list[_Said]] = defaultdict(list)
    for one in said:
        for subject in one.rows:
            if (
                GENID not in subject
                and one.declares(subject)
                and ONTOLOGY not in one.types(subject)
                and not (one.types(subject) == _NOTES and not _owned(subject, ontologies))
            ):
                by_term[subject].append(one)
    results: list[Result] = []
    for term, group in sorted(by_term.items()):
        if len(group) > 1:
            results += _two_definitions(term, group)
    pairs = [(one, other) for one, other, _ in _stated(collected)]
    groups = _groups([*pairs, *((one.subject, one.object) for one in same)])
    results += _one_label(by_term, groups)
    results += _incompatible(collected)
    results += _one_namespace(collected)
    return results


def _owned(term: str, ontologies: Iterable[str]) -> bool:
    return any(owns(ontology, term) for ontology in ontologies)


def _two_definitions(term: str, group: Sequence[_Said]) -> Iterator[Result]:
    first = group[0]
    for other in group[1:]:
        for predicate, rule, word in (
            (DEFINITION, "definition", "definition"),
            (LABEL, "label", "label"),
        ):
            mine, theirs = first.texts(term, predicate), other.texts(term, predicate)
            differing = sorted(name for name in mine.keys() & theirs if mine[name] != theirs[name])
            for language in differing:
                yield Result(
                    rule,
                    "error" if predicate == DEFINITION else "warning",
                    f"<{term}> has two {word}s: {mine[language]!r} and {theirs[language]!r}",
                    (
                        place_of(first.document, term, predicate, mine[language]),
                        place_of(other.document, term, predicate, theirs[language]),
                    ),
                    "let one of them define the term, or give the other a name of its own",
                    (term,),
                )
        difference = first.defining(term) ^ other.defining(term)
        if difference:
            predicates = sorted({str(key[0]) for key in difference})
            yield Result(
                "axioms",
                "error",
                f"<{term}> is defined twice, with different axioms: "
                + ", ".join(_short(one) for one in predicates),
                (
                    place_of(first.document, term, predicates[0]),
                    place_of(other.document, term, predicates[0]),
                ),
                "let one of them define the term; the other may add to it without declaring it",
                (term,),
            )


def _short(iri: str) -> str:
    for prefix, namespace in (("rdf", RDF), ("rdfs", RDFS), ("owl", OWL), ("ind", IND)):
        if iri.startswith(namespace):
            return f"{prefix}:{iri[len(namespace) :]}"
    return local_name(iri)


def _one_label(
    by_term: Mapping[str, Sequence[_Said]], same: Mapping[str, frozenset[str]]
) -> Iterator[Result]:
    """Yield labels that two terms of one kind bear, in one language."""
    bearers: dict[tuple[str, str, str], dict[str, tuple[_Said, str]]] = defaultdict(dict)
    for term, group in by_term.items():
        for one in group:
            types = one.types(term)
            if IND + "Criterion" in types:
                continue
            for kind in types & _KINDS:
                for language, label in one.texts(term, LABEL).items():
                    key = " ".join(composed(label).casefold().split())
                    bearers[(kind, language, key)].setdefault(term, (one, label))
    for (_, _, label), found in sorted(bearers.items(), key=lambda one: one[0]):
        for first, other in _pairs(sorted(found)):
            (mine, my_label), (theirs, their_label) = found[first], found[other]
            if mine.document is theirs.document or other in same.get(first, ()):
                continue
            yield Result(
                "label",
                "warning",
                f"<{first}> and <{other}> are both called '{label}'",
                (
                    place_of(mine.document, first, LABEL, my_label),
                    place_of(theirs.document, other, LABEL, their_label),
                ),
                "say that they are the same (owl:equivalentClass, or exact matches with one "
                "code), or call one of them otherwise",
                (first, other),
            )


def _pairs(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for index, one in enumerate(names):
        for other in names[index + 1 :]:
            yield one, other


def _incompatible(collected: Collected) -> Iterator[Result]:
    predicate = OWL + "incompatibleWith"
    at = {
        version: document
        for document in collected.documents
        for version in (header(document, OWL + "versionIRI"), ontology_of(document))
        if version is not None
    }
    for document in collected.documents:
        wrong = header(document, predicate)
        if wrong is not None and wrong in at:
            yield Result(
                "version",
                "error",
                f"<{ontology_of(document)}> says that it is incompatible with <{wrong}>",
                (
                    place_of(document, ontology_of(document), predicate, wrong),
                    place_of(at[wrong], ontology_of(at[wrong])),
                ),
                "merge versions that go together",
                (str(ontology_of(document)), wrong),
            )


def _one_namespace(collected: Collected) -> Iterator[Result]:
    """Yield guidelines that name their recommendations in one namespace."""
    spaces: dict[str, dict[str, str]] = defaultdict(dict)
    for iri, guideline in sorted(collected.owners().items()):
        spaces[iri[: len(iri) - len(local_name(iri))]].setdefault(guideline, iri)
    documents = {
        part.name: part.documents for part in collected.parts if part.name in collected.named
    }
    for namespace, first in sorted(spaces.items()):
        for one, other in _pairs(sorted(first)):
            places = [_first_place(documents.get(name, ()), first[name]) for name in (one, other)]
            yield Result(
                "namespace",
                "warning",
                f"<{one}> and <{other}> name their recommendations in one namespace, <{namespace}>",
                tuple(place for place in places if place is not None),
                "give each guideline a namespace of its own, so that names never meet",
                (one, other),
            )


def _first_place(documents: Iterable[Document], subject: str) -> Place | None:
    for document in documents:
        if any(text_of(quad.subject) == subject for quad in document.quads):
            return place_of(document, subject)
    return None


# ---------------------------------------------------------------------- the same


def _stated(collected: Collected) -> Iterator[tuple[str, str, Document]]:
    """Yield the pairs of named classes that documents say are the same, and which say so."""
    for document in collected.documents:
        for quad in document.quads:
            if (
                quad.predicate.value == EQUIVALENT
                and isinstance(quad.object, ox.NamedNode)
                and GENID not in quad.object.value
                and GENID not in text_of(quad.subject)
            ):
                one, other = text_of(quad.subject), quad.object.value
                yield one, other, document


def _groups(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    groups: dict[str, set[str]] = {}
    for one, other in pairs:
        group = groups.get(one, {one}) | groups.get(other, {other})
        for name in group:
            groups[name] = group
    return {name: frozenset(group) for name, group in groups.items()}


def matched(collected: Collected, tables: Sequence[MappingSet]) -> tuple[list[Added], list[Result]]:
    """Return the classes that tables say are the same, and what cannot be.

    Two classes are the same when a table says so, or when exact matches lead to one code from
    both. Where that makes two terms of one ontology the same, the tables are wrong about one of
    them: that is a finding, and nothing follows from the group.
    """
    home: dict[str, str] = {}
    for document in collected.documents:
        for quad in document.quads:
            if quad.predicate.value == TYPE and text_of(quad.object) == OWL + "Class":
                home.setdefault(text_of(quad.subject), ontology_of(document) or document.path)
    rows = [
        (match.subject, match.object, table, match.line)
        for table in tables
        for match in table.matches
        if match.predicate == EXACT
    ]
    groups = _groups((subject, code) for subject, code, _, _ in rows)
    added: list[Added] = []
    results: list[Result] = []
    for group in sorted(set(groups.values()), key=sorted):
        members = sorted(group & home.keys())
        used = [row for row in rows if row[0] in group]
        if len(members) < 2:
            continue
        homes: dict[str, list[str]] = defaultdict(list)
        for name in members:
            homes[home[name]].append(name)
        crowded = [names for names in homes.values() if len(names) > 1]
        places = [Place(table.path, line) for subject, _, table, line in used if subject in members]
        if crowded:
            names = [name for group_ in crowded for name in group_]
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            results.append(
                Result(
                    "same",
                    "error",
                    "exact matches make different terms of one ontology the same: "
                    + ", ".join(f"<{name}>" for name in names[:_SHOWN])
                    + more,
                    tuple(places[:_SHOWN]),
                    "match one of them broadly or closely, or take the row out",
                    tuple(members),
                )
            )
            continue
        table = used[0][2]
        first, *others = members
        added += [Added(first, EQUIVALENT, other, table.iri) for other in others]
    return added, results


def consistent(
    collected: Collected, added: Document, pairs: Sequence[Added], *, seconds: float
) -> list[Result]:
    """Have HermiT say whether the whole has a model, and what it is that it has none for.

    Args:
        collected: the guidelines.
        added: what the merge adds to them.
        pairs: the same, as statements.
        seconds: the time limit for each question.

    Raises:
        IndicantError: there is no Java runtime, or time or memory ran out.
    """
    from indicant.compile.hermit import Reasoner

    source = collected.source(added)
    criteria = {
        text_of(quad.subject)
        for document in collected.documents
        for quad in document.quads
        if quad.predicate.value == TYPE and text_of(quad.object) == IND + "Criterion"
    }
    text = ontology_text(source, undefined=criteria, passages=False)
    with Reasoner(text, "ntriples", timeout=seconds) as reasoner:
        broken = reasoner.unsatisfiable() if reasoner.is_consistent() else [OWL + "Thing"]
        reasons = [(cls, _explanation(reasoner, cls)) for cls in broken[:1]]
    results = []
    for cls, axioms in reasons:
        what = (
            "the guidelines together are inconsistent"
            if cls == OWL + "Thing"
            else f"<{cls}> can have no member"
            + (f", nor can {len(broken) - 1} more" if len(broken) > 1 else "")
        )
        places = _places_of(collected, " ".join(axioms).split(), pairs)
        if not places:
            places = [place for place in [_first_place(collected.documents, cls)] if place]
        results.append(
            Result(
                "inconsistent",
                "error",
                f"{what}: {'; '.join(axioms)}",
                tuple(dict.fromkeys(places)),
                "take one of these statements out",
                tuple(broken[:_SHOWN]),
                data={"axioms": axioms, "classes": broken},
            )
        )
    return results


def _explanation(reasoner: Reasoner, cls: str) -> list[str]:
    try:
        return reasoner.explain_unsatisfiable(cls)
    except IndicantError:
        return ["no explanation was found in time"]


def _places_of(collected: Collected, words: Sequence[str], pairs: Sequence[Added]) -> list[Place]:
    """Return where the terms stand that an explanation takes to be the same, and who says so."""
    said: list[tuple[str, str, Document | None]] = [*_stated(collected)]
    said += [(one.subject, one.object, None) for one in pairs]
    found: list[Place] = []
    for one, other, document in said:
        if local_name(one) in words and local_name(other) in words:
            if document is not None:
                found.append(place_of(document, one, EQUIVALENT, other))
            for name in (one, other):
                place = _first_place(collected.documents, name)
                found += [place] if place is not None else []
    return found
