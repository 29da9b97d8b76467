"""What scenarios may change on the truck, beyond what every vehicle has."""

from dataclasses import dataclass, field
from typing import ClassVar

from edge.simulator.levers import Levers


@dataclass(slots=True)
class TruckLevers(Levers):
    """The defaults are a healthy truck."""

    glitch_columns: ClassVar[tuple[str, ...]] = (
        "coolant_c",
        "ambient_c",
        "boost_kpa",
        "oil_kpa",
        "tyre_rl_kpa",
        "volt",
        "dpf_kpa",
    )

    hole: float = 0.0
    """How far a leak in the cooling system is open, 0 to 1."""
    hole_kg_per_s: float = 0.0
    """What it loses when open, hot and full."""
    thermostat_from: float = 0.0
    """The thermostat never closes below this opening, 0 to 1."""
    pump: float = 1.0
    """Share of the coolant that the water pump still moves."""
    charge_leak: float = 0.0
    """Share of the compressed air that a split charge-air hose lets out at full boost."""
    injector: dict[int, float] = field(default_factory=dict)
    """Cylinder (1 to 6) → share of the fuel that its injector gives of what is asked for."""
    fuel_filter: float = 0.0
    """How clogged the fuel filter is: 0 new, 1 passes hardly anything."""
    soot: float = 1.0
    """Factor on the soot that leaves the engine."""
    soot_share: float | None = None
    """Soot that is in the particulate filter in this very second, 1 is full; None: what it has come to."""
    ash: float = 0.0
    """Ash beyond what the mileage gives, as a share of a full filter."""
    catalysis: float = 1.0
    """Share of the oxidation catalyst's activity that is left: how well soot burns, passively and actively."""
    def_concentration: float | None = None
    """Urea in the tank in percent by mass; None: what was filled in, 32.5 (ISO 22241-1)."""
    dosing: float = 1.0
    """Share of the asked reagent that the dosing valve still lets through."""
    def_pump: float = 1.0
    """Share of its pressure that the reagent pump still makes."""
    air_hole_nl_per_min: dict[int, float] = field(default_factory=dict)
    """Brake circuit (1 or 2) → air it loses at 900 kPa, norm litres."""
    compressor: float = 1.0
    """Share of the air that the compressor still delivers."""
    gross_kg: float | None = None
    """Another trailer hangs on the tractor: the whole combination's mass; None: as the seed drew it."""
