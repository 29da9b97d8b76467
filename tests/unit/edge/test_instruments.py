"""What the box measures itself goes the way of what the vehicle says: decoded, judged, and told where it lacks."""

from pathlib import Path
from typing import Any

import pytest

from edge.config import Config, load_config, with_sources
from edge.errors import ConfigError
from edge.frames import FrameBatch
from edge.grid import Cells
from edge.instruments import speaks
from edge.measured import ACCURACY, CRANK_MINIMUM, LATITUDE, LONGITUDE, VOLTS, Reading, batch_of
from edge.prepare import Prepared, prepare
from edge.status.arming import Arming

S = 1_000_000_000
ADC = "hwmon:/sys/class/hwmon/hwmon9/in2"


def prepared(tmp_path: Path, **tables: Any) -> Prepared:
    return prepare(Config.model_validate({"state": {"directory": tmp_path}, **tables}))


def advance(one: Prepared, batch: FrameBatch, end: int) -> None:
    list(one.judgement.advance(Cells(batch, [end], [len(batch)])))


def test_nothing_is_measured_unless_it_is_configured(tmp_path: Path) -> None:
    one = prepared(tmp_path)
    assert [bus.source for bus in one.buses] == ["can:can0"]
    assert VOLTS not in one.judgement.history.slot


def test_supply_and_position_are_buses_beside_the_vehicles_own(tmp_path: Path) -> None:
    one = prepared(tmp_path, supply={"source": ADC}, position={"source": "gpsd:127.0.0.1:2947"})
    assert [(bus.name, bus.source) for bus in one.buses[1:]] == [("supply", ADC), ("position", "gpsd:127.0.0.1:2947")]
    assert one.instruments == {"supply", "position"}
    history = one.judgement.history
    readings = [
        Reading(5 * S, VOLTS, 12.25), Reading(5 * S, CRANK_MINIMUM, 9.5), Reading(5 * S, LATITUDE, 52.5),
        Reading(5 * S, LONGITUDE, 13.4), Reading(5 * S, ACCURACY, 4.0),
    ]  # fmt: skip
    advance(one, batch_of(readings[:2], "supply", 0), 5 * S + 100_000_000)
    advance(one, batch_of([one._replace(time_ns=one.time_ns + S) for one in readings[2:]], "position", 0), 6 * S + 1)
    window = history.window()
    assert (window.value(VOLTS), window.value(CRANK_MINIMUM)) == (12.25, 9.5)
    assert history.units[history.slot[VOLTS]] == "V"
    assert window.fix is not None
    assert (window.fix.latitude_deg, window.fix.longitude_deg, window.fix.accuracy_m) == (52.5, 13.4, 4.0)


def test_beside_recordings_nothing_is_measured_and_what_they_hold_is_decoded(tmp_path: Path) -> None:
    log = tmp_path / "drive.log"
    log.write_text("(5.000000) supply 1FFFF000#0000000000802840\n")  # 12.25 as a float64
    config = Config.model_validate({"state": {"directory": tmp_path}, "supply": {"source": ADC}})
    one = prepare(with_sources(config, [f"log:{log}"]))
    assert [bus.source for bus in one.buses] == [f"log:{log}"]
    frames = batch_of([Reading(5 * S, VOLTS, 12.25)], "supply", 0)
    assert frames.payload[0].tobytes().hex() == "0000000000802840"
    advance(one, frames, 6 * S)
    assert one.judgement.history.window().value(VOLTS) == 12.25


def test_a_box_with_a_receiver_and_no_bus(tmp_path: Path) -> None:
    one = prepared(tmp_path, bus=[{"source": "gpsd:127.0.0.1:2947"}])
    assert not one.instruments, "they are all that tells whether it is awake"
    assert LATITUDE in one.judgement.history.slot
    assert "no database is configured" in one.notes[0]


def test_what_is_heard_of_instruments_alone_does_not_wake_a_vehicle(tmp_path: Path) -> None:
    one = prepared(tmp_path, supply={"source": ADC})
    own = batch_of([Reading(1, VOLTS, 12.0)], "supply", 1)
    assert not speaks(own, one.instruments)
    assert speaks(own, frozenset())
    assert speaks(batch_of([Reading(1, VOLTS, 12.0)], "can0", 1), one.instruments)
    assert not speaks(FrameBatch.empty(("can0", "supply"), 1), one.instruments)


def test_without_a_supply_battery_rules_are_unarmed_and_say_what_they_lack(tmp_path: Path) -> None:
    rules = tmp_path / "battery.toml"
    rules.write_text(
        '[[rule]]\nalert = "battery_low"\nexpr = "Vehicle.LowVoltageBattery.CurrentVoltage < 12 V"\n'
        'component = "battery"\nseverity = "warning"\naction = "next_service"\nsummary = "low"\nadvice = "test it"\n'
    )
    bare = prepared(tmp_path, detect={"rules": [str(rules)]})
    unarmed = Arming(bare.rules, bare.rules_refused, bare.judgement.history.slot).look(
        *_heard(bare), private=False, is_off=False
    )
    assert (unarmed.armed, unarmed.named[0].why, unarmed.named[0].lacks) == (0, "no_database", [VOLTS])
    with_one = prepared(tmp_path, detect={"rules": [str(rules)]}, supply={"source": ADC})
    arming = Arming(with_one.rules, with_one.rules_refused, with_one.judgement.history.slot)
    assert arming.look(*_heard(with_one), private=False, is_off=False).unarmed == {"never_heard": 1}
    for second in range(3):
        batch = batch_of([Reading(second * S, VOLTS, 11.4)], "supply", 0)
        advance(with_one, batch, second * S + 1)
    assert arming.look(*_heard(with_one), private=False, is_off=False).armed == 1
    assert [alert.concern.rule for alert in with_one.judgement.book.firing] == ["battery_low"]


def _heard(one: Prepared) -> Any:
    history = one.judgement.history
    return history.latest_at != -(2**63), history.fresh() == history.fresh()


@pytest.mark.parametrize(
    ("text", "place"),
    [('[supply]\nsource = "adc:0"', "supply.source"), ('[position]\nsource = "/dev/ttyUSB0"', "position.source")],
)
def test_what_measures_nothing_is_refused_with_an_example(tmp_path: Path, text: str, place: str) -> None:
    (tmp_path / "edge.toml").write_text(text)
    with pytest.raises(ConfigError, match="write ") as caught:
        load_config(tmp_path / "edge.toml")
    assert caught.value.place == place


def test_bus_is_another_word_for_what_buses_tell() -> None:
    assert Config.model_validate({"supply": {"source": "bus"}}) == Config()


def test_places_are_in_no_summary_unless_somebody_names_them(tmp_path: Path) -> None:
    told = {}
    for name, memory in (("by default", {}), ("named", {"summary_signals": [LATITUDE]})):
        one = prepared(tmp_path, supply={"source": ADC}, position={"source": "gpsd:127.0.0.1"}, memory=memory)
        readings = [Reading(59 * S, LATITUDE, 52.5), Reading(59 * S, LONGITUDE, 13.4)]
        advance(one, batch_of(readings, "position", 60 * S), 60 * S)
        told[name] = [set(period.figures) for period in one.judgement.close().periods]
    assert told == {"by default": [], "named": [{LATITUDE}]}


def test_what_the_box_measures_is_no_sign_that_the_vehicle_is_heard(tmp_path: Path) -> None:
    one = prepared(tmp_path, supply={"source": ADC}, bus=[{"source": "can:can0", "ask": "obd"}])
    told = []
    for second in range(3):
        batch = batch_of([Reading(second * S, VOLTS, 12.4)], "supply", 0)
        told += list(one.judgement.advance(Cells(batch, [second * S + 1], [len(batch)])))
    assert not any(outcome.situation and outcome.situation.is_heard for outcome in told)
