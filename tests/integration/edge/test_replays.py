"""The same drive gives the same alerts, byte for byte, however fast it is played and whatever it is read from."""

import json
from pathlib import Path

import pytest

from tests.programs import run

RULES = """
[[rule]]
alert = "revs"
expr = "Vehicle.Powertrain.CombustionEngine.Speed > 1500 rpm"
clear = "Vehicle.Powertrain.CombustionEngine.Speed < 1000 rpm"
component = "engine"
severity = "warning"
action = "watch"
summary = "{value:.0f} {unit}"

[[rule]]
alert = "pulls"
expr = "delta(Vehicle.Speed[3s]) > 10 km/h and state(\\"driving\\")"
keep_firing_for = "2s"
component = "driving"
severity = "info"
action = "watch"
summary = "{value:.1f}"

[[rule]]
alert = "restless"
expr = "stddev_over_time(Vehicle.Chassis.Accelerator.PedalPosition[5s]) > 3"
for = "500ms"
component = "driving"
severity = "info"
action = "watch"
summary = "{value:.2f}"

[[rule]]
alert = "moves"
expr = "duration(Vehicle.Speed > 20) > 2"
component = "driving"
severity = "info"
action = "watch"
summary = "{value:.1f} s"
"""
SLICE_S = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drive as frames and as rows: all of it, and a slice in which something happens."""
    folder = tmp_path_factory.mktemp("drive")
    (folder / "rules.toml").write_text(RULES)
    for name, skip, duration in (("drive", 50, 240), ("slice", 120, SLICE_S)):
        for ending in ("log", "csv"):
            options = ("--seed", "7", "--skip", str(skip), "--duration", str(duration))
            ended = run("telltale-edge", "simulate", *options, "--out", folder / f"{name}.{ending}")
            assert ended.status == 0, ended.err
    return folder


def alerts(folder: Path, source: str, speed: str) -> bytes:
    """What `--alerts-out` says."""
    out = folder / "alerts.jsonl"
    databases = ("--profile", "telltale-car")
    options = ("--rules", folder / "rules.toml", "--speed", speed, "--alerts-out", out)
    ended = run("telltale-edge", "run", "--bus", source, *databases, *options)
    assert ended.status == 0, ended.err
    return out.read_bytes()


@pytest.mark.parametrize("kind", ["log", "table"])
def test_a_drive_at_any_speed(folder: Path, kind: str) -> None:
    file = folder / ("drive.log" if kind == "log" else "drive.csv")
    fast = alerts(folder, f"{kind}:{file}", "max")
    began = {line["id"] for line in map(json.loads, fast.splitlines())}
    assert len(began) >= 3
    assert len({line["rule"] for line in map(json.loads, fast.splitlines())}) >= 3
    assert alerts(folder, f"{kind}:{file}", "50") == fast


@pytest.mark.parametrize("kind", ["log", "table"])
def test_a_slice_in_its_own_time(folder: Path, kind: str) -> None:
    file = folder / ("slice.log" if kind == "log" else "slice.csv")
    fast = alerts(folder, f"{kind}:{file}", "max")
    assert fast
    assert alerts(folder, f"{kind}:{file}", "1") == fast
