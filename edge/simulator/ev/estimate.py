"""What the battery control unit believes of charge and health: it counts current, and corrects itself at rest."""

import math
from dataclasses import dataclass
from typing import Final

from edge.simulator.ecu.memory import Readings

EMPTY_SHARE: Final = 0.03
"""Charge that is shown as 0 %: a reserve for the cells' sake."""
FULL_SHARE: Final = 0.97
"""And what is shown as 100 %."""
LOW_V: Final = 3.38
"""An unloaded cell below this has less than LOW_CHARGE."""
LOW_CHARGE: Final = 0.065
HIGH_V: Final = 4.17
UNLOADED_A: Final = 25.0
SETTLES_S: Final = 900.0
LEARNS_S: Final = 40_000.0
"""Of rest: how fast charge and capacity follow what the cells' rest voltages say."""


@dataclass(slots=True)
class Estimate:
    """Charge and capacity as one believes them."""

    charge: float
    """0 to 1, between the first cell that is empty and the first that is full."""
    capacity_ah: float
    new_ah: float

    @property
    def shown(self) -> float:
        """What the driver sees, 0 to 1."""
        share = (self.charge - EMPTY_SHARE) / (FULL_SHARE - EMPTY_SHARE)
        return 0.0 if share < 0.0 else min(share, 1.0)

    @property
    def health(self) -> float:
        """Capacity in relation to a new battery, 0 to 1."""
        return min(self.capacity_ah / self.new_ah, 1.0)

    def second(self, seen: Readings) -> None:
        """Count one second's current; near the ends of the range believe the cells' voltages."""
        current_a = seen["pack_a"]
        if math.isnan(current_a):
            return
        charge = self.charge + current_a / 3600.0 / self.capacity_ah
        if -UNLOADED_A < current_a < UNLOADED_A:
            if seen["cell_min_v"] < LOW_V and charge > LOW_CHARGE:
                charge -= 0.002
            elif seen["cell_max_v"] > HIGH_V and charge < 0.975:
                charge += 0.0005
        self.charge = 0.0 if charge < 0.0 else min(charge, 1.0)

    def settle(self, left_ah: float, room_ah: float, seconds: float) -> None:
        """At rest the cells' voltages tell what is left to the first empty one, and the room to the first full one."""
        whole_ah = max(left_ah + room_ah, 1.0)
        charge = max(left_ah, 0.0) / whole_ah
        self.charge += (charge - self.charge) * min(seconds / SETTLES_S, 1.0)
        self.capacity_ah += (whole_ah - self.capacity_ah) * min(seconds / LEARNS_S, 1.0)
