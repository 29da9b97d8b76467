"""Where the vehicle is: the positions that can be believed. Pure.

A position is believed when both coordinates are fresh and on Earth.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

LATITUDE: Final = "Vehicle.CurrentLocation.Latitude"
LONGITUDE: Final = "Vehicle.CurrentLocation.Longitude"
ACCURACY: Final = "Vehicle.CurrentLocation.HorizontalAccuracy"
EARTH_M: Final = 6_371_008.8
"""Mean radius (2a + b) / 3 of WGS 84."""
USUAL_M: Final = 10.0
"""Accuracy where the receiver tells none."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A position that can be believed."""

    at: int
    """ns; the tick at which it was taken up."""
    latitude_deg: float
    longitude_deg: float
    accuracy_m: float
    """The truth lies within so much, as the receiver says or as is usual."""


class Whereabouts:
    """Follows the position from tick to tick."""

    def __init__(self) -> None:
        self.fix: Fix | None = None
        """Where it is now; None: unknown."""

    def update(self, value: Callable[[str], float], until: int) -> None:
        """Take in one tick; `value`: a signal by its path, NaN is unknown."""
        latitude, longitude, accuracy = value(LATITUDE), value(LONGITUDE), value(ACCURACY)
        is_place = abs(latitude) <= 90.0 and abs(longitude) <= 180.0
        said = accuracy if accuracy > 0.0 else USUAL_M
        self.fix = Fix(until, latitude, longitude, said) if is_place else None


def distance_m(a: Fix, b: Fix) -> float:
    """The way between two positions on a sphere (haversine; R. W. Sinnott, Sky and Telescope 68, 1984)."""
    phi_a, phi_b = math.radians(a.latitude_deg), math.radians(b.latitude_deg)
    half = math.radians(b.longitude_deg - a.longitude_deg) / 2
    square = math.sin((phi_b - phi_a) / 2) ** 2 + math.cos(phi_a) * math.cos(phi_b) * math.sin(half) ** 2
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(square)))
