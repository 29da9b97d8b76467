"""Whether corners make a polygon that has an inside: each edge goes the shorter way round, none meets another."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.geofences.entry import VERTICES_MAX

Float64s = npt.NDArray[np.float64]
Corners = Sequence[tuple[float, float]]
LATITUDE_MAX: Final = 89.0
"""Nearer to a pole a degree of longitude is less than 2 km, and edges by longitude are nothing a person would draw."""


def outline(corners: Corners) -> Float64s:
    """(N, 2) latitude and longitude (degrees) of the corners; longitudes go on beyond ±180, so that no edge jumps.

    Raises:
        ValueError: what is wrong with it, and what to do, in an installer's words.
    """
    if len(corners) > 1 and corners[0] == corners[-1]:
        corners = corners[:-1]
    if not 3 <= len(corners) <= VERTICES_MAX:
        raise ValueError(f"has {len(corners)} corners; give 3 to {VERTICES_MAX}")
    points = np.array(corners, np.float64)
    if np.abs(points[:, 0]).max() > LATITUDE_MAX:
        raise ValueError(f"comes nearer to a pole than {LATITUDE_MAX:g} degrees; draw a circle there")
    rounds = np.round(np.diff(points[:, 1], append=points[:1, 1]) / 360.0)
    if rounds.sum():
        raise ValueError("goes all the way round a pole; draw a circle there")
    points[1:, 1] -= 360.0 * np.cumsum(rounds[:-1])
    if np.ptp(points[:, 1]) >= 180.0:
        raise ValueError("is wider than half the Earth; draw several")
    if (meeting := _meeting(points)) is not None:
        one, other = meeting
        raise ValueError(f"has edges that meet, from corner {one} and from corner {other}; draw it without crossing")
    return points


def _meeting(points: Float64s) -> tuple[int, int] | None:
    """Two edges that share more than the corner between neighbours, by the numbers of their first corners (from 1).

    Two edges meet when each has the other's ends on both of its sides or on itself, and their boxes overlap.
    """
    ends = np.roll(points, -1, axis=0)
    along = ends - points
    side = _cross(along[:, None], points[None] - points[:, None])
    straddles = side * np.roll(side, -1, axis=1) <= 0.0
    low, high = np.minimum(points, ends), np.maximum(points, ends)
    overlaps = ((low[:, None] <= high[None]) & (low[None] <= high[:, None])).all(axis=2)
    number = np.arange(len(points))
    follows = (number[:, None] + 1) % len(points) == number
    meets = straddles & straddles.T & overlaps & ~np.eye(len(points), dtype=np.bool_) & ~follows & ~follows.T
    after = np.roll(along, -1, axis=0)
    turns_back = (_cross(along, after) == 0.0) & ((along * after).sum(axis=1) <= 0.0)
    found = np.argwhere(meets | (follows & turns_back[:, None]))
    return (int(found[0][0]) + 1, int(found[0][1]) + 1) if len(found) else None


def _cross(a: Float64s, b: Float64s) -> Float64s:
    """Above 0 where the vectors b (…, 2) lie to one side of a, below on the other."""
    crossed: Float64s = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return crossed
