"""What stands in a bundle of FHIR: records of others, hostile texts, invalid cases, no clock."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import exchanged
import fhir_reader
import shipped
from each import each
from fhir_validators import NODE, found_in, missing
from indicant.assess.assessor import Assessor
from indicant.errors import IndicantError
from indicant.exchange.codings import MOST, codings_of
from indicant.exchange.elements import text
from indicant.exchange.fhir import Bundle
from indicant.exchange.renderings import EXCHANGE, tables
from indicant.files.rdf import parse
from indicant.terms import IND
from places import BROKEN, EXAMPLES, RAIN, SEVEN_MONTHS, SHARED
from running import environment, hold_to_one_line, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from indicant.exchange.elements import ReleaseName

PATIENT = EXAMPLES / "patient.json"
MYELOPATHY = {"system": "http://human-phenotype-ontology.org", "code": "HP:0002196"}
STANDARD = "http://hl7.org/fhir/"
Resource = dict[str, Any]


def entries(bundle: Resource, kind: str) -> list[Resource]:
    return [one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == kind]


def printed(*arguments: str) -> Resource:
    code, out, err = run("assess", *arguments, "--format", "fhir")
    assert (code, err) == (0, "")
    found: Resource = json.loads(out)
    return found


def nodes(value: Any) -> Iterator[Resource]:
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from nodes(one)
    elif isinstance(value, list):
        for one in value:
            yield from nodes(one)


# ---------------------------------------------------------------------- from FHIR to FHIR


@pytest.fixture(scope="module")
def taken() -> Resource:
    return printed(str(PATIENT), "--as-of", "2026-11-22")


@pytest.mark.slow
def test_reasons_lead_to_the_records_that_establish_them(taken: Resource) -> None:
    (told,) = fhir_reader.Reader(taken, "R4").cases()
    named = {one for said in told.said.values() for _, found in said.reasons for one in found}
    assert "Procedure/fusion" in named
    here = {
        f"{one['resource']['resourceType']}/{one['resource']['id']}"
        for one in json.loads(PATIENT.read_text(encoding="utf-8"))["entry"]
    }
    assert named <= here
    assert not [one for one in each(nodes(taken)) if "indicant/case/fhir" in json.dumps(one)]


def test_the_subject_is_the_patient(taken: Resource) -> None:
    subjects = {json.dumps(one["subject"]) for one in nodes(taken) if "subject" in one}
    assert subjects == {json.dumps({"reference": "Patient/seven", "type": "Patient"})}


def test_what_is_proposed_stands_there_with_its_verdict(taken: Resource) -> None:
    (told,) = fhir_reader.Reader(taken, "R4").cases()
    assert {(one.rpartition("/")[2], verdict) for one, verdict in told.proposals} == {
        ("CervicalFusion", "undetermined")
    }
    words = "cervical fusion is proposed: undetermined"
    assert ("information", "informational", words) in told.noted


@pytest.mark.slow
def test_a_reason_is_referred_to_where_the_standard_lets_it(tmp_path: Path) -> None:
    """A procedure is no reason of a GuidanceResponse in R4, and is named beside the fact."""
    source = json.loads(PATIENT.read_text(encoding="utf-8"))
    (pain,) = [one["resource"] for one in source["entry"] if one["resource"]["id"] == "neck-pain"]
    pain["code"]["coding"] = [MYELOPATHY]
    file = tmp_path / "patient.json"
    file.write_text(json.dumps(source), encoding="utf-8")
    made = printed(str(file), "--as-of", "2026-11-22")
    referred = {
        one["reference"]
        for response in entries(made, "GuidanceResponse")
        for one in response.get("reasonReference", ())
    }
    beside = {
        one["valueReference"]["reference"] for one in nodes(made) if one.get("url") == f"{IND}node"
    }
    assert referred == {"Condition/neck-pain"}
    assert {"Condition/neck-pain", "Procedure/fusion"} <= beside
    wanted = [
        one
        for one in entries(made, "ServiceRequest")
        if one["status"] == "active" and "doNotPerform" not in one
    ]
    assert {one["reference"] for one in wanted[0]["reasonReference"]} == {"Condition/neck-pain"}
    assert {one["reference"] for one in wanted[0]["supportingInfo"]} == {"Condition/neck-pain"}


@pytest.mark.slow
def test_a_record_with_a_url_is_referred_to_by_it(tmp_path: Path) -> None:
    server = "https://ehr.example/fhir"
    source = json.loads(PATIENT.read_text(encoding="utf-8"))
    for one in source["entry"]:
        kind, name = one["resource"]["resourceType"], one["resource"]["id"]
        one["fullUrl"] = f"{server}/{kind}/{name}"
    file = tmp_path / "patient.json"
    file.write_text(json.dumps(source), encoding="utf-8")
    made = printed(str(file), "--as-of", "2026-11-22")
    assert entries(made, "GuidanceResponse")[0]["subject"] == {
        "reference": f"{server}/Patient/seven",
        "type": "Patient",
    }


@NODE
@pytest.mark.slow
def test_what_came_as_fhir_goes_as_valid_fhir(taken: Resource) -> None:
    resources = [taken, *(one["resource"] for one in taken["entry"])]
    assert [one for one in found_in(resources, "R4", npm=True) if any(one.values())] == []


def named_by_uuid(folder: Path) -> Path:
    """Write the patient as a server that gives records no other names would."""
    source = json.loads(PATIENT.read_text(encoding="utf-8"))
    for one in source["entry"]:
        if one["resource"]["id"] == "neck-pain":
            one["resource"]["code"]["coding"] = [MYELOPATHY]
    text = json.dumps(source)
    for number, one in enumerate(source["entry"]):
        kind, name = one["resource"]["resourceType"], one["resource"]["id"]
        url = f"urn:uuid:00000000-0000-4000-8000-{number:012}"
        text = text.replace(f'"{kind}/{name}"', f'"{url}"')
    source = json.loads(text)
    for number, one in enumerate(source["entry"]):
        one["fullUrl"] = f"urn:uuid:00000000-0000-4000-8000-{number:012}"
    file = folder / "patient.json"
    file.write_text(json.dumps(source), encoding="utf-8")
    return file


@pytest.mark.slow
def test_of_records_without_a_type_in_their_names_findings_alone_are_reasons(
    tmp_path: Path,
) -> None:
    made = printed(str(named_by_uuid(tmp_path)), "--as-of", "2026-11-22")
    uuid = "urn:uuid:00000000-0000-4000-8000-00000000000"
    assert {one["subject"]["reference"] for one in entries(made, "GuidanceResponse")} == {
        f"{uuid}0"
    }
    referred = {
        one["reference"] for found in nodes(made) for one in found.get("reasonReference", ())
    }
    assert referred == {f"{uuid}1"}
    beside = {
        one["valueReference"]["reference"] for one in nodes(made) if one.get("url") == f"{IND}node"
    }
    assert f"{uuid}4" in beside


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason="the bundles are not beside the checkout")
def test_patients_of_others_go_as_valid_fhir() -> None:
    resources: dict[str, Resource] = {}
    for file in each(sorted((SHARED / "fhir").glob("*.json"))):
        _, out, _ = run("assess", str(file), "--as-of", "2026-11-22", "--format", "fhir")
        here = [one["resource"] for one in json.loads(out)["entry"]]
        resources |= {one["id"]: one for one in here}
        subjects = {json.dumps(one["subject"]) for one in here if "subject" in one}
        assert len(subjects) == 1
        assert '"reference"' in subjects.pop()
    found = found_in(list(resources.values()), "R4", npm=not missing())
    assert [one for one in found if any(one.values())] == []


# ---------------------------------------------------------------------- the same bytes


@pytest.mark.slow
def test_the_same_case_gives_the_same_bytes() -> None:
    arguments = ("assess", str(SEVEN_MONTHS), "--format", "fhir")
    assert run(*arguments) == run(*arguments)


@pytest.mark.slow
def test_another_process_writes_the_same_bytes() -> None:
    done = [
        subprocess.run(
            [sys.executable, "-m", "indicant.cli", "assess", "--example", "--format", "fhir"],
            env=environment(PYTHONHASHSEED=seed, TZ=zone),
            capture_output=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    ]
    assert done[0] == done[1]


def test_no_time_stands_in_it_but_the_days_that_are_given() -> None:
    made = json.dumps(printed("--example"))
    assert set(re.findall(r"20\d\d-\d\d-\d\d(?:T[^\"]*)?", made)) == {"2026-11-22"}


@pytest.mark.slow
def test_ids_are_those_of_fhir_and_differ_by_release_and_day() -> None:
    found = [
        printed("--example"),
        printed("--example", "--fhir-version", "R5"),
        printed("--example", "--as-of", "2026-11-23"),
    ]
    names = [{one["resource"]["id"] for one in made["entry"]} for made in found]
    assert all(re.fullmatch(r"[0-9a-f-]{36}", one) for one in set.union(*names))
    assert names[0].isdisjoint(names[1])
    plans = {one["id"] for one in entries(found[0], "PlanDefinition")}
    assert names[0] & names[2] == plans


@pytest.mark.slow
def test_a_case_that_is_given_twice_stands_there_twice() -> None:
    made = printed(str(SEVEN_MONTHS), str(SEVEN_MONTHS))
    names = [one["fullUrl"] for one in made["entry"]]
    assert len(names) == len(set(names))
    whole = [one for one in entries(made, "GuidanceResponse") if "moduleUri" in one]
    assert len(whole) == 2


# ---------------------------------------------------------------------- what is refused


@pytest.mark.slow
def test_an_invalid_case_is_a_failure_with_its_findings() -> None:
    code, out, err = run("assess", str(BROKEN), str(SEVEN_MONTHS), "--format", "fhir")
    assert code == 1
    assert "the case was not assessed" in err
    made = json.loads(out)
    (failed,) = [one for one in entries(made, "GuidanceResponse") if one["status"] == "failure"]
    told = {one["resource"]["id"]: one["resource"] for one in made["entry"]}
    outcome = told[failed["evaluationMessage"][0]["reference"].removeprefix("urn:uuid:")]
    assert {one["severity"] for one in outcome["issue"]} >= {"error"}
    assert "result" not in failed
    assert "dataRequirement" not in failed
    assert found_in([made], "R4", npm=False) == [{"models": []}]


def test_a_release_that_is_not_here_is_told() -> None:
    hold_to_one_line("assess", "--example", "--format", "fhir", "--fhir-version", "R3")
    hold_to_one_line("assess", "--example", "--fhir-version", "R5")
    assessed = shipped.guideline().assess(shipped.guideline().example())
    with pytest.raises(IndicantError, match="no release 'R3'"):
        assessed.to_fhir(version="R3")  # type: ignore[arg-type]


# ---------------------------------------------------------------------- the Python API


@pytest.mark.slow
def test_the_api_returns_what_the_command_prints() -> None:
    guideline = shipped.guideline()
    found = guideline.assess(guideline.example()).to_fhir()
    assert found == printed("--example")
    found["entry"].clear()
    again = guideline.assess(guideline.example()).to_fhir(version="R5")
    assert again == printed("--example", "--fhir-version", "R5")


@pytest.mark.slow
def test_nothing_of_it_is_loaded_that_is_not_asked_for() -> None:
    code = (
        "import sys; from indicant.cli import main; main(['assess', '--example']); "
        "sys.stderr.write(repr([one for one in sys.modules if 'exchange' in one]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stderr == "[]"


# ---------------------------------------------------------------------- texts of others

HOSTILE = "<script>alert(1)</script> \u202eabc\x1b[31m\u2028 [x](javascript:y) *b* & \u3164"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Resource:
    folder = tmp_path_factory.mktemp("hostile")
    for file in each(RAIN.glob("*")):
        if file.is_file() and file.suffix != ".txt":
            (folder / file.name).write_bytes(file.read_bytes())
    told = re.sub(r"[^ -~]", lambda one: f"\\u{ord(one[0]):04x}", HOSTILE)
    for file in folder.rglob("*.ttl"):
        written = file.read_text(encoding="utf-8")
        written = re.sub(
            r'(rdfs:label|ind:question|ind:paraphrase|ind:strength) "[^"]*"',
            lambda one: f'{one[1]} "{told}"',
            written,
        )
        file.write_text(written, encoding="utf-8")
    assessor = Assessor(folder / "guideline.ttl")
    document = parse(
        "@prefix ind: <https://w3id.org/indicant/core/> .\n"
        "<https://example.org/case/1> a ind:PatientCase ; "
        'ind:asOf "2026-11-22"^^<http://www.w3.org/2001/XMLSchema#date> .',
        path="case.ttl",
    )
    bundle = Bundle(assessor)
    bundle.records(assessor.assess(document, everything=True), document)
    shown = bundle.text()
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    found: Resource = json.loads(shown)
    return found


@pytest.mark.slow
def test_what_others_write_stays_text(hostile: Resource) -> None:
    markdown = [one["citation"] for one in nodes(hostile) if "citation" in one]
    assert not [one for one in markdown if "<script" in one or "](" in one]
    assert "<script>alert(1)</script>" in json.dumps(hostile)


@NODE
@pytest.mark.slow
def test_hostile_texts_are_valid_fhir(hostile: Resource) -> None:
    resources = [hostile, *(one["resource"] for one in hostile["entry"])]
    assert [one for one in found_in(resources, "R4", npm=True) if any(one.values())] == []


def test_a_text_has_an_end() -> None:
    assert len(text("a" * 2_000_000)) == 100_000
    assert text("\u2028 \n") == ""


# ---------------------------------------------------------------------- tables


def used(release: ReleaseName, *sources: str) -> Iterator[tuple[str, str, str]]:
    """Yield the address, the place and the type of value of every extension that is written."""
    for source in sources:
        for one in exchanged.ones(source):
            made = exchanged.bundle(one, release)
            for entry in made["entry"]:
                yield from placed(entry["resource"], entry["resource"]["resourceType"])


def placed(value: Any, place: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(value, list):
        for one in value:
            yield from placed(one, place)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name == "extension":
                for each_ in one:
                    kinds = [key for key in each_ if key.startswith(("value", "extension"))]
                    kind = kinds[0].removeprefix("value")
                    yield each_["url"], place, kind[0].lower() + kind[1:]
            else:
                yield from placed(one, f"{place}.{name}")


@pytest.mark.slow
def test_every_extension_is_in_the_tables_and_stands_where_they_say() -> None:
    seen: set[tuple[str, str]] = set()
    for url, place, kind in each(used("R4", "some", "dressed 1", "dressed 4", "written")):
        if url.startswith(STANDARD):
            continue
        row = tables().extensions[url]
        where = place
        assert where in row.elements, (url, place)
        assert (kind[0].lower() + kind[1:]).casefold() == row.value.casefold(), (url, place)
        seen.add((url, place))
    unused = {
        (url, place) for url, row in tables().extensions.items() for place in row.elements
    } - seen
    assert unused <= {(f"{EXCHANGE}recorded", f"{one}.reasonCode") for one in REASONED}


REASONED = ("GuidanceResponse", "MedicationRequest", "ServiceRequest")


def test_every_row_rests_on_a_clause_of_a_standard() -> None:
    for row in each(tables().renderings.values()):
        assert row.clause
        assert row.source.startswith(("http://hl7.org/fhir/R4/", "http://hl7.org/fhir/uv/cpg/"))
        assert row.code


def test_every_status_answer_urgency_and_grade_has_a_row() -> None:
    known = tables()
    for element, kind in (
        ("GuidanceResponse.status", "Status"),
        ("GuidanceResponse.status", "Answer"),
        ("request.priority", "Urgency"),
        ("http://hl7.org/fhir/StructureDefinition/cqf-qualityOfEvidence", "Certainty"),
        ("http://hl7.org/fhir/StructureDefinition/cqf-strengthOfRecommendation", "GradeStrength"),
    ):
        rows = shipped.assessor().select(
            f"SELECT ?one WHERE {{ ?one a <{IND}{kind}> }} ORDER BY ?one"
        )
        for (iri,) in each(rows):
            assert known.find(element, iri or "") is not None, iri


# ---------------------------------------------------------------------- codes


def test_an_open_fact_has_its_codes_and_says_how_many_were_left_out() -> None:
    made = exchanged.bundle(exchanged.ones("some")[0], "R4")
    coded = [
        one["codeFilter"][0]["code"]
        for response in entries(made, "GuidanceResponse")
        for one in response.get("dataRequirement", ())
    ]
    systems = {code["system"] for codes in coded for code in codes}
    assert "http://snomed.info/sct" in systems
    assert all(len(codes) <= MOST + 1 for codes in coded)


@pytest.mark.slow
def test_many_codes_are_bounded_and_counted() -> None:
    made = printed("--guideline", "opioids-for-pain", "--example")
    found = [
        (len(one["codeFilter"][0]["code"]) - 1, more["valueInteger"])
        for response in entries(made, "GuidanceResponse")
        for one in response.get("dataRequirement", ())
        for fact in one["extension"]
        for more in fact["extension"]
        if more["url"] == "moreCodes"
    ]
    assert found
    assert {codes for codes, _ in found} == {MOST}
    assert all(more > 0 for _, more in found)


@pytest.mark.parametrize(
    ("term", "request_", "data"),
    [
        ("Gabapentin", "MedicationRequest", "MedicationRequest"),
        ("Gabapentinoid", "MedicationRequest", "MedicationRequest"),
        ("CervicalMri", "ServiceRequest", "Procedure"),
        ("FormalPhysicalTherapy", "ServiceRequest", "Procedure"),
        ("Myelopathy", "ServiceRequest", "Condition"),
    ],
)
def test_the_systems_that_name_a_term_say_what_kind_of_thing_it_is(
    term: str, request_: str, data: str
) -> None:
    codings = codings_of(shipped.assessor())
    iri = f"https://w3id.org/indicant/spine/{term}"
    assert codings.request_type(iri) == request_
    asked = codings.requirement({"term": iri, "label": "a", "question": None, "investigations": []})
    assert asked["type"] == data


@pytest.mark.slow
def test_what_is_measured_or_coded_by_loinc_alone_is_an_observation() -> None:
    codings = codings_of(Assessor("opioids-for-pain"))
    for term in ("AmphetamineUrineTest", "OxycodoneUrineTest"):
        iri = f"https://w3id.org/indicant/opioid/{term}"
        asked = codings.requirement(
            {"term": iri, "label": "a", "question": None, "investigations": []}
        )
        assert asked["type"] == "Observation"
        assert codings.request_type(iri) == "ServiceRequest"


def test_a_request_is_never_coded_by_what_is_narrower_or_broader() -> None:
    tables_of_codes = shipped.assessor().source.tables
    exact = {
        line.split("\t")[0].partition(":")[2]
        for table in tables_of_codes
        for line in table.text.splitlines()
        if "\tskos:exactMatch\t" in line
    }
    made = [exchanged.bundle(one, "R4") for one in exchanged.ones("some")]
    coded = [one["code"]["coding"] for bundle in made for one in entries(bundle, "ServiceRequest")]
    for coding in each(coded):
        assert (len(coding) > 1) <= (coding[0]["code"] in exact)


@pytest.mark.slow
def test_advice_against_is_never_a_request_for() -> None:
    for one in each(exchanged.ones("dressed 4")):
        made = exchanged.bundle(one, "R4")
        against = {
            action["action"]
            for action in one.record["actions"]
            if action["status"] == "contraindicated"
        }
        for kind in ("ServiceRequest", "MedicationRequest"):
            for request in entries(made, kind):
                concept = request.get("code") or request["medicationCodeableConcept"]
                if fhir_reader.term(concept["coding"][0]) in against:
                    assert request["doNotPerform"] is True
        assert made["type"] == "collection"
