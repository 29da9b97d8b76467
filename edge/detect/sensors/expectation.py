"""Expectation: what each signal ought to be, by experts from another car and by what this vehicle has shown itself.

The experts were trained on some car. On this one each of their answers is one regressor among others: y = a + b p + c u
+ d tanh(W u + e), where p is the expert's answer and u are the other signals. Coefficients are the ridge regression
(Hoerl & Kennard, 1970) towards a = 0, b = 1, c = d = 0, that is, towards believing the expert; W and e are drawn once
(random features: Huang, Zhu & Siew, Extreme learning machine, Neurocomputing 70, 2006). So a car like the trained one
stays with the experts, and another one unlearns what is not true of it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Float64s = npt.NDArray[np.float64]

HIDDEN: Final = 100
SPREAD: Final = 0.2
"""Of the weights W, for inputs of unit variance."""
BIAS: Final = 2.0
FAR: Final = 6.0
"""Standard deviations at which an input counts as no further."""
SEED: Final = 20060
STIFFNESS: Final = 300.0
"""Of the ridge, in rows (s), for linear terms; a tenth of it for the expert and the constant, and for hidden ones."""


@dataclass(frozen=True, slots=True)
class Scales:
    """How this vehicle's signals lie: (channels,) each, in their units."""

    mean: Float64s
    spread: Float64s


class Regressors:
    """Turns a moment into the regressors of every channel."""

    def __init__(self, channels: int) -> None:
        rng = np.random.default_rng(SEED)
        self._weight: Float64s = rng.normal(0.0, SPREAD, (2 * channels + 1, HIDDEN))
        self._bias: Float64s = rng.uniform(-BIAS, BIAS, HIDDEN)
        own = np.eye(channels, dtype=bool)
        self._others = ~np.concatenate([own, own], axis=1)
        self.size = 2 + 2 * channels + HIDDEN

    def of(self, answers: Float64s, row: Float64s, means: Float64s, scales: Scales) -> Float64s:
        """(..., channels, size): each channel's expert's answer and the other signals; unknown ones count as usual.

        `answers`, `row`, `means`: (..., channels) in the signals' units.
        """
        inputs = np.concatenate([_standard(row, scales), _standard(means, scales)], axis=-1)
        others = np.where(self._others, inputs[..., None, :], 0.0)
        expert = _standard(answers, scales)[..., None]
        hidden = np.tanh(np.concatenate([others, expert], axis=-1) @ self._weight + self._bias)
        return np.concatenate([np.ones_like(expert), expert, others, hidden], axis=-1)

    def prior(self) -> tuple[Float64s, Float64s]:
        """(size,) each: coefficients that believe the expert, and how stiffly each is held."""
        believing, stiffness = np.zeros(self.size), np.full(self.size, STIFFNESS)
        believing[1] = 1.0
        stiffness[:2] = stiffness[-HIDDEN:] = STIFFNESS / 10.0
        return believing, stiffness


def expected(regressors: Float64s, coefficients: Float64s, scales: Scales) -> Float64s:
    """(..., channels) in the signals' units; `regressors` (..., channels, size), `coefficients` (channels, size)."""
    standard: Float64s = np.einsum("...cs,cs->...c", regressors, coefficients)
    return standard * scales.spread + scales.mean


class Fit:
    """The ridge regression, fed row by row."""

    def __init__(self, regressors: Regressors, channels: int) -> None:
        self._prior, stiffness = regressors.prior()
        self.gram: Float64s = np.repeat(np.diag(stiffness)[None], channels, axis=0)
        self.moment: Float64s = self.gram @ self._prior

    def take(self, regressors: Float64s, observed: Float64s, weights: Float64s, scales: Scales) -> None:
        """One moment: `regressors` (channels, size), `observed` (channels,); a weight of zero is nothing."""
        standard = np.where(weights > 0.0, (observed - scales.mean) / scales.spread, 0.0)
        kept = regressors * weights[:, None]
        self.gram += kept[:, :, None] * regressors[:, None, :]
        self.moment += kept * standard[:, None]

    def coefficients(self) -> Float64s:
        """(channels, size)."""
        return np.asarray(np.linalg.solve(self.gram, self.moment[..., None])[..., 0], np.float64)


def _standard(values: Float64s, scales: Scales) -> Float64s:
    standard = np.minimum(np.maximum((values - scales.mean) / scales.spread, -FAR), FAR)
    return np.where(np.isnan(standard), 0.0, standard)
