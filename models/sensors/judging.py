"""Judging: a learned vehicle over drives that it has not seen, healthy and with faults; alarms second by second."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.detect.sensors.learned import Learned
from edge.detect.sensors.watch import Watch, evidence_of
from models.sensors.injections import Fault
from models.sensors.learning import Experts
from models.sensors.training import Trip

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Alarming = Callable[[Float64s], Bools]
"""(seconds, copies, channels) of readings to alarms of the same shape."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said on one drive: (seconds, channels) each."""

    healthy: Bools
    faulty: tuple[tuple[Fault, Bools], ...]


def judged_by(experts: Experts, learned: Learned, per_hour: float, margin: float) -> Alarming:
    """Alarms of the vehicle's own detector."""
    limits = learned.limits(per_hour, experts.plan, margin)
    regressors = experts.regressors

    def alarming(rows: Float64s) -> Bools:
        shape = rows.shape[1:-1]
        watch = Watch(experts.plan, experts.trained, regressors, experts.answering, shape)
        evidence = evidence_of(experts.plan, learned, shape)
        return np.array([(evidence.step(watch.judged(watch.step(row), learned)) > limits).any(axis=-2) for row in rows])

    return alarming


def listen(trips: Sequence[Trip], number: int, faults: Sequence[Fault], alarming: Alarming) -> Heard:
    """One drive as it was, and once for each of its faults."""
    rows = trips[number].rows
    copies = np.repeat(rows[:, None, :], len(faults) + 1, axis=1)
    for copy, fault in enumerate(faults, start=1):
        partner = trips[fault.partner].rows[:, fault.channel]
        copies[:, copy, fault.channel] = fault.on(rows[:, fault.channel], partner)
    alarms = alarming(copies)
    return Heard(alarms[:, 0], tuple((fault, alarms[:, copy]) for copy, fault in enumerate(faults, start=1)))
