"""Tables in every form that SSSOM has: as it is specified, and as its toolkit writes them."""

from __future__ import annotations

import importlib.util
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from each import each
from indicant.cli import main
from indicant.errors import IndicantError
from indicant.files.sources import load
from indicant.guideline.mappings import MappingSet, of_source, parse_sssom, read_sssom
from indicant.guideline.sssom import SSSOM
from indicant.terms import IND, OWL, RDFS, SKOS
from places import ONTOLOGY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILES = sorted((ONTOLOGY / "spine" / "codes").glob("*.sssom.tsv"))
IRI = "https://example.org/table"
MY, CODE = "https://example.org/my/", "https://example.org/code/"
HEADER = f"""curie_map:
  code: {CODE}
  my: {MY}
mapping_set_id: {IRI}
license: https://creativecommons.org/publicdomain/zero/1.0/
"""
COLUMNS = "subject_id\tpredicate_id\tobject_id\tmapping_justification"
ROW = "my:Cat\tskos:exactMatch\tcode:42\tsemapv:LexicalMatching"
EXACT, CLOSE, BROAD = (f"{SKOS}{kind}Match" for kind in ("exact", "close", "broad"))


def commented(header: str, mark: str = "#") -> str:
    return "".join(f"{mark}{line}\n" for line in header.splitlines())


def table(*rows: str, header: str = HEADER, columns: str = COLUMNS) -> str:
    return commented(header) + "\n".join([columns, *(rows or [ROW])]) + "\n"


def read(text: str) -> MappingSet:
    return parse_sssom(text, path="t.sssom.tsv")


# ---------------------------------------------------------------------- the header


@pytest.mark.parametrize(
    "header",
    [
        HEADER.replace(IRI, f'"{IRI}"'),
        HEADER.replace(IRI, f"'{IRI}'"),
        HEADER.replace(f" {IRI}", f"\n  {IRI}"),
        HEADER.replace(f" {IRI}", f" >-\n  {IRI}"),
        HEADER.replace(f" {IRI}", f" |-\n  {IRI}"),
        f"""{{"curie_map": {{"code": "{CODE}", "my": "{MY}"}},
  "mapping_set_id": "{IRI}", "license": "https://creativecommons.org/publicdomain/zero/1.0/"}}
""",
        HEADER.replace("curie_map:\n", "curie_map: {\n").replace(
            f"  code: {CODE}\n  my: {MY}\n", f"    'code': '{CODE}', 'my': '{MY}' }}\n"
        ),
        "---\n" + HEADER,
        HEADER + "unknown_slot:\n  - {a: [1, 2]}\n",
        HEADER + "comment: null\nother: ~\nsubject_source:\n",
        HEADER + "# by hand\n",
    ],
    ids=[
        "double",
        "single",
        "plain-on-two-lines",
        "folded",
        "block",
        "json",
        "flow",
        "document",
        "unknown",
        "null",
        "comment",
    ],
)
@pytest.mark.parametrize("mark", ["#", "# ", "#   "])
def test_a_header_is_yaml(header: str, mark: str) -> None:
    found = read(commented(header, mark) + f"{COLUMNS}\n{ROW}\n")
    assert found.iri == IRI
    (one,) = found.matches
    assert (one.subject, one.predicate, one.object) == (f"{MY}Cat", EXACT, f"{CODE}42")
    assert found.header.keys() == {"mapping_set_id", "license"} | (
        {"unknown_slot"} & found.header.keys()
    )


@pytest.mark.parametrize(
    ("yaml", "slot", "value"),
    [
        ("mapping_set_version: 1.10", "mapping_set_version", "1.10"),
        ("mapping_set_version: 2022-05-01", "mapping_set_version", "2022-05-01"),
        ("comment: no", "comment", "no"),
        ("comment: 'it''s: so'", "comment", "it's: so"),
        (r'comment: "a \"b\" \u00e9"', "comment", 'a "b" é'),
        ("comment: >-\n  one\n  two\n\n  three", "comment", "one two\nthree"),
        ("comment: |-\n  one\n    two", "comment", "one\n  two"),
        ("comment: one\n  two", "comment", "one two"),
        ("creator_label: [Ann, Bob]", "creator_label", "Ann|Bob"),
        ("creator_label:\n- Ann\n- Bob", "creator_label", "Ann|Bob"),
        ("creator_label: Ann", "creator_label", "Ann"),
        ("object_source: code:all", "object_source", f"{CODE}all"),
        ("object_source: https://example.org/x", "object_source", "https://example.org/x"),
        ("creator_id: nobody:1", "creator_id", "nobody:1"),
    ],
)
def test_a_value_of_the_header_is_what_is_written(yaml: str, slot: str, value: str) -> None:
    assert read(table(header=f"{HEADER}{yaml}\n")).header[slot] == value


@pytest.mark.parametrize(
    ("header", "line", "message"),
    [
        (HEADER + "a: &x b\n", 6, "an anchor or a tag"),
        (HEADER + "a: *x\n", 6, "an alias"),
        (HEADER + "a: !!str b\n", 6, "an anchor or a tag"),
        ("%YAML 1.1\n---\n" + HEADER, 1, "a directive"),
        (HEADER + "...\n---\na: b\n", 7, "another document"),
        (HEADER + f"a: {'[' * 5_000}{']' * 5_000}\n", 6, "more than 10 levels"),
        (HEADER + "license: https://example.org/x\n", 6, "license is there twice, first in line 5"),
        (HEADER + "comment: a: b\n", 6, "not understood"),
        (HEADER + " comment: a\n", 6, "not understood"),
        (HEADER + "comment: [a\n", 7, "not understood"),
        (HEADER + "comment: \x07\n", 1, "a character that YAML does not allow"),
        (HEADER + f"comment: {'x' * 300_000}\n", 1, "more than 300,000 characters"),
        ("- a\n- b\n", 1, "not understood"),
        ("just words\n", 1, "not understood"),
        ("curie_map: [x]\n", 1, "no list of prefixes"),
        (HEADER.replace(f" {MY}", " [x]"), 3, "the prefix my stands for no IRI"),
    ],
)
def test_what_yaml_could_do_is_refused(header: str, line: int, message: str) -> None:
    with pytest.raises(IndicantError) as caught:
        read(table(header=header))
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"t.sssom.tsv:{min(line, header.count(chr(10)))}: ")


def test_a_built_in_prefix_means_what_sssom_says() -> None:
    header = HEADER.replace("  my:", "  skos: https://example.org/other/\n  my:")
    assert read(table(header=header)).matches[0].predicate == EXACT


# ---------------------------------------------------------------------- rows


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("Ann", ("Ann",)),
        ("Ann|Bob", ("Ann", "Bob")),
        (r"Alice\|Bob|Charlie", ("Alice|Bob", "Charlie")),
        (r"Alice\\Bob|Charlie\\|David\\\|Eve\\", ("Alice\\Bob", "Charlie\\", "David\\|Eve\\")),
        (r"C1=CC\C=C1", ("C1=CC\\C=C1",)),
        ('"Ann ""the cat""|Bob"', ('Ann "the cat"', "Bob")),
        ("|Ann||", ("Ann",)),
    ],
)
def test_a_slot_has_as_many_values_as_bars_part(written: str, values: tuple[str, ...]) -> None:
    found = read(table(f"{ROW}\t{written}", columns=f"{COLUMNS}\tauthor_label"))
    assert dict(found.matches[0].slots)["author_label"] == values


def test_other_slots_keep_their_bars() -> None:
    found = read(table(f"{ROW}\ta|b\\|c", columns=f"{COLUMNS}\tcomment"))
    assert found.matches[0].comment == "a|b\\|c"


def test_columns_come_in_any_order_and_unknown_ones_are_left_out() -> None:
    columns = (
        "ext_x\tobject_label\tmapping_justification\tobject_id\tcomment\tpredicate_id\tsubject_id"
    )
    row = "1\tcat\tsemapv:LexicalMatching\tcode:42\t\tskos:exactMatch\tmy:Cat"
    (one,) = read(table(row, "\t\t\t\t\t\t", columns=columns)).matches
    assert (one.subject, one.object, one.label, one.comment) == (f"{MY}Cat", f"{CODE}42", "cat", "")


def test_a_row_that_others_follow_may_leave_out_what_is_empty() -> None:
    """Editors of tables do; a last row may have been cut off, and more cells are no slots."""
    columns = f"{COLUMNS}\tcomment\tother"
    short, longer = ROW.replace("42", "43"), f"{ROW.replace('42', '44')}\ta\tb\t\t"
    found = read(table(short, longer, f"{ROW}\ta\tb", columns=columns))
    assert [(one.comment, one.other) for one in found.matches] == [("", ""), ("a", "b"), ("a", "b")]
    with pytest.raises(IndicantError, match="the row has 4 of 6 columns"):
        read(table(longer, short, columns=columns))
    with pytest.raises(IndicantError, match="the row has no mapping_justification"):
        read(table(ROW.replace("\tsemapv:LexicalMatching", ""), ROW))


def test_a_table_may_have_no_license() -> None:
    found = read(table(header=HEADER.partition("license")[0]))
    assert not [path for _, path, _ in found.triples() if path.value.endswith("/license")]


def test_a_slot_of_the_set_is_that_of_every_row() -> None:
    header = HEADER + "object_source: code:all\nmapping_tool: a tool\ncreator_label: Ann\n"
    for one in each(read(table(ROW, ROW.replace("42", "43"), header=header)).matches):
        assert one.scheme == f"{CODE}all"
        assert dict(one.slots)["mapping_tool"] == ("a tool",)
        assert "creator_label" not in dict(one.slots)


def test_a_slot_that_one_row_has_is_that_of_no_other() -> None:
    header = HEADER + "object_source: code:all\n"
    rows = f"{ROW}\tcode:some", f"{ROW.replace('42', '43')}\t"
    found = read(table(*rows, header=header, columns=f"{COLUMNS}\tobject_source"))
    assert [one.scheme for one in found.matches] == [f"{CODE}some", ""]
    schemes = {str(value) for _, path, value in found.triples() if path.value == SKOS + "inScheme"}
    assert schemes == {f"<{CODE}some>"}


def test_a_draft_of_sssom_is_read() -> None:
    columns = COLUMNS.replace("mapping_justification", "match_type")
    row = ROW.replace("semapv:LexicalMatching", "HumanCurated")
    (one,) = read(table(row, columns=columns)).matches
    assert one.justification.endswith("/ManualMappingCuration")
    with pytest.raises(IndicantError, match="match_type is none of SSSOM: Guessed"):
        read(table(row.replace("HumanCurated", "Guessed"), columns=columns))


@pytest.mark.parametrize(
    ("row", "extra", "left"),
    [
        ("\tskos:exactMatch\tcode:42\tsemapv:LexicalMatching\trdfs literal", "subject_type", 1),
        ("my:Cat\tskos:exactMatch\t\tsemapv:LexicalMatching\trdfs literal", "object_type", 1),
        (f"{ROW}\tcomposed entity expression", "subject_type", 1),
        (f"{ROW.replace('code:42', 'sssom:NoTermFound')}\t", "comment", 0),
        (f"{ROW.replace('code:42', 'sssom:NoMapping')}\t", "comment", 0),
        (f"{ROW.replace('my:Cat', 'sssom:NoTermFound')}\t", "comment", 0),
    ],
)
def test_a_row_about_no_two_terms_is_no_match(row: str, extra: str, left: int) -> None:
    found = read(table(row, columns=f"{COLUMNS}\t{extra}"))
    assert (found.matches, found.others, sum(found.left.values())) == ((), (), left)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (table(ROW.replace("my:Cat", "")), "the row has no subject_id"),
        (table(ROW.replace("skos:exactMatch", "")), "the row has no predicate_id"),
        (table(ROW.replace("code:42", f"{CODE}42")), "object_id shall be a CURIE, and"),
        (table(ROW.replace("\t", ","), columns=COLUMNS.replace("\t", ",")), "is missing"),
    ],
)
def test_a_row_that_says_too_little_is_refused(text: str, message: str) -> None:
    with pytest.raises(IndicantError, match=message) as caught:
        read(text)
    if "missing" in message:
        assert caught.value.help == "columns are separated by tabs, not by commas"


def test_nothing_follows_from_what_is_denied_or_is_no_match_of_skos() -> None:
    columns = f"{COLUMNS}\tpredicate_modifier"
    rows = f"{ROW}\tNot", f"{ROW.replace('skos:exactMatch', 'owl:equivalentClass')}\t"
    found = read(table(*rows, columns=columns))
    assert found.matches == ()
    assert [(one.predicate, one.denied) for one in found.others] == [
        (EXACT, True),
        (f"{OWL}equivalentClass", False),
    ]
    triples = {(one.value, path.value, value.value) for one, path, value in found.triples()}
    assert not [path for _, path, _ in triples if path in {EXACT, f"{OWL}equivalentClass"}]
    assert (f"{IRI}/Cat-42", f"{SSSOM}predicate_modifier", "Not") in triples


def test_two_rows_about_one_pair_have_two_names() -> None:
    other = ROW.replace("Lexical", "Logical")
    close = ROW.replace("exact", "close")
    found = read(table(ROW, ROW, other, close))
    assert [(one.predicate, one.line) for one in found.matches] == [
        (EXACT, 7),
        (EXACT, 9),
        (CLOSE, 10),
    ]
    names = {one.value for one, path, _ in found.triples() if path.value == f"{SSSOM}subject_id"}
    assert names == {f"{IRI}/Cat-42", f"{IRI}/Cat-42-2", f"{IRI}/Cat-42-3"}


def test_a_row_that_has_a_name_keeps_it() -> None:
    found = read(table(f"{ROW}\tmy:r1", columns=f"{COLUMNS}\trecord_id"))
    assert f"{MY}r1" in {one.value for one, _, _ in found.triples()}


# ---------------------------------------------------------------------- in a guideline

GUIDELINE = f"""PREFIX ind: <{IND}>
PREFIX owl: <{OWL}>
PREFIX rdfs: <{RDFS}>
PREFIX my: <{MY}>
<{MY}> a owl:Ontology , ind:Guideline ; owl:imports <{IND}> ; ind:mappedBy <{IRI}> .
my:Cat a owl:Class ; rdfs:label "cat"@en ; rdfs:subClassOf ind:Finding .
"""
CATALOG = f"""<catalog prefer="public" xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">
    <uri name="{IRI}" uri="codes/t.sssom.tsv"/>
</catalog>
"""


def written(folder: Path, files: Mapping[str, str]) -> Path:
    (folder / "codes").mkdir(exist_ok=True)
    (folder / "guideline.ttl").write_text(GUIDELINE, encoding="utf-8")
    (folder / "catalog-v001.xml").write_text(CATALOG, encoding="utf-8")
    for name, text in files.items():
        (folder / "codes" / name).write_text(text, encoding="utf-8")
    return folder


APART = {"t.sssom.tsv": f"{COLUMNS}\n{ROW}\n", "t.sssom.yml": HEADER}


def test_a_header_may_stand_in_a_file_beside_the_table(tmp_path: Path) -> None:
    before = load(written(tmp_path, APART))
    (found,) = of_source(before)
    assert [(one.object, one.line) for one in found.matches] == [(f"{CODE}42", 7)]
    assert read_sssom(tmp_path / "codes" / "t.sssom.tsv").matches == found.matches
    changed = APART | {"t.sssom.yml": HEADER + "mapping_set_version: '2'\n"}
    assert load(written(tmp_path, changed)).digest != before.digest


@pytest.mark.parametrize(
    ("files", "where"),
    [
        (APART | {"t.sssom.yml": HEADER + "a: b: c\n"}, "t.sssom.yml:6: "),
        (APART | {"t.sssom.tsv": f"{COLUMNS}\n{ROW}\n{ROW}\tx\n"}, "t.sssom.tsv:3: "),
        (APART | {"t.sssom.tsv": f"{COLUMNS}\n{ROW.replace('Cat', 'Kat')}\n"}, "t.sssom.tsv:2: "),
    ],
)
def test_a_mistake_is_told_in_the_file_that_has_it(
    files: Mapping[str, str], where: str, tmp_path: Path
) -> None:
    with pytest.raises(IndicantError) as caught:
        of_source(load(written(tmp_path, files)))
    assert where in str(caught.value)


def test_a_header_beside_the_table_stays_within_the_fence(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "t.yml").write_text(HEADER, encoding="utf-8")
    written(inside, {"t.sssom.tsv": APART["t.sssom.tsv"]})
    (inside / "codes" / "t.sssom.yml").symlink_to(outside / "t.yml")
    with pytest.raises(IndicantError, match=r"lies outside|leads out|outside of"):
        load(inside)


@pytest.mark.slow
def test_check_notes_what_counts_for_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A published table may speak of very much that the guideline does not use."""
    rows = (
        f"{ROW}\tNot\t",
        f"{ROW.replace('skos:exactMatch', 'rdfs:seeAlso')}\t\t",
        f"{ROW.replace('my:Cat', 'code:1')}\t\t",
        f"{ROW.replace('my:Cat', 'code:2')}\t\t",
        f"{ROW}\t\trdfs literal",
        f"{ROW.replace('42', '44')}\t\t",
    )
    header = HEADER.partition("license")[0]
    text = table(*rows, header=header, columns=f"{COLUMNS}\tpredicate_modifier\tobject_type")
    main(["check", str(written(tmp_path, {"t.sssom.tsv": text}))])
    told = [line for line in capsys.readouterr().out.splitlines() if "[codes]" in line]
    assert [line.partition("t.sssom.tsv:")[2] for line in told] == [
        "1: note: the table has no license: nobody knows who may use it [codes]",
        "1: note: 2 rows are about a term that nothing here declares [codes]",
        "1: note: a row is about a text, and no term [codes]",
        "6: note: a row denies a match: kept, and nothing follows [codes]",
        "7: note: a row has a predicate that is no match of SKOS: kept, and nothing follows "
        "[codes]",
    ]


# ---------------------------------------------------------------------- the toolkit


def said(found: MappingSet) -> tuple[object, ...]:
    """Return what has to survive."""
    slots = ("mapping_set_title", "mapping_set_version", "license", "comment", "object_source")
    rows = {replace(one, line=0, slots=()) for one in found.matches}
    return found.iri, {slot: found.header.get(slot) for slot in slots}, rows, len(found.matches)


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.partition(".")[0])
def test_a_table_that_ships_survives_the_toolkit(file: Path) -> None:
    """What ``sssom parse`` writes of it says the same."""
    parsers: Any = pytest.importorskip("sssom.parsers")
    writers: Any = pytest.importorskip("sssom.writers")
    stream = io.StringIO()
    writers.write_table(parsers.parse_sssom_table(file), stream)
    text = stream.getvalue()
    assert text.startswith("# ")
    assert said(read(text)) == said(read_sssom(file))


@pytest.mark.slow
@pytest.mark.parametrize("form", ["json", "rdf"])
def test_another_form_is_read_by_the_toolkit(form: str, tmp_path: Path) -> None:
    parsers: Any = pytest.importorskip("sssom.parsers")
    writers: Any = pytest.importorskip("sssom.writers")
    known = read_sssom(FILES[0])
    file = tmp_path / ("t.json" if form == "json" else "t.ttl")
    write = writers.write_json if form == "json" else writers.write_rdf
    write(parsers.parse_sssom_table(FILES[0]), file)
    assert said(read_sssom(file)) == said(known)


@pytest.mark.slow
@pytest.mark.many(2)
@pytest.mark.parametrize("text", ['{"mappings": 3}', "PREFIX : <urn:x:> :a :b"])
def test_what_the_toolkit_cannot_read_is_told_in_one_line(text: str) -> None:
    pytest.importorskip("sssom")
    with pytest.raises(IndicantError, match="the SSSOM toolkit cannot read this table") as caught:
        read(text)
    assert "\n" not in str(caught.value)


def test_without_the_toolkit_one_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "sssom" else found(name)
    )
    with pytest.raises(
        IndicantError, match="SSSOM in JSON, which the SSSOM toolkit reads"
    ) as caught:
        read(json.dumps({"mappings": []}))
    assert caught.value.help is not None
    assert "sssom convert t.sssom.tsv --output-format tsv" in caught.value.help
