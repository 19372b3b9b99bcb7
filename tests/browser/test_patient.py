"""The page for one patient in a browser, from nothing known to a printed result."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from browsing import barriers, slips

from asked import NAME, SEED, Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Route

pytest_plugins = ("browsing",)
BOTH: Final = (SEED, NAME)
CORE: Final = "https://w3id.org/indicant/core/"
OPEN: Final = "document.querySelectorAll('details').forEach(one => one.open = true)"
# The checker warns of what only helps where it is known: which keys a phone shows.
SPARING: Final = "The “inputmode” attribute is not supported in all browsers"
NEEDED: Final = {
    SEED: (
        "hasFinding https://w3id.org/indicant/spine/Myelopathy",
        "received https://w3id.org/indicant/spine/FormalPhysicalTherapy",
    ),
    NAME: (
        "hasFinding https://w3id.org/indicant/opioid/MalignantCancer",
        "received https://w3id.org/indicant/opioid/OfficeVisit",
    ),
}
"""A question without, and one with, values to give."""


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    with running(SEED, NAME, as_of="2026-11-30", concurrency=8, languages=("en", "de")) as found:
        yield found


def begin(page: Page, service: Running, guideline: str) -> None:
    page.goto(f"{service.url}/patient/{guideline}")
    page.click("button[value=start]")
    page.wait_for_selector("#question")


def settled(page: Page) -> None:
    """Wait until an answer is shown."""
    page.wait_for_selector("main:not([aria-busy])")


def answer(page: Page, reply: str, **values: str) -> None:
    if page.locator(f"#answer button[value={reply}]").count():
        page.click(f"#answer button[value={reply}]")
    else:
        if page.locator(f"#{reply}").count():
            page.check(f"#{reply}")
        for path, value in values.items():
            page.fill(f"[name='d {CORE}{path}']", value)
        page.click("#answer button.main")
    settled(page)


def ask(page: Page, key: str) -> None:
    page.evaluate(OPEN)
    page.select_option("#any", key)
    page.click("button[value=ask]")
    settled(page)
    assert page.input_value("#answer [name=key]") == key


def stages(page: Page, service: Running, guideline: str) -> Iterator[str]:
    """Lead to one page after the other, and yield what each shows."""
    page.goto(f"{service.url}/patient")
    yield "guidelines"
    page.goto(f"{service.url}/patient/{guideline}")
    yield "start"
    page.click("button[value=start]")
    page.wait_for_selector("#question")
    yield "first"
    plain, valued = NEEDED[guideline]
    ask(page, plain)
    answer(page, "yes")
    yield "changed"
    ask(page, valued)
    page.check("#yes")
    yield "values"
    page.fill(f"[name='d {CORE}startedOn']", "soon")
    page.click("#answer button.main")
    page.wait_for_selector(".problem")
    yield "problem"
    answer(page, "yes", startedOn="2026-03-01")
    yield "more"
    page.click("button[value=finish]")
    page.wait_for_selector(".print")
    yield "result"


@pytest.mark.parametrize("guideline", BOTH)
@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [
        *((390, "dark", "en-US"), (1280, "light", "en-US"), (390, "light", "en-US")),
        *((390, "light", "de-DE"), (1280, "dark", "de-DE")),
    ],
)
def test_every_stage_is_accessible_and_fits(
    service: Running, browser: Browser, guideline: str, width: int, scheme: Any, language: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme=scheme,
        locale=language,
        bypass_csp=True,
    )
    page = context.new_page()
    found = []
    seen = []
    for stage in stages(page, service, guideline):
        seen.append(stage)
        assert page.locator("html").get_attribute("lang") == language[:2]
        page.evaluate(OPEN)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, stage
        found += barriers(page, stage)
    context.close()
    assert len(seen) == 8
    assert found == []


def test_what_can_be_pressed_is_large_enough_for_a_finger(
    service: Running, browser: Browser
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    small = []
    for stage in stages(page, service, SEED):
        for one in page.locator("button:visible, select:visible, summary:visible").all():
            box = one.bounding_box()
            assert box is not None
            if box["height"] < 24 or box["width"] < 24:
                small.append((stage, one.inner_text()))
    context.close()
    assert small == []


def test_every_stage_is_valid_html(service: Running, browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    bodies: list[bytes] = []
    page.on("response", lambda one: bodies.append(one.body()) if "html" in _type(one) else None)
    for guideline in BOTH:
        for _ in stages(page, service, guideline):
            page.wait_for_timeout(50)
    context.close()
    for number, body in enumerate(bodies):
        (tmp_path / f"{number:02}.html").write_bytes(body)
    assert len(bodies) > 12
    assert [one["message"] for one in slips(tmp_path) if SPARING not in one["message"]] == []


def _type(response: Any) -> str:
    return str(response.headers.get("content-type", ""))


def focused(page: Page) -> str:
    return str(
        page.evaluate("(document.activeElement.innerText || document.activeElement.value).trim()")
    )


def tab_to(page: Page, selector: str) -> None:
    """Press the tabulator until something has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement.matches({json.dumps(selector)})"):
            return
    raise AssertionError(f"{selector} is not reached")


@pytest.mark.parametrize("guideline", BOTH)
def test_the_keyboard_alone_leads_to_a_printed_result(
    service: Running, page: Page, wrong: list[str], guideline: str
) -> None:
    page.goto(f"{service.url}/patient/{guideline}")
    page.evaluate("window.printed = 0; window.print = () => { window.printed += 1; }; null")
    tab_to(page, "button[value=start]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#question")
    for number in range(6):
        question = page.inner_text("#question")
        assert focused(page) == question
        wanted = "no" if number % 2 else "yes"
        if page.locator(f"#answer button[value={wanted}]").count():
            tab_to(page, f"#answer button[value={wanted}]")
        elif page.locator("#yes").count():
            tab_to(page, "#answer input[type=radio]")
            page.keyboard.press("ArrowDown" if wanted == "no" else "Space")
            tab_to(page, "#answer button.main")
        else:
            tab_to(page, f"[name='d {CORE}ageInYears']")
            page.keyboard.type("45")
            tab_to(page, "#answer button.main")
        page.keyboard.press("Enter")
        page.wait_for_function(
            "before => document.querySelector('#question').innerText !== before", arg=question
        )
        assert page.inner_text("#said").endswith("changed.")
        if page.inner_text("#question") == "There is nothing left to ask":
            break
    tab_to(page, "button[value=finish]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".print")
    assert page.evaluate("document.activeElement.tagName") == "H1"
    tab_to(page, ".print")
    page.keyboard.press("Enter")
    assert page.evaluate("window.printed") == 1
    assert page.locator("#told dd").count() > 0
    assert wrong == []


def test_back_is_free(service: Running, page: Page, wrong: list[str]) -> None:
    begin(page, service, SEED)
    seen = []
    for reply in ("yes", "no", "unknown"):
        seen.append((page.inner_text("#question"), page.input_value("#state [name=case]")))
        answer(page, reply)
    last = page.input_value("#state [name=case]")
    for question, case in reversed(seen):
        page.go_back()
        assert page.inner_text("#question") == question
        assert page.input_value("#state [name=case]") == case
    for _ in seen:
        page.go_forward()
    assert page.input_value("#state [name=case]") == last
    page.go_back()
    answer(page, "yes")
    assert page.input_value("#state [name=case]") != last
    assert wrong == []


def test_without_scripts_it_is_the_same(service: Running, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{service.url}/patient/{SEED}")
    page.click("button[value=start]")
    asked = []
    for reply in ("yes", "no", "unknown"):
        asked.append(page.inner_text("#question"))
        page.click(f"#answer button[value={reply}]")
    assert len(set(asked)) == 3
    page.click("button:has-text('Undo')")
    page.click("button[value=finish]")
    assert page.locator("#told dd").count() == 2
    assert not page.locator(".print").is_visible()
    with page.expect_download() as got:
        page.click("text=Save the case")
    assert got.value.suggested_filename == "case.ttl"
    context.close()


def test_a_slow_connection_gets_one_answer_for_one_press(service: Running, page: Page) -> None:
    sent = []

    def slowly(route: Route) -> None:
        sent.append(route.request.url)
        page.wait_for_timeout(300)
        route.continue_()

    begin(page, service, SEED)
    page.route("**/patient/*", slowly)
    page.dblclick("#answer button[value=yes]")
    page.wait_for_selector("#changed")
    settled(page)
    assert len(sent) == 1
    assert page.locator("#told li").count() == 1


def test_what_was_answered_survives_a_service_that_is_away(service: Running, page: Page) -> None:
    begin(page, service, SEED)
    answer(page, "yes")
    case = page.input_value("#state [name=case]")
    page.route("**/patient/*", lambda route: route.abort())
    page.click("#answer button[value=no]")
    page.wait_for_selector("#failed")
    assert "Nothing is lost" in page.inner_text("#failed")
    page.unroute("**/patient/*")
    page.route("**/patient/*", lambda route: route.fulfill(status=503, body="{}"))
    page.click("#answer button[value=no]")
    page.wait_for_function("() => document.querySelector('#failed').innerText.includes('503')")
    assert page.input_value("#state [name=case]") == case
    page.unroute("**/patient/*")
    answer(page, "no")
    assert page.locator("#failed").count() == 0
    assert page.locator("#told li").count() == 2


def test_leaving_is_asked_about_until_the_case_is_saved(service: Running, page: Page) -> None:
    asked = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    begin(page, service, SEED)
    answer(page, "yes")
    page.evaluate("location.reload()")
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    assert page.locator("#told li").count() == 1
    page.click("button[value=finish]")
    page.wait_for_selector(".print")
    with page.expect_download() as got:
        page.click("text=Save the case")
    text = Path(got.value.path()).read_text(encoding="utf-8")
    page.goto(f"{service.url}/patient/{SEED}")
    assert asked == ["beforeunload"]
    page.click("summary")
    page.set_input_files(
        "#file", {"name": "case.ttl", "mimeType": "text/turtle", "buffer": text.encode()}
    )
    page.wait_for_function("() => document.querySelector('#text').value !== ''")
    page.click("text=Start from this")
    page.wait_for_selector("#question")
    assert page.input_value("#state [name=case]").strip() == text.strip()


def test_the_result_prints_on_two_pages_at_most(service: Running, page: Page) -> None:
    begin(page, service, SEED)
    for reply in ("yes", "yes", "no", "yes", "no"):
        answer(page, reply)
    page.click("button[value=finish]")
    page.wait_for_selector(".print")
    page.emulate_media(media="print")
    assert page.locator("button:visible").count() == 0
    for part in ("#now", "#avoid", "#told"):
        assert page.locator(part).is_visible()
    printed = page.pdf(format="A4")
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2
