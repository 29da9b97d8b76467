"""How deep a place lies in circles and polygons: metres to the border, above 0 inside, below 0 outside.

On WGS 84 at height 0; a vehicle 2,000 m up is 0.03 % farther from everything.

Circles are judged by chords through the Earth, which know neither poles nor the 180th meridian. A chord is shorter
than the way over ground by d³/24R²: 0.13 m at 50 km, 1 m at 100 km.

Edges of polygons are straight in latitude and longitude, as drawn on a map by these: so inside is exact however large
the polygon is. Distances are taken in the plane that touches the Earth at the place itself, where they matter: what
lies d away is misplaced by d² tan(latitude)/R, 10 m at 1 km and 80 degrees, 2 mm at 100 m and 50 degrees.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Float64s = npt.NDArray[np.float64]
AXIS_M: Final = 6_378_137.0
FLATTENING: Final = 1 / 298.257223563
"""Of WGS 84 (NIMA TR8350.2, table 3.1)."""
SQUARED_ECCENTRICITY: Final = FLATTENING * (2.0 - FLATTENING)
CELLS: Final = 12
"""Along each side of the box that is searched for the innermost place of a polygon."""
ROUNDS: Final = 4
"""The box shrinks to a third around the best cell as often: to 0.5 % of its size."""


class Circles:
    """Round fences."""

    def __init__(self, centres: Sequence[tuple[float, float]], radii_m: Sequence[float]) -> None:
        """`centres`: latitude, longitude in degrees."""
        self._centres = np.array([_space(*centre) for centre in centres], np.float64).reshape(-1, 3)
        self.inner_m: Float64s = np.array(radii_m, np.float64)
        """(N,) radius of the largest circle in each."""

    def depths(self, latitude_deg: float, longitude_deg: float) -> Float64s:
        """(N,) m; how deep the place lies in each."""
        away = self._centres - _space(latitude_deg, longitude_deg)
        depths: Float64s = self.inner_m - np.sqrt((away * away).sum(axis=1))
        return depths


class Polygons:
    """Fences by their corners."""

    def __init__(self, outlines: Sequence[Float64s]) -> None:
        """`outlines`: as `outline` makes them."""
        self._outlines = tuple(_Outline(points) for points in outlines)
        boxes = [(*points.min(axis=0), *points.max(axis=0)) for points in outlines]
        self._south, west, self._north, east = np.array(boxes, np.float64).reshape(-1, 4).T
        self._middle, self._half = (west + east) / 2, (east - west) / 2
        self.inner_m: Float64s = np.array([one.innermost() for one in self._outlines], np.float64)
        """(N,) radius of about the largest circle in each."""

    def depths(self, latitude_deg: float, longitude_deg: float, within_m: float) -> Float64s:
        """(N,) m; how deep the place lies in each; farther outside than `within_m` may be minus infinity."""
        depths: Float64s = np.full(len(self._outlines), -math.inf)
        north_m, east_m = metres_per_degree(latitude_deg)
        aside = np.abs((longitude_deg - self._middle + 180.0) % 360.0 - 180.0) - self._half
        below, above = self._south - latitude_deg, latitude_deg - self._north
        is_near = (np.maximum(below, above) * north_m <= within_m) & (aside * east_m <= within_m)
        for index in np.flatnonzero(is_near):
            depths[index] = self._outlines[index].depth(latitude_deg, longitude_deg)
        return depths


class _Outline:
    """One polygon."""

    def __init__(self, points: Float64s) -> None:
        self._latitude, self._longitude = np.ascontiguousarray(points.T)
        self._low, self._high = points.min(axis=0), points.max(axis=0)
        self._middle = float(self._low[1] + self._high[1]) / 2

    def depth(self, latitude_deg: float, longitude_deg: float) -> float:
        """m; of one place."""
        north_m, east_m = metres_per_degree(latitude_deg)
        off = (longitude_deg - self._middle + 180.0) % 360.0 - 180.0
        x = (self._longitude - (self._middle + off)) * east_m
        y = (self._latitude - latitude_deg) * north_m
        along_x, along_y = np.roll(x, -1) - x, np.roll(y, -1) - y
        share = np.clip(-(x * along_x + y * along_y) / (along_x * along_x + along_y * along_y), 0.0, 1.0)
        away = np.hypot(x + share * along_x, y + share * along_y).min()
        is_above = y > 0.0
        crosses = is_above != np.roll(is_above, -1)
        right = (x * along_y - y * along_x > 0.0) == (along_y > 0.0)
        is_inside = np.count_nonzero(crosses & right) % 2 == 1
        return float(away if is_inside else -away)

    def innermost(self) -> float:
        """m; how deep about the innermost place lies: the best of a grid that is drawn ever closer around the best."""
        low, high, deepest = self._low, self._high, 0.0
        for _ in range(ROUNDS):
            shares = (np.arange(CELLS) + 0.5) / CELLS
            places = [
                (low[0] + a * (high[0] - low[0]), low[1] + b * (high[1] - low[1])) for a in shares for b in shares
            ]
            depths = [self.depth(float(latitude), float(longitude)) for latitude, longitude in places]
            best = int(np.argmax(depths))
            deepest = max(deepest, depths[best])
            third = (high - low) / 6
            low, high = np.array(places[best]) - third, np.array(places[best]) + third
        return deepest


def metres_per_degree(latitude_deg: float) -> tuple[float, float]:
    """Of latitude and of longitude: the radii of curvature of WGS 84 along and across the meridian."""
    phi = math.radians(latitude_deg)
    flat = 1.0 - SQUARED_ECCENTRICITY * math.sin(phi) ** 2
    across_m = AXIS_M / math.sqrt(flat)
    along_m = across_m * (1.0 - SQUARED_ECCENTRICITY) / flat
    return math.radians(along_m), math.radians(across_m * math.cos(phi))


def _space(latitude_deg: float, longitude_deg: float) -> tuple[float, float, float]:
    """m from the middle of the Earth, at height 0."""
    phi, around = math.radians(latitude_deg), math.radians(longitude_deg)
    across_m = AXIS_M / math.sqrt(1.0 - SQUARED_ECCENTRICITY * math.sin(phi) ** 2)
    flat_m = across_m * math.cos(phi)
    return (
        flat_m * math.cos(around),
        flat_m * math.sin(around),
        across_m * (1.0 - SQUARED_ECCENTRICITY) * math.sin(phi),
    )
