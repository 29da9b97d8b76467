"""What differs from electric car to electric car: drawn by the seed from these ranges, which README.md shows."""

from dataclasses import dataclass
from typing import ClassVar

from edge.simulator.traits import Ranges, Traits


@dataclass(frozen=True, slots=True)
class EvTraits(Traits):
    """One car of the series."""

    mass_kg: float
    pack_ah: float
    """Capacity of a cell when it was new."""
    health: float
    """Share of it that years have left."""
    pack_charge: float
    """State of charge at the start, 0 to 1."""
    capacity_spread: float
    """Standard deviation from cell to cell, as a share."""
    ohm_spread: float
    charge_to: float
    """Where the owner lets the wall box stop."""
    wall_kw: float
    recharges_at: float
    """With less the driver looks for a fast charger before setting out."""
    isolation_kohm: float
    """Of the high voltage against the body, dry."""
    battery_ah: float
    """12 V, as all that begins with `battery`."""
    battery_charge: float
    battery_ohm: float
    accessories_a: float
    """Lamps, blower, seat heating and radio together."""
    odometer_km: float
    tyre_spread: float
    """How far the tyres are from the placard, as a share; each its own way."""
    pad_mm: float

    ranges: ClassVar[Ranges] = {
        "mass_kg": (1830.0, 2030.0),
        "pack_ah": (168.0, 174.0),
        "health": (0.90, 1.0),
        "pack_charge": (0.40, 0.85),
        "capacity_spread": (0.003, 0.008),
        "ohm_spread": (0.01, 0.03),
        "charge_to": (0.8, 1.0),
        "wall_kw": (7.0, 11.0),
        "recharges_at": (0.14, 0.24),
        "isolation_kohm": (2_500.0, 9_000.0),
        "battery_ah": (32.0, 40.0),
        "battery_charge": (0.82, 0.96),
        "battery_ohm": (0.006, 0.009),
        "accessories_a": (3.0, 11.0),
        "odometer_km": (4_000.0, 120_000.0),
        "tyre_spread": (-0.04, 0.06),
        "pad_mm": (6.0, 11.0),
    }
