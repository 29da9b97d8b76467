"""The vehicle as of a moment, for the alert that begins at it."""

from math import isnan
from typing import Final

from edge.alerts.alert import Scene
from edge.catalogue import ENGINE
from edge.history import Window

FREEZE_FRAME: Final = (
    "Vehicle.Speed",
    "Vehicle.TraveledDistance",
    "Vehicle.LowVoltageSystemState",
    "Vehicle.LowVoltageBattery.CurrentVoltage",
    "Vehicle.OBD.ControlModuleVoltage",
    "Vehicle.Exterior.AirTemperature",
    "Vehicle.Chassis.Accelerator.PedalPosition",
    "Vehicle.Powertrain.Transmission.CurrentGear",
    f"{ENGINE}.Speed",
    f"{ENGINE}.EngineCoolant.Temperature",
    f"{ENGINE}.EngineHours",
    "Vehicle.OBD.EngineLoad",
    "Vehicle.OBD.RunTime",
    "Vehicle.Powertrain.FuelSystem.RelativeLevel",
    "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed",
    "Vehicle.Powertrain.TractionBattery.Temperature.Max",
    "Vehicle.Powertrain.TractionBattery.CurrentCurrent",
    "Vehicle.CurrentOverallWeight",
)
"""What tells a technician how the vehicle was used when it happened: as in a freeze frame of SAE J1979 the speed, and
the engine's speed, load, coolant and run time; and the like of what has no engine."""
LATITUDE: Final = "Vehicle.CurrentLocation.Latitude"
LONGITUDE: Final = "Vehicle.CurrentLocation.Longitude"


def scene_of(window: Window, trip: str | None) -> Scene:
    """The scene as of a window; only what is known and fresh. `trip`: id of the one that runs."""
    frame = {path: value for path in FREEZE_FRAME if not isnan(value := window.value(path))}
    return Scene(
        freeze_frame=frame,
        latitude_deg=_within(window.value(LATITUDE), 90.0),
        longitude_deg=_within(window.value(LONGITUDE), 180.0),
        trip=trip,
    )


def _within(value: float, limit: float) -> float | None:
    """None where it is unknown, or no place on Earth: what a receiver without a fix sends."""
    return value if abs(value) <= limit else None
