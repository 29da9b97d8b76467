"""In private mode: everything that a run writes, sends and says is searched for where and how was driven."""

import json
import math
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge.bus.sink import open_sink
from edge.frames import Frame, FrameBatch
from edge.status.place import NAME
from edge.wire import blocks
from edge.wire.frame_block import decode_frames
from tests.brokers import Mosquitto
from tests.buses import bus_of_nobody
from tests.programs import listening, run
from tests.waiting import wait_until

START = 1_764_000_000
SECONDS = 900
LATITUDE, LONGITUDE = 48.1371593, 11.5761847
SPEED = 87.3146
COOLANT = "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature"
PATHS: dict[str, Callable[[int], float]] = {
    "Vehicle.LowVoltageSystemState": lambda s: 4.0 if s < SECONDS - 60 else 2.0,
    "Vehicle.Speed": lambda s: SPEED if 10 < s < SECONDS - 80 and not 300 < s < 310 else 0.0,
    "Vehicle.CurrentLocation.Latitude": lambda s: LATITUDE + 1e-5 * max(s - 10, 0),
    "Vehicle.CurrentLocation.Longitude": lambda _: LONGITUDE,
    "Vehicle.CurrentLocation.HorizontalAccuracy": lambda _: 4.0,
    "Vehicle.Acceleration.Longitudinal": lambda s: -6.2531 if s in {299, 300} else 0.0,
    "Vehicle.Chassis.Accelerator.PedalPosition": lambda _: 37.77,
    COOLANT: lambda s: 90.0 + max(s - 400, 0) / 10,
    "Vehicle.TraveledDistance": lambda s: 184_000.0 + s / 40,
}
RULES = """
[[rule]]
alert = "hot"
expr = "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature > 110 Celsius and Vehicle.Speed > 10 km/h"
for = "5s"
component = "cooling"
severity = "critical"
action = "stop_now"
summary = "{value:.1f} degrees at {Vehicle.Speed:.4f} km/h"
advice = "Pedal at {Vehicle.Chassis.Accelerator.PedalPosition:.2f}"
driver = "Too hot at {Vehicle.Speed:.4f}"

[[rule]]
alert = "racing"
expr = "Vehicle.Speed > 80 km/h"
component = "driver"
severity = "critical"
action = "watch"
summary = "{value} km/h"
driver = "Too fast"
"""
CONFIG = """
[[bus]]
source = "table:{table}"
speed = "max"
[detect]
rules = ["rules.toml"]
[memory]
summary_s = 60
[position]
every_s = 10
[style]
overspeed_kmh = 70
[[geofence]]
name = "depot"
centre = [48.1371593, 11.5761847]
radius_m = 400
alert = "inside"
severity = "info"
[private]
{hours}
"""
PRIVATE = 'hours = [{ days = "mon-sun" }]'
TEXTS = (
    b"CurrentLocation", b"48.13", b"48.14", b"11.576", b"87.31", b"87.3", b"37.77", b"6.25", b"Vehicle.Speed",
    b"PedalPosition", b"Acceleration", b"racing", b"depot", b"Too fast", b'"harsh', b"braking",
)  # fmt: skip
NEEDLES = (*TEXTS, *(struct.pack("<d", number) for number in (SPEED, LATITUDE, LONGITUDE)))


@dataclass(frozen=True)
class Left:
    """What a run left behind."""

    files: dict[str, bytes]
    said: bytes
    outbox: list[dict[str, Any]]
    """Every message, sent or not."""
    payloads: list[bytes]
    """What a listener at the broker got."""
    frames: bytes
    """Payloads of raw frames in captures, one after another, unpacked."""

    def holds(self, needle: bytes) -> list[str]:
        """Where it is found."""
        found = [name for name, content in self.files.items() if needle in content]
        found += ["captures"] if needle in self.frames else []
        found += ["messages"] if any(needle in payload for payload in self.payloads) else []
        return found + (["output"] if needle in self.said else [])

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [one["body"] for one in self.outbox if one["schema"].startswith(f"{kind}/")]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    folder = tmp_path / "broker"
    folder.mkdir()
    with Mosquitto(folder) as running:
        yield running


def drive(folder: Path, broker: Mosquitto, hours: str) -> Left:
    """Runs the daemon over the table, with a listener at the broker."""
    folder.mkdir()
    rows = [",".join(["time", *PATHS])]
    rows += [",".join([str(START + s), *(repr(value(s)) for value in PATHS.values())]) for s in range(SECONDS)]
    table = folder.with_suffix(".csv")
    table.write_text("\n".join(rows))
    (folder / "rules.toml").write_text(RULES)
    config = folder / "edge.toml"
    config.write_text(CONFIG.format(table=table, hours=hours))
    payloads: list[bytes] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _data, message: payloads.append(bytes(message.payload))
    client.connect("127.0.0.1", broker.port)
    client.subscribe("telltale/#", qos=1)
    client.loop_start()
    out = folder / "out"
    out.mkdir()
    ran = run(
        "telltale-edge", "--log", "info", "run", "--config", config, "--broker", broker.url, "--drain", "6",
        "--state", out / "state", "--alerts-out", out / "alerts.jsonl", "--report", out / "report.json",
    )  # fmt: skip
    client.loop_stop()
    assert ran.status == 0, ran.err
    files = {str(file.relative_to(out)): file.read_bytes() for file in out.rglob("*") if file.is_file()}
    with closing(sqlite3.connect(out / "state" / "outbox.db")) as db:
        whole = [split(payload) for (payload,) in db.execute("SELECT payload FROM message ORDER BY id")]
    frames = b"".join(decode_frames(block).payload.tobytes() for _, block in whole if block)
    outbox = [json.loads(envelope) for envelope, _ in whole]
    return Left(files, (ran.out + ran.err).encode(), outbox, payloads, frames)


def split(payload: bytes) -> tuple[bytes, bytes]:
    """The envelope of a message, and its block."""
    return blocks.split(payload) if payload.startswith(blocks.MAGIC) else (payload, b"")


def test_nothing_of_a_private_run_says_where_or_how_was_driven(tmp_path: Path, broker: Mosquitto) -> None:
    left = drive(tmp_path / "private", broker, PRIVATE)
    assert {needle: places for needle in NEEDLES if (places := left.holds(needle))} == {}

    [hot, *_] = left.of_kind("alert")
    assert (hot["rule"], hot["latitude_deg"], hot["values"]) == ("hot", None, {COOLANT: 110.6})
    assert hot["summary"] == "110.6 degrees at unknown km/h"
    assert b"Too hot at unknown" in left.said
    [trip] = left.of_kind("trip")
    told = {name for name, value in trip.items() if value not in (None, [], {}, False)}
    assert told == {
        "id", "started_at", "ended_at", "ended_by", "distance_m", "alerts",
        "odometer_start_km", "odometer_end_km", "private",
    }  # fmt: skip
    assert math.isclose(trip["odometer_end_km"] - trip["odometer_start_km"], 0.02, abs_tol=0.02)
    assert left.of_kind("summary") == left.of_kind("position") == []
    captures = left.of_kind("capture")
    assert {hole["cause"] for one in captures for hole in one["holes"]} == {"withheld"}


def test_the_same_search_finds_all_of_it_where_the_run_is_not_private(tmp_path: Path, broker: Mosquitto) -> None:
    left = drive(tmp_path / "public", broker, "")
    assert [needle for needle in TEXTS if not left.holds(needle)] == []
    assert all("messages" in left.holds(needle) for needle in (b"48.1", b"87.3", b"depot", b"racing"))
    assert all("captures" in left.holds(struct.pack("<d", number)) for number in (SPEED, LONGITUDE))
    assert left.of_kind("position")
    assert left.of_kind("summary")
    [trip] = left.of_kind("trip")
    assert "private" not in trip
    assert trip["harsh_braking"] == 1


def test_that_a_place_is_withheld_is_written_down_and_found_again_after_a_restart(
    tmp_path: Path, broker: Mosquitto
) -> None:
    (modes := tmp_path / "modes.json").write_text('{"private_wish": true}')
    (place := tmp_path / "run").mkdir()
    bus = bus_of_nobody()
    options = ("--bus", bus, "--voice", "none", "--state", tmp_path, "--broker", broker.url, "--status", place)
    frame = FrameBatch.of([Frame(0, 0x123, b"\x01")])

    def frames_while(*, private: bool) -> int:
        """How many were heard, once that mode is known to hold."""
        sink.send(frame)
        with suppress(FileNotFoundError):
            told = json.loads((place / NAME).read_bytes())
            return int(told["buses"][0]["frames"] or 0) if told["daemon"]["private"] is private else 0
        return 0

    with listening(*options), closing(open_sink(bus)) as sink:
        wait_until(lambda: frames_while(private=True) > 0, "private mode holds")
        wait_until(lambda: json.loads(modes.read_bytes()).get("withholds") is True, "it is kept")
    (place / NAME).unlink()
    modes.write_text(json.dumps({**json.loads(modes.read_bytes()), "private_wish": False}))
    with listening(*options), closing(open_sink(bus)) as sink:
        wait_until(lambda: frames_while(private=False) > 0, "private mode is over")
        before = frames_while(private=False)
        wait_until(lambda: frames_while(private=False) > before + 50, "it has judged and written down what it knows")
    assert json.loads(modes.read_bytes()) == {"private_wish": False, "asked_until": None, "withholds": True}
