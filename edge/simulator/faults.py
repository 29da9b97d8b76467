"""Faults that can be ordered: what one is, how an order is written, and how each gets its size from the seed."""

import math
import random
import zlib
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, NamedTuple, TypeVar

import numpy as np

from edge.errors import ConfigError
from edge.simulator.traits import Traits

LeversT_contra = TypeVar("LeversT_contra", contravariant=True)
VehicleT_contra = TypeVar("VehicleT_contra", contravariant=True)

NONE: Final = "none"
PLACE: Final = "fault"
PACE_MAX: Final = 10_000.0
MINUTE_S: Final = 60.0
HOUR_S: Final = 3600.0
DAY_S: Final = 86_400.0


class Stage(NamedTuple):
    """Where a fault is in its life."""

    age_s: float
    """Since onset, in the fault's own time; negative before."""
    now_s: float
    """Since the vehicle's life began; 0 in its first second."""
    pace: float
    """How many times faster than in life it goes: factor on every rate of loss or wear."""
    chance: random.Random
    """For what comes and goes."""

    @property
    def sets_in(self) -> bool:
        """Whether this is the very second of the onset."""
        return 0.0 <= self.age_s < self.pace

    def ramp(self, length_s: float) -> float:
        """0 until the onset, 1 from `length_s` after it on, a straight line between."""
        return min(max(self.age_s / length_s, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Fault(Traits, Generic[LeversT_contra, VehicleT_contra]):
    """A scenario: fields are its size and speed, drawn from `ranges`; `act` pulls the levers, once a second."""

    name: ClassVar[str]
    summary: ClassVar[str]
    """One line for `--help`."""
    control: ClassVar[bool] = False
    """Healthy but odd: nothing to warn of."""

    @abstractmethod
    def act(self, stage: Stage, levers: LeversT_contra) -> None:
        """Change the levers, which are healthy before; also called before the onset, for what was there already."""

    @abstractmethod
    def severity(self, stage: Stage, vehicle: VehicleT_contra) -> float:
        """0 healthy to 1: the share that README.md names."""

    @abstractmethod
    def failed(self, vehicle: VehicleT_contra) -> bool:
        """Whether this fault has brought the vehicle to where it cannot, or must not, be driven."""


AnyFault = Fault[Any, Any]


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """A fault that someone ordered."""

    name: str
    onset_s: float = 0.0
    """Seconds of simulated time from the start."""
    pace: float = 1.0
    """How many times faster than in life it develops."""


def parse_fault(text: str) -> FaultSpec:
    """Read `NAME`, `NAME@SECONDS` or `NAME@SECONDSxPACE` (weeks into minutes: `tyre_leak@60x500`).

    Raises:
        ConfigError: the onset is not a number of seconds from zero up, or the pace no factor from 0.01 up.
    """
    name, at, when = text.partition("@")
    if not name:
        raise ConfigError(f"{text!r} names no fault", place=PLACE, remedy="Write it as NAME@60, or as NAME alone")
    if not at:
        return FaultSpec(name)
    seconds, times, factor = when.partition("x")
    onset_s, pace = _number(seconds), _number(factor) if times else 1.0
    if not 0.0 <= onset_s < math.inf:
        remedy = f"Write it as {name}@60, or as {name} alone"
        raise ConfigError(f"{seconds!r} is not a number of seconds", place=PLACE, remedy=remedy)
    if not 0.01 <= pace <= PACE_MAX:
        remedy = f"Write it as {name}@60x500 for 500 times faster than in life (at most {PACE_MAX:g})"
        raise ConfigError(f"{factor!r} is no pace", place=PLACE, remedy=remedy)
    return FaultSpec(name, onset_s, pace)


@dataclass(frozen=True, slots=True)
class Ordered:
    """A fault in a vehicle: what was ordered, and what the seed made of it."""

    spec: FaultSpec
    fault: AnyFault
    chance: random.Random

    def stage(self, now_s: float) -> Stage:
        """Where it is at a time."""
        return Stage((now_s - self.spec.onset_s) * self.spec.pace, now_s, self.spec.pace, self.chance)


def draw_faults(specs: Sequence[FaultSpec], known: Mapping[str, type[AnyFault]], seed: int) -> tuple[Ordered, ...]:
    """Give the ordered faults their size and speed; `known` are those that the vehicle can have, by name.

    What a fault draws depends on the seed and its name alone, so it is the same by itself and beside another.

    Raises:
        ConfigError: a fault is ordered twice, or this vehicle cannot have it.
    """
    ordered: dict[str, Ordered] = {}
    for spec in specs:
        if spec.name == NONE:
            continue
        if spec.name not in known:
            remedy = f"There are {', '.join([NONE, *sorted(known)])}"
            raise ConfigError(f"this vehicle has no fault called {spec.name!r}", place=PLACE, remedy=remedy)
        if spec.name in ordered:
            raise ConfigError(f"{spec.name} is ordered twice", place=PLACE, remedy="Order each fault once")
        sizes, chance = np.random.SeedSequence((seed, zlib.crc32(spec.name.encode()))).spawn(2)
        drawn = known[spec.name].draw(np.random.default_rng(sizes))
        ordered[spec.name] = Ordered(spec, drawn, random.Random(int(chance.generate_state(1)[0])))  # nosec B311  # chance, no secret
    return tuple(ordered.values())


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
