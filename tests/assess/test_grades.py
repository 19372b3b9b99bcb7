"""Strength and certainty by GRADE: told beside the source's words, where the source states them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import jsonschema
import pytest

from indicant import Case, Guideline
from indicant.ask.questions import question
from indicant.cli import main
from indicant.files.rdf import parse
from indicant.terms import IND
from places import RAIN, ROOT
from rain import CASE

if TYPE_CHECKING:
    from pathlib import Path

RAIN_IRI: Final = "https://example.org/rain/"
STRENGTH: Final = 'ind:strength "takes"@en ;'
EVIDENCE: Final = """
:study
    a ind:Publication ;
    dcterms:title "On umbrellas"@en ;
    ind:authors "Rain A, Cloud B" ;
    ind:venue "J Weather 4(2):1-9" ;
    dcterms:issued "2019"^^xsd:gYear ;
    cito:agreesWith :p1 ;
.

:p1-study
    a ind:EvidenceLink ;
    ind:publication :study ;
    ind:passage :p1 ;
    ind:relation cito:agreesWith ;
    ind:note "Umbrellas keep off rain."@en ;
    ind:basis "abstract seen"@en ;
    ind:certainty ind:VeryLowCertainty ;
.
"""
GRADES: Final = "ind:gradeStrength ind:ConditionalRecommendation ; ind:certainty ind:LowCertainty ;"
IN_RAIN: Final = CASE.replace("[ a rain:Rain ]", "[ a rain:Rain ] ; ind:excludes rain:Storm")


def guideline(folder: Path, grades: str = GRADES) -> Guideline:
    text = (RAIN / "guideline.ttl").read_text(encoding="utf-8")
    for prefix, namespace in (
        ("cito", "http://purl.org/spar/cito/"),
        ("xsd", "http://www.w3.org/2001/XMLSchema#"),
    ):
        if f"@prefix {prefix}:" not in text:
            text = f"@prefix {prefix}: <{namespace}> .\n{text}"
    assert STRENGTH in text
    folder.mkdir(exist_ok=True)
    file = folder / "guideline.ttl"
    file.write_text(text.replace(STRENGTH, f"{STRENGTH} {grades}") + EVIDENCE, encoding="utf-8")
    for table in RAIN.glob("*.tsv"):
        (folder / table.name).write_text(table.read_text(encoding="utf-8"), encoding="utf-8")
    return Guideline.load(file)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Guideline:
    return guideline(tmp_path_factory.mktemp("graded"))


def test_the_record_has_the_grades(graded: Guideline) -> None:
    found = graded.assess(Case.parse(IN_RAIN))
    (action,) = found.actions
    told = {one.label: (one.grade_strength, one.certainty) for one in action.recommendations}
    assert told == {
        "take an umbrella": ("conditional", "low"),
        "leave the umbrella": (None, None),
    }
    (said,) = {said.certainty for one in action.recommendations for said in one.evidence}
    assert said == "very low"
    schema = json.loads((ROOT / "shapes" / "assessment.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate([found.to_dict()], schema)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("grades", "words"),
    [
        (GRADES, '"takes", GRADE: conditional recommendation, low certainty'),
        ("ind:gradeStrength ind:StrongRecommendation ;", '"takes", GRADE: strong recommendation'),
        ("ind:certainty ind:HighCertainty ;", '"takes", GRADE: high certainty'),
        ("ind:certainty ind:ModerateCertainty ;", '"takes", GRADE: moderate certainty'),
        ("", '"takes"'),
    ],
)
def test_every_form_tells_the_grades(grades: str, words: str, tmp_path: Path) -> None:
    made = guideline(tmp_path, grades)
    found = made.assess(Case.parse(IN_RAIN))
    assert f"routine, {words}" in " ".join(str(found).split())
    assert f"routine, {words}" in found.to_markdown().replace("\\", "")
    assert words.replace('"', "&#34;") in found.to_html()
    why = " ".join(str(found.why("umbrella")).split())
    grade = words.partition("GRADE: ")[2]
    assert 'the source says "takes"' in why
    assert ("by GRADE" in why) == bool(grade)
    assert f"by GRADE: {grade}" in why or not grade
    for one in (found.to_markdown(detail="full"), found.to_html()):
        assert "(abstract seen; very low certainty)" in one
    assert "agrees: Rain A, Cloud B 2019, J Weather 4(2):1-9 (very low certainty)" in why


def test_the_graph_of_an_assessment_has_the_grades(graded: Guideline) -> None:
    document = parse(IN_RAIN, path="case.ttl")
    said = {
        (one.predicate.value.removeprefix(IND), str(one.object).rpartition("/")[2].rstrip(">"))
        for one in graded.assessor.describe(document)
        if one.predicate.value in {f"{IND}certainty", f"{IND}gradeStrength"}
    }
    assert said == {
        ("certainty", "LowCertainty"),
        ("gradeStrength", "ConditionalRecommendation"),
    }


def test_questions_have_the_grades(graded: Guideline) -> None:
    found = graded.ask("which-recommendations-are-there")
    wanted = [found.columns.index(one) for one in ("label", "gradeStrength", "certainty")]
    assert {tuple(_text(row[place]) for place in wanted) for row in found.rows} == {
        ("take an umbrella", "conditional", "low"),
        ("leave the umbrella", "", ""),
    }
    found = graded.ask("which-evidence-speaks-to-what")
    (row,) = found.rows
    assert _text(row[found.columns.index("certainty")]) == "very low"
    assert question("which-evidence-speaks-to-what").summary


def _text(value: object) -> str:
    return "" if value is None else str(getattr(value, "value", value))


@pytest.mark.slow
def test_pages_have_the_grades(graded: Guideline) -> None:
    pages = {name: page.decode() for name, page in graded.site().items()}
    page = pages["recommendations/take-an-umbrella.html"]
    assert "<dt>GRADE</dt><dd>conditional recommendation, low certainty</dd>" in page
    assert "abstract seen; very low certainty" in page
    assert "GRADE" not in pages["recommendations/leave-the-umbrella.html"]


@pytest.mark.slow
def test_a_guideline_with_grades_holds_and_an_unknown_grade_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = guideline(tmp_path / "good")
    report = made.check(reasoner=False)
    assert not [one for one in report.results if "grade" in one.rule or "certainty" in one.rule]
    for wrong in ("ind:certainty ind:Routine ;", 'ind:gradeStrength "strong" ;'):
        guideline(tmp_path / "bad", wrong)
        assert main(["check", str(tmp_path / "bad"), "--no-reasoner"]) == 1
        printed = capsys.readouterr().out
        assert "[recommendation-certainty]" in printed or "[recommendation-grade]" in printed
