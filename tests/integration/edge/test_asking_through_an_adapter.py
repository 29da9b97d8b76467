"""`telltale-edge` and an ELM327 on a serial line, with a simulated car behind it: one look, and the daemon itself."""

import importlib.util
import json
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.simulator.elm327 import Elm327
from edge.simulator.faults import parse_fault
from edge.simulator.simulation import Simulation
from tests.elm327 import OnTheRoad, PluggedIn, plugged_in
from tests.programs import listening, run

pytestmark = pytest.mark.skipif(importlib.util.find_spec("obd") is None, reason="python-OBD is not installed")
RULE = """
[[rule]]
alert = "turns"
expr = "Vehicle.Powertrain.CombustionEngine.Speed > 100"
component = "engine"
severity = "critical"
action = "stop_now"
summary = "{value}"
driver = "It turns"
[[rule]]
alert = "charged"
expr = "Vehicle.LowVoltageBattery.CurrentVoltage > 13.8 V"
component = "battery"
severity = "critical"
action = "stop_now"
summary = "{value}"
driver = "It is charged"
"""


@pytest.fixture
def adapter() -> Iterator[PluggedIn]:
    """A car that misfires, in its second drive, and is charged."""
    car = Simulation(vehicle="car", seed=3, skip_s=1_500, faults=[parse_fault("misfire@0x4000")])
    with plugged_in(Elm327(OnTheRoad(car), volts=lambda: 13.9)) as adapter:
        yield adapter


def test_one_look_through_an_adapter(adapter: PluggedIn) -> None:
    done = run("telltale-edge", "diagnose", "--bus", f"elm327:{adapter.path}?protocol=6", "--json")
    assert done.status == 0, done.err
    told = json.loads(done.out)
    assert len(told["vin"]) == 17
    (code,) = told["codes"]
    assert (code["code"], code["status"], code["lamp"]) == ("P0303", "confirmed", "on")
    assert code["freeze_frame"]["Vehicle.Speed"] > 0


def test_the_daemon_judges_values_and_tells_codes_through_an_adapter(adapter: PluggedIn, tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(RULE)
    (tmp_path / "edge.toml").write_text(
        f'[[bus]]\nsource = "elm327:{adapter.path}?protocol=6"\nask = "obd"\n[detect]\nrules = ["rules.toml"]\n'
        '[state]\ndirectory = "state"\n[link]\nbroker = "mqtt://127.0.0.1:1"\n'
    )
    with listening("--config", tmp_path / "edge.toml") as daemon:
        assert daemon.stdout is not None
        said = {daemon.stdout.readline(), daemon.stdout.readline()}
        assert said == {f"cab: *chime* *chime* *chime* {one}\n" for one in ("It turns", "It is charged")}, "by AT RV"
        assert daemon.stderr is not None
        assert any("P0303 of 7E8 appeared" in line for line in daemon.stderr)
        daemon.send_signal(signal.SIGTERM)
        _, err = daemon.communicate(timeout=30)
    assert daemon.returncode == 0, err
    with closing(sqlite3.connect(tmp_path / "state" / "outbox.db")) as db:
        assert db.execute("SELECT count(*) FROM message WHERE kind = 'dtc'").fetchone() == (1,)


def test_an_adapter_that_is_not_to_be_asked_is_refused() -> None:
    done = run("telltale-edge", "run", "--bus", "elm327:/dev/ttyUSB9")
    assert done.status == 78
    assert 'ask = "obd"' in done.err
