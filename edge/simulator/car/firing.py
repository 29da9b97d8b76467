"""Firings that fail: a coil, a starved cylinder, a mixture too lean to burn; what they do to torque and smoothness."""

import random
from typing import Final

from edge.simulator.car.engine import CYLINDERS, EngineState
from edge.simulator.car.levers import CarLevers
from edge.simulator.car.mixture import Mixture

LEAN_WEAK: Final = 1.08
"""Leaner than this, torque is lost."""
LEAN_WEAK_PER_LAMBDA: Final = 1.6
LEAN_MISSES: Final = 1.3
"""Leaner than this, firings fail (Heywood, ch. 9.6: the lean limit of homogeneous mixture)."""
STARVED: Final = 0.25
"""A cylinder that lacks more of its fuel than this begins to miss."""
STARVED_MISSES: Final = 1.3
SMOOTH: Final = 2.2
ROLLS_OVER: Final = 65_535
"""The counters have 16 bits, and all ones mean "not available"."""
ROUGH_PER_SHARE: Final = 60.0
HUNTING_RPM: Final = 22.0
HUNTING_S: Final = 2.5


class Firing:
    """Counts firings, second by second."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # nosec B311  # chance, no secret
        self.missed = [0, 0, 0, 0]
        """By cylinder; the counters roll over."""
        self.roughness = 0.0
        self.unburned = 0.0
        """Share of the last second's firings that failed."""
        self.hunting_rpm = 0.0
        """How far the idle speed is off: firings differ, and compressor and pumps come and go."""

    def second(self, motor: EngineState, mixture: Mixture, levers: CarLevers) -> None:
        """Count what failed in this second; sets the torque that is left for the next."""
        self.unburned = 0.0
        motor.burning = 1.0
        smooth = (SMOOTH + 0.4 * (self._chance.random() - 0.5)) if motor.running else 0.0
        self.roughness += (smooth - self.roughness) * 0.5
        self.hunting_rpm += HUNTING_RPM * (self._chance.random() - 0.5) - self.hunting_rpm / HUNTING_S
        if not motor.running or motor.cut:
            return
        lean = mixture.lean
        if lean > LEAN_WEAK:
            motor.burning = max(1.0 - LEAN_WEAK_PER_LAMBDA * (lean - LEAN_WEAK), 0.5)
        if levers.misfire or levers.injector or lean > LEAN_MISSES:
            self._miss(motor, max(lean - LEAN_MISSES, 0.0), levers)

    def rest(self) -> None:
        """Nothing turns."""
        self.roughness = self.unburned = 0.0

    def _miss(self, motor: EngineState, too_lean: float, levers: CarLevers) -> None:
        firings = motor.rpm / 120.0
        for cylinder in range(CYLINDERS):
            share = levers.misfire.get(cylinder + 1, 0.0) * (0.35 + 0.65 * motor.load) + too_lean
            starved = 1.0 - levers.injector.get(cylinder + 1, 1.0)
            share += max(starved - STARVED, 0.0) * STARVED_MISSES
            missed = min(round(firings * min(share, 1.0) + self._chance.random() - 0.5), round(firings))
            if missed > 0:
                self.missed[cylinder] = (self.missed[cylinder] + missed) % ROLLS_OVER
                self.unburned += missed / firings / CYLINDERS
        motor.burning *= 1.0 - 0.95 * min(self.unburned, 0.9)
        self.roughness += ROUGH_PER_SHARE * self.unburned
