"""Whatever the texts of a guideline and a case hold, what is printed says what it would say.

Every text and every name of a small guideline and of a case gets a hostile tail. Each verb then
prints, in each format, as many lines as with a harmless tail, indented alike, without a character
that steers, and in Markdown with the same markup.
"""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicant import foreign
from indicant.errors import IndicantError
from indicant.files.rdf import parse
from indicant.foreign import (
    as_json,
    as_rdf,
    code,
    fenced,
    in_csv,
    joined,
    json_shown,
    marked,
    markup,
    plain,
)
from running import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GUIDELINE: Final = """\
@prefix bibo: <http://purl.org/ontology/bibo/> .
@prefix cito: <http://purl.org/spar/cito/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ex: <https://example.org/rain/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

<https://example.org/rain/> a owl:Ontology , ind:Guideline ;
    rdfs:label "rain"@en ; dcterms:title "going out"@en ; dcterms:description "what to take"@en ;
    dcterms:source ex:document ; ind:scope ex:InScope ;
    owl:versionIRI <https://example.org/rain/1> ; owl:versionInfo "1" .
ex:document a ind:SourceDocument ; rdfs:label "document"@en ; dcterms:title "before you go"@en .
ex:s01 a ind:Passage ; dcterms:identifier "s01" ; oa:hasSource ex:document ;
    oa:hasSelector ex:s01-position ; ind:section "Rain" ; ind:paraphrase "rain calls for it"@en ;
    ind:sha256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" .
ex:s01-position a oa:TextPositionSelector ; oa:start 0 ; oa:end 9 .
ex:first a ind:Phase ; rdfs:label "at first"@en ; skos:definition "before"@en ; ind:order 1 .
ex:Rain a owl:Class ; rdfs:label "rain"@en ; skos:definition "water"@en ;
    skos:altLabel "drops"@en ; ind:question "Does it rain?"@en ; ind:establishedBy ex:Look ;
    rdfs:subClassOf ind:Finding .
ex:Storm a owl:Class ; rdfs:label "storm"@en ; skos:definition "wind"@en ;
    ind:question "Does it blow?"@en ; ind:establishedBy ex:Look ; rdfs:subClassOf ind:Finding .
ex:Look a owl:Class ; rdfs:label "look outside"@en ; skos:definition "a look"@en ;
    rdfs:subClassOf ind:Investigation .
ex:Umbrella a owl:Class ; rdfs:label "umbrella"@en ; skos:definition "roof"@en ;
    rdfs:subClassOf ind:Intervention .
ex:Boots a owl:Class ; rdfs:label "boots"@en ; skos:definition "shoes"@en ;
    rdfs:subClassOf ind:Intervention .
ex:Tent a owl:Class ; rdfs:label "tent"@en ; skos:definition "house"@en ;
    rdfs:subClassOf ind:Intervention .
ex:InScope a owl:Class , ind:Criterion ; rdfs:label "anybody"@en ;
    skos:definition "patient case with rain"@en ; rdfs:subClassOf ind:PatientCase ;
    ind:restsOn ex:s01 ; owl:equivalentClass [ a owl:Restriction ;
    owl:onProperty ind:hasFinding ; owl:someValuesFrom ex:Rain ] .
ex:InStorm a owl:Class , ind:Criterion ; rdfs:label "in a storm"@en ;
    skos:definition "patient case with storm"@en ; rdfs:subClassOf ind:PatientCase ;
    ind:restsOn ex:s01 ; owl:equivalentClass [ a owl:Restriction ;
    owl:onProperty ind:hasFinding ; owl:someValuesFrom ex:Storm ] .
ex:take a ind:Indication ; rdfs:label "take an umbrella"@en ; ind:action ex:Umbrella ;
    ind:criterion ex:InScope ; ind:strength "take it"@en ; ind:urgency ind:Routine ;
    ind:phase ex:first ; ind:restsOn ex:s01 ; dcterms:isPartOf <https://example.org/rain/> .
ex:leave a ind:Contraindication ; rdfs:label "leave it"@en ; ind:action ex:Umbrella ;
    ind:criterion ex:InScope ; ind:strength "leave it"@en ; ind:urgency ind:Routine ;
    ind:restsOn ex:s01 ; dcterms:isPartOf <https://example.org/rain/> .
ex:wear a ind:Indication ; rdfs:label "wear boots"@en ; ind:action ex:Boots ;
    ind:criterion ex:InScope ; ind:strength "wear them"@en ; ind:urgency ind:Immediate ;
    ind:restsOn ex:s01 ; dcterms:isPartOf <https://example.org/rain/> .
ex:stay a ind:Indication ; rdfs:label "stay in a tent"@en ; ind:action ex:Tent ;
    ind:criterion ex:InStorm ; ind:strength "stay there"@en ; ind:urgency ind:Urgent ;
    ind:restsOn ex:s01 ; dcterms:isPartOf <https://example.org/rain/> .
ex:tension a ind:Tension ; rdfs:label "both at once"@en ; dcterms:description "take or leave"@en ;
    ind:resolution "read as take"@en ; ind:restsOn ex:s01 ; ind:touches ex:take .
ex:P1 a ind:Publication ; dcterms:title "a study"@en ; ind:authors "Drop" ; ind:venue "J Rain" ;
    dcterms:issued "2020"^^xsd:gYear ; cito:disputes ex:s01 .
ex:P1-s01 a ind:EvidenceLink ; ind:publication ex:P1 ; ind:passage ex:s01 ;
    ind:relation cito:disputes ; ind:note "not so"@en ; ind:basis "abstract seen"@en .
"""
CASE: Final = """\
@prefix : <https://example.org/case#> .
@prefix ex: <https://example.org/rain/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:case a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ; ind:hasFinding :rain ;
    ind:received :boots ; ind:proposes ex:Umbrella .
:rain a ex:Rain . :boots a ex:Boots .
"""
STRING: Final = "http://www.w3.org/2001/XMLSchema#string"
OURS: Final = re.compile(r"https://example\.org/(rain/.|case#.)")
MISTAKE: Final = "indicant: |  help: |$"
FINDING: Final = (
    r".*: (violation|warning|error|note): .* \[[\w:-]+\]$|  (help|see)|\d+ .* rules: .*|$"
)
KEPT: Final = ("sha256", "identifier")
EVERY: Final = (
    "\n\nNEXT tablet\r\rNEXT a\x1b[2K\x1b]0;t\x07\x9b1A\x08\x08\x7f\u202etnemtaert\u2066x\u2069"
    "\u200f\u2028NEXT\u2029NEXT\x85NEXT\x0b\x0c\x1c\u200b\u2060\ufeff\u3164\u2800\t\\ "
    "`*a*` _b_ **c** [d](https://e.f) ![g](h) <b>i</b> <!-- j --> |k| ~~l~~ #1 # m &lt; $n$ @o "
    "https://p.q www.r.s - t\n- u\n1. v\n> w\n# x\n```\ny\n---\n===\n</details>"
)
MARKS: Final = (
    "\nNEXT tablet", "[a](b)", "![", "<b>", "**", "`", "```\n", "\n# ", "\n- ", "\n1. ", "\x1b[31m",
    "https://a.b", "\\", "&#10;", "@a", "#1", "\U000e0041", "\n| --- |\n",
)  # fmt: skip
PIECES: Final = st.sampled_from([*sorted(set(EVERY)), *MARKS])
TEXTS: Final = st.lists(PIECES | st.characters(codec="utf-8"), min_size=6, max_size=12).map("".join)
BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
CONTROLS: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def harmless(text: str) -> str:
    """Return text of the same shape, in which nothing is hostile."""
    shown = "".join(" " if one.isspace() else plain(one) for one in text)
    return "".join(one if one in " " or one.isalnum() else "x" for one in shown)


def of_iri(tail: str) -> str:
    """Return what of a text an IRI can hold, for Java as well, and is no letter."""
    return "".join(one for one in tail if one in "\u200b\u200f\u202e\u2060\u2066\u3164")


def with_tails(turtle: str, tail: str, name: str) -> str:
    """Return a document, as N-Triples, in which texts end in one tail and names in another."""

    def term(one: object, kept: bool) -> object:
        if isinstance(one, ox.NamedNode) and OURS.match(one.value):
            return ox.NamedNode(one.value + name)
        if kept or not isinstance(one, ox.Literal):
            return one
        if one.language:
            return ox.Literal(f"{one.value} {tail}.", language=one.language)
        return ox.Literal(f"{one.value} {tail}.") if one.datatype.value == STRING else one

    found = []
    for quad in ox.parse(turtle, format=ox.RdfFormat.TURTLE):
        kept = quad.predicate.value.endswith(KEPT)
        subject, value = term(quad.subject, kept), term(quad.object, kept)
        found.append(ox.Triple(subject, quad.predicate, value))  # type: ignore[arg-type]
    return (ox.serialize(found, format=ox.RdfFormat.N_TRIPLES) or b"").decode()


def found_place(folder: Path, tail: str, name: str, odd: str) -> None:
    """Write the files that the verbs run on."""
    other = GUIDELINE.replace("criterion ex:InStorm", "criterion ex:InScope")
    apart = GUIDELINE.replace("/rain/", "/rain/and/").replace("/case#", "/case#and-")
    newer = other.replace("/rain/1", "/rain/2").replace('versionInfo "1"', 'versionInfo "2"')
    places = {"new": GUIDELINE, "old": other, "apart": apart, "newer": newer}
    for path, text in places.items():
        (folder / path).mkdir(parents=True)
        (folder / path / "guideline.ttl").write_text(with_tails(text, tail, name), "utf-8")
    (folder / "case.ttl").write_text(with_tails(CASE, tail, name), "utf-8")
    broken = CASE.replace("a ex:Rain", 'a ex:Rain , ex:Unknown ; ex:of 5 , "odd"')
    (folder / f"{odd}.ttl").write_text(with_tails(broken, tail, name), "utf-8")
    (folder / "document.txt").write_text("rain\nrain", "utf-8")
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    query = f"SELECT ?s ?o {{ ?s {label} ?o }} ORDER BY ?s ?o LIMIT 9"
    (folder / "own.rq").write_text(query, "utf-8")
    for path in ("met", "not-met"):
        (folder / "cases" / path).mkdir(parents=True)
        (folder / "cases" / path / "case.ttl").write_text(with_tails(CASE, tail, name), "utf-8")
        answer = "met" if path == "met" else "refuted"
        expected = json.dumps({"answers": {f"https://example.org/rain/take{name}": answer}})
        (folder / "cases" / path / "expected.json").write_text(expected, "utf-8")


def commands(name: str, odd: str) -> Iterator[tuple[str, list[str]]]:
    """Yield what is run: the form that comes of it, and the arguments."""
    umbrella = f"https://example.org/rain/Umbrella{name}"
    storm = f"https://example.org/rain/Storm{name}"
    new = ["--guideline", "new"]
    for form in ("text", "markdown", "json", "turtle", "html"):
        yield form, ["assess", "case.ttl", "--all", *new, "--format", form]
    yield "json", ["assess", "case.ttl", "--all", *new, "--format", "fhir"]
    for form in ("text", "json"):
        yield form, ["why", "case.ttl", umbrella, *new, "--format", form]
        yield form, ["whatif", "case.ttl", f"+{storm}", *new, "--format", form]
        yield form, ["next", "case.ttl", *new, "--format", form]
    for form in ("text", "markdown", "json", "csv", "tsv"):
        yield form, ["ask", "what-is-each-term-called", "case.ttl", *new, "--format", form]
        yield form, ["ask", "what-does-a-term-mean", f"term={umbrella}", *new, "--format", form]
        yield form, ["ask", "--query", "own.rq", "case.ttl", *new, "--format", form]
        yield form, ["whence", "merged.trig", "--format", form]
    yield (
        "rdf",
        [
            "ask",
            "what-does-it-take",
            f"recommendation=https://example.org/rain/take{name}",
            *new,
            "--format",
            "sparql",
        ],
    )
    for form in ("text", "json", "sarif", "junit", "github"):
        yield form, ["verify", "new", "--format", form]
        yield form, ["diff", "old", "new", "--cases", "cases", "--format", form]
        yield form, ["merge", "new", "apart", "--as-of", "2026-11-22", "--format", form]
        yield form, ["test", "cases", *new, "--format", form]
    yield "markdown", ["diff", "old", "new", "--cases", "cases", "--format", "markdown"]
    yield "fmt", ["fmt", "--diff", f"{odd}.ttl"]
    yield "lines", ["assess", f"{odd}.ttl", *new]
    yield "lines", ["check", "new", "case.ttl", f"{odd}.ttl", *new, "--no-reasoner"]
    yield "none", ["assess", f"no{odd}.ttl", *new]
    yield "none", ["assess", "case.ttl", "--guideline", f"no{odd}"]
    yield "none", ["why", "case.ttl", f"no{odd}", *new]
    yield "none", ["whatif", "case.ttl", f"+no{odd}", *new]
    yield "none", ["ask", f"no{odd}"]
    yield "none", [f"no{odd}"]
    yield (
        "text",
        [
            "init",
            "policy",
            "--namespace",
            "https://example.org/us/",
            *new,
            "--name",
            "us",
            "--date",
            "2026-11-22",
        ],
    )
    yield "text", ["update", "policy", "--from", "newer", "--as-of", "2026-11-22"]
    yield "text", ["new", "finding", "Hail", "--in", "new", 'skos:definition "a"@en']
    yield "text", ["verify-source", "document.txt", *new]
    yield "text", ["site", "site", *new]
    for form in ("turtle", "ntriples", "nquads", "trig", "jsonld"):
        yield "rdf", ["export", "graph", *new, "--format", form]
    yield "rdf", ["compile", *new]
    yield "sql", ["export", "sql", *new]


# --------------------------------------------------------------------------------------- oracles


def assert_shows(text: str, besides: str = "\n") -> None:
    """Every character can be seen, but for the line ends."""
    odd = {
        one: unicodedata.name(one, "?")
        for one in text
        if unicodedata.category(one) in CONTROLS and one not in besides
    }
    assert not odd, ascii(text)


def indents(text: str) -> list[int]:
    return [len(line) - len(line.lstrip(" ")) for line in text.split("\n")]


def skeleton(line: str) -> str:
    """Return the characters of a line of Markdown that can be markup, and whether they begin it."""
    line = line.replace("@&#8203;", "")
    line = re.sub(r"\\[!-/:-@\[-`{-~]|&(?:#\d+|#x[0-9a-fA-F]+|\w+);", "", line)
    line = re.sub(r"https?://|www\.", "|", line)
    head = re.match(r" *(?:[-+*] |\d+[.)] |#{1,6} |>|\|)?(?: *(?:[-+*] |\d+[.)] |#|>|    ))?", line)
    marks = re.findall(r"[*_`<>|~@$]|!?\[|\]", line)
    return f"{head[0] if head else ''} … {''.join(marks)}"


def markdown_structure(text: str) -> list[str]:
    """Return the markup of each line; in a block of code there is none."""
    found, fence = [], ""
    for line in text.split("\n"):
        mark = re.match(r" *(`{3,})", line)
        if fence:
            found.append("code")
            fence = "" if mark and line.strip() == fence else fence
        elif mark:
            fence = mark[1]
            found.append("fence")
        elif line.startswith(("<summary>", "<details>", "</details>")):
            found.append("".join(re.findall(r"</?\w*", line)))
        else:
            found.append(skeleton(line))
    return found


def texts_of(tree: object) -> Iterator[str]:
    if isinstance(tree, dict):
        for value in tree.values():
            yield from texts_of(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from texts_of(value)
    elif isinstance(tree, str):
        yield tree


def shape(tree: object) -> object:
    """Return JSON with the lengths of its lists and the names of its objects alone."""
    if isinstance(tree, dict):
        return [len(tree), *map(shape, tree.values())]
    return [*map(shape, tree)] if isinstance(tree, list) else type(tree).__name__


def structure(form: str, text: str) -> object:
    """Return what of a text no foreign text can change, and hold it to what every form promises."""
    if form not in {"csv", "html"}:
        assert_shows(text, "\n\t" if form in {"tsv", "fmt", "rdf", "turtle"} else "\n")
    if form == "markdown":
        return markdown_structure(text)
    if form in {"json", "sarif"}:
        tree = json.loads(text)
        if form == "sarif":
            messages = re.findall(r'"text": (".*")', text)
            assert not [one for one in messages if "](" in one]
            for one in messages:
                assert_shows(json.loads(one), "")
        return shape(tree)
    if form == "sql":
        head, _, rest = text.partition("\n\n")
        assert all(line.startswith("-- ") for line in head.split("\n"))
        bare = re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", "", rest)
        return head.count("\n"), sorted(bare.split("\n"))
    if form == "junit":
        for one in ET.fromstring(text).iter():  # noqa: S314 - of our own making
            for value in one.attrib.values():
                assert_shows(value, "")
            assert_shows(one.text or "")
        return [one.tag for one in ET.fromstring(text).iter()]  # noqa: S314
    if form == "csv":
        assert_shows(text, "\n\r\t\u200c\u200d\xad")
        assert not re.search(r"\r(?!\n)", text)
        return [len(row) for row in csv.reader(io.StringIO(text, newline=""))]
    if form == "tsv":
        return [line.count("\t") for line in text.split("\n")]
    if form == "github":
        return [
            (line.split("::")[1].split(" ")[0], line.count("%0A")) for line in text.splitlines()
        ]
    if form in {"rdf", "turtle"}:
        return text.count("\n")
    if form in {"fmt", "lines", "mistake"}:
        beginning = {"fmt": r"--- |\+\+\+ |@@ |[-+ \\]|$", "lines": FINDING, "mistake": MISTAKE}[
            form
        ]
        return [line for line in text.split("\n") if not re.match(beginning, line)]
    if form == "html":
        return not [one for one in text if one in BIDI - set("\u061c\u200e\u200f")]
    return indents(text)


def told(folder: Path, tail: str, name: str, odd: str) -> dict[str, tuple[str, str, str]]:
    """Return what every verb prints in a place of its own: the form, the output, the errors."""
    found_place(folder, tail, name, odd)
    found = {}
    with contextlib.chdir(folder):
        run("merge", "new", "apart", "--as-of", "2026-11-22", "-o", "merged.trig")
        for number, (form, arguments) in enumerate(commands(name, odd)):
            code, out, err = run(*arguments)
            assert (code == 2) == (form == "none"), (arguments, err)
            found[f"{number} {arguments[0] if len(arguments) > 1 else ''} {form}"] = (
                form,
                out,
                err,
            )
    return found


@pytest.mark.slow
def test_no_text_of_others_changes_the_lines_of_an_output(tmp_path: Path) -> None:
    """Each verb in each format says of hostile texts what it says of harmless ones."""
    hold_apart(EVERY + "".join(MARKS), tmp_path)


def hold_apart(tail: str, top: Path) -> None:
    """Hold what is told of texts with a tail to what is told of harmless ones."""
    tail, name = f"a{tail}", f"-{of_iri(tail)}"
    odd = re.sub("[/\0]", "", tail)[:40]
    hostile = told(top / "hostile", tail, name, odd)
    tame = told(
        top / "harmless", harmless(tail), harmless(name).replace("x", "-", 1), harmless(odd)
    )
    assert hostile.keys() == tame.keys()
    for what, (form, out, err) in hostile.items():
        assert structure(form, out) == structure(form, tame[what][1]), what
        form = "mistake" if form == "none" else "text"
        assert structure(form, err) == structure(form, tame[what][2]), what


# ------------------------------------------------------------------------------------ one by one


@pytest.mark.parametrize(
    "text", [EVERY, "- a", "1. a", "12) a", "# a", "    a", "+ a", "---", "a  "]
)
def test_markdown_of_others_is_no_markdown(text: str) -> None:
    assert skeleton(f"- {marked(text)}") == skeleton("- a")
    assert "\n" not in marked(text)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(text=TEXTS)
def test_every_form_of_a_text_is_one_line_that_can_be_seen(text: str) -> None:
    for shown in (plain(text), marked(text), markup(text), code(text)):
        assert_shows(shown, "")
    assert joined([text]).count("\n") == 1
    assert plain(plain(text)) == plain(text)
    assert skeleton(f"- {marked(text)}") == skeleton("- a")
    assert "<" not in markup(text)
    assert "`" not in code(text)[1:-1]
    block = list(fenced(text, "text"))
    assert block[-1] == block[0].removesuffix("text")
    assert not any(block[-1] in row for row in block[1:-1])
    assert_shows(in_csv(text), "\n\t\u200c\u200d\xad")
    assert json.loads(as_json({"a": [text]})) == {"a": [text]}
    assert_shows(as_json({"a": [text]}))


@pytest.mark.parametrize(
    "value",
    [
        EVERY,
        {},
        [[], {}],
        {"a": [1, 1.5, 1e300, None, True]},
        ["\ud800"],
        float("nan"),
        {"\n": 10**30},
    ],
)
def test_json_is_the_same_whoever_breaks_its_lines(
    value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library does it for what is long, and is not asked for what it does not take for JSON."""
    monkeypatch.setattr(foreign, "_LONG", 0)
    assert as_json(value) == json_shown(json.dumps(value, indent=2, ensure_ascii=False))


@pytest.mark.slow
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(text=TEXTS)
def test_rdf_says_the_same_by_escapes(text: str) -> None:
    triple = ox.Triple(
        ox.NamedNode(f"https://example.org/{of_iri(text)}"),
        ox.NamedNode("https://example.org/b"),
        ox.Literal(text),
    )
    prefixes = {"ex": "https://example.org/"}
    for form in (ox.RdfFormat.TURTLE, ox.RdfFormat.N_TRIPLES):
        given_prefixes = prefixes if form == ox.RdfFormat.TURTLE else None
        written = (ox.serialize([triple], format=form, prefixes=given_prefixes) or b"").decode()
        assert_shows(as_rdf(written))
        (found,) = ox.parse(as_rdf(written), format=form)
        assert (found.subject, found.object) == (triple.subject, triple.object)


SECRET: Final = "Zaphod Beeblebrox of 42 Magrathea Way"
BROKEN: Final = {
    "ttl": [
        f':a :b "{SECRET}" "x" .', f':a :b "{SECRET}\n" .', f":a :b <{SECRET}> .",
        f':a "{SECRET}" :b .', f':a :b "{SECRET}"^^"{SECRET}" .', f':a :b "{SECRET}\\q" .',
        f':a :b "{SECRET}"@@ .', f':a :b "{SECRET}', f':a :b "\\"{SECRET}\\"" "\\"{SECRET}\\"" .',
        f"{SECRET} :a :b .", f":a :b {SECRET} .", f':a :b """{SECRET}\n{SECRET}""" 5 .',
    ],
    "nt": [f'<u:a> <u:b> "{SECRET}" "x" .', f'<u:a> "{SECRET}" <u:c> .', f"<u:{SECRET}> <u:b> 5 ."],
    "rdf": [
        f'<d rdf:about="{SECRET}"><e:p>{SECRET}</e:p></d>', f'<d rdf:ID="{SECRET}"/>',
        f'<d><e:p rdf:datatype="{SECRET}">x</e:p></d>', f"<d>{SECRET}</d>",
        f'<d><e:p rdf:parseType="Resource">{SECRET}</e:p></d>', f'<d rdf:nodeID="{SECRET}"/>',
        f'<d><e:p xml:lang="{SECRET}">x</e:p></d>', f"<d><e:p>{SECRET}</d>", f"<d {SECRET}/>",
    ],
    "jsonld": [
        f'{{"@id": "u:a", "u:b": {{"@value": "x", "@type": "{SECRET}"}}}}',
        f'{{"@context": {{"a": {{"@id": "{SECRET}"}}}}, "@id": "u:a", "a": 1}}',
        f'{{"@id": "u:a", "u:b": {{"@value": ["{SECRET}"]}}}}', f'{{"@id": "{SECRET}", "@id": 5}}',
        f'{{"@id": "u:a", "u:b": "{SECRET}", }}', f'{{"u:b": "{SECRET}\x01"}}', f'["{SECRET}',
        f'{{"@context": "{SECRET} {SECRET}"}}', f'{{"@type": "{SECRET}", "@graph": 5}}',
        f'{{"@context": {{"{SECRET}": "{SECRET}"}}, "@id": "u:a"}}',
    ],
}  # fmt: skip
HEADS: Final = {
    "ttl": "@prefix : <https://example.org/> .\n{}",
    "rdf": "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:e='u:e'>{}"
    "</rdf:RDF>",
}


def words_of(secret: str, text: str) -> list[str]:
    """Return the pairs of words that a text tells of a secret."""
    words = secret.split()
    return [pair for pair in map(" ".join, itertools.pairwise(words)) if pair in text]


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, one) for kind, texts in BROKEN.items() for one in texts]
)
def test_a_file_that_cannot_be_read_is_not_told(kind: str, text: str) -> None:
    """An error says where to look, and repeats no text of a case."""
    said = complaint(HEADS.get(kind, "{}").format(text), kind)
    assert not words_of(SECRET.casefold(), said.casefold())
    assert len(said) < 350


def complaint(text: str, kind: str) -> str:
    """Return what is said of a file that cannot be read, with what is to be done."""
    form = {"ttl": "turtle", "nt": "ntriples", "rdf": "rdfxml"}.get(kind, kind)
    try:
        parse(text, path="case", format=form)
    except IndicantError as error:
        return f"{error} {error.help or ''}"
    return ""


@pytest.mark.slow
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    kind=st.sampled_from(sorted(BROKEN)),
    number=st.integers(0, 20),
    at=st.integers(0, 300),
    put=st.sampled_from(
        ['"', "'", "<", ">", "{", "}", ";", ".", "@", "\\", "&", "\n", "", "]", ":"]
    ),
)
def test_no_slip_makes_an_error_tell_of_a_case(kind: str, number: int, at: int, put: str) -> None:
    texts = BROKEN[kind]
    whole = HEADS.get(kind, "{}").format(texts[number % len(texts)])
    whole = whole[: at % len(whole)] + put + whole[at % len(whole) + 1 :]
    said = complaint(whole, kind)
    assert len(words_of(SECRET.casefold(), said.casefold())) < 2, said


# ------------------------------------------------------------------------------------ checking


def checked(folder: Path, text: str) -> list[tuple[str, int | None]]:
    """Return what the rule about texts says of a document, with the lines."""
    file = folder / "guideline.ttl"
    file.write_text(text, "utf-8")
    code, out, _ = run("check", str(file), "--no-reasoner", "--format", "json")
    assert code == 1
    return [
        (one["message"], one["places"][0]["line"])
        for one in json.loads(out)["results"]
        if one["rule"] == "text"
    ]


HEADER: Final = (
    "@prefix : <https://example.org/rain/> .\n"
    "@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
    "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
    "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
    "<https://example.org/rain/> a owl:Ontology .\n"
)


@pytest.mark.many(5)
@pytest.mark.parametrize(
    "character",
    ["\x1b", "\x07", "\x7f", "\x9b", "\x85", "\u202e", "\u2066", "\u2028", "\u200b", "\u3164"],
)
def test_a_character_that_steers_is_found_in_every_text(character: str, tmp_path: Path) -> None:
    escaped = f"\\u{ord(character):04x}"
    text = HEADER + f':A a owl:Class ;\n rdfs:label "a"@en ;\n skos:definition "b{escaped}c"@en .\n'
    name = unicodedata.name(character, "a control character").lower()
    assert checked(tmp_path, text) == [
        (f"the text has the character U+{ord(character):04X}, {name}", 8)
    ]


def test_a_label_has_one_line_and_a_definition_may_have_more(tmp_path: Path) -> None:
    text = HEADER + ':A a owl:Class ; rdfs:label "a\\nNEXT"@en ; skos:definition "b\\nc"@en .\n'
    assert checked(tmp_path, text) == [
        ("the label has the character U+000A, a control character", 6)
    ]


def test_a_name_with_a_character_that_steers_is_found(tmp_path: Path) -> None:
    text = HEADER + '<https://example.org/rain/A\\u202e> a owl:Class ; rdfs:label "a"@en .\n'
    found = checked(tmp_path, text)
    assert ("the IRI has the character U+202E, right-to-left override", 6) in found


@pytest.mark.slow
def test_a_case_is_checked_for_such_texts_as_well(tmp_path: Path) -> None:
    file = tmp_path / "case.ttl"
    note = ' ; rdfs:comment "a\\u202eb" .'
    head = "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
    file.write_text(head + CASE.replace(":proposes ex:Umbrella .", f":proposes ex:Umbrella{note}"))
    code, out, _ = run("check", str(file), "--no-reasoner")
    assert code == 1
    assert f"{file}:7: error: the text has the character U+202E" in out


def test_words_that_joining_letters_need_are_no_fault(tmp_path: Path) -> None:
    text = (
        HEADER
        + ':A a owl:Class ; rdfs:label "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"@fa .\n'
    )
    assert checked(tmp_path, text) == []


def test_many_such_texts_are_counted(tmp_path: Path) -> None:
    labels = "".join(f':A{one} rdfs:label "a\\u202e"@en .\n' for one in range(120))
    found = checked(tmp_path, HEADER + labels)
    assert len(found) == 101
    assert found[-1][0] == "and 20 more texts have such characters"


# ------------------------------------------------------------------------------------ places


def test_what_a_finding_quotes_of_a_case_is_short(tmp_path: Path) -> None:
    """A value that is wrong is shown as far as one needs to know it again."""
    file = tmp_path / "case.ttl"
    file.write_text(CASE.replace('"2026-11-22"^^xsd:date', f'"{SECRET * 9}"'), "utf-8")
    (tmp_path / "rain").mkdir()
    (tmp_path / "rain" / "guideline.ttl").write_text(GUIDELINE, "utf-8")
    code, out, _ = run("assess", str(file), "--guideline", str(tmp_path / "rain"))
    assert code == 1
    assert "an as-of date" in out or "the as-of date" in out
    assert out.count("Zaphod") < 5
    assert all(len(line) < 300 for line in out.splitlines())


def test_a_line_is_counted_by_line_feeds_alone() -> None:
    """A separator of lines within a text moves no line of the file."""
    text = '@prefix : <https://example.org/> .\n:a :b "\u2028\x0c\x85\x1c" .\n:a :c 5 6 .\n'
    with pytest.raises(IndicantError) as caught:
        parse(text, path="a.ttl")
    assert caught.value.line == 3


def test_another_language_is_told_whatever_the_texts_hold() -> None:
    """A text with a separator of lines is one statement in the graph of another language."""
    from indicant.guideline.languages import in_language

    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    graph = f'<u:a> {label} "\u2028a\x85\x0cb"@en .\n<u:b> {label} "c"@en .\n'
    assert len(list(ox.parse(in_language(graph, "de"), format=ox.RdfFormat.N_TRIPLES))) == 2


def test_a_diff_of_form_shows_each_line_once(tmp_path: Path) -> None:
    file = tmp_path / "a.ttl"
    file.write_text(
        '@prefix : <https://example.org/> .\n:a :b "\u2028\u202e\x85NEXT", 2 .\n', "utf-8"
    )
    code, out, _ = run("fmt", "--diff", str(file))
    assert code == 1
    assert '-:a :b "\\u2028\\u202e\\u0085NEXT", 2 .' in out.splitlines()
    assert "No newline" not in out
    assert_shows(out)
