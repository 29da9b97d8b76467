"""What scenarios may change on the electric car, beyond what every vehicle has."""

from dataclasses import dataclass, field
from typing import ClassVar

from edge.simulator.levers import Levers


@dataclass(slots=True)
class EvLevers(Levers):
    """The defaults are a healthy car."""

    glitch_columns: ClassVar[tuple[str, ...]] = ("ambient_c", "motor_c", "module_3_c", "tyre_rl_kpa", "volt")
    loose_node: ClassVar[str] = "BRAKES"

    cell_capacity: dict[int, float] = field(default_factory=dict)
    """Cell (0 to 95) → share of its capacity that is left."""
    cell_leak_a: dict[int, float] = field(default_factory=dict)
    """Cell → current through a short circuit inside it."""
    cell_ohm: dict[int, float] = field(default_factory=dict)
    """Cell → factor on its resistance."""
    pack_charge: float | None = None
    """State of charge that every cell has in this very second, 0 to 1; None: what it has come to."""
    pack_c: float | None = None
    """Temperature that the pack has in this very second; None: what it has come to."""
    warms_pack: bool = False
    """The pack is warmed for a fast charge to come."""
    pack_coolant_kg_per_h: float = 0.0
    """What the battery's cooling loop loses while its pump runs; a quarter of it at rest."""
    pump_flow: float = 1.0
    """Share of the coolant that the pump of the drive unit's loop still moves."""
    pump_rpm: float = 1.0
    """Share of the speed it is told that it still turns with."""
    isolation_kohm: float | None = None
    """A path from the high voltage to the body; None: none. Half of this on a wet road."""
    inlet_ohm: float = 1.0
    """Factor on the resistance of the charging inlet's contacts."""
    seeks_charger: bool = False
    """The driver goes for a fast charger; one session each time this becomes true."""
    station_kw: float | None = None
    """What the fast charger can give; None: as chance has it."""
