"""The shipped packs on recordings of healthy vehicles: what they say is said here, and why."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import can
import pytest

from edge.frames import EXTENDED
from tests.mf4 import read_mf4
from tests.programs import run
from tests.shared import ROOT

MODEL3: Final[Mapping[str, str]] = {
    "ID257DIspeed.DI_vehicleSpeed": "Vehicle.Speed",
    "ID132HVBattAmpVolt.BattVoltage132": "Vehicle.Powertrain.TractionBattery.CurrentVoltage",
    "ID132HVBattAmpVolt.SmoothBattCurrent132": "Vehicle.Powertrain.TractionBattery.CurrentCurrent",
    "ID332BattBrickMinMax.BattBrickVoltageMin332": "Vehicle.Powertrain.TractionBattery.CellVoltage.Min",
    "ID332BattBrickMinMax.BattBrickVoltageMax332": "Vehicle.Powertrain.TractionBattery.CellVoltage.Max",
    "ID332BattBrickMinMax.BattBrickTempMax332": "Vehicle.Powertrain.TractionBattery.Temperature.Max",
    "ID332BattBrickMinMax.BattBrickTempMin332": "Vehicle.Powertrain.TractionBattery.Temperature.Min",
    "ID292BMS_SOC.SOCUI292": "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed",
    "ID261_12vBattStatus.v12vBattVoltage261": "Vehicle.LowVoltageBattery.CurrentVoltage",
    "ID261_12vBattStatus.v12vBattCurrent261": "Vehicle.LowVoltageBattery.CurrentCurrent",
    "ID376FrontInverterTemps.TempStator376": "Vehicle.Powertrain.ElectricMotor.Front.Temperature",
    "ID376FrontInverterTemps.TempInverter376": "Vehicle.Telltale.DriveUnit.InverterTemperature",
}
"""What the EV pack asks for and this car says."""
FMS: Final = ROOT / "dbc" / "fms.dbc"
CAN: Final = 1
"""The channel of the bus; GPS is another."""


def alerts(folder: Path, *options: str | Path) -> list[str]:
    """Rules that fire in a run which decodes something."""
    out, report = folder / "alerts.jsonl", folder / "report.json"
    ended = run("telltale-edge", "run", *options, "--speed", "max", "--alerts-out", out, "--report", report)
    assert ended.status == 0, ended.err
    assert json.loads(report.read_text())["samples"] > 1000
    return [json.loads(line)["rule"] for line in out.read_text().splitlines()]


def as_log(source: Path, to: Path) -> Path:
    """An MF4 file as a candump log, by python-can."""
    with can.CanutilsLogWriter(to, channel="can0") as writer:
        for frame in read_mf4(source, CAN):
            writer.on_message_received(
                can.Message(
                    timestamp=frame.time / 1e9,
                    arbitration_id=frame.id,
                    is_extended_id=bool(frame.flags & EXTENDED),
                    data=frame.payload,
                )
            )
    return to


@pytest.fixture
def model3(shared: Path, tmp_path: Path) -> Path:
    """Its database, with a map of our own."""
    shutil.copy(shared / "data" / "dbc" / "tesla-model3.dbc", tmp_path / "car.dbc")
    lines = [f'"{name}" = {{ path = "{path}" }}' for name, path in MODEL3.items()]
    (tmp_path / "car.vss.toml").write_text("[signals]\n" + "\n".join(lines) + "\n")
    return tmp_path / "car.dbc"


@pytest.mark.parametrize("log", ["tesla-model3-drive.log", "tesla-model3-dogmode.log"])
def test_an_electric_car(log: str, model3: Path, shared: Path, tmp_path: Path) -> None:
    source = f"log:{shared / 'data' / 'can' / log}"
    assert alerts(tmp_path, "--bus", source, "--dbc", model3, "--rules", "ev") == []


def test_a_petrol_car_that_is_asked(shared: Path, tmp_path: Path) -> None:
    log = as_log(shared / "data" / "can" / "obd2-gps-car.mf4", tmp_path / "car.log")
    assert alerts(tmp_path, "--bus", f"log:{log}", "--rules", "obd") == []


def test_a_truck_with_a_brake_circuit_that_has_no_sensor(shared: Path, tmp_path: Path) -> None:
    """It sends 912 kPa for one circuit and 0 for the other, as if all its air were gone."""
    log = as_log(shared / "data" / "can" / "j1939-truck.mf4", tmp_path / "truck.log")
    assert alerts(tmp_path, "--bus", f"log:{log}", "--dbc", FMS, "--rules", "truck") == []
