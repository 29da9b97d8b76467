"""Drift: what each signal misses its expectation by, watched over months; reported, not alarmed.

A sensor that ages, another fuel or another season move the mean of the misses, long before an alarm would be earned.
Means of ten minutes each go into a window that forgets what came before a change (as ADWIN: Bifet & Gavaldà, Learning
from time-changing data with adaptive windowing, SIAM International Conference on Data Mining, 2007, with its bound for
a window of known variance; at a change the whole older part is forgotten, not its oldest bucket alone).
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.sensors.limits import BLOCK_S

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

CONFIDENCE: Final = 0.002
"""Chance of a change seen where there is none (the paper's delta)."""
ALIKE: Final = 5
"""Buckets of one size; more are merged, two by two (its M)."""
BLOCKS_MIN: Final = 6
"""Of each side of a change: less than an hour is no season."""
RANGE: Final = 2.0
"""Errors of a certain expert beyond which a mean counts as no further, both ways: that is for an alarm to tell."""


class Window:
    """Mean of what came since the last change; keeps a logarithm of it."""

    def __init__(self, buckets: Sequence[tuple[float, float, float]] = ()) -> None:
        """`buckets`: count, sum and sum of squares of each, oldest first."""
        self.buckets = [tuple(bucket) for bucket in buckets]

    @property
    def count(self) -> float:
        """Values since the last change."""
        return sum(count for count, _, _ in self.buckets)

    @property
    def mean(self) -> float:
        """Of those; NaN of none."""
        return sum(total for _, total, _ in self.buckets) / self.count if self.buckets else math.nan

    def take(self, value: float) -> bool:
        """Whether a change is seen with this `value`, within -1 to 1; what came before the change is forgotten."""
        self.buckets.append((1.0, value, value * value))
        self._merge()
        old = self._before_change()
        del self.buckets[:old]
        return old > 0

    def _merge(self) -> None:
        size = 1.0
        while True:
            alike = [place for place, bucket in enumerate(self.buckets) if bucket[0] == size]
            if len(alike) <= ALIKE:
                return
            one, other = self.buckets[alike[0]], self.buckets.pop(alike[1])
            self.buckets[alike[0]] = (one[0] + other[0], one[1] + other[1], one[2] + other[2])
            size *= 2.0

    def _before_change(self) -> int:
        """How many buckets are of another mean than those after them, by the split that shows it best; 0: none."""
        count = self.count
        total, squares = (sum(bucket[place] for bucket in self.buckets) for place in (1, 2))
        variance = max(squares / count - (total / count) ** 2, 0.0)
        doubt = math.log(2.0 * max(math.log(count), 1.0) / CONFIDENCE)
        best, found = 1.0, 0
        old_count = old_total = 0.0
        for place, (bucket_count, bucket_total, _) in enumerate(self.buckets[:-1], start=1):
            old_count, old_total = old_count + bucket_count, old_total + bucket_total
            new_count = count - old_count
            if min(old_count, new_count) < BLOCKS_MIN:
                continue
            inverse = 1.0 / old_count + 1.0 / new_count
            bound = math.sqrt(2.0 * inverse * variance * doubt) + 2.0 * (2.0 / 3.0) * inverse * doubt
            ratio = abs(old_total / old_count - (total - old_total) / new_count) / bound
            if ratio > best:
                best, found = ratio, place
        return found


class Drifts:
    """Of one vehicle's signals; each against the mean it had before its first change."""

    def __init__(self, channels: int) -> None:
        self.windows = [Window() for _ in range(channels)]
        self.began: Float64s = np.full(channels, np.nan)
        """Mean before the first change, in RANGE errors; NaN: there was none."""
        self.sums: Float64s = np.zeros(channels)
        self.rows = np.zeros(channels, np.int64)

    def take(self, misses: Float64s, judged: Bools, certain: Float64s) -> None:
        """One second, (channels,) each: what signals missed their expectation by, where that is known."""
        self.sums += np.where(judged, misses, 0.0)
        self.rows += judged
        for channel in np.flatnonzero(self.rows >= BLOCK_S):
            window, mean = self.windows[channel], self.sums[channel] / self.rows[channel] / certain[channel] / RANGE
            before = window.mean
            if window.take(float(np.clip(mean, -1.0, 1.0))) and np.isnan(self.began[channel]):
                self.began[channel] = before
            self.sums[channel] = self.rows[channel] = 0

    @property
    def blocks(self) -> int:
        """Means of the signal that has most of them, as far as they are kept."""
        return int(max(window.count for window in self.windows))

    def drifted(self, certain: Float64s) -> Float64s:
        """(channels,), how far each has drifted by now, in its unit; NaN of one that has not changed."""
        now = np.array([window.mean for window in self.windows])
        return (now - self.began) * RANGE * certain
