"""Contenders: the dumb detectors beside ours, asked the same drives; what cannot tell the channel alarms on all."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import IsolationForest  # type: ignore[import-untyped]  # it ships no types

from models.sensors.judging import Alarming, Bools
from models.sensors.training import Trip

Float64s = npt.NDArray[np.float64]

MARGIN: Final = 0.05
"""Of the range that was seen, on either side of fixed limits."""
PATIENCE_S: Final = 10
"""Beyond a fixed limit in a row."""
SMOOTH_S: Final = 60.0
TREES: Final = 100
SETTLE_S: Final = 300
"""Of a drive's beginning a forest says nothing: cold engines are rare among the rows that it learns."""
RANDOM_PER_HOUR: Final = 0.1


def always(rows: Float64s) -> Bools:
    """Alarms."""
    return np.ones(rows.shape, bool)


def never(rows: Float64s) -> Bools:
    """Does not."""
    return np.zeros(rows.shape, bool)


def at_random(rows: Float64s) -> Bools:
    """RANDOM_PER_HOUR alarms an hour of all channels together."""
    chance = RANDOM_PER_HOUR / 3600.0 / rows.shape[-1]
    return np.asarray(np.random.default_rng(rows.shape[0]).random(rows.shape) < chance, bool)


def fixed_limits(trips: Sequence[Trip]) -> Alarming:
    """Outside of all that was ever seen of a channel, and some."""
    every = np.concatenate([trip.rows for trip in trips])
    low, high = np.nanmin(every, axis=0), np.nanmax(every, axis=0)
    margin = MARGIN * (high - low)

    def alarming(rows: Float64s) -> Bools:
        outside: Bools = (rows < low - margin) | (rows > high + margin)
        counts = np.cumsum(outside, axis=0)
        before = np.concatenate([np.zeros((PATIENCE_S, *rows.shape[1:]), counts.dtype), counts[:-PATIENCE_S]])
        return np.asarray(counts - before >= PATIENCE_S, bool)

    return alarming


def isolation_forest(learning: Sequence[Trip], calibration: Sequence[Trip], seed: int) -> Alarming:
    """A forest over rows, smoothed over a minute; its limit is the strangest minute of the calibration drives."""
    every = np.concatenate([trip.rows for trip in learning])
    mean, spread = np.nanmean(every, axis=0), np.nanstd(every, axis=0)

    def standard(rows: Float64s) -> Float64s:
        scaled = (rows - mean) / spread
        return np.where(np.isnan(scaled), 0.0, scaled)

    forest = IsolationForest(n_estimators=TREES, random_state=seed).fit(standard(every)[::5])

    def strangeness(rows: Float64s) -> Float64s:
        flat = -forest.score_samples(standard(rows).reshape(-1, rows.shape[-1])).reshape(rows.shape[:-1])
        return _smoothed(flat)

    limit = max(float(strangeness(trip.rows)[SETTLE_S:].max()) for trip in calibration if len(trip.rows) > SETTLE_S)

    def alarming(rows: Float64s) -> Bools:
        strange = np.asarray(strangeness(rows) > limit)
        strange[:SETTLE_S] = False
        return np.repeat(strange[..., None], rows.shape[-1], axis=-1)

    return alarming


def _smoothed(values: Float64s) -> Float64s:
    """Exponential mean along the first axis."""
    gain = -np.expm1(-1.0 / SMOOTH_S)
    smoothed = np.empty_like(values)
    last = values[0]
    for place, value in enumerate(values):
        last = last + gain * (value - last)
        smoothed[place] = last
    return smoothed
