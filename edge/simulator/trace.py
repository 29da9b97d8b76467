"""Trace: one second of a vehicle as a table, a row at its beginning and after every step, all columns side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
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
        glides = np.array([name not in stepped for name in vehicle.slow_columns], np.float64)
        self._ramp = RAMP * glides
        self._before: tuple[tuple[float, ...], tuple[float, ...]] | None = None

    def slept(self) -> None:
        """The vehicle slept: what comes next does not join what was before."""
        self._before = None

    def trace(self, second: Second) -> Trace:
        """The next second; its beginning is the end of the one before."""
        first, before = self._before or (second.fast[0], second.slow)
        slow, slow_before = np.array(second.slow), np.array(before)
        rows = np.empty((STEPS + 1, len(self.columns)))
        rows[:, : self._fast] = (first, *second.fast)
        rows[:, self._fast :] = slow_before + self._ramp * (slow - slow_before)
        self._before = second.fast[-1], second.slow
        if second.flaws:
            spoil(rows, second.flaws, self._place)
        return Trace(rows, second.muted)

    def rows(self, seconds: Sequence[Second | None]) -> Float64s:
        """(STEPS for each that is not None, columns): the same of many seconds at once, each without its end.

        None is a second that the vehicle slept through.
        """
        awake: list[Second] = []
        fast: list[tuple[float, ...]] = []
        slow_before = []
        for second in seconds:
            if second is None:
                self.slept()
                continue
            first, before = self._before or (second.fast[0], second.slow)
            awake.append(second)
            fast += (first, *second.fast[:-1])
            slow_before.append(before)
            self._before = second.fast[-1], second.slow
        rows = np.empty((len(awake), STEPS, len(self.columns)))
        flat = rows.reshape(-1, len(self.columns))
        if not awake:
            return flat
        flat[:, : self._fast] = np.fromiter(chain.from_iterable(fast), np.float64).reshape(len(fast), -1)
        begin = np.array(slow_before)[:, None]
        end = np.array([second.slow for second in awake])[:, None]
        rows[:, :, self._fast :] = begin + self._ramp[:STEPS] * (end - begin)
        for second, its_rows in zip(awake, rows, strict=True):
            if second.flaws:
                spoil(its_rows, second.flaws, self._place)
        return flat


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
