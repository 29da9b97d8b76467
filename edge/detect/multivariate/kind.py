"""What is known of a kind of machine from several healthy stretches: which sensors keep their level, how they spread.

A level that is another one at every start (a warm-up, a mounting, the weather) says nothing when it moves. How far
levels lie apart beside how far they spread within one stretch is the idea of the intraclass correlation
(Fisher, Statistical Methods for Research Workers, 1925, chapter VII). Spread and correlation are of the kind, since
one machine's first minutes are too few to tell them; its level and how restless it is are its own (`learned.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.multivariate.plan import WatchPlan
from edge.detect.multivariate.sliding import sliding_means
from edge.detect.multivariate.space import Space, fit_space
from edge.errors import ModelError

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

STRETCHES_MIN: Final = 2


@dataclass(frozen=True, slots=True)
class Kind:
    """Of each sensor of a kind of machine, and of those that are judged together."""

    sensors: tuple[str, ...]
    judged: tuple[bool, ...]
    """False: it was constant or never known, or it strays."""
    straying: tuple[float, ...]
    """How far its levels lie apart from stretch to stretch, in standard deviations of its windows' means within one;
    infinite where that is unknown."""
    space: Space
    """Of the judged ones."""

    @property
    def places(self) -> list[int]:
        """Where in a row the judged sensors stand."""
        return [place for place, judged in enumerate(self.judged) if judged]


def learn_kind(sensors: Sequence[str], stretches: Sequence[Float64s], plan: WatchPlan) -> Kind:
    """Learn from healthy stretches, each (rows, sensors) from a start of its own, NaN where unknown.

    Raises:
        ModelError: there are too few stretches, no sensor can be judged, or the judged ones were never known together.
    """
    if len(stretches) < STRETCHES_MIN:
        raise ModelError(f"{len(stretches)} healthy stretches say nothing of a kind. Give {STRETCHES_MIN} or more")
    windows = [sliding_means(rows, plan.window_rows) for rows in stretches]
    levels = np.array([_mean_of_known(means) for means in windows])
    departures = np.concatenate([means - level for means, level in zip(windows, levels, strict=True)])
    spread = np.sqrt(_mean_of_known(departures**2))
    straying = _straying(levels, spread)
    judged = straying <= plan.straying_max
    if not judged.any():
        raise ModelError("no sensor keeps its level from stretch to stretch. Give stretches of one kind of machine")
    whole = departures[:, judged][np.isfinite(departures[:, judged]).all(axis=1)]
    if len(whole) == 0:
        raise ModelError("the sensors were never known together. Give stretches without gaps")
    space = fit_space(whole, spread[judged], plan.explained)
    return Kind(tuple(sensors), tuple(bool(its) for its in judged), tuple(float(its) for its in straying), space)


def _straying(levels: Float64s, spread: Float64s) -> Float64s:
    known = np.isfinite(levels).sum(axis=0)
    squares = _mean_of_known((levels - _mean_of_known(levels)) ** 2) * known
    enough = known >= STRETCHES_MIN
    apart = np.sqrt(np.divide(squares, known - 1, out=np.full(len(spread), np.nan), where=enough))
    straying = np.full(len(spread), np.inf)
    np.divide(apart, spread, out=straying, where=enough & (spread > 0.0))
    return straying


def _mean_of_known(values: Float64s) -> Float64s:
    known = np.isfinite(values)
    mean = np.full(values.shape[1], np.nan)
    np.divide(np.where(known, values, 0.0).sum(axis=0), known.sum(axis=0), out=mean, where=known.any(axis=0))
    return mean
