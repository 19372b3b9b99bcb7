"""What the commands answer over HTTP: the same bytes, in every form, as OpenAPI describes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import jsonschema
import pytest
from openapi_spec_validator import validate

from asked import NAME, SEED, Running, bundle, order, request, running
from each import each
from indicant.explain.consequences import Situation
from indicant.files.rdf import read
from indicant.serve.asking import FORMS, TRIES
from indicant.serve.openapi import document
from places import BROKEN, EXAMPLES, SEVEN_MONTHS
from running import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TURTLE = "text/turtle"
PATIENT = EXAMPLES / "patient.json"
QUESTIONS: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "assess": ((), {}),
    "why": (("foraminotomy",), {"action": "foraminotomy"}),
    "next": ((), {}),
    "whatif": (("+Myelopathy", "asOf=2026-12-01"), {"edits": ["+Myelopathy", "asOf=2026-12-01"]}),
}


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    with running(SEED, NAME, as_of="2026-11-22") as found:
        yield found


def printed(verb: str, *words: str) -> str:
    """Return what the command prints as JSON, with the document called as the service does."""
    code, out, _ = run(verb, *words, "--format", "json")
    assert code == 0
    return out.replace(str(SEVEN_MONTHS), "request.ttl")


@pytest.mark.slow
@pytest.mark.parametrize("verb", QUESTIONS)
def test_the_answer_is_what_the_command_prints(service: Running, verb: str) -> None:
    words, asked = QUESTIONS[verb]
    text = SEVEN_MONTHS.read_text(encoding="utf-8")
    told = service.post(f"/{verb}", {"case": text, **asked})
    assert told.status == 200, told.body
    assert told.body.decode() == printed(verb, str(SEVEN_MONTHS), *words)


@pytest.mark.slow
def test_parameters_may_stand_in_the_url(service: Running) -> None:
    data = SEVEN_MONTHS.read_bytes()
    told = service.post(f"/why?action=foraminotomy&facts=1&guideline={SEED}", data, TURTLE)
    wanted = printed("why", str(SEVEN_MONTHS), "foraminotomy", "--facts", "1")
    assert told.body.decode() == wanted
    every = service.post("/assess?all=true&asOf=2026-12-24", data, TURTLE)
    assert every.body.decode() == printed(
        "assess", str(SEVEN_MONTHS), "--all", "--as-of", "2026-12-24"
    )


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("cases", [1, 2])
def test_a_request_looks_at_so_many_sets_of_facts_and_says_how_far_it_came(
    service: Running, monkeypatch: pytest.MonkeyPatch, cases: int
) -> None:
    """It took 28 s and 490 MB for one patient: ten times as many sets were looked at for each."""
    looked = []
    status = Situation.status

    def counted(self: Situation, action: str, facts: int = 0) -> Any:
        looked.append(1)
        return status(self, action, facts)

    monkeypatch.setattr(Situation, "status", counted)
    text = "PREFIX ind: <https://w3id.org/indicant/core/>\n" + "".join(
        f"<http://a.example/{number}> a ind:PatientCase ; ind:asOf "
        '"2023-05-01"^^<http://www.w3.org/2001/XMLSchema#date> .\n'
        for number in range(cases)
    )
    asked = {"case": text, "action": "AssessmentForSubstanceUseDisorder", "facts": 8}
    told = service.post(f"/why?guideline={NAME}", asked)
    assert told.status == 200, told.body
    changes = [one["changes"] for one in told.json]
    assert len(changes) == cases
    for one in each(changes):
        assert (one["facts"], one["complete"]) == (2, False)
        assert one["sets"]
    assert TRIES / 4 < len(looked) <= TRIES


@pytest.mark.many(5)
@pytest.mark.parametrize("media_type", sorted(set(FORMS) - {"application/fhir+json"}))
def test_each_form_of_rdf_is_read(service: Running, media_type: str) -> None:
    import pyoxigraph as ox

    form = ox.RdfFormat.from_media_type(media_type)
    assert form is not None
    triples = [one.triple for one in read(SEVEN_MONTHS).quads]
    data = ox.serialize(triples, format=form)
    assert data is not None
    told = service.post("/assess", data, media_type)
    assert told.status == 200, told.body
    statuses = {one["action"]: one["status"] for one in told.json[0]["actions"]}
    (wanted,) = json.loads(printed("assess", str(SEVEN_MONTHS)))
    assert statuses == {one["action"]: one["status"] for one in wanted["actions"]}


@pytest.mark.slow
def test_fhir_is_read_for_the_day_of_the_service_or_the_request(service: Running) -> None:
    data = PATIENT.read_bytes()
    for said, kind in (
        (data, "application/fhir+json"),
        (data, "application/json"),
        ({"case": json.loads(data)}, "application/json"),
    ):
        told = service.post("/assess", said, kind)
        assert told.json[0]["asOf"] == "2026-11-22"
        assert told.body.decode() == printed("assess", str(PATIENT), "--as-of", "2026-11-22")
    later = service.post("/assess?asOf=2026-12-24", data, "application/fhir+json")
    assert later.json[0]["asOf"] == "2026-12-24"


def test_an_element_twice_is_refused_wherever_it_stands(service: Running) -> None:
    text = '{"case": {"resourceType": "Patient", "id": "n", "id": "m"}}'
    assert service.post("/assess", text.encode()).status == 400


REFUSED: dict[str, tuple[int, str, Any, str]] = {
    "empty": (400, "/assess", b"", TURTLE),
    "no media type that is taken": (415, "/assess", b"x", "image/png"),
    "no RDF": (422, "/assess", b"<a> <b> .", TURTLE),
    "no case": (422, "/assess", b"<https://a.example/> <https://b.example/> 1 .", TURTLE),
    "no FHIR": (422, "/assess", {"resourceType": "Bundle"}, "application/fhir+json"),
    "an unknown parameter": (400, "/assess?colour=red", b"x", TURTLE),
    "an unknown field": (400, "/assess", {"case": "x", "colour": 1}, "application/json"),
    "a parameter twice": (400, "/assess?all=true&all=true", b"x", TURTLE),
    "a parameter in both places": (400, "/assess?all=true", {"case": "x", "all": True}, ""),
    "no date": (400, "/assess?asOf=tomorrow", b"x", TURTLE),
    "no truth value": (400, "/assess?all=perhaps", b"x", TURTLE),
    "no guideline": (404, "/assess?guideline=none", b"x", TURTLE),
    "no action": (400, "/why", b"x", TURTLE),
    "no number": (400, "/why?action=x&facts=many", b"x", TURTLE),
    "no status": (400, "/why?action=x&to=good", b"x", TURTLE),
    "no edits": (400, "/whatif", {"case": "x"}, "application/json"),
    "edits in the URL": (400, "/whatif?edits=%2BMyelopathy", b"x", TURTLE),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_answered_is_refused(service: Running, name: str) -> None:
    status, path, body, media_type = REFUSED[name]
    told = service.post(path, body, media_type or "application/json")
    assert told.status == status, told.body
    assert told.json["error"]["message"]


def test_an_intervention_that_nobody_advises_about_is_404(service: Running) -> None:
    data = SEVEN_MONTHS.read_bytes()
    assert service.post("/why?action=bloodletting", data, TURTLE).status == 404


def test_a_case_that_breaks_a_shape_is_422_with_shapes_and_lines(service: Running) -> None:
    told = service.post("/assess", BROKEN.read_bytes(), TURTLE)
    assert told.status == 422
    findings = told.json["error"]["findings"]
    assert [one["line"] for one in findings] == [9, 10]
    assert set(findings[0]) == {"shape", "severity", "line"}


@pytest.mark.slow
def test_the_description_is_one_of_openapi() -> None:
    made = document("https://cds.example.org")
    validate(made)
    assert made["servers"] == [{"url": "https://cds.example.org"}]


def test_each_route_is_described_and_each_description_has_a_route(service: Running) -> None:
    made = service.get("/openapi.json").json
    described = {(path, method.upper()) for path, of in made["paths"].items() for method in of}
    routes: list[Any] = list(service.service.application().routes)
    there = {(one.path, method) for one in routes for method in one.methods if method != "HEAD"}
    assert described == there


@pytest.mark.slow
def test_each_answer_is_as_it_is_described(service: Running) -> None:
    """Also what is refused, and what a hook gets."""
    made = service.get("/openapi.json").json
    text = SEVEN_MONTHS.read_text(encoding="utf-8")
    asked = request(order("1049502"), condition=None, medicationRequest=bundle(order("x", "y")))
    answers = [
        (f"/{verb}", service.post(f"/{verb}", {"case": text, **QUESTIONS[verb][1]}))
        for verb in QUESTIONS
    ]
    answers += [
        ("/assess", service.post("/assess", BROKEN.read_bytes(), TURTLE)),
        ("/assess", service.post("/assess", b"", TURTLE)),
        ("/cds-services/{id}", service.hook(asked)),
        ("/cds-services/{id}", service.hook(request(hook="patient-view"))),
        ("/cds-services/{id}", service.post(f"/cds-services/{NAME}-order-sign", b"{")),
    ]
    statuses = set()
    for path, told in each(answers):
        responses = made["paths"][path]["post"]["responses"]
        schema = responses[str(told.status)]["content"]["application/json"]["schema"]
        jsonschema.validate(told.json, {**schema, "components": made["components"]})
        statuses.add(told.status)
    assert statuses == {200, 400, 412, 422}


@pytest.mark.slow
def test_a_description_that_does_not_fit_is_noticed(service: Running) -> None:
    made = service.get("/openapi.json").json
    schema = {**made["components"]["schemas"]["CaseRecord"], "components": made["components"]}
    (good,) = json.loads(printed("assess", str(SEVEN_MONTHS)))
    jsonschema.validate(good, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**good, "colour": "red"}, schema)
    del good["actions"][0]["status"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(good, schema)


@pytest.mark.slow
def test_labels_in_urls_are_decoded(service: Running) -> None:
    data = SEVEN_MONTHS.read_bytes()
    told = service.post(f"/why?action={quote('cervical fusion')}", data, TURTLE)
    assert told.status == 200
    assert told.json[0]["label"] == "cervical fusion"


@pytest.mark.slow
@pytest.mark.parametrize("name", [SEED, NAME])
def test_what_a_questionnaire_asks_is_answered_as_a_case(
    service: Running, name: str, tmp_path: Path
) -> None:
    code, exported, _ = run("export", "questionnaire", "--guideline", name)
    assert code == 0
    told = service.get(f"/questionnaire/{name}")
    assert told.headers["content-type"] == "application/fhir+json"
    assert told.body.decode() == exported
    said = told.json
    coding = next(one for one in said["item"] if one["type"] == "choice")
    yes = coding["answerOption"][0]["valueCoding"]
    response = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": said["url"],
        "status": "completed",
        "subject": {"reference": "Patient/seven"},
        "item": [{"linkId": coding["linkId"], "answer": [{"valueCoding": yes}]}],
    }
    file = tmp_path / "request.json"
    file.write_text(json.dumps(response), encoding="utf-8")
    words = ("--guideline", name, "--as-of", "2026-11-22", "--format", "json")
    code, printed_, _ = run("assess", str(file), *words)
    assert code == 0
    data = file.read_bytes()
    for media_type in each(("application/fhir+json", "application/json")):
        answer = service.post(f"/assess?guideline={name}", data, media_type)
        assert answer.body.decode() == printed_.replace(str(file), "request.json")
    enveloped = service.post("/next", {"case": response, "guideline": name})
    assert enveloped.status == 200


@pytest.mark.slow
def test_answers_to_another_questionnaire_are_refused_without_what_they_say(
    service: Running,
) -> None:
    said = service.get(f"/questionnaire/{SEED}").json
    response = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": said["url"],
        "status": "completed",
        "item": [{"linkId": "zq7secret", "answer": [{"valueString": "zq7secret"}]}],
    }
    for name in each((SEED, NAME)):
        told = service.post(
            f"/assess?guideline={name}", json.dumps(response).encode(), "application/fhir+json"
        )
        assert told.status == 422
        assert b"zq7secret" not in told.body
    assert service.get("/questionnaire/zq7secret").status == 404
    assert service.get("/questionnaire").body == service.get(f"/questionnaire/{SEED}").body
