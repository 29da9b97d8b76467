"""A lead-acid starter battery: rest voltage, resistance, polarisation, charge; one of 12 V, or two in series."""

from dataclasses import dataclass
from typing import Final

REST_EMPTY_V: Final = 11.9
REST_SPAN_V: Final = 0.9
"""Rest voltage of 12 V rises by this from empty to full (12.8 V)."""
DEEP_V_PER_SHARE: Final = 140.0
"""Below 3 % of charge the acid is water and the rest voltage breaks down."""
POLARISATION_S: Final = 30.0
FULL_OHM: Final = 1.2
"""With which a full battery resists being charged: about 1 A still flows into it (a recorded one takes 0.8 A)."""
WARMS_S: Final = 5400.0
"""Time constant to its surroundings; ordinary for 15 kg of lead."""
CHARGE_MAX_PER_H: Final = 1.0
"""A healthy battery takes at most its capacity in an hour."""


@dataclass(slots=True)
class LeadAcid:
    """State of one battery, or of `blocks` equal ones in series."""

    capacity_ah: float
    charge: float
    """State of charge, 0 to 1, of what capacity is left."""
    ohm: float
    """Of one block, full and at 20 °C."""
    temp_c: float
    blocks: int = 1
    polarisation_v: float = 0.0
    """Of one block."""

    def rest_v(self) -> float:
        """Voltage without current, polarisation included."""
        charge = self.charge
        deep_v = DEEP_V_PER_SHARE * (charge - 0.03) if charge < 0.03 else 0.0
        return self.blocks * (REST_EMPTY_V + REST_SPAN_V * charge + deep_v + self.polarisation_v)

    def resistance_ohm(self) -> float:
        """It rises as the battery empties, and in the cold."""
        empty = 1.0 - self.charge
        cold_k = 20.0 - self.temp_c
        return self.blocks * self.ohm * (1.0 + 0.9 * empty * empty) * (1.0 + 0.012 * (cold_k if cold_k > 0.0 else 0.0))

    def store(self, current_a: float, span_s: float) -> None:
        """Count charge in (positive) and out; polarisation follows the current, far more so charging a full battery."""
        ohm = 0.05 + FULL_OHM * self.charge**12 if current_a > 0.0 else 0.006
        lag = span_s / POLARISATION_S
        self.polarisation_v += (current_a * ohm - self.polarisation_v) * (lag if lag < 1.0 else 1.0)
        charge = self.charge + current_a * span_s / 3600.0 / self.capacity_ah
        self.charge = 0.0 if charge < 0.0 else (charge if charge < 1.0 else 1.0)

    def warm(self, around_c: float, span_s: float) -> None:
        """Follow the temperature around it."""
        self.temp_c += (around_c - self.temp_c) * min(span_s / WARMS_S, 1.0)
