"""Faults that can be ordered: their names, when they begin, and what they do to the car's parts."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from edge.errors import ConfigError
from edge.simulator.traits import ChargingLossTraits, CoolantLeakTraits

NONE: Final = "none"
COOLANT_LEAK: Final = "coolant_leak"
BATTERY: Final = "battery"

FAULTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        NONE: "a healthy car",
        COOLANT_LEAK: "a coolant hose splits; the engine overheats minutes later",
        BATTERY: "the alternator fades with an old battery behind it; 12 V falls while driving",
    }
)
"""What `fault=` takes, with what it means."""

PLACE: Final = "fault"


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """A fault that someone ordered."""

    name: str
    onset_s: float = 0.0
    """Seconds of simulated time from the start."""


def parse_fault(text: str) -> FaultSpec:
    """Read `NAME` or `NAME@SECONDS`.

    Raises:
        ConfigError: no such fault, or the onset is not a number of seconds from zero up.
    """
    name, at, seconds = text.partition("@")
    if name not in FAULTS:
        raise ConfigError(f"no fault is called {name!r}", place=PLACE, remedy=f"There are {', '.join(FAULTS)}")
    if not at:
        return FaultSpec(name)
    try:
        onset_s = float(seconds)
    except ValueError:
        onset_s = math.nan
    if not 0.0 <= onset_s < math.inf:
        raise ConfigError(
            f"{seconds!r} is not a number of seconds", place=PLACE, remedy=f"Write it as {name}@60, or as {name} alone"
        )
    return FaultSpec(name, onset_s)


@dataclass(frozen=True, slots=True)
class CoolantLeak:
    """A split hose: a hole that opens, through which coolant and pressure are lost."""

    onset_s: float
    traits: CoolantLeakTraits

    def opening(self, now_s: float) -> float:
        """How far the hole is open, 0 to 1."""
        return _ramp(now_s, self.onset_s, self.traits.opening_s)


@dataclass(frozen=True, slots=True)
class ChargingLoss:
    """A fading alternator."""

    onset_s: float
    traits: ChargingLossTraits

    def lost(self, now_s: float) -> float:
        """Which share of the alternator's output is gone, 0 to 1."""
        return _ramp(now_s, self.onset_s, self.traits.fade_s)


@dataclass(frozen=True, slots=True)
class CarFaults:
    """Everything that is ordered to go wrong in one car."""

    coolant_leak: CoolantLeak | None = None
    charging_loss: ChargingLoss | None = None


def draw_faults(specs: Sequence[FaultSpec], rng: np.random.Generator) -> CarFaults:
    """Give the ordered faults their size and speed.

    The draws do not depend on which faults were ordered, so a fault is the same alone and with another.

    Raises:
        ConfigError: a fault is ordered twice, or does not exist.
    """
    onset: dict[str, float] = {}
    for spec in specs:
        if spec.name not in FAULTS:
            raise ConfigError(f"no fault is called {spec.name!r}", place=PLACE, remedy=f"There are {', '.join(FAULTS)}")
        if spec.name in onset:
            raise ConfigError(f"{spec.name} is ordered twice", place=PLACE, remedy="Order each fault once")
        onset[spec.name] = spec.onset_s
    leak, loss = CoolantLeakTraits.draw(rng), ChargingLossTraits.draw(rng)
    return CarFaults(
        coolant_leak=CoolantLeak(onset[COOLANT_LEAK], leak) if COOLANT_LEAK in onset else None,
        charging_loss=ChargingLoss(onset[BATTERY], loss) if BATTERY in onset else None,
    )


def _ramp(now_s: float, onset_s: float, length_s: float) -> float:
    return min(max((now_s - onset_s) / length_s, 0.0), 1.0)
