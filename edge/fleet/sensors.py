"""What a box hears of a simulated vehicle once a second: samples with the sensors' noise and steps, without frames."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.catalogue import UNMAPPED
from edge.decode.database import load_database
from edge.decode.decoder import Decoder
from edge.decode.encode import load_packers
from edge.frames import FrameBatch
from edge.signals import Signal, SignalBatch
from edge.simulator.broadcast import COUNTER
from edge.simulator.kinds import Kind
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
    low: Float64s
    high: Float64s
    step: Float64s
    offset: Float64s
    factor: Float64s
    """From the database's unit to the signal's."""
    shift: Float64s
    bus: npt.NDArray[np.uint8]

    def shown(self, row: Float64s, noise: Float64s) -> Float64s:
        """What the sensors show of one row of the trace, in the units of the signals; NaN: not available."""
        values = row[self.column]
        values += noise * (values != 0.0)
        np.maximum(values, self.low, out=values)
        np.minimum(values, self.high, out=values)
        values -= self.offset
        values /= self.step
        np.rint(values, out=values)
        values *= self.step
        values += self.offset
        values *= self.factor
        values += self.shift
        return values

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
    database = load_database(kind.database)
    packers = load_packers(kind.database, [sender.message for sender in kind.senders])
    plans = {plan.message.name: plan for plan in database.plans}
    nodes: list[str] = []
    named: dict[str, tuple[str, float, float]] = {}
    rows: list[tuple[float, ...]] = []
    for sender in kind.senders:
        packer, plan = packers[sender.message], plans[sender.message]
        placings = dict(zip(packer.signals, packer.placings, strict=True))
        for probe in sender.probes:
            if probe.column == COUNTER:
                continue
            scale = plan.scale.get(probe.signal, (1.0, 0.0))
            place, column = plan.place[probe.signal], columns.index(probe.column)
            rows.append((place, column, sender.awake_s, probe.noise, *placings[probe.signal][:4], *scale))
            nodes.append(packer.node)
            if not (path := database.signals[place].path).startswith(UNMAPPED):
                named.setdefault(probe.column, (path, *scale))
    places, columns_shown, awake_s, noise, low, high, step, offset, factor, shift = np.array(rows, np.float64).T.copy()
    return Sensors(
        signals=database.signals,
        named=named,
        off=columns.index(OFF_S),
        place=places.astype(np.int32),
        column=columns_shown.astype(np.intp),
        awake_s=awake_s,
        by_node={node: np.array([name == node for name in nodes]) for node in set(nodes)},
        noise=noise,
        low=low,
        high=high,
        step=step,
        offset=offset,
        factor=factor,
        shift=shift,
        bus=np.zeros(len(rows), np.uint8),
    )


def _batch(place: npt.NDArray[np.int32], values: Float64s, time_ns: int, bus: npt.NDArray[np.uint8]) -> SignalBatch:
    return SignalBatch(np.full(len(values), time_ns, np.int64), place, values, bus, ("can0",))
