"""The form of the house: it loses nothing, it is stable, and all Turtle here has it."""

from __future__ import annotations

import io
import json
import os
import random
import re
import sys
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from indicant import cli
from indicant.errors import IndicantError
from indicant.files.comments import CommentError, comment
from indicant.files.turtle import MAX_NESTED, WIDTH, files, tidy
from places import ROOT, TESTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

EX = "https://example.org/x#"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
HEAD = f"@prefix : <{EX}> .\n\n"
HERE = "https://example.org/somewhere/else/file"

OWN = ("ontology", "shapes", "examples", "tests")


def counted(path: Path) -> bool:
    """Return whether a text stands beside a file that names lines of what is broken in it."""
    return any(
        parent.name.startswith("breaks-") or (parent / "expected.txt").is_file()
        for parent in path.parents
        if parent.is_relative_to(TESTS)
    )


TURTLE = sorted(
    path.relative_to(ROOT)
    for folder in OWN
    for path in (ROOT / folder).rglob("*.ttl")
    if not counted(path)
)


def canonical(text: str, base: str = HERE) -> ox.Dataset:
    """Return the statements of a text, with blank nodes named by what is said of them."""
    parsed = ox.parse(text.removeprefix("\ufeff"), format=ox.RdfFormat.TURTLE, base_iri=base)
    found = ox.Dataset(parsed)
    found.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0_SHA_256)
    return found


def tidied(text: str) -> str:
    """Return a text in the form, having checked that it says the same and is stable."""
    result = tidy(text, file="a.ttl")
    assert canonical(result) == canonical(text)
    assert tidy(result, file="a.ttl") == result
    assert comment(result) is None
    return result


@pytest.mark.many(2)
@pytest.mark.parametrize("folder", OWN)
def test_all_turtle_of_the_repository_has_the_form(folder: str) -> None:
    texts = {
        path: (ROOT / path).read_bytes().decode() for path in TURTLE if path.parts[0] == folder
    }
    other = [str(path) for path, text in texts.items() if tidy(text, file=str(path)) != text]
    assert not other, f"run  indicant fmt {' '.join(other)}"


# ------------------------------------------------------------------------------ any graph

characters = st.characters(exclude_categories=["Cs"])
odd = st.sampled_from("\"\\\n\r\t\b\f'#<>@^`\x00\x7f\x85\u202e\u2028\ufeff\U0001f600 ")
strings = st.lists(st.one_of(odd, characters), max_size=8).map("".join)
iris = st.sampled_from(
    [
        *(
            f"{EX}{name}"
            for name in ("a", "b", "Thing", "é", "1", "a.b", "a-", "-a", "a/b", "", "%20")
        ),
        "https://example.org/x",
        "https://example.org/",
        "urn:a:b?c#d",
        "http://example.org/y_z",
        "http://example.org/y_",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#type",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#first",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#rest",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#nil",
        "http://www.w3.org/2000/01/rdf-schema#label",
        "http://www.w3.org/2001/XMLSchema#integer",
        "mailto:a@b.example",
        "https://例え.example/路?q=%C3%A9",
        "https://indicant.invalid-not/x",
    ]
).map(ox.NamedNode)
blanks = st.sampled_from(["a", "b1", "b2", "c.d", "x-y", "é"]).map(ox.BlankNode)
numbers = st.sampled_from(["1", "01", "+1", "-0", "1.0", ".5", "5.", "1e3", "1.E-3", "true", "one"])
types = st.sampled_from(["integer", "decimal", "double", "boolean", "date", "string", "float"])
literals = st.one_of(
    strings.map(ox.Literal),
    st.builds(
        lambda text, tag: ox.Literal(text, language=tag),
        strings,
        st.sampled_from(["en", "de-at", "zh-hant-tw", "en-x-us", "sl-rozaj-biske-1994"]),
    ),
    st.builds(
        lambda text, kind: ox.Literal(
            text, datatype=ox.NamedNode(f"http://www.w3.org/2001/XMLSchema#{kind}")
        ),
        numbers,
        types,
    ),
)
triples = st.builds(ox.Triple, st.one_of(iris, blanks), iris, st.one_of(iris, blanks, literals))
headers = st.lists(
    st.sampled_from(
        [
            f"@prefix : <{EX}> .",
            f"@prefix ex: <{EX}> .",
            "prefix y: <http://example.org/y_>",
            "@prefix o: <https://example.org/> .",
            "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .",
            "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .",
            "BASE <https://example.org/x>",
            "@prefix r: <#> .",
        ]
    ),
    max_size=5,
)


@pytest.mark.slow
@given(headers, st.lists(triples, min_size=1, max_size=12))
@settings(max_examples=400, deadline=None)
def test_any_graph_keeps_its_statements(header: list[str], rows: list[ox.Triple]) -> None:
    body = ox.serialize(rows, format=ox.RdfFormat.N_TRIPLES)
    assert body is not None
    tidied("\n".join([*header, body.decode()]))


def nest(draw: random.Random, depth: int) -> str:
    """Return a random object as people write it: nested, in lists, in every kind of quotes."""
    kind = draw.randrange(9 if depth else 6)
    if kind == 0:
        return draw.choice([":a", "<#b>", "<c/d>", "<>", "<../e>", "()", "[]", "[ ]"])
    if kind == 1:
        return draw.choice(["1", "-1.50", "1e3", "true", "007"])
    if kind == 2:
        return draw.choice(
            ["'it'", "'''a\n\"b\"'''", '"""\\"""c\\u00e9"""', '"#"', '"a\\nb"@EN-gb']
        )
    if kind == 3:
        return '"1"^^:type'
    if kind < 6:
        return f"_:n{draw.randrange(4)}"
    if kind == 6:
        return f"( {' '.join(nest(draw, depth - 1) for _ in range(draw.randrange(4)))} )"
    return f"[ {pairs(draw, depth - 1)} ]"


def pairs(draw: random.Random, depth: int) -> str:
    """Return random predicates with their objects."""
    predicates = [":p", ":q", "a", "<http://www.w3.org/1999/02/22-rdf-syntax-ns#rest>"]
    found = []
    for _ in range(draw.randint(1, 3)):
        values = [nest(draw, depth) for _ in range(draw.randint(1, 3))]
        found.append(f"{draw.choice(predicates)} {' , '.join(values)}")
    return " ; ".join(found)


@pytest.mark.slow
@given(st.integers(0, 2**32))
@settings(max_examples=400, deadline=None)
@example(0)
def test_any_way_to_write_it_is_understood(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - a test
    subjects = [":a", ":b", "_:n0", "_:n1", "[]", "[ :p 1 ]", "( 1 )", "<#c>"]
    lines = [f"{draw.choice(subjects)} {pairs(draw, 3)} ." for _ in range(draw.randint(1, 5))]
    tidied(f"@prefix : <{EX}> .\n" + "\r\n".join(lines))


# ------------------------------------------------------------------------------- the form


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            f":a :p 1 ; a :B ; <{LABEL}> 'x'@EN .",
            f':a\n    a :B ;\n    <{LABEL}> "x"@en ;\n    :p 1 ;\n.\n',
            id="type and label come first",
        ),
        pytest.param(
            ":a :q 1 . :b :q 2 . :a :p 3 .",
            ":a\n    :q 1 ;\n    :p 3 ;\n.\n\n:b\n    :q 2 ;\n.\n",
            id="a subject stands once, where it stood first",
        ),
        pytest.param(
            ":a :p [ :q :c , :b ; :r [] ] .",
            ":a\n    :p [\n        :q :c , :b ;\n        :r [] ;\n    ] ;\n.\n",
            id="objects keep their order",
        ),
        pytest.param(
            ":a :p 1 , [ :q 2 ] , 3 , 4 .",
            ":a\n    :p 1 ;\n    :p [\n        :q 2 ;\n    ] ;\n    :p 3 , 4 ;\n.\n",
            id="what spans lines has a statement of its own",
        ),
        pytest.param(
            ":a :p ( 1 :b ) , ( [ :q 2 ] ) .",
            ":a\n    :p ( 1 :b ) ;\n"
            "    :p (\n        [\n            :q 2 ;\n        ]\n    ) ;\n.\n",
            id="a list stands on a line if it can",
        ),
        pytest.param(
            "_:x :q 1 . :a :p _:x .",
            ":a\n    :p [\n        :q 1 ;\n    ] ;\n.\n",
            id="a blank node stands where it is referred to",
        ),
        pytest.param(
            ":a :p _:x , _:x ; :q _:x .",
            ":a\n    :p _:x ;\n    :q _:x ;\n.\n",
            id="unless that is in two places",
        ),
        pytest.param(
            "_:x :p _:y . _:y :p _:x . _:z :p _:x , _:z .",
            "_:x\n    :p [\n        :p _:x ;\n    ] ;\n.\n\n_:z\n    :p _:x , _:z ;\n.\n",
            id="circles keep the names of their nodes",
        ),
        pytest.param("[ :p 1 ] .", "[]\n    :p 1 ;\n.\n", id="nobody refers to it"),
        pytest.param(
            ":a :p '''one\ntwo \\\"\"\" \\t'''.",
            ':a\n    :p """one\ntwo \\""" \t""" ;\n.\n',
            id="text of several lines stands in long quotes",
        ),
        pytest.param(
            ':a :p "\\t\\u202e\\"", \'\U0001f469\u200d\u2695\ufe0f \u05d0\'.',
            ':a\n    :p "\\t\\u202E\\"" , "\U0001f469\u200d\u2695\ufe0f \u05d0" ;\n.\n',
            id="what cannot be seen is escaped, and nothing else",
        ),
        pytest.param(
            ":a :p 'a'@de-at , 'b'@zh-hant-tw , 'c'@ar--rtl .",
            ':a\n    :p "a"@de-AT , "b"@zh-Hant-TW , "c"@ar--rtl ;\n.\n',
            id="language tags have the case of RFC 5646",
        ),
    ],
)
def test_the_form(before: str, after: str) -> None:
    assert tidied(HEAD + before) == HEAD + after


def test_a_line_is_no_longer_than_it_has_to_be() -> None:
    long = [f":{'x' * 30}{number}" for number in range(4)]
    shown = tidied(f"{HEAD}:a :p {','.join(long)} ; :q ({' '.join(long)}) .")
    assert max(map(len, shown.splitlines())) <= WIDTH
    assert shown.count(" ,\n        :x") == 3
    assert shown.count("\n        :x") == 3 + 4


def test_two_prefixes_for_one_namespace_become_one() -> None:
    text = (
        f"@prefix long: <{EX}> . @prefix s: <{EX}> . @prefix unused: <urn:x:> . long:a s:p long:b ."
    )
    assert (
        tidied(text)
        == f"@prefix s: <{EX}> .\n@prefix unused: <urn:x:> .\n\ns:a\n    s:p s:b ;\n.\n"
    )


@pytest.mark.parametrize("head", ["PREFIX", "prefix", "@prefix"])
def test_a_prefix_is_written_as_every_parser_of_turtle_reads_it(head: str) -> None:
    text = f"{head} : <{EX}> {'.' if head[0] == '@' else ''}\n:a :p 1 ."
    assert tidied(text) == f"@prefix : <{EX}> .\n\n:a\n    :p 1 ;\n.\n"


def test_one_prefix_for_two_namespaces_keeps_both() -> None:
    text = f"@prefix p: <{EX}> . p:a p:b 1 . @prefix p: <urn:x:> . p:a p:b 2 ."
    assert f"<{EX}a>\n    <{EX}b> 1 ;" in tidied(text)
    assert "p:a\n    p:b 2 ;" in tidied(text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<#a> <> <b/c> .", "<#a>\n    <> <b/c> ;\n.\n"),
        ("<../a> <./> <?q> .", "<../a>\n    <./> <?q> ;\n.\n"),
        ("@prefix : <#> .\n:a :b <./c:d> .", "@prefix : <#> .\n\n:a\n    :b <./c:d> ;\n.\n"),
        ("BASE <urn:x:y>\n<#a> <#b> 1 .", "<urn:x:y#a>\n    <urn:x:y#b> 1 ;\n.\n"),
    ],
)
def test_relative_iris_stay_relative(before: str, after: str) -> None:
    assert tidied(before) == after


@pytest.mark.parametrize("iri", ["/a", "/0a/b"])
def test_what_depends_on_where_the_file_is_is_refused(iri: str) -> None:
    with pytest.raises(
        IndicantError, match=r"^a.ttl: has a relative IRI that depends on"
    ) as caught:
        tidy(f"<{iri}> <urn:x:p> 1 .", file="a.ttl")
    assert caught.value.help


def test_windows_line_ends_tabs_and_a_byte_order_mark_are_read() -> None:
    text = "\ufeff@prefix :\t<urn:x:> .\r\n:a\t:p\t1 .\r\n"
    assert tidied(text) == "@prefix : <urn:x:> .\n\n:a\n    :p 1 ;\n.\n"


def test_windows_line_ends_within_a_text_are_kept() -> None:
    assert tidied(f"{HEAD}:a :p '''a\r\nb''' .").endswith(':p """a\\r\nb""" ;\n.\n')


def test_lists_that_are_none_are_written_out() -> None:
    rdf = "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .\n"
    for body in (
        ":a :p _:x . _:x rdf:first 1 ; rdf:rest _:x .",
        ":a :p _:x . _:x rdf:first 1 , 2 ; rdf:rest () .",
        ":a :p _:x . _:x rdf:first 1 ; rdf:rest () , () , _:y .",
        ":a :p _:x . _:x rdf:first 1 ; rdf:rest () ; a rdf:List .",
        ":a :p _:x . _:x rdf:first 1 ; rdf:rest _:y . _:y rdf:first 2 .",
        ":a :p _:x , _:y . _:x rdf:first 1 ; rdf:rest _:y . _:y rdf:first 2 ; rdf:rest () .",
        "( 1 2 ) :p ( 3 ) .",
    ):
        assert "rdf:first" in tidied(rdf + HEAD + body)


# ------------------------------------------------------------------------ limits of size


@pytest.mark.slow
@pytest.mark.parametrize("around", ["[ :p {} ]", "( 1 {} )"])
def test_deep_nesting_is_cut_into_pieces(around: str) -> None:
    opening, closing = around.split("{}")
    for depth in (MAX_NESTED - 1, MAX_NESTED, MAX_NESTED + 1, 3 * MAX_NESTED):
        tidied(f"{HEAD}:a :p {opening * depth} 1 {closing * depth} .")
    depth = 5000
    shown = tidy(f"{HEAD}:a :p {opening * depth} 2 {closing * depth} .", file="a.ttl")
    assert tidy(shown, file="a.ttl") == shown
    deepest = max(len(line) - len(line.lstrip()) for line in shown.splitlines())
    assert deepest <= 4 * (MAX_NESTED + 2)


@pytest.mark.slow
def test_a_long_chain_of_named_blank_nodes_is_cut_into_pieces() -> None:
    links = " ".join(f"_:n{number} :p _:n{number + 1} ." for number in range(5000))
    shown = tidy(f"{HEAD}{links}", file="a.ttl")
    assert tidy(shown, file="a.ttl") == shown
    assert shown.count(":p") == 5000


@pytest.mark.slow
def test_long_lists_and_many_objects_are_no_burden() -> None:
    items = list(map(str, range(50_000)))
    shown = tidy(f"{HEAD}:a :p ( {' '.join(items)} ) ; :q {','.join(items)} .", file="a.ttl")
    assert shown.count("\n") == 2 * len(items) + 6
    assert tidy(shown, file="a.ttl") == shown


# ------------------------------------------------------------------------------- comments


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# a\n:a :b 1 .", 1),
        (":a :b <x#y> , 'x # y' ,\n'''\n# z''' , :a\\#b .", None),
        (':a :b """x\n"" # no""" . # yes', 2),
        (":a :b 'it\\'s # no' .\r\n\r\n#", 3),
        (":a :b 1 .", None),
    ],
)
def test_comments_are_found(text: str, line: int | None) -> None:
    text = f"@prefix : <{EX}> . {text}"
    assert comment(text) == line
    if line is not None:
        with pytest.raises(CommentError, match=rf"^a.ttl:{line}: holds a comment"):
            tidy(text, file="a.ttl")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEAD}:a :p", "a.ttl:3:"),
        (":a :p 1 .", "a.ttl:1:1: prefix ':' is not declared"),
        (HEAD, "a.ttl: the file holds no statements"),
        (f"{HEAD}:a :p <<( :a :b :c )>> .", "a.ttl: a statement about a statement"),
        ("<x> <http://a b> 1 .", "a.ttl:1:5: syntax error"),
    ],
)
def test_what_is_no_turtle_is_refused(text: str, said: str) -> None:
    with pytest.raises(IndicantError) as caught:
        tidy(text, file="a.ttl")
    assert str(caught.value).startswith(said)


# ---------------------------------------------------------------------------- the command

BEFORE = f"@prefix : <{EX}> .\n:a :p 1 .\n"
AFTER = f"@prefix : <{EX}> .\n\n:a\n    :p 1 ;\n.\n"


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(["fmt", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def put(room: Path, names: Sequence[str], text: str = BEFORE) -> None:
    for name in names:
        (room / name).parent.mkdir(parents=True, exist_ok=True)
        (room / name).write_bytes(text.encode())


def test_files_are_rewritten_once(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(room, ["b/c.ttl", "a.ttl", ".hidden/d.ttl", "b/e.txt"])
    assert run(capsys)[:2] == (0, "")
    assert (room / "a.ttl").read_text() == (room / "b/c.ttl").read_text() == AFTER
    assert (room / ".hidden/d.ttl").read_text() == (room / "b/e.txt").read_text() == BEFORE
    seen = (room / "a.ttl").stat().st_mtime_ns
    assert run(capsys, "a.ttl", "b") == (0, "", "")
    assert (room / "a.ttl").stat().st_mtime_ns == seen


def test_what_was_rewritten_is_told(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(room, ["b.ttl", "a.ttl"])
    assert run(capsys) == (0, "", "formatted a.ttl\nformatted b.ttl\n")


def test_check_writes_nothing_and_says_where(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(room, ["a.ttl"])
    put(room, ["b.ttl"], AFTER)
    put(room, ["c.ttl"], AFTER + "# by hand\n")
    code, out, err = run(capsys, "--check")
    assert (code, err) == (1, "")
    assert out.splitlines()[0].startswith("a.ttl:2: error: is not in the form of the house")
    assert "c.ttl:6: error: holds a comment, which would be lost" in out
    assert out.endswith("3 files, 2 of them to be changed\n")
    assert (room / "a.ttl").read_text() == BEFORE
    assert run(capsys, "--check", "b.ttl")[0] == 0


@pytest.mark.parametrize(
    "text", [AFTER.replace("\n", "\r\n"), f"\ufeff{AFTER}", f"\ufeff{AFTER}".replace("\n", "\r\n")]
)
def test_what_windows_does_to_a_file_is_no_fault_of_form(
    text: str, room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(room, ["a.ttl"], text)
    code, out, err = run(capsys, "--check")
    assert (code, err) == (0, "")
    assert out.startswith("a.ttl: note: has the form, with the line ends or the byte order mark")
    assert "*.ttl text eol=lf  in .gitattributes" in out
    assert out.endswith("1 file, none of them to be changed\n")
    for arguments in (["--diff"], []):
        code, out, err = run(capsys, *arguments)
        assert (code, out) == (0, "")
        assert err.startswith("a.ttl: has the form")
        assert ".gitattributes" in err
    assert (room / "a.ttl").read_bytes() == text.encode()


def test_line_ends_within_a_text_go_with_those_of_the_file(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Git turns those as well: where the others are of Unix, they are meant and stay."""
    whole = f'@prefix : <{EX}> .\n\n:a\n    :p """a\nb""" ;\n.\n'
    put(room, ["a.ttl"], whole.replace("\n", "\r\n"))
    put(room, ["b.ttl"], whole.replace("a\nb", "a\r\nb"))
    code, out, _ = run(capsys, "--check")
    assert (code, out.count(": note:")) == (1, 1)
    assert "b.ttl:4: error" in out


def test_other_faults_are_found_whatever_the_line_ends(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(room, ["a.ttl"], BEFORE.replace("\n", "\r\n"))
    assert run(capsys, "--check")[0] == 1
    assert run(capsys, "a.ttl") == (0, "", "formatted a.ttl\n")
    assert (room / "a.ttl").read_text() == AFTER


def test_check_reports_to_machines(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(room, ["a.ttl"])
    code, out, _ = run(capsys, "--check", "--format", "sarif")
    (result,) = json.loads(out)["runs"][0]["results"]
    assert (code, result["ruleId"]) == (1, "form")


def test_the_difference_is_shown(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(room, ["a.ttl"])
    code, out, err = run(capsys, "--diff", "a.ttl")
    assert (code, err) == (1, "")
    assert "-:a :p 1 .\n+\n+:a\n+    :p 1 ;\n+.\n" in out
    assert (room / "a.ttl").read_text() == BEFORE
    put(room, ["a.ttl"], AFTER)
    assert run(capsys, "--diff", "a.ttl") == (0, "", "")


def test_standard_input_goes_to_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BEFORE.encode())))
    assert run(capsys, "-") == (0, AFTER, "")


def test_a_comment_is_never_lost(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(room, ["a.ttl"], BEFORE + "# mine\n")
    put(room, ["b.ttl"])
    code, out, err = run(capsys, "a.ttl")
    assert (code, out) == (2, "")
    assert err.startswith("indicant: a.ttl:3: holds a comment, which would be lost\n  help: ")
    assert run(capsys)[0] == 2
    assert (room / "a.ttl").read_text().endswith("# mine\n")
    assert (room / "b.ttl").read_text() == AFTER


def test_one_bad_file_does_not_hide_the_others(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(room, ["a.ttl"], ":a :p")
    put(room, ["b.ttl"])
    code, out, err = run(capsys, "--check")
    assert code == 2
    assert "b.ttl:2: error" in out
    assert err.startswith("indicant: a.ttl:1:1: prefix ':' is not declared")


@pytest.mark.parametrize("name", ["a.nt", "a.jsonld", "a.rdf", "a.trig", "a.NQ"])
def test_other_formats_are_refused(
    room: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    put(room, [name])
    code, out, err = run(capsys, name)
    assert (code, out) == (2, "")
    assert re.match(rf"indicant: {re.escape(name)}: is \w+ by its name, and only Turtle", err)


def test_other_encodings_are_refused(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (room / "a.ttl").write_bytes(BEFORE.encode("utf-16"))
    assert run(capsys, "a.ttl")[2].startswith("indicant: a.ttl: the text is UTF-16, not UTF-8")
    (room / "a.ttl").write_bytes(f"{HEAD}:a :p 'Mühe' .".encode("latin-1"))
    code, _, err = run(capsys, "a.ttl")
    assert code == 2
    assert err.startswith("indicant: a.ttl:3: the text is not UTF-8")


def test_missing_files_and_misuse_are_told(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "no.ttl")[::2] == (2, "indicant: no.ttl: no such file\n")
    put(room, ["a.ttl"])
    assert run(capsys, "a.ttl", "--format", "json")[0] == 2
    assert run(capsys, "--check", "--diff")[0] == 2
    assert (room / "a.ttl").read_text() == BEFORE


def test_links_stay_links(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(room, ["real/a.ttl"])
    (room / "linked").mkdir()
    (room / "linked" / "a.ttl").symlink_to(room / "real" / "a.ttl")
    (room / "linked" / "round").symlink_to(room / "linked", target_is_directory=True)
    assert run(capsys, "linked", "real") == (0, "", "formatted linked/a.ttl\n")
    assert (room / "linked" / "a.ttl").is_symlink()
    assert (room / "real" / "a.ttl").read_text() == AFTER
    assert files(["linked", "real"]) == ["linked/a.ttl"]


@pytest.mark.skipif(os.name != "posix", reason="rights are those of POSIX")
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may do all")
def test_a_folder_without_rights_is_told(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(room, ["sealed/a.ttl"])
    (room / "sealed").chmod(0o500)
    try:
        code, _, err = run(capsys, "sealed")
    finally:
        (room / "sealed").chmod(0o700)
    assert code == 2
    assert err.startswith("indicant: sealed/a.ttl: cannot be written: ")
    assert (room / "sealed/a.ttl").read_text() == BEFORE


def test_a_file_that_cannot_be_written_stays_as_it_was(
    room: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(room, ["a.ttl"])

    def fail(*_arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", fail)
    code, _, err = run(capsys, "a.ttl")
    assert (code, err) == (2, "indicant: a.ttl: cannot be written: Permission denied\n")
    assert [path.name for path in room.iterdir()] == ["a.ttl"]
    assert (room / "a.ttl").read_text() == BEFORE


def test_a_file_that_is_too_large_is_refused(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (room / "a.ttl").open("wb") as file:
        file.truncate(50_000_001)
    code, _, err = run(capsys, "a.ttl")
    assert code == 2
    assert err.startswith("indicant: a.ttl: larger than the limit of 50 MB")
