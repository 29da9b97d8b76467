"""The vehicle as of a moment, for the alert that begins at it."""

from math import isnan
from typing import Final

from edge.alerts.alert import Scene
from edge.catalogue import ENGINE
from edge.history import Window
from edge.personal import without_personal

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


def scene_of(window: Window, trip: str | None, *, workshop: bool = False) -> Scene:
    """The scene as of a window; only what is known and fresh. `trip`: id of the one that runs."""
    frame = {path: value for path in FREEZE_FRAME if not isnan(value := window.value(path))}
    if window.private:
        frame = without_personal(frame)
    fix = window.fix
    return Scene(
        freeze_frame=frame,
        latitude_deg=fix.latitude_deg if fix else None,
        longitude_deg=fix.longitude_deg if fix else None,
        trip=trip,
        workshop=workshop,
    )
