"""What Protégé and the OWL API save comes back into the form of the house and its old order."""

from __future__ import annotations

import difflib
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from each import each
from indicant.cli import main
from indicant.errors import IndicantError
from indicant.files.comments import comment, of_a_tool
from indicant.files.turtle import tidy

if TYPE_CHECKING:
    from pathlib import Path

BEFORE: Final = r"""@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix r: <https://example.org/rain/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

<https://example.org/rain/>
    a owl:Ontology , ind:Guideline ;
    rdfs:label "rain"@en ;
    owl:imports <https://w3id.org/indicant/core/> ;
.

r:Rain
    a owl:Class ;
    rdfs:label "rain"@en ;
    rdfs:subClassOf ind:Finding ;
    owl:disjointWith r:Snow ;
.

r:Snow
    a owl:Class ;
    rdfs:label "snow"@en ;
    rdfs:subClassOf ind:Finding ;
.

r:amount
    a owl:ObjectProperty , owl:FunctionalProperty ;
    rdfs:label "amount"@en ;
    rdfs:range r:Amount ;
.

r:Amount
    a owl:Class ;
    rdfs:label "amount"@en ;
.

r:Little
    a owl:NamedIndividual , r:Amount ;
    rdfs:label "little"@en ;
.

r:Heavy
    a owl:NamedIndividual , r:Amount ;
    rdfs:label "heavy"@en ;
.

[]
    a owl:AllDifferent ;
    owl:distinctMembers ( r:Little r:Heavy ) ;
.

r:WithRain
    a owl:Class , ind:Criterion ;
    rdfs:label "with rain"@en ;
    rdfs:subClassOf ind:PatientCase ;
    owl:equivalentClass [
        a owl:Class ;
        owl:intersectionOf (
            ind:PatientCase
            [
                a owl:Restriction ;
                owl:onProperty ind:hasFinding ;
                owl:someValuesFrom [
                    a owl:Class ;
                    owl:unionOf (
                        r:Snow
                        [
                            a owl:Class ;
                            owl:intersectionOf (
                                r:Rain
                                [
                                    a owl:Restriction ;
                                    owl:onProperty r:amount ;
                                    owl:hasValue r:Heavy ;
                                ]
                            ) ;
                        ]
                    ) ;
                ] ;
            ]
        ) ;
    ] ;
.

r:stay-in
    a ind:Indication ;
    rdfs:label "stay in"@en ;
    ind:criterion r:WithRain ;
    ind:phase 1 ;
    ind:restsOn r:p02 , r:p01 ;
.

r:p02
    a ind:Passage ;
    ind:paraphrase "It was \"wet\"."@en ;
.
"""
SAVED: Final = r"""@prefix : <https://example.org/rain/> .
@prefix r: <https://example.org/rain/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix xml: <http://www.w3.org/XML/1998/namespace> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@base <https://example.org/rain/> .

<https://example.org/rain/> rdf:type owl:Ontology ;
                             owl:imports ind: ;
                             rdfs:label "rain"@en .

#################################################################
#    Annotation properties
#################################################################

###  https://w3id.org/indicant/core/phase
ind:phase rdf:type owl:AnnotationProperty .


#################################################################
#    Object Properties
#################################################################

###  https://example.org/rain/amount
r:amount rdf:type owl:ObjectProperty ,
                  owl:FunctionalProperty ;
         rdfs:range r:Amount ;
         rdfs:label "amount"@en .


#################################################################
#    Classes
#################################################################

###  https://example.org/rain/Amount
r:Amount rdf:type owl:Class ;
         rdfs:label "amount"@en .


###  https://example.org/rain/Rain
r:Rain rdf:type owl:Class ;
       rdfs:subClassOf ind:Finding ;
       owl:disjointWith r:Snow ;
       rdfs:label "rain"@en .


###  https://example.org/rain/Snow
r:Snow rdf:type owl:Class ;
       rdfs:subClassOf ind:Finding ;
       rdfs:label "snow"@en .


###  https://example.org/rain/WithRain
r:WithRain rdf:type owl:Class ;
           owl:equivalentClass [ owl:intersectionOf ( ind:PatientCase
          [ rdf:type owl:Restriction ;
            owl:onProperty ind:hasFinding ;
            owl:someValuesFrom [ rdf:type owl:Class ;
                                 owl:unionOf ( r:Snow
                                               [ owl:intersectionOf ( r:Rain
                                                                      [ rdf:type owl:Restriction ;
                                                                        owl:onProperty r:amount ;
                                                                        owl:hasValue r:Heavy
                                                                      ]
                                                                    ) ;
                                                 rdf:type owl:Class
                                               ]
                                             )
                               ]
          ]
        ) ;
                                 rdf:type owl:Class
                               ] ;
           rdfs:subClassOf ind:PatientCase .


#################################################################
#    Individuals
#################################################################

###  https://example.org/rain/
<https://example.org/rain/> rdf:type owl:NamedIndividual ,
                                     ind:Guideline .


###  https://example.org/rain/Heavy
r:Heavy rdf:type owl:NamedIndividual ,
                 r:Amount ;
        owl:differentFrom r:Little ;
        rdfs:label "heavy"@en .


###  https://example.org/rain/Little
r:Little rdf:type owl:NamedIndividual ,
                  r:Amount ;
         rdfs:label "little"@en .


###  https://example.org/rain/WithRain
r:WithRain rdf:type owl:NamedIndividual ,
                    ind:Criterion .


###  https://example.org/rain/p01
r:p01 rdf:type owl:NamedIndividual .


###  https://example.org/rain/p02
r:p02 rdf:type owl:NamedIndividual ,
               ind:Passage ;
      ind:paraphrase "It was \"wet\"."@en .


###  https://example.org/rain/stay-in
r:stay-in rdf:type owl:NamedIndividual ,
                   ind:Indication ;
          ind:criterion r:WithRain ;
          ind:restsOn r:p01 ,
                      r:p02 ;
          rdfs:label "stay in"@en ;
          ind:phase 1 .


#################################################################
#    Annotations
#################################################################

r:WithRain rdfs:label "with rain"@en .


###  Generated by the OWL API (version 5.1.20) https://github.com/owlcs/owlapi/
"""
CASE: Final = """@prefix : <https://example.org/case#> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix r: <https://example.org/rain/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

[ rdf:type owl:Ontology
 ] .

###  https://w3id.org/indicant/core/hasFinding
ind:hasFinding rdf:type owl:AnnotationProperty .

###  http://www.w3.org/2001/XMLSchema#date
xsd:date rdf:type rdfs:Datatype .

###  https://example.org/rain/Rain
r:Rain rdf:type owl:Class .

###  https://example.org/case#case
:case rdf:type owl:NamedIndividual ,
               ind:PatientCase ;
      ind:asOf "2026-11-22"^^xsd:date ;
      ind:hasFinding :rain .

###  https://example.org/case#rain
:rain rdf:type owl:NamedIndividual ,
               r:Rain .
"""


def changed(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def test_what_the_tool_added_is_taken_away() -> None:
    found = tidy(SAVED, file="a.ttl")
    assert "#  " not in found.replace("#> .", "")
    assert [line for line in found.splitlines() if "owl:NamedIndividual" in line] == [
        "    a owl:NamedIndividual , r:Amount ;",
        "    a owl:NamedIndividual , r:Amount ;",
        "    a owl:NamedIndividual ;",
    ]
    assert [line.split()[1] for line in found.splitlines() if line.startswith("@prefix")] == [
        "dcterms:",
        "ind:",
        "owl:",
        "r:",
        "rdfs:",
        "skos:",
    ]
    assert "ind:phase\n" not in found
    assert tidy(found, file="a.ttl") == found


def test_the_old_order_comes_back_whole() -> None:
    """Subjects, objects, operands, properties, prefixes, pairs and their direction."""
    assert tidy(BEFORE, file="a.ttl") == BEFORE
    assert tidy(SAVED, file="a.ttl", former=BEFORE) == BEFORE


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            '"stay in"@en',
            '"stay at home"@en',
            ['-    rdfs:label "stay in"@en ;', '+    rdfs:label "stay at home"@en ;'],
        ),
        (
            "owl:hasValue r:Heavy",
            "owl:hasValue r:Little",
            [
                "-                                    owl:hasValue r:Heavy ;",
                "+                                    owl:hasValue r:Little ;",
            ],
        ),
        (
            "r:Rain rdf:type owl:Class ;",
            "r:Hail rdf:type owl:Class .\nr:Rain rdf:type owl:Class ;",
            ["+", "+r:Hail", "+    a owl:Class ;", "+."],
        ),
        (
            "        owl:differentFrom r:Little ;\n",
            "",
            [
                "-[]",
                "-    a owl:AllDifferent ;",
                "-    owl:distinctMembers ( r:Little r:Heavy ) ;",
                "-.",
                "-",
            ],
        ),
        (
            "owl:disjointWith r:Snow",
            "owl:disjointWith r:Amount",
            ["-    owl:disjointWith r:Snow ;", "+    owl:disjointWith r:Amount ;"],
        ),
        (
            "r:p01 ,",
            "r:p00 , r:p01 ,",
            ["-    ind:restsOn r:p02 , r:p01 ;", "+    ind:restsOn r:p02 , r:p01 , r:p00 ;"],
        ),
    ],
)
def test_an_edit_is_all_that_changes(old: str, new: str, told: list[str]) -> None:
    assert SAVED.count(old) == 1
    found = tidy(SAVED.replace(old, new), file="a.ttl", former=BEFORE)
    assert changed(BEFORE, found) == told


def test_a_pair_that_was_turned_stands_as_before() -> None:
    turned = SAVED.replace("       owl:disjointWith r:Snow ;\n", "").replace(
        'rdfs:label "snow"@en', 'owl:disjointWith r:Rain ; rdfs:label "snow"@en'
    )
    assert tidy(turned, file="a.ttl", former=BEFORE) == BEFORE
    assert "r:Snow\n    a owl:Class ;\n    rdfs:label" in tidy(turned, file="a.ttl")
    assert "    owl:disjointWith r:Rain ;" in tidy(turned, file="a.ttl")


def test_a_saved_case_is_the_case_again() -> None:
    found = tidy(CASE, file="case.ttl")
    assert found.partition("\n\n")[2] == (
        ':case\n    a ind:PatientCase ;\n    ind:asOf "2026-11-22"^^xsd:date ;\n'
        "    ind:hasFinding :rain ;\n.\n\n:rain\n    a r:Rain ;\n.\n"
    )


def test_the_order_of_a_list_that_says_something_stays() -> None:
    """No tool may turn the path of a shape round, and neither do we."""
    old = "@prefix : <urn:x:> .\n:a :path ( :b :c ) ."
    new = "@prefix : <urn:x:> .\n:a :path ( :c :b ) ."
    assert ":path ( :c :b )" in tidy(new, file="a.ttl", former=old)
    listed = "@prefix : <urn:x:> .\n@prefix owl: <http://www.w3.org/2002/07/owl#> .\n:a owl:oneOf "
    assert "owl:oneOf ( :b :c )" in tidy(
        f"{listed} ( :c :b ) .", file="a.ttl", former=f"{listed} ( :b :c ) ."
    )


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_a_long_list_and_a_deep_node_find_their_order() -> None:
    """In time that grows with them, not with their square."""
    head = "@prefix owl: <http://www.w3.org/2002/07/owl#> .\n<urn:x:a> owl:oneOf ("
    members = [f"<urn:x:{number}>" for number in range(20_000)]
    old, new = (f"{head} {' '.join(one)} ) ." for one in (members, reversed(members)))
    assert tidy(new, file="a.ttl", former=old) == tidy(old, file="a.ttl")
    deep = f"<urn:x:a> <urn:x:b> {'[ <urn:x:b> ' * 5_000}1{' ]' * 5_000} ."
    assert tidy(deep, file="a.ttl", former=deep) == tidy(deep, file="a.ttl")


@pytest.mark.parametrize(
    "words",
    [
        "# why",
        "#    Why",
        "###  why it is so",
        "###  https://example.org/rain/ is wet",
        "########## why ##########",
        "#    Classes",
        "r:Rain rdfs:seeAlso r:Snow . ###  https://example.org/rain/",
    ],
)
def test_the_words_of_an_author_are_never_lost(words: str) -> None:
    text = SAVED.replace("###  https://example.org/rain/Rain\n", f"{words}\n")
    assert comment(text) is not None
    assert not of_a_tool(text)
    with pytest.raises(IndicantError, match="holds a comment"):
        tidy(text, file="a.ttl", former=BEFORE)


def test_what_no_tool_wrote_keeps_all_that_it_says() -> None:
    """Without the comments of a tool nobody knows who declared what."""
    bare = "\n".join(line for line in SAVED.splitlines() if not line.startswith("#"))
    found = tidy(bare, file="a.ttl")
    assert found.count("owl:NamedIndividual") == 7
    assert "@prefix xml:" in found


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_order_of_a_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def git(*arguments: str) -> None:
        settings = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *settings, *arguments], cwd=tmp_path, check=True)

    file, other = tmp_path / "sub" / "a[1].ttl", tmp_path / "sub" / "new.ttl"
    file.parent.mkdir()
    file.write_text(BEFORE, encoding="utf-8")
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "-m", "one")
    file.write_text(SAVED, encoding="utf-8")
    other.write_text(CASE, encoding="utf-8")
    monkeypatch.chdir(file.parent)
    assert main(["fmt", "--check", "--order-of", "HEAD"]) == 1
    assert "indicant fmt --order-of HEAD" in capsys.readouterr().out
    assert main(["fmt", "--order-of", "HEAD"]) == 0
    assert file.read_text(encoding="utf-8") == BEFORE
    assert other.read_text(encoding="utf-8") == tidy(CASE, file="case.ttl")
    capsys.readouterr()
    for arguments, told in each(
        (
            (("--order-of", "nix", "new.ttl"), "new.ttl: 'nix' is no revision of"),
            (("--order-of", "HEAD", "-"), "standard input has no revision"),
        )
    ):
        assert main(["fmt", *arguments]) == 2
        assert told in capsys.readouterr().err
