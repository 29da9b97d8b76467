"""Where the car goes: drives of city, suburb and motorway, each with a parked while after it."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

Float64s = npt.NDArray[np.float64]

STEP_S: Final = 0.05
"""One step of the physics."""
KMH: Final = 1.0 / 3.6
"""m/s in one km/h."""


STARTED: Final = 68
"""Step of a drive at which the starter lets go: 1 s accessories, 1.6 s ignition, 0.8 s cranking."""


class Key(IntEnum):
    """Position of the ignition key, numbered as VSS lists the states of the low-voltage system."""

    OFF = 2
    ACC = 3
    ON = 4
    START = 5


@dataclass(frozen=True, slots=True)
class Drive:
    """One drive and the parked while after it, step by step."""

    key: list[int]
    target_mps: list[float]
    """Speed the driver wants to have at that step."""
    grade: list[float]
    """Slope of the road, rise over run."""

    def __len__(self) -> int:
        return len(self.key)


def plan_drive(rng: np.random.Generator) -> Drive:
    """A drive of about 10 to 14 minutes and 2 to 3 minutes of parking."""
    route = _Route(rng)
    route.hold(rng.uniform(3.0, 8.0))
    route.city(rng.uniform(80.0, 120.0))
    for part in rng.permutation(3):
        (route.city, route.suburb, route.motorway)[part](rng.uniform(130.0, 170.0))
    route.city(rng.uniform(40.0, 70.0))
    route.stop()
    route.hold(rng.uniform(3.0, 6.0))
    return _with_key(route, rng)


def _with_key(route: "_Route", rng: np.random.Generator) -> Drive:
    """Key on, crank, drive, key off, parked."""
    moving = route.steps()
    parked_s = rng.uniform(120.0, 180.0)
    spans = ((Key.ACC, 1.0), (Key.ON, 1.6), (Key.START, 0.8), (Key.ON, len(moving) * STEP_S), (Key.OFF, parked_s))
    key = [int(state) for state, length_s in spans for _ in range(round(length_s / STEP_S))]
    target = np.zeros(len(key))
    target[STARTED : STARTED + len(moving)] = moving
    return Drive(key=key, target_mps=target.tolist(), grade=_grade(len(key), rng).tolist())


def _grade(steps: int, rng: np.random.Generator) -> Float64s:
    """Gentle hills: a new slope every half minute, within about 3 %, joined smoothly."""
    knots = np.arange(0.0, steps * STEP_S + 60.0, 30.0)
    slopes = np.clip(rng.normal(0.0, 0.012, len(knots)), -0.03, 0.03)
    return np.asarray(np.interp(np.arange(steps) * STEP_S, knots, slopes), np.float64)


class _Route:
    """Wanted speed over time, as knots joined by straight lines."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._at_s = [0.0]
        self._speed_mps = [0.0]

    def city(self, seconds: float) -> None:
        """Stop and go between 25 and 55 km/h."""
        end = self._at_s[-1] + seconds
        while self._at_s[-1] < end:
            self.cruise(self._rng.uniform(25.0, 55.0) * KMH, self._rng.uniform(8.0, 35.0), self._rng.uniform(0.9, 1.7))
            if self._rng.random() < 0.7:
                self.stop()
                self.hold(self._rng.uniform(4.0, 25.0))

    def suburb(self, seconds: float) -> None:
        """Flowing traffic between 55 and 85 km/h with few stops."""
        end = self._at_s[-1] + seconds
        while self._at_s[-1] < end:
            self.cruise(self._rng.uniform(55.0, 85.0) * KMH, self._rng.uniform(20.0, 60.0), self._rng.uniform(0.7, 1.4))
            if self._rng.random() < 0.2:
                self.stop()
                self.hold(self._rng.uniform(5.0, 20.0))

    def motorway(self, seconds: float) -> None:
        """Between 95 and 135 km/h."""
        end = self._at_s[-1] + seconds
        while self._at_s[-1] < end:
            self.cruise(
                self._rng.uniform(95.0, 135.0) * KMH, self._rng.uniform(30.0, 70.0), self._rng.uniform(0.5, 1.1)
            )

    def cruise(self, speed_mps: float, seconds: float, accel_mps2: float) -> None:
        """Change to a speed and keep it about as steadily as people do."""
        self._to(speed_mps, accel_mps2)
        end = self._at_s[-1] + seconds
        while self._at_s[-1] < end:
            wander = 1.0 + 0.03 * self._rng.standard_normal()
            self._knot(self._rng.uniform(3.0, 8.0), speed_mps * min(max(wander, 0.92), 1.08))

    def stop(self) -> None:
        """Brake to a standstill."""
        self._to(0.0, self._rng.uniform(0.9, 1.9))

    def hold(self, seconds: float) -> None:
        """Keep the present speed."""
        self._knot(seconds, self._speed_mps[-1])

    def steps(self) -> Float64s:
        """The wanted speed at every step."""
        times = np.arange(0.0, self._at_s[-1], STEP_S)
        return np.asarray(np.interp(times, self._at_s, self._speed_mps), np.float64)

    def _to(self, speed_mps: float, accel_mps2: float) -> None:
        self._knot(max(abs(speed_mps - self._speed_mps[-1]) / accel_mps2, 0.5), speed_mps)

    def _knot(self, seconds: float, speed_mps: float) -> None:
        self._at_s.append(self._at_s[-1] + seconds)
        self._speed_mps.append(speed_mps)
