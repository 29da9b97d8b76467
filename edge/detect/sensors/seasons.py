"""Seasons: a vehicle is learned in the surroundings that it meets first, and once more in each that are unlike those.

What was learned in frost says nothing of a hot summer (watch.py), and there nobody is judged by it. Those hours teach
another season beside the first, which stays as it is. Each moment is judged by the season that is nearest to it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edge.detect.sensors.commissioning import Commissioning, Hours, Stage
from edge.detect.sensors.evidence import Moment
from edge.detect.sensors.learned import Learned
from edge.detect.sensors.limits import Float64s
from edge.detect.sensors.plan import Plan
from edge.detect.sensors.watch import ELSEWHERE, Seen, Watch, evidence_of

Bools = npt.NDArray[np.bool_]

SEASONS_MAX: Final = 4
AWAY_S: Final = 300
"""So long surroundings must stay away from all seasons before another begins: an intake that soaks up its engine's heat
in a jam is none. Once it has begun, trips teach it from their first minute on: cold engines are a part of winter."""
HOUR_S: Final = 3600


class Seasons:
    """Who learns which second of driving."""

    def __init__(self, begin: Callable[[], Commissioning], hours: Hours, known: Sequence[Commissioning] = ()) -> None:
        """`begin`: makes one that knows nothing; `known`: what was learned before, the first season first."""
        self._begin, self._hours = begin, hours
        self.all = list(known) or [begin()]
        """The last of them may still be learning."""
        self._goes_on = self._waits = False
        self._away_s = 0

    @property
    def armed(self) -> list[Learned]:
        """What the seasons know that are learned, in the order in which they were met."""
        return [one.learned for one in self.all if one.stage is Stage.ARMED and one.learned is not None]

    def begin_trip(self) -> None:
        """Another trip: what came before it does not lean on it."""
        self.pause()
        self._waits = False

    def pause(self) -> None:
        """A second that teaches nothing: what comes after it does not follow on what came before."""
        self._goes_on = False
        self._away_s = 0

    def teach(self, watch: Watch, seen: Seen) -> None:
        """One second of driving that no armed season knows. When it arms one, the rest of the trip teaches nothing."""
        if self._waits or (self.all[-1].stage is Stage.ARMED and len(self.all) == SEASONS_MAX):
            return
        if self.all[-1].stage is Stage.ARMED:
            self._away_s += 1
            if self._away_s <= AWAY_S:
                return
            self.all.append(self._begin())
        learning = self.all[-1]
        if not self._goes_on:
            learning.begin_trip()
        self._goes_on = True
        learning.see(watch, seen)
        if learning.seconds >= HOUR_S * self._hours.of(learning.stage):
            learning.advance()
            self._waits = learning.stage is Stage.ARMED


@dataclass(frozen=True, slots=True)
class Said:
    """What the nearest season says of a moment."""

    moment: Moment
    strength: Float64s
    """(..., kinds, channels), evidence in shares of its limit."""
    season: npt.NDArray[np.intp]
    """(...), its number among those that are armed."""
    teaches: Bools
    """(...), no season is near, and nothing contradicts: another one may learn it."""


class Judges:
    """What seasons that are armed say of a trip, or of `shape` trips side by side."""

    def __init__(self, plan: Plan, seasons: Sequence[Learned], limits: Sequence[Float64s], shape: tuple[int, ...] = ()):
        """`limits`: of each season, (kinds, channels)."""
        self._seasons, self._limits = seasons, limits
        self._evidence = [evidence_of(plan, one, shape) for one in seasons]

    def step(self, watch: Watch, seen: Seen) -> Said:
        """The next second."""
        moments = [watch.judged(seen, one) for one in self._seasons]
        strengths = [
            evidence.step(moment) / limits
            for evidence, moment, limits in zip(self._evidence, moments, self._limits, strict=True)
        ]
        distances = np.stack([watch.distance(seen, one) for one in self._seasons])
        season = distances.argmin(axis=0)
        moment = Moment(
            moments[0].observed,
            _of(season, [one.expected for one in moments], 1),
            _of(season, [one.error for one in moments], 1),
            _of(season, [one.judged for one in moments], 1),
            _of(season, [one.absent for one in moments], 1),
            _of(season, [one.tried for one in moments], 1),
        )
        strength = _of(season, strengths, 2)
        calm = strength.max(axis=(-2, -1)) <= 1.0
        return Said(moment, strength, season, (distances.min(axis=0) >= ELSEWHERE) & calm)


def _of(season: npt.NDArray[np.intp], values: Sequence[npt.NDArray[Any]], axes: int) -> npt.NDArray[Any]:
    """Of each season's `values` those of the one that is meant; `axes`: that they have beyond the season's."""
    if len(values) == 1:
        return values[0]
    chosen = season.reshape(1, *season.shape, *[1] * axes)
    of_one: npt.NDArray[Any] = np.take_along_axis(np.stack(values), chosen, axis=0)[0]
    return of_one
