"""Air conditioning as the engine feels it: a compressor whose clutch comes and goes with the evaporator."""

from dataclasses import dataclass
from typing import Final

COOLS_FROM_C: Final = 20.5
"""Of the cabin: automatic air conditioning cools from here on; on a damp day too, to keep the windows clear."""
OUTSIDE_MIN_C: Final = 5.0
"""Colder outside, the compressor stays off: there is nothing to condense."""
CLUTCH_OFF_C: Final = 2.5
CLUTCH_ON_C: Final = 6.5
"""Of the evaporator: below its frost, and above what still dries the air; ordinary values."""
COLDEST_C: Final = -5.15
COLDEST_K_PER_K: Final = 0.3
"""What the evaporator tends to with the clutch in, higher by so much in a warmer cabin."""
COOLS_S: Final = 12.0
WARMS_S: Final = 40.0
LEAST_NM: Final = 5.0
NM_PER_K: Final = 0.33
"""A fixed-displacement compressor's torque rises with the condensing pressure, and that with the air outside."""
FULL_LOAD: Final = 0.92
"""The engine control unit opens the clutch while everything is wanted for the wheels."""
START_S: Final = 6.0
"""It stays open so long after a start."""


@dataclass(slots=True)
class AirConditioning:
    """The clutch and the evaporator behind it."""

    evaporator_c: float
    engaged: bool = False
    torque_nm: float = 0.0
    """What it takes from the crankshaft in this second."""

    def second(self, *, cabin_c: float, ambient_c: float, load: float, on_s: float) -> None:
        """Live a second; `on_s` is how long the engine has been running, 0 while it stands."""
        wanted = on_s > START_S and ambient_c > OUTSIDE_MIN_C and cabin_c > COOLS_FROM_C and load < FULL_LOAD
        if self.engaged:
            self.engaged = wanted and self.evaporator_c > CLUTCH_OFF_C
        else:
            self.engaged = wanted and self.evaporator_c > CLUTCH_ON_C
        if self.engaged:
            self.evaporator_c += (COLDEST_C + COLDEST_K_PER_K * (cabin_c - COOLS_FROM_C) - self.evaporator_c) / COOLS_S
            self.torque_nm = LEAST_NM + NM_PER_K * (ambient_c - OUTSIDE_MIN_C)
        else:
            self.evaporator_c += (cabin_c - self.evaporator_c) / WARMS_S
            self.torque_nm = 0.0

    def rest(self, cabin_c: float) -> None:
        """Parked: it has the cabin's temperature."""
        self.evaporator_c, self.engaged, self.torque_nm = cabin_c, False, 0.0
