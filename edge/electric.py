"""What electric vehicles have, by the names of VSS 6.0 where it has one, else `Vehicle.Telltale.…` in its style.

Ranges are physical: what a car with a traction battery of up to 800 V can show.
"""

from collections.abc import Iterator
from typing import Final

Row = tuple[str, str, float, float, float]
"""Path, unit, low, high, period in s."""
OURS: Final = "Vehicle.Telltale"
BATTERY: Final = "Vehicle.Powertrain.TractionBattery"
MODULES: Final = range(1, 33)
_MOTOR: Final = "Vehicle.Powertrain.ElectricMotor.Front"
_PORT: Final = f"{BATTERY}.Charging.ChargingPort.AnyPosition"
CHARGING_STATES: Final = ("NONE", "GREETING", "AC", "DC", "DONE", "STOPPED")
CONTACTORS: Final = ("OPEN", "PRECHARGE", "CLOSED")
LEVER: Final = ("PARK", "REVERSE", "NEUTRAL", "DRIVE")
_CELSIUS: Final = ("Celsius", -60.0, 200.0, 1.0)
_PERCENT: Final = ("percent", 0.0, 100.0, 1.0)
_KW: Final = ("kW", 0.0, 1000.0, 1.0)
_FLAG: Final = ("", 0.0, 1.0, 0.2)

_OF_VSS: Final[tuple[Row, ...]] = (
    (f"{_MOTOR}.Speed", "rpm", -30_000.0, 30_000.0, 0.1),
    (f"{_MOTOR}.Torque", "Nm", -2000.0, 2000.0, 0.1),
    (f"{_MOTOR}.Temperature", *_CELSIUS),
    (f"{_MOTOR}.EngineCoolant.Temperature", *_CELSIUS),
    (f"{BATTERY}.CurrentVoltage", "V", 0.0, 1000.0, 0.1),
    (f"{BATTERY}.CurrentCurrent", "A", -2000.0, 2000.0, 0.1),
    (f"{BATTERY}.StateOfCharge.Displayed", *_PERCENT),
    (f"{BATTERY}.StateOfCharge.CurrentEnergy", "kWh", 0.0, 1000.0, 1.0),
    (f"{BATTERY}.StateOfHealth", *_PERCENT),
    (f"{BATTERY}.CellVoltage.Min", "V", 0.0, 5.0, 1.0),
    (f"{BATTERY}.CellVoltage.Max", "V", 0.0, 5.0, 1.0),
    (f"{BATTERY}.CellVoltage.IdMin", "", 0.0, 65_535.0, 1.0),
    (f"{BATTERY}.CellVoltage.IdMax", "", 0.0, 65_535.0, 1.0),
    (f"{BATTERY}.Temperature.Min", *_CELSIUS),
    (f"{BATTERY}.Temperature.Max", *_CELSIUS),
    (f"{BATTERY}.Temperature.Average", *_CELSIUS),
    (f"{BATTERY}.AccumulatedChargedEnergy", "kWh", 0.0, 1e7, 1.0),
    (f"{BATTERY}.AccumulatedConsumedEnergy", "kWh", 0.0, 1e7, 1.0),
    (f"{BATTERY}.DCDC.Temperature", *_CELSIUS),
    (f"{BATTERY}.Range", "m", 0.0, 2e6, 1.0),
    (f"{BATTERY}.Charging.Temperature", *_CELSIUS),
    (f"{BATTERY}.Charging.IsCharging", *_FLAG),
    (f"{_PORT}.IsChargingCableConnected", *_FLAG),
)

_SINGLE: Final[tuple[Row, ...]] = (
    ("Ready", *_FLAG),
    ("WarningLamp", *_FLAG),
    ("StopLamp", *_FLAG),
    ("TurtleLamp", *_FLAG),
    ("SelectorLever", "", 0.0, len(LEVER) - 1.0, 0.1),
    ("Brake.Pressure", "bar", 0.0, 400.0, 0.1),
    ("Cabin.Power", *_KW),
    ("LowVoltageBattery.Temperature", *_CELSIUS),
    ("Charging.State", "", 0.0, len(CHARGING_STATES) - 1.0, 0.2),
    ("Charging.Power", *_KW),
    ("Charging.Current", "A", 0.0, 1000.0, 0.2),
    ("Charging.InletTemperature", *_CELSIUS),
    ("DCDC.Voltage", "V", 0.0, 40.0, 0.1),
    ("DCDC.TargetVoltage", "V", 0.0, 40.0, 0.1),
    ("DCDC.Current", "A", 0.0, 500.0, 0.1),
    ("DriveUnit.InverterTemperature", *_CELSIUS),
    ("DriveUnit.PumpSpeed", "rpm", 0.0, 10_000.0, 1.0),
    ("DriveUnit.RadiatorFan", *_PERCENT),
    ("DriveUnit.TorqueAllowed", "percent", 0.0, 100.0, 0.1),
    ("DriveUnit.Vibration", "mm/s", 0.0, 100.0, 1.0),  # RMS of velocity, as ISO 20816-1 weighs machines
    ("HighVoltage.Contactors", "", 0.0, len(CONTACTORS) - 1.0, 0.1),
    ("HighVoltage.InverterCurrent", "A", -2000.0, 2000.0, 0.1),
    ("HighVoltage.IsolationResistance", "kOhm", 0.0, 100_000.0, 0.2),
    ("HighVoltage.LinkVoltage", "V", 0.0, 1000.0, 0.1),
    ("TractionBattery.CellVoltageMean", "V", 0.0, 5.0, 1.0),
    ("TractionBattery.CellsBalancing", "", 0.0, 65_535.0, 1.0),
    ("TractionBattery.ChargePowerLimit", *_KW),
    ("TractionBattery.DischargePowerLimit", *_KW),
    ("TractionBattery.ChillerPower", *_KW),
    ("TractionBattery.HeaterPower", *_KW),
    ("TractionBattery.CoolantInletTemperature", *_CELSIUS),
    ("TractionBattery.CoolantOutletTemperature", *_CELSIUS),
    ("TractionBattery.CoolantLevel", *_PERCENT),
    ("TractionBattery.PumpSpeed", "rpm", 0.0, 10_000.0, 1.0),
)

ELECTRIC_LABELS: Final = {
    f"{OURS}.SelectorLever": LEVER,
    f"{OURS}.Charging.State": CHARGING_STATES,
    f"{OURS}.HighVoltage.Contactors": CONTACTORS,
}
"""Names of the values 0, 1, 2, …"""


def electric_vehicles() -> Iterator[Row]:
    """Every one, with unit, range and period."""
    yield from _OF_VSS
    yield from ((f"{OURS}.{name}", unit, low, high, period_s) for name, unit, low, high, period_s in _SINGLE)
    yield from ((f"{OURS}.TractionBattery.Module{number}.Temperature", *_CELSIUS) for number in MODULES)
