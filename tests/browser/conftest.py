"""One Chromium and one served application for all browser tests; a new, signed-in window for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from shared.web.identity import COOKIE
from tests.browser.serving import pages_app, served
from tests.chromium import LAUNCH_FLAGS, find_chromium
from tests.http import token

Opened = Callable[..., Page]


@pytest.fixture(scope="package")
def address() -> Iterator[str]:
    with served(pages_app()) as url:
        yield url


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=LAUNCH_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Opened]:
    """`opened("/teams/x", width=375)` gives that page; whatever the browser complained about fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(path: str, *, width: int = 1280, script: bool = True, signed_in: bool = True) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script)
        contexts.append(context)
        if signed_in:
            context.add_cookies([{"name": COOKIE, "value": token("reader", authorities=["*"]), "url": address}])
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda raised: complaints.append(str(raised)))
        page.on("request", lambda asked: None if asked.url.startswith(address) else complaints.append(asked.url))
        page.goto(address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints
