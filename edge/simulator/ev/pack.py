"""The traction battery as its terminals show it: current for a power, voltage, the lag behind a current, heat."""

import math
from dataclasses import dataclass
from typing import Final

from edge.simulator.ev.cells import CELLS, FAST_OHM, FAST_S, SERIES_OHM, SLOW_OHM, SLOW_S, Cells

WIRES_OHM: Final = 0.008
"""Contactors, fuse, busbars and shunt."""


@dataclass(slots=True)
class Pack:
    """Terminals of 96 cells in series. Currents are above 0 into the battery, as VSS counts them."""

    cells: Cells
    volt: float = 350.0
    current_a: float = 0.0
    fast_v: float = 0.0
    slow_v: float = 0.0
    """Lag of one ordinary warm cell, above 0 after charging."""
    stored_as: float = 0.0
    """Ampere seconds since the last second."""
    heat_j: float = 0.0
    charged_kwh: float = 0.0
    used_kwh: float = 0.0
    """Counted since the car was built; the owner sets where they begin."""
    _lag: float = 96.0
    """Cells in series, each with its warmth."""

    def step(self, power_w: float, span_s: float) -> None:
        """Deliver `power_w` (below 0: take it) as long as the cells can."""
        cells = self.cells
        ohm = cells.series_ohm + WIRES_OHM
        inner_v = cells.pack_open_v + (self.fast_v + self.slow_v) * self._lag
        square = inner_v * inner_v - 4.0 * ohm * power_w
        drawn_a = (inner_v - math.sqrt(square)) / (2.0 * ohm) if square > 0.0 else inner_v / (2.0 * ohm)
        self.current_a = current_a = -drawn_a
        self.volt = volt = inner_v - drawn_a * ohm
        self.stored_as += current_a * span_s
        self.heat_j += (volt - cells.pack_open_v) * current_a * span_s
        self.fast_v += (current_a * FAST_OHM - self.fast_v) * (span_s / FAST_S)
        self.slow_v += (current_a * SLOW_OHM - self.slow_v) * (span_s / SLOW_S)
        joules = volt * current_a * span_s
        if joules > 0.0:
            self.charged_kwh += joules / 3.6e6
        else:
            self.used_kwh -= joules / 3.6e6

    def second(self) -> float:
        """Bring the cells up to date with what has flowed; returns the heat of that second (J)."""
        cells, heat_j = self.cells, self.heat_j
        cells.store(self.stored_as, 1.0)
        self._lag = cells.series_ohm / SERIES_OHM
        cells.measure(self.current_a, self.fast_v + self.slow_v)
        self.stored_as = self.heat_j = 0.0
        return heat_j if heat_j > 0.0 else 0.0

    def rest(self, seconds: float) -> None:
        """Stand without current: lags fade, leaks go on."""
        self.current_a = 0.0
        self.fast_v *= math.exp(-seconds / FAST_S)
        self.slow_v *= math.exp(-seconds / SLOW_S)
        cells = self.cells
        cells.store(0.0, seconds)
        cells.measure(0.0, self.fast_v + self.slow_v)
        self.volt = cells.pack_open_v + (self.fast_v + self.slow_v) * CELLS
