"""Widening: where on this vehicle errors are larger than experts tell, and where they are smaller.

Experts tell how sure they are where they were trained. A driver who coasts in neutral, another gearbox or a modulated
fan make other moments hard to expect. The logarithm of the size of a vehicle's own errors, in shares of what was told,
is a ridge regression on the same regressors as the expectation (Harvey, Estimating regression models with
multiplicative heteroscedasticity, Econometrica 44, 1976).
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Float64s = npt.NDArray[np.float64]

STIFFNESS: Final = 100.0
"""Of the ridge, in samples."""
LEVEL_STIFFNESS: Final = 0.1
"""Of its constant, which is left out afterwards: how large errors are in all is learned by their quantiles."""
FLAT: Final = 0.3
"""Of the median error; smaller ones count as such, since their logarithm would tell of nothing but chance."""
MOST: Final = 3.0
"""Times wider or narrower, at most."""
SAMPLES_MIN: Final = 100
"""Of a channel; fewer teach nothing."""


def widening(regressors: Float64s, coefficients: Float64s) -> Float64s:
    """(..., channels) that errors are multiplied by; `regressors` (..., channels, size)."""
    logs = np.einsum("...cs,cs->...c", regressors, coefficients)
    bound = np.log(MOST)
    return np.asarray(np.exp(np.minimum(np.maximum(logs, -bound), bound)), np.float64)


def learn_widening(regressors: Float64s, misses: Float64s, told: Float64s) -> Float64s:
    """Coefficients, (channels, size).

    `misses`: (samples, channels), NaN where nothing was known; `told`: the errors that experts told of those moments.
    """
    _, channels, size = regressors.shape
    coefficients = np.zeros((channels, size))
    stiffness = np.full(size, STIFFNESS)
    stiffness[0] = LEVEL_STIFFNESS
    for channel in range(channels):
        known = ~np.isnan(misses[:, channel])
        if np.count_nonzero(known) < SAMPLES_MIN:
            continue
        rows, sizes = regressors[known, channel], np.abs(misses[known, channel])
        logs = np.log(np.hypot(sizes, FLAT * np.median(sizes) + 1e-12) / told[known, channel])
        found = np.linalg.solve(rows.T @ rows + np.diag(stiffness), rows.T @ (logs - logs.mean()))
        found[0] = 0.0
        coefficients[channel] = found
    return coefficients
