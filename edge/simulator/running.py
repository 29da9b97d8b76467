"""Letting a simulated vehicle run for a while: into a file, as rows of a table, or on a bus where others talk to it."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import numpy as np

from edge.frames import NANOSECONDS, FrameBatch
from edge.simulator.life import TruthRow
from edge.simulator.simulation import Simulation
from edge.simulator.table import Rows, Tables

TRUTH_EVERY_S: Final = 10.0
CHUNK_S: Final = 5.0
TABLE_CHUNK_S: Final = 10
TICK_S: Final = 0.02
"""On a bus, frames leave within so much of their time (in real time)."""
CATCH_UP_S: Final = 0.2
"""Where sending takes longer than the time it is for, so much of it is sent between two looks at what was heard."""
FAST_TICK_S: Final = 1.0
"""Simulated time between two looks at what was heard, when nothing is waited for."""

Tell = Callable[[TruthRow], None]


class _Subject(Protocol):
    """Something that has faults."""

    def truth(self) -> tuple[TruthRow, ...]: ...


@dataclass(slots=True)
class Chronicle:
    """Tells the truth about each fault about every ten seconds of simulated time, and at the end."""

    subject: _Subject
    tell: Tell | None
    told_s: float = 0.0

    def at(self, now_s: float, *, is_end: bool = False) -> None:
        """Tell it if it is time to."""
        if self.tell and now_s - self.told_s >= (1e-9 if is_end else TRUTH_EVERY_S):
            self.told_s = now_s
            for row in self.subject.truth():
                self.tell(row)


def run(
    simulation: Simulation,
    sink: Callable[[FrameBatch], None],
    *,
    start_ns: int = 0,
    duration_s: float | None = None,
    chunk_s: float = CHUNK_S,
    pace: Callable[[int], bool] | None = None,
    truth: Tell | None = None,
) -> None:
    """Hand the sink `duration_s` of simulated time (for ever when None) in chunks of `chunk_s`.

    `pace` is given the time (ns) up to which frames are about to be handed over: it waits until they are due, and
    returns False to end the run.
    """
    chronicle = Chronicle(simulation, truth, start_ns / NANOSECONDS)
    end_ns = None if duration_s is None else start_ns + round(duration_s * NANOSECONDS)
    chunk_ns = max(round(chunk_s * NANOSECONDS), 1)
    now_ns = start_ns
    while end_ns is None or now_ns < end_ns:
        next_ns = now_ns + chunk_ns if end_ns is None else min(now_ns + chunk_ns, end_ns)
        frames = simulation.advance(next_ns)
        if pace is not None and not pace(next_ns):
            break
        sink(frames)
        now_ns = next_ns
        chronicle.at(now_ns / NANOSECONDS)
    chronicle.at(now_ns / NANOSECONDS, is_end=True)


def run_tables(
    tables: Tables,
    write: Callable[[Rows], None],
    *,
    duration_s: float,
    pace: Callable[[int], bool],
    truth: Tell | None = None,
) -> None:
    """Hand over the rows of `duration_s` of simulated time, some seconds at once; `pace` as in `run`."""
    chronicle = Chronicle(tables, truth)
    now_s = 0
    while now_s < duration_s:
        chunk_s = min(TABLE_CHUNK_S, math.ceil(duration_s - now_s))
        rows = tables.advance(chunk_s)
        if not pace((now_s + chunk_s) * NANOSECONDS):
            break
        now_s += chunk_s
        within = slice(0, int(np.searchsorted(rows.time_s, duration_s)))
        write(replace(rows, time_s=rows.time_s[within], values=rows.values[within]))
        chronicle.at(now_s)
    chronicle.at(now_s, is_end=True)


class Line(Protocol):
    """The bus on which vehicles hang: sends at once, and hears what others sent, with times of the monotonic clock."""

    def send(self, batch: FrameBatch) -> None:
        """Send every frame at once, or lose it."""

    def heard(self, wait_s: float) -> FrameBatch:
        """What others sent: as soon as there is something, an empty batch after `wait_s` of silence."""


@dataclass(slots=True)
class Talk:
    """Vehicles on a bus in real time, or faster: sends their frames when they are due, and answers what is asked."""

    vehicles: Sequence[Simulation]
    line: Line
    start_ns: int
    speed: float | None = 1.0
    """Times real time; None: as fast as it goes."""
    truths: Sequence[Tell | None] = ()
    monotonic_ns: Callable[[], int] = time.monotonic_ns
    requests: int = field(init=False, default=0)
    """Frames that were heard and meant for one of the vehicles."""
    _now_ns: int = field(init=False)
    """Simulated time up to which everything is sent."""
    _began_ns: int = field(init=False)

    def run(self, *, duration_s: float | None, stopped: Callable[[], bool]) -> None:
        """Go on until the simulated time is over, for ever when None, or until it is stopped."""
        self._now_ns, self._began_ns = self.start_ns, self.monotonic_ns()
        start_s = self.start_ns / NANOSECONDS
        tells = self.truths or [None] * len(self.vehicles)
        chronicles = [Chronicle(*pair, start_s) for pair in zip(self.vehicles, tells, strict=True)]
        end_ns = None if duration_s is None else self.start_ns + round(duration_s * NANOSECONDS)
        while not stopped() and (end_ns is None or self._now_ns < end_ns):
            self._step(end_ns)
            for chronicle in chronicles:
                chronicle.at(self._now_ns / NANOSECONDS)
        for chronicle in chronicles:
            chronicle.at(self._now_ns / NANOSECONDS, is_end=True)

    def _step(self, end_ns: int | None) -> None:
        """Wait for the next tick or answer, but no longer than until something is heard; send what is due."""
        tick_ns = self._later(TICK_S, end_ns)
        due_ns = self._due(tick_ns)
        heard = self.line.heard(self._wait_s(due_ns))
        limit_ns = self._later(CATCH_UP_S, end_ns)
        if len(heard):
            self._hear(heard, limit_ns)
        present_ns = tick_ns if self.speed is None else min(self._present_ns(), limit_ns)
        if present_ns >= due_ns:
            self._send(present_ns)

    def _later(self, seconds: float, end_ns: int | None) -> int:
        """The simulated time that comes so much real time after what is sent, the end at most."""
        later_ns = self._now_ns + round((FAST_TICK_S if self.speed is None else seconds * self.speed) * NANOSECONDS)
        return later_ns if end_ns is None else min(later_ns, end_ns)

    def _due(self, tick_ns: int) -> int:
        """When something is to be sent: an answer, or the frames of this tick."""
        answers = [at_ns + 1 for vehicle in self.vehicles if (at_ns := vehicle.next_answer_ns()) is not None]
        return max(min([tick_ns, *answers]), self._now_ns)

    def _wait_s(self, due_ns: int) -> float:
        if self.speed is None:
            return 0.0
        return max(0.0, (due_ns - self._present_ns()) / NANOSECONDS / self.speed)

    def _present_ns(self) -> int:
        """The simulated time that it should be by now."""
        return self.start_ns + round((self.monotonic_ns() - self._began_ns) * (self.speed or 0.0))

    def _hear(self, heard: FrameBatch, limit_ns: int) -> None:
        """Tell the vehicles; a simulation that cannot keep up hears it now and not when it will have come so far."""
        time_ns = self.start_ns + np.rint((heard.time - self._began_ns) * (self.speed or 0.0)).astype(np.int64)
        stamped = replace(heard, time=np.minimum(time_ns, limit_ns))
        self.requests += sum(vehicle.hear(stamped) for vehicle in self.vehicles)

    def _send(self, until_ns: int) -> None:
        for vehicle in self.vehicles:
            frames = vehicle.advance(until_ns)
            if len(frames):
                self.line.send(frames)
        self._now_ns = until_ns
