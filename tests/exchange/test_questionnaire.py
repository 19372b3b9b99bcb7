"""What a guideline asks as a Questionnaire, and what was answered as a case."""

from __future__ import annotations

import functools
import json
import random
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pytest

import shipped
from each import each
from exchanged import SMALL
from fhir_validators import NODE, found_in, missing
from indicant import Guideline
from indicant.assess.assessor import InvalidCase
from indicant.files.rdf import parse
from places import ONTOLOGY, ROOT
from running import hold_to_one_line, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from indicant.assess.assessor import Assessor

Resource = dict[str, Any]
AS_OF: Final = "2026-11-22"
IND: Final = "https://w3id.org/indicant/core/"
YES: Final = {"system": "http://terminology.hl7.org/CodeSystem/v2-0136", "code": "Y"}
NO: Final = {"system": "http://terminology.hl7.org/CodeSystem/v2-0136", "code": "N"}
UNKNOWN: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/data-absent-reason",
    "code": "asked-unknown",
}
DENIED: Final = {
    "hasFinding": "excludes",
    "hadFinding": "neverHad",
    "received": "excludes",
    "proposes": "doesNotPropose",
}
GUIDELINES: Final = (
    None,
    pytest.param(str(ONTOLOGY / "guidelines" / "opioids-for-pain"), marks=pytest.mark.slow),
    *(pytest.param(str(one), marks=pytest.mark.slow) for one in SMALL),
    pytest.param(str(ROOT / "docs" / "examples" / "several" / "guideline.ttl")),
)
BY_GUIDELINE: Final = pytest.mark.parametrize("name", GUIDELINES)


@functools.cache
def guideline(name: str | None = None) -> Guideline:
    return Guideline.load(name)


def items(of: Resource) -> Iterator[Resource]:
    for one in of.get("item", ()):
        yield one
        yield from items(one)


def answers(questionnaire: Resource, given: dict[str, Resource]) -> Resource:
    """Return a response with these answers, by the names of the questions."""

    def answered(of: Resource) -> list[Resource]:
        found = []
        for one in of.get("item", ()):
            item: Resource = {"linkId": one["linkId"]}
            below = answered(one)
            if one["linkId"] in given:
                answer = dict(given[one["linkId"]])
                if below:
                    answer["item"] = below
                item["answer"] = [answer]
            elif below:
                item["item"] = below
            if len(item) > 1:
                found.append(item)
        return found

    made: Resource = {
        "resourceType": "QuestionnaireResponse",
        "id": "r1",
        "questionnaire": questionnaire["url"],
        "status": "completed",
        "subject": {"reference": "Patient/seven"},
        "authored": "2026-11-22",
    }
    filled = answered(questionnaire)
    return {**made, "item": filled} if filled else made


def by_chance(questionnaire: Resource, dice: random.Random) -> dict[str, Resource]:
    """Answer some of the questions, and of those with yes some of what is asked then."""
    given: dict[str, Resource] = {}
    share = dice.choice((0.2, 0.6, 0.9))
    for one in questionnaire["item"]:
        if one["type"] == "choice" and "Y" in json.dumps(one["answerOption"]):
            if dice.random() > share:
                continue
            reply = dice.choice((YES, YES, NO, NO, UNKNOWN))
            given[one["linkId"]] = {"valueCoding": reply}
            if reply is not YES:
                continue
            below = one.get("item", ())
        else:
            below = one.get("item", (one,)) if one["type"] != "display" else ()
        for detail in below:
            if dice.random() < 0.5:
                given[detail["linkId"]] = value(detail, dice)
    return given


def value(detail: Resource, dice: random.Random) -> Resource:
    kind = detail["type"]
    if kind == "choice":
        return {"valueCoding": dice.choice(detail["answerOption"])["valueCoding"]}
    if kind == "boolean":
        return {"valueBoolean": dice.random() < 0.5}
    if kind == "date":
        day = f"20{dice.randint(10, 26)}-0{dice.randint(1, 9)}-{dice.randint(10, 28)}"
        return {"valueDate": day}
    if kind == "integer":
        return {"valueInteger": dice.randint(0, 6)}
    assert kind == "decimal"
    return {"valueDecimal": dice.choice((1, 2.5, 40.25, 88))}


def turtle(given: dict[str, Resource]) -> str:
    """Write what was answered as a case by hand, from the names of the questions alone."""
    case = []
    nodes: dict[str, list[str]] = {}
    for name, answer in given.items():
        role, *rest = name.split(" ")
        if role == "patient":
            case.append(f"<{rest[0]}> {literal(answer)}")
        elif len(rest) == 2:
            nodes.setdefault(f"{role} {rest[0]}", []).append(f"<{rest[1]}> {literal(answer)}")
        elif answer["valueCoding"] == YES:
            nodes.setdefault(name, [])
        elif answer["valueCoding"] == NO:
            case.append(f"ind:{DENIED[role]} <{rest[0]}>")
    for name, said in nodes.items():
        role, term = name.split(" ")
        case.append(f"ind:{role} [ {' ; '.join([f'a <{term}>', *said])} ]")
    told = " ; ".join(['a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date', *case])
    return (
        f"@prefix ind: <{IND}> .\n@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
        f"<https://example.org/case/1> {told} .\n"
    )


def literal(answer: Resource) -> str:
    ((kind, given),) = answer.items()
    if kind == "valueCoding":
        return f"<{given['system']}{given['code']}>"
    if kind == "valueBoolean":
        return "true" if given else "false"
    if kind == "valueDate":
        return f'"{given}"^^xsd:date'
    return (
        f"{given}"
        if kind == "valueInteger"
        else f'"{format(Decimal(str(given)), "f")}"^^xsd:decimal'
    )


def told(assessor: Assessor, document: Any) -> object:
    """Return what follows for a case, whatever it is called, or that it is none."""
    try:
        (record,) = assessor.assess(document, everything=True)
    except InvalidCase as error:
        return sorted({one.shape for one in error.findings})
    return (
        {one["action"]: one["status"] for one in record["actions"]},
        {
            one["iri"]: (one["answer"], one["fulfilment"])
            for action in record["actions"]
            for one in action["recommendations"]
        },
        [(one["action"], one["verdict"]) for one in record["proposals"]],
    )


# ---------------------------------------------------------------------- answers are a case


@pytest.mark.slow
@BY_GUIDELINE
def test_what_is_answered_is_the_case_that_says_so(name: str | None) -> None:
    made = guideline(name)
    questionnaire = made.questionnaire()
    dice = random.Random(7)  # noqa: S311 - not for secrets
    valid = 0
    for _ in range(40):
        given = by_chance(questionnaire, dice)
        response = answers(questionnaire, given)
        document = made.document(made.answered(response, as_of=AS_OF))
        mine = told(made.assessor, document)
        assert mine == told(made.assessor, parse(turtle(given), path="case.ttl"))
        valid += isinstance(mine, tuple)
    assert valid >= 3


@BY_GUIDELINE
def test_what_is_not_answered_is_neither_present_nor_absent(name: str | None) -> None:
    made = guideline(name)
    questionnaire = made.questionnaire()
    nothing = told(made.assessor, parse(turtle({}), path="case.ttl"))
    asked = [one["linkId"] for one in questionnaire["item"] if one["type"] == "choice"]
    unknown = {one: {"valueCoding": UNKNOWN} for one in asked if not one.startswith("patient ")}
    for given in (dict[str, Resource](), unknown):
        case = made.answered(answers(questionnaire, given), as_of=AS_OF)
        assert told(made.assessor, made.document(case)) == nothing


@BY_GUIDELINE
def test_every_fact_is_asked_for_or_told_as_left_out(name: str | None) -> None:
    made = guideline(name)
    questionnaire = made.questionnaire()
    named = json.dumps(questionnaire)
    facts = {row[3] for row in made.assessor.ask("which-literals-are-there")}
    for one in each(sorted(fact or "" for fact in facts)):
        asked = f" {one}" in named or one == f"{IND}PatientCase"
        assert asked or "Not asked here" in named, one


DAYS: Final = {
    "hasFinding": ["onset"],
    "hadFinding": ["onset", "endedOn"],
    "received": ["on", "startedOn", "endedOn", "ongoing"],
    "proposes": [],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["opioids-for-pain", None])
def test_where_a_criterion_asks_how_long_the_days_are_asked_for(name: str | None) -> None:
    made = guideline(name)
    rows = made.assessor.select(
        f"PREFIX ind: <{IND}> SELECT DISTINCT ?role ?term ?property WHERE {{ "
        "?one ind:role ?role ; ind:filler ?term ; ind:facet/ind:onProperty ?property } "
        "ORDER BY ?role ?term ?property"
    )
    timed = re.compile(r"core/((days|months|years)Since(Start|End)|days|weeks|ongoing)$")
    seen = {one["linkId"] for one in items(made.questionnaire())}
    asked = [row for row in rows if timed.search(row[2] or "")]
    for role, term, _ in each(asked):
        assert role
        link = role.removeprefix(IND)
        days = [one.rpartition("/")[2] for one in seen if one.startswith(f"{link} {term} {IND}")]
        assert set(days) >= set(DAYS[link]), (role, term)


@pytest.mark.slow
def test_what_cannot_be_answered_here_is_said_in_the_form() -> None:
    made = Guideline.load("opioids-for-pain").questionnaire()
    left = [one["text"] for one in made["item"] if one["type"] == "display"]
    assert "how many times: office visit" in " ".join(left)
    assert not [one for one in items(made) if "daysAfter" in one["linkId"]]


def test_of_a_quantity_nobody_can_say_that_there_is_none() -> None:
    (folder,) = [one for one in SMALL if one.name == "metformin-by-kidney-function"]
    made = guideline(str(folder)).questionnaire()
    (quantity,) = [one for one in made["item"] if "LatestEgfr" in one["linkId"]]
    assert quantity["type"] == "group"
    assert "answerOption" not in quantity
    (detail,) = quantity["item"]
    assert "enableWhen" not in detail
    assert detail["extension"][0]["valueCoding"]["code"] == "mL/min/{1.73_m2}"


# ---------------------------------------------------------------------- the command


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Resource], str]:
    def write(response: Resource) -> str:
        file = tmp_path / "response.json"
        file.write_text(json.dumps(response), encoding="utf-8")
        return str(file)

    return write


def myelopathy() -> Resource:
    made = guideline().questionnaire()
    (name,) = [one["linkId"] for one in made["item"] if one["linkId"].endswith("/Myelopathy")]
    return answers(made, {name: {"valueCoding": YES}})


@pytest.mark.slow
def test_the_command_assesses_what_was_answered(written: Callable[[Resource], str]) -> None:
    code, out, err = run("assess", written(myelopathy()), "--as-of", AS_OF)
    assert (code, err) == (0, "")
    assert "case https://w3id.org/indicant/case/seven as of 2026-11-22" in out
    assert "why      myelopathy\n" in out
    code, out, _ = run("assess", written(myelopathy()), "--as-of", AS_OF, "--format", "fhir")
    made = json.loads(out)
    assert made["entry"][0]["resource"]["subject"]["reference"] == "Patient/seven"
    assert '"QuestionnaireResponse/r1"' in out
    assert found_in([made], "R4", npm=False) == [{"models": []}]


@pytest.mark.slow
def test_the_command_writes_what_the_api_returns(tmp_path: Path) -> None:
    code, out, err = run("export", "questionnaire")
    assert (code, err) == (0, "")
    assert json.loads(out) == guideline().questionnaire()
    file = tmp_path / "questions.json"
    assert run("export", "questionnaire", "-o", str(file)) == (0, "", "")
    assert file.read_text(encoding="utf-8") == out
    hold_to_one_line("export", "questionnaire", "--format", "turtle")
    hold_to_one_line("export", "questionnaire", "--case", "case.ttl")


def _of_another(one: Resource) -> None:
    one["questionnaire"] = "https://example.org/another"


def _in_error(one: Resource) -> None:
    one["status"] = "entered-in-error"


def _no_status(one: Resource) -> None:
    del one["status"]


def _unknown_question(one: Resource) -> None:
    one["item"][0]["linkId"] = "hasFinding https://example.org/Another"


def _two_answers(one: Resource) -> None:
    one["item"][0]["answer"] *= 2


def _asked_twice(one: Resource) -> None:
    one["item"] *= 2


def _other_reply(one: Resource) -> None:
    one["item"][0]["answer"] = [{"valueCoding": {**YES, "code": "maybe"}}]


def _as_a_truth(one: Resource) -> None:
    one["item"][0]["answer"] = [{"valueBoolean": False}]


def _modified(one: Resource) -> None:
    one["item"][0]["modifierExtension"] = [{"url": "https://example.org/not"}]


def _no_items(one: Resource) -> None:
    one["item"] = "none"


def _no_answer(one: Resource) -> None:
    one["item"][0]["answer"] = ["Y"]


@pytest.mark.many(10)
@pytest.mark.parametrize(
    "change",
    [
        _of_another,
        _in_error,
        _no_status,
        _unknown_question,
        _two_answers,
        _asked_twice,
        _other_reply,
        _as_a_truth,
        _modified,
        _no_items,
        _no_answer,
    ],
)
def test_what_is_not_understood_is_refused(
    change: Callable[[Resource], None], written: Callable[[Resource], str]
) -> None:
    response = myelopathy()
    change(response)
    hold_to_one_line("assess", written(response), "--as-of", AS_OF)


def test_a_day_is_asked_for(written: Callable[[Resource], str]) -> None:
    hold_to_one_line("assess", written(myelopathy()))


THERAPY: Final = "received https://w3id.org/indicant/spine/FormalPhysicalTherapy"


@pytest.mark.many(5)
@pytest.mark.parametrize(
    "given",
    [
        {THERAPY: {"valueCoding": YES}, f"{THERAPY} {IND}startedOn": {"valueDate": "2026-10"}},
        {THERAPY: {"valueCoding": YES}, f"{THERAPY} {IND}startedOn": {"valueDate": "2026-02-30"}},
        {THERAPY: {"valueCoding": YES}, f"{THERAPY} {IND}startedOn": {"valueString": "2026"}},
        {THERAPY: {"valueCoding": YES}, f"{THERAPY} {IND}ongoing": {"valueInteger": 1}},
        {THERAPY: {"valueCoding": NO}, f"{THERAPY} {IND}startedOn": {"valueDate": "2026-10-01"}},
        {
            THERAPY: {"valueCoding": UNKNOWN},
            f"{THERAPY} {IND}startedOn": {"valueDate": "2026-10-01"},
        },
    ],
)
def test_a_value_that_is_none_or_of_nothing_is_refused(
    given: dict[str, Resource], written: Callable[[Resource], str]
) -> None:
    response = answers(guideline().questionnaire(), given)
    assert len(response["item"]) == 1
    hold_to_one_line("assess", written(response), "--as-of", AS_OF)


def test_a_bundle_with_answers_in_it_is_read_as_a_bundle(
    written: Callable[[Resource], str],
) -> None:
    patient = {"resourceType": "Patient", "id": "seven"}
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": patient}, {"resource": myelopathy()}],
    }
    code, out, _ = run("assess", written(bundle), "--as-of", AS_OF)
    assert code == 0
    assert "because  myelopathy" not in out


# ---------------------------------------------------------------------- valid


@NODE
@pytest.mark.slow
def test_questions_and_answers_are_valid_by_all_four() -> None:
    dice = random.Random(3)  # noqa: S311 - not for secrets
    resources = []
    for name in (None, "opioids-for-pain", *map(str, SMALL)):
        made = guideline(name).questionnaire()
        resources.append(made)
        resources += [answers(made, by_chance(made, dice)) for _ in range(3)]
    found = found_in(resources, "R4", npm=not missing())
    assert [one for one in found if any(one.values())] == []


@pytest.mark.slow
def test_the_url_is_another_for_other_questions() -> None:
    urls = [guideline(name).questionnaire()["url"] for name in (None, str(SMALL[0]))]
    assert urls[0] != urls[1]
    assert urls[0] == shipped.guideline().questionnaire()["url"]
