"""What differs from truck to truck: drawn by the seed from the ranges written here, which README.md shows."""

from dataclasses import dataclass
from typing import ClassVar

from edge.simulator.traits import Ranges, Traits


@dataclass(frozen=True, slots=True)
class TruckTraits(Traits):
    """One tractor with its trailer and what is loaded."""

    gross_kg: float
    """Tractor, trailer and load: from an empty trailer to the 40 t that Directive 96/53/EC allows."""
    drag_area_m2: float
    """Drag coefficient times frontal area."""
    rolling: float
    """Rolling resistance coefficient at placard pressure."""
    thermostat_opens_c: float
    radiator_share: float
    """Cooling power of the radiator in relation to a new, clean one."""
    coolant_kg: float
    battery_ah: float
    """Of each of the two batteries."""
    battery_charge: float
    """State of charge at the start, 0 to 1."""
    battery_ohm: float
    """Of each of the two batteries."""
    accessories_a: float
    """Lamps, heater fan, fridge and radio together."""
    fuel_share: float
    def_share: float
    """Level of the diesel exhaust fluid."""
    odometer_km: float
    soot_share: float
    """Soot in the particulate filter at the start."""
    ash_share: float
    """Ash in it, which no regeneration burns."""
    air_leak_kpa_per_h: float
    """What a parked truck in good order loses in each circuit."""
    compressor_share: float
    tyre_spread: float
    """How far the tyres are from the placard, as a share; each its own way."""
    lining_mm: float

    ranges: ClassVar[Ranges] = {
        "gross_kg": (16_000.0, 40_000.0),
        "drag_area_m2": (5.2, 6.0),
        "rolling": (0.0050, 0.0060),
        "thermostat_opens_c": (82.0, 85.0),
        "radiator_share": (0.85, 1.0),
        "coolant_kg": (43.0, 48.0),
        "battery_ah": (180.0, 225.0),
        "battery_charge": (0.80, 0.95),
        "battery_ohm": (0.0026, 0.0036),
        "accessories_a": (14.0, 26.0),
        "fuel_share": (0.3, 0.95),
        "def_share": (0.3, 0.95),
        "odometer_km": (20_000.0, 650_000.0),
        "soot_share": (0.10, 0.55),
        "ash_share": (0.05, 0.40),
        "air_leak_kpa_per_h": (2.0, 8.0),
        "compressor_share": (0.88, 1.0),
        "tyre_spread": (-0.03, 0.04),
        "lining_mm": (8.0, 19.0),
    }
