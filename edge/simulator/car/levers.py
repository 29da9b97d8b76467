"""What scenarios may change on the petrol car, beyond what every vehicle has."""

from dataclasses import dataclass, field
from typing import ClassVar

from edge.simulator.levers import Levers


@dataclass(slots=True)
class CarLevers(Levers):
    """The defaults are a healthy car."""

    glitch_columns: ClassVar[tuple[str, ...]] = ("coolant_c", "intake_c", "fuel_percent", "tyre_rl_kpa", "volt")

    hole: float = 0.0
    """How far a leak in the cooling system is open, 0 to 1."""
    hole_kg_per_s: float = 0.0
    """What it loses when open, hot and full."""
    thermostat_from: float = 0.0
    """The thermostat never closes below this opening, 0 to 1."""
    pump: float = 1.0
    """Share of the coolant that the water pump still moves."""
    misfire: dict[int, float] = field(default_factory=dict)
    """Cylinder (1 to 4) → share of its firings that fail at full load; fewer at less."""
    maf_gain: float = 1.0
    """What the air flow sensor shows of the air that passes it."""
    vacuum_leak_gps: float = 0.0
    """Air that enters behind the sensor at full manifold vacuum."""
    o2_lag_s: float = 0.12
    """Response time of the oxygen sensor before the catalyst."""
    catalyst: float = 1.0
    """Share of the catalyst's oxygen storage that is left."""
    injector: dict[int, float] = field(default_factory=dict)
    """Cylinder → share of the fuel that its injector still gives."""
    fuel_supply: float = 1.0
    """Share of the fuel pump's flow that passes pump and filter."""
    fuel_cap_open: bool = False
    smart_alternator: bool = False
    """The regulator lets the battery feed the car and charges on the overrun."""
    stop_start: bool = False
    """The engine stops when the car stands."""
