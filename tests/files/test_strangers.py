"""Ontologies of others: they come in as they are, are used for what counts, and go out unharmed."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from indicant.author.checks import check
from indicant.author.slips import undefined_terms
from indicant.cli import main
from indicant.compile.profile import read_model
from indicant.files.rdf import read, text_of
from indicant.files.sources import gather, load
from indicant.files.strangers import subjects
from indicant.terms import IND, OWL, RDFS
from places import RAIN, TESTS

if TYPE_CHECKING:
    from pathlib import Path

STYLES = ("bfo", "gist", "obo", "sosa")
OBO = "http://purl.obolibrary.org/obo/"
EX = "https://example.org/"
CASE = """\
PREFIX : <https://example.org/case#>
PREFIX ind: <https://w3id.org/indicant/core/>
PREFIX rain: <https://example.org/rain/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
:case a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ;
    ind:hasFinding [ a rain:Rain ] , [ a rain:Hail ] ; ind:excludes rain:Storm .
"""


def folder(style: str) -> Path:
    return TESTS / "check" / f"holds-foreign-{style}"


@pytest.mark.parametrize("style", STYLES)
def test_nothing_of_another_is_lost(style: str) -> None:
    """Each statement is used or set aside, and those that are set aside are not used."""
    source = load(folder(style))
    foreign = [document for document in source.documents if document.foreign]
    assert {document.path.rpartition("/")[2] for document in foreign} == {
        path.name for path in folder(style).iterdir() if path.stem not in _OURS
    }
    for document in foreign:
        whole = Counter(read(document.path).quads)
        assert whole == Counter((*document.quads, *document.aside))
    stated = {text_of(path) for _, _, path, _ in source.triples()}
    assert OWL + "inverseOf" not in stated
    assert RDFS + "subClassOf" in stated


_OURS = {"guideline", "catalog-v001", "expected"}


def test_what_counts_of_another_is_its_names_notes_and_named_hierarchy() -> None:
    source = load(folder("bfo"))
    model = read_model(source)
    assert f"{OBO}BFO_0000001" in model.above["https://example.org/rain/Hail"]
    assert f"{OBO}BFO_0000018" in model.apart[f"{OBO}BFO_0000009"]
    assert source.labels()[f"{OBO}BFO_0000003"] == "occurrent"
    assert f"{OBO}BFO_0000003" in subjects(source.documents)
    assert "https://example.org/rain/Hail" not in subjects(source.documents)


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
def test_a_guideline_with_it_is_used_as_any_other(
    style: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Assessed, compared with itself, and merged into a graph that has it all and passes check."""
    case = tmp_path / "case.ttl"
    case.write_text(CASE, encoding="utf-8")
    assert main(["assess", str(case), "--guideline", str(folder(style))]) == 0
    assert "umbrella" in capsys.readouterr().out
    assert main(["diff", str(folder(style)), str(folder(style))]) == 0
    assert "all statements are the same" in capsys.readouterr().out
    out = tmp_path / "merged.trig"
    assert main(["merge", str(folder(style)), str(RAIN), "-o", str(out)]) == 0
    merged = gather(out)
    aside = [quad for document in merged.documents for quad in document.aside]
    before = [quad for document in load(folder(style)).documents for quad in document.aside]
    assert len(aside) == len(before) > 0
    found = check([str(out)], guideline=str(out))
    assert [one.message for one in found.results if one.level == "error"] == []


@pytest.mark.slow
def test_a_change_in_what_is_only_data_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(TESTS / "check" / "holds-rain", tmp_path / "holds-rain")
    for name in ("one", "two"):
        shutil.copytree(folder("gist"), tmp_path / name)
    file = tmp_path / "two" / "gistCore.ttl"
    text = file.read_text(encoding="utf-8")
    assert "owl:TransitiveProperty" in text
    file.write_text(text.replace(" , owl:TransitiveProperty", ""), encoding="utf-8")
    main(["diff", str(tmp_path / "one"), str(tmp_path / "two"), "--allow-outside"])
    assert "TransitiveProperty" in capsys.readouterr().out


# ---------------------------------------------------------------------- which are foreign


def guideline(tmp_path: Path, text: str, **others: str) -> Path:
    """Write an ontology and those that it imports, by name."""
    head = f"""PREFIX ind: <{IND}>
PREFIX owl: <{OWL}>
PREFIX rdfs: <{RDFS}>
PREFIX obo: <{OBO}>
PREFIX oio: <http://www.geneontology.org/formats/oboInOwl#>
PREFIX ex: <{EX}>
"""
    entries = "".join(
        f'<uri name="{OBO if name.startswith("obo") else EX}{name}" uri="{name}.ttl"/>'
        for name in others
    )
    (tmp_path / "catalog-v001.xml").write_text(
        f'<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">{entries}</catalog>',
        encoding="utf-8",
    )
    for name, said in {"main": text, **others}.items():
        (tmp_path / f"{name}.ttl").write_text(head + said, encoding="utf-8")
    return tmp_path / "main.ttl"


def foreign(path: Path) -> set[str]:
    return set().union(*(document.foreign for document in gather(path).documents))


MAIN = "ex:main a owl:Ontology ; owl:imports {} ."


def test_nothing_is_foreign_that_nobody_says_so_of(tmp_path: Path) -> None:
    path = guideline(tmp_path, MAIN.format("ex:a"), a="ex:a a owl:Ontology .")
    assert foreign(path) == set()


def test_an_import_is_foreign_by_a_triple_with_what_it_alone_imports(tmp_path: Path) -> None:
    path = guideline(
        tmp_path,
        MAIN.format("ex:a , ex:c ; ind:takesAsIs <https://example.org/a/1>"),
        a=f"ex:a a owl:Ontology ; owl:versionIRI <{EX}a/1> ; owl:imports ex:b , ex:c , ind: .",
        b="ex:b a owl:Ontology .",
        c="ex:c a owl:Ontology .",
    )
    assert foreign(path) == {f"{EX}a", f"{EX}b"}


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (
            "ttl",
            f"<{EX}main> <{IND}takesAsIs> <{EX}a> ; <{OWL}imports> <{EX}a> .",
        ),
        ("ttl", f"PREFIX i: <{IND}> <{EX}main> i:takesAsIs\n<{EX}a> ; <{OWL}imports> <{EX}a> ."),
        ("ttl", f"<{EX}main> <{IND}takes\\u0041sIs> <{EX}a> ; <{OWL}imports> <{EX}a> ."),
        (
            "jsonld",
            f'{{"@id": "{EX}main", "{IND}takesAsIs": {{"@id": "{EX}a"}}, '
            f'"{OWL}imports": {{"@id": "{EX}a"}}}}',
        ),
        (
            "rdf",
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
            f'xmlns:owl="{OWL}" xmlns:i="{IND}"><owl:Ontology rdf:about="{EX}main">'
            f'<i:takesAsIs rdf:resource="{EX}a"/><owl:imports rdf:resource="{EX}a"/>'
            "</owl:Ontology></rdf:RDF>",
        ),
    ],
    ids=["iri", "prefix", "escape", "json", "xml"],
)
def test_a_statement_is_seen_however_it_is_written(suffix: str, text: str, tmp_path: Path) -> None:
    guideline(tmp_path, "", a="ex:a a owl:Ontology .")
    path = tmp_path / f"again.{suffix}"
    path.write_text(text, encoding="utf-8")
    assert foreign(path) == {f"{EX}a"}


@pytest.mark.parametrize(
    ("name", "said", "is_one"),
    [
        ("oboa", "obo:oboa a owl:Ontology .", True),
        ("a", "ex:a a owl:Ontology . ex:T oio:hasDbXref 'x' .", True),
        ("a", "ex:a a owl:Ontology . ex:T oio:hasDbXref 'x' ; rdfs:subClassOf ind:Finding .", True),
        ("a", "ex:a a owl:Ontology . ex:T oio:hasDbXref 'x' ; a ind:Criterion .", False),
        ("a", "ex:a a owl:Ontology . ex:T oio:hasDbXref 'x' ; ind:question 'x'@en .", False),
        ("a", "ex:a a owl:Ontology . ex:T rdfs:seeAlso oio:hasDbXref .", False),
    ],
)
def test_an_import_is_foreign_by_the_habits_of_obo(
    name: str, said: str, is_one: bool, tmp_path: Path
) -> None:
    iri = f"{'obo' if name.startswith('obo') else 'ex'}:{name}"
    path = guideline(tmp_path, MAIN.format(iri), **{name: said})
    assert bool(foreign(path)) is is_one


def test_two_that_call_each_other_foreign_are_not(tmp_path: Path) -> None:
    path = guideline(
        tmp_path,
        MAIN.format("ex:a , ex:b"),
        a="ex:a a owl:Ontology ; ind:takesAsIs ex:b .",
        b="ex:b a owl:Ontology ; ind:takesAsIs ex:a .",
    )
    assert foreign(path) == set()


def test_the_same_files_are_another_guideline_where_another_of_them_is_foreign(
    tmp_path: Path,
) -> None:
    """What is kept of the one is never taken for the other, though each imports the other."""
    path = guideline(
        tmp_path,
        MAIN.format("ex:a ; ind:takesAsIs ex:a"),
        a="ex:a a owl:Ontology ; owl:imports ex:main . ex:T a owl:Class ; owl:oneOf ( ex:t ) .",
    )
    catalog = tmp_path / "catalog-v001.xml"
    entry = f'<uri name="{EX}main" uri="main.ttl"/></catalog>'
    catalog.write_text(catalog.read_text(encoding="utf-8").replace("</catalog>", entry))
    one, two = gather(path), gather(tmp_path / "a.ttl")
    assert {each.text for each in one.documents} == {each.text for each in two.documents}
    assert sum(len(document.aside) for document in one.documents) > 0
    assert sum(len(document.aside) for document in two.documents) == 0
    assert one.digest != two.digest


def test_a_file_without_a_name_or_under_another_is_not_foreign(tmp_path: Path) -> None:
    """Nothing leads to them by name; what they advise counts all the same."""
    path = guideline(
        tmp_path,
        MAIN.format("ex:a , ex:b , ex:c ; ind:takesAsIs ex:c"),
        a="ex:T a owl:Class .",
        b="ex:other a owl:Ontology .",
        c="ex:c a owl:Ontology .",
    )
    assert foreign(path) == {f"{EX}c"}


def test_a_foreign_ontology_makes_nobody_foreign_and_gives_no_advice(tmp_path: Path) -> None:
    """What it says in the language of guidelines is data as well, where it is taken as it is."""
    path = guideline(
        tmp_path,
        MAIN.format("ex:a ; ind:takesAsIs ex:a"),
        a="ex:a a owl:Ontology ; ind:takesAsIs ex:main , ind: . ex:T rdfs:subClassOf ind:Finding . "
        "ex:r a ind:Indication ; ind:action ex:T .",
    )
    assert foreign(path) == {f"{EX}a"}
    (document,) = (one for one in gather(path).documents if one.foreign)
    assert len(document.aside) == 5


@pytest.mark.parametrize(
    ("head", "theirs"),
    [
        ("[] ind:mergedGuideline ex:g , ex:h .", {f"{EX}a"}),
        ("", {f"{EX}a"}),
    ],
)
def test_in_one_file_the_guidelines_lead_also_where_they_lead_to_each_other(
    head: str, theirs: set[str], tmp_path: Path
) -> None:
    path = tmp_path / "merged.trig"
    path.write_text(
        f"""PREFIX ind: <{IND}>
PREFIX owl: <{OWL}>
PREFIX ex: <{EX}>
{head}
ex:g {{ ex:g a owl:Ontology , ind:Guideline ; owl:imports ex:h , <{EX}g/module> .
    <{EX}g/module> a owl:Ontology ; owl:imports ex:g , ex:a . ex:g ind:takesAsIs ex:a }}
ex:h {{ ex:h a owl:Ontology , ind:Guideline ; owl:imports ex:g }}
ex:a {{ ex:a a owl:Ontology ; ind:takesAsIs ex:g , ex:h . ex:r a ind:Indication }}
""",
        encoding="utf-8",
    )
    assert foreign(path) == theirs
    (document,) = (one for one in gather(path).documents if one.foreign)
    assert {text_of(quad.object) for quad in document.aside} == {
        f"{EX}g",
        f"{EX}h",
        f"{IND}Indication",
    }


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_a_large_one_whose_header_comes_last_takes_linear_time(tmp_path: Path) -> None:
    said = "".join(f"ex:C{n} a owl:Class ; rdfs:subClassOf ex:C{n + 1} .\n" for n in range(20_000))
    path = guideline(
        tmp_path, MAIN.format("ex:a ; ind:takesAsIs ex:a"), a=f"{said} ex:a a owl:Ontology ."
    )
    documents = gather(path).documents
    assert undefined_terms(documents) == []
    assert len(subjects(documents)) == 20_001


# ---------------------------------------------------------------------- who is blamed


@pytest.mark.slow
def test_an_annotation_property_may_be_declared_by_all_who_use_it(tmp_path: Path) -> None:
    dc = "<http://purl.org/dc/elements/1.1/title>"
    path = guideline(
        tmp_path,
        MAIN.format("ex:a , ex:b"),
        a=f"ex:a a owl:Ontology ; {dc} 'a' . {dc} a owl:AnnotationProperty .",
        b=f"ex:b a owl:Ontology ; {dc} 'b' . {dc} a owl:AnnotationProperty .",
        c=f"ex:c a owl:Ontology ; {dc} 'c' .",
    )
    found = check([str(path)], reasoner=False)
    assert [one.message for one in found.results if "title" in one.message] == []
    assert [one.message for one in found.results if one.rule == "import"] == []


@pytest.mark.slow
def test_a_term_is_at_home_with_who_owns_its_namespace(tmp_path: Path) -> None:
    """Not with the first file that happens to declare it as well."""
    path = guideline(
        tmp_path,
        "ex:main a owl:Ontology ; owl:imports ex:a , <https://example.org/b/t> . ",
        a="ex:a a owl:Ontology . <https://example.org/b/T> a owl:Class ; rdfs:subClassOf ex:U . "
        "ex:U a owl:Class ; rdfs:subClassOf ind:Finding . "
        "ex:W a owl:Class ; rdfs:subClassOf <https://example.org/b/T> .",
        t="",
    )
    (tmp_path / "t.ttl").write_text(
        f"PREFIX owl: <{OWL}>\nPREFIX rdfs: <{RDFS}>\n<{EX}b/t> a owl:Ontology .\n"
        f"<{EX}b/T> a owl:Class .\n<{EX}b/V> a owl:Class ; rdfs:subClassOf <{EX}b/T> .\n",
        encoding="utf-8",
    )
    catalog = tmp_path / "catalog-v001.xml"
    text = catalog.read_text(encoding="utf-8")
    catalog.write_text(text.replace(f"{EX}t", f"{EX}b/t"), encoding="utf-8")
    found = check([str(path)], reasoner=False)
    told = {
        (one.places[0].file.rpartition("/")[2], one.help)
        for one in found.results
        if one.rule == "import"
    }
    assert told == {
        ("a.ttl", f"add  owl:imports <{EX}b/t>  to the header"),
        ("a.ttl", f"add  owl:imports <{IND}>  to the header"),
    }


def test_a_merge_holds_nobody_to_what_is_somebody_elses(tmp_path: Path) -> None:
    from indicant.merge.clashes import clashes
    from indicant.merge.collection import collect

    dc = "<http://purl.org/dc/elements/1.1/title>"
    names = []
    for number in ("1", "2"):
        place = tmp_path / number
        place.mkdir()
        path = guideline(
            place,
            f"ex:g{number} a owl:Ontology ; owl:imports obo:obo{number} . "
            f"{dc} a owl:AnnotationProperty ; rdfs:label 'title {number}'@en .",
            **{
                f"obo{number}": f"obo:obo{number} a owl:Ontology . obo:X_1 a owl:Class ; "
                f"rdfs:label 'x {number}'@en ; rdfs:subClassOf obo:X_{number}0 ."
            },
        )
        names.append(str(path))
    assert clashes(collect(names), ()) == []
