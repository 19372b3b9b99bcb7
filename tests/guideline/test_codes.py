"""The codes of other vocabularies: honest, complete, well formed, and found again."""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import pytest

from each import each
from indicant.ask.questions import question
from indicant.assess.engine import make_engine
from indicant.compile.compiled import obtain
from indicant.errors import IndicantError
from indicant.files.sources import load, resolve
from indicant.guideline.mappings import (
    NO_TERM,
    MappingSet,
    Match,
    of_source,
    parse_sssom,
    read_sssom,
)
from indicant.guideline.sssom import SEMAPV, SSSOM
from indicant.terms import DCTERMS, IND, LABEL, OWL, RDFS, SKOS, TYPE, local_name
from places import ONTOLOGY, ROOT, SHARED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from indicant.assess.engine import Engine
    from indicant.query.rows import Row

CODES = ONTOLOGY / "spine" / "codes"
FILES = sorted(CODES.glob("*.sssom.tsv"))
CURATION = SHARED / "curation" / "terms.csv"
SPINE = "https://w3id.org/indicant/spine/"
EXACT, BROAD, NARROW, CLOSE = (
    SKOS + kind for kind in ("exactMatch", "broadMatch", "narrowMatch", "closeMatch")
)

COUNTS: Mapping[str, tuple[int, int, int, int]] = {
    "atc": (0, 0, 11, 5),
    "hpo": (9, 4, 10, 0),
    "icd10cm": (0, 0, 26, 8),
    "loinc": (0, 0, 0, 2),
    "maxo": (6, 2, 5, 2),
    "mondo": (2, 1, 3, 3),
    "ncit": (1, 1, 3, 4),
    "rxnorm": (0, 0, 6, 2),
    "snomed-ips": (13, 6, 24, 3),
    "snomed-other": (4, 2, 3, 7),
    "uberon": (10, 1, 11, 1),
}
GAPS = """
    AdjacentSegmentDisease Foraminotomy CervicalEpiduralSteroidInjection FacetJointInjection
    PosturalRetraining mrcGrade Dextroscoliosis ShoulderAsymmetry
"""
GAPS_IN_HPO = "Radiculopathy Osteophyte"


def name_of(file: Path) -> str:
    """Return the name of a table, which its file carries."""
    return file.name.removesuffix(".sssom.tsv")


@cache
def tables() -> dict[str, MappingSet]:
    """Return the tables that ship, by name."""
    return {name_of(file): read_sssom(file) for file in FILES}


def matches() -> list[tuple[str, Match]]:
    """Return every row that ships, with the name of its table."""
    return [(name, one) for name, table in tables().items() for one in table.matches]


def unmapped() -> list[dict[str, str]]:
    """Return the codes that were looked at and are mapped to nothing."""
    text = (CODES / "unmapped.tsv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t", strict=True))


@cache
def engine(name: str = "oxigraph") -> Engine:
    """Return an engine over the compiled guideline that ships."""
    source = load(resolve(None))
    return make_engine(name, obtain(source), source)


@cache
def terms() -> dict[str, str]:
    """Return the terms that ship, each with its label in English."""
    found = {}
    for _, subject, predicate, value in load(resolve(None)).triples():
        if isinstance(subject, ox.NamedNode) and isinstance(value, ox.Literal):
            assert isinstance(predicate, ox.NamedNode)
            if predicate.value == LABEL and value.language in {None, "en"}:
                found[subject.value] = value.value
    return found


# ---------------------------------------------------------------------- what ships


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_the_sssom_toolkit_finds_nothing_wrong(file: Path) -> None:
    """The toolkit reads each table, validates it, and sees the rows that we see."""
    parsers: Any = pytest.importorskip("sssom.parsers")
    validators: Any = pytest.importorskip("sssom.validators")
    constants: Any = pytest.importorskip("sssom.constants")
    kinds = constants.SchemaValidationType
    parsed = parsers.parse_sssom_table(file)
    reports = validators.validate(
        parsed,
        [kinds.JsonSchema, kinds.PrefixMapCompleteness, kinds.StrictCurieFormat],
        fail_on_error=False,
    )
    assert len(reports) == 3
    for kind, report in reports.items():
        assert report.results == [], kind
    seen = parsed.converter.expand
    theirs = {
        (seen(row["subject_id"]), seen(row["predicate_id"]), seen(row["object_id"]))
        for _, row in parsed.df.iterrows()
    }
    ours = {(one.subject, one.predicate, one.object) for one in tables()[name_of(file)].matches}
    assert theirs == ours
    assert len(parsed.df) == len(ours)
    assert parsed.metadata["mapping_set_id"] == tables()[name_of(file)].iri


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.parametrize(
    ("sound", "broken"),
    [("#  ATC: http", "#  ATX: http"), ("semapv:Manual", "semapv:Automatic")],
    ids=["prefix", "justification"],
)
def test_the_sssom_toolkit_would_notice_a_fault(tmp_path: Path, sound: str, broken: str) -> None:
    """A prefix that is not declared and a justification that is none fail the validation above."""
    parsers: Any = pytest.importorskip("sssom.parsers")
    validators: Any = pytest.importorskip("sssom.validators")
    kinds: Any = pytest.importorskip("sssom.constants").SchemaValidationType
    text = (CODES / "atc.sssom.tsv").read_text(encoding="utf-8")
    assert sound in text
    file = tmp_path / "broken.sssom.tsv"
    file.write_text(text.replace(sound, broken), encoding="utf-8")
    parsed = parsers.parse_sssom_table(file)
    reports = validators.validate(
        parsed, [kinds.JsonSchema, kinds.PrefixMapCompleteness], fail_on_error=False
    )
    assert any(report.results for report in reports.values())


def test_there_is_a_table_for_every_vocabulary_with_the_rows_that_we_count() -> None:
    """Rows per table and predicate: a row that comes or goes is noticed."""
    found = {}
    for name, table in tables().items():
        kinds = Counter(one.predicate for one in table.matches)
        found[name] = tuple(kinds[kind] for kind in (EXACT, BROAD, NARROW, CLOSE))
        assert sum(kinds.values()) == sum(found[name]), f"{name} has another predicate"
    assert found == COUNTS


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_every_table_says_what_it_is(file: Path) -> None:
    """The header has licence, versions and vocabulary, and the documentation names the licence."""
    table = tables()[name_of(file)]
    assert table.iri == f"{SPINE}codes/{name_of(file)}"
    for slot in (
        "mapping_set_title",
        "mapping_set_version",
        "license",
        "subject_source",
        "subject_source_version",
        "object_source",
        "object_source_version",
        "comment",
    ):
        assert table.header.get(slot), slot
    told = (ROOT / "docs" / "reference" / "licences.md").read_text(encoding="utf-8")
    assert f"codes/{file.name}" in told


@pytest.mark.slow
def test_every_subject_is_a_term_under_its_label() -> None:
    """Each row speaks of a term that exists, is not deprecated and is called what the row says."""
    of_source(load(resolve(None)))
    for file in each(FILES):
        lines = file.read_text(encoding="utf-8").splitlines()
        body = [line for line in lines if not line.startswith("#")]
        for row in each(csv.DictReader(body, delimiter="\t", strict=True)):
            iri = row["subject_id"].replace("spine:", SPINE)
            assert terms()[iri] == row["subject_label"], (file.name, row)


def test_every_row_says_how_its_code_was_seen_and_no_witness_is_believed_too_much() -> None:
    """A code that was only witnessed in a public file is a close match at most, and says so."""
    witnessed = 0
    for name, one in matches():
        how = one.other.partition(":")[0]
        assert how in {"checked", "witnessed"}, (name, one)
        if how == "witnessed":
            witnessed += 1
            assert one.predicate == CLOSE, one
            assert "public files only" in one.comment, one
    assert witnessed == 10


def test_every_close_match_gives_its_reason() -> None:
    """What keeps a close match from being exact stands beside it."""
    assert all(one.comment for _, one in matches() if one.predicate == CLOSE)


def test_justifications_are_of_the_three_kinds() -> None:
    """A label equal word for word, a chain through another vocabulary, or judged by us."""
    kinds = {
        SEMAPV + kind for kind in ["LexicalMatching", "MappingChaining", "ManualMappingCuration"]
    }
    for name, one in each(matches()):
        assert one.justification in kinds
        assert (one.justification == SEMAPV + "MappingChaining") == (name == "ncit")
        if one.justification == SEMAPV + "LexicalMatching":
            assert one.predicate == EXACT


def test_no_pair_is_there_twice_and_no_code_is_exactly_two_terms() -> None:
    """Neither within a table nor across them."""
    pairs = Counter((one.subject, one.object) for _, one in matches())
    assert [pair for pair, times in pairs.items() if times > 1] == []
    exact = Counter(one.object for _, one in matches() if one.predicate == EXACT)
    assert [code for code, times in exact.items() if times > 1] == []


def test_no_class_of_a_classification_is_exact() -> None:
    """ICD-10-CM codes leave out what is coded elsewhere."""
    assert all(one.predicate != EXACT for one in tables()["icd10cm"].matches)


def test_labels_are_shipped_only_where_their_licence_lets_us() -> None:
    """SNOMED CT outside its Free Set and ATC are codes alone."""
    for name, one in each(matches()):
        if name in {"snomed-other", "atc"}:
            assert one.label == "", one
        elif name != "ncit":
            assert one.label, one


@pytest.mark.parametrize("name", GAPS.split())
def test_what_has_no_good_code_says_so_and_gets_none(name: str) -> None:
    """The gaps that the curators found are data."""
    notes = [row[2] for row in engine().ask("which-codes-are-missing") if row[0] == SPINE + name]
    assert len(notes) == 1
    assert all(one.subject != SPINE + name for _, one in matches())


@pytest.mark.parametrize("name", GAPS_IN_HPO.split())
def test_what_hpo_lacks_is_said(name: str) -> None:
    """A term that one vocabulary lacks may have codes in others."""
    notes = {row[0]: row[2] for row in engine().ask("which-codes-are-missing")}
    assert "HPO" in (notes[SPINE + name] or "")
    assert all(one.subject != SPINE + name for one in tables()["hpo"].matches)


def test_every_site_is_used_and_coded() -> None:
    """Each part of the body that is a term is the site of something, or has codes below it."""
    sites = {row[1] for row in engine().ask("which-terms-concern-what")}
    coded = {one.subject for one in tables()["uberon"].matches}
    assert coded <= {iri for iri in sites if iri}
    assert sites <= coded


def test_no_code_is_both_mapped_and_left_out() -> None:
    """What is left out has a reason; a code that is wrong in public files is mapped to nothing."""
    mapped = {(system_of(name), code_of(name, one)) for name, one in matches()}
    rows = unmapped()
    assert Counter(row["kind"] for row in rows) == {"left out": 57, "wrong": 5, "placeholder": 1}
    for row in rows:
        assert (row["system"], row["code"]) not in mapped, row
        assert row["reason"], row
    assert len({tuple(row.values()) for row in rows}) == len(rows)


def test_every_curated_code_is_accounted_for() -> None:
    """Each row that the curators wrote is mapped, or left out with a reason."""
    if not CURATION.is_file():
        pytest.skip("the curators' table is not part of the project and not at hand")
    mapped = {(system_of(name), code_of(name, one)): one for name, one in matches()}
    left = {(row["system"], row["code"], row["concept"]) for row in unmapped()}
    with CURATION.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 263
    kept = 0
    for row in rows:
        key = (row["system"], row["code"])
        assert (key in mapped) != ((*key, row["concept_key"]) in left), row
        if key in mapped:
            kept += 1
            assert mapped[key].other.startswith(row["confidence"] + ":"), row
    assert kept == 206
    assert {(row["system"], row["code"]) for row in rows} >= set(mapped)


def system_of(table: str) -> str:
    """Return what the curators call the vocabulary of a table."""
    return {
        "icd10cm": "ICD-10-CM",
        "rxnorm": "RxNorm",
        "snomed-ips": "SNOMED CT",
        "snomed-other": "SNOMED CT",
    }.get(table, table.upper())


def code_of(table: str, match: Match) -> str:
    """Return a code as the curators write it."""
    return (
        match.curie
        if table in {"hpo", "maxo", "mondo", "uberon"}
        else match.curie[match.curie.index(":") + 1 :]
    )


# ---------------------------------------------------------------------- loaded as SKOS


def test_the_compiled_graph_holds_every_row_as_skos() -> None:
    """The term is related to the code, the code is a concept with notation and scheme."""
    graph = set(obtain(load(resolve(None))).graph.splitlines())
    for _, one in each(matches()):
        assert f"<{one.subject}> <{one.predicate}> <{one.object}> ." in graph
        assert f"<{one.object}> <{TYPE}> <{SKOS}Concept> ." in graph
        notation = one.curie.partition(":")[2]
        assert f'<{one.object}> <{SKOS}notation> "{notation}" .' in graph
        assert f'<{one.object}> <{DCTERMS}identifier> "{one.curie}" .' in graph


def test_every_row_has_a_name_of_its_own() -> None:
    """A mapping can be pointed at: no blank nodes, and no two under one name."""
    rows = [
        subject.value
        for table in tables().values()
        for subject, predicate, value in table.triples()
        if predicate.value == TYPE and value == ox.NamedNode(SSSOM + "Mapping")
    ]
    assert len(rows) == len(set(rows)) == sum(map(sum, COUNTS.values()))


def test_what_a_table_becomes_is_owl_dl() -> None:
    """Every predicate is declared an annotation property, every class a class."""
    declared: dict[str, set[str]] = {}
    for _, subject, predicate, value in each(load(resolve(None)).triples()):
        if isinstance(predicate, ox.NamedNode) and predicate.value == TYPE:
            assert isinstance(subject, ox.NamedNode)
            declared.setdefault(subject.value, set()).add(str(value)[1:-1])
    built_in = {TYPE, LABEL, RDFS + "comment", OWL + "versionInfo"}
    for table in tables().values():
        for _, predicate, value in table.triples():
            if predicate.value == TYPE:
                assert OWL + "Class" in declared[value.value]
            elif predicate.value not in built_in:
                assert declared[predicate.value] == {OWL + "AnnotationProperty"}


def test_nothing_is_reasoned_from_a_code() -> None:
    """The triples that the compiler and HermiT see hold none of the tables."""
    source = load(resolve(None))
    assert len(source.tables) == len(FILES)
    predicates = {str(predicate) for _, _, predicate, _ in source.triples()}
    assert f"<{EXACT}>" not in predicates


# ---------------------------------------------------------------------- questions


@pytest.mark.many(2)
@pytest.mark.parametrize("name", ["oxigraph", "rdflib"])
@pytest.mark.parametrize(
    "code",
    [
        ox.Literal("81680005"),
        ox.Literal("SNOMEDCT:81680005"),
        ox.NamedNode("http://snomed.info/id/81680005"),
    ],
    ids=["notation", "curie", "iri"],
)
def test_a_code_leads_to_its_term(name: str, code: ox.Literal | ox.NamedNode) -> None:
    """SNOMED CT 81680005 is neck pain, however the code is written."""
    rows = answers("which-term-has-code", name, code=code)
    assert [row[:4] for row in rows] == [
        (SPINE + "NeckPain", "neck pain", EXACT, "SNOMEDCT:81680005")
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["oxigraph", "rdflib"])
def test_a_code_that_is_left_out_leads_nowhere(name: str) -> None:
    """128196005, often given for the neck, is a lumbar code and no term has it."""
    assert answers("which-term-has-code", name, code=ox.Literal("128196005")) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["oxigraph", "rdflib"])
def test_a_term_leads_to_all_of_its_codes(name: str) -> None:
    """Every code of a term comes back, and those that have none are told apart."""
    for iri in (SPINE + "Myelopathy", SPINE + "Foraminotomy"):
        rows = answers("which-codes-has-term", name, term=ox.NamedNode(iri))
        assert [row[2] for row in rows] == sorted(
            one.curie for _, one in matches() if one.subject == iri
        )
    bare = {row[0] for row in engine(name).ask("which-terms-have-no-code")}
    assert SPINE + "Foraminotomy" in bare
    assert bare.isdisjoint(one.subject for _, one in matches())


def test_close_and_broad_matches_imply_no_term() -> None:
    """A code implies the term of its exact or narrow match and every term above."""
    above = {row[0] for row in answers("which-codes-imply-a-term", "oxigraph")}
    assert SPINE + "NeurologicalCompromise" in above
    rows = answers("which-codes-imply-a-term", "oxigraph", term=ox.NamedNode(SPINE + "NeckPain"))
    assert {row[1] for row in rows} == {
        one.curie
        for _, one in matches()
        if one.subject == SPINE + "NeckPain" and one.predicate in {EXACT, NARROW}
    }


def answers(asked: str, name: str, **values: ox.Literal | ox.NamedNode) -> list[Row]:
    """Return the rows of a question on one of the engines, with values given."""
    return engine(name).select(question(asked).filled(values))


# ---------------------------------------------------------------------- tables of one's own

HEADER = """#curie_map:
#  code: https://example.org/code/
#  my: https://example.org/my/
#mapping_set_id: https://example.org/table
#license: https://creativecommons.org/publicdomain/zero/1.0/
"""
COLUMNS = "subject_id\tpredicate_id\tobject_id\tobject_label\tmapping_justification\n"
ROW = "my:Cat\tskos:exactMatch\tcode:42\tcat\tsemapv:LexicalMatching\n"
TABLE = HEADER + COLUMNS + ROW
LAST = (
    HEADER
    + "mapping_justification\tsubject_id\tpredicate_id\tobject_id\n"
    + "semapv:LexicalMatching\tmy:Cat\tskos:exactMatch\tcode:42\n"
)


def test_a_table_is_read() -> None:
    """Prefixes expand, the prefixes of SSSOM itself need no declaration."""
    (one,) = parse_sssom(TABLE, path="table").matches
    assert (one.subject, one.predicate) == ("https://example.org/my/Cat", EXACT)
    assert (one.object, one.label, one.line) == ("https://example.org/code/42", "cat", 7)


@pytest.mark.parametrize(
    "text",
    [
        TABLE.replace("\n", "\r\n"),
        "\ufeff" + TABLE,
        TABLE + "\n",
        HEADER.replace("https://example.org/table", '"https://example.org/table"') + COLUMNS + ROW,
        HEADER + "#creator_id:\n#- orcid:0000-0000-0000-0000\n#  - x:y\n" + COLUMNS + ROW,
        HEADER + COLUMNS + ROW.replace("\tcat\t", '\t"cat"\t'),
        TABLE + ROW.replace("code:42", "sssom:NoTermFound"),
    ],
    ids=["windows", "mark", "empty-line", "quoted", "list", "quoted-field", "no-term"],
)
def test_a_table_is_read_the_same_in_other_spellings(text: str) -> None:
    """Line ends, a byte order mark, YAML's and TSV's quotes make no difference."""
    wanted = parse_sssom(TABLE, path="table").matches[0]
    (one,) = parse_sssom(text, path="table").matches
    assert (one.subject, one.predicate, one.object, one.label) == (
        wanted.subject,
        wanted.predicate,
        wanted.object,
        wanted.label,
    )
    assert one.object != NO_TERM


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (COLUMNS + ROW, 1, "no header"),
        (HEADER, 5, "no columns"),
        (TABLE.replace("#mapping_set_id: https://example.org/table\n", ""), 1, "mapping_set_id"),
        (TABLE.replace("example.org/table", "example .org"), 4, "mapping_set_id is no IRI"),
        (TABLE.replace("#mapping_set_id", "#mapping_set_ids"), 1, "no mapping_set_id"),
        (TABLE.replace("#license: https", "#license: CC0, see https"), 5, "license is no IRI"),
        (TABLE.replace(ROW, ROW.replace("\n", "\tx\n")), 7, "6 of 5 columns"),
        (TABLE.replace("#license: https", "#license: | https"), 5, "not understood"),
        (TABLE.replace("#  code: https://example.org/code/", "#  code: x"), 2, "no IRI"),
        (TABLE.replace("object_id\t", "object\t"), 6, "the column object_id is missing"),
        (TABLE.replace("object_label", "object_id"), 6, "twice"),
        (TABLE.replace("\tcat", ""), 7, "4 of 5 columns"),
        (HEADER + COLUMNS[:-1], 6, "no end"),
        (LAST[:-1], 7, "no end"),
        (TABLE[:-1], None, None),
        (TABLE[:-10] + "\n", None, None),
        (TABLE + "my:Dog\tskos:exact\n", 8, "2 of 5 columns"),
        (TABLE.replace("code:42", "kode:42"), 7, "prefix 'kode:' is not declared"),
        (TABLE.replace("code:42", "42"), 7, "object_id shall be a CURIE"),
        (TABLE.replace("code:42", "code:4 2"), 7, "object_id shall be a CURIE"),
        (TABLE.replace("code:42", "code:"), 7, "object_id shall be a CURIE"),
        (TABLE + ROW.replace("exact", "broad"), 8, "and exactMatch in line 7"),
        (TABLE.replace("exact", "related") + ROW, 8, "and relatedMatch in line 7"),
        (TABLE.replace("\tcat\t", '\t"cat\t'), 7, "cannot be read"),
    ],
)
def test_a_broken_table_is_told_in_one_line(
    text: str, line: int | None, message: str | None
) -> None:
    """With the file, the line and what is wrong; a short last word cannot be told from a whole."""
    if message is None:
        assert parse_sssom(text, path="table").matches
        return
    with pytest.raises(IndicantError) as caught:
        parse_sssom(text, path="table")
    assert str(caught.value).startswith(f"table:{line}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_a_table_cut_anywhere_is_refused_or_shorter() -> None:
    """No cut makes up a row: only a cut in the last remark of a line goes through, or behind it."""
    text = (CODES / "loinc.sssom.tsv").read_text(encoding="utf-8")
    whole = [
        (one.subject, one.predicate, one.object, one.comment) for one in tables()["loinc"].matches
    ]
    for at in range(len(text)):
        try:
            cut = parse_sssom(text[:at], path="table").matches
        except IndicantError:
            continue
        assert text[:at].rsplit("\n", 1)[1].count("\t") in {0, 7}
        assert [(one.subject, one.predicate, one.object, one.comment) for one in cut] == whole[
            : len(cut)
        ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (TABLE.encode("utf-16"), "UTF-16"),
        (TABLE.replace("cat", "caté").encode("latin-1"), "not UTF-8"),
        (b"", "empty"),
        (b"\x00\x01\x02", "binary"),
    ],
    ids=["utf-16", "latin-1", "empty", "binary"],
)
def test_another_encoding_is_told(tmp_path: Path, data: bytes, message: str) -> None:
    """A table is UTF-8."""
    file = tmp_path / "table.sssom.tsv"
    file.write_bytes(data)
    with pytest.raises(IndicantError, match=message) as caught:
        read_sssom(file)
    assert str(caught.value).startswith(str(file))


GUIDELINE = f"""@prefix ind: <{IND}> .
@prefix owl: <{OWL}> .
@prefix rdfs: <{RDFS}> .
@prefix my: <https://example.org/my/> .
<https://example.org/my/> a owl:Ontology , ind:Guideline ; owl:imports <{IND}> ;
    ind:mappedBy <https://example.org/table> .
my:Cat a owl:Class ; rdfs:label "cat" ; rdfs:subClassOf ind:Finding .
my:Cot a owl:Class ; rdfs:label "cot" ; rdfs:subClassOf ind:Finding ; owl:deprecated true .
"""
CATALOG = """<catalog prefer="public" xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">
    <uri name="https://example.org/table" uri="table.sssom.tsv"/>
</catalog>
"""


def guideline(folder: Path, table: str | None = TABLE, catalog: str = CATALOG) -> Path:
    """Write a guideline with a table of codes."""
    (folder / "guideline.ttl").write_text(GUIDELINE, encoding="utf-8")
    (folder / "catalog-v001.xml").write_text(catalog, encoding="utf-8")
    if table is not None:
        (folder / "table.sssom.tsv").write_text(table, encoding="utf-8")
    return folder


def test_a_guideline_of_ones_own_has_codes_too(tmp_path: Path) -> None:
    """The ontology names the table, the catalog says where it is; no code knows of either."""
    source = load(guideline(tmp_path))
    (table,) = of_source(source)
    assert local_name(table.matches[0].subject) == "Cat"


def test_a_changed_table_is_another_guideline(tmp_path: Path) -> None:
    """What is kept by content changes with the tables."""
    before = load(guideline(tmp_path)).digest
    assert load(tmp_path).digest == before
    assert load(guideline(tmp_path, TABLE.replace("42", "43"))).digest != before


@pytest.mark.parametrize(
    ("table", "catalog", "where", "message"),
    [
        (TABLE.replace("my:Cat", "my:Kat"), CATALOG, "table.sssom.tsv:7", "unknown term"),
        (TABLE.replace("my:Cat", "my:Cot"), CATALOG, "table.sssom.tsv:7", "is deprecated"),
        (TABLE.replace("org/table", "org/chair"), CATALOG, "table.sssom.tsv:1", "names"),
        (LAST[:-1], CATALOG, "table.sssom.tsv:7", "no end"),
        (None, CATALOG, "table.sssom.tsv", "no such file"),
        (TABLE, CATALOG.replace("org/table", "org/x"), "guideline.ttl:6", "mapped to no file"),
    ],
    ids=["unknown", "deprecated", "another", "cut", "missing", "not-in-the-catalog"],
)
def test_a_table_that_does_not_fit_is_told(
    tmp_path: Path, table: str | None, catalog: str, where: str, message: str
) -> None:
    """With file and line, before anything is compiled."""
    guideline(tmp_path, table, catalog)
    with pytest.raises(IndicantError, match=message) as caught:
        of_source(load(tmp_path))
    assert where in str(caught.value)
