"""Whereabouts: where a simulated vehicle is on the globe, reckoned from how it moves and turns. Pure."""

import math
from typing import Final

import numpy as np

from edge.wire.messages import Position

EARTH_M: Final = 6_371_008.8
"""Mean radius (IUGG)."""
LATITUDES: Final = (47.5, 53.5)
LONGITUDES: Final = (7.0, 14.0)
"""Where homes are; an ordinary piece of land."""
TURNS_ABOVE_MPS: Final = 2.0
"""Below it a heading cannot be told from lateral acceleration."""
MOVED_M: Final = 25.0
"""A vehicle that has moved less since it last told is not worth a message."""
ACCURACY_M: Final = 5.0
"""What a receiver on a roof claims; an ordinary value."""
FARTHEST_DEG: Final = 75.0
"""Latitude at which a vehicle that got lost over the years turns back."""


class Whereabouts:
    """Dead reckoning from a home that is drawn from the seed; roads are not those of any map."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._latitude_deg = float(rng.uniform(*LATITUDES))
        self._longitude_deg = float(rng.uniform(*LONGITUDES))
        self._heading = float(rng.uniform(0.0, math.tau))
        self._speed_mps = 0.0
        self._since_told_m = math.inf

    def move(self, speed_mps: float, lateral_mps2: float) -> None:
        """One second of it; what is not known (NaN) stands still, or goes straight on."""
        self._speed_mps = speed_mps = 0.0 if math.isnan(speed_mps) else speed_mps
        if speed_mps > TURNS_ABOVE_MPS and not math.isnan(lateral_mps2):
            self._heading = (self._heading + lateral_mps2 / speed_mps) % math.tau
        self._since_told_m += speed_mps
        if abs(self._latitude_deg) > FARTHEST_DEG:
            self._heading = math.pi if self._latitude_deg > 0.0 else 0.0
        north = math.degrees(speed_mps * math.cos(self._heading) / EARTH_M)
        circle = math.cos(math.radians(self._latitude_deg))
        east = math.degrees(speed_mps * math.sin(self._heading) / (EARTH_M * circle))
        self._latitude_deg += north
        self._longitude_deg = (self._longitude_deg + east + 180.0) % 360.0 - 180.0

    def tell(self) -> Position | None:
        """Where it is; None when it has hardly moved since the last time."""
        if self._since_told_m < MOVED_M:
            return None
        self._since_told_m = 0.0
        return Position(
            latitude_deg=round(self._latitude_deg, 6),
            longitude_deg=round(self._longitude_deg, 6),
            altitude_m=None,
            speed_kmh=round(self._speed_mps * 3.6, 1),
            heading_deg=round(math.degrees(self._heading), 1) % 360.0,
            accuracy_m=ACCURACY_M,
        )
