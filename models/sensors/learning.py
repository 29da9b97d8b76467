"""Learning a vehicle from whole drives: each stage over all of them at leisure, or stage after stage as on the road."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from edge.detect.sensors.commissioning import Commissioning, Hours, Stage
from edge.detect.sensors.expectation import Regressors
from edge.detect.sensors.learned import Learned
from edge.detect.sensors.plan import Plan
from edge.detect.sensors.watch import Answering, Trained, Watch
from edge.errors import ModelError
from models.sensors.training import Told, Trip, columns_of

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]

HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Experts:
    """Who is asked, and about what."""

    plan: Plan
    trained: Trained
    answering: Answering

    @property
    def regressors(self) -> Regressors:
        """As on the vehicle."""
        return Regressors(len(self.plan.channels))

    def tell(self, trip: Trip) -> Told:
        """A trip with what they say of it."""
        return Told(trip, self.answering(columns_of(self.plan, trip)[0]))


def learn_at_leisure(experts: Experts, told: Sequence[Told]) -> Learned:
    """What a vehicle is known by when each stage may see all of its drives.

    `told` holds answers of experts that had not seen the drive, so errors are those of the road.

    Raises:
        ModelError: they hold nothing to learn from.
    """
    commissioning = Commissioning(experts.plan, experts.regressors, experts.trained)
    while commissioning.stage is not Stage.ARMED:
        for one in told:
            _drive(commissioning, experts, one)
        commissioning.advance()
    if commissioning.learned is None:
        raise ModelError("these drives teach nothing. Give drives with a warm, running engine")
    return commissioning.learned


def learn_on_the_road(experts: Experts, trips: Sequence[Trip], hours: Hours) -> tuple[Commissioning, int]:
    """A vehicle's first hours, stage after stage; and how many drives they took."""
    commissioning = Commissioning(experts.plan, experts.regressors, experts.trained)
    for number, trip in enumerate(trips):
        if commissioning.stage is Stage.ARMED:
            return commissioning, number
        _drive(commissioning, experts, experts.tell(trip), hours)
    return commissioning, len(trips)


def _drive(commissioning: Commissioning, experts: Experts, told: Told, hours: Hours | None = None) -> None:
    watch = Watch(experts.plan, experts.trained, commissioning.regressors, experts.answering)
    commissioning.begin_trip()
    nothing = np.zeros(told.trip.rows.shape, np.bool_)
    taken = nothing if told.trip.taken is None else told.trip.taken
    before = nothing[:1]  # what is seen is a second ago
    for row, answers, was_taken in zip(told.trip.rows, told.answers, np.concatenate([before, taken[:-1]]), strict=True):
        seen = watch.step(row, answers)
        commissioning.see(watch, replace(seen, answered=seen.answered | was_taken))
        if hours is not None and commissioning.seconds >= HOUR_S * hours.of(commissioning.stage):
            commissioning.advance()
