"""What people come for, from the sign-in to what the API says afterwards, in a real browser on a real service."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from cloud.console.serve import DIST, read_files
from tests.browser.axe import barriers
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.town import (
    alert,
    cannot,
    captured,
    case_of,
    collected,
    done,
    flat_battery,
    loose_plug,
    running,
    tell,
    too_hot,
    wait_for_case,
)
from tests.integration.cloud.service import Service
from tests.unit.cloud.vehicle import OTHER_CARD

pytestmark = pytest.mark.xdist_group("browser")
Enter = Callable[..., Page]
PAGES: Final = [
    pytest.param(("olga", PHONE, "/", ".say", 100_000), id="owner"),
    pytest.param(("dora", DESKTOP, "/fleet", ".map canvas", 150_000), id="fleet"),
    pytest.param(("dora", DESKTOP, "/vehicles/north/van-7", ".chart canvas", 100_000), id="vehicle"),
]
"""Who, where, what is there when it is ready, and what all that it loads may weigh, packed, without answers."""
AWAY: Final = ("ERR_CONNECTION_REFUSED", "WebSocket connection", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")
"""What a browser writes into its console while nobody answers."""


def follow(page: Page, name: str) -> None:
    """Go to a page by the menu, of which some are behind a button."""
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name=name, exact=True).click()


def test_a_dispatcher_acknowledges_an_alert(service: Service, enter: Enter) -> None:
    page = enter("dora")
    vehicles = page.get_by_role("region", name="Vehicles")
    expect(vehicles.get_by_role("link")).to_have_count(4)
    expect(page.get_by_role("region", name="Map").get_by_text("3 say where they are")).to_be_visible()
    page.get_by_role("region", name="Latest alerts").get_by_role("link", name=too_hot().summary).click()
    page.get_by_role("button", name="I have seen it").click()
    expect(page.get_by_text("Seen. Nobody else is bothered about it.")).to_be_visible()
    seen = service.get(f"/api/v1/alerts/north/van-7/{too_hot().id}")
    assert seen["handling"]["state"] == "acknowledged"
    assert seen["handling"]["by"] == "dora"


def test_what_a_workshop_set_off_is_listed_with_its_mark_and_is_not_open(service: Service, enter: Enter) -> None:
    tell(service, "van-9", loose_plug(), card=OTHER_CARD)
    page = enter("dora")
    latest = page.get_by_role("region", name="Latest alerts")
    expect(latest.get_by_role("link", name=too_hot().summary)).to_be_visible()
    expect(latest.get_by_role("link", name=loose_plug().summary)).to_have_count(0)
    page.goto(f"{service.api}/alerts?state=workshop")
    row = page.get_by_role("link", name=loose_plug().summary)
    expect(row.get_by_text("Workshop")).to_be_visible()
    row.click()
    expect(page.get_by_text("disturbs nobody")).to_be_visible()
    expect(page.get_by_role("button", name="I have seen it")).to_have_count(0)


def test_an_owner_sees_trips_and_how_they_were_driven_but_not_of_private_ones(service: Service, enter: Enter) -> None:
    page = enter("olga", PHONE, path="/vehicles/north/van-7")
    history = page.get_by_role("region", name="History")
    history.get_by_role("button", name="Trips").click()
    expect(history.get_by_text("harsh braking 2 · overspeed 40 s")).to_be_visible()
    expect(history.get_by_text("34 min · 1 stop (4 min) · ignition off")).to_be_visible()
    expect(history.get_by_text("moved while switched off: 12.4 km")).to_be_visible()
    private = history.locator(".row").filter(has_text="Private")
    expect(private).to_have_count(1)
    expect(private).to_contain_text("18.4 km")
    expect(private).not_to_contain_text("min")


def test_who_looks_for_the_cause_takes_the_frames_around_an_alert_along(service: Service, enter: Enter) -> None:
    page = enter("dora", path=f"/alerts/north/van-7/{too_hot().id}")
    row = page.locator(".row").filter(has_text="200 frames")
    expect(row).to_contain_text("complete")
    with page.expect_download() as saving:
        row.get_by_role("button").click()
    lines = saving.value.path().read_text().splitlines()
    assert len(lines) == 200
    assert lines[7].endswith(" body 321#0700000000000000")
    page.goto(f"{service.api}/vehicles/north/van-7")
    history = page.get_by_role("region", name="History")
    history.get_by_role("button", name="Captures").click()
    expect(history.locator(".row").filter(has_text="200 frames")).to_have_count(1)


def test_a_dispatcher_asks_a_vehicle_and_sees_what_came_of_it(service: Service, enter: Enter) -> None:
    page = enter("dora", path="/vehicles/north/van-8")
    card = page.get_by_role("region", name="Ask the vehicle")
    expect(card.get_by_text("Nothing was asked of it yet.")).to_be_visible()
    card.get_by_role("button", name="Capture now").click()
    expect(card.get_by_role("status")).to_contain_text("Asked for: Capture.")
    row = card.locator(".row").filter(has_text="Capture")
    expect(row).to_contain_text("by dora")
    commands = "/api/v1/vehicles/north/van-8/commands"
    service.wait_until(lambda: service.get(commands)["items"][0]["state"] == "sent", "the command being sent")
    expect(row.get_by_text("Sent")).to_be_visible()
    [asked] = service.get(commands)["items"]
    body, block = captured(flat_battery())
    frames = body.model_copy(update={"id": "c" * 32, "trigger": asked["capture_trigger"]})
    tell(service, "van-8", done(asked["id"]), (frames, block), card=OTHER_CARD)
    expect(row.get_by_text("Done")).to_be_visible()
    row.get_by_role("button", name="Its frames").click()
    expect(card.get_by_text("200 frames · command")).to_be_visible()


def test_a_dispatcher_has_something_collected_sees_how_it_goes_and_takes_it_along(
    service: Service, enter: Enter, complaints: list[str]
) -> None:
    page = enter("dora", path="/campaigns")
    expect(page.get_by_text("Vehicles are asked to collect nothing.")).to_be_visible()
    page.get_by_role("button", name="New campaign").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Fast")
    dialog.get_by_role("textbox", name="Signals").fill("Vehicle.Sped")
    dialog.get_by_role("textbox", name="Condition").fill("Vehicle.Speed > 100 km/h")
    dialog.get_by_role("button", name="Ask the vehicles").click()
    expect(dialog.get_by_role("alert")).to_contain_text("signals.0: there is no signal Vehicle.Sped. Did you mean")
    assert [said for said in complaints if "422" not in said] == barriers(page) == []
    complaints.clear()
    dialog.get_by_role("textbox", name="Signals").fill("Vehicle.Speed")
    dialog.get_by_role("button", name="Ask the vehicles").click()
    expect(page.get_by_role("heading", name="Fast")).to_be_visible()
    [made] = service.get("/api/v1/fleets/north/campaigns")["items"]
    assert (made["by"], made["signals"], made["vehicles"]) == ("dora", ["Vehicle.Speed"], None)
    vehicles = page.get_by_role("region", name="Vehicles")
    expect(vehicles.get_by_role("row")).to_have_count(5)
    wanted = "/api/v1/vehicles/north/van-8/twin"
    service.wait_until(lambda: service.get(wanted)["desired"], "what is wanted of van-8")
    tell(service, "van-8", running(made["id"]), collected(made["id"]), card="c" * 16)
    tell(service, "van-9", cannot(made["id"]), card="c" * 16)
    expect(vehicles.get_by_role("row", name="van-8")).to_contain_text("Running")
    expect(vehicles.get_by_role("row", name="van-9")).to_contain_text("this vehicle does not send Vehicle.Speed")
    row = page.get_by_role("region", name="What was collected").locator(".row").filter(has_text="van-8")
    expect(row).to_contain_text("complete")
    with page.expect_download() as saving:
        row.get_by_role("button", name="Save").click()
    assert saving.value.suggested_filename.endswith(".csv")
    assert [line.split(",")[2] for line in saving.value.path().read_text().splitlines()] == [
        "value", "100.0", "101.0", "102.0",
    ]  # fmt: skip
    page.get_by_role("button", name="End it").click()
    page.get_by_role("dialog").get_by_role("button", name="End it").click()
    expect(page.get_by_text("dora,").last).to_be_visible()
    asked = f"/api/v1/fleets/north/campaigns/{made['id']}"
    service.wait_until(lambda: service.get(asked)["is_open"] is False, "the end of what was asked for")
    page.goto(f"{service.api}/campaigns?fleet=north&show=over")
    expect(page.get_by_role("link", name="Fast")).to_be_visible()


def test_an_owner_sees_what_is_wrong_says_yes_and_chooses_a_time(service: Service, enter: Enter) -> None:
    wait_for_case(service, "van-7", "asked")
    page = enter("olga", PHONE)
    expect(page.get_by_role("heading", name="My vehicle")).to_be_visible()
    page.get_by_role("link", name=too_hot().summary).click()
    expect(page.get_by_text("Something needs your decision.")).to_be_visible()
    page.get_by_role("button", name="Yes, repair it").click()
    times = page.get_by_role("button", name="Take this time")
    expect(times.first).to_be_visible()
    assert times.count() == len(case_of(service, "van-7")["offers"]) > 1
    offered = case_of(service, "van-7")["offers"][1]["slot"]
    times.nth(1).click()
    expect(page.get_by_text("It is taken care of.")).to_be_visible()
    [booking] = service.get("/api/v1/bookings?vehicle=van-7&state=booked")["items"]
    assert (booking["slot"]["start_at"], booking["slot"]["centre"]) == (offered["start_at"], offered["centre"])
    assert case_of(service, "van-7")["answered_by"] == "olga"


def test_an_owner_asks_the_chat_which_changes_nothing_without_a_yes(service: Service, enter: Enter) -> None:
    page = enter("olga", PHONE, path="/chat/north/van-9")
    page.get_by_role("button", name="May I drive?").click()
    log = page.get_by_role("log")
    expect(log.get_by_text("I know of nothing against it")).to_be_visible()
    page.get_by_label("Your question").fill("show me the speed")
    page.keyboard.press("Enter")
    expect(log.locator(".chart canvas")).to_be_visible()
    expect(log.get_by_text("From: chart")).to_be_visible()
    expect(page.get_by_label("Your question")).to_have_value("")
    page.goto(f"{service.api}/chat/north/van-8")
    wait_for_case(service, "van-8", "asked")
    page.get_by_label("Your question").fill("yes please repair it")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("button", name="No", exact=True).click()
    expect(page.get_by_text("Nothing was changed")).to_be_visible()
    assert case_of(service, "van-8")["answer"] is None
    kept = page.evaluate("() => Object.values(sessionStorage)")
    said = [service.get(f"/api/v1/chat/{conversation}") for conversation in kept]
    asked = {one["vehicle"]: [turn["asked"] for turn in one["turns"]] for one in said}
    assert asked == {
        "van-9": ["May I drive?", "show me the speed"],
        "van-8": ["yes please repair it", "no"],
    }
    assert {one["by"] for one in said} == {"olga"}
    page.reload()
    expect(page.get_by_role("log").get_by_text("yes please repair it")).to_be_visible()


def test_a_technician_starts_and_completes_a_work_order(service: Service, enter: Enter) -> None:
    number = wait_for_case(service, "van-8", "asked")["number"]
    service.post(f"/api/v1/cases/{number}/answer", answer="yes", choose_for_me=True)
    order = wait_for_case(service, "van-8", "booked")["work_order"]
    page = enter("tom")
    page.get_by_role("link", name="van-8").click()
    page.get_by_role("button", name="Begin work").click()
    expect(page.get_by_role("main").get_by_text("In work", exact=True)).to_be_visible()
    assert service.get(f"/api/v1/work-orders/{order}")["state"] == "in_work"
    page.get_by_role("button", name="Finish").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("It is repaired").check()
    dialog.get_by_label("Findings").fill("Plates sulphated\nTerminals clean")
    dialog.get_by_label("What was the cause?").select_option("12 V battery is worn out")
    dialog.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("heading", name="It is repaired")).to_be_visible()
    done = service.get(f"/api/v1/work-orders/{order}")
    assert done["state"] == "done"
    assert done["report"]["findings"] == ["Plates sulphated", "Terminals clean"]
    assert done["report"]["found_cause"] == "weak_battery"
    closed = service.get(f"/api/v1/alerts/north/van-8/{flat_battery().id}")["handling"]
    assert closed["step"] == "repaired"


def test_what_a_stranger_wrote_is_shown_as_it_comes_and_does_nothing(service: Service, enter: Enter) -> None:
    page = enter("dora", path="/alerts")
    expect(page.get_by_role("status", name="Live")).to_be_attached()
    written = "<img src=x onerror=\"document.title='taken'\"><b>Too hot</b>"
    tell(service, "van-9", alert(3, written))
    expect(page.get_by_text(written)).to_be_visible()
    assert page.locator("main b, main img").count() == 0
    assert page.title() == "Telltale"


def test_a_reload_and_another_tab_stay_signed_in_until_one_signs_out(enter: Enter) -> None:
    page = enter("tom")
    page.reload()
    expect(page.get_by_role("heading", name="Work orders")).to_be_visible()
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_role("heading", name="Work orders")).to_be_visible()
    assert page.evaluate("() => [document.cookie, sessionStorage.length]") == ["", 0]
    other.get_by_role("button", name="Sign out").click()
    for each in (other, page):
        expect(each.get_by_role("button", name="Sign in", exact=True)).to_be_visible()


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
    page = enter("dora", path="/analytics")
    expect(page.get_by_role("region", name="Uptime")).to_be_visible()
    other = page.context.new_page()
    other.goto(page.url)
    follow(page, "Ask")
    page.get_by_label("Your question").fill("May I drive?")
    for each in (page, other):
        expect(each.get_by_role("status", name="Live", exact=True)).to_be_attached()
    page.evaluate("() => { globalThis.isTheSamePage = true }")
    port = urlsplit(service.api).port
    assert port is not None
    service.kill()
    expect(page.get_by_text("The line to the cloud is cut since")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Your question")).to_have_value("May I drive?")
    follow(page, "Analytics")  # which nobody asks for anew by the clock
    follow(other, "Root cause")  # whose chunk this tab does not have
    for each in (page, other):
        expect(each.get_by_role("alert")).to_be_visible()
    service.start(port)
    expect(page.get_by_role("region", name="Uptime")).to_be_visible()
    expect(other.get_by_role("heading", name="Root cause")).to_be_visible()
    for said in ("The line to the cloud is cut", "The cloud cannot be reached."):
        expect(page.get_by_text(said)).to_have_count(0)
    page.get_by_role("link", name="Alerts", exact=True).click()
    expect(page.get_by_role("main").get_by_role("link").filter(has_text="van-7").first).to_be_visible()
    tell(service, "van-10", alert(7, "After the cut"))
    expect(page.get_by_text("After the cut")).to_be_visible()
    assert page.evaluate("() => globalThis.isTheSamePage") is True
    complaints[:] = [one for one in complaints if not any(sign in one for sign in AWAY)]
