"""Every database that we ship loads strictly, and every mapping says what VSS says."""

import csv
import tomllib
from collections import Counter
from pathlib import Path

import cantools.database
import pytest
from cantools.database import Database

from edge import catalogue
from edge.decode.database import load_database
from tests.shared import ROOT

DATABASES = sorted((ROOT / "dbc").glob("*.dbc"))
BY_NAME = pytest.mark.parametrize("file", DATABASES, ids=[file.stem for file in DATABASES])
TWICE = {"fms": {"Vehicle.Telltale.Fuel.TotalUsed"}}
"""Paths that two messages of a database give: trucks send the finer one, the coarser one or both."""
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


def unit_of(entry: dict[str, object]) -> str:
    """The mapping's own unit, or the catalogue's."""
    known = catalogue.info(str(entry["path"]))
    return known.unit if known else str(entry["unit"])


def test_databases_are_there() -> None:
    names = ["fms.dbc", "nmea2000.dbc", "telltale-car.dbc", "telltale-ev.dbc", "telltale-truck.dbc"]
    assert [file.name for file in DATABASES] == names


@BY_NAME
def test_every_message_has_the_ids_of_its_kind_of_bus_and_a_period(file: Path) -> None:
    for message in strictly(file).messages:
        assert message.is_extended_frame == (file.stem in {"telltale-truck", "fms", "nmea2000"})
        assert message.cycle_time


@pytest.mark.parametrize("file", [file for file in DATABASES if file.stem != "nmea2000"], ids=lambda file: file.stem)
def test_a_vehicle_tells_at_least_forty_signals(file: Path) -> None:
    assert sum(len(message.signals) for message in strictly(file).messages) >= 40


@BY_NAME
def test_mapping_names_only_signals_of_the_database(file: Path) -> None:
    known = {f"{message.name}.{signal.name}" for message in strictly(file).messages for signal in message.signals}
    assert set(mapped(file)) <= known


@BY_NAME
def test_mapped_paths_are_named_once_and_have_a_unit_that_somebody_knows(file: Path) -> None:
    entries = mapped(file)
    paths = Counter(str(entry["path"]) for entry in entries.values())
    assert {path for path, count in paths.items() if count > 1} == TWICE.get(file.stem, set())
    for name, entry in entries.items():
        assert ("unit" in entry) == (catalogue.info(str(entry["path"])) is None), name


@BY_NAME
def test_units_differ_only_where_the_mapping_converts(file: Path) -> None:
    spelled = {"%": "percent", "degC": "Celsius", "deg": "degrees", "C": "Celsius"}
    entries = mapped(file)
    for message in strictly(file).messages:
        for signal in message.signals:
            entry = entries.get(f"{message.name}.{signal.name}")
            if entry is None:
                continue
            unit = signal.unit or ""
            same = spelled.get(unit, unit) == unit_of(entry)
            turned = entry.get("factor") == -1.0  # slip is what is missing of engagement
            assert same == ("factor" not in entry or turned), signal.name


@BY_NAME
def test_what_is_loaded_carries_those_units(file: Path) -> None:
    units = {str(entry["path"]): unit_of(entry) for entry in mapped(file).values()}
    for signal in load_database(file).signals:
        if signal.path.startswith(catalogue.UNMAPPED):
            assert signal.path not in units
        else:
            assert signal.unit == units[signal.path]


@BY_NAME
def test_paths_and_units_are_those_of_vss(file: Path, shared: Path) -> None:
    with (shared / "data" / "vss" / "vss-6.0.csv").open(encoding="utf-8", newline="") as rows:
        units = {row["path"]: row["unit"] for row in csv.DictReader(rows)}
    for entry in mapped(file).values():
        path = str(entry["path"])
        if not path.startswith("Vehicle.Telltale."):
            assert units[path] == unit_of(entry), path


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
