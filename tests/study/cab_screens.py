"""Pictures of the page in the cab, to be looked at: python -m tests.study.cab_screens --out FOLDER

Every state on a phone and a tablet, by day and by night; some in every language. Hindi needs a font with Devanagari
(Debian's fonts-noto-core).
"""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

from edge.display.view import view_of
from edge.driver.notice import CabState, Telltale
from edge.driver.words import load_words
from tests.browser.conftest import find_browser
from tests.displays import (
    CODE,
    SOCKET,
    TEXTS,
    Cab,
    Started,
    cab_in,
    daemon_with_a_leak,
    display_at,
    state_of,
    three_alerts,
)

PHONE: Final = {"width": 360, "height": 640}
TABLET: Final = {"width": 1024, "height": 600}
SIZES: Final = {"phone": PHONE, "tablet": TABLET}
TONES: Final = {"day": "light", "night": "dark"}
NOON: Final = "2026-06-15T12:00:00"
QUIET_MS: Final = 150
LEAK_MS: Final = 90_000


def states() -> Iterator[tuple[str, CabState]]:
    """Name and state of each picture."""
    for doing in ("driving", "parked"):
        green, amber, red = Telltale.GREEN, Telltale.AMBER, Telltale.RED
        alerts = three_alerts()
        yield f"green-{doing}", state_of(green, doing=doing)
        yield f"amber-{doing}", state_of(amber, alerts[1], doing=doing)
        yield f"red-{doing}", state_of(red, *alerts, more=2, doing=doing)
        yield f"unknown-{doing}", state_of(Telltale.UNKNOWN, doing=doing)
        yield f"private-{doing}", state_of(green, doing=doing, private=True)
        yield f"workshop-{doing}", state_of(red, *alerts, doing=doing, workshop=True, private=True)
        for language in TEXTS:
            several = three_alerts(language, acknowledged=True)
            yield f"red-{doing}-{language}", state_of(red, *several, doing=doing, language=language)
            yield f"amber-{doing}-{language}", state_of(amber, several[1], doing=doing, language=language)
            yield f"green-{doing}-{language}", state_of(green, doing=doing, language=language)


def looking(browser: Browser, size: str, tone: Any, language: str = "en") -> Page:
    """A page of this size and tone at noon, on a device that speaks this language: the box's is heard only later."""
    width, height = SIZES[size]["width"], SIZES[size]["height"]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=tone,
        device_scale_factor=1,
        timezone_id="Europe/Berlin",
        locale=language,
    )
    page = context.new_page()
    page.clock.install(time=NOON)
    return page


def take(browser: Browser, cab: Cab, display: Started, out: Path, only: str) -> None:
    """Every state on every device."""
    for size in SIZES:
        for tone, scheme in TONES.items():
            page = looking(browser, size, scheme)
            cab.show(CabState())
            page.goto(display.url)
            for name, state in states():
                if only in name and (tone == "day" or name.count("-") == 1):
                    cab.show(state)
                    page.wait_for_function("told => document.title.includes(told)", arg=title_of(state))
                    shoot(page, out / f"{name}-{size}-{tone}.png")
            page.context.close()


def take_leak(browser: Browser, folder: Path, out: Path) -> None:
    """Through a leak of coolant, as rules and daemon tell it: driving until red, then at the next stop."""
    for language in TEXTS:
        own = folder / language
        own.mkdir()
        with display_at(own / SOCKET) as display, daemon_with_a_leak(own, language):
            pages = {size: looking(browser, size, "light", language) for size in SIZES}
            for page in pages.values():
                page.goto(display.url)
            for moment in ("unknown", "green", "amber", "red"):
                _take_moment(pages, f"[data-telltale={moment}]", out, f"leak-{moment}-{language}")
            _take_moment(pages, "[data-telltale=red][data-standing=yes]", out, f"leak-stopped-{language}")
            for page in pages.values():
                page.context.close()


def _take_moment(pages: Mapping[str, Page], which: str, out: Path, name: str) -> None:
    for size, page in pages.items():
        moment = page.locator(f"body{which}")
        is_taken = False
        while not is_taken:  # the simulated time runs fast: what is over when the picture is taken was not this moment
            moment.wait_for(timeout=LEAK_MS)
            page.screenshot(path=out / f"{name}-{size}-day.png")
            is_taken = moment.count() > 0
        print(out / f"{name}-{size}-day.png", flush=True)


def title_of(state: CabState) -> str:
    """What the page's title says of this state."""
    return str(view_of(state, load_words(state.language))["title"])


def shoot(page: Page, file: Path) -> None:
    """When nothing moves any more."""
    page.wait_for_timeout(QUIET_MS)
    page.screenshot(path=file, animations="disabled")
    print(file, flush=True)


def main() -> int:
    """Take them."""
    parser = argparse.ArgumentParser(prog="python -m tests.study.cab_screens", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="", help="part of a name")
    parser.add_argument("--leak", action="store_true", help="also those of a simulated leak; takes two minutes")
    options = parser.parse_args()
    program = find_browser()
    if program is None:
        print("there is no browser: .ci/browser", file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=root)
        with cab_in(Path(folder)) as cab, display_at(cab.socket) as display:
            take(browser, cab, display, options.out, options.only)
        with cab_in(Path(folder)) as cab, display_at(cab.socket, "--code", CODE) as display:
            for size in SIZES:
                page = looking(browser, size, "light")
                page.goto(display.url)
                shoot(page, options.out / f"code-{size}-day.png")
        if options.leak:
            take_leak(browser, Path(folder), options.out)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
