"""Evidence: how strongly each signal contradicts the others, in several ways and over several spans.

Each kind of fault has a kind of evidence that it cannot escape: a bias or drift leans, a swapped or noisy signal
strays, a stuck one stays while it ought to move, or longer than it ever did, a misread one is where it never is, a
slipping one leaves the gears. How much of each is too much is learned on the vehicle (limits.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.sensors.places import Gears, Places
from edge.detect.sensors.plan import Pace, Plan

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


LEAN_S: Final = (60.0, 600.0)
LEAN_DOUBT: Final = (0.1, 0.3)
"""Weight of knowing nothing, in shares of what a certain expert tells: where little is known, there is no lean."""
LEAN_MAX: Final = {Pace.FAST: 4.0, Pace.SLOW: 6.0}
"""Standard errors up to which a row counts in full: one odd moment is no lean (Huber, Robust Statistics, 1981). A fast
signal's counts for no more. Slow ones have fewer of those, and drift far beyond a certain expert's error."""
STRAY_S: Final = (60.0, 300.0)
STRAY_MAX: Final = 12.0
TOLERATED: Final = 0.5
"""Of a signal's tolerance: no error counts as smaller when it strays, so that what strays misses by more than that."""
MOVED_S: Final = (1, 10, 60)
"""The first tells of a jump: of a step that was not believed until it stayed."""
MOVED_AFTER: Final = 90
"""Rows of a trip after which movement tells: before, heat soak moves sensors."""
GAP_MAX: Final = 30
"""Rows without an answer after which nothing is known of how a signal moved."""
BEHIND: Final = 3
"""Rows that a signal may answer late before it counts as stuck."""
MISSING_S: Final = 60.0
PLACE_S: Final = (60.0, 600.0)
GEARS_S: Final = 600.0
SHARE_MIN: Final = 1.0
GEARS_SHARE_MIN: Final = 0.15
"""Of the rows in a span: where fewer tell something, the mean is drawn to what is usual, of gears, which are seldom
steady, to nothing."""


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
    tried: Bools
    """What is expected of it has been tried in such surroundings; elsewhere nobody knows how it ought to move."""


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
        self._harmless = TOLERATED * np.array([channel.tolerance for channel in plan.channels])
        self._restless = np.array([channel.restless for channel in plan.channels])
        self._lean_max = np.array([LEAN_MAX[channel.pace] for channel in plan.channels])
        self._doubts = np.divide.outer(LEAN_DOUBT, known.certain**2).reshape(-1, *[1] * len(shape), channels)
        self._means = _Means(whole)
        self._before: Float64s = np.full(whole, np.nan)
        self._last = self._before
        self._lasts: Float64s = np.full((MOVED_S[-1] + 1, *whole), np.nan)
        """What was known last, row by row: a step that was not believed at first is told when it is."""
        self._silent = np.zeros(whole, np.int64)
        self._wanted: Float64s = np.full_like(self._lasts, np.nan)
        self._expected: Float64s = np.full((BEHIND, *whole), np.nan)
        self._late: Float64s = np.full(whole, np.nan)
        self._run = np.zeros(whole, np.int64)
        self._stood_s: Float64s = np.zeros(whole)
        self._stands_at: Float64s = np.full(whole, np.nan)
        self._low: Float64s = np.full(whole, np.nan)
        self._high: Float64s = np.full(whole, np.nan)
        self._count = 0
        self._usual_place = 0.0 if known.places is None else np.where(self._slow, 0.0, known.places.usual)

    def step(self, moment: Moment) -> Float64s:
        """(..., kinds, channels), 0 and above; `moment`: the next second."""
        known = ~np.isnan(moment.observed)
        judged = moment.judged & known
        miss = np.where(judged, moment.observed - moment.expected, 0.0)
        before, self._before = self._before, moment.observed
        stuck = self._stuck(moment, before, judged)
        moved = self._moved(moment)
        self._count += 1
        stands = self._stands(moment.observed, judged & moment.tried)
        means = self._means
        means.take(_Mean.MISSING, moment.absent)
        self._take_leans(miss, moment.error, judged)
        self._take_strays(miss / np.maximum(moment.error, self._harmless), judged)
        self._take_places(moment, judged)
        self._take_gears(moment.observed, before, judged)
        means.step()
        leans = np.abs(means.of(_Mean.LEANS)) / (means.of(_Mean.WEIGHTS) + self._doubts)
        strays = np.sqrt(means.per_told(_Mean.STRAYS, _Mean.STRAYED, usual=1.0, share_min=SHARE_MIN))
        places = means.per_told(_Mean.PLACES, _Mean.PLACED, usual=self._usual_place, share_min=SHARE_MIN)
        gears = means.per_told(_Mean.GEARS, _Mean.GEARED, usual=0.0, share_min=GEARS_SHARE_MIN)
        absent = means.of(_Mean.MISSING)
        return np.stack([*leans, *strays, *moved, stuck, stands, *absent, *places, *gears], axis=-2)

    def _take_leans(self, miss: Float64s, error: Float64s, judged: Bools) -> None:
        """Means of the miss, weighing by 1/error^2; in the signal's unit."""
        weight = np.where(judged, 1.0 / error**2, 0.0)
        errors = miss / error
        fast = _within(errors, self._lean_max)
        held = np.where(self._slow, _damped(errors, self._lean_max), fast) * error
        self._means.take(_Mean.LEANS, weight * held)
        self._means.take(_Mean.WEIGHTS, weight)

    def _take_strays(self, errors: Float64s, judged: Bools) -> None:
        """Root mean squares of the miss, in standard errors; where nothing is judged, 1."""
        self._means.take(_Mean.STRAYS, np.where(judged, _within(errors, STRAY_MAX) ** 2, 0.0))
        self._means.take(_Mean.STRAYED, judged)

    def _moved(self, moment: Moment) -> Float64s:
        """How far a slow signal moved, and would have if it ought to have stayed; by what was last known, in its unit.

        For each of MOVED_S. An engine that stands in traffic heats its intake: that movement is expected, and none.
        """
        observed = moment.observed
        unknown = np.isnan(observed)
        if (returns := ~unknown & (self._silent > GAP_MAX)).any():
            self._lasts[:, returns] = np.nan
        self._silent = np.where(unknown, self._silent + 1, 0)
        self._last = np.where(unknown, self._last, observed)
        now = self._count % len(self._lasts)
        self._lasts[now], self._wanted[now] = self._last, moment.expected
        if self._count < MOVED_AFTER:
            return np.zeros((len(MOVED_S), *observed.shape))
        before = (self._count - np.array(MOVED_S)) % len(self._lasts)
        moved = observed - self._lasts[before]
        wanted = moment.expected - self._wanted[before]
        far = np.fmin(np.abs(moved), np.abs(moved - wanted))
        return np.where(self._slow & moment.tried & ~np.isnan(moved), far, 0.0)

    def _stuck(self, moment: Moment, before: Float64s, judged: Bools) -> Float64s:
        """How far what is expected moved, and stayed for two rows, while the signal was the same to the last bit.

        In its unit. One row is another signal's answer that came late.
        """
        late = self._expected[self._count % BEHIND].copy()
        self._expected[self._count % BEHIND] = moment.expected
        lowest, highest = np.fmax(late, self._late), np.fmin(late, self._late)
        self._late = late
        self._run = np.where(moment.observed == before, self._run + 1, 0)
        lasts = self._run > BEHIND
        within = lasts & judged & ~np.isnan(late)
        fresh = (self._run == BEHIND + 1) | np.isnan(self._low)
        self._low = np.where(within, np.where(fresh, lowest, np.minimum(self._low, lowest)), self._low)
        self._high = np.where(within, np.where(fresh, highest, np.maximum(self._high, highest)), self._high)
        self._low = np.where(lasts, self._low, np.nan)
        self._high = np.where(lasts, self._high, np.nan)
        moved = self._high - self._low
        return np.where(moved > 0.0, moved, 0.0)

    def _stands(self, observed: Float64s, judged: Bools) -> Float64s:
        """For how many minutes of judged driving a restless signal has been the same to the last bit.

        What is unknown meanwhile, or not judged, neither counts nor ends it.
        """
        moves = ~np.isnan(observed) & (observed != self._stands_at)
        self._stands_at = np.where(moves, observed, self._stands_at)
        self._stood_s = np.where(moves, 0.0, self._stood_s + judged)
        return np.where(self._restless & judged, self._stood_s / 60.0, 0.0)

    def _take_places(self, moment: Moment, judged: Bools) -> None:
        """How surprising the values are of which each signal says something, in nats."""
        if self._known.places is None:
            return
        surprise = self._known.places.surprise(moment.expected, moment.observed)
        told = judged & ~self._slow
        self._means.take(_Mean.PLACES, np.where(told, surprise, 0.0))
        self._means.take(_Mean.PLACED, told)

    def _take_gears(self, observed: Float64s, before: Float64s, judged: Bools) -> None:
        """How surprising the ratio of two signals is that a gearbox ties together, in nats."""
        if self._known.gears is None:
            return
        surprise = self._known.gears.surprise(observed, before)
        told = judged & ~np.isnan(surprise)
        self._means.take(_Mean.GEARS, np.where(told, surprise, 0.0))
        self._means.take(_Mean.GEARED, told)


class _Mean(StrEnum):
    """What means are kept of; what tells something is counted besides, so that they are means of that alone."""

    LEANS = "leans"
    WEIGHTS = "weights"
    STRAYS = "strays"
    STRAYED = "strayed"
    MISSING = "missing"
    PLACES = "places"
    PLACED = "placed"
    GEARS = "gears"
    GEARED = "geared"


_TAUS_S: Final[Mapping[_Mean, tuple[float, ...]]] = {
    _Mean.LEANS: LEAN_S,
    _Mean.WEIGHTS: LEAN_S,
    _Mean.STRAYS: STRAY_S,
    _Mean.STRAYED: STRAY_S,
    _Mean.MISSING: (MISSING_S,),
    _Mean.PLACES: PLACE_S,
    _Mean.PLACED: PLACE_S,
    _Mean.GEARS: (GEARS_S,),
    _Mean.GEARED: (GEARS_S,),
}


class _Means:
    """Exponential means of what comes each second, beginning at zero, for each of some time constants.

    All in one array, since a small board pays for every call and hardly for its size.
    """

    def __init__(self, whole: tuple[int, ...]) -> None:
        taus_s = np.array([tau for taus in _TAUS_S.values() for tau in taus])
        ends = np.cumsum([len(taus) for taus in _TAUS_S.values()]).tolist()
        self._places = {one: slice(end - len(_TAUS_S[one]), end) for one, end in zip(_TAUS_S, ends, strict=True)}
        self._gain = -np.expm1(-1.0 / taus_s).reshape(-1, *[1] * len(whole))
        self._came: Float64s = np.zeros((len(taus_s), *whole))
        self._mean: Float64s = np.zeros_like(self._came)

    def take(self, one: _Mean, values: Float64s | Bools) -> None:
        """What came this second."""
        self._came[self._places[one]] = values

    def step(self) -> None:
        """The second is over."""
        self._mean += self._gain * (self._came - self._mean)

    def of(self, one: _Mean) -> Float64s:
        """(time constants, ...) as of now, until the next step."""
        return self._mean[self._places[one]]

    def per_told(self, one: _Mean, told: _Mean, *, usual: Float64s | float, share_min: float) -> Float64s:
        """Means over the rows that tell something; what these lack of a least share, rows make up that are as usual."""
        bottom = self.of(told)
        made_up = np.maximum(share_min - bottom, 0.0) * usual
        return np.asarray((self.of(one) + made_up) / np.maximum(bottom, share_min), np.float64)


def _within(values: Float64s, most: Float64s | float) -> Float64s:
    """Cut off on both sides."""
    return np.asarray(np.minimum(np.maximum(values, -most), most), np.float64)


def _damped(errors: Float64s, most: Float64s) -> Float64s:
    """Standard errors, those beyond `most` as most (1 + ln(error / most)).

    Were they cut off there, a limit that lies beyond could not be passed by a signal however wrong it is.
    """
    sizes = np.abs(errors)
    damped: Float64s = np.sign(errors) * (np.minimum(sizes, most) + most * np.log(np.maximum(sizes / most, 1.0)))
    return damped
