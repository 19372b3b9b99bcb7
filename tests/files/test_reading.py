"""Reading files: what is accepted, what is refused and in which words, and where lines are."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from each import each
from indicant.errors import IndicantError
from indicant.files import bounded
from indicant.files.lines import Lines, locate
from indicant.files.rdf import MAX_BYTES, MAX_DEPTH, parse, read, text_of
from indicant.files.sources import catalog

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PREFIXES = """@prefix : <http://example.org/> .
@prefix ind: <https://w3id.org/indicant/core/> .
"""
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XML = f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:e="http://example.org/">\n'


def refusal(content: str | bytes, path: str) -> IndicantError:
    """Return the error that reading the content under a name raises."""
    with pytest.raises(IndicantError) as caught:
        parse(content, path=path, format=None if "." not in path else _format(path))
    return caught.value


def _format(path: str) -> str:
    return {"ttl": "turtle", "jsonld": "jsonld", "rdf": "rdfxml"}[path.rsplit(".", 1)[1]]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.ttl", "@prefix e: <http://example.org/> . e:s e:p 1 ."),
        ("a.nt", "<http://example.org/s> <http://example.org/p> <http://example.org/o> ."),
        ("a.nq", "<http://example.org/s> <http://example.org/p> _:o <http://example.org/g> ."),
        ("a.trig", "@prefix e: <http://example.org/> . e:g { e:s e:p e:o }"),
        ("a.jsonld", '{"@id": "http://example.org/s", "http://example.org/p": 1}'),
        ("a.json", '[{"@id": "http://example.org/s", "http://example.org/p": 1}]'),
        ("a.rdf", XML + '<rdf:Description rdf:about="http://example.org/s" e:p="1"/></rdf:RDF>'),
        ("a.owl", XML + '<rdf:Description rdf:about="http://example.org/s" e:p="1"/></rdf:RDF>'),
    ],
)
def test_every_syntax_is_read_by_its_extension(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    (quad,) = read(tmp_path / name).quads
    assert quad.predicate.value == "http://example.org/p"


@pytest.mark.parametrize(
    ("text", "format_"),
    [
        ("<http://e/s> <http://e/p> 1 .", "turtle"),
        ("[] <http://e/p> 1 .", "turtle"),
        ("[ <http://e/p> 1 ] .", "turtle"),
        ('  {"@id": "http://e/s", "http://e/p": 1}', "jsonld"),
        ('[{"@id": "http://e/s", "http://e/p": 1}]', "jsonld"),
        ('<?xml version="1.0"?>' + XML + '<e:T rdf:about="http://e/s"/></rdf:RDF>', "rdfxml"),
        (XML + '<e:T rdf:about="http://e/s"/></rdf:RDF>', "rdfxml"),
    ],
)
def test_standard_input_is_told_by_how_it_begins(text: str, format_: str) -> None:
    document = read("-", stdin=io.BytesIO(text.encode()))
    assert (document.format, document.path) == (format_, "-")


def test_a_byte_order_mark_and_windows_line_ends_are_fine() -> None:
    text = "\ufeff" + (PREFIXES + ":s :p 1 ;\n    :q 2 .\n").replace("\n", "\r\n")
    document = parse(text.encode(), path="a.ttl")
    assert locate(document, "http://example.org/s", "http://example.org/q", "2") == 4


def test_blank_nodes_are_named_in_the_order_of_the_text() -> None:
    text = PREFIXES + "[] a ind:PatientCase ; :p [ :q _:x ] , _:y .\n_:y :r _:x ."
    quads = parse(text, path="some/where/seven.ttl").quads
    start = "https://w3id.org/indicant/case/seven/.well-known/genid/b"
    names = [text_of(term) for quad in quads for term in (quad.subject, quad.object)]
    found = [name.removeprefix(start) for name in names if name.startswith(start)]
    assert found == list("123121443")
    assert parse(text, path="other/seven.ttl").quads == quads


def test_documents_without_a_case_never_share_a_blank_node() -> None:
    one = parse("[] <http://e/p> 1 .", path="a/guideline.ttl")
    other = parse("[] <http://e/p> 2 .", path="b/guideline.ttl")
    assert one.quads[0].subject != other.quads[0].subject
    header = "<http://e/onto/> a <http://www.w3.org/2002/07/owl#Ontology> ."
    named = parse(header + "[] <http://e/p> 1 .", path="a.ttl")
    assert text_of(named.quads[1].subject) == "http://e/onto/.well-known/genid/b1"


def test_no_path_of_the_machine_enters_the_graph(tmp_path: Path) -> None:
    file = tmp_path / "my case.ttl"
    file.write_text("<> <#p> <x> .")
    (quad,) = read(file).quads
    assert text_of(quad.subject) == "https://w3id.org/indicant/case/my%20case"
    assert quad.predicate.value == "https://w3id.org/indicant/case/my%20case#p"
    assert text_of(quad.object) == "https://w3id.org/indicant/case/x"


def test_imports_are_listed_and_not_followed() -> None:
    text = "<http://e/> <http://www.w3.org/2002/07/owl#imports> <http://unreachable.invalid/> ."
    assert parse(text, path="a.ttl").imports == ("http://unreachable.invalid/",)


@pytest.mark.parametrize(
    ("path", "content", "message"),
    [
        ("a.ttl", "", "a.ttl: the file is empty"),
        ("a.ttl", "# nothing\n", "a.ttl: the file holds no statements"),
        ("a.ttl", b"\x7fELF\x02\x01" + bytes([9, 200, 7, 3]) * 80, "a.ttl: is binary, not text"),
        ("a.ttl", b"\x89PNG\r\n\x1a\n\x00IHDR stuff and more", "is binary, not text: byte 9"),
        ("a.ttl", "é".encode("utf-16"), "a.ttl: the text is UTF-16, not UTF-8"),
        ("a.ttl", "<http://e/>".encode("utf-16-le"), "a.ttl: the text is UTF-16, not UTF-8"),
        (
            "a.ttl",
            b'@prefix : <http://e/> .\n:s :p "caf\xe9" .',
            "a.ttl:2: the text is not UTF-8: byte 0xE9 at position 35",
        ),
        (
            "a.ttl",
            "@prefix : <http://e/> .\n:s :p 1 .\n:s snomed:9 2 .\n",
            "a.ttl:3:4: prefix 'snomed:' is not declared",
        ),
        (
            "a.ttl",
            "@prefix : <http://e/> .\n:s :p ;; :q .\n",
            "a.ttl:2:7: syntax error: ; is not a valid RDF object",
        ),
        ("a.ttl", "@prefix : <http://e/> .\n:s :p", "a.ttl:2:6: syntax error: Unexpected end"),
        ("a.ttl", "<http://e/a b> <http://e/p> 1 .", "a.ttl:1:1: syntax error: Invalid IRI"),
        ("a.ttl", '<http://e/s> <http://e/p> "' + "x" * 17_000_000 + '" .', "cannot be parsed"),
        ("a.ttl", PREFIXES + "<<( :a :b :c )>> :p 1 .", "syntax error"),
        ("a.ttl", PREFIXES + ":s :p <<( :a :b :c )>> .", "a statement about a statement"),
        ("a.ttl", PREFIXES + ":s :p " + "<<( :a :b " * 100_000, "statements about statements"),
        ("a.jsonld", '{"@id": "http://e/s",\n "http://e/p": }', "a.jsonld:2:16: not JSON"),
        ("a.jsonld", '{"a":' * 20_000 + "1" + "}" * 20_000, "nested more than 100 levels deep"),
        ("a.jsonld", "[" * 500 + "]" * 500, "a.jsonld: nested more than 100 levels deep"),
        ("a.jsonld", "{}", "a.jsonld: the file holds no statements"),
        (
            "a.jsonld",
            '{"@id": "http://e/s",\n "@context": "https://schema.org/"}',
            "a.jsonld:2: the remote context https://schema.org/ is not fetched",
        ),
        (
            "a.jsonld",
            '{"@context": [{"a": "http://e/a"},\n "c.jsonld"], "a": 1}',
            "a.jsonld:2: the remote context c.jsonld is not fetched",
        ),
        (
            "a.jsonld",
            '{"@context": {"a": {"@id": "http://e/a", "@context": "http://e/c"}}, "a": 1}',
            "a.jsonld:1: the remote context http://e/c is not fetched",
        ),
        (
            "a.jsonld",
            '{"@context": {"@import": "http://e/c"}, "http://e/a": 1}',
            "a.jsonld:1: the remote context http://e/c is not fetched",
        ),
        (
            "a.rdf",
            '<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>\n' + XML,
            "a.rdf:2: a document type declaration is not read",
        ),
        ("a.rdf", XML + "<e:a>", "a.rdf:2:6: not XML: no element found"),
        ("a.rdf", XML + "<z:a/></rdf:RDF>", "prefix 'z:' is not declared"),
        ("a.rdf", XML + "<e:a><e:p>" * 60_000, "a.rdf:2: nested more than 100 levels deep"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(
    path: str, content: str | bytes, message: str
) -> None:
    error = refusal(content, path)
    assert message in str(error)
    assert "\n" not in str(error)
    assert len(str(error)) < 400
    assert error.exit_code == 2


def nested_json(depth: int) -> str:
    """Return JSON-LD with a value at a depth, the whole being one."""
    inner = depth - 2
    return '{"http://e/p":' * inner + '{"http://e/p": 1}' + "}" * inner


def nested_xml(depth: int) -> str:
    """Return RDF/XML with an element at a depth, the whole being one."""
    pairs = (depth - 1) // 2
    odd = "<e:a/>" if (depth - 1) % 2 else ""
    return XML + "<e:a><e:p>" * pairs + odd + "</e:p></e:a>" * pairs + "</rdf:RDF>"


@pytest.mark.parametrize(("path", "nested"), [("a.jsonld", nested_json), ("a.rdf", nested_xml)])
def test_what_is_nested_as_deeply_as_is_allowed_is_read(
    path: str, nested: Callable[[int], str]
) -> None:
    """And one level more is refused."""
    assert parse(nested(MAX_DEPTH), path=path).quads
    assert f"nested more than {MAX_DEPTH} levels deep" in str(refusal(nested(MAX_DEPTH + 1), path))


@pytest.mark.parametrize("declared", ["<!DOCTYPE catalog>", '<!DOCTYPE c SYSTEM "c.dtd">'])
def test_a_catalog_with_a_document_type_is_refused_also_without_entities(
    declared: str, tmp_path: Path
) -> None:
    path = tmp_path / "catalog-v001.xml"
    entry = '<uri name="http://e/" uri="e.ttl"/>'
    text = f'<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">{entry}</catalog>'
    path.write_text(text, encoding="utf-8")
    assert dict(catalog(path).items()) == {"http://e/": tmp_path.resolve() / "e.ttl"}
    path.write_text(f"{declared}\n{text}", encoding="utf-8")
    with pytest.raises(IndicantError, match="a catalog with a document type is not read"):
        catalog(path)


@pytest.mark.many(1000)
@pytest.mark.parametrize("depth", [1_000, 50_000])
def test_deep_turtle_does_not_crash(depth: int) -> None:
    document = parse(
        PREFIXES + ":s :p " + "[ :p " * depth + "1" + " ]" * depth + " .", path="a.ttl"
    )
    assert len(document.quads) == depth + 1
    assert locate(document, "http://example.org/s") == 3


def test_an_undeclared_prefix_of_the_ontology_gets_its_namespace() -> None:
    error = refusal("[] a ind:PatientCase .", "a.ttl")
    assert error.help == "add  @prefix ind: <https://w3id.org/indicant/core/> ."
    assert refusal("[] a other:Thing .", "a.ttl").help == "add  @prefix other: <…> ."


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(IndicantError, match="unknown format 'n3'"):
        parse("[] a [] .", path="-", format="n3")


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(IndicantError, match="no such file"):
        read(tmp_path / "absent.ttl")
    with pytest.raises(IndicantError, match="is a directory, not a file"):
        read(tmp_path)
    with pytest.raises(IndicantError, match="cannot be read"):
        read("nul\0byte.ttl")


@pytest.mark.timeout(60)
def test_who_interrupts_opening_a_file_is_heard_and_nobody_loses_a_descriptor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What took the descriptor has closed it by then, and somebody else may have its number."""
    path, others = tmp_path / "x", []
    path.write_text("x", encoding="utf-8")

    def interrupted(handle: int, mode: str) -> None:
        io.FileIO(handle, mode).close()
        others.append(os.open(path, os.O_RDONLY))
        assert others == [handle]
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fdopen", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bounded.opened(path)
    os.close(others[0])


def test_a_file_of_100_megabytes_is_refused_at_once(tmp_path: Path) -> None:
    file = tmp_path / "huge.ttl"
    with file.open("wb") as stream:
        stream.truncate(100_000_000)
    with pytest.raises(IndicantError, match=r"larger than the limit of 20 MB"):
        read(file)


def test_endless_standard_input_is_read_no_further_than_the_limit() -> None:
    class Endless(io.RawIOBase):
        taken = 0

        def read(self, size: int = -1) -> bytes:
            assert size >= 0
            self.taken += size
            return b" " * size

    stream = Endless()
    with pytest.raises(IndicantError, match="<stdin>: larger than the limit"):
        read("-", stdin=stream)  # type: ignore[arg-type]
    assert stream.taken == MAX_BYTES + 1


def test_reading_imports_no_heavy_library() -> None:
    script = (
        "import sys; from indicant.files.rdf import parse; from indicant.files.lines import locate;"
        "d = parse('<http://e/s> <http://e/p> 1 .', path='a.ttl'); locate(d, 'http://e/s');"
        "print([m for m in ('rdflib', 'pyshacl', 'owlready2', 'jpype') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout.strip() == "[]"


def test_lines_of_n_triples_are_those_of_the_statements() -> None:
    text = '# head\n\n<http://e/s> <http://e/p> _:x .\n_:x <http://e/q> "1" . # tail\n'
    document = parse(text, path="a.nt", format="ntriples")
    assert locate(document, None, "http://e/q", "1") == 4
    assert locate(document, "http://e/s", "http://e/p") == 3


def test_the_nearest_line_is_given_where_the_statement_is_missing() -> None:
    text = PREFIXES + ":s\n    :p 1 ;\n    :q 2 .\n\n:o :p :s .\n"
    document = parse(text, path="a.ttl")
    lines = Lines(document)
    base = "http://example.org/"
    assert lines.locate(base + "s", base + "q", "2") == 5
    assert lines.locate(base + "s", base + "q", "3") == 5
    assert lines.locate(base + "s", base + "absent", None) == 3
    assert lines.locate(base + "s") == 3
    assert lines.locate(None, base + "p", base + "s") == 7
    assert lines.locate(base + "nowhere") is None


def test_lines_of_json_ld_and_rdf_xml_come_from_the_text() -> None:
    json = '{"@id": "http://e/s",\n "http://e/p": "x",\n "http://e/q": {"@id": "http://e/o"}}'
    document = parse(json, path="a.jsonld", format="jsonld")
    assert locate(document, "http://e/s", "http://e/q", "http://e/o") == 3
    xml = (
        XML + '<rdf:Description rdf:about="http://e/s">\n<e:p>4</e:p>\n</rdf:Description></rdf:RDF>'
    )
    document = parse(xml, path="a.rdf", format="rdfxml")
    assert locate(document, "http://e/s", "http://example.org/p", "4") == 3


space = st.sampled_from([" ", "\n", ' # [ ( " .\n', "\n\n", "\t"])


@st.composite
def leaf(draw: st.DrawFn) -> str:
    """A term that carries a mark where its line number will be written."""
    return draw(
        st.sampled_from(
            [
                ":L@",
                "<http://example.org/L@>",
                '"L@"',
                "'L@ ] . ; [ #'",
                '"""L@\n "" ] \\" """@en',
                '"L@"^^:d.t',
                '"L@"@en-GB',
            ]
        )
    )


@st.composite
def properties(draw: st.DrawFn, node: st.SearchStrategy[str]) -> str:
    verbs = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["a", ":p", ":q.r", "<http://example.org/p>"]),
                st.lists(node, min_size=1, max_size=3),
            ),
            min_size=1,
            max_size=3,
        )
    )
    gap = draw(space)
    rows = [verb + gap + f"{gap},{gap}".join(objects) for verb, objects in verbs]
    return f"{gap};{gap}".join(rows) + draw(st.sampled_from(["", " ;", " ; ;"])) + gap


nodes = st.recursive(
    leaf(),
    lambda inner: st.one_of(
        properties(inner).map(lambda text: f"[{text}]"),
        st.lists(inner, max_size=3).map(lambda items: "( " + " ".join(items) + " )"),
        st.sampled_from(["[]", "()", "4", "4.5", "true", "-1e0", "_:b.c"]),
    ),
    max_leaves=12,
)


@st.composite
def turtle(draw: st.DrawFn) -> str:
    subject = st.one_of(
        st.sampled_from([":s", ":a.b", "_:x", "<http://example.org/y>", "[]", "( 1 [ :p 2 ] )"]),
        properties(nodes).map(lambda text: f"[{text}]"),
    )
    statements = draw(st.lists(st.tuples(subject, properties(nodes)), min_size=1, max_size=3))
    return "\n".join(f"{one} {rest}." + draw(space) for one, rest in statements)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(turtle(), st.booleans())
def test_lines_are_exact_however_turtle_is_laid_out(text: str, in_a_graph: bool) -> None:
    """The scanner keeps step with the parser, whose order of statements is its own."""
    head = PREFIXES + "@prefix d: <http://example.org/d> .\nBASE <http://example.org/>\n"
    text = head + (f"GRAPH :g {{ {text}\n}} [] {{ :s :p :o }}" if in_a_graph else text)
    pieces, line = [], 1
    for piece in each(re.split(r"(@(?!prefix|en)|\n)", text)):
        pieces.append(f"{line}x" if piece == "@" else piece)
        line += piece == "\n"
    document = parse("".join(pieces), path="a.trig", format="trig" if in_a_graph else "turtle")
    lines = Lines(document)
    for quad in document.quads:
        mark = re.search(r"L(\d+)x", text_of(quad.object))
        if mark and not quad.predicate.value.startswith(RDF + "first"):
            found = [
                place.object for other, place in lines._rows if place is not None and other is quad
            ]
            assert found == [int(mark.group(1))]


def test_lists_written_link_by_link_do_not_lose_the_lines_of_the_rest() -> None:
    """However the links are written, with strings and anonymous nodes in them."""
    text = f"""{PREFIXES}@prefix r: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
:a :p _:l .
_:l r:first "x" , [ :q 1 ] ;
  <http://www.w3.org/1999/02/22-rdf-syntax-ns#rest> ( 2 3 ) .
:b :p
  "y" .
"""
    lines = Lines(parse(text, path="a.ttl"))
    base = "http://example.org/"
    assert lines.exact(base + "b", base + "p", "y") == 8
    assert lines.exact(None, base + "q", "1") == 5
    assert lines.exact(base + "a", base + "p", None) == 4
