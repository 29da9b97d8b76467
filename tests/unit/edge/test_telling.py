"""What is said in the cab and in the words of the contract."""

import json
import secrets
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.alerts import Alert, AlertBook, Scene
from edge.detect.finding import Concern, Step
from edge.driver.cab import Cab
from edge.driver.terminal import Terminal
from edge.figures import Figures
from edge.judgement import Outcome
from edge.outbox import Limits, Outbox
from edge.summaries import Period
from edge.tell import FIRING, Teller
from edge.trips import Trip
from edge.uplink import alert_body, alert_line, stamp, summary_body, trip_body
from edge.wire.envelope import Clock, StreamClass
from edge.wire.messages import AlertState

S = 1_000_000_000


def alert(severity: str = "critical", driver: str = "Stop", values: Mapping[str, float | None] | None = None) -> Alert:
    concern = Concern("hot", "cooling", severity, "stop_now", "s", "a", driver)
    return Alert("0" * 32, concern, 1 * S, 2 * S, None, values or {"Vehicle.Speed": None}, "Hot", "Stop it", driver)


def cab_that_writes(said: list[str]) -> Cab:
    return Cab([Terminal(said.append)], and_more=lambda count: f"And {count} more.")


def test_what_a_tick_told_is_one_line_with_the_chimes_of_the_gravest() -> None:
    said: list[str] = []
    cab = cab_that_writes(said)
    cab.announce([alert("info", "One"), replace(alert("critical", "Two"), id="1" * 32)], 2 * S)
    assert said == ["cab: *chime* *chime* *chime* Two And 1 more.\n"]
    assert (cab.spoken, cab.counters["spoken"], cab.counters["terminal_said"]) == (1, 1, 1)


def test_what_ended_or_has_no_words_is_not_said() -> None:
    said: list[str] = []
    cab_that_writes(said).announce([replace(alert(), ended=3 * S), replace(alert(driver=""), id="1" * 32)], 3 * S)
    assert said == []


STEPS = (Step("warning", "next_service", None, "Worse"), Step("critical", "stop_now"))


def stepped(step: int, **more: Any) -> Alert:
    """An alert that began as information and has come so far."""
    mild = alert("info", "Mild")
    return replace(mild, concern=replace(mild.concern, steps=STEPS), step=step, is_worse=step > 0, **more)


def test_what_gets_worse_is_said_unless_there_are_no_words_for_it() -> None:
    said: list[str] = []
    cab = cab_that_writes(said)
    cab.announce([stepped(1, driver="Worse")], 2 * S)
    cab.announce([stepped(2, driver="Worse", quiet=True)], 3 * S)
    assert said == ["cab: *chime* Worse\n"]


def test_an_alert_is_as_grave_as_its_step() -> None:
    body, line = alert_body(stepped(2)), json.loads(alert_line(stepped(2)))
    assert (body.severity, body.action, body.state) == ("critical", "stop_now", "firing")
    assert (line["severity"], line["action"], line["state"]) == ("critical", "stop_now", "firing")


def test_an_alert_carries_how_the_vehicle_was() -> None:
    scene = Scene({"Vehicle.TraveledDistance": 184_236_512.25, "Vehicle.Speed": 1 / 3}, 50.9375312, -6.5, "f" * 32)
    concern = replace(alert().concern, for_ns=5 * S)
    body = alert_body(replace(alert(), concern=concern, scene=scene, span_ns=30 * S, flapping=True))
    assert body.freeze_frame == {"Vehicle.TraveledDistance": 184_236_512.0, "Vehicle.Speed": 0.333333333}
    assert (body.latitude_deg, body.longitude_deg, body.trip) == (50.937531, -6.5, "f" * 32)
    assert (body.window_s, body.flapping) == (35.0, True)


def test_every_step_is_queued_once_and_counted_as_no_new_alert(tmp_path: Path) -> None:
    with closing(Outbox.open(tmp_path / "o.db", vehicle="car", limits=Limits(), random_hex=secrets.token_hex)) as box:
        teller = Teller(AlertBook("car"), cab_that_writes([]), outbox=box)
        told = [stepped(0), stepped(1), stepped(2), replace(stepped(2, ended=9 * S), is_worse=False)]
        for _ in range(2):  # a replay says the same again
            teller.tell([Outcome(S, [one]) for one in told], Clock.SYNCED)
        payloads = [json.loads(one.payload) for one in box.waiting(StreamClass.ALERT, 0, 100)]
        bodies = [payload["body"] for payload in payloads]
        assert [(body["state"], body["severity"]) for body in bodies] == [
            ("firing", "info"),
            ("firing", "warning"),
            ("firing", "critical"),
            ("resolved", "critical"),
        ]
        assert (teller.alerts_began, teller.alerts_ended) == (2, 2)
        assert box.recall(FIRING) is not None


def test_an_alert_in_the_words_of_the_contract() -> None:
    body = alert_body(alert())
    assert body.state is AlertState.FIRING
    assert body.values == {"Vehicle.Speed": None}
    assert body.started_at.isoformat() == "1970-01-01T00:00:02+00:00"
    assert alert_body(replace(alert(), ended=3 * S)).state is AlertState.RESOLVED


def test_a_line_of_alerts_out_has_the_fields_that_the_house_names() -> None:
    line = json.loads(alert_line(replace(alert(), ended=3 * S)))
    assert list(line) == [
        "id",
        "rule",
        "component",
        "severity",
        "action",
        "state",
        "started_at",
        "ended_at",
        "values",
    ]
    assert line["ended_at"] == "1970-01-01T00:00:03.000000Z"


def test_stamps_are_exact_to_the_microsecond() -> None:
    assert stamp(1_638_973_128_973_117_000) == "2021-12-08T14:18:48.973117Z"


def test_trips_and_summaries_keep_unknown_unknown() -> None:
    trip = trip_body(Trip("0" * 32, 0, S, "silence", None, None, None, 12.3456, None, ()))
    assert (trip.distance_m, trip.speed_max_kmh) == (None, 12.35)
    summary = summary_body(Period(0, 60 * S, {"Vehicle.Speed": Figures("km/h", 1 / 3, 2.0, 1.0, 2.0, 7)}))
    assert summary.signals["Vehicle.Speed"].min == pytest.approx(0.333333, abs=1e-9)
