"""Signal tables through the very same daemon: the alerts do not depend on the kind of file or the speed."""

import json
from pathlib import Path

import pytest

from tests.programs import run
from tests.unit.bus.tabled import WRITERS, Columns, mapped

COOLANT = "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature"
RPM = "Vehicle.Powertrain.CombustionEngine.Speed"
BATTERY = "Vehicle.LowVoltageBattery.CurrentVoltage"
CURRENT = "Vehicle.LowVoltageBattery.CurrentCurrent"
START = 1_714_521_600


def hot_drive() -> Columns:
    """A drive at 5 Hz: the engine gets hot, the battery is not charged for a while, both pass; some cells lack."""
    rows = range(1500)
    return {
        "stamp": [START + row / 5 for row in rows],
        "ect_F": [None if row % 7 == 3 else 194.0 + (50.0 if 200 < row < 600 else 0.0) + row % 3 for row in rows],
        RPM: [800.0 + row % 11 for row in rows],
        BATTERY: [11.5 if 100 < row < 900 else 14.1 for row in rows],
        CURRENT: [-20.0 if 100 < row < 900 else 5.0 for row in rows],
    }


MAP = f"""
[time]
column = "stamp"
format = "epoch"
[[column]]
name = "ect_F"
path = "{COOLANT}"
unit = "Fahrenheit"
"""


def alerts(folder: Path, *arguments: str | Path) -> bytes:
    out = folder / "alerts.jsonl"
    ended = run("telltale-edge", "run", "--alerts-out", out, "--voice", "none", *arguments)
    assert ended.status == 0, ended.err
    return out.read_bytes()


def test_text_and_parquet_give_the_same_alerts_at_any_speed(tmp_path: Path) -> None:
    told = {
        (kind, speed): alerts(
            tmp_path, "--bus", mapped(WRITERS[kind](tmp_path, hot_drive()), MAP), "--rules", "car", "--speed", speed
        )
        for kind, speed in [("csv", "max"), ("gzip", "max"), ("parquet", "max"), ("csv", "150")]
    }
    [first, *others] = told.values()
    assert all(one == first for one in others)
    lines = [json.loads(line) for line in first.splitlines()]
    assert {line["component"] for line in lines} >= {"cooling", "charging"}
    assert len(lines) >= 4, "each begins and ends"
    assert min(line["started_at"] for line in lines).startswith("2024-05-01T00:0")


def test_a_table_takes_the_place_of_a_configured_bus_and_its_databases_tell_units(tmp_path: Path) -> None:
    config = tmp_path / "edge.toml"
    config.write_text('profile = "telltale-car"\n[[bus]]\nsource = "can:can0"\nask = "obd"\n[state]\ndirectory = "s"\n')
    columns = {**hot_drive(), "dbc.ChassisMotion.BrakePressure": [1.0] * 1500}
    source = mapped(WRITERS["csv"](tmp_path, columns), MAP)
    told = alerts(tmp_path, "--config", config, "--bus", source, "--speed", "max")
    assert b'"coolant_hot"' in told
    checked = run("telltale-edge", "check", "--config", config, "--bus", source)
    assert checked.status == 0
    assert "table:" in checked.out
    assert "nobody says the unit" not in checked.err
    alone = run("telltale-edge", "check", "--bus", source)
    assert "nobody says the unit of 'dbc.ChassisMotion.BrakePressure'" in alone.err


def test_a_table_stands_for_all_buses_and_a_log_for_one(tmp_path: Path) -> None:
    config = tmp_path / "edge.toml"
    config.write_text('[[bus]]\nname = "a"\nsource = "can:can0"\n[[bus]]\nname = "b"\nsource = "can:can1"\n')
    source = mapped(WRITERS["csv"](tmp_path, hot_drive()), MAP)
    assert run("telltale-edge", "check", "--config", config, "--bus", source).status == 0
    refused = run("telltale-edge", "check", "--config", config, "--bus", "log:x.log")
    assert refused.status == 78
    assert "1 sources for 2 buses. Give one --bus for each [[bus]] of the file" in refused.err
    both = run("telltale-edge", "check", "--config", config, "--bus", "log:x.log", "--bus", source)
    assert both.status == 0
    assert both.out.index("log:x.log") < both.out.index("table:")


def test_paths_of_a_table_and_its_map_count_from_the_folder_of_the_configuration(tmp_path: Path) -> None:
    mapped(WRITERS["csv"](tmp_path, hot_drive()), MAP)
    config = tmp_path / "edge.toml"
    config.write_text(
        '[[bus]]\nsource = "table:trips.csv?map=columns.toml"\nspeed = "max"\n[detect]\nrules = ["car"]\n'
    )
    assert b'"coolant_hot"' in alerts(tmp_path, "--config", config)


def test_a_table_of_one_drive_is_decoded_to_rows(tmp_path: Path) -> None:
    source = mapped(WRITERS["csv"](tmp_path, hot_drive()), MAP)
    ended = run("telltale-edge", "decode", source, "--out", tmp_path / "rows.jsonl")
    assert ended.status == 0, ended.err
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert len(rows) == 1500 * 4 - sum(row % 7 == 3 for row in range(1500))
    assert rows[0] == {
        "time": START, "bus": "table", "message": "table", "signal": COOLANT, "value": pytest.approx(90.0),
        "unit": "Celsius", "label": None,
    }  # fmt: skip
    assert "table_rows" in ended.out
    without = run("telltale-edge", "decode", tmp_path / "trips.csv", "--out", tmp_path / "x.jsonl")
    assert without.status == 78
    assert "is no CSV log" in without.err


def test_only_a_table_is_looped_by_the_daemon(tmp_path: Path) -> None:
    refused = run("telltale-edge", "check", "--bus", "log:x.log", "--loop")
    assert refused.status == 78
    assert "only a table is run again and again" in refused.err
    (file := tmp_path / "t.csv").write_text("time,Vehicle.Speed\n0,1\n")
    checked = run("telltale-edge", "check", "--bus", f"table:{file}", "--loop")
    assert checked.status == 0
    assert "t.csv?loop=on" in checked.out
