"""The driver: how briskly, how fast round a bend, how steadily; and what that makes possible along a road."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.simulator.journey.drive import Style

Floats = npt.NDArray[np.float64]

SPEEDS: Final[Floats] = np.arange(0.0, 75.0, 0.1)
ACCEL_MPS2: Final = 1.45
"""What an ordinary driver of a car takes from a standstill; it falls with speed."""
BRAKE_MPS2: Final = 1.3
POWER_W_PER_KG: Final = 40.0
"""Power that a car's driver uses for long, per mass; it falls with the square of Style.accel: 8 for a truck of 40 t."""
RESIST_MPS2: Final = 0.08
"""Rolling resistance of a truck, per mass."""
LATERAL_FALLS_MPS: Final = 30.0
"""Speed at which drivers accept half the lateral acceleration they accept in slow bends."""
GRAVITY: Final = 9.81


@dataclass(frozen=True, slots=True)
class Driver:
    """One person's habits."""

    pace: float
    """Speed in relation to what is allowed."""
    accel: float
    brake: float
    lateral_mps2: float
    """Accepted in a slow bend."""
    restless: float
    """How badly a speed is held."""

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Driver":
        """Someone."""
        return cls(
            pace=float(rng.uniform(0.95, 1.07)),
            accel=float(rng.uniform(0.85, 1.2)),
            brake=float(rng.uniform(0.85, 1.2)),
            lateral_mps2=float(rng.uniform(1.7, 2.7)),
            restless=float(rng.uniform(0.6, 1.4)),
        )


class Reach:
    """Speeds within reach under an acceleration that depends on speed.

    With `metres(v)` needed from standstill to v, a speed further on is within reach when
    metres(v) <= metres(v_before) + distance; so one running minimum bounds a whole road.
    """

    def __init__(self, accel_mps2: Floats) -> None:
        rise = SPEEDS / accel_mps2
        self._metres = np.concatenate(([0.0], np.cumsum((rise[1:] + rise[:-1]) * 0.5 * np.diff(SPEEDS))))

    def along(self, speed_mps: Floats, place_m: Floats) -> Floats:
        """The speeds, lowered where the vehicle could not yet be so fast; `place_m` may be stretched by eagerness."""
        metres = np.interp(speed_mps, SPEEDS, self._metres) - place_m
        return np.interp(np.minimum.accumulate(metres) + place_m, self._metres, SPEEDS)


def speeding_up(style: Style) -> Reach:
    """What the vehicle and an ordinary driver do when the road is free: brisk at first, then as power allows."""
    wanted = ACCEL_MPS2 * style.accel / np.sqrt(1.0 + (SPEEDS / 14.0) ** 2)
    allowed = POWER_W_PER_KG * style.accel**2 / np.maximum(SPEEDS, 1.0) - RESIST_MPS2
    return Reach(np.maximum(np.minimum(wanted, allowed), 0.06))


def slowing_down(style: Style) -> Reach:
    """How one brakes for what one sees coming; a heavy vehicle more gently."""
    return Reach(BRAKE_MPS2 * (0.5 + 0.5 * style.accel) / np.sqrt(1.0 + (SPEEDS / 30.0) ** 2))


def bend_mps(curvature: Floats, lateral_mps2: float) -> Floats:
    """Speed in a bend: v² κ = lateral / (1 + (v / LATERAL_FALLS_MPS)²), solved for v."""
    fall = LATERAL_FALLS_MPS**2
    bent = np.maximum(np.abs(curvature), 1e-6)
    return np.sqrt(0.5 * fall * (np.sqrt(1.0 + 4.0 * lateral_mps2 / (bent * fall)) - 1.0))


def slope_mps(grade: Floats, style: Style) -> Floats:
    """Speed that power allows uphill; downhill a driver takes the gear that would climb it, and a little more."""
    power = POWER_W_PER_KG * style.accel**2
    up = power / (np.maximum(grade, 0.0) * GRAVITY + RESIST_MPS2)
    steep = np.maximum(-grade - 0.02, 1e-6)
    return np.minimum(up, 1.4 * power / (steep * GRAVITY + RESIST_MPS2))


def chance_near(rng: np.random.Generator, spread: float) -> float:
    """A factor about 1: log-normal, within a factor of 2.2."""
    return math.exp(min(max(float(rng.normal(0.0, spread)), -0.8), 0.8))
