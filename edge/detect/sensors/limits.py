"""Limits: how much evidence is too much, from the largest that healthy driving brought and a budget of false alarms.

The largest evidence of each ten minutes is kept, the ten largest of those by kind and channel. Beyond the largest one
its tail goes on as a power of how rare it is (Hill, A simple general approach to inference about the tail of a
distribution, Annals of Statistics 3, 1975), or, where evidence is a surprise or a time of waiting, exponentially (his
estimate again, of nats or minutes in place of their logarithms). The budget is split evenly over kinds and channels
(Bonferroni). No answer at all has no share in it: where answers are never wanting, a quarter of a minute without is
enough, and where silence belongs to a sensor (one of nitrogen oxides is off while its pipe is cold) its length has a
tail as everything else. The fewer the ten minutes, the less is known of the tail itself: it goes on as the predictive
distribution says (Aitchison & Dunsmore, Statistical prediction analysis, 1975), n (r^(1/n) - 1) in place of log r for
what n of them tell of what is r times as rare.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.sensors.kinds import KINDS, Kind

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

BLOCK_S: Final = 600
KEPT: Final = 10
TAIL: Final = (0.02, 0.3)
"""Exponents of the tail that are believed: no evidence ends abruptly, and ten maxima show no heavier one."""
TAIL_USUAL: Final = 0.15
USUAL_COUNTS: Final = 9
"""Each tail is drawn to the usual one, as if so many maxima had shown that: ten are too few to tell tails apart. Those
that seem short are longer, and those that seem long shorter (Efron & Morris, Stein's paradox in statistics, 1977)."""
NATS: Final = (0.5, 1.0)
"""Nats for each factor e of rarity that are believed."""
TINY: Final = 1e-9
SURPRISES: Final = (Kind.MISPLACED_60, Kind.MISPLACED_600, Kind.GEARS_600)
LEAST: Final = {
    Kind.LEANS_60: 1.0,
    Kind.LEANS_600: 0.5,
    Kind.STRAYS_60: 2.0,
    Kind.STRAYS_300: 2.0,
    Kind.MOVED_1: 3.0,
    Kind.MOVED_10: 3.0,
    Kind.MOVED_60: 3.0,
    Kind.STUCK: 5.0,
    Kind.STANDS: 2.0,
    Kind.MISSING: 0.0,
    Kind.MISPLACED_60: 4.0,
    Kind.MISPLACED_600: 4.0,
    Kind.GEARS_600: 4.0,
}
"""Errors of a certain expert, but standard errors of those that stray, minutes of one that stands, and nats of a
surprise."""
OF_NO_UNIT: Final = frozenset({Kind.STRAYS_60, Kind.STRAYS_300, Kind.STANDS, Kind.MISSING, *SURPRISES})
STANDING_MIN: Final = 0.1
"""Of the longest stand, for each factor e of rarity: no tail of waiting is shorter."""
MISSING_MIN: Final = 0.25
"""Of a minute: less than this is a hiccup of whoever asks."""
MISSING_MORE: Final = 0.1
ALL: Final = 1.0 - 1e-9
"""Of a minute; more nothing can be missing, and it stands for twenty minutes."""
RARER_MAX: Final = 1e5
"""Further than this no tail is continued."""


class Maxima:
    """The largest evidence of each ten minutes of judged driving; of those the largest ten."""

    def __init__(self, channels: int) -> None:
        self.largest: Float64s = np.zeros((KEPT, len(KINDS), channels))
        """Descending."""
        self.blocks = 0
        self.running: Float64s = np.zeros((len(KINDS), channels))
        self.rows = 0

    @property
    def hours(self) -> float:
        """Of driving that whole blocks were made of."""
        return self.blocks * BLOCK_S / 3600.0

    def take(self, evidence: Float64s, *, is_judged: bool) -> None:
        """One second: `evidence` (kinds, channels)."""
        np.maximum(self.running, evidence, out=self.running)
        self.rows += is_judged
        if self.rows >= BLOCK_S:
            self.close()

    def close(self) -> None:
        """The block ends here: a trip is over, or it is full. One that is shorter than half is left to the next."""
        if 2 * self.rows < BLOCK_S:
            return
        every = np.concatenate([self.largest, self.running[None]])
        self.largest = -np.sort(-every, axis=0)[:KEPT]
        self.blocks += 1
        self.running = np.zeros_like(self.running)
        self.rows = 0


def limits_of(
    maxima: Maxima, *, per_hour: float, looked_at: Bools, certain: Float64s, tolerance: Float64s, margin: float = 1.0
) -> Float64s:
    """(kinds, channels): what evidence must exceed to alarm, so that healthy driving does so `per_hour` in all.

    `certain`: (channels,), the error of a certain expert or the last digit, below which nothing is worth an alarm.
    `tolerance`: (channels,), what each may be wrong by, in its unit.
    `margin`: what all of it is multiplied by, but of what is missing. Tails are of the conditions that the vehicle was
    learned in; in another season errors are larger than any of their quantiles.
    `looked_at`: (kinds, channels); elsewhere the limit is infinite, as it is before there is a block, for gears that it
    has not driven steadily in, and for stands of what is not restless. The budget is split over those kinds and
    channels that healthy driving has any evidence of.
    """
    if not maxima.blocks:
        return np.full(looked_at.shape, np.inf)
    missing, stands = KINDS.index(Kind.MISSING), KINDS.index(Kind.STANDS)
    shown = maxima.largest[0] > 0.0
    looked_at = looked_at.copy()
    seldom = [KINDS.index(Kind.GEARS_600), stands]
    looked_at[seldom] &= shown[seldom]
    shares = looked_at & shown
    shares[missing] = False
    allowed = per_hour * BLOCK_S / 3600.0 / max(int(shares.sum()), 1)
    rarer = min(max(1.0 / (maxima.blocks * allowed), 1.0), RARER_MAX)
    kept = maxima.largest[: min(KEPT, max(maxima.blocks, 2))] + TINY
    beyond = maxima.blocks * (rarer ** (1.0 / maxima.blocks) - 1.0)
    limits: Float64s = kept[0] * np.exp(_tail(kept) * beyond)
    for kind in SURPRISES:
        nats = kept[:, KINDS.index(kind)]
        scale = np.clip((nats[:-1] - nats[-1]).mean(axis=0), *NATS)
        limits[KINDS.index(kind)] = nats[0] + scale * beyond
    minutes = kept[:, stands]
    wait = np.maximum((minutes[:-1] - minutes[-1]).mean(axis=0), STANDING_MIN * minutes[0])
    limits[stands] = minutes[0] + wait * beyond
    limits = margin * np.maximum(limits, _least(certain, tolerance))
    limits[missing] = _silences(kept[:, missing], beyond)
    return np.where(looked_at, limits, np.inf)


def _silences(kept: Float64s, beyond: float) -> Float64s:
    """(channels,): what is missing of a minute, exponentially weighted, tells how long none came. That has the tail."""
    minutes = -np.log1p(-np.minimum(kept, ALL))
    longest = minutes[0] * np.exp(_tail(minutes) * beyond)
    limits: Float64s = np.maximum(kept[0] + MISSING_MORE, -np.expm1(-longest))
    return np.maximum(MISSING_MIN, limits)


def _tail(kept: Float64s) -> Float64s:
    """(…): the exponent of the tail beyond the largest of `kept`, drawn to the usual one."""
    shown = len(kept) - 1
    seen = np.clip(np.log(kept[:-1] / kept[-1]).mean(axis=0), *TAIL)
    drawn: Float64s = (seen * shown + TAIL_USUAL * USUAL_COUNTS) / (shown + USUAL_COUNTS)
    return drawn


def _least(certain: Float64s, tolerance: Float64s) -> Float64s:
    """(kinds, channels): less is no fault, whatever a few quiet hours have shown."""
    ones = np.ones_like(certain)
    return np.stack(
        [LEAST[kind] * ones if kind in OF_NO_UNIT else np.maximum(LEAST[kind] * certain, tolerance) for kind in KINDS]
    )
