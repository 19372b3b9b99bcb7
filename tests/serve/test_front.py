"""What a service shows to whoever opens it, and a browser that it refuses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from asked import NAME, SEED, Running, running
from each import each

if TYPE_CHECKING:
    from collections.abc import Iterator

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    with running(NAME, SEED, timezone="Europe/Berlin") as found:
        assert found.service.ready.wait(120)
        yield found


@pytest.mark.slow
def test_it_tells_programs_what_there_is(service: Running) -> None:
    told = service.get("/")
    assert told.headers["content-type"] == "application/json"
    assert told.headers["vary"] == "Accept"
    assert [one["name"] for one in told.json["guidelines"]] == [NAME, SEED]
    assert {one["version"] for one in told.json["guidelines"]} == {"0.1.0"}
    assert (told.json["asOf"], told.json["timezone"]) == ("2023-05-01", "Europe/Berlin")
    for route in each(told.json["routes"]):
        assert service.get(route).status == 200, route


def test_every_link_of_it_leads_somewhere(service: Running) -> None:
    page = service.ask("GET", "/", None, BROWSER)
    assert page.headers["content-type"].startswith("text/html")
    text = page.body.decode()
    links = re.findall(r'(?:href|src)="(?!data:)([^"]+)"', text)
    assert {f"patient/{NAME}", f"workbench/{SEED}", "sparql", "metrics"} < set(links)
    for link in each(links):
        assert service.get(f"/{link}").status == 200, link
    assert "2023-05-01" in text


def test_what_is_neither_is_refused(service: Running) -> None:
    assert service.get("/", Accept="text/turtle").status == 406
    assert service.ask("POST", "/", b"", {}).status == 405


@pytest.mark.parametrize(
    ("path", "status", "up"),
    [
        ("/patient/none", 404, "../"),
        ("/workbench/none", 404, "../"),
        ("/workbench?query=%FF", 400, "./"),
        ("/nowhere/at/all", 404, "../../"),
        ("/" + "a/" * 50, 404, "../" * 8),
    ],
)
def test_a_browser_gets_a_page_that_leads_back(
    service: Running, path: str, status: int, up: str
) -> None:
    told = service.ask("GET", path, None, BROWSER)
    assert (told.status, told.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert "script-src 'self'" in told.headers["content-security-policy"]
    assert f'<a href="{up}">' in told.body.decode()
    other = service.get(path)
    assert (other.status, other.headers["content-type"]) == (status, "application/json")


def test_a_form_that_a_browser_sends_without_a_script_is_refused_by_a_page(
    service: Running,
) -> None:
    told = service.ask("POST", f"/patient/{SEED}", b"do=answer", {**BROWSER, "Content-Type": FORM})
    assert told.status == 400
    assert b"begin anew" in told.body
    assert b"go back in this window" in told.body


@pytest.mark.slow
def test_programs_that_take_pages_get_refusals_as_they_are_described(service: Running) -> None:
    told = service.ask("GET", "/cds-services/none", None, BROWSER)
    assert told.json["resourceType"] == "OperationOutcome"
    assert service.get("/assess").json["error"]["status"] == 405
