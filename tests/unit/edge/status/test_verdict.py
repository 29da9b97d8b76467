"""Each thing that can be wrong is found, with a remedy, and nothing else is said for it."""

from typing import Any

import pytest

from edge.status import told
from edge.status.verdict import ANSWER_S, HANGS_S, Level, findings, wrong
from tests.unit.edge.status.a_status import bus, well

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "judges nothing": ({"daemon__judged_ago_s": 12.0}, "nothing was judged for 12 s"),
    "never judged": ({"daemon__judged_ago_s": None}, "nothing was judged for 1 h"),
    "bus down": ({"buses": [bus(state="down", why="can0: No such device")]}, "bus engine is down: can0: No such"),
    "bus never heard": ({"buses": [bus(heard_ago_s=None, known_percent=None)]}, "bus engine has said nothing yet"),
    "frames lost": ({"buses": [bus(lost=7, lost_last_minute=1)]}, "bus engine lost 1 frame in the last minute"),
    "bus off": ({"buses": [bus(counters={"bus_off": 2})]}, "switched off by its controller 2 times"),
    "not understood": ({"buses": [bus(known_percent=1.5)]}, "hardly understood (1.5 % of its frames)"),
    "diagnostics": (
        {"diagnostics": [told.Asker(bus="engine", trouble="no acknowledge", silent_because=None, counters={})]},
        "diagnostics of engine: no acknowledge",
    ),
    "detector": ({"detectors_off": {"coolant": "takes 80 ms a tick"}}, "detector coolant is switched off: takes 80 ms"),
    "rules": ({"rules__refused": 2}, "2 rules cannot be used"),
    "cab": ({"cab": {"speech": "espeak-ng is missing"}}, "speech does not reach the driver: espeak-ng"),
    "outbox": ({"outbox__trouble": "read-only"}, "the outbox: read-only"),
    "outbox hangs": ({"outbox__as_of_s": HANGS_S + 1}, "the outbox answers nobody for 31 s"),
    "outbox full": ({"outbox__bytes": 250_000_000}, "nearly full (250 MB of 256 MB)"),
    "no connection": ({"link__connected": False, "link__trouble": "timed out"}, "no connection to broker.example:8883"),
    "no cloud": ({"link__acknowledged_ago_s": ANSWER_S + 1}, "takes messages, and no cloud answers"),
    "no cloud ever": ({"link__acknowledged_ago_s": None}, "takes messages, and no cloud answers"),
    "update": (
        {"update__trouble": "No space left on device", "update__wanted": "winter"},
        "the update winter waits: No space left on device",
    ),
    "converter": (
        {"buses": [bus(name="supply", kind="supply", state="down", why="in2_input: No such file or directory")]},
        "supply is down: in2_input: No such file",
    ),
    "ignition line": ({"power__line_trouble": "line 17 of gpiochip0: Permission denied"}, "the ignition line: line 17"),
    "low battery": (
        {"power__stage": "ended", "power__why": "low_voltage", "power__can_shut_down": False},
        "the vehicle's battery is low, and nothing shuts the box down",
    ),
    "disk": ({"box__disk_free_bytes": 1_000_000}, "1.0 MB are free on the disk"),
    "memory": ({"box__memory_available_bytes": 9_000_000}, "9.0 MB of memory are free"),
}
NOTES: dict[str, tuple[dict[str, Any], str]] = {
    "a tyre sensor that sleeps or is lost": (
        {"buses": [bus(name="tyres", kind="tyres", counters={"silent_front_left": 0, "silent_rear_left": 1})]},
        "tyres: nothing is heard of the sensor at rear_left",
    ),
    "no tyre sensor for long": (
        {"buses": [bus(name="tyres", kind="tyres", heard_ago_s=601.0)]},
        "tyres tells nothing for 10 min",
    ),
    "asleep": ({"buses": [bus(heard_ago_s=600.0)]}, "bus engine is silent for 10 min"),
    "lost messages": ({"outbox__lost": {"evicted.telemetry": 9}}, "9 messages never reached the cloud"),
    "set aside": ({"outbox__set_aside": 1}, "1 unusable outbox file lies beside"),
    "no broker": ({"link": None, "outbox": None}, "no broker is configured"),
    "budget": ({"link__held": 3}, "3 messages wait for the next day's data budget"),
    "no position": ({"buses": [bus(name="gps", kind="position", heard_ago_s=None)]}, "gps has told nothing yet"),
    "position lost": ({"buses": [bus(name="gps", kind="position", heard_ago_s=90.0)]}, "gps tells nothing for 1 min"),
    "power lost": (
        {"last_run": told.LastRun(ended="power_lost", off_s=300.0)},
        "lost its power without being shut down, and was off for 5 min",
    ),
    "killed": ({"last_run": told.LastRun(ended="killed", off_s=None)}, "the daemon was killed the last time"),
    "stays on": (
        {"power__stage": "ended", "power__why": "parked", "power__can_shut_down": False},
        "the vehicle is parked for long, and nothing shuts the box down",
    ),
    "shuts down": ({"power__stage": "ending", "power__why": "parked"}, "the vehicle is parked for long: the box is"),
    "clock": ({"written__clock": "unsynced", "daemon__is_time_known": False}, "the time of day is not known"),
    "private": ({"daemon__private": True}, "private mode"),
    "workshop": ({"daemon__workshop": True}, "workshop mode"),
}
FINE: dict[str, dict[str, Any]] = {
    "a replay that has a gap": {"daemon__is_live": False, "daemon__judged_ago_s": 60.0},
    "tyre sensors take their time": {"buses": [bus(name="tyres", kind="tyres", heard_ago_s=400.0)]},
    "just started": {"daemon__up_s": 5.0, "daemon__judged_ago_s": None, "buses": [bus(heard_ago_s=None)]},
    "few frames yet": {"buses": [bus(known_percent=0.0, frames=400)]},
    "lost long ago": {"buses": [bus(lost=7)]},
    "everything is acknowledged": {"link__acknowledged_ago_s": 90_000.0, "outbox__messages": 0},
    "nobody was asked to answer yet": {"link__acknowledged_ago_s": None, "link__up_s": 60.0},
    "a time that the cloud told": {"written__clock": "unsynced"},
    "parked": {"daemon__parked": True},
    "alerts of the vehicle": {"alerts__firing": 3},
    "rules that wait for signals": {"rules__armed": 0, "rules__unarmed": {"stale": 27}},
    "nothing is known yet": {
        "box__disk_free_bytes": None, "box__memory_available_bytes": None, "outbox__bytes": None,
        "outbox__messages": None, "outbox__as_of_s": None,
    },
}  # fmt: skip


def test_of_a_box_that_is_well_nothing_is_said() -> None:
    assert findings(well()) == []


@pytest.mark.parametrize(("changed", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_found_with_a_remedy(changed: dict[str, Any], said: str) -> None:
    [found] = findings(well(**changed))
    assert found.level is Level.WRONG
    assert said in found.what
    assert found.remedy


@pytest.mark.parametrize(("changed", "said"), NOTES.values(), ids=NOTES)
def test_what_is_to_be_known_is_told_and_nothing_wrong(changed: dict[str, Any], said: str) -> None:
    [found] = findings(well(**changed))
    assert found.level is Level.NOTE
    assert said in found.what


@pytest.mark.parametrize("changed", FINE.values(), ids=FINE)
def test_what_is_as_it_should_be_is_not_complained_of(changed: dict[str, Any]) -> None:
    assert findings(well(**changed)) == []


def test_what_is_wrong_comes_first() -> None:
    found = findings(well(daemon__is_time_known=False, daemon__private=True, cab={"speech": "no espeak-ng"}))
    assert [one.level for one in found] == [Level.WRONG, Level.NOTE, Level.NOTE]
    assert len(wrong(found)) == 1
