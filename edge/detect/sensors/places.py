"""Places and gears: where values of a signal lie while others say what they say, as a vehicle has shown it."""

from typing import Final, Self

import numpy as np
import numpy.typing as npt

from edge.detect.sensors.plan import Plan

Float64s = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]

PLACES: Final = 240
LEVELS: Final = 8
BEYOND: Final = 0.3
"""Of the range that was seen, on either side: further out all places are one."""
ELSEWHERE: Final = 0.002
"""Of each level's rows, so many count as seen wherever any level has some."""
NOWHERE: Final = 1e-7
"""And so many everywhere,"""
UNSEEN: Final = 0.1
"""but at least so many of a row: of a place that few rows could have seen, nothing is known yet."""
BLUR: Final = (0.1, 0.8, 0.1)
"""A sensor's last digit is no place of its own."""
GEARS: Final = 300
GEAR_WIDTH: Final = 0.01
"""Natural logarithm: a gear is told from the next to one percent."""
GEAR_LOWEST: Final = -5.8
STEADY: Final = 0.02
"""Two rows whose ratio differs by more: the clutch slips, or the gear changes."""
GEAR_NOWHERE: Final = 2e-5


class Places:
    """Counts of values by place, for each level of what is expected; -log of its share is a value's surprise."""

    def __init__(self, low: Float64s, high: Float64s, levels: Float64s, counts: Int64s | None = None) -> None:
        """`low`, `high`: (channels,), the range that was seen; `levels`: (channels, LEVELS - 1) edges, ascending."""
        margin = BEYOND * np.maximum(high - low, 1e-9)
        self.low, self.high, self.levels = low, high, levels
        self._from = low - margin
        self._width = (high - low + 2.0 * margin) / (PLACES - 2)
        self._channel = np.arange(len(low))
        self.counts = np.zeros((len(low), LEVELS, PLACES), np.int64) if counts is None else counts
        self._table: Float64s | None = None

    def take(self, expected: Float64s, observed: Float64s, told: npt.NDArray[np.bool_]) -> None:
        """Count one row, (channels,) each; of a channel that does not tell, nothing."""
        level, place = self._at(expected, observed)
        np.add.at(self.counts, (self._channel[told], level[told], place[told]), 1)
        self._table = None

    def surprise(self, expected: Float64s, observed: Float64s) -> Float64s:
        """(..., channels), in nats; of what is unknown, that of its lowest place."""
        level, place = self._at(expected, observed)
        found: Float64s = self._told()[self._channel, level, place]
        return found

    @property
    def usual(self) -> Float64s:
        """(channels,), the surprise that those values brought that were counted, in nats a row."""
        rows = self.counts.sum(axis=(1, 2))
        found: Float64s = (self.counts * self._told()).sum(axis=(1, 2)) / np.maximum(rows, 1)
        return found

    def _told(self) -> Float64s:
        if self._table is None:
            self._table = self._surprises()
        return self._table

    def _at(self, expected: Float64s, observed: Float64s) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        level = (expected[..., None] > self.levels).sum(axis=-1)
        number = (observed - self._from) / self._width + 1.0
        return level, _bounded(np.where(np.isnan(number), 1.0, number), PLACES)

    def _surprises(self) -> Float64s:
        near, same, far = BLUR
        padded = np.pad(self.counts, ((0, 0), (0, 0), (1, 1))).astype(np.float64)
        seen = near * padded[..., :-2] + same * padded[..., 1:-1] + far * padded[..., 2:]
        rows = seen.sum(axis=-1, keepdims=True) + 1e-9
        anywhere = seen.sum(axis=1, keepdims=True)
        anywhere = anywhere / (anywhere.sum(axis=-1, keepdims=True) + 1e-9)
        shares = seen + rows * ELSEWHERE * anywhere + np.maximum(rows * NOWHERE, UNSEEN)
        surprises: Float64s = -np.log(shares / shares.sum(axis=-1, keepdims=True))
        return surprises


class Gears:
    """Where the logarithm of a geared quotient lies; only one such quotient is looked at, the first of the plan."""

    def __init__(self, first: int, second: int, first_above: float, second_above: float) -> None:
        self._pair, self._above = (first, second), (first_above, second_above)
        self.counts = np.zeros(GEARS, np.int64)
        self._table: Float64s | None = None

    @classmethod
    def of(cls, plan: Plan) -> Self | None:
        """Of a plan; None: nothing in it is geared."""
        return cls(*plan.geared[0]) if plan.geared else None

    def take(self, row: Float64s, before: Float64s, told: npt.NDArray[np.bool_]) -> None:
        """Count one row, (channels,), and the one before it; of channels that do not tell, nothing."""
        ratio = self._steady(row, before)
        if not np.isnan(ratio) and told[list(self._pair)].all():
            self.counts[_gear(ratio)] += 1
            self._table = None

    def surprise(self, row: Float64s, before: Float64s) -> Float64s:
        """(..., channels) in nats; NaN for channels without a part in it, and while the ratio is not steady."""
        ratio = self._steady(row, before)
        told = np.full(row.shape, np.nan)
        told[..., list(self._pair)] = np.where(np.isnan(ratio), np.nan, self._told()[_gear(ratio)])[..., None]
        return told

    def _told(self) -> Float64s:
        if self._table is None:
            self._table = self._surprises()
        return self._table

    def _steady(self, row: Float64s, before: Float64s) -> Float64s:
        """Logarithm of the quotient, (...,); NaN while it is not steady."""
        now, last = self._ratio(row), self._ratio(before)
        return np.where(np.abs(now - last) < STEADY, now, np.nan)

    def _ratio(self, row: Float64s) -> Float64s:
        first, second = row[..., self._pair[0]], row[..., self._pair[1]]
        can_tell = (first > self._above[0]) & (second > self._above[1])
        return np.where(can_tell, np.log(np.where(can_tell, first, 1.0) / np.where(can_tell, second, 1.0)), np.nan)

    def _surprises(self) -> Float64s:
        padded = np.pad(self.counts, 1).astype(np.float64)
        seen = 0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:]
        shares = seen + GEAR_NOWHERE * max(seen.sum(), 1.0)
        surprises: Float64s = -np.log(shares / shares.sum())
        return surprises


def _gear(ratio: Float64s) -> npt.NDArray[np.intp]:
    number = (ratio - GEAR_LOWEST) / GEAR_WIDTH
    return _bounded(np.where(np.isnan(number), 0.0, number), GEARS)


def _bounded(number: Float64s, count: int) -> npt.NDArray[np.intp]:
    """Places from 0 to below `count`."""
    return np.minimum(np.maximum(number, 0.0), count - 1.0).astype(np.intp)
