"""What is said in the cab and in the words of the contract."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from edge.alerts import Alert
from edge.detect.finding import Concern
from edge.driver.cab import Cab, mute, text_voice
from edge.figures import Figures
from edge.judgement import Period
from edge.trips import Trip
from edge.uplink import alert_body, alert_line, stamp, summary_body, trip_body
from edge.wire.messages import AlertState

S = 1_000_000_000


def alert(severity: str = "critical", driver: str = "Stop", values: Mapping[str, float | None] | None = None) -> Alert:
    concern = Concern("hot", "cooling", severity, "stop_now", "s", "a", driver)
    return Alert("0" * 32, concern, 1 * S, 2 * S, None, values or {"Vehicle.Speed": None}, "Hot", "Stop it", driver)


def test_the_gravest_is_said_first_with_its_chimes() -> None:
    said: list[str] = []
    cab = Cab(text_voice(said.append))
    cab.announce([alert("info", "One"), alert("critical", "Two"), alert("warning", "Three")])
    assert said == ["cab: *chime* *chime* *chime* Two\n", "cab: *chime* Three\n", "cab: One\n"]
    assert cab.spoken == 3


def test_what_ended_or_has_no_words_is_not_said() -> None:
    said: list[str] = []
    Cab(text_voice(said.append)).announce([replace(alert(), ended=3 * S), alert(driver="")])
    assert said == []
    Cab(mute).announce([alert()])


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
