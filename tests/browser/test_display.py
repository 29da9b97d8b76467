"""The page in the cab in a real browser: what a driver sees of each state, may touch, and hears read out."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from edge.driver.notice import Request, Telltale, Wish
from tests.browser.axe import barriers
from tests.displays import (
    CODE,
    TEXTS,
    Cab,
    Started,
    cab_in,
    daemon_with_a_leak,
    display_at,
    shown,
    state_of,
    states_at,
    three_alerts,
)

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(120)]
PHONE: Final = ViewportSize(width=360, height=640)
TABLET: Final = ViewportSize(width=1024, height=600)
SIZES: Final = [pytest.param(PHONE, id="phone"), pytest.param(TABLET, id="tablet")]
GLOVE_PX: Final = 64
READABLE: Final = 0.08
"""Of the height: the type of the sentence."""
Look = Callable[..., Page]

_CONTRAST: Final = """element => {
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const back = from => {
    for (let one = from; one; one = one.parentElement) {
      const [r, g, b, a = 1] = parse(getComputedStyle(one).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const [low, high] = [light(parse(getComputedStyle(element).color)), light(back(element))].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}"""
"""WCAG 2.2, contrast ratio of a text to the first opaque background behind it."""
_SPILLS: Final = """() => [...document.querySelectorAll('main *')]
  .filter(one => one.checkVisibility() && !one.closest('.list') && !one.closest('svg'))
  .filter(one => { const b = one.getBoundingClientRect();
    return b.right > innerWidth + 1 || b.bottom > innerHeight + 1 || b.left < -1 || b.top < -1; })
  .map(one => one.outerHTML.slice(0, 120))"""


@pytest.fixture
def cab(tmp_path: Path) -> Iterator[Cab]:
    with cab_in(tmp_path) as opened:
        yield opened


@pytest.fixture
def display(cab: Cab) -> Iterator[Started]:
    with display_at(cab.socket) as started:
        yield started


@pytest.fixture
def complaints() -> list[str]:
    """What pages complain of in their console; a test that makes them complain takes it out."""
    return []


@pytest.fixture
def look(browser: Browser, display: Started, complaints: list[str]) -> Iterator[Look]:
    """Opens the page; at the end no page may have asked another host or complained."""
    with ExitStack() as stack:

        def open_page(size: ViewportSize = PHONE, *, url: str = display.url, **settings: Any) -> Page:
            context = browser.new_context(viewport=size, **settings)
            stack.callback(context.close)
            page = context.new_page()
            page.on("request", lambda asked: complaints.append(asked.url) if is_foreign(asked.url, url) else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            page.goto(url)
            return page

        yield open_page
    assert complaints == []


def is_foreign(asked: str, url: str) -> bool:
    return urlsplit(asked).netloc != urlsplit(url).netloc


def see(page: Page, telltale: str) -> None:
    expect(page.locator("body")).to_have_attribute("data-telltale", telltale)


def share_of_height(page: Page) -> float:
    pixels = page.locator("#sentence").evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
    return float(pixels) / float(page.evaluate("() => innerHeight"))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("telltale", "title"),
    [(Telltale.GREEN, "All in order"), (Telltale.AMBER, "Caution"), (Telltale.RED, "Danger")],
)
def test_colour_shape_and_word_say_the_same(
    telltale: Telltale, title: str, size: ViewportSize, cab: Cab, look: Look
) -> None:
    page = look(size)
    see(page, "unknown")
    cab.show(state_of(telltale))
    see(page, telltale)
    expect(page.locator("#lamp")).to_have_attribute("href", f"#lamp-{telltale}")
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    assert page.evaluate(_SPILLS) == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", TEXTS)
def test_while_driving_one_sentence_fills_the_page_and_nothing_can_be_touched(
    language: str, size: ViewportSize, cab: Cab, look: Look
) -> None:
    page = look(size)
    cab.show(state_of(Telltale.RED, *three_alerts(language), more=2, language=language))
    see(page, "red")
    assert str(page.locator("#sentence").text_content()).replace("\u00ad", "") == TEXTS[language][0]
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("#action use")).to_have_attribute("href", "#action-stop_now")
    expect(page.locator("#more")).to_have_text(re.compile("4"))
    assert share_of_height(page) >= READABLE - 0.001
    assert page.evaluate(_SPILLS) == []
    assert page.get_by_role("button").count() == 0
    assert not page.evaluate("() => document.documentElement.scrollHeight > innerHeight")


@pytest.mark.parametrize("size", SIZES)
def test_a_sentence_that_is_far_too_long_gets_smaller_and_is_never_cut(
    size: ViewportSize, cab: Cab, look: Look
) -> None:
    page = look(size)
    text = "Donaudampfschifffahrtsgesellschaftskapitänsmütze " + "und noch viel mehr davon " * 6
    cab.show(state_of(Telltale.AMBER, shown(1, "warning", "finish_shift", text), language="de"))
    see(page, "amber")
    assert page.evaluate(_SPILLS) == []
    assert page.locator("h1").evaluate("one => one.scrollHeight <= one.clientHeight + 1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("telltale", Telltale)
def test_the_main_text_can_be_read_in_sunlight_and_at_night(
    telltale: Telltale, scheme: str, cab: Cab, look: Look
) -> None:
    page = look(TABLET, color_scheme=scheme)
    for doing in ("driving", "parked"):
        alerts = [] if telltale in (Telltale.GREEN, Telltale.UNKNOWN) else three_alerts()
        cab.show(state_of(telltale, *alerts, doing=doing, workshop=True))
        expect(page.locator("body")).to_have_attribute("data-standing", "yes" if doing == "parked" else "no")
        see(page, telltale)
        texts = "#title, #sentence, #action span, #more, .modes span, .list .text span, .list .action span, button span"
        for text in page.locator(texts).filter(visible=True).all():
            assert text.evaluate(_CONTRAST) >= 7.0, text.text_content()


def test_no_connection_is_unknown_within_seconds_and_never_the_last_state(cab: Cab, look: Look) -> None:
    page = look()
    cab.show(state_of(Telltale.GREEN))
    see(page, "green")
    cab.end()
    see(page, "unknown")
    expect(page.get_by_role("heading")).to_contain_text("No connection to the box")
    cab.begin_again()
    cab.show(state_of(Telltale.AMBER, three_alerts()[1]))
    see(page, "amber")


def test_a_page_that_hears_nothing_for_ten_seconds_knows_nothing(cab: Cab, display: Started, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.clock.install()
    page.goto(display.url)
    cab.show(state_of(Telltale.RED, *three_alerts("de"), doing="parked", language="de"))
    see(page, "red")
    page.context.set_offline(True)
    display.program.kill()
    page.clock.run_for(9000)
    see(page, "red")
    page.clock.run_for(3000)
    see(page, "unknown")
    expect(page.get_by_role("heading")).to_contain_text("Keine Verbindung zur Box")
    assert page.get_by_role("button").count() == 0
    context.close()


def test_an_alert_is_acknowledged_by_touch_when_standing(cab: Cab, look: Look) -> None:
    page = look(has_touch=True)
    alerts = three_alerts()
    cab.show(state_of(Telltale.RED, *alerts, doing="parked"))
    seen = page.get_by_role("button", name="Seen: Tyre pressure front left is falling.")
    box = seen.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= GLOVE_PX
    seen.tap()
    assert cab.asked() == Request(Wish.ACKNOWLEDGE, "display", "alert-2")
    acknowledged = [shown(2, "warning", "nearest_workshop", alerts[1].text, acknowledged=True)]
    cab.show(state_of(Telltale.RED, alerts[0], *acknowledged, doing="parked"))
    expect(page.get_by_role("button", name=re.compile("^Seen: "))).to_have_count(1)


def test_what_is_refused_is_said(cab: Cab, look: Look, complaints: list[str]) -> None:
    page = look()
    cab.show(state_of(Telltale.AMBER, three_alerts()[1], doing="parked"))
    page.route("**/request", lambda route: route.fulfill(status=409))
    page.get_by_role("button", name=re.compile("^Seen: ")).click()
    expect(page.get_by_text("Not taken. Try again.")).to_be_visible()
    assert "409" in complaints.pop()


@pytest.mark.parametrize(("name", "wish"), [("Private", Wish.PRIVATE_ON), ("Workshop", Wish.WORKSHOP_ON)])
def test_a_switch_is_held_for_a_second(name: str, wish: Wish, cab: Cab, look: Look) -> None:
    page = look()
    page.clock.install()
    cab.show(state_of(Telltale.GREEN, doing="parked"))
    switch = page.get_by_role("button", name=name)
    expect(switch).to_have_attribute("aria-pressed", "false")
    switch.hover()
    page.mouse.down()
    page.clock.run_for(800)
    page.mouse.up()
    expect(page.get_by_text("Hold for one second")).to_be_visible()
    page.clock.run_for(2000)
    assert cab.requests.empty()
    page.mouse.down()
    page.clock.run_for(1000)
    assert cab.asked() == Request(wish, "display")
    page.mouse.up()
    cab.show(state_of(Telltale.GREEN, doing="parked", private=True, workshop=True))
    expect(switch).to_have_attribute("aria-pressed", "true")
    switch.focus()
    page.keyboard.down("Enter")
    page.clock.run_for(1000)
    page.keyboard.up("Enter")
    assert cab.asked() == Request(Wish(wish.replace("_on", "_off")), "display")


def test_who_can_only_press_presses_a_switch_twice(cab: Cab, look: Look) -> None:
    page = look()
    cab.show(state_of(Telltale.GREEN, doing="parked"))
    switch = page.get_by_role("button", name="Private")
    switch.dispatch_event("click")
    expect(page.get_by_text("Press once more to confirm")).to_be_visible()
    assert cab.requests.empty()
    switch.dispatch_event("click")
    assert cab.asked() == Request(Wish.PRIVATE_ON, "display")


def test_modes_are_shown_driving_and_standing(cab: Cab, look: Look) -> None:
    page = look()
    for doing in ("driving", "parked"):
        cab.show(state_of(Telltale.RED, *three_alerts(), doing=doing, private=True, workshop=True))
        modes = page.locator("#modes li")
        expect(modes).to_have_count(2)
        expect(modes.nth(0)).to_contain_text("Workshop")
        expect(modes.nth(1)).to_contain_text("Private")
        assert page.evaluate(_SPILLS) == []
    assert page.locator("#modes .until").inner_text().startswith("Until ")
    assert share_of_height(page) > 0


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("doing", ["driving", "parked"])
def test_who_cannot_see_it_can_use_it(doing: str, size: ViewportSize, cab: Cab, look: Look) -> None:
    page = look(size)
    for telltale in (Telltale.UNKNOWN, Telltale.GREEN, Telltale.AMBER, Telltale.RED):
        alerts = three_alerts() if telltale in (Telltale.AMBER, Telltale.RED) else []
        cab.show(state_of(telltale, *alerts, doing=doing, private=True))
        expect(page.locator("body")).to_have_attribute("data-standing", "yes" if doing == "parked" else "no")
        see(page, telltale)
        assert barriers(page) == []


def test_danger_is_read_out_at_once_and_the_rest_when_it_suits(cab: Cab, look: Look) -> None:
    page = look()
    cab.show(state_of(Telltale.AMBER, three_alerts()[1]))
    expect(page.locator("#quietly")).to_have_text("Caution. Tyre pressure front left is falling. Nearest workshop")
    expect(page.locator("#aloud")).to_be_empty()
    cab.show(state_of(Telltale.RED, *three_alerts()))
    expect(page.locator("#aloud")).to_contain_text("Danger. The engine is overheating.")
    assert page.locator("#aloud").get_attribute("role") == "alert"


def test_nothing_moves_for_who_wants_that(cab: Cab, look: Look) -> None:
    page = look(reduced_motion="reduce")
    cab.show(state_of(Telltale.GREEN, doing="parked"))
    switch = page.get_by_role("button", name="Private")
    switch.hover()
    page.mouse.down()
    expect(switch).to_have_class("holding")
    assert switch.evaluate("one => getComputedStyle(one, '::before').transitionDuration") == "0s"
    page.mouse.up()


def test_what_a_text_holds_stays_text(cab: Cab, look: Look) -> None:
    page = look()
    text = "<img src=x onerror=alert(1)><b>Stop</b>"
    for doing in ("driving", "parked"):
        cab.show(state_of(Telltale.RED, shown(1, "critical", "stop_now", text), doing=doing))
        see(page, "red")
        expect(page.locator("#sentence")).to_have_text(text)
    assert page.locator("main img, main b").count() == 0


def test_another_device_enters_the_code_once_and_again_after_it_was_changed(
    cab: Cab, look: Look, complaints: list[str]
) -> None:
    cab.show(state_of(Telltale.GREEN))
    with display_at(cab.socket, "--code", CODE) as display:
        page = look(url=display.url)
        assert barriers(page) == []
        page.get_by_label("Enter the code").fill("111111")
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_text("That is not the code")).to_be_visible()
        page.get_by_label("Enter the code").fill(CODE)
        page.keyboard.press("Enter")
        see(page, "green")
        page.reload()
        see(page, "green")
        port = str(urlsplit(display.url).port)
    with display_at(cab.socket, "--code", "13572468", listen=f"127.0.0.1:{port}"):
        expect(page.get_by_label("Enter the code")).to_be_visible()
    complaints.clear()


def test_the_lamp_before_anything_was_heard_is_unknown(look: Look) -> None:
    page = look()
    see(page, "unknown")
    expect(page.get_by_role("heading")).to_contain_text("Nothing is heard of the vehicle")
    assert page.title() == "Telltale: Unknown"


def test_a_leak_is_seen_from_green_to_red_and_acknowledged_at_the_next_stop(browser: Browser, tmp_path: Path) -> None:
    """The whole way: a simulated car, the daemon's rules, its channel, the display, a touch, and back."""
    with display_at(tmp_path / "cab.sock") as display, daemon_with_a_leak(tmp_path) as daemon:
        context = browser.new_context(viewport=TABLET, has_touch=True)
        page = context.new_page()
        page.goto(display.url)
        for telltale in ("green", "amber", "red"):
            see(page, telltale)
        expect(page.get_by_role("heading")).to_contain_text("Danger")
        page.get_by_role("button", name=re.compile("^Seen: The engine is overheating")).tap()
        states = states_at(daemon.channel)
        gravest = next(state.alerts[0] for state in states if state.alerts[0].acknowledged)
        assert (gravest.severity, gravest.action) == ("critical", "stop_now")
        context.close()
