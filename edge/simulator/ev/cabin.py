"""The cabin: what weather and sun do to it, and what heat pump and heater take from the battery to hold it."""

from dataclasses import dataclass
from typing import Final

WANTED_C: Final = 21.5
CABIN_J_PER_K: Final = 95_000.0
"""Air, seats and trim that take part within minutes."""
SHELL_W_PER_K: Final = 48.0
WIND_W_PER_K: Final = 0.8
SUN_W: Final = 750.0
PEOPLE_W: Final = 130.0
HEAT_MAX_W: Final = 5_500.0
COOL_MAX_W: Final = 5_000.0
W_PER_K: Final = 700.0
"""How eagerly it is regulated."""
COOLING_COP: Final = 2.6
HEAT_PUMP_MIN_C: Final = -12.0
"""Below this only the electric heater works."""
FANS_W: Final = 60.0


@dataclass(slots=True)
class Cabin:
    """Temperature of the cabin and the power of its air conditioning."""

    temp_c: float
    electric_w: float = 0.0
    """From the high voltage."""
    blower: float = 0.0
    """0 to 1."""
    cooling: bool = False

    def second(self, *, ambient_c: float, sun: float, speed_mps: float, powered: bool, share: float = 1.0) -> None:
        """One second; `share` of the power is what a weak battery leaves for comfort."""
        temp_c = self.temp_c
        gains_w = SUN_W * sun - (SHELL_W_PER_K + WIND_W_PER_K * speed_mps) * (temp_c - ambient_c)
        heat_w = 0.0
        self.electric_w = self.blower = 0.0
        self.cooling = False
        if powered:
            gains_w += PEOPLE_W
            heat_w = self._air_condition(ambient_c, share)
        self.temp_c = temp_c + (gains_w + heat_w) / CABIN_J_PER_K

    def rest(self, *, ambient_c: float, sun: float, seconds: float) -> None:
        """Nobody in it."""
        goes_to = ambient_c + SUN_W * sun / SHELL_W_PER_K
        self.temp_c += (goes_to - self.temp_c) * min(seconds * SHELL_W_PER_K / CABIN_J_PER_K, 1.0)
        self.electric_w = self.blower = 0.0
        self.cooling = False

    def _air_condition(self, ambient_c: float, share: float) -> float:
        """Heat put into the cabin, below 0 taken out; also what that costs."""
        short_k = WANTED_C - self.temp_c
        # What the shell loses all the time is known to the regulator; the rest follows the difference.
        wanted_w = W_PER_K * short_k + SHELL_W_PER_K * (WANTED_C - ambient_c)
        self.cooling = wanted_w < -250.0
        most_w = (COOL_MAX_W if wanted_w < 0.0 else HEAT_MAX_W) * share
        heat_w = most_w if wanted_w > most_w else (wanted_w if wanted_w > -most_w else -most_w)
        if -250.0 <= heat_w <= 100.0:
            self.blower = 0.15
            self.electric_w = FANS_W
            return 0.0
        self.blower = min(0.2 + abs(heat_w) / 5_000.0, 1.0)
        self.electric_w = FANS_W + (-heat_w / COOLING_COP if heat_w < 0.0 else heat_w / heating_cop(ambient_c))
        return heat_w


def heating_cop(ambient_c: float) -> float:
    """Heat for each watt: a heat pump's, which falls with the outside temperature, to that of a heater."""
    if ambient_c < HEAT_PUMP_MIN_C:
        return 1.0
    cop = 1.35 + 0.055 * (ambient_c - HEAT_PUMP_MIN_C)
    return cop if cop < 3.2 else 3.2
