"""Tables: a vehicle's life as 10 Hz rows of VSS signals, with the sensors' noise and steps but without frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from edge.decode.database import load_database
from edge.decode.encode import load_packers
from edge.simulator.broadcast import COUNTER, Sender
from edge.simulator.faults import FaultSpec
from edge.simulator.life import ANY, MIXED, Life, TruthRow
from edge.simulator.trace import Trace
from edge.simulator.vehicle import OFF_S, STEPS

Float64s = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

CHUNK_S: Final = 60
"""Seconds that are made into rows at once."""
SLOW_MS: Final = 1000
"""Messages of this period show one value for the whole second."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One signal of the table."""

    name: str
    """VSS path, or dbc.<Message>.<Signal> where the mapping has none."""
    unit: str


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows in the order of time."""

    time_s: Float64s
    """(N,) from the beginning of the life."""
    values: Float64s
    """(N, columns); NaN: not available, or its control unit sleeps."""


@dataclass(frozen=True, slots=True)
class _Pace:
    """The signals that are shown at one pace, each of ten rows or one row a second: all arrays are (signals,)."""

    place: Indices
    """In the table."""
    trace: Indices
    """In the trace."""
    noisy: Indices
    """Those with noise, among these signals."""
    noise: Float64s
    """Of those."""
    low: Float64s
    high: Float64s
    scale: Float64s
    offset: Float64s
    factor: Float64s
    """From the database's unit to the VSS unit."""
    shift: Float64s

    def shown(self, rows: Float64s, rng: np.random.Generator) -> Float64s:
        """(rows, signals) what the sensors show of these rows of the trace, in VSS units."""
        shown: Float64s = rows[:, self.trace]
        if len(self.noisy):
            true = shown[:, self.noisy]
            shown[:, self.noisy] = true + rng.standard_normal(true.shape) * self.noise * (true != 0.0)
        np.maximum(shown, self.low, out=shown)
        np.minimum(shown, self.high, out=shown)
        shown -= self.offset
        shown /= self.scale
        np.rint(shown, out=shown)
        shown *= self.scale
        shown += self.offset
        shown *= self.factor
        shown += self.shift
        return shown


@dataclass(frozen=True, slots=True)
class _Layout:
    """The table's columns, and where each comes from."""

    columns: tuple[TableColumn, ...]
    fast: _Pace
    held: _Pace
    """Of messages that are sent once a second: one value for ten rows."""
    awake_s: Float64s
    """How long the control unit of each column stays awake."""
    nodes: tuple[str, ...]
    """The control unit of each column."""


class Tables:
    """The same vehicle as a Simulation's, without frames."""

    def __init__(
        self,
        *,
        vehicle: str = "car",
        faults: Sequence[FaultSpec] = (),
        seed: int,
        cycle: str = MIXED,
        weather: str = ANY,
        warm: bool = False,
        skip_s: int = 0,
    ) -> None:
        """`skip_s` seconds are lived before the first row. Raises ConfigError as Simulation does."""
        self._life = Life(vehicle=vehicle, faults=faults, seed=seed, cycle=cycle, weather=weather, warm=warm)
        columns = self._life.tracer.columns
        self._layout = _layout(self._life.kind.database, self._life.kind.senders, columns)
        self.columns = self._layout.columns
        self._off = columns.index(OFF_S)
        self._fast_noise, self._held_noise = self._life.sensors.spawn(2)  # so that rows do not depend on the cuts
        self._from_s = skip_s
        for _ in range(skip_s):
            self._life.second()

    def advance(self, seconds: int) -> Rows:
        """The rows of so many more seconds: ten for each that the vehicle is awake."""
        parts = [self._chunk(min(CHUNK_S, seconds - done)) for done in range(0, seconds, CHUNK_S)]
        parts = [part for part in parts if len(part.time_s)] or parts[:1]
        if len(parts) == 1:
            return parts[0]
        return Rows(np.concatenate([part.time_s for part in parts]), np.concatenate([part.values for part in parts]))

    def truth(self) -> tuple[TruthRow, ...]:
        """How every ordered fault stands."""
        return self._life.truth(-float(self._from_s))

    def _chunk(self, seconds: int) -> Rows:
        begun, traces = [], []
        life = self._life
        for _ in range(seconds):
            trace = life.second()
            if trace is not None:
                begun.append(life.seconds - 1)
                traces.append(trace)
        if not traces:
            return Rows(np.empty(0), np.empty((0, len(self.columns))))
        time_s = (np.array(begun)[:, None] - self._from_s + np.arange(STEPS) / STEPS).ravel()
        return Rows(time_s, self._values(traces))

    def _values(self, traces: Sequence[Trace]) -> Float64s:
        layout = self._layout
        rows = np.concatenate([trace.rows[:STEPS] for trace in traces])
        values = np.empty((len(rows), len(self.columns)))
        values[:, layout.fast.place] = layout.fast.shown(rows, self._fast_noise)
        held = layout.held.shown(rows[::STEPS], self._held_noise)
        values[:, layout.held.place] = np.repeat(held, STEPS, axis=0)
        off_s = rows[:, self._off]
        if off_s.max() > layout.awake_s.min():
            values[off_s[:, None] > layout.awake_s] = np.nan
        for place, trace in enumerate(traces):
            if trace.muted:
                unheard = [node in trace.muted for node in layout.nodes]
                values[place * STEPS : (place + 1) * STEPS, unheard] = np.nan
        return values


def _layout(database: Path, senders: Sequence[Sender], columns: Sequence[str]) -> _Layout:
    packers = load_packers(database, [sender.message for sender in senders])
    loaded = load_database(database)
    plans = {plan.message.name: plan for plan in loaded.plans}
    found: list[_Signal] = []
    for sender in senders:
        packer, plan = packers[sender.message], plans[sender.message]
        probes = {probe.signal: probe for probe in sender.probes}
        for name, *scaling in zip(packer.signals, *packer.scaling(), strict=True):
            probe = probes[name]
            if probe.column == COUNTER:
                continue
            signal = loaded.signals[plan.place[name]]
            found.append(
                _Signal(
                    column=TableColumn(signal.path, signal.unit),
                    node=packer.node,
                    awake_s=sender.awake_s,
                    held=sender.period_ms >= SLOW_MS,
                    trace=columns.index(probe.column),
                    noise=probe.noise,
                    numbers=(*map(float, scaling), *plan.scale.get(name, (1.0, 0.0))),
                )
            )
    return _Layout(
        columns=tuple(signal.column for signal in found),
        fast=_pace(found, held=False),
        held=_pace(found, held=True),
        awake_s=np.array([signal.awake_s for signal in found]),
        nodes=tuple(signal.node for signal in found),
    )


class _Signal(NamedTuple):
    """One column of the table on its way into the layout."""

    column: TableColumn
    node: str
    awake_s: float
    held: bool
    trace: int
    noise: float
    numbers: tuple[float, ...]
    """low, high, scale, offset, factor, shift"""


def _pace(signals: Sequence[_Signal], *, held: bool) -> _Pace:
    chosen = [place for place, signal in enumerate(signals) if signal.held is held]
    noise = np.array([signals[place].noise for place in chosen])
    noisy = np.flatnonzero(noise > 0.0)
    low, high, scale, offset, factor, shift = np.array([signals[place].numbers for place in chosen]).reshape(-1, 6).T
    return _Pace(
        place=np.array(chosen, np.intp),
        trace=np.array([signals[place].trace for place in chosen], np.intp),
        noisy=noisy,
        noise=noise[noisy],
        low=low,
        high=high,
        scale=scale,
        offset=offset,
        factor=factor,
        shift=shift,
    )
