"""Tables: a vehicle's life as 10 Hz rows of VSS signals, with the sensors' noise and steps but without frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from edge.simulator.broadcast import Sender
from edge.simulator.faults import FaultSpec
from edge.simulator.life import ANY, MIXED, Life, TruthRow
from edge.simulator.sensors import Sent, Steps, sent_signals
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
    steps: Steps

    @classmethod
    def of(cls, sent: Sequence[Sent], chosen: Sequence[int]) -> Self:
        """The chosen of the table's signals."""
        shown = [sent[place] for place in chosen]
        noise = np.array([one.noise for one in shown])
        noisy = np.flatnonzero(noise > 0.0)
        trace = np.array([one.column for one in shown], np.intp)
        return cls(np.array(chosen, np.intp), trace, noisy, noise[noisy], Steps.of(shown))

    def shown(self, rows: Float64s, rng: np.random.Generator) -> Float64s:
        """(rows, signals) what the sensors show of these rows of the trace, in VSS units."""
        shown: Float64s = rows[:, self.trace]
        if len(self.noisy):
            true = shown[:, self.noisy]
            shown[:, self.noisy] = true + rng.standard_normal(true.shape) * self.noise * (true != 0.0)
        return self.steps.show(shown)


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
        life = self._life
        lived = [life.live() for _ in range(seconds)]
        rows = life.tracer.rows(lived)
        begun = [life.seconds - seconds + at for at, second in enumerate(lived) if second is not None]
        if not begun:
            return Rows(np.empty(0), np.empty((0, len(self.columns))))
        time_s = (np.array(begun)[:, None] - self._from_s + np.arange(STEPS) / STEPS).ravel()
        return Rows(time_s, self._values(rows, [second.muted for second in lived if second is not None]))

    def _values(self, rows: Float64s, muted: Sequence[frozenset[str]]) -> Float64s:
        layout = self._layout
        values = np.empty((len(rows), len(self.columns)))
        values[:, layout.fast.place] = layout.fast.shown(rows, self._fast_noise)
        held = layout.held.shown(rows[::STEPS], self._held_noise)
        values[:, layout.held.place] = np.repeat(held, STEPS, axis=0)
        off_s = rows[:, self._off]
        if off_s.max() > layout.awake_s.min():
            values[off_s[:, None] > layout.awake_s] = np.nan
        for place, nodes in enumerate(muted):
            if nodes:
                unheard = [node in nodes for node in layout.nodes]
                values[place * STEPS : (place + 1) * STEPS, unheard] = np.nan
        return values


def _layout(database: Path, senders: Sequence[Sender], columns: Sequence[str]) -> _Layout:
    signals, sent = sent_signals(database, senders, columns)
    slow = [one.sender.period_ms >= SLOW_MS for one in sent]
    return _Layout(
        columns=tuple(TableColumn(signals[one.place].path, signals[one.place].unit) for one in sent),
        fast=_Pace.of(sent, [place for place, held in enumerate(slow) if not held]),
        held=_Pace.of(sent, [place for place, held in enumerate(slow) if held]),
        awake_s=np.array([one.sender.awake_s for one in sent]),
        nodes=tuple(one.node for one in sent),
    )
