"""What is known of a kind of machine from several healthy stretches: whose level can be relied on, and its spread.

A level that is another one at every start (a warm-up, a mounting, the weather) says nothing when it moves. How far
levels lie apart beside how far they spread within one stretch is the idea of the intraclass correlation
(Fisher, Statistical Methods for Research Workers, 1925, chapter VII).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.multivariate.plan import WatchPlan
from edge.detect.multivariate.sliding import sliding_means
from edge.errors import ModelError

Float64s = npt.NDArray[np.float64]

STRETCHES_MIN: Final = 2


@dataclass(frozen=True, slots=True)
class Kind:
    """Of each sensor of a kind of machine, in the sensors' own units."""

    sensors: tuple[str, ...]
    judged: tuple[bool, ...]
    """False: it was constant or never known, or it strays."""
    spread: tuple[float, ...]
    """Usual standard deviation of its windows' means within a healthy stretch; 0 where that is unknown."""
    straying: tuple[float, ...]
    """How far its levels lie apart from stretch to stretch, in such deviations; infinite where that is unknown."""

    @property
    def places(self) -> list[int]:
        """Where in a row the judged sensors stand."""
        return [place for place, judged in enumerate(self.judged) if judged]


def learn_kind(sensors: Sequence[str], stretches: Sequence[Float64s], plan: WatchPlan) -> Kind:
    """Learn from healthy stretches, each (rows, sensors) from a start of its own.

    Raises:
        ModelError: there are too few stretches, or no sensor can be judged.
    """
    if len(stretches) < STRETCHES_MIN:
        raise ModelError(f"{len(stretches)} healthy stretches say nothing of a kind. Give {STRETCHES_MIN} or more")
    levels, variances = zip(*(_level_and_variance(rows, plan.window_rows) for rows in stretches), strict=True)
    spread = np.sqrt(_mean_of_known(np.array(variances)))
    apart = np.std(np.array(levels), axis=0, ddof=1)
    straying = np.full(len(sensors), np.inf)
    np.divide(apart, spread, out=straying, where=(spread > 0.0) & np.isfinite(apart))
    judged = straying <= plan.straying_max
    if not judged.any():
        raise ModelError("no sensor keeps its level from stretch to stretch. Give stretches of one kind of machine")
    return Kind(
        tuple(sensors),
        tuple(bool(its) for its in judged),
        tuple(float(its) for its in np.nan_to_num(spread)),
        tuple(float(its) for its in straying),
    )


def _level_and_variance(rows: Float64s, window_rows: int) -> tuple[Float64s, Float64s]:
    """Of each sensor's windows' means in one stretch; NaN where it was never known."""
    means = sliding_means(rows, window_rows)
    level = _mean_of_known(means)
    return level, _mean_of_known((means - level) ** 2)


def _mean_of_known(values: Float64s) -> Float64s:
    known = np.isfinite(values)
    mean = np.full(values.shape[1], np.nan)
    np.divide(np.where(known, values, 0.0).sum(axis=0), known.sum(axis=0), out=mean, where=known.any(axis=0))
    return mean
