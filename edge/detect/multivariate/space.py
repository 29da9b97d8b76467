"""The space in which a kind of machine's healthy windows lie, and three charts of how far a window is from its centre.

T² is the distance within the retained principal components (Hotelling, The generalization of Student's ratio, 1931);
Q the squared distance from them (Jackson and Mudholkar, Control procedures for residuals associated with principal
component analysis, 1979, section 2); the third is the largest deviation of one sensor (Shewhart, Economic Control of
Quality of Manufactured Product, 1931), which T² and Q dilute among those that are as ever.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Float64s = npt.NDArray[np.float64]

CHARTS: Final = ("t2", "q", "largest")


@dataclass(frozen=True, slots=True)
class Space:
    """Of S sensors and K retained components."""

    scale: Float64s
    """(S,) in the sensors' units, above 0."""
    axes: Float64s
    """(S, S) columns are components, by falling variance."""
    variances: Float64s
    """(K,) of the retained components, above 0."""

    def charts(self, departures: Float64s) -> Float64s:
        """(N, 3) square roots of T² and Q, and the largest deviation, of windows (N, S) away from their centre.

        T² and Q are NaN where a sensor is unknown; the largest deviation is that of the known ones, NaN without any.
        """
        deviations = departures / self.scale
        along = deviations @ self.axes
        kept = len(self.variances)
        t2 = np.sqrt((along[:, :kept] ** 2 / self.variances).sum(axis=1))
        q = np.sqrt((along[:, kept:] ** 2).sum(axis=1))
        return np.stack([t2, q, _largest(np.abs(deviations))], axis=1)


def fit_space(departures: Float64s, scale: Float64s, explained: float) -> Space:
    """The space of (N, S) healthy windows away from their centres, all known; `scale` is (S,), above 0."""
    deviations = departures / scale
    variances, axes = np.linalg.eigh(deviations.T @ deviations / len(deviations))
    variances, axes = np.maximum(variances[::-1], 0.0), np.ascontiguousarray(axes[:, ::-1])
    share = np.cumsum(variances) / variances.sum()
    kept = min(int(np.searchsorted(share, explained)) + 1, max(len(variances) - 1, 1))
    return Space(scale, axes, np.maximum(variances[:kept], np.finfo(np.float32).eps))


def _largest(sizes: Float64s) -> Float64s:
    known = np.isfinite(sizes)
    largest = np.where(known, sizes, -1.0).max(axis=1)
    return np.where(known.any(axis=1), largest, np.nan)
