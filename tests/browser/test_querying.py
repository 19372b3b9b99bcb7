"""The page on which what is published is queried, in a browser: by keyboard and on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from browsing import barriers, slips

from asked import NAME, SEED, Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytest_plugins = ("browsing",)
WORD: Final = "which-terms-mention-a-word"


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    with running(SEED, NAME) as found:
        yield found


def stages(page: Page, service: Running) -> Iterator[str]:
    """Lead from the list of questions to an answer, to a term, and to a query that fails."""
    page.goto(f"{service.url}/")
    yield "front"
    page.goto(f"{service.url}/patient/none")
    yield "refused"
    page.goto(f"{service.url}/workbench")
    yield "begun"
    page.click(f"a[href$='workbench/{NAME}']")
    yield "guideline"
    page.click(f"a[href='?question={WORD}']")
    yield "question"
    page.fill("#p-text", "naloxone")
    page.click(".given button")
    page.wait_for_selector("table")
    yield "answer"
    page.click("td a >> nth=0")
    page.wait_for_selector("table")
    yield "term"
    page.fill("#query", "SELECT ?x {")
    page.click(".query button.main")
    page.wait_for_selector("[role=alert]")
    yield "problem"
    page.fill("#query", "ASK {}")
    page.click(".query button.main")
    page.wait_for_selector("#rows:has-text('Yes')")
    yield "truth"


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_every_stage_is_accessible_and_fits(
    service: Running, browser: Browser, width: int, scheme: Any
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    found, seen = [], []
    for stage in stages(page, service):
        seen.append(stage)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, stage
        found += barriers(page, stage)
    context.close()
    assert len(seen) == 9
    assert found == []


def test_every_stage_is_valid_html(service: Running, browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    for number, _ in enumerate(stages(page, service)):
        (tmp_path / f"{number}.html").write_text(page.content(), encoding="utf-8")
    context.close()
    assert len(list(tmp_path.iterdir())) == 9
    assert [one["message"] for one in slips(tmp_path)] == []


def test_the_keyboard_alone_leads_to_an_answer(
    service: Running, page: Page, wrong: list[str]
) -> None:
    page.goto(f"{service.url}/workbench/{SEED}")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id === 'query'"):
            break
    page.keyboard.press("Control+A")
    page.keyboard.type("SELECT ?n { BIND(6 * 7 AS ?n) }")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("td:has-text('42')")
    assert page.input_value("#query") == "SELECT ?n { BIND(6 * 7 AS ?n) }"
    assert wrong == []


def test_what_is_saved_is_a_file(service: Running, page: Page) -> None:
    page.goto(f"{service.url}/workbench/{SEED}")
    with page.expect_download() as waiting:
        page.click("text=Save as CSV")
    assert waiting.value.suggested_filename == "answer.csv"
    rows = Path(waiting.value.path()).read_text(encoding="utf-8").splitlines()
    assert len(rows) > 20
