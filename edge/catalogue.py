"""Signals by their VSS path: unit, plausible range, expected period.

The paths and units are those of COVESA VSS 6.0 (the leaves that Telltale uses, not the whole tree); what VSS has no
name for is called `Vehicle.Telltale.…` in the same style. A test holds this table against the published list.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from edge.electric import ELECTRIC_LABELS, electric_vehicles
from edge.heavy import LAMP_STATES, LAMPS, heavy_vehicles
from edge.heavy import OURS as TELLTALE
from edge.polled import polled_signals

UNMAPPED: Final = "dbc."
"""Signals that no mapping names keep `dbc.<Message>.<Signal>`."""


@dataclass(frozen=True, slots=True)
class SignalInfo:
    """What is known of a signal before any vehicle is heard."""

    path: str
    unit: str
    """VSS 6.0 unit as the list spells it; "" for none."""
    low: float
    high: float
    """Physically plausible range; outside of it a value is a sensor fault or a wrong mapping."""
    period_s: float
    """How often a vehicle usually sends it; a signal older than ten periods is stale."""


def _table(*rows: tuple[str, str, float, float, float]) -> dict[str, SignalInfo]:
    return {row[0]: SignalInfo(*row) for row in rows}


ENGINE: Final = "Vehicle.Powertrain.CombustionEngine"

CATALOGUE: Final = _table(
    ("Vehicle.Speed", "km/h", 0.0, 300.0, 0.1),
    ("Vehicle.Acceleration.Longitudinal", "m/s^2", -30.0, 30.0, 0.1),
    ("Vehicle.TraveledDistance", "m", 0.0, 4_294_967_295.0, 1.0),
    ("Vehicle.LowVoltageSystemState", "", 0.0, 5.0, 0.1),  # place in its list of states: 2 OFF, 3 ACC, 4 ON, 5 START
    ("Vehicle.LowVoltageBattery.CurrentVoltage", "V", 0.0, 36.0, 0.1),
    ("Vehicle.LowVoltageBattery.CurrentCurrent", "A", -2000.0, 2000.0, 0.1),
    ("Vehicle.Exterior.AirTemperature", "Celsius", -60.0, 70.0, 1.0),
    ("Vehicle.Chassis.Accelerator.PedalPosition", "percent", 0.0, 100.0, 0.1),
    ("Vehicle.Chassis.Brake.PedalPosition", "percent", 0.0, 100.0, 0.1),
    (f"{ENGINE}.IsRunning", "", 0.0, 1.0, 0.1),
    (f"{ENGINE}.Speed", "rpm", 0.0, 12_000.0, 0.1),
    (f"{ENGINE}.EngineCoolant.Temperature", "Celsius", -60.0, 150.0, 1.0),
    (f"{ENGINE}.EngineOil.Temperature", "Celsius", -60.0, 180.0, 1.0),
    (f"{ENGINE}.MAF", "g/s", 0.0, 655.35, 0.1),
    (f"{ENGINE}.MAP", "kPa", 0.0, 400.0, 0.1),
    (f"{ENGINE}.TPS", "percent", 0.0, 100.0, 0.1),
    (f"{ENGINE}.Torque", "Nm", -1000.0, 5000.0, 0.1),
    ("Vehicle.OBD.EngineLoad", "percent", 0.0, 100.0, 0.1),
    ("Vehicle.OBD.IntakeTemp", "Celsius", -60.0, 215.0, 1.0),
    ("Vehicle.OBD.FuelRate", "l/h", 0.0, 3300.0, 0.1),
    ("Vehicle.Powertrain.FuelSystem.RelativeLevel", "percent", 0.0, 100.0, 1.0),
    ("Vehicle.Powertrain.Transmission.CurrentGear", "", -8.0, 16.0, 0.1),
    ("Vehicle.Powertrain.Transmission.Temperature", "Celsius", -60.0, 200.0, 1.0),
    ("Vehicle.Acceleration.Lateral", "m/s^2", -30.0, 30.0, 0.1),
    ("Vehicle.Chassis.SteeringWheel.Angle", "degrees", -1080.0, 1080.0, 0.1),
    ("Vehicle.AngularVelocity.Yaw", "degrees/s", -250.0, 250.0, 0.1),
    ("Vehicle.CurrentLocation.Latitude", "degrees", -90.0, 90.0, 1.0),
    ("Vehicle.CurrentLocation.Longitude", "degrees", -180.0, 180.0, 1.0),
    ("Vehicle.CurrentLocation.Altitude", "m", -500.0, 9000.0, 1.0),
    ("Vehicle.CurrentLocation.Heading", "degrees", 0.0, 360.0, 1.0),
    ("Vehicle.CurrentLocation.HorizontalAccuracy", "m", 0.0, 100_000.0, 1.0),
    *(
        (f"Vehicle.Chassis.Axle.Row{row}.Wheel.{side}.{leaf}", unit, low, high, period_s)
        for row in (1, 2)
        for side in ("Left", "Right")
        for leaf, unit, low, high, period_s in (
            ("Speed", "km/h", 0.0, 350.0, 0.1),
            ("Tire.Pressure", "kPa", 0.0, 1200.0, 1.0),
            ("Tire.Temperature", "Celsius", -60.0, 204.0, 1.0),
        )
    ),
    ("Vehicle.Chassis.Axle.Row1.Wheel.Left.Brake.FluidLevel", "percent", 0.0, 100.0, 1.0),
    ("Vehicle.Chassis.Axle.Row1.Wheel.Left.Brake.IsBrakesWorn", "", 0.0, 1.0, 1.0),
    ("Vehicle.Cabin.HVAC.AmbientAirTemperature", "Celsius", -60.0, 90.0, 1.0),
    ("Vehicle.Body.Raindetection.Intensity", "percent", 0.0, 100.0, 1.0),
    ("Vehicle.OBD.BarometricPressure", "kPa", 40.0, 120.0, 1.0),
    ("Vehicle.OBD.O2WR.Sensor1.Lambda", "", 0.0, 4.1, 0.1),
    ("Vehicle.OBD.O2.Sensor2.Voltage", "V", 0.0, 2.1, 0.1),
    ("Vehicle.OBD.TimingAdvance", "degrees", -64.0, 64.0, 0.1),
    ("Vehicle.OBD.ShortTermFuelTrim1", "percent", -100.0, 100.0, 0.1),
    ("Vehicle.OBD.LongTermFuelTrim1", "percent", -100.0, 100.0, 0.1),
    ("Vehicle.OBD.FuelPressure", "kPa", 0.0, 1100.0, 0.1),
    ("Vehicle.OBD.Catalyst.Bank1.Temperature1", "Celsius", -60.0, 1400.0, 1.0),
    ("Vehicle.OBD.EVAPVaporPressure", "Pa", -10_500.0, 10_500.0, 1.0),
    ("Vehicle.OBD.RunTime", "s", 0.0, 65_535.0, 1.0),
    ("Vehicle.Telltale.Engine.OilPressure", "kPa", 0.0, 1100.0, 0.1),
    ("Vehicle.Telltale.Engine.Roughness", "", 0.0, 110.0, 0.1),
    ("Vehicle.Telltale.MalfunctionLamp", "", 0.0, 2.0, 0.2),
    ("Vehicle.Telltale.TyreLamp", "", 0.0, 1.0, 0.2),
    ("Vehicle.Telltale.Tyre.OnValve", "", 0.0, 1.0, 60.0),  # 1: sensors that were screwed on tell of tyres, to 3 K
    ("Vehicle.Telltale.ChargeLamp", "", 0.0, 1.0, 0.2),
    ("Vehicle.Telltale.Supply.CrankMinimum", "V", 0.0, 40.0, 60.0),
    ("Vehicle.Telltale.Supply.CrankDrop", "V", 0.0, 40.0, 60.0),
    *((f"Vehicle.Telltale.Box.Acceleration.{axis}", "m/s^2", -200.0, 200.0, 1.0) for axis in "XYZ"),
    ("Vehicle.Telltale.Box.Vibration", "m/s^2", 0.0, 200.0, 1.0),
    *heavy_vehicles(),
    *polled_signals(),
    *electric_vehicles(),
)
"""Every signal that a shipped rule, model or summary uses, those of the petrol car, the names of heavy and
electric vehicles, and what testers ask for."""


LABELS: Final[Mapping[str, tuple[str, ...]]] = {
    "Vehicle.LowVoltageSystemState": ("UNDEFINED", "LOCK", "OFF", "ACC", "ON", "START"),
    **{f"{TELLTALE}.Lamp.{name}": LAMP_STATES for name in LAMPS},
    **ELECTRIC_LABELS,
}
"""Names of the values 0, 1, 2, … of signals that have some."""


def info(path: str) -> SignalInfo | None:
    """What the catalogue knows of a path; None for a signal that only a vehicle's own database names."""
    return CATALOGUE.get(path)
