"""A simulated vehicle on its bus: frames and answers up to any time, and the truth about its faults."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from edge.frames import NANOSECONDS, FrameBatch, merge
from edge.simulator.broadcast import Network
from edge.simulator.faults import AnyFault, FaultSpec
from edge.simulator.kinds import kind_of
from edge.simulator.life import ANY, MIXED, Life, TruthRow


class Simulation:
    """One vehicle on one bus. The same arguments give the same frames, however `advance` cuts them."""

    def __init__(
        self,
        *,
        vehicle: str = "car",
        faults: Sequence[FaultSpec] = (),
        seed: int,
        database: Path | None = None,
        start_ns: int = 0,
        cycle: str = MIXED,
        weather: str = ANY,
        warm: bool = False,
        skip_s: int = 0,
        bus: str = "can0",
    ) -> None:
        """A vehicle at the beginning of a drive; drives and parking follow one another without end.

        `database` is the vehicle's DBC, the shipped one when None; `start_ns` the time of its first moment on the axis
        of the frames; `warm` says that it was driven shortly before; `skip_s` seconds are lived before the first frame,
        unheard, so that one can come in the middle of a trouble.

        Raises:
            ConfigError: no such vehicle, cycle or weather, a fault it cannot have, a negative seed, or a database that
                lacks a message.
        """
        self.life = Life(vehicle=vehicle, faults=faults, seed=seed, cycle=cycle, weather=weather, warm=warm)
        kind = self.life.kind
        self._network = Network(
            database or kind.database, bus, kind.senders, self.life.tracer.columns, self.life.sensors
        )
        self._diagnostics = kind.network(self.life.vehicle, self.life.vin, bus)
        self._start_ns = start_ns - skip_s * NANOSECONDS
        self._ready: list[FrameBatch] = []
        self._until = start_ns
        self.bus = bus
        self.answers = 0
        """Frames that control units sent because they were asked, or of their own accord beside the broadcast."""
        for _ in range(skip_s):
            self.life.second()
            self._diagnostics.due(self._start_ns + self.life.seconds * NANOSECONDS)

    def advance(self, until_ns: int) -> FrameBatch:
        """The frames that no earlier call gave and whose time is below `until_ns`; time never goes back.

        Some hundred frames for each second asked for, so ask for minutes, not days, at once.
        """
        until_ns = max(until_ns, self._until)
        while (end_ns := self._start_ns + self.life.seconds * NANOSECONDS) < until_ns:
            self._answer(end_ns)
            trace = self.life.second()
            if trace is not None:
                self._ready.append(self._network.block(trace, self.life.seconds - 1, self._start_ns))
        self._answer(until_ns)
        ready = merge(self._ready, buses=(self.bus,), until=until_ns)
        cut = int(np.searchsorted(ready.time, until_ns))
        self._ready = [ready.select(slice(cut, None))] if cut < len(ready) else []
        self._until = until_ns
        return ready.select(slice(0, cut))

    def hear(self, frames: FrameBatch) -> int:
        """Let control units hear what testers sent, stamped on the axis of the frames; how many were meant for them.

        Answers come with later calls of `advance`.
        """
        meant = 0
        for frame in frames.frames():
            meant += self._diagnostics.hear(frame, max(frame.time, self._until))
        if meant:
            self.life.vehicle.disturb()
        return meant

    def next_answer_ns(self) -> int | None:
        """When the next answer is due; None when nothing was asked."""
        return self._diagnostics.next_ns()

    def truth(self) -> tuple[TruthRow, ...]:
        """How every ordered fault stands, as of the last whole second of the frames."""
        return self.life.truth(self._start_ns / NANOSECONDS)

    def _answer(self, until_ns: int) -> None:
        """Collect what control units say by themselves, so that it does not depend on how time was cut."""
        frames = self._diagnostics.due(until_ns)
        if frames:
            self.answers += len(frames)
            self._ready.append(FrameBatch.of(frames, buses=(self.bus,), until=until_ns))


def faults_of(vehicle: str) -> Mapping[str, type[AnyFault]]:
    """What can be ordered on a vehicle, by name.

    Raises:
        ConfigError: no such vehicle.
    """
    return kind_of(vehicle).faults
