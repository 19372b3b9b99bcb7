"""The page for one patient: what it shows follows from its case, and all can be undone."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import TYPE_CHECKING

import pytest

from asked import NAME, SEED, Running, running
from each import each
from indicant.assess.reasons import answering
from indicant.files.rdf import TURTLE, parse, read
from indicant.guideline.wording import Words
from indicant.serve.advice import advice
from places import EXAMPLES, SEVEN_MONTHS, TESTS
from walking import FORM, Walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indicant.assess.assessor import Assessor

AS_OF = "2026-11-30"
NEW = """
    @prefix ind: <https://w3id.org/indicant/core/> .
    @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
BOTH = (SEED, NAME)


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    with running(SEED, NAME, as_of=AS_OF, concurrency=8) as found:
        yield found


def assessor(service: Running, guideline: str) -> Assessor:
    return service.service.guidelines.each[guideline].assessor


def statuses(of: Assessor, text: str) -> dict[str, str]:
    document = parse(text.encode(), path="case.ttl", format=TURTLE)
    (record,) = of.assess(document, everything=True)
    return {one["action"]: one["status"] for one in record["actions"]}


def shown(walk: Walk) -> dict[str, str]:
    """Return the statuses that the page shows, each of which it shows in one way alone."""
    found = {}
    for action, said in walk.page.said.items():
        (found[action],) = said
    return found


def hold_to(walk: Walk, of: Assessor, text: str) -> None:
    """Hold what a page shows to what a case is assessed as.

    What stands below another intervention of the same status need not be shown.
    """
    (record,) = of.assess(parse(text.encode(), path="case.ttl", format=TURTLE), everything=True)
    every = {one["action"]: one["status"] for one in record["actions"]}
    below = {term["term"] for one in record["actions"] for term in one["including"]}
    assert shown(walk).items() <= every.items()
    assert every.keys() - below <= shown(walk).keys()


def begun(service: Running, guideline: str) -> Walk:
    walk = Walk(service, guideline)
    walk.start(AS_OF)
    return walk


def without_unanswered(text: str) -> str:
    """Return a case without what nobody could answer, of which nothing may follow."""
    lines = parse(text.encode(), path="case.ttl", format=TURTLE).quads
    gone = {str(one.object) for one in lines if one.predicate.value.endswith("/unanswered")}
    return "".join(
        f"{one.subject} {one.predicate} {one.object} .\n"
        for one in lines
        if str(one.subject) not in gone and str(one.object) not in gone
    )


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("guideline", BOTH)
@pytest.mark.parametrize("seed", range(2))
def test_the_page_shows_what_follows_from_the_case_that_it_saves(
    service: Running, guideline: str, seed: int
) -> None:
    """Whatever is answered: the statuses are those of the saved case, and undoing restores all."""
    chance = Random(seed)  # noqa: S311 - the same ones every time
    of = assessor(service, guideline)
    walk = begun(service, guideline)
    for _ in range(9):
        if not walk.key or chance.random() < 0.3:
            walk.do(do=f"ask {chance.choice(walk.others())}")
        case, before, asked = walk.case, shown(walk), walk.key
        reply = walk.anything(chance)
        if walk.answer.status == 422:
            assert walk.case == case
            assert shown(walk) == before
            assert walk.key == asked
            walk.reply("unknown")
            reply = "unknown"
        assert walk.answer.status == 200
        assert walk.saved() == walk.case
        hold_to(walk, of, walk.case)
        assert statuses(of, walk.case) == statuses(of, without_unanswered(walk.case))
        if reply == "unknown":
            assert shown(walk) == before
            assert walk.key != asked
        after = walk.case
        walk.do(do="undo")
        assert (walk.case, shown(walk)) == (case, before)
        walk.do(do=f"ask {asked}")
        assert walk.key == asked
        if reply == "unknown":
            walk.reply("unknown")
            assert walk.case == after
        else:
            walk.anything(chance)
            if walk.answer.status == 422:
                walk.reply("unknown")
    assert walk.page.forms["state"].value("trail") != "[]"


@pytest.mark.slow
@pytest.mark.parametrize("guideline", BOTH)
def test_what_nobody_knows_is_asked_once_and_counts_for_nothing(
    service: Running, guideline: str
) -> None:
    walk = begun(service, guideline)
    before = shown(walk)
    asked: list[str] = []
    while walk.key and len(asked) < 12:
        asked.append(walk.key)
        walk.reply("unknown")
        assert walk.answer.status == 200
        assert shown(walk) == before
    assert len(set(asked)) == len(asked) == 12
    again = Walk(service, guideline)
    again.read(AS_OF, walk.saved())
    assert again.key == walk.key


@pytest.mark.slow
def test_an_answer_tells_what_it_changed_and_why(service: Running) -> None:
    walk = begun(service, SEED)
    walk.do(do="ask hasFinding https://w3id.org/indicant/spine/Myelopathy")
    assert walk.words == "Is there myelopathy?"
    walk.reply("yes")
    told = " ".join(walk.page.texts["changed"].split())
    assert "urgent neurosurgical referral: open → is now recommended, urgent" in told
    assert "because myelopathy" in told
    assert "urgent neurosurgical referral" in walk.page.texts["now"]
    walk.reply("unknown")
    assert "By itself it changes nothing yet." in walk.page.texts["changed"]


@pytest.mark.slow
def test_what_everything_waits_for_is_told_and_gets_less(service: Running) -> None:
    """Before it is known whether a guideline speaks of somebody, answers change nothing else."""
    walk = begun(service, NAME)

    def waiting() -> list[str]:
        text = walk.answer.body.decode().partition("All of them wait for: <bdi>")[2]
        return text.partition("</bdi>")[0].split("; ") if text else []

    first = waiting()
    assert len(first) == 8
    assert "18 or older" in first
    walk.do(do="ask hasFinding https://w3id.org/indicant/opioid/LikelyTerminalCondition")
    walk.reply("no")
    assert waiting() == [one for one in first if one != "condition likely to be terminal"]
    walk.do(do="ask hasFinding https://w3id.org/indicant/opioid/LikelyTerminalCondition")
    walk.reply("yes")
    assert waiting() == []
    assert begun(service, SEED).answer.body.count(b"All of them wait for") == 0


@pytest.mark.slow
def test_who_is_asked_once_more_may_say_yes_after_no(service: Running) -> None:
    key = "ask hasFinding https://w3id.org/indicant/opioid/LikelyTerminalCondition"
    walk = begun(service, NAME)
    walk.do(do=key)
    walk.reply("yes")
    wanted = walk.case
    again = begun(service, NAME)
    again.do(do=key)
    again.reply("no")
    again.do(do=key)
    again.reply("yes")
    assert again.answer.status == 200
    assert again.case == wanted
    again.do(do="undo")
    assert "ind:excludes opioid:LikelyTerminalCondition" in again.case


@pytest.mark.slow
def test_what_changes_alike_is_told_once(service: Running) -> None:
    walk = begun(service, NAME)
    walk.do(do="ask hasFinding https://w3id.org/indicant/opioid/LikelyTerminalCondition")
    walk.reply("yes")
    told = " ".join(walk.page.texts["changed"].split())
    assert told.count("because") == told.count("no advice on it") == 1
    assert told.count("; ") == 30
    assert b"31 changed." in walk.answer.body


def test_what_a_fact_leaves_without_advice_is_not_said_to_be_out_of_the_question(
    service: Running,
) -> None:
    """What spoke against a consultation no longer does: that does not rule the consultation out."""
    walk = begun(service, SEED)
    key = "hasFinding https://w3id.org/indicant/spine/NeuralCompression"
    walk.do(do=f"ask {key}")
    assert "surgical consultation (no advice on it)" in " ".join(walk.answer.body.decode().split())
    walk.reply("yes")
    told = " ".join(walk.page.texts["changed"].split())
    assert "neurosurgical referral; surgical consultation: open → is now no advice on it" in told
    assert "because neural compression" in told


@pytest.mark.slow
def test_everything_that_was_said_can_be_taken_back_in_any_order(service: Running) -> None:
    walk = begun(service, SEED)
    empty = walk.case
    for key, reply, details in (
        ("hasFinding https://w3id.org/indicant/spine/Radiculopathy", "yes", {}),
        ("hasFinding https://w3id.org/indicant/spine/SpinalInstability", "no", {}),
        ("hasFinding https://w3id.org/indicant/spine/NeckPain", "unknown", {}),
        (
            "received https://w3id.org/indicant/spine/FormalPhysicalTherapy",
            "yes",
            {"d https://w3id.org/indicant/core/startedOn": "2026-03-01"},
        ),
        (
            "received https://w3id.org/indicant/spine/ConservativeManagement",
            "since",
            {"since": "2026-01"},
        ),
    ):
        walk.do(do=f"ask {key}")
        walk.reply(reply, **details)
        assert walk.answer.status == 200, walk.page.texts
    buttons = [
        one.value for one in walk.page.forms["state"].buttons() if one.value.startswith("forget ")
    ]
    assert len(buttons) == 5
    Random(7).shuffle(buttons)  # noqa: S311 - any order
    for one in buttons:
        walk.do(do=one)
        assert walk.answer.status == 200
        hold_to(walk, assessor(service, SEED), walk.case)
    assert walk.case == empty
    for _ in range(10):
        walk.do(do="undo")
    assert walk.case == empty


@pytest.mark.slow
def test_dates_ages_and_numbers_are_what_the_case_says(service: Running) -> None:
    core = "https://w3id.org/indicant/core/"
    walk = Walk(service, NAME)
    walk.start("2026-11-15")
    assert walk.key == "ageInYears"
    for given, told in (
        ("1990", "The age may be 35 or 36"),
        ("1990-11", "The age may be 35 or 36"),
        ("1990-13", "Write a day as"),
        ("last year", "Write a day as"),
    ):
        walk.reply("yes", **{f"d {core}birthDate": given})
        assert walk.answer.status == 422
        assert told in walk.answer.body.decode()
        assert [one.value for one in walk.details()] == [given, ""]
    walk.reply("yes", **{f"d {core}birthDate": "1990-12"})
    assert "ind:ageInYears 35 ;" in walk.case
    walk.do(do="undo")
    walk.reply("yes", **{f"d {core}birthDate": "1990-12-01"})
    assert 'ind:birthDate "1990-12-01"^^xsd:date ;' in walk.case
    walk.do(do="undo")
    walk.reply("yes", **{f"d {core}birthDate": "1990-12-01", f"d {core}ageInYears": "35"})
    assert "Give one of the two." in walk.answer.body.decode()
    walk.reply("yes", **{f"d {core}ageInYears": "thirty"})
    assert "Give a whole number" in walk.answer.body.decode()
    walk.reply("yes")
    assert "Give a value, or say that it is not known." in walk.answer.body.decode()
    assert "ageInYears" not in walk.case


def test_a_month_is_kept_and_decides_nothing(service: Running) -> None:
    walk = begun(service, SEED)
    walk.do(do="ask received https://w3id.org/indicant/spine/FormalPhysicalTherapy")
    walk.reply("yes", **{"d https://w3id.org/indicant/core/startedOn": "2026-03"})
    assert walk.answer.status == 200
    assert 'dcterms:date "2026-03"^^xsd:gYearMonth' in walk.case
    assert "2026-03, of which the day is not known" in walk.page.texts["told"]
    bare = re.sub(r'\s*dcterms:date "[^"]*"\^\^xsd:gYearMonth ;', "", walk.case)
    of = assessor(service, SEED)
    assert bare != walk.case
    assert statuses(of, bare) == statuses(of, walk.case)
    hold_to(walk, of, bare)


def test_what_breaks_a_shape_is_told_and_not_recorded(service: Running) -> None:
    walk = begun(service, SEED)
    key = "received https://w3id.org/indicant/spine/FormalPhysicalTherapy"
    walk.do(do=f"ask {key}")
    before = walk.case
    walk.reply("yes", **{"d https://w3id.org/indicant/core/startedOn": "2027-03-01"})
    assert walk.answer.status == 422
    assert (walk.case, walk.key) == (before, key)
    assert "later than the as-of date" in walk.answer.body.decode()


@pytest.mark.many(1000)
@pytest.mark.parametrize("guideline", BOTH)
def test_it_ends_in_a_page_to_print(service: Running, guideline: str) -> None:
    walk = begun(service, guideline)
    walk.reply("yes", **{"d https://w3id.org/indicant/core/ageInYears": "45"})
    here = {one: said for one, said in shown(walk).items() if said != "not-applicable"}
    case = walk.case
    walk.do(do="finish")
    assert walk.answer.status == 200
    assert shown(walk) == here
    assert "What I was told" in walk.page.texts["told"]
    walk.do(do="back")
    assert walk.case == case


def test_something_planned_comes_first_with_its_verdict(service: Running) -> None:
    walk = begun(service, SEED)
    walk.do(do="propose", action="https://w3id.org/indicant/spine/SpinalManipulation")
    walk.do(do="ask received https://w3id.org/indicant/spine/LumbarFusion")
    walk.reply("yes")
    assert "advised against" in walk.page.texts["proposed"]
    body = walk.answer.body.decode()
    assert body.index('id="proposed"') < body.index('id="asking"') < body.index('id="avoid"')


def test_it_begins_from_records_of_fhir(service: Running) -> None:
    text = (EXAMPLES / "patient.json").read_text(encoding="utf-8")
    walk = Walk(service, SEED)
    walk.read("2026-11-22", text)
    assert walk.answer.status == 200, walk.page.texts
    assert "records of FHIR were used" in walk.page.texts["told"]
    said = service.post("/assess?all=true&asOf=2026-11-22", text.encode(), "application/fhir+json")
    (record,) = said.json
    every = {one["action"]: one["status"] for one in record["actions"]}
    assert statuses(assessor(service, SEED), walk.case) == every
    hold_to(walk, assessor(service, SEED), walk.case)


def test_it_begins_from_a_case(service: Running) -> None:
    walk = Walk(service, SEED)
    walk.read(AS_OF, SEVEN_MONTHS.read_text(encoding="utf-8"))
    assert walk.answer.status == 200
    text = SEVEN_MONTHS.read_text(encoding="utf-8")
    hold_to(walk, assessor(service, SEED), text)


REFUSED = {
    "nothing": ("", "There is nothing in the field"),
    "no-turtle": ("@prefix ind: <x", "line 1"),
    "no-case": (f"{NEW} <urn:x:a> <urn:x:b> <urn:x:c> .", "there are 0 patients"),
    "two-cases": (
        f'{NEW} <urn:x:a> a ind:PatientCase ; ind:asOf "2026-11-30"^^xsd:date . '
        '<urn:x:b> a ind:PatientCase ; ind:asOf "2026-11-30"^^xsd:date .',
        "there are 2 patients",
    ),
    "no-day": (f"{NEW} <urn:x:a> a ind:PatientCase .", "as-of"),
    "no-json": ('{"resourceType": "Bundle", ', ""),
    "no-patient": ('{"resourceType": "Bundle", "type": "collection"}', ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_told_and_kept_in_the_field(service: Running, name: str) -> None:
    text, told = REFUSED[name]
    walk = Walk(service, SEED)
    walk.read(AS_OF, text)
    assert walk.answer.status == 422
    assert told in walk.answer.body.decode()
    (field,) = (
        one for form in walk.page.forms.values() for one in form.fields if one.name == "text"
    )
    assert field.value == text


def test_what_no_page_sends_is_refused(service: Running) -> None:
    walk = begun(service, SEED)
    case = walk.case
    for fields, status in each(
        [
            ({}, 400),
            ({"do": "answer", "case": "nothing"}, 400),
            ({"do": "undo", "case": case, "trail": "{"}, 400),
            ({"do": "undo", "case": case, "trail": '[{"said": 1}]'}, 400),
            ({"do": "undo", "case": case, "trail": '[{"said":"","put":[],"taken":["x"]}]'}, 422),
            ({"do": "answer", "case": case, "key": "nothing", "reply": "yes"}, 422),
            ({"do": "answer", "case": case, "key": walk.key, "reply": "perhaps"}, 422),
            ({"do": "propose", "case": case, "action": "urn:x:none"}, 422),
            ({"do": "forget urn:x:a urn:x:b", "case": case}, 422),
            (
                {"do": f"forget {'http://www.w3.org/1999/02/22-rdf-syntax-ns#type'}", "case": case},
                422,
            ),
            ({"do": "ask nothing", "case": case}, 200),
        ]
    ):
        assert walk.send(fields).status == status, fields
    assert service.post("/patient/none", b"do=start", FORM).status == 404
    assert service.get("/patient/none").status == 404
    assert service.post(f"/patient/{SEED}", {"do": "start"}).status == 415
    assert service.post(f"/patient/{SEED}", b"\xff=1", FORM).status == 400
    assert walk.send({"do": "start", "as-of": "soon"}).status == 422


def test_a_page_asks_nobody_else_and_runs_nothing_of_others(service: Running) -> None:
    hostile = (
        f'{NEW} <urn:x:a> a ind:PatientCase ; ind:asOf "2026-11-30"^^xsd:date ; '
        "ind:hasFinding <urn:x:%22%3E%3Cscript%3Ealert(1)> . "
        "<urn:x:%22%3E%3Cscript%3Ealert(1)> a <https://w3id.org/indicant/spine/NeckPain> ; "
        '<http://www.w3.org/2000/01/rdf-schema#label> "</bdi><script>alert(1)</script>\u202e" .'
    )
    walk = Walk(service, SEED)
    walk.read(AS_OF, hostile)
    assert walk.answer.status == 200
    body = walk.answer.body.decode()
    assert "<script>alert" not in body
    assert "\u202e" not in re.sub(r'value="[^"]*"', "", body)
    policy = walk.answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert walk.answer.headers["cache-control"] == "no-store"
    assert walk.answer.headers["referrer-policy"] == "no-referrer"
    index = service.get("/patient")
    assert index.status == 200
    assert f'href="patient/{NAME}"' in index.body.decode()
    for tag, place in each(walk.page.places):
        assert place in {"../patient.css", "../patient.js", "data:,", "#page", SEED}, tag
    script = service.get("/patient.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "http" not in script.body.decode()
    assert service.get("/patient.css").headers["content-type"].startswith("text/css")


@pytest.mark.slow
def test_nothing_of_the_patient_is_logged() -> None:
    with running(SEED, as_of=AS_OF) as service:
        walk = Walk(service, SEED)
        walk.start(AS_OF)
        walk.do(do="ask received https://w3id.org/indicant/spine/FormalPhysicalTherapy")
        walk.reply("yes", **{"d https://w3id.org/indicant/core/startedOn": "1987-06-05"})
        assert "1987-06-05" in walk.case
        walk.read(AS_OF, "urn:x:somebody is ill")
        walk.send({"case": "urn:x:somebody", "do": "answer"})
        log = "\n".join(service.log)
    assert "FormalPhysicalTherapy" not in log
    assert "1987-06-05" not in log
    assert "somebody" not in log
    assert {json.loads(one)["route"] for one in service.log} == {"/patient/{guideline}"}


@pytest.mark.slow
def test_patients_who_are_asked_at_once_are_not_mixed_up(service: Running) -> None:
    """Each of several browsers gets the very pages that it would get alone."""
    spine = "https://w3id.org/indicant/spine/"
    said = [
        ("NeckPain", "yes"),
        ("Myelopathy", "no"),
        ("Scoliosis", "unknown"),
        ("Osteophyte", "no"),
    ]

    def walked(first: int) -> list[bytes]:
        walk = begun(service, SEED)
        pages = []
        for number in range(len(said)):
            name, reply = said[(first + number) % len(said)]
            walk.do(do=f"ask hasFinding {spine}{name}")
            walk.reply(reply)
            pages.append(walk.answer.body)
        return pages

    alone = [walked(first) for first in range(len(said))]
    with ThreadPoolExecutor(len(said)) as pool:
        together = list(pool.map(walked, range(len(said))))
    assert together == alone
    assert len({pages[0] for pages in alone}) == len(said)


@pytest.mark.parametrize("guideline", BOTH)
def test_what_everything_rests_on_is_said_once_and_nothing_is_left_out(
    service: Running, guideline: str
) -> None:
    of = assessor(service, guideline)
    folder = TESTS / ("assess" if guideline == SEED else NAME)
    once = 0
    for path in each(sorted(folder.glob("*/case.ttl"))[::9]):
        (record,) = of.assess(read(path), everything=True)[:1]
        made = advice(record, of.catalogue, Words())
        once += bool(made.common)
        lines = [
            *made.now,
            *made.avoid,
            *made.conflicting,
            *(one for _, some in made.steps for one in some),
        ]
        by_action = {one["action"]: one for one in record["actions"]}
        for line in lines:
            action = by_action[line.action]
            deciding = {one["iri"] for one in answering(line.status, action["recommendations"])}
            facts = [f["literal"] for f in action["because"] if f["recommendation"] in deciding]
            told = [one for one in "; ".join(line.why).split("; ") if one]
            assert set(facts) == {*told, *(made.common if facts else ())}
            assert not set(told) & set(made.common)
    assert once
