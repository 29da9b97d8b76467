"""The daemon on a disk that is full or read-only: it lives, says so in its health, and alerts reach the cloud."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge.wire import blocks
from edge.wire.downlink import ack_of, encode_down
from tests.brokers import Mosquitto
from tests.programs import Ended, run
from tests.small_disks import KINDS, fill, remount, small_disk

ALERTS = 200
DBC = """VERSION ""

BU_: ECU

BO_ 256 Load: 8 ECU
 SG_ A : 0|16@1+ (1,0) [0|65535] "" ECU
 SG_ B : 16|16@1+ (1,0) [0|65535] "" ECU
"""
MAPPING = '[signals]\n"Load.B" = { path = "Vehicle.Powertrain.CombustionEngine.Speed" }\n'
RULE = """
[[rule]]
alert = "rule_{number}"
expr = "dbc.Load.A > {number} and dbc.Load.A < {number} + 2"
component = "load"
severity = "warning"
action = "watch"
summary = "{{value}}"
"""


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    """A folder with a log of forty seconds that gives reason for 200 alerts, each of which begins and ends."""
    (tmp_path / "load.dbc").write_text(DBC)
    (tmp_path / "load.vss.toml").write_text(MAPPING)
    (tmp_path / "rules.toml").write_text("".join(RULE.format(number=number) for number in range(ALERTS)))
    lines = []
    for cell in range(ALERTS * 2 + 2):
        at_ms = 1_700_000_000_000 + cell * 100 + 50
        payload = (cell // 2 + 1 if cell % 2 else 0).to_bytes(2, "little").hex().upper() * 4
        lines.append(f"({at_ms // 1000}.{at_ms % 1000:03d}000) can0 100#{payload}\n")
    (tmp_path / "drive.log").write_text("".join(lines))
    return tmp_path


@pytest.fixture(params=KINDS)
def disk(request: pytest.FixtureRequest, drive: Path) -> Iterator[Path]:
    with small_disk(request.param, drive, 24) as place:
        yield place


def run_daemon(drive: Path, disk: Path, broker: str = "mqtt://127.0.0.1:9", *, log: str = "drive.log") -> Ended:
    """`mqtt://127.0.0.1:9`: nobody listens there."""
    drain = 0 if broker.endswith(":9") else 60
    options = ("--dbc", drive / "load.dbc", "--rules", drive / "rules.toml", "--voice", "none", "--summary", "10")
    link = ("--broker", broker, "--drain", str(drain), "--state", disk / "state")
    return run("telltale-edge", "run", "--bus", f"log:{drive / log}", "--speed", "max", *options, *link)


def first_run(drive: Path, disk: Path) -> None:
    """What every box has done once: its state lies on the disk."""
    (drive / "short.log").write_text((drive / "drive.log").read_text()[:200].rpartition("\n")[0] + "\n")
    ended = run_daemon(drive, disk, log="short.log")
    assert ended.status == 0, ended.err


def waiting(disk: Path) -> dict[str, list[dict[str, Any]]]:
    """The bodies in the outbox by kind."""
    found: dict[str, list[dict[str, Any]]] = {}
    with closing(sqlite3.connect(disk / "state" / "outbox.db")) as db:
        for kind, payload in db.execute("SELECT kind, payload FROM message ORDER BY id"):
            found.setdefault(kind, []).append(envelope_of(payload)["body"])
    return found


def envelope_of(payload: bytes) -> dict[str, Any]:
    """Of a message; a capture's block is left aside."""
    text = blocks.split(payload)[0] if payload.startswith(blocks.MAGIC) else payload
    envelope: dict[str, Any] = json.loads(text)
    return envelope


@dataclass
class Heard:
    """What came over the broker."""

    bodies: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [body for one, body in self.bodies if one == kind]


@contextmanager
def a_cloud(broker: Mosquitto) -> Iterator[Heard]:
    """Hears everything and acknowledges it, as a cloud does that has it."""
    heard = Heard()
    stored: dict[str, set[int]] = {}

    def on_message(client: mqtt.Client, _: object, message: mqtt.MQTTMessage) -> None:
        envelope = envelope_of(bytes(message.payload))
        stream, seq = envelope["stream"], envelope["seq"]
        if seq not in stored.setdefault(stream, set()):
            stored[stream].add(seq)
            heard.bodies.append((message.topic.rpartition("/")[2], envelope["body"]))
        base = message.topic.partition("/up/")[0]
        client.publish(f"{base}/down/ack", encode_down(ack_of(stream, [(one, one) for one in stored[stream]])), 1)

    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = on_message
    client.connect("127.0.0.1", broker.port)
    client.subscribe("telltale/v1/+/+/up/+", qos=1)
    client.loop_start()
    try:
        yield heard
    finally:
        client.disconnect()
        client.loop_stop()


def test_on_a_full_disk_the_daemon_keeps_every_alert_and_says_what_it_cannot(drive: Path, disk: Path) -> None:
    first_run(drive, disk)
    fill(disk)
    ended = run_daemon(drive, disk)
    assert ended.status == 0, ended.err
    found = waiting(disk)
    assert Counter(body["state"] for body in found["alert"]) == {"firing": ALERTS, "resolved": ALERTS}
    health = found["health"][-1]
    assert health["parts"]["outbox"]["state"] == "degraded"
    assert "little space is left on its disk" in health["parts"]["outbox"]["reason"]
    assert health["counters"]["outbox.lost.disk_full.summary"] > 0
    assert len(found["health"]) == 1, "the last word"


def test_started_on_a_read_only_disk_the_daemon_tells_the_cloud_from_memory(drive: Path, disk: Path) -> None:
    first_run(drive, disk)
    before = waiting(disk)
    remount(disk, "ro")
    with Mosquitto(drive) as broker, a_cloud(broker) as heard:
        ended = run_daemon(drive, disk, broker.url)
    assert ended.status == 0, ended.err
    assert "nothing is kept across a restart" in ended.err
    assert Counter(body["state"] for body in heard.of("alert")) == {"firing": ALERTS, "resolved": ALERTS}
    reason = heard.of("health")[-1]["parts"]["outbox"]["reason"]
    assert "nothing is kept across a restart" in reason
    assert "outbox.db" in reason
    remount(disk, "rw")
    assert waiting(disk) == before, "what waited there waits still"


def test_what_waited_on_a_disk_that_was_read_only_is_sent_when_it_is_not(drive: Path, disk: Path) -> None:
    first_run(drive, disk)
    remount(disk, "ro")
    assert run_daemon(drive, disk).status == 0
    remount(disk, "rw")
    with Mosquitto(drive) as broker, a_cloud(broker) as heard:
        ended = run_daemon(drive, disk, broker.url)
    assert ended.status == 0, ended.err
    assert Counter(body["state"] for body in heard.of("alert"))["firing"] == ALERTS
    assert "outbox" not in heard.of("health")[-1]["parts"]
