"""Who is compared: each learns from a run's first rows and alarms on the rest, a row at a time; none sees a label."""

import zlib
from dataclasses import dataclass
from statistics import NormalDist
from typing import Protocol

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import IsolationForest  # type: ignore[import-untyped]  # it ships no types

from edge.detect.multivariate.kind import Kind
from edge.detect.multivariate.learned import learn
from edge.detect.multivariate.plan import WatchPlan
from edge.detect.multivariate.sliding import sliding_means
from edge.detect.multivariate.watch import Watch

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class Contender(Protocol):
    """Judges a run."""

    def alarms(self, rows: Float64s, learning_rows: int) -> Bools:
        """(N - learning_rows,) of (N, sensors) rows; each known from the learning rows and the rows up to it."""


@dataclass(frozen=True, slots=True)
class OfTheWatch:
    """The watch of the vehicle, as it is."""

    kind: Kind
    plan: WatchPlan

    def alarms(self, rows: Float64s, learning_rows: int) -> Bools:
        """See Contender."""
        watch = Watch(learn(rows[:learning_rows], self.kind, self.plan), self.plan)
        return np.array([watch.step(row).alarm for row in rows])[learning_rows:]


@dataclass(frozen=True, slots=True)
class OfTheTextbook:
    """T² and Q of single rows, every sensor, with the limits that normal and independent rows would have.

    Of T² the chi-square quantile (Wilson and Hilferty, The distribution of chi-square, 1931), since there are many
    learning rows; of Q that of Jackson and Mudholkar, 1979, section 2.
    """

    explained: float
    confidence: float

    def alarms(self, rows: Float64s, learning_rows: int) -> Bools:
        """See Contender."""
        filled = _filled(rows, learning_rows)
        centre, scale = filled[:learning_rows].mean(axis=0), filled[:learning_rows].std(axis=0)
        scaled = (filled - centre) / np.where(scale > 0.0, scale, 1.0)
        variances, axes = np.linalg.eigh(scaled[:learning_rows].T @ scaled[:learning_rows] / learning_rows)
        variances, along = variances[::-1], scaled @ axes[:, ::-1]
        kept = min(int(np.searchsorted(np.cumsum(variances) / variances.sum(), self.explained)) + 1, len(variances) - 1)
        t2 = (along[:, :kept] ** 2 / variances[:kept]).sum(axis=1)
        q = (along[:, kept:] ** 2).sum(axis=1)
        beyond: Bools = (t2 > t2_limit(kept, self.confidence)) | (q > q_limit(variances[kept:], self.confidence))
        return beyond[learning_rows:]


@dataclass(frozen=True, slots=True)
class OfAForest:
    """An isolation forest on single rows of every sensor, or on the windows and the sensors that the watch judges."""

    seed: int
    trees: int
    confidence: float
    """Share of the learning rows that are within the limit."""
    window_rows: int = 1
    places: tuple[int, ...] | None = None

    def alarms(self, rows: Float64s, learning_rows: int) -> Bools:
        """See Contender."""
        chosen = rows if self.places is None else rows[:, list(self.places)]
        means = _filled(sliding_means(chosen, self.window_rows), learning_rows)
        healthy = means[self.window_rows - 1 : learning_rows]
        forest = IsolationForest(n_estimators=self.trees, random_state=self.seed).fit(healthy)
        limit = np.quantile(forest.score_samples(healthy), 1.0 - self.confidence)
        beyond: Bools = forest.score_samples(means[learning_rows:]) < limit
        return beyond


@dataclass(frozen=True, slots=True)
class OfACoin:
    """Alarms without looking, in so great a share of rows."""

    share: float
    seed: int

    def alarms(self, rows: Float64s, learning_rows: int) -> Bools:
        """See Contender."""
        own = zlib.crc32(rows[0].tobytes())  # another throw for each run, and the same one each time
        return np.random.default_rng([self.seed, own]).random(len(rows) - learning_rows) < self.share


def t2_limit(components: int, confidence: float) -> float:
    """Quantile of chi-square, within 2 % from one degree of freedom on."""
    part = 2.0 / (9.0 * components)
    cube: float = (1.0 - part + NormalDist().inv_cdf(confidence) * part**0.5) ** 3
    return components * cube


def q_limit(left_out: Float64s, confidence: float) -> float:
    """Quantile of Q by the variances of the components that are not retained."""
    one, two, three = (float((np.maximum(left_out, 0.0) ** power).sum()) for power in (1, 2, 3))
    if one <= 0.0:
        return 0.0
    power = 1.0 - 2.0 * one * three / (3.0 * two**2)
    normal = NormalDist().inv_cdf(confidence) * (2.0 * two * power**2) ** 0.5 / one
    within: float = (normal + 1.0 + two * power * (power - 1.0) / one**2) ** (1.0 / power)
    return one * within


def _filled(rows: Float64s, learning_rows: int) -> Float64s:
    """Unknown values as the middle of the learning rows; 0 for a sensor that was never known in them."""
    middle = np.array(
        [np.median(its[np.isfinite(its)]) if np.isfinite(its).any() else 0.0 for its in rows[:learning_rows].T]
    )
    return np.where(np.isfinite(rows), rows, middle)
