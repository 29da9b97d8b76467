"""Features: row by row, what the experts of a plan are asked with.

All works on whole arrays whose last axis is the channels, so that one object may follow one vehicle, or many copies of
a drive at once when faults are tried on it. The road and the training use this very code.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.sensors.plan import ALIGNED_S, Plan

Float64s = npt.NDArray[np.float64]
Float32s = npt.NDArray[np.float32]

ELAPSED_MAX_S: Final = 3600.0
"""From then on a trip counts as long."""
BEYOND: Final = 1e30
"""What is larger counts as this: no expert tells such values apart, and float32 holds it."""
_WEIGHT_MIN: Final = 1e-3
"""Of a mean, in shares of one sample: what it holds less of is unknown."""


class Features:
    """The columns of a plan, for `shape` vehicles at once.

    Columns, in order: the row and the two before it; a mean for each time constant, y(t) = sum of exp(-age/tau) x over
    the sum of exp(-age/tau), unknown values left out; the combinations, of the row before; how the trip began; how long
    it has lasted (s). A column is NaN where it is unknown.
    """

    def __init__(self, plan: Plan, shape: tuple[int, ...] = ()) -> None:
        channels = len(plan.channels)
        self._gain = -np.expm1(-1.0 / np.array(plan.taus_s))[:, None]
        self._sum: Float64s = np.zeros((*shape, len(plan.taus_s), channels))
        self._weight: Float64s = np.zeros_like(self._sum)
        self._one_ago: Float64s = np.full((*shape, channels), np.nan)
        self._two_ago = self._one_ago
        self._first = self._one_ago
        self._elapsed_s = 0.0
        self._means = np.full_like(self._sum, np.nan)
        self._aligned = plan.taus_s.index(ALIGNED_S)
        self._first_of = np.array([pair[0] for pair in plan.pairs], np.intp)
        self._second_of = np.array([pair[1] for pair in plan.pairs], np.intp)
        self._is_product = np.array([one.kind == "product" for one in plan.combinations], np.bool_)

    @property
    def before(self) -> Float64s:
        """The row before the last one, (..., channels): the one that is judged, since the others' answer shows now."""
        return self._two_ago

    @property
    def aligned(self) -> Float64s:
        """The means over ALIGNED_S as of the last row, (..., channels)."""
        return self._means[..., self._aligned, :]

    @property
    def elapsed_s(self) -> float:
        """Since the trip began; at most ELAPSED_MAX_S."""
        return self._elapsed_s

    def step(self, row: Float64s) -> Float32s:
        """(..., columns) as of this second; `row`: (..., channels), NaN where unknown."""
        known = ~np.isnan(row)
        self._sum += self._gain * (np.where(known, row, 0.0)[..., None, :] - self._sum)
        self._weight += self._gain * (known[..., None, :] - self._weight)
        held = self._weight > _WEIGHT_MIN * self._gain
        self._means = np.divide(self._sum, self._weight, out=np.full_like(self._sum, np.nan), where=held)
        self._first = np.where(np.isnan(self._first), row, self._first)
        self._elapsed_s = min(self._elapsed_s + 1.0, ELAPSED_MAX_S)
        lead = row.shape[:-1]
        columns = np.concatenate(
            [
                row,
                self._one_ago,
                self._two_ago,
                self._means.reshape(*lead, -1),
                self._together(self._one_ago),
                self._first,
                np.full((*lead, 1), self._elapsed_s),
            ],
            axis=-1,
        )
        self._two_ago, self._one_ago = self._one_ago, row
        bounded: Float32s = np.minimum(np.maximum(columns, -BEYOND), BEYOND).astype(np.float32)
        return bounded

    def _together(self, row: Float64s) -> Float64s:
        one, other = row[..., self._first_of], row[..., self._second_of]
        with np.errstate(over="ignore"):  # what is beyond all bounds counts as BEYOND
            quotient = np.divide(one, other, out=np.full_like(one, np.nan), where=other != 0.0)
            return np.where(self._is_product, one * other, quotient)
