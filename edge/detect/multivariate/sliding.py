"""Means over the last rows, one row at a time: bounded, and the same bits however the rows arrive."""

from typing import Final

import numpy as np
import numpy.typing as npt

Float64s = npt.NDArray[np.float64]

KNOWN_SHARE_MIN: Final = 0.5
"""A sensor that was known in a smaller share of the rows has no mean."""


class SlidingMeans:
    """Means of each sensor over the last `rows`; NaN until there are so many, and where too little is known."""

    def __init__(self, sensors: int, rows: int) -> None:
        self._ring = np.full((rows, sensors), np.nan)
        self._next = 0
        self._seen = 0

    def step(self, row: Float64s) -> Float64s:
        """(sensors,) means as of this row; `row` is (sensors,), NaN where unknown."""
        self._ring[self._next] = row
        self._next = (self._next + 1) % len(self._ring)
        self._seen = min(self._seen + 1, len(self._ring))
        if self._seen < len(self._ring):
            return np.full(self._ring.shape[1], np.nan)
        known = np.isfinite(self._ring)
        count = known.sum(axis=0)
        total = np.where(known, self._ring, 0.0).sum(axis=0)
        means = np.full(self._ring.shape[1], np.nan)
        np.divide(total, count, out=means, where=count >= KNOWN_SHARE_MIN * len(self._ring))
        return means


def sliding_means(rows: Float64s, window_rows: int) -> Float64s:
    """(N, sensors) means as of each of N rows, as `SlidingMeans` gives them."""
    means = SlidingMeans(rows.shape[1], window_rows)
    return np.array([means.step(row) for row in rows]).reshape(rows.shape)
