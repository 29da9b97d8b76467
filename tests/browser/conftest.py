"""One browser and one furnished service for a file; every page is watched: nothing leaves this machine."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Final, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from cloud.console.serve import DIST
from tests.browser.town import PASSWORD, furnish, town
from tests.integration.cloud.service import Service

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
TIMEOUT_MS: Final = 30_000
PHONE: Final = {"width": 390, "height": 844}
DESKTOP: Final = {"width": 1280, "height": 800}
OWN: Final = frozenset({"data", "blob", "chrome", "chrome-extension"})
"""Schemes that reach no network; with the last two the browser loads its own viewer for PDF."""
Enter = Callable[..., Page]
Tone = Literal["light", "dark"]
expect.set_options(timeout=TIMEOUT_MS)


def find_browser() -> str | None:
    """The browser of this machine."""
    return next((found for name in BROWSERS if (found := shutil.which(name)) is not None), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Gone before other files begin: while it is there, no test of this process can have an event loop of its own."""
    program = find_browser()
    if program is None:
        pytest.skip("no browser (.ci/browser)")
    root = ["--no-sandbox"] if os.geteuid() == 0 else []  # chromium refuses root without
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=root)
        yield started
        started.close()


@pytest.fixture(scope="module")
def service(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """With four vehicles, one of them in trouble; asks for the browser, so that it is not started in vain."""
    assert browser.is_connected()
    if not (DIST / "index.html").exists():
        pytest.skip("the console is not built (.ci/console .venv)")
    with town(tmp_path_factory.mktemp("town")) as started:
        furnish(started)
        yield started


@pytest.fixture
def complaints() -> list[str]:
    """What pages complain of in their console; a test that makes them complain takes it out."""
    return []


@pytest.fixture
def enter(browser: Browser, service: Service, complaints: list[str]) -> Iterator[Enter]:
    """Signs somebody in, and gives the page; at the end no page may have asked another host or complained."""
    strangers: list[str] = []
    here = urlsplit(service.api).netloc

    def watch(url: str) -> None:
        if urlsplit(url).scheme not in OWN and urlsplit(url).netloc != here:
            strangers.append(url)

    with ExitStack() as stack:

        def sign_in(login: str, size: dict[str, int] = DESKTOP, path: str = "/") -> Page:
            viewport = ViewportSize(width=size["width"], height=size["height"])
            context = browser.new_context(viewport=viewport, locale="en-GB")
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(TIMEOUT_MS)
            page.on("request", lambda request: watch(request.url))
            page.on("websocket", lambda socket: watch(socket.url))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            page.goto(f"{service.api}{path}")
            page.get_by_label("Login").fill(login)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in", exact=True).click()
            page.get_by_role("button", name="Sign out").wait_for()
            return page

        yield sign_in
    assert strangers == []
    assert complaints == []
