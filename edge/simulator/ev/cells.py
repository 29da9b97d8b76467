"""96 cells in series, each with its own capacity, charge, resistance and leak; their voltages one by one.

NMC against graphite. The open-circuit voltage follows an ordinary measured curve; resistance rises in the cold
(Arrhenius) and near empty.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CELLS: Final = 96
MODULES: Final = 8
PER_MODULE: Final = CELLS // MODULES
CHARGE_KNOTS: Final = np.array(
    (-0.10, -0.02, 0.0, 0.02, 0.05, 0.10, 0.15, 0.20, 0.30, 0.40, 0.50, 0.60, 0.70, 0.80, 0.90, 1.0, 1.05)
)
OPEN_V: Final = np.array(
    (1.20, 2.55, 2.95, 3.16, 3.33, 3.44, 3.50, 3.55, 3.61, 3.655, 3.71, 3.80, 3.895, 3.99, 4.08, 4.185, 4.32)
)
SERIES_OHM: Final = 0.00056
"""Of one cell, at 25 °C and half full: what a current meets at once."""
FAST_OHM: Final = 0.00020
FAST_S: Final = 18.0
SLOW_OHM: Final = 0.00016
SLOW_S: Final = 420.0
"""Charge transfer and diffusion, each as a resistance with a lag."""
ARRHENIUS_K: Final = 2_500.0
"""Activation energy by the gas constant (21 kJ/mol)."""
BLEED_A: Final = 0.06
"""Passive balancing: about 60 Ω across a cell."""
BLEEDS_ABOVE: Final = 0.004
"""Balancing leaves alone what is within so much charge of the lowest cell."""
NOTHING: Final[Mapping[int, float]] = {}


def cold(temp_c: float) -> float:
    """Factor on resistance at a temperature; 1 at 25 °C."""
    return math.exp(ARRHENIUS_K * (1.0 / (temp_c + 273.15) - 1.0 / 298.15))


@dataclass(slots=True)
class Cells:
    """All cells, side by side."""

    capacity_ah: Floats
    charge_ah: Floats
    factor: Floats
    """Resistance in relation to the ordinary cell."""
    volts: Floats = field(default_factory=lambda: np.full(CELLS, 3.7))
    """As the battery control unit measures them, all at the same moment."""
    open_v: Floats = field(default_factory=lambda: np.full(CELLS, 3.7))
    bleeding: int = 0
    """Cells that the balancing draws from."""
    series_ohm: float = 0.0
    """Of all cells together, as warm as they are."""
    pack_open_v: float = 0.0
    mean_v: float = 3.7
    lowest_id: int = 0
    highest_id: int = 0
    _new_ah: Floats = field(init=False)
    _new_factor: Floats = field(init=False)
    _leaks: Floats = field(init=False)
    _changed: bool = False
    warmth: Floats = field(default_factory=lambda: np.ones(CELLS))
    """Factor on each cell's resistance from its temperature and charge."""

    @classmethod
    def draw(
        cls, rng: np.random.Generator, *, ah: float, charge: float, capacity_spread: float, ohm_spread: float
    ) -> "Cells":
        """A pack as a factory makes it; the balancing has brought all cells to the same charge above empty."""
        capacity = ah * (1.0 + capacity_spread * np.clip(rng.standard_normal(CELLS), -2.5, 2.5))
        share = charge + 0.0015 * np.clip(rng.standard_normal(CELLS), -2.0, 2.0)
        factor = 1.0 + ohm_spread * np.clip(rng.standard_normal(CELLS), -2.5, 2.5)
        return cls(capacity, capacity * share, factor)

    def __post_init__(self) -> None:
        self._new_ah, self._new_factor = self.capacity_ah.copy(), self.factor.copy()
        self._leaks = np.zeros(CELLS)
        self.warm([25.0] * MODULES)
        self.open()

    def spoil(self, capacity: Mapping[int, float], ohm: Mapping[int, float], leak_a: Mapping[int, float]) -> None:
        """Let cells have lost capacity, gained resistance, or leak; by their number."""
        if not (capacity or ohm or leak_a or self._changed):
            return
        self._changed = bool(capacity or ohm or leak_a)
        before_ah = self.capacity_ah
        self.capacity_ah, self.factor = self._new_ah.copy(), self._new_factor.copy()
        self._leaks = np.zeros(CELLS)
        for cell, share in capacity.items():
            self.capacity_ah[cell] *= share
        for cell, times in ohm.items():
            self.factor[cell] *= times
        for cell, current in leak_a.items():
            self._leaks[cell] = current
        self.charge_ah *= self.capacity_ah / before_ah  # what is lost takes its charge with it

    def store(self, current_a: float, span_s: float) -> None:
        """Count a current into every cell (above 0), and what leaks inside."""
        self.charge_ah += current_a * span_s / 3600.0
        if self._changed:
            self.charge_ah -= self._leaks * (self.open_v * (span_s / 3600.0 / 3.7))
        self.open()

    def open(self) -> None:
        """Bring the open-circuit voltages up to date."""
        self.open_v = np.interp(self.charge_ah / self.capacity_ah, CHARGE_KNOTS, OPEN_V)
        self.pack_open_v = float(np.add.reduce(self.open_v))

    def warm(self, modules_c: Sequence[float]) -> None:
        """Bring resistances up to date: cells of a module share its temperature."""
        share = float(np.add.reduce(self.charge_ah)) / float(np.add.reduce(self.capacity_ah))
        empty = 1.0 + 0.55 * math.exp(-share / 0.09) if share < 0.5 else 1.0
        self.warmth = np.repeat([cold(temp_c) * empty for temp_c in modules_c], PER_MODULE) * self.factor
        self.series_ohm = SERIES_OHM * float(np.add.reduce(self.warmth))

    def measure(self, current_a: float, lag_v: float) -> None:
        """What each cell shows under a current (above 0: charging) and the lag of an ordinary, warm cell."""
        self.volts = volts = self.open_v + self.warmth * (SERIES_OHM * current_a + lag_v)
        self.mean_v = float(np.add.reduce(volts)) / CELLS
        self.lowest_id = int(volts.argmin())
        self.highest_id = int(volts.argmax())

    def balance(self, span_s: float) -> None:
        """Draw a little from every cell that is fuller than the lowest."""
        share = self.charge_ah / self.capacity_ah
        above = share > float(np.minimum.reduce(share)) + BLEEDS_ABOVE
        self.bleeding = int(np.count_nonzero(above))
        if self.bleeding:
            self.charge_ah -= above * (BLEED_A * span_s / 3600.0)

    def fill(self, charge: float) -> None:
        """Bring all cells to a state of charge."""
        self.charge_ah = self.capacity_ah * charge
        self.open()

    def weights(self) -> list[float]:
        """How much of an eighth of the pack's heat each module makes."""
        sums = np.add.reduce(self.factor.reshape(MODULES, PER_MODULE), axis=1)
        mean = float(np.add.reduce(sums)) / MODULES
        return [float(part) / mean for part in sums]

    def left_ah(self) -> float:
        """Until the first cell is empty."""
        return float(np.minimum.reduce(self.charge_ah))

    def room_ah(self) -> float:
        """Until the first cell is full."""
        return float(np.minimum.reduce(self.capacity_ah - self.charge_ah))
