"""The cloud is killed under an open page and comes back; and what an owner's first page weighs."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from cloud.console.serve import DIST, read_files
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.town import alert, tell
from tests.integration.cloud.service import Service

pytestmark = pytest.mark.xdist_group("browser")
Enter = Callable[..., Page]
PAGES: Final = [
    pytest.param(("olga", PHONE, "/", ".say", 100_000), id="owner"),
    pytest.param(("dora", DESKTOP, "/fleet", ".map canvas", 150_000), id="fleet"),
    pytest.param(("dora", DESKTOP, "/vehicles/north/van-7", ".chart canvas", 100_000), id="vehicle"),
]
"""Who, where, what is there when it is ready, and what all that it loads may weigh, packed, without the API's answers."""
AWAY: Final = ("ERR_CONNECTION_REFUSED", "WebSocket connection", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")
"""What a browser writes into its console while nobody answers."""


@pytest.mark.parametrize("first", PAGES)
def test_a_first_page_is_light(enter: Enter, first: tuple[str, dict[str, int], str, str, int]) -> None:
    login, size, path, ready, budget_bytes = first
    files = read_files(DIST)
    page = enter(login, size, path)
    page.locator(ready).first.wait_for()
    loaded: list[str] = page.evaluate("() => performance.getEntriesByType('resource').map((one) => one.name)")
    paths = {urlsplit(url).path.lstrip("/") for url in loaded} | {"index.html"}
    ours = [files[one] for one in paths if one in files]
    assert any(one.suffix == ".css" for one in ours)
    weight = sum(len(one.packed or one.content) for one in ours)
    print(f"{login} at {path}: {weight} bytes in {len(ours)} files")
    assert weight <= budget_bytes


def test_a_page_says_how_old_it_is_while_the_cloud_is_away_and_goes_on_without_a_reload(
    service: Service, enter: Enter, complaints: list[str]
) -> None:
    page = enter("dora", path="/alerts")
    row = page.get_by_role("main").get_by_role("link").filter(has_text="van-7").first
    expect(row).to_be_visible()
    page.goto(f"{service.api}/chat/north/van-7")
    page.get_by_label("Your question").fill("May I drive?")
    expect(page.get_by_role("status", name="Live", exact=True)).to_be_attached()
    page.evaluate("() => { globalThis.isTheSamePage = true }")
    port = urlsplit(service.api).port
    assert port is not None
    service.kill()
    expect(page.get_by_text("The line to the cloud is cut since")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Your question")).to_have_value("May I drive?")
    page.get_by_role("link", name="Alerts", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    service.start(port)
    expect(row).to_be_visible()
    for said in ("The line to the cloud is cut", "The cloud cannot be reached."):
        expect(page.get_by_text(said)).to_have_count(0)
    tell(service, "van-10", alert(7, "After the cut"))
    expect(page.get_by_text("After the cut")).to_be_visible()
    assert page.evaluate("() => globalThis.isTheSamePage") is True
    complaints[:] = [one for one in complaints if not any(sign in one for sign in AWAY)]
