"""Levers: everything about a vehicle that a scenario may change. Physics reads them and knows nothing of scenarios."""

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Flaw:
    """What a sensor makes of the value it should show: shown = value * gain + offset."""

    gain: float = 1.0
    """0 together with an offset is a sensor that is stuck."""
    offset: float = 0.0
    lost: bool = False
    """The sensor's control unit says "not available"."""


@dataclass(slots=True)
class Levers:
    """What every vehicle has; each vehicle adds its own. The defaults are a healthy vehicle on an ordinary day."""

    wheel_columns: ClassVar[tuple[str, ...]] = ("wheel_fl_kmh", "wheel_fr_kmh", "wheel_rl_kmh", "wheel_rr_kmh")
    """Columns of the wheel speed sensors that may break."""
    glitch_columns: ClassVar[tuple[str, ...]] = ("ambient_c", "volt")
    """Columns of sensors that may show nonsense for a moment."""
    loose_node: ClassVar[str] = "ENGINE"
    """The control unit whose plug may corrode."""

    tyre_hole_kpa_per_h: dict[int, float] = field(default_factory=dict)
    """Wheel (numbered as the vehicle numbers them) → loss at placard pressure."""
    brake_drag: dict[int, float] = field(default_factory=dict)
    """Wheel → brake torque that never lets go, as a share of what locks that wheel on a dry road."""
    pad_wear: dict[int, float] = field(default_factory=dict)
    """Wheel → how many times faster its lining wears than it should."""
    pad_start_mm: dict[int, float] = field(default_factory=dict)
    """Wheel → lining left at the beginning."""
    battery_capacity: float = 1.0
    """Share of the 12 V (24 V) battery's capacity that is left."""
    battery_ohm: float = 1.0
    """Factor on its resistance."""
    battery_charge: float | None = None
    """State of charge that the battery has in this very second, 0 to 1 (an old one at the beginning, lamps left on, a
    new one put in); None: what it has come to."""
    drain_a: float = 0.0
    """Current that flows while everything should sleep."""
    charger_health: float = 1.0
    """Share of the alternator's, or DC-DC converter's, output that is left."""
    jump_start: bool = False
    """A helper's battery hangs on the terminals."""
    towed: bool = False
    """Wheels turn though the vehicle does not drive itself."""
    climb_m: float = 0.0
    """Height of the place above what the journey says."""
    colder_k: float = 0.0
    """How much colder it is than the weather says."""
    flaws: dict[str, Flaw] = field(default_factory=dict)
    """Column of the trace → what its sensor does wrong."""
    muted: set[str] = field(default_factory=set)
    """Control units that are cut off from the bus in this second."""
