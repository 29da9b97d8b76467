"""What a vehicle tells the cloud in one life: alerts, minute summaries and trouble codes, by the vehicle's own code.

Physics and control units are the simulator's; rules, models, debouncing and summaries are those of the daemon, and
codes are read from the memory of the control units as a tester reads them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np

from edge.decode.decoder import Decoder
from edge.fleet.codes import CodeWatch
from edge.fleet.outfit import Outfit
from edge.fleet.sensors import Sensors
from edge.frames import NANOSECONDS, FrameBatch
from edge.grid import Cells
from edge.judgement import Judgement, Outcome
from edge.signals import SignalBatch
from edge.simulator.faults import FaultSpec
from edge.simulator.life import Life
from edge.simulator.trace import Trace
from edge.simulator.vehicle import STEPS
from edge.uplink import alert_body, summary_body, utc
from edge.wire.messages import Alert, Summary, TroubleCode

BEGIN_S: Final = 1_767_596_400
"""2026-01-05 07:00 UTC, a Monday, when every life begins."""
CODES_S: Final = 10
QUIET_S: Final = 135
"""After so much silence nothing changes any more."""
NO_FRAMES: Final = FrameBatch.of([], buses=("can0",), until=0)
_STEP_NS: Final = NANOSECONDS // STEPS


@dataclass(slots=True)
class Told:
    """Everything that was told, in its order."""

    alerts: list[Alert] = field(default_factory=list)
    summaries: list[Summary] = field(default_factory=list)
    codes: list[TroubleCode] = field(default_factory=list)
    until: datetime = field(default_factory=lambda: utc(BEGIN_S * NANOSECONDS))
    seconds_awake: int = 0
    failed_s: float | None = None

    def take(self, outcome: Outcome) -> None:
        """What one second brought."""
        self.alerts += [alert_body(alert) for alert in outcome.alerts]
        self.summaries += [summary_body(period) for period in outcome.periods]


class TenRows(Decoder):
    """Stands where a box decodes frames: what ten rows a second show, with the sensors' noise and steps."""

    def __init__(self, sensors: Sensors, rng: np.random.Generator) -> None:
        super().__init__([])
        self.signals = sensors.signals
        self._sensors = sensors
        self._rng = rng
        self._heard = SignalBatch.empty()

    def hear(self, trace: Trace | None, until_ns: int) -> None:
        """Take in the second that ends at `until_ns`; None: nothing was on the bus."""
        if trace is None:
            self._heard = SignalBatch.empty()
            return
        sensors, rows = self._sensors, trace.rows[1:]
        values = rows[:, sensors.column]
        values = values + self._rng.standard_normal(values.shape) * sensors.noise * (values != 0.0)
        values = sensors.steps.show(values)
        awake = sensors.awake_s >= rows[-1, sensors.off]
        for node in trace.muted:
            if node in sensors.by_node:
                awake = awake & ~sensors.by_node[node]
        heard = ~np.isnan(values) & awake
        row, column = np.nonzero(heard)
        self._heard = SignalBatch(
            until_ns - NANOSECONDS + row * _STEP_NS,
            sensors.place[column],
            values[heard],
            np.zeros(len(row), np.uint8),
            ("can0",),
        )

    def decode(self, frames: FrameBatch) -> SignalBatch:  # noqa: ARG002  # there are none
        """The samples of the second."""
        return self._heard


def tell(
    vehicle: str,
    faults: Sequence[FaultSpec],
    outfit: Outfit,
    *,
    seed: int,
    cycle: str,
    weather: str,
    length_s: float,
    after_s: float = float("inf"),
) -> Told:
    """Live and tell; it ends `after_s` seconds after a fault has made the vehicle unfit to drive."""
    life = Life(vehicle=vehicle, faults=faults, seed=seed, cycle=cycle, weather=weather)
    rows = TenRows(outfit.sensors, life.sensors)
    judgement = Judgement(
        rows,
        outfit.detectors(),
        vehicle="v",
        grid_ns=NANOSECONDS,
        summary_ns=60 * NANOSECONDS,
        summary_paths=outfit.summary_signals,
        summary_slow=outfit.summary_slow,
    )
    codes = CodeWatch(vehicle, life.vehicle.units, outfit.sensors.named)
    told, silent_s = Told(), 0
    while life.seconds < length_s:
        trace = life.second()
        at_ns = (BEGIN_S + life.seconds) * NANOSECONDS
        silent_s = 0 if trace is not None else silent_s + 1
        if silent_s <= QUIET_S:
            rows.hear(trace, at_ns)
            for outcome in judgement.advance(Cells(NO_FRAMES, [at_ns], [0])):
                told.take(outcome)
        if trace is None:
            continue
        told.seconds_awake += 1
        if life.seconds % CODES_S == 0:
            told.codes += codes.look(utc(at_ns))
            told.failed_s = min((row.failed_s for row in life.truth(0.0) if row.failed_s is not None), default=None)
            if told.failed_s is not None and life.seconds > told.failed_s + after_s:
                break
    told.take(judgement.close())
    told.until = utc((BEGIN_S + life.seconds) * NANOSECONDS)
    return told
