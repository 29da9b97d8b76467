"""The daemon on a live bus, with the simulated car in another process."""

import json
import re
import signal
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from edge.bus.sink import open_sink
from edge.frames import Frame, FrameBatch
from tests.programs import listening, run
from tests.shared import ROOT

GROUP = "239.74.163.21"


@pytest.fixture
def bus() -> str:
    """A multicast bus on a port that nobody uses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return f"pythoncan:udp_multicast:{GROUP}?port={port}"


LAST = 0x7F0
LAST_DBC = """VERSION ""

BU_: ECU

BO_ 2032 Last: 1 ECU
 SG_ Frame : 0|8@1+ (1,0) [0|255] "" ECU
"""
LAST_RULE = """
[[rule]]
alert = "last"
expr = "dbc.Last.Frame > 0"
component = "test"
severity = "critical"
action = "stop_now"
summary = "s"
driver = "That was all"
"""


def test_every_frame_that_the_car_sends_is_heard_and_judged(bus: str, tmp_path: Path) -> None:
    drive = ("--vehicle", "car", "--duration", "240", "--speed", "40", "--seed", "3", "--fault", "battery@20")
    (tmp_path / "last.dbc").write_text(LAST_DBC)
    (tmp_path / "last.toml").write_text(LAST_RULE)
    databases = ("--dbc", ROOT / "dbc" / "telltale-car.dbc", tmp_path / "last.dbc", "--rules", tmp_path / "last.toml")
    with listening("--bus", bus, *databases, "--report", tmp_path / "report.json") as daemon:
        sent = run("telltale-edge", "simulate", "--bus", bus, *drive)
        assert sent.status == 0, sent.err
        with closing(open_sink(bus)) as sink:
            sink.send(FrameBatch.of([Frame(0, LAST, b"\x01")]))
        assert daemon.stdout is not None
        assert daemon.stdout.readline() == "cab: *chime* *chime* *chime* That was all\n", (
            "everything before it is judged"
        )
        daemon.send_signal(signal.SIGTERM)
        out, err = daemon.communicate(timeout=30)
    assert daemon.returncode == 0, err
    account = json.loads((tmp_path / "report.json").read_text())
    [counters] = account["sources"].values()
    frames = int(sent.out.split()[0].replace(",", "")) + 1
    lost = sum(counters[name] for name in ("socket_full", "reader_queue_full", "controller_overrun"))
    assert counters["frames"] + lost == frames, "what is not heard is counted"
    assert account["frames"] == counters["frames"] > 20_000
    assert account["frames_unknown"] == 0
    assert account["cells"] > 40, "time goes on as it does on a wall"
    assert re.search(r"trips, \d+ summaries", out)


def test_an_alert_that_fires_when_the_daemon_is_killed_goes_on_after_its_restart(bus: str, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(
        '[[rule]]\nalert = "cool"\nexpr = "Vehicle.Exterior.AirTemperature < 100"\ncomponent = "air"\n'
        'severity = "info"\naction = "watch"\nsummary = "{value}"\ndriver = "It is cool"\n'
    )
    nowhere = ("--broker", "mqtt://127.0.0.1:1", "--state", tmp_path / "state")
    options = ("--profile", "telltale-car", "--rules", rules, *nowhere)
    drive = ("telltale-edge", "simulate", "--bus", bus, "--duration", "30", "--speed", "10")
    with listening("--bus", bus, *options) as daemon:
        run(*drive)
        assert daemon.stdout is not None
        assert daemon.stdout.readline() == "cab: It is cool\n"
    with listening("--bus", bus, *options) as daemon:
        run(*drive)
        daemon.send_signal(signal.SIGTERM)
        out, err = daemon.communicate(timeout=30)
    assert daemon.returncode == 0, err
    assert "cab:" not in out, "the driver is not told twice"
    assert "wait in the outbox" in out
    with closing(sqlite3.connect(tmp_path / "state" / "outbox.db")) as db:
        assert db.execute("SELECT count(*) FROM message WHERE kind = 'alert'").fetchone() == (1,)
