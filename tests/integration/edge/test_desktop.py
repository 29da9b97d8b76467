"""Notifications on a desktop: a real session bus, and a service on it that notes what it is asked to show."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.driver.desktop import Desktop
from edge.driver.notice import Request, Shown, Wish
from edge.driver.settings import DesktopSettings
from tests.desktops import Bus, NotificationService, has_bus
from tests.notices import Asked, notice, state
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(not has_bus(), reason="no dbus-daemon (.ci/cab)")


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Bus]:
    with Bus(tmp_path) as bus:
        yield bus


@pytest.fixture
def service(bus: Bus) -> Iterator[NotificationService]:
    with NotificationService(bus) as service:
        yield service


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def desktop(bus: Bus, service: NotificationService, asked: Asked) -> Iterator[Desktop]:
    desktop = Desktop(DesktopSettings(enabled=True, bus=bus.address), asked, retry_s=0.05)
    yield desktop
    desktop.close()


def wait_for_shown(desktop: Desktop, number: int) -> None:
    wait_until(lambda: desktop.counters["shown"] == number, f"{number} notices are shown")


def test_a_notice_is_shown_with_its_urgency_and_can_be_acknowledged(
    desktop: Desktop, service: NotificationService
) -> None:
    for alert, severity in (("c", "critical"), ("w", "warning"), ("i", "info")):
        desktop.say(notice(alert, severity, f"<b>{severity}</b>\n& so on"))
        wait_for_shown(desktop, "cwi".index(alert) + 1)
    assert [shown.urgency for shown in service.shown] == [2, 1, 0]
    assert [shown.stays_ms for shown in service.shown] == [0, -1, -1]
    assert service.shown[0].summary == "<b>critical</b> & so on"
    assert service.shown[0].body == ""
    assert set(service.shown[0].actions[::2]) == {"default", "acknowledge"}


def test_newer_word_of_an_alert_replaces_its_notification(desktop: Desktop, service: NotificationService) -> None:
    desktop.say(notice("a", "warning", "It is warm."))
    desktop.say(notice("b"))
    wait_until(lambda: len(service.shown) == 2, "both are shown")
    desktop.say(notice("a", "critical", "It is hot."))
    wait_until(lambda: len(service.shown) == 3, "the third is shown")
    assert [shown.replaces for shown in service.shown] == [0, 0, service.shown[0].number]


@pytest.mark.parametrize("action", ["default", "acknowledge"])
def test_a_click_acknowledges_the_alert(
    desktop: Desktop, service: NotificationService, asked: Asked, action: str
) -> None:
    desktop.say(notice("a"))
    desktop.say(notice("b"))
    wait_for_shown(desktop, 2)
    service.click(999, action)
    service.click(service.shown[1].number, action)
    wait_until(lambda: bool(asked.requests), "acknowledged")
    assert asked.requests == [Request(Wish.ACKNOWLEDGE, "desktop", "b")]
    assert desktop.counters["acknowledged"] == 1


def test_clicks_while_something_is_sent_are_not_lost(
    desktop: Desktop, service: NotificationService, asked: Asked
) -> None:
    desktop.say(notice("a"))
    wait_for_shown(desktop, 1)
    for index in range(20):
        service.click(service.shown[0].number, "default")
        desktop.say(notice(f"n{index}"))
    wait_until(lambda: len(asked.requests) == 20, "all are heard")


def test_what_is_over_or_acknowledged_is_taken_away(desktop: Desktop, service: NotificationService) -> None:
    firing = state("critical", "warning", "info")
    for alert in firing.alerts:
        desktop.say(notice(alert.id))
    wait_for_shown(desktop, 3)
    desktop.show(firing)
    critical, warning, info = firing.alerts
    numbers = [shown.number for shown in service.shown]
    desktop.show(replace(firing, alerts=(critical, replace(warning, acknowledged=True), info)))
    wait_until(lambda: service.closed == [numbers[1]], "the acknowledged one is gone")
    desktop.show(replace(firing, alerts=(critical,)))
    wait_until(lambda: desktop.counters["withdrawn"] == 2, "the one that is over is taken away")
    assert service.closed == [numbers[1], numbers[2]]


def test_a_notice_that_comes_before_its_alert_stays(desktop: Desktop, service: NotificationService) -> None:
    desktop.say(notice("early"))
    desktop.say(notice("critical-0"))
    wait_for_shown(desktop, 2)
    desktop.show(state("critical"))
    desktop.say(notice("x"))
    wait_for_shown(desktop, 3)
    desktop.show(state())
    wait_until(lambda: len(service.closed) == 1, "the one that is over is gone")
    assert service.closed == [service.shown[1].number]


def test_of_alerts_beside_those_that_are_told_nothing_is_taken_away(
    desktop: Desktop, service: NotificationService
) -> None:
    firing = state("critical", "info")
    desktop.say(notice("info-1"))
    wait_for_shown(desktop, 1)
    desktop.show(firing)
    desktop.say(notice("x"))
    wait_for_shown(desktop, 2)
    desktop.show(replace(firing, alerts=firing.alerts[:1], more=1))
    desktop.say(notice("y"))
    wait_for_shown(desktop, 3)
    assert service.closed == []


def test_what_a_person_has_dismissed_is_shown_anew(desktop: Desktop, service: NotificationService) -> None:
    desktop.say(notice("a"))
    wait_for_shown(desktop, 1)
    service.dismiss(service.shown[0].number)
    service.click(service.shown[0].number, "default")  # of what is gone
    desktop.say(notice("b"))
    wait_for_shown(desktop, 2)
    desktop.say(notice("a"))
    wait_for_shown(desktop, 3)
    assert service.shown[2].replaces == 0


def test_only_so_many_are_shown_and_the_oldest_goes(desktop: Desktop, service: NotificationService) -> None:
    for index in range(66):
        desktop.say(notice(f"n{index}"))
        wait_for_shown(desktop, index + 1)
    wait_until(lambda: service.closed == [1, 2], "the oldest are gone")


def test_the_end_takes_everything_away(desktop: Desktop, service: NotificationService) -> None:
    desktop.say(notice("a"))
    desktop.say(notice("b"))
    wait_for_shown(desktop, 2)
    desktop.close()
    desktop.close()
    wait_until(lambda: sorted(service.closed) == [1, 2], "all are gone")
    desktop.say(notice("c"))
    desktop.show(state())
    assert not any(thread.name == "cab desktop" for thread in threading.enumerate())


def test_without_a_session_the_remedy_is_told_and_a_later_one_is_used(tmp_path: Path, asked: Asked) -> None:
    bus = Bus(tmp_path)
    desktop = Desktop(DesktopSettings(enabled=True, bus=bus.address), asked, retry_s=0.05)
    wait_until(lambda: "no desktop session" in desktop.trouble, "trouble")
    assert "Remedy" in desktop.trouble
    desktop.say(notice("a", "critical"))
    with bus, NotificationService(bus) as service:
        wait_until(lambda: len(service.shown) == 1, "it is shown")
        wait_until(lambda: desktop.trouble == "", "no trouble any more")
    desktop.close()


def test_no_address_of_a_session_is_trouble(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    desktop = Desktop(DesktopSettings(enabled=True), asked)
    wait_until(lambda: "DBUS_SESSION_BUS_ADDRESS" in desktop.trouble, "trouble")
    desktop.close()


@pytest.mark.parametrize("address", ["nonsense", "tcp:host=localhost,port=1", "unix:path=/no/such/bus"])
def test_an_address_that_leads_nowhere_is_trouble(asked: Asked, address: str) -> None:
    desktop = Desktop(DesktopSettings(enabled=True, bus=address), asked)
    wait_until(lambda: "no desktop session" in desktop.trouble, desktop.trouble)
    desktop.close()


def test_a_bus_on_which_nobody_shows_notifications_is_trouble(bus: Bus, asked: Asked) -> None:
    desktop = Desktop(DesktopSettings(enabled=True, bus=bus.address), asked, retry_s=0.05)
    desktop.say(notice("a"))
    wait_until(lambda: "shows no notifications" in desktop.trouble, "trouble")
    with NotificationService(bus) as service:
        wait_until(lambda: len(service.shown) == 1, "it is shown")
    desktop.close()


def test_a_bus_that_ends_and_comes_back_is_used_again(bus: Bus, asked: Asked) -> None:
    desktop = Desktop(DesktopSettings(enabled=True, bus=bus.address), asked, retry_s=0.05)
    with NotificationService(bus) as service:
        desktop.say(notice("a"))
        wait_until(lambda: len(service.shown) == 1, "it is shown")
        bus.stop()
        wait_until(lambda: desktop.trouble != "", "the session is gone")
    bus.start()
    with NotificationService(bus) as service:
        desktop.say(notice("a"))
        wait_until(lambda: len(service.shown) == 1, "it is shown again")
        assert service.shown[0].replaces == 0
    desktop.close()


def test_a_desktop_that_does_not_answer_is_trouble(
    desktop: Desktop, service: NotificationService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.driver.session_bus.ANSWER_S", 0.1)
    service.is_silent = True
    desktop.say(notice("a"))
    wait_until(lambda: "does not answer" in desktop.trouble, "trouble")


def test_an_alert_that_was_shown_elsewhere_first_needs_nothing(desktop: Desktop, service: NotificationService) -> None:
    desktop.show(replace(state(), alerts=(Shown("z", "info", "watch", "Z.", 0, False),)))
    desktop.show(state())
    desktop.say(notice("a"))
    wait_for_shown(desktop, 1)
    assert service.closed == []


def test_a_notice_of_an_alert_that_was_acknowledged_before_stays(
    desktop: Desktop, service: NotificationService
) -> None:
    desktop.say(notice("critical-0"))
    wait_for_shown(desktop, 1)
    desktop.show(state("critical", acknowledged=True))
    wait_until(lambda: desktop.counters["withdrawn"] == 1, "the acknowledged one is gone")
    desktop.say(notice("critical-0", text="It is worse now."))
    wait_for_shown(desktop, 2)
    desktop.say(notice("x"))
    wait_for_shown(desktop, 3)
    assert desktop.counters["withdrawn"] == 1
