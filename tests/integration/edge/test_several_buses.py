"""Several buses in one configuration: each with its own databases and name, judged together; one daemon per state."""

import fcntl
import json
import os
from pathlib import Path

import pytest

from edge.config import load_config
from edge.errors import ConfigError
from edge.run import run as run_edge
from tests.programs import run

DBC = """VERSION ""

BU_: ECU

BO_ 256 {name}: 1 ECU
 SG_ Level : 0|8@1+ (1,0) [0|255] "" ECU
"""
RULE = """
[[rule]]
alert = "{name}"
expr = "dbc.{upper}.Level > 100"
component = "{name}"
severity = "info"
action = "watch"
summary = "{{value}}"
"""


@pytest.fixture
def two_buses(tmp_path: Path) -> Path:
    """Two logs that use the same id for different things, the second of which lies on two channels."""
    for name in ("Front", "Rear"):
        (tmp_path / f"{name}.dbc").write_text(DBC.format(name=name))
    (tmp_path / "front.log").write_text("(100.010000) can0 100#C8\n(100.900000) can0 100#00\n")
    (tmp_path / "rear.log").write_text("(100.410000) can0 100#C8\n(100.500000) can1 100#C9\n(101.000000) can0 100#00\n")
    (tmp_path / "rules.toml").write_text("".join(RULE.format(name=n.lower(), upper=n) for n in ("Front", "Rear")))
    config = tmp_path / "edge.toml"
    config.write_text(
        """
[[bus]]
name = "front"
source = "log:front.log"
dbc = ["Front.dbc"]
speed = "max"
[[bus]]
name = "rear"
source = "log:rear.log"
dbc = ["Rear.dbc"]
speed = "max"
[detect]
rules = ["./rules.toml"]
"""
    )
    return config


def test_each_bus_is_decoded_with_its_own_database_and_judged_on_one_grid(
    two_buses: Path,
) -> None:
    folder = two_buses.parent
    out = folder / "alerts.jsonl"
    account = run_edge(load_config(two_buses), alerts_out=out)
    assert (account.frames_known, account.frames_unknown, account.ids_known) == (5, 0, 3)
    assert set(account.sources) == {"front", "rear"}
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(line["rule"], line["state"], line["started_at"][11:]) for line in lines] == [
        ("front", "firing", "00:01:40.100000Z"),
        ("rear", "firing", "00:01:40.500000Z"),
        ("front", "resolved", "00:01:40.100000Z"),
        ("rear", "resolved", "00:01:40.500000Z"),
    ]


@pytest.fixture
def one_log(tmp_path: Path) -> Path:
    """Both buses in one log, on which the same id means different things."""
    for name in ("Front", "Rear"):
        (tmp_path / f"{name}.dbc").write_text(DBC.format(name=name))
    frames = ("00.010000) can0 100#C8", "00.410000) can1 100#C8", "00.900000) can0 100#00", "01.000000) can1 100#00")
    (tmp_path / "drive.log").write_text("".join(f"(1{one}\n" for one in frames))
    (tmp_path / "rules.toml").write_text("".join(RULE.format(name=n.lower(), upper=n) for n in ("Front", "Rear")))
    (tmp_path / "two.profile.toml").write_text(
        """
rules = ["./rules.toml"]
[[bus]]
name = "can0"
databases = ["Front.dbc"]
[[bus]]
name = "can1"
databases = ["Rear.dbc"]
"""
    )
    return tmp_path


@pytest.mark.parametrize("name", ["", "trip"])
def test_the_buses_inside_a_log_are_decoded_each_with_its_own_databases_of_the_profile(
    one_log: Path, name: str
) -> None:
    config = one_log / "edge.toml"
    bus = f'[[bus]]\nname = "{name}"\nsource = "log:drive.log"\nspeed = "max"\n'
    config.write_text(f'profile = "two.profile.toml"\n{bus}')
    account = run_edge(load_config(config), alerts_out=one_log / "alerts.jsonl")
    assert (account.frames_known, account.frames_unknown, account.ids_known, account.samples) == (4, 0, 2, 4)
    assert account.notes == []
    lines = [json.loads(line) for line in (one_log / "alerts.jsonl").read_text().splitlines()]
    assert [(line["rule"], line["started_at"][17:]) for line in lines if line["state"] == "firing"] == [
        ("front", "40.100000Z"),
        ("rear", "40.500000Z"),
    ]


def test_a_bus_of_the_profile_that_the_log_does_not_hold_is_told(one_log: Path) -> None:
    profile = one_log / "two.profile.toml"
    profile.write_text(profile.read_text().replace('"can1"', '"can7"'))
    log = one_log / "drive.log"
    ended = run("telltale-edge", "run", "--bus", f"log:{log}", "--profile", profile, "--speed", "max")
    assert ended.status == 0, ended.err
    assert f"log:{log} holds no frame of bus can7, for which there are databases" in ended.out
    assert "unknown ids  1 (2 frames): can1 100 (2)" in ended.out


def test_a_second_daemon_on_the_same_state_is_refused(two_buses: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    lock = os.open(state / "lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        config = load_config(two_buses)
        config.link.broker = "mqtt://127.0.0.1:1"
        config.state.directory = state
        with pytest.raises(ConfigError, match="another telltale-edge uses this state folder"):
            run_edge(config)
    finally:
        os.close(lock)


def test_several_buses_on_the_command_line_share_the_databases(two_buses: Path) -> None:
    folder = two_buses.parent
    sources = [f"log:{folder / 'front.log'}", f"log:{folder / 'rear.log'}?channel=can1"]
    options = ["--bus", sources[0], "--bus", sources[1], "--dbc", str(folder / "Front.dbc"), "--speed", "max"]
    ended = run("telltale-edge", "run", *options, "--report", folder / "report.json")
    assert ended.status == 0, ended.err
    account = json.loads((folder / "report.json").read_text())
    assert (account["frames"], account["frames_known"]) == (3, 3)
    assert set(account["sources"]) == {"bus0", "bus1"}
