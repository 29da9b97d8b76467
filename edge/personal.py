"""Which signals say where or how somebody drives. Pure.

Positions and driving style are personal: they tell of a person's whereabouts and conduct (Regulation (EU) 2016/679,
Article 4(1) and (4); EDPB Guidelines 01/2020 on connected vehicles, 2.1). In private mode nothing of it leaves the
vehicle or is written down in it. How worn the vehicle is, its faults and its odometer are not among it.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final, TypeVar

PLACES: Final = ("Vehicle.CurrentLocation.", "Vehicle.Cabin.Infotainment.Navigation.")
STYLE: Final = (
    "Vehicle.Speed",
    "Vehicle.AverageSpeed",
    "Vehicle.Acceleration.",
    "Vehicle.AngularVelocity.",
    "Vehicle.ADAS.",
    "Vehicle.Driver.",
    "Vehicle.Occupant.",
    "Vehicle.Chassis.Accelerator.",
    "Vehicle.Chassis.Brake.PedalPosition",
    "Vehicle.Chassis.Brake.IsDriverEmergencyBrakingDetected",
    "Vehicle.Chassis.SteeringWheel.",
    "Vehicle.Powertrain.Transmission.CurrentGear",
    "Vehicle.Powertrain.Transmission.SelectedGear",
    "Vehicle.Powertrain.CombustionEngine.Speed",
    "Vehicle.Powertrain.CombustionEngine.Torque",
    "Vehicle.Powertrain.ElectricMotor.Speed",
    "Vehicle.Powertrain.ElectricMotor.Torque",
    "Vehicle.Telltale.Box.",
    "Vehicle.OBD.Speed",
    "Vehicle.OBD.VehicleSpeed",
    "Vehicle.OBD.EngineSpeed",
    "Vehicle.OBD.ThrottlePosition",
    "Vehicle.OBD.AcceleratorPosition",
    "Vehicle.OBD.RelativeAcceleratorPosition",
    "Vehicle.OBD.RelativeThrottlePosition",
    "Vehicle.OBD.ThrottleActuator",
    "Vehicle.OBD.DriverDemandTorque",
    "Vehicle.OBD.ActualEngineTorque",
    "Vehicle.OBD.EngineLoad",
    "Vehicle.OBD.AbsoluteLoad",
    "Vehicle.OBD.FuelRate",
)
"""Paths, or where they end with a dot or are continued, whole branches. Engine speed with the gear is the speed."""
_WHEELS: Final = (".Wheel.Left.Speed", ".Wheel.Right.Speed", ".Wheel.Left.AngularSpeed", ".Wheel.Right.AngularSpeed")
OWN: Final = ("dbc.", "obd.")
"""What no mapping names may be anything."""


_PATHS: Final = re.compile(r"(?:Vehicle|dbc|obd)\.[\w.]+")
T = TypeVar("T")


def is_place(path: str) -> bool:
    """Whether a signal says where the vehicle is."""
    return path.startswith(PLACES)


@cache
def is_personal(path: str) -> bool:
    """Whether a signal says where or how somebody drives; what nobody has named may."""
    return path.startswith((*OWN, *PLACES, *STYLE)) or path.endswith(_WHEELS)


def without_personal(values: Mapping[str, T]) -> dict[str, T]:
    """What may be told of values by the signal, or the expression of signals, that they are of."""
    return {name: value for name, value in values.items() if not any(map(is_personal, _PATHS.findall(name)))}
