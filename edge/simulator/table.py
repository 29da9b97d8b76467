"""Tables: a vehicle's life as 10 Hz rows of VSS signals, with the sensors' noise and steps but without frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

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

CHUNK_S: Final = 30
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
class _Message:
    """One message's signals: where they stand in the trace and in the table."""

    node: str
    awake_s: float
    held: bool
    trace: npt.NDArray[np.intp]
    table: slice
    noise: Float64s
    low: Float64s
    high: Float64s
    scale: Float64s
    offset: Float64s
    factor: Float64s
    """From the database's unit to the VSS unit."""
    shift: Float64s


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
        self.columns, self._messages = _layout(self._life.kind.database, self._life.kind.senders, columns)
        self._off = columns.index(OFF_S)
        self._rng = self._life.sensors
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
        rows = np.concatenate([trace.rows[:STEPS] for trace in traces])
        held = np.repeat(rows[::STEPS], STEPS, axis=0)
        noise = self._rng.standard_normal((len(rows), len(self.columns)))
        values = np.empty((len(rows), len(self.columns)))
        off_s = rows[:, self._off]
        for message in self._messages:
            shown = (held if message.held else rows)[:, message.trace]
            spread = noise[:, message.table]
            if message.held:
                spread = np.repeat(spread[::STEPS], STEPS, axis=0)
            shown += spread * message.noise * (shown != 0.0)
            np.maximum(shown, message.low, out=shown)
            np.minimum(shown, message.high, out=shown)
            stepped = np.rint((shown - message.offset) / message.scale) * message.scale + message.offset
            values[:, message.table] = stepped * message.factor + message.shift
            silent = off_s > message.awake_s
            for place, trace in enumerate(traces):
                if message.node in trace.muted:
                    silent[place * STEPS : (place + 1) * STEPS] = True
            if silent.any():
                values[silent, message.table] = np.nan
        return values


def _layout(
    database: Path, senders: Sequence[Sender], columns: Sequence[str]
) -> tuple[tuple[TableColumn, ...], tuple[_Message, ...]]:
    packers = load_packers(database, [sender.message for sender in senders])
    loaded = load_database(database)
    plans = {plan.message.name: plan for plan in loaded.plans}
    found: list[TableColumn] = []
    messages = []
    for sender in senders:
        packer = packers[sender.message]
        probes = {probe.signal: probe for probe in sender.probes}
        kept = [place for place, name in enumerate(packer.signals) if probes[name].column != COUNTER]
        first = len(found)
        names = [packer.signals[place] for place in kept]
        plan = plans[sender.message]
        found += [
            TableColumn(loaded.signals[plan.place[name]].path, loaded.signals[plan.place[name]].unit) for name in names
        ]
        scales = [plan.scale.get(name, (1.0, 0.0)) for name in names]
        wanted = [probes[name] for name in names]
        low, high, scale, offset = (part[kept] for part in packer.scaling())
        messages.append(
            _Message(
                node=packer.node,
                awake_s=sender.awake_s,
                held=sender.period_ms >= SLOW_MS,
                trace=np.array([columns.index(probe.column) for probe in wanted]),
                table=slice(first, len(found)),
                noise=np.array([probe.noise for probe in wanted]),
                low=low,
                high=high,
                scale=scale,
                offset=offset,
                factor=np.array([factor for factor, _ in scales]),
                shift=np.array([shift for _, shift in scales]),
            )
        )
    return tuple(found), tuple(messages)
