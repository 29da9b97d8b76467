"""Which alerts people are told of, and when no more."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cloud.alerts.handling import Step
from cloud.alerts.model import Alert
from cloud.alerts.telling import LATE_AFTER, Telling, is_late
from cloud.heard import Heard
from cloud.notify.delivery import State
from edge.wire.envelope import Clock
from edge.wire.messages import AlertState, Severity
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.services import Cloud, open_cloud
from tests.unit.cloud.telling import ADA, BOB, NIGHT, deliveries, send, states, take
from tests.unit.cloud.vehicle import T0, Speaker, minute

VAN = Speaker()
FIRST = f"{1:032x}"
RESOLVED = AlertState.RESOLVED


@pytest.fixture
def told(cloud: Cloud) -> Cloud:
    """Ada is told first, then Bob."""
    cloud.contacts.put(ADA, by="ada")
    cloud.contacts.put(BOB, by="ada")
    cloud.now = minute(2)
    return cloud


def opens(cloud: Cloud, n: int = 1, seq: int = 1) -> None:
    cloud.take(VAN.say(says.alert(n), seq, received_at=cloud.now))


def test_an_alert_is_told(told: Cloud) -> None:
    opens(told)
    [letter] = take(told)
    assert letter.title == "van-7: Too hot"
    assert letter.text.splitlines() == [
        "Too hot",
        "Stop now. Let it cool",
        "Vehicle van-7 of fleet north, cooling, critical",
        "Began 2026-11-21 08:01 UTC",
    ]
    assert (letter.reason, letter.correlation, letter.link) == (f"alert/van-7/{FIRST}", FIRST, None)


def test_a_message_that_comes_again_is_not_told_again(told: Cloud) -> None:
    opens(told)
    opens(told, seq=2)
    assert send(told) == ["ada"]


@pytest.mark.parametrize(("late", "heard"), [(LATE_AFTER, ["ada"]), (LATE_AFTER + timedelta(seconds=1), [])])
def test_a_late_upload_wakes_nobody(told: Cloud, late: timedelta, heard: list[str]) -> None:
    told.now = minute(1) + late
    opens(told)
    assert send(told) == heard
    assert told.alerts.alert(VAN.address, FIRST).handled.handling.is_open, "it is written down all the same"


def test_a_clock_that_may_be_wrong_makes_nothing_late() -> None:
    alert = replace(alert_of(), started_at=T0 - timedelta(days=20_000))
    heard = Heard(VAN.address, (1, 1), alert.started_at, Clock.UNSYNCED, T0)
    assert not is_late(alert, heard)
    assert is_late(alert, replace(heard, clock=Clock.SYNCED))


def alert_of() -> Alert:
    with open_cloud() as cloud:
        cloud.take(VAN.say(says.alert(1), 1))
        return cloud.alerts.alert(VAN.address, FIRST).handled.alert


def test_what_was_over_when_it_was_first_heard_of_wakes_nobody(told: Cloud) -> None:
    told.take(VAN.say(says.alert(1, RESOLVED), 1, received_at=told.now))
    assert send(told) == []


def test_acknowledging_stops_the_escalation(told: Cloud) -> None:
    opens(told)
    send(told)
    told.alerts.acknowledge(VAN.address, FIRST, by="Ada")
    told.now = minute(60)
    assert send(told) == []
    assert states(told) == {"ada": State.SENT, "bob": State.SUPERSEDED}


@pytest.mark.parametrize("end", ["closed", "all clear"])
def test_so_does_its_end(told: Cloud, end: str) -> None:
    opens(told)
    send(told)
    if end == "closed":
        told.alerts.close(VAN.address, FIRST, Step.FALSE_ALARM, by="Ada")
    else:
        told.take(VAN.say(says.alert(1, RESOLVED), 2, received_at=minute(3)))
    told.now = minute(60)
    assert send(told) == []


def test_a_newer_alert_of_the_kind_is_told_in_its_place(told: Cloud) -> None:
    opens(told, 1)
    told.now = minute(6)
    opens(told, 5, seq=2)
    [letter] = take(told)
    assert letter.reason.endswith(f"{5:032x}")
    assert letter.title == "van-7: Too hot again", "it came back without ever having ended"


def test_an_older_alert_that_comes_later_is_not_told(told: Cloud) -> None:
    told.now = minute(6)
    opens(told, 5)
    opens(told, 1, seq=2)
    assert len(take(told)) == 1


def test_nothing_is_told_of_what_was_not_stored(told: Cloud) -> None:
    with pytest.raises(LookupError), told.database.transaction() as connection:  # noqa: PT012 - the block is the point
        heard = Heard(VAN.address, (1, 1), T0, Clock.SYNCED, T0)
        told.fleet.see(connection, VAN.address, T0)
        told.alerts.record(connection, heard, says.alert(1))
        raise LookupError
    assert send(told) == []


def worsens(cloud: Cloud, seq: int, at_min: float, severity: Severity = Severity.CRITICAL) -> None:
    worse = says.alert(1).model_copy(update={"severity": severity, "summary": "Hotter"})
    cloud.now = minute(at_min)
    cloud.take(VAN.say(worse, seq, observed_at=cloud.now, received_at=cloud.now))


def begins_mildly(cloud: Cloud, severity: Severity = Severity.WARNING) -> None:
    mild = says.alert(1).model_copy(update={"severity": severity})
    cloud.take(VAN.say(mild, 1, observed_at=minute(1), received_at=cloud.now))


def test_what_gets_worse_is_told_anew_long_after_it_began(told: Cloud) -> None:
    begins_mildly(told)
    assert send(told) == ["ada"]
    worsens(told, 2, 90)
    [letter] = take(told)
    assert (letter.title, letter.severity) == ("van-7: Hotter, now critical", Severity.CRITICAL)
    assert letter.reason == f"alert/van-7/{FIRST}/critical"
    assert told.alerts.alert(VAN.address, FIRST).handled.alert.severity is Severity.CRITICAL
    worsens(told, 3, 91)
    assert take(told) == [], "once"


def test_who_is_not_told_of_mild_ones_is_told_when_they_are_grave(told: Cloud) -> None:
    begins_mildly(told, Severity.INFO)
    assert send(told) == []
    worsens(told, 2, 3)
    assert send(told) == ["ada"]


def test_who_has_seen_it_is_told_that_it_is_worse_but_not_who_has_closed_it(told: Cloud) -> None:
    begins_mildly(told)
    send(told)
    told.alerts.acknowledge(VAN.address, FIRST, by="Ada")
    worsens(told, 2, 5)
    assert send(told) == ["ada"]
    told.alerts.close(VAN.address, FIRST, Step.FALSE_ALARM, by="Ada")
    told.now = minute(60)
    assert send(told) == [], "its end settles this telling too"


def test_what_is_closed_and_gets_worse_is_not_told(told: Cloud) -> None:
    begins_mildly(told)
    told.alerts.close(VAN.address, FIRST, Step.ACCEPTED, by="Ada")
    worsens(told, 2, 5)
    assert send(told) == []


def test_that_it_got_worse_long_ago_wakes_nobody(told: Cloud) -> None:
    begins_mildly(told)
    send(told)
    told.now = minute(5) + LATE_AFTER + timedelta(seconds=1)
    told.take(VAN.say(says.alert(1), 2, observed_at=minute(5), received_at=told.now))
    assert {letter.severity for letter in take(told)} <= {Severity.WARNING}
    assert told.alerts.alert(VAN.address, FIRST).handled.alert.severity is Severity.CRITICAL


def test_what_the_vehicle_held_back_is_told_when_it_says_so(told: Cloud) -> None:
    told.now = minute(60)
    told.take(VAN.say(says.alert(1), 1, observed_at=minute(59), received_at=told.now))
    assert send(told) == ["ada"]


@pytest.mark.parametrize("at_first", [Severity.INFO, Severity.WARNING])
def test_the_all_clear_of_what_got_worse_is_told_once(at_first: Severity) -> None:
    with open_cloud(all_clear=True) as cloud:
        cloud.contacts.put(ADA, by="ada")
        cloud.now = minute(2)
        begins_mildly(cloud, at_first)
        send(cloud)
        worsens(cloud, 2, 3)
        send(cloud)
        cloud.take(VAN.say(says.alert(1, RESOLVED), 3, observed_at=minute(4), received_at=minute(4)))
        assert [letter.title for letter in take(cloud)] == ["van-7: all clear, Too hot"]


def test_the_all_clear_goes_to_those_who_were_told() -> None:
    with open_cloud(all_clear=True) as cloud:
        cloud.contacts.put(ADA, by="ada")
        cloud.contacts.put(BOB, by="ada")
        cloud.now = minute(2)
        opens(cloud)
        send(cloud)
        cloud.take(VAN.say(says.alert(1, RESOLVED), 2, received_at=minute(3)))
        [letter] = take(cloud)
        assert (letter.channel, letter.title) == (ADA.channel, "van-7: all clear, Too hot")
        assert letter.severity is Severity.INFO
        assert "ended 2026-11-21 08:01 UTC" in letter.text


def test_who_was_not_told_hears_no_all_clear_either() -> None:
    with open_cloud(all_clear=True) as cloud:
        cloud.contacts.put(replace(ADA, quiet=NIGHT), by="ada")
        cloud.now = minute(2) + timedelta(hours=14)
        late_evening = says.alert(1).model_copy(update={"started_at": cloud.now, "since_at": cloud.now})
        cloud.take(VAN.say(late_evening, 1, received_at=cloud.now))
        assert send(cloud) == []
        ended = late_evening.model_copy(update={"state": RESOLVED, "ended_at": cloud.now})
        cloud.take(VAN.say(ended, 2, observed_at=minute(900), received_at=cloud.now))
        assert {one.state for one in deliveries(cloud).values()} == {State.SUPERSEDED}


def test_a_link_leads_to_the_console(told: Cloud) -> None:
    telling = Telling(told.notify, "https://telltale.example.org/")
    opens(told)
    alert = told.alerts.alert(VAN.address, FIRST).handled.alert
    made = telling._notice(alert, "r", "t", Severity.INFO)
    assert made.link == f"https://telltale.example.org/alerts/north/van-7/{FIRST}"
    assert not made.escalates
