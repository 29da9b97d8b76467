"""Commissioning: what a vehicle's own first healthy hours teach, stage by stage, and how far that is.

Looking finds where its signals lie; fitting, what of the experts is true here; scaling, how large errors are and where
values belong; measuring, how much evidence healthy driving brings. Then it is armed. Only driving counts that the gates
let through. Each stage is measured by driving that the stages before it have not seen.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.sensors.drift import Drifts
from edge.detect.sensors.evidence import Evidence, Moment
from edge.detect.sensors.expectation import Fit, Regressors, Scales
from edge.detect.sensors.learned import Learned
from edge.detect.sensors.limits import Maxima
from edge.detect.sensors.places import LEVELS, Gears, Places
from edge.detect.sensors.plan import Plan
from edge.detect.sensors.watch import Seen, Trained, Watch
from edge.detect.sensors.widening import learn_widening, widening

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SAMPLE_EVERY: Final = 10
"""Rows; neighbours tell the same."""
SAMPLES_MAX: Final = 20_000
SEEN: Final = (0.002, 0.998)
ENOUGH: Final = 20
"""Samples of a signal below which it counts as one that this vehicle lacks."""
TYPICAL_ROWS: Final = 1000.0
WEIGHTS: Final = (0.05, 5.0)
"""Of a row in the fit, at least and at most."""
SPREAD_MIN: Final = 0.3
"""Of the spread in training: a thermostat holds a warm engine within a degree, which is no measure of a cold one."""
CERTAIN: Final = 0.1
"""Quantile of the experts' errors that counts as certain."""
TAILS: Final = ((0.5, 0.6745), (0.95, 1.96), (0.99, 3.5))
"""Quantiles of |error|, and what they are of a normal one's deviation; the last leaves room for heavy tails."""


class Stage(StrEnum):
    """How far a vehicle is known."""

    LOOKING = "looking"
    FITTING = "fitting"
    SCALING = "scaling"
    MEASURING = "measuring"
    ARMED = "armed"


STAGES: Final = tuple(Stage)


@dataclass(frozen=True, slots=True)
class Hours:
    """Driving that each stage takes, in hours."""

    looking: float = 0.5
    fitting: float = 2.5
    scaling: float = 2.0
    measuring: float = 5.0

    def of(self, stage: Stage) -> float:
        """Of one stage; infinite of the last."""
        return {
            Stage.LOOKING: self.looking,
            Stage.FITTING: self.fitting,
            Stage.SCALING: self.scaling,
            Stage.MEASURING: self.measuring,
        }.get(stage, float("inf"))


@dataclass(slots=True)
class Samples:
    """Every so many rows one, as many as are kept: neighbours tell the same."""

    rows: list[Float64s] = field(default_factory=list)
    seen: int = 0

    def take(self, row: Float64s) -> None:
        """The next row, (channels,)."""
        if self.seen % SAMPLE_EVERY == 0 and len(self.rows) < SAMPLES_MAX:
            self.rows.append(row)
        self.seen += 1

    def quantiles(self, shares: tuple[float, ...]) -> Float64s:
        """(shares, channels); NaN where a channel has not enough."""
        every = np.array(self.rows)
        few = _few(every)
        found: Float64s = np.nanquantile(np.where(few, 0.0, every), shares, axis=0)
        return np.where(few, np.nan, found)

    def last_digits(self) -> Float64s:
        """(channels,): the step between neighbouring values that nearly all steps reach; 0 where there are not enough.

        A signal that is hardly rounded has steps as small as its samples are many, which is as good as none.
        """
        every = np.array(self.rows, np.float32)  # as memory holds them, so that a restart changes nothing
        found = np.zeros(every.shape[1])
        for channel, values in enumerate(every.T):
            steps = np.diff(np.unique(values[~np.isnan(values)]))
            if len(steps) >= ENOUGH:
                found[channel] = np.quantile(steps, 0.05)
        return found


class Commissioning:
    """Leads one vehicle through the stages; `learned` is there from scaling on."""

    def __init__(self, plan: Plan, regressors: Regressors, trained: Trained) -> None:
        self.plan, self.regressors = plan, regressors
        self._least = trained.spread * SPREAD_MIN
        self._channels = len(plan.channels)
        self.stage = Stage.LOOKING
        self.seconds = 0
        """Of driving in this stage."""
        self.scales: Scales | None = None
        self.learned: Learned | None = None
        self.typical: Float64s = np.full(self._channels, np.nan)
        """Logarithm of the experts' error, lately."""
        self.values = Samples()
        self.fit: Fit | None = None
        self.inputs, self.told, self.misses = Samples(), Samples(), Samples()
        """Answers, readings and means; what errors experts told of them; and what they were."""
        self.drifts = Drifts(self._channels)
        """Since it is armed."""
        self._evidence: Evidence | None = None

    def begin_trip(self) -> None:
        """Another trip: what came before it does not lean on it."""
        if self.stage is Stage.MEASURING and self.learned is not None:
            self.learned.maxima.close()
            self._evidence = Evidence(self.plan, self.learned.known)

    def see(self, watch: Watch, seen: Seen) -> None:
        """One second of driving."""
        learned = self.learned
        moment = watch.unlearned(seen) if learned is None else watch.learned(seen, learned)
        believed = moment.judged & ~np.isnan(moment.observed)
        self.seconds += bool(moment.judged.any())
        match self.stage:
            case Stage.LOOKING:
                self.values.take(np.where(believed, moment.observed, np.nan))
            case Stage.FITTING if self.fit is not None and self.scales is not None:
                self.values.take(np.where(believed, moment.observed, np.nan))
                regressors = self.regressors.of(seen.answers, seen.observed, seen.means, self.scales)
                self.fit.take(regressors, moment.observed, self._weights(seen.told_error, believed), self.scales)
            case Stage.SCALING if learned is not None:
                self._scale(learned, moment, seen, believed)
            case Stage.MEASURING if self._evidence is not None and learned is not None:
                learned.maxima.take(self._evidence.step(moment), is_judged=bool(moment.judged.any()))

    def _weights(self, told_error: Float64s, believed: Bools) -> Float64s:
        """(channels,) of a row in the fit: what experts are sure of counts more, in measure."""
        logs = np.log(told_error)
        known = np.isnan(self.typical)
        self.typical = np.where(known, logs, self.typical + (logs - self.typical) / TYPICAL_ROWS)
        return np.where(believed, np.clip(np.exp(2.0 * (self.typical - logs)), *WEIGHTS), 0.0)

    def _scale(self, learned: Learned, moment: Moment, seen: Seen, believed: Bools) -> None:
        self.inputs.take(np.concatenate([seen.answers, seen.observed, seen.means]))
        self.told.take(np.where(believed, seen.told_error, np.nan))
        self.misses.take(np.where(believed, moment.observed - moment.expected, np.nan))
        learned.places.take(moment.expected, moment.observed, believed)
        if learned.gears is not None:
            learned.gears.take(moment.observed, seen.before, believed)

    def advance(self) -> None:
        """This stage has seen enough: reckon up, and go on to the next."""
        match self.stage:
            case Stage.LOOKING:
                self.scales = _scales(self.values, self._least)
                self.fit = Fit(self.regressors, self._channels)
            case Stage.FITTING if self.fit is not None and self.scales is not None:
                self.learned = self._first_learned(self.fit.coefficients(), self.scales)
                self.fit = None
            case Stage.SCALING if self.learned is not None:
                self._settle(self.learned)
                self.values, self.inputs, self.told, self.misses = Samples(), Samples(), Samples(), Samples()
                self._evidence = Evidence(self.plan, self.learned.known)
            case Stage.MEASURING if self.learned is not None:
                self.learned.maxima.close()
                self._evidence = None
        self.stage = STAGES[STAGES.index(self.stage) + 1]
        self.seconds = 0

    def _first_learned(self, coefficients: Float64s, scales: Scales) -> Learned:
        low, high = np.nan_to_num(self.values.quantiles(SEEN))
        edges = self.values.quantiles(tuple(np.linspace(0.0, 1.0, LEVELS + 1)[1:-1].tolist()))
        ones = np.ones(self._channels)
        return Learned(
            scales=scales,
            coefficients=coefficients,
            certain=ones,
            stretch=ones,
            widening=np.zeros_like(coefficients),
            last_digit=self.values.last_digits(),
            widened_stretch=ones,
            explained=np.full(self._channels, np.nan),
            places=Places(low, high, np.nan_to_num(edges.T)),
            gears=Gears.of(self.plan),
            maxima=Maxima(self._channels),
        )

    def _settle(self, learned: Learned) -> None:
        certain = self.told.quantiles((CERTAIN,))[0]
        learned.certain = np.where(np.isnan(certain), 1.0, certain)
        told, misses = np.array(self.told.rows), np.array(self.misses.rows)
        learned.stretch = _stretch(misses / told)
        answers, observed, means = np.split(np.array(self.inputs.rows), 3, axis=-1)
        regressors = self.regressors.of(answers, observed, means, learned.scales)
        told = np.fmax(told, learned.certain)
        learned.widening = learn_widening(regressors, misses, told)
        learned.widened_stretch = _stretch(misses / told / widening(regressors, learned.widening))
        few = _few(misses)
        left = np.nanvar(np.where(few, 0.0, misses), axis=0)
        learned.explained = np.where(few, np.nan, 1.0 - left / learned.scales.spread**2)


def _few(rows: Float64s) -> Bools:
    """(channels,): of these there are not enough, (samples, channels)."""
    return np.asarray((~np.isnan(rows)).sum(axis=0) < ENOUGH, np.bool_)


def _stretch(errors: Float64s) -> Float64s:
    """(channels,): what errors, (samples, channels), are to be divided by to be at most normal ones."""
    few = _few(errors)
    sizes = np.nanquantile(np.where(few, 0.0, np.abs(errors)), [share for share, _ in TAILS], axis=0)
    wide = (sizes / np.array([[of] for _, of in TAILS])).max(axis=0)
    return np.where(few, 1.0, np.maximum(wide, 1e-6))


def _scales(values: Samples, least: Float64s) -> Scales:
    every = np.array(values.rows)
    few = _few(every)
    safe = np.where(few, 0.0, every)
    spread = np.nanstd(safe, axis=0)
    return Scales(np.nanmean(safe, axis=0), np.where(few, 1.0, np.maximum(spread, least)))
