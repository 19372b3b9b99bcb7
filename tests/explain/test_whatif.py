"""What if: edits to a copy of a case, what they take back, and what they change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from each import each
from forcing import CASES, EXAMPLES
from indicant.assess.assessor import Assessor, InvalidCase
from indicant.errors import IndicantError
from indicant.explain.whatif import InvalidEdit, WhatIfRecord, as_text, what_if
from indicant.files.rdf import parse, read
from indicant.terms import local_name
from running import hold_to_one_line, run
from shipped import assessor

if TYPE_CHECKING:
    from pathlib import Path

SEVEN = EXAMPLES[0]
IND = "https://w3id.org/indicant/core/"
SPINE = "https://w3id.org/indicant/spine/"
BASE = "https://example.org/clinic/patient-7#"
LEAD = """\
@prefix : <https://example.org/clinic/patient-7#> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix spine: <https://w3id.org/indicant/spine/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def only(edits: list[str], path: Path = SEVEN) -> WhatIfRecord:
    (record,) = what_if(assessor(), read(path), edits)
    return record


def turns(record: WhatIfRecord) -> dict[str, tuple[str, str]]:
    return {
        local_name(one["action"]): (one["before"], one["after"]) for one in record["differences"]
    }


def by_hand(text: str) -> dict[str, str]:
    """Return the statuses of a case that was written in full."""
    (record,) = assessor().assess(parse(text, path="case.ttl"), everything=True)
    return {one["action"]: one["status"] for one in record["actions"]}


def changed(text: str) -> dict[str, tuple[str, str]]:
    """Return what differs between the example and a case that was written in full."""
    before, after = by_hand(SEVEN.read_text(encoding="utf-8")), by_hand(text)
    return {
        local_name(action): (before[action], after[action])
        for action in before
        if before[action] != after[action]
    }


# ---------------------------------------------------------------------- edits against cases by hand


@pytest.mark.many(1000)
@pytest.mark.parametrize(
    ("edits", "replacements"),
    [
        (["+Osteophyte"], [(":pain , :rad", ":pain , [ a spine:Osteophyte ] , :rad")]),
        (
            ["+Myelopathy"],
            [
                (":pain , :rad", ":pain , [ a spine:Myelopathy ] , :rad"),
                (" , spine:Myelopathy", ""),
            ],
        ),
        (
            ["-NeckPain"],
            [
                (":pain , ", ""),
                (":pain\n    a spine:NeckPain ;\n.", ""),
                ("spine:SpinalInst", "spine:NeckPain , spine:SpinalInst"),
            ],
        ),
        (["~NeckPain"], [(":pain , ", ""), (":pain\n    a spine:NeckPain ;\n.", "")]),
        (
            ["-Radiculopathy"],
            [
                (" , :radiculopathy", ""),
                (":radiculopathy\n    a spine:CervicalRadiculopathy ;\n.", ""),
                ("spine:SpinalInst", "spine:Radiculopathy , spine:SpinalInst"),
            ],
        ),
        (["~SpinalInstability"], [("spine:SpinalInstability , ", "")]),
        (["+ThoracicMri"], [(":fusion , ", ":fusion , [ a spine:ThoracicMri ] , ")]),
        (
            ["-LumbarFusion"],
            [
                (":fusion , ", ""),
                (":fusion\n    a spine:LumbarFusion ;\n.", ""),
                ("spine:SpinalInst", "spine:LumbarFusion , spine:SpinalInst"),
            ],
        ),
        (
            ["ConservativeManagement:weeks=5"],
            [('ind:startedOn "2026-04-20"^^xsd:date', "ind:weeks 5")],
        ),
        (["care:outcome=Succeeded"], [("ind:Failed", "ind:Succeeded")]),
        (["conservative management:startedOn=2026-08-01"], [("2026-04-20", "2026-08-01")]),
        (["ForaminalStenosis:severity=mild"], [("spine:Significant", "spine:Mild")]),
        (["therapy:endedOn=2026-05-20"], [("2026-08-03", "2026-05-20")]),
        (["asOf=2026-11-30"], [("2026-11-22", "2026-11-30")]),
        (
            ["MotorWeakness:mrcGrade=4"],
            [(":pain , :rad", ":pain , [ a spine:MotorWeakness ; spine:mrcGrade 4 ] , :rad")],
        ),
        (
            ["+Myelopathy", "-Radiculopathy"],
            [
                (":pain , :radiculopathy", ":pain , [ a spine:Myelopathy ]"),
                (":radiculopathy\n    a spine:CervicalRadiculopathy ;\n.", ""),
                (" , spine:Myelopathy", ""),
                ("spine:SpinalInst", "spine:Radiculopathy , spine:SpinalInst"),
            ],
        ),
    ],
    ids=lambda one: " ".join(one) if isinstance(one[0], str) else "",
)
def test_an_edit_gives_what_the_case_written_in_full_gives(
    edits: list[str], replacements: list[tuple[str, str]]
) -> None:
    text = SEVEN.read_text(encoding="utf-8")
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new)
    record = only(edits)
    assert turns(record) == changed(text)


def test_an_investigation_goes_with_what_it_showed_and_excluded() -> None:
    text = SEVEN.read_text(encoding="utf-8")
    start = text.index(":mri\n")
    text = (
        text[:start]
        .replace(" , :mri", "")
        .replace("spine:SpinalInst", "spine:CervicalMri , spine:SpinalInst")
    )
    record = only(["-CervicalMri"])
    assert turns(record) == changed(text)
    gone = {local_name(one["subject"]) for one in record["takenBack"]}
    assert {"mri", "stenosis", "root"} <= gone


def test_what_several_investigations_show_stays_with_the_other() -> None:
    text = (
        SEVEN.read_text(encoding="utf-8").replace(":care , :therapy", ":care , :ct , :therapy")
        + "\n:ct a spine:CtScan ; ind:shows :stenosis .\n"
    )
    (record,) = what_if(assessor(), parse(text, path="case.ttl"), ["~CervicalMri"])
    gone = {local_name(one["subject"]) for one in record["takenBack"]}
    assert "root" in gone
    assert "stenosis" not in gone


def test_a_node_of_several_classes_loses_one() -> None:
    text = SEVEN.read_text(encoding="utf-8").replace(
        ":radiculopathy\n    a spine:CervicalRadiculopathy",
        ":radiculopathy\n    a spine:CervicalRadiculopathy , spine:RadicularPain",
    )
    (record,) = what_if(assessor(), parse(text, path="case.ttl"), ["-Radiculopathy"])
    assert [local_name(one["value"]) for one in record["takenBack"]] == ["CervicalRadiculopathy"]


def test_what_stands_first_in_a_file_is_taken_back_as_well() -> None:
    """The first class that is stated is that of the finding, and not that of the case."""
    text = (
        "@prefix : <https://example.org/case#> .\n"
        "@prefix ind: <https://w3id.org/indicant/core/> .\n"
        "@prefix spine: <https://w3id.org/indicant/spine/> .\n"
        "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
        ":pain a spine:NeckPain .\n"
        ':case a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ; ind:hasFinding :pain .\n'
    )
    (record,) = what_if(assessor(), parse(text, path="case.ttl"), ["~NeckPain"])
    assert "NeckPain" in {local_name(one["value"]) for one in record["takenBack"]}


def test_a_proposal_is_left_alone() -> None:
    record = only(["-CervicalFusion"])
    assert not record["takenBack"]
    text = SEVEN.read_text(encoding="utf-8").replace(
        "ind:proposes spine:CervicalFusion", "ind:proposes [ a spine:CervicalFusion ]"
    )
    (record,) = what_if(assessor(), parse(text, path="case.ttl"), ["-CervicalFusion"])
    assert not record["takenBack"]


def test_what_is_there_already_is_not_added() -> None:
    for edit in ("+NeckPain", "+Radiculopathy", "+ForaminalStenosis", "+ConservativeManagement"):
        record = only([edit])
        assert not record["put"]
        assert not record["differences"]
        assert "nothing changes" in as_text(record)


def test_weeks_take_the_place_of_dates_and_dates_of_weeks() -> None:
    record = only(["care:weeks=30"])
    assert [local_name(one["path"]) for one in record["takenBack"]] == ["startedOn"]
    assert not record["warnings"]
    text = SEVEN.read_text(encoding="utf-8").replace(
        'ind:startedOn "2026-04-20"^^xsd:date', "ind:weeks 30"
    )
    document = parse(text, path="case.ttl")
    (record,) = what_if(assessor(), document, ["care:startedOn=2026-09-01"])
    assert [local_name(one["path"]) for one in record["takenBack"]] == ["weeks"]
    later = SEVEN.read_text(encoding="utf-8").replace("2026-04-20", "2026-09-01")
    assert turns(record) == changed(later) != {}


def test_several_values_go_to_one_new_node() -> None:
    record = only(["FacetJointInjection:on=2026-06-01", "FacetJointInjection:outcome=Failed"])
    assert len({one["subject"] for one in record["put"]} - {f"{BASE}case"}) == 1
    record = only(["therapy:startedOn=2026-06-01", "therapy:endedOn=2026-06-20"])
    text = SEVEN.read_text(encoding="utf-8").replace("2026-05-04", "2026-06-01")
    assert turns(record) == changed(text.replace("2026-08-03", "2026-06-20")) != {}


def test_edits_can_be_turned_round() -> None:
    first, second = (
        only(edits)["differences"]
        for edits in (["+Myelopathy", "-NeckPain"], ["-NeckPain", "+Myelopathy"])
    )
    assert first == second


@pytest.mark.many(1000)
@pytest.mark.parametrize("path", CASES, ids=[path.parent.name for path in CASES])
def test_forgetting_what_is_not_known_changes_nothing(path: Path) -> None:
    document = read(path)
    vocabulary = assessor().vocabulary
    for cls in sorted(vocabulary.descendants(IND + "Finding"))[::6]:
        (record,) = what_if(assessor(), document, [f"~{cls}"])
        if not record["takenBack"]:
            assert not record["differences"]


def test_the_differences_are_those_of_two_assessments() -> None:
    for path in each(EXAMPLES):
        document = read(path)
        (before,) = assessor().assess(document, everything=True)
        record = only(["+Myelopathy", "+CervicalMri"], path)
        old = {one["action"]: one["status"] for one in before["actions"]}
        for one in record["differences"]:
            assert old[one["action"]] == one["before"] != one["after"]
            assert any(turn["before"] != turn["after"] for turn in one["turns"])
            for turn in one["turns"]:
                assert bool(turn["because"]) == (turn["after"] != "open")


def test_the_scope_is_compared_as_well() -> None:
    record = only(["-LumbarFusion"])
    assert record["scope"] == ["met", "refuted"]
    assert "scope: met -> refuted" in as_text(record)
    assert any("outside the scope" in one for one in record["warnings"])


def test_the_file_and_the_document_are_left_as_they_are() -> None:
    text = SEVEN.read_bytes()
    document = read(SEVEN)
    quads = tuple(document.quads)
    what_if(assessor(), document, ["+Myelopathy", "asOf=2026-12-01"])
    assert document.quads == quads
    assert SEVEN.read_bytes() == text


def test_every_case_of_a_file_is_edited() -> None:
    text = LEAD + "".join(
        f':{name} a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date .\n' for name in "ab"
    )
    first, second = what_if(assessor(), parse(text, path="case.ttl"), ["+RadicularPain"])
    assert (
        turns(first)
        == turns(second)
        == {
            "Gabapentin": ("undetermined", "recommended"),
            "Pregabalin": ("undetermined", "recommended"),
        }
    )


# ---------------------------------------------------------------------- contradictions


@pytest.mark.many(3)
@pytest.mark.parametrize(
    ("edits", "message"),
    [
        (["+Myelopathy", "-Myelopathy"], "shall not both record"),
        (["+Myelopathy", "-NeurologicalCompromise"], "shall not both record"),
        (["-NeurologicalCompromise", "+Myelopathy"], "shall not both record"),
        (["MotorWeakness:mrcGrade=9"], "shall be ≤ 5"),
        (["MotorWeakness:mrcGrade=4", "MotorWeakness:mrcGrade=3"], "at most one"),
        (["MotorWeakness:mrcGrade=weak"], "shall be written as xsd:integer"),
        (["care:startedOn=2027-01-01"], "shall not be later than the as-of date"),
        (["care:startedOn=yesterday"], "shall be a day of the calendar"),
        (["care:weeks=-3"], "shall not be negative"),
        (["therapy:endedOn=2026-05-01"], "shall not be later than its end"),
        (["asOf=2026-05-01"], "shall not be later than the as-of date"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else "",
)
def test_an_edit_that_contradicts_is_a_finding(edits: list[str], message: str) -> None:
    with pytest.raises(InvalidEdit, match="the edited case was not assessed") as caught:
        only(edits)
    assert any(message in one.message for one in caught.value.findings)
    assert caught.value.exit_code == 1


def test_a_case_that_breaks_a_shape_is_told_before_it_is_edited() -> None:
    text = LEAD + ':a a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ; ind:excludes :no .\n'
    with pytest.raises(InvalidCase) as caught:
        what_if(assessor(), parse(text, path="case.ttl"), ["+Myelopathy"])
    assert not isinstance(caught.value, InvalidEdit)


# ---------------------------------------------------------------------- names and mistakes


@pytest.mark.many(2)
@pytest.mark.parametrize(
    "edit",
    [
        "+Myelopathy",
        "+myelopathy",
        "+spine:Myelopathy",
        f"+{SPINE}Myelopathy",
        f"+<{SPINE}Myelopathy>",
    ],
)
def test_a_term_goes_by_any_of_its_names(edit: str) -> None:
    assert turns(only([edit])) == turns(only(["+Myelopathy"]))


@pytest.mark.many(2)
@pytest.mark.parametrize(
    "edit",
    [
        "ForaminalStenosis:severity=Mild",
        "spine:ForaminalStenosis:spine:severity=spine:Mild",
        f"{SPINE}ForaminalStenosis:{SPINE}severity={SPINE}Mild",
        "foraminal stenosis:severity=mild",
        "stenosis:severity=mild",
        ":stenosis:severity=mild",
        f"{BASE}stenosis:severity=mild",
    ],
)
def test_a_value_is_set_by_any_names(edit: str) -> None:
    record = only([edit])
    assert [local_name(one["value"]) for one in record["put"]] == ["Mild"]


@pytest.mark.many(3)
@pytest.mark.parametrize(
    ("edit", "message", "advice"),
    [
        ("Myelopathy", "'Myelopathy' is no edit", "+Term"),
        ("+", "'+' names no term", "+Term"),
        ("~", "'~' names no term", "+Term"),
        ("+Myelopahty", "no finding or intervention is called 'Myelopahty'", "Myelopathy"),
        ("-spine:Myelopahty", "is called 'spine:Myelopahty'", "Myelopathy"),
        ("~nothing like it", "is called 'nothing like it'", ""),
        ("+fusion", "is called 'fusion'", "SpinalFusion"),
        ("+Finding", "is called 'Finding'", ""),
        ("+severity", "is called 'severity'", ""),
        ("+Myelopathy=3", "both edits a term and sets a value", "Myelopathy=3"),
        ("Myelopathy:=3", "no property", ""),
        ("Myelopathy:severity=", "gives no value", "+Term"),
        ("severity=Mild", "names no term and property", "+Term"),
        (":severity=Mild", "names no term and property", "+Term"),
        ("=", "gives no value", "+Term"),
        ("=x", "names no term", "+Term"),
        ("Stenossis:severity=Mild", "is called 'Stenossis'", ""),
        ("ForaminalStenosis:severety=Mild", "is called 'severety'", "severity"),
        ("ForaminalStenosis:severity=Mildd", "no value of severity", "Mild"),
        ("ForaminalStenosis:severity=7", "no value of severity", "one of: Mild, Moderate"),
        ("care:days=200", "derived", "set weeks"),
        ("care:hasFinding=NeckPain", "is called 'hasFinding'", ""),
        ("care:role=x", "is called 'role'", ""),
        ("asOf=", "gives no value", ""),
        ("asOf=soon", "'soon' is not a date", "YYYY-MM-DD"),
    ],
)
def test_a_malformed_edit_is_told_with_what_is_meant(edit: str, message: str, advice: str) -> None:
    with pytest.raises(IndicantError) as caught:
        only([edit])
    assert message in str(caught.value)
    assert advice in (caught.value.help or "")
    assert caught.value.exit_code == 2


def test_a_value_for_one_of_several_nodes_has_to_name_the_node() -> None:
    text = LEAD + (
        ':a a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ; ind:hasFinding :left , :right .\n'
        ":left a spine:MotorWeakness .\n:right a spine:MotorWeakness .\n"
    )
    document = parse(text, path="case.ttl")
    with pytest.raises(IndicantError, match="several nodes of MotorWeakness: left, right"):
        what_if(assessor(), document, ["MotorWeakness:mrcGrade=3"])
    (record,) = what_if(assessor(), document, ["left:mrcGrade=3"])
    assert record["put"] == [{"subject": f"{BASE}left", "path": f"{SPINE}mrcGrade", "value": "3"}]


def one_of(facts: str, nodes: str, edits: list[str]) -> WhatIfRecord:
    """Return what edits do to a case of these facts."""
    text = f'{LEAD}:case a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ; {facts} .\n{nodes}\n'
    (record,) = what_if(assessor(), parse(text, path="case.ttl"), edits)
    return record


def test_a_value_for_a_class_goes_to_the_one_node_of_that_very_class() -> None:
    """Another node of a class below does not make it ambiguous."""
    record = one_of(
        "ind:hasFinding :above , :below",
        ":above a spine:Radiculopathy . :below a spine:CervicalRadiculopathy .",
        ["Radiculopathy:weeks=3"],
    )
    assert [local_name(one["subject"]) for one in record["put"]] == ["above"]


def test_a_value_for_what_is_excluded_takes_the_exclusion_back() -> None:
    record = one_of("ind:excludes spine:MotorWeakness", "", ["MotorWeakness:mrcGrade=3"])
    assert [local_name(one["value"]) for one in record["takenBack"]] == ["MotorWeakness"]
    assert "3" in {one["value"] for one in record["put"]}


@pytest.mark.parametrize("edits", [["care:startedOn=2026-06-01", "care:weeks=3"]])
def test_edits_never_take_back_one_another(edits: list[str]) -> None:
    """Dates and weeks of one node contradict each other, in whatever order they are given."""
    for given in (edits, edits[::-1]):
        with pytest.raises(InvalidEdit, match=r"edited case"):
            only(given)


def test_what_an_investigation_shows_is_taken_back_as_well() -> None:
    record = one_of(
        "ind:received :mri",
        ":mri a spine:CervicalMri ; ind:shows :shown . :shown a spine:ForaminalStenosis .",
        ["-ForaminalStenosis"],
    )
    assert "shown" in {local_name(one["subject"]) for one in record["takenBack"]}


def test_a_new_node_takes_no_name_that_is_taken() -> None:
    record = one_of(
        f"ind:hasFinding <{BASE}case/what-if/MotorWeakness>",
        f"<{BASE}case/what-if/MotorWeakness> a spine:NeckPain .",
        ["+MotorWeakness"],
    )
    typed = {one["subject"] for one in record["put"] if local_name(one["path"]) == "type"}
    assert typed == {f"{BASE}case/what-if/MotorWeakness-2"}


TWINS = """\
@prefix : <https://example.org/twins/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<https://example.org/twins/> a owl:Ontology , ind:Guideline ; owl:imports ind: .
:Storm a owl:Class ; rdfs:subClassOf ind:Finding ; rdfs:label "rough weather"@en .
:Hail a owl:Class ; rdfs:subClassOf ind:Finding ; rdfs:label "rough weather"@en .
:Umbrella a owl:Class ; rdfs:subClassOf ind:Intervention .
:InStorm a owl:Class , ind:Criterion ; rdfs:subClassOf ind:PatientCase ;
    owl:equivalentClass [
        a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:someValuesFrom :Storm
    ] .
:take a ind:Indication ; dcterms:isPartOf <https://example.org/twins/> ;
    ind:action :Umbrella ; ind:criterion :InStorm .
"""


@pytest.mark.slow
def test_an_ambiguous_label_lists_what_it_could_mean(tmp_path: Path) -> None:
    path = tmp_path / "guideline.ttl"
    path.write_text(TWINS, encoding="utf-8")
    text = LEAD + ':a a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date .\n'
    other = Assessor(path)
    document = parse(text, path="case.ttl")
    with pytest.raises(IndicantError, match="'rough weather' is ambiguous") as caught:
        what_if(other, document, ["+rough weather"])
    assert caught.value.help == "write one of: Hail, Storm"
    (record,) = what_if(other, document, ["+Storm"])
    assert turns(record) == {"Umbrella": ("undetermined", "recommended")}


# ---------------------------------------------------------------------- the command


@pytest.mark.slow
def test_the_command_takes_edits_that_begin_with_a_hyphen_anywhere() -> None:
    expected = as_text(only(["-Radiculopathy", "+Osteophyte"]))
    assert run("whatif", str(SEVEN), "-Radiculopathy", "+Osteophyte") == (0, expected, "")
    code, out, _ = run("whatif", str(SEVEN), "--format", "json", "-Radiculopathy", "+Osteophyte")
    assert code == 0
    assert json.loads(out) == json.loads(json.dumps([only(["-Radiculopathy", "+Osteophyte"])]))
    code, mixed, _ = run("whatif", str(SEVEN), "-Radiculopathy", "--format", "json", "+Osteophyte")
    assert (code, mixed) == (0, out)
    assert run("whatif", str(SEVEN), "-headache")[2].startswith(
        "indicant: no finding or intervention is called 'headache'"
    )


@pytest.mark.slow
def test_a_contradiction_is_told_in_the_language() -> None:
    code, out, err = run("whatif", str(SEVEN), "+Myelopathy", "-Myelopathy", "--lang", "de")
    assert code == 1
    assert "Verstoß: ein Fall darf nicht zugleich " in out
    assert out.endswith(" und spine:Myelopathy ausschließen [shape:Case-contradiction]\n")
    assert err == "indicant: 1 Befund: der geänderte Fall wurde nicht beurteilt\n"
    _, out, _ = run("whatif", str(SEVEN), "MotorWeakness:mrcGrade=9", "--lang", "de")
    assert " muss ≤ 5 sein, und 9 ist es nicht [" in out


@pytest.mark.slow
def test_a_contradiction_is_printed_as_a_finding() -> None:
    code, out, err = run("whatif", str(SEVEN), "+Myelopathy", "-Myelopathy")
    assert code == 1
    assert "violation: a case shall not both record" in out
    assert err == "indicant: 1 finding: the edited case was not assessed\n"
    code, out, _ = run("whatif", str(SEVEN), "+Myelopathy", "-Myelopathy", "--format", "json")
    assert code == 1
    (found,) = json.loads(out)
    assert found["findings"][0]["line"] is None


@pytest.mark.many(3)
@pytest.mark.parametrize(
    "arguments",
    [
        ("whatif",),
        ("whatif", str(SEVEN)),
        ("whatif", str(SEVEN), "Myelopathy"),
        ("whatif", str(SEVEN), "+Myelopathy", "--format", "xml"),
        ("whatif", str(SEVEN), "+Myelopathy", "--other"),
        ("whatif", "missing.ttl", "+Myelopathy"),
        ("whatif", str(SEVEN), "-"),
    ],
)
def test_a_misuse_is_one_line(arguments: tuple[str, ...]) -> None:
    hold_to_one_line(*arguments)


def test_blank_nodes_and_other_formats_can_be_edited() -> None:
    text = SEVEN.read_text(encoding="utf-8")
    triples = ox.serialize(
        [quad.triple for quad in parse(text, path="case.ttl").quads],
        format=ox.RdfFormat.N_TRIPLES,
    )
    assert triples is not None
    (record,) = what_if(
        assessor(), parse(triples.decode(), path="case.nt", format="ntriples"), ["-Radiculopathy"]
    )
    assert turns(record) == turns(only(["-Radiculopathy"]))
