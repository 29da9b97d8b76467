"""Steps: readings of a slow signal that jumped further than it can are misread, until it stays where it went."""

from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.sensors.plan import Plan

Float64s = npt.NDArray[np.float64]

STAYS: Final = 15
"""Readings in a row, each within a step of the one before: the signal is there, however it came."""


class Steps:
    """Takes out what was misread, for `shape` vehicles at once; `taken` counts it, by channel."""

    def __init__(self, plan: Plan, shape: tuple[int, ...] = ()) -> None:
        self._limit = np.array([channel.step or np.inf for channel in plan.channels])
        self._last: Float64s = np.full((*shape, len(plan.channels)), np.nan)
        self._elsewhere = self._last
        self._often = np.zeros(self._last.shape, np.int64)
        self.taken = np.zeros(self._last.shape, np.int64)

    def step(self, row: Float64s) -> Float64s:
        """The row without what was misread; `row`: (..., channels) once a second, NaN where unknown."""
        known = ~np.isnan(row)
        with np.errstate(invalid="ignore"):
            far = known & (np.abs(row - self._last) > self._limit)  # of nothing known so far nothing is far
            stays = far & (np.abs(row - self._elsewhere) <= self._limit)
        often = np.where(stays, self._often + 1, 1)
        misread = far & (often < STAYS)
        believed = known & ~misread
        self._often = np.where(misread, often, np.where(believed, 0, self._often))
        self._elsewhere = np.where(far, row, self._elsewhere)
        self._last = np.where(believed, row, self._last)
        self.taken += misread
        return np.where(misread, np.nan, row)
