"""What the cab's outputs are told to say and to show."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from edge.alerts import Alert, Scene
from edge.alerts.alert import alert_id
from edge.detect.finding import Concern
from edge.doing import Situation
from edge.driver.attention import STOPPED_NS
from edge.driver.cab import Cab
from edge.driver.notice import ALERTS_MAX, CabState, Notice, Telltale

S = 1_000_000_000
DRIVES = Situation("driving", moves=True, in_trip=True, is_heard=True)
PARKED = Situation("parked", moves=False, is_heard=True)
ASLEEP = Situation()


class Ear:
    """An output that keeps what it is told."""

    name = "ear"
    trouble = ""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.states: list[CabState] = []
        self.closed = 0

    @property
    def counters(self) -> Mapping[str, int]:
        return {"heard": len(self.notices)}

    def say(self, notice: Notice) -> None:
        self.notices.append(notice)

    def show(self, state: CabState) -> None:
        self.states.append(state)

    def close(self) -> None:
        self.closed += 1


def alert(rule: str, severity: str = "critical", action: str = "stop_now", at: int = S, **more: Any) -> Alert:
    concern = Concern(rule, rule, severity, action, f"{rule} it is", "", driver=f"{rule}.")
    whole = Alert(alert_id("v", rule, rule, at), concern, at, at, None, {}, f"{rule} it is", "", f"{rule}.")
    return replace(whole, **more)


def cab(*ears: Ear) -> Cab:
    return Cab(ears, and_more=lambda count: f"And {count} more.", title=lambda one: f"<{one.concern.rule}>")


@pytest.mark.parametrize(
    ("situation", "alerts", "is_watched", "telltale"),
    [
        (ASLEEP, [], True, Telltale.UNKNOWN),
        (PARKED, [], True, Telltale.GREEN),
        (DRIVES, [], True, Telltale.GREEN),
        (DRIVES, [], False, Telltale.UNKNOWN),
        (DRIVES, [alert("cell", "info", "watch")], True, Telltale.GREEN),
        (DRIVES, [alert("tyre", "warning", "watch")], True, Telltale.AMBER),
        (DRIVES, [alert("tyre", "warning", "watch")], False, Telltale.UNKNOWN),
        (DRIVES, [alert("lamp", "warning", "stop_now")], True, Telltale.RED),
        (DRIVES, [alert("tyre", "warning", "watch"), alert("hot")], True, Telltale.RED),
        (ASLEEP, [alert("hot")], True, Telltale.RED),
        (ASLEEP, [alert("tyre", "warning", "watch")], True, Telltale.UNKNOWN),
    ],
)
def test_one_light_sums_all_up(situation: Situation, alerts: list[Alert], is_watched: bool, telltale: Telltale) -> None:
    subject = cab()
    subject.vehicle(situation, 0)
    subject.announce(alerts, S)
    subject.until(2 * S, is_watched=is_watched)
    assert subject.state.telltale is telltale


def test_ten_alerts_at_once_while_driving_are_one_sentence_at_each_output() -> None:
    ears = Ear(), Ear()
    subject = cab(*ears)
    subject.vehicle(DRIVES, 0)
    subject.announce([alert(f"r{number}") for number in range(10)], S)
    for ear in ears:
        assert [(one.text, one.chimes, one.interrupts) for one in ear.notices] == [("r0. And 9 more.", 3, True)]
    assert (subject.spoken, subject.counters["ear_heard"]) == (1, 1)


def test_the_gravest_are_shown_first_of_equal_ones_the_newest_and_the_rest_is_counted() -> None:
    ear = Ear()
    subject = cab(ear)
    subject.vehicle(PARKED, 0)
    some = [alert(f"w{n}", "warning", "watch", at=n * S, driver="") for n in range(1, ALERTS_MAX + 3)]
    subject.announce([*some, alert("hot")], 20 * S)
    shown = subject.state.alerts
    assert [one.text for one in shown] == ["hot.", *(f"<w{n}>" for n in range(ALERTS_MAX + 2, 3, -1))]
    assert subject.state.more == 3
    subject.announce([replace(alert("hot"), ended=21 * S)], 21 * S)
    assert subject.state.more == 2
    assert ear.states[-1] == subject.state


def test_the_state_is_shown_when_it_changes_and_else_not() -> None:
    ear = Ear()
    subject = cab(ear)
    subject.vehicle(DRIVES, 0)
    subject.announce([alert("tyre", "warning", "watch")], S)
    shown = len(ear.states)
    for second in range(2, 50):
        subject.until(second * S)
    assert len(ear.states) == shown
    subject.acknowledge(None, 50 * S)
    assert ear.states[-1].alerts[0].acknowledged
    assert len(ear.states) == shown + 1


def test_modes_are_shown_and_in_a_workshop_nothing_is_said() -> None:
    ear = Ear()
    subject = cab(ear)
    subject.vehicle(replace(DRIVES, private=True, workshop_until=900 * S), 0)
    subject.announce([alert("hot", scene=Scene(workshop=True))], S)
    assert ear.notices == []
    assert (ear.states[-1].private, ear.states[-1].workshop, ear.states[-1].workshop_until) == (True, True, 900 * S)
    assert ear.states[-1].telltale is Telltale.RED
    subject.vehicle(DRIVES, 2 * S)
    subject.announce([alert("hot", is_again=True)], 2 * S)
    assert [one.text for one in ear.notices] == ["hot."], "what fires still when it is given back is news"


def test_alerts_of_the_last_run_are_shown_and_said_when_a_trip_begins() -> None:
    ear = Ear()
    subject = cab(ear)
    subject.take_up([alert("hot")])
    subject.vehicle(PARKED, 0)
    assert (ear.notices, ear.states[-1].telltale) == ([], Telltale.RED)
    subject.vehicle(DRIVES, S)
    assert [one.text for one in ear.notices] == ["hot."]


def test_it_is_told_from_several_threads_at_once() -> None:
    ear = Ear()
    subject = cab(ear)
    subject.vehicle(DRIVES, 0)

    def speak(reader: int) -> None:
        for number in range(50):
            subject.announce_early(f"e{reader}_{number}", "!", S)

    threads = [threading.Thread(target=speak, args=(reader,)) for reader in range(4)]
    for thread in threads:
        thread.start()
    for second in range(50):
        subject.announce([alert(f"a{second}", "info", "watch")], S)
    for thread in threads:
        thread.join()
    assert subject.spoken == len(ear.notices) == 200


def test_closing_closes_every_output() -> None:
    ears = Ear(), Ear()
    cab(*ears).close()
    assert [ear.closed for ear in ears] == [1, 1]


def test_the_page_takes_a_vehicle_for_standing_when_speech_does_and_not_at_every_red_light() -> None:
    ear = Ear()
    subject = cab(ear)
    idles = replace(DRIVES, doing="idling", moves=False)
    subject.vehicle(DRIVES, S)
    subject.announce([alert("tyre", "warning", "watch", at=S)], S)
    subject.vehicle(idles, 10 * S)
    subject.until(10 * S + STOPPED_NS - 1)
    assert (subject.state.stands, len(ear.notices)) == (False, 0)
    subject.until(10 * S + STOPPED_NS)
    assert (subject.state.stands, len(ear.notices)) == (True, 1)
    subject.vehicle(DRIVES, 20 * S)
    assert not subject.state.stands


@pytest.mark.parametrize(
    ("situation", "stands"),
    [
        (PARKED, True),
        (ASLEEP, False),
        (Situation("idling", moves=None, in_trip=True, is_heard=True), False),
        (Situation("driving", moves=True, is_heard=True), False),
    ],
)
def test_only_what_is_known_to_stand_stands(situation: Situation, *, stands: bool) -> None:
    subject = cab()
    subject.vehicle(situation, S)
    subject.until(60 * S)
    assert subject.state.stands is stands
