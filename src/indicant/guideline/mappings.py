"""Know what terms are called in other vocabularies, from SSSOM tables, as SKOS."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pyoxigraph as ox

from indicant.files.tables import read_table
from indicant.guideline import toolkit
from indicant.guideline.sssom import COMPOSED, LITERAL, SSSOM, Origin, parse
from indicant.terms import DCTERMS, LABEL, OWL, RDFS, SKOS, TYPE, local_name

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

    from indicant.files.sources import Source
    from indicant.guideline.sssom import Row

NO_TERM: Final = SSSOM + "NoTermFound"
_NO_TERMS: Final = frozenset({NO_TERM, SSSOM + "NoMapping"})
"""The latter is what drafts of the specification called it."""
EXACT: Final = SKOS + "exactMatch"
_APART: Final = frozenset(SKOS + name for name in ("broadMatch", "narrowMatch", "relatedMatch"))
"""What SKOS does not let hold beside an exact match."""
PREDICATES: Final = _APART | {EXACT, SKOS + "closeMatch"}
DENIED: Final = "Not"


@dataclass(frozen=True)
class Match:
    """One row: what a term is to a code, and why that is held.

    ``subject``, ``predicate``, ``object`` and ``justification`` are IRIs; ``curie`` is the object
    as the table writes it, and ``record`` what the row is called, if anything. ``denied`` says that
    the row states that it is not so. ``slots`` has all that the row says.
    """

    subject: str
    predicate: str
    object: str
    curie: str
    justification: str
    label: str = ""
    comment: str = ""
    other: str = ""
    line: int = 0
    record: str = ""
    denied: bool = False
    scheme: str = ""
    slots: tuple[tuple[str, tuple[str, ...]], ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class MappingSet:
    """A table: how terms of an ontology are said in other vocabularies.

    ``matches`` are the rows that say so by a match of SKOS; ``others`` what else the table says,
    from which nothing follows: rows that deny a match, and those with another predicate. ``left``
    counts the rows that are about no two terms, by what they are.
    """

    iri: str
    path: str
    header: dict[str, str]
    matches: tuple[Match, ...] = field(repr=False)
    others: tuple[Match, ...] = field(default=(), repr=False)
    left: dict[str, int] = field(default_factory=dict)

    def triples(self) -> Iterator[tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]]:
        """Yield the table in SKOS, with a named node for each row and one for each code."""
        scheme = self.header.get("object_source", "")
        licence = self.header.get("license", "")
        yield from _described(
            self.iri,
            (TYPE, ox.NamedNode(SSSOM + "MappingSet")),
            (DCTERMS + "title", _text(self.header.get("mapping_set_title"))),
            (DCTERMS + "license", ox.NamedNode(licence) if licence else None),
            (DCTERMS + "description", _text(self.header.get("comment"))),
            (OWL + "versionInfo", _text(self.header.get("mapping_set_version"))),
            (SSSOM + "object_source", ox.NamedNode(scheme) if scheme else None),
            (SSSOM + "object_source_version", _text(self.header.get("object_source_version"))),
        )
        names: Counter[str] = Counter()
        for one in (*self.matches, *self.others):
            yield from self._row(one, names)

    def _row(
        self, one: Match, names: Counter[str]
    ) -> Iterator[tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]]:
        notation = one.curie.partition(":")[2]
        name = f"{local_name(one.subject)}-{notation}"
        names[name] += 1
        if names[name] > 1:
            name += f"-{names[name]}"
        if one.scheme:
            yield from _described(one.scheme, (TYPE, ox.NamedNode(SKOS + "ConceptScheme")))
        if _counts(one):
            yield from _described(one.subject, (one.predicate, ox.NamedNode(one.object)))
        yield from _described(
            one.object,
            (TYPE, ox.NamedNode(SKOS + "Concept")),
            (SKOS + "notation", _text(notation)),
            (DCTERMS + "identifier", _text(one.curie)),
            (LABEL, _text(one.label)),
            (SKOS + "inScheme", ox.NamedNode(one.scheme) if one.scheme else None),
        )
        yield from _described(
            one.record or f"{self.iri.rstrip('/#')}/{quote(name, safe='')}",
            (TYPE, ox.NamedNode(SSSOM + "Mapping")),
            (DCTERMS + "isPartOf", ox.NamedNode(self.iri)),
            (SSSOM + "subject_id", ox.NamedNode(one.subject)),
            (SSSOM + "predicate_id", ox.NamedNode(one.predicate)),
            (SSSOM + "predicate_modifier", _text(DENIED if one.denied else None)),
            (SSSOM + "object_id", ox.NamedNode(one.object)),
            (SSSOM + "mapping_justification", ox.NamedNode(one.justification)),
            (RDFS + "comment", _text(one.comment)),
            (SSSOM + "other", _text(one.other)),
        )


def _text(value: str | None) -> ox.Literal | None:
    return ox.Literal(value) if value else None


def _described(
    subject: str, *pairs: tuple[str, ox.NamedNode | ox.Literal | None]
) -> Iterator[tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]]:
    node = ox.NamedNode(subject)
    for predicate, value in pairs:
        if value is not None:
            yield node, ox.NamedNode(predicate), value


def of_source(source: Source) -> list[MappingSet]:
    """Read the tables of a guideline, and hold their subjects against its terms; see ``each_of``.

    Raises:
        IndicantError: a table cannot be read, or does not go with the guideline.
    """
    return list(each_of(source))


def each_of(source: Source) -> Iterator[MappingSet]:
    """Yield the tables of a guideline one by one, and hold their subjects against its terms.

    A row about a term of another vocabulary that the guideline does not use is left out, so that
    a published table can be taken as it is.

    Raises:
        IndicantError: a table cannot be read, is another than the one that is named, or speaks of
            a term that the guideline and its imports do not have or no longer use.
    """
    known: set[str] = set()
    deprecated: set[str] = set()
    spaces: set[str] = set()
    if source.tables:
        for _, subject, predicate, value in source.triples():
            if isinstance(subject, ox.NamedNode) and isinstance(predicate, ox.NamedNode):
                if predicate.value == TYPE:
                    known.add(subject.value)
                    if str(value) == f"<{OWL}Ontology>":
                        spaces.add(subject.value)
                elif predicate.value == OWL + "deprecated" and str(value).startswith('"true"'):
                    deprecated.add(subject.value)
    for table in source.tables:
        origin = Origin(table.path, table.metadata, table.above)
        one = _mapping_set(table.text, origin)
        if one.iri != table.iri:
            raise origin.error(
                f"the table is <{one.iri}>, and the ontology names <{table.iri}>",
                1,
                "mapping_set_id, ind:mappedBy and the catalog shall name the same",
            )
        yield _about_terms(one, origin, known, deprecated, tuple(spaces))


def _about_terms(
    table: MappingSet,
    origin: Origin,
    known: set[str],
    deprecated: set[str],
    spaces: tuple[str, ...],
) -> MappingSet:
    """Return a table with the rows about terms that are known.

    Raises:
        IndicantError: a term of an ontology at hand is deprecated, or none of its.
    """
    for match in (*table.matches, *table.others):
        if match.subject in deprecated:
            raise origin.error(
                f"the term {local_name(match.subject)} is deprecated",
                match.line,
                "take the row out, or map the term that replaces it",
            )
        if match.subject not in known and match.subject.startswith(spaces):
            raise origin.error(
                f"unknown term <{match.subject}>", match.line, _nearest(match.subject, known)
            )
    matches = tuple(one for one in table.matches if one.subject in known)
    others = tuple(one for one in table.others if one.subject in known)
    strange = len(table.matches) + len(table.others) - len(matches) - len(others)
    left = {**table.left, "about a term that nothing here declares": strange}
    counted = {what: number for what, number in left.items() if number}
    return replace(table, matches=matches, others=others, left=counted)


def remarks(table: MappingSet) -> Iterator[tuple[int, str]]:
    """Yield what a table lacks and what of it counts for nothing, each with a line of the file."""
    if "license" not in table.header:
        yield 1, "the table has no license: nobody knows who may use it"
    for what, rows in (
        ("deny a match", [one for one in table.others if one.denied]),
        (
            "have a predicate that is no match of SKOS",
            [one for one in table.others if not one.denied],
        ),
    ):
        if rows:
            number = f"{len(rows)} rows {what}" if len(rows) > 1 else f"a row {_singular(what)}"
            yield rows[0].line, f"{number}: kept, and nothing follows"
    for what, count in sorted(table.left.items()):
        yield 1, f"{count} rows are {what}" if count > 1 else f"a row is {what}"


def _singular(words: str) -> str:
    return {"deny a match": "denies a match"}.get(words, words.replace("have", "has", 1))


def _nearest(iri: str, known: set[str]) -> str:
    import difflib

    near = difflib.get_close_matches(iri, sorted(known), n=1, cutoff=0.8)
    return f"did you mean {local_name(near[0])}?" if near else "declare the term, or take it out"


def read_sssom(path: str | os.PathLike[str]) -> MappingSet:
    """Read an SSSOM table with its header, which may stand in a file beside it.

    Raises:
        IndicantError: the file is missing, cut off, in another encoding, or no such table.
    """
    text, metadata, above = read_table(path)
    return _mapping_set(text, Origin(str(path), metadata, above))


def parse_sssom(text: str, *, path: str) -> MappingSet:
    r"""Parse a table that has been read already.

    >>> table = '''#curie_map:
    ... #  code: https://example.org/code/
    ... #  my: https://example.org/my/
    ... #mapping_set_id: https://example.org/table
    ... #license: https://creativecommons.org/publicdomain/zero/1.0/
    ... subject_id\tpredicate_id\tobject_id\tmapping_justification
    ... my:Cat\tskos:exactMatch\tcode:42\tsemapv:LexicalMatching
    ... '''
    >>> parse_sssom(table, path="table.sssom.tsv").matches[0].object
    'https://example.org/code/42'

    Raises:
        IndicantError: a header, column or row is missing, cut off or not understood.
    """
    return _mapping_set(text, Origin(path))


def _mapping_set(text: str, origin: Origin) -> MappingSet:
    form = toolkit.form_of(text, origin.path)
    sheet = parse(text if form is None else toolkit.as_tsv(text, form, origin.path), origin)
    left: Counter[str] = Counter()
    rows: dict[tuple[object, ...], Match] = {}
    for row in sheet.rows:
        apart = _apart(row)
        if apart is not None:
            left[apart] += 1
        else:
            rows.setdefault(tuple(sorted(row.slots.items())), _match(row))
    matches = tuple(one for one in rows.values() if _counts(one))
    _refuse_contradictions(matches, origin)
    return MappingSet(
        sheet.header["mapping_set_id"][0],
        origin.path,
        {name: "|".join(values) for name, values in sheet.header.items()},
        matches,
        tuple(one for one in rows.values() if not _counts(one)),
        {what: number for what, number in left.items() if what},
    )


def _counts(match: Match) -> bool:
    return match.predicate in PREDICATES and not match.denied


def _apart(row: Row) -> str | None:
    """Return why a row is about no two terms, which may be no reason to speak of it."""
    if {row.one("subject_id"), row.one("object_id")} & _NO_TERMS:
        return ""
    types = {row.one("subject_type"), row.one("object_type")}
    if LITERAL in types:
        return "about a text, and no term"
    return "about a term that is composed of several" if COMPOSED in types else None


def _match(row: Row) -> Match:
    return Match(
        row.one("subject_id"),
        row.one("predicate_id"),
        row.one("object_id"),
        row.written["object_id"],
        row.one("mapping_justification"),
        row.one("object_label"),
        row.one("comment"),
        row.one("other"),
        row.line,
        row.one("record_id"),
        row.one("predicate_modifier") == DENIED,
        row.one("object_source"),
        tuple(row.slots.items()),
    )


def _refuse_contradictions(matches: Iterable[Match], origin: Origin) -> None:
    """Refuse what SKOS does not let be: a code that is exactly a term, and broader or narrower."""
    exact: dict[tuple[str, str], Match] = {}
    others: dict[tuple[str, str], Match] = {}
    for one in matches:
        pair = (one.subject, one.object)
        mine, theirs = (exact, others) if one.predicate == EXACT else (others, exact)
        if one.predicate == EXACT or one.predicate in _APART:
            mine.setdefault(pair, one)
            if pair in theirs:
                first = theirs[pair]
                raise origin.error(
                    f"{one.curie} is {local_name(one.predicate)} of {local_name(one.subject)} "
                    f"here, and {local_name(first.predicate)} in line {first.line}",
                    one.line,
                    "an exact match is neither broader, narrower nor related: keep one of them",
                )
