"""A manager gives vehicles a bundle and lets a vehicle in, in a real browser on a real service."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from edge.wire.bundles import Bundle
from edge.wire.messages import UpdateStep
from tests.browser.town import tell
from tests.integration.cloud.service import Service
from tests.unit.cloud.bundled import said, zipped
from tests.unit.cloud.vehicle import OTHER_CARD, summary

pytestmark = pytest.mark.xdist_group("browser")
Enter = Callable[..., Page]
MEMBERS: Final = "/api/v1/rollouts/north/{}/vehicles"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    file = tmp_path / "winter.zip"
    file.write_bytes(zipped())
    return file


def standing(service: Service, rollout: str = "1") -> dict[str, Any]:
    return {one["vehicle"]: one["standing"] for one in service.get(MEMBERS.format(rollout))["items"]}


def test_a_manager_gives_two_vehicles_a_bundle_and_one_sends_it_back(
    service: Service, enter: Enter, archive: Path, complaints: list[str]
) -> None:
    page = enter("dora", path="/bundles")
    expect(page.get_by_text("No bundle is kept.")).to_be_visible()
    page.get_by_role("button", name="Add a bundle").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("winter rules")
    dialog.get_by_label("Zip archive").set_input_files(archive)
    dialog.get_by_role("button", name="Add a bundle").click()
    row = page.get_by_role("row").filter(has_text="winter rules")
    expect(row).to_contain_text("1 file")
    row.get_by_role("button", name="Give to vehicles winter rules").click()
    dialog.get_by_label("Names of vehicles").fill("van-9, van-10")
    dialog.get_by_label("How many first").fill("1")
    dialog.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", name="1: winter rules")).to_be_visible()
    service.wait_until(lambda: "given" in standing(service).values(), "the first one's document")
    [first] = [vehicle for vehicle, stands in standing(service).items() if stands == "given"]
    updates = f"/api/v1/vehicles/north/{first}/updates"
    wanted = service.get(updates)["wanted"]
    document = Bundle(fleet="north", vehicle=first, version=wanted["version"], id=wanted["bundle"])
    steps = [said(document, UpdateStep.TRYING), said(document, UpdateStep.ROLLED_BACK, "12 alerts began within 300 s")]
    tell(service, first, *steps, card=OTHER_CARD)
    page.reload()
    expect(page.get_by_text("Stopped", exact=True)).to_be_visible()
    expect(page.get_by_text("1 went back · 1 left out")).to_be_visible()
    page.get_by_role("link", name=first, exact=True).click()
    card = page.get_by_role("region", name="What it runs")
    expect(card.get_by_text("12 alerts began within 300 s")).to_be_visible()
    expect(card.locator(".row")).to_have_count(2)
    expect(card.get_by_text("unknown: it has not said so")).to_be_visible()
    page.goto(f"{service.api}/bundles")
    page.get_by_role("button", name="Take away winter rules").click()
    page.get_by_role("dialog").get_by_role("button", name="Take away").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("vehicles have bundle 'winter rules'")
    complaints[:] = [said for said in complaints if "409" not in said]


def test_a_manager_has_newcomers_given_it_too_until_it_is_stopped(service: Service, enter: Enter) -> None:
    page = enter("dora", path="/bundles")
    page.get_by_role("button", name="Back to what was installed").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("All that are in the fleet now").check()
    expect(dialog.get_by_label("Also whoever comes to the fleet later")).to_be_checked()
    dialog.get_by_role("button", name="Begin").click()
    facts = page.get_by_role("region", name="Rollout")
    expect(facts).to_contain_text("Also whoever comes to the fleet later")
    number = page.url.rpartition("/")[2]
    tell(service, "van-30", summary(), card=OTHER_CARD)
    service.wait_until(lambda: standing(service, number).get("van-30") == "given", "the newcomer's document")
    facts.get_by_role("button", name="Stop").click()
    dialog.get_by_label("Why").fill("enough")
    dialog.get_by_role("button", name="Stop").click()
    expect(facts).to_contain_text("is not given it")


def test_an_archive_that_is_none_says_why(
    service: Service, enter: Enter, tmp_path: Path, complaints: list[str]
) -> None:
    (tmp_path / "stray.zip").write_bytes(zipped({"notes.txt": b""}))
    page = enter("dora", path="/bundles")
    page.get_by_role("button", name="Add a bundle").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("stray")
    dialog.get_by_label("Zip archive").set_input_files(tmp_path / "stray.zip")
    dialog.get_by_role("button", name="Add a bundle").click()
    expect(dialog.get_by_role("alert")).to_contain_text("'notes.txt' has no place in a bundle")
    complaints[:] = [said for said in complaints if "422" not in said]


def test_a_manager_lets_a_vehicle_in_and_puts_it_out(service: Service, enter: Enter) -> None:
    page = enter("dora", path="/admin?show=vehicles")
    page.get_by_role("button", name="Let a vehicle in").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Vehicle").fill("van-20")
    dialog.get_by_role("button", name="Make a code").click()
    shown = page.get_by_role("dialog", name="The code of van-20")
    expect(shown.locator("pre")).to_contain_text(f"telltale-edge enrol --cloud {service.api} --code ")
    expect(shown.get_by_role("img", name="The same as a QR code")).to_be_visible()
    shown.get_by_role("button", name="Done").click()
    row = page.get_by_role("row").filter(has_text="van-20")
    expect(row).to_contain_text("Waits for its box")
    row.get_by_role("button", name="Revoke north/van-20").click()
    dialog.get_by_label("Why").fill("sold")
    dialog.get_by_role("button", name="Revoke").click()
    expect(row.get_by_text("Out", exact=True)).to_be_visible()
    [standing] = service.get("/api/v1/admissions?fleet=north")["items"]
    assert (standing["vehicle"], standing["state"]) == ("van-20", "revoked")
    row.get_by_role("button", name="Replace the box north/van-20").click()
    dialog.get_by_role("button", name="Make a code").click()
    expect(shown).to_be_visible()
    assert service.get("/api/v1/admissions?fleet=north")["items"][0]["state"] == "waiting"


def test_who_may_not_sees_neither(service: Service, enter: Enter) -> None:
    page = enter("tom", path="/bundles")
    for path in ("/bundles", "/admin?show=vehicles"):
        page.goto(f"{service.api}{path}")
        expect(page.get_by_role("heading", name="There is no such page.")).to_be_visible()
    for name in ("Updates", "Administration"):
        expect(page.get_by_role("link", name=name)).to_have_count(0)
