"""Gates: when the signals of a vehicle can be held against each other at all.

Not in the first minutes of a trip; a slow signal not before the engine has run for a while, since what stands in the
heat of an engine at rest is no measure; and nothing while whoever asks for the signals falls behind, so that old values
stand beside new ones.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.sensors.plan import Pace, Plan

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LATELY_S: Final = 6.0
USUALLY_S: Final = 60.0
"""Time constants of how many fast signals change in a second."""
FALLS_BEHIND: Final = 0.25
"""Of the most that usually change: below it, answers are late."""


class Gates:
    """Follows `shape` vehicles, or copies of one drive, through a trip."""

    def __init__(self, plan: Plan, shape: tuple[int, ...] = ()) -> None:
        self._slow = np.array([channel.pace is Pace.SLOW for channel in plan.channels])
        self._running = plan.paths.index(plan.running.path)
        self._above, self._soak_s, self._settle_s = plan.running.above, plan.soak_s, plan.settle_s
        self._row: Float64s = np.full((*shape, len(plan.channels)), np.nan)
        self._ran_s: Float64s = np.zeros(shape)
        self._lately: Float64s = np.zeros(shape)
        self._usually: Float64s = np.zeros(shape)
        self._most: Float64s = np.zeros(shape)
        self._elapsed_s = 0.0

    def step(self, row: Float64s) -> Bools:
        """(..., channels): may be judged; `row`: (..., channels) of this second, NaN where unknown.

        Where nothing at all is heard, the vehicle is off, and its engine stands.
        """
        self._elapsed_s += 1.0
        speed = row[..., self._running]
        stands = (~np.isnan(speed) & (speed <= self._above)) | np.isnan(row).all(axis=-1)
        self._ran_s = np.where(stands, 0.0, self._ran_s + 1.0)
        keeps_up = self._keeps_up(row)
        warm = ~self._slow | (self._ran_s[..., None] > self._soak_s)
        settled = self._elapsed_s > self._settle_s
        return np.logical_and(warm, (keeps_up & settled)[..., None])

    def _keeps_up(self, row: Float64s) -> Bools:
        with np.errstate(invalid="ignore"):
            changed = ((np.abs(row - self._row) > 0.0) & ~self._slow).sum(axis=-1)
        self._row = row
        self._lately = self._lately - np.expm1(-1.0 / LATELY_S) * (changed - self._lately)
        self._usually = self._usually - np.expm1(-1.0 / USUALLY_S) * (changed - self._usually)
        self._most = np.maximum(self._most, self._usually)
        return np.asarray(self._lately >= FALLS_BEHIND * self._most, np.bool_)
