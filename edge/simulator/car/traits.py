"""What differs from car to car: drawn by the seed from the ranges written here, which README.md shows."""

from dataclasses import dataclass
from typing import ClassVar

from edge.simulator.traits import Ranges, Traits


@dataclass(frozen=True, slots=True)
class CarTraits(Traits):
    """One car of the series."""

    mass_kg: float
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
    tyre_spread: float
    """How far the tyres are from the placard, as a share; each its own way."""
    pad_mm: float
    trim: float
    """Tolerance of injectors and air meter that the long-term trim has learned."""
    catalyst: float
    """Oxygen storage in relation to a new one."""

    ranges: ClassVar[Ranges] = {
        "mass_kg": (1280.0, 1520.0),
        "thermostat_opens_c": (85.5, 89.5),
        "radiator_share": (0.85, 1.0),
        "coolant_kg": (5.8, 6.4),
        "battery_ah": (54.0, 64.0),
        "battery_charge": (0.78, 0.92),
        "battery_ohm": (0.006, 0.009),
        "accessories_a": (14.0, 30.0),
        "fuel_share": (0.3, 0.95),
        "odometer_km": (8_000.0, 140_000.0),
        "tyre_spread": (-0.04, 0.06),
        "pad_mm": (5.0, 11.0),
        "trim": (-0.04, 0.04),
        "catalyst": (0.7, 1.0),
    }
