"""A simulated vehicle: frames up to any time that is asked for, and the truth about its faults."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from edge.assets import profile_file
from edge.errors import ConfigError
from edge.frames import NANOSECONDS, FrameBatch, merge
from edge.simulator.broadcast import BLOCK_STEPS, CAR, Network
from edge.simulator.car import PetrolCar
from edge.simulator.faults import FaultSpec, draw_faults
from edge.simulator.traits import CarTraits

VEHICLES: Final = {"car": "telltale-car"}
"""What `--vehicle` and `sim:` take, with the profile whose database it speaks."""


@dataclass(frozen=True, slots=True)
class TruthRow:
    """How one ordered fault stands at one moment."""

    time_s: float
    fault: str
    onset_s: float
    severity: float
    """0 healthy to 1; README.md says what it is a share of."""
    failed: bool
    """The car cannot be driven any more."""

    def line(self) -> str:
        """One JSON line, without its end."""
        rounded = {"time": round(self.time_s, 3), "fault": self.fault, "onset": round(self.onset_s, 3)}
        return json.dumps({**rounded, "severity": round(self.severity, 4), "failed": self.failed})


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
        warm: bool = False,
        bus: str = "can0",
    ) -> None:
        """A vehicle at the beginning of a drive; drives and parking follow one another without end.

        `database` is the vehicle's DBC, the shipped one when None; `start_ns` the time of its first moment on the axis
        of the frames; `warm` says that the engine was driven shortly before.

        Raises:
            ConfigError: no such vehicle or fault, a negative seed, or a database that lacks a message.
        """
        _check(vehicle, seed)
        cars, flaws, drives, sensors = (np.random.default_rng(part) for part in np.random.SeedSequence(seed).spawn(4))
        self._car = PetrolCar(CarTraits.draw(cars), draw_faults(faults, flaws), warm=warm, rng=drives)
        self._network = Network(database or _shipped(vehicle), bus, CAR, sensors)
        self._faults = tuple(faults)
        self._start_ns = start_ns
        self._blocks = 0
        self._last = self._car.step()
        self._ready: list[FrameBatch] = []
        self._until = start_ns
        self.bus = bus

    def advance(self, until_ns: int) -> FrameBatch:
        """The frames that no earlier call gave and whose time is below `until_ns`; time never goes back.

        About 160 frames for each second asked for, so ask for minutes, not days, at once.
        """
        until_ns = max(until_ns, self._until)
        while self._start_ns + self._blocks * NANOSECONDS < until_ns:
            self._ready.append(self._block())
        ready = merge(self._ready, buses=(self.bus,), until=until_ns)
        cut = int(np.searchsorted(ready.time, until_ns))
        self._ready = [ready.select(slice(cut, None))] if cut < len(ready) else []
        self._until = until_ns
        return ready.select(slice(0, cut))

    def truth(self) -> tuple[TruthRow, ...]:
        """How every ordered fault stands, as of the last whole second of the frames."""
        now_s = self._start_ns / NANOSECONDS + self._blocks
        onset_s = {spec.name: self._start_ns / NANOSECONDS + spec.onset_s for spec in self._faults}
        return tuple(
            TruthRow(now_s, name, onset_s[name], condition.severity, condition.failed)
            for name, condition in self._car.conditions().items()
        )

    def _block(self) -> FrameBatch:
        rows = [self._last, *(self._car.step() for _ in range(BLOCK_STEPS))]
        self._last = rows[-1]
        frames = self._network.block(np.array(rows), self._blocks, self._start_ns)
        self._blocks += 1
        return frames


def _shipped(vehicle: str) -> Path:
    return profile_file(VEHICLES[vehicle], Path()).with_name(f"{VEHICLES[vehicle]}.dbc")


def _check(vehicle: str, seed: int) -> None:
    if vehicle not in VEHICLES:
        raise ConfigError(
            f"no vehicle is called {vehicle!r}", place="vehicle", remedy=f"There is: {', '.join(VEHICLES)}"
        )
    if seed < 0:
        raise ConfigError(f"{seed} is below zero", place="seed", remedy="Give a whole number from 0 up")
