"""One drive, step by step: key, wanted speed, slope, height and curve; and what kind of vehicle it is for."""

from dataclasses import dataclass
from enum import IntEnum


class Key(IntEnum):
    """Position of the ignition key, numbered as VSS lists the states of the low-voltage system."""

    OFF = 2
    ACC = 3
    ON = 4
    START = 5


@dataclass(frozen=True, slots=True)
class Style:
    """How a kind of vehicle and its driver move."""

    max_mps: float
    accel: float
    """Factor on accelerations: a car 1.0, a loaded truck about 0.45."""
    crank_s: float
    """How long the key is held on START; 0 where nothing is cranked and ON means READY."""
    reverses: bool
    """Now and then it backs out of its parking place: the wanted speed is negative then."""


@dataclass(frozen=True, slots=True)
class Drive:
    """One drive, a value for each step of STEP_S while the key is not OFF, and the standing after it."""

    key: list[int]
    target_mps: list[float]
    """Speed the driver wants to have at that step; below 0 while reversing."""
    grade: list[float]
    """Slope of the road, rise over run."""
    altitude_m: list[float]
    steer: list[float]
    """Curvature of the path in 1/m, to the left above 0; 0 straight on."""
    started: int
    """Step at which the starter lets go, or at which an electric vehicle is READY."""
    parked_s: float
    """How long the key is OFF after the last step."""
    plugged: bool
    """While parked, an electric vehicle hangs on a wall box (AC)."""

    def __len__(self) -> int:
        return len(self.key)
