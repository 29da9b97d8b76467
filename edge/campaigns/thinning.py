"""Thinning: so many samples of a signal, or frames of an id, in a second at most. Pure."""

import numpy as np
import numpy.typing as npt

from edge.frames import NANOSECONDS


class Thinning:
    """Of one window: the first row of each series in each slot of time stays; slots are counted from its beginning."""

    def __init__(self, rate_hz: float, begin: int) -> None:
        """`begin`: ns."""
        self._rate_hz, self._begin = rate_hz, begin
        self._last: dict[int, int] = {}
        """By series: the slot that has its row."""

    def rows(self, time: npt.NDArray[np.int64], series: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """(N,) which rows stay; rows come in the order of their time within a series, batch by batch."""
        slot = np.floor((time - self._begin) * (self._rate_hz / NANOSECONDS)).astype(np.int64)
        stays = np.zeros(len(time), np.bool_)
        for one in np.unique(series):
            rows = np.flatnonzero(series == one)
            new = np.diff(slot[rows], prepend=self._last.get(int(one), -1)) > 0
            stays[rows[new]] = True
            self._last[int(one)] = max(int(slot[rows[-1]]), self._last.get(int(one), -1))
        return stays
