"""Every database that we ship loads strictly, and every mapping says what VSS says."""

import csv
import tomllib
from pathlib import Path

import cantools.database
import pytest
from cantools.database import Database

from edge import catalogue
from edge.decode.database import load_database
from tests.shared import ROOT

DATABASES = sorted((ROOT / "dbc").glob("*.dbc"))
BY_NAME = pytest.mark.parametrize("file", DATABASES, ids=[file.stem for file in DATABASES])
WANTED = {
    "Vehicle.Speed",
    "Vehicle.TraveledDistance",
    "Vehicle.LowVoltageSystemState",
    "Vehicle.LowVoltageBattery.CurrentVoltage",
    "Vehicle.LowVoltageBattery.CurrentCurrent",
    "Vehicle.Exterior.AirTemperature",
    "Vehicle.Chassis.Brake.PedalPosition",
    "Vehicle.Powertrain.CombustionEngine.IsRunning",
    "Vehicle.Powertrain.CombustionEngine.Speed",
    "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature",
    "Vehicle.Powertrain.CombustionEngine.EngineOil.Temperature",
    "Vehicle.Powertrain.CombustionEngine.MAF",
    "Vehicle.Powertrain.CombustionEngine.TPS",
    "Vehicle.OBD.EngineLoad",
    "Vehicle.OBD.IntakeTemp",
    "Vehicle.OBD.FuelRate",
    "Vehicle.Powertrain.FuelSystem.RelativeLevel",
    "Vehicle.Powertrain.Transmission.CurrentGear",
}


def strictly(file: Path) -> Database:
    loaded = cantools.database.load_file(file, strict=True)
    assert isinstance(loaded, Database)
    return loaded


def mapped(file: Path) -> dict[str, dict[str, object]]:
    signals: dict[str, dict[str, object]] = tomllib.loads(file.with_suffix(".vss.toml").read_text("utf-8"))["signals"]
    return signals


def test_databases_are_there() -> None:
    assert [file.name for file in DATABASES] == ["telltale-car.dbc"]


@BY_NAME
def test_every_message_has_a_comment_free_standard_id_and_a_period(file: Path) -> None:
    for message in strictly(file).messages:
        assert not message.is_extended_frame
        assert message.cycle_time


@BY_NAME
def test_mapping_names_only_signals_of_the_database(file: Path) -> None:
    known = {f"{message.name}.{signal.name}" for message in strictly(file).messages for signal in message.signals}
    assert set(mapped(file)) <= known


@BY_NAME
def test_mapped_paths_are_in_the_catalogue_and_named_once(file: Path) -> None:
    paths = [str(entry["path"]) for entry in mapped(file).values()]
    assert len(set(paths)) == len(paths)
    assert set(paths) <= set(catalogue.CATALOGUE)


@BY_NAME
def test_units_differ_only_where_the_mapping_converts(file: Path) -> None:
    spelled = {"%": "percent", "degC": "Celsius", "": ""}
    entries = mapped(file)
    for message in strictly(file).messages:
        for signal in message.signals:
            entry = entries.get(f"{message.name}.{signal.name}")
            if entry is None:
                continue
            known = catalogue.info(str(entry["path"]))
            unit = signal.unit or ""
            assert known is not None
            assert (spelled.get(unit, unit) == known.unit) == ("factor" not in entry), signal.name


@BY_NAME
def test_ranges_of_the_database_lie_in_the_plausible_ones(file: Path) -> None:
    for signal in load_database(file).signals:
        known = catalogue.info(signal.path)
        if known is None:
            assert signal.path.startswith(catalogue.UNMAPPED)
            continue
        assert signal.unit == known.unit


@BY_NAME
def test_paths_and_units_are_those_of_vss(file: Path, shared: Path) -> None:
    with (shared / "data" / "vss" / "vss-6.0.csv").open(encoding="utf-8", newline="") as rows:
        units = {row["path"]: row["unit"] for row in csv.DictReader(rows)}
    for entry in mapped(file).values():
        known = catalogue.info(str(entry["path"]))
        assert known is not None
        assert units[known.path] == known.unit, known.path


def test_the_car_speaks_what_rules_and_models_ask_for() -> None:
    paths = {str(entry["path"]) for entry in mapped(ROOT / "dbc" / "telltale-car.dbc").values()}
    assert paths >= WANTED


def test_the_cars_key_positions_are_numbered_as_vss_lists_them(shared: Path) -> None:
    with (shared / "data" / "vss" / "vss-6.0.csv").open(encoding="utf-8", newline="") as rows:
        row = next(row for row in csv.DictReader(rows) if row["path"] == "Vehicle.LowVoltageSystemState")
    signals = load_database(ROOT / "dbc" / "telltale-car.dbc").signals
    labels = next(signal.labels for signal in signals if signal.path == "Vehicle.LowVoltageSystemState")
    assert [label for _, label in sorted(labels.items())] == [
        part.strip("' ") for part in row["allowed"][1:-1].split(",")
    ]
