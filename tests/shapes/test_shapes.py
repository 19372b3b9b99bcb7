"""The shapes of a case: what each of them refuses, and that engines agree on it."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING

import pyoxigraph
import pytest
import shacl
from rdflib import Graph, Namespace

from each import each
from indicant.assess.validation import SHAPE, Finding, Validator, locate_findings
from indicant.errors import IndicantError
from indicant.files import resources
from indicant.files.rdf import Document, parse, read
from indicant.guideline.vocabulary import slim_vocabulary
from places import SHAPES
from shaping import seed

if TYPE_CHECKING:
    from pathlib import Path

FOLDERS = sorted(SHAPES.glob("*-*"))
BREAKS = [folder for folder in FOLDERS if folder.name.startswith("breaks-")]
OWN = [*(SHAPES / "case").glob("breaks-score-*"), *(SHAPES / "case").glob("breaks-related-*")]
"""Cases of a vocabulary that says what the shipped one does not."""
HOLDS = [folder for folder in FOLDERS if folder.name.startswith("holds-")]
pytestmark = [
    pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning"),
    pytest.mark.usefixtures("_prepared"),
]
Key = tuple[str, str | None, str | None]


def ontologies() -> list[Document]:
    """Read every ontology that ships, without the example cases."""
    files = sorted(resources.ontology().rglob("*.ttl"))
    return [read(file) for file in files if file.name != "example.ttl"]


def shapes_text() -> str:
    return (resources.shapes() / "case.ttl").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def validator() -> Validator:
    quads = itertools.chain.from_iterable(document.quads for document in ontologies())
    slim = slim_vocabulary((quad.subject, quad.predicate, quad.object) for quad in quads)
    return Validator(shapes_text(), slim)


def keys(findings: list[Finding]) -> set[Key]:
    return {(item.shape.removeprefix(SHAPE), item.focus, item.value) for item in findings}


def name(folder: Path) -> str:
    return folder.name


def printed(findings: list[Finding]) -> str:
    rows = [(item.line or 0, item.shape.removeprefix(SHAPE)) for item in findings]
    return "".join(f"{line} {shape}\n" for line, shape in sorted(rows))


@pytest.mark.many(2)
@pytest.mark.parametrize("folder", BREAKS, ids=name)
def test_a_broken_case_gets_its_findings_with_their_lines(
    folder: Path, validator: Validator
) -> None:
    found = validator.check(read(folder / "case.ttl"))
    assert printed(found) == (folder / "expected.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", HOLDS, ids=name)
def test_a_sound_case_gets_no_finding(folder: Path, validator: Validator) -> None:
    assert validator.check(read(folder / "case.ttl")) == []


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS[::5], ids=name)
def test_both_engines_agree(folder: Path, validator: Validator) -> None:
    quads = read(folder / "case.ttl").quads
    assert keys(validator.validate(quads)) == keys(validator.validate_with_pyshacl(quads))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "value", "is_one"),
    [
        ("ind:weeks", '"6"^^xsd:decimal', True),
        ("ind:weeks", '"6."^^xsd:decimal', True),
        ("ind:weeks", '".5"^^xsd:decimal', True),
        ("ind:weeks", '"+.50000000000"^^xsd:decimal', True),
        ("ind:weeks", '"."^^xsd:decimal', False),
        ("ind:weeks", '".0000000001"^^xsd:decimal', False),
        ("ind:weeks", '"6\\n"^^xsd:decimal', False),
        ("ind:weeks", '"6\\n"^^xsd:integer', False),
        ("ind:weeks", '" 6"^^xsd:integer', False),
        ("ind:onset", '"2026-11-21\\n"^^xsd:date', False),
    ],
)
def test_a_value_is_read_as_xsd_has_it_by_both_engines(
    path: str, value: str, is_one: bool, validator: Validator
) -> None:
    text = (SHAPES / "breaks-weeks-a-double" / "case.ttl").read_text(encoding="utf-8")
    assert "ind:weeks 6.5e0" in text
    quads = parse(text.replace("ind:weeks 6.5e0", f"{path} {value}"), path="a.ttl").quads
    for found in (validator.validate(quads), validator.validate_with_pyshacl(quads)):
        assert bool(found) is not is_one


@pytest.mark.many(2)
@pytest.mark.parametrize("folder", BREAKS, ids=name)
def test_messages_are_filled_in(folder: Path, validator: Validator) -> None:
    for item in each(validator.check(read(folder / "case.ttl"))):
        assert "shall" in item.message
        assert not set("{}") & set(item.message)
        assert ".well-known" not in item.message + (item.suggestion or "")
        assert validator.description(item.shape)


def test_every_shape_is_broken_by_a_case() -> None:
    described = {
        quad.subject.value.removeprefix(SHAPE)
        for quad in pyoxigraph.parse(shapes_text(), format=pyoxigraph.RdfFormat.TURTLE)
        if quad.predicate.value == "http://www.w3.org/ns/shacl#description"
        and isinstance(quad.subject, pyoxigraph.NamedNode)
    }
    broken = {
        line.split()[1]
        for folder in (*BREAKS, *OWN)
        for line in (folder / "expected.txt").read_text(encoding="utf-8").splitlines()
    }
    assert described == broken


@pytest.mark.slow
def test_one_graph_shows_all_but_who_states_something(validator: Validator) -> None:
    """What the documentation says of other validators: these folders, and no others."""
    compiled = shacl.Shapes.from_turtle(shapes_text())
    vocabulary = validator.vocabulary.ntriples
    hidden = set()
    for folder in each(BREAKS):
        quads = read(folder / "case.ttl").quads
        text = "".join(f"{one.subject} {one.predicate} {one.object} .\n" for one in quads)
        found = compiled.validate_text(text + vocabulary, format="ntriples").results
        shown = {str(one.root_shape).strip("<>").removeprefix(SHAPE) for one in found}
        if shown != {line.split()[1] for line in (folder / "expected.txt").open()}:
            hidden.add(folder.name.removeprefix("breaks-"))
    assert hidden == {
        "class-of-its-own",
        "fact-about-a-term",
        "grade-of-a-derived-type",
        "hierarchy-changed",
        "property-declared-anew",
        "severity-of-its-own",
        "type-a-class-expression",
        "vocabulary-individual-as-a-node",
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "name_",
    [
        "breaks-course-recorded-twice",
        "breaks-present-and-excluded-by-an-investigation",
        "holds-full",
    ],
)
def test_plain_pyshacl_with_the_raw_ontology_says_the_same(
    name_: str, validator: Validator
) -> None:
    """Whoever has only pySHACL, the shapes and the ontology needs nothing of ours."""
    import pyshacl

    file = SHAPES / name_ / "case.ttl"
    _, report, _ = pyshacl.validate(
        str(file), shacl_graph=Graph().parse(data=shapes_text()), ont_graph=seed()
    )
    assert isinstance(report, Graph)
    shacl = Namespace("http://www.w3.org/ns/shacl#")
    results = report.objects(None, shacl.result)
    sources = [str(report.value(result, shacl.sourceShape)) for result in results]
    assert sorted(sources) == [item.shape for item in validator.check(read(file))]


@pytest.mark.slow
def test_the_excerpt_for_a_case_changes_nothing(
    validator: Validator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left out of the vocabulary for speed decides nothing."""
    whole = Validator(shapes_text(), validator.vocabulary.ntriples)
    monkeypatch.setattr(whole.vocabulary, "excerpt", lambda _: validator.vocabulary.ntriples)
    for folder in each(FOLDERS):
        quads = read(folder / "case.ttl").quads
        assert whole.validate(quads) == validator.validate(quads), folder.name


def test_the_examples_of_the_guidelines_hold(validator: Validator) -> None:
    examples = sorted(resources.ontology().rglob("example.ttl"))
    assert examples
    for example in examples:
        assert validator.check(read(example)) == []


@pytest.mark.parametrize(
    ("folder", "suggestion"),
    [
        ("breaks-type-unknown", "spine:MotorWeakness"),
        ("breaks-excluded-unknown", "spine:Myelopathy"),
        ("breaks-proposed-is-unknown", "spine:CervicalFusion"),
        ("breaks-predicate-unknown", "ind:hasFinding"),
        ("breaks-unlinked-node-of-unknown-type", "spine:MotorWeakness"),
        ("breaks-case-without-a-type", "ind:PatientCase"),
        ("breaks-outcome-is-text", "ind:Failed"),
        ("breaks-finding-is-text", "[ a spine:NeckPain ]"),
        ("breaks-excluded-is-a-node", "spine:Myelopathy"),
        ("breaks-finding-is-a-class", "[ a spine:NeckPain ]"),
    ],
)
def test_the_nearest_known_term_is_named(
    folder: str, suggestion: str, validator: Validator
) -> None:
    found = validator.check(read(SHAPES / folder / "case.ttl"))
    assert suggestion in {item.suggestion for item in found}


def test_a_term_that_resembles_nothing_gets_no_suggestion(validator: Validator) -> None:
    document = parse(
        "@prefix ind: <https://w3id.org/indicant/core/> .\n"
        "[] a ind:PatientCase ; ind:excludes <http://snomed.info/id/81680005> .",
        path="case.ttl",
    )
    assert {item.suggestion for item in validator.check(document)} == {None}


def test_a_value_is_looked_for_among_those_of_its_property(validator: Validator) -> None:
    """Also where the same text stands for two properties, one of which has a value like it."""
    document = parse(
        "PREFIX ind: <https://w3id.org/indicant/core/>\n"
        "PREFIX spine: <https://w3id.org/indicant/spine/>\n"
        "[] a ind:PatientCase ;\n"
        'ind:received [ a spine:FormalPhysicalTherapy ; ind:outcome "significant" ] ;\n'
        'ind:hasFinding [ a spine:ForaminalStenosis ; spine:severity "significant" ] .',
        path="case.ttl",
    )
    found = {item.line: item.suggestion for item in validator.check(document)}
    assert (found[4], found[5]) == (None, "spine:Significant")


def test_a_file_without_a_case_is_refused(validator: Validator) -> None:
    document = parse("<#a> <http://www.w3.org/2000/01/rdf-schema#label> 'x' .", path="notes.ttl")
    with pytest.raises(IndicantError, match=r"notes\.ttl: the file holds no case"):
        validator.check(document)


@pytest.mark.timeout(60)
@pytest.mark.slow
def test_many_cases_in_one_file_are_checked_like_single_ones(validator: Validator) -> None:
    """Cases do not see each other, and their number costs no more than linear time."""
    single: Counter[str] = Counter()
    texts = []
    for folder in FOLDERS:
        text = (folder / "case.ttl").read_text(encoding="utf-8")
        found = validator.check(read(folder / "case.ttl"))
        if all(item.shape != f"{SHAPE}Case-role" for item in found) and ":Ache" not in text:
            single.update(item.shape for item in found)
            texts.append(text)
    joined = "".join(
        text.replace("https://example.org/case#", f"https://example.org/{number}/{copy}/case#")
        for number, text in enumerate(texts)
        for copy in range(10)
    )
    document = parse(joined, path="ward.ttl")
    found = validator.validate(document.quads)
    repeated = {f"{SHAPE}{shape}" for shape in ("Assertion-plain", "Case-finding")}
    counted = Counter(item.shape for item in found if item.shape not in repeated)
    assert counted == {
        shape: count * 10 for shape, count in single.items() if shape not in repeated
    }


@pytest.mark.slow
def test_a_choice_keeps_to_the_range_of_its_property(validator: Validator) -> None:
    ranged = (
        "<https://w3id.org/indicant/spine/severity> "
        "<http://www.w3.org/2000/01/rdf-schema#range> "
        "<https://w3id.org/indicant/spine/Severity> .\n"
    )
    strict = Validator(shapes_text(), validator.vocabulary.ntriples + ranged)
    text = (HOLDS[0] / "case.ttl").read_text(encoding="utf-8")
    case = ":case ind:hasFinding [ a spine:SpinalStenosis ; spine:severity %s ] ."
    wrong = parse(text + case % "ind:Failed", path="case.ttl")
    assert keys(strict.validate(wrong.quads)) == keys(strict.validate_with_pyshacl(wrong.quads))
    assert [item.shape for item in strict.check(wrong)] == [f"{SHAPE}Node-choice"]
    assert strict.check(parse(text + case % "spine:Mild", path="case.ttl")) == []


def test_a_restated_declaration_is_no_axiom_of_the_case(validator: Validator) -> None:
    text = (HOLDS[0] / "case.ttl").read_text(encoding="utf-8")
    restated = "spine:Mri a <http://www.w3.org/2002/07/owl#Class> ."
    assert validator.check(parse(text + restated, path="case.ttl")) == []


def test_lines_are_known_for_json_ld(validator: Validator) -> None:
    text = """{
  "@context": {"ind": "https://w3id.org/indicant/core/",
    "spine": "https://w3id.org/indicant/spine/", "xsd": "http://www.w3.org/2001/XMLSchema#"},
  "@type": "ind:PatientCase",
  "ind:asOf": {"@value": "2026-11-22", "@type": "xsd:date"},
  "ind:hasFinding": {
    "@type": "spine:MotorWeakness",
    "spine:mrcGrade": 9
  }
}"""
    found = validator.check(parse(text, path="case.jsonld"))
    assert [(item.line, item.shape) for item in found] == [(8, f"{SHAPE}Node-range")]


def test_locating_nothing_is_quick(validator: Validator) -> None:
    document = read(HOLDS[0] / "case.ttl")
    assert locate_findings(document, [], validator.vocabulary) == []
