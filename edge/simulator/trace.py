"""Trace: one second of a vehicle as a table, a row at its beginning and after every step, all columns side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.simulator.levers import Flaw
from edge.simulator.vehicle import STEPS, Second, Vehicle

Float64s = npt.NDArray[np.float64]

RAMP: Final = np.linspace(0.0, 1.0, STEPS + 1)[:, None]


@dataclass(frozen=True, slots=True)
class Trace:
    """What the sensors show in one second."""

    rows: Float64s
    """(STEPS + 1, columns), from the beginning of the second to its end; NaN where nothing is available."""
    muted: frozenset[str]
    """Control units that are not heard."""


class Tracer:
    """Joins the seconds of one vehicle into traces."""

    def __init__(self, vehicle: Vehicle, stepped: frozenset[str]) -> None:
        """`stepped` are the columns that hold states, which keep their value until the second is over."""
        self.columns = (*vehicle.fast_columns, *vehicle.slow_columns)
        self._fast = len(vehicle.fast_columns)
        self._place = {name: place for place, name in enumerate(self.columns)}
        self._glides = np.array([name not in stepped for name in vehicle.slow_columns], np.float64)
        self._before: tuple[tuple[float, ...], Float64s] | None = None

    def slept(self) -> None:
        """The vehicle slept: what comes next does not join what was before."""
        self._before = None

    def trace(self, second: Second) -> Trace:
        """The next second; its beginning is the end of the one before."""
        slow = np.array(second.slow)
        first, slow_before = self._before or (second.fast[0], slow)
        rows = np.empty((STEPS + 1, len(self.columns)))
        rows[:, : self._fast] = (first, *second.fast)
        rows[:, self._fast :] = slow_before + (RAMP * self._glides) * (slow - slow_before)
        self._before = second.fast[-1], slow
        if second.flaws:
            spoil(rows, second.flaws, self._place)
        return Trace(rows, second.muted)


def spoil(rows: Float64s, flaws: Mapping[str, Flaw], places: Mapping[str, int]) -> None:
    """Let flawed sensors show what they show, in place."""
    for name, flaw in flaws.items():
        place = places.get(name)
        if place is None:
            continue
        column = rows[:, place]
        column *= flaw.gain
        column += flaw.offset
        if flaw.lost:
            column[:] = np.nan
