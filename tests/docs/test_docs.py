"""The documentation: everything is in it, its examples are right, its links lead somewhere."""

from __future__ import annotations

import importlib.util
import itertools
import json
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from rdflib import OWL, RDF, Graph, Namespace, URIRef

from docparts import examples, filled, records, rules, verbs
from docparts.shapes import FILES
from each import each
from indicant.assess.assessor import Assessor
from indicant.files.rdf import read
from indicant.files.turtle import tidy
from indicant.terms import IND, local_name
from places import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOCS = ROOT / "docs"
SH = Namespace("http://www.w3.org/ns/shacl#")
PAGES = sorted(DOCS.glob("**/*.md"))
BESIDE = sorted(ROOT.glob("*.md"))
KINDS = ("tutorial", "howto", "reference", "explanation")
LANGUAGE = DOCS / "reference" / "language.md"
RECOMMENDATION = re.compile(r"^:(\S+)\n    a ind:\w*[iI]ndication ;$", re.MULTILINE)
FENCE = re.compile(r"^(`{3,}).*?^\1 *$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`+[^`]*`+")
LINK = re.compile(
    r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]*)\)|<(https?:[^>\s]*)>|^\[[^\]]+\]: (\S+)"
)
LABEL = re.compile(r"^\(([^)\s]+)\)=$", re.MULTILINE)
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}" if path.suffix else path.name


@cache
def page(path: Path) -> str:
    """Return a page as it is built."""
    return filled(path.read_text(encoding="utf-8"))


@cache
def anchors(path: Path) -> frozenset[str]:
    """Return what can be linked to on a page: its labels, and its headings as GitHub names them."""
    text = FENCE.sub("", page(path) if path in PAGES else path.read_text(encoding="utf-8"))
    headings = (re.sub(r"[`*]", "", one).strip().lower() for one in HEADING.findall(text))
    slugs = (re.sub(r"[^\w\- ]", "", one).replace(" ", "-") for one in headings)
    return frozenset({*LABEL.findall(text), *slugs})


@cache
def labels() -> frozenset[str]:
    """Return the labels of all pages, which each may link to."""
    return frozenset().union(*map(anchors, PAGES))


def links(path: Path) -> Iterator[str]:
    text = page(path) if path in PAGES else path.read_text(encoding="utf-8")
    for found in LINK.finditer(CODE.sub("", FENCE.sub("", text))):
        yield next(filter(None, found.groups()), "")


# ---------------------------------------------------------------------- the examples


@pytest.mark.slow
@pytest.mark.parametrize("folder", examples.folders(), ids=name)
def test_a_case_is_answered_as_its_name_says(folder: Path) -> None:
    """The first recommendation is met, refuted or open, and what is expected is told."""
    cases = [one for one in examples.ANSWERS if (folder / f"{one}.ttl").is_file()]
    assert cases or any(folder.glob("refused-*.ttl"))
    assessor = Assessor(folder)
    found = RECOMMENDATION.search((folder / "guideline.ttl").read_text(encoding="utf-8"))
    assert found
    expected = folder / "expected.json"
    statuses = json.loads(expected.read_text(encoding="utf-8")) if expected.is_file() else {}
    assert set(statuses) <= set(cases)
    for answer in cases:
        (record,) = assessor.assess(read(folder / f"{answer}.ttl"), everything=True)
        told = {
            local_name(one["iri"]): one["answer"]
            for action in record["actions"]
            for one in action["recommendations"]
        }
        assert told[found[1]] == answer
        of_actions: dict[str, str] = {
            local_name(one["action"]): one["status"] for one in record["actions"]
        }
        of_actions |= {
            local_name(one["iri"]): one["fulfilment"]
            for action in record["actions"]
            for one in action["recommendations"]
            if one["fulfilment"]
        }
        assert statuses.get(answer, {}).items() <= of_actions.items(), answer


@pytest.mark.many(8)
@pytest.mark.parametrize("path", examples.refused(), ids=name)
def test_what_is_refused_is_refused_with_the_message_that_is_shown(path: Path) -> None:
    """Messages that rightly changed are written by ``python docs/docparts/examples.py``."""
    assert examples.message(path) == path.with_suffix(".txt").read_text(encoding="utf-8")
    assert examples.remedy(path).endswith(".")


def test_the_examples_are_in_the_form_of_the_house() -> None:
    for path in each(DOCS.rglob("*.ttl")):
        text = path.read_text(encoding="utf-8")
        assert tidy(text, file=str(path)) == text


def test_every_example_is_shown_once() -> None:
    shown = re.findall(r"<!-- part: example (\S+) -->", LANGUAGE.read_text(encoding="utf-8"))
    assert sorted(shown) == [folder.name for folder in examples.folders()]


# ---------------------------------------------------------------------- nothing is left out


def test_every_verb_is_documented() -> None:
    files = {one.stem for one in (ROOT / "src/indicant/verbs").glob("*.py")} - {"__init__"}
    assert {one.replace("-", "_") for one in verbs.verbs()} == files
    text = page(DOCS / "reference" / "verbs.md")
    assert {f"verb-{one}" for one in verbs.verbs()} <= anchors(DOCS / "reference" / "verbs.md")
    assert all(f"usage: indicant {one} " in text for one in verbs.verbs())


def test_every_question_is_documented() -> None:
    files = {one.stem for one in (ROOT / "queries" / "questions").glob("*.rq")}
    assert files
    assert {f"question-{one}" for one in files} <= anchors(DOCS / "reference" / "questions.md")


def test_every_term_of_the_core_is_documented() -> None:
    graph = Graph()
    for file in (ROOT / "ontology" / "core").glob("*.ttl"):
        graph.parse(file)
    terms = {
        str(one).removeprefix(IND)
        for one in graph.subjects(RDF.type)
        if isinstance(one, URIRef) and str(one).startswith(IND) and "/" not in one[len(IND) :]
    } - {""}
    headings = set(re.findall(r"^### `ind:(\S+)`$", page(DOCS / "reference" / "terms.md"), re.M))
    assert headings == terms
    assert URIRef(IND + "PatientCase") in set(graph.subjects(RDF.type, OWL.Class))


def test_every_shape_is_documented_with_what_breaks_it() -> None:
    text = page(DOCS / "reference" / "shapes.md")
    for file in each(FILES):
        graph = Graph().parse(ROOT / "shapes" / f"{file}.ttl")
        for shape in each(graph.subjects(SH.description)):
            assert f"### `shape:{local_name(str(shape))}`" in text


def test_every_rule_of_a_finding_is_documented() -> None:
    known = anchors(DOCS / "reference" / "findings.md")
    for verb, found in each(rules.RULES.items()):
        assert found
        assert {f"rule-{verb}-{one.name}" for one in found} <= known


def test_every_record_of_an_assessment_is_documented() -> None:
    assert "record-caserecord" in anchors(DOCS / "reference" / "json.md")
    for module in records.MODULES:
        for one in records.classes(module):
            assert f"record-{one.lower()}" in anchors(DOCS / "reference" / "json.md")


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_of_a_kind_is_listed(kind: str) -> None:
    index = (DOCS / kind / "index.md").read_text(encoding="utf-8")
    listed = index.partition("```{toctree}\n")[2].partition("```")[0]
    pages = {one.stem for one in (DOCS / kind).glob("*.md")} - {"index"}
    assert {line for line in listed.splitlines() if line and line[0] != ":"} == pages
    assert f"{kind}/index" in (DOCS / "index.md").read_text(encoding="utf-8")


# ---------------------------------------------------------------------- links and words


@pytest.mark.many(6)
@pytest.mark.parametrize("path", [*PAGES, *BESIDE], ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    """Addresses of the web are looked at, not looked up."""
    assert [link for link in links(path) if not leads_somewhere(path, link)] == []


def leads_somewhere(path: Path, link: str) -> bool:
    split = urlsplit(link)
    if split.scheme:
        known = split.scheme in ("https", "http")
        return known and bool(re.fullmatch(r"[\w.-]+\.\w+", split.netloc))
    target = (path.parent / split.path).resolve() if split.path else path
    if not target.exists() or not split.fragment:
        return target.exists()
    return split.fragment in anchors(target) | (
        labels() if path in PAGES and not split.path else set()
    )


def test_no_two_places_have_one_label() -> None:
    counted = Counter(
        label.lower() for path in PAGES for label in LABEL.findall(FENCE.sub("", page(path)))
    )
    assert counted
    assert not [label for label, times in counted.items() if times > 1]


def test_a_link_that_leads_nowhere_is_noticed() -> None:
    page = ROOT / "README.md"
    assert sum(1 for path in PAGES for _ in links(path)) > 50
    assert leads_somewhere(page, "docs/index.md")
    assert not leads_somewhere(page, "docs/nowhere.md")
    assert not leads_somewhere(page, "CONTRIBUTING.md#nowhere")
    assert not leads_somewhere(page, "ftp://example.org/")


@pytest.mark.slow
def test_words_are_spelt_right() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "codespell_lib", *BESIDE, DOCS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_readme_is_for_a_visitor() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    assert "not a medical device" in text.lower()
    for kind in KINDS:
        assert f"docs/{kind}/" in text


@pytest.mark.slow
@pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("furo", "myst_parser", "sphinx"))),
    reason="make docs installs what builds the documentation",
)
def test_the_documentation_is_built_without_a_warning_and_stands_alone(tmp_path: Path) -> None:
    options = ("--quiet", "--builder", "html", "--fail-on-warning", "--nitpicky", "--keep-going")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, DOCS, tmp_path / "html"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    built = sorted((tmp_path / "html").rglob("*.html"))
    assert len(built) > len(PAGES)
    loaded = re.compile(r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)=\"(?:https?:)?//[^>]*>")
    for path in built:
        assert loaded.findall(path.read_text(encoding="utf-8")) == []
    for path in itertools.chain.from_iterable(map((tmp_path / "html").rglob, ("*.css", "*.js"))):
        assert not re.search(r"@import|url\((?:https?:)?//", path.read_text(encoding="utf-8"))
