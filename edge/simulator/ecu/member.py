"""Member: a control unit in its vehicle, which is all that a diagnostic service needs to know."""

from collections.abc import Callable
from dataclasses import dataclass

from edge.simulator.ecu.memory import Readings
from edge.simulator.ecu.unit import Unit


@dataclass(frozen=True, slots=True)
class Vehicle:
    """What all control units of a vehicle share."""

    vin: str
    readings: Callable[[], Readings]
    """What the sensors show now."""
    moving: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Member:
    """A control unit in its vehicle."""

    unit: Unit
    vehicle: Vehicle
    first: bool = True
    """The first OBD unit tells the VIN to OBD; the others leave that to it."""
