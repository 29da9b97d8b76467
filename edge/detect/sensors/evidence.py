"""Evidence: how strongly each signal contradicts the others, in several ways and over several spans.

Each kind of fault has a kind of evidence that it cannot escape: a bias or drift leans, a swapped or noisy signal
strays, a stuck one stays while it ought to move, a misread one is where it never is, a slipping one leaves the gears.
How much of each is too much is learned on the vehicle (limits.py).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.sensors.places import Gears, Places
from edge.detect.sensors.plan import Pace, Plan

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class Kind(StrEnum):
    """The kinds of evidence, in the order in which they stand."""

    LEANS_60 = "leans_60"
    LEANS_600 = "leans_600"
    STRAYS_60 = "strays_60"
    STRAYS_300 = "strays_300"
    MOVED_10 = "moved_10"
    MOVED_60 = "moved_60"
    STUCK = "stuck"
    MISSING = "missing"
    MISPLACED_60 = "misplaced_60"
    MISPLACED_600 = "misplaced_600"
    GEARS_600 = "gears_600"

    @property
    def in_words(self) -> str:
        """For an alert: what the signal does, and over how long."""
        what, _, seconds = self.partition("_")
        return f"{what} over {seconds} s" if seconds else what


KINDS: Final = tuple(Kind)
BY_ITSELF: Final = frozenset({Kind.MOVED_10, Kind.MOVED_60, Kind.MISSING, Kind.GEARS_600})
"""Needs no expectation."""
LEAN_S: Final = (60.0, 600.0)
LEAN_DOUBT: Final = (0.1, 0.3)
"""Weight of knowing nothing, in shares of what a certain expert tells: where little is known, there is no lean."""
LEAN_MAX: Final = {Pace.FAST: 4.0, Pace.SLOW: 6.0}
"""Standard errors that one row may count for: one odd moment is no lean (Huber, Robust Statistics, 1981). Slow signals
have fewer of those, and drift far beyond a certain expert's error."""
STRAY_S: Final = (60.0, 300.0)
STRAY_MAX: Final = 12.0
MOVED_S: Final = (10, 60)
MOVED_AFTER: Final = 90
"""Rows of a trip after which movement tells: before, heat soak moves sensors."""
GAP_MAX: Final = 30
"""Rows without an answer after which nothing is known of how a signal moved."""
BEHIND: Final = 3
"""Rows that a signal may answer late before it counts as stuck."""
MISSING_S: Final = 60.0
PLACE_S: Final = (60.0, 600.0)
GEARS_S: Final = 600.0
SHARE_MIN: Final = 0.2
GEARS_SHARE_MIN: Final = 0.15
"""A mean over less of a span than this is drawn to zero."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One row under judgement; all (..., channels)."""

    observed: Float64s
    """NaN where unknown."""
    expected: Float64s
    error: Float64s
    """Standard error of what is expected; above 0."""
    judged: Bools
    """The gates are open for the channel."""
    absent: Bools
    """It is unknown though the others are known."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was learned that evidence is measured by."""

    certain: Float64s
    """(channels,): the error of a certain expert."""
    places: Places | None
    gears: Gears | None
    """None: not learned yet; there is no such evidence then."""


class Evidence:
    """Follows `shape` vehicles at once, or copies of a drive."""

    def __init__(self, plan: Plan, known: Known, shape: tuple[int, ...] = ()) -> None:
        channels = len(plan.channels)
        whole = (*shape, channels)
        self._known = known
        self._slow = np.array([channel.pace is Pace.SLOW for channel in plan.channels])
        self._lean_max = np.array([LEAN_MAX[channel.pace] for channel in plan.channels])
        self._lean = _Means(LEAN_S, whole)
        self._weight = _Means(LEAN_S, whole)
        self._stray = _Means(STRAY_S, whole)
        self._strayed = _Means(STRAY_S, whole)
        self._absent = _Means((MISSING_S,), whole)
        self._place = _Means(PLACE_S, whole)
        self._placed = _Means(PLACE_S, whole)
        self._gear = _Means((GEARS_S,), whole)
        self._geared = _Means((GEARS_S,), whole)
        self._before: Float64s = np.full(whole, np.nan)
        self._last = self._before
        self._lasts: Float64s = np.full((MOVED_S[-1] + 1, *whole), np.nan)
        """What was known last, row by row: a step that was not believed at first is told when it is."""
        self._silent = np.zeros(whole, np.int64)
        self._expected: Float64s = np.full((BEHIND, *whole), np.nan)
        self._run = np.zeros(whole, np.int64)
        self._low: Float64s = np.full(whole, np.nan)
        self._high: Float64s = np.full(whole, np.nan)
        self._count = 0

    def step(self, moment: Moment) -> Float64s:
        """(..., kinds, channels), 0 and above; `moment`: the next second."""
        known = ~np.isnan(moment.observed)
        judged = moment.judged & known
        miss = np.where(judged, moment.observed - moment.expected, 0.0)
        before, self._before = self._before, moment.observed
        stuck = self._stuck(moment, before, judged)
        moved = self._moved(moment.observed)
        self._count += 1
        parts = [
            *self._leans(miss, moment.error, judged),
            *self._strays(miss / moment.error, judged),
            *moved,
            stuck,
            *self._absent.step(moment.absent.astype(np.float64)),
            *self._places(moment, judged),
            *self._gears(moment.observed, before, judged),
        ]
        return np.stack(parts, axis=-2)

    def _leans(self, miss: Float64s, error: Float64s, judged: Bools) -> list[Float64s]:
        """Means of the miss, weighing by 1/error^2; in the signal's unit."""
        weight = np.where(judged, 1.0 / error**2, 0.0)
        held = np.clip(miss, -self._lean_max * error, self._lean_max * error)
        sums, weights = self._lean.step(weight * held), self._weight.step(weight)
        doubts = [doubt / self._known.certain**2 for doubt in LEAN_DOUBT]
        return [np.abs(one) / (all_ + doubt) for one, all_, doubt in zip(sums, weights, doubts, strict=True)]

    def _strays(self, errors: Float64s, judged: Bools) -> list[Float64s]:
        """Root mean squares of the miss, in standard errors."""
        squares = np.clip(errors, -STRAY_MAX, STRAY_MAX) ** 2
        return [np.sqrt(one) for one in _mean_of(self._stray, self._strayed, squares, judged)]

    def _moved(self, observed: Float64s) -> list[Float64s]:
        """How far a slow signal moved, by what was last known of it; in its unit."""
        unknown = np.isnan(observed)
        if (returns := ~unknown & (self._silent > GAP_MAX)).any():
            self._lasts[:, returns] = np.nan
        self._silent = np.where(unknown, self._silent + 1, 0)
        self._last = np.where(unknown, self._last, observed)
        self._lasts[self._count % len(self._lasts)] = self._last
        if self._count < MOVED_AFTER:
            return [np.zeros_like(observed)] * len(MOVED_S)
        before = [self._lasts[(self._count - back) % len(self._lasts)] for back in MOVED_S]
        return [np.where(self._slow & ~np.isnan(observed - one), np.abs(observed - one), 0.0) for one in before]

    def _stuck(self, moment: Moment, before: Float64s, judged: Bools) -> Float64s:
        """How far what is expected moved while the signal stayed the same to the last bit; in its unit."""
        late = self._expected[self._count % BEHIND].copy()
        self._expected[self._count % BEHIND] = moment.expected
        same = moment.observed == before
        self._run = np.where(same, self._run + 1, 0)
        begins = self._run == BEHIND
        within = (self._run >= BEHIND) & judged & ~np.isnan(late)
        fresh = begins | np.isnan(self._low)
        self._low = np.where(within, np.where(fresh, late, np.minimum(self._low, late)), self._low)
        self._high = np.where(within, np.where(fresh, late, np.maximum(self._high, late)), self._high)
        ended = self._run < BEHIND
        self._low = np.where(ended, np.nan, self._low)
        self._high = np.where(ended, np.nan, self._high)
        moved = self._high - self._low
        return np.where(np.isnan(moved), 0.0, moved)

    def _places(self, moment: Moment, judged: Bools) -> list[Float64s]:
        """How surprising the values are of which each signal says something, in nats."""
        if self._known.places is None:
            return [np.zeros_like(moment.observed)] * len(PLACE_S)
        told = judged & ~self._slow
        return _mean_of(self._place, self._placed, self._known.places.surprise(moment.expected, moment.observed), told)

    def _gears(self, observed: Float64s, before: Float64s, judged: Bools) -> list[Float64s]:
        """How surprising the ratio of two signals is that a gearbox ties together, in nats."""
        if self._known.gears is None:
            return [np.zeros_like(observed)]
        surprise = self._known.gears.surprise(observed, before)
        told = judged & ~np.isnan(surprise)
        sums, shares = self._gear.step(np.where(told, surprise, 0.0)), self._geared.step(told.astype(np.float64))
        return [sums[0] / np.maximum(shares[0], GEARS_SHARE_MIN)]


class _Means:
    """Exponential means of what comes each second, beginning at zero, for each of some time constants (s)."""

    def __init__(self, taus_s: tuple[float, ...], whole: tuple[int, ...]) -> None:
        self._gain = -np.expm1(-1.0 / np.array(taus_s)).reshape(-1, *[1] * len(whole))
        self._mean: Float64s = np.zeros((len(taus_s), *whole))

    def step(self, values: Float64s) -> list[Float64s]:
        """As of now, for each time constant."""
        self._mean += self._gain * (values - self._mean)
        return list(self._mean.copy())


def _mean_of(sums: _Means, shares: _Means, values: Float64s, told: Bools) -> list[Float64s]:
    """Means over the rows that tell something, drawn to zero where they are few."""
    tops, bottoms = sums.step(np.where(told, values, 0.0)), shares.step(told.astype(np.float64))
    return [top / np.maximum(bottom, SHARE_MIN) for top, bottom in zip(tops, bottoms, strict=True)]
