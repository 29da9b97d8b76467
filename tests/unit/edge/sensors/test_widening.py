"""Errors are larger where a vehicle has shown it, in its own healthy hours."""

import numpy as np
import pytest

from edge.detect.sensors.widening import MOST, learn_widening, widening

ROWS = 20_000


def samples(seed: int, factor: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Regressors (rows, 2 channels, 3), misses and told errors; where the last regressor is 1, errors are as large."""
    rng = np.random.default_rng(seed)
    coasts = rng.random(ROWS) < 0.2
    regressors = np.stack([np.ones(ROWS), rng.normal(size=ROWS), coasts.astype(np.float64)], axis=-1)
    told = np.full((ROWS, 2), 2.0)
    misses = rng.normal(size=(ROWS, 2)) * told
    misses[:, 0] *= np.where(coasts, factor, 1.0)
    return np.repeat(regressors[:, None, :], 2, axis=1), misses, told


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.5])
def test_it_is_as_wide_as_errors_were_there_and_unchanged_for_the_other_channel(factor: float) -> None:
    regressors, misses, told = samples(3, factor)
    found = widening(regressors, learn_widening(regressors, misses, told))
    coasts = regressors[:, 0, 2] > 0.5
    ratio = np.median(found[coasts], axis=0) / np.median(found[~coasts], axis=0)
    assert ratio == pytest.approx([factor, 1.0], rel=0.25)


def test_it_has_bounds() -> None:
    regressors, misses, told = samples(4, 1000.0)
    found = widening(regressors, learn_widening(regressors, misses, told))
    assert found.max() == pytest.approx(MOST)
    assert found.min() >= 1.0 / MOST


def test_few_samples_and_unknown_ones_teach_nothing() -> None:
    regressors, misses, told = samples(5, 2.5)
    misses[90:, 0] = np.nan
    misses[:, 1] = 0.0
    assert not learn_widening(regressors, misses, told)[0].any()
    assert np.isfinite(learn_widening(regressors, misses, told)).all()
