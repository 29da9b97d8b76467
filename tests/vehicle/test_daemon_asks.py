"""The daemon asks a simulated car on a real bus: values come into history as broadcast ones do, codes are told."""

import json
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.programs import listening
from tests.vehicle.clients import PATIENCE_S, TROUBLE, Wire

CHIMES = "*chime* *chime* *chime* "
RULE = """
[[rule]]
alert = "turns"
expr = "Vehicle.Powertrain.CombustionEngine.Speed > 100"
component = "engine"
severity = "critical"
action = "watch"
summary = "{value}"
driver = "It turns"

[[rule]]
alert = "lamp"
expr = "Vehicle.OBD.Status.IsMILOn > 0.5"
component = "engine"
severity = "critical"
action = "watch"
summary = "{value}"
driver = "The lamp is on"
"""


def test_values_are_judged_and_codes_are_told_without_any_database(wire: Wire, tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(RULE)
    (tmp_path / "edge.toml").write_text(
        f'[[bus]]\nsource = "{wire.spec}"\nask = "obd"\n[detect]\nrules = ["rules.toml"]\n'
        '[state]\ndirectory = "state"\n[link]\nbroker = "mqtt://127.0.0.1:1"\n'
    )
    with wire.vehicle("car", *TROUBLE), listening("--config", tmp_path / "edge.toml") as daemon:
        assert daemon.stdout is not None
        said = [daemon.stdout.readline() for _ in range(2)]  # the second ten seconds later: it drives
        assert sorted(said) == [f"cab: {CHIMES}{text}\n" for text in ("It turns", "The lamp is on")]
        assert daemon.stderr is not None
        assert any("P0303 of 7E8 appeared" in line for line in daemon.stderr)
        daemon.send_signal(signal.SIGTERM)
        _, err = daemon.communicate(timeout=PATIENCE_S)
    assert daemon.returncode == 0, err
    with closing(sqlite3.connect(tmp_path / "state" / "outbox.db")) as db:
        bodies = [json.loads(row[0])["body"] for row in db.execute("SELECT payload FROM message WHERE kind = 'dtc'")]
    (code,) = bodies
    assert (code["code"], code["status"], code["how"], code["lamp"]) == ("P0303", "confirmed", "appeared", "on")
    assert code["freeze_frame"]["Vehicle.Speed"] > 0
    known = json.loads((tmp_path / "state" / "vehicle-bus.json").read_text())
    assert [unit["name"] for unit in known["units"]] == ["ECM-EngineControl", "TCM-TransmisCtrl"]


def test_codes_of_a_truck_are_told(wire: Wire, tmp_path: Path) -> None:
    (tmp_path / "edge.toml").write_text(
        'profile = "telltale-truck"\n'
        f'[[bus]]\nsource = "{wire.spec}"\nask = "j1939"\nbitrate = 250000\n'
        '[state]\ndirectory = "state"\n[link]\nbroker = "mqtt://127.0.0.1:1"\n'
    )
    trouble = ("--fault", "wheel_speed_dropout@0x2000", "--seed", "3", "--skip", "1500")
    with wire.vehicle("truck", *trouble), listening("--config", tmp_path / "edge.toml") as daemon:
        assert daemon.stderr is not None
        assert any("SPN 790 FMI 5 of 0B appeared" in line for line in daemon.stderr)
        daemon.send_signal(signal.SIGTERM)
        _, err = daemon.communicate(timeout=PATIENCE_S)
    assert daemon.returncode == 0, err
    with closing(sqlite3.connect(tmp_path / "state" / "outbox.db")) as db:
        bodies = [json.loads(row[0])["body"] for row in db.execute("SELECT payload FROM message WHERE kind = 'dtc'")]
    code = next(body for body in bodies if body["code"] == "SPN 790 FMI 5")
    assert (code["ecu"], code["protocol"], code["status"], code["lamp"]) == ("0B", "j1939", "confirmed", "on")
    assert code["odometer_km"] > 0
