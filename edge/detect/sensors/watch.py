"""Watch: from a row of signals a second to evidence against each of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.sensors.evidence import Evidence, Moment
from edge.detect.sensors.expectation import Regressors, expected
from edge.detect.sensors.features import Features
from edge.detect.sensors.gates import Gates
from edge.detect.sensors.learned import Learned
from edge.detect.sensors.limits import Float64s
from edge.detect.sensors.plan import Pace, Plan
from edge.detect.sensors.steps import Steps

Float32s = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Answering = Callable[[Float32s], Float64s]
"""(rows, columns) to (rows, 2 x channels): what experts expect, then the logarithm of their error, in spreads of the
training."""

OTHERS_MIN: Final = 0.75
"""Of the other signals that must be known where one is missed, or is judged by them: half of an electric car's are of
units that sleep while it charges, and a motor that stands was expected to turn by those that were left."""
FOREIGN: Final = 3.0
"""Spreads beyond all that a signal of the surroundings has shown, for each of which everybody else's error counts once
more: how far what was learned holds in another season nobody knows (as a regression's error grows with the distance
from what it was fitted to; Draper & Smith, Applied Regression Analysis, chapter 1)."""
ITSELF: Final = 1.0
"""And for each of which a slow signal's own error counts once more, as far as another one is beyond in the same
direction: a battery that was just charged, and what cools it. Where nothing like it was shown, no other tells how warm
something ought to be. The only one that tells of the outside is confirmed by nobody, and needs it most."""
CONFIRMS: Final = 3.0
"""Spreads of one that another's spread stands for: what soaks up heat has a wider range than the air outside."""
ELSEWHERE: Final = 3.0
"""And from so many on nothing is expected of anybody else: what rests on such a reading was never tried. Whether that
is another season or a broken sensor, the others cannot be judged by it; the signal itself still is, by them."""


@dataclass(frozen=True, slots=True)
class Trained:
    """How the signals lay where the experts were trained: (channels,) each, in their units."""

    mean: Float64s
    spread: Float64s


@dataclass(frozen=True, slots=True)
class Seen:
    """One moment, a second ago, with the others' answer to it; all (..., channels)."""

    observed: Float64s
    """Without what was misread."""
    before: Float64s
    """The row before it."""
    means: Float64s
    answers: Float64s
    """Of the experts, in the signals' units."""
    told_error: Float64s
    answered: Bools
    """There was a reading, even a misread one."""
    awaited: Bools
    """A reading is missed where there is none."""
    ready: Bools
    """What the gates that need no expectation let through."""


class Watch:
    """Follows `shape` vehicles, or copies of one drive, through a trip; make another for the next trip."""

    def __init__(
        self,
        plan: Plan,
        trained: Trained,
        regressors: Regressors,
        answering: Answering,
        shape: tuple[int, ...] = (),
    ) -> None:
        self._plan, self._trained, self._regressors, self._answering = plan, trained, regressors, answering
        self._slow = np.array([channel.pace is Pace.SLOW for channel in plan.channels])
        self._surroundings = self._slow & np.array([channel.surroundings for channel in plan.channels])
        sleepers = [(place, channel.awake) for place, channel in enumerate(plan.channels) if channel.awake]
        self._sleepers = [place for place, _ in sleepers]
        self._wakers = [plan.paths.index(awake.path) for _, awake in sleepers]
        self._wakes_above = np.array([awake.above for _, awake in sleepers])
        self._wakes_after_s = np.array([awake.for_s for _, awake in sleepers])
        self._warmed_s: Float64s = np.zeros((*shape, len(sleepers)))
        self._steps = Steps(plan, shape)
        self._features = Features(plan, shape)
        self._gates = Gates(plan, shape)
        self._raw: Float64s = np.full((*shape, len(plan.channels)), np.nan)
        self._before = self._raw

    def step(self, row: Float64s, answers: Float64s | None = None) -> Seen:
        """`row`: (..., channels), NaN where unknown. `answers`: (..., 2 x channels) of experts asked before."""
        channels = row.shape[-1]
        read = self._steps.step(row)
        ready = self._gates.step(read)
        columns = self._features.step(read)
        if answers is None:
            answers = self._answering(columns.reshape(-1, columns.shape[-1])).reshape(*row.shape[:-1], -1)
        observed, before, raw = self._features.before, self._before, self._raw
        self._raw, self._before = row, observed
        return Seen(
            observed=observed,
            before=before,
            means=self._features.aligned,
            answers=answers[..., :channels] * self._trained.spread + self._trained.mean,
            told_error=np.exp(answers[..., channels:]) * self._trained.spread,
            answered=~np.isnan(raw),
            awaited=self._awaited(observed),
            ready=ready,
        )

    def _awaited(self, observed: Float64s) -> Bools:
        """Not while it is known to stand, when some units sleep; a sensor that sleeps by its plan, once it is awake."""
        running = self._plan.running
        stands: Bools = observed[..., self._plan.paths.index(running.path), None] <= running.above
        awaited = np.repeat(~stands, observed.shape[-1], axis=-1)
        warm = observed[..., self._wakers] > self._wakes_above
        self._warmed_s = np.where(warm, self._warmed_s + 1.0, 0.0)
        awaited[..., self._sleepers] &= self._warmed_s > self._wakes_after_s
        return awaited & (self._features.elapsed_s > self._plan.settle_s / 2)

    def unlearned(self, seen: Seen) -> Moment:
        """The moment by what is observed alone, of a vehicle that nothing is known of; cold engines teach as well."""
        every = np.ones(seen.observed.shape[-1], np.bool_)
        return self._moment(seen, seen.answers, seen.told_error, every, trust_answers=False)

    def learned(self, seen: Seen, learned: Learned) -> Moment:
        """The moment by what is known of the vehicle."""
        regressors = self._regressors.of(seen.answers, seen.observed, seen.means, learned.scales)
        wanted = expected(regressors, learned.coefficients, learned.scales)
        error = learned.error(seen.told_error, regressors)
        return self._moment(seen, wanted, error, learned.heard, trust_answers=True)

    def judged(self, seen: Seen, learned: Learned) -> Moment:
        """The same once nothing is learned any more: less is believed of what the vehicle has never shown."""
        moment = self.learned(seen, learned)
        above, below = self._beyond(seen, learned)
        outside = self._surroundings
        strange = np.maximum(_others(np.where(outside, above, 0.0)), _others(np.where(outside, below, 0.0)))
        error = moment.error * (1.0 + strange / FOREIGN + self._confirmed(above, below, learned) / ITSELF)
        tried = strange < ELSEWHERE
        judged = moment.judged & tried & _awake(~np.isnan(seen.observed), learned.heard)
        return replace(moment, error=error, judged=judged, tried=tried)

    def distance(self, seen: Seen, learned: Learned) -> Float64s:
        """(...): how far the surroundings are from all that the vehicle has shown of them, in spreads."""
        beyond = np.maximum(*self._beyond(seen, learned))
        return np.asarray(np.where(self._surroundings, beyond, 0.0).max(axis=-1), np.float64)

    def _beyond(self, seen: Seen, learned: Learned) -> tuple[Float64s, Float64s]:
        """(..., channels) each: how far above and below all that was shown slow signals are; 0 of all others."""
        tells = self._slow & learned.heard
        above = np.fmax(seen.observed - learned.places.high, 0.0) / learned.scales.spread
        below = np.fmax(learned.places.low - seen.observed, 0.0) / learned.scales.spread
        return np.where(tells, above, 0.0), np.where(tells, below, 0.0)

    def _confirmed(self, above: Float64s, below: Float64s, learned: Learned) -> Float64s:
        """(..., channels): how far each is as far as another says so too; the only one of the outside, wholly."""
        both = [np.minimum(one, CONFIRMS * _others(one)) for one in (above, below)]
        outside = self._surroundings & learned.heard
        is_alone = outside & (outside.sum() == 1)
        return np.where(is_alone, np.maximum(above, below), np.maximum(*both))

    def _moment(self, seen: Seen, wanted: Float64s, error: Float64s, heard: Bools, *, trust_answers: bool) -> Moment:
        plan = self._plan
        judged = seen.ready.copy()
        for gate, by_others in ((plan.running, False), (plan.warm, True)):
            if gate is None or (by_others and not trust_answers):
                continue
            place = plan.paths.index(gate.path)
            value = (wanted if by_others else seen.observed)[..., place, None]
            passes = np.repeat(value > gate.above, seen.observed.shape[-1], axis=-1)
            if trust_answers:
                passes[..., place] = wanted[..., place] > gate.above
            judged &= passes
        return Moment(seen.observed, wanted, error, judged, _absent(seen, heard), np.ones_like(judged))


def _others(values: Float64s) -> Float64s:
    """(..., channels): of each the largest of all others."""
    every = np.where(_itself(values.shape[-1]), 0.0, values[..., None, :])
    return np.asarray(every.max(axis=-1), np.float64)


@cache
def _itself(channels: int) -> Bools:
    return np.eye(channels, dtype=bool)


def _absent(seen: Seen, heard: Bools) -> Bools:
    """Unknown though nearly all others that the vehicle has are known; where more are silent, it is a unit that sleeps.

    `heard`: (channels,), what the vehicle has.
    """
    return ~seen.answered & seen.awaited & _awake(seen.answered, heard)


def _awake(known: Bools, heard: Bools) -> Bools:
    """(..., channels): of the others that the vehicle has enough are known."""
    known = known & heard
    others = known.sum(axis=-1, keepdims=True) - known
    awake: Bools = others >= OTHERS_MIN * (heard.sum() - heard)
    return awake


def evidence_of(plan: Plan, learned: Learned, shape: tuple[int, ...] = ()) -> Evidence:
    """A trip's evidence, from its beginning."""
    return Evidence(plan, learned.known, shape)
