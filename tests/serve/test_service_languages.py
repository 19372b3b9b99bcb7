"""A service answers in the language that a client accepts, and says nothing else in English."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING, Any, Final

import pytest

from asked import NAME, SEED, Running, bundle, request, running
from each import each
from indicant.assess.assessor import Assessor
from indicant.exchange.questionnaire import Form
from indicant.guideline.wording import Words, table
from places import EXAMPLES, SEVEN_MONTHS
from walking import Walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asked import Answer

AS_OF: Final = "2026-11-30"
PARTS: Final = (
    *("patient", "reply", "misunderstood", "recorded", "advice", "asking", "card", "unused"),
    *("bench", "title", "settling", "verdict", "refused", "line", "front", "route"),
)
ALIKE: Final = frozenset({"status", "text", "name", "and"})


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    with running(SEED, NAME, as_of=AS_OF, languages=("de", "en")) as found:
        yield found


def english() -> list[re.Pattern[str]]:
    """Return what the program says in English and not in German, with anything in its places."""
    pairs = [
        (text, table("de")[part][key]) for part in PARTS for key, text in table("en")[part].items()
    ]
    stems = {
        stem.strip(" .,:;()?“”")
        for text, other in pairs
        if text != other
        for stem in re.split(r"\{\w+\}", text)
    }
    wanted = sorted(one for one in stems if len(one) > 3 and " " in one)
    return [re.compile(rf"(?<!\w){re.escape(one)}(?!\w)", re.IGNORECASE) for one in wanted]


def left(text: str) -> set[str]:
    """Return what of it is English."""
    return {one[0] for pattern in english() for one in pattern.finditer(text)}


def shown(answer: Answer) -> str:
    """Return what a page says that is of its own language, aloud as well."""
    page = answer.body.decode()
    page = re.sub(r'<(\w+)[^>]* lang="en"[^>]*>.*?</\1>|<(code|textarea)\b.*?</\2>', "", page)
    aloud = re.findall(r'(?:aria-label|data-\w+)="([^"]*)"', page)
    return unescape(" ".join([*aloud, re.sub(r"<[^>]*>", " ", page)]))


def test_the_language_is_the_one_that_a_client_likes_best(service: Running) -> None:
    for accepted, wanted in each(
        (("", "de"), ("en-GB, de;q=0.5", "en"), ("fr, de-AT;q=0.3", "de"), ("fr", "de"))
    ):
        headers = {"Accept-Language": accepted} if accepted else {}
        answer = service.ask("GET", f"/patient/{SEED}", headers=headers)
        assert answer.headers["content-language"] == wanted
        assert answer.headers["vary"] == "Accept-Language"
        assert f'<html lang="{wanted}">' in answer.body.decode()


def test_the_first_page_and_a_refusal_are_german(service: Running) -> None:
    first = service.ask("GET", "/", headers={"Accept": "text/html"})
    assert first.headers["vary"] == "Accept, Accept-Language"
    refused = service.ask("GET", "/patient/none", headers={"Accept": "text/html"})
    assert refused.status == 404
    for answer in each((first, refused)):
        assert answer.headers["content-language"] == "de"
        assert '<html lang="de">' in answer.body.decode()
        assert left(shown(answer)) == set()
    assert '<p lang="en">There is no such guideline here.' in refused.body.decode()


def test_a_service_of_one_language_tells_it_and_does_not_vary() -> None:
    with running(SEED) as one:
        answer = one.ask("GET", "/patient", headers={"Accept-Language": "de"})
    assert answer.headers["content-language"] == "en"
    assert "vary" not in answer.headers


def test_the_page_for_a_patient_is_german(service: Running) -> None:
    """Whatever is done on it: answered, misunderstood, taken back, undone, finished."""
    walk = Walk(service, SEED)
    pages = [service.get("/patient"), walk.answer]
    walk.read(AS_OF, "x")
    pages.append(walk.answer)
    walk.read(AS_OF, SEVEN_MONTHS.read_text(encoding="utf-8"))
    pages.append(walk.answer)
    for key in walk.others()[:12]:
        walk.do(do=f"ask {key}")
        pages.append(walk.answer)
        walk.reply("yes", **{one.name: "x" for one in walk.details() if one.kind != "select"})
        pages.append(walk.answer)
        walk.do(do=f"ask {key}")
        walk.reply("no" if "no" in walk.replies() else "unknown")
        pages.append(walk.answer)
    walk.do(do="undo")
    pages.append(walk.answer)
    walk.do(do="finish")
    pages.append(walk.answer)
    assert len(pages) > 20
    for answer in each(pages):
        assert '<html lang="de">' in answer.body.decode()
        assert left(shown(answer)) == set()
    said = " ".join(map(shown, pages))
    for one in each(("Was mir gesagt wurde", "Das lässt sich nicht aufnehmen", "Rückgängig")):
        assert one in said


def test_the_same_walk_leads_to_the_same_case_in_each_language(service: Running) -> None:
    with running(SEED, as_of=AS_OF) as other:
        walks = [Walk(service, SEED), Walk(other, SEED)]
        for walk in walks:
            walk.start(AS_OF)
        for reply in ("no", "unknown", "no"):
            assert walks[0].key == walks[1].key
            reply_ = reply if all(reply in one.replies() for one in walks) else "unknown"
            for walk in walks:
                walk.reply(reply_)
        assert walks[0].case == walks[1].case
        assert walks[0].page.said == walks[1].page.said
        assert walks[0].words != walks[1].words


def test_the_workbench_is_german_and_its_questions_say_that_they_are_not(
    service: Running,
) -> None:
    for path in each(("/workbench", f"/workbench/{SEED}?question=which-recommendations-are-there")):
        answer = service.get(path)
        assert left(shown(answer)) == set()
        assert 'lang="en">Which' in answer.body.decode()
    assert "2 Zeilen" in shown(
        service.get("/workbench?query=SELECT%20*%20{%20VALUES%20%3Fx%20{%201%202%20}%20}")
    )


def test_cards_and_what_is_found_of_services_are_german(service: Running) -> None:
    told = service.get("/cds-services")
    assert told.headers["content-language"] == "de"
    assert left(json.dumps(told.json, ensure_ascii=False)) == set()
    records = [
        one["resource"] for one in json.loads((EXAMPLES / "patient.json").read_text())["entry"]
    ]
    (patient,) = [one for one in records if one["resourceType"] == "Patient"]
    rest = bundle(*(one for one in records if one is not patient), kind="searchset")
    asked = request(hook="patient-view", whose=patient["id"], patient=patient, condition=rest)
    answer = service.hook(asked, SEED)
    assert len(answer.cards) == 2
    words: list[str] = []
    for card in answer.cards:
        words += [card["summary"], card["detail"]]
        words += [one["display"] for one in card.get("overrideReasons", ())]
        for one in card.get("suggestions", ()):
            words += [one["label"], *(each_["description"] for each_ in one["actions"])]
        assert 0 < len(card["summary"]) < 140
    assert left(" ".join(words)) == set()
    assert "das ist bereits geschehen" in words
    assert [one["uuid"] for one in answer.cards] == [
        one["uuid"] for one in _in_english(service, "/cds-services/", asked).cards
    ]


def _in_english(service: Running, path: str, said: dict[str, Any]) -> Answer:
    headers = {"Content-Type": "application/json", "Accept-Language": "en"}
    body = json.dumps(said).encode()
    return service.ask("POST", f"{path}{SEED}-{said['hook']}", body, headers)


def test_an_assessment_is_the_same_in_each_language_but_for_its_texts(service: Running) -> None:
    body = SEVEN_MONTHS.read_bytes()
    found = [
        service.ask(
            "POST",
            f"/assess?guideline={SEED}",
            body,
            {"Content-Type": "text/turtle", "Accept-Language": tag},
        )
        for tag in ("de", "en")
    ]
    assert [one.headers["content-language"] for one in found] == ["de", "en"]
    german, english_ = (one.json[0]["actions"] for one in found)
    assert [(one["action"], one["status"]) for one in german] == [
        (one["action"], one["status"]) for one in english_
    ]
    assert [one["label"] for one in german] != [one["label"] for one in english_]


def test_a_questionnaire_is_one_in_all_languages() -> None:
    """Its answers are read whatever the language in which it was shown."""
    german, english_ = (Form(Assessor(language=tag)) for tag in ("de", "en"))
    assert german.url == english_.url
    assert german.resource()["language"] == "de"
    assert "language" not in english_.resource()
    texts = [one["text"] for one in german.resource()["item"]]
    assert left(" ".join(texts)) == set()
    assert not set(texts) & {one["text"] for one in english_.resource()["item"]}
    assert Words("en")("asking", "NotKnown") in english_.text()
