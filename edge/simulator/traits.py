"""What differs from car to car and from fault to fault: drawn by the seed from the ranges written here.

README.md shows the same ranges; a test holds the two equal.
"""

from dataclasses import dataclass, fields
from typing import ClassVar, Self, TypeAlias

import numpy as np

Ranges: TypeAlias = dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Traits:
    """Numbers drawn from `ranges`, one for each field."""

    ranges: ClassVar[Ranges] = {}

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Every field uniformly from its range, in the order of the fields."""
        return cls(**{field.name: float(rng.uniform(*cls.ranges[field.name])) for field in fields(cls)})


@dataclass(frozen=True, slots=True)
class CarTraits(Traits):
    """One car of the series, and the day it drives on."""

    mass_kg: float
    ambient_c: float
    thermostat_opens_c: float
    radiator_share: float
    """Cooling power of the radiator in relation to a new, clean one."""
    coolant_kg: float
    battery_ah: float
    battery_charge: float
    """State of charge at the start, 0 to 1."""
    battery_ohm: float
    accessories_a: float
    """Lamps, blower, seat heating and radio together."""
    fuel_share: float
    odometer_km: float

    ranges: ClassVar[Ranges] = {
        "mass_kg": (1280.0, 1520.0),
        "ambient_c": (2.0, 32.0),
        "thermostat_opens_c": (85.5, 89.5),
        "radiator_share": (0.85, 1.0),
        "coolant_kg": (5.8, 6.4),
        "battery_ah": (54.0, 64.0),
        "battery_charge": (0.78, 0.92),
        "battery_ohm": (0.006, 0.009),
        "accessories_a": (14.0, 30.0),
        "fuel_share": (0.3, 0.95),
        "odometer_km": (8_000.0, 140_000.0),
    }


@dataclass(frozen=True, slots=True)
class CoolantLeakTraits(Traits):
    """A hose that splits."""

    opening_s: float
    """From the first crack to the full split."""
    flow_kg_per_min: float
    """What the full split loses from a full, hot system."""

    ranges: ClassVar[Ranges] = {"opening_s": (30.0, 90.0), "flow_kg_per_min": (0.9, 1.8)}


@dataclass(frozen=True, slots=True)
class ChargingLossTraits(Traits):
    """An alternator that fades, in a car whose battery is old already."""

    fade_s: float
    """From full output to none."""
    capacity_share: float
    """What is left of the battery's capacity."""
    charge: float
    """State of charge at the start, 0 to 1."""
    resistance_factor: float

    ranges: ClassVar[Ranges] = {
        "fade_s": (30.0, 90.0),
        "capacity_share": (0.45, 0.65),
        "charge": (0.55, 0.75),
        "resistance_factor": (1.4, 2.0),
    }
