"""What bounds a service: how much, how long, how often; and what it does not tell."""

from __future__ import annotations

import contextlib
import json
import re
import select
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest

from asked import (
    FLURAZEPAM,
    NAME,
    OXYCODONE,
    SEED,
    Record,
    Running,
    bundle,
    order,
    patient,
    request,
    running,
)
from each import each
from indicant.files.rdf import TURTLE, parse
from indicant.serve.guidelines import MOST_PATIENTS, demand_few
from indicant.serve.limits import Rates
from indicant.serve.refusals import Refused
from places import SEVEN_MONTHS

if TYPE_CHECKING:
    from pathlib import Path


def test_a_body_that_is_too_large_is_refused_before_it_is_read_and_while_it_is() -> None:
    with running(max_body=10_000) as service:
        announced = service.post("/assess", b"x" * 10_001, "text/turtle")
        assert announced.status == 413
        host = urlsplit(service.url)
        with socket.create_connection((host.hostname or "", host.port or 0), 30) as there:
            there.sendall(
                b"POST /assess HTTP/1.1\r\nHost: a\r\nContent-Type: text/turtle\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n"
            )
            for _ in range(3):
                there.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            assert there.recv(100).startswith(b"HTTP/1.1 413")


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    with running(seconds=0.2) as service:
        host = urlsplit(service.url)
        with socket.create_connection((host.hostname or "", host.port or 0), 30) as there:
            there.sendall(
                b"POST /assess HTTP/1.1\r\nHost: a\r\nContent-Type: text/turtle\r\n"
                b"Content-Length: 100\r\n\r\nx"
            )
            assert there.recv(100).startswith(b"HTTP/1.1 408")


@pytest.mark.timeout(60)
def test_bodies_that_come_at_once_are_bounded_together() -> None:
    """Each is small enough, and waits for its last byte."""
    with running(max_body=10_000, seconds=20.0) as service:
        host = urlsplit(service.url)
        with contextlib.ExitStack() as stack:
            told = []
            for _ in range(9):
                there = stack.enter_context(
                    socket.create_connection((host.hostname or "", host.port or 0), 30)
                )
                there.sendall(
                    b"POST /assess HTTP/1.1\r\nHost: a\r\nContent-Type: text/turtle\r\n"
                    b"Content-Length: 10000\r\n\r\n" + b"x" * 9_990
                )
                told.append(there)
            (refused, *more), _, _ = select.select(told, [], [], 30)
            assert (more, refused.recv(100)[:12]) == ([], b"HTTP/1.1 503")
            told.remove(refused)
            told[0].sendall(b"x" * 10)
            assert told[0].recv(100).startswith(b"HTTP/1.1 422")
            assert service.post("/assess", b"x" * 5_000, "text/turtle").status == 422


PREFIXES = (
    "@prefix ind: <https://w3id.org/indicant/core/> .\n"
    "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
)


def cases_of(count: int) -> bytes:
    """Return cases of which nothing is known."""
    rows = [
        f'<urn:case:{number}> a ind:PatientCase ; ind:asOf "2026-11-30"^^xsd:date .\n'
        for number in range(count)
    ]
    return (PREFIXES + "".join(rows)).encode()


@pytest.mark.slow
def test_one_request_is_about_few_patients() -> None:
    """An answer about many takes longer than anybody waits, and goes on to its end."""
    persons = [patient(f"p{number}") for number in range(MOST_PATIENTS + 1)]
    many = bundle(*persons)
    fhir = "application/fhir+json"
    turtle = "text/turtle"
    demand_few(parse(cases_of(MOST_PATIENTS), path="cases.ttl", format=TURTLE).quads)
    with running() as service:
        for body, media_type in (
            (cases_of(MOST_PATIENTS + 1), turtle),
            (json.dumps(many).encode(), fhir),
        ):
            told = service.post("/assess?asOf=2026-11-30", body, media_type)
            assert told.status == 413
            assert f"more than {MOST_PATIENTS} patients" in told.json["error"]["message"]
            assert "indicant cohort" in told.json["error"]["help"]
        words = "".join(f"<urn:note:{one}> <urn:p> {one} .\n" for one in range(10_001))
        long = service.post("/assess", cases_of(1) + words.encode(), turtle)
        assert (long.status, "10000 statements" in long.json["error"]["message"]) == (413, True)
        form = urlencode({"do": "finish", "case": cases_of(1).decode() + words}).encode()
        kind = "application/x-www-form-urlencoded"
        assert service.post(f"/patient/{NAME}", form, kind).status == 413


def test_a_body_that_is_packed_is_refused() -> None:
    with running() as service:
        told = service.ask(
            "POST", "/assess", b"x", {"Content-Encoding": "gzip", "Content-Type": "text/turtle"}
        )
    assert told.status == 415


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_what_is_late_is_told_so_and_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(seconds=0.2, concurrency=1) as service:
        going_on = threading.Event()

        def slow(*_: Any) -> Record:
            going_on.wait(30)
            return {"cards": [], "extension": {}}

        monkeypatch.setattr(service.service.guidelines, "answer", slow)
        try:
            with ThreadPoolExecutor(8) as threads:
                told = [
                    one.result()
                    for one in [threads.submit(service.hook, request()) for _ in range(8)]
                ]
            assert {one.status for one in told} == {503}
            assert all("retry-after" in one.headers for one in told)
            words = [one.json["issue"][0]["diagnostics"] for one in told]
            assert any("at once" in one for one in words)
            assert any("no answer within" in one for one in words)
            assert service.get("/healthz").status == 200
        finally:
            going_on.set()


def test_who_asks_too_often_waits() -> None:
    now = [0.0]
    rates = Rates(2.0, lambda: now[0])
    for _ in range(4):
        rates.take("a")
    with pytest.raises(Refused) as caught:
        rates.take("a")
    assert (caught.value.status, caught.value.headers) == (429, {"Retry-After": "1"})
    rates.take("b")
    now[0] = 0.5
    rates.take("a")
    with pytest.raises(Refused):
        rates.take("a")


@pytest.mark.slow
def test_the_rate_holds_for_requests_but_not_for_how_it_is() -> None:
    with running(rate=0.001) as service:
        told = [service.get("/cds-services").status for _ in range(3)]
        assert told == [200, 429, 429]
        assert {service.get("/healthz").status for _ in range(5)} == {200}


# ------------------------------------------------------------------------- nobody is mixed up


def of_person(number: int) -> Record:
    """Return a request about a patient of a number, whose records say something of their own."""
    who = f"person-{number}"
    born = f"19{40 + number % 50}-0{1 + number % 9}-11"
    code = (OXYCODONE, FLURAZEPAM)[number % 2]
    chart = [order(FLURAZEPAM, f"chart-{number}-{one}", who) for one in range(number % 3)]
    more = {"medicationRequest": bundle(*chart)} if chart else {"condition": None}
    asked = request(
        order(code, f"draft-{number}", who), whose=who, patient=patient(who, birthDate=born), **more
    )
    return {**asked, "hookInstance": f"b266185d-c26a-40dd-a024-{number:012d}"}


@pytest.mark.slow
def test_patients_are_not_mixed_up_whoever_asks_at_once() -> None:
    asked = [of_person(number) for number in range(40)]
    data = SEVEN_MONTHS.read_text(encoding="utf-8")
    cases = [data.replace("patient-7", f"patient-{number}") for number in range(12)]
    with running(NAME, SEED, concurrency=8) as service:

        def ask(one: Record | str) -> bytes:
            if isinstance(one, str):
                return service.post(f"/assess?guideline={SEED}", one.encode(), "text/turtle").body
            return service.hook(one).body

        every: list[Record | str] = [*asked, *cases]
        apart = [ask(one) for one in every]
        with ThreadPoolExecutor(8) as threads:
            for _ in range(3):
                assert list(threads.map(ask, every)) == apart
    assert len(set(apart)) == len(every)
    for number, told in each(list(enumerate(apart[: len(asked)]))):
        others = set(re.findall(rb"(?:draft|chart)-(\d+)", told)) - {str(number).encode()}
        assert others == set()


# ------------------------------------------------------------------------- what is not told

SECRET = "zq7secret"


def secrets() -> list[tuple[str, str, bytes, str]]:
    """Return requests that are no good in some way, each full of words that nobody else says."""
    turtle = "text/turtle"
    asked = request(order(f"{SECRET}code", f"{SECRET}-o", f"{SECRET}-p"), whose=f"{SECRET}-p")
    asked["context"]["userId"] = f"Practitioner/{SECRET}"
    hook = f"/cds-services/{NAME}-order-sign"
    case = SEVEN_MONTHS.read_text(encoding="utf-8")
    broken = [
        asked | {"hookInstance": SECRET},
        asked | {"hook": SECRET},
        asked | {SECRET: SECRET, "context": {SECRET: SECRET}},
        asked | {"prefetch": {SECRET: SECRET}},
        asked | {"prefetch": {SECRET: {"resourceType": SECRET, "id": SECRET}}},
        asked | {"prefetch": {"patient": patient(SECRET)}},
        asked | {"extension": {"org.w3id.indicant": {"asOf": SECRET}}},
    ]
    return [
        *(("POST", hook, json.dumps(one).encode(), "application/json") for one in broken),
        ("POST", hook, f'{{"{SECRET}": {SECRET}}}'.encode(), "application/json"),
        ("POST", hook, json.dumps(asked).encode(), f"text/{SECRET}"),
        ("POST", f"/cds-services/{SECRET}", b"{}", "application/json"),
        ("POST", f"/{SECRET}?{SECRET}={SECRET}", b"", turtle),
        ("POST", f"/assess?{SECRET}={SECRET}", b"x", turtle),
        ("POST", f"/assess?guideline={SECRET}", b"x", turtle),
        ("POST", f"/assess?asOf={SECRET}", b"x", turtle),
        ("POST", "/assess", f"{SECRET}:a {SECRET}:b {SECRET}:c .".encode(), turtle),
        ("POST", "/assess", f"<https://{SECRET}.example/> a ind:{SECRET} .".encode(), turtle),
        ("POST", "/assess", case.replace("NeckPain", SECRET).encode(), turtle),
        ("POST", "/assess", case.replace("2026-11-22", SECRET).encode(), turtle),
        ("POST", "/assess", f'{{"resourceType": "{SECRET}"}}'.encode(), "application/fhir+json"),
        (
            "POST",
            "/assess",
            f'{{"@id": "{SECRET}", "@context": "https://{SECRET}.example/"}}'.encode(),
            "application/ld+json",
        ),
        ("POST", "/assess", f"<rdf:RDF><{SECRET}/>".encode(), "application/rdf+xml"),
        ("POST", f"/why?action={SECRET}", case.encode(), turtle),
        (
            "POST",
            "/whatif",
            json.dumps({"case": case, "edits": [f"+{SECRET}"]}).encode(),
            "application/json",
        ),
        (
            "POST",
            "/whatif",
            json.dumps({"case": case, "edits": [SECRET]}).encode(),
            "application/json",
        ),
        (
            "POST",
            f"{hook}/feedback",
            json.dumps({"feedback": [{"card": SECRET}]}).encode(),
            "application/json",
        ),
        ("PUT", f"/{SECRET}", b"", turtle),
    ]


@pytest.mark.slow
def test_neither_refusals_nor_logs_nor_metrics_tell_anything_of_what_was_sent(
    capfd: pytest.CaptureFixture[str],
) -> None:
    sent = secrets()
    with running(NAME, SEED) as service:
        for method, path, body, media_type in sent:
            told = service.ask(method, path, body, {"Content-Type": media_type, "X-Word": SECRET})
            assert 400 <= told.status < 500, (path, body, told.body)
            assert SECRET.encode() not in told.body.lower(), (path, body)
            assert not any(SECRET in one for one in told.headers.values())
        fine = request(order(f"{SECRET}code", f"{SECRET}-o", f"{SECRET}-p"), whose=f"{SECRET}-p")
        assert SECRET in service.hook(fine).body.decode()
        assert SECRET not in service.get("/metrics").body.decode()
        assert len(service.log) >= len(sent)
        assert SECRET not in "".join(service.log)
    out, err = capfd.readouterr()
    assert SECRET not in out + err


def test_a_fault_of_the_service_quotes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as service:

        def fault(*_: Any) -> Record:
            raise ValueError(SECRET)

        monkeypatch.setattr(service.service.guidelines, "answer", fault)
        told = service.hook(request())
        assert told.status == 500
        assert told.json["resourceType"] == "OperationOutcome"
        assert SECRET not in told.body.decode() + "".join(service.log)
        assert any('"fault": "ValueError"' in one for one in service.log)


@pytest.mark.slow
def test_metrics_count_by_route_method_and_status() -> None:
    with running() as service:
        service.hook(request(order(OXYCODONE)))
        service.get("/nowhere/at/all")
        text = service.get("/metrics").body.decode()
    route = 'method="POST",route="/cds-services/{id}",status="200"'
    assert f"indicant_requests_total{{{route}}} 1.0" in text
    assert 'method="GET",route="other",status="404"' in text
    assert 'indicant_cards_total{indicator="info"}' in text
    assert "nowhere" not in text


@pytest.mark.slow
def test_answers_are_kept_by_nobody() -> None:
    with running() as service:
        told = service.hook(request(order(OXYCODONE)))
    assert told.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in told.headers


@pytest.mark.slow
def test_pages_of_an_origin_may_ask_where_it_is_named() -> None:
    origin = "https://records.hospital.example"
    with running(origins=(origin,)) as service:
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        told = service.ask("OPTIONS", "/cds-services", None, asked)
        assert told.headers["access-control-allow-origin"] == origin
        other = {**asked, "Origin": "https://elsewhere.example"}
        refused = service.ask("OPTIONS", "/cds-services", None, other)
    assert "access-control-allow-origin" not in refused.headers


# ------------------------------------------------------------------------- feedback

CARD = "4e70e2c0-f407-5690-9e10-523721326de5"
WHEN = "2023-05-01T12:00:00Z"


def overridden(**more: Any) -> Record:
    """Return feedback about a card that was not followed."""
    return {"card": CARD, "outcome": "overridden", "outcomeTimestamp": WHEN, **more}


def send(service: Running, *rows: Record) -> int:
    """Send feedback, and return the status of what comes back."""
    return service.post(
        f"/cds-services/{NAME}-order-sign/feedback", {"feedback": list(rows)}
    ).status


@pytest.mark.slow
def test_feedback_is_added_without_what_users_write(tmp_path: Path) -> None:
    file = tmp_path / "feedback.ndjson"
    reason = {"system": "https://w3id.org/indicant/intake/override", "code": "declined"}
    own = {"system": "https://hospital.example", "code": SECRET, "display": SECRET}
    with running(feedback=str(file)) as service:
        assert (
            send(service, overridden(overrideReason={"reason": reason, "userComment": SECRET}))
            == 200
        )
        assert send(service, overridden(overrideReason={"reason": own})) == 200
        accepted = {"card": CARD, "outcome": "accepted", "outcomeTimestamp": WHEN}
        assert send(service, {**accepted, "acceptedSuggestions": [{"id": CARD}]}) == 200
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [one.get("reason") for one in rows] == ["declined", "other", None]
    assert rows[2]["accepted"] == [CARD]
    assert rows[0]["service"] == f"{NAME}-order-sign"
    assert SECRET not in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o077 == 0


def test_what_users_write_is_kept_where_it_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "feedback.ndjson"
    with running(feedback=str(file), comments=True) as service:
        assert send(service, overridden(overrideReason={"userComment": "not\nnow"})) == 200
    assert json.loads(file.read_text(encoding="utf-8"))["comment"] == "not\nnow"


def test_feedback_that_is_none_is_refused_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "feedback.ndjson"
    accepted = {"card": CARD, "outcome": "accepted", "outcomeTimestamp": WHEN}
    with running(feedback=str(file)) as service:
        for wrong in (
            accepted,  # cds-fb-2
            overridden(outcome="ignored"),  # cds-fb-1
            overridden(overrideReason={}),  # cds-fb-3
            overridden(card="7"),
            overridden(outcomeTimestamp="yesterday"),
            overridden(outcomeTimestamp="2023-05-01T12:00:00"),
        ):
            assert send(service, overridden(), wrong) == 400, wrong
        assert send(service, *[overridden()] * 1001) == 413
    assert file.read_text(encoding="utf-8") == ""


def test_without_a_file_no_feedback_is_kept() -> None:
    with running() as service:
        assert send(service, overridden()) == 200
