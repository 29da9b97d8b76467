"""Periods: how often each signal comes, learned by listening; what has missed ten periods is stale."""

from typing import Final

import numpy as np
import numpy.typing as npt

from edge.frames import NANOSECONDS

Float64s = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
LOOK_NS: Final = NANOSECONDS
"""How often one looks at what came since."""
LOOKS: Final = 5
"""So many looks are remembered."""
LOOKS_MIN: Final = 3
"""With fewer nothing is known."""
UNEVEN: Final = 3.0
"""A mean interval this many times the usual one is a gap; two such in what is remembered are the signal's habit."""
PERIODS: Final = 10
"""A signal that has missed ten periods is stale (opendbc's parser uses the same ten)."""
STALE_MIN_NS: Final = NANOSECONDS
"""What comes a hundred times a second is not stale after a tenth of one."""


class Periods:
    """The usual interval of each signal: the median of its mean intervals over the last looks.

    A single gap (the bus was down) is not learned. A signal that comes when something changes has many gaps: of
    such a one the longest interval that is remembered counts.
    """

    def __init__(self, expected_ns: Int64s, is_set: npt.NDArray[np.bool_]) -> None:
        """`expected_ns` (S,) stands until enough was heard; where it `is_set` (S,), no shorter one is learned."""
        self._expected_ns = expected_ns
        self._least_ns: Int64s = np.where(is_set, expected_ns, 0)
        self._means: Float64s = np.full((len(expected_ns), LOOKS), np.inf)
        """ns; those that are missing are infinite and sort to the end."""
        self._looks: Int64s = np.zeros(len(expected_ns), np.int64)
        self._heard: Int64s = np.zeros(len(expected_ns), np.int64)
        self._heard_at: Int64s = np.zeros(len(expected_ns), np.int64)
        self._look_at: int | None = None
        self.period_ns: Int64s = expected_ns.copy()
        """(S,) the usual interval; what was expected where nothing is learned yet."""
        self.stale_ns: Int64s = self._stale()
        """(S,) older is stale."""

    @property
    def learned(self) -> npt.NDArray[np.bool_]:
        """(S,) whether the period is learned."""
        known: npt.NDArray[np.bool_] = self._looks >= LOOKS_MIN
        return known

    def look(self, until: int, heard: Int64s, heard_at: Int64s) -> None:
        """Learn, once a second of the data's time: `heard` (S,) samples so far, the last of them at `heard_at` (ns)."""
        if self._look_at is not None and until < self._look_at:
            return
        is_first = self._look_at is None
        self._look_at = until // LOOK_NS * LOOK_NS + LOOK_NS
        more = heard - self._heard
        came = np.flatnonzero(more)
        if not is_first and len(came):
            self._learn(came[self._heard[came] > 0], more, heard_at)
        self._heard[came] = heard[came]
        self._heard_at[came] = heard_at[came]

    def _learn(self, came: npt.NDArray[np.intp], more: Int64s, heard_at: Int64s) -> None:
        mean = (heard_at[came] - self._heard_at[came]) / more[came]
        came, mean = came[mean > 0], mean[mean > 0]
        self._means[came, self._looks[came] % LOOKS] = mean
        self._looks[came] += 1
        known = came[self._looks[came] >= LOOKS_MIN]
        means = np.sort(self._means[known], axis=1)
        count = np.minimum(self._looks[known], LOOKS)
        rows = np.arange(len(known))
        usual, longest, second = means[rows, (count - 1) // 2], means[rows, count - 1], means[rows, count - 2]
        period_ns = np.where(second > UNEVEN * usual, longest, usual).astype(np.int64)
        self.period_ns[known] = np.maximum(period_ns, self._least_ns[known])
        self.stale_ns = self._stale()

    def _stale(self) -> Int64s:
        return np.maximum(PERIODS * self.period_ns, STALE_MIN_NS)
