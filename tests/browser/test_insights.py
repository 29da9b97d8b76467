"""Root cause, warranty, administration, and every page once more for who cannot see it, on one furnished service."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import httpx
import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.axe import barriers
from tests.browser.conftest import DESKTOP, PHONE, Tone
from tests.browser.south import KM, claimed, furnish_south, misbehave, told_to
from tests.browser.town import collect, too_hot, wait_for_case
from tests.integration.cloud.service import TOKEN, Service
from tests.unit.cloud.bundled import zipped

pytestmark = pytest.mark.xdist_group("browser")
Enter = Callable[..., Page]
FRAMES: Final[Sequence[tuple[ViewportSize, Tone]]] = (
    (ViewportSize(width=PHONE["width"], height=PHONE["height"]), "dark"),
    (ViewportSize(width=DESKTOP["width"], height=DESKTOP["height"]), "light"),
)

_GO: Final = """async (path) => {
  history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
  for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
}"""
"""As a link of the console does, until it has begun to show the page."""


@pytest.fixture(scope="module")
def order(service: Service) -> int:
    """The number of a work order that can be claimed, in a fleet with a bad batch."""
    told_to(service)
    number = furnish_south(service)
    misbehave(service, "tim")
    return number


@pytest.fixture(scope="module")
def claim(service: Service, order: int) -> int:
    return claimed(service, order)


def test_a_manager_looks_for_causes_and_opens_an_action(service: Service, order: int, enter: Enter) -> None:
    assert order
    page = enter("mara", path="/root-cause")
    expect(page.get_by_text("Nothing was claimed yet.")).to_be_visible()
    page.get_by_role("button", name="Look now").click()
    expect(page.get_by_text("This look claims one thing.")).to_be_visible()
    page.get_by_role("link", name="cooling with part batch K-2531").click()
    expect(page.get_by_role("table", name="All groups").get_by_role("row")).to_have_count(3)
    page.get_by_role("button", name="Open an action").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("Replace the pumps")
    dialog.get_by_label("Until").fill("2099-12-31")
    dialog.get_by_role("button", name="Open an action").click()
    expect(page.get_by_role("heading", name="Replace the pumps")).to_be_visible()
    page.get_by_role("button", name="It is done in all vehicles").click()
    page.get_by_role("dialog").get_by_role("button", name="It is done in all vehicles").click()
    expect(page.get_by_text("Too early to say")).to_be_visible()
    [insight] = service.get("/api/v1/insights?fleet=south")["items"]
    [action] = service.get("/api/v1/capa?fleet=south")["items"]
    assert (action["insight"], action["owner"], action["state"]) == (insight["number"], "mara", "done")
    assert (insight["value"], insight["ratio"], insight["inside"]["events"]) == ("K-2531", None, 7)


def test_a_technician_reads_a_claim_submits_it_and_gets_the_pdf(service: Service, claim: int, enter: Enter) -> None:
    page = enter("tim", path="/warranty")
    page.get_by_role("link", name=f"{claim}: ").click()
    verdict = page.get_by_role("region", name="By the plan")
    expect(verdict.get_by_text("Clause V6")).to_be_visible()
    told = service.get(f"/api/v1/claims/{claim}")["assessment"]
    expect(verdict.get_by_text(told["verdict"]["reason"])).to_be_visible()
    for check in told["checks"]:
        expect(page.get_by_text(check["reason"])).to_be_visible()
    page.get_by_role("button", name="Submit the claim").click()
    expect(page.get_by_role("main").get_by_text("Submitted").first).to_be_visible()
    page.get_by_role("button", name="Open the evidence").click()
    files = page.get_by_role("table", name="Files and hashes")
    expect(files.get_by_text("the same").first).to_be_visible()
    assert files.get_by_text("differs").count() == 0
    with page.expect_download() as started:
        page.get_by_role("link", name="Save the PDF").click()
    assert started.value.suggested_filename == f"claim-{claim}.pdf"
    saved = started.value.path().read_bytes()
    assert saved.startswith(b"%PDF-")
    assert saved.rstrip().endswith(b"%%EOF")
    after = service.get(f"/api/v1/claims/{claim}")
    assert (after["state"], after["submitted_by"], after["statement"]["odometer_km"]) == ("submitted", "tim", KM)


def test_a_manager_decides_a_claim(service: Service, claim: int, enter: Enter) -> None:
    if service.get(f"/api/v1/claims/{claim}")["state"] == "draft":
        service.post(f"/api/v1/claims/{claim}/submit", sequence=0)
    page = enter("mara", path=f"/warranty/{claim}")
    page.get_by_role("button", name="Rejected").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Note").fill("The maker says no")
    dialog.get_by_role("button", name="Rejected").click()
    expect(page.get_by_role("main").get_by_text("The maker says no")).to_be_visible()
    decided = service.get(f"/api/v1/claims/{claim}")
    assert (decided["state"], decided["pays"], decided["ruling"]["by"]) == ("rejected", "owner", "mara")


def test_an_admin_revokes_a_key(service: Service, enter: Enter) -> None:
    service.post("/api/v1/keys", name="prometheus", grants=[{"role": "executive", "fleet": "south"}])
    page = enter("ada", path="/admin?show=keys")
    expect(page.get_by_role("row").filter(has_text="executive in south")).to_be_visible()
    page.get_by_role("button", name="Revoke prometheus").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("main").get_by_text("Revoked")).to_be_visible()
    [key] = service.get("/api/v1/keys")["items"]
    assert key["ended_at"] is not None


def test_the_menu_opens_and_closes_by_keys(service: Service, enter: Enter) -> None:
    page = enter("mara", PHONE, path="/fleet")
    more = page.get_by_role("button", name="More")
    link = page.get_by_role("link", name="Warranty")
    expect(link).to_be_hidden()
    more.press("Enter")
    expect(link).to_be_visible()
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(more).to_be_focused()
    more.press("Enter")
    link.press("Enter")
    expect(page.get_by_role("heading", name="Warranty")).to_be_visible()
    expect(link).to_be_hidden()
    assert page.url == f"{service.api}/warranty"


def test_an_admin_dismisses_what_was_odd_and_it_stands_in_the_audit(service: Service, order: int, enter: Enter) -> None:
    assert order
    page = enter("ada", path="/admin?show=findings")
    page.get_by_role("button", name="Dismiss").click()
    page.get_by_role("dialog").get_by_label("Note").fill("He was lost")
    page.get_by_role("dialog").get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("dismissed by ada")).to_be_visible()
    [finding] = service.get("/api/v1/findings?principal=tim")["items"]
    assert (finding["closed_by"], finding["note"]) == ("ada", "He was lost")
    page.get_by_role("button", name="Audit").click()
    by_ada = page.get_by_role("cell", name="ada", exact=True)
    expect(by_ada.first).to_be_visible()
    page.get_by_label("Who did it").fill("mara")
    page.get_by_role("button", name="Search").click()
    expect(by_ada).to_have_count(0)


def pages(service: Service, claim: int) -> Iterator[tuple[str, str]]:
    """Who looks at which page."""
    case = wait_for_case(service, "van-7", "asked")["number"]
    campaign = collect(service, "south")
    yield from [
        ("olga", "/cases"), ("olga", f"/cases/{case}"), ("olga", "/chat/north/van-7"), ("olga", "/warranty"),
        ("mara", "/fleet"), ("mara", "/alerts"), ("mara", f"/alerts/south/van-1/{too_hot().id}"),
        ("mara", "/vehicles/south/van-1"), ("mara", "/work-orders"), ("mara", "/work-orders/1"),
        ("mara", "/root-cause"), ("mara", "/root-cause/1"), ("mara", "/root-cause?show=actions"),
        ("mara", "/root-cause/actions/1"), ("mara", "/warranty"), ("mara", f"/warranty/{claim}"),
        ("mara", "/campaigns"), ("mara", f"/campaigns/south/{campaign}"),
        ("mara", "/analytics"), ("mara", "/admin?show=contacts"), ("mara", "/admin?show=deliveries"),
        ("mara", "/bundles"), ("mara", "/bundles?show=rollouts"), ("mara", "/bundles/rollouts/south/1"),
        ("mara", "/admin?show=vehicles"),
        ("ada", "/admin?show=people"), ("ada", "/admin?show=keys"), ("ada", "/admin?show=findings"),
        ("ada", "/admin?show=audit"), ("ada", "/nothing"),
    ]  # fmt: skip


def test_no_page_shuts_anybody_out(service: Service, claim: int, enter: Enter) -> None:
    _something_to_show(service)
    shown: dict[str, Page] = {}
    found: dict[str, list[str]] = {}
    for login, path in pages(service, claim):
        if login not in shown:
            shown[login] = enter(login)
        page = shown[login]
        page.evaluate(_GO, path)
        page.wait_for_function("() => document.querySelector('.skeleton') === null")
        page.get_by_role("heading", level=1).wait_for()
        for size, tone in FRAMES:
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=tone)
            found[f"{path} {tone}"] = [*barriers(page), *_too_wide(page)]
    assert {path: said for path, said in found.items() if said} == {}


def _too_wide(page: Page) -> list[str]:
    """Whether one has to move it sideways to read it."""
    wide: int = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    return [f"{wide} px too wide"] if wide > 0 else []


def _something_to_show(service: Service) -> None:
    """Where this test runs alone."""
    if not service.get("/api/v1/insights")["items"]:
        service.post("/api/v1/insights", fleet="south")
    if not service.get("/api/v1/capa")["items"]:
        wish = {"fleet": "south", "insight": 1, "title": "Look", "owner": "mara", "due_on": "2099-12-31"}
        service.post("/api/v1/capa", **wish)
    service.post("/api/v1/rollouts/south", bundle=None, first=1)
    service.post("/api/v1/admissions/south/van-77/code")
    headers = {"Authorization": f"Bearer {TOKEN}"}
    url = f"{service.api}/api/v1/bundles/south?name=winter%20rules"
    assert httpx.post(url, content=zipped(), headers=headers, timeout=30).is_success
