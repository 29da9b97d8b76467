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
Int64s = npt.NDArray[np.int64]
AXIS_M: Final = 6_378_137.0
FLATTENING: Final = 1 / 298.257223563
"""Of WGS 84 (NIMA TR8350.2, table 3.1)."""
SQUARED_ECCENTRICITY: Final = FLATTENING * (2.0 - FLATTENING)
TOGETHER: Final = 32
"""Polygons that are looked at in one go: their columns stay in the cache."""
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
    """Fences by their corners; all of them in flat columns, so that many cost little more than one."""

    def __init__(self, outlines: Sequence[Float64s]) -> None:
        """`outlines`: as `outline` makes them."""
        boxes = [(*points.min(axis=0), *points.max(axis=0)) for points in outlines]
        self._south, west, self._north, east = np.array(boxes, np.float64).reshape(-1, 4).T
        self._middle, self._half = (west + east) / 2, (east - west) / 2
        edges = [_edges_of(points, middle) for points, middle in zip(outlines, self._middle, strict=True)]
        self._edges: Float64s = np.ascontiguousarray(np.concatenate([*edges, np.empty((4, 0))], axis=1))
        """(4, E) latitude and longitude (degrees, from the middle of its polygon) of the ends of every edge."""
        ends = np.cumsum([len(points) for points in outlines], dtype=np.intp)
        self._rows = tuple(np.arange(end - len(points), end) for end, points in zip(ends, outlines, strict=True))
        self.inner_m: Float64s = np.array([_innermost(points) for points in outlines], np.float64)
        """(N,) radius of about the largest circle in each."""

    def depths(self, latitude_deg: float, longitude_deg: float, within_m: float) -> Float64s:
        """(N,) m; how deep the place lies in each; farther outside than `within_m` may be minus infinity."""
        depths: Float64s = np.full(len(self._rows), -math.inf)
        north_m, east_m = metres_per_degree(latitude_deg)
        aside = (longitude_deg - self._middle + 180.0) % 360.0 - 180.0
        below, above = self._south - latitude_deg, latitude_deg - self._north
        is_near = (np.maximum(below, above) * north_m <= within_m) & ((np.abs(aside) - self._half) * east_m <= within_m)
        near = np.flatnonzero(is_near)
        for first in range(0, len(near), TOGETHER):
            some = near[first : first + TOGETHER]
            depths[some] = self._near(some, latitude_deg, aside[some])
        return depths

    def _near(self, indices: npt.NDArray[np.intp], latitude_deg: float, aside_deg: Float64s) -> Float64s:
        """(K,) m; how deep the place lies in these, `aside_deg` (K,) to the east of the middle of each."""
        north_m, east_m = metres_per_degree(latitude_deg)
        rows = [self._rows[index] for index in indices]
        lengths = np.array([len(one) for one in rows], np.intp)
        latitude, longitude, next_latitude, next_longitude = self._edges.take(np.concatenate(rows), axis=1)
        aside = np.repeat(aside_deg, lengths)
        squared, crosses = _seen(
            (longitude - aside) * east_m,
            (latitude - latitude_deg) * north_m,
            (next_longitude - aside) * east_m,
            (next_latitude - latitude_deg) * north_m,
        )
        starts = np.cumsum(lengths) - lengths
        is_inside = np.add.reduceat(crosses, starts) % 2 == 1
        depths: Float64s = np.where(is_inside, 1.0, -1.0) * np.sqrt(np.minimum.reduceat(squared, starts))
        return depths


def _edges_of(points: Float64s, middle: float) -> Float64s:
    """(4, N) the ends of a polygon's edges, its longitudes counted from `middle`."""
    points = points - (0.0, middle)
    return np.hstack([points, np.roll(points, -1, axis=0)]).T


def _seen(x: Float64s, y: Float64s, next_x: Float64s, next_y: Float64s) -> tuple[Float64s, Int64s]:
    """Of edges as seen from 0, 0 (m): how far away each is, squared; 1 where it crosses the ray to the east."""
    along_x, along_y = next_x - x, next_y - y
    share = -(x * along_x + y * along_y) / (along_x * along_x + along_y * along_y)
    np.clip(share, 0.0, 1.0, out=share)
    squared: Float64s = (x + share * along_x) ** 2 + (y + share * along_y) ** 2
    is_right = (x * along_y - y * along_x > 0.0) == (along_y > 0.0)
    crosses: Int64s = (((y > 0.0) != (next_y > 0.0)) & is_right).astype(np.int64)
    return squared, crosses


def _innermost(points: Float64s) -> float:
    """m; how deep about the innermost place lies: the best of a grid that is drawn ever closer around the best."""
    scale = np.array(metres_per_degree(float(points[:, 0].mean())))
    corners = (points - points[0]) * scale
    low, high, deepest = corners.min(axis=0), corners.max(axis=0), 0.0
    shares = (np.arange(CELLS) + 0.5) / CELLS
    cells = np.stack(np.meshgrid(shares, shares), axis=-1).reshape(-1, 2)
    for _ in range(ROUNDS):
        places = low + cells * (high - low)
        north, east = (corners[None] - places[:, None]).transpose(2, 0, 1)
        squared, crosses = _seen(east, north, np.roll(east, -1, axis=1), np.roll(north, -1, axis=1))
        depths = np.where(crosses.sum(axis=1) % 2 == 1, np.sqrt(squared.min(axis=1)), 0.0)
        best = int(np.argmax(depths))
        deepest = max(deepest, float(depths[best]))
        sixth = (high - low) / 6
        low, high = places[best] - sixth, places[best] + sixth
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
