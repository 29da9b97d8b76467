"""What the installer writes of tyre sensors, in the configuration and as a source, and what he is told of mistakes."""

import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from edge.bus.open import open_source
from edge.bus.spec import SourceSpec
from edge.bus.wheels import sensors_of
from edge.catalogue import CATALOGUE
from edge.config import Config, load_config
from edge.config_written import to_toml
from edge.errors import ConfigError
from edge.instruments import database_of, instruments_of, measured, names_of
from edge.measured import MEASURED, ON_VALVE, TYRE_IDS
from edge.wheels import WHEELS

FIRST, SECOND = "80:EA:CA:10:8A:78", "81:EA:CA:20:8A:79"


def sensors(*pairs: tuple[str, str]) -> str:
    each = "\n".join(f'[[tyres.sensor]]\nwheel = "{wheel}"\naddress = "{address}"' for wheel, address in pairs)
    return f'[tyres]\nsource = "ble:hci1"\n{each}\n'


def written(tmp_path: Path, text: str) -> Config:
    (tmp_path / "edge.toml").write_text(text)
    return load_config(tmp_path / "edge.toml")


def test_sensors_become_a_bus_of_their_own_that_decodes_their_wheels_alone(tmp_path: Path) -> None:
    config = written(tmp_path, sensors(("front_left", FIRST.lower()), ("row3_right_inner", SECOND)))
    [bus] = instruments_of(config)
    spec = SourceSpec.parse(bus.source)
    assert bus.source == f"ble:hci1?front_left={FIRST}&row3_right_inner={SECOND}"
    assert sensors_of(spec) == {"front_left": FIRST, "row3_right_inner": SECOND}
    assert names_of([*config.bus, bus], [SourceSpec.parse("can:can0"), spec]) == {"tyres"}
    [binding] = measured(config, [], [])
    assert [one.path for one in binding.database.signals] == [
        "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure",
        "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Temperature",
        "Vehicle.Telltale.Axle.Row3.Wheel.RightInner.Tire.Pressure",
        "Vehicle.Telltale.Axle.Row3.Wheel.RightInner.Tire.Temperature",
        ON_VALVE,
    ]
    assert {one.period_s for one in binding.database.signals} == {60.0}
    assert {one.unit for one in binding.database.signals} == {"kPa", "Celsius", ""}


def test_what_is_written_out_is_read_again(tmp_path: Path) -> None:
    config = written(tmp_path, sensors(("front_left", FIRST), ("rear_right", SECOND)))
    assert written(tmp_path, to_toml(config)).tyres == config.tyres


def test_without_a_source_sensors_wait(tmp_path: Path) -> None:
    config = written(tmp_path, sensors(("front_left", FIRST)).replace("ble:hci1", "bus"))
    assert instruments_of(config) == []


def test_every_wheel_has_signals_of_the_catalogue_and_ids_of_its_own() -> None:
    assert len(WHEELS) == len(set(WHEELS.values())) == 36
    assert TYRE_IDS.keys() <= CATALOGUE.keys()
    assert len(set(TYRE_IDS.values())) == len(TYRE_IDS) == 72
    assert TYRE_IDS.keys() <= MEASURED
    assert TYRE_IDS["Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure"] == 0x1FFFF040, "recordings have it"
    assert TYRE_IDS["Vehicle.Telltale.Axle.Row9.Wheel.RightInner.Tire.Temperature"] == 0x1FFFF087
    names = [one.source_name for one in database_of(TYRE_IDS).signals]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        (sensors(("spare", FIRST)), "tyres.sensor.1.wheel", "spare is no wheel: write front_left, front_right"),
        (sensors(("front_left", "80:EA")), "tyres.sensor.1.address", "80:EA is no address"),
        (sensors(("front_left", FIRST), ("front_left", SECOND)), "tyres", "wheel front_left is there twice"),
        (sensors(("front_left", FIRST), ("rear_left", FIRST)), "tyres", f"address {FIRST} is there twice"),
        (sensors(), "tyres", "telltale-edge tyres lists them"),
        ('[tyres]\nsource = "hci0"', "tyres.source", "write ble:hci0"),
        ('[tyres]\nsource = "ble:hci0?front_left=x"', "tyres.source", r"wheels stand in [[tyres.sensor]]"),
    ],
)
def test_mistakes_are_told_with_place_and_remedy(tmp_path: Path, text: str, place: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        written(tmp_path, text)
    assert caught.value.place == place
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("text", "problem", "remedy"),
    [
        ("ble:usb0?front_left=" + FIRST, "usb0 is no Bluetooth adapter", "bluetoothctl list"),
        ("ble:hci0", "no wheel has a sensor", "telltale-edge tyres"),
        ("ble:hci0?front_left=8:9", "8:9 is no address", "six bytes"),
        (f"ble:hci0?front_left={FIRST}&rear_left={FIRST}", "is to be on front_left and on rear_left", "air"),
        (f"ble:hci0?front_left={FIRST}&front_left={SECOND}", "given twice", "Leave one"),
        (f"ble:hci0?spare={FIRST}", "there is no option 'spare'", "front_left"),
    ],
)
def test_so_they_are_in_a_source(text: str, problem: str, remedy: str) -> None:
    with pytest.raises(ConfigError) as caught:
        sensors_of(SourceSpec.parse(text))
    assert problem in caught.value.problem
    assert remedy in caught.value.remedy


def test_without_its_library_a_source_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = SourceSpec.parse(f"ble:hci0?front_left={FIRST}")
    with closing(open_source(spec, speed=None, now_ns=0, stop=threading.Event())) as source:
        assert source.live
    monkeypatch.setattr("sys.path", [])
    monkeypatch.delitem(sys.modules, "jeepney", raising=False)
    with pytest.raises(ConfigError, match=r"jeepney is not installed.*pip install 'telltale\[edge,ble\]'"):
        open_source(spec, speed=None, now_ns=0, stop=threading.Event())
