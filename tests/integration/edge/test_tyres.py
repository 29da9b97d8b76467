"""Tyre sensors as BlueZ hears them: a real bus, a scripted BlueZ on it, and a daemon that warns of a leak."""

import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.bus.source import Source
from edge.config import Config, with_profile
from edge.decode.decoder import Decoder
from edge.errors import BusDown
from edge.frames import Frame, FrameBatch, merge
from edge.grid import Cells
from edge.instruments import measured
from edge.measured import ON_VALVE
from edge.prepare import Prepared, prepare
from edge.status.arming import Arming
from edge.status.place import NAME
from edge.tyres.bluez import Bluez
from edge.tyres.source import READINGS, SILENT, UNREADABLE, TyreSource
from edge.tyres.told import Advertisement
from edge.wheels import WHEELS
from tests.bluez import ScriptedBluez, cap, whisper
from tests.brokers import free_port
from tests.desktops import Bus, has_bus
from tests.in_memory import folder_in_memory
from tests.programs import listening, run
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(not has_bus(), reason="no dbus-daemon (.ci/cab)")

S = 1_000_000_000
ADDRESSES = {
    "front_left": "80:EA:CA:10:CA:8F",
    "front_right": "81:EA:CA:20:CA:8E",
    "rear_left": "82:EA:CA:30:CA:8D",
    "rear_right": "83:EA:CA:40:CA:8C",
}
LEFT = ADDRESSES["front_left"]
BARO = "Vehicle.OBD.BarometricPressure"
DBC = 'VERSION ""\nBU_: X\nBO_ 256 Air: 8 X\n SG_ Pressure : 0|8@1+ (1,0) [0|255] "kPa" X\n'
MAPPING = f'[signals]\n"Air.Pressure" = {{ path = "{BARO}" }}\n'
CONFIG = """
[[bus]]
source = "pythoncan:udp_multicast:239.74.163.31?port={port}"
[detect]
rules = ["flat.toml"]
[tyres]
source = "ble:hci0"
[[tyres.sensor]]
wheel = "front_left"
address = "{address}"
[state]
directory = "state"
"""
RULE = """
[[rule]]
alert = "flat"
expr = "{path} < 160"
component = "tyres"
severity = "warning"
action = "stop_now"
summary = "flat"
advice = "fill it"
"""


class Clock:
    """Stands still until a test says otherwise."""

    def __init__(self) -> None:
        self.ns = 0

    def __call__(self) -> int:
        return self.ns


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Bus]:
    with Bus(tmp_path) as bus:
        yield bus


@pytest.fixture
def bluez(bus: Bus) -> Iterator[ScriptedBluez]:
    with ScriptedBluez(bus) as bluez:
        yield bluez


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source(bus: Bus, clock: Clock) -> Iterator[TyreSource]:
    source = TyreSource("hci0", ADDRESSES, name="tyres", radio=partial(Bluez, bus=bus.address), now_ns=clock)
    yield source
    source.close()


def config_of(tmp_path: Path, **tables: Any) -> Config:
    (tmp_path / "air.dbc").write_text(DBC)
    (tmp_path / "air.vss.toml").write_text(MAPPING)
    sensors = [{"wheel": wheel, "address": address} for wheel, address in ADDRESSES.items()]
    return Config.model_validate({
        "state": {"directory": tmp_path},
        "bus": [{"name": "can0", "source": "can:can0", "dbc": [tmp_path / "air.dbc"]}],
        "tyres": {"source": "ble:hci0", "sensor": sensors},
        **tables,
    })  # fmt: skip


def values(batch: FrameBatch, tmp_path: Path) -> dict[str, float]:
    """What a history would get, by wheel and quantity."""
    decoder = Decoder(measured(config_of(tmp_path), [], []))
    samples = decoder.decode(batch)
    pairs = zip(samples.signal.tolist(), samples.value.tolist(), strict=True)
    return {decoder.signals[index].path: value for index, value in pairs}


def hear(source: TyreSource, count: int, what: str) -> FrameBatch:
    """Read until so many words were heard, whatever became of them."""
    frames: list[FrameBatch] = []

    def words() -> int:
        refused = ("repeated", "implausible", "unconfirmed", UNREADABLE, READINGS)
        return sum(source.counters[name] for name in refused)

    before = words()

    def heard() -> bool:
        batch = source.read(0.05)
        if len(batch):
            frames.append(batch)
        return words() >= before + count

    wait_until(heard, what)
    return FrameBatch.joined(frames) if frames else FrameBatch.empty(("tyres",), 0)


def opened(source: Source, bluez: ScriptedBluez) -> None:
    begun = bluez.begun
    source.read(0.0)
    wait_until(lambda: bluez.begun == begun + 1, "a discovery")


def test_what_a_sensor_says_twice_is_told_by_its_wheel(
    source: TyreSource, bluez: ScriptedBluez, clock: Clock, tmp_path: Path
) -> None:
    opened(source, bluez)
    assert bluez.filters == [{"Transport": "le", "DuplicateData": True}]
    bluez.advertise(LEFT, cap(LEFT, 231.0, 20.0), Name="TPMS1_10CA8F")
    assert len(hear(source, 1, "the first word")) == 0
    clock.ns = 10 * S
    bluez.advertise("00:11:22:33:44:55", {0x004C: bytes(16)})
    bluez.advertise(LEFT, cap(LEFT, 230.0, 21.0))
    batch = hear(source, 1, "the second word")
    assert values(batch, tmp_path) == {
        f"{WHEELS['front_left']}.Tire.Pressure": 230.0,
        f"{WHEELS['front_left']}.Tire.Temperature": 21.0,
        ON_VALVE: 1.0,
    }
    assert batch.time.tolist() == [10 * S] * 3
    assert source.counters[UNREADABLE] == 0


def test_what_bluez_remembers_and_what_grows_louder_is_no_reading(source: TyreSource, bluez: ScriptedBluez) -> None:
    bluez.remember(LEFT, {"ManufacturerData": ("a{qv}", {0x0100: ("ay", cap(LEFT, 40.0)[0x0100])})})
    opened(source, bluez)
    bluez.change(LEFT, {"RSSI": ("n", -60)})
    bluez.advertise(ADDRESSES["front_right"], {0x0100: b"?"})
    hear(source, 1, "a word that cannot be read")
    assert source.counters[UNREADABLE] == 1
    assert source.counters["unconfirmed"] == 0
    bluez.forget(LEFT)
    bluez.advertise(LEFT, cap(LEFT, 40.0))
    hear(source, 1, "heard for the first time")
    assert source.counters["unconfirmed"] == 1


def test_of_a_town_of_devices_the_bus_hands_on_ours_alone(bluez: ScriptedBluez, bus: Bus) -> None:
    radio = Bluez("hci0", [LEFT], bus=bus.address)
    try:
        wait_until(lambda: bool(bluez.begun), "a discovery")
        for byte in (b"1", b"2"):
            bluez.advertise("00:11:22:33:44:55", {0x004C: byte})
            bluez.advertise(LEFT, {0x0100: byte})
        heard: list[Advertisement] = []

        def twice() -> bool:
            heard.extend(radio.heard(0.05))
            return len(heard) >= 2

        wait_until(twice, "ours, twice")
        assert [(one.address, one.manufacturer) for one in heard] == [(LEFT, {0x0100: b"1"}), (LEFT, {0x0100: b"2"})]
    finally:
        radio.close()


def test_a_flat_tyre_has_no_less_than_nothing(
    source: TyreSource, bluez: ScriptedBluez, clock: Clock, tmp_path: Path
) -> None:
    opened(source, bluez)
    for clock.ns in (0, 10 * S):
        bluez.advertise(LEFT, cap(LEFT, -3.0))
        batch = hear(source, 1, "a flat tyre")
    assert values(batch, tmp_path)[f"{WHEELS['front_left']}.Tire.Pressure"] == 0.0


def test_a_sensor_that_was_not_heard_for_ten_minutes_is_silent(
    source: TyreSource, bluez: ScriptedBluez, clock: Clock
) -> None:
    opened(source, bluez)
    for clock.ns in (500 * S, 510 * S):
        bluez.advertise(LEFT, cap(LEFT, 230.0))
        hear(source, 1, "a word")

    def silent() -> set[str]:
        return {name.removeprefix(SILENT) for name, is_so in source.counters.items() if SILENT in name and is_so}

    clock.ns = 600 * S
    assert silent() == set()
    clock.ns = 601 * S
    assert silent() == ADDRESSES.keys() - {"front_left"}
    clock.ns = 1111 * S
    assert silent() == set(ADDRESSES)


def unplugged(bluez: ScriptedBluez) -> None:
    bluez.unplug()


def switched_off(bluez: ScriptedBluez) -> None:
    bluez.adapter_says("Powered", value=False)


def ended_by_another(bluez: ScriptedBluez) -> None:
    bluez.adapter_says("Discovering", value=False)


@pytest.mark.parametrize(
    ("goes", "says"),
    [(unplugged, "was taken away"), (switched_off, "switched off"), (ended_by_another, "listens no more")],
)
def test_an_adapter_that_goes_is_down_and_found_when_it_comes(
    source: TyreSource, bluez: ScriptedBluez, goes: Callable[[ScriptedBluez], None], says: str
) -> None:
    opened(source, bluez)
    goes(bluez)
    with pytest.raises(BusDown, match=says):
        wait_until(lambda: bool(len(source.read(0.05))), "it goes down")
    if goes is unplugged:
        with pytest.raises(BusDown, match=r"there is no such adapter. Remedy: plug it in"):
            source.read(0.0)
    bluez.plug()
    opened(source, bluez)
    bluez.advertise(LEFT, cap(LEFT, 230.0))
    hear(source, 1, "a word after it came back")


def test_a_bluetoothd_that_is_restarted_is_asked_again(source: TyreSource, bus: Bus) -> None:
    with pytest.raises(BusDown, match=r"bluetoothd does not run. Remedy: sudo systemctl enable --now bluetooth"):
        source.read(0.0)
    with ScriptedBluez(bus) as first:
        opened(source, first)
    with pytest.raises(BusDown, match="bluetoothd has gone"):
        wait_until(lambda: bool(len(source.read(0.05))), "it goes down")
    with ScriptedBluez(bus) as second:
        opened(source, second)
        second.advertise(LEFT, cap(LEFT, 230.0))
        hear(source, 1, "a word of the second")


def test_a_bus_that_goes_is_down_and_found_when_it_comes(source: TyreSource, bus: Bus) -> None:
    with ScriptedBluez(bus) as bluez:
        opened(source, bluez)
        bus.stop()
        with pytest.raises(BusDown, match="the system bus is gone"):
            wait_until(lambda: bool(len(source.read(0.05))), "it goes down")
    with pytest.raises(BusDown, match=r"no system bus: .*Remedy: sudo apt install dbus bluez"):
        source.read(0.0)
    bus.start()
    with ScriptedBluez(bus) as bluez:
        opened(source, bluez)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("org.freedesktop.DBus.Error.AccessDenied", "telltale-edge-tyres.conf"),
        ("org.bluez.Error.NotReady", "rfkill unblock bluetooth"),
        ("org.bluez.Error.Failed", r"refuses to listen \(org.bluez.Error.Failed\)"),
    ],
)
def test_whoever_refuses_is_quoted_with_a_remedy(
    source: TyreSource, bluez: ScriptedBluez, error: str, says: str
) -> None:
    bluez.refuses = error
    with pytest.raises(BusDown, match=says):
        source.read(0.0)
    bluez.refuses = ""
    opened(source, bluez)


def test_signals_of_somebody_else_on_the_bus_are_not_believed(
    source: TyreSource, bluez: ScriptedBluez, bus: Bus
) -> None:
    opened(source, bluez)
    whisper(bus, bluez.asked_by[-1], "hci0", LEFT, cap(LEFT, 40.0))
    bluez.advertise(ADDRESSES["front_right"], {0x0100: b"?"})
    hear(source, 1, "the true BlueZ, after the stranger")
    assert source.counters[UNREADABLE] == 1
    assert source.counters["unconfirmed"] == 0


def of_the_car(tmp_path: Path, **tables: Any) -> Prepared:
    return prepare(with_profile(config_of(tmp_path, detect={"rules": ["car"]}, **tables), tmp_path))


def armed(one: Prepared) -> set[str]:
    """Rules that can fire once everything that has a source is heard."""
    history = one.judgement.history
    every = np.ones(len(history.slot), np.bool_)
    rules = Arming(one.rules, one.rules_refused, history.slot).look(every, every, private=False, is_off=False)
    return {rule.concern.rule for rule in one.rules} - {rule.rule for rule in rules.named}


def test_rules_of_tyres_are_armed_with_sensors_and_unarmed_without(tmp_path: Path) -> None:
    tyres = {"tyre_front_uneven", "tyre_rear_uneven"}
    front = [{"wheel": wheel, "address": ADDRESSES[wheel]} for wheel in ("front_left", "front_right")]
    assert armed(of_the_car(tmp_path)) & tyres == tyres
    assert armed(of_the_car(tmp_path, tyres={"source": "ble:hci0", "sensor": front})) & tyres == {"tyre_front_uneven"}
    assert armed(of_the_car(tmp_path, tyres={})) & tyres == set()


def test_a_leak_that_bluez_hears_is_the_alert_of_the_car(
    source: TyreSource, bluez: ScriptedBluez, clock: Clock, tmp_path: Path
) -> None:
    """From 230 kPa, 6 kPa each 20 s: 6 % softer than the other after a minute and a half, then below 160 kPa."""
    one = of_the_car(tmp_path, judging={"grid_ms": 1000})
    opened(source, bluez)
    found: dict[str, list[str]] = {}
    for turn in range(16):
        clock.ns = turn * 20 * S
        for address in ADDRESSES.values():
            bluez.advertise(address, cap(address, 230.0 - 6.0 * turn if address == LEFT else 230.0))
        words = hear(source, len(ADDRESSES), "a word of each")
        moments = [clock.ns + second * S for second in range(20)]
        air = [Frame(at, 256, bytes([101]) + bytes(7), "can0") for at in moments]
        until = clock.ns + 20 * S
        frames = merge([words, FrameBatch.of(air)], buses=("can0", "tyres"), until=until)
        ends = list(range(clock.ns + S, until + 1, S))
        for outcome in one.judgement.advance(Cells(frames, ends, np.searchsorted(frames.time, ends).tolist())):
            for alert in outcome.alerts:
                found.setdefault(alert.concern.rule, []).append(alert.severity)
    assert found == {"tyre_front_uneven": ["warning", "critical"]}


def test_wheels_that_differ_in_warmth_accuse_no_brake(
    source: TyreSource, bluez: ScriptedBluez, clock: Clock, tmp_path: Path
) -> None:
    """The sun shines on one side: 8 K for half an hour; sensors on valves are good to 3 K, each."""
    one = of_the_car(tmp_path, judging={"grid_ms": 1000})
    opened(source, bluez)
    for turn in range(30):
        clock.ns = turn * 60 * S
        for address in ADDRESSES.values():
            bluez.advertise(address, cap(address, 230.0, 38.0 if address == LEFT else 30.0))
        until = clock.ns + 60 * S
        words = hear(source, len(ADDRESSES), "a word of each")
        ends = list(range(clock.ns + S, until + 1, S))
        told = one.judgement.advance(Cells(words, ends, np.searchsorted(words.time, ends).tolist()))
        assert [alert.concern.rule for outcome in told for alert in outcome.alerts] == []
    window = one.judgement.history.window()
    assert window.value(f"{WHEELS['front_left']}.Tire.Temperature") == 38.0


def test_a_daemon_warns_of_a_flat_tyre_and_its_status_tells_of_the_sensors(
    bus: Bus, bluez: ScriptedBluez, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address)
    path = f"{WHEELS['front_left']}.Tire.Pressure"
    (tmp_path / "flat.toml").write_text(RULE.format(path=path))
    config = tmp_path / "edge.toml"
    config.write_text(CONFIG.format(port=free_port(), address=LEFT))
    with folder_in_memory() as place, listening("--config", config, "--status", place):

        def told() -> dict[str, Any]:
            bluez.advertise(LEFT, cap(LEFT, 90.0, 17.0))
            file = place / NAME
            return dict(json.loads(file.read_bytes())) if file.exists() else {}

        wait_until(lambda: bool(bluez.begun), "it listens")
        wait_until(lambda: bool((told().get("alerts") or {}).get("firing")), "the alert")
        status = told()
        assert [one["rule"] for one in status["alerts"]["fires"]] == ["flat"]
        [tyres] = [one for one in status["buses"] if one["kind"] == "tyres"]
        assert tyres["counters"]["readings"] >= 1
        assert tyres["counters"]["silent_front_left"] == 0
        bluez.unplug()
        wait_until(
            lambda: [one["state"] for one in told()["buses"] if one["kind"] == "tyres"] == ["down"], "it is down"
        )
        bluez.plug()
        wait_until(lambda: [one["state"] for one in told()["buses"] if one["kind"] == "tyres"] == ["up"], "it is back")


def test_the_installer_sees_which_sensor_falls(
    bus: Bus, bluez: ScriptedBluez, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address)
    config = tmp_path / "edge.toml"
    config.write_text(CONFIG.format(port=free_port(), address=LEFT))
    (tmp_path / "flat.toml").write_text(RULE.format(path="Vehicle.Speed"))
    over = threading.Event()

    def let_air_out() -> None:
        wait_until(lambda: bool(bluez.begun), "it listens")
        for kpa in (230.0, 230.2, 200.0):
            bluez.advertise(LEFT, cap(LEFT, kpa))
        bluez.advertise(ADDRESSES["front_right"], cap(ADDRESSES["front_right"], 231.0))
        bluez.advertise("00:11:22:33:44:55", {0x004C: bytes(16)})
        over.set()

    thread = threading.Thread(target=let_air_out)
    thread.start()
    listed = run("telltale-edge", "tyres", "--config", config, "--listen", "4", "--json")
    thread.join(30)
    assert over.is_set()
    lines = [json.loads(line) for line in listed.out.splitlines()]
    assert [(line["address"], line["wheel"], line["told"]["pressure_kpa"], line["since_kpa"]) for line in lines] == [
        (LEFT, "front_left", 230.0, 0.0),
        (LEFT, "front_left", 200.0, -30.0),
        (ADDRESSES["front_right"], "", 231.0, 0.0),
    ]
    assert listed.status == 0


def test_where_nothing_is_heard_the_installer_is_told_why(
    bus: Bus, bluez: ScriptedBluez, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address)
    silent = run("telltale-edge", "tyres", "--listen", "0.3")
    assert (silent.status, silent.out) == (1, "")
    assert "let some air out" in silent.err
    none = run("telltale-edge", "tyres", "--adapter", "hci7", "--listen", "0.3")
    assert none.status == 1
    assert "hci7: there is no such adapter. Remedy: plug it in" in none.err


@pytest.mark.parametrize("said", [("--listen", "-5"), ("--listen", "nan"), ("--adapter", "../x")])
def test_what_cannot_be_listened_to_is_refused_at_once(said: tuple[str, str]) -> None:
    ended = run("telltale-edge", "tyres", *said)
    assert ended.status == 2
    assert f"argument {said[0]}: '{said[1]}' is no" in ended.err
