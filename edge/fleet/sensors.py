"""What a box hears of a simulated vehicle once a second: samples with the sensors' noise and steps, without frames."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.catalogue import UNMAPPED
from edge.decode.decoder import Decoder
from edge.frames import FrameBatch
from edge.signals import Signal, SignalBatch
from edge.simulator.kinds import Kind
from edge.simulator.sensors import Steps, sent_signals
from edge.simulator.trace import Trace
from edge.simulator.vehicle import OFF_S

Float64s = npt.NDArray[np.float64]
NOISE_ROWS: Final = 16
"""Seconds whose noise is drawn at once, which costs a tenth of drawing it one by one."""
SILENCE: Final = SignalBatch.empty()


@dataclass(frozen=True, slots=True)
class Sensors:
    """Everything about one kind's signals that is the same on every vehicle and in every second; by signal sent."""

    signals: tuple[Signal, ...]
    """The database's table, as a decoder has it."""
    named: Mapping[str, tuple[str, float, float]]
    """Column of the trace → VSS path of the signal that shows it, factor and shift to its unit."""
    off: int
    """Column of the time since the key was turned off."""
    place: npt.NDArray[np.int32]
    """In `signals`."""
    column: npt.NDArray[np.intp]
    awake_s: Float64s
    by_node: Mapping[str, npt.NDArray[np.bool_]]
    noise: Float64s
    steps: Steps
    bus: npt.NDArray[np.uint8]

    def shown(self, row: Float64s, noise: Float64s) -> Float64s:
        """What the sensors show of one row of the trace, in the units of the signals; NaN: not available."""
        values = row[self.column]
        values += noise * (values != 0.0)
        return self.steps.show(values)

    def heard(self, trace: Trace, values: Float64s) -> npt.NDArray[np.bool_]:
        """Which of the signals are on the bus, and say something."""
        heard: npt.NDArray[np.bool_] = (self.awake_s >= trace.rows[-1, self.off]) & ~np.isnan(values)
        for node in trace.muted:
            if node in self.by_node:
                heard &= ~self.by_node[node]
        return heard


class Sampler(Decoder):
    """Stands where a box decodes frames: gives what was heard of the vehicle itself in the second."""

    def __init__(self, sensors: Sensors, rng: np.random.Generator) -> None:
        super().__init__([])
        self.signals = sensors.signals
        self._sensors = sensors
        self._rng = rng
        self._noise: Float64s = np.empty((0, len(sensors.place)))
        self._row = 0
        self._heard = SILENCE

    def hear(self, trace: Trace | None, until_ns: int) -> None:
        """Take in the second that ends at `until_ns`; None: nothing was on the bus."""
        self._heard = SILENCE if trace is None else self._samples(trace, until_ns - 1)

    def decode(self, frames: FrameBatch) -> SignalBatch:  # noqa: ARG002  # there are none
        """The samples of the second."""
        return self._heard

    def _samples(self, trace: Trace, time_ns: int) -> SignalBatch:
        sensors = self._sensors
        if self._row == len(self._noise):
            self._noise = self._rng.standard_normal((NOISE_ROWS, len(sensors.place))) * sensors.noise
            self._row = 0
        values = sensors.shown(trace.rows[-1], self._noise[self._row])
        self._row += 1
        heard = sensors.heard(trace, values)
        if not heard.all():
            values = values[heard]
            return _batch(sensors.place[heard], values, time_ns, sensors.bus[: len(values)])
        return _batch(sensors.place, values, time_ns, sensors.bus)


def load_sensors(kind: Kind, columns: Sequence[str]) -> Sensors:
    """The sensors of a kind of vehicle whose trace has these columns.

    Raises:
        ConfigError: its database cannot be read.
    """
    signals, sent = sent_signals(kind.database, kind.senders, columns)
    named: dict[str, tuple[str, float, float]] = {}
    for one in sent:
        if not (path := signals[one.place].path).startswith(UNMAPPED):
            named.setdefault(one.column_name, (path, *one.scale))
    return Sensors(
        signals=signals,
        named=named,
        off=columns.index(OFF_S),
        place=np.array([one.place for one in sent], np.int32),
        column=np.array([one.column for one in sent], np.intp),
        awake_s=np.array([one.sender.awake_s for one in sent]),
        by_node={node: np.array([one.node == node for one in sent]) for node in {one.node for one in sent}},
        noise=np.array([one.noise for one in sent]),
        steps=Steps.of(sent),
        bus=np.zeros(len(sent), np.uint8),
    )


def _batch(place: npt.NDArray[np.int32], values: Float64s, time_ns: int, bus: npt.NDArray[np.uint8]) -> SignalBatch:
    return SignalBatch(np.full(len(values), time_ns, np.int64), place, values, bus, ("can0",))
