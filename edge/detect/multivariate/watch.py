"""The watch: a row in, how far the machine is from its healthy state out; alarms with hysteresis and a hold."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.detect.multivariate.learned import LearnedState
from edge.detect.multivariate.plan import WatchPlan
from edge.detect.multivariate.sliding import SlidingMeans

Float64s = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """As of one row."""

    level: float
    """The highest chart beside its limit: above 1 is beyond it. NaN: not known."""
    alarm: bool
    sensor: str | None
    """Which one is farthest from its centre; None when none is known."""


class Watch:
    """Judges a machine's rows by what was learned of it."""

    def __init__(self, state: LearnedState, plan: WatchPlan) -> None:
        self._state = state
        self._plan = plan
        self._means = SlidingMeans(len(state.places), state.window_rows)
        self._places = list(state.places)
        self._beyond = False
        self._hold_left = -1

    def step(self, row: Float64s) -> Judged:
        """Judge as of this row, (sensors,), NaN where unknown. What is unknown neither begins an alarm nor ends one."""
        away = self._means.step(row[self._places]) - self._state.centre
        level = _level(self._state.space.charts(away[None, :])[0] / self._state.limits)
        if not np.isnan(level):
            self._move(level)
        return Judged(level, self._hold_left >= 0, self._farthest(away))

    def _move(self, level: float) -> None:
        self._beyond = level > 1.0 or (self._beyond and level > self._plan.clear_share)
        self._hold_left = self._plan.hold_rows if self._beyond else max(self._hold_left - 1, -1)

    def _farthest(self, away: Float64s) -> str | None:
        sizes = np.abs(away) / self._state.space.scale
        if np.isnan(sizes).all():
            return None
        return self._state.sensors[self._places[int(np.nanargmax(sizes))]]


def _level(shares: Float64s) -> float:
    """The highest share; unknown when a chart is, unless another is beyond its limit."""
    known = shares[np.isfinite(shares)]
    if len(known) == len(shares) or (len(known) and known.max() > 1.0):
        return float(known.max())
    return float("nan")
