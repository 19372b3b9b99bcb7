"""Read what terms are called in other vocabularies from SSSOM tables, as SKOS."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pyoxigraph as ox

from indicant.errors import IndicantError
from indicant.files.rdf import read_text
from indicant.terms import DCTERMS, LABEL, OWL, RDF, RDFS, SKOS, TYPE, XSD, local_name

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping

    from indicant.files.sources import Source

SSSOM: Final = "https://w3id.org/sssom/"
SEMAPV: Final = "https://w3id.org/semapv/vocab/"
NO_TERM: Final = SSSOM + "NoTermFound"
PREDICATES: Final = frozenset(
    f"{SKOS}{kind}Match" for kind in ("exact", "broad", "narrow", "close", "related")
)
_BUILT_IN: Final = {
    "owl": OWL,
    "rdf": RDF,
    "rdfs": RDFS,
    "semapv": SEMAPV,
    "skos": SKOS,
    "sssom": SSSOM,
    "xsd": XSD,
}
_NEEDED: Final = ("mapping_set_id", "license")
_COLUMNS: Final = ("subject_id", "predicate_id", "object_id", "mapping_justification")
_ENTRY: Final = re.compile(r"#( *)([A-Za-z_][\w.-]*):(?: +(.*))?")
_ITEM: Final = re.compile(r"# *- +.*")
_LOCAL: Final = re.compile(r"[^\s<>\"{}|\\^`]+")
_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")


@dataclass(frozen=True)
class Match:
    """One row: what a term is to a code, and why that is held.

    ``subject``, ``predicate``, ``object`` and ``justification`` are IRIs; ``curie`` is the object
    as the table writes it.
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


@dataclass(frozen=True)
class MappingSet:
    """A table: how terms of an ontology are said in one other vocabulary."""

    iri: str
    path: str
    header: dict[str, str]
    matches: tuple[Match, ...] = field(repr=False)

    def triples(self) -> Iterator[tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]]:
        """Yield the table in SKOS, with a named node for each row and one for each code."""
        scheme = self.header.get("object_source", "")
        yield from _described(
            self.iri,
            (TYPE, ox.NamedNode(SSSOM + "MappingSet")),
            (DCTERMS + "title", _text(self.header.get("mapping_set_title"))),
            (DCTERMS + "license", ox.NamedNode(self.header["license"])),
            (DCTERMS + "description", _text(self.header.get("comment"))),
            (OWL + "versionInfo", _text(self.header.get("mapping_set_version"))),
            (SSSOM + "object_source", ox.NamedNode(scheme) if scheme else None),
            (SSSOM + "object_source_version", _text(self.header.get("object_source_version"))),
        )
        if scheme:
            yield from _described(scheme, (TYPE, ox.NamedNode(SKOS + "ConceptScheme")))
        for one in self.matches:
            notation = one.curie.partition(":")[2]
            name = f"{local_name(one.subject)}-{notation}"
            yield from _described(one.subject, (one.predicate, ox.NamedNode(one.object)))
            yield from _described(
                one.object,
                (TYPE, ox.NamedNode(SKOS + "Concept")),
                (SKOS + "notation", _text(notation)),
                (DCTERMS + "identifier", _text(one.curie)),
                (LABEL, _text(one.label)),
                (SKOS + "inScheme", ox.NamedNode(scheme) if scheme else None),
            )
            yield from _described(
                f"{self.iri.rstrip('/#')}/{quote(name, safe='')}",
                (TYPE, ox.NamedNode(SSSOM + "Mapping")),
                (DCTERMS + "isPartOf", ox.NamedNode(self.iri)),
                (SSSOM + "subject_id", ox.NamedNode(one.subject)),
                (SSSOM + "predicate_id", ox.NamedNode(one.predicate)),
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
    """Read the tables of a guideline, and hold their subjects against its terms.

    Raises:
        IndicantError: a table cannot be read, is another than the one that is named, or speaks of
            a term that the guideline and its imports do not have or no longer use.
    """
    known: set[str] = set()
    deprecated: set[str] = set()
    if source.tables:
        for _, subject, predicate, value in source.triples():
            if isinstance(subject, ox.NamedNode) and isinstance(predicate, ox.NamedNode):
                if predicate.value == TYPE:
                    known.add(subject.value)
                elif predicate.value == OWL + "deprecated" and str(value).startswith('"true"'):
                    deprecated.add(subject.value)
    found = []
    for table in source.tables:
        one = parse_sssom(table.text, path=table.path)
        if one.iri != table.iri:
            raise IndicantError(
                f"the table is <{one.iri}>, and the ontology names <{table.iri}>",
                file=table.path,
                line=1,
                help="mapping_set_id, ind:mappedBy and the catalog shall name the same",
            )
        for mapping in one.matches:
            if mapping.subject not in known or mapping.subject in deprecated:
                gone = mapping.subject in deprecated
                raise IndicantError(
                    f"the term {local_name(mapping.subject)} is deprecated"
                    if gone
                    else f"unknown term <{mapping.subject}>",
                    file=table.path,
                    line=mapping.line,
                    help="take the row out, or map the term that replaces it"
                    if gone
                    else _nearest(mapping.subject, known),
                )
        found.append(one)
    return found


def _nearest(iri: str, known: set[str]) -> str:
    import difflib

    near = difflib.get_close_matches(iri, sorted(known), n=1, cutoff=0.8)
    return f"did you mean {local_name(near[0])}?" if near else "declare the term, or take it out"


def read_sssom(path: str | os.PathLike[str]) -> MappingSet:
    """Read an SSSOM table with its header.

    Raises:
        IndicantError: the file is missing, cut off, in another encoding, or no such table.
    """
    return parse_sssom(read_text(path), path=str(path))


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
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    lines = text.split("\n")
    if lines.pop():
        raise IndicantError(
            "the last line has no end",
            file=path,
            line=len(lines) + 1,
            help="the table may be cut off; if it is whole, end its last line",
        )
    start = next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))
    header, prefixes = _header(lines[:start], path)
    if start == len(lines):
        raise IndicantError("the table has a header and no columns", file=path, line=start)
    rows = _rows(lines[start:], start, path)
    names = next(rows)[1]
    _check_columns(names, path, start + 1)
    mappings: dict[tuple[str, str], Match] = {}
    for line, values in rows:
        if len(values) != len(names):
            raise IndicantError(
                f"the row has {len(values)} of {len(names)} columns",
                file=path,
                line=line,
                help="the table may be cut off",
            )
        mapping = _match(dict(zip(names, values, strict=True)), prefixes, path, line)
        if mapping.object == NO_TERM:
            continue
        key = (mapping.subject, mapping.object)
        if key in mappings:
            raise IndicantError(
                f"{local_name(mapping.subject)} and {mapping.curie} are there twice, "
                f"first in line {mappings[key].line}",
                file=path,
                line=line,
            )
        mappings[key] = mapping
    return MappingSet(header["mapping_set_id"], path, header, tuple(mappings.values()))


def _check_columns(names: list[str], path: str, line: int) -> None:
    for name in _COLUMNS:
        if name not in names:
            raise IndicantError(
                f"the column {name} is missing",
                file=path,
                line=line,
                help=f"the columns are {', '.join(names)[:200]}",
            )
    if len(set(names)) < len(names):
        raise IndicantError("a column is there twice", file=path, line=line)


def _header(lines: list[str], path: str) -> tuple[dict[str, str], dict[str, str]]:
    """Read the header, which is YAML behind ``#``: entries, and one level below an entry."""
    if not lines:
        raise IndicantError(
            "the table has no header",
            file=path,
            line=1,
            help="an SSSOM table begins with lines such as  #mapping_set_id: https://…",
        )
    header: dict[str, str] = {}
    prefixes = dict(_BUILT_IN)
    above = ""
    for number, line in enumerate(lines, 1):
        entry = _ENTRY.fullmatch(line.rstrip())
        value = entry[3] or "" if entry else ""
        if entry is None or value[:1] in {"|", ">", "&", "*", "{", "["}:
            if _ITEM.fullmatch(line) and above:
                continue
            raise IndicantError(
                "this line of the header is not understood",
                file=path,
                line=number,
                help="write  #name: value",
            )
        if not entry[1]:
            above = entry[2]
            if value:
                header[above] = _scalar(value)
        elif above == "curie_map":
            prefixes[entry[2]] = _scalar(value)
            if not _IRI.fullmatch(prefixes[entry[2]]):
                raise IndicantError(
                    f"the prefix {entry[2]} stands for no IRI", file=path, line=number
                )
    for name in _NEEDED:
        if name not in header:
            raise IndicantError(
                f"the header has no {name}", file=path, line=1, help=f"add  #{name}: https://…"
            )
    for name in (*_NEEDED, "object_source"):
        if name in header and not _IRI.fullmatch(header[name]):
            raise IndicantError(f"{name} is no IRI: {header[name][:80]}", file=path, line=1)
    return header, prefixes


def _scalar(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    return text


def _rows(lines: list[str], before: int, path: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader((f"{line}\n" for line in lines), delimiter="\t", strict=True)
    while True:
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise IndicantError(
                f"the row cannot be read: {error}", file=path, line=before + reader.line_num
            ) from error
        if values:
            yield before + reader.line_num, values


def _match(row: Mapping[str, str], prefixes: Mapping[str, str], path: str, line: int) -> Match:
    if row.get("predicate_modifier"):
        raise IndicantError("a mapping that is denied is not read", file=path, line=line)
    iris = {}
    for name in _COLUMNS:
        prefix, colon, local = row[name].partition(":")
        if not colon or not _LOCAL.fullmatch(local):
            raise IndicantError(
                f"{name} shall be a CURIE, and '{row[name][:80]}' is none", file=path, line=line
            )
        if prefix not in prefixes:
            raise IndicantError(
                f"prefix '{prefix}:' is not declared",
                file=path,
                line=line,
                help=f"add  #  {prefix}: https://…  below  #curie_map:",
            )
        iris[name] = prefixes[prefix] + local
    if iris["predicate_id"] not in PREDICATES:
        raise IndicantError(
            f"{row['predicate_id']} is no match of SKOS",
            file=path,
            line=line,
            help="one of skos:exactMatch, broadMatch, narrowMatch, closeMatch, relatedMatch: "
            "a table says what terms are called and adds no axiom",
        )
    return Match(
        iris["subject_id"],
        iris["predicate_id"],
        iris["object_id"],
        row["object_id"],
        iris["mapping_justification"],
        row.get("object_label", ""),
        row.get("comment", ""),
        row.get("other", ""),
        line,
    )
