"""Edge, cloud and broker are killed with -9 at random moments; every alert is in the database exactly once."""

import json
import random
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from tests.brokers import Mosquitto, free_port
from tests.programs import program, run

ALERTS: Final = 2000
KILLS: Final = 20
CELL_MS: Final = 100
SPEED: Final = 25.0
SEED: Final = 20261121
DBC: Final = """VERSION ""

BU_: ECU

BO_ 256 Load: 8 ECU
 SG_ A : 0|16@1+ (1,0) [0|65535] "" ECU
 SG_ B : 16|16@1+ (1,0) [0|65535] "" ECU
 SG_ C : 32|16@1+ (1,0) [0|65535] "" ECU
 SG_ D : 48|16@1+ (1,0) [0|65535] "" ECU
"""
RULE: Final = """
[[rule]]
alert = "rule_{name}_{number}"
expr = "dbc.Load.{upper} > {number} and dbc.Load.{upper} < {number} + 2"
component = "{name}"
severity = "warning"
action = "watch"
summary = "{upper} at {{value}}"
"""


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    """A folder with a log that gives reason for exactly 2,000 alerts: of each of four signals 500 rules, once each,
    since an alert that comes again and again flaps."""
    (tmp_path / "load.dbc").write_text(DBC)
    rules = [RULE.format(name=name, upper=name.upper(), number=one) for name in "abcd" for one in range(ALERTS // 4)]
    (tmp_path / "rules.toml").write_text("".join(rules))
    lines = []
    for cell in range(ALERTS // 4 * 2 + 2):
        value = cell // 2 + 1 if cell % 2 else 0
        payload = value.to_bytes(2, "little").hex().upper() * 4
        at_ms = 1_700_000_000_000 + cell * CELL_MS + CELL_MS // 2
        lines.append(f"({at_ms // 1000}.{at_ms % 1000:03d}000) can0 100#{payload}\n")
    (tmp_path / "drive.log").write_text("".join(lines[:-1]))
    return tmp_path


@dataclass
class Part:
    """A process that is started again whenever it has ended or was killed."""

    start: Callable[[], "subprocess.Popen[bytes]"]
    child: "subprocess.Popen[bytes] | None" = None
    kills: int = 0
    statuses: list[int] = field(default_factory=list)

    def running(self) -> "subprocess.Popen[bytes]":
        if self.child is None or self.child.poll() is not None:
            if self.child is not None:
                self.statuses.append(self.child.returncode)
            self.child = self.start()
        return self.child

    def kill(self) -> None:
        if self.child is not None and self.child.poll() is None:
            self.child.kill()
            self.child.wait()
            self.kills += 1

    def end(self) -> None:
        if self.child is not None:
            self.child.terminate()
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()


def spawn(arguments: Sequence[str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("ab") as out:
        return subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=out)


def write_config(folder: Path, broker: str) -> None:
    """What the command line has no options for: how soon to try again."""
    (folder / "edge.toml").write_text(
        f"""
[vehicle]
fleet = "chaos"
id = "car"
[[bus]]
source = "log:{folder / "drive.log"}"
dbc = ["load.dbc"]
speed = {SPEED}
[detect]
rules = ["./rules.toml"]
[state]
directory = "state"
[link]
broker = "{broker}"
resend_s = 1.0
backoff_max_s = 1.0
drain_s = 240.0
[cab]
voice = "none"
"""
    )


def expected(folder: Path) -> set[tuple[str, str]]:
    """(id, state) of every transition, from an undisturbed run without a broker."""
    out = folder / "expected.jsonl"
    sources = ("--bus", f"log:{folder / 'drive.log'}", "--dbc", folder / "load.dbc", "--rules", folder / "rules.toml")
    ended = run("telltale-edge", "run", *sources, "--vehicle", "car", "--speed", "max", "--alerts-out", out)
    assert ended.status == 0, ended.err
    return {(line["id"], line["state"]) for line in map(json.loads, out.read_text().splitlines())}


@pytest.mark.timeout(480)  # a slow machine takes its time; what counts is that everything comes, once
def test_every_alert_is_in_the_database_exactly_once(drive: Path) -> None:
    wanted = expected(drive)
    assert len({alert for alert, _ in wanted}) == ALERTS
    dice = random.Random(SEED)
    database = drive / "cloud.db"
    with ExitStack() as stack:
        (drive / "broker").mkdir()
        broker = stack.enter_context(Mosquitto(drive / "broker"))
        write_config(drive, broker.url)
        port = str(free_port())
        serve = [program("telltale-cloud"), "serve", "--broker", broker.url, "--port", port]
        serve += ["--database", f"sqlite:///{database}", "--token", "a-token-for-this-test-only"]
        cloud = Part(lambda: spawn(serve, drive / "cloud.log"))
        listen = [program("telltale-edge"), "run", "--config", str(drive / "edge.toml")]
        edge = Part(lambda: spawn(listen, drive / "edge.log"))
        stack.callback(cloud.end)
        stack.callback(edge.end)
        broker_kills = 0
        for kill in range(KILLS):
            cloud.running()
            with suppress(subprocess.TimeoutExpired):  # the moment that the dice say, or when the log is over
                edge.running().wait(dice.uniform(0.4, 1.6))
            match kill % 3:
                case 0:
                    edge.running()
                    edge.kill()
                case 1:
                    cloud.kill()
                case _:
                    broker.kill()
                    broker.start()
                    broker_kills += 1
        cloud.running()
        last = edge.running()
        assert last.wait(270) == 0, _ends_of_logs(drive)
        cloud.end()
    assert edge.kills + cloud.kills + broker_kills == KILLS
    waiting = _waiting(drive / "state" / "outbox.db")
    assert waiting == 0, f"the edge ends when the cloud has everything, and {waiting} wait{_ends_of_logs(drive)}"
    _exactly_once(database, wanted)


def _ends_of_logs(folder: Path) -> str:
    logs = (folder / "edge.log", folder / "cloud.log", folder / "broker" / "mosquitto.log")
    return "".join(f"\n--- {log.name}\n{log.read_text()[-3000:]}" for log in logs)


def _exactly_once(database: Path, wanted: set[tuple[str, str]]) -> None:
    with sqlite3.connect(database) as db:
        told = Counter(db.execute("SELECT alert, state FROM alert_timeline").fetchall())
        alerts = db.execute("SELECT id, state FROM alerts").fetchall()
        quarantined = db.execute("SELECT count(*) FROM quarantine").fetchone()
    db.close()
    assert set(told) == wanted
    assert set(told.values()) == {1}
    assert len(alerts) == ALERTS
    assert {state for _, state in alerts} == {"resolved"}
    assert quarantined == (0,)


def _waiting(outbox: Path) -> int:
    db = sqlite3.connect(f"file:{outbox}?mode=ro", uri=True)
    try:
        [count] = db.execute("SELECT count(*) FROM message").fetchone()
    finally:
        db.close()
    return int(count)
