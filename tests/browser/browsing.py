"""The browser in which pages are looked at, and what went wrong in it."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Final

import pytest
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
