"""Pictures of every page of the console, to be looked at: python -m tests.study.screens --out FOLDER

Phone and desktop, light and dark, empty and full, and what is shown when the cloud is away.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import DESKTOP, PHONE, find_browser
from tests.browser.south import claimed, furnish_south, misbehave, told_to
from tests.browser.town import (
    PASSWORD,
    cannot,
    collect,
    collected,
    furnish,
    loose_plug,
    now,
    running,
    tell,
    too_hot,
    town,
    wait_for_case,
)
from tests.integration.cloud.service import Service
from tests.unit.cloud.vehicle import OTHER_CARD

SIZES: Final = {"phone": PHONE, "desktop": DESKTOP}
TONES: Final = ("light", "dark")
QUIET_MS: Final = 500
PDF_MS: Final = 3000
"""The browser's own viewer tells nobody when it has drawn."""


@contextmanager
def looking(browser: Browser, size: str, tone: Any) -> Iterator[Page]:
    """A page of this size and tone, nobody signed in."""
    width, height = SIZES[size]["width"], SIZES[size]["height"]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=tone, locale="en-GB", device_scale_factor=1
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def sign_in(page: Page, service: Service, login: str) -> None:
    """Through the form, as everybody does."""
    page.goto(service.api)
    page.get_by_label("Login").fill(login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Sign out").wait_for()


def shoot(page: Page, file: Path) -> None:
    """When nothing moves any more."""
    page.wait_for_load_state("load")
    page.wait_for_function("() => document.querySelector('.skeleton') === null")
    page.wait_for_timeout(QUIET_MS)
    page.screenshot(path=file, full_page=True, animations="disabled")
    print(file, flush=True)


def pages_of(service: Service) -> Iterator[tuple[str, str, str]]:
    """Name, who looks, and path of each page."""
    alert = f"/alerts/north/van-7/{too_hot().id}"
    yield from [
        ("fleet", "dora", "/fleet"),
        ("vehicle", "dora", "/vehicles/north/van-7"),
        ("alerts", "dora", "/alerts"),
        ("alerts-workshop", "dora", "/alerts?state=workshop"),
        ("alert", "dora", alert),
        ("alert-workshop", "dora", f"/alerts/north/van-9/{loose_plug().id}"),
        ("cases", "olga", "/cases"),
        ("work-orders", "tom", "/work-orders"),
        ("nothing", "dora", "/nothing"),
        ("alert-of-incident", "mara", f"/alerts/south/van-1/{too_hot().id}"),
        ("insights", "mara", "/root-cause"),
        ("actions", "mara", "/root-cause?show=actions"),
        ("insight", "mara", "/root-cause/1"),
        ("action", "mara", "/root-cause/actions/1"),
        ("claims", "mara", "/warranty"),
        ("claim", "mara", "/warranty/1"),
        ("claim-of-order", "mara", "/work-orders/1"),
        ("campaigns", "dora", "/campaigns"),
        ("analytics", "mara", "/analytics"),
        ("analytics-technician", "tim", "/analytics"),
        ("bundles", "mara", "/bundles"),
        ("rollouts", "mara", "/bundles?show=rollouts"),
        ("admissions", "mara", "/admin?show=vehicles"),
        ("contacts", "mara", "/admin?show=contacts"),
        ("deliveries", "mara", "/admin?show=deliveries"),
        ("people", "ada", "/admin?show=people"),
        ("keys", "ada", "/admin?show=keys"),
        ("findings", "ada", "/admin?show=findings"),
        ("audit", "ada", "/admin?show=audit"),
        ("look-everywhere", "ada", "/root-cause"),
        ("chat", "mara", "/chat/south/bus-01"),
        ("insights-executive", "erik", "/root-cause"),
    ]
    for campaign in service.get("/api/v1/fleets/north/campaigns")["items"]:
        yield "campaign", "dora", f"/campaigns/north/{campaign['id']}"
    for case in service.get("/api/v1/cases")["items"]:
        yield f"case-{case['state']}", "olga", f"/cases/{case['number']}"
    for order in service.get("/api/v1/work-orders")["items"]:
        yield f"work-order-{order['state']}", "tom", f"/work-orders/{order['number']}"


def take_all(browser: Browser, service: Service, out: Path, sizes: list[str], tones: list[str]) -> None:
    """Every page as everybody who uses it sees it."""
    for size in sizes:
        for tone in tones:
            for login in ("dora", "olga", "tom", "mara", "tim", "ada", "erik"):
                with looking(browser, size, tone) as page:
                    sign_in(page, service, login)
                    for name, who, path in pages_of(service):
                        if who == login:
                            page.goto(f"{service.api}{path}")
                            shoot(page, out / f"{name}-{size}-{tone}.png")
            with looking(browser, size, tone) as page:
                take_acts(page, service, out, f"{size}-{tone}")


def take_acts(page: Page, service: Service, out: Path, how: str) -> None:
    """What is there only after somebody did something: answers, a look, evidence, dialogs, the menu."""
    sign_in(page, service, "olga")
    page.goto(f"{service.api}/chat/north/van-7")
    for asked in ("Show me the speed", "yes please repair it"):
        page.get_by_label("Your question").fill(asked)
        page.get_by_role("button", name="Send").click()
        page.get_by_text("Looking it up").wait_for(state="detached")
    page.get_by_role("button", name="No", exact=True).wait_for()
    page.locator(".chart canvas").wait_for()
    shoot(page, out / f"chat-answers-{how}.png")
    page.goto(f"{service.api}/vehicles/north/van-7")
    page.get_by_role("button", name="Trips", exact=True).click()
    shoot(page, out / f"trips-{how}.png")
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, service, "mara")
    if page.get_by_role("button", name="More").is_visible():
        page.get_by_role("button", name="More").click()
    shoot(page, out / f"more-{how}.png")
    page.goto(f"{service.api}/root-cause")
    page.get_by_role("button", name="Look now").click()
    page.get_by_text("This look claims").wait_for()
    shoot(page, out / f"look-{how}.png")
    page.goto(f"{service.api}/campaigns")
    page.get_by_role("button", name="New campaign").click()
    shoot(page, out / f"new-campaign-{how}.png")
    page.goto(f"{service.api}/root-cause/1")
    page.get_by_role("button", name="Open an action").click()
    shoot(page, out / f"new-action-{how}.png")
    page.goto(f"{service.api}/warranty/1")
    page.get_by_role("button", name="Change what is said").click()
    shoot(page, out / f"statement-{how}.png")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Open the evidence").click()
    page.get_by_role("table", name="Files and hashes").wait_for()
    page.wait_for_timeout(PDF_MS)
    shoot(page, out / f"evidence-{how}.png")


def take_empty(browser: Browser, service: Service, out: Path) -> None:
    """Before anything was heard, and the sign-in."""
    with looking(browser, "desktop", "light") as page:
        page.goto(service.api)
        shoot(page, out / "sign-in-desktop-light.png")
    with looking(browser, "phone", "dark") as page:
        page.goto(service.api)
        page.get_by_label("Login").fill("olga")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_role("alert").wait_for()
        shoot(page, out / "sign-in-wrong-phone-dark.png")
        sign_in(page, service, "olga")
        shoot(page, out / "cases-empty-phone-dark.png")
    with looking(browser, "desktop", "light") as page:
        sign_in(page, service, "dora")
        for name in (
            "fleet",
            "alerts",
            "work-orders",
            "chat",
            "root-cause",
            "warranty",
            "campaigns",
            "analytics",
            "admin",
        ):
            page.goto(f"{service.api}/{name}")
            shoot(page, out / f"{name}-empty-desktop-light.png")


def take_away(browser: Browser, service: Service, out: Path) -> None:
    """While the cloud cannot be reached."""
    with looking(browser, "phone", "light") as page:
        sign_in(page, service, "dora")
        page.get_by_role("link", name="Alerts", exact=True).click()
        page.get_by_role("heading", name="Alerts").wait_for()
        page.route("**/api/v1/**", lambda route: route.abort())
        page.get_by_role("button", name="All", exact=True).click()
        page.get_by_role("alert").wait_for()
        shoot(page, out / "alerts-away-phone-light.png")


def main() -> int:
    """Take them."""
    parser = argparse.ArgumentParser(prog="python -m tests.study.screens", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--size", choices=list(SIZES), action="append")
    parser.add_argument("--tone", choices=TONES, action="append")
    options = parser.parse_args()
    program = find_browser()
    if program is None:
        print("there is no browser: .ci/browser", file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with TemporaryDirectory() as folder, sync_playwright() as playwright, town(Path(folder)) as service:
        browser = playwright.chromium.launch(executable_path=program, args=root)
        take_empty(browser, service, options.out)
        furnish(service)
        tell(service, "van-9", loose_plug())
        told_to(service)
        campaign = collect(service, "north")
        tell(service, "van-8", running(campaign), collected(campaign), card=OTHER_CARD)
        tell(service, "van-9", cannot(campaign), card=OTHER_CARD)
        claimed(service, furnish_south(service))
        service.post("/api/v1/insights", fleet="south")
        action = {"fleet": "south", "insight": 1, "title": "Replace the pumps of batch K-2531", "owner": "mara"}
        service.post("/api/v1/capa", **action, due_on=f"{now().date()}")
        service.post("/api/v1/capa", **action | {"title": "Ask the maker"}, due_on=f"{now().date()}")
        service.post("/api/v1/capa/1/done", sequence=0, note="All seven have new pumps")
        misbehave(service, "tom")
        number = wait_for_case(service, "van-7", "asked")["number"]
        sizes, tones = options.size or list(SIZES), options.tone or list(TONES)
        take_all(browser, service, options.out, sizes, tones)
        take_away(browser, service, options.out)
        service.post(f"/api/v1/cases/{number}/answer", answer="yes")
        wait_for_case(service, "van-7", "offered")
        with looking(browser, "phone", "light") as page:
            sign_in(page, service, "olga")
            page.goto(f"{service.api}/cases/{number}")
            shoot(page, options.out / "case-offered-phone-light.png")
            page.get_by_role("button", name="Take this time").first.click()
            page.get_by_text("It is taken care of.").wait_for()
            shoot(page, options.out / "case-booked-phone-light.png")
        with looking(browser, "desktop", "dark") as page:
            sign_in(page, service, "tom")
            shoot(page, options.out / "work-orders-desktop-dark.png")
            page.get_by_role("main").get_by_role("link").first.click()
            page.get_by_role("button", name="Finish").click()
            shoot(page, options.out / "work-order-complete-desktop-dark.png")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
